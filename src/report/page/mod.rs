//! A study as one page of HTML that carries a design review: complete without scripts, asking the network for nothing, the
//! same bytes for the same study.

pub mod data;
mod frame;
mod told;

pub use data::{PageData, PageKind};
pub use frame::{Page, tank};
