//! Bottlerocket: waves of its updater, as a schedule (`waves.toml`) and as its manifest of updates has them. A host is one of
//! its 2,048 seeds.
//!
//! Hosts of a wave follow each other in even steps. The updater counts the steps from the first seed of all and not from
//! that of the wave, so later waves are late in their time; the last wave has no such steps.

use super::ToolFormat;
use crate::import::cursor::Cursor;
use crate::import::draft::{Draft, DraftRegion, DraftStrategy, DraftTable, duration, inline, text, whole};
use crate::import::provenance::Provenance;
use crate::import::time;
use crate::import::time::HOUR;
use std::collections::BTreeMap;

pub(super) const FORMATS: &[ToolFormat] = &[
    ToolFormat { tool: "Bottlerocket", knows: is_schedule, read: schedule },
    ToolFormat { tool: "Bottlerocket", knows: is_manifest, read: manifest },
];

/// Seeds that hosts draw from.
const SEEDS: u32 = 2_048;

/// Where a wave begins: its first seed, its instant, and where that is written.
struct WaveStart {
    seed: u32,
    at_ms: i64,
    from: Provenance,
}

/// Seeds up to `to` that are due in even steps, and how long until the seed behind them is.
#[derive(Debug, PartialEq, Eq)]
struct SeedRun {
    to: u32,
    step_ms: u64,
    bake_ms: u64,
}

fn is_schedule(cursor: &Cursor<'_>) -> bool {
    let waves = cursor.tree().get("waves");
    let first = waves.and_then(|waves| waves.items().first());
    first.is_some_and(|wave| wave.get("fleet_percentage").is_some())
}

fn is_manifest(cursor: &Cursor<'_>) -> bool {
    let updates = cursor.tree().get("updates");
    let first = updates.and_then(|updates| updates.items().first());
    first.is_some_and(|update| {
        update.get("waves").is_some() && update.get("version").is_some() && update.get("variant").is_some()
    })
}

/// The name of the file without its ending.
fn stem<'d>(cursor: &Cursor<'d>) -> &'d str {
    let name = cursor.desk().sources.name(cursor.span().file);
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    file.split('.').next().filter(|stem| !stem.is_empty()).unwrap_or("bottlerocket")
}

fn schedule(cursor: &Cursor<'_>, draft: &mut Draft) {
    let (mut starts, mut seed) = (Vec::new(), 0);
    for wave in cursor.list("waves") {
        let start = wave.get("start_after");
        let at_ms = start.as_ref().and_then(offset_ms);
        let percent = wave.get("fleet_percentage");
        let share = percent.as_ref().and_then(Cursor::whole);
        for (missing, key) in [(start.is_none(), "start_after"), (percent.is_none(), "fleet_percentage")] {
            if missing {
                wave.error(format!("this wave has no `{key}`"));
            }
        }
        let (Some(at_ms), Some(share), Some(start), Some(percent)) = (at_ms, share, start, percent) else {
            continue;
        };
        let next = u32::try_from(share).ok().filter(|share| (1..=100).contains(share)).map(seed_of);
        match next {
            None => percent.error("a share of the fleet is a whole number of percent from 1 to 100"),
            Some(next) if next <= seed => {
                percent.error("a wave reaches more of the fleet than the one before")
            }
            Some(_) if starts.last().is_some_and(|last: &WaveStart| last.at_ms > at_ms) => {
                start.error("a wave begins no sooner than the one before");
            }
            Some(next) => {
                if starts.is_empty() && at_ms > 0 {
                    start.approximated(
                        "the rollout begins with its first host: the time before it is left out",
                    );
                }
                starts.push(WaveStart { seed, at_ms, from: start.provenance().and(&percent.provenance()) });
                seed = next;
            }
        }
    }
    if seed < SEEDS && cursor.desk().is_clean() {
        let last = cursor.list("waves").last().map_or_else(|| cursor.clone(), Clone::clone);
        last.approximated(
            "the last wave has no end in the updater: everybody from its first seed on is due with it",
        );
    }
    strategy(cursor, stem(cursor), "Bottlerocket's waves".to_owned(), &starts, draft);
}

/// The first seed behind so many percent of the fleet.
fn seed_of(percent: u32) -> u32 {
    SEEDS * percent / 100
}

/// When a wave begins, counted from the start of the deployment.
fn offset_ms(start: &Cursor<'_>) -> Option<i64> {
    let written = start.text()?;
    let words = written.trim();
    let offset = words.strip_prefix("in ").unwrap_or(words);
    let ms = time::read(offset, 0).filter(|_| offset.contains(char::is_alphabetic));
    let at = ms.and_then(|ms| i64::try_from(ms).ok()).or_else(|| time::instant_ms(words));
    if at.is_none() {
        start.error(format!("`{}` is no time such as `4 hours`", start.said()));
    }
    if ["min", "sec"].iter().any(|unit| words.contains(unit)) {
        start.approximated(
            "read as it is meant; an updater that knows hours, days and weeks alone refuses the file",
        );
    }
    at
}

fn manifest(cursor: &Cursor<'_>, draft: &mut Draft) {
    cursor.beside_the_point(&["migrations"]);
    let mut known: BTreeMap<Vec<(u32, i64)>, String> = BTreeMap::new();
    let mut without: Vec<Cursor<'_>> = Vec::new();
    for update in cursor.list("updates") {
        update.beside_the_point(&["images", "status", "max_version"]);
        let word = |key: &str| update.get(key).and_then(|value| value.text()).unwrap_or_default();
        let name = format!("{} {} {}", word("variant"), word("version"), word("arch"));
        let Some(waves) = update.get("waves").filter(|waves| !waves.tree().entries().is_empty()) else {
            without.push(update);
            continue;
        };
        let starts = instants(&waves);
        let first_ms = starts.first().map_or(0, |start| start.at_ms);
        let alike: Vec<(u32, i64)> =
            starts.iter().map(|start| (start.seed, start.at_ms.saturating_sub(first_ms))).collect();
        if let Some(other) = known.get(&alike) {
            update.approximated(format!("its waves are those of {other}, which stands for both"));
            continue;
        }
        known.insert(alike, name.trim().to_owned());
        strategy(&update, name.trim(), format!("Bottlerocket's waves of {}", name.trim()), &starts, draft);
    }
    for update in &without {
        match known.is_empty() {
            true => {
                let name = update.get("version").and_then(|version| version.text()).unwrap_or("update");
                let everybody = WaveStart {
                    seed: 0,
                    at_ms: 0,
                    from: Provenance::implied("without waves everybody is due"),
                };
                strategy(update, name, "Bottlerocket without waves".to_owned(), &[everybody], draft);
                return;
            }
            false => update.dropped("it has no waves: every host may take it at once"),
        }
    }
}

/// The instants of a manifest's waves, by their first seeds.
fn instants(waves: &Cursor<'_>) -> Vec<WaveStart> {
    let mut starts: Vec<WaveStart> = Vec::new();
    for (key, wave) in waves.entries() {
        let seed = key.parse().ok().filter(|seed| *seed <= SEEDS);
        let at_ms = wave.read("an instant such as 2019-10-06T15:00:00Z", time::instant_ms);
        match (seed, at_ms) {
            (Some(seed), Some(at_ms)) => starts.push(WaveStart { seed, at_ms, from: wave.provenance() }),
            (None, _) => wave.error(format!("a wave begins with a seed from 0 to {SEEDS}")),
            (_, None) => {}
        }
    }
    starts.sort_by_key(|start| start.seed);
    if let Some(first) = starts.first().filter(|first| first.seed > 0) {
        // Seeds before the first wave are due with it.
        starts.insert(0, WaveStart { seed: 0, at_ms: first.at_ms, from: first.from.clone() });
    }
    let backwards = starts.windows(2).any(|two| two[0].seed == two[1].seed || two[0].at_ms > two[1].at_ms);
    if backwards {
        waves.error("waves of higher seeds begin later");
    }
    starts
}

/// When each seed is due.
fn due_ms(waves: &[(u32, i64)]) -> Vec<i64> {
    let due = |seed: u32| {
        let (from, start_ms) = waves.iter().rev().find(|(from, _)| *from < seed || *from == 0).copied()?;
        let Some((to, end_ms)) = waves.iter().find(|(to, _)| *to >= seed && *to > from).copied() else {
            return Some(start_ms);
        };
        let step_ms = end_ms.saturating_sub(start_ms) / i64::from(to - from);
        Some(end_ms.min(start_ms.saturating_add(step_ms.saturating_mul(i64::from(seed)))))
    };
    (0..SEEDS).map(|seed| due(seed).unwrap_or(0)).collect()
}

/// The seeds in runs of even steps.
fn runs(due_ms: &[i64]) -> Vec<SeedRun> {
    let step = |seed: usize| due_ms.get(seed + 1).map(|next_ms| next_ms.saturating_sub(due_ms[seed]));
    let positive = |ms: Option<i64>| u64::try_from(ms.unwrap_or(0)).unwrap_or(0);
    let (mut runs, mut first) = (Vec::new(), 0);
    while first < due_ms.len() {
        let even = step(first).unwrap_or(0);
        let last = (first..due_ms.len()).find(|seed| step(*seed) != Some(even)).unwrap_or(first);
        let to = u32::try_from(last + 1).unwrap_or(SEEDS);
        runs.push(SeedRun { to, step_ms: positive(Some(even)), bake_ms: positive(step(last)) });
        first = last + 1;
    }
    runs
}

fn strategy(cursor: &Cursor<'_>, name: &str, description: String, starts: &[WaveStart], draft: &mut Draft) {
    let Some(first) = starts.first() else {
        if cursor.desk().is_clean() {
            cursor.error("there is no wave");
        }
        return;
    };
    let waves: Vec<(u32, i64)> = starts.iter().map(|start| (start.seed, start.at_ms)).collect();
    let longest = starts.last().map_or(0, |last| last.at_ms.saturating_sub(first.at_ms));
    if u64::try_from(longest).is_ok_and(|ms| ms > 3_650 * 24 * HOUR) || longest < 0 {
        cursor.error("waves take less than ten years, and each begins after the one before");
        return;
    }
    region(draft);
    let mut strategy = DraftStrategy::new(name, description, cursor.provenance());
    let table = &mut strategy.table;
    table.set(
        "deploy-time",
        text("0s"),
        Provenance::implied("hosts are due at their instants; a reboot comes on top"),
    );
    table.set(
        "response",
        inline([("on-alarm", text("freeze"))]),
        Provenance::implied("waves that are taken back give nobody the old version"),
    );
    for run in runs(&due_ms(&waves)) {
        let mut wave = DraftTable::default();
        let start = starts.iter().rev().find(|start| start.seed + 1 < run.to || start.seed == 0);
        wave.set("regions", text("all"), Provenance::Plain);
        wave.set(
            "hosts",
            whole(u64::from(run.to)),
            start.map_or(Provenance::Plain, |start| start.from.clone()),
        );
        let from = Provenance::implied("hosts of a wave follow each other");
        match run.step_ms {
            0 => wave.set("batch", text("100%"), Provenance::implied("all that are due together")),
            step_ms => {
                wave.set("batch", whole(1), from.clone());
                wave.set("batch-bake", duration(step_ms), from);
            }
        }
        if run.to < SEEDS {
            wave.set("bake", duration(run.bake_ms), Provenance::implied("until the next host is due"));
        }
        strategy.table.add("wave", wave);
    }
    draft.strategy(strategy);
    cursor.desk().by_hand(
        "hosts of Bottlerocket",
        "hosts draw one of 2,048 seeds: each host of the scenario stands for a 2,048th of the fleet",
    );
}

/// The seeds as hosts.
fn region(draft: &mut Draft) {
    let mut table = DraftTable::default();
    table.set(
        "hosts-per-zone",
        whole(u64::from(SEEDS)),
        Provenance::implied("Bottlerocket's seeds: each stands for a 2,048th of the fleet"),
    );
    draft.region(DraftRegion { name: "fleet".to_owned(), table });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_counted_from_the_first_seed_of_all() {
        assert_eq!(seed_of(1), 20);
        assert_eq!(runs(&due_ms(&[(0, 5)])), [SeedRun { to: SEEDS, step_ms: 0, bake_ms: 0 }]);
        // From 0 to 2,048 in a wave of 2,048 ms: one a millisecond, which the last seeds are due with, too.
        let even = runs(&due_ms(&[(0, 0), (1024, 1024)]));
        assert_eq!(even[0], SeedRun { to: 1025, step_ms: 1, bake_ms: 0 });
        // Seeds 101 to 199 of a wave of 100 are due at its end.
        let late = due_ms(&[(0, 0), (100, 1_000), (200, 2_000)]);
        assert_eq!((late[101], late[200], late[201]), (2_000, 2_000, 2_000));
        assert_eq!(late[50], 500);
    }
}
