//! What the line asks of production, and the simplest production: waves that take their time.
//!
//! A rollout is a pure function of what it is asked under. The line may ask for the same revision
//! again under more constraints; what lies before the first of these to matter comes out the same.
//! Nothing here knows stages, queues or repairs.

use crate::outcome::pipeline::{Harm, Part, Parts};
use crate::plan::Ratio;
use crate::plan::pipeline::Calendar;
use crate::random::{Distribution, Purpose, Streams};
use serde::Serialize;

/// A defect that a revision carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carried {
    /// Number of the change that brought it.
    pub change: usize,
    /// Identity of that change in stream keys.
    pub key: u64,
    /// Class of defect.
    pub class: usize,
}

/// When waves may begin.
#[derive(Debug, Clone)]
pub struct Gates<'a> {
    /// When the revision ahead has left the wave's target; `u64::MAX` if it never does.
    pub free_ms: Vec<u64>,
    /// The wave's window; a wave that has begun may finish after closing.
    pub windows: Vec<Option<&'a Calendar>>,
    /// The windows of single regions, by region of the fleet; empty if they have none. What has begun may finish.
    pub regions: Vec<&'a Calendar>,
}

impl Gates<'_> {
    /// Nothing holds up any of so many waves.
    #[must_use]
    pub fn open(waves: usize) -> Self {
        Self { free_ms: vec![0; waves], windows: vec![None; waves], regions: Vec::new() }
    }

    /// When a wave begins whose revision is ready at `at`; none if never.
    #[must_use]
    pub fn opens(&self, wave: usize, at: u64) -> Option<u64> {
        let at = at.max(self.free_ms[wave]);
        let at = self.windows[wave].map_or(Some(at), |window| window.next_open(at));
        at.filter(|at| *at < u64::MAX)
    }

    /// When a region begins whose wave has begun and has come to it at `at`; none if never.
    #[must_use]
    pub fn region_opens(&self, region: usize, at: u64) -> Option<u64> {
        self.regions.get(region).map_or(Some(at), |window| window.next_open(at))
    }
}

/// A stop from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop {
    /// When.
    pub at_ms: u64,
    /// Whether the revision is taken back; otherwise a newer one takes its place.
    pub roll_back: bool,
}

/// What is asked of production.
#[derive(Debug, Clone)]
pub struct Ask<'a> {
    /// Identity of the revision in stream keys.
    pub key: u64,
    /// How often this revision has been rolled out before.
    pub attempt: u32,
    /// Share of each bake that is kept.
    pub bakes: Ratio,
    /// What it carries.
    pub defects: Vec<Carried>,
    /// The first wave begins.
    pub start_ms: u64,
    /// Limits on when waves begin.
    pub gates: Gates<'a>,
    /// A stop from outside.
    pub stop: Option<Stop>,
    /// If it is stopped, nothing goes back before this instant; 0: at once.
    pub back_from_ms: u64,
}

impl Ask<'_> {
    /// Whether somebody outside takes it back.
    #[must_use]
    pub fn takes_back(&self) -> bool {
        self.stop.is_some_and(|stop| stop.roll_back)
    }
}

/// One wave of a rollout; what a stop cuts off ends with the stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaveRun {
    /// It begins.
    pub start_ms: u64,
    /// Part of it in which it waited for nothing but windows, of its regions or of a component; counted last.
    pub closed_ms: u64,
    /// Its last host has the revision.
    pub deployed_ms: u64,
    /// Its bake is over.
    pub end_ms: u64,
}

/// Why a rollout stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// An alarm saw the defect of this change.
    Defect(usize),
    /// An alarm saw something else.
    FalseAlarm,
    /// Production was asked to.
    Outside,
}

/// The timetable of one revision in production.
#[derive(Debug, Clone, PartialEq)]
pub struct Rollout {
    /// The waves that begin, in order. All of them unless it is stopped or a gate never opens.
    pub waves: Vec<WaveRun>,
    /// When and why it stops, if it does; may lie after the last wave (a recall).
    pub stopped: Option<(u64, Why)>,
    /// When its targets are free again if it was stopped: the rollback's end. `u64::MAX` otherwise.
    pub settled_ms: u64,
    /// When the first host may have each of the defects that were asked for, in their order; `u64::MAX` if none had it.
    pub brought_ms: Vec<u64>,
    /// What it does to customers.
    pub harm: Harm,
}

impl Rollout {
    /// That of what has not begun.
    pub const NOTHING: Self = Self {
        waves: Vec::new(),
        stopped: None,
        settled_ms: u64::MAX,
        brought_ms: Vec::new(),
        harm: Harm::NONE,
    };

    /// Where its time goes from its start until `at`: at most the end of its waves, or its stop.
    #[must_use]
    pub fn parts(&self, ask: &Ask, at: u64) -> Parts {
        let gates = &ask.gates;
        let mut parts = Parts::default();
        let mut ready = ask.start_ms.min(at);
        let all = gates.free_ms.len();
        for wave in 0..all {
            let run = self.waves.get(wave);
            let start = run.map_or(at, |run| run.start_ms.min(at));
            let free = gates.free_ms[wave].clamp(ready, start.max(ready));
            let open = gates.opens(wave, ready).map_or(start, |open| open.min(start)).max(free);
            parts.add(Part::Queue, free - ready);
            parts.add(Part::Window, open - free);
            // It was free and open, and an alarm held it up that fired for another reason.
            parts.add(Part::Blocked, start.max(open) - open);
            let Some(run) = run.filter(|run| run.start_ms < at) else { break };
            let (deployed, end) = (run.deployed_ms.min(at), run.end_ms.min(at));
            // Where waits and deployments alternate, the waits are counted last.
            let baked = (run.end_ms - run.closed_ms).min(at).max(deployed);
            parts.add(Part::Deploy, deployed - run.start_ms);
            parts.add(Part::Bake, baked - deployed);
            parts.add(Part::Window, end - baked);
            ready = end;
        }
        parts
    }
}

/// Production: it rolls out one revision at a time into each wave.
pub trait Production {
    /// How many waves there are.
    fn waves(&self) -> usize;

    /// The regions that a wave deploys to, which other pipelines may want as well.
    fn regions(&self, wave: usize) -> &[usize];

    /// The timetable of a revision.
    fn roll_out(&mut self, ask: &Ask) -> Rollout;
}

/// A wave that takes its time.
#[derive(Debug, Clone, PartialEq)]
pub struct TimedWave {
    /// Time until every host has the revision.
    pub deploy: Distribution,
    /// Time it bakes.
    pub bake: Distribution,
    /// Probability that the wave shows a defect, by class; one draw for a defect and a wave.
    pub catches: Vec<f64>,
    /// Time from the wave's start until its alarm; never past the wave's end.
    pub detection: Distribution,
    /// Probability that an alarm fires for nothing, at the wave's end.
    pub false_alarm: f64,
    /// Regions that it deploys to.
    pub regions: Vec<usize>,
}

/// Production as waves with given durations.
#[derive(Debug, Clone)]
pub struct Timed {
    streams: Streams,
    waves: Vec<TimedWave>,
    rollback: Distribution,
}

/// First number of waves in stream keys: stages count from 0, waves down from 255.
const LAST_WAVE: u64 = 255;

impl Timed {
    /// Production of trial `trial` under `seed`. `rollback` is the time to take a revision back.
    #[must_use]
    pub fn new(seed: u64, trial: u64, waves: Vec<TimedWave>, rollback: Distribution) -> Self {
        Self { streams: Streams::new(seed, trial), waves, rollback }
    }

    /// Production without waves: a revision is delivered when it leaves the last stage.
    #[must_use]
    pub fn none() -> Self {
        Self::new(0, 0, Vec::new(), Distribution::Fixed { ms: 0 })
    }

    /// One uniform of `purpose` for an identity and a wave.
    fn uniform(&self, purpose: Purpose, key: u64, wave: usize, index: u64) -> f64 {
        self.streams.stream(purpose, key << 8 | (LAST_WAVE - wave as u64)).uniform_at(index)
    }

    /// When and why the wave's alarm fires, if it does.
    fn alarm(&self, ask: &Ask, wave: usize, run: WaveRun) -> Option<(u64, Why)> {
        let model = &self.waves[wave];
        let seen = |defect: &&Carried| {
            self.uniform(Purpose::StageLuck, defect.key, wave, super::DEFECT_INDEX)
                < model.catches[defect.class]
        };
        let shown = ask.defects.iter().filter(seen).map(|defect| {
            let delay = model.detection.by_cdf(self.uniform(Purpose::StageTime, defect.key, wave, 1 << 40));
            ((run.start_ms + delay).min(run.end_ms), Why::Defect(defect.change))
        });
        let first = shown.min_by_key(|(at, _)| *at);
        let index = u64::from(ask.attempt);
        let falsely = || self.uniform(Purpose::StageLuck, ask.key, wave, index) < model.false_alarm;
        first.or_else(|| (model.false_alarm > 0.0 && falsely()).then_some((run.end_ms, Why::FalseAlarm)))
    }
}

impl Production for Timed {
    fn waves(&self) -> usize {
        self.waves.len()
    }

    fn regions(&self, wave: usize) -> &[usize] {
        &self.waves[wave].regions
    }

    fn roll_out(&mut self, ask: &Ask) -> Rollout {
        let mut waves = Vec::with_capacity(self.waves.len());
        let mut stopped = None;
        let mut ready = ask.start_ms;
        for wave in 0..self.waves.len() {
            let Some(start) = ask.gates.opens(wave, ready) else { break };
            if ask.stop.is_some_and(|stop| stop.at_ms <= start) {
                break;
            }
            let index = u64::from(ask.attempt) * 2;
            let draw = |offset| self.uniform(Purpose::StageTime, ask.key, wave, index + offset);
            let deployed = start + self.waves[wave].deploy.by_cdf(draw(0));
            let bake = ask.bakes.floor_of(self.waves[wave].bake.by_cdf(draw(1)));
            let run =
                WaveRun { start_ms: start, closed_ms: 0, deployed_ms: deployed, end_ms: deployed + bake };
            stopped = self.alarm(ask, wave, run);
            waves.push(run);
            ready = run.end_ms;
            if stopped.is_some() {
                break;
            }
        }
        let roll_back = ask.stop.is_none_or(|stop| stop.roll_back);
        let mut rolled_back = true;
        let done = waves.len() == self.waves.len() && stopped.is_none();
        if let Some(stop) = ask.stop
            && stopped.is_none_or(|(at, _)| at >= stop.at_ms)
            && !(done && ready < stop.at_ms && !roll_back)
        {
            stopped = Some((stop.at_ms, Why::Outside));
            rolled_back = roll_back;
        }
        let mut settled_ms = u64::MAX;
        if let Some((at, _)) = stopped {
            for run in &mut waves {
                run.deployed_ms = run.deployed_ms.min(at);
                run.end_ms = run.end_ms.min(at);
            }
            let last = self.uniform(Purpose::StageTime, ask.key, 0, (1 << 41) + u64::from(ask.attempt));
            let back_from = at.max(ask.back_from_ms);
            settled_ms = if rolled_back { back_from + self.rollback.by_cdf(last) } else { at };
        }
        let brought_ms = vec![ask.start_ms; ask.defects.len()];
        Rollout { waves, stopped, settled_ms, brought_ms, harm: Harm::default() }
    }
}
