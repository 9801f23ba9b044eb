//! Limits of thresholds and values of expectations: a text or a number into the raw unit of its metric.

use crate::diagnostic::Span;
use crate::outcome::measures::{self, Better, Measure, Unit};
use crate::plan::Bound;
use crate::scenario::problems::Problems;
use crate::scenario::reader::{Field, Written};
use crate::scenario::rules;
use crate::scenario::spec::Limit;
use crate::scenario::value::{Duration, Percent};

/// The amount in the metric's raw unit, below 0 only where the metric can be; none if it was reported.
pub(in crate::scenario) fn resolve(
    metric: &Measure,
    limit: &Written<Limit>,
    problems: &mut Problems,
) -> Option<f64> {
    let value = match &limit.value {
        Limit::Number(value) => Some(*value),
        Limit::Text(text) => signed(metric.unit, text),
    };
    let Some(value) = value else {
        let Limit::Text(text) = &limit.value else { return None };
        let message = format!("`{text}` is not in the unit of `{}`", metric.name);
        problems.report(rules::THRESHOLD_UNIT.at(limit.span, message).help(help(metric.unit)));
        return None;
    };
    if value < 0.0 && !metric.unit.is_signed() {
        let message = format!("`{}` is never below 0", metric.name);
        let signed = measures::all().filter(|metric| metric.unit.is_signed());
        let signed: Vec<String> = signed.map(|metric| format!("`{}`", metric.name)).collect();
        problems.out_of_range(limit.span, message, format!("those that can be: {}", signed.join(", ")));
        return None;
    }
    check_millionths(metric, limit, value, problems);
    Some(value)
}

/// Warns of a bare number that is tiny in millionths, and would be a plausible percentage.
fn check_millionths(metric: &Measure, limit: &Written<Limit>, value: f64, problems: &mut Problems) {
    let bare = matches!(limit.value, Limit::Number(_));
    if !bare || metric.unit != Unit::Ppm || value <= 0.0 || value > 100.0 {
        return;
    }
    let (percent, share) = (if value < 1.0 { value * 100.0 } else { value }, value / 1e4);
    let message = format!("`{}` counts millionths, of which {value} are {share} %", metric.name);
    let help = format!("write \"{percent}%\" if that is meant, or \"{share}%\"");
    problems.report_once(rules::BARE_MILLIONTHS.at(limit.span, message).help(help));
}

/// What a threshold allows, by one of its keys; none if it was reported.
pub(super) fn bound(
    metric: &Measure,
    (max, min): (&Field<Limit>, &Field<Limit>),
    span: Span,
    problems: &mut Problems,
) -> Option<Bound> {
    let problem = match (max.get(), min.get()) {
        (Some(max), None) => return resolve(metric, max, problems).map(Bound::Max),
        (None, Some(min)) => return resolve(metric, min, problems).map(Bound::Min),
        (None, None) if max.is_broken() || min.is_broken() => return None,
        (None, None) => {
            let key = match metric.better {
                Better::Less => "max",
                Better::More => "min",
            };
            let missing = rules::MISSING_KEY.at(span, format!("threshold has no `{key}`"));
            missing.help("`max` is the largest allowed value, `min` the least one")
        }
        (Some(max), Some(min)) => {
            let message = "`max` and `min` exclude each other";
            let conflict = rules::CONFLICTING_KEYS.at(min.span, message).and(max.span, "");
            conflict.help("keep one of them, or write two thresholds")
        }
    };
    problems.report(problem);
    None
}

/// A text with an optional minus sign.
fn signed(unit: Unit, text: &str) -> Option<f64> {
    match text.strip_prefix('-') {
        // Not a mere change of sign: "-0s" is 0, not the float's other zero.
        Some(size) => amount(unit, size).map(|size| 0.0 - size),
        None => amount(unit, text),
    }
}

fn amount(unit: Unit, text: &str) -> Option<f64> {
    match unit {
        Unit::DurationMs | Unit::LeadMs => Duration::parse(text).ok().map(|duration| duration.ms as f64),
        Unit::HostMs => time_of("host", text),
        Unit::CustomerMs => time_of("customer", text),
        Unit::PersonMs => time_of("person", text),
        Unit::Ppm => Percent::parse(text).map(|ratio| ratio.num as f64 * 1e6 / ratio.den as f64),
        Unit::Share | Unit::YesNo => Percent::parse(text).map(crate::plan::Ratio::as_f64),
        Unit::Hosts | Unit::Zones | Unit::Regions | Unit::Customers | Unit::Requests | Unit::Items => None,
        Unit::Deployments | Unit::Alarms | Unit::Count => None,
    }
}

/// `5000 host-minutes` or `1.5 host-hours` as host-milliseconds, and the same of customers.
fn time_of(whose: &str, text: &str) -> Option<f64> {
    let (number, unit) = text.split_once(' ')?;
    let unit_ms = match unit.strip_prefix(whose)? {
        "-minutes" | "-minute" => 60_000.0,
        "-hours" | "-hour" => 3_600_000.0,
        _ => return None,
    };
    let plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number: f64 = number.parse().ok().filter(|_| plain)?;
    Some(number * unit_ms).filter(|value| value.is_finite())
}

const COUNT: &str = "it is a count: write a number without quotes";

fn help(unit: Unit) -> &'static str {
    match unit {
        Unit::DurationMs => "it is a time: write \"30m\" or \"2d\"",
        Unit::LeadMs => "it is a time: write \"30m\", or \"-30m\" for the other way round",
        Unit::CustomerMs => "it is customer-time: write \"5000 customer-minutes\" or \"2 customer-hours\"",
        Unit::PersonMs => "it is people's time: write \"200 person-hours\" or \"90 person-minutes\"",
        Unit::HostMs => "it is host-time: write \"5000 host-minutes\" or \"2 host-hours\"",
        Unit::Ppm | Unit::Share | Unit::YesNo => "it is a share: write \"5%\"",
        Unit::Hosts | Unit::Zones | Unit::Regions | Unit::Customers | Unit::Requests | Unit::Items => COUNT,
        Unit::Deployments | Unit::Alarms | Unit::Count => COUNT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_time_has_two_units() {
        assert_eq!(time_of("host", "5000 host-minutes"), Some(3e8));
        assert_eq!(time_of("host", "1.5 host-hours"), Some(5.4e6));
        for text in ["5000", "5000 minutes", "-1 host-minutes", "inf host-minutes", "1e3 host-hours"] {
            assert_eq!(time_of("host", text), None, "{text}");
        }
    }

    #[test]
    fn a_minus_sign_turns_any_unit_round() {
        assert_eq!(signed(Unit::LeadMs, "-3m"), Some(-180_000.0));
        assert_eq!(signed(Unit::Ppm, "-1%"), Some(-10_000.0));
        assert_eq!(signed(Unit::LeadMs, "-0s").map(f64::to_bits), Some(0.0_f64.to_bits()));
        for text in ["--3m", "- 3m", "-", "3m-"] {
            assert_eq!(signed(Unit::LeadMs, text), None, "{text}");
        }
    }
}
