//! The way in to studies of rollouts: what to simulate, and then its summary. Decides nothing that a plan can say.

use super::gather::{NoRows, RowSink, gather, gather_watched};
use super::looks::{LookPace, Looks};
use super::outcomes::Outcomes;
use super::progress::{Progress, Stopped};
use super::rollouts::{self, Evaluations};
use super::summary::Summary;
use crate::outcome::Outcome;
use crate::plan::{Plan, Restriction, RestrictionError, Trials};
use std::fmt;
use std::io;

/// A study of a plan: every strategy on the same trials, as many as the plan says or as its precision takes.
///
/// ```
/// # let text = "[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 9\n[change]\ndeploy-time = \"5m\"\n\
/// #             [[strategy]]\nname = \"all\"\nwave = [{ regions = \"all\" }]";
/// use wavetank::study::{Nobody, Study};
///
/// let plan = wavetank::Plan::parse("demo", text)?;
/// let summary = Study::new(&plan).strategies(["all"]).trials(100).seed(7).run(&Nobody)?;
/// assert_eq!(summary.strategies[0].endings.completed, 100);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// It runs in the rayon pool it is called in, on one thread too, and gives the same bytes whichever that is.
#[derive(Debug, Clone)]
pub struct Study<'p> {
    plan: &'p Plan,
    restriction: Restriction,
    evaluations: Evaluations,
}

impl<'p> Study<'p> {
    /// The study as the plan describes it.
    #[must_use]
    pub fn new(plan: &'p Plan) -> Self {
        Self { plan, restriction: Restriction::default(), evaluations: Evaluations::default() }
    }

    /// Only the strategies with these names, in this order.
    #[must_use]
    pub fn strategies<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.restriction.strategies = names.into_iter().map(Into::into).collect();
        self
    }

    /// Compares the others with the strategy of this name.
    #[must_use]
    pub fn baseline(mut self, name: impl Into<String>) -> Self {
        self.restriction.baseline = Some(name.into());
        self
    }

    /// So many trials of each strategy, whatever precision the plan asks for.
    #[must_use]
    pub fn trials(mut self, trials: u64) -> Self {
        self.restriction.trials = Some(Trials::Exactly(trials));
        self
    }

    /// Draws from this seed instead of the plan's.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.restriction.seed = Some(seed);
        self
    }

    /// Visits these evaluations of alarms: changes how long it takes and no result.
    #[must_use]
    pub fn evaluations(mut self, evaluations: Evaluations) -> Self {
        self.evaluations = evaluations;
        self
    }

    /// Simulates the study: measures with intervals, differences from the baseline, limits, notable trials.
    ///
    /// # Errors
    /// When the plan has no such part, or `progress` cancels it.
    pub fn run(&self, progress: &dyn Progress) -> Result<Summary, StudyError> {
        self.run_with_rows(NoRows::none(), progress)
    }

    /// As [`Study::run`], and hands every outcome on while it runs, so that rows of any number need no memory.
    ///
    /// # Errors
    /// As [`Study::run`], and when `rows` cannot be taken.
    pub fn run_with_rows<R: Send>(
        &self,
        rows: RowSink<impl Fn(&[Outcome]) -> R + Sync, impl FnMut(usize, R) -> io::Result<()> + Send>,
        progress: &dyn Progress,
    ) -> Result<Summary, StudyError> {
        let plan = self.plan.restrict(&self.restriction)?;
        Ok(gather(&plan, self.evaluations, rows, progress)?.summarise(&plan))
    }

    /// As [`Study::run`], and tells a summary of the trials so far on the way: of a first look, and then of ever more of
    /// them. Each is the summary of the study of so many trials, under the plan's own digest; the last one, told with true,
    /// is that of [`Study::run`]. No trial is simulated twice. Which trials are looked at depends on the plan alone.
    ///
    /// # Errors
    /// As [`Study::run`].
    pub fn run_with_looks(
        &self,
        pace: LookPace,
        tell: impl FnMut(Summary, bool) + Send,
        progress: &dyn Progress,
    ) -> Result<(), StudyError> {
        let plan = self.plan.restrict(&self.restriction)?;
        let mut looks = Looks::new(&plan, pace, tell, progress);
        gather_watched(&plan, self.evaluations, NoRows::none(), progress, &mut looks)?;
        Ok(())
    }

    /// Simulates the study and keeps every outcome instead, which takes memory by the trial.
    ///
    /// # Errors
    /// As [`Study::run`].
    pub fn outcomes(&self, progress: &dyn Progress) -> Result<Outcomes, StudyError> {
        Ok(rollouts::run(&self.plan.restrict(&self.restriction)?, progress)?)
    }
}

/// Why a study has no result.
#[derive(Debug)]
pub enum StudyError {
    /// The plan has no such part.
    Restriction(RestrictionError),
    /// It was ended.
    Stopped(Stopped),
}

impl From<RestrictionError> for StudyError {
    fn from(error: RestrictionError) -> Self {
        Self::Restriction(error)
    }
}

impl From<Stopped> for StudyError {
    fn from(stopped: Stopped) -> Self {
        Self::Stopped(stopped)
    }
}

impl fmt::Display for StudyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Restriction(error) => error.fmt(f),
            Self::Stopped(stopped) => stopped.fmt(f),
        }
    }
}

impl std::error::Error for StudyError {}
