//! Lazy evaluation against a program that shares nothing with the engine, draws included: 100,000 rollouts of
//! each, whose alarms look at sampled traffic while hosts fall ill one by one.
//!
//! `--exhaustive` is equal to the byte, but draws from the same streams. This program draws its own, minute by
//! minute. Chi-square tests of two samples refuse at p < 1e-6; seeds are fixed, so a pass never flaps.

use crate::support::plan_of as plan;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use wavetank::outcome::Outcome;
use wavetank::rollout::{Engine, Model};
use wavetank::sim::Silent;

const ROLLOUTS: u64 = 100_000;
const HOSTS: usize = 10;
const MINUTE: f64 = 60_000.0;
/// Watched minutes.
const BAKE: usize = 60;
/// The normal quantile of 1 - 1e-6.
const REFUSED: f64 = 4.753;

/// 6,000 requests a minute, one in a thousand of which fails anyway; half of all changes are bad, and an ill
/// host of one fails 0.5 % more. Two of three minutes with 12 failures fire.
const TEXT: &str = "[study]\nestimator = \"plain\"\nseed = 77\n[fleet]\nbackground-error-ratio = \"0.1%\"\n\
    [[fleet.region]]\nname = \"r\"\nhosts-per-zone = 10\nrequests-per-second = 100\n[change]\n\
    bad-probability = \"50%\"\n[[defect]]\nname = \"d\"\nclock = \"host\"\nerror-ratio = \"0.5%\"\n\
    onset = { exponential = { mean = \"60m\" } }\n[[alarm]]\nname = \"a\"\nscope = \"zone\"\n\
    clock = \"deployment\"\nwatch = \"deployment\"\nerror-count = { at-least = 12 }\ndatapoints = \"2 of 3\"\n\
    [[strategy]]\nname = \"s\"\nzone-bake = \"1h\"\nwave = [{ regions = \"all\" }]\n\
    rollback = { scope = \"everything\", batch = \"100%\", reaction-delay = \"5m\" }";

/// What is compared of a rollout.
#[derive(Clone, Copy)]
struct Seen {
    bad: bool,
    /// Minute of the alarm, 0 without.
    alarm: usize,
    /// Minute of the rollback, 0 without.
    rollback: usize,
    peak: usize,
}

/// The program, with the fewest failures that breach.
struct Program {
    at_least: usize,
    draws: ChaCha8Rng,
}

impl Program {
    fn uniform(&mut self) -> f64 {
        1.0 - self.draws.random::<f64>()
    }

    /// Knuth's: uniforms are multiplied until they are below e^-mean.
    fn poisson(&mut self, mean: f64) -> usize {
        let (floor, mut product, mut count) = (libm::exp(-mean), self.uniform(), 0);
        while product > floor {
            product *= self.uniform();
            count += 1;
        }
        count
    }

    fn rollout(&mut self) -> Seen {
        let bad = self.uniform() <= 0.5;
        let onsets: Vec<f64> =
            (0..HOSTS).map(|_| if bad { -60.0 * libm::log(self.uniform()) } else { f64::INFINITY }).collect();
        let ill = |minute: usize| onsets.iter().filter(|onset| **onset <= minute as f64).count();
        let mut breaches = [false; BAKE + 1];
        for minute in 1..=BAKE {
            let mean = 6.0 + 600.0 * 0.005 * ill(minute) as f64;
            breaches[minute] = self.poisson(mean) >= self.at_least;
            let recent = &breaches[minute.saturating_sub(2)..=minute];
            if recent.iter().filter(|breach| **breach).count() >= 2 {
                let rollback = minute + 5;
                // After that the rollout is complete, nobody stops it any more, and nothing is observed.
                if rollback <= BAKE {
                    return Seen { bad, alarm: minute, rollback, peak: ill(rollback) };
                }
                return Seen { bad, alarm: minute, rollback: 0, peak: ill(BAKE) };
            }
        }
        Seen { bad, alarm: 0, rollback: 0, peak: ill(BAKE) }
    }
}

fn program(at_least: usize) -> Vec<Seen> {
    let mut program = Program { at_least, draws: ChaCha8Rng::seed_from_u64(2026) };
    (0..ROLLOUTS).map(|_| program.rollout()).collect()
}

fn engine() -> Vec<Seen> {
    let plan = plan(TEXT);
    let model = Model::new(&plan);
    let mut engine = Engine::new(&model);
    let minute = |at: Option<u64>| (at.unwrap_or(0) as f64 / MINUTE) as usize;
    let seen = |o: Outcome| Seen {
        bad: o.is_bad(),
        alarm: minute(o.alarm_ms),
        rollback: minute(o.rollback_ms.and(o.mitigation_ms)),
        peak: o.peak_impaired_hosts as usize,
    };
    (0..ROLLOUTS).map(|trial| seen(engine.run(0, trial, &mut Silent))).collect()
}

/// Chi-square of two samples of equal size over cells, as a normal deviate (Wilson and Hilferty 1931). Cells
/// with fewer than 20 of both are counted together.
fn deviate(a: &[Seen], b: &[Seen], cell: impl Fn(&Seen) -> usize) -> f64 {
    let count = |sample: &[Seen]| {
        let mut counts = vec![0.0; 256];
        sample.iter().for_each(|seen| counts[cell(seen)] += 1.0);
        counts
    };
    let (mut square, mut cells, mut few) = (0.0, 0.0, (0.0, 0.0));
    let mut add = |a: f64, b: f64| {
        if a + b > 0.0 {
            square += (a - b) * (a - b) / (a + b);
            cells += 1.0;
        }
    };
    for (a, b) in count(a).into_iter().zip(count(b)) {
        if a + b < 20.0 { few = (few.0 + a, few.1 + b) } else { add(a, b) }
    }
    add(few.0, few.1);
    let freedom: f64 = cells - 1.0;
    let spread = 2.0 / (9.0 * freedom);
    (libm::cbrt(square / freedom) - (1.0 - spread)) / libm::sqrt(spread)
}

fn deviates(ours: &[Seen], theirs: &[Seen]) -> [(&'static str, f64); 4] {
    [
        ("endings", deviate(ours, theirs, |s| 2 * usize::from(s.bad) + usize::from(s.alarm > 0))),
        ("alarm", deviate(ours, theirs, |s| s.alarm + 100 * usize::from(s.bad))),
        ("rollback", deviate(ours, theirs, |s| s.rollback + 100 * usize::from(s.bad))),
        ("peak impaired hosts", deviate(ours, theirs, |s| s.peak)),
    ]
}

#[test]
fn alarms_on_sampled_traffic_are_exact_in_distribution() {
    let ours = engine();
    for (what, z) in deviates(&ours, &program(12)) {
        println!("{what:<20} z = {z:+.2}");
        assert!(z < REFUSED, "{what}: z = {z:.2}");
    }
    // The test can tell: a threshold that is one failure higher is refused by all it shows in.
    for (what, z) in deviates(&ours, &program(13)) {
        println!("{what:<20} z = {z:+.2} with a threshold of 13");
        assert!(z > REFUSED, "{what} does not tell 13 from 12: z = {z:.2}");
    }
}
