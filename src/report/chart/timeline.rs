//! One rollout as a timeline: zones, regions or waves over time, with harm as a height, onset, alarm and rollback; or a few
//! rollouts under each other on one axis.
//!
//! If the incident is a small part of the rollout, a second panel shows it enlarged.

use super::canvas::{Canvas, Font, Point};
use super::labels::Area;
pub use super::lanes::PlayedTrial;
use super::lanes::{Lane, LaneFrame, LanePhase};
use super::legend::{self, LegendSign};
use super::scale::Axis;
use super::theme::Ink;
use super::{BODY, SMALL, WIDTH, of_trial};
use super::{Frame, Picture};
use crate::outcome::{Ending, Outcome};
use crate::plan::Plan;
use crate::report::fleet_film::acts;
use crate::report::text;
use crate::report::timeline::history::{PlaceHistory, RolloutHistory, WaveHistory};
use crate::rollout::replay;
use crate::study::Summary;
use crate::study::reading::{TellingReason, TellingTrial};

const LEFT: i32 = 220;
const RIGHT: i32 = WIDTH - 130;
/// More zones than this are drawn region by region.
const MOST_ZONES: usize = 40;
/// The same for the enlarged incident.
const MOST_ZONES_ENLARGED: usize = 14;
/// Height of the lane of a place, and of a wave.
const PLACE: i32 = 20;
const WAVE: i32 = 34;
/// Height of the strip of waves, of the numbers above it, and of a line of markers.
const STRIP: i32 = 26;
const NUMBERS: i32 = 15;
const MARK_LINE: i32 = 18;
/// Room for the heading of a panel.
const HEADING: i32 = 30;
/// Room under a panel for its axis, and without one.
const AXIS: i32 = 74;
const GAP: i32 = 22;
/// An incident shorter than this share of the rollout is enlarged.
const SMALL_SHARE: f64 = 0.25;

/// A moment worth a vertical line.
struct Marker {
    at_ms: u64,
    words: String,
    color: Ink,
}

/// The chart of one trial, place by place.
#[must_use]
pub fn picture(played: &PlayedTrial) -> Picture {
    let end_ms = played.end_ms();
    let lanes = played.by_place(MOST_ZONES, false);
    let whole = DrawnSpan { from_ms: 0, to_ms: end_ms, origin_ms: 0 };
    let mut panels = vec![Panel::new(played, lanes, whole, PLACE, true)];
    panels.extend(enlarged(played));
    let notes = vec![untouched(played.plan, &played.history.zones), key(&panels)];
    let frame = Frame {
        id: "timeline".to_owned(),
        title: format!("{}: {}", played.name(), story(played.plan, played.outcome)),
        subtitle: format!(
            "Trial {}. Upper half of a lane: what the place does. Lower half, red: its impaired hosts, all of them at full \
             height; most at once on the right.",
            played.trial
        ),
        notes: notes.into_iter().filter(|note| !note.is_empty()).collect(),
        provenance: provenance(played.plan),
        description: described(played),
    };
    drawn(frame, &panels)
}

/// The trials of a study that tell most, under each other on one axis.
#[must_use]
pub fn of_study(plan: &Plan, summary: &Summary) -> Picture {
    let telling = summary.telling_trials();
    let replayed: Vec<_> =
        telling.iter().map(|telling| replay(plan, telling.strategy, telling.trial)).collect();
    let played: Vec<(TellingReason, PlayedTrial)> = telling
        .iter()
        .zip(&replayed)
        .map(|(TellingTrial { strategy, trial, reason }, (outcome, records))| {
            (*reason, PlayedTrial::new(plan, *strategy, *trial, outcome, records))
        })
        .collect();
    match played.as_slice() {
        [(_, only)] => picture(only),
        several => side_by_side(several),
    }
}

/// Several trials of one plan, each with why it is there, wave by wave on one axis.
#[must_use]
pub fn side_by_side(played: &[(TellingReason, PlayedTrial)]) -> Picture {
    let end_ms = played.iter().map(|(_, played)| played.end_ms()).max().unwrap_or(1);
    let whole = DrawnSpan { from_ms: 0, to_ms: end_ms, origin_ms: 0 };
    let mut panels: Vec<Panel> = played
        .iter()
        .map(|(reason, played)| Panel {
            heading: Some(heading(*reason, played)),
            has_axis: false,
            ..Panel::new(played, played.by_wave(), whole, WAVE, false)
        })
        .collect();
    if let Some(last) = panels.last_mut() {
        last.has_axis = true;
    }
    let plan = played.first().map(|(_, played)| played.plan);
    let said: Vec<String> = played.iter().map(|(_, played)| described(played)).collect();
    let frame = Frame {
        id: "timeline".to_owned(),
        title: compared(played),
        subtitle: "A lane a wave, all on one axis. Upper half: what the wave does. Lower half, red: its impaired hosts, all of \
                   them at full height; most at once on the right. A lane ends where the trial is observed no longer."
            .to_owned(),
        notes: Vec::new(),
        provenance: plan.map_or(String::new(), provenance),
        description: said.join(" "),
    };
    drawn(frame, &panels)
}

/// What the worst change of the baseline does, and what it does under the other strategy.
fn compared(played: &[(TellingReason, PlayedTrial)]) -> String {
    let of = |reason| played.iter().find(|(own, _)| *own == reason).map(|(_, played)| played);
    let harm = |played: &PlayedTrial| text::host_minutes(played.outcome.impaired_host_ms as f64);
    // What is not proved of the strategies is not suggested by one change.
    match (of(TellingReason::Worst), of(TellingReason::Safer), of(TellingReason::Caught)) {
        (Some(worst), Some(other), _) => format!(
            "The change that hurts {} most, {} impaired host-minutes, costs {} with {}",
            worst.name(),
            harm(worst),
            harm(other),
            other.name()
        ),
        (Some(worst), None, Some(caught)) => format!(
            "{} catches one bad change after {} impaired host-minutes; its worst costs {}",
            worst.name(),
            harm(caught),
            harm(worst)
        ),
        (Some(worst), None, None) => {
            format!("The change that hurts {} most costs {} impaired host-minutes", worst.name(), harm(worst))
        }
        (None, ..) => "Rollouts side by side".to_owned(),
    }
}

fn heading(reason: TellingReason, played: &PlayedTrial) -> String {
    let why = match reason {
        TellingReason::Caught => "Caught",
        TellingReason::Worst => "Its worst",
        TellingReason::Safer | TellingReason::Candidate => "The same change",
        TellingReason::First => "The first",
    };
    let story = story(played.plan, played.outcome);
    format!("{why}: {}, trial {}: {story}", played.name(), played.trial)
}

fn provenance(plan: &Plan) -> String {
    format!("{}. Times are simulated.", of_trial(plan))
}

/// The rollout in words.
fn described(played: &PlayedTrial) -> String {
    let marks = marks(played.plan, played.outcome, &played.history);
    let said: Vec<&str> = marks.iter().map(|mark| mark.words.as_str()).collect();
    let story = story(played.plan, played.outcome);
    format!("{}, trial {}: {story}. {}.", played.name(), played.trial, said.join("; "))
}

/// Puts panels under each other.
fn drawn(frame: Frame, panels: &[Panel]) -> Picture {
    let signs = signs(panels);
    let head = legend::height(&signs, 30, WIDTH - 30) + 10;
    let height = head + panels.iter().map(Panel::height).sum::<i32>();
    frame.picture(height, |canvas, area| {
        legend::draw(canvas, Area(area.0, area.1, area.2, area.1 + head), &signs);
        let mut top = area.1 + head;
        for panel in panels {
            panel.draw(canvas, top);
            top += panel.height();
        }
    })
}

/// Every sign that occurs.
fn signs(panels: &[Panel]) -> Vec<LegendSign<'static>> {
    let lanes = || panels.iter().flat_map(|panel| &panel.lanes);
    let occurs = |phase: LanePhase| {
        let in_lanes = lanes().any(|lane| lane.phases.iter().any(|(.., what)| *what == phase));
        in_lanes || panels.iter().any(|panel| panel.strip_shows(phase))
    };
    let mut signs: Vec<LegendSign> = LanePhase::ALL
        .into_iter()
        .filter(|phase| occurs(*phase))
        .map(|phase| {
            LegendSign::new(phase.words(), move |canvas, (x, y)| {
                phase.fill(canvas, (x, y - 6), (x + LegendSign::WIDTH, y + 6))
            })
        })
        .collect();
    if lanes().any(|lane| lane.most() > 0) {
        signs.push(LegendSign::new("impaired hosts, as a height", |canvas, (x, y)| {
            canvas.rect((x, y - 1), (x + 15, y + 7), Ink::Harm, 1.0);
            canvas.rect((x + 15, y - 7), (x + LegendSign::WIDTH, y + 7), Ink::Harm, 1.0);
        }));
    }
    signs
}

fn untouched(plan: &Plan, by_zone: &[PlaceHistory]) -> String {
    match plan.fleet.zones.len() - by_zone.len() {
        0 => "The rollout reached every zone.".to_owned(),
        untouched => {
            let all = text::counted(plan.fleet.zones.len() as u64, "zone");
            format!("{untouched} of {all} never saw the new version.")
        }
    }
}

fn story(plan: &Plan, outcome: &Outcome) -> String {
    let defect = outcome.defect.map_or("good change", |index| plan.change.defects[index].name.as_str());
    let what = match outcome.ending {
        Ending::Completed => "completed",
        Ending::Escaped => "escaped to every host",
        Ending::Caught => "caught and stopped",
        Ending::Recalled => "recalled after it had reached every host",
        Ending::Grounded => "grounded before it reached every host",
        Ending::FalseRollback => "rolled back by a false alarm",
    };
    match (outcome.impaired_host_ms, outcome.has_defect()) {
        (0, true) => return format!("{defect}, {what}, no host impaired as long as it was observed"),
        (0, false) => return format!("{defect}, {what}"),
        _ => {}
    }
    format!(
        "{defect}, {what}, {} impaired host-minutes, at most {} in {} at once",
        text::host_minutes(outcome.impaired_host_ms as f64),
        text::counted(outcome.peak_impaired_hosts, "host"),
        text::counted(u64::from(outcome.peak_impaired_regions), "region")
    )
}

fn marks(plan: &Plan, outcome: &Outcome, history: &RolloutHistory) -> Vec<Marker> {
    let alarm = outcome.notice.map_or("alarm".to_owned(), |notice| plan.name_of(notice));
    let alarm = alarm.as_str();
    let since = |at: u64| match outcome.onset_ms {
        Some(onset) if at > onset => format!("{} later", text::duration((at - onset) as f64)),
        _ => format!("after {}", text::duration(at as f64)),
    };
    // A stop that rolls nothing back is told as what it is, and people who act stop the pipeline without a word.
    let stopped = if history.halted_ms.is_some() { "the pipeline stops" } else { "rollback begins" };
    let moments = [
        (history.triggers.first().map(|first| first[0].at_ms), "triggered", Ink::Purple),
        (outcome.onset_ms, "first host impaired", Ink::Harm),
        (outcome.alarm_ms, alarm, Ink::Text),
        (history.halted_ms.or(history.decided_ms), stopped, Ink::Orange),
        (
            history.remedy.map(|(at_ms, _)| at_ms),
            history.remedy.map_or("", |(_, remedy)| acts(remedy)),
            Ink::Blue,
        ),
        (outcome.mitigated_ms, "all hosts healed", Ink::Good),
        (outcome.to_100_ms, "every host updated", Ink::Blue),
    ];
    let mut marks: Vec<Marker> = moments
        .into_iter()
        .filter_map(|(at, words, color)| {
            let at_ms = at?;
            let fired = words == alarm && outcome.notice.is_some_and(|notice| notice.alarm().is_some());
            let words = if fired { format!("alarm {alarm}") } else { words.to_owned() };
            Some(Marker { at_ms, words: format!("{words}, {}", since(at_ms)), color })
        })
        .collect();
    marks.sort_by_key(|mark| mark.at_ms);
    marks
}

/// The incident on its own, if there was one and the whole timeline would hide it.
fn enlarged<'p>(played: &'p PlayedTrial<'p>) -> Option<Panel<'p>> {
    let end_ms = played.end_ms();
    let (from_ms, healed_ms) = played.harmed_ms()?;
    let over_ms = healed_ms.max(played.outcome.rollback_ms.unwrap_or(0));
    let length = over_ms.saturating_sub(from_ms).max(1);
    if length as f64 > end_ms as f64 * SMALL_SHARE {
        return None;
    }
    let pad = length / 8 + 1;
    let span = DrawnSpan {
        from_ms: from_ms.saturating_sub(pad),
        to_ms: (over_ms + pad).min(end_ms.max(over_ms + 1)),
        origin_ms: from_ms,
    };
    let lanes = played.by_place(MOST_ZONES_ENLARGED, true);
    let heading = Some("The incident enlarged, where hosts were impaired".to_owned());
    Some(Panel { heading, ..Panel::new(played, lanes, span, PLACE, true) })
}

/// The names of waves that have only a number in the strip of some panel.
fn key(panels: &[Panel]) -> String {
    let Some(first) = panels.first() else { return String::new() };
    let is_numbered = |name: &str, wave: &WaveHistory| {
        panels.iter().any(|panel| {
            let (x, span) = (panel.span.axis(), panel.span);
            let is_drawn = wave.to_ms > span.from_ms && wave.from_ms < span.to_ms;
            is_drawn && place_of(name, wave, &|ms| x.at(span.shifted(ms))).is_none()
        })
    };
    let waves = (1..).zip(first.played.waves());
    let numbered = waves.filter(|(_, (name, wave))| is_numbered(name, wave));
    let numbered: Vec<String> = numbered.map(|(number, (name, _))| format!("{number} {name}")).collect();
    if numbered.is_empty() { String::new() } else { format!("Waves: {}.", numbered.join(", ")) }
}

/// Where the name of a wave finds room in the strip: the pixel it begins at, and what it stands on.
fn place_of(name: &str, wave: &WaveHistory, at: &dyn Fn(u64) -> i32) -> Option<(i32, Ink)> {
    let (from, bake, to) = (at(wave.from_ms), at(wave.bake_ms), at(wave.to_ms));
    let width = Font::new(SMALL).width(name);
    if width + 10 < bake - from {
        Some((from + 5, Ink::Deploy))
    } else if width + 12 < to - bake {
        Some((bake + 6, Ink::Bake))
    } else {
        None
    }
}

/// From when to when, and which instant the axis calls 0.
#[derive(Debug, Clone, Copy)]
struct DrawnSpan {
    from_ms: u64,
    to_ms: u64,
    origin_ms: u64,
}

impl DrawnSpan {
    fn shifted(self, ms: u64) -> f64 {
        ms as f64 - self.origin_ms as f64
    }

    fn axis(self) -> Axis {
        Axis::linear(self.shifted(self.from_ms), self.shifted(self.to_ms), LEFT, RIGHT)
    }
}

/// One time axis with its lanes.
struct Panel<'p> {
    played: &'p PlayedTrial<'p>,
    lanes: Vec<Lane>,
    span: DrawnSpan,
    marks: Vec<Marker>,
    heading: Option<String>,
    /// Height of a lane.
    lane: i32,
    has_strip: bool,
    has_axis: bool,
}

impl<'p> Panel<'p> {
    fn new(
        played: &'p PlayedTrial<'p>,
        lanes: Vec<Lane>,
        span: DrawnSpan,
        lane: i32,
        has_strip: bool,
    ) -> Self {
        let mut marks = marks(played.plan, played.outcome, &played.history);
        marks.retain(|mark| (span.from_ms..=span.to_ms).contains(&mark.at_ms));
        Self { played, lanes, span, marks, heading: None, lane, has_strip, has_axis: true }
    }

    /// Pixels above the lanes: a heading, one line a marker, the strip of waves.
    fn head(&self) -> i32 {
        let heading =
            self.heading_lines().len() as i32 * 20 + if self.heading.is_some() { HEADING - 20 } else { 0 };
        let strip = if self.has_strip { NUMBERS + STRIP } else { 4 };
        heading + MARK_LINE * self.marks.len() as i32 + strip
    }

    fn heading_lines(&self) -> Vec<String> {
        let heading = self.heading.as_deref().unwrap_or_default();
        Font::new(BODY).bold().wrapped(heading, WIDTH - 60)
    }

    fn height(&self) -> i32 {
        let below = if self.has_axis { AXIS } else { GAP };
        self.head() + self.lane * self.lanes.len() as i32 + below
    }

    fn strip_shows(&self, phase: LanePhase) -> bool {
        let waves = self.played.waves();
        let waits = || waves.windows(2).any(|pair| pair[1].1.from_ms > pair[0].1.to_ms);
        self.has_strip && phase == LanePhase::Waiting && waits()
    }

    fn draw(&self, canvas: &mut Canvas, top: i32) {
        let x = self.span.axis();
        let at = |ms: u64| x.at(self.span.shifted(ms));
        let rows = top + self.head();
        let bottom = rows + self.lane * self.lanes.len() as i32;
        for (line, words) in (0..).zip(self.heading_lines()) {
            canvas.text((30, top + 16 + 20 * line), &words, Font::new(BODY).bold(), Ink::Text);
        }
        self.grid(canvas, &x, rows, bottom);
        if self.has_strip {
            self.strip(canvas, rows - STRIP, &at);
        }
        // Nobody looks on after the trial's own end, however long the others of the picture are.
        let to_ms = self.span.to_ms.min(self.played.end_ms());
        let frame = LaneFrame { left: LEFT, right: RIGHT, height: self.lane, to_ms };
        for (index, lane) in self.lanes.iter().enumerate() {
            let y = rows + self.lane * index as i32;
            let above = index.checked_sub(1).map(|above| self.lanes[above].region);
            if lane.region.is_none() || above != Some(lane.region) {
                canvas.line(&[(30, y), (RIGHT, y)], Ink::Grid, 1);
            }
            lane.draw(canvas, y, frame, &at);
        }
        canvas.line(&[(LEFT, bottom), (RIGHT, bottom)], Ink::Axis, 1);
        self.draw_marks(canvas, rows, bottom, &at);
    }

    /// Ticks with the time since the start, and the time of the day under it.
    fn grid(&self, canvas: &mut Canvas, x: &Axis, rows: i32, bottom: i32) {
        let ticks = x.time_ticks(84);
        for (pixel, _) in &ticks {
            canvas.line(&[(*pixel, rows), (*pixel, bottom)], Ink::Grid, 1);
        }
        if !self.has_axis {
            return;
        }
        for (pixel, label) in ticks {
            canvas.text((pixel, bottom + 19), &label, Font::new(SMALL).centered(), Ink::Text);
        }
        let origin =
            if self.span.origin_ms == 0 { "the start of the rollout" } else { "the first impaired host" };
        let mut words = format!("time since {origin}, linear scale");
        if let Some(start_ms) = self.played.film.start_utc_ms {
            let zero = start_ms + self.span.origin_ms;
            let of_day = |ms: f64| text::time_of_day((zero as f64 + ms).max(0.0) as u64);
            for (pixel, label) in x.time_ticks_said(84, of_day) {
                canvas.text((pixel, bottom + 35), &label, Font::new(SMALL).centered(), Ink::Muted);
            }
            words += "; below it the time of the day, UTC";
        }
        canvas.text(((LEFT + RIGHT) / 2, bottom + 55), &words, Font::new(SMALL).bold().centered(), Ink::Text);
    }

    /// The waves: deployment, bake, and waiting between them; names, or their numbers where those find no room.
    fn strip(&self, canvas: &mut Canvas, y: i32, at: &dyn Fn(u64) -> i32) {
        canvas.text((LEFT - 10, y + 16), "waves", Font::new(SMALL).ending(), Ink::Muted);
        let font = Font::new(SMALL);
        let (mut numbers_end, mut before_ms) = (LEFT, None);
        for (number, (name, wave)) in (1..).zip(self.played.waves()) {
            if let Some(before) = before_ms.filter(|before| *before < wave.from_ms) {
                self.phase(canvas, LanePhase::Waiting, (before, wave.from_ms), (y + 8, y + 15), at);
            }
            before_ms = Some(wave.to_ms);
            if wave.to_ms <= self.span.from_ms || wave.from_ms >= self.span.to_ms {
                continue;
            }
            self.phase(canvas, LanePhase::Deploying, (wave.from_ms, wave.bake_ms), (y + 4, y + 19), at);
            self.phase(canvas, LanePhase::Baking, (wave.bake_ms, wave.to_ms), (y + 4, y + 19), at);
            let (from, to) = (at(wave.from_ms), at(wave.to_ms));
            canvas.line(&[(from, y + 2), (from, y + 21)], Ink::Text, 1);
            if let Some((left, ground)) = place_of(name, wave, at) {
                // A texture under letters is hard on the eye.
                canvas.rect((left - 3, y + 5), (left + 3 + font.width(name), y + 18), ground, 1.0);
                canvas.text((left, y + 16), name, font, ground.letters());
                continue;
            }
            let number = number.to_string();
            let (middle, half) = ((from + to) / 2, font.width(&number) / 2 + 1);
            let centre = middle.max(numbers_end + half + 2);
            if centre + half < WIDTH - 30 {
                canvas.text((centre, y - 1), &number, font.centered(), Ink::Muted);
                numbers_end = centre + half + 2;
            }
        }
    }

    fn phase(
        &self,
        canvas: &mut Canvas,
        phase: LanePhase,
        (from_ms, to_ms): (u64, u64),
        (top, bottom): Point,
        at: &dyn Fn(u64) -> i32,
    ) {
        let (from, to) = (at(from_ms), at(to_ms));
        if to > from {
            phase.fill(canvas, (from, top), (to, bottom));
        }
    }

    /// One line of text per marker, so that markers minutes apart in a rollout of days stay readable.
    fn draw_marks(&self, canvas: &mut Canvas, rows: i32, bottom: i32, at: &dyn Fn(u64) -> i32) {
        let font = Font::new(SMALL).bold();
        let fits_right = |mark: &&Marker| at(mark.at_ms) + 8 + font.width(&mark.words) < WIDTH - 14;
        // Words right of their line go from early to late, words left of it from late to early: so
        // hardly any line crosses words.
        let (right, left): (Vec<&Marker>, Vec<&Marker>) = self.marks.iter().partition(fits_right);
        let lines: Vec<(&Marker, bool)> =
            right.into_iter().map(|m| (m, true)).chain(left.into_iter().rev().map(|m| (m, false))).collect();
        let strip = if self.has_strip { NUMBERS + STRIP } else { 4 };
        let first = rows - strip - MARK_LINE * lines.len() as i32;
        let level = |index: usize| first + MARK_LINE * index as i32 + 10;
        for (index, (mark, _)) in lines.iter().enumerate() {
            let x = at(mark.at_ms);
            canvas.dashed(&[(x, level(index)), (x, bottom)], mark.color, 1, &[4.0, 3.0]);
        }
        for (index, (mark, is_right)) in lines.iter().enumerate() {
            let (x, y, width) = (at(mark.at_ms), level(index), font.width(&mark.words));
            let (tick, from, words, set) = if *is_right {
                (x + 5, x + 6, x + 8, font)
            } else {
                (x - 5, x - 10 - width, x - 8, font.ending())
            };
            canvas.rect((from, y - 8), (from + width + 4, y + 9), Ink::Paper, 0.9);
            canvas.line(&[(x, y), (tick, y)], mark.color, 2);
            canvas.text((words, y + 4), &mark.words, set, mark.color);
        }
    }
}

#[cfg(test)]
#[path = "tests/timeline.rs"]
mod tests;
