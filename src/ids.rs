//! Typed indices of the parts of a plan and of a rollout, and the lists that they index.
//!
//! Nothing here knows what a zone or an alarm is: an id is a position in one list, and its type says in which. "None"
//! is an `Option`, which costs no room.

use serde::{Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroU32;
use std::ops::{Deref, DerefMut, Index, IndexMut, Range};

/// A position in one kind of list.
pub trait Id: Copy + Eq + Ord + fmt::Debug + Serialize {
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
    /// A gate of a wave.
    GateId,
    /// An alarm of the plan.
    AlarmId,
    /// A defect of the plan's catalogue.
    DefectId,
    /// A kind of hosts of the fleet.
    CohortId,
    /// A strategy of the plan.
    StrategyId,
    /// A stage of a pipeline.
    StageId,
    /// A calendar of a pipeline.
    CalendarId,
    /// A change, in the order of merging.
    ChangeId,
    /// A revision, in the order of merging.
    RevisionId,
    /// Hosts that are deployed to together, in the order in which they were laid out.
    BatchId,
    /// An instance of an alarm, in the order of opening.
    WatchId,
}

/// Ids that follow each other. It counts through them, as a range of numbers does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdRange<I> {
    indices: Range<usize>,
    id: PhantomData<I>,
}

impl<I: Id> IdRange<I> {
    /// The id and no other.
    #[inline]
    #[must_use]
    pub fn one(id: I) -> Self {
        Self::from(id.index()..id.index() + 1)
    }

    /// The first so many, or all if there are fewer.
    #[inline]
    #[must_use]
    pub fn first(&self, count: usize) -> Self {
        Self::from(self.indices.start..self.indices.end.min(self.indices.start.saturating_add(count)))
    }

    /// Whether the id is among those that are left.
    #[inline]
    #[must_use]
    pub fn contains(&self, id: I) -> bool {
        self.indices.contains(&id.index())
    }

    /// The id that is `offset` after the first, unless the range is too short.
    #[inline]
    #[must_use]
    pub fn at(&self, offset: usize) -> Option<I> {
        let index = self.indices.start + offset;
        (index < self.indices.end).then(|| I::new(index))
    }
}

impl<I> From<Range<usize>> for IdRange<I> {
    #[inline]
    fn from(indices: Range<usize>) -> Self {
        Self { indices, id: PhantomData }
    }
}

impl<I> Default for IdRange<I> {
    fn default() -> Self {
        Self::from(0..0)
    }
}

impl<I: Id> Iterator for IdRange<I> {
    type Item = I;

    #[inline]
    fn next(&mut self) -> Option<I> {
        self.indices.next().map(I::new)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.indices.size_hint()
    }
}

impl<I: Id> DoubleEndedIterator for IdRange<I> {
    #[inline]
    fn next_back(&mut self) -> Option<I> {
        self.indices.next_back().map(I::new)
    }
}

impl<I: Id> ExactSizeIterator for IdRange<I> {}

impl<I> Serialize for IdRange<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.indices.serialize(serializer)
    }
}

/// A list whose entries have ids of their own type.
#[derive(Debug, Clone, PartialEq, Eq)]
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

impl<I, T> FromIterator<T> for IdVec<I, T> {
    fn from_iter<E: IntoIterator<Item = T>>(entries: E) -> Self {
        Self::from(Vec::from_iter(entries))
    }
}

impl<I, T> Extend<T> for IdVec<I, T> {
    fn extend<E: IntoIterator<Item = T>>(&mut self, entries: E) {
        self.entries.extend(entries);
    }
}

impl<I, T> Deref for IdVec<I, T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        &self.entries
    }
}

impl<I, T> DerefMut for IdVec<I, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.entries
    }
}

impl<'a, I, T> IntoIterator for &'a IdVec<I, T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.iter()
    }
}

impl<'a, I, T> IntoIterator for &'a mut IdVec<I, T> {
    type Item = &'a mut T;
    type IntoIter = std::slice::IterMut<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.iter_mut()
    }
}

/// As the list alone: files do not know the type of its ids.
impl<I, T: Serialize> Serialize for IdVec<I, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.entries.serialize(serializer)
    }
}

impl<I: Id, T> IdVec<I, T> {
    /// Adds an entry and says which it is.
    #[inline]
    pub fn push(&mut self, entry: T) -> I {
        self.entries.push(entry);
        I::new(self.entries.len() - 1)
    }

    /// The ids of all entries, in order.
    pub fn ids(&self) -> IdRange<I> {
        IdRange::from(0..self.entries.len())
    }

    /// All entries with their ids, in order.
    pub fn enumerate(&self) -> impl DoubleEndedIterator<Item = (I, &T)> {
        self.entries.iter().enumerate().map(|(index, entry)| (I::new(index), entry))
    }

    /// The id of the first entry for which `is` holds.
    pub fn find_id(&self, is: impl FnMut(&T) -> bool) -> Option<I> {
        self.entries.iter().position(is).map(I::new)
    }

    /// The entry, unless the list is too short.
    #[must_use]
    pub fn get(&self, id: I) -> Option<&T> {
        self.entries.get(id.index())
    }

    /// Makes the list `len` long after `clear` has emptied every entry in place; keeps the memory inside of entries.
    pub fn recycle(&mut self, len: usize, clear: impl Fn(&mut T))
    where
        T: Default,
    {
        self.entries.iter_mut().for_each(clear);
        self.entries.resize_with(len, T::default);
    }

    /// Makes the list empty; keeps the memory.
    pub fn clear(&mut self) {
        self.entries.clear();
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

impl<I: Id, T> Index<IdRange<I>> for IdVec<I, T> {
    type Output = [T];
    #[inline]
    fn index(&self, ids: IdRange<I>) -> &[T] {
        &self.entries[ids.indices]
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
        assert_eq!((zones[first], zones.ids().next_back()), ("a", Some(ZoneId::new(1))));
    }
}
