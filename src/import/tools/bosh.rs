//! BOSH: deployment manifests. An instance group is a region, its availability zones are zones: the director goes from one
//! to the next, and has canaries in the first.

use super::ToolFormat;
use crate::import::cursor::Cursor;
use crate::import::draft::{
    Draft, DraftRegion, DraftStrategy, DraftTable, DraftValue, duration, inline, sound_name, text, texts,
    whole,
};
use crate::import::provenance::Provenance;

pub(super) const FORMATS: &[ToolFormat] = &[ToolFormat { tool: "BOSH", knows: is_manifest, read: manifest }];

/// Instances of a group.
const MOST_INSTANCES: u64 = 1_000_000;

/// Zones of a group.
const MOST_ZONES: usize = 1_000;

/// Groups of a deployment.
const MOST_GROUPS: usize = 1_000;

/// Milliseconds that a director may watch.
const MOST_WATCH_MS: u64 = 30 * 24 * 3_600_000;

/// How instances of a group are updated, each with where it is from.
#[derive(Clone)]
struct GroupUpdate {
    canaries: (InstanceShare, Provenance),
    in_flight: (InstanceShare, Provenance),
    canary_watch_ms: (u64, Provenance),
    watch_ms: (u64, Provenance),
    is_serial: bool,
}

/// A number of instances, or a whole percentage of a zone's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InstanceShare {
    Instances(u64),
    Percent(u64),
}

impl InstanceShare {
    /// As the director counts: shares are rounded down.
    fn of(self, instances: u64) -> u64 {
        match self {
            Self::Instances(count) => count,
            Self::Percent(percent) => (percent.min(100) * instances / 100).min(instances),
        }
    }
}

/// A group of instances with its zones.
struct InstanceGroup {
    name: String,
    /// Instances of each zone that has some.
    zones: Vec<u64>,
    update: GroupUpdate,
    from: Provenance,
}

impl InstanceGroup {
    fn canaries(&self) -> u64 {
        let first = self.zones.first().copied().unwrap_or(0);
        self.update.canaries.0.of(first).min(first)
    }

    /// Instances at once in the first zone: zones differ by one at most.
    fn in_flight(&self) -> u64 {
        self.update.in_flight.0.of(self.zones.first().copied().unwrap_or(1)).max(1)
    }

    /// Whether the two are updated alike, so that one wave can be both.
    fn is_like(&self, other: &Self) -> bool {
        let key = |group: &Self| {
            (group.canaries(), group.in_flight(), group.update.canary_watch_ms.0, group.update.watch_ms.0)
        };
        key(self) == key(other)
    }
}

fn groups_key(cursor: &Cursor<'_>) -> &'static str {
    if cursor.has("instance_groups") { "instance_groups" } else { "jobs" }
}

fn is_manifest(cursor: &Cursor<'_>) -> bool {
    let tree = cursor.tree();
    let has_groups = tree.get(groups_key(cursor)).is_some_and(|groups| {
        groups
            .items()
            .first()
            .is_some_and(|group| group.get("name").is_some() && group.get("instances").is_some())
    });
    let is_update = |update: &crate::import::tree::Marked| {
        update.get("max_in_flight").is_some() || update.get("canaries").is_some()
    };
    has_groups && tree.get("update").is_some_and(is_update)
}

fn manifest(cursor: &Cursor<'_>, draft: &mut Draft) {
    let name = cursor.get("name").and_then(|name| known(&name)).unwrap_or("deployment");
    cursor.beside_the_point(&[
        "releases",
        "stemcells",
        "variables",
        "addons",
        "features",
        "manifest_version",
        "tags",
        "properties",
        "director_uuid",
        "compilation",
        "networks",
        "resource_pools",
        "disk_pools",
    ]);
    let usual = cursor.get("update").and_then(|block| update(&block, None));
    let written = cursor.list(groups_key(cursor));
    if written.len() > MOST_GROUPS {
        cursor.error(format!("a scenario has at most {MOST_GROUPS} groups"));
        return;
    }
    let mut groups = Vec::new();
    for item in &written {
        groups.extend(group(item, usual.as_ref()));
    }
    if groups.is_empty() {
        if cursor.desk().is_clean() {
            cursor.error("no group here has instances that are updated");
        }
        return;
    }
    let mut strategy =
        DraftStrategy::new(name, format!("BOSH deployment {name}"), Provenance::Written(vec![cursor.span()]));
    strategy.table.set(
        "batches",
        text("sliding"),
        Provenance::implied("an instance begins as soon as another is done"),
    );
    let stops = Provenance::implied("the director stops at an instance that fails, and nothing goes back");
    strategy.table.set("failures", inline([("allowed", whole(0))]), stops.clone());
    strategy.table.set("response", inline([("on-alarm", text("freeze"))]), stops);
    for bundle in bundles(groups, cursor) {
        for group in &bundle {
            region(group, draft);
        }
        waves(&bundle, &mut strategy.table);
    }
    draft.strategy(strategy);
}

/// A text in which a variable of the director is what the user gives for it, or reported.
fn known<'d>(cursor: &Cursor<'d>) -> Option<&'d str> {
    let text = cursor.text()?;
    let Some(variable) = text.trim().strip_prefix("((").and_then(|rest| rest.strip_suffix("))")) else {
        return Some(text);
    };
    cursor.desk().given(variable).or_else(|| {
        cursor.unknowable(variable);
        None
    })
}

/// What `read` makes of a text that is known; reported as not `what` if that is nothing.
fn value<T>(cursor: &Cursor<'_>, what: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
    let text = known(cursor)?;
    let value = read(text.trim());
    if value.is_none() {
        cursor.error(format!("`{}` is not {what}", crate::import::provenance::shortened(text)));
    }
    value
}

/// An `update` block; what it leaves out is as in `usual`.
fn update(block: &Cursor<'_>, usual: Option<&GroupUpdate>) -> Option<GroupUpdate> {
    let size = |key: &str, usual: Option<&(InstanceShare, Provenance)>| match block.get(key) {
        Some(written) => value(&written, "a number of instances or a whole percentage", size)
            .map(|size| (size, written.provenance())),
        None => usual.cloned().or_else(|| missing(block, key)),
    };
    let canaries = size("canaries", usual.map(|usual| &usual.canaries));
    let in_flight = size("max_in_flight", usual.map(|usual| &usual.in_flight));
    let watch = |key: &str, usual: Option<&(u64, Provenance)>| match block.get(key) {
        Some(written) => {
            let (least, most) =
                value(&written, "milliseconds such as 30000-60000, of 30 days at most", watch)?;
            if most > least {
                written.approximated(
                    "instances are watched for the first of these times; one that is not healthy by the second fails, and \
                     here all are healthy after `deploy-time`",
                );
            }
            Some((least, written.provenance()))
        }
        None => usual.cloned().or_else(|| missing(block, key)),
    };
    let canary_watch_ms = watch("canary_watch_time", usual.map(|usual| &usual.canary_watch_ms));
    let watch_ms = watch("update_watch_time", usual.map(|usual| &usual.watch_ms));
    let serial = block.get("serial").map(|serial| value(&serial, "true or false", |text| text.parse().ok()));
    block.drop_keys(
        &["vm_strategy"],
        "new machines may be made before old ones go: that shortens how long one is away, which `downtime` can say",
    );
    block.beside_the_point(&["initial_deploy_az_update_strategy"]);
    block.drop_keys(&["max_errors"], "the director stops at the first instance that fails");
    Some(GroupUpdate {
        canaries: canaries?,
        in_flight: in_flight?,
        canary_watch_ms: canary_watch_ms?,
        watch_ms: watch_ms?,
        is_serial: serial.map_or(Some(usual.is_none_or(|usual| usual.is_serial)), |written| written)?,
    })
}

fn missing<T>(block: &Cursor<'_>, key: &str) -> Option<T> {
    block.error(format!("`update` has no `{key}`, which the director requires"));
    None
}

fn size(text: &str) -> Option<InstanceShare> {
    match text.strip_suffix('%') {
        Some(percent) => percent.parse().ok().map(InstanceShare::Percent),
        None => text.parse().ok().map(InstanceShare::Instances),
    }
}

/// The range of a watch time.
fn watch(text: &str) -> Option<(u64, u64)> {
    let (least, most) = text.split_once('-').unwrap_or((text, text));
    let (least, most) = (least.trim().parse().ok()?, most.trim().parse().ok()?);
    (least <= most && most <= MOST_WATCH_MS).then_some((least, most))
}

/// A group; none if it has no instances to update, or was reported.
fn group(item: &Cursor<'_>, usual: Option<&GroupUpdate>) -> Option<InstanceGroup> {
    item.beside_the_point(&[
        "jobs",
        "templates",
        "template",
        "release",
        "vm_type",
        "vm_resources",
        "vm_extensions",
        "stemcell",
        "networks",
        "env",
        "persistent_disk",
        "persistent_disk_type",
        "persistent_disk_pool",
        "persistent_disks",
        "migrated_from",
        "properties",
        "tags",
        "resource_pool",
        "default_networks",
        "consumes",
        "provides",
    ]);
    let name = item.get("name").and_then(|name| known(&name)).unwrap_or("group");
    let own = item.get("update");
    let update = match own {
        Some(own) => update(&own, usual),
        None => usual.cloned(),
    };
    let is_errand = item.get("lifecycle").and_then(|lifecycle| lifecycle.text()) == Some("errand");
    let zones: Vec<&str> = item.list("azs").iter().filter_map(known).collect();
    let written = item.get("instances")?;
    let instances = value(&written, "a number of instances of a million at most", |text| {
        text.parse().ok().filter(|count| *count <= MOST_INSTANCES)
    })?;
    if is_errand || instances == 0 {
        return None;
    }
    if zones.len() > MOST_ZONES {
        item.error(format!("a scenario has at most {MOST_ZONES} zones of a group"));
        return None;
    }
    let count = u64::try_from(zones.len().max(1)).unwrap_or(1).min(instances);
    let zones = (0..count).map(|zone| instances / count + u64::from(zone < instances % count)).collect();
    Some(InstanceGroup { name: sound_name(name), zones, update: update?, from: written.provenance() })
}

/// Groups that are updated together, in order: a serial group alone, others with those that follow each other.
fn bundles(groups: Vec<InstanceGroup>, cursor: &Cursor<'_>) -> Vec<Vec<InstanceGroup>> {
    let (mut bundles, mut is_told): (Vec<Vec<InstanceGroup>>, bool) = (Vec::new(), false);
    for group in groups {
        let last = bundles
            .last_mut()
            .filter(|last| !group.update.is_serial && last.iter().all(|one| !one.update.is_serial));
        match last {
            Some(last) if last.iter().all(|one| one.is_like(&group)) => last.push(group),
            Some(_) if !is_told => {
                is_told = true;
                let why = "groups that are not serial and are updated each in its own way are waves of their own here, one after \
                           the other: the rollout takes longer";
                cursor.desk().lose(crate::import::Loss {
                    fate: crate::import::Fate::Approximated,
                    span: Some(cursor.head()),
                    what: format!("serial: false of {}", group.name),
                    why: why.to_owned(),
                });
                bundles.push(vec![group]);
            }
            Some(_) | None => bundles.push(vec![group]),
        }
    }
    bundles
}

fn region(group: &InstanceGroup, draft: &mut Draft) {
    let mut table = DraftTable::default();
    if group.zones.len() > 1 {
        table.set("zones", whole(group.zones.len() as u64), group.from.clone());
    }
    let is_even = group.zones.iter().all(|zone| Some(zone) == group.zones.first());
    let hosts = if is_even {
        whole(group.zones.first().copied().unwrap_or(1))
    } else {
        let sizes: Vec<String> = group.zones.iter().map(u64::to_string).collect();
        DraftValue::Plain(format!("[{}]", sizes.join(", ")))
    };
    table.set("hosts-per-zone", hosts, group.from.clone());
    draft.region(DraftRegion { name: group.name.clone(), table });
}

/// The waves of groups that are updated alike and together: canaries in the first zone, then all others.
fn waves(bundle: &[InstanceGroup], strategy: &mut DraftTable) {
    let Some(first) = bundle.first() else { return };
    let GroupUpdate { canaries, in_flight, canary_watch_ms, watch_ms, .. } = &first.update;
    let wave = |watch: &(u64, Provenance)| {
        let mut wave = DraftTable::default();
        wave.set("regions", texts(bundle.iter().map(|group| group.name.as_str())), Provenance::Plain);
        if bundle.len() > 1 {
            wave.set("regions-at-once", text("all"), Provenance::implied("none of them is `serial`"));
        }
        wave.set("batch", whole(first.in_flight()), in_flight.1.clone());
        wave.set("batch-bake", duration(watch.0), watch.1.clone());
        wave.set("zone-bake", duration(watch.0), watch.1.clone());
        wave
    };
    if first.canaries() > 0 {
        let mut canary = wave(canary_watch_ms);
        if bundle.iter().any(|group| group.zones.len() > 1) {
            canary.set("zones", whole(1), Provenance::implied("canaries are in the first zone"));
        }
        canary.set("hosts", whole(first.canaries()), canaries.1.clone());
        strategy.add("wave", canary);
    }
    if bundle.iter().any(|group| group.canaries() < group.zones.iter().sum()) {
        strategy.add("wave", wave(watch_ms));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_watch_times_are_read_as_the_director_reads_them() {
        assert_eq!(size("30%").map(|size| size.of(7)), Some(2));
        assert_eq!(size("3").map(|size| size.of(2)), Some(3));
        assert_eq!(size("1.5"), None);
        assert_eq!(watch("1000 - 30000"), Some((1_000, 30_000)));
        assert_eq!(watch("5000"), Some((5_000, 5_000)));
        assert_eq!([watch("9-5"), watch("-5"), watch("99999999999999999999")], [None; 3]);
    }
}
