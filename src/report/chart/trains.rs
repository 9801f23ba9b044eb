//! A trial as a train schedule: time to the right, stages and waves downwards, a line a revision.
//!
//! After Marey's diagram of the trains from Paris to Lyon (1885): steep is fast, level is waiting. A part of the
//! trial is drawn, so that every line can be followed.

use super::canvas::{Canvas, Font, Point, Shape};
use super::labels::{Area, Obstacle, place};
use super::legend::{self, LegendSign};
use super::pen::{Mark, Texture};
use super::scale::Axis;
use super::theme::Ink;
use super::{Frame, Picture};
use super::{SMALL, WIDTH, of_trial};
use crate::report::dates::clock;
use crate::report::document::elide;
use crate::report::text;
use crate::report::trains::text::Told;
use crate::report::trains::{DAY_MS, Diagram, Doing, HOUR_MS, Leg, TimeSpan, Train, TrainFate};

const LEFT: i32 = 200;
const RIGHT: i32 = WIDTH - 40;
/// Room for merges and blocks above the stages, and for days below the waves.
const ABOVE: i32 = 32;
const BELOW: i32 = 52;
/// Heights of a stage, of the wait before production, and of a wave: so many pixels, within limits, for all waves.
const STAGE: i32 = 34;
const ENTRY: i32 = 24;
const WAVES: i32 = 400;
const WAVE: (i32, i32) = (24, 84);

const BACK: &[f64] = &[3.0, 3.0];
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
    let within: Vec<&Train> = diagram.trains.iter().filter(|train| train.is_within(told.span)).collect();
    let blocked: Vec<TimeSpan> = diagram
        .blocked
        .iter()
        .copied()
        .filter(|block| block.from_ms < told.span.to_ms && block.to_ms > told.span.from_ms)
        .collect();
    let track = Track::new(told, 0);
    let signs = signs(&track, &within, diagram, &blocked);
    let head = legend::height(&signs, 30, WIDTH - 30) + 10;
    let note = "Steep is fast, level is waiting. In a wave the upper half is deployment, the lower one the bake. Numbers are \
                revisions, +n the changes that are new in production. Days are UTC, each named between its midnights.";
    let frame = Frame {
        id: "trains".to_owned(),
        title: title(told, &within),
        subtitle: format!(
            "Trial {}: every line is a revision on its way from merge to the last wave.",
            told.trial
        ),
        notes: vec![note.to_owned()],
        provenance: of_trial(told.plan),
        description: described(&within),
    };
    frame.picture(head + ABOVE + track.bottom() + BELOW, |canvas, area| {
        legend::draw(canvas, Area(30, area.1, WIDTH - 30, area.1 + head), &signs);
        let track = Track::new(told, area.1 + head + ABOVE);
        track.ground(canvas);
        track.blocks(canvas, &blocked);
        // What is telling lies on top.
        for is_telling in [false, true] {
            for train in within.iter().filter(|train| train.is_telling() == is_telling) {
                let mark = Mark { words: words(train), data: Vec::new() };
                canvas.mark(mark, |canvas| track.train(canvas, train));
            }
        }
        track.merges(canvas, &diagram.merges);
        track.names(canvas, &within);
    })
}

/// What became of a revision.
fn fated(fate: TrainFate) -> &'static str {
    match fate {
        TrainFate::Delivered => "delivered",
        TrainFate::TakenBack => "taken back",
        TrainFate::Rejected { .. } => "rejected by a stage",
        TrainFate::Withdrawn => "withdrawn",
        TrainFate::Overtaken => "overtaken",
        TrainFate::UnderWay => "under way",
        TrainFate::GivenUp => "carried on by a newer one",
    }
}

/// "Revision 12: delivered, 3 changes".
fn words(train: &Train) -> String {
    let changes = text::counted(train.changes as u64, "change");
    format!("Revision {}: {}, {changes}", train.revision, fated(train.fate))
}

/// How many revisions had each fate, those that nobody would ask about left out.
fn counted(trains: &[&Train]) -> Vec<String> {
    let fates = [
        TrainFate::Delivered,
        TrainFate::TakenBack,
        TrainFate::Rejected { place: 0 },
        TrainFate::Withdrawn,
        TrainFate::Overtaken,
        TrainFate::UnderWay,
    ];
    let count = |fate: &TrainFate| {
        let words = fated(*fate);
        let n = trains.iter().filter(|train| fated(train.fate) == words).count();
        (n > 0).then(|| format!("{n} {words}"))
    };
    fates.iter().filter_map(count).collect()
}

/// "amazon-five-waves, Mon 23 Mar to Sun 29 Mar: 9 delivered, 1 taken back, 2 under way".
fn title(told: &Told, trains: &[&Train]) -> String {
    let counted = counted(trains);
    let fates = if counted.is_empty() { "no revision on its way".to_owned() } else { counted.join(", ") };
    format!("{}, {}: {fates}", told.stations.strategy.name, told.span.words(&told.dates))
}

fn described(trains: &[&Train]) -> String {
    let telling: Vec<String> = trains.iter().filter(|t| t.is_telling()).map(|train| words(train)).collect();
    format!("Revisions from merge to the last wave. {}.", telling.join(". "))
}

/// Where places and instants are in the picture.
struct Track<'t> {
    told: &'t Told<'t>,
    x: Axis,
    /// Upper edge of each place, and the lower edge of the last.
    edges: Vec<i32>,
}

impl<'t> Track<'t> {
    /// The track below the pixel `top`.
    fn new(told: &'t Told<'t>, top: i32) -> Self {
        let stations = told.stations;
        let waves = stations.places() - stations.stages() - 1;
        let wave = (WAVES / waves.max(1) as i32).clamp(WAVE.0, WAVE.1);
        let mut edges = vec![top];
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

    /// The line of merges.
    fn top(&self) -> i32 {
        self.edges[0]
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
        canvas.line(&[(30, self.top()), (RIGHT, self.top())], Ink::Axis, 1);
        canvas.line(&[(30, self.bottom()), (RIGHT, self.bottom())], Ink::Axis, 1);
        canvas.text((LEFT - 12, self.top() - 8), "merged", Font::new(SMALL).ending(), Ink::Muted);
        canvas.text((LEFT - 12, self.bottom() + 16), "delivered", Font::new(SMALL).ending(), Ink::Muted);
    }

    /// Days, or the hours of a short time.
    fn time(&self, canvas: &mut Canvas) {
        let (dates, span) = (self.told.dates, self.told.span);
        let pixels =
            |ms: u64| (f64::from(RIGHT - LEFT) * ms as f64 / (span.to_ms - span.from_ms) as f64) as i32;
        let steps = if span.is_short() { [1, 2, 3, 6].map(|hours| hours * HOUR_MS) } else { [DAY_MS; 4] };
        let step = steps.into_iter().find(|step| pixels(*step) >= 50).unwrap_or(steps[3]);
        let font = Font::new(SMALL);
        let y = self.bottom() + 40;
        let mut taken = LEFT - 20;
        for at in (span.from_ms / step * step..span.to_ms).step_by(step as usize) {
            let (x, is_monday) = (self.at(at), dates.is_monday(at / DAY_MS));
            if at >= span.from_ms {
                let ink = if is_monday && step == DAY_MS { Ink::Axis } else { Ink::Grid };
                canvas.line(&[(x, self.top()), (x, self.bottom())], ink, 1);
            }
            if step != DAY_MS {
                let words = clock(at);
                if at >= span.from_ms && x - font.width(&words) / 2 > taken {
                    canvas.text((x, y), &words, font.centered(), Ink::Text);
                    taken = x + font.width(&words) / 2 + 8;
                }
                continue;
            }
            // A day is named in the middle of what is drawn of it.
            let (from, to) = (self.at(at.max(span.from_ms)), self.at((at + DAY_MS).min(span.to_ms)));
            let day = at / DAY_MS;
            let names = [dates.day(day), dates.short_day(day), dates.number(day)];
            let fits = |words: &&String| font.width(words) + 6 <= to - from;
            let narrow = names.last().filter(|_| is_monday);
            let Some(words) = names.iter().find(fits).or(narrow) else { continue };
            let (centre, half) = ((from + to) / 2, font.width(words) / 2);
            if centre - half > taken && centre + half < WIDTH - 10 {
                canvas.text((centre, y), words, font.centered(), Ink::Text);
                taken = centre + half;
            }
        }
    }

    fn blocks(&self, canvas: &mut Canvas, blocked: &[TimeSpan]) {
        for block in blocked {
            let (from, to) = (self.at(block.from_ms), self.at(block.to_ms));
            let corners = ((from, self.top() - 28), (to.max(from + 2), self.top() - 19));
            canvas.textured(corners.0, corners.1, Ink::Vermillion, Texture::Falling);
        }
    }

    /// A tick a merge, red where it brings a defect.
    fn merges(&self, canvas: &mut Canvas, merges: &[(u64, bool)]) {
        for (at, is_bad) in merges.iter().filter(|(at, _)| self.told.span.has(*at)) {
            let x = self.at(*at);
            if *is_bad {
                canvas.marker((x, self.top() - 8), Shape::Triangle, 4, Ink::Vermillion, true);
            } else {
                canvas.line(&[(x, self.top() - 12), (x, self.top() - 4)], Ink::Muted, 1);
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
                Doing::Back => canvas.dashed(&[from, to], color, 1, BACK),
                Doing::Wait | Doing::Held => canvas.line(&[from, to], color, 1),
                Doing::Run | Doing::Deploy | Doing::Bake => canvas.line(&[from, to], color, width),
            }
        }
        let Some(at) = self.end(train) else { return };
        match train.fate {
            TrainFate::Delivered => canvas.marker(at, Shape::Circle, 4, color, true),
            TrainFate::TakenBack | TrainFate::Rejected { .. } => {
                canvas.marker(at, Shape::Cross, 5, color, true)
            }
            TrainFate::Overtaken | TrainFate::Withdrawn => canvas.marker(at, Shape::Diamond, 4, color, true),
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
        let bounds = Area(LEFT, self.top(), RIGHT + 30, self.bottom() - 4);
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

/// Every sign that occurs.
fn signs(
    track: &Track,
    trains: &[&Train],
    diagram: &Diagram,
    blocked: &[TimeSpan],
) -> Vec<LegendSign<'static>> {
    let fates = [
        (TrainFate::Delivered, Some((Shape::Circle, 4, true))),
        (TrainFate::TakenBack, Some((Shape::Cross, 5, true))),
        (TrainFate::Rejected { place: 0 }, Some((Shape::Cross, 5, true))),
        (TrainFate::Withdrawn, Some((Shape::Diamond, 4, true))),
        (TrainFate::Overtaken, Some((Shape::Diamond, 4, true))),
        (TrainFate::UnderWay, None),
        (TrainFate::GivenUp, Some((Shape::Circle, 2, false))),
    ];
    let occurs = |fate: TrainFate| trains.iter().any(|train| fated(train.fate) == fated(fate));
    let mut signs: Vec<LegendSign> = Vec::new();
    for (fate, shape) in fates.into_iter().filter(|(fate, _)| occurs(*fate)) {
        let width = if fate == TrainFate::GivenUp { 1 } else { 2 };
        signs.push(LegendSign::new(fated(fate), move |canvas, (x, y)| {
            canvas.line(&[(x, y), (x + LegendSign::WIDTH, y)], ink(fate), width);
            if let Some((shape, radius, is_full)) = shape {
                canvas.marker((x + LegendSign::WIDTH / 2, y), shape, radius, ink(fate), is_full);
            }
        }));
    }
    let does = |doing: fn(&Doing) -> bool| {
        let is_drawn = |leg: &Leg| {
            leg.to_ms > track.told.span.from_ms && leg.from_ms < track.told.span.to_ms && doing(&leg.doing)
        };
        trains.iter().any(|train| train.legs.iter().any(is_drawn))
    };
    if does(|doing| matches!(doing, Doing::Wait | Doing::Held)) {
        signs.push(LegendSign::new("waiting (thin, level)", |canvas, (x, y)| {
            canvas.line(&[(x, y), (x + LegendSign::WIDTH, y)], Ink::Muted, 1);
        }));
    }
    if does(|doing| *doing == Doing::Back) {
        signs.push(LegendSign::new("on the way back", |canvas, (x, y)| {
            canvas.dashed(&[(x, y + 6), (x + LegendSign::WIDTH, y - 6)], ink(TrainFate::TakenBack), 1, BACK);
        }));
    }
    let merges =
        |is_bad: bool| diagram.merges.iter().any(|(at, bad)| *bad == is_bad && track.told.span.has(*at));
    if merges(false) {
        signs.push(LegendSign::new("merge", |canvas, (x, y)| {
            canvas.line(&[(x + 15, y - 5), (x + 15, y + 5)], Ink::Muted, 1);
        }));
    }
    if merges(true) {
        signs.push(LegendSign::new("merge of a bad change", |canvas, (x, y)| {
            canvas.marker((x + 15, y), Shape::Triangle, 4, Ink::Vermillion, true);
        }));
    }
    if !blocked.is_empty() {
        signs.push(LegendSign::new("blocked until the revert", |canvas, (x, y)| {
            canvas.textured((x, y - 5), (x + LegendSign::WIDTH, y + 5), Ink::Vermillion, Texture::Falling);
        }));
    }
    let stations = track.told.stations;
    if (0..stations.places()).any(|place| !stations.closed(place, track.told.span).is_empty()) {
        signs.push(LegendSign::new("window closed", |canvas, (x, y)| {
            canvas.rect((x, y - 7), (x + LegendSign::WIDTH, y + 7), CLOSED, 1.0);
            let (right, below) = (x + LegendSign::WIDTH, y + 7);
            let outline = [(x, y - 7), (right, y - 7), (right, below), (x, below), (x, y - 7)];
            canvas.line(&outline, Ink::Grid, 1);
        }));
    }
    signs
}
