//! Comma-separated values: one row per trial and strategy.
//!
//! Headers carry units; times are integer milliseconds, yes/no is 1/0, nothing is an empty cell. A name that a spreadsheet
//! would calculate has an apostrophe in front, as [`csv_cell`] says.

use crate::outcome::{CustomerHarm, Ending, Outcome};
use crate::outlet::csv_cell;
use crate::plan::Plan;
use crate::study::{Outcomes, Weights};
use std::io::{self, Read, Write};

/// The replay key, with which every row of [`trials`] begins.
const KEY: [&str; 4] = ["strategy", "trial", "seed", "weight"];

/// What a column says of an outcome, with names for indices.
type Say = fn(&Plan, &Outcome) -> String;

/// The columns after all others of a plan that says something of customers.
const CUSTOMERS: [(&str, Say); 4] = [
    ("peak_impaired_customers", |_, o| customers(o, |c| c.peak_impaired)),
    ("impaired_customer_ms", |_, o| customers(o, |c| c.impaired_ms)),
    ("ever_impaired_customers", |_, o| customers(o, |c| c.ever_impaired)),
    ("ever_exposed_customers", |_, o| customers(o, |c| c.ever_exposed)),
];

/// The columns of [`trials`] behind the key.
const FIELDS: [(&str, Say); 26] = [
    ("ending", |_, o| ending_name(o.ending).to_owned()),
    ("defect", |plan, o| o.defect.map_or_else(String::new, |index| name(&plan.change.defects[index].name))),
    ("end_ms", |_, o| o.end_ms.to_string()),
    ("to_25_ms", |_, o| maybe(o.to_25_ms)),
    ("to_50_ms", |_, o| maybe(o.to_50_ms)),
    ("to_100_ms", |_, o| maybe(o.to_100_ms)),
    ("bake_ms", |_, o| maybe(o.bake_ms)),
    ("onset_ms", |_, o| maybe(o.onset_ms)),
    ("alarm_ms", |_, o| maybe(o.alarm_ms)),
    ("alarm", |plan, o| o.notice.map_or_else(String::new, |notice| name(&plan.name_of(notice)))),
    ("rollback_ms", |_, o| maybe(o.rollback_ms)),
    ("mitigated_ms", |_, o| maybe(o.mitigated_ms)),
    ("peak_exposed_hosts", |_, o| o.peak_exposed_hosts.to_string()),
    ("exposed_at_alarm_hosts", |_, o| maybe(o.exposed_at_alarm_hosts)),
    ("exposed_host_ms", |_, o| o.exposed_host_ms.to_string()),
    ("regions_touched", |_, o| o.regions_touched.to_string()),
    ("left_exposed_hosts", |_, o| o.left_exposed_hosts.to_string()),
    ("peak_impaired_hosts", |_, o| o.peak_impaired_hosts.to_string()),
    ("peak_impaired_zones", |_, o| o.peak_impaired_zones.to_string()),
    ("peak_impaired_regions", |_, o| o.peak_impaired_regions.to_string()),
    ("peak_impaired_traffic_ppm", |_, o| o.peak_impaired_traffic_ppm.to_string()),
    ("impaired_host_ms", |_, o| o.impaired_host_ms.to_string()),
    ("failed_requests", |_, o| o.failed_requests.to_string()),
    ("two_regions_impaired", |_, o| u8::from(o.two_regions_impaired).to_string()),
    ("two_zones_impaired", |_, o| u8::from(o.two_zones_impaired).to_string()),
    ("first_violation_ms", |_, o| maybe(o.first_violation_ms)),
];

fn name(name: &str) -> String {
    csv_cell(name).into_owned()
}

fn customers(outcome: &Outcome, of: fn(&CustomerHarm) -> f64) -> String {
    outcome.customers.as_ref().map_or_else(String::new, |customers| of(customers).to_string())
}

fn maybe(value: Option<u64>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// One row per strategy and trial, in that order. `weight` is what the trial counts in an average over all
/// changes; the weights of a strategy add up to 1.
///
/// A long study cannot wait with its rows until the end, and does not know the weights before it: so they are
/// made in two steps, and this is both.
#[must_use]
pub fn trials(plan: &Plan, outcomes: &Outcomes) -> Vec<u8> {
    let facts: Vec<Vec<u8>> = outcomes.by_strategy.iter().map(|row| facts(plan, row)).collect();
    let mut text = Vec::new();
    let written = write_trials(plan, outcomes.trials(), facts.iter().map(Vec::as_slice), &mut text);
    written.expect("invariant: there are facts of every trial and memory does not fail");
    text
}

/// First step: what is known of each outcome by itself, as the rest of its row after its length in bytes
/// (four, little-endian). A name in it may hold a line break, so lines cannot be told apart by those.
#[must_use]
pub fn facts(plan: &Plan, outcomes: &[Outcome]) -> Vec<u8> {
    let mut text = Vec::new();
    for outcome in outcomes {
        let mut writer = csv::Writer::from_writer(Vec::new());
        write(&mut writer, fields(plan).map(|(_, say)| say(plan, outcome)));
        let row = finish(writer);
        text.extend_from_slice(&(row.len() as u32).to_le_bytes());
        text.extend_from_slice(&row);
    }
    text
}

/// Second step: the file, from the facts of every strategy.
///
/// # Errors
/// When the facts cannot be read or the file cannot be written.
pub fn write_trials<R: Read>(
    plan: &Plan,
    trials: u64,
    facts: impl IntoIterator<Item = R>,
    file: &mut dyn Write,
) -> io::Result<()> {
    let mut header = csv::Writer::from_writer(Vec::new());
    write(&mut header, columns(plan));
    file.write_all(&finish(header))?;
    let weights = Weights::new(plan, trials);
    let written: Vec<String> = weights.by_stratum().iter().map(f64::to_string).collect();
    let mut row = Vec::new();
    for (strategy, mut facts) in plan.strategies.iter().zip(facts) {
        let name = cell(&csv_cell(&strategy.name));
        for trial in 0..trials {
            let mut length = [0; 4];
            facts.read_exact(&mut length)?;
            row.clear();
            row.extend_from_slice(&name);
            write!(row, ",{trial},{},{},", plan.study.seed, written[weights.stratum(trial)])?;
            let key = row.len();
            row.resize(key + u32::from_le_bytes(length) as usize, 0);
            facts.read_exact(&mut row[key..])?;
            file.write_all(&row)?;
        }
    }
    Ok(())
}

fn fields(plan: &Plan) -> impl Iterator<Item = (&'static str, Say)> {
    let customers: &[(&str, Say)] = if plan.fleet.has_customers() { &CUSTOMERS } else { &[] };
    FIELDS.iter().chain(customers).copied()
}

fn columns(plan: &Plan) -> impl Iterator<Item = &'static str> {
    KEY.into_iter().chain(fields(plan).map(|(name, _)| name))
}

/// One value, quoted if it has to be.
fn cell(value: &str) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    write(&mut writer, [value, ""]);
    let mut text = finish(writer);
    text.truncate(text.len() - ",\n".len());
    text
}

/// The name of an ending in data files.
#[must_use]
pub fn ending_name(ending: Ending) -> &'static str {
    match ending {
        Ending::Completed => "completed",
        Ending::Escaped => "escaped",
        Ending::Caught => "caught",
        Ending::Recalled => "recalled",
        Ending::Grounded => "grounded",
        Ending::FalseRollback => "false-rollback",
    }
}

pub(super) fn write<T: AsRef<[u8]>>(writer: &mut csv::Writer<Vec<u8>>, cells: impl IntoIterator<Item = T>) {
    writer.write_record(cells).expect("invariant: rows have the header's length and memory does not fail");
}

pub(super) fn finish(writer: csv::Writer<Vec<u8>>) -> Vec<u8> {
    writer.into_inner().expect("invariant: flushing to memory does not fail")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn rows_hold_the_replay_key_and_names() {
        let (plan, mut outcomes) = sample::study(3);
        for row in &mut outcomes.by_strategy {
            row.truncate(1);
        }
        outcomes.by_strategy[0][0] = sample::escaped();
        let text = String::from_utf8(trials(&plan, &outcomes)).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 1 + plan.strategies.len());
        assert_eq!(lines[0], columns(&plan).collect::<Vec<_>>().join(","));
        assert_eq!(
            lines[1],
            "all-at-once,0,42,1,escaped,memory-leak,1200000,300000,600000,900000,,960000,,,,,960,,500,8,0,\
             900,24,8,1000000,54000000000,12.5,1,1,970000"
        );
    }

    #[test]
    fn no_trials_still_have_a_header() {
        let (plan, mut outcomes) = sample::study(1);
        outcomes.by_strategy.iter_mut().for_each(Vec::clear);
        assert_eq!(
            String::from_utf8(trials(&plan, &outcomes)).unwrap(),
            columns(&plan).collect::<Vec<_>>().join(",") + "\n"
        );
    }
}
