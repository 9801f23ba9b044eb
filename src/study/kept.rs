//! What results are read back with: the scenario that they were made of, with all its texts and what was asked of it, and
//! the summaries of rollouts and of pipelines.
//!
//! Numbers are read and never computed again. What a reader needs beyond them, the plan and single trials, follows from the
//! texts, which are resolved anew.

use super::baseline::File;
use super::pipeline_summary::{self, PipelineSummary};
use super::summary::{self, Summary};
use crate::outcome::measures::{self, Subject};
use crate::plan::{Plan, Restriction};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Version of the layout of [`KeptScenario`].
pub const SCHEMA_VERSION: u32 = 1;

/// The scenario that results were made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptScenario {
    /// Layout of this document.
    pub schema_version: u32,
    /// Program that wrote it.
    pub tool: String,
    /// Version of the program.
    pub tool_version: String,
    /// Version of the simulated model.
    pub model_version: u32,
    /// Fingerprint of the plan that was simulated, see [`Plan::digest`].
    pub plan_digest: String,
    /// What the trials are of; a file without it is of rollouts.
    #[serde(default, skip_serializing_if = "Subject::is_rollout")]
    pub subject: Subject,
    /// The scenario as the user named it.
    pub file: String,
    /// Whether it was let to name files outside of its folder and repository.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allow_outside: bool,
    /// What was asked of it.
    pub asked: Restriction,
    /// Trials of a pipeline that were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pipeline_trials: Option<u64>,
    /// The scenario file and what it includes, the scenario first.
    pub files: Vec<File>,
}

/// Why kept results cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeptError {
    /// They do not have the form; says where.
    Malformed(String),
    /// They have another layout.
    OtherLayout {
        /// The layout that they have.
        found: u64,
        /// The one that is read.
        reads: u32,
    },
}

impl KeptScenario {
    /// What there is to keep of a scenario that was named `file` and of which so much was `asked`.
    #[must_use]
    pub fn of(plan: &Plan, file: String, asked: Restriction, files: Vec<File>) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            tool: env!("CARGO_PKG_NAME").to_owned(),
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            model_version: crate::MODEL_VERSION,
            plan_digest: plan.digest(),
            subject: Subject::Rollout,
            file,
            allow_outside: false,
            asked,
            pipeline_trials: None,
            files,
        }
    }

    /// Reads the JSON that it is kept as.
    ///
    /// # Errors
    /// When it is not JSON, has another layout, or lacks something.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeptError> {
        read(bytes, SCHEMA_VERSION)
    }

    /// The texts of the scenario by path, the scenario itself first.
    #[must_use]
    pub fn texts(&self) -> Vec<(PathBuf, String)> {
        self.files.iter().map(|file| (PathBuf::from(&file.path), file.text.clone())).collect()
    }
}

impl Summary {
    /// Reads the JSON that a summary is kept as.
    ///
    /// # Errors
    /// As [`KeptScenario::parse`], and when it names a measure that is not known.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeptError> {
        read(bytes, summary::SCHEMA_VERSION)
    }

    /// Whether it may be of `plan`: the same strategies, measures of all of them, leaders and trials that there are. What
    /// was written by a study is; what was edited may not be.
    #[must_use]
    pub fn fits(&self, plan: &Plan) -> bool {
        let names = || plan.strategies.iter().map(|strategy| &strategy.name);
        let measured = || measures::of_rollouts(plan.fleet.has_customers());
        let is_known = |name: &String| names().any(|known| known == name);
        let mut leaders = self.fastest.iter().chain(&self.safest);
        self.strategies.len() == plan.strategies.len()
            && self.strategies.iter().zip(names()).all(|(strategy, name)| strategy.name == *name)
            && self.strategies.iter().position(|one| one.is_baseline) == Some(plan.study.baseline)
            && self.strategies.iter().filter(|strategy| strategy.is_baseline).count() == 1
            && self.strategies.iter().all(|one| one.metrics.iter().map(|m| m.metric).eq(measured()))
            && self.strategies.iter().flat_map(|one| &one.notable).all(|one| one.trial < self.trials)
            && leaders.all(|one| is_known(&one.strategy) && one.not_clearly_worse.iter().all(is_known))
            && summary::HARMS.contains(&self.harm)
            && (self.plan_digest == plan.digest() && self.seed == plan.study.seed)
    }
}

impl PipelineSummary {
    /// Reads the JSON that a summary is kept as.
    ///
    /// # Errors
    /// As [`Summary::parse`].
    pub fn parse(bytes: &[u8]) -> Result<Self, KeptError> {
        read(bytes, pipeline_summary::SCHEMA_VERSION)
    }

    /// Whether it may be of `plan`, as [`Summary::fits`].
    #[must_use]
    pub fn fits(&self, plan: &Plan) -> bool {
        let Some(pipeline) = &plan.pipeline else { return false };
        let names = || plan.strategies.iter().map(|strategy| &strategy.name);
        let is_of_line = |one: &pipeline_summary::StrategyPipelines| {
            one.measures.iter().map(|estimated| estimated.measure).eq(pipeline.line.measures())
        };
        let count = plan.strategies.len();
        let has_all = |contest: &super::contest::Contest| {
            let races = [&contest.speed, &contest.harm];
            contest.names.iter().eq(names())
                && contest.baseline < count
                && contest.dominated.len() == count
                && races.iter().all(|race| race.standings.len() == count)
        };
        self.strategies.iter().map(|one| &one.name).eq(names())
            && self.strategies.iter().all(is_of_line)
            && self.others.iter().all(|other| other.beside.len() == count)
            && self.contest.as_ref().is_none_or(has_all)
            && self.contest.is_some() == (count > 1)
            && self.without.iter().all(|without| without.strategies.len() == count)
            && (self.plan == plan.digest() && self.seed == plan.study.seed)
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8], reads: u32) -> Result<T, KeptError> {
    let malformed = |error: serde_json::Error| KeptError::Malformed(error.to_string());
    let value: serde_json::Value = serde_json::from_slice(bytes).map_err(malformed)?;
    match value.get("schema_version").and_then(serde_json::Value::as_u64) {
        None => Err(KeptError::Malformed("it has no schema_version".to_owned())),
        Some(found) if found != u64::from(reads) => Err(KeptError::OtherLayout { found, reads }),
        Some(_) => serde_json::from_value(value)
            .map_err(|error| KeptError::Malformed(format!("{error} (layout {reads})"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Trials;
    use crate::report::{json, sample};
    use crate::study::difference::Difference;
    use crate::study::summary::summarise;
    use crate::study::verdict::MeasureChange;

    fn study() -> (Plan, Summary) {
        let (plan, outcomes) = sample::study(300);
        let summary = summarise(&plan, &outcomes);
        (plan, summary)
    }

    /// What is not clear between strategies is read as one thing.
    fn told_once(mut summary: Summary) -> Summary {
        let differences = |one: &mut crate::study::summary::MetricSummary| {
            let told = |difference: &mut Difference| match difference.verdict {
                MeasureChange::NoChange | MeasureChange::WithinTolerance | MeasureChange::Inconclusive => {
                    difference.verdict = MeasureChange::Inconclusive;
                }
                MeasureChange::Improved | MeasureChange::Regressed => {}
            };
            one.against_baseline.iter_mut().for_each(told);
        };
        summary.strategies.iter_mut().flat_map(|one| &mut one.metrics).for_each(differences);
        summary
    }

    #[test]
    fn a_summary_is_read_back_as_it_was() {
        let (plan, summary) = study();
        let bytes = json::pretty(&summary);
        let back = Summary::parse(&bytes).unwrap();
        assert!(back.fits(&plan));
        assert_eq!(json::pretty(&back), bytes);
        assert_eq!(back, told_once(summary));
    }

    #[test]
    fn another_layout_and_unknown_measures_are_told() {
        let (_, summary) = study();
        let text = String::from_utf8(json::pretty(&summary)).unwrap();
        let reads = summary::SCHEMA_VERSION;
        let layout = |number: u32| format!("\"schema_version\": {number}");
        let other = text.replacen(&layout(reads), &layout(2), 1);
        let refused = |text: &str| Summary::parse(text.as_bytes()).unwrap_err();
        assert_eq!(refused(&other), KeptError::OtherLayout { found: 2, reads });
        let unknown = text.replacen("\"time_to_50_ms\"", "\"time_to_51_ms\"", 1);
        assert_eq!(
            refused(&unknown),
            KeptError::Malformed(format!("there is no measure `time_to_51_ms` (layout {reads})"))
        );
        assert!(matches!(refused("[]"), KeptError::Malformed(_)));
        assert!(matches!(refused(&text[..900]), KeptError::Malformed(_)));
    }

    #[test]
    fn edited_results_do_not_fit() {
        let (plan, summary) = study();
        let fits = |edit: fn(&mut Summary)| {
            let mut edited = summary.clone();
            edit(&mut edited);
            edited.fits(&plan)
        };
        assert!(fits(|_| {}));
        assert!(!fits(|s| s.strategies.swap(0, 1)));
        assert!(!fits(|s| drop(s.strategies.pop())));
        assert!(!fits(|s| drop(s.strategies[2].metrics.pop())));
        assert!(!fits(|s| s.strategies[2].metrics.swap(0, 1)));
        assert!(!fits(|s| s.strategies[0].is_baseline = true));
        assert!(!fits(|s| s.strategies[4].notable[0].trial = s.trials));
        assert!(!fits(|s| s.fastest.as_mut().unwrap().strategy = "nobody".into()));
        assert!(!fits(|s| s.harm = &measures::ESCAPED));
        assert!(!fits(|s| s.seed += 1));
    }

    #[test]
    fn what_was_asked_is_kept() {
        let (plan, _) = study();
        let asked = Restriction {
            strategies: vec!["amazon-five-waves".into()],
            trials: Some(Trials::Auto),
            seed: Some(u64::MAX),
            precision: crate::plan::Precision::usual(),
            ..Restriction::default()
        };
        let files = vec![File { path: "a.toml".into(), text: "x = 1\n".into() }];
        let kept = KeptScenario::of(&plan, "a.toml".into(), asked, files);
        let back = KeptScenario::parse(&json::pretty(&kept)).unwrap();
        assert_eq!(back, kept);
        let plain = KeptScenario { asked: Restriction::default(), ..kept };
        let text = String::from_utf8(json::pretty(&plain)).unwrap();
        assert!(text.contains("\"asked\": {},") && !text.contains("subject"), "{text}");
    }
}
