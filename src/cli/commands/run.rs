//! `wavetank run`: simulates, compares, checks thresholds, writes results. Output files are opened
//! before the first rollout and replaced together after the last, or not at all.

use crate::cli::bug::{self, ReplayContext};
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::folders;
use crate::cli::input::{self, Resolved, counted};
use crate::cli::io::{DEFAULT_WIDTH, Io};
use crate::cli::numbers;
use crate::cli::options::{Draw, FailOn, Format, PlotWhen};
use crate::cli::pages;
use crate::cli::progress::Bar;
use crate::cli::review::{self, ReviewFormat};
use crate::cli::rows::RowWriter;
use crate::cli::select;
use crate::cli::targets::Targets;
use crate::cli::threads::Threads;
use crate::outcome::Outcome;
use crate::plan::{Level, Plan, Restriction, Trials};
use crate::report::chart::{Theme, duration, exceedance, timeline, trade_off};
use crate::report::command::GivenScenario;
use crate::report::compare::of_study;
use crate::report::page::StudyPage;
use crate::report::terminal::{self, Style};
use crate::report::{self, csv, json};
use crate::study::gather::RowSink;
use crate::study::kept::KeptScenario;
use crate::study::unfolding::Unfolding;
use crate::study::{Evaluations, Stopped, Study, StudyError, Summary};
use std::path::{Path, PathBuf};

/// Files of a result folder, in the order they appear in it. The rows are the [`RowWriter`]'s; `summary.json` is last:
/// once it is new, everything is.
const RESULT_FILES: [&str; 7] = [
    "trials.csv",
    "speed-vs-blast-radius.svg",
    "exceedance.svg",
    "duration.svg",
    "timeline.svg",
    "scenario.json",
    "summary.json",
];
/// Number of `trials.csv` among them.
const ROWS: usize = 0;

const EXAMPLES: &str = "\
Examples:
  wavetank run wavetank.toml
  wavetank run wavetank.toml --trials 20000 --seed 0x2a
  wavetank run wavetank.toml --precision 'p99 blast radius 5%'
  wavetank run wavetank.toml --seed $(git rev-parse HEAD) --fail-on warning
  wavetank run wavetank.toml --strategy big-bang --strategy one-by-one --baseline big-bang
  wavetank run wavetank.toml --no-output --format json | jq .thresholds
  wavetank run wavetank.toml --report junit=run.xml --report markdown=run.md
  wavetank run wavetank.toml --report html=review.html

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
    /// Plot speed against harm in the report for people
    #[arg(long, value_name = "WHEN", value_enum, default_value_t)]
    plot: PlotWhen,
    /// Write results to this folder [default: results/NAME, by the scenario's name]
    #[arg(long, value_name = "DIR", conflicts_with = "no_output")]
    output: Option<PathBuf>,
    /// Write no files
    #[arg(long)]
    no_output: bool,
    /// Print the report for people or the summary for programs
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Also write this form to a file, as in junit=run.xml (repeatable)
    #[arg(long = "report", value_name = "FORMAT=FILE", value_parser = review::form_and_file::<ReviewFormat>)]
    reports: Vec<(ReviewFormat, PathBuf)>,
    /// Fail on warnings too, with exit code 3
    #[arg(long, value_name = "SEVERITY", value_enum, default_value_t)]
    fail_on: FailOn,
}

/// Simulates the study and reports.
///
/// # Errors
/// When the scenario or an argument is invalid, an output cannot be written, or the user interrupts.
pub fn run(args: &Args, io: &mut Io) -> Result<Exit, CliError> {
    let asked = Restriction {
        strategies: args.strategies.clone(),
        baseline: args.baseline.clone(),
        trials: args.trials,
        precision: select::precisions(&args.precision)?,
        ..args.draw.restriction()
    };
    let scenario = input::resolved(&args.file, &asked, args.fail_on, io)?;
    let plan = &scenario.plan;
    let reports = Targets::open(args.reports.iter().map(|(_, path)| path.clone()).collect())?;
    let threads = Threads::start(args.draw.threads)?;
    // From here on a plain Ctrl-C would leave temporary files behind.
    io.interrupt.arm();
    let mut output = if args.no_output { None } else { Some(Output::open(args.output.as_deref(), plan)?) };
    let named = input::named(&args.file, plan, args.draw.estimator, io);
    let kept = KeptScenario::of(plan, args.file.clone(), asked.clone(), scenario.files());
    let kept = KeptScenario { allow_outside: named.allow_outside, ..kept };
    bug::set_context(ReplayContext::new(named, plan, None));
    let bar = Bar::new(io);
    let evaluations = if args.exhaustive { Evaluations::All } else { Evaluations::Promising };
    let study = Study::new(plan).evaluations(evaluations);
    let (summary, files, unfolding) = threads.run(|| {
        let summary = match &mut output {
            None => study.run(&bar).map_err(|stopped| ended(stopped, None))?,
            Some(output) => output.simulate(plan, &study, &bar)?,
        };
        let files = output.as_ref().map(|_| files(plan, &summary, &kept));
        let wants_page = args.reports.iter().any(|(form, _)| *form == ReviewFormat::Html);
        let unfolding = if wants_page { pages::unfolding(plan, &bar)? } else { None };
        Ok::<_, CliError>((summary, files, unfolding))
    })?;
    drop(bar);
    let report = match args.format {
        Format::Text => {
            let (color, width) = (io.stdout_color(), io.width);
            let style = Style { color, width, details: args.details, file: named };
            if args.plot.plots(io.stdout_is_terminal, width) {
                terminal::plotted_report(plan, &summary, &style, io.plot_letters()).into_bytes()
            } else {
                terminal::run_report(plan, &summary, &style).into_bytes()
            }
        }
        Format::Json => json::pretty(&summary),
    };
    if let (Some(output), Some(files)) = (output, files) {
        let dir = output.write(plan, &summary, files, io)?;
        io.talk(format_args!("wrote {} ({})", dir.display(), counted(RESULT_FILES.len(), "file")));
    }
    let form = |(format, _): &(ReviewFormat, PathBuf)| {
        in_form(*format, (&scenario, &kept), (&summary, unfolding.as_ref()), named)
    };
    reports.commit(&args.reports.iter().map(form).collect::<Vec<_>>())?;
    for (_, path) in &args.reports {
        io.talk(format_args!("wrote {}", path.display()));
    }
    io.data(report)?;
    if !io.stdout_is_terminal {
        report::broken_limits(&summary.thresholds, summary.trials)
            .iter()
            .for_each(|(label, line)| io.say(label, line));
    }
    if args.format == Format::Text {
        io.next(terminal::next_replay(&summary, named).unwrap_or_else(|| named.command("plan")));
    }
    Ok(verdict(&summary, args.fail_on))
}

/// The study in one of the forms of a review.
fn in_form(
    format: ReviewFormat,
    (scenario, kept): (&Resolved, &KeptScenario),
    (summary, unfolding): (&Summary, Option<&Unfolding>),
    file: GivenScenario,
) -> Vec<u8> {
    let Resolved { plan, problems, claims } = scenario;
    match format {
        ReviewFormat::Text => {
            let style = Style { color: false, width: DEFAULT_WIDTH, details: true, file };
            terminal::run_report(plan, summary, &style).into_bytes()
        }
        ReviewFormat::Markdown => of_study::markdown(plan, summary, file).into_bytes(),
        ReviewFormat::Github => of_study::annotations(plan, summary, file).into_bytes(),
        ReviewFormat::Junit => of_study::junit(summary).into_bytes(),
        ReviewFormat::Json => json::pretty(summary),
        ReviewFormat::Html => {
            let (claims, allowed) = (claims.as_ref(), problems.allowed());
            let page = StudyPage { plan, summary, file, asked: &kept.asked, claims, allowed, unfolding };
            page.render().html.into_bytes()
        }
    }
}

/// Result files, opened.
struct Output {
    dir: PathBuf,
    targets: Targets,
    /// What becomes the first of them.
    rows: RowWriter,
}

impl Output {
    fn open(dir: Option<&Path>, plan: &Plan) -> Result<Self, CliError> {
        let dir = match dir {
            Some(dir) => dir.to_owned(),
            None => folders::checked(folders::of_results(plan))?,
        };
        let targets = Targets::in_dir(&dir, &RESULT_FILES.map(str::to_owned))?;
        let rows = RowWriter::open(plan, &targets, ROWS)?;
        Ok(Self { dir, targets, rows })
    }

    /// Simulates, and writes rows meanwhile.
    fn simulate(&mut self, plan: &Plan, study: &Study, bar: &Bar) -> Result<Summary, CliError> {
        let rows = RowSink {
            make: |outcomes: &[Outcome]| csv::facts(plan, outcomes),
            take: |strategy, rows: Vec<u8>| self.rows.take(strategy, &rows),
        };
        study.run_with_rows(rows, bar).map_err(|stopped| ended(stopped, Some(&self.targets)))
    }

    /// Replaces the files in the folder, and says which folder it is.
    fn write(
        mut self,
        plan: &Plan,
        summary: &Summary,
        files: Vec<Vec<u8>>,
        io: &Io,
    ) -> Result<PathBuf, CliError> {
        self.rows.finish(plan, summary.trials, &mut self.targets)?;
        for (index, content) in (ROWS + 1..).zip(files) {
            self.targets.fill(index, |file| file.write_all(&content))?;
        }
        if io.interrupt.is_set() {
            return Err(CliError::interrupted());
        }
        self.targets.publish()?;
        Ok(self.dir)
    }
}

/// Contents of [`RESULT_FILES`] after the rows.
fn files(plan: &Plan, summary: &Summary, kept: &KeptScenario) -> Vec<Vec<u8>> {
    vec![
        trade_off::picture(summary).svg(Theme::Auto).into(),
        exceedance::picture(summary).svg(Theme::Auto).into(),
        duration::picture(summary).svg(Theme::Auto).into(),
        timeline::of_study(plan, summary).svg(Theme::Auto).into(),
        json::pretty(kept),
        json::pretty(summary),
    ]
}

/// Why there is no summary.
fn ended(error: StudyError, targets: Option<&Targets>) -> CliError {
    match (error, targets) {
        (StudyError::Stopped(Stopped::Rows(error)), Some(targets)) => targets.scratch_error(ROWS, &error),
        (error, _) => error.into(),
    }
}

fn verdict(summary: &Summary, fail_on: FailOn) -> Exit {
    if summary.breaks(Level::Error) {
        Exit::Failed
    } else if fail_on == FailOn::Warning && (summary.breaks(Level::Warn) || summary.is_open()) {
        Exit::Warnings
    } else {
        Exit::Ok
    }
}
