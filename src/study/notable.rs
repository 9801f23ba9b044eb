//! Picks the trials of a strategy that are worth a replay.

use crate::outcome::{Ending, Outcome};
use crate::plan::Plan;
use serde::Serialize;

/// Why a trial is notable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotableKind {
    /// Most impaired host-time of all trials.
    WorstBlastRadius,
    /// The bad change in the middle, by impaired host-time.
    MedianBad,
    /// First trial with an isolation violation.
    FirstIsolationViolation,
    /// First bad change that no alarm stopped.
    FirstEscape,
    /// First good change that a false alarm rolled back.
    FirstFalseRollback,
    /// Longest rollout among those that reached every host.
    SlowestCompleted,
}

/// A trial worth a replay, with the values that make it so.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Notable {
    /// Why.
    pub kind: NotableKind,
    /// Trial number, the key of its replay together with seed and strategy.
    pub trial: u64,
    /// How it ended.
    pub ending: Ending,
    /// Name of the defect; absent for a good change.
    pub defect: Option<String>,
    /// Name of the first alarm that fired.
    pub alarm: Option<String>,
    /// The rollout's or its rollback's end.
    pub end_ms: u64,
    /// Impaired hosts integrated over time.
    pub impaired_host_ms: u64,
    /// Most hosts impaired at once.
    pub peak_impaired_hosts: u64,
    /// Most regions impaired at once.
    pub peak_impaired_regions: u32,
}

/// The notable trials of one strategy's outcomes, at most one of each kind; ties go to the lower trial.
/// `median_harm` is the median of impaired host-time over bad changes.
#[must_use]
pub fn notable(plan: &Plan, outcomes: &[Outcome], median_harm: Option<f64>) -> Vec<Notable> {
    let first = |holds: &dyn Fn(&Outcome) -> bool| outcomes.iter().position(holds);
    let picks = [
        (NotableKind::WorstBlastRadius, worst(outcomes)),
        (NotableKind::MedianBad, median_harm.and_then(|median| median_bad(outcomes, median))),
        (
            NotableKind::FirstIsolationViolation,
            first(&|outcome| outcome.two_regions_impaired || outcome.two_zones_impaired),
        ),
        (NotableKind::FirstEscape, first(&|outcome| outcome.ending == Ending::Escaped)),
        (NotableKind::FirstFalseRollback, first(&|outcome| outcome.ending == Ending::FalseRollback)),
        (NotableKind::SlowestCompleted, slowest(outcomes)),
    ];
    picks
        .into_iter()
        .filter_map(|(kind, trial)| trial.map(|trial| describe(plan, kind, trial, &outcomes[trial])))
        .collect()
}

fn describe(plan: &Plan, kind: NotableKind, trial: usize, outcome: &Outcome) -> Notable {
    Notable {
        kind,
        trial: trial as u64,
        ending: outcome.ending,
        defect: outcome.defect.map(|index| plan.change.defects[index as usize].name.clone()),
        alarm: outcome.alarm.map(|index| plan.alarms[index as usize].name.clone()),
        end_ms: outcome.end_ms,
        impaired_host_ms: outcome.impaired_host_ms,
        peak_impaired_hosts: outcome.peak_impaired_hosts,
        peak_impaired_regions: outcome.peak_impaired_regions,
    }
}

/// The trial with the most impaired host-time, if any host was impaired at all.
fn worst(outcomes: &[Outcome]) -> Option<usize> {
    let candidates = outcomes.iter().enumerate().filter(|(_, outcome)| outcome.impaired_host_ms > 0);
    first_with_max(candidates.map(|(trial, outcome)| (trial, outcome.impaired_host_ms)))
}

fn slowest(outcomes: &[Outcome]) -> Option<usize> {
    let complete = outcomes.iter().enumerate().filter(|(_, outcome)| outcome.is_complete());
    first_with_max(complete.map(|(trial, outcome)| (trial, outcome.end_ms)))
}

fn first_with_max(keyed: impl Iterator<Item = (usize, u64)>) -> Option<usize> {
    keyed.min_by_key(|&(trial, value)| (std::cmp::Reverse(value), trial)).map(|(trial, _)| trial)
}

/// The first bad change whose impaired host-time is `median`.
fn median_bad(outcomes: &[Outcome], median: f64) -> Option<usize> {
    outcomes.iter().position(|outcome| outcome.is_bad() && outcome.impaired_host_ms as f64 == median)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn picks_are_what_they_claim_and_ties_go_to_the_first() {
        let (plan, outcomes) = sample::study(400);
        let row = &outcomes.by_strategy[1];
        let mut bad: Vec<u64> = row.iter().filter(|o| o.is_bad()).map(|o| o.impaired_host_ms).collect();
        bad.sort_unstable();
        let median = bad[bad.len().div_ceil(2) - 1];
        let picks = notable(&plan, row, Some(median as f64));
        let pick = |kind| picks.iter().find(|n| n.kind == kind).map(|n| &row[n.trial as usize]).unwrap();
        let worst = pick(NotableKind::WorstBlastRadius).impaired_host_ms;
        assert!(row.iter().all(|outcome| outcome.impaired_host_ms <= worst));
        assert_eq!(pick(NotableKind::MedianBad).impaired_host_ms, median);
        assert_eq!(pick(NotableKind::FirstEscape).ending, Ending::Escaped);
        assert_eq!(pick(NotableKind::FirstFalseRollback).ending, Ending::FalseRollback);
        assert!(pick(NotableKind::SlowestCompleted).is_complete());
        let same = vec![sample::escaped(); 3];
        assert!(notable(&plan, &same, None).iter().all(|n| n.trial == 0));
    }

    #[test]
    fn harmless_good_changes_offer_only_the_slowest() {
        let mut good = sample::escaped();
        good.ending = Ending::Completed;
        good.defect = None;
        good.impaired_host_ms = 0;
        good.two_regions_impaired = false;
        good.two_zones_impaired = false;
        let picks = notable(&sample::plan(), &[good], None);
        assert_eq!(picks.iter().map(|n| n.kind).collect::<Vec<_>>(), [NotableKind::SlowestCompleted]);
        assert_eq!(notable(&sample::plan(), &[], None), []);
    }
}
