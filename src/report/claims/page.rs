//! Claims as a page of a document: what each is about, the command, the sentence, and how far it holds. Whole, whatever the
//! length: it is no comment of a service.

use super::judged::{Claimed, Judged, TITLES, Varied};
use crate::outlet::markdown;
use crate::report::command::GivenScenario;

/// The page, a section for each scenario.
#[must_use]
pub fn page(all: &[Claimed]) -> String {
    all.iter().map(section).collect::<Vec<String>>().join("\n")
}

fn section(claimed: &Claimed) -> String {
    let file = GivenScenario { file: &claimed.file, ..GivenScenario::default() };
    let mut parts = vec![format!("## {}\n", markdown(&claimed.scenario))];
    if !claimed.description.is_empty() {
        parts.push(format!("{}\n", markdown(&sentence(&claimed.description))));
    }
    parts.push(format!("    {}\n", file.command("claim")));
    parts.extend(claimed.claims.iter().flat_map(claim));
    parts.join("\n")
}

fn claim(claim: &Judged) -> Vec<String> {
    let mut parts = vec![format!("> **{}:** {}\n", claim.word(), markdown(&sentence(&claim.sentence)))];
    if !claim.unsupported.is_empty() {
        parts.push(format!("**Not modelled:** {}\n", markdown(&sentence(&claim.unsupported))));
    }
    if !claim.varied.is_empty() {
        parts.push(table(&claim.varied));
    }
    if !claim.source.is_empty() {
        parts.push(format!("Source: {}\n", markdown(&sentence(&claim.source))));
    }
    parts
}

fn table(varied: &[Varied]) -> String {
    let row = |cells: [String; 4]| format!("| {} |\n", cells.join(" | "));
    let escaped = |value: &Varied| row(value.cells().map(|cell| markdown(&cell)));
    let rows: String = varied.iter().map(escaped).collect();
    format!("{}{}{rows}", row(TITLES.map(str::to_owned)), "|---|---|---|---|\n")
}

/// With a full stop, unless it asks something.
fn sentence(words: &str) -> String {
    if words.ends_with('?') { words.to_owned() } else { format!("{}.", words.trim_end_matches('.')) }
}
