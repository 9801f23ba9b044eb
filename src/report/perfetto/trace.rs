//! A trace: processes with tracks, slices and instants on them, counters, and flows from slice to slice.
//!
//! Fields and their numbers are those of `protos/perfetto/trace/` of Perfetto: `trace_packet.proto` and, under `track_event/`,
//! `track_event.proto`, `track_descriptor.proto`, `process_descriptor.proto`, `counter_descriptor.proto`, `debug_annotation.proto`.

use super::lanes::lanes;
use super::wire::Wire;
use crate::outlet;

/// Nanoseconds in a millisecond: a trace counts in those.
const NS: u64 = 1_000_000;
/// Perfetto's numbers of the clock that traces run on, and of the wall clock.
const BOOT_CLOCK: u64 = 6;
const WALL_CLOCK: u64 = 1;
/// All packets are of one sequence, which begins with nothing to refer to.
const SEQUENCE: u64 = 1;
const CLEARED: u64 = 1;
/// Tracks and processes are ordered by their rank.
const EXPLICIT: u64 = 3;
const PROCESSES_EXPLICIT: u64 = 1;

/// A process, or a track of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrackUuid(u64);

/// A chain of slices, in order of time, that led to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlowId(pub u64);

/// Where a track stands among those of its process, and its name.
pub type RankedName<'n> = (u64, &'n str);

/// What is known of a slice beside its name and its time.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// Words.
    Text(String),
    /// A whole number.
    Number(u64),
}

/// Something that takes a time on a track, with what it consists of.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TraceSlice {
    /// It begins, in milliseconds since the start.
    pub from_ms: u64,
    /// It ends; not before it begins.
    pub to_ms: u64,
    /// What it is.
    pub name: String,
    /// What else is known of it.
    pub facts: Vec<(&'static str, Fact)>,
    /// Flows that pass it, or begin with it.
    pub flows: Vec<FlowId>,
    /// Flows that end with it.
    pub ends: Vec<FlowId>,
    /// Its parts, in order of time: see [`TraceSlice::holds`].
    inside: Vec<Self>,
}

impl TraceSlice {
    /// One of nothing but a name.
    #[must_use]
    pub fn new(from_ms: u64, to_ms: u64, name: impl Into<String>) -> Self {
        Self { from_ms, to_ms: to_ms.max(from_ms), name: name.into(), ..Self::default() }
    }

    /// The same with one more fact.
    #[must_use]
    pub fn fact(mut self, key: &'static str, fact: impl Into<Fact>) -> Self {
        self.facts.push((key, fact.into()));
        self
    }

    /// Whether that could be one of its parts: it lies within, and not before the end of the last part.
    #[must_use]
    pub fn holds(&self, part: &Self) -> bool {
        let free_from = self.inside.last().map_or(self.from_ms, |last| last.to_ms);
        free_from <= part.from_ms && part.to_ms <= self.to_ms
    }

    /// Takes a part that it [holds](TraceSlice::holds); gives any other back, which is then a slice of its own.
    ///
    /// # Errors
    /// The part, if it does not fit.
    pub fn take(&mut self, part: Self) -> Result<(), Box<Self>> {
        if self.holds(&part) {
            self.inside.push(part);
            Ok(())
        } else {
            Err(Box::new(part))
        }
    }
}

impl From<String> for Fact {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Fact {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<u64> for Fact {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

/// What an event is.
#[derive(Debug, Clone, Copy)]
enum EventType {
    Begin = 1,
    End = 2,
    Instant = 3,
    Counter = 4,
}

/// A trace so far.
#[derive(Debug, Default)]
pub struct PerfettoTrace {
    tracks: Vec<Wire>,
    /// Events and when they happen, in the order in which they are told: so events of one instant stay.
    events: Vec<(u64, Wire)>,
    processes: u64,
    wall_ms: Option<u64>,
}

impl PerfettoTrace {
    /// An empty trace, whose instant 0 is so many milliseconds of the wall clock after 1970 began, if that is known.
    #[must_use]
    pub fn new(wall_ms: Option<u64>) -> Self {
        // Nobody writes to the root: it only says that processes are in order of their ranks.
        let root = Wire::default().number(1, 0).number(19, PROCESSES_EXPLICIT);
        Self { tracks: vec![root], wall_ms, ..Self::default() }
    }

    /// A new process, under those that there are.
    pub fn process(&mut self, name: &str) -> TrackUuid {
        self.processes += 1;
        let (uuid, pid) = (self.next_uuid(), self.processes);
        let process = Wire::default().number(1, pid).text(6, &outlet::shown(name));
        let process = Wire::default().number(1, uuid.0).message(3, &process);
        self.tracks.push(process.number(11, EXPLICIT).number(12, pid));
        uuid
    }

    /// A new track of a process. Those of lower rank stand above it.
    pub fn track(&mut self, process: TrackUuid, ranked: RankedName) -> TrackUuid {
        let uuid = self.next_uuid();
        let track = self.child(uuid, process, ranked);
        self.tracks.push(track);
        uuid
    }

    /// A new track of numbers in a unit.
    pub fn counter(&mut self, process: TrackUuid, ranked: RankedName, unit: &str) -> TrackUuid {
        let uuid = self.next_uuid();
        let counter = self.child(uuid, process, ranked).message(8, &Wire::default().text(6, unit));
        self.tracks.push(counter);
        uuid
    }

    fn child(&self, uuid: TrackUuid, process: TrackUuid, (rank, name): RankedName) -> Wire {
        let child = Wire::default().number(1, uuid.0).number(5, process.0);
        child.text(2, &outlet::shown(name)).number(12, rank)
    }

    fn next_uuid(&self) -> TrackUuid {
        TrackUuid(self.tracks.len() as u64)
    }

    /// Puts slices that may overlap on as many tracks of one name as they need, so that none of a track overlap. Perfetto draws
    /// them together.
    pub fn lanes(&mut self, process: TrackUuid, ranked: RankedName, mut slices: Vec<TraceSlice>) {
        slices.sort_by_key(|slice| (slice.from_ms, slice.to_ms));
        let lanes = lanes(slices.iter().map(|slice| (slice.from_ms, slice.to_ms)));
        let mut tracks: Vec<TrackUuid> = Vec::new();
        for (slice, lane) in slices.iter().zip(lanes) {
            if lane == tracks.len() {
                tracks.push(self.track(process, ranked));
            }
            self.slice(tracks[lane], slice);
        }
    }

    fn slice(&mut self, track: TrackUuid, slice: &TraceSlice) {
        let mut begin = event(track, EventType::Begin).text(23, &outlet::shown(&slice.name));
        for (key, fact) in &slice.facts {
            let annotation = Wire::default().text(10, key);
            let annotation = match fact {
                Fact::Text(text) => annotation.text(6, &outlet::shown(text)),
                Fact::Number(number) => annotation.number(3, *number),
            };
            begin = begin.message(4, &annotation);
        }
        begin = slice.flows.iter().fold(begin, |begin, flow| begin.fixed(47, flow.0));
        begin = slice.ends.iter().fold(begin, |begin, flow| begin.fixed(48, flow.0));
        self.events.push((slice.from_ms, begin));
        slice.inside.iter().for_each(|part| self.slice(track, part));
        self.events.push((slice.to_ms, event(track, EventType::End)));
    }

    /// Something that takes no time.
    pub fn instant(&mut self, track: TrackUuid, at_ms: u64, name: &str) {
        self.events.push((at_ms, event(track, EventType::Instant).text(23, &outlet::shown(name))));
    }

    /// A counter is `value` from an instant on.
    pub fn count(&mut self, counter: TrackUuid, at_ms: u64, value: u64) {
        self.events.push((at_ms, event(counter, EventType::Counter).number(30, value)));
    }

    /// A counter is `value`, which need not be whole, from an instant on.
    pub fn measure(&mut self, counter: TrackUuid, at_ms: u64, value: f64) {
        self.events.push((at_ms, event(counter, EventType::Counter).real(44, value)));
    }

    /// The file: clocks, then what tracks there are, then events in order of time.
    #[must_use]
    pub fn into_bytes(mut self) -> Vec<u8> {
        self.events.sort_by_key(|(at_ms, _)| *at_ms);
        let mut file = Wire::default();
        let mut packet = |packet: Wire| {
            file = std::mem::take(&mut file).message(1, &packet.number(10, SEQUENCE));
        };
        let clock = |id, at: u64| Wire::default().number(1, id).number(2, at);
        packet(Wire::default().number(13, CLEARED));
        if let Some(wall_ms) = self.wall_ms {
            let clocks = Wire::default().message(1, &clock(BOOT_CLOCK, 0));
            let clocks = clocks.message(1, &clock(WALL_CLOCK, wall_ms * NS));
            packet(Wire::default().message(6, &clocks.number(2, BOOT_CLOCK)));
        }
        for track in &self.tracks {
            packet(Wire::default().message(60, track));
        }
        for (at_ms, event) in &self.events {
            packet(Wire::default().number(8, at_ms * NS).message(11, event));
        }
        file.into_bytes()
    }
}

fn event(track: TrackUuid, kind: EventType) -> Wire {
    Wire::default().number(9, kind as u64).number(11, track.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_lies_within_and_after_the_parts_before_it() {
        let mut whole = TraceSlice::new(10, 30, "whole");
        assert_eq!(whole.take(TraceSlice::new(10, 20, "first")), Ok(()));
        let early = TraceSlice::new(19, 25, "early");
        assert_eq!(whole.take(early.clone()), Err(Box::new(early)));
        let late = TraceSlice::new(25, 31, "late");
        assert_eq!(whole.take(late.clone()), Err(Box::new(late)));
        assert_eq!(whole.take(TraceSlice::new(20, 30, "second")), Ok(()));
    }

    #[test]
    fn a_name_is_written_with_what_nobody_sees_in_it() {
        let mut trace = PerfettoTrace::new(None);
        trace.process("a\u{202e}b");
        let bytes = trace.into_bytes();
        assert!(bytes.windows(9).any(|part| part == &b"a\\u202Eb\x58"[..9]), "{bytes:?}");
    }
}
