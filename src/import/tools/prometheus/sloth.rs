//! Sloth: objectives of a service, and the windows over which their budgets are watched.

use super::alarm;
use super::budget::{self, BudgetBurn};
use super::rules::any_of;
use crate::import::cursor::Cursor;
use crate::import::draft::Draft;
use crate::import::loss::{Fate, Loss};
use crate::import::provenance::Provenance;
use crate::import::time::{DAY, HOUR, MINUTE};
use crate::import::tools::judged::Judged;

/// How urgent an alert of an objective is, and at which burns it fires.
struct SlothAlert {
    word: &'static str,
    burns: Vec<BudgetBurn>,
}

/// Whether a document has objectives.
pub(super) fn is_spec(root: &Cursor<'_>) -> bool {
    let plain = root.peek(&["version"]).is_some_and(|version| version.starts_with("prometheus/v1"));
    plain && root.has("slos") || root.peek(&["kind"]) == Some("PrometheusServiceLevel")
}

/// Whether a document has windows.
pub(super) fn is_windows(root: &Cursor<'_>) -> bool {
    root.peek(&["kind"]) == Some("AlertWindows")
        && root.peek(&["apiVersion"]).is_some_and(|version| version.starts_with("sloth."))
}

/// Reads the objectives of a service.
pub(super) fn read_spec(root: &Cursor<'_>, draft: &mut Draft) {
    root.beside_the_point(&["version", "apiVersion", "kind", "metadata", "status"]);
    let spec = root.get("spec").unwrap_or_else(|| root.clone());
    spec.beside_the_point(&["labels", "slo_plugins", "sloPlugins"]);
    let service = spec.get("service").and_then(|service| service.text()).unwrap_or("service");
    let Some(urgencies) = windows_on_the_desk(root) else { return };
    for slo in spec.list("slos") {
        if !budget::is_full(&slo, draft) {
            objective(&slo, service, &urgencies, draft);
        }
    }
}

fn objective(slo: &Cursor<'_>, service: &str, urgencies: &[SlothAlert], draft: &mut Draft) {
    slo.beside_the_point(&["description", "labels", "plugins"]);
    let name = slo.get("name").and_then(|name| name.text()).unwrap_or("slo");
    if let Some(sli) = slo.get("sli") {
        let ratio = sli.has("raw") || sli.has("plugin");
        let total = sli.at(&["events", "error_query"]).or_else(|| sli.at(&["events", "errorQuery"]));
        let slow =
            total.is_some_and(|query| query.tree().text().is_some_and(|text| text.contains("_bucket")));
        sli.desk().take_all(sli.tree());
        let told = |how: &str| {
            let loss = Loss {
                fate: Fate::Approximated,
                span: Some(sli.span()),
                what: format!("objective {name}"),
                why: how.to_owned(),
            };
            sli.desk().lose(loss);
        };
        if slow {
            told(
                "requests that are too slow count as failed there: so let the defect's `error-ratio` be how many are",
            );
        } else if ratio {
            told("what its query calls an error is taken for a failed request");
        }
    }
    let Some(objective) = slo.get("objective") else {
        slo.refused("it has no objective");
        return;
    };
    let Some(percent) = objective.number() else { return };
    let alerting = slo.get("alerting");
    let alert = alerting.as_ref().and_then(|alerting| alerting.get("name")).and_then(|name| name.text());
    let alert = alert.map_or_else(|| format!("{service}-{name}"), str::to_owned);
    for urgency in urgencies {
        let keys = [format!("{}_alert", urgency.word), format!("{}Alert", urgency.word)];
        let own = alerting.as_ref().and_then(|alerting| keys.iter().find_map(|key| alerting.get(key)));
        let off = own.as_ref().and_then(|own| own.get("disable")).and_then(|off| off.truth());
        if let Some(own) = &own {
            own.beside_the_point(&["labels", "annotations"]);
        }
        if off == Some(true) {
            continue;
        }
        let name = format!("{alert}-{}", urgency.word);
        add(&name, urgency, percent, &objective, draft);
    }
    if let Some(alerting) = alerting {
        alerting.beside_the_point(&["labels", "annotations"]);
    }
}

/// Adds the alarm of an urgency: either of its burns.
fn add(name: &str, urgency: &SlothAlert, percent: f64, from: &Cursor<'_>, draft: &mut Draft) {
    let lose = |fate: Fate, why: String| {
        from.desk().lose(Loss { fate, span: Some(from.span()), what: format!("alert {name}"), why });
    };
    let mut all: Vec<Judged> = Vec::new();
    for burn in &urgency.burns {
        match burn.alarm(percent, &from.provenance()) {
            Ok(judged) => all.push(judged),
            Err(why) => lose(Fate::Refused, why),
        }
    }
    if all.is_empty() {
        return;
    }
    alarm::ask_for_scrape(from.desk());
    let calls_people = urgency.word == "page";
    if !calls_people {
        let how = "a ticket calls nobody at once: no strategy listens to it, unless its `alarms` list it";
        lose(Fate::Approximated, how.to_owned());
    }
    any_of(draft, name, all, calls_people, &from.provenance());
}

/// Reads windows for themselves: what they would make of an objective, where no objectives are there.
pub(super) fn read_windows(root: &Cursor<'_>, draft: &mut Draft) {
    let Some(urgencies) = windows(root) else { return };
    let specs = root.others(&["version"], &["prometheus/v1"]).len()
        + root.others(&["kind"], &["PrometheusServiceLevel"]).len();
    if specs > 0 {
        return;
    }
    alarm::ask_for_scrape(root.desk());
    root.desk().by_hand("objective", "the windows have none: 99.9 % stands for that of your service");
    let from = Provenance::hand("your objective");
    for urgency in &urgencies {
        let all: Vec<Judged> = urgency.burns.iter().filter_map(|burn| burn.alarm(99.9, &from).ok()).collect();
        any_of(
            draft,
            &format!("error-budget-{}", urgency.word),
            all,
            urgency.word == "page",
            &Provenance::Written(vec![root.head()]),
        );
    }
}

/// The windows of the files, or those that Sloth has for 30 days.
fn windows_on_the_desk(root: &Cursor<'_>) -> Option<Vec<SlothAlert>> {
    let written = root.others(&["kind"], &["AlertWindows"]);
    match written.first() {
        Some(first) => {
            if let Some(second) = written.get(1) {
                second.dropped("Sloth takes the windows of one period: here those of the first file");
            }
            windows(first)
        }
        None => {
            let burn = |percent, long_h: u64, short_m: u64| {
                BudgetBurn::of_budget(
                    percent,
                    30 * DAY,
                    long_h * HOUR,
                    short_m * MINUTE,
                    budget::each_minute(),
                )
            };
            Some(vec![
                SlothAlert { word: "page", burns: vec![burn(2.0, 1, 5), burn(5.0, 6, 30)] },
                SlothAlert { word: "ticket", burns: vec![burn(10.0, 24, 120), burn(10.0, 72, 360)] },
            ])
        }
    }
}

/// The windows of a document; none if they were reported.
fn windows(root: &Cursor<'_>) -> Option<Vec<SlothAlert>> {
    root.beside_the_point(&["apiVersion", "kind", "metadata"]);
    let spec = root.get("spec")?;
    let period_ms = spec.get("sloPeriod").map_or(Some(30 * DAY), |period| period.duration_ms(1_000))?;
    let mut urgencies = Vec::new();
    for word in ["page", "ticket"] {
        let Some(urgency) = spec.get(word) else { continue };
        let mut burns = Vec::new();
        for speed in ["quick", "slow"] {
            let Some(speed) = urgency.get(speed) else { continue };
            let duration = |key: &str| speed.get(key).and_then(|window| window.duration_ms(1_000));
            let percent = speed.get("errorBudgetPercent").and_then(|percent| percent.number());
            match (percent, duration("longWindow"), duration("shortWindow")) {
                (Some(percent), Some(long), Some(short)) if long > 0 && short > 0 => {
                    burns.push(BudgetBurn::of_budget(percent, period_ms, long, short, budget::each_minute()));
                }
                _ => speed.error("it needs `errorBudgetPercent`, `longWindow` and `shortWindow`"),
            }
        }
        urgencies.push(SlothAlert { word, burns });
    }
    Some(urgencies)
}
