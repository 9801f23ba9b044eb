//! What a bad change does: who can be hurt, when the fault wakes, while what it hurts, what customers
//! see of it, and what heals it. Each is a choice of its own, so that few words make many incidents.

use super::share::HostShare;
use super::signal::Sign;
use super::unsaid::is_default;
use crate::ids::{AlarmId, CohortId, IdVec, RegionId};
use crate::random::Distribution;
use serde::{Serialize, Serializer};

/// One entry of the defect catalogue.
#[derive(Debug, Clone, Serialize)]
pub struct Defect {
    /// Unique name.
    pub name: String,
    /// Probability of this entry given a bad change; the catalogue's sum to 1.
    pub probability: f64,
    /// Which version has it.
    #[serde(skip_serializing_if = "is_default")]
    pub on: FaultyVersion,
    /// What the onset counts from.
    pub clock: DefectClock,
    /// Delay from exposure to the fault's awakening. For [`DefectClock::Requests`] it is not used.
    pub onset: Distribution,
    /// Probability that a request wakes the fault on its host, for [`DefectClock::Requests`].
    pub per_request: f64,
    /// Hosts of each zone in which the fault can wake at all, drawn at random without replacement.
    pub reach: HostShare,
    /// Cohort whose hosts alone it can wake in. Its share of each zone takes the place of `reach`.
    pub cohort: Option<CohortId>,
    /// Regions in which it can wake; none: in all.
    pub regions: Option<Vec<RegionId>>,
    /// When and where an awake fault hurts.
    pub condition: Condition,
    /// What wakes it from outside; none: nothing is needed.
    pub trigger: Option<Trigger>,
    /// How long a cache or a retry hides an awake fault from customers.
    pub masked: Distribution,
    /// Who is impaired where it is awake.
    pub hurts: Hurts,
    /// What impaired hosts do.
    pub symptom: Symptom,
    /// Alarms that can see it; none: all of them.
    pub seen_by: Option<Vec<AlarmId>>,
    /// How long it keeps operators from acting, once they try; none: it does not.
    pub locks_out: Option<Distribution>,
    /// What takes it away.
    pub cure: Cure,
}

/// Which version has a defect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultyVersion {
    /// The change brings it.
    #[default]
    NewVersion,
    /// The version before has it, on every host that it can impair, from the start on: the fleet is sick, and the change,
    /// a good one, cures the hosts that take it.
    OldVersion,
}

/// What the onset of a defect counts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DefectClock {
    /// Exposure hazard: each host runs its own delay from the end of its own deployment.
    Host,
    /// Latent clock: one delay for the whole change, from the first exposed host. When it ends the fault
    /// wakes on every exposed host at once, and on each later one as soon as it is deployed.
    Change,
    /// Traffic: each request to an exposed host wakes the fault there with a small probability.
    Requests,
}

/// A part of the fleet around a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Within {
    /// The host's zone.
    Zone,
    /// The host's region.
    Region,
    /// The whole fleet.
    Service,
}

/// While what an awake fault hurts; all that are given must hold.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Condition {
    /// The region's traffic is more than this many requests per second.
    pub traffic_above: Option<f64>,
    /// The region's traffic is more than this share of its daily peak.
    pub peak_share_above: Option<f64>,
    /// Hours of the UTC day, by region.
    pub hours: Option<IdVec<RegionId, [bool; 24]>>,
    /// More than this share or number of the hosts there are on the new version.
    pub exposed_above: Option<(HostShare, Within)>,
    /// Hosts on both versions are there.
    pub mixed: Option<Within>,
    /// It comes and goes: for how long it hurts, and for how long it does not. It begins by hurting.
    pub intermittent: Option<(Distribution, Distribution)>,
}

/// What wakes a dormant fault.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Trigger {
    /// Time from the start of the rollout.
    pub at: Distribution,
    /// Whether it comes everywhere at once or to each region at a time of its own.
    pub within: Within,
    /// How long it lasts; none: for ever.
    pub lasts: Option<Distribution>,
    /// How long a withdrawal takes to reach a region, each by itself; none: no time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawal: Option<Distribution>,
}

/// Who is impaired by an awake fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hurts {
    /// The host it is awake on.
    Host,
    /// Every host around, on whatever version, once it is awake on at least this share or number of the
    /// hosts there: a shared dependency.
    Everyone(HostShare, Within),
}

/// What an impaired host does.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Symptom {
    /// Share of its requests that it fails, on top of the background.
    pub error_ratio: f64,
    /// Share of its requests that are slow, on top of the background.
    pub slow_ratio: f64,
    /// Share of its requests that never arrive: customers do not get there.
    #[serde(skip_serializing_if = "is_default")]
    pub drop_ratio: f64,
    /// It serves nothing: its load goes to the others of its region where the fleet has a capacity.
    pub crash: bool,
    /// Share of its requests that leave bad data behind.
    pub damage_per_request: f64,
    /// Bad items that it makes in an hour, whatever its traffic.
    pub damage_per_host_hour: f64,
}

/// What takes a fault away from a host.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cure {
    /// What the old version does to it.
    pub rollback: RollbackEffect,
    /// Probability that it does so to a host; it does nothing to the others.
    pub share: f64,
    /// Work on hosts that a rollback or a switch alone does not heal: each gets the first of these that it is one of the
    /// hosts of, and without one is well at once.
    #[serde(serialize_with = "one_or_more")]
    pub repair: Vec<HostRepair>,
    /// It comes back.
    pub relapse: Option<Relapse>,
    /// Bad items put right in an hour once nobody is impaired; none: they stay uncounted.
    pub items_per_hour: Option<f64>,
}

/// What going back to the old version does to a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RollbackEffect {
    /// The fault is gone.
    Heals,
    /// The fault stays: bad data, a bricked host.
    Keeps,
    /// The fault wakes on hosts that go back, those included that had been well.
    Worsens,
}

/// Work on each host, at most so much at once.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HostRepair {
    /// Share of the hosts that need it, drawn host by host; none: all that the repairs before it leave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// Regions in which hosts need it; none: in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regions: Option<Vec<RegionId>>,
    /// Time for one host.
    pub per_host: Distribution,
    /// Hosts worked on at once; none: all.
    pub at_once: Option<u32>,
    /// Around whom that limit holds: workers of the whole service, or a store of each region that
    /// restarting hosts lean on.
    pub within: Within,
}

/// A healed host becomes impaired again.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Relapse {
    /// Probability, each time it is healed.
    pub probability: f64,
    /// Time from healing to relapse.
    pub after: Distribution,
    /// Time from relapse to being healed again.
    pub lasts: Distribution,
}

impl HostRepair {
    /// Whether hosts of a region can need it.
    #[must_use]
    pub fn is_in(&self, region: RegionId) -> bool {
        self.regions.as_ref().is_none_or(|regions| regions.contains(&region))
    }
}

impl Cure {
    /// Which of the repairs a host of a region needs, by its `uniform`, which is asked for only where that matters.
    pub fn repair_of(&self, region: RegionId, uniform: impl FnOnce() -> f64) -> Option<usize> {
        let mut here = (0..self.repair.len()).filter(|index| self.repair[*index].is_in(region)).peekable();
        if self.repair[*here.peek()?].share.is_none() {
            return here.next();
        }
        let (uniform, mut below) = (uniform(), 0.0);
        here.find(|index| {
            below += self.repair[*index].share.unwrap_or(1.0);
            uniform < below
        })
    }
}

impl Symptom {
    /// Share of an impaired host's requests that arrive.
    #[must_use]
    pub fn arriving(&self) -> f64 {
        1.0 - self.drop_ratio
    }

    /// Whether it leaves bad items.
    #[must_use]
    pub fn damages(&self) -> bool {
        self.damage_per_request > 0.0 || self.damage_per_host_hour > 0.0
    }

    /// Share of an impaired host's requests that show `sign`, on top of the background; of those that arrive.
    #[must_use]
    pub fn ratio(&self, sign: Sign) -> f64 {
        match sign {
            Sign::Failure => self.error_ratio,
            Sign::Slowness => self.slow_ratio,
        }
    }
}

impl Default for Defect {
    /// Every exposed host fails every request at once, and a rollback heals it.
    fn default() -> Self {
        let immediate = Distribution::Fixed { ms: 0 };
        Self {
            name: String::new(),
            probability: 1.0,
            on: FaultyVersion::NewVersion,
            clock: DefectClock::Host,
            onset: immediate,
            per_request: 0.0,
            reach: HostShare::ALL,
            cohort: None,
            regions: None,
            condition: Condition::default(),
            trigger: None,
            masked: immediate,
            hurts: Hurts::Host,
            symptom: Symptom {
                error_ratio: 1.0,
                slow_ratio: 0.0,
                drop_ratio: 0.0,
                crash: false,
                damage_per_request: 0.0,
                damage_per_host_hour: 0.0,
            },
            seen_by: None,
            locks_out: None,
            cure: Cure::default(),
        }
    }
}

impl Default for Cure {
    /// Going back heals.
    fn default() -> Self {
        Self {
            rollback: RollbackEffect::Heals,
            share: 1.0,
            repair: Vec::new(),
            relapse: None,
            items_per_hour: None,
        }
    }
}

impl Defect {
    /// Whether a change with it is a good one: what it stands for is a fleet that the change cures.
    #[must_use]
    pub fn is_cured_by_the_change(&self) -> bool {
        match self.on {
            FaultyVersion::NewVersion => false,
            FaultyVersion::OldVersion => true,
        }
    }

    /// Whether an alarm can see anything of it.
    #[inline]
    #[must_use]
    pub fn is_seen_by(&self, alarm: AlarmId) -> bool {
        self.seen_by.as_ref().is_none_or(|alarms| alarms.contains(&alarm))
    }
}

impl Condition {
    /// Whether it depends on how many hosts have the new version.
    #[must_use]
    pub fn counts_hosts(&self) -> bool {
        self.exposed_above.is_some() || self.mixed.is_some()
    }

    /// Whether it depends on the hour.
    #[must_use]
    pub fn looks_at_the_clock(&self) -> bool {
        self.traffic_above.is_some() || self.peak_share_above.is_some() || self.hours.is_some()
    }
}

/// Fingerprints of plans know one of them by itself.
fn one_or_more<S: Serializer>(list: &[HostRepair], serializer: S) -> Result<S::Ok, S::Error> {
    match list {
        [] => serializer.serialize_none(),
        [one] => one.serialize(serializer),
        more => more.serialize(serializer),
    }
}
