//! R1 and R1-slow as ordinary scenarios, and variants of them, through the public engine against the textbook
//! reference: interleaved rounds on one core, ratios of medians. Nothing here gates by absolute time.
//!
//! Run with `cargo bench --bench r1`. `-- --rounds N` changes the number of rounds; `-- --at-least R`
//! fails if a ratio is below R; `-- --case NAME` takes one. A ratio of interleaved rounds is no absolute time: it says how much
//! work the engine avoids, on any machine.

#![expect(clippy::disallowed_types, reason = "a benchmark reads the clock")]

mod textbook;
mod variants;

use std::time::Instant;
use textbook::R1;
use wavetank::plan::Plan;
use wavetank::rollout::{Engine, Model};
use wavetank::sim::Silent;

/// One measured program.
struct Contender<'a> {
    name: String,
    /// Rollouts per round.
    rollouts: u64,
    run: Box<dyn FnMut(u64) -> u64 + 'a>,
    /// Rollouts per second, by round.
    rates: Vec<f64>,
}

impl Contender<'_> {
    fn round(&mut self, first: u64) {
        let started = Instant::now();
        let mut checksum = 0_u64;
        for rollout in first..first + self.rollouts {
            checksum = checksum.wrapping_add((self.run)(rollout));
        }
        std::hint::black_box(checksum);
        self.rates.push(self.rollouts as f64 / started.elapsed().as_secs_f64());
    }

    fn median(&self) -> f64 {
        let mut rates = self.rates.clone();
        rates.sort_by(f64::total_cmp);
        rates[rates.len() / 2]
    }
}

fn main() {
    let rounds = option("--rounds").unwrap_or(7.0) as u64;
    let at_least = option("--at-least").unwrap_or(0.0);
    println!("interleaved on one core, {rounds} rounds, medians");
    let only = text("--case");
    for (name, plan, reference) in cases() {
        if only.as_ref().is_none_or(|only| name.contains(only.as_str())) {
            let ratio = compare(name, &plan, &reference, rounds);
            assert!(ratio >= at_least, "{name}: {ratio:.1} x the reference, expected at least {at_least} x");
        }
    }
    if let Some(peak) = peak_memory_kib() {
        println!("peak memory of this process: {:.1} MiB", peak as f64 / 1024.0);
    }
}

/// Both benchmarks as they are shipped, and the variants.
fn cases() -> Vec<(&'static str, Plan, R1)> {
    let load = |file: &str| {
        let loaded = wavetank::scenario::load(file.as_ref());
        loaded.plan.unwrap_or_else(|| panic!("{file} is a valid scenario"))
    };
    let r1 = load("scenarios/r1.toml");
    let variants = variants::all().into_iter().map(|(name, reference)| {
        let plan = variants::fitted(r1.clone(), &reference);
        (name, plan, reference)
    });
    let shipped =
        [("R1", r1.clone(), R1::standard()), ("R1-slow", load("scenarios/r1-slow.toml"), R1::slow())];
    shipped.into_iter().chain(variants).collect()
}

/// The number that follows `name` on the command line.
fn option(name: &str) -> Option<f64> {
    text(name)?.parse().ok()
}

/// The word that follows `name` on the command line.
fn text(name: &str) -> Option<String> {
    let arguments: Vec<String> = std::env::args().collect();
    let position = arguments.iter().position(|argument| argument == name)?;
    arguments.get(position + 1).cloned()
}

/// Prints the rates and returns the ratio of their medians.
fn compare(name: &str, plan: &Plan, reference: &R1, rounds: u64) -> f64 {
    let model = Model::new(plan);
    let mut engine = Engine::new(&model);
    let mut contenders = [
        Contender {
            name: "engine".into(),
            rollouts: 10_000,
            run: Box::new(|trial| engine.run(0, trial, &mut Silent).end_ms),
            rates: Vec::new(),
        },
        Contender {
            name: "textbook reference".into(),
            // A third of a second or so, however many hosts there are.
            rollouts: (30_000 / reference.hosts as u64).min(600),
            run: Box::new(|seed| textbook::simulate(reference, seed).duration_ms),
            rates: Vec::new(),
        },
    ];
    for round in 0..rounds {
        for contender in &mut contenders {
            contender.round(round * contender.rollouts);
        }
    }
    println!("{name}");
    for contender in &contenders {
        println!("  {:<20} {:>10.0} rollouts/s", contender.name, contender.median());
    }
    let ratio = contenders[0].median() / contenders[1].median();
    println!("  ratio                {ratio:>10.1} x");
    ratio
}

/// Largest resident set so far, where the system tells.
fn peak_memory_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find(|line| line.starts_with("VmHWM"))?.split_whitespace().nth(1)?.parse().ok()
}
