//! Resolves alarms that are made of others: `any-of`, `all-of` and `score`. What a composite does is not known here.

use super::alarm::{ResolvedAlarm, alarm_indices, is_made_of_others};
use crate::diagnostic::Span;
use crate::ids::AlarmId;
use crate::plan::{Quorum, Scope, Signal, Watch};
use crate::scenario::problems::Problems;
use crate::scenario::reader::Written;
use crate::scenario::rules;
use crate::scenario::spec::AlarmSpec;
use crate::scenario::table::Keys;
use crate::scenario::value::Name;

/// Resolves the names of the alarms that others are made of.
pub(super) fn resolve_all(
    written: &[Written<AlarmSpec>],
    resolved: &mut [ResolvedAlarm],
    problems: &mut Problems,
) {
    for (index, alarm) in written.iter().enumerate() {
        check_at_least(&alarm.value, problems);
        let Some(composite) = Composite::of(&alarm.value) else { continue };
        let indices = composite.indices(written, resolved, problems);
        let points = composite.points(&indices, resolved);
        let total: u64 = points.iter().sum();
        let Some((at_least, span)) = composite.at_least(total) else {
            resolved[index].plan.signal = Signal::AnyOf(indices);
            continue;
        };
        // Names that are not known or listed twice were reported, and say nothing of the sum.
        if at_least > total && indices.len() == composite.names.len() && total > 0 {
            let message = format!("`at-least` is {at_least}, but all together are {total}: it never fires");
            let help = format!("write {total} for all of them");
            problems.report(rules::OUT_OF_RANGE.at(span, message).and(composite.span, "").help(help));
            resolved[index].sound = false;
            continue;
        }
        // It is over the narrowest place that any of its parts is over, for as long as they are watched.
        let scopes = indices.iter().map(|part| resolved[part.index()].plan.scope);
        let scope = scopes.map(place).min_by_key(|scope| *scope as u8).unwrap_or(Scope::Service);
        let plan = &mut resolved[index].plan;
        (plan.scope, plan.watch) = (scope, Watch::Rollout);
        plan.signal = Signal::Quorum(Quorum { parts: indices, points, at_least });
    }
}

/// The place that an alarm of a scope is over: a one-box is in its zone.
fn place(scope: Scope) -> Scope {
    if scope == Scope::OneBox { Scope::Zone } else { scope }
}

/// Reports an `at-least` without the list that it counts.
fn check_at_least(spec: &AlarmSpec, problems: &mut Problems) {
    let Some(at_least) = spec.at_least.span().filter(|_| spec.any_of.is_absent()) else { return };
    let help = "remove it, or list the alarms in `any-of`";
    match spec.written(&["all-of", "score"]).first() {
        Some((key, span)) => {
            let message = format!("`at-least` does not go with `{key}`: it counts the alarms of `any-of`");
            problems.conflict((at_least, *span), message, help);
        }
        None => {
            let message = "`at-least` counts the alarms of `any-of`, and there are none";
            problems.report(rules::CONFLICTING_KEYS.at(at_least, message).help(help));
        }
    }
}

/// What a composite says.
struct Composite<'s> {
    names: Vec<Written<Name>>,
    span: Span,
    needs: Needs,
    spec: &'s AlarmSpec,
}

/// How many of its alarms a composite needs at once.
#[derive(Debug, Clone, Copy)]
enum Needs {
    /// Any of them, or so many.
    AnyOf,
    /// All of them.
    AllOf,
    /// So many points.
    Score,
}

impl Needs {
    /// The key that lists them.
    fn key(self) -> &'static str {
        match self {
            Self::AnyOf => "any-of",
            Self::AllOf => "all-of",
            Self::Score => "score",
        }
    }
}

impl<'s> Composite<'s> {
    fn of(spec: &'s AlarmSpec) -> Option<Self> {
        let listed = [(Needs::AnyOf, &spec.any_of), (Needs::AllOf, &spec.all_of)];
        let listed = listed.into_iter().find_map(|(needs, field)| Some((needs, field.get()?)));
        if let Some((needs, list)) = listed {
            return Some(Self { names: list.value.clone(), span: list.span, needs, spec });
        }
        let score = spec.score.get()?;
        let points = score.value.points.value()?;
        let names = points.0.iter().map(|(name, _)| name.clone()).collect();
        Some(Self { names, span: score.span, needs: Needs::Score, spec })
    }

    /// The alarms; reports those that cannot be parts.
    fn indices(
        &self,
        written: &[Written<AlarmSpec>],
        resolved: &[ResolvedAlarm],
        problems: &mut Problems,
    ) -> Vec<AlarmId> {
        let indices = alarm_indices(&self.names, resolved, problems);
        if self.names.is_empty() {
            let help = "list the alarms that it is made of";
            problems.missing_key(self.span, format!("`{}` names no alarm", self.needs.key()), help);
        }
        let is_composite = |part: &&AlarmId| is_made_of_others(&written[part.index()].value);
        if let Some(part) = indices.iter().find(is_composite) {
            let message = format!("`{}` is itself made of alarms", resolved[part.index()].plan.name);
            let help = "list the alarms that it is made of instead";
            problems.report(rules::CONFLICTING_KEYS.at(self.span, message).help(help));
        }
        indices
    }

    /// What each of the alarms counts.
    fn points(&self, indices: &[AlarmId], resolved: &[ResolvedAlarm]) -> Vec<u64> {
        let score = self.spec.score.value().and_then(|score| score.points.value());
        let of = |part: &AlarmId| {
            let name = &resolved[part.index()].plan.name;
            let given = score.and_then(|points| points.0.iter().find(|(known, _)| known.value.0 == *name));
            given.map_or(1, |(_, points)| *points)
        };
        indices.iter().map(of).collect()
    }

    /// How many points of `total` it needs at once, and where that was written; none if any alarm will do.
    fn at_least(&self, total: u64) -> Option<(u64, Span)> {
        match self.needs {
            Needs::AllOf => Some((total.max(1), self.span)),
            Needs::Score => {
                let at_least = self.spec.score.value()?.at_least.get()?;
                Some((at_least.value.0, at_least.span))
            }
            Needs::AnyOf => {
                let at_least = self.spec.at_least.get()?;
                (at_least.value.0 > 1).then_some((at_least.value.0, at_least.span))
            }
        }
    }
}
