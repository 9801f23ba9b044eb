//! Azure's scale sets, whose instances are upgraded batch by batch, and the traffic of App Service's slots. A host is an
//! instance.

use super::arm::Resource;
use super::ladder::{Ladder, approval, stops};
use crate::import::cursor::Cursor;
use crate::import::draft::{
    Ailment, Draft, DraftAlarm, DraftRegion, DraftStrategy, DraftTable, DraftValue, duration, inline,
    percent, sound_name, text, texts, whole,
};
use crate::import::provenance::Provenance;
use crate::import::time::{MINUTE, SECOND};

/// Instances that a scale set may have here; Azure's own limit is lower.
const MOST_INSTANCES: u64 = 1_000_000;

/// Steps of a ramp of traffic at most.
const MOST_STEPS: usize = 100;

/// How many instances there are, in how many zones.
struct Size {
    capacity: Option<u64>,
    zones: u64,
}

pub(super) fn scale_set(resource: &Resource<'_>, _all: &[Resource<'_>], draft: &mut Draft) {
    let name = resource.name("scale-set");
    let properties = resource.properties();
    resource.at.beside_the_point(&["location", "identity", "plan", "extendedLocation"]);
    let Some(policy) = properties.get("upgradePolicy") else {
        resource.at.dropped("a scale set without an upgradePolicy says nothing about rollouts");
        return;
    };
    let mode = resource.get(&policy, "mode");
    let mut strategy = DraftStrategy::new(
        &name,
        format!("Azure scale set {name}"),
        Provenance::Written(vec![resource.at.head()]),
    );
    let rolling = policy.get("rollingUpgradePolicy");
    let crosses = rolling.as_ref().and_then(|rolling| resource.get(rolling, "enableCrossZoneUpgrade"));
    let is_crossing = crosses.as_ref().and_then(Cursor::truth).unwrap_or(false);
    let size = place(resource, &name, is_crossing, draft);
    if let (true, Some(crosses)) = (is_crossing, &crosses) {
        crosses.approximated("a batch may be of instances of several zones, so they are one zone here");
    }
    match mode.as_ref().and_then(Cursor::text) {
        Some("Manual") => {
            if let Some(mode) = &mode {
                mode.approximated("nothing moves until somebody upgrades instances: here somebody upgrades all of them at once");
            }
        }
        Some("Automatic") => strategy.table.set(
            "batch",
            text("100%"),
            mode.map_or(Provenance::Plain, |mode| mode.provenance()),
        ),
        _ => {
            let rolling = rolling.clone().unwrap_or_else(|| policy.clone());
            batches(resource, &rolling, &size, &mut strategy.table);
            health(resource, &rolling, &name, &mut strategy, draft);
        }
    }
    if let Some(automatic) = policy.get("automaticOSUpgradePolicy") {
        automatic.beside_the_point(&[
            "enableAutomaticOSUpgrade",
            "useRollingUpgradePolicy",
            "osRollingUpgradeDeferral",
        ]);
        automatic.drop_keys(
            &["disableAutomaticRollback"],
            "it is for upgrades of the system's image: here nothing goes back by itself",
        );
    }
    properties.drop_keys(
        &["automaticRepairsPolicy"],
        "an unhealthy instance is replaced after a while: here it stays until people act",
    );
    resource.desk_take();
    let mut wave = DraftTable::default();
    wave.set("regions", texts([sound_name(&name).as_str()]), Provenance::Plain);
    strategy.table.add("wave", wave);
    draft.strategy(strategy);
}

/// The region of a scale set.
fn place(resource: &Resource<'_>, name: &str, is_crossing: bool, draft: &mut Draft) -> Size {
    let zones: Vec<String> =
        resource.at.list("zones").iter().filter_map(|zone| zone.text().map(str::to_owned)).collect();
    let capacity = resource.at.get("sku").and_then(|sku| {
        sku.beside_the_point(&["name", "tier"]);
        resource.get(&sku, "capacity")
    });
    let count = capacity.as_ref().and_then(Cursor::whole);
    if let (Some(capacity), Some(count)) = (&capacity, count)
        && count > MOST_INSTANCES
    {
        capacity.error(format!("a scale set has at most {MOST_INSTANCES} instances here"));
    }
    let count = count.map(|count| count.clamp(1, MOST_INSTANCES));
    let zone_count = if is_crossing || zones.len() < 2 { 1 } else { zones.len() as u64 };
    let mut table = DraftTable::default();
    if zone_count > 1 {
        let from = resource.at.get("zones").map_or(Provenance::Plain, |zones| zones.provenance());
        table.set("zones", texts(zones.iter().map(String::as_str)), from);
    }
    match (&capacity, count) {
        (Some(capacity), Some(count)) if zone_count > 1 => {
            let each: Vec<String> = (0..zone_count)
                .map(|zone| (count / zone_count + u64::from(zone < count % zone_count)).max(1).to_string())
                .collect();
            table.set(
                "hosts-per-zone",
                DraftValue::Plain(format!("[{}]", each.join(", "))),
                capacity.provenance(),
            );
        }
        (Some(capacity), Some(count)) => table.set("hosts-per-zone", whole(count), capacity.provenance()),
        _ => {
            table.set("hosts-per-zone", whole(10), Provenance::hand("how many instances there are"));
            resource.at.desk().by_hand("hosts-per-zone", "how many instances there are: no file says it");
        }
    }
    draft.region(DraftRegion { name: sound_name(name), table });
    Size { capacity: count, zones: zone_count }
}

/// How many instances are upgraded together, and how long Azure waits between them.
fn batches(resource: &Resource<'_>, rolling: &Cursor<'_>, size: &Size, table: &mut DraftTable) {
    let most = resource.get(rolling, "maxBatchInstancePercent");
    let from = most.as_ref().map_or(Provenance::implied("Azure's default"), Cursor::provenance);
    let share = most.as_ref().map_or(Some(20), |most| share_of(most, 5));
    let Some(share) = share else { return };
    let batch = match size.capacity {
        // A batch is a share of all instances, and of one zone: a count says that.
        Some(capacity) if size.zones > 1 => whole((capacity * share / 100).max(1)),
        _ => percent(&share.to_string()),
    };
    table.set("batch", batch.clone(), from.clone());
    let surge = resource.get(rolling, "maxSurge");
    if surge.as_ref().and_then(Cursor::truth) == Some(true) {
        table.set("max-surge", batch, surge.map_or(Provenance::Plain, |surge| surge.provenance()));
    }
    if let Some(pause) = resource.get(rolling, "pauseTimeBetweenBatches")
        && let Some(ms) = pause.duration_ms(SECOND)
    {
        table.set("batch-bake", duration(ms), pause.provenance());
    }
    rolling.drop_keys(
        &["prioritizeUnhealthyInstances"],
        "who is unhealthy before the rollout is not known: hosts go in any order",
    );
}

/// A whole percentage from `least` to 100.
fn share_of(cursor: &Cursor<'_>, least: u64) -> Option<u64> {
    let share = cursor.whole()?;
    if !(least..=100).contains(&share) {
        cursor.error(format!("it is a percentage from {least} to 100"));
        return None;
    }
    Some(share)
}

/// When Azure stops: before a batch by all instances, after it by those that were upgraded.
fn health(
    resource: &Resource<'_>,
    rolling: &Cursor<'_>,
    name: &str,
    strategy: &mut DraftStrategy,
    draft: &mut Draft,
) {
    let default = Provenance::implied("Azure's default");
    let all = resource.get(rolling, "maxUnhealthyInstancePercent");
    if let Some(share) = all.as_ref().map_or(Some(20), |all| share_of(all, 5)) {
        let mut table = DraftTable::default();
        table.set("scope", text("region"), Provenance::Plain);
        let from = all.as_ref().map_or(default.clone(), Cursor::provenance);
        table.set("impaired-hosts", inline([("above", percent(&share.to_string()))]), from);
        let alarm = DraftAlarm {
            name: format!("{name}-unhealthy"),
            table,
            ailment: Ailment::Down,
            calls_people: false,
            from: all.as_ref().map_or(Provenance::Plain, Cursor::provenance),
        };
        strategy.alarms.push(draft.alarm(alarm));
        if let Some(all) = &all {
            all.approximated(
                "an alarm on unhealthy instances that is asked each minute; Azure asks before each batch",
            );
        }
    }
    let upgraded = resource.get(rolling, "maxUnhealthyUpgradedInstancePercent");
    if let Some(share) = upgraded.as_ref().map_or(Some(20), |upgraded| share_of(upgraded, 0)) {
        let failures = inline([("allowed", text(&format!("{share}% down"))), ("per", text("batch"))]);
        strategy.table.set("failures", failures, upgraded.as_ref().map_or(default, Cursor::provenance));
        if let Some(upgraded) = &upgraded {
            upgraded.approximated(
                "counted among the instances of each batch; Azure counts all that were upgraded so far",
            );
        }
    }
    let goes_back = resource.get(rolling, "rollbackFailedInstancesOnPolicyBreach");
    match goes_back.as_ref().and_then(Cursor::truth) {
        Some(true) => {
            let from = goes_back.as_ref().map_or(Provenance::Plain, Cursor::provenance);
            strategy.table.set("rollback", inline([("scope", text("deployment"))]), from);
            if let Some(goes_back) = goes_back {
                goes_back
                    .approximated("all instances of the set go back; Azure takes back those that failed");
            }
        }
        _ => stops(&mut strategy.table, "Azure", rolling.desk()),
    }
}

impl Resource<'_> {
    /// Takes what is left of a scale set: what its instances are.
    fn desk_take(&self) {
        let beside = [
            "virtualMachineProfile",
            "orchestrationMode",
            "overprovision",
            "singlePlacementGroup",
            "platformFaultDomainCount",
            "provisioningState",
            "uniqueId",
            "scaleInPolicy",
            "zoneBalance",
            "doNotRunExtensionsOnOverprovisionedVMs",
            "constrainedMaximumCapacity",
            "timeCreated",
            "additionalCapabilities",
            "hostGroup",
            "proximityPlacementGroup",
            "priorityMixPolicy",
            "resiliencyPolicy",
            "spotRestorePolicy",
            "skuProfile",
            "zonalPlatformFaultDomainAlignMode",
        ];
        self.properties().beside_the_point(&beside);
    }
}

/// Rules by which a slot of a site is sent more and more of its requests.
pub(super) fn site(resource: &Resource<'_>, _all: &[Resource<'_>], draft: &mut Draft) {
    let properties = resource.properties();
    let config = properties.get("siteConfig").unwrap_or_else(|| properties.clone());
    let rules = config
        .at(&["experiments", "rampUpRules"])
        .map_or_else(Vec::new, |rules| super::bounded(&config, rules.items(), super::MOST_PARTS));
    let name = resource.name("site");
    for rule in &rules {
        ramp(resource, rule, &name, draft);
    }
    // What a site is besides says nothing about rollouts.
    for at in [&resource.at, &properties, &config] {
        super::take_all_but(at, &["experiments", "siteConfig", "properties", "resources"]);
    }
}

fn ramp(resource: &Resource<'_>, rule: &Cursor<'_>, name: &str, draft: &mut Draft) {
    rule.beside_the_point(&["actionHostName", "name"]);
    let number =
        |key: &str| resource.get(rule, key).and_then(|value| Some((value.number()?, value.provenance())));
    let Some((first, from)) = number("reroutePercentage") else {
        rule.error("a rule needs a `reroutePercentage`");
        return;
    };
    let step = number("changeStep").map_or(0.0, |(step, _)| step);
    let minutes = number("changeIntervalInMinutes");
    let most = number("maxReroutePercentage").map_or(100.0, |(most, _)| most).min(100.0);
    number("minReroutePercentage");
    rule.drop_keys(
        &["changeDecisionCallbackUrl"],
        "a program decides whether there is more or less: the scenario goes on by the clock, until an alarm stops it",
    );
    let mut strategy = DraftStrategy::new(
        format!("{name}-slot"),
        format!("Azure App Service: a slot of {name} is sent its share of the requests"),
        Provenance::Written(vec![rule.head()]),
    );
    strategy.table.set("max-surge", text("100%"), Provenance::implied("a slot has instances of its own"));
    let mut ladder = Ladder::default();
    let (mut weight, mut steps) = (first.clamp(0.0, most), 0);
    loop {
        let mut wave = DraftTable::default();
        wave.set("regions", text("all"), Provenance::Plain);
        wave.set("traffic", crate::import::draft::share(weight / 100.0), from.clone());
        ladder.push(wave);
        steps += 1;
        let next = weight + step;
        if step <= 0.0 || weight >= most || steps >= MOST_STEPS {
            break;
        }
        if let Some((minutes, from)) = &minutes {
            ladder.wait((minutes.max(0.0) * MINUTE as f64) as u64, from);
        }
        weight = next.min(most);
    }
    ladder.gate(approval("the swap of the slots"));
    resource.at.desk().by_hand("approvals", "how long it takes until somebody swaps the slots");
    let mut last = DraftTable::default();
    last.set("regions", text("all"), Provenance::Plain);
    last.set("traffic", text("100%"), Provenance::implied("the swap"));
    ladder.push(last);
    ladder.write(&mut strategy.table);
    draft.strategy(strategy);
}
