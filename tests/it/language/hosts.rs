//! Hosts: those whose deployment fails, and those that take too long.

use crate::support::{self, accept};
use wavetank::outcome::{Ending, Notice, Outcome};
use wavetank::plan::Plan;
use wavetank::rollout::{Engine, Model, RolloutEvent, replay};
use wavetank::sim::Silent;

const MINUTE: u64 = 60_000;
const TRIALS: u64 = 4_000;

fn plan(name: &str, edits: support::Edits) -> Plan {
    support::plan(&format!("tests/plans/language/{name}.toml"), edits)
}

fn outcomes(plan: &Plan, trials: u64) -> Vec<Outcome> {
    let model = Model::new(plan);
    let mut engine = Engine::new(&model);
    (0..trials).map(|trial| engine.run(0, trial, &mut Silent)).collect()
}

/// Holds how often something is so against its probability.
#[track_caller]
fn share(row: &str, outcomes: &[Outcome], of: impl Fn(&Outcome) -> bool, probability: f64) {
    let n = outcomes.len() as f64;
    let seen = outcomes.iter().filter(|outcome| of(outcome)).count() as f64 / n;
    accept(row, (seen - probability) / (probability * (1.0 - probability) / n).sqrt());
}

/// Holds a mean against what it should be.
#[track_caller]
fn mean(row: &str, outcomes: &[Outcome], value: impl Fn(&Outcome) -> f64, right: f64) {
    let n = outcomes.len() as f64;
    let mean = outcomes.iter().map(&value).sum::<f64>() / n;
    let variance = outcomes.iter().map(|outcome| power(value(outcome) - mean, 2)).sum::<f64>() / (n - 1.0);
    accept(row, (mean - right) / (variance / n).sqrt());
}

/// Without the platform's mathematics.
fn power(x: f64, n: u32) -> f64 {
    (0..n).map(|_| x).product()
}

fn choose(n: u32, k: u32) -> f64 {
    (0..k).map(|i| f64::from(n - i) / f64::from(i + 1)).product()
}

fn binomial_cdf(most: u32, n: u32, p: f64) -> f64 {
    (0..=most).map(|k| choose(n, k) * power(p, k) * power(1.0 - p, n - k)).sum()
}

// --- Hosts that fail ------------------------------------------------------------------------------------

/// Probability that of `batches` batches of ten none has more than `most` of `failing` hosts that are spread at random:
/// a coefficient of a power of a polynomial.
fn none_has_more(most: u32, batches: u32, failing: usize) -> f64 {
    let mut ways = vec![1.0];
    for _ in 0..batches {
        let mut next = vec![0.0; failing + 1];
        for (so_far, count) in ways.iter().enumerate() {
            for more in 0..=most.min((failing - so_far) as u32) {
                next[so_far + more as usize] += count * choose(10, more);
            }
        }
        ways = next;
    }
    ways[failing] / choose(10 * batches, failing as u32)
}

#[test]
fn a_batch_may_lose_so_much_of_itself() {
    let all = none_has_more(3, 10, 10);
    assert!((all - 0.918).abs() < 0.001, "{all}");
    let outcomes = outcomes(&plan("failed-share-of-a-batch", &[]), TRIALS);
    share("all reached", &outcomes, Outcome::is_complete, all);
    for outcome in &outcomes {
        if outcome.is_complete() {
            assert_eq!((outcome.end_ms, outcome.left_behind_hosts), (10 * MINUTE, 10));
            assert_eq!(outcome.peak_exposed_hosts, 90);
        } else {
            assert_eq!((outcome.ending, outcome.notice), (Ending::FalseRollback, Some(Notice::FailedHosts)));
            assert_eq!(outcome.alarm_ms.unwrap() % MINUTE, 0, "at the end of a batch, before the next one");
            let batches = outcome.end_ms / MINUTE;
            assert!(outcome.peak_exposed_hosts <= 10 * batches - 4, "no host of a later batch");
        }
    }
}

#[test]
fn one_failure_is_too_many_where_none_is_allowed() {
    for allowed in ["0", "\"0%\""] {
        let none = ("allowed = \"30%\"", format!("allowed = {allowed}"));
        let outcomes = outcomes(&plan("failed-share-of-a-batch", &[(none.0, &none.1)]), TRIALS);
        assert!(outcomes.iter().all(|outcome| !outcome.is_complete()));
        let first = 1.0 - choose(90, 10) / choose(100, 10);
        assert!((first - 0.67).abs() < 0.001);
        share("the first batch stops it", &outcomes, |o| o.alarm_ms == Some(MINUTE), first);
    }
}

#[test]
fn failures_are_counted_where_the_strategy_says() {
    let by_chance = ("failing-hosts = 10", "failure-probability = \"2%\"");
    let per = |per: &str| format!("allowed = \"3%\", per = \"{per}\"");
    let of = |places: &str, counted: &str| {
        let region = ("name = \"only\"", format!("name = \"only\"\n{places}"));
        let counted = per(counted);
        let edits = [by_chance, ("allowed = \"30%\", per = \"batch\"", &counted), (region.0, &region.1)];
        outcomes(&plan("failed-share-of-a-batch", &edits), TRIALS)
    };
    let fits = |zones: u32| binomial_cdf(3 * zones, 100 * zones, 0.02);
    share("zone", &of("", "zone"), Outcome::is_complete, fits(1));
    share("two zones, each", &of("zones = 2", "zone"), Outcome::is_complete, power(fits(1), 2));
    share("two zones, region", &of("zones = 2", "region"), Outcome::is_complete, fits(2));
    share("two zones, rollout", &of("zones = 2", "rollout"), Outcome::is_complete, fits(2));
}

#[test]
fn whoever_fails_is_tried_again() {
    // Ten batches of ten hosts that fail with 20 %: a batch has a second try with 1 - 0.8^10, and each host that fails
    // both stays behind.
    let edits = [
        ("failing-hosts = 10", "failure-probability = \"20%\""),
        ("allowed = \"30%\", per = \"batch\"", "retries = 1"),
    ];
    let twice = outcomes(&plan("failed-share-of-a-batch", &edits), TRIALS);
    assert!(twice.iter().all(Outcome::is_complete), "nothing is too many");
    mean("left behind", &twice, |o| o.left_behind_hosts as f64, 4.0);
    mean("minutes", &twice, |o| (o.end_ms / MINUTE) as f64, 10.0 * (2.0 - power(0.8, 10)));
    // On whom it always fails, nothing helps.
    let edits = [("allowed = \"30%\", per = \"batch\"", "retries = 3")];
    let always = outcomes(&plan("failed-share-of-a-batch", &edits), 200);
    assert!(always.iter().all(|o| o.left_behind_hosts == 10));
}

#[test]
fn hosts_that_always_fail_are_the_same_whatever_the_batches() {
    // Strategies meet the same hosts: the first fifty of a zone lose as many in five batches as in one.
    let lost = |batch: &str| -> Vec<u64> {
        let edits = [
            ("batch = 10", batch),
            (
                "wave = [{ regions = \"all\" }]",
                "wave = [{ regions = \"all\", hosts = 50 }, { regions = \"all\" }]",
            ),
            ("allowed = \"30%\"", "allowed = \"100%\""),
        ];
        let plan = plan("failed-share-of-a-batch", &edits);
        let first_half = |trial| {
            let (_, records) = replay(&plan, 0, trial);
            let until =
                records.iter().position(|r| matches!(r.event, RolloutEvent::WaveDone { .. })).unwrap();
            let failed = records[..until].iter().map(|record| match record.event {
                RolloutEvent::HostsFailed { hosts, .. } => u64::from(hosts),
                _ => 0,
            });
            failed.sum()
        };
        (0..50).map(first_half).collect()
    };
    assert_eq!(lost("batch = 10"), lost("batch = 50"));
}

#[test]
fn what_failed_goes_back_as_after_an_alarm() {
    let back = [("response = { on-alarm = \"freeze\" }", "rollback = { scope = \"deployment\" }")];
    for outcome in outcomes(&plan("failed-share-of-a-batch", &back), 500) {
        if !outcome.is_complete() {
            assert_eq!(outcome.left_exposed_hosts, 0);
            assert_eq!(outcome.mitigation_ms, outcome.alarm_ms);
        }
    }
}

// --- Progress -------------------------------------------------------------------------------------------

#[test]
fn nothing_hangs_for_ever() {
    let outcomes = outcomes(&plan("progress-deadline", &[]), TRIALS);
    share("taken back", &outcomes, |o| o.ending == Ending::FalseRollback, 1.0 - power(0.98, 10));
    for outcome in outcomes.iter().filter(|outcome| !outcome.is_complete()) {
        assert_eq!(outcome.notice, Some(Notice::Deadline));
        // Ten minutes after the last of those that were ready, a minute each.
        assert_eq!(outcome.alarm_ms, Some((outcome.peak_exposed_hosts + 10) * MINUTE));
    }
}

#[test]
fn the_last_of_many_together_counts() {
    let together = [("batch = 1", "batch = 10")];
    let outcomes = outcomes(&plan("progress-deadline", &together), TRIALS);
    share("taken back", &outcomes, |o| o.ending == Ending::FalseRollback, 1.0 - power(0.98, 10));
    assert!(outcomes.iter().all(|o| o.is_complete() || o.alarm_ms == Some(11 * MINUTE)));
}

#[test]
fn every_gap_between_hosts_counts_and_nothing_else() {
    let by_chance = (
        "deploy-time = \"1m\"\nstragglers = \"2%\"\nstraggler-time = \"1000h\"",
        "deploy-time = { exponential = { mean = \"4m\" } }",
    );
    // One by one: each of ten hosts is ready within ten minutes, 2.5 means.
    let one_by_one = outcomes(&plan("progress-deadline", &[by_chance]), TRIALS);
    share("one by one", &one_by_one, Outcome::is_complete, power(1.0 - libm::exp(-2.5), 10));
    // All together, and one mean as deadline: gaps between the ready are independent and exponential, and the one before
    // which i are left has a mean of 1/i.
    let edits = [by_chance, ("batch = 1", "batch = 10"), ("\"10m\"", "\"4m\"")];
    let together = outcomes(&plan("progress-deadline", &edits), TRIALS);
    let gaps: f64 = (1..=10).map(|i| 1.0 - libm::exp(-f64::from(i))).product();
    share("together", &together, Outcome::is_complete, gaps);
    // A bake is no lack of progress.
    let baked = [
        ("stragglers = \"2%\"", "stragglers = \"0%\""),
        ("batch = 1", "batch = 1\none-box = { bake = \"1h\" }\nzone-bake = \"1h\""),
    ];
    assert!(outcomes(&plan("progress-deadline", &baked), 1).iter().all(Outcome::is_complete));
}

#[test]
fn a_deadline_that_no_host_can_keep_is_an_error_with_both_places() {
    let text =
        std::fs::read_to_string(support::project("tests/plans/language/progress-deadline.toml")).unwrap();
    for (deadline, problem) in [("59s", "shorter than a host needs"), ("0s", "leaves no host any time")] {
        let loaded =
            wavetank::scenario::load_str("d.toml", &text.replace("\"10m\"", &format!("\"{deadline}\"")));
        let said = loaded.problems.to_string();
        assert!(loaded.plan.is_none() && said.contains(problem), "{said}");
    }
    assert!(wavetank::scenario::load_str("d.toml", &text.replace("\"10m\"", "\"1m\"")).plan.is_some());
}
