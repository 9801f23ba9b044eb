//! What a comparison guards: the statistics that must not get worse, and how much they may.

use crate::outcome::metric::{Metric, find};
use crate::plan::study::Statistic;
use crate::plan::{Guard, Plan};

/// A statistic of a strategy that must not grow by more than a tolerance.
#[derive(Debug, Clone)]
pub(super) struct Guarded {
    pub metric: &'static Metric,
    pub statistic: Statistic,
    /// Name of the strategy; all when absent.
    pub strategy: Option<String>,
    /// Accepted increase as a share of the old value.
    pub tolerance: f64,
}

/// Guarded where the baseline says nothing: harm on average and at its worst, isolation, speed.
const USUAL: [(&str, Statistic); 4] = [
    ("impaired_host_ms", Statistic::Mean),
    ("impaired_host_ms", Statistic::P99),
    ("isolation_violated", Statistic::Mean),
    ("time_to_100_ms", Statistic::P50),
];
/// Tolerance of these.
const USUAL_TOLERANCE: f64 = 0.05;

/// What both plans guard. A candidate can add to what the baseline guards, which is the usual if it says
/// nothing, and not loosen it: a change does not choose the gate that judges it.
pub(super) fn guarded(baseline: &Plan, candidate: &Plan, tolerance: Option<f64>) -> Vec<Guarded> {
    let of = |plan: &Plan| plan.study.guards.iter().map(|guard| named(plan, guard)).collect::<Vec<_>>();
    let old = if baseline.study.guards.is_empty() { usual() } else { of(baseline) };
    let mut all: Vec<Guarded> = Vec::new();
    for guard in old.into_iter().chain(of(candidate)) {
        let same = |other: &Guarded| {
            (other.metric.name, other.statistic, &other.strategy)
                == (guard.metric.name, guard.statistic, &guard.strategy)
        };
        if !all.iter().any(same) {
            all.push(guard);
        }
    }
    if let Some(tolerance) = tolerance {
        all.iter_mut().for_each(|guard| guard.tolerance = tolerance);
    }
    all
}

fn usual() -> Vec<Guarded> {
    let guard = |(metric, statistic)| Guarded {
        metric: find(metric).expect("invariant: the usual guards name known metrics"),
        statistic,
        strategy: None,
        tolerance: USUAL_TOLERANCE,
    };
    USUAL.map(guard).to_vec()
}

fn named(plan: &Plan, guard: &Guard) -> Guarded {
    Guarded {
        metric: find(&guard.metric).expect("invariant: a resolved guard names a known metric"),
        statistic: guard.statistic,
        strategy: guard.strategy.map(|index| plan.strategies[index].name.clone()),
        tolerance: guard.tolerance,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn guard(metric: &str, tolerance: f64) -> Guard {
        Guard { metric: metric.into(), statistic: Statistic::Mean, strategy: Some(4), tolerance }
    }

    #[test]
    fn a_candidate_can_add_guards_and_not_loosen_them() {
        let (mut old, mut new) = (sample::plan(), sample::plan());
        old.study.guards = vec![guard("escaped", 0.05)];
        new.study.guards = vec![guard("escaped", 0.5), guard("duration_ms", 0.1)];
        let all = guarded(&old, &new, None);
        let said: Vec<(&str, f64)> = all.iter().map(|guard| (guard.metric.name, guard.tolerance)).collect();
        assert_eq!(said, [("escaped", 0.05), ("duration_ms", 0.1)]);
        assert_eq!(all[0].strategy.as_deref(), Some("amazon-five-waves"));
        assert!(guarded(&old, &new, Some(0.2)).iter().all(|guard| guard.tolerance == 0.2));
    }

    #[test]
    fn without_guards_the_usual_ones_hold() {
        let plan = sample::plan();
        assert_eq!(guarded(&plan, &plan, None).len(), USUAL.len());
        // The first guard that a candidate has comes on top: harmless ones would else lift the usual.
        let mut new = sample::plan();
        new.study.guards = vec![guard("detection_delay_ms", 0.05)];
        assert_eq!(guarded(&plan, &new, None).len(), USUAL.len() + 1);
        assert_eq!(guarded(&new, &plan, None).len(), 1);
    }
}
