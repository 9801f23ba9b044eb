//! The program killed at every system call that changes the file system: a reader finds the results of one run, and the
//! next run leaves nothing but them. Needs strace; without it `cli::targets` alone tests this, operation by operation.

#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use tempfile::TempDir;

const SCENARIO: &str = "[study]\nestimator = \"plain\"\n[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 2\n[[strategy]]\n\
     name = \"s\"\nwave = [{ regions = \"all\" }]\n";

/// Whatever changes names or waits for the disk.
const CALLS: [&str; 9] =
    ["fsync", "linkat", "mkdir", "rename", "renameat2", "unlink", "rmdir", "chmod", "flock"];

/// What a reader finds: the seed of the rows and that of the summary, and how many files there are.
fn seen(folder: &Path) -> (String, String, usize) {
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_default();
    let rows = read("trials.csv");
    let row = rows.lines().nth(1).and_then(|row| row.split(',').nth(2)).unwrap_or("none").to_owned();
    let summary: serde_json::Value = serde_json::from_str(&read("summary.json")).unwrap_or_default();
    let files = fs::read_dir(folder).map_or(0, Iterator::count);
    (row, summary["seed"].to_string(), files)
}

/// Runs in `folder`, killed at the `number`th of a system call if there is one.
fn run(folder: &TempDir, seed: &str, killed_at: Option<(&str, usize)>) -> Option<ExitStatus> {
    let wavetank = assert_cmd::cargo::cargo_bin!("wavetank");
    let mut command = match killed_at {
        None => Command::new(wavetank),
        Some((call, number)) => {
            let mut strace = Command::new("strace");
            let inject = format!("inject={call}:signal=KILL:when={number}");
            strace.args(["-f", "-qq", "-o", "/dev/null", "-e", inject.as_str()]).arg(wavetank);
            strace
        }
    };
    command.args(["run", "s.toml", "--trials", "20", "--threads", "1", "--output", "mix", "--seed", seed]);
    command.current_dir(folder.path()).stdout(Stdio::null()).stderr(Stdio::null()).status().ok()
}

#[test]
fn a_kill_at_any_system_call_mixes_no_runs() {
    let can_trace = Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).status();
    if !can_trace.is_ok_and(|status| status.success()) {
        println!("no strace that may trace: kills were not tested");
        return;
    }
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("s.toml"), SCENARIO).unwrap();
    let mix = folder.path().join("mix");
    run(&folder, "1", None);
    fs::write(mix.join("notes.txt"), "theirs").unwrap();
    let mut kills = 0;
    for call in CALLS {
        for number in 1.. {
            let ended = run(&folder, "2", Some((call, number))).expect("strace runs");
            let (row, summary, files) = seen(&mix);
            let when = format!("{call} {number}: {row}, {summary}, {files} files");
            assert!(row == summary && ["1", "2"].contains(&row.as_str()) && files == 8, "{when}");
            assert_eq!(fs::read_to_string(mix.join("notes.txt")).unwrap(), "theirs", "{when}");
            if ended.success() {
                break;
            }
            kills += 1;
            assert!(run(&folder, "1", None).is_some_and(|status| status.success()));
            let mut left: Vec<String> = fs::read_dir(folder.path())
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            left.sort();
            assert_eq!(left, ["mix", "s.toml"], "{when}");
            assert_eq!(seen(&mix), ("1".to_owned(), "1".to_owned(), 8), "{when}");
        }
    }
    assert!(kills > 25, "{kills} kills");
}
