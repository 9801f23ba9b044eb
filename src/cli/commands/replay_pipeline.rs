//! `wavetank replay --pipeline`: one trial of a pipeline as a train diagram.

use crate::cli::bug::{self, ReplayContext};
use crate::cli::error::CliError;
use crate::cli::events::{EventArgs, EventFormat};
use crate::cli::exit::Exit;
use crate::cli::input;
use crate::cli::io::Io;
use crate::plan::{HOUR_MS, Pipeline, Plan};
use crate::report::trains::journey::{self, Journey};
use crate::study::pipeline::replay;

/// Which part of a trial is told.
#[derive(Debug, clap::Args)]
pub struct PartArgs {
    /// Tell the trial of the pipeline: a train diagram
    #[arg(long, conflicts_with_all = ["estimator", "export"])]
    pub pipeline: bool,
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
/// When the scenario has no pipeline, the day is not one of the trial, or a file cannot be written.
pub fn run(
    file: &str,
    plan: &Plan,
    (strategy, trial): (usize, u64),
    part: &PartArgs,
    args: &EventArgs,
    io: &mut Io,
) -> Result<Exit, CliError> {
    let pipeline = input::pipeline_of(plan, file)?;
    if trial >= pipeline.trials {
        let last = pipeline.trials - 1;
        io.say("note", format_args!("the study has the trials 0 to {last}; this one is beyond them"));
    }
    let day = part.from.as_deref().map(|date| day_of(pipeline, date)).transpose()?;
    let files = args.open(std::iter::empty())?;

    bug::set_context(ReplayContext::new(file, plan, Some((strategy, trial))));
    let (_, records) = replay(plan, pipeline, strategy, trial);
    let journey = Journey::new(plan, pipeline, strategy, trial, records);
    let span = journey.span(day, part.days);
    let events = match args.format {
        EventFormat::Text => journey.text(span, io.width).into_bytes(),
        // Programs get all of it unless they ask for a part.
        EventFormat::Jsonl if day.is_none() && part.days.is_none() => journey.json_lines(journey.whole()),
        EventFormat::Jsonl => journey.json_lines(span),
    };
    files.publish(events, || journey.chart(span), std::iter::empty(), io)?;
    Ok(Exit::Ok)
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
