//! From outcomes to files: every report of one small study, checked from outside the crate.

use wavetank::ids::{DefectId, IdVec, RegionId};
use wavetank::outcome::{Ending, Outcome};
use wavetank::plan::{
    Arrivals, Batching, Change, Concurrency, Defect, DefectClock, Fleet, HostShare, Plan, Procedure, Region,
    Strategy, StudyPlan, Wave, Zone,
};
use wavetank::random::Distribution;
use wavetank::report::command::GivenScenario;
use wavetank::report::document::Terminal;
use wavetank::report::timeline::RolloutStory;
use wavetank::report::{Story, chart, csv, json, plan_view, terminal};
use wavetank::rollout::{Engine, Model};
use wavetank::sim::Recorder;
use wavetank::study::{Outcomes, Summary, summarise};

fn plan() -> Plan {
    let region = |index: usize| Region {
        name: format!("region-{index}"),
        entity: index as u64,
        zones: (index..index + 1).into(),
        requests_per_second: 100.0,
        timezone: "UTC".into(),
        hourly_factor: [1.0; 24],
        ..Region::default()
    };
    let wave = |regions: Vec<usize>| Wave {
        zones: None,
        users: None,
        name: "wave".into(),
        regions: regions.into_iter().map(RegionId::new).collect(),
        hosts: HostShare::ALL,
        traffic: None,
        regions_at_once: Concurrency::ONE,
        bake_ms: 3_600_000,
        gates: Vec::new(),
        calendar: None,
        alarms: None,
        procedure: Procedure {
            one_box: None,
            batch: HostShare::ALL,
            first_batches: Vec::new(),
            max_unavailable: HostShare::ALL,
            max_surge: None,
            batching: Batching::Barrier,
            batch_bake_ms: 0,
            zone_bake_ms: 0,
            first_zone_bake_ms: None,
            zones_at_once: Concurrency::ONE,
        },
    };
    let strategy = |name: &str, waves: Vec<Wave>| Strategy {
        name: name.into(),
        description: String::new(),
        source: String::new(),
        waves,
        alarms: Vec::new(),
        ..Strategy::default()
    };
    Plan {
        name: "small".into(),
        description: String::new(),
        fleet: Fleet {
            name: "fleet".into(),
            regions: vec![region(0), region(1)].into(),
            zones: (0..2)
                .map(|r| Zone { name: "a".into(), entity: r, region: RegionId::new(r as usize), hosts: 10 })
                .collect(),
            background_error_ratio: 0.0,
            arrivals: Arrivals::Fixed,
            ..Fleet::default()
        },
        change: Change {
            bad_probability: 0.5,
            deploy_time: Distribution::Fixed { ms: 60_000 },
            rollback_time: Distribution::Fixed { ms: 60_000 },
            defects: vec![Defect {
                name: "crash".into(),
                probability: 1.0,
                clock: DefectClock::Host,
                onset: Distribution::Fixed { ms: 0 },
                ..Defect::default()
            }]
            .into(),
            ..Change::default()
        },
        alarms: IdVec::default(),
        strategies: vec![
            strategy("at, once", vec![wave(vec![0, 1])]),
            strategy("in \"turn\" <&>", vec![wave(vec![0]), wave(vec![1])]),
        ],
        pipeline: None,
        study: StudyPlan {
            trials: 40,
            seed: u64::MAX,
            baseline: 0,
            start_utc_ms: 0,
            start_spread_ms: 0,
            observe_after_ms: 0,
            estimator: wavetank::plan::Estimator::Plain,
            precision: Vec::new(),
            max_trials: 40,
            thresholds: Vec::new(),
            guards: Vec::new(),
            expectations: Vec::new(),
        },
    }
}

/// Every second change is bad; the second strategy takes twice as long and does half the harm.
fn outcome(strategy: u64, trial: u64) -> Outcome {
    let bad = trial.is_multiple_of(2);
    let end_ms = 3_600_000 * (1 + strategy) + trial * 1000;
    let harm = if bad { (trial + 1) * 600_000 / (1 + strategy) } else { 0 };
    Outcome {
        ending: if bad { Ending::Escaped } else { Ending::Completed },
        defect: bad.then_some(DefectId::new(0)),
        end_ms,
        to_25_ms: Some(end_ms / 4),
        to_50_ms: Some(end_ms / 2),
        to_100_ms: Some(end_ms),
        bake_ms: None,
        onset_ms: bad.then_some(60_000),
        alarm_ms: None,
        notice: None,
        rollback_ms: None,
        mitigated_ms: None,
        peak_exposed_hosts: 20,
        exposed_at_alarm_hosts: None,
        exposed_host_ms: end_ms,
        regions_touched: 2,
        left_exposed_hosts: 0,
        peak_impaired_hosts: 10,
        peak_impaired_zones: 1,
        peak_impaired_regions: 1,
        peak_impaired_traffic_ppm: 500_000,
        impaired_host_ms: harm,
        failed_requests: harm as f64 / 7.0,
        two_regions_impaired: false,
        two_zones_impaired: false,
        first_violation_ms: None,
        ..Outcome::default()
    }
}

fn study() -> (Plan, Outcomes, Summary) {
    let plan = plan();
    let by_strategy = (0..2).map(|s| (0..plan.study.trials).map(|t| outcome(s, t)).collect()).collect();
    let outcomes = Outcomes { by_strategy };
    let summary = summarise(&plan, &outcomes);
    (plan, outcomes, summary)
}

#[test]
fn trials_survive_a_csv_reader() {
    let (plan, outcomes, _) = study();
    let bytes = csv::trials(&plan, &outcomes);
    let mut reader = ::csv::Reader::from_reader(bytes.as_slice());
    let headers = reader.headers().expect("header").clone();
    let column =
        |name: &str| headers.iter().position(|h| h == name).unwrap_or_else(|| panic!("no column {name}"));
    let rows: Vec<::csv::StringRecord> = reader.records().map(|row| row.expect("row")).collect();
    assert_eq!(rows.len(), 80);
    assert_eq!(&rows[41][column("strategy")], "in \"turn\" <&>");
    assert_eq!(&rows[41][column("trial")], "1");
    assert_eq!(&rows[41][column("seed")], "18446744073709551615");
    assert_eq!(&rows[41][column("defect")], "");
    assert_eq!(rows[2][column("failed_requests")].parse::<f64>().ok(), Some(1_800_000.0 / 7.0));
}

#[test]
fn summary_json_holds_known_answers() {
    let (_, _, summary) = study();
    let bytes = json::pretty(&summary);
    assert_eq!(bytes.last(), Some(&b'\n'));
    let value: serde_json::Value = serde_json::from_slice(&bytes).expect("valid JSON");
    assert_eq!(value["schema_version"], 4);
    assert_eq!(value["seed"], u64::MAX);
    assert_eq!(value["baseline"], "at, once");
    let harm = value["strategies"][1]["metrics"]
        .as_array()
        .and_then(|metrics| metrics.iter().find(|m| m["metric"] == "impaired_host_ms"))
        .expect("the metric");
    // Trials 0, 2, ..., 38: (trial + 1) * 5 host-minutes, mean 100, and half the baseline's.
    assert_eq!(harm["n"], 20);
    assert_eq!(harm["mean"]["value"], 6_000_000.0);
    assert_eq!(harm["against_baseline"]["verdict"], "better");
    assert_eq!(harm["against_baseline"]["ratio"]["value"], 0.5);
    assert_eq!(value["strategies"][0]["on_front"], true);
    assert_eq!(value["strategies"][1]["on_front"], true);
}

#[test]
fn text_reports_name_both_strategies() {
    let (plan, _, summary) = study();
    let estimator = Some(plan.study.estimator.name());
    let file = GivenScenario { file: "small.toml", estimator, allow_outside: false };
    let style = terminal::Style { color: false, width: 100, details: true, file };
    let report = terminal::run_report(&plan, &summary, &style);
    assert!(
        report.contains(
            "wavetank replay small.toml --strategy 'at, once' --seed 18446744073709551615 --trial 38"
        )
    );
    let verdict = report.split("\n\n").last().expect("a last paragraph").replace("\n  ", " ");
    // No number of harm stands without its interval.
    assert!(verdict.contains("at 857,000 [") && verdict.contains("rather than 1.71M ["), "{verdict}");
    let told: String =
        verdict.split(" [").map(|part| part.split_once(']').map_or(part, |(_, rest)| rest)).collect();
    let parts = [
        "Verdict Compared with at, once, the baseline, in \"turn\" <&> is the safest, at 857,000 rather than 1.71M failed \
         or refused requests per bad change (2 times less",
        "), but takes 2h rather than 1h to reach every host, and none is faster",
        "In impaired host-minutes per bad change: 200 with at, once, 100 with in \"turn\" <&>.",
    ];
    assert!(told.starts_with(parts[0]) && told.trim_end().ends_with(parts[2]), "{told}");
    assert!(told.contains(parts[1]), "{told}");
    let view = Terminal::plain(100).render(&plan_view::document(&plan));
    assert!(view.contains("2 waves over 20 hosts in 2 regions, 2h 2m if undisturbed"));
}

#[test]
fn charts_are_well_formed_whatever_the_names() {
    let (_, _, summary) = study();
    for svg in [
        chart::trade_off::picture(&summary).svg(chart::Theme::Auto),
        chart::exceedance::picture(&summary).svg(chart::Theme::Auto),
        chart::duration::picture(&summary).svg(chart::Theme::Auto),
    ] {
        assert!(svg.starts_with("<?xml ") && svg.trim_end().ends_with("</svg>"));
        assert!(svg.contains("in &quot;turn&quot; &lt;&amp;&gt;"), "{svg}");
        assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }
}

#[test]
fn replays_of_the_flagship_are_short_stories_in_order() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/hands-off.toml");
    let mut plan = wavetank::scenario::load(&path).plan.expect("a valid scenario");
    plan.study.trials = 400;
    let outcomes = wavetank::study::run(&plan, &wavetank::study::Nobody).expect("not cancelled");
    let model = Model::new(&plan);
    for (index, strategy) in summarise(&plan, &outcomes).strategies.iter().enumerate() {
        for notable in &strategy.notable {
            let mut recorder = Recorder::default();
            let outcome = Engine::new(&model).run(index, notable.trial, &mut recorder);
            let records = recorder.into_records();
            let told = RolloutStory::new(&plan, index, notable.trial, &outcome, &records);
            let story = Terminal::plain(usize::MAX).render(&told.document(usize::MAX));
            let about = format!("{} trial {}:\n{story}", strategy.name, notable.trial);
            assert!(story.lines().count() <= 120, "{about}");
            let times: Vec<&str> = story.lines().take_while(|l| !l.is_empty()).map(|l| &l[..15]).collect();
            // Long lines go on under their words.
            let times: Vec<&str> = times.into_iter().filter(|time| !time.trim().is_empty()).collect();
            assert!(times.is_sorted(), "{about}");
            assert!(times[0].trim() == "0d 00:00:00.000" && story.contains("  rollout starts"), "{about}");
            // Sentences may break between any two words.
            let flat = story.split_whitespace().collect::<Vec<&str>>().join(" ");
            let place = |words: &str| flat.find(words);
            if outcome.ending == Ending::Caught {
                let steps = ["IMPAIRED", "ALARM", "ROLLBACK", "rollout ends: caught", "outcome: caught"];
                assert!(steps.map(place).is_sorted() && place("IMPAIRED").is_some(), "{about}");
            }
            let is_violated = outcome.first_violation_ms.is_some();
            assert_eq!(place("ISOLATION VIOLATED").is_some(), is_violated, "{about}");
            // The outcome is a line of its own.
            assert_eq!(told.json_lines().iter().filter(|byte| **byte == b'\n').count(), records.len() + 1);
        }
    }
}

#[test]
fn a_verdict_names_no_strategy_that_the_table_beside_it_dominates() {
    let mut dominated = 0;
    for seed in 0..200_u64 {
        let mut plan = plan();
        let names = ["alpha", "beta", "gamma", "omega"];
        plan.strategies = names
            .iter()
            .map(|name| wavetank::plan::Strategy { name: (*name).to_owned(), ..plan.strategies[0].clone() })
            .collect();
        // Few values, so that there are ties in speed, in harm and in both; some noise, so that little is sure.
        let draw = |part: u64, most: u64| wavetank::random::mix(&[seed, part]) % most;
        let by_strategy = (0..4)
            .map(|s| {
                let trial = |t: u64| {
                    let mut one = outcome(0, t);
                    let noise = draw(100 + s * 50 + t, 2) * draw(90, 3);
                    one.to_100_ms = one.to_100_ms.map(|ms| ms + 3_600_000 * draw(s, 3) + noise * 1_800_000);
                    one.impaired_host_ms *= 1 + draw(10 + s, 3) + noise;
                    // Every other study has traffic, and hosts that carry unlike shares of it.
                    let carried = (seed % 2) * (1 + draw(20 + s, 3));
                    one.failed_requests = (carried * one.impaired_host_ms / 1000) as f64;
                    one
                };
                (0..plan.study.trials).map(trial).collect()
            })
            .collect();
        let summary = summarise(&plan, &Outcomes { by_strategy });
        let verdict = wavetank::report::verdict::headline(&plan, &summary);
        for strategy in summary.strategies.iter().filter(|s| s.dominated_by.is_some() && !s.is_baseline) {
            dominated += 1;
            assert!(!verdict.contains(&strategy.name), "{} in {seed}: {verdict}", strategy.name);
        }
        for leader in [&summary.fastest, &summary.safest].into_iter().flatten() {
            let leading = summary.strategies.iter().find(|s| s.name == leader.strategy);
            assert!(
                leading.is_some_and(|s| s.on_front),
                "{} leads and is dominated: {seed}",
                leader.strategy
            );
        }
    }
    assert!(dominated > 200, "{dominated}");
}
