//! Resolves one comparison of a claim: its sides, and what it says of them.

use super::ground::Ground;
use super::variant::Known;
use crate::diagnostic::Span;
use crate::outcome::measures::{self, Measure, Subject, Unit};
use crate::plan::claim::{Assertion, ClaimSide, Shows};
use crate::plan::study::Statistic;
use crate::scenario::problems::Problems;
use crate::scenario::reader::{Field, Written};
use crate::scenario::resolve::limit;
use crate::scenario::resolve::names;
use crate::scenario::rules;
use crate::scenario::spec::{Limit, MetricName, ShowsSpec, SideSpec, WrittenSide};

pub(super) fn resolve(
    written: &Written<ShowsSpec>,
    ground: &Ground<'_>,
    known: &Known,
    problems: &mut Problems,
) -> Option<Shows> {
    let Written { value: spec, span } = written;
    let metric = metric(&spec.metric, problems);
    let given = (metric?, spec.statistic.or(Statistic::Mean));
    let of = side(&spec.of, given, ground, known, problems);
    let than = spec.than.get().map(|_| side(&spec.than, given, ground, known, problems));
    if let Some((first, second)) = conflict(spec) {
        problems.exclude(first, second);
        return None;
    }
    let said = match (spec.is.given(), than) {
        (Some(direction), Some(than)) => {
            let (of, than) = (of.as_ref()?, than?);
            alike(of, &than, *span, problems)?;
            match spec.in_at_least.get() {
                None => Assertion::Than(direction, than),
                Some(share) => Assertion::InMost(direction, than, share.value.0.as_f64()),
            }
        }
        (None, None) => between(written, given.0, problems)?,
        (Some(_), None) if spec.than.is_broken() => return None,
        (None, Some(_)) if spec.is.is_broken() => return None,
        (Some(_), None) => {
            let help = "add `than`, the strategy that it is held against";
            problems.missing_key(*span, "`is` has no `than`", help);
            return None;
        }
        (None, Some(_)) => {
            problems.missing_key(*span, "`than` has no `is`", "add `is = \"less\"` or `is = \"more\"`");
            return None;
        }
    };
    Some(Shows { name: spec.name.given()?, of: of?, said })
}

/// A key and where it is.
type KeyPlace = (&'static str, Span);

/// Two keys that do not go together.
fn conflict(spec: &ShowsSpec) -> Option<(KeyPlace, KeyPlace)> {
    let compares = spec.is.span().map(|span| ("is", span)).or(spec.than.span().map(|span| ("than", span)));
    let bounds = [("at-least", &spec.at_least), ("at-most", &spec.at_most)];
    let bound = bounds.into_iter().find_map(|(key, limit)| Some((key, limit.span()?)));
    compares.zip(bound)
}

fn between(written: &Written<ShowsSpec>, metric: &Measure, problems: &mut Problems) -> Option<Assertion> {
    let Written { value: spec, span } = written;
    let broken = spec.is.is_broken() || spec.than.is_broken();
    if broken || spec.at_least.is_broken() || spec.at_most.is_broken() {
        return None;
    }
    if spec.at_least.is_absent() && spec.at_most.is_absent() {
        let message = "the comparison compares nothing";
        let help = "write `is` and `than`, or `at-least` and `at-most`";
        problems.report(rules::CLAIM_WITHOUT_PROOF.at(*span, message).help(help));
        return None;
    }
    let mut end = |limit: &Field<Limit>| match limit.get() {
        None => Some(None),
        Some(limit) => limit::resolve(metric, limit, problems).map(Some),
    };
    let (low, high) = (end(&spec.at_least)?, end(&spec.at_most)?);
    Some(Assertion::Between(low, high))
}

fn metric(key: &Field<MetricName>, problems: &mut Problems) -> Option<&'static Measure> {
    let Written { value: MetricName(name), span } = key.get()?;
    let found = measures::find(name).filter(|measure| measure.subject() != Subject::Lane);
    if found.is_none() {
        let known = measures::all().filter(|measure| measure.subject() != Subject::Lane);
        names::unknown(&names::METRIC, name, *span, known.map(|measure| measure.name), problems);
    }
    found
}

/// A side: what is not said of it is as the comparison says, of the baseline of the scenario.
fn side(
    written: &Field<WrittenSide>,
    (given, of_all): (&'static Measure, Statistic),
    ground: &Ground<'_>,
    known: &Known,
    problems: &mut Problems,
) -> Option<ClaimSide> {
    let absent = SideSpec::default();
    let spec = written.value().map_or(&absent, |WrittenSide(spec)| spec);
    if written.is_broken() {
        return None;
    }
    let (variant, plan) = match spec.variant.get() {
        None => (None, ground.plan),
        Some(name) => known.find(name, problems).map(|(index, plan)| (Some(index), plan))?,
    };
    let strategy = match spec.strategy.get() {
        None => plan.study.baseline,
        Some(name) => {
            let all = plan.strategies.iter().map(|strategy| strategy.name.as_str());
            names::find(name, &names::STRATEGY, all, ground.sound, problems)?
        }
    };
    // The plan of a broken scenario may lack what this is about.
    let strategy = Some(strategy).filter(|strategy| *strategy < plan.strategies.len())?;
    let metric = if spec.metric.is_absent() { given } else { metric(&spec.metric, problems)? };
    let statistic = spec.statistic.or(of_all);
    let place = written.span().unwrap_or_default();
    let help = match (metric.subject(), statistic) {
        (Subject::Pipeline | Subject::Lane, _) if ground.sound && plan.pipeline.is_none() => {
            "write a `[pipeline]`, or name another metric"
        }
        (_, Statistic::Max) => "the largest value seen has no interval: name another statistic",
        (_, other) if metric.unit == Unit::YesNo && other != Statistic::Mean => {
            "a yes or a no has a mean only: leave the statistic out"
        }
        _ => return Some(ClaimSide { variant, strategy, metric, statistic }),
    };
    let message = format!("`{}` of `{}` cannot be compared", metric.name, plan.strategies[strategy].name);
    problems.report(rules::CLAIM_WITHOUT_PROOF.at(place, message).help(help));
    None
}

/// Whether two sides can be compared, else it is reported.
fn alike(of: &ClaimSide, than: &ClaimSide, place: Span, problems: &mut Problems) -> Option<()> {
    let is_time = |unit| matches!(unit, Unit::DurationMs | Unit::LeadMs);
    let (unit, other) = (of.metric.unit, than.metric.unit);
    let same_unit = unit == other || is_time(unit) && is_time(other);
    let same = same_unit && of.metric.subject() == than.metric.subject();
    if !same {
        let message = format!("`{}` and `{}` have nothing in common", of.metric.name, than.metric.name);
        let help = "compare measures of one unit, both of rollouts or both of the pipeline";
        problems.report(rules::CLAIM_WITHOUT_PROOF.at(place, message).help(help));
    }
    same.then_some(())
}
