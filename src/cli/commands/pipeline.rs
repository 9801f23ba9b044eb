//! `wavetank pipeline`: the whole pipeline over weeks, with every strategy as its production.

use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::input::{self, Resolved, counted};
use crate::cli::io::{DEFAULT_WIDTH, Io};
use crate::cli::names;
use crate::cli::numbers;
use crate::cli::options::{FailOn, Format};
use crate::cli::progress::Bar;
use crate::cli::review::form_and_file;
use crate::cli::select;
use crate::cli::targets::Targets;
use crate::cli::threads::Threads;
use crate::outcome::measures::Subject;
use crate::outlet::file_names;
use crate::plan::{Level, Pipeline, Plan, Restriction};
use crate::report::chart::Theme;
use crate::report::page::PipelinePage;
use crate::report::trains::journey::Journey;
use crate::report::{self, Story, chart, json, pipeline_csv};
use crate::study::kept::KeptScenario;
use crate::study::pipeline::replay;
use crate::study::{PipelineResult, PipelineStudy};
use clap::ValueEnum;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  wavetank pipeline scenarios/amazon-pipeline.toml
  wavetank pipeline scenarios/amazon-pipeline.toml --trials 100 --strategy amazon-five-waves
  wavetank pipeline scenarios/pipelines/start-small/3-one-box-and-bakes.toml --without approval
  wavetank pipeline scenarios/amazon-pipeline.toml --output results/amazon-pipeline
  wavetank pipeline scenarios/amazon-pipeline.toml --report html=review.html
  wavetank pipeline scenarios/amazon-pipeline.toml --format json | jq '.strategies[].measures'

The scenario needs a [pipeline]; docs/pipeline.md describes it.";

/// Arguments of `wavetank pipeline`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Scenario file, `-` for standard input
    file: String,
    /// Simulate this many trials of each strategy, and no more [default: the scenario's, or until results are precise]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(2..=100_000))]
    trials: Option<u64>,
    /// Add trials until this estimate is so precise, as in "mean lead_time_p50_ms 5%" (repeatable)
    #[arg(long, value_name = "PRECISION")]
    precision: Vec<String>,
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
    format: Format,
    /// Compare with the same pipeline without this stage: what it buys and costs (repeatable: without all of them)
    #[arg(long, value_name = "STAGE")]
    without: Vec<String>,
    /// Also write pipeline.csv, pipeline.json and charts to this folder
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Also write this form to a file, as in html=review.html (repeatable)
    #[arg(long = "report", value_name = "FORMAT=FILE", value_parser = form_and_file::<PipelineForm>)]
    reports: Vec<(PipelineForm, PathBuf)>,
}

/// Forms of a pipeline's report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PipelineForm {
    Text,
    Json,
    Html,
}

/// The study in one of these forms.
fn in_form(
    form: PipelineForm,
    scenario: &Resolved,
    result: &PipelineResult,
    kept: &KeptScenario,
    io: &Io,
) -> Vec<u8> {
    let summary = &result.summary;
    let Resolved { plan, problems, claims } = scenario;
    match form {
        PipelineForm::Text => report::pipeline::text(summary, DEFAULT_WIDTH).into_bytes(),
        PipelineForm::Json => json::pretty(summary),
        PipelineForm::Html => {
            let page = PipelinePage {
                plan,
                pipeline: plan.pipeline.as_ref().expect("invariant: it was simulated"),
                summary,
                file: input::named(&kept.file, plan, None, io),
                asked: &kept.asked,
                trials: kept.pipeline_trials,
                claims: claims.as_ref(),
                allowed: problems.allowed(),
            };
            page.render().html.into_bytes()
        }
    }
}

/// Simulates the trials and prints what they say.
///
/// # Errors
/// When the scenario is invalid or has no pipeline, a strategy is unknown, or a file cannot be written.
pub fn run(args: &Args, io: &mut Io) -> Result<Exit, CliError> {
    let asked = Restriction {
        seed: args.seed,
        strategies: args.strategies.clone(),
        precision: select::precisions(&args.precision)?,
        ..Restriction::default()
    };
    let scenario = input::resolved(&args.file, &asked, FailOn::Error, io)?;
    let plan = &scenario.plan;
    let pipeline = input::pipeline_of(plan, &args.file)?;
    let without = stages(pipeline, &args.without)?;
    let page = Targets::open(args.reports.iter().map(|(_, path)| path.clone()).collect())?;
    let threads = Threads::start(args.threads)?;
    io.interrupt.arm();
    let output = args.output.as_deref().map(|dir| open(dir, plan)).transpose()?;
    let bar = Bar::new(io);
    let study = PipelineStudy::new(plan).expect("invariant: the plan has a pipeline");
    let study = match args.trials {
        None => study,
        Some(trials) if asked.precision.is_empty() => study.trials(trials),
        Some(trials) => study.first_round(trials),
    };
    let study = study.without(without);
    let result = threads.run(|| study.run(&bar)).map_err(CliError::from)?;
    drop(bar);
    let report = match args.format {
        Format::Text => report::pipeline::text(&result.summary, io.width).into_bytes(),
        Format::Json => json::pretty(&result.summary),
    };
    let kept = KeptScenario {
        subject: Subject::Pipeline,
        allow_outside: io.named(&args.file).allow_outside,
        pipeline_trials: args.trials,
        ..KeptScenario::of(plan, args.file.clone(), asked.clone(), scenario.files())
    };
    let form = |(form, _): &(PipelineForm, PathBuf)| in_form(*form, &scenario, &result, &kept, io);
    let reports: Vec<Vec<u8>> = args.reports.iter().map(form).collect();
    if let (Some(targets), Some(dir)) = (output, &args.output) {
        let contents = contents(plan, pipeline, &result, &kept);
        if io.interrupt.is_set() {
            return Err(CliError::interrupted());
        }
        targets.commit(&contents)?;
        io.talk(format_args!("wrote {} ({})", dir.display(), counted(contents.len(), "file")));
    }
    page.commit(&reports)?;
    for (_, path) in &args.reports {
        io.talk(format_args!("wrote {}", path.display()));
    }
    io.data(report)?;
    if !io.stdout_is_terminal {
        let broken = report::broken_limits(&result.summary.thresholds, result.summary.trials);
        broken.iter().for_each(|(label, line)| io.say(label, line));
    }
    if args.format == Format::Text {
        let strategy = plan.study.baseline.min(plan.strategies.len() - 1);
        let (trial, name) = (result.trials.telling_trial(strategy), &plan.strategies[strategy].name);
        io.next(io.named(&args.file).replay_pipeline(name, plan.study.seed, trial));
    }
    Ok(if result.summary.breaks(Level::Error) { Exit::Failed } else { Exit::Ok })
}

/// Opens the files of a study in `dir`, in the order they appear in their folder; those of trains have the strategy's
/// name in theirs. `pipeline.json` is last: once it is new, everything is.
fn open(dir: &Path, plan: &Plan) -> Result<Targets, CliError> {
    let trains = file_names(plan.strategies.iter().map(|strategy| strategy.name.as_str()));
    let trains = trains.into_iter().map(|name| format!("trains-{name}.svg"));
    let first = ["pipeline.csv", "pipeline.svg"].map(str::to_owned);
    let names: Vec<String> = first
        .into_iter()
        .chain(trains)
        .chain(["pipeline-scenario.json", "pipeline.json"].map(str::to_owned))
        .collect();
    Targets::in_dir(dir, &names)
}

/// What is in these files.
fn contents(plan: &Plan, pipeline: &Pipeline, result: &PipelineResult, kept: &KeptScenario) -> Vec<Vec<u8>> {
    let trains = (0..plan.strategies.len()).map(|strategy| {
        let trial = result.trials.telling_trial(strategy);
        let simulated = replay(plan, pipeline, strategy, trial);
        let (_, records) = simulated.expect("invariant: the trial was simulated before");
        let journey = Journey::new(plan, pipeline, strategy, trial, records);
        journey.chart().svg(Theme::Auto).into_bytes()
    });
    let table = pipeline_csv::trials(plan, &result.trials);
    let chart = chart::lead_time::picture(&result.summary).svg(Theme::Auto).into_bytes();
    [table, chart]
        .into_iter()
        .chain(trains)
        .chain([json::pretty(kept), json::pretty(&result.summary)])
        .collect()
}

/// Indices of the stages called `names`.
fn stages(pipeline: &Pipeline, names: &[String]) -> Result<Vec<usize>, CliError> {
    let all: Vec<&str> = pipeline.line.stages.iter().map(|stage| stage.name.as_str()).collect();
    names.iter().map(|name| names::find("stage", name, &all)).collect()
}
