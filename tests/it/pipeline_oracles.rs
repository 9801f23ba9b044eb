//! Pipelines over a trial against closed forms: lines, queues, restarts, windows.
//!
//! Acceptance as in `oracles`: exact rows exactly, |z| <= 4.5 at fixed seeds. Steady-state rows use
//! independent replications, each with its warm-up left out. Every pipeline is built from ordinary
//! features.

use crate::support::{accept, oracle, reject};
use wavetank::ids::{CalendarId, IdVec};
use wavetank::outcome::pipeline::{Part, PipelineOutcome};
use wavetank::pipeline::{self, Timed};
use wavetank::plan::pipeline::Line;
use wavetank::plan::pipeline::{
    AfterRejection, Calendar, ChangeSource, DefectClass, EntryPolicy, Holds, Merges, Mode, RateStep,
    RolloutsAtOnce, Stage, StagePhase, Window,
};
use wavetank::random::Distribution;

pub(crate) const MINUTE: u64 = 60_000;
pub(crate) const HOUR: u64 = 60 * MINUTE;
pub(crate) const WEEK: u64 = 7 * 24 * HOUR;
pub(crate) fn fixed(minutes: u64) -> Distribution {
    Distribution::Fixed { ms: minutes * MINUTE }
}

pub(crate) fn exponential(minutes: f64) -> Distribution {
    Distribution::Exponential { mean_ms: minutes * MINUTE as f64 }
}

pub(crate) fn poisson(per_minute: f64) -> Merges {
    Merges::Poisson(vec![RateStep { from_ms: 0, per_hour: per_minute * 60.0 }])
}

pub(crate) fn line(merges: Merges, stages: Vec<Stage>, warm_up_ms: u64, length_ms: u64) -> Line {
    Line {
        source: ChangeSource { merges, review: fixed(0), defects: IdVec::default() },
        stages,
        calendars: IdVec::default(),
        wave_windows: Vec::new(),
        bake_window: None,
        two_phase: None,
        region_windows: Vec::new(),
        entry: EntryPolicy::Queued,
        rollouts: RolloutsAtOnce::Overlapping,
        after_rejection: AfterRejection::Leave,
        emergency: None,
        error_budget: None,
        watchers: 0.0,
        watch_hours: Vec::new(),
        rejection_work_ms: 0,
        length_ms,
        warm_up_ms,
    }
}

pub(crate) fn stages(durations: impl IntoIterator<Item = Distribution>) -> Vec<Stage> {
    durations.into_iter().map(|duration| Stage::plain("stage", StagePhase::Test, duration)).collect()
}

fn run(pipeline: &Line, seed: u64, trial: u64) -> PipelineOutcome {
    pipeline::run(pipeline, &mut Timed::none(), seed, trial)
}

fn replications(pipeline: &Line, seed: u64, trials: u64) -> Vec<PipelineOutcome> {
    (0..trials).map(|trial| run(pipeline, seed, trial)).collect()
}

/// z of a mean against its value, in the sample's standard errors.
pub(crate) fn z_mean(values: &[f64], mean: f64) -> f64 {
    let n = values.len() as f64;
    let average = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - average) * (v - average)).sum::<f64>() / (n - 1.0);
    (average - mean) / (variance / n).sqrt()
}

fn z_share(count: usize, n: usize, p: f64) -> f64 {
    (count as f64 / n as f64 - p) / (p * (1.0 - p) / n as f64).sqrt()
}

/// Mean minutes from merge to delivery, of changes delivered.
fn mean_lead(outcome: &PipelineOutcome) -> f64 {
    let leads = outcome.changes.iter().filter_map(|change| Some(change.delivered_ms? - change.merged_ms));
    let leads: Vec<f64> = leads.map(|ms| ms as f64 / MINUTE as f64).collect();
    leads.iter().sum::<f64>() / leads.len() as f64
}

#[test]
fn o13_a_deterministic_line_takes_the_sum_and_then_the_slowest_stage() {
    let together = Merges::Every { first_ms: 0, gap_ms: 0, count: 12 };
    for room in [None, Some(3), Some(0)] {
        let mut stages = stages([20, 65, 40, 180, 60].map(fixed));
        stages.iter_mut().for_each(|stage| stage.room = room);
        let outcome = run(&line(together.clone(), stages, 0, 10_000 * MINUTE), 13, 0);
        let last = outcome.changes.iter().map(|change| change.delivered_ms.unwrap()).max();
        assert_eq!(last, Some(oracle("O13", "makespan") as u64 * MINUTE), "{room:?}");
        assert_eq!(outcome.completed, 12);
    }
}

/// Revisions per mean service time that a saturated line without places between its stages passes.
fn saturated(rates: &[f64], room: Option<usize>, seed: u64) -> Vec<f64> {
    let mut stages = stages(rates.iter().map(|rate| exponential(1.0 / rate)));
    stages.iter_mut().for_each(|stage| stage.room = room);
    let (warm_up, length) = (100 * MINUTE, 3100 * MINUTE);
    let ever = Merges::Every { first_ms: 0, gap_ms: 0, count: 3500 };
    let outcomes = replications(&line(ever, stages, warm_up, length), seed, 60);
    outcomes.iter().map(|outcome| outcome.completed as f64 / 3000.0).collect()
}

#[test]
fn o14_blocking_after_service_costs_throughput() {
    let rows: [(&str, &[f64]); 6] = [
        ("m2_mu1", &[1.0; 2]),
        ("m3_mu1", &[1.0; 3]),
        ("m4_mu1", &[1.0; 4]),
        ("m5_mu1", &[1.0; 5]),
        ("m3_unequal(1,1.25,0.8)", &[1.0, 1.25, 0.8]),
        ("m2_unequal(1,0.5): 1/(1/m1+1/m2-1/(m1+m2))", &[1.0, 0.5]),
    ];
    for (seed, (row, rates)) in (140..).zip(rows) {
        accept(&format!("O14 {row}"), z_mean(&saturated(rates, Some(0), seed), oracle("O14", row)));
    }
    reject("a place between stages", z_mean(&saturated(&[1.0; 2], Some(1), 146), oracle("O14", "m2_mu1")));
}

#[test]
fn o15_a_tandem_of_queues() {
    let line =
        line(poisson(0.02), stages([0.05, 0.03, 0.04].map(|mu| exponential(1.0 / mu))), WEEK, 20 * WEEK);
    let outcomes = replications(&line, 15, 40);
    let leads: Vec<f64> = outcomes.iter().map(mean_lead).collect();
    accept("O15 W", z_mean(&leads, oracle("O15", "W")));
    let time = |outcome: &PipelineOutcome| outcome.counted_ms() as f64;
    let present: Vec<f64> = outcomes.iter().map(|o| o.line_area_ms as f64 / time(o)).collect();
    accept("O15 L", z_mean(&present, oracle("O15", "L")));
    let long = |o: &PipelineOutcome| o.stages[1].time_at_ms[5..].iter().sum::<u64>() as f64 / time(o);
    let long: Vec<f64> = outcomes.iter().map(long).collect();
    accept("O15 P(stage 2 >= 5)", z_mean(&long, oracle("O15", "P(stage2 queue>=5 in system)")));
}

#[test]
fn o16_a_single_stage_with_lognormal_runs() {
    let run = |sigma| {
        let lognormal = Distribution::Lognormal { median_ms: 30.0 * MINUTE as f64, sigma };
        replications(&line(poisson(0.02), stages([lognormal]), 2 * WEEK, 30 * WEEK), 16, 40)
    };
    let queued = |outcome: &PipelineOutcome| {
        let done = outcome.changes.iter().filter(|change| change.delivered_ms.is_some());
        let waits: Vec<f64> = done.map(|c| c.parts.of(Part::Queue) as f64 / MINUTE as f64).collect();
        waits.iter().sum::<f64>() / waits.len() as f64
    };
    let outcomes = run(0.6);
    let waits: Vec<f64> = outcomes.iter().map(queued).collect();
    accept("O16 Wq", z_mean(&waits, oracle("O16", "Wq")));
    accept("O16 W", z_mean(&outcomes.iter().map(mean_lead).collect::<Vec<f64>>(), oracle("O16", "W")));
    let busy: Vec<f64> =
        outcomes.iter().map(|o| o.stages[0].occupied_ms as f64 / o.counted_ms() as f64).collect();
    accept("O16 rho", z_mean(&busy, oracle("O16", "rho")));
    let waits: Vec<f64> = run(0.5).iter().map(queued).collect();
    reject("runs that vary less", z_mean(&waits, oracle("O16", "Wq")));
}

#[test]
fn o18_a_chain_of_stages_lets_through_what_bayes_says() {
    let mut pipeline =
        line(Merges::Every { first_ms: 0, gap_ms: 0, count: 1 }, stages([fixed(1); 4]), 0, HOUR);
    pipeline.source.defects =
        vec![DefectClass { name: "any".to_owned(), probability: 0.03, review_catches: 0.0 }].into();
    // The closed form counts every rejection of a bad change as a detection. Here a stage that does not see
    // the defect may still raise a false alarm, so what it sees makes up the rest of the published share.
    let false_alarm = 0.01;
    for (stage, detected) in pipeline.stages.iter_mut().zip([0.8, 0.5, 0.5, 0.3]) {
        stage.catches = vec![1.0 - (1.0 - detected) / (1.0 - false_alarm)].into();
        stage.false_alarm = false_alarm;
    }
    let n = 400_000;
    let outcomes = replications(&pipeline, 18, n as u64);
    let count = |bad: Option<bool>, done: Option<bool>| {
        let fits = |o: &&PipelineOutcome| {
            let change = &o.changes[0];
            bad.is_none_or(|bad| change.defect.is_some() == bad)
                && done.is_none_or(|done| change.delivered_ms.is_some() == done)
        };
        outcomes.iter().filter(fits).count()
    };
    let (complete, stopped) = (count(None, Some(true)), count(None, Some(false)));
    accept(
        "O18 P(good, rejected)",
        z_share(count(Some(false), Some(false)), n, oracle("O18", "P_rollback_and_good")),
    );
    accept("O18 P(escape)", z_share(count(Some(true), Some(true)), n, oracle("O18", "P_escape")));
    accept(
        "O18 precision",
        z_share(count(Some(true), Some(false)), stopped, oracle("O18", "precision_of_rollback")),
    );
    accept("O18 P(complete)", z_share(complete, n, oracle("O18", "P_complete")));
}

#[test]
fn o19_false_alarms_send_a_good_change_back_to_the_first_stage() {
    let run = |after| {
        let mut pipeline = line(
            Merges::Every { first_ms: 0, gap_ms: 100_000 * MINUTE, count: 40_000 },
            stages([fixed(90); 5]),
            0,
            4_000_000_000 * MINUTE,
        );
        pipeline.after_rejection = AfterRejection::Restart { after: fixed(after) };
        pipeline.stages.iter_mut().for_each(|stage| stage.false_alarm = 0.02);
        run(&pipeline, 19, 0)
    };
    let outcome = run(20);
    let leads = |outcome: &PipelineOutcome| -> Vec<f64> {
        let leads = outcome.changes.iter().map(|c| c.delivered_ms.unwrap() - c.merged_ms);
        leads.map(|ms| ms as f64 / MINUTE as f64).collect()
    };
    accept("O19 E[T]", z_mean(&leads(&outcome), oracle("O19", "E_T")));
    let restarts: Vec<f64> =
        outcome.changes.iter().map(|c| c.parts.of(Part::Blocked) as f64 / (20 * MINUTE) as f64).collect();
    accept("O19 E[restarts]", z_mean(&restarts, oracle("O19", "E_restarts")));
    reject("a longer rollback", z_mean(&leads(&run(120)), oracle("O19", "E_T")));
}

#[test]
fn o22_a_window_makes_changes_wait() {
    let days = (0..520).flat_map(|week| (0..5).map(move |day| week * WEEK + day * 24 * HOUR));
    let open = days.map(|day| (day + 9 * HOUR, day + 17 * HOUR)).collect();
    let mut stage = Stage::plain("window", StagePhase::Deploy, fixed(0));
    stage.mode = Mode::Parallel;
    stage.window = Some(Window { calendar: CalendarId::new(0), holds: Holds::Start });
    let mut pipeline = line(poisson(0.1), vec![stage], 0, 500 * WEEK);
    pipeline.calendars = vec![Calendar::new(open)].into();
    let outcome = run(&pipeline, 22, 0);
    let done = outcome.changes.iter().filter(|change| change.delivered_ms.is_some());
    let waits: Vec<f64> = done.map(|c| c.parts.of(Part::Window) as f64 / HOUR as f64).collect();
    accept("O22 E[wait]", z_mean(&waits, oracle("O22", "E_wait_h")));
    let none = waits.iter().filter(|wait| **wait == 0.0).count();
    accept("O22 P(no wait)", z_share(none, waits.len(), oracle("O22", "P_wait0")));
    let longest = waits.iter().copied().fold(0.0, f64::max);
    assert!(longest <= oracle("O22", "max_wait_h") && longest > 63.9, "{longest}");
}
