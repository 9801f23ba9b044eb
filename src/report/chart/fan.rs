//! Exposure and harm over time: percentiles over replayed trials, a row a strategy, all on one axis.

use super::canvas::{Canvas, Font, Point};
use super::labels::Area;
use super::pen::Mark;
use super::plot::{Legend, Plot};
use super::scale::Axis;
use super::theme::Ink;
use super::{BODY, Frame, Picture, SMALL, fitted, nothing_to_draw, of_replays};
use crate::plan::Plan;
use crate::report::text;
use crate::study::unfolding::{Fan, PERCENTS, Unfolding};

/// Strategies that are drawn at most.
const MOST: usize = 10;
const ROW: i32 = 128;
/// Height of a panel within a row.
const PANEL: i32 = 86;
/// Where the two panels of a row begin, and how wide they are.
const PANELS: [i32; 2] = [92, 668];
const WIDE: i32 = 490;
/// Shares of hosts that differ by more than this factor are drawn on a logarithmic axis.
const SPAN: f64 = 30.0;

/// The chart of some strategies (indices), of which the first few are drawn.
#[must_use]
pub fn picture(plan: &Plan, unfolding: &Unfolding, strategies: &[usize]) -> Picture {
    let (drawn, left) = strategies.split_at(strategies.len().min(MOST));
    let mut notes = vec![
        "Percentiles are of each instant by itself: no single rollout need follow a curve. A share of 0 lies on the lower edge."
            .to_owned(),
    ];
    if !left.is_empty() {
        notes.push(format!("Not drawn: {} more.", text::strategies(left.len())));
    }
    let harm = harm_axis_values(unfolding, drawn);
    let is_log = spans(&harm);
    let frame = Frame {
        id: "fan".to_owned(),
        title: title(plan, unfolding, drawn),
        subtitle: format!(
            "Share of hosts on the new version (all changes, left, linear) and impaired (bad changes, right, {}) since the start, {} of {} replayed trials, {} time",
            if is_log { "log" } else { "linear" },
            "p5 to p95, p25 to p75 and the median",
            text::count(unfolding.trials),
            if unfolding.is_log { "log" } else { "linear" },
        ),
        notes,
        provenance: of_replays(plan, unfolding.trials),
        description: description(plan, unfolding, drawn),
    };
    frame.picture(ROW * drawn.len().max(1) as i32 + 66, |canvas, area| {
        if drawn.is_empty() {
            return nothing_to_draw(canvas, area, "No strategy is asked for.");
        }
        legend(canvas, area.1 + 10);
        for (place, strategy) in drawn.iter().enumerate() {
            let top = area.1 + 24 + ROW * place as i32;
            let is_last = place + 1 == drawn.len();
            row(canvas, (plan, unfolding, *strategy), top, (&harm, is_log, is_last));
        }
    })
}

/// The largest shares of impaired hosts.
fn harm_axis_values(unfolding: &Unfolding, strategies: &[usize]) -> Vec<f64> {
    let fans = strategies.iter().map(|strategy| &unfolding.strategies[*strategy].impairment);
    let mut values: Vec<f64> = fans.flat_map(|fan| fan.rows.iter().flatten()).copied().collect();
    values.push(0.0);
    values
}

fn spans(values: &[f64]) -> bool {
    let most = values.iter().copied().fold(0.0, f64::max);
    let least = values.iter().copied().filter(|x| *x > 0.0).fold(most, f64::min);
    most > SPAN * least
}

fn row(
    canvas: &mut Canvas,
    (plan, unfolding, strategy): (&Plan, &Unfolding, usize),
    top: i32,
    (harm, is_log, is_last): (&[f64], bool, bool),
) {
    let mark = if strategy == plan.study.baseline { " (baseline)" } else { "" };
    let (name, _) = fitted(&plan.strategies[strategy].name, mark, 480);
    canvas.text((30, top + 16), &name, Font::new(BODY).bold(), Ink::Text);
    let own = &unfolding.strategies[strategy];
    let (upper, lower) = (top + 26, top + 26 + PANEL);
    let most = harm.iter().copied().fold(0.0, f64::max);
    let panels = [
        (&own.exposure, Ink::Blue, Axis::linear(0.0, 1.0, lower, upper), "on the new version"),
        (
            &own.impairment,
            Ink::Harm,
            if is_log { Axis::log(harm, lower, upper) } else { Axis::linear(0.0, most, lower, upper) },
            "impaired",
        ),
    ];
    for ((fan, ink, y, what), left) in panels.into_iter().zip(PANELS) {
        let x = time_axis(unfolding, left);
        let plot = Plot { left, right: left + WIDE, top: upper, bottom: lower };
        for (pixel, words) in y.number_ticks(24, text::percent) {
            canvas.line(&[(left, pixel), (left + WIDE, pixel)], Ink::Grid, 1);
            canvas.text((left - 8, pixel + 4), &words, Font::new(SMALL).ending(), Ink::Text);
        }
        let ticks = x.time_ticks(if unfolding.is_log { 54 } else { 74 });
        for (pixel, words) in ticks {
            canvas.line(&[(pixel, upper), (pixel, lower)], Ink::Grid, 1);
            if is_last {
                canvas.text((pixel, lower + 18), &words, Font::new(SMALL).centered(), Ink::Text);
            }
        }
        if fan.rows[0].is_empty() {
            let area = Area(plot.left, upper, plot.right, lower);
            nothing_to_draw(canvas, area, "no change is bad");
            continue;
        }
        let words = format!("{}: {what}, {}", plan.strategies[strategy].name, peak_words(fan));
        let mark = Mark { words, data: vec![("s", strategy.to_string())] };
        canvas.mark(mark, |canvas| bands(canvas, fan, &unfolding.instants_ms, (&x, &y), ink));
    }
}

fn time_axis(unfolding: &Unfolding, left: i32) -> Axis {
    let ends = [unfolding.instants_ms.first(), unfolding.instants_ms.last()];
    let [from, to] = ends.map(|end| end.copied().unwrap_or(1) as f64);
    if unfolding.is_log {
        Axis::log(&[from.max(1.0), to], left, left + WIDE)
    } else {
        Axis::linear(0.0, to, left, left + WIDE)
    }
}

fn bands(canvas: &mut Canvas, fan: &Fan, instants: &[u64], (x, y): (&Axis, &Axis), ink: Ink) {
    let curve = |row: usize| -> Vec<Point> {
        instants.iter().zip(&fan.rows[row]).map(|(at, share)| (x.at(*at as f64), y.at(*share))).collect()
    };
    for ((low, high), opacity) in [((0, 4), 0.14), ((1, 3), 0.4)] {
        let outline: Vec<Point> = curve(low).into_iter().chain(curve(high).into_iter().rev()).collect();
        canvas.area(&outline, ink, opacity);
    }
    canvas.dashed(&curve(0), ink, 1, &[2.5, 3.5]);
    canvas.dashed(&curve(4), ink, 1, &[2.5, 3.5]);
    canvas.line(&curve(2), ink, 2);
}

/// The highest point of a row of a fan.
fn peak(fan: &Fan, row: usize) -> f64 {
    fan.rows[row].iter().copied().fold(0.0, f64::max)
}

fn peak_words(fan: &Fan) -> String {
    format!("median at most {}, p95 at most {}", text::percent(peak(fan, 2)), text::percent(peak(fan, 4)))
}

fn legend(canvas: &mut Canvas, y: i32) {
    let mut legend = Legend { left: 30, y, indent: 34, gap: 26 };
    for (words, ink) in [("on the new version", Ink::Blue), ("impaired, of bad changes", Ink::Harm)] {
        legend.entry(canvas, words, |canvas, x| {
            canvas.rect((x, y - 13), (x + 28, y + 3), ink, 0.14);
            canvas.rect((x, y - 9), (x + 28, y - 1), ink, 0.4);
            canvas.line(&[(x, y - 5), (x + 28, y - 5)], ink, 2);
        });
    }
}

/// At most how many hosts are impaired in all but the worst twentieth of bad changes.
fn title(plan: &Plan, unfolding: &Unfolding, strategies: &[usize]) -> String {
    let fan = |strategy: usize| &unfolding.strategies[strategy].impairment;
    let with: Vec<usize> = strategies.iter().copied().filter(|s| !fan(*s).rows[4].is_empty()).collect();
    let order = |a: &&usize, b: &&usize| peak(fan(**a), 4).total_cmp(&peak(fan(**b), 4));
    let (Some(best), Some(worst)) = (with.iter().min_by(order), with.iter().max_by(order)) else {
        return "No change is bad: only how the new version spreads is drawn".to_owned();
    };
    let at_most = |strategy: usize, up_to: &str| match peak(fan(strategy), 4) {
        0.0 => "no host".to_owned(),
        share => format!("{up_to} {} of hosts", text::percent(share)),
    };
    let name = |strategy: usize| plan.strategies[strategy].name.as_str();
    let first = format!(
        "At any instant 95 of 100 bad changes impair {} with {}",
        at_most(*best, "at most"),
        name(*best)
    );
    if best == worst { first } else { format!("{first}, {} with {}", at_most(*worst, "up to"), name(*worst)) }
}

fn description(plan: &Plan, unfolding: &Unfolding, strategies: &[usize]) -> String {
    let one = |strategy: &usize| {
        let own = &unfolding.strategies[*strategy];
        let half = own.exposure.rows[2].iter().position(|share| *share >= 0.5);
        let half = half.map_or("never".to_owned(), |at| text::duration(unfolding.instants_ms[at] as f64));
        let name = &plan.strategies[*strategy].name;
        format!(
            "{name}: half of the hosts after {half} in the median; impaired: {}.",
            peak_words(&own.impairment)
        )
    };
    strategies.iter().map(one).collect::<Vec<_>>().join(" ") + &format!(" Percentiles: {PERCENTS:?}.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::Theme;
    use crate::study::Nobody;
    use crate::study::unfolding::unfolded;

    #[test]
    fn the_title_names_the_safest_and_the_worst_and_no_bad_change_is_said() {
        let mut plan = Plan::load("scenarios/small.toml").expect("a valid scenario");
        let unfolding = unfolded(&plan, 60, &Nobody).unwrap();
        let picture = super::picture(&plan, &unfolding, &[0, 1, 2]);
        assert!(
            picture.title().starts_with("At any instant 95 of 100 bad changes impair"),
            "{}",
            picture.title()
        );
        assert_eq!(
            picture.svg(Theme::Light),
            super::picture(&plan, &unfolding, &[0, 1, 2]).svg(Theme::Light)
        );
        plan.change.bad_probability = 0.0;
        let unfolding = unfolded(&plan, 20, &Nobody).unwrap();
        let picture = super::picture(&plan, &unfolding, &[0]);
        assert!(picture.title().starts_with("No change is bad"));
        assert!(picture.svg(Theme::Light).contains("no change is bad"));
    }
}
