//! `wavetank man`: manual pages in roff.

use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::input::counted;
use crate::cli::io::Io;
use crate::cli::targets::Targets;
use clap::Command;
use clap_mangen::Man;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  wavetank man | man -l -
  wavetank man --output ~/.local/share/man/man1";

/// Arguments of `wavetank man`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Write a page for each command to this folder
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
}

/// Prints the main page of `command`, the whole command line, or writes all of them.
///
/// # Errors
/// When the output cannot be written.
pub fn run(args: &Args, command: Command, io: &mut Io) -> Result<Exit, CliError> {
    let mut command = command.disable_help_flag(true).disable_version_flag(true);
    command.build();
    let Some(dir) = &args.output else {
        io.data(page(&command))?;
        return Ok(Exit::Ok);
    };
    let commands: Vec<Command> =
        std::iter::once(command.clone()).chain(command.get_subcommands().cloned()).collect();
    let names: Vec<String> = commands.iter().map(|command| format!("{}.1", page_name(command))).collect();
    let pages: Vec<Vec<u8>> = commands.iter().map(page).collect();
    Targets::in_dir(dir, &names)?.commit(&pages)?;
    io.talk(format_args!("wrote {} ({})", dir.display(), counted(pages.len(), "page")));
    Ok(Exit::Ok)
}

/// `wavetank` or `wavetank-run`.
fn page_name(command: &Command) -> String {
    command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned()
}

fn page(command: &Command) -> Vec<u8> {
    let mut roff = Vec::new();
    Man::new(command.clone()).render(&mut roff).expect("invariant: memory can be written");
    roff
}
