//! One rollout in lanes: what each place or wave does over time, and how many of its hosts are impaired, as a height. Knows
//! no instants of the incident and draws no axis.

use super::canvas::{Canvas, Font, Point};
use super::pen::{Mark, Texture};
use super::theme::Ink;
use super::{SMALL, fitted};
use crate::ids::{RegionId, ZoneId};
use crate::outcome::Outcome;
use crate::plan::Plan;
use crate::report::fleet_film::FleetFilm;
use crate::report::text;
use crate::report::timeline::history::{
    PlaceHistory, PlacePhase, RolloutHistory, Stretch, WaveHistory, by_region,
};
use crate::rollout::RolloutRecord;
use std::collections::{BTreeMap, BTreeSet};

/// One trial of a strategy, folded to be drawn.
#[derive(Debug)]
pub struct PlayedTrial<'r> {
    pub(super) plan: &'r Plan,
    pub(super) strategy: usize,
    pub(super) trial: u64,
    pub(super) outcome: &'r Outcome,
    pub(super) history: RolloutHistory<'r>,
    pub(super) film: FleetFilm,
}

impl<'r> PlayedTrial<'r> {
    /// What the records of a trial of a strategy (an index), in order of time, and its outcome make.
    ///
    /// # Panics
    /// If there is no such strategy.
    #[must_use]
    pub fn new(
        plan: &'r Plan,
        strategy: usize,
        trial: u64,
        outcome: &'r Outcome,
        records: &'r [RolloutRecord],
    ) -> Self {
        let history = RolloutHistory::new(plan, outcome, records);
        let film = FleetFilm::new(plan, strategy, outcome, records);
        Self { plan, strategy, trial, outcome, history, film }
    }

    /// The strategy's name.
    pub(super) fn name(&self) -> &'r str {
        &self.plan.strategies[self.strategy].name
    }

    /// When nothing is drawn any more: harm may go on after the rollout.
    pub(super) fn end_ms(&self) -> u64 {
        self.film.end_ms.max(self.history.end_ms)
    }

    /// The waves that began, with their names.
    pub(super) fn waves(&self) -> Vec<(&'r str, &WaveHistory<'r>)> {
        let waves = &self.plan.strategies[self.strategy].waves;
        self.history.waves.iter().map(|wave| (waves[wave.wave as usize].name.as_str(), wave)).collect()
    }

    /// From the first impaired host to the last moment that one is.
    pub(super) fn harmed_ms(&self) -> Option<(u64, u64)> {
        let harm = self.harm(|_| true);
        let from_ms = harm.iter().find(|(_, hosts)| *hosts > 0)?.0;
        let last = harm.last().filter(|(_, hosts)| *hosts == 0).map_or(self.end_ms(), |(at_ms, _)| *at_ms);
        Some((from_ms, last.max(from_ms + 1)))
    }

    /// How many hosts of some zones (indices) are impaired, from each instant on.
    fn harm(&self, is_in: impl Fn(usize) -> bool) -> Vec<(u64, u64)> {
        let mut of_zone = vec![0; self.film.zones.len()];
        let (mut hosts, mut steps) = (0, Vec::<(u64, u64)>::new());
        for change in self.film.changes.iter().filter(|change| is_in(change.zone)) {
            let now = u64::from(change.now.impaired);
            hosts = hosts + now - of_zone[change.zone];
            of_zone[change.zone] = now;
            steps.pop_if(|(at_ms, _)| *at_ms == change.at_ms);
            if steps.last().map_or(0, |(_, before)| *before) != hosts {
                steps.push((change.at_ms, hosts));
            }
        }
        steps
    }

    /// A lane a zone, or a region where there are more zones than `most`; of those that the rollout or harm reached.
    pub(super) fn by_place(&self, most: usize, only_harmed: bool) -> Vec<Lane> {
        let zones = &self.plan.fleet.zones;
        let mut is_harmed = vec![false; self.film.zones.len()];
        self.film.changes.iter().for_each(|change| is_harmed[change.zone] |= change.now.impaired > 0);
        let ids = self.ids();
        let mut places = self.history.zones.clone();
        let reached: BTreeSet<String> = places.iter().map(|place| place.name.clone()).collect();
        for (name, id) in ids.iter().filter(|(name, id)| is_harmed[**id] && !reached.contains(*name)) {
            let (region, phases, impaired) = (zones[ZoneId::new(*id)].region, Vec::new(), Vec::new());
            places.push(PlaceHistory { region, name: name.clone(), phases, impaired });
        }
        let order = |region: RegionId| self.history.zones.iter().position(|reached| reached.region == region);
        places.sort_by_key(|place| (order(place.region).unwrap_or(usize::MAX), place.region));
        if only_harmed {
            places.retain(|place| is_harmed[ids[&place.name]]);
        }
        let lane = |place: PlaceHistory, is_in: &dyn Fn(usize) -> bool| {
            let hosts = self.hosts(is_in);
            let (region, phases) = (Some(place.region), self.extended(place.phases));
            Lane { name: place.name, region, hosts, phases, harm: self.harm(is_in) }
        };
        if places.len() <= most {
            let of_zone = |place: PlaceHistory| {
                let id = ids[&place.name];
                lane(place, &|zone| zone == id)
            };
            return places.into_iter().map(of_zone).collect();
        }
        let of_region = |place: PlaceHistory| {
            let region = place.region;
            lane(place, &|zone| zones[ZoneId::new(zone)].region == region)
        };
        by_region(self.plan, &places).into_iter().map(of_region).collect()
    }

    /// The index of each zone by what its place is called.
    fn ids(&self) -> BTreeMap<String, usize> {
        let all = 0..self.film.zones.len();
        all.map(|id| (self.plan.fleet.zone_name(ZoneId::new(id)), id)).collect()
    }

    /// A lane a wave of the plan, those that never began too; one more for harm elsewhere.
    pub(super) fn by_wave(&self) -> Vec<Lane> {
        let mut is_elsewhere = vec![true; self.film.zones.len()];
        let lane = |name: String, phases, is_in: &[bool]| {
            let (hosts, harm) = (self.hosts(|zone| is_in[zone]), self.harm(|zone| is_in[zone]));
            Lane { name, region: None, hosts, phases, harm }
        };
        let mut before_ms = 0;
        let mut lanes = Vec::new();
        for (index, wave) in self.plan.strategies[self.strategy].waves.iter().enumerate() {
            let mut is_in = vec![false; is_elsewhere.len()];
            let mut phases = Vec::new();
            if let Some(ran) = self.history.waves.iter().find(|ran| ran.wave as usize == index) {
                for visit in &ran.visits {
                    is_in[visit.zone as usize] = true;
                    is_elsewhere[visit.zone as usize] = false;
                }
                if index > 0 && before_ms < ran.from_ms {
                    phases.push((before_ms, ran.from_ms, LanePhase::Waiting));
                }
                phases.extend(self.wave_phases(ran, &is_in));
                before_ms = ran.to_ms;
            }
            lanes.push(lane(wave.name.clone(), phases, &is_in));
        }
        let elsewhere = lane("no wave reached it".to_owned(), Vec::new(), &is_elsewhere);
        lanes.extend(Some(elsewhere).filter(|lane| lane.most() > 0));
        lanes
    }

    /// What a wave's zones do together, and its own bake.
    fn wave_phases(&self, wave: &WaveHistory, is_in: &[bool]) -> Vec<(u64, u64, LanePhase)> {
        let ids = self.ids();
        let places = self.history.zones.iter().filter(|place| is_in[ids[&place.name]]);
        // One place of all of them: they share a region as far as the fold is concerned.
        let region = RegionId::new(0);
        let places: Vec<PlaceHistory> =
            places.map(|place| PlaceHistory { region, ..place.clone() }).collect();
        if places.is_empty() {
            return Vec::new();
        }
        let together = by_region(self.plan, &places).remove(0);
        let mut phases = Vec::new();
        for (from_ms, to_ms, phase) in self.extended(together.phases) {
            let bakes = phase == LanePhase::Updated && from_ms < wave.to_ms && to_ms > wave.bake_ms;
            if bakes {
                let (from_bake, to_bake) = (from_ms.max(wave.bake_ms), to_ms.min(wave.to_ms));
                phases.push((from_ms, from_bake, phase));
                phases.push((from_bake, to_bake, LanePhase::Baking));
                phases.push((to_bake, to_ms, phase));
            } else {
                phases.push((from_ms, to_ms, phase));
            }
        }
        phases.retain(|(from_ms, to_ms, _)| from_ms < to_ms);
        phases
    }

    fn hosts(&self, is_in: impl Fn(usize) -> bool) -> u64 {
        let zones = self.film.zones.iter().enumerate().filter(|(zone, _)| is_in(*zone));
        zones.map(|(_, zone)| u64::from(zone.hosts)).sum()
    }

    /// What lasts until the last record lasts as long as anything is drawn.
    fn extended(&self, phases: Vec<Stretch<PlacePhase>>) -> Vec<(u64, u64, LanePhase)> {
        let end_ms = self.end_ms();
        let extend = |Stretch { from_ms, to_ms, what }| {
            let lasts = to_ms == self.history.end_ms && what == PlacePhase::Updated;
            (from_ms, if lasts { end_ms } else { to_ms }, LanePhase::of(what))
        };
        phases.into_iter().map(extend).collect()
    }
}

/// What a lane shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LanePhase {
    Waiting,
    Deploying,
    Baking,
    Updated,
    RollingBack,
}

impl LanePhase {
    /// All of them, as legends list them.
    pub const ALL: [Self; 5] =
        [Self::Deploying, Self::Baking, Self::Waiting, Self::Updated, Self::RollingBack];

    fn of(phase: PlacePhase) -> Self {
        match phase {
            PlacePhase::Updated => Self::Updated,
            PlacePhase::Baking => Self::Baking,
            PlacePhase::Deploying => Self::Deploying,
            PlacePhase::RollingBack => Self::RollingBack,
        }
    }

    /// What it is called.
    pub fn words(self) -> &'static str {
        match self {
            Self::Waiting => "waiting for a window or a gate",
            Self::Deploying => "deploying",
            Self::Baking => "bake",
            Self::Updated => "on the new version",
            Self::RollingBack => "rolling back",
        }
    }

    /// Fills a box with what it looks like.
    pub fn fill(self, canvas: &mut Canvas, from: Point, to: Point) {
        let (ink, texture) = match self {
            Self::Waiting => (Ink::Wait, Texture::Level),
            Self::Deploying => (Ink::Deploy, Texture::Plain),
            Self::Baking => (Ink::Bake, Texture::Rising),
            Self::Updated => (Ink::Updated, Texture::Plain),
            Self::RollingBack => (Ink::Rollback, Texture::Falling),
        };
        canvas.textured(from, to, ink, texture);
    }
}

/// One lane.
#[derive(Debug, Clone)]
pub(super) struct Lane {
    pub name: String,
    /// The region, where lanes are places.
    pub region: Option<RegionId>,
    /// Hosts of it.
    pub hosts: u64,
    /// From, until, what; gaps are the old version.
    pub phases: Vec<(u64, u64, LanePhase)>,
    /// Impaired hosts from an instant on.
    pub harm: Vec<(u64, u64)>,
}

/// Where lanes are drawn, in pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct LaneFrame {
    pub left: i32,
    pub right: i32,
    pub height: i32,
    /// The last instant that is drawn.
    pub to_ms: u64,
}

impl Lane {
    /// Most of its hosts that are impaired at once.
    pub fn most(&self) -> u64 {
        self.harm.iter().map(|(_, hosts)| *hosts).max().unwrap_or(0)
    }

    /// Draws it from the pixel `y` down; `at` says where an instant is.
    pub fn draw(&self, canvas: &mut Canvas, y: i32, frame: LaneFrame, at: &dyn Fn(u64) -> i32) {
        let LaneFrame { left, right, height, .. } = frame;
        let (name, font) = fitted(&self.name, "", left - 10 - 30);
        let font = if height < 24 { Font::new(SMALL) } else { font };
        canvas.text((left - 10, y + height / 2 + 4), &name, font.ending(), Ink::Text);
        let bar = height * 45 / 100;
        for (from_ms, to_ms, phase) in &self.phases {
            let (from, to) = (at(*from_ms), at(*to_ms));
            let inset =
                if *phase == LanePhase::Updated || *phase == LanePhase::Waiting { bar / 4 } else { 0 };
            if to > from || *from_ms < frame.to_ms {
                phase.fill(canvas, (from, y + 2 + inset), (to.max(from + 1), y + 2 + bar - inset));
            }
        }
        self.draw_harm(canvas, y, frame, at);
        if self.most() > 0 {
            let words = format!("{} of {}", text::count(self.most()), text::count(self.hosts));
            let (words, font) = fitted(&words, "", 1200 - 14 - right);
            canvas.text((right + 8, y + height - 5), &words, font, Ink::Harm);
        }
    }

    /// A height a step: all of the lower half is all hosts.
    fn draw_harm(&self, canvas: &mut Canvas, y: i32, frame: LaneFrame, at: &dyn Fn(u64) -> i32) {
        if self.most() == 0 {
            return;
        }
        let base = y + frame.height - 2;
        let full = f64::from(frame.height * 45 / 100);
        let words = format!(
            "{}: at most {} of {} impaired",
            self.name,
            self.most(),
            text::counted(self.hosts, "host")
        );
        canvas.mark(Mark { words, data: Vec::new() }, |canvas| {
            let until = self.harm.iter().skip(1).map(|(at_ms, _)| *at_ms).chain([frame.to_ms]);
            let mut columns: Vec<(i32, i32, i32)> = Vec::new();
            for ((from_ms, hosts), to_ms) in self.harm.iter().zip(until) {
                if *hosts == 0 || to_ms < *from_ms {
                    continue;
                }
                let up = (*hosts as f64 / self.hosts.max(1) as f64 * full).round().max(2.0) as i32;
                let (from, to) = (at(*from_ms), at(to_ms).max(at(*from_ms) + 2));
                match columns.last_mut() {
                    // Many steps within a pixel are one column, as high as the highest.
                    Some(last) if last.1 >= to => last.2 = last.2.max(up),
                    Some(last) if last.2 == up && last.1 >= from => last.1 = to,
                    Some(last) => {
                        let from = from.max(last.1);
                        columns.push((from, to, up));
                    }
                    None => columns.push((from, to, up)),
                }
            }
            for (from, to, up) in columns {
                canvas.rect((from, base - up), (to.min(frame.right + 2), base), Ink::Harm, 1.0);
            }
        });
    }
}
