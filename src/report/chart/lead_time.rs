//! Where lead time goes: one stacked bar a strategy, with its numbers.

use super::canvas::{Canvas, Font};
use super::labels::Area;
use super::legend::{self, LegendSign};
use super::pen::Texture;
use super::plot::Plot;
use super::scale::Axis;
use super::theme::Ink;
use super::{BODY, SMALL, WIDTH, fitted, nothing_to_draw, strategy_mark};
use super::{Frame, Picture};
use crate::outcome::pipeline::{PARTS, Part};
use crate::report::text;
use crate::study::pipeline_summary::{PipelineSummary, StrategyPipelines};

const LEFT: i32 = 240;
const RIGHT: i32 = WIDTH - 170;
/// Height of a bar, from it to its numbers, of a line of numbers, and from there to the next bar.
const BAR: i32 = 36;
const BELOW: i32 = 20;
const LINE: i32 = 17;
const GAP: i32 = 18;
const AXIS: i32 = 62;
/// Parts in which nobody and nothing works on the change.
const WAITING: [Part; 3] = [Part::Queue, Part::Window, Part::Blocked];

/// What a part is drawn in: work in blues and greens, waiting in grey and warm colours.
fn look(part: Part) -> (Ink, Texture) {
    match part {
        Part::Review => (Ink::Slate, Texture::Plain),
        Part::Build => (Ink::Blue, Texture::Rising),
        Part::Test => (Ink::Sky, Texture::Falling),
        Part::Approval => (Ink::Gate, Texture::Upright),
        Part::Deploy => (Ink::Deploy, Texture::Plain),
        Part::Bake => (Ink::Bake, Texture::Rising),
        Part::Queue => (Ink::Wait, Texture::Level),
        Part::Window => (Ink::Window, Texture::Upright),
        Part::Blocked => (Ink::Vermillion, Texture::Falling),
    }
}

/// The chart; strategies in plan order.
#[must_use]
pub fn picture(summary: &PipelineSummary) -> Picture {
    let totals = summary.strategies.iter().filter_map(|strategy| strategy.review_to_delivery);
    let longest = totals.map(|total| total.interval.high.unwrap_or(total.value)).fold(0.0, f64::max);
    let x = Axis::linear(0.0, longest * 1.02, LEFT, RIGHT);
    let signs = signs(summary);
    let head = legend::height(&signs, 30, WIDTH - 30) + 12;
    let rows: Vec<i32> =
        summary.strategies.iter().map(|s| BAR + BELOW + LINE * lines(s).len() as i32 + GAP).collect();
    let height: i32 = rows.iter().sum::<i32>().max(60);
    let said: Vec<String> = summary.strategies.iter().map(words).collect();
    let frame = Frame {
        id: "lead-time".to_owned(),
        title: title(summary),
        subtitle: "A bar a strategy: the mean time of a delivered change from ready for review to the end of the last wave, by \
                   what happens to it. Whiskers and brackets: 95 % intervals from independent trials."
            .to_owned(),
        notes: Vec::new(),
        provenance: provenance(summary),
        description: format!("{}.", said.join(". ")),
    };
    frame.picture(head + height + AXIS, |canvas, area| {
        if longest == 0.0 {
            return nothing_to_draw(canvas, area, "No change was delivered.");
        }
        legend::draw(canvas, Area(30, area.1, WIDTH - 30, area.1 + head), &signs);
        let top = area.1 + head;
        let plot = Plot { left: LEFT, right: RIGHT, top: top - 4, bottom: top + height };
        plot.ticks_below(canvas, x.time_ticks(80));
        canvas.line(&[(LEFT, plot.bottom), (RIGHT, plot.bottom)], Ink::Axis, 1);
        plot.title_below(canvas, "mean time of a delivered change, linear scale");
        let mut y = top;
        for (index, (strategy, row)) in summary.strategies.iter().zip(&rows).enumerate() {
            canvas.mark(strategy_mark(index, &words(strategy)), |canvas| bar(canvas, strategy, y + 4, &x));
            y += row;
        }
    })
}

/// "66 % of the 3d 4h from review to delivery is waiting with amazon-five-waves: window 31 %, queue 12 %".
fn title(summary: &PipelineSummary) -> String {
    let baseline = summary.contest.as_ref().map_or(0, |contest| contest.baseline);
    let known = summary.strategies.get(baseline).filter(|strategy| strategy.review_to_delivery.is_some());
    let found = known.or_else(|| summary.strategies.iter().find(|s| s.review_to_delivery.is_some()));
    let Some((strategy, total)) = found.and_then(|s| Some((s, s.review_to_delivery?.value))) else {
        return "No change was delivered".to_owned();
    };
    let mut waits: Vec<(Part, f64)> = WAITING
        .into_iter()
        .map(|part| (part, mean(strategy, part)))
        .filter(|(_, mean)| *mean > 0.0)
        .collect();
    waits.sort_by(|a, b| b.1.total_cmp(&a.1));
    let waiting: f64 = waits.iter().map(|(_, mean)| mean).sum();
    let listed: Vec<String> =
        waits.iter().map(|(part, mean)| format!("{} {}", part.name(), share(mean / total))).collect();
    let time = text::duration(total);
    if listed.is_empty() {
        return format!("With {} none of the {time} from review to delivery is waiting", strategy.name);
    }
    let of = share(waiting / total);
    format!(
        "With {} {of} of the {time} from review to delivery is waiting: {}",
        strategy.name,
        listed.join(", ")
    )
}

/// A share that is a part of a whole: no more digits than a bar shows.
fn share(share: f64) -> String {
    if share >= 0.1 {
        format!("{:.0} %", share * 100.0)
    } else {
        text::percent((share * 1000.0).round() / 1000.0)
    }
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

/// Every part that occurs.
fn signs(summary: &PipelineSummary) -> Vec<LegendSign<'static>> {
    let occurs = |part: &Part| summary.strategies.iter().any(|s| mean(s, *part) > 0.0);
    let sign = |part: Part| {
        let kind = if WAITING.contains(&part) { " (waiting)" } else { "" };
        LegendSign::new(format!("{}{kind}", part.name()), move |canvas, (x, y)| {
            canvas.textured((x, y - 7), (x + LegendSign::WIDTH, y + 7), look(part).0, look(part).1);
        })
    };
    PARTS.into_iter().filter(occurs).map(sign).collect()
}

fn mean(strategy: &StrategyPipelines, part: Part) -> f64 {
    let found = strategy.parts.iter().find(|listed| listed.part == part);
    found.and_then(|listed| listed.mean).map_or(0.0, |mean| mean.value)
}

/// The numbers of a strategy, each part with its share.
fn numbers(strategy: &StrategyPipelines) -> Vec<String> {
    let Some(total) = strategy.review_to_delivery else { return Vec::new() };
    let parts = PARTS.into_iter().map(|part| (part, mean(strategy, part))).filter(|(_, value)| *value > 0.0);
    let said = |(part, value): (Part, f64)| {
        format!("{} {} ({})", part.name(), text::duration(value), share(value / total.value))
    };
    parts.map(said).collect()
}

/// The same in lines under the bar.
fn lines(strategy: &StrategyPipelines) -> Vec<String> {
    // No line breaks within a part's number.
    let words: Vec<String> = numbers(strategy).iter().map(|part| part.replace(' ', "\u{a0}")).collect();
    Font::new(SMALL).wrapped(&words.join(", "), WIDTH - 30 - LEFT)
}

fn words(strategy: &StrategyPipelines) -> String {
    let total = strategy.review_to_delivery.map_or("nothing was delivered".to_owned(), |total| {
        format!(
            "{}: {}",
            text::estimate(total.value, " ", total.interval, text::duration),
            numbers(strategy).join(", ")
        )
    });
    format!("{}: {total}", strategy.name)
}

fn bar(canvas: &mut Canvas, strategy: &StrategyPipelines, top: i32, x: &Axis) {
    let (name, font) = fitted(&strategy.name, "", LEFT - 14 - 10);
    canvas.text((LEFT - 14, top + BAR / 2 + 5), &name, font.ending(), Ink::Text);
    let Some(total) = strategy.review_to_delivery else {
        canvas.text((LEFT + 10, top + BAR / 2 + 5), "nothing was delivered", Font::new(SMALL), Ink::Muted);
        return;
    };
    let small = Font::new(SMALL).bold();
    let mut spent = 0.0;
    for part in PARTS {
        let value = mean(strategy, part);
        let (from, to) = (x.at(spent), x.at(spent + value));
        spent += value;
        if to == from {
            continue;
        }
        let (ink, texture) = look(part);
        canvas.textured((from, top), (to, top + BAR), ink, texture);
        canvas.line(&[(to, top), (to, top + BAR)], Ink::Paper, 1);
        let words = text::duration(value);
        let (middle, half) = ((from + to) / 2, small.width(&words) / 2 + 4);
        if 2 * half + 4 < to - from {
            // A texture under letters is hard on the eye.
            canvas.rect((middle - half, top + BAR / 2 - 9), (middle + half, top + BAR / 2 + 9), ink, 1.0);
            canvas.text((middle, top + BAR / 2 + 5), &words, small.centered(), ink.letters());
        }
    }
    let end = x.at(total.value);
    let mut right = end;
    if let (Some(low), Some(high)) = (total.interval.low, total.interval.high) {
        right = right.max(x.at(high));
        let middle = top + BAR / 2;
        canvas.line(&[(x.at(low), middle), (x.at(high), middle)], Ink::Paper, 5);
        canvas.whisker((x.at(low), middle), (x.at(high), middle), Ink::Text, 7);
        let words = text::bounds(total.interval, text::duration);
        canvas.text((right + 12, top + 32), &words, Font::new(SMALL), Ink::Muted);
    }
    canvas.text((right + 12, top + 15), &text::duration(total.value), Font::new(BODY).bold(), Ink::Text);
    for (line, words) in (0..).zip(lines(strategy)) {
        canvas.text((LEFT, top + BAR + BELOW + LINE * line), &words, Font::new(SMALL), Ink::Muted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::pen::Item;
    use std::collections::BTreeSet;

    #[test]
    fn parts_are_told_apart_without_colour_and_neighbours_differ() {
        let textures: Vec<Texture> = PARTS.into_iter().map(|part| look(part).1).collect();
        assert!(textures.windows(2).all(|pair| pair[0] != pair[1]), "{textures:?}");
        let inks: BTreeSet<Ink> = PARTS.into_iter().map(|part| look(part).0).collect();
        assert_eq!(inks.len(), PARTS.len());
    }

    #[test]
    fn shares_have_the_digits_of_a_bar() {
        assert_eq!([0.3149, 0.0514, 0.004].map(share), ["31 %", "5.1 %", "0.4 %"]);
    }

    #[test]
    fn nothing_delivered_is_said() {
        let summary = PipelineSummary {
            schema_version: 1,
            tool: "wavetank".into(),
            tool_version: "0".into(),
            scenario: "none".to_owned(),
            model_version: 6,
            plan: String::new(),
            seed: 1,
            start: "2026-03-02".to_owned(),
            length_ms: 86_400_000,
            warm_up_ms: 0,
            trials: 1,
            components: Vec::new(),
            strategies: Vec::new(),
            others: Vec::new(),
            precision: Vec::new(),
            thresholds: Vec::new(),
            expectations: Vec::new(),
            contest: None,
            without: None,
        };
        let chart = picture(&summary);
        assert_eq!(chart.title(), "No change was delivered");
        assert!(
            chart
                .items
                .iter()
                .any(|item| matches!(item, Item::Words { words, .. } if words == "No change was delivered."))
        );
    }
}
