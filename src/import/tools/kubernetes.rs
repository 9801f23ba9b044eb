//! Kubernetes' own workloads: Deployment, StatefulSet, DaemonSet. A host is a pod.

use super::ToolFormat;
use crate::import::cursor::{Amount, Cursor};
use crate::import::draft::{
    Draft, DraftRegion, DraftStrategy, DraftTable, DraftValue, duration, text, whole,
};
use crate::import::provenance::Provenance;

pub(super) const FORMATS: &[ToolFormat] =
    &[ToolFormat { tool: "Kubernetes", knows: is_deployment, read: deployment }];

const SECOND: u64 = 1_000;

fn is_deployment(cursor: &Cursor<'_>) -> bool {
    cursor.peek(&["kind"]) == Some("Deployment")
        && cursor.peek(&["apiVersion"]).is_some_and(|version| version.starts_with("apps/"))
}

fn deployment(cursor: &Cursor<'_>, draft: &mut Draft) {
    let name = cursor.at(&["metadata", "name"]).and_then(|name| name.text()).unwrap_or("deployment");
    cursor.beside_the_point(&["apiVersion", "kind", "metadata", "status"]);
    let mut strategy = DraftStrategy::new(
        name,
        format!("Kubernetes Deployment {name}"),
        Provenance::Written(vec![cursor.span()]),
    );
    let Some(spec) = cursor.get("spec") else { return };
    spec.beside_the_point(&["template", "selector", "revisionHistoryLimit"]);
    region(&spec, draft);
    pace(&spec, &mut strategy.table);
    let mut wave = DraftTable::default();
    wave.set("regions", text("all"), Provenance::Plain);
    strategy.table.add("wave", wave);
    draft.strategy(strategy);
}

/// The cluster, with a host for each replica.
fn region(spec: &Cursor<'_>, draft: &mut Draft) {
    let mut table = DraftTable::default();
    match spec.get("replicas") {
        Some(replicas) => {
            table.set("hosts-per-zone", whole(replicas.whole().unwrap_or(1).max(1)), replicas.provenance());
        }
        None => table.set("hosts-per-zone", whole(1), Provenance::implied("Kubernetes' default")),
    }
    draft.region(DraftRegion { name: "cluster".to_owned(), table });
}

/// How fast pods are replaced.
fn pace(spec: &Cursor<'_>, table: &mut DraftTable) {
    if let Some(ready) = spec.get("minReadySeconds") {
        let ms = ready.duration_ms(SECOND).unwrap_or(0);
        table.set("batch-bake", duration(ms), ready.provenance());
    }
    let strategy = spec.get("strategy");
    let kind = strategy.as_ref().and_then(|strategy| strategy.get("type"));
    if kind.as_ref().and_then(Cursor::text) == Some("Recreate") {
        table.set("batch", text("100%"), kind.map_or(Provenance::Plain, |kind| kind.provenance()));
        return;
    }
    table.set("batches", text("sliding"), Provenance::implied("a pod begins as soon as another is ready"));
    let rolling = strategy.and_then(|strategy| strategy.get("rollingUpdate"));
    for (theirs, ours, rounds) in
        [("maxSurge", "max-surge", "up"), ("maxUnavailable", "max-unavailable", "down")]
    {
        let written = rolling.as_ref().and_then(|rolling| rolling.get(theirs));
        let (value, from) = match &written {
            Some(written) => (written.amount().map(|amount| rounded(&amount, rounds)), written.provenance()),
            None => (
                Some(rounded(&Amount::Percent("25".to_owned()), rounds)),
                Provenance::implied("Kubernetes' default"),
            ),
        };
        if let Some(value) = value {
            table.set(ours, value, from);
        }
    }
    if let Some(deadline) = spec.get("progressDeadlineSeconds") {
        deadline.dropped("Kubernetes only reports it: nothing stops or goes back");
    }
}

fn rounded(amount: &Amount, rounds: &str) -> DraftValue {
    match amount {
        Amount::Count(count) => whole(*count),
        Amount::Percent(percent) => text(&format!("{percent}% {rounds}")),
    }
}
