//! Reads a scenario and its includes into one written scenario.
//!
//! Included files come first: their lists before the including file's, their single keys overruled by
//! it. A file that is reached twice is read once.

use super::problems::Problems;
use super::reader::{Field, Reader, Written};
use super::rules;
use super::spec::ScenarioSpec;
use super::table::Inherit;
use super::value::{Attached, Duration, Percent};
use crate::diagnostic::{FileId, Sources, Span};
use std::io;
use std::path::{Component, Path, PathBuf};
use toml::de::DeTable;

/// Where files come from.
pub(super) struct Files<'a> {
    /// The bytes of a file.
    pub read: &'a dyn Fn(&Path) -> io::Result<Vec<u8>>,
    /// The same path for the same file, however it is written.
    pub identity: fn(&Path) -> PathBuf,
}

impl<'a> Files<'a> {
    /// Whatever a function reads, which is no file to the machine.
    pub fn from(read: &'a dyn Fn(&Path) -> io::Result<Vec<u8>>) -> Self {
        Self { read, identity: normalised }
    }
}

/// The text called `path` among `texts`, which stand for files; the error of one that is not there is `missing`.
pub(super) fn text_of(
    texts: &[(PathBuf, String)],
    path: &Path,
    missing: impl Fn() -> io::Error,
) -> io::Result<Vec<u8>> {
    let wanted = normalised(path);
    let found = texts.iter().find(|(name, _)| normalised(name) == wanted);
    found.map(|(_, text)| text.as_bytes().to_vec()).ok_or_else(missing)
}

/// The state of reading a scenario.
pub(super) struct Loader<'f> {
    files: Files<'f>,
    /// Texts read so far.
    pub sources: Sources,
    /// Problems found so far.
    pub problems: Problems,
    /// Whether every file could be read and is valid TOML.
    pub sound: bool,
    /// Files being read, from the scenario inwards.
    open: Vec<PathBuf>,
    /// Files read to the end.
    done: Vec<PathBuf>,
}

impl<'f> Loader<'f> {
    /// A loader that has read nothing.
    pub fn new(files: Files<'f>) -> Self {
        Self {
            files,
            sources: Sources::default(),
            problems: Problems::default(),
            sound: true,
            open: Vec::new(),
            done: Vec::new(),
        }
    }

    /// Reads the scenario itself.
    pub fn load_root(&mut self, path: &Path) -> Option<ScenarioSpec> {
        self.load_file(path, None)
    }

    fn load_file(&mut self, path: &Path, included_at: Option<Span>) -> Option<ScenarioSpec> {
        let Some((file, text)) = self.read_text(path, included_at) else {
            self.sound = false;
            return None;
        };
        let mut own = self.parse(file, &text)?;
        self.open.push((self.files.identity)(path));
        self.attach_files(&mut own, path);
        let included = self.load_includes(&own, path);
        self.done.extend(self.open.pop());
        Some(merge(&included, own))
    }

    /// The text of a file, which is among the sources from now on; reported if it cannot be read.
    fn read_text(&mut self, path: &Path, named_at: Option<Span>) -> Option<(FileId, String)> {
        let text = (self.files.read)(path).and_then(|bytes| {
            String::from_utf8(bytes)
                .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text"))
        });
        match text {
            Ok(text) => Some((self.sources.add(path.to_string_lossy(), text.as_str()), text)),
            Err(error) => {
                self.unreadable(path, &error, named_at);
                None
            }
        }
    }

    /// Reads the files that keys of the scenario `spec` name, relative to its own `path`.
    fn attach_files(&mut self, spec: &mut ScenarioSpec, path: &Path) {
        let Field::Given(pipeline) = &mut spec.pipeline else { return };
        if let Field::Given(source) = &mut pipeline.value.source
            && let Field::Given(Written { value: Attached { path: named, content }, span }) =
                &mut source.value.merges
        {
            *content = self.read_text(&beside(path, named), Some(*span));
        }
        let Field::Given(stages) = &mut pipeline.value.stage else { return };
        for stage in &mut stages.value {
            if let Field::Given(Written { value: Attached { path: named, content }, span }) =
                &mut stage.value.scenario
            {
                *content = self.load_beside(&beside(path, named), *span).map(Box::new);
            }
        }
    }

    /// Reads a scenario of its own that another one names. What both include is read for each. That it is not sound is
    /// reported, and says nothing of the other.
    fn load_beside(&mut self, path: &Path, named_at: Span) -> Option<ScenarioSpec> {
        if self.is_open(path, named_at) {
            return None;
        }
        let done = std::mem::take(&mut self.done);
        let sound = std::mem::replace(&mut self.sound, true);
        let spec = self.load_file(path, Some(named_at)).filter(|_| self.sound);
        (self.done, self.sound) = (done, sound);
        spec
    }

    /// Whether a file is being read already, which is reported.
    fn is_open(&mut self, path: &Path, named_at: Span) -> bool {
        let open = self.open.contains(&(self.files.identity)(path));
        if open {
            let message = format!("{} includes itself", path.display());
            let help = "remove one of the includes of the cycle";
            self.problems.report(rules::INCLUDE_CYCLE.at(named_at, message).help(help));
        }
        open
    }

    fn unreadable(&mut self, path: &Path, error: &io::Error, included_at: Option<Span>) {
        let reason = reason(error);
        let message = format!("cannot read {}: {reason}", path.display());
        let problem = rules::UNREADABLE_FILE.at(included_at, message);
        let problem = match (included_at, error.kind()) {
            (Some(_), io::ErrorKind::Unsupported) => problem.help("save the scenario as a file beside it"),
            (Some(_), _) => problem.help("files are looked for relative to the one that names them"),
            (None, io::ErrorKind::NotFound) => {
                problem.help(format!("`wavetank init {}` writes one to start from", path.display()))
            }
            (None, io::ErrorKind::IsADirectory) => problem.help("name a scenario file in it"),
            (None, io::ErrorKind::InvalidData) => problem.help("save it as UTF-8"),
            (None, _) => problem,
        };
        self.problems.report(problem);
    }

    fn parse(&mut self, file: FileId, text: &str) -> Option<ScenarioSpec> {
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut found = Problems::default();
        let spec = Reader::new(file, &mut found).document(table);
        if !errors.is_empty() && is_yaml(text) {
            let message = "invalid TOML: this looks like YAML";
            let help = "write `key = value`, `[fleet]` for a table and `[[strategy]]` for each of a list; `wavetank init FILE` \
                        writes a scenario to start from";
            let start = text.find(':').unwrap_or(0);
            self.problems.report(rules::SYNTAX.at(Span { file, start, end: start + 1 }, message).help(help));
            self.sound = false;
            return None;
        }
        let mut bad_lines = Vec::new();
        for error in &errors {
            let range = error.span().unwrap_or(0..0);
            bad_lines.push(self.sources.position(file, range.start).line);
            let span = Span { file, start: range.start, end: range.end };
            let message = format!("invalid TOML: {}", error.message().lines().collect::<Vec<_>>().join(", "));
            let written = text.get(range).unwrap_or_default().trim();
            let is_value = Percent::parse(written).is_some() || Duration::parse(written).is_ok();
            let problem = rules::SYNTAX.at(span, message);
            self.problems.report(if is_value {
                problem.help(format!("write \"{written}\""))
            } else {
                problem
            });
        }
        if !errors.is_empty() {
            self.sound = false;
            // What the parser made of a broken line is not what was written there.
            found.retain(|diagnostic| {
                let line =
                    diagnostic.primary().map(|label| self.sources.position(file, label.range.start).line);
                diagnostic.rule != &rules::MISSING_KEY && !line.is_some_and(|line| bad_lines.contains(&line))
            });
        }
        self.problems.append(found);
        spec
    }

    fn load_includes(&mut self, spec: &ScenarioSpec, path: &Path) -> ScenarioSpec {
        self.sound &= !spec.include.is_broken();
        let mut merged = ScenarioSpec::default();
        for Written { value, span } in spec.include.list() {
            let target = beside(path, &value.0);
            if self.is_open(&target, *span) {
                self.sound = false;
            } else if !self.done.contains(&(self.files.identity)(&target))
                && let Some(included) = self.load_file(&target, Some(*span))
            {
                merged = merge(&merged, included);
            }
        }
        merged
    }
}

/// Whether the first line that says something is `key:` or `key: value`, or begins a YAML document.
fn is_yaml(text: &str) -> bool {
    let said = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    said.is_some_and(|line| {
        let key = line.split_once(':').map(|(key, rest)| (key, rest.is_empty() || rest.starts_with(' ')));
        let is_key =
            |key: &str| key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        line == "---" || key.is_some_and(|(key, ends)| ends && is_key(key))
    })
}

/// The part of an IO error that people read: without the error number.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        _ => error.to_string(),
    }
}

/// The file that is called `named` in the file `path`.
fn beside(path: &Path, named: &str) -> PathBuf {
    normalised(&path.parent().unwrap_or(Path::new("")).join(named))
}

/// `a/b/../c` as `a/c`, for display and comparison.
fn normalised(path: &Path) -> PathBuf {
    let mut result = PathBuf::new();
    for component in path.components() {
        let inside = matches!(result.components().next_back(), Some(Component::Normal(_)));
        match component {
            Component::CurDir => {}
            Component::ParentDir if inside => {
                result.pop();
            }
            other => result.push(other),
        }
    }
    result
}

/// `later` on top of `earlier`.
fn merge(earlier: &ScenarioSpec, mut later: ScenarioSpec) -> ScenarioSpec {
    later.inherit_from(earlier);
    later
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_without_detours() {
        assert_eq!(normalised(Path::new("a/b/../c.toml")), Path::new("a/c.toml"));
        assert_eq!(normalised(Path::new("./c.toml")), Path::new("c.toml"));
        assert_eq!(normalised(Path::new("../../c.toml")), Path::new("../../c.toml"));
        assert_eq!(normalised(Path::new("/../c.toml")), Path::new("/../c.toml"));
    }
}
