//! What stands in a file for a value that only the tool knows when it deploys: templates, variables, functions. It gives
//! them names, and no values.

use super::tree::{Marked, MarkedValue};

/// The name of what a value stands for that is known only later: a template of Helm or Jinja, a variable of a shell, of HCL
/// or of Make; of an intrinsic function of CloudFormation what it is applied to, a condition, or the `path` of what it computes.
pub(super) fn unknown(tree: &Marked, path: &str) -> Option<String> {
    let applied = match tree.entries() {
        [only] if only.key == "Ref" || only.key.starts_with("Fn::") => Some((only.key.as_str(), &only.value)),
        [] => tree.tag.as_deref().map(|tag| (tag, tree)),
        _ => None,
    };
    if let Some((function, argument)) = applied {
        let first = match &argument.value {
            MarkedValue::List(items) if function.ends_with("If") => items.first().and_then(Marked::text),
            MarkedValue::List(_) | MarkedValue::Map(_) => None,
            MarkedValue::Scalar { text, .. } => Some(text.as_str()),
        };
        return Some(first.map_or_else(|| path.to_owned(), |text| text.trim().to_owned()));
    }
    let text = tree.text()?;
    let between = |open: &str, close: &str| {
        let (_, rest) = text.split_once(open)?;
        let (inner, _) = rest.split_once(close)?;
        Some(inner.trim().trim_start_matches('.').to_owned())
    };
    azure(text).or_else(|| between("{{", "}}")).or_else(|| between("${", "}")).or_else(|| between("$(", ")"))
}

/// Azure's templates: `[parameters('count')]`, `[concat('a', 'b')]`.
fn azure(text: &str) -> Option<String> {
    let inner = text.trim().strip_prefix('[')?.strip_suffix(")]")?;
    let (function, rest) = inner.split_once('(')?;
    let is_word = !function.is_empty() && function.chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
    let name = rest.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap_or(inner);
    is_word.then(|| name.to_owned())
}
