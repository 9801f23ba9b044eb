//! Speed against blast radius: one point per strategy with 95 % intervals, and the Pareto front.

use super::canvas::{Canvas, Font, Point, Shape};
use super::labels::{Area, Obstacle, place};
use super::plot::{Legend, Plot};
use super::scale::Axis;
use super::theme::Ink;
use super::{BODY, SMALL, WIDTH, label, nothing_to_draw, provenance};
use super::{Frame, Picture};
use crate::outcome::measures::{Measure, Unit};
use crate::report::text;
use crate::stats::Interval;
use crate::study::Summary;
use crate::study::summary::{SPEED_METRIC, StrategySummary};

const HEIGHT: i32 = 760;
const LEFT: i32 = 130;
const RIGHT: i32 = WIDTH - 40;
const TOP: i32 = 110;
const BOTTOM: i32 = HEIGHT - 116;
/// Right end of the points: labels need room beside them.
const POINTS_RIGHT: i32 = RIGHT - 100;
/// More points than this are numbered, and named in a list below.
const MOST_NAMED: usize = 12;
/// Columns and line height of that list.
const LIST: (usize, i32) = (2, 19);
/// Radius of a point, in pixels.
const RADIUS: i32 = 6;
/// Host-milliseconds in a host-minute.
const HOST_MINUTE: f64 = 60_000.0;
/// A duration range wider than this factor gets a logarithmic axis.
const WIDE: f64 = 20.0;

/// One strategy as a point: values and interval ends in milliseconds and in what harm is counted in.
struct Dot<'s> {
    strategy: &'s StrategySummary,
    speed: f64,
    speed_interval: Interval,
    blast: f64,
    /// The same as measured, and in which unit.
    harm: f64,
    unit: Unit,
    blast_interval: Interval,
}

/// The chart. Strategies that never reached every host, or never met a bad change, have no point and
/// are named in the note.
#[must_use]
pub fn picture(summary: &Summary) -> Picture {
    let dots: Vec<Dot> =
        summary.strategies.iter().filter_map(|strategy| dot(strategy, summary.harm)).collect();
    let x = Axis::log_if_wide(&values(&dots, |d| (d.speed, d.speed_interval)), WIDE, LEFT, POINTS_RIGHT);
    let y = Axis::log(&values(&dots, |d| (d.blast, d.blast_interval)), BOTTOM, TOP);
    let numbered = dots.len() > MOST_NAMED;
    let list_lines = if numbered { dots.len().div_ceil(LIST.0) } else { 0 };
    let frame = Frame {
        id: "trade-off".to_owned(),
        title: "Speed against blast radius".to_owned(),
        subtitle: String::new(),
        notes: vec![note(summary, &dots)],
        provenance: provenance(summary),
        ..Frame::default()
    };
    frame.picture(HEIGHT + LIST.1 * list_lines as i32 - 100, |canvas, area| {
        if dots.is_empty() {
            return nothing_to_draw(
                canvas,
                area,
                "Nothing to draw: no completed rollouts, or no bad changes.",
            );
        }
        axes(canvas, &x, &y, summary.harm);
        let front = front_points(&dots, &x, &y);
        if front.len() > 1 {
            canvas.dashed(&front, Ink::Blue, 1, &[6.0, 5.0]);
        }
        for dot in &dots {
            whiskers(canvas, dot, &x, &y);
        }
        names(canvas, &dots, &x, &y, numbered);
        if numbered {
            list(canvas, &dots);
        }
        for dot in &dots {
            let at = (x.at(dot.speed), y.at(dot.blast));
            canvas.marker(at, Shape::Circle, RADIUS, color(dot), dot.strategy.on_front);
        }
        legend(canvas);
    })
}

fn dot<'s>(strategy: &'s StrategySummary, harm: &Measure) -> Option<Dot<'s>> {
    let speed = strategy.metric(SPEED_METRIC).p50?;
    let blast = strategy.metric(harm).mean?;
    let one = if harm.unit == Unit::HostMs { HOST_MINUTE } else { 1.0 };
    let said = |end: Option<f64>| end.map(|v| v / one);
    Some(Dot {
        strategy,
        speed: speed.value,
        speed_interval: speed.interval,
        blast: blast.value / one,
        harm: blast.value,
        unit: harm.unit,
        blast_interval: Interval { low: said(blast.interval.low), high: said(blast.interval.high) },
    })
}

/// Values that an axis has to hold. A lower end of 0 is drawn to the floor, an upper one that says only what no trial rules
/// out to the ceiling, and neither asks for room.
fn values(dots: &[Dot], of: impl Fn(&Dot) -> (f64, Interval)) -> Vec<f64> {
    let ends = |dot: &Dot| {
        let (value, interval) = of(dot);
        let far = text::is_far(value, interval);
        [Some(value), interval.low.filter(|v| *v > value / 50.0), interval.high.filter(|_| !far)]
    };
    dots.iter().flat_map(ends).flatten().collect()
}

fn color(dot: &Dot) -> Ink {
    if dot.strategy.on_front { Ink::Blue } else { Ink::Vermillion }
}

fn axes(canvas: &mut Canvas, x: &Axis, y: &Axis, harm: &Measure) {
    let plot = Plot { left: LEFT, right: RIGHT, top: TOP, bottom: BOTTOM };
    plot.ticks_below(canvas, x.time_ticks(if x.is_log() { 64 } else { 92 }));
    plot.ticks_beside(canvas, y.number_ticks(34, text::compact));
    canvas.line(&[(LEFT, TOP), (LEFT, BOTTOM), (RIGHT, BOTTOM)], Ink::Axis, 1);
    if let Some(pixel) = y.break_at() {
        canvas.rect((LEFT - 6, pixel - 3), (LEFT + 6, pixel + 3), Ink::Paper, 1.0);
        for up in [-3, 3] {
            canvas.line(&[(LEFT - 7, pixel + up + 3), (LEFT + 7, pixel + up - 3)], Ink::Axis, 1);
        }
    }
    let scale = |axis: &Axis| if axis.is_log() { ", log scale" } else { "" };
    plot.title_below(canvas, &format!("median time until every host runs the new version{}", scale(x)));
    plot.title_beside(canvas, 38, &format!("mean {}{}", text::harm(harm), scale(y)));
    canvas.text((LEFT + 14, BOTTOM - 14), "↙ better: faster and safer", Font::new(BODY).bold(), Ink::Muted);
}

/// Pixels of the front's members from fast to slow.
fn front_points(dots: &[Dot], x: &Axis, y: &Axis) -> Vec<Point> {
    let mut members: Vec<&Dot> = dots.iter().filter(|dot| dot.strategy.on_front).collect();
    members.sort_by(|a, b| a.speed.total_cmp(&b.speed));
    members.iter().map(|dot| (x.at(dot.speed), y.at(dot.blast))).collect()
}

/// Small boxes along the front: labels keep off it where that costs nothing else.
fn front_areas(points: &[Point]) -> Vec<Obstacle> {
    let mut areas = Vec::new();
    for pair in points.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let pieces = ((to.0 - from.0).abs().max((to.1 - from.1).abs()) / 6).max(1);
        for piece in 0..=pieces {
            let x = from.0 + (to.0 - from.0) * piece / pieces;
            let y = from.1 + (to.1 - from.1) * piece / pieces;
            areas.push((Area(x - 1, y - 1, x + 1, y + 1), 1));
        }
    }
    areas
}

/// Intervals with their ends; those that the point hides anyway are left out.
fn whiskers(canvas: &mut Canvas, dot: &Dot, x: &Axis, y: &Axis) {
    let at = (x.at(dot.speed), y.at(dot.blast));
    let color = color(dot);
    let shows =
        |center: i32, ends: &(i32, i32)| (ends.0 - center).abs().max((ends.1 - center).abs()) > RADIUS + 2;
    let ends = |interval: Interval, axis: &Axis| Some((axis.at(interval.low?), axis.at(interval.high?)));
    if let Some((low, high)) = ends(dot.speed_interval, x).filter(|ends| shows(at.0, ends)) {
        canvas.whisker((low, at.1), (high, at.1), color, 6);
    }
    if let Some((low, high)) = ends(dot.blast_interval, y).filter(|ends| shows(at.1, ends)) {
        canvas.whisker((at.0, low), (at.0, high), color, 6);
    }
}

fn names(canvas: &mut Canvas, dots: &[Dot], x: &Axis, y: &Axis, numbered: bool) {
    let (name_font, value_font) = (Font::new(BODY).bold(), Font::new(SMALL));
    let mut taken = front_areas(&front_points(dots, x, y));
    let mut boxes = Vec::new();
    let mut lines = Vec::new();
    for (index, dot) in dots.iter().enumerate() {
        let at = (x.at(dot.speed), y.at(dot.blast));
        let reach = |end: Option<f64>| end.map_or(at.1, |v| y.at(v));
        let (high, low) = (reach(dot.blast_interval.high), reach(dot.blast_interval.low));
        taken.push((Area(at.0 - 10, at.1 - 10, at.0 + 10, at.1 + 10), 4));
        taken.push((Area(at.0 - 8, high, at.0 + 8, low), 2));
        for end in [high, low] {
            taken.push((Area(at.0 - 8, end - 6, at.0 + 8, end + 6), 4));
        }
        if numbered {
            let number = (index + 1).to_string();
            boxes.push((at, name_font.width(&number), 16));
            lines.push((number, String::new()));
        } else {
            let name = label(dot.strategy, 330).0;
            let values = values_of(dot);
            boxes.push((at, name_font.width(&name).max(value_font.width(&values)), 34));
            lines.push((name, values));
        }
    }
    taken.push((Area(LEFT, BOTTOM - 34, LEFT + 230, BOTTOM), 2));
    let corners = place(&boxes, Area(LEFT + 6, TOP, RIGHT + 24, BOTTOM - 4), &taken);
    for (((corner, (name, values)), (at, width, height)), dot) in
        corners.iter().zip(&lines).zip(&boxes).zip(dots)
    {
        let near = (at.0.clamp(corner.0, corner.0 + width), at.1.clamp(corner.1, corner.1 + height));
        if (near.0 - at.0).abs() + (near.1 - at.1).abs() > 24 {
            canvas.line(&[*at, near], Ink::Axis, 1);
        }
        canvas.rect((corner.0 - 2, corner.1), (corner.0 + width + 2, corner.1 + height), Ink::Paper, 0.8);
        // Labels left of their point end at it, so that estimated widths do not tear them apart.
        let is_left = corner.0 + width < at.0;
        let (anchor, side): (i32, fn(Font) -> Font) =
            if is_left { (corner.0 + width, Font::ending) } else { (corner.0, |font| font) };
        canvas.text((anchor, corner.1 + 13), name, side(name_font), color(dot));
        canvas.text((anchor, corner.1 + 30), values, side(value_font), Ink::Muted);
    }
}

/// "4d 21h, 79.8 host-minutes".
fn values_of(dot: &Dot) -> String {
    format!("{}, {}", text::duration(dot.speed), text::value_with_unit(dot.unit, dot.harm))
}

/// Number, name and values of every point, in columns below the axis.
fn list(canvas: &mut Canvas, dots: &[Dot]) {
    let lines = dots.len().div_ceil(LIST.0);
    let width = (WIDTH - 60) / LIST.0 as i32;
    for (index, dot) in dots.iter().enumerate() {
        let left = 30 + width * (index / lines) as i32;
        let y = BOTTOM + 84 + LIST.1 * (index % lines) as i32;
        let (name, font) = label(dot.strategy, width - 40 - 230);
        canvas.text((left + 26, y), &(index + 1).to_string(), Font::new(BODY).bold().ending(), color(dot));
        canvas.text((left + 36, y), &name, font, color(dot));
        canvas.text((left + width - 20, y), &values_of(dot), Font::new(SMALL).ending(), Ink::Muted);
    }
}

fn legend(canvas: &mut Canvas) {
    let y = 88;
    let mut legend = Legend { left: LEFT, y: y + 4, indent: 30, gap: 26 };
    legend.entry(canvas, "on the Pareto front, by point estimates", |canvas, x| {
        canvas.dashed(&[(x - 4, y), (x + 24, y)], Ink::Blue, 1, &[6.0, 5.0]);
        canvas.marker((x + 10, y), Shape::Circle, 6, Ink::Blue, true);
    });
    legend.entry(canvas, "another one is at least as good on both", |canvas, x| {
        canvas.marker((x + 10, y), Shape::Circle, 6, Ink::Vermillion, false);
    });
    legend.entry(canvas, "95 % interval, where wider than the point", |canvas, x| {
        canvas.whisker((x, y), (x + 20, y), Ink::Muted, 5);
    });
}

fn note(summary: &Summary, dots: &[Dot]) -> String {
    let missing: Vec<&str> = summary
        .strategies
        .iter()
        .filter(|s| dots.iter().all(|dot| dot.strategy.name != s.name))
        .map(|s| s.name.as_str())
        .collect();
    if !missing.is_empty() {
        return format!("Not drawn, without completed rollouts or bad changes: {}.", text::list(&missing, 5));
    }
    "Every strategy faced the same changes, so overlapping intervals are not ties: the tables give paired differences."
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::Theme;
    use crate::report::sample;
    use crate::study::summarise;

    #[test]
    fn every_strategy_has_a_name_and_a_point() {
        let (plan, outcomes) = sample::study(300);
        let summary = summarise(&plan, &outcomes);
        let chart = picture(&summary).svg(Theme::Light);
        for strategy in &summary.strategies {
            assert!(chart.contains(&format!(">{}", strategy.name)), "{} is missing", strategy.name);
        }
        assert!(chart.contains("amazon-five-waves (baseline)"));
        assert_eq!(chart, picture(&summary).svg(Theme::Light));
    }

    #[test]
    fn strategies_without_a_point_are_named() {
        let (plan, mut outcomes) = sample::study(100);
        for outcome in &mut outcomes.by_strategy[2] {
            outcome.ending = crate::outcome::Ending::FalseRollback;
        }
        let chart = picture(&summarise(&plan, &outcomes)).svg(Theme::Light);
        assert!(chart.contains("without completed rollouts or bad changes: region-by-region."));
    }

    #[test]
    fn many_strategies_are_numbered_and_listed() {
        let (plan, outcomes) = sample::study(50);
        let mut summary = summarise(&plan, &outcomes);
        summary.strategies = (0..30)
            .map(|index| {
                let mut strategy = summary.strategies[index % 7].clone();
                strategy.name =
                    format!("strategy-{index}-of-thirty-with-a-name-that-is-far-too-long-{index}");
                strategy
            })
            .collect();
        let chart = picture(&summary).svg(Theme::Light);
        for index in 0..30 {
            assert!(chart.contains(&format!(">{}<", index + 1)), "no number {}", index + 1);
            assert!(chart.contains(&format!(">strategy-{index}-of")), "{chart}");
        }
        assert!(chart.contains("far-too-long-29<"), "the end of a name tells it from its relatives");
    }

    #[test]
    fn empty_charts_say_why() {
        let (plan, mut outcomes) = sample::study(20);
        outcomes.by_strategy.iter_mut().flatten().for_each(|outcome| outcome.defect = None);
        let summary = summarise(&plan, &outcomes);
        assert!(picture(&summary).svg(Theme::Light).contains("Nothing to draw"));
        assert!(
            crate::report::chart::exceedance::picture(&summary).svg(Theme::Light).contains("Nothing to draw")
        );
    }

    #[test]
    fn zero_blast_radius_is_drawn_on_the_floor() {
        let (plan, mut outcomes) = sample::study(100);
        for outcome in &mut outcomes.by_strategy[6] {
            (outcome.impaired_host_ms, outcome.failed_requests) = (0, 0.0);
        }
        let chart = picture(&summarise(&plan, &outcomes)).svg(Theme::Light);
        assert!(chart.contains(", 0 requests"), "{chart}");
    }
}
