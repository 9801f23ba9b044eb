//! Claims on a terminal: the sentences, and a table of how far each holds.

use super::judged::{Claimed, TITLES, Varied};
use crate::report::document::{Align, Block, DataTable, Document};

/// The sentences, of several scenarios each under its name, and a table of how far each holds where that was tried.
#[must_use]
pub fn sentences(all: &[Claimed]) -> Document {
    let mut report = Document::default();
    for claimed in all {
        let told = claimed
            .claims
            .iter()
            .flat_map(|claim| [Block::Paragraph(claim.told().into()), Block::Table(table(&claim.varied))]);
        match all {
            [_] => report.blocks.extend(told),
            _ => report.section(claimed.scenario.as_str(), told.collect()),
        }
    }
    report
}

fn table(varied: &[Varied]) -> DataTable {
    let columns = TITLES[1..].iter();
    let table = columns.fold(DataTable::new(TITLES[0]), |table, title| table.column(title, Align::Left));
    varied.iter().map(Varied::cells).fold(table, |mut table, cells| {
        table.row(cells);
        table
    })
}
