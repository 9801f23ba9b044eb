//! Argo Rollouts: what an analysis says after so many measurements. An analysis is a gate of checks.

use super::{MINUTE, plan, region, rows, trial};
use serde_json::Value;
use wavetank::outcome::Notice;
use wavetank::plan::Plan;
use wavetank::rollout::{RolloutEvent, RolloutRecord};

/// What a gate says after so many minutes, in the words of the tool.
#[derive(Debug, PartialEq)]
enum Verdict {
    Holds,
    Fails,
    Neither,
}

/// A limit of failures that nothing reaches.
const NO_LIMIT: i64 = 1_000_000;

/// The gate of a metric. A limit of failures is how many may fail; -1 is no limit.
fn gate(metric: &Value) -> String {
    let failures = match metric["failureLimit"].as_i64().unwrap_or(0) {
        -1 => NO_LIMIT,
        allowed => allowed + 1,
    };
    let mut keys = vec![format!("failures = {failures}")];
    if let Some(row) = metric["consecutiveSuccessLimit"].as_u64() {
        keys.push(format!("passes = {row}, in-a-row = true"));
    }
    match metric["count"].as_u64() {
        Some(count) => keys.push(format!("count = {count}")),
        // It goes on until something else ends it.
        None if metric.get("consecutiveSuccessLimit").is_none() => keys.push("count = 1000".to_owned()),
        None => {}
    }
    // A measurement that is inconclusive or an error is one without data.
    let missing = metric["inconclusiveLimit"].as_u64().unwrap_or(4) + 1;
    format!("{{ checks = {{ alarm = \"metric\", missing = {missing}, {} }} }}", keys.join(", "))
}

/// A canary with that gate behind it. Measurements fail with that probability, or are lost.
fn text(metric: &Value, failing: u64, lost: u64) -> String {
    format!(
        "{}[[alarm]]\nname = \"metric\"\nscope = \"service\"\nmissing-data = \"ignore\"\nlost = \"{lost}%\"\n\
         breach-probability = {{ healthy = \"{failing}%\", impaired = \"{failing}%\" }}\n[[strategy]]\nname = \"canary\"\n\
         response = {{ on-alarm = \"freeze\" }}\nwave = [{{ regions = \"all\", hosts = 1, gates = [{}] }}, {{ regions = \"all\" }}]\n",
        region(2),
        gate(metric)
    )
}

fn verdict(records: &[RolloutRecord], after_ms: u64) -> Verdict {
    let of = |record: &RolloutRecord| match record.event {
        RolloutEvent::GateHolds { .. } => Some(Verdict::Holds),
        RolloutEvent::Noticed { notice: Notice::Gate { .. }, .. } => Some(Verdict::Fails),
        _ => None,
    };
    let decided = records.iter().filter(|record| record.at_ms <= after_ms).find_map(of);
    decided.unwrap_or(Verdict::Neither)
}

/// Whether the first checks of a trial are those of a row: so many failed, and so many passed in the end, one after the other.
fn is_alike(records: &[RolloutRecord], checks: u64, result: &Value) -> bool {
    let failed: Vec<u64> = records
        .iter()
        .filter(|record| matches!(record.event, RolloutEvent::CheckFailed { .. }))
        .map(|record| record.at_ms / MINUTE)
        .filter(|check| *check <= checks)
        .collect();
    // What is decided before does not go on.
    let last_ms = checks * MINUTE;
    let goes_on = verdict(records, last_ms.saturating_sub(1)) == Verdict::Neither;
    let row = checks - failed.last().copied().unwrap_or(0);
    let wanted = result["consecutiveSuccess"].as_u64().unwrap_or(row);
    goes_on && failed.len() as u64 == result["failed"].as_u64().unwrap_or(0) && row == wanted
}

/// Holds that in trials of `plan` whose checks went as the row says the gate says what is published.
pub(crate) fn hold_verdict(row: &Value, plan: &Plan) {
    let result = &row["result"];
    let checks = result["count"].as_u64().unwrap_or(0);
    let expected = match row["running"].as_str().unwrap() {
        "Successful" => Verdict::Holds,
        "Failed" | "Error" | "Inconclusive" => Verdict::Fails,
        _ => Verdict::Neither,
    };
    let alike = (0..20_000).map(|number| trial(plan, number).0);
    let found: Vec<Verdict> = alike
        .filter(|records| is_alike(records, checks, result))
        .map(|records| verdict(&records, checks * MINUTE))
        .take(3)
        .collect();
    assert!(!found.is_empty(), "{row}: in no trial");
    assert!(found.iter().all(|verdict| *verdict == expected), "{row}: {found:?}");
}

#[test]
fn an_analysis_says_what_is_published() {
    for row in rows("argo-analysis", "status") {
        let (metric, result) = (&row["metric"], &row["result"]);
        let empty = result.get("inconclusive").or(result.get("consecutiveError")).is_some();
        let failing = if result.get("failed").is_some() { 50 } else { 0 };
        let plan = plan(&text(metric, failing, if empty { 100 } else { 0 }));
        hold_verdict(&row, &plan);
    }
}
