//! One trial as it unfolds: how many hosts have the new version and how many are impaired at given instants, where harm is
//! done, and how far the rollout was when it was stopped. A fold over the records of a replay; it weighs nothing.

use crate::ids::{RegionId, ZoneId};
use crate::outcome::{Notice, Outcome};
use crate::plan::{Plan, Scope};
use crate::rollout::{RolloutEvent, RolloutRecord};

/// How far a rollout was when it heard the first thing that it acted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CaughtAt {
    /// An alarm over a one-box fired, in whichever wave.
    OneBox,
    /// Something else was heard during this wave (an index), its bake and its gates included.
    Wave(usize),
    /// Every host had it.
    Afterwards,
    /// Nothing was acted on.
    Nowhere,
}

/// One trial, looked at.
#[derive(Debug)]
pub(super) struct UnfoldedTrial {
    pub outcome: Outcome,
    /// Hosts on the new version at each instant.
    pub exposed: Vec<f64>,
    /// Impaired hosts at each instant.
    pub impaired: Vec<f64>,
    /// Impaired host-milliseconds by zone.
    pub harm: Vec<u64>,
    pub caught: CaughtAt,
}

/// Looks at a trial at `instants`, milliseconds since its start in ascending order.
///
/// Hosts count as on the new version when their batch is done, and in a zone that goes back evenly less from its beginning to
/// its end. Who is impaired when nobody looks any more stays so.
pub(super) fn unfold(
    plan: &Plan,
    outcome: Outcome,
    records: &[RolloutRecord],
    instants: &[u64],
) -> UnfoldedTrial {
    let mut fold = TrialFold::new(plan, records);
    let (mut exposed, mut impaired) = (Vec::new(), Vec::new());
    let mut due = instants.iter().copied().peekable();
    let mut look = |fold: &TrialFold, before_ms: u64| {
        while let Some(at_ms) = due.next_if(|at_ms| *at_ms < before_ms) {
            exposed.push(fold.exposed_at(at_ms));
            impaired.push(fold.impaired as f64);
        }
    };
    for record in records {
        look(&fold, record.at_ms);
        fold.take(record);
    }
    look(&fold, u64::MAX);
    fold.close(&outcome);
    let caught = caught(plan, &outcome, records);
    UnfoldedTrial { exposed, impaired, harm: fold.harm, caught, outcome }
}

/// A zone on its way back.
#[derive(Debug, Clone, Copy)]
struct GoingHome {
    from_ms: u64,
    to_ms: u64,
    hosts: f64,
    stay: f64,
}

impl GoingHome {
    fn hosts_at(&self, at_ms: u64) -> f64 {
        if at_ms >= self.to_ms {
            return self.stay;
        }
        let left = (self.to_ms - at_ms) as f64 / (self.to_ms - self.from_ms) as f64;
        self.stay + (self.hosts - self.stay) * left
    }
}

/// A trial so far.
struct TrialFold {
    /// Hosts on the new version by zone: of waves, and beside them.
    done: Vec<(u32, u32)>,
    /// Zones that go back, with where they will have ended and how many hosts stay.
    ends: Vec<(u64, u32)>,
    going: Vec<Option<GoingHome>>,
    sick: Vec<(u32, u64)>,
    impaired: u64,
    harm: Vec<u64>,
    /// Of all zones.
    harm_ms: u64,
}

impl TrialFold {
    fn new(plan: &Plan, records: &[RolloutRecord]) -> Self {
        let zones = plan.fleet.zones.len();
        let mut ends = vec![(0, 0); zones];
        for record in records {
            match record.event {
                RolloutEvent::ZoneRollbackDone { zone } => ends[zone as usize].0 = record.at_ms,
                RolloutEvent::HostsStay { zone, hosts } => ends[zone as usize].1 = hosts,
                _ => {}
            }
        }
        Self {
            done: vec![(0, 0); zones],
            ends,
            going: vec![None; zones],
            sick: vec![(0, 0); zones],
            impaired: 0,
            harm: vec![0; zones],
            harm_ms: 0,
        }
    }

    fn take(&mut self, record: &RolloutRecord) {
        let at_ms = record.at_ms;
        match record.event {
            RolloutEvent::BatchDone { zone, hosts_done, .. } => self.done[zone as usize].0 = hosts_done,
            RolloutEvent::PastWaves { zone, hosts } => self.done[zone as usize].1 = hosts,
            RolloutEvent::ZoneRollbackStarted { zone, hosts } => {
                let (to_ms, stay) = self.ends[zone as usize];
                let going = GoingHome { from_ms: at_ms, to_ms, hosts: hosts.into(), stay: stay.into() };
                self.going[zone as usize] = Some(going);
            }
            RolloutEvent::HostImpaired { zone, .. } => self.set_sick(at_ms, zone, |hosts| hosts + 1),
            RolloutEvent::HostHealed { zone, .. } => self.set_sick(at_ms, zone, |hosts| hosts - 1),
            RolloutEvent::ZoneImpaired { zone, hosts } => self.set_sick(at_ms, zone, |_| hosts),
            _ => {}
        }
    }

    fn set_sick(&mut self, at_ms: u64, zone: u32, change: impl FnOnce(u32) -> u32) {
        let zone = zone as usize;
        let (hosts, since_ms) = self.sick[zone];
        self.add_harm(zone, u64::from(hosts) * (at_ms - since_ms));
        let now = change(hosts);
        self.impaired = self.impaired + u64::from(now) - u64::from(hosts);
        self.sick[zone] = (now, at_ms);
    }

    fn add_harm(&mut self, zone: usize, host_ms: u64) {
        self.harm[zone] += host_ms;
        self.harm_ms += host_ms;
    }

    fn exposed_at(&self, at_ms: u64) -> f64 {
        let zones = self.done.iter().zip(&self.going);
        let hosts = zones.map(|((waves, beside), going)| match going {
            Some(going) => going.hosts_at(at_ms),
            None => f64::from(waves + beside),
        });
        hosts.sum()
    }

    /// Whoever is still impaired is so until nobody looks any more, which the outcome knows: it has all harm.
    fn close(&mut self, outcome: &Outcome) {
        if self.impaired == 0 {
            return;
        }
        let since: u128 =
            self.sick.iter().map(|(hosts, since)| u128::from(*hosts) * u128::from(*since)).sum();
        let left = u128::from(outcome.impaired_host_ms - self.harm_ms);
        let observed_ms = ((left + since) / u128::from(self.impaired)) as u64;
        for zone in 0..self.sick.len() {
            let (hosts, since_ms) = self.sick[zone];
            self.add_harm(zone, u64::from(hosts) * observed_ms.saturating_sub(since_ms));
        }
    }
}

/// How far the rollout was when it was caught.
fn caught(plan: &Plan, outcome: &Outcome, records: &[RolloutRecord]) -> CaughtAt {
    let Some(alarm_ms) = outcome.alarm_ms else { return CaughtAt::Nowhere };
    let all = plan.fleet.hosts() - outcome.left_behind_hosts;
    if outcome.exposed_at_alarm_hosts.is_some_and(|hosts| hosts >= all) {
        return CaughtAt::Afterwards;
    }
    if let Some(Notice::Alarm(alarm)) = outcome.notice
        && plan.alarms[alarm].scope == Scope::OneBox
    {
        return CaughtAt::OneBox;
    }
    let started = |record: &RolloutRecord| match record.event {
        RolloutEvent::WaveStarted { wave } if record.at_ms <= alarm_ms => Some(wave as usize),
        _ => None,
    };
    CaughtAt::Wave(records.iter().filter_map(started).next_back().unwrap_or(0))
}

/// The first wave of a strategy (an index) that reaches each zone; none where none does.
#[must_use]
pub fn first_waves(plan: &Plan, strategy: usize) -> Vec<Option<usize>> {
    let waves = &plan.strategies[strategy].waves;
    let reaches = |wave: usize, region: RegionId, zone: ZoneId| {
        let wave = &waves[wave];
        wave.regions.contains(&region) && wave.zones_of(&plan.fleet, region).contains(zone)
    };
    let first = |zone: ZoneId| {
        let region = plan.fleet.zones[zone].region;
        (0..waves.len()).find(|wave| reaches(*wave, region, zone))
    };
    plan.fleet.zones.ids().map(first).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollout::replay;

    fn small() -> Plan {
        Plan::load("scenarios/small.toml").expect("a valid scenario")
    }

    #[test]
    fn the_harm_of_all_zones_is_that_of_the_outcome() {
        let plan = small();
        let (mut harmful, mut unhealed) = (0, 0);
        for (strategy, trial) in (0..plan.strategies.len()).flat_map(|s| (0..60).map(move |t| (s, t))) {
            let (outcome, records) = replay(&plan, strategy, trial);
            let (all, healed) = (outcome.impaired_host_ms, outcome.mitigated_ms.is_some());
            let (end_ms, onset) = (outcome.end_ms, outcome.onset_ms.is_some());
            // Without what the outcome knows of the time after the last record.
            let mut fold = TrialFold::new(&plan, &records);
            records.iter().for_each(|record| fold.take(record));
            if healed {
                assert_eq!((fold.harm_ms, fold.impaired), (all, 0), "strategy {strategy}, trial {trial}");
                harmful += 1;
            } else if onset {
                let end_ms = end_ms + plan.study.observe_after_ms;
                let left: u64 =
                    fold.sick.iter().map(|(hosts, since)| u64::from(*hosts) * (end_ms - since)).sum();
                assert_eq!(fold.harm_ms + left, all, "strategy {strategy}, trial {trial}");
                unhealed += 1;
            }
            let whole = unfold(&plan, outcome, &records, &[]);
            assert_eq!(whole.harm.iter().sum::<u64>(), all);
        }
        assert!(harmful > 20 && unhealed > 0, "{harmful} healed and {unhealed} not");
    }

    #[test]
    fn exposure_crosses_a_quarter_and_a_half_when_the_outcome_says() {
        let plan = small();
        let hosts = plan.fleet.hosts();
        let mut complete = 0;
        for (strategy, trial) in (0..plan.strategies.len()).flat_map(|s| (0..30).map(move |t| (s, t))) {
            let (outcome, records) = replay(&plan, strategy, trial);
            let Some(all_ms) = outcome.to_100_ms.filter(|_| outcome.is_complete()) else { continue };
            let marks = [outcome.to_25_ms, outcome.to_50_ms, Some(all_ms)].map(Option::unwrap);
            let instants: Vec<u64> = marks.iter().flat_map(|at_ms| [at_ms - 1, *at_ms]).collect();
            let unfolded = unfold(&plan, outcome, &records, &instants);
            for (mark, share) in [hosts.div_ceil(4), hosts.div_ceil(2), hosts].into_iter().enumerate() {
                assert!(unfolded.exposed[2 * mark] < share as f64, "before");
                assert!(unfolded.exposed[2 * mark + 1] >= share as f64, "then");
            }
            complete += 1;
        }
        assert!(complete > 30, "{complete}");
    }

    #[test]
    fn hosts_go_home_evenly() {
        let going = GoingHome { from_ms: 100, to_ms: 300, hosts: 9.0, stay: 1.0 };
        assert_eq!([100, 200, 299, 300, 900].map(|at| going.hosts_at(at)), [9.0, 5.0, 1.04, 1.0, 1.0]);
    }

    #[test]
    fn zones_belong_to_the_wave_that_reaches_them_first() {
        let plan = small();
        let first = first_waves(&plan, 0);
        // us-east is the rest, eu-west the second wave, ap-south the first one.
        let expected = [2, 2, 2, 1, 1, 1, 0, 0].map(Some);
        assert_eq!(first, expected);
    }
}
