//! The progress bar: drawn on standard error, for people only, with Ctrl-C at its side. Times in it come from the wall
//! clock and reach no result.

use super::bug;
use super::interrupt::Interrupt;
use super::io::Io;
use crate::study::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Redraws per second; enough to look alive, rare enough to cost nothing.
const REDRAWS_PER_SECOND: u8 = 8;

/// Counts finished rollouts, and cancels the rest when the user interrupts.
#[derive(Debug)]
pub struct Bar {
    bar: ProgressBar,
    interrupt: Interrupt,
}

impl Bar {
    /// A bar, invisible unless somebody watches.
    #[must_use]
    pub fn new(io: &Io) -> Self {
        let target = if io.stderr_is_terminal {
            ProgressDrawTarget::stderr_with_hz(REDRAWS_PER_SECOND)
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = if io.stderr_color() { "{bar:20.cyan}" } else { "{bar:20}" };
        let template =
            format!("simulating {bar} {{percent:>3}} %, {{pos}} of {{len}} rollouts, {{eta}} left");
        let style = ProgressStyle::with_template(&template)
            .expect("invariant: the template is valid")
            .progress_chars("=> ");
        let bar = ProgressBar::with_draw_target(None, target).with_style(style);
        Self { bar, interrupt: io.interrupt.clone() }
    }
}

impl Progress for Bar {
    fn planned(&self, rollouts: u64) {
        self.bar.set_length(rollouts);
    }

    fn begins(&self, strategy: usize, trial: u64) {
        bug::begin(strategy, trial);
    }

    fn done(&self, rollouts: u64) {
        self.bar.inc(rollouts);
    }

    fn is_cancelled(&self) -> bool {
        self.interrupt.is_set()
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
