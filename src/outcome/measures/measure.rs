//! What a measure is: a number that one trial has, with its words, its unit and what it is read from.
//!
//! A measure is named in code by its constant. Its name as a text is for scenario files, the command line and
//! JSON, which [`super::find`] and [`super::find_words`] read. It must not know how trials are simulated or summed up.

use crate::outcome::Outcome;
use crate::outcome::bounds::OutcomeBounds;
use crate::outcome::pipeline::PipelineOutcome;
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;

/// Defines measures as constants, and their list in the same order: a measure is written down once.
macro_rules! measures {
    ($(#[$doc:meta])* $list:ident; $($name:ident = $measure:expr;)+) => {
        $(
            #[doc = concat!("The measure of this name: see [`", stringify!($list), "`].")]
            pub static $name: Measure = $measure;
        )+
        $(#[$doc])*
        pub static $list: &[&Measure] = &[$(&$name),+];
    };
}
/// What a measure's numbers mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Milliseconds of simulated time; reports print it as a duration.
    DurationMs,
    /// Milliseconds of simulated time from one event to another, negative if the other came first.
    LeadMs,
    /// Hosts times milliseconds; reports print host-minutes.
    HostMs,
    /// People times milliseconds; reports print person-hours.
    PersonMs,
    /// A count of hosts.
    Hosts,
    /// A count of zones.
    Zones,
    /// A count of regions.
    Regions,
    /// A number of customers.
    Customers,
    /// Customers times milliseconds; reports print customer-minutes.
    CustomerMs,
    /// A count of requests.
    Requests,
    /// A count of items of data.
    Items,
    /// A count of deployments.
    Deployments,
    /// A count of alarms.
    Alarms,
    /// A count of what the measure's own words say, perhaps by time or by deployment.
    Count,
    /// Millionths of a whole.
    Ppm,
    /// A share of a whole, 0 to 1.
    Share,
    /// 0 or 1 per trial; the mean is a share of trials.
    YesNo,
}

impl Unit {
    /// The largest value that anything in this unit can have in a trial.
    const fn most(self) -> fn(&OutcomeBounds) -> Option<f64> {
        match self {
            Self::Hosts => |most| Some(most.hosts),
            Self::Zones => |most| Some(most.zones),
            Self::Regions => |most| Some(most.regions),
            Self::Customers => |most| Some(most.customers),
            Self::Ppm => |_| Some(1e6),
            Self::Share | Self::YesNo => |_| Some(1.0),
            Self::CustomerMs | Self::PersonMs => |_| None,
            Self::DurationMs | Self::LeadMs | Self::HostMs | Self::Requests | Self::Items => |_| None,
            Self::Deployments | Self::Alarms | Self::Count => |_| None,
        }
    }

    /// The unit spelled out, for data files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DurationMs | Self::LeadMs => "ms",
            Self::HostMs => "host-ms",
            Self::PersonMs => "person-ms",
            Self::Hosts => "hosts",
            Self::Zones => "zones",
            Self::Regions => "regions",
            Self::Customers => "customers",
            Self::CustomerMs => "customer-ms",
            Self::Requests => "requests",
            Self::Items => "items",
            Self::Deployments => "deployments",
            Self::Alarms => "alarms",
            Self::Count => "count",
            Self::Ppm => "ppm",
            Self::Share => "share",
            Self::YesNo => "share of trials",
        }
    }

    /// Whether a value can be below 0. Where none can, nor can their expectation.
    #[must_use]
    pub fn is_signed(self) -> bool {
        match self {
            Self::LeadMs => true,
            Self::DurationMs | Self::HostMs | Self::Hosts | Self::Zones | Self::Regions | Self::Requests => {
                false
            }
            Self::Customers | Self::CustomerMs | Self::PersonMs => false,
            Self::Items | Self::Deployments | Self::Alarms | Self::Count => false,
            Self::Ppm | Self::Share | Self::YesNo => false,
        }
    }

    /// All of it, where the numbers are parts of a whole.
    #[must_use]
    pub fn whole(self) -> Option<f64> {
        match self {
            Self::Ppm => Some(1e6),
            Self::Share | Self::YesNo => Some(1.0),
            Self::DurationMs | Self::LeadMs | Self::HostMs | Self::Hosts | Self::Zones | Self::Regions => {
                None
            }
            Self::Customers | Self::CustomerMs | Self::PersonMs => None,
            Self::Requests | Self::Items | Self::Deployments | Self::Alarms | Self::Count => None,
        }
    }
}

/// Which trials a measure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Population {
    /// Every trial: "per change".
    All,
    /// Trials in which the change reached every host.
    Complete,
    /// Trials with a bad change: "per bad change".
    Bad,
    /// Trials with a good change.
    Good,
    /// Bad changes in which a host was impaired and an alarm fired after that.
    Detected,
    /// Bad changes in which a host was impaired.
    Impaired,
    /// Bad changes in which a host was impaired and all were healed.
    Mitigated,
    /// Trials of a pipeline that have something to say.
    PipelineTrials,
}

impl Population {
    /// The trials in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::All => "all changes",
            Self::Complete => "rollouts that reached every host",
            Self::Bad => "bad changes",
            Self::Good => "good changes",
            Self::Detected => "detected bad changes",
            Self::Impaired => "bad changes that impaired some host",
            Self::Mitigated => "mitigated bad changes",
            Self::PipelineTrials => "trials with something to say",
        }
    }
}

/// Which values of a measure are better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// Lower ones.
    Less,
    /// Higher ones.
    More,
}

/// Whose outcome a measure is read from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// One rollout: a trial of `wavetank run`.
    #[default]
    Rollout,
    /// A pipeline over one trial: a trial of `wavetank pipeline`.
    Pipeline,
    /// The emergencies of a pipeline in one trial, or all else of it.
    Lane,
}

impl Subject {
    /// Whether it is one rollout, as where nothing is said.
    #[must_use]
    pub fn is_rollout(&self) -> bool {
        *self == Self::Rollout
    }
}

/// Which changes and rollouts of a pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// Changes that are emergencies, and the rollouts that one of them rode with.
    Emergencies,
    /// All other changes and rollouts.
    Others,
}

/// How the value is read from an outcome: a value in a trial of the population, none elsewhere.
#[derive(Debug, Clone, Copy)]
pub enum ReadFrom {
    /// From a rollout.
    Rollout(fn(&Outcome) -> Option<f64>),
    /// From a pipeline over one trial.
    Pipeline(fn(&PipelineOutcome) -> Option<f64>),
    /// From a lane of a pipeline in one trial.
    Lane(fn(&PipelineOutcome, Urgency) -> Option<f64>),
}

/// One measure of a trial. Two are equal if they are of one subject and have one name.
#[derive(Debug, Clone, Copy)]
pub struct Measure {
    /// Stable name, with its unit: the CSV column and the threshold key.
    pub name: &'static str,
    /// Two to four words for tables and charts.
    pub title: &'static str,
    /// What it counts, in one sentence.
    pub help: &'static str,
    /// Unit of the numbers.
    pub unit: Unit,
    /// Which values are better.
    pub better: Better,
    /// Trials it is about.
    pub population: Population,
    /// Whether it is 0 for every good change, whatever happens: a defect is needed to do harm.
    pub zero_if_good: bool,
    /// Whether it counts events and says how many come in a quarter of a year.
    pub by_quarter: bool,
    /// How its value is read.
    pub reading: ReadFrom,
    /// What a plan says of the largest value that a trial can have; none where it says nothing.
    pub most: fn(&OutcomeBounds) -> Option<f64>,
}

impl Measure {
    /// A measure of which less is better and which good changes may have too.
    pub(super) const fn new(
        [name, title, help]: [&'static str; 3],
        unit: Unit,
        population: Population,
        reading: ReadFrom,
    ) -> Self {
        Self {
            name,
            title,
            help,
            unit,
            better: Better::Less,
            population,
            zero_if_good: false,
            by_quarter: false,
            reading,
            most: unit.most(),
        }
    }

    /// The same where more is better.
    pub(super) const fn more_is_better(self) -> Self {
        Self { better: Better::More, ..self }
    }

    /// The same where good changes are 0 whatever happens.
    pub(super) const fn zero_if_good(self) -> Self {
        Self { zero_if_good: true, ..self }
    }

    /// The same of events that are counted, by quarter.
    pub(super) const fn by_quarter(self) -> Self {
        Self { by_quarter: true, ..self }
    }

    /// The same with a bound of its own on the values of a trial.
    pub(super) const fn at_most(self, most: fn(&OutcomeBounds) -> Option<f64>) -> Self {
        Self { most, ..self }
    }

    /// Whose outcome it is read from.
    #[must_use]
    pub fn subject(&self) -> Subject {
        match self.reading {
            ReadFrom::Rollout(_) => Subject::Rollout,
            ReadFrom::Pipeline(_) => Subject::Pipeline,
            ReadFrom::Lane(_) => Subject::Lane,
        }
    }

    /// The value in a trial of the population, none elsewhere.
    ///
    /// # Panics
    /// If the measure is not one of such trials: a study asks only for measures of its own subject.
    #[must_use]
    pub fn of<T: Measured>(&self, trial: &T) -> Option<f64> {
        trial.read(self.reading)
    }
}

impl PartialEq for Measure {
    fn eq(&self, other: &Self) -> bool {
        (self.name, self.subject()) == (other.name, other.subject())
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name)
    }
}

impl Serialize for Measure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name)
    }
}

/// The outcome of one trial, which measures are read from.
pub trait Measured: Sync {
    /// What the trials are of.
    const SUBJECT: Subject;

    /// The value that the reading gives; none outside of the measure's population.
    fn read(&self, reading: ReadFrom) -> Option<f64>;
}

impl Measured for Outcome {
    const SUBJECT: Subject = Subject::Rollout;

    fn read(&self, reading: ReadFrom) -> Option<f64> {
        match reading {
            ReadFrom::Rollout(read) => read(self),
            ReadFrom::Pipeline(_) | ReadFrom::Lane(_) => {
                panic!("invariant: a rollout has no measures of a pipeline")
            }
        }
    }
}

impl Measured for PipelineOutcome {
    const SUBJECT: Subject = Subject::Pipeline;

    fn read(&self, reading: ReadFrom) -> Option<f64> {
        match reading {
            ReadFrom::Pipeline(read) => read(self),
            ReadFrom::Rollout(_) | ReadFrom::Lane(_) => {
                panic!("invariant: a pipeline has only measures of its own")
            }
        }
    }
}

/// A lane of a pipeline in one trial.
#[derive(Debug, Clone, Copy)]
pub struct LaneOutcome<'o>(pub &'o PipelineOutcome, pub Urgency);

impl Measured for LaneOutcome<'_> {
    const SUBJECT: Subject = Subject::Lane;

    fn read(&self, reading: ReadFrom) -> Option<f64> {
        match reading {
            ReadFrom::Lane(read) => read(self.0, self.1),
            ReadFrom::Rollout(_) | ReadFrom::Pipeline(_) => {
                panic!("invariant: a lane has only measures of its own")
            }
        }
    }
}
