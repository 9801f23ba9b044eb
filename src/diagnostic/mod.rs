//! Problems in user files as data: rule, severity, place, reason, fix.
//!
//! Nothing here decides what is a problem (that is `scenario` and `lints`) or writes to a terminal (that is the
//! command line); this module only stores problems and turns them into text, JSON, SARIF or annotations.

pub mod github;
mod json;
mod path;
mod problem;
mod render;
mod rule;
mod sarif;
mod source;

pub use json::to_json;
pub use path::portable;
pub use problem::{Diagnostic, Label, sorted};
pub use render::render;
pub use rule::{Rule, Severity};
pub use sarif::to_sarif;
pub use source::{FileId, Position, Sources, Span};
