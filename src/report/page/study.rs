//! The page of a study: an argument from the question to how each figure is made again.

use super::data::PageData;
use super::frame::{Page, PageMode, page};
use super::parts::{self, PageSection, figure};
use super::told::{ToldTrial, told_trials};
use super::{grounds, numbers, unfold};
use crate::diagnostic::Diagnostic;
use crate::plan::{Claims, Plan, Restriction};
use crate::report::chart::{duration, exceedance, trade_off};
use crate::report::command::GivenScenario;
use crate::report::document::{Block, ShellCommand, html};
use crate::report::html::{Html, el, paragraph};
use crate::report::{expectations, limits, text, verdict};
use crate::study::Summary;

/// Most bytes of a page, about: told trials that do not fit are named with their command.
const MOST_BYTES: usize = 900_000;

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
}

impl StudyPage<'_> {
    /// The page as one file. Told trials are simulated again.
    #[must_use]
    pub fn render(&self) -> Page {
        let candidates = told_trials(self.summary, self.file);
        let without = self.with_trials(&[], &[], &candidates);
        let mut left = MOST_BYTES.saturating_sub(without.html.len());
        let mut told = Vec::new();
        for trial in &candidates {
            let shown = unfold::trial(self.plan, self.summary, trial, told.is_empty());
            if shown.len() > left {
                break;
            }
            left -= shown.len();
            told.push(shown);
        }
        let (kept, rest) = candidates.split_at(told.len());
        self.with_trials(&told, kept, rest)
    }

    /// The page with these trials told, and the rest named.
    fn with_trials(&self, shown: &[Html], told: &[ToldTrial], rest: &[ToldTrial]) -> Page {
        let data = PageData::with_told(self.plan, self.summary, self.file, told);
        let sections = [
            self.question(),
            self.published(),
            self.trade_off(),
            PageSection::new("numbers", "The strategies in numbers", numbers::body(self.summary, &data)),
            self.unfolding(shown, rest),
            self.tail(told),
            PageSection::new("hinges", "What the answer hinges on", self.hinges()),
            PageSection::new(
                "assumed",
                "What is assumed, and what is not modelled",
                grounds::assumed(self.plan),
            ),
            PageSection::new("reproduce", "How to make each figure again", self.reproduced(told)),
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
    fn published(&self) -> PageSection {
        let blocks = expectations::blocks(&self.summary.expectations, self.summary.trials);
        let heading = "Published against simulated";
        PageSection::new("published", heading, html::blocks(&blocks, 3, heading))
    }

    fn trade_off(&self) -> PageSection {
        let shown = figure(
            &trade_off::picture(self.summary),
            "Left is faster, lower is safer. Bars are 95 % intervals. A strategy that another one beats in both is no choice.",
        );
        PageSection::new("trade-off", "Speed against harm", shown)
    }

    fn unfolding(&self, shown: &[Html], rest: &[ToldTrial]) -> PageSection {
        let caption = "Rollouts that reached every host. The same quantity as in the table, from the fastest percentile to the \
                       slowest.";
        let mut body = figure(&duration::picture(self.summary), caption);
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

    fn tail(&self, told: &[ToldTrial]) -> PageSection {
        let mut body = figure(
            &exceedance::picture(self.summary),
            "How many bad changes do at least so much harm. Means hide the rare bad day; this is where it is.",
        );
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

    fn reproduced(&self, told: &[ToldTrial]) -> Html {
        let run = self.file.run(self.asked);
        let figures = [
            ("figure-trade-off", "Speed against harm"),
            ("strategies", "The strategies in numbers"),
            ("figure-duration", "Durations"),
            ("figure-exceedance", "The tail"),
        ];
        let mut rows: Vec<(String, String, String)> =
            figures.iter().map(|(id, words)| ((*id).to_owned(), (*words).to_owned(), run.clone())).collect();
        for trial in told {
            let name = &self.summary.strategies[trial.strategy].name;
            rows.push((trial.figure(), format!("{name}, trial {}", trial.trial), trial.replay.clone()));
        }
        parts::reproduced(&rows, &self.facts(), &format!("{run} --report html=report.html"))
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
