//! `[pipeline]` as written.

use crate::diagnostic::FileId;
use crate::plan::pipeline::{EntryPolicy, Holds, Mode, RolloutsAtOnce, StagePhase, WaveHolds, WaveStarts};
use crate::scenario::reader::Written;
use crate::scenario::table::spec;
use crate::scenario::value::{
    Attached, DateText, DistributionText, Duration, HoursText, Name, Percent, Positive, Text,
};
use crate::scenario::words::words;

spec! {
    /// Merges: `per-day` at random, one `every` so long, or `merges` as they were.
    pub struct SourceSpec {
        /// Changes merged on an open day, on average: a Poisson process over its open hours.
        optional per_day: Positive,
        /// One change every so long, from the pipeline's start.
        optional every: Duration,
        /// A CSV file, relative to this file, whose column "merged" has the instants of merges, the earliest first, each
        /// with its offset: 2026-03-02T14:05:00Z. All lie in the pipeline's time.
        optional merges: Attached<(FileId, String)>,
        /// When people merge. Default: around the clock.
        optional calendar: Name,
        /// From ready for review until merged. Default: "0s".
        optional review: DistributionText,
        /// Probability that review sees a defect, whose author then puts the change right. Default: "0%".
        optional review_catches: Percent,
    }

    /// When something is open.
    pub struct CalendarSpec {
        /// Unique name, for example "office".
        required name: Name,
        /// IANA time zone of its days and hours, daylight saving included, or "local": that of each region, for
        /// `wave-calendar`. Default: "UTC".
        optional time_zone: Text,
        /// Days of the week: ["mon", "tue"]. Default: Monday to Friday.
        optional days: Vec<Written<Weekday>>,
        /// Hours of the day. Those after midnight belong to the day on which they begin: "22:00-02:00" on Saturdays is
        /// the night that begins on Saturday. Default: "00:00-24:00".
        optional hours: HoursText,
        /// Days on which it stays closed.
        optional holidays: Vec<Written<DateText>>,
        /// Longer times in which it stays closed.
        optional freeze: Vec<Written<FreezeSpec>>,
    }

    /// Days on which nothing opens.
    pub struct FreezeSpec {
        /// First day.
        required from: DateText,
        /// Last day.
        required to: DateText,
    }

    /// How likely a stage sees one defect.
    pub struct SeesSpec {
        /// Name of the defect.
        required defect: Name,
        /// Probability.
        required probability: Percent,
    }

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
        /// People's time that each rejection takes, by a stage or in production, needed or not: to find what was wrong and to
        /// revert it. It is counted, and decides nothing else. Default: "0s".
        optional work: Duration,
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

words! {
    Weekday { Mon, Tue, Wed, Thu, Fri, Sat, Sun }
    EntryPolicy { Queued, Superseded, Restart }
    RolloutsAtOnce { OneAtATime, Overlapping }
    Mode { Queued, Superseded, Parallel }
    StagePhase { Build, Test, Approval, Deploy, Bake }
    WaveHolds { Start, Deployment, WholeRun }
    WaveStarts { WhenOpen, AtOpening }
    Holds { Start, WholeRun, Work }
}
