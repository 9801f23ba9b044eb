//! Resolves how a wave treats each zone: its own keys over the strategy's over the defaults.

use super::defect::cohort;
use super::fleet::ResolvedFleet;
use crate::plan::{Concurrency, Fleet, HostShare, OneBox, Procedure, Wave};
use crate::scenario::problems::Problems;
use crate::scenario::reader::Written;
use crate::scenario::rules;
use crate::scenario::spec::{OneBoxSpec, StrategySpec, WaveSpec, WrittenOneBox};
use crate::scenario::table::Inherit;
use crate::scenario::value::Several;

/// `wave` of `strategy` with all keys of the procedure: the strategy's where it has none.
pub(super) fn written(strategy: &StrategySpec, wave: &WaveSpec) -> WaveSpec {
    let mut written = wave.clone();
    written.inherit_from(&WaveSpec {
        one_box: strategy.one_box.clone(),
        batch: strategy.batch.clone(),
        max_unavailable: strategy.max_unavailable.clone(),
        max_surge: strategy.max_surge.clone(),
        batches: strategy.batches.clone(),
        batch_bake: strategy.batch_bake.clone(),
        zone_bake: strategy.zone_bake.clone(),
        first_zone_bake: strategy.first_zone_bake.clone(),
        zones_at_once: strategy.zones_at_once.clone(),
        regions_at_once: strategy.regions_at_once.clone(),
        ..WaveSpec::default()
    });
    written
}

/// Reports a zone of a wave's regions of which nobody may leave service and beside which nobody comes, where the scenario says
/// how shares are rounded.
pub(super) fn check(wave: &Wave, spec: &WaveSpec, fleet: &Fleet, problems: &mut Problems) {
    let Procedure { max_unavailable, max_surge, .. } = &wave.procedure;
    let exact = |share: &HostShare| matches!(share, HostShare::Rounded { .. } | HostShare::AllBut(_));
    let Some(place) = spec.max_unavailable.span().or(spec.max_surge.span()) else { return };
    if !exact(max_unavailable) && !max_surge.as_ref().is_some_and(exact) {
        return;
    }
    let zones = wave.regions.iter().flat_map(|region| fleet.regions[*region].zones.clone());
    let stuck = zones.into_iter().find(|zone| {
        let hosts = fleet.zones[*zone].hosts;
        max_unavailable.at_most_of(hosts) + wave.procedure.surge_of(hosts) == 0
    });
    if let Some(zone) = stuck {
        let (name, hosts) = (fleet.zone_name(zone), fleet.zones[zone].hosts);
        let message = format!(
            "of the {hosts} hosts of {name} none may leave service, and none comes beside: nothing can be deployed there"
        );
        let help = "let more hosts leave, let some come beside (`max-surge`), or leave the rounding out: then it is one host at least";
        problems.report_once(rules::OUT_OF_RANGE.at(place, message).help(help));
    }
}

/// The plan's procedure of a wave with all keys.
pub(super) fn resolve(wave: &WaveSpec, fleet: &ResolvedFleet, problems: &mut Problems) -> Procedure {
    let max_surge = wave.max_surge.given().filter(|surge| !surge.is_none());
    let none_leaves = HostShare::Count(0);
    let max_unavailable =
        wave.max_unavailable.or(if max_surge.is_some() { none_leaves } else { HostShare::ALL });
    if let Some(Written { span, .. }) = wave.max_unavailable.get()
        && max_unavailable.is_none()
        && wave.max_surge.is_absent()
    {
        let message = "no host may leave service, and none comes beside: nothing can be deployed to";
        let help = "add `max-surge = 1`, or write at least 1, or more than \"0%\"";
        problems.report_once(rules::OUT_OF_RANGE.at(*span, message).help(help));
    }
    let written = wave.batch.value().into_iter().flat_map(|Several(sizes)| sizes);
    let mut sizes: Vec<HostShare> = written.map(|size| size.value.0).collect();
    let batch = sizes.pop().unwrap_or(HostShare::ALL);
    // What repeats needs no size of its own.
    while sizes.last() == Some(&batch) {
        sizes.pop();
    }
    Procedure {
        one_box: match wave.one_box.value() {
            None | Some(WrittenOneBox::None) => None,
            Some(WrittenOneBox::Stage(stage)) => Some(one_box(stage, fleet, problems)),
        },
        batch,
        first_batches: sizes,
        max_unavailable,
        max_surge,
        batching: wave.batches.or_default(),
        batch_bake_ms: wave.batch_bake.or_default(),
        zone_bake_ms: wave.zone_bake.or_default(),
        first_zone_bake_ms: wave.first_zone_bake.given(),
        zones_at_once: wave.zones_at_once.or(Concurrency::ONE),
    }
}

fn one_box(stage: &OneBoxSpec, fleet: &ResolvedFleet, problems: &mut Problems) -> OneBox {
    let covers = stage.covers.list().iter().filter_map(|name| cohort(name, fleet, problems)).collect();
    OneBox { hosts: stage.hosts.or(HostShare::Count(1)), bake_ms: stage.bake.or_default(), covers }
}
