//! Templates and answers of Azure Resource Manager: their resources, and values that parameters and variables stand for. It
//! knows no resource.

use crate::import::cursor::Cursor;
use crate::import::tree::Marked;

/// Steps from a parameter to its value at most.
const MOST_STEPS: usize = 8;

/// A resource with its type in small letters, and the template that it is in.
#[derive(Clone)]
pub(super) struct Resource<'d> {
    /// Such as `microsoft.web/sites`.
    pub kind: String,
    /// What is written of it.
    pub at: Cursor<'d>,
    root: Cursor<'d>,
}

/// Types of the resources of a document, without taking anything.
pub(super) fn kinds(cursor: &Cursor<'_>) -> Vec<String> {
    let mut kinds = Vec::new();
    kinds_of(cursor.tree(), "", &mut kinds);
    kinds
}

fn kinds_of(tree: &Marked, above: &str, kinds: &mut Vec<String>) {
    if let crate::import::tree::MarkedValue::List(items) = &tree.value {
        items.iter().for_each(|item| kinds_of(item, above, kinds));
        return;
    }
    let kind = tree.get("type").and_then(Marked::text).map(|kind| full(kind, above));
    kinds.extend(kind.clone());
    if let Some(below) = tree.get("resources") {
        let above = kind.unwrap_or_default();
        match below.entries() {
            [] => kinds_of(below, &above, kinds),
            entries => entries.iter().for_each(|entry| kinds_of(&entry.value, &above, kinds)),
        }
    }
}

fn full(kind: &str, above: &str) -> String {
    let kind = kind.to_ascii_lowercase();
    if above.is_empty() || kind.starts_with("microsoft.") { kind } else { format!("{above}/{kind}") }
}

/// The resources of a document, those inside of others too.
pub(super) fn resources<'d>(cursor: &Cursor<'d>) -> Vec<Resource<'d>> {
    let mut all = Vec::new();
    gather(cursor, cursor, "", &mut all);
    for resource in &all {
        let why = "a loop makes several of it, and the scenario has one";
        resource.at.drop_keys(&["copy"], why);
        resource.at.drop_keys(&["condition"], "it may not be there; in the scenario it is");
    }
    all
}

fn gather<'d>(cursor: &Cursor<'d>, root: &Cursor<'d>, above: &str, all: &mut Vec<Resource<'d>>) {
    let kind = cursor.peek(&["type"]).map(|kind| full(kind, above));
    if let Some(kind) = &kind {
        cursor.beside_the_point(&[
            "type",
            "apiVersion",
            "id",
            "etag",
            "eTag",
            "systemData",
            "tags",
            "dependsOn",
            "comments",
            "resourceGroup",
        ]);
        all.push(Resource { kind: kind.clone(), at: cursor.clone(), root: root.clone() });
    }
    let above = kind.unwrap_or_default();
    let below = match cursor.get("resources") {
        Some(below) if !below.tree().entries().is_empty() => {
            below.entries().into_iter().map(|(_, at)| at).collect()
        }
        Some(below) => below.items(),
        None if above.is_empty() => cursor.items(),
        None => Vec::new(),
    };
    for at in below.iter().filter(|at| at.span() != cursor.span() || at.path() != cursor.path()) {
        gather(at, root, &above, all);
    }
}

impl<'d> Resource<'d> {
    /// Its properties; answers of the command line have them at the top.
    pub fn properties(&self) -> Cursor<'d> {
        self.at.get("properties").unwrap_or_else(|| self.at.clone())
    }

    /// The last part of its name.
    pub fn name(&self, otherwise: &str) -> String {
        let name = self.get(&self.at, "name");
        let name = name.and_then(|name| name.text().map(str::to_owned)).unwrap_or_default();
        let last = name.rsplit('/').next().unwrap_or_default();
        if last.is_empty() { otherwise.to_owned() } else { last.to_owned() }
    }

    /// The value of a key, or what a parameter or variable that stands there is by default.
    pub fn get(&self, at: &Cursor<'d>, key: &str) -> Option<Cursor<'d>> {
        let written = at.get(key)?;
        let value = self.value(written.clone());
        if value.path() != written.path() {
            // It was read where it has its value.
            at.beside_the_point(&[key]);
        }
        Some(value)
    }

    /// What a value is, where it is a parameter or a variable with a value in the template. What the user gives comes first.
    pub fn value(&self, at: Cursor<'d>) -> Cursor<'d> {
        let mut value = at;
        for _ in 0..MOST_STEPS {
            let Some((function, name)) = value.tree().text().and_then(reference) else { break };
            if value.desk().given(name).is_some() {
                break;
            }
            let keys: &[&str] = match function {
                "parameters" => &["parameters", name, "defaultValue"],
                _ => &["variables", name],
            };
            let Some(next) = self.root.at(keys) else { break };
            value = next;
        }
        value
    }
}

/// The name in `[parameters('name')]` or `[variables('name')]`, with which of them it is.
fn reference(text: &str) -> Option<(&str, &str)> {
    let inner = text
        .trim()
        .strip_prefix('[')?
        .strip_suffix(')')
        .or_else(|| text.trim().strip_prefix('[')?.strip_suffix(")]"))?;
    let (function, rest) = inner.split_once("('")?;
    let name = rest.strip_suffix('\'')?;
    (matches!(function, "parameters" | "variables") && !name.contains('\'')).then_some((function, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_of_templates_are_seen() {
        assert_eq!(reference("[parameters('count')]"), Some(("parameters", "count")));
        assert_eq!(reference("[variables('a')]"), Some(("variables", "a")));
        assert_eq!(reference("[concat(parameters('a'), 'b')]"), None);
        assert_eq!(reference("plain"), None);
    }

    #[test]
    fn types_of_children_begin_with_their_parents() {
        assert_eq!(full("config", "microsoft.web/sites"), "microsoft.web/sites/config");
        assert_eq!(full("Microsoft.Web/sites", "x"), "microsoft.web/sites");
    }
}
