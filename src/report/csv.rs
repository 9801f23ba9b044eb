//! Comma-separated values: one row per trial and strategy, and the summary in long form.
//!
//! Headers carry units; times are integer milliseconds, yes/no is 1/0, nothing is an empty cell.

use crate::outcome::{Ending, Outcome};
use crate::plan::Plan;
use crate::stats::Interval;
use crate::study::{Outcomes, Summary, Weights};
use std::io::{self, Read, Write};

/// Columns of [`trials`]: the replay key, then the outcome's fields in their order.
const TRIAL_COLUMNS: [&str; 30] = [
    "strategy",
    "trial",
    "seed",
    "weight",
    "ending",
    "defect",
    "end_ms",
    "to_25_ms",
    "to_50_ms",
    "to_100_ms",
    "bake_ms",
    "onset_ms",
    "alarm_ms",
    "alarm",
    "rollback_ms",
    "mitigated_ms",
    "peak_exposed_hosts",
    "exposed_at_alarm_hosts",
    "exposed_host_ms",
    "regions_touched",
    "left_exposed_hosts",
    "peak_impaired_hosts",
    "peak_impaired_zones",
    "peak_impaired_regions",
    "peak_impaired_traffic_ppm",
    "impaired_host_ms",
    "failed_requests",
    "two_regions_impaired",
    "two_zones_impaired",
    "first_violation_ms",
];

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
        write(&mut writer, fields(plan, outcome));
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
    write(&mut header, TRIAL_COLUMNS);
    file.write_all(&finish(header))?;
    let weights = Weights::new(plan, trials);
    let written: Vec<String> = weights.by_stratum().iter().map(f64::to_string).collect();
    let mut row = Vec::new();
    for (strategy, mut facts) in plan.strategies.iter().zip(facts) {
        let name = cell(&strategy.name);
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

/// One value, quoted if it has to be.
fn cell(value: &str) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    write(&mut writer, [value, ""]);
    let mut text = finish(writer);
    text.truncate(text.len() - ",\n".len());
    text
}

/// The fields of an outcome, with names for indices.
fn fields(plan: &Plan, outcome: &Outcome) -> [String; 26] {
    let maybe = |value: Option<u64>| value.map_or_else(String::new, |v| v.to_string());
    let bit = |value: bool| u8::from(value).to_string();
    let defect = outcome.defect.map(|index| plan.change.defects[index as usize].name.clone());
    let alarm = outcome.alarm.map(|index| plan.alarms[index as usize].name.clone());
    [
        ending_name(outcome.ending).to_owned(),
        defect.unwrap_or_default(),
        outcome.end_ms.to_string(),
        maybe(outcome.to_25_ms),
        maybe(outcome.to_50_ms),
        maybe(outcome.to_100_ms),
        maybe(outcome.bake_ms),
        maybe(outcome.onset_ms),
        maybe(outcome.alarm_ms),
        alarm.unwrap_or_default(),
        maybe(outcome.rollback_ms),
        maybe(outcome.mitigated_ms),
        outcome.peak_exposed_hosts.to_string(),
        maybe(outcome.exposed_at_alarm_hosts),
        outcome.exposed_host_ms.to_string(),
        outcome.regions_touched.to_string(),
        outcome.left_exposed_hosts.to_string(),
        outcome.peak_impaired_hosts.to_string(),
        outcome.peak_impaired_zones.to_string(),
        outcome.peak_impaired_regions.to_string(),
        outcome.peak_impaired_traffic_ppm.to_string(),
        outcome.impaired_host_ms.to_string(),
        outcome.failed_requests.to_string(),
        bit(outcome.two_regions_impaired),
        bit(outcome.two_zones_impaired),
        maybe(outcome.first_violation_ms),
    ]
}

/// The name of an ending in data files.
#[must_use]
pub fn ending_name(ending: Ending) -> &'static str {
    match ending {
        Ending::Completed => "completed",
        Ending::Escaped => "escaped",
        Ending::Caught => "caught",
        Ending::Recalled => "recalled",
        Ending::FalseRollback => "false-rollback",
    }
}

/// The summary in long form: one row per strategy, metric and statistic, with its 95 % interval.
#[must_use]
pub fn summary(summary: &Summary) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    write(
        &mut writer,
        ["strategy", "metric", "unit", "population", "n", "statistic", "value", "low_95", "high_95"],
    );
    for strategy in &summary.strategies {
        for metric in &strategy.metrics {
            let none = Interval::UNBOUNDED;
            let difference = metric.against_baseline.as_ref().and_then(|d| d.mean);
            let rows = [
                ("mean", metric.mean.map(|m| (m.value, m.interval))),
                ("share", metric.share.map(|s| (s.value, s.interval))),
                ("p50", metric.p50.map(|q| (q.value, q.interval))),
                ("p90", metric.p90.map(|q| (q.value, q.interval))),
                ("p99", metric.p99.map(|q| (q.value, q.interval))),
                ("cvar99", metric.cvar99.map(|t| (t.value, t.interval))),
                ("max", metric.max.map(|max| (max, none))),
                ("mean_difference_from_baseline", difference.map(|m| (m.value, m.interval))),
            ];
            for (statistic, estimate) in rows {
                let Some((value, interval)) = estimate else { continue };
                let end = |end: Option<f64>| end.map_or_else(String::new, |v| v.to_string());
                let cells = [
                    strategy.name.clone(),
                    metric.metric.name.to_owned(),
                    metric.unit.to_owned(),
                    metric.population.to_owned(),
                    metric.n.to_string(),
                    statistic.to_owned(),
                    value.to_string(),
                    end(interval.low),
                    end(interval.high),
                ];
                write(&mut writer, cells);
            }
        }
    }
    finish(writer)
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
        assert_eq!(lines[0], TRIAL_COLUMNS.join(","));
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
        assert_eq!(String::from_utf8(trials(&plan, &outcomes)).unwrap(), TRIAL_COLUMNS.join(",") + "\n");
    }

    #[test]
    fn summary_rows_carry_intervals() {
        let (plan, outcomes) = sample::study(200);
        let text = String::from_utf8(super::summary(&crate::study::summarise(&plan, &outcomes))).unwrap();
        assert!(text.lines().all(|line| line.split(',').count() == 9));
        assert!(text.contains("all-at-once,escaped,share of trials,bad changes,"));
        assert!(text.contains(",mean_difference_from_baseline,"));
    }
}
