//! The progress bar: drawn on standard error, for people only. Times in it come from the wall clock
//! and reach no result.

use crate::study::Watcher;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Redraws per second; enough to look alive, rare enough to cost nothing.
const REDRAWS_PER_SECOND: u8 = 8;

/// Counts finished rollouts.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar, invisible unless `visible`.
    #[must_use]
    pub fn new(visible: bool, color: bool) -> Self {
        let target = if visible {
            ProgressDrawTarget::stderr_with_hz(REDRAWS_PER_SECOND)
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = if color { "{bar:20.cyan}" } else { "{bar:20}" };
        let template =
            format!("simulating {bar} {{percent:>3}} %, {{pos}} of {{len}} rollouts, {{eta}} left");
        let style = ProgressStyle::with_template(&template)
            .expect("invariant: the template is valid")
            .progress_chars("=> ");
        Self { bar: ProgressBar::with_draw_target(None, target).with_style(style) }
    }
}

impl Watcher for Progress {
    fn planned(&self, rollouts: u64) {
        self.bar.set_length(rollouts);
    }

    fn done(&self, rollouts: u64) {
        self.bar.inc(rollouts);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
