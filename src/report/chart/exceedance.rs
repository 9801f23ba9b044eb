//! How often a bad change does at least so much harm: one exceedance curve per strategy.

use super::canvas::{Canvas, Font, Point};
use super::plot::Plot;
use super::scale::Axis;
use super::theme::Ink;
use super::{Frame, Picture};
use super::{SMALL, WIDTH, label, look, nothing_to_draw, provenance};
use crate::report::text;
use crate::study::Summary;
use crate::study::summary::{BLAST_METRIC, StrategySummary};

const LEAST_HEIGHT: i32 = 700;
/// Height of a strategy in the legend.
const ROW: i32 = 46;
const LEFT: i32 = 110;
const RIGHT: i32 = WIDTH - 330;
const TOP: i32 = 96;
const HOST_MINUTE: f64 = 60_000.0;

/// The chart. Curves start at the left edge with the share of bad changes that did any harm.
#[must_use]
pub fn picture(summary: &Summary) -> Picture {
    let curves: Vec<Curve> = summary.strategies.iter().map(curve).collect();
    let xs: Vec<f64> = curves.iter().flat_map(|points| points.iter().map(|p| p.0)).collect();
    let shares: Vec<f64> = curves.iter().flat_map(|points| points.iter().map(|p| p.1)).collect();
    let x = Axis::log(&xs, LEFT, RIGHT);
    let height = LEAST_HEIGHT.max(TOP + 60 + ROW * curves.len() as i32);
    let bottom = height - 104;
    let y = Axis::log(&[shares.as_slice(), &[1.0]].concat(), bottom, TOP);
    let frame = Frame { id: "exceedance".to_owned(), title: "How often does a bad change do at least this much harm?".to_owned(), subtitle: String::new(), notes: vec!["Farther left and lower is safer. The tail is drawn from few trials; intervals are in the tables.".to_owned()], provenance: provenance(summary), ..Frame::default() };
    frame.picture(height - 100, |canvas, area| {
        if xs.is_empty() {
            return nothing_to_draw(canvas, area, "Nothing to draw: no bad change did harm in these trials.");
        }
        axes(canvas, bottom, &x, &y);
        for (index, points) in curves.iter().enumerate() {
            steps(canvas, index, points, &x, &y);
        }
        legend(canvas, summary, &curves);
    })
}

/// Points in host-minutes, those that did harm.
type Curve = Vec<(f64, f64)>;

fn curve(strategy: &StrategySummary) -> Curve {
    let all = strategy.impaired_host_ms_exceedance.iter();
    all.filter(|p| p.0 > 0.0).map(|&(x, share)| (x / HOST_MINUTE, share)).collect()
}

fn axes(canvas: &mut Canvas, bottom: i32, x: &Axis, y: &Axis) {
    let plot = Plot { left: LEFT, right: RIGHT, top: TOP, bottom };
    plot.ticks_below(canvas, x.number_ticks(76, text::compact));
    // The axis has room above 100 %, where no share can be.
    plot.ticks_beside(canvas, y.number_ticks(40, share).into_iter().filter(|tick| tick.0 >= y.at(1.0)));
    canvas.line(&[(LEFT, TOP), (LEFT, bottom), (RIGHT, bottom)], Ink::Axis, 1);
    plot.title_below(canvas, "blast radius x: impaired host-minutes of one bad change, log scale");
    plot.title_beside(canvas, 36, "share of bad changes with at least x, log scale");
}

/// The share holds up to its value and drops right after it.
fn steps(canvas: &mut Canvas, index: usize, points: &[(f64, f64)], x: &Axis, y: &Axis) {
    let (color, shape, dash) = look(index);
    let mut path: Vec<Point> = Vec::new();
    for &(value, share) in points {
        let (px, py) = (x.at(value), y.at(share));
        path.push((path.last().map_or(LEFT, |last| last.0), py));
        path.push((px, py));
    }
    canvas.dashed(&path, color, 2, dash);
    // Markers at the far end and at two rounder shares tell the curves apart without colour.
    for limit in [0.5, 0.1] {
        if let Some(&(value, share)) = points.iter().find(|p| p.1 <= limit) {
            canvas.marker((x.at(value), y.at(share)), shape, 5, color, true);
        }
    }
    if let Some(&(value, share)) = points.last() {
        canvas.marker((x.at(value), y.at(share)), shape, 5, color, true);
    }
}

fn legend(canvas: &mut Canvas, summary: &Summary, curves: &[Curve]) {
    let left = RIGHT + 34;
    let mut order: Vec<usize> = (0..curves.len()).collect();
    // By what the lines below say: the worst, then the median.
    let harm = |index: &usize| summary.strategies[*index].metric(BLAST_METRIC);
    let worst = |index: &usize| harm(index).max.unwrap_or(-1.0);
    let median = |index: &usize| harm(index).p50.map_or(-1.0, |p50| p50.value);
    order.sort_by(|a, b| worst(b).total_cmp(&worst(a)).then(median(b).total_cmp(&median(a))));
    canvas.text((left, TOP + 8), "strategy, largest harm first", Font::new(SMALL), Ink::Muted);
    for (row, &index) in order.iter().enumerate() {
        let strategy = &summary.strategies[index];
        let y = TOP + 38 + ROW * row as i32;
        let (color, shape, dash) = look(index);
        canvas.dashed(&[(left, y), (left + 40, y)], color, 2, dash);
        canvas.marker((left + 20, y), shape, 5, color, true);
        let (name, font) = label(strategy, WIDTH - left - 52 - 8);
        canvas.text((left + 52, y + 2), &name, font, Ink::Text);
        let metric = strategy.metric(BLAST_METRIC);
        let harm = match (metric.p50, metric.max) {
            (_, None) | (None, _) => "no bad change".to_owned(),
            (_, Some(0.0)) => "no bad change did harm".to_owned(),
            (Some(p50), Some(max)) => {
                format!("p50 {}, worst {}", text::host_minutes(p50.value), text::host_minutes(max))
            }
        };
        canvas.text((left + 52, y + 19), &harm, Font::new(SMALL), Ink::Muted);
    }
}

/// A share as a short label: percent, or `1 in 1M` where percents would be all zeros.
fn share(share: f64) -> String {
    const RARE: f64 = 0.99e-6;
    if share >= RARE { text::percent(share) } else { format!("1 in {}", text::compact(1.0 / share)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::Theme;

    #[test]
    fn rare_shares_are_said_in_changes() {
        assert_eq!(
            [0.5, 1e-3, 1e-4, 1e-6, 1e-8].map(share),
            ["50 %", "0.1 %", "0.01 %", "0.0001 %", "1 in 100M"]
        );
    }
    use crate::report::sample;
    use crate::study::summarise;

    #[test]
    fn all_strategies_are_in_the_legend_even_harmless_ones() {
        let (plan, mut outcomes) = sample::study(300);
        outcomes.by_strategy[6].iter_mut().for_each(|outcome| outcome.impaired_host_ms = 0);
        let summary = summarise(&plan, &outcomes);
        let chart = picture(&summary).svg(Theme::Light);
        for strategy in &summary.strategies {
            assert!(chart.contains(&format!(">{}", strategy.name)), "{} is missing", strategy.name);
        }
        assert!(chart.contains("no bad change did harm"), "{chart}");
        assert_eq!(chart, picture(&summary).svg(Theme::Light));
    }

    #[test]
    fn curves_differ_without_colour() {
        let looks: Vec<_> = (0..20)
            .map(|index| (look(index).1, look(index).2.len(), look(index).2.first().copied()))
            .collect();
        for (index, own) in looks.iter().enumerate() {
            assert!(!looks[..index].contains(own), "strategy {index} looks like an earlier one");
        }
    }
}
