//! `wavetank run`: simulates, compares, checks thresholds, writes results. Output files are opened
//! before the first rollout and replaced together after the last, or not at all.

use crate::cli::args::{Draw, FailOn, Format};
use crate::cli::bug::{self, ReplayContext};
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::input::{self, counted};
use crate::cli::io::Io;
use crate::cli::numbers;
use crate::cli::progress::Progress;
use crate::cli::select::{Overrides, Trials};
use crate::cli::studies::spool::Spool;
use crate::cli::studies::{self, Evaluations, RESULT_FILES, Results, Style};
use crate::cli::targets::Targets;
use crate::plan::{Level, Plan};
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  wavetank run wavetank.toml
  wavetank run wavetank.toml --trials 20000 --seed 0x2a
  wavetank run wavetank.toml --precision 'p99 blast radius 5%'
  wavetank run wavetank.toml --seed $(git rev-parse HEAD) --fail-on warning
  wavetank run wavetank.toml --strategy big-bang --strategy one-by-one --baseline big-bang
  wavetank run wavetank.toml --no-output --format json | jq .thresholds

The same scenario, seed and model version give the same bytes with any number of threads.";

/// Arguments of `wavetank run`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Scenario file, `-` for standard input
    file: String,
    /// Simulate this many rollouts of each strategy, or `auto`: until results are precise
    /// [default: the scenario's]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = numbers::trials_or_auto)]
    trials: Option<Trials>,
    /// Add trials until this estimate is so precise, as in "p99 impaired_host_ms 5%" (repeatable)
    #[arg(long, value_name = "PRECISION")]
    precision: Vec<String>,
    #[command(flatten)]
    draw: Draw,
    /// Simulate only this strategy (repeatable)
    #[arg(long = "strategy", value_name = "NAME")]
    strategies: Vec<String>,
    /// Compare the others with this strategy [default: the scenario's]
    #[arg(long, value_name = "NAME")]
    baseline: Option<String>,
    /// Visit every evaluation of every alarm, to check the engine: slower, and equal to the byte
    #[arg(long)]
    exhaustive: bool,
    /// Print every table: speed, blast radius, peaks, response, differences
    #[arg(long)]
    details: bool,
    /// Write results to this folder [default: results/NAME, by the scenario's name]
    #[arg(long, value_name = "DIR", conflicts_with = "no_output")]
    output: Option<PathBuf>,
    /// Write no files
    #[arg(long)]
    no_output: bool,
    /// Print the report for people or the summary for programs
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Fail on warnings too, with exit code 3
    #[arg(long, value_name = "SEVERITY", value_enum, default_value_t)]
    fail_on: FailOn,
}

/// Simulates the study and reports.
///
/// # Errors
/// When the scenario or an argument is invalid, an output cannot be written, or the user interrupts.
pub fn run(args: &Args, io: &mut Io) -> Result<Exit, CliError> {
    let overrides = Overrides {
        strategies: args.strategies.clone(),
        baseline: args.baseline.clone(),
        trials: args.trials,
        precision: args.precision.clone(),
        ..args.draw.overrides()
    };
    let plan = input::plan(&args.file, &overrides, args.fail_on, io)?;
    if let Some(threads) = args.draw.threads {
        studies::set_threads(threads)?;
    }
    // From here on a plain Ctrl-C would leave temporary files behind.
    io.interrupt.arm();
    let mut output = if args.no_output { None } else { Some(Output::open(args.output.as_deref(), &plan)?) };

    let results = simulate(&plan, args, output.as_mut(), io)?;
    let report = match args.format {
        Format::Text => {
            let (color, width) = (io.stdout_color(), io.width);
            let style = Style { color, width, details: args.details, file: &args.file };
            results.text(&plan, &style).into_bytes()
        }
        Format::Json => results.json(),
    };
    if let Some(output) = output {
        let dir = output.write(&plan, &results, io)?;
        io.talk(format_args!("wrote {} ({})", dir.display(), counted(RESULT_FILES.len(), "file")));
    }
    io.data(report)?;
    Ok(verdict(&results, args.fail_on))
}

/// Result files, opened.
struct Output {
    dir: PathBuf,
    targets: Targets,
    /// What becomes the first of them.
    spool: Spool,
}

impl Output {
    fn open(dir: Option<&Path>, plan: &Plan) -> Result<Self, CliError> {
        let dir = dir.map_or_else(|| Path::new("results").join(folder_name(&plan.name)), Path::to_owned);
        let targets = Targets::in_dir(&dir, &RESULT_FILES.map(str::to_owned))?;
        let spool = Spool::open(plan, &targets)?;
        Ok(Self { dir, targets, spool })
    }

    /// Replaces the files in the folder, and says which folder it is.
    fn write(mut self, plan: &Plan, results: &Results, io: &Io) -> Result<PathBuf, CliError> {
        self.spool.finish(plan, results.trials(), &mut self.targets)?;
        for (index, content) in (1..).zip(results.files(plan)) {
            self.targets.fill(index, |file| file.write_all(&content))?;
        }
        if io.interrupt.is_set() {
            return Err(CliError::interrupted());
        }
        self.targets.publish()?;
        Ok(self.dir)
    }
}

fn simulate(plan: &Plan, args: &Args, output: Option<&mut Output>, io: &Io) -> Result<Results, CliError> {
    bug::set_context(ReplayContext::new(&args.file, plan, None));
    let evaluations = if args.exhaustive { Evaluations::All } else { Evaluations::Promising };
    let progress = Progress::new(io.stderr_is_terminal, io.stderr_color());
    let Some(output) = output else {
        let results = studies::simulate(plan, evaluations, None, io, &progress);
        return results.ok_or_else(CliError::interrupted);
    };
    let results = studies::simulate(plan, evaluations, Some(&mut output.spool), io, &progress);
    results.ok_or_else(|| output.spool.failure(&output.targets).unwrap_or_else(CliError::interrupted))
}

fn verdict(results: &Results, fail_on: FailOn) -> Exit {
    if results.broken(Level::Error) {
        Exit::Failed
    } else if fail_on == FailOn::Warning && (results.broken(Level::Warn) || results.is_open()) {
        Exit::Warnings
    } else {
        Exit::Ok
    }
}

/// The scenario's name as one harmless path component.
pub fn folder_name(name: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let folder: String = name.chars().map(safe).collect();
    let folder = folder.trim_start_matches('.');
    if folder.is_empty() { "scenario".to_owned() } else { folder.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::folder_name;

    #[test]
    fn scenario_names_stay_inside_the_results_folder() {
        for (name, folder) in [
            ("hands-off", "hands-off"),
            ("../../etc", "-..-etc"),
            ("..", "scenario"),
            ("a b/c", "a-b-c"),
            ("", "scenario"),
        ] {
            assert_eq!(folder_name(name), folder);
        }
    }
}
