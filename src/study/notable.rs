//! Picks the trials of a strategy that are worth a replay.

use crate::outcome::{Ending, Outcome};
use crate::plan::Plan;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

/// Why a trial is notable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotableKind {
    /// Most failed and refused requests of all trials; of equals, and without traffic, most impaired host-time.
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// Requests that failed or were refused.
    pub failed_requests: f64,
    /// Most hosts impaired at once.
    pub peak_impaired_hosts: u64,
    /// Most regions impaired at once.
    pub peak_impaired_regions: u32,
    /// Most customers impaired at once; absent where nothing is said of customers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_impaired_customers: Option<f64>,
}

/// A trial and what happened in it.
pub type NumberedTrial<'o> = (u64, &'o Outcome);

/// Whether an outcome is of a kind.
type Makes = fn(&Outcome) -> bool;

/// Kinds of which the first trial is picked, and what makes one.
const FIRSTS: [(NotableKind, Makes); 3] = [
    (NotableKind::FirstIsolationViolation, |o| o.two_regions_impaired || o.two_zones_impaired),
    (NotableKind::FirstEscape, |o| o.ending == Ending::Escaped),
    (NotableKind::FirstFalseRollback, |o| o.ending == Ending::FalseRollback),
];

/// The notable trials of one strategy, of `candidates` in the order of trials: at most one of each kind; ties
/// go to the lower trial. `median_harm` is the median of impaired host-time over bad changes.
#[must_use]
pub fn notable(plan: &Plan, candidates: &[NumberedTrial], median_harm: Option<f64>) -> Vec<Notable> {
    let most = |of: Weighs| {
        let keyed = candidates.iter().filter_map(|&(trial, outcome)| Some((of(outcome)?, trial, outcome)));
        let first = keyed.min_by_key(|&(value, trial, _)| (Reverse(value), trial));
        first.map(|(_, trial, outcome)| (trial, outcome))
    };
    let median = median_harm.and_then(|median| median_bad(candidates, median));
    let firsts = FIRSTS
        .into_iter()
        .map(|(kind, holds)| (kind, candidates.iter().copied().find(|(_, outcome)| holds(outcome))));
    let picks = [(NotableKind::WorstBlastRadius, most(harm)), (NotableKind::MedianBad, median)]
        .into_iter()
        .chain(firsts)
        .chain([(NotableKind::SlowestCompleted, most(completion))]);
    picks.filter_map(|(kind, pick)| pick.map(|pick| describe(plan, kind, pick))).collect()
}

fn describe(plan: &Plan, kind: NotableKind, (trial, outcome): NumberedTrial) -> Notable {
    Notable {
        kind,
        trial,
        ending: outcome.ending,
        defect: outcome.defect.map(|index| plan.change.defects[index].name.clone()),
        alarm: outcome.notice.map(|notice| plan.name_of(notice)),
        end_ms: outcome.end_ms,
        impaired_host_ms: outcome.impaired_host_ms,
        failed_requests: outcome.failed_requests,
        peak_impaired_hosts: outcome.peak_impaired_hosts,
        peak_impaired_regions: outcome.peak_impaired_regions,
        peak_impaired_customers: outcome.customers.map(|customers| customers.peak_impaired),
    }
}

/// How much a trial has of what makes it notable.
type Weighs = fn(&Outcome) -> Option<(u64, u64)>;

/// Failed requests and impaired host-time of a bad change, if it did any harm.
fn harm(outcome: &Outcome) -> Option<(u64, u64)> {
    // The bits of floats that are not negative are in their order.
    let harm = (outcome.failed_requests.max(0.0).to_bits(), outcome.impaired_host_ms);
    (harm != (0, 0)).then_some(harm)
}

/// End of a rollout that reached every host.
fn completion(outcome: &Outcome) -> Option<(u64, u64)> {
    outcome.is_complete().then_some((outcome.end_ms, 0))
}

/// The bad change whose impaired host-time is nearest to `median`.
fn median_bad<'o>(candidates: &[NumberedTrial<'o>], median: f64) -> Option<NumberedTrial<'o>> {
    let bad = candidates.iter().copied().filter(|(_, outcome)| outcome.has_defect());
    let off = |(_, outcome): &NumberedTrial| (outcome.impaired_host_ms as f64 - median).abs();
    bad.min_by(|a, b| off(a).total_cmp(&off(b)))
}

/// Trials that will be notable, or may: what is kept where outcomes are not. All kinds are found in it that
/// are found in all trials, but the bad change in the middle: that is sought among the first bad ones.
#[derive(Debug, Default)]
pub(super) struct Shortlist {
    bad: Vec<(u64, Outcome)>,
    firsts: [Option<(u64, Outcome)>; FIRSTS.len()],
    worst: Option<(u64, Outcome)>,
    slowest: Option<(u64, Outcome)>,
}

/// Bad changes that are kept: one of so many is near the middle.
const BAD_KEPT: usize = 500;

impl Shortlist {
    /// Looks at the next trial.
    pub fn look(&mut self, trial: u64, outcome: &Outcome) {
        if outcome.has_defect() && self.bad.len() < BAD_KEPT {
            self.bad.push((trial, outcome.clone()));
        }
        for (first, (_, holds)) in self.firsts.iter_mut().zip(FIRSTS) {
            if first.is_none() && holds(outcome) {
                *first = Some((trial, outcome.clone()));
            }
        }
        for (most, of) in [(&mut self.worst, harm as Weighs), (&mut self.slowest, completion)] {
            if of(outcome) > most.as_ref().and_then(|(_, most)| of(most)) {
                *most = Some((trial, outcome.clone()));
            }
        }
    }

    /// The trials, in order.
    pub fn candidates(&self) -> Vec<NumberedTrial<'_>> {
        let some = self.firsts.iter().chain([&self.worst, &self.slowest]).flatten();
        let mut all: Vec<NumberedTrial> = self.bad.iter().chain(some).map(|(trial, o)| (*trial, o)).collect();
        all.sort_by_key(|(trial, _)| *trial);
        all.dedup_by_key(|(trial, _)| *trial);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn picks_are_what_they_claim_and_ties_go_to_the_first() {
        let (plan, outcomes) = sample::study(400);
        let row = &outcomes.by_strategy[1];
        let mut bad: Vec<u64> = row.iter().filter(|o| o.has_defect()).map(|o| o.impaired_host_ms).collect();
        bad.sort_unstable();
        let median = bad[bad.len().div_ceil(2) - 1];
        let all: Vec<NumberedTrial> = (0..).zip(row).collect();
        let picks = notable(&plan, &all, Some(median as f64));
        let pick = |kind| picks.iter().find(|n| n.kind == kind).map(|n| &row[n.trial as usize]).unwrap();
        let worst = harm(pick(NotableKind::WorstBlastRadius));
        assert!(row.iter().all(|outcome| harm(outcome) <= worst));
        assert_eq!(pick(NotableKind::MedianBad).impaired_host_ms, median);
        assert_eq!(pick(NotableKind::FirstEscape).ending, Ending::Escaped);
        assert_eq!(pick(NotableKind::FirstFalseRollback).ending, Ending::FalseRollback);
        assert!(pick(NotableKind::SlowestCompleted).is_complete());
        let same = vec![sample::escaped(); 3];
        let same: Vec<NumberedTrial> = (0..).zip(&same).collect();
        assert!(notable(&plan, &same, None).iter().all(|n| n.trial == 0));
    }

    #[test]
    fn harmless_good_changes_offer_only_the_slowest() {
        let mut good = sample::escaped();
        good.ending = Ending::Completed;
        good.defect = None;
        good.impaired_host_ms = 0;
        good.failed_requests = 0.0;
        good.two_regions_impaired = false;
        good.two_zones_impaired = false;
        let picks = notable(&sample::plan(), &[(0, &good)], None);
        assert_eq!(picks.iter().map(|n| n.kind).collect::<Vec<_>>(), [NotableKind::SlowestCompleted]);
        assert_eq!(notable(&sample::plan(), &[], None), []);
    }
    #[test]
    fn the_shortlist_holds_what_is_notable_of_all() {
        let (plan, outcomes) = sample::study(600);
        for row in &outcomes.by_strategy {
            let mut list = Shortlist::default();
            (0..).zip(row).for_each(|(trial, outcome)| list.look(trial, outcome));
            let all: Vec<NumberedTrial> = (0..).zip(row).collect();
            assert!(list.candidates().len() < all.len());
            assert_eq!(notable(&plan, &list.candidates(), None), notable(&plan, &all, None));
        }
    }
}
