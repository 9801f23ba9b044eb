//! Bottlerocket: which hosts of a fleet are due at an instant. The 2,048 seeds are hosts, in their order.

use super::{done_at, number, numbers, plan, region, rows, told, wave_starts};
use serde_json::Value;

const SEEDS: u32 = 2_048;

/// When each host is due, by the rule of its updater: hosts of a wave follow each other in even steps, which it counts from
/// the first host of all, and when the next wave begins all are due.
fn due_ms(waves: &[(u32, i64)]) -> Vec<i64> {
    let due = |seed: u32| {
        let (from, start_ms) = waves.iter().rev().find(|(from, _)| *from < seed || *from == 0).copied()?;
        let Some((to, end_ms)) = waves.iter().find(|(to, _)| *to >= seed && *to > from).copied() else {
            return Some(start_ms);
        };
        let step_ms = (end_ms - start_ms) / i64::from(to - from);
        Some(end_ms.min(start_ms + step_ms * i64::from(seed)))
    };
    (0..SEEDS).map(|seed| due(seed).unwrap_or(0)).collect()
}

/// Waves of hosts that follow each other in even steps.
fn text(due_ms: &[i64]) -> String {
    let mut waves: Vec<String> = Vec::new();
    let mut first = 0;
    while first < due_ms.len() {
        let step = |host: usize| due_ms.get(host + 1).map(|next_ms| next_ms - due_ms[host]);
        let even = step(first).unwrap_or(0);
        let last = (first..due_ms.len()).find(|host| step(*host) != Some(even)).unwrap();
        let bake_ms = step(last).unwrap_or(0);
        let batch = if even == 0 { "\"100%\"".to_owned() } else { format!("1\nbatch-bake = \"{even}ms\"") };
        waves.push(format!(
            "[[strategy.wave]]\nregions = \"all\"\nhosts = {}\nbake = \"{bake_ms}ms\"\nbatch = {batch}\n",
            last + 1
        ));
        first = last + 1;
    }
    format!("{}[[strategy]]\nname = \"waves\"\n{}", region(SEEDS), waves.concat())
}

#[test]
fn hosts_are_due_when_it_is_published() {
    for row in rows("bottlerocket", "ready") {
        let pair = |pair: &Value| (pair[0].as_u64().unwrap() as u32, pair[1].as_i64().unwrap());
        let waves: Vec<(u32, i64)> = row["waves_ms"].as_array().unwrap().iter().map(pair).collect();
        let due_ms = due_ms(&waves);
        let told = told(&plan(&text(&due_ms)));
        let times = row["t_ms"].as_array().unwrap();
        let time = |index: usize| times[index].as_i64().unwrap();
        let (to, step) = if times.len() == 3 { (time(1), time(2)) } else { (time(0) + 1, 1) };
        // The rollout begins with its first host.
        let mut at_ms = time(0);
        while at_ms < to {
            let since_ms = at_ms - due_ms[0];
            let ready = u64::try_from(since_ms).is_ok_and(|ms| done_at(&told, ms) > number(&row, "seed"));
            assert_eq!(ready, row["ready"] == true, "{row} at {at_ms}");
            at_ms += step;
        }
    }
}

#[test]
fn a_share_of_the_fleet_rounds_down_to_seeds() {
    for row in rows("bottlerocket", "seeds") {
        let wave =
            |percent: &u32| format!("{{ regions = \"all\", hosts = \"{percent}% down\", bake = \"1h\" }}");
        let waves: Vec<String> = numbers(&row["percent"]).iter().map(wave).collect();
        let text =
            format!("{}[[strategy]]\nname = \"waves\"\nwave = [{}]\n", region(SEEDS), waves.join(", "));
        let told = told(&plan(&text));
        let before = |wave: usize| {
            let start_ms = wave_starts(&told, wave as u32).unwrap();
            if start_ms == 0 { 0 } else { done_at(&told, start_ms - 1) }
        };
        let starts = numbers(&row["starts"]);
        assert_eq!((0..starts.len()).map(before).collect::<Vec<_>>(), starts, "{row}");
    }
}
