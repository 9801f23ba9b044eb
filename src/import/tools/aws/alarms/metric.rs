//! An alarm on a metric or on metric math.

use super::math::{MathAmounts, MathFormula, parse};
use super::metrics::{MetricMeaning, reads};
use super::signal::{AlarmLimit, AlarmSignal, MetricStatistic, comparison, of_formula, of_metric, statistic};
use crate::import::draft::{DraftTable, duration, text};
use crate::import::provenance::Provenance;
use crate::import::time::{MINUTE, SECOND};
use crate::import::tools::aws::value::AwsValue;
use crate::import::tools::judged::Judged;

/// Datapoints that a scenario's alarm looks at.
const MOST_DATAPOINTS: u64 = 64;

/// Expressions that refer to each other.
const MOST_DEPTH: usize = 16;

/// An alarm that was understood.
pub(super) struct FoundAlarm {
    /// What it looks at.
    pub judged: Judged,
    /// Milliseconds of all datapoints that it looks at.
    pub longest_ms: u64,
    /// How many failed requests breach in a period of so many milliseconds, where it counts them.
    pub counts: Option<(u64, u64)>,
}

/// What an alarm looks at.
///
/// # Errors
/// Why there is nothing like it; none where a value is wrong, which was reported.
pub(super) fn judge(properties: &AwsValue<'_>, hosts: u64) -> Result<FoundAlarm, Option<String>> {
    let (signal, period, scope) = looks_at(properties, hosts)?;
    let mut table = DraftTable::default();
    table.set("scope", text(scope), Provenance::Plain);
    let mut approximated = signal.approximated;
    let from = signal_places(properties);
    table.set(signal.key, signal.value, from);
    let (period_ms, period_from) = period;
    let evaluation = properties.get("EvaluationPeriods");
    let needed = properties.get("DatapointsToAlarm");
    let number = |value: &Option<AwsValue<'_>>, default: u64| match value {
        Some(value) => value.whole().ok_or(None).map(|number| number.clamp(1, 10_000)),
        None => Ok(default),
    };
    let of = number(&evaluation, 1)?;
    let least = number(&needed, of)?.min(of);
    let by = of.div_ceil(MOST_DATAPOINTS);
    if by > 1 {
        approximated.push(format!(
            "{by} of its periods are one: a scenario's alarm looks at {MOST_DATAPOINTS} at most"
        ));
    }
    table.set("period", duration(period_ms.saturating_mul(by)), period_from);
    let datapoints = (least.div_ceil(by), of.div_ceil(by));
    if datapoints != (1, 1) {
        let places = evaluation.iter().chain(&needed).map(|value| value.provenance());
        let from = places.reduce(|one, other| one.and(&other)).unwrap_or(Provenance::Plain);
        table.set("datapoints", text(&format!("{} of {}", datapoints.0, datapoints.1)), from);
    }
    missing(properties, &mut table)?;
    table.set("watch", text("rollout"), Provenance::implied("an alarm goes on from step to step"));
    properties.beside_the_point(&["EvaluateLowSampleCountPercentile", "Unit"]);
    let judged = Judged { table, ailment: signal.ailment, approximated };
    let counts = signal.counts.map(|least| (least, period_ms));
    Ok(FoundAlarm { judged, longest_ms: period_ms.saturating_mul(of), counts })
}

/// Where the signal is from: the metric or the expression, and the limit.
fn signal_places(properties: &AwsValue<'_>) -> Provenance {
    let places = ["MetricName", "Metrics", "metric_query", "Statistic", "ExtendedStatistic", "Threshold"];
    let all = places.iter().filter_map(|key| properties.get(key)).map(|value| value.provenance());
    all.reduce(|one, other| one.and(&other)).unwrap_or(Provenance::Plain)
}

fn missing(properties: &AwsValue<'_>, table: &mut DraftTable) -> Result<(), Option<String>> {
    let Some(treatment) = properties.get("TreatMissingData") else {
        table.set("missing-data", text("missing"), Provenance::implied("CloudWatch's default"));
        return Ok(());
    };
    let word = treatment.read("missing, ignore, breaching or notBreaching", |text| match text {
        "missing" => Some("missing"),
        "ignore" => Some("ignore"),
        "breaching" => Some("breaching"),
        "notBreaching" => Some("not-breaching"),
        _ => None,
    });
    table.set("missing-data", text(word.ok_or(None)?), treatment.provenance());
    Ok(())
}

type AlarmSight = (AlarmSignal, (u64, Provenance), &'static str);

fn looks_at(properties: &AwsValue<'_>, hosts: u64) -> Result<AlarmSight, Option<String>> {
    let queries =
        ["Metrics", "metric_query"].into_iter().map(|key| properties.list(key)).find(|list| !list.is_empty());
    if properties.has("ThresholdMetricId") {
        return Err(Some("a band that CloudWatch learns has no limit that a file could say".to_owned()));
    }
    let limit = limit(properties)?;
    if let Some(queries) = queries {
        return of_queries(&queries, limit, hosts);
    }
    let metric = WatchedMetric::read(properties)?;
    let signal = metric.signal(limit, hosts).map_err(Some)?;
    Ok((signal, metric.period, metric.scope))
}

fn limit(properties: &AwsValue<'_>) -> Result<AlarmLimit, Option<String>> {
    let compared =
        properties.get("ComparisonOperator").ok_or_else(|| Some("it says no comparison".to_owned()))?;
    let (above, inclusive) = compared.read("a comparison of CloudWatch", comparison).ok_or(None)?;
    let threshold = properties.get("Threshold").ok_or_else(|| Some("it says no threshold".to_owned()))?;
    Ok(AlarmLimit { above, inclusive, value: threshold.number().ok_or(None)? })
}

/// A metric with a statistic and a period.
struct WatchedMetric {
    reads: MetricMeaning,
    /// Whether what it counts was read off its name alone.
    guessed: bool,
    statistic: MetricStatistic,
    period: (u64, Provenance),
    scope: &'static str,
    name: String,
}

impl WatchedMetric {
    /// Reads the keys of a metric, which stand in the alarm or in a query of it.
    fn read(place: &AwsValue<'_>) -> Result<Self, Option<String>> {
        let inner = place.get("MetricStat").or_else(|| place.get("metric")).unwrap_or_else(|| place.clone());
        let metric = inner.get("Metric").unwrap_or_else(|| inner.clone());
        metric.beside_the_point(&["AccountId"]);
        let name = metric.get("MetricName").ok_or_else(|| Some("it names no metric".to_owned()))?;
        // Of a name that is made up of others the words around them tell enough.
        let name = name.joined().ok_or(()).or_else(|()| name.text().map(str::to_owned).ok_or(None))?;
        let namespace = metric.get("Namespace").and_then(|namespace| namespace.joined()).unwrap_or_default();
        let statistic = ["Statistic", "ExtendedStatistic", "Stat"].into_iter().find_map(|key| inner.get(key));
        let statistic = match statistic {
            Some(written) => self::statistic(written.text().ok_or(None)?),
            None => MetricStatistic::Average,
        };
        let period = match inner.get("Period") {
            Some(period) => (period.duration_ms(SECOND).ok_or(None)?.max(SECOND), period.provenance()),
            None => (MINUTE, Provenance::implied("a minute")),
        };
        inner.beside_the_point(&["Unit"]);
        let mut scope = "region";
        for dimension in metric.list("Dimensions") {
            if dimension.get("Name").and_then(|name| name.known()) == Some("AvailabilityZone") {
                scope = "zone";
            }
        }
        metric.beside_the_point(&["Dimensions"]);
        if let Some(dimensions) = metric.get("Dimensions") {
            dimensions.desk().take_all(dimensions.tree());
        }
        let why = || {
            Some(format!("nobody can tell what `{name}` of `{namespace}` says about a change's instances"))
        };
        let (reads, known) = reads(&namespace, &name).ok_or_else(why)?;
        Ok(Self { reads, guessed: !known, statistic, period, scope, name })
    }

    fn signal(&self, limit: AlarmLimit, hosts: u64) -> Result<AlarmSignal, String> {
        let mut signal = of_metric(self.reads, &self.statistic, limit, hosts)?;
        if self.guessed {
            signal.approximated.push(format!("what `{}` counts is read off its name", self.name));
        }
        Ok(signal)
    }

    /// What it comes to where `failed` of `all` requests or hosts are bad.
    fn value(&self, failed: f64, all: f64) -> Option<f64> {
        let is_average = self.statistic == MetricStatistic::Average;
        match self.reads {
            MetricMeaning::Requests => Some(all),
            MetricMeaning::Good | MetricMeaning::Up => Some(all - failed),
            MetricMeaning::Failed { average_is_ratio: true } if is_average => Some(failed / all),
            MetricMeaning::Failed { .. } | MetricMeaning::Down => Some(failed),
            MetricMeaning::FailedPercent => Some(100.0 * failed / all),
            MetricMeaning::ProbesPercent
            | MetricMeaning::Latency
            | MetricMeaning::Used
            | MetricMeaning::Left
            | MetricMeaning::Nothing(_) => None,
        }
    }

    fn counts_hosts(&self) -> bool {
        matches!(self.reads, MetricMeaning::Down | MetricMeaning::Up)
    }
}

/// A query of metric math.
enum MathQuery {
    Metric(Box<WatchedMetric>),
    Formula(MathFormula),
}

fn of_queries(queries: &[AwsValue<'_>], limit: AlarmLimit, hosts: u64) -> Result<AlarmSight, Option<String>> {
    let mut known: Vec<(String, MathQuery)> = Vec::new();
    let mut refused = None;
    let mut returned = None;
    for query in queries {
        query.beside_the_point(&["Label", "AccountId"]);
        let Some(id) = query.get("Id").and_then(|id| id.text()) else { continue };
        // What is returned is what the alarm looks at; where nothing is said of it that is all.
        let returns = query.get("ReturnData").is_none_or(|returns| returns.truth() != Some(false));
        if returns {
            returned = Some(id.to_owned());
        }
        if let Some(expression) = query.get("Expression") {
            query.beside_the_point(&["Period"]);
            let formula = expression.text().and_then(parse);
            let Some(formula) = formula else {
                return Err(expression.text().map(|_| "its expression is not understood".to_owned()));
            };
            known.push((id.to_owned(), MathQuery::Formula(formula)));
        } else {
            match WatchedMetric::read(query) {
                Ok(metric) => known.push((id.to_owned(), MathQuery::Metric(Box::new(metric)))),
                Err(why) => refused = Some(why),
            }
        }
    }
    if let Some(why) = refused {
        return Err(why);
    }
    let returned = returned.ok_or_else(|| Some("none of its metrics is looked at".to_owned()))?;
    signal_of(&known, &returned, limit, hosts).map_err(Some)
}

fn signal_of(
    known: &[(String, MathQuery)],
    returned: &str,
    limit: AlarmLimit,
    hosts: u64,
) -> Result<AlarmSight, String> {
    const NOTHING: &str = "its expression refers to what is not there";
    let metrics = || {
        known.iter().filter_map(|(id, query)| match query {
            MathQuery::Metric(metric) => Some((id, metric)),
            MathQuery::Formula(_) => None,
        })
    };
    let first = metrics().next().ok_or(NOTHING)?.1;
    let period =
        metrics().map(|(_, metric)| &metric.period).max_by_key(|(ms, _)| *ms).cloned().ok_or(NOTHING)?;
    let scope = if metrics().all(|(_, metric)| metric.scope == "zone") { "zone" } else { "region" };
    match find(known, returned).ok_or(NOTHING)? {
        MathQuery::Metric(metric) => Ok((metric.signal(limit, hosts)?, period, scope)),
        MathQuery::Formula(MathFormula::Name(name)) => match find(known, name).ok_or(NOTHING)? {
            MathQuery::Metric(metric) => Ok((metric.signal(limit, hosts)?, period, scope)),
            MathQuery::Formula(_) => signal_of(known, name, limit, hosts),
        },
        MathQuery::Formula(_) => {
            let value = |failed: f64, all: f64| value_of(known, returned, (failed, all), 0);
            let of_hosts = metrics().all(|(_, metric)| metric.counts_hosts());
            let signal = of_formula(&value, of_hosts, limit)
                .or_else(|why| similar(first, known, returned, limit, hosts).ok_or(why))?;
            Ok((signal, period, scope))
        }
    }
}

/// Of an expression of a single metric, such as `FILL(m1, 0)` or `MAX(METRICS())`, that metric's own signal.
fn similar(
    first: &WatchedMetric,
    known: &[(String, MathQuery)],
    returned: &str,
    limit: AlarmLimit,
    hosts: u64,
) -> Option<AlarmSignal> {
    let metrics = known.iter().filter(|(_, query)| matches!(query, MathQuery::Metric(_))).count();
    let MathQuery::Formula(formula) = find(known, returned)? else { return None };
    let passes = matches!(formula, MathFormula::Call(name, _) if matches!(name.as_str(), "FILL" | "MAX" | "AVG" | "SUM"));
    (metrics == 1 && passes).then(|| first.signal(limit, hosts).ok()).flatten()
}

fn find<'q>(known: &'q [(String, MathQuery)], name: &str) -> Option<&'q MathQuery> {
    known.iter().find(|(id, _)| id == name).map(|(_, query)| query)
}

fn value_of(known: &[(String, MathQuery)], name: &str, asked: (f64, f64), depth: usize) -> Option<f64> {
    if depth > MOST_DEPTH {
        return None;
    }
    match find(known, name)? {
        MathQuery::Metric(metric) => metric.value(asked.0, asked.1),
        MathQuery::Formula(formula) => {
            let all: Option<Vec<(String, f64)>> = known
                .iter()
                .filter_map(|(id, query)| match query {
                    MathQuery::Metric(metric) => {
                        Some(metric.value(asked.0, asked.1).map(|value| (id.clone(), value)))
                    }
                    MathQuery::Formula(_) => None,
                })
                .collect();
            let of = |name: &str| value_of(known, name, asked, depth + 1);
            match formula.value(&of, &all.unwrap_or_default())? {
                MathAmounts::One(number) => Some(number),
                MathAmounts::Many(_) => None,
            }
        }
    }
}
