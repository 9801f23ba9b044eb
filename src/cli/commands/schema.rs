//! `wavetank schema`: the JSON schema of scenario files.

use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::io::Io;
use crate::scenario;

/// Prints the schema.
///
/// # Errors
/// When standard output cannot be written.
pub fn run(io: &mut Io) -> Result<Exit, CliError> {
    io.data(format!("{}\n", scenario::schema().trim_end()))?;
    Ok(Exit::Ok)
}
