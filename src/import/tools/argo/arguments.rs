//! Arguments of an analysis: what stands for `{{args.service-name}}` in a query, a condition or a limit. It knows no metric.

use crate::import::cursor::Cursor;
use crate::import::desk::Desk;
use crate::outlet::line;
use std::collections::BTreeMap;

/// What stands for the canary's pods where a query asks for their hash.
const HASH_OF_CANARY: &str = "hash-of-the-canary";

/// Values by name; none where only the cluster knows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Arguments {
    values: BTreeMap<String, Option<String>>,
}

impl Arguments {
    /// Those of the list under `args`.
    pub fn of(cursor: &Cursor<'_>) -> Self {
        let mut arguments = Self::default();
        for argument in cursor.list("args") {
            let Some(name) = argument.get("name").and_then(|name| name.text()) else { continue };
            let source = argument.get("valueFrom");
            let hash = source.as_ref().and_then(|source| source.get("podTemplateHashValue"));
            let value = match hash.as_ref().and_then(Cursor::text) {
                Some("Latest") => Some(HASH_OF_CANARY.to_owned()),
                Some(_) => Some("hash-of-the-stable".to_owned()),
                None => argument.get("value").and_then(|value| {
                    value.take();
                    value.tree().text().map(str::to_owned)
                }),
            };
            if let Some(source) = source {
                source.beside_the_point(&["fieldRef", "secretKeyRef"]);
            }
            arguments.values.insert(name.to_owned(), value);
        }
        arguments
    }

    /// These over what a template has of its own.
    pub fn over(&self, template: &Self) -> Self {
        let mut values = template.values.clone();
        values.extend(self.values.iter().map(|(name, value)| (name.clone(), value.clone())));
        Self { values }
    }

    /// Whether a query asks for the canary's pods alone: by their hash, by that word, or by `service`.
    pub fn name_canary(&self, query: &str, service: Option<&str>) -> bool {
        query.contains(HASH_OF_CANARY)
            || query.contains("\"canary\"")
            || service.is_some_and(|service| has_word(query, service))
    }

    fn value<'a>(&'a self, name: &str, desk: &'a Desk<'_>) -> Option<&'a str> {
        let plain = name.strip_prefix("args.")?;
        let known = self.values.get(plain).and_then(Option::as_deref);
        known.or_else(|| desk.given(name)).or_else(|| desk.given(plain))
    }

    /// The text of a scalar with its arguments in it; what nobody knows is reported.
    pub fn text(&self, cursor: &Cursor<'_>) -> Option<String> {
        cursor.take();
        match cursor.tree().text().filter(|text| text.contains("{{")) {
            Some(text) => self.filled(text, cursor, false),
            None => cursor.text().map(str::to_owned),
        }
    }

    /// The same of a query, where a name within quotes may stay open: it says whose numbers they are, and not how many.
    pub fn query(&self, cursor: &Cursor<'_>) -> Option<String> {
        cursor.take();
        match cursor.tree().text() {
            Some(text) => self.filled(text, cursor, true),
            None => cursor.text().map(str::to_owned),
        }
    }

    /// What `read` makes of the text of a scalar; reported as not `what` if that is nothing.
    pub fn read<T>(&self, cursor: &Cursor<'_>, what: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text(cursor)?;
        let value = read(text.trim());
        if value.is_none() {
            cursor.error(format!("`{}` is not {what}", line(&text)));
        }
        value
    }

    /// `text` with a value for each `{{name}}`; what has none is reported, unless names in quotes may stay open.
    fn filled(&self, text: &str, cursor: &Cursor<'_>, may_stay: bool) -> Option<String> {
        let (mut filled, mut rest, mut is_known) = (String::new(), text, true);
        let mut in_quotes = false;
        while let Some((before, after)) = rest.split_once("{{") {
            filled.push_str(before);
            in_quotes ^= before.matches(['"', '\'']).count() % 2 == 1;
            let Some((name, behind)) = after.split_once("}}") else {
                rest = &rest[before.len()..];
                break;
            };
            let name = name.trim();
            match self.value(name, cursor.desk()) {
                Some(value) => filled.push_str(value),
                None if name.starts_with("args.") && may_stay && in_quotes => filled.push_str(name),
                None => {
                    cursor.unknowable(name);
                    is_known = false;
                }
            }
            rest = behind;
        }
        filled.push_str(rest);
        is_known.then_some(filled)
    }
}

/// Whether `word` stands in `text` by itself, and not in a longer one.
fn has_word(text: &str, word: &str) -> bool {
    let joins = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let alone = |(at, _): (usize, &str)| {
        let (before, rest) = text.split_at(at);
        !before.ends_with(joins) && !rest[word.len()..].starts_with(joins)
    };
    !word.is_empty() && text.match_indices(word).any(alone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_no_part_of_another() {
        assert!(has_word(r#"x{service="web"}"#, "web"));
        assert!(has_word(r#"x{service=~"web|api"}"#, "web"));
        assert!(!has_word(r#"x{service="web-stable"}"#, "web"));
        assert!(!has_word(r#"x{service="my-web"}"#, "web"));
        assert!(!has_word("x", ""));
    }
}
