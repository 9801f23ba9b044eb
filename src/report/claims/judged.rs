//! A claim as a sentence with the numbers that came out, and how far it holds when a value that it rests on is varied.

use crate::outcome::measures::Unit;
use crate::plan::claim::{Assertion, Claim, Figure, Piece, Relation};
use crate::report::text;
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
            Piece::Number(index, figure) => number(&result.shows[*index], &claim.shows[*index].said, *figure),
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
        let rest =
            if unsupported.is_empty() { String::new() } else { format!(" Not modelled: {unsupported}.") };
        format!("{}: {}.{}{rest}", self.word(), self.sentence, self.advice())
    }

    /// What would decide it, where that is open and some number of trials would.
    fn advice(&self) -> String {
        let open = self.result.shows.iter().filter(|shown| shown.verdict == Verdict::Inconclusive);
        let needed: Option<Vec<u64>> = open.map(|shown| shown.trials_needed).collect();
        let most = needed.filter(|_| self.result.verdict == Some(Verdict::Inconclusive));
        most.and_then(|all| all.into_iter().max()).map_or_else(String::new, |trials| {
            format!(" About {} would tell: --trials {trials}.", text::counted(trials, "trial"))
        })
    }

    /// What its verdict is called.
    pub(super) fn word(&self) -> &'static str {
        word(self.result.verdict)
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
fn number(shown: &ShownResult, said: &Assertion, figure: Figure) -> String {
    let unit = shown.of.metric.unit;
    let of_side = |side: &SideResult| told(side.estimate, |x| text::value(side.metric.unit, x));
    match figure {
        Figure::Of => of_side(&shown.of),
        Figure::Than => shown.than.as_ref().map_or_else(|| "no value".to_owned(), of_side),
        Figure::Times => shown.times.map_or_else(|| "any number of times".to_owned(), times),
        Figure::Difference => {
            told(shown.difference.map(|apart| in_direction(apart, said)), |x| size(unit, x))
        }
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

/// A difference as it was said: above 0 if it goes the way that was claimed.
fn in_direction(apart: Estimate, said: &Assertion) -> Estimate {
    match said {
        Assertion::Than(Relation::Less, _) | Assertion::InMost(Relation::Less, ..) => {
            Estimate { value: -apart.value, interval: apart.interval.negated() }
        }
        Assertion::Than(Relation::More, _)
        | Assertion::InMost(Relation::More, ..)
        | Assertion::Between(..) => apart,
    }
}

/// How large a difference is, with a sign where it goes the other way.
fn size(unit: Unit, x: f64) -> String {
    let sign = if x < 0.0 { "-" } else { "" };
    format!("{sign}{}", text::size(unit, x))
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

/// Titles of what is known of a value that a claim rests on.
pub(super) const TITLES: [&str; 4] = ["it rests on", "in the file", "halved", "doubled"];

impl Varied {
    /// What is known of it, in the order of the titles.
    pub(super) fn cells(&self) -> [String; 4] {
        [self.path.clone(), self.written.clone(), how_far(&self.less), how_far(&self.more)]
    }
}

/// How far a claim holds: `holds to 5m, the last tried` where nothing stopped it, else `holds to 10m; at 5m not decided`.
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
