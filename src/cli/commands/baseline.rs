//! `wavetank baseline accept`: remembers what a scenario gives today, for `gate` to hold later versions
//! against. A decision of people: it refuses to run in CI.

use crate::cli::args::FailOn;
use crate::cli::bug::{self, ReplayContext};
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::input;
use crate::cli::io::Io;
use crate::cli::numbers;
use crate::cli::progress::Progress;
use crate::cli::select::Overrides;
use crate::cli::studies::{self, compare};
use crate::cli::targets::Targets;
use crate::plan::{Level, Plan};
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  wavetank baseline accept wavetank.toml
  wavetank baseline accept plans/prod.toml --baseline plans/baseline.json

Commit the file together with the scenario. `wavetank gate` compares later versions with it.";

/// Changes listed when a baseline is replaced.
const MOST_CHANGES: usize = 20;

/// Arguments of `wavetank baseline`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Simulate a scenario and remember it and its numbers; refuses to run in CI
    #[command(after_help = EXAMPLES)]
    Accept(Accept),
}

#[derive(Debug, clap::Args)]
struct Accept {
    /// Scenario file
    file: String,
    /// Where to keep it [default: results/NAME/baseline.json, by the scenario's name]
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Use this many threads; changes no result [default: one a core]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = numbers::threads)]
    threads: Option<usize>,
}

/// Where the baseline of a plan is kept.
#[must_use]
pub fn default_path(plan: &Plan) -> PathBuf {
    Path::new("results").join(super::run::folder_name(&plan.name)).join("baseline.json")
}

/// Accepts a study.
///
/// # Errors
/// In CI; when the scenario is invalid, the file cannot be written, or the user interrupts.
pub fn run(args: &Args, io: &mut Io) -> Result<Exit, CliError> {
    let Action::Accept(args) = &args.action;
    if std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false" && value != "0") {
        return Err(CliError::invalid(
            "a baseline is accepted by people, not in CI (the variable CI is set)",
        )
        .hint("run it on your machine and commit the file"));
    }
    let (plan, loaded) = input::loaded(&args.file, &Overrides::default(), FailOn::Error, io)?;
    if let Some(threads) = args.threads {
        studies::set_threads(threads)?;
    }
    let path = args.baseline.clone().unwrap_or_else(|| default_path(&plan));
    if compare::is_source(&path, &loaded) {
        return Err(CliError::invalid(format!("{} is a file of the scenario itself", path.display()))
            .hint("keep the baseline in a file of its own: --baseline FILE"));
    }
    let before = compare::differences(&path, &plan);
    io.interrupt.arm();
    let target = Targets::open(vec![path.clone()])?;
    bug::set_context(ReplayContext::new(&args.file, &plan, None));
    let progress = Progress::new(io.stderr_is_terminal, io.stderr_color());
    let (results, accepted) =
        compare::accepted(&plan, &loaded, io, &progress).ok_or_else(CliError::interrupted)?;
    drop(progress);
    target.commit(&[accepted])?;
    tell(before, io);
    if results.broken(Level::Error) {
        io.say("warning", "a [[threshold]] does not hold, so the gate fails all the same");
        io.say("  hint", format_args!("wavetank run {} shows which", args.file));
    }
    io.talk(format_args!("wrote {}: commit it together with {}", path.display(), args.file));
    Ok(Exit::Ok)
}

/// What is accepted beyond what was.
fn tell(changes: Option<Vec<String>>, io: &mut Io) {
    let Some(changes) = changes else { return };
    if changes.is_empty() {
        io.talk("the inputs are those of the old baseline");
        return;
    }
    io.talk("accepted instead of the old baseline:");
    for change in changes.iter().take(MOST_CHANGES) {
        io.talk(format_args!("  {change}"));
    }
    if changes.len() > MOST_CHANGES {
        io.talk(format_args!("  and {} more", changes.len() - MOST_CHANGES));
    }
}
