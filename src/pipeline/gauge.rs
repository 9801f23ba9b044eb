//! Counting over time: how many are somewhere, by area and by stay, from the end of the warm-up.
//!
//! The two sides of Little's law are kept apart on purpose: the area is added up when a count changes,
//! stays when somebody leaves. A test compares them. No knowledge of what is counted.

use crate::outcome::pipeline::StageOutcome;
use crate::plan::pipeline::Calendar;

/// The part of the time that counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct CountedTime {
    pub(super) from: u64,
    pub(super) to: u64,
}

impl CountedTime {
    /// The part of `[from, to)` that counts.
    pub(super) fn clip(&self, from: u64, to: u64) -> u64 {
        to.min(self.to).saturating_sub(from.max(self.from))
    }

    /// The part of `[from, to)` that counts and in which `hours` are open, if there are any.
    pub(super) fn clip_to(&self, hours: Option<&Calendar>, from: u64, to: u64) -> u64 {
        let (from, to) = (from.max(self.from), to.min(self.to));
        hours.map_or(to.saturating_sub(from), |hours| hours.open_ms(from, to))
    }

    /// Whether an instant counts.
    pub(super) fn has(&self, at: u64) -> bool {
        at >= self.from && at < self.to
    }
}

/// A number that changes at instants, and its integral.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gauge {
    counted: CountedTime,
    count: u64,
    since: u64,
    area: u64,
    time_at: [u64; 16],
}

impl Gauge {
    pub(super) fn new(counted: CountedTime) -> Self {
        Self { counted, count: 0, since: 0, area: 0, time_at: [0; 16] }
    }

    /// Brings the integral up to `at`.
    pub(super) fn advance(&mut self, at: u64) {
        let passed = self.counted.clip(self.since, at);
        self.area += self.count * passed;
        self.time_at[self.count.min(15) as usize] += passed;
        self.since = at;
    }

    pub(super) fn up(&mut self, at: u64) {
        self.advance(at);
        self.count += 1;
    }

    pub(super) fn down(&mut self, at: u64) {
        self.advance(at);
        self.count -= 1;
    }

    pub(super) fn area(&self) -> u64 {
        self.area
    }
}

/// The gauges of one stage.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stays {
    counted: CountedTime,
    pub(super) present: Gauge,
    pub(super) inside: Gauge,
    entered: u64,
    stays: u64,
    pub(super) rejections: u64,
}

impl Stays {
    pub(super) fn new(counted: CountedTime) -> Self {
        let gauge = Gauge::new(counted);
        Self { counted, present: gauge, inside: gauge, entered: 0, stays: 0, rejections: 0 }
    }

    /// A revision comes, outside.
    pub(super) fn come(&mut self, at: u64) {
        self.present.up(at);
        self.entered += u64::from(self.counted.has(at));
    }

    /// A revision that came at `came` leaves.
    pub(super) fn leave(&mut self, came: u64, at: u64) {
        self.present.down(at);
        self.stays += self.counted.clip(came, at);
    }

    /// A revision that came at `came` is still there at the end.
    pub(super) fn remains(&mut self, came: u64) {
        self.stays += self.counted.clip(came, self.counted.to);
    }

    /// Counts one rejection at `at`.
    pub(super) fn reject(&mut self, at: u64) {
        self.rejections += u64::from(self.counted.has(at));
    }

    /// A stay inside that is known as a whole: waves.
    pub(super) fn whole(&mut self, from: u64, to: u64) {
        self.entered += u64::from(self.counted.has(from));
        self.stays += self.counted.clip(from, to);
    }

    /// The facts at the end of the counted time.
    pub(super) fn outcome(mut self) -> StageOutcome {
        self.present.advance(self.counted.to);
        self.inside.advance(self.counted.to);
        let total = self.counted.to - self.counted.from;
        StageOutcome {
            entered: self.entered,
            area_ms: self.present.area,
            stays_ms: self.stays,
            waiting_area_ms: self.present.area - self.inside.area,
            occupied_ms: total - self.inside.time_at[0],
            time_at_ms: self.present.time_at,
            rejections: self.rejections,
            person_ms: 0.0,
        }
    }

    /// As [`Stays::outcome`], of stays that were each added as a whole and never overlap.
    pub(super) fn outcome_of_wholes(self) -> StageOutcome {
        let mut time_at_ms = [0; 16];
        time_at_ms[0] = (self.counted.to - self.counted.from).saturating_sub(self.stays);
        time_at_ms[1] = self.stays;
        StageOutcome {
            entered: self.entered,
            area_ms: self.stays,
            stays_ms: self.stays,
            waiting_area_ms: 0,
            occupied_ms: self.stays,
            time_at_ms,
            rejections: self.rejections,
            person_ms: 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_present_and_not_inside_waits() {
        let mut stays = Stays::new(CountedTime { from: 10, to: 100 });
        // One comes before the counted time and is inside from 20 to 50; the other comes at 30 and is inside from 50 on.
        stays.come(0);
        stays.inside.up(20);
        stays.come(30);
        stays.inside.down(50);
        stays.leave(0, 50);
        stays.inside.up(50);
        stays.remains(30);
        let outcome = stays.outcome();
        assert_eq!(outcome.waiting_area_ms, (20 - 10) + (50 - 30));
        assert_eq!((outcome.area_ms, outcome.stays_ms), (40 + 70, 40 + 70));
        assert_eq!((outcome.occupied_ms, outcome.entered), (80, 1));
    }
}
