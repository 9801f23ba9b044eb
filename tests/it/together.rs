//! Several pipelines on one fleet: timetables worked out by hand, and what must hold of any of them.

use crate::pipeline::{ROLLBACK, Remembered, any_pipeline, delivered, every, part, wave, with_waves};
use crate::pipeline_oracles::fixed;
use crate::support;
use proptest::prelude::*;
use std::collections::BTreeMap;
use wavetank::ids::RegionId;
use wavetank::outcome::measures::COLLATERAL_ROLLBACKS_PER_QUARTER as COLLATERAL;
use wavetank::outcome::pipeline::{Part, PipelineOutcome, StageOutcome};
use wavetank::pipeline::{self, Member, Sharing, Timed, TimedWave, run_together};
use wavetank::plan::Pipeline;
use wavetank::plan::pipeline::Line;
use wavetank::study::pipeline_summary::{Estimated, summarise};
use wavetank::study::{self, Nobody};

const REGIONS: usize = 3;
const ALONE: Sharing = Sharing { regions: REGIONS, exclusive: false, alarms: false };
const EXCLUSIVE: Sharing = Sharing { exclusive: true, ..ALONE };
const ALARMS: Sharing = Sharing { alarms: true, ..ALONE };

/// A pipeline and its waves.
type Tested = (Line, Vec<TimedWave>);

/// A pipeline of one merge with a wave a region; each wave takes an hour.
fn through(regions: &[usize], catches: f64) -> Tested {
    let waves: Vec<TimedWave> = regions
        .iter()
        .map(|region| TimedWave { regions: vec![RegionId::new(*region)], ..wave(catches) })
        .collect();
    (with_waves(every(0, 1), waves.len()), waves)
}

/// One trial of these pipelines together, and what their production was asked last.
fn run(lines: &[Tested], sharing: Sharing, trial: u64) -> Vec<(PipelineOutcome, Remembered)> {
    let seed = |line: usize| 4 + line as u64;
    let mut productions: Vec<Remembered> = lines
        .iter()
        .enumerate()
        .map(|(line, (_, waves))| {
            let timed = Timed::new(seed(line), trial, waves.clone(), fixed(ROLLBACK));
            Remembered { timed, last: BTreeMap::new() }
        })
        .collect();
    let members = lines.iter().zip(&mut productions).enumerate();
    let members = members.map(|(line, ((pipeline, _), production))| Member {
        line: pipeline,
        production,
        seed: seed(line),
    });
    run_together(members.collect(), sharing, trial).into_iter().zip(productions).collect()
}

/// The first trial in which the first change of each pipeline is bad or good as wanted.
fn trial(lines: &[Tested], sharing: Sharing, bad: &[bool]) -> Vec<PipelineOutcome> {
    let outcomes =
        |trial| run(lines, sharing, trial).into_iter().map(|(outcome, _)| outcome).collect::<Vec<_>>();
    let first = |outcome: &PipelineOutcome| outcome.changes[0].defect.is_some();
    (0..1000)
        .map(outcomes)
        .find(|all| all.iter().map(first).eq(bad.iter().copied()))
        .expect("one trial in a few has the wanted defects")
}

#[test]
fn a_region_is_deployed_to_by_one_pipeline_at_a_time() {
    let lines = [through(&[0], 0.0), through(&[0], 0.0)];
    let apart = trial(&lines, EXCLUSIVE, &[false, false]);
    assert_eq!(apart.iter().map(|one| delivered(one)[0]).collect::<Vec<_>>(), [Some(61), Some(121)]);
    assert_eq!(part(&apart[1], 0, Part::Queue), 60);
    let at_once = trial(&lines, ALONE, &[false, false]);
    assert_eq!(at_once.iter().map(|one| delivered(one)[0]).collect::<Vec<_>>(), [Some(61), Some(61)]);
}

#[test]
fn pipelines_that_cross_swap_their_regions() {
    let lines = [through(&[0, 1], 0.0), through(&[1, 0], 0.0)];
    let outcomes = trial(&lines, EXCLUSIVE, &[false, false]);
    assert_eq!(outcomes.iter().map(|one| delivered(one)[0]).collect::<Vec<_>>(), [Some(121), Some(121)]);
}

#[test]
fn of_two_that_want_a_region_at_once_the_first_pipeline_goes_first() {
    // Both leave their first region at 61 and want region 2.
    let lines = [through(&[0, 2], 0.0), through(&[1, 2], 0.0)];
    let outcomes = trial(&lines, EXCLUSIVE, &[false, false]);
    assert_eq!(outcomes.iter().map(|one| delivered(one)[0]).collect::<Vec<_>>(), [Some(121), Some(181)]);
}

#[test]
fn a_region_is_held_until_the_rollback_is_over() {
    let mut bad = through(&[0], 1.0);
    bad.0.after_rejection = wavetank::plan::pipeline::AfterRejection::Leave;
    let outcomes = trial(&[bad, through(&[0], 0.0)], EXCLUSIVE, &[true, false]);
    // Stopped at 31, taken back at 46.
    assert_eq!((delivered(&outcomes[0])[0], delivered(&outcomes[1])[0]), (None, Some(31 + ROLLBACK + 60)));
}

/// A pipeline whose defect is seen in its second region only, and one that comes to the first meanwhile.
fn late_defect() -> [Tested; 2] {
    let mut first = through(&[0, 1], 1.0);
    first.1[0].catches = vec![0.0].into();
    let mut second = through(&[0], 0.0);
    second.0.source.merges = every(0, 1);
    second.0.stages[0].duration = fixed(70);
    [first, second]
}

#[test]
fn an_alarm_stops_whoever_is_where_the_defect_is() {
    // Seen at 91, when the second pipeline has been in region 0 for 21 minutes.
    let outcomes = trial(&late_defect(), ALARMS, &[true, false]);
    assert_eq!((outcomes[0].needed_rollbacks, outcomes[0].collateral_rollbacks), (1, 0));
    let second = &outcomes[1];
    assert_eq!((second.needless_rollbacks, second.collateral_rollbacks, second.vain_reverts), (1, 1, 1));
    // Its own good change is blamed and out; the line is blocked until 191, the change comes back 1000 later.
    assert_eq!(delivered(second)[0], Some(191 + 1000 + 70 + 60));
    let spared = trial(&late_defect(), ALONE, &[true, false]);
    assert_eq!((spared[1].collateral_rollbacks, delivered(&spared[1])[0]), (0, Some(130)));
}

#[test]
fn whoever_is_elsewhere_goes_on() {
    let [first, mut second] = late_defect();
    second.1[0].regions = vec![RegionId::new(2)];
    let outcomes = trial(&[first, second], ALARMS, &[true, false]);
    assert_eq!((outcomes[1].collateral_rollbacks, delivered(&outcomes[1])[0]), (0, Some(130)));
}

/// A measure of every pipeline of the shared fleet, beside the first strategy: its own, then the others in order.
fn measured(edit: impl Fn(&mut Pipeline), measure: &str) -> Vec<f64> {
    let mut plan = support::plan("scenarios/pipelines/shared-fleet.toml", &[]);
    edit(plan.pipeline.as_mut().unwrap());
    let pipeline = plan.pipeline.as_ref().unwrap();
    let done = study::pipeline::run(&plan, pipeline, 6, &Nobody).unwrap();
    let summary = summarise(&plan, pipeline, &done);
    let own = &summary.strategies[0].measures;
    let value = |estimates: &Vec<Estimated>| {
        let found = estimates.iter().find(|estimated| estimated.measure.name == measure).unwrap();
        found.mean.as_ref().unwrap().value
    };
    [own].into_iter().chain(summary.others.iter().map(|other| &other.beside[0])).map(value).collect()
}

#[test]
fn exclusion_costs_days_and_spares_the_innocent() {
    let same = |_: &mut Pipeline| {};
    let free = |outcome: &mut Pipeline| outcome.exclusive_regions = false;
    let lead = "lead_time_p50_ms";
    let (apart, together) = (measured(same, lead)[1], measured(free, lead)[1]);
    assert!(
        apart > 24.0 * together,
        "configuration waits for days instead of half an hour: {apart} {together}"
    );
    let (apart, together) = (measured(same, COLLATERAL.name)[2], measured(free, COLLATERAL.name)[2]);
    assert!(apart < together / 2.0, "patches are stopped for others: {apart} {together}");
    let deaf = measured(|outcome| outcome.shared_alarms = false, COLLATERAL.name);
    assert_eq!(deaf, [0.0; 3]);
}

/// Any pipelines, their waves in random regions.
fn any_lines() -> impl Strategy<Value = Vec<Tested>> {
    let regions = prop::collection::vec(prop::collection::vec(0..REGIONS, 0..3), 4);
    let line = (any_pipeline(), regions).prop_map(|((pipeline, mut waves), regions)| {
        waves
            .iter_mut()
            .zip(regions)
            .for_each(|(wave, regions)| wave.regions = regions.into_iter().map(RegionId::new).collect());
        (pipeline, waves)
    });
    prop::collection::vec(line, 2..4)
}

/// A time in which a pipeline holds regions.
#[derive(Debug)]
struct Hold<'a> {
    from: u64,
    to: u64,
    rollback: bool,
    regions: &'a [RegionId],
}

/// Every wave, and every rollback for each of its waves.
fn holds<'a>(recorder: &'a Remembered, waves: &'a [TimedWave]) -> Vec<Hold<'a>> {
    let of = |rollout: &'a wavetank::pipeline::Schedule| {
        rollout.waves.iter().zip(waves).flat_map(|(run, wave)| {
            let regions = &wave.regions[..];
            let to = run.end_ms.unwrap_or(u64::MAX);
            let wave = Hold { from: run.start_ms, to, rollback: false, regions };
            let back = rollout.stopped.map(|stop| Hold {
                from: stop.at_ms,
                to: stop.settled_ms,
                rollback: true,
                regions,
            });
            [wave].into_iter().chain(back)
        })
    };
    recorder.last.values().flat_map(of).collect()
}

/// Whether a wave begins where another pipeline is. A rollback waits for nobody, so it may find another one there.
fn intrudes(wave: &Hold, other: &Hold) -> bool {
    let shared = wave.regions.iter().any(|region| other.regions.contains(region));
    let within = other.from < wave.from && wave.from < other.to;
    let together = other.from == wave.from && wave.from < wave.to.min(other.to) && !other.rollback;
    shared && (within || together)
}

proptest! {
    #![proptest_config(crate::support::cases(100))]

    #[test]
    fn pipelines_that_share_nothing_are_each_as_if_alone(lines in any_lines(), trial in 0u64..1000) {
        for (line, (together, _)) in run(&lines, ALONE, trial).into_iter().enumerate() {
            let (pipeline, waves) = &lines[line];
            let seed = 4 + line as u64;
            let timed = Timed::new(seed, trial, waves.clone(), fixed(ROLLBACK));
            let mut production = Remembered { timed, last: BTreeMap::new() };
            prop_assert_eq!(together, pipeline::run(pipeline, &mut production, seed, trial));
        }
    }

    #[test]
    fn no_wave_begins_where_another_pipeline_is(lines in any_lines(), trial in 0u64..1000) {
        let all = run(&lines, EXCLUSIVE, trial);
        let held: Vec<Vec<Hold>> = all.iter().zip(&lines).map(|((_, r), (_, waves))| holds(r, waves)).collect();
        for (line, own) in held.iter().enumerate() {
            for wave in own.iter().filter(|hold| !hold.rollback && hold.from < lines[0].0.length_ms) {
                let others = held.iter().enumerate().filter(|(other, _)| *other != line);
                let found = others.flat_map(|(_, other)| other).find(|hold| intrudes(wave, hold));
                prop_assert!(found.is_none(), "{wave:?} meets {found:?}");
            }
        }
    }

    #[test]
    fn littles_law_holds_for_each_of_several_pipelines(lines in any_lines(), trial in 0u64..1000) {
        let sharing = Sharing { exclusive: true, alarms: true, regions: REGIONS };
        let holds = |stage: &StageOutcome| stage.area_ms == stage.stays_ms;
        let first: Vec<PipelineOutcome> = run(&lines, sharing, trial).into_iter().map(|(one, _)| one).collect();
        for outcome in &first {
            prop_assert!(outcome.stages.iter().all(holds) && holds(&outcome.entry));
            prop_assert_eq!(outcome.line_area_ms, outcome.line_stays_ms);
            for change in &outcome.changes {
                let until = change.delivered_ms.unwrap_or(outcome.to_ms);
                let review = change.parts.of(Part::Review);
                prop_assert_eq!(change.parts.total(), until - change.merged_ms + review);
            }
        }
        let again: Vec<PipelineOutcome> = run(&lines, sharing, trial).into_iter().map(|(one, _)| one).collect();
        prop_assert_eq!(first, again);
    }
}
