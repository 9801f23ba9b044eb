//! What draws through plotters and keeps what was drawn: a list that files, pages, pixels and print are made of.
//!
//! Colours travel through plotters as numbers of inks, because a picture is drawn once for either paper. What plotters has
//! no word for, dashes, textures and marks, is the pen's state while it draws.

use super::theme::Ink;
use plotters::style::RGBColor;
use plotters_backend::text_anchor::HPos;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontStyle,
    FontTransform,
};
use std::cell::RefCell;
use std::convert::Infallible;
use std::rc::Rc;

/// What fills a box beside its colour, so that neighbours are told apart without colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Texture {
    /// Nothing.
    #[default]
    Plain,
    /// Lines that rise to the right.
    Rising,
    /// Lines that fall to the right.
    Falling,
    /// Upright lines.
    Upright,
    /// Level lines.
    Level,
}

/// Something that can be pointed at: what it says, and data for scripts as name and value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mark {
    /// What a reader who points at it is told.
    pub words: String,
    /// Attributes without their `data-`, such as `s` for the number of a strategy.
    pub data: Vec<(&'static str, String)>,
}

/// Where a text is with respect to its anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Start,
    Middle,
    End,
}

/// One thing that was drawn.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Item {
    /// An open line.
    Line { points: Vec<BackendCoord>, ink: Ink, opacity: f64, width: u32, dash: &'static [f64] },
    /// A filled outline.
    Area { points: Vec<BackendCoord>, ink: Ink, opacity: f64 },
    /// A filled box: left, top, right, bottom.
    Rect { corners: (i32, i32, i32, i32), ink: Ink, opacity: f64, texture: Texture },
    /// A filled disc, or a ring of a width.
    Disc { centre: BackendCoord, radius: u32, ink: Ink, opacity: f64, ring: Option<u32> },
    /// A text whose baseline passes through the anchor, read upwards if it is turned.
    Words { at: BackendCoord, words: String, size: f64, is_bold: bool, is_turned: bool, side: Side, ink: Ink },
    /// What follows, until it is closed, is one mark.
    Open(Mark),
    /// The end of a mark.
    Close,
}

/// What is drawn, and with what.
#[derive(Debug, Default)]
struct State {
    items: Vec<Item>,
    dash: &'static [f64],
    texture: Texture,
    size: (u32, u32),
}

/// The pen that plotters is handed; its copies write to one list.
#[derive(Debug, Clone, Default)]
pub(super) struct Pen {
    state: Rc<RefCell<State>>,
}

impl Pen {
    /// A pen on paper of a size in pixels.
    pub fn new(size: (u32, u32)) -> Self {
        Self { state: Rc::new(RefCell::new(State { size, ..State::default() })) }
    }

    /// Lines are dashed from now on: lengths in pixels, on and off by turns; none for solid lines.
    pub fn set_dash(&self, dash: &'static [f64]) {
        self.state.borrow_mut().dash = dash;
    }

    /// Boxes have this texture from now on.
    pub fn set_texture(&self, texture: Texture) {
        self.state.borrow_mut().texture = texture;
    }

    /// Begins or ends a mark.
    pub fn push(&self, item: Item) {
        self.state.borrow_mut().items.push(item);
    }

    /// What was drawn.
    pub fn take(&self) -> Vec<Item> {
        std::mem::take(&mut self.state.borrow_mut().items)
    }
}

/// The colour that stands for an ink within plotters.
pub(super) fn coded(ink: Ink) -> RGBColor {
    RGBColor(ink as u8, 0, 0)
}

fn decoded(color: BackendColor) -> Ink {
    Ink::at(usize::from(color.rgb.0))
}

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

impl DrawingBackend for Pen {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.state.borrow().size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Drawn {
        let corners = (x, y, x + 1, y + 1);
        let (ink, opacity) = (decoded(color), color.alpha);
        self.push(Item::Rect { corners, ink, opacity, texture: Texture::Plain });
        Ok(())
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        let color = style.color();
        let dash = self.state.borrow().dash;
        let (points, width) = (path.into_iter().collect(), style.stroke_width());
        self.push(Item::Line { points, ink: decoded(color), opacity: color.alpha, width, dash });
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        (left, top): BackendCoord,
        (right, bottom): BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        if !fill {
            let outline = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
            return self.draw_path(outline, style);
        }
        let (color, texture) = (style.color(), self.state.borrow().texture);
        let corners = (left.min(right), top.min(bottom), left.max(right), top.max(bottom));
        self.push(Item::Rect { corners, ink: decoded(color), opacity: color.alpha, texture });
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        centre: BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let color = style.color();
        let ring = (!fill).then(|| style.stroke_width());
        self.push(Item::Disc { centre, radius, ink: decoded(color), opacity: color.alpha, ring });
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        vert: I,
        style: &S,
    ) -> Drawn {
        let color = style.color();
        self.push(Item::Area {
            points: vert.into_iter().collect(),
            ink: decoded(color),
            opacity: color.alpha,
        });
        Ok(())
    }

    fn draw_text<T: BackendTextStyle>(&mut self, text: &str, style: &T, at: BackendCoord) -> Drawn {
        let side = match style.anchor().h_pos {
            HPos::Left => Side::Start,
            HPos::Center => Side::Middle,
            HPos::Right => Side::End,
        };
        self.push(Item::Words {
            at,
            words: text.to_owned(),
            size: style.size(),
            is_bold: matches!(style.style(), FontStyle::Bold),
            is_turned: matches!(style.transform(), FontTransform::Rotate270),
            side,
            ink: decoded(style.color()),
        });
        Ok(())
    }
}
