//! Names: those that must be unique, those that refer to something, and lists of them in messages.

use crate::diagnostic::{Diagnostic, Rule, Span};
use crate::scenario::problems::Problems;
use crate::scenario::reader::{Field, Written};
use crate::scenario::rules;
use crate::scenario::suggest;
use crate::scenario::value::Name;

/// Index of the thing that `written` names among those that are `known` in order; reports a name of none. `what` is for
/// example `alarm`.
pub(super) fn position<'a>(
    written: &Written<Name>,
    (rule, what): (&'static Rule, &str),
    mut known: impl Iterator<Item = &'a str> + Clone,
    problems: &mut Problems,
) -> Option<usize> {
    let Written { value: Name(wanted), span } = written;
    let all = known.clone();
    let found = known.position(|name| name == wanted);
    if found.is_none() {
        unknown(rule, what, wanted, *span, all, problems);
    }
    found
}

/// Reports names that are given twice, showing both places.
pub(super) fn check_unique<'a>(
    kind: &str,
    names: impl Iterator<Item = &'a Field<Name>>,
    problems: &mut Problems,
) {
    let mut seen: Vec<&Written<Name>> = Vec::new();
    for name in names.filter_map(Field::get) {
        match seen.iter().find(|other| other.value == name.value) {
            None => seen.push(name),
            Some(first) => {
                let message = format!("there are two {kind} entries named `{}`", name.value.0);
                let problem =
                    Diagnostic::new(&rules::DUPLICATE_NAME, message).at(name.span, "the second one");
                problems.report_once(problem.and(first.span, "the first one").help("rename one of them"));
            }
        }
    }
}

/// Reports a key that says nothing without another one.
pub(super) fn missing(key: &str, other: &str, span: Span, problems: &mut Problems) {
    let message = format!("`{key}` says nothing without `{other}`");
    problems.missing_key(span, message, format!("add `{other}`, or remove `{key}`"));
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

/// Reports a name that refers to nothing; `what` is for example `alarm`.
pub(super) fn unknown<'a>(
    rule: &'static Rule,
    what: &str,
    name: &str,
    span: Span,
    known: impl Iterator<Item = &'a str> + Clone,
    problems: &mut Problems,
) {
    let message = format!("there is no {what} `{name}`");
    let help = suggest::help(name, known, &plural(what));
    problems.report_once(rule.at(span, message).help(help));
}

fn plural(noun: &str) -> String {
    noun.strip_suffix('y').map_or_else(|| format!("{noun}s"), |stem| format!("{stem}ies"))
}

/// The first few names and how many more there are.
pub(super) fn some(names: &[&str]) -> String {
    const SHOWN: usize = 8;
    if names.len() <= SHOWN + 1 {
        return suggest::list(names);
    }
    format!("{} and {} more", suggest::list(&names[..SHOWN]), names.len() - SHOWN)
}
