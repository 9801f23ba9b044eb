//! One rollout told for people and as JSON lines.
//!
//! Its records are folded once into a [`history`]; what is told event by event, as a story of waves and the incident,
//! and drawn as a chart are levels of detail of that.

mod anatomy;
mod events;
mod fold;
pub mod history;
mod kinds;
mod names;
mod perfetto;
mod split;
mod story;
mod told;
mod traced;

pub use anatomy::AlarmAnatomy;
pub use split::{MedianSplit, TimePart, TimeSplit};
pub use told::RolloutStory;
