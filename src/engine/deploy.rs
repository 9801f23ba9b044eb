//! Deployment of hosts: batches as single draws, hosts inside a batch only when somebody asks.
//!
//! A batch ends with its slowest host, whose time is one order statistic. By exchangeability slot 0
//! of the batch is that host; every other slot is, given the slowest, independent and below it.

use crate::plan::Plan;
use crate::random::{Distribution, Purpose, Stream, Streams, survival_of_largest};

/// Marks "no batch".
pub(super) const NONE: u32 = u32::MAX;

/// Hosts deployed to together: the hosts `first .. first + hosts` of their zone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Batch {
    pub(super) zone: u32,
    pub(super) first: u32,
    pub(super) hosts: u32,
    pub(super) start_ms: u64,
    pub(super) end_ms: u64,
    /// Survival probability of the slowest host's time.
    survival: f64,
    /// The zone's batch before this one, or [`NONE`].
    pub(super) previous: u32,
}

/// What is drawn for a group of hosts that change version together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slowest {
    /// Time of the slowest host.
    pub(super) duration_ms: u64,
    /// Its survival probability.
    pub(super) survival: f64,
}

/// Draws slowest hosts, one uniform each.
pub(super) struct SlowestOf<'a> {
    time: &'a Distribution,
    /// Absent for a fixed time, which needs no draw.
    stream: Option<Stream>,
}

impl<'a> SlowestOf<'a> {
    /// Draws from number `ordinal` of the zone's batches on.
    pub(super) fn new(
        time: &'a Distribution,
        streams: &Streams,
        purpose: Purpose,
        entity: u64,
        ordinal: u32,
    ) -> Self {
        let stream = match time {
            Distribution::Fixed { .. } => None,
            _ => {
                let mut stream = streams.stream(purpose, entity);
                if ordinal > 0 {
                    stream.seek(u64::from(ordinal));
                }
                Some(stream)
            }
        };
        Self { time, stream }
    }

    /// The slowest of the next batch of `hosts`.
    pub(super) fn next(&mut self, hosts: u32) -> Slowest {
        match &mut self.stream {
            None => Slowest { duration_ms: self.time.by_cdf(0.5), survival: 0.5 },
            Some(stream) => {
                let survival = survival_of_largest(stream.uniform(), hosts);
                Slowest { duration_ms: self.time.by_survival(survival), survival }
            }
        }
    }
}

/// Time of a host that is not its batch's slowest, given the slowest's survival probability.
pub(super) fn other_host_ms(time: &Distribution, survival: f64, uniform: f64) -> u64 {
    time.by_cdf((1.0 - survival) * uniform)
}

impl Batch {
    /// A batch of hosts `first .. first + hosts` that starts at `start_ms`.
    pub(super) fn new(
        zone: u32,
        first: u32,
        hosts: u32,
        start_ms: u64,
        slowest: Slowest,
        previous: u32,
    ) -> Self {
        let Slowest { duration_ms, survival } = slowest;
        Self { zone, first, hosts, start_ms, end_ms: start_ms + duration_ms, survival, previous }
    }

    /// Whether the batch holds host `host` of its zone.
    pub(super) fn holds(&self, host: u32) -> bool {
        (self.first..self.first + self.hosts).contains(&host)
    }

    /// When host `host` of the batch has the new version.
    pub(super) fn completion_ms(&self, plan: &Plan, streams: &Streams, host: u32) -> u64 {
        debug_assert!(self.holds(host), "host {host} is in batch {self:?}");
        let time = &plan.change.deploy_time;
        if host == self.first || matches!(time, Distribution::Fixed { .. }) {
            return self.end_ms;
        }
        let entity = plan.fleet.zones[self.zone as usize].entity;
        let uniform = streams.stream(Purpose::DeployHost, entity).uniform_at(u64::from(host));
        self.start_ms + other_host_ms(time, self.survival, uniform).min(self.end_ms - self.start_ms)
    }
}
