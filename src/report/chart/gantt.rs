//! A plan before anything is simulated: who is deployed to and baked when, if no alarm fires, by strategy, wave and region.

use super::canvas::{Canvas, Font};
use super::pen::Mark;
use super::plot::{Legend, Plot};
use super::scale::Axis;
use super::split::look_of;
use super::theme::Ink;
use super::{BODY, Frame, Picture, SMALL, fitted, of_plan};
use crate::ids::RegionId;
use crate::plan::timeline::{Deployment, Timetable, WaveSchedule, timetable};
use crate::plan::{GateKind, Plan};
use crate::report::text;
use crate::report::timeline::TimePart;

const LEFT: i32 = 250;
/// Room on the right for what has the new version after a row.
const BESIDE: i32 = 92;
const ROW: i32 = 20;
/// Height of the line above a strategy's rows.
const HEAD: i32 = 26;
/// More rows than this are told less finely.
const MOST_ROWS: usize = 64;
/// Regions of a wave that have a row each, at most.
const MOST_REGIONS: usize = 12;

/// A bar of one row.
struct GanttBar {
    from_ms: u64,
    to_ms: u64,
    part: TimePart,
}

/// One row.
struct GanttRow {
    name: String,
    /// Of a strategy, its number.
    strategy: usize,
    bars: Vec<GanttBar>,
    /// Share of the hosts with the new version afterwards; of a strategy in one row how long it takes.
    after: String,
    words: String,
}

/// How finely rows are told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    Regions,
    Waves,
    Strategies,
}

/// The plan of some strategies (indices), on one axis.
#[must_use]
pub fn picture(plan: &Plan, strategies: &[usize]) -> Picture {
    let tables: Vec<(usize, Timetable)> = strategies.iter().map(|&s| (s, timetable(plan, s))).collect();
    let rows_in = |detail| -> Vec<GanttRow> {
        tables.iter().flat_map(|(strategy, times)| rows(plan, *strategy, times, detail)).collect()
    };
    let fits = |detail: &Detail| rows_in(*detail).len() <= MOST_ROWS;
    let detail = [Detail::Regions, Detail::Waves].into_iter().find(fits).unwrap_or(Detail::Strategies);
    let rows = rows_in(detail);
    let heads = if detail == Detail::Strategies { 0 } else { tables.len() as i32 };
    let body = ROW * rows.len() as i32 + HEAD * heads;
    let end_ms = tables.iter().map(|(_, times)| times.end_ms()).max().unwrap_or(0);
    let frame = Frame {
        id: "gantt".to_owned(),
        title: title(plan, &tables),
        subtitle: subtitle(detail).to_owned(),
        notes: vec![
            "Typical times: no alarm fires, a host takes the median of its time, a batch waits for its slowest host; linear axis."
                .to_owned(),
        ],
        provenance: of_plan(plan),
        description: description(plan, &tables),
    };
    frame.picture(body + 100, |canvas, area| {
        legend(canvas, &rows, area.1 + 12);
        let (top, right) = (area.1 + 30, area.2 - BESIDE);
        let x = Axis::linear(0.0, end_ms as f64, LEFT, right);
        let plot = Plot { left: LEFT, right, top, bottom: top + body + 4 };
        plot.ticks_below(canvas, x.time_ticks(84));
        plot.title_below(canvas, "time since the start");
        let beside = if detail == Detail::Strategies { "takes" } else { "hosts after" };
        canvas.text((right + 10, top - 6), beside, Font::new(SMALL), Ink::Muted);
        let mut y = top;
        let mut last = None;
        for row in &rows {
            if heads > 0 && last != Some(row.strategy) {
                head(canvas, plan, row.strategy, &tables, y);
                y += HEAD;
                last = Some(row.strategy);
            }
            draw(canvas, row, (y, right), &x);
            y += ROW;
        }
    })
}

fn subtitle(detail: Detail) -> &'static str {
    match detail {
        Detail::Regions => {
            "The plan, nothing simulated: a row a region within its wave; what its zones do and the bake of its wave"
        }
        Detail::Waves => {
            "The plan, nothing simulated: a row a wave; deploying if any of its zones is deployed to, else baking"
        }
        Detail::Strategies => {
            "The plan, nothing simulated: a row a strategy; deploying if any zone is deployed to, else baking"
        }
    }
}

fn title(plan: &Plan, tables: &[(usize, Timetable)]) -> String {
    let name = |strategy: usize| plan.strategies[strategy].name.as_str();
    let takes = |times: &Timetable| text::duration(times.end_ms() as f64);
    match tables {
        [] => "No strategy is planned".to_owned(),
        [(only, times)] => {
            let bars = of_strategy(plan, *only, times);
            let deploying: u64 = bars
                .iter()
                .filter(|bar| bar.part == TimePart::Deploy)
                .map(|bar| bar.to_ms - bar.from_ms)
                .sum();
            let share = 1.0 - deploying as f64 / times.end_ms().max(1) as f64;
            let waves = text::counted(plan.strategies[*only].waves.len() as u64, "wave");
            format!(
                "{} takes {} in {waves} if nothing goes wrong; in {} of that nothing is deployed",
                name(*only),
                takes(times),
                text::percent(round(share))
            )
        }
        several => {
            let by = |pair: &&(usize, Timetable)| pair.1.end_ms();
            let (fast, slow) = (several.iter().min_by_key(by), several.iter().max_by_key(by));
            let said = |one: Option<&(usize, Timetable)>| {
                one.map_or(String::new(), |(s, times)| format!("{} for {}", takes(times), name(*s)))
            };
            format!("If nothing goes wrong: from {} to {}", said(fast), said(slow))
        }
    }
}

/// A share in whole percent.
fn round(share: f64) -> f64 {
    (share * 100.0).round() / 100.0
}

fn description(plan: &Plan, tables: &[(usize, Timetable)]) -> String {
    let one = |(strategy, times): &(usize, Timetable)| {
        let waves = plan.strategies[*strategy].waves.iter().zip(&times.waves);
        let waves: Vec<String> = waves
            .map(|(wave, at)| {
                format!(
                    "{} from {} to {}",
                    wave.name,
                    text::duration(at.start_ms as f64),
                    text::duration(at.end_ms as f64)
                )
            })
            .collect();
        format!("{}: {}.", plan.strategies[*strategy].name, text::list(&waves, 12))
    };
    tables.iter().take(12).map(one).collect::<Vec<_>>().join(" ")
}

fn rows(plan: &Plan, strategy: usize, times: &Timetable, detail: Detail) -> Vec<GanttRow> {
    let own = &plan.strategies[strategy];
    let hosts = plan.fleet.hosts() as f64;
    if detail == Detail::Strategies {
        let bars = of_strategy(plan, strategy, times);
        let words = format!("{}: {}", own.name, text::duration(times.end_ms() as f64));
        let after = text::duration(times.end_ms() as f64);
        return vec![GanttRow { name: own.name.clone(), strategy, bars, after, words }];
    }
    let mut rows = Vec::new();
    for (index, at) in times.waves.iter().enumerate().filter(|(_, at)| !at.passed_over) {
        let wave = &own.waves[index];
        let mut regions: Vec<RegionId> = Vec::new();
        for deployment in &at.deployments {
            let region = plan.fleet.zones[deployment.zone].region;
            if !regions.contains(&region) {
                regions.push(region);
            }
        }
        let row = |name: String, of: &dyn Fn(&&Deployment) -> bool, words: String| GanttRow {
            bars: merged(stretches(plan, strategy, index, at, of)),
            after: text::percent(at.hosts_after as f64 / hosts),
            name,
            strategy,
            words,
        };
        let length = text::duration((at.end_ms - at.start_ms) as f64);
        let begins = text::duration(at.start_ms as f64);
        if detail == Detail::Regions && regions.len() <= MOST_REGIONS && !regions.is_empty() {
            for region in regions {
                let place = &plan.fleet.regions[region].name;
                let words = format!("wave {}, {place}: begins at {begins}, takes {length}", wave.name);
                let is_here = |deployment: &&Deployment| plan.fleet.zones[deployment.zone].region == region;
                rows.push(row(format!("{} · {place}", wave.name), &is_here, words));
            }
        } else {
            let places = text::counted(regions.len() as u64, "region");
            let words = format!("wave {}, {places}: begins at {begins}, takes {length}", wave.name);
            rows.push(row(format!("{} · {places}", wave.name), &|_| true, words));
        }
    }
    rows
}

/// All of a strategy in one row.
fn of_strategy(plan: &Plan, strategy: usize, times: &Timetable) -> Vec<GanttBar> {
    let waves = times.waves.iter().enumerate();
    merged(waves.flat_map(|(index, at)| stretches(plan, strategy, index, at, &|_| true)).collect())
}

/// What goes on at some of the zones of a wave, and at the wave itself.
fn stretches(
    plan: &Plan,
    strategy: usize,
    wave: usize,
    at: &WaveSchedule,
    is_of: &dyn Fn(&&Deployment) -> bool,
) -> Vec<GanttBar> {
    let bar = |from_ms, to_ms, part| GanttBar { from_ms, to_ms, part };
    let mut bars = Vec::new();
    for zone in at.deployments.iter().filter(is_of) {
        let mut from_ms = zone.start_ms;
        if let (Some(deployed_ms), Some(end_ms)) = (zone.one_box_deployed_ms, zone.one_box_end_ms) {
            bars.push(bar(from_ms, deployed_ms, TimePart::Deploy));
            bars.push(bar(deployed_ms, end_ms, TimePart::Bake));
            from_ms = end_ms;
        }
        bars.push(bar(from_ms, zone.deployed_ms, TimePart::Deploy));
        bars.push(bar(zone.deployed_ms, zone.end_ms, TimePart::Bake));
    }
    // For its turn, or for the other places of the wave.
    bars.push(bar(at.start_ms, at.zones_end_ms, TimePart::Wait));
    bars.push(bar(at.zones_end_ms, at.baked_ms.min(at.end_ms), TimePart::Bake));
    let gates = &plan.strategies[strategy].waves[wave].gates;
    let is_window = gates.iter().any(|gate| matches!(gate.kind, GateKind::Opening(_)));
    let part = if is_window { TimePart::Window } else { TimePart::Gate };
    bars.push(bar(at.baked_ms.min(at.end_ms), at.end_ms, part));
    bars
}

/// One part at a time: deploying before all others, then in their order.
fn merged(bars: Vec<GanttBar>) -> Vec<GanttBar> {
    let mut ends: Vec<u64> = bars.iter().flat_map(|bar| [bar.from_ms, bar.to_ms]).collect();
    ends.sort_unstable();
    ends.dedup();
    let mut out: Vec<GanttBar> = Vec::new();
    for pair in ends.windows(2) {
        let holds = |bar: &&GanttBar| bar.from_ms <= pair[0] && bar.to_ms >= pair[1];
        let Some(part) = bars.iter().filter(holds).map(|bar| bar.part).min() else { continue };
        match out.last_mut() {
            Some(last) if last.part == part && last.to_ms == pair[0] => last.to_ms = pair[1],
            _ => out.push(GanttBar { from_ms: pair[0], to_ms: pair[1], part }),
        }
    }
    out
}

fn head(canvas: &mut Canvas, plan: &Plan, strategy: usize, tables: &[(usize, Timetable)], y: i32) {
    let times = tables.iter().find(|(own, _)| *own == strategy).map(|(_, times)| times);
    let takes = times.map_or(String::new(), |times| text::duration(times.end_ms() as f64));
    let mark = if strategy == plan.study.baseline && tables.len() > 1 { " (baseline)" } else { "" };
    let (name, _) = fitted(&plan.strategies[strategy].name, mark, 700);
    let font = Font::new(BODY).bold();
    canvas.rect(
        (30, y + 2),
        (40 + font.width(&name) + Font::new(BODY).width(&takes), y + HEAD - 2),
        Ink::Paper,
        1.0,
    );
    canvas.text((30, y + 18), &name, font, Ink::Text);
    canvas.text((30 + font.width(&name) + 10, y + 18), &takes, Font::new(BODY), Ink::Muted);
}

fn draw(canvas: &mut Canvas, row: &GanttRow, (y, right): (i32, i32), x: &Axis) {
    let (name, font) = fitted(&row.name, "", LEFT - 30 - 12);
    let mark = Mark { words: row.words.clone(), data: vec![("s", row.strategy.to_string())] };
    canvas.mark(mark, |canvas| {
        canvas.text((LEFT - 12, y + 15), &name, font.ending(), Ink::Text);
        for bar in &row.bars {
            let (from, to) = (x.at(bar.from_ms as f64), x.at(bar.to_ms as f64));
            let (ink, texture) = look_of(bar.part);
            canvas.textured((from, y + 3), (to.max(from + 1), y + ROW - 3), ink, texture);
        }
    });
    canvas.text((right + 10, y + 15), &row.after, Font::new(SMALL), Ink::Text);
}

fn legend(canvas: &mut Canvas, rows: &[GanttRow], y: i32) {
    let mut legend = Legend { left: 30, y, indent: 30, gap: 26 };
    for part in TimePart::ALL {
        if rows.iter().flat_map(|row| &row.bars).any(|bar| bar.part == part) {
            let (ink, texture) = look_of(part);
            legend.entry(canvas, part.name(), |canvas, x| {
                canvas.textured((x, y - 11), (x + 24, y + 2), ink, texture);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::Theme;
    use crate::report::sample;

    #[test]
    fn bars_of_a_row_follow_each_other_and_fill_the_wave() {
        let plan = sample::plan();
        let times = timetable(&plan, 0);
        let bars = of_strategy(&plan, 0, &times);
        assert_eq!(bars[0].from_ms, 0);
        assert!(bars.windows(2).all(|pair| pair[0].to_ms == pair[1].from_ms));
        assert_eq!(bars.last().unwrap().to_ms, times.end_ms());
    }

    #[test]
    fn many_strategies_are_told_less_finely_and_all_of_them_are() {
        let mut plan = sample::plan();
        let one = picture(&plan, &[0]).svg(Theme::Light);
        assert!(one.contains("third · ap-northeast-1"), "{one}");
        plan.strategies = (0..40).map(|n| sample::strategy(&format!("plan-{n}"))).collect();
        let all: Vec<usize> = (0..40).collect();
        let svg = picture(&plan, &all).svg(Theme::Light);
        assert!((0..40).all(|n| svg.contains(&format!("plan-{n}<"))));
    }
}
