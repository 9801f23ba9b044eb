//! One small scenario for each mechanism of defects, responses and channels, next to the same scenario
//! without it: a test here fails if the mechanism does nothing.
//!
//! Deploying takes no time unless a scenario says so, and traffic does not change over the day, so that most
//! answers can be worked out by hand. Shares are held within 4.5 standard errors at a fixed seed.

use wavetank::outcome::{Ending, Outcome};
use wavetank::scenario;

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

/// Outcomes of the only strategy of a scenario.
pub fn run(text: &str) -> Vec<Outcome> {
    let loaded = scenario::load_str("mechanism.toml", text);
    let plan = loaded.plan.unwrap_or_else(|| panic!("{text}\n{}", loaded.problems));
    let outcomes = wavetank::study::run(&plan, &wavetank::study::Nobody).unwrap();
    outcomes.by_strategy.into_iter().next().unwrap()
}

/// The first trial: for scenarios that leave nothing to chance.
pub fn once(text: &str) -> Outcome {
    run(&format!("[study]\ntrials = 1\nobserve-after = \"4h\"\n{text}")).remove(0)
}

/// Two regions of one zone of ten hosts; the whole of a region at once, one after the other, with an hour's
/// bake after each.
pub const TWO_REGIONS: &str = r#"
[[fleet.region]]
name = "small"
hosts-per-zone = 10
requests-per-second = 100
labels = ["old"]
cohorts = { arm = "20%" }
[[fleet.region]]
name = "large"
hosts-per-zone = 10
requests-per-second = 1000
timezone = "Asia/Tokyo"
cohorts = { arm = "20%" }
[[strategy]]
name = "s"
zone-bake = "1h"
wave = [{ regions = "all" }]
"#;

/// The same, with an alarm that fires a minute after the first impaired host, and what follows it.
pub fn alarmed(keys_of_strategy: &str, defect: &str) -> Outcome {
    let alarm =
        "[[alarm]]\nname = \"a\"\nscope = \"service\"\ndetection-delay = \"1m\"\nwatch = \"rollout\"\n";
    let strategy = format!("name = \"s\"\n{keys_of_strategy}");
    once(&format!(
        "{}{alarm}[[defect]]\nname = \"d\"\n{defect}",
        TWO_REGIONS.replace("name = \"s\"", &strategy)
    ))
}

pub fn share_within(outcomes: &[Outcome], p: f64, hit: impl Fn(&Outcome) -> bool) {
    let n = outcomes.len() as f64;
    let share = outcomes.iter().filter(|outcome| hit(outcome)).count() as f64 / n;
    let z = (share - p) / (p * (1.0 - p) / n).sqrt();
    assert!(z.abs() < 4.5, "{share} against {p}: z = {z:.2}");
}

pub fn defect(keys: &str) -> Outcome {
    once(&format!("{TWO_REGIONS}[[defect]]\nname = \"d\"\n{keys}"))
}

// --- Onset ----------------------------------------------------------------------------------------------

#[test]
fn requests_wake_the_fault_where_there_is_traffic() {
    // A host of `small` serves 10 requests a second: one in 10,000 wakes it after 1000 s on average.
    let text = r#"
[study]
trials = 20000
observe-after = "10h"
[[fleet.region]]
name = "small"
hosts-per-zone = 1
requests-per-second = 10
diurnal = { curve = [1, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] }
[[defect]]
name = "d"
clock = "requests"
per-request = "0.0005%"
[[strategy]]
name = "s"
wave = [{ regions = "all" }]
"#;
    // The first hour has a quarter of the day's 864,000 requests, the second the rest: exp(-1.08), exp(-2.7).
    let outcomes = run(text);
    share_within(&outcomes, 1.0 - 0.339_596, |o| o.onset_ms.is_some_and(|ms| ms <= HOUR));
    share_within(&outcomes, 1.0 - 0.067_206, |o| o.onset_ms.is_some_and(|ms| ms <= HOUR + 30 * MINUTE));
    // Nothing comes between 02:00 and the end of the observation at 10:00.
    assert!(outcomes.iter().all(|o| o.onset_ms.is_none_or(|ms| ms <= 2 * HOUR)));
}

#[test]
fn a_load_threshold_bites_large_sites_only() {
    assert_eq!(defect("").onset_ms, Some(0));
    let loaded = defect("while = { traffic-above = 500 }");
    assert_eq!((loaded.onset_ms, loaded.peak_impaired_regions), (Some(HOUR), 1), "when `large` has it");
    assert_eq!(defect("while = { traffic-above = 1000 }").onset_ms, None, "more than, not as many");
}

#[test]
fn a_load_threshold_bites_at_the_peak_only() {
    let text = TWO_REGIONS.replace(
        "requests-per-second = 100\n",
        "requests-per-second = 100\ndiurnal = { curve = [1,1,1,8,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1] }\n",
    );
    let outcome = once(&format!(
        "{text}[[defect]]\nname = \"d\"\nregion-label = \"old\"\nwhile = {{ peak-share-above = \"50%\" }}"
    ));
    assert_eq!(outcome.onset_ms, Some(3 * HOUR));
    assert_eq!(outcome.mitigated_ms, Some(4 * HOUR), "it no longer hurts, though nobody healed it");
    assert_eq!(outcome.impaired_host_ms, 10 * HOUR);
}

#[test]
fn hours_are_those_of_the_region() {
    // 10:00 in Tokyo is 01:00 UTC, when `large` gets the change; `small` has it since 00:00 UTC.
    let outcome = defect("while = { hours = \"10:00-11:00\" }");
    assert_eq!((outcome.onset_ms, outcome.mitigated_ms), (Some(HOUR), Some(2 * HOUR)));
    assert_eq!(outcome.impaired_host_ms, 10 * HOUR);
}

#[test]
fn a_share_of_the_fleet_is_needed() {
    assert_eq!(defect("while = { exposed-above = \"50%\" }").onset_ms, Some(HOUR), "10 of 20 are not more");
    assert_eq!(defect("while = { exposed-above = 9 }").onset_ms, Some(0));
    assert_eq!(defect("while = { exposed-above = \"99%\", of = \"region\" }").onset_ms, Some(0));
}

#[test]
fn mixed_versions_hurt_only_while_they_last() {
    let outcome = defect("while = { mixed-in = \"service\" }");
    assert_eq!((outcome.onset_ms, outcome.mitigated_ms), (Some(0), Some(HOUR)));
    assert_eq!(defect("while = { mixed-in = \"region\" }").onset_ms, None, "a region changes at once");
}

#[test]
fn an_intermittent_fault_comes_and_goes() {
    let outcome = defect("region-label = \"old\"\nwhile = { on-for = \"5m\", off-for = \"15m\" }");
    // Six hours of observation: 18 periods of 20 minutes.
    assert_eq!(outcome.impaired_host_ms, 18 * 5 * 10 * MINUTE);
    assert_eq!(outcome.onset_ms, Some(0));
}

#[test]
fn a_dormant_fault_waits_for_its_trigger() {
    let outcome = defect("trigger = { at = \"3h\", lasts = \"10m\" }");
    assert_eq!((outcome.onset_ms, outcome.mitigated_ms), (Some(3 * HOUR), Some(3 * HOUR + 10 * MINUTE)));
    assert_eq!(outcome.activated_ms, Some(3 * HOUR));
    assert!(outcome.two_regions_impaired, "it comes everywhere at once");
    let by_region = "trigger = { at = { exponential = { mean = \"30m\" } }, in = \"region\" }";
    let text = format!(
        "[study]\ntrials = 4000\nobserve-after = \"9d\"\n{TWO_REGIONS}[[defect]]\nname = \"d\"\n{by_region}"
    );
    // Both regions have the change after an hour; the first of two triggers comes within 45 minutes of
    // exp(-2 * 45 / 30): but only `small` can show it before the hour is over.
    share_within(&run(&text), 1.0 - 0.223_130, |o| o.onset_ms.is_some_and(|ms| ms <= 45 * MINUTE));
}

#[test]
fn a_trigger_that_travels_can_be_stopped_on_its_way() {
    let keys = "trigger-step = \"1h\"\nresponse = { suspect-for = \"9h\" }\n";
    let dormant = "trigger = { at = \"3h\" }";
    let staged = alarmed(keys, dormant);
    assert_eq!((staged.onset_ms, staged.peak_impaired_regions), (Some(3 * HOUR), 1));
    assert_eq!(alarmed("response = { suspect-for = \"9h\" }\n", dormant).peak_impaired_regions, 2);
}

#[test]
fn a_mask_hides_the_fault_from_customers_but_not_from_a_look_inside() {
    let outcome = defect("masked-for = \"20m\"");
    assert_eq!((outcome.activated_ms, outcome.onset_ms), (Some(0), Some(20 * MINUTE)));
    let watched = |internal: &str| {
        let alarm =
            format!("[[alarm]]\nname = \"a\"\nscope = \"service\"\ndetection-delay = \"1m\"\n{internal}\n");
        once(&format!("{TWO_REGIONS}{alarm}[[defect]]\nname = \"d\"\nmasked-for = \"20m\""))
    };
    assert_eq!((watched("").alarm_ms, watched("").peak_impaired_hosts), (Some(21 * MINUTE), 10));
    let inside = watched("internal = true");
    assert_eq!((inside.alarm_ms, inside.peak_impaired_hosts), (Some(MINUTE), 0), "before any customer");
}

// --- Reach ----------------------------------------------------------------------------------------------

#[test]
fn only_labelled_regions_are_reached() {
    assert_eq!(defect("region-label = \"old\"").peak_impaired_hosts, 10);
    assert_eq!(defect("").peak_impaired_hosts, 20);
}

#[test]
fn a_cohort_is_seen_by_a_one_box_that_covers_it() {
    let text = |covers: &str| {
        let strategy = format!("name = \"s\"\none-box = {{ bake = \"30m\"{covers} }}");
        format!(
            "[study]\ntrials = 4000\n{}[[defect]]\nname = \"d\"\ncohort = \"arm\"",
            TWO_REGIONS.replace("name = \"s\"", &strategy)
        )
    };
    // Two of ten hosts are of the cohort.
    share_within(&run(&text("")), 0.2, |o| o.onset_ms == Some(0));
    assert!(run(&text(", covers = [\"arm\"]")).iter().all(|o| o.onset_ms == Some(0)));
    assert!(run(&text("")).iter().all(|o| o.peak_impaired_hosts == 4));
}

#[test]
fn a_shared_dependency_hurts_hosts_on_the_old_version_too() {
    let outcome = defect("hurts = { everyone-in = \"service\" }");
    assert_eq!(
        (outcome.onset_ms, outcome.peak_impaired_hosts, outcome.peak_impaired_regions),
        (Some(0), 20, 2)
    );
    let later = defect("hurts = { everyone-in = \"service\", from = \"60%\" }");
    assert_eq!((later.onset_ms, later.peak_impaired_hosts), (Some(HOUR), 20), "from 12 hosts on");
    assert_eq!(defect("hurts = { everyone-in = \"region\" }").onset_ms, Some(0));
}

// --- Symptom --------------------------------------------------------------------------------------------

#[test]
fn damage_grows_with_time_or_with_requests() {
    let by_time = defect("region-label = \"old\"\ndamage-per-host-hour = 7");
    assert!((by_time.damaged_items - 7.0 * 10.0 * 6.0).abs() < 1e-6, "ten hosts for six hours");
    assert!(by_time.failed_requests == 0.0, "nothing but data suffers unless it says so");
    let by_item = defect("region-label = \"old\"\ndamage-per-request = \"1%\"");
    assert!((by_item.damaged_items - 0.01 * 100.0 * 6.0 * 3600.0).abs() < 1e-3);
}

#[test]
fn alarms_see_only_what_they_can_see() {
    assert_eq!(alarmed("", "").alarm_ms, Some(MINUTE));
    assert_eq!(alarmed("", "seen-by = []").alarm_ms, None);
    assert_eq!(alarmed("", "seen-by = [\"a\"]").alarm_ms, Some(MINUTE));
}

// --- Cure -----------------------------------------------------------------------------------------------

#[test]
fn going_back_heals_partly_or_not_or_makes_it_worse() {
    let healed = alarmed("", "");
    assert_eq!(healed.mitigated_ms, Some(MINUTE));
    assert_eq!(alarmed("", "cure = { rollback = \"keeps\" }").mitigated_ms, None);
    let partly = run(&format!(
        "[study]\ntrials = 2000\n{}[[alarm]]\nname = \"a\"\nscope = \"service\"\ndetection-delay = \"1m\"\n\
         [[defect]]\nname = \"d\"\ncure = {{ share = \"90%\" }}",
        TWO_REGIONS
    ));
    share_within(&partly, 0.348_678, |o| o.mitigated_ms.is_some());
    // Half of the hosts of `small` have the fault; the old version gives it to the others as well.
    let worse = alarmed("", "reach = \"50%\"\ncure = { rollback = \"worsens\" }");
    assert_eq!((worse.peak_impaired_hosts, worse.mitigated_ms), (10, None));
}

#[test]
fn work_on_hosts_takes_workers_and_time() {
    let repair = |more: &str| alarmed("", &format!("cure = {{ repair = {{ per-host = \"10m\"{more} }} }}"));
    assert_eq!(repair("").mitigated_ms, Some(11 * MINUTE));
    assert_eq!(repair(", at-once = 4").mitigated_ms, Some(31 * MINUTE), "ten hosts in three rounds");
    let half = repair(", at-once = 1");
    assert_eq!((half.half_recovered_ms, half.mitigated_ms), (Some(51 * MINUTE), Some(101 * MINUTE)));
}

#[test]
fn larger_regions_recover_later_from_a_herd() {
    let text = TWO_REGIONS
        .replacen("hosts-per-zone = 10", "hosts-per-zone = 2", 1)
        .replace("zone-bake = \"1h\"\n", "");
    let herd = "cure = { repair = { per-host = \"10m\", at-once = 1, in = \"region\" } }";
    let alarm =
        "[[alarm]]\nname = \"a\"\nscope = \"service\"\ndetection-delay = \"1m\"\nwatch = \"rollout\"\n";
    let text = text.replace("{ regions = \"all\" }", "{ regions = \"all\", bake = \"1h\" }");
    let outcome = once(&format!("{text}{alarm}[[defect]]\nname = \"d\"\n{herd}"));
    assert_eq!(outcome.first_recovery_ms, Some(21 * MINUTE));
    assert_eq!(outcome.mitigated_ms, Some(101 * MINUTE));
}

#[test]
fn relapses_prolong_the_recovery() {
    let text = |relapse: &str| {
        format!(
            "[study]\ntrials = 4000\n[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 1\n[[alarm]]\nname = \"a\"\n\
             scope = \"zone\"\ndetection-delay = \"1m\"\n[[defect]]\nname = \"d\"\n{relapse}\n[[strategy]]\n\
             name = \"s\"\nzone-bake = \"1h\"\nwave = [{{ regions = \"all\" }}]"
        )
    };
    let outcomes =
        run(&text("cure = { relapse = { probability = \"50%\", after = \"5m\", lasts = \"5m\" } }"));
    // The number of relapses is geometric: the last healing is after 1, 11, 21, … minutes.
    share_within(&outcomes, 0.5, |o| o.mitigated_ms == Some(MINUTE));
    share_within(&outcomes, 0.25, |o| o.mitigated_ms == Some(11 * MINUTE));
    share_within(&outcomes, 0.125, |o| o.mitigated_ms == Some(21 * MINUTE));
    assert!(run(&text("")).iter().all(|o| o.mitigated_ms == Some(MINUTE)));
}

#[test]
fn a_blessed_version_is_what_a_rollback_brings_back() {
    let waves = "rollback = { to = \"last-blessed\" }\n";
    let text = |onset: &str| {
        let alarm =
            "[[alarm]]\nname = \"a\"\nscope = \"service\"\ndetection-delay = \"1m\"\nwatch = \"rollout\"\n";
        let regions = TWO_REGIONS.replace("name = \"s\"", &format!("name = \"s\"\n{waves}")).replace(
            "wave = [{ regions = \"all\" }]",
            "wave = [{ regions = [\"small\"] }, { regions = \"rest\" }]",
        );
        format!("{regions}{alarm}[[defect]]\nname = \"d\"\nclock = \"change\"\nonset = \"{onset}\"")
    };
    assert_eq!(
        once(&text("30m")).mitigated_ms,
        Some(31 * MINUTE),
        "within the first bake: nothing is blessed"
    );
    let late = once(&text("90m"));
    assert_eq!((late.ending, late.mitigated_ms), (Ending::Caught, None), "the gate came too early");
}

// --- Response -------------------------------------------------------------------------------------------

pub const PEOPLE: &str = "operators = { engage = \"10m\", diagnose = \"20m\", prepare = \"5m\" }\n";

#[test]
fn halting_leaves_hosts_ill_until_somebody_acts() {
    let halted = alarmed(&format!("response = {{ on-alarm = \"halt\" }}\n{PEOPLE}"), "");
    assert_eq!((halted.rollback_ms, halted.mitigation_ms), (Some(MINUTE), Some(36 * MINUTE)));
    assert_eq!((halted.mitigated_ms, halted.peak_impaired_hosts), (Some(36 * MINUTE), 10));
    let frozen = alarmed("response = { on-alarm = \"freeze\" }\n", "");
    assert_eq!((frozen.mitigation_ms, frozen.mitigated_ms, frozen.peak_impaired_hosts), (None, None, 10));
}

#[test]
fn paging_lets_the_rollout_go_on() {
    let slow = PEOPLE.replace("20m", "80m");
    let paged = alarmed(&format!("response = {{ on-alarm = \"page\" }}\n{slow}"), "");
    assert_eq!((paged.ending, paged.peak_impaired_hosts), (Ending::Caught, 20), "during the second bake");
    assert_eq!(paged.mitigated_ms, Some(96 * MINUTE));
}

#[test]
fn nights_and_lock_outs_delay_people() {
    let night = PEOPLE.replace("engage =", "hours = \"09:00-17:00\", engage-off-hours = \"1h\", engage =");
    let outcome = alarmed(&format!("response = {{ on-alarm = \"halt\" }}\n{night}"), "");
    assert_eq!(outcome.mitigation_ms, Some(86 * MINUTE), "it is midnight");
    let locked = alarmed(&format!("response = {{ on-alarm = \"halt\" }}\n{PEOPLE}"), "locks-out = \"45m\"");
    assert_eq!(locked.mitigation_ms, Some(81 * MINUTE));
}

#[test]
fn a_kill_switch_is_no_rollback() {
    let people =
        PEOPLE.replace("engage =", "remedy = \"kill-switch\", spread = \"2m\", restore = \"43m\", engage =");
    let outcome = alarmed(
        &format!("response = {{ on-alarm = \"halt\" }}\n{people}"),
        "cure = { rollback = \"keeps\" }",
    );
    assert_eq!(outcome.mitigation_ms, Some(36 * MINUTE));
    assert_eq!((outcome.mitigated_ms, outcome.restored_ms), (Some(38 * MINUTE), Some(81 * MINUTE)));
}

#[test]
fn people_fix_forward_where_going_back_did_not_help() {
    let people = PEOPLE.replace("engage =", "remedy = \"fix-forward\", engage =");
    let outcome = alarmed(&people, "cure = { rollback = \"keeps\" }");
    assert_eq!((outcome.mitigation_ms, outcome.mitigated_ms), (Some(MINUTE), Some(36 * MINUTE)));
    assert_eq!(alarmed(PEOPLE, "").mitigated_ms, Some(MINUTE), "they find nothing left to do");
}

#[test]
fn a_finished_rollout_remains_suspect() {
    let late = "clock = \"change\"\nonset = \"3h\"";
    assert_eq!(alarmed("", late).ending, Ending::Escaped);
    let recalled = alarmed("response = { suspect-for = \"2h\" }\n", late);
    assert_eq!((recalled.ending, recalled.mitigated_ms), (Ending::Recalled, Some(3 * HOUR + MINUTE)));
    assert_eq!(recalled.completed_ms, Some(2 * HOUR));
    assert_eq!(
        alarmed("response = { suspect-for = \"1h\" }\n", late).ending,
        Ending::Escaped,
        "a minute short"
    );
}

#[test]
fn verdicts_are_lost_and_overridden() {
    let lost = alarmed("response = { lost-verdicts = \"100%\" }\n", "");
    assert_eq!((lost.ending, lost.ignored_alarms), (Ending::Escaped, 1));
    let overridden = alarmed("response = { overrides = \"100%\" }\n", "");
    assert_eq!((overridden.ending, overridden.ignored_alarms), (Ending::Escaped, 1));
    let other = alarmed("response = { lost-verdicts = \"100%\", losing = [] }\n", "");
    assert_eq!((other.ending, other.ignored_alarms), (Ending::Caught, 0));
}

#[test]
fn the_wrong_change_costs_time() {
    let people = PEOPLE.replace("engage =", "wrong-change = \"100%\", wrong-change-costs = \"1h\", engage =");
    let outcome = alarmed(&format!("response = {{ on-alarm = \"halt\" }}\n{people}"), "");
    assert_eq!((outcome.wrong_change, outcome.mitigation_ms), (true, Some(96 * MINUTE)));
}

#[test]
fn other_deployments_of_the_region_go_back_too() {
    let text = format!(
        "[study]\ntrials = 4000\n{}[[alarm]]\nname = \"a\"\nscope = \"service\"\ndetection-delay = \"1m\"\n\
         [[defect]]\nname = \"d\"",
        TWO_REGIONS.replace("name = \"s\"", "name = \"s\"\nresponse = { other-deployments = 2 }")
    );
    // Only `small` has the change by then; the number of others is Poisson with mean 2.
    let outcomes = run(&text);
    share_within(&outcomes, 0.135_335, |o| o.collateral_rollbacks == 0);
    share_within(&outcomes, 0.270_671, |o| o.collateral_rollbacks == 2);
    assert_eq!(alarmed("", "").collateral_rollbacks, 0);
}

#[test]
fn an_alarm_with_another_cause_holds_up_a_wave_or_is_ignored() {
    let text = |blocks: &str| {
        TWO_REGIONS
            .replace("name = \"s\"", &format!("name = \"s\"\n{blocks}"))
            .replace(
                "[[strategy]]",
                "[fleet.background]\nambient-alarms = { every = \"50m\", lasts = \"45m\" }\n[[strategy]]",
            )
            .replace(
                "wave = [{ regions = \"all\" }]",
                "wave = [{ regions = [\"small\"] }, { regions = \"rest\" }]",
            )
    };
    let blocked = once(&text(""));
    // It fires from 00:50 to 01:35; the second wave would start at 01:00.
    assert_eq!((blocked.blocked_ms, blocked.completed_ms), (35 * MINUTE, Some(155 * MINUTE)));
    let ignored = once(&text("response = { firing-at-start = \"ignore\" }"));
    assert_eq!((ignored.blocked_ms, ignored.completed_ms), (0, Some(2 * HOUR)));
}

// --- Channels and stragglers ----------------------------------------------------------------------------

#[test]
fn hosts_past_the_waves_take_the_change_whatever_the_pipeline_does() {
    let bypass = "bypass = { hosts = \"30%\", time = { uniform = { to = \"30m\" } } }\n";
    let outcome = alarmed(bypass, "");
    assert_eq!(outcome.peak_impaired_regions, 2, "the second region is in no wave yet");
    assert_eq!(outcome.left_exposed_hosts, 6);
    assert_eq!(outcome.mitigated_ms, None);
    assert_eq!(alarmed("", "").peak_impaired_regions, 1);
    let by_hand = alarmed(&format!("{bypass}response = {{ on-alarm = \"halt\" }}\n{PEOPLE}"), "");
    assert!(by_hand.mitigated_ms.is_some(), "people reach them");
}

#[test]
fn a_strategy_has_a_channel_of_its_own() {
    let window = once(&TWO_REGIONS.replace(
        "name = \"s\"",
        "name = \"s\"\ndeploy-time = { uniform = { from = \"59m\", to = \"61m\" } }",
    ));
    assert!((118..=122).contains(&((window.completed_ms.unwrap() - 2 * HOUR) / MINUTE)));
}

#[test]
fn stragglers_are_waited_for_or_left_behind() {
    let text = |keys: &str| {
        format!(
            "[study]\ntrials = 500\n[change]\nstragglers = \"5%\"\nstraggler-time = \"2h\"\n{}",
            TWO_REGIONS.replace("name = \"s\"", &format!("name = \"s\"\n{keys}"))
        )
    };
    let waited = run(&text(""));
    assert!(waited.iter().all(|o| o.left_behind_hosts == 0));
    // A batch of ten has none with probability 0.95^10.
    share_within(&waited, 0.358_486, |o| o.completed_ms == Some(2 * HOUR));
    share_within(&waited, 0.161_0, |o| o.completed_ms == Some(6 * HOUR));
    let left = run(&text("complete-at = \"80%\""));
    share_within(&left, 0.358_486, |o| o.left_behind_hosts == 0);
    assert!(left.iter().all(|o| o.left_behind_hosts <= 4), "two of ten may be missing");
    assert!(left.iter().any(|o| o.completed_ms > Some(2 * HOUR)), "and a third one is waited for");
}

#[test]
fn versions_stay_mixed_where_hosts_are_left_behind() {
    let text = format!(
        "[study]\ntrials = 200\nobserve-after = \"4h\"\n[change]\nstragglers = \"5%\"\n{}[[defect]]\nname = \"d\"\n\
         while = {{ mixed-in = \"zone\" }}",
        TWO_REGIONS.replace("name = \"s\"", "name = \"s\"\ncomplete-at = \"50%\"")
    );
    for outcome in run(&text) {
        assert_eq!(outcome.onset_ms.is_some(), outcome.left_behind_hosts > 0);
        assert_eq!(outcome.mitigated_ms, None);
    }
}

// --- Capacity and background ----------------------------------------------------------------------------

/// A region of ten hosts with 100 requests a second and a load of 60 % at the peak, which is always.
fn crowded(change: &str, strategy: &str, more: &str) -> Outcome {
    once(&format!(
        "[change]\n{change}\n[fleet]\npeak-utilisation = \"60%\"\n[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 10\n\
         requests-per-second = 100\n{more}\n[[strategy]]\nname = \"s\"\nzone-bake = \"1h\"\n{strategy}\n\
         wave = [{{ regions = \"all\" }}]"
    ))
}

#[test]
fn a_batch_takes_capacity_away() {
    let half = crowded("deploy-time = \"10m\"", "batch = 5", "");
    // Five hosts can serve 5/6 of the load: 1/6 is turned away for twice ten minutes.
    assert!((half.turned_away_requests - 100.0 / 6.0 * 1200.0).abs() < 1e-6, "{}", half.turned_away_requests);
    assert!(
        crowded("deploy-time = \"10m\"", "batch = 4", "").turned_away_requests == 0.0,
        "six can just serve all"
    );
    let all = crowded("deploy-time = \"10m\"", "", "");
    assert!((all.turned_away_requests - 100.0 * 600.0).abs() < 1e-6, "nobody is left");
}

#[test]
fn crashed_hosts_leave_their_load_to_the_others() {
    let crash =
        |reach: u32| crowded("", "", &format!("[[defect]]\nname = \"d\"\nreach = {reach}\ncrash = true"));
    assert!(crash(4).failed_requests == 0.0, "the others can just serve all");
    let seconds = 5.0 * 3600.0;
    assert!((crash(5).failed_requests - 100.0 / 6.0 * seconds).abs() < 1e-6);
    assert_eq!(crash(5).peak_impaired_hosts, 5);
}

#[test]
fn a_brown_out_is_seen_by_alarms_of_the_region() {
    let alarm = "[[alarm]]\nname = \"a\"\nscope = \"region\"\nerror-ratio = { above = \"1%\" }\nwatch = \"rollout\"\n";
    let crash = |reach: u32| {
        crowded("", "", &format!("{alarm}[[defect]]\nname = \"d\"\nreach = {reach}\ncrash = true"))
    };
    assert_eq!(crash(4).alarm_ms, None);
    assert_eq!(crash(5).alarm_ms, Some(MINUTE));
    let batch = crowded("deploy-time = \"10m\"", "batch = 5", alarm);
    assert_eq!(
        (batch.ending, batch.alarm_ms),
        (Ending::FalseRollback, Some(MINUTE)),
        "good code can hurt too"
    );
}

#[test]
fn a_zone_that_goes_dark_by_itself_is_no_harm_of_the_change_but_alarms_see_it() {
    let text = |background: &str| {
        format!(
            "[fleet.background]\n{background}\n[[fleet.region]]\nname = \"r\"\nzones = 2\nhosts-per-zone = 10\n\
             requests-per-second = 100\n[[alarm]]\nname = \"a\"\nscope = \"zone\"\nimpaired-hosts = {{ above = \"10%\" }}\n\
             [[strategy]]\nname = \"s\"\nzone-bake = \"1h\"\nwave = [{{ regions = \"all\" }}]"
        )
    };
    let dark = once(&text("zone-failures = { every = \"30m\", lasts = \"10m\" }"));
    assert_eq!((dark.ending, dark.alarm_ms), (Ending::FalseRollback, Some(30 * MINUTE)));
    assert_eq!(dark.peak_impaired_hosts, 0);
    let region = once(&text("region-failures = { every = \"20m\", lasts = \"10m\" }"));
    assert_eq!((region.ending, region.alarm_ms), (Ending::FalseRollback, Some(20 * MINUTE)));
    assert_eq!(once(&text("")).ending, Ending::Completed);
}

#[test]
fn a_region_that_goes_dark_while_a_batch_is_out_is_counted_once() {
    let dark = crowded(
        "deploy-time = \"10m\"",
        "batch = 5",
        "[fleet.background]\nregion-failures = { every = \"5m\", lasts = \"5m\" }",
    );
    // Minutes 0 to 5 with five hosts out, then dark for five minutes, then five out for five minutes, dark
    // again to minute 20, and dark every other five minutes of the hour's bake.
    let expected = (5.0 / 6.0 + 5.0 + 5.0 / 6.0 + 5.0 + 30.0) * 60.0 * 100.0;
    assert!((dark.turned_away_requests - expected).abs() < 1e-6, "{}", dark.turned_away_requests);
}

#[test]
fn a_fault_that_never_woke_leaves_no_work_behind() {
    let keys = "response = { suspect-for = \"9h\" }\ntrigger-step = \"1h\"\n";
    let dormant = "trigger = { at = \"3h\" }\ncure = { repair = { per-host = \"1h\", at-once = 5 } }";
    let outcome = alarmed(keys, dormant);
    assert_eq!(outcome.mitigated_ms, Some(5 * HOUR + MINUTE), "ten hosts in two rounds");
    assert_eq!(
        outcome.end_ms,
        5 * HOUR + MINUTE,
        "those of the other region, which it never reached, need none"
    );
}
