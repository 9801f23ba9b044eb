//! Rancher Fleet: clusters in partitions, one partition after the other, and so many clusters of a partition unavailable at
//! once.

use super::members::{self, FleetMember, LabelSelector};
use super::{is_of, name_of};
use crate::import::cursor::{Amount, Cursor};
use crate::import::draft::{Draft, DraftStrategy, DraftTable, DraftValue, sound_name, text, whole};
use crate::import::provenance::Provenance;
use crate::import::tree::MarkedValue;
use std::collections::{BTreeMap, BTreeSet};

const GROUP: &str = "fleet.cattle.io/";

/// Fewer clusters are one partition, whatever their size is to be.
const THRESHOLD: u64 = 200;

/// Partitions at most; the tool would make as many as it has clusters.
const MOST_PARTITIONS: usize = 2_000;

pub(super) fn is_policy(cursor: &Cursor<'_>) -> bool {
    let root = cursor.tree();
    if root.get("kind").is_none() {
        let words = [
            "autoPartitionSize",
            "autoPartitionThreshold",
            "maxUnavailable",
            "maxUnavailablePartitions",
            "partitions",
        ];
        let is_strategy = root
            .get("rolloutStrategy")
            .is_some_and(|rollout| words.iter().any(|word| rollout.get(word).is_some()));
        return is_strategy || root.get("targetCustomizations").is_some();
    }
    is_of(cursor, GROUP)
        && matches!(cursor.peek(&["kind"]), Some("Bundle" | "GitRepo" | "HelmOp"))
        && root.get("spec").is_some_and(|spec| spec.get("rolloutStrategy").is_some())
}

pub(super) fn is_cluster(cursor: &Cursor<'_>) -> bool {
    is_of(cursor, GROUP) && cursor.peek(&["kind"]) == Some("Cluster")
}

/// A cluster. Whoever selects it makes a region of it, as every region of a scenario is some wave's.
pub(super) fn cluster(cursor: &Cursor<'_>, _draft: &mut Draft) {
    cursor.desk().take_all(cursor.tree());
}

fn a_cluster(cursor: &Cursor<'_>) -> FleetMember {
    let mut member = members::member(cursor);
    let nodes = cursor.at(&["status", "agent", "readyNodes"]);
    member.hosts = nodes.and_then(|nodes| Some((nodes.whole()?.max(1), nodes.provenance())));
    member
}

pub(super) fn policy(cursor: &Cursor<'_>, draft: &mut Draft) {
    let in_spec = cursor.has("kind");
    let at = if in_spec { cursor.get("spec").unwrap_or_else(|| cursor.clone()) } else { cursor.clone() };
    let name = if in_spec {
        name_of(cursor, "bundle")
    } else {
        cursor.get("name").and_then(|name| name.text()).unwrap_or("bundle").to_owned()
    };
    let known: Vec<FleetMember> = {
        let mut known: Vec<FleetMember> = cursor
            .others(&["kind"], &["Cluster"])
            .iter()
            .filter(|other| is_cluster(other))
            .map(a_cluster)
            .collect();
        known.sort_by(|a, b| a.name.cmp(&b.name));
        known
    };
    if !known.is_empty() {
        at.drop_keys(
            &["targets", "targetRestrictions"],
            "the scenario goes to all clusters of the files; leave out those that it does not go to",
        );
    }
    let strategy = at.get("rolloutStrategy");
    let mut drafted = DraftStrategy::new(
        &name,
        format!("Rancher Fleet: {name}"),
        Provenance::Written(vec![strategy.as_ref().unwrap_or(cursor).head()]),
    );
    let rules = strategy.unwrap_or_else(|| at.clone());
    let manual = super::parts(&rules, "partitions");
    let waves = if manual.is_empty() {
        automatic(&rules, known, draft)
    } else {
        rules.drop_keys(
            &["autoPartitionSize", "autoPartitionThreshold"],
            "the partitions are given one by one",
        );
        by_hand(&rules, &manual, &known, draft)
    };
    waves.into_iter().for_each(|wave| drafted.table.add("wave", wave));
    if let Some(partitions) = rules.get("maxUnavailablePartitions") {
        match partitions.amount() {
            Some(Amount::Count(0)) => {}
            _ => partitions.approximated("one partition after the other: the tool goes on to the next while so many are not ready yet, and is faster"),
        }
    }
    rules.drop_keys(
        &["maxNew"],
        "it limits clusters that get the bundle for the first time, and a change goes to those that have it",
    );
    draft.strategy(drafted);
    take_the_rest(cursor, &at, in_spec);
}

/// What a bundle is besides.
fn take_the_rest(cursor: &Cursor<'_>, at: &Cursor<'_>, in_spec: bool) {
    if in_spec {
        cursor.beside_the_point(&["apiVersion", "kind", "metadata", "status"]);
    }
    at.drop_keys(&["paused"], "a bundle that is paused goes nowhere until somebody resumes it");
    super::take_all_but(at, &["rolloutStrategy"]);
}

/// The limit of a partition, the first that is given; without any all clusters.
fn limit(given: &[Option<Cursor<'_>>]) -> Option<(DraftValue, Provenance)> {
    let Some(most) = given.iter().flatten().next() else {
        return Some((text("all"), Provenance::implied("the default: 100%")));
    };
    let written = most.text().unwrap_or_default().trim();
    let share = written.strip_suffix('%').and_then(|share| share.trim().parse::<f64>().ok());
    let value = match share {
        Some(share) if share <= 0.0 => Some(whole(1)),
        Some(share) if share > 100.0 => Some(text("all")),
        _ => {
            if matches!(&most.tree().value, MarkedValue::Scalar { plain: false, .. }) && share.is_none() {
                // The tool reads a count in quotes as one.
                most.whole().filter(|count| *count > 0).map(whole)
            } else {
                members::at_once(most, "")
            }
        }
    };
    value.map(|value| (value, most.provenance()))
}

fn wave(
    name: &str,
    regions: DraftValue,
    from: Provenance,
    at_once: Option<(DraftValue, Provenance)>,
) -> DraftTable {
    let mut wave = DraftTable::default();
    if !name.is_empty() {
        wave.set("name", text(&sound_name(name)), Provenance::Plain);
    }
    wave.set("regions", regions, from);
    if let Some((value, from)) = at_once {
        wave.set("regions-at-once", value, from);
    }
    wave
}

/// Partitions of a size, for as many clusters as there are.
fn automatic(rules: &Cursor<'_>, known: Vec<FleetMember>, draft: &mut Draft) -> Vec<DraftTable> {
    let names: Vec<String> = if known.is_empty() {
        members::stand_ins(rules, "clusters", "", 4, draft)
    } else {
        members::settle(&known, rules, draft);
        known.into_iter().map(|member| member.name).collect()
    };
    let all = names.len() as u64;
    let threshold = rules.get("autoPartitionThreshold");
    let least = threshold.as_ref().map_or(Some(THRESHOLD), Cursor::whole).unwrap_or(THRESHOLD);
    let size = rules.get("autoPartitionSize");
    let at_once = || limit(&[rules.get("maxUnavailable")]);
    if least == 0 || all < least {
        if let Some(size) = &size {
            size.dropped(format!(
                "with {all} clusters, fewer than {least}, all are one partition whatever its size is to be"
            ));
        }
        return vec![wave("", text("all"), Provenance::implied("one partition"), at_once())];
    }
    let count = match size.as_ref().map(Cursor::amount) {
        Some(Some(Amount::Count(count))) => count.max(1),
        Some(Some(Amount::Percent(share))) => share_of(all, share.parse().unwrap_or(100.0)),
        _ => share_of(all, 25.0),
    };
    let from = size.as_ref().map_or(Provenance::implied("the default: 25%"), Cursor::provenance);
    let parts = names.len().div_ceil(usize::try_from(count).unwrap_or(usize::MAX));
    if parts > MOST_PARTITIONS {
        size.as_ref()
            .unwrap_or(rules)
            .error(format!("that makes {parts} partitions, and a scenario holds {MOST_PARTITIONS}"));
        return Vec::new();
    }
    let of_size = |last: bool| {
        if last { text("rest") } else { crate::import::draft::inline([("count", whole(count))]) }
    };
    (1..=parts)
        .map(|part| wave(&format!("partition {part}"), of_size(part == parts), from.clone(), at_once()))
        .collect()
}

fn share_of(all: u64, share: f64) -> u64 {
    ((all as f64 * share / 100.0) as u64).clamp(1, all.max(1))
}

/// Partitions that are given one by one. Clusters of none of them stay as they are.
fn by_hand(
    rules: &Cursor<'_>,
    partitions: &[Cursor<'_>],
    known: &[FleetMember],
    draft: &mut Draft,
) -> Vec<DraftTable> {
    let groups = cluster_groups(rules);
    let mut waves = Vec::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for (index, partition) in partitions.iter().enumerate() {
        let name = partition
            .get("name")
            .and_then(|name| name.text())
            .map_or_else(|| format!("partition {}", index + 1), str::to_owned);
        let at_once = limit(&[partition.get("maxUnavailable"), rules.get("maxUnavailable")]);
        let wanted = wanted(partition, &groups);
        if known.is_empty() {
            let label =
                wanted.iter().map(LabelSelector::words).find(|words| !words.is_empty()).unwrap_or_default();
            let label = if label.is_empty() { format!("partition={}", sound_name(&name)) } else { label };
            let regions = members::stand_ins(partition, &name, &label, 1, draft);
            let regions = crate::import::draft::texts(regions.iter().map(String::as_str));
            waves.push(wave(&name, regions, partition.provenance(), at_once));
            continue;
        }
        let only = partition.get("clusterName").and_then(|name| name.text());
        let own: Vec<&FleetMember> = known
            .iter()
            .filter(|member| only.is_none_or(|only| only == member.name))
            .filter(|member| wanted.iter().all(|wants| wants.matches(&member.labels)))
            .collect();
        if own.is_empty() {
            partition.dropped("no cluster of the files is in it");
            continue;
        }
        seen.extend(own.iter().map(|member| member.name.as_str()));
        let settling: Vec<FleetMember> = own.iter().map(|member| (*member).clone()).collect();
        members::settle(&settling, partition, draft);
        waves.push(wave(&name, members::named(own), partition.provenance(), at_once));
    }
    // What a partition says itself comes before it.
    rules.beside_the_point(&["maxUnavailable"]);
    let left = known.iter().filter(|member| !seen.contains(&member.name.as_str())).count();
    if left > 0 {
        rules.desk().by_hand("clusters", format!("{left} of the files are in no partition: the tool leaves them on the old version, and the scenario leaves them out"));
    }
    waves
}

/// Selectors of cluster groups by the name of the group.
fn cluster_groups(rules: &Cursor<'_>) -> BTreeMap<String, LabelSelector> {
    let of = |group: &Cursor<'_>| {
        Some((name_of(group, ""), LabelSelector::read(&group.at(&["spec", "selector"])?)))
    };
    rules
        .others(&["kind"], &["ClusterGroup"])
        .iter()
        .filter(|group| is_of(group, GROUP))
        .filter_map(of)
        .collect()
}

/// What the labels of a partition's clusters have to be.
fn wanted(partition: &Cursor<'_>, groups: &BTreeMap<String, LabelSelector>) -> Vec<LabelSelector> {
    let mut wanted: Vec<LabelSelector> =
        partition.get("clusterSelector").iter().map(LabelSelector::read).collect();
    if let Some(group) = partition.get("clusterGroup")
        && let Some(name) = group.text()
    {
        wanted.push(groups.get(name).cloned().unwrap_or_else(|| LabelSelector::of("group", name)));
    }
    if let Some(selector) = partition.get("clusterGroupSelector") {
        selector.approximated("it selects groups by their labels; here it selects clusters");
        wanted.push(LabelSelector::read(&selector));
    }
    wanted
}
