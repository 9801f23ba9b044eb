//! What the policies of a pipeline buy and cost: emergencies beside all other changes, and how long the error budget was
//! spent. Every number is the mean over trials of what one trial says, as in the summary that this is a part of.

use super::estimate::Estimated;
use crate::outcome::measures::{self, LaneOutcome, Measure, Urgency};
use crate::outcome::pipeline::PipelineOutcome;
use crate::plan::pipeline::Line;
use crate::stats::Sample;
use crate::stats::mean::{Mean, mean};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

/// Emergencies, and all else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lanes {
    /// Changes that are emergencies, and the rollouts that one of them rode with; in the order of [`measures::LANE`].
    #[serde(deserialize_with = "of_lane")]
    pub emergencies: Vec<Estimated>,
    /// All other changes and rollouts.
    #[serde(deserialize_with = "of_lane")]
    pub others: Vec<Estimated>,
}

/// Estimates whose measures are a lane's, which share names with those of the pipeline.
fn of_lane<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Estimated>, D::Error> {
    let mut read = Vec::<Estimated>::deserialize(deserializer)?;
    for estimated in &mut read {
        let name = estimated.measure.name;
        let lanes = measures::LANE.iter().copied().find(|measure| measure.name == name);
        estimated.measure =
            lanes.ok_or_else(|| Error::custom(format_args!("a lane has no measure `{name}`")))?;
    }
    Ok(read)
}

/// What the policies of a pipeline did.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Policies {
    /// None without an emergency lane.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lanes: Option<Lanes>,
    /// Share of the time in which the error budget was spent; none without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_spent: Option<Mean>,
}

impl Policies {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lanes.is_none() && self.budget_spent.is_none()
    }
}

/// Summarises the outcomes of one strategy.
pub(super) fn policies(line: &Line, row: &[PipelineOutcome]) -> Policies {
    let of_lane = |lane: Urgency| {
        let estimate = |measure: &&'static Measure| {
            let values = row.iter().filter_map(|outcome| measure.of(&LaneOutcome(outcome, lane)));
            Estimated { measure, mean: mean(&Sample::plain(values.collect())) }
        };
        measures::LANE.iter().map(estimate).collect()
    };
    let lanes = || Lanes { emergencies: of_lane(Urgency::Emergencies), others: of_lane(Urgency::Others) };
    let spent = || row.iter().map(|h| h.budget_spent_ms as f64 / h.counted_ms() as f64).collect();
    Policies {
        lanes: line.emergency.as_ref().map(|_| lanes()),
        budget_spent: line.error_budget.and_then(|_| mean(&Sample::plain(spent()))),
    }
}
