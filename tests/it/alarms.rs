//! Alarms as mechanisms, through the engine: signals, missing data, blind spots, composites.
//!
//! As in `mechanisms`: deploying takes no time, traffic is flat, and shares are held within 4.5 standard errors.

use crate::support::plan_of as plan;
use wavetank::outcome::{Ending, Outcome};
use wavetank::rollout::{Engine, Model};
use wavetank::sim::Silent;

const MINUTE: u64 = 60_000;

/// One region of one zone of ten hosts and 100 requests a second, an hour's bake, and what is given.
fn text(trials: u32, alarm: &str, defect: &str) -> String {
    format!(
        "[study]\ntrials = {trials}\n[fleet]\nbackground-error-ratio = \"0.1%\"\nbackground-slow-ratio = \"0.5%\"\n\
         [[fleet.region]]\nname = \"r\"\nhosts-per-zone = 10\nrequests-per-second = 100\n{alarm}\n{defect}\n\
         [[strategy]]\nname = \"s\"\nzone-bake = \"1h\"\nwave = [{{ regions = \"all\" }}]"
    )
}

fn run(trials: u32, alarm: &str, defect: &str) -> Vec<Outcome> {
    let plan = plan(&text(trials, alarm, defect));
    let outcomes = wavetank::study::run(&plan, &wavetank::study::Nobody).unwrap();
    outcomes.by_strategy.into_iter().next().unwrap()
}

fn once(alarm: &str, defect: &str) -> Outcome {
    run(1, alarm, defect).remove(0)
}

fn z_share(outcomes: &[Outcome], p: f64, hit: impl Fn(&Outcome) -> bool) -> f64 {
    let n = outcomes.len() as f64;
    let share = outcomes.iter().filter(|outcome| hit(outcome)).count() as f64 / n;
    (share - p) / (p * (1.0 - p) / n).sqrt()
}

fn alarm(keys: &str) -> String {
    format!("[[alarm]]\nname = \"a\"\nscope = \"zone\"\nclock = \"deployment\"\n{keys}\n")
}

const BAD: &str = "[[defect]]\nname = \"d\"\n";

#[test]
fn slow_requests_are_a_symptom_and_a_signal_of_their_own() {
    let slow = format!("{BAD}slow-ratio = \"40%\"");
    let latency = alarm("slow-ratio = { above = \"1%\" }"); // p99 above its limit
    assert_eq!(once(&latency, &slow).alarm_ms, Some(MINUTE));
    assert!(once(&latency, &slow).failed_requests == 0.0);
    assert_eq!(once(&latency, BAD).alarm_ms, None, "errors are not slow");
    assert_eq!(
        once(&alarm("error-ratio = { above = \"1%\" }"), &slow).alarm_ms,
        None,
        "and slow is no error"
    );
}

#[test]
fn failed_requests_are_counted_as_far_as_they_are_noticed() {
    // 6,000 requests a minute, of which all ten hosts fail 10% on top of 0.1%: one failed request in 10,000
    // makes a customer call. So calls in a minute are Poisson with mean 0.0606.
    let calls = alarm("error-count = { at-least = 1, seen = \"0.01%\" }\nwatch = \"deployment\"");
    let outcomes = run(20_000, &calls, &format!("{BAD}error-ratio = \"10%\""));
    let silent_minute = libm::exp(-0.0606);
    let by = |minutes: i32| 1.0 - (1..=minutes).fold(1.0, |p, _| p * silent_minute);
    for minutes in [1, 10, 30] {
        let z =
            z_share(&outcomes, by(minutes), |o| o.alarm_ms.is_some_and(|ms| ms <= minutes as u64 * MINUTE));
        assert!(z.abs() < 4.5, "{minutes} minutes: z = {z:.2}");
    }
}

#[test]
fn errors_in_a_bake_follow_the_day() {
    // O21: errors with rate 0.02 (1 + 0.6 sin(2 pi t / day)) a minute, at least 3 in a bake of two hours. The
    // curve has the sine's mean of each hour, so that two whole hours have exactly its integral.
    let curve: Vec<String> = (0..24)
        .map(|hour| {
            let angle = |h: f64| std::f64::consts::TAU * h / 24.0;
            let mean = (libm::cos(angle(f64::from(hour))) - libm::cos(angle(f64::from(hour + 1))))
                / (std::f64::consts::TAU / 24.0);
            format!("{:.12}", 1.0 + 0.6 * mean)
        })
        .collect();
    for (start, expected) in [("00:00", 0.522_993_478_858_350_6), ("12:00", 0.331_860_754_561_245_75)] {
        let text = format!(
            "[study]\ntrials = 100000\nseed = 21\nstart = \"{start}\"\n[fleet]\nbackground-error-ratio = \"100%\"\n\
             [[fleet.region]]\nname = \"r\"\nhosts-per-zone = 1\nrequests-per-second = {}\n\
             diurnal = {{ curve = [{}] }}\n[[alarm]]\nname = \"a\"\nscope = \"zone\"\nperiod = \"1h\"\n\
             error-count = {{ at-least = 1 }}\nwatch = \"deployment\"\n[[strategy]]\nname = \"s\"\nzone-bake = \"2h\"\n\
             wave = [{{ regions = \"all\" }}]",
            0.02 / 60.0,
            curve.join(", ")
        );
        // One alarm of at least 3 errors in one period of two hours.
        let text = text.replace("period = \"1h\"", "period = \"2h\"").replace("at-least = 1", "at-least = 3");
        let plan = plan(&text);
        let outcomes = wavetank::study::run(&plan, &wavetank::study::Nobody).unwrap();
        let z = z_share(&outcomes.by_strategy[0], expected, |o| o.ending == Ending::FalseRollback);
        println!("O21 start {start}: z = {z:.2}");
        assert!(z.abs() < 4.5, "start {start}: z = {z:.2}");
    }
}

#[test]
fn a_canary_needs_no_customers() {
    let quiet = |signal: &str, defect: &str| {
        let text = text(1, &alarm(signal), defect)
            .replace("requests-per-second = 100\n", "requests-per-second = 0.00001\n");
        let plan = plan(&text);
        Engine::new(&Model::new(&plan)).run(0, 0, &mut Silent).alarm_ms
    };
    assert_eq!(quiet("synthetic = { probes = 6, above = \"50%\" }", BAD), Some(MINUTE));
    assert_eq!(quiet("error-ratio = { above = \"50%\" }", BAD), None, "nobody comes");
    assert_eq!(quiet("synthetic = { probes = 6, covers = \"0%\", above = \"50%\" }", BAD), None);
}

#[test]
fn a_canary_finds_the_defect_as_often_as_it_takes_its_path() {
    // Ten probes a minute, each on the path with probability 10% (and failing in any case with 0.1%).
    let canary =
        alarm("synthetic = { probes = 10, covers = \"10%\", at-least = \"10%\" }\nwatch = \"deployment\"");
    let outcomes = run(20_000, &canary, BAD);
    let fails = 0.001 + 0.1 * (1.0 - 0.001);
    let minute = 1.0 - libm::pow(1.0 - fails, 10.0);
    let z = z_share(&outcomes, minute, |o| o.alarm_ms == Some(MINUTE));
    assert!(z.abs() < 4.5, "z = {z:.2}");
}

#[test]
fn missing_data_is_treated_as_the_alarm_says() {
    // Ten requests a minute on average, 12 at least are asked for: most datapoints are missing.
    let gaps = |treatment: &str, defect: &str| {
        let keys = format!(
            "error-ratio = {{ above = \"50%\", min-requests = 100000 }}\ndatapoints = \"3 of 3\"\nmissing-data = \"{treatment}\""
        );
        once(&alarm(&keys), defect)
    };
    // Nothing but missing data, and never anything else: there is no good past, so three gaps are enough.
    assert_eq!(gaps("breaching", "").alarm_ms, Some(3 * MINUTE));
    for treatment in ["not-breaching", "ignore", "missing"] {
        assert_eq!(gaps(treatment, BAD).alarm_ms, None, "{treatment}");
    }
}

#[test]
fn sampled_datapoints_agree_with_the_lazy_ones_where_nothing_is_missing() {
    // 0.1% fail, 1% is the limit, 6,000 requests a minute would never breach: take few requests and many trials.
    let keys = |treatment: &str| {
        alarm(&format!(
            "error-ratio = {{ above = \"1%\" }}\ndatapoints = \"2 of 3\"\nwatch = \"deployment\"\n{treatment}"
        ))
    };
    let few = |treatment: &str| {
        let text = text(40_000, &keys(treatment), "")
            .replace("requests-per-second = 100\n", "requests-per-second = 1\n");
        let plan = plan(&text);
        let outcomes = wavetank::study::run(&plan, &wavetank::study::Nobody).unwrap();
        let alarms = outcomes.by_strategy[0].iter().filter(|o| o.alarm_ms.is_some()).count();
        alarms as f64 / 40_000.0
    };
    let (lazy, sampled) = (few(""), few("missing-data = \"ignore\""));
    let error = (2.0 * lazy * (1.0 - lazy) / 40_000.0).sqrt();
    assert!(lazy > 0.05 && lazy < 0.95, "{lazy} can tell");
    assert!((lazy - sampled).abs() < 4.5 * error, "{lazy} against {sampled}");
}

#[test]
fn monitors_are_broken_or_go_down_with_the_service() {
    let health = |keys: &str| alarm(&format!("impaired-hosts = {{ above = \"0%\" }}\n{keys}"));
    let broken = run(20_000, &health("broken = \"27%\""), BAD);
    let z = z_share(&broken, 0.27, |o| o.alarm_ms.is_none());
    assert!(z.abs() < 4.5, "z = {z:.2}");
    assert_eq!(once(&health("lost-with-service = \"50%\""), BAD).alarm_ms, None);
    assert_eq!(
        once(&health("lost-with-service = \"50%\""), &format!("{BAD}reach = 4")).alarm_ms,
        Some(MINUTE)
    );
    let silence = "lost-with-service = \"50%\"\nmissing-data = \"breaching\"\ndatapoints = \"3 of 3\"";
    assert_eq!(
        once(&health(silence), BAD).alarm_ms,
        Some(5 * MINUTE),
        "silence alarms once no good data is left"
    );
}

#[test]
fn a_composite_is_its_parts_under_one_name() {
    let parts = "[[alarm]]\nname = \"zone\"\nscope = \"zone\"\nimpaired-hosts = { above = \"50%\" }\ndatapoints = \"5 of 5\"\n\
                 [[alarm]]\nname = \"service\"\nscope = \"service\"\nimpaired-hosts = { above = \"0%\" }\ndatapoints = \"3 of 3\"\n";
    let composite = format!("{parts}[[alarm]]\nname = \"aggregate\"\nany-of = [\"zone\", \"service\"]\n");
    let run = |alarms: &str, heard: &str| {
        let text = text(1, alarms, BAD).replace("name = \"s\"", &format!("name = \"s\"\nalarms = [{heard}]"));
        let plan = plan(&text);
        let outcome = Engine::new(&Model::new(&plan)).run(0, 0, &mut Silent);
        (outcome.alarm_ms, outcome.notice.map(|notice| plan.name_of(notice)))
    };
    assert_eq!(run(&composite, "\"aggregate\""), (Some(3 * MINUTE), Some("aggregate".to_owned())));
    assert_eq!(run(parts, "\"zone\", \"service\""), (Some(3 * MINUTE), Some("service".to_owned())));
}

#[test]
fn looking_at_every_datapoint_changes_nothing() {
    let signals = [
        "slow-ratio = { above = \"2%\", min-requests = 20 }",
        "error-count = { at-least = 5, seen = \"40%\" }",
        "synthetic = { probes = 7, covers = \"30%\", at-least = \"20%\" }",
        "error-ratio = { above = \"1%\" }\nlost-with-service = \"30%\"\nbroken = \"20%\"",
        "error-ratio = { above = \"1%\", min-requests = 95 }\nmissing-data = \"breaching\"\ndatapoints = \"3 of 4\"",
        "error-ratio = { above = \"1%\", min-requests = 95 }\nmissing-data = \"missing\"\ndatapoints = \"2 of 5\"",
    ];
    for signal in signals {
        let defect = format!(
            "{BAD}onset = {{ exponential = {{ mean = \"40m\" }} }}\nerror-ratio = \"8%\"\nslow-ratio = \"9%\"\nwhile = {{ on-for = \"11m\", off-for = \"7m\" }}"
        );
        let text = text(1, &alarm(signal), &defect)
            .replace("requests-per-second = 100\n", "requests-per-second = 1.6\n");
        let plan = plan(&text);
        let model = Model::new(&plan);
        let (mut lazy, mut exhaustive) = (Engine::new(&model), Engine::exhaustive(&model));
        let mut alarms = 0;
        for trial in 0..300 {
            let outcome = lazy.run(0, trial, &mut Silent);
            alarms += u32::from(outcome.alarm_ms.is_some());
            assert_eq!(outcome, exhaustive.run(0, trial, &mut Silent), "{signal}, trial {trial}");
        }
        assert!(alarms > 10, "{signal}: {alarms} alarms in 300 trials");
    }
}
