//! `[[expect]]` as written.

use super::study::{Limit, MetricName};
use crate::plan::Level;
use crate::plan::study::Statistic;
use crate::scenario::table::spec;
use crate::scenario::value::{Name, Percent, Text};

spec! {
    /// A number that was published or promised, to be shown beside what is simulated.
    pub struct ExpectSpec {
        /// Name of the metric, for example "detection_delay_ms"; `_ms` and `_ppm` are the units of a bare
        /// number in `value` and `within`.
        required metric: MetricName,
        /// Statistic over trials. Default: "p50"; "mean" for metrics that are a yes or a no.
        optional statistic: Statistic,
        /// Strategy it is about. Default: the only one of the study; required where there are several.
        optional strategy: Name,
        /// What was published, in the unit of a threshold's `max`: "3m", "5%", "5000 host-minutes", 12.
        /// Below 0, as in "-3m", for metrics that may be.
        required value: Limit,
        /// How far off the simulation may be on either side, as a share of `value`. Default: "15%".
        optional tolerance: Percent,
        /// The same in the unit of `value`, for values near 0: "2m". Excludes `tolerance`.
        optional within: Limit,
        /// Where the number comes from.
        optional source: Text,
        /// Whether missing it fails the run. Default: "warn".
        optional level: Level,
    }
}
