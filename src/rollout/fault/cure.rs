//! What takes a fault away from a host: how long work on it lasts, whether the old version heals it, whether it comes
//! back. When people or the rollout act is not known here.

use crate::ids::ZoneId;
use crate::plan::{Cure, Relapse, Within};
use crate::random::{Distribution, Purpose, mix, survival_of_largest};
use crate::rollout::context::Context;
use crate::rollout::event::FaultEvent;
use crate::rollout::place::FleetHost;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// Nothing of the rollout is over before this: an event is scheduled for then that the observation waits for.
#[must_use = "the response is to know until when"]
#[derive(Debug, Clone, Copy)]
pub struct Promise {
    until_ms: u64,
}

impl Promise {
    /// Nothing to wait for.
    pub const NOTHING: Self = Self { until_ms: 0 };

    /// Something is done at this instant.
    pub fn until(until_ms: u64) -> Self {
        Self { until_ms }
    }

    /// Both.
    pub fn and(self, other: Self) -> Self {
        Self { until_ms: self.until_ms.max(other.until_ms) }
    }

    /// When the last of it is done; 0 for nothing.
    pub fn until_ms(self) -> u64 {
        self.until_ms
    }
}

/// Hosts being worked on: when each of the places at work is free again, by zone, region or for all.
#[derive(Debug, Default)]
pub struct Repairs {
    queues: Vec<BinaryHeap<Reverse<u64>>>,
    /// Hosts healed, so that each has a draw of its own.
    healed: u64,
    /// When the relapses to come will be over, by host and by when they begin.
    relapses: BTreeMap<(FleetHost, u64), u64>,
    /// When the last relapse is over that can still come, by zone.
    relapsing_until_ms: Vec<u64>,
}

/// Whether the fault comes back on a healed host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relapsing {
    /// It does not.
    No,
    /// It does, perhaps for the last time.
    Once,
    /// It does, and will each time.
    ForEver,
}

impl Repairs {
    /// Forgets everything, keeps the memory.
    pub fn reset(&mut self) {
        self.queues.iter_mut().for_each(BinaryHeap::clear);
        self.healed = 0;
        self.relapses.clear();
        self.relapsing_until_ms.clear();
    }

    /// Begins the work that the host needs, if it needs any; says when it is done.
    pub fn begin(&mut self, ctx: &Context, host: FleetHost, cure: &Cure) -> Option<u64> {
        let place = ctx.zone(host.zone);
        let uniform = || ctx.streams.stream(Purpose::RepairKind, place.entity).uniform_at(host.draw());
        let index = cure.repair_of(place.region, uniform)?;
        let repair = &cure.repair[index];
        // Each kind of work has workers of its own.
        let queue = index * ctx.plan.fleet.zones.len()
            + match repair.within {
                Within::Zone => host.zone.index(),
                Within::Region => place.region.index(),
                Within::Service => 0,
            };
        let u = ctx.streams.stream(Purpose::Repair, place.entity).uniform_at(host.draw());
        Some(self.enter(queue, repair.at_once, ctx.now_ms(), repair.per_host.by_cdf(u)))
    }

    /// Begins a job of `work_ms` as soon as one of `at_once` places is free; says when it is done.
    fn enter(&mut self, queue: usize, at_once: Option<u32>, now_ms: u64, work_ms: u64) -> u64 {
        let Some(at_once) = at_once else { return now_ms + work_ms };
        if self.queues.len() <= queue {
            self.queues.resize_with(queue + 1, BinaryHeap::new);
        }
        let places = &mut self.queues[queue];
        let start_ms = if places.len() < at_once as usize {
            now_ms
        } else {
            places.pop().map_or(now_ms, |Reverse(free_ms)| free_ms.max(now_ms))
        };
        places.push(Reverse(start_ms + work_ms));
        start_ms + work_ms
    }

    /// A host is well; says whether the fault comes back, which is scheduled then.
    pub fn healed(&mut self, ctx: &mut Context, host: FleetHost, relapse: &Relapse) -> Relapsing {
        let turn = self.healed;
        self.healed += 1;
        let key = mix(&[ctx.zone(host.zone).entity, host.draw(), turn]);
        let mut draws = ctx.streams.stream(Purpose::Relapse, key);
        if draws.uniform() >= relapse.probability {
            return Relapsing::No;
        }
        let wakes_ms = ctx.now_ms() + relapse.after.by_cdf(draws.uniform());
        // Time passes with each relapse, so that there are not infinitely many in an instant.
        let heals_ms = wakes_ms + relapse.lasts.by_cdf(draws.uniform()).max(1);
        ctx.schedule(wakes_ms, FaultEvent::Relapses { host });
        self.relapses.insert((host, wakes_ms), heals_ms);
        if relapse.probability >= 1.0 {
            return Relapsing::ForEver;
        }
        let zone = host.zone.index();
        if self.relapsing_until_ms.len() <= zone {
            self.relapsing_until_ms.resize(zone + 1, 0);
        }
        self.relapsing_until_ms[zone] = self.relapsing_until_ms[zone].max(heals_ms);
        Relapsing::Once
    }

    /// A relapse begins now; says when it is over.
    pub fn relapse_ends_ms(&mut self, ctx: &Context, host: FleetHost) -> Option<u64> {
        self.relapses.remove(&(host, ctx.now_ms()))
    }

    /// No host of the zone relapses any more.
    pub fn no_more_relapses(&mut self, zone: ZoneId) {
        if let Some(until_ms) = self.relapsing_until_ms.get_mut(zone.index()) {
            *until_ms = 0;
        }
    }

    /// When the last relapse is over that can still come; 0 for none.
    #[inline]
    pub fn relapsing_until_ms(&self) -> u64 {
        self.relapsing_until_ms.iter().copied().max().unwrap_or(0)
    }
}

/// Whether the old version does to the host what it does to a `share` of all.
pub fn is_in_share(ctx: &Context, host: FleetHost, share: f64) -> bool {
    let draws = || ctx.streams.stream(Purpose::Cure, ctx.zone(host.zone).entity);
    share >= 1.0 || draws().uniform_at(host.draw()) < share
}

/// Treats hosts of a zone batch after batch: tells each host and when it is done, and says when the last is.
pub fn treat_in_batches(
    ctx: &mut Context,
    zone: ZoneId,
    hosts: &[FleetHost],
    time: &Distribution,
    mut treated: impl FnMut(&mut Context, FleetHost, u64),
) -> u64 {
    let place = ctx.zone(zone);
    let batch = ctx.strategy.rollback.batch.of(place.hosts) as usize;
    let mut draws = ctx.streams.stream(Purpose::Fix, place.entity);
    let mut at_ms = ctx.now_ms();
    for together in hosts.chunks(batch) {
        at_ms += time.by_survival(survival_of_largest(draws.uniform(), together.len() as u32));
        for &host in together {
            treated(ctx, host, at_ms);
        }
    }
    at_ms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_waits_for_a_free_place_and_promises_add_up_to_the_latest() {
        let mut repairs = Repairs::default();
        assert_eq!([10, 10, 10].map(|work_ms| repairs.enter(0, Some(2), 0, work_ms)), [10, 10, 20]);
        assert_eq!(repairs.enter(0, None, 0, 10), 10, "without a limit nobody waits");
        assert_eq!(repairs.enter(1, Some(1), 5, 10), 15, "another queue");
        let promises = [7, 30, 4].map(Promise::until);
        let all = promises.into_iter().fold(Promise::NOTHING, Promise::and);
        assert_eq!(all.until_ms(), 30);
    }
}
