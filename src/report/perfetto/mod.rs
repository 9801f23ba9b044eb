//! Traces that Perfetto opens: tracks, slices, counters and flows in its own format, written by hand.
//!
//! The format is Perfetto's protocol buffers and not the JSON of Chrome, which Perfetto reads too: there tracks cannot be put in order,
//! counters have no unit and carry the name of their argument, and a flow of several slices is guessed from instants. What is
//! written here of it is five small messages, so that no compiler of protocol buffers is needed.
//!
//! Knows nothing of rollouts and pipelines: `timeline` and `trains` make traces of theirs.

mod lanes;
mod trace;
mod wire;

pub use trace::{Fact, FlowId, PerfettoTrace, RankedName, TraceSlice, TrackUuid};
