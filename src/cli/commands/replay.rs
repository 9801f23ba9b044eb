//! `wavetank replay`: one trial again, event by event; one of a pipeline as a train diagram.

use crate::cli::bug::{self, ReplayContext};
use crate::cli::error::CliError;
use crate::cli::events::EventArgs;
use crate::cli::exit::Exit;
use crate::cli::input;
use crate::cli::io::Io;
use crate::cli::numbers;
use crate::cli::options::{EstimatorName, FailOn};
use crate::cli::select;
use crate::cli::watch;
use crate::outlet::shell_word;
use crate::plan::{HOUR_MS, Pipeline, Plan, Restriction, Trials};
use crate::report::fleet_film::FleetFilm;
use crate::report::promtool;
use crate::report::timeline::RolloutStory;
use crate::report::trains::journey::{self, Journey};
use crate::rollout::{Engine, Model, try_replay};
use crate::scenario::MAX_TRIALS;
use crate::study;
use std::path::{Path, PathBuf};

/// The only format to export to so far.
const PROMTOOL: &str = "promtool";

const EXAMPLES: &str = "\
Examples:
  wavetank replay wavetank.toml --strategy big-bang --trial 17
  wavetank replay wavetank.toml --strategy big-bang --trial 17 --svg timeline.svg
  wavetank replay wavetank.toml --strategy big-bang --trial 17 --format jsonl | jq -r .event
  wavetank replay wavetank.toml --strategy big-bang --trial 17 --format perfetto --output trial.pftrace
  wavetank replay wavetank.toml --strategy big-bang --trial 17 --watch
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
    /// Play it on this terminal: zones as cells, as simulated time runs
    #[arg(long, conflicts_with_all = ["pipeline", "format", "output", "svg", "export"])]
    watch: bool,
    /// Play so many times as fast as it happens [default: the whole in some 20 seconds]
    #[arg(long, value_name = "TIMES", requires = "watch", value_parser = numbers::times)]
    speed: Option<f64>,
}

/// Which part of a trial is told.
#[derive(Debug, clap::Args)]
struct PartArgs {
    /// Tell the trial of the pipeline: a train diagram
    #[arg(long, conflicts_with_all = ["estimator", "export"])]
    pipeline: bool,
    /// Begin on this day, as in 2026-03-09 [default: shortly before the first rollback]
    #[arg(long, value_name = "DATE", requires = "pipeline")]
    from: Option<String>,
    /// Show so many days [default: as many as can be read]
    #[arg(long, value_name = "N", requires = "pipeline", value_parser = clap::value_parser!(u64).range(1..=366))]
    days: Option<u64>,
}

/// Simulates the trial and tells it.
///
/// # Errors
/// When the scenario is invalid, the strategy is unknown, the day is not one of the trial, or a file cannot be written.
pub fn run(args: &Args, io: &mut Io) -> Result<Exit, CliError> {
    let estimator = args.estimator.map(Into::into);
    // Trials that are drawn in another way than the scenario says are of another study, whose size is not said here.
    let trials = args.estimator.map(|_| Trials::Exactly(MAX_TRIALS));
    if args.watch {
        watch::check(io)?;
    }
    let asked = Restriction { seed: args.seed, estimator, trials, ..Restriction::default() };
    let plan = input::plan(&args.file, &asked, FailOn::Error, io)?;
    let strategy = select::strategy(&plan, &args.strategy)?;
    bug::set_context(ReplayContext::new(
        input::named(&args.file, &plan, args.estimator, io),
        &plan,
        Some((strategy, args.trial)),
    ));
    if args.watch {
        watched(args, &plan, strategy, io)?;
    } else if args.part.pipeline {
        of_pipeline(args, &plan, strategy, io)?;
    } else {
        of_rollout(args, &plan, strategy, io)?;
    }
    if args.events.is_text() {
        let again = if args.part.pipeline { "pipeline" } else { "run" };
        let (named, file) = (io.named(&args.file), shell_word(&args.file));
        io.next(format_args!("change {file}, then: {}", named.command(again)));
    }
    Ok(Exit::Ok)
}

/// Notes a trial of a rollout that is beyond the study.
fn note_rollout(args: &Args, plan: &Plan, io: &mut Io) {
    let unless_precise = plan.study.precision.is_empty();
    note_beyond(args.trial, if unless_precise { plan.study.trials } else { plan.study.max_trials }, io);
}

/// Plays the rollout of a trial.
fn watched(args: &Args, plan: &Plan, strategy: usize, io: &mut Io) -> Result<(), CliError> {
    note_rollout(args, plan, io);
    let (outcome, records) = try_replay(plan, strategy, args.trial)?;
    let film = FleetFilm::new(plan, strategy, &outcome, &records);
    let title = format!("{}, {}, trial {}", plan.name, plan.strategies[strategy].name, args.trial);
    watch::play(&film, &title, args.speed, io)
}

/// Tells the rollout of a trial.
fn of_rollout(args: &Args, plan: &Plan, strategy: usize, io: &mut Io) -> Result<(), CliError> {
    note_rollout(args, plan, io);
    let rules: Vec<(PathBuf, Vec<u8>)> = match args.export.as_deref() {
        Some([format, dir]) => exported(args, format, plan, strategy)?
            .into_iter()
            .map(|(name, text)| (dir.join(name), text.into_bytes()))
            .collect(),
        _ => Vec::new(),
    };
    let files = args.events.open(rules.iter().map(|(path, _)| path.clone()))?;
    let (outcome, records) = try_replay(plan, strategy, args.trial)?;
    let story = RolloutStory::new(plan, strategy, args.trial, &outcome, &records);
    files.publish(&story, rules.into_iter().map(|(_, text)| text), io)
}

/// Tells the pipeline of a trial.
fn of_pipeline(args: &Args, plan: &Plan, strategy: usize, io: &mut Io) -> Result<(), CliError> {
    let pipeline = input::pipeline_of(plan, &args.file)?;
    note_beyond(args.trial, pipeline.trials, io);
    let day = args.part.from.as_deref().map(|date| day_of(pipeline, date)).transpose()?;
    let files = args.events.open(std::iter::empty())?;
    let (_, records) = study::pipeline::replay(plan, pipeline, strategy, args.trial)?;
    let journey = Journey::new(plan, pipeline, strategy, args.trial, records);
    files.publish(&journey.part(day, args.part.days), std::iter::empty(), io)
}

/// Notes that a study of so many trials does not get to this one.
fn note_beyond(trial: u64, trials: u64, io: &mut Io) {
    if trial >= trials {
        let last = trials - 1;
        io.say("note", format_args!("the study has the trials 0 to {last}; this one is beyond them"));
    }
}

/// The pipeline's day that `date` is.
fn day_of(pipeline: &Pipeline, date: &str) -> Result<u64, CliError> {
    let dates = journey::dates(pipeline);
    let days = pipeline.line.length_ms.div_ceil(24 * HOUR_MS);
    dates.day_of(date).filter(|day| *day < days).ok_or_else(|| {
        CliError::invalid(format!("`{date}` is not a day of the pipeline")).hint(format!(
            "write one from {} to {}",
            dates.date(0),
            dates.date(days - 1)
        ))
    })
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
    let mut heard = plan.strategies[strategy].alarms.iter().flat_map(|alarm| plan.parts_of(alarm));
    if !heard.any(|alarm| plan.alarms[*alarm].rate_rule().is_some()) {
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
