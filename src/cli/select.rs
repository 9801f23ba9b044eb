//! Command-line overrides of a plan: trials, seed, strategies, baseline. They change which rollouts
//! are simulated, never how: no random stream depends on what else runs.

use super::error::CliError;
use super::names;
use super::studies;
use crate::plan::{Estimator, Plan, Precision, Strata};

/// What the command line asks for; empty fields leave the scenario's choice.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// Trials for each strategy.
    pub trials: Option<Trials>,
    /// How they are drawn.
    pub estimator: Option<Estimator>,
    /// Precisions to reach, instead of the scenario's.
    pub precision: Vec<String>,
    /// Most trials that they may take.
    pub max_trials: Option<u64>,
    /// Root of every random stream.
    pub seed: Option<u64>,
    /// Names of strategies, in report order.
    pub strategies: Vec<String>,
    /// Name of the strategy to compare with.
    pub baseline: Option<String>,
    /// What the plan is for.
    pub role: Role,
}

/// What a plan is for, which decides what there is to say about a choice of strategies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Role {
    /// To be simulated; the others are compared with the baseline if it is chosen.
    #[default]
    Alone,
    /// The other strategies are compared with the baseline, which is kept without being chosen.
    Within,
    /// Its strategies are compared with those of another plan; this one is not judged.
    Old,
    /// The plan under judgement.
    New,
}

/// Applies `overrides` to `plan`. Returns notes on what follows from them without having been asked for.
///
/// # Errors
/// When a name is unknown or the baseline is not among the chosen strategies.
pub fn apply(plan: &mut Plan, overrides: &Overrides) -> Result<Vec<String>, CliError> {
    let mut notes = Vec::new();
    effort(plan, overrides)?;
    plan.study.seed = overrides.seed.unwrap_or(plan.study.seed);
    if let Some(name) = &overrides.baseline {
        plan.study.baseline = find_strategy(plan, name)?;
        let is_lost = !overrides.strategies.is_empty() && !overrides.strategies.contains(name);
        if is_lost && overrides.role != Role::Within {
            return Err(CliError::invalid(format!(
                "the baseline `{name}` is not among the chosen strategies"
            ))
            .hint(format!("choose it too: --strategy {name}")));
        }
    }
    if !overrides.strategies.is_empty() {
        let mut wanted = overrides.strategies.clone();
        if overrides.role == Role::Within {
            wanted.insert(0, plan.strategies[plan.study.baseline].name.clone());
        }
        keep_strategies(plan, &wanted, overrides.role, &mut notes)?;
    }
    Ok(notes)
}

/// Trials: as many as given, or as many as it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trials {
    /// So many, and no more rounds.
    Exactly(u64),
    /// Until the precision of the scenario is reached, or a usual one if it asks for none.
    Auto,
}

/// What `--trials auto` asks for where the scenario asks for nothing: enough to compare plans by.
const USUAL_PRECISION: [&str; 2] = ["mean impaired_host_ms 10%", "p50 time_to_100_ms 5%"];

/// Applies what says how many trials there are and how they are drawn.
fn effort(plan: &mut Plan, overrides: &Overrides) -> Result<(), CliError> {
    let study = &mut plan.study;
    study.estimator = overrides.estimator.unwrap_or(study.estimator);
    if !overrides.precision.is_empty() {
        let asked: Vec<&str> = overrides.precision.iter().map(String::as_str).collect();
        study.precision = precisions(&asked)?;
    }
    match overrides.trials {
        None => {}
        Some(Trials::Exactly(trials)) => {
            study.trials = trials;
            // A number is a number, unless precision is asked for beside it: then it is the first round.
            if overrides.precision.is_empty() {
                study.precision.clear();
            }
        }
        Some(Trials::Auto) if study.precision.is_empty() => study.precision = precisions(&USUAL_PRECISION)?,
        Some(Trials::Auto) => {}
    }
    if let Some(most) = overrides.max_trials {
        study.max_trials = most;
        study.trials = study.trials.min(most);
    }
    let fewest = Strata::of(plan).fewest_trials();
    if plan.study.trials < fewest {
        let estimator = plan.study.estimator.name();
        let trials = plan.study.trials;
        return Err(CliError::invalid(format!(
            "{trials} trials are too few for the estimator `{estimator}`"
        ))
        .hint(format!("use --trials {fewest} or more, or --estimator plain")));
    }
    Ok(())
}

/// Reads precisions such as `p99 impaired_host_ms 5%`.
fn precisions(asked: &[&str]) -> Result<Vec<Precision>, CliError> {
    asked.iter().map(|text| studies::precision(text)).collect()
}

/// Index of the strategy called `name`.
///
/// # Errors
/// When there is none; lists those there are.
pub fn find_strategy(plan: &Plan, name: &str) -> Result<usize, CliError> {
    let all: Vec<&str> = plan.strategies.iter().map(|strategy| strategy.name.as_str()).collect();
    names::find("strategy", name, &all)
}

/// Reduces the plan to the strategies called `wanted`, in that order, and renumbers what refers to them.
fn keep_strategies(
    plan: &mut Plan,
    wanted: &[String],
    role: Role,
    notes: &mut Vec<String>,
) -> Result<(), CliError> {
    let mut kept: Vec<usize> = Vec::with_capacity(wanted.len());
    for name in wanted {
        let index = find_strategy(plan, name)?;
        if !kept.contains(&index) {
            kept.push(index);
        }
    }
    let renumbered = |old: usize| kept.iter().position(|&index| index == old);

    let baseline = renumbered(plan.study.baseline);
    if baseline.is_none() && role == Role::Alone {
        notes.push(format!(
            "the baseline `{}` is not among the chosen strategies; comparing with `{}`",
            plan.strategies[plan.study.baseline].name, plan.strategies[kept[0]].name
        ));
    }
    plan.study.baseline = baseline.unwrap_or(0);

    let [thresholds, expectations] = keep_judged(plan, renumbered);
    let mut say = |count: usize, noun: &str| {
        if count > 0 {
            let plural = if count == 1 { "" } else { "s" };
            notes
                .push(format!("{count} {noun}{plural} of strategies that were not chosen cannot be checked"));
        }
    };
    if role != Role::Old {
        say(thresholds, "threshold");
    }
    // Only a run looks at expectations.
    if role == Role::Alone {
        say(expectations, "expectation");
    }
    plan.strategies = kept.iter().map(|&index| plan.strategies[index].clone()).collect();
    Ok(())
}

/// Keeps and renumbers what is judged of a strategy that stays, or of every one. Returns how many thresholds
/// and how many expectations went.
fn keep_judged(plan: &mut Plan, renumbered: impl Fn(usize) -> Option<usize>) -> [usize; 2] {
    let keep = |strategy: &mut Option<usize>| match *strategy {
        None => true,
        Some(old) => {
            *strategy = renumbered(old);
            strategy.is_some()
        }
    };
    let before = (plan.study.thresholds.len(), plan.study.expectations.len());
    plan.study.thresholds.retain_mut(|threshold| keep(&mut threshold.strategy));
    plan.study.expectations.retain_mut(|expected| {
        let new = renumbered(expected.strategy);
        expected.strategy = new.unwrap_or(0);
        new.is_some()
    });
    plan.study.guards.retain_mut(|guard| keep(&mut guard.strategy));
    plan.study.precision.retain_mut(|precision| keep(&mut precision.strategy));
    [before.0 - plan.study.thresholds.len(), before.1 - plan.study.expectations.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::study::Statistic;
    use crate::plan::{Change, Expectation, Fleet, Guard, Level, Strategy, Study, Threshold, Tolerance};

    fn strategy(name: &str) -> Strategy {
        Strategy { name: name.to_owned(), ..Strategy::default() }
    }

    fn threshold(strategy: Option<usize>) -> Threshold {
        Threshold {
            metric: "escaped".to_owned(),
            statistic: Statistic::Mean,
            strategy,
            max: 0.0,
            level: Level::Error,
        }
    }

    fn guard(strategy: Option<usize>) -> Guard {
        Guard { metric: "escaped".to_owned(), statistic: Statistic::Mean, strategy, tolerance: 0.05 }
    }

    fn expectation(strategy: usize) -> Expectation {
        Expectation {
            metric: "escaped".to_owned(),
            statistic: Statistic::Mean,
            strategy,
            value: 0.1,
            tolerance: Tolerance::Relative(0.15),
            source: String::new(),
            level: Level::Warn,
        }
    }

    fn plan() -> Plan {
        Plan {
            name: "test".to_owned(),
            description: String::new(),
            fleet: Fleet::default(),
            change: Change::default(),
            alarms: Vec::new(),
            strategies: vec![strategy("a"), strategy("b"), strategy("c")],
            pipeline: None,
            study: Study {
                trials: 10,
                seed: 0,
                baseline: 0,
                start_utc_ms: 0,
                start_spread_ms: 0,
                observe_after_ms: 0,
                estimator: crate::plan::Estimator::Plain,
                precision: Vec::new(),
                max_trials: 10,
                guards: vec![guard(Some(0)), guard(None), guard(Some(2))],
                expectations: vec![expectation(0), expectation(2)],
                thresholds: vec![threshold(None), threshold(Some(0)), threshold(Some(2))],
            },
        }
    }

    fn names(plan: &Plan) -> Vec<&str> {
        plan.strategies.iter().map(|strategy| strategy.name.as_str()).collect()
    }

    fn chosen(list: &[&str]) -> Overrides {
        Overrides { strategies: list.iter().map(|&name| name.to_owned()).collect(), ..Overrides::default() }
    }

    #[test]
    fn nothing_asked_changes_nothing() {
        let mut plan = plan();
        assert_eq!(apply(&mut plan, &Overrides::default()), Ok(Vec::new()));
        assert_eq!((names(&plan), plan.study.trials, plan.study.baseline), (vec!["a", "b", "c"], 10, 0));
    }

    #[test]
    fn chosen_strategies_keep_their_thresholds_and_baseline() {
        let mut plan = plan();
        let notes = apply(&mut plan, &chosen(&["c", "a", "c"])).expect("known names");
        assert_eq!((names(&plan), plan.study.baseline), (vec!["c", "a"], 1));
        let owners: Vec<_> = plan.study.thresholds.iter().map(|threshold| threshold.strategy).collect();
        assert_eq!(owners, [None, Some(1), Some(0)]);
        let guarded: Vec<_> = plan.study.guards.iter().map(|guard| guard.strategy).collect();
        assert_eq!(guarded, [Some(1), None, Some(0)]);
        let expected: Vec<_> = plan.study.expectations.iter().map(|expected| expected.strategy).collect();
        assert_eq!(expected, [1, 0]);
        assert_eq!(notes, Vec::<String>::new());
    }

    #[test]
    fn the_role_decides_what_is_kept_and_said() {
        let with = |role, strategies: &[&str]| {
            let mut plan = plan();
            let notes = apply(&mut plan, &Overrides { role, ..chosen(strategies) }).expect("known names");
            let names: Vec<String> = names(&plan).into_iter().map(str::to_owned).collect();
            (names.join(" "), notes.len())
        };
        assert_eq!(with(Role::Alone, &["b"]), ("b".to_owned(), 3));
        assert_eq!(with(Role::Within, &["b"]), ("a b".to_owned(), 1));
        assert_eq!(with(Role::New, &["b"]), ("b".to_owned(), 1));
        assert_eq!(with(Role::Old, &["b"]), ("b".to_owned(), 0));
        let mut plan = plan();
        let other = Overrides { baseline: Some("c".to_owned()), role: Role::Within, ..chosen(&["b"]) };
        apply(&mut plan, &other).expect("the baseline is kept");
        assert_eq!((names(&plan), plan.study.baseline), (vec!["c", "b"], 0));
    }

    #[test]
    fn lost_baseline_and_thresholds_are_told() {
        let mut plan = plan();
        let notes = apply(&mut plan, &chosen(&["b"])).expect("known name");
        assert_eq!((names(&plan), plan.study.baseline, plan.study.thresholds.len()), (vec!["b"], 0, 1));
        assert_eq!(notes.len(), 3);
        assert!(notes[0].contains("comparing with `b`"), "{notes:?}");
        assert!(notes[1].starts_with("2 thresholds"), "{notes:?}");
        assert!(notes[2].starts_with("2 expectations"), "{notes:?}");
    }

    #[test]
    fn baseline_must_be_chosen_and_known() {
        let overrides = Overrides { baseline: Some("b".to_owned()), ..chosen(&["c", "b"]) };
        let mut first = plan();
        apply(&mut first, &overrides).expect("chosen");
        assert_eq!(first.study.baseline, 1);
        let overrides = Overrides { baseline: Some("a".to_owned()), ..chosen(&["c", "b"]) };
        let error = apply(&mut plan(), &overrides).expect_err("not chosen");
        assert_eq!(error.message, "the baseline `a` is not among the chosen strategies");
        let overrides = Overrides { baseline: Some("z".to_owned()), ..Overrides::default() };
        assert_eq!(apply(&mut plan(), &overrides).expect_err("unknown").message, "unknown strategy `z`");
    }
}
