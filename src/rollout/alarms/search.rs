//! When an alarm breaches next: the search over its evaluation lattice.
//!
//! Between changes of its scope an alarm costs nothing: the next datapoint that could breach is drawn
//! (see `candidates`), thinned by its true probability, and scheduled. `Engine::exhaustive` decides
//! each datapoint by itself instead, and must agree. Nothing here schedules anything or moves any state.

use super::candidates;
use super::signal::{BreachMemo, Look};
use super::watch::WatchState;
use crate::plan::HOUR_MS;

/// Hours searched in one go when an impaired scope's datapoints cannot breach.
const SEARCH_HOURS: usize = 48;

/// What the search found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextBreach {
    /// This evaluation breaches, and none before it, as things stand.
    At(u64),
    /// None so far; the search goes on from this instant.
    SearchOn(u64),
    /// None while the watch is open and its scope does not change.
    Never,
}

/// The watch's next breach from evaluation `from_k` on.
pub fn next_breach(look: Look, memo: &mut BreachMemo, watch: &WatchState, mut from_k: u64) -> NextBreach {
    for _ in 0..SEARCH_HOURS {
        let Some(from_ms) = evaluation_ms(look, watch, from_k).filter(|at_ms| watch.is_open_at(*at_ms))
        else {
            return NextBreach::Never;
        };
        let (envelope, last_k) = self::envelope(look, memo, watch, from_k, from_ms);
        if is_certain(envelope, last_k) {
            return NextBreach::At(from_k);
        }
        if let Some(k) = first_breach(look, memo, watch, envelope, from_k, last_k) {
            return NextBreach::At(k);
        }
        match last_k {
            Some(last_k) => from_k = last_k + 1,
            None => return NextBreach::Never,
        }
    }
    evaluation_ms(look, watch, from_k).map_or(NextBreach::Never, NextBreach::SearchOn)
}

/// Decides evaluation `k`, of now, by itself: what the search must agree with.
pub fn breaches_now(look: Look, memo: &mut BreachMemo, watch: &WatchState, k: u64) -> bool {
    let (envelope, last_k) = envelope(look, memo, watch, k, look.ctx().now_ms());
    is_certain(envelope, last_k) || first_breach(look, memo, watch, envelope, k, Some(k)) == Some(k)
}

/// When evaluation `k` of the watch happens.
#[inline]
pub fn evaluation_ms(look: Look, watch: &WatchState, k: u64) -> Option<u64> {
    watch.evaluation_ms(look.alarm(watch), look.ctx().start_utc_ms, k)
}

/// A bound on the breach probability from evaluation `from_k` on, and the last evaluation it
/// holds for: a whole day's for a healthy scope, that of the hour for an impaired one.
fn envelope(
    look: Look,
    memo: &mut BreachMemo,
    watch: &WatchState,
    from_k: u64,
    from_ms: u64,
) -> (f64, Option<u64>) {
    if look.is_calm(watch) {
        return (look.ctx().model.series(watch.series).healthy_envelope, None);
    }
    let start_utc_ms = look.ctx().start_utc_ms;
    let absolute_ms = (start_utc_ms + from_ms).saturating_sub(1);
    let hour_end_ms = (absolute_ms / HOUR_MS + 1) * HOUR_MS - start_utc_ms;
    let last_k = watch.first_evaluation(look.alarm(watch), start_utc_ms, hour_end_ms + 1) - 1;
    (look.breach_probability(memo, watch, from_ms), Some(last_k.max(from_k)))
}

/// Whether the next evaluation breaches for certain: the bound of an impaired scope is its probability, that of a healthy
/// one is the largest of the day.
fn is_certain(envelope: f64, last_k: Option<u64>) -> bool {
    envelope >= 1.0 && last_k.is_some()
}

/// The first breach among evaluations `from_k ..= last_k`.
fn first_breach(
    look: Look,
    memo: &mut BreachMemo,
    watch: &WatchState,
    envelope: f64,
    from_k: u64,
    last_k: Option<u64>,
) -> Option<u64> {
    if envelope <= 0.0 {
        return None;
    }
    let level = candidates::level_of(envelope);
    let mut k = from_k;
    loop {
        let candidate = candidates::next(&look.ctx().streams, watch.stream_entity, level, k)?;
        let at_ms = evaluation_ms(look, watch, candidate.k).filter(|at_ms| watch.is_open_at(*at_ms))?;
        if last_k.is_some_and(|last_k| candidate.k > last_k) {
            return None;
        }
        if candidate.uniform < look.breach_probability(memo, watch, at_ms) {
            return Some(candidate.k);
        }
        k = candidate.k + 1;
    }
}
