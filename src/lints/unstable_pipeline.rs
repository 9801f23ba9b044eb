//! Whether a pipeline passes changes as fast as they arrive, in closed form: arrivals against the rate at which each
//! queue is served. It knows nothing of rejections, which only make it slower.

use crate::diagnostic::Diagnostic;
use crate::ids::{CalendarId, RegionId};
use crate::plan::pipeline::{EntryPolicy, Line, Mode, Pipeline, Stage};
use crate::plan::timeline::{Timetable, timetable, timetable_of};
use crate::plan::{Plan, Strategy};
use crate::random::Distribution;
use crate::scenario::{Places, rules};

const DAY_MS: f64 = 86_400_000.0;
/// Quantiles that a mean is made of.
const SLICES: u32 = 400;

/// Warns of queues in which changes arrive faster than they are served: they grow for as long as one looks.
pub(super) fn unstable_pipeline(plan: &Plan, places: &Places) -> Vec<Diagnostic> {
    let (Some(pipeline), Some(place)) = (&plan.pipeline, places.pipeline) else { return Vec::new() };
    let mut found = Vec::new();
    let warn = |message: String| {
        let help = "make it faster, let revisions be superseded, or merge less often";
        Diagnostic::new(&rules::UNSTABLE_PIPELINE, message).at(place, "").help(help)
    };
    let mut arriving = pipeline.line.merges_a_day();
    for stage in &pipeline.line.stages {
        let Some(served) = served_a_day(stage, &pipeline.line) else { continue };
        if stage.mode == Mode::Queued && arriving > served {
            let message = format!(
                "revisions queue for the stage `{}` without end: {arriving:.1} arrive a day, and it passes {served:.1}",
                stage.name
            );
            found.push(warn(message));
        }
        arriving = arriving.min(served);
    }
    for (index, strategy) in plan.strategies.iter().enumerate() {
        let help = "let the window hold less of the wave, open it for longer, or make the wave shorter";
        let message = |wave: &str| {
            format!(
                "wave `{wave}` of strategy `{}` never begins: no opening is as long as what must be done in it",
                strategy.name
            )
        };
        let closed = waves_without_opening(plan, strategy, pipeline).into_iter();
        found.extend(closed.map(|wave| {
            let diagnostic = Diagnostic::new(&rules::UNSTABLE_PIPELINE, message(&wave)).at(place, "");
            diagnostic.and(places.strategies[index], "this strategy").help(help)
        }));
    }
    if pipeline.line.entry == EntryPolicy::Queued {
        for (index, strategy) in plan.strategies.iter().enumerate() {
            let (served, wave) = slowest_wave(plan, index, pipeline);
            if arriving > served {
                let message = format!(
                    "revisions queue for production by `{}` without end: {arriving:.1} arrive a day, and {wave} {served:.1}",
                    strategy.name
                );
                found.push(warn(message).and(places.strategies[index], "this strategy"));
            }
        }
    }
    found
}

/// Waves that, or a region of which, cannot begin on any day of the pipeline.
fn waves_without_opening(plan: &Plan, strategy: &Strategy, pipeline: &Pipeline) -> Vec<String> {
    let line = pipeline.with_waves(plan, strategy);
    let opens = |calendar: &CalendarId| {
        let intervals = line.calendars[*calendar].intervals();
        intervals.first().is_some_and(|(from, _)| *from < line.length_ms)
    };
    let windows = line.wave_windows.iter().zip(&line.region_windows);
    strategy
        .waves
        .iter()
        .zip(windows)
        .filter(|(wave, (window, by_region))| {
            let mut regions = wave.regions.iter().filter_map(|region| by_region.get(*region));
            !window.as_ref().is_none_or(opens) || !regions.all(opens)
        })
        .map(|(wave, _)| wave.name.clone())
        .collect()
}

/// Runs a day of a stage that is never idle while it is open; none if any number run at once.
fn served_a_day(stage: &Stage, line: &Line) -> Option<f64> {
    let open = stage.window.map_or(1.0, |window| {
        let intervals = line.calendars[window.calendar].intervals();
        let length_ms = line.length_ms;
        let open_ms: u64 = intervals.iter().map(|(from, to)| to.min(&length_ms).saturating_sub(*from)).sum();
        open_ms as f64 / length_ms as f64
    });
    let runs = 1.0 + stage.flaky.probability / (1.0 - stage.flaky.probability);
    let run_ms = match &stage.rehearsal {
        Some(there) => {
            timetable(&there.plan, there.strategy).waves.last().map_or(0.0, |wave| wave.end_ms as f64)
        }
        None => mean_ms(&stage.duration),
    };
    let mean_ms = run_ms * runs;
    (stage.mode != Mode::Parallel && mean_ms > 0.0).then(|| open * DAY_MS / mean_ms)
}

fn mean_ms(time: &Distribution) -> f64 {
    let slices = 0..SLICES;
    slices.map(|i| time.by_cdf((f64::from(i) + 0.5) / f64::from(SLICES)) as f64).sum::<f64>()
        / f64::from(SLICES)
}

/// Rollouts a day that the slowest wave passes, and what it is called. With a calendar at most one begins at each opening
/// that is shorter than the wave; a wave that shares hosts with later ones is free when those are over.
fn slowest_wave(plan: &Plan, strategy: usize, pipeline: &Pipeline) -> (f64, String) {
    let studied = &plan.strategies[strategy];
    let components: Vec<Timetable> =
        pipeline.deployed_by(studied).into_iter().map(|by| timetable_of(plan, by)).collect();
    // A wave is over when every component has had its turn.
    let length_ms = |wave: usize| -> f64 {
        let all = components.iter().filter_map(|times| times.waves.get(wave));
        all.map(|times| (times.end_ms - times.start_ms) as f64).sum()
    };
    let line = pipeline.with_waves(plan, studied);
    let passed = |window: Option<CalendarId>, length_ms: f64| {
        let Some(calendar) = window else { return DAY_MS / length_ms };
        let open = line.calendars[calendar].intervals().iter();
        let open = open.filter(|(from, _)| *from < line.length_ms).map(|(from, to)| (to - from) as f64);
        let begun: f64 = open.map(|open_ms| libm::ceil(open_ms / length_ms)).sum();
        (begun / line.length_ms as f64 * DAY_MS).min(DAY_MS / length_ms)
    };
    let regions: Vec<&[RegionId]> = studied.waves.iter().map(|wave| wave.regions.as_slice()).collect();
    let held_through = line.rollouts.held_through(&regions).into_iter().enumerate();
    let name = |wave: usize| &studied.waves[wave].name;
    held_through
        .map(|(wave, last)| {
            let held_ms: f64 = (wave..=last).map(length_ms).sum();
            let called = match last {
                last if last == wave => format!("wave `{}` passes", name(wave)),
                last => format!("waves `{}` to `{}`, one revision at a time, pass", name(wave), name(last)),
            };
            (passed(line.wave_windows[wave], held_ms.max(1.0)), called)
        })
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .unwrap_or((f64::INFINITY, String::new()))
}
