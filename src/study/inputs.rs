//! The numbers that somebody typed into a plan of rollouts, each as something that can be made larger or smaller. It knows
//! which of them are times, and neither simulates nor judges: [`super::origin`] does.

use crate::ids::{AlarmId, DefectId};
use crate::plan::{Attempt, Condition, Cure, Operators, Plan, Ratio, RollbackEffect, Signal, Strategy};
use crate::random::Distribution;
use std::collections::BTreeSet;

/// Makes an input of a plan so many times as large.
type Scale = dyn Fn(&mut Plan, f64) + Send + Sync;

/// One input of a plan of one strategy.
pub(super) struct PlanInput {
    /// Its value in milliseconds, the median of a distribution; none for what is no time.
    pub ms: Option<f64>,
    scale: Box<Scale>,
}

impl PlanInput {
    /// The plan with this input `factor` times as large; shares stay at most 1.
    pub fn scaled(&self, plan: &Plan, factor: f64) -> Plan {
        let mut plan = plan.clone();
        (self.scale)(&mut plan, factor);
        plan
    }
}

/// Collects the inputs that are not 0, so that scaling them can do something.
struct PlanInputs<'p> {
    plan: &'p Plan,
    found: Vec<PlanInput>,
}

/// All inputs of a plan of one strategy: times, shares and rates. Counts and the shape of the fleet are no inputs here:
/// they cannot be a tenth larger.
pub(super) fn of(plan: &Plan) -> Vec<PlanInput> {
    let mut inputs = PlanInputs { plan, found: Vec::new() };
    inputs.of_the_fleet_and_the_change();
    (0..plan.change.defects.len()).for_each(|index| inputs.of_a_defect(index));
    // What nobody listens to moves no number.
    let reported = plan.strategies[0].alarms.iter();
    let listened_to: BTreeSet<&AlarmId> = reported.flat_map(|alarm| plan.parts_of(alarm)).collect();
    listened_to.into_iter().for_each(|alarm| inputs.of_an_alarm(alarm.index()));
    inputs.of_the_strategy();
    inputs.of_the_response();
    inputs.found
}

/// The strategy of a plan that has one.
fn strategy(plan: &mut Plan) -> &mut Strategy {
    &mut plan.strategies[0]
}

impl PlanInputs<'_> {
    fn add(&mut self, ms: Option<f64>, scale: impl Fn(&mut Plan, f64) + Send + Sync + 'static) {
        self.found.push(PlanInput { ms, scale: Box::new(scale) });
    }

    /// A time in whole milliseconds.
    fn time(&mut self, at: impl Fn(&mut Plan) -> Option<&mut u64> + Send + Sync + 'static) {
        let ms = at(&mut self.plan.clone()).map_or(0, |ms| *ms);
        if ms > 0 {
            self.add(Some(ms as f64), move |plan, factor| {
                if let Some(ms) = at(plan) {
                    *ms = (*ms as f64 * factor).round() as u64;
                }
            });
        }
    }

    fn distribution(&mut self, at: impl Fn(&mut Plan) -> Option<&mut Distribution> + Send + Sync + 'static) {
        let ms = at(&mut self.plan.clone()).map_or(0, |times| times.by_cdf(0.5));
        if ms > 0 {
            self.add(Some(ms as f64), move |plan, factor| {
                if let Some(times) = at(plan) {
                    *times = stretched(*times, factor);
                }
            });
        }
    }

    /// A rate or a share; `most` is the largest that means something.
    fn number(&mut self, most: f64, at: impl Fn(&mut Plan) -> Option<&mut f64> + Send + Sync + 'static) {
        if at(&mut self.plan.clone()).is_some_and(|x| *x > 0.0) {
            self.add(None, move |plan, factor| {
                if let Some(x) = at(plan) {
                    *x = (*x * factor).min(most);
                }
            });
        }
    }

    fn ratio(&mut self, at: impl Fn(&mut Plan) -> Option<&mut Ratio> + Send + Sync + 'static) {
        if at(&mut self.plan.clone()).is_some_and(|ratio| ratio.num > 0) {
            self.add(None, move |plan, factor| {
                if let Some(ratio) = at(plan) {
                    let num = (ratio.num as f64 * factor * 1000.0).round() as u64;
                    *ratio = Ratio { num, den: ratio.den * 1000 };
                }
            });
        }
    }

    fn of_the_fleet_and_the_change(&mut self) {
        // Traffic as a whole: what it is relative to is the shape of the fleet.
        if self.plan.fleet.regions.iter().any(|region| region.requests_per_second > 0.0) {
            self.add(None, |plan, factor| {
                plan.fleet.regions.iter_mut().for_each(|region| region.requests_per_second *= factor);
            });
        }
        self.number(1.0, |p| Some(&mut p.fleet.background_error_ratio));
        self.number(1.0, |p| Some(&mut p.fleet.background_slow_ratio));
        self.number(1.0, |p| p.fleet.peak_utilisation.as_mut());
        self.number(1.0, |p| p.fleet.scales_down_to.as_mut());
        self.distribution(|p| p.fleet.background.zone_failures.as_mut().map(|e| &mut e.every));
        self.distribution(|p| p.fleet.background.zone_failures.as_mut().map(|e| &mut e.lasts));
        self.distribution(|p| p.fleet.background.region_failures.as_mut().map(|e| &mut e.every));
        self.distribution(|p| p.fleet.background.region_failures.as_mut().map(|e| &mut e.lasts));
        self.distribution(|p| p.fleet.background.ambient_alarms.as_mut().map(|e| &mut e.every));
        self.distribution(|p| p.fleet.background.ambient_alarms.as_mut().map(|e| &mut e.lasts));
        // The share of bad changes says which trials there are, not what happens in one.
        self.distribution(|p| Some(&mut p.change.deploy_time));
        self.distribution(|p| Some(&mut p.change.rollback_time));
        self.time(|p| p.change.downtime_ms.as_mut());
        self.number(1.0, |p| Some(&mut p.change.straggler_probability));
        self.distribution(|p| Some(&mut p.change.straggler_time));
        self.number(1.0, |p| Some(&mut p.change.failure_probability));
        self.number(1.0, |p| Some(&mut p.change.rollback_failure_probability));
    }

    fn of_a_defect(&mut self, index: usize) {
        macro_rules! defect {
            ($plan:ident) => {
                $plan.change.defects.iter_mut().nth(index)?
            };
        }
        self.distribution(move |p| Some(&mut defect!(p).onset));
        self.number(1.0, move |p| Some(&mut defect!(p).per_request));
        self.distribution(move |p| Some(&mut defect!(p).masked));
        self.distribution(move |p| defect!(p).locks_out.as_mut());
        self.distribution(move |p| defect!(p).trigger.as_mut().map(|trigger| &mut trigger.at));
        self.distribution(move |p| defect!(p).trigger.as_mut().and_then(|trigger| trigger.lasts.as_mut()));
        self.distribution(move |p| {
            defect!(p).trigger.as_mut().and_then(|trigger| trigger.withdrawal.as_mut())
        });
        self.number(1.0, move |p| Some(&mut defect!(p).symptom.error_ratio));
        self.number(1.0, move |p| Some(&mut defect!(p).symptom.slow_ratio));
        self.number(1.0, move |p| Some(&mut defect!(p).symptom.drop_ratio));
        self.number(f64::INFINITY, move |p| Some(&mut defect!(p).symptom.damage_per_request));
        self.number(f64::INFINITY, move |p| Some(&mut defect!(p).symptom.damage_per_host_hour));
        // Whatever a condition or a cure says of times and shares; an effect of the rollback is no number.
        self.number(f64::INFINITY, move |p| condition(&mut defect!(p).condition, |c| &mut c.traffic_above));
        self.number(1.0, move |p| condition(&mut defect!(p).condition, |c| &mut c.peak_share_above));
        self.distribution(move |p| defect!(p).condition.intermittent.as_mut().map(|(on, _)| on));
        self.distribution(move |p| defect!(p).condition.intermittent.as_mut().map(|(_, off)| off));
        self.number(1.0, move |p| {
            let Cure { rollback, share, .. } = &mut defect!(p).cure;
            (*rollback == RollbackEffect::Heals).then_some(share)
        });
        let repairs =
            self.plan.change.defects.get(DefectId::new(index)).map_or(0, |defect| defect.cure.repair.len());
        for kind in 0..repairs {
            self.distribution(move |p| Some(&mut defect!(p).cure.repair[kind].per_host));
            self.number(1.0, move |p| defect!(p).cure.repair[kind].share.as_mut());
        }
        self.number(f64::INFINITY, move |p| defect!(p).cure.items_per_hour.as_mut());
        self.number(1.0, move |p| defect!(p).cure.relapse.as_mut().map(|relapse| &mut relapse.probability));
        self.distribution(move |p| defect!(p).cure.relapse.as_mut().map(|relapse| &mut relapse.after));
        self.distribution(move |p| defect!(p).cure.relapse.as_mut().map(|relapse| &mut relapse.lasts));
    }

    fn of_an_alarm(&mut self, index: usize) {
        macro_rules! alarm {
            ($plan:ident) => {
                $plan.alarms.iter_mut().nth(index)?
            };
        }
        self.time(move |p| Some(&mut alarm!(p).period_ms));
        self.time(move |p| Some(&mut alarm!(p).publish_delay_ms));
        self.time(move |p| Some(&mut alarm!(p).grace_ms));
        self.number(1.0, move |p| Some(&mut alarm!(p).broken));
        self.number(1.0, move |p| Some(&mut alarm!(p).lost));
        self.ratio(move |p| alarm!(p).lost_with_service.as_mut());
        self.ratio(move |p| match &mut alarm!(p).signal {
            Signal::ErrorRatio { threshold, .. }
            | Signal::SlowRatio { threshold, .. }
            | Signal::ImpairedHosts { threshold, .. }
            | Signal::Synthetic { threshold, .. } => Some(threshold),
            Signal::RequestDrop { below } => Some(below),
            Signal::ErrorCount { .. } | Signal::DamageCount { .. } | Signal::AnyOf(_) => None,
            Signal::RateRatio(_) | Signal::Canary(_) => None,
            Signal::BreachProbability { .. } | Signal::DetectionDelay(_) => None,
            Signal::Quorum(_) | Signal::Absent { .. } => None,
        });
        self.number(1.0, move |p| match &mut alarm!(p).signal {
            Signal::ErrorCount { seen, .. } | Signal::DamageCount { seen, .. } => Some(seen),
            Signal::Synthetic { covers, .. } => Some(covers),
            Signal::RateRatio(rule) => Some(&mut rule.threshold),
            Signal::BreachProbability { impaired, .. } => Some(impaired),
            Signal::ErrorRatio { .. } | Signal::SlowRatio { .. } | Signal::ImpairedHosts { .. } => None,
            Signal::Canary(_) | Signal::AnyOf(_) | Signal::DetectionDelay(_) => None,
            Signal::Quorum(_) | Signal::Absent { .. } | Signal::RequestDrop { .. } => None,
        });
        self.distribution(move |p| match &mut alarm!(p).signal {
            Signal::DetectionDelay(delay) => Some(delay),
            Signal::ErrorRatio { .. } | Signal::SlowRatio { .. } | Signal::ImpairedHosts { .. } => None,
            Signal::ErrorCount { .. } | Signal::Synthetic { .. } | Signal::RateRatio(_) => None,
            Signal::DamageCount { .. } => None,
            Signal::Canary(_) | Signal::AnyOf(_) | Signal::Quorum(_) => None,
            Signal::BreachProbability { .. } | Signal::Absent { .. } | Signal::RequestDrop { .. } => None,
        });
    }

    fn of_the_strategy(&mut self) {
        self.distribution(|p| strategy(p).deploy_time.as_mut());
        self.distribution(|p| strategy(p).rollback_time.as_mut());
        self.distribution(|p| strategy(p).bypass.as_mut().map(|bypass| &mut bypass.time));
        self.time(|p| strategy(p).downtime_ms.as_mut());
        self.time(|p| Some(&mut strategy(p).trigger_step_ms));
        self.time(|p| strategy(p).progress_deadline_ms.as_mut());
        for index in 0..self.plan.strategies[0].waves.len() {
            self.time(move |p| Some(&mut strategy(p).waves[index].bake_ms));
            self.time(move |p| Some(&mut strategy(p).waves[index].procedure.batch_bake_ms));
            self.time(move |p| Some(&mut strategy(p).waves[index].procedure.zone_bake_ms));
            self.time(move |p| strategy(p).waves[index].procedure.first_zone_bake_ms.as_mut());
            self.time(move |p| {
                strategy(p).waves[index].procedure.one_box.as_mut().map(|stage| &mut stage.bake_ms)
            });
        }
    }

    fn of_the_response(&mut self) {
        self.time(|p| Some(&mut strategy(p).rollback.reaction_delay_ms));
        self.distribution(|p| strategy(p).rollback.switch_time.as_mut());
        self.number(1.0, |p| Some(&mut strategy(p).rollback.broken));
        self.number(1.0, |p| Some(&mut strategy(p).response.lost_verdicts));
        self.number(1.0, |p| Some(&mut strategy(p).response.overrides));
        let of: [fn(&mut Operators) -> &mut Distribution; 7] = [
            |people| &mut people.engage,
            |people| &mut people.engage_off_hours,
            |people| &mut people.first.diagnose,
            |people| &mut people.first.prepare,
            |people| &mut people.first.spread,
            |people| &mut people.restore,
            |people| &mut people.wrong_change_costs,
        ];
        for step in of {
            self.distribution(move |p| strategy(p).operators.as_mut().map(step));
        }
        self.number(1.0, |p| strategy(p).operators.as_mut().map(|people| &mut people.wrong_change));
        let people = self.plan.strategies[0].operators.iter();
        for next in 0..people.map(|people| people.then.len()).sum() {
            let of: [fn(&mut Attempt) -> &mut Distribution; 3] =
                [|next| &mut next.diagnose, |next| &mut next.prepare, |next| &mut next.spread];
            for step in of {
                self.distribution(move |p| {
                    strategy(p).operators.as_mut().map(|people| step(&mut people.then[next]))
                });
            }
            self.time(move |p| strategy(p).operators.as_mut()?.then[next].within_ms.as_mut());
        }
        self.time(|p| strategy(p).operators.as_mut().and_then(|people| people.first.within_ms.as_mut()));
    }
}

fn condition(of: &mut Condition, part: fn(&mut Condition) -> &mut Option<f64>) -> Option<&mut f64> {
    part(of).as_mut()
}

/// The distribution of `factor` times the value.
fn stretched(times: Distribution, factor: f64) -> Distribution {
    match times {
        Distribution::Fixed { ms } => Distribution::Fixed { ms: (ms as f64 * factor).round() as u64 },
        Distribution::Exponential { mean_ms } => Distribution::Exponential { mean_ms: mean_ms * factor },
        Distribution::Lognormal { median_ms, sigma } => {
            Distribution::Lognormal { median_ms: median_ms * factor, sigma }
        }
        Distribution::Weibull { scale_ms, shape } => {
            Distribution::Weibull { scale_ms: scale_ms * factor, shape }
        }
        Distribution::Uniform { from_ms, to_ms } => {
            Distribution::Uniform { from_ms: from_ms * factor, to_ms: to_ms * factor }
        }
    }
}
