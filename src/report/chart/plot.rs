//! What charts have around their data: grid lines with their values, titles of axes, rows of signs. Knows no data.

use super::canvas::{Canvas, Font};
use super::scale::Tick;
use super::theme::Ink;
use super::{BODY, SMALL};

/// The edges of what a chart draws its data in, in pixels.
#[derive(Debug, Clone, Copy)]
pub struct Plot {
    pub left: i32,
    pub right: i32,
    pub top: i32,
    pub bottom: i32,
}

impl Plot {
    /// Grid lines of the axis below, each with its value.
    pub fn ticks_below(&self, canvas: &mut Canvas, ticks: impl IntoIterator<Item = Tick>) {
        for (x, value) in ticks {
            canvas.line(&[(x, self.top), (x, self.bottom)], Ink::Grid, 1);
            canvas.text((x, self.bottom + 22), &value, Font::new(BODY).centered(), Ink::Text);
        }
    }

    /// Grid lines of the axis on the left, each with its value.
    pub fn ticks_beside(&self, canvas: &mut Canvas, ticks: impl IntoIterator<Item = Tick>) {
        for (y, value) in ticks {
            canvas.line(&[(self.left, y), (self.right, y)], Ink::Grid, 1);
            canvas.text((self.left - 10, y + 5), &value, Font::new(BODY).ending(), Ink::Text);
        }
    }

    /// What the axis below means.
    pub fn title_below(&self, canvas: &mut Canvas, words: &str) {
        let center = ((self.left + self.right) / 2, self.bottom + 50);
        canvas.text(center, words, Font::new(BODY).bold().centered(), Ink::Text);
    }

    /// What the axis on the left means, at `x`.
    pub fn title_beside(&self, canvas: &mut Canvas, x: i32, words: &str) {
        let center = (x, (self.top + self.bottom) / 2);
        canvas.text(center, words, Font::new(BODY).bold().centered().turned(), Ink::Text);
    }
}

/// A row of signs, each with what it means.
#[derive(Debug, Clone, Copy)]
pub struct Legend {
    /// Where the next sign begins.
    pub left: i32,
    /// The baseline of the words.
    pub y: i32,
    /// From the beginning of a sign to its words.
    pub indent: i32,
    /// From the end of words to the next sign.
    pub gap: i32,
}

impl Legend {
    /// Adds a sign, which `draw` draws from a pixel on, and its words.
    pub fn entry(&mut self, canvas: &mut Canvas, words: &str, draw: impl FnOnce(&mut Canvas, i32)) {
        let font = Font::new(SMALL);
        draw(canvas, self.left);
        canvas.text((self.left + self.indent, self.y), words, font, Ink::Text);
        self.left += self.indent + font.width(words) + self.gap;
    }
}
