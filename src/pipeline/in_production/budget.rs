//! The error budget: while the harm of the last weeks is more than is allowed, only fixes and emergencies enter production.
//!
//! The harm of a rollout is booked in one piece when it is over: when it landed, or when it is taken back. It knows harm and
//! time, and nothing of stages and waves.

use crate::pipeline::gauge::CountedTime;
use crate::plan::pipeline::ErrorBudget;
use std::collections::VecDeque;

/// What was spent of a budget, and since when it is spent.
#[derive(Debug)]
pub(super) struct BudgetState {
    plan: ErrorBudget,
    counted: CountedTime,
    /// Instants and amounts within the last window, in order.
    spends: VecDeque<(u64, u64)>,
    spent_host_ms: u64,
    /// First instant at which there is something left of it, as far as is known.
    thaws_ms: u64,
    /// Counted time in which it was spent.
    frozen_ms: u64,
}

impl BudgetState {
    pub(super) fn new(plan: ErrorBudget, counted: CountedTime) -> Self {
        Self { plan, counted, spends: VecDeque::new(), spent_host_ms: 0, thaws_ms: 0, frozen_ms: 0 }
    }

    /// First instant at which there is something left of it, not before `at`.
    pub(super) fn thaws(&self, at: u64) -> u64 {
        self.thaws_ms.max(at)
    }

    /// Counted time in which it was spent.
    pub(super) fn frozen_ms(&self) -> u64 {
        self.frozen_ms
    }

    /// Spends some of it at `at`, not before earlier spends.
    pub(super) fn spend(&mut self, host_ms: u64, at: u64) {
        if host_ms == 0 {
            return;
        }
        self.spends.push_back((at, host_ms));
        self.spent_host_ms += host_ms;
        let mut thaws_ms = at;
        // What is older than the window counts no more; what is above the limit has to get so old.
        while let Some(&(spent_at, amount)) = self.spends.front() {
            let expires_ms = spent_at + self.plan.window_ms;
            if expires_ms > at {
                break;
            }
            self.spends.pop_front();
            self.spent_host_ms -= amount;
        }
        let mut left = self.spent_host_ms;
        for (spent_at, amount) in &self.spends {
            if left <= self.plan.allowed_host_ms {
                break;
            }
            left -= amount;
            thaws_ms = spent_at + self.plan.window_ms;
        }
        self.frozen_ms += self.counted.clip(at.max(self.thaws_ms), thaws_ms);
        self.thaws_ms = self.thaws_ms.max(thaws_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget() -> BudgetState {
        let plan = ErrorBudget { allowed_host_ms: 10, window_ms: 100 };
        BudgetState::new(plan, CountedTime { from: 0, to: 1000 })
    }

    #[test]
    fn it_is_spent_until_enough_of_it_is_older_than_the_window() {
        let mut budget = budget();
        let steps = [(10, 6), (20, 4), (30, 5), (40, 1), (115, 20)];
        let thaws = steps.map(|(at, host_ms)| {
            budget.spend(host_ms, at);
            budget.thaws_ms.max(at)
        });
        // At 30 the first 6 are too much; at 115 they are forgotten, and everything but the last has to be, and it too.
        assert_eq!(thaws, [10, 20, 110, 110, 215]);
        assert_eq!(budget.frozen_ms, (110 - 30) + (215 - 115));
    }

    #[test]
    fn what_lies_outside_the_counted_time_is_not_counted() {
        let mut budget = BudgetState::new(
            ErrorBudget { allowed_host_ms: 0, window_ms: 100 },
            CountedTime { from: 50, to: 120 },
        );
        budget.spend(1, 10);
        budget.spend(1, 90);
        assert_eq!((budget.thaws_ms, budget.frozen_ms), (190, 70));
    }
}
