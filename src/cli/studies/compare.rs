//! Comparisons and baselines, in the words that commands use.

use super::pipeline::Twice;
use super::{Loaded, Results};
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::io::Io;
use crate::plan::Plan;
use crate::report::compare::{Options, github, junit, markdown, text};
use crate::report::{json, terminal};
use crate::scenario;
use crate::study::baseline::{self, Baseline, File, SCHEMA_VERSION};
use crate::study::compare::{self, Compared, Question};
use crate::study::threshold::ThresholdResult;
use crate::study::verdict::{Change, Verdict};
use crate::study::{self, Watcher};
use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};

/// How a comparison is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For people at a terminal.
    Text,
    /// For a pull request.
    Markdown,
    /// Annotations in the log of a GitHub workflow.
    Github,
    /// JUnit XML.
    Junit,
    /// For programs.
    Json,
}

/// What the reports of a comparison need to know beside its numbers.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// Scenario file of the baseline, if it can be replayed from.
    pub baseline_file: Option<&'a str>,
    /// Scenario file of the candidate.
    pub candidate_file: Option<&'a str>,
    /// Whether what cannot be decided passes.
    pub allow_inconclusive: bool,
    /// Whether to use colours.
    pub color: bool,
    /// Columns.
    pub width: usize,
}

impl<'a> Setting<'a> {
    fn options(&self) -> Options<'a> {
        Options {
            baseline_file: self.baseline_file,
            candidate_file: self.candidate_file,
            allow_inconclusive: self.allow_inconclusive,
        }
    }
}

/// A finished comparison.
pub struct Comparison(Compared);

impl Comparison {
    /// The comparison in this form.
    #[must_use]
    pub fn report(&self, form: Form, setting: &Setting) -> Vec<u8> {
        let options = setting.options();
        match form {
            Form::Text => {
                let style = text::Style { color: setting.color, width: setting.width, options };
                text::report(&self.0, &style).into_bytes()
            }
            Form::Markdown => markdown::comment(&self.0, &options).into_bytes(),
            Form::Github => github::annotations(&self.0, &options).into_bytes(),
            Form::Junit => junit::document(&self.0, &options).into_bytes(),
            Form::Json => json::pretty(&self.0),
        }
    }

    /// Markdown for the summary page of a GitHub workflow.
    #[must_use]
    pub fn step_summary(&self, setting: &Setting) -> String {
        github::step_summary(&self.0, &setting.options())
    }

    /// How a gate ends.
    #[must_use]
    pub fn exit(&self, allow_inconclusive: bool) -> Exit {
        match self.0.verdict {
            Verdict::Pass => Exit::Ok,
            Verdict::Fail => Exit::Failed,
            Verdict::Inconclusive if allow_inconclusive => Exit::Ok,
            Verdict::Inconclusive => Exit::Inconclusive,
        }
    }

    /// What to do about a gate that does not pass; `accept` is the command that accepts the candidate.
    #[must_use]
    pub fn ways_out(&self, accept: &str) -> Vec<String> {
        let has = |change| self.0.rows.iter().any(|row| row.change == change);
        let is_broken = |limit: &ThresholdResult| limit.at_the_gate() == Verdict::Fail;
        let mut ways = Vec::new();
        if self.0.verdict == Verdict::Inconclusive {
            ways.push(
                "to decide it: more `trials` in [study]; to let it through: --allow-inconclusive".to_owned(),
            );
        }
        if has(Change::Regressed) || has(Change::Inconclusive) {
            ways.push(format!("to accept: {accept}"));
        }
        if self.0.thresholds.iter().any(is_broken) {
            ways.push("accepting lifts no [[threshold]]: change the plan, or the limit itself".to_owned());
        }
        ways
    }

    /// Strategies that no longer give the numbers they gave when they were accepted.
    fn drifted(&self) -> &[String] {
        &self.0.drifted
    }
}

/// Two plans, strategy by strategy of the same name; none when interrupted.
///
/// # Errors
/// When they have no strategy in common.
pub fn two_plans(
    baseline: (&Plan, &str),
    candidate: (&Plan, &str),
    tolerance: Option<f64>,
    io: &Io,
    watcher: &dyn Watcher,
) -> Result<Comparison, CliError> {
    run(&by_name(baseline, candidate, tolerance)?, io, watcher)
}

/// The pipelines of two plans over `trials` horizons, or as many as the more thorough of them says.
///
/// # Errors
/// When a plan has no pipeline, they have no strategy in common, or the user interrupts.
pub fn two_pipelines(
    baseline: (&Plan, &str),
    candidate: (&Plan, &str),
    trials: Option<u64>,
    tolerance: Option<f64>,
    io: &Io,
    watcher: &dyn Watcher,
) -> Result<Comparison, CliError> {
    let old = super::horizon_of(baseline.0, baseline.1)?;
    let new = super::horizon_of(candidate.0, candidate.1)?;
    let question = by_name(baseline, candidate, tolerance)?;
    let trials = trials.unwrap_or(old.trials.max(new.trials));
    let watcher = Twice(watcher);
    let simulate = |plan, horizon| {
        let horizons = study::pipeline::run(plan, horizon, trials, io.interrupt.flag(), &watcher);
        horizons.ok_or_else(CliError::interrupted)
    };
    let (old, new) = (simulate(baseline.0, old)?, simulate(candidate.0, new)?);
    Ok(Comparison(compare::compare_pipelines(&question, &old, &new)))
}

/// What there is to compare of two plans: strategies of the same name.
fn by_name<'p>(
    baseline: (&'p Plan, &str),
    candidate: (&'p Plan, &str),
    tolerance: Option<f64>,
) -> Result<Question<'p>, CliError> {
    let sources = [baseline.1.to_owned(), candidate.1.to_owned()];
    let question = Question { tolerance, ..Question::by_name(baseline.0, candidate.0, sources) };
    if question.pairs.is_empty() {
        let names = |plan: &Plan| {
            plan.strategies.iter().map(|s| format!("`{}`", s.name)).collect::<Vec<_>>().join(", ")
        };
        return Err(CliError::invalid("the two plans have no strategy of the same name")
            .hint(format!("{} has {}", baseline.1, names(baseline.0)))
            .hint(format!("{} has {}", candidate.1, names(candidate.0))));
    }
    Ok(question)
}

/// The strategies of one plan against its baseline; none when interrupted.
///
/// # Errors
/// When there is only one.
pub fn one_plan(
    plan: &Plan,
    file: &str,
    tolerance: Option<f64>,
    io: &Io,
    watcher: &dyn Watcher,
) -> Result<Comparison, CliError> {
    let question = Question { tolerance, ..Question::within(plan, file.to_owned()) };
    if question.pairs.is_empty() {
        let name = &plan.strategies[plan.study.baseline].name;
        return Err(CliError::invalid(format!("there is nothing to compare the strategy `{name}` with"))
            .hint("choose another strategy of the file, if there is one")
            .hint(format!("or name another file: wavetank compare OLD {file}")));
    }
    run(&question, io, watcher)
}

fn run(question: &Question, io: &Io, watcher: &dyn Watcher) -> Result<Comparison, CliError> {
    let compared = compare::compare(question, io.interrupt.flag(), watcher);
    compared.map(Comparison).ok_or_else(CliError::interrupted)
}

/// An accepted study, read from its file.
pub struct Accepted {
    baseline: Baseline,
    plan: Option<Plan>,
}

impl Accepted {
    /// Reads a baseline and resolves the scenario in it; `accept` is the command that writes one.
    ///
    /// # Errors
    /// When the file cannot be read or is no baseline of this layout.
    pub fn read(path: &Path, accept: &str) -> Result<Self, CliError> {
        let bytes = std::fs::read(path).map_err(|error| unreadable(path, &error, accept))?;
        let bad = |error: &dyn Display| {
            let refusal = CliError::invalid(format!("{} is not a baseline: {error}", path.display()));
            // Anything else than JSON is another file, and had better not be replaced.
            if bytes.trim_ascii_start().starts_with(b"{") {
                let refusal = refusal.hint("it is not meant to be edited or merged by hand");
                refusal.hint(format!("write it anew: {accept}"))
            } else {
                refusal.hint("name a file that `wavetank baseline accept` has written")
            }
        };
        let value: serde_json::Value = serde_json::from_slice(&bytes).map_err(|error| bad(&error))?;
        let layout = value.get("schema_version").and_then(serde_json::Value::as_u64);
        let layout = layout.ok_or_else(|| bad(&"it has no schema_version"))?;
        if layout != u64::from(SCHEMA_VERSION) {
            return Err(CliError::invalid(format!(
                "{} has layout {layout}, and this wavetank reads layout {SCHEMA_VERSION}",
                path.display()
            ))
            .hint(format!("accept anew with this version: {accept}")));
        }
        let baseline: Baseline = serde_json::from_value(value).map_err(|error| bad(&error))?;
        let texts: Vec<(PathBuf, String)> =
            baseline.files.iter().map(|file| (PathBuf::from(&file.path), file.text.clone())).collect();
        let plan = texts.first().and_then(|(root, _)| scenario::load_texts(root, &texts).plan);
        Ok(Self { baseline, plan })
    }

    /// Root of the random streams of the accepted study.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.baseline.seed
    }

    /// Compares `candidate` with the accepted study.
    ///
    /// # Errors
    /// When the models differ and it is not said to go across them, or the baseline is not what it was.
    pub fn gate(
        &self,
        path: &Path,
        candidate: (&Plan, &str),
        how: &How,
        io: &Io,
        watcher: &dyn Watcher,
    ) -> Result<Comparison, CliError> {
        let again = format!("accept anew: {}", how.accept);
        let Some(plan) = &self.plan else {
            let message = format!("the scenario in {} is no longer valid", path.display());
            return Err(CliError::invalid(message).hint(again));
        };
        let sources = [path.display().to_string(), candidate.1.to_owned()];
        let question = Question::by_name(plan, candidate.0, sources);
        if question.pairs.is_empty() {
            let message = format!("{} has no strategy of {}", candidate.1, path.display());
            return Err(CliError::invalid(message).hint(again));
        }
        if self.baseline.model_version != crate::MODEL_VERSION {
            if !how.across_models {
                return Err(self.other_model(path).hint(again));
            }
            let flag = io.interrupt.flag();
            let compared = baseline::across_models(&self.baseline, &question, flag, watcher);
            return compared.map(Comparison).ok_or_else(CliError::interrupted);
        }
        if plan.digest() != self.baseline.plan_digest {
            let message = format!("{} does not lead to the plan that was accepted", path.display());
            return Err(CliError::invalid(message)
                .hint("it was edited, or the scenario language has changed since")
                .hint(again));
        }
        let recorded = self.baseline.recorded();
        let question = Question { recorded, max_trials: how.max_trials, ..question };
        let comparison = run(&question, io, watcher)?;
        match comparison.drifted() {
            [] => Ok(comparison),
            drifted => Err(drift(path, drifted).hint(again)),
        }
    }

    fn other_model(&self, path: &Path) -> CliError {
        let (theirs, ours) = (self.baseline.model_version, crate::MODEL_VERSION);
        CliError::invalid(format!(
            "{} was accepted with model {theirs}, and this is model {ours}: the numbers are not comparable one by one",
            path.display()
        ))
        .hint("compare the estimates, with wider intervals: --across-models")
    }
}

/// How to gate.
#[derive(Debug, Clone)]
pub struct How {
    /// Whether estimates are compared where the models differ.
    pub across_models: bool,
    /// Rollouts of each strategy at the last look, at most; instead of what the plans say.
    pub max_trials: Option<u64>,
    /// The command that accepts the candidate.
    pub accept: String,
}

/// The command that accepts `file`.
#[must_use]
pub fn accept_command(file: &str, baseline: Option<&Path>) -> String {
    let baseline = baseline.map(|path| format!(" --baseline {}", terminal::quote(&path.to_string_lossy())));
    format!("wavetank baseline accept {}{}", terminal::quote(file), baseline.unwrap_or_default())
}

fn unreadable(path: &Path, error: &io::Error, accept: &str) -> CliError {
    let mut refusal = CliError::at_path("read baseline", path, error);
    if error.kind() == io::ErrorKind::NotFound {
        refusal = refusal.hint("if your machine has it, commit it; check that git does not ignore it");
    }
    refusal.hint(format!("write one on your machine and commit it: {accept}"))
}

/// The same plan and model gave other numbers: never a matter of chance.
fn drift(path: &Path, strategies: &[String]) -> CliError {
    CliError::invalid(format!(
        "{} holds other numbers than this program gives for the same plan and model ({})",
        path.display(),
        strategies.join(", ")
    ))
    .hint("it was edited, or was written by a program whose model changed without a new version")
}

/// Simulates the study for acceptance: its results and their accepted form; none when interrupted.
#[must_use]
pub fn accepted(plan: &Plan, loaded: &Loaded, io: &Io, watcher: &dyn Watcher) -> Option<(Results, Vec<u8>)> {
    let outcomes = study::run(plan, io.interrupt.flag(), watcher)?;
    let files =
        loaded.sources.texts().map(|(path, text)| File { path: path.to_owned(), text: text.to_owned() });
    let accepted = json::pretty(&Baseline::of(plan, &outcomes, files.collect()));
    Some((Results::of(plan, &outcomes), accepted))
}

/// Whether `path` is one of the files that the scenario was made of.
#[must_use]
pub fn is_source(path: &Path, loaded: &Loaded) -> bool {
    let place = |path: &Path| path.canonicalize().ok();
    let Some(target) = place(path) else { return false };
    loaded.sources.texts().any(|(source, _)| place(Path::new(source)).is_some_and(|place| place == target))
}

/// What differs between the accepted study and the one that is about to be accepted, a line each.
#[must_use]
pub fn differences(path: &Path, plan: &Plan) -> Option<Vec<String>> {
    let before = Accepted::read(path, "").ok()?;
    let mut lines = Vec::new();
    let (theirs, ours) = (before.baseline.model_version, crate::MODEL_VERSION);
    if theirs != ours {
        lines.push(format!("model: version {theirs} -> {ours}"));
    }
    lines.append(&mut crate::report::plan_diff::lines(&crate::plan::diff::diff(&before.plan?, plan)));
    Some(lines)
}
