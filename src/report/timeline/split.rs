//! Where the time of one rollout goes: the way that led to the last host on the new version, taken apart into deploying,
//! baking, windows, gates and waiting, to the millisecond. A fold over its records.
//!
//! What holds up is followed back from the end: the zone that was done last, what ran before it in its place, the bake and
//! the gates of the wave before, until the start. What goes on beside that way costs no time.

use crate::outcome::Outcome;
use crate::plan::{GateKind, Plan};
use crate::rollout::{RolloutEvent, RolloutRecord, TooCostly, try_replay};
use crate::study::Summary;
use crate::study::summary::SPEED_METRIC;
use crate::study::unfolding::Unfolding;

/// What a time is spent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimePart {
    /// Hosts move to the new version.
    Deploy,
    /// It is watched: one-boxes, batches, zones and waves.
    Bake,
    /// Opening hours are waited for.
    Window,
    /// People, tests, checks, requests or risk hold a wave beyond its bake.
    Gate,
    /// An alarm that fires for another reason holds a wave up.
    Wait,
}

impl TimePart {
    /// All of them, in the order in which they are drawn.
    pub const ALL: [Self; 5] = [Self::Deploy, Self::Bake, Self::Window, Self::Gate, Self::Wait];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Deploy => "deploy",
            Self::Bake => "bake",
            Self::Window => "window",
            Self::Gate => "gate",
            Self::Wait => "wait",
        }
    }
}

/// Milliseconds of a rollout by part, exclusive: together they are the time that was asked about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TimeSplit([u64; TimePart::ALL.len()]);

impl TimeSplit {
    /// Time spent on one part.
    #[must_use]
    pub fn of(&self, part: TimePart) -> u64 {
        self.0[part as usize]
    }

    /// All of them together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// As [`TimeSplit::to_100`] of a trial, which is replayed for that.
    ///
    /// # Errors
    /// If the trial goes beyond its budget.
    pub fn of_trial(plan: &Plan, strategy: usize, trial: u64) -> Result<Option<Self>, TooCostly> {
        let (outcome, records) = try_replay(plan, strategy, trial)?;
        Ok(Self::to_100(plan, strategy, &outcome, &records))
    }

    /// The time until every host had the new version; none if the rollout did not come so far. `records` are those of a
    /// replay of a strategy (an index), in order of time.
    #[must_use]
    pub fn to_100(
        plan: &Plan,
        strategy: usize,
        outcome: &Outcome,
        records: &[RolloutRecord],
    ) -> Option<Self> {
        let to_ms = outcome.to_100_ms.filter(|_| outcome.is_complete())?;
        let way = Way { plan, strategy, runs: runs(records), records };
        Some(way.back_from_a_host(to_ms))
    }

    /// The time until the last bake was over; none if the rollout did not come so far.
    #[must_use]
    pub fn to_the_end(
        plan: &Plan,
        strategy: usize,
        outcome: &Outcome,
        records: &[RolloutRecord],
    ) -> Option<Self> {
        let to_ms = outcome.completed_ms?;
        let way = Way { plan, strategy, runs: runs(records), records };
        Some(way.back_from_the_end(to_ms))
    }

    fn add(&mut self, part: TimePart, ms: u64) {
        self.0[part as usize] += ms;
    }
}

/// The work of one wave in one zone.
#[derive(Debug, Clone, Default)]
struct ZoneRun {
    wave: u32,
    from_ms: u64,
    /// When its bake is over; none while it goes on.
    to_ms: Option<u64>,
    /// Batches, as they begin and end.
    batches: Vec<(u64, u64)>,
    zone: u32,
}

/// All runs, in the order in which they began.
fn runs(records: &[RolloutRecord]) -> Vec<ZoneRun> {
    let mut runs: Vec<ZoneRun> = Vec::new();
    let mut begun: Vec<(usize, u64)> = Vec::new();
    for record in records {
        let at_ms = record.at_ms;
        let latest = |runs: &[ZoneRun], zone: u32| runs.iter().rposition(|run| run.zone == zone);
        match record.event {
            RolloutEvent::ZoneStarted { wave, zone } => {
                runs.push(ZoneRun { wave, zone, from_ms: at_ms, ..ZoneRun::default() });
            }
            RolloutEvent::BatchStarted { zone, .. } => {
                begun.extend(latest(&runs, zone).map(|run| (run, at_ms)));
            }
            RolloutEvent::BatchDone { zone, .. } => {
                let Some(run) = latest(&runs, zone) else { continue };
                let first = begun.iter().position(|(other, _)| *other == run);
                let from_ms = first.map_or(at_ms, |index| begun.remove(index).1);
                runs[run].batches.push((from_ms, at_ms));
            }
            RolloutEvent::ZoneDone { zone } => {
                if let Some(run) = latest(&runs, zone) {
                    runs[run].to_ms = Some(at_ms);
                }
            }
            _ => {}
        }
    }
    runs
}

/// The way back through a rollout.
struct Way<'r> {
    plan: &'r Plan,
    strategy: usize,
    runs: Vec<ZoneRun>,
    records: &'r [RolloutRecord],
}

impl Way<'_> {
    fn back_from_a_host(&self, to_ms: u64) -> TimeSplit {
        let mut split = TimeSplit::default();
        let ends = |run: &&ZoneRun| run.batches.iter().any(|(_, end_ms)| *end_ms == to_ms);
        match self.runs.iter().find(ends) {
            Some(run) => self.back_from_a_run(run, to_ms, &mut split),
            // The last host took it by itself, from the beginning on.
            None => split.add(TimePart::Deploy, to_ms),
        }
        split
    }

    fn back_from_the_end(&self, to_ms: u64) -> TimeSplit {
        let mut split = TimeSplit::default();
        let last = self.latest(to_ms, |event| match event {
            RolloutEvent::WaveDone { wave } => Some(*wave),
            _ => None,
        });
        if let Some((done_ms, wave)) = last {
            split.add(TimePart::Deploy, to_ms - done_ms);
            self.back_from_a_wave(wave, done_ms, &mut split);
        }
        split
    }

    /// What a run spent until `to_ms`, and then what it had to wait for.
    fn back_from_a_run(&self, run: &ZoneRun, to_ms: u64, split: &mut TimeSplit) {
        let (mut run, mut to_ms) = (run, to_ms);
        loop {
            let deploying = covered(&run.batches, to_ms);
            split.add(TimePart::Deploy, deploying);
            split.add(TimePart::Bake, to_ms - run.from_ms - deploying);
            to_ms = run.from_ms;
            // Its place became free: that of a zone of its region, or of another region.
            let fleet = &self.plan.fleet;
            let region = |run: &ZoneRun| fleet.zones[crate::ids::ZoneId::new(run.zone as usize)].region;
            let frees = |other: &&ZoneRun| {
                other.wave == run.wave && other.to_ms == Some(to_ms) && other.from_ms < to_ms
            };
            let here = self.runs.iter().rfind(|other| frees(other) && region(other) == region(run));
            match here.or_else(|| self.runs.iter().rfind(frees)) {
                Some(before) => run = before,
                None => break,
            }
        }
        self.back_from_a_start(run.wave, to_ms, split);
    }

    /// A wave began at `to_ms`, or what is left of it: what held it up, and the wave before.
    fn back_from_a_start(&self, wave: u32, to_ms: u64, split: &mut TimeSplit) {
        let done = self.latest(to_ms, |event| match event {
            RolloutEvent::WaveDone { wave: done } if *done < wave => Some(*done),
            _ => None,
        });
        let Some((done_ms, before)) = done else { return split.add(TimePart::Wait, to_ms) };
        split.add(TimePart::Wait, to_ms - done_ms);
        self.back_from_a_wave(before, done_ms, split);
    }

    /// A wave was over at `to_ms`: its gates, its bake, and the zone that was done last.
    fn back_from_a_wave(&self, wave: u32, to_ms: u64, split: &mut TimeSplit) {
        let of_wave = self.runs.iter().filter(|run| run.wave == wave);
        let last = of_wave.filter_map(|run| Some((run.to_ms?, run))).max_by_key(|(done_ms, _)| *done_ms);
        let from_ms = match last {
            Some((done_ms, _)) => done_ms,
            // A wave that had nothing to do.
            None => self.started_ms(wave).unwrap_or(0),
        };
        let own = &self.plan.strategies[self.strategy].waves[wave as usize];
        let baked_ms = to_ms.min(from_ms + own.bake_ms);
        split.add(TimePart::Bake, baked_ms - from_ms);
        split.add(self.holds(wave, to_ms), to_ms - baked_ms);
        match last {
            Some((done_ms, run)) => self.back_from_a_run(run, done_ms, split),
            None => self.back_from_a_start(wave, from_ms, split),
        }
    }

    /// What held a wave beyond its bake: the gate that held last.
    fn holds(&self, wave: u32, to_ms: u64) -> TimePart {
        let gate = self.latest(to_ms, |event| match event {
            RolloutEvent::GateHolds { wave: of, gate } if *of == wave => Some(*gate),
            _ => None,
        });
        let gates = &self.plan.strategies[self.strategy].waves[wave as usize].gates;
        match gate.and_then(|(_, gate)| gates.get(gate as usize)).map(|gate| &gate.kind) {
            Some(GateKind::Opening(_)) => TimePart::Window,
            _ => TimePart::Gate,
        }
    }

    fn started_ms(&self, wave: u32) -> Option<u64> {
        let is_it = |record: &&RolloutRecord| record.event == RolloutEvent::WaveStarted { wave };
        self.records.iter().find(is_it).map(|record| record.at_ms)
    }

    /// The latest record until `to_ms` of which something is said, with that.
    fn latest<T>(&self, to_ms: u64, of: impl Fn(&RolloutEvent) -> Option<T>) -> Option<(u64, T)> {
        let until = self.records.iter().rev().filter(|record| record.at_ms <= to_ms);
        until.filter_map(|record| Some((record.at_ms, of(&record.event)?))).next()
    }
}

/// Time before `to_ms` in which at least one of these goes on.
fn covered(spans: &[(u64, u64)], to_ms: u64) -> u64 {
    let mut spans: Vec<(u64, u64)> =
        spans.iter().map(|(from_ms, end_ms)| (*from_ms, (*end_ms).min(to_ms))).collect();
    spans.sort_unstable();
    let (mut covered_ms, mut until_ms) = (0, 0);
    for (from_ms, end_ms) in spans {
        let from_ms = from_ms.max(until_ms);
        covered_ms += end_ms.saturating_sub(from_ms);
        until_ms = until_ms.max(end_ms);
    }
    covered_ms
}

/// The rollout of a strategy that stands for it, taken apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MedianSplit {
    /// Its trial.
    pub trial: u64,
    /// Its time until every host had the new version, taken apart.
    pub split: TimeSplit,
}

impl MedianSplit {
    /// The completed rollout of the strategy at `index` whose time to 100 % is nearest to the median of the study; none
    /// where no rollout that was replayed reached every host.
    ///
    /// # Errors
    /// If the trial goes beyond its budget.
    pub fn of(
        plan: &Plan,
        summary: &Summary,
        unfolding: &Unfolding,
        index: usize,
    ) -> Result<Option<Self>, TooCostly> {
        let median = summary.strategies[index].metric(SPEED_METRIC).p50.map(|p50| p50.value);
        let Some((trial, _)) = median.and_then(|median| unfolding.strategies[index].nearest(median)) else {
            return Ok(None);
        };
        Ok(TimeSplit::of_trial(plan, index, trial)?.map(|split| Self { trial, split }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollout::replay;

    /// The parts are those of the time, and their bakes are what the simulation counted on its way forward.
    fn holds(plan: &Plan, trials: u64) -> usize {
        let mut complete = 0;
        for (strategy, trial) in (0..plan.strategies.len()).flat_map(|s| (0..trials).map(move |t| (s, t))) {
            let (outcome, records) = replay(plan, strategy, trial);
            let to_100 = TimeSplit::to_100(plan, strategy, &outcome, &records);
            let to_the_end = TimeSplit::to_the_end(plan, strategy, &outcome, &records);
            let Some((to_100, to_the_end)) = to_100.zip(to_the_end) else {
                assert!(!outcome.is_complete());
                continue;
            };
            assert_eq!(Some(to_100.total()), outcome.to_100_ms, "strategy {strategy}, trial {trial}");
            assert_eq!(Some(to_the_end.total()), outcome.completed_ms, "strategy {strategy}, trial {trial}");
            let bake_ms = Some(to_the_end.of(TimePart::Bake));
            assert_eq!(bake_ms, outcome.bake_ms, "strategy {strategy}, trial {trial}");
            assert_eq!(to_the_end.of(TimePart::Wait), outcome.blocked_ms);
            complete += 1;
        }
        complete
    }

    #[test]
    fn parts_add_up_and_bakes_are_those_of_the_simulation() {
        let plan = |path: &str| Plan::load(path).expect("a valid scenario");
        assert!(holds(&plan("scenarios/small.toml"), 40) > 30);
        assert!(holds(&plan("scenarios/hands-off.toml"), 1) > 2);
    }

    #[test]
    fn gates_and_opening_hours_are_told_apart() {
        let text = r#"
            [[fleet.region]]
            name = "r"
            hosts-per-zone = 4
            [change]
            deploy-time = "5m"
            [study]
            start = "09:00"
            [[strategy]]
            name = "s"
            [[strategy.wave]]
            name = "half"
            regions = "all"
            hosts = "50%"
            bake = "10m"
            gates = [{ approval = { takes = "45m" } }]
            [[strategy.wave]]
            name = "more"
            regions = "all"
            hosts = "75%"
            gates = [{ opening = { hours = "11:00-17:00" } }]
            [[strategy.wave]]
            name = "rest"
            regions = "all"
            bake = "1h"
        "#;
        let plan = Plan::parse("gates", text).unwrap_or_else(|problems| panic!("{problems}"));
        let (outcome, records) = replay(&plan, 0, 0);
        let split = TimeSplit::to_100(&plan, 0, &outcome, &records).unwrap();
        let minutes = TimePart::ALL.map(|part| split.of(part) / 60_000);
        // Three batches of five minutes; ten minutes of the approval are baked through; the office opens at eleven, when
        // the second wave has been done for an hour.
        assert_eq!(minutes, [15, 10, 65, 35, 0]);
        let end = TimeSplit::to_the_end(&plan, 0, &outcome, &records).unwrap();
        assert_eq!(end.of(TimePart::Bake) / 60_000, 70);
    }

    #[test]
    fn overlapping_batches_count_once() {
        assert_eq!(covered(&[(0, 10), (5, 12), (20, 30)], 25), 17);
        assert_eq!(covered(&[], 25), 0);
    }
}
