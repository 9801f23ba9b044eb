//! A picture as a page of PDF: lines stay lines, and words can be found and copied.

use super::canvas::Point;
use super::font;
use super::pen::{Item, Side};
use super::picture::Picture;
use super::print::texture_lines;
use super::svg::TEXTURE_OPACITY;
use super::theme::Ink;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Buf, Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use std::collections::{BTreeMap, BTreeSet};
use ttf_parser::GlyphId;

/// Points in a pixel: a picture of 1,200 pixels is 900 points wide.
const POINTS: f32 = 0.75;
/// How far the control points of a quarter of a circle are from its ends, of the radius.
const ROUND: f32 = 0.552_284_8;

const CATALOG: Ref = Ref::new(1);
const PAGES: Ref = Ref::new(2);
const PAGE: Ref = Ref::new(3);
const CONTENT: Ref = Ref::new(4);
const INFO: Ref = Ref::new(5);
/// Five objects a face follow, the regular face first.
const FIRST_FACE: i32 = 6;
const OBJECTS: i32 = 5;

const FACES: [(bool, Name, Name); 2] = [
    (false, Name(b"Regular"), Name(b"WAVTNK+Arimo-Regular")),
    (true, Name(b"Bold"), Name(b"WAVTNK+Arimo-Bold")),
];
const IDENTITY: SystemInfo =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

impl Picture {
    /// The picture as a PDF file of one page, on light or on dark paper.
    #[must_use]
    pub fn pdf(&self, is_dark: bool) -> Vec<u8> {
        let mut writer =
            Writer { content: Content::new(), is_dark, opacities: BTreeSet::new(), used: Used::default() };
        let height = self.size.1 as f32 * POINTS;
        writer.content.transform([POINTS, 0.0, 0.0, -POINTS, 0.0, height]);
        self.items.iter().for_each(|item| writer.item(item));
        let Writer { content, opacities, used, .. } = writer;
        let mut pdf = Pdf::new();
        pdf.catalog(CATALOG).pages(PAGES).lang(TextStr("en"));
        pdf.document_info(INFO).title(TextStr(&self.title)).producer(TextStr(env!("CARGO_PKG_NAME")));
        pdf.pages(PAGES).kids([PAGE]).count(1);
        let mut page = pdf.page(PAGE);
        page.parent(PAGES).contents(CONTENT);
        page.media_box(Rect::new(0.0, 0.0, self.size.0 as f32 * POINTS, height));
        let mut resources = page.resources();
        let mut fonts = resources.fonts();
        for (index, (_, name, _)) in FACES.iter().enumerate() {
            fonts.pair(*name, object(index, 0));
        }
        fonts.finish();
        let mut states = resources.ext_g_states();
        for thousandths in opacities {
            let opacity = thousandths as f32 / 1000.0;
            let name = state_name(thousandths);
            states
                .insert(Name(name.as_bytes()))
                .start::<pdf_writer::writers::ExtGraphicsState>()
                .non_stroking_alpha(opacity)
                .stroking_alpha(opacity);
        }
        states.finish();
        resources.finish();
        page.finish();
        pdf.stream(CONTENT, &content.finish());
        for (index, (is_bold, _, name)) in FACES.iter().enumerate() {
            embed(&mut pdf, index, *is_bold, *name, &used.letters[index]);
        }
        pdf.finish()
    }
}

/// The object of a face: 0 the font, then its descendant, descriptor, bytes and letters.
fn object(face: usize, part: i32) -> Ref {
    Ref::new(FIRST_FACE + OBJECTS * face as i32 + part)
}

fn state_name(thousandths: u32) -> String {
    format!("O{thousandths}")
}

/// Letters by glyph, of either face.
#[derive(Default)]
struct Used {
    letters: [BTreeMap<u16, char>; 2],
}

struct Writer {
    content: Content,
    is_dark: bool,
    /// In thousandths.
    opacities: BTreeSet<u32>,
    used: Used,
}

impl Writer {
    fn opacity(&mut self, opacity: f64) {
        let thousandths = (opacity.clamp(0.0, 1.0) * 1000.0).round() as u32;
        self.opacities.insert(thousandths);
        let name = state_name(thousandths);
        self.content.set_parameters(Name(name.as_bytes()));
    }

    fn rgb(&self, ink: Ink) -> [f32; 3] {
        let (red, green, blue) = ink.rgb(self.is_dark);
        [red, green, blue].map(|part| f32::from(part) / 255.0)
    }

    fn filled(&mut self, ink: Ink, opacity: f64) {
        let [red, green, blue] = self.rgb(ink);
        self.content.set_fill_rgb(red, green, blue);
        self.opacity(opacity);
    }

    fn stroked(&mut self, ink: Ink, opacity: f64, width: f32, dash: &[f64]) {
        let [red, green, blue] = self.rgb(ink);
        self.content.set_stroke_rgb(red, green, blue).set_line_width(width);
        self.content.set_dash_pattern(dash.iter().map(|length| *length as f32), 0.0);
        self.opacity(opacity);
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Line { points, ink, opacity, width, dash } => {
                self.stroked(*ink, *opacity, *width as f32, dash);
                self.path(points);
                self.content.stroke();
            }
            Item::Area { points, ink, opacity } => {
                self.filled(*ink, *opacity);
                self.path(points);
                self.content.close_path().fill_nonzero();
            }
            Item::Rect { corners, ink, opacity, texture } => {
                let (left, top, right, bottom) = *corners;
                self.filled(*ink, *opacity);
                let (width, height) = ((right - left) as f32, (bottom - top) as f32);
                self.content.rect(left as f32, top as f32, width, height).fill_nonzero();
                let lines = texture_lines(*corners, *texture);
                if !lines.is_empty() {
                    self.stroked(Ink::Paper, TEXTURE_OPACITY, 1.4, &[]);
                    lines.iter().for_each(|(from, to)| self.path(&[*from, *to]));
                    self.content.stroke();
                }
            }
            Item::Disc { centre, radius, ink, opacity, ring } => {
                match ring {
                    None => self.filled(*ink, *opacity),
                    Some(width) => self.stroked(*ink, *opacity, *width as f32, &[]),
                }
                self.circle(*centre, *radius as f32);
                if ring.is_some() {
                    self.content.stroke()
                } else {
                    self.content.fill_nonzero()
                };
            }
            Item::Words { at, words, size, is_bold, is_turned, side, ink } => {
                self.filled(*ink, 1.0);
                self.words(*at, words, (*size, *is_bold, *is_turned), *side);
            }
            Item::Open(_) | Item::Close => {}
        }
    }

    fn path(&mut self, points: &[Point]) {
        for (index, (x, y)) in points.iter().enumerate() {
            let (x, y) = (*x as f32, *y as f32);
            if index == 0 {
                self.content.move_to(x, y)
            } else {
                self.content.line_to(x, y)
            };
        }
    }

    fn circle(&mut self, (x, y): Point, r: f32) {
        let (x, y, k) = (x as f32, y as f32, r * ROUND);
        self.content.move_to(x + r, y);
        self.content.cubic_to(x + r, y + k, x + k, y + r, x, y + r);
        self.content.cubic_to(x - k, y + r, x - r, y + k, x - r, y);
        self.content.cubic_to(x - r, y - k, x - k, y - r, x, y - r);
        self.content.cubic_to(x + k, y - r, x + r, y - k, x + r, y);
        self.content.close_path();
    }

    /// The page's y points down, so letters are turned over once more.
    fn words(
        &mut self,
        (x, y): Point,
        words: &str,
        (size, is_bold, is_turned): (f64, bool, bool),
        side: Side,
    ) {
        let width = font::width(words, size, is_bold) as f32;
        let back = match side {
            Side::Start => 0.0,
            Side::Middle => width / 2.0,
            Side::End => width,
        };
        let (x, y) = (x as f32, y as f32);
        let matrix =
            if is_turned { [0.0, -1.0, -1.0, 0.0, x, y + back] } else { [1.0, 0.0, 0.0, -1.0, x - back, y] };
        let face = usize::from(is_bold);
        let mut glyphs = Vec::new();
        for letter in words.chars() {
            let GlyphId(glyph) = font::glyph(is_bold, letter);
            self.used.letters[face].entry(glyph).or_insert(letter);
            glyphs.extend(glyph.to_be_bytes());
        }
        self.content.begin_text().set_font(FACES[face].1, size as f32).set_text_matrix(matrix);
        self.content.show(Str(&glyphs)).end_text();
    }
}

/// Puts a face into the document.
fn embed(pdf: &mut Pdf, index: usize, is_bold: bool, name: Name, letters: &BTreeMap<u16, char>) {
    let face = font::face(is_bold);
    let thousandths = |units: i16| f32::from(units) * 1000.0 / f32::from(face.units_per_em());
    pdf.type0_font(object(index, 0))
        .base_font(name)
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(object(index, 1))
        .to_unicode(object(index, 4));
    let mut font = pdf.cid_font(object(index, 1));
    font.subtype(CidFontType::Type2).base_font(name).system_info(IDENTITY).font_descriptor(object(index, 2));
    font.cid_to_gid_map_predefined(Name(b"Identity"));
    let mut widths = font.widths();
    for glyph in letters.keys() {
        let units = face.glyph_hor_advance(GlyphId(*glyph)).unwrap_or(face.units_per_em());
        widths.consecutive(*glyph, [f32::from(units) * 1000.0 / f32::from(face.units_per_em())]);
    }
    widths.finish();
    font.finish();
    let bounds = face.global_bounding_box();
    let corners = [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(thousandths);
    pdf.font_descriptor(object(index, 2))
        .name(name)
        .flags(FontFlags::NON_SYMBOLIC)
        .bbox(Rect::new(corners[0], corners[1], corners[2], corners[3]))
        .italic_angle(0.0)
        .ascent(thousandths(face.ascender()))
        .descent(thousandths(face.descender()))
        .cap_height(thousandths(face.capital_height().unwrap_or(face.ascender())))
        .stem_v(if is_bold { 140.0 } else { 80.0 })
        .font_file2(object(index, 3));
    let bytes = font::BYTES[index];
    pdf.stream(object(index, 3), bytes).pair(Name(b"Length1"), bytes.len() as i32);
    let mut map: UnicodeCmap = UnicodeCmap::new(Name(b"Letters"), IDENTITY);
    letters.iter().for_each(|(glyph, letter)| map.pair(*glyph, *letter));
    let map: Buf = map.finish();
    pdf.cmap(object(index, 4), &map);
}

#[cfg(test)]
mod tests {
    use super::super::canvas::Font;
    use super::super::picture::Frame;
    use super::*;

    #[test]
    fn a_page_is_as_large_as_the_picture_and_its_words_can_be_found() {
        let frame = Frame { title: "Fast and safe".into(), ..Frame::default() };
        let picture = frame.picture(60, |canvas, area| {
            canvas.rect((area.0, area.1), (area.0 + 30, area.3), Ink::Harm, 0.5);
            canvas.text((200, area.1 + 30), "up", Font::new(20.0).turned(), Ink::Text);
        });
        let bytes = picture.pdf(false);
        let text = String::from_utf8_lossy(&bytes);
        let (width, height) = picture.size();
        let page = format!("/MediaBox [0 0 {} {}]", width as f32 * POINTS, height as f32 * POINTS);
        for words in ["%PDF-1.", page.as_str(), "/O500", "/ToUnicode", "(Fast and safe)", "%%EOF"] {
            assert!(text.contains(words), "{words}");
        }
        assert_eq!(bytes, picture.pdf(false));
    }
}
