//! Resolves the signals of `[[alarm]]` that remember: rules over rates, and canaries beside a baseline.

use super::bound::threshold;
use crate::diagnostic::Span;
use crate::plan::{CanaryRule, Comparison, Judge, RateRule, Scope, Sign, Signal};
use crate::scenario::problems::Problems;
use crate::scenario::reader::{Field, Written};
use crate::scenario::rules;
use crate::scenario::spec::{BurnRateSpec, CanarySignal, CanarySpec, Inconclusive, JudgeName, RateRatioSpec};
use crate::scenario::table::Keys;
use crate::scenario::value::{Duration, Positive};

/// Most scrapes that a window may hold: a month of every half minute.
const MOST_SCRAPES: u64 = 100_000;

/// A rule over rates, and the time between its scrapes; none if it was reported. `period` is its evaluation interval.
pub(super) fn rate_ratio(
    spec: &Written<RateRatioSpec>,
    period: Duration,
    problems: &mut Problems,
) -> Option<(Signal, u64)> {
    let Written { value: spec, span } = spec;
    let limit = threshold(&spec.above, &spec.at_least, *span, problems);
    let limit = limit.map(|(ratio, comparison)| (ratio.as_f64(), comparison));
    rule(spec, limit, period, problems)
}

/// The same of a burn-rate alert.
pub(super) fn burn_rate(
    spec: &Written<BurnRateSpec>,
    period: Duration,
    problems: &mut Problems,
) -> Option<(Signal, u64)> {
    let spec = &spec.value;
    let limit = burn_limit(spec, problems).map(|limit| (limit, Comparison::Above));
    let rates = RateRatioSpec {
        windows: spec.windows.clone(),
        scrape: spec.scrape.clone(),
        r#for: spec.r#for.clone(),
        keep_firing_for: spec.keep_firing_for.clone(),
        ..RateRatioSpec::default()
    };
    rule(&rates, limit, period, problems)
}

/// Error ratio at which the budget burns `factor` times too fast; none if it was reported.
fn burn_limit(spec: &BurnRateSpec, problems: &mut Problems) -> Option<f64> {
    let (objective, factor) = (spec.objective.get()?, spec.factor.get()?);
    let ratio = objective.value.0;
    // Exact up to the last division: 14.4 x (1 - 0.999) in floats is not 14.4 x 0.001.
    let limit = factor.value.0 * ((ratio.den - ratio.num) as f64 / ratio.den as f64);
    let refusal = if ratio.num == ratio.den {
        "an objective of 100 % leaves no error budget to burn".to_owned()
    } else if limit >= 1.0 {
        format!(
            "the budget cannot burn {} times too fast: then more than every request would fail",
            factor.value.0
        )
    } else {
        return Some(limit);
    };
    let help = "a smaller factor, or an objective with a larger budget";
    problems.report(rules::OUT_OF_RANGE.at(factor.span, refusal).and(objective.span, "").help(help));
    None
}

/// The rule of a table whose limit is this.
fn rule(
    spec: &RateRatioSpec,
    limit: Option<(f64, Comparison)>,
    period: Duration,
    problems: &mut Problems,
) -> Option<(Signal, u64)> {
    let scrape = Duration { ms: spec.scrape.or(period.ms) };
    let windows = spec.windows.get()?;
    let mut sound = true;
    let mut refuse = |span: Span, message: String, help: &str| {
        sound = false;
        problems.out_of_range(span, message, help);
    };
    if scrape.ms == 0 || !period.ms.is_multiple_of(scrape.ms) {
        let span = spec.scrape.span().unwrap_or(windows.span);
        let message = format!("the rule is evaluated every {period}, which is no multiple of `scrape`");
        refuse(span, message, "scrape every \"30s\" and evaluate every \"1m\", or both alike");
        return None;
    }
    if windows.value.is_empty() {
        refuse(windows.span, "`windows` is empty".to_owned(), "write [\"5m\"], or [\"1h\", \"5m\"]");
    }
    for window in &windows.value {
        if window.value.ms < 2 * scrape.ms {
            let message = format!(
                "a window of {} never holds two scrapes, {scrape} apart: it has no rate",
                window.value
            );
            refuse(window.span, message, "make it four scrapes or longer");
        } else if window.value.ms / scrape.ms > MOST_SCRAPES {
            let message = format!("a window of {} holds more than {MOST_SCRAPES} scrapes", window.value);
            refuse(window.span, message, "scrape less often");
        }
    }
    let (threshold, comparison) = limit.filter(|_| sound)?;
    let rule = RateRule {
        windows_ms: windows.value.iter().map(|window| window.value.ms).collect(),
        threshold,
        comparison,
        scrapes_per_evaluation: period.ms / scrape.ms,
        for_ms: spec.r#for.or_default(),
        keep_firing_for_ms: spec.keep_firing_for.or_default(),
    };
    Some((Signal::RateRatio(rule), scrape.ms))
}

/// A canary's judge; none if it was reported.
pub(super) fn canary(
    written: &Written<CanarySpec>,
    scope: &Field<Scope>,
    problems: &mut Problems,
) -> Option<Signal> {
    let spec = &written.value;
    if let Some(Written { value, span }) = scope.get().filter(|scope| scope.value != Scope::OneBox) {
        let message = "a canary is the one-box: `canary` needs `scope = \"one-box\"`";
        let help = format!("watch a {} with `error-ratio` or `rate-ratio`", word(*value));
        problems.conflict((*span, written.span), message, help);
        return None;
    }
    let name = spec.judge.get()?.value;
    let fits = check_keys(spec, name, problems) && check_values(spec, problems);
    let judge = match name {
        JudgeName::Sequential => Judge::Sequential {
            ratio: spec.ratio.or(2.0),
            false_positive: spec.false_positive.or(0.01),
            false_negative: spec.false_negative.or(0.05),
        },
        JudgeName::ZScore => {
            Judge::ZScore { confidence: spec.confidence.or(0.99), least_ratio: spec.least_ratio.or(1.0) }
        }
        JudgeName::MannWhitneyExact => Judge::MannWhitneyExact {
            confidence: spec.confidence.or(0.98),
            least_ratio: spec.least_ratio.or(1.0),
        },
        JudgeName::MannWhitney => Judge::MannWhitney { least_ratio: spec.least_ratio.or(1.0) },
    };
    let sign = sign(&spec.signal);
    let fail_inconclusive = spec.inconclusive.or(Inconclusive::Pass) == Inconclusive::Fail;
    fits.then_some(Signal::Canary(CanaryRule { judge, sign, fail_inconclusive }))
}

/// What requests are looked at for.
pub(super) fn sign(signal: &Field<CanarySignal>) -> Sign {
    match signal.or(CanarySignal::Errors) {
        CanarySignal::Errors => Sign::Failure,
        CanarySignal::Slow => Sign::Slowness,
    }
}

fn word(scope: Scope) -> &'static str {
    match scope {
        Scope::OneBox => "one-box",
        Scope::Zone => "zone",
        Scope::Region => "region",
        Scope::Service => "service",
    }
}

/// Whether every key that was given belongs to the judge.
fn check_keys(spec: &CanarySpec, judge: JudgeName, problems: &mut Problems) -> bool {
    let foreign: &[&str] = match judge {
        JudgeName::Sequential => &["confidence", "least-ratio"],
        JudgeName::ZScore | JudgeName::MannWhitneyExact => &["ratio", "false-positive", "false-negative"],
        JudgeName::MannWhitney => &["ratio", "false-positive", "false-negative", "confidence"],
    };
    let written = spec.written(foreign);
    for &(key, span) in &written {
        let judge = spec.judge.span().unwrap_or(span);
        let help = "remove it, or choose the judge that it belongs to";
        problems.conflict((span, judge), format!("this judge does not know `{key}`"), help);
    }
    written.is_empty()
}

/// Whether the numbers make a test.
fn check_values(spec: &CanarySpec, problems: &mut Problems) -> bool {
    let above_one = |field: &Field<Positive>, or_one: bool| {
        field.get().filter(|value| value.value.0 < 1.0 || !or_one && value.value.0 <= 1.0).map(|v| v.span)
    };
    let (alpha, beta) = (spec.false_positive.or(0.01), spec.false_negative.or(0.05));
    let confidence = spec.confidence.or(0.99);
    let wrong = [
        (above_one(&spec.ratio, false), "`ratio` must be above 1"),
        (above_one(&spec.least_ratio, true), "`least-ratio` must be 1 or more"),
        (spec.false_positive.span().filter(|_| alpha <= 0.0), "`false-positive` must be above 0 %"),
        (spec.false_negative.span().filter(|_| beta <= 0.0), "`false-negative` must be above 0 %"),
        (
            spec.false_positive.span().or(spec.false_negative.span()).filter(|_| alpha + beta >= 1.0),
            "the two errors must be below 100 % together",
        ),
        (
            spec.confidence.span().filter(|_| confidence <= 0.0 || confidence >= 1.0),
            "`confidence` must be between 0 % and 100 %",
        ),
    ];
    let mut sound = true;
    for (span, message) in wrong {
        if let Some(span) = span {
            sound = false;
            problems.out_of_range(span, message, "leave it out for the default");
        }
    }
    sound
}
