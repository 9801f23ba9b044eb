//! `wavetank replay`: one trial again, event by event; a trial of a pipeline is in `replay_pipeline`.

use super::replay_pipeline::{self, PartArgs};
use crate::cli::bug::{self, ReplayContext};
use crate::cli::error::CliError;
use crate::cli::events::{EventArgs, EventFormat};
use crate::cli::exit::Exit;
use crate::cli::input;
use crate::cli::io::Io;
use crate::cli::numbers;
use crate::cli::options::{EstimatorName, FailOn};
use crate::cli::select;
use crate::ids::AlarmId;
use crate::plan::{Plan, Restriction, Signal};
use crate::report::{chart, promtool, timeline};
use crate::rollout::{Engine, Model};
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
    file: String,
    /// Strategy to simulate
    #[arg(long, value_name = "NAME")]
    strategy: String,
    /// Number of the trial, from 0
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = numbers::trial)]
    trial: u64,
    /// Draw from this seed: a number, hex, or a commit [default: the scenario's]
    #[arg(long, allow_hyphen_values = true, value_parser = numbers::seed)]
    seed: Option<u64>,
    /// Draw trials this way [default: the scenario's]
    #[arg(long, value_enum)]
    estimator: Option<EstimatorName>,
    #[command(flatten)]
    events: EventArgs,
    /// Also write what the alerting rules saw and did, as unit tests for `promtool test rules`, to this folder
    #[arg(long, num_args = 2, value_names = ["FORMAT", "DIR"])]
    export: Option<Vec<PathBuf>>,
    #[command(flatten)]
    part: PartArgs,
}

/// Simulates the trial and tells it.
///
/// # Errors
/// When the scenario is invalid, the strategy is unknown, or a file cannot be written.
pub fn run(args: &Args, io: &mut Io) -> Result<Exit, CliError> {
    let estimator = args.estimator.map(Into::into);
    let asked = Restriction { seed: args.seed, estimator, ..Restriction::default() };
    let plan = input::plan(&args.file, &asked, FailOn::Error, io)?;
    let strategy = select::strategy(&plan, &args.strategy)?;
    if args.part.pipeline {
        let trial = (strategy, args.trial);
        return replay_pipeline::run(&args.file, &plan, trial, &args.part, &args.events, io);
    }
    let trials = match plan.study.precision.as_slice() {
        [] => plan.study.trials,
        _ => plan.study.max_trials,
    };
    if args.trial >= trials {
        let last = trials - 1;
        io.say("note", format_args!("the study has the trials 0 to {last}; this one is beyond them"));
    }
    let rules: Vec<(PathBuf, Vec<u8>)> = match args.export.as_deref() {
        Some([format, dir]) => exported(args, format, &plan, strategy)?
            .into_iter()
            .map(|(name, text)| (dir.join(name), text.into_bytes()))
            .collect(),
        _ => Vec::new(),
    };
    let files = args.events.open(rules.iter().map(|(path, _)| path.clone()))?;

    bug::set_context(ReplayContext::new(&args.file, &plan, Some((strategy, args.trial))));
    let (outcome, records) = crate::replay(&plan, strategy, args.trial);
    let events = match args.events.format {
        EventFormat::Text => timeline::text(&plan, strategy, &outcome, &records).into_bytes(),
        EventFormat::Jsonl => {
            let mut lines = timeline::json_lines(&plan, strategy, &records);
            let mut last = timeline::outcome_json(&plan, &outcome);
            last["event"] = "outcome".into();
            last["at_ms"] = outcome.end_ms.into();
            lines.extend_from_slice(format!("{last}\n").as_bytes());
            lines
        }
    };
    let picture = || chart::timeline::svg(&plan, strategy, args.trial, &outcome, &records);
    files.publish(events, picture, rules.into_iter().map(|(_, text)| text), io)?;
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
    let is_rule = |alarm: &AlarmId| match &alarms[*alarm].signal {
        Signal::AnyOf(parts) => parts.iter().any(|part| alarms[*part].rate_rule().is_some()),
        _ => alarms[*alarm].rate_rule().is_some(),
    };
    if !heard.iter().any(is_rule) {
        let message = format!("strategy `{}` listens to no alerting rule", args.strategy);
        return Err(CliError::invalid(message)
            .hint("promtool knows `rate-ratio` and `burn-rate` alarms; it does not know the others"));
    }
    let scraped = Engine::new(&Model::new(plan)).scrapes(strategy, args.trial);
    let files = promtool::files(plan, args.trial, &scraped);
    if files.is_empty() {
        let message = format!("in trial {} no rule had anything to see", args.trial);
        return Err(
            CliError::invalid(message).hint("choose a trial with a bad change: `wavetank run` names some")
        );
    }
    Ok(files)
}
