//! The registry of measures: one table that CSV columns, summaries, thresholds and reports share.

use super::{Ending, Outcome};

/// What a metric's numbers mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Milliseconds of simulated time; reports print it as a duration.
    DurationMs,
    /// Milliseconds of simulated time from one event to another, negative if the other came first.
    LeadMs,
    /// Hosts times milliseconds; reports print host-minutes.
    HostMs,
    /// A count of hosts.
    Hosts,
    /// A count of zones.
    Zones,
    /// A count of regions.
    Regions,
    /// A count of requests.
    Requests,
    /// A count of items of data.
    Items,
    /// A count of deployments.
    Deployments,
    /// A count of alarms.
    Alarms,
    /// Millionths of a whole.
    Ppm,
    /// 0 or 1 per trial; the mean is a share of trials.
    YesNo,
}

/// Which trials a metric is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Population {
    /// Every trial: "per change".
    All,
    /// Trials in which the change reached every host.
    Complete,
    /// Trials with a bad change: "per bad change".
    Bad,
    /// Trials with a good change.
    Good,
    /// Bad changes in which a host was impaired and an alarm fired after that.
    Detected,
    /// Bad changes in which a host was impaired.
    Impaired,
    /// Bad changes in which a host was impaired and all were healed.
    Mitigated,
}

/// One measure of a trial.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Stable name, with its unit: the CSV column and the threshold key.
    pub name: &'static str,
    /// Two to four words for tables and charts.
    pub title: &'static str,
    /// What it counts, in one sentence.
    pub help: &'static str,
    /// Unit of the numbers.
    pub unit: Unit,
    /// Trials it is about.
    pub population: Population,
    /// Whether it is 0 for every good change, whatever happens: a defect is needed to do harm.
    pub zero_if_good: bool,
    /// The value in a trial of the population, none elsewhere.
    pub value: fn(&Outcome) -> Option<f64>,
}

fn complete(outcome: &Outcome, value: Option<u64>) -> Option<f64> {
    if outcome.is_complete() { value.map(|v| v as f64) } else { None }
}

fn bad(outcome: &Outcome, value: f64) -> Option<f64> {
    outcome.is_bad().then_some(value)
}

fn yes(value: bool) -> f64 {
    f64::from(u8::from(value))
}

/// Delay between two instants of a bad change, where both happened in that order.
fn delay(outcome: &Outcome, from: Option<u64>, to: Option<u64>) -> Option<f64> {
    lead(outcome, from, to).filter(|ms| *ms >= 0.0)
}

/// Time from one instant of a bad change to another, negative if the other came first.
fn lead(outcome: &Outcome, from: Option<u64>, to: Option<u64>) -> Option<f64> {
    if !outcome.is_bad() {
        return None;
    }
    Some(to? as f64 - from? as f64)
}

/// Every metric, in report order: speed, blast radius, isolation, response.
pub const METRICS: &[Metric] = &[
    Metric {
        name: "time_to_25_ms",
        title: "time to 25 %",
        unit: Unit::DurationMs,
        population: Population::Complete,
        zero_if_good: false,
        help: "time until a quarter of all hosts ran the new version, in rollouts that reached every host",
        value: |o| complete(o, o.to_25_ms),
    },
    Metric {
        name: "time_to_50_ms",
        title: "time to 50 %",
        unit: Unit::DurationMs,
        population: Population::Complete,
        zero_if_good: false,
        help: "time until half of all hosts ran the new version, in rollouts that reached every host",
        value: |o| complete(o, o.to_50_ms),
    },
    Metric {
        name: "time_to_100_ms",
        title: "time to 100 %",
        unit: Unit::DurationMs,
        population: Population::Complete,
        zero_if_good: false,
        help: "time until every host ran the new version, in rollouts that reached every host",
        value: |o| complete(o, o.to_100_ms),
    },
    Metric {
        name: "duration_ms",
        title: "rollout duration",
        unit: Unit::DurationMs,
        population: Population::Complete,
        zero_if_good: false,
        help: "time until the last bake ended, in rollouts that reached every host",
        value: |o| complete(o, o.completed_ms.or(Some(o.end_ms))),
    },
    Metric {
        name: "bake_ms",
        title: "bake time",
        unit: Unit::DurationMs,
        population: Population::Complete,
        zero_if_good: false,
        help: "part of the duration spent baking on the critical path, in rollouts that reached every host",
        value: |o| complete(o, o.bake_ms),
    },
    Metric {
        name: "impaired_host_ms",
        title: "impaired host-time",
        unit: Unit::HostMs,
        population: Population::Bad,
        zero_if_good: false,
        help: "impaired hosts integrated over time, per bad change",
        value: |o| bad(o, o.impaired_host_ms as f64),
    },
    Metric {
        name: "peak_impaired_hosts",
        title: "peak impaired hosts",
        unit: Unit::Hosts,
        population: Population::Bad,
        zero_if_good: false,
        help: "most hosts impaired at once, per bad change",
        value: |o| bad(o, o.peak_impaired_hosts as f64),
    },
    Metric {
        name: "peak_impaired_traffic_ppm",
        title: "peak impaired traffic",
        unit: Unit::Ppm,
        population: Population::Bad,
        zero_if_good: false,
        help: "largest share of the fleet's mean traffic served by impaired hosts at once, per bad change",
        value: |o| bad(o, f64::from(o.peak_impaired_traffic_ppm)),
    },
    Metric {
        name: "peak_impaired_zones",
        title: "peak impaired zones",
        unit: Unit::Zones,
        population: Population::Bad,
        zero_if_good: false,
        help: "most zones with an impaired host at once, per bad change",
        value: |o| bad(o, f64::from(o.peak_impaired_zones)),
    },
    Metric {
        name: "peak_impaired_regions",
        title: "peak impaired regions",
        unit: Unit::Regions,
        population: Population::Bad,
        zero_if_good: false,
        help: "most regions with an impaired host at once, per bad change",
        value: |o| bad(o, f64::from(o.peak_impaired_regions)),
    },
    Metric {
        name: "failed_requests",
        title: "failed requests",
        unit: Unit::Requests,
        population: Population::Bad,
        zero_if_good: false,
        help: "expected requests failed by the defect or turned away for want of capacity, per bad change",
        value: |o| bad(o, o.failed_requests),
    },
    Metric {
        name: "turned_away_requests",
        title: "requests turned away",
        unit: Unit::Requests,
        population: Population::All,
        zero_if_good: false,
        help: "expected requests turned away while too few hosts were in service, per change",
        value: |o| Some(o.turned_away_requests),
    },
    Metric {
        name: "damaged_items",
        title: "damaged items",
        unit: Unit::Items,
        population: Population::Bad,
        zero_if_good: false,
        help: "expected bad items that the defect left, per bad change",
        value: |o| bad(o, o.damaged_items),
    },
    Metric {
        name: "exposed_host_ms",
        title: "exposed host-time",
        unit: Unit::HostMs,
        population: Population::Bad,
        zero_if_good: false,
        help: "hosts on the new version integrated over time until the rollout ended, per bad change",
        value: |o| bad(o, o.exposed_host_ms as f64),
    },
    Metric {
        name: "peak_exposed_hosts",
        title: "peak exposed hosts",
        unit: Unit::Hosts,
        population: Population::Bad,
        zero_if_good: false,
        help: "most hosts on the new version at once, per bad change",
        value: |o| bad(o, o.peak_exposed_hosts as f64),
    },
    Metric {
        name: "regions_touched",
        title: "regions touched",
        unit: Unit::Regions,
        population: Population::Bad,
        zero_if_good: false,
        help: "regions that ever had a host on the new version, per bad change",
        value: |o| bad(o, f64::from(o.regions_touched)),
    },
    Metric {
        name: "two_regions_impaired",
        title: "two regions impaired",
        unit: Unit::YesNo,
        population: Population::All,
        zero_if_good: true,
        help: "isolation violation: two regions were impaired at once, per change",
        value: |o| Some(yes(o.two_regions_impaired)),
    },
    Metric {
        name: "two_zones_impaired",
        title: "two zones of a region impaired",
        unit: Unit::YesNo,
        population: Population::All,
        zero_if_good: true,
        help: "isolation violation: two zones of one region were impaired at once, per change",
        value: |o| Some(yes(o.two_zones_impaired)),
    },
    Metric {
        name: "isolation_violated",
        title: "isolation violated",
        unit: Unit::YesNo,
        population: Population::All,
        zero_if_good: true,
        help: "two regions, or two zones of one region, were impaired at once, per change",
        value: |o| Some(yes(o.two_regions_impaired || o.two_zones_impaired)),
    },
    Metric {
        name: "escaped",
        title: "escaped",
        unit: Unit::YesNo,
        population: Population::Bad,
        zero_if_good: false,
        help: "the defect reached every host and no alarm stopped it, per bad change",
        value: |o| bad(o, yes(o.ending == Ending::Escaped)),
    },
    Metric {
        name: "false_rollback",
        title: "false rollback",
        unit: Unit::YesNo,
        population: Population::Good,
        zero_if_good: false,
        help: "a false alarm rolled the change back, per good change",
        value: |o| (!o.is_bad()).then(|| yes(o.ending == Ending::FalseRollback)),
    },
    Metric {
        name: "exposed_at_alarm_hosts",
        title: "exposed at alarm",
        unit: Unit::Hosts,
        population: Population::Detected,
        zero_if_good: false,
        help: "hosts on the new version when the alarm fired, per detected bad change",
        value: |o| delay(o, o.onset_ms, o.alarm_ms).and(o.exposed_at_alarm_hosts).map(|hosts| hosts as f64),
    },
    Metric {
        name: "detection_delay_ms",
        title: "onset to alarm",
        unit: Unit::DurationMs,
        population: Population::Detected,
        zero_if_good: false,
        help: "from the first impaired host to the alarm, per detected bad change",
        value: |o| delay(o, o.onset_ms, o.alarm_ms),
    },
    Metric {
        name: "onset_ms",
        title: "start to onset",
        unit: Unit::DurationMs,
        population: Population::Impaired,
        zero_if_good: false,
        help: "from the rollout's start to the first impaired host, per bad change that impaired some",
        value: |o| delay(o, Some(0), o.onset_ms),
    },
    Metric {
        name: "first_failure_ms",
        title: "start to first failure",
        unit: Unit::DurationMs,
        population: Population::Bad,
        zero_if_good: false,
        help: "from the rollout's start to the first failed request, on an impaired host or turned away, per bad change where one failed",
        value: |o| delay(o, Some(0), o.first_failure_ms),
    },
    Metric {
        name: "alarm_ms",
        title: "start to alarm",
        unit: Unit::DurationMs,
        population: Population::Detected,
        zero_if_good: false,
        help: "from the rollout's start to the alarm that was acted on, per bad change with one",
        value: |o| delay(o, Some(0), o.alarm_ms),
    },
    Metric {
        name: "response_ms",
        title: "start to response",
        unit: Unit::DurationMs,
        population: Population::Detected,
        zero_if_good: false,
        help: "from the rollout's start to the beginning of a rollback or another remedy, per bad change with one",
        value: |o| delay(o, Some(0), o.mitigation_ms),
    },
    Metric {
        name: "mitigated_ms",
        title: "start to mitigation",
        unit: Unit::DurationMs,
        population: Population::Mitigated,
        zero_if_good: false,
        help: "from the rollout's start to the last impaired host healed, per mitigated bad change",
        value: |o| delay(o, Some(0), o.mitigated_ms),
    },
    Metric {
        name: "activation_delay_ms",
        title: "introduction to activation",
        unit: Unit::DurationMs,
        population: Population::Impaired,
        zero_if_good: false,
        help: "from the first batch on the new version to the fault being awake, seen or not, per bad change that impaired some host",
        value: |o| o.onset_ms.and(delay(o, o.introduced_ms, o.activated_ms)),
    },
    Metric {
        name: "alarm_lead_ms",
        title: "onset to alarm, signed",
        unit: Unit::LeadMs,
        population: Population::Detected,
        zero_if_good: false,
        help: "from the first impaired host to the alarm, negative if the alarm came first, per bad change with both",
        value: |o| lead(o, o.onset_ms, o.alarm_ms),
    },
    Metric {
        name: "response_delay_ms",
        title: "onset to response",
        unit: Unit::LeadMs,
        population: Population::Detected,
        zero_if_good: false,
        help: "from the first impaired host to the beginning of a rollback or another remedy, negative if that came first, per bad change with both",
        value: |o| lead(o, o.onset_ms, o.mitigation_ms),
    },
    Metric {
        name: "first_recovery_delay_ms",
        title: "onset to first recovery",
        unit: Unit::DurationMs,
        population: Population::Mitigated,
        zero_if_good: false,
        help: "from the first impaired host to the first impaired region without one, once a remedy had begun, per bad change where that happened",
        value: |o| delay(o, o.onset_ms, o.first_recovery_ms),
    },
    Metric {
        name: "half_recovery_delay_ms",
        title: "onset to half recovery",
        unit: Unit::DurationMs,
        population: Population::Mitigated,
        zero_if_good: false,
        help: "from the first impaired host to at most half of the peak being impaired, for good, per bad change where that happened",
        value: |o| delay(o, o.onset_ms, o.half_recovered_ms),
    },
    Metric {
        name: "restoration_delay_ms",
        title: "onset to restoration",
        unit: Unit::DurationMs,
        population: Population::Mitigated,
        zero_if_good: false,
        help: "from the first impaired host to everything being as before, bad data and switched-off features included, per mitigated bad change",
        value: |o| delay(o, o.onset_ms, o.restored_ms),
    },
    Metric {
        name: "collateral_rollbacks",
        title: "collateral rollbacks",
        unit: Unit::Deployments,
        population: Population::All,
        zero_if_good: false,
        help: "other deployments of the team that were rolled back together with this one, per change",
        value: |o| Some(f64::from(o.collateral_rollbacks)),
    },
    Metric {
        name: "ignored_alarms",
        title: "ignored alarms",
        unit: Unit::Alarms,
        population: Population::All,
        zero_if_good: false,
        help: "alarms that fired and whose verdict was lost or overridden, per change",
        value: |o| Some(f64::from(o.ignored_alarms)),
    },
    Metric {
        name: "wrong_change",
        title: "wrong change taken back",
        unit: Unit::YesNo,
        population: Population::All,
        zero_if_good: false,
        help: "people first took another change back, in vain, per change",
        value: |o| Some(yes(o.wrong_change)),
    },
    Metric {
        name: "blocked_ms",
        title: "blocked",
        unit: Unit::DurationMs,
        population: Population::All,
        zero_if_good: false,
        help: "time that waves waited for an alarm that fired for another reason, per change",
        value: |o| Some(o.blocked_ms as f64),
    },
    Metric {
        name: "left_behind_hosts",
        title: "hosts left behind",
        unit: Unit::Hosts,
        population: Population::Complete,
        zero_if_good: false,
        help: "stragglers that never took the change, in rollouts that reached every other host",
        value: |o| complete(o, Some(o.left_behind_hosts)),
    },
    Metric {
        name: "left_exposed_hosts",
        title: "hosts left exposed",
        unit: Unit::Hosts,
        population: Population::All,
        zero_if_good: false,
        help: "hosts outside of the rollback's scope that kept the new version after it, per change",
        value: |o| Some(o.left_exposed_hosts as f64),
    },
    Metric {
        name: "mitigation_delay_ms",
        title: "onset to mitigation",
        unit: Unit::DurationMs,
        population: Population::Mitigated,
        zero_if_good: false,
        help: "from the first impaired host to the last one healed, per mitigated bad change",
        value: |o| delay(o, o.onset_ms, o.mitigated_ms),
    },
];

/// Finds a metric by its name or its title, however they are spaced: `impaired_host_ms`, `impaired host
/// time`, and `blast radius`, which is the same.
#[must_use]
pub fn find_words(words: &str) -> Option<&'static Metric> {
    let plain = |text: &str| text.to_lowercase().replace(['_', '-', ' ', '%'], "");
    let wanted = plain(words);
    if wanted == "blastradius" {
        return find("impaired_host_ms");
    }
    METRICS.iter().find(|metric| {
        let name = metric.name.trim_end_matches("_ms").trim_end_matches("_ppm");
        [metric.name, metric.title, name].into_iter().any(|known| plain(known) == wanted)
    })
}

/// Finds a metric by name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|metric| metric.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_need_not_know_the_exact_name() {
        for words in ["blast radius", "impaired_host_ms", "impaired host-time", "Impaired Host"] {
            assert_eq!(find_words(words).map(|m| m.name), Some("impaired_host_ms"), "{words}");
        }
        assert_eq!(find_words("time to 100 %").map(|m| m.name), Some("time_to_100_ms"));
        assert_eq!(find_words("isolation violated").map(|m| m.name), Some("isolation_violated"));
        assert!(find_words("happiness").is_none());
    }

    #[test]
    fn no_two_metrics_answer_to_one_name() {
        for metric in METRICS {
            assert_eq!(find_words(metric.name).map(|m| m.name), Some(metric.name));
            assert_eq!(find_words(metric.title).map(|m| m.name), Some(metric.name));
        }
    }
}
