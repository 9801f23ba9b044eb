//! Pyrra: a ServiceLevelObjective, and the four burns of its budget that it watches.

use super::alarm;
use super::budget::{self, BudgetBurn};
use super::rules::any_of;
use crate::import::cursor::Cursor;
use crate::import::draft::{Ailment, Draft, DraftTable, inline, share, text};
use crate::import::loss::{Fate, Loss};
use crate::import::provenance::Provenance;
use crate::import::time::{DAY, HOUR, MINUTE};
use crate::import::tools::judged::{Judged, Timing};

/// Milliseconds between evaluations of the rules that it makes.
const INTERVAL: u64 = 30_000;

/// Burns as of 28 days: factor, long and short window, how long it must hold, and what it is called.
const BURNS: [(f64, u64, u64, u64, &str); 4] = [
    (14.0, HOUR, 5 * MINUTE, 2 * MINUTE, "critical"),
    (7.0, 6 * HOUR, 30 * MINUTE, 15 * MINUTE, "critical"),
    (2.0, DAY, 2 * HOUR, HOUR, "warning"),
    (1.0, 4 * DAY, 6 * HOUR, 3 * HOUR, "warning"),
];

/// Whether a document is an objective.
pub(super) fn is_objective(root: &Cursor<'_>) -> bool {
    root.peek(&["kind"]) == Some("ServiceLevelObjective")
        && root.peek(&["apiVersion"]).is_some_and(|version| version.starts_with("pyrra.dev/"))
}

/// Reads an objective.
pub(super) fn read(root: &Cursor<'_>, draft: &mut Draft) {
    if budget::is_full(root, draft) {
        return;
    }
    let name = root.at(&["metadata", "name"]).and_then(|name| name.text()).unwrap_or("objective");
    root.beside_the_point(&["apiVersion", "kind", "metadata", "status"]);
    let Some(spec) = root.get("spec") else { return };
    spec.beside_the_point(&["description", "performanceOverAccuracy", "performance_over_accuracy"]);
    indicator(&spec, name);
    let (target, window) = (spec.get("target"), spec.get("window"));
    let (Some(target), Some(window)) = (target, window) else {
        spec.refused("it has no target, or no window");
        return;
    };
    let (Some(percent), Some(window_ms)) = (target.number(), window.duration_ms(1_000)) else { return };
    let from = target.provenance().and(&window.provenance());
    let (mut burns, mut absent) = (true, true);
    if let Some(alerting) = spec.get("alerting") {
        let truth = |key: &str| alerting.get(key).and_then(|key| key.truth());
        let off = truth("disabled") == Some(true);
        burns = !off && truth("burnrates") != Some(false);
        absent = !off && truth("absent") != Some(false);
        alerting.beside_the_point(&["name", "annotations", "labels", "absent_severity", "severities"]);
    }
    if burns {
        alarm::ask_for_scrape(root.desk());
        for (factor, long, short, wait, severity) in BURNS {
            let scaled = |ms: u64| of_window(ms, window_ms);
            let timing = Timing { period_ms: INTERVAL, for_ms: scaled(wait), keep_ms: 0 };
            let burn = BudgetBurn { factor, long_ms: scaled(long), short_ms: scaled(short), timing };
            let name = format!("{name}-{severity}-{}", crate::import::time::written(burn.long_ms));
            match burn.alarm(percent, &from) {
                Ok(judged) => {
                    any_of(draft, &name, vec![judged], true, &Provenance::Written(vec![root.head()]))
                }
                Err(why) => {
                    let span = Some(target.span());
                    root.desk().lose(Loss { fate: Fate::Refused, span, what: format!("alert {name}"), why });
                }
            }
        }
    }
    if absent {
        add_absent(name, of_window(2 * MINUTE, window_ms), root, draft);
    }
}

/// A time of 28 days as of another window, in whole minutes as Pyrra rounds.
fn of_window(ms: u64, window_ms: u64) -> u64 {
    let scaled = u128::from(ms) * u128::from(window_ms) / u128::from(28 * DAY);
    let minutes = (scaled + u128::from(MINUTE / 2)) / u128::from(MINUTE);
    u64::try_from(minutes).unwrap_or(u64::MAX).saturating_mul(MINUTE)
}

/// What is looked at: every kind of it is a share of what is not well.
fn indicator(spec: &Cursor<'_>, name: &str) {
    let Some(indicator) = spec.get("indicator") else { return };
    let told = |cursor: &Cursor<'_>, how: &str| {
        let what = format!("objective {name}");
        let why = how.to_owned();
        cursor.desk().lose(Loss { fate: Fate::Approximated, span: Some(cursor.span()), what, why });
    };
    for (kind, of) in indicator.entries() {
        if kind.starts_with("latency") {
            told(
                &of,
                "requests that are too slow count as failed there: so let the defect's `error-ratio` be how many are",
            );
        } else if kind == "bool_gauge" || kind == "boolGauge" {
            told(&of, "the share of probes that find it not well is taken for that of requests that fail");
        }
        if of.list("grouping").iter().any(|label| label.tree().text().is_some()) {
            told(
                &of,
                "there is an alert for each group of requests, and here they are one: a fault of one alone is diluted",
            );
        }
        of.desk().take_all(of.tree());
    }
}

/// The alert that there are no data.
fn add_absent(name: &str, for_ms: u64, root: &Cursor<'_>, draft: &mut Draft) {
    let waits = for_ms.div_ceil(MINUTE).min(63);
    let mut table = DraftTable::default();
    table.set("scope", text("service"), Provenance::Plain);
    table.set(
        "impaired-hosts",
        inline([("at-least", share(1.0))]),
        Provenance::implied("Pyrra adds an alert for missing metrics"),
    );
    table.set("period", text("1m"), Provenance::Plain);
    if waits > 0 {
        table.set("datapoints", text(&format!("{0} of {0}", waits + 1)), Provenance::Plain);
    }
    let why = "series are gone when what they are of is: it fires when all instances are down".to_owned();
    let what = format!("alert SLOMetricAbsent of {name}");
    root.desk().lose(Loss { fate: Fate::Approximated, span: Some(root.head()), what, why });
    let judged = Judged { table, ailment: Ailment::Down, approximated: Vec::new() };
    any_of(draft, &format!("{name}-absent"), vec![judged], true, &Provenance::Written(vec![root.head()]));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_scale_with_the_objectives() {
        assert_eq!(of_window(HOUR, 28 * DAY), HOUR);
        assert_eq!(of_window(HOUR, 14 * DAY), 30 * MINUTE);
        assert_eq!(of_window(5 * MINUTE, 7 * DAY), MINUTE);
        assert_eq!(of_window(2 * MINUTE, 7 * DAY), MINUTE);
        assert_eq!(of_window(2 * MINUTE, 6 * DAY), 0);
        assert!(of_window(u64::MAX, u64::MAX) > 0);
    }
}
