//! Fedora CoreOS: the newest rollout of a stream, linear in time.

use super::{file, lost, of_files, plan_of};
use crate::language::published::{done_at, told};
use wavetank::import::Fate;

const MINUTE: u64 = 60_000;

#[test]
fn the_share_of_hosts_grows_evenly_from_where_it_starts() {
    let text = file("coreos-updates.json");
    let plan = plan_of(&[("testing.json", &text)]);
    assert_eq!(plan.strategies[0].name, "41.3");
    let told = told(&plan);
    for minute in [0, 100, 720, 1_000, 1_439] {
        let exact = 1_000.0 * (0.1 + 0.9 * minute as f64 / 1_440.0);
        let done = f64::from(done_at(&told, minute * MINUTE));
        // Steps of a hundredth of what is left, and shares round up.
        assert!((done - exact).abs() <= 10.0, "{done} hosts after {minute} minutes, not {exact}");
    }
    assert_eq!(done_at(&told, 1_440 * MINUTE), 1_000);
}

#[test]
fn barriers_dead_ends_and_what_is_over_are_told() {
    let dropped = lost(&of_files(&[("testing.json", &file("coreos-updates.json"))]), Fate::Dropped);
    for what in
        ["metadata.barrier", "metadata.deadend", "metadata.rollout: this rollout is over", "start_epoch"]
    {
        assert!(dropped.iter().any(|loss| loss.contains(what)), "{what}: {dropped:#?}");
    }
}

#[test]
fn a_share_without_a_duration_stays_and_one_for_all_is_all() {
    let of = |rollout: &str| {
        format!(
            "{{\"stream\": \"s\", \"releases\": [{{\"version\": \"1\", \"metadata\": {{\"rollout\": {rollout}}}}}]}}"
        )
    };
    let done = |rollout: &str| done_at(&told(&plan_of(&[("s.json", &of(rollout))])), 23 * 60 * MINUTE);
    assert_eq!(done("{\"start_percentage\": 1.0}"), 1_000);
    // Somebody raises it after a day, which is to be given.
    assert_eq!(done("{\"start_percentage\": 0.25}"), 250);
    for (rollout, problem) in [
        ("{\"start_percentage\": 0.0}", "nobody may update"),
        ("{\"start_percentage\": 2}", "from 0.0 to 1.0"),
        ("{\"duration_minutes\": 99999999999999}", "a number of minutes"),
    ] {
        let shown = of_files(&[("s.json", &of(rollout))]).render(false);
        assert!(shown.contains(problem), "{shown}");
    }
}
