//! Tests of timelines: moments, harm wherever it happens, and several on one axis.

use crate::ids::AlarmId;
use crate::outcome::Notice;
use crate::plan::Remedy;
use crate::report::chart::Theme;
use crate::report::chart::checks::{sound, text as said};
use crate::report::chart::pen::Item;
use crate::report::chart::timeline::*;
use crate::report::sample;
use crate::rollout::{RolloutEvent, RolloutRecord};

fn drawn(plan: &Plan, strategy: usize, trial: u64, outcome: &Outcome, records: &[RolloutRecord]) -> Picture {
    let picture =
        crate::report::chart::timeline::picture(&PlayedTrial::new(plan, strategy, trial, outcome, records));
    sound(&picture);
    picture
}

fn svg(plan: &Plan, strategy: usize, trial: u64, outcome: &Outcome, records: &[RolloutRecord]) -> String {
    drawn(plan, strategy, trial, outcome, records).svg(Theme::Light)
}

#[test]
fn incident_is_marked_and_enlarged() {
    let plan = sample::plan();
    let (outcome, records) = sample::rollout(&plan);
    let chart = svg(&plan, 4, 77, &outcome, &records);
    for words in ["alarm zone-errors, 40m later", "rollback begins, 42m later", "The incident enlarged"] {
        assert!(chart.contains(words), "{words} is missing");
    }
    assert!(chart.contains("12 of 24 zones never saw the new version."));
    assert_eq!(chart, svg(&plan, 4, 77, &outcome, &records));
}

#[test]
fn triggers_and_people_are_marked() {
    let plan = sample::plan();
    let (outcome, mut records) = sample::rollout(&plan);
    let unmarked = svg(&plan, 4, 77, &outcome, &records);
    records.push(RolloutRecord { at_ms: 60_000, event: RolloutEvent::Triggered { region: 0 } });
    records.push(RolloutRecord {
        at_ms: outcome.rollback_ms.unwrap(),
        event: RolloutEvent::Halted { notice: Notice::Alarm(AlarmId::new(0)) },
    });
    let remedy = Remedy::KillSwitch;
    records.push(RolloutRecord { at_ms: outcome.end_ms, event: RolloutEvent::RemedyStarted { remedy } });
    let chart = svg(&plan, 4, 77, &outcome, &records);
    for words in ["triggered, after 1m", "people switch it off", "the pipeline stops"] {
        assert!(chart.contains(words) && !unmarked.contains(words), "{words}");
    }
    assert!(!chart.contains("rollback begins"));
}

#[test]
fn many_zones_are_drawn_by_region() {
    let mut plan = sample::plan();
    plan.fleet = sample::fleet(24, 3, 50);
    let started = |zone| RolloutRecord { at_ms: 0, event: RolloutEvent::ZoneStarted { wave: 0, zone } };
    let records: Vec<RolloutRecord> = (0..72).map(started).collect();
    let chart = svg(&plan, 0, 0, &sample::escaped(), &records);
    assert!(chart.contains(">us-east-1<") && !chart.contains("us-east-1/a"));
}

#[test]
fn harm_after_the_rollout_is_drawn_with_its_hosts() {
    let plan = sample::plan();
    let at = |at_ms, event| RolloutRecord { at_ms, event };
    let mut records = vec![
        at(0, RolloutEvent::ZoneStarted { wave: 0, zone: 3 }),
        at(0, RolloutEvent::BatchStarted { zone: 3, hosts: 9, one_box: false }),
        at(500_000, RolloutEvent::BatchDone { zone: 3, hosts_done: 9, one_box: false }),
        at(500_000, RolloutEvent::ZoneDone { zone: 3 }),
    ];
    records.extend((0..9).map(|host| at(1_000_000, RolloutEvent::HostImpaired { zone: 3, host })));
    let outcome = Outcome {
        defect: Some(crate::ids::DefectId::new(0)),
        ending: Ending::Escaped,
        onset_ms: Some(1_000_000),
        end_ms: 600_000,
        impaired_host_ms: 9 * 2_000_000,
        peak_impaired_hosts: 9,
        peak_impaired_regions: 1,
        ..Outcome::default()
    };
    let played = PlayedTrial::new(&plan, 4, 1, &outcome, &records);
    assert_eq!((played.end_ms(), played.harmed_ms()), (3_000_000, Some((1_000_000, 3_000_000))));
    let chart = drawn(&plan, 4, 1, &outcome, &records);
    assert!(
        chart.title().contains("impaired host-minutes, at most 9 hosts in 1 region at once"),
        "{}",
        chart.title()
    );
    assert!(said(&chart).lines().any(|line| line.starts_with("9 of ")), "{}", said(&chart));
    let is_harm = |item: &&Item| matches!(item, Item::Rect { ink: Ink::Harm, corners, .. } if corners.2 - corners.0 > 300);
    assert_eq!(chart.items.iter().filter(is_harm).count(), 1, "until the end of what is observed");
}

#[test]
fn several_stand_on_one_axis_and_name_every_wave() {
    let plan = sample::plan();
    let (outcome, records) = sample::rollout(&plan);
    let played = || PlayedTrial::new(&plan, 4, 77, &outcome, &records);
    let chart = side_by_side(&[
        (TellingReason::Caught, played()),
        (TellingReason::Worst, played()),
        (TellingReason::Safer, played()),
    ]);
    sound(&chart);
    for wave in plan.strategies[4].waves.iter() {
        assert_eq!(said(&chart).lines().filter(|line| *line == wave.name).count(), 3, "{}", wave.name);
    }
    for why in ["Caught: ", "Its worst: ", "The same change: "] {
        assert!(said(&chart).contains(why), "{why}");
    }
    assert!(chart.title().starts_with("The change that hurts "), "{}", chart.title());
    let unproved = side_by_side(&[(TellingReason::Worst, played()), (TellingReason::Candidate, played())]);
    assert_eq!(unproved.title().matches(plan.strategies[4].name.as_str()).count(), 1, "{}", unproved.title());
    assert_eq!(said(&chart).matches("time since the start of the rollout").count(), 1);
}

#[test]
fn harm_ends_with_the_trial_however_long_the_others_are() {
    let plan = sample::plan();
    let (longer, of_longer) = sample::rollout(&plan);
    let at = |at_ms, event| RolloutRecord { at_ms, event };
    let records = [
        at(0, RolloutEvent::ZoneStarted { wave: 0, zone: 3 }),
        at(1_000_000, RolloutEvent::HostImpaired { zone: 3, host: 0 }),
    ];
    let shorter = Outcome {
        defect: Some(crate::ids::DefectId::new(0)),
        ending: Ending::Escaped,
        onset_ms: Some(1_000_000),
        end_ms: 600_000,
        impaired_host_ms: 1_000_000,
        peak_impaired_hosts: 1,
        peak_impaired_regions: 1,
        ..Outcome::default()
    };
    let short = PlayedTrial::new(&plan, 4, 1, &shorter, &records);
    let long = PlayedTrial::new(&plan, 4, 77, &longer, &of_longer);
    let (own_ms, whole_ms) = (short.end_ms(), long.end_ms());
    assert!(own_ms * 3 < whole_ms, "{own_ms} {whole_ms}");
    let chart = side_by_side(&[(TellingReason::Worst, short)]);
    let ends = |chart: &Picture| {
        let harm = chart.items.iter().filter_map(|item| match item {
            // The sign of the legend is above all panels.
            Item::Rect { ink: Ink::Harm, corners, .. } if corners.1 > 150 => Some(corners.2),
            _ => None,
        });
        harm.max().unwrap()
    };
    let alone = ends(&chart);
    let short = PlayedTrial::new(&plan, 4, 1, &shorter, &records);
    let calm = Outcome { impaired_host_ms: 0, onset_ms: None, ..longer.clone() };
    let long = PlayedTrial::new(&plan, 4, 77, &calm, &of_longer[..1]);
    let among = ends(&side_by_side(&[(TellingReason::Worst, short), (TellingReason::Candidate, long)]));
    assert!(among < alone, "{among} is not before {alone}");
}

#[test]
fn the_legend_has_every_sign_that_occurs_and_no_other() {
    let plan = sample::plan();
    let (outcome, records) = sample::rollout(&plan);
    let chart = drawn(&plan, 4, 77, &outcome, &records);
    for words in ["deploying", "bake", "rolling back", "impaired hosts, as a height"] {
        assert!(said(&chart).lines().any(|line| line == words), "{words}");
    }
    let started = [RolloutRecord { at_ms: 0, event: RolloutEvent::ZoneStarted { wave: 0, zone: 0 } }];
    let calm = drawn(&plan, 0, 0, &Outcome { end_ms: 5_000, ..Outcome::default() }, &started);
    assert!(!said(&calm).contains("rolling back") && !said(&calm).contains("impaired hosts, as a height"));
}
