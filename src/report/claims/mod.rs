//! Claims in sentences, with the numbers that came out, and how far they hold: on a terminal, as a page, for programs. It
//! judges nothing.

mod judged;
mod page;
mod sentences;

pub use judged::{Claimed, Judged, Tried, Varied};
pub use page::page;
pub use sentences::sentences;
