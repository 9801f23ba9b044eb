//! Typed indices of the parts of a plan and of a rollout, and the lists that they index.
//!
//! Nothing here knows what a zone or an alarm is: an id is a position in one list, and its type says in which. "None"
//! is an `Option`, which costs no room.

use serde::{Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroU32;
use std::ops::{Index, IndexMut};

/// A position in one kind of list.
pub trait Id: Copy + Eq + Ord + fmt::Debug {
    /// The id of the entry at `index`.
    ///
    /// # Panics
    ///
    /// If the list would have more than four thousand million entries.
    fn new(index: usize) -> Self;

    /// The position in its list, from 0.
    fn index(self) -> usize;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(NonZeroU32); // One more than the index, so that an `Option` of it is as small.

        impl $name {
            /// The id of the entry at `index`.
            ///
            /// # Panics
            ///
            /// If `index` does not fit an id.
            #[inline]
            #[must_use]
            pub fn new(index: usize) -> Self {
                let number = u32::try_from(index + 1).expect("a list of a plan is shorter than 2^32");
                Self(NonZeroU32::new(number).expect("one more than an index"))
            }

            /// The position in its list, from 0.
            #[inline]
            #[must_use]
            pub fn index(self) -> usize {
                (self.0.get() - 1) as usize
            }

            /// The position in its list, from 0, as it is written to files.
            #[inline]
            #[must_use]
            pub fn number(self) -> u32 {
                self.0.get() - 1
            }
        }

        impl Id for $name {
            #[inline]
            fn new(index: usize) -> Self {
                Self::new(index)
            }

            #[inline]
            fn index(self) -> usize {
                self.index()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.number())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.number().fmt(f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_u32(self.number())
            }
        }
    )* };
}

ids! {
    /// A region of the fleet.
    RegionId,
    /// A zone of the fleet; zones of one region are neighbours.
    ZoneId,
    /// A host within its zone.
    HostId,
    /// A wave of a strategy.
    WaveId,
    /// An alarm of the plan.
    AlarmId,
    /// A defect of the plan's catalogue.
    DefectId,
    /// A strategy of the plan.
    StrategyId,
    /// A stage of a pipeline.
    StageId,
    /// A change, in the order of merging.
    ChangeId,
    /// A revision, in the order of merging.
    RevisionId,
}

/// A list whose entries have ids of their own type.
#[derive(Debug, Clone, PartialEq)]
pub struct IdVec<I, T> {
    entries: Vec<T>,
    id: PhantomData<I>,
}

impl<I, T> Default for IdVec<I, T> {
    fn default() -> Self {
        Self { entries: Vec::new(), id: PhantomData }
    }
}

impl<I, T> From<Vec<T>> for IdVec<I, T> {
    fn from(entries: Vec<T>) -> Self {
        Self { entries, id: PhantomData }
    }
}

impl<I: Id, T> IdVec<I, T> {
    /// Adds an entry and says which it is.
    #[inline]
    pub fn push(&mut self, entry: T) -> I {
        self.entries.push(entry);
        I::new(self.entries.len() - 1)
    }

    /// Number of entries.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All entries, in order.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        &self.entries
    }

    /// All entries, in order, to be changed.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.entries
    }

    /// The ids of all entries, in order.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = I> + ExactSizeIterator + use<I, T> {
        (0..self.entries.len()).map(I::new)
    }

    /// All entries with their ids, in order.
    pub fn enumerate(&self) -> impl DoubleEndedIterator<Item = (I, &T)> {
        self.entries.iter().enumerate().map(|(index, entry)| (I::new(index), entry))
    }

    /// The entry, unless the list is too short.
    #[must_use]
    pub fn get(&self, id: I) -> Option<&T> {
        self.entries.get(id.index())
    }

    /// Makes the list empty and then `len` long with clones of `entry`; keeps the memory.
    pub fn reset(&mut self, len: usize, entry: T)
    where
        T: Clone,
    {
        self.entries.clear();
        self.entries.resize(len, entry);
    }
}

impl<I: Id, T> Index<I> for IdVec<I, T> {
    type Output = T;
    #[inline]
    fn index(&self, id: I) -> &T {
        &self.entries[id.index()]
    }
}

impl<I: Id, T> IndexMut<I> for IdVec<I, T> {
    #[inline]
    fn index_mut(&mut self, id: I) -> &mut T {
        &mut self.entries[id.index()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_its_index_and_none_costs_nothing() {
        assert_eq!(ZoneId::new(7).index(), 7);
        assert_eq!(size_of::<Option<ZoneId>>(), 4);
        assert_eq!(serde_json::to_string(&Some(ZoneId::new(0))).unwrap(), "0");
        let mut zones: IdVec<ZoneId, &str> = IdVec::default();
        let first = zones.push("a");
        zones.push("b");
        assert_eq!((zones[first], zones.ids().last()), ("a", Some(ZoneId::new(1))));
    }
}
