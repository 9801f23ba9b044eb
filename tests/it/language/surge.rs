//! What of a zone moves at once, and what of that leaves service: surge, windows, hosts that stay in service.

use super::{one, outcomes, plan};
use wavetank::plan::{HostShare, Procedure, Ratio};
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
