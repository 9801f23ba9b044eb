//! Rules over rates in a rollout: what is scraped of their scope, and when their alerts fire. What a rule makes of
//! its scrapes is in `promql`.
//!
//! Alarms over the same scope that are scraped as often read the same counters. Before a rule is watched its scope
//! was healthy and its alert inactive.

use super::promql::{Alert, Scrape, Scrapes};
use super::sight::Sight;
use super::signal::Look;
use super::telling::tell_breach;
use super::watch::WatchState;
use crate::plan::{Alarm, HOUR_MS, RateRule, Version};
use crate::random::{Purpose, mix};
use crate::rollout::context::Context;
use crate::rollout::model::breach::Sampler;
use crate::rollout::place::WatchedScope;
use crate::rollout::trace::Scraped;

/// Counters have run for so long that `rate()` never takes them for new ones; still exact as floats. Without any
/// background errors, those of errors are really 0.
const LONG_AGO: u64 = 1 << 50;

/// What all rules that have begun to scrape remember.
#[derive(Debug, Default)]
pub struct Rules {
    states: Vec<RuleState>,
}

/// What a rule over one scope remembers.
#[derive(Debug, Clone, Default)]
struct RuleState {
    scrapes: Scrapes,
    /// Counters so far, also while nothing can be scraped.
    errors: u64,
    requests: u64,
    alert: Alert,
}

/// One scrape interval.
#[derive(Debug, Clone, Copy)]
struct ScrapeInterval {
    /// When it ends, in milliseconds of the wall clock.
    utc_ms: i64,
    /// Mean requests in it.
    requests: f64,
    /// Probability that a request in it fails.
    p: f64,
    /// Nothing can be scraped at its end.
    lost: bool,
}

impl Rules {
    /// Forgets everything, keeps the memory.
    pub fn clear(&mut self) {
        self.states.clear();
    }

    /// Scrape `k` of a rule's scope, and its evaluation if one is due: whether its alert begins to fire.
    pub fn scrape(
        &mut self,
        ctx: &mut Context,
        sight: Sight<'_>,
        sampler: &mut Sampler,
        (watch, k): (&mut WatchState, u64),
        rule: &RateRule,
    ) -> bool {
        // Nobody scraped while nobody listened: as before the first watch, the scope is taken to have been healthy.
        let goes_on = watch.datapoints.last_k().is_some_and(|last_k| last_k + 1 == k);
        let memory = match watch.memory.filter(|_| goes_on) {
            Some(memory) => memory,
            None => self.begin(ctx, sight, sampler, (watch, k), rule),
        };
        let look = Look::new(ctx, sight);
        let hour = look.hour_at(ctx.now_ms());
        let p = look.sign_probability(watch, hour);
        let lost = look.is_lost(watch) || look.is_scrape_lost(watch, k);
        let requests = look.requests(watch, hour);
        let interval = ScrapeInterval { utc_ms: ctx.utc_ms() as i64, requests, p, lost };
        let state = &mut self.states[memory];
        state.count(ctx, sampler, watch, rule, interval);
        watch.datapoints.pass(k);
        let is_due = k.is_multiple_of(rule.scrapes_per_evaluation) && !watch.is_warming_up(ctx.now_ms());
        let before = state.alert;
        if is_due {
            let is_true = state.scrapes.breaches(rule, interval.utc_ms);
            state.alert = before.evaluate(is_true, interval.utc_ms, rule);
            if before == Alert::Inactive && state.alert != Alert::Inactive {
                tell_breach(ctx, sight, watch, k);
            }
        }
        state.follow(ctx, watch, interval, is_due.then(|| state.alert.fires()));
        state.alert.fires() && !before.fires()
    }

    /// Draws the healthy past of the scope, as far back as the rule looks; says where the rule's memory is.
    fn begin(
        &mut self,
        ctx: &mut Context,
        sight: Sight<'_>,
        sampler: &mut Sampler,
        (watch, k): (&mut WatchState, u64),
        rule: &RateRule,
    ) -> usize {
        let background = ctx.plan.fleet.background_error_ratio;
        let errors = if background > 0.0 { LONG_AGO } else { 0 };
        let mut state = RuleState { errors, requests: LONG_AGO, ..RuleState::default() };
        let Alarm { period_ms, version, .. } = *ctx.alarm(watch.alarm);
        let scrapes = rule.longest_ms().div_ceil(period_ms);
        for back in (1..=scrapes as i64).rev() {
            let utc_ms = (k as i64 - back) * period_ms as i64;
            let hour = (utc_ms - 1).div_euclid(HOUR_MS as i64).rem_euclid(24) as usize;
            // Before the first host had it the new version served nobody.
            let requests = match version {
                Version::Any => ctx.model.series(watch.series).requests[hour],
                Version::New => 0.0,
            };
            let lost =
                k.checked_sub(back as u64).is_some_and(|k| Look::new(ctx, sight).is_scrape_lost(watch, k));
            let interval = ScrapeInterval { utc_ms, requests, p: background, lost };
            state.count(ctx, sampler, watch, rule, interval);
            state.follow(ctx, watch, interval, None);
        }
        self.states.push(state);
        watch.memory = Some(self.states.len() - 1);
        self.states.len() - 1
    }

    /// Whether the watch's alert fires, by its latest evaluation.
    pub fn fires(&self, watch: &WatchState) -> bool {
        watch.memory.is_some_and(|memory| self.states[memory].alert.fires())
    }

    /// Last evaluation by which the watch's alert is resolved for certain, once its scope is as always; none if it is
    /// resolved already.
    pub fn unresolved_until(&self, watch: &WatchState, rule: &RateRule, period_ms: u64) -> Option<u64> {
        let state = &self.states[watch.memory?];
        let longest_ms = rule.longest_ms() + rule.for_ms + rule.keep_firing_for_ms;
        let most = longest_ms.div_ceil(period_ms) + 2 * rule.scrapes_per_evaluation;
        let last_k = watch.datapoints.last_k()?;
        (state.alert != Alert::Inactive).then_some(last_k + most)
    }
}

impl RuleState {
    /// Adds what the counters grew by in a scrape interval.
    fn count(
        &mut self,
        ctx: &Context,
        sampler: &mut Sampler,
        watch: &WatchState,
        rule: &RateRule,
        ScrapeInterval { utc_ms, requests, p, lost }: ScrapeInterval,
    ) {
        let fleet = &ctx.plan.fleet;
        let entity = watch.scope.entity(fleet);
        let scope = match watch.scope {
            WatchedScope::OneBox(_) => mix(&[0, entity]),
            WatchedScope::Zone(_) => mix(&[1, entity]),
            WatchedScope::Region(_) => mix(&[2, entity]),
            WatchedScope::Service => 3,
        };
        let Alarm { period_ms, version, .. } = *ctx.alarm(watch.alarm);
        let key = match version {
            Version::Any => mix(&[scope, period_ms, utc_ms as u64]),
            // The new version has counters of its own.
            Version::New => mix(&[scope, period_ms, utc_ms as u64, 1]),
        };
        let mut draws = ctx.streams.stream(Purpose::Scrape, key);
        let (errors, requests) = sampler.draw(fleet.arrivals, requests, p, &mut draws);
        self.errors += errors;
        self.requests += requests;
        if !lost {
            let scrape = Scrape { at_ms: utc_ms, errors: self.errors, requests: self.requests };
            self.scrapes.push(scrape, rule.longest_ms());
        }
    }

    /// Shows the scrape to whoever follows alerts.
    fn follow(
        &self,
        ctx: &mut Context,
        watch: &WatchState,
        ScrapeInterval { utc_ms, lost, .. }: ScrapeInterval,
        firing: Option<bool>,
    ) {
        ctx.scraped(|| Scraped {
            alarm: watch.alarm,
            entity: watch.scope.number(),
            utc_ms,
            counters: (!lost).then_some((self.errors, self.requests)),
            firing,
        });
    }
}
