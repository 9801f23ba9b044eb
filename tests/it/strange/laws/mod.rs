//! What must hold of every valid scenario: of its rollouts, of its timetable, of its pipeline. Tests and a fuzzer hold
//! scenarios to them.

mod line;
mod rollout;
mod timetable;

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use wavetank::Plan;

thread_local! {
    /// What the latest panic of this thread said, and where.
    static LATEST: RefCell<String> = const { RefCell::new(String::new()) };
    /// Panics of this thread are caught and told elsewhere.
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Panics of this thread print something again when it is dropped.
pub struct Quiet;

impl Drop for Quiet {
    fn drop(&mut self) {
        QUIET.set(false);
    }
}

/// While it is held, panics of this thread that a law catches print nothing. Other tests run beside it, so the hook
/// stays once it is there.
pub fn quiet_panics() -> Quiet {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !QUIET.get() {
                return before(panic);
            }
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            let reason = reason_of(panic.payload());
            LATEST.with(|latest| *latest.borrow_mut() = format!("panic at {place}: {reason}"));
        }));
    });
    QUIET.set(true);
    Quiet
}

fn reason_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().cloned();
    text.or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

/// The first law that rollouts of the plan break, or what `plan` shows of them.
pub fn broken(plan: &Plan) -> Option<String> {
    caught(|| timetable::check(plan).and_then(|()| rollout::check(plan)))
}

/// The first law that the plan's pipeline breaks.
pub fn broken_by_pipeline(plan: &Plan) -> Option<String> {
    caught(|| line::check(plan))
}

/// What is wrong by these laws, a panic included.
pub fn caught(laws: impl FnOnce() -> Result<(), String>) -> Option<String> {
    match catch_unwind(AssertUnwindSafe(laws)) {
        Ok(Ok(())) => None,
        Ok(Err(fault)) => Some(fault),
        Err(payload) => {
            let (latest, reason) = (LATEST.with(|latest| latest.borrow().clone()), reason_of(&*payload));
            // That of another thread has no place.
            Some(if latest.ends_with(&reason) { latest } else { format!("panic: {reason}") })
        }
    }
}

fn must(holds: bool, law: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(law.to_owned()) }
}
