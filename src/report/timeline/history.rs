//! What became of one rollout: its waves, places, incident and rollback, as `fold` finds them in the records.
//!
//! Holds facts and says nothing; zones, regions, waves and alarms are indices of the plan's lists.

use crate::ids::RegionId;
use crate::plan::{Plan, Remedy};
use crate::rollout::RolloutRecord;
use std::collections::BTreeSet;
use std::ops::Range;

/// One rollout, complete.
#[derive(Debug, Default)]
pub struct RolloutHistory<'r> {
    /// Every record in order of time, cut into runs of routine events of one kind and single others.
    pub runs: Vec<EventRun>,
    /// The waves that began.
    pub waves: Vec<WaveHistory<'r>>,
    /// The zones that it touched, regions in the order in which they were reached.
    pub zones: Vec<PlaceHistory>,
    /// Harm, breaches, alarms and decisions, in the order in which they came to an end.
    pub incident: Vec<Moment<'r>>,
    /// When the rollout stopped and left everything as it was.
    pub halted_ms: Option<u64>,
    /// When it stopped and chose what to roll back.
    pub decided_ms: Option<u64>,
    /// When people began to act, and what they did first.
    pub remedy: Option<(u64, Remedy)>,
    /// What woke a dormant fault, instant by instant.
    pub triggers: Vec<Vec<&'r RolloutRecord>>,
    /// How many hosts of how many zones a fault with conditions impairs together, whenever that changes.
    pub together: Vec<ImpairedTogether>,
    /// Rollbacks of zones that began.
    pub rollbacks: Vec<&'r RolloutRecord>,
    /// Hosts in them.
    pub rollback_hosts: u64,
    /// Rollbacks of zones that ended, with the zone.
    pub rolled_back: Vec<(&'r RolloutRecord, u32)>,
    /// The last moment at which the last impaired host was healed.
    pub all_healed_ms: Option<u64>,
    /// When nothing happens any more.
    pub end_ms: u64,
}

/// Events of which there are many, and which are told together with their neighbours of the same kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Routine {
    Batch,
    Impaired,
    Healed,
    Breach,
    ZoneRollback,
}

/// Records next to each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRun {
    /// What they all are; none for a single other event.
    pub kind: Option<Routine>,
    /// Their indices.
    pub records: Range<usize>,
}

/// One wave: its deployments, then its bake.
#[derive(Debug, Clone)]
pub struct WaveHistory<'r> {
    pub wave: u32,
    pub from_ms: u64,
    /// The bake began; the end if it never did.
    pub bake_ms: u64,
    pub to_ms: u64,
    /// The zones that it deployed to, in order.
    pub visits: Vec<Visit>,
    /// Begins and ends of bakes until the next wave began.
    pub bakes: Vec<&'r RolloutRecord>,
}

/// What a wave did to one zone.
#[derive(Debug, Clone, Default)]
pub struct Visit {
    pub zone: u32,
    pub from_ms: u64,
    /// Batches beside the one-box.
    pub batches: u32,
    pub one_box: bool,
    /// Hosts on the new version at last.
    pub hosts: u32,
    pub done_ms: Option<u64>,
}

/// What a place is doing. The order says which one a region shows when its zones differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlacePhase {
    /// On the new version, nothing going on.
    Updated,
    /// Baking.
    Baking,
    /// Hosts are moving to the new version.
    Deploying,
    /// Hosts are moving back.
    RollingBack,
}

/// Something that holds for a time, in milliseconds since the rollout's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch<T> {
    pub from_ms: u64,
    pub to_ms: u64,
    pub what: T,
}

/// What happened at one zone, or at the zones of one region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceHistory {
    /// The region.
    pub region: RegionId,
    /// `region/zone`, or the region's name.
    pub name: String,
    /// What it is doing; gaps are the old version.
    pub phases: Vec<Stretch<PlacePhase>>,
    /// When at least one of its hosts is impaired, and the most of them at once.
    pub impaired: Vec<Stretch<u32>>,
}

/// A part of the incident.
#[derive(Debug)]
pub enum Moment<'r> {
    /// One event: the first harm, an alarm, a decision, a delay.
    Single(&'r RolloutRecord),
    /// More hosts became impaired.
    Impaired(Affected),
    /// Hosts were healed.
    Healed(Affected),
    /// Breaches since the moment before; the alarm instance that they made fire, if they did.
    Breaches { all: Vec<BreachSeen>, fired: Option<(u32, u32)> },
}

/// Hosts to which the same happened one after the other, and where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Affected {
    pub hosts: u64,
    pub from_ms: u64,
    pub to_ms: u64,
    pub zones: BTreeSet<u32>,
}

/// A datapoint that breached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreachSeen {
    pub at_ms: u64,
    /// The alarm instance: indices of the alarm and of what it looks at.
    pub watch: (u32, u32),
    /// Requests, and those that failed, where the alarm reads them.
    pub counts: Option<(u64, u64)>,
}

/// Who is impaired together from an instant on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImpairedTogether {
    pub at_ms: u64,
    pub hosts: u64,
    pub zones: usize,
}

/// The history of each region from those of its zones.
pub fn by_region(plan: &Plan, zones: &[PlaceHistory]) -> Vec<PlaceHistory> {
    let region = |places: &[PlaceHistory]| {
        let phases: Vec<_> = places.iter().flat_map(|place| place.phases.clone()).collect();
        let impaired: Vec<_> = places.iter().flat_map(|place| place.impaired.clone()).collect();
        PlaceHistory {
            region: places[0].region,
            name: plan.fleet.regions[places[0].region].name.clone(),
            phases: merge(&phases, |all| all.iter().copied().max()),
            impaired: merge(&impaired, |all| (!all.is_empty()).then(|| all.iter().sum())),
        }
    };
    zones.chunk_by(|a, b| a.region == b.region).map(region).collect()
}

/// Lays overlapping stretches on top of each other: between any two ends, `pick` of those that hold there.
fn merge<T: Copy + PartialEq>(stretches: &[Stretch<T>], pick: impl Fn(&[T]) -> Option<T>) -> Vec<Stretch<T>> {
    let mut ends: Vec<u64> = stretches.iter().flat_map(|s| [s.from_ms, s.to_ms]).collect();
    ends.sort_unstable();
    ends.dedup();
    let mut out: Vec<Stretch<T>> = Vec::new();
    for pair in ends.windows(2) {
        let (from_ms, to_ms) = (pair[0], pair[1]);
        let holding = stretches.iter().filter(|s| s.from_ms <= from_ms && s.to_ms >= to_ms);
        let Some(what) = pick(&holding.map(|s| s.what).collect::<Vec<T>>()) else { continue };
        match out.last_mut() {
            Some(last) if last.to_ms == from_ms && last.what == what => last.to_ms = to_ms,
            _ => out.push(Stretch { from_ms, to_ms, what }),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn regions_show_the_busiest_phase_and_all_impaired_hosts() {
        fn during<T>(from_ms: u64, to_ms: u64, what: T) -> Stretch<T> {
            Stretch { from_ms, to_ms, what }
        }
        let place = |phases, impaired| PlaceHistory {
            region: RegionId::new(0),
            name: String::new(),
            phases,
            impaired,
        };
        let zones = [
            place(
                vec![during(0, 10, PlacePhase::Deploying), during(10, 30, PlacePhase::Baking)],
                vec![during(5, 15, 2)],
            ),
            place(vec![during(5, 12, PlacePhase::Updated)], vec![during(10, 20, 3)]),
        ];
        let merged = by_region(&sample::plan(), &zones);
        assert_eq!(merged.len(), 1);
        assert_eq!(
            merged[0].phases,
            [during(0, 10, PlacePhase::Deploying), during(10, 30, PlacePhase::Baking)]
        );
        assert_eq!(merged[0].impaired, [during(5, 10, 2), during(10, 15, 5), during(15, 20, 3)]);
    }
}
