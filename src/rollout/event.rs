//! What the queue of a rollout holds: one enum, with a part for each component that handles it.
//!
//! The place of an event among others of the same instant is a function of the event itself, so that nobody who
//! schedules one can get it wrong. Nothing here says what an event does.

use super::place::{DarkPlace, FleetHost};
use crate::ids::{BatchId, GateId, RegionId, WatchId, WaveId, ZoneId};
use crate::sim::Ranked;
use crate::sim::budget::{Cause, Owner};

/// Something that will happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The way forward.
    Deployment(DeploymentEvent),
    /// Hosts that arrive and leave, requests that are switched.
    Routing(RoutingEvent),
    /// The fault and who is impaired.
    Fault(FaultEvent),
    /// Hosts out of service.
    Capacity(CapacityEvent),
    /// Evaluations of alarms.
    Alarm(AlarmEvent),
    /// What is done about an alarm.
    Response(ResponseEvent),
}

/// Steps of the way forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeploymentEvent {
    /// A wave starts that something held up.
    WaveStarts { wave: WaveId },
    /// A region starts whose window was closed.
    RegionOpens { region: RegionId },
    /// The zone's one-box bake is over and its batches are not laid out yet.
    OneBoxBaked { zone: ZoneId },
    /// The zone's deployment and its bake are over.
    ZoneDone { zone: ZoneId },
    /// The wave's bake is over.
    WaveDone,
    /// All hosts that take the change by themselves have it.
    PastWavesDone,
    /// Hosts of a batch failed for good.
    HostsFailed { batch: u32 },
    /// No host of the zone became ready for too long.
    NoProgress { zone: ZoneId },
}

/// What changes where requests go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoutingEvent {
    /// The zone has more or fewer hosts on the new version, which take it in a wave or by themselves.
    HostsMove { zone: ZoneId, hosts: i32, past_waves: bool },
    /// The zone's first hosts get no requests until these are switched.
    Withholds { zone: ZoneId },
    /// The zone's hosts of a wave are done: requests are switched as that says.
    Switches { zone: ZoneId, wave: WaveId },
    /// Requests to the zone go to the old version again.
    SwitchesBack { zone: ZoneId },
    /// All hosts of the zone are back.
    Restored { zone: ZoneId },
}

/// What moves a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultEvent {
    /// The first host of the rollout may have been exposed.
    FirstExposure,
    /// The change's latent clock ran out.
    LatentOnset,
    /// The next onset of the zone is due; its host is not known yet.
    NextOnset { zone: ZoneId },
    /// The fault wakes on the host if it is on the new version.
    Wakes { host: FleetHost },
    /// A hidden fault shows.
    Unmasks { host: FleetHost },
    /// A host with the fault is back on the old version.
    GoneBack { host: FleetHost },
    /// The old version wakes the fault on the host.
    Worsens { host: FleetHost },
    /// The host has a version without the fault.
    Treated { host: FleetHost },
    /// The host of a sick fleet takes the change, which cures it.
    TakesCure { host: FleetHost },
    /// Hosts of a sick fleet become the zone's one-box.
    OneBoxBegins { zone: ZoneId },
    /// Work on the host is done.
    Repaired { host: FleetHost },
    /// The fault wakes again on a healed host.
    Relapses { host: FleetHost },
    /// A dormant fault's trigger reaches the region.
    TriggerReaches { region: RegionId },
    /// The trigger is over there.
    TriggerEnds { region: RegionId },
    /// An hour begins, which a condition looks at.
    HourBegins,
    /// An intermittent fault pauses or comes back.
    Turns,
    /// The fault is switched off in the zone.
    SwitchedOff { zone: ZoneId },
}

/// What takes hosts out of service, and what brings them back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CapacityEvent {
    /// Hosts of a batch go out of service.
    BatchBegins { batch: BatchId, hosts: u32 },
    /// They are back.
    BatchEnds { batch: BatchId, hosts: u32 },
    /// Hosts of the zone go out of service on their way back.
    RollbackBegins { zone: ZoneId, hosts: u32 },
    /// They are back.
    RollbackEnds { zone: ZoneId, hosts: u32 },
    /// A zone or region goes dark.
    GoesDark { place: DarkPlace },
    /// It is back.
    IsBack { place: DarkPlace },
}

/// What an alarm does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlarmEvent {
    /// The watch's scope changed: its next breach has to be found anew.
    LooksAgain { watch: WatchId },
    /// The watch's datapoint breaches, unless `generation` is out of date.
    Evaluates { watch: WatchId, generation: u32 },
    /// A fixed-delay alarm has seen impairment for long enough.
    DelayOver { watch: WatchId },
    /// The alarm's result is published.
    Fires { watch: WatchId },
    /// A check of a gate failed, or only had nothing to look at.
    CheckFails { watch: WatchId, check: FailedCheck },
    /// All is known of a check of a gate that does not simply pass.
    CheckEnds { wave: WaveId, gate: GateId },
}

/// A failed check, and whether it counts or only holds the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailedCheck {
    /// It counts.
    Counts,
    /// There was nothing to check.
    HoldsOnly,
}

/// Who wants hosts to go back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoBackBy {
    /// The rollout's own reaction to an alarm.
    Reaction,
    /// People, or another rollout; they also reach hosts that took the change by themselves.
    Hand,
}

/// What is done about an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseEvent {
    /// The rollout reacts to the alarm that it acts on.
    Reacts,
    /// An alarm fires already when a wave is to start, and the rollout goes back for that.
    FiresAlready,
    /// People know what to do and want to do it.
    OperatorsReady,
    /// People do it.
    OperatorsAct,
    /// People see whether what they did has helped.
    RemedyJudged,
    /// Somebody else stops the rollout.
    OutsideStop,
    /// A gate of a wave has not held in time, or does not.
    GateFails { wave: WaveId, gate: GateId },
    /// What came later is back: now this rollout's hosts go.
    TurnToGoBack { by: GoBackBy },
}

/// What comes first among events of one instant. An evaluation sees every host that changed at its
/// instant; an action at the very end of a bake prevents the promotion.
#[derive(Debug, Clone, Copy)]
#[repr(u8)]
enum Class {
    /// A host heals, or is in service again.
    Heal,
    /// A host becomes impaired, or goes out of service.
    Impair,
    /// An alarm looks for its next breach after its scope changed.
    LookAgain,
    /// An alarm evaluates a datapoint.
    Evaluate,
    /// An alarm fires, the rollout stops, people act.
    Act,
    /// A check is judged of which all is known.
    Judge,
    /// A bake ends and the next step starts.
    Promote,
}

impl Ranked for Event {
    #[inline]
    fn class(&self) -> u8 {
        let class = match self {
            Self::Deployment(event) => event.class(),
            Self::Routing(event) => event.class(),
            Self::Fault(event) => event.class(),
            Self::Capacity(event) => event.class(),
            Self::Alarm(event) => event.class(),
            Self::Response(_) => Class::Act,
        };
        class as u8
    }

    fn cause(&self) -> Cause {
        let (owner, what, key) = match self {
            Self::Fault(event) => (Owner::Defect, event.work().0, event.work().1),
            Self::Routing(RoutingEvent::HostsMove { .. }) => {
                (Owner::Strategy, "hosts that are counted one by one as they come and go", "batch")
            }
            Self::Routing(_) => (Owner::Strategy, "switches of traffic", "traffic"),
            Self::Deployment(_) => (Owner::Strategy, "steps of waves", "wave"),
            Self::Capacity(CapacityEvent::BatchBegins { .. } | CapacityEvent::BatchEnds { .. }) => {
                (Owner::Strategy, "batches that leave service and come back", "batch")
            }
            Self::Capacity(CapacityEvent::RollbackBegins { .. } | CapacityEvent::RollbackEnds { .. }) => {
                (Owner::Strategy, "batches on their way back", "rollback")
            }
            Self::Capacity(CapacityEvent::GoesDark { .. } | CapacityEvent::IsBack { .. }) => {
                (Owner::Fleet, "places that go dark and come back", "background")
            }
            Self::Alarm(_) => (Owner::Alarms, "datapoints of alarms", "period"),
            Self::Response(_) => (Owner::Strategy, "responses", "response"),
        };
        Cause { owner, what, key }
    }

    /// Alarms come in the order in which they were opened, not in that in which their breaches happened to be found.
    #[inline]
    fn rank(&self) -> u32 {
        match self {
            Self::Alarm(
                AlarmEvent::Evaluates { watch, .. }
                | AlarmEvent::DelayOver { watch }
                | AlarmEvent::Fires { watch }
                | AlarmEvent::CheckFails { watch, .. },
            ) => watch.number(),
            Self::Alarm(AlarmEvent::LooksAgain { .. } | AlarmEvent::CheckEnds { .. })
            | Self::Deployment(_)
            | Self::Routing(_)
            | Self::Fault(_)
            | Self::Capacity(_)
            | Self::Response(_) => 0,
        }
    }
}

impl DeploymentEvent {
    #[inline]
    fn class(self) -> Class {
        match self {
            // What the rollout notices comes before it goes on.
            Self::HostsFailed { .. } | Self::NoProgress { .. } => Class::Act,
            Self::WaveStarts { .. }
            | Self::RegionOpens { .. }
            | Self::OneBoxBaked { .. }
            | Self::ZoneDone { .. }
            | Self::WaveDone
            | Self::PastWavesDone => Class::Promote,
        }
    }
}

impl RoutingEvent {
    #[inline]
    fn class(self) -> Class {
        match self {
            Self::SwitchesBack { .. } => Class::Heal,
            // Whoever was impaired there is back by then.
            Self::HostsMove { .. }
            | Self::Withholds { .. }
            | Self::Switches { .. }
            | Self::Restored { .. } => Class::Impair,
        }
    }
}

impl FaultEvent {
    /// What many of them are, and the defect's key that asks for them.
    fn work(self) -> (&'static str, &'static str) {
        match self {
            Self::FirstExposure
            | Self::LatentOnset
            | Self::NextOnset { .. }
            | Self::Wakes { .. }
            | Self::Unmasks { .. } => ("hosts on which the fault wakes one by one", "onset"),
            Self::GoneBack { .. } | Self::Worsens { .. } => {
                ("hosts with the fault that go back one by one", "reach")
            }
            Self::Treated { .. }
            | Self::TakesCure { .. }
            | Self::OneBoxBegins { .. }
            | Self::Repaired { .. }
            | Self::SwitchedOff { .. } => ("hosts that are healed one by one", "cure"),
            Self::Relapses { .. } => ("hosts on which the fault comes back", "cure.relapse"),
            Self::TriggerReaches { .. } | Self::TriggerEnds { .. } => ("triggers", "trigger"),
            Self::HourBegins => ("hours in which the fault may begin or cease to hurt", "while"),
            Self::Turns => ("turns of a fault that comes and goes", "while.on-for"),
        }
    }

    #[inline]
    fn class(self) -> Class {
        match self {
            Self::GoneBack { .. }
            | Self::Treated { .. }
            | Self::TakesCure { .. }
            | Self::OneBoxBegins { .. }
            | Self::Repaired { .. }
            | Self::TriggerEnds { .. } => Class::Heal,
            Self::FirstExposure
            | Self::LatentOnset
            | Self::NextOnset { .. }
            | Self::Wakes { .. }
            | Self::Unmasks { .. }
            | Self::Worsens { .. }
            | Self::Relapses { .. }
            | Self::TriggerReaches { .. }
            | Self::HourBegins
            | Self::Turns => Class::Impair,
            Self::SwitchedOff { .. } => Class::Act,
        }
    }
}

impl CapacityEvent {
    #[inline]
    fn class(self) -> Class {
        match self {
            Self::BatchEnds { .. } | Self::RollbackEnds { .. } | Self::IsBack { .. } => Class::Heal,
            Self::BatchBegins { .. } | Self::RollbackBegins { .. } | Self::GoesDark { .. } => Class::Impair,
        }
    }
}

impl AlarmEvent {
    #[inline]
    fn class(self) -> Class {
        match self {
            Self::LooksAgain { .. } => Class::LookAgain,
            Self::Evaluates { .. } | Self::DelayOver { .. } => Class::Evaluate,
            Self::Fires { .. } | Self::CheckFails { .. } => Class::Act,
            Self::CheckEnds { .. } => Class::Judge,
        }
    }
}

macro_rules! part_of_event {
    ($($part:ident: $name:ident),*) => { $(
        impl From<$name> for Event {
            #[inline]
            fn from(event: $name) -> Self {
                Self::$part(event)
            }
        }
    )* };
}

part_of_event! {
    Deployment: DeploymentEvent,
    Routing: RoutingEvent,
    Fault: FaultEvent,
    Capacity: CapacityEvent,
    Alarm: AlarmEvent,
    Response: ResponseEvent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_small_and_knows_its_place() {
        assert!(size_of::<Event>() <= 16, "a queue entry fits half a cache line");
        let (zone, watch) = (ZoneId::new(3), WatchId::new(7));
        let order = [
            Event::from(CapacityEvent::BatchEnds { batch: BatchId::new(0), hosts: 1 }),
            FaultEvent::NextOnset { zone }.into(),
            AlarmEvent::LooksAgain { watch }.into(),
            AlarmEvent::DelayOver { watch }.into(),
            FaultEvent::SwitchedOff { zone }.into(),
            DeploymentEvent::ZoneDone { zone }.into(),
        ];
        assert!(order.windows(2).all(|pair| pair[0].class() < pair[1].class()));
        assert_eq!(Event::from(AlarmEvent::Fires { watch }).rank(), 7);
    }
}
