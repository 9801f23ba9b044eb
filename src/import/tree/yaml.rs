//! YAML and JSON: a tree from the events of a parser. The only file that names saphyr-parser.
//!
//! The parser keeps its own state and does not call itself, so depth costs nothing until the tree is built; both what is
//! nested and what aliases repeat is counted while it is.

use super::limits::{MAX_DEPTH, says_too_deep, too_deep};
use super::{Entry, Marked, MarkedValue, Numbers};
use crate::diagnostic::{Diagnostic, FileId, Span};
use crate::scenario::rules;
use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};
use std::collections::{BTreeMap, BTreeSet};

/// The documents of a stream in `language`, as people call it.
///
/// # Errors
/// Where it is no YAML, or says too much.
pub(super) fn parse(
    text: &str,
    file: FileId,
    numbers: &mut Numbers,
    language: &str,
) -> Result<Vec<Marked>, Diagnostic> {
    let mut builder = Builder {
        places: CharacterPlaces::of(text, file),
        numbers,
        open: Vec::new(),
        anchors: BTreeMap::new(),
        documents: Vec::new(),
    };
    let mut parser = Parser::new(StrInput::new(text));
    while let Some(next) = parser.next_event() {
        let (event, span) = next.map_err(|error| {
            let at = builder.places.byte(error.marker().index());
            let place = Span { file, start: at, end: at + 1 };
            if says_too_deep(error.info()) {
                return too_deep(place);
            }
            let message = format!("this is no valid {language}: {}", error.info());
            rules::FOREIGN_SYNTAX.at(place, message).help(
                "a chart, an overlay or a program that makes YAML has to be rendered first: \
                 `helm template`, `kubectl kustomize`, `cdk synth`, `jsonnet`",
            )
        })?;
        let place = builder.places.span(span);
        builder.take(event, place)?;
    }
    Ok(builder.documents)
}

/// Bytes of the places that the parser counts in characters.
struct CharacterPlaces<'t> {
    file: FileId,
    text: &'t str,
    /// Byte of every character, where some take more than one.
    bytes: Option<Vec<u32>>,
}

impl<'t> CharacterPlaces<'t> {
    fn of(text: &'t str, file: FileId) -> Self {
        let start = |(at, _): (usize, char)| u32::try_from(at).unwrap_or(u32::MAX);
        let bytes = (!text.is_ascii()).then(|| text.char_indices().map(start).collect());
        Self { file, text, bytes }
    }

    fn byte(&self, character: usize) -> usize {
        match &self.bytes {
            None => character.min(self.text.len()),
            Some(bytes) => bytes.get(character).map_or(self.text.len(), |at| *at as usize),
        }
    }

    fn span(&self, span: saphyr_parser::Span) -> Span {
        let (start, end) = (self.byte(span.start.index()), self.byte(span.end.index()));
        // Blanks and breaks behind a value belong to nobody.
        let used = self.text.get(start..end).map_or(0, |text| text.trim_end().len());
        Span { file: self.file, start, end: start + used }
    }
}

/// A collection whose end has not come yet.
struct Open {
    anchor: usize,
    tree: Marked,
    /// The key whose value comes next.
    key: Option<(String, Span)>,
    /// The keys that a mapping has.
    keys: BTreeSet<String>,
    /// Values of merge keys.
    merged: Vec<Marked>,
}

struct Builder<'t, 'n> {
    places: CharacterPlaces<'t>,
    numbers: &'n mut Numbers,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Marked>,
    documents: Vec<Marked>,
}

impl Builder<'_, '_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Diagnostic> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                let value = MarkedValue::Scalar { text: text.into_owned(), plain };
                self.finish(Marked { span, value, tag: tag.and_then(|tag| name(&tag)) }, anchor)
            }
            Event::SequenceStart(anchor, tag) => {
                self.begin(MarkedValue::List(Vec::new()), span, anchor, tag.and_then(|tag| name(&tag)))
            }
            Event::MappingStart(anchor, tag) => {
                self.begin(MarkedValue::Map(Vec::new()), span, anchor, tag.and_then(|tag| name(&tag)))
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else { return Ok(()) };
                let (anchor, closed) = (open.anchor, span.end > span.start);
                let mut tree = open.complete();
                // A bracket ends a collection; one in a block ends with its last value.
                tree.span.end = if closed { span.end } else { end_of(&tree) };
                self.finish(tree, anchor)
            }
            Event::Alias(anchor) => {
                let Some(meant) = self.anchors.get(&anchor) else {
                    return Err(rules::FOREIGN_SYNTAX
                        .at(span, "this alias is inside of what it stands for, or stands for nothing")
                        .help("write out what it stands for"));
                };
                if self.open.len() + meant.depth() > MAX_DEPTH {
                    return Err(too_deep(span));
                }
                self.numbers.spend(meant.size(), span)?;
                let repeated = renumbered(meant.clone(), self.numbers);
                self.finish(repeated, 0)
            }
            Event::DocumentEnd => {
                self.anchors.clear();
                Ok(())
            }
            Event::DocumentStart(_) | Event::StreamStart | Event::StreamEnd | Event::Nothing => Ok(()),
        }
    }

    fn begin(
        &mut self,
        value: MarkedValue,
        span: Span,
        anchor: usize,
        tag: Option<String>,
    ) -> Result<(), Diagnostic> {
        if self.open.len() >= MAX_DEPTH {
            return Err(too_deep(span));
        }
        let tree = Marked { span, value, tag };
        self.open.push(Open { anchor, tree, key: None, keys: BTreeSet::new(), merged: Vec::new() });
        Ok(())
    }

    /// Puts a value that is complete where it belongs.
    fn finish(&mut self, tree: Marked, anchor: usize) -> Result<(), Diagnostic> {
        self.numbers.spend(1, tree.span)?;
        if anchor != 0 {
            self.numbers.spend(tree.size(), tree.span)?;
            self.anchors.insert(anchor, tree.clone());
        }
        let Some(parent) = self.open.last_mut() else {
            self.documents.push(tree);
            return Ok(());
        };
        let (entries, key) = match (&mut parent.tree.value, parent.key.take()) {
            (MarkedValue::Map(entries), Some(key)) => (entries, key),
            (MarkedValue::List(items), _) => {
                items.push(tree);
                return Ok(());
            }
            (MarkedValue::Map(_), None) => {
                // Files that were put one behind the other may each begin with a mark of their byte order.
                let text = tree.text().map(|text| text.trim_start_matches('\u{feff}').to_owned());
                let key =
                    text.ok_or_else(|| rules::FOREIGN_SYNTAX.at(tree.span, "this key is a collection"))?;
                parent.key = Some((key, tree.span));
                return Ok(());
            }
            (MarkedValue::Scalar { .. }, _) => return Ok(()),
        };
        let (key, key_span) = key;
        if key == "<<" {
            parent.merged.push(tree);
        } else if parent.keys.insert(key.clone()) {
            entries.push(Entry { number: self.numbers.next(), key, key_span, value: tree });
        } else {
            let twice = rules::FOREIGN_SYNTAX.at(key_span, format!("`{key}` is written twice"));
            let before = entries.iter().find(|entry| entry.key == key).map(|entry| entry.key_span);
            return Err(twice.and(before, "here, too").help("leave one of them"));
        }
        Ok(())
    }
}

impl Open {
    /// The collection with what merge keys bring; its own keys stand in place of theirs.
    fn complete(mut self) -> Marked {
        if let MarkedValue::Map(entries) = &mut self.tree.value {
            for entry in self.merged.into_iter().flat_map(brought) {
                if self.keys.insert(entry.key.clone()) {
                    entries.push(entry);
                }
            }
        }
        self.tree
    }
}

/// The entries that the value of a merge key brings: a mapping, or a list of them.
fn brought(tree: Marked) -> Vec<Entry> {
    match tree.value {
        MarkedValue::Scalar { .. } => Vec::new(),
        MarkedValue::List(items) => items.into_iter().flat_map(brought).collect(),
        MarkedValue::Map(entries) => entries,
    }
}

/// The name of a tag of somebody's own; those of YAML itself say nothing that is not there.
fn name(tag: &saphyr_parser::Tag) -> Option<String> {
    (!tag.is_yaml_core_schema()).then(|| tag.suffix.clone())
}

/// Where the last value of a collection ends.
fn end_of(tree: &Marked) -> usize {
    match &tree.value {
        MarkedValue::Scalar { .. } => tree.span.end,
        MarkedValue::List(items) => items.last().map_or(tree.span.end, |item| item.span.end),
        MarkedValue::Map(entries) => entries.last().map_or(tree.span.end, |entry| entry.span().end),
    }
}

/// The same tree, whose entries are others.
fn renumbered(tree: Marked, numbers: &mut Numbers) -> Marked {
    let value = match tree.value {
        scalar @ MarkedValue::Scalar { .. } => scalar,
        MarkedValue::List(items) => {
            MarkedValue::List(items.into_iter().map(|item| renumbered(item, numbers)).collect())
        }
        MarkedValue::Map(entries) => {
            let again = |entry: Entry| {
                let number = numbers.next();
                Entry { number, value: renumbered(entry.value, numbers), ..entry }
            };
            MarkedValue::Map(entries.into_iter().map(again).collect())
        }
    };
    Marked { value, ..tree }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Marked>, String> {
        parse(text, FileId::default(), &mut Numbers::default(), "YAML").map_err(|problem| problem.message)
    }

    fn slice<'t>(text: &'t str, tree: &Marked) -> &'t str {
        &text[tree.span.start..tree.span.end]
    }

    #[test]
    fn places_are_bytes_whatever_letters_come_before() {
        let text = "name: \u{fc}ber\nspec:\n  replicas: 5 # f\u{fc}nf\n  steps:\n  - {a: 1}\n";
        let tree = &read(text).unwrap()[0];
        let spec = tree.get("spec").unwrap();
        assert_eq!(slice(text, spec.get("replicas").unwrap()), "5");
        assert!(slice(text, spec.get("steps").unwrap()).ends_with("{a: 1}"));
        assert_eq!(slice(text, tree.get("name").unwrap()), "\u{fc}ber");
    }

    #[test]
    fn tags_documents_and_json_are_kept_apart() {
        let trees = read("a: !Ref x\nc: !!str 5\n---\n{\"b\": [1, \"2\"]}\n").unwrap();
        assert_eq!(trees[0].get("a").unwrap().tag.as_deref(), Some("Ref"));
        assert_eq!(trees[0].get("c").unwrap().tag, None);
        let MarkedValue::List(items) = &trees[1].get("b").unwrap().value else { panic!("{trees:?}") };
        assert!(matches!(&items[0].value, MarkedValue::Scalar { text, plain: true } if text == "1"));
        assert!(matches!(&items[1].value, MarkedValue::Scalar { plain: false, .. }));
    }

    #[test]
    fn own_keys_stand_in_place_of_merged_ones() {
        let tree = &read("a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3\n").unwrap()[0];
        let merged = tree.get("b").unwrap();
        assert_eq!(merged.get("x").unwrap().text(), Some("1"));
        assert_eq!(merged.get("y").unwrap().text(), Some("3"));
        assert_ne!(merged.entries()[1].number, tree.get("a").unwrap().entries()[0].number);
    }

    #[test]
    fn what_is_made_to_hurt_is_refused() {
        let bomb: String = (0..9)
            .map(|n| {
                format!(
                    "a{n}: &a{n} [{}]\n",
                    vec![if n == 0 { "x".into() } else { format!("*a{}", n - 1) }; 9].join(",")
                )
            })
            .collect();
        assert!(read(&bomb).unwrap_err().contains("more than 200000 values"));
        assert!(read(&"[".repeat(100_000)).unwrap_err().contains("inside each other"));
        let chain: String = (1..300).map(|n| format!("- &a{n} [*a{}]\n", n - 1)).collect();
        assert!(read(&format!("- &a0 x\n{chain}")).unwrap_err().contains("inside each other"));
        assert!(read("a: &a [*a]").unwrap_err().contains("alias"));
        assert!(read("a: 1\na: 2").unwrap_err().contains("twice"));
        assert!(read("a: [1").unwrap_err().contains("no valid YAML"));
    }
}
