//! Values of single keys: what is written, or what stands for it where nothing was. Nothing is reported here.

use crate::plan::HostShare;
use crate::random::Distribution;
use crate::scenario::reader::Field;
use crate::scenario::value::{DistributionText, Duration, HostCount, Name, Percent, Text};

/// A time of no length.
pub(super) const IMMEDIATE: Distribution = Distribution::Fixed { ms: 0 };

/// Free text, empty where it was left out.
pub(super) fn text(field: &Field<Text>) -> String {
    field.value().map_or_else(String::new, |Text(text)| text.clone())
}

/// A name, empty where it was reported.
pub(super) fn name(field: &Field<Name>) -> String {
    field.value().map_or_else(String::new, |Name(name)| name.clone())
}

/// A probability, exact up to the one division.
pub(super) fn ratio(field: &Field<Percent>, default: f64) -> f64 {
    field.value().map_or(default, |Percent(ratio)| ratio.as_f64())
}

/// A distribution, or `default` where it was left out.
pub(super) fn distribution(field: &Field<DistributionText>, default: Distribution) -> Distribution {
    given(field).unwrap_or(default)
}

/// A distribution, none where it was left out.
pub(super) fn given(field: &Field<DistributionText>) -> Option<Distribution> {
    field.value().map(|DistributionText(distribution)| *distribution)
}

/// A share of hosts, or `default` where it was left out.
pub(super) fn share(field: &Field<HostCount>, default: HostShare) -> HostShare {
    field.value().map_or(default, |HostCount(share)| *share)
}

/// Milliseconds, 0 where it was left out.
pub(super) fn ms(field: &Field<Duration>) -> u64 {
    field.value().map_or(0, |duration| duration.ms)
}
