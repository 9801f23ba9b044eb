//! Dates of the civil calendar: "2026-03-02".

use super::{schema, string_pattern};
use crate::scenario::reader::{Node, Read, Reader};
use crate::scenario::rules;
use jiff::civil::Date;

/// A day, written `"YYYY-MM-DD"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateText(pub Date);

impl Read for DateText {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let help = "write year, month and day, as in \"2026-03-02\"";
        let date = reader.text(node, "a date", help)?.parse::<Date>().ok();
        let known = date.filter(|date| (1970..=2200).contains(&date.year())).map(Self);
        known.or_else(|| reader.refuse(node, &rules::BAD_TIME, "is not a date between 1970 and 2200", help))
    }
}

schema! {
    DateText, "Date", by name:
    string_pattern("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "A day: \"2026-03-02\".")
}
