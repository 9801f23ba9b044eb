//! Loading the scenarios that a command works on: problems go to standard error, errors end the command with the way
//! out.

use super::error::CliError;
use super::exit::Exit;
use super::git;
use super::io::{Io, STDIN};
use super::options::{EstimatorName, FailOn};
use super::select::{self, Role};
use crate::diagnostic::{Diagnostic, Span, portable};
use crate::lints;
use crate::plan::{Claims, Pipeline, Plan, Restriction, Strategy};
use crate::report::command::GivenScenario;
use crate::report::compare::StrategyPlace;
use crate::report::text;
use crate::scenario::{self, Loaded, Problems, Reach, TextsFrom, ValueSetting};
use crate::study::baseline::File;
use std::collections::BTreeSet;
use std::path::Path;

/// Rules named in the line that counts warnings.
const MOST_RULES: usize = 5;

/// What problems call standard input.
pub const STDIN_NAME: &str = "stdin";

/// A scenario that can be read, and read again with other values in it.
pub struct ScenarioSource<'f> {
    file: &'f str,
    from: Medium<'f>,
    reach: Reach,
}

/// Where a scenario comes from.
enum Medium<'f> {
    /// What standard input had.
    Stdin(String),
    /// A revision of a repository.
    Revision(Box<git::Commit<'f>>),
    /// The disk.
    Disk,
}

impl<'f> ScenarioSource<'f> {
    /// The scenario `file`: `-` for standard input, `git:REV:PATH` for a file of a revision.
    ///
    /// # Errors
    /// When standard input or the file of the revision cannot be read.
    pub fn open(file: &'f str, io: &mut Io) -> Result<Self, CliError> {
        let from = if file == STDIN {
            Medium::Stdin(io.read_stdin()?)
        } else if let Some(address) = git::Address::parse(file)? {
            Medium::Revision(Box::new(git::Commit::open(address)?))
        } else {
            Medium::Disk
        };
        Ok(Self { file, from, reach: io.reach })
    }

    /// Reads and resolves it, with these values in place of those that are written. An unreadable file on the disk is a
    /// problem of the scenario like any other.
    #[must_use]
    pub fn load(&self, settings: &[ValueSetting]) -> Loaded {
        match &self.from {
            Medium::Stdin(text) => scenario::load_set(Path::new(STDIN_NAME), TextsFrom::Text(text), settings),
            Medium::Revision(revision) => {
                let read = |path: &Path| revision.read(path);
                let loaded = scenario::load_set(revision.path(), TextsFrom::Given(&read), settings);
                Loaded { problems: loaded.problems.with_prefix(&revision.prefix()), ..loaded }
            }
            Medium::Disk => scenario::load_set(Path::new(self.file), TextsFrom::Disk(self.reach), settings),
        }
    }

    /// Reads and resolves it as it is written, and looks ahead.
    fn as_written(&self) -> Loaded {
        lints::look_ahead(self.load(&[]))
    }
}

/// Reads and resolves the scenario `file`, and looks ahead.
///
/// # Errors
/// As [`ScenarioSource::open`].
pub fn load(file: &str, io: &mut Io) -> Result<Loaded, CliError> {
    Ok(ScenarioSource::open(file, io)?.as_written())
}

/// How much of the warnings of a scenario a command tells. Errors are always told in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warnings {
    /// Each with its place.
    Whole,
    /// In one line: what they say is not what was asked.
    Counted,
    /// Each with its place, and they end the command.
    Fatal,
}

impl From<FailOn> for Warnings {
    fn from(fail_on: FailOn) -> Self {
        match fail_on {
            FailOn::Error => Self::Counted,
            FailOn::Warning => Self::Fatal,
        }
    }
}

/// Loads `file`, tells its problems and restricts its plan.
///
/// # Errors
/// When the scenario is invalid or has warnings that are fatal, or the restriction does not fit.
pub fn plan(
    file: &str,
    restriction: &Restriction,
    warnings: impl Into<Warnings>,
    io: &mut Io,
) -> Result<Plan, CliError> {
    loaded(file, restriction, warnings, io).map(|(plan, _)| plan)
}

/// As [`plan`], of a scenario that is read again later.
///
/// # Errors
/// As [`plan`], but for what opening its file meets.
pub fn plan_of(
    source: &ScenarioSource<'_>,
    restriction: &Restriction,
    warnings: impl Into<Warnings>,
    io: &mut Io,
) -> Result<Plan, CliError> {
    told(source.file, source.as_written(), restriction, warnings.into(), io).map(|(plan, _)| plan)
}

/// What is said of a scenario, and where its strategies are.
pub struct Findings {
    problems: Problems,
    /// Where strategies are written.
    pub strategies: Vec<StrategyPlace>,
}

impl Findings {
    /// Warnings that `before` has not, as `WT051: message`.
    #[must_use]
    pub fn new_warnings(&self, before: &Problems) -> Vec<String> {
        let said = |problem: &Diagnostic| format!("{}: {}", problem.rule.id, problem.message);
        let known: Vec<String> = before.list().iter().map(said).collect();
        self.problems.list().iter().map(said).filter(|line| !known.contains(line)).collect()
    }
}

/// The scenario in `file` with what is said of it, of which errors end the command.
///
/// # Errors
/// As [`plan`].
pub fn with_places(file: &str, io: &mut Io) -> Result<(Plan, Findings), CliError> {
    let loaded = load(file, io)?;
    let spans = loaded.places.strategies.clone();
    let (plan, problems) = told(file, loaded, &Restriction::default(), Warnings::Counted, io)?;
    let sources = problems.sources();
    let place = |(strategy, span): (&Strategy, Span)| StrategyPlace {
        strategy: strategy.name.clone(),
        file: portable(sources.name(span.file)),
        line: sources.position(span.file, span.start).line,
    };
    let strategies = plan.strategies.iter().zip(spans).map(place).collect();
    Ok((plan, Findings { problems, strategies }))
}

/// A scenario that a command works on.
pub struct Resolved {
    /// Its plan, as far as it was asked for.
    pub plan: Plan,
    /// What was found, and the texts it was made of.
    pub problems: Problems,
    /// What it is to show.
    pub claims: Option<Claims>,
}

impl Resolved {
    /// The texts of the scenario and of what it includes, the scenario first.
    #[must_use]
    pub fn files(&self) -> Vec<File> {
        files(&self.problems)
    }
}

/// The texts of a scenario of which this was found, and of what it includes, the scenario first.
#[must_use]
pub fn files(problems: &Problems) -> Vec<File> {
    let texts = problems.sources().texts();
    texts.map(|(path, text)| File { path: path.to_owned(), text: text.to_owned() }).collect()
}

/// As [`plan`], with all that is known of it.
///
/// # Errors
/// As [`plan`].
pub fn resolved(
    file: &str,
    restriction: &Restriction,
    warnings: impl Into<Warnings>,
    io: &mut Io,
) -> Result<Resolved, CliError> {
    let mut loaded = load(file, io)?;
    let claims = loaded.claims.take();
    let (plan, problems) = told(file, loaded, restriction, warnings.into(), io)?;
    Ok(Resolved { plan, problems, claims })
}

/// As [`plan`], with the texts it was made of.
///
/// # Errors
/// As [`plan`].
pub fn loaded(
    file: &str,
    restriction: &Restriction,
    warnings: impl Into<Warnings>,
    io: &mut Io,
) -> Result<(Plan, Problems), CliError> {
    let loaded = load(file, io)?;
    told(file, loaded, restriction, warnings.into(), io)
}

/// The scenario of a source with its claims; what was found is told, and errors end the command.
///
/// # Errors
/// When the scenario is invalid, or claims nothing.
pub fn claims(source: &ScenarioSource<'_>, io: &mut Io) -> Result<(Plan, Claims), CliError> {
    let mut loaded = source.load(&[]);
    let claims = loaded.claims.take();
    let (plan, _) = told(source.file, loaded, &Restriction::default(), Warnings::Counted, io)?;
    let claims = claims.filter(|claims| !claims.list.is_empty());
    let claims = claims.ok_or_else(|| {
        CliError::invalid(format!("{} claims nothing", source.file))
            .hint("write a `[[claim]]`; docs/scenario.md says how, scenarios/claims/ has some to read")
    })?;
    Ok((plan, claims))
}

/// The restricted plan and what was found, which is told.
fn told(
    file: &str,
    Loaded { plan, problems, .. }: Loaded,
    restriction: &Restriction,
    told: Warnings,
    io: &mut Io,
) -> Result<(Plan, Problems), CliError> {
    // A mistake on the command line comes alone: what the scenario may surprise with is not what went wrong.
    let restricted = plan.map(|plan| select::restricted(&plan, restriction, Role::Alone, io)).transpose()?;
    let (errors, warnings) = (problems.errors(), problems.warnings());
    if errors == 0 && warnings > 0 && told == Warnings::Counted {
        io.say("warning", counted_warnings(&problems, io.named(file)));
    } else {
        let text = problems.render(io.stderr_color());
        if !text.is_empty() {
            io.talk(text.trim_end());
        }
    }
    if told == Warnings::Fatal && errors == 0 && warnings > 0 {
        let counts = counted(warnings, "warning");
        return Err(CliError { exit: Exit::Warnings, ..CliError::invalid(format!("{file} has {counts}")) }
            .hint("correct the scenario, or run without --fail-on warning"));
    }
    let Some(plan) = restricted else {
        let counts = counted(errors, "error");
        return Err(CliError::invalid(format!("{file} cannot be used: {counts}"))
            .hint("correct what is said above; `wavetank explain RULE` tells more about a rule"));
    };
    Ok((plan, problems))
}

/// `2 warnings (WT051, WT077): wavetank check FILE tells them`.
fn counted_warnings(problems: &Problems, file: GivenScenario) -> String {
    let rules: BTreeSet<&str> = problems.list().iter().map(|problem| problem.rule.id).collect();
    let rules: Vec<&str> = rules.into_iter().collect();
    let (counts, rules) = (counted(problems.warnings(), "warning"), text::list(&rules, MOST_RULES));
    format!("{counts} ({rules}): `{}` tells more", file.command("check"))
}

/// The scenario of `plan` as the user named it, with how it draws trials where the command line has not `asked` for that.
#[must_use]
pub fn named<'f>(file: &'f str, plan: &Plan, asked: Option<EstimatorName>, io: &Io) -> GivenScenario<'f> {
    let own = asked.is_none().then(|| plan.study.estimator.name());
    GivenScenario { estimator: own, ..io.named(file) }
}

/// The pipeline of the scenario in `file`.
///
/// # Errors
/// When it has none.
pub fn pipeline_of<'p>(plan: &'p Plan, file: &str) -> Result<&'p Pipeline, CliError> {
    plan.pipeline.as_ref().ok_or_else(|| {
        CliError::invalid(format!("{file} has no [pipeline]"))
            .hint("`wavetank run` simulates single rollouts; docs/pipeline.md says how to write a pipeline")
    })
}

/// `1 error`, `2 errors`.
#[must_use]
pub fn counted(count: usize, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}
