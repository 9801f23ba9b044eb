//! What a comparison looks at, in the words of the model: failing or slow requests, instances that are down or strained. It
//! writes no alarm.

use super::query::{Labelled, PromSeries, Promql};
use super::shape::{self, Against, Compared, PromClause};
use super::words::{self, Kin};
use crate::import::draft::Ailment;

const DAY_S: f64 = 86_400.0;

/// What an alert looks at.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Sight {
    /// Failing requests among all.
    Failing {
        /// The share at which it breaches.
        share: ShareLimit,
        /// The windows in milliseconds.
        windows: Vec<u64>,
    },
    /// Slow requests among all.
    Slow {
        /// The share at which it breaches.
        share: ShareLimit,
        /// The window in milliseconds; 0: what is known now.
        window_ms: u64,
    },
    /// So many failing requests in a window.
    Failures {
        /// How many.
        at_least: u64,
        /// The window in milliseconds.
        window_ms: u64,
    },
    /// Fewer requests than this in a window.
    Few {
        /// How many would be enough.
        requests: u64,
        /// The window in milliseconds.
        window_ms: u64,
    },
    /// Fewer requests than there were before.
    Drop {
        /// Below this share of them.
        below: f64,
        /// The window in milliseconds.
        window_ms: u64,
    },
    /// Probes that fail.
    Probes {
        /// The share at which it breaches.
        share: ShareLimit,
        /// The window in milliseconds; 0: the last probe.
        window_ms: u64,
    },
    /// Instances with an ailment.
    Hosts {
        /// The share at which it breaches.
        share: ShareLimit,
        /// What ails them.
        ailment: Ailment,
        /// Milliseconds that it takes until it shows.
        wait_ms: u64,
    },
}

/// A limit on a share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ShareLimit {
    /// 0 to 1.
    pub limit: f64,
    /// Whether the limit itself breaches.
    pub at_least: bool,
}

/// Of whom there is a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Grain {
    /// Of each instance.
    Instance,
    /// Of each zone.
    Zone,
    /// Of each region.
    Region,
    /// Of the service.
    Service,
}

/// What a comparison looks at, and in what that is not quite it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PromReading {
    /// What it looks at.
    pub sight: Sight,
    /// Of whom there is a series.
    pub grain: Grain,
    /// What is not as it was, in sentences.
    pub approximated: Vec<String>,
    /// Whether it only keeps another condition from holding without cause: `and traffic > 0`.
    pub is_guard: bool,
}

impl ShareLimit {
    /// Any at all.
    pub(super) const ANY: Self = Self { limit: 0.0, at_least: false };
    /// All of them.
    pub(super) const ALL: Self = Self { limit: 1.0, at_least: true };
}

impl Sight {
    /// How well it tells what it is about: of several that must hold together the least is taken.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::Failing { .. } => 0,
            Self::Slow { .. } => 1,
            Self::Failures { .. } => 2,
            Self::Drop { .. } | Self::Probes { .. } => 3,
            Self::Hosts { share, .. } if *share != ShareLimit::ANY => 4,
            Self::Hosts { .. } => 5,
            Self::Few { .. } => 6,
        }
    }
}

const WELL: &str = "it fires while all is well";
const STRAINED: &str = "what it measures is not in the model: it fires when an instance has the ailment that you give, for so long as it waits";
const DOWNED: &str = "it fires when an instance is down as you give it, for so long as it waits";
const ERRORED: &str = "how many errors there are of this kind is not in the model: it fires when an instance has the defect that you give";

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
        PromClause::Compared(compared) => {
            let series = compared.core.series();
            beyond(&series)?;
            let too_few = matches!(compared.against, Against::Below | Against::AtMost);
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
                if matches!(reading.sight, Sight::Failing { .. } | Sight::Slow { .. }) {
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
        return exact(Sight::Few { requests: 1, window_ms });
    }
    let sight = Sight::Hosts { share: ShareLimit::ALL, ailment: Ailment::Down, wait_ms: range_ms };
    PromReading {
        approximated: vec![
            "series are gone when what they are of is: it fires when all instances are down".to_owned(),
        ],
        ..exact(sight)
    }
}

fn exact(sight: Sight) -> PromReading {
    PromReading { sight, grain: Grain::Service, approximated: Vec::new(), is_guard: false }
}

fn hosts(share: ShareLimit, ailment: Ailment, told: &str) -> PromReading {
    let sight = Sight::Hosts { share, ailment, wait_ms: 0 };
    PromReading { approximated: vec![told.to_owned()], ..exact(sight) }
}

/// A comparison with the series that are in it.
struct Compare<'c> {
    compared: &'c Compared,
    series: Vec<&'c PromSeries>,
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
            Promql::Binary { op, left, right, .. } if op == "/" => self.ratio(left, right),
            _ => self.single(inner),
        }
    }

    fn limit(&self) -> f64 {
        self.compared.limit
    }

    /// Whether it is about too much, and not about too little.
    fn is_above(&self) -> bool {
        matches!(self.compared.against, Against::Above | Against::AtLeast | Against::IsNot)
    }

    fn is_below(&self) -> bool {
        matches!(self.compared.against, Against::Below | Against::AtMost)
    }

    fn includes_limit(&self) -> bool {
        matches!(self.compared.against, Against::AtLeast | Against::AtMost | Against::Is)
    }

    fn window(&self) -> u64 {
        self.series.iter().filter_map(|series| series.range_ms).max().unwrap_or(0)
    }

    /// A limit on a share, of which a comparison speaks as of its rest where `of_rest`.
    fn share(&self, of_rest: bool) -> Result<ShareLimit, String> {
        let limit = if of_rest { 1.0 - self.limit() } else { self.limit() };
        // 1 - 0.99 is not 0.01.
        let limit = (limit * 1e12).round() / 1e12;
        let at_least = self.includes_limit();
        if !(0.0..=1.0).contains(&limit) || limit == 1.0 && !at_least {
            return Err(format!("a share is never beyond {}: it does not fire", 100.0 * self.limit()) + " %");
        }
        if limit == 0.0 && at_least {
            return Err(WELL.to_owned());
        }
        Ok(ShareLimit { limit, at_least })
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
            let sight = Sight::Hosts {
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
                let sight = Sight::Drop { below: limit, window_ms: self.window() };
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
        Ok(exact(Sight::Failing { share: self.share(success)?, windows: vec![window_ms] }))
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
            Sight::Slow { share: ShareLimit { limit: slow, at_least: false }, window_ms: self.window() };
        let told = "what counts as slow is by hand: `slow-ratio` of the defect says how many requests take longer than its limit";
        Ok(PromReading { approximated: vec![told.to_owned()], ..exact(sight) })
    }

    fn ratio(&self, above: &Promql, below: &Promql) -> Result<PromReading, String> {
        if let Some(reading) = counted(above, below, self) {
            return reading;
        }
        let (above_metric, below_metric) = (metric_of(above), metric_of(below));
        let ends = |metric: &str, ends: &[&str]| ends.iter().any(|end| metric.ends_with(end));
        if is_flow(above) && is_flow(below) {
            if ends(&above_metric, &["_sum", "_seconds_total", "_time_total", "_ms_total", "_time"])
                && !above_metric.contains("cpu")
                && (ends(&below_metric, &["_count", "_total"]))
                && stem(&above_metric) != below_metric
                && above_metric != below_metric
            {
                return self.average(&above_metric);
            }
            if above_metric.ends_with("_bucket") {
                return self.buckets(&above_metric);
            }
            return self.flows(above, below);
        }
        if self.limit() == 1.0
            && self.is_above()
            && self.series.iter().all(|series| words::is_of_instances(series))
        {
            return Ok(hosts(ShareLimit::ANY, Ailment::Down, DOWNED));
        }
        // Gauges: of what there is so much is used, or left.
        let capacity = below.series().iter().any(|series| words::is_capacity(&series.metric));
        if capacity
            && matches!(self.compared.against, Against::Above | Against::AtLeast)
            && !self.is_of_rest(above)
        {
            return Ok(hosts(ShareLimit::ANY, Ailment::Strain, STRAINED));
        }
        if matches!(self.compared.against, Against::IsNot) {
            return Ok(hosts(ShareLimit::ANY, Ailment::Down, DOWNED));
        }
        if self.series.iter().all(|series| words::is_up(&series.metric)) {
            return Ok(exact(Sight::Hosts { share: self.share(true)?, ailment: Ailment::Down, wait_ms: 0 }));
        }
        self.gauge(above.series().first().copied())
    }

    /// Whether it is what is left of something.
    fn is_of_rest(&self, above: &Promql) -> bool {
        above.series().first().is_some_and(|series| words::is_free(series))
    }

    /// A mean duration against a duration.
    fn average(&self, metric: &str) -> Result<PromReading, String> {
        if words::is_inside(metric) || !self.is_above() {
            return Ok(hosts(ShareLimit::ANY, Ailment::Strain, STRAINED));
        }
        let sight =
            Sight::Slow { share: ShareLimit { limit: 0.5, at_least: false }, window_ms: self.window() };
        let told = "a mean is taken for a median: it fires when more than half of the requests are slow, and what counts as slow is by hand";
        Ok(PromReading { approximated: vec![told.to_owned()], ..exact(sight) })
    }

    /// Requests of a bucket among all: those that are fast enough.
    fn buckets(&self, metric: &str) -> Result<PromReading, String> {
        if words::is_inside(metric) {
            return Ok(hosts(ShareLimit::ANY, Ailment::Strain, STRAINED));
        }
        if self.is_above() {
            return Err("it fires while requests are fast".to_owned());
        }
        Ok(exact(Sight::Slow { share: self.share(true)?, window_ms: self.window() }))
    }

    /// One flow among another.
    fn flows(&self, above: &Promql, below: &Promql) -> Result<PromReading, String> {
        let mut of_buckets =
            self.series.iter().filter(|series| series.metric.ends_with("_bucket")).peekable();
        let buckets = of_buckets.peek().is_some();
        if buckets && !of_buckets.all(|series| words::is_timed(&series.metric)) {
            return Ok(hosts(ShareLimit::ANY, Ailment::Strain, STRAINED));
        }
        let kin = flow_kin(above, below);
        let machines = self.series.iter().any(|series| words::is_of_machines(&series.metric));
        let is_share = self.limit() <= 1.0 && (kin != Kin::Either || buckets);
        if machines || !is_share || kin == Kin::Either {
            if kin == Kin::Bad && self.is_below() || kin == Kin::Good && self.is_above() {
                return Err(WELL.to_owned());
            }
            return Ok(hosts(ShareLimit::ANY, Ailment::Strain, STRAINED));
        }
        let is_all = matches!(self.compared.against, Against::Is)
            && self.limit() == if kin == Kin::Bad { 1.0 } else { 0.0 };
        if !is_all && (kin == Kin::Bad && !self.is_above() || kin == Kin::Good && self.is_above()) {
            return Err(WELL.to_owned());
        }
        let mut windows: Vec<u64> = self.series.iter().filter_map(|series| series.range_ms).collect();
        windows.sort_unstable();
        windows.dedup();
        let mut reading = exact(Sight::Failing {
            share: self.share(kin == Kin::Good)?,
            windows: windows.last().copied().into_iter().collect(),
        });
        if windows.len() > 1 {
            reading.approximated.push(
                "failed and all requests are counted over different times: here both over the longest"
                    .to_owned(),
            );
        }
        if self.compared.core.calls(&["irate"]) {
            reading.approximated.push(
                "`irate` looks at the last two scrapes of the window only: here the whole window counts"
                    .to_owned(),
            );
        }
        if buckets {
            reading
                .approximated
                .push("requests that are too slow count as failed there, and are not seen here".to_owned());
        }
        if !has_group(&self.compared.core) {
            reading.grain = Grain::Instance;
        }
        Ok(reading)
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
        if self.is_above() && !codes && !matches!(self.compared.against, Against::IsNot) {
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
        Ok(PromReading { approximated: vec![told.to_owned()], ..exact(Sight::Probes { share, window_ms }) })
    }

    /// How many series there are.
    fn count(&self, of: &Promql) -> Result<PromReading, String> {
        let filtered = matches!(of, Promql::Binary { .. });
        if self.is_below() || matches!(self.compared.against, Against::IsNot | Against::Is) || filtered {
            let told = "how many there are is not said: it fires when an instance is down as you give it";
            return Ok(hosts(ShareLimit::ANY, Ailment::Down, told));
        }
        Ok(hosts(ShareLimit::ANY, Ailment::Strain, STRAINED))
    }

    /// What is there against what should be.
    fn difference(&self) -> Result<PromReading, String> {
        let there = self.series.iter().any(|series| words::is_of_instances(series));
        let ailment = if there || matches!(self.compared.against, Against::IsNot) {
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
        let stops = self.is_below() || matches!(self.compared.against, Against::Is) && self.limit() == 0.0;
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
                return Ok(exact(Sight::Few { requests: (requests as u64).max(1), window_ms }));
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
                return Ok(exact(Sight::Failures { at_least: (at_least as u64).max(1), window_ms }));
            }
            return Ok(hosts(ShareLimit::ANY, Ailment::Errors, ERRORED));
        }
        let guard = self.limit() == 0.0;
        Ok(PromReading { is_guard: guard, ..hosts(ShareLimit::ANY, Ailment::Strain, STRAINED) })
    }

    /// What something is now.
    fn gauge(&self, first: Option<&PromSeries>) -> Result<PromReading, String> {
        let Some(series) = first.or_else(|| self.series.first().copied()) else {
            return Err("it looks at no series".to_owned());
        };
        let (limit, against) = (self.limit(), self.compared.against);
        if words::is_up(&series.metric) || up_like(series) {
            if let Some(reading) = self.up(series) {
                return reading;
            }
        }
        let free = words::is_free(series);
        let idle = "it fires while there is little to do, which is no harm that a rollout does";
        if free && self.is_above() && !words::is_of_instances(series) {
            if limit == 0.0 {
                return Ok(PromReading {
                    is_guard: true,
                    ..hosts(ShareLimit::ANY, Ailment::Strain, STRAINED)
                });
            }
            return Err(idle.to_owned());
        }
        if !free && self.is_below() && words::is_used(&series.metric) {
            return Err(idle.to_owned());
        }
        if words::is_time(&series.metric)
            && !words::is_inside(&series.metric)
            && self.is_above()
            && limit > 0.0
        {
            return self.average(&series.metric);
        }
        let strained = words::is_of_strain(series);
        let too_much = matches!(against, Against::Above | Against::AtLeast);
        if too_much && words::is_of_errors(series) && !words::is_of_machines(&series.metric) {
            return Ok(hosts(ShareLimit::ANY, Ailment::Errors, ERRORED));
        }
        let down = match against {
            Against::Is | Against::IsNot => !strained,
            Against::Below | Against::AtMost => !free && !strained,
            Against::Above | Against::AtLeast => words::is_gone(series),
        };
        let is_guard = limit == 0.0 && !down && (too_much || matches!(against, Against::IsNot));
        let (ailment, told) = if down { (Ailment::Down, DOWNED) } else { (Ailment::Strain, STRAINED) };
        Ok(PromReading { is_guard, ..hosts(ShareLimit::ANY, ailment, told) })
    }

    /// 1 for each that is well.
    fn up(&self, series: &PromSeries) -> Option<Result<PromReading, String>> {
        let limit = self.limit();
        let core = &self.compared.core;
        let op = match core {
            Promql::Group { op, .. } => op.as_str(),
            _ => "",
        };
        let told = if series.metric == "up" { Vec::new() } else { vec![DOWNED.to_owned()] };
        let share = match (op, self.compared.against) {
            ("avg", Against::Below | Against::AtMost) | ("", Against::Below | Against::AtMost)
                if core.calls(&["avg_over_time"]) || op == "avg" =>
            {
                match self.share(true) {
                    Ok(share) if op == "avg" => share,
                    Ok(_) => ShareLimit::ANY,
                    Err(why) => return Some(Err(why)),
                }
            }
            (_, Against::Is) if limit == 1.0 && words::is_up(&series.metric) && op.is_empty() => {
                return Some(Err(WELL.to_owned()));
            }
            (_, Against::Above | Against::AtLeast | Against::IsNot)
                if words::is_up(&series.metric)
                    && (limit != 1.0 || self.compared.against != Against::IsNot) =>
            {
                return Some(Err(WELL.to_owned()));
            }
            ("sum" | "max" | "avg", Against::Is) if limit == 0.0 => ShareLimit::ALL,
            ("sum", Against::Below) if limit == 1.0 => ShareLimit::ALL,
            ("" | "min", Against::Is) if limit == 0.0 => ShareLimit::ANY,
            ("" | "min", Against::IsNot) if limit == 1.0 => ShareLimit::ANY,
            ("" | "min", Against::Below) if limit <= 1.0 && limit > 0.0 => ShareLimit::ANY,
            _ => return None,
        };
        let sight = Sight::Hosts { share, ailment: Ailment::Down, wait_ms: 0 };
        Some(Ok(PromReading { approximated: told, ..exact(sight) }))
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
    let [clause @ PromClause::Compared(_)] = &clauses[..] else { return None };
    let (ailment, told, of_rest) = match read(clause) {
        Ok(PromReading { sight: Sight::Hosts { ailment, .. }, approximated, .. }) => {
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
        let sight = Sight::Hosts { share, ailment, wait_ms: 0 };
        PromReading { approximated: told, ..exact(sight) }
    }))
}

/// Whether a series is 1 while an instance is well, by a name that says so.
fn up_like(series: &PromSeries) -> bool {
    let names = words::words(&series.metric);
    names.iter().any(|word| ["healthy", "alive", "reachable", "online", "connected"].contains(&word.as_str()))
}

fn quantile_label(series: &PromSeries) -> Option<f64> {
    let label = series.matchers.iter().find(|matcher| matcher.label == "quantile" && !matcher.is_negated)?;
    label.value.parse().ok()
}

fn first_number(expr: &Promql, function: &str) -> Option<f64> {
    match expr {
        Promql::Call { name, args } if name == function => args.first().and_then(shape::constant),
        _ => expr.parts().into_iter().find_map(|part| first_number(part, function)),
    }
}

/// Without the aggregations around it, but for those that count.
fn ungrouped(expr: &Promql) -> &Promql {
    match expr {
        Promql::Group { op, of, .. } if op != "count" && op != "count_values" => ungrouped(of),
        _ => expr,
    }
}

fn has_group(expr: &Promql) -> bool {
    matches!(expr, Promql::Group { .. }) || expr.parts().into_iter().any(has_group)
}

/// Whether it is how much comes in a time: a rate, or sums and differences of rates.
fn is_flow(expr: &Promql) -> bool {
    match expr {
        Promql::Call { name, args } => {
            let flows = ["rate", "irate", "increase", "delta", "idelta", "deriv", "changes", "resets"];
            flows.contains(&name.as_str()) || args.iter().any(is_flow)
        }
        Promql::Group { of, .. } | Promql::Over { of, .. } => is_flow(of),
        Promql::Binary { op, left, right, .. } => match op.as_str() {
            "+" | "-" | "*" | "or" | "and" | "unless" | ">" | ">=" => is_flow(left) || is_flow(right),
            _ => false,
        },
        Promql::Number(_) | Promql::Text | Promql::Series(_) => false,
    }
}

fn metric_of(expr: &Promql) -> String {
    expr.series().first().map_or_else(String::new, |series| series.metric.clone())
}

/// A metric without what says its unit.
fn stem(metric: &str) -> &str {
    metric.trim_end_matches("_total").trim_end_matches("_sum").trim_end_matches("_count")
}

/// Whether the flow above the line is what fails of the one below, or what does not.
fn flow_kin(above: &Promql, below: &Promql) -> Kin {
    // `all - good` is what fails.
    if let Promql::Binary { op, right, .. } = ungrouped(above) {
        if op == "-" {
            return match kin_of(right) {
                Kin::Bad => Kin::Good,
                Kin::Good | Kin::Either => Kin::Bad,
            };
        }
    }
    match (kin_of(above), kin_of(below)) {
        (Kin::Bad, _) => Kin::Bad,
        (Kin::Good, _) => Kin::Good,
        (Kin::Either, _) => Kin::Either,
    }
}

fn kin_of(expr: &Promql) -> Kin {
    let all = expr.series();
    let kins = || all.iter().map(|series| words::kin(series));
    if kins().any(|kin| kin == Kin::Bad) {
        Kin::Bad
    } else if kins().any(|kin| kin == Kin::Good) {
        Kin::Good
    } else {
        Kin::Either
    }
}

/// The labels that the comparison and the outermost aggregations keep.
fn labels(compared: &Compared) -> Vec<&String> {
    let mut all: Vec<&String> = compared.kept.iter().filter_map(kept).flatten().collect();
    let mut expr = &compared.core;
    loop {
        match expr {
            Promql::Group { labels, .. } => {
                all.extend(kept(labels).into_iter().flatten());
                return all;
            }
            // Both sides of a ratio keep the same.
            Promql::Binary { left, .. } => expr = left,
            Promql::Call { args, .. } => match args.iter().find(|arg| !arg.series().is_empty()) {
                Some(arg) => expr = arg,
                None => return all,
            },
            Promql::Number(_) | Promql::Text | Promql::Series(_) | Promql::Over { .. } => return all,
        }
    }
}

fn kept(labels: &Labelled) -> Option<&Vec<String>> {
    match labels {
        Labelled::By(labels) => Some(labels),
        Labelled::Nothing | Labelled::Without(_) => None,
    }
}

/// The finest of whom an aggregation keeps a series.
fn grain(compared: &Compared) -> Option<Grain> {
    let of = |label: &&String| {
        if words::is_instance_label(label) {
            Grain::Instance
        } else if words::is_zone_label(label) {
            Grain::Zone
        } else if words::is_region_label(label) {
            Grain::Region
        } else {
            Grain::Service
        }
    };
    labels(compared).iter().map(of).min()
}

/// A label that tells requests of one service apart.
fn other_label(compared: &Compared) -> Option<&String> {
    let known = |label: &str| {
        words::is_instance_label(label)
            || words::is_zone_label(label)
            || words::is_region_label(label)
            || words::is_service_label(label)
    };
    labels(compared).into_iter().find(|label| !known(label))
}
