//! Resolves how a wave treats each zone: its own keys over the strategy's over the defaults.

use super::defect::cohort;
use super::fleet::ResolvedFleet;
use crate::plan::{Concurrency, HostShare, OneBox, Procedure};
use crate::scenario::problems::Problems;
use crate::scenario::reader::Written;
use crate::scenario::rules;
use crate::scenario::spec::{OneBoxSpec, StrategySpec, WaveSpec, WrittenOneBox};
use crate::scenario::table::Inherit;

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
    Procedure {
        one_box: match wave.one_box.value() {
            None | Some(WrittenOneBox::None) => None,
            Some(WrittenOneBox::Stage(stage)) => Some(one_box(stage, fleet, problems)),
        },
        batch: wave.batch.or(HostShare::ALL),
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
