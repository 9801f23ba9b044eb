//! `import`: files of other tools as scenarios, one module a tool. What a tool publishes of its own arithmetic is held
//! against the imported plan; what is lost is told; what is made to hurt is refused.

mod ansible;
mod argo;
mod aws;
mod aws_files;
mod bosh;
mod bottlerocket;
mod command;
mod coreos;
mod flagger;
mod fleets;
mod fleets_published;
mod foreign;
mod hostile;
mod kruise;
mod kubernetes;
mod nomad;
mod pipelines;
mod prometheus;
mod prometheus_idioms;
mod strange;

use crate::support;
use std::collections::BTreeMap;
use wavetank::import::{Fate, ForeignFile, Imported};
use wavetank::lints;
use wavetank::plan::Plan;
use wavetank::scenario;

/// The import of these files, each a name and a text.
pub fn of_files(files: &[(&str, &str)]) -> Imported {
    of_files_given(files, &[])
}

/// The same with values of parameters.
pub fn of_files_given(files: &[(&str, &str)], given: &[(&str, &str)]) -> Imported {
    let file = |(name, text): &(&str, &str)| ForeignFile {
        name: (*name).to_owned(),
        bytes: text.as_bytes().to_vec(),
    };
    let files: Vec<ForeignFile> = files.iter().map(file).collect();
    let given: BTreeMap<String, String> =
        given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    wavetank::import::import(&files, &given, Vec::new())
}

/// The scenario of these files, which have nothing wrong.
pub fn scenario_of(files: &[(&str, &str)]) -> String {
    let imported = of_files(files);
    assert!(imported.is_sound(), "{}", imported.render(false));
    imported.scenario("wavetank import")
}

/// The plan of these files, which `check` accepts.
pub fn plan_of(files: &[(&str, &str)]) -> Plan {
    plan_of_text(&scenario_of(files))
}

/// The plan of an imported scenario, which `check` accepts.
pub fn plan_of_text(text: &str) -> Plan {
    let loaded = lints::look_ahead(scenario::load_str("imported.toml", text));
    loaded.plan.unwrap_or_else(|| panic!("{}\n{text}", loaded.problems))
}

/// An imported scenario in which a host takes `time` to move, as who imports it says.
pub fn moving_in(text: &str, time: &str) -> String {
    let line = |line: &str| {
        if line.starts_with("deploy-time = ") { format!("deploy-time = {time}") } else { line.to_owned() }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// What was lost in this way, each as `what: why`.
pub fn lost(imported: &Imported, fate: Fate) -> Vec<String> {
    let losses = imported.losses.iter().filter(|loss| loss.fate == fate);
    losses.map(|loss| format!("{}: {}", loss.what, loss.why)).collect()
}

/// A file of `tests/data/import`.
pub fn file(name: &str) -> String {
    let path = support::project(&format!("tests/data/import/{name}"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
