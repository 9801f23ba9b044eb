//! `[study]` and `[[threshold]]` as written.

use crate::outcome::measures;
use crate::plan::study::Statistic;
use crate::plan::{Estimator, Level};
use crate::scenario::reader::{Node, Read, Reader, Written};
use crate::scenario::table::spec;
use crate::scenario::value::{
    Duration, Int, Name, Percent, PrecisionText, Real, Seed, StartText, Text, schema,
};
use crate::scenario::words::words;
use schemars::json_schema;
use toml::de::DeValue;

pub use crate::plan::study::MAX_TRIALS;

spec! {
    /// What to simulate.
    pub struct StudySpec {
        /// Rollouts simulated for each strategy, 1 to 10 million; with `precision`, of the first round.
        /// Default: 1000.
        optional trials: Int<1, MAX_TRIALS>,
        /// How trials are drawn and weighed. "by-defect": good changes and each defect get trials of their
        /// own, weighed by their probability. "by-defect-and-latency": defects on the change clock are also
        /// split by how long they take to show, for harm that happens once in 10,000 rollouts or less.
        /// "plain": as chance would have it. Default: "by-defect".
        optional estimator: Estimator,
        /// Estimates that must be so precise: more trials are added in rounds until the half-width of
        /// each interval is at most this share of the estimate. Default: none.
        optional precision: Vec<Written<PrecisionText>>,
        /// Most rollouts of each strategy that `precision`, or a gate, may take. Default: 200000.
        optional max_trials: Int<1, MAX_TRIALS>,
        /// Root of all randomness: 42, "0x2a" or a 40-digit git commit. Default: 0.
        optional seed: Seed,
        /// The strategy that the others are compared with. Default: the first one.
        optional baseline: Name,
        /// Strategies to compare, in report order. Default: all that are not templates, in the order
        /// of their definition.
        optional strategies: Vec<Written<Name>>,
        /// UTC time at which the rollout starts, "HH:MM", or with a day of the week, "fri 16:50": the first such day from a
        /// Monday on, or from the pipeline's start. Default: "00:00" of that first day.
        optional start: StartText,
        /// The start moves forward by a random part of this, the same for every strategy.
        /// Default: "0s".
        optional start_spread: Duration,
        /// How long an escaped defect goes on doing damage after the rollout. Default: "0s".
        optional observe_after: Duration,
    }

    /// A limit on a statistic of a metric.
    pub struct ThresholdSpec {
        /// Name of the metric, for example "impaired_host_ms"; `_ms` and `_ppm` are the units of a bare
        /// number in `max` or `min`.
        required metric: MetricName,
        /// Statistic over trials.
        required statistic: Statistic,
        /// Strategy it applies to. Default: all.
        optional strategy: Name,
        /// Largest allowed value: a duration for times, "5000 host-minutes" or "2 host-hours" for
        /// host-time, a percentage for shares, a number for counts.
        optional max: Limit,
        /// The same where more is better, as of "deployments_per_day": the least allowed value. Excludes `max`.
        optional min: Limit,
        /// Whether breaking it fails the run. Default: "error".
        optional level: Level,
    }

    /// A statistic that must not get worse from one version of the scenario to the next.
    pub struct GuardSpec {
        /// Name of the metric, for example "impaired_host_ms".
        required metric: MetricName,
        /// Statistic over trials; "max" is a fact of some trials and cannot be guarded.
        required statistic: Statistic,
        /// Strategy it applies to. Default: all that both versions have.
        optional strategy: Name,
        /// Accepted increase, relative to the old value. Default: "5%".
        optional tolerance: Percent,
    }
}

/// The name of a metric; whether there is one, the resolver says.
#[derive(Debug, Clone)]
pub struct MetricName(pub String);

impl Read for MetricName {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        Text::read(node, reader).map(|Text(name)| Self(name))
    }
}

schema! {
    MetricName, "MetricName", in place: {
        let names: Vec<&str> = measures::all().map(|metric| metric.name).collect();
        json_schema!({ "type": "string", "enum": names })
    }
}

/// An amount in the unit of its metric, which only the resolver knows, as it knows whether it may be below 0.
#[derive(Debug, Clone)]
pub enum Limit {
    /// In the metric's raw unit.
    Number(f64),
    /// With a unit.
    Text(String),
}

impl Read for Limit {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        match node.value {
            DeValue::String(text) => Some(Self::Text(text.to_string())),
            DeValue::Integer(_) | DeValue::Float(_) => {
                Real::read(node, reader).map(|Real(value)| Self::Number(value))
            }
            _ => {
                let help = "write 12, \"30m\", \"5%\" or \"90 host-minutes\"";
                reader.wrong_type(node, "a number or a text with a unit", help)
            }
        }
    }
}

schema! {
    Limit, "Limit", by name:
    json_schema!({
        "description": "A limit: 12, \"30m\", \"5%\", \"5000 host-minutes\" or \"2 host-hours\".",
        "anyOf": [{ "type": "number" }, { "type": "string" }],
    })
}

words! {
    Estimator { ByDefect, ByDefectAndLatency, Plain }
    Statistic { Mean, P50, P90, P95, P99, Cvar99, Max }
    Level { Error, Warn }
}
