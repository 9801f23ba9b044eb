//! Where a told trial goes: events to standard output or a file, a picture to another. Shared by both kinds of replay.

use super::error::CliError;
use super::io::{Io, STDIN};
use super::targets::Targets;
use clap::ValueEnum;
use std::path::PathBuf;

/// How events are printed, and where.
#[derive(Debug, Clone, clap::Args)]
pub struct EventArgs {
    /// Print for people or one JSON object a line
    #[arg(long, value_enum, default_value_t)]
    pub format: EventFormat,
    /// Write the events to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Also draw the timeline to this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

/// How events are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum EventFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object a line, the outcome last
    Jsonl,
}

/// The files of a told trial, opened before it is simulated.
pub struct EventFiles {
    to_file: bool,
    drawn: bool,
    paths: Vec<PathBuf>,
    targets: Targets,
}

impl EventArgs {
    /// Opens the files that are asked for, and `more`.
    ///
    /// # Errors
    /// When one cannot be written.
    pub fn open(&self, more: impl Iterator<Item = PathBuf>) -> Result<EventFiles, CliError> {
        let output = self.output.as_ref().filter(|path| path.as_os_str() != STDIN);
        let paths: Vec<PathBuf> = output.into_iter().chain(&self.svg).cloned().chain(more).collect();
        let targets = Targets::open(paths.clone())?;
        Ok(EventFiles { to_file: output.is_some(), drawn: self.svg.is_some(), paths, targets })
    }
}

impl EventFiles {
    /// Prints or writes the events, draws the picture if it is asked for, and writes the contents of `more`.
    ///
    /// # Errors
    /// When something cannot be written.
    pub fn publish(
        self,
        events: Vec<u8>,
        picture: impl FnOnce() -> String,
        more: impl Iterator<Item = Vec<u8>>,
        io: &mut Io,
    ) -> Result<(), CliError> {
        let mut contents = Vec::with_capacity(self.paths.len());
        if self.to_file {
            contents.push(events);
        } else {
            io.data(events)?;
        }
        if self.drawn {
            contents.push(picture().into_bytes());
        }
        contents.extend(more);
        self.targets.commit(&contents)?;
        for path in &self.paths {
            io.talk(format_args!("wrote {}", path.display()));
        }
        Ok(())
    }
}
