//! Resolves `[[expect]]`: what was published about which strategy, and how far off is near enough.

use super::limit;
use super::names::some;
use super::run::StrategiesRun;
use crate::outcome::measures::{Measure, Unit};
use crate::plan::study::Statistic;
use crate::plan::{Expectation, Level, Tolerance};
use crate::scenario::problems::Problems;
use crate::scenario::reader::{Field, Written};
use crate::scenario::rules;
use crate::scenario::spec::{ExpectSpec, Limit, ScenarioSpec};

/// How far off the simulation may be if nothing is said. Published times are rounded, and told by people.
const TOLERANCE_IF_UNSAID: f64 = 0.15;

/// Every expectation that makes sense.
pub(super) fn resolve(
    spec: &ScenarioSpec,
    run: &StrategiesRun<'_>,
    problems: &mut Problems,
) -> Vec<Expectation> {
    let written = spec.expect.list().iter();
    written.filter_map(|written| resolve_one(written, run, problems)).collect()
}

fn resolve_one(
    written: &Written<ExpectSpec>,
    run: &StrategiesRun<'_>,
    problems: &mut Problems,
) -> Option<Expectation> {
    let spec = &written.value;
    let metric = run.metric(&spec.metric, problems);
    let strategy = strategy(written, run, problems);
    let both = spec.tolerance.span().zip(spec.within.span());
    if let Some((tolerance, within)) = both {
        let message = "`tolerance` and `within` exclude each other";
        problems.conflict((within, tolerance), message, "keep `within` for values near 0, else `tolerance`");
    }
    let metric = metric?;
    let statistic = statistic(metric, &spec.statistic, problems);
    let value = spec.value.get().and_then(|value| amount(metric, value, problems));
    let within = spec.within.get().map(|within| room(metric, within, problems));
    let unusable = both.is_some() || spec.tolerance.is_broken() || spec.within.is_broken();
    if unusable || spec.statistic.is_broken() {
        return None;
    }
    let value = value?;
    let tolerance = match within {
        Some(room) => Tolerance::Within(room?),
        None => Tolerance::Relative(relative(metric, spec, value, problems)?),
    };
    Some(Expectation {
        metric,
        statistic: statistic?,
        strategy: strategy?,
        value,
        tolerance,
        source: spec.source.or_default(),
        level: spec.level.or(Level::Warn),
    })
}

/// The strategy that the number is about: without a name the only one there is.
fn strategy(
    written: &Written<ExpectSpec>,
    run: &StrategiesRun<'_>,
    problems: &mut Problems,
) -> Option<usize> {
    if let Some(name) = written.value.strategy.get() {
        return run.position(name, "the strategy of this expectation", problems);
    }
    if written.value.strategy.is_broken() || !run.complete {
        return None;
    }
    let names = run.listed();
    if names.len() > 1 {
        let message = "`expect` does not say which strategy was measured";
        let help = format!("write `strategy = \"{}\"`: the study runs {}", names[0], some(&names));
        problems.report(rules::WHOSE_EXPECTATION.at(written.span, message).help(help));
        return None;
    }
    (names.len() == 1).then_some(0)
}

/// The statistic; a share of trials has only one.
fn statistic(metric: &Measure, field: &Field<Statistic>, problems: &mut Problems) -> Option<Statistic> {
    let is_share = metric.unit == Unit::YesNo;
    let Some(written) = field.get() else {
        return Some(if is_share { Statistic::Mean } else { Statistic::P50 });
    };
    if is_share && written.value != Statistic::Mean {
        let message = format!("`{}` is a yes or a no, of which only the share says something", metric.name);
        let help = "write `statistic = \"mean\"`, or leave it out";
        problems.report(rules::SHARE_HAS_A_MEAN.at(written.span, message).help(help));
        return None;
    }
    Some(written.value)
}

/// A value that the metric can have.
fn amount(metric: &Measure, written: &Written<Limit>, problems: &mut Problems) -> Option<f64> {
    let value = limit::resolve(metric, written, problems)?;
    let Some(whole) = metric.unit.whole() else { return Some(value) };
    if value > whole {
        let message = format!("`{}` is never more than 100 %", metric.name);
        let help = format!("write \"5%\"; a bare number is taken as it is, and {whole} is all of it");
        problems.out_of_range(written.span, message, help);
        return None;
    }
    Some(value)
}

/// Room on either side, which cannot be below 0 even where the metric can.
fn room(metric: &Measure, written: &Written<Limit>, problems: &mut Problems) -> Option<f64> {
    let room = limit::resolve(metric, written, problems)?;
    if room < 0.0 {
        let message = "`within` is a distance, which is never below 0";
        problems.out_of_range(written.span, message, "write it without the sign: it holds on either side");
        return None;
    }
    Some(room)
}

/// Room as a share of the value, which leaves none around 0.
fn relative(metric: &Measure, spec: &ExpectSpec, value: f64, problems: &mut Problems) -> Option<f64> {
    if value == 0.0 {
        let message = "a share of 0 leaves no room around it";
        let place = spec.tolerance.span().or(spec.value.span()).unwrap_or_default();
        let example = match metric.unit {
            Unit::DurationMs | Unit::LeadMs => "\"2m\"",
            Unit::HostMs => "\"5 host-minutes\"",
            Unit::CustomerMs => "\"5 customer-minutes\"",
            Unit::PersonMs => "\"5 person-hours\"",
            Unit::Ppm | Unit::Share | Unit::YesNo => "\"1%\"",
            Unit::Hosts | Unit::Zones | Unit::Regions | Unit::Customers => "2",
            Unit::Requests | Unit::Items => "2",
            Unit::Deployments | Unit::Alarms | Unit::Count => "2",
        };
        let help = format!("write `within = {example}` for the room on either side");
        problems.report(rules::NO_ROOM_AROUND_ZERO.at(place, message).help(help));
        return None;
    }
    Some(spec.tolerance.or(TOLERANCE_IF_UNSAID))
}
