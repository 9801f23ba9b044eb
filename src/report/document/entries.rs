//! Entries of which a reader may not get to see all: how many there are, and what is said of the rest.

/// Entries of one kind, and what is said instead of those that a reader does not get to see.
#[derive(Debug)]
pub struct Entries<T> {
    /// What is there.
    pub shown: Vec<T>,
    /// How many more there are.
    pub hidden: usize,
    /// Bytes that a format with a limit may spend on them.
    pub most_bytes: usize,
    /// Says that so many are missing; empty to say nothing.
    pub rest: fn(usize) -> String,
}

impl<T> Entries<T> {
    /// Entries of which a format with a limit shows what fits into so many bytes.
    pub fn within(shown: Vec<T>, most_bytes: usize) -> Self {
        Self { most_bytes, ..shown.into_iter().collect() }
    }

    /// Keeps the first `most`, and counts the others.
    pub fn truncate(&mut self, most: usize) {
        self.hidden += self.shown.len().saturating_sub(most);
        self.shown.truncate(most);
    }

    /// Whether there never was one.
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty() && self.hidden == 0
    }
}

impl<T> FromIterator<T> for Entries<T> {
    fn from_iter<I: IntoIterator<Item = T>>(entries: I) -> Self {
        let rest = |hidden| format!("and {hidden} more");
        Self { shown: entries.into_iter().collect(), hidden: 0, most_bytes: usize::MAX, rest }
    }
}
