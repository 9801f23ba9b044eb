//! `wavetank gate`: fails if a scenario does worse than the accepted one. Writes no baseline, ever.

use super::baseline::default_path;
use crate::cli::args::FailOn;
use crate::cli::bug::{self, ReplayContext};
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::input;
use crate::cli::io::Io;
use crate::cli::numbers;
use crate::cli::progress::Progress;
use crate::cli::review::{Review, ReviewArgs};
use crate::cli::select::{self, Overrides};
use crate::cli::studies;
use crate::cli::studies::compare::{Accepted, How, accept_command};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  wavetank gate wavetank.toml
  wavetank gate plans/prod.toml --baseline plans/baseline.json --format github
  wavetank gate wavetank.toml --format markdown > comment.md
  wavetank gate wavetank.toml --report junit=gate.xml --report json=gate.json

Writes no baseline. If a change is meant: wavetank baseline accept FILE, and commit both together.
Exit codes: 0 nothing got worse, 1 something did or a limit is broken, 4 the trials do not decide.";

/// Arguments of `wavetank gate`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Scenario file to judge
    file: String,
    /// The accepted study [default: results/NAME/baseline.json, by the scenario's name]
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Compare estimates if the baseline comes from another version of the model
    #[arg(long)]
    across_models: bool,
    /// Take at most this many rollouts of each strategy [default: the scenario's]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = numbers::trials)]
    max_trials: Option<u64>,
    /// Use this many threads; changes no result [default: one a core]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = numbers::threads)]
    threads: Option<usize>,
    #[command(flatten)]
    review: ReviewArgs,
}

/// Judges the scenario.
///
/// # Errors
/// When the scenario or the baseline is unusable, a report cannot be written, or the user interrupts.
pub fn run(args: &Args, io: &mut Io) -> Result<Exit, CliError> {
    let plan = input::plan(&args.file, &Overrides::default(), FailOn::Error, io)?;
    // Only whether it fits: what is said on the command line is no change of the scenario.
    let limit = Overrides { max_trials: args.max_trials, ..Overrides::default() };
    select::apply(&mut plan.clone(), &limit)?;
    let path = args.baseline.clone().unwrap_or_else(|| default_path(&plan));
    let how = How {
        across_models: args.across_models,
        max_trials: args.max_trials,
        accept: accept_command(&args.file, args.baseline.as_deref()),
    };
    let accepted = Accepted::read(&path, &how.accept)?;
    if accepted.seed() != plan.study.seed {
        io.say("note", "the seed is not the accepted one, so trials have nothing in common");
    }
    if let Some(threads) = args.threads {
        studies::set_threads(threads)?;
    }
    io.interrupt.arm();
    let review = Review::open(&args.review)?;
    bug::set_context(ReplayContext::new(&args.file, &plan, None));
    let progress = Progress::new(io.stderr_is_terminal, io.stderr_color());
    let comparison = accepted.gate(&path, (&plan, &args.file), &how, io, &progress)?;
    drop(progress);
    let exit = review.publish(&comparison, (None, Some(&args.file)), io)?;
    if exit != Exit::Ok {
        for way in comparison.ways_out(&how.accept) {
            io.say("hint", way);
        }
    }
    Ok(exit)
}
