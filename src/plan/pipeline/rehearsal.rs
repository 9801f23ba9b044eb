//! A stage that is a fleet of its own: what is rolled out there, and how. Plain data.

use crate::plan::Plan;
use serde::Serialize;

/// Production in small: a revision is rolled out on another fleet, with its own traffic and alarms, before the real one.
#[derive(Debug, Clone, Serialize)]
pub struct Rehearsal {
    /// The scenario of that fleet.
    pub plan: Box<Plan>,
    /// Index of the strategy there.
    pub strategy: usize,
    /// For each class of defect its index in that plan's catalogue; none: it does not show there.
    pub classes: Vec<Option<usize>>,
}

/// By the plan's fingerprint: equal plans make equal rollouts.
impl PartialEq for Rehearsal {
    fn eq(&self, other: &Self) -> bool {
        let own = (self.strategy, &self.classes, self.plan.digest());
        own == (other.strategy, &other.classes, other.plan.digest())
    }
}
