//! Where the parts of a plan were written, by their indices in the plan: the plan itself knows no text. It judges
//! nothing; whoever looks at a plan later points at these places.

use crate::diagnostic::Span;
use crate::ids::{AlarmId, DefectId, IdVec};

/// Places of the parts of a plan: their names.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// Of each alarm of [`crate::plan::Plan::alarms`].
    pub alarms: IdVec<AlarmId, Span>,
    /// Of each defect of [`crate::plan::Change::defects`].
    pub defects: IdVec<DefectId, Span>,
    /// Of each strategy of [`crate::plan::Plan::strategies`].
    pub strategies: Vec<Span>,
    /// Of the pipeline, if there is one.
    pub pipeline: Option<Span>,
}
