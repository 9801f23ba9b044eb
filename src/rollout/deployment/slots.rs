//! Slots in which batches of a zone are on their way at once: each batch takes the one that is free first. Knows nothing of
//! hosts or of how long they take.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The slots of one stage.
pub trait Slots {
    /// The slot that is free first.
    ///
    /// # Panics
    ///
    /// If none was given back.
    fn take(&mut self) -> Slot;

    /// What was in the slot, and was done and has baked, is out of it.
    fn give_back(&mut self, slot: Slot);
}

/// One slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// When it is free.
    pub free_ms: u64,
    /// Which one it is, from 0 on.
    pub number: u32,
    /// How much of the time before that was spent baking.
    pub baked_ms: u64,
}

impl Slot {
    /// Number `number`, free from `start_ms` on.
    #[inline]
    fn new(number: u32, start_ms: u64) -> Self {
        Self { free_ms: start_ms, number, baked_ms: 0 }
    }

    /// The same with what was in it until `end_ms`, and baked for `bake_ms`.
    #[inline]
    pub fn after(self, end_ms: u64, bake_ms: u64) -> Self {
        Self { free_ms: end_ms + bake_ms, baked_ms: self.baked_ms + bake_ms, ..self }
    }
}

/// The only one, which needs no queue: batches follow each other.
#[derive(Debug)]
pub struct OneSlot(Slot);

impl OneSlot {
    /// Free at `start_ms`.
    #[inline]
    pub fn new(start_ms: u64) -> Self {
        Self(Slot::new(0, start_ms))
    }
}

impl Slots for OneSlot {
    #[inline]
    fn take(&mut self) -> Slot {
        self.0
    }

    #[inline]
    fn give_back(&mut self, slot: Slot) {
        self.0 = slot;
    }
}

/// Several, by when they are free.
#[derive(Debug)]
pub struct SlotQueue(BinaryHeap<Reverse<Slot>>);

impl SlotQueue {
    /// So many slots, all free at `start_ms`.
    pub fn new(start_ms: u64, count: u32) -> Self {
        Self((0..count).map(|number| Reverse(Slot::new(number, start_ms))).collect())
    }
}

impl Slots for SlotQueue {
    fn take(&mut self) -> Slot {
        self.0.pop().expect("invariant: a slot that is taken is given back").0
    }

    fn give_back(&mut self, slot: Slot) {
        self.0.push(Reverse(slot));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_comes_next_takes_the_slot_that_is_free_first() {
        let mut slots = SlotQueue::new(10, 3);
        let times = [5, 1, 4, 9, 1, 1];
        let starts = times.map(|time| {
            let slot = slots.take();
            slots.give_back(slot.after(slot.free_ms + time, 1));
            (slot.number, slot.free_ms)
        });
        assert_eq!(starts, [(0, 10), (1, 10), (2, 10), (1, 12), (2, 15), (0, 16)]);
        let mut one = OneSlot::new(0);
        let first = one.take();
        one.give_back(first.after(7, 3));
        assert_eq!(one.take(), Slot { free_ms: 10, number: 0, baked_ms: 3 });
    }
}
