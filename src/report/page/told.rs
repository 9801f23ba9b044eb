//! Which trials a page tells, and in which order: what a reader asks about first comes first, because a page has room for
//! some only.

use crate::report::command::GivenScenario;
use crate::report::terminal;
use crate::study::Summary;
use crate::study::notable::{Notable, NotableKind};

/// Most trials that are told.
const MOST: usize = 24;

/// A trial to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldTrial {
    /// Index of its strategy.
    pub strategy: usize,
    /// Its number.
    pub trial: u64,
    /// Why: `worst blast radius`.
    pub why: String,
    /// What happened in it, in a clause.
    pub what: String,
    /// The command that tells it again.
    pub replay: String,
    /// Whether an alarm fired in it.
    pub has_alarm: bool,
}

impl ToldTrial {
    /// Id of the element that holds its timeline.
    #[must_use]
    pub fn figure(&self) -> String {
        format!("timeline-{}-{}", self.strategy, self.trial)
    }
}

/// The trials that tell most: the worst of the baseline and of the strategies that the verdict names, then what usually
/// happens under them, then the same of the others, then what else is notable. A trial that is notable for several
/// reasons is told once.
#[must_use]
pub fn told_trials(summary: &Summary, file: GivenScenario) -> Vec<ToldTrial> {
    let contest = summary.contest();
    let named = [Some(contest.baseline), contest.fastest(), contest.safest()];
    let importance = |strategy: usize, kind: NotableKind| {
        let is_named = named.contains(&Some(strategy));
        let kind = match kind {
            NotableKind::WorstBlastRadius => 0,
            NotableKind::MedianBad => 1,
            NotableKind::FirstIsolationViolation
            | NotableKind::FirstEscape
            | NotableKind::FirstFalseRollback
            | NotableKind::SlowestCompleted => 2,
        };
        (kind.max(2 * usize::from(!is_named)), kind)
    };
    let all = summary.strategies.iter().enumerate();
    let mut all: Vec<(usize, &Notable)> =
        all.flat_map(|(index, one)| one.notable.iter().map(move |notable| (index, notable))).collect();
    // Stable: within one importance the order of the plan.
    all.sort_by_key(|(strategy, notable)| importance(*strategy, notable.kind));
    let mut told: Vec<ToldTrial> = Vec::new();
    for (strategy, notable) in all {
        let why = terminal::kind_name(notable.kind);
        if let Some(same) = told.iter_mut().find(|one| (one.strategy, one.trial) == (strategy, notable.trial))
        {
            same.why = format!("{}, {why}", same.why);
        } else if told.len() < MOST {
            let name = &summary.strategies[strategy].name;
            told.push(ToldTrial {
                strategy,
                trial: notable.trial,
                why: why.to_owned(),
                what: terminal::story(notable),
                has_alarm: notable.alarm.is_some(),
                replay: file.replay(name, summary.seed, notable.trial, summary.estimator.name()),
            });
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use crate::study::summary::summarise;

    #[test]
    fn the_baseline_and_what_the_verdict_names_come_first_and_no_trial_twice() {
        let (plan, outcomes) = sample::study(600);
        let summary = summarise(&plan, &outcomes);
        let told = told_trials(&summary, GivenScenario::default());
        let contest = summary.contest();
        let mut named = [Some(contest.baseline), contest.fastest(), contest.safest()];
        named.sort_unstable();
        let first: Vec<Option<usize>> = told[..3].iter().map(|one| Some(one.strategy)).collect();
        assert_eq!(first, named);
        assert!(told[..3].iter().all(|one| one.why.starts_with("worst blast radius")));
        assert!(told.len() <= MOST && told.len() > summary.strategies.len());
        let mut keys: Vec<(usize, u64)> = told.iter().map(|one| (one.strategy, one.trial)).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), told.len());
    }
}
