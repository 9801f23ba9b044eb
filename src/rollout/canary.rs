//! A canary in a rollout: the one-box beside fresh hosts on the old version, period by period, and what the judge
//! says. The judges themselves are in `stats::judge`, and know no rollout.
//!
//! A test that is asked again and again finds something in the end: only the sequential test is asked every period,
//! the others once, at the last evaluation of the one-box bake.

use super::deploy::NONE;
use super::trace::Observer;
use super::trial::Trial;
use super::watch::Watch;
use crate::plan::{CanaryRule, Judge, Signal};
use crate::random::{Purpose, mix};
use crate::stats::judge::sequential::{Boundaries, Decision, Walk, versus};
use crate::stats::judge::{Classification, Counts, Direction, kayenta, proportions};

/// What was seen of one canary.
#[derive(Debug, Clone)]
pub(super) struct CanaryState {
    canary: Counts,
    baseline: Counts,
    /// Error ratios by period, where there were requests: canary and baseline.
    ratios: [Vec<f64>; 2],
    walk: Option<Walk>,
}

const NOTHING: Counts = Counts { events: 0, trials: 0 };

impl CanaryState {
    fn new(rule: &CanaryRule) -> Self {
        let walk = match rule.judge {
            Judge::Sequential { false_positive, false_negative, .. } => {
                Boundaries::new(false_positive, false_negative).map(|ends| Walk::new(ends, None))
            }
            Judge::ZScore { .. } | Judge::MannWhitney { .. } => None,
        };
        Self { canary: NOTHING, baseline: NOTHING, ratios: [Vec::new(), Vec::new()], walk }
    }

    fn add(&mut self, rule: &CanaryRule, canary: Counts, baseline: Counts) {
        for (sum, counts) in [(&mut self.canary, canary), (&mut self.baseline, baseline)] {
            sum.events += counts.events;
            sum.trials += counts.trials;
        }
        if let (Judge::Sequential { ratio, .. }, Some(walk)) = (rule.judge, &mut self.walk) {
            walk.add(versus(canary, baseline, ratio));
        }
        if let Judge::MannWhitney { .. } = rule.judge {
            for (ratios, counts) in self.ratios.iter_mut().zip([canary, baseline]) {
                ratios.extend(counts.share());
            }
        }
    }

    /// Whether the canary fails; `last` at the last look. Too little evidence is decided only then.
    fn fails(&self, rule: &CanaryRule, last: bool) -> bool {
        let classification = match rule.judge {
            Judge::Sequential { .. } => match self.walk.map(|walk| walk.decision()) {
                Some(Decision::Reject) => return true,
                Some(Decision::Accept) => Classification::Pass,
                Some(Decision::Continue) | None => Classification::NoData,
            },
            _ if !last => return false,
            Judge::ZScore { confidence, least_ratio } => {
                let judge = proportions::Rule {
                    confidence,
                    least_ratio,
                    direction: Direction::Increase,
                    ..proportions::Rule::default()
                };
                judge.classify(self.canary, self.baseline)
            }
            Judge::MannWhitney { least_ratio } => {
                let effect = kayenta::Effect::MeanRatio;
                let allowed = kayenta::Bounds { increase: least_ratio, ..effect.anything() };
                let judge = kayenta::Judge {
                    direction: Direction::Increase,
                    effect,
                    allowed,
                    ..kayenta::Judge::default()
                };
                judge.judge(&self.ratios[0], &self.ratios[1]).classification
            }
        };
        match classification {
            Classification::High => true,
            Classification::NoData => last && rule.fail_inconclusive,
            Classification::Pass | Classification::Low => false,
        }
    }
}

impl<O: Observer> Trial<'_, O> {
    /// Period `k` of a canary beside its baseline.
    pub(super) fn compare_canary(&mut self, watch: u32, k: u64) {
        let plan = self.plan;
        let Watch { alarm, stream_entity, series, closes_ms, memory, .. } =
            self.buffers.watches[watch as usize];
        let Signal::Canary(rule) = &plan.alarms[alarm as usize].signal else { return };
        let index = if memory == NONE {
            self.buffers.watches[watch as usize].memory = self.buffers.canaries.len() as u32;
            self.buffers.canaries.push(CanaryState::new(rule));
            self.buffers.canaries.len() - 1
        } else {
            memory as usize
        };
        let hour = self.hour_at(self.now_ms);
        let mean = self.model.series(series).requests[hour];
        let mut luck = self.streams.stream(Purpose::Canary, mix(&[stream_entity, k]));
        let (own, other) = (self.sign_probability(watch, hour), self.baseline_failure(watch, hour));
        let sampler = &mut self.buffers.sampler;
        let mut side = |p: f64| {
            let (events, trials) = sampler.draw(plan.fleet.arrivals, mean, p, &mut luck);
            Counts { events, trials }
        };
        let (canary, baseline) = (side(own), side(other));
        let last = self.evaluation_ms(watch, k + 1).is_none_or(|next_ms| next_ms > closes_ms);
        self.buffers.watches[watch as usize].last_k = k;
        let state = &mut self.buffers.canaries[index];
        state.add(rule, canary, baseline);
        if state.fails(rule, last) {
            self.observe_breach(watch);
            self.publish(watch);
        }
    }
}
