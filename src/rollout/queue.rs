//! The event queue: a binary heap with a total order, so that ties never depend on heap internals.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// What comes first among events of one instant. An evaluation sees every host that changed at its
/// instant; an action at the very end of a bake prevents the promotion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Class {
    /// A host heals: its rollback completed.
    Heal,
    /// A host becomes impaired.
    Impair,
    /// An alarm looks for its next breach after its scope changed.
    Resample,
    /// An alarm evaluates a datapoint.
    Evaluate,
    /// An alarm fires, the pipeline stops, a rollback ends.
    Act,
    /// A bake ends and the next step starts.
    Promote,
}

/// What happens. Indices are of the plan's zones, of the trial's watches, of hosts in a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Happening {
    /// The zone's one-box bake is over and its batches are not laid out yet.
    OneBoxBaked { zone: u32 },
    /// The zone's deployment and its bake are over.
    ZoneDone { zone: u32 },
    /// The wave's bake is over.
    WaveDone,
    /// The first host of the rollout may have been exposed.
    FirstExposure,
    /// The change's latent clock ran out.
    LatentOnset,
    /// The next onset of the zone is due; its host is not known yet.
    NextOnset { zone: u32 },
    /// The fault wakes on the host if it is on the new version.
    Wake { zone: u32, host: u32 },
    /// A hidden fault shows.
    Unmask { zone: u32, host: u32 },
    /// A host with the fault is back on the old version.
    GoneBack { zone: u32, host: u32 },
    /// The old version makes the host ill.
    Worsen { zone: u32, host: u32 },
    /// The host has a version without the fault.
    Treated { zone: u32, host: u32 },
    /// Work on the host is done.
    Repaired { zone: u32, host: u32 },
    /// A healed host falls ill again.
    Relapse { zone: u32, host: u32 },
    /// The zone has more or fewer hosts on the new version.
    Aboard { zone: u32, hosts: i32 },
    /// A dormant fault's trigger reaches the region.
    Trigger { region: u32 },
    /// The trigger is over there.
    TriggerOver { region: u32 },
    /// An hour begins, which a condition looks at.
    Hour,
    /// An intermittent fault pauses or comes back.
    Turn,
    /// The fault is switched off in the zone.
    Relief { zone: u32 },
    /// People know what to do and want to do it.
    OperatorsReady,
    /// People do it.
    Remedy,
    /// The hosts of a batch go out of service.
    BatchBegins { batch: u32 },
    /// They are back.
    BatchEnds { batch: u32 },
    /// More or fewer hosts of the zone are out of service.
    OutOfService { zone: u32, hosts: i32 },
    /// A zone or region goes dark.
    Dark { place: u32, region: bool, number: u32 },
    /// It is back.
    Light { place: u32, region: bool, number: u32 },
    /// Somebody else stops the rollout.
    OutsideStop,
    /// What came later is back: now this rollout's hosts go.
    TurnToGoBack { by_hand: bool },
    /// A region starts whose window was closed; `path_bake_ms` is the bake time on the path that led to it.
    RegionOpens { region: u32, path_bake_ms: u64 },
    /// A wave starts that something held up.
    StartWave { wave: u32 },
    /// The watch's scope changed: its next breach has to be found anew.
    Resample { watch: u32 },
    /// The watch's datapoint breaches, unless `generation` is out of date.
    Evaluate { watch: u32, generation: u32 },
    /// A fixed-delay alarm has seen impairment for long enough.
    DelayOver { watch: u32 },
    /// The alarm's result is published.
    Fire { watch: u32 },
    /// The pipeline reacts to the first alarm.
    Stop,
}

impl Happening {
    /// Order among events of one instant and class: alarms come in the order in which they were
    /// opened, not in that in which their breaches happened to be found.
    fn rank(self) -> u32 {
        match self {
            Self::Evaluate { watch, .. } | Self::DelayOver { watch } | Self::Fire { watch } => watch,
            _ => 0,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    /// Time, class, rank and sequence number in one integer: the whole order.
    key: u128,
    happening: Happening,
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        other.key.cmp(&self.key)
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Events by (time, class, rank, order of scheduling).
#[derive(Debug, Default)]
pub(super) struct Queue {
    heap: BinaryHeap<Entry>,
    sequence: u64,
    /// Events handed out since the queue was made: a measure of work that needs no clock.
    popped: u64,
}

impl Queue {
    /// Forgets everything but the count of what was handed out, keeps the memory.
    pub(super) fn clear(&mut self) {
        self.heap.clear();
        self.sequence = 0;
    }

    /// Schedules `happening` at `at_ms`.
    pub(super) fn push(&mut self, at_ms: u64, class: Class, happening: Happening) {
        debug_assert!(self.sequence < 1 << 32 && happening.rank() < 1 << 24, "both fit their bits");
        let order = u64::from(class as u8) << 56 | u64::from(happening.rank()) << 32 | self.sequence;
        let key = u128::from(at_ms) << 64 | u128::from(order);
        self.sequence += 1;
        self.heap.push(Entry { key, happening });
    }

    /// The next event and its time.
    pub(super) fn pop(&mut self) -> Option<(u64, Happening)> {
        let entry = self.heap.pop()?;
        self.popped += 1;
        Some(((entry.key >> 64) as u64, entry.happening))
    }

    /// Events handed out since the queue was made.
    pub(super) fn popped(&self) -> u64 {
        self.popped
    }

    /// Time of the next event.
    pub(super) fn next_at(&self) -> Option<u64> {
        self.heap.peek().map(|entry| (entry.key >> 64) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CLASSES: [Class; 6] =
        [Class::Heal, Class::Impair, Class::Resample, Class::Evaluate, Class::Act, Class::Promote];

    proptest! {
        #[test]
        fn pops_by_time_then_class_then_order(events in prop::collection::vec((0_u64..20, 0_usize..6), 0..200)) {
            let mut queue = Queue::default();
            for (order, (at_ms, class)) in events.iter().enumerate() {
                queue.push(*at_ms, CLASSES[*class], Happening::NextOnset { zone: order as u32 });
            }
            let mut expected: Vec<(u64, usize, u32)> =
                events.iter().enumerate().map(|(order, (at_ms, class))| (*at_ms, *class, order as u32)).collect();
            expected.sort_unstable();
            for (at_ms, _, order) in expected {
                prop_assert_eq!(queue.pop(), Some((at_ms, Happening::NextOnset { zone: order })));
            }
            prop_assert_eq!(queue.pop(), None);
        }
    }
}
