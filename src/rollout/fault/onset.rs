//! Bad changes: on which host the fault wakes, and when.
//!
//! Host clock: the onset delays of a zone's susceptible hosts are drawn in ascending order (Rényi's
//! representation of exponential order statistics, pushed through the inverse hazard), each struck
//! host being a random one of those left. Only delays that come due are ever drawn. With the requests
//! clock hazard grows with traffic instead of time.
//! Change clock: one delay for all, from the first exposure.
//! What an awake fault does to whom is not known here.

use crate::ids::{BatchId, HostId, IdVec, ZoneId};
use crate::plan::strata::ChangeKind;
use crate::plan::{Defect, DefectClock, Plan};
use crate::random::{Purpose, Stream};
use crate::rollout::context::{Context, LATENT_ONSET_DRAW};
use crate::rollout::deployment::{Batch, Deployments, completion_ms, host_draws};
use crate::rollout::event::FaultEvent;
use crate::rollout::place::FleetHost;
use crate::rollout::zone_streams::ZoneStreams;
use crate::sim::budget::Owner;

/// The onsets of one rollout.
#[derive(Debug, Default)]
pub struct Onsets {
    zones: IdVec<ZoneId, ZoneOnset>,
    draws: ZoneStreams,
    /// The first host has the new version.
    exposed: bool,
    /// The latent clock ran out.
    latent: bool,
}

/// Where the fault of one zone may wake, and where it has.
#[derive(Debug, Default)]
struct ZoneOnset {
    /// Draws of the zone's onsets; absent before its first deployment.
    stream: Option<Stream>,
    started_ms: u64,
    /// Cumulative hazard of the latest onset.
    hazard: f64,
    /// Hosts that the defect can impair at all.
    susceptible: u32,
    /// Hosts of the zone.
    hosts: u32,
    /// The zone's susceptible hosts as far as they are known, shuffled up to `struck`: those before it
    /// are struck. Empty, for all of them, before the first strike.
    order: Vec<HostId>,
    struck: usize,
    /// Struck hosts not yet deployed to, with their hazard.
    pending: Vec<(HostId, f64)>,
}

impl ZoneOnset {
    fn clear(&mut self) {
        self.stream = None;
        self.pending.clear();
    }

    /// Whether the change clock strikes the host; the struck hosts are in order then.
    fn is_susceptible(&self, host: HostId) -> bool {
        self.susceptible == self.hosts || self.order[..self.struck].binary_search(&host).is_ok()
    }

    /// Lists the zone's hosts, once.
    fn list(&mut self) {
        if self.order.is_empty() {
            self.order.extend((0..self.hosts as usize).map(HostId::new));
        }
    }

    /// Draws one of the hosts not struck yet: one step of a Fisher-Yates shuffle.
    fn strike(&mut self) -> HostId {
        self.list();
        let left = (self.order.len() - self.struck) as u64;
        if let Some(stream) = &mut self.stream {
            self.order.swap(self.struck, self.struck + stream.below(left) as usize);
        }
        self.struck += 1;
        self.order[self.struck - 1]
    }

    /// Settles which hosts are susceptible: `first` if the one-box covers the cohort, then any.
    fn choose(&mut self, first: Option<HostId>) {
        if let Some(host) = first.filter(|_| self.susceptible > 0) {
            self.list();
            self.order.swap(0, host.index());
            self.struck = 1;
        }
        while self.struck < self.susceptible as usize {
            self.strike();
        }
    }
}

/// Hosts of the zone in which the defect can wake.
pub fn susceptible_hosts(plan: &Plan, defect: &Defect, zone: ZoneId) -> u32 {
    let place = &plan.fleet.zones[zone];
    if defect.regions.as_ref().is_some_and(|regions| !regions.contains(&place.region)) {
        return 0;
    }
    match defect.cohort {
        Some(cohort) => {
            let share = plan.fleet.regions[place.region].cohort_shares[cohort];
            share.floor_of(u64::from(place.hosts)) as u32
        }
        None => defect.reach.of(place.hosts),
    }
}

impl Onsets {
    /// Forgets everything, keeps the memory.
    pub fn reset(&mut self, zones: usize) {
        self.zones.recycle(zones, ZoneOnset::clear);
        self.draws.reset(zones);
        self.exposed = false;
        self.latent = false;
    }

    /// A zone got new batches, from `first` on.
    pub fn expose(
        &mut self,
        ctx: &mut Context,
        deployments: &Deployments,
        defect: &Defect,
        zone: ZoneId,
        first: BatchId,
    ) {
        if self.zones[zone].stream.is_none() {
            self.meet(ctx, deployments, defect, zone);
        }
        match defect.clock {
            DefectClock::Host | DefectClock::Requests => self.wake_pending(ctx, deployments, defect, zone),
            DefectClock::Change if self.latent => self.wake_susceptible(ctx, deployments, zone, first),
            DefectClock::Change if !self.exposed => {
                await_first_exposure(ctx, first_with_hosts(deployments, zone, first));
            }
            DefectClock::Change => {}
        }
    }

    /// Whether the fault can wake on the host, in a zone that has met a fault which wakes on all of them together.
    pub fn is_susceptible(&self, host: FleetHost) -> bool {
        self.zones[host.zone].is_susceptible(host.id)
    }

    /// The zone meets the change for the first time.
    pub fn meet(&mut self, ctx: &mut Context, deployments: &Deployments, defect: &Defect, zone: ZoneId) {
        let hosts = ctx.zone(zone).hosts;
        let covered = defect.cohort.and_then(|cohort| deployments.covered_host(ctx, zone, cohort));
        let draws = self.draws.of(&ctx.streams, Purpose::Onset, &ctx.plan.fleet.zones, zone);
        let onset = &mut self.zones[zone];
        onset.stream = Some(draws.clone());
        onset.started_ms = ctx.now_ms();
        onset.hazard = 0.0;
        onset.susceptible = susceptible_hosts(ctx.plan, defect, zone);
        onset.hosts = hosts;
        onset.order.clear();
        onset.struck = 0;
        match defect.clock {
            DefectClock::Host | DefectClock::Requests => {
                if defect.cohort.is_some() {
                    ctx.looks_at_hosts(hosts, Owner::Defect, "cohort");
                    onset.choose(covered);
                    onset.order.truncate(onset.struck);
                    onset.struck = 0;
                }
                self.schedule_next(ctx, defect, zone);
            }
            DefectClock::Change if onset.susceptible < hosts => {
                ctx.looks_at_hosts(hosts, Owner::Defect, "reach");
                onset.choose(covered);
                onset.order[..onset.struck].sort_unstable();
            }
            DefectClock::Change => {}
        }
    }

    /// Draws the zone's next onset, if a susceptible host is left.
    fn schedule_next(&mut self, ctx: &mut Context, defect: &Defect, zone: ZoneId) {
        let onset = &mut self.zones[zone];
        let left = onset.susceptible - onset.struck as u32;
        let Some(stream) = onset.stream.as_mut().filter(|_| left > 0) else { return };
        onset.hazard -= libm::log(stream.uniform()) / f64::from(left);
        if let Some(at_ms) = after_hazard(ctx, defect, zone, onset.started_ms, onset.hazard) {
            ctx.schedule(at_ms, FaultEvent::NextOnset { zone });
        }
    }

    /// The next hazard has come due for a host of the first deployment: no host can be struck earlier.
    pub fn strike_next(
        &mut self,
        ctx: &mut Context,
        deployments: &Deployments,
        defect: &Defect,
        zone: ZoneId,
    ) {
        let onset = &mut self.zones[zone];
        if onset.order.is_empty() {
            ctx.looks_at_hosts(onset.hosts, Owner::Defect, "onset");
        }
        let id = onset.strike();
        // Only this host is new: what waits for its lay-out has been looked at, and every lay-out looks at all who wait.
        if !wakes(ctx, deployments, defect, FleetHost { zone, id }, onset.hazard) {
            onset.pending.push((id, onset.hazard));
        }
        self.schedule_next(ctx, defect, zone);
    }

    /// Schedules the awakening of struck hosts whose deployment is laid out by now.
    fn wake_pending(&mut self, ctx: &mut Context, deployments: &Deployments, defect: &Defect, zone: ZoneId) {
        let pending = &mut self.zones[zone].pending;
        pending.retain(|&(id, hazard)| !wakes(ctx, deployments, defect, FleetHost { zone, id }, hazard));
    }

    /// The first host has the new version: the latent clock begins, once.
    pub fn first_exposure(&mut self, ctx: &mut Context, defect: &Defect) {
        if std::mem::replace(&mut self.exposed, true) {
            return;
        }
        let u = ctx.streams.stream(Purpose::Change, 0).uniform_at(LATENT_ONSET_DRAW);
        let delay_ms = match ctx.kind {
            // Near 0 a survival probability still tells long latencies apart; near 1 a distribution
            // function no longer does.
            ChangeKind::Bad { rarer, commoner, .. } => {
                defect.onset.by_survival(rarer + (commoner - rarer) * (1.0 - u))
            }
            ChangeKind::Any | ChangeKind::Good => defect.onset.by_cdf(u),
        };
        ctx.schedule(ctx.now_ms() + delay_ms, FaultEvent::LatentOnset);
    }

    /// The latent clock ran out: the fault wakes on every susceptible host, now or on completion.
    pub fn latent_onset(&mut self, ctx: &mut Context, deployments: &Deployments) {
        self.latent = true;
        for zone in ctx.zones() {
            if self.zones[zone].stream.is_some() {
                self.wake_susceptible(ctx, deployments, zone, BatchId::new(0));
            }
        }
    }

    /// Schedules the awakening of the zone's susceptible hosts in batches from `first` on.
    fn wake_susceptible(
        &mut self,
        ctx: &mut Context,
        deployments: &Deployments,
        zone: ZoneId,
        first: BatchId,
    ) {
        let onset = &self.zones[zone];
        for batch in deployments.batches_since(zone, first) {
            let mut draws = host_draws(ctx, zone);
            for host in batch.all_hosts().filter(|host| onset.is_susceptible(host.id)) {
                let at_ms = completion_ms(ctx, batch, host, &mut draws).max(ctx.now_ms());
                ctx.schedule(at_ms, FaultEvent::Wakes { host });
            }
        }
    }
}

/// Schedules the awakening of a struck host, if it comes to that; false if its deployment is not laid out yet.
fn wakes(
    ctx: &mut Context,
    deployments: &Deployments,
    defect: &Defect,
    host: FleetHost,
    hazard: f64,
) -> bool {
    let Some(completion_ms) = deployments.laid_out_ms(ctx, host) else { return false };
    if let Some(at_ms) = after_hazard(ctx, defect, host.zone, completion_ms, hazard) {
        ctx.schedule(at_ms.max(ctx.now_ms()), FaultEvent::Wakes { host });
    }
    true
}

/// The zone's first batch from `first` on in which some host takes the change, or its first one if none does.
fn first_with_hosts(deployments: &Deployments, zone: ZoneId, first: BatchId) -> &Batch {
    let batch = deployments.batch(first);
    let later = || deployments.batches_since(zone, first).filter(|later| later.hosts > 0);
    if batch.hosts > 0 { batch } else { later().min_by_key(|later| later.start_ms).unwrap_or(batch) }
}

/// Any host of the batch, its zone's first, may be the first on the new version.
fn await_first_exposure(ctx: &mut Context, batch: &Batch) {
    ctx.looks_at_hosts(batch.hosts, Owner::Defect, "clock");
    let mut draws = host_draws(ctx, batch.zone);
    if let Some(at_ms) = batch.all_hosts().map(|host| completion_ms(ctx, batch, host, &mut draws)).min() {
        ctx.schedule(at_ms, FaultEvent::FirstExposure);
    }
}

/// When a host that is exposed from `from_ms` on has run up this hazard; none: never.
fn after_hazard(ctx: &Context, defect: &Defect, zone: ZoneId, from_ms: u64, hazard: f64) -> Option<u64> {
    if defect.clock != DefectClock::Requests {
        return Some(from_ms + defect.onset.by_hazard(hazard));
    }
    let region = ctx.zone(zone).region;
    let requests = hazard / defect.per_request * ctx.model.region_hosts[region] as f64;
    let at_utc_ms = ctx.model.after_requests(region, ctx.start_utc_ms + from_ms, requests)?;
    Some((at_utc_ms - ctx.start_utc_ms).max(from_ms + 1))
}
