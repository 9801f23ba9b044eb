//! Charts for design reviews, drawn through plotters from plans, summaries and trials.
//!
//! Each is a [`Picture`]: titled by what it answers, the same bytes for the same input, on light paper and on dark, as SVG,
//! in a page, as PNG and as PDF. No number in a chart is computed here that is not in what it is drawn from.

mod alone;
pub mod anatomy;
mod answer;
mod canvas;
#[cfg(test)]
#[path = "tests/checks.rs"]
mod checks;
pub mod counterfactual;
pub mod duration;
pub mod exceedance;
pub mod fan;
mod font;
pub mod funnel;
pub mod gantt;
pub mod heat;
mod labels;
mod lanes;
pub mod lead_time;
mod legend;
mod pdf;
mod pen;
mod picture;
mod plot;
mod png;
mod print;
mod scale;
pub mod split;
mod spots;
#[cfg(test)]
#[path = "tests/strange.rs"]
mod strange;
mod svg;
pub mod theme;
pub mod tiles;
pub mod timeline;
pub mod tornado;
pub mod trade_off;
pub mod trains;
mod whisker;

pub use picture::{Frame, Picture};
pub use theme::Theme;

use crate::plan::Plan;
use crate::plan::study::StudyPlan;
use crate::report::text;
use crate::study::Summary;
use canvas::{BODY, Canvas, Font, SMALL, Shape, WIDTH};
use labels::Area;
use pen::Mark;
use theme::{Ink, SERIES};

const SHAPES: [Shape; 5] = [Shape::Circle, Shape::Square, Shape::Triangle, Shape::Diamond, Shape::Cross];

/// Dash patterns: on, off, on, off in pixels; empty is solid.
const DASHES: [&[f64]; 4] = [&[], &[9.0, 4.0], &[2.5, 3.5], &[12.0, 4.0, 2.5, 4.0]];

/// How the strategy at `index` is drawn: colour, marker and dash repeat with different periods, so
/// the first 140 strategies differ.
fn look(index: usize) -> (Ink, Shape, &'static [f64]) {
    (SERIES[index % SERIES.len()], SHAPES[index % SHAPES.len()], DASHES[index % DASHES.len()])
}

/// How the strategy at `index` is drawn, in the words of style sheets and scripts: ink, shape and dashes, which are `solid` or
/// lengths in pixels, on and off by turns.
#[must_use]
pub fn look_in_words(index: usize) -> (&'static str, &'static str, String) {
    let (ink, shape, dash) = look(index);
    let lengths: Vec<String> = dash.iter().map(f64::to_string).collect();
    let dash = if lengths.is_empty() { "solid".to_owned() } else { lengths.join(" ") };
    (ink.name(), shape.name(), dash)
}

/// What every chart of a study says about where it comes from.
fn provenance(summary: &Summary) -> String {
    format!(
        "{}: {} per strategy, {}, seed {}, model {}, plan {}",
        summary.scenario,
        text::counted(summary.trials, "trial"),
        summary.estimator.name(),
        summary.seed,
        summary.model_version,
        summary.plan_digest
    )
}

/// What every chart of a plan says about where it comes from.
fn of_plan(plan: &Plan) -> String {
    format!("{}: {}", plan.name, version(plan))
}

/// What every chart of one trial says about where it comes from, but for its number.
fn of_trial(plan: &Plan) -> String {
    format!("{}: seed {}, {}", plan.name, plan.study.seed, version(plan))
}

/// What every chart of replayed trials says about where it comes from.
fn of_replays(plan: &Plan, trials: u64) -> String {
    of_trials(plan, trials, "replayed per strategy")
}

/// What every chart of a plan with other values in it says about where it comes from: so many trials of each version.
#[must_use]
pub fn of_versions(plan: &Plan, trials: u64) -> String {
    format!("{} as it is written", of_trials(plan, trials, "of each version"))
}

fn of_trials(plan: &Plan, trials: u64, which: &str) -> String {
    let trials = text::counted(trials, "trial");
    let StudyPlan { seed, estimator, .. } = &plan.study;
    format!("{}: {trials} {which}, {}, seed {seed}, {}", plan.name, estimator.name(), version(plan))
}

fn version(plan: &Plan) -> String {
    format!("model {}, plan {}", crate::MODEL_VERSION, plan.digest())
}

/// What can be pointed at of the strategy at `index` of its plan.
fn strategy_mark(index: usize, words: &str) -> Mark {
    Mark { words: words.to_owned(), data: vec![("s", index.to_string())] }
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

/// Says in the middle of where a chart draws why it is empty.
fn nothing_to_draw(canvas: &mut Canvas, area: Area, why: &str) {
    let middle = ((area.0 + area.2) / 2, (area.1 + area.3) / 2);
    canvas.text(middle, why, Font::new(BODY).centered(), Ink::Muted);
}
