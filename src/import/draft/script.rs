//! The text of a scenario while it is written, which knows from which places of the files its lines are.

use crate::diagnostic::{Sources, Span};
use crate::import::provenance::Provenance;

/// Lines of a scenario.
#[derive(Debug, Default)]
pub(in crate::import) struct ScenarioScript {
    text: String,
    /// Where a line begins, and a place that it is from.
    places: Vec<(usize, Span)>,
}

impl ScenarioScript {
    /// Adds text that is from nowhere.
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Adds a line with the comment that says where it is from.
    pub fn line(&mut self, text: &str, from: &Provenance, sources: &Sources) {
        self.places.extend(from.first().map(|span| (self.text.len(), span)));
        self.text.push_str(text);
        self.text.push_str(&from.comment(sources));
        self.text.push('\n');
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The place of the files that is nearest to byte `at`: of its line, of those before in its table, or of any.
    pub fn place_of(&self, at: usize) -> Option<Span> {
        let before = self.text.get(..at)?;
        let end = self.text[at..].find('\n').map_or(self.text.len(), |line| at + line);
        let table = before.rfind("\n[[").unwrap_or(0);
        let earlier = self.places.iter().rev().find(|(begin, _)| *begin <= end && *begin >= table);
        let later = self.places.iter().find(|(begin, _)| *begin > end);
        earlier.or(later).or(self.places.last()).map(|(_, span)| *span)
    }
}
