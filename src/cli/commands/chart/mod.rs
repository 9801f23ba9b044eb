//! `wavetank chart`: one picture of a scenario, alone, for a document or a slide.

mod settings;

use crate::cli::bug::{self, ReplayContext};
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::input::{self, ScenarioSource};
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
use crate::report::timeline::{AlarmAnatomy, MedianSplit, RolloutStory};
use crate::report::trains::journey::Journey;
use crate::rollout::try_replay;
use crate::study::pipeline_funnel::{REPLAYED_PIPELINES, pipeline_funnel};
use crate::study::unfolding::{REPLAYED, Unfolding, unfolded};
use crate::study::{self, PipelineStudy, Study, Summary};
use clap::ValueEnum;
use settings::{SettingArgs, Versions};

const EXAMPLES: &str = "\
Examples:
  wavetank chart trade-off wavetank.toml --output trade-off.png
  wavetank chart timeline wavetank.toml --strategy big-bang --trial 17 -o worst.pdf
  wavetank chart exceedance wavetank.toml --theme dark --size slide -o tail.svg
  wavetank chart lead-time scenarios/amazon-pipeline.toml --trials 4 > lead-time.svg
  wavetank chart heat wavetank.toml --across change.bad-probability=5%,20%,40% \\
    --down strategy.careful.wave.1.bake=15m,1h,4h --of 'p99 failed_requests' -o heat.png

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
    /// Where the time of a rollout goes: deploying, baking, windows, gates, waiting
    Split,
    /// The plan as a Gantt, before anything is simulated
    Plan,
    /// Exposure and impairment over time, as percentiles
    Fan,
    /// The risk of each zone, beside the wave that reaches it
    Tiles,
    /// Where bad changes are caught; of a scenario with a pipeline, in all of it
    Funnel,
    /// One rollout: zones over time, with harm, alarms and the way back
    Timeline,
    /// One alarm of one rollout: datapoints, limit, window, firing, reaction
    Anatomy,
    /// An incident: as deployed against what might have been
    Counterfactual,
    /// A measure over a grid of two settings
    Heat,
    /// What each of several settings changes
    Tornado,
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
    settings: SettingArgs,
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
        // A pipeline has trials of its own, as many as it takes; they say nothing of those of single rollouts.
        trials: args.trials.filter(|_| !matches!(args.kind, Kind::LeadTime | Kind::Trains | Kind::Funnel)),
        ..args.draw.restriction()
    };
    // Some kinds read it again, with other values in it.
    let source = ScenarioSource::open(&args.file, io)?;
    let plan = input::plan_of(&source, &asked, FailOn::Error, io)?;
    let file = args.picture.open(io)?;
    let threads = Threads::start(args.draw.threads)?;
    io.interrupt.arm();
    bug::set_context(ReplayContext::new(
        input::named(&args.file, &plan, args.draw.estimator, io),
        &plan,
        None,
    ));
    let bar = Bar::new(io);
    let versions = Versions { args: &args.settings, source: &source, asked: &asked, bar: &bar };
    let picture = threads.run(|| drawn(args, &plan, &versions))?;
    drop(bar);
    if io.interrupt.is_set() {
        return Err(CliError::interrupted());
    }
    file.publish(picture, io)?;
    Ok(Exit::Ok)
}

/// The picture that is asked for.
fn drawn(args: &Args, plan: &Plan, versions: &Versions<'_>) -> Result<Picture, CliError> {
    let bar = versions.bar;
    let one = || one_strategy(args, plan);
    let every = || (0..plan.strategies.len()).collect::<Vec<usize>>();
    Ok(match args.kind {
        Kind::TradeOff => chart::trade_off::picture(&studied(plan, bar)?),
        Kind::Exceedance => chart::exceedance::picture(&studied(plan, bar)?),
        Kind::Duration => chart::duration::picture(&studied(plan, bar)?),
        Kind::Counterfactual => chart::counterfactual::picture(&studied(plan, bar)?),
        Kind::Split => split(plan, bar)?,
        Kind::Plan => chart::gantt::picture(plan, &every()),
        Kind::Fan => chart::fan::picture(plan, &replayed(args, plan, bar)?, &every()),
        Kind::Tiles => chart::tiles::picture(plan, &replayed(args, plan, bar)?, one()?),
        Kind::Funnel => funnel(args, plan, bar)?,
        Kind::Timeline => timeline(args, plan, bar)?,
        Kind::Anatomy => anatomy(args, plan, bar)?,
        Kind::LeadTime => lead_time(args, plan, bar)?,
        Kind::Trains => trains(args, plan, bar)?,
        Kind::Heat => versions.heat(plan, one()?)?,
        Kind::Tornado => versions.tornado(plan, one()?)?,
    })
}

/// Rollouts of every strategy, replayed.
fn replayed(args: &Args, plan: &Plan, bar: &Bar) -> Result<Unfolding, CliError> {
    let trials = match args.trials {
        Some(Trials::Exactly(trials)) => trials,
        _ => REPLAYED,
    };
    Ok(unfolded(plan, trials, bar)?)
}

/// Where the time goes: for each strategy of the rollout whose time is nearest to the median.
fn split(plan: &Plan, bar: &Bar) -> Result<Picture, CliError> {
    let summary = studied(plan, bar)?;
    let unfolding = unfolded(plan, REPLAYED, bar)?;
    let of = |index| MedianSplit::of(plan, &summary, &unfolding, index);
    let trials = (0..plan.strategies.len()).map(of).collect::<Result<Vec<_>, _>>()?;
    Ok(chart::split::picture(&summary, &trials))
}

fn funnel(args: &Args, plan: &Plan, bar: &Bar) -> Result<Picture, CliError> {
    let strategy = one_strategy(args, plan)?;
    let Some(pipeline) = &plan.pipeline else {
        return Ok(chart::funnel::picture(plan, &replayed(args, plan, bar)?, strategy));
    };
    let trials = match args.trials {
        Some(Trials::Exactly(trials)) => trials,
        _ => REPLAYED_PIPELINES,
    };
    Ok(chart::funnel::of_pipeline(plan, &pipeline_funnel(plan, pipeline, strategy, trials, bar)?))
}

/// The trial that is asked for, or one that tells much, with its strategy.
fn one_trial(args: &Args, plan: &Plan, bar: &Bar) -> Result<(usize, u64), CliError> {
    match args.trial {
        Some(trial) => Ok((one_strategy(args, plan)?, trial)),
        None => Ok(studied(plan, bar)?.telling_trial()),
    }
}

fn anatomy(args: &Args, plan: &Plan, bar: &Bar) -> Result<Picture, CliError> {
    let (strategy, trial) = one_trial(args, plan, bar)?;
    let anatomy = AlarmAnatomy::of_trial(plan, strategy, trial)?;
    Ok(chart::anatomy::picture(plan, strategy, trial, anatomy.as_ref()))
}

/// The study of the plan.
fn studied(plan: &Plan, bar: &Bar) -> Result<Summary, CliError> {
    Study::new(plan).run(bar).map_err(CliError::from)
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
        None => return Ok(chart::timeline::of_study(plan, &studied(plan, bar)?)),
    };
    let (outcome, records) = try_replay(plan, strategy, trial)?;
    Ok(RolloutStory::new(plan, strategy, trial, &outcome, &records).chart())
}

fn lead_time(args: &Args, plan: &Plan, bar: &Bar) -> Result<Picture, CliError> {
    input::pipeline_of(plan, &args.file)?;
    Ok(chart::lead_time::picture(&pipelines(args, plan, bar)?.summary))
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
