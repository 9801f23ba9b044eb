//! Rules over rates in a rollout: what is scraped of their scope, and when their alerts fire. What a rule makes of
//! its scrapes is in `promql`.
//!
//! Alarms over the same scope that are scraped as often read the same counters. Before a rule is watched its scope
//! was healthy and its alert inactive.

use super::deploy::NONE;
use super::promql::{Alert, Scrape, Scrapes};
use super::trace::{Observer, Scraped};
use super::trial::Trial;
use super::watch::Watch;
use crate::plan::{HOUR_MS, RateRule, Scope};
use crate::random::{Purpose, mix};

/// Counters have run for so long that `rate()` never takes them for new ones; still exact as floats. Without any
/// background errors, those of errors are really 0.
const LONG_AGO: u64 = 1 << 50;

/// What a rule over one scope remembers.
#[derive(Debug, Clone, Default)]
pub(super) struct RuleState {
    scrapes: Scrapes,
    /// Counters so far, also while nothing can be scraped.
    errors: u64,
    requests: u64,
    alert: Alert,
}

impl<O: Observer> Trial<'_, O> {
    /// Scrape `k` of a rule's scope, and its evaluation if one is due.
    pub(super) fn scrape(&mut self, watch: u32, k: u64) {
        if self.buffers.watches[watch as usize].memory == NONE {
            self.begin_scraping(watch, k);
        }
        let plan = self.plan;
        let Watch { alarm, memory, .. } = self.buffers.watches[watch as usize];
        let Some(rule) = plan.alarms[alarm as usize].rate_rule() else { return };
        let hour = self.hour_at(self.now_ms);
        let p = self.sign_probability(watch, hour);
        let utc_ms = (self.start_utc_ms + self.now_ms) as i64;
        let lost = self.is_lost(watch);
        self.count(watch, utc_ms, hour, p, lost);
        self.buffers.watches[watch as usize].last_k = k;
        let is_due = k.is_multiple_of(rule.scrapes_per_evaluation);
        if is_due {
            self.evaluate_rule(watch, rule, utc_ms);
        }
        let firing = is_due.then(|| self.buffers.alerts[memory as usize].alert.fires());
        self.follow(watch, utc_ms, lost, firing);
    }

    fn evaluate_rule(&mut self, watch: u32, rule: &RateRule, utc_ms: i64) {
        let memory = self.buffers.watches[watch as usize].memory;
        let state = &mut self.buffers.alerts[memory as usize];
        let is_true = state.scrapes.breaches(rule, utc_ms);
        let before = state.alert;
        let after = before.evaluate(is_true, utc_ms, rule);
        state.alert = after;
        if before == Alert::Inactive && after != Alert::Inactive {
            self.observe_breach(watch);
        }
        if after.fires() && !before.fires() && self.listening() {
            self.publish(watch);
        }
    }

    /// Draws the healthy past of the scope, as far back as the rule looks.
    fn begin_scraping(&mut self, watch: u32, k: u64) {
        let plan = self.plan;
        let memory = self.buffers.alerts.len() as u32;
        let background = plan.fleet.background_error_ratio;
        let errors = if background > 0.0 { LONG_AGO } else { 0 };
        self.buffers.alerts.push(RuleState { errors, requests: LONG_AGO, ..RuleState::default() });
        self.buffers.watches[watch as usize].memory = memory;
        let alarm = self.definition(watch);
        let Some(rule) = alarm.rate_rule() else { return };
        let (period_ms, scrapes) = (alarm.period_ms as i64, rule.longest_ms().div_ceil(alarm.period_ms));
        for back in (1..=scrapes as i64).rev() {
            let utc_ms = (k as i64 - back) * period_ms;
            let hour = (utc_ms - 1).div_euclid(HOUR_MS as i64).rem_euclid(24) as usize;
            self.count(watch, utc_ms, hour, background, false);
            self.follow(watch, utc_ms, false, None);
        }
    }

    /// Adds what the counters grew by in the scrape interval that ends at `utc_ms`.
    fn count(&mut self, watch: u32, utc_ms: i64, hour: usize, p: f64, lost: bool) {
        let plan = self.plan;
        let Watch { alarm, entity, series, memory, .. } = self.buffers.watches[watch as usize];
        let alarm = &plan.alarms[alarm as usize];
        let fleet = &plan.fleet;
        let scope = match alarm.scope {
            Scope::OneBox => mix(&[0, fleet.zones[entity as usize].entity]),
            Scope::Zone => mix(&[1, fleet.zones[entity as usize].entity]),
            Scope::Region => mix(&[2, fleet.regions[entity as usize].entity]),
            Scope::Service => 3,
        };
        let key = mix(&[scope, alarm.period_ms, utc_ms as u64]);
        let mut luck = self.streams.stream(Purpose::Scrape, key);
        let mean = self.model.series(series).requests[hour];
        let (errors, requests) = self.buffers.sampler.draw(fleet.arrivals, mean, p, &mut luck);
        let state = &mut self.buffers.alerts[memory as usize];
        state.errors += errors;
        state.requests += requests;
        if let (false, Some(rule)) = (lost, alarm.rate_rule()) {
            let scrape = Scrape { at_ms: utc_ms, errors: state.errors, requests: state.requests };
            state.scrapes.push(scrape, rule.longest_ms());
        }
    }

    /// Tells an observer that follows alerts.
    fn follow(&mut self, watch: u32, utc_ms: i64, lost: bool, firing: Option<bool>) {
        if O::FOLLOWS_ALERTS {
            let Watch { alarm, entity, memory, .. } = self.buffers.watches[watch as usize];
            let state = &self.buffers.alerts[memory as usize];
            let counters = (!lost).then_some((state.errors, state.requests));
            self.observer.scraped(Scraped { alarm, entity, utc_ms, counters, firing });
        }
    }

    /// After the trial, for an observer that follows alerts: until each is resolved, or as long as a window lasts
    /// after it could have been.
    pub(super) fn follow_alerts(&mut self) {
        if !O::FOLLOWS_ALERTS {
            return;
        }
        let ended_ms = self.now_ms;
        for watch in 0..self.buffers.watches.len() as u32 {
            let Watch { memory, last_k, .. } = self.buffers.watches[watch as usize];
            let alarm = self.definition(watch);
            let Some(rule) = alarm.rate_rule().filter(|_| memory != NONE) else { continue };
            let longest_ms = rule.longest_ms() + rule.for_ms + rule.keep_firing_for_ms;
            let most = longest_ms.div_ceil(alarm.period_ms) + 2 * rule.scrapes_per_evaluation;
            for k in last_k + 1..=last_k + most {
                if self.buffers.alerts[memory as usize].alert == Alert::Inactive {
                    break;
                }
                self.now_ms = self.evaluation_ms(watch, k).unwrap_or(self.now_ms);
                self.scrape(watch, k);
            }
        }
        self.now_ms = ended_ms;
    }
}
