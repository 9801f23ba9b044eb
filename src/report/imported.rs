//! What an import kept, changed and lost, for people and for programs. It reads no file of a tool.

use super::document::{Block, Document, Item};
use super::text;
use crate::diagnostic::to_json;
use crate::import::{Fate, Imported, Loss};
use serde_json::{Value, json};

/// Losses of one reason that a text names; a format for programs has them all.
const MOST_NAMED: usize = 12;

/// Reasons that a text tells of one fate.
const MOST_REASONS: usize = 60;

/// The report for people: what was read, how much is kept, and every loss; those of one reason together.
#[must_use]
pub fn document(imported: &Imported) -> Document {
    let mut report = Document::default();
    let done = if imported.is_sound() { "imported" } else { "read" };
    let read = format!(
        "{done} {}: {}, {}; {} kept, each named behind its line",
        imported.origin(),
        text::strategies(imported.strategies().count()),
        text::counted(imported.alarms().count() as u64, "alarm"),
        text::counted(imported.kept() as u64, "setting"),
    );
    report.push(Block::Paragraph(read.into()));
    for fate in Fate::ALL {
        let reasons = imported.lost(fate);
        let more = reasons.len().saturating_sub(MOST_REASONS);
        let items = reasons.into_iter().take(MOST_REASONS).map(|(what, why)| item(&what, why));
        let rest = (more > 0).then(|| Item::from(format!("and {more} more: `--format json` has them all")));
        report.section(title(fate), vec![Block::List(items.chain(rest).collect())]);
    }
    report
}

fn title(fate: Fate) -> &'static str {
    match fate {
        Fate::Approximated => "Approximated: in the scenario as something close",
        Fate::Dropped => "Dropped: not in the scenario",
        Fate::Refused => "Refused: nothing in the model is like it",
        Fate::ByHand => "Give by hand, at the lines marked <--",
    }
}

fn item(what: &[String], why: &str) -> Item {
    if let [one] = what {
        return Item::from(format!("{one}: {why}"));
    }
    let more = what.len().saturating_sub(MOST_NAMED);
    let mut named: Vec<String> = what.iter().take(MOST_NAMED).cloned().collect();
    if more > 0 {
        named.push(format!("and {more} more: `--format json` has them all"));
    }
    Item::from(why.to_owned()).over(Block::list(named))
}

/// The report for programs, with the scenario's text where there is one.
#[must_use]
pub fn json(imported: &Imported, scenario: Option<&str>) -> Value {
    let loss = |loss: &Loss| {
        let at = loss.span.map(|span| imported.sources.position(span.file, span.start));
        json!({
            "fate": loss.fate.key(),
            "file": loss.span.map(|span| imported.sources.name(span.file)),
            "line": at.map(|at| at.line),
            "what": loss.what,
            "why": loss.why,
        })
    };
    let files =
        imported.recognised_once().into_iter().map(|(file, tool)| json!({ "file": file, "tool": tool }));
    json!({
        "schema_version": 1,
        "recognised": files.collect::<Vec<_>>(),
        "strategies": imported.strategies().collect::<Vec<_>>(),
        "alarms": imported.alarms().collect::<Vec<_>>(),
        "kept": imported.kept(),
        "losses": imported.losses.iter().map(loss).collect::<Vec<_>>(),
        "idle": imported.idle,
        "problems": to_json(&imported.problems, &imported.sources),
        "scenario": scenario,
    })
}
