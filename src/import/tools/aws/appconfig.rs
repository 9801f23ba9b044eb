//! AppConfig: how fast hosts are given a configuration, and the alarms of its environments.

use super::account::{APPCONFIG_DEPLOYMENT, APPCONFIG_ENVIRONMENT, APPCONFIG_STRATEGY, AROUND, AwsResource};
use super::deployment::AwsDeployment;
use super::reading::AwsReading;
use super::value::{AwsReference, AwsValue};
use crate::import::draft::{DraftTable, duration, inline, percent, text, whole};
use crate::import::provenance::Provenance;
use crate::import::time::MINUTE;

/// Hosts of which the shares of AppConfig are whole ones.
const HOSTS: u64 = 100;

/// Growth steps of a deployment at most: AppConfig's least growth is one of a hundred.
const MOST_STEPS: u64 = 100;

/// Alarms that a strategy looks at where no deployment says which environment it is for.
const MOST_MONITORS: usize = 20;

/// The predefined strategies: name, minutes, minutes of bake, whether it grows by doubling, and the growth in percent.
const PREDEFINED: [(&str, u64, u64, bool, &str); 4] = [
    ("AppConfig.AllAtOnce", 0, 10, false, "100"),
    ("AppConfig.Linear50PercentEvery30Seconds", 1, 1, false, "50"),
    ("AppConfig.Canary10Percent20Minutes", 20, 10, true, "10"),
    ("AppConfig.Linear20PercentEvery6Minutes", 30, 30, false, "20"),
];

/// What a strategy says.
struct ConfigGrowth {
    over: (u64, Provenance),
    bake: Option<(u64, Provenance)>,
    doubles: bool,
    factor: (String, Provenance),
}

/// A deployment for each strategy, and for each deployment that names a predefined one.
pub(super) fn read(reading: &mut AwsReading<'_, '_>) -> Vec<AwsDeployment> {
    let account = reading.account;
    let mut deployments = Vec::new();
    for resource in account.of(APPCONFIG_STRATEGY) {
        resource.whole.beside_the_point(&AROUND);
        let Some(growth) = growth(&resource.properties) else { continue };
        let title = resource.title();
        let monitors = monitors_for(resource, reading);
        deployments.push(deployment(
            &title,
            &growth,
            resource.whole.origin(),
            resource.document,
            &monitors,
            reading,
        ));
    }
    for resource in account.of(APPCONFIG_DEPLOYMENT) {
        resource.whole.beside_the_point(&AROUND);
        let properties = &resource.properties;
        let name = properties.get("DeploymentStrategyId");
        reading.desk().take_all(properties.tree());
        let Some(name) = name else { continue };
        let known =
            name.known().and_then(|known| PREDEFINED.iter().find(|(predefined, ..)| *predefined == known));
        if let Some((title, minutes, bake, doubles, factor)) = known {
            let from = name.provenance();
            let growth = ConfigGrowth {
                over: (minutes * MINUTE, from.clone()),
                bake: Some((bake * MINUTE, from.clone())),
                doubles: *doubles,
                factor: ((*factor).to_owned(), from.clone()),
            };
            let monitors =
                environment_of(resource, reading).map_or_else(Vec::new, |environment| monitors(environment));
            deployments.push(deployment(title, &growth, from, resource.document, &monitors, reading));
        }
    }
    for environment in account.of(APPCONFIG_ENVIRONMENT) {
        environment.whole.beside_the_point(&AROUND);
        reading.desk().take_all(environment.properties.tree());
    }
    deployments
}

fn growth(properties: &AwsValue<'_>) -> Option<ConfigGrowth> {
    properties.beside_the_point(&["Name", "Description", "ReplicateTo", "Tags", "tags_all", "Id"]);
    let minutes =
        |key: &str| properties.get(key).and_then(|time| Some((time.duration_ms(MINUTE)?, time.provenance())));
    properties.want("DeploymentDurationInMinutes")?;
    let over = minutes("DeploymentDurationInMinutes")?;
    let factor = properties.want("GrowthFactor")?;
    let read = |text: &str| {
        let text = text.trim();
        let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
        text.parse::<f64>().ok().filter(|share| (1.0..=100.0).contains(share)).map(|_| text.to_owned())
    };
    let share = factor.read("a growth of 1 to 100 percent", read)?;
    let kind = properties.get("GrowthType");
    let doubles = match &kind {
        None => false,
        Some(kind) => kind.read("LINEAR or EXPONENTIAL", |text| match text {
            "LINEAR" => Some(false),
            "EXPONENTIAL" => Some(true),
            _ => None,
        })?,
    };
    let kind_from =
        kind.map_or_else(|| Provenance::implied("AppConfig's default, LINEAR"), |kind| kind.provenance());
    Some(ConfigGrowth {
        over,
        bake: minutes("FinalBakeTimeInMinutes"),
        doubles,
        factor: (share, factor.provenance().and(&kind_from)),
    })
}

/// Steps until everybody has it.
fn steps(factor: &str, doubles: bool) -> u64 {
    let factor: f64 = factor.parse().unwrap_or(100.0);
    let reached = |steps: u64| {
        let times = if doubles { (1_u64 << (steps - 1).min(60)) as f64 } else { steps as f64 };
        factor * times >= 100.0 - 1e-9
    };
    (1..=MOST_STEPS).find(|steps| reached(*steps)).unwrap_or(MOST_STEPS)
}

fn deployment(
    title: &str,
    growth: &ConfigGrowth,
    from: Provenance,
    document: usize,
    monitors: &[AwsValue<'_>],
    reading: &mut AwsReading<'_, '_>,
) -> AwsDeployment {
    let mut deployment = AwsDeployment::new(title, format!("AppConfig with {title}"), from);
    let (factor, factor_from) = &growth.factor;
    let steps = steps(factor, growth.doubles);
    // Nobody has a step's share before its time is over.
    let each_ms = growth.over.0.div_ceil(steps);
    deployment.table.set("deploy-time", duration(each_ms), growth.over.1.clone());
    deployment.table.set(
        "rollback-time",
        text("0s"),
        Provenance::implied("hosts ask for a configuration often"),
    );
    let ramp = if growth.doubles {
        vec![("from", percent(factor)), ("times", whole(2)), ("every", text("0s"))]
    } else {
        vec![("add", percent(factor)), ("every", text("0s"))]
    };
    let mut wave = DraftTable::default();
    wave.set("ramp", inline(ramp), factor_from.clone());
    if let Some((bake_ms, bake_from)) = &growth.bake {
        wave.set("bake", duration(*bake_ms), bake_from.clone());
    }
    deployment.waves.push(wave);
    let hosts = (HOSTS, Provenance::hand("how many instances read the configuration"));
    reading.desk().by_hand("hosts-per-zone", "how many instances read the configuration: no file says it");
    deployment.runs_on("home", (1, Provenance::Plain), hosts);
    deployment.alarms = reading.alarms_of(document, monitors, HOSTS);
    deployment
}

/// The alarms that a strategy's deployments look at: those of the environment that one deploys to, or else those of all
/// environments.
fn monitors_for<'d>(strategy: &AwsResource<'d>, reading: &AwsReading<'_, 'd>) -> Vec<AwsValue<'d>> {
    let account = reading.account;
    let uses = |deployment: &&AwsResource<'d>| {
        let used = deployment.properties.get("DeploymentStrategyId").and_then(|id| id.reference());
        used.is_some_and(|used| is_it(&used, strategy))
    };
    if let Some(deployment) = account.of(APPCONFIG_DEPLOYMENT).find(uses) {
        return environment_of(deployment, reading)
            .map_or_else(Vec::new, |environment| monitors(environment));
    }
    account
        .of(APPCONFIG_ENVIRONMENT)
        .flat_map(|environment| monitors(environment))
        .take(MOST_MONITORS)
        .collect()
}

fn is_it(reference: &AwsReference, resource: &AwsResource<'_>) -> bool {
    match reference {
        AwsReference::Resource(id) => *id == resource.id,
        AwsReference::Named(name) => resource.name.as_ref() == Some(name) || *name == resource.id,
    }
}

fn environment_of<'a, 'd>(
    deployment: &AwsResource<'d>,
    reading: &AwsReading<'a, 'd>,
) -> Option<&'a AwsResource<'d>> {
    let id = deployment.properties.get("EnvironmentId")?.reference()?;
    reading.account.find(deployment.document, &id, &[APPCONFIG_ENVIRONMENT])
}

fn monitors<'d>(environment: &AwsResource<'d>) -> Vec<AwsValue<'d>> {
    let both = ["Monitors", "monitor"].into_iter().flat_map(|key| environment.properties.list(key));
    both.filter_map(|monitor| monitor.get("AlarmArn")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_end_when_everybody_has_it() {
        assert_eq!(steps("20", false), 5);
        assert_eq!(steps("30", false), 4);
        assert_eq!(steps("10", true), 5);
        assert_eq!(steps("100", true), 1);
        assert_eq!(steps("1", false), 100);
        assert_eq!(steps("1", true), 8);
    }
}
