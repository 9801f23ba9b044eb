//! What each of a list of settings changes, low and high, as a tornado: the largest effect on top.

use super::canvas::{Canvas, Font};
use super::pen::{Mark, Texture};
use super::plot::{Legend, Plot};
use super::scale::Axis;
use super::theme::Ink;
use super::{Frame, Picture, SMALL, fitted, nothing_to_draw};
use crate::outcome::measures::Measure;
use crate::plan::study::Statistic;
use crate::report::text;
use crate::study::sweep::SweptValue;

const LEFT: i32 = 330;
const ROW: i32 = 62;

/// What was varied.
#[derive(Debug, Clone)]
pub struct Tornado {
    /// What is measured.
    pub measure: &'static Measure,
    /// Its statistic.
    pub statistic: Statistic,
    /// The strategy that it is of.
    pub strategy: String,
    /// What the scenario says as it is.
    pub base: Option<SweptValue>,
    /// What is varied, in any order.
    pub varied: Vec<TornadoRow>,
    /// Where the numbers come from.
    pub provenance: String,
}

/// One setting, at two values.
#[derive(Debug, Clone)]
pub struct TornadoRow {
    /// Its path.
    pub path: String,
    /// What is written in the scenario; empty if not known.
    pub written: String,
    /// The low value and what follows; nothing where that is no valid scenario.
    pub low: (String, Option<SweptValue>),
    /// The same of the high value.
    pub high: (String, Option<SweptValue>),
}

impl TornadoRow {
    fn differences(&self) -> [Option<f64>; 2] {
        [&self.low.1, &self.high.1].map(|value| Some(value.as_ref()?.difference?.value))
    }

    fn size(&self) -> f64 {
        self.differences().into_iter().flatten().fold(0.0, |most, x| most.max(x.abs()))
    }
}

/// The chart.
#[must_use]
pub fn picture(tornado: &Tornado) -> Picture {
    let mut rows: Vec<&TornadoRow> = tornado.varied.iter().collect();
    rows.sort_by(|a, b| b.size().total_cmp(&a.size()));
    let ends: Vec<f64> = rows
        .iter()
        .flat_map(|row| [&row.low.1, &row.high.1])
        .filter_map(|value| value.as_ref()?.difference)
        .flat_map(|d| [d.value, d.interval.low.unwrap_or(d.value), d.interval.high.unwrap_or(d.value)])
        .collect();
    let unit = tornado.measure.unit;
    let base = tornado.base.and_then(|base| base.estimate);
    let as_it_is = base.map_or("no value".to_owned(), |base| {
        text::estimate(base.value, " ", base.interval, |value| text::value(unit, value))
    });
    let frame = Frame {
        id: "tornado".to_owned(),
        title: title(tornado, &rows),
        subtitle: format!(
            "Change of {} ({}) of {} from {as_it_is} when one setting is another, all else as written, on the same trials, with 95 % intervals; linear",
            tornado.measure.title,
            tornado.statistic.name(),
            tornado.strategy
        ),
        notes: vec![
            "Settings are varied one at a time: what two of them do together is not in the picture."
                .to_owned(),
        ],
        provenance: tornado.provenance.clone(),
        description: String::new(),
    };
    let body = ROW * rows.len().max(1) as i32;
    frame.picture(body + 96, |canvas, area| {
        if ends.is_empty() {
            return nothing_to_draw(
                canvas,
                area,
                "Nothing to draw: no setting gives a valid scenario with a value.",
            );
        }
        legend(canvas, area.1 + 12);
        let low = ends.iter().copied().fold(0.0, f64::min);
        let high = ends.iter().copied().fold(0.0, f64::max);
        let room = (high - low) * 0.1;
        let x = Axis::linear(low - room, high + room, LEFT, area.2 - 10);
        let (top, bottom) = (area.1 + 30, area.1 + 30 + body);
        let plot = Plot { left: LEFT, right: area.2 - 10, top, bottom };
        plot.ticks_below(canvas, x.number_ticks(110, |value| text::difference(unit, value)));
        plot.title_below(canvas, "change");
        for (place, row) in rows.iter().enumerate() {
            draw(canvas, (tornado, row), top + ROW * place as i32, &x);
        }
        canvas.line(&[(x.at(0.0), top), (x.at(0.0), bottom)], Ink::Text, 2);
    })
}

fn draw(canvas: &mut Canvas, (tornado, row): (&Tornado, &TornadoRow), y: i32, x: &Axis) {
    let (path, font) = fitted(&row.path, "", LEFT - 44);
    canvas.text((LEFT - 14, y + 22), &path, font.ending(), Ink::Text);
    if !row.written.is_empty() {
        let (written, _) = fitted(&format!("as written: {}", row.written), "", LEFT - 60);
        canvas.text((LEFT - 14, y + 40), &written, Font::new(SMALL).ending(), Ink::Muted);
    }
    let sides = [(&row.low, Ink::Blue, Texture::Falling), (&row.high, Ink::Orange, Texture::Rising)];
    for (line, ((value, swept), ink, texture)) in sides.into_iter().enumerate() {
        let top = y + 6 + 25 * line as i32;
        let difference = swept.as_ref().and_then(|swept| swept.difference);
        let Some(difference) = difference else {
            let words = format!("{value}: no valid scenario with a value");
            canvas.text((x.at(0.0) + 8, top + 16), &words, Font::new(SMALL), Ink::Muted);
            continue;
        };
        let say = |value: f64| text::difference(tornado.measure.unit, value);
        let said = format!("{} {}", say(difference.value), text::bounds(difference.interval, say));
        let words = format!("{} = {value}: {said}", row.path);
        canvas.mark(Mark { words, data: Vec::new() }, |canvas| {
            let (zero, at) = (x.at(0.0), x.at(difference.value));
            canvas.textured(
                (zero.min(at), top),
                (zero.max(at).max(zero.min(at) + 2), top + 20),
                ink,
                texture,
            );
            let [low, high] = [difference.interval.low, difference.interval.high]
                .map(|end| x.at(end.unwrap_or(difference.value)));
            canvas.whisker((low, top + 10), (high.max(low + 1), top + 10), Ink::Text, 5);
            // Words on the side that has room.
            let label = format!("{value}: {}", say(difference.value));
            let width = Font::new(SMALL).width(&label);
            let after = high.max(zero).max(at) + 10;
            if after + width < 1170 {
                canvas.text((after, top + 15), &label, Font::new(SMALL), Ink::Text);
            } else {
                canvas.text(
                    (low.min(zero).min(at) - 10, top + 15),
                    &label,
                    Font::new(SMALL).ending(),
                    Ink::Text,
                );
            }
        });
    }
}

fn legend(canvas: &mut Canvas, y: i32) {
    let mut legend = Legend { left: 30, y, indent: 30, gap: 24 };
    for (words, ink, texture) in
        [("low value", Ink::Blue, Texture::Falling), ("high value", Ink::Orange, Texture::Rising)]
    {
        legend.entry(canvas, words, |canvas, x| canvas.textured((x, y - 12), (x + 24, y + 2), ink, texture));
    }
}

fn title(tornado: &Tornado, rows: &[&TornadoRow]) -> String {
    let what = tornado.measure.title;
    let is_clear = |row: &&&TornadoRow| {
        let sides = [&row.low.1, &row.high.1].into_iter();
        sides.filter_map(|swept| swept.as_ref()?.difference).any(|difference| difference.is_clear())
    };
    let said = |row: &TornadoRow| {
        let sides = [(&row.low.0, &row.low.1), (&row.high.0, &row.high.1)].into_iter();
        let say = |value: f64| text::difference(tornado.measure.unit, value);
        let one = |(value, swept): (&String, &Option<SweptValue>)| {
            let difference = swept.as_ref()?.difference?;
            Some(format!("{} {} at {value}", say(difference.value), text::bounds(difference.interval, say)))
        };
        format!("{}: {}", row.path, sides.filter_map(one).collect::<Vec<String>>().join(", "))
    };
    let Some(most) = rows.first().filter(|row| row.size() > 0.0) else {
        return format!("No setting changes {what}");
    };
    // A large effect that may be none says less than a small one that is.
    match rows.iter().find(is_clear) {
        Some(clear) if std::ptr::eq(*clear, *most) => format!("{what} hinges most on {}", said(most)),
        Some(clear) => {
            format!("{what} hinges clearly on {}; {} may do more, or nothing", said(clear), most.path)
        }
        None => format!("No setting clearly changes {what}; most does {}", said(most)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::heat::tests::swept;
    use super::*;
    use crate::outcome::measures;
    use crate::report::chart::Theme;

    fn tornado() -> Tornado {
        let row = |path: &str, low: f64, high: f64| TornadoRow {
            path: path.to_owned(),
            written: "1h".to_owned(),
            low: ("30m".to_owned(), Some(swept(low * 60_000.0, 60_000.0))),
            high: ("2h".to_owned(), Some(swept(high * 60_000.0, 60_000.0))),
        };
        Tornado {
            measure: &measures::IMPAIRED_HOST_MS,
            statistic: Statistic::Mean,
            strategy: "careful".to_owned(),
            base: Some(swept(6_000_000.0, 60_000.0)),
            varied: vec![row("little", -0.5, 0.5), row("much", -40.0, 70.0)],
            provenance: String::new(),
        }
    }

    #[test]
    fn the_largest_effect_comes_first_and_is_the_title() {
        let picture = picture(&tornado());
        assert!(picture.title().contains("hinges most on much"), "{}", picture.title());
        let svg = picture.svg(Theme::Light);
        assert!(svg.find(">much<").unwrap() < svg.find(">little<").unwrap());
        let mut doubtful = tornado();
        doubtful.varied.truncate(1);
        assert!(super::picture(&doubtful).title().starts_with("No setting clearly changes"));
        let mut wide = tornado();
        wide.varied[1].low.1 = Some(swept(-4_000_000.0, 9_000_000.0));
        wide.varied[1].high.1 = Some(swept(4_000_000.0, 9_000_000.0));
        wide.varied[0].high.1 = Some(swept(90_000.0, 30_000.0));
        let title = super::picture(&wide).title().to_owned();
        assert!(title.contains("hinges clearly on little") && title.contains("much may do more"), "{title}");
        doubtful.varied[0].low.1 = None;
        doubtful.varied[0].high.1 = None;
        assert!(super::picture(&doubtful).svg(Theme::Light).contains("Nothing to draw"));
    }
}
