//! One file a command: its arguments and what it does with them.

pub mod baseline;
pub mod chart;
pub mod check;
pub mod claim;
pub mod compare;
pub mod completions;
pub mod explain;
pub mod gate;
pub mod import;
pub mod init;
pub mod man;
pub mod pipeline;
pub mod plan;
pub mod replay;
pub mod report;
pub mod run;
pub mod schema;
#[cfg(feature = "serve")]
pub mod serve;
