//! `wavetank plan`: what the strategies do when nothing goes wrong, without simulating.

use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::input::{self, Warnings};
use crate::cli::io::Io;
use crate::cli::options::Format;
use crate::plan::Restriction;
use crate::report::document::Terminal;
use crate::report::plan_view;

const EXAMPLES: &str = "\
Examples:
  wavetank plan wavetank.toml
  wavetank plan wavetank.toml --strategy five-waves
  wavetank plan wavetank.toml --format json | jq '.strategies[].name'";

/// Arguments of `wavetank plan`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Scenario file, `-` for standard input
    file: String,
    /// Show only this strategy (repeatable)
    #[arg(long = "strategy", value_name = "NAME")]
    strategies: Vec<String>,
    /// Print for people or for programs
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Prints the resolved plan.
///
/// # Errors
/// When the scenario is invalid or a strategy is unknown.
pub fn run(args: &Args, io: &mut Io) -> Result<Exit, CliError> {
    let asked = Restriction { strategies: args.strategies.clone(), ..Restriction::default() };
    let plan = input::plan(&args.file, &asked, Warnings::Whole, io)?;
    match args.format {
        Format::Text => {
            let terminal = Terminal { width: io.width, color: io.stdout_color() };
            io.data(terminal.readable().render(&plan_view::document(&plan)))?;
            io.next(io.named(&args.file).command("run"));
        }
        Format::Json => io.data(format!("{:#}\n", plan_view::json(&plan)))?,
    }
    Ok(Exit::Ok)
}
