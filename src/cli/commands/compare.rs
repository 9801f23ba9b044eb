//! `wavetank compare`: two scenarios, or the strategies of one, on the same trials.

use crate::cli::args::{Draw, FailOn};
use crate::cli::bug::{self, ReplayContext};
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::input;
use crate::cli::io::Io;
use crate::cli::numbers;
use crate::cli::progress::Progress;
use crate::cli::review::{Review, ReviewArgs};
use crate::cli::select::{self, Overrides, Role, Trials};
use crate::cli::studies::{self, compare};
use crate::plan::Plan;

const EXAMPLES: &str = "\
Examples:
  wavetank compare old.toml new.toml
  wavetank compare git:origin/main:plans/prod.toml plans/prod.toml --format markdown
  wavetank compare wavetank.toml --baseline big-bang
  wavetank compare old.toml new.toml --gate --report junit=compare.xml

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
    /// Compare the pipelines over weeks, by their measures, instead of single rollouts; --trials are horizons
    #[arg(long, requires = "candidate_file")]
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
    let overrides = Overrides { trials: args.trials.map(Trials::Exactly), ..args.draw.overrides() };
    let mut old = input::plan(&args.baseline_file, &overrides, FailOn::Error, io)?;
    let mut new = match &args.candidate_file {
        Some(file) => Some((file.as_str(), input::plan(file, &overrides, FailOn::Error, io)?)),
        None => None,
    };
    choose(&mut old, new.as_mut().map(|(_, plan)| plan), args, io)?;
    if let Some(threads) = args.draw.threads {
        studies::set_threads(threads)?;
    }
    io.interrupt.arm();
    let review = Review::open(&args.review)?;
    let progress = Progress::new(io.stderr_is_terminal, io.stderr_color());
    let (file, plan) = new.as_ref().map_or((args.baseline_file.as_str(), &old), |(file, plan)| (*file, plan));
    bug::set_context(ReplayContext::new(file, plan, None));
    let comparison = match &new {
        Some((file, new)) => {
            if old.study.seed != new.study.seed {
                io.say("note", "the seeds differ, so trials have nothing in common: use --seed for both");
            }
            let sides = ((&old, args.baseline_file.as_str()), (new, *file));
            if args.pipeline {
                compare::two_pipelines(sides.0, sides.1, args.trials, args.tolerance, io, &progress)?
            } else {
                compare::two_plans(sides.0, sides.1, args.tolerance, io, &progress)?
            }
        }
        None => compare::one_plan(&old, &args.baseline_file, args.tolerance, io, &progress)?,
    };
    drop(progress);
    let baseline_file = new.is_some().then_some(args.baseline_file.as_str());
    let exit = review.publish(&comparison, (baseline_file, Some(file)), io)?;
    Ok(if args.gate { exit } else { Exit::Ok })
}

/// Keeps the strategies asked for; within one file the baseline takes part without being asked for.
fn choose(old: &mut Plan, new: Option<&mut Plan>, args: &Args, io: &mut Io) -> Result<(), CliError> {
    let (strategies, baseline) = (&args.strategies, &args.baseline);
    let overrides = |role| Overrides {
        strategies: strategies.clone(),
        baseline: baseline.clone(),
        role,
        ..Overrides::default()
    };
    let notes = match new {
        None => select::apply(old, &overrides(Role::Within))?,
        Some(new) => {
            select::apply(old, &overrides(Role::Old))?;
            select::apply(new, &overrides(Role::New))?
        }
    };
    for note in notes {
        io.say("note", note);
    }
    Ok(())
}
