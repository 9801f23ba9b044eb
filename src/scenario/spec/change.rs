//! `[change]` and `[[defect]]` as written.

use super::spec;
use crate::plan::DefectClock;
use crate::scenario::value::{DistributionText, HostCount, Name, Percent, Positive, keywords};

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
    }
}

spec! {
    /// A defect that a bad change may carry; each bad change carries exactly one.
    pub struct DefectSpec {
        /// Unique name, for example "memory-leak".
        required name: Name,
        /// How often it is drawn, relative to the other defects; greater than 0. Default: 1.
        optional weight: Positive,
        /// What the onset counts from: each host's own deployment ("host") or the first exposed host
        /// of the whole change ("change"). Default: "host".
        optional clock: DefectClock,
        /// Delay from exposure to impairment. Default: "immediate".
        optional onset: DistributionText,
        /// Hosts of each zone that it can impair: a count or a share. Default: "100%".
        optional reach: HostCount,
        /// Share of its requests that an impaired host fails. Default: "100%".
        optional error_ratio: Percent,
    }
}

keywords! {
    DefectClock {
        "host" => DefectClock::Host,
        "change" => DefectClock::Change,
    }
}
