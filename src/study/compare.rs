//! Two plans on the same trials: what got better, what got worse, and what cannot be told.
//!
//! A gate that fails when a number is larger than before fails half of all harmless changes. So each guarded
//! statistic is compared trial by trial, a regression must be beyond doubt, and so must its absence. Where
//! neither is, there is another look at four times the trials, three looks at most for rollouts and one for pipelines;
//! all rows and looks together are wrong with at most 5 %.

pub use super::estimate::Estimate;
use super::experiment::Experiment;
use super::guard::Guarded;
pub use super::like::{Held, World};
use super::pipeline::PipelineExperiment;
use super::progress::{Progress, Stopped};
use super::question::Effort;
pub use super::question::Question;
use super::rollouts::RolloutExperiment;
use super::row;
pub use super::row::Row;
use super::sampling::estimator;
use super::sides::Sides;
use super::threshold::{self, ThresholdResult};
use super::trials::Kept;
use super::verdict::{MeasureChange, Verdict};
use crate::outcome::measures::{Measured, Subject};
use crate::plan::diff::PlanChange;
use crate::plan::{Pipeline, Plan, diff};
use crate::stats::{CONFIDENCE, TAIL};
use serde::Serialize;

/// Version of the layout of [`Compared`].
pub const SCHEMA_VERSION: u32 = 1;
/// Each look has so many times the trials of the one before.
const LOOK_GROWTH: u64 = 4;

/// The result of comparing a candidate plan with a baseline plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    /// Layout of this document.
    pub schema_version: u32,
    /// Program that wrote it.
    pub tool: &'static str,
    /// Version of the program.
    pub tool_version: &'static str,
    /// Version of the simulated model.
    pub model_version: u32,
    /// What the candidate is compared with.
    pub baseline: Side,
    /// The plan under judgement.
    pub candidate: Side,
    /// What the trials are of.
    #[serde(skip_serializing_if = "Subject::is_rollout")]
    pub subject: Subject,
    /// How trials were drawn and weighed.
    pub estimator: &'static str,
    /// Probability that every verdict on a difference holds, all rows and looks together.
    pub confidence: f64,
    /// Whether both sides met the same trials. They did not if the seeds differ, or the baseline was
    /// accepted with another version of the model.
    pub paired: bool,
    /// The strategy that the others are compared with, where all are strategies of one plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline_strategy: Option<String>,
    /// Trials of each side at the last look.
    pub trials: u64,
    /// Looks at the data, each with four times the trials of the one before; a row is decided at the first
    /// that can.
    pub looks: u32,
    /// Inputs that differ, in the order of the scenario language; none where strategies of one plan are
    /// compared, or nothing differs.
    pub inputs: Vec<PlanChange>,
    /// What is taken from the baseline although the candidate says otherwise; only a gate does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<Held>,
    /// Strategies that have another name now, as (before, after).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub renamed_strategies: Vec<(String, String)>,
    /// Strategies that only the baseline has.
    pub removed_strategies: Vec<String>,
    /// Of these, those that a guard or a limit of the baseline is on: leaving is no way out of one, so they fail.
    pub unguarded_strategies: Vec<String>,
    /// Strategies that only the candidate has.
    pub added_strategies: Vec<String>,
    /// One row per strategy and guarded statistic.
    pub rows: Vec<Row>,
    /// The candidate's own limits.
    pub thresholds: Vec<ThresholdResult>,
    /// The verdict on all rows and thresholds of level error: a row that regressed, a broken limit of level error or a
    /// guarded strategy that is gone fails.
    pub verdict: Verdict,
    /// Strategies of the baseline that no longer give the numbers they gave when it was accepted, with the
    /// same plan and model: a program that is not what it says it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub drifted: Vec<String>,
}

/// One of the two plans.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Side {
    /// The scenario's name.
    pub scenario: String,
    /// Where it came from, as the user wrote it: a path, `git:REV:PATH`, a baseline file.
    pub source: String,
    /// Fingerprint of the resolved plan.
    pub plan_digest: String,
    /// Root of every random stream.
    pub seed: u64,
}

/// Simulates rollouts of both plans and compares them, in as many looks as it takes.
///
/// # Errors
/// When `progress` cancels it.
pub fn compare(question: &Question, progress: &dyn Progress) -> Result<Compared, Stopped> {
    let baseline = (!question.is_within()).then(|| RolloutExperiment::new(question.baseline));
    let candidate = RolloutExperiment::new(question.candidate);
    compare_trials(question, question.effort(Subject::Rollout), (baseline, candidate), progress)
}

/// Simulates both plans' `pipelines` and compares them, over `trials` trials or as many as the more thorough plan says.
///
/// # Errors
/// When `progress` cancels it.
pub fn compare_pipelines(
    question: &Question,
    pipelines: [&Pipeline; 2],
    trials: Option<u64>,
    progress: &dyn Progress,
) -> Result<Compared, Stopped> {
    let [old, new] = pipelines;
    let baseline = (!question.is_within()).then(|| PipelineExperiment::new(question.baseline, old));
    let candidate = PipelineExperiment::new(question.candidate, new);
    let effort = question.effort(Subject::Pipeline);
    let effort = Effort { first: trials.unwrap_or(effort.first), ..effort };
    compare_trials(question, effort, (baseline, candidate), progress)
}

/// Compares trials of any subject. Without a baseline of its own the candidate is both sides.
fn compare_trials<E: Experiment>(
    question: &Question,
    Effort { first, most, looks }: Effort,
    (baseline, candidate): (Option<E>, E),
    progress: &dyn Progress,
) -> Result<Compared, Stopped> {
    let subject = <E::Trials as Kept>::Outcome::SUBJECT;
    let asked = question.rows(subject);
    let looked = looks * question.shares;
    let tail = TAIL / (asked.len().max(1) as f64 * f64::from(looked));
    let mut sides = Sides::new(baseline.as_ref(), &candidate);
    let mut rows: Vec<Option<Row>> = vec![None; asked.len()];
    let mut thresholds = Vec::new();
    let (mut look, mut trials) = (1, first);
    let touched: Vec<bool> = asked.iter().map(|(pair, _)| question.is_touched(*pair)).collect();
    loop {
        let open: Vec<bool> =
            rows.iter().zip(&touched).map(|(row, touched)| is_open_row(row.as_ref(), *touched)).collect();
        let pairs: Vec<(usize, usize)> =
            asked.iter().zip(&open).filter(|(_, open)| **open).map(|((pair, _), _)| *pair).collect();
        sides.extend(&pairs, &open_limits(question, &thresholds, look), trials, progress)?;
        for ((((old, new), guard), row), open) in asked.iter().zip(&mut rows).zip(open) {
            if open {
                let (baseline, candidate) = (sides.baseline(*old), sides.candidate(*new));
                let name = &question.candidate.strategies[*new].name;
                *row = Some(row::compare(guard, name, &baseline, &candidate, tail));
            }
        }
        thresholds = threshold::judge_in_looks(question.candidate, sides.candidates(), looked);
        let is_open = rows.iter().zip(&touched).any(|(row, touched)| is_open_row(row.as_ref(), *touched))
            || thresholds.iter().any(is_open_limit);
        let next = (trials * LOOK_GROWTH).min(most);
        if !is_open || look == looks || next <= trials {
            break;
        }
        (look, trials) = (look + 1, next);
    }
    let rows: Vec<Row> = rows.into_iter().flatten().collect();
    sides.complete(question, progress)?;
    let drifted = sides.drifted(question);
    Ok(Compared { drifted, ..report(question, subject, rows, thresholds, (trials, look)) })
}

/// Whether another look would tell more. That no trial differs says little where inputs do: the difference
/// may be rare.
fn is_open_row(row: Option<&Row>, touched: bool) -> bool {
    row.is_none_or(|row| {
        row.change == MeasureChange::Inconclusive || touched && row.change == MeasureChange::NoChange
    })
}

fn is_open_limit(threshold: &ThresholdResult) -> bool {
    threshold.at_the_gate() == Verdict::Inconclusive
}

/// Strategies of the candidate with a limit that is not decided; at the first look all that have one.
fn open_limits(question: &Question, thresholds: &[ThresholdResult], look: u32) -> Vec<usize> {
    let all = question.candidate.strategies.iter().enumerate();
    let is_open = |name: &str| thresholds.iter().any(|limit| limit.strategy == name && is_open_limit(limit));
    all.filter(|(_, strategy)| look == 1 || is_open(&strategy.name)).map(|(index, _)| index).collect()
}

/// The document around the rows.
pub(super) fn report(
    question: &Question,
    subject: Subject,
    rows: Vec<Row>,
    thresholds: Vec<ThresholdResult>,
    (trials, looks): (u64, u32),
) -> Compared {
    let name = |plan: &Plan, index: usize| plan.strategies[index].name.clone();
    let (old, new) = (question.baseline, question.candidate);
    let within = question.is_within();
    let gone: Vec<usize> = (0..old.strategies.len()).filter(|&i| question.successor(i).is_none()).collect();
    let came = (0..new.strategies.len()).filter(|i| !within && question.pairs.iter().all(|p| p.1 != *i));
    let renamed = question.pairs.iter().map(|pair| (name(old, pair.0), name(new, pair.1)));
    let renamed = renamed.filter(|(before, after)| !within && before != after).collect();
    let side = |plan: &Plan, source: &String| Side {
        scenario: plan.name.clone(),
        source: source.clone(),
        plan_digest: plan.digest(),
        seed: plan.study.seed,
    };
    let inputs = if within { Vec::new() } else { diff::diff(&question.renamed_baseline(), new) };
    // What is guarded in a pipeline is no reason to miss a strategy among rollouts, nor the other way round.
    let guards = question.guards(subject);
    let limits = old.study.thresholds.iter().filter(|limit| limit.metric.subject() == subject);
    let limited: Vec<usize> = limits.filter_map(|limit| limit.strategy).collect();
    let is_guarded = |index: &usize| {
        let applies = |guard: &Guarded| guard.applies_to(&old.strategies[*index].name);
        guards.iter().any(applies) || limited.contains(index)
    };
    let names = |indices: Vec<usize>, plan: &Plan| indices.into_iter().map(|i| name(plan, i)).collect();
    let unguarded: Vec<String> = names(gone.iter().copied().filter(is_guarded).collect(), old);
    Compared {
        schema_version: SCHEMA_VERSION,
        tool: env!("CARGO_PKG_NAME"),
        tool_version: env!("CARGO_PKG_VERSION"),
        model_version: crate::MODEL_VERSION,
        baseline: side(question.baseline, &question.sources[0]),
        candidate: side(question.candidate, &question.sources[1]),
        subject,
        estimator: estimator(subject, question.candidate).name(),
        confidence: CONFIDENCE,
        paired: question.baseline.study.seed == question.candidate.study.seed,
        baseline_strategy: within.then(|| name(old, old.study.baseline)),
        trials,
        looks,
        inputs,
        held: Vec::new(),
        renamed_strategies: renamed,
        removed_strategies: names(gone, old),
        added_strategies: names(came.collect(), new),
        verdict: if unguarded.is_empty() { verdict(&rows, &thresholds) } else { Verdict::Fail },
        unguarded_strategies: unguarded,
        drifted: Vec::new(),
        rows,
        thresholds,
    }
}

impl Compared {
    /// This, and the same candidate in another `world`: of each judgement the worse one, of equals the one there, where
    /// nothing but the strategies differs.
    pub(super) fn or_worse(mut self, other: Self, world: World) -> Self {
        for (row, other) in self.rows.iter_mut().zip(other.rows) {
            if rank(other.change.verdict()) >= rank(row.change.verdict()) {
                *row = Row { world, ..other };
            }
        }
        for (limit, other) in self.thresholds.iter_mut().zip(other.thresholds) {
            if rank(other.at_the_gate()) > rank(limit.at_the_gate()) {
                *limit = other;
            }
        }
        self.trials = self.trials.max(other.trials);
        self.looks = self.looks.max(other.looks);
        self.verdict = Verdict::of_all([self.verdict, other.verdict]);
        self
    }
}

/// How much there is to say of a judgement.
fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::Inconclusive => 1,
        Verdict::Fail => 2,
    }
}

/// The verdict on all rows and limits together.
fn verdict(rows: &[Row], thresholds: &[ThresholdResult]) -> Verdict {
    let of_limits = thresholds.iter().map(ThresholdResult::at_the_gate);
    Verdict::of_all(rows.iter().map(|row| row.change.verdict()).chain(of_limits))
}

#[cfg(test)]
mod tests {
    // Tests of comparisons, with the real engine on small plans.

    use super::*;
    use crate::outcome::measures::{self, Measure};
    use crate::plan::study::Statistic;
    use crate::plan::{Bound, Guard, Level};
    use crate::rollout::Model;
    use crate::scenario;
    use crate::study::Nobody;

    /// Two regions, one late defect; the bake decides how much harm it does.
    fn plan(bake: &str) -> Plan {
        let text = format!(
            r#"
        [study]
        trials = 600
        max-trials = 9600
        seed = 5
        [[fleet.region]]
        name = "one"
        hosts-per-zone = 10
        [[fleet.region]]
        name = "two"
        hosts-per-zone = 40
        [change]
        bad-probability = "10%"
        deploy-time = "2m"
        [[defect]]
        name = "late"
        clock = "change"
        onset = {{ exponential = {{ mean = "1h" }} }}
        [[alarm]]
        name = "alarm"
        scope = "service"
        detection-delay = "10m"
        watch = "rollout"
        [[strategy]]
        name = "waves"
        wave = [{{ regions = ["one"], bake = "{bake}" }}, {{ regions = ["two"], bake = "12h" }}]
        [[strategy]]
        name = "at-once"
        regions-at-once = "all"
        wave = [{{ regions = "all", bake = "12h" }}]
        "#
        );
        scenario::load_str("s.toml", &text).plan.expect("a valid scenario")
    }

    fn compared(baseline: &Plan, candidate: &Plan) -> Compared {
        let question = Question::by_name(baseline, candidate, ["old".into(), "new".into()]);
        compare(&question, &Nobody).expect("not cancelled")
    }

    fn row<'c>(compared: &'c Compared, strategy: &str, metric: &Measure) -> &'c Row {
        let wanted = |row: &&Row| row.strategy == strategy && row.metric == metric;
        compared.rows.iter().find(wanted).expect("the row")
    }

    #[test]
    fn nothing_changed_is_exactly_nothing() {
        let result = compared(&plan("4h"), &plan("4h"));
        assert_eq!((result.verdict, result.looks), (Verdict::Pass, 1));
        assert!(
            result.rows.iter().all(|row| row.change == MeasureChange::NoChange && row.pairs_that_differ == 0)
        );
        assert_eq!(result.rows.len(), 8, "four usual guards of two strategies");
        assert!(result.inputs.is_empty());
    }

    #[test]
    fn a_shorter_bake_costs_harm_and_buys_speed() {
        let result = compared(&plan("4h"), &plan("1h"));
        assert_eq!(result.verdict, Verdict::Fail);
        let harm = row(&result, "waves", &measures::IMPAIRED_HOST_MS);
        assert_eq!(harm.change, MeasureChange::Regressed);
        assert!(harm.difference.unwrap().interval.is_above(0.0));
        assert!(harm.most_worse_trial.is_some());
        assert_eq!(row(&result, "waves", &measures::TIME_TO_100_MS).change, MeasureChange::Improved);
        assert_eq!(row(&result, "at-once", &measures::IMPAIRED_HOST_MS).change, MeasureChange::NoChange);
        assert_eq!(result.inputs.len(), 1);
        assert_eq!(result.inputs[0].place, "strategy waves, wave 1");
    }

    #[test]
    fn the_trial_that_is_worse_by_most_is_the_one_named() {
        let (old, new) = (plan("4h"), plan("1h"));
        let result = compared(&old, &new);
        let trial = row(&result, "waves", &measures::IMPAIRED_HOST_MS).most_worse_trial.unwrap();
        let harm = |plan: &Plan, trial| {
            let model = Model::new(plan);
            let mut engine = crate::rollout::Engine::new(&model);
            engine.run(0, trial, &mut crate::sim::Silent).impaired_host_ms as i64
        };
        let worse = |trial| harm(&new, trial) - harm(&old, trial);
        assert!(worse(trial) > 0);
        assert!((0..600).all(|other| worse(other) <= worse(trial)));
    }

    #[test]
    fn a_slightly_longer_bake_is_within_tolerance() {
        let result = compared(&plan("4h"), &plan("4h10m"));
        let speed = row(&result, "waves", &measures::TIME_TO_100_MS);
        assert_eq!(
            (speed.change, result.verdict),
            (MeasureChange::WithinTolerance, Verdict::Pass),
            "{speed:?}"
        );
    }

    #[test]
    fn what_one_look_leaves_open_gets_another() {
        // Half an hour less of four: more harm, by about the tolerance.
        let (mut old, mut new) = (plan("4h"), plan("3h30m"));
        let guard = Guard {
            metric: &measures::IMPAIRED_HOST_MS,
            statistic: Statistic::Mean,
            strategy: Some(0),
            tolerance: 0.05,
        };
        old.study.guards = vec![guard];
        new.study.guards = old.study.guards.clone();
        let result = compared(&old, &new);
        assert!(result.looks > 1, "{:?}", result.rows);
        assert_eq!(result.rows[0].trials, 600 * 4_u64.pow(result.looks - 1));
        old.study.max_trials = 600;
        new.study.max_trials = 600;
        let capped = compared(&old, &new);
        assert_eq!((capped.looks, capped.verdict), (1, Verdict::Inconclusive));
        assert!(capped.rows[0].trials_needed.unwrap() > 600);
    }

    #[test]
    fn seeing_no_difference_once_is_not_believed_where_inputs_differ() {
        // Five minutes of four hours: hardly a trial in 600 tells. The untouched strategy needs no second look.
        let result = compared(&plan("4h"), &plan("3h55m"));
        assert!(row(&result, "waves", &measures::IMPAIRED_HOST_MS).trials > 600);
        assert_eq!(row(&result, "at-once", &measures::IMPAIRED_HOST_MS).trials, 600);
    }

    #[test]
    fn a_more_likely_defect_changes_weights_and_not_trials() {
        let old = plan("1h");
        let mut new = old.clone();
        new.change.bad_probability = 0.2;
        let result = compared(&old, &new);
        let isolation = row(&result, "waves", &measures::ISOLATION_VIOLATED);
        assert_eq!((isolation.change, isolation.pairs_that_differ), (MeasureChange::Regressed, 0));
        let [old, new] = [isolation.baseline.unwrap().value, isolation.candidate.unwrap().value];
        assert!((new - 2.0 * old).abs() < 1e-12, "exactly in proportion: {old} {new}");
        // Per bad change nothing is different, although the weight of bad changes is.
        assert_eq!(row(&result, "waves", &measures::IMPAIRED_HOST_MS).difference.unwrap().value, 0.0);
    }

    #[test]
    fn strategies_of_one_plan_are_compared_with_its_baseline() {
        let plan = plan("4h");
        let question = Question::within(&plan, "s.toml".into());
        let result = compare(&question, &Nobody).unwrap();
        assert!(result.inputs.is_empty());
        assert_eq!(row(&result, "at-once", &measures::IMPAIRED_HOST_MS).change, MeasureChange::Regressed);
        assert_eq!(row(&result, "at-once", &measures::TIME_TO_100_MS).change, MeasureChange::Improved);
        assert!(result.rows.iter().all(|row| row.strategy == "at-once"));
    }

    #[test]
    fn strategies_that_came_or_went_are_named() {
        let (old, mut new) = (plan("4h"), plan("4h"));
        new.strategies[1].name = "everything".into();
        let result = compared(&old, &new);
        assert_eq!(result.renamed_strategies, [("at-once".to_owned(), "everything".to_owned())]);
        assert!(result.removed_strategies.is_empty() && result.added_strategies.is_empty());
        new.strategies.truncate(1);
        assert_eq!(compared(&old, &new).removed_strategies, ["at-once"]);
        assert_eq!(compared(&new, &old).added_strategies, ["at-once"]);
    }

    #[test]
    fn leaving_is_no_way_out_of_a_guard() {
        let (mut old, mut new) = (plan("4h"), plan("4h"));
        new.strategies.truncate(1);
        old.study.guards = vec![Guard {
            metric: &measures::ESCAPED,
            statistic: Statistic::Mean,
            strategy: Some(1),
            tolerance: 0.05,
        }];
        let result = compared(&old, &new);
        assert_eq!((result.verdict, result.unguarded_strategies), (Verdict::Fail, vec!["at-once".into()]));
        old.study.guards[0].strategy = Some(0);
        assert_eq!(compared(&old, &new).verdict, Verdict::Pass);
    }

    #[test]
    fn a_broken_limit_of_the_candidate_fails_too() {
        let (old, mut new) = (plan("4h"), plan("4h"));
        new.study.thresholds = vec![crate::plan::Threshold {
            metric: &measures::TIME_TO_100_MS,
            statistic: Statistic::P50,
            strategy: Some(0),
            bound: Bound::Max(1000.0),
            level: Level::Error,
        }];
        assert_eq!(compared(&old, &new).verdict, Verdict::Fail);
        new.study.thresholds[0].level = Level::Warn;
        assert_eq!(compared(&old, &new).verdict, Verdict::Pass);
    }

    #[test]
    fn a_candidate_does_not_choose_how_closely_it_is_looked_at() {
        let (old, mut new) = (plan("4h"), plan("1h"));
        (new.study.trials, new.study.max_trials) = (12, 12);
        let result = compared(&old, &new);
        assert_eq!(result.verdict, Verdict::Fail);
        assert!(result.rows.iter().all(|row| row.trials >= 600), "{:?}", result.rows);
    }

    #[test]
    fn more_trials_alone_are_no_reason_for_another_look() {
        let (old, mut new) = (plan("4h"), plan("4h"));
        new.study.trials = 1200;
        let result = compared(&old, &new);
        assert_eq!((result.verdict, result.looks, result.trials), (Verdict::Pass, 1, 1200));
        assert_eq!(result.inputs.len(), 1, "{:?}", result.inputs);
    }

    #[test]
    fn it_is_said_whether_both_sides_met_the_same_trials() {
        let (old, mut new) = (plan("4h"), plan("4h"));
        assert!(compared(&old, &new).paired);
        new.study.seed += 1;
        let result = compared(&old, &new);
        assert!(!result.paired && result.baseline_strategy.is_none());
        let within = Question::within(&old, "s.toml".into());
        let result = compare(&within, &Nobody).unwrap();
        assert_eq!((result.paired, result.baseline_strategy.as_deref()), (true, Some("waves")));
    }
}
