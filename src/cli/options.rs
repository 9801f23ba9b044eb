//! Options that several commands share. Nothing is done here.

use super::numbers;
use crate::plan::{Estimator, Restriction};
use clap::ValueEnum;

/// Text for people or JSON for programs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// How trials are drawn: see docs/statistics.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EstimatorName {
    /// Good changes and each defect get trials of their own, weighed by their probability
    ByDefect,
    /// Late defects are also split by how late they show, for very rare harm
    ByDefectAndLatency,
    /// As chance would have it
    Plain,
}

impl From<EstimatorName> for Estimator {
    fn from(name: EstimatorName) -> Self {
        match name {
            EstimatorName::ByDefect => Self::ByDefect,
            EstimatorName::ByDefectAndLatency => Self::ByDefectAndLatency,
            EstimatorName::Plain => Self::Plain,
        }
    }
}

/// How trials are drawn, for every command that simulates studies.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Draw {
    /// Draw from this seed: a number, hex, or the commit being deployed [default: the scenario's]
    #[arg(long, allow_hyphen_values = true, value_parser = numbers::seed)]
    pub seed: Option<u64>,
    /// Draw trials this way [default: the scenario's]
    #[arg(long, value_enum)]
    pub estimator: Option<EstimatorName>,
    /// Take at most this many rollouts of each strategy [default: the scenario's]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = numbers::trials)]
    pub max_trials: Option<u64>,
    /// Use this many threads; changes no result [default: one a core]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = numbers::threads)]
    pub threads: Option<usize>,
}

impl Draw {
    /// As a restriction of a plan.
    #[must_use]
    pub fn restriction(&self) -> Restriction {
        Restriction {
            seed: self.seed,
            estimator: self.estimator.map(Estimator::from),
            max_trials: self.max_trials,
            ..Restriction::default()
        }
    }
}

/// When to plot speed against harm.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum PlotWhen {
    /// On a terminal that is wide enough
    #[default]
    Auto,
    /// Even into a pipe
    Always,
    /// Tables only
    Never,
}

impl PlotWhen {
    /// Columns from which on a plot reads well.
    const WIDE_ENOUGH: usize = 60;

    /// Whether to plot on this output.
    #[must_use]
    pub fn plots(self, is_terminal: bool, width: usize) -> bool {
        match self {
            Self::Auto => is_terminal && width >= Self::WIDE_ENOUGH,
            Self::Always => true,
            Self::Never => false,
        }
    }
}

/// From which severity on the command fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Errors only
    #[default]
    Error,
    /// Warnings too: exit code 3
    Warning,
}
