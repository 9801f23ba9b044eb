//! Resolves `[study]`, `[[threshold]]` and `[[guard]]`: which strategies run, in which order, against which limits.

use super::expect;
use super::limit;
use super::run::StrategiesRun;
use super::strategy::Names;
use crate::outcome::measures;
use crate::plan::study::Statistic;
use crate::plan::{Guard, Level, Plan, Precision, Strata, StudyPlan, Threshold};
use crate::scenario::problems::Problems;
use crate::scenario::reader::Written;
use crate::scenario::rules;
use crate::scenario::spec::{GuardSpec, ScenarioSpec, StudySpec, ThresholdSpec};
use crate::scenario::value::PrecisionText;
use jiff::civil::Weekday;

/// The study, and the strategies that it runs.
pub(super) fn resolve<'a>(
    spec: &'a ScenarioSpec,
    names: &'a Names<'a>,
    first_day: Weekday,
    problems: &mut Problems,
) -> (StudyPlan, StrategiesRun<'a>) {
    let absent = StudySpec::default();
    let study = spec.study.value().unwrap_or(&absent);
    let run = StrategiesRun::choose(names, spec, problems);
    let baseline =
        study.baseline.get().and_then(|name| run.position(name, "the baseline", problems)).unwrap_or(0);
    let thresholds = spec.threshold.list().iter();
    let thresholds =
        thresholds.filter_map(|threshold| resolve_threshold(threshold, &run, problems)).collect();
    let trials = study.trials.or(1_000);
    let study = StudyPlan {
        trials,
        seed: study.seed.or(0),
        baseline,
        start_utc_ms: study.start.or_default().ms_after(first_day),
        start_spread_ms: study.start_spread.or_default(),
        observe_after_ms: study.observe_after.or_default(),
        thresholds,
        estimator: study.estimator.or_default(),
        precision: precisions(study, &run, problems),
        max_trials: study.max_trials.or(MAX_TRIALS_IF_UNSAID).max(trials),
        guards: spec.guard.list().iter().filter_map(|guard| resolve_guard(guard, &run, problems)).collect(),
        expectations: expect::resolve(spec, &run, problems),
    };
    (study, run)
}

/// Most trials that precision may take if nothing is said: minutes rather than hours.
const MAX_TRIALS_IF_UNSAID: u64 = 200_000;
/// Accepted increase of a guarded statistic if nothing is said.
const TOLERANCE_IF_UNSAID: f64 = 0.05;

/// Checks what needs the whole plan: that there are trials enough for its strata.
pub(super) fn check_trials(plan: &Plan, spec: &ScenarioSpec, problems: &mut Problems) {
    let fewest = Strata::of(plan).fewest_trials();
    if plan.study.trials >= fewest {
        return;
    }
    let estimator = plan.study.estimator.name();
    let message = format!("{} trials are too few for the estimator `{estimator}`", plan.study.trials);
    let study = spec.study.value();
    // Without a number of trials the estimator is what asks for more than the default.
    let place = study.and_then(|study| study.trials.span().or(study.estimator.span()));
    let help = format!("write `trials = {fewest}` or more, or `estimator = \"plain\"`");
    problems.report(rules::TOO_FEW_TRIALS.at(place, message).help(help));
}

fn precisions(study: &StudySpec, run: &StrategiesRun<'_>, problems: &mut Problems) -> Vec<Precision> {
    let written = study.precision.list().iter();
    written
        .filter_map(|Written { value, span }| {
            let PrecisionText { statistic, metric, relative } = value;
            let metric = run.known(metric, measures::find_words(metric), *span, problems)?;
            Some(Precision { metric, statistic: *statistic, strategy: None, relative: *relative })
        })
        .collect()
}

fn resolve_threshold(
    written: &Written<ThresholdSpec>,
    run: &StrategiesRun<'_>,
    problems: &mut Problems,
) -> Option<Threshold> {
    let spec = &written.value;
    let metric = run.metric(&spec.metric, problems);
    let strategy =
        spec.strategy.get().and_then(|name| run.position(name, "the strategy of this threshold", problems));
    let metric = metric?;
    let bound = limit::bound(metric, (&spec.max, &spec.min), written.span, problems)?;
    Some(Threshold {
        metric,
        statistic: spec.statistic.or(Statistic::Mean),
        strategy,
        bound,
        level: spec.level.or(Level::Error),
    })
}

fn resolve_guard(
    written: &Written<GuardSpec>,
    run: &StrategiesRun<'_>,
    problems: &mut Problems,
) -> Option<Guard> {
    let spec = &written.value;
    let metric = run.metric(&spec.metric, problems);
    let strategy =
        spec.strategy.get().and_then(|name| run.position(name, "the strategy of this guard", problems));
    let statistic = spec.statistic.get()?;
    if statistic.value == Statistic::Max {
        let message = "the largest value seen cannot be guarded";
        let help = "write \"cvar99\" or \"p99\"";
        problems.report(rules::GUARDED_MAXIMUM.at(statistic.span, message).help(help));
        return None;
    }
    Some(Guard {
        metric: metric?,
        statistic: statistic.value,
        strategy,
        tolerance: spec.tolerance.or(TOLERANCE_IF_UNSAID),
    })
}
