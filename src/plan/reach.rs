//! How far the waves of a strategy bring the new version, whatever happens between them: what its hosts are sent, on average over
//! the day.

use super::fleet::Fleet;
use super::share::Ratio;
use super::strategy::Wave;
use crate::ids::{IdVec, RegionId, ZoneId};

/// So many of a zone's `hosts` would be sent as many of its requests as its hosts on the new version are: these, or with a
/// weight its share of all.
#[must_use]
pub fn moved(on_new: u32, weight: Option<Ratio>, hosts: u32) -> f64 {
    weight.map_or(f64::from(on_new), |share| share.as_f64() * f64::from(hosts))
}

/// Requests a second that hosts on the new version are sent in a region, by what has moved of each of its zones.
#[must_use]
pub fn rate(fleet: &Fleet, region: RegionId, moved: impl Fn(ZoneId) -> f64) -> f64 {
    let place = &fleet.regions[region];
    let moved: f64 = place.zones.clone().map(moved).sum();
    place.requests_per_second * moved / fleet.region_hosts(region) as f64
}

/// Share of the fleet's mean traffic that the new version is sent after each of the waves.
#[must_use]
pub fn shares_after(fleet: &Fleet, waves: &[Wave]) -> Vec<f64> {
    let mut zones: IdVec<ZoneId, (u32, Option<Ratio>)> = fleet.zones.iter().map(|_| (0, None)).collect();
    let after = |wave: &Wave| {
        for zone in wave.regions.iter().flat_map(|region| wave.zones_of(fleet, *region)) {
            let (on_new, _) = zones[zone];
            zones[zone] = (wave.hosts.reach_of(fleet.zones[zone].hosts).max(on_new), wave.routed_share());
        }
        let moved = |zone: ZoneId| moved(zones[zone].0, zones[zone].1, fleet.zones[zone].hosts);
        let all: f64 = fleet.regions.ids().map(|region| rate(fleet, region, moved)).sum();
        all / fleet.requests_per_second()
    };
    waves.iter().map(after).collect()
}
