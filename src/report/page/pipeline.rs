//! The page of a pipeline over weeks: the verdict, where lead time goes, its measures, weeks told, and what it rests on.

use super::data::{
    AxisChoice, PageData, PageKind, SaidValue, StrategyLook, StrategyValues, limit_words, measure_named,
    said_value,
};
use super::frame::{Page, PageMode, page};
use super::grounds;
use super::parts::{self, PageSection, figure};
use crate::diagnostic::Diagnostic;
use crate::outcome::measures::{self, Measure};
use crate::outlet::shown;
use crate::plan::study::Statistic;
use crate::plan::{Claims, Pipeline, Plan, Restriction};
use crate::report::command::GivenScenario;
use crate::report::document::{Block, html};
use crate::report::html::{Html, commands, el, paragraph};
use crate::report::trains::journey::Journey;
use crate::report::{Story, chart, expectations, pipeline, text, verdict};
use crate::study::pipeline::replay;
use crate::study::pipeline_summary::{PipelineSummary, StrategyPipelines};
use std::collections::BTreeMap;

/// Most bytes of a page, about: weeks that do not fit are named with their command.
const MOST_BYTES: usize = 900_000;

/// Parts of a pipeline's document that stand elsewhere on the page.
const ELSEWHERE: [&str; 4] = ["Precision", "Published vs simulated", "Thresholds", "Verdict"];

/// A pipeline study, and what is said of it beside its numbers.
#[derive(Debug, Clone, Copy)]
pub struct PipelinePage<'a> {
    /// What was simulated.
    pub plan: &'a Plan,
    /// Its pipeline.
    pub pipeline: &'a Pipeline,
    /// What came out.
    pub summary: &'a PipelineSummary,
    /// The scenario as the user named it.
    pub file: GivenScenario<'a>,
    /// What was asked of the scenario.
    pub asked: &'a Restriction,
    /// Trials that were asked for.
    pub trials: Option<u64>,
    /// What the scenario is to show; none if it claims nothing.
    pub claims: Option<&'a Claims>,
    /// Warnings that the scenario accepts, each with its reason.
    pub allowed: &'a [Diagnostic],
}

impl PipelinePage<'_> {
    /// The page as one file. The weeks that it tells are simulated again.
    #[must_use]
    pub fn render(&self) -> Page {
        let mut left = MOST_BYTES.saturating_sub(self.with_trains(&[]).html.len());
        let mut told = Vec::new();
        for (index, strategy) in self.summary.strategies.iter().enumerate() {
            let Some(weeks) = self.weeks(index, strategy, told.is_empty()) else { break };
            if weeks.len() > left {
                break;
            }
            left -= weeks.len();
            told.push(weeks);
        }
        self.with_trains(&told)
    }

    fn with_trains(&self, told: &[Html]) -> Page {
        let summary = self.summary;
        let limits = crate::report::limits::blocks(&summary.thresholds, summary.trials);
        let precisions =
            crate::report::limits::precisions(&summary.precision, summary.trials, "`max-trials`");
        let hinges = grounds::hinges((limits, precisions), self.claims, self.allowed, self.file);
        let published = expectations::blocks(&summary.expectations, summary.trials);
        let (heading, lead) = ("Published against simulated", "Where lead time goes");
        let caption = "Means over delivered changes, from ready for review to the end of the last wave.";
        let sections = [
            self.question(),
            PageSection::new("published", heading, html::blocks(&published, 3, heading)),
            PageSection::new("lead-time", lead, figure(&chart::lead_time::picture(summary), caption)),
            PageSection::new("numbers", "The pipeline in numbers", self.numbers()),
            self.unfolding(told),
            PageSection::new("hinges", "What the answer hinges on", hinges),
            PageSection::new(
                "assumed",
                "What is assumed, and what is not modelled",
                grounds::assumed(self.plan),
            ),
            PageSection::new("reproduce", "How to make each figure again", self.reproduced(told.len())),
        ];
        let title = &summary.scenario;
        let lede = match self.plan.description.trim() {
            "" => pipeline::head(summary),
            about => format!("{} {}", about, pipeline::head(summary)),
        };
        let foot = format!(
            "{} {}, model {}, seed {}, plan {}",
            summary.tool, summary.tool_version, summary.model_version, summary.seed, summary.plan
        );
        let body = parts::body(title, &lede, &sections, &foot);
        let data = self.data();
        page(PageMode::Report, &format!("{title}: wavetank pipeline"), &body, ("page-data", &data.json()))
    }

    fn question(&self) -> PageSection {
        let question =
            "How long does a change take from merge to everywhere, and what does this pipeline let through?";
        let said = match &self.summary.contest {
            Some(contest) => verdict::of_pipeline(contest),
            None => self.alone(),
        };
        let body =
            Html::from(el("p").class("question").text(question)).then(el("p").class("verdict").text(&said));
        PageSection::new("verdict", "Question and verdict", body)
    }

    /// What there is to say of a single strategy.
    fn alone(&self) -> String {
        let Some(strategy) = self.summary.strategies.first() else { return String::new() };
        let mean = |measure: &'static Measure| {
            let found = strategy.measures.iter().find(|estimated| estimated.measure == measure)?;
            let mean = found.mean?;
            Some(text::estimate(mean.value, " ", mean.interval, |x| text::value(measure.unit, x)))
        };
        let [lead, fails, harm] = [
            &measures::LEAD_TIME_P50_MS,
            &measures::CHANGE_FAIL_RATE,
            &measures::IMPAIRED_HOST_MS_PER_QUARTER,
        ]
        .map(|measure| mean(measure).unwrap_or_else(|| "unknown".to_owned()));
        format!(
            "With {}, half of all changes are everywhere {lead} after they were merged; {fails} of deployments fail, and bad \
             changes cost {harm} impaired host-minutes a quarter.",
            strategy.name
        )
    }

    /// The parts of the terminal's report that have no place of their own.
    fn numbers(&self) -> Html {
        let document = pipeline::document(self.summary);
        let has_place = |block: &&Block| match block {
            Block::Section(title, _) => !ELSEWHERE.contains(&title.plain().as_str()),
            _ => true,
        };
        document
            .blocks
            .iter()
            .filter(has_place)
            .skip(1)
            .map(|block| html::blocks(std::slice::from_ref(block), 3, ""))
            .collect()
    }

    fn unfolding(&self, told: &[Html]) -> PageSection {
        let mut body = super::unfold::plans(self.plan);
        if !told.is_empty() {
            body.push(paragraph(
                "Weeks of one trial each, the first with a rollback: a line is a revision on its way from merge to the last wave.",
            ));
        }
        told.iter().for_each(|weeks| body.push(weeks.clone()));
        let rest: Vec<String> =
            (told.len()..self.summary.strategies.len()).map(|index| self.replay(index)).collect();
        if !rest.is_empty() {
            body.push(paragraph("Left out here to keep this file below a megabyte:"));
            body.push(commands(&rest));
        }
        PageSection::new("unfold", "How weeks unfold", body)
    }

    fn replay(&self, index: usize) -> String {
        let strategy = &self.summary.strategies[index];
        self.file.replay_pipeline(&strategy.name, self.summary.seed, strategy.telling_trial)
    }

    /// The telling weeks of a strategy; none where the trial cannot be simulated again, being too costly.
    fn weeks(&self, index: usize, strategy: &StrategyPipelines, open: bool) -> Option<Html> {
        let (_, records) = replay(self.plan, self.pipeline, index, strategy.telling_trial).ok()?;
        let journey = Journey::new(self.plan, self.pipeline, index, strategy.telling_trial, records);
        let id = format!("trains-{index}");
        let picture = journey.chart().renamed(format!("{id}-picture"));
        let head = el("summary").with(el("strong").text(&strategy.name));
        let head = head.text(&format!(", trial {}", strategy.telling_trial));
        let caption = "Steep is fast, flat is waiting.";
        let details = el("details").id(&id).class("trial").flag("open", open).with(head);
        Some(details.with(figure(&picture, caption)).with(commands(&[self.replay(index)])).into())
    }

    fn reproduced(&self, told: usize) -> Html {
        let summary = self.summary;
        let mut run = self.file.pipeline(self.asked, self.trials);
        for stage in summary.without.iter().flat_map(|without| &without.stages) {
            run.push_str(&format!(" --without {}", crate::outlet::shell_word(stage)));
        }
        let mut rows = vec![
            ("figure-lead-time".to_owned(), "Where lead time goes".to_owned(), run.clone()),
            ("numbers".to_owned(), "The pipeline in numbers".to_owned(), run.clone()),
        ];
        for (index, strategy) in summary.strategies.iter().enumerate().take(told) {
            rows.push((format!("trains-{index}"), format!("Weeks of {}", strategy.name), self.replay(index)));
        }
        let facts = [
            ("scenario", format!("{} ({})", summary.scenario, self.file.file)),
            ("plan", summary.plan.clone()),
            ("seed", summary.seed.to_string()),
            ("trials", format!("{} of each strategy", text::count(summary.trials))),
            ("model", summary.model_version.to_string()),
            ("program", format!("{} {}", summary.tool, summary.tool_version)),
        ];
        parts::reproduced(&rows, &facts, &format!("{run} --report html=report.html"))
    }

    fn data(&self) -> PageData {
        let summary = self.summary;
        let given: Vec<&'static Measure> = summary
            .strategies
            .first()
            .map_or(Vec::new(), |one| one.measures.iter().map(|m| m.measure).collect());
        let strategies = summary.strategies.iter().enumerate();
        PageData {
            kind: PageKind::Pipeline,
            scenario: shown(&summary.scenario).into_owned(),
            file: shown(self.file.file).into_owned(),
            seed: summary.seed.to_string(),
            model: summary.model_version,
            plan: summary.plan.clone(),
            trials: summary.trials,
            estimator: "independent trials".to_owned(),
            speed: AxisChoice { measure: &measures::LEAD_TIME_P50_MS, statistic: Statistic::Mean },
            harm: AxisChoice { measure: &measures::IMPAIRED_HOST_MS_PER_QUARTER, statistic: Statistic::Mean },
            measures: given.iter().map(|measure| measure_named(measure, vec![Statistic::Mean])).collect(),
            strategies: strategies.map(|(index, one)| self.strategy_values(index, one)).collect(),
            limits: summary.thresholds.iter().map(|limit| limit_words(limit, summary.trials)).collect(),
            told: Vec::new(),
        }
    }

    fn strategy_values(&self, index: usize, strategy: &StrategyPipelines) -> StrategyValues {
        let look = StrategyLook::of(index);
        let contest = self.summary.contest.as_ref();
        let value = |estimated: &crate::study::pipeline_summary::Estimated| {
            let mean = estimated.mean?;
            let said: SaidValue = said_value(estimated.measure.unit, mean.value, mean.interval)?;
            Some((estimated.measure.name, BTreeMap::from([(Statistic::Mean.name(), said)])))
        };
        StrategyValues {
            name: shown(&strategy.name).into_owned(),
            baseline: contest.map_or(index == 0, |contest| contest.baseline == index),
            front: contest.is_none_or(|contest| !contest.dominated[index]),
            dominated_by: None,
            ink: look.ink,
            shape: look.shape,
            dash: look.dash,
            values: strategy.measures.iter().filter_map(value).collect(),
            exceedance: Vec::new(),
        }
    }
}
