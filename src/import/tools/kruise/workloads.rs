//! OpenKruise's own workloads: CloneSet, and its StatefulSet and DaemonSet. A host is a pod.

use super::super::gates;
use super::super::kubernetes::{
    PodCount, begin, by_hand_or, cluster, count, is_zero, limit, node_by_node, of_pods_up, one_by_one,
    or_default, own_replicas, paused, ready_for, waves,
};
use crate::import::cursor::{Amount, Cursor};
use crate::import::draft::{Draft, DraftTable, text};
use crate::import::provenance::Provenance;

/// What an update says besides its pace: which pods come first, and how they are updated in their place.
const BESIDE: [&str; 7] = [
    "priorityStrategy",
    "scatterStrategy",
    "inPlaceUpdateStrategy",
    "podUpdatePolicy",
    "unorderedUpdate",
    "selector",
    "rollingUpdateType",
];

/// What Kruise's workloads say besides those of Kubernetes.
const MORE: [&str; 6] = [
    "lifecycle",
    "scaleStrategy",
    "reserveOrdinals",
    "enablePVCProtection",
    "burstReplicas",
    "volumeClaimUpdateStrategy",
];

fn is_kind(cursor: &Cursor<'_>, kind: &str) -> bool {
    cursor.peek(&["kind"]) == Some(kind)
        && cursor.peek(&["apiVersion"]).is_some_and(|version| version.starts_with("apps.kruise.io/"))
}

pub(super) fn is_clone_set(cursor: &Cursor<'_>) -> bool {
    is_kind(cursor, "CloneSet")
}

pub(super) fn is_stateful_set(cursor: &Cursor<'_>) -> bool {
    is_kind(cursor, "StatefulSet")
}

pub(super) fn is_daemon_set(cursor: &Cursor<'_>) -> bool {
    is_kind(cursor, "DaemonSet")
}

pub(super) fn clone_set(cursor: &Cursor<'_>, draft: &mut Draft) {
    let Some((mut strategy, spec)) = begin(cursor, "OpenKruise CloneSet") else { return };
    spec.beside_the_point(&MORE);
    let pods = cluster(&own_replicas(cursor, &spec), cursor.desk(), draft);
    ready_for(&spec, &mut strategy.table);
    let update = spec.get("updateStrategy");
    if let Some(update) = &update {
        update.beside_the_point(&BESIDE);
        update.beside_the_point(&["type"]);
        paused(update);
    }
    clones(update.as_ref(), &mut strategy.table);
    let kept = update.and_then(|update| update.get("partition")).and_then(|kept| {
        let amount = kept.amount()?;
        Some((kept_of(&amount, pods), kept))
    });
    waves(&mut strategy.table, pods, kept);
    draft.strategy(strategy);
}

/// The pace of a CloneSet: a fifth away, rounded up unless others come beside.
fn clones(update: Option<&Cursor<'_>>, table: &mut DraftTable) {
    let written = |key: &str| update.and_then(|update| update.get(key));
    let by_kruise =
        |default: &str| (Amount::Percent(default.to_owned()), Provenance::implied("Kruise's default"));
    let or_kruise = |key: &str, default: &str| match written(key) {
        Some(cursor) => or_default(Some(cursor), Amount::Percent(default.to_owned())),
        None => by_kruise(default),
    };
    let (surge, surge_from) = or_kruise("maxSurge", "0");
    let (away, away_from) = or_kruise("maxUnavailable", "20");
    table.set("batches", text("sliding"), Provenance::implied("a pod begins as soon as another is ready"));
    let rounds = if is_zero(&surge) { "up" } else { "down" };
    if !is_zero(&surge) {
        table.set("max-surge", limit(&surge, "up"), surge_from);
    }
    let away = if is_zero(&surge) && is_zero(&away) { Amount::Count(1) } else { away };
    table.set("max-unavailable", limit(&away, rounds), away_from);
}

/// Pods of so many that a partition keeps: a share is rounded up, but one pod moves where it is less than all.
fn kept_of(amount: &Amount, pods: u64) -> u64 {
    let kept = of_pods_up(amount, pods);
    match amount {
        Amount::Percent(share) if share.parse::<f64>().is_ok_and(|share| share < 100.0) => {
            kept.min(pods.saturating_sub(1))
        }
        Amount::Percent(_) | Amount::Count(_) => kept,
    }
}

pub(super) fn stateful_set(cursor: &Cursor<'_>, draft: &mut Draft) {
    let Some((mut strategy, spec)) = begin(cursor, "OpenKruise StatefulSet") else { return };
    spec.beside_the_point(&MORE);
    let pods = cluster(&own_replicas(cursor, &spec), cursor.desk(), draft);
    let update = spec.get("updateStrategy");
    let rolling = update.as_ref().and_then(|update| update.get("rollingUpdate"));
    by_hand_or(update.as_ref(), &mut strategy.table, |table| one_by_one(rolling.as_ref(), "", table));
    let kept = rolling.as_ref().and_then(|rolling| {
        rolling.beside_the_point(&BESIDE);
        paused(rolling);
        ready_for(rolling, &mut strategy.table);
        rolling.get("partition")
    });
    let kept = kept.and_then(|kept| count(&kept).map(|number| (number, kept)));
    waves(&mut strategy.table, pods, kept);
    draft.strategy(strategy);
}

pub(super) fn daemon_set(cursor: &Cursor<'_>, draft: &mut Draft) {
    let Some((mut strategy, spec)) = begin(cursor, "OpenKruise DaemonSet") else { return };
    spec.beside_the_point(&MORE);
    let nodes = cluster(&PodCount::Unknown("how many nodes it runs on"), cursor.desk(), draft);
    ready_for(&spec, &mut strategy.table);
    let update = spec.get("updateStrategy");
    let rolling = update.as_ref().and_then(|update| update.get("rollingUpdate"));
    by_hand_or(update.as_ref(), &mut strategy.table, |table| node_by_node(rolling.as_ref(), table));
    let kept = rolling.as_ref().and_then(|rolling| {
        rolling.beside_the_point(&BESIDE);
        rolling.beside_the_point(&["type"]);
        paused(rolling);
        let kept = rolling.get("partition")?;
        Some((kept_of(&kept.amount()?, nodes), kept))
    });
    match kept {
        Some(_) => waves(&mut strategy.table, nodes, kept),
        None => strategy.table.add("wave", gates::everywhere()),
    }
    draft.strategy(strategy);
}
