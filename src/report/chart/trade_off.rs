//! Speed against blast radius: a point a strategy with its 95 % intervals, who is shown to beat whom, and the limits. Where
//! one of the two cannot be told, the other alone.

use super::alone;
use super::answer;
use super::canvas::{Canvas, Font, Point, Shape};
use super::labels::{Area, Obstacle, place};
use super::legend::{self, LegendSign};
use super::plot::Plot;
use super::scale::{Axis, divisor, held, scale_words};
use super::spots;
use super::theme::Ink;
use super::whisker::{Ends, WhiskerEnd, level, upright};
use super::{BODY, SMALL, WIDTH, label, look, provenance, strategy_mark};
use super::{Frame, Picture};
use crate::plan::study::Statistic;
use crate::report::text;
use crate::stats::Interval;
use crate::study::Summary;
use crate::study::summary::{SPEED_METRIC, StrategySummary};

/// Height of what the points are drawn in.
const PLOT: i32 = 500;
const LEFT: i32 = 112;
const RIGHT: i32 = WIDTH - 40;
/// Right end of the points: labels need room beside them.
const POINTS_RIGHT: i32 = RIGHT - 90;
/// Width of the column of those that never reached every host.
const NEVER: i32 = 130;
/// Below the points: values and what they mean.
const AXIS: i32 = 62;
/// More points than this are numbered, and named in a list below.
const MOST_NAMED: usize = 12;
/// Columns and line height of that list.
const LIST: (usize, i32) = (2, 20);
/// Radius of a point, and least distance of two, in pixels.
const RADIUS: i32 = 6;
const APART: i32 = 17;
/// A duration range wider than this factor gets a logarithmic axis.
const WIDE: f64 = 20.0;
const FRONT: &[f64] = &[6.0, 5.0];
const LIMIT: &[f64] = &[2.0, 4.0];

/// One strategy as a point: values and interval ends in milliseconds and in what harm is counted in.
struct Dot<'s> {
    index: usize,
    strategy: &'s StrategySummary,
    /// None if it never reached every host.
    speed: Option<(f64, Interval)>,
    harm: (f64, Interval),
    words: String,
}

/// A limit on one of the two: where it is, and what it says.
struct LimitLine {
    is_speed: bool,
    value: f64,
    words: String,
}

/// The chart. A strategy that never reached every host stands beside the others; one that never met a bad change is named
/// in a note. Without any time, or without any harm, the other is drawn alone.
#[must_use]
pub fn picture(summary: &Summary) -> Picture {
    let dots = dots(summary);
    if dots.iter().all(|dot| dot.speed.is_none()) || !answer::harmed(summary) {
        return alone::picture(summary);
    }
    let limits = limits(summary);
    let chart = TradeOff::new(summary, &dots, &limits);
    let signs = chart.signs();
    let head = legend::height(&signs, LEFT, RIGHT) + 12;
    let frame = Frame {
        id: "trade-off".to_owned(),
        title: answer::trade_off(summary),
        subtitle: format!(
            "Each point is a strategy: the median time until every host runs the new version, and mean {}. Farther left is \
             faster, lower is safer.",
            text::harm(summary.harm)
        ),
        notes: notes(summary, &dots),
        provenance: provenance(summary),
        description: description(&dots),
    };
    frame.picture(head + PLOT + AXIS + chart.list_height(), |canvas, area| {
        legend::draw(canvas, Area(LEFT, area.1, RIGHT, area.1 + head), &signs);
        let mut chart = chart;
        chart.settle(area.1 + head);
        chart.draw(canvas);
    })
}

fn dots(summary: &Summary) -> Vec<Dot<'_>> {
    let one = divisor(summary.harm);
    let dot = |(index, strategy): (usize, &'_ StrategySummary)| {
        let harm = strategy.metric(summary.harm).mean?;
        let ends =
            Interval { low: harm.interval.low.map(|v| v / one), high: harm.interval.high.map(|v| v / one) };
        let speed = strategy.metric(SPEED_METRIC).p50.map(|p50| (p50.value, p50.interval));
        Some((index, speed, (harm.value / one, ends), words(summary, strategy)))
    };
    let found = summary.strategies.iter().enumerate().filter_map(dot);
    found
        .map(|(index, speed, harm, words)| Dot {
            index,
            strategy: &summary.strategies[index],
            speed,
            harm,
            words,
        })
        .collect()
}

/// "azure-sdp: every host in 4d 21h [..], 79.8 [..] impaired host-minutes per bad change. amazon is shown to be better."
fn words(summary: &Summary, strategy: &StrategySummary) -> String {
    let speed = strategy.metric(SPEED_METRIC).p50.map_or("never reached every host".to_owned(), |q| {
        format!("every host in {}", text::estimate(q.value, " ", q.interval, text::duration))
    });
    let say = |x| text::value(summary.harm.unit, x);
    let harm = strategy.metric(summary.harm).mean.map_or("no bad change".to_owned(), |mean| {
        format!("{} {}", text::estimate(mean.value, " ", mean.interval, say), text::harm(summary.harm))
    });
    let beaten = match (&strategy.beaten_by, &strategy.dominated_by) {
        (Some(by), _) => format!(". {by} is proved at least as fast and as safe, and better on one"),
        (None, Some(by)) => format!(". By estimates {by} is at least as good on both, which is not proved"),
        (None, None) => String::new(),
    };
    format!("{}: {speed}, {harm}{beaten}", strategy.name)
}

/// The same for each point, for those who do not see it.
fn description(dots: &[Dot]) -> String {
    let said: Vec<&str> = dots.iter().map(|dot| dot.words.as_str()).collect();
    format!("Scatter of {}. {}.", text::strategies(dots.len()), said.join(". "))
}

fn notes(summary: &Summary, dots: &[Dot]) -> Vec<String> {
    let is_drawn = |s: &&StrategySummary| dots.iter().any(|dot| dot.strategy.name == s.name);
    let missing: Vec<&str> =
        summary.strategies.iter().filter(|s| !is_drawn(s)).map(|s| s.name.as_str()).collect();
    let mut notes = Vec::new();
    if !missing.is_empty() {
        notes.push(format!("Not drawn, without bad changes: {}.", text::list(&missing, 5)));
    }
    if summary.strategies.len() > 1 {
        notes.push(
            "Every strategy faced the same changes, so overlapping intervals are not ties: the tables give paired \
             differences."
                .to_owned(),
        );
    }
    notes
}

/// Limits on the two measures, each once.
fn limits(summary: &Summary) -> Vec<LimitLine> {
    let mut lines: Vec<LimitLine> = Vec::new();
    for limit in &summary.thresholds {
        let is_speed = limit.metric == SPEED_METRIC && limit.statistic == Statistic::P50;
        let is_harm = limit.metric == summary.harm && limit.statistic == Statistic::Mean;
        if !is_speed && !is_harm {
            continue;
        }
        let judged = summary.thresholds.iter().filter(|other| {
            (other.metric, other.statistic, other.bound) == (limit.metric, limit.statistic, limit.bound)
        });
        let names: Vec<&str> = judged.map(|other| other.strategy.as_str()).collect();
        let whom = match names.len() {
            all if all == summary.strategies.len() => String::new(),
            _ => format!(" for {}", text::list(&names, 2)),
        };
        let kind = if matches!(limit.bound, crate::plan::Bound::Max(_)) { "at most" } else { "at least" };
        let allowed = text::value(limit.metric.unit, limit.bound.value());
        let words = format!("limit: {kind} {allowed}{whom}");
        let value = limit.bound.value() / if is_speed { 1.0 } else { divisor(summary.harm) };
        if lines.iter().all(|line| line.words != words || line.is_speed != is_speed) {
            lines.push(LimitLine { is_speed, value, words });
        }
    }
    lines
}

/// The points with their axes and where they are drawn.
struct TradeOff<'d> {
    summary: &'d Summary,
    dots: &'d [Dot<'d>],
    limits: &'d [LimitLine],
    x: Axis,
    y: Axis,
    /// Left edge of the column of those without a time.
    never: Option<i32>,
    top: i32,
    /// Where each point is, and where it is drawn.
    spots: Vec<(Point, Point)>,
}

impl<'d> TradeOff<'d> {
    fn new(summary: &'d Summary, dots: &'d [Dot<'d>], limits: &'d [LimitLine]) -> Self {
        let never = dots.iter().any(|dot| dot.speed.is_none()).then_some(RIGHT - NEVER);
        let right = never.map_or(POINTS_RIGHT, |never| never - 70);
        let limit =
            |is_speed| limits.iter().filter(move |line| line.is_speed == is_speed).map(|line| line.value);
        let speeds: Vec<f64> =
            held(dots.iter().filter_map(|dot| dot.speed)).into_iter().chain(limit(true)).collect();
        let harms: Vec<f64> = held(dots.iter().map(|dot| dot.harm)).into_iter().chain(limit(false)).collect();
        let x = Axis::log_if_wide(&speeds, WIDE, LEFT, right);
        let mut chart = Self {
            summary,
            dots,
            limits,
            x,
            y: Axis::log(&harms, PLOT, 0),
            never,
            top: 0,
            spots: Vec::new(),
        };
        chart.settle(0);
        chart
    }

    /// Puts the chart below a pixel.
    fn settle(&mut self, top: i32) {
        self.y = self.y.moved(top - self.top);
        self.top = top;
        let points: Vec<Point> = self.dots.iter().map(|dot| self.spot(dot)).collect();
        let bounds = Area(LEFT + 8, top + 8, RIGHT - 8, top + PLOT - 8);
        let drawn = spots::apart(&points, APART, bounds);
        self.spots = points.into_iter().zip(drawn).collect();
    }

    fn spot(&self, dot: &Dot) -> Point {
        let x = match (dot.speed, self.never) {
            (Some((speed, _)), _) => self.x.at(speed),
            (None, never) => never.map_or(RIGHT, |never| never + 24),
        };
        (x, self.y.at(dot.harm.0))
    }

    fn bottom(&self) -> i32 {
        self.top + PLOT
    }

    fn is_numbered(&self) -> bool {
        self.dots.len() > MOST_NAMED
    }

    fn list_height(&self) -> i32 {
        if self.is_numbered() { LIST.1 * self.dots.len().div_ceil(LIST.0) as i32 + 16 } else { 0 }
    }

    fn draw(&self, canvas: &mut Canvas) {
        self.axes(canvas);
        self.limit_lines(canvas);
        let front = self.front();
        if front.len() > 1 {
            canvas.dashed(&front, Ink::Muted, 1, FRONT);
        }
        for (dot, (at, drawn)) in self.dots.iter().zip(&self.spots) {
            if at != drawn {
                canvas.line(&[*at, *drawn], Ink::Axis, 1);
                canvas.marker(*at, Shape::Circle, 2, Ink::Axis, true);
            }
            self.whiskers(canvas, dot, *at, *drawn);
        }
        self.names(canvas, &front);
        if self.is_numbered() {
            self.list(canvas);
        }
        for (dot, (_, drawn)) in self.dots.iter().zip(&self.spots) {
            let (ink, shape, _) = look(dot.index);
            canvas.mark(strategy_mark(dot.index, &dot.words), |canvas| {
                canvas.marker(*drawn, shape, RADIUS, ink, dot.strategy.beaten_by.is_none());
            });
        }
    }

    fn axes(&self, canvas: &mut Canvas) {
        let plot = Plot { left: LEFT, right: RIGHT, top: self.top, bottom: self.bottom() };
        plot.ticks_below(canvas, self.x.time_ticks(if self.x.is_log() { 64 } else { 92 }));
        plot.ticks_beside(canvas, self.y.number_ticks(34, text::compact));
        canvas.line(&[(LEFT, self.top), (LEFT, self.bottom()), (RIGHT, self.bottom())], Ink::Axis, 1);
        if let Some(pixel) = self.y.break_at() {
            canvas.rect((LEFT - 6, pixel - 3), (LEFT + 6, pixel + 3), Ink::Paper, 1.0);
            for up in [-3, 3] {
                canvas.line(&[(LEFT - 7, pixel + up + 3), (LEFT + 7, pixel + up - 3)], Ink::Axis, 1);
            }
        }
        if let Some(never) = self.never {
            canvas.rect((never, self.top), (RIGHT, self.bottom()), Ink::Shade, 1.0);
            canvas.text(
                ((never + RIGHT) / 2, self.bottom() + 22),
                "never",
                Font::new(BODY).centered(),
                Ink::Text,
            );
        }
        let below = format!("median time until every host runs the new version, {}", scale_words(&self.x));
        plot.title_below(canvas, &below);
        let beside = format!("mean {}, {}", text::harm(self.summary.harm), scale_words(&self.y));
        plot.title_beside(canvas, 38, &beside);
        let (x, y) = (LEFT + 14, self.bottom() - 12);
        canvas.line(&[(x + 12, y - 12), (x, y), (x, y - 7)], Ink::Muted, 2);
        canvas.line(&[(x, y), (x + 7, y)], Ink::Muted, 2);
        canvas.text((x + 20, y - 1), BETTER, Font::new(BODY).bold(), Ink::Muted);
    }

    fn limit_lines(&self, canvas: &mut Canvas) {
        for ((from, to), corner, words) in self.limit_places() {
            canvas.dashed(&[from, to], Ink::Harm, 2, LIMIT);
            canvas.text((corner.0, corner.1), &words, Font::new(SMALL).bold(), Ink::Harm);
        }
    }

    /// Lines of limits, and where the words of each begin.
    fn limit_places(&self) -> Vec<((Point, Point), Point, String)> {
        let mut level = 0;
        let place = |line: &LimitLine| {
            let width = Font::new(SMALL).bold().width(&line.words);
            if line.is_speed {
                let x = self.x.at(line.value);
                level += 1;
                let left = if x + 6 + width < RIGHT { x + 6 } else { x - 6 - width };
                (((x, self.top), (x, self.bottom())), (left, self.top - 2 + 15 * level), line.words.clone())
            } else {
                let y = self.y.at(line.value);
                let up = if y - 16 > self.top { y - 5 } else { y + 14 };
                (((LEFT, y), (RIGHT, y)), (RIGHT - width - 4, up), line.words.clone())
            }
        };
        self.limits.iter().map(place).collect()
    }

    /// The front as a stair: what is right of it and above is no better by estimates than a member.
    fn front(&self) -> Vec<Point> {
        let on_front = self.dots.iter().filter(|dot| dot.strategy.on_front && dot.speed.is_some());
        let mut members: Vec<Point> = on_front.map(|dot| self.spot(dot)).collect();
        members.sort_unstable_by_key(|(x, y)| (*x, -*y));
        members.dedup();
        let mut path: Vec<Point> = Vec::new();
        for &(x, y) in &members {
            path.extend(path.last().copied().map(|(_, above)| (x, above)));
            path.push((x, y));
        }
        path
    }

    /// Intervals with their ends; those that the point hides anyway are left out.
    fn whiskers(&self, canvas: &mut Canvas, dot: &Dot, spot: Point, at: Point) {
        let stroke = (look(dot.index).0, if self.is_numbered() { 1 } else { 2 });
        // Level intervals of points that were set side by side would hide each other.
        let down = ((at.0 - spot.0) / APART * 5).clamp(-15, 15);
        if let Some((value, interval)) = dot.speed {
            let ends = Ends::new(value, interval, &self.x, (LEFT, self.never.unwrap_or(RIGHT)));
            level(canvas, ends.unless_within(spot.0, RADIUS + 2), at.1 + down, stroke);
        }
        let ends = Ends::new(dot.harm.0, dot.harm.1, &self.y, (self.bottom(), self.top));
        upright(canvas, ends.unless_within(spot.1, RADIUS + 2), at.0, stroke);
    }

    /// What labels keep off.
    fn taken(&self, front: &[Point]) -> Vec<Obstacle> {
        let mut taken: Vec<Obstacle> =
            front.windows(2).map(|pair| (around(pair[0], pair[1], 2), 1)).collect();
        taken.push((Area(LEFT, self.bottom() - 34, LEFT + 230, self.bottom()), 2));
        for ((from, to), corner, words) in self.limit_places() {
            taken.push((around(from, to, 2), 2));
            let width = Font::new(SMALL).bold().width(&words);
            taken.push((Area(corner.0, corner.1 - 12, corner.0 + width, corner.1 + 4), 6));
        }
        for (dot, (spot, at)) in self.dots.iter().zip(&self.spots) {
            taken.push((Area(at.0 - 10, at.1 - 10, at.0 + 10, at.1 + 10), 6));
            taken.push((around(*spot, *at, 2), 2));
            let up = Ends::new(dot.harm.0, dot.harm.1, &self.y, (self.bottom(), self.top));
            let (low, high) = up.pixels();
            taken.push((around((at.0, low), (at.0, high), 7), 2));
            if let Some((value, interval)) = dot.speed {
                let (low, high) = Ends::new(value, interval, &self.x, (LEFT, RIGHT)).pixels();
                taken.push((around((low, at.1), (high, at.1), 4), 2));
            }
        }
        taken
    }

    fn names(&self, canvas: &mut Canvas, front: &[Point]) {
        let (name_font, value_font) = (Font::new(BODY).bold(), Font::new(SMALL));
        let line = |(number, dot): (usize, &Dot)| {
            if self.is_numbered() {
                return ((number + 1).to_string(), String::new());
            }
            (label(dot.strategy, 300).0, self.values_of(dot))
        };
        let lines: Vec<(String, String)> = self.dots.iter().enumerate().map(line).collect();
        let boxes: Vec<(Point, i32, i32)> = lines
            .iter()
            .zip(&self.spots)
            .map(|((name, values), (_, at))| {
                let height = if values.is_empty() { 16 } else { 34 };
                (*at, name_font.width(name).max(value_font.width(values)), height)
            })
            .collect();
        let bounds = Area(LEFT + 6, self.top, WIDTH - 14, self.bottom() - 4);
        let corners = place(&boxes, bounds, &self.taken(front));
        for (((corner, (name, values)), (at, width, height)), dot) in
            corners.iter().zip(&lines).zip(&boxes).zip(self.dots)
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
            canvas.text((anchor, corner.1 + 13), name, side(name_font), look(dot.index).0);
            if !values.is_empty() {
                canvas.text((anchor, corner.1 + 30), values, side(value_font), Ink::Muted);
            }
        }
    }

    /// "4d 21h, 79.8 host-minutes".
    fn values_of(&self, dot: &Dot) -> String {
        let speed = dot.speed.map_or("never".to_owned(), |(speed, _)| text::duration(speed));
        let harm = dot.strategy.metric(self.summary.harm).mean.map_or(0.0, |mean| mean.value);
        format!("{speed}, {}", text::value_with_unit(self.summary.harm.unit, harm))
    }

    /// Number, sign, name and values of every point, in columns below the axis.
    fn list(&self, canvas: &mut Canvas) {
        let lines = self.dots.len().div_ceil(LIST.0);
        let width = (WIDTH - 60) / LIST.0 as i32;
        for (number, dot) in self.dots.iter().enumerate() {
            let left = 30 + width * (number / lines) as i32;
            let y = self.bottom() + AXIS + 18 + LIST.1 * (number % lines) as i32;
            let (ink, shape, _) = look(dot.index);
            let (name, font) = label(dot.strategy, width - 60 - 220);
            canvas.mark(strategy_mark(dot.index, &dot.words), |canvas| {
                let bold = Font::new(BODY).bold().ending();
                canvas.text((left + 24, y), &(number + 1).to_string(), bold, ink);
                canvas.marker((left + 38, y - 5), shape, 5, ink, dot.strategy.beaten_by.is_none());
                canvas.text((left + 52, y), &name, font, Ink::Text);
                canvas.text(
                    (left + width - 20, y),
                    &self.values_of(dot),
                    Font::new(SMALL).ending(),
                    Ink::Muted,
                );
            });
        }
    }

    /// Every sign that occurs.
    fn signs(&self) -> Vec<LegendSign<'d>> {
        let mut signs = Vec::new();
        let several = self.dots.len() > 1;
        let is_beaten = |dot: &Dot| dot.strategy.beaten_by.is_some();
        let marker = |is_full: bool| {
            move |canvas: &mut Canvas, (x, y): Point| {
                canvas.marker((x + LegendSign::WIDTH / 2, y), Shape::Circle, RADIUS, Ink::Muted, is_full);
            }
        };
        if several && self.dots.iter().any(|dot| !is_beaten(dot)) {
            signs.push(LegendSign::new("not proved worse than another", marker(true)));
        }
        if self.dots.iter().any(is_beaten) {
            signs.push(LegendSign::new(
                "another is proved at least as fast and as safe, and better on one",
                marker(false),
            ));
        }
        if self.front().len() > 1 {
            signs.push(LegendSign::new("front of the estimates", |canvas, (x, y)| {
                canvas.dashed(&[(x, y), (x + LegendSign::WIDTH, y)], Ink::Muted, 1, FRONT);
            }));
        }
        let reaches: Vec<WhiskerEnd> = self
            .dots
            .iter()
            .zip(&self.spots)
            .flat_map(|(dot, (at, _))| {
                let up = Ends::new(dot.harm.0, dot.harm.1, &self.y, (self.bottom(), self.top));
                let aside = dot.speed.map(|(v, interval)| Ends::new(v, interval, &self.x, (LEFT, RIGHT)));
                let aside = aside.map(|ends| ends.unless_within(at.0, RADIUS + 2).reaches());
                up.unless_within(at.1, RADIUS + 2).reaches().into_iter().chain(aside.into_iter().flatten())
            })
            .collect();
        signs.extend(super::whisker::signs(&reaches));
        if self.spots.iter().any(|(at, drawn)| at != drawn) {
            signs.push(LegendSign::new("set aside from its spot", |canvas, (x, y)| {
                canvas.line(&[(x, y), (x + 22, y)], Ink::Axis, 1);
                canvas.marker((x + 2, y), Shape::Circle, 2, Ink::Axis, true);
                canvas.marker((x + 22, y), Shape::Circle, 5, Ink::Muted, true);
            }));
        }
        if !self.limits.is_empty() {
            signs.push(LegendSign::new("limit", |canvas, (x, y)| {
                canvas.dashed(&[(x, y), (x + LegendSign::WIDTH, y)], Ink::Harm, 2, LIMIT);
            }));
        }
        signs
    }
}

const BETTER: &str = "better: faster and safer";

/// The box around a line.
fn around(from: Point, to: Point, by: i32) -> Area {
    Area(from.0.min(to.0) - by, from.1.min(to.1) - by, from.0.max(to.0) + by, from.1.max(to.1) + by)
}

#[cfg(test)]
#[path = "tests/trade_off.rs"]
mod tests;
