//! Resolves `[study]`, `[[threshold]]` and `[[guard]]`: which strategies run, in which order, against which limits.

use super::check_listed_once;
use super::component::is_spoken_for;
use super::expect;
use super::limit;
use super::strategy::{Draft, Names};
use super::unknown;
use crate::diagnostic::{Diagnostic, Span};
use crate::outcome::measures::{self, Measure, Subject};
use crate::plan::study::Statistic;
use crate::plan::{Estimator, Guard, Level, Plan, Precision, Strata, Study, Threshold};
use crate::scenario::problems::Problems;
use crate::scenario::reader::Written;
use crate::scenario::rules;
use crate::scenario::spec::{GuardSpec, MetricName, ScenarioSpec, StudySpec, ThresholdSpec};
use crate::scenario::value::{Duration, Int, Name, Percent, PrecisionText, Seed};

/// The study, and the strategies to run as indices of the drafts.
pub(super) fn resolve(
    spec: &ScenarioSpec,
    names: &Names<'_>,
    problems: &mut Problems,
) -> (Study, Vec<usize>) {
    let absent = StudySpec::default();
    let study = spec.study.value().unwrap_or(&absent);
    let has_pipeline = spec.pipeline.span().is_some();
    let mut run = Run { names, order: Vec::new(), complete: true, has_pipeline };
    run.choose(spec, study, problems);
    let baseline =
        study.baseline.get().and_then(|name| run.position(name, "the baseline", problems)).unwrap_or(0);
    let thresholds = spec.threshold.value().into_iter().flatten();
    let thresholds =
        thresholds.filter_map(|threshold| resolve_threshold(threshold, &run, problems)).collect();
    let trials = study.trials.or(Int(1_000)).0;
    let study = Study {
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

fn precisions(study: &StudySpec, run: &Run<'_>, problems: &mut Problems) -> Vec<Precision> {
    let written = study.precision.value().into_iter().flatten();
    written
        .filter_map(|Written { value, span }| {
            let PrecisionText { statistic, metric, relative } = value;
            let metric = run.known(metric, measures::find_words(metric), *span, problems)?;
            Some(Precision { metric, statistic: *statistic, strategy: None, relative: *relative })
        })
        .collect()
}

/// The strategies that run.
pub(super) struct Run<'a> {
    names: &'a Names<'a>,
    /// Indices of the drafts, in report order.
    pub order: Vec<usize>,
    /// False if one of those listed was reported.
    pub complete: bool,
    /// Whether there is a pipeline, so that its measures can be held to something too.
    has_pipeline: bool,
}

impl Run<'_> {
    fn choose(&mut self, spec: &ScenarioSpec, study: &StudySpec, problems: &mut Problems) {
        let drafts = self.names.drafts;
        self.complete = !study.strategies.is_broken() && self.names.complete;
        let Some(listed) = study.strategies.value() else {
            let compared = |draft: &Draft| !draft.template && !is_spoken_for(spec, &draft.plan.name);
            self.order = (0..drafts.len()).filter(|&index| compared(&drafts[index])).collect();
            let template_broken = drafts.iter().any(|draft| draft.spec.template.is_broken());
            if self.order.is_empty() && self.complete && !template_broken {
                self.nothing_to_run(spec, problems);
            }
            return;
        };
        check_listed_once(listed, problems);
        for written in listed {
            match self.names.find_runnable(written, problems) {
                Some(index) => self.order.push(index),
                None => self.complete = false,
            }
        }
        if self.order.is_empty() && self.complete {
            self.nothing_to_run(spec, problems);
        }
    }

    fn nothing_to_run(&self, spec: &ScenarioSpec, problems: &mut Problems) {
        let listed = spec.study.value().and_then(|study| study.strategies.span());
        let message = match (self.names.drafts, listed) {
            ([], _) => "the scenario has no strategy",
            (_, Some(_)) => "the study runs no strategy",
            (drafts, None) if drafts.iter().any(|draft| !draft.template) => {
                "every strategy of the scenario is a component's, or a template"
            }
            (_, None) => "every strategy of the scenario is a template",
        };
        let place = listed.or(spec.strategy.span()).unwrap_or_default();
        let diagnostic = Diagnostic::new(&rules::NO_STRATEGY, message).at(place, "");
        problems.report(
            diagnostic.help("add a `[[strategy]]` that is not a template, or include a file that has some"),
        );
    }

    /// Position among the strategies that run; `what` refers to it.
    pub fn position(&self, written: &Written<Name>, what: &str, problems: &mut Problems) -> Option<usize> {
        let index = self.names.find(written, problems)?;
        let position = self.order.iter().position(|&other| other == index);
        if position.is_none() && self.complete {
            let message = format!("{what} is `{}`, which the study does not run", written.value.0);
            let diagnostic = Diagnostic::new(&rules::NOT_COMPARED, message).at(written.span, "");
            problems
                .report(diagnostic.help(format!("the study runs {}", super::select::some(&self.listed()))));
        }
        position
    }

    /// The measure of that name.
    pub fn metric(&self, written: &Written<MetricName>, problems: &mut Problems) -> Option<&'static Measure> {
        let Written { value: MetricName(name), span } = written;
        self.known(name, measures::find(name), *span, problems)
    }

    /// The measure that was found for a text, if the scenario has what it is of. What it is of decides which study it
    /// is for: that of rollouts or that of the pipeline.
    fn known(
        &self,
        text: &str,
        found: Option<&'static Measure>,
        span: Span,
        problems: &mut Problems,
    ) -> Option<&'static Measure> {
        let is_there = |measure: &&Measure| match measure.subject() {
            Subject::Rollout => true,
            Subject::Pipeline | Subject::Lane => self.has_pipeline,
        };
        if let Some(measure) = found.filter(|measure| !is_there(measure)) {
            let message = format!("`{}` is of a pipeline, and there is none", measure.name);
            let diagnostic = Diagnostic::new(&rules::UNKNOWN_METRIC, message).at(span, "");
            problems.report(diagnostic.help("write a `[pipeline]`, or name a metric of rollouts"));
            return None;
        }
        if found.is_none() {
            let known = measures::all().filter(is_there).map(|measure| measure.name);
            unknown(&rules::UNKNOWN_METRIC, "metric", text, span, known, problems);
        }
        found
    }

    /// The names of those that run.
    pub fn listed(&self) -> Vec<&str> {
        self.order.iter().map(|&index| self.names.drafts[index].plan.name.as_str()).collect()
    }
}

fn resolve_threshold(
    written: &Written<ThresholdSpec>,
    run: &Run<'_>,
    problems: &mut Problems,
) -> Option<Threshold> {
    let spec = &written.value;
    let metric = spec.metric.get().and_then(|written| run.metric(written, problems));
    let strategy =
        spec.strategy.get().map(|name| run.position(name, "the strategy of this threshold", problems));
    let metric = metric?;
    let limit = spec.max.get()?;
    let max = limit::resolve(metric, limit, problems)?;
    Some(Threshold {
        metric,
        statistic: spec.statistic.value().copied().unwrap_or(Statistic::Mean),
        strategy: strategy.flatten(),
        max,
        level: spec.level.or(Level::Error),
    })
}

fn resolve_guard(written: &Written<GuardSpec>, run: &Run<'_>, problems: &mut Problems) -> Option<Guard> {
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
