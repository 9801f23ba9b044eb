//! A canary in a rollout: the one-box beside fresh hosts on the old version, period by period, and what the judge
//! says. The judges themselves are in `stats::judge`, and know no rollout.
//!
//! A test that is asked again and again finds something in the end: only the sequential test is asked every period,
//! the others once, at the last evaluation of the one-box bake.

use super::search::evaluation_ms;
use super::sight::Sight;
use super::signal::Look;
use super::watch::WatchState;
use crate::plan::{CanaryRule, Judge};
use crate::random::{Purpose, mix};
use crate::rollout::context::Context;
use crate::rollout::model::breach::Sampler;
use crate::rollout::place::WatchedScope;
use crate::stats::judge::sequential::{Boundaries, Decision, Walk, versus};
use crate::stats::judge::{Classification, Counts, Direction, exact, kayenta, proportions};

/// What was seen of all canaries.
#[derive(Debug, Default)]
pub struct Canaries {
    states: Vec<CanaryState>,
}

/// What was seen of one canary.
#[derive(Debug, Clone)]
struct CanaryState {
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
            Judge::ZScore { .. } | Judge::MannWhitney { .. } | Judge::MannWhitneyExact { .. } => None,
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
        if let Judge::MannWhitney { .. } | Judge::MannWhitneyExact { .. } = rule.judge {
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
                let judge = proportions::ProportionsRule {
                    confidence,
                    least_ratio,
                    direction: Direction::Increase,
                    ..proportions::ProportionsRule::default()
                };
                judge.classify(self.canary, self.baseline)
            }
            Judge::MannWhitneyExact { confidence, least_ratio } => {
                let direction = Direction::Increase;
                let judge = exact::ExactRule { confidence, direction, least_ratio };
                judge.classify(&self.ratios[0], &self.ratios[1])
            }
            Judge::MannWhitney { least_ratio } => {
                let effect = kayenta::Effect::MeanRatio;
                let allowed = kayenta::Bounds { increase: least_ratio, ..effect.anything() };
                let judge = kayenta::KayentaJudge {
                    direction: Direction::Increase,
                    effect,
                    allowed,
                    ..kayenta::KayentaJudge::default()
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

impl Canaries {
    /// Forgets everything, keeps the memory.
    pub fn clear(&mut self) {
        self.states.clear();
    }

    /// Period `k` of a canary beside its baseline: whether the canary fails by it.
    pub fn compare(
        &mut self,
        ctx: &Context,
        sight: Sight<'_>,
        sampler: &mut Sampler,
        (watch, k): (&mut WatchState, u64),
        rule: &CanaryRule,
    ) -> bool {
        let index = *watch.memory.get_or_insert(self.states.len());
        if index == self.states.len() {
            self.states.push(CanaryState::new(rule));
        }
        let look = Look::new(ctx, sight);
        let hour = look.hour_at(ctx.now_ms());
        let mean = look.requests(watch, hour);
        let mut draws = ctx.streams.stream(Purpose::Canary, mix(&[watch.stream_entity, k]));
        let WatchedScope::OneBox(zone) = watch.scope else {
            unreachable!("invariant: a canary watches a one-box, not {:?}", watch.scope)
        };
        let own = look.sign_probability(watch, hour);
        let other = look.baseline(watch, zone, hour, rule.sign);
        let mut side = |(mean, p)| {
            let (events, trials) = sampler.draw(ctx.plan.fleet.arrivals, mean, p, &mut draws);
            Counts { events, trials }
        };
        let (canary, baseline) = (side((mean, own)), side(other));
        let lost = look.is_scrape_lost(watch, k);
        let last = evaluation_ms(look, watch, k + 1).is_none_or(|next_ms| !watch.is_open_at(next_ms));
        watch.datapoints.pass(k);
        let state = &mut self.states[index];
        if !lost {
            state.add(rule, canary, baseline);
        }
        state.fails(rule, last)
    }
}
