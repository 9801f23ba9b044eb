//! Open Cluster Management: how work and add-ons go from cluster to cluster, all at once, one after the other by name, or
//! group by group.

use super::ladder::stops;
use super::members::{self, FleetMember, LabelSelector};
use super::{is_of, name_of};
use crate::import::cursor::{Amount, Cursor};
use crate::import::draft::{
    Draft, DraftStrategy, DraftTable, DraftValue, duration, inline, sound_name, text, whole,
};
use crate::import::provenance::Provenance;
use std::collections::BTreeMap;

const GROUP: &str = ".open-cluster-management.io/";
const PLACEMENT: &str = "cluster.open-cluster-management.io/placement";
const INDEX: &str = "cluster.open-cluster-management.io/decision-group-index";
const NAME: &str = "cluster.open-cluster-management.io/decision-group-name";

/// Clusters of a group, in the order in which the tool has them.
struct DecisionGroup {
    name: String,
    members: Vec<FleetMember>,
}

pub(super) fn is_policy(cursor: &Cursor<'_>) -> bool {
    is_of(cursor, GROUP)
        && match cursor.peek(&["kind"]) {
            Some("ManifestWorkReplicaSet") => true,
            Some("ClusterManagementAddOn") => cursor
                .tree()
                .get("spec")
                .and_then(|spec| spec.get("installStrategy")?.get("placements"))
                .is_some(),
            _ => false,
        }
}

pub(super) fn is_cluster(cursor: &Cursor<'_>) -> bool {
    is_of(cursor, GROUP) && cursor.peek(&["kind"]) == Some("ManagedCluster")
}

/// A cluster. Whoever selects it makes a region of it, as every region of a scenario is some wave's.
pub(super) fn cluster(cursor: &Cursor<'_>, _draft: &mut Draft) {
    cursor.desk().take_all(cursor.tree());
}

pub(super) fn policy(cursor: &Cursor<'_>, draft: &mut Draft) {
    let name = name_of(cursor, "work");
    cursor.beside_the_point(&["apiVersion", "kind", "metadata", "status"]);
    let Some(spec) = cursor.get("spec") else { return };
    let is_addon = cursor.peek(&["kind"]) == Some("ClusterManagementAddOn");
    spec.beside_the_point(&[
        "manifestWorkTemplate",
        "cascadeDeletionPolicy",
        "addOnMeta",
        "supportedConfigs",
        "addOnConfiguration",
        "defaultConfigs",
    ]);
    let references = if is_addon {
        spec.get("installStrategy").map_or_else(Vec::new, |install| {
            install.beside_the_point(&["type"]);
            super::parts(&install, "placements")
        })
    } else {
        super::parts(&spec, "placementRefs")
    };
    if references.is_empty() {
        spec.error("no placement says which clusters it goes to");
    }
    for reference in &references {
        reference.beside_the_point(&["namespace", "configs"]);
        let placement = reference.get("name").and_then(|name| name.text()).unwrap_or("clusters").to_owned();
        let name = if references.len() == 1 { name.clone() } else { format!("{name}-{placement}") };
        rollout(reference, &name, &placement, draft);
    }
}

/// The strategy for the clusters of one placement.
fn rollout(reference: &Cursor<'_>, name: &str, placement: &str, draft: &mut Draft) {
    let written = reference.get("rolloutStrategy");
    let kind = written.as_ref().and_then(|written| written.get("type"));
    let mut strategy = DraftStrategy::new(
        name,
        format!("Open Cluster Management: {name}"),
        Provenance::Written(vec![written.as_ref().unwrap_or(reference).head()]),
    );
    let which = kind.as_ref().map_or(Some("All"), Cursor::text);
    let keys = match which {
        Some("All") => "all",
        Some("Progressive") => "progressive",
        Some("ProgressivePerGroup") => "progressivePerGroup",
        Some(other) => {
            let place = kind.as_ref().unwrap_or(reference);
            return place.error(format!("`{other}` is none of All, Progressive and ProgressivePerGroup"));
        }
        None => return,
    };
    let rules = written.as_ref().and_then(|written| written.get(keys));
    if let Some(written) = &written {
        let others = ["all", "progressive", "progressivePerGroup"].into_iter().filter(|other| *other != keys);
        written.drop_keys(&others.collect::<Vec<_>>(), "it is for another type than this strategy has");
    }
    let mandatory =
        rules.as_ref().map_or_else(Vec::new, |rules| super::parts(rules, "mandatoryDecisionGroups"));
    let groups = groups(reference, placement, &mandatory, draft);
    match keys {
        "all" => {
            let why = "a strategy of type All minds no failure and waits for no cluster";
            if let Some(rules) = &rules {
                rules.drop_keys(&["progressDeadline", "minSuccessTime", "maxFailures"], why);
            }
            let all: Vec<&FleetMember> = groups.iter().flat_map(|group| &group.members).collect();
            wave(&mut strategy.table, "", &all, text("all"), Provenance::implied("all clusters at once"));
        }
        "progressive" => progressive(rules.as_ref(), &mandatory, groups, &mut strategy.table, draft),
        _ => per_group(rules.as_ref(), &mandatory, groups, &mut strategy.table, draft),
    }
    if keys != "all" {
        stops(&mut strategy.table, "Open Cluster Management", reference.desk());
    }
    draft.strategy(strategy);
}

fn wave(table: &mut DraftTable, name: &str, members: &[&FleetMember], at_once: DraftValue, from: Provenance) {
    let mut wave = DraftTable::default();
    if !name.is_empty() {
        wave.set("name", text(&sound_name(name)), Provenance::Plain);
    }
    wave.set("regions", members::named(members.iter().copied()), Provenance::Plain);
    wave.set("regions-at-once", at_once, from);
    table.add("wave", wave);
}

/// Mandatory groups first, then all others by name, so many at once.
fn progressive(
    rules: Option<&Cursor<'_>>,
    mandatory: &[Cursor<'_>],
    groups: Vec<DecisionGroup>,
    table: &mut DraftTable,
    draft: &mut Draft,
) {
    common(rules, "rollout", mandatory, table, draft);
    let (at_once, from) = concurrency(rules);
    let (first, rest) = split(mandatory, groups);
    for group in &first {
        let members: Vec<&FleetMember> = group.members.iter().collect();
        wave(table, &group.name, &members, at_once.clone(), from.clone());
    }
    let mut rest: Vec<&FleetMember> = rest.iter().flat_map(|group| &group.members).collect();
    rest.sort_by(|a, b| a.name.cmp(&b.name));
    if !rest.is_empty() {
        wave(table, "", &rest, at_once, from);
    }
}

/// A group after the other, all clusters of a group at once.
fn per_group(
    rules: Option<&Cursor<'_>>,
    mandatory: &[Cursor<'_>],
    groups: Vec<DecisionGroup>,
    table: &mut DraftTable,
    draft: &mut Draft,
) {
    common(rules, "wave", mandatory, table, draft);
    let (first, rest) = split(mandatory, groups);
    for group in first.iter().chain(&rest) {
        let members: Vec<&FleetMember> = group.members.iter().collect();
        wave(
            table,
            &group.name,
            &members,
            text("all"),
            Provenance::implied("all clusters of a group at once"),
        );
    }
}

/// What both progressive types say of failures and time.
fn common(
    rules: Option<&Cursor<'_>>,
    per: &str,
    mandatory: &[Cursor<'_>],
    table: &mut DraftTable,
    draft: &mut Draft,
) {
    let most = rules.and_then(|rules| rules.get("maxFailures"));
    let allowed = most.as_ref().map_or(Some(whole(0)), failures);
    if let Some(allowed) = allowed {
        let from = most.as_ref().map_or(Provenance::implied("the default: none"), Cursor::provenance);
        if !mandatory.is_empty()
            && allowed.to_string() != "0"
            && let Some(most) = &most
        {
            most.approximated("mandatory groups tolerate no failure; here they count as all others do");
        }
        table.set("failures", inline([("allowed", allowed), ("per", text(per))]), from);
    }
    let Some(rules) = rules else { return };
    if let Some(soak) = rules.get("minSuccessTime")
        && let Some(ms) = soak.duration_ms(1_000)
    {
        table.set("zone-bake", duration(ms), soak.provenance());
    }
    if let Some(deadline) = rules.get("progressDeadline") {
        if deadline.tree().text() == Some("None") {
            deadline.approximated("a cluster that fails holds its place for ever; here as long as `failing-time` of the change says");
        } else if deadline.tree().text().is_some_and(|text| text.parse::<f64>().is_ok()) {
            deadline.error("a deadline needs a unit, as in 10m, or is None");
        } else if let Some(ms) = deadline.duration_ms(1_000) {
            draft.change.set("failing-time", duration(ms), deadline.provenance());
        }
    }
}

/// Clusters that may fail: none above the whole, as the tool has it.
fn failures(most: &Cursor<'_>) -> Option<DraftValue> {
    Some(match most.amount()? {
        Amount::Count(count) => whole(count.min(1_000_000)),
        Amount::Percent(share) if share.parse::<f64>().is_ok_and(|share| share > 100.0) => whole(0),
        Amount::Percent(share) => text(&format!("{share}% up")),
    })
}

/// Clusters at once: all of them without a limit, and where it is none.
fn concurrency(rules: Option<&Cursor<'_>>) -> (DraftValue, Provenance) {
    let Some(most) = rules.and_then(|rules| rules.get("maxConcurrency")) else {
        return (text("all"), Provenance::implied("the default: all"));
    };
    let value = match most.tree().text() {
        Some("0" | "0%") => {
            most.amount();
            Some(text("all"))
        }
        _ => members::at_once(&most, "up"),
    };
    (value.unwrap_or_else(|| text("all")), most.provenance())
}

/// The mandatory groups in their order, and the others.
fn split(mandatory: &[Cursor<'_>], groups: Vec<DecisionGroup>) -> (Vec<DecisionGroup>, Vec<DecisionGroup>) {
    let mut rest: Vec<Option<DecisionGroup>> = groups.into_iter().map(Some).collect();
    let mut first = Vec::new();
    for wanted in mandatory {
        let name = wanted.get("groupName").and_then(|name| name.text()).unwrap_or_default().to_owned();
        let index = wanted.get("groupIndex").and_then(|index| index.whole());
        let found = rest.iter().enumerate().position(|(number, group)| {
            group.as_ref().is_some_and(|group| {
                if name.is_empty() { index == Some(number as u64) } else { group.name == name }
            })
        });
        match found.and_then(|found| rest[found].take()) {
            Some(group) => first.push(group),
            None => wanted.error("no decision group is called so"),
        }
    }
    (first, rest.into_iter().flatten().collect())
}

/// The groups of a placement: as its decisions say, or as its rules put the clusters of the files, or by hand.
fn groups(
    reference: &Cursor<'_>,
    placement: &str,
    mandatory: &[Cursor<'_>],
    draft: &mut Draft,
) -> Vec<DecisionGroup> {
    let decided = decisions(reference, placement);
    let groups = if decided.is_empty() { grouped(reference, placement) } else { decided };
    if !groups.is_empty() {
        let mut all: Vec<FleetMember> = groups.iter().flat_map(|group| group.members.clone()).collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        members::settle(&all, reference, draft);
        return groups;
    }
    let mut names: Vec<String> = Vec::new();
    for wanted in mandatory {
        let name = wanted.get("groupName").and_then(|name| name.text()).map(str::to_owned);
        let index = wanted.get("groupIndex").and_then(|index| index.whole()).unwrap_or(names.len() as u64);
        names.push(name.unwrap_or_else(|| format!("group-{index}")));
    }
    for group in decision_groups(reference, placement) {
        let name = group.get("groupName").and_then(|name| name.text()).unwrap_or_default().to_owned();
        if !names.contains(&name) && !name.is_empty() {
            names.push(name);
        }
    }
    names.push(placement.to_owned());
    let of = |name: String, draft: &mut Draft| {
        let regions = members::stand_ins(reference, &name, "", if name == placement { 4 } else { 1 }, draft);
        let member = |region: String| FleetMember {
            name: region,
            labels: BTreeMap::new(),
            hosts: None,
            from: Provenance::Plain,
        };
        let groups_name = name.strip_prefix("group-").map_or_else(|| name.clone(), |_| String::new());
        DecisionGroup { name: groups_name, members: regions.into_iter().map(member).collect() }
    };
    names.into_iter().map(|name| of(name, draft)).collect()
}

/// The groups that the placement's decisions tell, by their index.
fn decisions(reference: &Cursor<'_>, placement: &str) -> Vec<DecisionGroup> {
    let mut found: BTreeMap<u64, DecisionGroup> = BTreeMap::new();
    for decision in reference.others(&["kind"], &["PlacementDecision"]) {
        let labels = members::labels(&decision);
        if labels.get(PLACEMENT).is_some_and(|of| of != placement) {
            continue;
        }
        let index = labels.get(INDEX).and_then(|index| index.parse().ok()).unwrap_or(0);
        let name = labels.get(NAME).cloned().unwrap_or_default();
        let group = found.entry(index).or_insert_with(|| DecisionGroup { name, members: Vec::new() });
        for cluster in decision.at(&["status", "decisions"]).map_or_else(Vec::new, |list| list.items()) {
            let Some(name) = cluster.get("clusterName") else { continue };
            let Some(text) = name.text() else { continue };
            group.members.push(FleetMember {
                name: sound_name(text),
                labels: BTreeMap::new(),
                hosts: None,
                from: name.provenance(),
            });
        }
    }
    found.into_values().filter(|group| !group.members.is_empty()).collect()
}

fn placement_of<'d>(reference: &Cursor<'d>, placement: &str) -> Option<Cursor<'d>> {
    let all = reference.others(&["kind"], &["Placement"]);
    all.into_iter().find(|one| one.peek(&["metadata", "name"]) == Some(placement))
}

fn decision_groups<'d>(reference: &Cursor<'d>, placement: &str) -> Vec<Cursor<'d>> {
    let strategy = placement_of(reference, placement)
        .and_then(|placement| placement.at(&["spec", "decisionStrategy", "groupStrategy"]));
    strategy.map_or_else(Vec::new, |strategy| super::parts(&strategy, "decisionGroups"))
}

/// The clusters of the files, by the rules of the placement.
fn grouped(reference: &Cursor<'_>, placement: &str) -> Vec<DecisionGroup> {
    let mut rest: Vec<FleetMember> =
        reference.others(&["kind"], &["ManagedCluster"]).iter().map(members::member).collect();
    rest.sort_by(|a, b| a.name.cmp(&b.name));
    let rules = placement_of(reference, placement).and_then(|placement| placement.get("spec"));
    if let Some(rules) = &rules {
        let wanted: Vec<LabelSelector> = rules
            .list("predicates")
            .iter()
            .filter_map(|predicate| predicate.at(&["requiredClusterSelector", "labelSelector"]))
            .map(|selector| LabelSelector::read(&selector))
            .collect();
        rest.retain(|member| wanted.is_empty() || wanted.iter().any(|wants| wants.matches(&member.labels)));
        if let Some(number) = rules.get("numberOfClusters") {
            number.approximated("the scheduler chooses so many by their scores; here it is all that the placement could choose");
        }
    }
    if rest.is_empty() {
        return Vec::new();
    }
    let strategy = rules.and_then(|rules| rules.at(&["decisionStrategy", "groupStrategy"]));
    let size = strategy.as_ref().and_then(|strategy| strategy.get("clustersPerDecisionGroup"));
    let all = rest.len() as u64;
    let size = match size.as_ref().and_then(Cursor::amount) {
        Some(Amount::Count(count)) => count.max(1),
        Some(Amount::Percent(share)) => {
            ((all as f64 * share.parse::<f64>().unwrap_or(100.0) / 100.0).ceil() as u64).max(1)
        }
        None => all,
    };
    let mut groups = Vec::new();
    let mut cut = |name: &str, members: Vec<FleetMember>| {
        for part in members.chunks(usize::try_from(size).unwrap_or(usize::MAX)) {
            groups.push(DecisionGroup { name: name.to_owned(), members: part.to_vec() });
        }
    };
    for group in decision_groups(reference, placement) {
        let name = group.get("groupName").and_then(|name| name.text()).unwrap_or_default().to_owned();
        let Some(selector) = group.at(&["groupClusterSelector", "labelSelector"]) else { continue };
        let wants = LabelSelector::read(&selector);
        let (own, others) = rest.into_iter().partition(|member| wants.matches(&member.labels));
        rest = others;
        cut(&name, own);
    }
    cut("", rest);
    groups
}
