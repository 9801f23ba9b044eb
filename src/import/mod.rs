//! Foreign files in, a scenario out: what teams have, in the words of the tools that run it.
//!
//! A file is parsed into a tree that keeps places (`tree`). Each document goes to the tool that knows it (`tools`), which
//! reads it through a `Cursor` and adds what it says to a `Draft`: strategies, alarms, regions, each line with its
//! provenance. The `Desk` keeps book, so that nothing is lost without a word: what could not be kept as it was is a `Loss`,
//! and what nobody looked at is one, too. `compose` completes the draft, `text` writes it. Files are strangers': what
//! they may cost is limited, and nothing in them is followed.

mod compose;
mod cursor;
mod desk;
mod draft;
mod encoding;
mod fit;
mod into;
mod loss;
mod provenance;
mod text;
mod time;
mod tools;
mod tree;
mod unknown;

pub use loss::{Fate, Loss};
pub use tree::MAX_BYTES;

use crate::diagnostic::{self, Diagnostic, Sources};
use crate::scenario::rules;
use desk::{Desk, Paper};
use draft::{Draft, DraftTable};
use std::collections::BTreeMap;
use tree::{Language, Numbers};

/// Files that are named where it is said what a scenario was made of.
const MOST_FILES_NAMED: usize = 20;

/// A file as the user gave it.
#[derive(Debug, Clone)]
pub struct ForeignFile {
    /// The name by which the user knows it.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// What came of an import.
#[derive(Debug)]
pub struct Imported {
    draft: Draft,
    defects: Vec<DraftTable>,
    /// For each document that some tool knows: its file, and the tool.
    pub recognised: Vec<(String, &'static str)>,
    /// What is not in the scenario as it was.
    pub losses: Vec<Loss>,
    /// Names of values that were given and no file asks for.
    pub idle: Vec<String>,
    /// What makes the import impossible; without any there is a scenario.
    pub problems: Vec<Diagnostic>,
    /// The texts that losses and problems point into.
    pub sources: Sources,
}

/// Reads `files` together, as a rollout refers to what is in others. `given` has the values of parameters that the files
/// leave open; `occupied` the names that a scenario has which this is added to.
#[must_use]
pub fn import(files: &[ForeignFile], given: &BTreeMap<String, String>, occupied: Vec<String>) -> Imported {
    let mut sources = Sources::default();
    let (mut papers, mut problems, mut numbers) = (Vec::new(), Vec::new(), Numbers::default());
    let total: usize = files.iter().map(|file| file.bytes.len()).sum();
    if total > tree::MAX_TOTAL_BYTES {
        problems.push(too_many(format!("more than {} MB", tree::MAX_TOTAL_BYTES >> 20)));
    } else {
        for file in files {
            match read(file, &mut sources, &mut numbers) {
                Ok(read) => papers.extend(read),
                Err(problem) => problems.push(problem),
            }
        }
    }
    if papers.len() > tree::MAX_DOCUMENTS {
        problems.push(too_many(format!("more than {} documents", tree::MAX_DOCUMENTS)));
    }
    let mut draft = Draft::beside(occupied);
    let desk = Desk::new(&papers, &sources, given, numbers.count());
    let recognised = if problems.is_empty() { tools::read(&desk, &mut draft) } else { Vec::new() };
    let mut defects = Vec::new();
    if !recognised.is_empty() {
        compose::complete(&mut draft, &desk);
        defects = compose::defects(&draft, &desk);
    }
    let idle = desk.idle();
    let (mut losses, found) = desk.clear();
    losses.sort_by_key(|loss| (loss.fate, loss.span.map(|span| (span.file, span.start))));
    problems.extend(found);
    let mut imported = Imported { draft, defects, recognised, losses, idle, problems, sources };
    if imported.is_sound() {
        imported.problems = fit::misfits(&imported);
    }
    imported
}

/// What the files are told that are too many together.
fn too_many(what: String) -> Diagnostic {
    Diagnostic::new(&rules::FOREIGN_SYNTAX, format!("the files have {what} together"))
        .help("give those alone whose rollouts and alarms you ask about")
}

/// The documents of a file, whose text is added to `sources`.
fn read(file: &ForeignFile, sources: &mut Sources, numbers: &mut Numbers) -> Result<Vec<Paper>, Diagnostic> {
    if file.bytes.len() > MAX_BYTES {
        let message = format!("{} has more than {} MB", file.name, MAX_BYTES >> 20);
        return Err(Diagnostic::new(&rules::FOREIGN_SYNTAX, message)
            .help("give the file that holds the policy alone"));
    }
    let text = encoding::text(&file.name, &file.bytes)?;
    let id = sources.add(file.name.as_str(), text);
    let trees = tree::parse(text, language(&file.name, text), id, numbers)?;
    if trees.iter().all(|tree| tree.is_nothing()) {
        let message = format!("{} is empty: there is no document in it", file.name);
        return Err(Diagnostic::new(&rules::FOREIGN_SYNTAX, message)
            .help("the program that makes it may have written nothing"));
    }
    let papers = trees.into_iter().flat_map(tree::documents_of);
    Ok(papers.map(|tree| Paper { file: id, tree }).collect())
}

/// The language of a file by its name, or by what it looks like.
fn language(name: &str, text: &str) -> Language {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension.to_ascii_lowercase().as_str() {
        "toml" => Language::Toml,
        "hcl" | "nomad" | "tf" => Language::Hcl,
        "json" => Language::Json,
        "yaml" | "yml" => Language::Yaml,
        _ if text.trim_start().starts_with("[[") => Language::Toml,
        _ if text.lines().any(|line| line.starts_with("job \"") && line.trim_end().ends_with('{')) => {
            Language::Hcl
        }
        _ => Language::Yaml,
    }
}

impl Imported {
    /// Whether there is a scenario.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty() && !self.recognised.is_empty()
    }

    /// Names of the strategies that the files say, in their order; those to compare with are not among them.
    pub fn strategies(&self) -> impl Iterator<Item = &str> {
        let own = self.draft.strategies.iter().filter(|strategy| strategy.from.places() > 0);
        own.map(|strategy| strategy.name.as_str())
    }

    /// Names of the alarms, in the order of the files.
    pub fn alarms(&self) -> impl Iterator<Item = &str> {
        self.draft.alarms.iter().map(|alarm| alarm.name.as_str())
    }

    /// The files with their tools, each once.
    #[must_use]
    pub fn recognised_once(&self) -> Vec<(String, &'static str)> {
        let mut once: Vec<(String, &'static str)> = Vec::new();
        for known in &self.recognised {
            if !once.contains(known) {
                once.push(known.clone());
            }
        }
        once
    }

    /// The files with their tools in words, the first of many.
    #[must_use]
    pub fn origin(&self) -> String {
        let all = self.recognised_once();
        let more = all.len().saturating_sub(MOST_FILES_NAMED);
        let named = all.iter().take(MOST_FILES_NAMED).map(|(file, tool)| format!("{file} ({tool})"));
        let more = (more > 0).then(|| format!("and {more} more"));
        named.chain(more).collect::<Vec<_>>().join(", ")
    }

    /// Places of the files that lines of the scenario are from.
    #[must_use]
    pub fn kept(&self) -> usize {
        let strategies = self.draft.strategies.iter().map(|strategy| &strategy.table);
        let alarms = self.draft.alarms.iter().map(|alarm| &alarm.table);
        let regions = self.draft.regions.iter().map(|region| &region.table);
        let tables = strategies.chain(alarms).chain(regions).chain([&self.draft.change]);
        let alarms = self.draft.alarms.iter().map(|alarm| alarm.from.places());
        tables.map(DraftTable::places).chain(alarms).sum()
    }

    /// What was lost in this way, by reason in the order of the files: what, each with its place, and why.
    #[must_use]
    pub fn lost(&self, fate: Fate) -> Vec<(Vec<String>, &str)> {
        let mut reasons: Vec<(Vec<String>, &str)> = Vec::new();
        let mut known: BTreeMap<&str, usize> = BTreeMap::new();
        for loss in self.losses.iter().filter(|loss| loss.fate == fate) {
            let what = self.place(loss).map_or_else(|| loss.what.clone(), |at| format!("{at} {}", loss.what));
            let at = *known.entry(&loss.why).or_insert(reasons.len());
            match reasons.get_mut(at) {
                Some((list, _)) => list.push(what),
                None => reasons.push((vec![what], &loss.why)),
            }
        }
        reasons
    }

    /// Where a loss is written, as reports name it: `rollout.yaml:31`; none for what no file says.
    #[must_use]
    pub fn place(&self, loss: &Loss) -> Option<String> {
        loss.span.map(|span| provenance::place(&self.sources, span))
    }

    /// What is wrong, with source lines and carets; empty where nothing is.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        diagnostic::render(&self.problems, &self.sources, color)
    }
}
