//! Where lead time goes: one stacked bar a strategy, with its numbers.

use super::canvas::{Canvas, Font};
use super::plot::{Legend, Plot};
use super::scale::Axis;
use super::theme::Ink;
use super::{BODY, SMALL, WIDTH, nothing_to_draw};
use super::{Frame, Picture};
use crate::outcome::pipeline::{PARTS, Part};
use crate::report::text;
use crate::study::pipeline_summary::{PipelineSummary, StrategyPipelines};

const LEFT: i32 = 240;
const RIGHT: i32 = WIDTH - 150;
const TOP: i32 = 128;
/// Height of a strategy's row, and of its bar within.
const ROW: i32 = 92;
const BAR: i32 = 36;
const NOTE: &str = "Means over delivered changes, from ready for review to the end of the last wave; 95 % intervals from independent trials.";

/// What a part is drawn in (work in blues and greens, waiting in warm colours), and what its letters are.
fn inks(part: Part) -> (Ink, Ink) {
    match part {
        Part::Review => (Ink::Slate, Ink::Slate.letters()),
        Part::Build => (Ink::Blue, Ink::Paper),
        Part::Test => (Ink::Sky, Ink::Paper),
        Part::Approval => (Ink::Gate, Ink::Light),
        Part::Deploy => (Ink::Deploy, Ink::Light),
        Part::Bake => (Ink::Bake, Ink::Dark),
        Part::Queue => (Ink::Wait, Ink::Dark),
        Part::Window => (Ink::Window, Ink::Dark),
        Part::Blocked => (Ink::Vermillion, Ink::Paper),
    }
}

/// The chart; strategies in plan order.
#[must_use]
pub fn picture(summary: &PipelineSummary) -> Picture {
    let rows = summary.strategies.len() as i32;
    let bottom = TOP + ROW * rows.max(2) + 6;
    let totals = summary.strategies.iter().filter_map(|strategy| strategy.review_to_delivery);
    let longest = totals.map(|total| total.value).fold(0.0, f64::max);
    let x = Axis::linear(0.0, longest * 1.02, LEFT, RIGHT);
    let frame = Frame {
        id: "lead-time".to_owned(),
        title: "Where does lead time go?".to_owned(),
        subtitle: String::new(),
        notes: vec![NOTE.to_owned()],
        provenance: provenance(summary),
        ..Frame::default()
    };
    frame.picture(bottom + 100 - 100, |canvas, area| {
        if longest == 0.0 {
            return nothing_to_draw(canvas, area, "Nothing to draw: no change was delivered.");
        }
        legend(canvas, summary);
        let plot = Plot { left: LEFT, right: RIGHT, top: TOP - 6, bottom };
        plot.ticks_below(canvas, x.time_ticks(80));
        canvas.line(&[(LEFT, bottom), (RIGHT, bottom)], Ink::Axis, 1);
        plot.title_below(canvas, "mean time of a delivered change");
        for (index, strategy) in summary.strategies.iter().enumerate() {
            bar(canvas, strategy, TOP + ROW * index as i32 + 8, &x);
        }
    })
}

/// Where the numbers come from.
fn provenance(summary: &PipelineSummary) -> String {
    format!(
        "{}: {} of {} per strategy, the first {} not counted, seed {}, model {}, plan {}",
        summary.scenario,
        text::counted(summary.trials, "trial"),
        text::duration(summary.length_ms as f64),
        text::duration(summary.warm_up_ms as f64),
        summary.seed,
        summary.model_version,
        summary.plan,
    )
}

fn legend(canvas: &mut Canvas, summary: &PipelineSummary) {
    let mut legend = Legend { left: 30, y: 91, indent: 29, gap: 24 };
    for part in PARTS.into_iter().filter(|part| summary.strategies.iter().any(|s| mean(s, *part) > 0.0)) {
        legend.entry(canvas, part.name(), |canvas, x| canvas.rect((x, 80), (x + 22, 93), inks(part).0, 1.0));
    }
}

fn mean(strategy: &StrategyPipelines, part: Part) -> f64 {
    let found = strategy.parts.iter().find(|listed| listed.part == part);
    found.and_then(|listed| listed.mean).map_or(0.0, |mean| mean.value)
}

fn bar(canvas: &mut Canvas, strategy: &StrategyPipelines, top: i32, x: &Axis) {
    let (name, font) = super::fitted(&strategy.name, "", LEFT - 14 - 10);
    canvas.text((LEFT - 14, top + BAR / 2 + 5), &name, font.ending(), Ink::Text);
    let Some(total) = strategy.review_to_delivery else {
        canvas.text((LEFT + 10, top + BAR / 2 + 5), "nothing was delivered", Font::new(SMALL), Ink::Muted);
        return;
    };
    let small = Font::new(SMALL);
    let mut spent = 0.0;
    for part in PARTS {
        let value = mean(strategy, part);
        let (from, to) = (x.at(spent), x.at(spent + value));
        spent += value;
        if to == from {
            continue;
        }
        let (color, letters) = inks(part);
        canvas.rect((from, top), (to, top + BAR), color, 1.0);
        let words = text::duration(value);
        if small.width(&words) + 6 < to - from {
            canvas.text(((from + to) / 2, top + BAR / 2 + 5), &words, small.centered(), letters);
        }
    }
    let end = x.at(total.value);
    canvas.text((end + 10, top + 15), &text::duration(total.value), Font::new(BODY).bold(), Ink::Text);
    if let (Some(low), Some(high)) = (total.interval.low, total.interval.high) {
        let words = format!("{} to {}", text::duration(low), text::duration(high));
        canvas.text((end + 10, top + 32), &words, small, Ink::Muted);
    }
    numbers(canvas, strategy, total.value, top + BAR + 18);
}

/// Every number under its bar, those too small to be seen in it as well.
fn numbers(canvas: &mut Canvas, strategy: &StrategyPipelines, total: f64, y: i32) {
    let font = Font::new(SMALL);
    let parts = PARTS.into_iter().map(|part| (part, mean(strategy, part))).filter(|(_, value)| *value > 0.0);
    let words: Vec<String> = parts
        .map(|(part, value)| {
            format!("{} {} ({})", part.name(), text::duration(value), text::percent(value / total))
        })
        .collect();
    let mut line = String::new();
    let mut y = y;
    for (index, word) in words.iter().enumerate() {
        let longer = if line.is_empty() { word.clone() } else { format!("{line}, {word}") };
        if font.width(&longer) > WIDTH - 30 - LEFT && index > 0 {
            canvas.text((LEFT, y), &format!("{line},"), font, Ink::Muted);
            (line, y) = (word.clone(), y + 16);
        } else {
            line = longer;
        }
    }
    canvas.text((LEFT, y), &line, font, Ink::Muted);
}
