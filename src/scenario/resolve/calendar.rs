//! Resolves `[[pipeline.calendar]]`: days, hours, time zones, holidays and freezes become intervals in milliseconds.
//!
//! Daylight saving is the time zone database's: an office that opens at nine opens at nine all year. A calendar of local hours
//! becomes one for each time zone of the fleet.

use super::names::{self, check_listed_once, check_unique, find, unknown_time_zone};
use crate::diagnostic::Span;
use crate::ids::{CalendarId, IdVec, RegionId};
use crate::plan::Fleet;
use crate::plan::pipeline::{Calendar, WaveCalendar};
use crate::scenario::problems::Problems;
use crate::scenario::reader::{Field, Written};
use crate::scenario::rules;
use crate::scenario::spec::{CalendarSpec, PipelineSpec, ScenarioSpec};
use crate::scenario::value::{HoursText, Name, Names, Text};
use jiff::civil::{Date, Weekday, date};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Span as Time, ToSpan};
use std::collections::BTreeMap;

/// Days beyond the trial that are still resolved, so that what waits at its end sees the next opening.
const SPARE_DAYS: i64 = 40;
const DAY_MS: u64 = 86_400_000;
/// A Monday.
const FIRST_DAY: Date = date(2026, 3, 2);

/// The calendars of a pipeline.
pub(super) struct Calendars {
    /// By index.
    pub(super) list: IdVec<CalendarId, Calendar>,
    /// Open hours of an open day, by index; of what has a name.
    pub(super) hours: IdVec<CalendarId, u32>,
    /// First day of the pipeline.
    pub(super) start: Date,
    named: Vec<NamedCalendar>,
}

/// A calendar as others refer to it.
struct NamedCalendar {
    name: String,
    /// Where it was written.
    span: Span,
    hours: Hours,
}

/// Whose hours a calendar keeps; indices of the list.
#[derive(Debug, Clone)]
enum Hours {
    /// The same everywhere.
    Everywhere(CalendarId),
    /// Those of each region of the fleet.
    Local(IdVec<RegionId, CalendarId>),
}

/// What `time-zone` says for the hours of each region.
const LOCAL: &str = "local";

impl Calendars {
    /// The calendar that a key of a place without a region names, of several what any of them opens; none if there is no
    /// such key, or no such calendar, which is reported.
    pub(super) fn find(&mut self, field: &Field<Names>, problems: &mut Problems) -> Option<CalendarId> {
        let Names(names) = field.value()?;
        check_listed_once(names, problems);
        let found: Vec<CalendarId> =
            names.iter().filter_map(|name| self.everywhere(name, problems)).collect();
        self.any_of(found)
    }

    /// The calendar that a name means in a place without a region.
    pub(super) fn everywhere(&self, name: &Written<Name>, problems: &mut Problems) -> Option<CalendarId> {
        let named = self.named(name, problems)?;
        match named.hours {
            Hours::Everywhere(index) => Some(index),
            Hours::Local(_) => {
                let span = name.span;
                let message = format!("`{}` keeps the hours of each region, and this is in none", named.name);
                let help = "name a calendar with a time zone of its own; `wave-calendar` takes local ones";
                problems.report(rules::NO_LOCAL_HOURS.at(span, message).and(named.span, "").help(help));
                None
            }
        }
    }

    /// What must be open for a wave to begin; none if no key says so.
    pub(super) fn of_waves(&mut self, field: &Field<Names>, problems: &mut Problems) -> Option<WaveCalendar> {
        let Names(names) = field.value()?;
        check_listed_once(names, problems);
        let found = names.iter().filter_map(|name| self.named(name, problems));
        let hours: Vec<Hours> = found.map(|named| named.hours.clone()).collect();
        let regions = hours.iter().find_map(|hours| match hours {
            Hours::Local(by_region) => Some(by_region.ids()),
            Hours::Everywhere(_) => None,
        });
        let Some(regions) = regions else {
            let everywhere = hours.iter().filter_map(|hours| match hours {
                Hours::Everywhere(index) => Some(*index),
                Hours::Local(_) => None,
            });
            return self.any_of(everywhere.collect()).map(WaveCalendar::One);
        };
        let by_region = regions.filter_map(|region| {
            let of_region = hours.iter().map(|hours| match hours {
                Hours::Everywhere(index) => *index,
                Hours::Local(by_region) => by_region[region],
            });
            self.any_of(of_region.collect())
        });
        Some(WaveCalendar::Local(by_region.collect()))
    }

    /// What any of these opens; none of none.
    fn any_of(&mut self, mut parts: Vec<CalendarId>) -> Option<CalendarId> {
        parts.dedup();
        if parts.len() < 2 {
            return parts.pop();
        }
        let union = Calendar::any_of(parts.iter().map(|part| &self.list[*part]));
        let known = self.list.find_id(|calendar| *calendar == union);
        Some(known.unwrap_or_else(|| self.list.push(union)))
    }

    fn named(&self, written: &Written<Name>, problems: &mut Problems) -> Option<&NamedCalendar> {
        let known = self.named.iter().map(|named| named.name.as_str());
        find(written, &names::CALENDAR, known, true, problems).map(|found| &self.named[found])
    }
}

/// The day from whose midnight a scenario's instants of UTC count: its pipeline's first, or a Monday.
pub(super) fn first_day(spec: &ScenarioSpec) -> Date {
    spec.pipeline.value().map_or(FIRST_DAY, first_day_of)
}

fn first_day_of(pipeline: &PipelineSpec) -> Date {
    pipeline.start.or(FIRST_DAY)
}

/// How long a trial of the pipeline is, warm-up included.
pub(super) fn length_ms(spec: &PipelineSpec) -> u64 {
    spec.length.or(90 * DAY_MS)
}

/// Resolves all calendars of a pipeline on `fleet`; without a pipeline there are none.
pub(super) fn resolve(spec: Option<&PipelineSpec>, fleet: &Fleet, problems: &mut Problems) -> Calendars {
    let absent = PipelineSpec::default();
    let spec = spec.unwrap_or(&absent);
    let start = first_day_of(spec);
    let written = spec.calendar.list();
    check_unique("calendar", written.iter().map(|calendar| &calendar.value.name), problems);
    let days = (length_ms(spec) / DAY_MS) as i64 + SPARE_DAYS;
    let mut calendars =
        Calendars { list: IdVec::default(), hours: IdVec::default(), start, named: Vec::new() };
    for Written { value, span } in written {
        let hours = value.hours.value().copied().unwrap_or(HoursText::ALL_DAY);
        let mut add = |zone: &TimeZone| {
            calendars.hours.push(hours.of_day().count() as u32);
            calendars.list.push(resolve_one(value, hours, zone, start, days))
        };
        let hours = if value.time_zone.value().is_some_and(|Text(zone)| zone == LOCAL) {
            Hours::Local(by_region(fleet, add))
        } else {
            Hours::Everywhere(add(&zone(&value.time_zone, problems)))
        };
        check_freezes(value, problems);
        calendars.named.push(NamedCalendar { name: value.name.or_default(), span: *span, hours });
    }
    calendars
}

/// The calendar of each region, where `add` makes that of a time zone.
fn by_region(fleet: &Fleet, mut add: impl FnMut(&TimeZone) -> CalendarId) -> IdVec<RegionId, CalendarId> {
    let mut known: BTreeMap<&str, CalendarId> = BTreeMap::new();
    let indices = fleet.regions.iter().map(|region| {
        *known.entry(&region.timezone).or_insert_with(|| {
            // A zone that is not known was reported with its region.
            add(&TimeZoneDatabase::bundled().get(&region.timezone).unwrap_or(TimeZone::UTC))
        })
    });
    indices.collect()
}

/// Hours after midnight belong to the day on which they begin: a night goes on into a day on which none begins.
fn resolve_one(spec: &CalendarSpec, hours: HoursText, zone: &TimeZone, start: Date, days: i64) -> Calendar {
    let epoch = start.to_zoned(TimeZone::UTC).map_or(0, |midnight| midnight.timestamp().as_millisecond());
    let mut open = Vec::new();
    // Two days early: somewhere east it is tomorrow already, and a night may have begun the day before.
    for day in -2..days {
        let Ok(today) = start.checked_add(Time::new().days(day)) else { break };
        if !is_open(spec, today) {
            continue;
        }
        for hour in hours.of_day() {
            let midnight = today.at(0, 0, 0, 0);
            let from = midnight.checked_add(hour.hours()).unwrap_or(midnight);
            let until = from.checked_add(1.hour()).unwrap_or(from);
            let instant = |local: jiff::civil::DateTime| {
                local.to_zoned(zone.clone()).map_or(0, |zoned| zoned.timestamp().as_millisecond() - epoch)
            };
            open.push((instant(from).max(0) as u64, instant(until).max(0) as u64));
        }
    }
    Calendar::new(open)
}

fn is_open(spec: &CalendarSpec, day: Date) -> bool {
    let working = match spec.days.value() {
        Some(days) => days.iter().any(|listed| listed.value.civil() == day.weekday()),
        None => !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday),
    };
    let holidays = spec.holidays.list();
    let freezes = spec.freeze.list();
    let frozen = freezes.iter().any(|freeze| {
        freeze.value.from.given().is_some_and(|from| from <= day)
            && freeze.value.to.given().is_some_and(|to| day <= to)
    });
    working && !frozen && !holidays.iter().any(|holiday| holiday.value.0 == day)
}

fn zone(field: &Field<Text>, problems: &mut Problems) -> TimeZone {
    let Some(written) = field.get() else { return TimeZone::UTC };
    TimeZoneDatabase::bundled().get(&written.value.0).unwrap_or_else(|_| {
        unknown_time_zone(written, Some(LOCAL), problems);
        TimeZone::UTC
    })
}

/// Reports a freeze that ends before it begins.
fn check_freezes(spec: &CalendarSpec, problems: &mut Problems) {
    for freeze in spec.freeze.list() {
        if let (Some(from), Some(to)) = (freeze.value.from.get(), freeze.value.to.get())
            && to.value.0 < from.value.0
        {
            let message = "the freeze ends before it begins";
            let help = "swap the two days";
            problems.report(rules::OUT_OF_RANGE.at(to.span, message).and(from.span, "").help(help));
        }
    }
}
