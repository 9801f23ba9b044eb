//! A pixel canvas over plotters: lines, boxes, markers and text with honest sizes.

use super::font;
use super::pen::{Item, Mark, Pen, Texture, coded};
use super::theme::Ink;
use crate::outlet::shown;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Width of every chart, in pixels.
pub const WIDTH: i32 = 1200;

/// Text sizes in pixels; nothing is smaller than 12.
pub const TITLE: f64 = 22.0;
pub const BODY: f64 = 14.0;
pub const SMALL: f64 = 12.5;

/// Marker shapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A disc.
    Circle,
    /// A box.
    Square,
    /// A triangle that points up.
    Triangle,
    /// A box on its corner.
    Diamond,
    /// Two lines that cross.
    Cross,
}

impl Shape {
    /// Its name for scripts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Circle => "circle",
            Self::Square => "square",
            Self::Triangle => "triangle",
            Self::Diamond => "diamond",
            Self::Cross => "cross",
        }
    }
}

/// How a text is set; the anchor is the baseline's left end unless said otherwise.
#[derive(Clone, Copy)]
pub struct Font {
    size: f64,
    bold: bool,
    align: HPos,
    turned: bool,
}

impl Font {
    /// Plain, starting at the anchor, `size` pixels tall.
    pub fn new(size: f64) -> Self {
        Self { size, bold: false, align: HPos::Left, turned: false }
    }

    pub fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    /// Centred on the anchor.
    pub fn centered(self) -> Self {
        Self { align: HPos::Center, ..self }
    }

    /// Ending at the anchor.
    pub fn ending(self) -> Self {
        Self { align: HPos::Right, ..self }
    }

    /// Reading from bottom to top.
    pub fn turned(self) -> Self {
        Self { turned: true, ..self }
    }

    /// Width of `text` in pixels, rounded up.
    pub fn width(self, text: &str) -> i32 {
        font::width(&shown(text), self.size, self.bold).ceil() as i32
    }

    /// `text` in lines of at most `width` pixels, broken at blanks; a word that is wider has a line of its own.
    pub fn wrapped(self, text: &str, width: i32) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        // A percent sign stays with its number.
        let mut words: Vec<String> = Vec::new();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            match words.last_mut().filter(|_| word.starts_with('%')) {
                Some(number) => *number = format!("{number} {word}"),
                None => words.push(word.to_owned()),
            }
        }
        for word in words {
            let longer = lines.last().map(|line| format!("{line} {word}"));
            match longer.filter(|longer| self.width(longer) <= width) {
                Some(longer) => {
                    lines.pop();
                    lines.push(longer);
                }
                None => lines.push(word),
            }
        }
        lines
    }
}

/// Type of a point in pixels, y downwards.
pub type Point = (i32, i32);

/// Draws on paper of `width` by `height` pixels.
pub(super) fn drawn(width: i32, height: i32, paint: impl FnOnce(&mut Canvas)) -> Vec<Item> {
    let pen = Pen::new((width.max(1) as u32, height.max(1) as u32));
    let mut canvas = Canvas { root: pen.clone().into_drawing_area(), pen, height };
    paint(&mut canvas);
    canvas.pen.take()
}

const KEPT: &str = "invariant: a pen that keeps a list does not fail";

/// What charts draw on.
pub struct Canvas {
    root: DrawingArea<Pen, Shift>,
    pen: Pen,
    height: i32,
}

impl Canvas {
    pub fn height(&self) -> i32 {
        self.height
    }

    /// What `paint` draws is one mark: who points at it is told `mark.words`.
    pub fn mark(&mut self, mark: Mark, paint: impl FnOnce(&mut Self)) {
        self.pen.push(Item::Open(mark));
        paint(self);
        self.pen.push(Item::Close);
    }

    pub fn line(&mut self, points: &[Point], color: Ink, width: u32) {
        let style = coded(color).stroke_width(width);
        self.root.draw(&PathElement::new(points.to_vec(), style)).expect(KEPT);
    }

    /// A line with a dash pattern of alternating on and off lengths; an empty pattern is solid.
    pub fn dashed(&mut self, points: &[Point], color: Ink, width: u32, pattern: &'static [f64]) {
        self.pen.set_dash(pattern);
        self.line(points, color, width);
        self.pen.set_dash(&[]);
    }

    /// An interval: a level or upright line with strokes of `cap` pixels to both sides of its ends.
    pub fn whisker(&mut self, from: Point, to: Point, color: Ink, cap: i32) {
        self.line(&[from, to], color, 2);
        let (dx, dy) = if from.1 == to.1 { (0, cap) } else { (cap, 0) };
        for (x, y) in [from, to] {
            self.line(&[(x - dx, y - dy), (x + dx, y + dy)], color, 2);
        }
    }

    /// A filled box between two corners; `opacity` from 0 to 1.
    pub fn rect(&mut self, from: Point, to: Point, color: Ink, opacity: f64) {
        let style = coded(color).mix(opacity).filled();
        self.root.draw(&Rectangle::new([from, to], style)).expect(KEPT);
    }

    /// A filled box with a texture.
    pub fn textured(&mut self, from: Point, to: Point, color: Ink, texture: Texture) {
        self.pen.set_texture(texture);
        self.rect(from, to, color, 1.0);
        self.pen.set_texture(Texture::Plain);
    }

    /// A filled outline; `opacity` from 0 to 1.
    pub fn area(&mut self, outline: &[Point], color: Ink, opacity: f64) {
        let style = coded(color).mix(opacity).filled();
        self.root.draw(&Polygon::new(outline.to_vec(), style)).expect(KEPT);
    }

    /// A marker of about `radius` pixels around `at`; an open one shows the paper inside.
    pub fn marker(&mut self, at: Point, shape: Shape, radius: i32, color: Ink, filled: bool) {
        let (x, y) = at;
        let r = radius;
        let inside = coded(if filled { color } else { Ink::Paper });
        let corners = match shape {
            Shape::Circle => {
                self.root.draw(&Circle::new(at, r, inside.filled())).expect(KEPT);
                self.root.draw(&Circle::new(at, r, coded(color).stroke_width(2))).expect(KEPT);
                return;
            }
            Shape::Cross => {
                self.line(&[(x - r, y - r), (x + r, y + r)], color, 3);
                return self.line(&[(x - r, y + r), (x + r, y - r)], color, 3);
            }
            Shape::Square => vec![(x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r)],
            Shape::Triangle => vec![(x, y - r - 1), (x + r + 1, y + r), (x - r - 1, y + r)],
            Shape::Diamond => vec![(x, y - r - 2), (x + r + 2, y), (x, y + r + 2), (x - r - 2, y)],
        };
        self.root.draw(&Polygon::new(corners.clone(), inside.filled())).expect(KEPT);
        let closed: Vec<Point> = corners.iter().chain(corners.first()).copied().collect();
        self.line(&closed, color, 2);
    }

    /// Text whose baseline passes through the anchor. Letters that act on what is around them are shown.
    pub fn text(&mut self, at: Point, text: &str, font: Font, color: Ink) {
        let style = if font.bold { FontStyle::Bold } else { FontStyle::Normal };
        let face = FontDesc::new(FontFamily::SansSerif, font.size, style);
        let face = if font.turned { face.transform(FontTransform::Rotate270) } else { face };
        let ink = coded(color);
        let style = TextStyle::from(face).color(&ink).pos(Pos::new(font.align, VPos::Bottom));
        self.root.draw(&Text::new(shown(text).into_owned(), at, style)).expect(KEPT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::pen::Side;

    #[test]
    fn what_is_drawn_through_plotters_is_kept() {
        let items = drawn(100, 50, |canvas| {
            canvas.mark(Mark { words: "one".into(), data: vec![("s", "0".into())] }, |canvas| {
                canvas.dashed(&[(1, 2), (3, 4)], Ink::Blue, 3, &[4.0, 2.0]);
                canvas.textured((0, 0), (10, 10), Ink::Bake, Texture::Rising);
            });
            canvas.rect((5, 5), (6, 7), Ink::Harm, 0.5);
            canvas.text((5, 20), "a", Font::new(14.0).bold().ending(), Ink::Text);
        });
        let words = |item: &Item| matches!(item, Item::Words { at: (5, 20), is_bold: true, is_turned: false, side: Side::End, ink: Ink::Text, size, .. } if *size == 14.0);
        assert!(matches!(&items[0], Item::Open(mark) if mark.words == "one"));
        assert!(matches!(&items[1], Item::Line { ink: Ink::Blue, width: 3, dash: [4.0, 2.0], .. }));
        assert!(matches!(&items[2], Item::Rect { ink: Ink::Bake, texture: Texture::Rising, .. }));
        assert!(matches!(&items[3], Item::Close));
        assert!(
            matches!(&items[4], Item::Rect { corners: (5, 5, 6, 7), opacity, texture: Texture::Plain, .. } if *opacity == 0.5)
        );
        assert!(words(&items[5]), "{items:?}");
    }

    #[test]
    fn long_texts_break_at_blanks() {
        let font = Font::new(20.0);
        let text = "a sentence that is longer than a line";
        let lines = font.wrapped(text, 160);
        assert_eq!(lines.join(" "), text);
        assert!(lines.len() > 1 && lines.iter().all(|line| font.width(line) <= 160), "{lines:?}");
    }
}
