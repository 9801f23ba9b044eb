//! The flat facts of one rollout. Filled by `rollout`, read by everything after it.

pub mod bounds;
pub mod measures;
mod notice;
pub mod pipeline;

pub use notice::Notice;

use crate::ids::DefectId;
use serde::{Deserialize, Serialize};

/// How a rollout ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    #[default]
    /// A good change reached every host.
    Completed,
    /// A bad change reached every host and no alarm stopped it.
    Escaped,
    /// A bad change was stopped before it reached every host.
    Caught,
    /// A bad change reached every host and was taken back or treated afterwards.
    Recalled,
    /// A good change was stopped by a false alarm.
    FalseRollback,
    /// A wave or a region could never start, and no alarm stopped the rest: a pipeline's window does not open any more.
    Grounded,
}

/// What happened in one trial of one strategy. Instants are milliseconds since the rollout's start.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Outcome {
    /// How the rollout ended.
    pub ending: Ending,
    /// The defect that a bad change carried.
    pub defect: Option<DefectId>,

    /// The last bake or the last rollback or other remedy ended.
    pub end_ms: u64,
    /// The last bake ended, if every host got the new version.
    pub completed_ms: Option<u64>,
    /// The batch completed that took the fleet to 25 % of hosts on the new version.
    pub to_25_ms: Option<u64>,
    /// As above, 50 %.
    pub to_50_ms: Option<u64>,
    /// As above, every host.
    pub to_100_ms: Option<u64>,
    /// Part of `end_ms` spent baking on the critical path, if every host got the new version.
    pub bake_ms: Option<u64>,

    /// The first host had the new version.
    pub introduced_ms: Option<u64>,
    /// The fault was first awake where its conditions held, whether or not customers could see it.
    pub activated_ms: Option<u64>,
    /// First host impaired: customers could see it.
    pub onset_ms: Option<u64>,
    /// Requests failed for the first time: on an impaired host, or turned away for want of capacity.
    pub first_failure_ms: Option<u64>,
    /// First notice that was acted on came: an alarm fired (its datapoint was published), hosts failed, a deadline passed.
    pub alarm_ms: Option<u64>,
    /// What that was; in files its name, as `alarm`.
    #[serde(skip)]
    pub notice: Option<Notice>,
    /// The pipeline stopped.
    pub rollback_ms: Option<u64>,
    /// A rollback or another remedy began.
    pub mitigation_ms: Option<u64>,
    /// The first region that had been impaired was clear of it.
    pub first_recovery_ms: Option<u64>,
    /// Impaired hosts were at most half of their peak from then on.
    pub half_recovered_ms: Option<u64>,
    /// Last impaired host healed; none while some are impaired at the end of the observation.
    pub mitigated_ms: Option<u64>,
    /// Everything was as before: bad data put right, features switched on again.
    pub restored_ms: Option<u64>,
    /// Alarms that fired and were lost or overridden.
    pub ignored_alarms: u32,
    /// Time that waves waited for an alarm that fired for a reason of its own.
    pub blocked_ms: u64,
    /// Other deployments of the team that were rolled back together with this one.
    pub collateral_rollbacks: u64,
    /// Whether another change was taken back first, in vain.
    pub wrong_change: bool,
    /// Hosts that never took the change.
    pub left_behind_hosts: u64,

    /// Most hosts on the new version at once.
    pub peak_exposed_hosts: u64,
    /// Hosts on the new version when the alarm fired.
    pub exposed_at_alarm_hosts: Option<u64>,
    /// Integral of hosts on the new version over time, until `end_ms`.
    pub exposed_host_ms: u64,
    /// Regions with at least one host on the new version at some time.
    pub regions_touched: u32,
    /// Hosts still on the new version when a rolled-back rollout ended (outside the rollback's scope).
    pub left_exposed_hosts: u64,

    /// Most hosts impaired at once.
    pub peak_impaired_hosts: u64,
    /// Most zones with an impaired host at once.
    pub peak_impaired_zones: u32,
    /// Most regions with an impaired host at once.
    pub peak_impaired_regions: u32,
    /// Largest share of the fleet's mean traffic served by impaired hosts at once, in millionths.
    pub peak_impaired_traffic_ppm: u32,
    /// Integral of impaired hosts over time, until the end of the observation.
    pub impaired_host_ms: u64,
    /// Expected requests failed by the defect, or turned away for want of capacity.
    pub failed_requests: f64,
    /// Expected requests turned away for want of capacity, whatever took it away.
    pub turned_away_requests: f64,
    /// Expected bad items left by the defect.
    pub damaged_items: f64,
    /// Two regions were impaired at once.
    pub two_regions_impaired: bool,
    /// Two zones of one region were impaired at once.
    pub two_zones_impaired: bool,
    /// First instant of either violation.
    pub first_violation_ms: Option<u64>,
    /// What customers met of it; none where the fleet says nothing of customers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customers: Option<CustomerHarm>,
}

/// What customers met of a rollout: numbers of them, in expectation over which shards they are on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct CustomerHarm {
    /// Most customers impaired at once.
    pub peak_impaired: f64,
    /// Integral of impaired customers over time, until the end of the observation.
    pub impaired_ms: f64,
    /// Customers that were impaired at some time.
    pub ever_impaired: f64,
    /// Customers that met the new version at some time, until the rollout's end.
    pub ever_exposed: f64,
}

impl Outcome {
    /// Whether a version had a defect: the change, or the one before it.
    #[must_use]
    pub fn has_defect(&self) -> bool {
        self.defect.is_some()
    }

    /// Whether the change carried a defect. One that cures the fleet ends as good ones do.
    #[must_use]
    pub fn is_bad(&self) -> bool {
        match self.ending {
            Ending::Completed | Ending::FalseRollback => false,
            Ending::Escaped | Ending::Caught | Ending::Recalled | Ending::Grounded => self.has_defect(),
        }
    }

    /// Whether the change reached every host and stayed.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        matches!(self.ending, Ending::Completed | Ending::Escaped | Ending::Recalled)
    }
}
