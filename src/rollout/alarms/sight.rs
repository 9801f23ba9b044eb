//! What datapoints are made of: the components that alarms look at. It looks at none of them.

use crate::rollout::account::Capacity;
use crate::rollout::deployment::Deployments;
use crate::rollout::fault::Fault;

/// What datapoints are made of.
#[derive(Debug, Clone, Copy)]
pub struct Sight<'r> {
    /// Who has the new version.
    pub deployments: &'r Deployments,
    /// Who is impaired.
    pub fault: &'r Fault,
    /// Who is out of service.
    pub capacity: &'r Capacity,
}
