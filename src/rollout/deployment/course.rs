//! How fast and how far the rollout went: what its batches say together once it is over.

use super::batch::{Batch, Stops};
use super::layout::Layout;
use super::way_back::WayBack;
use crate::ids::ZoneId;
use crate::rollout::context::Context;

/// What the deployments say of a whole rollout. Instants are milliseconds since its start.
#[derive(Debug)]
pub struct Course {
    /// A quarter of the fleet's hosts had the new version.
    pub to_25_ms: Option<u64>,
    /// Half of them had it.
    pub to_50_ms: Option<u64>,
    /// All that take it had it.
    pub to_100_ms: Option<u64>,
    /// The first batch was done.
    pub introduced_ms: Option<u64>,
    /// The last wave's bake was over, and every host past the waves was done.
    pub completed_ms: Option<u64>,
    /// Bake time on the critical path of a complete rollout.
    pub bake_ms: Option<u64>,
    /// The rollout stopped.
    pub stopped_ms: Option<u64>,
    /// Time that waves waited for an alarm with another cause, in milliseconds.
    pub blocked_ms: u64,
    /// Hosts that never took the change.
    pub left_behind_hosts: u64,
    /// Hosts that had the new version.
    pub peak_exposed_hosts: u64,
    /// Those of them when the alarm fired that was acted on.
    pub exposed_at_alarm_hosts: Option<u64>,
    /// Time that hosts spent on the new version, in host-milliseconds.
    pub exposed_host_ms: u64,
    /// Regions with a host on the new version.
    pub regions_touched: u32,
    /// Hosts that still had the new version when a rollout that stopped was over.
    pub left_exposed_hosts: u64,
}

/// What cuts the exposure of a rollout.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    /// When hosts stopped taking the new version.
    pub(super) stops: Stops,
    /// When the alarm fired that was acted on; 0 without one.
    pub(super) alarm_ms: u64,
    /// When the rollout was over.
    pub(super) end_ms: u64,
}

/// How far the new version came, and when.
#[derive(Debug)]
pub(super) struct Exposure {
    /// A quarter of the fleet's hosts had it.
    pub(super) to_25_ms: Option<u64>,
    /// Half of them had it.
    pub(super) to_50_ms: Option<u64>,
    /// The first host, or batch, had it.
    pub(super) first_ms: Option<u64>,
    /// The last one had it.
    pub(super) last_ms: Option<u64>,
    /// Most hosts that had it at once.
    pub(super) peak_hosts: u64,
    /// Hosts that had it at the alarm.
    pub(super) at_alarm_hosts: u64,
    /// Host-time on it until the end, in milliseconds.
    pub(super) host_ms: u64,
    /// Hosts that had it at the end.
    pub(super) left_hosts: u64,
    /// Regions with a host that had it.
    pub(super) regions: u32,
}

/// Exposure where no batch is drawn out: hosts count when their batch is done. `firsts` are the numbers of the first
/// batches of the waves; `pairs` is memory.
pub(super) fn exposure(
    ctx: &Context,
    layout: &Layout,
    way_back: &WayBack,
    firsts: &[usize],
    span: Span,
    pairs: &mut Vec<(u64, u32)>,
) -> Exposure {
    let stopped_ms = span.stops.waves_ms;
    // A rollout that nothing stopped is the common one, and need not ask batch by batch.
    let totals = match stopped_ms {
        None => totals(layout.batches(), span, |_| true),
        Some(_) => totals(layout.batches(), span, |batch| !span.stops.cut(false, batch.end_ms)),
    };
    let (peak_hosts, host_ms) = match stopped_ms {
        None => (totals.hosts, totals.host_ms),
        // Hosts of interrupted batches that were done are exposed as well, and hosts that went back no longer.
        Some(stop_ms) => (
            ctx.zones().map(|zone| u64::from(way_back.hosts(zone))).sum(),
            totals.host_ms + way_back.interrupted() * (span.end_ms - stop_ms)
                - way_back.saves_host_ms(span.end_ms),
        ),
    };
    let is_touched = |zone: ZoneId| match stopped_ms {
        None => layout.zone(zone).done > 0,
        Some(_) => way_back.hosts(zone) > 0,
    };
    let total = ctx.plan.fleet.hosts();
    let mut reached = |hosts| reached_ms(layout, firsts, span.stops, hosts, pairs);
    Exposure {
        to_25_ms: reached(total.div_ceil(4)),
        to_50_ms: reached(total.div_ceil(2)),
        first_ms: totals.first_ms,
        last_ms: totals.last_ms,
        peak_hosts,
        at_alarm_hosts: totals.at_alarm_hosts,
        host_ms,
        left_hosts: peak_hosts - way_back.hosts_back(),
        regions: regions_with(ctx, is_touched),
    }
}

/// Regions with a zone of which that is true.
pub(super) fn regions_with(ctx: &Context, is_touched: impl Fn(ZoneId) -> bool) -> u32 {
    ctx.plan.fleet.regions.ids().filter(|region| ctx.zones_of(*region).any(&is_touched)).count() as u32
}

/// Sums over all batches.
#[derive(Debug)]
struct BatchTotals {
    /// The first was done.
    first_ms: Option<u64>,
    /// The last was done.
    last_ms: Option<u64>,
    /// Hosts of batches that were done.
    hosts: u64,
    /// Hosts whose batch was done at the alarm.
    at_alarm_hosts: u64,
    /// Host-time on the new version until the end, of whole batches.
    host_ms: u64,
}

/// What all batches say together, of which `is_done` says whether they were done before a stop.
#[inline]
fn totals(batches: &[Batch], span: Span, is_done: impl Fn(&Batch) -> bool) -> BatchTotals {
    let first_end_ms = batches.first().map(|batch| batch.end_ms);
    let (mut first_ms, mut last_ms) = (first_end_ms.unwrap_or(0), 0);
    let (mut done_hosts, mut at_alarm_hosts, mut host_ms) = (0, 0, 0);
    for batch in batches {
        let hosts = u64::from(batch.hosts);
        let done = if is_done(batch) { hosts } else { 0 };
        first_ms = first_ms.min(batch.end_ms);
        last_ms = last_ms.max(batch.end_ms);
        at_alarm_hosts += if batch.end_ms <= span.alarm_ms { hosts } else { 0 };
        done_hosts += done;
        host_ms += done * span.end_ms.saturating_sub(batch.end_ms);
    }
    let [first_ms, last_ms] = [first_ms, last_ms].map(|at_ms| first_end_ms.map(|_| at_ms));
    BatchTotals { first_ms, last_ms, hosts: done_hosts, at_alarm_hosts, host_ms }
}

/// When the batch completed that brought `hosts` hosts to the new version. Groups of batches (`firsts` has the number
/// of the first of each) follow each other, so only those of the group that crosses the mark need sorting; `pairs` is
/// memory for that.
fn reached_ms(
    layout: &Layout,
    firsts: &[usize],
    stops: Stops,
    hosts: u64,
    pairs: &mut Vec<(u64, u32)>,
) -> Option<u64> {
    let mut before = 0;
    for (group, &first) in firsts.iter().enumerate() {
        let last = firsts.get(group + 1).copied().unwrap_or(layout.batches().len());
        let batches = &layout.batches()[first..last];
        let in_group: u64 = batches.iter().map(|batch| u64::from(batch.hosts)).sum();
        if before + in_group < hosts {
            before += in_group;
            continue;
        }
        pairs.clear();
        match stops.waves_ms {
            None => pairs.extend(batches.iter().map(|batch| (batch.end_ms, batch.hosts))),
            Some(_) => pairs.extend(batches.iter().map(|batch| {
                let hosts = if stops.cut(false, batch.end_ms) { 0 } else { batch.hosts };
                (batch.end_ms, hosts)
            })),
        }
        return weighted_rank(pairs, hosts - before);
    }
    None
}

/// The smallest time by which at least `wanted` hosts are done, from (time, hosts) pairs in any order: quickselect by
/// weight, linear on average. Empties `pairs`.
fn weighted_rank(pairs: &mut Vec<(u64, u32)>, mut wanted: u64) -> Option<u64> {
    while !pairs.is_empty() {
        // Batches are laid out in about the order in which they end.
        let pivot = pairs[pairs.len() / 2].0;
        let (mut before, mut with) = (0, 0);
        for &(at_ms, hosts) in &*pairs {
            before += if at_ms < pivot { u64::from(hosts) } else { 0 };
            with += if at_ms <= pivot { u64::from(hosts) } else { 0 };
        }
        if before >= wanted {
            keep(pairs, |at_ms| at_ms < pivot);
        } else if with >= wanted {
            return Some(pivot);
        } else {
            keep(pairs, |at_ms| at_ms > pivot);
            wanted -= with;
        }
    }
    None
}

/// As `Vec::retain`, without a branch that could be mispredicted.
fn keep(pairs: &mut Vec<(u64, u32)>, stays: impl Fn(u64) -> bool) {
    let mut kept = 0;
    for index in 0..pairs.len() {
        let pair = pairs[index];
        pairs[kept] = pair;
        kept += usize::from(stays(pair.0));
    }
    pairs.truncate(kept);
}

#[cfg(test)]
mod tests {
    use super::weighted_rank;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(crate::properties::cases(256))]

        #[test]
        fn the_rank_is_that_of_the_sorted_list(mut pairs in prop::collection::vec((0_u64..50, 1_u32..9), 0..60), wanted in 1_u64..300) {
            let mut sorted = pairs.clone();
            sorted.sort_unstable();
            let mut done = 0;
            let expected = sorted.iter().find(|(_, hosts)| { done += u64::from(*hosts); done >= wanted });
            prop_assert_eq!(weighted_rank(&mut pairs, wanted), expected.map(|(at_ms, _)| *at_ms));
        }
    }
}
