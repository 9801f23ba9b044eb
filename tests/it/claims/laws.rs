//! Laws of claims: spellings that mean the same say the same, sides can be swapped, and numbers are those of a study.

use super::{GROUND, loaded, results, shows};
use std::fs;
use tempfile::TempDir;
use wavetank::outcome::measures;
use wavetank::plan::Plan;
use wavetank::scenario;
use wavetank::study::claims::{ClaimResult, judge};
use wavetank::study::verdict::Verdict;
use wavetank::study::{Nobody, Study};

/// Measures and statistics to hold the two strategies of the ground against each other by.
const MEASURES: [(&str, &str); 6] = [
    ("impaired_host_ms", "mean"),
    ("peak_impaired_hosts", "mean"),
    ("peak_impaired_hosts", "p90"),
    ("time_to_100_ms", "p50"),
    ("detection_delay_ms", "mean"),
    ("escaped", "mean"),
];

fn compared(of: &str, is: &str, than: &str, (metric, statistic): (&str, &str)) -> ClaimResult {
    let text = format!(
        "metric = \"{metric}\"\nstatistic = \"{statistic}\"\nof = {of}\nis = \"{is}\"\nthan = {than}"
    );
    results(&shows("{x.of}", &text)).remove(0)
}

#[test]
fn sides_can_be_swapped() {
    for measure in MEASURES {
        let one = compared("\"with\"", "less", "\"without\"", measure);
        let other = compared("\"without\"", "more", "\"with\"", measure);
        assert_eq!(one.verdict, other.verdict, "{measure:?}");
        let (one, other) = (&one.shows[0], &other.shows[0]);
        assert_eq!(
            (one.of.estimate, one.than.as_ref().unwrap().estimate),
            (other.than.as_ref().unwrap().estimate, other.of.estimate)
        );
        let (one_is, other_is) = (one.difference.unwrap(), other.difference.unwrap());
        let near = |a: f64, b: f64| assert!((a + b).abs() <= 1e-9 * a.abs().max(1.0), "{measure:?}: {a} {b}");
        near(one_is.value, other_is.value);
        near(one_is.interval.low.unwrap(), other_is.interval.high.unwrap());
        near(one_is.interval.high.unwrap(), other_is.interval.low.unwrap());
    }
}

#[test]
fn times_hold_1_exactly_where_the_difference_holds_0() {
    for measure in MEASURES {
        for sides in [["\"with\"", "\"without\""], ["\"without\"", "\"with\""], ["\"with\"", "\"with\""]] {
            let shown = compared(sides[0], "less", sides[1], measure).shows.remove(0);
            let Some(times) = shown.times else { continue };
            let difference = shown.difference.expect("both sides have values");
            // The side that is to be less is the smaller one exactly where there are more than 1 of it in the other.
            let (less, more) = (difference.interval.is_below(0.0), difference.interval.is_above(0.0));
            let says = (times.interval.is_above(1.0), times.interval.is_below(1.0));
            assert_eq!((less, more), says, "{measure:?} {difference:?} {times:?}");
        }
    }
}

#[test]
fn a_variant_is_what_its_values_make_of_the_file() {
    let dir = TempDir::new().expect("a temporary folder");
    let edited = GROUND.replace("detection-delay = \"20m\"", "detection-delay = \"35m\"");
    assert_ne!(edited, GROUND);
    fs::write(dir.path().join("edited.toml"), edited).expect("written");
    let claim = |variant: &str| {
        let metric = "metric = \"impaired_host_ms\"\nof = { strategy = \"with\", variant = \"v\" }\n";
        let claim = shows("{x.of}", &format!("{metric}is = \"more\"\nthan = \"with\""));
        let path = dir.path().join("s.toml");
        fs::write(&path, format!("{GROUND}[[variant]]\nname = \"v\"\n{variant}\n{claim}")).expect("written");
        let loaded = scenario::load(&path);
        let (Some(plan), Some(claims)) = (loaded.plan, loaded.claims) else { panic!("{}", loaded.problems) };
        judge(&plan, &claims, None, &Nobody).expect("nobody cancels").remove(0)
    };
    let set = claim("set = { \"alarm.late.detection-delay\" = \"35m\" }");
    assert_eq!(set, claim("scenario = \"edited.toml\""));
    assert_eq!(set, claim("set = { \"alarm.1.detection-delay\" = { fixed = \"35m\" } }"));
    assert_eq!(set.verdict, Some(Verdict::Pass));
    // What is set to what it was is the scenario itself, to the digit: it shows nothing.
    let same = claim("set = { \"alarm.late.detection-delay\" = \"20m\" }");
    assert_eq!(same.verdict, Some(Verdict::Inconclusive));
    assert_eq!(same.shows[0].difference.map(|difference| difference.value), Some(0.0));
}

#[test]
fn the_numbers_are_those_of_the_study() {
    let plan = Plan::parse("ground", GROUND).expect("a sound scenario");
    let summary = Study::new(&plan).run(&Nobody).expect("nobody cancels");
    for (name, statistic) in MEASURES.into_iter().filter(|(_, statistic)| *statistic == "mean") {
        let shown = compared("\"with\"", "less", "\"without\"", (name, statistic)).shows.remove(0);
        let measure = measures::find(name).expect("a measure");
        for (strategy, side) in [(1, &shown.of), (0, shown.than.as_ref().unwrap())] {
            let metric = summary.strategies[strategy].metric(measure);
            let mean = metric.mean.map(|mean| mean.value).or(metric.share.map(|share| share.value));
            assert_eq!(side.estimate.map(|estimate| estimate.value), mean, "{name}");
        }
    }
}

#[test]
fn claims_move_no_number_and_no_digest() {
    let plain = Plan::parse("case.toml", GROUND).expect("a sound scenario");
    let claimed = loaded(&shows("{x.of}", "metric = \"escaped\"\nof = \"with\"\nat-most = \"100%\""));
    assert_eq!(claimed.plan.expect("a sound scenario").digest(), plain.digest());
}

#[test]
fn change_by_change_only_pairs_count() {
    // An alarm that misses half of the rollouts: only where both have an end of the harm is there something to compare.
    let broken = GROUND.replace("scope = \"zone\"", "scope = \"zone\"\nbroken = \"50%\"");
    let claim = shows(
        "{x.share}",
        "metric = \"mitigated_ms\"\nof = \"with\"\nis = \"less\"\nthan = { strategy = \"with\", metric = \"alarm_ms\" }\nin-at-least = \"1%\"",
    );
    let loaded = scenario::load_str("case.toml", &format!("{broken}{claim}"));
    let (Some(plan), Some(claims)) = (loaded.plan, loaded.claims) else { panic!("{}", loaded.problems) };
    let result = judge(&plan, &claims, None, &Nobody).expect("nobody cancels").remove(0);
    // Nobody is well before the alarm: none of the pairs counts, and their number bounds the share.
    let share = result.shows[0].share.expect("some alarms work");
    assert_eq!((share.value, result.verdict), (0.0, Some(Verdict::Inconclusive)));
    assert!(share.interval.high.is_some_and(|high| high > 0.01 && high < 0.2), "{share:?}");
}
