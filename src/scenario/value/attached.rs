//! Files that a key names and that are read along with the scenario: the name as written, and what is in it once it
//! is read.

use super::Text;
use crate::scenario::reader::{Node, Read, Reader};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use std::borrow::Cow;

/// A file, relative to the file that names it.
#[derive(Debug, Clone)]
pub struct Attached<T> {
    /// Its path as written.
    pub path: String,
    /// What is in it; none until it is read, or if it cannot be.
    pub content: Option<T>,
}

impl<T> Read for Attached<T> {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        Text::read(node, reader).map(|Text(path)| Self { path, content: None })
    }
}

impl<T> JsonSchema for Attached<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "File".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Text::json_schema(generator)
    }
}
