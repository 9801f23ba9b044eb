//! Slots in which batches of a zone are on their way at once: each batch takes the one that is free first. Knows nothing of
//! hosts or of how long they take.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The slots of one stage.
#[derive(Debug)]
pub struct Slots {
    /// A single one needs no queue.
    single: Option<Slot>,
    free: BinaryHeap<Reverse<Slot>>,
}

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// When it is free.
    pub free_ms: u64,
    /// Which one it is.
    pub number: u32,
    /// How much of the time before that was spent baking.
    pub baked_ms: u64,
}

impl Slots {
    /// So many slots, all free at `start_ms`.
    #[inline]
    pub fn new(start_ms: u64, count: u32) -> Self {
        let slot = |number| Slot { free_ms: start_ms, number, baked_ms: 0 };
        let free = if count > 1 {
            (0..count).map(|number| Reverse(slot(number))).collect()
        } else {
            BinaryHeap::new()
        };
        Self { single: (count <= 1).then(|| slot(0)), free }
    }

    /// The slot that is free first.
    ///
    /// # Panics
    ///
    /// If none was given back.
    #[inline]
    pub fn take(&mut self) -> Slot {
        let queued = || self.free.pop().map(|Reverse(slot)| slot);
        self.single.take().or_else(queued).expect("invariant: a slot that is taken is given back")
    }

    /// What was in the slot is done at `end_ms` and bakes for `bake_ms`.
    #[inline]
    pub fn give_back(&mut self, slot: Slot, end_ms: u64, bake_ms: u64) {
        let slot = Slot { free_ms: end_ms + bake_ms, baked_ms: slot.baked_ms + bake_ms, ..slot };
        if self.free.is_empty() && slot.number == 0 {
            self.single = Some(slot);
        } else {
            self.free.push(Reverse(slot));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_comes_next_takes_the_slot_that_is_free_first() {
        let mut slots = Slots::new(10, 3);
        let times = [5, 1, 4, 9, 1, 1];
        let starts = times.map(|time| {
            let slot = slots.take();
            slots.give_back(slot, slot.free_ms + time, 1);
            (slot.number, slot.free_ms)
        });
        assert_eq!(starts, [(0, 10), (1, 10), (2, 10), (1, 12), (2, 15), (0, 16)]);
        let mut one = Slots::new(0, 1);
        let first = one.take();
        one.give_back(first, 7, 3);
        assert_eq!(one.take(), Slot { free_ms: 10, number: 0, baked_ms: 3 });
    }
}
