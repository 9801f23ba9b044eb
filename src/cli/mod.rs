//! The command line: reads arguments and files, calls the library, prints and writes.
//!
//! All input and output of the program happens here: files, streams, signals, threads. No command computes a result; each
//! asks the public library, as any program can. Not a public interface itself.

mod accepted;
mod args;
mod bug;
mod commands;
mod error;
mod events;
mod exit;
mod folders;
mod git;
mod input;
mod interrupt;
mod io;
mod names;
mod numbers;
mod options;
mod pages;
mod picture;
mod progress;
mod results;
mod review;
mod rows;
mod screen;
mod select;
mod targets;
mod threads;
mod watch;

pub use error::CliError;
pub use exit::Exit;
pub use interrupt::Interrupt;
pub use io::{Io, When};

use crate::scenario::{self, Reach};
use args::{Cli, Command};
use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, Parser};
use std::ffi::{OsStr, OsString};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

/// What the program says to someone who names no command.
const INTRODUCTION: &str = "\
wavetank simulates staged rollouts and compares ways to deploy: how fast, and at what harm

  wavetank init                 write a short scenario to wavetank.toml; change it to your fleet
  wavetank import rollout.yaml  or make one of the files of your rollout tool and your alerts
  wavetank check wavetank.toml  find every problem in it
  wavetank plan wavetank.toml   show what each strategy does, and when
  wavetank serve wavetank.toml  turn its values on a page, and see what moves
  wavetank run wavetank.toml    simulate all strategies, and say which is faster and which is safer
  wavetank gate wavetank.toml   fail if it got worse than what was accepted

All commands and options: wavetank --help
next: wavetank init";

/// Runs the process's command line and never panics.
#[must_use]
pub fn main() -> ExitCode {
    bug::install_hook();
    let exit = catch_unwind(AssertUnwindSafe(|| run(std::env::args_os(), &mut Io::process())));
    exit.unwrap_or(Exit::Internal).into()
}

/// Runs one command line, the program's name first, on the given streams.
pub fn run(args: impl IntoIterator<Item = OsString>, io: &mut Io) -> Exit {
    let args: Vec<OsString> = args.into_iter().collect();
    if args.len() < 2 {
        io.talk(INTRODUCTION);
        return Exit::Invalid;
    }
    let result = match Cli::try_parse_from(&args) {
        Ok(cli) => {
            io.set_color(cli.color);
            io.reach = if cli.allow_outside { Reach::Anywhere } else { Reach::Inside };
            dispatch(&cli.command, io)
        }
        Err(message) => {
            io.set_color(color_of_unparsed(&args));
            print_usage(&message, io)
        }
    };
    result.unwrap_or_else(|error| {
        io.fail(&error);
        error.exit
    })
}

fn dispatch(command: &Command, io: &mut Io) -> Result<Exit, CliError> {
    match command {
        Command::Init(args) => commands::init::run(args, io),
        Command::Import(args) => commands::import::run(args, io),
        Command::Check(args) => commands::check::run(args, io),
        Command::Plan(args) => commands::plan::run(args, io),
        Command::Run(args) => commands::run::run(args, io),
        Command::Chart(args) => commands::chart::run(args, io),
        Command::Claim(args) => commands::claim::run(args, io),
        Command::Compare(args) => commands::compare::run(args, io),
        Command::Gate(args) => commands::gate::run(args, io),
        Command::Baseline(args) => commands::baseline::run(args, io),
        Command::Pipeline(args) => commands::pipeline::run(args, io),
        Command::Report(args) => commands::report::run(args, io),
        Command::Replay(args) => commands::replay::run(args, io),
        #[cfg(feature = "serve")]
        Command::Serve(args) => commands::serve::run(args, io),
        Command::Explain(args) => commands::explain::run(args, io),
        Command::Schema => commands::schema::run(io),
        Command::Completions(args) => commands::completions::run(args, Cli::command(), io),
        Command::Man(args) => commands::man::run(args, Cli::command(), io),
    }
}

/// Prints what clap has to say: help and versions are data, mistakes are talk.
fn print_usage(message: &clap::Error, io: &mut Io) -> Result<Exit, CliError> {
    let text = message.render();
    if message.use_stderr() {
        let text = if io.stderr_color() { text.ansi().to_string() } else { text.to_string() };
        io.talk(text.trim_end());
        // Where the parser has no tip of its own.
        let has_tip = message.get(ContextKind::SuggestedSubcommand).is_some();
        let unknown = message.get(ContextKind::InvalidSubcommand).filter(|_| !has_tip);
        if let Some(ContextValue::String(given)) = unknown {
            let command = Cli::command();
            let known = command.get_subcommands().map(clap::Command::get_name);
            if let Some(near) = scenario::closest(given, known) {
                io.say("  hint", format_args!("did you mean `{near}`?"));
            }
        }
        return Ok(Exit::Invalid);
    }
    let text = if io.stdout_color() { text.ansi().to_string() } else { text.to_string() };
    io.data(text)?;
    Ok(Exit::Ok)
}

/// `--color` where the rest could not be parsed, so that help and mistakes obey it too.
fn color_of_unparsed(args: &[OsString]) -> When {
    let texts: Vec<&str> = args.iter().filter_map(|arg| OsStr::to_str(arg)).collect();
    let joined = texts.iter().find_map(|text| text.strip_prefix("--color="));
    let separate = texts.iter().skip_while(|text| **text != "--color").nth(1).copied();
    match joined.or(separate) {
        Some("always") => When::Always,
        Some("never") => When::Never,
        _ => When::Auto,
    }
}
