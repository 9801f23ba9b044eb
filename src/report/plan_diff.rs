//! What differs between two plans, one line each: `strategy careful, wave 2 (medium): bake 1h -> 15m`.
//!
//! Inputs are said as exactly as they were written, unlike results: two values that differ never look
//! the same.

use super::text;
use crate::outcome::measures;
use crate::plan::diff::{PlanChange, PlanValue};
use crate::random::Distribution;

/// Names listed in full; of longer lists only what differs is said.
const MOST_NAMES: usize = 4;
/// Largest whole number below which floats are exact.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The changes in words, a line for each.
#[must_use]
pub fn lines(changes: &[PlanChange]) -> Vec<String> {
    changes.iter().map(line).collect()
}

fn line(change: &PlanChange) -> String {
    let PlanChange { place, key, before, after } = change;
    let what = match (before, after) {
        (None, None) => "differs".to_owned(),
        (Some(_), None) if key.is_empty() => "removed".to_owned(),
        (None, Some(after)) if key.is_empty() => format!("added ({})", say(after, false)),
        (Some(before), Some(after)) => both(before, after),
        (None, Some(after)) => format!("none -> {}", say(after, false)),
        (Some(before), None) => format!("{} -> none", say(before, false)),
    };
    if key.is_empty() { format!("{place}: {what}") } else { format!("{place}: {key} {what}") }
}

/// Both values, as short as they can be told apart.
fn both(before: &PlanValue, after: &PlanValue) -> String {
    if let (PlanValue::Names(before), PlanValue::Names(after)) = (before, after) {
        return both_names(before, after);
    }
    [false, true]
        .into_iter()
        .map(|exact| (say(before, exact), say(after, exact)))
        .find(|(before, after)| before != after)
        .map_or_else(|| "differs".to_owned(), |(before, after)| format!("{before} -> {after}"))
}

fn both_names(before: &[String], after: &[String]) -> String {
    if before.len().max(after.len()) <= MOST_NAMES {
        return format!("{} -> {}", all_names(before), all_names(after));
    }
    let only = |these: &[String], others: &[String]| -> Vec<String> {
        these.iter().filter(|name| !others.contains(name)).cloned().collect()
    };
    let (went, came) = (only(before, after), only(after, before));
    let some = |names: &[String]| {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        text::list(&names, MOST_NAMES)
    };
    let mut notes = Vec::new();
    if !went.is_empty() {
        notes.push(format!("without {}", some(&went)));
    }
    if !came.is_empty() {
        notes.push(format!("with {}", some(&came)));
    }
    if notes.is_empty() {
        return format!("the same {} in another order", after.len());
    }
    format!("{} -> {} ({})", before.len(), after.len(), notes.join(", "))
}

fn all_names(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// A value; `exact` to the last digit, where the short form may leave some out.
fn say(value: &PlanValue, exact: bool) -> String {
    match value {
        PlanValue::DurationMs(ms) => duration(*ms),
        PlanValue::Share(share) => percent(*share, exact),
        PlanValue::Number(number) => plain(*number, exact),
        PlanValue::Text(text) => text.clone(),
        PlanValue::Names(names) if names.len() <= MOST_NAMES => all_names(names),
        PlanValue::Names(names) => text::counted(names.len() as u64, "name"),
        PlanValue::Distribution(distribution) => said_distribution(distribution, exact),
        PlanValue::Day { peak_utc_hour: None, trough } if *trough >= 1.0 => "flat".to_owned(),
        PlanValue::Day { peak_utc_hour, trough } => {
            let peak = peak_utc_hour.map_or_else(String::new, |hour| format!("peak at {hour:02}:00 UTC, "));
            format!("{peak}trough {}", percent(*trough, exact))
        }
        PlanValue::Limit { metric, max } => limit(metric, *max, exact),
        PlanValue::Parts(parts) => {
            let parts: Vec<String> = parts
                .iter()
                .map(|(key, value)| format!("{key} {}", say(value, exact)).trim().to_owned())
                .collect();
            parts.join(", ")
        }
    }
}

/// A duration in all the units it needs: `1h 30m`, `2d 3h 15m`, `2.5s`, `500ms`.
fn duration(ms: u64) -> String {
    if ms == 0 {
        return "0s".to_owned();
    }
    if ms < 1_000 {
        return format!("{ms}ms");
    }
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m")];
    let mut rest = ms;
    let mut words = Vec::new();
    for (unit, name) in units {
        if rest >= unit {
            words.push(format!("{}{name}", rest / unit));
            rest %= unit;
        }
    }
    if rest > 0 {
        words.push(format!("{}s", rest as f64 / 1_000.0));
    }
    words.join(" ")
}

/// A duration that a distribution holds as a float; scenarios give whole milliseconds.
fn float_duration(ms: f64, exact: bool) -> String {
    if ms.fract() == 0.0 && (0.0..EXACT).contains(&ms) {
        duration(ms as u64)
    } else if exact {
        format!("{ms}ms")
    } else {
        text::duration(ms)
    }
}

fn percent(share: f64, exact: bool) -> String {
    // Percentages have at most nine decimals; the product has an error far below.
    let written = format!("{:.9}", share * 100.0);
    let written = written.trim_end_matches('0').trim_end_matches('.');
    let is_short = written.len() <= 6;
    if exact {
        format!("{} %", share * 100.0)
    } else if is_short {
        format!("{written} %")
    } else {
        text::percent(share)
    }
}

fn plain(number: f64, exact: bool) -> String {
    let written = number.to_string();
    if number.fract() == 0.0 && (0.0..EXACT).contains(&number) {
        text::count(number as u64)
    } else if exact || written.len() <= 6 {
        written
    } else {
        text::number(number)
    }
}

fn said_distribution(distribution: &Distribution, exact: bool) -> String {
    match *distribution {
        Distribution::Fixed { ms } => duration(ms),
        Distribution::Exponential { mean_ms } => {
            format!("exponential (mean {})", float_duration(mean_ms, exact))
        }
        Distribution::Lognormal { median_ms, sigma } => {
            let median = float_duration(median_ms, exact);
            format!("lognormal (median {median}, sigma {})", plain(sigma, exact))
        }
        Distribution::Weibull { scale_ms, shape } => {
            let scale = float_duration(scale_ms, exact);
            format!("weibull (scale {scale}, shape {})", plain(shape, exact))
        }
        Distribution::Uniform { from_ms, to_ms } => {
            format!("uniform ({} to {})", float_duration(from_ms, exact), float_duration(to_ms, exact))
        }
    }
}

/// The limit of a threshold in the unit of its metric, or to the last digit as `max = ` takes it.
fn limit(name: &str, max: f64, exact: bool) -> String {
    match measures::find(name) {
        Some(metric) if !exact => text::value_with_unit(metric.unit, max),
        _ => format!("{max}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AlarmId, DefectId, RegionId};
    use crate::plan::diff::diff;
    use crate::plan::{Bound, HostShare};
    use crate::report::sample;

    fn change(before: PlanValue, after: PlanValue) -> String {
        let change =
            PlanChange { place: "x".into(), key: "y".into(), before: Some(before), after: Some(after) };
        lines(&[change]).remove(0)
    }

    #[test]
    fn an_edited_plan_in_words() {
        let (mut before, mut after) = (sample::plan(), sample::plan());
        after.fleet.regions[RegionId::new(0)].requests_per_second = 8500.5;
        before.fleet.regions[RegionId::new(1)].hourly_factor[20] = 2.0;
        after.change.defects[DefectId::new(0)].onset =
            Distribution::Lognormal { median_ms: 2_700_000.0, sigma: 1.0 };
        before
            .alarms
            .push(crate::plan::Alarm { name: "late".into(), ..before.alarms[AlarmId::new(0)].clone() });
        after.strategies[4].waves[1].bake_ms = 15 * 60_000;
        after.strategies[4].waves[2].procedure.one_box = None;
        after.strategies[4].waves[3].regions = vec![RegionId::new(1), RegionId::new(0)];
        after.strategies[4].waves[3].procedure.batch = HostShare::ALL;
        after.strategies.remove(6);
        after.study.seed = u64::MAX;
        let limit = &mut after.study.thresholds[0].bound;
        *limit = Bound::Max(limit.value() / 2.0);
        after.study.thresholds[2].strategy = None;
        insta::assert_snapshot!(lines(&diff(&before, &after)).join("\n"), @r"
        region us-east-1: requests-per-second 8,000 -> 8500.5
        region us-west-2: diurnal peak at 20:00 UTC, trough 50 % -> flat
        defect memory-leak: onset exponential (mean 45m) -> lognormal (median 45m, sigma 1)
        alarm late: removed
        strategy amazon-five-waves, wave 2 (second): bake 12h -> 15m
        strategy amazon-five-waves, wave 3 (third): one-box hosts 1, bake 1h -> none
        strategy amazon-five-waves, wave 4 (rest): regions us-east-1, us-west-2, eu-west-1, eu-central-1 -> us-west-2, us-east-1
        strategy amazon-five-waves, wave 4 (rest): batch 10 -> 100 %
        strategy nine-day-ring: removed
        study: seed 42 -> 18446744073709551615
        threshold p99 of impaired_host_ms, strategy amazon-five-waves: max 5,000 host-minutes -> 2,500 host-minutes
        threshold mean of escaped, strategy amazon-five-waves: removed
        threshold mean of escaped: added (0.6 %)
        ");
    }

    #[test]
    fn values_that_differ_never_look_the_same() {
        use PlanValue::{DurationMs, Limit, Number, Share};
        assert_eq!(
            change(DurationMs(90_061_001), DurationMs(90_061_000)),
            "x: y 1d 1h 1m 1.001s -> 1d 1h 1m 1s"
        );
        assert_eq!(change(DurationMs(0), DurationMs(15 * 60_000 + 30_000)), "x: y 0s -> 15m 30s");
        assert_eq!(change(DurationMs(500), DurationMs(2_500)), "x: y 500ms -> 2.5s");
        assert_eq!(change(Share(0.333), Share(1.0)), "x: y 33.3 % -> 100 %");
        assert_eq!(change(Share(0.0152), Share(0.0153)), "x: y 1.52 % -> 1.53 %");
        let third = 1.0 / 3.0;
        assert_eq!(change(Share(third), Share(0.5)), "x: y 33.3 % -> 50 %");
        assert_eq!(
            change(Share(third), Share(third + 1e-9)),
            "x: y 33.33333333333333 % -> 33.33333343333334 %"
        );
        assert_eq!(change(Number(120_000.0), Number(1.5)), "x: y 120,000 -> 1.5");
        assert_eq!(change(Number(0.123_456_7), Number(0.123_456_8)), "x: y 0.1234567 -> 0.1234568");
        let limit = |max| Limit { metric: "time_to_100_ms".into(), max };
        assert_eq!(change(limit(3.6e6), limit(7.2e6)), "x: y 1h -> 2h");
        assert_eq!(change(limit(3.6e6), limit(3_600_001.0)), "x: y 3600000 -> 3600001");
    }

    #[test]
    fn long_lists_say_what_differs() {
        let names = |text: &str| PlanValue::Names(text.split(' ').map(str::to_owned).collect());
        assert_eq!(change(names("a b"), names("b a")), "x: y a, b -> b, a");
        assert_eq!(change(names("a b"), PlanValue::Names(Vec::new())), "x: y a, b -> none");
        assert_eq!(change(names("a b c d e"), names("a b d f e g")), "x: y 5 -> 6 (without c, with f, g)");
        assert_eq!(change(names("a b c d e"), names("e d c b a")), "x: y the same 5 in another order");
    }
}
