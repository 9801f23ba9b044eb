//! Dates of the civil calendar: "2026-03-02".

use super::schema::{schema, string_pattern};
use crate::diagnostic::Diagnostic;
use crate::scenario::reader::{Node, Read, Reader};
use crate::scenario::rules;
use jiff::civil::Date;
use toml::de::DeValue;

/// A day, written `"YYYY-MM-DD"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateText(pub Date);

impl Read for DateText {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let help = "write year, month and day, as in \"2026-03-02\"";
        let DeValue::String(text) = node.value else {
            return reader.wrong_type(node, "a date", help);
        };
        let date = text.parse::<Date>().ok().filter(|date| (1970..=2200).contains(&date.year()));
        if date.is_none() {
            let message = format!("`{}` is not a date between 1970 and 2200", reader.key());
            reader.report(Diagnostic::new(&rules::BAD_TIME, message).at(node.span, "").help(help));
        }
        date.map(Self)
    }
}

schema! {
    DateText, "Date", by name:
    string_pattern("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "A day: \"2026-03-02\".")
}
