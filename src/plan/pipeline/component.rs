//! The components of a combined pipeline: what is deployed in order, and by which strategy.
//!
//! Plain data; what the order means in time is in `pipeline::combined`.

use crate::ids::DefectId;
use crate::plan::Strategy;
use serde::Serialize;

/// One of several things that every revision deploys, in order: a table before the service that reads it.
#[derive(Debug, Clone, Serialize)]
pub struct Component {
    /// What it is called.
    pub name: String,
    /// What deploys it, with as many waves as the strategy under study; none: that strategy itself. Exactly
    /// one component has none.
    pub strategy: Option<Strategy>,
    /// Classes of defect that are its own, each in at most one component. Those
    /// that none claims belong to the component under study.
    pub defects: Vec<DefectId>,
}
