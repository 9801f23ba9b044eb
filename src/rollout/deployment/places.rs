//! Places in which batches of a zone are on their way at once: each batch takes the one that is free first. Knows nothing of
//! hosts or of how long they take.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The places of one stage.
#[derive(Debug)]
pub struct Places {
    /// A single one needs no queue.
    single: Option<Place>,
    free: BinaryHeap<Reverse<Place>>,
}

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// When it is free.
    pub free_ms: u64,
    /// Which one it is.
    pub number: u32,
    /// How much of the time before that was spent baking.
    pub baked_ms: u64,
}

impl Places {
    /// So many places, all free at `start_ms`.
    pub fn new(start_ms: u64, count: u32) -> Self {
        let place = |number| Place { free_ms: start_ms, number, baked_ms: 0 };
        let free = if count > 1 {
            (0..count).map(|number| Reverse(place(number))).collect()
        } else {
            BinaryHeap::new()
        };
        Self { single: (count <= 1).then(|| place(0)), free }
    }

    /// The place that is free first.
    ///
    /// # Panics
    ///
    /// If none was given back.
    pub fn take(&mut self) -> Place {
        let queued = || self.free.pop().map(|Reverse(place)| place);
        self.single.take().or_else(queued).expect("invariant: a place that is taken is given back")
    }

    /// What was in the place is done at `end_ms` and bakes for `bake_ms`.
    pub fn give_back(&mut self, place: Place, end_ms: u64, bake_ms: u64) {
        let place = Place { free_ms: end_ms + bake_ms, baked_ms: place.baked_ms + bake_ms, ..place };
        if self.free.is_empty() && place.number == 0 {
            self.single = Some(place);
        } else {
            self.free.push(Reverse(place));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_comes_next_takes_the_place_that_is_free_first() {
        let mut places = Places::new(10, 3);
        let times = [5, 1, 4, 9, 1, 1];
        let starts = times.map(|time| {
            let place = places.take();
            places.give_back(place, place.free_ms + time, 1);
            (place.number, place.free_ms)
        });
        assert_eq!(starts, [(0, 10), (1, 10), (2, 10), (1, 12), (2, 15), (0, 16)]);
        let mut one = Places::new(0, 1);
        let first = one.take();
        one.give_back(first, 7, 3);
        assert_eq!(one.take(), Place { free_ms: 10, number: 0, baked_ms: 3 });
    }
}
