//! A pixel canvas over plotters' SVG backend: lines, boxes, markers and text with honest sizes.

use crate::outlet::shown;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// A colour by its red, green and blue parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ink(pub u8, pub u8, pub u8);

/// Marker shapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Circle,
    Square,
    Triangle,
    Diamond,
    Cross,
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

    /// Width that `text` takes at most in common sans-serif fonts. The viewer's font is not known.
    pub fn width(self, text: &str) -> i32 {
        let ems: f64 = text
            .chars()
            .map(|c| match c {
                'i' | 'j' | 'l' | '.' | ',' | ' ' | ':' | '|' | '(' | ')' | '[' | ']' | '\'' | '-' => 0.37,
                'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.95,
                'A'..='Z' => 0.72,
                _ => 0.61,
            })
            .sum();
        (ems * self.size * if self.bold { 1.1 } else { 1.0 }).ceil() as i32
    }
}

/// Type of a point in pixels, y downwards.
pub type Point = (i32, i32);

/// Draws on a white ground of `width` by `height` pixels and returns the SVG.
pub fn draw(width: i32, height: i32, paint: impl FnOnce(&mut Canvas)) -> String {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (width as u32, height as u32)).into_drawing_area();
        let mut canvas = Canvas { root, height };
        canvas.root.fill(&WHITE).expect(IN_MEMORY);
        paint(&mut canvas);
        canvas.root.present().expect(IN_MEMORY);
    }
    svg
}

const IN_MEMORY: &str = "invariant: drawing into a string does not fail";

/// The canvas that [`draw`] hands out.
pub struct Canvas<'s> {
    root: DrawingArea<SVGBackend<'s>, Shift>,
    height: i32,
}

impl Canvas<'_> {
    pub fn height(&self) -> i32 {
        self.height
    }

    pub fn line(&mut self, points: &[Point], color: Ink, width: u32) {
        let style = rgb(color).stroke_width(width);
        self.root.draw(&PathElement::new(points.to_vec(), style)).expect(IN_MEMORY);
    }

    /// A line with a dash pattern of alternating on and off lengths; an empty pattern is solid.
    pub fn dashed(&mut self, points: &[Point], color: Ink, width: u32, pattern: &[f64]) {
        if pattern.is_empty() {
            return self.line(points, color, width);
        }
        for dash in dashes(points, pattern) {
            self.line(&dash, color, width);
        }
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
        let style = rgb(color).mix(opacity).filled();
        self.root.draw(&Rectangle::new([from, to], style)).expect(IN_MEMORY);
    }

    /// A marker of about `radius` pixels around `at`; an open one is white inside.
    pub fn marker(&mut self, at: Point, shape: Shape, radius: i32, color: Ink, filled: bool) {
        let (x, y) = at;
        let r = radius;
        let corners = match shape {
            Shape::Circle => {
                let style = rgb(if filled { color } else { PAPER }).filled();
                self.root.draw(&Circle::new(at, r, style)).expect(IN_MEMORY);
                self.root.draw(&Circle::new(at, r, rgb(color).stroke_width(2))).expect(IN_MEMORY);
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
        let fill = rgb(if filled { color } else { PAPER }).filled();
        self.root.draw(&Polygon::new(corners.clone(), fill)).expect(IN_MEMORY);
        let closed: Vec<Point> = corners.iter().chain(corners.first()).copied().collect();
        self.line(&closed, color, 2);
    }

    /// Text whose baseline passes through the anchor. The backend writes entities; here is no letter that XML lacks.
    pub fn text(&mut self, at: Point, text: &str, font: Font, color: Ink) {
        let style = if font.bold { FontStyle::Bold } else { FontStyle::Normal };
        // The backend divides sizes by 1.24 and lifts "bottom" anchors by about a quarter of the size.
        let face = FontDesc::new(FontFamily::SansSerif, font.size * 1.24, style);
        let face = if font.turned { face.transform(FontTransform::Rotate270) } else { face };
        let ink = rgb(color);
        let pos = Pos::new(font.align, VPos::Bottom);
        let style = TextStyle::from(face).color(&ink).pos(pos);
        let drop = (font.size * 0.26).round() as i32;
        let anchor = if font.turned { (at.0 + drop, at.1) } else { (at.0, at.1 + drop) };
        self.root.draw(&Text::new(shown(text).into_owned(), anchor, style)).expect(IN_MEMORY);
    }
}

/// White, for what lies under text.
pub const PAPER: Ink = Ink(255, 255, 255);

fn rgb(color: Ink) -> RGBColor {
    RGBColor(color.0, color.1, color.2)
}

/// Cuts a line into its dashes.
fn dashes(points: &[Point], pattern: &[f64]) -> Vec<Vec<Point>> {
    let mut out = Vec::new();
    let mut phase = 0;
    let mut left = pattern[0];
    let mut dash: Vec<Point> = points.first().copied().into_iter().collect();
    for pair in points.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let (dx, dy) = (f64::from(to.0 - from.0), f64::from(to.1 - from.1));
        let length = dx.hypot(dy);
        let mut walked = 0.0;
        while length - walked > left {
            walked += left;
            let share = walked / length;
            let here = (from.0 + (dx * share).round() as i32, from.1 + (dy * share).round() as i32);
            if phase % 2 == 0 {
                dash.push(here);
                out.push(std::mem::take(&mut dash));
            } else {
                dash = vec![here];
            }
            phase = (phase + 1) % pattern.len();
            left = pattern[phase];
        }
        left -= length - walked;
        if phase % 2 == 0 {
            dash.push(to);
        }
    }
    if dash.len() > 1 {
        out.push(dash);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_follow_the_pattern_round_corners() {
        let got = dashes(&[(0, 0), (10, 0), (10, 10)], &[6.0, 2.0]);
        assert_eq!(got, [vec![(0, 0), (6, 0)], vec![(8, 0), (10, 0), (10, 4)], vec![(10, 6), (10, 10)]]);
    }

    #[test]
    fn text_is_escaped_and_as_large_as_asked() {
        let svg = draw(100, 50, |canvas| canvas.text((5, 20), "a < b", Font::new(14.0), Ink(1, 2, 3)));
        assert!(svg.contains("a &lt; b"), "{svg}");
        assert!(svg.contains("font-size=\"14\""), "{svg}");
        assert!(svg.trim_end().ends_with("</svg>"));
    }
}
