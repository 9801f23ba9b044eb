//! Every number of the language at its largest, and its smallest where that is no 0: a rollout ends, and whatever is
//! measured of it is a finite number. One number at a time; combinations are for `strange`.

use std::collections::BTreeMap;
use wavetank::Plan;
use wavetank::outcome::measures;
use wavetank::rollout::{Engine, Model};
use wavetank::sim::Silent;

const TRIALS: u64 = 6;
const LONGEST: &str = "\"3650d\"";

/// A scenario in which every mechanism that has a number can be switched on, by table and key.
struct Scenario(Vec<(&'static str, BTreeMap<&'static str, String>)>);

impl Scenario {
    fn ordinary() -> Self {
        let tables: [(&str, &[(&str, &str)]); 8] = [
            ("[study]", &[("observe-after", "\"1d\"")]),
            ("[fleet]", &[("background-error-ratio", "\"0.1%\""), ("peak-utilisation", "\"60%\"")]),
            (
                "[[fleet.region]]",
                &[
                    ("name", "\"r\""),
                    ("hosts-per-zone", "20"),
                    ("zones", "2"),
                    ("requests-per-second", "100"),
                ],
            ),
            ("[change]", &[("deploy-time", "\"1m\"")]),
            ("[[defect]]", &[("name", "\"d\""), ("damage-per-host-hour", "5"), ("error-ratio", "\"20%\"")]),
            ("[defect.cure]", &[("items-per-hour", "100")]),
            ("[[alarm]]", &[("name", "\"a\""), ("scope", "\"zone\""), ("error-ratio", "{ above = \"5%\" }")]),
            (
                "[[strategy]]",
                &[
                    ("name", "\"s\""),
                    ("one-box", "{ hosts = 1, bake = \"10m\" }"),
                    ("zone-bake", "\"1h\""),
                    ("wave", "[{ regions = \"all\", bake = \"1h\" }]"),
                ],
            ),
        ];
        let keys = |keys: &[(&'static str, &str)]| {
            keys.iter().map(|(key, value)| (*key, (*value).to_owned())).collect()
        };
        Self(tables.into_iter().map(|(table, given)| (table, keys(given))).collect())
    }

    /// With `value` for the key; an empty value takes it away.
    fn with(mut self, table: &str, key: &'static str, value: &str) -> Self {
        let (_, keys) = self.0.iter_mut().find(|(header, _)| header.contains(table)).expect("a table");
        keys.insert(key, value.to_owned());
        keys.retain(|_, value| !value.is_empty());
        self
    }

    fn signal(self, key: &'static str, value: &str) -> Self {
        self.with("alarm", "error-ratio", "").with("alarm", key, value)
    }

    fn text(&self) -> String {
        let table = |(header, keys): &(&str, BTreeMap<&str, String>)| {
            let lines: Vec<String> = keys.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
            format!("{header}\n{}", lines.concat())
        };
        self.0.iter().map(table).collect()
    }
}

fn holds(scenario: &Scenario, more: &str) {
    let text = scenario.text() + more;
    let plan = Plan::parse("maximum", &text).unwrap_or_else(|problems| panic!("{text}\n{problems}"));
    let model = Model::new(&plan);
    let mut engine = Engine::new(&model);
    for trial in 0..TRIALS {
        let outcome = engine.run(0, trial, &mut Silent);
        let values = measures::all().filter(|measure| measure.subject().is_rollout());
        for measure in values {
            let Some(value) = measure.of(&outcome) else { continue };
            let sane = value.is_finite() && value.abs() < 1e30 && (value >= 0.0 || measure.unit.is_signed());
            assert!(sane, "{} is {value} in trial {trial} of\n{text}", measure.name);
        }
        // Two hundred years are for ever, and no instant is a placeholder.
        assert!(outcome.end_ms < 1_000 * 365 * 86_400_000, "over after {} ms\n{text}", outcome.end_ms);
    }
}

#[test]
fn every_size_and_rate_at_its_bounds() {
    let base = Scenario::ordinary;
    let busy = || base().with("region", "requests-per-second", "1e12");
    for scenario in [
        busy(),
        base().with("region", "requests-per-second", "1e-300"),
        base().with("region", "zones", "10000").with("region", "hosts-per-zone", "1"),
        base().with(
            "region",
            "diurnal",
            "{ curve = [1e12,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1e-300] }",
        ),
        base().with("[[defect]]", "damage-per-host-hour", "1e12"),
        busy().with("[[defect]]", "damage-per-request", "\"100%\""),
        base().with("[[defect]]", "while", "{ traffic-above = 1e12 }"),
        busy().with("[[defect]]", "clock", "\"requests\"").with("[[defect]]", "per-request", "\"100%\""),
        base().with("cure", "items-per-hour", "1e12"),
        base().with("cure", "items-per-hour", "1e-300"),
        base().with("cure", "repair", "{ per-host = \"1h\", at-once = 1_000_000_000 }"),
        base().with("strategy", "response", "{ other-deployments = 1e12 }"),
        base().with("strategy", "batch", "1_000_000_000"),
        base().with("strategy", "one-box", "{ hosts = 1_000_000_000, bake = \"1h\" }"),
    ] {
        holds(&scenario, "");
    }
    for weight in ["1e12", "1e-300"] {
        holds(&base().with("[[defect]]", "weight", weight), "[[defect]]\nname = \"e\"\n");
    }
}

#[test]
fn every_time_at_its_longest() {
    let base = Scenario::ordinary;
    for scenario in [
        base().with("study", "observe-after", LONGEST),
        base().with("study", "start-spread", LONGEST),
        base().with("change", "deploy-time", LONGEST).with("strategy", "batch", "1"),
        base().with("change", "rollback-time", LONGEST),
        base().with("change", "stragglers", "\"100%\"").with("change", "straggler-time", LONGEST),
        base().with("[[defect]]", "onset", LONGEST),
        base().with("[[defect]]", "onset", "{ lognormal = { median = \"3650d\", sigma = 10 } }"),
        base().with("[[defect]]", "onset", "{ weibull = { scale = \"3650d\", shape = 0.05 } }"),
        base().with("[[defect]]", "masked-for", LONGEST),
        base().with("[[defect]]", "trigger", "{ at = \"3650d\", lasts = \"3650d\" }"),
        base().with("cure", "repair", "{ per-host = \"3650d\", at-once = 1 }"),
        base().with("cure", "relapse", "{ probability = \"100%\", after = \"3650d\", lasts = \"3650d\" }"),
        base().with("alarm", "period", LONGEST),
        base().with("alarm", "publish-delay", LONGEST),
        base().with("strategy", "response", "{ suspect-for = \"3650d\" }"),
        base().with("strategy", "rollback", "{ reaction-delay = \"3650d\" }"),
        base().with("strategy", "zone-bake", LONGEST),
        base().with("strategy", "wave", "[{ regions = \"all\", bake = \"3650d\" }]"),
        base().with("strategy", "bypass", "{ hosts = 5, time = \"3650d\" }"),
        base().with("strategy", "trigger-step", LONGEST).with("[[defect]]", "trigger", "{ at = \"1m\" }"),
        base().with("strategy", "response", "{ on-alarm = \"page\" }").with(
            "strategy",
            "operators",
            "{ engage = \"3650d\", diagnose = \"3650d\", prepare = \"3650d\", restore = \"3650d\", wrong-change = \"100%\", \
             wrong-change-costs = \"3650d\" }",
        ),
    ] {
        holds(&scenario, "");
    }
}

#[test]
fn every_number_of_a_signal_at_its_bounds() {
    let base = || Scenario::ordinary().with("region", "requests-per-second", "1e12");
    let boxed = || base().with("alarm", "scope", "\"one-box\"");
    for scenario in [
        base().with("alarm", "datapoints", "\"64 of 64\""),
        base().with("alarm", "error-ratio", "{ above = \"5%\", min-requests = 1_000_000_000_000 }"),
        base().signal("error-count", "{ at-least = 1_000_000_000_000 }"),
        base().signal("synthetic", "{ probes = 1_000_000, above = \"5%\" }"),
        base().signal("burn-rate", "{ objective = \"99.9%\", factor = 1e-300, windows = [\"1h\"] }"),
        base().signal("burn-rate", "{ objective = \"99.999999999%\", factor = 1, windows = [\"1h\"] }"),
        base().signal(
            "rate-ratio",
            "{ above = \"1%\", windows = [\"69d\"], scrape = \"1m\", for = \"3650d\", keep-firing-for = \"3650d\" }",
        ),
        boxed().signal("canary", "{ judge = \"sequential\", ratio = 1e12 }"),
        boxed().signal("canary", "{ judge = \"z-score\", least-ratio = 1e12 }"),
    ] {
        holds(&scenario, "");
    }
}
