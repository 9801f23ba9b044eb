//! The knobs of the shipped scenarios: each can be turned to its ends, and says what is written.

use crate::support::project;
use std::fs;
use std::path::PathBuf;
use wavetank::diagnostic::Severity;
use wavetank::scenario::knobs::{Knob, KnobKind, knobs};
use wavetank::scenario::{Loaded, Reach, TextsFrom, ValueSetting, load, load_set};

fn shipped() -> Vec<PathBuf> {
    let folders = ["scenarios", "scenarios/incidents", "scenarios/pipelines"];
    let files = folders.iter().flat_map(|folder| fs::read_dir(project(folder)).unwrap());
    let mut files: Vec<PathBuf> = files.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    assert!(files.len() > 10, "{files:?}");
    files
}

fn set(path: &std::path::Path, knobs: &[(&Knob, f64)]) -> Loaded {
    let text = fs::read_to_string(path).unwrap();
    let setting = |(knob, number): &(&Knob, f64)| {
        ValueSetting::of_toml(&knob.path, &knob.toml(*number)).unwrap_or_else(|| panic!("{knob:?}"))
    };
    let settings: Vec<ValueSetting> = knobs.iter().map(setting).collect();
    let loaded = load_set(path, TextsFrom::Edited(&text, Reach::Inside), &settings);
    assert!(loaded.set.iter().all(Option::is_some), "{}: a knob leads nowhere", path.display());
    loaded
}

#[test]
fn what_is_written_is_what_a_knob_says() {
    let mut most = 0;
    for path in shipped() {
        let loaded = load(&path);
        let digest = loaded.plan.as_ref().unwrap_or_else(|| panic!("{}", loaded.problems)).digest();
        let all = knobs(&loaded);
        most = most.max(all.len());
        let now: Vec<(&Knob, f64)> = all.iter().map(|knob| (knob, knob.now)).collect();
        assert_eq!(set(&path, &now).plan.unwrap().digest(), digest, "{}", path.display());
        for knob in &all {
            assert!(knob.low <= knob.now && knob.now <= knob.high && knob.low < knob.high, "{knob:?}");
            assert!(knob.step > 0.0 && !knob.label.is_empty() && !knob.group.is_empty(), "{knob:?}");
            assert_eq!(knob.options.is_empty(), knob.kind != KnobKind::Choice, "{knob:?}");
        }
    }
    assert!(most > 60, "{most} at most");
}

/// Every knob at one end and then at the other, each alone: the scenario stays one that can be simulated.
#[test]
fn knobs_can_be_turned_to_their_ends() {
    let mut faults = Vec::new();
    for path in shipped() {
        let loaded = load(&path);
        for knob in knobs(&loaded) {
            for end in [knob.low, knob.high] {
                let turned = set(&path, &[(&knob, end)]);
                let problems = turned.problems.list().iter();
                let errors = problems.filter(|problem| problem.severity == Severity::Error);
                faults.extend(errors.map(|error| {
                    format!("{} {} = {}: {}", path.display(), knob.path, knob.toml(end), error.message)
                }));
            }
        }
    }
    assert!(faults.is_empty(), "{} of\n{}", faults.len(), faults.join("\n"));
}
