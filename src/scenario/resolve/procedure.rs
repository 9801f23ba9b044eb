//! Resolves how a wave treats each zone: its own keys over the strategy's over the defaults.

use super::defect::cohort;
use super::fleet::ResolvedFleet;
use super::read::{ms, share};
use crate::plan::{HostShare, OneBox, Procedure};
use crate::scenario::extend::merge_one_box;
use crate::scenario::problems::Problems;
use crate::scenario::reader::Field;
use crate::scenario::spec::{self, StrategySpec, WaveSpec};
use crate::scenario::value::{AtOnce, Duration, HostCount};

/// The keys that a wave shares with its strategy, the strategy's where the wave has none.
#[derive(Debug, Clone)]
pub(super) struct WrittenProcedure {
    /// See [`WaveSpec`].
    pub one_box: Field<spec::WrittenOneBox>,
    /// See [`WaveSpec`].
    pub batch: Field<HostCount>,
    /// See [`WaveSpec`].
    pub max_unavailable: Field<HostCount>,
    /// See [`WaveSpec`].
    pub zone_bake: Field<Duration>,
    /// See [`WaveSpec`].
    pub zones_at_once: Field<AtOnce>,
    /// See [`WaveSpec`].
    pub regions_at_once: Field<AtOnce>,
}

impl WrittenProcedure {
    /// What holds for `wave` of `strategy`.
    pub fn of(strategy: &StrategySpec, wave: &WaveSpec) -> Self {
        let mut written = Self {
            one_box: wave.one_box.clone(),
            batch: wave.batch.clone(),
            max_unavailable: wave.max_unavailable.clone(),
            zone_bake: wave.zone_bake.clone(),
            zones_at_once: wave.zones_at_once.clone(),
            regions_at_once: wave.regions_at_once.clone(),
        };
        merge_one_box(&mut written.one_box, &strategy.one_box);
        written.batch.inherit(&strategy.batch);
        written.max_unavailable.inherit(&strategy.max_unavailable);
        written.zone_bake.inherit(&strategy.zone_bake);
        written.zones_at_once.inherit(&strategy.zones_at_once);
        written.regions_at_once.inherit(&strategy.regions_at_once);
        written
    }

    /// The plan's procedure.
    pub fn resolve(&self, fleet: &ResolvedFleet, problems: &mut Problems) -> Procedure {
        Procedure {
            one_box: match self.one_box.value() {
                None | Some(spec::WrittenOneBox::None) => None,
                Some(spec::WrittenOneBox::Stage(stage)) => {
                    let covers = stage.covers.list().iter();
                    let covers = covers
                        .filter_map(|name| cohort(&Field::Given(name.clone()), fleet, problems))
                        .collect();
                    let hosts = share(&stage.hosts, HostShare::Count(1));
                    Some(OneBox { hosts, bake_ms: ms(&stage.bake), covers })
                }
            },
            batch: share(&self.batch, HostShare::ALL),
            max_unavailable: share(&self.max_unavailable, HostShare::ALL),
            zone_bake_ms: ms(&self.zone_bake),
            zones_at_once: at_once(&self.zones_at_once),
        }
    }

    /// Regions of the wave deployed to at once.
    pub fn regions_at_once(&self) -> u32 {
        at_once(&self.regions_at_once)
    }
}

fn at_once(field: &Field<AtOnce>) -> u32 {
    field.value().map_or(1, |AtOnce(count)| *count)
}
