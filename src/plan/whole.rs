//! The plan itself: everything one study needs, checked and cross-referenced. It adds nothing to its parts.

use super::alarm::Alarm;
use super::change::Change;
use super::fleet::Fleet;
use super::pipeline::Pipeline;
use super::strategy::Strategy;
use super::study::StudyPlan;

/// Everything one study needs, checked and cross-referenced.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Plan {
    /// The scenario's name: the file stem unless the file says otherwise.
    pub name: String,
    /// One sentence for reports; may be empty.
    pub description: String,
    /// Regions, zones, hosts and their traffic.
    pub fleet: Fleet,
    /// How often a change is bad, and how.
    pub change: Change,
    /// Every alarm of the scenario; strategies refer to them by index.
    pub alarms: Vec<Alarm>,
    /// Strategies to compare, in report order.
    pub strategies: Vec<Strategy>,
    /// Trials, seed, baseline, thresholds, expectations.
    pub study: StudyPlan,
    /// One pipeline over weeks, if the scenario has one. Left out of the fingerprint of a plan without;
    /// the fingerprint knows it by its first name.
    #[serde(rename = "horizon", skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<Pipeline>,
}

impl Plan {
    /// Every strategy that something is rolled out by: those that are compared, and those of a pipeline's components.
    pub fn strategies_in_use(&self) -> impl Iterator<Item = &Strategy> {
        let components = self.pipeline.iter().flat_map(|pipeline| &pipeline.components);
        self.strategies.iter().chain(components.filter_map(|component| component.strategy.as_ref()))
    }
}
