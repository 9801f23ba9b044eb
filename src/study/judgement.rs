//! One statistic of one strategy held against a statement about it: what is measured, what that says, and how many trials
//! would say it if these do not. Limits and expectations are both this, with one end or two.

use super::estimate::{Estimate, Values};
use super::sampling::Sampling;
use super::statement_end::StatementEnd;
use super::trials::StudyTrials;
use super::verdict::Verdict;
use crate::outcome::measures::{Measure, Subject, Unit};
use crate::plan::Plan;
use crate::plan::study::{MAX_PIPELINE_TRIALS, MAX_TRIALS, Statistic};
use crate::stats::special::normal_quantile;
use crate::stats::{self, CONFIDENCE, Interval};

/// The statement that a statistic of a strategy lies between `low` and `high`, as far as there are such ends.
pub(super) struct Statement {
    pub measure: &'static Measure,
    pub statistic: Statistic,
    pub strategy: usize,
    pub low: Option<f64>,
    pub high: Option<f64>,
}

impl Statement {
    fn ends(&self) -> impl Iterator<Item = StatementEnd> {
        ends(self.low, self.high)
    }
}

fn ends(low: Option<f64>, high: Option<f64>) -> impl Iterator<Item = StatementEnd> {
    low.map(StatementEnd::Low).into_iter().chain(high.map(StatementEnd::High))
}

/// What a plan states of percentiles of rollouts, by limits and expectations: of which measure of which strategy.
pub(super) fn percentile_statements(
    plan: &Plan,
) -> impl Iterator<Item = (&'static Measure, usize, StatementEnd)> {
    let limits = plan.study.thresholds.iter().flat_map(|limit| {
        let strategies = (0..plan.strategies.len()).filter(|own| limit.is_about(*own));
        strategies.map(|strategy| (limit.metric, limit.statistic, strategy, limit.bound.ends()))
    });
    let expected = plan.study.expectations.iter().map(|expected| {
        let (low, high) = expected.band();
        (expected.metric, expected.statistic, expected.strategy, (Some(low), Some(high)))
    });
    let of_rollouts = limits.chain(expected).filter(|(measure, statistic, ..)| {
        measure.subject() == Subject::Rollout && statistic.percentile().is_some()
    });
    of_rollouts.flat_map(|(measure, _, strategy, (low, high))| {
        ends(low, high).map(move |end| (measure, strategy, end))
    })
}

/// What the trials say of a statement.
pub(super) struct Judged {
    /// StudyTrials with a value.
    pub n: u64,
    /// The statistic; none without values.
    pub estimate: Option<Estimate>,
    pub verdict: Verdict,
    /// StudyTrials that would probably decide an inconclusive one; none if decided, or if no reasonable number would.
    pub trials_needed: Option<u64>,
}

impl Judged {
    /// The interval that was judged.
    pub fn interval(&self) -> Interval {
        self.estimate.map_or(Interval::UNBOUNDED, |estimate| estimate.interval)
    }

    /// The estimate itself.
    pub fn value(&self) -> Option<f64> {
        self.estimate.map(|estimate| estimate.value)
    }
}

/// What each of several statements may be wrong with, so that all of them at all `looks` are wrong with at most 5 %
/// (Bonferroni). The largest value seen is a fact and takes no share.
pub(super) fn doubt(statistics: impl Iterator<Item = Statistic>, looks: u32) -> f64 {
    let uncertain = statistics.filter(|statistic| *statistic != Statistic::Max).count();
    (1.0 - CONFIDENCE) / (uncertain.max(1) as f64 * f64::from(looks))
}

/// Judges a statement by an interval that may be wrong with `doubt`.
pub(super) fn judge(statement: &Statement, plan: &Plan, study: &dyn StudyTrials, doubt: f64) -> Judged {
    let Statement { measure, statistic, strategy, low, high } = *statement;
    let (trials, tail) = (study.trials(strategy), doubt / 2.0);
    let sampling = Sampling::of(study.subject(), plan, trials);
    let values = Values::new(measure, study.values(&sampling, measure, strategy));
    let estimate = values.estimate(statistic, tail);
    let interval = estimate.map_or(Interval::UNBOUNDED, |estimate| estimate.interval);
    let (verdict, estimate) = match (statistic.percentile(), estimate) {
        (Some(q), Some(estimate)) => {
            let counted = |end: StatementEnd| {
                let counts = || values.sample.count_those(|x| end.counts(x));
                study.counted(&sampling, measure, strategy, end).unwrap_or_else(counts)
            };
            let ends = statement.ends();
            let judged = ends.fold((Verdict::Pass, estimate), |(all, estimate), end| {
                let (verdict, estimate) = end.judge(&counted(end), q, tail, estimate);
                (Verdict::of_all([all, verdict]), estimate)
            });
            (judged.0, Some(judged.1))
        }
        (None, _) | (_, None) => (Verdict::between(interval, low, high), estimate),
    };
    let open = estimate.filter(|_| verdict == Verdict::Inconclusive);
    let trials_needed = open.and_then(|estimate| {
        let growth = |edge| growth_needed(statistic, edge, &values, estimate, tail);
        trials_needed(study.subject(), trials as f64, growth_to_leave(low, high, estimate, growth))
    });
    Judged { n: values.sample.len(), estimate, verdict, trials_needed }
}

/// How many times as many trials bring the interval to one side of every edge that matters: of both if the
/// estimate agrees, else of the nearer one.
fn growth_to_leave(
    low: Option<f64>,
    high: Option<f64>,
    estimate: Estimate,
    growth: impl Fn(f64) -> f64,
) -> f64 {
    let is_below = low.is_some_and(|low| estimate.value < low);
    let is_above = high.is_some_and(|high| estimate.value > high);
    let low = low.filter(|_| !is_above).map_or(0.0, &growth);
    high.filter(|_| !is_below).map_or(0.0, &growth).max(low)
}

/// How many times as many values would probably decide, from the fact that widths shrink with the
/// square root of the number of values.
fn growth_needed(statistic: Statistic, limit: f64, values: &Values, estimate: Estimate, tail: f64) -> f64 {
    let Estimate { value, interval } = estimate;
    if values.measure.unit == Unit::YesNo {
        // On the scale of the changes that can be meant: what only bad ones do is rare, not nearly certain.
        let whole = values.sample.possible().high.filter(|whole| *whole > 0.0).unwrap_or(1.0);
        let end = |end: Option<f64>| end.map(|end| end / whole);
        let interval = Interval { low: end(interval.low), high: end(interval.high) };
        return growth_of_share(value / whole, interval, limit / whole, tail);
    }
    match statistic.percentile() {
        // A percentile is below the limit if the share of values up to the limit reaches it.
        Some(q) => {
            let (share, interval) = values.sorted.share_up_to(limit, tail);
            growth_of_share(share, interval, q, tail)
        }
        None if statistic == Statistic::Mean => {
            let sample = &values.sample;
            growth_until(|times| stats::mean_interval_of_more(sample, tail, times), value, limit)
        }
        None => growth_of_mean(value, interval, limit),
    }
}

/// More than so many times as many trials are never advised.
const MOST_GROWTH: f64 = 1e7;

/// Growth until the interval of so many times as many trials leaves out `limit`.
fn growth_until(interval: impl Fn(f64) -> Interval, value: f64, limit: f64) -> f64 {
    let leaves_out = |times: f64| {
        let interval = interval(times);
        if value <= limit { interval.is_at_most(limit) } else { interval.is_above(limit) }
    };
    let (mut too_few, mut enough) = (1.0, 2.0);
    while !leaves_out(enough) {
        (too_few, enough) = (enough, 2.0 * enough);
        if enough > MOST_GROWTH {
            return f64::INFINITY;
        }
    }
    for _ in 0..8 {
        let middle = 0.5 * (too_few + enough);
        if leaves_out(middle) { enough = middle } else { too_few = middle }
    }
    enough
}

/// Growth until the interval of a mean leaves out `limit`.
pub(super) fn growth_of_mean(value: f64, interval: Interval, limit: f64) -> f64 {
    let end = if value <= limit { interval.high } else { interval.low };
    end.map_or(f64::INFINITY, |end| ((end - value) / (limit - value)) * ((end - value) / (limit - value)))
}

/// Growth until the interval of a share leaves out `limit`. The width of the interval says how many plain
/// trials it is worth; near 0 and 1 it shrinks with their number, not with its root.
fn growth_of_share(share: f64, interval: Interval, limit: f64, tail: f64) -> f64 {
    let (Some(low), Some(high)) = (interval.low, interval.high) else { return f64::INFINITY };
    let z = normal_quantile(1.0 - tail);
    let width = high - low;
    let worth = if share > 0.0 && share < 1.0 {
        4.0 * z * z * share * (1.0 - share) / (width * width)
    } else {
        -libm::log(tail) / width
    };
    z * z * limit * (1.0 - limit) / ((share - limit) * (share - limit)) / worth
}

/// StudyTrials from growth: a quarter more than now at least, two significant digits, rounded up. No more is advised
/// than may be asked for.
pub(super) fn trials_needed(subject: Subject, trials: f64, growth: f64) -> Option<u64> {
    let most = match subject {
        Subject::Rollout => MAX_TRIALS,
        Subject::Pipeline | Subject::Lane => MAX_PIPELINE_TRIALS,
    };
    let wanted = trials * growth.max(1.25);
    if !wanted.is_finite() || wanted > most as f64 {
        return None;
    }
    let mut unit = 1.0;
    while wanted / unit >= 100.0 {
        unit *= 10.0;
    }
    Some((libm::ceil(wanted / unit) * unit) as u64)
}
