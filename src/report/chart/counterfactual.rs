//! An incident as it was deployed against what else could have been done: harm, times to see it and to end it, and whether
//! the simulation agrees with what was recorded.

use super::canvas::{Canvas, Font, Shape};
use super::pen::{Mark, Texture};
use super::plot::Plot;
use super::scale::Axis;
use super::theme::Ink;
use super::{BODY, Frame, Picture, SMALL, fitted, nothing_to_draw, provenance};
use crate::outcome::measures::{DETECTION_DELAY_MS, MITIGATION_DELAY_MS, Measure};
use crate::report::text;
use crate::study::Summary;
use crate::study::expectation::ExpectationResult;
use crate::study::summary::StrategySummary;
use crate::study::verdict::Verdict;

const LEFT: i32 = 250;
const ROW: i32 = 46;
/// Room for the harm in words, and for the two times.
const WORDS: i32 = 210;
const TIME: i32 = 116;
const LINE: i32 = 20;
/// What was recorded is listed up to so many lines.
const MOST_RECORDED: usize = 16;
/// Harm that differs by more than this factor is drawn on a logarithmic axis.
const SPAN: f64 = 20.0;

/// The chart: the baseline is the incident as it was deployed and comes first.
#[must_use]
pub fn picture(summary: &Summary) -> Picture {
    let mut rows: Vec<(usize, &StrategySummary)> = summary.strategies.iter().enumerate().collect();
    rows.sort_by_key(|(_, strategy)| !strategy.is_baseline);
    let ends = |strategy: &StrategySummary| {
        let mean = strategy.metric(summary.harm).mean?;
        Some([mean.value, mean.interval.low.unwrap_or(mean.value), mean.interval.high.unwrap_or(mean.value)])
    };
    let values: Vec<f64> = rows.iter().filter_map(|(_, strategy)| ends(strategy)).flatten().collect();
    let recorded = &summary.expectations[..summary.expectations.len().min(MOST_RECORDED)];
    let (bars, list) = (ROW * rows.len() as i32, LINE * recorded.len() as i32);
    let x = Axis::log_if_wide(&values, SPAN, LEFT, 1170 - WORDS - 2 * TIME);
    let frame = Frame {
        id: "counterfactual".to_owned(),
        title: title(summary),
        subtitle: format!(
            "Mean {} with 95 % intervals ({}), and mean times from the first impaired host until it was noticed and until nobody was impaired",
            text::harm(summary.harm),
            if x.is_log() { "log" } else { "linear" }
        ),
        notes: notes(summary),
        provenance: provenance(summary),
        description: description(summary),
    };
    let recorded_height = if recorded.is_empty() { 0 } else { list + 40 };
    frame.picture(bars + 62 + recorded_height, |canvas, area| {
        if values.is_empty() {
            return nothing_to_draw(canvas, area, "Nothing to compare: no change was bad.");
        }
        let top = area.1 + 26;
        let right = 1170 - WORDS - 2 * TIME;
        let plot = Plot { left: LEFT, right, top, bottom: top + bars };
        let unit = summary.harm.unit;
        plot.ticks_below(canvas, x.number_ticks(84, |value| text::value(unit, value)));
        for (column, words) in ["noticed after", "over after"].into_iter().enumerate() {
            let x = right + WORDS + TIME * (column as i32 + 1);
            canvas.text((x, area.1 + 14), words, Font::new(SMALL).bold().ending(), Ink::Text);
        }
        for (place, (index, strategy)) in rows.iter().enumerate() {
            row(canvas, (summary, strategy, *index), top + ROW * place as i32, &x);
        }
        let mut y = top + bars + 62;
        if !recorded.is_empty() {
            canvas.text((30, y), "What was recorded", Font::new(BODY).bold(), Ink::Text);
        }
        for expected in recorded {
            y += LINE;
            told(canvas, expected, y);
        }
    })
}

fn row(
    canvas: &mut Canvas,
    (summary, strategy, index): (&Summary, &StrategySummary, usize),
    y: i32,
    x: &Axis,
) {
    let mark = if strategy.is_baseline { " (as deployed)" } else { "" };
    let (name, font) = fitted(&strategy.name, mark, LEFT - 30 - 14);
    canvas.text((LEFT - 14, y + 26), &name, font.ending(), Ink::Text);
    let right = 1170 - WORDS - 2 * TIME;
    let Some(mean) = strategy.metric(summary.harm).mean else {
        canvas.text((LEFT + 8, y + 26), "no change was bad", Font::new(SMALL), Ink::Muted);
        return;
    };
    let say = |value: f64| text::value(summary.harm.unit, value);
    let said = text::estimate(mean.value, " ", mean.interval, say);
    let words = format!("{}: {said} {}", strategy.name, text::harm(summary.harm));
    canvas.mark(Mark { words, data: vec![("s", index.to_string())] }, |canvas| {
        let (ink, texture) =
            if strategy.is_baseline { (Ink::Harm, Texture::Plain) } else { (Ink::Blue, Texture::Rising) };
        let at = x.at(mean.value);
        // The length of a bar means nothing on a logarithmic axis.
        if x.is_log() {
            let shape = if strategy.is_baseline { Shape::Square } else { Shape::Circle };
            canvas.marker((at, y + 22), shape, 7, ink, true);
        } else {
            canvas.textured((LEFT, y + 12), (at.max(LEFT + 2), y + 32), ink, texture);
        }
        let [low, high] = [mean.interval.low, mean.interval.high].map(|end| x.at(end.unwrap_or(mean.value)));
        if high > low {
            canvas.whisker((low, y + 22), (high, y + 22), Ink::Text, 5);
        }
        canvas.text((right + 14, y + 26), &said, Font::new(SMALL), Ink::Text);
    });
    for (column, measure) in [&DETECTION_DELAY_MS, &MITIGATION_DELAY_MS].into_iter().enumerate() {
        let x = right + WORDS + TIME * (column as i32 + 1);
        let (said, ink) = match time(strategy, measure) {
            Some(said) => (said, Ink::Text),
            None => ("never".to_owned(), Ink::Muted),
        };
        canvas.text((x, y + 26), &said, Font::new(BODY).ending(), ink);
    }
}

/// The mean of a time; none where it never ended.
fn time(strategy: &StrategySummary, measure: &'static Measure) -> Option<String> {
    strategy.metric(measure).mean.map(|mean| text::duration(mean.value))
}

/// One published number beside the simulated one.
fn told(canvas: &mut Canvas, expected: &ExpectationResult, y: i32) {
    let unit = expected.metric.unit;
    let (ink, verdict) = match expected.verdict {
        Verdict::Pass => (Ink::Good, "agrees"),
        Verdict::Fail => (Ink::Harm, "disagrees"),
        Verdict::Inconclusive => (Ink::Muted, "undecided"),
    };
    let simulated = expected.simulated.map_or("nothing".to_owned(), |value| {
        text::estimate(value, " ", expected.interval, |value| text::value(unit, value))
    });
    canvas.text((116, y), verdict, Font::new(SMALL).bold().ending(), ink);
    let words = format!(
        "{} of {}: {} published, {simulated} simulated{}",
        expected.metric.title,
        expected.strategy,
        text::value_with_unit(unit, expected.published),
        if expected.source.is_empty() { String::new() } else { format!(" ({})", expected.source) }
    );
    let lines = Font::new(SMALL).wrapped(&words, 1030);
    let cut = lines.len() > 1;
    if let Some(first) = lines.first() {
        canvas.text(
            (130, y),
            &format!("{first}{}", if cut { " …" } else { "" }),
            Font::new(SMALL),
            Ink::Text,
        );
    }
}

/// How much less the best counterfactual would have cost.
fn title(summary: &Summary) -> String {
    let baseline = summary.baseline();
    let harm = |strategy: &StrategySummary| strategy.metric(summary.harm).mean.map(|mean| mean.value);
    let Some(deployed) = baseline.metric(summary.harm).mean else {
        return "As deployed: no change was bad".to_owned();
    };
    let say = |value: f64| text::value(summary.harm.unit, value);
    let as_deployed = format!(
        "As deployed: {} {}",
        text::estimate(deployed.value, " ", deployed.interval, say),
        text::harm(summary.harm)
    );
    let others = summary.strategies.iter().filter(|strategy| !strategy.is_baseline);
    let best =
        others.filter_map(|strategy| Some((harm(strategy)?, strategy))).min_by(|a, b| a.0.total_cmp(&b.0));
    let Some((least, best)) = best else { return as_deployed };
    let against = best.metric(summary.harm).against_baseline.as_ref();
    let clear = against.and_then(|against| against.mean).is_some_and(|mean| mean.interval.is_below(0.0));
    match against.and_then(|against| against.ratio) {
        _ if !clear => format!("{as_deployed}; no counterfactual clearly does less"),
        Some(ratio) if ratio.value > 0.0 => {
            let part = text::estimate(ratio.value, " ", ratio.interval, text::percent);
            format!("{as_deployed}; {} does {part} of that", best.name)
        }
        _ => format!("{as_deployed}; {} does {}", best.name, say(least)),
    }
}

fn notes(summary: &Summary) -> Vec<String> {
    let recorded = &summary.expectations;
    if recorded.is_empty() {
        return vec!["The scenario expects no recorded value.".to_owned()];
    }
    let agree = recorded.iter().filter(|expected| expected.verdict == Verdict::Pass).count();
    let left = recorded.len().saturating_sub(MOST_RECORDED);
    let more = if left > 0 { format!(" {left} more are in the tables.") } else { String::new() };
    vec![format!(
        "The simulation agrees with {agree} of {}; intervals of these are wider, so that all verdicts hold together.{more}",
        text::counted(recorded.len() as u64, "recorded value")
    )]
}

fn description(summary: &Summary) -> String {
    let one = |strategy: &StrategySummary| {
        let harm = strategy
            .metric(summary.harm)
            .mean
            .map_or("no harm".to_owned(), |mean| text::value_with_unit(summary.harm.unit, mean.value));
        format!("{}: {harm}.", strategy.name)
    };
    summary.strategies.iter().map(one).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use crate::plan::Plan;
    use crate::report::chart::Theme;
    use crate::study::{Nobody, Study};

    #[test]
    fn an_incident_is_told_with_what_was_recorded() {
        let plan = Plan::load("scenarios/incidents/cloudflare-2019-07-02.toml").expect("a valid scenario");
        let summary = Study::new(&plan).trials(20).run(&Nobody).unwrap();
        let picture = super::picture(&summary);
        let svg = picture.svg(Theme::Light);
        assert!(picture.title().starts_with("As deployed: "), "{}", picture.title());
        assert!(picture.title().contains("of that"), "{}", picture.title());
        for strategy in &summary.strategies {
            assert!(svg.contains(&strategy.name));
        }
        assert!(svg.contains("published") && svg.contains("agrees"));
        assert!(svg.find("(as deployed)").unwrap() < svg.find("stages-of-software<").unwrap());
    }
}
