//! What a comparison guards: the statistics that must not get worse, and how much they may.

use crate::outcome::measures::{self, Measure};
use crate::plan::study::Statistic;
use crate::plan::{Guard, Plan};

/// A statistic of a strategy that must not grow by more than a tolerance.
#[derive(Debug, Clone)]
pub(super) struct Guarded {
    pub metric: &'static Measure,
    pub statistic: Statistic,
    /// Name of the strategy; all when absent.
    pub strategy: Option<String>,
    /// Accepted increase as a share of the old value.
    pub tolerance: f64,
}

/// Guarded where the baseline says nothing: harm on average and at its worst, isolation, speed.
const USUAL: [(&Measure, Statistic); 4] = [
    (&measures::IMPAIRED_HOST_MS, Statistic::Mean),
    (&measures::IMPAIRED_HOST_MS, Statistic::P99),
    (&measures::ISOLATION_VIOLATED, Statistic::Mean),
    (&measures::TIME_TO_100_MS, Statistic::P50),
];
/// Tolerance of these.
const USUAL_TOLERANCE: f64 = 0.05;

/// What is guarded: what the baseline guards, or the usual if it guards nothing, and what the candidate adds.
/// A candidate loosens none of it: a change does not choose the gate that judges it.
pub(super) fn guarded(baseline: &Plan, candidate: &Plan, tolerance: Option<f64>) -> Vec<Guarded> {
    let own = |plan: &Plan| plan.study.guards.iter().map(|guard| named(plan, guard)).collect::<Vec<_>>();
    let mut all = own(baseline);
    if all.is_empty() {
        all.extend(usual());
    }
    for guard in own(candidate) {
        let same = |other: &Guarded| {
            (other.metric, other.statistic, &other.strategy)
                == (guard.metric, guard.statistic, &guard.strategy)
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

fn usual() -> impl Iterator<Item = Guarded> {
    USUAL.into_iter().map(|(metric, statistic)| Guarded {
        metric,
        statistic,
        strategy: None,
        tolerance: USUAL_TOLERANCE,
    })
}

fn named(plan: &Plan, guard: &Guard) -> Guarded {
    Guarded {
        metric: guard.metric,
        statistic: guard.statistic,
        strategy: guard.strategy.map(|index| plan.strategies[index].name.clone()),
        tolerance: guard.tolerance,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn guard(metric: &'static Measure, tolerance: f64) -> Guard {
        Guard { metric, statistic: Statistic::Mean, strategy: Some(4), tolerance }
    }

    #[test]
    fn a_candidate_can_add_guards_and_not_loosen_them() {
        let (mut old, mut new) = (sample::plan(), sample::plan());
        old.study.guards = vec![guard(&measures::ESCAPED, 0.05)];
        new.study.guards = vec![guard(&measures::ESCAPED, 0.5), guard(&measures::DURATION_MS, 0.1)];
        let all = guarded(&old, &new, None);
        let said: Vec<(&Measure, f64)> = all.iter().map(|guard| (guard.metric, guard.tolerance)).collect();
        assert_eq!(said, [(&measures::ESCAPED, 0.05), (&measures::DURATION_MS, 0.1)]);
        assert_eq!(all[0].strategy.as_deref(), Some("amazon-five-waves"));
        assert!(guarded(&old, &new, Some(0.2)).iter().all(|guard| guard.tolerance == 0.2));
    }

    #[test]
    fn a_guard_of_the_candidate_does_not_switch_off_the_usual_ones() {
        let (old, mut new) = (sample::plan(), sample::plan());
        new.study.guards = vec![guard(&measures::FALSE_ROLLBACK, 1.0)];
        assert_eq!(guarded(&old, &new, None).len(), USUAL.len() + 1);
    }

    #[test]
    fn without_guards_the_usual_ones_hold() {
        let plan = sample::plan();
        assert_eq!(guarded(&plan, &plan, None).len(), USUAL.len());
    }
}
