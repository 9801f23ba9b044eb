//! How long rollouts take: percentiles of each strategy as a strip, and as numbers.

use super::canvas::{Canvas, Font};
use super::labels::Area;
use super::legend::{self, LegendSign};
use super::plot::Plot;
use super::scale::Axis;
use super::scale::scale_words;
use super::theme::Ink;
use super::{Frame, Picture};
use super::{SMALL, WIDTH, label, look, nothing_to_draw, provenance, strategy_mark};
use crate::report::text;
use crate::study::Summary;
use crate::study::summary::StrategySummary;

/// Height of a strategy's row.
const ROW: i32 = 44;
const LEFT: i32 = 280;
const RIGHT: i32 = WIDTH - 390;
/// Where the percentiles that are said end, from the right edge of the strips on.
const COLUMNS: [(f64, i32); 5] = [(1.0, 74), (10.0, 146), (50.0, 218), (90.0, 290), (99.0, 362)];
const HEAD: i32 = 26;
const AXIS: i32 = 62;
/// A duration range wider than this factor gets a logarithmic axis.
const WIDE: f64 = 20.0;
/// Half the height of the tick of a median, of the middle half, of the middle 80 %, and of the ends.
const HALVES: [i32; 4] = [13, 9, 6, 6];
const GUIDE: &[f64] = &[1.0, 4.0];

/// The chart; fastest strategy on top.
#[must_use]
pub fn picture(summary: &Summary) -> Picture {
    let mut rows: Vec<(usize, &StrategySummary)> = summary.strategies.iter().enumerate().collect();
    rows.sort_by(|(_, a), (_, b)| {
        percentile(a, 50.0).unwrap_or(f64::MAX).total_cmp(&percentile(b, 50.0).unwrap_or(f64::MAX))
    });
    let values: Vec<f64> =
        rows.iter().flat_map(|(_, s)| s.duration_percentiles.iter().map(|p| p.duration_ms)).collect();
    let x = Axis::log_if_wide(&values, WIDE, LEFT, RIGHT);
    let signs = signs(&rows, &x);
    let head = legend::height(&signs, 30, WIDTH - 30) + 8;
    let height = ROW * rows.len() as i32;
    let said: Vec<String> = rows.iter().map(|(_, strategy)| words(strategy)).collect();
    let frame = Frame {
        id: "duration".to_owned(),
        title: title(&rows),
        subtitle: "From the first host to the end of the last bake, of rollouts that reached every host; those that went \
                   back are in the tables. The shortest median first."
            .to_owned(),
        notes: Vec::new(),
        provenance: provenance(summary),
        description: format!("{}.", said.join(". ")),
    };
    frame.picture(head + HEAD + height.max(ROW) + AXIS, |canvas, area| {
        if values.is_empty() {
            return nothing_to_draw(canvas, area, "No rollout reached every host.");
        }
        legend::draw(canvas, Area(30, area.1, WIDTH - 30, area.1 + head), &signs);
        let top = area.1 + head + HEAD;
        let plot = Plot { left: LEFT, right: RIGHT, top, bottom: top + height };
        plot.ticks_below(canvas, x.time_ticks(if x.is_log() { 60 } else { 84 }));
        canvas.line(&[(LEFT, plot.bottom), (RIGHT, plot.bottom)], Ink::Axis, 1);
        plot.title_below(canvas, &format!("duration, {}", scale_words(&x)));
        for (percent, right) in COLUMNS {
            let font = Font::new(SMALL).bold().ending();
            canvas.text((RIGHT + right, top - 8), &format!("p{percent}"), font, Ink::Muted);
        }
        for (place, (index, strategy)) in (0..).zip(&rows) {
            strip(canvas, *index, strategy, top + ROW * place + ROW / 2, &x);
        }
    })
}

/// "The median rollout takes 1h 12m with all-at-once and 4d 21h with azure-sdp", with their intervals.
fn title(rows: &[(usize, &StrategySummary)]) -> String {
    let known: Vec<&StrategySummary> =
        rows.iter().map(|(_, s)| *s).filter(|s| percentile(s, 50.0).is_some()).collect();
    let said = |strategy: &StrategySummary| {
        let median = strategy.duration_percentiles.iter().find(|p| p.percent == 50.0);
        let time = median
            .map(|p| text::estimate(p.duration_ms, " ", p.interval, text::duration))
            .unwrap_or_default();
        format!("{time} with {}", strategy.name)
    };
    match known.as_slice() {
        [] => "No rollout reached every host".to_owned(),
        [only] => format!("The median rollout takes {}", said(only)),
        [first, .., last] => format!("The median rollout takes {}, {}", said(first), said(last)),
    }
}

fn percentile(strategy: &StrategySummary, percent: f64) -> Option<f64> {
    strategy.duration_percentiles.iter().find(|p| p.percent == percent).map(|p| p.duration_ms)
}

fn is_constant(strategy: &StrategySummary) -> bool {
    let ends = (percentile(strategy, 1.0), percentile(strategy, 99.0));
    ends.0.is_some() && ends.0 == ends.1
}

/// "careful: p1 10h, p10 10h 2m, ...".
fn words(strategy: &StrategySummary) -> String {
    let all = COLUMNS.iter().filter_map(|(percent, _)| {
        Some(format!("p{percent} {}", text::duration(percentile(strategy, *percent)?)))
    });
    let all: Vec<String> = all.collect();
    if all.is_empty() {
        return format!("{}: no rollout reached every host", strategy.name);
    }
    format!("{}: {}", strategy.name, all.join(", "))
}

fn strip(canvas: &mut Canvas, index: usize, strategy: &StrategySummary, y: i32, x: &Axis) {
    let (name, font) = label(strategy, LEFT - 14 - 30);
    let ink = look(index).0;
    canvas.mark(strategy_mark(index, &words(strategy)), |canvas| {
        canvas.text((LEFT - 14, y + 5), &name, font.ending(), Ink::Text);
        let at = |percent| percentile(strategy, percent).map(|v| x.at(v));
        let all = (at(1.0), at(10.0), at(25.0), at(50.0), at(75.0), at(90.0), at(99.0));
        let (Some(p1), Some(p10), Some(p25), Some(p50), Some(p75), Some(p90), Some(p99)) = all else {
            let words = "no rollout reached every host";
            canvas.text((LEFT + 10, y + 5), words, Font::new(SMALL), Ink::Muted);
            return;
        };
        let [tick, half, most, end] = HALVES;
        canvas.dashed(&[(LEFT, y), (p1, y)], Ink::Axis, 1, GUIDE);
        canvas.whisker((p1, y), (p99, y), ink, end);
        canvas.rect((p10, y - most), (p90.max(p10 + 1), y + most), ink, 0.35);
        canvas.rect((p25, y - half), (p75.max(p25 + 1), y + half), ink, 0.8);
        canvas.rect((p50 - 2, y - tick), (p50 + 3, y + tick), Ink::Text, 1.0);
        for (percent, right) in COLUMNS {
            let words = percentile(strategy, percent).map_or(String::new(), text::duration);
            let font = if percent == 50.0 { Font::new(SMALL).bold() } else { Font::new(SMALL) };
            canvas.text((RIGHT + right, y + 4), &words, font.ending(), Ink::Text);
        }
    });
}

/// Every sign that occurs.
fn signs(rows: &[(usize, &StrategySummary)], x: &Axis) -> Vec<LegendSign<'static>> {
    let known = || rows.iter().filter(|(_, s)| percentile(s, 50.0).is_some());
    if known().count() == 0 {
        return Vec::new();
    }
    let [tick, half, most, end] = HALVES;
    let mut signs = vec![LegendSign::new("median", move |canvas, (x, y)| {
        canvas.rect((x + 13, y - tick + 3), (x + 18, y + tick - 3), Ink::Text, 1.0);
    })];
    let spread = |(_, strategy): &&(usize, &StrategySummary)| {
        let at = |percent| percentile(strategy, percent).map(|v| x.at(v));
        !is_constant(strategy) && at(1.0) != at(99.0)
    };
    if known().any(|row| spread(&row)) {
        signs.push(LegendSign::new("middle half", move |canvas, (x, y)| {
            canvas.rect((x + 4, y - half + 1), (x + 26, y + half - 1), Ink::Muted, 0.8);
        }));
        signs.push(LegendSign::new("middle 80 %", move |canvas, (x, y)| {
            canvas.rect((x, y - most), (x + LegendSign::WIDTH, y + most), Ink::Muted, 0.35);
        }));
        signs.push(LegendSign::new("1st to 99th percentile", move |canvas, (x, y)| {
            canvas.whisker((x + 1, y), (x + LegendSign::WIDTH - 1, y), Ink::Muted, end);
        }));
    }
    signs
}

#[cfg(test)]
#[path = "tests/duration.rs"]
mod tests;
