//! Names: those that must be unique, those that refer to something, and lists of them in messages.

use crate::diagnostic::{Diagnostic, Rule, Span};
use crate::outlet::look;
use crate::scenario::problems::Problems;
use crate::scenario::reader::{Field, Written};
use crate::scenario::rules;
use crate::scenario::suggest;
use crate::scenario::timezone;
use crate::scenario::value::{Name, Text};

/// A kind of thing that is referred to by its name.
pub(in crate::scenario) struct Noun {
    /// The rule that a name of none breaks.
    rule: &'static Rule,
    /// What one is called.
    word: &'static str,
}

/// A noun and its rule.
const fn noun(word: &'static str, rule: &'static Rule) -> Noun {
    Noun { rule, word }
}

pub(super) static ALARM: Noun = noun("alarm", &rules::UNKNOWN_ALARM);
pub(super) static CALENDAR: Noun = noun("calendar", &rules::UNKNOWN_CALENDAR);
pub(super) static COHORT: Noun = noun("cohort", &rules::UNKNOWN_COHORT);
pub(super) static DEFECT: Noun = noun("defect", &rules::UNKNOWN_DEFECT);
pub(super) static LABEL: Noun = noun("label", &rules::UNKNOWN_LABEL);
pub(in crate::scenario) static METRIC: Noun = noun("metric", &rules::UNKNOWN_METRIC);
pub(super) static REGION: Noun = noun("region", &rules::UNKNOWN_REGION);
pub(in crate::scenario) static STAGE: Noun = noun("stage", &rules::UNKNOWN_STAGE);
pub(in crate::scenario) static STRATEGY: Noun = noun("strategy", &rules::UNKNOWN_STRATEGY);
pub(in crate::scenario) static VARIANT: Noun = noun("variant", &rules::UNKNOWN_VARIANT);
static TIME_ZONE: Noun = noun("time zone", &rules::UNKNOWN_TIMEZONE);

/// Index of the thing that `written` names among those that are `known` in order. Reports a name of none, unless the list
/// is not `complete`: then it may be one of those that are missing.
pub(in crate::scenario) fn find<'a>(
    written: &Written<Name>,
    noun: &Noun,
    known: impl Iterator<Item = &'a str> + Clone,
    complete: bool,
    problems: &mut Problems,
) -> Option<usize> {
    let Written { value: Name(wanted), span } = written;
    let found = known.clone().position(|name| name == wanted);
    if found.is_none() && complete {
        unknown(noun, wanted, *span, known, problems);
    }
    found
}

/// Reports a time zone that is in no database; `other` is what else the key takes.
pub(super) fn unknown_time_zone(written: &Written<Text>, other: Option<&str>, problems: &mut Problems) {
    let zones = timezone::names();
    unknown(
        &TIME_ZONE,
        &written.value.0,
        written.span,
        zones.iter().map(String::as_str).chain(other),
        problems,
    );
}

/// Reports names that are given twice, or that a reader cannot tell apart, showing both places.
pub(in crate::scenario) fn check_unique<'a>(
    kind: &str,
    names: impl Iterator<Item = &'a Field<Name>>,
    problems: &mut Problems,
) {
    let mut seen: Vec<(String, &Written<Name>)> = Vec::new();
    for name in names.filter_map(Field::get) {
        let looks = look(&name.value.0);
        let Some((_, first)) = seen.iter().find(|(other, _)| *other == looks) else {
            seen.push((looks, name));
            continue;
        };
        let (rule, message) = if first.value == name.value {
            let message = format!("there are two {kind} entries named `{}`", name.value.0);
            (&rules::DUPLICATE_NAME, message)
        } else {
            let message = format!("there are two {kind} entries whose names look like `{looks}`");
            (&rules::LOOK_ALIKE, message)
        };
        let problem = Diagnostic::new(rule, message).at(name.span, "the second one");
        problems.report_once(problem.and(first.span, "the first one").help("rename one of them"));
    }
}

/// Reports names that a list refers to twice.
pub(super) fn check_listed_once(names: &[Written<Name>], problems: &mut Problems) {
    for (index, name) in names.iter().enumerate() {
        if let Some(first) = names[..index].iter().find(|other| other.value == name.value) {
            let message = format!("`{}` is listed twice", name.value.0);
            let help = "remove one";
            problems.report_once(rules::DUPLICATE_NAME.at(name.span, message).and(first.span, "").help(help));
        }
    }
}

/// Reports a name that refers to nothing.
pub(in crate::scenario) fn unknown<'a>(
    noun: &Noun,
    name: &str,
    span: Span,
    known: impl Iterator<Item = &'a str> + Clone,
    problems: &mut Problems,
) {
    let message = format!("there is no {} `{name}`", noun.word);
    let help = suggest::help(name, known, &plural(noun.word));
    problems.report_once(noun.rule.at(span, message).help(help));
}

fn plural(word: &str) -> String {
    word.strip_suffix('y').map_or_else(|| format!("{word}s"), |stem| format!("{stem}ies"))
}

/// The first few names and how many more there are.
pub(super) fn some(names: &[&str]) -> String {
    const SHOWN: usize = 8;
    if names.len() <= SHOWN + 1 {
        return suggest::list(names);
    }
    format!("{} and {} more", suggest::list(&names[..SHOWN]), names.len() - SHOWN)
}
