//! The most that one trial of a strategy can do, whatever is drawn: what intervals of rare harm rest on, so a wrong bound
//! makes all of them wrong. Every trial is held against it, in release too. Says nothing of rollouts in a pipeline, which
//! others hold up.
//!
//! The derivation. Draws stay away from 0 and 1, so each time has a longest ([`Distribution::longest_ms`]). A wave starts
//! its regions, and a region its zones, in a fixed order as soon as there is room; such a schedule ends no earlier if one of
//! its parts takes longer, so that with the longest times it ends last. A rollout is complete after the sum over its
//! waves, each held up at most once by an alarm with another cause and by its gates, and after the hosts past the waves. The alarm that is
//! acted on fires by then, or while the rollout is suspect. Then come the reaction, the way back and work on hosts; people,
//! who wait for all of that before they look again, their remedies one after the other, and work on hosts again; then the observation of what
//! nobody stopped. Nothing else is waited for. A host is impaired, or serves, only from the start of its region's first
//! wave on, unless others can hurt it. A fault that comes back with some probability may do so any number of times: then
//! nothing is bounded.

use super::deployment::{most_tries, most_tries_back};
use super::fault::susceptible_hosts;
use super::model::breach::poisson_quantile;
use super::model::{one_box_hosts, wave_hosts};
use crate::ids::{RegionId, ZoneId};
use crate::outcome::Outcome;
use crate::outcome::bounds::OutcomeBounds;
use crate::outcome::measures;
use crate::plan::{
    Attempt, Concurrency, Defect, FiringAtStart, Gate, GateKind, GateOpening, HOUR_MS, HostRepair, Hurts,
    OnAlarm, Operators, Plan, Remedy, RollbackEffect, Scope, Strategy, Wave, Within,
};
use crate::random::Distribution;
use crate::random::distribution::LONGEST_MS;

const DAY_MS: u64 = 24 * HOUR_MS;
/// How often work on one host can begin at most: when it is back, when it is treated and when the fault is switched off in
/// its zone, each for every time that the fault woke on it, first by itself and then by going back; for each remedy that people try.
const REPAIRS_OF_A_HOST: u64 = 16;
/// How often one host can be among those that are treated together: once for every time that the fault woke on it.
const TREATMENTS_OF_A_HOST: u64 = 4;
/// Sums of floats are this exact.
const ROUNDING: f64 = 1e-9;

/// The bounds of trials of `strategy`.
#[must_use]
pub fn bounds(plan: &Plan, strategy: &Strategy) -> OutcomeBounds {
    let fleet = &plan.fleet;
    let regions = fleet.regions.len();
    let collateral = match strategy.response.other_deployments {
        0.0 => 0,
        mean => regions as u64 * poisson_quantile(mean, 1.0 - f64::EPSILON / 2.0),
    };
    let is_endless =
        plan.change.defects.iter().any(|d| d.cure.relapse.as_ref().is_some_and(|r| r.probability > 0.0));
    let longest = Longest { plan, strategy };
    let times = (!is_endless).then(|| longest.times());
    OutcomeBounds {
        hosts: fleet.hosts() as f64,
        zones: fleet.zones.len() as f64,
        regions: regions as f64,
        customers: fleet.customers() as f64,
        impaired_customer_ms: times.as_ref().map(|times| longest.impaired_customer_ms(times)),
        impaired_host_ms: times.as_ref().map(|times| longest.impaired_host_ms(times)),
        exposed_host_ms: times.as_ref().map(|times| longest.exposed_host_ms(times)),
        failed_requests: times.as_ref().map(|times| longest.failed_requests(times)),
        turned_away_requests: times.as_ref().map(|times| longest.turned_away_requests(times)),
        damaged_items: times.as_ref().map(|times| longest.damaged_items(times)),
        collateral_rollbacks: collateral as f64,
        ignored_alarms: longest.ignored_alarms() as f64,
        blocked_ms: (strategy.waves.len() as u64 * longest.blocked_ms()) as f64,
    }
}

/// Holds an outcome against the bounds of its strategy.
///
/// # Panics
///
/// If it exceeds one: then the bound is wrong, and with it every interval that rests on it.
pub fn assert_within(bounds: &OutcomeBounds, outcome: &Outcome) {
    for measure in measures::of_rollouts(outcome.customers.is_some()) {
        if let (Some(value), Some(most)) = (measure.of(outcome), (measure.most)(bounds)) {
            assert!(
                value <= most * (1.0 + ROUNDING),
                "invariant: {measure} is {value}, which is above its bound {most}"
            );
        }
    }
}

/// The longest times of a strategy.
struct Longest<'p> {
    plan: &'p Plan,
    strategy: &'p Strategy,
}

/// How long things can take, in milliseconds.
struct LongestTimes {
    /// From the start of the first wave that deploys to a region until the rollout and every remedy are over, by region.
    from_wave_ms: Vec<u64>,
    /// The same from the start of the rollout.
    from_start_ms: u64,
    /// What is observed after that.
    observed_ms: u64,
}

impl LongestTimes {
    /// How long hosts of a region can be impaired by the fault on a host of the part of the fleet `around` them.
    fn hurt_ms(&self, region: RegionId, around: Within) -> u64 {
        let until_over_ms = match around {
            Within::Zone | Within::Region => self.from_wave_ms[region.index()],
            Within::Service => self.from_start_ms,
        };
        until_over_ms.saturating_add(self.observed_ms)
    }
}

impl Longest<'_> {
    fn times(&self) -> LongestTimes {
        let waves = self.waves_ms();
        let left_from = |wave: usize| waves[wave..].iter().fold(0_u64, |sum, ms| sum.saturating_add(*ms));
        let past_waves_ms = self.strategy.bypass.map(|bypass| {
            let most = self.plan.fleet.zones.iter().map(|zone| bypass.hosts.of(zone.hosts)).max();
            bypass.time.longest_ms(most.unwrap_or(0))
        });
        let after_ms = self.strategy.response.suspect_for_ms.saturating_add(self.remedies_ms());
        let first_wave =
            |region: RegionId| self.strategy.waves.iter().position(|wave| wave.regions.contains(&region));
        let from_wave_ms = |region| {
            let waves_ms = match past_waves_ms {
                Some(past_waves_ms) => past_waves_ms.max(left_from(0)),
                None => first_wave(region).map_or(0, left_from),
            };
            waves_ms.saturating_add(after_ms)
        };
        LongestTimes {
            from_wave_ms: self.plan.fleet.regions.ids().map(from_wave_ms).collect(),
            from_start_ms: past_waves_ms.unwrap_or(0).max(left_from(0)).saturating_add(after_ms),
            observed_ms: self.plan.study.observe_after_ms,
        }
    }

    // The way forward.

    /// The longest time of each wave.
    fn waves_ms(&self) -> Vec<u64> {
        let mut done = vec![0; self.plan.fleet.zones.len()];
        // Where waves may be passed over, up to which one, and what is done before the first of them for certain.
        let mut leap: Option<(usize, Vec<u32>)> = None;
        let longest_ms = |(index, wave): (usize, &Wave)| {
            let ms = match &leap {
                Some((until, before)) if index <= *until => {
                    self.wave_ms(wave, &mut done);
                    self.wave_ms(wave, &mut before.clone())
                }
                Some(_) | None => self.wave_ms(wave, &mut done),
            };
            if let Some(furthest) = furthest_after(index, wave) {
                let known = leap.take().filter(|(until, _)| index < *until);
                let (until, before) = known.unwrap_or_else(|| (furthest, done.clone()));
                leap = Some((until.max(furthest), before));
            }
            ms
        };
        self.strategy.waves.iter().enumerate().map(longest_ms).collect()
    }

    /// The longest time of a wave once so many hosts of each zone are `done`.
    fn wave_ms(&self, wave: &Wave, done: &mut [u32]) -> u64 {
        let fleet = &self.plan.fleet;
        let regions = wave.regions.iter().map(|region| {
            let zones = wave.zones_of(fleet, *region).map(|zone| {
                let target = wave_hosts(self.strategy, wave, fleet.zones[zone].hosts);
                let before = done[zone.index()];
                done[zone.index()] = target.max(before);
                if target > before || self.strategy.routes_traffic() {
                    self.zone_ms(wave, fleet.zones[zone].hosts, (before, target))
                } else {
                    0
                }
            });
            makespan_ms(zones.collect(), wave.procedure.zones_at_once)
        });
        let regions_ms = makespan_ms(regions.collect(), wave.regions_at_once);
        let gates_ms = wave.gates.iter().map(|gate| self.gate_ms(gate)).max().unwrap_or(0);
        [wave.bake_ms.max(gates_ms), self.blocked_ms()].into_iter().fold(regions_ms, u64::saturating_add)
    }

    /// The longest that a gate holds a wave up, if it does not fail before.
    fn gate_ms(&self, gate: &Gate) -> u64 {
        match &gate.kind {
            GateKind::Approval(work) | GateKind::Test(work) => work.longest_ms(),
            GateKind::Checks(checks) => {
                let own_ms = checks.of_ms(checks.most(), &self.plan.alarms[checks.alarm]);
                // Checks that may find nothing have a time within which they must hold.
                own_ms.max(gate.within_ms.unwrap_or(0))
            }
            GateKind::Opening(_) => GateOpening::longest_ms(),
            GateKind::Requests(_) => LONGEST_MS,
            // What is asked again and again holds within its time or fails.
            GateKind::Risk(_) => LONGEST_MS.min(gate.within_ms.unwrap_or(LONGEST_MS)),
        }
    }

    /// The longest time of the deployment that takes a zone of `hosts` from `before` to `target` hosts.
    fn zone_ms(&self, wave: &Wave, hosts: u32, (before, target): (u32, u32)) -> u64 {
        let procedure = &wave.procedure;
        let change = &self.plan.change;
        let help_ms =
            if change.straggler_probability > 0.0 { change.straggler_time.longest_ms(1) } else { 0 };
        let time = self.strategy.deploy_time(change);
        let tries = u64::from(most_tries(self.strategy, self.plan));
        let given_up_ms = |hosts: u32| {
            change.failing_time.filter(|_| change.may_fail()).map_or(0, |time| time.longest_ms(hosts))
        };
        let tried_ms =
            |hosts: u32| time.longest_ms(hosts).max(help_ms).max(given_up_ms(hosts)).saturating_mul(tries);
        let one_box = one_box_hosts(self.strategy, wave, hosts).filter(|_| before == 0);
        let stage_ms = one_box
            .zip(procedure.one_box.as_ref())
            .map_or(0, |(size, stage)| tried_ms(size).saturating_add(stage.bake_ms));
        let batch = procedure.batch_of(hosts);
        let rest = target.saturating_sub(before + one_box.unwrap_or(0));
        // A window is done no later than as many batches, each with its bake.
        let firsts = procedure.first_batches.len() as u64;
        let largest = if firsts > 0 { procedure.together_of(hosts) } else { batch };
        let batch_ms = tried_ms(largest).saturating_add(procedure.batch_bake_ms);
        let batches_ms = (firsts + u64::from(rest.div_ceil(batch))).saturating_mul(batch_ms);
        let bake_ms = procedure.zone_bake_ms.max(procedure.bake_of_zone_ms(true));
        [batches_ms, bake_ms].into_iter().fold(stage_ms, u64::saturating_add)
    }

    /// How long an alarm with another cause can hold up the start of a wave: when it is over the next one is yet to begin.
    fn blocked_ms(&self) -> u64 {
        let waits = self.strategy.response.firing_at_start == FiringAtStart::Wait;
        let ambient = self.plan.fleet.background.ambient_alarms.filter(|_| waits);
        ambient.map_or(0, |episodes| episodes.lasts.longest_ms(1).max(1))
    }

    // What follows an alarm.

    /// From the alarm until everything that follows it is over.
    fn remedies_ms(&self) -> u64 {
        if !self.strategy.reacts() {
            return 0;
        }
        let on_alarm = self.strategy.response.on_alarm;
        let reaction_ms = match on_alarm {
            OnAlarm::Page => 0,
            OnAlarm::Rollback | OnAlarm::Withdraw | OnAlarm::Halt | OnAlarm::Freeze => {
                self.strategy.rollback.reaction_delay_ms
            }
        };
        let goes_back = on_alarm == OnAlarm::Rollback
            || self.strategy.response.firing_at_start == FiringAtStart::Rollback;
        let back_ms = if goes_back { self.rollback_ms().saturating_add(self.repairs_ms()) } else { 0 };
        let withdrawn_ms = match on_alarm {
            OnAlarm::Withdraw => self.withdrawal_ms().saturating_add(self.repairs_ms()),
            OnAlarm::Rollback | OnAlarm::Halt | OnAlarm::Freeze | OnAlarm::Page => 0,
        };
        let alone_ms = reaction_ms.saturating_add(back_ms.max(withdrawn_ms));
        let people = self.strategy.operators.as_ref().filter(|_| on_alarm != OnAlarm::Freeze);
        people.map_or(alone_ms, |people| {
            let locked_out = self.plan.change.defects.iter().filter_map(|defect| defect.locks_out);
            let locked_out_ms = locked_out.map(|time| time.longest_ms(1)).max().unwrap_or(0);
            let of_attempt = |attempt: &Attempt| {
                // They look when it is done, or after a time in which it may not be.
                let tried_ms = attempt.within_ms.unwrap_or(0);
                let parts = [locked_out_ms, tried_ms, self.remedy_ms(attempt), self.repairs_ms()];
                parts.into_iter().fold(0, u64::saturating_add)
            };
            let ready_ms = alone_ms.max(time_to_act_ms(people));
            let next = people.then.iter().flat_map(|attempt| [attempt.diagnose, attempt.prepare]);
            let next_ms = next.map(|step| step.longest_ms(1));
            people.attempts().map(of_attempt).chain(next_ms).fold(ready_ms, u64::saturating_add)
        })
    }

    fn remedy_ms(&self, attempt: &Attempt) -> u64 {
        let change = &self.plan.change;
        match attempt.remedy {
            Remedy::Rollback => {
                self.rollback_ms().max(self.treatment_ms(&self.strategy.rollback_time(change)))
            }
            Remedy::FixForward => self.treatment_ms(&self.strategy.deploy_time(change)),
            Remedy::KillSwitch => attempt.spread.longest_ms(1),
            Remedy::Withdraw => self.withdrawal_ms(),
            Remedy::Repair | Remedy::Halt => 0,
        }
    }

    /// What triggers a defect is withdrawn from a region.
    fn withdrawal_ms(&self) -> u64 {
        let times = self.plan.change.defects.iter().filter_map(|defect| defect.trigger?.withdrawal);
        times.map(|time| time.longest_ms(1)).max().unwrap_or(0)
    }

    /// All hosts of a zone go back.
    fn rollback_ms(&self) -> u64 {
        let switch_ms = self.strategy.rollback.switch_time.map_or(0, |time| time.longest_ms(1));
        let change = &self.plan.change;
        let tries = u64::from(most_tries_back(self.strategy, self.plan));
        let batches_ms = self.in_batches_ms(1, &self.strategy.rollback_time(change));
        batches_ms.saturating_mul(tries).saturating_add(switch_ms)
    }

    /// All hosts of a zone get another version.
    fn treatment_ms(&self, time: &Distribution) -> u64 {
        self.in_batches_ms(TREATMENTS_OF_A_HOST, time)
    }

    /// All hosts of the zone that takes longest move in batches of a rollback, so many `times`.
    fn in_batches_ms(&self, times: u64, time: &Distribution) -> u64 {
        let of_zone = |hosts: u32| {
            let batch = self.strategy.rollback.batch.of(hosts);
            (times * u64::from(hosts)).div_ceil(u64::from(batch)).saturating_mul(time.longest_ms(batch))
        };
        self.plan.fleet.zones.iter().map(|zone| of_zone(zone.hosts)).max().unwrap_or(0)
    }

    /// Work on hosts from when the last of it begins, those included that wait for a free place.
    fn repairs_ms(&self) -> u64 {
        let of_repair = |repair: &HostRepair| {
            let waiting = repair.at_once.map_or(0, |at_once| {
                (self.most_repairs() * self.most_hosts(repair.within)).div_ceil(u64::from(at_once.max(1)))
            });
            repair.per_host.longest_ms(1).saturating_mul(1 + waiting)
        };
        self.plan
            .change
            .defects
            .iter()
            .flat_map(|defect| &defect.cure.repair)
            .map(of_repair)
            .max()
            .unwrap_or(0)
    }

    /// How often work on one host can begin at most: each remedy may find it ill.
    fn most_repairs(&self) -> u64 {
        REPAIRS_OF_A_HOST
            * self.strategy.operators.as_ref().map_or(1, |people| people.attempts().count() as u64)
    }

    fn most_hosts(&self, within: Within) -> u64 {
        let fleet = &self.plan.fleet;
        match within {
            Within::Zone => fleet.zones.iter().map(|zone| u64::from(zone.hosts)).max().unwrap_or(0),
            Within::Region => fleet.regions.ids().map(|region| fleet.region_hosts(region)).max().unwrap_or(0),
            Within::Service => fleet.hosts(),
        }
    }

    /// Instances of alarms: each is ignored once at most.
    fn ignored_alarms(&self) -> u64 {
        let response = &self.strategy.response;
        if response.lost_verdicts == 0.0 && response.overrides == 0.0 {
            return 0;
        }
        let (plan, fleet) = (self.plan, &self.plan.fleet);
        // A composite that needs its parts together is what is ignored, beside parts that another one stands for.
        let parts = self.strategy.alarms.iter().flat_map(|reported| {
            let whole = plan.alarms[*reported].signal.quorum().map(|_| reported);
            plan.parts_of(reported).iter().chain(whole)
        });
        let places = |scope| match scope {
            Scope::OneBox | Scope::Zone => fleet.zones.len(),
            Scope::Region => fleet.regions.len(),
            Scope::Service => 1,
        };
        parts.map(|alarm| places(plan.alarms[*alarm].scope) as u64).sum()
    }

    // What it costs.

    /// Hosts of a zone that can be impaired at once by a defect, and by the fault on hosts of which part of the fleet.
    fn impairable(&self, defect: &Defect, zone: ZoneId) -> (u32, Within) {
        let hosts = self.plan.fleet.zones[zone].hosts;
        if defect.is_cured_by_the_change() {
            // Sick from the start, wherever it is.
            return (hosts, Within::Service);
        }
        match defect.hurts {
            Hurts::Everyone(_, around) => (hosts, around),
            Hurts::Host => match defect.cure.rollback {
                RollbackEffect::Worsens => (hosts, Within::Zone),
                RollbackEffect::Heals | RollbackEffect::Keeps => {
                    (susceptible_hosts(self.plan, defect, zone), Within::Zone)
                }
            },
        }
    }

    /// The most of what each defect does in each zone, given how many hosts it impairs there and for how long.
    fn worst_defect(&self, times: &LongestTimes, of_zone: impl Fn(&Defect, ZoneId, f64, u64) -> f64) -> f64 {
        let of_defect = |defect: &Defect| {
            let zones = self.plan.fleet.zones.ids().map(|zone| {
                let (hosts, around) = self.impairable(defect, zone);
                let hurt_ms = times.hurt_ms(self.plan.fleet.zones[zone].region, around);
                of_zone(defect, zone, f64::from(hosts), hurt_ms)
            });
            zones.sum::<f64>()
        };
        self.plan.change.defects.iter().map(of_defect).fold(0.0, f64::max)
    }

    fn impaired_host_ms(&self, times: &LongestTimes) -> f64 {
        self.worst_defect(times, |_, _, hosts, hurt_ms| hosts * hurt_ms as f64)
    }

    /// All customers of the regions in which hosts can be impaired, for as long as they can.
    fn impaired_customer_ms(&self, times: &LongestTimes) -> f64 {
        let fleet = &self.plan.fleet;
        let of_defect = |defect: &Defect| {
            let of_region = |region: RegionId| {
                let zones = fleet.regions[region].zones.clone();
                let hurt = zones.map(|zone| self.impairable(defect, zone)).filter(|(hosts, _)| *hosts > 0);
                let longest_ms = hurt.map(|(_, around)| times.hurt_ms(region, around)).max().unwrap_or(0);
                fleet.regions[region].customers.map_or(0.0, |all| all.count as f64 * longest_ms as f64)
            };
            fleet.regions.ids().map(of_region).sum::<f64>()
        };
        self.plan.change.defects.iter().map(of_defect).fold(0.0, f64::max)
    }

    fn exposed_host_ms(&self, times: &LongestTimes) -> f64 {
        let zones = self.plan.fleet.zones.iter();
        zones.map(|zone| f64::from(zone.hosts) * times.from_wave_ms[zone.region.index()] as f64).sum()
    }

    fn failed_requests(&self, times: &LongestTimes) -> f64 {
        let failing = |defect: &Defect| {
            if defect.symptom.crash { 0.0 } else { self.plan.fleet.harm(&defect.symptom) }
        };
        let failed = self.worst_defect(times, |defect, zone, hosts, hurt_ms| {
            failing(defect) * self.requests_to(zone, hosts, hurt_ms)
        });
        failed + self.turned_away_requests(times)
    }

    fn turned_away_requests(&self, times: &LongestTimes) -> f64 {
        if self.plan.fleet.peak_utilisation.is_none() {
            return 0.0;
        }
        // Nobody may be left to serve any of them, however capacity follows the traffic.
        let observed_ms = times.from_start_ms.saturating_add(times.observed_ms);
        self.plan.fleet.regions.ids().map(|region| self.requests(region, observed_ms)).sum()
    }

    fn damaged_items(&self, times: &LongestTimes) -> f64 {
        self.worst_defect(times, |defect, zone, hosts, hurt_ms| {
            let hours = hosts * hurt_ms as f64 / HOUR_MS as f64;
            defect.symptom.damage_per_request * self.requests_to(zone, hosts, hurt_ms)
                + defect.symptom.damage_per_host_hour * hours
        })
    }

    /// The most requests to so many hosts of a zone in so long: all of its own, if they may be routed there.
    fn requests_to(&self, zone: ZoneId, hosts: f64, span_ms: u64) -> f64 {
        let all = f64::from(self.plan.fleet.zones[zone].hosts);
        let hosts = if hosts > 0.0 && self.strategy.routes_traffic() { all } else { hosts };
        let region = self.plan.fleet.zones[zone].region;
        self.requests(region, span_ms) * hosts / self.plan.fleet.region_hosts(region) as f64
    }

    /// The most requests to a region in so long: at the busiest hour's rate, and no more than in as many whole days.
    fn requests(&self, region: RegionId, span_ms: u64) -> f64 {
        let region = &self.plan.fleet.regions[region];
        let hour = |factor: &f64| region.requests_per_second * factor * (HOUR_MS / 1000) as f64;
        let busiest = region.hourly_factor.iter().map(hour).fold(0.0, f64::max);
        let day: f64 = region.hourly_factor.iter().map(hour).sum();
        (busiest * (span_ms as f64 / HOUR_MS as f64)).min((span_ms / DAY_MS + 1) as f64 * day)
    }
}

/// The furthest wave that may come after one whose gates weigh risk.
fn furthest_after(index: usize, wave: &Wave) -> Option<usize> {
    let furthest = |gate: &Gate| match &gate.kind {
        GateKind::Risk(risk) => Some(index + risk.shares.len()),
        GateKind::Approval(_)
        | GateKind::Test(_)
        | GateKind::Checks(_)
        | GateKind::Opening(_)
        | GateKind::Requests(_) => None,
    };
    wave.gates.iter().filter_map(furthest).min()
}

/// From the page to readiness to act: people may find the alarm only when their next hours begin.
fn time_to_act_ms(people: &Operators) -> u64 {
    let hours_ms = if people.wait_for_hours { DAY_MS } else { 0 };
    let engage_ms = people.engage.longest_ms(1).max(people.engage_off_hours.longest_ms(1));
    let first = &people.first;
    let wrong_ms = if people.wrong_change > 0.0 { people.wrong_change_costs.longest_ms(1) } else { 0 };
    let parts = [engage_ms, first.diagnose.longest_ms(1), wrong_ms, first.prepare.longest_ms(1)];
    parts.into_iter().fold(hours_ms, u64::saturating_add)
}

/// When the last of some jobs is done that begin in order as soon as there is room.
fn makespan_ms(jobs_ms: Vec<u64>, at_once: Concurrency) -> u64 {
    let mut free_ms = vec![0_u64; at_once.of(jobs_ms.len())];
    for job_ms in jobs_ms {
        // The earliest place that is free comes first.
        if let Some(first) = free_ms.iter_mut().min() {
            *first = first.saturating_add(job_ms);
        }
    }
    free_ms.into_iter().max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Relapse;

    #[test]
    fn jobs_begin_in_order_where_there_is_room_and_longer_ones_end_no_earlier() {
        let of = |jobs: &[u64], at_once| makespan_ms(jobs.to_vec(), at_once);
        assert_eq!(of(&[3, 2, 1, 4], Concurrency::AtMost(2)), 7);
        assert_eq!(of(&[3, 2, 1, 4], Concurrency::ONE), 10);
        assert_eq!(of(&[3, 2, 1, 4], Concurrency::All), 4);
        assert_eq!(of(&[], Concurrency::All), 0);
        let mut jobs = vec![5, 1, 9, 2, 2, 7, 3];
        for at_once in [Concurrency::AtMost(2), Concurrency::AtMost(3)] {
            let before = of(&jobs, at_once);
            jobs[3] += 4;
            assert!(of(&jobs, at_once) >= before);
        }
    }

    #[test]
    fn small_is_bounded_by_hours_and_a_fault_that_comes_back_by_nothing() {
        let mut plan = Plan::load("scenarios/small.toml").expect("a valid scenario");
        let host_hours =
            |plan: &Plan| bounds(plan, &plan.strategies[0]).impaired_host_ms.map(|ms| ms / HOUR_MS as f64);
        let most = host_hours(&plan).unwrap();
        assert!((112.0 * 20.0..112.0 * 48.0).contains(&most), "{most} host-hours");
        for id in plan.change.defects.ids() {
            let immediate = Distribution::Fixed { ms: 0 };
            let relapse = Relapse { probability: 0.2, after: immediate, lasts: immediate };
            plan.change.defects[id].cure.relapse = Some(relapse);
        }
        assert_eq!(host_hours(&plan), None);
        plan.change.defects.clear();
        assert_eq!(host_hours(&plan), Some(0.0), "nobody is impaired where no change can be bad");
    }
}
