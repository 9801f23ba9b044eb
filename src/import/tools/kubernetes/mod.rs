//! Kubernetes' own workloads: Deployment, StatefulSet, DaemonSet. A host is a pod.

pub(super) mod workload;

pub(super) use workload::{
    PodCount, cluster, count, is_led, is_zero, limit, of_pods_up, replicas_of, scaled,
};

use super::{ToolFormat, gates};
use crate::import::cursor::{Amount, Cursor};
use crate::import::draft::{Draft, DraftStrategy, DraftTable, duration, inline, list, text, whole};
use crate::import::provenance::Provenance;
use crate::import::time::{MINUTE, SECOND};

pub(super) const FORMATS: &[ToolFormat] = &[
    ToolFormat { tool: "Kubernetes", knows: |cursor| is_kind(cursor, "Deployment"), read: deployment },
    ToolFormat { tool: "Kubernetes", knows: |cursor| is_kind(cursor, "StatefulSet"), read: stateful_set },
    ToolFormat { tool: "Kubernetes", knows: |cursor| is_kind(cursor, "DaemonSet"), read: daemon_set },
];

/// What a workload says besides how it is rolled out.
const BESIDE: [&str; 8] = [
    "template",
    "selector",
    "revisionHistoryLimit",
    "serviceName",
    "volumeClaimTemplates",
    "persistentVolumeClaimRetentionPolicy",
    "ordinals",
    "podManagementPolicy",
];

fn is_kind(cursor: &Cursor<'_>, kind: &str) -> bool {
    let groups = ["apps/", "extensions/"];
    cursor.peek(&["kind"]) == Some(kind)
        && cursor
            .peek(&["apiVersion"])
            .is_some_and(|version| groups.iter().any(|group| version.starts_with(group)))
}

/// A strategy named as the document, and its `spec`. None for a workload that another document leads, or without one.
pub(super) fn begin<'d>(cursor: &Cursor<'d>, what: &str) -> Option<(DraftStrategy, Cursor<'d>)> {
    if is_led(cursor) {
        cursor.desk().take_all(cursor.tree());
        return None;
    }
    let name = cursor.at(&["metadata", "name"]).and_then(|name| name.text()).unwrap_or("unnamed");
    cursor.beside_the_point(&["apiVersion", "kind", "metadata", "status"]);
    let Some(spec) = cursor.get("spec") else {
        cursor.error("it has no `spec`, which says how it is rolled out");
        return None;
    };
    spec.beside_the_point(&BESIDE);
    Some((DraftStrategy::new(name, format!("{what} {name}"), cursor.provenance()), spec))
}

/// The replicas of a workload, which has one where it says none.
pub(super) fn own_replicas<'d>(cursor: &Cursor<'d>, spec: &Cursor<'d>) -> PodCount<'d> {
    let named = cursor.peek(&["kind"]).zip(cursor.peek(&["metadata", "name"]));
    match (named.and_then(|(kind, name)| scaled(cursor, kind, name)), spec.get("replicas")) {
        (Some(by_autoscaler), _) => {
            spec.beside_the_point(&["replicas"]);
            by_autoscaler
        }
        (None, Some(own)) => PodCount::Written(own),
        (None, None) => PodCount::Implied(1, "Kubernetes' default"),
    }
}

fn deployment(cursor: &Cursor<'_>, draft: &mut Draft) {
    let Some((mut strategy, spec)) = begin(cursor, "Kubernetes Deployment") else { return };
    cluster(&own_replicas(cursor, &spec), cursor.desk(), draft);
    paused(&spec);
    pace(&spec, &mut strategy.table);
    deadline(&spec, &mut strategy.table, draft);
    strategy.table.add("wave", gates::everywhere());
    unready(cursor);
    draft.strategy(strategy);
}

/// How long a rollout may get no further until Kubernetes says so. It does no more.
fn deadline(spec: &Cursor<'_>, table: &mut DraftTable, draft: &mut Draft) {
    let Some(deadline) = spec.get("progressDeadlineSeconds") else { return };
    let Some(ms) = deadline.duration_ms(SECOND).filter(|ms| *ms > 0) else { return };
    gates::start_within(ms, draft);
    table.set("progress-deadline", duration(ms), deadline.provenance());
    let only_said =
        Provenance::implied("Kubernetes only reports that it is late: nothing stops or goes back");
    table.set("response", inline([("on-alarm", text("page"))]), only_said);
    let people = inline([("engage", duration(5 * MINUTE)), ("diagnose", duration(15 * MINUTE))]);
    table.set(
        "operators",
        people,
        Provenance::hand("how fast somebody sees that it is late, and takes it back"),
    );
    deadline
        .desk()
        .by_hand("operators", "who sees that a rollout is late, and how soon: Kubernetes only reports it");
}

/// Says that a pod which never becomes ready holds a rollout up, and that no file says which do.
fn unready(cursor: &Cursor<'_>) {
    cursor.desk().by_hand(
        "failing-hosts",
        "Kubernetes goes on as pods become ready, whatever they do then: if your probes see a bad change, say on how many \
         pods it fails (`[change] failing-hosts`)",
    );
}

/// A workload of which nothing moves until somebody lets it.
pub(super) fn paused(spec: &Cursor<'_>) {
    if let Some(paused) = spec.get("paused").filter(|paused| paused.truth() == Some(true)) {
        paused.dropped("nothing begins until somebody resumes it: the scenario begins at once");
    }
}

/// How fast the pods of a Deployment are replaced.
pub(super) fn pace(spec: &Cursor<'_>, table: &mut DraftTable) {
    ready_for(spec, table);
    let strategy = spec.get("strategy");
    let kind = strategy.as_ref().and_then(|strategy| strategy.get("type"));
    if kind.as_ref().and_then(Cursor::text) == Some("Recreate") {
        table.set("batch", text("100%"), kind.map_or(Provenance::Plain, |kind| kind.provenance()));
        return;
    }
    let rolling = strategy.and_then(|strategy| strategy.get("rollingUpdate"));
    let written = |key: &str| rolling.as_ref().and_then(|rolling| rolling.get(key));
    let (surge, surge_from) = or_default(written("maxSurge"), Amount::Percent("25".to_owned()));
    let (away, away_from) = or_default(written("maxUnavailable"), Amount::Percent("25".to_owned()));
    table.set("batches", text("sliding"), Provenance::implied("a pod begins as soon as another is ready"));
    table.set("max-surge", limit(&surge, "up"), surge_from);
    if is_zero(&surge) && is_zero(&away) {
        let from = Provenance::implied("where both limits are 0 Kubernetes takes one pod away");
        table.set("max-unavailable", whole(1), from);
    } else {
        // Without a surge one pod may be away, however the share is rounded.
        let rounds = if is_zero(&surge) { "" } else { "down" };
        table.set("max-unavailable", limit(&away, rounds), away_from);
    }
}

/// The amount that is written, or Kubernetes' own; where from. One that cannot be read was reported.
pub(super) fn or_default(written: Option<Cursor<'_>>, default: Amount) -> (Amount, Provenance) {
    match written {
        Some(cursor) => (cursor.amount().unwrap_or(default), cursor.provenance()),
        None => (default, Provenance::implied("Kubernetes' default")),
    }
}

/// How long a pod has to be ready until the next one begins.
pub(super) fn ready_for(spec: &Cursor<'_>, table: &mut DraftTable) {
    if let Some(ready) = spec.get("minReadySeconds") {
        let ms = ready.duration_ms(SECOND).unwrap_or(0);
        table.set("batch-bake", duration(ms), ready.provenance());
    }
}

fn stateful_set(cursor: &Cursor<'_>, draft: &mut Draft) {
    let Some((mut strategy, spec)) = begin(cursor, "Kubernetes StatefulSet") else { return };
    let pods = cluster(&own_replicas(cursor, &spec), cursor.desk(), draft);
    ready_for(&spec, &mut strategy.table);
    let update = spec.get("updateStrategy");
    let rolling = update.as_ref().and_then(|update| update.get("rollingUpdate"));
    by_hand_or(update.as_ref(), &mut strategy.table, |table| one_by_one(rolling.as_ref(), "", table));
    let kept = rolling.as_ref().and_then(|rolling| rolling.get("partition"));
    let kept = kept.and_then(|kept| count(&kept).map(|number| (number, kept)));
    waves(&mut strategy.table, pods, kept);
    unready(cursor);
    draft.strategy(strategy);
}

fn daemon_set(cursor: &Cursor<'_>, draft: &mut Draft) {
    let Some((mut strategy, spec)) = begin(cursor, "Kubernetes DaemonSet") else { return };
    cluster(&PodCount::Unknown("how many nodes it runs on"), cursor.desk(), draft);
    ready_for(&spec, &mut strategy.table);
    let update = spec.get("updateStrategy");
    let rolling = update.as_ref().and_then(|update| update.get("rollingUpdate"));
    by_hand_or(update.as_ref(), &mut strategy.table, |table| node_by_node(rolling.as_ref(), table));
    strategy.table.add("wave", gates::everywhere());
    unready(cursor);
    draft.strategy(strategy);
}

/// One pod after the other, or `maxUnavailable` of them; its share is rounded by `rounds`.
pub(super) fn one_by_one(rolling: Option<&Cursor<'_>>, rounds: &str, table: &mut DraftTable) {
    let (away, from) =
        or_default(rolling.and_then(|rolling| rolling.get("maxUnavailable")), Amount::Count(1));
    table.set("batches", text("sliding"), Provenance::implied("a pod begins as soon as another is ready"));
    let away = if is_zero(&away) { Amount::Count(1) } else { away };
    table.set("max-unavailable", limit(&away, rounds), from);
}

/// The pods of nodes: some may be away, or come beside the old ones; shares are rounded up.
pub(super) fn node_by_node(rolling: Option<&Cursor<'_>>, table: &mut DraftTable) {
    let surge = rolling.and_then(|rolling| rolling.get("maxSurge"));
    let surge = surge.and_then(|surge| surge.amount().map(|amount| (amount, surge.provenance())));
    match surge.filter(|(amount, _)| !is_zero(amount)) {
        Some((amount, from)) => {
            one_by_one(None, "up", table);
            table.set("max-surge", limit(&amount, "up"), from);
            let away = rolling.and_then(|rolling| rolling.get("maxUnavailable"));
            let (away, from) = or_default(away, Amount::Count(0));
            table.set("max-unavailable", limit(&away, "up"), from);
        }
        None => one_by_one(rolling, "up", table),
    }
}

/// `rolls` the pods, unless somebody has to delete them one by one.
pub(super) fn by_hand_or(
    update: Option<&Cursor<'_>>,
    table: &mut DraftTable,
    rolls: impl FnOnce(&mut DraftTable),
) {
    let kind = update.and_then(|update| update.get("type"));
    match kind.as_ref().and_then(Cursor::text) {
        Some("OnDelete") => {
            let Some(kind) = kind else { return };
            kind.approximated(
                "somebody deletes the pods: here one after the other, with a pause to be given",
            );
            kind.desk().by_hand(
                "batch-bake",
                "how long people take from one pod to the next: `OnDelete` leaves it to them",
            );
            table.set("batch", whole(1), kind.provenance());
            let pause = Provenance::hand("from one pod that is deleted to the next");
            table.set("batch-bake", duration(10 * MINUTE), pause);
        }
        Some("RollingUpdate") | None => rolls(table),
        Some(other) => {
            if let Some(kind) = &kind {
                kind.error(format!("`{other}` is no way in which pods are updated"));
            }
        }
    }
}

/// All pods in one wave; or those that are not `kept`, and the others when somebody says so.
pub(super) fn waves(table: &mut DraftTable, pods: u64, kept: Option<(u64, Cursor<'_>)>) {
    if let Some((number, place)) = kept.filter(|(number, _)| *number > 0) {
        if number >= pods {
            place.error(format!(
                "with {pods} pods nobody takes the change: a partition of {number} keeps them all"
            ));
            return;
        }
        place.approximated(format!(
            "{number} of {pods} pods keep the old version until somebody lowers it: here that is one approval, for all of them"
        ));
        place.desk().by_hand("approval", "when the partition is lowered: the files do not say it");
        let mut first = gates::everywhere();
        first.set("hosts", whole(pods - number), place.provenance());
        let approval = list(&[gates::approval()]);
        first.set("gates", approval, Provenance::hand("until somebody lowers the partition"));
        table.add("wave", first);
    }
    table.add("wave", gates::everywhere());
}
