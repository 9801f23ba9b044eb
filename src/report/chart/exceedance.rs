//! How often a bad change does at least so much harm: one exceedance curve a strategy, with how well its tail is known.

use super::canvas::{Canvas, Font, Point, Shape};
use super::labels::Area;
use super::legend::{self, LegendSign};
use super::plot::Plot;
use super::scale::Axis;
use super::theme::Ink;
use super::{Frame, Picture};
use super::{SMALL, WIDTH, fitted, label, look, nothing_to_draw, provenance, strategy_mark};
use crate::plan::Bound;
use crate::plan::study::Statistic;
use crate::report::text;
use crate::study::Summary;
use crate::study::summary::{BLAST_METRIC, StrategySummary};

const PLOT: i32 = 480;
/// Height of a strategy beside the curves.
const ROW: i32 = 40;
const LEFT: i32 = 110;
const RIGHT: i32 = WIDTH - 340;
const AXIS: i32 = 62;
const HOST_MINUTE: f64 = 60_000.0;
/// Strategies of which the interval is drawn: all, if there are no more.
const MOST_BANDS: usize = 3;
const BAND: f64 = 0.13;
/// How far equal curves are drawn from each other, in pixels.
const BESIDE: i32 = 3;
const LIMIT: &[f64] = &[2.0, 4.0];

/// Points in host-minutes, those that did harm.
type Curve = Vec<(f64, f64)>;

/// A limit on a percentile of harm: so much at most, with at most such a share beyond.
struct Corner {
    x: f64,
    share: f64,
    words: String,
}

/// The chart. Curves start at the left edge with the share of bad changes that did any harm.
#[must_use]
pub fn picture(summary: &Summary) -> Picture {
    let curves: Vec<Curve> = summary.strategies.iter().map(curve).collect();
    let corners = corners(summary);
    let of = |part: fn(&(f64, f64)) -> f64| curves.iter().flatten().map(part).collect::<Vec<f64>>();
    let (xs, shares) = (of(|point| point.0), of(|point| point.1));
    let banded = banded(summary);
    let lows = banded.iter().flat_map(|index| band(&summary.strategies[*index])).map(|(_, low, _)| low);
    let least = shares.iter().copied().fold(1.0, f64::min);
    let lows: Vec<f64> = lows.filter(|low| *low > least / 30.0).collect();
    let height = PLOT.max(30 + ROW * curves.len() as i32);
    let y = Axis::log(&[shares.as_slice(), &lows, &[1.0]].concat(), height, 0);
    let all: Vec<f64> = xs.iter().copied().chain(corners.iter().map(|corner| corner.x)).collect();
    let chart = Exceedance { summary, curves, corners, banded, x: Axis::log(&all, LEFT, RIGHT), y };
    let signs = chart.signs();
    let head = legend::height(&signs, LEFT, WIDTH - 30) + 12;
    let frame = Frame {
        id: "exceedance".to_owned(),
        title: title(summary),
        subtitle: "Each curve: the share of bad changes that do at least so much harm. Farther left and lower is safer."
            .to_owned(),
        notes: vec!["Intervals hold for each point of a curve by itself.".to_owned()],
        provenance: provenance(summary),
        description: description(summary),
    };
    frame.picture(head + height + AXIS, |canvas, area| {
        if xs.is_empty() {
            return nothing_to_draw(canvas, area, "No bad change did harm in these trials.");
        }
        legend::draw(canvas, Area(LEFT, area.1, WIDTH - 30, area.1 + head), &signs);
        let top = area.1 + head;
        Exceedance { y: chart.y.moved(top), ..chart }.draw(canvas, top, top + height);
    })
}

/// "1 in 100 bad changes costs at least 151 [90, 6,000] impaired host-minutes with amazon, and 200 [..] with azure".
fn title(summary: &Summary) -> String {
    let said = |strategy: &StrategySummary| {
        let p99 = strategy.metric(BLAST_METRIC).p99?;
        let amount = text::estimate(p99.value, " ", p99.interval, text::host_minutes);
        Some((amount, strategy.name.clone()))
    };
    let mut named = vec![summary.baseline()];
    named.extend(summary.candidate().map(|index| &summary.strategies[index]));
    let amounts: Vec<(String, String)> = named.into_iter().filter_map(said).collect();
    let costs = "1 in 100 bad changes costs at least";
    match amounts.as_slice() {
        _ if !does_harm(summary) => "No bad change did harm in these trials".to_owned(),
        [] => "How much harm a bad change does is known of other strategies only".to_owned(),
        [(amount, name)] => format!("{costs} {amount} impaired host-minutes with {name}"),
        [(amount, name), (other, second), ..] => {
            format!("{costs} {amount} impaired host-minutes with {name}, and {other} with {second}")
        }
    }
}

fn does_harm(summary: &Summary) -> bool {
    summary.strategies.iter().any(|s| s.metric(BLAST_METRIC).max.is_some_and(|most| most > 0.0))
}

fn description(summary: &Summary) -> String {
    let said = |strategy: &StrategySummary| format!("{}: {}", strategy.name, amounts(strategy));
    let all: Vec<String> = summary.strategies.iter().map(said).collect();
    format!("Impaired host-minutes of bad changes. {}.", all.join(". "))
}

/// "p50 6.54, p99 1,430, worst 6.69M".
fn amounts(strategy: &StrategySummary) -> String {
    let metric = strategy.metric(BLAST_METRIC);
    match (metric.p50, metric.max) {
        (_, None) | (None, _) => "no bad change".to_owned(),
        (_, Some(0.0)) => "no bad change did harm".to_owned(),
        (Some(p50), Some(max)) => {
            let p99 =
                metric.p99.map_or(String::new(), |p99| format!("p99 {}, ", text::host_minutes(p99.value)));
            format!("p50 {}, {p99}worst {}", text::host_minutes(p50.value), text::host_minutes(max))
        }
    }
}

fn curve(strategy: &StrategySummary) -> Curve {
    let all = strategy.impaired_host_ms_exceedance.iter();
    all.filter(|p| p.0 > 0.0).map(|&(x, share)| (x / HOST_MINUTE, share)).collect()
}

/// Host-minutes with both ends of the interval of the share.
fn band(strategy: &StrategySummary) -> Vec<(f64, f64, f64)> {
    let all = strategy.impaired_host_ms_exceedance_intervals.iter();
    let ends = all.filter_map(|at| Some((at.host_ms / HOST_MINUTE, at.interval.low?, at.interval.high?)));
    ends.filter(|(x, ..)| *x > 0.0).collect()
}

/// Strategies whose interval is drawn: the baseline, and those with the least and the most mean harm.
fn banded(summary: &Summary) -> Vec<usize> {
    let count = summary.strategies.len();
    if count <= MOST_BANDS {
        return (0..count).collect();
    }
    let mean = |index: &usize| summary.strategies[*index].metric(BLAST_METRIC).mean.map(|mean| mean.value);
    let mut known: Vec<usize> = (0..count).filter(|index| mean(index).is_some()).collect();
    known.sort_by(|a, b| mean(a).unwrap_or(0.0).total_cmp(&mean(b).unwrap_or(0.0)));
    let baseline = summary.strategies.iter().position(|strategy| strategy.is_baseline);
    let mut chosen: Vec<usize> =
        [baseline, known.first().copied(), known.last().copied()].into_iter().flatten().collect();
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}

fn corners(summary: &Summary) -> Vec<Corner> {
    let mut corners: Vec<Corner> = Vec::new();
    for limit in summary.thresholds.iter().filter(|limit| limit.metric == BLAST_METRIC) {
        let share = match limit.statistic {
            Statistic::P50 => 0.5,
            Statistic::P90 => 0.1,
            Statistic::P95 => 0.05,
            Statistic::P99 => 0.01,
            Statistic::Max => 0.0,
            Statistic::Mean | Statistic::Cvar99 => continue,
        };
        let Bound::Max(max) = limit.bound else { continue };
        let words = format!("limit: {} at most {}", limit.statistic.name(), text::host_minutes(max));
        if max > 0.0 && corners.iter().all(|corner| corner.words != words) {
            corners.push(Corner { x: max / HOST_MINUTE, share, words });
        }
    }
    corners
}

/// A share as a short label: percent, or `1 in 1M` where percents would be all zeros.
fn share(share: f64) -> String {
    const RARE: f64 = 0.99e-6;
    if share >= RARE { text::percent(share) } else { format!("1 in {}", text::compact(1.0 / share)) }
}

/// The curves with their axes.
struct Exceedance<'s> {
    summary: &'s Summary,
    curves: Vec<Curve>,
    corners: Vec<Corner>,
    banded: Vec<usize>,
    x: Axis,
    y: Axis,
}

impl<'s> Exceedance<'s> {
    fn draw(&self, canvas: &mut Canvas, top: i32, bottom: i32) {
        self.axes(canvas, top, bottom);
        for index in &self.banded {
            self.band(canvas, *index, bottom);
        }
        self.limits(canvas, top, bottom);
        for index in 0..self.curves.len() {
            self.steps(canvas, index, bottom);
        }
        self.list(canvas, top);
    }

    fn axes(&self, canvas: &mut Canvas, top: i32, bottom: i32) {
        let plot = Plot { left: LEFT, right: RIGHT, top, bottom };
        plot.ticks_below(canvas, self.x.number_ticks(76, text::compact));
        // The axis has room above 100 %, where no share can be.
        let one = self.y.at(1.0);
        plot.ticks_beside(canvas, self.y.number_ticks(40, share).into_iter().filter(|tick| tick.0 >= one));
        canvas.line(&[(LEFT, top), (LEFT, bottom), (RIGHT, bottom)], Ink::Axis, 1);
        plot.title_below(canvas, "blast radius x: impaired host-minutes of one bad change, log scale");
        plot.title_beside(canvas, 36, "share of bad changes with at least x, log scale");
    }

    fn band(&self, canvas: &mut Canvas, index: usize, bottom: i32) {
        let ends = band(&self.summary.strategies[index]);
        let at = |x: f64, share: f64| (self.x.at(x), if share > 0.0 { self.y.at(share) } else { bottom });
        let above = ends.iter().map(|&(x, _, high)| at(x, high));
        let below = ends.iter().rev().map(|&(x, low, _)| at(x, low));
        let outline: Vec<Point> = above.chain(below).collect();
        if ends.len() > 1 {
            canvas.area(&outline, look(index).0, BAND);
        } else if let [(x, low, high)] = ends.as_slice() {
            canvas.line(&[at(*x, *low), at(*x, *high)], look(index).0, 1);
        }
    }

    fn limits(&self, canvas: &mut Canvas, top: i32, bottom: i32) {
        for (level, corner) in (0..).zip(&self.corners) {
            let x = self.x.at(corner.x);
            let y = if corner.share > 0.0 { self.y.at(corner.share) } else { bottom };
            canvas.dashed(&[(x, top), (x, y), (RIGHT, y)], Ink::Harm, 2, LIMIT);
            let font = Font::new(SMALL).bold();
            let width = font.width(&corner.words);
            let left = if x + 8 + width < RIGHT { x + 8 } else { x - 8 - width };
            let up = top + 14 + 16 * level;
            canvas.rect((left - 2, up - 12), (left + width + 2, up + 4), Ink::Paper, 0.8);
            canvas.text((left, up), &corner.words, font, Ink::Harm);
        }
    }

    /// How many pixels a curve is drawn aside: equal ones would hide each other.
    fn aside(&self, index: usize) -> i32 {
        let equal = |other: &usize| self.curves[*other] == self.curves[index];
        BESIDE * (0..index).filter(equal).count().min(6) as i32
    }

    /// The share holds up to its value and drops right after it.
    fn steps(&self, canvas: &mut Canvas, index: usize, bottom: i32) {
        let points = &self.curves[index];
        let (ink, shape, dash) = look(index);
        let aside = self.aside(index);
        let at = |&(value, share): &(f64, f64)| {
            let (x, y) = (self.x.at(value), self.y.at(share));
            (x.saturating_add(aside).min(RIGHT), (y + aside).min(bottom))
        };
        let mut path: Vec<Point> = Vec::new();
        for point in points {
            let (x, y) = at(point);
            path.push((path.last().map_or(LEFT, |last| last.0), y));
            path.push((x, y));
        }
        if path.is_empty() {
            return;
        }
        let strategy = &self.summary.strategies[index];
        let words = format!("{}: {}", strategy.name, amounts(strategy));
        canvas.mark(strategy_mark(index, &words), |canvas| {
            canvas.dashed(&path, ink, 2, dash);
            for limit in [0.5, 0.01] {
                // A share holds up to its value: the quantile is the last value that more than so many reach.
                if let Some(point) = points.iter().rev().find(|point| point.1 > limit) {
                    canvas.marker(at(point), shape, 5, ink, true);
                }
            }
            if let Some(last) = points.last() {
                canvas.marker(at(last), shape, 5, ink, false);
            }
        });
    }

    /// The strategies with their numbers, the largest worst first.
    fn list(&self, canvas: &mut Canvas, top: i32) {
        let left = RIGHT + 34;
        let mut order: Vec<usize> = (0..self.curves.len()).collect();
        let harm = |index: &usize| self.summary.strategies[*index].metric(BLAST_METRIC);
        let worst = |index: &usize| harm(index).max.unwrap_or(-1.0);
        let median = |index: &usize| harm(index).p50.map_or(-1.0, |p50| p50.value);
        order.sort_by(|a, b| worst(b).total_cmp(&worst(a)).then(median(b).total_cmp(&median(a))));
        canvas.text((left, top + 8), "largest worst first", Font::new(SMALL), Ink::Muted);
        for (row, &index) in (0..).zip(&order) {
            let strategy = &self.summary.strategies[index];
            let y = top + 34 + ROW * row;
            let (ink, shape, dash) = look(index);
            let said = amounts(strategy);
            canvas.mark(strategy_mark(index, &format!("{}: {said}", strategy.name)), |canvas| {
                canvas.dashed(&[(left, y), (left + 40, y)], ink, 2, dash);
                canvas.marker((left + 20, y), shape, 5, ink, true);
                let (name, font) = label(strategy, WIDTH - left - 52 - 8);
                canvas.text((left + 52, y + 1), &name, font, Ink::Text);
                // Who points at it is told all of what does not fit.
                let (room, small) = (WIDTH - left - 52 - 8, Font::new(SMALL));
                let said = if small.width(&said) <= room { said } else { fitted(&said, "", room).0 };
                canvas.text((left + 52, y + 17), &said, small, Ink::Muted);
            });
        }
    }

    /// Every sign that occurs beside those of strategies.
    fn signs(&self) -> Vec<LegendSign<'s>> {
        if self.curves.iter().all(Vec::is_empty) {
            return Vec::new();
        }
        let marker = |is_full: bool| {
            move |canvas: &mut Canvas, (x, y): Point| {
                canvas.line(&[(x, y), (x + LegendSign::WIDTH, y)], Ink::Muted, 2);
                canvas.marker((x + LegendSign::WIDTH / 2, y), Shape::Circle, 5, Ink::Muted, is_full);
            }
        };
        let mut signs = vec![
            LegendSign::new("p50 and p99 of bad changes", marker(true)),
            LegendSign::new("the worst that was seen", marker(false)),
        ];
        let whose = if self.banded.len() == self.curves.len() {
            "95 % interval of the share"
        } else {
            "95 % interval of the share, of the baseline and of the least and most mean harm"
        };
        signs.push(LegendSign::new(whose, |canvas, (x, y)| {
            canvas.rect((x, y - 7), (x + LegendSign::WIDTH, y + 7), Ink::Muted, 0.25);
        }));
        if (0..self.curves.len()).any(|index| !self.curves[index].is_empty() && self.aside(index) > 0) {
            signs.push(LegendSign::new("equal curves, side by side", |canvas, (x, y)| {
                canvas.line(&[(x, y - 2), (x + LegendSign::WIDTH, y - 2)], Ink::Muted, 2);
                canvas.dashed(&[(x, y + 2), (x + LegendSign::WIDTH, y + 2)], Ink::Muted, 2, &[9.0, 4.0]);
            }));
        }
        if !self.corners.is_empty() {
            signs.push(LegendSign::new(
                "limit: curves pass left of its corner, or below",
                |canvas, (x, y)| {
                    canvas.dashed(
                        &[(x + 6, y - 8), (x + 6, y + 4), (x + LegendSign::WIDTH, y + 4)],
                        Ink::Harm,
                        2,
                        LIMIT,
                    );
                },
            ));
        }
        signs
    }
}

#[cfg(test)]
#[path = "tests/exceedance.rs"]
mod tests;
