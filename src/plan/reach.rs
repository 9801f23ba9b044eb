//! How far the waves of a strategy bring the new version, whatever happens between them.

use super::fleet::Fleet;
use super::share::Ratio;
use super::strategy::Wave;
use crate::ids::{IdVec, ZoneId};

/// Share of the fleet's mean traffic that the new version is sent after each of the waves.
#[must_use]
pub fn shares_after(fleet: &Fleet, waves: &[Wave]) -> Vec<f64> {
    let mut moved: IdVec<ZoneId, (u32, Option<Ratio>)> = fleet.zones.iter().map(|_| (0, None)).collect();
    let all = fleet.requests_per_second();
    let after = |wave: &Wave| {
        for zone in wave.regions.iter().flat_map(|region| wave.zones_of(fleet, *region)) {
            let (hosts, _) = moved[zone];
            moved[zone] = (wave.hosts.reach_of(fleet.zones[zone].hosts).max(hosts), wave.routed_share());
        }
        let sent = fleet.zones.ids().map(|zone| {
            let (hosts, weight) = moved[zone];
            let (place, of_zone) = (&fleet.zones[zone], f64::from(fleet.zones[zone].hosts));
            let hosts = weight.map_or(f64::from(hosts), |weight| weight.as_f64() * of_zone);
            let region = &fleet.regions[place.region];
            region.requests_per_second * hosts / fleet.region_hosts(place.region) as f64
        });
        sent.sum::<f64>() / all
    };
    waves.iter().map(after).collect()
}
