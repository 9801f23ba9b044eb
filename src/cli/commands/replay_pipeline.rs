//! `wavetank replay --pipeline`: one horizon of a pipeline as a train diagram.

use super::replay::{Args, ReplayFormat};
use crate::cli::bug::{self, ReplayContext};
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::io::Io;
use crate::cli::studies::pipeline::{self, Span};
use crate::cli::studies::{self, STDIN};
use crate::cli::targets::Targets;
use crate::plan::{Pipeline, Plan};
use std::path::PathBuf;

/// Which part of a horizon is told.
#[derive(Debug, clap::Args)]
pub struct Part {
    /// Tell the trial as a horizon of the pipeline: a train diagram
    #[arg(long, conflicts_with_all = ["estimator", "export"])]
    pub pipeline: bool,
    /// Begin on this day, as in 2026-03-09 [default: shortly before the first rollback]
    #[arg(long, value_name = "DATE", requires = "pipeline")]
    from: Option<String>,
    /// Show so many days [default: as many as can be read]
    #[arg(long, value_name = "N", requires = "pipeline", value_parser = clap::value_parser!(u64).range(1..=366))]
    days: Option<u64>,
}

/// Simulates the horizon and tells it.
///
/// # Errors
/// When the scenario has no pipeline, the day is not one of the horizon, or a file cannot be written.
pub fn run(args: &Args, plan: &Plan, strategy: usize, io: &mut Io) -> Result<Exit, CliError> {
    let settings = studies::horizon_of(plan, &args.file)?;
    if args.trial >= settings.trials {
        let last = settings.trials - 1;
        io.say("note", format_args!("the study has the horizons 0 to {last}; this one is beyond them"));
    }
    let day = args.part.from.as_deref().map(|date| day_of(settings, date)).transpose()?;
    let output = args.output.clone().filter(|path| path.as_os_str() != STDIN);
    let paths: Vec<PathBuf> = output.iter().chain(&args.svg).cloned().collect();
    let targets = Targets::open(paths.clone())?;

    bug::set_context(ReplayContext::new(&args.file, plan, Some((strategy, args.trial))));
    let told = pipeline::tell(plan, settings, strategy, args.trial);
    let span = told.span(settings, day, args.part.days);
    let events = match args.format {
        ReplayFormat::Text => told.text(span, io.width).into_bytes(),
        // Programs get all of it unless they ask for a part.
        ReplayFormat::Jsonl if day.is_none() && args.part.days.is_none() => {
            told.json_lines(Span { from_ms: 0, to_ms: settings.line.length_ms })
        }
        ReplayFormat::Jsonl => told.json_lines(span),
    };
    let mut contents = Vec::with_capacity(paths.len());
    if output.is_none() {
        io.data(events)?;
    } else {
        contents.push(events);
    }
    if args.svg.is_some() {
        contents.push(told.chart(span).into_bytes());
    }
    targets.commit(&contents)?;
    for path in &paths {
        io.talk(format_args!("wrote {}", path.display()));
    }
    Ok(Exit::Ok)
}

/// The horizon's day that `date` is.
fn day_of(settings: &Pipeline, date: &str) -> Result<u64, CliError> {
    let dates = pipeline::dates(settings);
    let days = settings.line.length_ms.div_ceil(24 * crate::plan::HOUR_MS);
    dates.day_of(date).filter(|day| *day < days).ok_or_else(|| {
        CliError::invalid(format!("`{date}` is not a day of the horizon")).hint(format!(
            "write one from {} to {}",
            dates.date(0),
            dates.date(days - 1)
        ))
    })
}
