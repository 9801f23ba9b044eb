//! Where the time of a rollout goes: one stacked bar a strategy, of a completed rollout whose time is the median, with the
//! spread of durations below it.

use super::canvas::{Canvas, Font};
use super::pen::{Mark, Texture};
use super::plot::{Legend, Plot};
use super::scale::Axis;
use super::theme::Ink;
use super::{BODY, Frame, Picture, SMALL, label, nothing_to_draw, provenance};
use crate::report::text;
use crate::report::timeline::{MedianSplit, TimePart};
use crate::study::Summary;
use crate::study::summary::{SPEED_METRIC, StrategySummary};

const LEFT: i32 = 250;
const ROW: i32 = 58;
const BAR: i32 = 26;
/// A range of times wider than this factor is drawn as shares.
const WIDE: f64 = 12.0;
/// Percentiles of the strip.
const STRIP: [f64; 5] = [1.0, 25.0, 50.0, 75.0, 99.0];

/// Ink and texture of a part, wherever it is drawn.
pub(super) fn look_of(part: TimePart) -> (Ink, Texture) {
    match part {
        TimePart::Deploy => (Ink::Deploy, Texture::Plain),
        TimePart::Bake => (Ink::Bake, Texture::Rising),
        TimePart::Window => (Ink::Window, Texture::Level),
        TimePart::Gate => (Ink::Gate, Texture::Falling),
        TimePart::Wait => (Ink::Wait, Texture::Upright),
    }
}

/// The chart: a trial for each strategy of the summary, none where no rollout reached every host; fastest on top.
#[must_use]
pub fn picture(summary: &Summary, trials: &[Option<MedianSplit>]) -> Picture {
    let mut rows: Vec<(usize, &StrategySummary, Option<MedianSplit>)> = (0..)
        .zip(&summary.strategies)
        .zip(trials)
        .map(|((index, strategy), trial)| (index, strategy, *trial))
        .collect();
    let time = |trial: &Option<MedianSplit>| trial.map_or(u64::MAX, |trial| trial.split.total());
    rows.sort_by_key(|(_, _, trial)| time(trial));
    let times: Vec<f64> =
        rows.iter().filter_map(|(_, _, trial)| Some(trial.as_ref()?.split.total() as f64)).collect();
    let longest = times.iter().copied().fold(0.0, f64::max);
    let shortest = times.iter().copied().fold(longest, f64::min);
    let as_shares = longest > WIDE * shortest;
    let frame = Frame {
        id: "split".to_owned(),
        title: title(&rows),
        subtitle: format!(
            "Time to 100 % of hosts of the completed rollout nearest to the median of each strategy, taken apart along what held it up; {}",
            if as_shares { "bars are shares of each strategy's own time, linear" } else { "linear axis" }
        ),
        notes: vec![format!(
            "Parts are exclusive and add up to the time. Below each bar: durations of rollouts, to the end of the last bake, {}.",
            if as_shares {
                "their median and from the 1st to the 99th percentile"
            } else {
                "from the 1st to the 99th percentile, thick between the quartiles, with the median"
            }
        )],
        provenance: provenance(summary),
        description: description(&rows),
    };
    let body = ROW * rows.len() as i32;
    frame.picture(body + 104, |canvas, area| {
        if times.is_empty() {
            return nothing_to_draw(canvas, area, "Nothing to take apart: no rollout reached every host.");
        }
        legend(canvas, &rows, (area.1 + 12, as_shares));
        let (top, right) = (area.1 + 34, area.2 - 96);
        let p99 = |strategy: &StrategySummary| {
            let last = strategy.duration_percentiles.last();
            last.map_or(0.0, |one| one.duration_ms)
        };
        let furthest = rows.iter().map(|(_, strategy, _)| p99(strategy)).fold(longest, f64::max);
        let x = Axis::linear(0.0, if as_shares { 1.0 } else { furthest }, LEFT, right);
        let plot = Plot { left: LEFT, right, top, bottom: top + body };
        if as_shares {
            plot.ticks_below(canvas, x.number_ticks(90, text::percent));
            plot.title_below(canvas, "share of the time to 100 %");
        } else {
            plot.ticks_below(canvas, x.time_ticks(84));
            plot.title_below(canvas, "time to 100 %");
        }
        for (place, row) in rows.iter().enumerate() {
            bar(canvas, row, top + ROW * place as i32, (&x, as_shares));
        }
    })
}

fn bar(
    canvas: &mut Canvas,
    (index, strategy, trial): &(usize, &StrategySummary, Option<MedianSplit>),
    y: i32,
    (x, as_shares): (&Axis, bool),
) {
    let (name, font) = label(strategy, LEFT - 30 - 14);
    canvas.text((LEFT - 14, y + 23), &name, font.ending(), Ink::Text);
    let Some(MedianSplit { trial, split }) = trial else {
        canvas.text((LEFT + 10, y + 23), "no rollout reached every host", Font::new(SMALL), Ink::Muted);
        return;
    };
    let (total, small) = (split.total(), Font::new(SMALL));
    let mut before = 0;
    for part in TimePart::ALL {
        let ms = split.of(part);
        if ms == 0 {
            continue;
        }
        let scaled = |ms: u64| if as_shares { ms as f64 / total.max(1) as f64 } else { ms as f64 };
        let (from, to) = (x.at(scaled(before)), x.at(scaled(before + ms)));
        before += ms;
        let (ink, texture) = look_of(part);
        let share = text::percent((ms as f64 / total as f64 * 1000.0).round() / 1000.0);
        let words = format!(
            "{}: {} {} ({share}), trial {trial}",
            strategy.name,
            text::duration(ms as f64),
            part.name()
        );
        let mark = Mark { words, data: vec![("s", index.to_string())] };
        canvas.mark(mark, |canvas| {
            canvas.textured((from, y + 5), (to.max(from + 1), y + 5 + BAR), ink, texture);
            let said = text::duration(ms as f64);
            let width = small.width(&said);
            if width + 10 < to - from {
                let middle = (from + to) / 2;
                canvas.rect((middle - width / 2 - 4, y + 9), (middle + width / 2 + 4, y + 27), ink, 1.0);
                canvas.text((middle, y + 23), &said, small.centered(), ink.letters());
            }
        });
    }
    let end = x.at(if as_shares { 1.0 } else { total as f64 });
    canvas.text((end + 8, y + 23), &text::duration(total as f64), Font::new(BODY).bold(), Ink::Text);
    strip(canvas, strategy, y + 5 + BAR + 10, (x, as_shares));
}

/// Percentiles of durations: on the axis of the bars, or in words where that has no time.
fn strip(canvas: &mut Canvas, strategy: &StrategySummary, y: i32, (x, as_shares): (&Axis, bool)) {
    let at = |percent: f64| {
        let found = strategy.duration_percentiles.iter().find(|one| one.percent == percent);
        found.map(|one| one.duration_ms)
    };
    let [Some(p1), Some(p25), Some(p50), Some(p75), Some(p99)] = STRIP.map(at) else { return };
    if as_shares {
        let [p1, p50, p99] = [p1, p50, p99].map(text::duration);
        let words = format!("with the last bake {p50}; 98 of 100 take {p1} to {p99}");
        canvas.text((LEFT, y + 6), &words, Font::new(SMALL), Ink::Muted);
        return;
    }
    let [p1, p25, p50, p75, p99] = [p1, p25, p50, p75, p99].map(|ms| x.at(ms));
    canvas.whisker((p1, y), (p99, y), Ink::Muted, 4);
    canvas.line(&[(p25, y), (p75.max(p25 + 1), y)], Ink::Muted, 5);
    canvas.line(&[(p50, y - 7), (p50, y + 7)], Ink::Text, 3);
}

fn legend(
    canvas: &mut Canvas,
    rows: &[(usize, &StrategySummary, Option<MedianSplit>)],
    (y, as_shares): (i32, bool),
) {
    let mut legend = Legend { left: 30, y, indent: 30, gap: 26 };
    for part in TimePart::ALL {
        if rows.iter().filter_map(|row| row.2).any(|trial| trial.split.of(part) > 0) {
            let (ink, texture) = look_of(part);
            legend.entry(canvas, part.name(), |canvas, x| {
                canvas.textured((x, y - 11), (x + 24, y + 2), ink, texture);
            });
        }
    }
    if as_shares {
        return;
    }
    legend.entry(canvas, "durations, p1 to p99", |canvas, x| {
        canvas.whisker((x, y - 5), (x + 24, y - 5), Ink::Muted, 4);
        canvas.line(&[(x + 7, y - 5), (x + 17, y - 5)], Ink::Muted, 5);
        canvas.line(&[(x + 12, y - 11), (x + 12, y + 1)], Ink::Text, 3);
    });
}

/// What most of the baseline's time is, or of that of the first strategy that has one.
fn title(rows: &[(usize, &StrategySummary, Option<MedianSplit>)]) -> String {
    let complete = || rows.iter().filter(|(_, _, trial)| trial.is_some());
    let told = complete().find(|(_, strategy, _)| strategy.is_baseline).or_else(|| complete().next());
    let Some((_, strategy, Some(trial))) = told else {
        return "Where the time goes: no rollout reached every host".to_owned();
    };
    let split = trial.split;
    let most = TimePart::ALL.into_iter().max_by_key(|part| split.of(*part)).unwrap_or(TimePart::Deploy);
    let share = split.of(most) as f64 / split.total().max(1) as f64;
    let median = strategy.metric(SPEED_METRIC).p50.map_or(String::new(), |p50| {
        let say = |ms: f64| text::duration(ms);
        format!(" of {}", text::estimate(p50.value, " ", p50.interval, say))
    });
    format!(
        "{} % of the median time to 100 %{median} of {} is {}",
        (share * 100.0).round(),
        strategy.name,
        most.name()
    )
}

fn description(rows: &[(usize, &StrategySummary, Option<MedianSplit>)]) -> String {
    let one = |(_, strategy, trial): &(usize, &StrategySummary, Option<MedianSplit>)| {
        let Some(trial) = trial else { return format!("{}: no rollout reached every host.", strategy.name) };
        let parts = TimePart::ALL.into_iter().filter(|part| trial.split.of(*part) > 0);
        let parts: Vec<String> = parts
            .map(|part| format!("{} {}", part.name(), text::duration(trial.split.of(part) as f64)))
            .collect();
        format!("{}: {}.", strategy.name, parts.join(", "))
    };
    rows.iter().map(one).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Plan;
    use crate::report::chart::Theme;
    use crate::report::sample;
    use crate::report::timeline::TimeSplit;
    use crate::study::summarise;

    #[test]
    fn the_title_says_the_largest_part_and_rows_without_a_rollout_say_so() {
        let (plan, outcomes) = sample::study(200);
        let summary = summarise(&plan, &outcomes);
        let small = Plan::load("scenarios/small.toml").expect("a valid scenario");
        let split = (0..40).find_map(|trial| TimeSplit::of_trial(&small, 0, trial).unwrap()).unwrap();
        let mut trials = vec![Some(MedianSplit { trial: 7, split }); 7];
        trials[1] = None;
        let picture = picture(&summary, &trials);
        assert!(picture.title().contains("amazon-five-waves") && picture.title().ends_with("is bake"));
        let svg = picture.svg(Theme::Light);
        assert!(svg.contains("no rollout reached every host") && svg.contains("trial 7"));
        let none = super::picture(&summary, &[None; 7]);
        assert!(none.svg(Theme::Light).contains("Nothing to take apart"));
    }
}
