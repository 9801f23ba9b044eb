//! What was accepted: a scenario with all its texts, and the numbers it gave.
//!
//! The texts make it whole: the old plan can be simulated again, next to the new one and on the same trials,
//! long after the files have moved on. The fingerprints tell whether this program still gives the old
//! numbers; the estimates are for a later model, which cannot.

use super::compare::{Compared, Question, report};
use super::estimate::{Estimate, Values};
use super::experiment::{Experiment, Rounds, simulate};
pub use super::fingerprint::fingerprint;
use super::guard::guarded;
use super::precision;
use super::progress::{Progress, Stopped};
use super::row::{self, StrategyTrials};
use super::sampling::{Sampling, estimator};
use super::threshold::judge;
use super::trials::{Kept, StudyTrials};
use crate::outcome::measures::{Measured, Subject};
use crate::plan::Plan;
use crate::plan::study::Statistic;
use crate::stats::TAIL;
use serde::{Deserialize, Serialize};

/// Version of the layout; a file of another one is refused.
pub const SCHEMA_VERSION: u32 = 1;

/// An accepted study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// Layout of this document.
    pub schema_version: u32,
    /// Version of the program that wrote it.
    pub tool_version: String,
    /// Version of the simulated model: numbers compare exactly only within one version.
    pub model_version: u32,
    /// The scenario's name.
    pub scenario: String,
    /// Fingerprint of the resolved plan.
    pub plan_digest: String,
    /// Root of every random stream.
    pub seed: u64,
    /// Trials of each strategy.
    pub trials: u64,
    /// What the trials are of; a file without it is of rollouts.
    #[serde(default, skip_serializing_if = "Subject::is_rollout")]
    pub subject: Subject,
    /// How they were drawn.
    pub estimator: String,
    /// Fingerprint of the outcomes of each strategy.
    pub outcomes: Vec<Recorded>,
    /// What is guarded, as it was.
    pub estimates: Vec<Remembered>,
    /// The scenario file and what it includes, the scenario first.
    pub files: Vec<File>,
}

/// The outcomes of one strategy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// The strategy.
    pub strategy: String,
    /// Fingerprint of the first trials, as many as the scenario says.
    pub digest: String,
}

/// A guarded statistic as it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Remembered {
    /// The strategy.
    pub strategy: String,
    /// The metric's name.
    pub metric: String,
    /// The statistic.
    pub statistic: Statistic,
    /// Its value and 95 % interval; absent without values.
    pub estimate: Option<Estimate>,
}

/// A file of the scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Its path as it was given.
    pub path: String,
    /// Its text.
    pub text: String,
}

impl Baseline {
    /// What there is to remember of a study.
    #[must_use]
    pub fn of<K: Kept>(plan: &Plan, study: &K, files: Vec<File>) -> Self {
        let subject = K::Outcome::SUBJECT;
        let first = precision::first_round(plan, subject) as usize;
        let digest = |row: &Vec<K::Outcome>| fingerprint(&row[..first.min(row.len())]);
        let rows = plan.strategies.iter().zip(study.rows());
        Self {
            schema_version: SCHEMA_VERSION,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            model_version: crate::MODEL_VERSION,
            scenario: plan.name.clone(),
            plan_digest: plan.digest(),
            seed: plan.study.seed,
            trials: study.trials(0),
            subject,
            estimator: estimator(subject, plan).name().to_owned(),
            outcomes: rows
                .map(|(strategy, row)| Recorded { strategy: strategy.name.clone(), digest: digest(row) })
                .collect(),
            estimates: remember(plan, study),
            files,
        }
    }

    /// Fingerprints by strategy.
    #[must_use]
    pub fn recorded(&self) -> Vec<(String, String)> {
        self.outcomes.iter().map(|of| (of.strategy.clone(), of.digest.clone())).collect()
    }
}

fn remember(plan: &Plan, study: &dyn StudyTrials) -> Vec<Remembered> {
    let sampling = Sampling::of(study.subject(), plan, study.trials(0));
    let name = |index: usize| plan.strategies[index].name.clone();
    let guards = guarded(study.subject(), (plan, &name), plan, None);
    let mut all = Vec::new();
    for (index, strategy) in plan.strategies.iter().enumerate() {
        for guard in guards.iter().filter(|guard| guard.applies_to(&strategy.name)) {
            let values = Values::new(guard.metric, study.values(&sampling, guard.metric, index));
            all.push(Remembered {
                strategy: strategy.name.clone(),
                metric: guard.metric.name.to_owned(),
                statistic: guard.statistic,
                estimate: values.estimate(guard.statistic, TAIL),
            });
        }
    }
    all
}

/// Compares a plan with a baseline of another model version by the estimates of both. The trials have
/// nothing in common, so intervals are wider than those of [`super::compare::compare`].
pub(super) fn across_models<E: Experiment>(
    baseline: &Baseline,
    question: &Question,
    candidate: &E,
    progress: &dyn Progress,
) -> Result<Compared, Stopped> {
    let plan = question.candidate;
    let trials = precision::first_round(plan, baseline.subject);
    let done = simulate(candidate, trials, Rounds::One, 1, progress)?;
    let tail = TAIL / (baseline.estimates.len().max(1) as f64 * f64::from(question.shares));
    let rows = baseline.estimates.iter().filter_map(|was| {
        let old = question.baseline.strategies.iter().position(|strategy| strategy.name == was.strategy)?;
        let index = question.pairs.iter().find(|pair| pair.0 == old)?.1;
        let name = &plan.strategies[index].name;
        let guard = question.guard_of(&was.metric, was.statistic, name)?;
        let side = StrategyTrials { plan, strategy: index, trials: &done.rows()[index] };
        Some(row::compare_remembered(&guard, name, was.estimate, &side, tail))
    });
    let (rows, thresholds) = (rows.collect(), judge(plan, &done));
    Ok(Compared { paired: false, ..report(question, baseline.subject, rows, thresholds, (trials, 1)) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::measures;
    use crate::report::sample;
    use crate::study::Nobody;
    use crate::study::compare::Row;
    use crate::study::rollouts::RolloutExperiment;
    use crate::study::verdict::MeasureChange;

    #[test]
    fn equal_outcomes_have_equal_fingerprints_and_any_difference_shows() {
        let (_, outcomes) = sample::study(50);
        let row = outcomes.by_strategy[0].clone();
        let mut other = row.clone();
        other[49].failed_requests += 1e-9;
        assert_eq!(fingerprint(&row), fingerprint(&row.clone()));
        assert_ne!(fingerprint(&row), fingerprint(&other));
        assert_ne!(fingerprint(&row), fingerprint(&row[..49]));
    }

    #[test]
    fn a_baseline_survives_its_file() {
        let (plan, outcomes) = sample::study(300);
        let files = vec![File { path: "a.toml".into(), text: "name = \"a\"\n".into() }];
        let baseline = Baseline::of(&plan, &outcomes, files);
        let text = serde_json::to_string_pretty(&baseline).unwrap();
        assert_eq!(serde_json::from_str::<Baseline>(&text).unwrap(), baseline);
        let usual = if plan.fleet.requests_per_second() > 0.0 { 5 } else { 4 };
        assert_eq!(baseline.estimates.len(), usual * plan.strategies.len());
    }

    #[test]
    fn another_model_is_compared_by_estimates() {
        let text = "[study]\ntrials = 400\n[[fleet.region]]\nname = \"one\"\nhosts-per-zone = 10\n\
                    [change]\ndeploy-time = { exponential = { mean = \"2m\" } }\n[[strategy]]\nname = \"all\"\n\
                    wave = [{ regions = \"all\", bake = \"10m\" }]\n";
        let plan = crate::scenario::load_str("s.toml", text).plan.unwrap();
        let outcomes = crate::study::run(&plan, &Nobody).unwrap();
        let baseline = Baseline::of(&plan, &outcomes, Vec::new());
        let mut slower = plan.clone();
        slower.change.deploy_time = crate::random::Distribution::Exponential { mean_ms: 240_000.0 };
        let verdict = |candidate: &Plan| {
            let question = Question::by_name(&plan, candidate, ["old".into(), "new".into()]);
            let compared =
                across_models(&baseline, &question, &RolloutExperiment::new(candidate), &Nobody).unwrap();
            let of = |row: &&Row| *row.metric == measures::TIME_TO_100_MS;
            compared.rows.iter().find(of).unwrap().change
        };
        assert_eq!(verdict(&slower), MeasureChange::Regressed);
        assert_ne!(verdict(&plan), MeasureChange::Regressed);
    }
}
