//! What a comparison guards: the statistics that must not get worse, and how much they may.

use crate::outcome::measures::{self, Better, Measure, Subject};
use crate::plan::study::Statistic;
use crate::plan::{Guard, Plan};

/// A statistic of a strategy that must not grow by more than a tolerance.
#[derive(Debug, Clone)]
pub(super) struct Guarded {
    pub metric: &'static Measure,
    pub statistic: Statistic,
    /// Name of the strategy; all when absent.
    pub strategy: Option<String>,
    /// By what share of the old value it may get worse.
    pub tolerance: f64,
}

impl Guarded {
    /// Whether it guards a strategy of this name.
    pub fn applies_to(&self, strategy: &str) -> bool {
        self.strategy.as_ref().is_none_or(|only| only == strategy)
    }

    /// The multiple of the old value beyond which the new one is worse than is accepted.
    pub fn accepted(&self) -> f64 {
        match self.metric.better {
            Better::Less => 1.0 + self.tolerance,
            Better::More => 1.0 - self.tolerance,
        }
    }
}

/// Guarded where the baseline says nothing: harm on average and at its worst, isolation, speed.
const USUAL: [(&Measure, Statistic); 4] = [
    (&measures::IMPAIRED_HOST_MS, Statistic::Mean),
    (&measures::IMPAIRED_HOST_MS, Statistic::P99),
    (&measures::ISOLATION_VIOLATED, Statistic::Mean),
    (&measures::TIME_TO_100_MS, Statistic::P50),
];
/// As [`USUAL`], where there is traffic: what customers feel, of which hosts may say nothing.
const USUAL_WITH_TRAFFIC: (&Measure, Statistic) = (&measures::FAILED_REQUESTS, Statistic::Mean);
/// The same of pipelines: DORA's measures that every trial has, and harm.
const USUAL_OF_PIPELINES: [(&Measure, Statistic); 4] = [
    (&measures::IMPAIRED_HOST_MS_PER_QUARTER, Statistic::Mean),
    (&measures::CHANGE_FAIL_RATE, Statistic::Mean),
    (&measures::LEAD_TIME_P50_MS, Statistic::Mean),
    (&measures::DEPLOYMENTS_PER_DAY, Statistic::Mean),
];
/// Tolerance of these.
const USUAL_TOLERANCE: f64 = 0.05;

/// What is guarded of a subject: what the baseline guards, or the usual if it guards nothing, and what the candidate adds.
/// A candidate loosens none of it: a change does not choose the gate that judges it. What the baseline names is called as
/// `named_now` says.
pub(super) fn guarded(
    subject: Subject,
    (baseline, named_now): (&Plan, &dyn Fn(usize) -> String),
    candidate: &Plan,
    tolerance: Option<f64>,
) -> Vec<Guarded> {
    let own = |plan: &Plan, name: &dyn Fn(usize) -> String| -> Vec<Guarded> {
        let of_subject = plan.study.guards.iter().filter(|guard| guard.metric.subject() == subject);
        of_subject.map(|guard| named(name, guard)).collect()
    };
    let mut all = own(baseline, named_now);
    if all.is_empty() {
        let has_traffic = [baseline, candidate].iter().any(|plan| plan.fleet.requests_per_second() > 0.0);
        all.extend(usual(subject, has_traffic));
    }
    for guard in own(candidate, &|index| candidate.strategies[index].name.clone()) {
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

fn usual(subject: Subject, has_traffic: bool) -> impl Iterator<Item = Guarded> {
    let usual: &[(&'static Measure, Statistic)] = match subject {
        Subject::Rollout => &USUAL,
        Subject::Pipeline => &USUAL_OF_PIPELINES,
        Subject::Lane => &[],
    };
    let guard = |(metric, statistic): &(&'static Measure, Statistic)| Guarded {
        metric,
        statistic: *statistic,
        strategy: None,
        tolerance: USUAL_TOLERANCE,
    };
    let of_traffic = (has_traffic && subject.is_rollout()).then_some(&USUAL_WITH_TRAFFIC);
    of_traffic.into_iter().chain(usual).map(guard)
}

fn named(name: &dyn Fn(usize) -> String, guard: &Guard) -> Guarded {
    Guarded {
        metric: guard.metric,
        statistic: guard.statistic,
        strategy: guard.strategy.map(name),
        tolerance: guard.tolerance,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    /// So many are usual of a plan.
    fn usual_of(plan: &Plan) -> usize {
        usual(Subject::Rollout, plan.fleet.requests_per_second() > 0.0).count()
    }

    fn guarded_of(old: &Plan, new: &Plan, tolerance: Option<f64>) -> Vec<Guarded> {
        let name = |index: usize| old.strategies[index].name.clone();
        guarded(Subject::Rollout, (old, &name), new, tolerance)
    }

    fn guard(metric: &'static Measure, tolerance: f64) -> Guard {
        Guard { metric, statistic: Statistic::Mean, strategy: Some(4), tolerance }
    }

    #[test]
    fn a_candidate_can_add_guards_and_not_loosen_them() {
        let (mut old, mut new) = (sample::plan(), sample::plan());
        old.study.guards = vec![guard(&measures::ESCAPED, 0.05)];
        new.study.guards = vec![guard(&measures::ESCAPED, 0.5), guard(&measures::DURATION_MS, 0.1)];
        let all = guarded_of(&old, &new, None);
        let said: Vec<(&Measure, f64)> = all.iter().map(|guard| (guard.metric, guard.tolerance)).collect();
        assert_eq!(said, [(&measures::ESCAPED, 0.05), (&measures::DURATION_MS, 0.1)]);
        assert_eq!(all[0].strategy.as_deref(), Some("amazon-five-waves"));
        assert!(guarded_of(&old, &new, Some(0.2)).iter().all(|guard| guard.tolerance == 0.2));
    }

    #[test]
    fn a_guard_of_the_candidate_does_not_switch_off_the_usual_ones() {
        let (old, mut new) = (sample::plan(), sample::plan());
        new.study.guards = vec![guard(&measures::FALSE_ROLLBACK, 1.0)];
        assert_eq!(guarded_of(&old, &new, None).len(), usual_of(&old) + 1);
    }

    #[test]
    fn without_guards_the_usual_ones_hold() {
        let plan = sample::plan();
        assert_eq!(guarded_of(&plan, &plan, None).len(), usual_of(&plan));
    }
}
