//! What will happen, in a total order: (time, class, order of asking). It must not know what events do.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Something that happens at an instant. `generation` is that of the revision when it was planned: an
/// event of an older generation is void.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Event {
    /// A rollout stops. First, so that an alarm at the end of the last bake still counts.
    Stop { revision: usize, generation: u32 },
    /// A rollout has passed its last wave.
    Done { revision: usize, generation: u32 },
    /// A stopped rollout is taken back.
    Settled { revision: usize, generation: u32 },
    /// The next wave of a rollout begins. After all that could still take its place away.
    Wave { revision: usize, generation: u32 },
    /// A run of a stage ends.
    End { revision: usize, generation: u32 },
    /// A stage runs again after a flaky run.
    Rerun { revision: usize, generation: u32 },
    /// A rejected revision begins again.
    Rejoin { revision: usize, generation: u32 },
    /// The revert that follows a rejection is merged.
    Repair { rejection: usize },
    /// A reverted change is merged again.
    Again { change: usize },
    /// The time has come to merge the activation of a two-phase change.
    Activate { pair: usize },
    /// The source's next change is merged.
    Merge,
    /// A stage looks whether it may begin.
    Wake { stage: usize },
    /// Production looks whether it may begin.
    WakeEntry,
}

impl Event {
    /// Rank among events of one instant: what frees places, then what asks for them.
    fn class(self) -> u8 {
        match self {
            Self::Stop { .. } => 0,
            Self::Done { .. } | Self::Settled { .. } => 1,
            Self::End { .. } | Self::Rerun { .. } => 2,
            Self::Rejoin { .. } => 3,
            Self::Repair { .. } | Self::Again { .. } | Self::Activate { .. } => 4,
            Self::Merge => 5,
            Self::Wake { .. } | Self::WakeEntry => 6,
            Self::Wave { .. } => 7,
        }
    }
}

/// The queue of events of one horizon.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    heap: BinaryHeap<Reverse<(u64, u8, u64, Event)>>,
    asked: u64,
}

impl Agenda {
    /// Plans an event; one that never comes (`u64::MAX`) is not kept.
    pub(super) fn plan(&mut self, at: u64, event: Event) {
        if at < u64::MAX {
            self.asked += 1;
            self.heap.push(Reverse((at, event.class(), self.asked, event)));
        }
    }

    /// Time and class of the next event before `end`.
    pub(super) fn look_before(&self, end: u64) -> Option<(u64, u8)> {
        let Reverse((at, class, ..)) = self.heap.peek()?;
        (*at < end).then_some((*at, *class))
    }

    /// The next event before `end`.
    pub(super) fn next_before(&mut self, end: u64) -> Option<(u64, Event)> {
        self.look_before(end)?;
        self.heap.pop().map(|Reverse((at, _, _, event))| (at, event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_instant_is_ordered_by_class_and_then_by_asking() {
        let mut agenda = Agenda::default();
        agenda.plan(5, Event::Wake { stage: 1 });
        agenda.plan(5, Event::Wake { stage: 0 });
        agenda.plan(5, Event::Merge);
        agenda.plan(5, Event::Done { revision: 1, generation: 0 });
        agenda.plan(5, Event::Stop { revision: 9, generation: 0 });
        agenda.plan(u64::MAX, Event::Merge);
        agenda.plan(9, Event::Merge);
        let order: Vec<Event> =
            std::iter::from_fn(|| agenda.next_before(9)).map(|(_, event)| event).collect();
        let expected = [
            Event::Stop { revision: 9, generation: 0 },
            Event::Done { revision: 1, generation: 0 },
            Event::Merge,
            Event::Wake { stage: 1 },
            Event::Wake { stage: 0 },
        ];
        assert_eq!(order, expected);
    }
}
