//! Nomad: what one evaluation of an update replaces, places and leaves alone.

use super::{batches, done_at, hosts_done, number, plan, region, rows, started, told, trial, wave_starts};
use serde_json::Value;

/// An update of so many allocations; canaries come beside them, and wait for somebody to promote them.
fn text(row: &Value, time: &str, waves: &str) -> String {
    format!(
        "{}[change]\ndeploy-time = {time}\n[[strategy]]\nname = \"update\"\nbatch = {parallel}\nmax-unavailable = {parallel}\n\
         batches = \"sliding\"\n{waves}",
        region(number(row, "count")),
        parallel = number(row, "max_parallel"),
    )
}

/// Canaries beside all others, until they are promoted after `hours`.
fn canaries(placed: u32, hours: u32) -> String {
    format!(
        "[[strategy.wave]]\nregions = \"all\"\nhosts = {placed}\ntraffic = \"10%\"\nmax-surge = {placed}\nmax-unavailable = 0\nbatch = \"100%\"\n\
         gates = [{{ approval = {{ takes = \"{hours}h\" }} }}]\n[[strategy.wave]]\nregions = \"all\"\n"
    )
}

const ALL: &str = "wave = [{ regions = \"all\" }]\n";

#[test]
fn an_evaluation_replaces_what_is_published() {
    let mut said = 0;
    for row in rows("nomad", "evaluations") {
        let expected = &row["expected"];
        let (count, canary) = (number(&row, "count"), number(&row, "canary"));
        let of = |key: &str| expected[key].as_u64().map(|number| number as u32);
        if count != number(&row, "old_allocs") + row["new_allocs"].as_u64().unwrap_or(0) as u32
            && row.get("prev_version_healthy_allocs").is_none()
        {
            // The job grows in mid-update.
            continue;
        }
        said += 1;
        if row["deployment"] == "paused" {
            // Somebody has to say that it goes on: so far one is replaced, or one canary is placed.
            let waves = if canary > 0 {
                canaries(number(&row, "canaries_placed"), 9)
            } else {
                let pause = "gates = [{ approval = { takes = \"9h\" } }]";
                format!(
                    "[[strategy.wave]]\nregions = \"all\"\nhosts = 1\n{pause}\n[[strategy.wave]]\nregions = \"all\"\n"
                )
            };
            let told = told(&plan(&text(&row, "\"1m\"", &waves)));
            let meanwhile =
                started(&told).iter().filter(|(at_ms, _)| *at_ms < 9 * 60 * super::MINUTE).count();
            assert_eq!(meanwhile as u32 - 1, of("place").or(of("destructive")).unwrap(), "{row}");
            assert_eq!(count + u32::from(canary > 0), of("ignore").unwrap(), "{row}");
        } else if canary > 0 {
            let told = told(&plan(&text(&row, "\"1m\"", &canaries(canary, 1))));
            if row["promoted"] == true {
                let start_ms = wave_starts(&told, 1).unwrap();
                let next = started(&told).iter().find(|(at_ms, _)| *at_ms >= start_ms).unwrap().1;
                assert_eq!(Some(next), of("destructive"), "{row}");
                assert_eq!(
                    Some(done_at(&told, start_ms)),
                    of("stop"),
                    "{row}: those that canaries stand for"
                );
                assert_eq!(Some(count - next), of("ignore"), "{row}");
            } else {
                assert_eq!(Some(batches(&told)[0]), of("place"), "{row}");
                assert_eq!(wave_starts(&told, 1), Some(61 * super::MINUTE), "{row}: it waits to be promoted");
            }
        } else if let Some(healthy) = row["new_healthy"].as_u64() {
            // Some of those under way are done, and so many others take their places.
            let time = "{ exponential = { mean = \"5m\" } }";
            let (told, _) = trial(&plan(&text(&row, time, ALL)), 0);
            let at_ms = match healthy {
                0 => 0,
                _ => hosts_done(&told).iter().find(|(_, done)| u64::from(*done) == healthy).unwrap().0,
            };
            let under_way: u32 = started(&told)
                .iter()
                .filter(|(start_ms, _)| *start_ms <= at_ms)
                .map(|(_, hosts)| hosts)
                .sum();
            let more = under_way - number(&row, "new_allocs");
            assert_eq!((Some(more), Some(count - more)), (of("destructive"), of("ignore")), "{row}");
        } else {
            let first = batches(&told(&plan(&text(&row, "\"1m\"", ALL))))[0];
            assert_eq!((Some(first), Some(count - first)), (of("destructive"), of("ignore")), "{row}");
        }
    }
    assert_eq!(said, 9);
}
