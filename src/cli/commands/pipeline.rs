//! `wavetank pipeline`: the whole pipeline over weeks, with every strategy as its production.

use super::run::folder_name;
use crate::cli::args::FailOn;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::input::{self, counted};
use crate::cli::io::Io;
use crate::cli::names;
use crate::cli::numbers;
use crate::cli::progress::Progress;
use crate::cli::select::Overrides;
use crate::cli::studies::{self, pipeline as study};
use crate::cli::targets::Targets;
use crate::plan::{Horizon, Plan};
use clap::ValueEnum;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  wavetank pipeline scenarios/amazon-pipeline.toml
  wavetank pipeline scenarios/amazon-pipeline.toml --trials 100 --strategy amazon-five-waves
  wavetank pipeline scenarios/pipelines/start-small/3-one-box-and-bakes.toml --without approval
  wavetank pipeline scenarios/amazon-pipeline.toml --output results/amazon-pipeline
  wavetank pipeline scenarios/amazon-pipeline.toml --format json | jq '.strategies[].measures'

The scenario needs a [pipeline]; docs/pipeline.md describes it.";

/// Arguments of `wavetank pipeline`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Scenario file, `-` for standard input
    file: String,
    /// Simulate this many horizons of each strategy [default: the scenario's]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(2..=100_000))]
    trials: Option<u64>,
    /// Draw from this seed: a number, hex, or a commit [default: the scenario's]
    #[arg(long, allow_hyphen_values = true, value_parser = numbers::seed)]
    seed: Option<u64>,
    /// Use this many threads; changes no result [default: one a core]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = numbers::threads)]
    threads: Option<usize>,
    /// Simulate only this strategy (repeatable)
    #[arg(long = "strategy", value_name = "NAME")]
    strategies: Vec<String>,
    /// Print for people or for programs
    #[arg(long, value_enum, default_value_t)]
    format: HorizonFormat,
    /// Compare with the same pipeline without this stage: what it buys and costs (repeatable: without all of them)
    #[arg(long, value_name = "STAGE")]
    without: Vec<String>,
    /// Also write pipeline.csv, pipeline.json and charts to this folder
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
}

/// How the summary is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum HorizonFormat {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// Simulates the horizons and prints what they say.
///
/// # Errors
/// When the scenario is invalid or has no pipeline, a strategy is unknown, or a file cannot be written.
pub fn run(args: &Args, io: &mut Io) -> Result<Exit, CliError> {
    let overrides =
        Overrides { seed: args.seed, strategies: args.strategies.clone(), ..Overrides::default() };
    let plan = input::plan(&args.file, &overrides, FailOn::Error, io)?;
    let horizon = studies::horizon_of(&plan, &args.file)?;
    let without = stages(horizon, &args.without)?;
    if let Some(threads) = args.threads {
        studies::set_threads(threads)?;
    }
    io.interrupt.arm();
    let output = args.output.as_deref().map(|dir| open(dir, &plan)).transpose()?;
    let trials = args.trials.unwrap_or(horizon.trials);
    let progress = Progress::new(io.stderr_is_terminal, io.stderr_color());
    let results =
        study::simulate(&plan, horizon, trials, &without, io, &progress).ok_or_else(CliError::interrupted)?;
    drop(progress);
    let report = match args.format {
        HorizonFormat::Text => results.text(io.width).into_bytes(),
        HorizonFormat::Json => results.json(),
    };
    if let (Some(targets), Some(dir)) = (output, &args.output) {
        let contents = results.contents(&plan, horizon);
        if io.interrupt.is_set() {
            return Err(CliError::interrupted());
        }
        targets.commit(&contents)?;
        io.talk(format_args!("wrote {} ({})", dir.display(), counted(contents.len(), "file")));
    }
    io.data(report)?;
    Ok(if results.is_broken() { Exit::Failed } else { Exit::Ok })
}

/// Opens the files of a study in `dir`.
fn open(dir: &Path, plan: &Plan) -> Result<Targets, CliError> {
    let strategies: Vec<String> = plan.strategies.iter().map(|s| folder_name(&s.name)).collect();
    Targets::in_dir(dir, &study::files(&strategies))
}

/// Indices of the stages called `names`.
fn stages(horizon: &Horizon, names: &[String]) -> Result<Vec<usize>, CliError> {
    let all: Vec<&str> = horizon.pipeline.stages.iter().map(|stage| stage.name.as_str()).collect();
    names.iter().map(|name| names::find("stage", name, &all)).collect()
}
