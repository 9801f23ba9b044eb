//! Where bad changes are caught: from review to the last wave, by share, with what noticed.

use super::canvas::{Canvas, Font};
use super::pen::{Mark, Texture};
use super::plot::Plot;
use super::scale::Axis;
use super::theme::Ink;
use super::{BODY, Frame, Picture, SMALL, fitted, nothing_to_draw, of_replays};
use crate::plan::Plan;
use crate::report::text;
use crate::stats::Interval;
use crate::study::pipeline_funnel::{PipelineFunnel, PipelinePlace};
use crate::study::unfolding::{CatchRow, CaughtAt, Unfolding};

const LEFT: i32 = 250;
const ROW: i32 = 52;

/// A place where bad changes are caught, or that they get through to.
struct FunnelPlace {
    name: String,
    kind: Stop,
    share: f64,
    interval: Interval,
    by: String,
}

/// What it means to be caught there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    /// Before production.
    Before,
    /// While it is rolled out.
    During,
    /// When every host has it.
    After,
    /// Nowhere.
    Never,
}

impl Stop {
    fn look(self) -> (Ink, Texture) {
        match self {
            Self::Before => (Ink::Good, Texture::Plain),
            Self::During => (Ink::Blue, Texture::Rising),
            Self::After => (Ink::Orange, Texture::Falling),
            Self::Never => (Ink::Harm, Texture::Upright),
        }
    }
}

/// The chart of the rollouts of one strategy (an index).
#[must_use]
pub fn picture(plan: &Plan, unfolding: &Unfolding, strategy: usize) -> Picture {
    let rows = unfolding.strategies[strategy].funnel(plan, &|_| 1.0);
    let places: Vec<FunnelPlace> = rows.iter().map(|row| place(plan, strategy, row)).collect();
    let name = &plan.strategies[strategy].name;
    let frame = Frame {
        id: "funnel".to_owned(),
        title: title(&places, &format!("of bad changes with {name}")),
        subtitle: "Share of bad changes by where the first alarm fires that is acted on, each defect by its weight, with 95 % intervals, and by which alarm; linear"
            .to_owned(),
        notes: vec!["A wave is the one under way, its bakes and gates included; an alarm over a one-box counts as one-box in whichever wave.".to_owned()],
        provenance: of_replays(plan, unfolding.trials),
        description: description(&places),
    };
    drawn(frame, &places)
}

/// The chart of a pipeline with one strategy as its production.
#[must_use]
pub fn of_pipeline(plan: &Plan, funnel: &PipelineFunnel) -> Picture {
    let places: Vec<FunnelPlace> = funnel
        .rows
        .iter()
        .map(|row| FunnelPlace {
            name: match &row.place {
                PipelinePlace::Review => "review".to_owned(),
                PipelinePlace::Stage(name) => name.clone(),
                PipelinePlace::Production(wave) => format!("production, wave {wave}"),
                PipelinePlace::Nowhere => "never caught".to_owned(),
            },
            kind: match row.place {
                PipelinePlace::Review | PipelinePlace::Stage(_) => Stop::Before,
                PipelinePlace::Production(_) => Stop::During,
                PipelinePlace::Nowhere => Stop::Never,
            },
            share: row.share,
            interval: row.interval,
            by: String::new(),
        })
        .collect();
    let frame = Frame {
        id: "funnel".to_owned(),
        title: title(&places, "of defects"),
        subtitle: format!(
            "Share of the defects put up for review by where they are caught, with 95 % intervals, with {} as production; linear",
            plan.strategies[funnel.strategy].name
        ),
        notes: vec![format!(
            "{} in {} of the pipeline; those still on their way at the end are left out. What review catches is given by the scenario.",
            text::counted(funnel.defects, "merged defect"),
            text::counted(funnel.trials, "trial")
        )],
        provenance: of_replays(plan, funnel.trials),
        description: description(&places),
    };
    drawn(frame, &places)
}

fn place(plan: &Plan, strategy: usize, row: &CatchRow) -> FunnelPlace {
    let waves = &plan.strategies[strategy].waves;
    let (name, kind) = match row.at {
        CaughtAt::OneBox => ("one-box".to_owned(), Stop::During),
        CaughtAt::Wave(wave) => {
            let name = waves.get(wave).map_or("", |wave| wave.name.as_str());
            (format!("wave {}: {name}", wave + 1), Stop::During)
        }
        CaughtAt::Afterwards => ("after 100 %".to_owned(), Stop::After),
        CaughtAt::Nowhere => ("never caught".to_owned(), Stop::Never),
    };
    let by: Vec<String> = row
        .by
        .iter()
        .map(|(notice, share)| format!("{} {}", plan.name_of(*notice), text::percent(*share)))
        .collect();
    FunnelPlace { name, kind, share: row.share.value, interval: row.share.interval, by: text::list(&by, 4) }
}

fn drawn(frame: Frame, places: &[FunnelPlace]) -> Picture {
    let body = ROW * places.len().max(2) as i32;
    frame.picture(body + 70, |canvas, area| {
        if places.is_empty() {
            return nothing_to_draw(canvas, area, "Nothing to draw: no change is bad.");
        }
        let (top, right) = (area.1 + 8, area.2 - 330);
        let ends = places.iter().map(|place| place.interval.high.unwrap_or(place.share));
        let most = ends.fold(0.0, f64::max).min(1.0);
        let x = Axis::linear(0.0, most, LEFT, right);
        let plot = Plot { left: LEFT, right, top, bottom: top + body };
        plot.ticks_below(canvas, x.number_ticks(90, text::percent));
        plot.title_below(canvas, "share");
        canvas.text((area.2, top - 4), "get further", Font::new(SMALL).ending(), Ink::Muted);
        let mut left = 1.0;
        for (index, place) in places.iter().enumerate() {
            left -= place.share;
            bar(canvas, place, top + ROW * index as i32, (&x, right), left.max(0.0));
        }
    })
}

fn bar(canvas: &mut Canvas, place: &FunnelPlace, y: i32, (x, right): (&Axis, i32), left: f64) {
    let (name, font) = fitted(&place.name, "", LEFT - 30 - 14);
    canvas.text((LEFT - 14, y + 22), &name, font.ending(), Ink::Text);
    let said = text::estimate(place.share, " ", place.interval, text::percent);
    let words = format!(
        "{}: {said}{}",
        place.name,
        if place.by.is_empty() { String::new() } else { format!(" ({})", place.by) }
    );
    let (from, to) = (x.at(0.0), x.at(place.share));
    canvas.mark(Mark { words, data: Vec::new() }, |canvas| {
        let (ink, texture) = place.kind.look();
        canvas.textured((from, y + 6), (to.max(from + 2), y + 28), ink, texture);
        let ends = (x.at(place.interval.low.unwrap_or(0.0)), x.at(place.interval.high.unwrap_or(1.0)));
        canvas.whisker((ends.0, y + 17), (ends.1.max(ends.0 + 1), y + 17), Ink::Text, 5);
        canvas.text((right + 20, y + 22), &said, Font::new(SMALL), Ink::Text);
    });
    if !place.by.is_empty() {
        for line in Font::new(SMALL).wrapped(&place.by, right - LEFT).iter().take(1) {
            canvas.text((LEFT, y + 43), line, Font::new(SMALL), Ink::Muted);
        }
    }
    if place.kind != Stop::Never {
        let remaining = if left < 1e-9 { "none".to_owned() } else { text::percent(left) };
        canvas.text((1170, y + 22), &remaining, Font::new(BODY).ending(), Ink::Text);
    }
}

fn title(places: &[FunnelPlace], of: &str) -> String {
    let Some(most) = places.iter().max_by(|a, b| a.share.total_cmp(&b.share)) else {
        return "No change is bad: nothing is to be caught".to_owned();
    };
    let said = |place: &FunnelPlace| text::estimate(place.share, " ", place.interval, text::percent);
    let caught = match (most.name.as_str(), most.kind) {
        (_, Stop::Never) => return format!("Most are never caught: {} {of}", said(most)),
        (_, Stop::After) => format!("Caught only when every host has them: {} {of}", said(most)),
        (name, Stop::Before | Stop::During) => format!("Most are caught at {name}: {} {of}", said(most)),
    };
    match places.iter().find(|place| place.kind == Stop::Never) {
        Some(never) => format!("{caught}; never caught: {}", said(never)),
        None => format!("{caught}; all were caught in these trials"),
    }
}

fn description(places: &[FunnelPlace]) -> String {
    let one = |place: &FunnelPlace| format!("{}: {}.", place.name, text::percent(place.share));
    places.iter().map(one).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::Theme;
    use crate::study::Nobody;
    use crate::study::unfolding::unfolded;

    #[test]
    fn places_come_in_order_with_their_alarms() {
        let mut plan = Plan::load("scenarios/small.toml").expect("a valid scenario");
        let unfolding = unfolded(&plan, 100, &Nobody).unwrap();
        let picture = super::picture(&plan, &unfolding, 0);
        let svg = picture.svg(Theme::Light);
        let at = |words: &str| svg.find(words).unwrap_or_else(|| panic!("{words}"));
        assert!(at(">one-box<") < at(">wave 1: small<"));
        assert!(svg.contains("one-box-errors") && svg.contains("zone-errors"));
        assert!(picture.title().starts_with("Most are caught at one-box: "), "{}", picture.title());
        plan.change.bad_probability = 0.0;
        let unfolding = unfolded(&plan, 20, &Nobody).unwrap();
        assert!(super::picture(&plan, &unfolding, 0).svg(Theme::Light).contains("no change is bad"));
    }
}
