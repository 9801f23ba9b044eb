//! Kayenta's configurations of canaries: metrics with weights, as alarms of a one-box that is compared with a baseline, and
//! a score of them. Pipelines that refer to one ask for its alarms here.

use super::super::judged::{Timing, opaque};
use crate::import::cursor::Cursor;
use crate::import::draft::{
    Ailment, Draft, DraftAlarm, DraftStrategy, DraftTable, DraftValue, duration, inline, sound_name, text,
    whole,
};
use crate::import::provenance::Provenance;
use crate::import::time::{MINUTE, SECOND};
use std::collections::BTreeMap;

/// How long a canary runs, where nobody says it.
const LIFETIME_MS: u64 = 60 * MINUTE;

/// Points of all metrics together: scores have two decimals.
const ALL_POINTS: f64 = 10_000.0;

/// Metrics of a configuration at most.
const MOST_METRICS: usize = 200;

/// The mark where nobody says one, in points of 100.
const USUAL_PASS: f64 = 75.0;

/// How a canary is judged, as far as a pipeline says it.
#[derive(Debug, Clone, Default)]
pub(super) struct Terms {
    /// From this score of 100 on it passes, and where that is written.
    pub pass: Option<(f64, Provenance)>,
    /// Milliseconds from one verdict to the next.
    pub interval_ms: Option<u64>,
}

/// A metric that counts.
struct Metric<'d> {
    at: Cursor<'d>,
    name: String,
    is_critical: bool,
    weight: f64,
}

pub(super) fn knows(cursor: &Cursor<'_>) -> bool {
    cursor.has("metrics") && (cursor.has("classifier") || cursor.has("judge")) && !cursor.has("spec")
}

/// A configuration by itself: a rollout with a canary that it judges.
pub(super) fn read(cursor: &Cursor<'_>, draft: &mut Draft) {
    let name = cursor.get("name").and_then(|name| name.text()).unwrap_or("canary").to_owned();
    let mut strategy = DraftStrategy::new(
        format!("{name}-canary"),
        format!("A canary that Kayenta judges by {name}"),
        Provenance::Written(vec![cursor.head()]),
    );
    strategy.alarms.extend(alarms(cursor, &Terms::default(), draft));
    let one_box = inline([("hosts", whole(1)), ("bake", duration(LIFETIME_MS))]);
    strategy.table.set(
        "one-box",
        one_box,
        Provenance::hand("how many hosts the canary has, and how long it runs"),
    );
    cursor.desk().by_hand("one-box", "how many hosts the canary has, and how long it runs: the pipeline that uses the configuration says it");
    let mut wave = DraftTable::default();
    wave.set("regions", text("all"), Provenance::Plain);
    strategy.table.add("wave", wave);
    draft.strategy(strategy);
}

/// Adds the alarms of a configuration; returns the name of the one that says that the canary fails.
pub(super) fn alarms(config: &Cursor<'_>, terms: &Terms, draft: &mut Draft) -> Option<String> {
    config.beside_the_point(&[
        "id",
        "name",
        "description",
        "configVersion",
        "applications",
        "createdTimestamp",
        "createdTimestampIso",
        "updatedTimestamp",
        "updatedTimestampIso",
        "templates",
        "owningUser",
        "isOnHold",
    ]);
    judge(config);
    let classifier = config.get("classifier");
    let thresholds = classifier.as_ref().and_then(|classifier| classifier.get("scoreThresholds"));
    let metrics = metrics(config, classifier.as_ref());
    if metrics.is_empty() {
        config
            .error("no metric of it counts: a canary configuration needs `metrics` in groups with a weight");
        return None;
    }
    let own = thresholds.as_ref().and_then(|thresholds| {
        if let Some(marginal) = thresholds.get("marginal") {
            marginal.dropped("below it a canary is ended at the next verdict: here the verdict comes once, at the end of the canary");
        }
        let pass = thresholds.get("pass")?;
        Some((score(&pass)?, pass.provenance()))
    });
    let (pass, from) =
        terms.pass.clone().or(own).unwrap_or((USUAL_PASS, Provenance::implied("the usual mark: 75 of 100")));
    let named: Vec<(String, u64)> =
        metrics.iter().map(|metric| (metric_alarm(metric, terms, draft), metric.points())).collect();
    Some(score_alarm(config, &named, pass, &from, draft))
}

impl Metric<'_> {
    /// Its points. A critical one fails the canary alone.
    fn points(&self) -> u64 {
        if self.is_critical {
            ALL_POINTS as u64
        } else {
            ((self.weight * ALL_POINTS / 100.0).round() as u64).max(1)
        }
    }
}

/// A score from 0 to 100.
pub(super) fn score(cursor: &Cursor<'_>) -> Option<f64> {
    let score = cursor.number()?;
    if !(0.0..=100.0).contains(&score) {
        cursor.error("a score is from 0 to 100");
        return None;
    }
    Some(score)
}

fn judge(config: &Cursor<'_>) {
    let Some(judge) = config.get("judge") else { return };
    if let Some(name) = judge.get("name")
        && !matches!(name.text(), Some("NetflixACAJudge-v1.0" | "dredd-v1.0"))
    {
        name.approximated(
            "another judge than Netflix's: here a canary is judged as that one does, by Mann-Whitney",
        );
    }
    judge.beside_the_point(&["judgeConfigurations"]);
}

/// The metrics that count, each with its weight of 100: that of its groups, shared among the metrics of a group.
fn metrics<'d>(config: &Cursor<'d>, classifier: Option<&Cursor<'d>>) -> Vec<Metric<'d>> {
    let all = super::bounded(config, config.list("metrics"), MOST_METRICS);
    let mut sizes: BTreeMap<String, f64> = BTreeMap::new();
    let groups: Vec<Vec<String>> = all
        .iter()
        .map(|metric| {
            metric.list("groups").iter().filter_map(|group| group.text().map(str::to_owned)).collect()
        })
        .collect();
    for group in groups.iter().flatten() {
        *sizes.entry(group.clone()).or_default() += 1.0;
    }
    let mut weights: BTreeMap<String, f64> = BTreeMap::new();
    for (group, weight) in
        classifier.and_then(|classifier| classifier.get("groupWeights")).iter().flat_map(Cursor::entries)
    {
        if let Some(share) = score(&weight) {
            weights.insert(group.to_owned(), share);
        }
    }
    // Groups without a weight share what is left.
    let bare: Vec<&String> = sizes.keys().filter(|group| !weights.contains_key(*group)).collect();
    let left = (100.0 - weights.values().sum::<f64>()).max(0.0) / bare.len().max(1) as f64;
    let left: Vec<(String, f64)> = bare.into_iter().map(|group| (group.clone(), left)).collect();
    weights.extend(left);
    let mut counted = Vec::new();
    for (at, groups) in all.into_iter().zip(groups) {
        let weight: f64 = groups
            .iter()
            .map(|group| weights.get(group).unwrap_or(&0.0) / sizes.get(group).unwrap_or(&1.0))
            .sum();
        let named = at.get("name").and_then(|name| name.text()).unwrap_or("metric");
        let name = sound_name(named);
        let is_critical = critical(&at);
        if weight > 0.0 || is_critical {
            counted.push(Metric { at, name, is_critical, weight });
        } else {
            at.dropped("it is in no group that has a weight, so it does not count for the score");
        }
    }
    counted
}

fn canary_rules<'d>(at: &Cursor<'d>) -> Option<Cursor<'d>> {
    at.at(&["analysisConfigurations", "canary"])
}

fn critical(at: &Cursor<'_>) -> bool {
    canary_rules(at).and_then(|rules| rules.get("critical")).and_then(|critical| critical.truth())
        == Some(true)
}

/// What a metric is about, by its words.
fn ailment(words: &str) -> Option<Ailment> {
    let has = |list: &[&str]| list.iter().any(|word| words.contains(word));
    if has(&["error", "fail", "5xx", "4xx", "500", "exception", "success", "fault", "availab"]) {
        Some(Ailment::Errors)
    } else if has(&[
        "latency",
        "duration",
        "response_time",
        "response time",
        "responsetime",
        "p99",
        "p95",
        "p90",
        "slow",
    ]) {
        Some(Ailment::Slow)
    } else {
        None
    }
}

fn metric_alarm(metric: &Metric<'_>, terms: &Terms, draft: &mut Draft) -> String {
    let query = metric.at.get("query");
    let words = format!("{} {}", metric.name, query.as_ref().map_or(String::new(), Cursor::said))
        .to_ascii_lowercase();
    let period = query
        .as_ref()
        .and_then(|query| query.get("aggregationPeriod"))
        .and_then(|period| period.duration_ms(SECOND));
    let from = query.as_ref().map_or_else(|| metric.at.provenance(), Cursor::provenance);
    let rules = canary_rules(&metric.at);
    let (table, ailment) = match ailment(&words) {
        Some(ailment) => {
            let signal = if ailment == Ailment::Slow { "slow" } else { "errors" };
            let mut canary = vec![("judge", text("mann-whitney")), ("signal", text(signal))];
            if let Some(least) = rules.as_ref().and_then(allowed) {
                canary.push(("least-ratio", least));
            }
            let mut table = DraftTable::default();
            table.set("scope", text("one-box"), Provenance::Plain);
            table.set("canary", inline(canary), from);
            table.set(
                "period",
                duration(period.unwrap_or(MINUTE).max(SECOND)),
                Provenance::implied("the step of the query"),
            );
            if let Some(query) = &query {
                query.approximated(format!(
                    "compared are the requests that {}, as they are counted here",
                    if signal == "slow" { "are slow" } else { "fail" }
                ));
            }
            (table, ailment)
        }
        None => {
            let mut judged = opaque(Timing::each(terms.interval_ms.unwrap_or(LIFETIME_MS).max(MINUTE)));
            judged.table.set("scope", text("one-box"), from);
            if let Some(query) = &query {
                query.approximated(
                    "what it measures is not in the model: how likely it fails is given by hand",
                );
            }
            metric.at.desk().by_hand(
                format!("metric {}", metric.name),
                "how likely it fails while the canary is well, and while it is not",
            );
            (judged.table, Ailment::Strain)
        }
    };
    if let Some(rules) = &rules {
        direction(rules);
    }
    metric.at.beside_the_point(&["scopeName", "analysisConfigurations"]);
    draft.alarm(DraftAlarm {
        name: metric.name.clone(),
        table,
        ailment,
        calls_people: false,
        from: metric.at.get("name").map_or(Provenance::Plain, |name| name.provenance()),
    })
}

/// The ratio that an increase must have to count.
fn allowed(rules: &Cursor<'_>) -> Option<DraftValue> {
    let ratio = rules.at(&["effectSize", "allowedIncrease"])?;
    let number = ratio.number()?;
    if !(1.0..=1_000.0).contains(&number) {
        ratio.dropped("a ratio below 1 is of another measure than this one; here every increase counts");
        return None;
    }
    Some(DraftValue::Plain(format!("{number:?}")))
}

/// What a rule says besides how much.
fn direction(rules: &Cursor<'_>) {
    rules.beside_the_point(&["critical"]);
    if let Some(direction) = rules.get("direction")
        && matches!(direction.text(), Some("decrease" | "either"))
    {
        direction
            .approximated("here more failed or slow requests are what fails a canary, and fewer never do");
    }
    rules.drop_keys(
        &["nanStrategy", "mustHaveData"],
        "a metric without data passes here, unless its monitoring is said to be `lost`",
    );
    rules.drop_keys(&["outliers"], "no value is taken out as an outlier: a single odd one counts for more");
    rules.drop_keys(&["effectSize"], "of sizes of an effect only `allowedIncrease` is kept");
}

/// The alarm that so many of the points failed.
fn score_alarm(
    config: &Cursor<'_>,
    named: &[(String, u64)],
    pass: f64,
    from: &Provenance,
    draft: &mut Draft,
) -> String {
    let all = named.iter().map(|(_, points)| *points).sum::<u64>().min(ALL_POINTS as u64);
    let least = (all as f64 * (100.0 - pass) / 100.0).floor() as u64 + 1;
    let keys: Vec<(String, DraftValue)> =
        named.iter().map(|(name, points)| (text(name).to_string(), whole(*points))).collect();
    let points = inline(keys.iter().map(|(key, value)| (key.as_str(), value.clone())));
    let mut table = DraftTable::default();
    table.set("score", inline([("points", points), ("at-least", whole(least))]), from.clone());
    let name = config.tree().get("name").and_then(crate::import::tree::Marked::text).unwrap_or("canary");
    draft.alarm(DraftAlarm {
        name: format!("{name} score"),
        table,
        ailment: Ailment::Errors,
        calls_people: false,
        from: from.clone(),
    })
}
