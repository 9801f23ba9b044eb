//! Scenarios of a git revision: `git:REV:PATH`. Reads by running `git`, the only program that wavetank
//! ever starts, and never changes a repository.

use super::error::CliError;
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// What an argument that names a revision begins with.
const SCHEME: &str = "git:";

/// `git:REV:PATH`, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address<'a> {
    revision: &'a str,
    path: &'a str,
}

impl<'a> Address<'a> {
    /// Takes `argument` apart; none if it names an ordinary file.
    ///
    /// # Errors
    /// When the revision or the path is missing.
    pub fn parse(argument: &'a str) -> Result<Option<Self>, CliError> {
        let Some(rest) = argument.strip_prefix(SCHEME) else { return Ok(None) };
        // Not within braces: `main@{12:00}` is a revision.
        let mut depth = 0_i32;
        let colon = rest.find(|c| {
            depth += i32::from(c == '{') - i32::from(c == '}');
            c == ':' && depth <= 0
        });
        match colon.map(|at| (&rest[..at], &rest[at + 1..])) {
            Some((revision, path)) if !revision.is_empty() && !path.is_empty() => {
                Ok(Some(Self { revision, path }))
            }
            _ => Err(CliError::invalid(format!("`{argument}` does not name a file of a git revision"))
                .hint("write git:REV:PATH, for example git:HEAD~1:wavetank.toml")
                .hint(format!("a file whose name begins with `{SCHEME}` is ./{argument}"))),
        }
    }
}

/// The files of one commit, by their paths from the current folder.
pub struct Commit<'a> {
    address: Address<'a>,
    commit: String,
    place: Here,
    /// The scenario itself, read when the revision was opened.
    scenario: Vec<u8>,
}

/// Where we are.
struct Here {
    /// The current folder, from the top of the repository.
    folder: PathBuf,
    /// Whether the clone lacks a part of the history.
    shallow: bool,
    /// The top of the working directory, for absolute paths.
    top: OnceLock<Option<PathBuf>>,
}

/// What a commit has at a path.
enum Found {
    File(Vec<u8>),
    Folder,
    Nothing,
}

impl<'a> Commit<'a> {
    /// Finds the commit and reads the scenario.
    ///
    /// # Errors
    /// When git cannot be run, here is no repository, or it lacks the revision or the file.
    pub fn open(address: Address<'a>) -> Result<Self, CliError> {
        let place = Here::ask()?;
        let wanted = format!("{}^{{commit}}", address.revision);
        let named = git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted], "")
            .map_err(not_installed)?;
        let commit = String::from_utf8_lossy(&named.stdout).lines().next_back().map(str::to_owned);
        let Some(commit) = commit.filter(|_| named.status.success()) else {
            return Err(unknown_revision(address.revision, place.shallow));
        };
        let mut revision = Self { address, commit, place, scenario: Vec::new() };
        revision.scenario = match revision.find(revision.path()) {
            Ok(Found::File(bytes)) => bytes,
            Ok(Found::Folder) => {
                let message = format!("{} is a folder in {}", address.path, address.revision);
                return Err(CliError::invalid(message).hint("name a scenario file in it"));
            }
            Ok(Found::Nothing) => return Err(revision.lacks_scenario()),
            Err(error) => {
                let message = format!("cannot read {} of {}: {error}", address.path, address.revision);
                return Err(CliError::invalid(message));
            }
        };
        Ok(revision)
    }

    /// The scenario's path.
    #[must_use]
    pub fn path(&self) -> &'a Path {
        Path::new(self.address.path)
    }

    /// What every path is shown with: `git:REV:`.
    #[must_use]
    pub fn prefix(&self) -> String {
        format!("{SCHEME}{}:", self.address.revision)
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// When the revision lacks it; the text says so.
    pub fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        if path == self.path() {
            return Ok(self.scenario.clone());
        }
        let revision = self.address.revision;
        match self.find(path)? {
            Found::File(bytes) => Ok(bytes),
            Found::Folder => Err(io::ErrorKind::IsADirectory.into()),
            Found::Nothing if path.exists() => {
                Err(io::Error::other(format!("it is not in {revision}, though it is on the disk")))
            }
            Found::Nothing => Err(io::Error::other(format!("it is not in {revision}"))),
        }
    }

    /// Looks a path up in the commit, links followed.
    fn find(&self, path: &Path) -> io::Result<Found> {
        let path = self.place.in_repository(path)?;
        if path.contains('\n') {
            return Ok(Found::Nothing);
        }
        let wanted = format!("{}:{path}\n", self.commit);
        let output = git(&["cat-file", "--batch", "--follow-symlinks"], &wanted)?;
        // What is too large is cut off, and git complains about that.
        if !output.status.success() && (output.stdout.len() as u64) < MOST_BYTES {
            return Err(io::Error::other(complaint(&output)));
        }
        Ok(batch_answer(&output.stdout))
    }

    fn lacks_scenario(&self) -> CliError {
        let Address { revision, path } = self.address;
        let error = CliError::invalid(format!("{path} is not in {revision}"));
        if Path::new(path).exists() {
            let hint =
                format!("it is on the disk: commit it, or leave `{}` out to read it there", self.prefix());
            return error.hint(hint);
        }
        let folder = self.place.folder.display().to_string();
        let within = if folder.is_empty() { String::new() } else { format!(", here {folder}") };
        error
            .hint(format!("paths count from the current folder{within}"))
            .hint(format!("`git ls-tree -r --name-only {revision}` lists the files that it has here"))
    }
}

impl Here {
    fn ask() -> Result<Self, CliError> {
        let asked =
            git(&["rev-parse", "--is-shallow-repository", "--show-prefix"], "").map_err(not_installed)?;
        if !asked.status.success() {
            let complaint = complaint(&asked);
            if complaint.starts_with("not a git repository") {
                return Err(CliError::invalid("the current folder is in no git repository")
                    .hint("run wavetank in the repository, or name a file on the disk"));
            }
            return Err(CliError::invalid(format!("git cannot read this repository: {complaint}")));
        }
        let text = String::from_utf8_lossy(&asked.stdout);
        let mut lines = text.lines();
        let shallow = lines.next() == Some("true");
        let folder = PathBuf::from(lines.next().unwrap_or_default());
        Ok(Self { folder, shallow, top: OnceLock::new() })
    }

    /// `path` from the top of the repository, with slashes.
    fn in_repository(&self, path: &Path) -> io::Result<String> {
        let path = if path.is_absolute() { self.below_top(path) } else { Some(self.folder.join(path)) };
        path.as_deref()
            .and_then(without_detours)
            .ok_or_else(|| io::Error::other("it is outside of the repository"))
    }

    /// An absolute path from the top. Git knows its top without symbolic links, the user may not.
    fn below_top(&self, path: &Path) -> Option<PathBuf> {
        let top = self.top.get_or_init(|| {
            let asked = git(&["rev-parse", "--show-toplevel"], "").ok()?;
            let top = String::from_utf8_lossy(&asked.stdout).trim_end_matches(['\r', '\n']).to_owned();
            asked.status.success().then(|| PathBuf::from(top))
        });
        let top = top.as_deref()?;
        let real = || Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?));
        let below = |path: &Path| path.strip_prefix(top).map(Path::to_owned).ok();
        below(path).or_else(|| below(&real()?))
    }
}

/// `a/b/../c` as `a/c`; none if it leads above the top.
fn without_detours(path: &Path) -> Option<String> {
    let mut names: Vec<String> = Vec::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => names.push(name.to_string_lossy().into_owned()),
            Component::CurDir => {}
            Component::ParentDir => drop(names.pop()?),
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(names.join("/"))
}

/// Reads an answer of `git cat-file --batch`: `OBJECT TYPE SIZE`, a line feed and the content. Whatever
/// else it says (`missing`, `dangling`, `loop`) means that there is nothing.
fn batch_answer(answer: &[u8]) -> Found {
    let end = answer.iter().position(|byte| *byte == b'\n').unwrap_or(answer.len());
    let header = String::from_utf8_lossy(&answer[..end]);
    let content = answer.get(end + 1..).unwrap_or_default();
    let words: Vec<&str> = header.split(' ').collect();
    match words[..] {
        [_, "blob", size] => {
            let size = size.parse().unwrap_or(usize::MAX).min(content.len());
            Found::File(content[..size].to_vec())
        }
        [_, "tree", _] => Found::Folder,
        _ => Found::Nothing,
    }
}

fn unknown_revision(revision: &str, shallow: bool) -> CliError {
    let mut error = CliError::invalid(format!("there is no revision `{revision}` in this repository"));
    if revision.contains('/') {
        error = error.hint("`git fetch` gets what is new on the remote");
    }
    if shallow {
        error = error.hint(
            "this clone is shallow: `git fetch --unshallow` gets the rest of its history; in CI, check out \
             with fetch-depth: 0",
        );
    }
    if error.hints.is_empty() {
        error = error.hint("`git branch --all` and `git tag` list the names that there are");
    }
    error
}

/// Bytes that are read of an answer: more than any scenario has.
const MOST_BYTES: u64 = 8 << 20;

/// What git is told before its command. It reads objects and does nothing else, whatever a repository asks for: no program
/// of somebody else's choice runs, and nothing is fetched.
const HARMLESS: [&str; 14] = [
    "--no-pager",
    "--no-optional-locks",
    "--no-replace-objects",
    "--literal-pathspecs",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=",
    "-c",
    "protocol.allow=never",
    "-c",
    "diff.external=",
    "-c",
    "core.pager=cat",
];

/// A command of git that reads. Filters and conversions are for contents that are checked out or compared, and it does
/// neither.
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    // Variables would lead it to another repository, to other settings or to programs.
    let inherited = std::env::vars_os().map(|(name, _)| name);
    for name in inherited.filter(|name| name.to_string_lossy().to_uppercase().starts_with("GIT_")) {
        command.env_remove(name);
    }
    command
        .args(HARMLESS)
        .args(arguments)
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        // Its complaints are told apart by their words.
        .env("LC_ALL", "C");
    command
}

/// Runs git and waits for it. `input` must be short: it is written before anything is read.
fn git(arguments: &[&str], input: &str) -> io::Result<Output> {
    let mut child =
        command(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // If git is gone already, its exit code tells more than the broken pipe.
        let _ = stdin.write_all(input.as_bytes());
    }
    let mut answer = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(MOST_BYTES).read_to_end(&mut answer)?;
    }
    let output = child.wait_with_output()?;
    Ok(Output { stdout: answer, ..output })
}

fn not_installed(error: io::Error) -> CliError {
    if error.kind() == io::ErrorKind::NotFound {
        CliError::invalid("cannot run git: there is no such program on the PATH")
            .hint("install git, or check the file out and name it without `git:`")
    } else {
        CliError::invalid(format!("cannot run git: {error}"))
    }
}

/// What git said, on one line and without its `fatal: `.
fn complaint(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let text = lines.join(" ");
    text.strip_prefix("fatal: ").unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_revision_and_a_path() {
        let parsed = |text| Address::parse(text).map(|address| address.map(|a| (a.revision, a.path)));
        assert_eq!(parsed("wavetank.toml"), Ok(None));
        assert_eq!(parsed("./git:x"), Ok(None));
        assert_eq!(parsed("git:HEAD~1:a/b.toml"), Ok(Some(("HEAD~1", "a/b.toml"))));
        assert_eq!(parsed("git:main@{12:00}:a:b.toml"), Ok(Some(("main@{12:00}", "a:b.toml"))));
        for malformed in ["git:", "git:HEAD", "git:HEAD:", "git::a.toml", "git:a{b:c"] {
            let error = Address::parse(malformed).expect_err(malformed);
            assert!(error.hints[0].contains("git:REV:PATH"), "{error:?}");
        }
    }

    #[test]
    fn nothing_that_a_repository_asks_for_runs() {
        let command = command(&["cat-file", "--batch"]);
        let arguments: Vec<&str> = command.get_args().filter_map(|argument| argument.to_str()).collect();
        let (before, after) = arguments.split_at(HARMLESS.len());
        assert_eq!((before, after), (&HARMLESS[..], &["cat-file", "--batch"][..]));
        let settings = HARMLESS.windows(2).filter(|pair| pair[0] == "-c").map(|pair| pair[1]);
        let off = [
            "core.fsmonitor=false",
            "core.hooksPath=",
            "protocol.allow=never",
            "diff.external=",
            "core.pager=cat",
        ];
        assert_eq!(settings.collect::<Vec<_>>(), off);
        assert!(HARMLESS.contains(&"--no-pager"));
        let set: Vec<(String, Option<String>)> = command
            .get_envs()
            .map(|(name, value)| {
                let text = |text: &std::ffi::OsStr| text.to_string_lossy().into_owned();
                (text(name), value.map(text))
            })
            .collect();
        let one = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
        let kept = [one("GIT_NO_LAZY_FETCH", "1"), one("GIT_TERMINAL_PROMPT", "0"), one("LC_ALL", "C")];
        assert!(kept.iter().all(|kept| set.contains(kept)), "{set:?}");
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("GIT_") && kept.iter().all(|(kept, _)| *kept != name) {
                assert!(set.contains(&(name, None)), "{set:?}");
            }
        }
    }

    #[test]
    fn paths_stay_in_the_repository() {
        let clean = |text: &str| without_detours(Path::new(text));
        assert_eq!(clean("a/./b/../c.toml").as_deref(), Some("a/c.toml"));
        assert_eq!(clean("a/..").as_deref(), Some(""));
        assert_eq!(clean("a/../../c.toml"), None);
    }

    #[test]
    fn batch_answers() {
        assert!(matches!(batch_answer(b"12ab blob 3\na\nb\n"), Found::File(bytes) if bytes == b"a\nb"));
        assert!(matches!(batch_answer(b"12ab blob 0\n\n"), Found::File(bytes) if bytes.is_empty()));
        assert!(matches!(batch_answer(b"12ab tree 3\nxyz\n"), Found::Folder));
        assert!(matches!(batch_answer(b"12ab:a b c missing\n"), Found::Nothing));
        assert!(matches!(batch_answer(b""), Found::Nothing));
    }
}
