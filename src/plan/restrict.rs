//! A plan reduced to a part of itself: some of its strategies, another number of trials, another seed.
//!
//! A restriction changes which rollouts are simulated, never how: no random stream depends on what else runs,
//! so the trials that both plans have are equal to the bit. It must not print; who asks says what got lost.

use super::strata::Strata;
use super::study::{Estimator, Precision, Statistic};
use super::unsaid::is_default;
use super::whole::Plan;
use crate::outcome::measures;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What is asked of a plan. Empty fields leave what the plan says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Restriction {
    /// Names of the strategies to keep, in report order; a name twice counts once; empty: all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub strategies: Vec<String>,
    /// Name of the strategy that the others are compared with. It must be kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
    /// Where strategies are named, keeps the baseline before them, whether it is named or not.
    #[serde(skip_serializing_if = "is_default")]
    pub with_baseline: bool,
    /// Trials of each strategy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trials: Option<Trials>,
    /// Most trials of each strategy that precision may take; caps `trials` too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_trials: Option<u64>,
    /// How trials are drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimator: Option<Estimator>,
    /// Estimates that must be precise before the study ends, instead of the plan's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub precision: Vec<Precision>,
    /// Root of every random stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

/// Trials of each strategy: as many as given, or as many as it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trials {
    /// So many and no more rounds, unless a precision is asked for beside it: then it is the first round.
    Exactly(u64),
    /// Until the precision of the plan is reached, or [`Precision::usual`] if it asks for none.
    Auto,
}

/// Why a plan cannot be restricted as asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RestrictionError {
    /// A stratum of the estimator would get too few trials to be weighed.
    TooFewTrials {
        /// Trials asked for.
        trials: u64,
        /// The least number that is enough.
        fewest: u64,
        /// How they would be drawn.
        estimator: Estimator,
    },
    /// The plan has no strategy of this name.
    UnknownStrategy(String),
    /// The baseline of this name is not among the strategies to keep.
    BaselineNotKept(String),
    /// A precision is asked for of customers, of whom the fleet says nothing.
    NoCustomers(&'static str),
}

impl fmt::Display for RestrictionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFewTrials { trials, estimator, fewest: _ } => {
                write!(f, "{trials} trials are too few for the estimator `{}`", estimator.name())
            }
            Self::UnknownStrategy(name) => write!(f, "unknown strategy `{name}`"),
            Self::BaselineNotKept(name) => {
                write!(f, "the baseline `{name}` is not among the chosen strategies")
            }
            Self::NoCustomers(measure) => {
                write!(f, "`{measure}` counts customers, and no region says how many it has")
            }
        }
    }
}

impl std::error::Error for RestrictionError {}

impl Precision {
    /// What [`Trials::Auto`] reaches where a plan asks for nothing: enough to compare plans by.
    #[must_use]
    pub fn usual() -> Vec<Self> {
        let precise = |statistic, metric, relative| Self { metric, statistic, strategy: None, relative };
        vec![
            precise(Statistic::Mean, &measures::IMPAIRED_HOST_MS, 0.1),
            precise(Statistic::P50, &measures::TIME_TO_100_MS, 0.05),
        ]
    }
}

impl Plan {
    /// The part of this plan that `restriction` leaves. Thresholds, guards, expectations and precisions of
    /// strategies that are left out go with them; the first strategy kept becomes the baseline if the baseline
    /// is left out.
    ///
    /// # Errors
    /// When a name is unknown, the baseline asked for is not kept, customers are asked for and not there, or there are fewer
    /// trials than [`Strata::fewest_trials`].
    pub fn restrict(&self, restriction: &Restriction) -> Result<Self, RestrictionError> {
        let mut plan = self.clone();
        let of_customers = |precision: &&Precision| measures::is_of_customers(precision.metric);
        if let Some(precision) = restriction.precision.iter().find(of_customers)
            && !plan.fleet.has_customers()
        {
            return Err(RestrictionError::NoCustomers(precision.metric.name));
        }
        plan.set_effort(restriction)?;
        plan.study.seed = restriction.seed.unwrap_or(plan.study.seed);
        if let Some(name) = &restriction.baseline {
            plan.study.baseline = plan.strategy_index(name)?;
            let is_left_out = !restriction.strategies.is_empty() && !restriction.strategies.contains(name);
            if is_left_out && !restriction.with_baseline {
                return Err(RestrictionError::BaselineNotKept(name.clone()));
            }
        }
        let mut kept = Vec::with_capacity(restriction.strategies.len() + 1);
        if restriction.with_baseline {
            kept.push(plan.study.baseline);
        }
        for name in &restriction.strategies {
            kept.push(plan.strategy_index(name)?);
        }
        if !restriction.strategies.is_empty() {
            plan.keep(&kept);
        }
        Ok(plan)
    }

    /// Index of the strategy called `name`.
    ///
    /// # Errors
    /// [`RestrictionError::UnknownStrategy`] when there is none.
    pub fn strategy_index(&self, name: &str) -> Result<usize, RestrictionError> {
        let found = self.strategies.iter().position(|strategy| strategy.name == name);
        found.ok_or_else(|| RestrictionError::UnknownStrategy(name.to_owned()))
    }

    /// Says how many trials there are and how they are drawn.
    fn set_effort(&mut self, asked: &Restriction) -> Result<(), RestrictionError> {
        let study = &mut self.study;
        study.estimator = asked.estimator.unwrap_or(study.estimator);
        if !asked.precision.is_empty() {
            study.precision.clone_from(&asked.precision);
        }
        match asked.trials {
            None => {}
            Some(Trials::Exactly(trials)) => {
                study.trials = trials;
                if asked.precision.is_empty() {
                    study.precision.clear();
                }
            }
            Some(Trials::Auto) if study.precision.is_empty() => study.precision = Precision::usual(),
            Some(Trials::Auto) => {}
        }
        if let Some(most) = asked.max_trials {
            study.max_trials = most;
            study.trials = study.trials.min(most);
        }
        let fewest = Strata::of(self).fewest_trials();
        let (trials, estimator) = (self.study.trials, self.study.estimator);
        if trials < fewest {
            return Err(RestrictionError::TooFewTrials { trials, fewest, estimator });
        }
        Ok(())
    }

    /// Keeps the strategies `wanted`, in that order, and renumbers what refers to them.
    fn keep(&mut self, wanted: &[usize]) {
        let mut kept: Vec<usize> = Vec::with_capacity(wanted.len());
        for &index in wanted {
            if !kept.contains(&index) {
                kept.push(index);
            }
        }
        let renumbered = |old: usize| kept.iter().position(|&index| index == old);
        // What is about every strategy stays; what is about one stays with it.
        let keep = |strategy: &mut Option<usize>| match *strategy {
            None => true,
            Some(old) => {
                *strategy = renumbered(old);
                strategy.is_some()
            }
        };
        let study = &mut self.study;
        study.baseline = renumbered(study.baseline).unwrap_or(0);
        study.thresholds.retain_mut(|threshold| keep(&mut threshold.strategy));
        study.guards.retain_mut(|guard| keep(&mut guard.strategy));
        study.precision.retain_mut(|precision| keep(&mut precision.strategy));
        study.expectations.retain_mut(|expected| {
            let new = renumbered(expected.strategy);
            expected.strategy = new.unwrap_or(0);
            new.is_some()
        });
        self.strategies = kept.iter().map(|&index| self.strategies[index].clone()).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::IdVec;
    use crate::plan::{
        Bound, Change, Expectation, Fleet, Guard, Level, Strategy, StudyPlan, Threshold, Tolerance,
    };

    fn threshold(strategy: Option<usize>) -> Threshold {
        let (metric, statistic) = (&measures::ESCAPED, Statistic::Mean);
        Threshold { metric, statistic, strategy, bound: Bound::Max(0.0), level: Level::Error }
    }

    fn guard(strategy: Option<usize>) -> Guard {
        Guard { metric: &measures::ESCAPED, statistic: Statistic::Mean, strategy, tolerance: 0.05 }
    }

    fn expectation(strategy: usize) -> Expectation {
        Expectation {
            metric: &measures::ESCAPED,
            statistic: Statistic::Mean,
            strategy,
            value: 0.1,
            tolerance: Tolerance::Relative(0.15),
            source: String::new(),
            level: Level::Warn,
        }
    }

    fn plan() -> Plan {
        let strategy = |name: &str| Strategy { name: name.to_owned(), ..Strategy::default() };
        Plan {
            name: "test".to_owned(),
            description: String::new(),
            fleet: Fleet::default(),
            change: Change::default(),
            alarms: IdVec::default(),
            strategies: ["a", "b", "c"].map(strategy).to_vec(),
            pipeline: None,
            study: StudyPlan {
                trials: 10,
                seed: 0,
                baseline: 0,
                start_utc_ms: 0,
                start_spread_ms: 0,
                observe_after_ms: 0,
                estimator: Estimator::Plain,
                precision: Vec::new(),
                max_trials: 10,
                guards: vec![guard(Some(0)), guard(None), guard(Some(2))],
                expectations: vec![expectation(0), expectation(2)],
                thresholds: vec![threshold(None), threshold(Some(0)), threshold(Some(2))],
            },
        }
    }

    fn chosen(list: &[&str]) -> Restriction {
        let strategies = list.iter().map(|&name| name.to_owned()).collect();
        Restriction { strategies, ..Restriction::default() }
    }

    fn names(plan: &Plan) -> String {
        let names: Vec<&str> = plan.strategies.iter().map(|strategy| strategy.name.as_str()).collect();
        names.join(" ")
    }

    #[test]
    fn nothing_asked_changes_nothing() {
        assert_eq!(plan().restrict(&Restriction::default()).expect("fits").digest(), plan().digest());
    }

    #[test]
    fn strategies_are_kept_in_the_order_asked_for_and_what_refers_to_them_follows() {
        let plan = plan().restrict(&chosen(&["c", "a", "c"])).expect("known names");
        let study = &plan.study;
        assert_eq!((names(&plan), study.baseline), ("c a".to_owned(), 1));
        let thresholds: Vec<_> = study.thresholds.iter().map(|threshold| threshold.strategy).collect();
        assert_eq!(thresholds, [None, Some(1), Some(0)]);
        let guards: Vec<_> = study.guards.iter().map(|guard| guard.strategy).collect();
        assert_eq!(guards, [Some(1), None, Some(0)]);
        let expectations: Vec<_> = study.expectations.iter().map(|expected| expected.strategy).collect();
        assert_eq!(expectations, [1, 0]);
    }

    #[test]
    fn what_is_about_a_strategy_goes_with_it() {
        let plan = plan().restrict(&chosen(&["b"])).expect("known name");
        assert_eq!((names(&plan), plan.study.baseline), ("b".to_owned(), 0));
        let study = &plan.study;
        assert_eq!((study.thresholds.len(), study.guards.len(), study.expectations.len()), (1, 1, 0));
    }

    #[test]
    fn the_baseline_is_kept_first_or_must_be_chosen() {
        let asked = Restriction { baseline: Some("c".to_owned()), with_baseline: true, ..chosen(&["b"]) };
        let restricted = plan().restrict(&asked).expect("the baseline is kept");
        assert_eq!((names(&restricted), restricted.study.baseline), ("c b".to_owned(), 0));
        let lost = Restriction { with_baseline: false, ..asked };
        let error = RestrictionError::BaselineNotKept("c".to_owned());
        assert_eq!(plan().restrict(&lost).map(|plan| plan.name), Err(error));
        let unknown = Restriction { baseline: Some("z".to_owned()), ..Restriction::default() };
        let error = plan().restrict(&unknown).expect_err("unknown");
        assert_eq!(error.to_string(), "unknown strategy `z`");
    }

    #[test]
    fn a_number_of_trials_is_exact_unless_precision_is_asked_for_beside_it() {
        let mut plan = plan();
        plan.study.precision = Precision::usual();
        let with = |trials, precision| {
            let asked = Restriction { trials: Some(trials), precision, ..Restriction::default() };
            let study = plan.restrict(&asked).expect("fits").study;
            (study.trials, study.precision.len())
        };
        assert_eq!(with(Trials::Exactly(5), Vec::new()), (5, 0));
        assert_eq!(with(Trials::Exactly(5), Precision::usual()[..1].to_vec()), (5, 1));
        assert_eq!(with(Trials::Auto, Vec::new()), (10, 2));
        let capped = Restriction { max_trials: Some(4), ..Restriction::default() };
        let study = plan.restrict(&capped).expect("fits").study;
        assert_eq!((study.trials, study.max_trials), (4, 4));
    }
}
