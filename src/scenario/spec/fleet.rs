//! `[fleet]` and `[[fleet.region]]` as written.

use super::customers::WrittenCustomers;
use crate::plan::Arrivals;
use crate::scenario::reader::{Node, Read, Reader, Written};
use crate::scenario::table::spec;
use crate::scenario::value::{
    DistributionText, HostLimit, Int, MAX_HOSTS, Name, NonNegative, Percent, Shares, Text, schema,
};
use crate::scenario::words::words;
use schemars::json_schema;
use toml::de::DeValue;

/// Zones that a region can have.
const MAX_ZONES: u64 = 10_000;

spec! {
    /// All hosts that serve one service.
    pub struct FleetSpec {
        /// Name for reports. Default: "fleet".
        optional name: Name,
        /// Share of requests that fail on a healthy host. Default: "0%".
        optional background_error_ratio: Percent,
        /// Share of requests that are slow on a healthy host. Default: "0%".
        optional background_slow_ratio: Percent,
        /// Whether request counts are random ("poisson") or exactly their mean ("fixed").
        /// Default: "poisson".
        optional arrivals: Arrivals,
        /// How traffic changes over the local day, in every region without its own. Default: not at all.
        optional diurnal: DiurnalSpec,
        /// Load of a host at its region's daily peak with every host in service, as a share of what it can
        /// serve. Default: hosts can serve any load.
        optional peak_utilisation: Percent,
        /// Capacity follows the traffic of each hour, as with an autoscaler: the least of it that is kept, as a share of that
        /// at the daily peak. Needs `peak-utilisation`. Default: "100%", the same at every hour.
        optional scales_down_to: Percent,
        /// What goes wrong without any change.
        optional background: BackgroundSpec,
        /// The regions, in the order that waves use unless they say otherwise.
        listed region: Vec<Written<RegionSpec>>,
    }

    /// Traffic over the local day: a peak and a trough, or a curve. Its mean is always 1.
    pub struct DiurnalSpec {
        /// Local hour of the most traffic, 0 to 23. Needs `trough`.
        optional peak_hour: Int<0, 23>,
        /// Traffic at the least, relative to the most; a cosine lies between. Needs `peak-hour`.
        optional trough: Percent,
        /// 24 relative rates, one for each local hour from midnight; scaled so that their mean is 1.
        optional curve: Vec<Written<NonNegative>>,
    }

    /// One region.
    pub struct RegionSpec {
        /// Unique name, for example "eu-west-1".
        required name: Name,
        /// Zones: a count (they are named a, b, c, …) or a list of names. Default: 1.
        optional zones: Zones,
        /// Hosts in each zone: one number, or a list with one number for each zone.
        required hosts_per_zone: HostsPerZone,
        /// Mean requests per second of the whole region over a day. Default: 0, no traffic.
        optional requests_per_second: NonNegative,
        /// IANA time zone. The traffic has its offset of January, without daylight saving and part hours; deployment
        /// windows in local hours are exact. Default: "UTC".
        optional timezone: Text,
        /// Labels that waves can select by. Default: none.
        optional labels: Vec<Written<Name>>,
        /// Kinds of hosts and their share of each zone, for example { arm = "25%" }. Default: none.
        optional cohorts: Shares,
        /// How traffic changes over the local day. Default: as the fleet says.
        optional diurnal: DiurnalSpec,
        /// Hosts of each of its zones, at random, on which the deployment fails however often it is tried: a count, which may
        /// be 0, or a share. Default: as `[change]`.
        optional failing_hosts: HostLimit,
        /// Customers whose home it is: how many, on all of its hosts; or a table that says on which of its hosts or zones
        /// each of them is. Default: nothing is said of customers.
        optional customers: WrittenCustomers,
    }

    /// What goes wrong without any change.
    pub struct BackgroundSpec {
        /// A zone goes dark, each by itself.
        optional zone_failures: EpisodesSpec,
        /// A region goes dark, each by itself.
        optional region_failures: EpisodesSpec,
        /// An alarm fires for a reason of its own.
        optional ambient_alarms: AmbientSpec,
    }

    /// When an alarm fires for a reason of its own.
    pub struct AmbientSpec {
        /// From the end of one time, or the rollout's start, to the beginning of the next.
        required every: DistributionText,
        /// How long it lasts.
        required lasts: DistributionText,
        /// The alarm that fires; only strategies that listen to it mind. Default: whatever a strategy listens to.
        optional alarm: Name,
    }

    /// Something that comes and goes.
    pub struct EpisodesSpec {
        /// From the end of one, or the rollout's start, to the beginning of the next.
        required every: DistributionText,
        /// How long it lasts.
        required lasts: DistributionText,
    }
}

/// The zones of a region.
#[derive(Debug, Clone)]
pub enum Zones {
    /// This many, named by letters.
    Count(u64),
    /// These.
    Names(Vec<Written<Name>>),
}

impl Read for Zones {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        match node.value {
            DeValue::Integer(_) => {
                Int::<1, MAX_ZONES>::read(node, reader).map(|Int(count)| Self::Count(count))
            }
            DeValue::Array(array) if array.is_empty() => {
                reader.wrong_type(node, "a count or names of zones", "give at least one zone")
            }
            DeValue::Array(_) => Vec::read(node, reader).map(Self::Names),
            _ => reader.wrong_type(node, "a count or names of zones", "write 3 or [\"a\", \"b\", \"c\"]"),
        }
    }
}

schema! {
    Zones, "Zones", by name: |generator| {
        let count = generator.subschema_for::<Int<1, MAX_ZONES>>();
        let name = generator.subschema_for::<Name>();
        json_schema!({ "anyOf": [count, { "type": "array", "items": name, "minItems": 1 }] })
    }
}

/// Hosts in the zones of a region.
#[derive(Debug, Clone)]
pub enum HostsPerZone {
    /// The same number in each.
    Same(u64),
    /// One number for each.
    Each(Vec<Written<Int<1, MAX_HOSTS>>>),
}

impl Read for HostsPerZone {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        match node.value {
            DeValue::Integer(_) => {
                Int::<1, MAX_HOSTS>::read(node, reader).map(|Int(count)| Self::Same(count))
            }
            DeValue::Array(_) => Vec::read(node, reader).map(Self::Each),
            _ => {
                reader.wrong_type(node, "a number of hosts or one for each zone", "write 50 or [50, 40, 60]")
            }
        }
    }
}

schema! {
    HostsPerZone, "HostsPerZone", by name: |generator| {
        let count = generator.subschema_for::<Int<1, MAX_HOSTS>>();
        json_schema!({ "anyOf": [count, { "type": "array", "items": count, "minItems": 1 }] })
    }
}

words! {
    Arrivals { Poisson, Fixed }
}
