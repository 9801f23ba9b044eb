//! One alarm in one trial: its datapoints against the limit, the window that made it fire, and what followed.

use super::canvas::{Canvas, Font, Shape};
use super::labels::Area;
use super::pen::{Mark, Texture};
use super::plot::{Legend, Plot};
use super::scale::Axis;
use super::theme::Ink;
use super::{Frame, Picture, SMALL, nothing_to_draw, of_plan};
use crate::ids::{RegionId, ZoneId};
use crate::plan::{Plan, Scope};
use crate::report::text;
use crate::report::timeline::AlarmAnatomy;
use crate::rollout::trace::ShownDatapoint;

const LEFT: i32 = 110;
const PLOT: i32 = 300;
/// Height of the strip of phases.
const STRIP: i32 = 30;
/// Periods before the first impaired host that are drawn.
const BEFORE: u64 = 8;
/// Most datapoints that are drawn.
const MOST: usize = 90;
/// Shares that differ by more than this factor are drawn on a logarithmic axis.
const SPAN: f64 = 30.0;

/// A phase between two moments.
struct AlarmPhase {
    words: &'static str,
    from_ms: u64,
    to_ms: u64,
    look: (Ink, Texture),
}

/// The chart of the alarm that a trial of a strategy (an index) acted on; without one it says so.
#[must_use]
pub fn picture(plan: &Plan, strategy: usize, trial: u64, anatomy: Option<&AlarmAnatomy>) -> Picture {
    let name = &plan.strategies[strategy].name;
    let Some(anatomy) = anatomy else {
        let frame = Frame {
            id: "anatomy".to_owned(),
            title: format!("Trial {trial} of {name} acted on no alarm"),
            provenance: provenance(plan, trial),
            ..Frame::default()
        };
        return frame.picture(120, |canvas, area| {
            nothing_to_draw(canvas, area, "Nothing to take apart: choose a trial that an alarm stopped.");
        });
    };
    let alarm = &plan.alarms[anatomy.alarm];
    let shown = shown(anatomy, alarm.period_ms);
    let is_log = spans(anatomy, shown);
    let frame = Frame {
        id: "anatomy".to_owned(),
        title: title(plan, anatomy),
        subtitle: format!(
            "Datapoints of {} over {} in trial {trial} of {name}: filled ones breach; {} of {} fire it, known {} later; value {}, time since the start",
            alarm.name,
            place(plan, anatomy),
            alarm.datapoints_to_alarm,
            alarm.window,
            text::duration(alarm.publish_delay_ms as f64),
            if is_log { "log" } else { "linear" }
        ),
        notes: vec!["Values are drawn from their law given whether the datapoint breaches, which is what the simulation decides.".to_owned()],
        provenance: provenance(plan, trial),
        description: description(anatomy),
    };
    frame.picture(PLOT + 104, |canvas, area| draw(canvas, area, (plan, anatomy), (shown, is_log)))
}

fn provenance(plan: &Plan, trial: u64) -> String {
    format!("{}, seed {}, trial {trial}", of_plan(plan), plan.study.seed)
}

fn place(plan: &Plan, anatomy: &AlarmAnatomy) -> String {
    let index = anatomy.entity as usize;
    match plan.alarms[anatomy.alarm].scope {
        Scope::OneBox => format!("the one-box of {}", plan.fleet.zone_name(ZoneId::new(index))),
        Scope::Zone => plan.fleet.zone_name(ZoneId::new(index)),
        Scope::Region => plan.fleet.regions[RegionId::new(index)].name.clone(),
        Scope::Service => "the service".to_owned(),
    }
}

/// The datapoints that are drawn: from a little before the first impaired host on.
fn shown(anatomy: &AlarmAnatomy, period_ms: u64) -> &[ShownDatapoint] {
    let from_ms = anatomy.onset_ms.unwrap_or(anatomy.fired_ms).min(anatomy.fired_ms);
    let from_ms = from_ms.saturating_sub(BEFORE * period_ms);
    let first = anatomy.datapoints.partition_point(|datapoint| datapoint.at_ms < from_ms);
    let shown = &anatomy.datapoints[first..];
    &shown[shown.len().saturating_sub(MOST)..]
}

fn spans(anatomy: &AlarmAnatomy, shown: &[ShownDatapoint]) -> bool {
    let values = || shown.iter().filter_map(|datapoint| datapoint.value).chain(anatomy.limit);
    let least = values().filter(|value| *value > 0.0).fold(f64::INFINITY, f64::min);
    values().fold(0.0, f64::max) > SPAN * least
}

fn phases(anatomy: &AlarmAnatomy, until_ms: u64) -> Vec<AlarmPhase> {
    let mut phases = Vec::new();
    let mut add = |words, from_ms: Option<u64>, to_ms: Option<u64>, look| {
        if let (Some(from_ms), Some(to_ms)) = (from_ms, to_ms)
            && to_ms > from_ms
        {
            phases.push(AlarmPhase { words, from_ms, to_ms, look });
        }
    };
    let fired = Some(anatomy.fired_ms);
    let enough = anatomy.enough_ms.or(fired);
    add("not seen yet", anatomy.onset_ms, enough, (Ink::Harm, Texture::Rising));
    add("known later", enough, fired, (Ink::Window, Texture::Level));
    let decided = anatomy.decided_ms.or(anatomy.begins_ms);
    add("reaction", fired, decided, (Ink::Wait, Texture::Upright));
    add("before it begins", decided, anatomy.begins_ms, (Ink::Gate, Texture::Falling));
    let begins = anatomy.begins_ms.or(decided);
    add("going back", begins, anatomy.ends_ms.or(Some(until_ms)), (Ink::Rollback, Texture::Plain));
    phases
}

fn draw(
    canvas: &mut Canvas,
    area: Area,
    (plan, anatomy): (&Plan, &AlarmAnatomy),
    (shown, is_log): (&[ShownDatapoint], bool),
) {
    let period_ms = plan.alarms[anatomy.alarm].period_ms;
    let until_ms = [anatomy.ends_ms, anatomy.begins_ms, anatomy.decided_ms, Some(anatomy.fired_ms)];
    let until_ms = until_ms.into_iter().flatten().max().unwrap_or(0) + period_ms;
    let first_ms = shown.first().map(|datapoint| datapoint.at_ms).into_iter().chain(anatomy.onset_ms).min();
    let first_ms = first_ms.unwrap_or(anatomy.fired_ms).min(anatomy.fired_ms).saturating_sub(period_ms);
    let (top, bottom) = (area.1 + 34, area.1 + 34 + PLOT);
    let (left, right) = (LEFT, area.2 - 20);
    let x = Axis::linear(first_ms as f64, until_ms as f64, left, right);
    let plot = Plot { left, right, top, bottom };
    plot.ticks_below(canvas, x.time_ticks(90));
    plot.title_below(canvas, "time since the start of the rollout");
    legend(canvas, area.1 + 12);
    let values: Vec<f64> =
        shown.iter().filter_map(|datapoint| datapoint.value).chain(anatomy.limit).collect();
    let lower = bottom - STRIP - 14;
    let y = match is_log {
        true => Axis::log(&values, lower, top + 10),
        false => Axis::linear(0.0, values.iter().copied().fold(0.0, f64::max) * 1.1, lower, top + 10),
    };
    if values.is_empty() {
        canvas.text(
            (left + 10, top + 24),
            "This alarm has no value: marks say which datapoints breach.",
            Font::new(SMALL),
            Ink::Muted,
        );
    } else {
        plot.ticks_beside(canvas, y.number_ticks(34, text::percent));
    }
    if let Some(limit) = anatomy.limit {
        let at = y.at(limit);
        canvas.dashed(&[(left, at), (right, at)], Ink::Text, 2, &[9.0, 4.0]);
        canvas.text(
            (right - 6, at - 6),
            &format!("limit {}", text::percent(limit)),
            Font::new(SMALL).ending(),
            Ink::Text,
        );
    }
    window(canvas, (plan, anatomy), &x, (top, lower));
    for datapoint in shown {
        point(canvas, datapoint, (&x, &y), (top + lower) / 2);
    }
    strip(canvas, &phases(anatomy, until_ms), &x, bottom - STRIP);
}

/// The window of datapoints that made it fire.
fn window(canvas: &mut Canvas, (plan, anatomy): (&Plan, &AlarmAnatomy), x: &Axis, (top, bottom): (i32, i32)) {
    let alarm = &plan.alarms[anatomy.alarm];
    let Some(enough_ms) = anatomy.enough_ms.filter(|_| alarm.rate_rule().is_none()) else { return };
    let from_ms = enough_ms.saturating_sub((u64::from(alarm.window) - 1) * alarm.period_ms);
    let half = alarm.period_ms as f64 / 2.0;
    let (from, to) = (x.at(from_ms as f64 - half), x.at(enough_ms as f64 + half));
    canvas.rect((from, top), (to, bottom), Ink::Window, 0.18);
    let words = format!("window of {}", alarm.window);
    canvas.text(((from + to) / 2, bottom - 8), &words, Font::new(SMALL).centered(), Ink::Text);
}

fn point(canvas: &mut Canvas, datapoint: &ShownDatapoint, (x, y): (&Axis, &Axis), middle: i32) {
    let at = (x.at(datapoint.at_ms as f64), datapoint.value.map_or(middle, |value| y.at(value)));
    let what = match datapoint.breach {
        Some(true) => "breaches",
        Some(false) => "does not breach",
        None => "is missing",
    };
    let counts = datapoint.counts.map_or(String::new(), |(requests, errors)| {
        format!(": {} of {}", text::count(errors), text::counted(requests, "request"))
    });
    let words = format!("{} {what}{counts}", text::clock(datapoint.at_ms));
    canvas.mark(Mark { words, data: Vec::new() }, |canvas| match datapoint.breach {
        Some(true) => canvas.marker(at, Shape::Square, 5, Ink::Harm, true),
        Some(false) => canvas.marker(at, Shape::Circle, 4, Ink::Blue, false),
        None => canvas.marker(at, Shape::Cross, 4, Ink::Muted, true),
    });
}

fn strip(canvas: &mut Canvas, phases: &[AlarmPhase], x: &Axis, top: i32) {
    for phase in phases {
        let (from, to) = (x.at(phase.from_ms as f64), x.at(phase.to_ms as f64));
        let length = text::duration((phase.to_ms - phase.from_ms) as f64);
        let (ink, texture) = phase.look;
        let mark = Mark { words: format!("{}: {length}", phase.words), data: Vec::new() };
        canvas.mark(mark, |canvas| {
            canvas.textured((from, top), (to.max(from + 2), top + STRIP - 4), ink, texture);
            let said = [format!("{} {length}", phase.words), length.clone()];
            let font = Font::new(SMALL);
            if let Some(said) = said.into_iter().find(|said| font.width(said) + 10 < to - from) {
                let (middle, width) = ((from + to) / 2, font.width(&said) / 2 + 4);
                canvas.rect((middle - width, top + 3), (middle + width, top + STRIP - 7), ink, 1.0);
                canvas.text((middle, top + 18), &said, font.centered(), ink.letters());
            }
        });
    }
}

fn legend(canvas: &mut Canvas, y: i32) {
    let mut legend = Legend { left: 30, y, indent: 20, gap: 22 };
    legend.entry(canvas, "breaches", |canvas, x| {
        canvas.marker((x + 8, y - 5), Shape::Square, 5, Ink::Harm, true)
    });
    legend.entry(canvas, "does not", |canvas, x| {
        canvas.marker((x + 8, y - 5), Shape::Circle, 4, Ink::Blue, false)
    });
    legend.entry(canvas, "missing", |canvas, x| {
        canvas.marker((x + 8, y - 5), Shape::Cross, 4, Ink::Muted, true)
    });
    legend.indent = 30;
    for (words, ink, texture) in [
        ("impaired, not seen yet", Ink::Harm, Texture::Rising),
        ("seen, known later", Ink::Window, Texture::Level),
        ("reaction", Ink::Wait, Texture::Upright),
        ("decided, not begun", Ink::Gate, Texture::Falling),
        ("going back", Ink::Rollback, Texture::Plain),
    ] {
        legend.entry(canvas, words, |canvas, x| canvas.textured((x, y - 12), (x + 24, y + 2), ink, texture));
    }
}

fn title(plan: &Plan, anatomy: &AlarmAnatomy) -> String {
    let alarm = &plan.alarms[anatomy.alarm].name;
    let after = |from_ms: u64, to_ms: u64| text::duration(to_ms.saturating_sub(from_ms) as f64);
    let fired = match anatomy.onset_ms.filter(|onset_ms| *onset_ms <= anatomy.fired_ms) {
        Some(onset_ms) => {
            format!("{alarm} fired {} after the first impaired host", after(onset_ms, anatomy.fired_ms))
        }
        None => format!("{alarm} fired with no host impaired"),
    };
    match anatomy.ends_ms.filter(|ends_ms| *ends_ms >= anatomy.fired_ms) {
        Some(ends_ms) => format!("{fired}; it was over {} later", after(anatomy.fired_ms, ends_ms)),
        None => format!("{fired}; nothing put an end to it"),
    }
}

fn description(anatomy: &AlarmAnatomy) -> String {
    let breaching = anatomy.datapoints.iter().filter(|datapoint| datapoint.breach == Some(true)).count();
    let all = phases(anatomy, anatomy.fired_ms);
    let said: Vec<String> = all
        .iter()
        .map(|phase| format!("{} for {}", phase.words, text::duration((phase.to_ms - phase.from_ms) as f64)))
        .collect();
    format!("{} of {} datapoints breach. {}.", breaching, anatomy.datapoints.len(), said.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::Theme;

    #[test]
    fn phases_follow_each_other_and_a_trial_without_an_alarm_says_so() {
        let plan = Plan::load("scenarios/small.toml").expect("a valid scenario");
        let told = (0..40).find_map(|trial| Some((trial, AlarmAnatomy::of_trial(&plan, 0, trial).unwrap()?)));
        let (trial, anatomy) = told.expect("some trial is stopped");
        let phases = phases(&anatomy, anatomy.fired_ms);
        assert!(phases.windows(2).all(|pair| pair[0].to_ms <= pair[1].from_ms));
        let picture = super::picture(&plan, 0, trial, Some(&anatomy));
        let svg = picture.svg(Theme::Light);
        assert!(svg.contains("breaches") && svg.contains("limit 1"), "{}", picture.title());
        assert!(super::picture(&plan, 0, trial, None).svg(Theme::Light).contains("Nothing to take apart"));
    }
}
