//! Order, size and bakes of waves, and the scope of a rollback: what of the fleet is at risk together, what is
//! reached too late to learn from, and what a rollback does not reach. It looks at no alarm's statistics.

use super::View;
use super::words::{counted, percent};
use crate::diagnostic::Diagnostic;
use crate::plan::{OnAlarm, RollbackScope, Scope};
use crate::scenario::{Duration, rules};
use std::collections::BTreeSet;

/// Less of the traffic than this is worth no warning.
const MATTERS: f64 = 0.1;

/// A step that puts more than this many times as much at risk as has baked before is a leap. Published waves grow from
/// one quiet region to one busy one, so the first steps from next to nothing are [`MATTERS`]' to judge.
const LEAP: f64 = 10.0;

/// The end of a rollout that has this share of the traffic should not be the least watched one.
const MOST: f64 = 0.6;

/// Bakes of the last waves shorter than this part of the longest one before them are short. Published practice keeps
/// exactly a quarter: 12 hours, then 3.
const SHORT: u64 = 4;

/// Share of the fleet's traffic, or of its hosts where no traffic is given, that has the new version after each wave.
fn shares(view: &View<'_>) -> Vec<f64> {
    let hosts = view.plan.fleet.hosts() as f64;
    let traffic = view.plan.fleet.requests_per_second() > 0.0;
    let share = |times: &crate::plan::timeline::WaveSchedule| {
        if traffic { times.traffic_share_after } else { times.hosts_after as f64 / hosts }
    };
    view.times.waves.iter().map(share).collect()
}

fn of_what(view: &View<'_>) -> &'static str {
    if view.plan.fleet.requests_per_second() > 0.0 { "traffic" } else { "hosts" }
}

/// Warns of the first wave that deploys to several regions, or to several zones of one, at once, with a large share
/// of the traffic and hardly anything baked before. Silent about strategies of a single wave.
pub(super) fn together(view: &View<'_>) -> Option<Diagnostic> {
    // A single wave does not pretend to be staged: it is what the others are compared with.
    if view.strategy().waves.len() < 2 {
        return None;
    }
    let shares = shares(view);
    let mut baked = 0.0;
    for (index, wave) in view.strategy().waves.iter().enumerate() {
        let regions: BTreeSet<usize> = view.times.waves[index]
            .deployments
            .iter()
            .map(|deployment| view.plan.fleet.zones[deployment.zone].region)
            .collect();
        let before = if index == 0 { 0.0 } else { shares[index - 1] };
        let added = shares[index] - before;
        let at_once = regions.len().min(wave.regions_at_once as usize);
        let zoned = |region: usize| view.plan.fleet.regions[region].zones.len();
        // Regions start in the order of the wave; those that begin together are the first ones.
        let first: Vec<usize> =
            wave.regions.iter().copied().filter(|region| regions.contains(region)).collect();
        let all = part(view, &first);
        let Some(&leader) = first.first() else { continue };
        let zones = zoned(leader).min(wave.procedure.zones_at_once as usize);
        let mut share = if all > 0.0 { added * part(view, &first[..at_once]) / all } else { 0.0 };
        if at_once == 1 {
            share *= zones as f64 / zoned(leader) as f64;
        }
        if (at_once > 1 || zones > 1) && share >= MATTERS && share > LEAP * baked {
            let (together, whole) = if at_once > 1 {
                (counted(at_once as u64, "region"), "regions")
            } else {
                (format!("{} of a region", counted(zones as u64, "zone")), "zones")
            };
            let message = format!(
                "wave `{}` of strategy `{}` puts {together} at risk together, {} of the {}, when {} has baked",
                wave.name,
                view.strategy().name,
                percent(share),
                of_what(view),
                if baked > 0.0 { format!("only {}", percent(baked)) } else { "nothing".to_owned() },
            );
            let help = format!("let a small wave bake first, or deploy to fewer {whole} at once");
            return Some(view.warning(&rules::TOGETHER, message).help(help));
        }
        if wave.bake_ms > 0 || wave.procedure.zone_bake_ms > 0 {
            baked = shares[index];
        }
    }
    None
}

/// Warns if the last waves carry most of the traffic and bake far shorter than those before.
pub(super) fn short_last_bake(view: &View<'_>) -> Option<Diagnostic> {
    let waves = &view.strategy().waves;
    let bakes: Vec<u64> = waves.iter().map(|wave| wave.bake_ms + wave.procedure.zone_bake_ms).collect();
    let last = *bakes.last()?;
    let first = bakes.iter().rposition(|&bake| bake > last).map(|longer| longer + 1)?;
    let longest = *bakes[..first].iter().max()?;
    let shortest_before = *bakes[..first].iter().min()?;
    let carried = 1.0 - shares(view)[first - 1];
    if carried < MOST || last.saturating_mul(SHORT) >= longest || shortest_before <= last {
        return None;
    }
    let (which, carry) = match waves.len() - first {
        1 => ("last wave".to_owned(), "carries"),
        n => (format!("last {n} waves"), "carry"),
    };
    let message = format!(
        "the {which} of strategy `{}` {carry} {} of the {} with the shortest bake, {} after up to {} before",
        view.strategy().name,
        percent(carried),
        of_what(view),
        Duration { ms: last },
        Duration { ms: longest },
    );
    let help = "what only shows at full load shows in these waves: bake them as long as a wave before them";
    Some(view.warning(&rules::SHORT_LAST_BAKE, message).help(help))
}

/// Warns if the hosts that a defect of the catalogue can wake on are first reached in the last wave.
pub(super) fn late_class(view: &View<'_>) -> Option<Diagnostic> {
    let fleet = &view.plan.fleet;
    let waves = view.strategy().waves.len();
    if waves < 2 {
        return None;
    }
    let first_wave = |region: usize| {
        let reaches = |times: &crate::plan::timeline::WaveSchedule| {
            times.deployments.iter().any(|deployment| fleet.zones[deployment.zone].region == region)
        };
        view.times.waves.iter().position(reaches)
    };
    view.plan.change.defects.iter().find_map(|defect| {
        let vulnerable: Vec<usize> = (0..fleet.regions.len())
            .filter(|region| defect.regions.as_ref().is_none_or(|regions| regions.contains(region)))
            .filter(|&region| {
                defect.cohort.is_none_or(|cohort| fleet.regions[region].cohort_shares[cohort].num > 0)
            })
            .collect();
        let confined = vulnerable.len() < fleet.regions.len() && vulnerable.len() > 1;
        let late = vulnerable.iter().all(|&region| first_wave(region) == Some(waves - 1));
        if !confined || !late {
            return None;
        }
        let class = match defect.cohort {
            Some(cohort) => format!("hosts of the cohort `{}`", fleet.cohorts[cohort]),
            None => "regions".to_owned(),
        };
        let message = format!(
            "strategy `{}` first meets the {class} that `{}` can wake in only in its last wave: {}, {} of the {}",
            view.strategy().name,
            defect.name,
            counted(vulnerable.len() as u64, "region"),
            percent(part(view, &vulnerable)),
            of_what(view),
        );
        Some(view.warning(&rules::LATE_CLASS, message).help("give one of these regions an earlier wave"))
    })
}

/// Share of the fleet's traffic, or of its hosts where no traffic is given, that some regions are.
fn part(view: &View<'_>, regions: &[usize]) -> f64 {
    let fleet = &view.plan.fleet;
    let total = fleet.requests_per_second();
    if total > 0.0 {
        regions.iter().map(|&region| fleet.regions[region].requests_per_second).sum::<f64>() / total
    } else {
        regions.iter().map(|&region| fleet.region_hosts(region)).sum::<u64>() as f64 / fleet.hosts() as f64
    }
}

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
            (zones().map(|zone| fleet.region_hosts(fleet.zones[zone].region)).min()?, "the region")
        }
        RollbackScope::Deployment | RollbackScope::Region => return None,
        RollbackScope::Wave => {
            let regions: BTreeSet<usize> = strategy.waves.last()?.regions.iter().copied().collect();
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
