//! What signs mean: rows of signs with words, as many rows as it takes. Knows no data.

use super::SMALL;
use super::canvas::{Canvas, Font, Point};
use super::labels::Area;
use super::theme::Ink;

/// Room for a sign, from a sign to its words, and from words to the next sign, in pixels.
const SIGN: i32 = 30;
const GAP: i32 = 8;
const NEXT: i32 = 24;
/// Height of a row.
const ROW: i32 = 23;

/// Draws a sign from a point at its left, half-way up.
type DrawSign<'a> = dyn Fn(&mut Canvas, Point) + 'a;

/// A sign and what it means.
pub struct LegendSign<'a> {
    words: String,
    draw: Box<DrawSign<'a>>,
}

impl<'a> LegendSign<'a> {
    /// `draw` draws it, [`LegendSign::WIDTH`] pixels wide, from a point at its left, half-way up.
    pub fn new(words: impl Into<String>, draw: impl Fn(&mut Canvas, Point) + 'a) -> Self {
        Self { words: words.into(), draw: Box::new(draw) }
    }

    /// Pixels that a sign takes.
    pub const WIDTH: i32 = SIGN;

    fn width(&self) -> i32 {
        SIGN + GAP + Font::new(SMALL).width(&self.words) + NEXT
    }
}

/// Where each sign begins, and the height of all rows: from `left`, not beyond `right`.
fn layout(signs: &[LegendSign], left: i32, right: i32) -> (Vec<Point>, i32) {
    let (mut x, mut row) = (left, 0);
    let mut at = Vec::new();
    for sign in signs {
        if x > left && x + sign.width() - NEXT > right {
            (x, row) = (left, row + 1);
        }
        at.push((x, ROW * row));
        x += sign.width();
    }
    (at, if signs.is_empty() { 0 } else { ROW * (row + 1) })
}

/// Pixels that the rows are high between two edges.
pub fn height(signs: &[LegendSign], left: i32, right: i32) -> i32 {
    layout(signs, left, right).1
}

/// Draws the signs in rows from the top of `area`.
pub fn draw(canvas: &mut Canvas, area: Area, signs: &[LegendSign]) {
    for (sign, (x, y)) in signs.iter().zip(layout(signs, area.0, area.2).0) {
        let middle = area.1 + y + ROW / 2;
        (sign.draw)(canvas, (x, middle));
        canvas.text((x + SIGN + GAP, middle + 4), &sign.words, Font::new(SMALL), Ink::Text);
    }
}
