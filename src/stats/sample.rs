//! Values drawn from strata of known weight: what every estimator takes.
//!
//! A metric has values in part of the trials only (rollouts that reached every host, say), so a stratum
//! knows how many trials it had beside the values of those that count. The estimators in the files
//! beside this one are about the trials that count.

use super::interval::Interval;
use super::tally::Bin;

/// The values of one stratum.
#[derive(Debug, Clone, PartialEq)]
pub struct StratumValues {
    /// Probability of the stratum, or anything in proportion to it.
    pub weight: f64,
    /// Trials drawn from it, with a value or without.
    pub trials: u64,
    /// The values: one a trial, in trial order, or counted together, in any order.
    pub values: Vec<Bin>,
    /// They cannot be different: good changes never do harm. Then they leave no doubt either. Of a stratum without values:
    /// it cannot have any.
    pub settled: bool,
    /// What the stratum is a slice of: see [`Sample::of_slices`].
    pub group: u32,
}

/// What the next value of a stratum may be, which the interval of a mean reckons with: the kind of quantity decides, since
/// rules that look at the data for it are wrong when it matters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum NextValue {
    /// No larger and no less than those of its stratum: for durations. The interval covers what was seen.
    AsSeen,
    /// Whatever is possible at all: for counts that cannot be large.
    Possible,
    /// Whatever is possible at all, for harm: no larger than the largest of its stratum only where three values or more are
    /// a tenth of the way or more from the median to what is possible.
    Harm,
    /// So much more or less than those of its stratum are on average: for counts of events over time.
    Event(f64),
    /// As [`NextValue::AsSeen`], where any value is other than 0; whatever is possible, where none is: for harm without a
    /// bound that many events add up to in each trial.
    SeenIfAny,
}

/// Values by stratum. Strata without a value say nothing about the trials that count, but that such a trial may be one
/// of theirs: a heavy stratum of which few trials were drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    strata: Vec<StratumValues>,
    /// Strata that may have values and showed none.
    silent: Vec<StratumValues>,
    /// Whether a stratum that did not show an event is taken never to show it, unless it is next to one
    /// that did. See [`Sample::of_slices`].
    confined: bool,
    /// Where a value can be at all, and so its expectation: see [`Sample::within`].
    possible: Interval,
    /// What the next value may be.
    next: NextValue,
}

impl Sample {
    /// A sample of strata.
    ///
    /// Where only one stratum can have values, its weight plays no part, and neither do the trials without a
    /// value: what the estimators say is conditional on the number of values.
    #[must_use]
    pub fn new(strata: Vec<StratumValues>) -> Self {
        let (mut strata, silent): (Vec<_>, Vec<_>) = strata.into_iter().partition(|s| !s.values.is_empty());
        let silent: Vec<StratumValues> = silent.into_iter().filter(|s| !s.settled && s.trials > 0).collect();
        if let ([only], []) = (strata.as_mut_slice(), silent.as_slice()) {
            only.weight = 1.0;
            only.trials = only.len();
        }
        Self { strata, silent, confined: false, possible: Interval::UNBOUNDED, next: NextValue::AsSeen }
    }

    /// A sample of slices, those of one group side by side and in order, of which the far ones are far too
    /// light to bound what never happened in the heavy ones: an event that is seen at all is taken to live
    /// in the slices that showed it and their neighbours.
    #[must_use]
    pub fn of_slices(strata: Vec<StratumValues>) -> Self {
        Self { confined: true, ..Self::new(strata) }
    }

    /// The same sample of a quantity that is known to lie where `possible` says: no interval of it leaves that.
    #[must_use]
    pub fn within(self, possible: Interval) -> Self {
        Self { possible, ..self }
    }

    /// The same sample of a quantity of which so much is known of values that were not seen.
    #[must_use]
    pub fn reckoning_with(self, next: NextValue) -> Self {
        Self { next, ..self }
    }

    /// A sample from one stratum.
    #[must_use]
    pub fn plain(values: Vec<f64>) -> Self {
        let trials = values.len() as u64;
        Self::new(vec![StratumValues {
            weight: 1.0,
            trials,
            values: Bin::each(values),
            settled: false,
            group: 0,
        }])
    }

    /// The strata that have values.
    #[must_use]
    pub fn strata(&self) -> &[StratumValues] {
        &self.strata
    }

    /// The strata that have none, and may have some.
    pub(super) fn silent(&self) -> &[StratumValues] {
        &self.silent
    }

    /// Whether events are taken to be confined to where they were seen.
    #[must_use]
    pub(super) fn is_confined(&self) -> bool {
        self.confined
    }

    /// Where a value can be.
    #[must_use]
    pub fn possible(&self) -> Interval {
        self.possible
    }

    /// What the next value of a stratum may be.
    #[must_use]
    pub fn next(&self) -> NextValue {
        self.next
    }

    /// Number of trials with a value.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.strata.iter().map(StratumValues::len).sum()
    }

    /// Whether there are no values.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.strata.is_empty()
    }

    /// For every value a 1 if it is counted, else a 0.
    #[must_use]
    pub fn count_those(&self, counts: impl Fn(f64) -> bool) -> Self {
        self.map(|x| f64::from(u8::from(counts(x))))
    }

    /// The same sample with other values, which lie where the old ones may and are in the same order.
    #[must_use]
    pub(super) fn map(&self, change: impl Fn(f64) -> f64) -> Self {
        let changed = |stratum: &StratumValues| StratumValues {
            values: stratum.values.iter().map(|x| x.change(&change)).collect(),
            ..*stratum
        };
        Self { strata: self.strata.iter().map(changed).collect(), silent: self.silent.clone(), ..*self }
    }
}

impl StratumValues {
    /// What one trial weighs.
    #[must_use]
    pub(super) fn unit(&self) -> f64 {
        self.weight / self.trials as f64
    }

    /// Trials with a value.
    pub(super) fn len(&self) -> u64 {
        self.values.iter().map(Bin::times).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::mean;

    #[test]
    fn one_stratum_forgets_its_weight_and_those_that_cannot_have_values() {
        let strata = vec![
            StratumValues { weight: 0.9, trials: 50, values: Bin::each(vec![]), settled: true, group: 0 },
            StratumValues {
                weight: 0.1,
                trials: 50,
                values: Bin::each(vec![1.0, 2.0]),
                settled: false,
                group: 0,
            },
        ];
        assert_eq!(Sample::new(strata), Sample::plain(vec![1.0, 2.0]));
    }

    #[test]
    fn the_share_of_trials_that_count_is_weighted() {
        let strata = vec![
            StratumValues {
                weight: 0.9,
                trials: 10,
                values: Bin::each(vec![1.0; 5]),
                settled: false,
                group: 0,
            },
            StratumValues {
                weight: 0.1,
                trials: 10,
                values: Bin::each(vec![3.0; 10]),
                settled: false,
                group: 0,
            },
        ];
        let mean = mean(&Sample::new(strata)).unwrap().value;
        assert!((mean - (0.45 + 0.3) / 0.55).abs() < 1e-15);
    }
}
