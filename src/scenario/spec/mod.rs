//! Every table of the language, as written: which keys it has, what each takes and what it means.
//!
//! One definition a table gives the struct, its reader and its JSON schema, so they cannot drift.
//! Nothing here has a default value or looks at a second table; that is the resolver's work. The doc
//! comments are what an editor shows, so they state units and defaults.

mod alarm;
mod allow;
mod change;
mod claim;
mod component;
mod customers;
mod defect;
mod expect;
mod fleet;
mod gate;
mod pipeline;
mod policy;
mod response;
mod scenario;
mod strategy;
mod study;
mod two_phase;

pub use alarm::{AlarmSpec, BurnRateSpec, CanarySignal, CanarySpec, Inconclusive, JudgeName, RateRatioSpec};
pub use allow::AllowSpec;
pub use change::ChangeSpec;
pub use claim::{ClaimSpec, ShowsSpec, SideSpec, VariantSpec, WrittenSide};
pub use component::ComponentSpec;
pub use customers::{CustomersSpec, WrittenCustomers};
pub use defect::{CureSpec, DefectSpec, HurtsSpec, RepairSpec, TriggerSpec, WhileSpec};
pub use expect::ExpectSpec;
pub use fleet::{BackgroundSpec, DiurnalSpec, EpisodesSpec, FleetSpec, HostsPerZone, RegionSpec, Zones};
pub use gate::{
    ApprovalSpec, ChecksSpec, GateSpec, OpeningSpec, PowerSpec, RampOf, RampSpec, RiskSpec, StepSpec,
};
pub use pipeline::{AfterRejectionSpec, CalendarSpec, SourceSpec, Weekday};
pub use policy::{EmergencySpec, ErrorBudgetSpec};
pub use response::{OperatorsSpec, RemedySpec, ResponseSpec, WrittenRemedy};
pub use scenario::{OtherSpec, PipelineSpec, ScenarioSpec, StageSpec};
pub use strategy::{
    BypassSpec, FailuresSpec, OneBoxSpec, Order, PatchSpec, RollbackSpec, SelectSpec, Selector, StrategySpec,
    WaveSpec, WrittenOneBox,
};
pub use study::{GuardSpec, Limit, MAX_TRIALS, MetricName, StudySpec, ThresholdSpec};
pub use two_phase::TwoPhaseSpec;
