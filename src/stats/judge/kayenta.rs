//! The judge that Kayenta, Spinnaker's canary analysis, uses: `NetflixACAJudge` with its `MannWhitneyClassifier`
//! (github.com/spinnaker/kayenta, as of April 2025), which classifies metrics, and the score of a whole canary.
//!
//! It calls a metric high if the shift between canary and baseline is above a quarter of its own estimate, with
//! 98 %, and low the other way round. So it asks whether there is a shift, rather than whether a shift matters: an
//! effect size does that, and by default asks for nothing. It looks once, at what a run of the analysis has seen.
//!
//! Different here, without another verdict: Kayenta finds estimates with a root finder, to 10^-4, and adds noise
//! where each side has only one value. Not here: removal of outliers, which is off unless asked for, and muting.

use super::rank::{self, Law, Shift};
use super::{Classification, Direction};
use crate::stats::sum;

/// Score from which a canary passes, as the documentation advises.
pub const PASS: f64 = 95.0;
/// Score below which it fails; between the two people decide.
pub const MARGINAL: f64 = 75.0;
/// Share of metrics without data from which a canary fails whatever the others say.
const TOO_MANY_WITHOUT_DATA: f64 = 0.5;

/// How a metric is judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judge {
    /// Confidence of the shift's interval, between 0 and 1: 0.98.
    pub confidence: f64,
    /// The interval must leave out this share of the shift's estimate: 0.25.
    pub tolerance: f64,
    /// What is bad: either.
    pub direction: Direction,
    /// How the size of a difference is measured: the ratio of means.
    pub effect: Effect,
    /// Sizes that matter.
    pub allowed: Bounds,
    /// Sizes that fail the whole canary; absent for a metric that is not critical.
    pub critical: Option<Bounds>,
    /// What a datapoint that is missing stands for.
    pub missing: Missing,
    /// Whether a metric without data fails rather than being left out.
    pub must_have_data: bool,
    /// The distribution behind the interval. Kayenta's is [`Law::Normal`]; see [`Judge::bounds_of`].
    pub law: Law,
}

impl Default for Judge {
    /// As Kayenta judges unless it is told otherwise.
    fn default() -> Self {
        Self {
            confidence: 0.98,
            tolerance: 0.25,
            direction: Direction::Either,
            effect: Effect::MeanRatio,
            allowed: Effect::MeanRatio.anything(),
            critical: None,
            missing: Missing::Remove,
            must_have_data: false,
            law: Law::Normal,
        }
    }
}

/// How the size of a difference is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Mean of the canary over mean of the baseline; unknown if either is 0, and then not asked for.
    MeanRatio,
    /// Probability that a value of the canary is above one of the baseline, ties counting one half (Vargha and
    /// Delaney 2000, Journal of Educational and Behavioral Statistics 25): the common language effect size.
    CommonLanguage,
}

impl Effect {
    /// The bounds that let every difference matter.
    #[must_use]
    pub fn anything(self) -> Bounds {
        let none = match self {
            Self::MeanRatio => 1.0,
            Self::CommonLanguage => 0.5,
        };
        Bounds { decrease: none, increase: none }
    }

    fn of(self, canary: &[f64], baseline: &[f64]) -> Option<f64> {
        match self {
            Self::MeanRatio => ratio(canary, baseline),
            Self::CommonLanguage => rank::test(canary, baseline, Law::Normal)
                .map(|test| test.u / (canary.len() * baseline.len()) as f64),
        }
    }
}

/// Effect sizes from which on a difference counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// At most this, for less than the baseline: 0.9 if a tenth less is the least that matters.
    pub decrease: f64,
    /// At least this, for more: 1.1 if a tenth more is.
    pub increase: f64,
}

/// What a missing datapoint stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Nothing: it is left out, and a side without any other has no data.
    Remove,
    /// Zero, as for a count of errors that nobody reports when there are none. A side of which not even a missing
    /// datapoint is known still passes.
    Zero,
}

/// What a metric says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    /// The classification.
    pub classification: Classification,
    /// Whether this fails the whole canary.
    pub critical: bool,
    /// Whether missing data count as a failure of this metric.
    pub must_have_data: bool,
    /// The shift; absent where nothing had to be tested.
    pub shift: Option<Shift>,
    /// Mean of the canary over mean of the baseline; absent if either is 0 or unknown.
    pub ratio: Option<f64>,
}

impl Judge {
    /// Classifies a metric from its datapoints on both sides; NaN is a missing one.
    #[must_use]
    pub fn judge(&self, canary: &[f64], baseline: &[f64]) -> Judgement {
        let (canary, baseline) = (self.present(canary), self.present(baseline));
        let verdict = |classification, critical| Judgement {
            classification,
            critical,
            must_have_data: self.must_have_data,
            shift: None,
            ratio: ratio(&canary, &baseline),
        };
        if canary.is_empty() || baseline.is_empty() {
            return match self.missing {
                Missing::Remove => verdict(Classification::NoData, self.critical.is_some()),
                Missing::Zero => verdict(Classification::Pass, false),
            };
        }
        let everything = || canary.iter().chain(&baseline);
        if sorted(&canary) == sorted(&baseline) || everything().all(|value| *value == canary[0]) {
            return verdict(Classification::Pass, false);
        }
        let tail = (1.0 - self.confidence) / 2.0;
        let shift = rank::shift(&canary, &baseline, tail, self.law);
        let shift = shift.expect("invariant: both sides have values");
        let effect = self.effect.of(&canary, &baseline);
        let classification = self.classify(&shift, effect);
        let critical = self.critical.is_some_and(|bounds| match classification {
            Classification::High => effect.is_none_or(|size| size >= bounds.increase),
            Classification::Low => effect.is_none_or(|size| size <= bounds.decrease),
            Classification::Pass | Classification::NoData => false,
        });
        Judgement { shift: Some(shift), ..verdict(classification, critical) }
    }

    fn classify(&self, shift: &Shift, effect: Option<f64>) -> Classification {
        let (low, high) = self.bounds_of(shift);
        let room = self.tolerance * shift.estimate.abs();
        let is_high = self.direction.minds_more()
            && low > room
            && effect.is_none_or(|size| size >= self.allowed.increase);
        let is_low = self.direction.minds_less()
            && high < -room
            && effect.is_none_or(|size| size <= self.allowed.decrease);
        match (is_high, is_low) {
            (true, _) => Classification::High,
            (_, true) => Classification::Low,
            _ => Classification::Pass,
        }
    }

    /// The ends that the shift must clear. With too few values for an end Kayenta, like R, takes the most extreme
    /// difference instead, so that three values above three others are high: by chance one time in ten either way.
    /// [`Law::Exact`] takes no end where there is none, and then nothing is high or low.
    #[must_use]
    pub fn bounds_of(&self, shift: &Shift) -> (f64, f64) {
        let (least, largest) = match self.law {
            Law::Normal => (shift.least, shift.largest),
            Law::Exact => (f64::NEG_INFINITY, f64::INFINITY),
        };
        (shift.interval.low.unwrap_or(least), shift.interval.high.unwrap_or(largest))
    }

    fn present(&self, values: &[f64]) -> Vec<f64> {
        match self.missing {
            Missing::Remove => values.iter().copied().filter(|value| !value.is_nan()).collect(),
            Missing::Zero => values.iter().map(|value| if value.is_nan() { 0.0 } else { *value }).collect(),
        }
    }
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

fn ratio(canary: &[f64], baseline: &[f64]) -> Option<f64> {
    let mean = |values: &[f64]| sum(values.iter().copied()) / values.len() as f64;
    let (canary, baseline) = (mean(canary), mean(baseline));
    let known = |mean: f64| mean.is_finite() && mean != 0.0;
    (known(canary) && known(baseline)).then(|| canary / baseline)
}

/// Metrics that are scored together.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Part of the score out of 100; groups without one share what is left evenly.
    pub weight: Option<f64>,
    /// Their judgements.
    pub metrics: Vec<Judgement>,
}

/// What becomes of a canary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It goes on.
    Pass,
    /// People decide.
    Marginal,
    /// It is taken back.
    Fail,
}

/// The score of a canary from 0 to 100, to two decimals: the share of metrics that pass, by group and weight.
///
/// Metrics without data are left out, and a group without any counts in full, unless they must have some. 0 if a
/// critical metric fails, or if at least half of all metrics have no data and need none.
#[must_use]
pub fn score(groups: &[Group]) -> f64 {
    let metrics = || groups.iter().flat_map(|group| &group.metrics);
    let critical = metrics().any(|m| m.critical && m.classification != Classification::Pass);
    let without_data = metrics().filter(|m| is_left_out(m)).count() as f64;
    if critical || without_data > 0.0 && without_data >= TOO_MANY_WITHOUT_DATA * metrics().count() as f64 {
        return 0.0;
    }
    let given = sum(groups.iter().filter_map(|group| group.weight));
    let without_weight = groups.iter().filter(|group| group.weight.is_none()).count();
    let share = (100.0 - given) / without_weight.max(1) as f64;
    let parts = groups.iter().map(|group| group.weight.unwrap_or(share) / 100.0 * group_score(group));
    (sum(parts) * 100.0).round() / 100.0
}

/// What a score leads to; `pass` and `marginal` are scores from 0 to 100, as [`PASS`] and [`MARGINAL`].
#[must_use]
pub fn outcome(score: f64, pass: f64, marginal: f64) -> Outcome {
    if score >= pass {
        Outcome::Pass
    } else if score >= marginal {
        Outcome::Marginal
    } else {
        Outcome::Fail
    }
}

fn group_score(group: &Group) -> f64 {
    let counted = group.metrics.iter().filter(|metric| !is_left_out(metric)).count();
    let passed = group.metrics.iter().filter(|m| m.classification == Classification::Pass).count();
    if counted == 0 { 100.0 } else { 100.0 * passed as f64 / counted as f64 }
}

/// Without data and without need of any. A critical metric without data fails the canary on its own.
fn is_left_out(metric: &Judgement) -> bool {
    metric.classification == Classification::NoData && (metric.critical || !metric.must_have_data)
}

#[cfg(test)]
#[path = "kayenta_tests.rs"]
mod tests;
