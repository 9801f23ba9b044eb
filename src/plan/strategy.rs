//! Strategies: ordered waves, the procedure inside a zone, and what a rollback does.

use super::change::Change;
use super::failures::FailureBudget;
use super::fleet::Fleet;
use super::gate::{Gate, GateChecks, GateKind};
use super::pipeline::calendar::WaveCalendar;
use super::response::{Operators, Response};
use super::share::{HostShare, Ratio, Rounding};
use super::unsaid::is_default;
use crate::ids::{AlarmId, CohortId, IdRange, RegionId, ZoneId};
use crate::random::Distribution;
use serde::{Serialize, Serializer};

/// The production part of a pipeline.
#[derive(Debug, Clone, Serialize)]
pub struct Strategy {
    /// Unique name.
    pub name: String,
    /// One sentence for reports; may be empty.
    pub description: String,
    /// Where the numbers come from; may be empty.
    pub source: String,
    /// Waves in order; each begins when the bake of the one before it ends.
    pub waves: Vec<Wave>,
    /// The alarms that this strategy's pipeline listens to, in some wave at least.
    pub alarms: Vec<AlarmId>,
    /// Share of a zone's hosts at which its deployment counts as done; stragglers beyond it are waited for.
    pub complete_at: Ratio,
    /// Time one host takes to move to the new version on this strategy's channel; none: as the change says.
    pub deploy_time: Option<Distribution>,
    /// Time one host takes to move back; none: as the change says.
    pub rollback_time: Option<Distribution>,
    /// How long of its move a host is out of service; none: as the change says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub downtime_ms: Option<u64>,
    /// Hosts that get the change past the waves.
    pub bypass: Option<Bypass>,
    /// Time from one region to the next, in the order of the waves, in which what triggers a dormant defect
    /// arrives; 0: everywhere at once.
    pub trigger_step_ms: u64,
    /// What it does about hosts whose deployment fails; none: it goes on without them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failures: Option<FailureBudget>,
    /// Longest time without a host that becomes ready in a zone where hosts are under way; none: any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress_deadline_ms: Option<u64>,
    /// What the pipeline does when an alarm fires.
    pub response: Response,
    /// What people do; none: nobody comes.
    pub operators: Option<Operators>,
    /// How hosts go back.
    pub rollback: Rollback,
}

impl Default for Strategy {
    /// No wave, no alarm; a rollback takes everything back at once.
    fn default() -> Self {
        Self {
            name: String::new(),
            description: String::new(),
            source: String::new(),
            waves: Vec::new(),
            alarms: Vec::new(),
            complete_at: Ratio::ONE,
            deploy_time: None,
            rollback_time: None,
            downtime_ms: None,
            bypass: None,
            trigger_step_ms: 0,
            failures: None,
            progress_deadline_ms: None,
            response: Response::default(),
            operators: None,
            rollback: Rollback::default(),
        }
    }
}

impl Default for Rollback {
    /// Everything, at once, to the version before.
    fn default() -> Self {
        Self {
            scope: RollbackScope::Everything,
            batch: HostShare::ALL,
            reaction_delay_ms: 0,
            target: RollbackTarget::Previous,
            switch_time: None,
            broken: 0.0,
        }
    }
}

impl Strategy {
    /// Whether a gate stands behind some wave.
    #[must_use]
    pub fn has_gates(&self) -> bool {
        self.waves.iter().any(|wave| !wave.gates.is_empty())
    }

    /// Whether some gate may refuse a bad change for what it is.
    #[must_use]
    pub fn may_refuse(&self) -> bool {
        let mut gates = self.waves.iter().flat_map(|wave| &wave.gates);
        gates.any(|gate| match &gate.kind {
            GateKind::Approval(work) | GateKind::Test(work) => work.catches > 0.0,
            GateKind::Checks(_) | GateKind::Risk(_) => true,
            GateKind::Opening(_) | GateKind::Requests(_) => false,
        })
    }

    /// How often a host on which a deployment fails is tried again.
    #[must_use]
    pub fn retries(&self) -> u32 {
        self.failures.map_or(0, |failures| failures.retries)
    }

    /// The alarms whose datapoints gates check.
    pub fn checked_alarms(&self) -> impl Iterator<Item = AlarmId> {
        let gates = self.waves.iter().flat_map(|wave| &wave.gates);
        let checks = gates.filter_map(|gate| match &gate.kind {
            GateKind::Checks(checks) => Some(checks),
            GateKind::Approval(_)
            | GateKind::Test(_)
            | GateKind::Opening(_)
            | GateKind::Requests(_)
            | GateKind::Risk(_) => None,
        });
        checks.flat_map(GateChecks::alarms)
    }

    /// Whether a gate weighs what was seen of the new version.
    #[must_use]
    pub fn weighs_risk(&self) -> bool {
        self.waves.iter().flat_map(|wave| &wave.gates).any(|gate| matches!(gate.kind, GateKind::Risk(_)))
    }

    /// The alarms that are listened to in one of its waves.
    #[inline]
    #[must_use]
    pub fn alarms_in<'s>(&'s self, wave: &'s Wave) -> &'s [AlarmId] {
        wave.alarms.as_ref().unwrap_or(&self.alarms)
    }

    /// Time one host takes to move to the new version.
    #[must_use]
    pub fn deploy_time(&self, change: &Change) -> Distribution {
        self.deploy_time.unwrap_or(change.deploy_time)
    }

    /// Whether anything can make the rollout react: an alarm, or something that it notices itself.
    #[must_use]
    pub fn reacts(&self) -> bool {
        let fails = self.failures.is_some_and(|failures| failures.allowed.is_some());
        !self.alarms.is_empty() || fails || self.progress_deadline_ms.is_some() || self.has_gates()
    }

    /// Time one host takes to move back.
    #[must_use]
    pub fn rollback_time(&self, change: &Change) -> Distribution {
        self.rollback_time.unwrap_or(change.rollback_time)
    }

    /// Whether some wave sends the new version another share of requests than its hosts are.
    #[must_use]
    pub fn routes_traffic(&self) -> bool {
        self.waves.iter().any(|wave| wave.routed_share().is_some())
    }

    /// Shares of users up to which waves send the same ones to the new version, ascending; the last is all of them.
    #[must_use]
    pub fn user_levels(&self) -> Vec<f64> {
        let shares = self.waves.iter().filter_map(|wave| wave.users).map(Ratio::as_f64);
        let mut levels: Vec<f64> = shares.filter(|share| *share > 0.0).chain([1.0]).collect();
        levels.sort_by(f64::total_cmp);
        levels.dedup();
        levels
    }

    /// How long of its move, there or back, a host is out of service; none: as long as its batch moves.
    #[must_use]
    pub fn downtime_ms(&self, change: &Change) -> Option<u64> {
        self.downtime_ms.or(change.downtime_ms)
    }
}

/// A channel beside the waves: some hosts of every zone take the change by themselves as soon as there is
/// one, and no pipeline stops them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bypass {
    /// Hosts of each zone.
    pub hosts: HostShare,
    /// Time from the rollout's start until such a host has the new version.
    pub time: Distribution,
}

/// One wave.
#[derive(Debug, Clone, Serialize)]
pub struct Wave {
    /// Name for reports.
    pub name: String,
    /// Regions in start order.
    pub regions: Vec<RegionId>,
    /// Share of each zone's hosts on the new version when the wave is done; grows from wave to wave
    /// where a region appears in several.
    pub hosts: HostShare,
    /// Zones of each of its regions that the wave reaches, the first ones; none: all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zones: Option<HostShare>,
    /// Share of each zone's requests that its hosts on the new version are sent from when the wave's hosts there are done;
    /// none: as many as they are of all hosts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traffic: Option<Ratio>,
    /// The same of its users, who are sent there with all of their requests; not together with `traffic`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub users: Option<Ratio>,
    /// Regions deployed to at once.
    pub regions_at_once: Concurrency,
    /// Wait after the wave's last region is done.
    pub bake_ms: u64,
    /// What must hold besides before what follows begins. Left out of the fingerprint where there is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<Gate>,
    /// The alarms that are listened to in this wave; none: those of the strategy. If one wave has some, all have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alarms: Option<Vec<AlarmId>>,
    /// How each zone is deployed to.
    pub procedure: Procedure,
    /// What must be open in a pipeline for it to begin; none: what the pipeline says of its waves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calendar: Option<WaveCalendar>,
}

impl Wave {
    /// Share of each zone's requests that its hosts on the new version are sent, by requests or by users; none: as many as they are
    /// of all hosts.
    #[inline]
    #[must_use]
    pub fn routed_share(&self) -> Option<Ratio> {
        self.traffic.or(self.users)
    }

    /// The zones of a region that the wave reaches: a share of them is rounded up.
    #[inline]
    #[must_use]
    pub fn zones_of(&self, fleet: &Fleet, region: RegionId) -> IdRange<ZoneId> {
        let zones = &fleet.regions[region].zones;
        match self.zones {
            None => zones.clone(),
            Some(share) => zones.first(share.reach_of(zones.len() as u32) as usize),
        }
    }
}

/// How many places are deployed to at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concurrency {
    /// At most this many, at least 1.
    AtMost(u32),
    /// This share of those that there are, rounded down, and at least 1.
    Share(Ratio),
    /// This share, rounded as it says, and at least 1.
    Rounded(Ratio, Rounding),
    /// All that there are.
    All,
}

impl Concurrency {
    /// One after the other.
    pub const ONE: Self = Self::AtMost(1);

    /// How many of `places` go at once.
    #[must_use]
    pub fn of(self, places: usize) -> usize {
        match self {
            Self::AtMost(limit) => places.min(limit.max(1) as usize),
            Self::Share(share) => Self::Rounded(share, Rounding::Down).of(places),
            Self::Rounded(share, to) => places.min((to.of(share, places as u64) as usize).max(1)),
            Self::All => places,
        }
    }

    /// Whether one more of `places` may begin beside `running`.
    #[inline]
    #[must_use]
    pub fn has_room(self, running: u32, places: usize) -> bool {
        match self {
            Self::AtMost(limit) => running < limit,
            Self::Share(_) | Self::Rounded(..) => (running as usize) < self.of(places),
            Self::All => true,
        }
    }
}

/// A share like one of hosts, the others as a number: fingerprints of plans and what is printed of them have always known
/// "all" as the largest one.
impl Serialize for Concurrency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::AtMost(limit) => serializer.serialize_u32(limit),
            Self::Share(share) => HostShare::Share(share).serialize(serializer),
            Self::Rounded(share, to) => HostShare::Rounded { share, to }.serialize(serializer),
            Self::All => serializer.serialize_u32(u32::MAX),
        }
    }
}

/// How one zone is deployed to.
#[derive(Debug, Clone, Serialize)]
pub struct Procedure {
    /// The one-box stage; none in a zone that already runs the new version on some hosts.
    pub one_box: Option<OneBox>,
    /// Hosts per batch; a batch ends with its last host. Never more than [`Procedure::together_of`].
    pub batch: HostShare,
    /// Hosts of the batches before those, in order; each follows when the one before it is done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub first_batches: Vec<HostShare>,
    /// Hosts that may be out of service at once; caps batches and the one-box.
    pub max_unavailable: HostShare,
    /// Hosts of the new version that may come beside those of the zone; none: hosts are replaced where they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_surge: Option<HostShare>,
    /// When the next hosts start.
    #[serde(skip_serializing_if = "is_default")]
    pub batching: Batching,
    /// Wait after each batch but the last; after each host where they slide.
    #[serde(skip_serializing_if = "is_default")]
    pub batch_bake_ms: u64,
    /// Wait after the zone's last batch.
    pub zone_bake_ms: u64,
    /// The same in the first zone of a region; none: as in the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_zone_bake_ms: Option<u64>,
    /// Zones of one region deployed to at once.
    pub zones_at_once: Concurrency,
}

impl Procedure {
    /// Wait after the last batch of a zone, which may be the first of its region.
    #[inline]
    #[must_use]
    pub fn bake_of_zone_ms(&self, is_first: bool) -> u64 {
        self.first_zone_bake_ms.filter(|_| is_first).unwrap_or(self.zone_bake_ms)
    }

    /// Hosts of a batch in a zone of so many hosts.
    #[inline]
    #[must_use]
    pub fn batch_of(&self, hosts: u32) -> u32 {
        self.batch.of(hosts).min(self.together_of(hosts))
    }

    /// The batches that have sizes of their own, which take a zone of `hosts` from `done` hosts towards `target`: how large
    /// each is, and up to how many hosts.
    pub fn first_batches_of(&self, hosts: u32, done: u32, target: u32) -> impl Iterator<Item = (u32, u32)> {
        self.first_batches.iter().scan(done, move |done, size| {
            let size = size.of(hosts).min(self.together_of(hosts)).min(target.saturating_sub(*done));
            *done += size;
            (size > 0).then_some((size, *done))
        })
    }

    /// Hosts of the new version that may come beside a zone's `hosts`: a share of them is rounded up, as Kubernetes does.
    #[inline]
    #[must_use]
    pub fn surge_of(&self, hosts: u32) -> u32 {
        self.max_surge.map_or(0, |surge| surge.reach_of(hosts))
    }

    /// Hosts of a zone of `hosts` that may be out of service at once: a share is rounded down. That is at least 1, unless
    /// others come beside them.
    #[inline]
    #[must_use]
    pub fn unavailable_of(&self, hosts: u32) -> u32 {
        if self.surge_of(hosts) > 0 {
            self.max_unavailable.at_most_of(hosts)
        } else {
            self.max_unavailable.of(hosts)
        }
    }

    /// Hosts of a zone of `hosts` that may be on their way at once: in place of others, or beside them.
    #[inline]
    #[must_use]
    pub fn together_of(&self, hosts: u32) -> u32 {
        (self.unavailable_of(hosts) + self.surge_of(hosts)).min(hosts.max(1))
    }
}

/// When the next hosts of a zone start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Batching {
    /// A batch starts when the last host of the one before it is done.
    #[default]
    Barrier,
    /// A host starts as soon as one is done: as many as a batch are on their way at any time.
    Sliding,
}

/// The one-box stage.
#[derive(Debug, Clone, Serialize)]
pub struct OneBox {
    /// Hosts in the one-box, deployed together.
    pub hosts: HostShare,
    /// Wait after its last host.
    pub bake_ms: u64,
    /// Cohorts with at least one host in it if it is large enough.
    pub covers: Vec<CohortId>,
}

/// How hosts go back.
#[derive(Debug, Clone, Serialize)]
pub struct Rollback {
    /// Which hosts go back.
    pub scope: RollbackScope,
    /// Hosts per rollback batch in each zone; zones go back in parallel.
    pub batch: HostShare,
    /// Delay from the alarm to the pipeline's stop and the start of the rollback. Until then the
    /// rollout goes on.
    pub reaction_delay_ms: u64,
    /// Which version they go back to.
    pub target: RollbackTarget,
    /// Time from the start of the rollback until requests that are routed go to the old version; none: at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub switch_time: Option<Distribution>,
    /// Probability that the rollout's own rollback is broken: it stops, and takes no host back.
    #[serde(skip_serializing_if = "is_default")]
    pub broken: f64,
}

/// Which version a rollback brings back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RollbackTarget {
    /// The one before the change.
    Previous,
    /// The latest that passed a gate: after the first wave's bake that is the change itself.
    LastBlessed,
}

/// Which hosts go back. Whatever the scope, nothing new starts anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RollbackScope {
    /// Every host under the alarm's own scope: its zone, its region, or all for a service alarm.
    Deployment,
    /// Every host of the alarm's region (all for a service alarm).
    Region,
    /// Every host of the regions of the wave in progress.
    Wave,
    /// Every host on the new version.
    Everything,
}
