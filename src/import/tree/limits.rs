//! What a foreign file may cost: it is a stranger's, and may be made to hurt. Ordinary files are far below these limits.

use crate::diagnostic::{Diagnostic, Span};
use crate::scenario::rules;

/// Bytes of the largest file.
pub const MAX_BYTES: usize = 4 << 20;

/// Collections inside each other.
pub(super) const MAX_DEPTH: usize = 64;

/// Bytes of all files together.
pub(in crate::import) const MAX_TOTAL_BYTES: usize = 16 << 20;

/// Values of all files together, with those that aliases repeat.
pub(super) const MAX_VALUES: usize = 200_000;

/// Documents of all files together.
pub(in crate::import) const MAX_DOCUMENTS: usize = 2_000;

/// What a file that is nested too deeply is told.
pub(super) fn too_deep(span: Span) -> Diagnostic {
    rules::FOREIGN_SYNTAX
        .at(span, format!("more than {MAX_DEPTH} levels are inside each other here"))
        .help("no rollout policy is nested like that: give the file that holds the policy alone")
}

/// What a file is told that says too much.
pub(super) fn too_much(span: Span) -> Diagnostic {
    rules::FOREIGN_SYNTAX
        .at(span, format!("more than {MAX_VALUES} values are too much to read"))
        .help("give the documents that hold the policy alone, and write out what aliases repeat")
}

/// Where a text has more signs than so many values need, for languages whose parser builds a tree of its own before any
/// value can be counted. Those in texts and comments count, too: nobody writes so many.
pub(super) fn too_many_signs(text: &str) -> Option<usize> {
    let sign = |letter: &u8| matches!(letter, b'=' | b'{' | b'[' | b',' | b'.');
    text.bytes().enumerate().filter(|(_, letter)| sign(letter)).nth(MAX_VALUES / 2).map(|(at, _)| at)
}

/// Whether a parser's words for what is wrong mean that it refused to follow what is nested.
pub(super) fn says_too_deep(words: &str) -> bool {
    ["recursion limit", "nesting depth"].iter().any(|known| words.contains(known))
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
