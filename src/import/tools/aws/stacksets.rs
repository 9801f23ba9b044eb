//! Stack sets: a Region after the other, accounts of each as its hosts.

use super::account::{AROUND, AwsResource, STACK_SET};
use super::deployment::{AwsDeployment, MOST_HOSTS, USUAL_HOSTS, WhenWrong};
use super::reading::AwsReading;
use super::value::AwsValue;
use crate::import::draft::{DraftRegion, DraftTable, inline, text, whole};
use crate::import::provenance::Provenance;

/// Keys of a stack set that say nothing about how it is rolled out.
const ASIDE: [&str; 34] = [
    "AdministrationRoleARN",
    "AutoDeployment",
    "CallAs",
    "Capabilities",
    "Description",
    "ExecutionRoleName",
    "ManagedExecution",
    "Parameters",
    "ParameterOverrides",
    "PermissionModel",
    "StackSetName",
    "Tags",
    "TemplateBody",
    "TemplateURL",
    "Action",
    "Status",
    "StackSetId",
    "OperationId",
    "RetainStacks",
    "AdministrationRoleArn",
    "CreationTimestamp",
    "EndTimestamp",
    "StackSetDriftDetectionDetails",
    "StatusReason",
    "StatusDetails",
    "UsePreviousTemplate",
    "Name",
    "administration_role_arn",
    "execution_role_name",
    "template_url",
    "template_body",
    "tags_all",
    "timeouts",
    "lifecycle",
];

/// A deployment for each stack set that says how fast.
pub(super) fn read(reading: &mut AwsReading<'_, '_>) -> Vec<AwsDeployment> {
    let account = reading.account;
    account.of(STACK_SET).filter_map(|resource| stack_set(resource, reading)).collect()
}

fn stack_set(resource: &AwsResource<'_>, reading: &AwsReading<'_, '_>) -> Option<AwsDeployment> {
    let properties = &resource.properties;
    resource.whole.beside_the_point(&AROUND);
    let title = resource.title();
    let mut deployment = AwsDeployment::new(&title, format!("Stack set {title}"), resource.whole.origin());
    let preferences = properties.get("OperationPreferences");
    let preferences = preferences.or_else(|| {
        let is_bare = properties.path().is_empty() && !properties.has("StackSetName");
        is_bare.then(|| properties.clone())
    });
    let accounts = regions(properties, preferences.as_ref(), &mut deployment, reading);
    properties.beside_the_point(&ASIDE);
    pace(preferences.as_ref(), accounts, &mut deployment)?;
    let from = Provenance::implied("an operation that fails stops, and nothing goes back");
    deployment.reacts(WhenWrong::Stays, from, reading.desk());
    Some(deployment)
}

/// The Regions in their order, each with the accounts that are in it; returns the fewest of a Region.
fn regions(
    properties: &AwsValue<'_>,
    preferences: Option<&AwsValue<'_>>,
    deployment: &mut AwsDeployment,
    reading: &AwsReading<'_, '_>,
) -> u64 {
    let groups = properties.list("StackInstancesGroup");
    let groups = if groups.is_empty() { vec![properties.clone()] } else { groups };
    let mut found: Vec<(String, u64, Provenance, Provenance)> = Vec::new();
    for group in &groups {
        group.beside_the_point(&["ParameterOverrides"]);
        let (accounts, accounts_from) = accounts(group);
        for region in group.list("Regions") {
            let Some(names) = region.text() else { continue };
            // The default of a parameter is a list with commas.
            for name in names.split(',').map(str::trim) {
                match found.iter_mut().find(|(known, ..)| known == name) {
                    Some((_, hosts, ..)) => *hosts = hosts.saturating_add(accounts),
                    None => {
                        found.push((name.to_owned(), accounts, accounts_from.clone(), region.provenance()))
                    }
                }
            }
        }
    }
    let order: Vec<String> = preferences
        .map_or_else(Vec::new, |preferences| preferences.list("RegionOrder"))
        .iter()
        .filter_map(|region| region.text().map(str::to_owned))
        .collect();
    let place = |name: &String| order.iter().position(|ordered| ordered == name).unwrap_or(order.len());
    found.sort_by_key(|(name, ..)| place(name));
    for name in order
        .iter()
        .filter(|name| found.iter().all(|(known, ..)| known != *name))
        .cloned()
        .collect::<Vec<_>>()
    {
        let from = Provenance::hand("how many accounts there are");
        found.push((name, USUAL_HOSTS, from, Provenance::Plain));
    }
    if found.is_empty() {
        let from = Provenance::hand("how many accounts there are");
        for name in ["first-region", "second-region"] {
            found.push((
                name.to_owned(),
                USUAL_HOSTS,
                from.clone(),
                Provenance::hand("your Regions, in their order"),
            ));
        }
        reading
            .desk()
            .by_hand("regions", "which Regions the stack set has, in their order: two are in the scenario");
    }
    if found.iter().any(|(_, _, from, _)| matches!(from, Provenance::Hand(_))) {
        reading
            .desk()
            .by_hand("hosts-per-zone", "how many accounts there are in each Region: no file says it");
    }
    let fewest = found.iter().map(|(_, hosts, ..)| *hosts).min().unwrap_or(USUAL_HOSTS);
    for (name, hosts, hosts_from, _) in found {
        let mut table = DraftTable::default();
        table.set("hosts-per-zone", whole(hosts.clamp(1, MOST_HOSTS)), hosts_from);
        deployment.regions.push(DraftRegion { name, table });
    }
    fewest
}

/// The accounts of a group of instances.
fn accounts(group: &AwsValue<'_>) -> (u64, Provenance) {
    let targets = group.get("DeploymentTargets");
    let place = targets.as_ref().unwrap_or(group);
    let accounts = place.list("Accounts");
    let is_difference =
        place.peek(&["AccountFilterType"]).is_some_and(|kind| kind != "NONE" && kind != "INTERSECTION");
    place.beside_the_point(&["AccountFilterType", "OrganizationalUnitIds", "AccountsUrl"]);
    let known =
        !accounts.is_empty() && !is_difference && accounts.iter().all(|account| account.known().is_some());
    match accounts.first() {
        Some(first) if known => {
            let from =
                place.get("Accounts").map_or_else(|| first.provenance(), |accounts| accounts.provenance());
            (accounts.len() as u64, from)
        }
        _ => (USUAL_HOSTS, Provenance::hand("how many accounts there are")),
    }
}

/// Accounts at once, and how many may fail.
fn pace(preferences: Option<&AwsValue<'_>>, accounts: u64, deployment: &mut AwsDeployment) -> Option<()> {
    let get = |key: &str| preferences.and_then(|preferences| preferences.get(key));
    let (count, share) = (get("FailureToleranceCount"), get("FailureTolerancePercentage"));
    let tolerance = match (&count, &share) {
        (Some(count), _) => (whole(count.whole()?), count.whole()?, count.provenance()),
        (None, Some(share)) => {
            let percent = share.whole()?.min(100);
            let allowed = if percent == 0 { whole(0) } else { text(&format!("{percent}% down")) };
            (allowed, accounts * percent / 100, share.provenance())
        }
        (None, None) => (whole(0), 0, Provenance::implied("the default: no account may fail")),
    };
    let failures = inline([("allowed", tolerance.0), ("per", text("region"))]);
    let (count, share) = (get("MaxConcurrentCount"), get("MaxConcurrentPercentage"));
    let (value, most, from) = match (&count, &share) {
        (Some(count), _) => (whole(count.whole()?.max(1)), count.whole()?.max(1), count.provenance()),
        (None, Some(share)) => {
            let percent = share.whole()?.clamp(1, 100);
            (text(&format!("{percent}%")), (accounts * percent / 100).max(1), share.provenance())
        }
        (None, None) => (whole(1), 1, Provenance::implied("the default: one account at a time")),
    };
    let mode = get("ConcurrencyMode");
    let is_soft = mode.as_ref().and_then(|mode| mode.text()) == Some("SOFT_FAILURE_TOLERANCE");
    let strict = tolerance.1.saturating_add(1);
    if !is_soft && strict < most {
        let why =
            "strict concurrency begins with one account more than may fail, whatever MaxConcurrent says";
        deployment.table.set("batch", whole(strict), from.and(&Provenance::implied(why)));
        if let Some(written) = count.or(share) {
            written.approximated(format!(
                "{strict} at once: strict concurrency begins with one more than may fail, and here does not shrink as accounts fail"
            ));
        }
    } else {
        deployment.table.set("batch", value, from);
    }
    deployment.table.set("failures", failures, tolerance.2);
    if let Some(kind) = get("RegionConcurrencyType")
        && kind.text()? == "PARALLEL"
    {
        deployment.table.set("regions-at-once", text("all"), kind.provenance());
    }
    Some(())
}
