//! A made-up study for the tests of reports: seven strategies from twenty minutes to nine days and
//! from a few host-minutes to a million, correlated trial by trial as common random numbers are.

use crate::ids::{AlarmId, DefectId, RegionId};
use crate::outcome::{Ending, Outcome};
use crate::outcome::{Notice, measures};
use crate::plan::study::Statistic;
use crate::plan::{
    Alarm, Arrivals, Batching, Bound, Change, Comparison, Concurrency, Defect, DefectClock, Estimator,
    EvaluationClock, Fleet, HostShare, Level, Missing, OneBox, Plan, Procedure, Ratio, Region, Rollback,
    RollbackScope, Scope, Signal, Strategy, StudyPlan, Symptom, Threshold, Version, Watch, Wave, Zone,
};
use crate::random::{Distribution, stable_hash};
use crate::rollout::{RolloutEvent as Event, RolloutRecord as Record};
use crate::study::Outcomes;

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

/// Name, median duration in minutes, median host-minutes per bad change, share of escapes, and
/// whether two regions are impaired in the upper half of bad changes.
const STRATEGIES: [(&str, f64, f64, f64, bool); 7] = [
    ("all-at-once", 20.0, 90_000.0, 0.12, true),
    ("canary-then-all", 95.0, 21_000.0, 0.06, true),
    ("region-by-region", 300.0, 2_600.0, 0.03, true),
    ("doubling-waves", 17.0 * 60.0, 310.0, 0.01, true),
    ("amazon-five-waves", 4.2 * 1440.0, 24.0, 0.004, false),
    ("slow-and-uneven", 5.0 * 1440.0, 400.0, 0.01, true),
    ("nine-day-ring", 9.0 * 1440.0, 3.0, 0.0, false),
];

/// The plan and `trials` outcomes per strategy.
pub fn study(trials: u64) -> (Plan, Outcomes) {
    let mut plan = plan();
    plan.study.trials = trials;
    let by_strategy = STRATEGIES
        .iter()
        .enumerate()
        .map(|(index, &row)| (0..trials).map(|trial| outcome(index as u64, row, trial)).collect())
        .collect();
    (plan, Outcomes { by_strategy })
}

pub fn plan() -> Plan {
    let fleet = fleet(8, 3, 40);
    let strategies = STRATEGIES.iter().map(|row| strategy(row.0)).collect();
    let alarm = alarm();
    let defect = Defect {
        name: "memory-leak".into(),
        probability: 1.0,
        clock: DefectClock::Host,
        onset: Distribution::Exponential { mean_ms: 45.0 * MINUTE as f64 },
        symptom: Symptom { error_ratio: 0.2, ..Defect::default().symptom },
        ..Defect::default()
    };
    let threshold = |metric, statistic, strategy, max| Threshold {
        metric,
        statistic,
        strategy: Some(strategy),
        bound: Bound::Max(max),
        level: Level::Error,
    };
    Plan {
        name: "hands-off".into(),
        description: String::new(),
        fleet,
        change: Change {
            bad_probability: 0.2,
            deploy_time: Distribution::Lognormal { median_ms: 4.0 * MINUTE as f64, sigma: 0.3 },
            rollback_time: Distribution::Fixed { ms: 3 * MINUTE },
            defects: vec![defect].into(),
            ..Change::default()
        },
        alarms: vec![alarm].into(),
        strategies,
        pipeline: None,
        study: StudyPlan {
            trials: 0,
            seed: 42,
            baseline: 4,
            start_utc_ms: 0,
            start_spread_ms: 0,
            observe_after_ms: 24 * HOUR,
            estimator: Estimator::Plain,
            precision: Vec::new(),
            max_trials: 1_000_000,
            guards: Vec::new(),
            expectations: Vec::new(),
            thresholds: vec![
                threshold(&measures::IMPAIRED_HOST_MS, Statistic::P99, 4, 5_000.0 * MINUTE as f64),
                threshold(&measures::IMPAIRED_HOST_MS, Statistic::Mean, 0, 5_000.0 * MINUTE as f64),
                threshold(&measures::ESCAPED, Statistic::Mean, 4, 0.006),
            ],
        },
    }
}

fn alarm() -> Alarm {
    Alarm {
        name: "zone-errors".into(),
        entity: 1,
        scope: Scope::Zone,
        signal: Signal::ErrorRatio {
            threshold: Ratio { num: 1, den: 100 },
            comparison: Comparison::Above,
            min_requests: 20,
        },
        period_ms: MINUTE,
        datapoints_to_alarm: 3,
        window: 5,
        publish_delay_ms: 30_000,
        watch: Watch::Wave,
        clock: EvaluationClock::Wall,
        missing: Missing::NotBreaching,
        broken: 0.0,
        lost_with_service: None,
        internal: false,
        version: Version::Any,
        lost: 0.0,
        grace_ms: 0,
    }
}

/// `regions` regions of `zones` zones of `hosts` hosts.
pub fn fleet(regions: usize, zones: usize, hosts: u32) -> Fleet {
    let names = [
        "us-east-1",
        "us-west-2",
        "eu-west-1",
        "eu-central-1",
        "ap-northeast-1",
        "ap-southeast-2",
        "ca-central-1",
        "sa-east-1",
    ];
    let name = |r: usize| names.get(r).map_or_else(|| format!("region-{}", r + 1), |n| (*n).to_owned());
    let zone_names = ["a", "b", "c", "d", "e", "f"];
    Fleet {
        name: "fleet".into(),
        regions: (0..regions)
            .map(|r| Region {
                name: name(r),
                entity: stable_hash(name(r).as_bytes()),
                zones: (r * zones..(r + 1) * zones).into(),
                requests_per_second: 1000.0 * (regions - r) as f64,
                timezone: "UTC".into(),
                hourly_factor: [1.0; 24],
                ..Region::default()
            })
            .collect(),
        zones: (0..regions * zones)
            .map(|z| Zone {
                name: zone_names[z % zones].into(),
                entity: z as u64,
                region: RegionId::new(z / zones),
                hosts,
            })
            .collect(),
        background_error_ratio: 0.0005,
        arrivals: Arrivals::Poisson,
        ..Fleet::default()
    }
}

/// Waves of 1, 1, 2 and 4 regions with a one-box, an hour's bakes and 12 h between waves.
pub fn strategy(name: &str) -> Strategy {
    let wave = |name: &str, regions: std::ops::Range<usize>| Wave {
        name: name.into(),
        regions: regions.map(RegionId::new).collect(),
        zones: None,
        users: None,
        hosts: HostShare::ALL,
        traffic: None,
        regions_at_once: Concurrency::AtMost(2),
        bake_ms: 12 * HOUR,
        gates: Vec::new(),
        calendar: None,
        alarms: None,
        procedure: Procedure {
            one_box: Some(OneBox { hosts: HostShare::Count(1), bake_ms: HOUR, covers: Vec::new() }),
            batch: HostShare::Count(10),
            first_batches: Vec::new(),
            max_unavailable: HostShare::Share(Ratio { num: 1, den: 3 }),
            max_surge: None,
            batching: Batching::Barrier,
            batch_bake_ms: 0,
            first_zone_bake_ms: None,
            zone_bake_ms: 30 * MINUTE,
            zones_at_once: Concurrency::ONE,
        },
    };
    Strategy {
        name: name.into(),
        description: String::new(),
        source: String::new(),
        waves: vec![wave("first", 7..8), wave("second", 6..7), wave("third", 4..6), wave("rest", 0..4)],
        alarms: vec![AlarmId::new(0)],
        rollback: Rollback {
            scope: RollbackScope::Everything,
            batch: HostShare::Share(Ratio { num: 1, den: 3 }),
            reaction_delay_ms: MINUTE,
            ..Rollback::default()
        },
        ..Strategy::default()
    }
}

/// A uniform in (0, 1) that is the same for the same key.
fn uniform(trial: u64, key: u64) -> f64 {
    let mut z = (trial << 16 | key).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 12) as f64 / (1_u64 << 52) as f64 + 1e-17
}

fn outcome(strategy: u64, row: (&str, f64, f64, f64, bool), trial: u64) -> Outcome {
    let (_, minutes, host_minutes, escapes, violates) = row;
    let normal = |key| crate::stats::special::normal_quantile(uniform(trial, key));
    let end_ms =
        (minutes * libm::exp(0.06 * normal(1) + 0.03 * normal(10 + strategy)) * MINUTE as f64) as u64;
    let bad = uniform(trial, 2) < 0.2;
    let luck = uniform(trial, 3);
    let ending = match (bad, luck < escapes, uniform(trial, 4) < 0.01 + 0.005 * strategy as f64) {
        (true, true, _) => Ending::Escaped,
        (true, false, _) => Ending::Caught,
        (false, _, true) => Ending::FalseRollback,
        (false, _, false) => Ending::Completed,
    };
    let complete = matches!(ending, Ending::Completed | Ending::Escaped);
    let size = libm::exp(1.1 * normal(5) + 0.5 * normal(20 + strategy)) * host_minutes;
    let impaired = if bad && luck < 0.97 { (size.min(1.2e6) * MINUTE as f64) as u64 } else { 0 };
    let hurt = impaired > 0;
    let many = hurt && violates && normal(5) > 0.0;
    Outcome {
        ending,
        defect: bad.then_some(DefectId::new(0)),
        end_ms,
        to_25_ms: complete.then_some(end_ms / 3),
        to_50_ms: complete.then_some(end_ms / 2),
        to_100_ms: complete.then_some(end_ms - end_ms / 10),
        bake_ms: Some(end_ms / 2),
        onset_ms: hurt.then_some(end_ms / 20),
        alarm_ms: (hurt && !complete).then_some(end_ms / 20 + 5 * MINUTE),
        notice: (!complete).then_some(Notice::Alarm(AlarmId::new(0))),
        rollback_ms: (!complete).then_some(end_ms / 20 + 6 * MINUTE),
        mitigated_ms: (hurt && !complete).then_some(end_ms / 20 + 15 * MINUTE),
        peak_exposed_hosts: 960,
        exposed_at_alarm_hosts: (hurt && !complete).then_some(40),
        exposed_host_ms: 100 * end_ms,
        regions_touched: if many { 3 } else { 1 },
        left_exposed_hosts: 0,
        peak_impaired_hosts: if hurt { (size / 20.0).clamp(1.0, 960.0) as u64 } else { 0 },
        peak_impaired_zones: if many { 4 } else { u32::from(hurt) },
        peak_impaired_regions: if many { 2 } else { u32::from(hurt) },
        peak_impaired_traffic_ppm: if hurt { (size * 40.0).clamp(50.0, 1e6) as u32 } else { 0 },
        impaired_host_ms: impaired,
        failed_requests: impaired as f64 / 1000.0,
        two_regions_impaired: many,
        two_zones_impaired: many,
        first_violation_ms: many.then_some(end_ms / 19),
        ..Outcome::default()
    }
}

/// A bad change that reached every host in twenty minutes.
pub fn escaped() -> Outcome {
    Outcome {
        ending: Ending::Escaped,
        defect: Some(DefectId::new(0)),
        end_ms: 20 * MINUTE,
        to_25_ms: Some(5 * MINUTE),
        to_50_ms: Some(10 * MINUTE),
        to_100_ms: Some(15 * MINUTE),
        bake_ms: None,
        onset_ms: Some(16 * MINUTE),
        alarm_ms: None,
        notice: None,
        rollback_ms: None,
        mitigated_ms: None,
        peak_exposed_hosts: 960,
        exposed_at_alarm_hosts: None,
        exposed_host_ms: 500,
        regions_touched: 8,
        left_exposed_hosts: 0,
        peak_impaired_hosts: 900,
        peak_impaired_zones: 24,
        peak_impaired_regions: 8,
        peak_impaired_traffic_ppm: 1_000_000,
        impaired_host_ms: 900_000 * MINUTE,
        failed_requests: 12.5,
        two_regions_impaired: true,
        two_zones_impaired: true,
        first_violation_ms: Some(970_000),
        ..Outcome::default()
    }
}

/// One rollout of strategy 4 of [`plan`]: healthy through the first wave, impaired in the third,
/// caught and rolled back.
pub fn rollout(plan: &Plan) -> (Outcome, Vec<Record>) {
    let mut trace = Trace { records: Vec::new(), updated: Vec::new() };
    trace.at(0, Event::RolloutStarted { defect: Some(0), start_utc_ms: 9 * HOUR });
    let waves = &plan.strategies[4].waves;
    let mut now = 0;
    for (index, wave) in waves.iter().enumerate().take(3) {
        trace.at(now, Event::WaveStarted { wave: index as u32 });
        let mut ends = [now, now];
        for (k, &region) in wave.regions.iter().enumerate() {
            for zone in plan.fleet.regions[region].zones.clone() {
                ends[k % 2] = trace.zone(index as u32, zone.number(), ends[k % 2]);
            }
        }
        now = ends[0].max(ends[1]);
        trace.at(now, Event::WaveBakeStarted { wave: index as u32 });
        now += wave.bake_ms;
        trace.at(now, Event::WaveDone { wave: index as u32 });
    }
    // The defect shows in the middle of the third wave's bake; cut the story there.
    let onset = now - 7 * HOUR;
    trace.records.retain(|record| record.at_ms < onset);
    let end = trace.catch(onset);
    let mut outcome = escaped();
    outcome.ending = Ending::Caught;
    outcome.end_ms = end;
    outcome.onset_ms = Some(onset);
    outcome.alarm_ms = Some(onset + 40 * MINUTE);
    outcome.notice = Some(Notice::Alarm(AlarmId::new(0)));
    outcome.rollback_ms = Some(onset + 42 * MINUTE);
    outcome.mitigated_ms = Some(end);
    outcome.to_50_ms = None;
    outcome.to_100_ms = None;
    outcome.impaired_host_ms = 1_900 * MINUTE;
    outcome.peak_impaired_hosts = 60;
    outcome.peak_impaired_regions = 2;
    outcome.peak_impaired_zones = 6;
    outcome.peak_impaired_traffic_ppm = 62_500;
    outcome.first_violation_ms = Some(onset + 10 * MINUTE);
    trace.records.sort_by_key(|record| record.at_ms);
    (outcome, trace.records)
}

struct Trace {
    records: Vec<Record>,
    updated: Vec<u32>,
}

impl Trace {
    fn at(&mut self, at_ms: u64, event: Event) {
        self.records.push(Record { at_ms, event });
    }

    fn zone(&mut self, wave: u32, zone: u32, start: u64) -> u64 {
        self.at(start, Event::ZoneStarted { wave, zone });
        self.at(start, Event::BatchStarted { zone, hosts: 1, one_box: true });
        let mut now = start + 4 * MINUTE;
        self.at(now, Event::BatchDone { zone, hosts_done: 1, one_box: true });
        self.at(now, Event::ZoneBakeStarted { zone, one_box: true });
        now += HOUR;
        for batch in 1..=4_u32 {
            let hosts = if batch == 4 { 9 } else { 10 };
            self.at(now, Event::BatchStarted { zone, hosts, one_box: false });
            now += 7 * MINUTE;
            self.at(now, Event::BatchDone { zone, hosts_done: 1 + 10 * (batch - 1) + hosts, one_box: false });
        }
        self.at(now, Event::ZoneBakeStarted { zone, one_box: false });
        now += 30 * MINUTE;
        self.at(now, Event::ZoneDone { zone });
        self.updated.push(zone);
        now
    }

    fn catch(&mut self, onset: u64) -> u64 {
        for k in 0..60_u64 {
            self.at(
                onset + k * 40_000,
                Event::HostImpaired { zone: 12 + (k % 6) as u32, host: (k / 6) as u32 },
            );
        }
        for k in 0..3 {
            let breach =
                Event::Breach { alarm: 0, entity: 14, requests: Some(20_000), errors: Some(420 + k) };
            self.at(onset + (38 + k) * MINUTE, breach);
        }
        self.at(onset + 40 * MINUTE, Event::AlarmFired { alarm: 0, entity: 14 });
        let decided = onset + 42 * MINUTE;
        self.at(decided, Event::RollbackDecided { notice: Notice::Alarm(AlarmId::new(0)), hosts: 480 });
        let end = decided + 9 * MINUTE;
        for zone in self.updated.clone() {
            self.at(decided, Event::ZoneRollbackStarted { zone, hosts: 40 });
            self.at(end, Event::ZoneRollbackDone { zone });
        }
        for k in 0..60_u64 {
            let healed = Event::HostHealed { zone: 12 + (k % 6) as u32, host: (k / 6) as u32 };
            self.at(decided + 3 * MINUTE + k * 6_000, healed);
        }
        self.at(end, Event::RolloutEnded { ending: Ending::Caught });
        end
    }
}
