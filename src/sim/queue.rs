//! What will happen, in a total order, so that ties never depend on the internals of a heap.

use super::budget::{self, Cause, OverBudget};
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Events beyond the limit that are looked at, to say what most of them are about.
const SAMPLE: usize = 256;

/// An event that knows its place among others of the same instant.
pub trait Ranked: Copy {
    /// What comes first among events of one instant: the lower class.
    fn class(&self) -> u8;

    /// What a trial is busy with that has many such events.
    fn cause(&self) -> Cause;

    /// Order among events of one instant and class, below 2^24; what has the same rank comes in the order of scheduling.
    fn rank(&self) -> u32 {
        0
    }
}

#[derive(Debug, Clone, Copy)]
struct Scheduled<E> {
    /// Time, class, rank and sequence number in one integer: the whole order.
    key: u128,
    event: E,
}

impl<E> PartialEq for Scheduled<E> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl<E> Eq for Scheduled<E> {}

impl<E> Ord for Scheduled<E> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.key.cmp(&self.key)
    }
}

impl<E> PartialOrd for Scheduled<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Events by (time, class, rank, order of scheduling). Times are milliseconds.
#[derive(Debug)]
pub struct Queue<E> {
    heap: BinaryHeap<Scheduled<E>>,
    sequence: u64,
    popped: u64,
    /// Events that may be scheduled until it is cleared.
    limit: u64,
    /// What the events beyond the limit are about.
    beyond: Vec<Cause>,
}

impl<E> Default for Queue<E> {
    fn default() -> Self {
        Self { heap: BinaryHeap::new(), sequence: 0, popped: 0, limit: budget::EVENTS, beyond: Vec::new() }
    }
}

impl<E: Ranked> Queue<E> {
    /// A queue for at most so many events, fewer than 2^31.
    #[must_use]
    pub fn with_limit(limit: u64) -> Self {
        assert!(limit < 1 << 31, "the order of scheduling has 32 bits");
        Self { limit, ..Self::default() }
    }

    /// Forgets everything but the count of what was handed out; keeps the memory.
    pub fn clear(&mut self) {
        self.heap.clear();
        self.sequence = 0;
        self.beyond.clear();
    }

    /// Schedules `event` at `at_ms`.
    ///
    /// Gives the trial up soon after the queue's limit: the order of scheduling has to fit its bits, and a trial has to
    /// end.
    #[inline]
    pub fn push(&mut self, at_ms: u64, event: E) {
        if self.sequence >= self.limit {
            self.goes_beyond(&event);
        }
        debug_assert!(event.rank() < 1 << 24, "a rank fits its bits");
        let order = u64::from(event.class()) << 56 | u64::from(event.rank()) << 32 | self.sequence;
        self.sequence += 1;
        self.heap.push(Scheduled { key: u128::from(at_ms) << 64 | u128::from(order), event });
    }

    /// Gives up once there are enough events to say what most of them are about.
    #[cold]
    fn goes_beyond(&mut self, event: &E) {
        self.beyond.push(event.cause());
        if self.beyond.len() == SAMPLE {
            let count = |cause: &Cause| self.beyond.iter().filter(|other| *other == cause).count();
            let cause = self.beyond.iter().copied().max_by_key(|cause| (count(cause), *cause));
            let cause = cause.unwrap_or_else(|| event.cause());
            budget::give_up(OverBudget { limit: self.limit, of: "events", cause });
        }
    }

    /// The next event and its time.
    #[inline]
    pub fn pop(&mut self) -> Option<(u64, E)> {
        let Scheduled { key, event } = self.heap.pop()?;
        self.popped += 1;
        Some(((key >> 64) as u64, event))
    }

    /// Time of the next event.
    #[inline]
    #[must_use]
    pub fn next_at(&self) -> Option<u64> {
        self.heap.peek().map(|entry| (entry.key >> 64) as u64)
    }

    /// Time and class of the next event.
    #[must_use]
    pub fn look(&self) -> Option<(u64, u8)> {
        self.heap.peek().map(|entry| ((entry.key >> 64) as u64, entry.event.class()))
    }

    /// Events handed out since the queue was made: a measure of work that needs no clock.
    #[must_use]
    pub fn popped(&self) -> u64 {
        self.popped
    }
}

#[cfg(test)]
mod tests {
    use super::super::budget::Owner;
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, Clone, Copy, PartialEq)]
    struct Asked {
        class: u8,
        rank: u32,
        order: usize,
    }

    const ASKED: Cause = Cause { owner: Owner::Fleet, what: "questions", key: "none" };

    impl Ranked for Asked {
        fn cause(&self) -> Cause {
            ASKED
        }

        fn class(&self) -> u8 {
            self.class
        }

        fn rank(&self) -> u32 {
            self.rank
        }
    }

    #[test]
    fn a_queue_gives_up_beyond_its_limit_and_begins_anew_when_cleared() {
        let mut queue = Queue::with_limit(1_000);
        let event = Asked { class: 0, rank: 0, order: 0 };
        for _ in 0..3 {
            queue.clear();
            let given_up = budget::attempt(|| (0..2_000).for_each(|at_ms| queue.push(at_ms, event)));
            assert_eq!(given_up, Err(OverBudget { limit: 1_000, of: "events", cause: ASKED }));
        }
    }

    proptest! {
        #![proptest_config(crate::properties::cases(256))]

        #[test]
        fn pops_by_time_then_class_then_rank_then_order(events in prop::collection::vec((0_u64..20, 0_u8..6, 0_u32..3), 0..200)) {
            let mut queue = Queue::default();
            let mut expected = Vec::new();
            for (order, (at_ms, class, rank)) in events.into_iter().enumerate() {
                queue.push(at_ms, Asked { class, rank, order });
                expected.push((at_ms, class, rank, order));
            }
            expected.sort_unstable();
            for (at_ms, class, rank, order) in expected {
                prop_assert_eq!(queue.look(), Some((at_ms, class)));
                prop_assert_eq!(queue.pop(), Some((at_ms, Asked { class, rank, order })));
            }
            prop_assert_eq!(queue.pop(), None);
        }
    }
}
