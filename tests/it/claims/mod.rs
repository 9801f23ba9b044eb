//! Claims: what they say and when they hold; the command; those that are shipped.

mod command;
mod laws;
mod shipped;

use std::path::Path;
use wavetank::plan::claim::Piece;
use wavetank::report::claims::Judged;
use wavetank::scenario::{self, NewValue, TextsFrom, ValueSetting, load_set};
use wavetank::study::Nobody;
use wavetank::study::claims::{ClaimResult, judge};
use wavetank::study::verdict::Verdict;

/// A fleet of ten hosts, a defect that shows at once everywhere, and an alarm twenty minutes later.
pub const GROUND: &str = r#"
[study]
trials = 200
[[fleet.region]]
name = "home"
hosts-per-zone = 10
[change]
bad-probability = "50%"
deploy-time = "1m"
rollback-time = "30s"
[[defect]]
name = "broken"
[[alarm]]
name = "late"
scope = "zone"
detection-delay = "20m"
[[strategy]]
name = "without"
wave = [{ regions = "all", bake = "1h" }]
[[strategy]]
name = "with"
extends = "without"
one-box = { hosts = 1, bake = "1h" }
"#;

pub fn loaded(claim: &str) -> scenario::Loaded {
    scenario::load_str("case.toml", &format!("{GROUND}{claim}"))
}

pub fn results(claim: &str) -> Vec<ClaimResult> {
    let loaded = loaded(claim);
    let (Some(plan), Some(claims)) = (loaded.plan, loaded.claims) else { panic!("{}", loaded.problems) };
    judge(&plan, &claims, None, &Nobody).expect("nobody cancels")
}

pub fn shows(sentence: &str, shows: &str) -> String {
    format!("[[claim]]\nsentence = \"{sentence}\"\n[[claim.shows]]\nname = \"x\"\n{shows}\n")
}

fn verdict(text: &str) -> Option<Verdict> {
    results(&shows("{x.of}", text)).remove(0).verdict
}

#[test]
fn a_claim_holds_beyond_doubt_or_is_refuted_or_stays_open() {
    let peak = |of: &str, is: &str, than: &str| {
        verdict(&format!("metric = \"peak_impaired_hosts\"\nof = \"{of}\"\nis = \"{is}\"\nthan = \"{than}\""))
    };
    assert_eq!(peak("with", "less", "without"), Some(Verdict::Pass));
    assert_eq!(peak("without", "more", "with"), Some(Verdict::Pass));
    assert_eq!(peak("with", "more", "without"), Some(Verdict::Fail));
    assert_eq!(peak("with", "less", "with"), Some(Verdict::Inconclusive));
    let between = |bounds: &str| {
        verdict(&format!("metric = \"detection_delay_ms\"\nstatistic = \"p50\"\nof = \"with\"\n{bounds}"))
    };
    assert_eq!(between("at-least = \"20m\"\nat-most = \"20m\""), Some(Verdict::Pass));
    assert_eq!(between("at-least = \"21m\""), Some(Verdict::Fail));
    let share = |than: &str, least: &str| {
        let metric = "metric = \"mitigation_delay_ms\"\nof = \"with\"\nis = \"less\"\n";
        verdict(&format!("{metric}than = {{ {than} }}\nin-at-least = \"{least}\""))
    };
    // Half a minute after the alarm every host is back; an alarm comes twenty minutes after the first host fell ill.
    assert_eq!(share("strategy = \"with\", metric = \"detection_delay_ms\"", "5%"), Some(Verdict::Fail));
    let longer = "strategy = \"without\"";
    // Ten hosts at once fall ill when they are deployed, as one does: the same delays, so never less.
    assert_eq!(share(longer, "90%"), Some(Verdict::Fail));
}

#[test]
fn variants_are_held_against_the_scenario_on_the_same_trials() {
    let variant = "[[variant]]\nname = \"slow\"\nset = { \"alarm.late.detection-delay\" = \"40m\" }\n";
    let claim = shows(
        "{x.times} as long, {x.difference} longer",
        "metric = \"impaired_host_ms\"\nof = { strategy = \"without\", variant = \"slow\" }\nis = \"more\"\nthan = \"without\"",
    );
    let text = format!("{variant}{claim}");
    let result = results(&text).remove(0);
    assert_eq!(result.verdict, Some(Verdict::Pass));
    let shown = &result.shows[0];
    assert_eq!(shown.of.variant.as_deref(), Some("slow"));
    // Ill from their deployment until half a minute after the alarm: 40m30s rather than 20m30s, to the digit.
    let times = shown.times.expect("both have values");
    assert!((times.value - 40.5 / 20.5).abs() < 1e-9, "{times:?}");
    let claims = loaded(&text).claims.expect("a sound scenario");
    let judged = Judged::new(&claims.list[0], result);
    assert_eq!(judged.told(), "Shown: 1.98 times as long, 200 longer.");
}

#[test]
fn the_bar_of_a_claim_is_shared_by_its_comparisons() {
    let one = "[[claim.shows]]\nname = \"NAME\"\nmetric = \"peak_impaired_hosts\"\nof = \"with\"\nis = \"less\"\nthan = \"without\"\n";
    let text = format!(
        "[[claim]]\nsentence = \"{{a.of}} {{b.of}}\"\n{}{}",
        one.replace("NAME", "a"),
        one.replace("NAME", "b").replace("\"less\"", "\"more\"")
    );
    let result = results(&text).remove(0);
    // One that holds beside one that is refuted is refuted.
    assert_eq!(result.verdict, Some(Verdict::Fail));
    assert_eq!(result.shows.iter().map(|s| s.verdict).collect::<Vec<_>>(), [Verdict::Pass, Verdict::Fail]);
    let nothing =
        results("[[claim]]\nsentence = \"Trust grows\"\nunsupported = \"Nobody learns\"\n").remove(0);
    assert_eq!((nothing.verdict, nothing.shows.len()), (None, 0));
}

#[test]
fn the_sentence_is_parsed_into_words_and_numbers() {
    let text =
        shows("a {x.of} b {x.than}", "metric = \"peak_impaired_hosts\"\nis = \"less\"\nthan = \"with\"");
    let claims = loaded(&text).claims.expect("a sound scenario");
    let words = |piece: &Piece| matches!(piece, Piece::Words(words) if !words.is_empty());
    assert_eq!(claims.list[0].sentence.iter().filter(|piece| words(piece)).count(), 2);
}

#[test]
fn what_a_claim_gets_wrong_is_said_at_its_place() {
    let than = "metric = \"peak_impaired_hosts\"\nis = \"less\"\nthan = \"with\"";
    for (claim, rule, words) in [
        (shows("no number", than), "WT124", "does not tell what `x` shows"),
        (shows("{y.of} {x.of}", than), "WT124", "`{y.of}` stands for nothing"),
        (shows("{x.share} {x.of}", than), "WT124", "`{x.share}` stands for nothing"),
        (shows("{x.of", than), "WT124", "is not closed"),
        (shows("{x.of}", "metric = \"peak_impaired_hosts\""), "WT125", "compares nothing"),
        (shows("{x.of}", &format!("{than}\nat-most = 3")), "WT012", "exclude each other"),
        (shows("{x.of}", "metric = \"peak_impaired_hosts\"\nis = \"less\""), "WT003", "`is` has no `than`"),
        (shows("{x.of}", &than.replace("\"with\"", "\"wiht\"")), "WT024", "no strategy `wiht`"),
        (
            shows("{x.of}", &than.replace("\"with\"", "{ strategy = \"with\", variant = \"v\" }")),
            "WT122",
            "no variant `v`",
        ),
        (
            shows(
                "{x.of}",
                &than.replace("\"with\"", "{ strategy = \"with\", metric = \"failed_requests\" }"),
            ),
            "WT125",
            "nothing in common",
        ),
        (shows("{x.of}", &format!("{than}\nstatistic = \"max\"")), "WT125", "cannot be compared"),
        (
            shows("{x.of}", &than.replace("peak_impaired_hosts", "lead_time_p50_ms")),
            "WT125",
            "cannot be compared",
        ),
        ("[[claim]]\nsentence = \"nothing\"\n".to_owned(), "WT125", "shows nothing"),
        (
            "[[claim]]\nsentence = \"s\"\nunsupported = \"u\"\ncarried-by = [\"alarm.late.delay\"]\n"
                .to_owned(),
            "WT120",
            "leads to no number",
        ),
        (
            "[[variant]]\nname = \"v\"\nset = { \"alarm.lat.period\" = \"2m\" }\n".to_owned(),
            "WT120",
            "no value",
        ),
        ("[[variant]]\nname = \"v\"\nset = { \"study.trials\" = 0 }\n".to_owned(), "WT121", "cannot be used"),
        ("[[variant]]\nname = \"v\"\nscenario = \"other.toml\"\n".to_owned(), "WT121", "cannot be used"),
        ("[[variant]]\nname = \"v\"\nwithout = [\"tests\"]\n".to_owned(), "WT123", "no stage `tests`"),
        ("[[variant]]\nname = \"v\"\n".to_owned(), "WT003", "the scenario itself"),
        (
            "[[variant]]\nname = \"v\"\nset = { \"study.trials\" = 300 }\n".to_owned(),
            "WT126",
            "no claim is about the variant `v`",
        ),
        (shows("{x.of}", than).repeat(33), "WT040", "at most 32 claims"),
    ] {
        let problems = loaded(&claim).problems;
        let said: Vec<String> = problems
            .list()
            .iter()
            .map(|problem| format!("{} {}", problem.rule.id, problem.message))
            .collect();
        let fits = |line: &String| line.starts_with(rule) && line.contains(words);
        assert!(said.iter().any(fits), "{rule} {words}: {said:?}\n{claim}");
    }
}

#[test]
fn settings_reach_the_scenario_its_variants_and_those_of_stages() {
    let gamma = Path::new("scenarios/pipelines/gamma.toml");
    let set = |path: &str, times: f64| {
        let setting = ValueSetting { path: path.to_owned(), value: NewValue::Times(times) };
        load_set(gamma, TextsFrom::Disk(scenario::Reach::Inside), &[setting])
    };
    let inside = set("pipeline.stage.gamma.scenario.fleet.region.gamma.requests-per-second", 2.0);
    assert_eq!(inside.set, [Some("90".to_owned())], "{}", inside.problems);
    let digest = |loaded: &scenario::Loaded| loaded.plan.as_ref().expect("sound").digest();
    let own = scenario::load(gamma);
    assert_ne!(digest(&inside), digest(&own));
    // Once itself is itself, and what is not there changes nothing.
    let path = "pipeline.stage.gamma.scenario.fleet.region.gamma.requests-per-second";
    assert_eq!(digest(&set(path, 1.0)), digest(&own));
    let nowhere = set("pipeline.stage.delta.scenario.fleet.region.gamma.requests-per-second", 2.0);
    assert_eq!((digest(&nowhere), nowhere.set), (digest(&own), vec![None]));
}

#[test]
fn what_is_wrong_with_the_scenario_hides_nothing_of_its_claims() {
    let broken = GROUND.replace("hosts-per-zone = 10", "hosts-per-zone = 0");
    let variant = "[[variant]]\nname = \"v\"\nset = { \"no.where\" = 1 }\n";
    let claim =
        shows("{y.of}", "metric = \"peak_impaired_hosts\"\nis = \"less\"\nthan = { variant = \"v\" }");
    let loaded = scenario::load_str("case.toml", &format!("{broken}{variant}{claim}"));
    let ids: Vec<&str> = loaded.problems.list().iter().map(|problem| problem.rule.id).collect();
    // What the variant would be made of is not known; that its comparison cannot be told is.
    assert_eq!(ids, ["WT007"], "{}", loaded.problems);
    let claim = shows("{y.of}", "metric = \"peak_impaired_hosts\"\nis = \"less\"\nthan = \"with\"");
    let loaded = scenario::load_str("case.toml", &format!("{broken}{claim}"));
    let ids: Vec<&str> = loaded.problems.list().iter().map(|problem| problem.rule.id).collect();
    assert_eq!(ids, ["WT007", "WT124"], "{}", loaded.problems);
}

#[test]
fn shares_of_any_unit_differ_by_percentage_points() {
    let served = GROUND.replace("hosts-per-zone = 10", "hosts-per-zone = 10\nrequests-per-second = 50");
    for metric in ["peak_impaired_traffic_ppm", "escaped"] {
        let claim = shows(
            "{x.difference}",
            &format!("metric = \"{metric}\"\nof = \"without\"\nis = \"more\"\nthan = \"with\""),
        );
        let loaded = scenario::load_str("case.toml", &format!("{served}{claim}"));
        let (Some(plan), Some(claims)) = (loaded.plan, loaded.claims) else { panic!("{}", loaded.problems) };
        let result = judge(&plan, &claims, None, &Nobody).expect("nobody cancels").remove(0);
        let told = Judged::new(&claims.list[0], result).sentence;
        // One host of ten rather than all; nine tenths, whatever the measure counts in. Half of the changes are bad.
        let expected = if metric == "escaped" { "0 pp" } else { "90 pp" };
        assert_eq!(told.split(' ').take(2).collect::<Vec<_>>().join(" "), expected, "{metric}");
    }
}
