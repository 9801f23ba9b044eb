//! How fast and how far the rollout went: the part of the outcome that batches tell.

use super::deploy::{Batch, NONE};
use super::trace::Observer;
use super::trial::Trial;
use crate::outcome::{Ending, Outcome};

/// What the batches of a rollout say together.
struct Course {
    first_ms: Option<u64>,
    last_ms: Option<u64>,
    /// Hosts whose batch was done when the first alarm fired.
    exposed_at_alarm: u64,
    /// Host-time on the new version until the end, of whole batches.
    exposed_host_ms: u64,
}

impl<O: Observer> Trial<'_, O> {
    /// The outcome's speed, exposure and response; the blast radius is still to be filled in.
    pub(super) fn speed(&mut self, end_ms: u64, ending: Ending) -> Outcome {
        let stop_ms = self.response.stop_ms;
        let total = self.plan.fleet.hosts();
        let alarm = self.response.alarm;
        let complete = self.response.completed_ms.is_some();
        let exposed = match stop_ms {
            None => total - self.left_behind(),
            Some(_) => (0..self.buffers.zones.len()).map(|zone| u64::from(self.hosts_at_stop(zone))).sum(),
        };
        let Course { first_ms, last_ms, exposed_at_alarm, exposed_host_ms } = self.course(end_ms);
        Outcome {
            ending,
            defect: self.defect.map(|defect| defect as u32),
            end_ms,
            to_25_ms: self.reached_ms(total.div_ceil(4)),
            to_50_ms: self.reached_ms(total.div_ceil(2)),
            to_100_ms: last_ms.filter(|_| complete),
            completed_ms: self.response.completed_ms,
            bake_ms: complete.then_some(self.wave.path_bake_ms),
            introduced_ms: first_ms,
            activated_ms: self.activated_ms,
            onset_ms: None,
            first_failure_ms: None,
            alarm_ms: alarm.map(|(at_ms, _)| at_ms),
            alarm: alarm.map(|(_, watch)| self.buffers.watches[watch as usize].reported),
            rollback_ms: stop_ms,
            mitigation_ms: self.response.mitigation_ms,
            first_recovery_ms: None,
            half_recovered_ms: None,
            mitigated_ms: None,
            restored_ms: None,
            ignored_alarms: self.response.ignored,
            blocked_ms: self.response.blocked_ms,
            collateral_rollbacks: self.response.collateral,
            wrong_change: self.response.wrong_change,
            left_behind_hosts: self.left_behind(),
            peak_exposed_hosts: exposed,
            exposed_at_alarm_hosts: alarm.map(|_| exposed_at_alarm),
            exposed_host_ms: self.with_stop(exposed_host_ms, end_ms),
            regions_touched: self.regions_touched(),
            left_exposed_hosts: self.response.left_exposed,
            peak_impaired_hosts: 0,
            peak_impaired_zones: 0,
            peak_impaired_regions: 0,
            peak_impaired_traffic_ppm: 0,
            impaired_host_ms: 0,
            failed_requests: 0.0,
            turned_away_requests: 0.0,
            damaged_items: 0.0,
            two_regions_impaired: false,
            two_zones_impaired: false,
            first_violation_ms: None,
        }
    }

    /// Hosts that never took the change.
    fn left_behind(&self) -> u64 {
        self.buffers.zones.iter().map(|zone| u64::from(zone.left_behind)).sum()
    }

    /// Batches that end by then are done; a stop does not reach those past the waves.
    fn last_end_ms(&self, batch: &Batch) -> u64 {
        match self.response.stop_ms {
            Some(stop_ms) if !batch.past_waves => stop_ms,
            _ => u64::MAX,
        }
    }

    /// What all batches say together, in one pass.
    fn course(&self, end_ms: u64) -> Course {
        let alarm_ms = self.response.alarm.map_or(0, |(at_ms, _)| at_ms);
        let (mut first_ms, mut last_ms) = (u64::MAX, 0);
        let (mut exposed_at_alarm, mut exposed_host_ms) = (0, 0);
        for batch in &self.buffers.batches {
            let hosts = u64::from(batch.hosts);
            first_ms = first_ms.min(batch.end_ms);
            last_ms = last_ms.max(batch.end_ms);
            exposed_at_alarm += if batch.end_ms <= alarm_ms { hosts } else { 0 };
            let done = batch.end_ms <= self.last_end_ms(batch);
            exposed_host_ms += if done { hosts * end_ms.saturating_sub(batch.end_ms) } else { 0 };
        }
        let some = !self.buffers.batches.is_empty();
        let [first_ms, last_ms] = [first_ms, last_ms].map(|at_ms| some.then_some(at_ms));
        Course { first_ms, last_ms, exposed_at_alarm, exposed_host_ms }
    }

    /// When the batch completed that brought `hosts` hosts to the new version. Waves follow each
    /// other, so only the batches of the wave that crosses the mark need sorting.
    fn reached_ms(&mut self, hosts: u64) -> Option<u64> {
        let mut before = 0;
        // Hosts past the waves come whenever they like: then all batches are one group.
        let bounds = if self.strategy.bypass.is_some() { 1 } else { self.buffers.wave_batches.len() };
        for wave in 0..bounds {
            let first = self.buffers.wave_batches[wave];
            let next = self.buffers.wave_batches.get(wave + 1).copied().filter(|_| wave + 1 < bounds);
            let last = next.unwrap_or(self.buffers.batches.len());
            let batches = &self.buffers.batches[first..last];
            let in_wave: u64 = batches.iter().map(|batch| u64::from(batch.hosts)).sum();
            if before + in_wave < hosts {
                before += in_wave;
                continue;
            }
            let mut completions = std::mem::take(&mut self.buffers.completions);
            completions.clear();
            completions.extend(batches.iter().map(|batch| {
                let done = batch.end_ms <= self.last_end_ms(batch);
                (batch.end_ms, if done { batch.hosts } else { 0 })
            }));
            let at_ms = weighted_rank(&mut completions, hosts - before);
            self.buffers.completions = completions;
            return at_ms;
        }
        None
    }

    /// Exposure until `end_ms`, given that by whole batches without a rollback: hosts of interrupted batches that were
    /// done are exposed as well, and hosts that went back no longer.
    fn with_stop(&self, forward_host_ms: u64, end_ms: u64) -> u64 {
        let Some(stop_ms) = self.response.stop_ms else { return forward_host_ms };
        let zones = 0..self.buffers.zones.len();
        let interrupted: u64 = zones.clone().map(|zone| self.interrupted_hosts(zone)).sum();
        let saved: u64 = zones.map(|zone| self.retreat_saves_host_ms(zone, end_ms)).sum();
        forward_host_ms + interrupted * (end_ms - stop_ms) - saved
    }

    fn regions_touched(&self) -> u32 {
        let touched = |zone: usize| match self.response.stop_ms {
            None => self.buffers.zones[zone].done > 0 || self.buffers.zones[zone].bypass != NONE,
            Some(_) => self.hosts_at_stop(zone) > 0,
        };
        let regions = self.plan.fleet.regions.iter();
        regions.filter(|region| region.zones.clone().any(touched)).count() as u32
    }
}

/// The smallest time by which at least `wanted` hosts are done, from (time, hosts) pairs in any order: quickselect by
/// weight, linear on average. Empties `pairs`.
fn weighted_rank(pairs: &mut Vec<(u64, u32)>, mut wanted: u64) -> Option<u64> {
    while !pairs.is_empty() {
        // Batches are laid out in about the order in which they end.
        let pivot = pairs[pairs.len() / 2].0;
        let (mut before, mut with) = (0, 0);
        for &(at_ms, hosts) in &*pairs {
            before += if at_ms < pivot { u64::from(hosts) } else { 0 };
            with += if at_ms <= pivot { u64::from(hosts) } else { 0 };
        }
        if before >= wanted {
            keep(pairs, |at_ms| at_ms < pivot);
        } else if with >= wanted {
            return Some(pivot);
        } else {
            keep(pairs, |at_ms| at_ms > pivot);
            wanted -= with;
        }
    }
    None
}

/// As `Vec::retain`, without a branch that could be mispredicted.
fn keep(pairs: &mut Vec<(u64, u32)>, stays: impl Fn(u64) -> bool) {
    let mut kept = 0;
    for index in 0..pairs.len() {
        let pair = pairs[index];
        pairs[kept] = pair;
        kept += usize::from(stays(pair.0));
    }
    pairs.truncate(kept);
}

#[cfg(test)]
mod tests {
    use super::weighted_rank;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_rank_is_that_of_the_sorted_list(mut pairs in prop::collection::vec((0_u64..50, 1_u32..9), 0..60), wanted in 1_u64..300) {
            let mut sorted = pairs.clone();
            sorted.sort_unstable();
            let mut done = 0;
            let expected = sorted.iter().find(|(_, hosts)| { done += u64::from(*hosts); done >= wanted });
            prop_assert_eq!(weighted_rank(&mut pairs, wanted), expected.map(|(at_ms, _)| *at_ms));
        }
    }
}
