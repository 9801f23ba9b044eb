//! `wavetank report`: the page of results that are there. It simulates no study; trials that the page tells are simulated
//! again.

use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::input;
use crate::cli::io::Io;
use crate::cli::pages;
use crate::cli::progress::Bar;
use crate::cli::results::Results;
use crate::cli::targets::Targets;
use crate::cli::threads::Threads;
use crate::outcome::measures::Subject;
use crate::report::page::{PipelinePage, StudyPage};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  wavetank run wavetank.toml && wavetank report results/wavetank
  wavetank report results/wavetank --output review.html
  wavetank report results/amazon-pipeline --pipeline

The page is one file that asks the network for nothing and is complete without scripts: for a review, a wiki, an e-mail.
The same results give the same bytes, and `wavetank run FILE --report html=FILE` gives them too.";

/// Arguments of `wavetank report`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Folder that `run`, or `pipeline --output`, has written
    #[arg(value_name = "RESULTS")]
    results: PathBuf,
    /// Write the page to this file [default: report.html in the folder]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Report the pipeline, where the folder has results of rollouts too
    #[arg(long)]
    pipeline: bool,
}

/// Writes the page.
///
/// # Errors
/// When the folder has no results, or none that this program reads, or the page cannot be written.
pub fn run(args: &Args, io: &mut Io) -> Result<Exit, CliError> {
    let results = Results::open(&args.results, args.pipeline)?;
    io.interrupt.arm();
    let path = args.output.clone().unwrap_or_else(|| args.results.join("report.html"));
    let target = Targets::open(vec![path.clone()])?;
    let page = match results.kept.subject {
        Subject::Rollout => study_page(&results, io)?,
        Subject::Pipeline | Subject::Lane => pipeline_page(&results)?,
    };
    if io.interrupt.is_set() {
        return Err(CliError::interrupted());
    }
    target.commit(&[page])?;
    if results.kept.tool_version != env!("CARGO_PKG_VERSION") {
        io.say("note", format_args!("the numbers are those of wavetank {}", results.kept.tool_version));
    }
    io.talk(format_args!("wrote {}", path.display()));
    Ok(Exit::Ok)
}

fn pipeline_page(results: &Results) -> Result<Vec<u8>, CliError> {
    let summary = results.pipeline_summary()?;
    let page = PipelinePage {
        plan: &results.plan,
        pipeline: input::pipeline_of(&results.plan, &results.kept.file)?,
        summary: &summary,
        file: results.file(),
        asked: &results.kept.asked,
        trials: results.kept.pipeline_trials,
        claims: results.claims.as_ref(),
        allowed: results.problems.allowed(),
    };
    Ok(page.render().html.into_bytes())
}

fn study_page(results: &Results, io: &Io) -> Result<Vec<u8>, CliError> {
    let summary = results.summary()?;
    let bar = Bar::new(io);
    let unfolding = Threads::start(None)?.run(|| pages::unfolding(&results.plan, &bar))?;
    drop(bar);
    let page = StudyPage {
        plan: &results.plan,
        summary: &summary,
        file: results.file(),
        asked: &results.kept.asked,
        claims: results.claims.as_ref(),
        allowed: results.problems.allowed(),
        unfolding: unfolding.as_ref(),
    };
    Ok(page.render().html.into_bytes())
}
