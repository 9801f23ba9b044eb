//! Files of alerting rules: `groups`, also in a PrometheusRule or a VMRule. Each alert is an alarm that calls people, or is
//! refused with the reason; recording rules are put where they are used.

use super::alarm::{self, Asker};
use super::records::{Records, all_rules};
use crate::import::cursor::Cursor;
use crate::import::draft::{Ailment, Draft, DraftAlarm, DraftTable, text, texts};
use crate::import::loss::{Fate, Loss};
use crate::import::provenance::Provenance;
use crate::import::time::SECOND;
use crate::import::tools::judged::{Judged, Timing};
use crate::import::tree::Marked;

/// Milliseconds between evaluations where nothing is written.
const DEFAULT_INTERVAL: u64 = 60 * SECOND;

/// Alerts of all files that are read.
const MOST_ALERTS: usize = 1_000;

/// Severities at which nobody comes at once.
const CALLS_NOBODY: [&str; 9] =
    ["info", "none", "ticket", "debug", "informational", "notice", "low", "silent", "ignore"];

/// Kinds of resources that hold groups of rules in `spec`.
const KINDS: [&str; 3] = ["PrometheusRule", "VMRule", "ThanosRule"];

/// Whether a document has alerting or recording rules.
pub(super) fn is_rules(root: &Cursor<'_>) -> bool {
    let in_kind = root.peek(&["kind"]).is_some_and(|kind| KINDS.contains(&kind));
    in_kind || (!root.has("kind") && all_rules(root).next().is_some())
}

/// Whether a document has rules over logs.
pub(super) fn is_of_logs(root: &Cursor<'_>) -> bool {
    let version = root.peek(&["apiVersion"]).unwrap_or_default();
    version.starts_with("loki.grafana.com/")
}

/// Refuses rules over logs.
pub(super) fn refuse_logs(root: &Cursor<'_>, _: &mut Draft) {
    root.refused("its rules count lines of logs (LogQL), which the model does not have");
}

/// Reads the alerts of a document.
pub(super) fn read(root: &Cursor<'_>, draft: &mut Draft) {
    root.beside_the_point(&["apiVersion", "kind", "metadata", "status", "namespace"]);
    let spec = root.get("spec").unwrap_or_else(|| root.clone());
    let records = Records::on(root.desk());
    let names: Vec<&str> =
        all_rules(root).filter_map(|rule| rule.get("alert")).filter_map(Marked::text).collect();
    let papers = root.desk().papers.iter().map(|paper| Cursor::root(root.desk(), &paper.tree));
    let mut alerts = papers.flat_map(|paper| all_rules(&paper)).filter(|rule| rule.get("alert").is_some());
    if alerts.nth(MOST_ALERTS).is_some() {
        let few = "give the groups that are about what you roll out";
        root.refused(format!("of more than {MOST_ALERTS} alerts none is read: {few}"));
        return;
    }
    for group in spec.list("groups") {
        group.beside_the_point(&[
            "name",
            "labels",
            "limit",
            "partial_response_strategy",
            "concurrency",
            "params",
            "headers",
            "tenant",
            "notifier_headers",
            "source_tenants",
            "debug",
            "eval_alignment",
        ]);
        let interval = group.get("interval").and_then(|interval| interval.duration_ms(SECOND));
        let interval = interval.filter(|interval| *interval > 0).unwrap_or(DEFAULT_INTERVAL);
        for key in ["query_offset", "evaluation_delay", "eval_offset", "eval_delay"] {
            if let Some(late) = group.get(key) {
                late.dropped("alarms look at what was then: they fire so much later than in the scenario");
            }
        }
        let logs = group.peek(&["type"]).is_some_and(|kind| kind != "prometheus");
        group.beside_the_point(&["type"]);
        for rule in group.list("rules") {
            if rule.has("record") {
                rule.desk().take_all(rule.tree());
            } else if logs {
                rule.refused("it does not look at metrics of Prometheus");
            } else {
                AlertingRule { rule: &rule, names: &names, interval }.read(&records, draft);
            }
        }
    }
}

/// An alerting rule.
struct AlertingRule<'a, 'd> {
    rule: &'a Cursor<'d>,
    /// Names of all alerts of the document.
    names: &'a [&'d str],
    interval: u64,
}

impl AlertingRule<'_, '_> {
    fn read(&self, records: &Records<'_>, draft: &mut Draft) {
        let rule = self.rule;
        let severity = severity(rule);
        rule.beside_the_point(&["labels", "annotations", "id", "enabled", "debug", "update_entries_limit"]);
        let (Some(alert), Some(expr)) = (rule.get("alert"), rule.get("expr")) else {
            rule.refused("it has no name, or no expression");
            return;
        };
        let Some(name) = alert.text() else { return };
        let waits = rule.get("for");
        let keeps = rule.get("keep_firing_for");
        let ms = |key: &Option<Cursor<'_>>| key.as_ref().map_or(Some(0), |key| key.duration_ms(SECOND));
        let (Some(for_ms), Some(keep_ms), Some(condition)) = (ms(&waits), ms(&keeps), condition(rule, &expr))
        else {
            return;
        };
        let timing = Timing { period_ms: self.interval, for_ms, keep_ms };
        let lose = |fate: Fate, why: String| {
            rule.desk().lose(Loss { fate, span: Some(alert.span()), what: format!("alert {name}"), why });
        };
        let spelled = match records.spell(condition) {
            Ok(spelled) => spelled,
            Err(why) => return lose(Fate::Refused, why),
        };
        let mut all = match alarm::of_condition(&spelled.expr, timing, Asker::Rule) {
            Ok(all) => all,
            Err(why) => return lose(Fate::Refused, why),
        };
        for judged in &mut all {
            judged.table.credit(&alarm::SIGNALS, &expr.provenance());
            if judged.table.has("rate-ratio") {
                alarm::ask_for_scrape(rule.desk());
            }
            let timed = if judged.table.has("datapoints") { &waits } else { &None };
            if let Some(waits) = timed {
                judged.table.credit(&["datapoints"], &waits.provenance());
            }
            judged.approximated.drain(..).for_each(|how| lose(Fate::Approximated, how));
        }
        for unknown in &spelled.unknown {
            let how = format!("`{unknown}` is recorded by a rule that is not here: its name says what it is");
            lose(Fate::Approximated, how);
        }
        if all.len() > 1 && for_ms > 0 {
            let how = "each of its alternatives has to hold for the time by itself".to_owned();
            lose(Fate::Approximated, how);
        }
        let calls_people =
            severity.as_ref().is_none_or(|severity| !CALLS_NOBODY.contains(&severity.as_str()));
        if !calls_people {
            let how =
                "its severity calls nobody at once: no strategy listens to it, unless its `alarms` list it";
            lose(Fate::Approximated, how.to_owned());
        }
        let often = self.names.iter().filter(|known| **known == name).count() > 1;
        let name = match severity.filter(|_| often) {
            Some(severity) => format!("{name}-{severity}"),
            None => name.to_owned(),
        };
        any_of(draft, &name, all, calls_people, &alert.provenance());
    }
}

/// Adds the alarm, or one that fires when any of several does.
pub(super) fn any_of(
    draft: &mut Draft,
    name: &str,
    mut all: Vec<Judged>,
    calls_people: bool,
    from: &Provenance,
) {
    let from = from.clone();
    if let [only] = &mut all[..] {
        let (table, ailment) = (watched(std::mem::take(&mut only.table)), only.ailment);
        let name = draft.alarm(DraftAlarm { name: name.to_owned(), table, ailment, calls_people, from });
        draft.unheard.extend((!calls_people).then_some(name));
        return;
    }
    let mut parts = Vec::new();
    let mut ailment = Ailment::Errors;
    for (number, judged) in all.into_iter().enumerate() {
        ailment = judged.ailment;
        parts.push(draft.alarm(DraftAlarm {
            name: format!("{name}-{}", number + 1),
            table: watched(judged.table),
            ailment,
            calls_people: false,
            from: from.clone(),
        }));
    }
    let mut table = DraftTable::default();
    table.set("any-of", texts(parts.iter().map(String::as_str)), Provenance::Plain);
    draft.unheard.extend(parts);
    let name = draft.alarm(DraftAlarm { name: name.to_owned(), table, ailment, calls_people, from });
    draft.unheard.extend((!calls_people).then_some(name));
}

/// Prometheus goes on looking while anything is rolled out.
fn watched(mut table: DraftTable) -> DraftTable {
    table.set("watch", text("rollout"), Provenance::Plain);
    table
}

/// How urgent an alert is, in small letters, by the labels that say so.
fn severity(rule: &Cursor<'_>) -> Option<String> {
    let label = |name: &str| rule.peek(&["labels", name]).map(str::to_ascii_lowercase);
    let plain = |word: &String| word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    label("sloth_severity").or_else(|| label("severity")).or_else(|| label("priority")).filter(plain)
}

/// The text of an expression, which has to be known. `${1}` is PromQL's, of `label_replace`.
fn condition<'d>(rule: &Cursor<'d>, expr: &Cursor<'d>) -> Option<&'d str> {
    let Some(text) = expr.tree().text() else { return expr.text() };
    let variable = text.split("${").skip(1).any(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()));
    if text.contains("{{") || variable {
        return expr.text();
    }
    rule.beside_the_point(&["expr"]);
    Some(text)
}
