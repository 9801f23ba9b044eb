//! Every table of the language, as written: which keys it has, what each takes and what it means.
//!
//! One definition a table gives the struct, its reader and its JSON schema, so they cannot drift.
//! Nothing here has a default value or looks at a second table; that is the resolver's work. The doc
//! comments are what an editor shows, so they state units and defaults.

mod alarm;
mod change;
mod component;
mod defect;
mod expect;
mod fleet;
mod pipeline;
mod policy;
mod response;
mod strategy;
mod study;
mod two_phase;

pub use alarm::{AlarmSpec, BurnRateSpec, CanarySpec, Inconclusive, JudgeName, RateRatioSpec};
pub use change::ChangeSpec;
pub use component::ComponentSpec;
pub use defect::{CureSpec, DefectSpec, HurtsSpec, TriggerSpec, WhileSpec};
pub use expect::ExpectSpec;
pub use fleet::{BackgroundSpec, DiurnalSpec, EpisodesSpec, FleetSpec, HostsPerZone, RegionSpec, Zones};
pub use pipeline::{AfterRejectionSpec, CalendarSpec, OtherSpec, PipelineSpec, SourceSpec, StageSpec};
pub use policy::{EmergencySpec, ErrorBudgetSpec};
pub use response::{OperatorsSpec, ResponseSpec};
pub use strategy::{
    BypassSpec, OneBox, Order, PatchSpec, RollbackSpec, SelectSpec, Selector, StrategySpec, WaveSpec,
};
pub use study::{GuardSpec, Limit, MAX_TRIALS, MetricName, StudySpec, ThresholdSpec};
pub use two_phase::TwoPhaseSpec;

use super::reader::Written;
use super::value::{Name, Text};

/// Defines a table: `required` or `optional`, the key in snake case, its type.
///
/// It generates the struct with a [`Field`](super::reader::Field) a key, [`Read`](super::reader::Read)
/// with kebab-case keys that reports unknown and missing ones, [`Inherit`], and `JsonSchema` with the
/// doc comments as descriptions.
macro_rules! spec {
    (
        $(#[doc = $doc:literal])*
        pub struct $name:ident {
            $($(#[doc = $key_doc:literal])* $need:ident $key:ident: $type:ty,)*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Default)]
        pub struct $name {
            $($(#[doc = $key_doc])* pub $key: $crate::scenario::reader::Field<$type>,)*
        }

        impl $crate::scenario::reader::Read for $name {
            fn read(
                node: $crate::scenario::reader::Node<'_>,
                reader: &mut $crate::scenario::reader::Reader<'_>,
            ) -> Option<Self> {
                let mut table = reader.table(node)?;
                let spec = Self {
                    $($key: table.take(
                        &$crate::scenario::spec::kebab(stringify!($key)),
                        $crate::scenario::spec::spec!(@ $need),
                        reader,
                    ),)*
                };
                table.finish(&[$($crate::scenario::spec::kebab(stringify!($key))),*], reader);
                Some(spec)
            }
        }

        impl $crate::scenario::spec::Inherit for $name {
            fn inherit_from(&mut self, parent: &Self) {
                $(self.$key.inherit(&parent.$key);)*
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).trim_end_matches("Spec").into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                $crate::scenario::schema::table(
                    &[$($doc),*],
                    vec![$($crate::scenario::schema::Key {
                        name: $crate::scenario::spec::kebab(stringify!($key)),
                        required: $crate::scenario::spec::spec!(@ $need),
                        doc: &[$($key_doc),*],
                        schema: generator.subschema_for::<$type>(),
                    }),*],
                )
            }
        }
    };
    (@ required) => { true };
    (@ optional) => { false };
}
pub(in crate::scenario) use spec;

/// A table that can take over keys from another of its kind.
pub trait Inherit {
    /// Takes over from `parent` every key that is not written here.
    fn inherit_from(&mut self, parent: &Self);
}

/// A key as it is written in the file.
pub(super) fn kebab(identifier: &str) -> String {
    identifier.trim_start_matches("r#").replace('_', "-")
}

spec! {
    /// A wavetank scenario, or a part of one that others include.
    pub struct ScenarioSpec {
        /// Name for reports. Default: the file name without its ending. Not taken over from includes.
        optional name: Name,
        /// One sentence for reports. Not taken over from includes.
        optional description: Text,
        /// Files to read first, relative to this file. Their lists come before this file's; their
        /// single keys give way to this file's.
        optional include: Vec<Written<Text>>,
        /// What to simulate: trials, seed, strategies to compare.
        optional study: StudySpec,
        /// The hosts and their traffic.
        optional fleet: FleetSpec,
        /// How often a change is bad and how long hosts take to move.
        optional change: ChangeSpec,
        /// The defects that a bad change may carry.
        optional defect: Vec<Written<DefectSpec>>,
        /// The alarms that strategies can listen to.
        optional alarm: Vec<Written<AlarmSpec>>,
        /// The strategies to compare.
        optional strategy: Vec<Written<StrategySpec>>,
        /// Limits that the run must hold.
        optional threshold: Vec<Written<ThresholdSpec>>,
        /// What must not get worse from one version of this scenario to the next.
        optional guard: Vec<Written<GuardSpec>>,
        /// What was published or promised, to be shown beside what is simulated.
        optional expect: Vec<Written<ExpectSpec>>,
        /// One pipeline over weeks, with many changes in flight.
        optional pipeline: PipelineSpec,
    }
}
