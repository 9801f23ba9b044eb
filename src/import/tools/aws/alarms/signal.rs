//! What a metric, a statistic and a limit look at, as a signal of the scenario. It reads no file.

use super::metrics::MetricMeaning;
use crate::import::draft::{Ailment, DraftValue, inline, share, whole};

/// How the values of a period become one.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum MetricStatistic {
    Sum,
    Average,
    Minimum,
    Maximum,
    SampleCount,
    /// A percentile, such as 99.9.
    Percentile(f64),
    /// Another, as written.
    Other(String),
}

/// When a value breaches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct AlarmLimit {
    /// Whether above it, and not below.
    pub above: bool,
    /// Whether the limit itself breaches.
    pub inclusive: bool,
    /// The limit.
    pub value: f64,
}

/// A signal.
#[derive(Debug, Clone)]
pub(super) struct AlarmSignal {
    /// Its key.
    pub key: &'static str,
    /// Its value.
    pub value: DraftValue,
    /// What it is a sign of.
    pub ailment: Ailment,
    /// In what it is not as it was.
    pub approximated: Vec<String>,
    /// How many failed requests breach, where it counts them.
    pub counts: Option<u64>,
}

/// Reads a statistic.
pub(super) fn statistic(text: &str) -> MetricStatistic {
    match text {
        "Sum" => MetricStatistic::Sum,
        "Average" => MetricStatistic::Average,
        "Minimum" => MetricStatistic::Minimum,
        "Maximum" => MetricStatistic::Maximum,
        "SampleCount" => MetricStatistic::SampleCount,
        _ => {
            let number = text.strip_prefix('p').and_then(|number| number.parse::<f64>().ok());
            number
                .filter(|number| (0.0..=100.0).contains(number))
                .map_or_else(|| MetricStatistic::Other(text.to_owned()), MetricStatistic::Percentile)
        }
    }
}

/// Reads a comparison.
pub(super) fn comparison(text: &str) -> Option<(bool, bool)> {
    match text {
        "GreaterThanThreshold" => Some((true, false)),
        "GreaterThanOrEqualToThreshold" => Some((true, true)),
        "LessThanThreshold" => Some((false, false)),
        "LessThanOrEqualToThreshold" => Some((false, true)),
        _ => None,
    }
}

impl AlarmLimit {
    /// The word for a limit that a value is over.
    fn word(self) -> &'static str {
        if self.inclusive { "at-least" } else { "above" }
    }

    /// The smallest whole number that is over it.
    fn least(self) -> u64 {
        let least = if self.inclusive { self.value.ceil() } else { self.value.floor() + 1.0 };
        least.clamp(1.0, 1e12) as u64
    }
}

fn ratio(key: &'static str, limit: AlarmLimit, of: f64, ailment: Ailment) -> Result<AlarmSignal, String> {
    if of > 1.0 || of >= 1.0 && !limit.inclusive {
        return Err("its limit is more than all of them: it never fires".to_owned());
    }
    let value = inline([(limit.word(), share(of.max(0.0)))]);
    Ok(AlarmSignal { key, value, ailment, approximated: Vec::new(), counts: None })
}

impl AlarmSignal {
    fn but(mut self, how: impl Into<String>) -> Self {
        self.approximated.push(how.into());
        self
    }
}

/// The signal of a metric of `hosts` hosts.
///
/// # Errors
/// Why there is none.
pub(super) fn of_metric(
    reads: MetricMeaning,
    statistic: &MetricStatistic,
    limit: AlarmLimit,
    hosts: u64,
) -> Result<AlarmSignal, String> {
    let wrong_way = || {
        let way = if limit.above { "much" } else { "little" };
        Err(format!("so {way} of it is no sign that something is wrong with instances"))
    };
    match reads {
        MetricMeaning::Nothing(why) => Err(why.to_owned()),
        MetricMeaning::Requests | MetricMeaning::Good if limit.above => wrong_way(),
        MetricMeaning::Requests | MetricMeaning::Good => {
            let value = inline([("below", share(0.5))]);
            let signal = AlarmSignal {
                key: "request-drop",
                value,
                ailment: Ailment::Errors,
                approximated: Vec::new(),
                counts: None,
            };
            Ok(signal.but("half of the usual requests, as no file says how many are usual"))
        }
        MetricMeaning::Failed { average_is_ratio } if limit.above => {
            failed(average_is_ratio, statistic, limit)
        }
        MetricMeaning::FailedPercent if limit.above => {
            ratio("error-ratio", limit, limit.value / 100.0, Ailment::Errors)
        }
        MetricMeaning::ProbesPercent if !limit.above => {
            let failing = AlarmLimit { above: true, ..limit };
            let value = inline([
                ("probes", whole(1)),
                (failing.word(), share(((100.0 - limit.value) / 100.0).clamp(0.0, 0.99))),
            ]);
            let signal = AlarmSignal {
                key: "synthetic",
                value,
                ailment: Ailment::Errors,
                approximated: Vec::new(),
                counts: None,
            };
            Ok(signal.but("one probe a period"))
        }
        MetricMeaning::Latency if limit.above => latency(statistic, limit),
        MetricMeaning::Down if limit.above => down(limit.least(), hosts),
        MetricMeaning::Up if !limit.above => {
            let most_well = if limit.inclusive { limit.value.floor() } else { limit.value.ceil() - 1.0 };
            let well = most_well.clamp(0.0, 1e12) as u64;
            down(hosts.saturating_sub(well).max(1), hosts)
        }
        MetricMeaning::Used if limit.above => Ok(strain(statistic)),
        MetricMeaning::Left if !limit.above => Ok(strain(statistic)),
        MetricMeaning::Failed { .. }
        | MetricMeaning::FailedPercent
        | MetricMeaning::ProbesPercent
        | MetricMeaning::Latency
        | MetricMeaning::Down
        | MetricMeaning::Up
        | MetricMeaning::Used
        | MetricMeaning::Left => wrong_way(),
    }
}

fn failed(
    average_is_ratio: bool,
    statistic: &MetricStatistic,
    limit: AlarmLimit,
) -> Result<AlarmSignal, String> {
    let count = |least: u64| AlarmSignal {
        key: "error-count",
        value: inline([("at-least", whole(least))]),
        ailment: Ailment::Errors,
        approximated: Vec::new(),
        counts: Some(least),
    };
    match statistic {
        MetricStatistic::Average if average_is_ratio => {
            ratio("error-ratio", limit, limit.value, Ailment::Errors)
        }
        MetricStatistic::Sum => Ok(count(limit.least())),
        MetricStatistic::SampleCount if average_is_ratio => {
            Err("the number of samples counts all requests, and not those that fail".to_owned())
        }
        MetricStatistic::SampleCount => Ok(count(limit.least())),
        _ => Ok(count(limit.least())
            .but("failed requests of a period, as what the metric says of a single one is not known")),
    }
}

fn latency(statistic: &MetricStatistic, limit: AlarmLimit) -> Result<AlarmSignal, String> {
    let slow = format!("slow is what takes longer than {}, in the metric's unit", limit.value);
    let of = |over: f64| ratio("slow-ratio", AlarmLimit { inclusive: false, ..limit }, over, Ailment::Slow);
    match statistic {
        MetricStatistic::Percentile(percentile) => {
            Ok(of((1.0 - percentile / 100.0).min(0.999_999))?.but(slow))
        }
        MetricStatistic::Maximum | MetricStatistic::Sum => {
            Ok(of(0.0)?.but(slow).but("it fires at the first slow request"))
        }
        MetricStatistic::Minimum => Ok(of(0.99)?.but(slow).but("it fires when nearly all requests are slow")),
        MetricStatistic::SampleCount => {
            Err("the number of samples says nothing of how long requests take".to_owned())
        }
        MetricStatistic::Average | MetricStatistic::Other(_) => {
            Ok(of(0.5)?.but(slow).but("it fires when half of the requests are slow"))
        }
    }
}

/// So many of `hosts` hosts are not well.
fn down(least: u64, hosts: u64) -> Result<AlarmSignal, String> {
    let at_least = (least as f64 / hosts.max(1) as f64).min(1.0);
    let value =
        if least <= 1 { inline([("above", share(0.0))]) } else { inline([("at-least", share(at_least))]) };
    let signal = AlarmSignal {
        key: "impaired-hosts",
        value,
        ailment: Ailment::Down,
        approximated: Vec::new(),
        counts: None,
    };
    let signal = signal.but("it sees instances as soon as a defect that takes them down has hit them");
    Ok(if least > 1 {
        signal.but(format!("a share of {hosts} instances, as it is a number of them"))
    } else {
        signal
    })
}

fn strain(statistic: &MetricStatistic) -> AlarmSignal {
    let single = matches!(statistic, MetricStatistic::Maximum | MetricStatistic::Minimum);
    let value = if single { inline([("above", share(0.0))]) } else { inline([("at-least", share(0.5))]) };
    let of = if single { "one instance" } else { "half of the instances" };
    let signal = AlarmSignal {
        key: "impaired-hosts",
        value,
        ailment: Ailment::Strain,
        approximated: Vec::new(),
        counts: None,
    };
    signal.but(format!(
        "it fires when a defect that uses something up has hit {of}, as how much is used is not simulated"
    ))
}

/// The signal of a formula that comes to `share_of(failed, all)`: it is asked for some numbers.
///
/// # Errors
/// Why there is none.
pub(super) fn of_formula(
    value: &dyn Fn(f64, f64) -> Option<f64>,
    of_hosts: bool,
    limit: AlarmLimit,
) -> Result<AlarmSignal, String> {
    const UNKNOWN: &str = "what its expression comes to is neither a number nor a share of those that fail";
    let asked = [(10.0, 1_000.0), (50.0, 1_000.0), (20.0, 4_000.0), (400.0, 4_000.0), (7.0, 70.0)];
    let clean = value(0.0, 1_000.0).ok_or(UNKNOWN)?;
    let slopes: Option<Vec<(f64, f64)>> = asked
        .iter()
        .map(|(failed, all)| {
            let rise = value(*failed, *all)? - value(0.0, *all)?;
            Some((rise / (failed / all), rise / failed))
        })
        .collect();
    let slopes = slopes.ok_or(UNKNOWN)?;
    let (by_ratio, by_count) = slopes[0];
    let near = |one: f64, other: f64| (one - other).abs() <= 1e-6 * other.abs().max(1e-9);
    let upward = by_ratio > 0.0;
    if by_ratio.abs() < 1e-12 || upward != limit.above {
        return Err("it does not fire when more fail".to_owned());
    }
    let over = limit.value - clean;
    let rising = AlarmLimit { above: true, ..limit };
    let (ailment, key) =
        if of_hosts { (Ailment::Down, "impaired-hosts") } else { (Ailment::Errors, "error-ratio") };
    if slopes.iter().all(|(ratio, _)| near(*ratio, by_ratio)) {
        return ratio(key, rising, over / by_ratio, ailment);
    }
    if slopes.iter().all(|(_, count)| near(*count, by_count)) && !of_hosts {
        let least = AlarmLimit { value: over / by_count, ..rising }.least();
        let value = inline([("at-least", whole(least))]);
        return Ok(AlarmSignal {
            key: "error-count",
            value,
            ailment,
            approximated: Vec::new(),
            counts: Some(least),
        });
    }
    Err(UNKNOWN.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OVER: AlarmLimit = AlarmLimit { above: true, inclusive: false, value: 1.0 };

    fn text(signal: Result<AlarmSignal, String>) -> String {
        signal.map_or_else(|why| why, |signal| format!("{} = {}", signal.key, signal.value))
    }

    #[test]
    fn metrics_become_signals() {
        let failed = MetricMeaning::Failed { average_is_ratio: true };
        assert_eq!(
            text(of_metric(failed, &MetricStatistic::Sum, OVER, 10)),
            "error-count = { at-least = 2 }"
        );
        let five = AlarmLimit { value: 0.05, ..OVER };
        assert_eq!(
            text(of_metric(failed, &MetricStatistic::Average, five, 10)),
            "error-ratio = { above = \"5%\" }"
        );
        assert_eq!(
            text(of_metric(MetricMeaning::Latency, &statistic("p99.9"), OVER, 10)),
            "slow-ratio = { above = \"0.1%\" }"
        );
        let two = AlarmLimit { above: false, inclusive: false, value: 9.0 };
        assert_eq!(
            text(of_metric(MetricMeaning::Up, &MetricStatistic::Minimum, two, 10)),
            "impaired-hosts = { at-least = \"20%\" }"
        );
        assert!(text(of_metric(MetricMeaning::Up, &MetricStatistic::Minimum, OVER, 10)).contains("no sign"));
    }

    #[test]
    fn a_formula_is_known_by_what_it_comes_to() {
        let percent = |failed: f64, all: f64| Some(100.0 * failed / all);
        assert_eq!(text(of_formula(&percent, false, OVER)), "error-ratio = { above = \"1%\" }");
        let availability = |failed: f64, all: f64| Some(100.0 - 100.0 * failed / all);
        let below = AlarmLimit { above: false, inclusive: false, value: 99.5 };
        assert_eq!(text(of_formula(&availability, false, below)), "error-ratio = { above = \"0.5%\" }");
        let count = |failed: f64, _: f64| Some(failed);
        assert_eq!(text(of_formula(&count, false, OVER)), "error-count = { at-least = 2 }");
        let odd = |failed: f64, _: f64| Some(failed * failed);
        assert!(text(of_formula(&odd, false, OVER)).contains("neither"));
    }
}
