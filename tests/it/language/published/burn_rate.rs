//! Burn rates of error budgets over several windows: when such an alarm fires, and how much of the budget is gone by then.

use super::{MINUTE, plan, trial};
use crate::support;

/// A row of the table; periods in minutes.
pub struct Row {
    pub id: String,
    pub period: u64,
    pub long: u64,
    pub short: u64,
    pub budget_percent: Option<f64>,
    pub factor: Option<f64>,
    pub pending: u64,
}

impl Row {
    /// How fast the budget burns. Where only the part of it is given, that is burnt within the long window.
    pub fn burn(&self) -> f64 {
        let of_budget = |percent: f64| percent / 100.0 * self.period as f64 / self.long as f64;
        self.factor.unwrap_or_else(|| of_budget(self.budget_percent.unwrap()))
    }
}

fn minutes(text: &str) -> u64 {
    let (number, unit) = text.split_at(text.len() - 1);
    let unit = match unit {
        "m" => 1,
        "h" => 60,
        _ => 1_440,
    };
    number.parse::<u64>().unwrap() * unit
}

/// The rows.
pub fn table() -> Vec<Row> {
    let text = std::fs::read_to_string(support::project("tests/data/published/burn-rate.csv")).unwrap();
    let lines = text.lines().skip(2).map(|line| line.split(',').collect::<Vec<_>>());
    let row = |cells: Vec<&str>| {
        let [id, period, long, short, budget, factor, pending] = cells[..] else { panic!("{cells:?}") };
        Row {
            id: id.to_owned(),
            period: minutes(period),
            long: minutes(long),
            short: minutes(short),
            budget_percent: budget.parse().ok(),
            factor: factor.parse().ok(),
            pending: if pending.is_empty() { 0 } else { minutes(pending) },
        }
    };
    lines.map(row).collect()
}

/// When this alarm fires, in minutes, where so many requests fail from a minute on.
pub fn fires_at(alarm: &str, from: u64, error_ratio: &str, bake: u64) -> u64 {
    // A minute is as good as its end: the errors are those of the minutes after this one.
    let onset_ms = from * MINUTE + 1;
    let text = format!(
        "[fleet]\narrivals = \"fixed\"\n[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 1\nrequests-per-second = 100000\n[change]\n\
         [[defect]]\nname = \"errors\"\nclock = \"change\"\nonset = \"{onset_ms}ms\"\nerror-ratio = \"{error_ratio}\"\n\
         [[alarm]]\n{alarm}\n[[strategy]]\n\
         name = \"s\"\nresponse = {{ on-alarm = \"freeze\" }}\nwave = [{{ regions = \"all\", bake = \"{bake}m\" }}]\n",
    );
    trial(&plan(&text), 0).1.alarm_ms.unwrap_or_else(|| panic!("it never fires: {alarm}")).div_ceil(MINUTE)
}

/// Holds an alarm against a row, where a twentieth of all requests fails once the windows are full of good ones.
pub fn hold(row: &Row, alarm: &str) {
    let bake = 2 * row.long + row.pending;
    let fired = (fires_at(alarm, row.long, "5%", bake) - row.long - row.pending) as f64;
    // Fifty budgets burn at once. Scrapes of a minute leave a window a minute less, and evaluations come after it.
    let scraped = (row.long - 1) as f64 / row.long as f64;
    let burnt = |minutes: f64| 50.0 * minutes / row.long as f64;
    let is_it = |early: f64, late: f64, wanted: f64| late >= wanted * scraped - 1e-9 && early <= wanted;
    assert!(is_it(burnt(fired - 2.0), burnt(fired), row.burn()), "{}: {fired}", row.id);
    if let Some(percent) = row.budget_percent {
        let gone = |minutes: f64| 100.0 * 50.0 * minutes / row.period as f64;
        assert!(is_it(gone(fired - 2.0), gone(fired), percent), "{}: {fired}", row.id);
    }
}

#[test]
fn an_alarm_fires_when_the_published_part_of_the_budget_is_gone() {
    for row in table() {
        let alarm = format!(
            "name = \"burn\"\nscope = \"service\"\nperiod = \"1m\"\nwatch = \"rollout\"\n\
             burn-rate = {{ objective = \"99.9%\", factor = {:?}, windows = [\"{}m\", \"{}m\"], for = \"{}m\" }}",
            row.burn(),
            row.long,
            row.short,
            row.pending,
        );
        hold(&row, &alarm);
    }
}
