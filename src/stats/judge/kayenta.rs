//! The judge that Kayenta, Spinnaker's canary analysis, uses: `NetflixACAJudge` with its `MannWhitneyClassifier`
//! (github.com/spinnaker/kayenta, as of April 2025), which classifies metrics, and the score of a whole canary.
//!
//! It calls a metric high if the shift between canary and baseline is above a quarter of its own estimate, with
//! 98 %, and low the other way round. So it asks whether there is a shift, rather than whether a shift matters: an
//! effect size does that, and by default asks for nothing. It looks once, at what a run of the analysis has seen.
//!
//! The shift and the ends of its interval are found as Kayenta finds them, by [`wilcoxon`], tolerance included. Different
//! here, without another verdict: Kayenta adds noise where each side has only one value. Not here: removal of outliers,
//! which is off unless asked for, and muting.

use super::rank::{self, Law, Shift};
use super::{Classification, Direction, wilcoxon};
use crate::stats::sum;

/// Score from which a canary passes, as the documentation advises.
pub const PASS: f64 = 95.0;
/// Score below which it fails; between the two people decide.
pub const MARGINAL: f64 = 75.0;
/// Share of metrics without data from which a canary fails whatever the others say.
const TOO_MANY_WITHOUT_DATA: f64 = 0.5;

/// How a metric is judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KayentaJudge {
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
    pub missing: MissingValues,
    /// Whether a metric without data fails rather than being left out.
    pub must_have_data: bool,
}

impl Default for KayentaJudge {
    /// As Kayenta judges unless it is told otherwise.
    fn default() -> Self {
        Self {
            confidence: 0.98,
            tolerance: 0.25,
            direction: Direction::Either,
            effect: Effect::MeanRatio,
            allowed: Effect::MeanRatio.anything(),
            critical: None,
            missing: MissingValues::Remove,
            must_have_data: false,
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
pub enum MissingValues {
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

impl KayentaJudge {
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
                MissingValues::Remove => verdict(Classification::NoData, self.critical.is_some()),
                MissingValues::Zero => verdict(Classification::Pass, false),
            };
        }
        let everything = || canary.iter().chain(&baseline);
        if sorted(&canary) == sorted(&baseline) || everything().all(|value| *value == canary[0]) {
            return verdict(Classification::Pass, false);
        }
        let tail = (1.0 - self.confidence) / 2.0;
        let shift = wilcoxon::shift(&canary, &baseline, tail);
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
        let room = self.tolerance * shift.estimate.abs();
        let is_high = self.direction.minds_more()
            && shift.interval.is_above(room)
            && effect.is_none_or(|size| size >= self.allowed.increase);
        let is_low = self.direction.minds_less()
            && shift.interval.is_below(-room)
            && effect.is_none_or(|size| size <= self.allowed.decrease);
        match (is_high, is_low) {
            (true, _) => Classification::High,
            (_, true) => Classification::Low,
            _ => Classification::Pass,
        }
    }

    fn present(&self, values: &[f64]) -> Vec<f64> {
        match self.missing {
            MissingValues::Remove => values.iter().copied().filter(|value| !value.is_nan()).collect(),
            MissingValues::Zero => {
                values.iter().map(|value| if value.is_nan() { 0.0 } else { *value }).collect()
            }
        }
    }
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// Mean of the canary over mean of the baseline; none if either is 0 or unknown.
pub(super) fn ratio(canary: &[f64], baseline: &[f64]) -> Option<f64> {
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
pub enum ScoreClass {
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
pub fn outcome(score: f64, pass: f64, marginal: f64) -> ScoreClass {
    if score >= pass {
        ScoreClass::Pass
    } else if score >= marginal {
        ScoreClass::Marginal
    } else {
        ScoreClass::Fail
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
mod tests {
    // Tests of Kayenta's judge: what it calls what, how often it is wrong, and its score.

    use super::*;
    use crate::stats::special::normal_quantile;
    use crate::stats::test_uniforms::Uniforms;
    use Classification::{High, Low, NoData, Pass};

    /// `count` normal values.
    fn normal(uniforms: &mut Uniforms, count: usize, mean: f64, deviation: f64) -> Vec<f64> {
        (0..count).map(|_| mean + deviation * normal_quantile(uniforms.next())).collect()
    }

    fn judged(judge: KayentaJudge, canary: &[f64], baseline: &[f64]) -> Classification {
        judge.judge(canary, baseline).classification
    }

    #[test]
    fn far_apart_is_high_or_low_where_that_is_minded() {
        let mut uniforms = Uniforms(10);
        let (more, less) = (normal(&mut uniforms, 30, 20.0, 2.0), normal(&mut uniforms, 30, 10.0, 2.0));
        let with = |direction| KayentaJudge { direction, ..KayentaJudge::default() };
        for (direction, up, down) in [
            (Direction::Either, High, Low),
            (Direction::Increase, High, Pass),
            (Direction::Decrease, Pass, Low),
        ] {
            assert_eq!(judged(with(direction), &more, &less), up, "{direction:?}");
            assert_eq!(judged(with(direction), &less, &more), down, "{direction:?}");
        }
        let judgement = KayentaJudge::default().judge(&more, &less);
        assert!((judgement.ratio.unwrap() - 2.0).abs() < 0.1 && !judgement.critical);
    }

    #[test]
    fn the_shift_must_clear_a_quarter_of_its_estimate() {
        // Kayenta's estimate is 1.681 (1.694 the other way round), where the median of differences is 1.65; the interval
        // begins at 0.6.
        let canary = [5.1, 6.3, 4.8, 7.7, 5.1, 6.9, 8.2, 5.6, 6.3, 7.1, 9.4, 5.9];
        let baseline = [4.2, 5.3, 3.9, 4.8, 5.0, 4.4, 6.1, 4.2, 5.7, 3.6];
        for (tolerance, verdict, mirrored) in
            [(0.0, High, Low), (0.25, High, Low), (0.35, High, Low), (0.36, Pass, Pass)]
        {
            let judge = KayentaJudge { tolerance, ..KayentaJudge::default() };
            assert_eq!(judged(judge, &canary, &baseline), verdict, "{tolerance}");
            assert_eq!(judged(judge, &baseline, &canary), mirrored, "{tolerance}");
        }
        // The confidence decides where the interval begins: 0.7 with 95 %.
        let judge = KayentaJudge { confidence: 0.95, tolerance: 0.4, ..KayentaJudge::default() };
        assert_eq!(judged(judge, &canary, &baseline), High);
    }

    #[test]
    fn what_cannot_differ_passes_untested() {
        let judge = KayentaJudge::default();
        for (canary, baseline) in [
            (&[3.0, 1.0, 2.0][..], &[1.0, 2.0, 3.0][..]),
            (&[0.0, 0.0, 0.0], &[0.0, 0.0]),
            (&[7.0; 5], &[7.0; 9]),
            (&[0.0, -0.0], &[-0.0, -0.0]),
        ] {
            let judgement = judge.judge(canary, baseline);
            assert_eq!((judgement.classification, judgement.shift), (Pass, None), "{canary:?}");
        }
        // One value a side, and another on the other: no noise is needed to see it.
        assert_eq!(judged(judge, &[2.0; 5], &[1.0; 5]), High);
        assert_eq!(judged(judge, &[0.0; 5], &[1.0; 5]), Low);
    }

    #[test]
    fn missing_data_are_left_out_or_zero() {
        let nan = f64::NAN;
        let judge = KayentaJudge::default();
        let values: Vec<f64> = (0..20).map(|i| 10.0 + f64::from(i % 7)).collect();
        let holes: Vec<f64> = values.iter().flat_map(|value| [*value, nan, nan, nan]).collect();
        assert_eq!(judged(judge, &holes, &values), Pass, "the same but for what is missing");
        let zero = KayentaJudge { missing: MissingValues::Zero, ..judge };
        assert_eq!(judged(zero, &holes, &values), Low, "three values in four are 0");
        for (canary, baseline) in [(&[][..], &values[..]), (&values, &[]), (&[nan, nan], &values)] {
            let judgement = judge.judge(canary, baseline);
            assert_eq!((judgement.classification, judgement.critical), (NoData, false));
            assert!(judgement.shift.is_none() && judgement.ratio.is_none());
            let critical = KayentaJudge { critical: Some(Effect::MeanRatio.anything()), ..judge };
            assert!(critical.judge(canary, baseline).critical, "nothing is known of a critical metric");
        }
        assert_eq!(judged(zero, &[], &values), Pass, "nobody reports what did not happen");
        assert_eq!(judged(zero, &[nan; 20], &values), Low, "zeros");
    }

    #[test]
    fn an_effect_size_asks_how_much() {
        let mut uniforms = Uniforms(11);
        let baseline = normal(&mut uniforms, 60, 10.0, 1.0);
        let canary: Vec<f64> = normal(&mut uniforms, 60, 12.0, 1.0);
        let with = |effect: Effect, decrease, increase| KayentaJudge {
            effect,
            allowed: Bounds { decrease, increase },
            ..KayentaJudge::default()
        };
        for (judge, up, down) in [
            (with(Effect::MeanRatio, 0.9, 1.1), High, Low),
            (with(Effect::MeanRatio, 0.8, 1.3), Pass, Pass),
            (with(Effect::CommonLanguage, 0.5, 0.5), High, Low),
            (with(Effect::CommonLanguage, 0.3, 0.7), High, Low),
            (with(Effect::CommonLanguage, 0.01, 0.99), Pass, Pass),
        ] {
            assert_eq!(judged(judge, &canary, &baseline), up, "{judge:?}");
            assert_eq!(judged(judge, &baseline, &canary), down, "{judge:?}");
        }
        // A mean of 0 has no ratio, and then none is asked for.
        let strict = with(Effect::MeanRatio, 0.1, 100.0);
        assert_eq!(judged(strict, &baseline, &[0.0; 60]), High);
        assert_eq!(judged(strict, &[0.0; 60], &baseline), Low);
        assert_eq!(strict.judge(&baseline, &[0.0; 60]).ratio, None);
    }

    #[test]
    fn a_critical_metric_fails_the_canary_from_its_own_size_on() {
        let mut uniforms = Uniforms(12);
        let baseline = normal(&mut uniforms, 60, 10.0, 1.0);
        let canary: Vec<f64> = normal(&mut uniforms, 60, 20.0, 1.0);
        let with = |decrease, increase| KayentaJudge {
            critical: Some(Bounds { decrease, increase }),
            ..KayentaJudge::default()
        };
        for (judge, up, down) in
            [(with(1.0, 1.0), true, true), (with(0.6, 1.8), true, true), (with(0.4, 2.5), false, false)]
        {
            let (more, less) = (judge.judge(&canary, &baseline), judge.judge(&baseline, &canary));
            assert_eq!((more.classification, more.critical), (High, up), "{judge:?}");
            assert_eq!((less.classification, less.critical), (Low, down), "{judge:?}");
        }
        assert!(!with(1.0, 1.0).judge(&baseline, &baseline).critical, "what passes is not critical");
    }

    #[test]
    fn three_values_above_three_are_high_by_chance_one_time_in_ten() {
        // With too few values for an end the most extreme difference takes its place.
        let values = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0];
        let deals = (0_u32..64).filter(|chosen| chosen.count_ones() == 3);
        let verdict = |chosen: u32| {
            let side = |own| (0..6).filter(|i| (chosen >> i & 1 == 1) == own).map(|i| values[i]).collect();
            let (canary, baseline): (Vec<f64>, Vec<f64>) = (side(true), side(false));
            judged(KayentaJudge { tolerance: 0.0, ..KayentaJudge::default() }, &canary, &baseline)
        };
        assert_eq!(deals.filter(|chosen| verdict(*chosen) != Pass).count(), 2);
    }

    #[test]
    fn sparse_data_are_high_though_the_median_difference_is_zero() {
        // Nothing fails in the baseline; the canary fails in a part of its periods. The median difference is 0 in the
        // first three. Verdicts are those of a transcription of Kayenta's procedure into another language.
        let judge = KayentaJudge { direction: Direction::Increase, ..KayentaJudge::default() };
        for (failing, of, verdict) in [(94, 200, High), (40, 200, Pass), (20, 60, Pass), (128, 200, High)] {
            let canary: Vec<f64> = (0..of).map(|i| if i < failing { 0.02 } else { 0.0 }).collect();
            assert_eq!(judged(judge, &canary, &vec![0.0; of]), verdict, "{failing} of {of}");
        }
        // As reported of the classifier: ten datapoints a side, a flat baseline, any excess.
        for (failing, verdict) in [(7, Pass), (8, High)] {
            for excess in [0.99, 100.0] {
                let canary: Vec<f64> = (0..10).map(|i| if i < failing { excess } else { 0.0 }).collect();
                assert_eq!(judged(judge, &canary, &[0.0; 10]), verdict, "{failing} of 10 by {excess}");
            }
        }
    }

    #[test]
    fn equal_sides_are_called_different_in_less_than_two_of_a_hundred() {
        // 98 % two-sided, as the documentation promises; fifty datapoints, as it advises. The tolerance takes a little.
        let judge = KayentaJudge::default();
        let mut uniforms = Uniforms(13);
        let runs = 4000;
        let mut wrong = (0, 0);
        for _ in 0..runs {
            let canary = normal(&mut uniforms, 50, 10.0, 3.0);
            let baseline = normal(&mut uniforms, 50, 10.0, 3.0);
            match judged(judge, &canary, &baseline) {
                High => wrong.0 += 1,
                Low => wrong.1 += 1,
                Pass | NoData => {}
            }
        }
        println!("high {} and low {} of {runs} equal pairs", wrong.0, wrong.1);
        let share = f64::from(wrong.0 + wrong.1) / f64::from(runs);
        let error = libm::sqrt(0.02 * 0.98 / f64::from(runs));
        assert!(share < 0.02 + 4.5 * error && share > 0.002, "{wrong:?}");
    }

    #[test]
    fn power_grows_with_the_shift_and_with_the_datapoints() {
        let power = |count: usize, shift: f64, seed| {
            let mut uniforms = Uniforms(seed);
            let found = (0..1000).filter(|_| {
                let canary = normal(&mut uniforms, count, 10.0 + shift, 1.0);
                judged(KayentaJudge::default(), &canary, &normal(&mut uniforms, count, 10.0, 1.0)) == High
            });
            found.count()
        };
        let found = [(50, 0.25), (50, 0.5), (50, 1.0), (200, 0.5), (10, 1.0)]
            .map(|(count, shift)| power(count, shift, 14 + count as u64));
        println!("power of 1000: {found:?}");
        assert!(found[0] < found[1] && found[1] < found[2] && found[1] < found[3], "{found:?}");
        assert!(found[2] > 950 && found[3] > 950 && found[4] < 500, "{found:?}");
    }

    fn metric(classification: Classification) -> Judgement {
        Judgement { classification, critical: false, must_have_data: false, shift: None, ratio: None }
    }

    fn group(weight: Option<f64>, metrics: &[Classification]) -> Group {
        Group { weight, metrics: metrics.iter().map(|classification| metric(*classification)).collect() }
    }

    #[test]
    fn the_score_is_the_share_that_passes_by_group_and_weight() {
        assert_eq!(score(&[group(None, &[Pass, Pass, High])]), 66.67);
        assert_eq!(score(&[group(Some(70.0), &[Pass, Low]), group(None, &[Pass])]), 65.0);
        assert_eq!(
            score(&[group(Some(40.0), &[High]), group(None, &[Pass]), group(None, &[Pass, Pass, Low, Pass])]),
            52.5
        );
        assert_eq!(score(&[group(None, &[Pass, Pass, NoData])]), 100.0, "left out");
        assert_eq!(score(&[group(Some(50.0), &[NoData]), group(Some(50.0), &[High, Pass, Pass])]), 83.33);
    }

    #[test]
    fn critical_failures_and_too_little_data_score_nothing() {
        assert_eq!(score(&[group(None, &[Pass, NoData])]), 0.0, "half have no data");
        assert_eq!(score(&[group(None, &[Pass, Pass, NoData])]), 100.0);
        let mut groups = vec![group(None, &[Pass, Pass, Pass, Pass, High])];
        assert_eq!(score(&groups), 80.0);
        groups[0].metrics[4].critical = true;
        assert_eq!(score(&groups), 0.0);
        // What must have data fails without, and is not what is left out.
        let mut groups = vec![group(None, &[Pass, NoData])];
        groups[0].metrics[1].must_have_data = true;
        assert_eq!(score(&groups), 50.0);
        assert_eq!(
            [100.0, 95.0, 94.99, 75.0, 74.99].map(|score| outcome(score, PASS, MARGINAL)),
            [
                ScoreClass::Pass,
                ScoreClass::Pass,
                ScoreClass::Marginal,
                ScoreClass::Marginal,
                ScoreClass::Fail
            ]
        );
    }
}
