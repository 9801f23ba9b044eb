//! One trial: its state, its event loop and its outcome. What each event does is in the files
//! beside this one, named after what they move: flow, onset, watch, rollback.

use super::alert::RuleState;
use super::batch_time::BatchTime;
use super::breach::Sampler;
use super::canary::CanaryState;
use super::cure::RepairShop;
use super::deploy::{Batch, NONE};
use super::launch::{Launch, WaveTimes, World};
use super::load::Load;
use super::model::Model;
use super::queue::{Happening, Queue};
use super::respond::Response;
use super::rollback::Retreat;
use super::signal::BreachMemo;
use super::suffering::Defective;
use super::tally::Tally;
use super::trace::{Event, Observer};
use super::watch::Watch;
use super::zone_streams::ZoneStreams;
use crate::outcome::Outcome;
use crate::plan::strata::ChangeKind;
use crate::plan::{Defect, Plan, Strategy, Symptom};
use crate::random::{Purpose, Streams, mix};

/// Tells the streams of revisions from those of strata.
const REVISION: u64 = u64::from_le_bytes(*b"revision");

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
    /// Batches beside the waves, or [`NONE`].
    pub(super) bypass: u32,
    /// Hosts that never take the change.
    pub(super) left_behind: u32,
    /// Whether a deployment, bake included, is under way.
    pub(super) in_flight: bool,
}

const UNTOUCHED: ZoneState = ZoneState {
    done: 0,
    last_batch: NONE,
    batches: 0,
    one_box: 0,
    bypass: NONE,
    left_behind: 0,
    path_bake_ms: 0,
    in_flight: false,
};

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
    /// Regions under way, or waiting for their window.
    pub(super) active: u32,
    /// Regions among them that wait for their window.
    pub(super) waiting: u32,
    /// Since when all of them do.
    pub(super) idle_since_ms: Option<u64>,
    /// Bake time on the critical path so far.
    pub(super) path_bake_ms: u64,
}

/// Buffers that live from trial to trial.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    pub(super) queue: Queue,
    pub(super) tally: Tally,
    pub(super) zones: Vec<ZoneState>,
    pub(super) regions: Vec<RegionState>,
    pub(super) batches: Vec<Batch>,
    /// The uniforms of their slowest hosts.
    pub(super) deploy_draws: ZoneStreams,
    /// What onsets are drawn from.
    pub(super) onset_draws: ZoneStreams,
    /// First batch of every wave so far.
    pub(super) wave_batches: Vec<usize>,
    /// Waves of a launched rollout.
    pub(super) wave_times: Vec<WaveTimes>,
    pub(super) watches: Vec<Watch>,
    pub(super) zone_watches: Vec<Vec<u32>>,
    pub(super) region_watches: Vec<Vec<u32>>,
    pub(super) service_watches: Vec<u32>,
    pub(super) memo: BreachMemo,
    pub(super) sampler: Sampler,
    pub(super) alerts: Vec<RuleState>,
    pub(super) canaries: Vec<CanaryState>,
    pub(super) defective: Defective,
    pub(super) repairs: RepairShop,
    pub(super) load: Load,
    pub(super) retreat: Retreat,
    pub(super) completions: Vec<(u64, u32)>,
}

/// One rollout in progress.
pub(super) struct Trial<'a, O> {
    pub(super) model: &'a Model<'a>,
    pub(super) plan: &'a Plan,
    pub(super) strategy: &'a Strategy,
    /// How long its batches take.
    pub(super) deploy: &'a BatchTime,
    pub(super) streams: Streams,
    /// The rollout's start, in milliseconds after a UTC midnight.
    pub(super) start_utc_ms: u64,
    pub(super) defect: Option<usize>,
    /// The part of all possible changes that this one is drawn from.
    pub(super) fate: ChangeKind,
    /// Whether every evaluation is visited, for checking the lazy search.
    pub(super) exhaustive: bool,
    pub(super) buffers: &'a mut Buffers,
    pub(super) observer: &'a mut O,
    pub(super) now_ms: u64,
    /// Time of the latest promotion: evaluations of that instant are over.
    pub(super) promoted_ms: Option<u64>,
    pub(super) wave: WaveState,
    pub(super) response: Response,
    /// When the fault was first awake where its conditions held.
    pub(super) activated_ms: Option<u64>,
    /// What holds a rollout among others.
    pub(super) launch: Option<&'a Launch<'a>>,
    /// It was stopped from outside.
    pub(super) stopped_outside: bool,
    /// Bake time on the path before the present wave.
    pub(super) baked_before_ms: u64,
}

impl<'a, O: Observer> Trial<'a, O> {
    /// Sets up trial `trial` of a strategy that the plan uses: the same world for every strategy.
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
        let streams = match stratum.kind {
            ChangeKind::Any => Streams::new(plan.study.seed, trial),
            _ => Streams::in_stratum(plan.study.seed, stratum.entity, place.index),
        };
        let mut luck = streams.stream(Purpose::Change, 0);
        let spread = luck.uniform() * plan.study.start_spread_ms as f64;
        let (bad, which) = (luck.uniform(), luck.uniform());
        let defect = match stratum.kind {
            ChangeKind::Any => (bad < plan.change.bad_probability).then(|| pick_defect(plan, which)),
            ChangeKind::Good => None,
            ChangeKind::Bad { defect, .. } => Some(defect),
        };
        buffers.reset(plan);
        Self {
            model,
            plan,
            strategy,
            deploy: model.deploy_time(strategy),
            streams,
            start_utc_ms: plan.study.start_utc_ms + spread as u64,
            defect,
            fate: stratum.kind,
            exhaustive,
            buffers,
            observer,
            now_ms: 0,
            promoted_ms: None,
            wave: WaveState::default(),
            response: Response::default(),
            activated_ms: None,
            launch: None,
            stopped_outside: false,
            baked_before_ms: 0,
        }
    }

    /// Sets up a rollout among others.
    pub(super) fn launched(
        model: &'a Model<'a>,
        strategy: &'a Strategy,
        launch: &'a Launch<'a>,
        buffers: &'a mut Buffers,
        observer: &'a mut O,
    ) -> Self {
        let (World::Trial(trial) | World::Revision { trial, .. }) = launch.world;
        let mut set_up = Self::new(model, strategy, trial, false, buffers, observer);
        if let World::Revision { key, .. } = launch.world {
            set_up.streams = Streams::in_stratum(model.plan.study.seed, mix(&[REVISION, key]), trial);
            set_up.fate = ChangeKind::Any;
        }
        set_up.defect = launch.defect;
        set_up.start_utc_ms = launch.start_utc_ms;
        set_up.launch = Some(launch);
        set_up
    }

    /// The defect that the change carries.
    pub(super) fn defect(&self) -> Option<&'a Defect> {
        self.defect.map(|defect| &self.plan.change.defects[defect])
    }

    /// Runs to the end of the observation.
    pub(super) fn run(&mut self) -> Outcome {
        let defect = self.defect.map(|defect| defect as u32);
        self.observe(0, || Event::RolloutStarted { defect });
        self.schedule_background();
        self.schedule_trigger();
        self.start_past_waves();
        self.expect_outside_stop();
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
            Happening::StartWave { wave } => self.start_wave(wave as usize, self.wave.path_bake_ms),
            Happening::RegionOpens { region, path_bake_ms } => {
                self.region_opens(region as usize, path_bake_ms);
            }
            Happening::FirstExposure => self.first_exposure(),
            Happening::LatentOnset => self.latent_onset(),
            Happening::NextOnset { zone } => self.next_onset(zone as usize),
            Happening::Wake { zone, host } => self.wake(zone as usize, host),
            Happening::Unmask { zone, host } => self.unmask(zone as usize, host),
            Happening::GoneBack { zone, host } => self.gone_back(zone as usize, host),
            Happening::Worsen { zone, host } => self.worsen(zone as usize, host),
            Happening::Treated { zone, host } => self.cause_removed(zone as usize, host),
            Happening::Repaired { zone, host } => self.healed(zone as usize, host),
            Happening::Relapse { zone, host } => {
                self.fall_ill(zone as usize, host);
            }
            Happening::Aboard { zone, hosts } => self.aboard(zone as usize, hosts),
            Happening::Trigger { region } => self.trigger(region as usize),
            Happening::TriggerOver { region } => self.trigger_over(region as usize),
            Happening::Hour => self.hour(),
            Happening::Turn => self.turn(),
            Happening::Relief { zone } => self.relief(zone as usize),
            Happening::OperatorsReady => self.operators_ready(),
            Happening::Remedy => self.remedy(),
            Happening::BatchBegins { batch } => self.batch_service(batch, 1),
            Happening::BatchEnds { batch } => self.batch_service(batch, -1),
            Happening::OutOfService { zone, hosts } => self.out_of_service(zone as usize, hosts),
            Happening::Dark { place, region, number } => self.go_dark(place, region, number),
            Happening::Light { place, region, number } => self.back_to_light(place, region, number),
            Happening::Resample { watch } => self.resample(watch),
            Happening::Evaluate { watch, generation } => self.evaluate(watch, generation),
            Happening::DelayOver { watch } => self.delay_over(watch),
            Happening::Fire { watch } => self.fire(watch),
            Happening::Stop => self.stop(),
            Happening::OutsideStop => self.outside_stop(),
            Happening::TurnToGoBack { by_hand } => self.turn_to_go_back(by_hand),
        }
    }

    fn finish(&mut self) -> Outcome {
        self.follow_alerts();
        let end_ms = self.ended_ms().expect("invariant: the queue runs dry only after the end");
        let observed_ms = self.observation_end().expect("invariant: the rollout has ended");
        let ending = self.ending();
        self.observe(end_ms, || Event::RolloutEnded { ending });
        let mut outcome = self.speed(end_ms, ending);
        let symptom = self.defect().map_or(Defect::default().symptom, |defect| defect.symptom);
        let symptom = Symptom { error_ratio: self.excess_failure(), ..symptom };
        self.buffers.tally.close(self.model, self.start_utc_ms, observed_ms, symptom, &mut outcome);
        outcome.restored_ms =
            outcome.mitigated_ms.map(|at_ms| self.restored_ms(at_ms, outcome.damaged_items));
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
        self.deploy_draws.reset(zones);
        self.onset_draws.reset(zones);
        self.wave_batches.clear();
        self.wave_times.clear();
        if !self.watches.is_empty() || self.zone_watches.len() != zones {
            self.watches.clear();
            self.alerts.clear();
            self.canaries.clear();
            clear_each(&mut self.zone_watches, zones);
            clear_each(&mut self.region_watches, regions);
            self.service_watches.clear();
        }
        self.defective.reset(zones, regions);
        self.repairs.reset();
        self.load.reset(zones);
        self.retreat.reset(zones);
    }
}

fn clear_each(lists: &mut Vec<Vec<u32>>, len: usize) {
    lists.iter_mut().for_each(Vec::clear);
    lists.resize(len, Vec::new());
}
