//! What an alarm looks at, as read off an expression, a metric or a test of a tool: the common form for all of them.

use crate::import::draft::{Ailment, DraftTable, duration, inline, text};
use crate::import::provenance::Provenance;
use crate::import::time;

/// Signals that do not decide by single datapoints.
const NO_DATAPOINTS: [&str; 8] =
    ["rate-ratio", "burn-rate", "any-of", "all-of", "score", "canary", "detection-delay", "absent"];

/// When a condition is asked for, and how long it must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Timing {
    /// Milliseconds from one evaluation to the next.
    pub period_ms: u64,
    /// Milliseconds that the condition must hold before the alarm fires; 0: at the first evaluation.
    pub for_ms: u64,
    /// Milliseconds that it goes on firing once the condition is over.
    pub keep_ms: u64,
}

/// An alarm's keys, but for its name.
#[derive(Debug, Clone)]
pub(super) struct Judged {
    /// Scope, signal, period and datapoints.
    pub table: DraftTable,
    /// What it is a sign of.
    pub ailment: Ailment,
    /// In what it is not as it was; empty where it is exact.
    pub approximated: Vec<String>,
}

impl Judged {
    /// Whether it decides by single datapoints, which may be missing, and which can be checks of a gate.
    pub fn has_datapoints(&self) -> bool {
        NO_DATAPOINTS.iter().all(|signal| !self.table.has(signal))
    }
}

impl Timing {
    /// Asked for each `period_ms`, and it counts at once.
    pub fn each(period_ms: u64) -> Self {
        Self { period_ms, for_ms: 0, keep_ms: 0 }
    }
}

/// As what a gate checks together with others: one datapoint a period of `timing`.
///
/// # Errors
/// Where it does not decide by single datapoints.
pub(super) fn as_check(mut judged: Judged, timing: Timing) -> Result<Judged, String> {
    if !judged.has_datapoints() {
        return Err("it does not decide by single datapoints".to_owned());
    }
    let period = duration(timing.period_ms);
    let known = judged.table.value("period").map(ToString::to_string);
    if known.is_some_and(|known| known != period.to_string()) {
        judged.approximated.push(format!("it is asked each {}", time::written(timing.period_ms)));
    }
    judged.table.remove("datapoints");
    judged.table.set("period", period, Provenance::implied("a check at each tick"));
    Ok(judged)
}

/// A test of which nobody can tell from outside what it looks at: a job, a script, a call to a service. That it is asked
/// and how often is kept; how likely it fails is to be given.
pub(super) fn opaque(timing: Timing) -> Judged {
    let mut table = DraftTable::default();
    table.set("scope", text("region"), Provenance::Plain);
    let chance = inline([("healthy", text("0%")), ("impaired", text("100%"))]);
    table.set(
        "breach-probability",
        chance,
        Provenance::hand("how likely it fails while all are well, and while one is not"),
    );
    table.set("period", duration(timing.period_ms), Provenance::Plain);
    Judged { table, ailment: Ailment::Errors, approximated: Vec::new() }
}
