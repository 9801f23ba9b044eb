//! The kinds of values a key can have: how each is written, read, refused and described in the schema.
//!
//! Each type reads one TOML value without looking at any other; what depends on two values is checked
//! when the plan is resolved.

mod attached;
mod date;
mod distribution;
mod duration;
mod hours;
mod instant;
mod names;
mod number;
mod percent;
mod plain;
mod precision;
mod schema;
mod several;
mod shares;
mod text;

pub use attached::Attached;
pub use date::DateText;
pub use distribution::{DistributionText, IMMEDIATE};
pub use duration::Duration;
pub use hours::HoursText;
pub use instant::{Datapoints, Seed, StartText};
pub use names::Names;
pub use number::{Int, NonNegative, Positive, Real};
pub use percent::{AtOnce, HostCount, HostLimit, MAX_HOSTS, Percent};
pub use precision::PrecisionText;
pub(super) use schema::{schema, string_pattern};
pub use several::Several;
pub use shares::{Points, Shares};
pub use text::{Name, Text};
