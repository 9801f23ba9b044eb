//! SVG charts for design reviews, drawn from summaries and traces with plotters' SVG backend.
//!
//! Every chart is complete without scripts or fonts of its own, explains itself to someone who never
//! saw the tool, and is the same bytes for the same input. Layout uses the platform's float functions;
//! no number in a chart is computed here that is not in the summary or the trace.

mod canvas;
pub mod duration;
pub mod exceedance;
mod labels;
pub mod pipeline;
mod plot;
mod scale;
pub mod speed_blast;
pub mod timeline;
pub mod trains;

use crate::report::text;
use crate::study::Summary;
use canvas::{Canvas, Font, Ink, Shape};

/// Width of every chart, in pixels.
const WIDTH: i32 = 1200;

/// Text sizes in pixels; nothing is smaller than 12.
const TITLE: f64 = 22.0;
const BODY: f64 = 14.0;
const SMALL: f64 = 12.5;

const INK: Ink = Ink(0x22, 0x22, 0x22);
const MUTED: Ink = Ink(0x5f, 0x63, 0x68);
const GRID: Ink = Ink(0xe3, 0xe6, 0xea);
const AXIS: Ink = Ink(0x8a, 0x8f, 0x96);
const BLUE: Ink = Ink(0x00, 0x72, 0xb2);
const VERMILLION: Ink = Ink(0xd5, 0x5e, 0x00);

/// Colours that stay apart for colour-blind readers (Okabe and Ito, without the yellow that white
/// paper swallows).
const PALETTE: [Ink; 7] = [
    BLUE,
    VERMILLION,
    Ink(0x00, 0x9e, 0x73),
    Ink(0xb0, 0x4f, 0x8c),
    Ink(0xe6, 0x9f, 0x00),
    Ink(0x3b, 0xa3, 0xe0),
    INK,
];

const SHAPES: [Shape; 5] = [Shape::Circle, Shape::Square, Shape::Triangle, Shape::Diamond, Shape::Cross];

/// Dash patterns: on, off, on, off in pixels; empty is solid.
const DASHES: [&[f64]; 4] = [&[], &[9.0, 4.0], &[2.5, 3.5], &[12.0, 4.0, 2.5, 4.0]];

/// How the strategy at `index` is drawn: colour, marker and dash repeat with different periods, so
/// the first 140 strategies differ.
fn look(index: usize) -> (Ink, Shape, &'static [f64]) {
    (PALETTE[index % PALETTE.len()], SHAPES[index % SHAPES.len()], DASHES[index % DASHES.len()])
}

/// Title and subtitle at the top, the note at the bottom.
fn frame(canvas: &mut Canvas, title: &str, subtitle: &str, note: &str) {
    canvas.text((30, 34), title, Font::new(TITLE).bold(), INK);
    canvas.text((30, 60), subtitle, Font::new(BODY), MUTED);
    let bottom = canvas.height() - 16;
    canvas.text((30, bottom), note, Font::new(SMALL), MUTED);
}

/// What every chart of a study says about where it comes from.
fn provenance(summary: &Summary) -> String {
    format!(
        "{}: {} per strategy, {}, seed {}, model {}, plan {}",
        summary.scenario,
        text::counted(summary.trials, "trial"),
        summary.estimator,
        summary.seed,
        summary.model_version,
        summary.plan_digest
    )
}

/// A strategy's name, with the baseline marked, and the font in which it takes at most `width` pixels.
/// Names that do not fit even when set small lose their middle: relatives differ at their ends.
fn label(strategy: &crate::study::summary::StrategySummary, width: i32) -> (String, Font) {
    fitted(&strategy.name, if strategy.is_baseline { " (baseline)" } else { "" }, width)
}

/// A name with a mark behind it, and the font in which both take at most `width` pixels.
fn fitted(name: &str, mark: &str, width: i32) -> (String, Font) {
    let fits = |text: &str, size| Font::new(size).width(text) <= width;
    let whole = format!("{name}{mark}");
    if fits(&whole, BODY) {
        return (whole, Font::new(BODY));
    }
    let letters = name.chars().count();
    let shortened = |kept: usize| {
        if kept >= letters {
            return whole.clone();
        }
        let head: String = name.chars().take(kept.div_ceil(2)).collect();
        let tail: String = name.chars().skip(letters - kept / 2).collect();
        format!("{head}…{tail}{mark}")
    };
    let kept = (2..=letters).rev().find(|kept| fits(&shortened(*kept), SMALL)).unwrap_or(2);
    (shortened(kept), Font::new(SMALL))
}

/// Says in the middle of an empty chart why it is.
fn nothing_to_draw(canvas: &mut Canvas, why: &str) {
    let middle = canvas.height() / 2;
    canvas.text((WIDTH / 2, middle), why, Font::new(TITLE).centered(), MUTED);
}
