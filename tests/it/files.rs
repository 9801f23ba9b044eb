//! Which files a scenario may be made of, and that nothing of any other file is shown.

use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use wavetank::scenario::{Loaded, Reach, load, load_reaching, load_with};

const FLEET: &str = "[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 5\n[[strategy]]\nname = \"s\"\n\
     wave = [{ regions = \"all\" }]\n";
const SECRET: &str = "correct-horse";

struct Bench {
    dir: TempDir,
}

impl Bench {
    fn new(files: &[(&str, &str)]) -> Self {
        let bench = Self { dir: TempDir::new().unwrap() };
        files.iter().for_each(|(name, text)| bench.write(name, text));
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn load(&self, name: &str) -> Loaded {
        load(&self.path(name))
    }

    /// Loads, and returns what is wrong: one thing.
    fn refused(&self, name: &str) -> String {
        let loaded = self.load(name);
        assert_eq!(loaded.problems.errors(), 1, "{}", loaded.problems);
        loaded.problems.to_string()
    }
}

#[test]
fn files_outside_of_the_folder_are_for_those_who_allow_it() {
    let bench = Bench::new(&[("a/s.toml", "include = [\"../b/fleet.toml\"]\n"), ("b/fleet.toml", FLEET)]);
    let said = bench.refused("a/s.toml");
    assert!(said.contains("it lies outside of") && said.contains("--allow-outside"), "{said}");
    let trusted = load_reaching(&bench.path("a/s.toml"), Reach::Anywhere);
    assert!(trusted.plan.is_some(), "{}", trusted.problems);
    // A repository is one place.
    for mark in [".git", ".wavetank-root"] {
        bench.write(mark, "");
        assert!(bench.load("a/s.toml").plan.is_some());
        fs::remove_file(bench.path(mark)).unwrap();
    }
}

#[test]
fn every_key_that_names_a_file_keeps_to_the_folder() {
    let stage = format!(
        "{FLEET}[pipeline]\nsource = {{ per-day = 1 }}\n[[pipeline.stage]]\nname = \"g\"\nphase = \"test\"\n\
         scenario = \"../gamma.toml\"\n"
    );
    let build = "[[pipeline.stage]]\nname = \"b\"\nphase = \"build\"\nduration = \"1m\"\n";
    let merges = format!("{FLEET}[pipeline]\nsource = {{ merges = \"../merges.csv\" }}\n{build}");
    let bench = Bench::new(&[
        ("a/stage.toml", &stage),
        ("a/merges.toml", &merges),
        ("gamma.toml", FLEET),
        ("merges.csv", "merged\n"),
    ]);
    for name in ["a/stage.toml", "a/merges.toml"] {
        let said = bench.refused(name);
        assert!(said.contains("it lies outside of"), "{said}");
    }
}

#[cfg(unix)]
#[test]
fn links_lead_nowhere_else() {
    use std::os::unix::fs::symlink;
    let secret = format!("[study]\npassword = \"{SECRET}\"\n");
    let bench = Bench::new(&[("secret.toml", &secret), ("a/s.toml", "include = [\"link.toml\"]\n")]);
    symlink("../secret.toml", bench.path("a/link.toml")).unwrap();
    symlink("../secret.toml", bench.path("a/root.toml")).unwrap();
    for name in ["a/s.toml", "a/root.toml"] {
        let said = bench.refused(name);
        assert!(said.contains("it lies outside of") && !said.contains(SECRET), "{said}");
    }
    // Nor is anything shown of what a link in the same folder leads to, unless it is a scenario.
    bench.write("a/.env", &format!("TOKEN={SECRET}\n"));
    symlink(".env", bench.path("a/env.toml")).unwrap();
    let said = bench.refused("a/env.toml");
    assert!(said.contains("it is no scenario") && !said.contains(SECRET), "{said}");
    symlink("/proc/self/environ", bench.path("a/environ.toml")).unwrap();
    assert!(bench.refused("a/environ.toml").contains("it lies outside of"));
}

#[cfg(target_os = "linux")]
#[test]
fn devices_pipes_and_what_the_system_makes_up_are_no_files() {
    for (named, reason) in [
        ("/dev/zero", "no ordinary file"),
        ("/proc/self/environ", "no ordinary file"),
        ("/proc", "a directory"),
    ] {
        let bench = Bench::new(&[("s.toml", &format!("include = [\"{named}\"]\n"))]);
        let loaded = load_reaching(&bench.path("s.toml"), Reach::Anywhere);
        let said = loaded.problems.to_string();
        assert!(said.contains(reason), "{said}");
    }
    let bench = Bench::new(&[("s.toml", "include = [\"pipe.toml\"]\n")]);
    let made = std::process::Command::new("mkfifo").arg(bench.path("pipe.toml")).status();
    if made.is_ok_and(|made| made.success()) {
        assert!(bench.refused("s.toml").contains("no ordinary file"));
    }
}

#[test]
fn nothing_is_quoted_of_a_file_that_is_no_scenario() {
    let variables = format!("SHELL=/bin/sh\nTOKEN={SECRET}\n");
    let settings = format!("name = \"{SECRET}\"\n[database]\npassword = \"{SECRET}\"\n");
    let yaml = format!("token: {SECRET}\n");
    let csv = format!("user,token\nroot,{SECRET}\n");
    for text in [variables, settings, yaml, csv] {
        let merges = format!("{FLEET}[pipeline]\nsource = {{ merges = \"part\" }}\n");
        let stage = format!(
            "{FLEET}[pipeline]\nsource = {{ per-day = 1 }}\n[[pipeline.stage]]\nname = \"g\"\nphase = \"test\"\n\
             scenario = \"part\"\n"
        );
        for scenario in ["include = [\"part\"]\n".to_owned(), merges, stage] {
            let loaded = Bench::new(&[("s.toml", &scenario), ("part", &text)]).load("s.toml");
            assert!(loaded.problems.errors() > 0);
            let everywhere = [loaded.problems.to_string(), loaded.problems.to_json().to_string()].concat();
            assert!(!everywhere.contains(SECRET), "{everywhere}");
        }
    }
    // What is a scenario is shown.
    let said = Bench::new(&[
        ("s.toml", &format!("include = [\"part\"]\n{FLEET}")),
        ("part", "[study]\nseeed = 1\n"),
    ])
    .refused("s.toml");
    assert!(said.contains("seeed = 1"), "{said}");
}

#[test]
fn long_chains_and_many_files_are_refused_and_the_chain_is_named() {
    let mut files: Vec<(String, String)> =
        (0..400).map(|at| (format!("{at}.toml"), format!("include = [\"{}.toml\"]\n", at + 1))).collect();
    files.push(("400.toml".to_owned(), FLEET.to_owned()));
    let many: Vec<String> = (0..400).map(|at| format!("\"part-{at}.toml\"")).collect();
    files.push(("many.toml".to_owned(), format!("include = [{}]\n", many.join(", "))));
    files.extend((0..400).map(|at| (format!("part-{at}.toml"), String::new())));
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let bench = Bench::new(&files);
    let said = bench.refused("0.toml");
    assert!(
        said.contains("16 files in a row") && said.contains("0.toml") && said.contains("15.toml"),
        "{said}"
    );
    let loaded = bench.load("many.toml");
    assert!(loaded.problems.to_string().contains("has 256 files already"));
    assert!(bench.load("390.toml").plan.is_some());
    bench.write("large.toml", &"# a line of a comment\n".repeat(250_000));
    assert!(bench.refused("large.toml").contains("more than 4 MB"));
}

#[test]
fn each_file_is_read_once() {
    let reads = std::cell::RefCell::new(Vec::new());
    let stage = |at: usize, name: &str| {
        format!("[[pipeline.stage]]\nname = \"{name}\"\nphase = \"test\"\nscenario = \"{}.toml\"\n", at + 1)
    };
    // Two stages a file, each of which rehearses the next file: 2^24 ways to the last one.
    let text = |at: usize| {
        let both = stage(at, "a") + &stage(at, "b");
        format!("include = [\"fleet.toml\"]\n[pipeline]\nsource = {{ per-day = 1 }}\n{both}")
    };
    let read = |path: &Path| {
        reads.borrow_mut().push(path.to_owned());
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        Ok(name.parse().map_or(FLEET.to_owned(), text).into_bytes())
    };
    let loaded = load_with(Path::new("0.toml"), &read);
    assert!(loaded.plan.is_some(), "{}", loaded.problems);
    let reads = reads.into_inner();
    let mut once = reads.clone();
    once.sort();
    once.dedup();
    assert_eq!(reads.len(), once.len(), "{reads:?}");
    assert!(reads.len() <= 3, "a rehearsal's own pipeline is not needed: {reads:?}");
}

#[cfg(unix)]
#[test]
fn results_that_nobody_has_named_stay_below_the_working_directory() {
    let bench = Bench::new(&[("a/s.toml", FLEET), ("b/kept", "theirs")]);
    std::os::unix::fs::symlink("../b", bench.path("a/results")).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("wavetank"));
        command.args(["run", "s.toml", "--trials", "2"]).args(arguments).current_dir(bench.path("a"));
        let done = command.output().expect("wavetank runs");
        (done.status.code(), String::from_utf8(done.stderr).expect("UTF-8"))
    };
    let (code, said) = run(&[]);
    assert!(code == Some(2) && said.contains("a link leads out of this folder"), "{said}");
    assert_eq!(fs::read_dir(bench.path("b")).unwrap().count(), 1);
    assert_eq!(run(&["--output", "results"]).0, Some(0), "who names it means it");
}
