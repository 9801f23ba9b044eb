//! Which strategy of a candidate stands where one of the baseline stood. A name that both plans have promises what is behind
//! it; a name that only one has promises nothing, so these are paired by what they do. It simulates nothing.

use crate::plan::{Plan, diff};

/// Index in the baseline and index in the candidate of strategies that belong together, in the candidate's order: those
/// of one name first, then of the others those that differ in the fewest inputs.
pub(super) fn pairs(baseline: &Plan, candidate: &Plan) -> Vec<(usize, usize)> {
    let index = |plan: &Plan, name: &str| plan.strategies.iter().position(|other| other.name == name);
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    let mut fresh = Vec::new();
    for (new, strategy) in candidate.strategies.iter().enumerate() {
        match index(baseline, &strategy.name) {
            Some(old) => pairs.push((old, new)),
            None => fresh.push(new),
        }
    }
    let gone = baseline.strategies.iter().enumerate();
    let gone = gone.filter(|(_, strategy)| index(candidate, &strategy.name).is_none());
    let mut likely: Vec<(usize, usize, usize)> = Vec::new();
    for (old, _) in gone {
        let before = alone(baseline, old);
        let differences = |new: usize| diff::diff(&before, &alone(candidate, new)).len();
        likely.extend(fresh.iter().map(|&new| (differences(new), old, new)));
    }
    likely.sort_unstable();
    for (_, old, new) in likely {
        if pairs.iter().all(|pair| pair.0 != old && pair.1 != new) {
            pairs.push((old, new));
        }
    }
    pairs.sort_unstable_by_key(|pair| pair.1);
    pairs
}

/// The plan with one of its strategies, without that one's name and without all that decides nothing about a trial.
pub(super) fn alone(plan: &Plan, strategy: usize) -> Plan {
    let mut plan = plan.clone();
    plan.strategies = vec![plan.strategies[strategy].clone()];
    plan.strategies[0].name.clear();
    plan.study.baseline = 0;
    plan.study.precision.clear();
    plan.study.thresholds.clear();
    plan.study.guards.clear();
    plan.study.expectations.clear();
    // How many trials there are decides nothing about a trial.
    (plan.study.trials, plan.study.max_trials) = (0, 0);
    plan
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn other_names_pair_what_does_the_same() {
        let mut old = sample::plan();
        for (hours, strategy) in (1..).zip(&mut old.strategies) {
            strategy.waves[0].bake_ms = hours * 3_600_000;
        }
        let mut new = old.clone();
        new.strategies.reverse();
        new.strategies.iter_mut().for_each(|strategy| strategy.name.push('2'));
        let last = old.strategies.len() - 1;
        let expected: Vec<(usize, usize)> = (0..=last).map(|new| (last - new, new)).collect();
        assert_eq!(pairs(&old, &new), expected);
    }

    #[test]
    fn a_name_that_stays_keeps_its_strategy() {
        let old = sample::plan();
        let mut new = old.clone();
        let first = new.strategies[0].name.clone();
        new.strategies[0].name = new.strategies[1].name.clone();
        new.strategies[1].name = first;
        assert_eq!(pairs(&old, &new)[..2], [(1, 0), (0, 1)]);
        new.strategies.truncate(1);
        assert_eq!(pairs(&old, &new), [(1, 0)]);
    }
}
