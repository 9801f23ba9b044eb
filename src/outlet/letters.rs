//! Letters that nobody sees and that act all the same, and how they are shown.

use std::borrow::Cow;
use std::ops::RangeInclusive;

/// What a renderer draws nothing for, or what turns the direction of the text around it: `Default_Ignorable_Code_Point` of
/// Unicode 16 (bidirectional controls, zero-width letters, variation selectors, tags, fillers), the line and paragraph
/// separators, interlinear annotations, and the blank of Braille.
const HIDDEN: [RangeInclusive<char>; 19] = [
    '\u{ad}'..='\u{ad}',
    '\u{34f}'..='\u{34f}',
    '\u{61c}'..='\u{61c}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180f}',
    '\u{200b}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{2800}'..='\u{2800}',
    '\u{3164}'..='\u{3164}',
    '\u{fdd0}'..='\u{fdef}',
    '\u{fe00}'..='\u{fe0f}',
    '\u{feff}'..='\u{feff}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{fff0}'..='\u{fffb}',
    '\u{1bca0}'..='\u{1bca3}',
    '\u{1d173}'..='\u{1d17a}',
    '\u{e0000}'..='\u{e0fff}',
];

/// Whether a letter cannot be seen or acts on what is around it. A line break and a tab are no such letters.
#[must_use]
pub fn is_hidden(letter: char) -> bool {
    let is_noncharacter = u32::from(letter) & 0xfffe == 0xfffe;
    letter.is_control() && !matches!(letter, '\n' | '\t')
        || is_noncharacter
        || !letter.is_ascii() && HIDDEN.iter().any(|range| range.contains(&letter))
}

/// The text with every hidden letter as `\uXXXX`, in UTF-16 as JSON has it.
#[must_use]
pub fn shown(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if is_hidden(letter) { push_escape(&mut out, letter) } else { out.push(letter) }
    }
    Cow::Owned(out)
}

/// The text on one line, with blanks for breaks and tabs.
#[must_use]
pub fn line(text: &str) -> String {
    let blank = |letter: char| if matches!(letter, '\n' | '\r' | '\t') { ' ' } else { letter };
    shown(&text.chars().map(blank).collect::<String>()).into_owned()
}

pub(super) fn push_escape(out: &mut String, letter: char) {
    for unit in letter.encode_utf16(&mut [0; 2]) {
        out.push_str(&format!("\\u{unit:04X}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_shown_and_the_rest_stays() {
        for (text, expected) in [
            ("größe 東京 5 %\tx\n", "größe 東京 5 %\tx\n"),
            ("a\u{1b}[31m\u{7}\u{9b}\r", "a\\u001B[31m\\u0007\\u009B\\u000D"),
            ("\u{202e}\u{2066}\u{200b}\u{feff}", "\\u202E\\u2066\\u200B\\uFEFF"),
            ("\u{fffe}\u{ffff}\u{1fffe}\u{fdd0}", "\\uFFFE\\uFFFF\\uD83F\\uDFFE\\uFDD0"),
            ("\u{e0041}", "\\uDB40\\uDC41"),
        ] {
            assert_eq!(shown(text), expected);
        }
        assert_eq!(line("a\nb\u{200d}"), "a b\\u200D");
    }
}
