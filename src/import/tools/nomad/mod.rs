//! Nomad: the update of a job's groups. A host is an allocation.

mod form;
mod update;

use super::kubernetes::count as bounded;
use super::{ToolFormat, gates};
use crate::import::cursor::Cursor;
use crate::import::desk::Desk;
use crate::import::draft::{
    Draft, DraftRegion, DraftStrategy, DraftTable, duration, inline, list, share, sound_name, text, texts,
    whole,
};
use crate::import::loss::{Fate, Loss};
use crate::import::provenance::Provenance;
use crate::import::tree::{Marked, MarkedValue};
use form::JobBlock;
use update::JobUpdate;

pub(super) const FORMATS: &[ToolFormat] = &[ToolFormat { tool: "Nomad", knows: is_job, read: jobs }];

/// Groups of a job, or its regions, of which each is a region of the scenario.
const MOST_GROUPS: usize = 200;

/// Allocations where no file says how many there are.
const SOME: u64 = 10;

/// What a job says of where and what it runs, and how it comes back when it fails.
const BESIDE: [&str; 60] = [
    "affinity",
    "affinities",
    "all_at_once",
    "constraint",
    "constraints",
    "consul",
    "consul_namespace",
    "consul_token",
    "create_index",
    "datacenters",
    "disconnect",
    "dispatched",
    "ephemeral_disk",
    "ID",
    "job_modify_index",
    "max_client_disconnect",
    "meta",
    "migrate",
    "modify_index",
    "name",
    "namespace",
    "network",
    "networks",
    "node_pool",
    "nomad_token_id",
    "parameterized",
    "parameterized_job",
    "parent_ID",
    "payload",
    "periodic",
    "prevent_reschedule_on_lost",
    "priority",
    "region",
    "reschedule",
    "reschedule_policy",
    "restart",
    "restart_policy",
    "scaling",
    "service",
    "services",
    "shutdown_delay",
    "spread",
    "spreads",
    "stable",
    "status",
    "status_description",
    "stop",
    "stop_after_client_disconnect",
    "submit_time",
    "task",
    "tasks",
    "UI",
    "ui",
    "vault",
    "vault_namespace",
    "vault_token",
    "version",
    "version_tag",
    "volume",
    "volumes",
];

/// A group whose allocations are replaced.
struct JobGroup<'d> {
    name: String,
    block: JobBlock<'d>,
    update: Option<JobUpdate>,
}

impl JobGroup<'_> {
    /// Says how the group as a whole is not as it was; what is in it is told by itself.
    fn approximated(&self, why: &str) {
        let span = Some(self.block.cursor.head());
        let what = format!("group {}", self.name);
        self.block.cursor.desk().lose(Loss { fate: Fate::Approximated, span, what, why: why.to_owned() });
    }
}

/// The kind of a job, which decides how it is updated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum JobKind {
    Service,
    /// An allocation on each node.
    System,
    Batch,
}

fn is_job(cursor: &Cursor<'_>) -> bool {
    let of_groups = |tree: &Marked| tree.get("TaskGroups").is_some();
    let job = |name: &str| cursor.tree().get(name);
    if of_groups(cursor.tree()) || job("Job").is_some_and(of_groups) {
        return true;
    }
    let parts = ["group", "task", "datacenters", "update"];
    let Some(job) = job("job") else { return false };
    let items = match &job.value {
        MarkedValue::List(items) => items.iter().collect(),
        MarkedValue::Scalar { .. } | MarkedValue::Map(_) => vec![job],
    };
    items.into_iter().any(|item| {
        let below = item.entries().iter().map(|entry| &entry.value);
        std::iter::once(item).chain(below).any(|tree| parts.iter().any(|part| tree.get(part).is_some()))
    })
}

fn jobs(cursor: &Cursor<'_>, draft: &mut Draft) {
    for (name, job) in JobBlock::jobs(cursor) {
        read(&name, &job, draft);
    }
    cursor.beside_the_point(&["variable", "variables", "locals"]);
}

fn read(name: &str, job: &JobBlock<'_>, draft: &mut Draft) {
    let desk = job.cursor.desk();
    let word = job.get("type").and_then(|kind| kind.text()).unwrap_or("service");
    let kind = match word {
        "service" => JobKind::Service,
        "system" | "sysbatch" => JobKind::System,
        "batch" => JobKind::Batch,
        other => {
            job.cursor.error(format!("`{other}` is no type of a job"));
            return;
        }
    };
    job.beside_the_point(&BESIDE);
    let mut groups: Vec<JobGroup<'_>> = Vec::new();
    for (group, block) in job.blocks("group", "TaskGroups") {
        let update = update::of(job, &block, kind == JobKind::Service, kind == JobKind::System);
        block.beside_the_point(&BESIDE);
        groups.push(JobGroup { name: group, block, update });
    }
    if let Some(first_too_many) = groups.get(MOST_GROUPS) {
        first_too_many.block.cursor.error(format!("a job has at most {MOST_GROUPS} groups here"));
        return;
    }
    if groups.is_empty() {
        // A task alone is a group of one.
        let update = update::of(job, job, kind == JobKind::Service, kind == JobKind::System);
        groups.push(JobGroup { name: name.to_owned(), block: job.clone(), update });
    }
    let mut strategy =
        DraftStrategy::new(name, format!("Nomad job {name}"), Provenance::Written(vec![job.cursor.head()]));
    let regions = place(job, &groups, kind, draft);
    respond(&groups, &mut strategy.table, draft);
    match job.block("multiregion") {
        Some(several) => over_regions(&several, &groups, &regions, &mut strategy.table),
        None => beside_each_other(&groups, &regions, kind, &mut strategy.table),
    }
    let waits = |update: &JobUpdate| update.canary.value > 0 && !update.promotes.value;
    if kind != JobKind::System && groups.iter().filter_map(|group| group.update.as_ref()).any(waits) {
        desk.by_hand("approval", "how long it takes until somebody promotes the canaries");
    }
    desk.by_hand(
        "failing-hosts",
        "Nomad goes on as allocations become healthy, whatever they do then: if your checks see a bad change, say on how \
         many allocations it fails (`[change] failing-hosts`)",
    );
    draft.strategy(strategy);
}

/// The regions with their allocations: one a group, or those of `multiregion`. Returns their names and sizes.
fn place(
    job: &JobBlock<'_>,
    groups: &[JobGroup<'_>],
    kind: JobKind,
    draft: &mut Draft,
) -> Vec<(String, u64)> {
    let desk = job.cursor.desk();
    let mut places = Vec::new();
    let several =
        job.block("multiregion").map_or_else(Vec::new, |several| several.blocks("region", "Regions"));
    if let Some((_, first_too_many)) = several.get(MOST_GROUPS) {
        first_too_many.cursor.error(format!("a job has at most {MOST_GROUPS} regions here"));
        return Vec::new();
    }
    for (name, region) in &several {
        region.beside_the_point(&BESIDE);
        let own = region.get("count").filter(|count| count.tree().text() != Some("0"));
        let group = groups.first().and_then(|group| group.block.get("count"));
        places.push((sound_name(name), allocations(own.or(group).as_ref(), kind, desk)));
    }
    for group in groups {
        let count = group.block.get("count");
        if several.is_empty() {
            places.push((sound_name(&group.name), allocations(count.as_ref(), kind, desk)));
        } else if let Some(count) = count {
            let _ = bounded(&count);
        }
    }
    for (name, (count, from)) in &places {
        let mut table = DraftTable::default();
        table.set("hosts-per-zone", whole(*count), from.clone());
        if !draft.region(DraftRegion { name: name.clone(), table }) {
            let why =
                "another one is called so: both are in the place of the first, with its size".to_owned();
            let what = format!("count of {name}");
            desk.lose(Loss { fate: Fate::Approximated, span: Some(job.cursor.head()), what, why });
        }
    }
    places.into_iter().map(|(name, (count, _))| (name, count)).collect()
}

fn allocations(count: Option<&Cursor<'_>>, kind: JobKind, desk: &Desk<'_>) -> (u64, Provenance) {
    let hand = |what: &str| {
        desk.by_hand("hosts-per-zone", format!("{what}: no file says it"));
        (SOME, Provenance::hand(what))
    };
    if kind == JobKind::System {
        return hand("on how many nodes it runs");
    }
    match count {
        None => (1, Provenance::implied("Nomad's default")),
        Some(cursor) => match bounded(cursor) {
            Some(0) => {
                cursor.approximated(
                    "nothing is rolled out to no allocations: the scenario has some, to be given",
                );
                hand("how many allocations there usually are")
            }
            Some(number) => (number, cursor.provenance()),
            None => (1, Provenance::Plain),
        },
    }
}

/// What Nomad does when a deployment gets nowhere.
fn respond(groups: &[JobGroup<'_>], table: &mut DraftTable, draft: &mut Draft) {
    let updates: Vec<&JobUpdate> = groups.iter().filter_map(|group| group.update.as_ref()).collect();
    let Some(first) = updates.first().filter(|update| update.at_once.value > 0) else { return };
    if first.progress_ms.value > 0 {
        gates::start_within(first.progress_ms.value, draft);
        table.set("progress-deadline", duration(first.progress_ms.value), first.progress_ms.from.clone());
    } else {
        let none = inline([("allowed", whole(0)), ("per", text("rollout"))]);
        table.set("failures", none, first.progress_ms.from.clone());
    }
    if !draft.change.has("failing-time") {
        let deadline = &first.healthy_deadline_ms;
        draft.change.set("failing-time", duration(deadline.value), deadline.from.clone());
    }
    if !first.reverts.value {
        let freeze = inline([("on-alarm", text("freeze"))]);
        table.set("response", freeze, first.reverts.from.clone());
    } else {
        table.set("response", inline([("on-alarm", text("rollback"))]), first.reverts.from.clone());
    }
    let alike =
        |update: &&JobUpdate| update.reverts == first.reverts && update.progress_ms == first.progress_ms;
    if let Some(other) =
        groups.iter().find(|group| group.update.as_ref().is_some_and(|update| !alike(&update)))
    {
        other.approximated(
            "groups differ in what follows a failure: the scenario does for all what the first one says",
        );
    }
}

/// The groups of a job are updated at the same time; those that are updated alike are a wave.
fn beside_each_other(
    groups: &[JobGroup<'_>],
    regions: &[(String, u64)],
    kind: JobKind,
    table: &mut DraftTable,
) {
    let mut left: Vec<usize> = (0..groups.len()).collect();
    let mut is_first = true;
    while let Some(first) = left.first().copied() {
        let alike = |index: &usize| {
            let (one, other) = (&groups[first].update, &groups[*index].update);
            one == other && (canaries(one) == 0 || regions[first].1 == regions[*index].1)
        };
        let (same, rest): (Vec<usize>, Vec<usize>) = left.iter().copied().partition(|index| alike(index));
        let names: Vec<&str> = same.iter().map(|index| regions[*index].0.as_str()).collect();
        let mut wave = DraftTable::default();
        if names.len() == groups.len() {
            wave.set("regions", text("all"), Provenance::Plain);
        } else {
            wave.set("regions", texts(names.iter().copied()), Provenance::Plain);
        }
        if names.len() > 1 {
            let at_once = Provenance::implied("groups of a job are updated at the same time");
            wave.set("regions-at-once", text("all"), at_once);
        }
        if !is_first {
            groups[first].approximated(
                "Nomad updates it at the same time as those before: here one after the other, as their updates differ",
            );
        }
        is_first = false;
        waves(&wave, groups[first].update.as_ref(), regions[first].1, kind, table);
        left = rest;
    }
}

fn canaries(update: &Option<JobUpdate>) -> u64 {
    update.as_ref().map_or(0, |update| update.canary.value)
}

/// Regions one after the other, or so many at a time.
fn over_regions(
    several: &JobBlock<'_>,
    groups: &[JobGroup<'_>],
    regions: &[(String, u64)],
    table: &mut DraftTable,
) {
    for other in groups.iter().skip(1) {
        other.block.cursor.refused("of a job in several regions the scenario has the first group alone");
    }
    let strategy = several.block("strategy");
    let at_once = strategy.as_ref().and_then(|strategy| strategy.get("max_parallel"));
    let mut wave = gates::everywhere();
    match at_once.and_then(|cursor| Some((bounded(&cursor).filter(|number| *number > 0)?, cursor))) {
        Some((number, cursor)) => wave.set("regions-at-once", whole(number), cursor.provenance()),
        None => wave.set("regions-at-once", text("all"), Provenance::implied("Nomad's default")),
    }
    let failure = strategy.as_ref().and_then(|strategy| strategy.get("on_failure"));
    match failure.as_ref().and_then(Cursor::text) {
        Some("fail_all") => {}
        Some("fail_local") => {
            if let Some(failure) = &failure {
                failure
                    .approximated("only the region that fails stops: here no further region begins, either");
            }
            table.set(
                "rollback",
                inline([("scope", text("region"))]),
                failure.map_or(Provenance::Plain, |f| f.provenance()),
            );
        }
        Some(_) | None => {
            let only = Provenance::implied("regions that are done stay, unless `on_failure` is `fail_all`");
            table.set("rollback", inline([("scope", text("region"))]), only);
        }
    }
    if let Some(group) = groups.first() {
        let least = regions.iter().map(|(_, count)| *count).min().unwrap_or(1);
        waves(&wave, group.update.as_ref(), least, JobKind::Service, table);
    }
}

/// The waves of groups that are updated alike: canaries first, then all.
fn waves(wave: &DraftTable, update: Option<&JobUpdate>, count: u64, kind: JobKind, table: &mut DraftTable) {
    let mut all = wave.clone();
    let Some(update) = update.filter(|update| update.at_once.value > 0) else {
        let why = update.map_or_else(
            || Provenance::implied("without an `update` Nomad replaces all at once"),
            |update| update.at_once.from.clone(),
        );
        all.set("batch", text("100%"), why);
        table.add("wave", all);
        return;
    };
    if update.canary.value > 0 && kind != JobKind::System {
        let promoted = canary(wave, update, count, table);
        if promoted {
            return;
        }
    }
    let batch = update.at_once.value.min(count.max(1));
    all.set("batch", whole(batch), update.at_once.from.clone());
    all.set("max-unavailable", whole(batch), Provenance::Plain);
    if kind == JobKind::System {
        all.set("batch-bake", duration(update.stagger_ms.value), update.stagger_ms.from.clone());
    } else {
        all.set(
            "batches",
            text("sliding"),
            Provenance::implied("another one begins as soon as one is healthy"),
        );
        all.set("batch-bake", duration(update.healthy_ms.value), update.healthy_ms.from.clone());
    }
    table.add("wave", all);
}

/// The wave of the canaries, which come beside all others; whether that is all of them and the job is through.
fn canary(wave: &DraftTable, update: &JobUpdate, count: u64, table: &mut DraftTable) -> bool {
    let canaries = update.canary.value;
    let beside = canaries.min(count);
    let mut first = wave.clone();
    first.set("hosts", whole(beside), update.canary.from.clone());
    let sent = canaries as f64 / (canaries.saturating_add(count)) as f64;
    first.set("traffic", share(sent), Provenance::implied("of all allocations, as the old ones stay beside"));
    first.set("max-surge", whole(beside), update.canary.from.clone());
    first.set("max-unavailable", whole(0), Provenance::Plain);
    first.set("batch", text("100%"), Provenance::implied("canaries begin together"));
    first.set("bake", duration(update.healthy_ms.value), update.healthy_ms.from.clone());
    if !update.promotes.value {
        let gates = list(&[gates::approval()]);
        first.set("gates", gates, Provenance::hand("how long until somebody promotes the canaries"));
    }
    table.add("wave", first);
    if beside < count {
        return false;
    }
    // As many canaries as there are allocations take the place of all of them.
    let mut rest = wave.clone();
    rest.set("traffic", text("100%"), Provenance::implied("promoted: the old ones are stopped"));
    rest.set("max-surge", whole(beside), Provenance::Plain);
    table.add("wave", rest);
    true
}
