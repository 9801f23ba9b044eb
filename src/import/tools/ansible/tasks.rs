//! Tasks of a play: what makes a batch wait. All else that they do is nobody's business here.

use crate::import::cursor::Cursor;
use crate::import::provenance::Provenance;
use crate::import::time;
use crate::import::time::{MINUTE, SECOND};

/// The wait of a pause that somebody ends.
const BY_HAND: u64 = 60 * MINUTE;

/// How long the tasks of a play let each batch wait, and where they say so.
pub(super) fn waits(play: &Cursor<'_>) -> Option<(u64, Provenance)> {
    let mut pauses: Vec<(u64, Provenance)> = Vec::new();
    for section in ["pre_tasks", "tasks", "post_tasks"] {
        for task in play.list(section) {
            walk(&task, &mut pauses);
        }
        play.beside_the_point(&[section]);
    }
    let (mut total, mut places) = (0_u64, Vec::new());
    for (ms, from) in pauses {
        total = total.saturating_add(ms);
        places.push(from);
    }
    let total = total.min(365 * 24 * 60 * MINUTE);
    let by_hand = places.iter().find(|from| matches!(from, Provenance::Hand(_)));
    let from = by_hand.cloned().or_else(|| places.iter().cloned().reduce(|from, more| from.and(&more)))?;
    (total > 0).then_some((total, from))
}

fn walk(task: &Cursor<'_>, pauses: &mut Vec<(u64, Provenance)>) {
    for key in ["block", "rescue", "always"] {
        if task.has(key) {
            let inner = task.list(key);
            // A rescue is for what failed.
            if key != "rescue" {
                inner.iter().for_each(|task| walk(task, pauses));
            }
        }
    }
    for name in ["pause", "ansible.builtin.pause"] {
        if task.has(name) {
            pauses.push(pause(task, name));
        }
    }
    for name in ["wait_for", "wait_for_connection"] {
        for name in [name.to_owned(), format!("ansible.builtin.{name}")] {
            if let Some(wait) = task.get(&name) {
                wait.dropped("a batch waits until its hosts are up: `deploy-time` is to be that long, and here all come up");
            }
        }
    }
    if let Some(until) = task.get("until") {
        until.dropped("it is tried until it holds, or the host fails: `deploy-time` is to be that long, and here it holds");
    }
    for name in ["include_tasks", "import_tasks", "include_role", "import_role"] {
        for name in [name.to_owned(), format!("ansible.builtin.{name}")] {
            if let Some(other) = task.get(&name) {
                other.dropped(
                    "those tasks are in other files: what makes a batch wait there is not in the scenario",
                );
            }
        }
    }
}

/// How long a pause is, once for each batch.
fn pause(task: &Cursor<'_>, name: &str) -> (u64, Provenance) {
    let nothing = |task: &Cursor<'_>| {
        task.desk().by_hand("pauses of a play", "how long somebody takes to let each batch go on");
        (BY_HAND, Provenance::hand("how long somebody takes to let each batch go on"))
    };
    let Some(pause) = task.get(name) else { return nothing(task) };
    let ms = match pause.tree().text() {
        // `pause: minutes=5`
        Some(words) => words.split_whitespace().find_map(|word| {
            let (key, value) = word.split_once('=')?;
            unit(key).and_then(|unit| time::read(value, unit))
        }),
        None => ["minutes", "seconds"].into_iter().find_map(|key| {
            let value = pause.get(key)?;
            unit(key).and_then(|unit| value.duration_ms(unit))
        }),
    };
    match ms {
        Some(ms) => {
            pause.approximated("each batch waits so long when it is done, and so does the last one, wherever among its tasks it is");
            (ms, pause.provenance())
        }
        None => nothing(task),
    }
}

fn unit(key: &str) -> Option<u64> {
    match key {
        "minutes" => Some(MINUTE),
        "seconds" => Some(SECOND),
        _ => None,
    }
}
