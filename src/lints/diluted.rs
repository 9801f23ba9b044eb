//! Whether an alarm can see a zone at all that fails every request. It compares mean ratios with limits, and no chance.

use super::view::View;
use super::words::percent;
use crate::diagnostic::Diagnostic;
use crate::ids::{AlarmId, ZoneId};
use crate::plan::{Alarm, Comparison, Reads, Scope, Signal, Version};
use crate::scenario::rules;

/// Warns if a zone that fails every request stays under the limit of every alarm beyond the one-boxes, in most
/// zones of the fleet.
pub(super) fn diluted(view: &View<'_>) -> Option<Diagnostic> {
    let fleet = &view.plan.fleet;
    let alarms: Vec<AlarmId> = view
        .listened_to()
        .into_iter()
        .filter(|&alarm| view.plan.alarms[alarm].scope != Scope::OneBox)
        .collect();
    if alarms.is_empty() || alarms.iter().any(|&alarm| limit(&view.plan.alarms[alarm]).is_none()) {
        return None;
    }
    let hidden = |zone: ZoneId| alarms.iter().all(|&alarm| is_hidden(view, &view.plan.alarms[alarm], zone));
    let zones = fleet.zones.len();
    let count = fleet.zones.ids().filter(|&zone| hidden(zone)).count();
    if 2 * count <= zones {
        return None;
    }
    // The alarm that dilutes least: the one that one would expect to fire.
    let zone = fleet.zones.ids().find(|&zone| hidden(zone))?;
    let seen = |alarm: AlarmId| ratio(view, &view.plan.alarms[alarm], zone);
    let best = alarms.into_iter().max_by(|&a, &b| seen(a).total_cmp(&seen(b)))?;
    let alarm = &view.plan.alarms[best];
    let message = format!(
        "a zone that fails every request is diluted under the limits of all alarms of strategy `{}`, in {count} of \
         {zones} zones: `{}` sees {} in {}, and its limit is {}",
        view.strategy().name,
        alarm.name,
        percent(seen(best)),
        fleet.zone_name(zone),
        percent(limit(alarm)?.0),
    );
    let help = "listen to an alarm with `scope = \"zone\"`, or lower the limit";
    Some(view.warning(&rules::DILUTED, message).and(view.places.alarms[best], "this alarm").help(help))
}

/// The limit of an alarm on a ratio, and its strictness.
pub(super) fn limit(alarm: &Alarm) -> Option<(f64, Comparison)> {
    match alarm.signal {
        Signal::ErrorRatio { threshold, comparison, .. }
        | Signal::ImpairedHosts { threshold, comparison } => Some((threshold.as_f64(), comparison)),
        Signal::RateRatio(ref rule) => Some((rule.threshold, rule.comparison)),
        Signal::SlowRatio { .. }
        | Signal::ErrorCount { .. }
        | Signal::DamageCount { .. }
        | Signal::Synthetic { .. }
        | Signal::Canary(_)
        | Signal::BreachProbability { .. }
        | Signal::DetectionDelay(_)
        | Signal::Absent { .. }
        | Signal::RequestDrop { .. }
        | Signal::AnyOf(_)
        | Signal::Quorum(_) => None,
    }
}

fn is_hidden(view: &View<'_>, alarm: &Alarm, zone: ZoneId) -> bool {
    limit(alarm).is_some_and(|(limit, comparison)| {
        let seen = ratio(view, alarm, zone);
        seen < limit || (seen == limit && comparison == Comparison::Above)
    })
}

/// What the alarm measures on average, over the day, while every host of `zone` fails every request.
fn ratio(view: &View<'_>, alarm: &Alarm, zone: ZoneId) -> f64 {
    let fleet = &view.plan.fleet;
    let (hosts, region) = (u64::from(fleet.zones[zone].hosts), fleet.zones[zone].region);
    let of_region = hosts as f64 / fleet.region_hosts(region) as f64;
    let errors = alarm.signal.kind().reads == Reads::Requests;
    let share = match alarm.scope {
        // Nothing dilutes what looks at the new version alone.
        _ if alarm.version == Version::New => 1.0,
        Scope::OneBox | Scope::Zone => 1.0,
        Scope::Region => of_region,
        Scope::Service if errors => {
            of_region * fleet.regions[region].requests_per_second
                / fleet.requests_per_second().max(f64::MIN_POSITIVE)
        }
        Scope::Service => hosts as f64 / fleet.hosts() as f64,
    };
    if errors { share + (1.0 - share) * fleet.background_error_ratio } else { share }
}
