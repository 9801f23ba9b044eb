//! What will happen, in a total order, so that ties never depend on the internals of a heap.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// An event that knows its place among others of the same instant.
pub trait Ranked: Copy {
    /// What comes first among events of one instant: the lower class.
    fn class(&self) -> u8;

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
}

impl<E> Default for Queue<E> {
    fn default() -> Self {
        Self { heap: BinaryHeap::new(), sequence: 0, popped: 0 }
    }
}

impl<E: Ranked> Queue<E> {
    /// Forgets everything but the count of what was handed out; keeps the memory.
    pub fn clear(&mut self) {
        self.heap.clear();
        self.sequence = 0;
    }

    /// Schedules `event` at `at_ms`.
    ///
    /// # Panics
    ///
    /// After four thousand million events: the order of scheduling would no longer be told apart.
    #[inline]
    pub fn push(&mut self, at_ms: u64, event: E) {
        assert!(self.sequence < 1 << 32, "a simulation schedules fewer than 2^32 events");
        debug_assert!(event.rank() < 1 << 24, "a rank fits its bits");
        let order = u64::from(event.class()) << 56 | u64::from(event.rank()) << 32 | self.sequence;
        self.sequence += 1;
        self.heap.push(Scheduled { key: u128::from(at_ms) << 64 | u128::from(order), event });
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
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, Clone, Copy, PartialEq)]
    struct Asked {
        class: u8,
        rank: u32,
        order: usize,
    }

    impl Ranked for Asked {
        fn class(&self) -> u8 {
            self.class
        }

        fn rank(&self) -> u32 {
            self.rank
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
