//! Trials that are kept whole and simulated as they are asked for, of rollouts and of pipelines alike: what a comparison,
//! a baseline and a study in rounds are made of. Estimates are made elsewhere.

use super::precision;
use super::progress::{Progress, Stopped};
use super::trials::Kept;
use crate::plan::Plan;

/// What simulates the trials of one plan. What a trial is does not depend on how many rounds it took to get there.
pub(super) trait Experiment {
    /// The trials so far.
    type Trials: Kept;

    /// The plan whose strategies are simulated.
    fn plan(&self) -> &Plan;

    /// No trials yet.
    fn none(&self) -> Self::Trials;

    /// Adds trials to the rows of some `strategies` until they have `until`.
    ///
    /// # Errors
    /// When `progress` cancels it, after the trial that each worker is in.
    fn extend(
        &self,
        trials: &mut Self::Trials,
        strategies: &[usize],
        until: u64,
        progress: &dyn Progress,
    ) -> Result<(), Stopped>;
}

/// When enough trials are enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rounds {
    /// After the first round.
    One,
    /// When the precision that the plan asks for is reached.
    UntilPrecise,
}

/// Simulates `first` trials of every strategy, and more in rounds if they are to be precise. Of all that is planned this
/// is one of `shares` equal ones.
///
/// # Errors
/// When `progress` cancels it.
pub(super) fn simulate<E: Experiment>(
    experiment: &E,
    first: u64,
    rounds: Rounds,
    shares: u64,
    progress: &dyn Progress,
) -> Result<E::Trials, Stopped> {
    let plan = experiment.plan();
    let every: Vec<usize> = (0..plan.strategies.len()).collect();
    let mut trials = experiment.none();
    let mut until = first;
    loop {
        progress.planned(shares * until * every.len() as u64);
        experiment.extend(&mut trials, &every, until, progress)?;
        let more = match rounds {
            Rounds::One => None,
            Rounds::UntilPrecise => precision::next_round(plan, &trials),
        };
        match more {
            Some(more) => until = more,
            None => return Ok(trials),
        }
    }
}
