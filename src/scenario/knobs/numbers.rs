//! The numbers of knobs: what kind a written value is, how far it may be turned, and in which steps.

use crate::scenario::value::{Duration, Percent};
use serde::Serialize;
use toml::de::{DeTable, DeValue};

/// Steps between the ends of a knob, about.
pub(super) const STEPS: f64 = 40.0;
/// Knobs turn so many times as far as what is written.
pub(super) const FAR: f64 = 4.0;

pub(super) const MINUTE: f64 = 60_000.0;
/// Steps of durations, in milliseconds.
pub(super) const DURATION_STEPS: [f64; 16] = [
    1.0,
    100.0,
    1_000.0,
    5_000.0,
    10_000.0,
    30_000.0,
    MINUTE,
    5.0 * MINUTE,
    10.0 * MINUTE,
    15.0 * MINUTE,
    30.0 * MINUTE,
    60.0 * MINUTE,
    120.0 * MINUTE,
    360.0 * MINUTE,
    720.0 * MINUTE,
    1_440.0 * MINUTE,
];
/// Steps of shares, in hundred-millionths of a percent: whole numbers, so that they divide exactly.
pub(super) const SHARE_STEPS: [f64; 12] = [1.0, 1e3, 1e5, 5e5, 1e6, 5e6, 1e7, 2.5e7, 5e7, 1e8, 2.5e8, 5e8];
/// The whole in these.
pub(super) const SHARE_UNITS: f64 = 1e10;
/// What the number of a knob counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KnobKind {
    /// Milliseconds.
    Duration,
    /// A share of 1, written as a percentage.
    Share,
    /// Whole things, such as hosts.
    Count,
    /// A number without a unit.
    Number,
    /// One of some words, by its number from 0.
    Choice,
}

/// Where a number may lie.
#[derive(Clone, Copy)]
pub(super) struct KnobEnds {
    /// The least.
    pub low: f64,
    /// The most.
    pub high: f64,
}

/// From nothing on.
pub(super) const FROM_NOTHING: KnobEnds = KnobEnds { low: 0.0, high: f64::INFINITY };
/// More than nothing.
pub(super) const ABOVE_NOTHING: KnobEnds = KnobEnds { low: f64::MIN_POSITIVE, high: f64::INFINITY };

/// The number that a value is written as; none for what is none.
pub(super) fn number(keys: &DeTable<'_>, key: &str) -> Option<(KnobKind, f64)> {
    match keys.get(key)?.get_ref() {
        DeValue::Integer(count) => {
            let count: u64 = count.as_str().parse().ok()?;
            Some((KnobKind::Count, count as f64))
        }
        DeValue::Float(number) => {
            let number: f64 = number.as_str().parse().ok()?;
            (number.is_finite() && number > 0.0).then_some((KnobKind::Number, number))
        }
        DeValue::String(text) => {
            let share = Percent::parse(text).map(|share| (KnobKind::Share, share.as_f64()));
            share.or_else(|| Some((KnobKind::Duration, Duration::parse(text).ok()?.ms as f64)))
        }
        _ => None,
    }
}

/// So far around a number that nobody limits otherwise.
pub(super) fn far(ends: KnobEnds, now: Option<(KnobKind, f64)>) -> KnobEnds {
    let Some((kind, now)) = now else { return ends };
    let high = match kind {
        // A bake of nothing can become one of some hours.
        KnobKind::Duration if now == 0.0 => 120.0 * MINUTE,
        KnobKind::Duration => (now * FAR).min(Duration::MAX_MS as f64),
        KnobKind::Share => (now * FAR).min(1.0),
        KnobKind::Count | KnobKind::Number | KnobKind::Choice => (now * FAR).max(1.0),
    };
    let low = if ends.low > 0.0 { now / FAR } else { 0.0 };
    KnobEnds { low, high: ends.high.min(high).max(now) }
}

/// The largest step that divides `now` and leaves enough of them between the ends, and the ends in whole steps around it.
pub(super) fn steps(known: &[f64], ends: KnobEnds, now: f64) -> (f64, f64, f64) {
    let fits = |step: &&f64| now % **step == 0.0 && (ends.high - ends.low) / **step >= STEPS;
    let step = known.iter().rev().find(fits).copied().unwrap_or(known[0]);
    let (mut below, above) = (((now - ends.low) / step).floor(), ((ends.high - now) / step).floor());
    if now - below * step < ends.low {
        below -= 1.0;
    }
    (now - below.max(0.0) * step, now + above.max(0.0) * step, step)
}
