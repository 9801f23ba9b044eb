//! `wavetank baseline accept`: remembers what a scenario gives today, for `gate` to hold later versions
//! against. A decision of people: it refuses to run in CI.

use crate::cli::accepted::{self, Accepted};
use crate::cli::bug::{self, ReplayContext};
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::folders;
use crate::cli::input;
use crate::cli::io::Io;
use crate::cli::numbers;
use crate::cli::options::FailOn;
use crate::cli::progress::Bar;
use crate::cli::targets::Targets;
use crate::cli::threads::Threads;
use crate::outcome::measures::Subject;
use crate::plan::{Level, Plan, Restriction, diff};
use crate::report::{json, plan_diff};
use crate::scenario::Problems;
use crate::study::baseline::{Baseline, File};
use crate::study::{self, PipelineResult, PipelineStudy, Stopped, summarise};
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  wavetank baseline accept wavetank.toml
  wavetank baseline accept plans/prod.toml --baseline plans/baseline.json
  wavetank baseline accept scenarios/amazon-pipeline.toml --pipeline

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
    /// Accept the pipeline over weeks instead of single rollouts [default: results/NAME/pipeline-baseline.json]
    #[arg(long)]
    pipeline: bool,
    /// Use this many threads; changes no result [default: one a core]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = numbers::threads)]
    threads: Option<usize>,
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
    let (plan, problems) = input::loaded(&args.file, &Restriction::default(), FailOn::Error, io)?;
    let threads = Threads::start(args.threads)?;
    let subject = accepted::subject(args.pipeline);
    let path = match &args.baseline {
        Some(path) => path.clone(),
        None => folders::checked(folders::of_baseline(&plan, subject))?,
    };
    if args.pipeline {
        input::pipeline_of(&plan, &args.file)?;
    }
    if is_source(&path, &problems) {
        return Err(CliError::invalid(format!("{} is a file of the scenario itself", path.display()))
            .hint("keep the baseline in a file of its own: --baseline FILE"));
    }
    let before = differences(&path, &plan);
    io.interrupt.arm();
    let target = Targets::open(vec![path.clone()])?;
    bug::set_context(ReplayContext::new(input::named(&args.file, &plan, None, io), &plan, None));
    let bar = Bar::new(io);
    let files = input::files(&problems);
    let simulated = threads.run(|| simulate(&plan, files, subject, &bar));
    drop(bar);
    let (baseline, breaks) = simulated.map_err(CliError::from)?;
    target.commit(&[json::pretty(&baseline)])?;
    tell(before, io);
    if breaks {
        let command = if args.pipeline { "pipeline" } else { "run" };
        io.say("warning", "a [[threshold]] does not hold, so the gate fails all the same");
        io.say("  hint", format_args!("{} shows which", io.named(&args.file).command(command)));
    }
    io.talk(format_args!("wrote {}: commit it together with {}", path.display(), args.file));
    let pipeline = if args.pipeline { " --pipeline" } else { "" };
    io.next(format_args!("{}{pipeline}", io.named(&args.file).command("gate")));
    Ok(Exit::Ok)
}

/// What there is to remember, and whether a limit of level error does not hold.
fn simulate(plan: &Plan, files: Vec<File>, subject: Subject, bar: &Bar) -> Result<(Baseline, bool), Stopped> {
    match PipelineStudy::new(plan).filter(|_| !subject.is_rollout()) {
        Some(study) => {
            let PipelineResult { trials, summary } = study.run(bar)?;
            Ok((Baseline::of(plan, &trials, files), summary.breaks(Level::Error)))
        }
        None => {
            let outcomes = study::run(plan, bar)?;
            Ok((Baseline::of(plan, &outcomes, files), summarise(plan, &outcomes).breaks(Level::Error)))
        }
    }
}

/// Whether `path` is one of the files that the scenario was made of.
fn is_source(path: &Path, problems: &Problems) -> bool {
    let place = |path: &Path| path.canonicalize().ok();
    let Some(target) = place(path) else { return false };
    let mut texts = problems.sources().texts();
    texts.any(|(source, _)| place(Path::new(source)).is_some_and(|place| place == target))
}

/// What differs between the accepted study and the one that is about to be accepted, a line each.
fn differences(path: &Path, plan: &Plan) -> Option<Vec<String>> {
    let before = Accepted::read(path, "").ok()?;
    let mut lines = Vec::new();
    let (theirs, ours) = (before.baseline.model_version, crate::MODEL_VERSION);
    if theirs != ours {
        lines.push(format!("model: version {theirs} -> {ours}"));
    }
    lines.append(&mut plan_diff::lines(&diff::diff(&before.plan?, plan)));
    Some(lines)
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
