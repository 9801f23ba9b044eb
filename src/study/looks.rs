//! Looks at a study while it goes on: after how many trials, and what they say by then. It simulates nothing, and what it
//! decides depends on the plan and on simulated work, never on a clock.

use super::gather::{Gathered, Onlooker};
use super::progress::Progress;
use super::summary::Summary;
use crate::plan::Plan;
use crate::plan::strata::Strata;

/// How soon and how often somebody looks at a study that goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookPace {
    /// The first look comes when all trials together took about so many events.
    pub first_events: u64,
    /// Trials of each strategy at the first look, at least; more where the estimator needs more to weigh its strata.
    pub fewest: u64,
    /// Trials of each strategy at the first look, at most.
    pub most: u64,
    /// Each later look is at so many times the trials of the one before; at least 2.
    pub growth: u64,
}

impl Default for LookPace {
    /// For somebody who waits for the first numbers: some tenths of a second of work, and twice as many trials each time.
    fn default() -> Self {
        Self { first_events: 50_000, fewest: 32, most: 256, growth: 2 }
    }
}

/// Somebody who is told a summary at each look.
pub(super) struct Looks<'p, T> {
    plan: &'p Plan,
    pace: LookPace,
    tell: T,
    progress: &'p dyn Progress,
    /// Trials without which nothing can be said.
    fewest: u64,
    /// Whether anything was told yet.
    has_told: bool,
}

impl<'p, T: FnMut(Summary, bool) + Send> Looks<'p, T> {
    /// Looks at a study of `plan` that has not begun.
    pub fn new(plan: &'p Plan, pace: LookPace, tell: T, progress: &'p dyn Progress) -> Self {
        let fewest = Strata::of(plan).fewest_trials().max(pace.fewest);
        Self { plan, pace, tell, progress, fewest, has_told: false }
    }

    /// Trials of the first look, where the first `have` of each strategy took so many events.
    fn first(&self, have: u64, events: u64) -> u64 {
        let affordable = self.pace.first_events.saturating_mul(have) / events.max(1);
        affordable.clamp(self.fewest, self.pace.most.max(self.fewest))
    }
}

impl<T: FnMut(Summary, bool) + Send> Onlooker for Looks<'_, T> {
    fn look(&mut self, gathered: &Gathered, events: u64, is_last: bool) -> u64 {
        let have = gathered.trials();
        if have == 0 {
            // So few say how much work one is.
            return self.fewest;
        }
        let first = self.first(have, events);
        if !self.has_told && !is_last && first > have {
            return first;
        }
        if !self.progress.is_cancelled() {
            self.has_told = true;
            (self.tell)(gathered.summarise(self.plan), is_last);
        }
        have.saturating_mul(self.pace.growth.max(2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Restriction;
    use crate::study::{Nobody, Study};

    const TEXT: &str = r#"
[study]
trials = 300
seed = 5
[[fleet.region]]
name = "r"
zones = 2
hosts-per-zone = 6
requests-per-second = 100
[change]
bad-probability = "30%"
deploy-time = { lognormal = { median = "4m", sigma = 0.3 } }
[[defect]]
name = "late"
clock = "change"
onset = { exponential = { mean = "40m" } }
[[alarm]]
name = "a"
scope = "zone"
error-ratio = { above = "1%" }
[[strategy]]
name = "quick"
wave = [{ regions = "all", bake = "10m" }]
[[strategy]]
name = "slow"
batch = 2
wave = [{ regions = "all", bake = "2h" }]
"#;

    fn told(plan: &Plan, pace: LookPace) -> Vec<(Summary, bool)> {
        let mut told = Vec::new();
        Study::new(plan).run_with_looks(pace, |summary, last| told.push((summary, last)), &Nobody).unwrap();
        told
    }

    #[test]
    fn every_look_is_the_study_of_so_many_trials() {
        let plan = Plan::parse("looks", TEXT).unwrap();
        let pace = LookPace { first_events: 0, fewest: 20, most: 20, growth: 2 };
        let told = told(&plan, pace);
        let trials: Vec<u64> = told.iter().map(|(summary, _)| summary.trials).collect();
        assert_eq!(trials, [20, 40, 80, 160, 300]);
        assert!(told.iter().rev().skip(1).all(|(_, last)| !last) && told[4].1);
        for (summary, _) in &told {
            let mut alone = plan.clone();
            alone.study.trials = summary.trials;
            let alone = Study::new(&alone).run(&Nobody).unwrap();
            // It is a part of this plan, and says so.
            assert_eq!(*summary, Summary { plan_digest: plan.digest(), ..alone });
        }
    }

    #[test]
    fn the_first_look_comes_when_its_work_is_done() {
        let plan = Plan::parse("looks", TEXT).unwrap();
        let first = |first_events| {
            told(&plan, LookPace { first_events, fewest: 8, most: 200, growth: 4 })[0].0.trials
        };
        let (none, some, all) = (first(0), first(2_000), first(u64::MAX / 10_000));
        assert_eq!((none, all), (8, 200));
        assert!((9..200).contains(&some), "{some}");
    }

    #[test]
    fn rounds_of_precision_and_aggregates_are_looked_at_as_well() {
        let mut plan = Plan::parse("looks", TEXT).unwrap();
        let asked = Restriction { precision: crate::plan::Precision::usual(), ..Restriction::default() };
        plan = plan.restrict(&asked).unwrap();
        let whole = Study::new(&plan).run(&Nobody).unwrap();
        let looked = told(&plan, LookPace::default());
        assert!(whole.trials > 300 && looked.len() > 3, "{} {}", whole.trials, looked.len());
        assert_eq!(looked.last().unwrap(), &(whole, true));
        // Beyond what is kept whole, of trials that take no time.
        let tiny = "[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 1\n[change]\ndeploy-time = { exponential = { mean = \"5m\" } }\n\
                    [[strategy]]\nname = \"s\"\nwave = [{ regions = \"all\" }]\n";
        let mut plan = Plan::parse("tiny", tiny).unwrap();
        plan.study.trials = crate::study::gather::WHOLE_TRIALS + 1_000;
        let whole = Study::new(&plan).run(&Nobody).unwrap();
        assert_eq!(told(&plan, LookPace { growth: 8, ..LookPace::default() }).pop(), Some((whole, true)));
    }

    #[test]
    fn who_goes_away_is_told_nothing_more() {
        struct Gone(std::sync::atomic::AtomicBool);
        impl Progress for Gone {
            fn is_cancelled(&self) -> bool {
                self.0.load(std::sync::atomic::Ordering::SeqCst)
            }
        }
        let plan = Plan::parse("looks", TEXT).unwrap();
        let (gone, mut told) = (Gone(false.into()), 0);
        let looks = LookPace { first_events: 0, fewest: 20, most: 20, growth: 2 };
        let ended = Study::new(&plan).run_with_looks(
            looks,
            |_, _| {
                told += 1;
                gone.0.store(true, std::sync::atomic::Ordering::SeqCst);
            },
            &gone,
        );
        assert!(ended.is_err());
        assert_eq!(told, 1);
    }
}
