//! One pipeline over weeks: where changes come from, the stages they pass, and what follows a rejection.
//!
//! Everything is resolved: calendars are intervals in milliseconds since the pipeline's start, rates are
//! steps on that axis. Nothing here may draw, simulate or know a time zone. Invariants are those that
//! [`Line::faults`] lists; the simulator relies on them.

pub mod calendar;
pub mod component;
pub mod policy;
pub mod rehearsal;
pub mod source;
pub mod stage;
pub mod two_phase;
pub mod windows;

pub use calendar::{Calendar, Holds, Window};
pub use component::Component;
pub use policy::{Emergency, ErrorBudget};
pub use rehearsal::Rehearsal;
pub use source::{ChangeSource, DefectClass, Merges, RateStep};
pub use stage::{Flaky, Mode, OnFlaky, Stage, StagePhase};
pub use two_phase::{BakesFrom, TwoPhase};
pub use windows::{WaveCalendar, WaveHolds};

use super::Strategy;
use crate::random::Distribution;
use serde::Serialize;

/// Most stages and waves of a pipeline: a stage's number has eight bits of a stream's key.
pub const MOST_STAGES: usize = 255;

/// A pipeline over weeks, and how its study goes. Production is any strategy of the plan.
#[derive(Debug, Clone, Serialize)]
pub struct Pipeline {
    /// What changes pass on their way; the windows of waves and regions are filled in for a strategy by
    /// [`Pipeline::with_waves`]. The fingerprint of a plan knows it by its first name.
    #[serde(rename = "pipeline")]
    pub line: Line,
    /// What must be open for a wave to begin.
    pub wave_calendar: WaveCalendar,
    /// What of a wave must be done before that closes.
    pub wave_holds: WaveHolds,
    /// What each wave deploys, in order; empty: only what the strategy under study deploys.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<Component>,
    /// First day, for reports; its midnight UTC is instant 0.
    pub start: String,
    /// Trials simulated for each strategy.
    pub trials: u64,
    /// Other pipelines on the same fleet, in order: plans with a pipeline of the same length and one strategy, which is
    /// their production.
    pub others: Vec<super::Plan>,
    /// A wave begins only where no other pipeline deploys, bakes or is taken back.
    pub exclusive_regions: bool,
    /// An alarm that sees a defect also stops other pipelines' rollouts where the defect is.
    pub shared_alarms: bool,
}

impl Pipeline {
    /// What deploys each component, in order, with `studied` as the strategy under study.
    #[must_use]
    pub fn deployed_by<'a>(&'a self, studied: &'a Strategy) -> Vec<&'a Strategy> {
        if self.components.is_empty() {
            return vec![studied];
        }
        self.components.iter().map(|component| component.strategy.as_ref().unwrap_or(studied)).collect()
    }

    /// The component that has a class of defect; 0 without components.
    #[must_use]
    pub fn owner(&self, class: usize) -> usize {
        let claims = self.components.iter().position(|component| component.defects.contains(&class));
        let studied = || self.components.iter().position(|component| component.strategy.is_none());
        claims.or_else(studied).unwrap_or(0)
    }

    /// The same where every revision passes these stages by.
    #[must_use]
    pub fn without(&self, stages: &[usize]) -> Self {
        let mut pipeline = self.clone();
        stages.iter().for_each(|stage| pipeline.line.stages[*stage].passed_by = true);
        pipeline
    }
}

/// What changes pass from merge to the last wave, and the rules on the way.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// Merges, and what they may carry.
    pub source: ChangeSource,
    /// Stages before production, in order; at least one.
    pub stages: Vec<Stage>,
    /// Calendars that stages and waves refer to by index.
    pub calendars: Vec<Calendar>,
    /// Window of each wave; as many entries as production has waves.
    pub wave_windows: Vec<Option<usize>>,
    /// Window of each region of the fleet, beside that of its wave; empty if regions have none.
    pub region_windows: Vec<usize>,
    /// What a revision does that reaches production while another one is there.
    pub entry: EntryPolicy,
    /// Changes in two halves, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub two_phase: Option<TwoPhase>,
    /// What follows when a stage or production rejects a revision.
    pub after_rejection: AfterRejection,
    /// A lane for changes that cannot wait.
    pub emergency: Option<Emergency>,
    /// What stops ordinary changes when too much went wrong.
    pub error_budget: Option<ErrorBudget>,
    /// Length of a trial, milliseconds, warm-up included.
    pub length_ms: u64,
    /// Nothing is counted before this instant; below `length_ms`.
    pub warm_up_ms: u64,
}

/// What a revision does that reaches production while another one is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryPolicy {
    /// It waits its turn for the first wave, behind those that wait already.
    Queued,
    /// It waits for the first wave and takes the place of whatever waits there.
    Superseded,
    /// It stops the newest rollout where it is and begins at the first wave in its place. The hosts
    /// that have the older revision keep it until the newer one arrives there.
    Restart,
}

/// What follows when a stage or production rejects a revision.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AfterRejection {
    /// The revision leaves the line; the next one carries what it had, the defect as well.
    Leave,
    /// The same revision begins again at the first stage.
    Restart {
        /// From the rejection (in production: from the end of the rollback) until then.
        after: Distribution,
    },
    /// The line is blocked until the change that was blamed is taken out.
    Revert(RepairPolicy),
}

/// How a team takes out what broke the pipeline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RepairPolicy {
    /// From a rejection until a revert or fix is merged.
    pub latency: Distribution,
    /// Probability that another change of the revision is blamed first; 0 to 1.
    pub misattribution: f64,
    /// From the merge of a revert that hit an innocent change until that change is merged again.
    pub again: Distribution,
    /// Whether a revision made by a revert passes by the stages that let fixes pass, and skips bakes.
    pub fast_track: bool,
}

impl Line {
    /// What is wrong with the pipeline, in words; empty if it may be simulated. `waves` is how many
    /// production has.
    #[must_use]
    pub fn faults(&self, waves: usize) -> Vec<String> {
        let mut faults = Vec::new();
        let mut check = |holds: bool, fault: &str| {
            if !holds {
                faults.push(fault.to_owned());
            }
        };
        check(!self.stages.is_empty(), "a pipeline has at least one stage");
        check(self.stages.len() + waves <= MOST_STAGES, "at most 255 stages and waves");
        check(self.wave_windows.len() == waves, "every wave says whether it has a window");
        check(self.warm_up_ms < self.length_ms, "the warm-up ends before the trial");
        let calendars = self.stages.iter().filter_map(|stage| stage.window.map(|w| w.calendar));
        let waves = self.wave_windows.iter().flatten().chain(&self.region_windows);
        let all = calendars.chain(waves.copied());
        check(all.into_iter().all(|index| index < self.calendars.len()), "every window has a calendar");
        let classes = self.source.defects.len();
        check(
            self.stages.iter().all(|stage| stage.catches.len() == classes),
            "every stage says how likely it catches each class of defect",
        );
        let sum: f64 = self.source.defects.iter().map(|defect| defect.probability).sum();
        check(sum <= 1.0 + 1e-12, "a change carries at most one defect");
        if let Some(two_phase) = &self.two_phase {
            check((0.0..=1.0).contains(&two_phase.share), "a share is from 0 to 1");
            check(two_phase.unprepared < classes, "what is not prepared is a class of defect");
        }
        if let AfterRejection::Revert(repair) = &self.after_rejection {
            check((0.0..=1.0).contains(&repair.misattribution), "a probability is from 0 to 1");
        }
        if let Some(emergency) = &self.emergency {
            check((0.0..=1.0).contains(&emergency.share), "a share is from 0 to 1");
        }
        check(self.error_budget.is_none_or(|budget| budget.window_ms > 0), "a budget has a window");
        faults
    }
}
