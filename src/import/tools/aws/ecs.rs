//! Services of ECS: rolling updates, and requests that move to new tasks; circuit breaker and alarms.

use super::account::{AROUND, AwsResource, SERVICE};
use super::deployment::{AwsDeployment, WhenWrong, error_at};
use super::fleet::{HostFleet, fleet_of};
use super::reading::AwsReading;
use super::traffic::{self, AroundShift, TrafficShift, keeps_the_old, traffic_share};
use super::value::AwsValue;
use crate::import::desk::Desk;
use crate::import::draft::{DraftTable, DraftValue, duration, inline, text, whole};
use crate::import::provenance::Provenance;
use crate::import::time::MINUTE;

/// Failed tasks at which the circuit breaks, at least and at most.
const BREAKER: (u64, u64) = (3, 200);

/// Keys of a service that say nothing about how it is deployed.
const ASIDE: [&str; 52] = [
    "AvailabilityZoneRebalancing",
    "CapacityProviderStrategy",
    "Cluster",
    "ClusterArn",
    "EnableECSManagedTags",
    "EnableExecuteCommand",
    "ForceNewDeployment",
    "HealthCheckGracePeriodSeconds",
    "LaunchType",
    "LoadBalancers",
    "load_balancer",
    "NetworkConfiguration",
    "PlacementConstraints",
    "PlacementStrategies",
    "PlacementStrategy",
    "PlatformVersion",
    "PlatformFamily",
    "PropagateTags",
    "Role",
    "RoleArn",
    "SchedulingStrategy",
    "ServiceConnectConfiguration",
    "ServiceName",
    "ServiceRegistries",
    "Tags",
    "TaskDefinition",
    "VolumeConfigurations",
    "VpcLatticeConfigurations",
    "ServiceArn",
    "Status",
    "RunningCount",
    "PendingCount",
    "Deployments",
    "Events",
    "CreatedAt",
    "CreatedBy",
    "TaskSets",
    "Name",
    "iam_role",
    "depends_on",
    "wait_for_steady_state",
    "triggers",
    "timeouts",
    "tags_all",
    "service_connect_configuration",
    "volume_configuration",
    "ordered_placement_strategy",
    "Service",
    "clientToken",
    "serviceRevisions",
    "currentServiceRevisions",
    "currentServiceDeployment",
];

/// A deployment for each service that ECS itself deploys.
pub(super) fn read(reading: &mut AwsReading<'_, '_>) -> Vec<AwsDeployment> {
    let account = reading.account;
    account.of(SERVICE).filter_map(|resource| service(resource, reading)).collect()
}

fn service(resource: &AwsResource<'_>, reading: &mut AwsReading<'_, '_>) -> Option<AwsDeployment> {
    let properties = &resource.properties;
    resource.whole.beside_the_point(&AROUND);
    let is_daemon = properties.get("SchedulingStrategy").is_some_and(|kind| kind.known() == Some("DAEMON"));
    // A daemon has a task on every instance, however many there are.
    let fleet = if is_daemon { HostFleet::unknown(&resource.title()) } else { fleet_of(resource) };
    properties.beside_the_point(&ASIDE);
    let controller = properties.get("DeploymentController").and_then(|controller| controller.get("Type"));
    match controller.as_ref().and_then(|kind| kind.known()) {
        Some("CODE_DEPLOY") => {
            // The group says how; the service has no say.
            reading.desk().take_all(properties.tree());
            return None;
        }
        Some("EXTERNAL") => {
            properties
                .refused("task sets are moved by a controller of your own: write what it does as a strategy");
            return None;
        }
        _ => {}
    }
    let title = resource.title();
    let mut deployment = AwsDeployment::new(&title, format!("ECS service {title}"), resource.whole.origin());
    fleet.write(&mut deployment, 1);
    // Terraform has some keys of the configuration beside it.
    let places: Vec<AwsValue<'_>> =
        properties.get("DeploymentConfiguration").into_iter().chain([properties.clone()]).collect();
    let get = |keys: &[&str]| places.iter().find_map(|place| keys.iter().find_map(|key| place.get(key)));
    let strategy = get(&["Strategy"]);
    match strategy.as_ref().and_then(|strategy| strategy.text()).unwrap_or("ROLLING") {
        "ROLLING" => rolling(&get, is_daemon, &fleet, &mut deployment, reading.desk()),
        kind => moves(kind, &strategy?, &get, &mut deployment, reading)?,
    }
    breaker(&get, (resource.document, &fleet), &mut deployment, reading);
    Some(deployment)
}

/// How many tasks may be missing, and how many may be more.
fn rolling<'d>(
    get: &impl Fn(&[&str]) -> Option<AwsValue<'d>>,
    is_daemon: bool,
    fleet: &HostFleet,
    deployment: &mut AwsDeployment,
    desk: &Desk<'_>,
) {
    let (least, most) = if is_daemon { (0, 100) } else { (100, 200) };
    let healthy = get(&["MinimumHealthyPercent", "deployment_minimum_healthy_percent"]);
    let maximum = get(&["MaximumPercent", "deployment_maximum_percent"]);
    let percent = |value: &Option<AwsValue<'d>>, default: u64| match value {
        Some(value) => (value.whole().unwrap_or(default), value.provenance()),
        None => (default, Provenance::implied(&format!("ECS' default, {default} %"))),
    };
    let (healthy, healthy_from) = percent(&healthy, least);
    let (most, most_from) = percent(&maximum, most);
    let share =
        |share: u64| -> DraftValue { if share == 0 { whole(0) } else { text(&format!("{share}% down")) } };
    let (beside, away) = (most.saturating_sub(100).min(100), 100_u64.saturating_sub(healthy));
    let tasks = |share: u64| fleet.total() * share / 100;
    if tasks(beside) == 0 && tasks(away) == 0 {
        let message =
            format!("of {} tasks none may stop, and none may come beside: ECS replaces none", fleet.total());
        error_at(&healthy_from.clone().and(&most_from), desk, &message);
    }
    deployment.table.set("max-surge", share(beside), most_from);
    deployment.table.set("max-unavailable", share(away), healthy_from);
    deployment.table.set(
        "batches",
        text("sliding"),
        Provenance::implied("a task begins as soon as another is healthy"),
    );
}

/// Requests move to new tasks beside the old ones.
fn moves<'d>(
    kind: &str,
    strategy: &AwsValue<'d>,
    get: &impl Fn(&[&str]) -> Option<AwsValue<'d>>,
    deployment: &mut AwsDeployment,
    reading: &AwsReading<'_, '_>,
) -> Option<()> {
    let minutes = |value: &AwsValue<'d>| value.duration_ms(MINUTE);
    let shift = match kind {
        "BLUE_GREEN" => TrafficShift::Whole,
        "LINEAR" => {
            let config = get(&["LinearConfiguration"]);
            let part = |key: &str| config.as_ref().and_then(|config| config.get(key));
            let percent =
                part("StepPercent").map_or_else(|| Some("10".to_owned()), |share| traffic_share(&share))?;
            let every_ms = part("StepBakeTimeInMinutes").map_or(Some(6 * MINUTE), |time| minutes(&time))?;
            TrafficShift::Linear { percent, every_ms }
        }
        "CANARY" => {
            let config = get(&["CanaryConfiguration"]);
            let part = |key: &str| config.as_ref().and_then(|config| config.get(key));
            let percent =
                part("CanaryPercent").map_or_else(|| Some("5".to_owned()), |share| traffic_share(&share))?;
            let bake_ms = part("CanaryBakeTimeInMinutes").map_or(Some(10 * MINUTE), |time| minutes(&time))?;
            TrafficShift::Canary { percent, bake_ms }
        }
        _ => {
            strategy.error("this is not `ROLLING`, `BLUE_GREEN`, `LINEAR` or `CANARY`");
            return None;
        }
    };
    let bake = match get(&["BakeTimeInMinutes"]) {
        Some(bake) => (minutes(&bake)?, bake.provenance()),
        None => (15 * MINUTE, Provenance::implied("ECS' default, 15 minutes")),
    };
    let mut around = AroundShift { bake: Some(bake), ..AroundShift::default() };
    for hook in get(&["LifecycleHooks"]).map_or_else(Vec::new, |hooks| hooks.items()) {
        let stages = hook.list("LifecycleStages");
        let after =
            stages.iter().any(|stage| stage.known().is_some_and(|stage| stage.contains("PRODUCTION")));
        let place = if after { &mut around.test_after } else { &mut around.test_before };
        *place = Some(hook.provenance());
        hook.beside_the_point(&["HookTargetArn", "RoleArn", "HookDetails"]);
    }
    keeps_the_old(&mut deployment.table, false);
    for aside in ["MinimumHealthyPercent", "MaximumPercent"].iter().filter_map(|key| get(&[key])) {
        if !matches!(aside.known(), Some("100" | "200")) {
            aside.dropped("all new tasks come beside the old ones: these limits are of rolling updates");
        }
    }
    deployment.waves = traffic::waves(&shift, &strategy.provenance(), &around, reading.desk());
    Some(())
}

/// The circuit breaker, the alarms, and whether the service goes back.
fn breaker<'d>(
    get: &impl Fn(&[&str]) -> Option<AwsValue<'d>>,
    (document, fleet): (usize, &HostFleet),
    deployment: &mut AwsDeployment,
    reading: &mut AwsReading<'_, '_>,
) {
    let is_true = |value: Option<AwsValue<'d>>| value.is_some_and(|value| value.truth() == Some(true));
    let mut reaction = None;
    if let Some(breaker) = get(&["DeploymentCircuitBreaker"]) {
        let rolls_back = is_true(breaker.get("Rollback"));
        let threshold = threshold(&breaker, fleet.total());
        if is_true(breaker.get("Enable")) {
            let failures = if fleet.total() < threshold {
                inline([("allowed", whole(0)), ("per", text("rollout")), ("retries", whole(threshold - 1))])
            } else {
                inline([("allowed", whole(threshold - 1)), ("per", text("rollout"))])
            };
            deployment.table.set("failures", failures, breaker.provenance());
            reaction = Some((rolls_back, breaker.provenance()));
        }
    }
    if let Some(alarms) = get(&["Alarms"]) {
        let names = alarms.list("AlarmNames");
        let (enabled, rolls_back) = (is_true(alarms.get("Enable")), is_true(alarms.get("Rollback")));
        if enabled {
            if reaction.as_ref().is_some_and(|(other, _)| *other != rolls_back) {
                alarms.approximated("the circuit breaker goes back and alarms do not, or the other way round: here both do as alarms do");
            }
            deployment.alarms = reading.alarms_of(document, &names, fleet.total());
            watch_after(deployment, reading);
            reaction = Some((rolls_back, alarms.provenance()));
        } else if !names.is_empty() {
            alarms.dropped("they are not enabled: the deployment does not look at them");
        }
    }
    if let Some((rolls_back, from)) = reaction {
        let reaction = if rolls_back { WhenWrong::RollsBack } else { WhenWrong::Stops };
        deployment.reacts(reaction, from, reading.desk());
    }
}

/// So many failed tasks break the circuit.
fn threshold(breaker: &AwsValue<'_>, desired: u64) -> u64 {
    let config = breaker.get("ThresholdConfiguration");
    let value = config.as_ref().and_then(|config| config.get("Value")).and_then(|value| value.whole());
    let kind = config.as_ref().and_then(|config| config.get("Type")).and_then(|kind| kind.text());
    let share = |percent: u64| (desired.saturating_mul(percent)).div_ceil(100);
    match (kind, value) {
        (Some("COUNT"), Some(count)) => count.clamp(1, desired.max(1_000)),
        (Some("UNBOUNDED_PERCENT"), Some(percent)) => share(percent).max(1),
        (Some("BOUNDED_PERCENT"), Some(percent)) => share(percent).clamp(BREAKER.0, BREAKER.1),
        _ => share(50).clamp(BREAKER.0, BREAKER.1),
    }
}

/// ECS goes on watching for as long as the alarms need, which it works out of them.
fn watch_after(deployment: &mut AwsDeployment, reading: &AwsReading<'_, '_>) {
    let longest = reading.alarms.longest_ms(&deployment.alarms);
    if !deployment.waves.is_empty() || longest == 0 {
        return;
    }
    let mut wave = DraftTable::default();
    let from = Provenance::hand(
        "ECS works out of the alarms how long it watches; here as long as the slowest takes",
    );
    wave.set("bake", duration(longest), from);
    reading
        .desk()
        .by_hand("bake", "how long ECS watches the alarms after the last task: it works that out of them");
    deployment.waves.push(wave);
}
