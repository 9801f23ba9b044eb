//! Reads a scenario and its includes into one written scenario.
//!
//! Included files come first: their lists before the including file's, their single keys overruled by
//! it. A file that is reached twice is read once. What a file says is quoted only once it says that it is a scenario: any
//! other may hold what nobody wants to see in a log.

use super::files::{Files, Unreadable, beside};
use super::problems::Problems;
use super::reader::{Field, Reader, Written};
use super::rules;
use super::setting::{self, ValueSetting};
use super::spec::ScenarioSpec;
use super::table::{Inherit, Keys};
use super::value::{Attached, Duration, Percent};
use crate::diagnostic::{FileId, Sources, Span};
use std::io;
use std::path::{Path, PathBuf};
use toml::de::DeTable;

/// Files in a row, each named by the one before.
const MAX_DEPTH: usize = 16;
/// Files of one scenario.
const MAX_FILES: usize = 256;

/// The state of reading a scenario.
pub(super) struct Loader<'f> {
    files: &'f Files<'f>,
    /// What is set in the texts.
    settings: &'f [ValueSetting],
    /// What stands at the place of each of these now; none where it has found no place.
    pub set: Vec<Option<String>>,
    /// Texts read so far.
    pub sources: Sources,
    /// Problems found so far.
    pub problems: Problems,
    /// Whether every file could be read and is valid TOML.
    pub sound: bool,
    /// Files being read, from the scenario inwards: each as it is known, and as it is shown.
    open: Vec<(PathBuf, PathBuf)>,
    /// Files read to the end that are part of the scenario at hand.
    done: Vec<PathBuf>,
    /// The stage that the scenario at hand is of, whose own pipeline says nothing here.
    rehearsal_of: Option<String>,
    /// Every file that was read.
    known: Vec<KnownFile>,
}

/// A file that was read, without what it includes.
struct KnownFile {
    identity: PathBuf,
    /// The stage for which it was read, where that makes a difference.
    stage: Option<String>,
    id: FileId,
    text: String,
    /// What it says; none until somebody takes it for a scenario, or if it is none.
    spec: Option<ScenarioSpec>,
    sound: bool,
}

/// Who wanted a file to be read.
enum NamedBy {
    /// The user, who may see what is in it.
    User,
    /// Whoever wrote the scenario: at this place in it, or as a link.
    Author(Option<Span>),
}

impl<'f> Loader<'f> {
    /// A loader that has read nothing.
    pub fn new(files: &'f Files<'f>, settings: &'f [ValueSetting]) -> Self {
        Self {
            files,
            settings,
            set: vec![None; settings.len()],
            sources: Sources::default(),
            problems: Problems::default(),
            sound: true,
            open: Vec::new(),
            done: Vec::new(),
            rehearsal_of: None,
            known: Vec::new(),
        }
    }

    /// Reads the scenario itself.
    pub fn load_root(&mut self, path: &Path) -> Option<ScenarioSpec> {
        self.load_file(path, None)
    }

    /// Reads a scenario that another one names at this place of it.
    pub fn load_named(&mut self, path: &Path, named_at: Span) -> Option<ScenarioSpec> {
        self.load_file(path, Some(named_at))
    }

    fn load_file(&mut self, path: &Path, named_at: Option<Span>) -> Option<ScenarioSpec> {
        let mut own = self.own_part(path, named_at)?;
        self.open.push((self.files.identity(path), path.to_owned()));
        self.attach_files(&mut own, path);
        let included = self.load_includes(&own, path);
        self.done.extend(self.open.pop().map(|(identity, _)| identity));
        Some(merge(&included, own))
    }

    /// What a file says itself.
    fn own_part(&mut self, path: &Path, named_at: Option<Span>) -> Option<ScenarioSpec> {
        let Some(index) = self.read_text(path, named_at) else {
            self.sound = false;
            return None;
        };
        if self.known[index].spec.is_none() && self.known[index].sound {
            let KnownFile { id, text, .. } = &self.known[index];
            let (id, text) = (*id, text.clone());
            let sound = std::mem::replace(&mut self.sound, true);
            // The user has named the scenario itself, but not what a link leads to.
            let is_named = named_at.is_none() && !self.files.is_link(path);
            let by = if is_named { NamedBy::User } else { NamedBy::Author(named_at) };
            let spec = self.parse(id, &text, by);
            self.known[index].spec = spec;
            self.known[index].sound = std::mem::replace(&mut self.sound, sound);
        }
        let known = &self.known[index];
        self.sound &= known.sound;
        known.spec.clone()
    }

    /// Reads a file, unless that was done, and returns which of the known ones it is; reported if it cannot be read.
    fn read_text(&mut self, path: &Path, named_at: Option<Span>) -> Option<usize> {
        let identity = self.files.identity(path);
        let stage = self.rehearsal_of.clone().filter(|_| !self.settings.is_empty());
        let is_it = |known: &KnownFile| known.identity == identity && known.stage == stage;
        if let Some(index) = self.known.iter().position(is_it) {
            return Some(index);
        }
        if self.is_too_much(path, named_at) {
            return None;
        }
        let text = self.files.read(path, named_at.is_none()).and_then(|bytes| {
            String::from_utf8(bytes).map_err(|_| {
                Unreadable::Failed(io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text"))
            })
        });
        match text {
            Ok(text) => {
                let text = setting::apply(text, self.settings, stage.as_deref(), &mut self.set);
                let id = self.sources.add(path.to_string_lossy(), text.as_str());
                self.known.push(KnownFile { identity, stage, id, text, spec: None, sound: true });
                Some(self.known.len() - 1)
            }
            Err(error) => {
                self.unreadable(path, &error, named_at);
                None
            }
        }
    }

    /// Whether there are too many files already, or too many in a row, which is reported.
    fn is_too_much(&mut self, path: &Path, named_at: Option<Span>) -> bool {
        let (message, help) = if self.open.len() >= MAX_DEPTH {
            let shown: Vec<String> = self.open.iter().map(|(_, shown)| shown.display().to_string()).collect();
            let (first, last) = (&shown[..2], &shown[shown.len() - 1]);
            let message = format!(
                "cannot read {}: {MAX_DEPTH} files in a row name each other, {}, and so on to {last}",
                path.display(),
                first.join(", ")
            );
            (message, "include the parts from one file")
        } else if self.known.len() >= MAX_FILES {
            let message =
                format!("cannot read {}: the scenario has {MAX_FILES} files already", path.display());
            (message, "put parts that belong together into one file")
        } else {
            return false;
        };
        self.problems.report(rules::UNREADABLE_FILE.at(named_at, message).help(help));
        true
    }

    /// Reads the files that keys of the scenario `spec` name, relative to its own `path`. A rehearsal rolls a revision out
    /// on the fleet of another scenario: whatever that one's own pipeline names is not needed.
    fn attach_files(&mut self, spec: &mut ScenarioSpec, path: &Path) {
        let Field::Given(pipeline) = &mut spec.pipeline else { return };
        if self.rehearsal_of.is_some() {
            return;
        }
        if let Field::Given(source) = &mut pipeline.value.source
            && let Field::Given(Written { value: Attached { path: named, content }, span }) =
                &mut source.value.merges
        {
            let index = self.read_text(&beside(path, named), Some(*span));
            *content = index.map(|index| (self.known[index].id, self.known[index].text.clone()));
        }
        let Field::Given(stages) = &mut pipeline.value.stage else { return };
        for stage in &mut stages.value {
            let name = stage.value.name.given().unwrap_or_default();
            if let Field::Given(Written { value: Attached { path: named, content }, span }) =
                &mut stage.value.scenario
            {
                *content = self.load_beside(&beside(path, named), *span, name).map(Box::new);
            }
        }
    }

    /// Reads a scenario of its own that a stage of another one names. That it is not sound is reported, and says nothing of
    /// the other.
    fn load_beside(&mut self, path: &Path, named_at: Span, stage: String) -> Option<ScenarioSpec> {
        if self.is_open(path, named_at) {
            return None;
        }
        let done = std::mem::take(&mut self.done);
        let sound = std::mem::replace(&mut self.sound, true);
        self.rehearsal_of = Some(stage);
        let spec = self.load_file(path, Some(named_at)).filter(|_| self.sound);
        (self.done, self.sound, self.rehearsal_of) = (done, sound, None);
        spec
    }

    /// Whether a file is being read already, which is reported.
    fn is_open(&mut self, path: &Path, named_at: Span) -> bool {
        let identity = self.files.identity(path);
        let open = self.open.iter().any(|(known, _)| *known == identity);
        if open {
            let message = format!("{} includes itself", path.display());
            let help = "remove one of the includes of the cycle";
            self.problems.report(rules::INCLUDE_CYCLE.at(named_at, message).help(help));
        }
        open
    }

    fn unreadable(&mut self, path: &Path, error: &Unreadable, named_at: Option<Span>) {
        let message = format!("cannot read {}: {error}", path.display());
        let problem = rules::UNREADABLE_FILE.at(named_at, message);
        let kind = match error {
            Unreadable::Failed(error) => error.kind(),
            Unreadable::Outside(_) => {
                let help = "move it there, or trust the scenario with all your files: `--allow-outside`";
                return self.problems.report(problem.help(help));
            }
            Unreadable::NoFile | Unreadable::TooLarge => {
                return self.problems.report(problem.help("name a scenario file"));
            }
        };
        let problem = match (named_at, kind) {
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

    /// What the text of a file says. One that the user has not named must look like a scenario before anything of it is
    /// shown.
    fn parse(&mut self, file: FileId, text: &str, by: NamedBy) -> Option<ScenarioSpec> {
        let (table, errors) = DeTable::parse_recoverable(text);
        let is_empty = table.get_ref().is_empty() && errors.is_empty();
        if let NamedBy::Author(named_at) = by
            && !is_empty
            && !is_scenario(table.get_ref())
        {
            let message = format!("cannot use {}: it is no scenario", self.sources.name(file));
            let help = "a part of a scenario has its tables, such as `[fleet]` or `[[alarm]]`";
            self.problems.report(rules::UNREADABLE_FILE.at(named_at, message).help(help));
            self.sound = false;
            return None;
        }
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
            } else if !self.done.contains(&self.files.identity(&target))
                && let Some(included) = self.load_file(&target, Some(*span))
            {
                merged = merge(&merged, included);
            }
        }
        merged
    }
}

/// Whether a document has a table of a scenario: names and descriptions are everywhere.
fn is_scenario(table: &DeTable<'_>) -> bool {
    let keys = ScenarioSpec::default().keys();
    let tells =
        |key: &str| !matches!(key, "name" | "description") && keys.iter().any(|(known, _)| known == key);
    table.keys().any(|key| tells(key.get_ref()))
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

/// `later` on top of `earlier`.
fn merge(earlier: &ScenarioSpec, mut later: ScenarioSpec) -> ScenarioSpec {
    later.inherit_from(earlier);
    later
}
