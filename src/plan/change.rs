//! The change under test: how often it is bad, and how long hosts take to move.

use super::defect::Defect;
use super::fleet::HOUR_MS;
use super::share::HostShare;
use super::unsaid::is_default;
use crate::ids::{DefectId, IdVec};
use crate::random::Distribution;
use serde::Serialize;

/// The change that every trial rolls out.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    /// Probability that the change carries a defect.
    pub bad_probability: f64,
    /// Time one host takes to move to the new version.
    pub deploy_time: Distribution,
    /// Time one host takes to move back.
    pub rollback_time: Distribution,
    /// How long of its move a host is out of service, at its end; none: as long as its batch moves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub downtime_ms: Option<u64>,
    /// Probability that a host does not take the change by itself and needs a hand.
    pub straggler_probability: f64,
    /// Time until such a host was helped.
    pub straggler_time: Distribution,
    /// Hosts of each zone, at random, on which its deployment fails however often it is tried; none: on no host for sure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failing_hosts: Option<HostShare>,
    /// Time until a host is given up on which it fails; none: as long as one takes that does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failing_time: Option<Distribution>,
    /// Probability that a try to deploy it to any other host fails.
    #[serde(skip_serializing_if = "is_default")]
    pub failure_probability: f64,
    /// Probability that a try to take any host back fails.
    #[serde(skip_serializing_if = "is_default")]
    pub rollback_failure_probability: f64,
    /// What a bad change may carry; exactly one is drawn, by weight.
    pub defects: IdVec<DefectId, Defect>,
}

impl Default for Change {
    /// Always good, and every host takes it at once.
    fn default() -> Self {
        let immediate = Distribution::Fixed { ms: 0 };
        Self {
            bad_probability: 0.0,
            deploy_time: immediate,
            rollback_time: immediate,
            downtime_ms: None,
            straggler_probability: 0.0,
            straggler_time: Distribution::Fixed { ms: HOUR_MS },
            failing_hosts: None,
            failing_time: None,
            failure_probability: 0.0,
            rollback_failure_probability: 0.0,
            defects: IdVec::default(),
        }
    }
}

impl Change {
    /// Whether every host takes it with its batch.
    #[inline]
    #[must_use]
    pub fn goes_smoothly(&self) -> bool {
        self.straggler_probability == 0.0 && !self.may_fail()
    }

    /// Whether its deployment to a host may fail.
    #[must_use]
    pub fn may_fail(&self) -> bool {
        self.failing_hosts.is_some() || self.failure_probability > 0.0
    }
}
