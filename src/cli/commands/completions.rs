//! `wavetank completions`: scripts that complete commands and options in a shell.

use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::io::Io;
use clap::Command;
use clap_complete::{Generator, Shell};

const EXAMPLES: &str = "\
Examples:
  wavetank completions bash > ~/.local/share/bash-completion/completions/wavetank
  wavetank completions zsh > ~/.zfunc/_wavetank
  wavetank completions fish > ~/.config/fish/completions/wavetank.fish";

/// Arguments of `wavetank completions`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Shell to complete in
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script for `command`, the whole command line.
///
/// # Errors
/// When standard output cannot be written.
pub fn run(args: &Args, mut command: Command, io: &mut Io) -> Result<Exit, CliError> {
    command.set_bin_name("wavetank");
    command.build();
    // Into memory first: the generator panics when the reader of a stream goes away.
    let mut script = Vec::new();
    args.shell.try_generate(&command, &mut script).expect("invariant: memory can be written");
    io.data(script)?;
    Ok(Exit::Ok)
}
