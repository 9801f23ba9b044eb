//! Where a told trial goes: events to standard output or a file, a picture to another. Shared by both kinds of replay.

use super::error::CliError;
use super::io::{Io, STDIN};
use super::targets::Targets;
use crate::report::Story;
use crate::report::chart::Theme;
use crate::report::document::Terminal;
use clap::ValueEnum;
use std::path::PathBuf;

/// How events are printed, and where.
#[derive(Debug, Clone, clap::Args)]
pub struct EventArgs {
    /// Print for people, one JSON object a line, or a trace for Perfetto (ui.perfetto.dev)
    #[arg(long, value_enum, default_value_t)]
    format: EventFormat,
    /// Write the events to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Also draw the timeline to this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

/// How events are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum EventFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object a line, the outcome last
    Jsonl,
    /// A trace in Perfetto's own format, which is binary
    Perfetto,
}

/// The files of a told trial, opened before it is simulated.
pub struct EventFiles<'a> {
    args: &'a EventArgs,
    paths: Vec<PathBuf>,
    targets: Targets,
}

impl EventArgs {
    /// Whether events are told for people.
    #[must_use]
    pub fn is_text(&self) -> bool {
        self.format == EventFormat::Text
    }

    /// The file that the events go to, if they do.
    fn file(&self) -> Option<&PathBuf> {
        self.output.as_ref().filter(|path| path.as_os_str() != STDIN)
    }

    /// Opens the files that are asked for, and `more`.
    ///
    /// # Errors
    /// When one cannot be written.
    pub fn open(&self, more: impl Iterator<Item = PathBuf>) -> Result<EventFiles<'_>, CliError> {
        let paths: Vec<PathBuf> = self.file().into_iter().chain(&self.svg).cloned().chain(more).collect();
        Ok(EventFiles { args: self, targets: Targets::open(paths.clone())?, paths })
    }
}

impl EventFiles<'_> {
    /// Prints or writes the story, draws the picture if it is asked for, and writes the contents of `more`.
    ///
    /// # Errors
    /// When something cannot be written.
    pub fn publish(
        self,
        story: &dyn Story,
        more: impl Iterator<Item = Vec<u8>>,
        io: &mut Io,
    ) -> Result<(), CliError> {
        let events = match self.args.format {
            EventFormat::Text => Terminal::plain(io.width).render(&story.document(io.width)).into_bytes(),
            EventFormat::Jsonl => story.json_lines(),
            EventFormat::Perfetto => story.perfetto(),
        };
        let mut contents = Vec::with_capacity(self.paths.len());
        match self.args.file() {
            Some(_) => contents.push(events),
            None if self.args.format == EventFormat::Perfetto => io.binary(&events)?,
            None => io.data(events)?,
        }
        contents.extend(self.args.svg.iter().map(|_| story.chart().svg(Theme::Auto).into_bytes()));
        contents.extend(more);
        self.targets.commit(&contents)?;
        for path in &self.paths {
            io.talk(format_args!("wrote {}", path.display()));
        }
        Ok(())
    }
}
