//! Intervals as lines: with a stroke at an end that is known, with an arrow where it goes on beyond what is drawn.

use super::canvas::{Canvas, Point};
use super::legend::LegendSign;
use super::scale::Axis;
use super::theme::Ink;
use crate::report::text;
use crate::stats::Interval;

/// Half the length of the stroke at an end.
const CAP: i32 = 6;
const OPEN: &[f64] = &[2.5, 3.5];
/// Length of an arrow: it says that an interval goes on, not how far.
const ARROW: i32 = 44;

/// How far an end of an interval reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhiskerEnd {
    /// To a pixel.
    To(i32),
    /// Beyond the edge at a pixel: the trials give no end, or one that says only what they do not rule out.
    Beyond(i32),
}

/// Both ends of an interval on an axis.
#[derive(Debug, Clone, Copy)]
pub struct Ends {
    middle: i32,
    low: Option<WhiskerEnd>,
    high: Option<WhiskerEnd>,
}

impl Ends {
    /// The interval of a value on an axis that is drawn from the first of `edges` to the second, in pixels.
    pub fn new(value: f64, interval: Interval, axis: &Axis, edges: (i32, i32)) -> Self {
        let low = match interval.low {
            None => WhiskerEnd::Beyond(edges.0),
            Some(low) if !axis.holds(low) => WhiskerEnd::Beyond(edges.0),
            Some(low) => WhiskerEnd::To(axis.at(low)),
        };
        let high = match interval.high.filter(|_| !text::is_far(value, interval)) {
            None => WhiskerEnd::Beyond(edges.1),
            Some(high) if !axis.holds(high) => WhiskerEnd::Beyond(edges.1),
            Some(high) => WhiskerEnd::To(axis.at(high)),
        };
        Self { middle: axis.at(value), low: Some(low), high: Some(high) }
    }

    /// Without it if it is nowhere farther than `by` from a pixel.
    pub fn unless_within(self, middle: i32, by: i32) -> Self {
        let shows = |reach: &WhiskerEnd| match reach {
            WhiskerEnd::To(pixel) => (pixel - middle).abs() > by,
            WhiskerEnd::Beyond(_) => true,
        };
        if [self.low, self.high].iter().flatten().any(shows) {
            self
        } else {
            Self { low: None, high: None, ..self }
        }
    }

    /// From where to where it is drawn.
    pub fn pixels(self) -> (i32, i32) {
        let pixel = |reach: Option<WhiskerEnd>| match reach {
            None => self.middle,
            Some(WhiskerEnd::To(pixel)) => pixel,
            Some(WhiskerEnd::Beyond(edge)) => edge.clamp(self.middle - ARROW, self.middle + ARROW),
        };
        (pixel(self.low), pixel(self.high))
    }

    /// What is drawn of it.
    pub fn reaches(self) -> Vec<WhiskerEnd> {
        [self.low, self.high].into_iter().flatten().collect()
    }
}

/// What an interval is drawn with: an ink, and a width in pixels.
pub type Stroke = (Ink, u32);

/// Draws a level interval at the height `y`.
pub fn level(canvas: &mut Canvas, ends: Ends, y: i32, stroke: Stroke) {
    draw(canvas, ends, stroke, |along, aside| (along, y + aside));
}

/// Draws an upright interval at `x`.
pub fn upright(canvas: &mut Canvas, ends: Ends, x: i32, stroke: Stroke) {
    draw(canvas, ends, stroke, |along, aside| (x + aside, along));
}

/// Draws the ends of an interval; `at` is the pixel so far along it and so far aside.
fn draw(canvas: &mut Canvas, ends: Ends, (ink, width): Stroke, at: impl Fn(i32, i32) -> Point) {
    for reach in ends.reaches() {
        match reach {
            WhiskerEnd::To(pixel) => {
                canvas.line(&[at(ends.middle, 0), at(pixel, 0)], ink, width);
                canvas.line(&[at(pixel, -CAP), at(pixel, CAP)], ink, width);
            }
            WhiskerEnd::Beyond(edge) => {
                let edge = edge.clamp(ends.middle - ARROW, ends.middle + ARROW);
                let back = if edge < ends.middle { 6 } else { -6 };
                canvas.dashed(&[at(ends.middle, 0), at(edge, 0)], ink, width, OPEN);
                canvas.line(&[at(edge + back, -4), at(edge, 0), at(edge + back, 4)], ink, width);
            }
        }
    }
}

/// What the ends that are drawn mean.
pub fn signs(reaches: &[WhiskerEnd]) -> Vec<LegendSign<'static>> {
    let mut signs = Vec::new();
    let sample = |low: WhiskerEnd, high: WhiskerEnd| {
        move |canvas: &mut Canvas, (x, y): Point| {
            let shift = |reach| match reach {
                WhiskerEnd::To(pixel) => WhiskerEnd::To(x + pixel),
                WhiskerEnd::Beyond(pixel) => WhiskerEnd::Beyond(x + pixel),
            };
            let ends = Ends { middle: x + 14, low: Some(shift(low)), high: Some(shift(high)) };
            level(canvas, ends, y, (Ink::Muted, 2));
        }
    };
    if reaches.iter().any(|reach| matches!(reach, WhiskerEnd::To(_))) {
        signs.push(LegendSign::new(
            "95 % interval, where wider than the point",
            sample(WhiskerEnd::To(2), WhiskerEnd::To(26)),
        ));
    }
    if reaches.iter().any(|reach| matches!(reach, WhiskerEnd::Beyond(_))) {
        signs.push(LegendSign::new(
            "end that the trials do not bound",
            sample(WhiskerEnd::To(2), WhiskerEnd::Beyond(29)),
        ));
    }
    signs
}
