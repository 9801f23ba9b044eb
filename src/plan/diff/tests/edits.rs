//! Edits of the fields of defects, backgrounds and responses, for the test that the diff knows every field.

use crate::ids::{AlarmId, CalendarId, CohortId, DefectId, IdVec, RegionId};
use crate::plan::pipeline::{
    AfterRejection, BakesFrom, Calendar, ChangeSource, Component, DefectClass, Emergency, EntryPolicy,
    ErrorBudget, Holds, Line, Merges, Mode, OnFlaky, Rehearsal, RolloutsAtOnce, Stage, StagePhase, TwoPhase,
    WaveCalendar, WaveHolds, WaveStarts, Window,
};
use crate::plan::{
    Attempt, Background, Bypass, Condition, Cure, Customers, Episodes, FiringAtStart, HostRepair, HostShare,
    Hurts, Missing, OnAlarm, Operators, Pipeline, Plan, Ratio, Relapse, Remedy, Response, RollbackEffect,
    RollbackTarget, ShardPlace, Trigger, Within,
};
use crate::random::Distribution;

/// Where a difference is reported, and what makes it.
pub(super) type Edit = (&'static str, fn(&mut Plan));

const MINUTE: Distribution = Distribution::Fixed { ms: 60_000 };
const CUSTOMERS: Customers =
    Customers { count: 5, of: ShardPlace::Zones, shard: HostShare::Count(2), from: HostShare::ALL };
const EPISODES: Episodes = Episodes { every: MINUTE, lasts: MINUTE };

fn condition(plan: &mut Plan) -> &mut Condition {
    &mut plan.change.defects[DefectId::new(1)].condition
}

fn cure(plan: &mut Plan) -> &mut Cure {
    &mut plan.change.defects[DefectId::new(1)].cure
}

fn repair() -> HostRepair {
    HostRepair { share: None, regions: None, per_host: MINUTE, at_once: None, within: Within::Zone }
}

fn response(plan: &mut Plan) -> &mut Response {
    &mut plan.strategies[0].response
}

fn operators() -> Operators {
    Operators {
        engage: MINUTE,
        engage_off_hours: MINUTE,
        hours: [true; 24],
        wait_for_hours: false,
        first: attempt(),
        restore: MINUTE,
        wrong_change: 0.0,
        wrong_change_costs: MINUTE,
        then: Vec::new(),
    }
}

fn attempt() -> Attempt {
    let remedy = Remedy::Rollback;
    Attempt { diagnose: MINUTE, prepare: MINUTE, remedy, spread: MINUTE, within_ms: None }
}

fn background(plan: &mut Plan) -> &mut Background {
    &mut plan.fleet.background
}

pub(super) fn edits_of_defects() -> Vec<Edit> {
    vec![
        ("defect crash: per-request", |p| p.change.defects[DefectId::new(1)].per_request = 0.5),
        ("defect crash: cohort", |p| p.change.defects[DefectId::new(1)].cohort = Some(CohortId::new(0))),
        ("defect crash: region-label", |p| {
            p.change.defects[DefectId::new(1)].regions = Some(vec![RegionId::new(0)])
        }),
        ("defect crash: while traffic-above", |p| condition(p).traffic_above = Some(5.0)),
        ("defect crash: while peak-share-above", |p| condition(p).peak_share_above = Some(0.5)),
        ("defect crash: while hours", |p| condition(p).hours = Some(vec![[true; 24]].into())),
        ("defect crash: while exposed-above", |p| {
            condition(p).exposed_above = Some((HostShare::ALL, Within::Zone));
        }),
        ("defect crash: while mixed", |p| condition(p).mixed = Some(Within::Zone)),
        ("defect crash: while intermittent", |p| condition(p).intermittent = Some((MINUTE, MINUTE))),
        ("defect crash: trigger", |p| {
            p.change.defects[DefectId::new(1)].trigger =
                Some(Trigger { at: MINUTE, within: Within::Zone, lasts: None, withdrawal: None });
        }),
        ("defect crash: masked-for", |p| p.change.defects[DefectId::new(1)].masked = MINUTE),
        ("defect crash: hurts", |p| {
            p.change.defects[DefectId::new(1)].hurts = Hurts::Everyone(HostShare::ALL, Within::Zone);
        }),
        ("defect crash: slow-ratio", |p| p.change.defects[DefectId::new(1)].symptom.slow_ratio = 0.5),
        ("defect crash: drop-ratio", |p| p.change.defects[DefectId::new(1)].symptom.drop_ratio = 0.5),
        ("fleet: background-slow-ratio", |p| p.fleet.background_slow_ratio = 0.5),
        ("alarm zone-errors: missing-data", |p| p.alarms[AlarmId::new(0)].missing = Missing::Ignore),
        ("alarm zone-errors: broken", |p| p.alarms[AlarmId::new(0)].broken = 0.5),
        ("alarm zone-errors: lost-with-service", |p| {
            p.alarms[AlarmId::new(0)].lost_with_service = Some(Ratio { num: 1, den: 2 });
        }),
        ("defect crash: crash", |p| p.change.defects[DefectId::new(1)].symptom.crash = true),
        ("defect crash: damage-per-request", |p| {
            p.change.defects[DefectId::new(1)].symptom.damage_per_request = 0.5
        }),
        ("defect crash: damage-per-host-hour", |p| {
            p.change.defects[DefectId::new(1)].symptom.damage_per_host_hour = 1.0
        }),
        ("defect crash: seen-by", |p| {
            p.change.defects[DefectId::new(1)].seen_by = Some(vec![AlarmId::new(0)])
        }),
        ("defect crash: locks-out", |p| p.change.defects[DefectId::new(1)].locks_out = Some(MINUTE)),
        ("defect crash: cure rollback", |p| cure(p).rollback = RollbackEffect::Keeps),
        ("defect crash: cure share", |p| cure(p).share = 0.5),
        ("defect crash: cure repair", |p| {
            cure(p).repair = vec![repair()];
        }),
        ("defect crash: cure repair", |p| {
            let regions = Some(vec![RegionId::new(0)]);
            cure(p).repair = vec![HostRepair { share: Some(0.5), regions, ..repair() }, repair()];
        }),
        ("defect crash: cure relapse", |p| {
            cure(p).relapse = Some(Relapse { probability: 0.5, after: MINUTE, lasts: MINUTE });
        }),
        ("defect crash: cure items-per-hour", |p| cure(p).items_per_hour = Some(5.0)),
    ]
}

/// The pipeline of [`edits_of_pipelines`]: a build in an office.
pub(super) fn a_pipeline() -> Pipeline {
    let mut build = Stage::plain("build", StagePhase::Build, MINUTE);
    build.catches = vec![0.5].into();
    Pipeline {
        line: Line {
            source: ChangeSource {
                merges: Merges::Every { first_ms: 0, gap_ms: 5, count: 3 },
                review: MINUTE,
                defects: IdVec::default(),
            },
            stages: vec![build],
            calendars: vec![Calendar::new(vec![(0, 10)])].into(),
            wave_windows: Vec::new(),
            bake_window: None,
            two_phase: Some(TwoPhase {
                share: 0.1,
                bake: MINUTE,
                from: BakesFrom::Merge,
                unprepared: DefectId::new(0),
            }),
            region_windows: Vec::new(),
            entry: EntryPolicy::Queued,
            rollouts: RolloutsAtOnce::Overlapping,
            after_rejection: AfterRejection::Leave,
            emergency: None,
            error_budget: None,
            watchers: 0.0,
            watch_hours: Vec::new(),
            rejection_work_ms: 0,
            length_ms: 1000,
            warm_up_ms: 10,
        },
        wave_calendar: WaveCalendar::Always,
        wave_holds: WaveHolds::Start,
        wave_starts: WaveStarts::WhenOpen,
        components: Vec::new(),
        start: "2026-03-02".to_owned(),
        trials: 20,
        others: Vec::new(),
        exclusive_regions: true,
        shared_alarms: true,
    }
}

const EMERGENCY: Emergency = Emergency {
    share: 0.1,
    bakes: Ratio::ONE,
    review: None,
    review_catches: None,
    ignores_windows: false,
    entry: EntryPolicy::Queued,
};

fn line(plan: &mut Plan) -> &mut Line {
    &mut plan.pipeline.as_mut().expect("the plan of these tests has a pipeline").line
}

fn two_phase(plan: &mut Plan) -> &mut TwoPhase {
    line(plan).two_phase.as_mut().expect("the pipeline of these tests has two-phase changes")
}

fn first_calendar() -> WaveCalendar {
    WaveCalendar::One(CalendarId::new(0))
}

pub(super) fn edits_of_pipelines() -> Vec<Edit> {
    let of_the_line: Vec<Edit> = vec![
        ("pipeline: ", |p| p.pipeline = None),
        ("pipeline: start", |p| p.pipeline.as_mut().unwrap().start = "2026-03-03".to_owned()),
        ("pipeline: trials", |p| p.pipeline.as_mut().unwrap().trials = 21),
        ("pipeline: exclusive-regions", |p| p.pipeline.as_mut().unwrap().exclusive_regions = false),
        ("pipeline: shared-alarms", |p| p.pipeline.as_mut().unwrap().shared_alarms = false),
        ("pipeline os: ", |p| {
            let mut other = p.clone();
            other.name = "os".to_owned();
            other.strategies.truncate(1);
            p.pipeline.as_mut().unwrap().others.push(other);
        }),
        ("pipeline: wave-calendar", |p| p.pipeline.as_mut().unwrap().wave_calendar = first_calendar()),
        ("pipeline: wave-holds", |p| p.pipeline.as_mut().unwrap().wave_holds = WaveHolds::Deployment),
        ("pipeline: wave-starts", |p| p.pipeline.as_mut().unwrap().wave_starts = WaveStarts::AtOpening),
        ("pipeline: components", |p| {
            let component =
                |name: &str| Component { name: name.to_owned(), strategy: None, defects: Vec::new() };
            p.pipeline.as_mut().unwrap().components = vec![component("service")];
        }),
        ("pipeline: length", |p| line(p).length_ms = 2000),
        ("pipeline: warm-up", |p| line(p).warm_up_ms = 20),
        ("pipeline: entry", |p| line(p).entry = EntryPolicy::Restart),
        ("pipeline: rollouts", |p| line(p).rollouts = RolloutsAtOnce::OneAtATime),
        ("pipeline: wave-windows", |p| line(p).wave_windows.push(None)),
        ("pipeline: two-phase", |p| line(p).two_phase = None),
        ("pipeline: two-phase share", |p| two_phase(p).share = 0.2),
        ("pipeline: two-phase bake", |p| two_phase(p).bake = Distribution::Fixed { ms: 1 }),
        ("pipeline: two-phase from", |p| two_phase(p).from = BakesFrom::Delivery),
        ("pipeline: two-phase unprepared", |p| two_phase(p).unprepared = DefectId::new(1)),
        ("pipeline: region-windows", |p| line(p).region_windows.push(vec![CalendarId::new(0)].into())),
        ("pipeline: bake-window", |p| line(p).bake_window = Some(CalendarId::new(0))),
        ("pipeline: watchers", |p| line(p).watchers = 1.0),
        ("pipeline: rejection-work", |p| line(p).rejection_work_ms = 5),
        ("pipeline: after-rejection", |p| {
            line(p).after_rejection = AfterRejection::Restart { after: MINUTE };
        }),
        ("pipeline: source review", |p| {
            line(p).source.review = Distribution::Fixed { ms: 1 };
        }),
        ("pipeline: source defects", |p| {
            let name = "crash".to_owned();
            let class = DefectClass { name, probability: 0.1, review_catches: 0.0 };
            line(p).source.defects.push(class);
        }),
        ("pipeline: emergency", |p| line(p).emergency = Some(EMERGENCY)),
        ("pipeline: error-budget", |p| {
            line(p).error_budget = Some(ErrorBudget { allowed_host_ms: 1, window_ms: 2 });
        }),
        ("pipeline: source merges", |p| line(p).source.merges = Merges::Recorded(vec![5])),
        ("pipeline: calendars", |p| line(p).calendars[CalendarId::new(0)] = Calendar::new(vec![(0, 11)])),
    ];
    [of_the_line, edits_of_stages()].concat()
}

fn edits_of_stages() -> Vec<Edit> {
    vec![
        ("stage build: ", |p| line(p).stages[0].name = "compile".to_owned()),
        ("stage build: phase", |p| line(p).stages[0].phase = StagePhase::Test),
        ("stage build: duration", |p| line(p).stages[0].duration = Distribution::Fixed { ms: 1 }),
        ("stage build: rehearsal", |p| {
            let plan = Box::new(Plan { pipeline: None, ..p.clone() });
            line(p).stages[0].rehearsal = Some(Rehearsal { plan, strategy: 0, classes: vec![None].into() });
        }),
        ("stage build: mode", |p| line(p).stages[0].mode = Mode::Parallel),
        ("stage build: people", |p| line(p).stages[0].people = 0.5),
        ("stage build: room", |p| line(p).stages[0].room = Some(2)),
        ("stage build: flaky probability", |p| line(p).stages[0].flaky.probability = 0.5),
        ("stage build: flaky then retry times", |p| {
            line(p).stages[0].flaky.then = OnFlaky::Retry { times: 7 };
        }),
        ("stage build: catches", |p| line(p).stages[0].catches = vec![0.6].into()),
        ("stage build: false-alarm", |p| line(p).stages[0].false_alarm = 0.5),
        ("stage build: window", |p| {
            line(p).stages[0].window = Some(Window { calendar: CalendarId::new(0), holds: Holds::Start });
        }),
        ("stage build: until", |p| line(p).stages[0].until = Some(CalendarId::new(0))),
        ("stage build: fixes-pass-by", |p| line(p).stages[0].fixes_pass_by = true),
        ("stage build: emergencies-pass-by", |p| line(p).stages[0].emergencies_pass_by = true),
    ]
}

pub(super) fn edits_of_responses() -> Vec<Edit> {
    vec![
        ("change: stragglers", |p| p.change.straggler_probability = 0.5),
        ("change: straggler-time", |p| p.change.straggler_time = MINUTE),
        ("region us-east-1: customers", |p| p.fleet.regions[RegionId::new(0)].customers = Some(CUSTOMERS)),
        ("strategy all-at-once, wave 1 (first): users", |p| {
            p.strategies[0].waves[0].users = Some(Ratio::ONE)
        }),
        ("strategy all-at-once, wave 1 (first): zones", |p| {
            p.strategies[0].waves[0].zones = Some(HostShare::Count(2));
        }),
        ("fleet: peak-utilisation", |p| p.fleet.peak_utilisation = Some(0.5)),
        ("fleet: scales-down-to", |p| p.fleet.scales_down_to = Some(0.5)),
        ("fleet: background zone-failures", |p| background(p).zone_failures = Some(EPISODES)),
        ("fleet: background region-failures", |p| background(p).region_failures = Some(EPISODES)),
        ("fleet: background ambient-alarms", |p| background(p).ambient_alarms = Some(EPISODES)),
        ("fleet: background", |p| background(p).ambient_alarm = Some(AlarmId::new(0))),
        ("strategy all-at-once: complete-at", |p| p.strategies[0].complete_at.num = 0),
        ("strategy all-at-once: complete-at", |p| p.strategies[0].complete_at.den = 2),
        ("strategy all-at-once: deploy-time", |p| p.strategies[0].deploy_time = Some(MINUTE)),
        ("strategy all-at-once: rollback-time", |p| p.strategies[0].rollback_time = Some(MINUTE)),
        ("strategy all-at-once: bypass", |p| {
            p.strategies[0].bypass = Some(Bypass { hosts: HostShare::ALL, time: MINUTE });
        }),
        ("strategy all-at-once: trigger-step", |p| p.strategies[0].trigger_step_ms = 5),
        ("strategy all-at-once: operators", |p| p.strategies[0].operators = Some(operators())),
        ("strategy all-at-once: rollback to", |p| {
            p.strategies[0].rollback.target = RollbackTarget::LastBlessed
        }),
        ("strategy all-at-once: response on-alarm", |p| response(p).on_alarm = OnAlarm::Halt),
        ("strategy all-at-once: response suspect-for", |p| response(p).suspect_for_ms = 5),
        ("strategy all-at-once: response lost-verdicts", |p| response(p).lost_verdicts = 0.5),
        ("strategy all-at-once: response losing", |p| response(p).losing = Some(vec![AlarmId::new(0)])),
        ("strategy all-at-once: response overrides", |p| response(p).overrides = 0.5),
        ("strategy all-at-once: response firing-at-start", |p| {
            response(p).firing_at_start = FiringAtStart::Ignore;
        }),
        ("strategy all-at-once: response other-deployments", |p| response(p).other_deployments = 2.0),
    ]
}
