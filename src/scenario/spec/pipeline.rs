//! `[pipeline]` as written.

use super::{ChangeSpec, ComponentSpec, EmergencySpec, ErrorBudgetSpec, ScenarioSpec, TwoPhaseSpec, spec};
use crate::diagnostic::FileId;
use crate::plan::pipeline::{Entry, Holds, Mode, Phase, WaveHolds};
use crate::scenario::reader::Written;
use crate::scenario::value::{
    Attached, DateText, DistributionText, Duration, HoursText, Int, Name, Percent, Positive, Text, keywords,
};

spec! {
    /// One pipeline over weeks: where changes come from, what they pass before production, and what follows a
    /// rejection. Production is every strategy in turn.
    pub struct PipelineSpec {
        /// First day of the horizon, which begins at midnight UTC. Default: "2026-03-02", a Monday.
        optional start: DateText,
        /// Length of the horizon, warm-up included. Default: "90d".
        optional length: Duration,
        /// Nothing is counted before; shorter than `length`. Default: "14d".
        optional warm_up: Duration,
        /// Horizons simulated for each strategy. Default: 20.
        optional trials: Int<2, 100_000>,
        /// What a revision does that reaches production while another one is there: "queued", "superseded" (the newest
        /// takes the place of what waits) or "restart". Default: "superseded".
        optional entry: Entry,
        /// Calendar that every wave needs open to begin. With local hours each region begins at
        /// its own. Default: always open.
        optional wave_calendar: Name,
        /// What must be done before that closes: nothing but the "start", the "deployment" (its bake may go on), or the
        /// "whole-run". Default: "start".
        optional wave_holds: WaveHolds,
        /// Where changes come from.
        optional source: SourceSpec,
        /// Stages before production, in order; at least one.
        optional stage: Vec<Written<StageSpec>>,
        /// What each wave deploys, in order. Default: what the strategy under study deploys, alone.
        optional component: Vec<Written<ComponentSpec>>,
        /// Changes in two halves, days apart. Default: none.
        optional two_phase: TwoPhaseSpec,
        /// When people work, deployments may begin, and so on.
        optional calendar: Vec<Written<CalendarSpec>>,
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
}

spec! {
    /// Another pipeline on the same fleet, with calendars, alarms and defects in common.
    pub struct OtherSpec {
        /// Unique name, for example "os-patches".
        required name: Name,
        /// Strategy that is its production, whichever strategies are compared.
        required strategy: Name,
        /// Its changes, as in `[change]`. Default: as `[change]`.
        optional change: ChangeSpec,
        /// As in `[pipeline]`.
        optional entry: Entry,
        /// As in `[pipeline]`.
        optional wave_calendar: Name,
        /// As in `[pipeline]`.
        optional source: SourceSpec,
        /// As in `[pipeline]`.
        optional stage: Vec<Written<StageSpec>>,
        /// As in `[pipeline]`.
        optional after_rejection: AfterRejectionSpec,
    }
}

spec! {
    /// Merges: `per-day` at random, one `every` so long, or `merges` as they were.
    pub struct SourceSpec {
        /// Changes merged on an open day, on average: a Poisson process over its open hours.
        optional per_day: Positive,
        /// One change every so long, from the horizon's start.
        optional every: Duration,
        /// A CSV file, relative to this file, whose column "merged" has the instants of merges, the earliest first, each
        /// with its offset: 2026-03-02T14:05:00Z. All lie in the horizon.
        optional merges: Attached<(FileId, String)>,
        /// When people merge. Default: around the clock.
        optional calendar: Name,
        /// From ready for review until merged. Default: "0s".
        optional review: DistributionText,
        /// Probability that review sees a defect, whose author then puts the change right. Default: "0%".
        optional review_catches: Percent,
    }
}

spec! {
    /// When something is open.
    pub struct CalendarSpec {
        /// Unique name, for example "office".
        required name: Name,
        /// IANA time zone of its days and hours, daylight saving included, or "local": that of each region, for
        /// `wave-calendar`. Default: "UTC".
        optional time_zone: Text,
        /// Days of the week: ["mon", "tue"]. Default: Monday to Friday.
        optional days: Vec<Written<Weekday>>,
        /// Hours of the day. Default: "00:00-24:00".
        optional hours: HoursText,
        /// Days on which it stays closed.
        optional holidays: Vec<Written<DateText>>,
        /// Longer times in which it stays closed.
        optional freeze: Vec<Written<FreezeSpec>>,
    }
}

spec! {
    /// Days on which nothing opens.
    pub struct FreezeSpec {
        /// First day.
        required from: DateText,
        /// Last day.
        required to: DateText,
    }
}

spec! {
    /// A stage before production. It holds one revision at a time unless it is "parallel".
    pub struct StageSpec {
        /// Unique name, for example "gamma".
        required name: Name,
        /// Which part of the lead time it is: "build", "test", "approval", "deploy" or "bake".
        required phase: Phase,
        /// Time of one run; required unless there is a `scenario`.
        optional duration: DistributionText,
        /// In place of `duration` and of what the stage sees: a scenario file, relative to this file, whose fleet the
        /// revision is rolled out on. It sees what its alarms see; defects are those of the same name.
        optional scenario: Attached<Box<ScenarioSpec>>,
        /// Strategy of that scenario. Default: its first.
        optional strategy: Name,
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
        /// Calendar that it needs. Default: always open.
        optional calendar: Name,
        /// What must be open: the "start", the "whole-run", or the "work", which rests while closed. Default: "start".
        optional holds: Holds,
        /// A fix on the fast track passes it by. Default: false.
        optional fixes_pass_by: bool,
        /// A revision with an emergency passes it by. Default: false.
        optional emergencies_pass_by: bool,
    }
}

spec! {
    /// How likely a stage sees one defect.
    pub struct SeesSpec {
        /// Name of the defect.
        required defect: Name,
        /// Probability.
        required probability: Percent,
    }
}

spec! {
    /// The line is blocked until a revert is merged, or the revision begins again: `revert` or `restart`.
    pub struct AfterRejectionSpec {
        /// From the rejection until a revert or fix is merged; until then the line is blocked.
        optional revert: DistributionText,
        /// Probability that another change of the revision is blamed, and reverted, first. Default: "0%".
        optional misattribution: Percent,
        /// From a revert until the change is merged again, put right. Default: "1d".
        optional again: DistributionText,
        /// A revert passes by stages with `fixes-pass-by` and skips bakes. Default: false.
        optional fast_track: bool,
        /// The same revision begins again at the first stage, so long after the rejection or the rollback.
        optional restart: DistributionText,
    }
}

/// Days of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weekday {
    /// Monday, and so on.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

impl Weekday {
    /// The same of the civil calendar.
    pub fn civil(self) -> jiff::civil::Weekday {
        jiff::civil::Weekday::from_monday_zero_offset(self as i8)
            .expect("invariant: the days are in order, from Monday on")
    }
}

keywords! {
    Weekday {
        "mon" => Weekday::Mon,
        "tue" => Weekday::Tue,
        "wed" => Weekday::Wed,
        "thu" => Weekday::Thu,
        "fri" => Weekday::Fri,
        "sat" => Weekday::Sat,
        "sun" => Weekday::Sun,
    }
}

keywords! {
    Entry {
        "queued" => Entry::Queued,
        "superseded" => Entry::Superseded,
        "restart" => Entry::Restart,
    }
}

keywords! {
    Mode {
        "queued" => Mode::Queued,
        "superseded" => Mode::Superseded,
        "parallel" => Mode::Parallel,
    }
}

keywords! {
    Phase {
        "build" => Phase::Build,
        "test" => Phase::Test,
        "approval" => Phase::Approval,
        "deploy" => Phase::Deploy,
        "bake" => Phase::Bake,
    }
}

keywords! {
    WaveHolds {
        "start" => WaveHolds::Start,
        "deployment" => WaveHolds::Deployment,
        "whole-run" => WaveHolds::WholeRun,
    }
}

keywords! {
    Holds {
        "start" => Holds::Start,
        "whole-run" => Holds::WholeRun,
        "work" => Holds::Work,
    }
}
