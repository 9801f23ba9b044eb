//! How long rollouts take: percentile strips per strategy on one axis from minutes to weeks.

use super::canvas::{Canvas, Font};
use super::plot::Plot;
use super::scale::Axis;
use super::theme::Ink;
use super::{Frame, Picture};
use super::{SMALL, WIDTH, label, nothing_to_draw, provenance};
use crate::report::text;
use crate::study::Summary;
use crate::study::summary::StrategySummary;

/// Height of a strategy's row: more when there are few.
const ROWS: (i32, i32) = (52, 84);
/// Where the axis is at least.
const LEAST_BOTTOM: i32 = 430;
const LEFT: i32 = 280;
const RIGHT: i32 = WIDTH - 60;
const TOP: i32 = 118;
/// A duration range wider than this factor gets a logarithmic axis.
const WIDE: f64 = 20.0;

/// The chart; fastest strategy on top.
#[must_use]
pub fn picture(summary: &Summary) -> Picture {
    let mut rows: Vec<&StrategySummary> = summary.strategies.iter().collect();
    rows.sort_by(|a, b| {
        percentile(a, 50.0).unwrap_or(f64::MAX).total_cmp(&percentile(b, 50.0).unwrap_or(f64::MAX))
    });
    let count = rows.len().max(1) as i32;
    let row = ((LEAST_BOTTOM - TOP) / count).clamp(ROWS.0, ROWS.1);
    let bottom = (TOP + row * count + 10).max(LEAST_BOTTOM);
    let values: Vec<f64> =
        rows.iter().flat_map(|s| s.duration_percentiles.iter().map(|p| p.duration_ms)).collect();
    let x = Axis::log_if_wide(&values, WIDE, LEFT, RIGHT);
    let frame = Frame {
        id: "duration".to_owned(),
        title: "How long does a rollout take?".to_owned(),
        subtitle: String::new(),
        notes: vec![
            "Only rollouts that reached every host count; those rolled back are in the tables.".to_owned(),
        ],
        provenance: provenance(summary),
        ..Frame::default()
    };
    frame.picture(bottom + 110 - 100, |canvas, area| {
        let plot = Plot { left: LEFT, right: RIGHT, top: TOP - 6, bottom };
        plot.ticks_below(canvas, x.time_ticks(if x.is_log() { 60 } else { 92 }));
        canvas.line(&[(LEFT, bottom), (RIGHT, bottom)], Ink::Axis, 1);
        let scale = if x.is_log() { ", log scale" } else { "" };
        let below = format!("duration from the first host to the end of the last bake{scale}");
        plot.title_below(canvas, &below);
        if values.is_empty() {
            return nothing_to_draw(canvas, area, "Nothing to draw: no rollout reached every host.");
        }
        legend(canvas);
        for (index, strategy) in rows.iter().enumerate() {
            strip(canvas, strategy, TOP + row * index as i32 + row / 2 + 8, &x);
        }
    })
}

fn percentile(strategy: &StrategySummary, percent: f64) -> Option<f64> {
    strategy.duration_percentiles.iter().find(|p| p.percent == percent).map(|p| p.duration_ms)
}

fn strip(canvas: &mut Canvas, strategy: &StrategySummary, y: i32, x: &Axis) {
    let (name, font) = label(strategy, LEFT - 14 - 10);
    canvas.text((LEFT - 14, y + 5), &name, font.ending(), Ink::Text);
    let at = |percent| percentile(strategy, percent).map(|v| x.at(v));
    let all = (at(1.0), at(10.0), at(25.0), at(50.0), at(75.0), at(90.0), at(99.0));
    let (Some(p1), Some(p10), Some(p25), Some(p50), Some(p75), Some(p90), Some(p99)) = all else {
        canvas.text((LEFT + 10, y + 5), "no rollout reached every host", Font::new(SMALL), Ink::Muted);
        return;
    };
    canvas.whisker((p1, y), (p99, y), Ink::Blue, 6);
    canvas.rect((p10, y - 6), (p90.max(p10 + 1), y + 6), Ink::Blue, 0.35);
    canvas.rect((p25, y - 9), (p75.max(p25 + 1), y + 9), Ink::Blue, 0.75);
    canvas.line(&[(p50, y - 12), (p50, y + 12)], Ink::Text, 3);
    let words = |percent| percentile(strategy, percent).map_or(String::new(), text::duration);
    let caption = format!("{} ({} to {})", words(50.0), words(1.0), words(99.0));
    let width = Font::new(SMALL).width(&caption);
    let center = p50.clamp(LEFT + width / 2, RIGHT + 50 - width / 2);
    canvas.text((center, y - 17), &caption, Font::new(SMALL).centered(), Ink::Text);
}

fn legend(canvas: &mut Canvas) {
    let y = 86;
    let font = Font::new(SMALL);
    canvas.whisker((30, y), (110, y), Ink::Blue, 6);
    canvas.rect((44, y - 6), (96, y + 6), Ink::Blue, 0.35);
    canvas.rect((56, y - 9), (84, y + 9), Ink::Blue, 0.75);
    canvas.line(&[(70, y - 12), (70, y + 12)], Ink::Text, 3);
    let words = "median, middle half, middle 80 %, and whiskers from the 1st to the 99th percentile; numbers: median (p1 to p99)";
    canvas.text((126, y + 4), words, font, Ink::Text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::Theme;
    use crate::report::sample;
    use crate::study::summarise;

    #[test]
    fn strips_are_sorted_and_say_their_numbers() {
        let (plan, mut outcomes) = sample::study(300);
        for outcome in &mut outcomes.by_strategy[2] {
            outcome.ending = crate::outcome::Ending::FalseRollback;
        }
        let summary = summarise(&plan, &outcomes);
        let chart = picture(&summary).svg(Theme::Light);
        let at = |name: &str| chart.find(&format!(">{name}")).unwrap_or_else(|| panic!("{name} is missing"));
        assert!(at("all-at-once") < at("doubling-waves") && at("doubling-waves") < at("nine-day-ring"));
        assert!(at("nine-day-ring") < at("region-by-region"), "strategies without a value go last");
        assert!(chart.contains("no rollout reached every host"));
        assert_eq!(chart, picture(&summary).svg(Theme::Light));
    }
}
