//! Scenarios of git revisions, in repositories made for the purpose.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const SCENARIO: &str = r#"
include = ["../parts/fleet.toml"]
[[strategy]]
name = "rolling"
wave = [{ regions = "all", bake = "1h" }]
"#;

const FLEET: &str = r#"
[[fleet.region]]
name = "home"
hosts-per-zone = 20
"#;

/// A repository with `plans/s.toml`, which includes `parts/fleet.toml`.
struct Repository {
    dir: TempDir,
}

/// What a finished command left behind.
struct Ran {
    code: Option<i32>,
    output: String,
    talk: String,
}

impl Repository {
    fn new() -> Self {
        let repository = Self::without_git();
        repository.git(&["init", "--quiet"]);
        repository.commit("first");
        repository
    }

    fn without_git() -> Self {
        let repository = Self { dir: TempDir::new().expect("a temporary folder") };
        repository.write("plans/s.toml", SCENARIO);
        repository.write("parts/fleet.toml", FLEET);
        repository
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folder made");
        fs::write(path, text).expect("file written");
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        let author = ["-c", "user.name=A", "-c", "user.email=a@example.com"];
        self.git(&[&author[..], &["commit", "--quiet", "--message", message]].concat());
    }

    fn git(&self, arguments: &[&str]) {
        let mut git = Command::new("git");
        isolate(&mut git, self.dir.path());
        let done = git.args(arguments).current_dir(self.dir.path()).output().expect("git runs");
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    fn wavetank(&self, folder: &str, arguments: &[&str]) -> Ran {
        self.wavetank_with(folder, arguments, |_| {})
    }

    fn wavetank_with(&self, folder: &str, arguments: &[&str], also: impl FnOnce(&mut Command)) -> Ran {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("wavetank"));
        isolate(&mut command, self.dir.path());
        command.current_dir(self.path(folder)).args(arguments);
        also(&mut command);
        let done = command.output().expect("wavetank runs");
        Ran {
            code: done.status.code(),
            output: String::from_utf8(done.stdout).expect("UTF-8"),
            talk: String::from_utf8(done.stderr).expect("UTF-8"),
        }
    }

    /// The digest of the plan that `scenario` resolves to.
    fn digest(&self, folder: &str, scenario: &str) -> String {
        let ran = self.wavetank(folder, &["plan", scenario, "--format", "json"]);
        assert_eq!(ran.code, Some(0), "{scenario}: {}", ran.talk);
        let plan: serde_json::Value = serde_json::from_str(&ran.output).expect("JSON");
        plan["plan_digest"].as_str().expect("a digest").to_owned()
    }

    /// What is said about `scenario`, which cannot be used.
    fn refusal(&self, folder: &str, scenario: &str) -> String {
        let ran = self.wavetank(folder, &["plan", scenario]);
        assert_eq!((ran.code, ran.output.as_str()), (Some(2), ""), "{scenario}: {}", ran.talk);
        ran.talk
    }
}

/// No setting and no repository of the machine has a say.
pub fn isolate(command: &mut Command, dir: &Path) {
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    command.env("GIT_CEILING_DIRECTORIES", dir.parent().expect("a folder of temporary files"));
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
}

#[test]
fn a_revision_keeps_the_plan_that_the_disk_has_no_more() {
    let repository = Repository::new();
    let old = repository.digest("", "plans/s.toml");
    // The scenario stays, what it includes does not.
    repository.write("parts/fleet.toml", &FLEET.replace("20", "30"));
    let new = repository.digest("", "plans/s.toml");
    assert_ne!(old, new);
    assert_eq!(repository.digest("", "git:HEAD:plans/s.toml"), old);
    assert_eq!(repository.digest("", "git:HEAD:./parts/../plans/s.toml"), old);
    assert_eq!(repository.digest("plans", "git:HEAD:s.toml"), old);
    assert_eq!(repository.digest("parts", "git:HEAD:../plans/s.toml"), old);
    let absolute = repository.path("plans/s.toml");
    assert_eq!(repository.digest("parts", &format!("git:HEAD:{}", absolute.display())), old);
    repository.commit("second");
    assert_eq!(repository.digest("", "git:HEAD:plans/s.toml"), new);
    assert_eq!(repository.digest("plans", "git:HEAD~1:s.toml"), old);
}

#[test]
fn every_command_reads_revisions() {
    let repository = Repository::new();
    fs::remove_dir_all(repository.path("plans")).expect("removed");
    let file = "git:HEAD:plans/s.toml";
    let checked = repository.wavetank("", &["check", file]);
    assert_eq!((checked.code, checked.output.as_str()), (Some(0), "checked 1 scenario: no problems\n"));
    let ran = repository.wavetank("", &["run", file, "--trials", "10", "--no-output"]);
    assert_eq!(ran.code, Some(0), "{}", ran.talk);
    let replayed = repository.wavetank("", &["replay", file, "--strategy", "rolling", "--trial", "0"]);
    assert_eq!(replayed.code, Some(0), "{}", replayed.talk);
}

#[test]
fn problems_name_the_revision() {
    let repository = Repository::new();
    repository.write("parts/fleet.toml", &FLEET.replace("hosts-per-zone", "hosts-per-zome"));
    repository.write("plans/lost.toml", &SCENARIO.replace("fleet.toml", "later.toml"));
    repository.commit("mistaken");
    let talk = repository.refusal("", "git:HEAD:plans/s.toml");
    assert!(talk.contains("git:HEAD:parts/fleet.toml:4"), "{talk}");
    assert!(talk.contains("error: git:HEAD:plans/s.toml cannot be used: "), "{talk}");
    let talk = repository.refusal("", "git:HEAD:plans/lost.toml");
    assert!(talk.contains("cannot read parts/later.toml: it is not in HEAD"), "{talk}");
    assert!(talk.contains("git:HEAD:plans/lost.toml:2"), "{talk}");
    repository.write("parts/later.toml", FLEET);
    let talk = repository.refusal("", "git:HEAD:plans/lost.toml");
    assert!(talk.contains("it is not in HEAD, though it is on the disk"), "{talk}");
}

#[cfg(unix)]
#[test]
fn links_are_followed_as_on_the_disk() {
    let repository = Repository::new();
    std::os::unix::fs::symlink("s.toml", repository.path("plans/link.toml")).expect("linked");
    let digest = repository.digest("", "plans/link.toml");
    repository.commit("a link");
    fs::remove_file(repository.path("plans/link.toml")).expect("removed");
    assert_eq!(repository.digest("", "git:HEAD:plans/link.toml"), digest);
}

#[test]
fn what_a_revision_lacks_is_said_with_a_way_out() {
    let repository = Repository::new();
    repository.write("plans/new.toml", SCENARIO);
    let cases = [
        ("git:HEAD:plans/new.toml", "error: plans/new.toml is not in HEAD\n", "it is on the disk: commit it"),
        ("git:HEAD:plans/x.toml", "error: plans/x.toml is not in HEAD\n", "git ls-tree"),
        ("git:HEAD:plans", "error: plans is a folder in HEAD\n", "name a scenario file"),
        ("git:HEAD:../x.toml", "it is outside of the repository\n", ""),
        ("git:v9:plans/s.toml", "error: there is no revision `v9` in this repository\n", "git tag"),
        ("git:origin/main:plans/s.toml", "there is no revision `origin/main`", "`git fetch`"),
        ("git:--all:plans/s.toml", "there is no revision `--all`", ""),
        ("git:HEAD", "error: `git:HEAD` does not name a file of a git revision\n", "write git:REV:PATH"),
    ];
    for (scenario, message, hint) in cases {
        let talk = repository.refusal("", scenario);
        assert!(talk.contains(message) && talk.contains(hint), "{scenario}: {talk}");
    }
    let talk = repository.refusal("parts", "git:HEAD:s.toml");
    assert!(talk.contains("paths count from the current folder, here parts/"), "{talk}");
}

#[test]
fn a_shallow_clone_is_named_as_the_reason() {
    let repository = Repository::new();
    repository.write("parts/fleet.toml", &FLEET.replace("20", "30"));
    repository.commit("second");
    let origin = format!("file://{}", repository.dir.path().display());
    repository.git(&["clone", "--quiet", "--depth", "1", &origin, "shallow"]);
    let talk = repository.refusal("shallow", "git:HEAD~1:plans/s.toml");
    assert!(talk.contains("there is no revision `HEAD~1`"), "{talk}");
    assert!(talk.contains("git fetch --unshallow") && talk.contains("fetch-depth: 0"), "{talk}");
}

#[test]
fn no_repository_and_no_git_are_said() {
    let folder = Repository::without_git();
    let talk = folder.refusal("", "git:HEAD:plans/s.toml");
    assert!(talk.contains("error: the current folder is in no git repository\n"), "{talk}");
    let repository = Repository::new();
    let nowhere = repository.path("plans");
    let ran = repository.wavetank_with("", &["plan", "git:HEAD:plans/s.toml"], |command| {
        command.env("PATH", nowhere);
    });
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.talk.contains("error: cannot run git: there is no such program on the PATH\n"),
        "{}",
        ran.talk
    );
    assert!(ran.talk.contains("hint: install git"), "{}", ran.talk);
}
