//! Auto Scaling: what a stack's update does with a group, and instance refreshes.

use super::account::{AROUND, AwsResource, GROUP, REFRESH};
use super::deployment::{AwsDeployment, WhenWrong};
use super::fleet::{HostFleet, fleet_of};
use super::reading::AwsReading;
use super::value::{AwsReference, AwsValue};
use crate::import::draft::{DraftTable, DraftValue, Row, duration, inline, text, whole};
use crate::import::provenance::Provenance;
use crate::import::time::{HOUR, SECOND};

/// A deployment for each group that says how it is updated, and for each refresh.
pub(super) fn read(reading: &mut AwsReading<'_, '_>) -> Vec<AwsDeployment> {
    let account = reading.account;
    let mut deployments = Vec::new();
    for resource in account.of(GROUP) {
        deployments.extend(group(resource, reading));
    }
    for resource in account.of(REFRESH) {
        let fleet = fleet_of_refresh(resource, reading);
        let preferences =
            resource.properties.get("Preferences").unwrap_or_else(|| resource.properties.clone());
        resource.properties.beside_the_point(&[
            "AutoScalingGroupName",
            "Strategy",
            "DesiredConfiguration",
            "InstanceRefreshId",
            "Status",
            "StatusReason",
            "StartTime",
            "EndTime",
            "PercentageComplete",
            "InstancesToUpdate",
            "ProgressDetails",
            "RollbackDetails",
        ]);
        deployments.extend(refresh(resource, &preferences, &fleet, reading));
    }
    deployments
}

fn fleet_of_refresh(resource: &AwsResource<'_>, reading: &AwsReading<'_, '_>) -> HostFleet {
    let name = resource.name.clone().map(AwsReference::Named);
    let named = name.and_then(|name| reading.account.find(resource.document, &name, &[GROUP]));
    named.map_or_else(|| HostFleet::unknown(&resource.title()), fleet_of)
}

fn group(resource: &AwsResource<'_>, reading: &mut AwsReading<'_, '_>) -> Vec<AwsDeployment> {
    let mut deployments = Vec::new();
    resource.whole.beside_the_point(&AROUND);
    let fleet = fleet_of(resource);
    if let Some(block) = resource.properties.get("instance_refresh") {
        block.beside_the_point(&["strategy", "triggers"]);
        if let Some(preferences) = block.get("preferences") {
            deployments.extend(refresh(resource, &preferences, &fleet, reading));
        }
    }
    // What else a group says is about its instances.
    reading.desk().take_all(resource.properties.tree());
    let update = resource.whole.get("UpdatePolicy");
    let creation = resource.whole.get("CreationPolicy");
    let Some(update) = update else {
        resource.whole.beside_the_point(&["CreationPolicy"]);
        return deployments;
    };
    update.beside_the_point(&["AutoScalingScheduledAction"]);
    let replacing =
        update.get("AutoScalingReplacingUpdate").and_then(|replacing| replacing.get("WillReplace"));
    let rolling = update.get("AutoScalingRollingUpdate");
    let title = resource.title();
    let mut deployment =
        AwsDeployment::new(&title, format!("Auto Scaling group {title}, by its stack"), update.provenance());
    fleet.write(&mut deployment, 1);
    if let Some(replacing) = replacing.filter(|replacing| replacing.truth() == Some(true)) {
        deployment.table.set("batch", text("100%"), replacing.provenance());
        deployment.table.set(
            "max-surge",
            text("100%"),
            Provenance::implied("a new group comes beside the old one"),
        );
        if let Some(rolling) = rolling {
            rolling.dropped("`WillReplace` takes the place of the rolling update");
        }
        signals(creation.as_ref(), &mut deployment);
        deployments.push(deployment);
    } else if let Some(rolling) = rolling {
        resource.whole.beside_the_point(&["CreationPolicy"]);
        by_batches(&rolling, &fleet, &mut deployment);
        deployments.push(deployment);
    } else {
        resource.whole.beside_the_point(&["CreationPolicy"]);
    }
    deployments
}

/// `AutoScalingRollingUpdate`.
fn by_batches(rolling: &AwsValue<'_>, fleet: &HostFleet, deployment: &mut AwsDeployment) {
    rolling.beside_the_point(&["SuspendProcesses"]);
    let table = &mut deployment.table;
    match rolling.get("MaxBatchSize") {
        Some(size) => table.set("batch", whole(size.whole().unwrap_or(1).max(1)), size.provenance()),
        None => table.set("batch", whole(1), Provenance::implied("CloudFormation's default")),
    }
    if let Some(active) = rolling.get("MinActiveInstancesPercent") {
        let least = active.whole().unwrap_or(100).min(100);
        let value = if least == 0 { text("100%") } else { text(&format!("{}% down", 100 - least)) };
        table.set("max-unavailable", value, active.provenance());
    } else if let Some(least) = rolling.get("MinInstancesInService") {
        in_service(&least, fleet, table);
    }
    let waits = rolling.get("WaitOnResourceSignals").is_some_and(|waits| waits.truth() == Some(true));
    let pause = rolling.get("PauseTime");
    let pause_ms = pause.as_ref().and_then(|pause| pause.duration_ms(SECOND));
    match (&pause, pause_ms) {
        (Some(pause), Some(_)) if waits => pause.approximated(
            "instances signal that they are ready, so it is no pause but the longest wait: a failed one fails at once here",
        ),
        (Some(pause), Some(ms)) => table.set("batch-bake", duration(ms), pause.provenance()),
        _ => {}
    }
    if let Some(successful) = rolling.get("MinSuccessfulInstancesPercent") {
        let least = successful.whole().unwrap_or(100).min(100);
        table.set("failures", failures(least), successful.provenance());
    } else {
        table.set(
            "failures",
            failures(100),
            Provenance::implied("CloudFormation's default: every instance has to succeed"),
        );
    }
    rolling.noted(
        "an update that fails goes back as the template before says; here at once. A stack's own rollback triggers are no \
         part of a template: none stops it here",
    );
}

/// So many stay in service: none may leave where all have to, and then new ones come beside them.
fn in_service(least: &AwsValue<'_>, fleet: &HostFleet, table: &mut DraftTable) {
    let Some(count) = least.whole() else { return };
    if count == 0 {
        table.set("max-unavailable", text("100%"), least.provenance());
        return;
    }
    let known = fleet.hosts.as_ref().map(|(hosts, _)| *hosts);
    if known.is_some_and(|hosts| count >= hosts) {
        table.set("max-unavailable", whole(0), least.provenance());
        table.set(
            "max-surge",
            whole(1),
            Provenance::implied("as none may leave service, one more comes first"),
        );
        return;
    }
    table.set("max-unavailable", text(&format!("all but {count}")), least.provenance());
}

fn failures(least_percent: u64) -> DraftValue {
    let allowed =
        if least_percent >= 100 { whole(0) } else { text(&format!("{}% down", 100 - least_percent)) };
    inline([("allowed", allowed), ("per", text("rollout"))])
}

/// Of a group that is replaced, so many instances have to signal success.
fn signals(creation: Option<&AwsValue<'_>>, deployment: &mut AwsDeployment) {
    let Some(creation) = creation else { return };
    if let Some(signal) = creation.get("ResourceSignal") {
        signal.beside_the_point(&["Count", "Timeout"]);
    }
    let least = creation
        .get("AutoScalingCreationPolicy")
        .and_then(|policy| policy.get("MinSuccessfulInstancesPercent"));
    let (percent, from) = match &least {
        Some(least) => (least.whole().unwrap_or(100).min(100), least.provenance()),
        None => (100, Provenance::implied("CloudFormation's default: every instance has to succeed")),
    };
    deployment.table.set("failures", failures(percent), from);
}

/// An instance refresh.
fn refresh(
    resource: &AwsResource<'_>,
    preferences: &AwsValue<'_>,
    fleet: &HostFleet,
    reading: &mut AwsReading<'_, '_>,
) -> Option<AwsDeployment> {
    let title = resource.title();
    let mut deployment =
        AwsDeployment::new(&title, format!("Instance refresh of {title}"), preferences.provenance());
    fleet.write(&mut deployment, 1);
    preferences.beside_the_point(&[
        "SkipMatching",
        "ScaleInProtectedInstances",
        "StandbyInstances",
        "MaxHealthyPercentage",
    ]);
    healthy(preferences, &mut deployment.table);
    if let Some(warmup) = preferences.get("InstanceWarmup") {
        let ms = warmup.duration_ms(SECOND)?;
        deployment.table.set("deploy-time", duration(ms), warmup.provenance());
        warmup.approximated(
            "an instance counts as replaced when its warm-up is over; that it starts takes no time besides",
        );
    }
    let mut wave = DraftTable::default();
    if let Some(steps) = checkpoints(preferences)? {
        wave.set("steps", steps, Provenance::Plain);
    }
    if let Some(bake) = preferences.get("BakeTime") {
        let ms = bake.duration_ms(SECOND)?;
        wave.set("bake", duration(ms), bake.provenance());
    }
    deployment.waves.push(wave);
    let alarms = preferences
        .get("AlarmSpecification")
        .map_or_else(Vec::new, |specification| specification.list("Alarms"));
    deployment.alarms = reading.alarms_of(resource.document, &alarms, fleet.total());
    let back = preferences.get("AutoRollback");
    let rolls_back = back.as_ref().is_some_and(|back| back.truth() == Some(true));
    let reaction = if rolls_back { WhenWrong::RollsBack } else { WhenWrong::Stops };
    let from = back.map_or_else(
        || Provenance::implied("without AutoRollback a refresh that fails leaves what it has replaced"),
        |back| back.provenance(),
    );
    deployment.reacts(reaction, from, reading.desk());
    Some(deployment)
}

/// How many instances may be away, and how many more there may be.
fn healthy(preferences: &AwsValue<'_>, table: &mut DraftTable) {
    let least = preferences.get("MinHealthyPercentage");
    let (healthy, from) = match &least {
        Some(least) => (least.whole().unwrap_or(90).min(100), least.provenance()),
        None => (90, Provenance::implied("the default of instance refreshes, 90 %")),
    };
    let most = preferences.get("MaxHealthyPercentage");
    let beside =
        most.as_ref().and_then(|most| most.whole()).map_or(0, |most| most.saturating_sub(100).min(100));
    match (100 - healthy, beside) {
        (0, 0) => table.set("max-unavailable", whole(1), from),
        (0, _) => table.set("max-unavailable", whole(0), from),
        (away, _) => table.set("max-unavailable", text(&format!("{away}%")), from),
    }
    if let Some(most) = most.filter(|_| beside > 0) {
        table.set("max-surge", text(&format!("{beside}%")), most.provenance());
    }
}

/// The steps of a refresh with checkpoints.
#[allow(clippy::option_option)]
fn checkpoints(preferences: &AwsValue<'_>) -> Option<Option<DraftValue>> {
    let shares = preferences.list("CheckpointPercentages");
    let delay = preferences.get("CheckpointDelay");
    if shares.is_empty() {
        return Some(None);
    }
    let delay_ms = delay.as_ref().map_or(Some(HOUR), |delay| delay.duration_ms(SECOND))?;
    let delay_from =
        delay.map_or_else(|| Provenance::implied("an hour, the default"), |delay| delay.provenance());
    let mut rows = Vec::new();
    let mut before = 0;
    for share in &shares {
        let percent = share.whole()?;
        if percent <= before || percent > 100 {
            share.error("checkpoints are percentages that grow, up to 100");
            return None;
        }
        before = percent;
        let step = inline([("hosts", text(&format!("{percent}%"))), ("bake", duration(delay_ms))]);
        rows.push(Row { value: step.to_string(), from: share.provenance().and(&delay_from) });
    }
    if before < 100 {
        rows.push(Row { value: "{}".to_owned(), from: Provenance::Plain });
    }
    Some(Some(DraftValue::Rows(rows)))
}
