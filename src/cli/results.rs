//! A folder of results, read back: what was written there by a study, held against this program and the plan that its texts
//! lead to. Nothing is simulated here.

use super::error::CliError;
use crate::lints;
use crate::outcome::measures::Subject;
use crate::outlet::shell_word;
use crate::plan::{Claims, Plan};
use crate::report::command::GivenScenario;
use crate::scenario::{self, Problems};
use crate::study::Summary;
use crate::study::kept::{KeptError, KeptScenario};
use crate::study::pipeline_summary::PipelineSummary;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// Bytes of the largest file of results that is read.
const MAX_BYTES: u64 = 256 << 20;

/// Names of files that results are read from, by what trials are of.
pub struct ResultNames {
    /// The scenario and what was asked of it.
    pub scenario: &'static str,
    /// The numbers.
    pub summary: &'static str,
}

impl ResultNames {
    /// Those of a subject.
    #[must_use]
    pub fn of(subject: Subject) -> Self {
        match subject {
            Subject::Rollout => Self { scenario: "scenario.json", summary: "summary.json" },
            Subject::Pipeline | Subject::Lane => {
                Self { scenario: "pipeline-scenario.json", summary: "pipeline.json" }
            }
        }
    }
}

/// A folder that `run` or `pipeline` wrote.
pub struct Results {
    dir: PathBuf,
    /// The scenario and what was asked of it.
    pub kept: KeptScenario,
    /// The plan that was simulated.
    pub plan: Plan,
    /// What the scenario is to show.
    pub claims: Option<Claims>,
    /// What `check` says of it.
    pub problems: Problems,
}

impl Results {
    /// Reads the scenario of a folder and resolves it. Of a folder with results of both, those of rollouts, unless
    /// `pipeline` asks for the others.
    ///
    /// # Errors
    /// When there is none, or it is not one that this program wrote or reads.
    pub fn open(dir: &Path, pipeline: bool) -> Result<Self, CliError> {
        let has = |subject| dir.join(ResultNames::of(subject).scenario).exists();
        let subject = if pipeline || !has(Subject::Rollout) && has(Subject::Pipeline) {
            Subject::Pipeline
        } else {
            Subject::Rollout
        };
        let path = dir.join(ResultNames::of(subject).scenario);
        let kept = KeptScenario::parse(&read(&path).map_err(|error| missing(dir, &path, &error))?)
            .map_err(|error| unreadable(&path, &error, None))?;
        let again = again(&kept, dir);
        if kept.model_version != crate::MODEL_VERSION {
            let message = format!(
                "{} has numbers of model {}, and this wavetank simulates model {}: they do not go together on one page",
                dir.display(),
                kept.model_version,
                crate::MODEL_VERSION
            );
            return Err(CliError::invalid(message).hint(format!("simulate anew: {again}")));
        }
        let texts = kept.texts();
        let (root, _) = texts.first().ok_or_else(|| {
            CliError::invalid(format!("{} holds no scenario", path.display()))
                .hint(format!("write it anew: {again}"))
        })?;
        let mut loaded = lints::look_ahead(scenario::load_texts(root, &texts));
        let claims = loaded.claims.take();
        let plan = loaded.plan.and_then(|plan| plan.restrict(&kept.asked).ok());
        let plan = plan.filter(|plan| plan.digest() == kept.plan_digest).ok_or_else(|| {
            let message = format!(
                "{} does not lead to the plan {} that was simulated",
                path.display(),
                kept.plan_digest
            );
            CliError::invalid(message)
                .hint("it was edited, or the scenario language has changed since")
                .hint(format!("simulate anew: {again}"))
        })?;
        Ok(Self { dir: dir.to_owned(), kept, plan, claims, problems: loaded.problems })
    }

    /// The scenario as the user named it.
    #[must_use]
    pub fn file(&self) -> GivenScenario<'_> {
        let own = self.kept.asked.estimator.is_none().then(|| self.plan.study.estimator.name());
        GivenScenario { file: &self.kept.file, estimator: own, allow_outside: self.kept.allow_outside }
    }

    /// The numbers of rollouts.
    ///
    /// # Errors
    /// When they cannot be read, or are not of the plan.
    pub fn summary(&self) -> Result<Summary, CliError> {
        self.numbers(Summary::parse, Summary::fits)
    }

    /// The numbers of a pipeline.
    ///
    /// # Errors
    /// As [`Results::summary`].
    pub fn pipeline_summary(&self) -> Result<PipelineSummary, CliError> {
        self.numbers(PipelineSummary::parse, PipelineSummary::fits)
    }

    fn numbers<T>(
        &self,
        parse: fn(&[u8]) -> Result<T, KeptError>,
        fits: fn(&T, &Plan) -> bool,
    ) -> Result<T, CliError> {
        let path = self.dir.join(ResultNames::of(self.kept.subject).summary);
        let again = again(&self.kept, &self.dir);
        let bytes = read(&path).map_err(|error| missing(&self.dir, &path, &error))?;
        let numbers = parse(&bytes).map_err(|error| unreadable(&path, &error, Some(&again)))?;
        if fits(&numbers, &self.plan) {
            return Ok(numbers);
        }
        Err(CliError::invalid(format!("{} is not of the scenario beside it", path.display()))
            .hint("it was edited, or comes from another run")
            .hint(format!("simulate anew: {again}")))
    }
}

/// The command that writes the folder again.
fn again(kept: &KeptScenario, dir: &Path) -> String {
    let file = GivenScenario { file: &kept.file, estimator: None, allow_outside: kept.allow_outside };
    let command = match kept.subject {
        Subject::Rollout => file.run(&kept.asked),
        Subject::Pipeline | Subject::Lane => file.pipeline(&kept.asked, kept.pipeline_trials),
    };
    format!("{command} --output {}", shell_word(&dir.to_string_lossy()))
}

/// The bytes of an ordinary file.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    if !path.metadata()?.is_file() {
        return Err(io::Error::other("it is no ordinary file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::other(format!("it has more than {} MB", MAX_BYTES >> 20)));
    }
    Ok(bytes)
}

fn missing(dir: &Path, path: &Path, error: &io::Error) -> CliError {
    CliError::at_path("read", path, error)
        .hint("name a folder that `wavetank run` or `wavetank pipeline --output DIR` has written")
        .hint(format!(
            "one of an older version: run it again, `wavetank run FILE --output {}`",
            shell_word(&dir.to_string_lossy())
        ))
}

fn unreadable(path: &Path, error: &KeptError, again: Option<&str>) -> CliError {
    let again = again.map_or_else(
        || "run the scenario again with this version".to_owned(),
        |command| format!("write it anew: {command}"),
    );
    match error {
        KeptError::Malformed(reason) => {
            CliError::invalid(format!("{} cannot be read: {reason}", path.display())).hint(again)
        }
        KeptError::OtherLayout { found, reads } => CliError::invalid(format!(
            "{} has layout {found}, and this wavetank reads layout {reads}",
            path.display()
        ))
        .hint(again),
    }
}
