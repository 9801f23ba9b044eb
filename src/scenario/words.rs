//! Words: how identifiers are written in a file, and the enums that are one of a few fixed words. It knows no table.

use super::reader::{Node, Reader};
use super::rules;
use super::suggest;
use toml::de::DeValue;

/// A field or variant as it is written in a file: `zone_bake` and `ZoneBake` as `zone-bake`.
pub(super) fn kebab(identifier: &str) -> String {
    let mut word = String::with_capacity(identifier.len() + 4);
    for letter in identifier.trim_start_matches("r#").chars() {
        if letter == '_' || (letter.is_ascii_uppercase() && !word.is_empty()) {
            word.push('-');
        }
        if letter != '_' {
            word.push(letter.to_ascii_lowercase());
        }
    }
    word
}

/// Makes enums readable: each variant, of which none may be left out, is written as its name in kebab-case.
macro_rules! words {
    ($($type:ident { $($variant:ident),* $(,)? })*) => {$(
        impl $crate::scenario::reader::Read for $type {
            fn read(
                node: $crate::scenario::reader::Node<'_>,
                reader: &mut $crate::scenario::reader::Reader<'_>,
            ) -> Option<Self> {
                // A variant that has no word yet does not compile.
                let _all = |value: Self| match value { $(Self::$variant => (),)* };
                let words = [$($crate::scenario::words::kebab(stringify!($variant))),*];
                let chosen = $crate::scenario::words::read_word(node, &words, reader)?;
                [$(Self::$variant),*].into_iter().nth(chosen)
            }
        }

        impl $crate::scenario::in_plan::InPlan for $type {
            type Plain = Self;

            fn plain(&self) -> Self {
                *self
            }
        }

        impl schemars::JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let words = [$($crate::scenario::words::kebab(stringify!($variant))),*];
                schemars::json_schema!({ "type": "string", "enum": words })
            }
        }
    )*};
}
pub(super) use words;

/// Reads one of `words`: its index.
pub(super) fn read_word(node: Node<'_>, words: &[String], reader: &mut Reader<'_>) -> Option<usize> {
    let one_of = || {
        let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
        format!("write one of {}", quoted.join(", "))
    };
    let DeValue::String(text) = node.value else {
        return reader.wrong_type(node, "a word", one_of());
    };
    let chosen = words.iter().position(|word| word == text.as_ref());
    if chosen.is_none() {
        let message = format!("`{}` cannot be \"{text}\"", reader.key());
        let help = suggest::closest(text, words.iter().map(String::as_str))
            .map_or_else(one_of, |word| format!("did you mean \"{word}\"?"));
        reader.report(rules::UNKNOWN_WORD.at(node.span, message).help(help));
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_variants_are_written_alike() {
        for (identifier, written) in [
            ("zone_bake", "zone-bake"),
            ("r#while", "while"),
            ("OneBox", "one-box"),
            ("ZScore", "z-score"),
            ("P99", "p99"),
        ] {
            assert_eq!(kebab(identifier), written);
        }
    }
}
