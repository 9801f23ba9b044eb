//! Axes: values to pixels, and ticks that people read.

use crate::outcome::measures::{Measure, Unit};
use crate::report::text;
use crate::stats::Interval;

/// Host-milliseconds in a host-minute.
const HOST_MINUTE: f64 = 60_000.0;

const SECOND: f64 = 1e3;
const MINUTE: f64 = 60.0 * SECOND;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;
const WEEK: f64 = 7.0 * DAY;

/// Multiples of a unit of time.
type TimeMultiples = (f64, &'static [f64]);
/// Distances between ticks of a linear axis of time, ascending.
const TIME_STEPS: [TimeMultiples; 5] = [
    (SECOND, &[1.0, 5.0, 15.0]),
    (MINUTE, &[1.0, 2.0, 5.0, 10.0, 15.0, 30.0]),
    (HOUR, &[1.0, 2.0, 3.0, 6.0, 12.0]),
    (DAY, &[1.0, 2.0]),
    (WEEK, &[1.0, 2.0, 4.0, 13.0, 26.0, 52.0]),
];
/// Ticks of a logarithmic axis of time, the roundest first.
const ROUND_TIMES: [TimeMultiples; 13] = [
    (SECOND, &[1.0]),
    (MINUTE, &[1.0]),
    (HOUR, &[1.0]),
    (DAY, &[1.0]),
    (WEEK, &[1.0]),
    (SECOND, &[10.0]),
    (MINUTE, &[5.0, 15.0, 30.0]),
    (HOUR, &[3.0, 6.0, 12.0]),
    (DAY, &[2.0, 4.0]),
    (WEEK, &[2.0, 4.0, 8.0, 26.0, 52.0, 104.0]),
    (HOUR, &[2.0]),
    (MINUTE, &[2.0, 10.0, 20.0]),
    (DAY, &[3.0, 5.0]),
];

fn times(table: &[TimeMultiples]) -> impl Iterator<Item = f64> {
    table.iter().flat_map(|(unit, multiples)| multiples.iter().map(move |multiple| multiple * unit))
}

/// Room kept at the low end of a logarithmic axis for values of 0.
const ZERO_ROOM: i32 = 44;

/// One axis: an interval of values laid on an interval of pixels.
#[derive(Debug, Clone)]
pub struct Axis {
    low: f64,
    high: f64,
    from: i32,
    to: i32,
    log: bool,
    /// Where 0 is drawn on a logarithmic axis that has to show it.
    zero: Option<i32>,
}

/// A tick: its pixel and its label.
pub type Tick = (i32, String);

impl Axis {
    /// A linear axis from `low` at pixel `from` to `high` at pixel `to`.
    pub fn linear(low: f64, high: f64, from: i32, to: i32) -> Self {
        Self { low, high: if high > low { high } else { low + 1.0 }, from, to, log: false, zero: None }
    }

    /// A logarithmic axis that holds every positive value of `values` with room to spare, and a
    /// place for 0 if one of them is 0.
    pub fn log(values: &[f64], from: i32, to: i32) -> Self {
        let positive = || values.iter().copied().filter(|v| *v > 0.0 && v.is_finite());
        let low = positive().fold(f64::INFINITY, f64::min);
        let high = positive().fold(0.0, f64::max);
        let (low, high) = if low <= high { (low, high) } else { (1.0, 10.0) };
        let pad = libm::pow(high / low, 0.06).max(1.25);
        let axis = Self { low: low / pad, high: high * pad, from, to, log: true, zero: None };
        if !values.contains(&0.0) {
            return axis;
        }
        let inwards = if to > from { 1 } else { -1 };
        Self { zero: Some(from + inwards * 12), from: from + inwards * ZERO_ROOM, ..axis }
    }

    /// A logarithmic axis if the positive values span more than a factor of `span`, else one from 0.
    pub fn log_if_wide(values: &[f64], span: f64, from: i32, to: i32) -> Self {
        let log = Self::log(values, from, to);
        let highest = values.iter().copied().filter(|v| v.is_finite()).fold(0.0, f64::max);
        let lowest = values.iter().copied().filter(|v| *v > 0.0).fold(f64::INFINITY, f64::min);
        if lowest <= highest && highest / lowest > span {
            log
        } else {
            Self::linear(0.0, highest * 1.1, from, to)
        }
    }

    /// Pixel of `value`, inside the axis.
    pub fn at(&self, value: f64) -> i32 {
        if self.log && value <= 0.0 {
            return self.zero.unwrap_or(self.from);
        }
        let share = if self.log {
            libm::log(value / self.low) / libm::log(self.high / self.low)
        } else {
            (value - self.low) / (self.high - self.low)
        };
        self.from + (share.clamp(0.0, 1.0) * f64::from(self.to - self.from)).round() as i32
    }

    /// Whether a value has a place of its own on the axis.
    pub fn holds(&self, value: f64) -> bool {
        let is_zero = self.log && value == 0.0 && self.zero.is_some();
        is_zero || (self.low..=self.high).contains(&value)
    }

    /// The same axis, so many pixels farther.
    pub fn moved(&self, by: i32) -> Self {
        Self { from: self.from + by, to: self.to + by, zero: self.zero.map(|zero| zero + by), ..self.clone() }
    }

    /// Whether the axis is logarithmic.
    pub fn is_log(&self) -> bool {
        self.log
    }

    /// Pixel halfway between 0 and the smallest other value, where a logarithmic axis is broken.
    pub fn break_at(&self) -> Option<i32> {
        self.zero.map(|zero| (zero + self.from) / 2)
    }

    /// Ticks at round durations (values in milliseconds), at least `gap` pixels apart.
    pub fn time_ticks(&self, gap: i32) -> Vec<Tick> {
        self.time_ticks_said(gap, text::tick_duration)
    }

    /// The same ticks, said in another way.
    pub fn time_ticks_said(&self, gap: i32, label: impl Fn(f64) -> String) -> Vec<Tick> {
        let candidates =
            if self.log { times(&ROUND_TIMES).collect() } else { self.multiples(times(&TIME_STEPS), gap) };
        self.keep(candidates, gap, label)
    }

    /// Ticks at round numbers, at least `gap` pixels apart.
    pub fn number_ticks(&self, gap: i32, label: impl Fn(f64) -> String) -> Vec<Tick> {
        let candidates = if self.log {
            let decades = libm::log10(self.low).floor() as i32..=libm::log10(self.high).ceil() as i32;
            let by = |digit: f64| decades.clone().map(move |d| digit * libm::pow(10.0, f64::from(d)));
            // Few round numbers fall on an axis of a decade or so.
            let others: &[f64] = if self.high / self.low < 30.0 {
                &[2.0, 5.0, 7.0, 1.5, 4.0, 6.0, 8.0, 9.0, 1.2]
            } else {
                &[]
            };
            [1.0, 3.0].iter().chain(others).flat_map(|digit| by(*digit)).collect()
        } else {
            let steps =
                (-6..15).flat_map(|d| [1.0, 2.0, 5.0].map(|digit| digit * libm::pow(10.0, f64::from(d))));
            self.multiples(steps, gap)
        };
        self.keep(candidates, gap, label)
    }

    /// Multiples of the first step that keeps ticks `gap` pixels apart.
    fn multiples(&self, mut steps: impl Iterator<Item = f64>, gap: i32) -> Vec<f64> {
        let pixels = f64::from((self.to - self.from).abs());
        let wide_enough = |step: &f64| step / (self.high - self.low) * pixels >= f64::from(gap);
        let step = steps.find(wide_enough).unwrap_or(self.high - self.low);
        let first = (self.low / step).ceil() as i64;
        let last = (self.high / step).floor() as i64;
        (first..=last).map(|k| k as f64 * step).collect()
    }

    /// The candidates on the axis that keep their distance from those before them, in axis order.
    fn keep(&self, candidates: Vec<f64>, gap: i32, label: impl Fn(f64) -> String) -> Vec<Tick> {
        let mut kept: Vec<(i32, f64)> = Vec::new();
        for value in candidates {
            let on_axis = value >= self.low && value <= self.high;
            let pixel = self.at(value);
            if on_axis && kept.iter().all(|(other, _)| (other - pixel).abs() >= gap) {
                kept.push((pixel, value));
            }
        }
        kept.sort_by(|a, b| a.1.total_cmp(&b.1));
        let zero = self.zero.map(|pixel| (pixel, "0".to_owned()));
        zero.into_iter().chain(kept.into_iter().map(|(pixel, value)| (pixel, label(value)))).collect()
    }
}

/// What harm is divided by to be drawn: host-milliseconds are read as host-minutes.
pub(super) fn divisor(harm: &Measure) -> f64 {
    if harm.unit == Unit::HostMs { HOST_MINUTE } else { 1.0 }
}

/// Values that an axis has to hold. A lower end of 0 is drawn to the floor, an upper one that says only what no trial rules
/// out to the ceiling, and neither asks for room.
pub(super) fn held(values: impl Iterator<Item = (f64, Interval)>) -> Vec<f64> {
    let ends = |(value, interval): (f64, Interval)| {
        let far = text::is_far(value, interval);
        [Some(value), interval.low.filter(|v| *v > value / 50.0), interval.high.filter(|_| !far)]
    };
    values.flat_map(ends).flatten().collect()
}

/// What an axis says of itself.
pub(super) fn scale_words(axis: &Axis) -> &'static str {
    if axis.is_log() { "log scale" } else { "linear scale" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().map(|(_, label)| label.as_str()).collect()
    }

    #[test]
    fn wide_durations_get_human_ticks() {
        let axis = Axis::log(&[20.0 * MINUTE, 9.0 * DAY], 100, 1100);
        assert_eq!(
            labels(&axis.time_ticks(70)),
            ["15m", "30m", "1h", "3h", "6h", "12h", "1d", "2d", "4d", "1w"]
        );
    }

    #[test]
    fn zero_has_a_place_of_its_own_on_a_log_axis() {
        let axis = Axis::log(&[0.0, 10.0, 1000.0], 600, 100);
        assert!(axis.at(0.0) > axis.at(10.0), "0 is below 10 on a vertical axis");
        assert_eq!(labels(&axis.number_ticks(40, text::number)), ["0", "10", "30", "100", "300", "1,000"]);
        let short = Axis::log(&[8.2, 12.0], 600, 100).number_ticks(40, text::number);
        assert!(short.len() >= 5, "{short:?}");
        assert!(Axis::log(&[10.0], 600, 100).break_at().is_none());
    }

    #[test]
    fn narrow_ranges_are_linear_from_zero() {
        let axis = Axis::log_if_wide(&[HOUR, 3.0 * HOUR], 20.0, 0, 1000);
        assert!(!axis.is_log());
        assert_eq!(axis.at(0.0), 0);
        assert_eq!(labels(&axis.time_ticks(90)), ["0", "30m", "1h", "1h 30m", "2h", "2h 30m", "3h"]);
    }
}
