//! Ctrl-C, and a polite request to terminate, as a flag. The handler is installed only by commands that clean up after themselves;
//! every other command keeps the system's default and just ends.

use super::exit::Exit;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the user wants to stop.
#[derive(Debug, Clone)]
pub struct Interrupt {
    flag: Arc<AtomicBool>,
    listens_to_signals: bool,
}

impl Interrupt {
    /// Set by the process's Ctrl-C, once [`Interrupt::arm`] was called.
    #[must_use]
    pub fn of_process() -> Self {
        Self { flag: Arc::default(), listens_to_signals: true }
    }

    /// Set by [`Interrupt::set`] only, for tests.
    #[must_use]
    pub fn manual() -> Self {
        Self { flag: Arc::default(), listens_to_signals: false }
    }

    /// Starts to listen. A second Ctrl-C ends the process at once.
    pub fn arm(&self) {
        if !self.listens_to_signals {
            return;
        }
        let flag = Arc::clone(&self.flag);
        // Failure leaves the system's default, which ends the process: old results stay whole.
        let _ = ctrlc::set_handler(move || {
            if flag.swap(true, Ordering::SeqCst) {
                std::process::exit(i32::from(Exit::Interrupted.code()));
            }
        });
    }

    /// Asks to stop.
    pub fn set(&self) {
        self.flag.store(true, Ordering::SeqCst);
    }

    /// Whether to stop.
    #[must_use]
    pub fn is_set(&self) -> bool {
        // It guards no data, and every trial asks.
        self.flag.load(Ordering::Relaxed)
    }
}
