//! The files that a scenario is made of, as documents, and which of its strategies are in use.

use crate::plan::Plan;
use crate::scenario::files::beside;
use std::collections::BTreeSet;
use std::path::Path;
use toml::de::{DeTable, DeValue};

/// One file of the scenario.
pub(super) struct ScenarioPart<'t> {
    /// Its name.
    pub name: &'t str,
    /// Its text.
    pub text: &'t str,
    /// What that says.
    pub table: DeTable<'t>,
}

/// The scenario's own file and those that it includes, without those of its stages and variants.
pub(super) fn parts<'t>(texts: &[(&'t str, &'t str)]) -> Vec<ScenarioPart<'t>> {
    let mut parts: Vec<ScenarioPart<'t>> = Vec::new();
    let mut wanted: Vec<String> = texts.first().map(|(name, _)| (*name).to_owned()).into_iter().collect();
    let mut next = 0;
    while let Some(name) = wanted.get(next).cloned() {
        next += 1;
        let Some((name, text)) = texts.iter().find(|(known, _)| *known == name) else { continue };
        let Ok(table) = DeTable::parse(text) else { continue };
        let table = table.into_inner();
        let included = table.get("include").map(|value| match value.get_ref() {
            DeValue::Array(names) => names.iter().filter_map(|name| name.get_ref().as_str()).collect(),
            value => value.as_str().into_iter().collect::<Vec<&str>>(),
        });
        for file in included.into_iter().flatten() {
            let file = beside(Path::new(name), file).to_string_lossy().into_owned();
            if !wanted.contains(&file) {
                wanted.push(file);
            }
        }
        parts.push(ScenarioPart { name, text, table });
    }
    parts
}

/// Names of the strategies that are compared, and of those that they are made of.
pub(super) fn strategies_in_use(plan: Option<&Plan>, files: &[ScenarioPart<'_>]) -> BTreeSet<String> {
    let written = || files.iter().flat_map(|part| entries(&part.table, "strategy"));
    let mut names: BTreeSet<String> = match plan {
        Some(plan) => plan.strategies.iter().map(|strategy| strategy.name.clone()).collect(),
        None => written().filter_map(|entry| word(entry, "name")).map(str::to_owned).collect(),
    };
    loop {
        let more: Vec<String> = written()
            .filter(|entry| word(entry, "name").is_some_and(|name| names.contains(name)))
            .filter_map(|entry| word(entry, "extends"))
            .filter(|base| !names.contains(*base))
            .map(str::to_owned)
            .collect();
        if more.is_empty() {
            return names;
        }
        names.extend(more);
    }
}

/// The tables of a list.
pub(super) fn entries<'t>(table: &'t DeTable<'t>, key: &str) -> impl Iterator<Item = &'t DeTable<'t>> {
    let list = table.get(key).and_then(|value| value.get_ref().as_array());
    list.into_iter().flatten().filter_map(|entry| entry.get_ref().as_table())
}

pub(super) fn word<'t>(table: &'t DeTable<'t>, key: &str) -> Option<&'t str> {
    table.get(key)?.get_ref().as_str()
}

/// The table at a key.
pub(super) fn table<'t>(keys: &'t DeTable<'t>, key: &str) -> Option<&'t DeTable<'t>> {
    keys.get(key)?.get_ref().as_table()
}
