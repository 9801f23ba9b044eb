//! Streams of one purpose by zone, opened four zones at a time: neighbours start soon after each other, and the first
//! draws of four streams cost little more than those of one. Which zones share a group leaves no trace in the draws.

use crate::ids::{IdVec, ZoneId};
use crate::plan::Zone;
use crate::random::{LANES, Purpose, Stream, Streams};

/// The streams of every zone that was asked for, and of its neighbours.
#[derive(Debug, Default)]
pub struct ZoneStreams {
    groups: Vec<Option<[Stream; LANES]>>,
}

impl ZoneStreams {
    /// Forgets all streams, keeps the memory.
    pub fn reset(&mut self, zones: usize) {
        self.groups.clear();
        self.groups.resize(zones.div_ceil(LANES), None);
    }

    /// The stream of `zone` for `purpose`, which is the same at every call, where it was left.
    #[inline]
    pub fn of(
        &mut self,
        streams: &Streams,
        purpose: Purpose,
        zones: &IdVec<ZoneId, Zone>,
        zone: ZoneId,
    ) -> &mut Stream {
        let (group, lane) = (zone.index() / LANES, zone.index() % LANES);
        let opened = self.groups[group].get_or_insert_with(|| {
            // Past the fleet's end there is nobody to draw.
            let entity = |lane| (**zones).get(group * LANES + lane).map_or(0, |zone: &Zone| zone.entity);
            streams.four(purpose, std::array::from_fn(entity))
        });
        &mut opened[lane]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_zone_has_the_stream_that_it_has_alone() {
        // The last group is not full.
        let zone =
            |entity| Zone { name: String::new(), entity, region: crate::ids::RegionId::new(0), hosts: 1 };
        let zones: IdVec<ZoneId, Zone> =
            (0..2 * LANES as u64 + 1).map(|number| zone(number * number)).collect();
        let streams = Streams::new(3, 4);
        let mut together = ZoneStreams::default();
        together.reset(zones.len());
        for draw in 0..20 {
            for index in zones.ids().rev() {
                let alone = streams.stream(Purpose::DeployBatch, zones[index].entity).uniform_at(draw);
                let drawn = together.of(&streams, Purpose::DeployBatch, &zones, index).uniform();
                assert_eq!(drawn, alone, "{index:?}, draw {draw}");
            }
        }
    }
}
