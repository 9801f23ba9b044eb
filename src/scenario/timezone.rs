//! Time zones and the traffic of a day: a local curve becomes 24 factors by hour of the UTC day.
//!
//! Only the offset at 2026-01-15T00:00Z is used: daylight saving is not modelled, and an offset with
//! half or quarter hours is rounded down to the hour. The zone database is the one compiled in, so that
//! results do not depend on the machine.

use jiff::Timestamp;
use jiff::tz::TimeZoneDatabase;
use std::f64::consts::TAU;

/// 2026-01-15T00:00:00Z, in seconds since 1970.
const REFERENCE_S: i64 = 1_768_435_200;

/// Offset of the zone from UTC in whole hours, rounded down; none for an unknown zone.
pub(super) fn offset_hours(name: &str) -> Option<i64> {
    let zone = TimeZoneDatabase::bundled().get(name).ok()?;
    let reference = Timestamp::from_second(REFERENCE_S).expect("invariant: a date within jiff's range");
    Some(i64::from(zone.to_offset(reference).seconds()).div_euclid(3_600))
}

/// Every zone name there is.
pub(super) fn names() -> Vec<String> {
    TimeZoneDatabase::bundled().available().map(|name| name.to_string()).collect()
}

/// A day without a curve.
pub(super) const FLAT: [f64; 24] = [1.0; 24];

/// Local factors with their maximum 1 at `peak_hour`, `trough` at the opposite hour, a cosine between.
pub(super) fn cosine(peak_hour: u64, trough: f64) -> [f64; 24] {
    std::array::from_fn(|hour| {
        let angle = TAU * (hour as f64 - peak_hour as f64) / 24.0;
        trough + (1.0 - trough) * (1.0 + libm::cos(angle)) / 2.0
    })
}

/// Scales factors to mean 1; their sum must be positive. The sum runs from midnight on, always in the
/// same order, so that the result has the same bits everywhere.
pub(super) fn normalised(local: [f64; 24]) -> [f64; 24] {
    let mean = local.iter().sum::<f64>() / 24.0;
    local.map(|factor| factor / mean)
}

/// Factors by UTC hour from factors by local hour.
pub(super) fn to_utc(local: [f64; 24], offset_hours: i64) -> [f64; 24] {
    std::array::from_fn(|utc| local[(utc as i64 + offset_hours).rem_euclid(24) as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_those_of_january_rounded_down() {
        assert_eq!(offset_hours("UTC"), Some(0));
        assert_eq!(offset_hours("America/New_York"), Some(-5));
        assert_eq!(offset_hours("Australia/Sydney"), Some(11));
        assert_eq!(offset_hours("Asia/Kolkata"), Some(5));
        assert_eq!(offset_hours("America/St_Johns"), Some(-4));
        assert_eq!(offset_hours("Mars/Olympus_Mons"), None);
    }

    #[test]
    fn the_reference_instant_is_the_documented_one() {
        assert_eq!(Timestamp::from_second(REFERENCE_S).unwrap().to_string(), "2026-01-15T00:00:00Z");
    }

    #[test]
    fn a_local_peak_moves_west_to_later_utc_hours() {
        let local = normalised(cosine(20, 0.4));
        let utc = to_utc(local, -5);
        let peak = (0..24).max_by(|a, b| utc[*a].total_cmp(&utc[*b])).unwrap();
        assert_eq!(peak, 1, "20:00 in New York is 01:00 UTC");
        assert!((utc.iter().sum::<f64>() / 24.0 - 1.0).abs() < 1e-15);
        assert!((utc[13] / utc[1] - 0.4).abs() < 1e-12, "trough over peak");
    }
}
