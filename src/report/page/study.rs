//! The page of a study: an argument from the question to how each figure is made again.

use super::data::PageData;
use super::figures::{self, StudyFigures};
use super::frame::{Page, PageMode, page};
use super::parts::{self, PageSection};
use super::told::{ToldTrial, told_trials};
use super::{grounds, numbers, unfold};
use crate::diagnostic::Diagnostic;
use crate::plan::{Claims, Plan, Restriction, Trials};
use crate::report::command::GivenScenario;
use crate::report::document::{Block, ShellCommand, html};
use crate::report::html::{Html, el, paragraph};
use crate::report::{expectations, limits, text, verdict};
use crate::study::Summary;
use crate::study::unfolding::Unfolding;

/// Most bytes of a page, about: figures and told trials that do not fit are left out, and trials named with their command.
const MOST_BYTES: usize = 930_000;
/// Bytes of that which told trials get, whatever else there is.
const FOR_TRIALS: usize = 200_000;

/// A study, and what is said of it beside its numbers.
#[derive(Debug, Clone, Copy)]
pub struct StudyPage<'a> {
    /// What was simulated.
    pub plan: &'a Plan,
    /// What came out.
    pub summary: &'a Summary,
    /// The scenario as the user named it.
    pub file: GivenScenario<'a>,
    /// What was asked of the scenario.
    pub asked: &'a Restriction,
    /// What the scenario is to show; none if it claims nothing.
    pub claims: Option<&'a Claims>,
    /// Warnings that the scenario accepts, each with its reason.
    pub allowed: &'a [Diagnostic],
    /// How its rollouts unfold; none where that was not looked at.
    pub unfolding: Option<&'a Unfolding>,
}

impl StudyPage<'_> {
    /// The page as one file. Told trials are simulated again.
    #[must_use]
    pub fn render(&self) -> Page {
        let candidates = told_trials(self.summary, self.file);
        let mut figures = StudyFigures::new(self.plan, self.summary, self.unfolding, &candidates);
        let rest = self.with_trials(&StudyFigures::default(), 0, &[], &[], &candidates).html.len();
        let left_out = figures.within(MOST_BYTES.saturating_sub(rest + FOR_TRIALS));
        let kept: usize = figures.all().map(|figure| figure.html.len()).sum();
        let mut left = MOST_BYTES.saturating_sub(rest + kept);
        let mut told = Vec::new();
        for trial in &candidates {
            let shown = unfold::trial(self.plan, self.summary, trial, told.is_empty());
            if shown.len() > left {
                break;
            }
            left -= shown.len();
            told.push(shown);
        }
        let (named, unnamed) = candidates.split_at(told.len());
        self.with_trials(&figures, left_out, &told, named, unnamed)
    }

    /// The page with these figures and trials, and the other trials named.
    fn with_trials(
        &self,
        figures: &StudyFigures,
        left_out: usize,
        shown: &[Html],
        told: &[ToldTrial],
        rest: &[ToldTrial],
    ) -> Page {
        let data = PageData::with_told(self.plan, self.summary, self.file, told);
        let sections = [
            self.question(),
            self.published(figures),
            PageSection::new("trade-off", "Speed against harm", figures::shown(&figures.trade_off)),
            PageSection::new("numbers", "The strategies in numbers", numbers::body(self.summary, &data)),
            self.unfolding(figures, shown, rest),
            self.tail(figures, left_out, told),
            PageSection::new("hinges", "What the answer hinges on", self.hinges()),
            PageSection::new(
                "assumed",
                "What is assumed, and what is not modelled",
                grounds::assumed(self.plan),
            ),
            PageSection::new("reproduce", "How to make each figure again", self.reproduced(figures, told)),
        ];
        let (title, lede) = (&self.summary.scenario, self.lede());
        let body = parts::body(title, &lede, &sections, &self.provenance());
        page(PageMode::Report, &format!("{title}: wavetank report"), &body, ("page-data", &data.json()))
    }

    fn lede(&self) -> String {
        let simulated = format!(
            "{} simulated: {} each, of a change to {} in {}.",
            text::strategies(self.summary.strategies.len()),
            text::counted(self.summary.trials, "rollout"),
            text::counted(self.summary.fleet_hosts, "host"),
            text::counted(self.summary.fleet_regions, "region")
        );
        match self.plan.description.trim() {
            "" => simulated,
            about if about.ends_with(['.', '!', '?', ':']) => format!("{about} {simulated}"),
            about => format!("{about}. {simulated}"),
        }
    }

    fn question(&self) -> PageSection {
        let hosts = text::counted(self.summary.fleet_hosts, "host");
        let question = match &self.summary.strategies[..] {
            [only] => format!(
                "How fast does a change reach {hosts} with {}, and what harm does a bad one do on the way?",
                only.name
            ),
            several => format!(
                "Which of {} should carry a change to {hosts}: how fast is each, and what harm does a bad change do on \
                 the way?",
                text::strategies(several.len())
            ),
        };
        let verdict = el("p").class("verdict").text(&verdict::headline(self.plan, self.summary));
        let details = verdict::details(self.summary);
        let details = if details.is_empty() { Html::default() } else { parts::list(&details) };
        let body = Html::from(el("p").class("question").text(&question)).then(verdict).then(details);
        PageSection::new("verdict", "Question and verdict", body)
    }

    /// What was published beside what is simulated, where the scenario says so: an incident is judged by that first.
    fn published(&self, figures: &StudyFigures) -> PageSection {
        let blocks = expectations::blocks(&self.summary.expectations, self.summary.trials);
        let heading = "Published against simulated";
        let body = figures::shown(&figures.recorded).then(html::blocks(&blocks, 3, heading));
        PageSection::new("published", heading, body)
    }

    fn unfolding(&self, figures: &StudyFigures, shown: &[Html], rest: &[ToldTrial]) -> PageSection {
        let mut body = figures::shown(&figures.unfold);
        body.push(unfold::plans(self.plan));
        if !shown.is_empty() {
            body.push(el("h3").text("Rollouts told"));
            body.push(paragraph(
                "Single simulated rollouts, chosen because they tell most: the worst of each strategy and what usually \
                 happens under it. Open one to see its course.",
            ));
            shown.iter().for_each(|trial| body.push(trial.clone()));
        }
        if !rest.is_empty() {
            let line = |trial: &ToldTrial| ShellCommand {
                title: format!(
                    "{}, {}: {}",
                    self.summary.strategies[trial.strategy].name, trial.why, trial.what
                ),
                lines: vec![trial.replay.clone()],
            };
            let count = text::counted(rest.len() as u64, "more notable rollout");
            let words = format!("{count}, left out here to keep this file below a megabyte");
            let commands = Block::Commands(rest.iter().map(line).collect());
            let details = el("details").with(el("summary").text(&words));
            body.push(details.with(html::blocks(&[commands], 4, "")));
        }
        PageSection::new("unfold", "How each strategy unfolds", body)
    }

    fn tail(&self, figures: &StudyFigures, left_out: usize, told: &[ToldTrial]) -> PageSection {
        let mut body = figures::shown(&figures.tail);
        body.push(figures::folded(
            "Where harm falls, and is caught, under the other strategies",
            &figures.more,
        ));
        if left_out > 0 {
            let count = text::counted(left_out as u64, "more picture");
            body.push(paragraph(&format!(
                "{count} of this kind left out to keep this file below a megabyte: fewer strategies on one page have room, \
                 as with --strategy."
            )));
        }
        if !told.is_empty() {
            body.push(el("h3").text("Rollouts worth a look"));
            body.push(unfold::index(self.summary, told));
        }
        PageSection::new("tail", "What goes wrong in the tail", body)
    }

    fn hinges(&self) -> Html {
        let limits = limits::blocks(&self.summary.thresholds, self.summary.trials);
        let precisions = limits::precisions(&self.summary.precision, self.summary.trials, "--max-trials");
        grounds::hinges((limits, precisions), self.claims, self.allowed, self.file)
    }

    fn reproduced(&self, figures: &StudyFigures, told: &[ToldTrial]) -> Html {
        let (run, asked) = (self.file.run(self.asked), self.alone());
        let page = format!("{run} --report html=report.html");
        let numbers = ("strategies".to_owned(), "The strategies in numbers".to_owned(), run);
        let of_figure = |figure: &figures::PageFigure| {
            let command = figure.command(self.file, &asked).unwrap_or_else(|| page.clone());
            (figure.id.clone(), figure.words.clone(), command)
        };
        let mut rows: Vec<(String, String, String)> =
            [numbers].into_iter().chain(figures.all().map(of_figure)).collect();
        for trial in told {
            let name = &self.summary.strategies[trial.strategy].name;
            rows.push((trial.figure(), format!("{name}, trial {}", trial.trial), trial.replay.clone()));
        }
        parts::reproduced(&rows, &self.facts(), &page)
    }

    /// What was asked, for a picture alone: as many trials as there are in the end.
    fn alone(&self) -> Restriction {
        let asks_precision = !self.asked.precision.is_empty() || !self.plan.study.precision.is_empty();
        let is_settled = !asks_precision && !matches!(self.asked.trials, Some(Trials::Auto));
        let trials = if is_settled { self.asked.trials } else { Some(Trials::Exactly(self.summary.trials)) };
        Restriction { trials, ..self.asked.clone() }
    }

    /// What the numbers come from.
    fn facts(&self) -> Vec<(&'static str, String)> {
        let summary = self.summary;
        vec![
            ("scenario", format!("{} ({})", summary.scenario, self.file.file)),
            ("plan", summary.plan_digest.clone()),
            ("seed", summary.seed.to_string()),
            (
                "trials",
                format!("{} of each strategy, {}", text::count(summary.trials), summary.estimator.name()),
            ),
            ("model", summary.model_version.to_string()),
            ("program", format!("{} {}", summary.tool, summary.tool_version)),
        ]
    }

    fn provenance(&self) -> String {
        let Summary { tool, tool_version, model_version, seed, plan_digest, .. } = self.summary;
        format!("{tool} {tool_version}, model {model_version}, seed {seed}, plan {plan_digest}")
    }
}
