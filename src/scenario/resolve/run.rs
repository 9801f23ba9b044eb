//! Which strategies the study runs, and what refers to them or to a metric by name.

use super::component::is_spoken_for;
use super::names::{self, check_listed_once, some, unknown};
use super::strategy::{Draft, Names};
use crate::diagnostic::Span;
use crate::outcome::measures::{self, Measure, Subject};
use crate::scenario::problems::Problems;
use crate::scenario::reader::{Field, Written};
use crate::scenario::rules;
use crate::scenario::spec::{MetricName, ScenarioSpec, StudySpec};
use crate::scenario::value::Name;

/// The strategies that run.
pub(super) struct StrategiesRun<'a> {
    names: &'a Names<'a>,
    /// Indices of the drafts, in report order.
    pub order: Vec<usize>,
    /// False if one of those listed was reported.
    pub complete: bool,
    /// Whether there is a pipeline, so that its measures can be held to something too.
    has_pipeline: bool,
}

impl StrategiesRun<'_> {
    /// Those that the study lists, or all that are neither templates nor spoken for.
    pub fn choose<'n>(
        names: &'n Names<'n>,
        spec: &ScenarioSpec,
        study: &StudySpec,
        problems: &mut Problems,
    ) -> StrategiesRun<'n> {
        let has_pipeline = spec.pipeline.span().is_some();
        let mut run = StrategiesRun { names, order: Vec::new(), complete: true, has_pipeline };
        run.fill(spec, study, problems);
        run
    }

    fn fill(&mut self, spec: &ScenarioSpec, study: &StudySpec, problems: &mut Problems) {
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
        let help = "add a `[[strategy]]` that is not a template, or include a file that has some";
        problems.report(rules::NO_STRATEGY.at(place, message).help(help));
    }

    /// Position among the strategies that run; `what` refers to it.
    pub fn position(&self, written: &Written<Name>, what: &str, problems: &mut Problems) -> Option<usize> {
        let index = self.names.find(written, problems)?;
        let position = self.order.iter().position(|&other| other == index);
        if position.is_none() && self.complete {
            let message = format!("{what} is `{}`, which the study does not run", written.value.0);
            let help = format!("the study runs {}", some(&self.listed()));
            problems.report(rules::NOT_COMPARED.at(written.span, message).help(help));
        }
        position
    }

    /// The measure that a key names.
    pub fn metric(&self, key: &Field<MetricName>, problems: &mut Problems) -> Option<&'static Measure> {
        let Written { value: MetricName(name), span } = key.get()?;
        self.known(name, measures::find(name), *span, problems)
    }

    /// The measure that was found for a text, if the scenario has what it is of. What it is of decides which study it
    /// is for: that of rollouts or that of the pipeline.
    pub fn known(
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
            let help = "write a `[pipeline]`, or name a metric of rollouts";
            problems.report(rules::UNKNOWN_METRIC.at(span, message).help(help));
            return None;
        }
        if found.is_none() {
            let known = measures::all().filter(is_there).map(|measure| measure.name);
            unknown(&names::METRIC, text, span, known, problems);
        }
        found
    }

    /// The names of those that run.
    pub fn listed(&self) -> Vec<&str> {
        self.order.iter().map(|&index| self.names.drafts[index].plan.name.as_str()).collect()
    }
}
