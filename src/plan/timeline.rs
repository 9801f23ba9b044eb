//! The undisturbed timetable of a strategy: when each wave starts and ends, typically, if no alarm fires. A batch ends with
//! its slowest host. No randomness and no simulation; a test holds it to the median of simulated rollouts.

use super::gate::{Gate, GateKind};
use super::pace::{Chains, Pace};
use super::reach;
use super::risk::SeenSoFar;
use super::share::Ratio;
use super::strategy::{Batching, Concurrency, Strategy, Wave};
use super::whole::Plan;
use crate::ids::{IdVec, RegionId, ZoneId};
use crate::random::distribution::LONGEST_MS;

/// How often a gate is asked at most before it is taken to hold up its wave for as long as it may.
const MOST_ASKED: u64 = 10_000;

/// The timetable of one strategy. Instants are milliseconds since the rollout's start.
#[derive(Debug, Clone, PartialEq)]
pub struct Timetable {
    /// One entry per wave, in order.
    pub waves: Vec<WaveSchedule>,
}

/// One wave of a timetable.
#[derive(Debug, Clone, PartialEq)]
pub struct WaveSchedule {
    /// The wave begins.
    pub start_ms: u64,
    /// The last host of the wave runs the new version.
    pub deployed_ms: u64,
    /// The last of its zones has baked: the wave's own bake begins, and its gates open.
    pub zones_end_ms: u64,
    /// The wave's own bake is over; what comes until its end is its gates'.
    pub baked_ms: u64,
    /// The wave's bake ends, and its gates hold.
    pub end_ms: u64,
    /// Zones that the wave deploys to (those not yet at its share of hosts).
    pub zones: u64,
    /// Hosts that the wave moves to the new version.
    pub hosts_added: u64,
    /// Hosts on the new version after the wave.
    pub hosts_after: u64,
    /// Share of the fleet's mean traffic on the new version after the wave; 0 without a traffic model.
    pub traffic_share_after: f64,
    /// Share of the customers who met the new version by the end of the wave; none where nothing is said of them.
    pub customers_share_after: Option<f64>,
    /// The zones that the wave deploys to, in no order that matters.
    pub deployments: Vec<Deployment>,
    /// A gate before it lets it be passed over: it begins and ends at once, and moves nothing.
    pub passed_over: bool,
    /// A gate behind it that weighs risk is not expected to hold in time.
    pub is_held: bool,
}

/// The work of a wave in one zone.
#[derive(Debug, Clone, PartialEq)]
pub struct Deployment {
    /// The zone.
    pub zone: ZoneId,
    /// Its first host begins.
    pub start_ms: u64,
    /// The one-box is done, and its bake begins; none without a one-box.
    pub one_box_deployed_ms: Option<u64>,
    /// The one-box and its bake are over; none without a one-box.
    pub one_box_end_ms: Option<u64>,
    /// Its last host runs the new version, and its bake begins.
    pub deployed_ms: u64,
    /// Its bake has ended.
    pub end_ms: u64,
}

impl Timetable {
    /// The last bake ends.
    #[must_use]
    pub fn end_ms(&self) -> u64 {
        self.waves.last().map_or(0, |wave| wave.end_ms)
    }
}

/// Walks through the waves of strategy `strategy` of `plan`.
#[must_use]
pub fn timetable(plan: &Plan, strategy: usize) -> Timetable {
    timetable_of(plan, &plan.strategies[strategy])
}

/// Walks through the waves of a strategy that `plan` uses.
#[must_use]
pub fn timetable_of(plan: &Plan, strategy: &Strategy) -> Timetable {
    let mut walk = WavesWalk {
        plan,
        pace: Pace::new(strategy.deploy_time(&plan.change)),
        done: plan.fleet.zones.iter().map(|_| 0).collect(),
        traffic: plan.fleet.zones.iter().map(|_| (None, false)).collect(),
        met: plan.fleet.zones.iter().map(|_| (0, 0.0)).collect(),
        levels: strategy.user_levels(),
        deployments: Vec::new(),
        served: 0.0,
        passes_over: 0,
    };
    let mut now = 0;
    let waves = strategy
        .waves
        .iter()
        .map(|wave| {
            let times = if walk.passes_over > 0 { walk.pass_over(now) } else { walk.wave(wave, now) };
            now = times.end_ms;
            times
        })
        .collect();
    Timetable { waves }
}

struct WavesWalk<'p> {
    plan: &'p Plan,
    pace: Pace,
    /// Hosts on the new version in each zone.
    done: IdVec<ZoneId, u32>,
    /// Share of its requests that they are sent, where it is not as many as they are of all hosts; and whether it is one of users.
    traffic: IdVec<ZoneId, (Option<Ratio>, bool)>,
    /// Hosts of each zone that users met, and the share of its users who did.
    met: IdVec<ZoneId, (u32, f64)>,
    /// Shares of users up to which the same ones are sent to the new version.
    levels: Vec<f64>,
    /// Of the present wave so far.
    deployments: Vec<Deployment>,
    /// Requests that it served before the present wave, at the mean of the day; counted where gates weigh it.
    served: f64,
    /// Waves that come next and are passed over.
    passes_over: usize,
}

/// When a zone or region stops deploying, and when its bake has ended too.
#[derive(Clone, Copy)]
struct Lapse {
    deployed_ms: u64,
    end_ms: u64,
}

impl WavesWalk<'_> {
    fn pass_over(&mut self, now_ms: u64) -> WaveSchedule {
        self.passes_over -= 1;
        WaveSchedule {
            start_ms: now_ms,
            deployed_ms: now_ms,
            zones_end_ms: now_ms,
            baked_ms: now_ms,
            end_ms: now_ms,
            zones: 0,
            hosts_added: 0,
            hosts_after: self.hosts_done(),
            traffic_share_after: self.traffic_share(),
            customers_share_after: self.customers_share(),
            deployments: Vec::new(),
            passed_over: true,
            is_held: false,
        }
    }

    fn wave(&mut self, wave: &Wave, start_ms: u64) -> WaveSchedule {
        let (before, rate_before) = (self.hosts_done(), self.rate_of_all());
        let fleet = &self.plan.fleet;
        let zones = wave.regions.iter().flat_map(|&region| wave.zones_of(fleet, region));
        let zones =
            zones.filter(|&zone| self.done[zone] < wave.hosts.reach_of(fleet.zones[zone].hosts)).count();
        let span = at_most_at_once(&wave.regions, wave.regions_at_once, start_ms, |&region, start| {
            let zones: Vec<ZoneId> = wave.zones_of(&self.plan.fleet, region).collect();
            at_most_at_once(&zones, wave.procedure.zones_at_once, start, |&zone, start| {
                self.zone(wave, zone, (zones.len(), start))
            })
        });
        let (rate, seconds) = (self.rate_of_all(), |ms: u64| ms as f64 / 1000.0);
        self.served += rate_before * seconds(span.deployed_ms - start_ms);
        self.served += rate * seconds(span.end_ms - span.deployed_ms);
        let (risk_ms, is_held) = self.weigh(wave, rate);
        let end_ms = span.end_ms + wave.bake_ms.max(self.gates_ms(wave, span.end_ms)).max(risk_ms);
        self.served += rate * seconds(end_ms - span.end_ms);
        WaveSchedule {
            start_ms,
            deployed_ms: span.deployed_ms,
            zones_end_ms: span.end_ms,
            baked_ms: span.end_ms + wave.bake_ms,
            end_ms,
            zones: zones as u64,
            hosts_added: self.hosts_done() - before,
            hosts_after: self.hosts_done(),
            traffic_share_after: self.traffic_share(),
            customers_share_after: self.customers_share(),
            deployments: std::mem::take(&mut self.deployments),
            passed_over: false,
            is_held,
        }
    }

    /// How long gates that weigh risk hold a wave up after its last region, where requests come at that `rate` and show no more
    /// than the background, and whether one holds no longer than it may; settles which waves are passed over.
    fn weigh(&mut self, wave: &Wave, rate: f64) -> (u64, bool) {
        let (mut longest_ms, mut is_held) = (0, false);
        let mut passes_over: Option<usize> = None;
        for gate in &wave.gates {
            let GateKind::Risk(risk) = &gate.kind else { continue };
            let background = self.plan.fleet.background_of(risk.sign);
            let within_ms = gate.within_ms.unwrap_or(LONGEST_MS);
            let furthest = |at_ms: u64| {
                let requests = libm::round(self.served + rate * at_ms as f64 / 1000.0);
                let failures = libm::round(requests * background) as u64;
                risk.furthest(background, SeenSoFar { requests: requests as u64, failures })
            };
            let asked =
                (1..MOST_ASKED).map(|bakes| bakes * wave.bake_ms).take_while(|at_ms| *at_ms < within_ms);
            match asked.map(|at_ms| (at_ms, furthest(at_ms))).find(|(_, furthest)| furthest.is_some()) {
                Some((at_ms, furthest)) => {
                    longest_ms = longest_ms.max(at_ms);
                    let over = furthest.unwrap_or(0);
                    passes_over = Some(passes_over.map_or(over, |before| before.min(over)));
                }
                None => (longest_ms, is_held) = (longest_ms.max(within_ms), true),
            }
        }
        self.passes_over = passes_over.unwrap_or(0);
        (longest_ms, is_held)
    }

    /// How long the gates of a wave take, typically, that open at `from_ms`: none fails.
    fn gates_ms(&self, wave: &Wave, from_ms: u64) -> u64 {
        let from_utc_ms = self.plan.study.start_utc_ms + from_ms;
        let gate_ms = |gate: &Gate| match &gate.kind {
            GateKind::Approval(work) | GateKind::Test(work) => {
                work.done_ms(from_utc_ms, work.takes.median_ms()) - from_utc_ms
            }
            GateKind::Checks(checks) => {
                checks.of_ms(checks.passes.fewest().into(), &self.plan.alarms[checks.alarm])
            }
            GateKind::Opening(opening) => opening.holds_ms(from_utc_ms) - from_utc_ms,
            GateKind::Requests(requests) => self.served_ms(wave, *requests),
            // How long it takes settles what comes next, too.
            GateKind::Risk(_) => 0,
        };
        wave.gates.iter().map(gate_ms).max().unwrap_or(0)
    }

    /// How long hosts on the new version in the wave's regions take to serve so many requests at the mean of the day.
    fn served_ms(&self, wave: &Wave, requests: u64) -> u64 {
        let rate: f64 = wave.regions.iter().map(|region| self.rate(*region)).sum();
        libm::ceil((requests as f64 / rate * 1000.0).min(LONGEST_MS as f64)) as u64
    }

    /// Requests a second that hosts on the new version are sent in a region, on average over the day.
    fn rate(&self, region: RegionId) -> f64 {
        let fleet = &self.plan.fleet;
        let moved =
            |zone: ZoneId| reach::moved(self.done[zone], self.traffic[zone].0, fleet.zones[zone].hosts);
        reach::rate(fleet, region, moved)
    }

    /// One-box, its bake, batches, zone bake; nothing if the zone already is where the wave wants it.
    /// Its region has `zones`.
    fn zone(&mut self, wave: &Wave, zone: ZoneId, (zones, start_ms): (usize, u64)) -> Lapse {
        let hosts = self.plan.fleet.zones[zone].hosts;
        let target = wave.hosts.reach_of(hosts);
        let procedure = &wave.procedure;
        let together = procedure.together_of(hosts);
        let traffic = (wave.routed_share(), wave.users.is_some());
        let switches = self.traffic[zone] != traffic;
        self.traffic[zone] = traffic;
        let sent = match (wave.traffic, wave.users) {
            (Some(Ratio { num: 0, .. }), _) => 0.0,
            (_, Some(users)) => users.as_f64(),
            (_, None) => 1.0,
        };
        if sent > 0.0 {
            let met = &mut self.met[zone];
            *met = (target.max(met.0), sent.max(met.1));
        }
        if self.done[zone] >= target && !switches {
            return Lapse { deployed_ms: start_ms, end_ms: start_ms };
        }
        let mut now = start_ms;
        let mut deployed_ms = now;
        let (mut one_box_deployed_ms, mut one_box_end_ms) = (None, None);
        if let (Some(one_box), 0) = (&procedure.one_box, self.done[zone]) {
            let first = one_box.hosts.of(hosts).min(together).min(target);
            deployed_ms = now + self.pace.batch_ms(first, chains(wave, zones, 1), now == 0);
            now = deployed_ms + one_box.bake_ms;
            (one_box_deployed_ms, one_box_end_ms) = (Some(deployed_ms), Some(now));
            self.done[zone] = first;
        }
        for (size, to) in procedure.first_batches_of(hosts, self.done[zone], target) {
            let bake_ms = if to < target { procedure.batch_bake_ms } else { 0 };
            deployed_ms = now + self.pace.batch_ms(size, chains(wave, zones, 1), now == 0);
            now = deployed_ms + bake_ms;
            self.done[zone] = to;
        }
        let left = target.saturating_sub(self.done[zone]);
        if left > 0 {
            let batch = procedure.batch_of(hosts);
            let chains = chains(wave, zones, left.div_ceil(batch));
            now += match procedure.batching {
                Batching::Barrier => {
                    let bakes_ms = u64::from(left.div_ceil(batch) - 1) * procedure.batch_bake_ms;
                    self.pace.batches_ms(left, batch, chains, now == 0) + bakes_ms
                }
                Batching::Sliding => self.pace.window_ms(left, batch, procedure.batch_bake_ms),
            };
            deployed_ms = now;
        }
        self.done[zone] = target.max(self.done[zone]);
        let end_ms = now + procedure.bake_of_zone_ms(self.plan.fleet.is_first_zone(zone));
        self.deployments.push(Deployment {
            zone,
            start_ms,
            one_box_deployed_ms,
            one_box_end_ms,
            deployed_ms,
            end_ms,
        });
        Lapse { deployed_ms, end_ms }
    }

    fn hosts_done(&self) -> u64 {
        self.done.iter().map(|&hosts| u64::from(hosts)).sum()
    }

    fn customers_share(&self) -> Option<f64> {
        let fleet = &self.plan.fleet;
        let met = || fleet.customers_met(&self.levels, |zone| self.met[zone]);
        fleet.has_customers().then(|| met() / fleet.customers() as f64)
    }

    fn traffic_share(&self) -> f64 {
        let fleet = &self.plan.fleet;
        let total = fleet.requests_per_second();
        if total <= 0.0 {
            return 0.0;
        }
        self.rate_of_all() / total
    }

    /// Requests a second that hosts on the new version are sent, on average over the day.
    fn rate_of_all(&self) -> f64 {
        self.plan.fleet.regions.ids().map(|region| self.rate(region)).sum()
    }
}

/// What goes side by side in a wave whose regions have so many zones of so many batches each, and what follows.
fn chains(wave: &Wave, zones: usize, batches: u32) -> Chains {
    let regions = wave.regions.len();
    let (zones_abreast, regions_abreast) =
        (wave.procedure.zones_at_once.of(zones).max(1), wave.regions_at_once.of(regions).max(1));
    let rounds = zones.div_ceil(zones_abreast) * regions.div_ceil(regions_abreast);
    let count = |count: usize| u32::try_from(count).expect("invariant: zones are fewer than hosts");
    Chains { abreast: count(zones_abreast * regions_abreast), batches: count(rounds).saturating_mul(batches) }
}

/// Runs `items` in order, at most `limit` at once: the next one starts when any running one ends.
fn at_most_at_once<T>(
    items: &[T],
    limit: Concurrency,
    start_ms: u64,
    mut run: impl FnMut(&T, u64) -> Lapse,
) -> Lapse {
    let mut whole = Lapse { deployed_ms: start_ms, end_ms: start_ms };
    let mut slots = vec![start_ms; limit.of(items.len())];
    for item in items {
        let Some(slot) = slots.iter_mut().min() else { break };
        let span = run(item, *slot);
        *slot = span.end_ms;
        whole.deployed_ms = whole.deployed_ms.max(span.deployed_ms);
        whole.end_ms = whole.end_ms.max(span.end_ms);
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{HostShare, OneBox, Ratio};
    use crate::random::Distribution;
    use crate::report::sample;

    const MINUTE: u64 = 60_000;

    /// Three zones of 10 hosts in each of four regions, hosts take exactly 2 minutes, no bakes.
    fn plan(change: impl FnOnce(&mut Wave)) -> Plan {
        let mut plan = sample::plan();
        plan.fleet = sample::fleet(4, 3, 10);
        plan.change.deploy_time = Distribution::Fixed { ms: 2 * MINUTE };
        let mut wave = plan.strategies[0].waves[0].clone();
        wave.regions = plan.fleet.regions.ids().collect();
        wave.regions_at_once = Concurrency::All;
        wave.bake_ms = 0;
        wave.procedure.one_box = None;
        wave.procedure.zone_bake_ms = 0;
        wave.procedure.zones_at_once = Concurrency::All;
        wave.procedure.batch = HostShare::Count(4);
        wave.procedure.max_unavailable = HostShare::ALL;
        change(&mut wave);
        plan.strategies[0].waves = vec![wave];
        plan
    }

    fn end(change: impl FnOnce(&mut Wave)) -> u64 {
        timetable(&plan(change), 0).end_ms() / MINUTE
    }

    #[test]
    fn concurrency_limits_shape_the_end() {
        // A zone of 10 hosts in batches of 4 takes three batches of 2 minutes.
        assert_eq!(end(|_| {}), 6);
        assert_eq!(end(|wave| wave.procedure.zones_at_once = Concurrency::AtMost(1)), 18);
        assert_eq!(end(|wave| wave.procedure.zones_at_once = Concurrency::AtMost(2)), 12);
        assert_eq!(end(|wave| wave.regions_at_once = Concurrency::AtMost(1)), 24);
        assert_eq!(end(|wave| wave.regions_at_once = Concurrency::AtMost(3)), 12);
        let third = HostShare::Share(Ratio { num: 1, den: 3 });
        assert_eq!(end(|wave| wave.procedure.max_unavailable = third), 8);
    }

    #[test]
    fn bakes_add_up_along_the_path() {
        let one_box = OneBox { hosts: HostShare::Count(2), bake_ms: 10 * MINUTE, covers: Vec::new() };
        // 2 + 10 for the one-box, 2 batches of 4 for the other 8 hosts, 5 and 7 of bakes.
        let times = timetable(
            &plan(|wave| {
                wave.procedure.one_box = Some(one_box);
                wave.procedure.zone_bake_ms = 5 * MINUTE;
                wave.bake_ms = 7 * MINUTE;
            }),
            0,
        );
        let wave = &times.waves[0];
        assert_eq!((wave.zones_end_ms, wave.baked_ms), (21 * MINUTE, 28 * MINUTE));
        let zone = &wave.deployments[0];
        assert_eq!(zone.one_box_deployed_ms, Some(2 * MINUTE));
        assert_eq!(zone.one_box_end_ms, Some(12 * MINUTE));
        assert_eq!((zone.deployed_ms, zone.end_ms), (16 * MINUTE, 21 * MINUTE));
        assert_eq!(times.waves[0].deployed_ms, 16 * MINUTE);
        assert_eq!(times.waves[0].end_ms, 28 * MINUTE);
    }

    #[test]
    fn a_second_wave_over_the_same_zones_adds_the_rest_without_a_one_box() {
        let mut plan = plan(|wave| {
            wave.hosts = HostShare::Share(Ratio { num: 1, den: 4 });
            wave.procedure.one_box =
                Some(OneBox { hosts: HostShare::Count(1), bake_ms: MINUTE, covers: Vec::new() });
        });
        let mut rest = plan.strategies[0].waves[0].clone();
        rest.hosts = HostShare::ALL;
        plan.strategies[0].waves.push(rest);
        let times = timetable(&plan, 0);
        assert_eq!(times.waves[0].hosts_after, 36, "a quarter of 10 hosts is rounded up to 3");
        assert_eq!(times.waves[1].start_ms, 5 * MINUTE, "one-box 2, bake 1, batch 2");
        assert_eq!((times.waves[1].hosts_added, times.waves[1].hosts_after), (84, 120));
        assert_eq!(times.end_ms(), 9 * MINUTE, "7 hosts left are two batches");
        assert!((times.waves[0].traffic_share_after - 0.3).abs() < 1e-12);
    }
}
