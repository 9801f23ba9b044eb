//! Real rollouts inside a pipeline: a trial of one change is a trial of the study, openings and stops do what they say.

use super::pipeline_oracles::{HOUR, MINUTE, fixed, line, stages};
use super::support;
use wavetank::ids::{CalendarId, ChangeId, DefectId, RegionId, WaveId};
use wavetank::outcome::Ending;
use wavetank::outcome::pipeline::{Harm, Part};
use wavetank::pipeline::{self, Carried, Production, RolloutRequest, Rollouts, WaveOpenings};
use wavetank::plan::pipeline::Line;
use wavetank::plan::pipeline::{AfterRejection, Calendar, DefectClass, EntryPolicy, Merges, RepairPolicy};
use wavetank::plan::{Plan, Ratio};
use wavetank::rollout::launch::{DrawSource, Launch, Launched, Openings, OutsideStop};
use wavetank::rollout::{Engine, Model};
use wavetank::sim::Silent;

const START: u64 = 9 * HOUR;

/// The small scenario, all rollouts at nine.
fn small() -> Plan {
    support::plan("scenarios/small.toml", &[("start-spread = \"24h\"", "start-spread = \"0s\"")])
}

/// Merges that go to production at once.
fn straight(plan: &Plan, strategy: usize, merges: Vec<u64>, defect: Option<DefectId>) -> Line {
    let mut pipeline = line(Merges::Recorded(merges), stages([fixed(0)]), 0, 60 * 24 * HOUR);
    pipeline.source.defects = plan
        .change
        .defects
        .enumerate()
        .map(|(class, listed)| DefectClass {
            name: listed.name.clone(),
            probability: f64::from(u8::from(defect == Some(class))),
            review_catches: 0.0,
        })
        .collect();
    pipeline.stages[0].catches = vec![0.0; plan.change.defects.len()].into();
    pipeline.wave_windows = vec![None; plan.strategies[strategy].waves.len()];
    pipeline
}

#[test]
fn a_trial_of_one_change_is_the_trial_of_the_study() {
    let plan = small();
    let model = Model::new(&plan);
    let mut engine = Engine::new(&model);
    let mut endings = std::collections::BTreeSet::new();
    for strategy in 0..plan.strategies.len() {
        for trial in 0..120 {
            let alone = engine.run(strategy, trial, &mut Silent);
            let launch = Launch {
                draws: DrawSource::Trial(trial),
                defect: alone.defect,
                start_utc_ms: START,
                bakes: Ratio::ONE,
                openings: &|_: WaveId, at_ms: u64| Some(at_ms),
                stop: None,
                back_from_ms: 0,
            };
            assert_eq!(
                engine.launch(&plan.strategies[strategy], &launch).outcome,
                alone,
                "{strategy} {trial}"
            );
            let pipeline = straight(&plan, strategy, vec![START], alone.defect);
            let mut production = Rollouts::new(&model, strategy, trial, 0);
            let outcome = pipeline::run(&pipeline, &mut production, plan.study.seed, trial);
            let mut harm = Harm::default();
            harm.add(&alone);
            assert_eq!(outcome.harm, harm, "{strategy} {trial}");
            assert_eq!(outcome.deployments, 1);
            assert_eq!(
                outcome.changes[0].delivered_ms,
                alone.completed_ms.map(|ms| START + ms),
                "{strategy} {trial}"
            );
            let incident = outcome.incidents.first().map(|i| (i.detected_ms - START, i.restored_ms - START));
            let caught = alone.rollback_ms.filter(|_| alone.is_bad()).map(|ms| (ms, alone.end_ms));
            assert_eq!(incident, caught, "{strategy} {trial}");
            endings.insert(alone.ending);
        }
    }
    assert!(endings.len() >= 3, "{endings:?}");
}

#[test]
fn waves_wait_for_their_gates() {
    let plan = small();
    let model = Model::new(&plan);
    let mut engine = Engine::new(&model);
    let free = |_: WaveId, at_ms: u64| Some(at_ms);
    // From the second wave on nothing starts before the third day.
    let late = |wave: WaveId, at_ms: u64| Some(if wave.index() == 1 { at_ms.max(72 * HOUR) } else { at_ms });
    let never = |wave: WaveId, at_ms: u64| (wave.index() < 2).then_some(at_ms);
    let mut launch = Launch {
        draws: DrawSource::Trial(0),
        defect: None,
        start_utc_ms: START,
        bakes: Ratio::ONE,
        openings: &free,
        stop: None,
        back_from_ms: 0,
    };
    let undisturbed = engine.launch(&plan.strategies[0], &launch);
    launch.openings = &late;
    let delayed = engine.launch(&plan.strategies[0], &launch);
    assert_eq!(delayed.waves[0], undisturbed.waves[0], "what lies before is the same");
    assert_eq!(delayed.waves[1].start_ms, 72 * HOUR);
    launch.openings = &never;
    let grounded = engine.launch(&plan.strategies[0], &launch);
    assert_eq!(grounded.waves, undisturbed.waves[..2]);
    assert_eq!(grounded.outcome.completed_ms, None);
    assert_eq!(grounded.outcome.ending, Ending::Grounded, "nobody says that it was completed");
    launch.openings = &free;
    launch.bakes = Ratio { num: 0, den: 1 };
    let urgent = engine.launch(&plan.strategies[0], &launch);
    assert!(urgent.waves.iter().all(|wave| wave.bake_ms == 0));
    let baked: u64 = undisturbed.waves.iter().map(|wave| wave.bake_ms).sum();
    assert_eq!(
        urgent.outcome.completed_ms.unwrap() + baked,
        undisturbed.outcome.completed_ms.unwrap(),
        "an urgent rollout is one without its bakes"
    );
}

#[test]
fn a_stop_from_outside_takes_everything_back_or_leaves_it() {
    let plan = small();
    let model = Model::new(&plan);
    let mut engine = Engine::new(&model);
    let stop = |roll_back| Launch {
        draws: DrawSource::Trial(3),
        defect: None,
        start_utc_ms: START,
        bakes: Ratio::ONE,
        openings: &|_: WaveId, at_ms: u64| Some(at_ms),
        stop: Some(OutsideStop { at_ms: 3 * HOUR, roll_back }),
        back_from_ms: 0,
    };
    let back = engine.launch(&plan.strategies[0], &stop(true));
    assert!(back.stopped_outside);
    assert_eq!(back.outcome.rollback_ms, Some(3 * HOUR));
    assert_eq!(back.outcome.left_exposed_hosts, 0);
    assert!(back.outcome.end_ms > 3 * HOUR, "hosts take time to go back");
    let left = engine.launch(&plan.strategies[0], &stop(false));
    assert_eq!(left.outcome.end_ms, 3 * HOUR, "another revision takes over at once");
    assert_eq!(left.waves, back.waves);
}

#[test]
fn the_next_revision_follows_wave_by_wave() {
    let plan = small();
    let model = Model::new(&plan);
    let pipeline = straight(&plan, 0, vec![START, START + MINUTE, START + 2 * MINUTE], None);
    let run =
        |pipeline: &Line| pipeline::run(pipeline, &mut Rollouts::new(&model, 0, 5, 0), plan.study.seed, 5);
    let queued = run(&pipeline);
    assert_eq!((queued.deployments, queued.completed), (3, 3));
    let delivered: Vec<u64> = queued.changes.iter().filter_map(|change| change.delivered_ms).collect();
    // Wave after wave: three take far less than three times as long as one.
    let alone = delivered[0] - START;
    assert!(delivered.is_sorted() && delivered[2] - START < 3 * alone, "{delivered:?}");
    assert!(delivered[2] - START > alone + alone / 4);
    let mut superseded = pipeline.clone();
    superseded.entry = EntryPolicy::Superseded;
    let batched = run(&superseded);
    assert_eq!(batched.deployments, 2, "the second waits, and the third takes its place");
    assert_eq!(batched.changes_per_deployment(), Some(1.5));
    let mut closed = pipeline.clone();
    closed.calendars = vec![Calendar::new(vec![(START, START + HOUR), (33 * HOUR, 34 * HOUR)])].into();
    closed.wave_windows = vec![Some(CalendarId::new(0)); closed.wave_windows.len()];
    let waits = run(&closed);
    assert!(waits.changes[0].parts.of(Part::Window) > 12 * HOUR, "it waits for the next day");
}

#[test]
fn a_defect_that_rides_with_two_revisions_stops_both() {
    let plan = small();
    let model = Model::new(&plan);
    // The latent defect shows after the second revision has set out.
    let latent = plan.change.defects.find_id(|defect| defect.name == "latent").unwrap();
    let mut stopped_both = 0;
    for trial in 0..40 {
        let mut pipeline = straight(&plan, 0, vec![START, START + 90 * MINUTE], None);
        pipeline.source.defects[latent].probability = 1.0;
        pipeline.after_rejection = AfterRejection::Revert(RepairPolicy {
            latency: fixed(60),
            misattribution: 0.0,
            again: fixed(60 * 24),
            fast_track: true,
        });
        let outcome = pipeline::run(&pipeline, &mut Rollouts::new(&model, 0, trial, 0), 1, trial);
        let incident = outcome.incidents.first();
        assert!(incident.is_none_or(|incident| incident.restored_ms >= incident.detected_ms));
        stopped_both += u64::from(outcome.needed_rollbacks >= 2);
        assert!(outcome.harm.impaired_host_ms > 0, "trial {trial}");
    }
    assert!(stopped_both > 5, "{stopped_both}");
}

/// A rollout of a good change that is stopped from outside after so long, if at all, and goes back from then on.
fn stopped(plan: &Plan, at_ms: Option<u64>, roll_back: bool, back_from_ms: u64) -> Launched {
    let launch = Launch {
        draws: DrawSource::Trial(3),
        defect: None,
        start_utc_ms: START,
        bakes: Ratio::ONE,
        openings: &|_, at_ms| Some(at_ms),
        stop: at_ms.map(|at_ms| OutsideStop { at_ms, roll_back }),
        back_from_ms,
    };
    Engine::new(&Model::new(plan)).launch(&plan.strategies[0], &launch)
}

#[test]
fn what_is_complete_can_be_taken_back_and_not_be_overtaken() {
    let plan = small();
    let undisturbed = stopped(&plan, None, true, 0);
    let late = undisturbed.outcome.completed_ms.unwrap() + HOUR;
    assert_eq!(stopped(&plan, Some(late), false, 0), undisturbed);
    let back = stopped(&plan, Some(late), true, 0);
    assert_eq!(back.waves, undisturbed.waves);
    assert_eq!((back.outcome.rollback_ms, back.outcome.left_exposed_hosts), (Some(late), 0));
    assert!(back.stopped_outside && back.outcome.end_ms > late);
}

#[test]
fn a_rollout_waits_for_its_turn_to_go_back() {
    let plan = small();
    let at_once = stopped(&plan, Some(3 * HOUR), true, 0).outcome;
    let in_turn = stopped(&plan, Some(3 * HOUR), true, 5 * HOUR).outcome;
    assert_eq!(in_turn.rollback_ms, at_once.rollback_ms, "it stops at once");
    assert_eq!(in_turn.mitigation_ms, Some(5 * HOUR));
    assert_eq!(in_turn.end_ms - 5 * HOUR, at_once.end_ms - 3 * HOUR, "and takes as long as ever");
    assert_eq!(in_turn.peak_exposed_hosts, at_once.peak_exposed_hosts, "nothing is deployed meanwhile");
    assert!(in_turn.exposed_host_ms > at_once.exposed_host_ms);
}

/// Openings of which the last region never comes.
struct OneRegionStaysClosed;

impl Openings for OneRegionStaysClosed {
    fn wave(&self, _: WaveId, at_ms: u64) -> Option<u64> {
        Some(at_ms)
    }

    fn region(&self, _: WaveId, region: RegionId, at_ms: u64) -> Option<u64> {
        (region.index() < 2).then_some(at_ms)
    }
}

#[test]
fn a_region_that_never_opens_ends_the_rollout_when_the_others_are_done() {
    let plan = support::plan_of(
        "[[fleet.region]]\nname = \"a\"\nhosts-per-zone = 10\n[[fleet.region]]\nname = \"b\"\nhosts-per-zone = 10\n\
         [[fleet.region]]\nname = \"c\"\nhosts-per-zone = 10\n[change]\ndeploy-time = \"5m\"\n[[strategy]]\nname = \"s\"\n\
         batch = 1\nzone-bake = \"1h\"\nregions-at-once = \"all\"\nwave = [{ regions = \"all\" }]\n",
    );
    let model = Model::new(&plan);
    let launch = Launch {
        draws: DrawSource::Trial(0),
        defect: None,
        start_utc_ms: START,
        bakes: Ratio::ONE,
        openings: &OneRegionStaysClosed,
        stop: None,
        back_from_ms: 0,
    };
    let outcome = Engine::new(&model).launch(&plan.strategies[0], &launch).outcome;
    assert_eq!((outcome.ending, outcome.completed_ms), (Ending::Grounded, None));
    assert_eq!((outcome.peak_exposed_hosts, outcome.regions_touched), (20, 2));
    assert_eq!(
        outcome.end_ms,
        10 * 5 * MINUTE + HOUR,
        "the regions that may start are deployed to and baked"
    );
}

#[test]
fn what_one_defect_stops_ends_the_harm_of_the_others() {
    let plan = support::plan_of(
        "[study]\nobserve-after = \"4h\"\n[[fleet.region]]\nname = \"a\"\nhosts-per-zone = 10\n[[alarm]]\nname = \"x\"\nscope = \"zone\"\n\
         detection-delay = \"1m\"\n[[defect]]\nname = \"quiet\"\nseen-by = []\n[[defect]]\nname = \"loud\"\n[[defect]]\nname = \"late\"\n\
         onset = \"30m\"\nclock = \"change\"\n[[strategy]]\nname = \"s\"\nzone-bake = \"1h\"\nwave = [{ regions = \"all\" }]\n",
    );
    let model = Model::new(&plan);
    let harm = |classes: &[usize]| {
        let carried = |class: &usize| Carried {
            change: ChangeId::new(*class),
            key: *class as u64,
            class: DefectId::new(*class),
        };
        let request = RolloutRequest {
            key: 1,
            attempt: 0,
            bakes: Ratio::ONE,
            defects: classes.iter().map(carried).collect(),
            start_ms: START,
            openings: WaveOpenings::open(1),
            stop: None,
            back_from_ms: 0,
        };
        Rollouts::new(&model, 0, 0, 0).roll_out(&request).harm.impaired_host_ms / MINUTE
    };
    // Seen a minute after ten hosts have it. What nobody sees is there for the bake and four hours more.
    assert_eq!(harm(&[1]), 10);
    assert_eq!(harm(&[0]), 10 * 300);
    assert_eq!((harm(&[0, 1]), harm(&[1, 0])), (20, 20));
    assert_eq!((harm(&[2]), harm(&[2, 1, 0])), (10, 20), "what had not woken never does");
}
