//! What `plan` shows is what a rollout does that nothing disturbs: exactly where hosts take a fixed time, and never
//! sooner where they do not.

use super::must;
use wavetank::Plan;
use wavetank::outcome::Ending;
use wavetank::plan::timeline::{Timetable, timetable};
use wavetank::plan::{Gate, GateKind, GateWork};
use wavetank::random::Distribution;
use wavetank::rollout::{Engine, Model, RolloutEvent};
use wavetank::sim::Recorder;

/// The law that the plan's timetables break.
pub(super) fn check(plan: &Plan) -> Result<(), String> {
    let drawn = undisturbed(plan);
    let at_once = with_time(&drawn, |_| Distribution::Fixed { ms: 0 });
    let fixed = with_time(&drawn, |time| Distribution::Fixed { ms: time.median_ms() });
    for (strategy, definition) in plan.strategies.iter().enumerate() {
        let at = |fault: String| format!("{fault} (timetable of strategy {})", definition.name);
        let planned = timetable(&fixed, strategy);
        let simulated = simulate(&fixed, strategy, &planned).map_err(at)?;
        must(simulated == planned.waves.iter().map(wave_of).collect::<Vec<_>>(), "").map_err(|_| {
            at(format!("`plan` shows other times than a rollout: {planned:?} / {simulated:?}"))
        })?;
        let soonest = timetable(&at_once, strategy);
        let simulated = simulate(&drawn, strategy, &soonest).map_err(at)?;
        let is_sooner = |(wave, soonest): (&WaveTimes, &WaveTimes)| {
            wave.start_ms < soonest.start_ms || wave.end_ms < soonest.end_ms
        };
        let all: Vec<WaveTimes> = soonest.waves.iter().map(wave_of).collect();
        must(!simulated.iter().zip(&all).any(is_sooner), "sooner than hosts that take no time")
            .map_err(at)?;
    }
    Ok(())
}

/// When a wave begins, and when its bake is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct WaveTimes {
    start_ms: u64,
    end_ms: u64,
}

fn wave_of(wave: &wavetank::plan::timeline::WaveSchedule) -> WaveTimes {
    WaveTimes { start_ms: wave.start_ms, end_ms: wave.end_ms }
}

/// The plan with good changes only, of which nobody is late or fails, goes past the waves or is stopped, and whose gates take
/// the time that the timetable expects: checks that fail by chance, requests, which come at the rate of their hour, and what is seen of them are none.
fn undisturbed(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    let change = &mut plan.change;
    change.bad_probability = 0.0;
    change.straggler_probability = 0.0;
    (change.failing_hosts, change.failure_probability) = (None, 0.0);
    plan.fleet.regions.iter_mut().for_each(|region| region.failing_hosts = None);
    plan.fleet.background.ambient_alarms = None;
    plan.study.start_spread_ms = 0;
    for strategy in &mut plan.strategies {
        strategy.alarms.clear();
        strategy.bypass = None;
        strategy.complete_at = wavetank::plan::Ratio::ONE;
        (strategy.failures, strategy.progress_deadline_ms) = (None, None);
        for wave in &mut strategy.waves {
            wave.alarms = None;
            wave.gates = std::mem::take(&mut wave.gates).into_iter().filter_map(expected).collect();
        }
    }
    plan
}

fn expected(gate: Gate) -> Option<Gate> {
    let work = |work: GateWork| {
        let takes = Distribution::Fixed { ms: work.takes.median_ms() };
        GateWork { takes, catches: 0.0, false_alarm: 0.0, ..work }
    };
    let kind = match gate.kind {
        GateKind::Approval(of) => GateKind::Approval(work(of)),
        GateKind::Test(of) => GateKind::Test(work(of)),
        GateKind::Opening(of) => GateKind::Opening(of),
        GateKind::Checks(_) | GateKind::Requests(_) | GateKind::Risk(_) => return None,
    };
    Some(Gate { kind, within_ms: None })
}

fn with_time(plan: &Plan, time: impl Fn(Distribution) -> Distribution) -> Plan {
    let mut plan = plan.clone();
    plan.change.deploy_time = time(plan.change.deploy_time);
    for strategy in &mut plan.strategies {
        strategy.deploy_time = strategy.deploy_time.map(&time);
    }
    plan
}

/// The waves of a rollout, which must go through as many as its timetable.
fn simulate(plan: &Plan, strategy: usize, planned: &Timetable) -> Result<Vec<WaveTimes>, String> {
    let mut recorder = Recorder::default();
    let outcome = Engine::new(&Model::new(plan)).run(strategy, 0, &mut recorder);
    must(outcome.ending == Ending::Completed, "an undisturbed rollout was not completed")?;
    let mut waves = vec![WaveTimes { start_ms: 0, end_ms: 0 }; planned.waves.len()];
    for record in recorder.into_records() {
        match record.event {
            RolloutEvent::WaveStarted { wave } => waves[wave as usize].start_ms = record.at_ms,
            RolloutEvent::WaveDone { wave } => waves[wave as usize].end_ms = record.at_ms,
            _ => {}
        }
    }
    Ok(waves)
}
