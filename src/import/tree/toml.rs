//! TOML: the parser's own tree with places, as the common one.

use super::limits::{deep_bracket, says_too_deep, too_deep, too_many_signs, too_much};
use super::{Entry, Marked, MarkedValue, Numbers};
use crate::diagnostic::{Diagnostic, FileId, Span};
use crate::scenario::rules;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The file as a mapping.
///
/// # Errors
/// Where it is no TOML.
pub(super) fn parse(text: &str, file: FileId, numbers: &mut Numbers) -> Result<Marked, Diagnostic> {
    if let Some(at) = deep_bracket(text) {
        return Err(too_deep(Span { file, start: at, end: at + 1 }));
    }
    if let Some(at) = too_many_signs(text) {
        return Err(too_much(Span { file, start: at, end: at + 1 }));
    }
    let table = DeTable::parse(text).map_err(|error| {
        let range = error.span().unwrap_or(0..0);
        if says_too_deep(error.message()) {
            return too_deep(span(file, &range));
        }
        rules::FOREIGN_SYNTAX.at(span(file, &range), format!("this is no valid TOML: {}", error.message()))
    })?;
    Ok(Marked { span: span(file, &table.span()), value: entries(table.get_ref(), file, numbers), tag: None })
}

fn span(file: FileId, range: &Range<usize>) -> Span {
    Span { file, start: range.start, end: range.end }
}

fn entries(table: &DeTable<'_>, file: FileId, numbers: &mut Numbers) -> MarkedValue {
    let entry = |(key, value): (&Spanned<std::borrow::Cow<'_, str>>, &Spanned<DeValue<'_>>)| Entry {
        number: numbers.next(),
        key: key.get_ref().to_string(),
        key_span: span(file, &key.span()),
        value: marked(value, file, numbers),
    };
    let mut entries: Vec<Entry> = table.iter().map(entry).collect();
    entries.sort_by_key(|entry| entry.key_span.start);
    MarkedValue::Map(entries)
}

fn marked(value: &Spanned<DeValue<'_>>, file: FileId, numbers: &mut Numbers) -> Marked {
    let plain = |text: String| MarkedValue::Scalar { text, plain: true };
    let tree = match value.get_ref() {
        DeValue::String(text) => MarkedValue::Scalar { text: text.to_string(), plain: false },
        DeValue::Integer(number) => plain(number.to_string()),
        DeValue::Float(number) => plain(number.to_string()),
        DeValue::Boolean(truth) => plain(truth.to_string()),
        DeValue::Datetime(time) => plain(time.to_string()),
        DeValue::Array(items) => {
            MarkedValue::List(items.iter().map(|item| marked(item, file, numbers)).collect())
        }
        DeValue::Table(table) => entries(table, file, numbers),
    };
    Marked { span: span(file, &value.span()), value: tree, tag: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_places_are_kept() {
        let text = "[[waves]]\nstart_after = '1 hour'\nfleet_percentage = 3\n";
        let tree = parse(text, FileId::default(), &mut Numbers::default()).unwrap();
        let MarkedValue::List(waves) = &tree.get("waves").unwrap().value else { panic!("{tree:?}") };
        let share = waves[0].get("fleet_percentage").unwrap();
        assert_eq!((share.text(), &text[share.span.start..share.span.end]), (Some("3"), "3"));
        assert!(parse("a = ", FileId::default(), &mut Numbers::default()).is_err());
    }
}
