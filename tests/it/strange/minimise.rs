//! Makes a failing scenario small: takes away keys and entries as long as it still fails.

use toml::{Table, Value};

/// Where something stands in a scenario: keys and indices from the top.
type Place = Vec<Step>;

#[derive(Debug, Clone)]
enum Step {
    Key(String),
    Index(usize),
}

/// The smallest scenario that the loop finds for which `fails` still says yes.
pub fn minimise(scenario: &Table, fails: impl Fn(&Table) -> bool) -> Table {
    let mut small = scenario.clone();
    loop {
        let mut places = Vec::new();
        collect(&Value::Table(small.clone()), &mut Vec::new(), &mut places);
        // Large parts first: they come first in the walk.
        let smaller = places.iter().find_map(|place| {
            let candidate = without(&small, place)?;
            fails(&candidate).then_some(candidate)
        });
        match smaller {
            Some(candidate) => small = candidate,
            None => return small,
        }
    }
}

fn collect(value: &Value, place: &mut Place, places: &mut Vec<Place>) {
    let mut visit = |step: Step, inner: &Value| {
        place.push(step);
        places.push(place.clone());
        collect(inner, place, places);
        place.pop();
    };
    match value {
        Value::Table(table) => table.iter().for_each(|(key, inner)| visit(Step::Key(key.clone()), inner)),
        Value::Array(values) => {
            values.iter().enumerate().for_each(|(index, inner)| visit(Step::Index(index), inner));
        }
        _ => {}
    }
}

fn without(scenario: &Table, place: &[Step]) -> Option<Table> {
    let mut root = Value::Table(scenario.clone());
    let (last, path) = place.split_last()?;
    let mut at = &mut root;
    for step in path {
        at = match step {
            Step::Key(key) => at.get_mut(key.as_str())?,
            Step::Index(index) => at.get_mut(*index)?,
        };
    }
    match (last, at) {
        (Step::Key(key), Value::Table(table)) => drop(table.remove(key)),
        (Step::Index(index), Value::Array(values)) => drop(values.remove(*index)),
        _ => return None,
    }
    root.as_table().cloned()
}
