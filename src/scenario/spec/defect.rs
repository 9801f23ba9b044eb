//! `[[defect]]` as written: when it wakes, while what it hurts, whom, how, and what heals it.

use crate::plan::{DefectClock, FaultyVersion, RollbackEffect, Within};
use crate::scenario::reader::Written;
use crate::scenario::table::spec;
use crate::scenario::value::{
    DistributionText, HostCount, HoursText, Int, Name, NonNegative, Percent, Positive, Several,
};
use crate::scenario::words::words;

spec! {
    /// A defect that a bad change may carry; each bad change carries exactly one.
    pub struct DefectSpec {
        /// Unique name, for example "memory-leak".
        required name: Name,
        /// How often it is drawn, relative to the other defects; greater than 0. Default: 1.
        optional weight: Positive,
        /// Which version has it: the "new-version" that the change brings, or the "old-version": then the fleet is sick from
        /// the start, and the change, a good one, cures each host that takes it. Default: "new-version".
        optional on: FaultyVersion,
        /// What the onset counts from: each host's own deployment ("host"), the first exposed host
        /// of the whole change ("change"), or each host's own requests ("requests"). Default: "host".
        optional clock: DefectClock,
        /// Delay from exposure to the fault's awakening. Not with the clock "requests". Default: "immediate".
        optional onset: DistributionText,
        /// With the clock "requests": probability that one request wakes the fault on its host.
        optional per_request: Percent,
        /// Hosts of each zone that it can impair: a count or a share. Default: "100%".
        optional reach: HostCount,
        /// Kind of hosts that alone it can impair: a cohort of the fleet. Not with `reach`.
        optional cohort: Name,
        /// Only regions with this label. Default: all.
        optional region_label: Name,
        /// While what an awake fault hurts; everything given must hold. Default: always.
        optional r#while: WhileSpec,
        /// What wakes it from outside, after the rollout's start. Default: nothing is needed.
        optional trigger: TriggerSpec,
        /// How long a cache hides an awake fault from customers. Default: "immediate", not at all.
        optional masked_for: DistributionText,
        /// Hurts every host around, on whatever version, where it is awake: a shared dependency.
        /// Default: only the host it is awake on.
        optional hurts: HurtsSpec,
        /// Share of its requests that an impaired host fails. Default: "100%", or "0%" for a defect with another symptom.
        optional error_ratio: Percent,
        /// Share of its requests that an impaired host serves too slowly. Default: "0%".
        optional slow_ratio: Percent,
        /// Share of the requests to an impaired host that never arrive: customers do not get there. Default: "0%".
        optional drop_ratio: Percent,
        /// An impaired host serves nothing, and its load goes to the other hosts of its region; needs
        /// `peak-utilisation` in the fleet. Default: false.
        optional crash: bool,
        /// Share of its requests with which an impaired host leaves bad data. Default: "0%".
        optional damage_per_request: Percent,
        /// Bad items that an impaired host makes in an hour. Default: 0.
        optional damage_per_host_hour: NonNegative,
        /// Alarms that can see it; none of them with []. Default: all.
        optional seen_by: Vec<Written<Name>>,
        /// How long it keeps operators out once they try to act. Default: not at all.
        optional locks_out: DistributionText,
        /// What heals a host. Default: going back does, at once.
        optional cure: CureSpec,
    }

    /// While what an awake fault hurts: everything given must hold.
    pub struct WhileSpec {
        /// The region has more than this many requests per second.
        optional traffic_above: NonNegative,
        /// The region has more than this share of the traffic of its busiest hour.
        optional peak_share_above: Percent,
        /// The local time is within these whole hours, "HH:MM-HH:MM".
        optional hours: HoursText,
        /// More hosts than this share or count are on the new version, within `of`.
        optional exposed_above: HostCount,
        /// Where `exposed-above` counts: "zone", "region" or "service". Default: "service".
        optional of: Within,
        /// Hosts on the old and on the new version are side by side in the "zone", "region" or "service".
        optional mixed_in: Within,
        /// It comes and goes: it hurts for this long. Together with `off-for`.
        optional on_for: DistributionText,
        /// Then it does not hurt for this long.
        optional off_for: DistributionText,
    }

    /// What wakes a dormant fault.
    pub struct TriggerSpec {
        /// Time from the rollout's start.
        required at: DistributionText,
        /// Whether it comes everywhere at the same time ("service") or to each region at a time of its own
        /// ("region"). Default: "service".
        optional r#in: Within,
        /// How long it lasts. Default: for ever.
        optional lasts: DistributionText,
        /// How long it takes to withdraw it from a region, each by itself, once somebody does. Default: "0s".
        optional withdrawal: DistributionText,
    }

    /// A fault that hurts every host around.
    pub struct HurtsSpec {
        /// Around: "zone", "region" or "service".
        required everyone_in: Within,
        /// It must be awake on at least this share or count of the hosts there. Default: 1.
        optional from: HostCount,
    }

    /// What heals a host.
    pub struct CureSpec {
        /// What going back to the old version does: "heals", "keeps" or "worsens". Default: "heals".
        optional rollback: RollbackEffect,
        /// Share of hosts that it does so to; the others keep the fault. Default: "100%".
        optional share: Percent,
        /// Work on hosts before they are well, or several kinds of it: each host gets the first that it is one of the hosts
        /// of; one that gets none is well at once. Default: none.
        optional repair: Several<RepairSpec>,
        /// A healed host falls ill again. Default: never.
        optional relapse: RelapseSpec,
        /// Bad items put right in an hour, once nobody suffers. Default: no wait for them.
        optional items_per_hour: Positive,
    }

    /// Work on each host.
    pub struct RepairSpec {
        /// Share of the hosts that need it, chosen at random. Default: all that the repairs before it leave.
        optional share: Percent,
        /// Only hosts in regions with this label need it. Default: all.
        optional region_label: Name,
        /// Time for one host.
        required per_host: DistributionText,
        /// Hosts worked on at once. Default: all.
        optional at_once: Int<1, 1_000_000_000>,
        /// Where that limit holds: in each "zone", each "region" or the "service". Default: "service".
        optional r#in: Within,
    }

    /// A healed host falls ill again.
    pub struct RelapseSpec {
        /// Probability, each time it is healed; less than 100%.
        required probability: Percent,
        /// Time from healing to relapse. Default: "immediate".
        optional after: DistributionText,
        /// Time from relapse to being healed again.
        required lasts: DistributionText,
    }
}

words! {
    FaultyVersion { NewVersion, OldVersion }
    DefectClock { Host, Change, Requests }
    Within { Zone, Region, Service }
    RollbackEffect { Heals, Keeps, Worsens }
}
