//! `wavetank replay`: one trial again, event by event; a horizon of a pipeline is in `replay_pipeline`.

use super::replay_pipeline::{self, Part};
use crate::cli::args::{EstimatorName, FailOn};
use crate::cli::bug::{self, ReplayContext};
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::input;
use crate::cli::io::Io;
use crate::cli::numbers;
use crate::cli::select::{self, Overrides};
use crate::cli::studies::{self, STDIN};
use crate::cli::targets::Targets;
use crate::plan::{Plan, Signal};
use clap::ValueEnum;
use std::path::{Path, PathBuf};

/// The only format to export to so far.
const PROMTOOL: &str = "promtool";

const EXAMPLES: &str = "\
Examples:
  wavetank replay wavetank.toml --strategy big-bang --trial 17
  wavetank replay wavetank.toml --strategy big-bang --trial 17 --svg timeline.svg
  wavetank replay wavetank.toml --strategy big-bang --trial 17 --format jsonl | jq -r .event
  wavetank replay pipeline.toml --strategy waves --trial 3 --pipeline --from 2026-03-16 --days 7 --svg trains.svg
  wavetank replay rules.toml --strategy waves --trial 17 --export promtool tests/ && promtool test rules tests/*.test.yml

Reports print the replay command of every trial they name.";

/// Arguments of `wavetank replay`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Scenario file, `-` for standard input
    pub(super) file: String,
    /// Strategy to simulate
    #[arg(long, value_name = "NAME")]
    strategy: String,
    /// Number of the trial, from 0
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = numbers::trial)]
    pub(super) trial: u64,
    /// Draw from this seed: a number, hex, or a commit [default: the scenario's]
    #[arg(long, allow_hyphen_values = true, value_parser = numbers::seed)]
    seed: Option<u64>,
    /// Draw trials this way [default: the scenario's]
    #[arg(long, value_enum)]
    estimator: Option<EstimatorName>,
    /// Print for people or one JSON object a line
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: ReplayFormat,
    /// Write the events to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Also draw the timeline to this file
    #[arg(long, value_name = "FILE")]
    pub(super) svg: Option<PathBuf>,
    /// Also write what the alerting rules saw and did, as unit tests for `promtool test rules`, to this folder
    #[arg(long, num_args = 2, value_names = ["FORMAT", "DIR"])]
    export: Option<Vec<PathBuf>>,
    #[command(flatten)]
    pub(super) part: Part,
}

/// How events are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ReplayFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object a line, the outcome last
    Jsonl,
}

/// Simulates the trial and tells it.
///
/// # Errors
/// When the scenario is invalid, the strategy is unknown, or a file cannot be written.
pub fn run(args: &Args, io: &mut Io) -> Result<Exit, CliError> {
    let estimator = args.estimator.map(Into::into);
    let overrides = Overrides { seed: args.seed, estimator, ..Overrides::default() };
    let plan = input::plan(&args.file, &overrides, FailOn::Error, io)?;
    let strategy = select::find_strategy(&plan, &args.strategy)?;
    if args.part.pipeline {
        return replay_pipeline::run(args, &plan, strategy, io);
    }
    let output = args.output.clone().filter(|path| path.as_os_str() != STDIN);
    let trials = match plan.study.precision.as_slice() {
        [] => plan.study.trials,
        _ => plan.study.max_trials,
    };
    if args.trial >= trials {
        let last = trials - 1;
        io.say("note", format_args!("the study has the trials 0 to {last}; this one is beyond them"));
    }
    let rules = match args.export.as_deref() {
        Some([format, dir]) => exported(args, format, &plan, strategy)?
            .into_iter()
            .map(|(name, text)| (dir.join(name), text.into_bytes()))
            .collect(),
        _ => Vec::new(),
    };
    let paths: Vec<PathBuf> =
        output.iter().chain(&args.svg).chain(rules.iter().map(|(path, _)| path)).cloned().collect();
    let targets = Targets::open(paths.clone())?;

    bug::set_context(ReplayContext::new(&args.file, &plan, Some((strategy, args.trial))));
    let replay = studies::replay(&plan, strategy, args.trial);
    let events = match args.format {
        ReplayFormat::Text => replay.text(&plan).into_bytes(),
        ReplayFormat::Jsonl => replay.json_lines(&plan),
    };
    let mut contents = Vec::with_capacity(paths.len());
    if output.is_none() {
        io.data(events)?;
    } else {
        contents.push(events);
    }
    if args.svg.is_some() {
        contents.push(replay.chart(&plan).into_bytes());
    }
    contents.extend(rules.into_iter().map(|(_, text)| text));
    targets.commit(&contents)?;
    for path in &paths {
        io.talk(format_args!("wrote {}", path.display()));
    }
    Ok(Exit::Ok)
}

/// The files of an export.
fn exported(
    args: &Args,
    format: &Path,
    plan: &Plan,
    strategy: usize,
) -> Result<Vec<(String, String)>, CliError> {
    if format.as_os_str() != PROMTOOL {
        let message = format!("`{}` is no format to export to", format.display());
        return Err(CliError::invalid(message).hint("write `--export promtool DIR`"));
    }
    let alarms = &plan.alarms;
    let heard = &plan.strategies[strategy].alarms;
    let is_rule = |alarm: &usize| match &alarms[*alarm].signal {
        Signal::AnyOf(parts) => parts.iter().any(|part| alarms[*part].rate_rule().is_some()),
        _ => alarms[*alarm].rate_rule().is_some(),
    };
    if !heard.iter().any(is_rule) {
        let message = format!("strategy `{}` listens to no alerting rule", args.strategy);
        return Err(CliError::invalid(message)
            .hint("promtool knows `rate-ratio` and `burn-rate` alarms; it does not know the others"));
    }
    let files = studies::promtool(plan, strategy, args.trial);
    if files.is_empty() {
        let message = format!("in trial {} no rule had anything to see", args.trial);
        return Err(
            CliError::invalid(message).hint("choose a trial with a bad change: `wavetank run` names some")
        );
    }
    Ok(files)
}
