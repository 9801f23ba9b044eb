//! Folds the events of one rollout into lanes of coloured spans; draws nothing.

use crate::plan::Plan;
use crate::rollout::{RolloutEvent as Event, RolloutRecord as Record};

/// What a zone is doing. The order says which one a region shows when its zones differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// On the new version, nothing going on.
    Updated,
    /// Baking.
    Baking,
    /// Hosts are moving to the new version.
    Deploying,
    /// Hosts are moving back.
    RollingBack,
}

/// A span of time in milliseconds since the rollout's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span<T> {
    pub from_ms: u64,
    pub to_ms: u64,
    pub what: T,
}

/// One row of the chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// Index of the lane's region.
    pub region: usize,
    /// `region/zone`, or the region's name.
    pub name: String,
    /// What it is doing; gaps are the old version.
    pub phases: Vec<Span<Phase>>,
    /// When at least one of its hosts is impaired, and the most of them at once.
    pub impaired: Vec<Span<u32>>,
}

/// One wave: its deployments, then its bake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaveSpan {
    pub name: String,
    pub from_ms: u64,
    /// The bake began; the end if it never did.
    pub bake_ms: u64,
    pub to_ms: u64,
}

/// One lane per zone that the rollout touched, regions in the order they were reached.
pub fn zones(plan: &Plan, records: &[Record], end_ms: u64) -> Vec<Lane> {
    let mut open = vec![Open::default(); plan.fleet.zones.len()];
    let mut reached = Vec::new();
    for record in records {
        let at = record.at_ms;
        let change = match record.event {
            Event::ZoneStarted { zone, .. } | Event::BatchStarted { zone, .. } => {
                Some((zone, Some(Phase::Deploying)))
            }
            Event::ZoneBakeStarted { zone, .. } => Some((zone, Some(Phase::Baking))),
            Event::ZoneDone { zone } => Some((zone, Some(Phase::Updated))),
            Event::ZoneRollbackStarted { zone, .. } => Some((zone, Some(Phase::RollingBack))),
            Event::ZoneRollbackDone { zone } => Some((zone, None)),
            _ => None,
        };
        if let Some((zone, phase)) = change {
            open[zone as usize].enter(at, phase);
            if !reached.contains(&(zone as usize)) {
                reached.push(zone as usize);
            }
        }
        match record.event {
            // The pipeline stops: what is in flight stays as it is unless its own rollback begins.
            Event::RollbackDecided { .. } => open.iter_mut().for_each(|zone| zone.stop(at)),
            Event::HostImpaired { zone, .. } => open[zone as usize].hurt(at, true),
            Event::HostHealed { zone, .. } => open[zone as usize].hurt(at, false),
            _ => {}
        }
    }
    let mut order: Vec<usize> = Vec::new();
    for zone in &reached {
        let region = plan.fleet.zones[*zone].region;
        if !order.contains(&region) {
            order.push(region);
        }
    }
    reached.sort_by_key(|zone| (order.iter().position(|r| *r == plan.fleet.zones[*zone].region), *zone));
    reached
        .into_iter()
        .map(|zone| {
            let (phases, impaired) = std::mem::take(&mut open[zone]).close(end_ms);
            let region = plan.fleet.zones[zone].region;
            Lane { region, name: plan.fleet.zone_name(zone), phases, impaired }
        })
        .collect()
}

/// One lane per region from the lanes of its zones.
pub fn regions(plan: &Plan, zones: &[Lane]) -> Vec<Lane> {
    zones
        .chunk_by(|a, b| a.region == b.region)
        .map(|lanes| {
            let phases =
                merge(&lanes.iter().flat_map(|lane| lane.phases.clone()).collect::<Vec<_>>(), |all| {
                    all.iter().copied().max()
                });
            let impaired =
                merge(&lanes.iter().flat_map(|lane| lane.impaired.clone()).collect::<Vec<_>>(), |all| {
                    (!all.is_empty()).then(|| all.iter().sum())
                });
            let region = lanes[0].region;
            Lane { region, name: plan.fleet.regions[region].name.clone(), phases, impaired }
        })
        .collect()
}

/// The waves that began.
pub fn waves(plan: &Plan, strategy: usize, records: &[Record], end_ms: u64) -> Vec<WaveSpan> {
    let mut spans: Vec<WaveSpan> = Vec::new();
    for record in records {
        let at = record.at_ms;
        match (&record.event, spans.last_mut()) {
            (Event::WaveStarted { wave }, _) => {
                let name = plan.strategies[strategy].waves[*wave as usize].name.clone();
                spans.push(WaveSpan { name, from_ms: at, bake_ms: end_ms, to_ms: end_ms });
            }
            (Event::WaveBakeStarted { .. }, Some(last)) => last.bake_ms = at,
            (Event::WaveDone { .. }, Some(last)) => {
                last.to_ms = at;
                last.bake_ms = last.bake_ms.min(at);
            }
            (Event::RollbackDecided { .. }, Some(last)) if last.to_ms == end_ms => {
                last.to_ms = at;
                last.bake_ms = last.bake_ms.min(at);
            }
            _ => {}
        }
    }
    spans
}

/// A lane under construction.
#[derive(Debug, Clone, Default)]
struct Open {
    phases: Vec<Span<Phase>>,
    now: Option<(u64, Phase)>,
    impaired: Vec<Span<u32>>,
    hosts: u32,
    most: u32,
    since: u64,
}

impl Open {
    fn enter(&mut self, at: u64, phase: Option<Phase>) {
        if let Some((from_ms, what)) = self.now {
            if Some(what) == phase {
                return;
            }
            if at > from_ms {
                self.phases.push(Span { from_ms, to_ms: at, what });
            }
        }
        self.now = phase.map(|phase| (at, phase));
    }

    fn stop(&mut self, at: u64) {
        if self.now.is_some() {
            self.enter(at, Some(Phase::Updated));
        }
    }

    fn hurt(&mut self, at: u64, more: bool) {
        if more {
            if self.hosts == 0 {
                (self.since, self.most) = (at, 0);
            }
            self.hosts += 1;
            self.most = self.most.max(self.hosts);
        } else {
            self.hosts = self.hosts.saturating_sub(1);
            if self.hosts == 0 && self.most > 0 {
                self.impaired.push(Span { from_ms: self.since, to_ms: at, what: self.most });
            }
        }
    }

    fn close(mut self, end: u64) -> (Vec<Span<Phase>>, Vec<Span<u32>>) {
        self.enter(end, None);
        if self.hosts > 0 {
            self.impaired.push(Span { from_ms: self.since, to_ms: end.max(self.since), what: self.most });
        }
        (self.phases, self.impaired)
    }
}

/// Lays overlapping spans on top of each other: between any two ends, `pick` of those that hold there.
fn merge<T: Copy + PartialEq>(spans: &[Span<T>], pick: impl Fn(&[T]) -> Option<T>) -> Vec<Span<T>> {
    let mut ends: Vec<u64> = spans.iter().flat_map(|span| [span.from_ms, span.to_ms]).collect();
    ends.sort_unstable();
    ends.dedup();
    let mut out: Vec<Span<T>> = Vec::new();
    for pair in ends.windows(2) {
        let (from_ms, to_ms) = (pair[0], pair[1]);
        let holding: Vec<T> =
            spans.iter().filter(|s| s.from_ms <= from_ms && s.to_ms >= to_ms).map(|s| s.what).collect();
        let Some(what) = pick(&holding) else { continue };
        match out.last_mut() {
            Some(last) if last.to_ms == from_ms && last.what == what => last.to_ms = to_ms,
            _ => out.push(Span { from_ms, to_ms, what }),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn span<T>(from_ms: u64, to_ms: u64, what: T) -> Span<T> {
        Span { from_ms, to_ms, what }
    }

    #[test]
    fn lanes_follow_the_events() {
        let (plan, zone) = (sample::plan(), 3);
        let at = |at_ms, event| Record { at_ms, event };
        let records = [
            at(10, Event::ZoneStarted { wave: 0, zone }),
            at(10, Event::BatchStarted { zone, hosts: 1, one_box: true }),
            at(20, Event::ZoneBakeStarted { zone, one_box: true }),
            at(30, Event::HostImpaired { zone, host: 0 }),
            at(40, Event::RollbackDecided { alarm: 0, hosts: 1 }),
            at(45, Event::ZoneRollbackStarted { zone, hosts: 1 }),
            at(50, Event::HostHealed { zone, host: 0 }),
            at(50, Event::ZoneRollbackDone { zone }),
        ];
        let lanes = zones(&plan, &records, 60);
        assert_eq!(lanes.len(), 1);
        assert_eq!(lanes[0].name, "us-west-2/a");
        assert_eq!(
            lanes[0].phases,
            [
                span(10, 20, Phase::Deploying),
                span(20, 40, Phase::Baking),
                span(40, 45, Phase::Updated),
                span(45, 50, Phase::RollingBack)
            ]
        );
        assert_eq!(lanes[0].impaired, [Span { from_ms: 30, to_ms: 50, what: 1 }]);
    }

    #[test]
    fn regions_show_the_busiest_phase_and_all_impaired_hosts() {
        let lane = |phases, impaired| Lane { region: 0, name: String::new(), phases, impaired };
        let zones = [
            lane(vec![span(0, 10, Phase::Deploying), span(10, 30, Phase::Baking)], vec![span(5, 15, 2)]),
            lane(vec![span(5, 12, Phase::Updated)], vec![span(10, 20, 3)]),
        ];
        let merged = regions(&sample::plan(), &zones);
        assert_eq!(merged.len(), 1);
        assert_eq!(merged[0].phases, [span(0, 10, Phase::Deploying), span(10, 30, Phase::Baking)]);
        assert_eq!(merged[0].impaired, [span(5, 10, 2), span(10, 15, 5), span(15, 20, 3)]);
    }
}
