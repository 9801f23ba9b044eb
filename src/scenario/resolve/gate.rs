//! Resolves the gates of a wave or a step: what must hold before the next one begins.

use super::checks;
use super::evidence;
use super::fleet::timezone;
use super::scene::Scene;
use crate::plan::{Gate, GateKind, GateOpening, GateWork, HOUR_MS, WeekHours};
use crate::scenario::problems::Problems;
use crate::scenario::reader::{Field, Written};
use crate::scenario::rules;
use crate::scenario::spec::{ApprovalSpec, GateSpec, OpeningSpec, WaveSpec, Weekday as Listed};
use crate::scenario::suggest;
use crate::scenario::table::Keys;
use crate::scenario::value::{HoursText, IMMEDIATE, Text};
use jiff::civil::Weekday;

/// Kinds of gates, by the keys that name them.
const KINDS: [&str; 7] = ["approval", "test", "checks", "opening", "requests", "power", "risk"];

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
        GateKind::Checks(checks::resolve(written, checks, scene, problems)?)
    } else if let Some(opening) = spec.opening.get() {
        GateKind::Opening(self::opening(opening, scene.first_day, problems)?)
    } else if let Some(power) = spec.power.get() {
        GateKind::Requests(evidence::power(power, scene, problems)?)
    } else if let Some(risk) = spec.risk.get() {
        GateKind::Risk(evidence::risk(risk, written, scene, problems)?)
    } else {
        let requests = spec.requests.get()?;
        evidence::check_traffic(requests.span, scene, problems);
        GateKind::Requests(requests.value.0)
    };
    Some(Gate { kind, within_ms: spec.within.given() })
}

fn approval(spec: &ApprovalSpec, first_day: Weekday, problems: &mut Problems) -> GateWork {
    let written = WrittenHours { hours: &spec.hours, days: &spec.days, timezone: &spec.timezone };
    GateWork {
        takes: spec.takes.or(IMMEDIATE),
        hours: written.resolve("an approval on no day never comes", first_day, problems),
        catches: spec.catches.or_default(),
        false_alarm: spec.false_alarm.or_default(),
    }
}

/// Hours at which a gate holds; none if it never would, or always, which is reported.
fn opening(spec: &Written<OpeningSpec>, first_day: Weekday, problems: &mut Problems) -> Option<GateOpening> {
    let Written { value: spec, span } = spec;
    let written = WrittenHours { hours: &spec.hours, days: &spec.days, timezone: &spec.timezone };
    let never = "a gate that is open on no day never holds";
    let Some(hours) = written.resolve(never, first_day, problems) else {
        if !spec.is_any_broken(&["hours", "days"]) {
            let help = "add `hours = \"09:00-17:00\"`, or `days = [\"mon\"]`";
            problems.missing_key(*span, "an opening says when it is open", help);
        }
        return None;
    };
    if spec.days.value().is_some_and(Vec::is_empty) {
        return None;
    }
    let (open, next) = (hours.in_a_week(), spec.next.or_default());
    if open == GateOpening::longest_ms() / HOUR_MS {
        let message = if next {
            "these hours never begin, as they never end: the gate never holds"
        } else {
            "these hours never end: the gate holds at once"
        };
        let help = "give `hours` or `days` that leave some out, or remove the gate";
        problems.out_of_range(*span, message, help);
        return None;
    }
    (open > 0).then_some(GateOpening { hours, next })
}

/// Hours of the week as they are written.
struct WrittenHours<'s> {
    hours: &'s Field<HoursText>,
    days: &'s Field<Vec<Written<Listed>>>,
    timezone: &'s Field<Text>,
}

impl WrittenHours<'_> {
    /// The hours, none if nothing is said of them; reports days of which there are none, for which `never` says what follows.
    fn resolve(&self, never: &str, first_day: Weekday, problems: &mut Problems) -> Option<WeekHours> {
        let (_, offset) = timezone(self.timezone, problems);
        let always = self.hours.is_absent() && self.days.is_absent();
        if always && let Some(place) = self.timezone.span() {
            let help = "add `hours = \"09:00-17:00\"`, or remove it";
            let message = "`timezone` is of `hours`, and there are none";
            problems.report(rules::CONFLICTING_KEYS.at(place, message).help(help));
        }
        if let Some(days) = self.days.get().filter(|days| days.value.is_empty()) {
            problems.out_of_range(days.span, never, "name days, as in [\"mon\", \"tue\"]");
        }
        let hours = self.hours.value().copied().unwrap_or(HoursText::ALL_DAY);
        let on = |day: Weekday| match self.days.value() {
            Some(days) => days.is_empty() || days.iter().any(|listed| listed.value.civil() == day),
            None => true,
        };
        (!always).then(|| office(hours, offset, first_day, on))
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
