//! One trial: its state, its event loop and its outcome. What each event does is in the files
//! beside this one, named after what they move: flow, onset, watch, rollback.

use super::deploy::{Batch, NONE};
use super::model::Model;
use super::onset::Defective;
use super::queue::{Happening, Queue};
use super::rollback::Retreat;
use super::signal::BreachMemo;
use super::tally::Tally;
use super::trace::{Event, Observer};
use super::watch::Watch;
use crate::outcome::{Ending, Outcome};
use crate::plan::strata::Fate;
use crate::plan::{Plan, Strategy};
use crate::random::{Purpose, Streams};

/// Position of the latent onset among the draws of [`Purpose::Change`]; before it come the start
/// instant, whether the change is bad, and which defect it carries.
pub(super) const LATENT_ONSET_DRAW: u64 = 3;

/// Deployment state of one zone.
#[derive(Debug, Clone, Copy)]
pub(super) struct ZoneState {
    /// Hosts on the new version once the batches made so far are done.
    pub(super) done: u32,
    /// Latest batch made, or [`NONE`].
    pub(super) last_batch: u32,
    /// Batches made so far.
    pub(super) batches: u32,
    /// Hosts of the one-box stage; 0 without one.
    pub(super) one_box: u32,
    /// Bake time on the path that led to the end of the zone's deployment.
    pub(super) path_bake_ms: u64,
    /// Whether a deployment, bake included, is under way.
    pub(super) in_flight: bool,
}

const UNTOUCHED: ZoneState =
    ZoneState { done: 0, last_batch: NONE, batches: 0, one_box: 0, path_bake_ms: 0, in_flight: false };

/// Progress of one region in the current wave.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RegionState {
    /// Next zone to start, as an offset in the region.
    pub(super) next_zone: u32,
    /// Zones under way.
    pub(super) active: u32,
}

/// Progress of the rollout through its waves.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct WaveState {
    pub(super) index: usize,
    /// Next region to start, as an offset in the wave.
    pub(super) next_region: usize,
    /// Regions under way.
    pub(super) active: u32,
    /// Bake time on the critical path so far.
    pub(super) path_bake_ms: u64,
}

/// The pipeline's reaction so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Response {
    /// When the first alarm fired, and which watch.
    pub(super) alarm: Option<(u64, u32)>,
    /// When the pipeline stopped.
    pub(super) stop_ms: Option<u64>,
    /// When the last wave ended.
    pub(super) completed_ms: Option<u64>,
    /// When the last rollback batch ends.
    pub(super) retreated_ms: u64,
    /// Hosts that stay on the new version after the rollback.
    pub(super) left_exposed: u64,
}

/// Buffers that live from trial to trial.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    pub(super) queue: Queue,
    pub(super) tally: Tally,
    pub(super) zones: Vec<ZoneState>,
    pub(super) regions: Vec<RegionState>,
    pub(super) batches: Vec<Batch>,
    /// First batch of every wave so far.
    pub(super) wave_batches: Vec<usize>,
    pub(super) watches: Vec<Watch>,
    pub(super) zone_watches: Vec<Vec<u32>>,
    pub(super) region_watches: Vec<Vec<u32>>,
    pub(super) service_watches: Vec<u32>,
    pub(super) memo: BreachMemo,
    pub(super) defective: Defective,
    pub(super) retreat: Retreat,
    pub(super) completions: Vec<(u64, u32)>,
}

/// One rollout in progress.
pub(super) struct Trial<'a, O> {
    pub(super) model: &'a Model<'a>,
    pub(super) plan: &'a Plan,
    pub(super) strategy: &'a Strategy,
    pub(super) streams: Streams,
    /// The rollout's start, in milliseconds after a UTC midnight.
    pub(super) start_utc_ms: u64,
    pub(super) defect: Option<usize>,
    /// The part of all possible changes that this one is drawn from.
    pub(super) fate: Fate,
    /// Whether every evaluation is visited, for checking the lazy search.
    pub(super) exhaustive: bool,
    pub(super) buffers: &'a mut Buffers,
    pub(super) observer: &'a mut O,
    pub(super) now_ms: u64,
    /// Time of the latest promotion: evaluations of that instant are over.
    pub(super) promoted_ms: Option<u64>,
    pub(super) wave: WaveState,
    pub(super) response: Response,
}

impl<'a, O: Observer> Trial<'a, O> {
    /// Sets up trial `trial`: the same world for every strategy.
    pub(super) fn new(
        model: &'a Model<'a>,
        strategy: &'a Strategy,
        trial: u64,
        exhaustive: bool,
        buffers: &'a mut Buffers,
        observer: &'a mut O,
    ) -> Self {
        let plan = model.plan;
        let place = model.strata.place(trial);
        let stratum = &model.strata.list()[place.stratum];
        let streams = match stratum.fate {
            Fate::Any => Streams::new(plan.study.seed, trial),
            _ => Streams::in_stratum(plan.study.seed, stratum.entity, place.index),
        };
        let mut luck = streams.stream(Purpose::Change, 0);
        let spread = luck.uniform() * plan.study.start_spread_ms as f64;
        let (bad, which) = (luck.uniform(), luck.uniform());
        let defect = match stratum.fate {
            Fate::Any => (bad < plan.change.bad_probability).then(|| pick_defect(plan, which)),
            Fate::Good => None,
            Fate::Bad { defect, .. } => Some(defect),
        };
        buffers.reset(plan);
        Self {
            model,
            plan,
            strategy,
            streams,
            start_utc_ms: plan.study.start_utc_ms + spread as u64,
            defect,
            fate: stratum.fate,
            exhaustive,
            buffers,
            observer,
            now_ms: 0,
            promoted_ms: None,
            wave: WaveState::default(),
            response: Response::default(),
        }
    }

    /// Runs to the end of the observation.
    pub(super) fn run(mut self) -> Outcome {
        let defect = self.defect.map(|defect| defect as u32);
        self.observe(0, || Event::RolloutStarted { defect });
        self.start_wave(0, 0);
        while let Some(next_ms) = self.buffers.queue.next_at() {
            if self.observation_end().is_some_and(|end_ms| next_ms > end_ms) {
                break;
            }
            let Some((at_ms, happening)) = self.buffers.queue.pop() else { break };
            debug_assert!(at_ms >= self.now_ms, "no event lies in the past");
            self.now_ms = at_ms;
            self.handle(happening);
        }
        self.finish()
    }

    fn handle(&mut self, happening: Happening) {
        match happening {
            Happening::OneBoxBaked { zone } => self.one_box_baked(zone as usize),
            Happening::ZoneDone { zone } => self.zone_done(zone as usize),
            Happening::WaveDone => self.wave_done(),
            Happening::FirstExposure => self.first_exposure(),
            Happening::LatentOnset => self.latent_onset(),
            Happening::NextOnset { zone } => self.next_onset(zone as usize),
            Happening::Impair { zone, host } => self.impair(zone as usize, host),
            Happening::Heal { zone, host } => self.heal(zone as usize, host),
            Happening::Resample { watch } => self.resample(watch),
            Happening::Evaluate { watch, generation } => self.evaluate(watch, generation),
            Happening::DelayOver { watch } => self.delay_over(watch),
            Happening::Fire { watch } => self.fire(watch),
            Happening::Stop => self.stop(),
        }
    }

    /// When observation ends; none while the rollout or the rollback is under way.
    fn observation_end(&self) -> Option<u64> {
        let end_ms = self.ended_ms()?;
        let bad_hosts_remain =
            self.defect.is_some() && (self.response.stop_ms.is_none() || self.response.left_exposed > 0);
        Some(end_ms + if bad_hosts_remain { self.plan.study.observe_after_ms } else { 0 })
    }

    /// When the rollout was complete or the rollback done.
    fn ended_ms(&self) -> Option<u64> {
        self.response.completed_ms.or(self.response.stop_ms.map(|_| self.response.retreated_ms))
    }

    fn ending(&self) -> Ending {
        match (self.response.stop_ms.is_some(), self.defect.is_some()) {
            (false, false) => Ending::Completed,
            (false, true) => Ending::Escaped,
            (true, true) => Ending::Caught,
            (true, false) => Ending::FalseRollback,
        }
    }

    fn finish(mut self) -> Outcome {
        let end_ms = self.ended_ms().expect("invariant: the queue runs dry only after the end");
        let observed_ms = self.observation_end().expect("invariant: the rollout has ended");
        let ending = self.ending();
        self.observe(end_ms, || Event::RolloutEnded { ending });
        let mut outcome = self.speed(end_ms, ending);
        let error_ratio = self.excess_failure();
        let Buffers { tally, .. } = self.buffers;
        tally.close(self.model, self.start_utc_ms, observed_ms, error_ratio, &mut outcome);
        outcome
    }

    /// Tells the observer, if it listens.
    pub(super) fn observe(&mut self, at_ms: u64, event: impl FnOnce() -> Event) {
        if O::ENABLED {
            self.observer.observe(at_ms, event());
        }
    }
}

fn pick_defect(plan: &Plan, u: f64) -> usize {
    let mut sum = 0.0;
    let last = plan.change.defects.len().saturating_sub(1);
    plan.change
        .defects
        .iter()
        .position(|defect| {
            sum += defect.probability;
            u < sum
        })
        .unwrap_or(last)
}

impl Buffers {
    fn reset(&mut self, plan: &Plan) {
        let (zones, regions) = (plan.fleet.zones.len(), plan.fleet.regions.len());
        self.queue.clear();
        self.tally.reset(zones, regions);
        self.zones.clear();
        self.zones.resize(zones, UNTOUCHED);
        self.regions.clear();
        self.regions.resize(regions, RegionState::default());
        self.batches.clear();
        self.wave_batches.clear();
        if !self.watches.is_empty() || self.zone_watches.len() != zones {
            self.watches.clear();
            clear_each(&mut self.zone_watches, zones);
            clear_each(&mut self.region_watches, regions);
            self.service_watches.clear();
        }
        self.defective.reset(zones);
        self.retreat.reset(zones);
    }
}

fn clear_each(lists: &mut Vec<Vec<u32>>, len: usize) {
    lists.iter_mut().for_each(Vec::clear);
    lists.resize(len, Vec::new());
}
