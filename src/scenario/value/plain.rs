//! What the plan has for each kind of value: plain numbers, times in milliseconds, names.

use super::{
    AtOnce, Datapoints, DateText, DistributionText, Duration, HostCount, HostLimit, HoursText, Int, Name,
    NonNegative, Percent, Positive, Seed, StartText, Text,
};
use crate::plan::{Concurrency, HostShare};
use crate::random::Distribution;
use crate::scenario::in_plan::InPlan;
use jiff::civil::Date;

macro_rules! in_plan {
    ($($type:ty => $plain:ty, $read:expr;)*) => {$(
        impl InPlan for $type {
            type Plain = $plain;

            fn plain(&self) -> $plain {
                let read: fn(&Self) -> $plain = $read;
                read(self)
            }
        }
    )*};
}

in_plan! {
    bool => bool, |yes| *yes;
    Name => String, |name| name.0.clone();
    Text => String, |text| text.0.clone();
    Positive => f64, |number| number.0;
    NonNegative => f64, |number| number.0;
    // Exact up to the one division.
    Percent => f64, |share| share.0.as_f64();
    HostCount => HostShare, |hosts| hosts.0;
    HostLimit => HostShare, |hosts| hosts.0;
    AtOnce => Concurrency, |count| count.0;
    Seed => u64, |seed| seed.0;
    Datapoints => Self, |datapoints| *datapoints;
    Duration => u64, |duration| duration.ms;
    StartText => Self, |start| *start;
    DateText => Date, |date| date.0;
    HoursText => [bool; 24], |hours| hours.local();
    DistributionText => Distribution, |distribution| distribution.0;
}

impl<const MIN: u64, const MAX: u64> InPlan for Int<MIN, MAX> {
    type Plain = u64;

    fn plain(&self) -> u64 {
        self.0
    }
}
