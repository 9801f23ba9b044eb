//! Which strategies the study runs, and what refers to them or to a metric by name.

use super::names::{self, check_listed_once, some, unknown};
use super::strategy::{Draft, Names};
use crate::diagnostic::Span;
use crate::outcome::measures::{self, Measure, Subject};
use crate::scenario::problems::Problems;
use crate::scenario::reader::{Field, Written};
use crate::scenario::rules;
use crate::scenario::spec::{MetricName, ScenarioSpec};
use crate::scenario::value::Name;

/// The strategies that run.
pub(super) struct StrategiesRun<'a> {
    spec: &'a ScenarioSpec,
    /// All strategies of the scenario.
    pub names: &'a Names<'a>,
    /// Indices of the drafts, in report order.
    pub order: Vec<usize>,
    /// False if one of those listed was reported.
    pub complete: bool,
}

impl<'a> StrategiesRun<'a> {
    /// Those that the study lists, or all that are neither templates nor spoken for.
    pub fn choose(names: &'a Names<'a>, spec: &'a ScenarioSpec, problems: &mut Problems) -> Self {
        let absent = Field::default();
        let listed = spec.study.value().map_or(&absent, |study| &study.strategies);
        let complete = !listed.is_broken() && names.complete;
        let mut run = Self { spec, names, order: Vec::new(), complete };
        let template_broken = match listed.value() {
            Some(listed) => {
                run.take(listed, problems);
                false
            }
            None => {
                let compared = |draft: &Draft| !draft.template && !run.is_spoken_for(&draft.plan.name);
                let drafts = names.drafts;
                run.order = (0..drafts.len()).filter(|&index| compared(&drafts[index])).collect();
                drafts.iter().any(|draft| draft.spec.template.is_broken())
            }
        };
        if run.order.is_empty() && run.complete && !template_broken {
            run.nothing_to_run(problems);
        }
        run
    }

    /// Takes those that the study lists.
    fn take(&mut self, listed: &[Written<Name>], problems: &mut Problems) {
        check_listed_once(listed, problems);
        for written in listed {
            match self.names.find_runnable(written, problems) {
                Some(index) => self.order.push(index),
                None => self.complete = false,
            }
        }
    }

    /// Whether a strategy deploys a component or another pipeline: then it is compared only where the study lists it.
    fn is_spoken_for(&self, strategy: &str) -> bool {
        let Some(pipeline) = self.spec.pipeline.value() else { return false };
        let components = pipeline.component.list().iter().map(|component| &component.value.strategy);
        let others = pipeline.other.list().iter().map(|other| &other.value.strategy);
        components.chain(others).filter_map(Field::value).any(|Name(named)| named == strategy)
    }

    fn nothing_to_run(&self, problems: &mut Problems) {
        let listed = self.spec.study.value().and_then(|study| study.strategies.span());
        let message = match (self.names.drafts, listed) {
            ([], _) => "the scenario has no strategy",
            (_, Some(_)) => "the study runs no strategy",
            (drafts, None) if drafts.iter().any(|draft| !draft.template) => {
                "every strategy of the scenario is a component's, or a template"
            }
            (_, None) => "every strategy of the scenario is a template",
        };
        let place = listed.or(self.spec.strategy.span()).unwrap_or_default();
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
            Subject::Pipeline | Subject::Lane => self.spec.pipeline.span().is_some(),
        };
        if let Some(measure) = found.filter(|measure| !is_there(measure)) {
            let message = format!("`{}` is of a pipeline, and there is none", measure.name);
            let help = "write a `[pipeline]`, or name a metric of rollouts";
            problems.report(rules::UNKNOWN_METRIC.at(span, message).help(help));
            return None;
        }
        let has_customers = self.has_customers();
        if let Some(measure) = found.filter(|measure| measures::is_of_customers(measure) && !has_customers) {
            let message = format!("`{}` counts customers, and no region says how many it has", measure.name);
            let help = "add `customers = 20000` to a region of the fleet, or name another metric";
            problems.report(rules::UNKNOWN_METRIC.at(span, message).help(help));
            return None;
        }
        let is_there =
            |measure: &&Measure| is_there(measure) && (has_customers || !measures::is_of_customers(measure));
        if found.is_none() {
            let known = measures::all().filter(is_there).map(|measure| measure.name);
            unknown(&names::METRIC, text, span, known, problems);
        }
        found
    }

    fn has_customers(&self) -> bool {
        let regions = self.spec.fleet.value().map(|fleet| fleet.region.list());
        regions.into_iter().flatten().any(|region| !region.value.customers.is_absent())
    }

    /// The names of those that run.
    pub fn listed(&self) -> Vec<&str> {
        self.order.iter().map(|&index| self.names.drafts[index].plan.name.as_str()).collect()
    }
}
