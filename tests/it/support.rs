//! Shared by the integration tests: loading scenarios, with edits.

#[path = "../../src/properties.rs"]
mod properties;

pub use properties::{cases, seeds};
use std::path::{Path, PathBuf};
use wavetank::plan::Plan;
use wavetank::scenario;

/// Edits of a scenario's text: what to find and what to put there.
pub type Edits<'a> = &'a [(&'a str, &'a str)];

/// A path inside the project.
pub fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The plan of a scenario file of the project. Files with includes take no edits.
pub fn plan(file: &str, edits: Edits) -> Plan {
    let loaded = if edits.is_empty() {
        scenario::load(&project(file))
    } else {
        let mut text = std::fs::read_to_string(project(file)).unwrap();
        for (from, to) in edits {
            assert!(text.contains(from), "{file} has no `{from}` to edit");
            text = text.replace(from, to);
        }
        scenario::load_str(file, &text)
    };
    loaded.plan.unwrap_or_else(|| panic!("{file} {edits:?}: {}", loaded.problems))
}

/// The plan of a scenario's text.
pub fn plan_of(text: &str) -> Plan {
    let loaded = scenario::load_str("test.toml", text);
    loaded.plan.unwrap_or_else(|| panic!("{text}\n{}", loaded.problems))
}

/// Compares a committed file with what it should be; writes it instead if `UPDATE_EXPECT` is set.
#[track_caller]
pub fn expect(path: &Path, actual: &str) {
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(path, actual).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(actual, expected, "{} is not current: run UPDATE_EXPECT=1 cargo test", path.display());
}

/// A value of the closed forms in tests/oracles.
pub fn oracle(id: &str, value: &str) -> f64 {
    let all: Vec<serde_json::Value> =
        serde_json::from_str(include_str!("../oracles/closed_form.json")).unwrap();
    let found = all.iter().find(|oracle| oracle["id"] == id).unwrap_or_else(|| panic!("no oracle {id}"));
    found["values"][value].as_f64().unwrap_or_else(|| panic!("oracle {id} has no value {value}"))
}

/// Largest |z| of a row that passes: a right engine fails one with probability 7e-6.
pub const ACCEPT: f64 = 4.5;

/// Prints and judges one row.
#[track_caller]
pub fn accept(row: &str, z: f64) {
    println!("{row:<44} z = {z:+.2}");
    assert!(z.abs() <= ACCEPT, "{row}: z = {z:+.2}");
}

/// Prints and judges a row that a mutant makes wrong.
#[track_caller]
pub fn reject(mutant: &str, z: f64) {
    println!("mutant: {mutant:<36} z = {z:+.1}");
    assert!(z.abs() > ACCEPT, "the mutant `{mutant}` survives: z = {z:+.2}");
}

/// What a command said on standard error, without the line on what one would do next.
pub fn talk(stderr: Vec<u8>) -> String {
    let text = String::from_utf8(stderr).expect("UTF-8");
    text.split_inclusive('\n').filter(|line| !line.starts_with("next: ")).collect()
}
