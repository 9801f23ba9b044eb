//! `wavetank horizon`: the whole pipeline over weeks, with every strategy as its production.

use crate::cli::args::FailOn;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::input;
use crate::cli::io::Io;
use crate::cli::numbers;
use crate::cli::pipeline;
use crate::cli::progress::Progress;
use crate::cli::select::Overrides;
use crate::cli::targets::Targets;
use clap::ValueEnum;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  wavetank horizon scenarios/amazon-pipeline.toml
  wavetank horizon scenarios/amazon-pipeline.toml --trials 100 --strategy amazon-five-waves
  wavetank horizon scenarios/amazon-pipeline.toml --format json | jq '.strategies[].measures'

The scenario needs a [pipeline]; docs/pipeline.md describes it.";

/// Arguments of `wavetank horizon`.
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
    /// Also write the summary for programs to this file
    #[arg(long, value_name = "FILE")]
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
    let Some(horizon) = &plan.horizon else {
        return Err(CliError::invalid(format!("{} has no [pipeline]", args.file)).hint(
            "`wavetank run` simulates single rollouts; docs/pipeline.md says how to write a pipeline",
        ));
    };
    if let Some(threads) = args.threads {
        pipeline::set_threads(threads)?;
    }
    io.interrupt.arm();
    let targets = Targets::open(args.output.iter().cloned().collect())?;
    let trials = args.trials.unwrap_or(horizon.trials);
    let progress = Progress::new(io.stderr_is_terminal, io.stderr_color());
    let summary =
        pipeline::horizons(&plan, horizon, trials, io, &progress).ok_or_else(CliError::interrupted)?;
    drop(progress);
    let json = pipeline::horizon_json(&summary);
    match args.format {
        HorizonFormat::Text => io.data(pipeline::horizon_text(&summary, io.width).into_bytes())?,
        HorizonFormat::Json => io.data(json.clone())?,
    }
    if let Some(path) = &args.output {
        targets.commit(&[json])?;
        io.talk(format_args!("wrote {}", path.display()));
    }
    Ok(Exit::Ok)
}
