//! Resolves the gates of a wave or a step: what must hold before the next one begins.

use super::alarm::{ResolvedAlarm, alarm_indices};
use super::fleet::timezone;
use super::scene::Scene;
use crate::diagnostic::Span;
use crate::plan::{CheckedOver, Decides, Enough, Gate, GateChecks, GateKind, GateWork, Missing, WeekHours};
use crate::scenario::problems::Problems;
use crate::scenario::reader::{Field, Written};
use crate::scenario::rules;
use crate::scenario::spec::{ApprovalSpec, ChecksSpec, GateSpec, WaveSpec};
use crate::scenario::suggest;
use crate::scenario::table::Keys;
use crate::scenario::value::{HoursText, IMMEDIATE, Int};
use jiff::civil::Weekday;

/// Kinds of gates, by the keys that name them.
const KINDS: [&str; 4] = ["approval", "test", "checks", "requests"];

/// All gates that a wave has, its ladder's among them.
pub(super) fn written(wave: &WaveSpec) -> impl Iterator<Item = &GateSpec> {
    let steps = wave.steps.list().iter().map(|step| &step.value.gates);
    let ramp = wave.ramp.value().map(|ramp| &ramp.gates);
    let lists = [&wave.gates].into_iter().chain(steps).chain(ramp);
    lists.flat_map(Field::list).map(|gate| &gate.value)
}

/// All gates of a wave or a step.
pub(super) fn resolve(
    field: &Field<Vec<Written<GateSpec>>>,
    scene: &Scene,
    problems: &mut Problems,
) -> Vec<Gate> {
    field.list().iter().filter_map(|gate| resolve_one(gate, scene, problems)).collect()
}

fn resolve_one(written: &Written<GateSpec>, scene: &Scene, problems: &mut Problems) -> Option<Gate> {
    let spec = &written.value;
    match spec.written(&KINDS)[..] {
        [] if spec.is_any_broken(&KINDS) => return None,
        [] => {
            let help = format!("add one of {}", suggest::list(&KINDS));
            problems.missing_key(written.span, "a gate that says nothing that must hold", help);
            return None;
        }
        [_] => {}
        [first, second, ..] => {
            let message =
                format!("a gate is one thing that must hold, not both `{}` and `{}`", first.0, second.0);
            problems.conflict((second.1, first.1), message, "write the other one as a gate of its own");
            return None;
        }
    }
    let kind = if let Some(approval) = spec.approval.value() {
        GateKind::Approval(self::approval(approval, scene.first_day, problems))
    } else if let Some(test) = spec.test.value() {
        GateKind::Test(GateWork {
            takes: test.takes.or(IMMEDIATE),
            hours: None,
            catches: test.catches.or_default(),
            false_alarm: test.false_alarm.or_default(),
        })
    } else if let Some(checks) = spec.checks.value() {
        let checks = self::checks(checks, scene, problems)?;
        check_ends(written, &checks, scene, problems);
        GateKind::Checks(checks)
    } else {
        let requests = spec.requests.get()?;
        check_traffic(requests.span, scene, problems);
        GateKind::Requests(requests.value.0)
    };
    Some(Gate { kind, within_ms: spec.within.given() })
}

fn approval(spec: &ApprovalSpec, first_day: Weekday, problems: &mut Problems) -> GateWork {
    let (_, offset) = timezone(&spec.timezone, problems);
    let always = spec.hours.is_absent() && spec.days.is_absent();
    if always && let Some(place) = spec.timezone.span() {
        let help = "add `hours = \"09:00-17:00\"`, or remove it";
        problems.report(
            rules::CONFLICTING_KEYS.at(place, "`timezone` is of `hours`, and there are none").help(help),
        );
    }
    if let Some(days) = spec.days.get().filter(|days| days.value.is_empty()) {
        problems.out_of_range(
            days.span,
            "an approval on no day never comes",
            "name days, as in [\"mon\", \"tue\"]",
        );
    }
    let hours = spec.hours.value().copied().unwrap_or(HoursText::ALL_DAY);
    let on = |day: Weekday| match spec.days.value() {
        Some(days) => days.is_empty() || days.iter().any(|listed| listed.value.civil() == day),
        None => true,
    };
    GateWork {
        takes: spec.takes.or(IMMEDIATE),
        hours: (!always).then(|| office(hours, offset, first_day, on)),
        catches: spec.catches.or_default(),
        false_alarm: spec.false_alarm.or_default(),
    }
}

/// Hours of the week that begins on `first_day` at midnight UTC in which somebody is at work, where the local time is
/// `offset` hours ahead. Hours after midnight belong to the day on which they begin.
fn office(hours: HoursText, offset: i64, first_day: Weekday, on: impl Fn(Weekday) -> bool) -> WeekHours {
    WeekHours::new(|utc| {
        let local = utc as i64 + offset;
        hours.of_day().any(|hour| {
            let midnight = local - hour;
            midnight.rem_euclid(24) == 0 && on(first_day.wrapping_add(midnight.div_euclid(24)))
        })
    })
}

fn checks(spec: &ChecksSpec, scene: &Scene, problems: &mut Problems) -> Option<GateChecks> {
    let written = spec.alarm.get()?;
    let alarm = *alarm_indices(std::slice::from_ref(written), &scene.alarms, problems).first()?;
    let definition = &scene.alarms[alarm.index()];
    if definition.sound && definition.plan.signal.kind().decides != Decides::ByDatapoint {
        let message = format!("`{}` has no datapoints that could be checks", definition.plan.name);
        let help = "check an alarm with `error-ratio` or another signal that decides by single datapoints";
        problems.conflict((written.span, definition.span), message, help);
        return None;
    }
    let number = |field: &Field<Int<1, 1_000_000>>| field.given().map(|number| number as u32);
    check_row(spec, problems);
    check_missing(spec, (written.span, definition), problems);
    let count = number(&spec.count);
    let passes = match (number(&spec.passes), count) {
        (None, Some(count)) => Enough::Made(count),
        (Some(passes), _) if passes > 1 && spec.in_a_row.or_default() => Enough::InARow(passes),
        (passes, _) => Enough::Passed(passes.unwrap_or(1)),
    };
    Some(GateChecks {
        alarm,
        count: count.filter(|_| !matches!(passes, Enough::Made(_))),
        passes,
        failures: number(&spec.failures).unwrap_or(1),
        missing: number(&spec.missing),
        over: spec.over.or(CheckedOver::Gate),
        after_ms: spec.after.or_default(),
    })
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

/// Reports a limit on checks without data of an alarm that has no such checks.
fn check_missing(spec: &ChecksSpec, (written, alarm): (Span, &ResolvedAlarm), problems: &mut Problems) {
    let Some(missing) = spec.missing.get() else { return };
    let counts_as = match alarm.plan.missing {
        Missing::Breaching => "failed",
        Missing::NotBreaching => "passed",
        Missing::Ignore | Missing::Missing => return,
    };
    if alarm.sound {
        let message = format!("checks of `{}` without data are {counts_as} ones", alarm.plan.name);
        let help = "add `missing-data = \"ignore\"` to the alarm, or remove `missing`";
        problems.report(
            rules::CONFLICTING_KEYS.at(missing.span, message).and(written, "").and(alarm.span, "").help(help),
        );
    }
}

/// Reports checks that neither pass nor fail where there is no data, and may go on for ever.
fn check_ends(gate: &Written<GateSpec>, checks: &GateChecks, scene: &Scene, problems: &mut Problems) {
    let alarm = &scene.alarms[checks.alarm.index()];
    let holds = matches!(alarm.plan.missing, Missing::Ignore | Missing::Missing);
    if holds && gate.value.within.is_absent() && checks.missing.is_none() {
        let message =
            format!("checks of `{}` without data neither pass nor fail: they may never end", alarm.plan.name);
        let help = "add `within = \"2h\"` to the gate or `missing = 5` to its checks, or let missing data of the alarm be \"breaching\"";
        problems.report(rules::MISSING_KEY.at(gate.span, message).and(alarm.span, "").help(help));
    }
}

/// Reports a gate that waits for requests where none come.
fn check_traffic(place: Span, scene: &Scene, problems: &mut Problems) {
    let fleet = &scene.fleet;
    if fleet.sound && fleet.plan.regions.iter().all(|region| region.requests_per_second == 0.0) {
        let message = "a gate that waits for requests never opens: the fleet has no traffic";
        problems.out_of_range(place, message, "add `requests-per-second` to the regions");
    }
}
