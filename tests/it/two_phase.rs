//! Two-phase changes: prepare, bake, activate; what activating early does, and what is taken out together.

use crate::pipeline::{any_pipeline, delivered, every, invariants, repair, wave};
use crate::pipeline_oracles::{MINUTE, fixed, line, stages};
use crate::pipeline_study::measured;
use proptest::prelude::*;
use wavetank::ids::DefectId;
use wavetank::outcome::pipeline::{Part, PipelineOutcome};
use wavetank::pipeline::{self, Timed, TimedWave};
use wavetank::plan::pipeline::Line;
use wavetank::plan::pipeline::{AfterRejection, BakesFrom, DefectClass, TwoPhase};

/// One change that is the first half of two; a stage of a minute and two waves of an hour.
fn pipeline(bake: u64, from: BakesFrom) -> Line {
    let mut pipeline = line(every(0, 1), stages([fixed(1)]), 0, 3000 * MINUTE);
    pipeline.source.defects =
        vec![DefectClass { name: "unreadable".to_owned(), probability: 0.0, review_catches: 0.0 }].into();
    pipeline.stages[0].catches = vec![0.0].into();
    pipeline.wave_windows = vec![None; 2];
    pipeline.after_rejection = AfterRejection::Revert(repair());
    pipeline.two_phase = Some(TwoPhase { share: 1.0, bake: fixed(bake), from, unprepared: DefectId::new(0) });
    pipeline
}

/// Waves of 10 minutes and a bake of 50, that see every defect after half an hour, or none.
fn run(pipeline: &Line, sees: [f64; 2]) -> PipelineOutcome {
    let waves: Vec<TimedWave> = sees.map(wave).to_vec();
    pipeline::run(pipeline, &mut Timed::new(4, 0, waves, fixed(15)), 4, 0)
}

#[test]
fn with_patience_the_second_half_is_merged_days_after_the_first_is_everywhere() {
    let mut pipeline = pipeline(500, BakesFrom::Delivery);
    pipeline.source.review = fixed(7);
    let outcome = run(&pipeline, [1.0; 2]);
    // Delivered at 121; merged at 621, delivered 121 later.
    assert_eq!(delivered(&outcome), [121, 742].map(Some));
    let both = &outcome.two_phase[0];
    assert_eq!(both.activation_merged_ms, Some(621 * MINUTE));
    assert_eq!(both.lead_ms, (7 + 742) * MINUTE, "from ready for review");
    assert!(!both.unprepared && outcome.incidents.is_empty());
    assert_eq!(outcome.changes[1].parts.of(Part::Review), 7 * MINUTE, "the second half is reviewed, too");
}

#[test]
fn an_early_second_half_meets_hosts_that_are_not_prepared() {
    // Merged at 30, in production behind the first half from 61 on: that is in its second wave until 121.
    let pipeline = pipeline(30, BakesFrom::Merge);
    let unseen = run(&pipeline, [0.0; 2]);
    assert_eq!(delivered(&unseen), [121, 181].map(Some));
    assert!(unseen.two_phase[0].unprepared && unseen.incidents.is_empty());
    let seen = run(&pipeline, [1.0; 2]);
    // Seen at 91. Its revert is merged at 191; 1000 later it comes again, prepared, and takes 121.
    assert_eq!(delivered(&seen), [121, 1191 + 121].map(Some));
    assert_eq!((seen.incidents.len(), seen.needed_rollbacks, seen.reverts), (1, 1, 1));
}

#[test]
fn both_halves_in_one_revision_are_not_prepared_either() {
    let mut pipeline = pipeline(0, BakesFrom::Merge);
    pipeline.stages = stages([fixed(60)]);
    pipeline.stages[0].catches = vec![0.0].into();
    pipeline.stages[0].mode = wavetank::plan::pipeline::Mode::Superseded;
    pipeline.source.merges = every(1, 2);
    let outcome = run(&pipeline, [0.0; 2]);
    // The first sets out alone; its second half and the other change's two ride together.
    assert_eq!(delivered(&outcome), [180, 240, 240, 240].map(Some));
    assert_eq!(outcome.two_phase.iter().map(|both| both.unprepared).collect::<Vec<_>>(), [true, true]);
    assert_eq!(outcome.deployments, 2);
}

#[test]
fn taking_out_the_first_half_takes_out_the_second() {
    let mut pipeline = pipeline(30, BakesFrom::Merge);
    // A false alarm in wave 2 blames the first half, which is the only undelivered change of its revision.
    let waves = vec![wave(0.0), TimedWave { false_alarm: 1.0, ..wave(0.0) }];
    pipeline.length_ms = 1000 * MINUTE;
    let outcome = pipeline::run(&pipeline, &mut Timed::new(4, 0, waves, fixed(15)), 4, 0);
    assert_eq!(delivered(&outcome), [None, None]);
    assert_eq!(outcome.changes.iter().map(|change| change.reverts).collect::<Vec<_>>(), [1, 1]);
    assert_eq!(outcome.needed_rollbacks, 1, "the second half was on its way behind the first");
}

#[test]
fn activating_early_saves_days_and_does_a_hundred_times_the_harm() {
    let of =
        |name: &str, measure| measured(&format!("scenarios/pipelines/two-phase/{name}.toml"), 8, measure);
    let harm = ["from-delivery", "early"].map(|name| of(name, "impaired_host_ms_per_quarter").value);
    assert!(harm[1] > 100.0 * harm[0], "{harm:?}");
    let lead = ["from-delivery", "early"].map(|name| of(name, "two_phase_lead_time_p50_ms").interval);
    assert!(lead[1].high < lead[0].low, "{lead:?}");
    let unprepared =
        ["from-delivery", "early"].map(|name| of(name, "unprepared_activations_per_quarter").value);
    assert!(unprepared[0] == 0.0 && unprepared[1] > 10.0, "{unprepared:?}");
}

proptest! {
    #![proptest_config(crate::support::cases(100))]

    #[test]
    fn with_patience_nothing_is_ever_unprepared_and_the_invariants_hold(
        (pipeline, waves) in any_pipeline(),
        share in 0.05..0.5,
        bake in 0u64..5000,
        seed in 0u64..1000,
    ) {
        let run = |from| {
            let mut pipeline = pipeline.clone();
            pipeline.two_phase = Some(TwoPhase { share, bake: fixed(bake), from, unprepared: DefectId::new(0) });
            pipeline::run(&pipeline, &mut Timed::new(seed, 0, waves.clone(), fixed(15)), seed, 0)
        };
        let patient = run(BakesFrom::Delivery);
        invariants(&patient)?;
        prop_assert!(patient.two_phase.iter().all(|both| !both.unprepared), "{:?}", patient.two_phase);
        for both in &patient.two_phase {
            prop_assert!(both.activation_merged_ms <= both.delivered_ms || both.delivered_ms.is_none());
        }
        let early = run(BakesFrom::Merge);
        invariants(&early)?;
        prop_assert_eq!(&early, &run(BakesFrom::Merge));
    }
}
