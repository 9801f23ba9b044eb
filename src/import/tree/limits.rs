//! What a foreign file may cost: it is a stranger's, and may be made to hurt. Ordinary files are far below these limits.

use crate::diagnostic::{Diagnostic, Span};
use crate::scenario::rules;

/// Bytes of the largest file.
pub(in crate::import) const MAX_BYTES: usize = 4 << 20;

/// Collections inside each other.
pub(super) const MAX_DEPTH: usize = 64;

/// Values of a file, with those that aliases repeat.
pub(super) const MAX_VALUES: usize = 200_000;

/// What a file that is nested too deeply is told.
pub(super) fn too_deep(span: Span) -> Diagnostic {
    rules::FOREIGN_SYNTAX
        .at(span, format!("more than {MAX_DEPTH} levels are inside each other here"))
        .help("no rollout policy is nested like that: give the file that holds the policy alone")
}

/// What a file is told that says too much.
pub(super) fn too_much(span: Span) -> Diagnostic {
    rules::FOREIGN_SYNTAX
        .at(span, format!("with what aliases repeat the file has more than {MAX_VALUES} values"))
        .help("give the documents that hold the policy alone, and write out what aliases repeat")
}

/// Whether brackets are nested more deeply than a parser that calls itself for each should be asked to follow. Those in
/// texts and comments count, too: nobody writes so many.
pub(super) fn deep_bracket(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, letter) in text.bytes().enumerate() {
        match letter {
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Some(at);
        }
    }
    None
}
