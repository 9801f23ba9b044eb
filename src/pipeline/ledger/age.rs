//! The age of what hosts run: the newest revision that every host has had, over time.

use crate::pipeline::gauge::CountedTime;

/// The newest revision that every host has had, and its age over time.
#[derive(Debug)]
pub(super) struct VersionAge {
    counted: CountedTime,
    merged_ms: u64,
    since_ms: u64,
    /// Integral, in milliseconds x hours.
    area: f64,
    oldest_ms: u64,
}

impl VersionAge {
    /// At the start, everything is as of the start.
    pub(super) fn new(counted: CountedTime) -> Self {
        Self { counted, merged_ms: 0, since_ms: 0, area: 0.0, oldest_ms: 0 }
    }

    /// Every host has what was merged at `merged_ms`.
    pub(super) fn update(&mut self, merged_ms: u64, at_ms: u64) {
        self.advance(at_ms);
        self.merged_ms = self.merged_ms.max(merged_ms);
    }

    /// Brings the accounts up to `at_ms`. The age grows evenly, so its integral is a trapezium.
    fn advance(&mut self, at_ms: u64) {
        let from_ms = self.since_ms.max(self.counted.from);
        self.since_ms = at_ms;
        if at_ms <= from_ms {
            return;
        }
        let (young, old) = (from_ms - self.merged_ms, at_ms - self.merged_ms);
        self.area += (young + old) as f64 / 2.0 * (at_ms - from_ms) as f64 / 3_600_000.0;
        self.oldest_ms = self.oldest_ms.max(old);
    }

    /// The integral of the age until `end_ms`, in milliseconds x hours, and the highest age, milliseconds.
    pub(super) fn close(mut self, end_ms: u64) -> (f64, u64) {
        self.advance(end_ms);
        (self.area, self.oldest_ms)
    }
}
