//! An alarm from a condition: what its clauses look at, as keys of the scenario. It reads no document.

use super::query::Promql;
use super::reading;
use super::shape::{self, Alternative};
use super::sight::{AlertSight, Grain, PromReading, ShareLimit};
use crate::import::desk::Desk;
use crate::import::draft::{Ailment, DraftTable, DraftValue, duration, inline, share, text, texts, whole};
use crate::import::provenance::Provenance;
use crate::import::time::SECOND;
use crate::import::tools::judged::{Judged, Timing};

/// Datapoints of an alarm at most.
const MOST_DATAPOINTS: u64 = 64;

/// Times between scrapes, the likeliest first.
const SCRAPES: [u64; 6] = [30 * SECOND, 15 * SECOND, 10 * SECOND, 5 * SECOND, 2 * SECOND, SECOND];

/// Keys that say what an alarm looks at.
pub(super) const SIGNALS: [&str; 8] = [
    "rate-ratio",
    "error-ratio",
    "slow-ratio",
    "error-count",
    "absent",
    "request-drop",
    "synthetic",
    "impaired-hosts",
];

/// Requests that fewer than are asked for at most.
const MOST_REQUESTS: u64 = 1_000_000_000_000;

/// Who asks, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asker {
    /// Prometheus, as a rule that it evaluates.
    Rule,
    /// Another tool, with each check.
    Check,
}

/// The alarms for a condition: any of them.
///
/// # Errors
/// Why there is nothing like it in the model.
pub(super) fn of_condition(expr: &Promql, timing: Timing, asker: Asker) -> Result<Vec<Judged>, String> {
    let alternatives = shape::alternatives(expr)?;
    let (mut all, mut refusals): (Vec<Judged>, Vec<String>) = (Vec::new(), Vec::new());
    for alternative in &alternatives {
        match of_alternative(alternative, timing, asker) {
            Ok(judged) if all.iter().any(|known| same(known, &judged)) => {}
            Ok(judged) => all.push(judged),
            Err(why) => refusals.push(why),
        }
    }
    match (all.first_mut(), refusals.first()) {
        (None, why) => Err(why.cloned().unwrap_or_else(|| "it has no condition".to_owned())),
        (Some(_), None) => Ok(all),
        (Some(first), Some(why)) => {
            first.approximated.push(format!("one of its alternatives is not there: {why}"));
            Ok(all)
        }
    }
}

/// Whether two alarms look at the same.
fn same(one: &Judged, other: &Judged) -> bool {
    one.ailment == other.ailment && one.table == other.table
}

fn of_alternative(alternative: &Alternative, timing: Timing, asker: Asker) -> Result<Judged, String> {
    let readings: Vec<Result<PromReading, String>> = alternative.clauses.iter().map(reading::read).collect();
    let guards_only = |reading: &&PromReading| !reading.is_guard;
    let understood: Vec<&PromReading> = readings.iter().filter_map(|reading| reading.as_ref().ok()).collect();
    let refused = readings.iter().find_map(|reading| reading.as_ref().err());
    let chosen = understood.iter().copied().filter(guards_only).min_by_key(|reading| reading.sight.rank());
    let chosen = match (chosen, refused) {
        (Some(chosen), _) => chosen,
        (None, Some(why)) => return Err(why.clone()),
        (None, None) => match understood.first() {
            Some(only) => only,
            None => return Err("it has no condition".to_owned()),
        },
    };
    let mut reading = chosen.clone();
    if longest_ms(&reading.sight) > crate::scenario::Duration::MAX_MS {
        return Err("it looks at more than ten years".to_owned());
    }
    let mut others = 0;
    for other in understood.iter().filter(|other| !std::ptr::eq(**other, chosen)) {
        if !joined(&mut reading, other) && !other.is_guard && !is_of_traffic(other) {
            others += 1;
        }
    }
    if others > 0 || alternative.has_exceptions || refused.is_some() {
        reading.approximated.push(
            "its other conditions are not asked: it fires where they would have held it back, too".to_owned(),
        );
    }
    Ok(Spelling { timing, asker }.build(reading))
}

/// The longest time that is looked at, in milliseconds.
fn longest_ms(sight: &AlertSight) -> u64 {
    match sight {
        AlertSight::Failing { windows, .. } => windows.iter().max().copied().unwrap_or(0),
        AlertSight::Slow { window_ms, .. }
        | AlertSight::Failures { window_ms, .. }
        | AlertSight::Few { window_ms, .. }
        | AlertSight::Drop { window_ms, .. }
        | AlertSight::Probes { window_ms, .. }
        | AlertSight::Hosts { wait_ms: window_ms, .. } => *window_ms,
    }
}

/// Whether what another condition looks at is in this one, too: the same limit over another window.
fn joined(reading: &mut PromReading, other: &PromReading) -> bool {
    match (&mut reading.sight, &other.sight) {
        (
            AlertSight::Failing { share, windows },
            AlertSight::Failing { share: other_share, windows: others },
        ) if (share.limit - other_share.limit).abs() < 1e-9 => {
            windows.extend(
                others.iter().filter(|window| !windows.contains(window)).copied().collect::<Vec<_>>(),
            );
            windows.sort_unstable_by(|one, other| other.cmp(one));
            true
        }
        _ => false,
    }
}

/// Whether a condition only asks for some traffic.
fn is_of_traffic(reading: &PromReading) -> bool {
    matches!(reading.sight, AlertSight::Few { .. })
}

struct Spelling {
    timing: Timing,
    asker: Asker,
}

impl Spelling {
    fn build(&self, reading: PromReading) -> Judged {
        let PromReading { sight, grain, mut approximated, .. } = reading;
        let mut table = DraftTable::default();
        let scope = match grain {
            Grain::Zone => "zone",
            Grain::Region => "region",
            Grain::Service | Grain::Instance => "service",
        };
        table.set("scope", text(scope), Provenance::Plain);
        let ailment = match &sight {
            AlertSight::Failing { .. } | AlertSight::Failures { .. } | AlertSight::Probes { .. } => {
                Ailment::Errors
            }
            AlertSight::Slow { .. } => Ailment::Slow,
            AlertSight::Few { .. } | AlertSight::Drop { .. } => Ailment::Down,
            AlertSight::Hosts { ailment, .. } => *ailment,
        };
        if grain == Grain::Instance && matches!(sight, AlertSight::Failing { .. } | AlertSight::Slow { .. }) {
            table.set("version", text("new"), Provenance::Plain);
            approximated.push(
                "each instance is looked at by itself: here those of the new version together".to_owned(),
            );
        }
        if matches!(sight, AlertSight::Few { .. } | AlertSight::Drop { .. }) {
            let told = "requests stay away only with a defect that has a `drop-ratio`: give it one";
            approximated.push(told.to_owned());
        }
        match sight {
            AlertSight::Failing { share, mut windows } => {
                windows.retain(|window| *window > 0);
                self.failing(&mut table, share, &windows, &mut approximated);
            }
            AlertSight::Slow { share, window_ms } => {
                table.set("slow-ratio", inline([limit(share)]), Provenance::Plain);
                self.over(&mut table, window_ms, &mut approximated);
            }
            AlertSight::Failures { at_least, window_ms } => {
                table.set("error-count", inline([("at-least", whole(at_least))]), Provenance::Plain);
                self.over(&mut table, window_ms, &mut approximated);
            }
            AlertSight::Few { requests, window_ms } => {
                let least = whole(requests.min(MOST_REQUESTS));
                table.set("absent", inline([("min-requests", least)]), Provenance::Plain);
                self.over(&mut table, window_ms, &mut approximated);
            }
            AlertSight::Drop { below, window_ms } => {
                table.set("request-drop", inline([("below", share(below))]), Provenance::Plain);
                self.over(&mut table, window_ms, &mut approximated);
            }
            AlertSight::Probes { share, window_ms } => {
                let probes = (window_ms / self.timing.period_ms.max(1)).clamp(1, 100);
                table.set("synthetic", inline([("probes", whole(probes)), limit(share)]), Provenance::Plain);
                self.over(&mut table, window_ms, &mut approximated);
            }
            AlertSight::Hosts { share, wait_ms, .. } => {
                table.set("impaired-hosts", inline([limit(share)]), Provenance::Plain);
                let timing = Timing { for_ms: self.timing.for_ms.saturating_add(wait_ms), ..self.timing };
                datapoints(&mut table, timing, &mut approximated);
            }
        }
        if self.timing.keep_ms > 0 && !table.has("rate-ratio") {
            approximated.push("it does not go on firing once it is over".to_owned());
        }
        Judged { table, ailment, approximated }
    }

    /// The ratio of failing requests, as a rule or with each check.
    fn failing(
        &self,
        table: &mut DraftTable,
        at: ShareLimit,
        windows: &[u64],
        approximated: &mut Vec<String>,
    ) {
        let shortest = windows.iter().min().copied().unwrap_or(0);
        let scrape = scrape(shortest, self.timing.period_ms);
        let (Asker::Rule, Some(scrape)) = (self.asker, scrape) else {
            table.set("error-ratio", inline([limit(at)]), Provenance::Plain);
            datapoints(table, self.timing, approximated);
            if shortest != self.timing.period_ms {
                approximated.push(
                    "it looks at the requests since it was asked last, and not at its own window".to_owned(),
                );
            }
            return;
        };
        let mut keys: Vec<(&str, DraftValue)> = vec![limit(at)];
        keys.push(("windows", written_windows(windows)));
        keys.push(("scrape", duration(scrape)));
        rule_times(&mut keys, self.timing);
        table.set("rate-ratio", inline(keys), Provenance::Plain);
        table.set("period", duration(self.timing.period_ms), Provenance::Plain);
    }

    /// A datapoint over a window: as often as the window is long, and for no time at all one each time it is asked.
    fn over(&self, table: &mut DraftTable, window_ms: u64, approximated: &mut Vec<String>) {
        let timing = match self.timing.for_ms {
            0 if window_ms > self.timing.period_ms => Timing { period_ms: window_ms, ..self.timing },
            _ => self.timing,
        };
        if window_ms > 0 && window_ms != self.timing.period_ms {
            let each = crate::import::time::written(timing.period_ms);
            approximated.push(format!("its window does not slide: it looks at {each} after {each}"));
        }
        datapoints(table, timing, approximated);
    }
}

/// The likeliest time between scrapes of which two are in a window, and some in the time between evaluations.
pub(super) fn scrape(window_ms: u64, period_ms: u64) -> Option<u64> {
    SCRAPES.into_iter().find(|scrape| 2 * scrape <= window_ms && period_ms.is_multiple_of(*scrape))
}

/// Says that nobody knows how often Prometheus scrapes, which decides what a window holds.
pub(super) fn ask_for_scrape(desk: &Desk<'_>) {
    desk.by_hand(
        "scrape",
        "how often Prometheus scrapes the service: no rule says it, and half a minute is usual",
    );
}

/// The windows, as a list of durations.
pub(super) fn written_windows(windows: &[u64]) -> DraftValue {
    let words: Vec<String> = windows.iter().map(|window| crate::import::time::written(*window)).collect();
    texts(words.iter().map(String::as_str))
}

/// How long a rule waits before it fires, and goes on.
pub(super) fn rule_times(keys: &mut Vec<(&str, DraftValue)>, timing: Timing) {
    if timing.for_ms > 0 {
        keys.push(("for", duration(timing.for_ms)));
    }
    if timing.keep_ms > 0 {
        keys.push(("keep-firing-for", duration(timing.keep_ms)));
    }
}

fn limit(at: ShareLimit) -> (&'static str, DraftValue) {
    (if at.at_least { "at-least" } else { "above" }, share(at.limit))
}

/// A condition that must hold for a time holds at its first evaluation and at each until the time is over.
fn datapoints(table: &mut DraftTable, timing: Timing, approximated: &mut Vec<String>) {
    let (period_ms, all) = evaluations(timing);
    if period_ms != timing.period_ms {
        let each = crate::import::time::written(period_ms);
        approximated
            .push(format!("it has to hold for so long that it is asked for less often, every {each}"));
    }
    table.set("period", duration(period_ms), Provenance::Plain);
    if all > 1 {
        table.set("datapoints", text(&format!("{all} of {all}")), Provenance::Plain);
    }
}

/// The time between evaluations, and how many in a row must find the condition: as many as a scenario can have, each a
/// whole number of the rule's own.
fn evaluations(timing: Timing) -> (u64, u64) {
    let own = timing.period_ms.max(1);
    let waits = timing.for_ms.div_ceil(own);
    let most = MOST_DATAPOINTS - 1;
    if waits <= most {
        return (own, waits + 1);
    }
    let least = waits.div_ceil(most);
    // A part that divides the time, if there is one near.
    let step = (least..least.saturating_mul(2))
        .take(1_000)
        .find(|step| waits.is_multiple_of(*step))
        .unwrap_or(least);
    (own.saturating_mul(step), waits.div_ceil(step) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_as_many_evaluations_as_prometheus_needs() {
        let of = |period_ms, for_ms| evaluations(Timing { period_ms, for_ms, keep_ms: 0 });
        let minute = 60 * SECOND;
        assert_eq!(of(minute, 0), (minute, 1));
        assert_eq!(of(minute, 5 * minute), (minute, 6));
        assert_eq!(of(2 * minute, 5 * minute), (2 * minute, 4));
        assert_eq!(of(minute, 60 * minute), (minute, 61));
        assert_eq!(of(minute, 6 * 60 * minute), (6 * minute, 61));
        assert_eq!(of(minute, 7 * 24 * 60 * minute), (160 * minute, 64));
        assert!(of(1, u64::MAX).1 <= MOST_DATAPOINTS);
    }
}
