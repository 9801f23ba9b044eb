//! The fleet: regions, their zones, hosts and traffic over the day.

use super::customers::{Customers, ShardPlace, by_level};
use super::defect::Symptom;
use super::share::{HostShare, Ratio};
use super::signal::Sign;
use crate::ids::{AlarmId, CohortId, IdRange, IdVec, RegionId, ZoneId};
use crate::random::Distribution;
use serde::Serialize;

/// Milliseconds in one hour; traffic is constant within an hour of the day.
pub const HOUR_MS: u64 = 3_600_000;

/// How requests arrive in a period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arrivals {
    /// Request counts are Poisson with the period's mean.
    #[default]
    Poisson,
    /// Request counts are exactly the period's mean, rounded: for experiments with known answers.
    Fixed,
}

/// All hosts that serve one service.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Fleet {
    /// Name for reports.
    pub name: String,
    /// Regions in the order of the file.
    pub regions: IdVec<RegionId, Region>,
    /// Zones of all regions, region by region: [`Region::zones`] says which are whose.
    pub zones: IdVec<ZoneId, Zone>,
    /// Share of requests that fail on a healthy host.
    pub background_error_ratio: f64,
    /// Share of requests that are slow on a healthy host: slower than the limit that alarms look at.
    pub background_slow_ratio: f64,
    /// How requests arrive.
    pub arrivals: Arrivals,
    /// Load of a host at its region's daily peak while every host is in service, as a share of what it can
    /// serve; none: hosts can serve any load.
    pub peak_utilisation: Option<f64>,
    /// Capacity follows the traffic of the hour: the least of it that is kept, as a share of that at the peak, below 1; none:
    /// the same at every hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scales_down_to: Option<f64>,
    /// Kinds of hosts, by name.
    pub cohorts: IdVec<CohortId, String>,
    /// What goes wrong without any change.
    pub background: Background,
}

/// What goes wrong without any change.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Background {
    /// A zone goes dark: every zone by itself.
    pub zone_failures: Option<Episodes>,
    /// A region goes dark: every region by itself.
    pub region_failures: Option<Episodes>,
    /// An alarm of the service fires for a reason of its own.
    pub ambient_alarms: Option<Episodes>,
    /// Which alarm that is; none: whatever a strategy listens to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ambient_alarm: Option<AlarmId>,
}

/// Something that comes and goes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Episodes {
    /// From the end of one (or the rollout's start) to the beginning of the next.
    pub every: Distribution,
    /// How long it lasts.
    pub lasts: Distribution,
}

/// One region.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Region {
    /// Unique name, for example `eu-west-1`.
    pub name: String,
    /// Stable identity for random streams: a hash of the name, never a position.
    pub entity: u64,
    /// Its zones, which follow each other in [`Fleet::zones`].
    pub zones: IdRange<ZoneId>,
    /// Mean requests per second over a day, for the whole region; 0 means no traffic model.
    pub requests_per_second: f64,
    /// IANA time zone of the traffic curve.
    pub timezone: String,
    /// Traffic in each hour of the UTC day relative to the mean (averages to 1).
    pub hourly_factor: [f64; 24],
    /// Free labels that waves select by.
    pub labels: Vec<String>,
    /// Share of each zone's hosts in every cohort of [`Fleet::cohorts`].
    pub cohort_shares: IdVec<CohortId, Ratio>,
    /// Offset of the local day from UTC, in whole hours.
    pub utc_offset_hours: i64,
    /// Hosts of each of its zones, at random, on which a deployment always fails; none: as many as the change says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failing_hosts: Option<HostShare>,
    /// Its customers; none where nothing is said of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customers: Option<Customers>,
}

/// One availability zone.
#[derive(Debug, Clone, Serialize)]
pub struct Zone {
    /// Name within its region, for example `a`.
    pub name: String,
    /// Stable identity for random streams: a hash of `region/zone`.
    pub entity: u64,
    /// Its region.
    pub region: RegionId,
    /// Hosts in the zone, at least 1; they share the zone's traffic evenly.
    pub hosts: u32,
}

impl Fleet {
    /// Hosts in the fleet.
    #[must_use]
    pub fn hosts(&self) -> u64 {
        self.zones.iter().map(|zone| u64::from(zone.hosts)).sum()
    }

    /// Hosts in region `region`.
    #[must_use]
    pub fn region_hosts(&self, region: RegionId) -> u64 {
        self.zones[self.regions[region].zones.clone()].iter().map(|zone| u64::from(zone.hosts)).sum()
    }

    /// Places that a region's shards of customers are made of.
    #[must_use]
    pub fn shard_places(&self, region: RegionId, of: ShardPlace) -> u32 {
        match of {
            ShardPlace::Hosts => self.region_hosts(region) as u32,
            ShardPlace::Zones => self.regions[region].zones.len() as u32,
        }
    }

    /// How many of these places so many hosts of each of the region's zones are, or are in.
    #[must_use]
    pub fn places_with(&self, region: RegionId, of: ShardPlace, hosts: impl Fn(ZoneId) -> u32) -> u32 {
        let zones = self.regions[region].zones.clone();
        match of {
            ShardPlace::Hosts => zones.map(hosts).sum(),
            ShardPlace::Zones => zones.filter(|zone| hosts(*zone) > 0).count() as u32,
        }
    }

    /// The regions of whose customers something is said, with these.
    pub fn with_customers(&self) -> impl Iterator<Item = (RegionId, Customers)> {
        self.regions.enumerate().filter_map(|(id, region)| Some((id, region.customers?)))
    }

    /// Whether something is said of customers.
    #[must_use]
    pub fn has_customers(&self) -> bool {
        self.with_customers().next().is_some()
    }

    /// Customers of all regions.
    #[must_use]
    pub fn customers(&self) -> u64 {
        self.with_customers().map(|(_, customers)| customers.count).sum()
    }

    /// Customers of all regions who met so many hosts of each zone, to which so large a share of its users was sent: always the same
    /// ones up to each of the `levels`, which ascend to all users.
    #[must_use]
    pub fn customers_met(&self, levels: &[f64], met: impl Fn(ZoneId) -> (u32, f64)) -> f64 {
        let of_region = |(id, customers): (RegionId, Customers)| {
            let all = self.shard_places(id, customers.of);
            let share = by_level(levels, |level, _| {
                let hosts =
                    |zone| Some(met(zone)).filter(|(_, share)| *share >= level).map_or(0, |(hosts, _)| hosts);
                customers.met_share(self.places_with(id, customers.of, hosts), all)
            });
            customers.count as f64 * share
        };
        self.with_customers().map(of_region).sum()
    }

    /// Whether a zone is the first of its region.
    #[inline]
    #[must_use]
    pub fn is_first_zone(&self, zone: ZoneId) -> bool {
        self.regions[self.zones[zone].region].zones.at(0) == Some(zone)
    }

    /// Mean requests per second of the whole fleet.
    #[must_use]
    pub fn requests_per_second(&self) -> f64 {
        self.regions.iter().map(|region| region.requests_per_second).sum()
    }

    /// Share of requests that show `sign` on a healthy host, 0 to 1.
    #[must_use]
    pub fn background_of(&self, sign: Sign) -> f64 {
        match sign {
            Sign::Failure => self.background_error_ratio,
            Sign::Slowness => self.background_slow_ratio,
        }
    }

    /// How much larger that share is on a host with `symptom`: what is bad already is not bad twice.
    #[must_use]
    pub fn excess(&self, sign: Sign, symptom: &Symptom) -> f64 {
        let background = self.background_of(sign);
        (background + symptom.ratio(sign)).min(1.0) - background
    }

    /// How many more of the requests to a host with `symptom` than to a healthy one get no good answer: those that never
    /// arrive, and those that fail.
    #[must_use]
    pub fn harm(&self, symptom: &Symptom) -> f64 {
        let excess = self.excess(Sign::Failure, symptom);
        symptom.drop_ratio * (1.0 - self.background_error_ratio) + symptom.arriving() * excess
    }

    /// `region/zone`, the name used in timelines.
    #[must_use]
    pub fn zone_name(&self, zone: ZoneId) -> String {
        let zone = &self.zones[zone];
        format!("{}/{}", self.regions[zone.region].name, zone.name)
    }
}

impl Region {
    /// Requests per second in an hour of the UTC day.
    #[must_use]
    pub fn rate_in(&self, hour: usize) -> f64 {
        self.requests_per_second * self.hourly_factor[hour]
    }

    /// Traffic in an hour of the UTC day relative to the busiest hour, 0 to 1.
    #[must_use]
    pub fn load_in(&self, hour: usize) -> f64 {
        self.hourly_factor[hour] / self.hourly_factor.iter().copied().fold(0.0, f64::max)
    }

    /// Requests per second in the hour of the UTC day that `utc_ms` falls in.
    #[must_use]
    pub fn rate_at(&self, utc_ms: u64) -> f64 {
        self.requests_per_second * self.hourly_factor[hour_of_day(utc_ms)]
    }
}

/// Hour of the UTC day, 0 to 23, of an instant in milliseconds since a UTC midnight.
#[must_use]
pub fn hour_of_day(utc_ms: u64) -> usize {
    (utc_ms / HOUR_MS % 24) as usize
}
