//! A table before it has a format: titled columns and rows of cells.

use super::entries::Entries;
use super::inline::RichText;
use crate::outlet::shown;

/// Side of a column that its cells stick to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Names.
    Left,
    /// Numbers.
    Right,
}

/// A column's title, one line at least, and its side. A column with an empty first line of several continues the
/// group that a column before it begins.
pub(super) type TableColumn = (Vec<String>, Align);

/// A table: titled columns, then rows of equal length.
#[derive(Debug)]
pub struct DataTable {
    pub(super) columns: Vec<TableColumn>,
    /// Of each column, when it is left out where there is no room: the largest first, those of 0 never.
    pub(super) ranks: Vec<usize>,
    pub(super) rows: Entries<Vec<RichText>>,
}

impl DataTable {
    /// A table whose first column holds names.
    pub fn new(first: &str) -> Self {
        Self { columns: Vec::new(), ranks: Vec::new(), rows: Vec::new().into_iter().collect() }
            .column(first, Align::Left)
    }

    /// Adds a column; a newline in the title starts a second header line.
    #[must_use]
    pub fn column(mut self, title: &str, align: Align) -> Self {
        self.columns.push((shown(title).split('\n').map(str::to_owned).collect(), align));
        self.ranks.push(0);
        self
    }

    /// Adds a column of numbers that is left out on a terminal that has no room for it: those of the largest `rank` first,
    /// those of 0 never. The first of a group stays longer than the others.
    #[must_use]
    pub fn ranked(self, title: &str, rank: usize) -> Self {
        let mut table = self.column(title, Align::Right);
        *table.ranks.last_mut().expect("invariant: a column was added") = rank;
        table
    }

    /// Adds columns of numbers.
    #[must_use]
    pub fn numbers<'t>(self, titles: impl IntoIterator<Item = &'t str>) -> Self {
        titles.into_iter().fold(self, |table, title| table.column(title, Align::Right))
    }

    /// Adds a row with one cell per column; a newline in a cell starts a second line.
    pub fn row<C: Into<RichText>>(&mut self, cells: impl IntoIterator<Item = C>) {
        let cells: Vec<RichText> = cells.into_iter().map(Into::into).collect();
        assert_eq!(cells.len(), self.columns.len(), "a row needs one cell per column");
        self.rows.shown.push(cells);
    }

    /// The bytes that a format with a limit may spend on rows, and what it says of the others.
    #[must_use]
    pub fn within(mut self, most_bytes: usize, rest: fn(usize) -> String) -> Self {
        (self.rows.most_bytes, self.rows.rest) = (most_bytes, rest);
        self
    }

    /// Whether it has no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}
