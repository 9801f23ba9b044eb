//! `wavetank compare`: two scenarios, or the strategies of one, on the same trials.

use crate::cli::bug::{self, ReplayContext};
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::input;
use crate::cli::io::Io;
use crate::cli::numbers;
use crate::cli::options::{Draw, FailOn};
use crate::cli::progress::Bar;
use crate::cli::review::{Review, ReviewArgs};
use crate::cli::select::{self, Role};
use crate::cli::threads::Threads;
use crate::plan::{Plan, Restriction, Trials};
use crate::report::compare::{Options, text};
use crate::study::compare::{Question, compare, compare_pipelines};

const EXAMPLES: &str = "\
Examples:
  wavetank compare old.toml new.toml
  wavetank compare git:origin/main:plans/prod.toml plans/prod.toml --format markdown
  wavetank compare wavetank.toml --baseline big-bang
  wavetank compare old.toml new.toml --gate --report junit=compare.xml
  wavetank compare scenarios/amazon-pipeline.toml --pipeline

With two scenarios, strategies of the same name are compared; with one, all its strategies with its
baseline. What is compared is what [[guard]] tables name, or the usual if there are none.";

/// Arguments of `wavetank compare`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// What to compare with: a scenario file, or one of a git revision as git:REV:PATH
    #[arg(value_name = "BASELINE")]
    baseline_file: String,
    /// What to judge; without it, the strategies of the first file are compared
    #[arg(value_name = "CANDIDATE")]
    candidate_file: Option<String>,
    /// Look first at this many rollouts of each strategy, and at up to 16 times as many where they do
    /// not decide [default: the scenarios']
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = numbers::trials)]
    trials: Option<u64>,
    #[command(flatten)]
    draw: Draw,
    /// Compare only this strategy (repeatable)
    #[arg(long = "strategy", value_name = "NAME")]
    strategies: Vec<String>,
    /// Within one file, compare with this strategy [default: the scenario's baseline]
    #[arg(long, value_name = "NAME", conflicts_with = "candidate_file")]
    baseline: Option<String>,
    /// Compare the pipelines over weeks, by their measures, instead of single rollouts; --trials are of the pipelines
    #[arg(long)]
    pipeline: bool,
    /// Accept this much more than before, as in 5% [default: the guards']
    #[arg(long, value_name = "PERCENT", value_parser = numbers::percentage)]
    tolerance: Option<f64>,
    /// Exit as a gate does: 1 if something got worse, 4 if that cannot be decided
    #[arg(long)]
    gate: bool,
    #[command(flatten)]
    review: ReviewArgs,
}

/// Compares and reports.
///
/// # Errors
/// When a scenario or an argument is invalid, a report cannot be written, or the user interrupts.
pub fn run(args: &Args, io: &mut Io) -> Result<Exit, CliError> {
    // Trials of pipelines are their own: the plans' rollouts keep theirs.
    let trials = args.trials.filter(|_| !args.pipeline).map(Trials::Exactly);
    let asked = Restriction { trials, ..args.draw.restriction() };
    let old = input::plan(&args.baseline_file, &asked, FailOn::Error, io)?;
    let new = match &args.candidate_file {
        Some(file) => Some((file.as_str(), input::plan(file, &asked, FailOn::Error, io)?)),
        None => None,
    };
    let chosen = Restriction {
        strategies: args.strategies.clone(),
        baseline: args.baseline.clone(),
        ..Restriction::default()
    };
    // Within one file the baseline takes part without being asked for.
    let role = if new.is_some() { Role::Old } else { Role::Within };
    let old = (args.baseline_file.as_str(), select::restricted(&old, &chosen, role, io)?);
    let new = match new {
        Some((file, plan)) => Some((file, select::restricted(&plan, &chosen, Role::New, io)?)),
        None => None,
    };
    let threads = Threads::start(args.draw.threads)?;
    io.interrupt.arm();
    let review = Review::open(&args.review)?;
    let (file, plan) = new.as_ref().map_or((old.0, &old.1), |(file, plan)| (*file, plan));
    let named = input::named(file, plan, args.draw.estimator, io);
    bug::set_context(ReplayContext::new(named, plan, None));
    let question = match &new {
        Some(new) => of_two((old.0, &old.1), (new.0, &new.1), io)?,
        None => of_one(old.0, &old.1)?,
    };
    let question = Question { tolerance: args.tolerance, ..question };
    let bar = Bar::new(io);
    let compared = if args.pipeline {
        let pipelines =
            [input::pipeline_of(question.baseline, old.0)?, input::pipeline_of(question.candidate, file)?];
        threads.run(|| compare_pipelines(&question, pipelines, args.trials, &bar))
    } else {
        threads.run(|| compare(&question, &bar))
    };
    drop(bar);
    let compared = compared.map_err(CliError::from)?;
    let baseline_file = new.is_some().then(|| input::named(old.0, &old.1, args.draw.estimator, io));
    let options = Options { baseline_file, candidate_file: Some(named), ..Options::default() };
    let exit = review.publish(&compared, &options, io)?;
    if args.review.is_text() {
        let replay = text::first_replay(&compared, &options);
        io.next(replay.unwrap_or_else(|| named.command("baseline accept")));
    }
    Ok(if args.gate { exit } else { Exit::Ok })
}

/// Two plans, strategy by strategy of the same name.
fn of_two<'p>(old: (&str, &'p Plan), new: (&str, &'p Plan), io: &mut Io) -> Result<Question<'p>, CliError> {
    if old.1.study.seed != new.1.study.seed {
        io.say("note", "the seeds differ, so trials have nothing in common: use --seed for both");
    }
    let question = Question::by_name(old.1, new.1, [old.0.to_owned(), new.0.to_owned()]);
    if question.pairs.is_empty() {
        let names = |plan: &Plan| {
            plan.strategies.iter().map(|s| format!("`{}`", s.name)).collect::<Vec<_>>().join(", ")
        };
        return Err(CliError::invalid("the two plans have no strategy of the same name")
            .hint(format!("{} has {}", old.0, names(old.1)))
            .hint(format!("{} has {}", new.0, names(new.1))));
    }
    Ok(question)
}

/// The strategies of one plan against its baseline.
fn of_one<'p>(file: &str, plan: &'p Plan) -> Result<Question<'p>, CliError> {
    let question = Question::within(plan, file.to_owned());
    if question.pairs.is_empty() {
        let name = &plan.strategies[plan.study.baseline].name;
        return Err(CliError::invalid(format!("there is nothing to compare the strategy `{name}` with"))
            .hint("choose another strategy of the file, if there is one")
            .hint(format!("or name another file: wavetank compare OLD {file}")));
    }
    Ok(question)
}
