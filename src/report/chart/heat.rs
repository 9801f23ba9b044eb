//! A measure over a grid of two settings, as a heat map.

use super::canvas::{Canvas, Font};
use super::pen::Mark;
use super::theme::Ink;
use super::{BODY, Frame, Picture, SMALL, fitted, nothing_to_draw};
use crate::outcome::measures::{Better, Measure};
use crate::plan::study::Statistic;
use crate::report::text;
use crate::study::sweep::SweptValue;

const LEFT: i32 = 230;
const CELL: i32 = 58;
/// Widest column.
const WIDEST: i32 = 170;
/// Values that differ by more than this factor are inked by their logarithm.
const SPAN: f64 = 30.0;

/// What was swept.
#[derive(Debug, Clone)]
pub struct HeatGrid {
    /// What is measured.
    pub measure: &'static Measure,
    /// Its statistic.
    pub statistic: Statistic,
    /// The strategy that it is of.
    pub strategy: String,
    /// The path of the setting that changes from column to column, and its values.
    pub across: (String, Vec<String>),
    /// The same from row to row.
    pub down: (String, Vec<String>),
    /// Row by row: what a version says; none where it is no valid scenario.
    pub cells: Vec<Vec<Option<SweptValue>>>,
    /// Where the numbers come from.
    pub provenance: String,
}

impl HeatGrid {
    fn value(&self, row: usize, column: usize) -> Option<f64> {
        Some(self.cells.get(row)?.get(column)?.as_ref()?.estimate?.value)
    }

    /// The places of all cells with a value.
    fn filled(&self) -> impl Iterator<Item = (usize, usize, f64)> {
        let places =
            (0..self.down.1.len()).flat_map(|row| (0..self.across.1.len()).map(move |column| (row, column)));
        places.filter_map(|(row, column)| Some((row, column, self.value(row, column)?)))
    }

    fn best(&self) -> Option<(usize, usize, f64)> {
        let better = |a: &f64, b: &f64| match self.measure.better {
            Better::Less => a.total_cmp(b),
            Better::More => b.total_cmp(a),
        };
        self.filled().min_by(|a, b| better(&a.2, &b.2))
    }

    fn say(&self, value: f64) -> String {
        text::value(self.measure.unit, value)
    }

    fn said(&self, row: usize, column: usize) -> Option<String> {
        let estimate = self.cells[row][column].as_ref()?.estimate?;
        Some(text::estimate(estimate.value, " ", estimate.interval, |value| self.say(value)))
    }
}

/// The chart.
#[must_use]
pub fn picture(grid: &HeatGrid) -> Picture {
    let (columns, rows) = (grid.across.1.len() as i32, grid.down.1.len() as i32);
    let scale = InkScale::of(grid);
    let frame = Frame {
        id: "heat".to_owned(),
        title: title(grid),
        subtitle: format!(
            "{} ({}) of {}, by {} (across) and {} (down), on the same trials in every cell; the stronger the ink the {}, {}",
            grid.measure.title,
            grid.statistic.name(),
            grid.strategy,
            grid.across.0,
            grid.down.0,
            match grid.measure.better {
                Better::Less => "worse",
                Better::More => "better",
            },
            if scale.is_log { "log" } else { "linear" }
        ),
        notes: vec![
            "Each cell has its estimate and, below, its 95 % interval; the best cell is framed.".to_owned(),
        ],
        provenance: grid.provenance.clone(),
        description: String::new(),
    };
    frame.picture(CELL * rows.max(1) + 74, |canvas, area| {
        if grid.filled().next().is_none() {
            return nothing_to_draw(
                canvas,
                area,
                "Nothing to draw: no setting gives a valid scenario with a value.",
            );
        }
        let width = ((area.2 - LEFT) / columns.max(1)).min(WIDEST);
        let top = area.1 + 48;
        let (path, _) = fitted(&grid.across.0, "", area.2 - LEFT);
        canvas.text((LEFT, area.1 + 14), &path, Font::new(SMALL).bold(), Ink::Text);
        let (path, font) = fitted(&grid.down.0, "", LEFT - 44);
        let _ = font;
        canvas.text((30, area.1 + 38), &path, Font::new(SMALL).bold(), Ink::Text);
        for (column, value) in grid.across.1.iter().enumerate() {
            let (value, font) = fitted(value, "", width - 6);
            canvas.text(
                (LEFT + width * column as i32 + width / 2, area.1 + 38),
                &value,
                font.centered(),
                Ink::Text,
            );
        }
        for (row, value) in grid.down.1.iter().enumerate() {
            let y = top + CELL * row as i32;
            let (value, font) = fitted(value, "", LEFT - 44);
            canvas.text((LEFT - 12, y + CELL / 2 + 5), &value, font.ending(), Ink::Text);
            for column in 0..grid.across.1.len() {
                cell(canvas, (grid, &scale), (row, column), (LEFT + width * column as i32, y, width));
            }
        }
    })
}

fn cell(
    canvas: &mut Canvas,
    (grid, scale): (&HeatGrid, &InkScale),
    (row, column): (usize, usize),
    (x, y, width): (i32, i32, i32),
) {
    let corners = ((x + 2, y + 2), (x + width - 2, y + CELL - 2));
    canvas.rect(corners.0, corners.1, Ink::Shade, 1.0);
    let centre = x + width / 2;
    let small = Font::new(SMALL).centered();
    let Some(value) = grid.value(row, column) else {
        canvas.text((centre, y + CELL / 2 + 4), "no value", small, Ink::Muted);
        return;
    };
    let opacity = scale.opacity(value);
    let said = grid.said(row, column).unwrap_or_default();
    let words = format!(
        "{} = {}, {} = {}: {said}",
        grid.across.0, grid.across.1[column], grid.down.0, grid.down.1[row]
    );
    canvas.mark(Mark { words, data: Vec::new() }, |canvas| {
        canvas.rect(corners.0, corners.1, Ink::Vermillion, opacity);
        let ink = if opacity > 0.7 { Ink::Paper } else { Ink::Text };
        let (first, rest) = said.split_once(" [").map_or((said.as_str(), None), |(a, b)| (a, Some(b)));
        canvas.text((centre, y + CELL / 2 - 1), first, Font::new(BODY).bold().centered(), ink);
        let rest =
            rest.map(|rest| format!("[{rest}")).filter(|rest| Font::new(SMALL).width(rest) < width - 6);
        if let Some(rest) = rest {
            canvas.text((centre, y + CELL / 2 + 17), &rest, small, ink);
        }
        if grid.best().is_some_and(|(best_row, best_column, _)| (best_row, best_column) == (row, column)) {
            let ((left, top), (right, bottom)) = corners;
            let frame = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
            canvas.line(&frame, Ink::Text, 3);
        }
    });
}

/// How strongly a value is inked.
struct InkScale {
    least: f64,
    most: f64,
    is_log: bool,
}

impl InkScale {
    fn of(grid: &HeatGrid) -> Self {
        let values: Vec<f64> = grid.filled().map(|(.., value)| value).collect();
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Self { least, most, is_log: least > 0.0 && most > SPAN * least }
    }

    fn opacity(&self, value: f64) -> f64 {
        let scaled = |x: f64| if self.is_log { libm::log(x) } else { x };
        let span = scaled(self.most) - scaled(self.least);
        let share = if span > 0.0 { (scaled(value) - scaled(self.least)) / span } else { 0.0 };
        0.06 + 0.8 * share
    }
}

fn title(grid: &HeatGrid) -> String {
    let Some((row, column, _)) = grid.best() else {
        return format!("{}: no setting gives a value", grid.measure.title);
    };
    let said = grid.said(row, column).unwrap_or_default();
    let interval = grid.cells[row][column].as_ref().and_then(|cell| cell.estimate).map(|best| best.interval);
    let as_good = |(own_row, own_column, _): &(usize, usize, f64)| {
        let own = grid.cells[*own_row][*own_column].as_ref().and_then(|cell| cell.estimate);
        let overlap = interval.zip(own).is_some_and(|(best, own)| match grid.measure.better {
            Better::Less => best.high.is_none_or(|high| own.interval.low.is_none_or(|low| low <= high)),
            Better::More => best.low.is_none_or(|low| own.interval.high.is_none_or(|high| high >= low)),
        });
        (*own_row, *own_column) != (row, column) && overlap
    };
    let others = grid.filled().filter(as_good).count();
    let doubt = match others {
        0 => "clearly the best".to_owned(),
        1 => "one other setting may be as good".to_owned(),
        others => format!("{others} other settings may be as good"),
    };
    format!(
        "{} is best with {} = {} and {} = {}: {said}; {doubt}",
        grid.measure.title, grid.across.0, grid.across.1[column], grid.down.0, grid.down.1[row]
    )
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::outcome::measures;
    use crate::report::chart::Theme;
    use crate::stats::Interval;

    pub fn swept(value: f64, room: f64) -> SweptValue {
        let estimate = serde_json::from_value(
            serde_json::json!({ "value": value, "low": value - room, "high": value + room }),
        );
        let estimate = estimate.unwrap();
        SweptValue { estimate: Some(estimate), difference: Some(estimate), trials: 100 }
    }

    fn grid() -> HeatGrid {
        let cell = |value: f64| Some(swept(value * 60_000.0, 30_000.0));
        HeatGrid {
            measure: &measures::IMPAIRED_HOST_MS,
            statistic: Statistic::Mean,
            strategy: "careful".to_owned(),
            across: ("strategy.careful.wave.small.bake".to_owned(), vec!["10m".to_owned(), "1h".to_owned()]),
            down: ("alarm.</text>.period".to_owned(), vec!["1m".to_owned(), "5m".to_owned()]),
            cells: vec![vec![cell(90.0), cell(5.0)], vec![None, cell(400.0)]],
            provenance: "small".to_owned(),
        }
    }

    #[test]
    fn the_best_setting_is_named_with_its_doubt_and_what_is_missing_says_so() {
        let picture = picture(&grid());
        assert!(
            picture.title().contains("= 1h") && picture.title().ends_with("clearly the best"),
            "{}",
            picture.title()
        );
        let svg = picture.svg(Theme::Light);
        assert!(svg.contains("no value") && !svg.contains("</text>.period"));
        let mut doubtful = grid();
        doubtful.cells[0][0] = Some(swept(5.5 * 60_000.0, 60_000.0));
        assert!(super::picture(&doubtful).title().ends_with("one other setting may be as good"));
        let _ = Interval::UNBOUNDED;
        doubtful.cells = vec![vec![None, None], vec![None, None]];
        assert!(super::picture(&doubtful).svg(Theme::Light).contains("Nothing to draw"));
    }

    #[test]
    fn ink_grows_with_the_value() {
        let grid = grid();
        let scale = InkScale::of(&grid);
        assert!(scale.is_log);
        let inks = [5.0, 90.0, 400.0].map(|minutes| scale.opacity(minutes * 60_000.0));
        assert!(inks[0] < inks[1] && inks[1] < inks[2] && inks[2] < 0.9);
    }
}
