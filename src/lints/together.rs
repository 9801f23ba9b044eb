//! Whether a wave puts several places at risk together before anything has baked. It looks at no alarm.

use super::view::View;
use super::words::{counted, percent};
use crate::diagnostic::Diagnostic;
use crate::ids::RegionId;
use crate::rollout::one_box_hosts;
use crate::scenario::rules;
use std::collections::BTreeSet;

/// Less of the traffic than this is worth no warning.
const MATTERS: f64 = 0.1;

/// A step that puts more than this many times as much at risk as has baked before is a leap. Published waves grow from
/// one quiet region to one busy one, so the first steps from next to nothing are [`MATTERS`]' to judge.
const LEAP: f64 = 10.0;

/// Warns of the first wave that deploys to several regions, or to several zones of one, at once, with a large share
/// of the traffic and hardly anything baked before. Silent about strategies of a single wave.
pub(super) fn together(view: &View<'_>) -> Option<Diagnostic> {
    // A single wave does not pretend to be staged: it is what the others are compared with.
    if view.strategy().waves.len() < 2 {
        return None;
    }
    let shares = view.share_after_waves();
    let mut baked_before: f64 = 0.0;
    for (index, wave) in view.strategy().waves.iter().enumerate() {
        let regions: BTreeSet<RegionId> = view.times.waves[index]
            .deployments
            .iter()
            .map(|deployment| view.region_of(deployment.zone))
            .collect();
        let before = if index == 0 { 0.0 } else { shares[index - 1] };
        let added = shares[index] - before;
        let at_once = wave.regions_at_once.of(wave.regions.len()).min(regions.len());
        let zoned = |region: RegionId| wave.zones_of(&view.plan.fleet, region).len();
        // Regions start in the order of the wave; those that begin together are the first ones.
        let first: Vec<RegionId> =
            wave.regions.iter().copied().filter(|region| regions.contains(region)).collect();
        let all = view.share_of_regions(&first);
        let Some(&leader) = first.first() else { continue };
        let zones = wave.procedure.zones_at_once.of(zoned(leader));
        let mut share = if all > 0.0 { added * view.share_of_regions(&first[..at_once]) / all } else { 0.0 };
        if at_once == 1 {
            share *= zones as f64 / zoned(leader) as f64;
        }
        // One-boxes that bake are a first look at these places themselves.
        let boxed = one_box_part(view, index);
        let baked = baked_before.max(share * boxed);
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
                view.share_of_what(),
                if baked > 0.0 { format!("only {}", percent(baked)) } else { "nothing".to_owned() },
            );
            let help = format!("let a small wave bake first, or deploy to fewer {whole} at once");
            return Some(view.warning(&rules::TOGETHER, message).help(help));
        }
        if wave.bake_ms > 0 || wave.procedure.zone_bake_ms > 0 {
            baked_before = shares[index];
        }
    }
    None
}

/// Part of the hosts of a wave that its one-boxes are, if they bake.
fn one_box_part(view: &View<'_>, index: usize) -> f64 {
    let wave = &view.strategy().waves[index];
    if wave.procedure.one_box.as_ref().is_none_or(|one_box| one_box.bake_ms == 0) {
        return 0.0;
    }
    let deployments = view.times.waves[index].deployments.iter();
    let (mut boxed, mut all) = (0_u64, 0_u64);
    for deployment in deployments.filter(|deployment| deployment.one_box_end_ms.is_some()) {
        let hosts = view.plan.fleet.zones[deployment.zone].hosts;
        boxed += u64::from(one_box_hosts(view.strategy(), wave, hosts).unwrap_or(0));
        all += u64::from(hosts);
    }
    if all > 0 { boxed as f64 / all as f64 } else { 0.0 }
}
