//! Weeks of a pipeline as a trace that Perfetto opens: each stage and wave is a process, revisions are slices on lanes in it.

use super::text::Told;
use super::{Diagram, Doing, Leg, TimeSpan, Train, TrainFate};
use crate::report::perfetto::{FlowId, PerfettoTrace, RankedName, TraceSlice, TrackUuid};

const REVISIONS: &str = "revisions";

/// The trace of the revisions that are on their way within `span`, as the bytes of a file.
pub(super) fn bytes(told: &Told, diagram: &Diagram, span: TimeSpan) -> Vec<u8> {
    let mut trace = PerfettoTrace::new(told.dates.unix_ms());
    let line = trace.process("pipeline");
    trace.lanes(line, (1, "pipeline"), vec![whole(told, span)]);
    let blocked = diagram.blocked.iter().filter(|one| one.from_ms < span.to_ms && one.to_ms > span.from_ms);
    let blocked = blocked.map(|one| TraceSlice::new(one.from_ms, one.to_ms, "blocked for a revert"));
    trace.lanes(line, (2, "the line is blocked"), blocked.collect());
    let trains: Vec<&Train> = diagram.trains.iter().filter(|train| train.is_within(span)).collect();
    let ways: Vec<TimeSpan> = trains
        .iter()
        .map(|train| TimeSpan { from_ms: train.set_out_ms, to_ms: train.end_ms })
        .filter(|way| way.to_ms > way.from_ms)
        .collect();
    at_once(&mut trace, line, (3, "revisions on their way"), &ways);
    let mut merged = 0;
    let counter = trace.counter(line, (4, "changes merged"), "changes");
    for (at_ms, _) in diagram.merges.iter().filter(|(at_ms, _)| span.has(*at_ms)) {
        merged += 1;
        trace.count(counter, *at_ms, merged);
    }
    let mut places: Vec<Vec<TraceSlice>> = vec![Vec::new(); told.stations.places()];
    trains.iter().for_each(|train| visits(told, train, &mut places));
    for (place, slices) in places.into_iter().enumerate() {
        if slices.is_empty() {
            continue;
        }
        let process = trace.process(told.stations.name(place));
        let stays: Vec<TimeSpan> =
            slices.iter().map(|slice| TimeSpan { from_ms: slice.from_ms, to_ms: slice.to_ms }).collect();
        trace.lanes(process, (1, REVISIONS), slices);
        at_once(&mut trace, process, (2, "revisions here"), &stays);
    }
    trace.into_bytes()
}

/// The span that is shown, with what makes it again.
fn whole(told: &Told, span: TimeSpan) -> TraceSlice {
    let name = &told.stations.strategy.name;
    TraceSlice::new(span.from_ms, span.to_ms, format!("trial {} of {name}", told.trial))
        .fact("scenario", told.plan.name.as_str())
        .fact("strategy", name.as_str())
        .fact("trial", told.trial)
        .fact("seed", told.plan.study.seed.to_string())
        .fact("model", u64::from(crate::MODEL_VERSION))
        .fact("plan", told.plan.digest())
        .fact("start", told.dates.date(0))
        .fact("shown", span.words(&told.dates))
}

/// How many of the spans hold at once.
fn at_once(trace: &mut PerfettoTrace, process: TrackUuid, ranked: RankedName, spans: &[TimeSpan]) {
    let mut changes: Vec<(u64, i64)> =
        spans.iter().flat_map(|span| [(span.from_ms, 1), (span.to_ms, -1)]).collect();
    changes.sort_unstable();
    let counter = trace.counter(process, ranked, REVISIONS);
    let mut now: i64 = 0;
    for together in changes.chunk_by(|a, b| a.0 == b.0) {
        let change: i64 = together.iter().map(|(_, change)| change).sum();
        now += change;
        if change != 0 {
            trace.count(counter, together[0].0, now.unsigned_abs());
        }
    }
}

/// What a revision did at each place: one slice a stay, with what it consists of. The stays follow each other in a flow.
fn visits(told: &Told, train: &Train, places: &mut [Vec<TraceSlice>]) {
    let mut legs: Vec<Leg> = train.legs.iter().filter(|leg| leg.to_ms > leg.from_ms).copied().collect();
    legs.sort_by_key(|leg| (leg.from_ms, leg.place, leg.to_ms));
    let stays: Vec<&[Leg]> = legs.chunk_by(|a, b| a.place == b.place).collect();
    let flow = FlowId(1 + train.revision.index() as u64);
    for (number, stay) in stays.iter().enumerate() {
        let to_ms = stay.iter().map(|leg| leg.to_ms).max().unwrap_or(0);
        let is_last = number + 1 == stays.len();
        let mut slice = TraceSlice::new(stay[0].from_ms, to_ms, format!("revision {}", train.revision));
        slice = slice.fact("carries a bad change", if train.is_bad { "yes" } else { "no" });
        slice = slice.fact("changes", train.changes as u64).fact("in the end", fate(told, train.fate));
        if is_last && number > 0 {
            slice.ends.push(flow);
        } else if !is_last {
            slice.flows.push(flow);
        }
        for leg in *stay {
            if let Err(mut beside) = slice.take(TraceSlice::new(leg.from_ms, leg.to_ms, doing(leg.doing))) {
                beside.name = format!("revision {}: {}", train.revision, beside.name);
                places[leg.place].push(*beside);
            }
        }
        places[stay[0].place].push(slice);
    }
}

fn doing(doing: Doing) -> &'static str {
    match doing {
        Doing::Wait => "waits",
        Doing::Run => "runs",
        Doing::Held => "is held",
        Doing::Deploy => "deploys",
        Doing::Bake => "bakes",
        Doing::Back => "goes back",
    }
}

fn fate(told: &Told, fate: TrainFate) -> String {
    match fate {
        TrainFate::UnderWay => "under way".to_owned(),
        TrainFate::Delivered => "delivered".to_owned(),
        TrainFate::Rejected { place } => format!("rejected by {}", told.stations.name(place)),
        TrainFate::TakenBack => "taken back".to_owned(),
        TrainFate::Overtaken => "overtaken".to_owned(),
        TrainFate::Withdrawn => "withdrawn".to_owned(),
        TrainFate::GivenUp => "carried on by a newer one".to_owned(),
    }
}
