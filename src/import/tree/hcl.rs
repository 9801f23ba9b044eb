//! HCL: blocks and attributes as the common tree. The only file that names hcl-edit.
//!
//! The blocks of one name become a list under that name, each a mapping whose tag is its labels, with dots between. What would have to be
//! evaluated is kept as it is written, with the tag `expression`.

use super::limits::{deep_bracket, says_too_deep, too_deep, too_many_signs, too_much};
use super::{Entry, Marked, MarkedValue, Numbers};
use crate::diagnostic::{Diagnostic, FileId, Span};
use crate::scenario::rules;
use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, ObjectKey, UnaryOperator};
use hcl_edit::structure::{Body, Structure};
use std::collections::BTreeMap;
use std::ops::Range;

/// The tag of what nobody evaluates here.
const EXPRESSION: &str = "expression";

/// The file as a mapping.
///
/// # Errors
/// Where it is no HCL.
pub(super) fn parse(text: &str, file: FileId, numbers: &mut Numbers) -> Result<Marked, Diagnostic> {
    if let Some(at) = deep_bracket(text) {
        return Err(too_deep(Span { file, start: at, end: at + 1 }));
    }
    if let Some(at) = too_many_signs(text) {
        return Err(too_much(Span { file, start: at, end: at + 1 }));
    }
    let body: Body = hcl_edit::parser::parse_body(text).map_err(|error| {
        let at = error.location().offset();
        let place = Span { file, start: at, end: at + 1 };
        if says_too_deep(error.message()) {
            return too_deep(place);
        }
        rules::FOREIGN_SYNTAX.at(place, format!("this is no valid HCL: {}", error.message()))
    })?;
    let mut reading = Reading { text, file, numbers };
    let whole = Span { file, start: 0, end: text.len() };
    Ok(Marked { span: whole, value: reading.body(&body), tag: None })
}

struct Reading<'t, 'n> {
    text: &'t str,
    file: FileId,
    numbers: &'n mut Numbers,
}

impl Reading<'_, '_> {
    fn span(&self, range: Option<Range<usize>>) -> Span {
        let range = range.unwrap_or(0..0);
        Span { file: self.file, start: range.start, end: range.end }
    }

    fn body(&mut self, body: &Body) -> MarkedValue {
        let mut entries: Vec<Entry> = Vec::new();
        // Where the blocks of a name are.
        let mut blocks: BTreeMap<&str, usize> = BTreeMap::new();
        for structure in body {
            match structure {
                Structure::Attribute(attribute) => {
                    let key_span = self.span(attribute.key.span());
                    let value = self.expression(&attribute.value);
                    entries.push(self.entry(attribute.key.as_str(), key_span, value));
                }
                Structure::Block(block) => {
                    let key_span = self.span(block.ident.span());
                    let labels: Vec<&str> = block.labels.iter().map(|label| label.as_str()).collect();
                    let tag = (!labels.is_empty()).then(|| labels.join("."));
                    let span = self.span(block.span());
                    let tree = Marked { span, value: self.body(&block.body), tag };
                    let ident = block.ident.as_str();
                    let same = blocks.get(ident).and_then(|at| entries.get_mut(*at));
                    if let Some(MarkedValue::List(others)) = same.map(|entry| &mut entry.value.value) {
                        others.push(tree);
                    } else {
                        blocks.insert(ident, entries.len());
                        let list = Marked { span, value: MarkedValue::List(vec![tree]), tag: None };
                        entries.push(self.entry(ident, key_span, list));
                    }
                }
            }
        }
        MarkedValue::Map(entries)
    }

    fn entry(&mut self, key: &str, key_span: Span, value: Marked) -> Entry {
        Entry { number: self.numbers.next(), key: key.to_owned(), key_span, value }
    }

    fn expression(&mut self, expression: &Expression) -> Marked {
        let span = self.span(expression.span());
        let written = || self.text.get(span.start..span.end).unwrap_or_default().trim().to_owned();
        let plain = |text: String| MarkedValue::Scalar { text, plain: true };
        let value = match expression {
            Expression::Null(_) => plain("null".to_owned()),
            Expression::Bool(_) | Expression::Number(_) => plain(written()),
            Expression::String(text) => MarkedValue::Scalar { text: text.as_str().to_owned(), plain: false },
            Expression::Array(items) => {
                MarkedValue::List(items.iter().map(|item| self.expression(item)).collect())
            }
            Expression::Object(object) => {
                let mut entries = Vec::new();
                for (key, value) in object {
                    let (name, key_span) = match key {
                        ObjectKey::Ident(ident) => (ident.as_str().to_owned(), ident.span()),
                        ObjectKey::Expression(key) => {
                            (key.as_str().unwrap_or_default().to_owned(), key.span())
                        }
                    };
                    let key_span = self.span(key_span);
                    let value = self.expression(value.expr());
                    entries.push(self.entry(&name, key_span, value));
                }
                MarkedValue::Map(entries)
            }
            Expression::Parenthesis(inner) => return self.expression(inner.inner()),
            Expression::UnaryOp(minus)
                if *minus.operator.value() == UnaryOperator::Neg
                    && matches!(minus.expr, Expression::Number(_)) =>
            {
                plain(written())
            }
            Expression::StringTemplate(_)
            | Expression::HeredocTemplate(_)
            | Expression::Variable(_)
            | Expression::Conditional(_)
            | Expression::FuncCall(_)
            | Expression::Traversal(_)
            | Expression::UnaryOp(_)
            | Expression::BinaryOp(_)
            | Expression::ForExpr(_) => {
                let text = written();
                return Marked {
                    span,
                    value: MarkedValue::Scalar { text, plain: false },
                    tag: Some(EXPRESSION.to_owned()),
                };
            }
        };
        Marked { span, value, tag: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_one_name_are_a_list_and_expressions_stay_as_written() {
        let text =
            "job \"a\" {\n  group \"x\" {\n    count = 3\n    size = var.n\n  }\n  group \"y\" \"z\" {}\n}\n";
        let tree = parse(text, FileId::default(), &mut Numbers::default()).unwrap();
        let list = |tree: &Marked, key: &str| match &tree.get(key).unwrap().value {
            MarkedValue::List(items) => items.clone(),
            other => panic!("{other:?}"),
        };
        let groups = list(&list(&tree, "job")[0], "group");
        assert_eq!(
            groups.iter().map(|group| group.tag.as_deref()).collect::<Vec<_>>(),
            [Some("x"), Some("y.z")]
        );
        assert_eq!(groups[0].get("count").unwrap().text(), Some("3"));
        let size = groups[0].get("size").unwrap();
        assert_eq!((size.text(), size.tag.as_deref()), (Some("var.n"), Some(EXPRESSION)));
        assert!(parse("a = [", FileId::default(), &mut Numbers::default()).is_err());
    }
}
