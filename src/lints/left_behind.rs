//! Whether a rollback leaves hosts on the new version. It looks at the scope of alarms, not at what they see.

use super::view::View;
use super::words::counted;
use crate::diagnostic::Diagnostic;
use crate::ids::RegionId;
use crate::plan::{OnAlarm, RollbackScope, Scope};
use crate::scenario::rules;
use std::collections::BTreeSet;

/// Warns of a rollback that leaves hosts on the new version: an alarm in the last wave takes back its scope alone.
pub(super) fn left_behind(view: &View<'_>) -> Option<Diagnostic> {
    let (strategy, fleet) = (view.strategy(), &view.plan.fleet);
    if strategy.response.on_alarm != OnAlarm::Rollback || strategy.alarms.is_empty() {
        return None;
    }
    let last = view.times.waves.last()?;
    let local = strategy.alarms.iter().map(|&alarm| view.plan.alarms[alarm].scope);
    let zone_alarm = local.clone().any(|scope| matches!(scope, Scope::OneBox | Scope::Zone));
    let region_alarm = zone_alarm || local.clone().any(|scope| scope == Scope::Region);
    let zones = || last.deployments.iter().map(|deployment| deployment.zone);
    // The scope that takes back least of what the last wave deploys to.
    let (taken, what) = match strategy.rollback.scope {
        RollbackScope::Everything => return None,
        RollbackScope::Deployment if zone_alarm => {
            (zones().map(|zone| u64::from(fleet.zones[zone].hosts)).min()?, "the zone")
        }
        RollbackScope::Deployment | RollbackScope::Region if region_alarm => {
            (zones().map(|zone| fleet.region_hosts(view.region_of(zone))).min()?, "the region")
        }
        RollbackScope::Deployment | RollbackScope::Region => return None,
        RollbackScope::Wave => {
            let regions: BTreeSet<RegionId> = strategy.waves.last()?.regions.iter().copied().collect();
            (regions.into_iter().map(|region| fleet.region_hosts(region)).sum(), "the wave")
        }
    };
    let exposed = last.hosts_after;
    let stay = exposed.saturating_sub(taken);
    if stay == 0 {
        return None;
    }
    let message = format!(
        "a rollback of strategy `{}` takes back {what} alone: after an alarm late in its last wave {stay} of {} stay on \
         the new version",
        strategy.name,
        counted(exposed, "host"),
    );
    let help = "write `rollback = { scope = \"everything\" }`, unless somebody else takes back the rest";
    Some(view.warning(&rules::LEFT_BEHIND, message).help(help))
}
