//! The update of a group: what it and its job say, and what Nomad takes for the rest.

use super::form::{JobBlock, duration_ms};
use crate::import::cursor::Cursor;
use crate::import::provenance::Provenance;

/// A value with its place.
#[derive(Clone)]
pub(super) struct SaidOfJob<T> {
    pub value: T,
    pub from: Provenance,
}

impl<T: PartialEq> PartialEq for SaidOfJob<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

/// How allocations of a group are replaced.
#[derive(Clone, PartialEq)]
pub(super) struct JobUpdate {
    /// At a time; 0: all at once.
    pub at_once: SaidOfJob<u64>,
    pub canary: SaidOfJob<u64>,
    pub healthy_ms: SaidOfJob<u64>,
    pub healthy_deadline_ms: SaidOfJob<u64>,
    pub progress_ms: SaidOfJob<u64>,
    pub reverts: SaidOfJob<bool>,
    pub promotes: SaidOfJob<bool>,
    /// From one batch of a system job to the next.
    pub stagger_ms: SaidOfJob<u64>,
}

/// The update of a group of `job`; none where neither has one and Nomad has none by itself.
pub(super) fn of(
    job: &JobBlock<'_>,
    group: &JobBlock<'_>,
    is_service: bool,
    is_system: bool,
) -> Option<JobUpdate> {
    let blocks: Vec<JobBlock<'_>> =
        [group.block("update"), job.block("update")].into_iter().flatten().collect();
    if blocks.is_empty() && !is_service {
        return None;
    }
    for block in &blocks {
        health(block);
        if !is_system {
            // Only system jobs wait so long between batches.
            block.beside_the_point(&["stagger"]);
        }
    }
    let find = |key: &str| blocks.iter().find_map(|block| block.get(key));
    let number = |key, default| said(find(key), default, |cursor| cursor.whole());
    let time = |key, default_ms| said(find(key), default_ms, duration_ms);
    let truth = |key| said(find(key), false, |cursor| cursor.truth());
    Some(JobUpdate {
        at_once: number("max_parallel", 1),
        canary: number("canary", 0),
        healthy_ms: time("min_healthy_time", 10_000),
        healthy_deadline_ms: time("healthy_deadline", 300_000),
        progress_ms: time("progress_deadline", 600_000),
        reverts: truth("auto_revert"),
        promotes: truth("auto_promote"),
        stagger_ms: if is_system {
            time("stagger", 30_000)
        } else {
            SaidOfJob { value: 0, from: Provenance::Plain }
        },
    })
}

fn said<T>(cursor: Option<Cursor<'_>>, default: T, read: impl Fn(&Cursor<'_>) -> Option<T>) -> SaidOfJob<T> {
    match cursor {
        Some(cursor) => SaidOfJob { value: read(&cursor).unwrap_or(default), from: cursor.provenance() },
        None => SaidOfJob { value: default, from: Provenance::implied("Nomad's default") },
    }
}

fn health(block: &JobBlock<'_>) {
    if let Some(health) = block.get("health_check").filter(|health| health.text() == Some("manual")) {
        health.dropped("somebody says of each allocation that it is healthy: the scenario goes on by itself");
    }
}
