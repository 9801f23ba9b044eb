//! What the analysis of a Canary looks at: Flagger's own metrics and templates of queries, each an alarm that its steps check.

use super::hooks::CanaryHooks;
use super::way::{CanaryKind, CanaryWay};
use super::{CanaryTicks, MINUTE};
use crate::import::cursor::Cursor;
use crate::import::draft::{
    Ailment, Draft, DraftAlarm, DraftTable, DraftValue, duration, inline, share, text, whole,
};
use crate::import::provenance::Provenance;
use crate::import::time;
use crate::import::tools::judged::{Judged, Timing, as_check, opaque};
use crate::import::tools::prometheus;

/// Metrics of an analysis, all of which each of its steps checks.
const MOST_METRICS: usize = 50;

/// Alarms of the checks of a step.
pub(super) struct CanaryChecks {
    /// Where customers are with the new version.
    pub of_customers: Vec<String>,
    /// Where only load tests and mirrored requests are.
    pub own: Vec<String>,
}

/// What a metric looks at.
enum MetricLook<'d> {
    /// Requests that fail, above so many percent.
    Errors(f64),
    /// The 99th percentile of durations.
    Slow,
    /// A query to Prometheus, and the condition that is true while it fails.
    Query(Cursor<'d>, String),
    /// Something of which nobody can tell from here.
    Other(String),
}

struct CanaryMetric<'d> {
    cursor: Cursor<'d>,
    name: &'d str,
    look: MetricLook<'d>,
}

/// Names of the templates that Canaries among the files ask for.
pub(super) fn wanted<'d>(any: &Cursor<'d>) -> impl Iterator<Item = &'d str> {
    let analysis = |canary: &Cursor<'d>| {
        let of = |key| canary.at(&["spec", key]);
        of("analysis").or_else(|| of("canaryAnalysis"))
    };
    let canaries = any.others(&["kind"], &["Canary"]).into_iter();
    let metrics =
        canaries.filter_map(move |canary| analysis(&canary)).flat_map(|found| found.list("metrics"));
    metrics.filter_map(|metric| metric.peek(&["templateRef", "name"]))
}

/// The checks of `analysis`, whose alarms are added. None where nothing is checked.
pub(super) fn read(
    canary: &Cursor<'_>,
    analysis: &Cursor<'_>,
    ticks: &CanaryTicks,
    way: &CanaryWay,
    hooks: &CanaryHooks,
    draft: &mut Draft,
) -> Option<CanaryChecks> {
    let mut listed = analysis.list("metrics");
    if let Some(first_too_many) = listed.get(MOST_METRICS) {
        first_too_many.error(format!("an analysis has at most {MOST_METRICS} metrics here"));
        listed.truncate(MOST_METRICS);
    }
    let metrics: Vec<CanaryMetric<'_>> = listed.iter().filter_map(|cursor| metric(canary, cursor)).collect();
    let (customers, own) = match &way.kind {
        CanaryKind::Weights(_) => (true, way.is_mirrored),
        CanaryKind::BlueGreen { is_routed, .. } => (*is_routed, true),
        CanaryKind::Matching(_) => (true, false),
    };
    let mut checks = CanaryChecks { of_customers: hooks.checks.clone(), own: hooks.checks.clone() };
    for metric in metrics {
        if customers {
            let judged = metric.of_customers(ticks);
            checks.of_customers.push(metric.add(metric.name, judged, draft));
        }
        if own {
            let name =
                if customers { format!("{}-before-customers", metric.name) } else { metric.name.to_owned() };
            let judged = metric.of_load(ticks, &name);
            checks.own.push(metric.add(&name, judged, draft));
        }
    }
    (!checks.of_customers.is_empty() || !checks.own.is_empty()).then_some(checks)
}

/// A metric of an analysis; none where it cannot fail, which was said.
fn metric<'d>(canary: &Cursor<'d>, cursor: &Cursor<'d>) -> Option<CanaryMetric<'d>> {
    let name = cursor.get("name").and_then(|name| name.text()).unwrap_or("metric");
    let range = cursor.get("thresholdRange");
    let limit = |key: &str| range.as_ref().and_then(|range| range.get(key)).and_then(|limit| limit.number());
    let (mut least, mut most) = (limit("min"), limit("max"));
    if let Some(old) = cursor.get("threshold").and_then(|old| old.number()).filter(|_| range.is_none()) {
        if name == "request-success-rate" { least = Some(old) } else { most = Some(old) }
    }
    cursor.desk().take_all(cursor.tree());
    if least.is_none() && most.is_none() {
        cursor.dropped("without `thresholdRange` it never fails");
        return None;
    }
    let asked = query(canary, cursor);
    let look = match (name, asked) {
        (_, Some(Err(why))) => MetricLook::Other(why),
        (_, Some(Ok((place, query)))) => MetricLook::Query(place, condition(&query, least, most)),
        ("request-success-rate", None) => {
            let Some(least) = least.filter(|least| *least > 0.0) else {
                cursor.dropped("without a `min` above 0 it never fails");
                return None;
            };
            if least > 100.0 {
                cursor.error("more than 100 % never succeed: every check of this metric would fail");
                return None;
            }
            MetricLook::Errors(100.0 - least)
        }
        ("request-duration", None) => {
            let Some(most) = most else {
                cursor.dropped("without a `max` it never fails");
                return None;
            };
            cursor.approximated(format!(
                "Flagger asks whether the 99th percentile is above {most} ms: here whether more than 1 % of requests are slow, \
                 which are those above {most} ms (`slow-ratio` of a defect, `background-slow-ratio` of the fleet)"
            ));
            MetricLook::Slow
        }
        (_, None) => {
            cursor.dropped("Flagger has no metric of this name, and it has no template: it is never asked");
            return None;
        }
    };
    Some(CanaryMetric { cursor: cursor.clone(), name, look })
}

/// What is true while a value is outside of its range.
fn condition(query: &str, least: Option<f64>, most: Option<f64>) -> String {
    let query = query.trim();
    let below = least.map(|least| format!("({query}) < {least}"));
    let above = most.map(|most| format!("({query}) > {most}"));
    below.into_iter().chain(above).collect::<Vec<_>>().join(" or ")
}

/// The query of a metric and where it is written, with what is known of the Canary put in; or why it cannot be read. None
/// where it has none.
fn query<'d>(canary: &Cursor<'d>, metric: &Cursor<'d>) -> Option<Result<(Cursor<'d>, String), String>> {
    let (place, is_prometheus) = match (metric.peek(&["templateRef", "name"]), metric.get("query")) {
        (Some(name), _) => {
            let templates = metric.others(&["kind"], &["MetricTemplate"]).into_iter();
            let template =
                templates.into_iter().find(|template| template.peek(&["metadata", "name"]) == Some(name));
            let Some(template) = template else {
                return Some(Err(format!(
                    "its template `{name}` is in none of the files, which you may give, too"
                )));
            };
            let kind = template.peek(&["spec", "provider", "type"]).unwrap_or("prometheus");
            let Some(place) = template.at(&["spec", "query"]) else {
                return Some(Err(format!("its template `{name}` has no query")));
            };
            if kind != "prometheus" {
                return Some(Err(format!("it asks {kind}, whose queries are not understood")));
            }
            (place, true)
        }
        (None, Some(place)) => (place, true),
        (None, None) => return None,
    };
    let query = place.tree().text().filter(|_| is_prometheus)?;
    Some(filled(query, canary, metric).map(|query| (place, query)))
}

/// A query with the words of a template replaced by what the Canary says.
fn filled(query: &str, canary: &Cursor<'_>, metric: &Cursor<'_>) -> Result<String, String> {
    let target = canary.peek(&["spec", "targetRef", "name"]);
    let (mut out, mut rest) = (String::new(), query);
    while let Some((before, behind)) = rest.split_once("{{") {
        let (word, after) = behind.split_once("}}").ok_or("its template does not end")?;
        let word = word.trim().trim_matches('-').trim();
        let value = match word {
            "namespace" => canary.peek(&["metadata", "namespace"]).or(Some("default")),
            "name" => canary.peek(&["metadata", "name"]),
            "target" => target,
            "service" => canary.peek(&["spec", "service", "name"]).or(target),
            "ingress" => canary.peek(&["spec", "ingressRef", "name"]),
            "route" => canary.peek(&["spec", "routeRef", "name"]),
            "interval" => metric.peek(&["interval"]).or(Some("1m")),
            _ => word.strip_prefix("variables.").and_then(|name| metric.peek(&["templateVariables", name])),
        };
        out.push_str(before);
        out.push_str(
            value.ok_or_else(|| format!("what `{{{{ {word} }}}}` of its template is, is not known"))?,
        );
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

impl CanaryMetric<'_> {
    /// The alarm on requests of customers.
    fn of_customers(&self, ticks: &CanaryTicks) -> Judged {
        let timing = Timing::each(ticks.interval_ms);
        let mut judged = match &self.look {
            MetricLook::Errors(percent) => {
                self.own("error-ratio", share(percent / 100.0), Ailment::Errors, timing)
            }
            MetricLook::Slow => self.own("slow-ratio", share(0.01), Ailment::Slow, timing),
            MetricLook::Query(place, condition) => {
                match prometheus::judge(place.desk(), condition, timing)
                    .and_then(|judged| as_check(judged, timing))
                {
                    Ok(mut judged) => {
                        for how in judged.approximated.drain(..) {
                            place.approximated(how);
                        }
                        judged
                    }
                    Err(why) => self.by_chance(&why, self.name, timing),
                }
            }
            MetricLook::Other(why) => self.by_chance(why, self.name, timing),
        };
        let table = &mut judged.table;
        if ["error-ratio", "slow-ratio"].iter().any(|signal| table.has(signal)) {
            let from = Provenance::implied("a check without values has failed");
            table.set("missing-data", text("breaching"), from);
        }
        if self.is_of_canary() {
            table.set("version", text("new"), Provenance::implied("it asks for the canary alone"));
        }
        judged
    }

    /// The alarm where no customers are yet: on requests of load tests, or mirrored ones.
    fn of_load(&self, ticks: &CanaryTicks, name: &str) -> Judged {
        let timing = Timing::each(ticks.interval_ms);
        let mut judged = if let MetricLook::Errors(percent) = &self.look {
            self.cursor.desk().by_hand(
                format!("probes of {name}"),
                "how many requests load tests or mirroring send to the new version in an interval",
            );
            let mut table = DraftTable::default();
            table.set("scope", text("region"), Provenance::Plain);
            let probes = inline([("probes", whole(100)), ("above", share(percent / 100.0))]);
            table.set(
                "synthetic",
                probes,
                Provenance::hand("requests of load tests, or mirrored, in each interval"),
            );
            table.set("period", duration(timing.period_ms), Provenance::Plain);
            Judged { table, ailment: Ailment::Errors, approximated: Vec::new() }
        } else {
            self.by_chance(
                "before customers come it looks at requests of load tests, or mirrored ones",
                name,
                timing,
            )
        };
        let from = Provenance::implied("no customers are with the new version yet");
        judged.table.set("version", text("new"), from.clone());
        judged.table.set("internal", DraftValue::Plain("true".to_owned()), from);
        judged
    }

    /// Flagger's own metric of a ratio that must not be above `limit`.
    fn own(&self, signal: &str, limit: DraftValue, ailment: Ailment, timing: Timing) -> Judged {
        let window = self.cursor.get("interval").and_then(|window| window.duration_ms(0)).unwrap_or(MINUTE);
        if window != timing.period_ms {
            let (asked, over) = (time::written(timing.period_ms), time::written(window));
            let place = self.cursor.get("interval").unwrap_or_else(|| self.cursor.clone());
            place.approximated(format!(
                "Flagger asks every {asked} for the {over} before: here for the {asked} before"
            ));
        }
        let mut table = DraftTable::default();
        table.set("scope", text("region"), Provenance::Plain);
        let range = self.cursor.get("thresholdRange").unwrap_or_else(|| self.cursor.clone());
        table.set(signal, inline([("above", limit)]), range.provenance());
        table.set("period", duration(timing.period_ms), Provenance::implied("a check at each tick"));
        Judged { table, ailment, approximated: Vec::new() }
    }

    fn by_chance(&self, why: &str, name: &str, timing: Timing) -> Judged {
        self.cursor.approximated(format!("{why}; it is a check whose chances are to be given"));
        self.cursor.desk().by_hand(
            format!("breach-probability of {name}"),
            "how likely the check fails while all is well, and while an instance is impaired",
        );
        opaque(timing)
    }

    /// Whether it looks at the new version alone.
    fn is_of_canary(&self) -> bool {
        match &self.look {
            MetricLook::Errors(_) | MetricLook::Slow | MetricLook::Other(_) => true,
            MetricLook::Query(place, _) => {
                let query = place.tree().text().unwrap_or_default();
                !query.contains("primary")
                    && ["target", "service", "canary", "ingress"].iter().any(|word| query.contains(word))
            }
        }
    }

    fn add(&self, name: &str, judged: Judged, draft: &mut Draft) -> String {
        draft.alarm(DraftAlarm {
            name: name.to_owned(),
            table: judged.table,
            ailment: judged.ailment,
            calls_people: false,
            from: Provenance::Written(vec![self.cursor.head()]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_true_outside_of_the_range() {
        assert_eq!(condition(" a ", None, Some(1.0)), "(a) > 1");
        assert_eq!(condition("a", Some(99.5), None), "(a) < 99.5");
        assert_eq!(condition("a", Some(1.0), Some(2.0)), "(a) < 1 or (a) > 2");
    }
}
