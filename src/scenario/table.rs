//! What a table of the language is: one definition gives the struct, its reader, its inheritance and its JSON schema, so
//! they cannot drift. It knows no table in particular; those are in `spec`, and in `value` where a value is one.

use super::reader::Field;
use crate::diagnostic::Span;
use schemars::{Schema, json_schema};
use serde_json::{Map, Value, json};

/// Defines tables: how the key is taken, the key in snake case, its type. A key is `required` or `optional`, and then that
/// of a table stands in place of another's; or it is optional and `own` (taken over from no other table), `merged` (two
/// tables merge key by key), `overlaid` (the same, and unusable if one of them is) or `listed` (two lists become one).
///
/// It generates the struct with a [`Field`](super::reader::Field) a key, [`Read`](super::reader::Read)
/// with kebab-case keys that reports unknown and missing ones, [`Keys`], [`Inherit`], and `JsonSchema` with the
/// doc comments as descriptions.
macro_rules! spec {
    ($(
        $(#[doc = $doc:literal])*
        pub struct $name:ident {
            $($(#[doc = $key_doc:literal])* $need:ident $key:ident: $type:ty,)*
        }
    )*) => {$(
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Default)]
        pub struct $name {
            $($(#[doc = $key_doc])* pub $key: $crate::scenario::reader::Field<$type>,)*
        }

        impl $crate::scenario::reader::Read for $name {
            fn read(
                node: $crate::scenario::reader::Node<'_>,
                reader: &mut $crate::scenario::reader::Reader<'_>,
            ) -> Option<Self> {
                let mut table = reader.table(node)?;
                let spec = Self {
                    $($key: table.take(
                        &$crate::scenario::words::kebab(stringify!($key)),
                        $crate::scenario::table::spec!(@ $need),
                        reader,
                    ),)*
                };
                table.finish(&[$($crate::scenario::words::kebab(stringify!($key))),*], reader);
                Some(spec)
            }
        }

        impl $crate::scenario::table::Keys for $name {
            fn keys(&self) -> Vec<(String, $crate::scenario::reader::Field<()>)> {
                vec![$(($crate::scenario::words::kebab(stringify!($key)), self.$key.presence())),*]
            }
        }

        impl $crate::scenario::table::Inherit for $name {
            fn inherit_from(&mut self, parent: &Self) {
                $($crate::scenario::table::spec!(@inherit $need self.$key, parent.$key);)*
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).trim_end_matches("Spec").into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                $crate::scenario::table::schema(
                    &[$($doc),*],
                    vec![$($crate::scenario::table::Key {
                        name: $crate::scenario::words::kebab(stringify!($key)),
                        required: $crate::scenario::table::spec!(@ $need),
                        doc: &[$($key_doc),*],
                        schema: generator.subschema_for::<$type>(),
                    }),*],
                )
            }
        }
    )*};
    (@ required) => { true };
    (@ $otherwise:ident) => { false };
    (@inherit own $child:expr, $parent:expr) => {};
    (@inherit merged $child:expr, $parent:expr) => { $child.merge(&$parent) };
    (@inherit overlaid $child:expr, $parent:expr) => { $child.overlay(&$parent) };
    (@inherit listed $child:expr, $parent:expr) => { $child.continue_from(&$parent) };
    (@inherit $otherwise:ident $child:expr, $parent:expr) => { $child.inherit(&$parent) };
}
pub(super) use spec;

/// A table that can take over keys from another of its kind.
pub trait Inherit {
    /// Takes over from `parent` every key that is not written here.
    fn inherit_from(&mut self, parent: &Self);
}

impl<T: Inherit + Clone> Field<T> {
    /// Takes over from `parent` key by key.
    pub fn merge(&mut self, parent: &Self) {
        if let (Self::Given(own), Self::Given(base)) = (&mut *self, parent) {
            own.value.inherit_from(&base.value);
        }
        self.inherit(parent);
    }

    /// As [`Field::merge`], but where `parent` cannot be used the two cannot either.
    pub fn overlay(&mut self, parent: &Self) {
        match parent {
            Self::Broken => *self = Self::Broken,
            Self::Absent | Self::Given(_) => self.merge(parent),
        }
    }
}

impl<T: Clone> Field<Vec<T>> {
    /// Puts what an earlier list has before this one; broken if one of them is.
    pub fn continue_from(&mut self, earlier: &Self) {
        match (&mut *self, earlier) {
            (Self::Given(own), Self::Given(first)) => {
                own.span = first.span;
                own.value.splice(0..0, first.value.iter().cloned());
            }
            (_, Self::Broken) => *self = Self::Broken,
            (Self::Absent, Self::Given(_)) => *self = earlier.clone(),
            (Self::Broken, Self::Given(_)) | (_, Self::Absent) => {}
        }
    }
}

/// A table whose keys can be asked for by name.
pub trait Keys {
    /// Every key in the order of its definition: whether it was written, and where.
    fn keys(&self) -> Vec<(String, Field<()>)>;

    /// Those of `wanted` that were written, in that order, with their places.
    ///
    /// # Panics
    /// If the table has no such key: the names are those of the definition.
    fn written<'w>(&self, wanted: &[&'w str]) -> Vec<(&'w str, Span)> {
        let keys = self.keys();
        let place = |wanted: &str| {
            let found = keys.iter().find(|(key, _)| key == wanted);
            found.expect("invariant: the table has the key").1.span()
        };
        wanted.iter().filter_map(|wanted| Some((*wanted, place(wanted)?))).collect()
    }

    /// Whether one of `wanted` was reported.
    fn is_any_broken(&self, wanted: &[&str]) -> bool {
        self.keys().iter().any(|(key, field)| field.is_broken() && wanted.contains(&key.as_str()))
    }

    /// Whether any key at all was reported.
    fn is_broken(&self) -> bool {
        self.keys().iter().any(|(_, field)| field.is_broken())
    }
}

/// One key of a table.
pub(super) struct Key {
    /// As written in the file.
    pub name: String,
    /// Whether every such table needs it.
    pub required: bool,
    /// Lines of its doc comment.
    pub doc: &'static [&'static str],
    /// What it takes.
    pub schema: Schema,
}

/// The schema of a table with exactly these keys.
pub(super) fn schema(doc: &[&str], keys: Vec<Key>) -> Schema {
    let required: Vec<&str> = keys.iter().filter(|key| key.required).map(|key| key.name.as_str()).collect();
    let mut schema = json_schema!({
        "type": "object",
        "description": sentence(doc),
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    let mut properties = Map::new();
    for mut key in keys {
        key.schema.insert("description".to_owned(), Value::String(sentence(key.doc)));
        properties.insert(key.name, key.schema.to_value());
    }
    schema.insert("properties".to_owned(), Value::Object(properties));
    schema
}

fn sentence(lines: &[&str]) -> String {
    let lines: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    lines.join(" ")
}
