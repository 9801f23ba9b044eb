//! Whether anything looks at the one-box. It compares limits with the part of a scope that a one-box is, and no chance.

use super::diluted::limit;
use super::view::View;
use super::words::percent;
use crate::diagnostic::Diagnostic;
use crate::ids::{AlarmId, ZoneId};
use crate::plan::{Comparison, Scope, Version};
use crate::rollout::one_box_hosts;
use crate::scenario::rules;

/// Warns of a one-box that bakes, and that may fail every request without any alarm going over its limit.
pub(super) fn unwatched_one_box(view: &View<'_>) -> Option<Diagnostic> {
    let alarms = view.listened_to();
    // That nothing at all is listened to is said elsewhere.
    if alarms.is_empty() {
        return None;
    }
    let mut largest: Option<f64> = None;
    for (wave, times) in view.strategy().waves.iter().zip(&view.times.waves) {
        if wave.procedure.one_box.as_ref().is_none_or(|one_box| one_box.bake_ms == 0) {
            continue;
        }
        for deployment in times.deployments.iter().filter(|deployment| deployment.one_box_end_ms.is_some()) {
            let hosts = view.plan.fleet.zones[deployment.zone].hosts;
            let Some(boxed) = one_box_hosts(view.strategy(), wave, hosts) else { continue };
            if alarms.iter().any(|&alarm| sees(view, alarm, deployment.zone, boxed)) {
                return None;
            }
            let share = f64::from(boxed) / f64::from(hosts);
            largest = Some(largest.map_or(share, |largest| largest.max(share)));
        }
    }
    let message = format!(
        "nothing looks at the one-box of strategy `{}`: if it fails every request, that is {} of its zone at most, which no \
         alarm minds",
        view.strategy().name,
        percent(largest?),
    );
    let help = "listen to an alarm with `scope = \"one-box\"`";
    Some(view.warning(&rules::UNWATCHED_ONE_BOX, message).help(help))
}

/// Whether an alarm goes over its limit on average when `boxed` hosts of `zone` fail every request.
fn sees(view: &View<'_>, alarm: AlarmId, zone: ZoneId, boxed: u32) -> bool {
    let (plan, fleet) = (&view.plan.alarms[alarm], &view.plan.fleet);
    let Some((limit, comparison)) = limit(plan) else { return true };
    if plan.version == Version::New {
        return true;
    }
    let hosts = match plan.scope {
        Scope::OneBox => return true,
        Scope::Zone => u64::from(fleet.zones[zone].hosts),
        Scope::Region => fleet.region_hosts(view.region_of(zone)),
        Scope::Service => fleet.hosts(),
    };
    let share = f64::from(boxed) / hosts as f64;
    share > limit || (share == limit && comparison == Comparison::AtLeast)
}
