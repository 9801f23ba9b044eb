//! The flat facts of one pipeline over a trial. Filled by `trial`, read by everything after it.
//!
//! Only what happened after the warm-up counts: changes merged and deployments begun since then, and the
//! part of every stay that lies after it. Instants are milliseconds since the pipeline's start. No
//! estimates and no intervals here: those need more than one trial.

use super::Outcome;
use crate::ids::DefectId;
use crate::stats::sum;
use serde::{Deserialize, Serialize};

/// Where lead time goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// From ready for review until merged.
    Review,
    /// Compilation and unit tests.
    Build,
    /// Tests before production.
    Test,
    /// People who look before it goes on.
    Approval,
    /// Deployment, in production or before.
    Deploy,
    /// Watching.
    Bake,
    /// Behind other revisions.
    Queue,
    /// For a window to open, or people's hours to come.
    Window,
    /// Behind a rejection: until the revert, in a stage that cannot pass on, after a flaky run.
    Blocked,
}

/// Every part, in the order of [`Parts`].
pub const PARTS: [Part; 9] = [
    Part::Review,
    Part::Build,
    Part::Test,
    Part::Approval,
    Part::Deploy,
    Part::Bake,
    Part::Queue,
    Part::Window,
    Part::Blocked,
];

impl Part {
    /// Its name, for people and for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Review => "review",
            Self::Build => "build",
            Self::Test => "test",
            Self::Approval => "approval",
            Self::Deploy => "deploy",
            Self::Bake => "bake",
            Self::Queue => "queue",
            Self::Window => "window",
            Self::Blocked => "blocked",
        }
    }
}

/// Milliseconds by [`Part`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Parts([u64; PARTS.len()]);

impl Parts {
    /// Time spent on one part.
    #[must_use]
    pub fn of(&self, part: Part) -> u64 {
        self.0[part as usize]
    }

    /// Adds to one part.
    pub fn add(&mut self, part: Part, ms: u64) {
        self.0[part as usize] += ms;
    }

    /// Adds what `later` has more than `earlier`, a state of the same account before.
    pub fn add_since(&mut self, later: &Self, earlier: &Self) {
        for (own, (later, earlier)) in self.0.iter_mut().zip(later.0.iter().zip(&earlier.0)) {
            *own += later - earlier;
        }
    }

    /// All of them together: the lead time, if the change was delivered.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}

/// What became of one change that was merged after the warm-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangeOutcome {
    /// Its place among the source's merges.
    pub key: u64,
    /// It was merged.
    pub merged_ms: u64,
    /// The first rollout that had it began.
    pub entered_ms: Option<u64>,
    /// The first rollout that had it reached the last wave's end (without waves: left the last stage).
    pub delivered_ms: Option<u64>,
    /// Class of the defect that it carried when it was merged.
    pub defect: Option<DefectId>,
    /// How often it was reverted, rightly or not.
    pub reverts: u32,
    /// It was an emergency.
    pub urgent: bool,
    /// Where the time from ready for review went, until it was delivered or the trial ended.
    pub parts: Parts,
}

/// What became of a change in two halves whose first one was merged after the warm-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TwoPhaseOutcome {
    /// Place of its first half among the source's merges.
    pub key: u64,
    /// Its second half was merged.
    pub activation_merged_ms: Option<u64>,
    /// Its second half was delivered.
    pub delivered_ms: Option<u64>,
    /// From the first half's being ready for review until then, or until the trial ended, milliseconds.
    pub lead_ms: u64,
    /// The second half went to production while the first one was not everywhere.
    pub unprepared: bool,
}

/// Stays in one stage, in the queue before production, or in one wave.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct StageOutcome {
    /// Revisions that came in after the warm-up.
    pub entered: u64,
    /// Integral over time of the revisions there, waiting or inside.
    pub area_ms: u64,
    /// Sum over revisions of the time they were there; equals `area_ms` (Little's law).
    pub stays_ms: u64,
    /// Integral over time of the revisions that waited outside.
    pub waiting_area_ms: u64,
    /// Time with at least one revision inside, working or held up.
    pub occupied_ms: u64,
    /// Time with n revisions there, n = 0 to 14; the last entry has 15 or more.
    pub time_at_ms: [u64; 16],
    /// Runs that ended in a rejection.
    pub rejections: u64,
    /// People's time: of a stage, whom its runs kept busy while they worked; of a wave, who sat by while it deployed and baked.
    #[serde(skip_serializing_if = "is_none_spent")]
    pub person_ms: f64,
}

/// Left out of the fingerprint of outcomes, which is older, where nobody is kept busy.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_none_spent(person_ms: &f64) -> bool {
    *person_ms == 0.0
}

/// A defect that production saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Incident {
    /// The first host had it.
    pub began_ms: u64,
    /// An alarm stopped the rollout.
    pub detected_ms: u64,
    /// The last rollback ended.
    pub restored_ms: u64,
}

/// What rollouts did to customers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Harm {
    /// Integral of impaired hosts over time, milliseconds.
    pub impaired_host_ms: u64,
    /// Expected requests that failed.
    pub failed_requests: f64,
    /// Rollouts in which two regions were impaired at once, or two zones of one region.
    pub isolation_violations: u64,
}

impl Harm {
    /// None at all.
    pub const NONE: Self = Self { impaired_host_ms: 0, failed_requests: 0.0, isolation_violations: 0 };

    /// Adds that of one rollout.
    pub fn add(&mut self, outcome: &Outcome) {
        self.impaired_host_ms += outcome.impaired_host_ms;
        self.failed_requests += outcome.failed_requests;
        self.isolation_violations += u64::from(outcome.two_regions_impaired || outcome.two_zones_impaired);
    }

    /// Adds that of others.
    pub fn add_all(&mut self, other: &Self) {
        self.impaired_host_ms += other.impaired_host_ms;
        self.failed_requests += other.failed_requests;
        self.isolation_violations += other.isolation_violations;
    }
}

/// Rollouts that an emergency rode with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Emergencies {
    /// Begun.
    pub deployments: u64,
    /// Taken back.
    pub rollbacks: u64,
    /// Integral of impaired hosts over time, milliseconds.
    pub impaired_host_ms: u64,
}

/// What happened in one trial.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct PipelineOutcome {
    /// End of the warm-up: counting begins.
    pub from_ms: u64,
    /// End of the trial.
    pub to_ms: u64,
    /// Events that were handled, warm-up included: what the run cost.
    pub events: u64,
    /// Changes merged after the warm-up; reverts and merges of the same change again do not count.
    pub changes: Vec<ChangeOutcome>,
    /// Changes in two halves, whose halves are among `changes` as well.
    pub two_phase: Vec<TwoPhaseOutcome>,
    /// One entry a stage, in order.
    pub stages: Vec<StageOutcome>,
    /// The queue before the first wave.
    pub entry: StageOutcome,
    /// One entry a wave, in order.
    pub waves: Vec<StageOutcome>,
    /// Integral over time of changes merged and not delivered.
    pub line_area_ms: u64,
    /// Sum over changes of the time between; equals `line_area_ms`.
    pub line_stays_ms: u64,
    /// Revisions that left the line at its end after the warm-up: through production if it has waves.
    pub completed: u64,
    /// Rollouts begun.
    pub deployments: u64,
    /// Changes that these carried and no earlier completed rollout had.
    pub deployed_changes: u64,
    /// Changes delivered. The fingerprint of outcomes is older, and has when each was.
    #[serde(skip)]
    pub delivered_changes: u64,
    /// Rollouts that a newer revision took the place of.
    pub overtaken: u64,
    /// Rollouts taken back that carried a defect.
    pub needed_rollbacks: u64,
    /// Rollouts taken back that carried none.
    pub needless_rollbacks: u64,
    /// Rollouts taken back because of a defect that another pipeline brought to the same regions; part of the
    /// two above.
    pub collateral_rollbacks: u64,
    /// Reverts merged, and those that hit an innocent change.
    pub reverts: u64,
    /// Part of `reverts` that hit an innocent change or nothing at all.
    pub vain_reverts: u64,
    /// People's time for what stages and production found: for each finding what the plan says that it takes.
    #[serde(skip_serializing_if = "is_none_spent")]
    pub rejections_person_ms: f64,
    /// Harm of the rollouts begun, as far as they are over.
    pub harm: Harm,
    /// The part of the rollouts, rollbacks and harm above that an emergency rode with.
    pub emergencies: Emergencies,
    /// Time in which the error budget was spent.
    pub budget_spent_ms: u64,
    /// Defects that production saw, by detection.
    pub incidents: Vec<Incident>,
    /// Integral over time of the age of the oldest version that hosts may have, in ms x hours: from the
    /// merge of the newest revision that every host has had.
    pub age_area: f64,
    /// The highest such age, milliseconds.
    pub oldest_age_ms: u64,
}

impl PipelineOutcome {
    /// Share of rollouts that were taken back; none without rollouts. DORA's change fail rate.
    #[must_use]
    pub fn change_fail_rate(&self) -> Option<f64> {
        let failed = self.needed_rollbacks + self.needless_rollbacks;
        (self.deployments > 0).then(|| failed as f64 / self.deployments as f64)
    }

    /// Changes a rollout; none without rollouts.
    #[must_use]
    pub fn changes_per_deployment(&self) -> Option<f64> {
        (self.deployments > 0).then(|| self.deployed_changes as f64 / self.deployments as f64)
    }

    /// People's time in all: in stages, beside waves, and for what was found.
    #[must_use]
    pub fn person_ms(&self) -> f64 {
        let places = self.stages.iter().chain(&self.waves).map(|place| place.person_ms);
        sum(places.chain([self.rejections_person_ms]))
    }

    /// Length of what was counted, milliseconds.
    #[must_use]
    pub fn counted_ms(&self) -> u64 {
        self.to_ms - self.from_ms
    }
}
