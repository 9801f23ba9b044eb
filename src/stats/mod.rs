//! Samples of numbers in, estimates with intervals out; counts of two sides in, verdicts out.
//!
//! Knows nothing of rollouts and does no IO. Every function is deterministic: fixed order of
//! summation, total order of floats, and only `libm` for transcendental functions, so the same
//! numbers give the same bytes on every machine. Intervals are two-sided at [`CONFIDENCE`].

pub mod contrast;
pub mod exceedance;
pub mod front;
pub mod interval;
pub mod judge;
#[cfg(test)]
mod laws;
pub mod mean;
mod moments;
mod next_value;
pub mod paired;
pub mod proportion;
pub mod quantile;
pub mod ratio;
pub mod sample;
pub mod special;
pub mod tail;
pub mod tally;
#[cfg(test)]
mod test_uniforms;

pub use exceedance::exceedance;
pub use front::front;
pub use interval::{CONFIDENCE, Interval, TAIL, settled, sum};
pub use mean::{Mean, mean, mean_at, mean_interval_of_more};
pub use paired::{PairSums, Paired, PairedStratum, Pairs};
pub use proportion::{Proportion, proportion, proportion_at};
pub use quantile::{Quantile, Sorted};
pub use ratio::MeanRatio;
pub use sample::{NextValue, Sample, StratumValues};
pub use tail::{tail_mean, tail_mean_at};
pub use tally::{Bin, BinnedValues};
