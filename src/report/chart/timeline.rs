//! One rollout as a timeline: zones or regions over time, with onset, alarm and rollback.
//!
//! If the incident is a small part of the rollout, a second panel shows it enlarged.

use super::canvas::{Canvas, Font};
use super::plot::Legend;
use super::scale::Axis;
use super::theme::Ink;
use super::{BODY, SMALL, WIDTH};
use super::{Frame, Picture};
use crate::outcome::{Ending, Outcome};
use crate::plan::{Plan, Remedy};
use crate::report::document::elide;
use crate::report::text;
use crate::report::timeline::history::{PlaceHistory, PlacePhase, RolloutHistory, WaveHistory, by_region};

const LEFT: i32 = 220;
const RIGHT: i32 = WIDTH - 40;
const TOP: i32 = 116;
/// More zones than this are drawn region by region.
const MOST_ZONES: usize = 40;
/// The same for the enlarged incident.
const MOST_ZONES_ENLARGED: usize = 14;
/// Height of a row, of the wave strip, and of a line of markers.
const ROW: i32 = 18;
const STRIP: i32 = 24;
const MARK_LINE: i32 = 18;
/// Room under a panel for its axis.
const BELOW: i32 = 66;
/// An incident shorter than this share of the rollout is enlarged.
const SMALL_SHARE: f64 = 0.25;

const RED: Ink = Ink::Harm;
const BAKING: Ink = Ink::Bake;
const UPDATED: Ink = Ink::Updated;
const ROLLING_BACK: Ink = Ink::Rollback;
const WAVE: Ink = Ink::Slate;
const WAVE_BAKE: Ink = Ink::Wait;

/// A moment worth a vertical line.
struct Marker {
    at_ms: u64,
    words: String,
    color: Ink,
}

/// The chart of trial `trial` of strategy `strategy`.
#[must_use]
pub fn picture(
    plan: &Plan,
    strategy: usize,
    trial: u64,
    outcome: &Outcome,
    history: &RolloutHistory,
) -> Picture {
    let waves = &plan.strategies[strategy].waves;
    let waves: Vec<(&str, &WaveHistory)> =
        history.waves.iter().map(|wave| (waves[wave.wave as usize].name.as_str(), wave)).collect();
    let marks = marks(plan, outcome, history);
    let lanes = at_most(plan, history.zones.clone(), MOST_ZONES);
    let mut panels = vec![Panel { lanes, from_ms: 0, to_ms: history.end_ms, origin_ms: 0, title: None }];
    panels.extend(enlarged(plan, outcome, history));
    let height = TOP + panels.iter().map(|panel| panel.height(&marks)).sum::<i32>() + 34;
    let name = &plan.strategies[strategy].name;
    let title = format!("One rollout of {name}: trial {trial}");
    let story = story(plan, outcome);
    let subtitle = match format!("{}: {story}", plan.name) {
        long if Font::new(BODY).width(&long) > RIGHT - 30 => story,
        fits => fits,
    };
    let note = format!(
        "{} Trial {trial}, seed {}, model {}, plan {}. Times are simulated.",
        untouched(plan, &history.zones),
        plan.study.seed,
        crate::MODEL_VERSION,
        plan.digest()
    );
    let frame = Frame {
        id: "timeline".to_owned(),
        title: title,
        subtitle: subtitle,
        notes: vec![note],
        provenance: String::new(),
        ..Frame::default()
    };
    frame.picture(height.max(330) - 100, |canvas, _| {
        legend(canvas);
        let mut top = TOP;
        for panel in &panels {
            panel.draw(canvas, top, &marks, &waves);
            top += panel.height(&marks);
        }
    })
}

/// The zones, or their regions if there are more than `most`.
fn at_most(plan: &Plan, zones: Vec<PlaceHistory>, most: usize) -> Vec<PlaceHistory> {
    if zones.len() > most { by_region(plan, &zones) } else { zones }
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
    if outcome.impaired_host_ms == 0 {
        return format!("{defect}, {what}");
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
        (outcome.onset_ms, "first host impaired", RED),
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

/// What people do.
fn acts(remedy: Remedy) -> &'static str {
    match remedy {
        Remedy::Rollback => "people roll back",
        Remedy::KillSwitch => "people switch it off",
        Remedy::FixForward => "people fix forward",
        Remedy::Withdraw => "people withdraw it",
        Remedy::Repair => "people begin to repair",
        Remedy::Halt => "people stop it",
    }
}

/// The incident on its own, if there was one and the whole timeline would hide it.
fn enlarged(plan: &Plan, outcome: &Outcome, history: &RolloutHistory) -> Option<Panel> {
    let end = history.end_ms;
    let onset = outcome.onset_ms?;
    let over = outcome.mitigated_ms.unwrap_or(end).max(outcome.rollback_ms.unwrap_or(0));
    let length = over.saturating_sub(onset).max(1);
    if length as f64 > end as f64 * SMALL_SHARE {
        return None;
    }
    let hurt = history.zones.iter().filter(|zone| !zone.impaired.is_empty()).cloned().collect();
    let lanes = at_most(plan, hurt, MOST_ZONES_ENLARGED);
    let pad = length / 8 + 1;
    Some(Panel {
        lanes,
        from_ms: onset.saturating_sub(pad),
        to_ms: (over + pad).min(end.max(over + 1)),
        origin_ms: onset,
        title: Some("The incident enlarged, where hosts were impaired"),
    })
}

/// One time axis with its lanes.
struct Panel {
    lanes: Vec<PlaceHistory>,
    from_ms: u64,
    to_ms: u64,
    /// Instant that the axis calls 0.
    origin_ms: u64,
    title: Option<&'static str>,
}

impl Panel {
    fn visible<'m>(&self, marks: &'m [Marker]) -> Vec<&'m Marker> {
        marks.iter().filter(|mark| (self.from_ms..=self.to_ms).contains(&mark.at_ms)).collect()
    }

    /// Pixels above the lanes: a title, one line per marker, the wave strip.
    fn head(&self, marks: &[Marker]) -> i32 {
        let title = if self.title.is_some() { 30 } else { 0 };
        title + MARK_LINE * self.visible(marks).len() as i32 + STRIP
    }

    fn height(&self, marks: &[Marker]) -> i32 {
        self.head(marks) + ROW * self.lanes.len() as i32 + BELOW
    }

    fn draw(&self, canvas: &mut Canvas, top: i32, marks: &[Marker], waves: &[(&str, &WaveHistory)]) {
        let shift = |ms: u64| ms as f64 - self.origin_ms as f64;
        let x = Axis::linear(shift(self.from_ms), shift(self.to_ms), LEFT, RIGHT);
        let at = |ms: u64| x.at(shift(ms));
        let rows = top + self.head(marks);
        let bottom = rows + ROW * self.lanes.len() as i32;
        if let Some(title) = self.title {
            canvas.text((30, top + 14), title, Font::new(BODY).bold(), Ink::Text);
        }
        for (pixel, label) in x.time_ticks(84) {
            canvas.line(&[(pixel, rows), (pixel, bottom)], Ink::Grid, 1);
            canvas.text((pixel, bottom + 19), &label, Font::new(SMALL).centered(), Ink::Text);
        }
        for (name, wave) in waves.iter().filter(|(_, w)| w.to_ms > self.from_ms && w.from_ms < self.to_ms) {
            wave_strip(canvas, name, wave, rows - STRIP, &at);
        }
        for (index, lane) in self.lanes.iter().enumerate() {
            let previous = index.checked_sub(1).map(|above| &self.lanes[above]);
            draw_lane(canvas, lane, previous, rows + ROW * index as i32, &at);
        }
        canvas.line(&[(LEFT, bottom), (RIGHT, bottom)], Ink::Axis, 1);
        let origin = if self.origin_ms == 0 { "the start of the rollout" } else { "the first impaired host" };
        let words = format!("time since {origin}");
        canvas.text(((LEFT + RIGHT) / 2, bottom + 40), &words, Font::new(SMALL).bold().centered(), Ink::Text);
        self.draw_marks(canvas, rows, bottom, &self.visible(marks), &at);
    }

    /// One line of text per marker, so that markers minutes apart in a rollout of days stay readable.
    fn draw_marks(
        &self,
        canvas: &mut Canvas,
        rows: i32,
        bottom: i32,
        marks: &[&Marker],
        at: &dyn Fn(u64) -> i32,
    ) {
        let font = Font::new(SMALL).bold();
        let fits_right = |mark: &Marker| at(mark.at_ms) + 8 + font.width(&mark.words) < RIGHT + 30;
        // Words right of their line go from early to late, words left of it from late to early: so
        // hardly any line crosses words.
        let (right, left): (Vec<&Marker>, Vec<&Marker>) = marks.iter().partition(|mark| fits_right(mark));
        let lines: Vec<(&Marker, bool)> =
            right.into_iter().map(|m| (m, true)).chain(left.into_iter().rev().map(|m| (m, false))).collect();
        let first = rows - STRIP - MARK_LINE * lines.len() as i32;
        let level = |index: usize| first + MARK_LINE * index as i32 + 10;
        for (index, (mark, _)) in lines.iter().enumerate() {
            let x = at(mark.at_ms);
            canvas.dashed(&[(x, level(index)), (x, bottom)], mark.color, 2, &[4.0, 3.0]);
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

fn wave_strip(canvas: &mut Canvas, name: &str, wave: &WaveHistory, y: i32, at: &dyn Fn(u64) -> i32) {
    let (from, bake, to) = (at(wave.from_ms), at(wave.bake_ms), at(wave.to_ms));
    canvas.rect((from, y + 4), (bake, y + 19), WAVE, 1.0);
    canvas.rect((bake, y + 4), (to, y + 19), WAVE_BAKE, 1.0);
    canvas.line(&[(from, y + 2), (from, y + 21)], Ink::Text, 1);
    let font = Font::new(SMALL);
    if font.width(name) + 8 < bake - from {
        canvas.text((from + 5, y + 16), name, font, Ink::Paper);
    } else if font.width(name) + 8 < to - bake {
        canvas.text((bake + 5, y + 16), name, font, Ink::Text);
    }
}

fn draw_lane(
    canvas: &mut Canvas,
    lane: &PlaceHistory,
    previous: Option<&PlaceHistory>,
    y: i32,
    at: &dyn Fn(u64) -> i32,
) {
    if previous.is_none_or(|above| above.region != lane.region) {
        canvas.line(&[(LEFT - 190, y), (RIGHT, y)], Ink::Grid, 1);
    }
    canvas.text((LEFT - 10, y + 13), &elide(&lane.name, 26), Font::new(SMALL).ending(), Ink::Text);
    for span in &lane.phases {
        let (color, inset) = match span.what {
            PlacePhase::Updated => (UPDATED, 5),
            PlacePhase::Baking => (BAKING, 3),
            PlacePhase::Deploying => (Ink::Blue, 3),
            PlacePhase::RollingBack => (ROLLING_BACK, 3),
        };
        let (from, to) = (at(span.from_ms), at(span.to_ms));
        canvas.rect((from, y + inset), (to.max(from + 1), y + ROW - inset), color, 1.0);
    }
    for span in &lane.impaired {
        let (from, to) = (at(span.from_ms), at(span.to_ms));
        canvas.rect((from, y + ROW - 7), (to.max(from + 2), y + ROW - 1), RED, 1.0);
    }
}

fn legend(canvas: &mut Canvas) {
    let y = 86;
    let mut legend = Legend { left: 30, y: y + 4, indent: 32, gap: 22 };
    let entries = [
        ("deploying", Ink::Blue, 6),
        ("one-box or zone bake", BAKING, 6),
        ("on the new version", UPDATED, 4),
        ("rolling back", ROLLING_BACK, 6),
        ("impaired hosts", RED, 3),
        ("wave", WAVE, 7),
        ("wave bake", WAVE_BAKE, 7),
    ];
    for (words, color, half) in entries {
        legend.entry(canvas, words, |canvas, x| canvas.rect((x, y - half), (x + 24, y + half), color, 1.0));
    }
    canvas.line(&[(30, y + 16), (RIGHT, y + 16)], Ink::Grid, 1);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::AlarmId;
    use crate::outcome::Notice;
    use crate::report::chart::Theme;
    use crate::report::sample;
    use crate::rollout::{RolloutEvent, RolloutRecord};

    fn svg(plan: &Plan, strategy: usize, trial: u64, outcome: &Outcome, records: &[RolloutRecord]) -> String {
        super::picture(plan, strategy, trial, outcome, &RolloutHistory::new(plan, outcome, records))
            .svg(Theme::Light)
    }

    #[test]
    fn incident_is_marked_and_enlarged() {
        let plan = sample::plan();
        let (outcome, records) = sample::rollout(&plan);
        let chart = svg(&plan, 4, 77, &outcome, &records);
        for words in ["alarm zone-errors, 40m later", "rollback begins, 42m later", "The incident enlarged"] {
            assert!(chart.contains(words), "{words} is missing");
        }
        assert!(chart.contains("12 of 24 zones never saw the new version."));
        assert_eq!(chart, svg(&plan, 4, 77, &outcome, &records));
    }

    #[test]
    fn triggers_and_people_are_marked() {
        let plan = sample::plan();
        let (outcome, mut records) = sample::rollout(&plan);
        let unmarked = svg(&plan, 4, 77, &outcome, &records);
        records.push(RolloutRecord { at_ms: 60_000, event: RolloutEvent::Triggered { region: 0 } });
        records.push(RolloutRecord {
            at_ms: outcome.rollback_ms.unwrap(),
            event: RolloutEvent::Halted { notice: Notice::Alarm(AlarmId::new(0)) },
        });
        let remedy = Remedy::KillSwitch;
        records.push(RolloutRecord { at_ms: outcome.end_ms, event: RolloutEvent::RemedyStarted { remedy } });
        let chart = svg(&plan, 4, 77, &outcome, &records);
        for words in ["triggered, after 1m", "people switch it off", "the pipeline stops"] {
            assert!(chart.contains(words) && !unmarked.contains(words), "{words}");
        }
        assert!(!chart.contains("rollback begins"));
    }

    #[test]
    fn many_zones_are_drawn_by_region() {
        let mut plan = sample::plan();
        plan.fleet = sample::fleet(24, 3, 50);
        let started = |zone| RolloutRecord { at_ms: 0, event: RolloutEvent::ZoneStarted { wave: 0, zone } };
        let records: Vec<RolloutRecord> = (0..72).map(started).collect();
        let chart = svg(&plan, 0, 0, &sample::escaped(), &records);
        assert!(chart.contains(">us-east-1<") && !chart.contains("us-east-1/a"));
    }
}
