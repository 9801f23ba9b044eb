//! The intrinsic functions of CloudFormation, in the short form of YAML tags and the long one of mappings. It looks nothing up.

use crate::import::tree::{Marked, MarkedValue};

/// An intrinsic function with what it is applied to.
#[derive(Debug, Clone, Copy)]
pub(super) enum StackFunction<'d> {
    /// Of a parameter, a resource or the stack.
    Ref(&'d str),
    /// Of a resource: its logical name.
    Attribute(&'d str),
    /// A text with places of other values in it.
    Text(&'d str),
    /// A condition's name and two values.
    If(&'d [Marked]),
    /// A map's name and two keys.
    Map(&'d [Marked]),
    /// What is between texts, and a list of them.
    Join(&'d [Marked]),
    /// Any other.
    Other,
}

/// The names of those that may be tags.
const TAGS: [&str; 15] = [
    "Base64",
    "Cidr",
    "Condition",
    "FindInMap",
    "GetAZs",
    "GetAtt",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Ref",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
];

/// The function that `tree` is, if it is one.
pub(super) fn intrinsic(tree: &Marked) -> Option<StackFunction<'_>> {
    if let Some(tag) = tree.tag.as_deref().filter(|tag| TAGS.contains(tag)) {
        return Some(applied(tag, tree));
    }
    // What Terraform would evaluate.
    if tree.tag.as_deref() == Some("expression") {
        return Some(StackFunction::Other);
    }
    let [only] = tree.entries() else { return None };
    match only.key.as_str() {
        "Ref" => Some(applied("Ref", &only.value)),
        key => key.strip_prefix("Fn::").map(|name| applied(name, &only.value)),
    }
}

fn applied<'d>(name: &str, argument: &'d Marked) -> StackFunction<'d> {
    match (name, &argument.value) {
        ("Ref", MarkedValue::Scalar { text, .. }) => StackFunction::Ref(text),
        ("GetAtt", MarkedValue::Scalar { text, .. }) => {
            StackFunction::Attribute(text.split_once('.').map_or(text.as_str(), |(name, _)| name))
        }
        ("GetAtt", MarkedValue::List(items)) => {
            items.first().and_then(Marked::text).map_or(StackFunction::Other, StackFunction::Attribute)
        }
        ("Sub", MarkedValue::Scalar { text, .. }) => StackFunction::Text(text),
        ("Sub", MarkedValue::List(items)) => {
            items.first().and_then(Marked::text).map_or(StackFunction::Other, StackFunction::Text)
        }
        ("ImportValue", MarkedValue::Scalar { text, .. }) => StackFunction::Text(text),
        ("ImportValue", MarkedValue::Map(_)) => match intrinsic(argument) {
            Some(StackFunction::Text(text)) => StackFunction::Text(text),
            _ => StackFunction::Other,
        },
        ("If", MarkedValue::List(items)) => StackFunction::If(items),
        ("Join", MarkedValue::List(items)) => StackFunction::Join(items),
        ("FindInMap", MarkedValue::List(items)) => StackFunction::Map(items),
        _ => StackFunction::Other,
    }
}

/// The resource or parameter that a value is nothing but a reference to: `!Ref A`, `!GetAtt A.Arn`, `!Sub "${A.Arn}"`, or
/// `aws_x.a.name` of Terraform.
pub(super) fn resource_in(tree: &Marked) -> Option<String> {
    if tree.tag.as_deref() == Some("expression") {
        let words: Vec<&str> = tree.text()?.split('.').collect();
        return match words.as_slice() {
            [kind, name, _] if kind.starts_with("aws_") => Some(format!("{kind}.{name}")),
            _ => None,
        };
    }
    match intrinsic(tree)? {
        StackFunction::Ref(name) | StackFunction::Attribute(name) => Some(name.to_owned()),
        StackFunction::Text(text) => {
            let inner = text.strip_prefix("${")?.strip_suffix('}')?;
            let name = inner.split_once('.').map_or(inner, |(name, _)| name);
            (!name.contains("${")).then(|| name.to_owned())
        }
        StackFunction::If(_) | StackFunction::Map(_) | StackFunction::Join(_) | StackFunction::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{FileId, Span};

    fn tagged(tag: &str, text: &str) -> Marked {
        let span = Span { file: FileId::default(), start: 0, end: 0 };
        let value = MarkedValue::Scalar { text: text.to_owned(), plain: true };
        Marked { span, value, tag: Some(tag.to_owned()) }
    }

    #[test]
    fn references_are_found_in_every_form() {
        assert_eq!(resource_in(&tagged("Ref", "A")).as_deref(), Some("A"));
        assert_eq!(resource_in(&tagged("GetAtt", "A.Arn")).as_deref(), Some("A"));
        assert_eq!(resource_in(&tagged("Sub", "${A.Arn}")).as_deref(), Some("A"));
        assert_eq!(resource_in(&tagged("Sub", "${A}-errors")), None);
        assert_eq!(resource_in(&tagged("expression", "aws_x.a.name")).as_deref(), Some("aws_x.a"));
    }
}
