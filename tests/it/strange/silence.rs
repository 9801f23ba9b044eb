//! Where `check` says nothing, each strategy stops some bad change in the first trials, and lets good ones through. What else
//! may surprise is counted.

use super::{generator, text};
use crate::support;
use std::collections::BTreeMap;
use std::fmt::Write;
use wavetank::Plan;
use wavetank::lints::look_ahead;
use wavetank::outcome::Ending;
use wavetank::rollout::{Engine, Model};
use wavetank::scenario::load_str;
use wavetank::sim::Silent;

/// Scenarios that `check` is held to, and trials of each strategy.
const CHECKED: u32 = 400;
const TRIALS: u64 = 64;

/// Good or bad changes of which a share says something.
const ENOUGH: u32 = 20;

/// What became of the first trials of one strategy.
#[derive(Default)]
struct Fates {
    good: u32,
    stopped_in_vain: u32,
    bad: u32,
    escaped: u32,
    unseen: u32,
    grounded: u32,
    too_costly: u32,
}

impl Fates {
    fn of(plan: &Plan, engine: &mut Engine, strategy: usize) -> Self {
        let mut fates = Self::default();
        for trial in 0..TRIALS.min(plan.study.trials) {
            let Ok(outcome) = engine.try_run(strategy, trial, &mut Silent) else {
                fates.too_costly += 1;
                continue;
            };
            fates.good += u32::from(!outcome.is_bad());
            fates.stopped_in_vain += u32::from(outcome.ending == Ending::FalseRollback);
            fates.bad += u32::from(outcome.is_bad());
            fates.escaped += u32::from(outcome.ending == Ending::Escaped);
            fates.unseen += u32::from(outcome.is_bad() && outcome.alarm_ms.is_none());
            fates.grounded += u32::from(outcome.ending == Ending::Grounded);
        }
        fates
    }

    /// What a user would have liked to hear of before.
    fn surprises(&self) -> Vec<&'static str> {
        let surprises = [
            (self.bad > 0 && self.escaped == self.bad, "every bad change escapes"),
            (self.bad >= ENOUGH && self.unseen == self.bad, "no alarm ever fires for a bad change"),
            (
                self.good >= ENOUGH && 2 * self.stopped_in_vain > self.good,
                "most good changes are stopped by false alarms",
            ),
            (
                self.good + self.bad > 0 && self.grounded == self.good + self.bad,
                "no rollout ever gets through",
            ),
            (self.too_costly > 0, "a trial is too costly"),
        ];
        surprises.into_iter().filter(|(is_so, _)| *is_so).map(|(_, what)| what).collect()
    }
}

/// What became of the first trials of each strategy of a plan.
fn fates(plan: &Plan) -> Vec<Fates> {
    let model = Model::new(plan);
    let mut engine = Engine::new(&model);
    (0..plan.strategies.len()).map(|strategy| Fates::of(plan, &mut engine, strategy)).collect()
}

impl Fates {
    /// What a user must have heard of before.
    fn must_be_said(&self) -> Option<&'static str> {
        if self.bad > 0 && self.escaped == self.bad {
            return Some("every bad change escapes");
        }
        let in_vain = self.good >= ENOUGH && 10 * self.stopped_in_vain > 9 * self.good;
        in_vain.then_some("hardly any good change gets through")
    }
}

#[test]
fn check_is_not_silent_where_all_escape_or_hardly_any_gets_through() {
    let (first_seed, count) = support::seeds(CHECKED);
    let (mut silent, mut telling, mut unsaid) = (0, 0, String::new());
    let mut met = BTreeMap::<&str, (u32, u32)>::new();
    for seed in first_seed..first_seed + u64::from(count) {
        let text = text::write(&generator::scenario(seed));
        let loaded = look_ahead(load_str("strange", &text));
        let Some(plan) = &loaded.plan else { continue };
        // What is allowed was said, and its author knows it.
        let is_silent = loaded.problems.list().is_empty() && loaded.problems.allowed().is_empty();
        silent += u32::from(is_silent);
        let fates = fates(plan);
        let worst = fates.iter().find_map(Fates::must_be_said);
        telling += u32::from(worst.is_some());
        if let Some(worst) = worst.filter(|_| is_silent) {
            let _ = writeln!(unsaid, "# seed {seed}: {worst}\n{text}");
        }
        for surprise in fates.iter().flat_map(Fates::surprises) {
            let times = met.entry(surprise).or_default();
            *times = (times.0 + 1, times.1 + u32::from(is_silent));
        }
    }
    // Of single strategies; how often, and how often nothing was said of the scenario.
    println!("{silent} of {count} scenarios without a warning; surprises of strategies: {met:?}");
    assert!(telling > count / 50, "only {telling} of {count}: too few to tell");
    assert!(unsaid.is_empty(), "nothing is said:\n{unsaid}");
}
