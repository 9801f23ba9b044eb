//! The whole terminal, for as long as something is played on it. What was on it comes back whatever ends this: the end, an error, a
//! panic, Ctrl-C.

use super::error::CliError;
use super::io::Io;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The other screen, without a cursor; and back.
const OPEN: &str = "\u{1b}[?1049h\u{1b}[?25l";
const CLOSE: &str = "\u{1b}[?25h\u{1b}[?1049l";

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// Stop, or go on.
    Pause,
    /// Go to what comes next, and stop there.
    Step,
    /// Leave.
    Quit,
}

/// The terminal while it is ours.
pub struct Screen {
    is_open: Arc<AtomicBool>,
    keys: Option<KeyReader>,
}

impl Screen {
    /// Takes the terminal. Keys are read if standard input is one, too.
    ///
    /// # Errors
    /// When it cannot be written to.
    pub fn open(io: &mut Io) -> Result<Self, CliError> {
        let is_open = Arc::new(AtomicBool::new(true));
        give_back_first(Arc::clone(&is_open));
        let screen = Self { is_open, keys: KeyReader::open() };
        io.screen(OPEN)?;
        Ok(screen)
    }

    /// Whether keys do something.
    #[must_use]
    pub fn has_keys(&self) -> bool {
        self.keys.is_some()
    }

    /// The key that was pressed since the last look, if one of ours was.
    #[must_use]
    pub fn key(&self) -> Option<Key> {
        self.keys.as_ref()?.pressed().iter().rev().find_map(|key| match key {
            b' ' | b'p' => Some(Key::Pause),
            b'.' | b's' => Some(Key::Step),
            b'q' | b'Q' | 0x1b => Some(Key::Quit),
            _ => None,
        })
    }

    /// Shows lines in place of those that were there.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    pub fn show(&self, lines: &[String], io: &mut Io) -> Result<(), CliError> {
        // Line by line over the old ones, each cleared to its end: nothing flickers.
        let rows: Vec<String> = lines.iter().map(|line| format!("{line}\u{1b}[K")).collect();
        io.screen(&format!("\u{1b}[H{}\u{1b}[J", rows.join("\r\n")))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back(&self.is_open);
    }
}

/// Gives the terminal back if that was not done yet. Nobody is left to tell when it cannot be written to.
fn give_back(is_open: &AtomicBool) {
    if is_open.swap(false, Ordering::SeqCst) {
        let mut stdout = std::io::stdout();
        let _ = stdout.write_all(CLOSE.as_bytes()).and_then(|()| stdout.flush());
    }
}

/// A panic says what it has to say on the screen that stays.
fn give_back_first(is_open: Arc<AtomicBool>) {
    let say = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        give_back(&is_open);
        say(panic);
    }));
}

/// Keys as they are pressed, not line by line; the terminal's own way comes back with the end of this. They are read on Unix only.
struct KeyReader {
    #[cfg(unix)]
    before: rustix::termios::Termios,
}

#[cfg(unix)]
impl KeyReader {
    fn open() -> Option<Self> {
        use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};
        let stdin = std::io::stdin();
        let before = tcgetattr(&stdin).ok()?;
        let mut now = before.clone();
        // Ctrl-C stays a signal; Ctrl-Z would leave the terminal as it is now.
        now.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
        now.special_codes[SpecialCodeIndex::VMIN] = 0;
        now.special_codes[SpecialCodeIndex::VTIME] = 0;
        now.special_codes[SpecialCodeIndex::VSUSP] = 0;
        tcsetattr(&stdin, OptionalActions::Now, &now).ok()?;
        Some(Self { before })
    }

    fn pressed(&self) -> Vec<u8> {
        let mut keys = vec![0; 64];
        let read = rustix::io::read(std::io::stdin(), &mut keys).unwrap_or(0);
        keys.truncate(read);
        keys
    }
}

#[cfg(unix)]
impl Drop for KeyReader {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &self.before);
    }
}

#[cfg(not(unix))]
impl KeyReader {
    fn open() -> Option<Self> {
        None
    }

    fn pressed(&self) -> Vec<u8> {
        Vec::new()
    }
}
