//! The outside world as a command sees it: three streams, colour, and the interrupt flag. Tests build
//! one over buffers; [`Io::process`] is the real one.
//!
//! Standard output carries the data asked for, standard error everything else. A reader that closes
//! standard output early (`| head`) is no error and turns no verdict around: later writes are dropped.

use super::error::CliError;
use super::interrupt::Interrupt;
use crate::outlet;
use crate::report::command::GivenScenario;
use crate::report::trade_plot::PlotLetters;
use crate::scenario::Reach;
use clap::ValueEnum;
use clap::builder::styling::{AnsiColor, Style};
use std::fmt::Display;
use std::io::{self, IsTerminal, Read, Write};

/// Report width where the terminal does not tell one; fixed so that piped reports are reproducible.
pub const DEFAULT_WIDTH: usize = 100;

/// Lines of a terminal that does not tell.
const DEFAULT_HEIGHT: usize = 24;

/// The file name that stands for a standard stream.
pub const STDIN: &str = "-";

/// When to use colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Even into a pipe
    Always,
    /// Words only
    Never,
}

/// Streams and settings of one invocation.
pub struct Io {
    stdin: Box<dyn Read>,
    stdout: Box<dyn Write>,
    stderr: Box<dyn Write>,
    stdout_closed: bool,
    stdout_auto_color: bool,
    stderr_auto_color: bool,
    color: When,
    /// Whether someone watches standard error: progress is drawn only then.
    pub stderr_is_terminal: bool,
    /// Whether someone watches standard output: what fails is told on standard error too where nobody does.
    pub stdout_is_terminal: bool,
    /// Columns for text reports.
    pub width: usize,
    /// Which files scenarios may name.
    pub reach: Reach,
    /// Ctrl-C.
    pub interrupt: Interrupt,
}

impl Io {
    /// The streams of this process.
    #[must_use]
    pub fn process() -> Self {
        let auto = |choice| choice != anstream::ColorChoice::Never;
        let stdout_is_terminal = io::stdout().is_terminal();
        Self {
            stdout_is_terminal,
            stdout_auto_color: auto(anstream::AutoStream::choice(&io::stdout())),
            stderr_auto_color: auto(anstream::AutoStream::choice(&io::stderr())),
            stderr_is_terminal: io::stderr().is_terminal(),
            width: if stdout_is_terminal { width_of_terminal() } else { DEFAULT_WIDTH },
            interrupt: Interrupt::of_process(),
            // `always` passes bytes through, and translates colours on consoles that need it.
            ..Self::new(
                Box::new(io::stdin()),
                Box::new(anstream::AutoStream::always(io::stdout())),
                Box::new(anstream::AutoStream::always(io::stderr())),
            )
        }
    }

    /// Given streams, no terminal, no colour.
    pub fn new(stdin: Box<dyn Read>, stdout: Box<dyn Write>, stderr: Box<dyn Write>) -> Self {
        Self {
            stdin,
            stdout,
            stderr,
            stdout_closed: false,
            stdout_auto_color: false,
            stderr_auto_color: false,
            color: When::Auto,
            stderr_is_terminal: false,
            stdout_is_terminal: false,
            width: DEFAULT_WIDTH,
            reach: Reach::Inside,
            interrupt: Interrupt::manual(),
        }
    }

    /// Applies `--color`.
    pub fn set_color(&mut self, color: When) {
        self.color = color;
    }

    /// Whether data on standard output is coloured.
    #[must_use]
    pub fn stdout_color(&self) -> bool {
        self.wants_color(self.stdout_auto_color)
    }

    /// Whether talk on standard error is coloured.
    #[must_use]
    pub fn stderr_color(&self) -> bool {
        self.wants_color(self.stderr_auto_color)
    }

    fn wants_color(&self, auto: bool) -> bool {
        match self.color {
            When::Auto => auto,
            When::Always => true,
            When::Never => false,
        }
    }

    /// Writes data to standard output. Text in it was made for its format already; should a letter that acts on a
    /// terminal be left, it is shown.
    ///
    /// # Errors
    /// When the stream cannot be written for another reason than its reader being gone.
    pub fn data(&mut self, bytes: impl AsRef<[u8]>) -> Result<(), CliError> {
        let bytes = bytes.as_ref();
        let text = std::str::from_utf8(bytes).ok().map(|text| outlet::stream(text, self.stdout_color()));
        self.write(text.as_ref().map_or(bytes, |text| text.as_bytes()))
    }

    /// Writes data that is no text to standard output as it is, unless that is a terminal, on which bytes act.
    ///
    /// # Errors
    /// On a terminal, and as [`Io::data`].
    pub fn binary(&mut self, bytes: &[u8]) -> Result<(), CliError> {
        if self.stdout_is_terminal {
            let message = "this is no text, and standard output is a terminal";
            return Err(CliError::invalid(message).hint("write it to a file: --output FILE"));
        }
        self.write(bytes)
    }

    /// Writes what acts on the terminal that standard output is: frames that were made for one, and codes that place them.
    ///
    /// # Errors
    /// As [`Io::data`].
    pub fn screen(&mut self, frame: &str) -> Result<(), CliError> {
        self.write(frame.as_bytes())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), CliError> {
        if self.stdout_closed {
            return Ok(());
        }
        match self.stdout.write_all(bytes).and_then(|()| self.stdout.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.stdout_closed = true;
                Ok(())
            }
            Err(error) => Err(CliError::at_path("write", "standard output".as_ref(), &error)
                .hint("free some space, or write elsewhere")),
            Ok(()) => Ok(()),
        }
    }

    /// What plots are drawn in: lines, unless the terminal is said to know ASCII alone. A pipe gets what other tables have.
    #[must_use]
    pub fn plot_letters(&self) -> PlotLetters {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        // As the C library asks: the first that is set counts.
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set).unwrap_or_default();
        let locale = locale.to_lowercase();
        if !self.stdout_is_terminal || locale.contains("utf-8") || locale.contains("utf8") {
            PlotLetters::Unicode
        } else {
            PlotLetters::Ascii
        }
    }

    /// Reads standard input to its end.
    ///
    /// # Errors
    /// When it cannot be read or is not UTF-8.
    pub fn read_stdin(&mut self) -> Result<String, CliError> {
        let mut text = String::new();
        self.stdin.read_to_string(&mut text).map_err(|error| {
            CliError::at_path("read", "standard input".as_ref(), &error)
                .hint("pipe a scenario in, as UTF-8 text")
        })?;
        Ok(text)
    }

    /// Reads standard input to its end, but no more than so many bytes.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read_stdin_bytes(&mut self, most: u64) -> Result<Vec<u8>, CliError> {
        let mut bytes = Vec::new();
        let read = (&mut self.stdin).take(most).read_to_end(&mut bytes);
        read.map_err(|error| CliError::at_path("read", "standard input".as_ref(), &error))?;
        Ok(bytes)
    }

    /// Prints rendered text on standard error.
    pub fn talk(&mut self, text: impl Display) {
        // Nobody is left to tell when standard error is gone.
        let text = outlet::terminal(&text.to_string(), self.stderr_color());
        let _ = writeln!(self.stderr, "{text}");
    }

    /// Prints `label: text` on standard error, without colours in the text, for `label` one of note, hint, warning and error.
    pub fn say(&mut self, label: &str, text: impl Display) {
        let style = match label {
            "error" => AnsiColor::Red.on_default().bold(),
            "warning" => AnsiColor::Yellow.on_default().bold(),
            _ => AnsiColor::Cyan.on_default(),
        };
        let style = if self.stderr_color() { style } else { Style::new() };
        let text = text.to_string();
        self.talk(format_args!("{style}{label}{style:#}: {}", outlet::shown(&text)));
    }

    /// A scenario as the user named it: `file`, and whether it may name files elsewhere.
    #[must_use]
    pub fn named<'f>(&self, file: &'f str) -> GivenScenario<'f> {
        GivenScenario { file, estimator: None, allow_outside: self.reach == Reach::Anywhere }
    }

    /// Says what one would do next, in one line that can be copied.
    pub fn next(&mut self, command: impl Display) {
        self.say("next", command);
    }

    /// Prints an error and its hints.
    pub fn fail(&mut self, error: &CliError) {
        if !error.message.is_empty() {
            self.say("error", error);
        }
        for hint in &error.hints {
            self.say("  hint", hint);
        }
    }
}

/// Columns of the terminal behind standard output: those of the environment, which a user sets on purpose, or its own.
fn width_of_terminal() -> usize {
    let said =
        std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok()).filter(|columns| *columns > 0);
    said.or_else(own_width).unwrap_or(DEFAULT_WIDTH)
}

/// Columns and lines of the terminal behind standard output, now: it may have changed since. Those of the environment come first.
#[must_use]
pub fn size_of_terminal() -> (usize, usize) {
    let said = std::env::var("LINES").ok().and_then(|text| text.parse().ok()).filter(|lines| *lines > 0);
    let lines = said.or_else(|| own_size().1.filter(|lines| *lines > 0)).unwrap_or(DEFAULT_HEIGHT);
    (width_of_terminal(), lines)
}

fn own_width() -> Option<usize> {
    own_size().0.filter(|columns| *columns > 0)
}

/// What the terminal says of its columns and lines. One that knows its columns and not its rows knows enough.
#[cfg(unix)]
fn own_size() -> (Option<usize>, Option<usize>) {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok();
    (size.map(|size| usize::from(size.ws_col)), size.map(|size| usize::from(size.ws_row)))
}

/// Elsewhere only the environment says it.
#[cfg(not(unix))]
fn own_size() -> (Option<usize>, Option<usize>) {
    (None, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Failing(io::ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn io_onto(kind: io::ErrorKind) -> Io {
        Io::new(Box::new(io::empty()), Box::new(Failing(kind)), Box::new(io::sink()))
    }

    #[test]
    fn closed_reader_is_no_error_but_a_full_disk_is() {
        assert_eq!(io_onto(io::ErrorKind::BrokenPipe).data("x"), Ok(()));
        assert!(io_onto(io::ErrorKind::StorageFull).data("x").is_err());
    }

    #[test]
    fn the_flag_overrides_what_the_terminal_says() {
        let mut io = io_onto(io::ErrorKind::Other);
        assert!(!io.stdout_color());
        io.set_color(When::Always);
        assert!(io.stdout_color() && io.stderr_color());
    }
}
