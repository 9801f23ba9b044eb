//! Hosts whose deployment fails: which of a batch do, try by try, and whether they are more than the strategy allows.
//!
//! On some hosts of a zone it always fails: at random places in the order in which the zone's hosts are deployed to, the
//! same ones whatever the batches. On any other it fails by chance, anew in each try. Who fails stays on the old version.
//! What follows is not known here.

use crate::ids::{WaveId, ZoneId};
use crate::plan::{FailuresPer, Plan, Strategy};
use crate::random::{Distribution, Purpose, Stream, Streams, binomial, survival_of_largest};
use crate::rollout::context::Context;
use crate::rollout::event::DeploymentEvent;
use crate::rollout::place::WatchedScope;
use crate::sim::budget::Owner;
use std::collections::BTreeSet;

/// Hosts that are deployed to together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Try {
    /// How many they are.
    pub hosts: u32,
    /// On how many of them it fails.
    pub fails: u32,
}

/// The hosts of one zone whose deployment fails.
pub struct FailingHosts {
    /// Places of those on which it always does, ascending.
    doomed: Vec<u32>,
    /// Probability that it does on another host.
    probability: f64,
    /// How often a host is tried at most.
    tries: u32,
    draws: Stream,
    /// How long one is tried that fails, and the draws of it; none: as long as any other.
    given_up: Option<(Distribution, Stream)>,
}

impl FailingHosts {
    /// Those of `zone`; none where every host takes the change.
    #[inline]
    pub fn of(ctx: &mut Context, zone: ZoneId) -> Option<Self> {
        let (change, place) = (&ctx.plan.change, ctx.zone(zone));
        if !change.may_fail() {
            return None;
        }
        let share = ctx.region(ctx.region_of(zone)).failing_hosts.or(change.failing_hosts);
        let doomed = share.filter(|share| !share.is_none()).map_or(0, |share| share.of(place.hosts));
        ctx.looks_at_hosts(doomed, Owner::Change, "failing-hosts");
        Some(Self {
            doomed: places(&ctx.streams, place.entity, (doomed, place.hosts)),
            probability: change.failure_probability,
            tries: most_tries(ctx.strategy, ctx.plan),
            draws: ctx.streams.stream(Purpose::Failure, place.entity),
            given_up: change
                .failing_time
                .map(|time| (time, ctx.streams.stream(Purpose::FailingTime, place.entity))),
        })
    }

    /// How the hosts of the zone from place `first` on fare, which are its batch of that number: all of them at the first
    /// try, and at each further one those that failed, as a batch of their own.
    pub fn tries(&mut self, batch: u32, first: u32, hosts: u32) -> Vec<Try> {
        let before = |place: u32| self.doomed.partition_point(|doomed| *doomed < place) as u32;
        let doomed = before(first + hosts) - before(first);
        let mut tries: Vec<Try> = Vec::new();
        let mut others = hosts - doomed;
        for number in 0..self.tries {
            let u = self.draws.uniform_at(u64::from(batch + number));
            let unlucky = if self.probability > 0.0 { binomial(others, self.probability, u) } else { 0 };
            tries.push(Try { hosts: doomed + others, fails: doomed + unlucky });
            others = unlucky;
            if doomed + others == 0 {
                break;
            }
        }
        tries
    }

    /// How long the batch of that number lasts at least, as so many of its hosts fail: until the last of them is given up.
    pub fn given_up_ms(&mut self, batch: u32, fails: u32) -> u64 {
        let Some((time, draws)) = self.given_up.as_mut().filter(|_| fails > 0) else { return 0 };
        time.by_survival(survival_of_largest(draws.uniform_at(u64::from(batch)), fails))
    }
}

/// How often a host is tried at most.
pub fn most_tries(strategy: &Strategy, plan: &Plan) -> u32 {
    if plan.change.may_fail() { 1 + strategy.retries() } else { 1 }
}

/// So many places of all, each set of them as likely as any other: Floyd's algorithm, one draw a place.
fn places(streams: &Streams, zone: u64, (wanted, all): (u32, u32)) -> Vec<u32> {
    let mut chosen = BTreeSet::new();
    if wanted > 0 {
        let mut draws = streams.stream(Purpose::FailingHosts, zone);
        for last in all - wanted..all {
            let place = draws.below(u64::from(last) + 1) as u32;
            if !chosen.insert(place) {
                chosen.insert(last);
            }
        }
    }
    chosen.into_iter().collect()
}

/// Failed hosts of batches, and how many there were so far, for a strategy that does not allow any number.
#[derive(Debug, Default)]
pub struct FailedHosts {
    batches: Vec<FailedBatch>,
    /// By zone, region, or in all, as the strategy counts them.
    so_far: Vec<u64>,
}

/// Hosts of a batch that failed for good.
#[derive(Debug, Clone, Copy)]
struct FailedBatch {
    zone: ZoneId,
    failed: u32,
    /// Hosts of the batch.
    of: u32,
}

impl FailedHosts {
    /// Forgets everything, keeps the memory.
    pub fn reset(&mut self) {
        self.batches.clear();
        self.so_far.clear();
    }

    /// So many of the hosts of a batch will have failed for good at `at_ms`.
    #[inline]
    pub fn expect(&mut self, ctx: &mut Context, zone: ZoneId, in_all: Try, at_ms: u64) {
        let Try { hosts: of, fails: failed } = in_all;
        if failed > 0 && ctx.strategy.failures.is_some_and(|failures| failures.allowed.is_some()) {
            let batch = self.batches.len() as u32;
            self.batches.push(FailedBatch { zone, failed, of });
            ctx.schedule(at_ms, DeploymentEvent::HostsFailed { batch });
        }
    }

    /// Hosts of a batch failed now: where there are more of them than the strategy allows.
    pub fn count(&mut self, ctx: &Context, wave: WaveId, batch: u32) -> Option<WatchedScope> {
        let FailedBatch { zone, failed, of } = self.batches[batch as usize];
        let failures = ctx.strategy.failures?;
        let region = ctx.region_of(zone);
        let (place, whole, scope) = match failures.per {
            FailuresPer::Batch => {
                let exceeded = failures.allowed?.is_exceeded_by(u64::from(failed), u64::from(of));
                return exceeded.then_some(WatchedScope::Zone(zone));
            }
            FailuresPer::Zone => (zone.index(), u64::from(ctx.zone(zone).hosts), WatchedScope::Zone(zone)),
            FailuresPer::Region => {
                (region.index(), ctx.model.region_hosts[region], WatchedScope::Region(region))
            }
            FailuresPer::Wave => {
                let regions = ctx.wave(wave).regions.iter();
                let hosts = regions.map(|region| ctx.model.region_hosts[*region]).sum();
                (wave.index(), hosts, WatchedScope::Service)
            }
            FailuresPer::Rollout => (0, ctx.plan.fleet.hosts(), WatchedScope::Service),
        };
        if self.so_far.len() <= place {
            self.so_far.resize(place + 1, 0);
        }
        self.so_far[place] += u64::from(failed);
        failures.allowed?.is_exceeded_by(self.so_far[place], whole).then_some(scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_so_many_different_ones_and_none_is_preferred() {
        let mut seen = [0_u32; 10];
        for trial in 0..10_000 {
            let places = places(&Streams::new(1, trial), 7, (3, 10));
            assert!(places.len() == 3 && places.is_sorted() && places.iter().all(|place| *place < 10));
            places.into_iter().for_each(|place| seen[place as usize] += 1);
        }
        // 3,000 each, with a standard deviation of 46.
        assert!(seen.iter().all(|count| count.abs_diff(3_000) < 4 * 46), "{seen:?}");
        assert_eq!(places(&Streams::new(1, 1), 7, (10, 10)), (0..10).collect::<Vec<u32>>());
        assert_eq!(places(&Streams::new(1, 1), 7, (0, 10)), [0_u32; 0]);
    }
}
