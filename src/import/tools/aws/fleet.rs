//! How many hosts a deployment runs on, and in how many zones: what an Auto Scaling group or a service says of itself.

use super::account::{AwsResource, GROUP, SERVICE};
use super::deployment::{AwsDeployment, MOST_HOSTS, USUAL_HOSTS};
use super::value::AwsValue;
use crate::import::provenance::Provenance;

/// The hosts of a deployment.
#[derive(Debug, Clone)]
pub(super) struct HostFleet {
    /// Its name.
    pub name: String,
    /// All hosts, and where that is written; none where no file says it.
    pub hosts: Option<(u64, Provenance)>,
    /// Zones, likewise.
    pub zones: Option<(u64, Provenance)>,
    /// How many hosts are taken where no file says it.
    pub guess: u64,
}

impl HostFleet {
    /// Hosts of which nobody knows how many they are.
    pub fn unknown(name: &str) -> Self {
        Self { name: name.to_owned(), hosts: None, zones: None, guess: USUAL_HOSTS }
    }

    /// How many hosts there are, or are taken to be.
    pub fn total(&self) -> u64 {
        self.hosts.as_ref().map_or(self.guess, |(hosts, _)| *hosts)
    }

    /// Writes a region into `deployment` with the hosts in so many zones.
    pub fn write(&self, deployment: &mut AwsDeployment, zones: u64) {
        let zones = zones.max(1);
        let zones_from = match &self.zones {
            Some((known, from)) if *known == zones => from.clone(),
            _ => Provenance::hand("in how many zones they are"),
        };
        match &self.hosts {
            Some((hosts, from)) => {
                deployment.runs_on(&self.name, (zones, zones_from), (hosts.div_ceil(zones), from.clone()));
            }
            None if zones > 1 || self.guess != USUAL_HOSTS => {
                let hosts = (
                    self.total().div_ceil(zones),
                    Provenance::hand("how many instances there are in a zone"),
                );
                deployment.runs_on(&self.name, (zones, zones_from), hosts);
            }
            None => {}
        }
    }
}

/// The fleet of an Auto Scaling group or a service.
pub(super) fn fleet_of(resource: &AwsResource<'_>) -> HostFleet {
    let mut fleet = HostFleet::unknown(&resource.title());
    let properties = &resource.properties;
    match resource.kind {
        SERVICE => {
            fleet.hosts = match properties.get("DesiredCount") {
                Some(count) => hosts(&count),
                None => Some((1, Provenance::implied("the default of DesiredCount"))),
            };
        }
        GROUP => {
            let written = ["DesiredCapacity", "MinSize"].into_iter().find_map(|key| properties.get(key));
            fleet.hosts = written.and_then(|count| hosts(&count));
            let zones = ["AvailabilityZones", "VPCZoneIdentifier"].into_iter().find_map(|key| {
                let items = properties.list(key);
                // A list that one function makes has any number of items.
                let is_list = items.len() > 1 || items.first().is_some_and(|item| item.known().is_some());
                let count =
                    items.iter().map(|item| item.known().map_or(1, |text| text.split(',').count())).sum();
                is_list.then_some((count, properties.get(key)?.provenance()))
            });
            fleet.zones = zones.map(|(count, from): (usize, Provenance)| (count as u64, from));
        }
        _ => {}
    }
    fleet
}

/// A number of hosts; none of a zone has none, so 0 is not known.
fn hosts(count: &AwsValue<'_>) -> Option<(u64, Provenance)> {
    let number = count.whole()?;
    if number > MOST_HOSTS {
        count.error(format!("a scenario has at most {MOST_HOSTS} hosts"));
        return None;
    }
    (number > 0).then(|| (number, count.provenance()))
}
