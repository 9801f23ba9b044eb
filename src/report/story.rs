//! One trial, told. Both simulators offer it in the same way: their events are folded once, and what is said, written
//! and drawn of them are levels of detail of that fold.

use super::document::Document;

/// A trial of a rollout or of a pipeline, ready to be told.
pub trait Story {
    /// What happened, for people. A diagram in it takes at most `width` columns.
    fn document(&self, width: usize) -> Document;

    /// Every event, one JSON object a line, in order of time.
    fn json_lines(&self) -> Vec<u8>;

    /// A trace of it that Perfetto opens, in Perfetto's own format.
    fn perfetto(&self) -> Vec<u8>;

    /// The picture of it, as SVG.
    #[cfg(feature = "charts")]
    fn chart(&self) -> super::chart::Picture;
}
