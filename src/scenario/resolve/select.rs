//! Which regions each wave takes, and whether the waves of a strategy together reach every host once.

use super::fleet::ResolvedFleet;
use super::names::{self, find, some, unknown};
use crate::diagnostic::{Diagnostic, Span};
use crate::ids::{IdRange, IdVec, RegionId, ZoneId};
use crate::plan::{HostShare, Ratio};
use crate::scenario::problems::Problems;
use crate::scenario::reader::Written;
use crate::scenario::rules;
use crate::scenario::spec::{Order, SelectSpec, Selector, WaveSpec};
use crate::scenario::table::Keys;
use crate::scenario::value::{Int, Name, Percent};
use std::collections::BTreeSet;

/// What a wave does to a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WaveEffect {
    /// Deploys to more hosts, or switches requests.
    Grows,
    /// Deploys to no host, because the larger share rounds to the same number.
    Rounds,
    /// Asks for no more than there was.
    Stuck,
}

/// What the waves so far have taken.
pub(super) struct Selection<'f> {
    fleet: &'f ResolvedFleet,
    /// Hosts of each zone on the new version after the waves so far.
    reached: IdVec<ZoneId, u32>,
    /// `hosts` of the wave that selected each region last.
    written: IdVec<RegionId, Option<HostShare>>,
    /// `traffic` or `users` of that wave, and whether it is the latter.
    traffic: IdVec<RegionId, (Option<Ratio>, bool)>,
    /// Zones of each region that waves reached so far, the first ones.
    zones: IdVec<RegionId, usize>,
    /// The wave that selected each region last.
    selected_at: IdVec<RegionId, Option<Span>>,
    /// False if a selection was reported: what is left out then says nothing.
    pub sound: bool,
}

impl<'f> Selection<'f> {
    /// Before the first wave.
    pub fn new(fleet: &'f ResolvedFleet) -> Self {
        Self {
            fleet,
            reached: vec![0; fleet.plan.zones.len()].into(),
            written: vec![None; fleet.plan.regions.len()].into(),
            traffic: vec![(None, false); fleet.plan.regions.len()].into(),
            zones: vec![0; fleet.plan.regions.len()].into(),
            selected_at: vec![None; fleet.plan.regions.len()].into(),
            sound: fleet.names_known,
        }
    }

    /// The regions of the next wave, in start order.
    pub fn select(&mut self, wave: &WaveSpec, header: Span, problems: &mut Problems) -> Vec<RegionId> {
        let Some(Written { value: selector, span }) = wave.regions.get() else {
            self.sound = false;
            return Vec::new();
        };
        let regions = match selector {
            Selector::All => self.selected_at.ids().collect(),
            Selector::Rest => self.candidates(),
            Selector::Names(names) => self.named(names, problems),
            Selector::Table(table) => self.filtered(table, *span, problems),
        };
        if regions.is_empty() && self.sound {
            let help =
                "earlier waves have taken what it could select; remove it or select fewer regions earlier";
            problems.report_once(rules::EMPTY_WAVE.at(*span, "this wave selects no region").help(help));
            self.sound = false;
        }
        let place = wave.hosts.span().or(wave.zones.span()).unwrap_or(*span);
        self.take(&regions, wave, (header, place), problems);
        regions
    }

    /// The next step of a ladder in the same regions.
    pub fn climb(
        &mut self,
        regions: Vec<RegionId>,
        step: &WaveSpec,
        header: Span,
        problems: &mut Problems,
    ) -> Vec<RegionId> {
        let places = [step.hosts.span(), step.zones.span(), step.traffic.span(), step.users.span()];
        let place = places.into_iter().flatten().next().unwrap_or(header);
        self.take(&regions, step, (header, place), problems);
        regions
    }

    /// A wave takes these regions to its hosts and its traffic, which were written at `place`.
    fn take(
        &mut self,
        regions: &[RegionId],
        wave: &WaveSpec,
        (header, place): (Span, Span),
        problems: &mut Problems,
    ) {
        self.sound &= !wave.hosts.is_broken();
        self.advance(regions, wave, place, problems);
        for &region in regions {
            self.selected_at[region] = Some(header);
        }
    }

    /// Regions that no earlier wave selected, in the order of the fleet.
    fn candidates(&self) -> Vec<RegionId> {
        self.selected_at.ids().filter(|&region| self.selected_at[region].is_none()).collect()
    }

    fn named(&mut self, listed: &[Written<Name>], problems: &mut Problems) -> Vec<RegionId> {
        let regions = &self.fleet.plan.regions;
        let mut selected = Vec::new();
        for written in listed {
            let known = regions.iter().map(|region| region.name.as_str());
            match find(written, &names::REGION, known, self.fleet.names_known, problems).map(RegionId::new) {
                Some(index) if selected.contains(&index) => {
                    let message = format!("this wave selects `{}` twice", written.value.0);
                    problems.report_once(rules::NO_GROWTH.at(written.span, message).help("remove one"));
                    self.sound = false;
                }
                Some(index) => selected.push(index),
                None => self.sound = false,
            }
        }
        selected
    }

    fn filtered(&mut self, table: &SelectSpec, span: Span, problems: &mut Problems) -> Vec<RegionId> {
        if table.is_broken() {
            self.sound = false;
        }
        let regions = &self.fleet.plan.regions;
        let mut selected = self.candidates();
        if let Some(Written { value: Name(label), span }) = table.label.get() {
            let labels: BTreeSet<&str> =
                regions.iter().flat_map(|region| &region.labels).map(String::as_str).collect();
            if !labels.contains(label.as_str()) && self.fleet.names_known {
                unknown(&names::LABEL, label, *span, labels.iter().copied(), problems);
                self.sound = false;
            }
            selected.retain(|&region| regions[region].labels.contains(label));
        }
        // The sort is stable: regions with equal traffic stay in the order of the fleet.
        let rate = |region: &RegionId| regions[*region].requests_per_second;
        match table.order.or(Order::Listed) {
            Order::Listed => {}
            Order::LowTrafficFirst => selected.sort_by(|a, b| rate(a).total_cmp(&rate(b))),
            Order::HighTrafficFirst => selected.sort_by(|a, b| rate(b).total_cmp(&rate(a))),
        }
        let wanted = self.wanted(table, selected.len(), span, problems);
        selected.truncate(wanted);
        selected
    }

    /// How many of `available` regions the table takes.
    fn wanted(&mut self, table: &SelectSpec, available: usize, span: Span, problems: &mut Problems) -> usize {
        match (table.count.get(), table.percent.get()) {
            (Some(count), Some(percent)) => {
                problems.exclude(("count", count.span), ("percent", percent.span));
                self.sound = false;
                available
            }
            (Some(Written { value: Int(count), .. }), None) => {
                let count = usize::try_from(*count).unwrap_or(usize::MAX);
                if count > available && available > 0 && self.sound {
                    let message =
                        format!("this wave asks for {count} regions, but can select only {available}");
                    let help = format!("write `count = {available}`");
                    problems.report_once(rules::FEWER_REGIONS.at(span, message).help(help));
                }
                count
            }
            (None, Some(Written { value: share, span })) if share.is_zero() => {
                let message = "`percent` is 0 %, which selects no region";
                let help = "write more than \"0%\"; at least one region is taken";
                problems.report_once(rules::OUT_OF_RANGE.at(*span, message).help(help));
                self.sound = false;
                available
            }
            (None, Some(Written { value: Percent(share), .. })) => {
                (share.floor_of(available as u64) as usize).max(1)
            }
            (None, None) => available,
        }
    }

    /// Takes the hosts of `regions` to `hosts`; reports regions in which that is no step forward.
    fn advance(&mut self, regions: &[RegionId], wave: &WaveSpec, place: Span, problems: &mut Problems) {
        self.sound &= !wave.zones.is_broken();
        let share = wave.traffic.value().or(wave.users.value()).map(|share| share.0);
        let traffic = (share, !wave.users.is_absent());
        let (hosts, zones) = (wave.hosts.or(HostShare::ALL), wave.zones.or(HostShare::ALL));
        let mut stuck = Vec::new();
        let mut first = None;
        let mut idle = true;
        for &region in regions {
            let reached = self.zones_of(region, zones);
            let step = self.step(region, hosts, (traffic, &reached));
            idle &= step != WaveEffect::Grows;
            if step == WaveEffect::Stuck {
                stuck.push(self.fleet.plan.regions[region].name.as_str());
                first = first.or(self.selected_at[region]);
                continue;
            }
            self.written[region] = Some(hosts);
            self.traffic[region] = traffic;
            self.zones[region] = self.zones[region].max(reached.len());
            for zone in reached {
                self.reached[zone] = hosts.reach_of(self.fleet.plan.zones[zone].hosts);
            }
        }
        if !self.sound || !self.fleet.sound {
            return;
        }
        if !stuck.is_empty() {
            let message = format!("this wave deploys to no more hosts of {}", some(&stuck));
            let help = "`hosts` and `zones` count from the first wave on: let one grow from wave to wave, or change `traffic`";
            let problem = rules::NO_GROWTH.at(place, message).and(first, "this wave got as far or further");
            problems.report_once(problem.help(help));
            self.sound = false;
        } else if idle && !regions.is_empty() {
            let message = "this wave deploys to no host: its zones are too small for the difference";
            let help = "make the step larger, or drop the wave and its bake";
            problems.report_once(rules::IDLE_WAVE.at(place, message).help(help));
        }
    }

    /// The first zones of a region, as many as a wave reaches.
    fn zones_of(&self, region: RegionId, zones: HostShare) -> IdRange<ZoneId> {
        let all = &self.fleet.plan.regions[region].zones;
        all.first(zones.reach_of(all.len() as u32) as usize)
    }

    /// What reaching `hosts` in these zones means for a region.
    fn step(
        &self,
        region: RegionId,
        hosts: HostShare,
        (traffic, zones): ((Option<Ratio>, bool), &IdRange<ZoneId>),
    ) -> WaveEffect {
        let (mut grows, mut shrinks) = (false, false);
        for zone in zones.clone() {
            let after = hosts.reach_of(self.fleet.plan.zones[zone].hosts);
            grows |= after > self.reached[zone];
            shrinks |= after < self.reached[zone];
        }
        // A share that grows may still round up to the same hosts in a small zone, which is no mistake.
        let written_grows = match (self.written[region], hosts) {
            (Some(HostShare::Share(before)), HostShare::Share(after)) => before.is_below(after),
            (Some(HostShare::Count(before)), HostShare::Count(after)) => before < after,
            // What they come to is seen zone by zone.
            (None, _)
            | (
                Some(HostShare::Share(_)),
                HostShare::Count(_) | HostShare::Rounded { .. } | HostShare::AllBut(_),
            )
            | (
                Some(HostShare::Count(_)),
                HostShare::Share(_) | HostShare::Rounded { .. } | HostShare::AllBut(_),
            )
            | (Some(HostShare::Rounded { .. } | HostShare::AllBut(_)), _) => true,
        };
        let written_grows = written_grows || zones.len() > self.zones[region];
        let switches = self.selected_at[region].is_some() && self.traffic[region] != traffic;
        if switches && !shrinks {
            return WaveEffect::Grows;
        }
        match (grows, shrinks || !written_grows) {
            (_, true) => WaveEffect::Stuck,
            (true, false) => WaveEffect::Grows,
            (false, false) => WaveEffect::Rounds,
        }
    }

    /// After the last wave: reports regions and hosts that no wave reached.
    pub fn finish(&mut self, last: &Written<WaveSpec>, problems: &mut Problems) {
        if !self.sound {
            return;
        }
        let place = last.value.regions.span().unwrap_or(last.span);
        let hosts_place = last.value.hosts.span().or(last.value.zones.span()).unwrap_or(place);
        let fleet = &self.fleet.plan;
        let left_out: Vec<&str> =
            self.candidates().into_iter().map(|region| fleet.regions[region].name.as_str()).collect();
        if !left_out.is_empty() {
            let message = format!("no wave selects {}", some(&left_out));
            let problem = Diagnostic::new(&rules::REGION_LEFT_OUT, message).at(place, "the last wave");
            problems.report_once(problem.help("add a last wave with `regions = \"rest\"`"));
        }
        let complete = |region: &RegionId| {
            fleet.regions[*region].zones.clone().all(|zone| self.reached[zone] == fleet.zones[zone].hosts)
        };
        let partial: Vec<&str> = fleet
            .regions
            .ids()
            .filter(|region| self.selected_at[*region].is_some() && !complete(region))
            .map(|region| fleet.regions[region].name.as_str())
            .collect();
        if !partial.is_empty() && self.fleet.sound {
            let message = format!("the last wave does not reach all hosts of {}", some(&partial));
            let problem = Diagnostic::new(&rules::HOSTS_LEFT_OUT, message).at(hosts_place, "the last wave");
            problems.report_once(
                problem.help("end with `hosts = \"100%\"` and `zones = \"100%\"`, the defaults"),
            );
        }
        self.sound = left_out.is_empty() && partial.is_empty();
    }
}
