//! Speed against harm as a small plot of letters, for a terminal: a letter a strategy, bars where intervals fit, a key below.
//!
//! Says what the chart of the trade-off draws, on some twenty lines. Needs no colour, and with [`PlotLetters::Ascii`] no letters beyond ASCII.

use super::text;
use crate::outcome::measures::{Measure, Unit};
use crate::stats::Interval;
use crate::study::Summary;
use crate::study::summary::{SPEED_METRIC, StrategySummary};

/// What a terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlotLetters {
    /// Lines of box drawing.
    Unicode,
    /// Signs that every terminal has.
    Ascii,
}

/// Lines of the plot itself, and columns of it at least and at most.
const HEIGHT: usize = 14;
const WIDTH: (usize, usize) = (24, 72);
/// Columns for the numbers at the left.
const LEFT: usize = 9;
/// Values within such a factor are shown on a linear axis.
const WIDE: f64 = 20.0;
/// Columns from one number of the lower axis to the next, at least.
const APART: usize = 10;
const MINUTE: f64 = 60_000.0;
const DAY: f64 = 86_400_000.0;
/// Durations that an axis names, in milliseconds.
const TICKS: [f64; 20] = [
    1_000.0,
    10_000.0,
    MINUTE,
    2.0 * MINUTE,
    5.0 * MINUTE,
    10.0 * MINUTE,
    20.0 * MINUTE,
    30.0 * MINUTE,
    60.0 * MINUTE,
    120.0 * MINUTE,
    180.0 * MINUTE,
    360.0 * MINUTE,
    720.0 * MINUTE,
    DAY,
    2.0 * DAY,
    3.0 * DAY,
    7.0 * DAY,
    14.0 * DAY,
    28.0 * DAY,
    90.0 * DAY,
];

/// A strategy on the plot.
struct PlotPoint<'s> {
    letter: char,
    strategy: &'s StrategySummary,
    speed: f64,
    speed_interval: Interval,
    harm: f64,
    harm_interval: Interval,
}

/// The plot, in at most `width` columns, and what its letters stand for. None where fewer than two strategies have a point: one
/// that never reached every host, or never met a bad change, has none.
#[must_use]
pub fn lines(summary: &Summary, width: usize, letters: PlotLetters) -> Option<(Vec<String>, Vec<String>)> {
    let points: Vec<PlotPoint> = summary
        .strategies
        .iter()
        .zip(('A'..='Z').chain('a'..='z'))
        .filter_map(|(strategy, letter)| point(strategy, summary.harm, letter))
        .collect();
    if points.len() < 2 {
        return None;
    }
    let columns = width.saturating_sub(LEFT + 2).clamp(WIDTH.0, WIDTH.1);
    let x = PlotAxis::new(&points, |p| (p.speed, p.speed_interval), columns, true);
    let y = PlotAxis::new(&points, |p| (p.harm, p.harm_interval), HEIGHT, false);
    let mut canvas = Letters::new(columns, letters);
    points.iter().for_each(|point| canvas.bars(point, &x, &y));
    let behind: Vec<Option<char>> = points.iter().map(|point| canvas.put(point, &x, &y)).collect();
    let harm = text::harm(summary.harm);
    let mut lines = vec![format!("{harm}, mean{}", y.kind())];
    lines.extend(canvas.rows(&y, |value| text::compact(in_words(summary.harm, value))));
    lines.extend(below(&x, columns, letters));
    let axis = format!("time to 100 %, p50{}", x.kind());
    let words = axis.chars().count();
    lines.push(format!("{}{axis}", " ".repeat((LEFT + 1 + columns).saturating_sub(words))));
    let key = points.iter().zip(behind).map(|(point, behind)| key(point, summary, behind));
    Some((lines, key.collect()))
}

fn point<'s>(strategy: &'s StrategySummary, harm: &Measure, letter: char) -> Option<PlotPoint<'s>> {
    let speed = strategy.metric(SPEED_METRIC).p50?;
    let mean = strategy.metric(harm).mean?;
    Some(PlotPoint {
        letter,
        strategy,
        speed: speed.value,
        speed_interval: speed.interval,
        harm: mean.value,
        harm_interval: mean.interval,
    })
}

/// Harm as reports count it: host-time in minutes.
fn in_words(harm: &Measure, value: f64) -> f64 {
    if harm.unit == Unit::HostMs { value / MINUTE } else { value }
}

fn key(point: &PlotPoint, summary: &Summary, behind: Option<char>) -> String {
    let strategy = point.strategy;
    let baseline = if strategy.is_baseline { ", the baseline" } else { "" };
    let behind = behind.map_or(String::new(), |other| format!("; in the plot behind {other}"));
    format!(
        "{} {}{baseline}: {}, {}{behind}",
        point.letter,
        strategy.name,
        text::duration(point.speed),
        text::value_with_unit(summary.harm.unit, point.harm),
    )
}

/// From values to cells, from the low end to the high one.
struct PlotAxis {
    low: f64,
    high: f64,
    is_log: bool,
    cells: usize,
    /// There are values of 0, for which a logarithmic axis keeps its first cell.
    has_zero: bool,
}

impl PlotAxis {
    /// An axis with room for all values and for the ends of their intervals that something is known of.
    fn new(
        points: &[PlotPoint],
        of: impl Fn(&PlotPoint) -> (f64, Interval),
        cells: usize,
        may_be_linear: bool,
    ) -> Self {
        let ends = |point: &PlotPoint| {
            let (value, interval) = of(point);
            let far = text::is_far(value, interval);
            [Some(value), interval.low.filter(|low| *low > value / 50.0), interval.high.filter(|_| !far)]
        };
        let values: Vec<f64> = points.iter().flat_map(ends).flatten().collect();
        let positive = || values.iter().copied().filter(|value| *value > 0.0);
        let (least, most) = (positive().fold(f64::INFINITY, f64::min), positive().fold(0.0, f64::max));
        let has_zero = values.contains(&0.0);
        let is_log = most > 0.0 && (!may_be_linear || (!has_zero && most / least > WIDE));
        let (low, high) = match (is_log, most > 0.0) {
            (true, _) if most / least < 1.5 => (least / 1.5, most * 1.5),
            (true, _) => (least, most),
            (false, true) => (0.0, most * 1.05),
            (false, false) => (0.0, 1.0),
        };
        Self { low, high, is_log, cells, has_zero: has_zero && is_log }
    }

    fn kind(&self) -> &'static str {
        if self.is_log { " (log scale)" } else { " (linear scale)" }
    }

    /// The cell of a value, from 0; values beyond the ends are in the first cell or the last.
    fn cell(&self, value: f64) -> usize {
        let first = usize::from(self.has_zero);
        if self.is_log && value <= 0.0 {
            return 0;
        }
        let of = |value: f64| if self.is_log { libm::log10(value) } else { value };
        let share = (of(value) - of(self.low)) / (of(self.high) - of(self.low));
        let last = self.cells - 1;
        first + libm::round(share.clamp(0.0, 1.0) * (last - first) as f64) as usize
    }

    /// Numbers for some cells, the lowest first: powers of ten, or ends of a linear axis.
    fn ticks(&self) -> Vec<(usize, f64)> {
        let mut ticks: Vec<(usize, f64)> = Vec::new();
        if self.has_zero || !self.is_log {
            ticks.push((0, 0.0));
        }
        if !self.is_log {
            ticks.extend(
                [0.5, 1.0].map(|share| self.high / 1.05 * share).map(|value| (self.cell(value), value)),
            );
            return ticks;
        }
        let (from, to) =
            (libm::floor(libm::log10(self.low)) as i32, libm::ceil(libm::log10(self.high)) as i32);
        let within = |value: &f64| (self.low * 0.999..=self.high * 1.001).contains(value);
        let powers: Vec<f64> =
            (from..=to).map(|power| libm::pow(10.0, f64::from(power))).filter(within).collect();
        let values = if powers.len() > 1 { powers } else { vec![self.low, self.high] };
        for value in values {
            let cell = self.cell(value);
            // Numbers on neighbouring lines read badly.
            if ticks.last().is_none_or(|(last, _)| cell > last + 1) {
                ticks.push((cell, value));
            }
        }
        ticks
    }
}

/// Letters by row, the lowest value last.
struct Letters {
    rows: Vec<Vec<char>>,
    letters: PlotLetters,
}

impl Letters {
    fn new(columns: usize, letters: PlotLetters) -> Self {
        Self { rows: vec![vec![' '; columns]; HEIGHT], letters }
    }

    fn row(cell: usize) -> usize {
        HEIGHT - 1 - cell
    }

    /// Intervals as lines; one whose end is not known, or far away, goes on to the edge.
    fn bars(&mut self, point: &PlotPoint, x: &PlotAxis, y: &PlotAxis) {
        let (across, up) = match self.letters {
            PlotLetters::Unicode => ('─', '│'),
            PlotLetters::Ascii => ('-', '|'),
        };
        let range = |axis: &PlotAxis, value: f64, interval: Interval| {
            let high = interval.high.filter(|_| !text::is_far(value, interval));
            axis.cell(interval.low.unwrap_or(0.0))..=high.map_or(axis.cells - 1, |high| axis.cell(high))
        };
        let (column, row) = (x.cell(point.speed), Self::row(y.cell(point.harm)));
        for cell in range(y, point.harm, point.harm_interval) {
            self.line((column, Self::row(cell)), up);
        }
        for cell in range(x, point.speed, point.speed_interval) {
            self.line((cell, row), across);
        }
    }

    fn line(&mut self, (column, row): (usize, usize), letter: char) {
        let cell = &mut self.rows[row][column];
        let crossing = if self.letters == PlotLetters::Unicode { '┼' } else { '+' };
        *cell = if *cell == ' ' || *cell == letter { letter } else { crossing };
    }

    /// Puts the letter of a point, or beside it if another one is there; the other one if there is no room.
    fn put(&mut self, point: &PlotPoint, x: &PlotAxis, y: &PlotAxis) -> Option<char> {
        let (column, row) = (x.cell(point.speed), Self::row(y.cell(point.harm)));
        let line = &mut self.rows[row];
        let beside = [0, 1, -1, 2, -2].into_iter().filter_map(|by| column.checked_add_signed(by));
        let free =
            beside.into_iter().find(|at| line.get(*at).is_some_and(|letter| !letter.is_ascii_alphabetic()));
        match free {
            Some(at) => {
                line[at] = point.letter;
                None
            }
            None => Some(line[column]),
        }
    }

    /// The rows with the numbers of the axis.
    fn rows(&self, y: &PlotAxis, say: impl Fn(f64) -> String) -> Vec<String> {
        let ticks = y.ticks();
        let edge = if self.letters == PlotLetters::Unicode { ['│', '┤'] } else { ['|', '+'] };
        let row = |(row, letters): (usize, &Vec<char>)| {
            let number = ticks.iter().find(|(cell, _)| Self::row(*cell) == row).map(|(_, value)| say(*value));
            let mark = edge[usize::from(number.is_some())];
            let letters: String = letters.iter().collect();
            format!("{:>LEFT$}{mark}{letters}", number.unwrap_or_default()).trim_end().to_owned()
        };
        self.rows.iter().enumerate().map(row).collect()
    }
}

/// The lower axis and its numbers.
fn below(x: &PlotAxis, columns: usize, letters: PlotLetters) -> [String; 2] {
    let (corner, line, tick) = match letters {
        PlotLetters::Unicode => ('└', '─', '┬'),
        PlotLetters::Ascii => ('+', '-', '+'),
    };
    let mut axis = vec![line; columns];
    let mut numbers = String::new();
    let within = TICKS.into_iter().filter(|at| (x.low..=x.high).contains(at));
    let mut values: Vec<f64> = within.collect();
    if values.len() < 2 {
        values = vec![x.low, x.high];
    }
    let mut free_from = 0;
    for value in values {
        let cell = x.cell(value);
        let number = text::tick_duration(libm::round(value / 1_000.0) * 1_000.0);
        let from = (LEFT + 1 + cell).saturating_sub(number.chars().count() / 2);
        if cell < free_from || from < numbers.chars().count() + 1 {
            continue;
        }
        axis[cell] = tick;
        numbers.push_str(&" ".repeat(from - numbers.chars().count()));
        numbers.push_str(&number);
        free_from = cell + APART;
    }
    [format!("{}{corner}{}", " ".repeat(LEFT), axis.iter().collect::<String>()), numbers]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use crate::study::summarise;
    use unicode_width::UnicodeWidthStr;

    fn summary() -> Summary {
        let (plan, outcomes) = sample::study(2000);
        summarise(&plan, &outcomes)
    }

    #[test]
    fn seven_strategies_in_letters_and_lines() {
        let (lines, key) = lines(&summary(), 80, PlotLetters::Unicode).unwrap();
        insta::assert_snapshot!(format!("{}\n\n{}", lines.join("\n"), key.join("\n")), @r"
    failed or refused requests per bad change, mean (log scale)
             ││               │           │            │                  │ │     │
          10M┤A               │           │            │                  │ │     │
             │                │           │            │                  │ │     │
             │                B           │            │                  │ │     │
           1M┤                            │            │                  │ │     │
             │                            C            │                  │ │     │
      100,000┤                                         │                  │ │     │
             │                                         │                  │ F     │
             │                                         D                  │ │     │
       10,000┤                                                            │       │
             │                                                            │       │
             │                                                            E       │
        1,000┤                                                                    │
             │                                                                    G
             └─┬───────────┬──────────┬──────────────┬─────────────┬────────────┬──
              20m         1h         3h             12h           2d           1w
                                                     time to 100 %, p50 (log scale)

    A all-at-once: 18m, 9.2M requests
    B canary-then-all: 1h 25m, 2.46M requests
    C region-by-region: 4h 30m, 285,000 requests
    D doubling-waves: 15h 18m, 34,200 requests
    E amazon-five-waves, the baseline: 3d 19h, 2,660 requests
    F slow-and-uneven: 4d 12h, 44,400 requests
    G nine-day-ring: 8d 2h, 349 requests
    ");
    }

    #[test]
    fn ascii_is_enough_and_the_width_is_kept() {
        for width in [40, 60, 100, 300] {
            let (lines, key) = lines(&summary(), width, PlotLetters::Ascii).unwrap();
            for line in &lines {
                assert!(line.is_ascii(), "{line}");
                assert!(line.width() <= width.max(60), "{width}: {line}");
            }
            for letter in 'A'..='G' {
                let drawn = lines[1..=HEIGHT].iter().filter(|line| line.contains(letter)).count();
                let named = key.iter().filter(|line| line.starts_with(letter)).count();
                assert_eq!((drawn, named), (1, 1), "{letter} at {width}");
            }
        }
    }

    #[test]
    fn faster_is_left_and_less_harm_is_down() {
        let summary = summary();
        let (lines, _) = lines(&summary, 80, PlotLetters::Ascii).unwrap();
        let place = |letter: char| {
            let row = lines[1..=HEIGHT].iter().position(|line| line.contains(letter)).unwrap();
            (lines[row + 1].find(letter).unwrap(), row)
        };
        // all-at-once is the fastest and does the most harm; the nine-day ring is the slowest.
        let (fast, slow) = (place('A'), place('G'));
        assert!(fast.0 < slow.0 && fast.1 < slow.1, "{fast:?} {slow:?}");
    }

    #[test]
    fn no_harm_at_all_has_a_line_of_its_own_and_one_strategy_is_no_plot() {
        let (plan, mut outcomes) = sample::study(400);
        for outcome in &mut outcomes.by_strategy[6] {
            (outcome.impaired_host_ms, outcome.failed_requests) = (0, 0.0);
        }
        let summary = summarise(&plan, &outcomes);
        let (lines, key) = lines(&summary, 80, PlotLetters::Ascii).unwrap();
        assert!(
            lines[HEIGHT].starts_with("        0+") && lines[HEIGHT].contains('G'),
            "{}",
            lines.join("\n")
        );
        assert!(key[6].contains("nine-day-ring"));
        let mut one = summary;
        one.strategies.truncate(1);
        assert!(super::lines(&one, 80, PlotLetters::Ascii).is_none());
    }
}
