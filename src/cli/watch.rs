//! Plays a rollout on the terminal. The wall clock decides only which instant is shown when, and reaches no result.

use super::error::CliError;
use super::io::{self, Io};
use super::screen::{Key, Screen};
use crate::report::fleet_film::FleetFilm;
use crate::report::watch::{Pace, WatchSize, frame, next_change};
use std::time::Duration;

/// Time between frames.
const TICK: Duration = Duration::from_millis(50);

/// Plays the film from its beginning to its end, until the user leaves, and leaves the last frame on the terminal.
///
/// # Errors
/// When standard output is no terminal, or cannot be written to; when the user interrupts.
#[expect(clippy::disallowed_types, reason = "what is watched runs by the clock on the wall; no result does")]
pub fn play(film: &FleetFilm, title: &str, speed: Option<f64>, io: &mut Io) -> Result<(), CliError> {
    check(io)?;
    io.interrupt.arm();
    let pace = Pace::new(film, speed);
    let screen = Screen::open(io)?;
    let (mut at_ms, mut is_paused) = (0.0, false);
    let mut shown: Vec<String> = Vec::new();
    let mut last = std::time::Instant::now();
    loop {
        let now = (at_ms as u64).min(film.end_ms);
        let footer = footer(&screen, is_paused, pace.rate_at(at_ms));
        let lines = frame(film, title, now, &footer, size(io));
        if lines != shown {
            screen.show(&lines, io)?;
            shown = lines;
        }
        match screen.key() {
            Some(Key::Quit) => break,
            Some(Key::Pause) => is_paused = !is_paused,
            Some(Key::Step) => {
                is_paused = true;
                at_ms = next_change(film, now).map_or(film.end_ms as f64, |at| at as f64);
            }
            None => {}
        }
        if io.interrupt.is_set() || (now >= film.end_ms && !is_paused) {
            break;
        }
        std::thread::sleep(TICK);
        let passed = last.elapsed();
        last = std::time::Instant::now();
        if !is_paused {
            at_ms = pace.advance(at_ms, passed.as_secs_f64() * 1_000.0).min(film.end_ms as f64);
        }
    }
    drop(screen);
    if io.interrupt.is_set() {
        return Err(CliError::interrupted());
    }
    let last = frame(film, title, (at_ms as u64).min(film.end_ms), "", size(io));
    io.data(format!("{}\n", last.join("\n").trim_end()))
}

/// Whether there is somebody to watch.
///
/// # Errors
/// When standard output is no terminal.
pub fn check(io: &Io) -> Result<(), CliError> {
    if io.stdout_is_terminal {
        return Ok(());
    }
    Err(CliError::invalid("`--watch` plays on a terminal, and standard output is none")
        .hint("without `--watch` the trial is told as text")
        .hint("`--svg FILE` draws it; `--format perfetto --output FILE` makes a trace of it"))
}

fn size(io: &Io) -> WatchSize {
    let (width, height) = io::size_of_terminal();
    WatchSize { width, height, color: io.stdout_color() }
}

fn footer(screen: &Screen, is_paused: bool, rate: f64) -> String {
    let keys = match (screen.has_keys(), is_paused) {
        (false, _) => "Ctrl-C ends it",
        (true, false) => "space pauses  . steps  q quits",
        (true, true) => "space goes on  . steps  q quits",
    };
    format!("{keys}  {} times as fast", crate::report::text::compact(rate))
}
