//! The only folder of the command line that calls the scenario language, the engine, the study and the
//! reports: commands speak to them in the words below.

pub mod compare;
pub mod pipeline;
pub mod spool;

use super::error::CliError;
use super::git;
use super::io::Io;
use crate::diagnostic::{self, Diagnostic, Rule, Severity, Sources};
use crate::lints;
use crate::outcome::Outcome;
use crate::outcome::measures::{self, Measure, Subject};
use crate::plan::{Horizon, Level, Plan, Precision};
use crate::report;
pub use crate::report::terminal::Style;
use crate::rollout::trace::{Follower, Record, Recorder};
use crate::rollout::{Engine, Model};
use crate::scenario;
pub use crate::scenario::MAX_TRIALS;
pub use crate::study::Evaluations;
use crate::study::expectation::ExpectationResult;
use crate::study::gather::Rows;
use crate::study::notable::NotableKind;
use crate::study::threshold::ThresholdResult;
use crate::study::verdict::Verdict;
use crate::study::{self, Outcomes, Summary, Watcher, summarise};
use spool::Spool;
use std::path::Path;

/// The file name that stands for standard input.
pub const STDIN: &str = "-";

/// What problems call it.
const STDIN_NAME: &str = "stdin";

/// Files of a result folder, in the order they appear in it. `summary.json` is last: once it is new,
/// everything is.
pub const RESULT_FILES: [&str; 6] = [
    "trials.csv",
    "speed-vs-blast-radius.svg",
    "exceedance.svg",
    "duration.svg",
    "timeline.svg",
    "summary.json",
];

/// A scenario and everything there is to say about it.
pub struct Loaded {
    /// The plan, unless there are errors.
    pub plan: Option<Plan>,
    diagnostics: Vec<Diagnostic>,
    sources: Sources,
}

impl Loaded {
    /// Number of errors.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.count(Severity::Error)
    }

    /// Number of warnings.
    #[must_use]
    pub fn warnings(&self) -> usize {
        self.count(Severity::Warning)
    }

    /// All problems with source lines and carets; empty without problems.
    #[must_use]
    pub fn text(&self, color: bool) -> String {
        diagnostic::render(&self.diagnostics, &self.sources, color)
    }

    /// All problems as a JSON array.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        diagnostic::to_json(&self.diagnostics, &self.sources)
    }

    fn count(&self, severity: Severity) -> usize {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count()
    }
}

/// Reads and resolves the scenario `file`: `-` for standard input, `git:REV:PATH` for a file of a
/// revision.
///
/// # Errors
/// When standard input or the file of the revision cannot be read. An unreadable file on the disk is a
/// diagnostic like any other.
pub fn load(file: &str, io: &mut Io) -> Result<Loaded, CliError> {
    let loaded = if file == STDIN {
        scenario::load_str(STDIN_NAME, &io.read_stdin()?)
    } else if let Some(address) = git::Address::parse(file)? {
        let revision = git::Revision::open(address)?;
        let loaded = scenario::load_with(revision.path(), &|path| revision.read(path));
        scenario::Loaded { sources: loaded.sources.with_prefix(&revision.prefix()), ..loaded }
    } else {
        scenario::load(Path::new(file))
    };
    let loaded = lints::look_ahead(loaded);
    Ok(Loaded { plan: loaded.plan, diagnostics: loaded.diagnostics, sources: loaded.sources })
}

/// The problems of all scenarios as SARIF. A scenario is its name on the command line and what was found.
#[must_use]
pub fn sarif(checked: &[(&str, Loaded)]) -> Vec<u8> {
    diagnostic::to_sarif(&problems(checked))
}

/// The problems of all scenarios as annotations for the log of a GitHub workflow.
#[must_use]
pub fn github_annotations(checked: &[(&str, Loaded)]) -> String {
    let rest = "`wavetank check` without --format lists them all";
    diagnostic::github::log(&diagnostic::github::annotations(&problems(checked)), rest)
}

fn problems<'c>(checked: &'c [(&str, Loaded)]) -> Vec<(&'c str, &'c [Diagnostic], &'c Sources)> {
    let named = |file: &'c str| if file == STDIN { STDIN_NAME } else { file };
    checked.iter().map(|(file, loaded)| (named(file), &loaded.diagnostics[..], &loaded.sources)).collect()
}

/// The JSON schema of scenario files.
#[must_use]
pub fn schema() -> String {
    scenario::schema()
}

/// The seed that `text` stands for, in the notations of the scenario language.
#[must_use]
pub fn seed(text: &str) -> Option<u64> {
    scenario::Seed::parse(text).map(|seed| seed.0)
}

/// The precision that `text` stands for, in the notation of the scenario language.
///
/// # Errors
/// When it is none, or there is no such metric.
pub fn precision(text: &str) -> Result<Precision, CliError> {
    let Some(read) = scenario::PrecisionText::parse(text) else {
        return Err(CliError::invalid(format!("`{text}` does not say how precise an estimate must be"))
            .hint(
                "write a statistic, a metric and a half-width, as in --precision \"p99 impaired_host_ms 5%\"",
            ));
    };
    let is_of_rollouts = |measure: &&Measure| measure.subject() == Subject::Rollout;
    let Some(metric) = measures::find_words(&read.metric).filter(is_of_rollouts) else {
        let known: Vec<&str> = measures::of(Subject::Rollout).map(|metric| metric.name).collect();
        return Err(super::names::find("metric", &read.metric, &known).expect_err("it was not found"));
    };
    Ok(Precision { metric, statistic: read.statistic, strategy: None, relative: read.relative })
}

/// The share that `text` stands for, in the notation of the scenario language.
#[must_use]
pub fn percentage(text: &str) -> Option<f64> {
    scenario::percentage(text)
}

/// The name most like `given`, if one is so near that a typing mistake explains it.
#[must_use]
pub fn nearest<'n>(given: &str, names: &[&'n str]) -> Option<&'n str> {
    scenario::closest(given, names.iter().copied())
}

/// Every rule that `check` knows, by id.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    scenario::rules::all()
}

/// The rule called `id`, by id or by name, in any case.
#[must_use]
pub fn rule(id: &str) -> Option<&'static Rule> {
    scenario::rules::explain(id)
}

/// What a rule means, why it exists and how to satisfy it, as Markdown.
#[must_use]
pub fn explanation(rule: &Rule) -> String {
    scenario::rules::markdown(rule)
}

/// The resolved plan of the chosen strategies as text.
#[must_use]
pub fn plan_text(plan: &Plan) -> String {
    let views: Vec<String> =
        (0..plan.strategies.len()).map(|strategy| report::plan_view::text(plan, strategy)).collect();
    views.join("\n")
}

/// The resolved plan of the chosen strategies as JSON.
#[must_use]
pub fn plan_json(plan: &Plan) -> Vec<u8> {
    format!("{:#}\n", report::plan_view::json(plan)).into_bytes()
}

/// Sets the number of worker threads.
///
/// # Errors
/// When they cannot be started.
pub fn set_threads(threads: usize) -> Result<(), CliError> {
    study::configure_threads(threads).map_err(|error| {
        CliError::invalid(format!("cannot start {threads} threads: {error}"))
            .hint("choose fewer with --threads")
    })
}

/// The command that simulates one trial again.
#[must_use]
pub fn replay_command(file: &str, strategy: &str, seed: u64, trial: u64, estimator: &str) -> String {
    report::terminal::replay_command(file, strategy, seed, trial, estimator)
}

/// The (strategy, trial) that this thread is simulating for a study.
#[must_use]
pub fn current_trial() -> Option<(usize, u64)> {
    study::current_trial()
}

/// A finished study.
pub struct Results {
    summary: Summary,
}

/// Simulates the study; none when interrupted, or when `spool`, which takes the trials, cannot go on. What the
/// `evaluations` are that it visits changes no byte.
#[must_use]
pub fn simulate(
    plan: &Plan,
    evaluations: Evaluations,
    spool: Option<&mut Spool>,
    io: &Io,
    watcher: &dyn Watcher,
) -> Option<Results> {
    let flag = io.interrupt.flag();
    let format = |outcomes: &[Outcome]| report::csv::facts(plan, outcomes);
    let mut take = spool.map(|spool| |strategy: usize, text: &[u8]| spool.take(strategy, text));
    let rows = take.as_mut().map(|take| Rows { format: &format, take });
    let gathered = study::gather::gather(plan, evaluations, rows, flag, watcher)?;
    Some(Results { summary: gathered.summarise(plan) })
}

impl Results {
    /// What there is to say about outcomes that were kept.
    #[must_use]
    pub fn of(plan: &Plan, outcomes: &Outcomes) -> Self {
        Self { summary: summarise(plan, outcomes) }
    }

    /// The report for people.
    #[must_use]
    pub fn text(&self, plan: &Plan, style: &Style) -> String {
        report::terminal::run_report(plan, &self.summary, style)
    }

    /// The summary for programs.
    #[must_use]
    pub fn json(&self) -> Vec<u8> {
        report::json::pretty(&self.summary)
    }

    /// Whether a threshold of `level` is known not to hold, or an expectation of `level` to be missed.
    #[must_use]
    pub fn broken(&self, level: Level) -> bool {
        is_broken(&self.summary.thresholds, &self.summary.expectations, level)
    }

    /// Whether the trials leave a threshold of level error open, or an expectation that deserves a look.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let open = |t: &ThresholdResult| t.at_the_gate() == Verdict::Inconclusive;
        self.summary.thresholds.iter().any(open) || self.summary.expectations.iter().any(|e| e.is_open())
    }

    /// Trials of each strategy.
    #[must_use]
    pub fn trials(&self) -> u64 {
        self.summary.trials
    }

    /// Contents of [`RESULT_FILES`] after the first, which is the [`Spool`]'s.
    #[must_use]
    pub fn files(&self, plan: &Plan) -> [Vec<u8>; RESULT_FILES.len() - 1] {
        let (strategy, trial) = self.telling_trial(plan);
        let told = replay(plan, strategy, trial);
        [
            report::chart::speed_blast::svg(&self.summary).into(),
            report::chart::exceedance::svg(&self.summary).into(),
            report::chart::duration::svg(&self.summary).into(),
            told.chart(plan).into(),
            self.json(),
        ]
    }

    /// The trial whose timeline tells most: the baseline's worst, or that of the first strategy that
    /// has one, or the first trial if no change did harm.
    fn telling_trial(&self, plan: &Plan) -> (usize, u64) {
        let worst = |strategy: usize| {
            let notable = &self.summary.strategies[strategy].notable;
            let worst = notable.iter().find(|notable| notable.kind == NotableKind::WorstBlastRadius)?;
            Some((strategy, worst.trial))
        };
        let baseline = plan.study.baseline;
        worst(baseline).or_else(|| (0..plan.strategies.len()).find_map(worst)).unwrap_or((baseline, 0))
    }
}

/// Whether a limit of `level` is known not to hold, or an expectation of `level` to be missed.
fn is_broken(thresholds: &[ThresholdResult], expectations: &[ExpectationResult], level: Level) -> bool {
    thresholds.iter().any(|t| t.level == level && t.verdict == Verdict::Fail)
        || expectations.iter().any(|e| e.level == level && e.verdict == Verdict::Fail)
}

/// The pipeline of the scenario in `file`.
///
/// # Errors
/// When it has none.
pub fn horizon_of<'p>(plan: &'p Plan, file: &str) -> Result<&'p Horizon, CliError> {
    plan.horizon.as_ref().ok_or_else(|| {
        CliError::invalid(format!("{file} has no [pipeline]"))
            .hint("`wavetank run` simulates single rollouts; docs/pipeline.md says how to write a pipeline")
    })
}

/// One trial, told event by event.
pub struct Replay {
    strategy: usize,
    trial: u64,
    outcome: Outcome,
    records: Vec<Record>,
}

/// Simulates one trial and keeps its events.
#[must_use]
pub fn replay(plan: &Plan, strategy: usize, trial: u64) -> Replay {
    let mut recorder = Recorder::default();
    let outcome = Engine::new(&Model::new(plan)).run(strategy, trial, &mut recorder);
    Replay { strategy, trial, outcome, records: recorder.into_records() }
}

/// One trial's rules as unit tests for promtool, by file name; none of a rule that had nothing to see.
#[must_use]
pub fn promtool(plan: &Plan, strategy: usize, trial: u64) -> Vec<(String, String)> {
    let mut follower = Follower::default();
    let _ = Engine::new(&Model::new(plan)).run(strategy, trial, &mut follower);
    report::promtool::files(plan, trial, &follower.scraped)
}

impl Replay {
    /// The event log for people.
    #[must_use]
    pub fn text(&self, plan: &Plan) -> String {
        report::timeline::text(plan, self.strategy, &self.outcome, &self.records)
    }

    /// One JSON object a line: the events, then the outcome.
    #[must_use]
    pub fn json_lines(&self, plan: &Plan) -> Vec<u8> {
        let mut lines = report::timeline::json_lines(plan, self.strategy, &self.records);
        let mut outcome = report::timeline::outcome_json(plan, &self.outcome);
        outcome["event"] = "outcome".into();
        outcome["at_ms"] = self.outcome.end_ms.into();
        lines.extend_from_slice(format!("{outcome}\n").as_bytes());
        lines
    }

    /// The timeline as SVG.
    #[must_use]
    pub fn chart(&self, plan: &Plan) -> String {
        report::chart::timeline::svg(plan, self.strategy, self.trial, &self.outcome, &self.records)
    }
}
