//! Distributions of durations: a fixed duration, a word, or a table that names a family.

use super::{Duration, Positive, schema};
use crate::random::Distribution;
use crate::scenario::reader::{Field, Node, Read, Reader, Written};
use crate::scenario::rules;
use crate::scenario::table::{Keys, spec};
use schemars::json_schema;
use toml::de::DeValue;

/// Spreads of a lognormal, 0 excepted: beyond them its mean is 10^21 medians.
const SIGMAS: std::ops::RangeInclusive<f64> = 0.0..=10.0;
/// Weibull shapes that double precision samples without overflow.
const SHAPES: std::ops::RangeInclusive<f64> = 0.05..=100.0;

/// A time of no length.
pub const IMMEDIATE: Distribution = Distribution::Fixed { ms: 0 };

/// A distribution as written.
#[derive(Debug, Clone, Copy)]
pub struct DistributionText(pub Distribution);

spec! {
    /// A family of distributions: exactly one of the keys.
    pub struct FamilySpec {
        /// Always this long.
        optional fixed: Duration,
        /// Exponential: memoryless, many short and few long.
        optional exponential: ExponentialSpec,
        /// Lognormal: a typical value and a long tail.
        optional lognormal: LognormalSpec,
        /// Weibull: early (shape < 1) or late (shape > 1) failures.
        optional weibull: WeibullSpec,
        /// Uniform: anywhere in a window.
        optional uniform: UniformSpec,
    }

    /// An exponential distribution.
    pub struct ExponentialSpec {
        /// Mean, greater than 0.
        required mean: Duration,
    }

    /// A lognormal distribution.
    pub struct LognormalSpec {
        /// Median, greater than 0.
        required median: Duration,
        /// Standard deviation of the logarithm, greater than 0 and at most 10; 0.3 is a mild spread.
        required sigma: Positive,
    }

    /// A Weibull distribution.
    pub struct WeibullSpec {
        /// Scale (the 63rd percentile), greater than 0.
        required scale: Duration,
        /// Shape, from 0.05 to 100; 1 is exponential.
        required shape: Positive,
    }

    /// A uniform distribution.
    pub struct UniformSpec {
        /// Shortest. Default: "0s".
        optional from: Duration,
        /// Longest, greater than `from`.
        required to: Duration,
    }
}

impl Read for DistributionText {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        match node.value {
            DeValue::String(text) if text == "immediate" => Some(Self(IMMEDIATE)),
            DeValue::Table(_) => {
                let family = FamilySpec::read(node, reader)?;
                read_family(&family, node, reader).map(Self)
            }
            _ => Duration::read(node, reader).map(|duration| Self(Distribution::Fixed { ms: duration.ms })),
        }
    }
}

fn read_family(family: &FamilySpec, node: Node<'_>, reader: &mut Reader<'_>) -> Option<Distribution> {
    let families = [
        family.fixed.value().map(|duration| Some(Distribution::Fixed { ms: duration.ms })),
        family.exponential.value().map(|spec| spec.resolve(reader)),
        family.lognormal.value().map(|spec| spec.resolve(reader)),
        family.weibull.value().map(|spec| spec.resolve(reader)),
        family.uniform.value().map(|spec| spec.resolve(reader)),
    ];
    let given: Vec<Option<Distribution>> = families.into_iter().flatten().collect();
    let names = "`fixed`, `exponential`, `lognormal`, `weibull`, `uniform`";
    match given[..] {
        _ if family.is_broken() => None,
        [only] => only,
        [] => {
            let help = format!("give one of {names}");
            reader.refuse(node, &rules::MISSING_KEY, "names no distribution", help)
        }
        [..] => {
            let (why, help) =
                (format!("names {} distributions", given.len()), format!("give exactly one of {names}"));
            reader.refuse(node, &rules::CONFLICTING_KEYS, why, help)
        }
    }
}

impl ExponentialSpec {
    fn resolve(&self, reader: &mut Reader<'_>) -> Option<Distribution> {
        Some(Distribution::Exponential { mean_ms: positive_ms(&self.mean, "mean", reader)? })
    }
}

impl LognormalSpec {
    fn resolve(&self, reader: &mut Reader<'_>) -> Option<Distribution> {
        let median_ms = positive_ms(&self.median, "median", reader);
        let sigma = within(&self.sigma, "sigma", SIGMAS, reader);
        Some(Distribution::Lognormal { median_ms: median_ms?, sigma: sigma? })
    }
}

impl WeibullSpec {
    fn resolve(&self, reader: &mut Reader<'_>) -> Option<Distribution> {
        let scale_ms = positive_ms(&self.scale, "scale", reader);
        let shape = within(&self.shape, "shape", SHAPES, reader);
        Some(Distribution::Weibull { scale_ms: scale_ms?, shape: shape? })
    }
}

impl UniformSpec {
    fn resolve(&self, reader: &mut Reader<'_>) -> Option<Distribution> {
        let to_ms = positive_ms(&self.to, "to", reader)?;
        if self.from.is_broken() {
            return None;
        }
        let from_ms = self.from.value().map_or(0.0, |from| from.ms as f64);
        if from_ms >= to_ms {
            let message = "`to` of a uniform distribution must be greater than `from`";
            reader.report(rules::OUT_OF_RANGE.at(self.to.span().unwrap_or_default(), message));
            return None;
        }
        Some(Distribution::Uniform { from_ms, to_ms })
    }
}

fn positive_ms(field: &Field<Duration>, key: &str, reader: &mut Reader<'_>) -> Option<f64> {
    let Written { value, span } = field.get()?;
    if value.ms == 0 {
        let message = format!("`{key}` of a distribution must be greater than 0");
        let help = "write \"immediate\" instead of the distribution for no delay";
        reader.report(rules::OUT_OF_RANGE.at(*span, message).help(help));
        return None;
    }
    Some(value.ms as f64)
}

fn within(
    field: &Field<Positive>,
    key: &str,
    range: std::ops::RangeInclusive<f64>,
    reader: &mut Reader<'_>,
) -> Option<f64> {
    let Written { value: Positive(value), span } = field.get()?;
    if !range.contains(value) {
        let message = if value > range.end() {
            format!("`{key}` must be at most {}", range.end())
        } else {
            format!("`{key}` must be at least {}", range.start())
        };
        reader.report(rules::OUT_OF_RANGE.at(*span, message));
        return None;
    }
    Some(*value)
}

schema! {
    DistributionText, "Distribution", by name: |generator| {
        let duration = generator.subschema_for::<Duration>();
        let family = generator.subschema_for::<FamilySpec>();
        json_schema!({
            "description": "A distribution of durations: \"4m\", \"immediate\", or { lognormal = { median = \"4m\", sigma = 0.3 } }.",
            "anyOf": [duration, { "const": "immediate" }, family],
        })
    }
}
