//! `wavetank init`: a scenario to start from.

use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::io::{Io, STDIN};
use crate::cli::targets::Targets;
use crate::outlet::shell_word;
use std::path::Path;

/// The scenario that is written: valid as it stands, every line explained.
const TEMPLATE: &str = include_str!("../template.toml");

const EXAMPLES: &str = "\
Examples:
  wavetank init                  write wavetank.toml
  wavetank init plans/api.toml   write another file
  wavetank init - | less         read it first";

/// Arguments of `wavetank init`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// File to write, `-` for standard output
    #[arg(default_value = "wavetank.toml")]
    path: String,
    /// Overwrite the file if it exists
    #[arg(long)]
    force: bool,
}

/// Writes the template.
///
/// # Errors
/// When the file exists and `--force` is not given, or cannot be written.
pub fn run(args: &Args, io: &mut Io) -> Result<Exit, CliError> {
    let path = args.path.as_str();
    if path == STDIN {
        io.data(TEMPLATE)?;
        return Ok(Exit::Ok);
    }
    if !args.force && !Path::new(path).is_dir() && Path::new(path).symlink_metadata().is_ok() {
        return Err(CliError::invalid(format!("{path} exists already"))
            .hint("choose another name, or overwrite it with --force"));
    }
    Targets::open(vec![path.into()])?.commit(&[TEMPLATE])?;
    io.talk(format_args!("wrote {path}: change the lines marked <-- to your fleet"));
    io.next(format_args!("wavetank run {}", shell_word(path)));
    Ok(Exit::Ok)
}
