//! Limits of thresholds: a text or a number into the raw unit of its metric.

use crate::diagnostic::{Diagnostic, Span};
use crate::outcome::metric::{Metric, Unit};
use crate::scenario::problems::Problems;
use crate::scenario::rules;
use crate::scenario::spec::Limit;
use crate::scenario::value::{Duration, Percent};

/// The limit in the metric's raw unit; none if it was reported.
pub(super) fn resolve(metric: &Metric, limit: &Limit, span: Span, problems: &mut Problems) -> Option<f64> {
    let text = match limit {
        Limit::Number(value) => return Some(*value),
        Limit::Text(text) => text,
    };
    let value = match metric.unit {
        Unit::DurationMs | Unit::LeadMs => Duration::parse(text).ok().map(|duration| duration.ms as f64),
        Unit::HostMs => host_ms(text),
        Unit::Ppm => Percent::parse(text).map(|ratio| ratio.num as f64 * 1e6 / ratio.den as f64),
        Unit::YesNo => Percent::parse(text).map(crate::plan::Ratio::as_f64),
        _ => None,
    };
    if value.is_none() {
        let message = format!("`{text}` is no limit for `{}`", metric.name);
        let diagnostic = Diagnostic::new(&rules::THRESHOLD_UNIT, message).at(span, "");
        problems.report(diagnostic.help(help(metric.unit)));
    }
    value
}

/// `5000 host-minutes` or `1.5 host-hours` as host-milliseconds.
fn host_ms(text: &str) -> Option<f64> {
    let (number, unit) = text.split_once(' ')?;
    let unit_ms = match unit {
        "host-minutes" | "host-minute" => 60_000.0,
        "host-hours" | "host-hour" => 3_600_000.0,
        _ => return None,
    };
    let plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number: f64 = number.parse().ok().filter(|_| plain)?;
    Some(number * unit_ms).filter(|value| value.is_finite())
}

fn help(unit: Unit) -> &'static str {
    match unit {
        Unit::DurationMs | Unit::LeadMs => "it is a time: write \"30m\" or \"2d\"",
        Unit::HostMs => "it is host-time: write \"5000 host-minutes\" or \"2 host-hours\"",
        Unit::Ppm | Unit::YesNo => "it is a share: write \"5%\"",
        _ => "it is a count: write a number without quotes",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_time_has_two_units() {
        assert_eq!(host_ms("5000 host-minutes"), Some(3e8));
        assert_eq!(host_ms("1.5 host-hours"), Some(5.4e6));
        for text in ["5000", "5000 minutes", "-1 host-minutes", "inf host-minutes", "1e3 host-hours"] {
            assert_eq!(host_ms(text), None, "{text}");
        }
    }
}
