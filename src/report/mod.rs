//! Estimates in, bytes out: terminal text, CSV, JSON, SVG charts, and the formats of review and CI.
//!
//! Does no IO and computes no statistic: what a report says is in the summary, the outcomes or the
//! events it is given. Equal inputs give equal bytes.

#[cfg(feature = "charts")]
pub mod chart;
pub mod claims;
pub mod command;
pub mod compare;
pub mod csv;
mod customers;
pub mod dates;
pub mod document;
mod expectations;
pub mod fleet_film;
pub mod html;
#[cfg(feature = "import")]
pub mod imported;
pub mod json;
mod limits;
#[cfg(feature = "charts")]
pub mod page;
pub mod perfetto;
pub mod pipeline;
mod pipeline_cells;
pub mod pipeline_csv;
mod pipeline_without;
pub mod plan_diff;
pub mod plan_view;
mod policies;
pub mod promtool;
mod story;
mod tables;
pub mod terminal;
pub mod text;
pub mod timeline;
pub mod trade_plot;
pub mod trains;
pub mod verdict;
pub mod watch;

pub use limits::broken as broken_limits;
pub use story::Story;

#[cfg(test)]
#[path = "tests/compared.rs"]
mod compared;
#[cfg(test)]
#[path = "tests/sample.rs"]
pub(crate) mod sample;
