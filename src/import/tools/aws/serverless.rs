//! Functions of the Serverless Application Model, whose deployments CodeDeploy does.

use super::account::{AROUND, AwsResource, DEPLOYMENT_CONFIG, FUNCTION};
use super::codedeploy::how;
use super::deployment::AwsDeployment;
use super::fleet::HostFleet;
use super::reading::AwsReading;
use super::traffic::AroundShift;
use super::value::AwsValue;
use std::collections::BTreeSet;

const PREFERENCE: &str = "DeploymentPreference";

/// A deployment for each function that has a preference, its own or all functions'. Configurations that one uses are added
/// to `used`.
pub(super) fn read(reading: &mut AwsReading<'_, '_>, used: &mut BTreeSet<String>) -> Vec<AwsDeployment> {
    let account = reading.account;
    account.of(FUNCTION).filter_map(|resource| function(resource, reading, used)).collect()
}

/// A preference with what all functions of the template have, key by key.
struct SamPreference<'d> {
    own: Option<AwsValue<'d>>,
    general: Option<AwsValue<'d>>,
}

impl<'d> SamPreference<'d> {
    fn get(&self, key: &str) -> Option<AwsValue<'d>> {
        let from = |value: &Option<AwsValue<'d>>| value.as_ref().and_then(|value| value.get(key));
        from(&self.own).or_else(|| from(&self.general))
    }

    fn list(&self, key: &str) -> Vec<AwsValue<'d>> {
        let own = self.own.as_ref().filter(|own| own.has(key)).or(self.general.as_ref());
        own.map_or_else(Vec::new, |value| value.list(key))
    }
}

fn function(
    resource: &AwsResource<'_>,
    reading: &mut AwsReading<'_, '_>,
    used: &mut BTreeSet<String>,
) -> Option<AwsDeployment> {
    let account = reading.account;
    resource.whole.beside_the_point(&AROUND);
    let general = account
        .templates
        .iter()
        .find(|template| template.tree().span.file == resource.whole.tree().span.file);
    let general = general.and_then(|template| template.at(&["Globals", "Function", PREFERENCE]));
    let preference = SamPreference { own: resource.properties.get(PREFERENCE), general };
    let aside: Vec<&str> =
        resource.properties.tree().entries().iter().map(|entry| entry.key.as_str()).collect();
    let aside: Vec<&str> = aside.into_iter().filter(|key| *key != PREFERENCE).collect();
    resource.properties.beside_the_point(&aside);
    for value in preference.own.iter().chain(&preference.general) {
        value.beside_the_point(&["Role", "TriggerConfigurations", "PassthroughCondition"]);
    }
    if preference.get("Enabled").is_some_and(|enabled| enabled.truth() == Some(false)) {
        if let Some(value) = preference.own.as_ref().or(preference.general.as_ref()) {
            value.dropped("it is not enabled: the function is replaced at once");
        }
        return None;
    }
    let Some(kind) = preference.get("Type") else {
        let place = preference.own.as_ref().or(preference.general.as_ref())?;
        place.error("a `Type` is wanted here, such as Canary10Percent5Minutes");
        return None;
    };
    let title = resource.title();
    let from = preference.own.as_ref().or(preference.general.as_ref())?.provenance();
    let mut deployment = AwsDeployment::new(&title, format!("Function {title}, by CodeDeploy"), from);
    let found =
        kind.reference().and_then(|found| account.find(resource.document, &found, &[DEPLOYMENT_CONFIG]));
    used.extend(found.map(|config| config.id.clone()));
    let how = how(&kind, resource.document, account, true)?;
    let mut around = AroundShift::default();
    if let Some(hooks) = preference.get("Hooks") {
        around.test_before = hooks.get("PreTraffic").map(|hook| hook.whole_provenance());
        around.test_after = hooks.get("PostTraffic").map(|hook| hook.whole_provenance());
    }
    let fleet = HostFleet::unknown(&title);
    how.into(&mut deployment, &fleet, &around, reading);
    deployment.alarms = reading.alarms_of(resource.document, &preference.list("Alarms"), fleet.total());
    Some(deployment)
}
