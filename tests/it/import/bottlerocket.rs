//! Bottlerocket: its published rows through its own files, and what its files say that a scenario cannot.

use super::{file, lost, of_files, plan_of, scenario_of};
use crate::language::published::{done_at, number, numbers, rows, told, wave_starts};
use serde_json::{Value, json};
use wavetank::import::Fate;

/// An instant so many milliseconds after noon of a day.
fn instant(ms: i64) -> String {
    let ms = ms + 12 * 3_600_000;
    let (hours, minutes, seconds) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
    format!("2024-02-29T{hours:02}:{minutes:02}:{seconds:02}.{:03}Z", ms % 1_000)
}

#[test]
fn hosts_of_a_manifest_are_due_when_it_is_published() {
    let all = rows("bottlerocket", "ready");
    assert_eq!(all.len(), 9);
    for row in &all {
        let pairs = row["waves_ms"].as_array().unwrap().iter();
        let waves: Vec<(u64, i64)> =
            pairs.map(|pair| (pair[0].as_u64().unwrap(), pair[1].as_i64().unwrap())).collect();
        let written: serde_json::Map<String, Value> =
            waves.iter().map(|(seed, ms)| (seed.to_string(), json!(instant(*ms)))).collect();
        let manifest = json!({ "updates": [
            { "variant": "v", "arch": "x86_64", "version": "1.0.0", "waves": written }
        ]});
        let told = told(&plan_of(&[("manifest.json", &manifest.to_string())]));
        let times = row["t_ms"].as_array().unwrap();
        let time = |index: usize| times[index].as_i64().unwrap();
        let (to, step) = if times.len() == 3 { (time(1), time(2)) } else { (time(0) + 1, 1) };
        // The rollout begins with its first host.
        let first_ms = waves.first().map_or(0, |(_, ms)| *ms);
        let mut at_ms = time(0);
        while at_ms < to {
            let since_ms = u64::try_from(at_ms - first_ms);
            let ready = since_ms.is_ok_and(|ms| done_at(&told, ms) > number(row, "seed"));
            assert_eq!(ready, row["ready"] == true, "{row} at {at_ms}");
            at_ms += step;
        }
    }
}

#[test]
fn a_schedule_has_the_published_seeds() {
    let all = rows("bottlerocket", "seeds");
    assert_eq!(all.len(), 1);
    for row in &all {
        let wave = |(number, percent): (usize, &u32)| {
            format!("[[waves]]\nstart_after = '{} hours'\nfleet_percentage = {percent}\n", number + 1)
        };
        let text: String = numbers(&row["percent"]).iter().enumerate().map(wave).collect();
        let told = told(&plan_of(&[("waves.toml", &text)]));
        // A wave begins an hour after the one before; until then the hosts of that one are done.
        let starts = numbers(&row["starts"]);
        let before = |wave: usize| if wave == 0 { 0 } else { done_at(&told, wave as u64 * 3_600_000 - 1) };
        assert_eq!((0..starts.len()).map(before).collect::<Vec<_>>(), starts, "{row}");
    }
}

#[test]
fn waves_say_where_they_are_from_and_what_is_left_out() {
    let waves = file("bottlerocket-waves.toml");
    let text = scenario_of(&[("waves.toml", &waves)]);
    assert!(
        text.contains("hosts = 103 # waves.toml:3 start_after = '2 hours', :4 fleet_percentage = 5"),
        "{text}"
    );
    assert!(text.contains("response = { on-alarm = \"freeze\" }"), "{text}");
    let approximated = lost(&of_files(&[("waves.toml", &waves)]), Fate::Approximated);
    assert_eq!(approximated.len(), 1, "{approximated:?}");
    assert!(approximated[0].contains("begins with its first host"), "{approximated:?}");
    let minutes = waves.replace("6 hours", "150 minutes");
    let approximated = lost(&of_files(&[("waves.toml", &minutes)]), Fate::Approximated);
    assert!(approximated.iter().any(|loss| loss.contains("hours, days and weeks alone")), "{approximated:?}");
    // Two hours before the first wave is over the second begins.
    let told = told(&plan_of(&[("waves.toml", &waves)]));
    assert_eq!(wave_starts(&told, 0), Some(0));
}

#[test]
fn updates_with_the_same_waves_are_one_strategy() {
    let manifest = file("bottlerocket-manifest.json");
    let imported = of_files(&[("manifest.json", &manifest)]);
    assert_eq!(imported.strategies().collect::<Vec<_>>(), ["vmware-k8s-1.30-1.20.1-x86_64"]);
    assert_eq!(lost(&imported, Fate::Approximated).len(), 1);
    assert_eq!(lost(&imported, Fate::Dropped).len(), 1);
}

#[test]
fn wrong_waves_are_refused_all_at_once() {
    let text = "[[waves]]\nstart_after = '5 parsecs'\nfleet_percentage = 10\n\
                [[waves]]\nstart_after = '2 hours'\nfleet_percentage = 101\n\
                [[waves]]\nfleet_percentage = 50\n\
                [[waves]]\nstart_after = '5 hours'\nfleet_percentage = 60\n\
                [[waves]]\nstart_after = '4 hours'\nfleet_percentage = 60\n";
    let shown = of_files(&[("waves.toml", text)]).render(false);
    for problem in ["5 parsecs", "from 1 to 100", "no `start_after`", "reaches more", "waves.toml:2:15"] {
        assert!(shown.contains(problem), "{problem}\n{shown}");
    }
}
