//! Resolves `[[allow]]`: which warnings the scenario accepts. It accepts nothing itself.

use super::alarm::ResolvedAlarm;
use super::names::{self, find};
use super::strategy::Names;
use crate::diagnostic::Severity;
use crate::scenario::allow::Allow;
use crate::scenario::problems::Problems;
use crate::scenario::reader::Written;
use crate::scenario::spec::{AllowSpec, ScenarioSpec};
use crate::scenario::{rules, suggest};

/// Everything that is accepted.
pub(super) fn resolve(
    spec: &ScenarioSpec,
    known: &Names<'_>,
    alarms: &[ResolvedAlarm],
    problems: &mut Problems,
) -> Vec<Allow> {
    let written = spec.allow.list().iter();
    written.filter_map(|written| resolve_one(written, known, alarms, problems)).collect()
}

fn resolve_one(
    written: &Written<AllowSpec>,
    known: &Names<'_>,
    alarms: &[ResolvedAlarm],
    problems: &mut Problems,
) -> Option<Allow> {
    let spec = &written.value;
    let mut places = Vec::new();
    if let Some(name) = spec.strategy.get() {
        places.push(known.drafts[known.find(name, problems)?].span);
    }
    if let Some(name) = spec.alarm.get() {
        let names = alarms.iter().map(|alarm| alarm.plan.name.as_str());
        places.push(alarms[find(name, &names::ALARM, names, true, problems)?].span);
    }
    if let Some(reason) = spec.reason.get().filter(|reason| reason.value.0.trim().is_empty()) {
        problems.missing_key(
            reason.span,
            "`reason` is empty",
            "say why the warning is right here and accepted",
        );
    }
    let named = spec.rule.get()?;
    let rule = rules::find(&named.value.0);
    if let Some(rule) = rule.filter(|rule| rule.severity == Severity::Warning) {
        return Some(Allow { rule, places, reason: spec.reason.or_default(), span: named.span });
    }
    let (message, help) = match rule {
        Some(rule) => {
            let message = format!("`{}` is an error, which cannot be allowed", rule.id);
            (message, format!("`wavetank explain {}` says what to do about it", rule.id))
        }
        None => {
            let names = rules::all().filter(|rule| rule.severity == Severity::Warning);
            let names = names.flat_map(|rule| [rule.id, rule.name]);
            let near = suggest::closest(&named.value.0, names).map(|name| format!("did you mean `{name}`?"));
            let help = "write the identifier that a warning shows, as in \"WT064\"".to_owned();
            (format!("there is no rule `{}`", named.value.0), near.unwrap_or(help))
        }
    };
    problems.report(rules::UNKNOWN_RULE.at(named.span, message).help(help));
    None
}
