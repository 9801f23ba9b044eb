//! What of a zone moves at once, and what of that leaves service: surge, windows, hosts that stay in service.

use super::{one, outcomes, plan};
use wavetank::outcome::{Ending, Outcome};
use wavetank::plan::{HostShare, Procedure, Ratio, timeline};
use wavetank::scenario;

const MINUTE: u64 = 60_000;

fn percent(share: u64) -> HostShare {
    HostShare::Share(Ratio { num: share, den: 100 })
}

#[test]
fn one_copy_more_keeps_three_in_service() {
    let plan = plan("surge-three-replicas", &[]);
    let surge = one(&plan, 0);
    assert_eq!((surge.turned_away_requests, surge.to_100_ms), (0.0, Some(6 * MINUTE)));
    // Two of three are left: 1 - 2/(3 * 0.8) of 300 a second, for six minutes.
    let without = one(&plan, 1);
    assert!((without.turned_away_requests - 18_000.0).abs() < 1e-6, "{}", without.turned_away_requests);
    assert_eq!(without.to_100_ms, Some(6 * MINUTE));
}

#[test]
fn surge_and_unavailable_round_as_kubernetes_does() {
    let of = |surge: Option<HostShare>, unavailable: HostShare, hosts| {
        let mut plan = plan("surge-three-replicas", &[]);
        let mut procedure: Procedure = plan.strategies.remove(1).waves.remove(0).procedure;
        (procedure.max_surge, procedure.max_unavailable) = (surge, unavailable);
        (procedure.surge_of(hosts), procedure.unavailable_of(hosts), procedure.batch_of(hosts))
    };
    assert_eq!(of(None, percent(39), 10), (0, 3, 3));
    assert_eq!(of(Some(percent(0)), percent(0), 10), (0, 1, 1), "both 0: one is away");
    assert_eq!(of(Some(percent(25)), percent(25), 3), (1, 0, 1));
    assert_eq!(of(Some(percent(25)), percent(25), 10), (3, 2, 5));
    assert_eq!(of(Some(HostShare::Count(1)), HostShare::Count(0), 1), (1, 0, 1));
    assert_eq!(of(None, HostShare::Count(10), 5), (0, 5, 5));
    assert_eq!(of(Some(percent(100)), percent(100), 5), (5, 5, 5), "never more than there are");
}

#[test]
fn beside_a_surge_nobody_leaves_unless_it_is_said() {
    // 10 copies, surge 20 %: 5 batches of 2. With one of them away as well 4 batches of 3, the last one of 1.
    let edits =
        [("hosts-per-zone = 3", "hosts-per-zone = 10"), ("max-surge = \"25%\"", "max-surge = \"20%\"")];
    let alone = [edits[0], edits[1], ("max-unavailable = \"25%\"\nmax-surge", "max-surge")];
    let alone = one(&plan("surge-three-replicas", &alone), 0);
    assert_eq!((alone.turned_away_requests, alone.to_100_ms), (0.0, Some(10 * MINUTE)));
    let and_one = ("max-unavailable = \"25%\"\nmax-surge", "max-unavailable = 3\nmax-surge");
    // Two extra, three away: two batches of 5. 7 of 10 are left of the 8 that are needed: an eighth, for 4 minutes.
    let mixed = one(&plan("surge-three-replicas", &[edits[0], edits[1], and_one]), 0);
    assert_eq!(mixed.to_100_ms, Some(4 * MINUTE));
    assert!((mixed.turned_away_requests - 300.0 * 240.0 / 8.0).abs() < 1e-6);
}

#[test]
fn nobody_away_and_nobody_beside_is_refused() {
    let text =
        std::fs::read_to_string(crate::support::project("tests/plans/language/surge-three-replicas.toml"));
    let text =
        text.unwrap().replace("\"no-surge\"\nmax-unavailable = \"25%\"", "\"no-surge\"\nmax-unavailable = 0");
    let loaded = scenario::load_str("none.toml", &text);
    assert!(loaded.plan.is_none());
    assert!(loaded.problems.to_string().contains("add `max-surge = 1`"), "{}", loaded.problems);
}

#[test]
fn a_pull_refuses_no_request() {
    let plan = plan("pull-without-downtime", &[]);
    assert!(outcomes(&plan, 0, 50).iter().all(|outcome| outcome.turned_away_requests == 0.0));
    // A hundredth of 1,000 a second for each host and each second: a minute, or all of its move where that is shorter.
    // The mean of the smaller of a minute and a uniform half an hour is 59 seconds.
    let restarts = outcomes(&plan, 1, 400);
    let mean = restarts.iter().map(|outcome| outcome.turned_away_requests).sum::<f64>() / 400.0;
    assert!((mean / 59_000.0 - 1.0).abs() < 0.003, "{mean}");
    let (most, least) = restarts.iter().fold((0.0_f64, f64::INFINITY), |(most, least), outcome| {
        (most.max(outcome.turned_away_requests), least.min(outcome.turned_away_requests))
    });
    assert!(most < 60_000.001 && least > 50_000.0, "{least} to {most}");
}

#[test]
fn a_host_that_moves_in_a_fixed_time_is_away_at_its_end() {
    // All hosts of a batch restart together for a minute of their five: 60,000 requests, whatever the batch.
    let edits = [
        ("{ uniform = { to = \"30m\" } }", "\"5m\""),
        (
            "wave = [{ regions = \"all\" }]\n[[strategy]]",
            "[[strategy.wave]]\nregions = \"all\"\nbatch = \"10%\"\n[[strategy]]",
        ),
    ];
    let plan = plan("pull-without-downtime", &edits);
    let away = one(&plan, 1).turned_away_requests;
    assert!((away - 60_000.0).abs() < 1e-6, "{away}");
    assert_eq!(one(&plan, 0).turned_away_requests, 0.0);
}

fn minutes(outcomes: &[Outcome]) -> Vec<f64> {
    let mut times: Vec<f64> =
        outcomes.iter().map(|outcome| outcome.to_100_ms.unwrap() as f64 / MINUTE as f64).collect();
    times.sort_by(f64::total_cmp);
    times
}

#[test]
fn a_window_waits_for_its_fastest_host_and_a_barrier_for_its_slowest() {
    let plan = plan("sliding", &[]);
    let harmonic: f64 = (1..=10).map(|n| 1.0 / f64::from(n)).sum();
    // Without memory: ten at work until 90 are done, then the last ten. Each of ten barriers: the last of ten.
    let right = [(90.0 / 10.0 + harmonic) * 10.0, 10.0 * harmonic * 10.0];
    for (strategy, mean) in right.into_iter().enumerate() {
        let times = minutes(&outcomes(&plan, strategy, 1_500));
        let found = times.iter().sum::<f64>() / times.len() as f64;
        assert!((found / mean - 1.0).abs() < 0.01, "{found} for {mean}");
        let typical = timeline::timetable(&plan, strategy).end_ms() as f64 / MINUTE as f64;
        let median = times[times.len() / 2];
        assert!((typical / median - 1.0).abs() < 0.05, "{typical} for {median}");
    }
}

#[test]
fn where_hosts_are_alike_a_window_is_a_barrier() {
    let exponential = "{ exponential = { mean = \"10m\" } }";
    for (time, within) in [("\"10m\"", 0), ("{ uniform = { from = \"10m\", to = \"10m10ms\" } }", 200)] {
        let plan = plan("sliding", &[(exponential, time)]);
        let [window, barrier] = [0, 1].map(|strategy| one(&plan, strategy).to_100_ms.unwrap());
        assert!(window.abs_diff(barrier) <= within, "{window} and {barrier} with {time}");
        assert!(window.abs_diff(100 * MINUTE) <= within);
    }
}

#[test]
fn pauses_between_batches_are_bakes() {
    let edits = [
        ("{ exponential = { mean = \"10m\" } }", "\"10m\""),
        ("batch = 10", "batch-bake = \"5m\"\nbatch = 10"),
    ];
    let plan = plan("sliding", &edits);
    for strategy in [0, 1] {
        let outcome = one(&plan, strategy);
        assert_eq!(outcome.to_100_ms, Some((10 * 10 + 9 * 5) * MINUTE));
        assert_eq!(outcome.bake_ms, Some(9 * 5 * MINUTE));
        assert_eq!(timeline::timetable(&plan, strategy).end_ms(), 145 * MINUTE);
    }
}

#[test]
fn a_window_that_is_stopped_takes_back_whoever_was_done() {
    let found = "[[defect]]\nname = \"d\"\n[[alarm]]\nname = \"late\"\nscope = \"service\"\ndetection-delay = \"20m\"\n[change]";
    let plan = plan("sliding", &[("[change]", found)]);
    let all = outcomes(&plan, 0, 200);
    let mean = all.iter().map(|outcome| outcome.peak_exposed_hosts as f64).sum::<f64>() / 200.0;
    // One host a minute, from the first, after which the alarm comes, on: twenty more in twenty minutes.
    assert!((mean - 21.0).abs() < 1.5, "{mean}");
    assert!(all.iter().all(|outcome| outcome.ending == Ending::Caught && outcome.left_exposed_hosts == 0));
    assert!(all.iter().all(|outcome| outcome.peak_impaired_hosts == outcome.peak_exposed_hosts));
}

#[test]
fn a_sliding_surge_never_lets_go_before_the_next_is_ready() {
    let edits = [
        ("\"2m\"", "{ exponential = { mean = \"2m\" } }"),
        ("max-surge", "batches = \"sliding\"\nmax-surge"),
        ("hosts-per-zone = 3", "hosts-per-zone = 12"),
    ];
    let all = outcomes(&plan("surge-three-replicas", &edits), 0, 50);
    // Three beside and three away: nine of twelve are left of 9.6 that are needed, until the last ones.
    let most = 300.0 / 16.0 / 1_000.0;
    for outcome in all {
        let span = outcome.to_100_ms.unwrap() as f64;
        let share = outcome.turned_away_requests / span;
        assert!(share > 0.0 && share <= most * 1.000_001, "{share} of {most}");
    }
}
