//! KubeFleet: staged updates of clusters by label, and placements that roll from cluster to cluster. It knows nothing of
//! the updates of Kubernetes itself that Azure makes of the same stages: that is `azure_fleet`.

use super::ladder::{Ladder, approval, no_failures, stops};
use super::members::{self, FleetMember, LabelSelector};
use super::{is_of, name_of};
use crate::import::cursor::Cursor;
use crate::import::draft::{Draft, DraftStrategy, DraftTable, text, whole};
use crate::import::provenance::Provenance;
use crate::import::time::SECOND;
use std::collections::BTreeSet;

const PLACEMENT: &str = "placement.kubernetes-fleet.io/";
const CLUSTER: &str = "cluster.kubernetes-fleet.io/";
const STRATEGIES: [&str; 2] = ["ClusterStagedUpdateStrategy", "StagedUpdateStrategy"];

fn is_kind(cursor: &Cursor<'_>, group: &str, kinds: &[&str]) -> bool {
    is_of(cursor, group) && cursor.peek(&["kind"]).is_some_and(|kind| kinds.contains(&kind))
}

pub(super) fn is_strategy(cursor: &Cursor<'_>) -> bool {
    is_kind(cursor, PLACEMENT, &STRATEGIES)
}

pub(super) fn is_run(cursor: &Cursor<'_>) -> bool {
    is_kind(cursor, PLACEMENT, &["ClusterStagedUpdateRun", "StagedUpdateRun"])
}

pub(super) fn is_placement(cursor: &Cursor<'_>) -> bool {
    is_kind(cursor, PLACEMENT, &["ClusterResourcePlacement", "ResourcePlacement"])
}

pub(super) fn is_member(cursor: &Cursor<'_>) -> bool {
    is_kind(cursor, CLUSTER, &["MemberCluster"])
}

/// A cluster. Whoever selects it makes a region of it, as every region of a scenario is some wave's.
pub(super) fn member(cursor: &Cursor<'_>, _draft: &mut Draft) {
    cursor.desk().take_all(cursor.tree());
}

/// A cluster has as many hosts as it has nodes.
fn cluster(cursor: &Cursor<'_>) -> FleetMember {
    let mut member = members::member(cursor);
    let nodes = cursor.at(&["status", "properties", "kubernetes-fleet.io/node-count", "value"]);
    member.hosts = nodes.and_then(|nodes| Some((nodes.whole()?.max(1), nodes.provenance())));
    member
}

fn clusters(cursor: &Cursor<'_>) -> Vec<FleetMember> {
    cursor
        .others(&["kind"], &["MemberCluster"])
        .iter()
        .filter(|other| is_member(other))
        .map(cluster)
        .collect()
}

pub(super) fn strategy(cursor: &Cursor<'_>, draft: &mut Draft) {
    let name = name_of(cursor, "staged-update");
    cursor.beside_the_point(&["apiVersion", "kind", "metadata", "status"]);
    let Some(spec) = cursor.get("spec") else { return };
    staged(&spec, &name, draft);
}

/// A run: its strategy is a document of its own, or in what the run has noted of it.
pub(super) fn run(cursor: &Cursor<'_>, draft: &mut Draft) {
    let name = name_of(cursor, "staged-update");
    let wanted = cursor.at(&["spec", "stagedRolloutStrategyName"]);
    let wanted_name = wanted.as_ref().and_then(|wanted| wanted.tree().text()).unwrap_or_default();
    let known = cursor.others(&["metadata", "name"], &[wanted_name]);
    let noted = cursor.at(&["status", "stagedUpdateStrategySnapshot"]);
    match (known.iter().any(is_strategy), noted) {
        (true, _) => {}
        (false, Some(noted)) => staged(&noted, &name, draft),
        (false, None) => {
            let place = wanted.as_ref().unwrap_or(cursor);
            place.error(format!("the strategy `{wanted_name}` is in none of the files; give its file, too"));
        }
    }
    cursor.desk().take_all(cursor.tree());
}

/// A strategy of stages.
fn staged(spec: &Cursor<'_>, name: &str, draft: &mut Draft) {
    let stages = super::parts(spec, "stages");
    if stages.is_empty() {
        spec.error("a staged update needs `stages`");
        return;
    }
    let known = clusters(spec);
    members::settle(&known, spec, draft);
    let mut strategy = DraftStrategy::new(
        name,
        format!("KubeFleet staged update {name}"),
        Provenance::Written(vec![spec.head()]),
    );
    no_failures(&mut strategy.table, "KubeFleet");
    stops(&mut strategy.table, "KubeFleet", spec.desk());
    let (mut ladder, mut seen) = (Ladder::default(), BTreeSet::new());
    for (index, stage) in stages.iter().enumerate() {
        one_stage(stage, index, &known, &mut seen, &mut ladder, draft);
    }
    if let Some(left) = known.iter().find(|member| !seen.contains(&member.name)) {
        spec.error(format!("no stage selects the cluster `{}`: KubeFleet refuses such a run", left.name));
    }
    ladder.write(&mut strategy.table);
    draft.strategy(strategy);
}

fn one_stage(
    stage: &Cursor<'_>,
    index: usize,
    known: &[FleetMember],
    seen: &mut BTreeSet<String>,
    ladder: &mut Ladder,
    draft: &mut Draft,
) {
    let name = stage
        .get("name")
        .and_then(|name| name.text())
        .map_or_else(|| format!("stage {}", index + 1), str::to_owned);
    let selecting = stage.get("labelSelector");
    let selector = selecting.as_ref().map(LabelSelector::read);
    let mut wave = DraftTable::default();
    wave.set(
        "name",
        text(&crate::import::draft::sound_name(&name)),
        stage.get("name").map_or(Provenance::Plain, |name| name.provenance()),
    );
    let selects = selecting.as_ref().map_or_else(|| stage.provenance(), Cursor::provenance);
    if known.is_empty() {
        let Some(selector) = selector else {
            stage.dropped("a stage without a labelSelector has no clusters, and KubeFleet passes over it");
            return;
        };
        let label = if selector.is_everything() { String::new() } else { selector.words() };
        members::stand_ins(selecting.as_ref().unwrap_or(stage), &name, &label, 1, draft);
        let regions = if label.is_empty() { text("all") } else { members::labelled(&label) };
        wave.set("regions", regions, selects);
        if let Some(key) = stage.get("sortingLabelKey") {
            key.dropped("who is in the stage is by hand, and goes in the order in which it is listed");
        }
    } else {
        let mut chosen: Vec<&FleetMember> = known
            .iter()
            .filter(|member| selector.as_ref().is_some_and(|wants| wants.matches(&member.labels)))
            .collect();
        if chosen.is_empty() {
            stage.dropped("no cluster of the files has its labels: KubeFleet passes over it with its tasks");
            return;
        }
        for member in &chosen {
            if seen.contains(&member.name) {
                stage.error(format!(
                    "the cluster `{}` is in an earlier stage, too: KubeFleet refuses that",
                    member.name
                ));
            }
        }
        seen.extend(chosen.iter().map(|member| member.name.clone()));
        sort(stage, &mut chosen);
        wave.set("regions", members::named(chosen), selects);
    }
    match stage.get("maxConcurrency") {
        Some(most) => {
            if let Some(value) = members::at_once(&most, "") {
                wave.set("regions-at-once", value, most.provenance());
            }
        }
        None => wave.set("regions-at-once", whole(1), Provenance::implied("KubeFleet's default")),
    }
    before(stage, &name, ladder);
    ladder.push(wave);
    after(stage, &name, ladder);
}

/// The order within a stage: by an integer label, then by name.
fn sort(stage: &Cursor<'_>, chosen: &mut [&FleetMember]) {
    let Some(key) = stage.get("sortingLabelKey") else {
        chosen.sort_by(|a, b| a.name.cmp(&b.name));
        return;
    };
    let Some(label) = key.text() else { return };
    let rank =
        |member: &FleetMember| member.labels.get(label).and_then(|value| value.trim().parse::<i64>().ok());
    if let Some(odd) = chosen.iter().find(|member| rank(member).is_none()) {
        key.error(format!("the cluster `{}` has no whole number as label `{label}`", odd.name));
    }
    chosen.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.name.cmp(&b.name)));
}

fn before(stage: &Cursor<'_>, name: &str, ladder: &mut Ladder) {
    for task in stage.list("beforeStageTasks") {
        task.beside_the_point(&["type"]);
        if !ladder.gate(approval(&format!("before {name}"))) {
            task.dropped("an approval before anything is rolled out only delays its beginning");
        } else {
            by_hand(&task);
        }
    }
}

fn after(stage: &Cursor<'_>, name: &str, ladder: &mut Ladder) {
    for task in stage.list("afterStageTasks") {
        let Some(kind) = task.get("type") else { continue };
        match kind.text() {
            Some("TimedWait") => {
                let wait = task.get("waitTime");
                if let Some(ms) = wait.as_ref().and_then(|wait| wait.duration_ms(SECOND)) {
                    ladder.wait(ms, &wait.map_or(Provenance::Plain, |wait| wait.provenance()));
                }
            }
            Some("Approval") => {
                ladder.gate(approval(&format!("after {name}")));
                by_hand(&task);
            }
            Some(_) => kind.error("a task after a stage is a TimedWait or an Approval"),
            None => {}
        }
    }
}

fn by_hand(task: &Cursor<'_>) {
    task.desk().by_hand("approvals", "how long it takes until somebody approves");
}

/// A placement that rolls from cluster to cluster by itself.
pub(super) fn placement(cursor: &Cursor<'_>, draft: &mut Draft) {
    let name = name_of(cursor, "placement");
    cursor.beside_the_point(&["apiVersion", "kind", "metadata", "status"]);
    let Some(spec) = cursor.get("spec") else { return };
    spec.beside_the_point(&["resourceSelectors", "policy", "revisionHistoryLimit"]);
    let strategy = spec.get("strategy");
    let external = strategy.as_ref().and_then(|strategy| strategy.get("type")).and_then(|kind| kind.text());
    if let Some(strategy) = &strategy {
        strategy.beside_the_point(&["type", "applyStrategy", "deleteStrategy", "reportBackStrategy"]);
    }
    if external == Some("External") {
        // A staged update moves it, which is a document of its own.
        cursor.desk().take_all(cursor.tree());
        return;
    }
    let mut drafted = DraftStrategy::new(
        &name,
        format!("KubeFleet placement {name}, cluster after cluster"),
        Provenance::Written(vec![cursor.head()]),
    );
    let rolling = strategy.and_then(|strategy| strategy.get("rollingUpdate"));
    pace(rolling.as_ref(), &mut drafted.table);
    let mut wave = DraftTable::default();
    let known = clusters(cursor);
    members::settle(&known, cursor, draft);
    let regions = if known.is_empty() {
        members::stand_ins(cursor, "clusters", "", 4, draft);
        text("all")
    } else {
        members::named(&known)
    };
    wave.set("regions", regions, Provenance::Plain);
    drafted.table.add("wave", wave);
    draft.strategy(drafted);
}

fn pace(rolling: Option<&Cursor<'_>>, table: &mut DraftTable) {
    let unavailable = rolling.and_then(|rolling| rolling.get("maxUnavailable"));
    match unavailable {
        Some(most) => {
            if let Some(value) = members::at_once(&most, "up") {
                table.set("regions-at-once", value, most.provenance());
            }
        }
        None => table.set("regions-at-once", text("25% up"), Provenance::implied("KubeFleet's default")),
    }
    if let Some(period) = rolling.and_then(|rolling| rolling.get("unavailablePeriodSeconds")) {
        if let Some(ms) = period.duration_ms(SECOND) {
            table.set("zone-bake", crate::import::draft::duration(ms), period.provenance());
        }
        period.approximated(
            "each cluster waits so long; KubeFleet waits only for those that do not tell that they are ready",
        );
    }
    if let Some(surge) = rolling.and_then(|rolling| rolling.get("maxSurge")) {
        surge.dropped(
            "it counts where a placement moves from cluster to cluster, and not where it stays and changes",
        );
    }
}
