//! One statistic of one measure, whichever it is: value and interval.

use super::possible::of_unit;
use crate::outcome::measures::{Measure, Unit};
use crate::plan::study::Statistic;
use crate::stats::{self, Interval, Mean, Proportion, Sample, Sorted};
use serde::{Deserialize, Serialize};

/// A value with its interval, in the measure's unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// Its interval.
    #[serde(flatten)]
    pub interval: Interval,
}

impl Estimate {
    /// Whether a difference is one: its interval leaves 0 out.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.interval.is_above(0.0) || self.interval.is_below(0.0)
    }
}

/// An estimate and what it is of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Estimated {
    /// What is measured.
    pub measure: &'static Measure,
    /// Mean over trials.
    pub mean: Option<Mean>,
}

/// Where the worst hundredth begins.
pub(super) const CVAR_LEVEL: f64 = 0.99;

/// The values of a measure, ready for any statistic.
#[derive(Debug)]
pub(super) struct Values {
    pub measure: &'static Measure,
    pub sample: Sample,
    pub sorted: Sorted,
}

impl Values {
    pub fn new(measure: &'static Measure, sample: Sample) -> Self {
        Self { measure, sorted: Sorted::new(&sample), sample }
    }

    /// The statistic and its interval, which leaves `tail` out on each side; none without values. The
    /// largest value seen is a fact of these trials and has no width.
    pub fn estimate(&self, statistic: Statistic, tail: f64) -> Option<Estimate> {
        if let Some(Mean { value, interval, .. }) = self.never() {
            return Some(Estimate { value, interval });
        }
        let (value, interval) = match statistic {
            Statistic::Mean if self.measure.unit == Unit::YesNo => {
                stats::proportion_at(&self.sample, tail).map(|p| (p.value, p.interval))
            }
            Statistic::Mean => stats::mean_at(&self.sample, tail).map(|m| (m.value, m.interval)),
            Statistic::Cvar99 => stats::tail_mean_at(&self.sample, &self.sorted, CVAR_LEVEL, tail)
                .map(|m| (m.value, m.interval)),
            Statistic::Max => self.sorted.max().map(|max| (max, Interval::new(max, max))),
            Statistic::P50 | Statistic::P90 | Statistic::P95 | Statistic::P99 => self
                .sorted
                .quantile_at(statistic.percentile().unwrap_or(0.5), tail)
                .map(|q| (q.value, q.interval)),
        }?;
        Some(Estimate { value, interval })
    }

    /// The mean of what never happens: of a measure that has no values because they can only be 0.
    pub fn never(&self) -> Option<Mean> {
        let nothing = Interval::new(0.0, 0.0);
        let never = self.sample.is_empty() && self.sample.possible() == nothing;
        never.then_some(Mean { value: 0.0, interval: nothing })
    }

    /// The share of ones, if the measure is a yes or a no.
    pub fn share(&self) -> Option<Proportion> {
        if self.measure.unit == Unit::YesNo { stats::proportion(&self.sample) } else { None }
    }
}

/// The mean of values in `unit`.
pub(super) fn mean(unit: Unit, sample: &Sample, tail: f64) -> Option<Mean> {
    let mean = stats::mean_at(sample, tail)?;
    Some(Mean { interval: mean.interval.within(of_unit(unit)), ..mean })
}
