//! What `check` says of scenarios that once surprised their authors, and what a scenario accepts of it. That each rule
//! speaks where its page says is tested with the pages; the law behind them all is in `strange`.

use crate::rule_pages::complete;
use std::path::Path;
use wavetank::diagnostic::{github, to_sarif};
use wavetank::lints::look_ahead;
use wavetank::outcome::Ending;
use wavetank::rollout::{Engine, Model};
use wavetank::scenario::{Loaded, load, load_str, rules};
use wavetank::sim::Silent;

fn case(name: &str) -> Loaded {
    look_ahead(load(Path::new(&format!("tests/plans/answers/{name}.toml"))))
}

fn checked(text: &str) -> Loaded {
    look_ahead(load_str("example.toml", text))
}

fn rules_of(loaded: &Loaded) -> Vec<&'static str> {
    loaded.problems.list().iter().map(|problem| problem.rule.id).collect()
}

#[test]
fn check_says_what_a_run_would_show() {
    for (name, rule) in [
        ("no-traffic-unnoticed", "WT041"),
        ("alarm-slower-than-the-rollout", "WT052"),
        ("unseen-defect-is-harmless", "WT070"),
        ("unseen-defect-is-harmless", "WT071"),
        ("trigger-beyond-observation", "WT072"),
        ("trigger-not-suspected", "WT073"),
        ("repair-takes-no-time", "WT074"),
        ("trigger-step-without-trigger", "WT075"),
        ("ppm-read-as-share", "WT069"),
    ] {
        let loaded = case(name);
        assert!(loaded.plan.is_some(), "{name}: {}", loaded.problems);
        assert!(rules_of(&loaded).contains(&rule), "{name} should draw {rule}:\n{}", loaded.problems);
    }
}

#[test]
fn check_is_silent_where_nothing_is_wrong() {
    for name in ["lint-contradicts-run", "one-region-without-traffic"] {
        let loaded = case(name);
        assert!(loaded.problems.list().is_empty(), "{name}:\n{}", loaded.problems);
    }
}

#[test]
fn a_canary_without_requests_is_a_scenario() {
    // Ten missing datapoints are ten breaches by one reading, and no news by the other.
    let loaded = case("no-traffic-no-values");
    assert_eq!(rules_of(&loaded), ["WT041", "WT041", "WT063"], "{}", loaded.problems);
    let plan = loaded.plan.unwrap();
    let model = Model::new(&plan);
    let mut engine = Engine::new(&model);
    for (strategy, ending) in [(0, Ending::FalseRollback), (1, Ending::Completed)] {
        let outcome = engine.run(strategy, 0, &mut Silent);
        assert_eq!(outcome.ending, ending);
        assert_eq!(outcome.alarm_ms.is_some(), strategy == 0);
    }
}

#[test]
fn a_broken_file_draws_errors_alone() {
    let text = "[[alarm]]\nname = \"spare\"\nscope = \"zone\"\nimpaired-hosts = { above = \"1%\" }\n\
                [[fleet.region]]\nname = \"r\"\nhosts-per-zone = 4\n\
                [[strategy]]\nname = \"s\"\nalarms = []\nwave = [{ regions = \"all\", bake = 10 }]\n";
    assert_eq!(rules_of(&checked(text)), ["WT004"]);
    assert_eq!(rules_of(&checked(&text.replace("10", "\"10m\""))), ["WT055"]);
}

/// A scenario that draws one warning, about the alarm `spare`, and accepts something.
fn accepting(keys: &str) -> Loaded {
    let example = rules::UNUSED_ALARM.bad_example();
    checked(&complete(&format!("{example}\n[[allow]]\n{keys}\n")))
}

#[test]
fn what_is_accepted_is_set_aside_with_its_reason() {
    let alarm = complete(rules::UNUSED_ALARM.bad_example());
    let name = alarm.split_once("[[alarm]]\nname = \"").unwrap().1.split_once('"').unwrap().0;
    for rule in ["WT055", "wt055", "unused-alarm"] {
        let loaded = accepting(&format!("rule = \"{rule}\"\nreason = \"a dashboard\"\nalarm = \"{name}\""));
        assert_eq!(rules_of(&loaded), [""; 0], "{}", loaded.problems);
        let [allowed] = loaded.problems.allowed() else { panic!("one is set aside") };
        assert_eq!(allowed.allowed.as_deref(), Some("a dashboard"));
        assert_eq!(loaded.problems.allowed_to_json()[0]["reason"], "a dashboard");
        let files = [("example.toml", loaded.problems.allowed(), loaded.problems.sources())];
        let sarif: serde_json::Value = serde_json::from_slice(&to_sarif(&files)).unwrap();
        let suppression = &sarif["runs"][0]["results"][0]["suppressions"][0];
        assert_eq!(
            (&suppression["kind"], &suppression["justification"]),
            (&"inSource".into(), &"a dashboard".into())
        );
        let files = [("example.toml", loaded.problems.list(), loaded.problems.sources())];
        assert!(github::annotations(&files).is_empty());
    }
    // About another strategy it is not.
    let loaded = accepting("rule = \"WT055\"\nreason = \"a dashboard\"\nstrategy = \"careful\"");
    assert!(
        rules_of(&loaded).contains(&"WT059") && rules_of(&loaded).contains(&"WT055"),
        "{}",
        loaded.problems
    );
}

#[test]
fn only_warnings_are_accepted_and_only_with_a_reason() {
    for (keys, rule) in [
        ("rule = \"WT055\"", "WT003"),
        ("rule = \"WT055\"\nreason = \" \"", "WT003"),
        ("rule = \"WT002\"\nreason = \"why\"", "WT045"),
        ("rule = \"unused-alarms\"\nreason = \"why\"", "WT045"),
        ("rule = \"WT055\"\nreason = \"why\"\nalarm = \"nobody\"", "WT023"),
        ("rule = \"WT055\"\nreason = \"why\"\nstrategy = \"nobody\"", "WT024"),
    ] {
        let loaded = accepting(keys);
        assert_eq!(rules_of(&loaded), [rule], "{keys}\n{}", loaded.problems);
    }
}

#[test]
fn a_queue_for_production_grows_where_waves_share_hosts() {
    // Three waves of an hour over the same hosts pass 8 revisions a day, on other hosts 24: 16 arrive.
    let text = |waves: &str, rollouts: &str| {
        format!(
            "[[fleet.region]]\nname = \"a\"\nhosts-per-zone = 10\n[[fleet.region]]\nname = \"b\"\nhosts-per-zone = 10\n\
             [[fleet.region]]\nname = \"c\"\nhosts-per-zone = 10\n[change]\ndeploy-time = \"0s\"\n\
             [[strategy]]\nname = \"s\"\nwave = [{waves}]\n\
             [pipeline]\nentry = \"queued\"\nsource = {{ every = \"90m\" }}\n{rollouts}\n[[pipeline.stage]]\nname = \"build\"\nphase = \"build\"\nduration = \"5m\"\n"
        )
    };
    let ladder = ["20%", "50%", "100%"]
        .map(|hosts| format!("{{ regions = \"all\", hosts = \"{hosts}\", bake = \"1h\" }}"));
    let places = ["a", "b", "c"].map(|region| format!("{{ regions = [\"{region}\"], bake = \"1h\" }}"));
    let grows = |waves: &[String], rollouts: &str| {
        let loaded = checked(&text(&waves.join(", "), rollouts));
        assert!(loaded.plan.is_some(), "{}", loaded.problems);
        rules_of(&loaded).contains(&"WT068")
    };
    assert!(grows(&ladder, ""), "a ladder is one place");
    assert!(!grows(&places, ""), "revisions follow each other from region to region");
    assert!(grows(&places, "rollouts = \"one-at-a-time\""), "unless they may not");
}

#[test]
fn rules_that_remember_are_rehearsed() {
    // A rule that needs an hour of errors sees nothing of a first wave that bakes for ten minutes.
    let text = |bake: &str| {
        format!(
            "[fleet]\nbackground-error-ratio = \"0.1%\"\n[[fleet.region]]\nname = \"a\"\nhosts-per-zone = 10\n\
             requests-per-second = 500\n[[fleet.region]]\nname = \"b\"\nhosts-per-zone = 10\nrequests-per-second = 500\n\
             [[defect]]\nname = \"bad\"\nerror-ratio = \"20%\"\n[[alarm]]\nname = \"rule\"\nscope = \"region\"\n\
             rate-ratio = {{ above = \"5%\", windows = [\"5m\"], for = \"1h\" }}\nperiod = \"1m\"\nwatch = \"rollout\"\n\
             [[strategy]]\nname = \"s\"\nwave = [{{ regions = [\"a\"], bake = \"{bake}\" }}, {{ regions = \"rest\", bake = \"3h\" }}]\n"
        )
    };
    let speaks = |bake: &str| {
        let loaded = checked(&text(bake));
        assert!(loaded.plan.is_some(), "{}", loaded.problems);
        rules_of(&loaded).contains(&"WT060")
    };
    assert!(speaks("10m"));
    assert!(!speaks("3h"));
}
