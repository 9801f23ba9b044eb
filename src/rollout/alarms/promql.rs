//! An alerting rule over rates as Prometheus 3 evaluates it: what `rate()` says of a scraped counter, and when an
//! alert is pending, firing and resolved. It knows no scope and draws nothing.
//!
//! Source: Prometheus, `promql/functions.go` (`extrapolatedRate`) and `rules/alerting.go` (`Eval`), version 3. The
//! floating-point operations are in the same order, so that a ratio at the limit falls on the same side.

use crate::plan::{Comparison, RateRule};
use std::collections::VecDeque;

/// Counters as one scrape found them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scrape {
    /// When, in milliseconds of the wall clock.
    pub at_ms: i64,
    /// Requests that failed so far.
    pub errors: u64,
    /// Requests so far.
    pub requests: u64,
}

/// How close to the end of the window a sample must be for the rate to be carried on to it, in mean distances
/// between samples.
const CLOSE: f64 = 1.1;

/// A counter's samples in a window, as far as `rate()` looks at those of one that never restarts: the first and the last,
/// each with its instant, and how many there are.
#[derive(Clone, Copy)]
struct Samples {
    first: (i64, u64),
    last: (i64, u64),
    count: usize,
}

/// Growth a second of a counter over the samples of a window that ends at `now_ms`; none with fewer than two samples.
///
/// The growth between the first and the last sample is carried on to both ends of the window: all the way where a
/// sample is close to the end, by half the mean distance where it is not, and never back past the time at which the
/// counter would have been 0.
fn rate(samples: Samples, now_ms: i64, window_ms: u64) -> Option<f64> {
    let Samples { first: (first_ms, first), last: (last_ms, last), count } = samples;
    if count < 2 {
        return None;
    }
    let growth = last as f64 - first as f64;
    let sampled = (last_ms - first_ms) as f64 / 1000.0;
    let mean_distance = sampled / (count - 1) as f64;
    let mut to_start = (first_ms - (now_ms - window_ms as i64)) as f64 / 1000.0;
    let mut to_end = (now_ms - last_ms) as f64 / 1000.0;
    if to_start >= mean_distance * CLOSE {
        to_start = mean_distance / 2.0;
    }
    if growth > 0.0 {
        let to_zero = sampled * (first as f64 / growth);
        if to_zero < to_start {
            to_start = to_zero;
        }
    }
    if to_end >= mean_distance * CLOSE {
        to_end = mean_distance / 2.0;
    }
    let mut factor = (sampled + to_start + to_end) / sampled;
    factor /= window_ms as f64 / 1000.0;
    Some(growth * factor)
}

/// Scrapes as far back as a rule looks.
#[derive(Debug, Clone, Default)]
pub struct Scrapes {
    samples: VecDeque<Scrape>,
}

impl Scrapes {
    /// Adds the latest, and forgets those that a window of `longest_ms` does not reach any more.
    pub fn push(&mut self, scrape: Scrape, longest_ms: u64) {
        let oldest_ms = scrape.at_ms - longest_ms as i64;
        while self.samples.front().is_some_and(|first| first.at_ms <= oldest_ms) {
            self.samples.pop_front();
        }
        self.samples.push_back(scrape);
    }

    /// Whether the rule's ratio is over its limit in all of its windows. A window holds what is younger than its
    /// length: the sample at its very start is outside (since version 3).
    pub fn breaches(&self, rule: &RateRule, now_ms: i64) -> bool {
        rule.windows_ms.iter().all(|&window_ms| {
            // Without two samples, or without requests (0 / 0), there is nothing to compare.
            self.ratio(now_ms, window_ms).is_some_and(|ratio| match rule.comparison {
                Comparison::Above => ratio > rule.threshold,
                Comparison::AtLeast => ratio >= rule.threshold,
            })
        })
    }

    fn ratio(&self, now_ms: i64, window_ms: u64) -> Option<f64> {
        let oldest_ms = now_ms - window_ms as i64;
        let first = self.samples.partition_point(|sample| sample.at_ms <= oldest_ms);
        let count = self.samples.len() - first;
        let (oldest, latest) = (self.samples.get(first)?, self.samples.back()?);
        let rate_of = |of: fn(&Scrape) -> u64| {
            let (first, last) = ((oldest.at_ms, of(oldest)), (latest.at_ms, of(latest)));
            rate(Samples { first, last, count }, now_ms, window_ms)
        };
        let (errors, requests) = (rate_of(|scrape| scrape.errors)?, rate_of(|scrape| scrape.requests)?);
        Some(errors / requests)
    }
}

/// What an alert is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Alert {
    /// Neither pending nor firing.
    #[default]
    Inactive,
    /// The expression has been true since this instant, not yet for long enough.
    Pending { since_ms: i64 },
    /// It fires. If the expression is not true any more, since when.
    Firing { false_since_ms: Option<i64> },
}

impl Alert {
    /// The alert after an evaluation at `now_ms` that found the expression true or not.
    pub fn evaluate(self, is_true: bool, now_ms: i64, rule: &RateRule) -> Self {
        let since_ms = match (self, is_true) {
            (Self::Firing { .. }, true) => return Self::Firing { false_since_ms: None },
            (Self::Firing { false_since_ms }, false) => {
                let since_ms = false_since_ms.unwrap_or(now_ms);
                let kept = rule.keep_firing_for_ms > 0 && now_ms - since_ms < rule.keep_firing_for_ms as i64;
                return if kept { Self::Firing { false_since_ms: Some(since_ms) } } else { Self::Inactive };
            }
            (Self::Inactive | Self::Pending { .. }, false) => return Self::Inactive,
            (Self::Inactive, true) => now_ms,
            (Self::Pending { since_ms }, true) => since_ms,
        };
        if now_ms - since_ms >= rule.for_ms as i64 {
            Self::Firing { false_since_ms: None }
        } else {
            Self::Pending { since_ms }
        }
    }

    /// Whether it fires.
    pub fn fires(self) -> bool {
        matches!(self, Self::Firing { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rate of a counter's samples.
    fn rate(samples: &[(i64, u64)], now_ms: i64, window_ms: u64) -> Option<f64> {
        let (first, last) = (*samples.first()?, *samples.last()?);
        super::rate(Samples { first, last, count: samples.len() }, now_ms, window_ms)
    }

    fn rule(windows_ms: &[u64], threshold: f64, for_ms: u64, keep_firing_for_ms: u64) -> RateRule {
        RateRule {
            windows_ms: windows_ms.to_vec(),
            threshold,
            comparison: Comparison::Above,
            scrapes_per_evaluation: 1,
            for_ms,
            keep_firing_for_ms,
        }
    }

    fn close(actual: Option<f64>, expected: f64) {
        let actual = actual.unwrap();
        assert!((actual - expected).abs() < 1e-12 * expected.abs().max(1.0), "{actual} not {expected}");
    }

    #[test]
    fn growth_is_carried_on_to_both_ends_of_the_window() {
        // One a second, scraped every 30 s over 5 minutes: the window holds ten samples, 30 s from its start.
        let samples: Vec<(i64, u64)> = (1..=10).map(|i| (i * 30_000, 1000 + i as u64 * 30)).collect();
        close(rate(&samples, 300_000, 300_000), 1.0);
        // The last sample 20 s before the end is close: carried on. The same rate.
        close(rate(&samples, 320_000, 300_000), (270.0 + 10.0 + 20.0) / 300.0);
        // 40 s before the end is not: half a distance only.
        close(rate(&samples[..9], 310_000, 300_000), (240.0 + 20.0 + 15.0) / 300.0);
        // Close is up to a tenth more than a distance: 32 s before the end is carried on, 34 s is not.
        close(rate(&samples[1..], 332_000, 300_000), (240.0 + 28.0 + 32.0) / 300.0);
        close(rate(&samples[1..], 334_000, 300_000), (240.0 + 26.0 + 15.0) / 300.0);
        // A first sample far from the start: half a distance too.
        close(rate(&samples[4..], 300_000, 300_000), (150.0 + 15.0) / 300.0);
    }

    #[test]
    fn a_counter_is_not_carried_back_past_zero() {
        // It grows by 90 in 90 s from 10: it was 0 ten seconds before its first sample, not thirty.
        let samples = [(30_000, 10), (60_000, 40), (90_000, 70), (120_000, 100)];
        close(rate(&samples, 120_000, 120_000), 90.0 * (90.0 + 10.0) / 90.0 / 120.0);
    }

    #[test]
    fn one_sample_says_nothing() {
        assert_eq!(rate(&[(0, 5)], 0, 60_000), None);
        assert_eq!(rate(&[], 0, 60_000), None);
    }

    #[test]
    fn a_window_is_open_to_the_left() {
        // Version 3: with scrapes and window of one minute there is one sample in it, which says nothing.
        let mut scrapes = Scrapes::default();
        for i in 0..10 {
            let scrape = Scrape { at_ms: i * 60_000, errors: 50 * i as u64, requests: 100 * i as u64 };
            scrapes.push(scrape, 120_000);
        }
        assert!(!scrapes.breaches(&rule(&[60_000], 0.1, 0, 0), 540_000));
        assert!(scrapes.breaches(&rule(&[60_001], 0.1, 0, 0), 540_000));
        assert_eq!(scrapes.samples.len(), 2, "what no window reaches is forgotten");
    }

    #[test]
    fn all_windows_must_be_over_the_limit() {
        let mut scrapes = Scrapes::default();
        // Nothing fails for an hour, then all does for three minutes.
        let mut errors = 0;
        for i in 0..=63_i64 {
            errors += if i > 60 { 100 } else { 0 };
            scrapes
                .push(Scrape { at_ms: i * 60_000, errors, requests: 1_000_000 + 100 * i as u64 }, 3_600_000);
        }
        let now_ms = 63 * 60_000;
        assert!(scrapes.breaches(&rule(&[300_000], 0.5, 0, 0), now_ms));
        assert!(scrapes.breaches(&rule(&[3_600_000, 300_000], 0.04, 0, 0), now_ms));
        assert!(!scrapes.breaches(&rule(&[3_600_000, 300_000], 0.06, 0, 0), now_ms));
    }

    #[test]
    fn no_requests_are_no_breach() {
        let mut scrapes = Scrapes::default();
        for i in 0..5 {
            scrapes.push(Scrape { at_ms: i * 60_000, errors: 7, requests: 100 }, 300_000);
        }
        assert!(!scrapes.breaches(&rule(&[300_000], 0.0, 0, 0), 240_000), "0 / 0 is not above 0");
    }

    /// States by minute: 1 if the expression is true; `.` inactive, `p` pending, `F` firing.
    fn states(truth: &str, for_min: u64, keep_min: u64) -> String {
        let rule = rule(&[60_000], 0.0, for_min * 60_000, keep_min * 60_000);
        let mut alert = Alert::default();
        let step = |(i, value): (usize, char)| {
            alert = alert.evaluate(value == '1', i as i64 * 60_000, &rule);
            match alert {
                Alert::Inactive => '.',
                Alert::Pending { .. } => 'p',
                Alert::Firing { .. } => 'F',
            }
        };
        truth.chars().enumerate().map(step).collect()
    }

    #[test]
    fn alerts_wait_and_linger() {
        assert_eq!(states("0110", 0, 0), ".FF.");
        assert_eq!(states("011110", 2, 0), ".ppFF.");
        // A gap starts the wait afresh.
        assert_eq!(states("0110111", 2, 0), ".pp.ppF");
        // It goes on firing for two minutes after the first evaluation that was not true.
        assert_eq!(states("0100000", 0, 2), ".FFF...");
        // True again in the meantime: as if nothing had been.
        assert_eq!(states("01001000", 0, 2), ".FFFFFF.");
    }
}
