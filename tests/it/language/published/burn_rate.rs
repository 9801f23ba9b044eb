//! Burn rates of error budgets over several windows: when such an alarm fires, and how much of the budget is gone by then.

use super::{MINUTE, plan, trial};
use crate::support;

/// A row of the table; periods in minutes.
struct Row {
    id: String,
    period: u64,
    long: u64,
    short: u64,
    budget_percent: Option<f64>,
    factor: Option<f64>,
    pending: u64,
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

fn table() -> Vec<Row> {
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

/// How many minutes after the errors begin the alarm fires, where a twentieth of all requests fails.
fn fires_after(row: &Row, factor: f64) -> u64 {
    // The windows are full of good requests before.
    let text = format!(
        "[fleet]\narrivals = \"fixed\"\n[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 1\nrequests-per-second = 100000\n[change]\n\
         [[defect]]\nname = \"errors\"\nclock = \"change\"\nonset = \"{onset_ms}ms\"\nerror-ratio = \"5%\"\n[[alarm]]\nname = \"burn\"\n\
         scope = \"service\"\nperiod = \"1m\"\nwatch = \"rollout\"\n\
         burn-rate = {{ objective = \"99.9%\", factor = {factor:?}, windows = [\"{long}m\", \"{}m\"], for = \"{}m\" }}\n[[strategy]]\n\
         name = \"s\"\nresponse = {{ on-alarm = \"freeze\" }}\nwave = [{{ regions = \"all\", bake = \"{}m\" }}]\n",
        row.short,
        row.pending,
        2 * row.long + row.pending,
        long = row.long,
        // A minute is as good as its end: the errors are those of the minutes after this one.
        onset_ms = row.long * MINUTE + 1,
    );
    let alarm_ms = trial(&plan(&text), 0).1.alarm_ms.unwrap_or_else(|| panic!("{}: it never fires", row.id));
    alarm_ms / MINUTE - row.long - row.pending
}

#[test]
fn an_alarm_fires_when_the_published_part_of_the_budget_is_gone() {
    for row in table() {
        // Where only the part of the budget is given, it is burnt within the long window.
        let of_budget = |percent: f64| percent / 100.0 * row.period as f64 / row.long as f64;
        let factor = row.factor.unwrap_or_else(|| of_budget(row.budget_percent.unwrap()));
        let fired = fires_after(&row, factor) as f64;
        // Fifty budgets burn at once. Scrapes of a minute leave a window a minute less, and evaluations come after it.
        let scraped = (row.long - 1) as f64 / row.long as f64;
        let burnt = |minutes: f64| 50.0 * minutes / row.long as f64;
        let is_it = |early: f64, late: f64, wanted: f64| late >= wanted * scraped - 1e-9 && early <= wanted;
        assert!(is_it(burnt(fired - 2.0), burnt(fired), factor), "{}: {fired}", row.id);
        if let Some(percent) = row.budget_percent {
            let gone = |minutes: f64| 100.0 * 50.0 * minutes / row.period as f64;
            assert!(is_it(gone(fired - 2.0), gone(fired), percent), "{}: {fired}", row.id);
        }
    }
}
