//! A gate cannot be walked around: what a change does to itself, to its names and to what it is judged by turns no fail into
//! a pass. Each trick is an edit of one scenario, with and without harm.

use proptest::prelude::*;
use std::sync::LazyLock;
use wavetank::plan::Plan;
use wavetank::scenario;
use wavetank::study::baseline::Baseline;
use wavetank::study::compare::{Compared, Held};
use wavetank::study::gate::RegressionGate;
use wavetank::study::verdict::Verdict;
use wavetank::study::{self, Nobody};

const BASE: &str = include_str!("../plans/answers/gate-base.toml");
/// Edits of the strategy `waves` that do harm.
const HARM: [(&str, &str); 4] = [
    ("one-box={hosts=1,bake=\"15m\"}", "one-box=\"none\""),
    ("zone-bake=\"10m\"", "zone-bake=\"0s\""),
    ("regions=[\"r1\"]\nbake=\"1h\"", "regions=[\"r1\"]\nbake=\"0s\""),
    ("regions=\"rest\"\nbake=\"1h\"", "regions=\"rest\"\nbake=\"0s\""),
];
/// Edits that make harm look like less, or the gate look elsewhere.
const TRICKS: [&[(&str, &str)]; 12] = [
    &[("\"waves\"", "\"waves2\"")],
    &[("weight=4", "weight=4000")],
    &[("seed = 5", "seed = 6")],
    &[("seed = 5", "seed = 5\nestimator = \"plain\"")],
    &[("trials = 1000", "trials = 20"), ("max-trials = 16000", "max-trials = 20")],
    &[("start-spread=\"24h\"", "start-spread=\"24h\"\nstart=\"03:00\"")],
    &[("observe-after = \"12h\"", "observe-after = \"1m\"")],
    &[("max=\"20%\"", "max=\"100%\""), ("max=\"5%\"", "max=\"100%\"")],
    &[("max=\"20%\"", "max=\"20%\"\nlevel=\"warn\""), ("max=\"5%\"", "max=\"5%\"\nlevel=\"warn\"")],
    &[("bad-probability=\"20%\"", "bad-probability=\"0.01%\"")],
    &[("hosts-per-zone=8", "hosts-per-zone=1")],
    &[
        ("name=\"leak\"\nweight=3", "name=\"leak\"\nweight=0.001"),
        ("name=\"latent\"\nweight=2", "name=\"latent\"\nweight=0.001"),
    ],
];

fn edited(edits: impl IntoIterator<Item = (&'static str, &'static str)>) -> String {
    edits.into_iter().fold(BASE.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    })
}

fn plan(text: &str) -> Plan {
    let loaded = scenario::load_str("a.toml", text);
    loaded.plan.unwrap_or_else(|| panic!("{}", loaded.problems.render(false)))
}

static ACCEPTED: LazyLock<(Plan, Baseline)> = LazyLock::new(|| {
    let plan = plan(BASE);
    let outcomes = study::run(&plan, &Nobody).expect("not cancelled");
    let baseline = Baseline::of(&plan, &outcomes, Vec::new());
    (plan, baseline)
});

fn judged(candidate: &str) -> Compared {
    let (accepted, baseline) = &*ACCEPTED;
    let candidate = &plan(candidate);
    let sources = ["old".to_owned(), "new".to_owned()];
    let gate =
        RegressionGate { baseline, accepted, candidate, sources, across_models: false, max_trials: None };
    gate.judge(&Nobody).expect("a verdict")
}

#[test]
fn no_trick_turns_a_fail_into_a_pass() {
    assert_eq!(judged(&edited(HARM)).verdict, Verdict::Fail);
    for trick in TRICKS {
        let compared = judged(&edited(HARM.into_iter().chain(trick.iter().copied())));
        assert_eq!(compared.verdict, Verdict::Fail, "{trick:?}: {:#?}", compared.rows);
    }
}

#[test]
fn what_harms_nobody_passes_whatever_it_is_judged_by() {
    for trick in [0, 2, 3, 4, 7, 8] {
        let compared = judged(&edited(TRICKS[trick].iter().copied()));
        assert_eq!(compared.verdict, Verdict::Pass, "{:?}: {:#?}", TRICKS[trick], compared.rows);
    }
}

#[test]
fn what_is_held_is_said() {
    let held = |trick: usize| judged(&edited(TRICKS[trick].iter().copied())).held;
    assert_eq!(held(0), []);
    assert_eq!(held(2), [Held::Seed]);
    assert_eq!(held(3), [Held::Estimator]);
    assert_eq!(held(7), [Held::Limits]);
    assert_eq!(held(9), [Held::World]);
    let other = edited([(
        "zones=2\nhosts-per-zone=8\nrequests-per-second=1000",
        "zones=3\nhosts-per-zone=8\nrequests-per-second=1000",
    )]);
    let compared = judged(&other);
    assert!(compared.held == [Held::OtherWorld] && compared.verdict != Verdict::Pass, "{compared:?}");
}

#[test]
fn leaving_is_no_way_out() {
    let start = BASE.find("[[strategy]]\nname=\"fast\"").expect("the strategy");
    let end = BASE.find("[[threshold]]").expect("a limit");
    let compared = judged(&format!("{}{}", &BASE[..start], &BASE[end..]));
    assert_eq!((compared.verdict, compared.unguarded_strategies), (Verdict::Fail, vec!["fast".to_owned()]));
}

#[test]
fn requests_refused_on_the_way_back_are_harm_at_the_gate() {
    let outage = include_str!("../plans/answers/rollback-all-at-once-outage.toml");
    let candidate = plan(outage);
    let mut old = candidate.clone();
    // What was accepted goes back one by one under the name of what goes back at once.
    old.strategies[0] =
        wavetank::plan::Strategy { name: old.strategies[0].name.clone(), ..old.strategies[1].clone() };
    let outcomes = study::run(&old, &Nobody).expect("not cancelled");
    let baseline = Baseline::of(&old, &outcomes, Vec::new());
    let sources = ["old".to_owned(), "new".to_owned()];
    let gate = RegressionGate {
        baseline: &baseline,
        accepted: &old,
        candidate: &candidate,
        sources,
        across_models: false,
        max_trials: None,
    };
    let compared = gate.judge(&Nobody).expect("a verdict");
    assert_eq!(compared.verdict, Verdict::Fail, "{:#?}", compared.rows);
}

/// The scenario with other names for its parts: strategies, alarms, defects and regions.
fn renamed(text: &str, names: &[String; 8]) -> String {
    let parts = ["waves", "fast", "z", "crash", "leak", "latent", "r1", "r2"];
    parts.iter().zip(names).fold(text.to_owned(), |text, (part, name)| {
        text.replace(&format!("\"{part}\""), &format!("\"{name}\""))
    })
}

proptest! {
    #![proptest_config(crate::support::cases(4))]

    /// The law: the same content under other names has the same verdict, and the same numbers.
    #[test]
    fn names_decide_nothing(letters in proptest::array::uniform8("[a-y]{3,8}"), harm in any::<bool>()) {
        let mut index = 0;
        let names = letters.map(|name| { index += 1; format!("{name}-{index}") });
        let text = if harm { edited(HARM) } else { edited([HARM[1]]) };
        let (one, other) = (judged(&text), judged(&renamed(&text, &names)));
        prop_assert_eq!(one.verdict, other.verdict);
        let numbers = |compared: &Compared| -> Vec<_> {
            compared.rows.iter().map(|row| (row.metric, row.statistic, row.change, row.difference)).collect()
        };
        prop_assert_eq!(numbers(&one), numbers(&other));
    }
}
