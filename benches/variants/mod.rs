//! R1 with other parameters, for both programs: a list of parameter sets, and the plan that fits one.
//!
//! The engine must be fast and right on all of them, not on R1 alone. Every parameter moves in at least one.

use super::textbook::{Onset, R1};
use wavetank::ids::{AlarmId, DefectId, RegionId};
use wavetank::plan::{Concurrency, HostShare, OneBox, Plan, Ratio, Signal, Strategy};
use wavetank::random::Distribution;

/// The sets, by name.
pub fn all() -> Vec<(&'static str, R1)> {
    let standard = R1::standard;
    vec![
        ("600 hosts a zone", R1 { hosts: 600, one_box: 3, batch: 120, breach_hosts: 12, ..standard() }),
        (
            "zones in parallel",
            R1 { zones_at_once: 3, one_box: 3, one_box_bake: 20.0, deploy: (2.0, 0.6), ..standard() },
        ),
        (
            "alarms every 10 s",
            R1 { period: 1.0 / 6.0, datapoints: 5, onset: Onset::Lognormal(90.0, 1.0), ..standard() },
        ),
        (
            "other waves",
            R1 { waves: vec![2, 4, 6, 12], p_bad: 0.5, reaction: 7.0, rollback: (5.0, 0.2), ..standard() },
        ),
        // Little to skip: a look every 5 minutes only, a batch a host.
        (
            "host by host",
            R1 { batch: 1, period: 5.0, one_box_bake: 10.0, zone_bake: 5.0, wave_bake: 60.0, ..standard() },
        ),
        (
            "slow, other bakes",
            R1 { batch: 5, zone_bake: 120.0, wave_bake: 720.0, datapoints: 2, ..R1::slow() },
        ),
    ]
}

/// The plan of `scenarios/r1.toml`, given as `plan`, with the parameters of `r1`.
pub fn fitted(mut plan: Plan, r1: &R1) -> Plan {
    let ms = |minutes: f64| (minutes * 60_000.0).round() as u64;
    let lognormal = |median: f64, sigma| Distribution::Lognormal { median_ms: median * 60_000.0, sigma };
    plan.fleet.zones.iter_mut().for_each(|zone| zone.hosts = r1.hosts as u32);
    plan.change.bad_probability = r1.p_bad;
    plan.change.deploy_time = lognormal(r1.deploy.0, r1.deploy.1);
    plan.change.rollback_time = lognormal(r1.rollback.0, r1.rollback.1);
    plan.change.defects[DefectId::new(0)].onset = match r1.onset {
        Onset::Exponential(mean) => Distribution::Exponential { mean_ms: mean * 60_000.0 },
        Onset::Lognormal(median, sigma) => lognormal(median, sigma),
    };
    let alarm = &mut plan.alarms[AlarmId::new(0)];
    alarm.period_ms = ms(r1.period);
    (alarm.datapoints_to_alarm, alarm.window) = (r1.datapoints, r1.datapoints);
    if let Signal::ImpairedHosts { threshold, .. } = &mut alarm.signal {
        *threshold = Ratio { num: r1.breach_hosts as u64, den: r1.hosts as u64 };
    }
    fit_strategy(&mut plan.strategies[0], r1);
    plan
}

fn fit_strategy(strategy: &mut Strategy, r1: &R1) {
    let ms = |minutes: f64| (minutes * 60_000.0).round() as u64;
    strategy.rollback.reaction_delay_ms = ms(r1.reaction);
    let mut wave = strategy.waves[0].clone();
    wave.bake_ms = ms(r1.wave_bake);
    wave.procedure.one_box = Some(OneBox {
        hosts: HostShare::Count(r1.one_box as u32),
        bake_ms: ms(r1.one_box_bake),
        covers: Vec::new(),
    });
    wave.procedure.batch = HostShare::Count(r1.batch as u32);
    wave.procedure.zone_bake_ms = ms(r1.zone_bake);
    wave.procedure.zones_at_once = Concurrency::AtMost(r1.zones_at_once as u32);
    let mut first = 0;
    let regions_of = |&regions: &usize| {
        first += regions;
        (first - regions..first).collect::<Vec<usize>>()
    };
    strategy.waves = r1
        .waves
        .iter()
        .map(regions_of)
        .map(|regions| {
            let mut wave = wave.clone();
            wave.regions_at_once = Concurrency::AtMost(regions.len() as u32);
            wave.regions = regions.into_iter().map(RegionId::new).collect();
            wave
        })
        .collect();
    if let Some(last) = strategy.waves.last_mut() {
        last.bake_ms = 0;
    }
}
