//! A study needs the same memory for any number of trials, and beyond those it keeps whole it says the same.

use crate::support::plan_of as plan;
use std::io;
use wavetank::outcome::Outcome;
use wavetank::plan::Plan;
use wavetank::report::csv;
use wavetank::study::gather::{Gathered, RowSink, WHOLE_TRIALS, gather};
use wavetank::study::{Evaluations, Nobody, Stopped, Study, StudyError, Summary, run, summarise};

/// Two small strategies whose rollouts take random times.
fn study(trials: u64) -> Plan {
    let text = "[fleet]\n[[fleet.region]]\nname = \"r\"\nzones = 2\nhosts-per-zone = 5\n[change]\n\
        bad-probability = \"20%\"\ndeploy-time = { exponential = { mean = \"4m\" } }\n[[defect]]\nname = \"d, e\"\n\
        clock = \"host\"\nonset = { exponential = { mean = \"20m\" } }\n[[alarm]]\nname = \"a\"\nscope = \"zone\"\n\
        impaired-hosts = { at-least = \"20%\" }\n[[strategy]]\nname = \"fast\"\nwave = [{ regions = \"all\" }]\n\
        [[strategy]]\nname = \"slow, too\"\nzones-at-once = 1\nzone-bake = \"30m\"\nwave = [{ regions = \"all\" }]";
    let mut plan = plan(text);
    plan.study.trials = trials;
    plan
}

fn gathered(plan: &Plan) -> Gathered {
    let rows = RowSink { make: |_: &[Outcome]| (), take: |_, ()| Ok(()) };
    gather(plan, Evaluations::Promising, rows, &Nobody).unwrap()
}

#[test]
fn twice_the_trials_need_no_more_memory() {
    let bytes = |trials: u64| match gathered(&study(trials)) {
        Gathered::Aggregated(aggregates) => aggregates.bytes(),
        Gathered::Whole(_) => panic!("{trials} trials are kept whole"),
    };
    let (some, twice) = (bytes(3 * WHOLE_TRIALS), bytes(6 * WHOLE_TRIALS));
    println!("{some} bytes, {twice} with twice the trials");
    // Values of their own would be 8 bytes each.
    assert!(twice < some + some / 5, "{some} bytes become {twice}");
    // Two strategies; each value of a metric has at most so many bins.
    assert!(twice < 16 << 20, "{twice}");
}

#[test]
fn condensed_trials_say_what_whole_ones_say() {
    let plan = study(WHOLE_TRIALS + 1000);
    let whole = summarise(&plan, &run(&plan, &Nobody).unwrap());
    let condensed = gathered(&plan).summarise(&plan);
    let numbers = |summary: &Summary| {
        let of = |s: &wavetank::study::summary::StrategySummary| {
            assert_eq!(s.endings, whole.strategies.iter().find(|w| w.name == s.name).unwrap().endings);
            s.metrics
                .iter()
                .flat_map(|m| {
                    let mean = m.mean.map(|mean| [Some(mean.value), mean.interval.low, mean.interval.high]);
                    let p99 = m.p99.map(|q| [Some(q.value), q.interval.low, q.interval.high]);
                    let against = m.against_baseline.as_ref().and_then(|d| d.mean);
                    let against = against.map(|d| [Some(d.value), d.interval.low, d.interval.high]);
                    let share = m.share.map(|s| [Some(s.value), s.interval.low, s.interval.high]);
                    [mean, p99, against, share]
                        .into_iter()
                        .flatten()
                        .flatten()
                        .chain([m.max])
                        .collect::<Vec<_>>()
                })
                .collect::<Vec<_>>()
        };
        summary.strategies.iter().flat_map(of).collect::<Vec<_>>()
    };
    let (a, b) = (numbers(&whole), numbers(&condensed));
    assert!(a.len() == b.len() && a.len() > 300);
    for (index, pair) in a.into_iter().zip(b).enumerate() {
        let (whole, condensed) = match pair {
            (Some(whole), Some(condensed)) => (whole, condensed),
            (None, None) => continue,
            _ => panic!("{index}: {pair:?}"),
        };
        let off = (whole - condensed).abs() / whole.abs().max(1.0);
        assert!(off < 1e-3, "{index}: {condensed} instead of {whole}");
    }
}

#[test]
fn rows_that_are_streamed_are_the_rows_of_the_file() {
    let plan = study(3000);
    let mut facts = [Vec::new(), Vec::new()];
    let rows = RowSink {
        make: |outcomes: &[Outcome]| csv::facts(&plan, outcomes),
        take: |strategy: usize, text: Vec<u8>| {
            facts[strategy].extend_from_slice(&text);
            Ok(())
        },
    };
    Study::new(&plan).run_with_rows(rows, &Nobody).unwrap();
    let mut file = Vec::new();
    csv::write_trials(&plan, 3000, facts.iter().map(Vec::as_slice), &mut file).unwrap();
    assert!(file == csv::trials(&plan, &run(&plan, &Nobody).unwrap()));
}

#[test]
fn whoever_takes_rows_can_break_off() {
    let plan = study(3000);
    let rows = RowSink { make: |_: &[Outcome]| (), take: |_, ()| Err(io::Error::other("full")) };
    let stopped = Study::new(&plan).run_with_rows(rows, &Nobody).unwrap_err();
    assert!(matches!(stopped, StudyError::Stopped(Stopped::Rows(_))), "{stopped:?}");
}
