//! What is compared with what, and how closely it is looked at: it knows plans and guards, and simulates nothing.

use super::guard::{Guarded, guarded};
use super::pairing::{self, alone};
use super::precision;
use crate::outcome::measures::{self, Subject};
use crate::plan::study::Statistic;
use crate::plan::{Plan, diff};

/// Looks at the trials of rollouts, at most.
const LOOKS: u32 = 3;

/// How closely a comparison is looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Effort {
    /// Trials of the first look.
    pub first: u64,
    /// Trials of the last look, at most.
    pub most: u64,
    /// Looks, at most: what is judged at one of them shares its doubt with all.
    pub looks: u32,
}

/// What to compare.
#[derive(Debug, Clone)]
pub struct Question<'p> {
    /// The plan that is compared with.
    pub baseline: &'p Plan,
    /// The plan under judgement; may be the same, to compare strategies of one plan.
    pub candidate: &'p Plan,
    /// Strategies that belong together: index in the baseline, index in the candidate.
    pub pairs: Vec<(usize, usize)>,
    /// Where the two came from, as the user wrote it.
    pub sources: [String; 2],
    /// Tolerance of every guarded statistic, instead of what the plans say.
    pub tolerance: Option<f64>,
    /// Trials of the last look at most, instead of what the plans say.
    pub max_trials: Option<u64>,
    /// Among how many comparisons the doubt is shared, this one included.
    pub shares: u32,
    /// Fingerprints of the baseline's outcomes by strategy, from when it was accepted.
    pub recorded: Vec<(String, String)>,
}

impl<'p> Question<'p> {
    fn new(
        (baseline, candidate): (&'p Plan, &'p Plan),
        pairs: Vec<(usize, usize)>,
        sources: [String; 2],
    ) -> Self {
        let recorded = Vec::new();
        Self { baseline, candidate, pairs, sources, tolerance: None, max_trials: None, shares: 1, recorded }
    }

    /// Strategies of the same name in both plans, and of those with other names the ones that are most alike.
    #[must_use]
    pub fn by_name(baseline: &'p Plan, candidate: &'p Plan, sources: [String; 2]) -> Self {
        Self::new((baseline, candidate), pairing::pairs(baseline, candidate), sources)
    }

    /// What the candidate calls a strategy of the baseline; none if it is gone.
    pub(super) fn successor(&self, old: usize) -> Option<&'p str> {
        if self.is_within() {
            return Some(&self.baseline.strategies[old].name);
        }
        let new = self.pairs.iter().find(|pair| pair.0 == old)?.1;
        Some(&self.candidate.strategies[new].name)
    }

    /// The baseline with the candidate's names for its strategies, so that what differs is content.
    pub(super) fn renamed_baseline(&self) -> Plan {
        let mut plan = self.baseline.clone();
        for (old, new) in &self.pairs {
            plan.strategies[*old].name.clone_from(&self.candidate.strategies[*new].name);
        }
        plan
    }

    /// What is guarded of a subject, by the candidate's names.
    pub(super) fn guards(&self, subject: Subject) -> Vec<Guarded> {
        let named =
            |old: usize| self.successor(old).unwrap_or(&self.baseline.strategies[old].name).to_owned();
        guarded(subject, (self.baseline, &named), self.candidate, self.tolerance)
    }

    /// Every other strategy of one plan against its baseline.
    #[must_use]
    pub fn within(plan: &'p Plan, source: String) -> Self {
        let others = (0..plan.strategies.len()).filter(|&index| index != plan.study.baseline);
        let pairs = others.map(|index| (plan.study.baseline, index)).collect();
        let sources = [source.clone(), source];
        Self::new((plan, plan), pairs, sources)
    }

    /// The guard of a remembered statistic, if it is one that this program knows. What nobody guards any more may not
    /// get worse at all.
    pub(super) fn guard_of(&self, name: &str, statistic: Statistic, strategy: &str) -> Option<Guarded> {
        let metric = measures::find(name)?;
        let is_it = |guard: &Guarded| {
            guard.metric == metric && guard.statistic == statistic && guard.applies_to(strategy)
        };
        let guards = self.guards(metric.subject());
        let unguarded = Guarded { metric, statistic, strategy: None, tolerance: 0.0 };
        Some(guards.into_iter().find(is_it).unwrap_or(unguarded))
    }

    /// Whether both sides are one plan.
    pub(super) fn is_within(&self) -> bool {
        std::ptr::eq(self.baseline, self.candidate)
    }

    /// Whether anything that decides a result differs for a pair of strategies.
    pub(super) fn is_touched(&self, (old, new): (usize, usize)) -> bool {
        !diff::same_study(&alone(self.baseline, old), &alone(self.candidate, new))
    }

    /// How closely such a subject is looked at. The more thorough plan decides: a change does not choose that. Pipelines
    /// take one look, so that the whole doubt is for it.
    pub(super) fn effort(&self, subject: Subject) -> Effort {
        let [old, new] = [self.baseline, self.candidate];
        let first = precision::first_round(old, subject).max(precision::first_round(new, subject));
        let most = self.max_trials.unwrap_or(old.study.max_trials.max(new.study.max_trials));
        let looks = match subject {
            Subject::Rollout => LOOKS,
            Subject::Pipeline | Subject::Lane => 1,
        };
        Effort { first: self.max_trials.map_or(first, |most| first.min(most)), most, looks }
    }

    /// One row each: the pair and what is guarded of it.
    pub(super) fn rows(&self, subject: Subject) -> Vec<((usize, usize), Guarded)> {
        let guards = self.guards(subject);
        let of_pair = |&(old, new): &(usize, usize)| {
            let name = &self.candidate.strategies[new].name;
            let applies = guards.iter().filter(|guard| guard.applies_to(name));
            applies.map(|guard| ((old, new), guard.clone())).collect::<Vec<_>>()
        };
        self.pairs.iter().flat_map(of_pair).collect()
    }
}
