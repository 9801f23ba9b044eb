//! Azure Kubernetes Fleet Manager: updates of clusters by stage and group, as templates, answers of the command line, and
//! the file of stages that the command line takes. Placements are KubeFleet's.

use super::arm::Resource;
use super::ladder::{Ladder, approval, no_failures, stops};
use super::members::{self, FleetMember, LabelSelector};
use crate::import::cursor::{Amount, Cursor};
use crate::import::draft::{Draft, DraftStrategy, DraftTable, sound_name, text, whole};
use crate::import::provenance::Provenance;
use crate::import::time::SECOND;
use crate::import::tree::Marked;
use std::collections::BTreeMap;

/// The label of a member that says its group.
const GROUP: &str = "group";

/// Stages alone, as `az fleet updaterun create --stages` takes them.
pub(super) fn knows(cursor: &Cursor<'_>) -> bool {
    let stages = cursor.tree().get("stages").or_else(|| cursor.tree().get("strategy")?.get("stages"));
    let Some(stages) = stages else { return false };
    let crate::import::tree::MarkedValue::List(stages) = &stages.value else { return false };
    let is_stage = |stage: &Marked| {
        stage.get("name").is_some()
            && (stage.get("groups").is_some() || stage.get("afterStageWaitInSeconds").is_some())
    };
    !cursor.has("kind")
        && !stages.is_empty()
        && stages.iter().all(|stage| is_stage(stage) && stage.get("jobs").is_none())
}

pub(super) fn read(cursor: &Cursor<'_>, draft: &mut Draft) {
    cursor.beside_the_point(&[
        "id",
        "etag",
        "eTag",
        "systemData",
        "provisioningState",
        "resourceGroup",
        "type",
    ]);
    let name = cursor.get("name").and_then(|name| name.text()).unwrap_or("update-strategy").to_owned();
    let strategy = cursor.get("strategy").unwrap_or_else(|| cursor.clone());
    staged(&strategy, &name, &[], draft);
}

/// A strategy or a run as a resource.
pub(super) fn resource(resource: &Resource<'_>, all: &[Resource<'_>], draft: &mut Draft) {
    let properties = resource.properties();
    properties.beside_the_point(&[
        "managedClusterUpdate",
        "provisioningState",
        "status",
        "autoUpgradeProfileId",
        "location",
    ]);
    let name = resource.name("update-strategy");
    let known = fleet(all);
    match properties.get("strategy") {
        Some(strategy) => staged(&strategy, &name, &known, draft),
        None if properties.get("updateStrategyId").is_some() => {
            let others = all.iter().any(|other| other.kind.ends_with("/updatestrategies"));
            if !others {
                resource
                    .at
                    .error("its stages are those of an update strategy, which is in none of the files");
            }
        }
        None => one_by_one(resource, &name, &known, draft),
    }
}

/// The members of the fleet, as far as the files say.
fn fleet(all: &[Resource<'_>]) -> Vec<FleetMember> {
    let of = |resource: &Resource<'_>| {
        let group =
            resource.get(&resource.properties(), GROUP).and_then(|group| group.text().map(str::to_owned));
        FleetMember {
            name: sound_name(&resource.name("member")),
            labels: group.map(|group| (GROUP.to_owned(), group)).into_iter().collect::<BTreeMap<_, _>>(),
            hosts: None,
            from: resource.at.get("name").map_or(Provenance::Plain, |name| name.provenance()),
        }
    };
    all.iter().filter(|resource| resource.kind.ends_with("/fleets/members")).map(of).collect()
}

fn strategy_of(name: &str, at: &Cursor<'_>) -> DraftStrategy {
    let mut strategy = DraftStrategy::new(
        name,
        format!("Azure Kubernetes Fleet update {name}"),
        Provenance::Written(vec![at.head()]),
    );
    no_failures(&mut strategy.table, "Azure");
    stops(&mut strategy.table, "Azure", at.desk());
    strategy
}

/// Without a strategy the members are updated one after the other.
fn one_by_one(resource: &Resource<'_>, name: &str, known: &[FleetMember], draft: &mut Draft) {
    let mut strategy = strategy_of(name, &resource.at);
    members::settle(known, &resource.at, draft);
    if known.is_empty() {
        members::stand_ins(&resource.at, "clusters", "", 3, draft);
    }
    let mut wave = DraftTable::default();
    wave.set("regions", text("all"), Provenance::implied("all members, one by one"));
    strategy.table.add("wave", wave);
    draft.strategy(strategy);
}

fn staged(at: &Cursor<'_>, name: &str, known: &[FleetMember], draft: &mut Draft) {
    let stages = super::parts(at, "stages");
    if stages.is_empty() {
        at.error("an update strategy needs `stages`");
        return;
    }
    members::settle(known, at, draft);
    let mut strategy = strategy_of(name, at);
    let mut ladder = Ladder::default();
    for (index, stage) in stages.iter().enumerate() {
        one_stage(stage, index, known, &mut ladder, draft);
    }
    ladder.write(&mut strategy.table);
    draft.strategy(strategy);
}

fn one_stage(
    stage: &Cursor<'_>,
    index: usize,
    known: &[FleetMember],
    ladder: &mut Ladder,
    draft: &mut Draft,
) {
    let named = stage.get("name");
    let name =
        named.as_ref().and_then(Cursor::text).map_or_else(|| format!("stage {}", index + 1), str::to_owned);
    let groups = super::parts(stage, "groups");
    if groups.is_empty() {
        stage.error("a stage needs `groups` of clusters");
        return;
    }
    let (mut regions, mut at_once, mut is_mixed) = (Vec::new(), 0_u64, false);
    for group in &groups {
        let Some(label) = group.get("name").and_then(|name| name.text()) else { continue };
        let wants = LabelSelector::of(GROUP, label);
        let mut who: Vec<String> = known
            .iter()
            .filter(|member| wants.matches(&member.labels))
            .map(|member| member.name.clone())
            .collect();
        if who.is_empty() {
            who = members::stand_ins(group, label, &wants.words(), 1, draft);
        }
        let most = group.get("maxConcurrency").and_then(|most| limit(&most, who.len() as u64)).unwrap_or(1);
        is_mixed |= groups.len() > 1 && who.len() as u64 > most;
        at_once += most.min(who.len() as u64);
        regions.extend(who);
        gates(group, "beforeGates", &format!("before group {label}"), ladder);
    }
    if is_mixed {
        let how = "as many clusters of all groups are under way at once as each group has by itself, whichever group they are of";
        stage.desk().lose(crate::import::loss::Loss {
            fate: crate::import::loss::Fate::Approximated,
            span: Some(stage.head()),
            what: format!("groups of {name}"),
            why: how.to_owned(),
        });
    }
    let most = stage.get("maxConcurrency").and_then(|most| limit(&most, regions.len() as u64));
    let mut wave = DraftTable::default();
    wave.set("name", text(&sound_name(&name)), named.map_or(Provenance::Plain, |name| name.provenance()));
    let from = stage.get("groups").map_or(Provenance::Plain, |groups| groups.provenance());
    wave.set("regions", crate::import::draft::texts(regions.iter().map(String::as_str)), from);
    let at_once = most.map_or(at_once, |most| at_once.min(most)).max(1);
    wave.set(
        "regions-at-once",
        whole(at_once),
        Provenance::implied("groups in parallel, the members of each one by one"),
    );
    gates(stage, "beforeGates", &format!("before {name}"), ladder);
    ladder.push(wave);
    for group in &groups {
        gates(group, "afterGates", &format!("after a group of {name}"), ladder);
    }
    gates(stage, "afterGates", &format!("after {name}"), ladder);
    if let Some(wait) = stage.get("afterStageWaitInSeconds")
        && let Some(ms) = wait.duration_ms(SECOND)
    {
        ladder.wait(ms, &wait.provenance());
    }
}

/// How many of `all` a limit lets be updated at once: a share is rounded down, and one at least.
fn limit(most: &Cursor<'_>, all: u64) -> Option<u64> {
    match most.amount()? {
        Amount::Count(0) => {
            most.error("with 0 nobody ever begins; give at least 1");
            None
        }
        Amount::Count(count) => Some(count),
        Amount::Percent(percent) => {
            let share: f64 = percent.parse().unwrap_or(100.0);
            Some(((all as f64 * share / 100.0) as u64).max(1))
        }
    }
}

fn gates(at: &Cursor<'_>, key: &str, what: &str, ladder: &mut Ladder) {
    for gate in at.list(key) {
        gate.beside_the_point(&["type", "displayName"]);
        if ladder.gate(approval(what)) {
            gate.desk().by_hand("approvals", "how long it takes until somebody approves");
        } else {
            gate.dropped("an approval before anything is rolled out only delays its beginning");
        }
    }
}
