//! The same statistic of two samples that share their random numbers: how much larger is one than the
//! other, and how sure is that?
//!
//! Each statistic is written as its value and what every trial contributes to its error (its influence
//! function). Trials with the same number in the same stratum met the same luck, so their contributions
//! are subtracted one by one and what the two samples have in common cancels. Strata of which the two
//! sides drew different numbers of trials are compared as independent ones, which only widens intervals.

use super::interval::{Interval, sum};
use super::moments::{Accumulator, Moments};
use super::quantile::Sorted;
use super::sample::{Sample, StratumValues};
use super::tail::above;
use super::tally::Bin;

/// All trials of one stratum, in order; those that do not count have no value.
#[derive(Debug, Clone, PartialEq)]
pub struct Draws {
    /// Which stratum: the same on both sides for the same part of all changes.
    pub key: u64,
    /// Its probability.
    pub weight: f64,
    /// The values.
    pub values: Vec<Option<f64>>,
    /// See [`StratumValues::settled`].
    pub settled: bool,
    /// See [`StratumValues::group`].
    pub group: u32,
}

/// A statistic of one side.
#[derive(Debug, Clone, PartialEq)]
pub struct Linearised {
    /// Its value.
    pub value: f64,
    parts: Vec<Contributions>,
    /// Ends of the interval of a percentile, which is not made of contributions.
    ends: Option<Interval>,
}

/// What the trials of a stratum contribute to the error.
#[derive(Debug, Clone, PartialEq)]
struct Contributions {
    key: u64,
    weight: f64,
    contributions: Vec<f64>,
}

/// The values that count, as a sample.
#[must_use]
pub fn sample(draws: &[Draws], confined: bool) -> Sample {
    let stratum = |draws: &Draws| StratumValues {
        weight: draws.weight,
        trials: draws.values.len() as u64,
        values: draws.values.iter().flatten().map(|x| Bin::one(*x)).collect(),
        settled: draws.settled,
        group: draws.group,
    };
    let strata = draws.iter().map(stratum).collect();
    if confined { Sample::of_slices(strata) } else { Sample::new(strata) }
}

impl Linearised {
    /// The mean of the trials that count; none if there are none.
    #[must_use]
    pub fn mean(draws: &[Draws]) -> Option<Self> {
        Self::mean_of(draws, |x| x)
    }

    /// The mean of the worst share `1 - q`.
    #[must_use]
    pub fn tail_mean(draws: &[Draws], q: f64) -> Option<Self> {
        let start = Sorted::new(&sample(draws, false)).quantile(q)?.value;
        Self::mean_of(draws, |x| above(x, start, q))
    }

    /// The quantile `q`, with an interval that leaves `tail` out on each side.
    #[must_use]
    pub fn quantile(draws: &[Draws], confined: bool, q: f64, tail: f64) -> Option<Self> {
        let quantile = Sorted::new(&sample(draws, confined)).quantile_at(q, tail)?;
        let is_up_to = |x: f64| f64::from(u8::from(x <= quantile.value));
        let parts = Self::mean_of(draws, is_up_to)?.parts;
        Some(Self { value: quantile.value, parts, ends: Some(quantile.interval) })
    }

    fn mean_of(draws: &[Draws], of: impl Fn(f64) -> f64) -> Option<Self> {
        let unit = |draws: &Draws| draws.weight / draws.values.len() as f64;
        let weighted = |each: &dyn Fn(f64) -> f64| {
            let total = |draws: &Draws| unit(draws) * sum(draws.values.iter().flatten().map(|x| each(*x)));
            sum(draws.iter().filter(|draws| !draws.values.is_empty()).map(total))
        };
        let share = weighted(&|_| 1.0);
        if share == 0.0 {
            return None;
        }
        let value = weighted(&of) / share;
        let contribution = |x: &Option<f64>| x.map_or(0.0, |x| (of(x) - value) / share);
        let parts = draws
            .iter()
            .map(|draws| Contributions {
                key: draws.key,
                weight: draws.weight,
                contributions: draws.values.iter().map(contribution).collect(),
            })
            .collect();
        Some(Self { value, parts, ends: None })
    }
}

/// `b - times * a` with an interval that leaves `tail` out on each side.
#[must_use]
pub fn difference(b: &Linearised, a: &Linearised, times: f64, tail: f64) -> (f64, Interval) {
    let value = b.value - times * a.value;
    match (b.ends, a.ends) {
        (Some(of_b), Some(of_a)) => {
            (value, recovered((b.value, of_b), (a.value, of_a), times, correlation(b, a)))
        }
        _ => (value, moments(b, a, times).interval(tail)),
    }
}

/// The moments of the error of `b - times * a`.
fn moments(b: &Linearised, a: &Linearised, times: f64) -> Moments {
    let mut total = Accumulator::default();
    for (ours, theirs) in matched(b, a) {
        match (ours, theirs) {
            (Some(ours), Some(theirs)) => {
                let pairs = ours.contributions.iter().zip(&theirs.contributions);
                let both = pairs.map(|(x, y)| ours.weight * x - times * theirs.weight * y).collect();
                add(&mut total, both);
            }
            (Some(one), None) => add(&mut total, one.scaled(1.0)),
            (None, Some(one)) => add(&mut total, one.scaled(-times)),
            (None, None) => {}
        }
    }
    total.finish(b.value - times * a.value)
}

impl Contributions {
    fn scaled(&self, times: f64) -> Vec<f64> {
        self.contributions.iter().map(|x| times * self.weight * x).collect()
    }
}

/// Adds the mean of `values` to the estimate whose moments are summed. Strata that contribute nothing, as
/// good changes to harm, say nothing about its error.
fn add(total: &mut Accumulator, values: Vec<f64>) {
    let n = values.len() as f64;
    if values.iter().all(|x| *x == 0.0) {
        return;
    }
    let mean = sum(values.iter().copied()) / n;
    let squares = sum(values.iter().map(|x| (x - mean) * (x - mean)));
    let cubes = sum(values.iter().map(|x| (x - mean) * (x - mean) * (x - mean)));
    total.add(1.0 / n, n, squares, cubes);
}

/// Strata of both sides: together where trials can be paired, else one by one.
fn matched<'s>(
    b: &'s Linearised,
    a: &'s Linearised,
) -> Vec<(Option<&'s Contributions>, Option<&'s Contributions>)> {
    let partner = |of: &Contributions, among: &'s Linearised| {
        let same =
            |part: &&Contributions| part.key == of.key && part.contributions.len() == of.contributions.len();
        among.parts.iter().find(same)
    };
    let mut matched: Vec<_> = b.parts.iter().map(|part| (Some(part), partner(part, a))).collect();
    matched.extend(a.parts.iter().filter(|part| partner(part, b).is_none()).map(|part| (None, Some(part))));
    matched
}

/// Correlation of the errors of two statistics.
fn correlation(b: &Linearised, a: &Linearised) -> f64 {
    let (of_b, of_a) = (moments(b, a, 0.0).variance, moments(a, b, 0.0).variance);
    if of_b <= 0.0 || of_a <= 0.0 {
        return 0.0;
    }
    let of_difference = moments(b, a, 1.0).variance;
    ((of_b + of_a - of_difference) / 2.0 / libm::sqrt(of_b * of_a)).clamp(-1.0, 1.0)
}

/// The interval of `b - times * a` from the values and intervals of both and the correlation of their errors:
/// method of variance estimates recovery (Zou and Donner 2008, Statistics in Medicine 27). For percentiles
/// the correlation is that of how many values lie up to each (Bahadur: a percentile errs as that count does).
#[must_use]
pub fn recovered(b: (f64, Interval), a: (f64, Interval), times: f64, correlation: f64) -> Interval {
    let ((b, of_b), (a, of_a)) = (b, a);
    let value = b - times * a;
    let joint = |of_b: f64, of_a: f64| {
        let of_a = times * of_a;
        libm::sqrt((of_b * of_b + of_a * of_a - 2.0 * correlation * of_b * of_a).max(0.0))
    };
    Interval {
        low: of_b.low.zip(of_a.high).map(|(low, high)| value - joint(b - low, high - a)),
        high: of_b.high.zip(of_a.low).map(|(high, low)| value + joint(high - b, a - low)),
    }
}

#[cfg(test)]
#[path = "contrast_tests.rs"]
mod tests;
