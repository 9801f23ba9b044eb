//! Resolves the checks of a gate: datapoints of one alarm, or of several that count together. What else must hold is not known
//! here.

use super::alarm::{ResolvedAlarm, alarm_indices};
use super::scene::Scene;
use crate::diagnostic::Span;
use crate::ids::AlarmId;
use crate::plan::{CheckScore, CheckedOver, Decides, Enough, GateChecks, Missing, Ratio};
use crate::scenario::problems::Problems;
use crate::scenario::reader::{Field, Written};
use crate::scenario::rules;
use crate::scenario::spec::{ChecksSpec, GateSpec};
use crate::scenario::table::Keys;
use crate::scenario::value::{Duration, Int, Name, Percent, Points};

type Number = Int<1, 1_000_000>;

/// The names of the alarms that checks look at, as far as they were written.
pub(super) fn named(spec: &ChecksSpec) -> impl Iterator<Item = &Name> {
    let points = spec.points.value().into_iter().flat_map(|points| &points.0);
    spec.alarm.value().into_iter().chain(points.map(|(name, _)| &name.value))
}

/// The checks of a gate; none if they were reported.
pub(super) fn resolve(
    gate: &Written<GateSpec>,
    spec: &ChecksSpec,
    scene: &Scene,
    problems: &mut Problems,
) -> Option<GateChecks> {
    let points = match (spec.alarm.get(), spec.points.get()) {
        (Some(alarm), Some(points)) => {
            problems.exclude(("alarm", alarm.span), ("points", points.span));
            return None;
        }
        (Some(_), None) => None,
        (None, Some(points)) => Some(points),
        (None, None) => {
            if !spec.is_any_broken(&["alarm", "points"]) {
                let help = "add `alarm = \"errors\"`, or `points = { errors = 60, latency = 40 }`";
                problems.missing_key(gate.span, "the checks name no alarm", help);
            }
            return None;
        }
    };
    let alarms = alarms(spec, points, scene, problems)?;
    let scored = points.and_then(|points| scored(spec, points, &alarms, problems));
    check_score_keys(spec, problems);
    check_row(spec, problems);
    check_missing(spec, &alarms, scene, problems);
    let number = |field: &Field<Number>| field.given().map(|number| number as u32);
    let count = number(&spec.count);
    let passes = match (number(&spec.passes), count) {
        (None, Some(count)) => Enough::Made(count),
        (Some(passes), _) if passes > 1 && spec.in_a_row.or_default() => Enough::InARow(passes),
        (passes, _) => Enough::Passed(passes.unwrap_or(1)),
    };
    let checks = GateChecks {
        alarm: alarms[0],
        scored,
        count: count.filter(|_| !matches!(passes, Enough::Made(_))),
        passes,
        failures: number(&spec.failures).unwrap_or(1),
        inconclusive: number(&spec.inconclusive),
        missing: number(&spec.missing),
        over: spec.over.or(CheckedOver::Gate),
        after_ms: spec.after.or_default(),
    };
    check_ends(gate, &checks, scene, problems);
    Some(checks)
}

/// The alarms that are checked, at least one; reports those that cannot be.
fn alarms(
    spec: &ChecksSpec,
    points: Option<&Written<Points>>,
    scene: &Scene,
    problems: &mut Problems,
) -> Option<Vec<AlarmId>> {
    let names = match points {
        Some(points) => points.value.0.iter().map(|(name, _)| name.clone()).collect(),
        None => vec![spec.alarm.get()?.clone()],
    };
    if let Some(points) = points.filter(|_| names.is_empty()) {
        problems.missing_key(points.span, "`points` names no alarm", "list alarms and what each counts");
    }
    let indices = alarm_indices(&names, &scene.alarms, problems);
    if indices.len() < names.len() || names.is_empty() {
        return None;
    }
    let resolved = |alarm: &AlarmId| &scene.alarms[alarm.index()];
    for (name, alarm) in names.iter().zip(indices.iter().map(resolved)) {
        if alarm.sound && alarm.plan.signal.kind().decides != Decides::ByDatapoint {
            let message = format!("`{}` has no datapoints that could be checks", alarm.plan.name);
            let help =
                "check an alarm with `error-ratio` or another signal that decides by single datapoints";
            problems.conflict((name.span, alarm.span), message, help);
            return None;
        }
    }
    let first = resolved(&indices[0]);
    let of_first = first.plan.period_ms;
    if let Some(other) = indices.iter().map(resolved).find(|alarm| alarm.plan.period_ms != of_first) {
        let message = format!(
            "a check is of one period, but `{}` has one of {} and `{}` one of {}",
            first.plan.name,
            Duration { ms: of_first },
            other.plan.name,
            Duration { ms: other.plan.period_ms }
        );
        let place = names[0].span;
        let help = "give both alarms the same `period`, or each a gate of its own";
        problems.report(rules::CONFLICTING_KEYS.at(place, message).and(other.span, "").help(help));
        return None;
    }
    Some(indices)
}

/// What the alarms count together; none if there is only one, which is then the check.
fn scored(
    spec: &ChecksSpec,
    points: &Written<Points>,
    alarms: &[AlarmId],
    problems: &mut Problems,
) -> Option<CheckScore> {
    let pass = spec.pass.get().map_or(Ratio::ONE, |pass| pass.value.0);
    let marginal = spec.marginal.get().map_or(pass, |marginal| marginal.value.0);
    if let Some(place) = spec.marginal.span().filter(|_| pass.is_below(marginal)) {
        let message = "`marginal` is above `pass`: what has failed cannot have passed";
        let help = "let `marginal` be at most `pass`, which is 100 % unless it is given";
        let problem = rules::OUT_OF_RANGE.at(place, message);
        let problem = spec.pass.span().into_iter().fold(problem, |problem, pass| problem.and(pass, ""));
        problems.report(problem.help(help));
    }
    if let Some(Written { span, .. }) = spec.pass.get().filter(|pass| pass.value.is_zero()) {
        problems.out_of_range(*span, "`pass` of 0 %: every check passes", "write more than \"0%\"");
    }
    let points = alarms.iter().copied().zip(points.value.0.iter().map(|(_, points)| *points));
    let points: Vec<(AlarmId, u64)> = points.collect();
    (points.len() > 1).then_some(CheckScore { points, marginal, pass })
}

/// Reports keys of a score where there is none, and a limit on inconclusive checks where no check is.
fn check_score_keys(spec: &ChecksSpec, problems: &mut Problems) {
    if let Some(alarm) = spec.alarm.span() {
        for (key, span) in spec.written(&["marginal", "pass"]) {
            let message = format!("`{key}` is a share of `points`, and a single alarm passes or fails");
            problems.conflict((span, alarm), message, "remove it, or give `points`");
        }
    }
    let limit = |field: &Field<Percent>| field.get().map(|limit| limit.value.0);
    let pass = limit(&spec.pass).unwrap_or(Ratio::ONE);
    let none_is = spec.points.is_absent() || limit(&spec.marginal).is_none_or(|marginal| marginal == pass);
    if let Some(place) = spec.inconclusive.span().filter(|_| none_is && !spec.marginal.is_broken()) {
        let message = "no check is inconclusive: there is nothing between `marginal` and `pass`";
        let help = "add `points` and a `marginal` below `pass`, or remove it";
        problems.report(rules::CONFLICTING_KEYS.at(place, message).help(help));
    }
}

/// The first of these alarms of which a datapoint that is missing is no check.
fn with_gaps<'s>(alarms: &[AlarmId], scene: &'s Scene) -> Option<&'s ResolvedAlarm> {
    let mut resolved = alarms.iter().map(|alarm| &scene.alarms[alarm.index()]);
    resolved.find(|alarm| matches!(alarm.plan.missing, Missing::Ignore | Missing::Missing))
}

/// Reports a row of checks that can never be, or that says nothing.
fn check_row(spec: &ChecksSpec, problems: &mut Problems) {
    if let (Some(passes), Some(count)) = (spec.passes.get(), spec.count.get())
        && passes.value.0 > count.value.0
    {
        let message = format!("{} checks cannot pass where {} are made", passes.value.0, count.value.0);
        let help = "make more checks, or let fewer be enough";
        problems.conflict((passes.span, count.span), message, help);
    }
    let Some(row) = spec.in_a_row.get().filter(|row| row.value) else { return };
    if spec.passes.is_absent() {
        let message = "`in-a-row` is of `passes`, and there are none";
        problems.missing_key(row.span, message, "add `passes = 3`: so many checks in a row");
    } else if spec.failures.or(1) == 1 && !spec.failures.is_broken() {
        let message = "the first failed check fails the gate: whatever passes is in a row";
        let help = "add `failures = 4`: so many failed ones fail it, fewer begin the row anew";
        problems.report(rules::CONFLICTING_KEYS.at(row.span, message).help(help));
    }
}

/// Reports a limit on checks without data of alarms that have no such checks.
fn check_missing(spec: &ChecksSpec, alarms: &[AlarmId], scene: &Scene, problems: &mut Problems) {
    let Some(place) = spec.missing.span().filter(|_| with_gaps(alarms, scene).is_none()) else { return };
    let alarm = &scene.alarms[alarms[0].index()];
    let counts_as = match alarm.plan.missing {
        Missing::Breaching => "failed",
        Missing::NotBreaching => "passed",
        Missing::Ignore | Missing::Missing => return,
    };
    if alarm.sound {
        let message = format!("checks of `{}` without data are {counts_as} ones", alarm.plan.name);
        let help = "add `missing-data = \"ignore\"` to the alarm, or remove `missing`";
        problems.conflict((place, alarm.span), message, help);
    }
}

/// Reports checks that neither pass nor fail, and may go on for ever.
fn check_ends(gate: &Written<GateSpec>, checks: &GateChecks, scene: &Scene, problems: &mut Problems) {
    if !gate.value.within.is_absent() {
        return;
    }
    let alarms: Vec<AlarmId> = checks.alarms().collect();
    let missing = with_gaps(&alarms, scene).filter(|_| checks.missing.is_none());
    let report = |message: String, at: Option<Span>, help: &str, problems: &mut Problems| {
        let problem = rules::MISSING_KEY.at(gate.span, message);
        let problem = at.into_iter().fold(problem, |problem, at| problem.and(at, ""));
        problems.report(problem.help(help));
    };
    if let Some(alarm) = missing {
        let message =
            format!("checks of `{}` without data neither pass nor fail: they may never end", alarm.plan.name);
        let help = "add `within = \"2h\"` to the gate, or `missing = 5` to the checks, or let missing data of the alarm be \"breaching\"";
        report(message, Some(alarm.span), help, problems);
    } else if checks.may_be_inconclusive() && checks.has_no_end() {
        let message = "inconclusive checks neither pass nor fail: they may never end".to_owned();
        let help = "add `within = \"2h\"` to the gate, or `inconclusive = 5` to the checks, or a `count` in place of `passes`";
        report(message, None, help, problems);
    }
}
