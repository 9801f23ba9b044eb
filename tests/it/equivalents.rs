//! Two spellings of one thing: scopes of a fleet of one zone, a window and as many waves.

use crate::support::plan_of;
use wavetank::outcome::{Ending, Outcome};
use wavetank::rollout::{Engine, Model};
use wavetank::sim::Silent;

const HOUR: u64 = 3_600_000;

fn outcomes(text: &str, trials: u64) -> Vec<Outcome> {
    let plan = plan_of(text);
    let model = Model::new(&plan);
    let mut engine = Engine::new(&model);
    (0..trials).map(|trial| engine.run(0, trial, &mut Silent)).collect()
}

/// A fleet of one zone whose hosts are impaired one by one, watched by one alarm of the scope.
fn one_zone(traffic: &str, scope: &str, signal: &str) -> String {
    format!(
        "[fleet]\nbackground-error-ratio = \"0.1%\"\nbackground-slow-ratio = \"0.1%\"\n[[fleet.region]]\nname = \"r\"\n\
         hosts-per-zone = 20\n{traffic}\n[change]\nbad-probability = \"100%\"\ndeploy-time = \"3m\"\n\
         [[defect]]\nname = \"d\"\nclock = \"change\"\nonset = {{ exponential = {{ mean = \"2h\" }} }}\n\
         error-ratio = \"30%\"\nslow-ratio = \"30%\"\n\
         [[alarm]]\nname = \"a\"\nscope = \"{scope}\"\nwatch = \"rollout\"\ndatapoints = \"2 of 3\"\n{signal}\n\
         [[strategy]]\nname = \"s\"\nbatch = 5\nwave = [{{ regions = \"all\", bake = \"3h\" }}]\n"
    )
}

#[test]
fn scopes_agree_on_a_fleet_of_one_zone() {
    const TRIALS: u64 = 3_000;
    let busy = "requests-per-second = 2";
    let cases = [
        (busy, "error-ratio = { above = \"5%\" }"),
        (busy, "slow-ratio = { above = \"5%\" }"),
        (busy, "error-count = { at-least = 8 }"),
        (busy, "synthetic = { probes = 10, above = \"20%\" }"),
        ("", "synthetic = { probes = 10, above = \"20%\" }"),
        ("", "synthetic = { probes = 10, above = \"20%\" }\ninternal = true"),
        ("", "breach-probability = { healthy = \"0.01%\", impaired = \"20%\" }"),
        ("", "impaired-hosts = { at-least = \"10%\" }"),
    ];
    for (traffic, signal) in cases {
        let caught_and_when = |scope: &str| {
            let all = outcomes(&one_zone(traffic, scope, signal), TRIALS);
            let times: Vec<f64> = all.iter().filter_map(|o| o.alarm_ms).map(|ms| ms as f64).collect();
            let mean = times.iter().sum::<f64>() / times.len() as f64;
            let squares = times.iter().map(|ms| (ms - mean) * (ms - mean)).sum::<f64>();
            (times.len() as f64, mean, squares / times.len() as f64 / times.len() as f64)
        };
        let (zone, zone_mean, zone_variance) = caught_and_when("zone");
        assert!(zone > 0.3 * TRIALS as f64, "{signal}: it is to see something, {zone}");
        for scope in ["region", "service"] {
            let (count, mean, variance) = caught_and_when(scope);
            let share_error = (2.0 * zone.max(1.0) * (1.0 - zone / TRIALS as f64)).sqrt().max(1.0);
            assert!(
                (count - zone).abs() <= 4.5 * share_error,
                "{signal}: {count} at {scope}, {zone} at zone"
            );
            let z = (mean - zone_mean) / (variance + zone_variance).sqrt().max(1e-9);
            assert!(
                z.abs() < 4.5,
                "{signal}: alarms at {mean} ms at {scope}, {zone_mean} at zone: z = {z:.1}"
            );
        }
    }
}

#[test]
fn a_window_is_as_many_waves() {
    // 960 hosts take the change by themselves within 48 hours, or 20 in each of 48 waves: a host is at most an hour apart.
    let common = "[study]\nobserve-after = \"0s\"\n[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 960\n[change]\n\
                  bad-probability = \"100%\"\n[[defect]]\nname = \"d\"\nonset = { exponential = { mean = \"20h\" } }\n";
    let window = format!(
        "{common}[[strategy]]\nname = \"s\"\ndeploy-time = {{ uniform = {{ to = \"48h\" }} }}\nwave = [{{ regions = \"all\" }}]\n"
    );
    let ladder: Vec<String> =
        (1..=48).map(|k| format!("{{ regions = \"all\", hosts = {}, bake = \"1h\" }}", 20 * k)).collect();
    let waves =
        format!("{common}[[strategy]]\nname = \"s\"\ndeploy-time = \"0s\"\nwave = [{}]\n", ladder.join(", "));
    let (window, waves) = (outcomes(&window, 40), outcomes(&waves, 40));
    assert!(window.iter().chain(&waves).all(|o| o.ending == Ending::Escaped));
    let mean = |of: &[Outcome], value: fn(&Outcome) -> u64| {
        of.iter().map(|o| value(o) as f64).sum::<f64>() / of.len() as f64 / HOUR as f64
    };
    for (name, value) in [
        ("exposed", (|o| o.exposed_host_ms / 960) as fn(&Outcome) -> u64),
        ("impaired", |o| o.impaired_host_ms / 960),
        ("to a quarter", |o| o.to_25_ms.unwrap_or(0)),
        ("to half", |o| o.to_50_ms.unwrap_or(0)),
    ] {
        let (window, waves) = (mean(&window, value), mean(&waves, value));
        assert!(window > 5.0 && (window - waves).abs() < 1.2, "{name}: {window} h and {waves} h");
    }
}
