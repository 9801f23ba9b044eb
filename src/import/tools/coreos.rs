//! Fedora CoreOS: the rollouts of a stream's updates. Each host draws how late it is; the share of those that may update
//! grows evenly over the rollout.

use super::ToolFormat;
use crate::import::cursor::Cursor;
use crate::import::desk::Desk;
use crate::import::draft::{
    Draft, DraftRegion, DraftStrategy, DraftTable, DraftValue, duration, inline, share, text, whole,
};
use crate::import::provenance::Provenance;
use crate::import::time::MINUTE;

pub(super) const FORMATS: &[ToolFormat] =
    &[ToolFormat { tool: "Fedora CoreOS", knows: is_updates, read: updates }];

/// Steps in which the share of hosts grows.
const STEPS: u32 = 100;

/// From this share on the rest makes no step of its own.
const NEARLY_ALL: f64 = 0.9999;

/// Rollouts that are read of one file, the newest.
const MOST_ROLLOUTS: usize = 10;

fn is_updates(cursor: &Cursor<'_>) -> bool {
    cursor.has("stream")
        && cursor.tree().get("releases").is_some_and(|releases| {
            releases
                .items()
                .first()
                .is_some_and(|release| release.get("version").is_some() && release.get("metadata").is_some())
        })
}

fn updates(cursor: &Cursor<'_>, draft: &mut Draft) {
    cursor.beside_the_point(&["metadata"]);
    let stream = cursor.get("stream").and_then(|stream| stream.text()).unwrap_or("stream");
    let mut rollouts = Vec::new();
    for release in cursor.list("releases") {
        let version = release.get("version").and_then(|version| version.text()).unwrap_or("release");
        let Some(metadata) = release.get("metadata") else { continue };
        for (key, what) in [
            (
                "barrier",
                "hosts of older releases take this one first: the scenario's hosts can take the new one at once",
            ),
            ("deadend", "hosts of this release get no update any more: the scenario has none of them"),
        ] {
            metadata.drop_keys(&[key], what);
        }
        if let Some(rollout) = metadata.get("rollout") {
            rollouts.push((version, rollout));
        }
    }
    // What was given to everybody is over, unless there is nothing else.
    let goes_on = |rollout: &Cursor<'_>| rollout.has("duration_minutes");
    let any = rollouts.iter().any(|(_, rollout)| goes_on(rollout));
    let (open, over): (Vec<_>, Vec<_>) =
        rollouts.into_iter().partition(|(_, rollout)| !any || goes_on(rollout));
    for (_, rollout) in &over {
        rollout.dropped("this rollout is over: its hosts have the release already, and nothing more happens");
    }
    let first = open.len().saturating_sub(MOST_ROLLOUTS);
    for (number, (version, rollout)) in open.iter().enumerate() {
        if number < first {
            rollout.dropped(format!("the newest {MOST_ROLLOUTS} rollouts are read"));
        } else {
            strategy(stream, version, rollout, draft);
        }
    }
    if open.is_empty() {
        cursor.error("no release is being rolled out here: none has a `rollout`");
    }
}

fn strategy(stream: &str, version: &str, rollout: &Cursor<'_>, draft: &mut Draft) {
    let from = start_share(rollout);
    let length = rollout.get("duration_minutes");
    let length_ms =
        length.as_ref().map(|length| length.read("a number of minutes, less than ten years", minutes_ms));
    if let Some(epoch) = rollout.get("start_epoch") {
        epoch.dropped(
            "when it begins is the scenario's `start`: all that counts is how it goes on from there",
        );
    }
    let (Some(from), Some(length_ms)) = (from, length_ms.map_or(Some(None), |length| length.map(Some)))
    else {
        return;
    };
    region(rollout.desk(), draft);
    let mut strategy =
        DraftStrategy::new(version, format!("Fedora CoreOS {stream} {version}"), rollout.provenance());
    let table = &mut strategy.table;
    table.set(
        "deploy-time",
        text("0s"),
        Provenance::implied("hosts may update from their instants on; a reboot comes on top"),
    );
    table.set(
        "response",
        inline([("on-alarm", text("freeze"))]),
        Provenance::implied("a rollout that is stopped takes nothing back"),
    );
    let place = rollout.provenance();
    let mut wave = DraftTable::default();
    wave.set("regions", text("all"), Provenance::Plain);
    match length_ms {
        Some(length_ms) if from < NEARLY_ALL && length_ms > 0 => {
            rollout.approximated(format!("the share grows in {STEPS} steps, not evenly"));
            wave.set("ramp", ramp(from, length_ms), place);
        }
        Some(_) => {}
        None if from >= NEARLY_ALL => {}
        None if from <= 0.0 => {
            rollout
                .error("nobody may update: the share is 0, and without `duration_minutes` it does not grow");
        }
        None => {
            let raised =
                "how long until somebody raises the share: without `duration_minutes` it does not grow";
            rollout.approximated(
                "the share does not grow by itself: somebody raises it after a time that is to be given",
            );
            rollout.desk().by_hand("approval", raised);
            wave.set("hosts", share(from.max(0.000_001)), place);
            let approval = inline([("takes", text("24h"))]);
            let gate = inline([("approval", approval)]);
            wave.set("gates", DraftValue::Plain(format!("[{gate}]")), Provenance::hand(raised));
            let mut rest = DraftTable::default();
            rest.set("regions", text("all"), Provenance::Plain);
            strategy.table.add("wave", wave);
            wave = rest;
        }
    }
    strategy.table.add("wave", wave);
    draft.strategy(strategy);
}

/// The share of hosts that may update at once; none where it is reported.
fn start_share(rollout: &Cursor<'_>) -> Option<f64> {
    let Some(start) = rollout.get("start_percentage") else { return Some(0.0) };
    let share = start.number()?;
    let sound = (0.0..=1.0).contains(&share);
    if !sound {
        start.error("a share of the hosts is from 0.0 to 1.0");
    }
    sound.then_some(share)
}

fn minutes_ms(text: &str) -> Option<u64> {
    let minutes: u64 = text.trim().parse().ok()?;
    minutes.checked_mul(MINUTE).filter(|ms| *ms <= 3_650 * 24 * 60 * MINUTE)
}

/// So many hosts at once, and the others in even steps.
fn ramp(from: f64, length_ms: u64) -> DraftValue {
    let add = (1.0 - from) / f64::from(STEPS);
    let first = if from > 0.0 { from } else { add };
    inline([("from", share(first)), ("add", share(add)), ("every", duration(length_ms / u64::from(STEPS)))])
}

/// The fleet: no file says how many follow the stream.
fn region(desk: &Desk<'_>, draft: &mut Draft) {
    let mut table = DraftTable::default();
    let from = Provenance::hand("how many of your hosts follow this stream");
    table.set("hosts-per-zone", whole(1_000), from);
    draft.region(DraftRegion { name: "fleet".to_owned(), table });
    desk.by_hand("hosts-per-zone", "how many hosts follow the stream: no file says it");
}
