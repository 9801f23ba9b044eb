//! The whole scenario as written, its pipeline and the pipeline's stages. They are one file because they are one circle: a
//! stage may be a scenario of its own.

use super::alarm::AlarmSpec;
use super::allow::AllowSpec;
use super::change::ChangeSpec;
use super::claim::{ClaimSpec, VariantSpec};
use super::component::ComponentSpec;
use super::defect::DefectSpec;
use super::expect::ExpectSpec;
use super::fleet::FleetSpec;
use super::pipeline::{AfterRejectionSpec, CalendarSpec, SeesSpec, SourceSpec};
use super::policy::{EmergencySpec, ErrorBudgetSpec};
use super::strategy::StrategySpec;
use super::study::{GuardSpec, StudySpec, ThresholdSpec};
use super::two_phase::TwoPhaseSpec;
use crate::plan::pipeline::{EntryPolicy, Holds, Mode, RolloutsAtOnce, StagePhase, WaveHolds, WaveStarts};
use crate::plan::study::MAX_PIPELINE_TRIALS;
use crate::scenario::reader::Written;
use crate::scenario::table::spec;
use crate::scenario::value::{
    Attached, DateText, DistributionText, Duration, Int, Name, Names, NonNegative, Percent, Text,
};

spec! {
    /// A wavetank scenario, or a part of one that others include.
    pub struct ScenarioSpec {
        /// Name for reports. Default: the file name without its ending. Not taken over from includes.
        own name: Name,
        /// One sentence for reports. Not taken over from includes.
        own description: Text,
        /// Files to read first, relative to this file. Their lists come before this file's; their
        /// single keys give way to this file's.
        own include: Vec<Written<Text>>,
        /// What to simulate: trials, seed, strategies to compare.
        overlaid study: StudySpec,
        /// The hosts and their traffic.
        overlaid fleet: FleetSpec,
        /// How often a change is bad and how long hosts take to move.
        overlaid change: ChangeSpec,
        /// The defects that a bad change may carry.
        listed defect: Vec<Written<DefectSpec>>,
        /// The alarms that strategies can listen to.
        listed alarm: Vec<Written<AlarmSpec>>,
        /// The strategies to compare.
        listed strategy: Vec<Written<StrategySpec>>,
        /// Limits that the run must hold.
        listed threshold: Vec<Written<ThresholdSpec>>,
        /// What must not get worse from one version of this scenario to the next.
        listed guard: Vec<Written<GuardSpec>>,
        /// What was published or promised, to be shown beside what is simulated.
        listed expect: Vec<Written<ExpectSpec>>,
        /// Warnings of `check` that are known and accepted.
        listed allow: Vec<Written<AllowSpec>>,
        /// This scenario with other values, or others to hold it against: what claims compare it with. Not taken over from
        /// includes.
        own variant: Vec<Written<VariantSpec>>,
        /// What this scenario is to show, in a sentence. Not taken over from includes.
        own claim: Vec<Written<ClaimSpec>>,
        /// One pipeline over weeks, with many changes in flight.
        overlaid pipeline: PipelineSpec,
    }

    /// One pipeline over weeks: where changes come from, what they pass before production, and what follows a
    /// rejection. Production is every strategy in turn.
    pub struct PipelineSpec {
        /// First day of the pipeline, which begins at midnight UTC. Default: "2026-03-02", a Monday.
        optional start: DateText,
        /// Length of a trial, warm-up included. Default: "90d".
        optional length: Duration,
        /// Nothing is counted before; shorter than `length`. Default: "14d".
        optional warm_up: Duration,
        /// Trials simulated for each strategy. Default: 20.
        optional trials: Int<2, MAX_PIPELINE_TRIALS>,
        /// What a revision does that reaches production while another one is there: "queued", "superseded" (the newest
        /// takes the place of what waits) or "restart". Default: "superseded".
        optional entry: EntryPolicy,
        /// How many revisions are in production at once: "overlapping", where the next one follows from wave to wave, on
        /// other hosts, or "one-at-a-time", where it waits until the one ahead is through. Where several waves deploy to
        /// the same region they are one for that: two revisions never climb over the same hosts. Default: "overlapping".
        optional rollouts: RolloutsAtOnce,
        /// Calendar that every wave needs open to begin, or several of which one is enough. With local hours each region
        /// begins at its own. Default: always open.
        optional wave_calendar: Names,
        /// What must be done before that closes: nothing but the "start", the "deployment" (its bake may go on), or the
        /// "whole-run". Default: "start".
        optional wave_holds: WaveHolds,
        /// When waves behind the first begin: "when-open", or only "at-opening" of `wave-calendar`, so that the next one is
        /// on the next working day. Default: "when-open".
        optional wave_starts: WaveStarts,
        /// Calendar, or several, in which bakes in production go on: they rest while it is closed, as over a weekend.
        /// Default: they never rest.
        optional bake_calendar: Names,
        /// People who sit by while a wave deploys and bakes, in the hours of its calendar, or else of `bake-calendar`; their
        /// hours are counted. Default: 0, hands off.
        optional watchers: NonNegative,
        /// Where changes come from.
        optional source: SourceSpec,
        /// Stages before production, in order; at least one.
        listed stage: Vec<Written<StageSpec>>,
        /// What each wave deploys, in order. Default: what the strategy under study deploys, alone.
        optional component: Vec<Written<ComponentSpec>>,
        /// Changes in two halves, days apart. Default: none.
        optional two_phase: TwoPhaseSpec,
        /// When people work, deployments may begin, and so on.
        listed calendar: Vec<Written<CalendarSpec>>,
        /// What follows a rejection; without it the revision leaves, and its defect rides with the next one.
        optional after_rejection: AfterRejectionSpec,
        /// A lane for changes that cannot wait. Default: there are none.
        optional emergency: EmergencySpec,
        /// How much harm is allowed before ordinary changes wait. Default: any.
        optional error_budget: ErrorBudgetSpec,
        /// Other pipelines that deploy to the same fleet at the same time.
        optional other: Vec<Written<OtherSpec>>,
        /// Whether a wave begins only where no other pipeline deploys, bakes or is taken back. Default: true.
        optional exclusive_regions: bool,
        /// Whether an alarm that sees a defect also stops the rollouts of other pipelines that are where the defect is;
        /// their own changes are blamed. Default: true.
        optional shared_alarms: bool,
    }

    /// Another pipeline on the same fleet, with calendars, alarms and defects in common.
    pub struct OtherSpec {
        /// Unique name, for example "os-patches".
        required name: Name,
        /// Strategy that is its production, whichever strategies are compared.
        required strategy: Name,
        /// Its changes, as in `[change]`. Default: as `[change]`.
        optional change: ChangeSpec,
        /// As in `[pipeline]`.
        optional entry: EntryPolicy,
        /// As in `[pipeline]`.
        optional rollouts: RolloutsAtOnce,
        /// As in `[pipeline]`.
        optional wave_calendar: Names,
        /// As in `[pipeline]`.
        optional source: SourceSpec,
        /// As in `[pipeline]`.
        optional stage: Vec<Written<StageSpec>>,
        /// As in `[pipeline]`.
        optional after_rejection: AfterRejectionSpec,
    }

    /// A stage before production. It holds one revision at a time unless it is "parallel".
    pub struct StageSpec {
        /// Unique name, for example "gamma".
        required name: Name,
        /// Which part of the lead time it is: "build", "test", "approval", "deploy" or "bake".
        required phase: StagePhase,
        /// Time of one run; required unless there is a `scenario`.
        optional duration: DistributionText,
        /// In place of `duration` and of what the stage sees: a scenario file, relative to this file, whose fleet the
        /// revision is rolled out on. It sees what its alarms see; defects are those of the same name.
        optional scenario: Attached<Box<ScenarioSpec>>,
        /// Strategy of that scenario. Default: its first.
        optional strategy: Name,
        /// People whom a run keeps busy while it works; their hours are counted. Default: 0, as for what runs by itself.
        optional people: NonNegative,
        /// "queued", "superseded" (the newest takes the place of what waits) or "parallel". Default: "superseded".
        optional mode: Mode,
        /// Places to wait; without one a revision stays in the stage before, and blocks it. Default: any number.
        optional room: Int<0, 1000>,
        /// Probability that a run fails for no reason. Default: "0%".
        optional flaky: Percent,
        /// Runs that are repeated at once after such a failure. Default: 2.
        optional retries: Int<0, 100>,
        /// Instead of repeating at once: until somebody has seen that it was nothing.
        optional flaky_wait: DistributionText,
        /// Probability that the stage sees a defect, whichever. Default: "0%".
        optional catches: Percent,
        /// Other probabilities for some defects.
        optional sees: Vec<Written<SeesSpec>>,
        /// Probability that a run rejects what is good. Default: "0%".
        optional false_alarm: Percent,
        /// Calendar that it needs, or several of which one is enough. Default: always open.
        optional calendar: Names,
        /// What must be open: the "start", the "whole-run", or the "work", which rests while closed. Default: "start".
        optional holds: Holds,
        /// Calendar, or several, until whose next opening a run goes on, after its `duration` if it has one: the next morning.
        optional until: Names,
        /// A fix on the fast track passes it by. Default: false.
        optional fixes_pass_by: bool,
        /// A revision with an emergency passes it by. Default: false.
        optional emergencies_pass_by: bool,
    }
}
