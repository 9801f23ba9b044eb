//! What a comparison looks at, in the words of the model: failing or slow requests, instances that are down or strained. It
//! writes no alarm.

use super::compare::Compare;
use super::flow::{first_number, is_flow, metric_of, quantile_label, ungrouped};
use super::query::{PromSeries, Promql};
use super::shape::{self, LimitTest, PromClause};
use super::sight::{
    AlertSight, DOWNED, ERRORED, PromReading, STRAINED, ShareLimit, WELL, exact, grain, hosts, other_label,
};
use super::words::{self, Kin};
use crate::import::draft::Ailment;

const DAY_S: f64 = 86_400.0;

/// What a clause looks at.
///
/// # Errors
/// Why there is nothing like it in the model.
pub(super) fn read(clause: &PromClause) -> Result<PromReading, String> {
    match clause {
        PromClause::Bare(expr) => bare(expr),
        PromClause::Absent(of, range_ms) => {
            beyond(&of.series())?;
            Ok(absent(of, *range_ms))
        }
        PromClause::LimitedValue(compared) => {
            let series = compared.core.series();
            beyond(&series)?;
            let too_few = matches!(compared.against, LimitTest::Below | LimitTest::AtMost);
            if !too_few && series.iter().any(|series| words::is_version(series)) {
                return Err(
                    "it looks at versions, and there are two of them while anything is rolled out".to_owned()
                );
            }
            let mut reading = Compare { compared, series }.read()?;
            reading.grain = grain(compared).unwrap_or(reading.grain);
            if let Some(label) = other_label(compared) {
                let told = format!(
                    "there is a series for each `{label}`, and here they are one: a fault of one alone is diluted"
                );
                if matches!(reading.sight, AlertSight::Failing { .. } | AlertSight::Slow { .. }) {
                    reading.approximated.push(told);
                }
            }
            Ok(reading)
        }
    }
}

fn beyond(series: &[&PromSeries]) -> Result<(), String> {
    words::beyond_rollouts(series).map_or(Ok(()), |why| Err(why.to_owned()))
}

fn bare(expr: &Promql) -> Result<PromReading, String> {
    beyond(&expr.series())?;
    if expr.series().is_empty() {
        return Err("it always fires, so that somebody notices when alerts do not arrive: a rollout would never begin".to_owned());
    }
    // A series that exists only while something is wrong: `kube_pod_failed_reason{...}`.
    let bad = expr.series().iter().any(|series| words::kin(series) == Kin::Bad || words::is_gone(series));
    if bad && !expr.calls(&["rate", "increase", "irate"]) {
        return Ok(hosts(ShareLimit::ANY, Ailment::Down, DOWNED));
    }
    Err("it has no limit: it fires as long as the series are there, whatever they say".to_owned())
}

/// No series at all.
fn absent(of: &Promql, range_ms: u64) -> PromReading {
    let series = of.series();
    let requests = series.first().is_some_and(|series| words::is_of_requests(&series.metric));
    if requests && of.calls(&["rate", "increase", "irate"]) {
        let window_ms = series.iter().filter_map(|series| series.range_ms).max().unwrap_or(0);
        return exact(AlertSight::Few { requests: 1, window_ms });
    }
    let sight = AlertSight::Hosts { share: ShareLimit::ALL, ailment: Ailment::Down, wait_ms: range_ms };
    PromReading {
        approximated: vec![
            "series are gone when what they are of is: it fires when all instances are down".to_owned(),
        ],
        ..exact(sight)
    }
}

impl Compare<'_> {
    fn read(&self) -> Result<PromReading, String> {
        let core = &self.compared.core;
        if core.calls(&[
            "hour",
            "minute",
            "day_of_week",
            "day_of_month",
            "month",
            "year",
            "days_in_month",
            "day_of_year",
        ]) {
            return Err("it depends on the calendar alone".to_owned());
        }
        if core.calls(&["predict_linear", "holt_winters", "double_exponential_smoothing"]) {
            return Err(
                "it predicts, and the model has no quantity whose course could be prolonged".to_owned()
            );
        }
        if core.calls(&["time", "timestamp"]) {
            return self.clock();
        }
        if core.calls(&["stddev_over_time", "stdvar_over_time"]) {
            return Err("it compares with the past, and the model has no such quantity".to_owned());
        }
        if self.series.iter().any(|series| series.is_past) {
            return self.past();
        }
        if self.series.is_empty() {
            return Err("it looks at no series".to_owned());
        }
        if let Some(window) = self.series.first().and_then(|series| words::recorded_window(&series.metric)) {
            return self.recorded(window);
        }
        if core.calls(&["histogram_quantile"]) {
            return self.quantile(first_number(core, "histogram_quantile"));
        }
        let quantile = self.series.iter().find_map(|series| quantile_label(series));
        let recorded = || self.series.iter().find_map(|series| words::recorded_quantile(&series.metric));
        if let Some(quantile) = quantile.or_else(recorded) {
            return self.quantile(Some(quantile));
        }
        let inner = ungrouped(core);
        match inner {
            Promql::Binary { op, left, right, .. } if op == "/" => {
                counted(left, right, self).unwrap_or_else(|| self.ratio(left, right))
            }
            _ => self.single(inner),
        }
    }

    /// An age, or what is left until an instant.
    fn clock(&self) -> Result<PromReading, String> {
        let core = ungrouped(&self.compared.core);
        let (limit, below) = (self.limit(), self.is_below());
        let from_time = matches!(core, Promql::Binary { op, left, .. } if op == "-" && left.calls(&["time"]));
        let start = ["process_start_time", "boot_time", "container_start_time", "uptime"];
        let starts = self.series.iter().any(|series| start.iter().any(|name| series.metric.contains(name)));
        if from_time && below && starts {
            return Ok(hosts(ShareLimit::ANY, Ailment::Down, DOWNED));
        }
        if from_time && !below && (0.0..=DAY_S).contains(&limit) && !starts {
            let sight = AlertSight::Hosts {
                share: ShareLimit::ANY,
                ailment: Ailment::Down,
                wait_ms: (limit * 1e3) as u64,
            };
            let told = "what has not happened for so long is taken for an instance that is down for so long"
                .to_owned();
            return Ok(PromReading { approximated: vec![told], ..exact(sight) });
        }
        if from_time && !below && limit > DAY_S {
            return Err(
                "it tells what has not happened for more than a day, which no rollout waits for".to_owned()
            );
        }
        Err("it compares with the clock: what runs out on its day does so whatever is rolled out".to_owned())
    }

    /// Now against then.
    fn past(&self) -> Result<PromReading, String> {
        let core = ungrouped(&self.compared.core);
        let limit = self.limit();
        if let Promql::Binary { op, left, right, .. } = core {
            let flows = is_flow(left) && is_flow(right);
            let then = right.series().iter().all(|series| series.is_past)
                && left.series().iter().all(|series| !series.is_past);
            let same = metric_of(left) == metric_of(right);
            let is_work = self.series.iter().all(|series| words::kin(series) != Kin::Bad);
            if op == "/" && flows && then && same && is_work && self.is_below() && limit > 0.0 && limit < 1.0
            {
                let told = "the past that it compares with is the curve of the day that you give".to_owned();
                let sight = AlertSight::Drop { below: limit, window_ms: self.window() };
                return Ok(PromReading { approximated: vec![told], ..exact(sight) });
            }
        }
        Err("it compares with the past, and the model has no such quantity".to_owned())
    }

    fn recorded(&self, window_ms: u64) -> Result<PromReading, String> {
        let success = self.series.iter().any(|series| {
            let words = words::words(&series.metric);
            words.iter().any(|word| word.starts_with("success") || word.starts_with("availab"))
        });
        if success == self.is_above() {
            return Err(WELL.to_owned());
        }
        Ok(exact(AlertSight::Failing { share: self.share(success)?, windows: vec![window_ms] }))
    }

    /// A quantile of durations against a duration.
    fn quantile(&self, quantile: Option<f64>) -> Result<PromReading, String> {
        let metric = self.series.first().map_or("", |series| series.metric.as_str());
        if words::is_inside(metric) || !self.is_above() {
            return Ok(hosts(ShareLimit::ANY, Ailment::Strain, STRAINED));
        }
        let quantile = quantile.filter(|quantile| *quantile > 0.0 && *quantile < 1.0).unwrap_or(0.5);
        let slow = ((1.0 - quantile) * 1e9).round() / 1e9;
        let sight =
            AlertSight::Slow { share: ShareLimit { limit: slow, at_least: false }, window_ms: self.window() };
        let told = "what counts as slow is by hand: `slow-ratio` of the defect says how many requests take longer than its limit";
        Ok(PromReading { approximated: vec![told.to_owned()], ..exact(sight) })
    }

    /// A single quantity against a number.
    fn single(&self, core: &Promql) -> Result<PromReading, String> {
        let first = self.series.first().copied();
        if self.series.iter().all(|series| words::is_probe(&series.metric)) {
            return self.probes();
        }
        match core {
            Promql::Group { op, of, .. } if op == "count" || op == "count_values" => self.count(of),
            Promql::Binary { op, .. } if op == "-" && !is_flow(core) => self.difference(),
            _ if is_flow(core) => self.flow(core),
            _ => self.gauge(first),
        }
    }

    fn probes(&self) -> Result<PromReading, String> {
        let codes = self.limit() > 1.0;
        if self.is_above() && !codes && !matches!(self.compared.against, LimitTest::IsNot) {
            return Err(WELL.to_owned());
        }
        let window_ms = self.window();
        // The last probe alone is well or not; the mean of many has a share.
        let share = if window_ms > 0 && self.is_below() && !codes {
            self.share(true)?
        } else {
            ShareLimit { limit: 0.5, at_least: false }
        };
        let told =
            "a probe takes the way of any request: how it is sent, and from how many places, is by hand";
        Ok(PromReading {
            approximated: vec![told.to_owned()],
            ..exact(AlertSight::Probes { share, window_ms })
        })
    }

    /// How many series there are.
    fn count(&self, of: &Promql) -> Result<PromReading, String> {
        let filtered = matches!(of, Promql::Binary { .. });
        if self.is_below() || matches!(self.compared.against, LimitTest::IsNot | LimitTest::Is) || filtered {
            let told = "how many there are is not said: it fires when an instance is down as you give it";
            return Ok(hosts(ShareLimit::ANY, Ailment::Down, told));
        }
        Ok(hosts(ShareLimit::ANY, Ailment::Strain, STRAINED))
    }

    /// What is there against what should be.
    fn difference(&self) -> Result<PromReading, String> {
        let there = self.series.iter().any(|series| words::is_of_instances(series));
        let ailment = if there || matches!(self.compared.against, LimitTest::IsNot) {
            Ailment::Down
        } else {
            Ailment::Strain
        };
        Ok(hosts(ShareLimit::ANY, ailment, if ailment == Ailment::Down { DOWNED } else { STRAINED }))
    }

    /// How much of something comes in a time.
    fn flow(&self, core: &Promql) -> Result<PromReading, String> {
        let Some(series) = self.series.first().copied() else {
            return Err("it looks at no series".to_owned());
        };
        let window_ms = self.window();
        let seconds = window_ms as f64 / 1e3;
        let of_window =
            if core.calls(&["rate", "irate", "deriv"]) { self.limit() * seconds } else { self.limit() };
        let names = words::words(&series.metric);
        let begins = |beginnings: &[&str]| {
            names.iter().any(|word| beginnings.iter().any(|known| word.starts_with(known)))
        };
        if words::is_free(series) {
            return self.gauge(Some(series));
        }
        let stops = self.is_below() || matches!(self.compared.against, LimitTest::Is) && self.limit() == 0.0;
        if stops {
            if words::kin(series) == Kin::Bad {
                return Err(WELL.to_owned());
            }
            if words::is_of_requests(&series.metric) && of_window < 1e15 {
                let requests = if self.is_below() && !self.includes_limit() {
                    of_window.ceil()
                } else {
                    of_window.floor() + 1.0
                };
                return Ok(exact(AlertSight::Few { requests: (requests as u64).max(1), window_ms }));
            }
            let told = "work that comes to a halt is taken for an instance that is down";
            return Ok(hosts(ShareLimit::ANY, Ailment::Down, told));
        }
        if begins(&["oom"]) {
            return Ok(hosts(ShareLimit::ANY, Ailment::Strain, STRAINED));
        }
        let comes_and_goes =
            (core.calls(&["changes", "resets"]) || begins(&["changes"])) && words::is_of_instances(series);
        if begins(&["restart", "crash"])
            || series.metric.contains("start_time")
            || comes_and_goes
            || core.calls(&["resets"])
        {
            return Ok(hosts(ShareLimit::ANY, Ailment::Down, DOWNED));
        }
        if words::kin(series) == Kin::Bad && !words::is_of_machines(&series.metric) {
            // Below one a second a service of some traffic has so many without any change.
            if words::is_of_requests(&series.metric) && of_window >= seconds && of_window < 1e15 {
                let at_least = if self.includes_limit() { of_window.ceil() } else { of_window.floor() + 1.0 };
                return Ok(exact(AlertSight::Failures { at_least: (at_least as u64).max(1), window_ms }));
            }
            return Ok(hosts(ShareLimit::ANY, Ailment::Errors, ERRORED));
        }
        let guard = self.limit() == 0.0;
        Ok(PromReading { is_guard: guard, ..hosts(ShareLimit::ANY, Ailment::Strain, STRAINED) })
    }
}

/// `count(up == 0) / count(up)`: instances at which a condition holds, among all.
fn counted(above: &Promql, below: &Promql, of: &Compare<'_>) -> Option<Result<PromReading, String>> {
    let (Promql::Group { op, of: condition, .. }, Promql::Group { op: all, .. }) = (above, below) else {
        return None;
    };
    if op != "count" || !matches!(all.as_str(), "count" | "sum") {
        return None;
    }
    let alternatives = shape::alternatives(condition).ok()?;
    let [shape::Alternative { clauses, .. }] = &alternatives[..] else { return None };
    let [clause @ PromClause::LimitedValue(_)] = &clauses[..] else { return None };
    let (ailment, told, of_rest) = match read(clause) {
        Ok(PromReading { sight: AlertSight::Hosts { ailment, .. }, approximated, .. }) => {
            (ailment, approximated, false)
        }
        Ok(_) => return None,
        // `count(up == 1) / count(up)`: those that are well.
        Err(_) => (Ailment::Down, Vec::new(), true),
    };
    if of_rest == of.is_above() {
        return Some(Err(WELL.to_owned()));
    }
    Some(of.share(of_rest).map(|share| {
        let sight = AlertSight::Hosts { share, ailment, wait_ms: 0 };
        PromReading { approximated: told, ..exact(sight) }
    }))
}
