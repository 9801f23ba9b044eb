//! `wavetank gate`: fails if a scenario does worse than the accepted one. Writes no baseline, ever.

use crate::cli::accepted::{self, Accepted};
use crate::cli::bug::{self, ReplayContext};
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::folders;
use crate::cli::input;
use crate::cli::io::Io;
use crate::cli::numbers;
use crate::cli::progress::Bar;
use crate::cli::review::{Review, ReviewArgs};
use crate::cli::select::{self, Role};
use crate::cli::threads::Threads;
use crate::outcome::measures::Subject;
use crate::plan::{Level, Restriction};
use crate::report::compare::Options;
use crate::study::compare::{Compared, Held};
use crate::study::gate::{Refusal, RegressionGate};
use crate::study::verdict::{MeasureChange, Verdict};
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  wavetank gate wavetank.toml
  wavetank gate plans/prod.toml --baseline plans/baseline.json --format github
  wavetank gate wavetank.toml --format markdown > comment.md
  wavetank gate wavetank.toml --report junit=gate.xml --report json=gate.json
  wavetank gate scenarios/amazon-pipeline.toml --pipeline

Writes no baseline. If a change is meant: wavetank baseline accept FILE, and commit both together.
Exit codes: 0 nothing got worse, 1 something did or a limit is broken, 4 the trials do not decide.";

/// Arguments of `wavetank gate`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Scenario file to judge
    file: String,
    /// The accepted study [default: results/NAME/baseline.json, by the scenario's name]
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Judge the pipeline over weeks, by its measures, instead of single rollouts
    /// [default baseline: results/NAME/pipeline-baseline.json]
    #[arg(long)]
    pipeline: bool,
    /// Compare estimates if the baseline comes from another version of the model
    #[arg(long)]
    across_models: bool,
    /// Take at most this many trials of each strategy [default: the scenario's]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = numbers::trials)]
    max_trials: Option<u64>,
    /// Use this many threads; changes no result [default: one a core]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = numbers::threads)]
    threads: Option<usize>,
    #[command(flatten)]
    review: ReviewArgs,
}

/// Judges the scenario.
///
/// # Errors
/// When the scenario or the baseline is unusable, a report cannot be written, or the user interrupts.
pub fn run(args: &Args, io: &mut Io) -> Result<Exit, CliError> {
    let (plan, found) = input::with_places(&args.file, io)?;
    let file = input::named(&args.file, &plan, None, io);
    let subject = accepted::subject(args.pipeline);
    // Only whether it fits: what is said on the command line is no change of the scenario.
    let max_trials = args.max_trials.filter(|_| subject.is_rollout());
    let limit = Restriction { max_trials, ..Restriction::default() };
    select::restricted(&plan, &limit, Role::Alone, io)?;
    let path = args.baseline.clone().unwrap_or_else(|| folders::of_baseline(&plan, subject));
    let accept = accepted::command(io.named(&args.file), args.baseline.as_deref(), subject);
    let Accepted { baseline, plan: was, problems: were } = Accepted::read(&path, &accept)?;
    if baseline.subject != subject {
        return Err(other_subject(&path, subject).hint(format!("write one: {accept}")));
    }
    let threads = Threads::start(args.threads)?;
    io.interrupt.arm();
    let review = Review::open(&args.review)?;
    bug::set_context(ReplayContext::new(file, &plan, None));
    let Some(was) = was else {
        let message = format!("the scenario in {} is no longer valid", path.display());
        return Err(CliError::invalid(message).hint(format!("accept anew: {accept}")));
    };
    let gate = RegressionGate {
        baseline: &baseline,
        accepted: &was,
        candidate: &plan,
        sources: [path.display().to_string(), args.file.clone()],
        across_models: args.across_models,
        max_trials: args.max_trials,
    };
    let bar = Bar::new(io);
    let compared = threads.run(|| gate.judge(&bar));
    drop(bar);
    let compared = compared.map_err(|refusal| refused(refusal, &gate, &path, &accept))?;
    let warnings = found.new_warnings(&were);
    let options = Options {
        candidate_file: Some(file),
        accept: Some(&accept),
        warnings: &warnings,
        places: &found.strategies,
        ..Options::default()
    };
    let exit = review.publish(&compared, &options, io)?;
    if exit == Exit::Ok && args.review.is_text() {
        io.next(if compared.inputs.is_empty() {
            "nothing: this is the accepted study".to_owned()
        } else {
            format!("merge it; to hold later changes against it: {accept}")
        });
    }
    if exit != Exit::Ok {
        for way in ways_out(&compared, &accept) {
            io.say("hint", way);
        }
    }
    Ok(exit)
}

/// What was accepted is not what is to be judged, of which `wanted` is.
fn other_subject(path: &Path, wanted: Subject) -> CliError {
    let (is, hint) = match wanted {
        Subject::Rollout => ("a pipeline, and not of rollouts", "judge the pipeline: --pipeline"),
        Subject::Pipeline | Subject::Lane => {
            ("rollouts, and not of a pipeline", "judge the rollouts: leave out --pipeline")
        }
    };
    CliError::invalid(format!("{} is of {is}", path.display())).hint(hint)
}

/// Why there is no verdict.
fn refused(refusal: Refusal, gate: &RegressionGate, path: &Path, accept: &str) -> CliError {
    let path = path.display();
    let error = match refusal {
        Refusal::Stopped(stopped) => return stopped.into(),
        Refusal::NothingInCommon => {
            CliError::invalid(format!("{} has no strategy of {path}", gate.sources[1]))
        }
        Refusal::NoPipeline => CliError::invalid(format!("{} has no [pipeline] any more", gate.sources[1])),
        Refusal::OtherModel => CliError::invalid(format!(
            "{path} was accepted with model {}, and this is model {}: the numbers are not comparable one by one",
            gate.baseline.model_version,
            crate::MODEL_VERSION
        ))
        .hint("compare the estimates, with wider intervals: --across-models"),
        Refusal::OtherPlan => CliError::invalid(format!("{path} does not lead to the plan that was accepted"))
            .hint("it was edited, or the scenario language has changed since"),
        Refusal::Drifted(strategies) => CliError::invalid(format!(
            "{path} holds other numbers than this program gives for the same plan and model ({})",
            strategies.join(", ")
        ))
        .hint("it was edited, or was written by a program whose model changed without a new version"),
    };
    error.hint(format!("accept anew: {accept}"))
}

/// What to do about a gate that does not pass; `accept` is the command that accepts the candidate.
fn ways_out(compared: &Compared, accept: &str) -> Vec<String> {
    let has = |change| compared.rows.iter().any(|row| row.change == change);
    let mut ways = Vec::new();
    if compared.verdict == Verdict::Inconclusive {
        let table = if compared.subject.is_rollout() { "[study]" } else { "[pipeline]" };
        ways.push(format!("to decide it: more `trials` in {table}; to let it through: --allow-inconclusive"));
    }
    let is_of_world = compared.held.contains(&Held::OtherWorld) || !compared.unguarded_strategies.is_empty();
    if has(MeasureChange::Regressed) || has(MeasureChange::Inconclusive) || is_of_world {
        ways.push(format!("to accept: {accept}"));
    }
    let limits = &compared.thresholds;
    if compared.held.contains(&Held::Limits) {
        ways.push(format!("accepted limits hold until others are accepted: {accept}"));
    } else if limits.iter().any(|limit| limit.level == Level::Error && limit.verdict == Verdict::Fail) {
        ways.push("accepting lifts no [[threshold]]: change the plan, or the limit itself".to_owned());
    }
    ways
}
