//! Flagger: a Canary, whose weights and checks follow the ticks of its analysis. A host is a pod.

mod hooks;
mod metrics;
mod steps;
mod way;
mod weights;

use super::kubernetes::{PodCount, cluster, replicas_of};
use super::{ToolFormat, gates};
use crate::import::cursor::Cursor;
use crate::import::draft::{Draft, DraftStrategy, DraftTable, duration, inline, share, text};
use crate::import::provenance::Provenance;
use crate::import::time::{MINUTE, SECOND};

pub(super) const FORMATS: &[ToolFormat] = &[
    ToolFormat { tool: "Flagger", knows: |cursor| is_kind(cursor, "Canary"), read: canary },
    ToolFormat { tool: "Flagger", knows: |cursor| is_kind(cursor, "MetricTemplate"), read: template },
    ToolFormat { tool: "Flagger", knows: |cursor| is_kind(cursor, "AlertProvider"), read: beside },
];

/// Flagger takes no shorter interval.
const LEAST_INTERVAL: u64 = 10 * SECOND;

/// What a Canary says of names and routes.
const BESIDE: [&str; 8] = [
    "provider",
    "service",
    "ingressRef",
    "routeRef",
    "upstreamRef",
    "metricsServer",
    "revertOnDeletion",
    "gatewayRef",
];

/// How often a canary is looked at, and how many failed checks are too many.
pub(super) struct CanaryTicks {
    interval_ms: u64,
    threshold: u64,
}

fn is_kind(cursor: &Cursor<'_>, kind: &str) -> bool {
    cursor.peek(&["kind"]) == Some(kind)
        && cursor.peek(&["apiVersion"]).is_some_and(|version| version.starts_with("flagger.app/"))
}

fn beside(cursor: &Cursor<'_>, _draft: &mut Draft) {
    cursor.desk().take_all(cursor.tree());
}

/// A template says nothing by itself: a Canary asks for it.
fn template(cursor: &Cursor<'_>, _draft: &mut Draft) {
    let name = cursor.peek(&["metadata", "name"]);
    if metrics::wanted(cursor).any(|wanted| Some(wanted) == name) {
        cursor.desk().take_all(cursor.tree());
    } else {
        cursor.dropped("no Canary of these files asks for it: it stops nothing here");
    }
}

fn canary(cursor: &Cursor<'_>, draft: &mut Draft) {
    let name = cursor.at(&["metadata", "name"]).and_then(|name| name.text()).unwrap_or("canary");
    cursor.beside_the_point(&["apiVersion", "kind", "metadata", "status"]);
    let Some(spec) = cursor.get("spec") else {
        cursor.error("it has no `spec`, which says how it is rolled out");
        return;
    };
    let mut strategy = DraftStrategy::new(name, format!("Flagger canary {name}"), cursor.provenance());
    fleet(&spec, draft);
    if let Some(suspend) = spec.get("suspend").filter(|suspend| suspend.truth() == Some(true)) {
        suspend.dropped("Flagger does nothing while it is suspended: the scenario rolls out");
    }
    let beside = Provenance::implied("the new version comes beside the primary, which keeps its pods");
    strategy.table.set("max-surge", text("100%"), beside);
    deadline(&spec, &mut strategy, draft);
    let skip = spec.get("skipAnalysis").filter(|skip| skip.truth() == Some(true));
    let analysis = spec.get("analysis").or_else(|| spec.get("canaryAnalysis"));
    let wave = match (skip, analysis) {
        (None, Some(analysis)) => analysed(cursor, &spec, &analysis, &mut strategy, draft),
        (skip, analysis) => {
            if let Some(analysis) = analysis {
                analysis.dropped(
                    "`skipAnalysis`: the new version is promoted without a check, as soon as it is ready",
                );
            }
            steps::unchecked(skip.as_ref().unwrap_or(&spec))
        }
    };
    spec.beside_the_point(&BESIDE);
    strategy.table.add("wave", wave);
    draft.strategy(strategy);
}

/// The pods of the target, by its autoscaler where it has one.
fn fleet(spec: &Cursor<'_>, draft: &mut Draft) {
    spec.beside_the_point(&["targetRef", "autoscalerRef"]);
    let target = spec.peek(&["targetRef", "kind"]).zip(spec.peek(&["targetRef", "name"]));
    let known = target.and_then(|(kind, name)| replicas_of(spec, kind, name));
    let unknown = match target {
        Some(("DaemonSet", _)) => PodCount::Unknown("how many nodes it runs on"),
        Some(_) | None => PodCount::Unknown("how many pods the target has"),
    };
    cluster(&known.unwrap_or(unknown), spec.desk(), draft);
}

/// How long the new version may get no further.
fn deadline(spec: &Cursor<'_>, strategy: &mut DraftStrategy, draft: &mut Draft) {
    let written = spec.get("progressDeadlineSeconds");
    let (ms, from) = match &written {
        Some(cursor) => (cursor.duration_ms(SECOND), cursor.provenance()),
        None => (Some(10 * MINUTE), Provenance::implied("Flagger's default")),
    };
    if let Some(ms) = ms.filter(|ms| *ms > 0) {
        gates::start_within(ms, draft);
        strategy.table.set("progress-deadline", duration(ms), from);
    }
}

/// The wave of a canary that is analysed.
fn analysed(
    cursor: &Cursor<'_>,
    spec: &Cursor<'_>,
    analysis: &Cursor<'_>,
    strategy: &mut DraftStrategy,
    draft: &mut Draft,
) -> DraftTable {
    analysis.beside_the_point(&["alerts"]);
    let interval_ms = interval(analysis);
    let (threshold, threshold_from) = match analysis.get("threshold") {
        Some(cursor) => (bounded(&cursor).unwrap_or(1).max(1), cursor.provenance()),
        None => (1, Provenance::implied("Flagger's default")),
    };
    readiness(analysis, strategy);
    let ticks = CanaryTicks { interval_ms, threshold };
    let way = way::read(spec, analysis);
    let hooks = hooks::read(analysis, &ticks, draft);
    let metrics = metrics::read(cursor, analysis, &ticks, &way, &hooks, draft);
    if metrics.is_some() {
        let late = Provenance::implied("it goes back at the tick after the last check that may fail");
        strategy.table.set("rollback", inline([("reaction-delay", duration(interval_ms))]), late);
    }
    steps::wave(&way, &ticks, threshold_from, &hooks, metrics.as_ref())
}

/// A number that a scenario can count to.
fn bounded(cursor: &Cursor<'_>) -> Option<u64> {
    const MOST: u64 = 1_000_000;
    let number = cursor.whole()?;
    if number > MOST {
        cursor.error(format!("no analysis counts to more than {MOST}"));
        return None;
    }
    Some(number)
}

/// The time from one tick to the next.
fn interval(analysis: &Cursor<'_>) -> u64 {
    let Some(written) = analysis.get("interval") else { return MINUTE };
    let ms = written.duration_ms(0).unwrap_or(MINUTE);
    if written.text().is_some_and(|text| text.trim().parse::<u64>().is_ok()) {
        written.approximated("Flagger takes a minute where there is no unit");
        return MINUTE;
    }
    if ms < LEAST_INTERVAL {
        written.approximated("Flagger takes no interval below 10 seconds");
    }
    ms.max(LEAST_INTERVAL)
}

/// How many of the pods have to be ready.
fn readiness(analysis: &Cursor<'_>, strategy: &mut DraftStrategy) {
    let ready = analysis.get("canaryReadyThreshold").and_then(|ready| Some((bounded(&ready)?, ready)));
    if let Some((percent, place)) = ready.filter(|(percent, _)| (1..100).contains(percent)) {
        strategy.table.set("complete-at", share(percent as f64 / 100.0), place.provenance());
    }
    let promotion =
        "how the primary takes the new version is not in the scenario, where the promotion is one switch";
    analysis.drop_keys(&["primaryReadyThreshold"], promotion);
    let both = "from the promotion on both sides have the new version: what goes to which changes nothing";
    analysis.drop_keys(&["stepWeightPromotion"], both);
}
