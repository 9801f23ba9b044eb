//! How fast CodeDeploy goes over hosts: how many stay healthy, in the Region and in each zone, and how long a zone is watched.

use super::deployment::{AwsDeployment, MOST_HOSTS, error_at};
use super::fleet::HostFleet;
use super::value::AwsValue;
use crate::import::desk::Desk;
use crate::import::draft::{DraftTable, DraftValue, duration, inline, text, whole};
use crate::import::provenance::Provenance;
use crate::import::time::SECOND;

/// How many hosts stay healthy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HealthyHosts {
    /// So many.
    Count(u64),
    /// So many of a hundred, rounded up.
    Percent(u64),
    /// All but one: CodeDeploy's way to go one by one.
    AllButOne,
}

/// How fast it goes.
#[derive(Debug, Clone)]
pub(super) struct HostPace {
    healthy: HealthyHosts,
    from: Option<Provenance>,
    zonal: Option<ZonePace>,
    /// Whether new hosts come beside the old ones, so that it is a pace and nobody is away.
    beside: bool,
}

/// Zone by zone.
#[derive(Debug, Clone)]
struct ZonePace {
    healthy: Option<(HealthyHosts, Provenance)>,
    bake: Option<(u64, Provenance)>,
    first_bake: Option<(u64, Provenance)>,
}

/// The hosts that a predefined configuration keeps healthy.
pub(super) fn predefined(name: &str) -> Option<HostPace> {
    let healthy = match name {
        "OneAtATime" => HealthyHosts::AllButOne,
        "HalfAtATime" => HealthyHosts::Percent(50),
        "AllAtOnce" => HealthyHosts::Count(0),
        _ => return None,
    };
    Some(HostPace { healthy, from: None, zonal: None, beside: false })
}

/// What the properties of a configuration say; none where they cannot be read, which was then reported.
pub(super) fn pace_of(properties: &AwsValue<'_>) -> Option<HostPace> {
    let written = properties.get("MinimumHealthyHosts");
    let (healthy, from) = match &written {
        Some(written) => (healthy(written)?, written.provenance()),
        None => (HealthyHosts::Count(0), Provenance::implied("no host has to stay healthy")),
    };
    let zonal = match properties.get("ZonalConfig") {
        Some(config) => Some(zonal(&config)?),
        None => None,
    };
    Some(HostPace { healthy, from: Some(from), zonal, beside: false })
}

fn zonal(config: &AwsValue<'_>) -> Option<ZonePace> {
    let time =
        |key: &str| config.get(key).and_then(|time| Some((time.duration_ms(SECOND)?, time.provenance())));
    let per_zone = match config.get("MinimumHealthyHostsPerZone") {
        Some(written) => Some((healthy(&written)?, written.provenance())),
        None => None,
    };
    Some(ZonePace {
        healthy: per_zone,
        bake: time("MonitorDurationInSeconds"),
        first_bake: time("FirstZoneMonitorDurationInSeconds"),
    })
}

fn healthy(written: &AwsValue<'_>) -> Option<HealthyHosts> {
    let kind = written.want("Type")?;
    let value = written.want("Value")?;
    let number = value.whole()?;
    match kind.text()? {
        "HOST_COUNT" if number >= MOST_HOSTS => {
            value.error(format!("a scenario has at most {MOST_HOSTS} hosts"));
            None
        }
        "HOST_COUNT" => Some(HealthyHosts::Count(number)),
        "FLEET_PERCENT" if number < 100 => Some(HealthyHosts::Percent(number)),
        "FLEET_PERCENT" => {
            value.error("with this share healthy no host could be deployed to: CodeDeploy fails at once");
            None
        }
        _ => {
            kind.error("this is neither `HOST_COUNT` nor `FLEET_PERCENT`");
            None
        }
    }
}

impl HealthyHosts {
    /// How many of `hosts` may be away at once.
    pub fn away(self, hosts: u64) -> u64 {
        match self {
            Self::Count(healthy) => hosts.saturating_sub(healthy),
            Self::Percent(healthy) => hosts - (hosts * healthy).div_ceil(100),
            Self::AllButOne => 1,
        }
    }

    /// The fewest hosts of which one may be away.
    fn fewest(self) -> u64 {
        match self {
            Self::Count(healthy) => healthy.saturating_add(1),
            Self::Percent(healthy) => 100_u64.div_ceil(100 - healthy.min(99)),
            Self::AllButOne => 2,
        }
    }

    /// As a scenario writes it.
    pub fn written(self) -> DraftValue {
        match self {
            Self::Count(0) => text("100%"),
            Self::Count(healthy) => text(&format!("all but {healthy}")),
            Self::Percent(0) => text("100%"),
            Self::Percent(healthy) => text(&format!("{}% down", 100 - healthy)),
            Self::AllButOne => whole(1),
        }
    }
}

impl HostPace {
    /// With a second fleet beside the first.
    pub fn beside_the_old(self) -> Self {
        Self { beside: true, ..self }
    }

    /// Half of the hosts at once, for want of anything better.
    pub fn half() -> Self {
        Self { healthy: HealthyHosts::Percent(50), from: None, zonal: None, beside: false }
    }

    /// Puts it into a deployment on `fleet`; `used` is where the configuration is named.
    pub fn write(
        self,
        deployment: &mut AwsDeployment,
        fleet: &HostFleet,
        used: &Provenance,
        desk: &Desk<'_>,
    ) {
        let from = self.from.clone().unwrap_or_else(|| used.clone());
        let zones = match &self.zonal {
            Some(_) => fleet.zones.as_ref().map_or(3, |(zones, _)| *zones).max(1),
            None => 1,
        };
        if self.zonal.is_some() && fleet.zones.is_none() {
            desk.by_hand(
                "zones",
                "in how many zones the hosts are: 3 here, as the configuration goes zone by zone",
            );
        }
        let guess = fleet.guess.max(self.fewest(zones));
        let fleet = HostFleet { guess, ..fleet.clone() };
        fleet.write(deployment, zones);
        let in_zone = fleet.total().div_ceil(zones);
        let hosts = in_zone * zones;
        let away = self.healthy.away(hosts);
        deployment.table.set("max-unavailable", self.healthy.written(), from.clone());
        let mut most = away;
        if let Some(zonal) = &self.zonal {
            most = zonal.write(self.healthy, (in_zone, hosts), &from, &mut deployment.table);
        }
        if most == 0 {
            let message = format!(
                "of {hosts} hosts none may leave service: CodeDeploy fails such a deployment at once"
            );
            error_at(&from, desk, &message);
        }
        if self.beside {
            let pace = if let HealthyHosts::Count(_) = self.healthy {
                whole(most.max(1))
            } else {
                self.healthy.written()
            };
            deployment.table.set("batch", pace, from);
            deployment.table.set(
                "max-unavailable",
                whole(0),
                Provenance::implied("new instances come beside the old ones"),
            );
            deployment.table.set(
                "max-surge",
                text("100%"),
                Provenance::implied("blue/green: a second fleet"),
            );
        }
        // It fails when so many are unhealthy that fewer than the least are left.
        let allowed = if self.healthy == HealthyHosts::AllButOne { 0 } else { away.max(1) - 1 };
        let depends =
            format!("one less than may be away of {hosts} hosts: it fails when too few are healthy");
        let failed_from =
            if fleet.hosts.is_some() { Provenance::Implied(depends) } else { Provenance::Hand(depends) };
        let may_fail = inline([("allowed", whole(allowed)), ("per", text("rollout"))]);
        deployment.table.set("failures", may_fail, failed_from);
    }

    /// The fewest hosts of which one may be away.
    fn fewest(&self, zones: u64) -> u64 {
        let in_zone =
            self.zonal.as_ref().and_then(|zonal| zonal.healthy.as_ref()).map_or(0, |(own, _)| own.fewest());
        self.healthy.fewest().max(in_zone.saturating_mul(zones)).min(MOST_HOSTS)
    }
}

impl ZonePace {
    /// Writes bakes and the tighter of the limits of the Region and of each zone; returns how many may be away in a zone.
    fn write(
        &self,
        region: HealthyHosts,
        (in_zone, hosts): (u64, u64),
        from: &Provenance,
        table: &mut DraftTable,
    ) -> u64 {
        if let Some((bake_ms, bake_from)) = &self.bake {
            table.set("zone-bake", duration(*bake_ms), bake_from.clone());
        }
        if let Some((bake_ms, bake_from)) = &self.first_bake {
            table.set("first-zone-bake", duration(*bake_ms), bake_from.clone());
        }
        let of_region = region.away(hosts);
        let (own, own_from) = match &self.healthy {
            Some((healthy, own_from)) => (*healthy, own_from.clone()),
            None => (HealthyHosts::Count(0), Provenance::implied("in a zone no host has to stay healthy")),
        };
        let of_zone = own.away(in_zone);
        // Zones come one after the other, so what may be away in the Region may be away in one of them.
        if of_region >= of_zone {
            table.set("max-unavailable", own.written(), own_from);
            return of_zone;
        }
        let tighter = format!("what the Region's limit leaves of {hosts} hosts");
        table.set("max-unavailable", whole(of_region), from.clone().and(&Provenance::Implied(tighter)));
        of_region
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_are_away_as_are_not_needed() {
        assert_eq!(HealthyHosts::Count(8).away(10), 2);
        assert_eq!(HealthyHosts::Count(12).away(10), 0);
        assert_eq!(HealthyHosts::Percent(85).away(10), 1);
        assert_eq!(HealthyHosts::Percent(95).away(10), 0);
        assert_eq!(HealthyHosts::Percent(50).away(9), 4);
        assert_eq!(HealthyHosts::AllButOne.away(10), 1);
    }

    #[test]
    fn predefined_configurations_are_known() {
        assert_eq!(predefined("HalfAtATime").unwrap().healthy, HealthyHosts::Percent(50));
        assert!(predefined("QuarterAtATime").is_none());
    }
}
