//! Names and free text.

use super::schema;
use crate::outlet::{disguised, is_hidden, look};
use crate::scenario::reader::{Node, Read, Reader, Written};
use crate::scenario::rules;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;
use toml::de::DeValue;

/// Longest name; keeps tables and file names usable.
const MAX_NAME: usize = 100;

const NAME_HELP: &str = "write up to 100 letters, digits, blanks, `-`, `_` or `.`, as in \"eu-west-1\"";

/// A name that other keys can refer to. It is not empty and has no `/`, no control characters and no
/// blanks at its ends, so that `region/zone` is unambiguous and tables stay straight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(pub String);

/// Free text for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(pub String);

const STRING_HELP: &str = "write a string in double quotes";

impl Read for Name {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let text = reader.text(node, "a name", STRING_HELP)?;
        let problem = if text.is_empty() {
            Some("is empty")
        } else if text.chars().count() > MAX_NAME {
            Some("is longer than 100 characters")
        } else if text.trim() != text {
            Some("begins or ends with a blank")
        } else if text.chars().any(|c| c.is_control() || c == '/') {
            Some("has a `/` or a control character in it")
        } else {
            None
        };
        if let Some(problem) = problem {
            return reader.refuse(node, &rules::BAD_NAME, problem, NAME_HELP);
        }
        let is_odd_blank = |letter: char| letter.is_whitespace() && letter != ' ';
        let name = no_hidden(text, |letter| is_hidden(letter) || is_odd_blank(letter), node, reader)?;
        let Some(letter) = disguised(&name) else { return Some(Self(name)) };
        let why = format!(
            "has the letter U+{:04X} in it, which looks like `{}` and is another one",
            u32::from(letter),
            look(&letter.to_string())
        );
        let help = format!("type it anew in one script, as in \"{}\"", look(&name));
        reader.refuse(node, &rules::LOOK_ALIKE, why, help)
    }
}

impl Read for Text {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let text = reader.text(node, "text", STRING_HELP)?;
        // Escape sequences would reach the terminals of everybody who prints the text.
        if text.chars().any(|c| c.is_control() && c != '\n') {
            let help = "write it without escapes such as `\\u001b`";
            return reader.refuse(node, &rules::BAD_NAME, "has a control character in it", help);
        }
        // Scripts and pictures need joiners, and nothing refers to a text.
        let joins = |letter: char| matches!(letter, '\u{200c}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}');
        no_hidden(text, |letter| is_hidden(letter) && !joins(letter), node, reader).map(Self)
    }
}

/// The text, if no letter in it is hidden: two texts that look alike would be different ones.
fn no_hidden(
    text: &str,
    is_hidden: impl Fn(char) -> bool,
    node: Node<'_>,
    reader: &mut Reader<'_>,
) -> Option<String> {
    let Some(letter) = text.chars().find(|letter| is_hidden(*letter)) else { return Some(text.to_owned()) };
    let why = format!("has the letter U+{:04X} in it, which nobody sees", u32::from(letter));
    reader.refuse(
        node,
        &rules::HIDDEN_LETTER,
        why,
        "remove it, or type the whole anew: such letters come along with copied text",
    )
}

schema! {
    Name, "Name", in place:
    json_schema!({ "type": "string", "pattern": "^[^/]+$", "maxLength": MAX_NAME })
}

schema! {
    Text, "Text", in place:
    json_schema!({ "type": "string" })
}

impl Read for bool {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        match node.value {
            DeValue::Boolean(value) => Some(*value),
            _ => reader.wrong_type(node, "true or false", "write true or false without quotes"),
        }
    }
}

impl<T: Read> Read for Vec<Written<T>> {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let help = match node.value {
            DeValue::Table(_) => format!("write `[[{}]]`, with double brackets", reader.path()),
            DeValue::String(text) => format!("write [\"{text}\"]"),
            _ => "write values in brackets, as in [\"a\", \"b\"]".to_owned(),
        };
        reader.array(node, &help)
    }
}

impl<T: JsonSchema> JsonSchema for Written<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}
