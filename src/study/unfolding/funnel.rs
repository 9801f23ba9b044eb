//! Where bad changes are caught: shares by how far the rollout had come, and by what noticed. It replays nothing.

use super::trial::{CaughtAt, UnfoldedTrial};
use crate::ids::DefectId;
use crate::outcome::Notice;
use crate::plan::Plan;
use crate::plan::strata::{ChangeKind, Strata};
use crate::stats::{self, Bin, Interval, Proportion, Sample, StratumValues};
use crate::study::sampling::Sampling;

/// Bad changes that are caught at one place.
#[derive(Debug, Clone, PartialEq)]
pub struct CatchRow {
    /// The place.
    pub at: CaughtAt,
    /// The share of bad changes.
    pub share: Proportion,
    /// What noticed them there, with the share of all bad changes, the largest first; together they make `share`.
    pub by: Vec<(Notice, f64)>,
}

/// What became of one bad change.
#[derive(Debug, Clone, Copy)]
pub(super) struct Catch {
    stratum: usize,
    defect: DefectId,
    at: CaughtAt,
    by: Option<Notice>,
}

impl Catch {
    /// That of a trial; none if its change is good.
    pub fn of(sampling: &Sampling, number: u64, trial: &UnfoldedTrial) -> Option<Self> {
        let outcome = &trial.outcome;
        let by = outcome.notice.filter(|_| outcome.alarm_ms.is_some());
        Some(Self { stratum: sampling.stratum(number), defect: outcome.defect?, at: trial.caught, by })
    }
}

/// Every place of a plan's longest strategy that caught some, in the order in which changes come to them; where nothing was
/// acted on comes last. Empty if no change is bad.
pub(super) fn rows(plan: &Plan, catches: &[Catch], times: &dyn Fn(DefectId) -> f64) -> Vec<CatchRow> {
    let mut places: Vec<CaughtAt> = catches.iter().map(|catch| catch.at).collect();
    places.sort_unstable();
    places.dedup();
    let strata = Strata::of(plan);
    let share =
        |holds: &dyn Fn(&Catch) -> bool| stats::proportion(&sample(plan, &strata, catches, times, holds));
    let row = |at: CaughtAt| {
        let mut notices: Vec<Notice> = Vec::new();
        for notice in catches.iter().filter(|catch| catch.at == at).filter_map(|catch| catch.by) {
            if !notices.contains(&notice) {
                notices.push(notice);
            }
        }
        let by = |notice: Notice| {
            Some((notice, share(&|catch| catch.at == at && catch.by == Some(notice))?.value))
        };
        let mut by: Vec<(Notice, f64)> = notices.into_iter().filter_map(by).collect();
        by.sort_by(|a, b| b.1.total_cmp(&a.1));
        Some(CatchRow { at, share: share(&|catch| catch.at == at)?, by })
    };
    places.into_iter().filter_map(row).collect()
}

/// For every bad change a 1 if it holds of it, weighed by how often its part of all changes comes.
fn sample(
    plan: &Plan,
    strata: &Strata,
    catches: &[Catch],
    times: &dyn Fn(DefectId) -> f64,
    holds: &dyn Fn(&Catch) -> bool,
) -> Sample {
    let change = &plan.change;
    let mut values: Vec<StratumValues> = Vec::new();
    for (index, stratum) in strata.list().iter().enumerate() {
        // What chance makes is taken apart by what it made.
        let (defects, weight): (Vec<DefectId>, Option<f64>) = match stratum.kind {
            ChangeKind::Good => continue,
            ChangeKind::Bad { defect, .. } => (vec![defect], Some(stratum.weight)),
            ChangeKind::Any => (change.defects.ids().collect(), None),
        };
        for defect in defects {
            let own = catches.iter().filter(|catch| catch.stratum == index && catch.defect == defect);
            let bins: Vec<Bin> = own.map(|catch| Bin::one(f64::from(u8::from(holds(catch))))).collect();
            let probability = || change.bad_probability * change.defects[defect].probability;
            let weight = weight.unwrap_or_else(probability) * times(defect);
            if weight > 0.0 && !bins.is_empty() {
                let (trials, group) = (bins.len() as u64, defect.number() + 1);
                values.push(StratumValues { weight, trials, values: bins, settled: false, group });
            }
        }
    }
    Sample::new(values).within(Interval::new(0.0, 1.0))
}
