//! What is said of a trial that was given up because it is more work than its budget: which one it was, what it was busy
//! with, and where to look. Decides nothing.

use crate::plan::Plan;
use crate::sim::budget::{OverBudget, Owner};
use std::fmt;

/// A trial that goes beyond its budget. Its plan is too large, or goes round and round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooCostly {
    /// Its strategy.
    pub strategy: String,
    /// Its number.
    pub trial: u64,
    /// What there was too much of, and why.
    pub over: OverBudget,
}

impl TooCostly {
    /// Trial `trial` of strategy `strategy` (an index).
    #[must_use]
    pub fn new(plan: &Plan, strategy: usize, trial: u64, over: OverBudget) -> Self {
        Self { strategy: plan.strategies[strategy].name.clone(), trial, over }
    }
}

impl fmt::Display for TooCostly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { strategy, trial, over } = self;
        write!(f, "trial {trial} of strategy `{strategy}` has {over}")?;
        match over.cause.owner {
            Owner::Defect => f.write_str(" of its defect"),
            Owner::Change => f.write_str(" of the change"),
            Owner::Alarms => f.write_str(" of its alarms"),
            Owner::Strategy => f.write_str(" of the strategy"),
            Owner::Fleet => f.write_str(" of the fleet"),
            Owner::Pipeline => f.write_str(" of the pipeline"),
        }
    }
}

impl std::error::Error for TooCostly {}
