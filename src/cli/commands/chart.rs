//! `wavetank chart`: one picture of a scenario, alone, for a document or a slide.

use crate::cli::bug::{self, ReplayContext};
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::input;
use crate::cli::io::Io;
use crate::cli::numbers;
use crate::cli::options::{Draw, FailOn};
use crate::cli::picture::PictureArgs;
use crate::cli::progress::Bar;
use crate::cli::select;
use crate::cli::threads::Threads;
use crate::plan::{Plan, Restriction, Trials};
use crate::report::Story;
use crate::report::chart::{self, Picture};
use crate::report::timeline::RolloutStory;
use crate::report::trains::journey::Journey;
use crate::rollout::try_replay;
use crate::study::{self, PipelineStudy, Study, Summary};
use clap::ValueEnum;

const EXAMPLES: &str = "\
Examples:
  wavetank chart trade-off wavetank.toml --output trade-off.png
  wavetank chart timeline wavetank.toml --strategy big-bang --trial 17 -o worst.pdf
  wavetank chart exceedance wavetank.toml --theme dark --size slide -o tail.svg
  wavetank chart lead-time scenarios/amazon-pipeline.toml --trials 4 > lead-time.svg

`run --report html=FILE` has all pictures of a study on one page.";

/// Kinds of pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Speed against blast radius: which strategy is faster, which safer, and is that proved
    TradeOff,
    /// How often a bad change does at least so much harm
    Exceedance,
    /// How long rollouts take
    Duration,
    /// One rollout: zones over time, with harm, alarms and the way back
    Timeline,
    /// Where the lead time of a pipeline's changes goes
    LeadTime,
    /// Some days of a pipeline as a train diagram
    Trains,
}

/// Arguments of `wavetank chart`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// What to draw
    #[arg(value_enum)]
    kind: Kind,
    /// Scenario file, `-` for standard input
    file: String,
    /// Draw only this strategy (repeatable)
    #[arg(long = "strategy", value_name = "NAME")]
    strategies: Vec<String>,
    /// Compare the others with this strategy [default: the scenario's]
    #[arg(long, value_name = "NAME")]
    baseline: Option<String>,
    /// Draw this trial, of kinds that draw one [default: one that tells much]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = numbers::trial)]
    trial: Option<u64>,
    /// Simulate this many trials of each strategy, or `auto`: until results are precise
    /// [default: the scenario's]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = numbers::trials_or_auto)]
    trials: Option<Trials>,
    #[command(flatten)]
    draw: Draw,
    #[command(flatten)]
    picture: PictureArgs,
}

/// Simulates what the picture is of, and draws it.
///
/// # Errors
/// When the scenario or an argument is invalid, the file cannot be written, or the user interrupts.
pub fn run(args: &Args, io: &mut Io) -> Result<Exit, CliError> {
    let asked = Restriction {
        strategies: args.strategies.clone(),
        baseline: args.baseline.clone(),
        trials: args.trials,
        ..args.draw.restriction()
    };
    let plan = input::plan(&args.file, &asked, FailOn::Error, io)?;
    let file = args.picture.open(io)?;
    let threads = Threads::start(args.draw.threads)?;
    io.interrupt.arm();
    bug::set_context(ReplayContext::new(
        input::named(&args.file, &plan, args.draw.estimator, io),
        &plan,
        None,
    ));
    let bar = Bar::new(io);
    let picture = threads.run(|| drawn(args, &plan, &bar))?;
    drop(bar);
    if io.interrupt.is_set() {
        return Err(CliError::interrupted());
    }
    file.publish(picture, io)?;
    Ok(Exit::Ok)
}

/// The picture that is asked for.
fn drawn(args: &Args, plan: &Plan, bar: &Bar) -> Result<Picture, CliError> {
    match args.kind {
        Kind::TradeOff => Ok(chart::trade_off::picture(&studied(plan, bar)?)),
        Kind::Exceedance => Ok(chart::exceedance::picture(&studied(plan, bar)?)),
        Kind::Duration => Ok(chart::duration::picture(&studied(plan, bar)?)),
        Kind::Timeline => timeline(args, plan, bar),
        Kind::LeadTime => lead_time(args, plan, bar),
        Kind::Trains => trains(args, plan, bar),
    }
}

/// The study of the plan.
fn studied(plan: &Plan, bar: &Bar) -> Result<Summary, CliError> {
    Study::new(plan).run(bar).map_err(|error| match error {
        study::StudyError::Stopped(stopped) => stopped.into(),
        study::StudyError::Restriction(error) => CliError::invalid(error.to_string()),
    })
}

/// The strategy that is asked for alone, or the baseline.
fn one_strategy(args: &Args, plan: &Plan) -> Result<usize, CliError> {
    match args.strategies.as_slice() {
        [] => Ok(plan.study.baseline),
        [name] => select::strategy(plan, name),
        _ => Err(CliError::invalid("this picture is of one strategy").hint("say `--strategy` once")),
    }
}

fn timeline(args: &Args, plan: &Plan, bar: &Bar) -> Result<Picture, CliError> {
    let (strategy, trial) = match args.trial {
        Some(trial) => (one_strategy(args, plan)?, trial),
        None => studied(plan, bar)?.telling_trial(),
    };
    let (outcome, records) = try_replay(plan, strategy, trial)?;
    Ok(RolloutStory::new(plan, strategy, trial, &outcome, &records).chart())
}

fn lead_time(args: &Args, plan: &Plan, bar: &Bar) -> Result<Picture, CliError> {
    input::pipeline_of(plan, &args.file)?;
    Ok(chart::pipeline::picture(&pipelines(args, plan, bar)?.summary))
}

fn pipelines(args: &Args, plan: &Plan, bar: &Bar) -> Result<study::PipelineResult, CliError> {
    let pipelines = PipelineStudy::new(plan).expect("invariant: the plan has a pipeline");
    let pipelines = match args.trials {
        Some(Trials::Exactly(trials)) => pipelines.trials(trials),
        _ => pipelines,
    };
    pipelines.run(bar).map_err(CliError::from)
}

fn trains(args: &Args, plan: &Plan, bar: &Bar) -> Result<Picture, CliError> {
    let pipeline = input::pipeline_of(plan, &args.file)?;
    let strategy = one_strategy(args, plan)?;
    let trial = match args.trial {
        Some(trial) => trial,
        None => pipelines(args, plan, bar)?.trials.telling_trial(strategy),
    };
    let (_, records) = study::pipeline::replay(plan, pipeline, strategy, trial)?;
    Ok(Journey::new(plan, pipeline, strategy, trial, records).chart())
}
