//! Aligned text tables for terminals. Width is counted in characters; colour comes after layout.

/// Side of a column that its cells stick to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Names.
    Left,
    /// Numbers.
    Right,
}

/// A table: header lines, then rows of equal length.
#[derive(Debug)]
pub struct Table {
    columns: Vec<(Vec<String>, Align)>,
    rows: Vec<Vec<String>>,
}

/// Blanks between columns.
const GAP: usize = 2;

impl Table {
    /// A table whose first column holds names.
    pub fn new(first: &str) -> Self {
        Self { columns: vec![(lines(first), Align::Left)], rows: Vec::new() }
    }

    /// Adds a column; a newline in the title starts a second header line.
    #[must_use]
    pub fn column(mut self, title: &str, align: Align) -> Self {
        self.columns.push((lines(title), align));
        self
    }

    /// Adds a row with one cell per column.
    pub fn row(&mut self, cells: Vec<String>) {
        assert_eq!(cells.len(), self.columns.len(), "a row needs one cell per column");
        self.rows.push(cells);
    }

    /// Columns that the table takes.
    pub fn width(&self) -> usize {
        self.widths().iter().sum::<usize>() + GAP * (self.columns.len() - 1)
    }

    /// The table as lines, header first; `indent` blanks before each.
    pub fn render(&self, indent: usize) -> String {
        let widths = self.widths();
        let height = self.columns.iter().map(|(title, _)| title.len()).max().unwrap_or(0);
        let mut out = String::new();
        for line in 0..height {
            // Short titles sit on the last header line, next to their numbers.
            let cell = |title: &Vec<String>| {
                (line + title.len()).checked_sub(height).map_or("", |index| title[index].as_str()).to_owned()
            };
            let cells: Vec<String> = self.columns.iter().map(|(title, _)| cell(title)).collect();
            self.push_line(&mut out, indent, &widths, &cells);
        }
        for row in &self.rows {
            self.push_line(&mut out, indent, &widths, row);
        }
        out
    }

    fn push_line(&self, out: &mut String, indent: usize, widths: &[usize], cells: &[String]) {
        let mut line = " ".repeat(indent);
        for (index, ((cell, width), (_, align))) in cells.iter().zip(widths).zip(&self.columns).enumerate() {
            if index > 0 {
                line.push_str(&" ".repeat(GAP));
            }
            let pad = " ".repeat(width - chars(cell));
            match align {
                Align::Left => line.push_str(&format!("{cell}{pad}")),
                Align::Right => line.push_str(&format!("{pad}{cell}")),
            }
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }

    fn widths(&self) -> Vec<usize> {
        self.columns
            .iter()
            .enumerate()
            .map(|(index, (title, _))| {
                let cells = self.rows.iter().map(|row| chars(&row[index]));
                title.iter().map(|line| chars(line)).chain(cells).max().unwrap_or(0)
            })
            .collect()
    }
}

fn chars(text: &str) -> usize {
    text.chars().count()
}

fn lines(title: &str) -> Vec<String> {
    title.split('\n').map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_and_lines_do_not_trail() {
        let mut table = Table::new("name").column("time to\n100 %", Align::Right).column("note", Align::Left);
        table.row(vec!["a".into(), "1h".into(), "fast".into()]);
        table.row(vec!["déjà".into(), "4d 3h".into(), String::new()]);
        let text = table.render(2);
        insta::assert_snapshot!(text.replace('\n', "|\n"), @r"
              time to|
        name    100 %  note|
        a          1h  fast|
        déjà    4d 3h|
        ");
        assert_eq!(table.width(), 4 + 2 + 7 + 2 + 4);
    }
}
