//! When waves may begin: calendars of waves and of single regions, and what must be done before they close.
//!
//! "It begins only where it is done in time" is a calendar of starts: each opening ends earlier, by the length of the run. So nobody
//! after the plan needs to know what a window holds.

use super::calendar::{Calendar, WaveCalendar, WaveHolds, WaveStarts};
use crate::ids::{CalendarId, IdVec, RegionId};
use crate::plan::strategy::{Strategy, Wave};
use crate::plan::timeline::timetable_of;
use crate::plan::whole::{Line, Pipeline, Plan};

/// How long waves take, and regions in their longest wave, as far as windows hold it; milliseconds.
struct Runs {
    waves: Vec<u64>,
    regions: Vec<u64>,
}

impl Pipeline {
    /// The pipeline with `strategy` of `plan` as its production. With local hours a wave begins when the first of the regions
    /// opens that would begin with it, and every other region at its own opening.
    #[must_use]
    pub fn with_waves(&self, plan: &Plan, strategy: &Strategy) -> Line {
        let mut line = self.line.clone();
        let runs = self.runs(plan, strategy);
        for (wave, run_ms) in strategy.waves.iter().zip(&runs.waves) {
            let (window, regions) = match self.calendar_of(wave) {
                WaveCalendar::Always => (None, IdVec::default()),
                WaveCalendar::One(calendar) => {
                    (Some(starts(&mut line, *calendar, *run_ms)), IdVec::default())
                }
                WaveCalendar::Local(by_region) => {
                    let all = by_region.iter().zip(&runs.regions);
                    let windows = all.map(|(calendar, run_ms)| starts(&mut line, *calendar, *run_ms));
                    let windows: IdVec<RegionId, CalendarId> = windows.collect();
                    let first = wave.regions.iter().take(wave.regions_at_once.of(wave.regions.len()));
                    let open = Calendar::any_of(first.map(|region| &line.calendars[windows[*region]]));
                    (Some(line.calendars.push(open)), windows)
                }
            };
            line.wave_windows.push(window);
            line.watch_hours.push(match self.calendar_of(wave) {
                WaveCalendar::One(calendar) => Some(*calendar),
                WaveCalendar::Always | WaveCalendar::Local(_) => line.bake_window,
            });
            line.region_windows.push(regions);
        }
        if self.wave_starts == WaveStarts::AtOpening {
            for window in line.wave_windows.iter_mut().skip(1).flatten() {
                let openings = line.calendars[*window].openings();
                *window = line.calendars.push(openings);
            }
        }
        line
    }

    /// What must be open for a wave to begin.
    #[must_use]
    pub fn calendar_of<'a>(&'a self, wave: &'a Wave) -> &'a WaveCalendar {
        wave.calendar.as_ref().unwrap_or(&self.wave_calendar)
    }

    fn runs(&self, plan: &Plan, strategy: &Strategy) -> Runs {
        let mut runs =
            Runs { waves: vec![0; strategy.waves.len()], regions: vec![0; plan.fleet.regions.len()] };
        if self.wave_holds == WaveHolds::Start {
            return runs;
        }
        for deployed_by in self.deployed_by(strategy) {
            for (run_ms, times) in runs.waves.iter_mut().zip(timetable_of(plan, deployed_by).waves) {
                let until_ms =
                    if self.wave_holds == WaveHolds::Deployment { times.deployed_ms } else { times.end_ms };
                *run_ms = (*run_ms).max(until_ms - times.start_ms);
                for (region, run_ms) in plan.fleet.regions.ids().zip(&mut runs.regions) {
                    let own =
                        times.deployments.iter().filter(|one| plan.fleet.zones[one.zone].region == region);
                    let from = own.clone().map(|one| one.start_ms).min();
                    let to = own.map(|one| one.end_ms).max();
                    *run_ms = (*run_ms).max(from.zip(to).map_or(0, |(from, to)| to - from));
                }
            }
        }
        runs
    }
}

/// The calendar in which a run of `run_ms` may begin that is done before `calendar` closes.
fn starts(line: &mut Line, calendar: CalendarId, run_ms: u64) -> CalendarId {
    if run_ms == 0 {
        return calendar;
    }
    let open = line.calendars[calendar].intervals().iter();
    let starts = open.filter(|(from, to)| to - from >= run_ms).map(|(from, to)| (*from, to - run_ms + 1));
    let starts = Calendar::new(starts.collect());
    line.calendars.push(starts)
}
