//! The plan itself, and the parts of it that hold plans: a stage may be a fleet of its own, and the other pipelines on a
//! fleet are plans. Plain data; what these parts can tell is in the files beside this one.

use super::alarm::Alarm;
use super::change::Change;
use super::fleet::Fleet;
use super::pipeline::calendar::{Calendar, WaveCalendar, WaveHolds, WaveStarts, Window};
use super::pipeline::component::Component;
use super::pipeline::policy::{Emergency, EntryPolicy, ErrorBudget, RolloutsAtOnce};
use super::pipeline::repair::AfterRejection;
use super::pipeline::source::ChangeSource;
use super::pipeline::stage::{Flaky, Mode, StagePhase};
use super::pipeline::two_phase::TwoPhase;
use super::strategy::Strategy;
use super::study::StudyPlan;
use crate::ids::{AlarmId, CalendarId, DefectId, IdVec, RegionId};
use crate::outcome::Notice;
use crate::random::Distribution;
use serde::Serialize;

/// Everything one study needs, checked and cross-referenced.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    /// The scenario's name: the file stem unless the file says otherwise.
    pub name: String,
    /// One sentence for reports; may be empty.
    pub description: String,
    /// Regions, zones, hosts and their traffic.
    pub fleet: Fleet,
    /// How often a change is bad, and how.
    pub change: Change,
    /// Every alarm of the scenario.
    pub alarms: IdVec<AlarmId, Alarm>,
    /// Strategies to compare, in report order.
    pub strategies: Vec<Strategy>,
    /// Trials, seed, baseline, thresholds, expectations.
    pub study: StudyPlan,
    /// One pipeline over weeks, if the scenario has one. Left out of the fingerprint of a plan without;
    /// the fingerprint knows it by its first name.
    #[serde(rename = "horizon", skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<Pipeline>,
}

impl Plan {
    /// Every strategy that something is rolled out by: those that are compared, and those of a pipeline's components.
    pub fn strategies_in_use(&self) -> impl Iterator<Item = &Strategy> {
        let components = self.pipeline.iter().flat_map(|pipeline| &pipeline.components);
        self.strategies.iter().chain(components.filter_map(|component| component.strategy.as_ref()))
    }

    /// What a rollout reacted to, by name: an alarm's own, or in brackets what it is.
    #[must_use]
    pub fn name_of(&self, notice: Notice) -> String {
        match notice {
            Notice::Alarm(alarm) => self.alarms[alarm].name.clone(),
            Notice::FailedHosts | Notice::Deadline | Notice::Gate { .. } => {
                format!("({})", notice.kind().unwrap_or_default())
            }
        }
    }

    /// The alarms that look, where `alarm` is what a strategy listens to: its parts if it is made of others, else itself.
    #[inline]
    #[must_use]
    pub fn parts_of<'p>(&'p self, alarm: &'p AlarmId) -> &'p [AlarmId] {
        self.alarms[*alarm].signal.parts().unwrap_or(std::slice::from_ref(alarm))
    }
}

/// A pipeline over weeks, and how its study goes. Production is any strategy of the plan.
#[derive(Debug, Clone, Serialize)]
pub struct Pipeline {
    /// What changes pass on their way; the windows of waves and regions are filled in for a strategy by
    /// [`Pipeline::with_waves`]. The fingerprint of a plan knows it by its first name.
    #[serde(rename = "pipeline")]
    pub line: Line,
    /// What must be open for a wave to begin that does not say so itself.
    pub wave_calendar: WaveCalendar,
    /// What of a wave must be done before that closes.
    pub wave_holds: WaveHolds,
    /// When waves behind the first begin.
    pub wave_starts: WaveStarts,
    /// What each wave deploys, in order; empty: only what the strategy under study deploys.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<Component>,
    /// First day, for reports; its midnight UTC is instant 0.
    pub start: String,
    /// Trials simulated for each strategy.
    pub trials: u64,
    /// Other pipelines on the same fleet, in the order of their names: plans with a pipeline of the same length and one strategy, which is
    /// their production.
    pub others: Vec<Plan>,
    /// A wave begins only where no other pipeline deploys, bakes or is taken back.
    pub exclusive_regions: bool,
    /// An alarm that sees a defect also stops other pipelines' rollouts where the defect is.
    pub shared_alarms: bool,
}

/// What changes pass from merge to the last wave, and the rules on the way.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// Merges, and what they may carry.
    pub source: ChangeSource,
    /// Stages before production, in order; at least one.
    pub stages: Vec<Stage>,
    /// Calendars of stages and waves.
    pub calendars: IdVec<CalendarId, Calendar>,
    /// Window of each wave; as many entries as production has waves.
    pub wave_windows: Vec<Option<CalendarId>>,
    /// By wave, the window of each region of the fleet, beside that of the wave; empty if the regions of a wave, or of any,
    /// have none.
    pub region_windows: Vec<IdVec<RegionId, CalendarId>>,
    /// When bakes in production go on, which rest while it is closed; none if they never rest.
    pub bake_window: Option<CalendarId>,
    /// What a revision does that reaches production while another one is there.
    pub entry: EntryPolicy,
    /// How many rollouts may be under way at once.
    pub rollouts: RolloutsAtOnce,
    /// Changes in two halves, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub two_phase: Option<TwoPhase>,
    /// What follows when a stage or production rejects a revision.
    pub after_rejection: AfterRejection,
    /// A lane for changes that cannot wait.
    pub emergency: Option<Emergency>,
    /// What stops ordinary changes when too much went wrong.
    pub error_budget: Option<ErrorBudget>,
    /// People who sit by while a wave deploys and bakes; 0 or more. It decides nothing but what is counted.
    #[serde(skip_serializing_if = "is_nobody")]
    pub watchers: f64,
    /// The hours of those who sit by a wave; none, or no entry: they stay all the time. Filled in with the waves.
    #[serde(skip)]
    pub watch_hours: Vec<Option<CalendarId>>,
    /// People's time that it takes to find and revert what was wrong, each time that something was found, milliseconds.
    #[serde(skip_serializing_if = "is_no_time")]
    pub rejection_work_ms: u64,
    /// Length of a trial, milliseconds, warm-up included.
    pub length_ms: u64,
    /// Nothing is counted before this instant; below `length_ms`.
    pub warm_up_ms: u64,
}

/// Left out of the fingerprint of a plan that does not count people's time.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_nobody(people: &f64) -> bool {
    *people == 0.0
}

/// As [`is_nobody`].
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_no_time(ms: &u64) -> bool {
    *ms == 0
}

/// A stage before production. It holds one revision at a time unless it is [`Mode::Parallel`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stage {
    /// What it is called.
    pub name: String,
    /// Which part of the lead time it counts as.
    pub phase: StagePhase,
    /// Time of one run; 0 with a rehearsal, which decides that.
    pub duration: Distribution,
    /// A fleet of its own that a revision is rolled out on.
    pub rehearsal: Option<Rehearsal>,
    /// Who is let in, and in which order.
    pub mode: Mode,
    /// Places to wait for it; none is any number. Without a place a revision stays in the stage
    /// before, and blocks it (blocking after service). The first stage has any number.
    pub room: Option<usize>,
    /// People whom a run keeps busy while it works; 0 or more. It decides nothing but what is counted.
    #[serde(skip_serializing_if = "is_nobody")]
    pub people: f64,
    /// Runs that fail for no reason.
    pub flaky: Flaky,
    /// Probability that the stage sees a defect, by class; 0 to 1. One draw for a defect and a stage:
    /// a suite that missed it once misses it in every later revision too.
    pub catches: IdVec<DefectId, f64>,
    /// Probability that a run rejects a revision in which it saw no defect; 0 to 1.
    pub false_alarm: f64,
    /// When it may run; none is always.
    pub window: Option<Window>,
    /// A run goes on until this calendar opens the next time; none: it is over with its work.
    pub until: Option<CalendarId>,
    /// A revision made by a fast-tracked revert passes it by.
    pub fixes_pass_by: bool,
    /// Every revision passes it by: what the pipeline would be without it. The draws of the others stay as they
    /// are. No scenario says so, and no digest counts it.
    #[serde(skip)]
    pub passed_by: bool,
    /// A revision with an emergency passes it by.
    pub emergencies_pass_by: bool,
}

impl Stage {
    /// A stage that takes `duration` and sees nothing: one revision at a time, any number wait.
    #[must_use]
    pub fn plain(name: &str, phase: StagePhase, duration: Distribution) -> Self {
        Self {
            name: name.to_owned(),
            phase,
            duration,
            rehearsal: None,
            mode: Mode::Queued,
            room: None,
            people: 0.0,
            flaky: Flaky::NEVER,
            catches: IdVec::default(),
            false_alarm: 0.0,
            window: None,
            until: None,
            fixes_pass_by: false,
            passed_by: false,
            emergencies_pass_by: false,
        }
    }
}

/// Production in small: a revision is rolled out on another fleet, with its own traffic and alarms, before the real one.
#[derive(Debug, Clone, Serialize)]
pub struct Rehearsal {
    /// The scenario of that fleet.
    pub plan: Box<Plan>,
    /// Index of the strategy there.
    pub strategy: usize,
    /// What each class of defect is in that plan's catalogue; none: it does not show there.
    pub classes: IdVec<DefectId, Option<DefectId>>,
}

/// By the plan's fingerprint: equal plans make equal rollouts.
impl PartialEq for Rehearsal {
    fn eq(&self, other: &Self) -> bool {
        let own = (self.strategy, &self.classes, self.plan.digest());
        own == (other.strategy, &other.classes, other.plan.digest())
    }
}
