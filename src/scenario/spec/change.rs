//! `[change]` as written.

use crate::scenario::table::spec;
use crate::scenario::value::{DistributionText, Duration, HostCount, Percent};

spec! {
    /// The change that every trial rolls out.
    pub struct ChangeSpec {
        /// Probability that the change carries a defect. Default: "100%" if the scenario has defects,
        /// else "0%".
        optional bad_probability: Percent,
        /// Time that one host takes to move to the new version. Default: "0s".
        optional deploy_time: DistributionText,
        /// Time that one host takes to move back. Default: as `deploy-time`.
        optional rollback_time: DistributionText,
        /// How long of its move, there or back, a host is out of service; "0s": it takes the change while it serves.
        /// Default: as long as its batch moves.
        optional downtime: Duration,
        /// Probability that a host does not take the change by itself. Default: "0%".
        optional stragglers: Percent,
        /// Time until such a host was helped, where the deployment waits for it. Default: "1h".
        optional straggler_time: DistributionText,
        /// Hosts of each zone, at random, on which the deployment fails however often it is tried: a count or a share.
        /// Default: none.
        optional failing_hosts: HostCount,
        /// Time until a host is given up on which it fails, at each try. Default: as long as one host takes.
        optional failing_time: DistributionText,
        /// Probability that the deployment fails on any other host, each time it is tried. Default: "0%".
        optional failure_probability: Percent,
        /// Probability that moving back fails on a host, each time it is tried. Default: "0%".
        optional rollback_failure_probability: Percent,
    }
}
