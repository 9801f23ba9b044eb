//! How much work one trial may be, and how a simulator gives up one that is more.
//!
//! A trial that goes beyond its budget is no bug: its plan is too large, or goes round and round. It is left from
//! wherever it is, by unwinding, to [`attempt`]; the panic hook is not called. Who is to blame is said by what the trial
//! was busy with. Knows no domain: causes are the simulators' words.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Events that a rollout may schedule: a minute of work, and some 2 GB if all of them wait at once.
pub const EVENTS: u64 = 50_000_000;

/// Hosts that a rollout may look at one by one, each time it does: some 2 GB if all of them are remembered.
pub const HOSTS_ONE_BY_ONE: u64 = 50_000_000;

/// Batches that a rollout may lay out: some 1 GB.
pub const BATCHES: u64 = 15_000_000;

/// Merges of a pipeline's trial, on average: more are not begun with.
pub const MERGES: u64 = 1_000_000;

/// Changes that a pipeline's trial may handle one by one, each time it does.
pub const CHANGES_ONE_BY_ONE: u64 = 250_000_000;

/// Events of all rollouts in a pipeline's trial.
pub const EVENTS_IN_PIPELINE: u64 = 15_000_000;

/// Part of a scenario that makes for work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// The defect that the change carries.
    Defect,
    /// The change itself.
    Change,
    /// The alarms.
    Alarms,
    /// The strategy.
    Strategy,
    /// The fleet.
    Fleet,
    /// The pipeline.
    Pipeline,
}

/// What a trial is busy with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cause {
    /// The part that asks for it.
    pub owner: Owner,
    /// What happens, as a plural: "batches that go back".
    pub what: &'static str,
    /// The part's key to look at.
    pub key: &'static str,
}

/// A trial that was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OverBudget {
    /// What it may have at most.
    pub limit: u64,
    /// Of what: "events", "batches".
    pub of: &'static str,
    /// What it was busy with.
    pub cause: Cause,
}

impl fmt::Display for OverBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit, of, cause } = self;
        write!(f, "more than {} {of}, most of them {}: see `{}`", in_thousands(*limit), cause.what, cause.key)
    }
}

impl std::error::Error for OverBudget {}

/// A count with its thousands set apart: "50,000,000".
#[must_use]
pub fn in_thousands(count: u64) -> String {
    let digits = count.to_string();
    let places = digits.len();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (places - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Leaves the trial that this is a part of.
#[cold]
pub fn give_up(over: OverBudget) -> ! {
    resume_unwind(Box::new(over))
}

/// Simulates, unless it is more than the budget allows. What was worked on then is in no state to be read; a simulator
/// forgets it when it begins its next trial.
///
/// # Errors
///
/// When [`give_up`] was called. A panic goes on.
pub fn attempt<T>(simulate: impl FnOnce() -> T) -> Result<T, OverBudget> {
    catch_unwind(AssertUnwindSafe(simulate)).map_err(|payload: Box<dyn Any + Send>| {
        payload.downcast::<OverBudget>().map_or_else(|other| resume_unwind(other), |over| *over)
    })
}

/// What [`interrupt`] leaves a trial with.
struct Interrupted;

/// Leaves the trial that this is a part of, as nobody waits for it any more.
#[cold]
pub fn interrupt() -> ! {
    resume_unwind(Box::new(Interrupted))
}

/// Simulates; none when [`interrupt`] was called meanwhile, and then it is as with [`attempt`]. A panic goes on.
pub fn unless_interrupted<T>(simulate: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(simulate)) {
        Ok(simulated) => Some(simulated),
        Err(payload) if payload.is::<Interrupted>() => None,
        Err(other) => resume_unwind(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_no_longer_interrupts_through_a_budget() {
        assert_eq!(unless_interrupted(|| attempt(|| 7)), Some(Ok(7)));
        assert_eq!(unless_interrupted(|| attempt(|| interrupt())).map(|_: Result<(), _>| ()), None);
        assert!(catch_unwind(|| unless_interrupted(|| resume_unwind(Box::new("else")))).is_err());
    }

    #[test]
    fn a_trial_is_left_from_anywhere_and_a_panic_is_still_one() {
        let cause = Cause { owner: Owner::Fleet, what: "places that go dark", key: "background" };
        let over = OverBudget { limit: 1_234_567, of: "events", cause };
        assert_eq!(attempt(|| 7), Ok(7));
        assert_eq!(attempt(|| give_up(over)), Err::<(), _>(over));
        assert_eq!(
            over.to_string(),
            "more than 1,234,567 events, most of them places that go dark: see `background`"
        );
        assert!(catch_unwind(|| attempt(|| resume_unwind(Box::new("else")))).is_err());
        assert_eq!([0, 999, 1_000, 12_345].map(in_thousands), ["0", "999", "1,000", "12,345"]);
    }
}
