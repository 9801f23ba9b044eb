//! Values as TOML writes them.

use super::table::DraftValue;
use crate::import::time;
use crate::outlet::is_hidden;

/// A text in quotes. Letters that nobody sees are left out: a scenario has none.
pub(in crate::import) fn text(text: &str) -> DraftValue {
    let seen: String = text.chars().filter(|letter| !is_hidden(*letter)).collect();
    // JSON's escapes of a string are TOML's, too.
    DraftValue::Plain(serde_json::Value::from(seen).to_string())
}

/// Texts in brackets.
pub(in crate::import) fn texts<'t>(texts: impl IntoIterator<Item = &'t str>) -> DraftValue {
    list(&texts.into_iter().map(text).collect::<Vec<_>>())
}

/// Values in brackets, on one line.
pub(in crate::import) fn list(values: &[DraftValue]) -> DraftValue {
    let values: Vec<String> = values.iter().map(ToString::to_string).collect();
    DraftValue::Plain(format!("[{}]", values.join(", ")))
}

/// A list with the items of another behind its own.
pub(in crate::import) fn joined(own: &DraftValue, more: &DraftValue) -> DraftValue {
    let inside = |list: &DraftValue| {
        let text = list.to_string();
        text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(&text).to_owned()
    };
    let both: Vec<String> = [inside(own), inside(more)].into_iter().filter(|list| !list.is_empty()).collect();
    DraftValue::Plain(format!("[{}]", both.join(", ")))
}

/// A whole number.
pub(in crate::import) fn whole(number: u64) -> DraftValue {
    DraftValue::Plain(number.to_string())
}

/// A duration of so many milliseconds.
pub(in crate::import) fn duration(ms: u64) -> DraftValue {
    text(&time::written(ms))
}

/// A percentage, exact to nine decimals: `0.05` is 5 %.
pub(in crate::import) fn share(share: f64) -> DraftValue {
    percent(&decimal(100.0 * share))
}

/// A percentage as it is written: `2.5` is 2.5 %.
pub(in crate::import) fn percent(decimal: &str) -> DraftValue {
    text(&format!("{decimal}%"))
}

/// An inline table.
pub(in crate::import) fn inline<'k>(entries: impl IntoIterator<Item = (&'k str, DraftValue)>) -> DraftValue {
    let entries: Vec<String> = entries.into_iter().map(|(key, value)| format!("{key} = {value}")).collect();
    DraftValue::Plain(if entries.is_empty() {
        "{}".to_owned()
    } else {
        format!("{{ {} }}", entries.join(", "))
    })
}

/// A number without more decimals than it needs, at most nine.
fn decimal(number: f64) -> String {
    let text = format!("{number:.9}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_toml() {
        assert_eq!(text("a \"b\"\n").to_string(), r#""a \"b\"\n""#);
        assert_eq!(text("a\u{202e}b\u{1b}[2J").to_string(), "\"ab[2J\"");
        assert_eq!(texts(["a", "b"]).to_string(), r#"["a", "b"]"#);
        assert_eq!(joined(&texts(["a"]), &texts(["b"])).to_string(), r#"["a", "b"]"#);
        assert_eq!(joined(&texts([]), &texts(["b"])).to_string(), r#"["b"]"#);
        assert_eq!(share(0.001).to_string(), "\"0.1%\"");
        assert_eq!(share(1.0 / 3.0).to_string(), "\"33.333333333%\"");
        assert_eq!(duration(90_000).to_string(), "\"1m30s\"");
        assert_eq!(inline([("a", whole(1)), ("b", percent("5"))]).to_string(), "{ a = 1, b = \"5%\" }");
        assert_eq!(inline([]).to_string(), "{}");
    }
}
