//! What the policies of a pipeline buy and cost: emergencies beside all other changes, and how long the error budget was
//! spent. Every number is the mean over horizons of what one horizon says, as in the summary that this is a part of.

use super::pipeline_summary::{Estimated, Measured, lead_of, per_quarter};
use crate::outcome::pipeline::{Emergencies, PipelineOutcome};
use crate::plan::pipeline::Line;
use crate::stats::Sample;
use crate::stats::mean::{Mean, mean};
use serde::Serialize;

/// A measure of a lane.
pub struct LaneMeasure {
    /// Name for programs.
    pub name: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// Its unit.
    pub unit: Measured,
    /// What one horizon says of emergencies, or of all else.
    of: fn(&PipelineOutcome, bool) -> Option<f64>,
}

/// Every measure of a lane, in report order: what it buys, then what it costs.
pub const LANE_MEASURES: [LaneMeasure; 5] = [
    LaneMeasure {
        name: "lead_time_p50_ms",
        title: "lead time p50",
        unit: Measured::Time,
        of: |h, urgent| lead_of(h, 0.5, |change| change.urgent == urgent),
    },
    LaneMeasure {
        name: "lead_time_p90_ms",
        title: "lead time p90",
        unit: Measured::Time,
        of: |h, urgent| lead_of(h, 0.9, |change| change.urgent == urgent),
    },
    LaneMeasure {
        name: "deployments_per_quarter",
        title: "deployments a quarter",
        unit: Measured::Count,
        of: |h, urgent| per_quarter(h, lane(h, urgent).deployments as f64),
    },
    LaneMeasure {
        name: "change_fail_rate",
        title: "change fail rate",
        unit: Measured::Share,
        of: |h, urgent| each(lane(h, urgent).rollbacks, lane(h, urgent)),
    },
    LaneMeasure {
        name: "impaired_host_ms_per_deployment",
        title: "impaired host-minutes a deployment",
        unit: Measured::HostTime,
        of: |h, urgent| each(lane(h, urgent).impaired_host_ms, lane(h, urgent)),
    },
];

/// Emergencies, and all else.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lanes {
    /// Changes that are emergencies, and the rollouts that one of them rode with; in the order of [`LANE_MEASURES`].
    pub emergencies: Vec<Estimated>,
    /// All other changes and rollouts.
    pub others: Vec<Estimated>,
}

/// What the policies of a pipeline did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Policies {
    /// None without an emergency lane.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lanes: Option<Lanes>,
    /// Share of the time in which the error budget was spent; none without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_spent: Option<Mean>,
}

impl Policies {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lanes.is_none() && self.budget_spent.is_none()
    }
}

/// Summarises the horizons of one strategy.
pub(super) fn policies(pipeline: &Line, row: &[PipelineOutcome]) -> Policies {
    let lane = |urgent: bool| {
        let estimate = |measure: &LaneMeasure| {
            let values = row.iter().filter_map(|horizon| (measure.of)(horizon, urgent)).collect();
            Estimated { measure: measure.name, mean: mean(&Sample::plain(values)) }
        };
        LANE_MEASURES.iter().map(estimate).collect()
    };
    let spent = || row.iter().map(|h| h.budget_spent_ms as f64 / h.counted_ms() as f64).collect();
    Policies {
        lanes: pipeline.emergency.as_ref().map(|_| Lanes { emergencies: lane(true), others: lane(false) }),
        budget_spent: pipeline.error_budget.and_then(|_| mean(&Sample::plain(spent()))),
    }
}

/// The rollouts that an emergency rode with, or all others.
fn lane(horizon: &PipelineOutcome, urgent: bool) -> Emergencies {
    let own = horizon.emergencies;
    if urgent {
        return own;
    }
    let rollbacks = horizon.needed_rollbacks + horizon.needless_rollbacks;
    Emergencies {
        deployments: horizon.deployments - own.deployments,
        rollbacks: rollbacks - own.rollbacks,
        impaired_host_ms: horizon.harm.impaired_host_ms - own.impaired_host_ms,
    }
}

/// A count by rollout; none without rollouts.
fn each(count: u64, lane: Emergencies) -> Option<f64> {
    (lane.deployments > 0).then(|| count as f64 / lane.deployments as f64)
}
