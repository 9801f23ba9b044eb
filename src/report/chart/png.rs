//! A picture as pixels, with the letters that come along: the same bytes on every machine.

use super::font;
use super::pen::{Item, Side};
use super::picture::Picture;
use super::print::texture_lines;
use super::svg::TEXTURE_OPACITY;
use super::theme::Ink;
use tiny_skia::{
    Color, FillRule, LineCap, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, StrokeDash, Transform,
};
use ttf_parser::OutlineBuilder;

/// More pixels than this in either direction are not made.
const MOST_PIXELS: f32 = 16_000.0;

impl Picture {
    /// The picture as a PNG file of `scale` pixels for each of the picture's, on light or on dark paper.
    #[must_use]
    pub fn png(&self, is_dark: bool, scale: f32) -> Vec<u8> {
        let (width, height) = self.size;
        let most = MOST_PIXELS / width.max(height).max(1) as f32;
        let scale = scale.clamp(0.1, most.max(0.1));
        let pixels = |length: i32| ((length as f32 * scale).round() as u32).max(1);
        let mut sheet = Pixmap::new(pixels(width), pixels(height)).expect("invariant: its sides are limited");
        sheet.fill(color(Ink::Paper, is_dark, 1.0));
        let mut painter = Painter { sheet, is_dark, transform: Transform::from_scale(scale, scale) };
        self.items.iter().for_each(|item| painter.item(item));
        painter.sheet.encode_png().expect("invariant: a picture in memory can be encoded")
    }
}

fn color(ink: Ink, is_dark: bool, opacity: f64) -> Color {
    let (red, green, blue) = ink.rgb(is_dark);
    Color::from_rgba8(red, green, blue, (opacity.clamp(0.0, 1.0) * 255.0).round() as u8)
}

struct Painter {
    sheet: Pixmap,
    is_dark: bool,
    transform: Transform,
}

impl Painter {
    fn paint(&self, ink: Ink, opacity: f64) -> Paint<'static> {
        let mut paint = Paint::default();
        paint.set_color(color(ink, self.is_dark, opacity));
        paint
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Line { points, ink, opacity, width, dash } => {
                let dash = StrokeDash::new(dash.iter().map(|length| *length as f32).collect(), 0.0);
                self.line(points, &self.paint(*ink, *opacity), *width as f32, dash);
            }
            Item::Area { points, ink, opacity } => {
                let mut outline = builder(points);
                outline.close();
                self.fill(outline.finish(), &self.paint(*ink, *opacity));
            }
            Item::Rect { corners, ink, opacity, texture } => {
                self.rect(*corners, &self.paint(*ink, *opacity));
                let lines = self.paint(Ink::Paper, TEXTURE_OPACITY);
                for (from, to) in texture_lines(*corners, *texture) {
                    self.line(&[from, to], &lines, 1.4, None);
                }
            }
            Item::Disc { centre: (x, y), radius, ink, opacity, ring } => {
                let circle = PathBuilder::from_circle(*x as f32, *y as f32, *radius as f32);
                let paint = self.paint(*ink, *opacity);
                match ring {
                    None => self.fill(circle, &paint),
                    Some(width) => self.stroke(circle, &paint, *width as f32, None),
                }
            }
            Item::Words { at, words, size, is_bold, is_turned, side, ink } => {
                let outline = letters(words, *size, *is_bold, *side);
                let turned = if *is_turned { Transform::from_rotate(-90.0) } else { Transform::identity() };
                let placed = turned.post_translate(at.0 as f32, at.1 as f32);
                let path = outline.and_then(|path| path.transform(placed));
                self.fill(path, &self.paint(*ink, 1.0));
            }
            Item::Open(_) | Item::Close => {}
        }
    }

    fn rect(&mut self, (left, top, right, bottom): (i32, i32, i32, i32), paint: &Paint) {
        if let Some(rect) = Rect::from_ltrb(left as f32, top as f32, right as f32, bottom as f32) {
            self.sheet.fill_rect(rect, paint, self.transform, None);
        }
    }

    fn line(&mut self, points: &[(i32, i32)], paint: &Paint, width: f32, dash: Option<StrokeDash>) {
        self.stroke(builder(points).finish(), paint, width, dash);
    }

    fn stroke(&mut self, path: Option<Path>, paint: &Paint, width: f32, dash: Option<StrokeDash>) {
        if let Some(path) = path {
            let stroke = Stroke { width, dash, line_cap: LineCap::Butt, ..Stroke::default() };
            self.sheet.stroke_path(&path, paint, &stroke, self.transform, None);
        }
    }

    fn fill(&mut self, path: Option<Path>, paint: &Paint) {
        if let Some(path) = path {
            self.sheet.fill_path(&path, paint, FillRule::Winding, self.transform, None);
        }
    }
}

fn builder(points: &[(i32, i32)]) -> PathBuilder {
    let mut path = PathBuilder::new();
    for (index, (x, y)) in points.iter().enumerate() {
        if index == 0 { path.move_to(*x as f32, *y as f32) } else { path.line_to(*x as f32, *y as f32) }
    }
    path
}

/// Outlines of a text whose baseline passes through the origin.
fn letters(words: &str, size: f64, is_bold: bool, side: Side) -> Option<Path> {
    let face = font::face(is_bold);
    let scale = size / f64::from(face.units_per_em());
    let width = font::width(words, size, is_bold);
    let start = match side {
        Side::Start => 0.0,
        Side::Middle => -width / 2.0,
        Side::End => -width,
    };
    let mut outline = Outline { path: PathBuilder::new(), x: start as f32, scale: scale as f32 };
    for letter in words.chars() {
        face.outline_glyph(font::glyph(is_bold, letter), &mut outline);
        outline.x += (font::advance(is_bold, letter) * size) as f32;
    }
    outline.path.finish()
}

/// Takes a glyph's outline, which is in the font's units with y upwards.
struct Outline {
    path: PathBuilder,
    x: f32,
    scale: f32,
}

impl Outline {
    fn at(&self, x: f32, y: f32) -> (f32, f32) {
        (self.x + x * self.scale, -y * self.scale)
    }
}

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.at(x1, y1), self.at(x, y));
        self.path.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) = (self.at(x1, y1), self.at(x2, y2), self.at(x, y));
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}

#[cfg(test)]
mod tests {
    use super::super::canvas::Font;
    use super::super::picture::Frame;
    use super::*;

    #[test]
    fn pixels_are_as_many_as_asked_and_dark_on_dark_paper() {
        let frame = Frame { title: "Wörter".into(), ..Frame::default() };
        let picture = frame.picture(60, |canvas, area| {
            canvas.rect((area.0, area.1), (area.0 + 30, area.3), Ink::Harm, 1.0);
            canvas.text((200, area.1 + 30), "界 abc", Font::new(20.0), Ink::Text);
        });
        let (width, height) = picture.size();
        for (is_dark, scale) in [(false, 1.0), (true, 2.0)] {
            let pixels = Pixmap::decode_png(&picture.png(is_dark, scale)).unwrap();
            assert_eq!(pixels.width(), (width as f32 * scale) as u32);
            assert_eq!(pixels.height(), (height as f32 * scale) as u32);
            let corner = pixels.pixel(2, 2).unwrap();
            let paper = Ink::Paper.rgb(is_dark);
            assert_eq!((corner.red(), corner.green(), corner.blue()), paper);
            let harm = Ink::Harm.rgb(is_dark);
            let is_harm = |p: &&tiny_skia::PremultipliedColorU8| (p.red(), p.green(), p.blue()) == harm;
            let found = pixels.pixels().iter().filter(is_harm).count() as f32;
            assert_eq!(found, 30.0 * 60.0 * scale * scale);
        }
        assert_eq!(picture.png(false, 1.0), picture.png(false, 1.0));
    }
}
