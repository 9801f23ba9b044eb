//! Hours of the local day: "09:00-17:00".

use super::{schema, string_pattern};
use crate::scenario::reader::{Node, Read, Reader};
use crate::scenario::rules;

/// Whole hours of the local day, written `"HH:00-HH:00"`; the end is not part of it, and an end at or before
/// the beginning is on the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HoursText {
    /// The first hour; 0 to 23.
    first: u8,
    /// How many there are; 1 to 24.
    length: u8,
}

impl HoursText {
    /// The whole day.
    pub const ALL_DAY: Self = Self { first: 0, length: 24 };

    fn parse(text: &str) -> Option<Self> {
        let (from, to) = text.split_once('-')?;
        let hour = |text: &str, limit: u8| {
            let hour = text.trim().strip_suffix(":00").filter(|digits| digits.len() == 2)?;
            hour.parse::<u8>().ok().filter(|hour| *hour <= limit)
        };
        let (from, to) = (hour(from, 23)?, hour(to, 24)?);
        let length = if to > from { to - from } else { to + 24 - from };
        Some(Self { first: from, length })
    }

    /// By local hour, whichever day they belong to.
    pub fn local(self) -> [bool; 24] {
        std::array::from_fn(|hour| (hour + 24 - usize::from(self.first)) % 24 < usize::from(self.length))
    }

    /// The hours that begin on a day, counted from its midnight: those after 24 are on the next day, and belong to this
    /// one.
    pub fn of_day(self) -> std::ops::Range<i64> {
        i64::from(self.first)..i64::from(self.first) + i64::from(self.length)
    }

    /// By hour of the UTC day, where the local day is `offset_hours` ahead of it.
    pub fn utc(self, offset_hours: i64) -> [bool; 24] {
        let local = self.local();
        std::array::from_fn(|utc| local[(utc as i64 + offset_hours).rem_euclid(24) as usize])
    }
}

impl Read for HoursText {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let help = "write whole hours from and to, as in \"09:00-17:00\" or \"22:00-06:00\"";
        let hours = Self::parse(reader.text(node, "hours of the day", help)?);
        hours.or_else(|| reader.refuse(node, &rules::BAD_TIME, "are not hours of the day", help))
    }
}

schema! {
    HoursText, "Hours", by name:
    string_pattern(
        "^([01][0-9]|2[0-3]):00 *- *(([01][0-9]|2[0-3]):00|24:00)$",
        "Whole hours of the local day: \"09:00-17:00\".",
    )
}

#[cfg(test)]
mod tests {
    use super::HoursText;

    fn hours(text: &str) -> Vec<usize> {
        let local = HoursText::parse(text).unwrap().local();
        (0..24).filter(|&hour| local[hour]).collect()
    }

    #[test]
    fn the_end_is_not_part_of_it_and_may_be_tomorrow() {
        assert_eq!(hours("09:00-12:00"), [9, 10, 11]);
        assert_eq!(hours("22:00-02:00"), [0, 1, 22, 23]);
        assert_eq!(HoursText::parse("22:00-02:00").unwrap().of_day(), 22..26);
        assert_eq!(hours("00:00-24:00").len(), 24);
        assert_eq!(hours("07:00-07:00").len(), 24);
        for bad in ["9:00-12:00", "09:30-12:00", "09:00", "09:00-25:00", "24:00-01:00"] {
            assert!(HoursText::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn an_hour_of_a_zone_ahead_of_utc_comes_earlier_there() {
        let utc = HoursText::parse("09:00-10:00").unwrap().utc(8);
        assert_eq!((0..24).filter(|&hour| utc[hour]).collect::<Vec<_>>(), [1]);
    }
}
