//! One measure a strategy, a row each: what is left of the trade-off where no rollout reached every host, or nothing was
//! harmed.

use super::answer;
use super::canvas::Canvas;
use super::labels::Area;
use super::legend;
use super::plot::Plot;
use super::scale::{Axis, divisor, held, scale_words};
use super::theme::Ink;
use super::whisker::{Ends, level, signs};
use super::{Frame, Picture};
use super::{WIDTH, fitted, label, look, nothing_to_draw, provenance, strategy_mark};
use crate::report::text;
use crate::stats::Interval;
use crate::study::Summary;
use crate::study::summary::{SPEED_METRIC, StrategySummary};

const LEFT: i32 = 290;
const RIGHT: i32 = WIDTH - 230;
/// Height of a row.
const ROW: i32 = 34;
const RADIUS: i32 = 6;

/// A strategy with its value, if it has one, as it is drawn and as it is said.
struct AloneRow<'s> {
    index: usize,
    strategy: &'s StrategySummary,
    value: Option<(f64, Interval)>,
    words: String,
}

/// Harm alone if there is any, else speed.
#[must_use]
pub(super) fn picture(summary: &Summary) -> Picture {
    let is_harm = answer::harmed(summary);
    let rows = rows(summary, is_harm);
    let values = held(rows.iter().filter_map(|row| row.value));
    let x = Axis::log_if_wide(&values, 20.0, LEFT, RIGHT);
    let what = if is_harm {
        format!("mean {}", text::harm(summary.harm))
    } else {
        "median time until every host runs the new version".to_owned()
    };
    let reaches: Vec<_> =
        rows.iter().filter_map(|row| row.value).flat_map(|value| ends(value, &x).reaches()).collect();
    let signs = signs(&reaches);
    let head = legend::height(&signs, LEFT, WIDTH - 30) + 12;
    let why = if is_harm {
        "No rollout reached every host, so that harm is drawn alone."
    } else {
        "No harm was done, so that speed is drawn alone."
    };
    let said: Vec<&str> = rows.iter().map(|row| row.words.as_str()).collect();
    let frame = Frame {
        id: "trade-off".to_owned(),
        title: answer::trade_off(summary),
        subtitle: format!("{why} A row a strategy, {what}, the least first."),
        notes: Vec::new(),
        provenance: provenance(summary),
        description: format!("{why} {what}: {}.", said.join(". ")),
    };
    let height = ROW * (rows.len() as i32).max(1);
    frame.picture(head + height + 62, |canvas, area| {
        if values.is_empty() {
            return nothing_to_draw(
                canvas,
                area,
                "No rollout reached every host, and no bad change did harm.",
            );
        }
        legend::draw(canvas, Area(LEFT, area.1, WIDTH - 30, area.1 + head), &signs);
        let plot = Plot { left: LEFT, right: RIGHT, top: area.1 + head, bottom: area.1 + head + height };
        if is_harm {
            plot.ticks_below(canvas, x.number_ticks(76, text::compact));
        } else {
            plot.ticks_below(canvas, x.time_ticks(80));
        }
        canvas.line(&[(LEFT, plot.bottom), (RIGHT, plot.bottom)], Ink::Axis, 1);
        plot.title_below(canvas, &format!("{what}, {}", scale_words(&x)));
        for (place, row) in rows.iter().enumerate() {
            draw_row(canvas, row, plot.top + ROW * place as i32 + ROW / 2, &x);
        }
    })
}

fn ends((value, interval): (f64, Interval), x: &Axis) -> Ends {
    Ends::new(value, interval, x, (LEFT, RIGHT)).unless_within(x.at(value), RADIUS + 2)
}

/// The least first, those without a value last.
fn rows(summary: &Summary, is_harm: bool) -> Vec<AloneRow<'_>> {
    let one = divisor(summary.harm);
    let row = |(index, strategy)| {
        let strategy: &StrategySummary = strategy;
        let (value, said) = if is_harm {
            let mean = strategy.metric(summary.harm).mean;
            let say = |x| text::value(summary.harm.unit, x);
            let said = mean.map(|mean| text::estimate(mean.value, " ", mean.interval, say));
            let scaled = |end: Option<f64>| end.map(|end| end / one);
            let drawn = mean.map(|mean| {
                let Interval { low, high } = mean.interval;
                (mean.value / one, Interval { low: scaled(low), high: scaled(high) })
            });
            (drawn, said.unwrap_or("no bad change".to_owned()))
        } else {
            let p50 = strategy.metric(SPEED_METRIC).p50;
            let said = p50.map(|p50| text::estimate(p50.value, " ", p50.interval, text::duration));
            (p50.map(|p50| (p50.value, p50.interval)), said.unwrap_or("never".to_owned()))
        };
        AloneRow { index, strategy, value, words: format!("{}: {said}", strategy.name) }
    };
    let mut rows: Vec<AloneRow> = summary.strategies.iter().enumerate().map(row).collect();
    let key = |row: &AloneRow| row.value.map_or(f64::INFINITY, |(value, _)| value);
    rows.sort_by(|a, b| key(a).total_cmp(&key(b)).then(a.index.cmp(&b.index)));
    rows
}

fn draw_row(canvas: &mut Canvas, row: &AloneRow, y: i32, x: &Axis) {
    let (ink, shape, _) = look(row.index);
    canvas.mark(strategy_mark(row.index, &row.words), |canvas| {
        let (name, font) = label(row.strategy, LEFT - 30 - 16);
        canvas.text((LEFT - 16, y + 5), &name, font.ending(), Ink::Text);
        if let Some(value) = row.value {
            level(canvas, ends(value, x), y, (ink, 2));
            canvas.marker((x.at(value.0), y), shape, RADIUS, ink, true);
        }
        let said =
            row.words.strip_prefix(&row.strategy.name).map_or("", |rest| rest.trim_start_matches(": "));
        let (said, font) = fitted(said, "", WIDTH - RIGHT - 14 - 8);
        canvas.text((RIGHT + 14, y + 5), &said, font, Ink::Muted);
    });
}
