//! The simplest production: waves that take their time, whatever they deploy. Simulates no host.

use super::event::StopReason;
use super::keys;
use super::production::{Carried, Production, RolloutRequest, Schedule, ScheduledStop, WaveRun};
use crate::ids::{DefectId, IdVec, RegionId};
use crate::outcome::pipeline::Harm;
use crate::random::{Distribution, Purpose, Streams};

/// A wave that takes its time.
#[derive(Debug, Clone, PartialEq)]
pub struct TimedWave {
    /// Time until every host has the revision.
    pub deploy: Distribution,
    /// Time it bakes.
    pub bake: Distribution,
    /// Probability that the wave shows a defect, by class; one draw for a defect and a wave.
    pub catches: IdVec<DefectId, f64>,
    /// Time from the wave's start until its alarm; never past the wave's end.
    pub detection: Distribution,
    /// Probability that an alarm fires for nothing, at the wave's end.
    pub false_alarm: f64,
    /// Regions that it deploys to.
    pub regions: Vec<RegionId>,
}

/// Production as waves with given durations.
#[derive(Debug, Clone)]
pub struct Timed {
    streams: Streams,
    waves: Vec<TimedWave>,
    rollback: Distribution,
}

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
        self.streams.stream(purpose, keys::of_wave(key, wave)).uniform_at(index)
    }

    /// When a wave of a revision that begins at `start_ms` is over, if nothing stops it: deployed, and baked.
    fn times(&self, request: &RolloutRequest, wave: usize, start_ms: u64) -> (u64, u64) {
        let index = u64::from(request.attempt) * 2;
        let draw = |offset| self.uniform(Purpose::StageTime, request.key, wave, index + offset);
        let deployed_ms = start_ms + self.waves[wave].deploy.by_cdf(draw(0));
        let bake_ms = request.bakes.floor_of(self.waves[wave].bake.by_cdf(draw(1)));
        let baked_ms = deployed_ms + request.openings.bake_ms(deployed_ms, bake_ms);
        (deployed_ms, baked_ms.max(request.openings.bakes_until_ms[wave]))
    }

    /// When and why the alarm fires of a wave that lies between these instants, if it does.
    fn alarm(
        &self,
        request: &RolloutRequest,
        wave: usize,
        (start_ms, end_ms): (u64, u64),
    ) -> Option<(u64, StopReason)> {
        let model = &self.waves[wave];
        let uniform = |purpose, defect: &Carried| self.uniform(purpose, defect.key, wave, keys::DEFECT_INDEX);
        let seen = |defect: &&Carried| uniform(Purpose::StageVerdict, defect) < model.catches[defect.class];
        let shown = request.defects.iter().filter(seen).map(|defect| {
            let delay = model.detection.by_cdf(uniform(Purpose::StageTime, defect));
            ((start_ms + delay).min(end_ms), StopReason::Defect(defect.change))
        });
        let first = shown.min_by_key(|(at, _)| *at);
        let index = u64::from(request.attempt);
        let falsely = || self.uniform(Purpose::StageVerdict, request.key, wave, index) < model.false_alarm;
        first.or_else(|| (model.false_alarm > 0.0 && falsely()).then_some((end_ms, StopReason::FalseAlarm)))
    }

    /// When a revision is back whose rollback begins at `from_ms`.
    fn settled(&self, request: &RolloutRequest, from_ms: u64) -> u64 {
        let index = keys::ROLLBACK_INDEX + u64::from(request.attempt);
        from_ms + self.rollback.by_cdf(self.uniform(Purpose::StageTime, request.key, 0, index))
    }
}

impl Production for Timed {
    fn waves(&self) -> usize {
        self.waves.len()
    }

    fn regions(&self, wave: usize) -> &[RegionId] {
        &self.waves[wave].regions
    }

    fn roll_out(&mut self, request: &RolloutRequest) -> Schedule {
        let mut waves: Vec<WaveRun> = Vec::with_capacity(self.waves.len());
        let mut alarm = None;
        let mut ready = request.start_ms;
        while waves.len() < self.waves.len() && alarm.is_none() {
            let wave = waves.len();
            let start_ms = request.openings.opens(wave, ready);
            let in_time = |start_ms: &u64| request.stop.is_none_or(|stop| *start_ms < stop.at_ms);
            let Some(start_ms) = start_ms.filter(in_time) else { break };
            let (deployed_ms, end_ms) = self.times(request, wave, start_ms);
            alarm = self.alarm(request, wave, (start_ms, end_ms));
            waves.push(WaveRun {
                start_ms,
                deployed_ms,
                baked_ms: end_ms,
                approved_ms: end_ms,
                end_ms: Some(end_ms),
            });
            ready = end_ms;
        }
        // Nobody takes the place of what is complete.
        let done = waves.len() == self.waves.len() && alarm.is_none();
        let comes = request.stop.filter(|stop| {
            alarm.is_none_or(|(at_ms, _)| at_ms >= stop.at_ms)
                && !(done && ready < stop.at_ms && !stop.roll_back)
        });
        let stop = comes.map(|stop| (stop.at_ms, StopReason::Outside)).or(alarm);
        let stopped = stop.map(|(at_ms, why)| {
            let rolled_back = comes.is_none_or(|stop| stop.roll_back);
            let back_from_ms = at_ms.max(request.back_from_ms);
            let settled_ms = if rolled_back { self.settled(request, back_from_ms) } else { at_ms };
            ScheduledStop { at_ms, why, component: 0, settled_ms }
        });
        if let Some((at_ms, _)) = stop {
            for wave in &mut waves {
                wave.deployed_ms = wave.deployed_ms.min(at_ms);
                wave.baked_ms = wave.baked_ms.min(at_ms);
                wave.approved_ms = wave.baked_ms;
                wave.end_ms = Some(wave.baked_ms);
            }
        }
        let brought_ms = vec![Some(request.start_ms); request.defects.len()];
        Schedule { waves, stopped, brought_ms, harm: Harm::NONE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::production::WaveOpenings;
    use crate::plan::Ratio;
    use crate::rollout::launch::OutsideStop;

    fn production(deploy: Distribution, bake: Distribution) -> Timed {
        let wave = TimedWave {
            deploy,
            bake,
            catches: IdVec::default(),
            detection: Distribution::Fixed { ms: 0 },
            false_alarm: 0.0,
            regions: Vec::new(),
        };
        Timed::new(1, 0, vec![wave.clone(), wave], Distribution::Fixed { ms: 5 })
    }

    fn request(key: u64, attempt: u32, stop: Option<OutsideStop>) -> RolloutRequest<'static> {
        let (bakes, openings) = (Ratio::ONE, WaveOpenings::open(2));
        RolloutRequest {
            key,
            attempt,
            bakes,
            defects: Vec::new(),
            start_ms: 0,
            openings,
            stop,
            back_from_ms: 0,
        }
    }

    #[test]
    fn every_wave_of_every_attempt_takes_times_of_its_own() {
        let long = Distribution::Exponential { mean_ms: 1e10 };
        let mut times = Vec::new();
        for (key, attempt) in (0..6).flat_map(|key| (0..4).map(move |attempt| (key, attempt))) {
            for wave in production(long, long).roll_out(&request(key, attempt, None)).waves {
                times.extend([wave.deployed_ms - wave.start_ms, wave.baked_ms - wave.deployed_ms]);
            }
        }
        let all = times.len();
        times.sort_unstable();
        times.dedup();
        assert_eq!((all, times.len()), (6 * 4 * 2 * 2, all));
    }

    #[test]
    fn a_stop_comes_before_what_begins_or_ends_with_it() {
        // Ten of deployment and twenty of bake, twice.
        let fixed = |ms| Distribution::Fixed { ms };
        let stopped = |at_ms| {
            let stop = Some(OutsideStop { at_ms, roll_back: false });
            let schedule = production(fixed(10), fixed(20)).roll_out(&request(1, 0, stop));
            (schedule.waves.len(), schedule.stopped.map(|stop| stop.at_ms))
        };
        assert_eq!(stopped(29), (1, Some(29)));
        assert_eq!(stopped(30), (1, Some(30)), "the second wave does not begin");
        assert_eq!(stopped(31), (2, Some(31)));
        assert_eq!(stopped(60), (2, Some(60)), "it is not complete before it");
        assert_eq!(stopped(61), (2, None), "nobody takes the place of what is complete");
    }
}
