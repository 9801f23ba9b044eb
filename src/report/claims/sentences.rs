//! Claims on a terminal: the sentences, and a table of how far each holds.

use super::judged::{Claimed, TITLES, Varied};
use crate::report::document::{Align, Block, DataTable, Document};

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

fn table(varied: &[Varied]) -> DataTable {
    let columns = TITLES[1..].iter();
    let table = columns.fold(DataTable::new(TITLES[0]), |table, title| table.column(title, Align::Left));
    varied.iter().map(Varied::cells).fold(table, |mut table, cells| {
        table.row(cells);
        table
    })
}
