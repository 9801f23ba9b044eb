//! A picture as SVG: a file of its own that knows both papers, or a part of a page that has the rules already.

use super::font::FAMILY;
use super::pen::{Item, Mark, Side, Texture};
use super::picture::Picture;
use super::theme::{Ink, Theme, own_rules};
use crate::outlet::xml;
use std::collections::BTreeSet;
use std::fmt::Write;

/// Distance of the lines of a texture, in pixels.
pub(super) const TEXTURE_GAP: i32 = 6;
/// How strongly they are drawn.
pub(super) const TEXTURE_OPACITY: f64 = 0.6;

impl Picture {
    /// The picture as a file: complete, with titles for those who do not see it, and no script, font or address.
    #[must_use]
    pub fn svg(&self, theme: Theme) -> String {
        let inks: BTreeSet<Ink> = self.items.iter().filter_map(ink).chain([Ink::Paper]).collect();
        let style = format!("<style>{}</style>", own_rules(theme, inks.iter().copied()));
        let (width, height) = self.size;
        let size = format!(" xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\"");
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}", self.element(&size, &style))
    }

    /// The picture as an element of a page that holds [`super::theme::style_sheet`]. Ids in it begin with the picture's own.
    #[must_use]
    pub fn inline(&self) -> String {
        self.element(" class=\"picture\"", "")
    }

    fn element(&self, attributes: &str, style: &str) -> String {
        let (width, height) = self.size;
        let id = xml(&self.id);
        let mut out = format!(
            "<svg{attributes} viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"{id}-title {id}-description\" \
             font-family=\"{FAMILY}\">\n<title id=\"{id}-title\">{}</title>\n<desc id=\"{id}-description\">{}</desc>\n{style}",
            xml(&self.title),
            xml(&self.description)
        );
        let textures: BTreeSet<Texture> = self.items.iter().filter_map(texture).collect();
        for texture in textures {
            out.push_str(&pattern(&id, texture));
        }
        for item in &self.items {
            write_item(&mut out, &id, item);
        }
        out.push_str("</svg>\n");
        out
    }
}

fn ink(item: &Item) -> Option<Ink> {
    match item {
        Item::Line { ink, .. }
        | Item::Area { ink, .. }
        | Item::Rect { ink, .. }
        | Item::Disc { ink, .. }
        | Item::Words { ink, .. } => Some(*ink),
        Item::Open(_) | Item::Close => None,
    }
}

fn texture(item: &Item) -> Option<Texture> {
    match item {
        Item::Rect { texture, .. } => Some(*texture).filter(|texture| *texture != Texture::Plain),
        _ => None,
    }
}

fn texture_name(texture: Texture) -> &'static str {
    match texture {
        Texture::Plain => "plain",
        Texture::Rising => "rising",
        Texture::Falling => "falling",
        Texture::Upright => "upright",
        Texture::Level => "level",
    }
}

/// Lines in the colour of the paper, turned.
fn pattern(id: &str, texture: Texture) -> String {
    let degrees = match texture {
        Texture::Plain | Texture::Upright => 0,
        Texture::Rising => 45,
        Texture::Falling => -45,
        Texture::Level => 90,
    };
    format!(
        "<pattern id=\"{id}-{}\" width=\"{TEXTURE_GAP}\" height=\"{TEXTURE_GAP}\" patternUnits=\"userSpaceOnUse\" \
         patternTransform=\"rotate({degrees})\"><path d=\"M1 0V{TEXTURE_GAP}\" class=\"k-paper\" stroke-width=\"1.4\" \
         stroke-opacity=\"{TEXTURE_OPACITY}\"/></pattern>\n",
        texture_name(texture)
    )
}

fn write_item(out: &mut String, id: &str, item: &Item) {
    // Writing to a string does not fail.
    let _ = match item {
        Item::Line { points, ink, opacity, width, dash } => {
            let dash = if dash.is_empty() {
                String::new()
            } else {
                let lengths: Vec<String> = dash.iter().map(f64::to_string).collect();
                format!(" stroke-dasharray=\"{}\"", lengths.join(" "))
            };
            writeln!(
                out,
                "<path d=\"{}\" fill=\"none\" class=\"k-{}\" stroke-width=\"{width}\"{}{dash}/>",
                path(points),
                ink.name(),
                opacity_of("stroke", *opacity)
            )
        }
        Item::Area { points, ink, opacity } => writeln!(
            out,
            "<path d=\"{}Z\" class=\"f-{}\"{}/>",
            path(points),
            ink.name(),
            opacity_of("fill", *opacity)
        ),
        Item::Rect { corners: (left, top, right, bottom), ink, opacity, texture } => {
            let shape = format!(
                "<rect x=\"{left}\" y=\"{top}\" width=\"{}\" height=\"{}\"",
                right - left,
                bottom - top
            );
            let faint = opacity_of("fill", *opacity);
            let over = match texture {
                Texture::Plain => String::new(),
                _ => format!("{shape} fill=\"url(#{id}-{})\"/>\n", texture_name(*texture)),
            };
            write!(out, "{shape} class=\"f-{}\"{faint}/>\n{over}", ink.name())
        }
        Item::Disc { centre: (x, y), radius, ink, opacity, ring } => {
            let shape = format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"");
            match ring {
                None => writeln!(out, "{shape} class=\"f-{}\"{}/>", ink.name(), opacity_of("fill", *opacity)),
                Some(width) => writeln!(
                    out,
                    "{shape} fill=\"none\" class=\"k-{}\" stroke-width=\"{width}\"{}/>",
                    ink.name(),
                    opacity_of("stroke", *opacity)
                ),
            }
        }
        Item::Words { at, words, size, is_bold, is_turned, side, ink } => {
            let place = placed(*at, *is_turned);
            let weight = if *is_bold { " font-weight=\"bold\"" } else { "" };
            let (side, ink) = (anchored(*side), ink.name());
            let words = xml(words);
            writeln!(out, "<text {place} font-size=\"{size}\"{side}{weight} class=\"f-{ink}\">{words}</text>")
        }
        Item::Open(mark) => writeln!(out, "{}", opened(mark)),
        Item::Close => writeln!(out, "</g>"),
    };
}

fn placed((x, y): (i32, i32), is_turned: bool) -> String {
    if is_turned {
        format!("transform=\"translate({x} {y})rotate(-90)\"")
    } else {
        format!("x=\"{x}\" y=\"{y}\"")
    }
}

fn anchored(side: Side) -> &'static str {
    match side {
        Side::Start => "",
        Side::Middle => " text-anchor=\"middle\"",
        Side::End => " text-anchor=\"end\"",
    }
}

fn opened(mark: &Mark) -> String {
    let data: String =
        mark.data.iter().map(|(name, value)| format!(" data-{name}=\"{}\"", xml(value))).collect();
    format!("<g class=\"mark\"{data}><title>{}</title>", xml(&mark.words))
}

fn opacity_of(what: &str, opacity: f64) -> String {
    if opacity >= 1.0 { String::new() } else { format!(" {what}-opacity=\"{opacity}\"") }
}

fn path(points: &[(i32, i32)]) -> String {
    let mut out = String::new();
    for (index, (x, y)) in points.iter().enumerate() {
        let _ = write!(out, "{}{x} {y}", if index == 0 { 'M' } else { 'L' });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::canvas::Font;
    use super::super::picture::Frame;
    use super::*;

    fn picture() -> Picture {
        let frame = Frame {
            id: "p".into(),
            title: "a < b".into(),
            description: "two \"boxes\"".into(),
            ..Frame::default()
        };
        frame.picture(100, |canvas, area| {
            let words = "</title><script>alert(1)</script>".to_owned();
            canvas.mark(Mark { words, data: vec![("s", "3\"".into())] }, |canvas| {
                canvas.textured((area.0, area.1), (area.0 + 40, area.1 + 20), Ink::Bake, Texture::Rising);
                canvas.text((40, 120), "<b>", Font::new(12.0).turned(), Ink::Text);
            });
        })
    }

    #[test]
    fn a_file_is_whole_and_says_what_it_shows() {
        let svg = picture().svg(Theme::Auto);
        assert!(svg.starts_with("<?xml") && svg.ends_with("</svg>\n"));
        for words in [
            "role=\"img\"",
            "<title id=\"p-title\">a &lt; b</title>",
            "two &quot;boxes&quot;",
            "url(#p-rising)",
        ] {
            assert!(svg.contains(words), "{words}: {svg}");
        }
        assert!(svg.contains("prefers-color-scheme:dark") && !svg.contains("<script"));
        assert!(svg.contains("data-s=\"3&quot;\""));
    }

    #[test]
    fn a_part_of_a_page_has_no_rules_of_its_own() {
        let part = picture().inline();
        assert!(part.starts_with("<svg class=\"picture\" viewBox=\"0 0 1200 ") && !part.contains("<style"));
        assert!(!part.contains("style=") && !part.lines().next().unwrap().contains("width="));
    }

    #[test]
    fn a_slide_is_sixteen_to_nine() {
        let slide = picture().fitted(16, 9);
        let (width, height) = slide.size();
        assert_eq!((width, height), (1200, 675));
    }
}
