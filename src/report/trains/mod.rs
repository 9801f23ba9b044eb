//! Folds the events of one trial of a pipeline into trains: each revision, where it was when, and what became of it.
//!
//! Chart and text draw the same trains; nothing here draws.

pub mod journey;
mod perfetto;
pub mod stations;
pub mod text;

use super::dates::{Dates, clock};
use crate::ids::{ChangeId, RevisionId, WaveId};
use crate::pipeline::{MergeKind, PipelineEvent};
use crate::sim::Record;
use std::collections::BTreeMap;

/// A day in milliseconds.
pub const DAY_MS: u64 = 86_400_000;
/// An hour in milliseconds.
pub const HOUR_MS: u64 = 3_600_000;
/// Trains in production that a picture shows before one that is taken back, and after it, so that it is still read.
const BEFORE: usize = 8;
const BEHIND: usize = 18;
/// Days shown at least and at most, unless asked for otherwise.
const DAYS: (u64, u64) = (1, 9);

/// What a revision does somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// It waits: behind others, or for a window.
    Wait,
    /// A stage's run.
    Run,
    /// The stage is done with it, or looks why it failed for no reason.
    Held,
    /// A wave gets it.
    Deploy,
    /// A wave has it, and is watched.
    Bake,
    /// It is taken back.
    Back,
}

/// A span of a revision's time. Places count stages, the wait before the first wave, then waves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leg {
    pub from_ms: u64,
    pub to_ms: u64,
    pub place: usize,
    pub doing: Doing,
}

/// What became of a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrainFate {
    /// Nothing yet.
    UnderWay,
    /// It came to the end of the line.
    Delivered,
    /// A stage said no.
    Rejected { place: usize },
    /// Production took it back.
    TakenBack,
    /// It was stopped where it was, for a newer one.
    Overtaken,
    /// It left the line before production, with a change that was blamed.
    Withdrawn,
    /// A newer one carried on what it had.
    GivenUp,
}

/// One revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Train {
    pub revision: RevisionId,
    pub set_out_ms: u64,
    /// Undelivered changes that it brought to production or to the stage that rejected it.
    pub changes: usize,
    /// The newest change that it carries came with a defect.
    pub is_bad: bool,
    pub legs: Vec<Leg>,
    pub fate: TrainFate,
    /// When that was settled; the trial's end if it never was.
    pub end_ms: u64,
    /// When its rollout stopped, if it did.
    pub stopped_ms: Option<u64>,
}

impl Train {
    /// Whether somebody would ask what became of it: not of those that only handed over what they had.
    pub fn is_telling(&self) -> bool {
        self.fate != TrainFate::GivenUp
    }

    /// Between waves it waits for the next one, of which nobody tells. Until `at_ms`, if nothing has become of it.
    fn wait_for_wave(&mut self, at_ms: u64) {
        let last = self.legs.last().filter(|last| matches!(last.doing, Doing::Deploy | Doing::Bake));
        if let Some(last) = last.filter(|last| last.to_ms < at_ms && self.fate == TrainFate::UnderWay) {
            let wait = Leg { from_ms: last.to_ms, to_ms: at_ms, place: last.place + 1, doing: Doing::Wait };
            self.legs.push(wait);
        }
    }

    /// Whether it was on its way at some time of a span.
    pub fn is_within(&self, span: TimeSpan) -> bool {
        self.set_out_ms < span.to_ms && self.end_ms > span.from_ms
    }
}

/// A span of the pipeline's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeSpan {
    pub from_ms: u64,
    pub to_ms: u64,
}

impl TimeSpan {
    /// Whether an instant lies in it.
    pub fn has(self, at_ms: u64) -> bool {
        (self.from_ms..self.to_ms).contains(&at_ms)
    }

    /// Whether it shows hours rather than days.
    pub fn is_short(self) -> bool {
        self.to_ms - self.from_ms <= DAY_MS
    }

    /// `Tue 24 Mar to Wed 1 Apr`, or `Mon 9 Mar, 14:00 to 19:00`.
    pub fn words(self, dates: &Dates) -> String {
        let (first, last) = (self.from_ms / DAY_MS, (self.to_ms - 1) / DAY_MS);
        match (self.from_ms % DAY_MS, first == last) {
            (0, true) if self.to_ms.is_multiple_of(DAY_MS) => dates.day(first),
            (_, true) => format!("{}, {} to {}", dates.day(first), clock(self.from_ms), clock(self.to_ms)),
            (0, false) => format!("{} to {}", dates.day(first), dates.day(last)),
            (_, false) => format!("{} to {}", dates.minute(self.from_ms), dates.minute(self.to_ms)),
        }
    }
}

/// Everything that a diagram shows of one trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagram {
    /// In the order of setting out.
    pub trains: Vec<Train>,
    /// When the line was blocked for a revert.
    pub blocked: Vec<TimeSpan>,
    /// The source's merges, and whether they carry a defect.
    pub merges: Vec<(u64, bool)>,
}

impl Diagram {
    /// The diagram of a trial with so many stages that ends at `end_ms`.
    pub fn new(records: &[Record<PipelineEvent>], stages: usize, end_ms: u64) -> Self {
        let mut fold = Fold { stages, ..Fold::default() };
        records.iter().for_each(|record| fold.take(record.at_ms, record.event));
        fold.finish(end_ms)
    }

    /// The part that tells most and can still be read: around the first rollback after `warm_up_ms` (without one, from
    /// there), with some two dozen trains in production. Whole days, `days` of them if that is given, or a few hours of
    /// a busy pipeline.
    pub fn telling(&self, warm_up_ms: u64, end_ms: u64, days: Option<u64>) -> TimeSpan {
        let in_production = |train: &&Train| train.legs.iter().any(|leg| leg.doing == Doing::Deploy);
        let counted = self.trains.iter().filter(|train| train.end_ms > warm_up_ms);
        let starts: Vec<u64> = counted.filter(in_production).map(|train| train.set_out_ms).collect();
        let stops = self.trains.iter().filter(|train| train.stopped_ms.is_some_and(|at| at >= warm_up_ms));
        let first = stops.min_by_key(|train| train.stopped_ms);
        let (set_out, stopped) =
            first.map_or((warm_up_ms, warm_up_ms), |train| (train.set_out_ms, train.stopped_ms.unwrap_or(0)));
        let index = starts.partition_point(|start| *start < set_out);
        let near = starts.get(index.saturating_sub(BEFORE)).zip(starts.get(index + BEHIND));
        if let (Some((from, to)), None) = (near, days)
            && to - from < DAY_MS / 2
        {
            let to = (to.max(&stopped) / HOUR_MS + 2) * HOUR_MS;
            return TimeSpan { from_ms: from / HOUR_MS * HOUR_MS, to_ms: to.min(end_ms) };
        }
        let a_day = starts.len() as f64 * DAY_MS as f64 / end_ms.saturating_sub(warm_up_ms).max(1) as f64;
        let legible = ((BEFORE + BEHIND) as f64 / a_day) as u64;
        let days = days.unwrap_or_else(|| legible.clamp(DAYS.0, DAYS.1));
        let latest = (end_ms / DAY_MS).saturating_sub(days);
        let day = (stopped / DAY_MS).saturating_sub(days / 3).min(latest);
        TimeSpan { from_ms: day * DAY_MS, to_ms: ((day + days) * DAY_MS).min(end_ms) }
    }
}

/// The diagram so far.
#[derive(Debug, Default)]
struct Fold {
    stages: usize,
    trains: BTreeMap<RevisionId, Train>,
    /// What revisions are doing: since when, where and what.
    open: BTreeMap<RevisionId, (u64, usize, Doing)>,
    bad: Vec<ChangeId>,
    merges: Vec<(u64, bool)>,
    blocked: Vec<TimeSpan>,
    blocked_since: Option<u64>,
}

impl Fold {
    fn take(&mut self, at: u64, event: PipelineEvent) {
        match event {
            PipelineEvent::Merged { change, kind, defect } => {
                if kind == MergeKind::Own {
                    self.merges.push((at, defect.is_some()));
                }
                self.bad.extend(defect.map(|_| change));
            }
            PipelineEvent::SetOut { revision, .. } => self.set_out(revision, at),
            PipelineEvent::Waits { revision, stage } => {
                self.train(revision).fate = TrainFate::UnderWay;
                self.turn(revision, at, Some((stage.index(), Doing::Wait)));
            }
            PipelineEvent::WaitsForWindow { .. } => {}
            PipelineEvent::Runs { revision, stage } => {
                self.turn(revision, at, Some((stage.index(), Doing::Run)))
            }
            PipelineEvent::Flaked { revision, stage } | PipelineEvent::Held { revision, stage } => {
                self.turn(revision, at, Some((stage.index(), Doing::Held)));
            }
            PipelineEvent::Rejected { revision, stage, changes, .. } => {
                self.train(revision).changes = changes;
                self.end(revision, at, TrainFate::Rejected { place: stage.index() });
            }
            PipelineEvent::RolloutStarted { revision, changes } => {
                self.turn(revision, at, None);
                self.train(revision).changes = changes;
            }
            PipelineEvent::Wave { revision, wave, deployed_ms, end_ms } => {
                self.pass_wave(revision, wave, [at, deployed_ms, end_ms]);
            }
            PipelineEvent::Stopped { revision, taken_back, .. } => self.stop(revision, at, taken_back),
            PipelineEvent::TakenBack { revision } => self.turn(revision, at, None),
            PipelineEvent::Delivered { revision, .. } => self.end(revision, at, TrainFate::Delivered),
            PipelineEvent::Withdrawn { revision } => self.end(revision, at, TrainFate::Withdrawn),
            PipelineEvent::GivenUp { revision } => self.end(revision, at, TrainFate::GivenUp),
            PipelineEvent::Blocked { .. } => {
                self.blocked_since.get_or_insert(at);
            }
            PipelineEvent::Unblocked => {
                let since = self.blocked_since.take();
                self.blocked.extend(since.map(|from_ms| TimeSpan { from_ms, to_ms: at }));
            }
        }
    }

    fn train(&mut self, revision: RevisionId) -> &mut Train {
        self.trains.get_mut(&revision).expect("a revision sets out before anything else")
    }

    fn set_out(&mut self, revision: RevisionId, at: u64) {
        let is_bad = self.bad.last().is_some_and(|bad| bad.index() == revision.index());
        let (legs, fate, end_ms) = (Vec::new(), TrainFate::UnderWay, at);
        let train =
            Train { revision, set_out_ms: at, changes: 0, is_bad, legs, fate, end_ms, stopped_ms: None };
        self.trains.insert(revision, train);
    }

    /// Ends what a revision is doing and begins something else, or nothing.
    fn turn(&mut self, revision: RevisionId, at: u64, next: Option<(usize, Doing)>) {
        if let Some((from_ms, place, doing)) = self.open.remove(&revision)
            && at > from_ms
        {
            self.train(revision).legs.push(Leg { from_ms, to_ms: at, place, doing });
        }
        if let Some((place, doing)) = next {
            self.open.insert(revision, (at, place, doing));
        }
    }

    fn pass_wave(&mut self, revision: RevisionId, wave: WaveId, [at, deployed_ms, end_ms]: [u64; 3]) {
        let place = self.stages + 1 + wave.index();
        self.train(revision).wait_for_wave(at);
        let train = self.train(revision);
        for (from_ms, to_ms, doing) in [(at, deployed_ms, Doing::Deploy), (deployed_ms, end_ms, Doing::Bake)]
        {
            if to_ms > from_ms {
                train.legs.push(Leg { from_ms, to_ms, place, doing });
            }
        }
    }

    fn stop(&mut self, revision: RevisionId, at: u64, taken_back: bool) {
        self.train(revision).wait_for_wave(at);
        self.train(revision).stopped_ms = Some(at);
        self.end(revision, at, if taken_back { TrainFate::TakenBack } else { TrainFate::Overtaken });
        if taken_back {
            let waves = self.train(revision).legs.iter().filter(|leg| leg.from_ms < at);
            let place = waves.map(|leg| leg.place).max().unwrap_or(self.stages);
            self.turn(revision, at, Some((place, Doing::Back)));
        }
    }

    /// The first fate of an instant counts: what follows from it is not news.
    fn end(&mut self, revision: RevisionId, at: u64, fate: TrainFate) {
        let train = self.train(revision);
        if train.end_ms == at && train.fate != TrainFate::UnderWay {
            return;
        }
        (train.fate, train.end_ms) = (fate, at);
        self.turn(revision, at, None);
    }

    fn finish(mut self, end_ms: u64) -> Diagram {
        for revision in self.open.keys().copied().collect::<Vec<RevisionId>>() {
            self.turn(revision, end_ms, None);
        }
        let blocked_at_end = self.blocked_since.map(|from_ms| TimeSpan { from_ms, to_ms: end_ms });
        self.blocked.extend(blocked_at_end);
        let mut trains: Vec<Train> = self.trains.into_values().collect();
        for train in &mut trains {
            // A wave is told with ends that the trial may not reach.
            train.legs.iter_mut().for_each(|leg| leg.to_ms = leg.to_ms.min(end_ms));
            train.wait_for_wave(end_ms);
            let last = train.legs.iter().map(|leg| leg.to_ms).max().unwrap_or(train.set_out_ms);
            // What is taken back is over when it is back.
            train.end_ms = if train.fate == TrainFate::UnderWay { end_ms } else { train.end_ms.max(last) };
        }
        Diagram { trains, blocked: self.blocked, merges: self.merges }
    }
}
