//! Resolves `[study]` and `[[threshold]]`: which strategies run, in which order, against which limits.

use super::check_listed_once;
use super::limit;
use super::strategy::Names;
use super::unknown;
use crate::diagnostic::Diagnostic;
use crate::outcome::metric::{self, METRICS};
use crate::plan::study::Statistic;
use crate::plan::{Level, Study, Threshold};
use crate::scenario::problems::Problems;
use crate::scenario::reader::Written;
use crate::scenario::rules;
use crate::scenario::spec::{MetricName, ScenarioSpec, StudySpec, ThresholdSpec};
use crate::scenario::value::{Duration, Int, Name, Seed};

/// The study, and the strategies to run as indices of the drafts.
pub(super) fn resolve(
    spec: &ScenarioSpec,
    names: &Names<'_>,
    problems: &mut Problems,
) -> (Study, Vec<usize>) {
    let absent = StudySpec::default();
    let study = spec.study.value().unwrap_or(&absent);
    let mut run = Run { names, order: Vec::new(), complete: true };
    run.choose(spec, study, problems);
    let baseline =
        study.baseline.get().and_then(|name| run.position(name, "the baseline", problems)).unwrap_or(0);
    let thresholds = spec.threshold.value().into_iter().flatten();
    let thresholds =
        thresholds.filter_map(|threshold| resolve_threshold(threshold, &run, problems)).collect();
    let study = Study {
        trials: study.trials.or(Int(1_000)).0,
        seed: study.seed.or(Seed(0)).0,
        baseline,
        start_utc_ms: study.start.value().map_or(0, |time| time.ms),
        start_spread_ms: study.start_spread.or(Duration::ZERO).ms,
        observe_after_ms: study.observe_after.or(Duration::ZERO).ms,
        thresholds,
    };
    (study, run.order)
}

/// The strategies that run.
struct Run<'a> {
    names: &'a Names<'a>,
    /// Indices of the drafts, in report order.
    order: Vec<usize>,
    /// False if one of those listed was reported.
    complete: bool,
}

impl Run<'_> {
    fn choose(&mut self, spec: &ScenarioSpec, study: &StudySpec, problems: &mut Problems) {
        let drafts = self.names.drafts;
        self.complete = !study.strategies.is_broken() && self.names.complete;
        let Some(listed) = study.strategies.value() else {
            self.order = (0..drafts.len()).filter(|&index| !drafts[index].template).collect();
            let template_broken = drafts.iter().any(|draft| draft.spec.template.is_broken());
            if self.order.is_empty() && self.complete && !template_broken {
                self.nothing_to_run(spec, problems);
            }
            return;
        };
        check_listed_once(listed, problems);
        for written in listed {
            match self.names.find(written, problems) {
                Some(index) if drafts[index].template && !drafts[index].spec.template.is_broken() => {
                    let message = format!("`{}` is a template, which is never run", written.value.0);
                    let diagnostic = Diagnostic::new(&rules::NOT_COMPARED, message).at(written.span, "");
                    problems.report(
                        diagnostic
                            .help("remove `template = true` from it, or name a strategy that extends it"),
                    );
                    self.complete = false;
                }
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
            (_, None) => "every strategy of the scenario is a template",
        };
        let place = listed.or(spec.strategy.span()).unwrap_or_default();
        let diagnostic = Diagnostic::new(&rules::NO_STRATEGY, message).at(place, "");
        problems.report(
            diagnostic.help("add a `[[strategy]]` that is not a template, or include a file that has some"),
        );
    }

    /// Position among the strategies that run; `what` refers to it.
    fn position(&self, written: &Written<Name>, what: &str, problems: &mut Problems) -> Option<usize> {
        let index = self.names.find(written, problems)?;
        let position = self.order.iter().position(|&other| other == index);
        if position.is_none() && self.complete {
            let message = format!("{what} is `{}`, which the study does not run", written.value.0);
            let diagnostic = Diagnostic::new(&rules::NOT_COMPARED, message).at(written.span, "");
            let names = self.order.iter().map(|&index| self.names.drafts[index].plan.name.as_str());
            let names: Vec<&str> = names.collect();
            problems.report(diagnostic.help(format!("the study runs {}", super::select::some(&names))));
        }
        position
    }
}

fn resolve_threshold(
    written: &Written<ThresholdSpec>,
    run: &Run<'_>,
    problems: &mut Problems,
) -> Option<Threshold> {
    let spec = &written.value;
    let metric = spec.metric.get().and_then(|Written { value: MetricName(name), span }| {
        let metric = metric::find(name);
        if metric.is_none() {
            let known = METRICS.iter().map(|metric| metric.name);
            unknown(&rules::UNKNOWN_METRIC, "metric", name, *span, known, problems);
        }
        metric
    });
    let strategy =
        spec.strategy.get().map(|name| run.position(name, "the strategy of this threshold", problems));
    let metric = metric?;
    let limit = spec.max.get()?;
    let max = limit::resolve(metric, &limit.value, limit.span, problems)?;
    Some(Threshold {
        metric: metric.name.to_owned(),
        statistic: spec.statistic.value().copied().unwrap_or(Statistic::Mean),
        strategy: strategy.flatten(),
        max,
        level: spec.level.or(Level::Error),
    })
}
