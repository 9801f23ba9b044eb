//! A trial as a train schedule: time to the right, stages and waves downwards, a line a revision.
//!
//! After Marey's diagram of the trains from Paris to Lyon (1885): steep is fast, level is waiting. A part of the
//! trial is drawn, so that every line can be followed.

use super::canvas::{Canvas, Font, Point, Shape};
use super::labels::{Area, Obstacle, place};
use super::plot::Legend;
use super::scale::Axis;
use super::theme::Ink;
use super::{Frame, Picture};
use super::{SMALL, WIDTH};
use crate::report::dates::clock;
use crate::report::document::elide;
use crate::report::trains::text::Told;
use crate::report::trains::{DAY_MS, Diagram, Doing, HOUR_MS, Leg, TimeSpan, Train, TrainFate};

const LEFT: i32 = 200;
const RIGHT: i32 = WIDTH - 40;
/// The line of merges.
const TOP: i32 = 142;
/// Heights of a stage, of the wait before production, and of a wave: so many pixels, within limits, for all waves.
const STAGE: i32 = 34;
const ENTRY: i32 = 24;
const WAVES: i32 = 400;
const WAVE: (i32, i32) = (24, 84);

const CLOSED: Ink = Ink::Shade;
const QUIET: Ink = Ink::Axis;
const REJECTED: Ink = Ink::Purple;
const UNDER_WAY: Ink = Ink::Green;
const OVERTAKEN: Ink = Ink::Orange;

/// What a fate is drawn in.
fn ink(fate: TrainFate) -> Ink {
    match fate {
        TrainFate::Delivered => Ink::Blue,
        TrainFate::TakenBack => Ink::Vermillion,
        TrainFate::Rejected { .. } | TrainFate::Withdrawn => REJECTED,
        TrainFate::Overtaken => OVERTAKEN,
        TrainFate::UnderWay => UNDER_WAY,
        TrainFate::GivenUp => QUIET,
    }
}

/// The chart.
#[must_use]
pub fn picture(told: &Told, diagram: &Diagram) -> Picture {
    let track = Track::new(told);
    let bottom = track.bottom();
    let title = format!("Trains of {}, {}", told.stations.strategy.name, told.span.words(&told.dates));
    let subtitle = format!(
        "{}: revisions from merge to the last wave; trial {}, seed {}, model {}, plan {}",
        told.plan.name,
        told.trial,
        told.plan.study.seed,
        crate::MODEL_VERSION,
        told.plan.digest()
    );
    let note = "Steep is fast, level is waiting. In a wave the upper half is deployment, the lower one the bake. Numbers are \
                revisions, +n the changes that are new in production. Days are UTC.";
    let frame = Frame {
        id: "trains".to_owned(),
        title: title,
        subtitle: subtitle,
        notes: vec![note.to_owned()],
        provenance: String::new(),
        ..Frame::default()
    };
    frame.picture(bottom + 104 - 100, |canvas, _| {
        legend(canvas);
        track.ground(canvas);
        track.blocks(canvas, &diagram.blocked);
        let within: Vec<&Train> = diagram.trains.iter().filter(|train| train.is_within(told.span)).collect();
        // What is telling lies on top.
        for is_telling in [false, true] {
            for train in within.iter().filter(|train| train.is_telling() == is_telling) {
                track.train(canvas, train);
            }
        }
        track.merges(canvas, &diagram.merges);
        track.names(canvas, &within);
    })
}

/// Where places and instants are in the picture.
struct Track<'t> {
    told: &'t Told<'t>,
    x: Axis,
    /// Upper edge of each place, and the lower edge of the last.
    edges: Vec<i32>,
}

impl<'t> Track<'t> {
    fn new(told: &'t Told<'t>) -> Self {
        let stations = told.stations;
        let waves = stations.places() - stations.stages() - 1;
        let wave = (WAVES / waves.max(1) as i32).clamp(WAVE.0, WAVE.1);
        let mut edges = vec![TOP];
        for place in 0..stations.places() {
            let height = match stations.wave(place) {
                Some(_) => wave,
                None if place == stations.stages() => ENTRY,
                None => STAGE,
            };
            edges.push(edges[place] + height);
        }
        let span = told.span;
        Self { told, x: Axis::linear(span.from_ms as f64, span.to_ms as f64, LEFT, RIGHT), edges }
    }

    fn bottom(&self) -> i32 {
        self.edges[self.edges.len() - 1]
    }

    fn at(&self, ms: u64) -> i32 {
        self.x.at(ms as f64)
    }

    /// Closed windows, days, and the names of places.
    fn ground(&self, canvas: &mut Canvas) {
        let stations = self.told.stations;
        for place in 0..stations.places() {
            for closed in stations.closed(place, self.told.span) {
                let (top, bottom) = (self.edges[place], self.edges[place + 1]);
                canvas.rect((self.at(closed.from_ms), top), (self.at(closed.to_ms), bottom), CLOSED, 1.0);
            }
        }
        self.time(canvas);
        for place in 0..stations.places() {
            let (top, bottom) = (self.edges[place], self.edges[place + 1]);
            canvas.line(&[(30, top), (RIGHT, top)], Ink::Grid, 1);
            let name = elide(stations.name(place), 27);
            let ink = if place == stations.stages() { Ink::Muted } else { Ink::Text };
            canvas.text((LEFT - 12, (top + bottom) / 2 + 4), &name, Font::new(SMALL).ending(), ink);
        }
        canvas.line(&[(30, TOP), (RIGHT, TOP)], Ink::Axis, 1);
        canvas.line(&[(30, self.bottom()), (RIGHT, self.bottom())], Ink::Axis, 1);
        canvas.text((LEFT - 12, TOP - 8), "merged", Font::new(SMALL).ending(), Ink::Muted);
        canvas.text((LEFT - 12, self.bottom() + 16), "delivered", Font::new(SMALL).ending(), Ink::Muted);
    }

    /// Days, or the hours of a short time.
    fn time(&self, canvas: &mut Canvas) {
        let (dates, span) = (self.told.dates, self.told.span);
        let pixels =
            |ms: u64| (f64::from(RIGHT - LEFT) * ms as f64 / (span.to_ms - span.from_ms) as f64) as i32;
        let steps = if span.is_short() { [1, 2, 3, 6].map(|hours| hours * HOUR_MS) } else { [DAY_MS; 4] };
        let step = steps.into_iter().find(|step| pixels(*step) >= 50).unwrap_or(steps[3]);
        let wide = pixels(step);
        for at in (span.from_ms.div_ceil(step) * step..span.to_ms).step_by(step as usize) {
            let (x, is_monday) = (self.at(at), dates.is_monday(at / DAY_MS));
            let ink = if is_monday && step == DAY_MS { Ink::Axis } else { Ink::Grid };
            canvas.line(&[(x, TOP), (x, self.bottom())], ink, 1);
            let (centre, words) = match step {
                DAY_MS if wide > 74 => (x + wide / 2, dates.day(at / DAY_MS)),
                DAY_MS if wide > 44 || is_monday => (x + wide / 2, dates.short_day(at / DAY_MS)),
                DAY_MS => continue,
                _ => (x, clock(at)),
            };
            canvas.text((centre, self.bottom() + 40), &words, Font::new(SMALL).centered(), Ink::Text);
        }
    }

    fn blocks(&self, canvas: &mut Canvas, blocked: &[TimeSpan]) {
        let span = self.told.span;
        for block in blocked.iter().filter(|block| block.from_ms < span.to_ms && block.to_ms > span.from_ms) {
            let (from, to) = (self.at(block.from_ms), self.at(block.to_ms));
            canvas.rect((from, TOP - 26), (to.max(from + 2), TOP - 18), Ink::Vermillion, 0.55);
        }
    }

    /// A tick a merge, red where it brings a defect.
    fn merges(&self, canvas: &mut Canvas, merges: &[(u64, bool)]) {
        for (at, is_bad) in merges.iter().filter(|(at, _)| self.told.span.has(*at)) {
            let x = self.at(*at);
            if *is_bad {
                canvas.marker((x, TOP - 8), Shape::Triangle, 4, Ink::Vermillion, true);
            } else {
                canvas.line(&[(x, TOP - 12), (x, TOP - 4)], Ink::Muted, 1);
            }
        }
    }

    /// From where to where a leg goes: level where it waits, down where it gets on, up where it is taken back. Who waits for
    /// production is at the door of the first wave.
    fn ends(&self, train: &Train, leg: &Leg) -> (i32, i32) {
        let (top, bottom) = (self.edges[leg.place], self.edges[leg.place + 1]);
        let middle = (top + bottom) / 2;
        match leg.doing {
            Doing::Wait if leg.place == self.told.stations.stages() => (bottom, bottom),
            Doing::Wait => (top, top),
            Doing::Run => (top, bottom),
            Doing::Held => (bottom, bottom),
            Doing::Deploy if is_all_of_its_wave(train, leg) => (top, bottom),
            Doing::Deploy => (top, middle),
            Doing::Bake => (middle, bottom),
            Doing::Back => (middle, self.edges[self.told.stations.stages() + 1]),
        }
    }

    /// Pixel of `at` on a leg.
    fn point(&self, train: &Train, leg: &Leg, at: u64) -> Point {
        let (from, to) = self.ends(train, leg);
        let share = (at - leg.from_ms) as f64 / (leg.to_ms - leg.from_ms) as f64;
        (self.at(at), from + (share * f64::from(to - from)).round() as i32)
    }

    fn train(&self, canvas: &mut Canvas, train: &Train) {
        let (color, width) = if train.is_telling() { (ink(train.fate), 2) } else { (QUIET, 1) };
        let span = self.told.span;
        let mut last: Option<(u64, Point)> = None;
        for leg in train.legs.iter().filter(|leg| leg.to_ms > span.from_ms && leg.from_ms < span.to_ms) {
            let from = self.point(train, leg, leg.from_ms.max(span.from_ms));
            let to = self.point(train, leg, leg.to_ms.min(span.to_ms));
            // Passing on takes no time.
            if let Some((_, before)) = last.filter(|(at, _)| *at == leg.from_ms && leg.doing != Doing::Back) {
                canvas.line(&[before, from], color, 1);
            }
            last = Some((leg.to_ms, to));
            match leg.doing {
                Doing::Back => canvas.dashed(&[from, to], color, 1, &[3.0, 3.0]),
                Doing::Wait | Doing::Held => canvas.line(&[from, to], color, 1),
                Doing::Run | Doing::Deploy | Doing::Bake => canvas.line(&[from, to], color, width),
            }
        }
        let Some(at) = self.end(train) else { return };
        match train.fate {
            TrainFate::Delivered => canvas.marker(at, Shape::Circle, 3, color, true),
            TrainFate::TakenBack | TrainFate::Rejected { .. } => {
                canvas.marker(at, Shape::Cross, 5, color, true)
            }
            TrainFate::Overtaken | TrainFate::Withdrawn => canvas.marker(at, Shape::Diamond, 3, color, true),
            TrainFate::GivenUp => canvas.marker(at, Shape::Circle, 2, color, false),
            TrainFate::UnderWay => {}
        }
    }

    /// Where its fate was sealed, if that is in the picture.
    fn end(&self, train: &Train) -> Option<Point> {
        let at = train.stopped_ms.unwrap_or(train.end_ms);
        let leg = train.legs.iter().rfind(|leg| leg.from_ms < at && leg.to_ms >= at)?;
        (self.told.span.has(at) && train.fate != TrainFate::UnderWay).then(|| self.point(train, leg, at))
    }

    /// Numbers of the telling ones at their ends: under the last wave as far as they find room, elsewhere all of them.
    fn names(&self, canvas: &mut Canvas, trains: &[&Train]) {
        let font = Font::new(SMALL);
        let words = |train: &Train| match train.changes {
            0 => train.revision.to_string(),
            changes => format!("{} +{changes}", train.revision),
        };
        let ends = trains.iter().filter(|train| train.is_telling());
        let ends: Vec<(&Train, Point)> = ends.filter_map(|train| Some((*train, self.end(train)?))).collect();
        let (mut delivered, elsewhere): (Vec<_>, Vec<_>) =
            ends.into_iter().partition(|(train, _)| train.fate == TrainFate::Delivered);
        delivered.sort_by_key(|(_, at)| at.0);
        let mut taken = LEFT - 4;
        for (train, at) in delivered {
            let half = font.width(&words(train)) / 2;
            if at.0 - half > taken {
                canvas.text((at.0, self.bottom() + 17), &words(train), font.centered(), ink(train.fate));
                taken = at.0 + half + 6;
            }
        }
        let wanted: Vec<(Point, i32, i32)> =
            elsewhere.iter().map(|(train, at)| (*at, font.width(&words(train)), 14)).collect();
        let marks: Vec<Obstacle> =
            elsewhere.iter().map(|(_, (x, y))| (Area(x - 7, y - 7, x + 7, y + 7), 8)).collect();
        let bounds = Area(LEFT, TOP, RIGHT + 30, self.bottom() - 4);
        for ((train, _), corner) in elsewhere.iter().zip(place(&wanted, bounds, &marks)) {
            let width = font.width(&words(train));
            canvas.rect((corner.0 - 1, corner.1), (corner.0 + width + 1, corner.1 + 14), Ink::Paper, 0.75);
            canvas.text((corner.0, corner.1 + 11), &words(train), font, ink(train.fate));
        }
    }
}

/// Whether a train went on from a wave without a bake.
fn is_all_of_its_wave(train: &Train, leg: &Leg) -> bool {
    let others = || train.legs.iter().filter(|other| other.from_ms >= leg.to_ms);
    let bakes = others().any(|other| other.place == leg.place && other.doing == Doing::Bake);
    !bakes && (train.fate == TrainFate::Delivered || others().any(|other| other.place > leg.place))
}

fn legend(canvas: &mut Canvas) {
    let y = 88;
    let mut legend = Legend { left: 30, y, indent: 30, gap: 16 };
    let entries = [
        ("delivered", Ink::Blue, Some(Shape::Circle)),
        ("taken back", Ink::Vermillion, Some(Shape::Cross)),
        ("a stage said no, withdrawn", REJECTED, Some(Shape::Cross)),
        ("under way", UNDER_WAY, None),
        ("overtaken", OVERTAKEN, Some(Shape::Diamond)),
        ("a newer one carries on", QUIET, None),
        ("bad change", Ink::Paper, Some(Shape::Triangle)),
    ];
    for (words, color, shape) in entries {
        legend.entry(canvas, words, |canvas, x| {
            canvas.line(&[(x, y - 4), (x + 22, y - 4)], color, 2);
            if let Some(shape) = shape {
                let color = if shape == Shape::Triangle { Ink::Vermillion } else { color };
                canvas.marker((x + 12, y - 4), shape, 4, color, true);
            }
        });
    }
    legend.entry(canvas, "blocked", |canvas, x| canvas.rect((x, y - 9), (x + 22, y), Ink::Vermillion, 0.55));
    canvas.line(&[(30, y + 12), (RIGHT, y + 12)], Ink::Grid, 1);
}
