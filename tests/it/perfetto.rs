//! Traces for Perfetto, read by a reader of our own: tracks exist, slices nest, lanes never overlap, flows go forward in time, counters
//! agree with the outcome. `.ci/perfetto` asks Perfetto's own trace processor as well.

use crate::support::{plan, plan_of};
use std::collections::BTreeMap;
use wavetank::outlet::shown;
use wavetank::plan::Plan;
use wavetank::report::Story;
use wavetank::report::fleet_film::{FleetFilm, MomentKind};
use wavetank::report::timeline::RolloutStory;
use wavetank::report::trains::journey::Journey;
use wavetank::study;

/// Scenarios, a strategy of each and trials of it: caught, escaped, good, cured, with switches of traffic, with people.
const TRIALS: [(&str, usize, std::ops::Range<u64>); 8] = [
    ("scenarios/small.toml", 0, 0..40),
    ("scenarios/small.toml", 2, 0..10),
    ("scenarios/hands-off.toml", 0, 0..6),
    ("scenarios/hands-off.toml", 6, 6..10),
    ("scenarios/detection.toml", 0, 0..10),
    ("scenarios/incidents/cloudflare-2019-07-02.toml", 0, 0..4),
    ("scenarios/incidents/gcp-service-control-2025-06-12.toml", 0, 0..3),
    ("scenarios/incidents/datadog-2023-03-08.toml", 0, 0..2),
];

/// A field of a message.
enum Value<'b> {
    Number(u64),
    Bytes(&'b [u8]),
}

/// The fields of a message, as <https://protobuf.dev/programming-guides/encoding> lays them out.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Value<'_>)> {
    fn varint(bytes: &mut &[u8]) -> u64 {
        let (mut value, mut shift) = (0, 0);
        loop {
            let (byte, rest) = bytes.split_first().expect("a number ends");
            *bytes = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return value;
            }
            shift += 7;
        }
    }
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes);
        let value = match tag & 7 {
            0 => Value::Number(varint(&mut bytes)),
            1 => {
                let (eight, rest) = bytes.split_at(8);
                bytes = rest;
                Value::Number(u64::from_le_bytes(eight.try_into().unwrap()))
            }
            2 => {
                let length = varint(&mut bytes) as usize;
                let (content, rest) = bytes.split_at(length);
                bytes = rest;
                Value::Bytes(content)
            }
            kind => panic!("wire type {kind}"),
        };
        fields.push((tag >> 3, value));
    }
    fields
}

fn number(bytes: &[u8], field: u64) -> Option<u64> {
    let mut all = fields(bytes).into_iter();
    all.find_map(|(found, value)| match value {
        Value::Number(number) if found == field => Some(number),
        _ => None,
    })
}

fn message(bytes: &[u8], field: u64) -> Option<&[u8]> {
    let mut all = fields(bytes).into_iter();
    all.find_map(|(found, value)| match value {
        Value::Bytes(content) if found == field => Some(content),
        _ => None,
    })
}

fn text(bytes: &[u8], field: u64) -> Option<String> {
    Some(String::from_utf8(message(bytes, field)?.to_vec()).expect("UTF-8"))
}

#[derive(Debug, Clone)]
struct Slice {
    track: u64,
    from_ns: u64,
    to_ns: u64,
    depth: usize,
    name: String,
    flows: Vec<u64>,
    ends: Vec<u64>,
}

/// A trace as one would read it back.
#[derive(Debug, Default)]
struct Read {
    /// By number: its parent, its name.
    tracks: BTreeMap<u64, (Option<u64>, String)>,
    slices: Vec<Slice>,
    instants: Vec<(u64, String)>,
    /// By track: when, how much.
    counters: BTreeMap<u64, Vec<(u64, f64)>>,
}

/// Reads a trace, and holds the rules of the format meanwhile.
fn read(bytes: &[u8]) -> Read {
    let mut read = Read::default();
    let mut open: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    let mut now = 0;
    for (field, packet) in fields(bytes) {
        let Value::Bytes(packet) = packet else { panic!("a packet is a message") };
        assert_eq!((field, number(packet, 10)), (1, Some(1)), "all packets are of one sequence");
        if let Some(track) = message(packet, 60) {
            let uuid = number(track, 1).expect("a track has a number");
            let process = message(track, 3);
            let name = process.map_or_else(|| text(track, 2), |process| text(process, 6)).unwrap_or_default();
            assert!(read.tracks.insert(uuid, (number(track, 5), name)).is_none(), "two tracks {uuid}");
        }
        let Some(event) = message(packet, 11) else { continue };
        let at = number(packet, 8).expect("an event has a time");
        assert!(at >= now, "events are in order of time");
        now = at;
        let track = number(event, 11).expect("an event has a track");
        let (parent, _) = &read.tracks[&track];
        assert!(read.tracks.contains_key(&parent.expect("events are on tracks of processes")));
        let stack = open.entry(track).or_default();
        let name = text(event, 23);
        match number(event, 9) {
            Some(1) => {
                let of = |wanted| {
                    fields(event).into_iter().filter_map(move |(field, value)| match value {
                        Value::Number(number) if field == wanted => Some(number),
                        _ => None,
                    })
                };
                stack.push(read.slices.len());
                read.slices.push(Slice {
                    track,
                    from_ns: at,
                    to_ns: u64::MAX,
                    depth: stack.len() - 1,
                    name: name.expect("a slice has a name"),
                    flows: of(47).collect(),
                    ends: of(48).collect(),
                });
            }
            Some(2) => read.slices[stack.pop().expect("what ends began")].to_ns = at,
            Some(3) => read.instants.push((track, name.expect("an instant has a name"))),
            Some(4) => {
                let value = number(event, 30).map(|value| value as f64);
                let value =
                    value.or_else(|| number(event, 44).map(f64::from_bits)).expect("a counter counts");
                read.counters.entry(track).or_default().push((at, value));
            }
            other => panic!("type {other:?}"),
        }
    }
    assert!(open.values().all(Vec::is_empty), "what begins ends");
    read
}

impl Read {
    fn process_of(&self, track: u64) -> &str {
        let (parent, _) = &self.tracks[&track];
        &self.tracks[&parent.unwrap()].1
    }

    fn named(&self, process: &str, name: &str) -> Vec<u64> {
        let is = |(uuid, (_, track)): (&u64, &(Option<u64>, String))| {
            (track == name && self.tracks[uuid].0.is_some() && self.process_of(*uuid) == process)
                .then_some(*uuid)
        };
        self.tracks.iter().filter_map(is).collect()
    }

    /// No two slices of one track and depth overlap, and parts lie within what they are parts of.
    fn holds_together(&self) {
        let mut last: BTreeMap<(u64, usize), &Slice> = BTreeMap::new();
        for slice in &self.slices {
            assert!(slice.to_ns >= slice.from_ns && slice.to_ns < u64::MAX, "{slice:?}");
            if let Some(before) = last.insert((slice.track, slice.depth), slice) {
                assert!(before.to_ns <= slice.from_ns, "{before:?} and {slice:?} overlap");
            }
            if slice.depth > 0 {
                let whole = last[&(slice.track, slice.depth - 1)];
                assert!(
                    whole.from_ns <= slice.from_ns && slice.to_ns <= whole.to_ns,
                    "{slice:?} leaves {whole:?}"
                );
            }
        }
    }

    /// The slices of each flow, in the order in which they are told: each flow has two at least, and ends once at most, last.
    fn flows(&self) -> BTreeMap<u64, Vec<&Slice>> {
        let mut flows: BTreeMap<u64, Vec<&Slice>> = BTreeMap::new();
        for slice in &self.slices {
            for flow in slice.flows.iter().chain(&slice.ends) {
                let slices = flows.entry(*flow).or_default();
                assert!(
                    slices.last().is_none_or(|last| !last.ends.contains(flow)),
                    "{slice:?} after the end"
                );
                slices.push(slice);
            }
        }
        flows
    }

    fn counter(&self, process: &str, name: &str) -> &[(u64, f64)] {
        let tracks = self.named(process, name);
        tracks.first().and_then(|track| self.counters.get(track)).map_or(&[], Vec::as_slice)
    }
}

fn most(points: &[(u64, f64)]) -> f64 {
    points.iter().map(|(_, value)| *value).fold(0.0, f64::max)
}

#[test]
fn slices_nest_flows_go_forward_and_counters_agree() {
    let (mut stories, mut regions_seen) = (0, 0);
    for (file, strategy, trials) in TRIALS {
        let plan = plan(file, &[]);
        for trial in trials {
            let (outcome, records) = wavetank::replay(&plan, strategy, trial);
            let bytes = RolloutStory::new(&plan, strategy, trial, &outcome, &records).perfetto();
            let trace = read(&bytes);
            trace.holds_together();
            assert!(bytes.len() < 5_000_000, "{file}, trial {trial}: {} bytes", bytes.len());
            let flows = trace.flows();
            // An alarm that nothing follows is a story of one.
            let leads = |(flow, slices): (&u64, &Vec<&Slice>)| *flow == 1 || slices.len() > 1;
            assert!(flows.iter().all(leads), "{file}, trial {trial}: {flows:?}");
            let has_story = outcome.onset_ms.is_some_and(|onset| Some(onset) <= outcome.alarm_ms)
                && outcome.rollback_ms.is_some();
            if let (true, Some(story)) = (has_story, flows.get(&1)) {
                assert!(story[0].name.ends_with(" impaired"), "{file}, trial {trial}: {story:?}");
                stories += usize::from(story.len() == 4);
            }
            let peak = most(trace.counter("rollout", "impaired hosts"));
            assert_eq!(peak, outcome.peak_impaired_hosts as f64, "{file}, trial {trial}");
            let exposed = most(trace.counter("rollout", "hosts on the new version"));
            assert!(exposed <= outcome.peak_exposed_hosts as f64, "{file}, trial {trial}: {exposed}");
            if outcome.completed_ms.is_some() {
                assert_eq!(exposed, outcome.peak_exposed_hosts as f64, "{file}, trial {trial}");
            }
            let share = most(trace.counter("rollout", "share of traffic on the new version"));
            assert!((0.0..=100.0).contains(&share), "{share}");
            let names =
                plan.fleet.regions.iter().filter(|region| !trace.named(&region.name, "zones").is_empty());
            let touched = names.count();
            assert!(touched >= outcome.regions_touched as usize, "{file}, trial {trial}: {touched} regions");
            regions_seen += touched;
        }
    }
    assert!(stories >= 5, "onset, alarm, rollback and the zone that is back last: {stories} stories");
    assert!(regions_seen > 100, "{regions_seen}");
}

#[test]
fn a_film_counts_the_harm_that_the_outcome_counts() {
    let mut harm = 0;
    for (file, strategy, trials) in TRIALS {
        let plan = plan(file, &[]);
        for trial in trials {
            let (outcome, records) = wavetank::replay(&plan, strategy, trial);
            let film = FleetFilm::new(&plan, strategy, &outcome, &records);
            let (seen, hosts) = film.harm_until(film.end_ms);
            assert_eq!(seen, outcome.impaired_host_ms, "{file}, trial {trial}");
            assert_eq!(
                hosts > 0,
                seen > 0 && outcome.mitigated_ms.is_none(),
                "{file}, trial {trial}: {hosts}"
            );
            harm += seen;
            let onset = film.moments.iter().find(|moment| moment.kind == MomentKind::Onset);
            assert_eq!(onset.map(|moment| moment.at_ms), outcome.onset_ms);
            assert!(film.moments.is_sorted_by_key(|moment| moment.at_ms));
            assert!(film.changes.is_sorted_by_key(|change| (change.at_ms, change.zone)));
            let thinned = film.clone().thinned(200);
            assert!(thinned.changes.len() <= 200.max(plan.fleet.zones.len()));
            assert_eq!(thinned.state_at(u64::MAX), film.state_at(u64::MAX), "{file}, trial {trial}");
        }
    }
    assert!(harm > 0);
}

const HOSTILE: &str = "</script><img onerror=alert(1)>\u{202e}\u{1b}[31m";

fn hostile() -> Plan {
    let mut plan = plan("scenarios/small.toml", &[]);
    plan.fleet.regions.iter_mut().for_each(|region| region.name = HOSTILE.to_owned());
    plan.strategies.iter_mut().for_each(|strategy| {
        strategy.name = HOSTILE.to_owned();
        strategy.waves.iter_mut().for_each(|wave| wave.name = HOSTILE.to_owned());
    });
    plan
}

#[test]
fn hostile_names_are_text_whose_hidden_letters_show() {
    let plan = hostile();
    let (outcome, records) = wavetank::replay(&plan, 0, 0);
    let bytes = RolloutStory::new(&plan, 0, 0, &outcome, &records).perfetto();
    let trace = read(&bytes);
    let processes: Vec<&str> =
        trace.tracks.values().filter(|(parent, _)| parent.is_none()).map(|(_, name)| name.as_str()).collect();
    assert!(processes.contains(&shown(HOSTILE).as_ref()), "{processes:?}");
    let all = trace.slices.iter().map(|slice| &slice.name).chain(trace.tracks.values().map(|(_, name)| name));
    for name in all.chain(trace.instants.iter().map(|(_, name)| name)) {
        assert!(!name.contains(['\u{202e}', '\u{1b}']), "{name:?}");
    }
}

#[test]
fn a_pipeline_has_a_process_for_each_stage_and_wave_and_revisions_flow_through_them() {
    for (file, part) in [
        ("scenarios/pipelines/weekly.toml", None),
        ("scenarios/amazon-pipeline.toml", Some((10, 3))),
        ("scenarios/pipelines/continuous.toml", Some((3, 2))),
    ] {
        let plan = plan(file, &[]);
        let pipeline = plan.pipeline.as_ref().unwrap();
        let (_, records) = study::pipeline::replay(&plan, pipeline, 0, 0).unwrap();
        let journey = Journey::new(&plan, pipeline, 0, 0, records);
        let journey = match part {
            Some((day, days)) => journey.part(Some(day), Some(days)),
            None => journey,
        };
        let bytes = journey.perfetto();
        let trace = read(&bytes);
        trace.holds_together();
        assert!(bytes.len() < 20_000_000, "{file}: {} bytes", bytes.len());
        for stage in &pipeline.line.stages {
            assert!(!trace.named(&stage.name, "revisions").is_empty(), "{file}: {}", stage.name);
        }
        let flows = trace.flows();
        assert!(flows.len() > 1, "{file}");
        for (flow, slices) in &flows {
            assert!(
                slices.len() > 1 && slices.iter().all(|slice| slice.name == slices[0].name),
                "{file}: {flow}"
            );
            assert!(slices.is_sorted_by_key(|slice| slice.from_ns), "{file}: {slices:?}");
        }
    }
}

#[test]
fn traffic_that_is_switched_is_counted_as_it_is_switched() {
    let plan = plan_of(
        r#"
[study]
trials = 2
[[fleet.region]]
name = "r"
zones = 2
hosts-per-zone = 10
requests-per-second = 100
[change]
bad-probability = "0%"
deploy-time = "1m"
[[defect]]
name = "d"
error-ratio = "50%"
[[alarm]]
name = "a"
scope = "zone"
error-ratio = { above = "10%" }
[[strategy]]
name = "s"
max-surge = "100%"
wave = [{ regions = "all", traffic = "5%", bake = "10m" }, { regions = "all", traffic = "100%" }]
"#,
    );
    let (outcome, records) = wavetank::replay(&plan, 0, 0);
    let trace = read(&RolloutStory::new(&plan, 0, 0, &outcome, &records).perfetto());
    let values: Vec<f64> = trace
        .counter("rollout", "share of traffic on the new version")
        .iter()
        .map(|(_, value)| *value)
        .collect();
    assert!(values.contains(&5.0) && values.last() == Some(&100.0), "{values:?}");
}
