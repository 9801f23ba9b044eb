//! The letters of charts: Arimo, which is as wide as Arial and Helvetica, so that what fits here fits at a reader's.
//!
//! Files name the family and bring no letters along; pictures of pixels and pages for print bring these.

use std::sync::OnceLock;
use ttf_parser::{Face, GlyphId};
use unicode_width::UnicodeWidthChar;

/// What a viewer is asked for.
pub(super) const FAMILY: &str = "Arimo,Arial,Helvetica,'Liberation Sans',sans-serif";

/// The font's bytes, regular and bold.
pub(super) const BYTES: [&[u8]; 2] =
    [include_bytes!("font/Arimo-Regular.ttf"), include_bytes!("font/Arimo-Bold.ttf")];

/// The regular face, or the bold one.
pub(super) fn face(is_bold: bool) -> &'static Face<'static> {
    static FACES: [OnceLock<Face<'static>>; 2] = [OnceLock::new(), OnceLock::new()];
    let index = usize::from(is_bold);
    let parse = || Face::parse(BYTES[index], 0).expect("invariant: the font that comes along is one");
    FACES[index].get_or_init(parse)
}

/// The glyph of a letter, or the box that stands for those that the font lacks.
pub(super) fn glyph(is_bold: bool, letter: char) -> GlyphId {
    face(is_bold).glyph_index(letter).unwrap_or(GlyphId(0))
}

/// How far a letter advances, in ems. Letters of other scripts are as wide as a terminal has them: half an em or a whole.
pub(super) fn advance(is_bold: bool, letter: char) -> f64 {
    let face = face(is_bold);
    let known = face.glyph_index(letter).and_then(|glyph| face.glyph_hor_advance(glyph));
    match known {
        Some(units) => f64::from(units) / f64::from(face.units_per_em()),
        None => match letter.width() {
            Some(2) => 1.0,
            _ => 0.62,
        },
    }
}

/// Width of a text in pixels at a size in pixels.
pub(super) fn width(text: &str, size: f64, is_bold: bool) -> f64 {
    text.chars().map(|letter| advance(is_bold, letter)).sum::<f64>() * size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_as_wide_as_arial_has_them() {
        // Advance widths of Arial in thousandths of an em, from its metrics file.
        for (letter, thousandths) in [('a', 556.0), ('i', 222.0), ('W', 944.0), ('0', 556.0), (' ', 278.0)] {
            assert!((advance(false, letter) * 1000.0 - thousandths).abs() < 1.0, "{letter}");
        }
        assert!((advance(true, 'a') * 1000.0 - 556.0).abs() < 1.0);
        assert_eq!(advance(false, '界'), 1.0);
    }

    #[test]
    fn signs_of_charts_are_in_the_font() {
        for letter in "≤≥…–−×→éßλЖ".chars() {
            assert!(
                face(false).glyph_index(letter).is_some() && face(true).glyph_index(letter).is_some(),
                "{letter}"
            );
        }
    }
}
