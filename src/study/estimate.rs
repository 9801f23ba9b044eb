//! One statistic of one metric, whichever it is: value and interval.

use super::sampling::{mean_of, sizes};
use crate::outcome::measures::{Measure, Unit};
use crate::plan::study::Statistic;
use crate::stats::sample::Valued;
use crate::stats::{self, Interval, Sample, Sorted};
use serde::{Deserialize, Serialize};

/// A value with its interval, in the metric's unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// Its interval.
    #[serde(flatten)]
    pub interval: Interval,
}

/// Where the worst hundredth begins.
pub(super) const CVAR_LEVEL: f64 = 0.99;

/// The values of a metric, ready for any statistic.
#[derive(Debug)]
pub(super) struct Values<V = f64> {
    pub metric: &'static Measure,
    pub sample: Sample<V>,
    pub sorted: Sorted,
}

impl<V: Valued> Values<V> {
    pub fn new(metric: &'static Measure, sample: Sample<V>) -> Self {
        Self { metric, sorted: Sorted::new(&sample), sample }
    }

    /// The statistic and its interval, which leaves `tail` out on each side; none without values. The
    /// largest value seen is a fact of these trials and has no width.
    pub fn estimate(&self, statistic: Statistic, tail: f64) -> Option<Estimate> {
        let (value, interval) = match statistic {
            Statistic::Mean if self.metric.unit == Unit::YesNo => {
                stats::proportion_at(&self.sample, tail).map(|p| (p.value, p.interval))
            }
            Statistic::Mean => mean_of(self.metric.unit, &self.sample, tail).map(|m| (m.value, m.interval)),
            Statistic::Cvar99 => stats::tail_mean_at(&self.sample, &self.sorted, CVAR_LEVEL, tail)
                .map(|m| (m.value, sizes(self.metric.unit, m.interval))),
            Statistic::Max => self.sorted.max().map(|max| (max, Interval::new(max, max))),
            Statistic::P50 | Statistic::P90 | Statistic::P99 => self
                .sorted
                .quantile_at(statistic.percentile().unwrap_or(0.5), tail)
                .map(|q| (q.value, q.interval)),
        }?;
        Some(Estimate { value, interval })
    }
}
