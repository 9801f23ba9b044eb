//! Resolves `[study]`, `[[threshold]]` and `[[guard]]`: which strategies run, in which order, against which limits.

use super::expect;
use super::limit;
use super::run::StrategiesRun;
use super::strategy::Names;
use crate::diagnostic::Diagnostic;
use crate::outcome::measures;
use crate::plan::study::Statistic;
use crate::plan::{Estimator, Guard, Level, Plan, Precision, Strata, StudyPlan, Threshold};
use crate::scenario::problems::Problems;
use crate::scenario::reader::Written;
use crate::scenario::rules;
use crate::scenario::spec::{GuardSpec, ScenarioSpec, StudySpec, ThresholdSpec};
use crate::scenario::value::{Duration, Int, Percent, PrecisionText, Seed};

/// The study, and the strategies to run as indices of the drafts.
pub(super) fn resolve(
    spec: &ScenarioSpec,
    names: &Names<'_>,
    problems: &mut Problems,
) -> (StudyPlan, Vec<usize>) {
    let absent = StudySpec::default();
    let study = spec.study.value().unwrap_or(&absent);
    let run = StrategiesRun::choose(names, spec, study, problems);
    let baseline =
        study.baseline.get().and_then(|name| run.position(name, "the baseline", problems)).unwrap_or(0);
    let thresholds = spec.threshold.value().into_iter().flatten();
    let thresholds =
        thresholds.filter_map(|threshold| resolve_threshold(threshold, &run, problems)).collect();
    let trials = study.trials.or(Int(1_000)).0;
    let study = StudyPlan {
        trials,
        seed: study.seed.or(Seed(0)).0,
        baseline,
        start_utc_ms: study.start.value().map_or(0, |time| time.ms),
        start_spread_ms: study.start_spread.or(Duration::ZERO).ms,
        observe_after_ms: study.observe_after.or(Duration::ZERO).ms,
        thresholds,
        estimator: study.estimator.or(Estimator::default()),
        precision: precisions(study, &run, problems),
        max_trials: study.max_trials.or(Int(MAX_TRIALS_IF_UNSAID)).0.max(trials),
        guards: spec
            .guard
            .value()
            .into_iter()
            .flatten()
            .filter_map(|guard| resolve_guard(guard, &run, problems))
            .collect(),
        expectations: expect::resolve(spec, &run, problems),
    };
    (study, run.order)
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
    let mut diagnostic = Diagnostic::new(&rules::TOO_FEW_TRIALS, message);
    if let Some(place) = place {
        diagnostic = diagnostic.at(place, "");
    }
    let help = format!("write `trials = {fewest}` or more, or `estimator = \"plain\"`");
    problems.report(diagnostic.help(help));
}

fn precisions(study: &StudySpec, run: &StrategiesRun<'_>, problems: &mut Problems) -> Vec<Precision> {
    let written = study.precision.value().into_iter().flatten();
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
    let metric = spec.metric.get().and_then(|written| run.metric(written, problems));
    let strategy =
        spec.strategy.get().map(|name| run.position(name, "the strategy of this threshold", problems));
    let metric = metric?;
    let bound = limit::bound(metric, (&spec.max, &spec.min), written.span, problems)?;
    Some(Threshold {
        metric,
        statistic: spec.statistic.value().copied().unwrap_or(Statistic::Mean),
        strategy: strategy.flatten(),
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
    let metric = spec.metric.get().and_then(|written| run.metric(written, problems));
    let strategy = spec.strategy.get().map(|name| run.position(name, "the strategy of this guard", problems));
    let statistic = spec.statistic.get()?;
    if statistic.value == Statistic::Max {
        let message = "the largest value seen cannot be guarded";
        let diagnostic = Diagnostic::new(&rules::GUARDED_MAXIMUM, message).at(statistic.span, "");
        problems.report(diagnostic.help("write \"cvar99\" or \"p99\""));
        return None;
    }
    Some(Guard {
        metric: metric?,
        statistic: statistic.value,
        strategy: strategy.flatten(),
        tolerance: spec.tolerance.value().map_or(TOLERANCE_IF_UNSAID, |Percent(ratio)| ratio.as_f64()),
    })
}
