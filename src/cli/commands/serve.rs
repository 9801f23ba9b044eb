//! `wavetank serve`: the tank, a page on this machine to play with a scenario. Nothing is written; Ctrl-C is how it ends.

use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::git;
use crate::cli::io::{Io, STDIN};
use crate::cli::numbers;
use crate::cli::threads;
use crate::serve::{self, Listening, Setup, USUAL_PORT};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

/// Bytes of a text that the page can send back with room for what surrounds it.
const MOST_TEXT: u64 = 900 << 10;

const EXAMPLES: &str = "\
Examples:
  wavetank serve wavetank.toml
  wavetank serve wavetank.toml --port 9000 --trials 2000

The page has the scenario's values as controls beside its text; a change is simulated at once. Only this machine is answered,
and nothing is written: copy what you like into the file. Ctrl-C ends it.";

/// Arguments of `wavetank serve`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Scenario file
    file: String,
    /// Listen on this port [default: 8642, or a free one]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = numbers::port)]
    port: Option<u16>,
    /// Simulate this many rollouts of each strategy at last [default: the scenario's]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = numbers::trials)]
    trials: Option<u64>,
    /// Seed of every random stream [default: the scenario's]
    #[arg(long, value_name = "SEED", allow_hyphen_values = true, value_parser = numbers::seed)]
    seed: Option<u64>,
    /// Simulate in this many threads [default: one a core]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = numbers::threads)]
    threads: Option<usize>,
}

/// Serves the page until the user ends it.
///
/// # Errors
/// When the file cannot be read, or nobody can listen.
pub fn run(args: &Args, io: &mut Io) -> Result<Exit, CliError> {
    let setup = Setup {
        file: args.file.clone(),
        path: args.file.clone().into(),
        reach: io.reach,
        text: text_of(&args.file)?,
        trials: args.trials,
        seed: args.seed,
        pool: threads::pool(args.threads)?,
    };
    let listening = listen(args.port, io)?;
    io.interrupt.arm();
    io.say("serving", listening.address());
    io.say("note", "only this machine is answered, and nothing is written; Ctrl-C ends it");
    let interrupt = io.interrupt.clone();
    serve::run(listening, setup, &|| interrupt.is_set()).map_err(|error| refused(&error))?;
    // To be ended is how a server ends well: it was asked for nothing else.
    io.talk("ended");
    Ok(Exit::Ok)
}

/// The text that the page begins with. Whatever is wrong in it is said there.
fn text_of(file: &str) -> Result<String, CliError> {
    if file == STDIN || git::Address::parse(file)?.is_some() {
        let hint = "save it as a file first, beside the files that it includes";
        return Err(CliError::invalid(format!("`{file}` cannot be served: it is no file")).hint(hint));
    }
    let path = Path::new(file);
    let unreadable = |error: &io::Error| {
        let hint = format!("`wavetank init {file}` writes a scenario to start from");
        CliError::at_path("read", path, error).hint(hint)
    };
    let size = fs::metadata(path).map_err(|error| unreadable(&error))?;
    if !size.is_file() {
        return Err(CliError::invalid(format!("cannot read {file}: it is no ordinary file")));
    }
    if size.len() > MOST_TEXT {
        let hint = "put parts of it into files of their own, and include them";
        return Err(CliError::invalid(format!("{file} is too large for a page")).hint(hint));
    }
    fs::read_to_string(path).map_err(|error| unreadable(&error))
}

/// Takes the port that is asked for; else the usual one, or any, and says so.
fn listen(port: Option<u16>, io: &mut Io) -> Result<Listening, CliError> {
    let Some(port) = port else {
        return Listening::on(USUAL_PORT).or_else(|_| {
            io.say(
                "note",
                format_args!("another program listens on port {USUAL_PORT}: this is on a free one"),
            );
            Listening::on(0).map_err(|error| refused(&error))
        });
    };
    Listening::on(port).map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => CliError::invalid(format!("another program listens on port {port}"))
            .hint("end it, choose another with --port, or leave --port out for one that is free"),
        ErrorKind::PermissionDenied => CliError::invalid(format!("port {port} is not for everybody"))
            .hint("choose one from 1024 on, or leave --port out"),
        _ => refused(&error),
    })
}

fn refused(error: &io::Error) -> CliError {
    CliError::at_path("listen on", Path::new("this machine's own address"), error)
}
