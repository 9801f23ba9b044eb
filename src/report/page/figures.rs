//! The figures of a study's page, each with what it says, how it is read, and the kind by which `wavetank chart` draws it
//! alone. Which trials they show is decided here; what they draw is theirs.

use super::parts::figure;
use super::told::ToldTrial;
use crate::plan::{Plan, Restriction};
use crate::report::chart::{
    Picture, anatomy, counterfactual, duration, exceedance, fan, funnel, gantt, split, tiles, trade_off,
};
use crate::report::command::GivenScenario;
use crate::report::html::{Html, el};
use crate::report::timeline::{AlarmAnatomy, MedianSplit};
use crate::study::Summary;
use crate::study::unfolding::Unfolding;

/// A figure of the page.
#[derive(Debug, Clone)]
pub(super) struct PageFigure {
    /// Anchor.
    pub id: String,
    /// What it is of, for the list of figures.
    pub words: String,
    /// What `wavetank chart` calls it; none if it draws no such picture alone.
    pub kind: Option<&'static str>,
    /// The strategy that it is of alone.
    strategy: Option<String>,
    /// The trial that it is of alone.
    trial: Option<u64>,
    /// Whether it is drawn of a fixed number of trials, or of none, rather than of those of the study.
    is_replayed: bool,
    /// The figure.
    pub html: Html,
}

impl PageFigure {
    fn new(kind: Option<&'static str>, words: &str, picture: &Picture, caption: &str) -> Self {
        let id = format!("figure-{}", picture.id());
        let html = figure(picture, caption);
        Self { id, words: words.to_owned(), kind, strategy: None, trial: None, is_replayed: false, html }
    }

    /// The same, which asks for no trials of the study.
    fn replayed(self) -> Self {
        Self { is_replayed: true, ..self }
    }

    /// The command that draws it alone, where there is one. `asked` is what the study was asked for, with its trials.
    pub fn command(&self, file: GivenScenario, asked: &Restriction) -> Option<String> {
        let mut asked = Restriction { precision: Vec::new(), ..asked.clone() };
        if self.is_replayed {
            (asked.trials, asked.max_trials) = (None, None);
        }
        if let Some(strategy) = &self.strategy {
            (asked.strategies, asked.baseline) = (vec![strategy.clone()], None);
        }
        let command = file.chart(self.kind?, &asked);
        Some(self.trial.map_or(command.clone(), |trial| format!("{command} --trial {trial}")))
    }

    fn of(self, strategy: &str) -> Self {
        let words = format!("{}: {strategy}", self.words);
        Self { words, strategy: Some(strategy.to_owned()), ..self }
    }
}

/// All figures of a study but its told trials, by where they stand.
#[derive(Debug, Default)]
pub(super) struct StudyFigures {
    /// Speed against harm.
    pub trade_off: Vec<PageFigure>,
    /// What was recorded, and what would have been.
    pub recorded: Vec<PageFigure>,
    /// How strategies unfold.
    pub unfold: Vec<PageFigure>,
    /// What goes wrong.
    pub tail: Vec<PageFigure>,
    /// The same for strategies that the verdict does not name, folded away.
    pub more: Vec<PageFigure>,
}

impl StudyFigures {
    /// The figures of a study, with those that need trials to be looked at where they were.
    pub fn new(plan: &Plan, summary: &Summary, unfolding: Option<&Unfolding>, told: &[ToldTrial]) -> Self {
        let mut figures = Self::default();
        figures.trade_off.push(PageFigure::new(
            Some("trade-off"),
            "Speed against harm",
            &trade_off::picture(summary),
            "Left is faster, lower is safer; bars are 95 % intervals. A strategy that another one beats in both is no choice.",
        ));
        if !summary.expectations.is_empty() && summary.strategies.len() > 1 {
            figures.recorded.push(PageFigure::new(
                Some("counterfactual"),
                "As deployed against otherwise",
                &counterfactual::picture(summary),
                "The incident as it was deployed comes first, and below it what the same changes do under other strategies.",
            ));
        }
        let all: Vec<usize> = (0..plan.strategies.len()).collect();
        figures.unfold.push(PageFigure::new(
            Some("plan"),
            "The plans",
            &gantt::picture(plan, &all),
            "Who gets the change when, if nothing goes wrong: what the scenario says, before anything is simulated.",
        ).replayed());
        if let Some(unfolding) = unfolding {
            figures.unfold.push(time_taken_apart(plan, summary, unfolding));
        }
        figures.unfold.push(PageFigure::new(
            Some("duration"),
            "Durations",
            &duration::picture(summary),
            "Rollouts that reached every host, from the fastest percentile to the slowest.",
        ));
        figures.tail.push(PageFigure::new(
            Some("exceedance"),
            "The tail",
            &exceedance::picture(summary),
            "How many bad changes do at least so much harm. Means hide the rare bad day; this is where it is.",
        ));
        figures.tail.extend(alarm_taken_apart(plan, summary, told));
        if let Some(unfolding) = unfolding {
            figures.look_at_trials(plan, summary, unfolding, &all);
        }
        figures
    }

    /// Curves over time, and for each strategy where harm falls and where it is caught.
    fn look_at_trials(&mut self, plan: &Plan, summary: &Summary, unfolding: &Unfolding, all: &[usize]) {
        self.unfold.push(PageFigure::new(
            Some("fan"),
            "Exposure and harm over time",
            &fan::picture(plan, unfolding, all),
            "Hosts on the new version, and hosts impaired, over simulated rollouts; bands hold half and nine tenths of them.",
        ).replayed());
        let contest = summary.contest();
        let named = [Some(contest.baseline), contest.fastest(), contest.safest()];
        for &index in all {
            let name = &summary.strategies[index].name;
            let risk = tiles::picture(plan, unfolding, index).renamed(format!("tiles-{index}"));
            let caught = funnel::picture(plan, unfolding, index).renamed(format!("funnel-{index}"));
            let words = "A tile is a zone, beside the wave that reaches it first; the darker, the more bad changes hurt it.";
            // Of a scenario with a pipeline the funnel alone is that of all of it.
            let alone = plan.pipeline.is_none().then_some("funnel");
            let of = [
                PageFigure::new(Some("tiles"), "Where harm falls", &risk, words),
                PageFigure::new(
                    alone,
                    "Where bad changes are caught",
                    &caught,
                    "How far a bad change had come when an alarm stopped it.",
                ),
            ];
            let place = if named.contains(&Some(index)) { &mut self.tail } else { &mut self.more };
            place.extend(of.map(|one| one.replayed().of(name)));
        }
    }

    /// Every figure, in the order of the page.
    pub fn all(&self) -> impl Iterator<Item = &PageFigure> {
        [&self.recorded, &self.trade_off, &self.unfold, &self.tail, &self.more].into_iter().flatten()
    }

    /// Leaves out what takes most, from the last on, until `most` bytes are not exceeded; says how many that were.
    pub fn within(&mut self, most: usize) -> usize {
        let mut left_out = 0;
        while self.all().map(|figure| figure.html.len()).sum::<usize>() > most {
            let last = if self.more.is_empty() { &mut self.tail } else { &mut self.more };
            if last.len() <= 1 || last.pop().is_none() {
                break;
            }
            left_out += 1;
        }
        left_out
    }
}

/// The figures one after the other.
pub(super) fn shown(figures: &[PageFigure]) -> Html {
    figures.iter().map(|figure| figure.html.clone()).collect()
}

/// The figures folded away under these words; nothing if there are none.
pub(super) fn folded(words: &str, figures: &[PageFigure]) -> Html {
    if figures.is_empty() {
        return Html::default();
    }
    el("details").with(el("summary").text(words)).with(shown(figures)).into()
}

/// The alarm of the first of the told trials that acted on one; none if none did.
fn alarm_taken_apart(plan: &Plan, summary: &Summary, told: &[ToldTrial]) -> Option<PageFigure> {
    let mut stopped = told.iter().filter(|trial| trial.has_alarm);
    let (trial, anatomy) = stopped.find_map(|one| {
        let anatomy = AlarmAnatomy::of_trial(plan, one.strategy, one.trial).ok()??;
        Some((one, anatomy))
    })?;
    let picture = anatomy::picture(plan, trial.strategy, trial.trial, Some(&anatomy));
    let caption = "From the first impaired host to what was done: what the alarm saw, and when.";
    let words =
        format!("An alarm taken apart: {}, trial {}", summary.strategies[trial.strategy].name, trial.trial);
    let strategy = Some(summary.strategies[trial.strategy].name.clone());
    let figure = PageFigure::new(Some("anatomy"), &words, &picture, caption).replayed();
    Some(PageFigure { strategy, trial: Some(trial.trial), ..figure })
}

fn time_taken_apart(plan: &Plan, summary: &Summary, unfolding: &Unfolding) -> PageFigure {
    let of = |index| MedianSplit::of(plan, summary, unfolding, index).ok().flatten();
    let trials: Vec<Option<MedianSplit>> = (0..plan.strategies.len()).map(of).collect();
    let picture = split::picture(summary, &trials);
    let caption = "The time to 100 % of a usual rollout of each strategy, by what held it up.";
    PageFigure::new(Some("split"), "Where the time goes", &picture, caption)
}
