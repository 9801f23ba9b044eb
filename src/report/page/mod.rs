//! A study as one page of HTML that carries a design review: complete without scripts, asking the network for nothing, the
//! same bytes for the same study.

mod comparison;
pub mod data;
mod figures;
mod frame;
mod grounds;
mod numbers;
mod parts;
mod pipeline;
mod study;
mod told;
mod unfold;

pub use comparison::comparison;
pub use data::{PageData, PageKind};
pub use frame::{Page, tank};
pub use pipeline::PipelinePage;
pub use study::StudyPage;
