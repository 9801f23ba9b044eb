//! The programs in `examples/` run, whole and as they stand; each has to end without an error.

use std::error::Error;

#[path = "../../examples/compare_strategies.rs"]
mod compare_strategies;
#[path = "../../examples/load_and_simulate.rs"]
mod load_and_simulate;
#[path = "../../examples/own_measure.rs"]
mod own_measure;
#[path = "../../examples/own_observer.rs"]
mod own_observer;
#[path = "../../examples/pipeline.rs"]
mod pipeline;

type Program = fn() -> Result<(), Box<dyn Error>>;

/// Every program, by its file.
const PROGRAMS: [(&str, Program); 5] = [
    ("compare_strategies.rs", compare_strategies::main),
    ("load_and_simulate.rs", load_and_simulate::main),
    ("own_measure.rs", own_measure::main),
    ("own_observer.rs", own_observer::main),
    ("pipeline.rs", pipeline::main),
];

#[test]
fn every_example_runs() {
    for (file, program) in PROGRAMS {
        program().unwrap_or_else(|error| panic!("{file}: {error}"));
    }
}

#[test]
fn no_example_is_forgotten() {
    let folder = std::fs::read_dir(crate::support::project("examples")).unwrap();
    let mut files: Vec<String> =
        folder.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    assert_eq!(files, PROGRAMS.map(|(file, _)| file));
}
