//! CodeDeploy: deployment configurations and groups, also as SAM, an alias and a hook of a stack use them.

use super::account::{
    ALIAS, APPLICATION, AROUND, AwsAccount, AwsResource, BLUE_GREEN, DEPLOYMENT_CONFIG, DEPLOYMENT_GROUP,
    GROUP, SERVICE,
};
use super::deployment::{AwsDeployment, WhenWrong};
use super::fleet::{HostFleet, fleet_of};
use super::hosts::{HostPace, pace_of, predefined};
use super::reading::AwsReading;
use super::traffic::{self, AroundShift, TrafficShift, keeps_the_old, named, routing};
use super::value::{AwsReference, AwsValue};
use crate::import::draft::duration;
use crate::import::provenance::Provenance;
use crate::import::time::MINUTE;
use std::collections::{BTreeMap, BTreeSet};

/// Keys of a group that say nothing about how it deploys.
const GROUP_ASIDE: [&str; 27] = [
    "ApplicationName",
    "DeploymentGroupName",
    "ServiceRoleArn",
    "TriggerConfigurations",
    "Ec2TagFilters",
    "Ec2TagSet",
    "OnPremisesInstanceTagFilters",
    "OnPremisesTagSet",
    "LoadBalancerInfo",
    "Tags",
    "TagsAll",
    "Deployment",
    "TerminationHookEnabled",
    "AutoScalingGroups",
    "ECSServices",
    "ecs_service",
    "app_name",
    "ApplicationId",
    "deploymentGroupId",
    "targetRevision",
    "lastSuccessfulDeployment",
    "lastAttemptedDeployment",
    "computePlatform",
    "currentDeploymentGroupName",
    "newDeploymentGroupName",
    "Name",
    "depends_on",
];

/// On what a configuration deploys, and how.
#[derive(Clone)]
pub(super) enum DeployHow {
    /// Hosts one after the other.
    Hosts(Box<HostPace>, Provenance),
    /// Requests, and whether to a function.
    Traffic {
        /// How they move.
        shift: TrafficShift,
        /// Whether to a version of a function, which is there at once.
        of_function: bool,
        /// Where it is written.
        from: Provenance,
    },
}

/// What a value that names a configuration means; `platform` is where the group deploys, if that is known. None where nobody
/// can tell, which was then reported.
pub(super) fn how(
    value: &AwsValue<'_>,
    document: usize,
    account: &AwsAccount<'_>,
    is_function: bool,
) -> Option<DeployHow> {
    let reference =
        value.reference().or_else(|| value.known().map(|name| AwsReference::Named(name.to_owned())));
    if let Some(config) =
        reference.as_ref().and_then(|found| account.find(document, found, &[DEPLOYMENT_CONFIG]))
    {
        return configured(config, is_function).map(|how| how.used_at(&value.provenance()));
    }
    let name = value.text()?;
    let from = value.provenance();
    if let Some(how) = by_name(name, is_function, &from) {
        return Some(how);
    }
    if let Some(close) = name.strip_prefix("CodeDeployDefault.") {
        value.error(format!("CodeDeploy has no predefined configuration `{close}`"));
        return None;
    }
    let hand = Provenance::hand("the configuration is in none of the files: how fast it is");
    value.desk().by_hand(
        format!("the deployment configuration `{name}`"),
        "it is in none of the files: import it with this one, or put in how fast it is",
    );
    Some(if is_function {
        DeployHow::Traffic { shift: TrafficShift::Whole, of_function: true, from: hand }
    } else {
        DeployHow::Hosts(Box::new(HostPace::half()), hand)
    })
}

/// A predefined configuration, with or without CodeDeploy's prefix.
fn by_name(name: &str, is_function: bool, from: &Provenance) -> Option<DeployHow> {
    let short = name.strip_prefix("CodeDeployDefault.").unwrap_or(name);
    let traffic = |name: &str, of_function| {
        named(name).map(|shift| DeployHow::Traffic { shift, of_function, from: from.clone() })
    };
    if let Some(rest) = short.strip_prefix("Lambda") {
        return traffic(rest, true);
    }
    if let Some(rest) = short.strip_prefix("ECS") {
        return traffic(rest, false);
    }
    if is_function {
        return traffic(short, true);
    }
    predefined(short).map(|pace| DeployHow::Hosts(Box::new(pace), from.clone()))
}

/// What a configuration of the files says.
pub(super) fn configured(config: &AwsResource<'_>, is_function: bool) -> Option<DeployHow> {
    config.whole.beside_the_point(&AROUND);
    let properties = &config.properties;
    properties.beside_the_point(&["DeploymentConfigName", "deploymentConfigId", "createTime", "Id", "Arn"]);
    let platform = properties.get("ComputePlatform").and_then(|platform| platform.text());
    let of_function = is_function || platform == Some("Lambda");
    if let Some(traffic) = properties.get("TrafficRoutingConfig") {
        let shift = routing(&traffic)?;
        return Some(DeployHow::Traffic { shift, of_function, from: traffic.provenance() });
    }
    Some(DeployHow::Hosts(Box::new(pace_of(properties)?), config.whole.origin()))
}

impl DeployHow {
    fn used_at(self, used: &Provenance) -> Self {
        match self {
            Self::Hosts(pace, from) => Self::Hosts(pace, used.clone().and(&from)),
            Self::Traffic { shift, of_function, from } => {
                Self::Traffic { shift, of_function, from: used.clone().and(&from) }
            }
        }
    }

    fn beside_the_old(self) -> Self {
        match self {
            Self::Hosts(pace, from) => Self::Hosts(Box::new(pace.beside_the_old()), from),
            traffic @ Self::Traffic { .. } => traffic,
        }
    }

    /// Puts it into a deployment, on `fleet`.
    pub fn into(
        self,
        deployment: &mut AwsDeployment,
        fleet: &HostFleet,
        around: &AroundShift,
        reading: &AwsReading<'_, '_>,
    ) {
        let desk = reading.desk();
        match self {
            Self::Hosts(pace, from) => pace.write(deployment, fleet, &from, desk),
            Self::Traffic { shift, of_function, from } => {
                keeps_the_old(&mut deployment.table, of_function);
                deployment.waves = traffic::waves(&shift, &from, around, desk);
                fleet.write(deployment, 1);
            }
        }
    }
}

/// Every group, alias and hook of a stack; configurations that one uses are added to `used`.
pub(super) fn groups(reading: &mut AwsReading<'_, '_>, used: &mut BTreeSet<String>) -> Vec<AwsDeployment> {
    let account = reading.account;
    let mut hooks = hooks_of_aliases(account);
    let mut deployments = Vec::new();
    for resource in account.of(DEPLOYMENT_GROUP) {
        let around = hooks.remove(&(resource.document, resource.id.clone())).unwrap_or_default();
        deployments.extend(group(resource, around, used, reading));
    }
    for alias in account.of(ALIAS) {
        deployments.extend(lone_alias(alias, reading));
    }
    for hook in account.of(BLUE_GREEN) {
        deployments.extend(stack_hook(hook, reading));
    }
    deployments
}

/// Every configuration that nobody has `used`.
pub(super) fn configurations(reading: &AwsReading<'_, '_>, used: &BTreeSet<String>) -> Vec<AwsDeployment> {
    let mut deployments = Vec::new();
    for config in reading.account.of(DEPLOYMENT_CONFIG).filter(|config| !used.contains(&config.id)) {
        let title = config.title();
        let mut deployment =
            AwsDeployment::new(&title, format!("CodeDeploy with {title}"), config.whole.origin());
        if let Some(how) = configured(config, false) {
            how.into(&mut deployment, &HostFleet::unknown("home"), &AroundShift::default(), reading);
            deployments.push(deployment);
        }
    }
    deployments
}

fn group(
    resource: &AwsResource<'_>,
    mut around: AroundShift,
    used: &mut BTreeSet<String>,
    reading: &mut AwsReading<'_, '_>,
) -> Option<AwsDeployment> {
    let account = reading.account;
    let properties = &resource.properties;
    resource.whole.beside_the_point(&AROUND);
    let title = resource.title();
    let mut deployment =
        AwsDeployment::new(&title, format!("CodeDeploy deployment group {title}"), resource.whole.origin());
    let (is_function, is_service) = platform(resource, account);
    let fleet = fleet_of_group(resource, account);
    let how = match properties.get("DeploymentConfigName") {
        Some(name) => {
            used.extend(config_id(&name, resource.document, account));
            how(&name, resource.document, account, is_function)?
        }
        None => {
            let default = if is_function {
                "LambdaAllAtOnce"
            } else if is_service {
                "ECSAllAtOnce"
            } else {
                "OneAtATime"
            };
            by_name(default, is_function, &Provenance::implied(&format!("CodeDeploy's default, {default}")))?
        }
    };
    let is_blue_green = blue_green(properties, &how, &mut around);
    let how = if is_blue_green { how.beside_the_old() } else { how };
    how.into(&mut deployment, &fleet, &around, reading);
    if is_blue_green {
        beside_the_old(properties, &mut deployment, &around);
    }
    stops_at(properties, resource.document, &fleet, &mut deployment, reading);
    properties.beside_the_point(&GROUP_ASIDE);
    Some(deployment)
}

fn config_id(name: &AwsValue<'_>, document: usize, account: &AwsAccount<'_>) -> Option<String> {
    account.find(document, &name.reference()?, &[DEPLOYMENT_CONFIG]).map(|config| config.id.clone())
}

/// Whether a group deploys functions, and whether it deploys services of containers.
fn platform(resource: &AwsResource<'_>, account: &AwsAccount<'_>) -> (bool, bool) {
    let properties = &resource.properties;
    let own = properties.peek(&["computePlatform"]);
    let application = properties.get("ApplicationName").and_then(|name| name.reference());
    let application = application.and_then(|found| account.find(resource.document, &found, &[APPLICATION]));
    let of_application = application.and_then(|application| application.properties.get("ComputePlatform"));
    let platform = own.or_else(|| of_application.and_then(|platform| platform.known())).unwrap_or("Server");
    let services = properties.has("ECSServices") || properties.has("ecs_service");
    (platform == "Lambda", platform == "ECS" || services)
}

/// The fleet that a group says: its Auto Scaling groups or its service.
fn fleet_of_group(resource: &AwsResource<'_>, account: &AwsAccount<'_>) -> HostFleet {
    let properties = &resource.properties;
    for group in properties.list("AutoScalingGroups") {
        let name = group.get("Name").unwrap_or(group);
        let found = name.reference().and_then(|found| account.find(resource.document, &found, &[GROUP]));
        if let Some(found) = found {
            return fleet_of(found);
        }
    }
    let services = ["ECSServices", "ecs_service"].into_iter().flat_map(|key| properties.list(key));
    for name in services.filter_map(|service| service.get("ServiceName")) {
        // The service of a template is referred to by an attribute of it.
        let found = name.reference().and_then(|found| account.find(resource.document, &found, &[SERVICE]));
        if let Some(found) = found {
            return fleet_of(found);
        }
    }
    HostFleet::unknown(&resource.title())
}

/// Tests that aliases of functions ask for, by the document and the logical name of their group.
fn hooks_of_aliases(account: &AwsAccount<'_>) -> BTreeMap<(usize, String), AroundShift> {
    let mut hooks: BTreeMap<(usize, String), AroundShift> = BTreeMap::new();
    for alias in account.of(ALIAS) {
        let Some(update) = alias.whole.at(&["UpdatePolicy", "CodeDeployLambdaAliasUpdate"]) else { continue };
        let group = update.get("DeploymentGroupName").and_then(|name| name.reference());
        if let Some(group) = group.and_then(|found| account.find(alias.document, &found, &[DEPLOYMENT_GROUP]))
        {
            take_hooks(&update, hooks.entry((group.document, group.id.clone())).or_default());
        }
    }
    hooks
}

fn take_hooks(update: &AwsValue<'_>, around: &mut AroundShift) {
    let hook = |key: &str| update.get(key).map(|hook| hook.whole_provenance());
    around.test_before = hook("BeforeAllowTrafficHook").or(around.test_before.take());
    around.test_after = hook("AfterAllowTrafficHook").or(around.test_after.take());
}

/// An alias whose group is in none of the files.
fn lone_alias(alias: &AwsResource<'_>, reading: &mut AwsReading<'_, '_>) -> Option<AwsDeployment> {
    let account = reading.account;
    alias.whole.beside_the_point(&AROUND);
    reading.desk().take_all(alias.properties.tree());
    let update = alias.whole.at(&["UpdatePolicy", "CodeDeployLambdaAliasUpdate"])?;
    update.beside_the_point(&["ApplicationName"]);
    let name = update.get("DeploymentGroupName")?;
    if name
        .reference()
        .is_some_and(|found| account.find(alias.document, &found, &[DEPLOYMENT_GROUP]).is_some())
    {
        return None;
    }
    let title = alias.id.clone();
    let mut deployment = AwsDeployment::new(
        &title,
        format!("Alias {title} of a function, by CodeDeploy"),
        alias.whole.origin(),
    );
    let mut around = AroundShift::default();
    take_hooks(&update, &mut around);
    let from = Provenance::hand("the deployment group is in none of the files: how requests move");
    name.desk().by_hand("the deployment group", "it is in none of the files: import it with this one");
    let how = DeployHow::Traffic { shift: TrafficShift::Whole, of_function: true, from };
    how.into(&mut deployment, &HostFleet::unknown(&title), &around, reading);
    Some(deployment)
}

/// The blue/green deployment of a stack's services.
fn stack_hook(hook: &AwsResource<'_>, reading: &mut AwsReading<'_, '_>) -> Option<AwsDeployment> {
    let properties = &hook.properties;
    hook.whole.beside_the_point(&AROUND);
    properties.beside_the_point(&["ServiceRole", "Applications"]);
    let from = hook.whole.origin();
    let mut deployment =
        AwsDeployment::new(&hook.id, "Blue/green deployment of a stack's services", from.clone());
    let (shift, from) = match properties.get("TrafficRoutingConfig") {
        Some(config) => (routing(&config)?, config.provenance()),
        None => (
            TrafficShift::Canary { percent: "15".to_owned(), bake_ms: 5 * MINUTE },
            Provenance::implied("CloudFormation's default"),
        ),
    };
    let mut around = AroundShift::default();
    if let Some(kept) = properties.at(&["AdditionalOptions", "TerminationWaitTimeInMinutes"]) {
        around.bake = kept.duration_ms(MINUTE).map(|ms| (ms, kept.provenance()));
    }
    if let Some(hooks) = properties.get("LifecycleEventHooks") {
        for (stage, function) in hooks.entries() {
            let place =
                if stage == "AfterAllowTraffic" { &mut around.test_after } else { &mut around.test_before };
            *place = Some(function.whole_provenance());
        }
    }
    let fleet = reading.account.of(SERVICE).next().map_or_else(|| HostFleet::unknown(&hook.id), fleet_of);
    let how = DeployHow::Traffic { shift, of_function: false, from };
    how.into(&mut deployment, &fleet, &around, reading);
    Some(deployment)
}

/// Whether new instances come beside the old ones; how long these are kept goes `around` the shift.
fn blue_green(properties: &AwsValue<'_>, how: &DeployHow, around: &mut AroundShift) -> bool {
    let style = properties.get("DeploymentStyle");
    if let Some(style) = &style {
        style.beside_the_point(&["DeploymentOption"]);
    }
    let kind = style.and_then(|style| style.get("DeploymentType")).and_then(|kind| kind.text());
    let config = ["BlueGreenDeploymentConfiguration", "BlueGreenDeploymentConfig"];
    let Some(config) = config.into_iter().find_map(|key| properties.get(key)) else {
        return kind == Some("BLUE_GREEN") && matches!(how, DeployHow::Hosts(..));
    };
    config.beside_the_point(&["GreenFleetProvisioningOption"]);
    let kept =
        ["TerminateBlueInstancesOnDeploymentSuccess", "terminate_blue_instances_on_deployment_success"];
    if let Some(kept) = kept.into_iter().find_map(|key| config.get(key)) {
        kept.beside_the_point(&["Action"]);
        if let Some(wait) = kept.get("TerminationWaitTimeInMinutes") {
            around.bake = wait.duration_ms(MINUTE).map(|ms| (ms, wait.provenance()));
        }
    }
    if let Some(ready) = config.get("DeploymentReadyOption") {
        // With CONTINUE_DEPLOYMENT nobody waits.
        ready.beside_the_point(&["WaitTimeInMinutes"]);
        let action = ready.get("ActionOnTimeout").and_then(|action| action.text());
        if action == Some("STOP_DEPLOYMENT") {
            let wait = ready.get("WaitTimeInMinutes");
            around.approval = wait.and_then(|wait| Some((wait.duration_ms(MINUTE)?, wait.provenance())));
        }
    }
    matches!(how, DeployHow::Hosts(..))
}

/// New instances take the place of the old ones behind the load balancer, in the steps of the configuration.
fn beside_the_old(properties: &AwsValue<'_>, deployment: &mut AwsDeployment, around: &AroundShift) {
    let places = ["DeploymentStyle", "BlueGreenDeploymentConfiguration", "BlueGreenDeploymentConfig"];
    if let Some(place) = places.into_iter().find_map(|key| properties.get(key)) {
        place.noted(
            "new instances come beside the old ones, and requests go to them as fast as the configuration says; here an old \
             one leaves as soon as a new one serves, so that going back takes a deployment",
        );
    }
    if let Some((bake_ms, from)) = &around.bake {
        let mut wave = deployment.waves.pop().unwrap_or_default();
        wave.set("bake", duration(*bake_ms), from.clone());
        deployment.waves.push(wave);
    }
}

/// At which alarms a group stops, and whether it goes back then.
fn stops_at(
    properties: &AwsValue<'_>,
    document: usize,
    fleet: &HostFleet,
    deployment: &mut AwsDeployment,
    reading: &mut AwsReading<'_, '_>,
) {
    let mut listens = false;
    if let Some(config) = properties.get("AlarmConfiguration") {
        let enabled = config.get("Enabled");
        let names: Vec<AwsValue<'_>> =
            config.list("Alarms").into_iter().map(|alarm| alarm.get("Name").unwrap_or(alarm)).collect();
        if enabled.as_ref().is_none_or(|enabled| enabled.truth() != Some(false)) {
            deployment.alarms = reading.alarms_of(document, &names, fleet.total());
            listens = !deployment.alarms.is_empty();
        } else if !names.is_empty() {
            config.dropped("it is not enabled: the deployment does not look at these alarms");
        }
        match config.get("IgnorePollAlarmFailure") {
            Some(ignore) if ignore.truth() == Some(true) => {
                ignore.dropped("alarms can always be asked here: no deployment stops for want of an answer");
            }
            _ => {}
        }
    }
    goes_back(properties, listens, deployment, reading);
    if let Some(outdated) = properties.get("OutdatedInstancesStrategy") {
        outdated.dropped("instances that come up during a deployment are not in the scenario");
    }
}

fn goes_back(
    properties: &AwsValue<'_>,
    listens: bool,
    deployment: &mut AwsDeployment,
    reading: &AwsReading<'_, '_>,
) {
    let config = properties.get("AutoRollbackConfiguration");
    let mut events = Vec::new();
    if let Some(config) = &config {
        let enabled = config.get("Enabled").is_some_and(|enabled| enabled.truth() == Some(true));
        let named = config.list("Events");
        if enabled {
            events = named.iter().filter_map(|event| event.text()).collect();
        }
    }
    let (at_alarm, at_failure) =
        (events.contains(&"DEPLOYMENT_STOP_ON_ALARM"), events.contains(&"DEPLOYMENT_FAILURE"));
    let from = config.as_ref().map_or_else(
        || Provenance::implied("without AutoRollbackConfiguration CodeDeploy stops, and nothing goes back"),
        |config| config.provenance(),
    );
    let rolls_back = if listens { at_alarm } else { at_failure };
    if let Some(config) = config.as_ref().filter(|_| listens && at_alarm != at_failure) {
        config.approximated(if at_alarm {
            "it goes back after an alarm and stops after a failure; here it goes back after both"
        } else {
            "it goes back after a failure and stops after an alarm; here it stops after both"
        });
    }
    deployment.reacts(if rolls_back { WhenWrong::RollsBack } else { WhenWrong::Stops }, from, reading.desk());
}
