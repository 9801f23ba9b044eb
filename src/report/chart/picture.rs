//! A picture: what was drawn with what it says, ready to become a file, a part of a page, pixels or print.

use super::canvas::{BODY, Canvas, Font, SMALL, TITLE, WIDTH, drawn};
use super::labels::Area;
use super::pen::Item;
use super::theme::Ink;

/// Distance of words from the edges, in pixels.
const MARGIN: i32 = 30;
/// Height of a line of the title, of the subtitle and of notes.
const TITLE_LINE: i32 = 28;
const BODY_LINE: i32 = 20;
const NOTE_LINE: i32 = 17;

/// A picture that was drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) size: (i32, i32),
    pub(super) items: Vec<Item>,
}

impl Picture {
    /// What tells it from the other pictures of a page.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What it answers, in a sentence.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What is in it, for those who do not see it.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Width and height in pixels.
    #[must_use]
    pub fn size(&self) -> (i32, i32) {
        self.size
    }

    /// The same by another id, where a page has several of its kind: letters, digits and hyphens.
    #[must_use]
    pub fn renamed(self, id: impl Into<String>) -> Self {
        Self { id: id.into(), ..self }
    }

    /// The same on a page of another shape, in the middle: `width` to `height`, at least as large as it is.
    #[must_use]
    pub fn fitted(mut self, width: i32, height: i32) -> Self {
        let (own_width, own_height) = self.size;
        let wider = (i64::from(own_height) * i64::from(width) / i64::from(height)) as i32;
        let higher = (i64::from(own_width) * i64::from(height) / i64::from(width)) as i32;
        let size = (own_width.max(wider), own_height.max(higher));
        let (dx, dy) = ((size.0 - own_width) / 2, (size.1 - own_height) / 2);
        self.items.iter_mut().for_each(|item| item.shift(dx, dy));
        self.size = size;
        self
    }
}

impl Item {
    fn shift(&mut self, dx: i32, dy: i32) {
        match self {
            Self::Line { points, .. } | Self::Area { points, .. } => {
                points.iter_mut().for_each(|(x, y)| (*x, *y) = (*x + dx, *y + dy));
            }
            Self::Rect { corners: (left, top, right, bottom), .. } => {
                (*left, *top, *right, *bottom) = (*left + dx, *top + dy, *right + dx, *bottom + dy);
            }
            Self::Disc { centre: (x, y), .. } | Self::Words { at: (x, y), .. } => {
                (*x, *y) = (*x + dx, *y + dy)
            }
            Self::Open(_) | Self::Close => {}
        }
    }
}

/// What stands around what a chart draws.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// What tells the picture from the others of a page: letters, digits and hyphens.
    pub id: String,
    /// The answer, a sentence.
    pub title: String,
    /// What is drawn, and how to read it.
    pub subtitle: String,
    /// What else must be known, a paragraph each.
    pub notes: Vec<String>,
    /// Where the numbers come from: scenario, trials, seed, model, plan.
    pub provenance: String,
    /// The picture in words, for those who do not see it: what the title does not say.
    pub description: String,
}

impl Frame {
    /// The picture around a chart that needs `height` pixels. `paint` is told where it may draw: all of the width but the
    /// margins, and just that height.
    #[must_use]
    pub fn picture(self, height: i32, paint: impl FnOnce(&mut Canvas, Area)) -> Picture {
        let width = WIDTH - 2 * MARGIN;
        let title = Font::new(TITLE).bold().wrapped(&self.title, width);
        let subtitle = Font::new(BODY).wrapped(&self.subtitle, width);
        let notes: Vec<String> =
            self.notes.iter().flat_map(|note| Font::new(SMALL).wrapped(note, width)).collect();
        let provenance = Font::new(SMALL).wrapped(&self.provenance, width);
        let lines = |lines: &[String], each: i32| each * lines.len() as i32;
        let top = 14 + lines(&title, TITLE_LINE) + lines(&subtitle, BODY_LINE) + 14;
        let foot = 12 + lines(&notes, NOTE_LINE) + 4 + lines(&provenance, NOTE_LINE) + 8;
        let size = (WIDTH, top + height + foot);
        let items = drawn(size.0, size.1, |canvas| {
            canvas.rect((0, 0), size, Ink::Paper, 1.0);
            let mut y = 14;
            let mut say = |canvas: &mut Canvas, lines: &[String], each: i32, font: Font, ink: Ink| {
                for line in lines {
                    y += each;
                    canvas.text((MARGIN, y - each / 4), line, font, ink);
                }
            };
            say(canvas, &title, TITLE_LINE, Font::new(TITLE).bold(), Ink::Text);
            say(canvas, &subtitle, BODY_LINE, Font::new(BODY), Ink::Muted);
            paint(canvas, Area(MARGIN, top, WIDTH - MARGIN, top + height));
            let mut y = top + height + 12;
            let mut say = |lines: &[String], ink: Ink| {
                for line in lines {
                    y += NOTE_LINE;
                    canvas.text((MARGIN, y - 4), line, Font::new(SMALL), ink);
                }
                y += 4;
            };
            say(&notes, Ink::Text);
            say(&provenance, Ink::Muted);
        });
        // Who does not see it is told at least what is drawn.
        let said = [self.description, self.subtitle, self.title.clone()];
        let description = said.into_iter().find(|words| !words.is_empty()).unwrap_or_default();
        Picture { id: self.id, title: self.title, description, size, items }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_picture_is_without_words_for_those_who_do_not_see_it() {
        let said = |description: &str, subtitle: &str| {
            let frame = Frame {
                title: "The answer".to_owned(),
                subtitle: subtitle.to_owned(),
                description: description.to_owned(),
                ..Frame::default()
            };
            frame.picture(10, |_, _| ()).description().to_owned()
        };
        assert_eq!(said("All of it", "Bars"), "All of it");
        assert_eq!(said("", "Bars"), "Bars");
        assert_eq!(said("", ""), "The answer");
    }
}
