//! Claims in sentences, with the numbers that came out; how far each holds when a value that it rests on is varied; and both
//! as a page. It judges nothing.

use super::command::GivenScenario;
use super::document::{Align, Block, DataTable, Document, ShellCommand};
use super::text;
use crate::outcome::measures::Unit;
use crate::plan::claim::{Claim, Figure, Piece};
use crate::study::claims::{ClaimResult, ShownResult, SideResult};
use crate::study::compare::Estimate;
use crate::study::verdict::Verdict;
use serde::Serialize;

/// A claim, what the trials say of it, and how far it holds where that was tried.
#[derive(Debug, Serialize)]
pub struct Judged {
    /// The sentence with its numbers.
    pub sentence: String,
    /// What of the claim is not modelled; may be empty.
    pub unsupported: String,
    /// Whose claim it is; may be empty.
    pub source: String,
    /// The numbers.
    #[serde(flatten)]
    pub result: ClaimResult,
    /// Values that it rests on, and how far it holds when they are others; none where that was not tried.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub varied: Vec<Varied>,
}

/// A value that a claim rests on.
#[derive(Debug, Serialize)]
pub struct Varied {
    /// Its path.
    pub path: String,
    /// As it is written.
    pub written: String,
    /// Halved, and halved again until the claim stops.
    pub less: Vec<Tried>,
    /// Doubled, and doubled again until the claim stops.
    pub more: Vec<Tried>,
}

/// Another value, and what becomes of the claim with it.
#[derive(Debug, Serialize)]
pub struct Tried {
    /// The value.
    pub value: String,
    /// The verdict; none if the scenario is not valid with it.
    pub verdict: Option<Verdict>,
}

impl Judged {
    /// The claim with its result.
    #[must_use]
    pub fn new(claim: &Claim, result: ClaimResult) -> Self {
        let piece = |piece: &Piece| match piece {
            Piece::Words(words) => words.clone(),
            Piece::Number(index, figure) => number(&result.shows[*index], *figure),
        };
        Self {
            sentence: claim.sentence.iter().map(piece).collect(),
            unsupported: claim.unsupported.clone(),
            source: claim.source.clone(),
            result,
            varied: Vec::new(),
        }
    }

    /// What is said of it: `Shown: with bakes a bad change fails 12 [10, 14] requests.`
    #[must_use]
    pub fn told(&self) -> String {
        let unsupported = &self.unsupported;
        let rest = if unsupported.is_empty() { String::new() } else { format!(" Not modelled: {unsupported}.") };
        format!("{}: {}.{rest}", word(self.result.verdict), self.sentence)
    }
}

/// What a verdict is called of a claim.
fn word(verdict: Option<Verdict>) -> &'static str {
    match verdict {
        Some(Verdict::Pass) => "Shown",
        Some(Verdict::Fail) => "Refuted",
        Some(Verdict::Inconclusive) => "Not decided",
        None => "Not shown",
    }
}

/// A number of a comparison, with its interval.
fn number(shown: &ShownResult, figure: Figure) -> String {
    let unit = shown.of.metric.unit;
    let of_side = |side: &SideResult| told(side.estimate, |x| text::value(side.metric.unit, x));
    match figure {
        Figure::Of => of_side(&shown.of),
        Figure::Than => shown.than.as_ref().map_or_else(|| "no value".to_owned(), of_side),
        Figure::Times => shown.times.map_or_else(|| "any number of times".to_owned(), times),
        Figure::Difference => told(shown.difference.map(without_sign), |x| size(unit, x)),
        Figure::Share => told(shown.share, text::percent),
    }
}

/// `66 times [60, 73]`.
fn times(Estimate { value, interval }: Estimate) -> String {
    let words = format!("{} times", text::number(value));
    match text::interval_of(value, interval, text::number) {
        None => words,
        Some(bounds) => format!("{words} {bounds}"),
    }
}

/// A value and its interval.
fn told(estimate: Option<Estimate>, say: impl Fn(f64) -> String) -> String {
    let Some(Estimate { value, interval }) = estimate else { return "no value".to_owned() };
    text::estimate(value, " ", interval, say)
}

/// How large a difference is, whichever way it goes.
fn without_sign(Estimate { value, interval }: Estimate) -> Estimate {
    if value < 0.0 { Estimate { value: -value, interval: interval.negated() } } else { Estimate { value, interval } }
}

/// An amount; shares differ by percentage points.
fn size(unit: Unit, x: f64) -> String {
    if unit.whole().is_some() { format!("{} pp", text::percent_number(x)) } else { text::value(unit, x) }
}

/// A scenario and what it claims.
#[derive(Debug, Serialize)]
pub struct Claimed {
    /// The scenario's file, as the user named it.
    pub file: String,
    /// The scenario's name.
    pub scenario: String,
    /// What it is about, in a sentence.
    pub description: String,
    /// Root of every random stream.
    pub seed: u64,
    /// Version of the simulated model.
    pub model_version: u32,
    /// Its claims.
    pub claims: Vec<Judged>,
}

/// The sentences, and a table of how far each holds where that was tried.
#[must_use]
pub fn sentences(all: &[Claimed]) -> Document {
    let mut report = Document::default();
    for claim in all.iter().flat_map(|claimed| &claimed.claims) {
        report.push(Block::Paragraph(claim.told().into()));
        report.push(Block::Table(table(&claim.varied)));
    }
    report
}

/// A page: each scenario with what it is about, the command, the sentences and how far they hold.
#[must_use]
pub fn page(all: &[Claimed]) -> Document {
    let mut page = Document::default();
    for claimed in all {
        let mut blocks = Vec::new();
        if !claimed.description.is_empty() {
            blocks.push(Block::Paragraph(sentence(&claimed.description).into()));
        }
        let file = GivenScenario { file: &claimed.file, ..GivenScenario::default() };
        let command = ShellCommand { title: String::new(), lines: vec![file.command("claim")] };
        blocks.push(Block::Commands([command].into_iter().collect()));
        for claim in &claimed.claims {
            blocks.push(Block::Note(claim.told().into()));
            blocks.push(Block::Table(table(&claim.varied)));
            if !claim.source.is_empty() {
                blocks.push(Block::Paragraph(format!("Source: {}", sentence(&claim.source)).into()));
            }
        }
        page.section(claimed.scenario.as_str(), blocks);
    }
    page
}

/// With a full stop.
fn sentence(words: &str) -> String {
    format!("{}.", words.trim_end_matches('.'))
}

fn table(varied: &[Varied]) -> DataTable {
    let mut table = DataTable::new("it rests on")
        .column("in the file", Align::Left)
        .column("halved", Align::Left)
        .column("doubled", Align::Left);
    for value in varied {
        table.row([
            value.path.clone(),
            value.written.clone(),
            how_far(&value.less),
            how_far(&value.more),
        ]);
    }
    table
}

/// How far a claim holds: `holds to 5m` where nothing stopped it, else `holds at 10m; at 5m not decided`.
fn how_far(tried: &[Tried]) -> String {
    let held = tried.iter().take_while(|tried| tried.verdict == Some(Verdict::Pass));
    let held = held.last().map(|tried| &tried.value);
    let stop = tried.iter().find(|tried| tried.verdict != Some(Verdict::Pass));
    match (held, stop) {
        (None, None) => "no other value".to_owned(),
        (Some(value), None) => format!("holds to {value}, the last tried"),
        (None, Some(stop)) => stops(stop),
        (Some(value), Some(stop)) => format!("holds to {value}; {}", stops(stop)),
    }
}

fn stops(Tried { value, verdict }: &Tried) -> String {
    match verdict {
        None => format!("{value} is not possible"),
        Some(verdict) => format!("at {value} {}", word(Some(*verdict)).to_lowercase()),
    }
}
