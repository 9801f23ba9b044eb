//! When something may happen: open intervals of the pipeline's time, in integer milliseconds.
//!
//! Weekdays, hours, time zones, holidays and freezes are resolved to intervals before they come here.
//! Every question is a binary search, so a closed month costs nothing.

use crate::ids::{CalendarId, IdVec, RegionId};
use serde::Serialize;

/// Open intervals `[from, to)`, ascending, disjoint and not touching. After the last one it is closed
/// for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Calendar {
    open: Vec<(u64, u64)>,
}

/// A stage's window: which calendar, and what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Window {
    /// A calendar of the pipeline.
    pub calendar: CalendarId,
    /// What must be inside.
    pub holds: Holds,
}

/// What a window holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holds {
    /// The start; what runs may finish after closing.
    Start,
    /// The whole run: it begins only where it ends before closing. Assumes that the team knows how
    /// long this run will take.
    WholeRun,
    /// The work: it rests while closed and goes on after. People's hours.
    Work,
}

impl Calendar {
    /// From intervals in any order; those that overlap or touch become one, empty ones vanish.
    #[must_use]
    pub fn new(mut intervals: Vec<(u64, u64)>) -> Self {
        intervals.retain(|(from, to)| from < to);
        intervals.sort_unstable();
        let mut open: Vec<(u64, u64)> = Vec::with_capacity(intervals.len());
        for (from, to) in intervals {
            match open.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => open.push((from, to)),
            }
        }
        Self { open }
    }

    /// Open where any of these is.
    #[must_use]
    pub fn any_of<'a>(calendars: impl IntoIterator<Item = &'a Self>) -> Self {
        Self::new(calendars.into_iter().flat_map(|calendar| calendar.open.iter().copied()).collect())
    }

    /// The open intervals.
    #[must_use]
    pub fn intervals(&self) -> &[(u64, u64)] {
        &self.open
    }

    /// The first interval that ends after `at`, by index.
    fn index(&self, at: u64) -> usize {
        self.open.partition_point(|(_, to)| *to <= at)
    }

    /// The first open instant at or after `at`; none if it never opens again.
    #[must_use]
    pub fn next_open(&self, at: u64) -> Option<u64> {
        self.open.get(self.index(at)).map(|(from, _)| (*from).max(at))
    }

    /// The first instant after `at` at which it opens; none if it never does again.
    #[must_use]
    pub fn next_opening(&self, at: u64) -> Option<u64> {
        self.open.get(self.open.partition_point(|(from, _)| *from <= at)).map(|(from, _)| *from)
    }

    /// The same as instants: open for the first millisecond of each opening.
    #[must_use]
    pub fn openings(&self) -> Self {
        Self { open: self.open.iter().map(|(from, _)| (*from, from + 1)).collect() }
    }

    /// The first instant at or after `at` from which it stays open for `run_ms`.
    #[must_use]
    pub fn next_fit(&self, at: u64, run_ms: u64) -> Option<u64> {
        let mut rest = self.open[self.index(at)..].iter().map(|(from, to)| ((*from).max(at), *to));
        rest.find(|(from, to)| to - from >= run_ms).map(|(from, _)| from)
    }

    /// When `work_ms` of work are done that begin at or after `at` and rest while closed.
    #[must_use]
    pub fn after_work(&self, at: u64, work_ms: u64) -> Option<u64> {
        let mut left = work_ms;
        for (from, to) in &self.open[self.index(at)..] {
            let from = (*from).max(at);
            if to - from >= left {
                return Some(from + left);
            }
            left -= to - from;
        }
        None
    }

    /// How long it is open from `from` until `to`; 0 if that is not after it.
    #[must_use]
    pub fn open_ms(&self, from: u64, to: u64) -> u64 {
        let open = self.open[self.index(from)..].iter().take_while(|(open, _)| *open < to);
        open.map(|(open, close)| (*close).min(to).saturating_sub((*open).max(from))).sum()
    }
}

/// What must be open for a wave to begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaveCalendar {
    /// Nothing.
    Always,
    /// One calendar for all waves.
    One(CalendarId),
    /// A calendar for each region of the fleet: each begins at its own hours.
    Local(IdVec<RegionId, CalendarId>),
}

/// When waves behind the first begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaveStarts {
    /// As soon as the calendar of waves is open.
    WhenOpen,
    /// When the calendar of waves opens, and not later in the same opening: the next working day, for example.
    AtOpening,
}

/// What a wave's window holds. How long a wave takes is what its undisturbed timetable says: the team
/// plans with that, and a real rollout may take longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaveHolds {
    /// The start; a wave that has begun may finish after closing.
    Start,
    /// The deployment: the last host has the change before closing, and the wave's bake goes on.
    Deployment,
    /// The wave with its bake.
    WholeRun,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar() -> Calendar {
        Calendar::new(vec![(50, 60), (10, 20), (20, 25), (30, 30)])
    }

    #[test]
    fn intervals_are_sorted_and_merged() {
        assert_eq!(calendar().intervals(), [(10, 25), (50, 60)]);
    }

    #[test]
    fn a_union_is_open_where_a_part_is() {
        let week = Calendar::new(vec![(0, 8), (24, 32)]);
        let friday = Calendar::new(vec![(30, 40)]);
        assert_eq!(Calendar::any_of([&friday, &week]).intervals(), [(0, 8), (24, 40)]);
        assert_eq!(Calendar::any_of([&week]), week);
    }

    #[test]
    fn opening_includes_the_first_instant_and_not_the_last() {
        let at = [0, 10, 24, 25, 59, 60].map(|at| calendar().next_open(at));
        assert_eq!(at, [Some(10), Some(10), Some(24), Some(50), Some(59), None]);
    }

    #[test]
    fn the_next_opening_is_never_the_present_one() {
        let next = [0, 10, 24, 50, 60].map(|at| calendar().next_opening(at));
        assert_eq!(next, [Some(10), Some(50), Some(50), None, None]);
        assert_eq!(calendar().openings().intervals(), [(10, 11), (50, 51)]);
    }

    #[test]
    fn a_run_that_must_fit_waits_for_an_interval_that_is_long_enough() {
        let fits = [(0, 15), (0, 16), (12, 13), (12, 14), (12, 10), (55, 5)];
        let found = fits.map(|(at, run)| calendar().next_fit(at, run));
        assert_eq!(found, [Some(10), None, Some(12), None, Some(12), Some(55)]);
        assert_eq!(calendar().next_fit(18, 9), Some(50));
    }

    #[test]
    fn work_rests_while_closed() {
        let done = [(0, 0), (0, 15), (0, 16), (20, 6), (0, 25), (0, 26)];
        let found = done.map(|(at, work)| calendar().after_work(at, work));
        assert_eq!(found, [Some(10), Some(25), Some(51), Some(51), Some(60), None]);
    }

    #[test]
    fn what_is_open_of_a_time_is_what_can_be_worked_in_it() {
        let times = [(0, 10), (0, 15), (12, 14), (20, 55), (25, 50), (59, 99), (99, 5), (24, 12)];
        assert_eq!(times.map(|(from, to)| calendar().open_ms(from, to)), [0, 5, 2, 10, 0, 1, 0, 0]);
        assert_eq!(calendar().open_ms(3, calendar().after_work(3, 18).unwrap()), 18);
    }
}
