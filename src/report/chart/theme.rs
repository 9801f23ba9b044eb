//! Colours by what they are for, and what each is on light and on dark paper.
//!
//! Series come from Okabe and Ito, so that they stay apart for colour-blind readers; on dark paper each is a lighter one of
//! the same hue. What touches is told apart by textures and letters too, never by colour alone.

use std::fmt::Write;

/// A colour by what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ink {
    /// What is drawn on.
    Paper,
    /// Words, and lines that carry meaning.
    Text,
    /// Words that explain.
    Muted,
    /// Lines to read values by.
    Grid,
    /// The edges of what is drawn in.
    Axis,
    /// Ground that is set apart: closed windows, the row under the pointer.
    Shade,
    /// The first series.
    Blue,
    /// The second series.
    Vermillion,
    /// The third series.
    Green,
    /// The fourth series.
    Purple,
    /// The fifth series.
    Orange,
    /// The sixth series.
    Sky,
    /// The seventh series.
    Slate,
    /// Deploying.
    Deploy,
    /// Watching before the next step.
    Bake,
    /// Held by a window that is closed.
    Window,
    /// Waiting for something else.
    Wait,
    /// Held by a gate.
    Gate,
    /// On the new version.
    Updated,
    /// On the way back.
    Rollback,
    /// Impaired, failed.
    Harm,
    /// Healed, kept, passed.
    Good,
    /// Letters on a dark fill, on either paper.
    Light,
    /// Letters on a light fill, on either paper.
    Dark,
}

/// Red, green and blue.
pub type Rgb = (u8, u8, u8);

/// Inks with their names and what they are on light and on dark paper, in the order of the type.
const INKS: [(Ink, &str, Rgb, Rgb); 24] = [
    (Ink::Paper, "paper", (0xff, 0xff, 0xff), (0x14, 0x18, 0x1d)),
    (Ink::Text, "text", (0x1f, 0x23, 0x28), (0xe8, 0xeb, 0xef)),
    (Ink::Muted, "muted", (0x57, 0x5d, 0x66), (0xa7, 0xaf, 0xb9)),
    (Ink::Grid, "grid", (0xe3, 0xe6, 0xea), (0x2d, 0x33, 0x3b)),
    (Ink::Axis, "axis", (0x8a, 0x8f, 0x96), (0x76, 0x7f, 0x8a)),
    (Ink::Shade, "shade", (0xf1, 0xf3, 0xf5), (0x1f, 0x25, 0x2c)),
    (Ink::Blue, "blue", (0x00, 0x72, 0xb2), (0x5c, 0xb3, 0xf0)),
    (Ink::Vermillion, "vermillion", (0xcc, 0x54, 0x00), (0xff, 0x93, 0x4d)),
    (Ink::Green, "green", (0x00, 0x80, 0x5e), (0x3f, 0xcf, 0xa3)),
    (Ink::Purple, "purple", (0xa8, 0x44, 0x85), (0xe4, 0x92, 0xc8)),
    (Ink::Orange, "orange", (0xa8, 0x72, 0x00), (0xf2, 0xbf, 0x4f)),
    (Ink::Sky, "sky", (0x1f, 0x87, 0xc4), (0x96, 0xd6, 0xff)),
    (Ink::Slate, "slate", (0x45, 0x4c, 0x56), (0xc3, 0xca, 0xd4)),
    (Ink::Deploy, "deploy", (0x00, 0x62, 0x9b), (0x2f, 0x8c, 0xcf)),
    (Ink::Bake, "bake", (0x9f, 0xd8, 0xbd), (0x86, 0xc9, 0xa9)),
    (Ink::Window, "window", (0xf0, 0xb4, 0x29), (0xe3, 0xa9, 0x24)),
    (Ink::Wait, "wait", (0xc9, 0xce, 0xd4), (0x8d, 0x96, 0xa1)),
    (Ink::Gate, "gate", (0xa8, 0x44, 0x85), (0xb8, 0x57, 0x97)),
    (Ink::Updated, "updated", (0xbf, 0xdd, 0xf1), (0x3b, 0x5f, 0x7c)),
    (Ink::Rollback, "rollback", (0xe6, 0x9f, 0x00), (0xf0, 0xae, 0x1e)),
    (Ink::Harm, "harm", (0xc8, 0x1e, 0x2b), (0xff, 0x6b, 0x6f)),
    (Ink::Good, "good", (0x00, 0x7a, 0x56), (0x45, 0xcf, 0x9c)),
    (Ink::Light, "light", (0xff, 0xff, 0xff), (0xff, 0xff, 0xff)),
    (Ink::Dark, "dark", (0x14, 0x18, 0x1d), (0x14, 0x18, 0x1d)),
];

/// What strategies are drawn in, again from the start where there are more.
pub const SERIES: [Ink; 7] =
    [Ink::Blue, Ink::Vermillion, Ink::Green, Ink::Purple, Ink::Orange, Ink::Sky, Ink::Slate];

/// Which paper a picture is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Theme {
    /// The paper that the reader prefers; light where nobody asks.
    #[default]
    Auto,
    /// Light paper.
    Light,
    /// Dark paper.
    Dark,
}

impl Ink {
    /// The ink at a place of the type's order.
    pub(super) fn at(index: usize) -> Self {
        INKS[index].0
    }

    /// Its name in style sheets.
    #[must_use]
    pub fn name(self) -> &'static str {
        INKS[self as usize].1
    }

    /// What it is on light paper, or on dark.
    #[must_use]
    pub fn rgb(self, is_dark: bool) -> Rgb {
        let (_, _, light, dark) = INKS[self as usize];
        if is_dark { dark } else { light }
    }

    /// Letters that can be read on a fill of it, on either paper.
    #[must_use]
    pub fn letters(self) -> Self {
        match self {
            Self::Deploy | Self::Gate => Self::Light,
            Self::Bake | Self::Window | Self::Wait | Self::Rollback => Self::Dark,
            Self::Paper | Self::Shade | Self::Grid | Self::Updated => Self::Text,
            _ => Self::Paper,
        }
    }
}

/// Rules for a page that holds charts: colours as variables on either paper, and a class an ink for fills and strokes. The
/// reader's preference counts unless the root says `data-theme`.
#[must_use]
pub fn style_sheet() -> String {
    let mut css = String::new();
    let variables = |is_dark| {
        let one = |(ink, name, ..): &(Ink, &str, Rgb, Rgb)| format!("--{name}:{};", hex(ink.rgb(is_dark)));
        INKS.iter().map(one).collect::<String>()
    };
    let (light, dark) = (variables(false), variables(true));
    let _ = writeln!(css, ":root{{color-scheme:light dark;{light}}}");
    let _ = writeln!(css, "@media (prefers-color-scheme:dark){{:root{{{dark}}}}}");
    let _ = writeln!(css, ":root[data-theme=light]{{color-scheme:light;{light}}}");
    let _ = writeln!(css, ":root[data-theme=dark]{{color-scheme:dark;{dark}}}");
    let _ = writeln!(css, "@media print{{:root,:root[data-theme]{{color-scheme:light;{light}}}}}");
    for (_, name, ..) in &INKS {
        let _ = writeln!(css, ".f-{name}{{fill:var(--{name})}}.k-{name}{{stroke:var(--{name})}}");
    }
    css
}

/// The rules that a picture in a file of its own needs: those of `inks`.
pub(super) fn own_rules(theme: Theme, inks: impl Iterator<Item = Ink> + Clone) -> String {
    let rules = |is_dark: bool| {
        let one = |ink: Ink| {
            let (name, color) = (ink.name(), hex(ink.rgb(is_dark)));
            format!(".f-{name}{{fill:{color}}}.k-{name}{{stroke:{color}}}")
        };
        inks.clone().map(one).collect::<String>()
    };
    match theme {
        Theme::Light => rules(false),
        Theme::Dark => rules(true),
        Theme::Auto => format!("{}@media (prefers-color-scheme:dark){{{}}}", rules(false), rules(true)),
    }
}

/// `#rrggbb`.
pub(super) fn hex((red, green, blue): Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance, WCAG 2.2.
    fn luminance((red, green, blue): Rgb) -> f64 {
        let linear = |part: u8| {
            let share = f64::from(part) / 255.0;
            if share <= 0.04045 { share / 12.92 } else { libm::pow((share + 0.055) / 1.055, 2.4) }
        };
        0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }

    fn contrast(one: Rgb, other: Rgb) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn the_table_is_in_the_order_of_the_type() {
        for (index, (ink, ..)) in INKS.iter().enumerate() {
            assert_eq!((*ink as usize, Ink::at(index)), (index, *ink));
        }
    }

    #[test]
    fn words_and_series_can_be_read_on_either_paper() {
        for is_dark in [false, true] {
            let paper = Ink::Paper.rgb(is_dark);
            for ink in [Ink::Text, Ink::Muted, Ink::Harm, Ink::Good].iter().chain(&SERIES) {
                let least = if SERIES.contains(ink) { 3.0 } else { 4.5 };
                let found = contrast(ink.rgb(is_dark), paper);
                assert!(found >= least, "{ink:?} {is_dark}: {found}");
            }
        }
    }

    #[test]
    fn letters_can_be_read_on_every_fill() {
        for (fill, ..) in &INKS {
            if matches!(fill, Ink::Text | Ink::Muted | Ink::Axis | Ink::Light | Ink::Dark) {
                continue;
            }
            for is_dark in [false, true] {
                let found = contrast(fill.rgb(is_dark), fill.letters().rgb(is_dark));
                assert!(found >= 3.5, "{fill:?} {is_dark}: {found}");
            }
        }
    }

    #[test]
    fn a_file_knows_both_papers_unless_one_is_asked_for() {
        let rules = |theme| own_rules(theme, [Ink::Blue].into_iter());
        assert_eq!(rules(Theme::Light), ".f-blue{fill:#0072b2}.k-blue{stroke:#0072b2}");
        assert!(rules(Theme::Auto).contains("prefers-color-scheme:dark"));
        assert!(style_sheet().contains(".f-harm{fill:var(--harm)}"));
    }
}
