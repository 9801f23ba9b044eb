//! What has to hold before a rollout goes on, as values of a scenario: approvals, tests, deadlines. It knows no tool.

use crate::import::draft::{Draft, DraftTable, DraftValue, duration, inline, text};
use crate::import::provenance::Provenance;
use crate::import::time::{self, HOUR};

/// What stands in for the time that a person takes until it is given.
const APPROVAL_MS: u64 = HOUR;

/// A person who has to approve.
pub(super) fn approval() -> DraftValue {
    inline([("approval", approval_time())])
}

/// How long a person takes to approve.
pub(super) fn approval_time() -> DraftValue {
    inline([("takes", duration(APPROVAL_MS))])
}

/// A test of which nobody knows what it finds: nothing, until that is given.
pub(super) fn test() -> DraftValue {
    inline([("test", inline([("catches", text("0%"))]))])
}

/// Makes sure that an instance starts within `deadline_ms`, as no rollout could hold that otherwise: what stands in for
/// the time that it takes is half of that at most.
pub(super) fn start_within(deadline_ms: u64, draft: &mut Draft) {
    const USUAL_MS: u64 = 60_000;
    let given = draft.change.value("deploy-time").map(ToString::to_string);
    let known = given.and_then(|given| time::read(given.trim_matches('"'), 1)).unwrap_or(USUAL_MS);
    if known >= deadline_ms {
        let from =
            Provenance::hand("from the start of an instance to its being ready: less than the deadline");
        draft.change.set("deploy-time", duration(deadline_ms / 2), from);
    }
}

/// A wave over all regions.
pub(super) fn everywhere() -> DraftTable {
    let mut wave = DraftTable::default();
    wave.set("regions", text("all"), Provenance::Plain);
    wave
}
