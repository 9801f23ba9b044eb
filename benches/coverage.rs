//! How often 95 % intervals hold the truth: estimators by scenarios by statistics, with what rare disasters do to them.
//!
//! A population of trials is simulated once; its own statistics are the truth. Studies draw their trials from it, stratum by
//! stratum as a study of that size would, and are summarised by the public library. Prints the table of docs/statistics.md.
//!
//! Run with `cargo bench --bench coverage`. `WAVETANK_COVERAGE_SEEDS` says how many studies a row is made of (500 unless
//! said; the binomial error of a share of 95 % is 43.6 % over the root of that), `WAVETANK_COVERAGE_POPULATION` how many
//! trials the population has (60,000). With a few of each it is a test that everything still runs.

use wavetank::outcome::Outcome;
use wavetank::outcome::measures::{IMPAIRED_HOST_MS, Unit};
use wavetank::plan::{Estimator, Plan, Strata};
use wavetank::random::{Purpose, Stream, Streams};
use wavetank::rollout::{Engine, Model};
use wavetank::sim::Silent;
use wavetank::stats::Interval;
use wavetank::study::Outcomes;
use wavetank::study::summary::{MetricSummary, Summary, summarise};

/// A row of the table.
struct Row {
    name: &'static str,
    /// A file, or the scenario itself.
    scenario: &'static str,
    strategy: &'static str,
    estimator: Estimator,
    trials: u64,
}

const SMALL: &str = "scenarios/small.toml";
/// Every change carries the same defect or none; harm is rare and lasts up to a month.
const RARE: &str = include_str!("coverage/rare.toml");
/// A heavy defect that is not sliced and rarely hurts, beside a light one in many slices.
const HEAVY: &str = include_str!("coverage/heavy.toml");
/// Four changes in a hundred are bad, and chance decides how many a study has of them.
const PLAIN: &str = include_str!("coverage/plain.toml");
/// Every time has a long tail.
const TAILS: &str = include_str!("coverage/tails.toml");

const fn row(
    name: &'static str,
    scenario: &'static str,
    strategy: &'static str,
    estimator: Estimator,
    trials: u64,
) -> Row {
    Row { name, scenario, strategy, estimator, trials }
}

const ROWS: [Row; 13] = [
    row("small.toml, careful", SMALL, "careful", Estimator::ByDefect, 500),
    row("small.toml, careful, as shipped", SMALL, "careful", Estimator::ByDefect, 2000),
    row("small.toml, careful", SMALL, "careful", Estimator::ByDefectAndLatency, 2000),
    row("small.toml, no-bakes", SMALL, "no-bakes", Estimator::ByDefect, 2000),
    row("small.toml, all-at-once", SMALL, "all-at-once", Estimator::ByDefect, 1000),
    row("4 % bad", PLAIN, "s", Estimator::Plain, 800),
    row("harm in 1 of 1,000 bad changes", RARE, "s", Estimator::ByDefect, 500),
    row("harm in 1 of 1,000 bad changes", RARE, "s", Estimator::ByDefect, 4000),
    row("heavy defect beside slices", HEAVY, "s", Estimator::ByDefect, 1000),
    row("heavy defect beside slices", HEAVY, "s", Estimator::ByDefectAndLatency, 1000),
    row("heavy defect beside slices", HEAVY, "s", Estimator::ByDefectAndLatency, 4000),
    row("long tails", TAILS, "s", Estimator::ByDefect, 1000),
    row("long tails", TAILS, "s", Estimator::ByDefectAndLatency, 1000),
];

/// Rows of a cell under this coverage are counted.
const WANTED: f64 = 0.93;
/// What a summary says of a measure, in the table's order.
const STATISTICS: [&str; 6] = ["mean", "p50", "p90", "p99", "cvar99", "share"];

fn main() {
    let number =
        |name: &str, otherwise| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(otherwise);
    let (seeds, population) =
        (number("WAVETANK_COVERAGE_SEEDS", 500), number("WAVETANK_COVERAGE_POPULATION", 60_000));
    println!("{seeds} studies a row, from populations of {population} trials\n");
    println!("| scenario | estimator, trials | {} | headline |", STATISTICS.join(" | "));
    println!("|---|---|{}", "---|".repeat(STATISTICS.len() + 1));
    for row in &ROWS {
        println!("{}", line(row, seeds, population));
    }
}

/// What a row says after so many studies.
fn line(row: &Row, seeds: u64, population: u64) -> String {
    let plan = plan(row);
    let population = Population::simulated(&plan, population);
    let truth = summarise(&plan, &population.whole());
    let mut cells = [const { Cell::new() }; STATISTICS.len()];
    for (cell, statistic) in cells.iter_mut().zip(0..) {
        cell.truths =
            measures(&truth).map(|metric| estimate(metric, statistic).map(|(value, _)| value)).collect();
        cell.counts = vec![Count::default(); cell.truths.len()];
    }
    let mut factors = Vec::new();
    for seed in 0..seeds {
        let study = summarise(&plan, &population.study(row.trials, seed));
        cells.iter_mut().zip(0..).for_each(|(cell, statistic)| cell.count(&study, statistic));
        let harm = |summary: &Summary| summary.strategies[0].metric(&IMPAIRED_HOST_MS).mean;
        let high = harm(&study).and_then(|mean| mean.interval.high);
        factors.extend(high.zip(harm(&truth)).map(|(high, truth)| high / truth.value));
    }
    factors.sort_unstable_by(f64::total_cmp);
    let place = measures(&truth).position(|metric| metric.metric == &IMPAIRED_HOST_MS).unwrap_or(0);
    let headline = cells[0].counts[place].coverage().map_or("-".to_owned(), |coverage| {
        let factor = factors.get(factors.len() / 2).map_or("?".to_owned(), |factor| format!("{factor:.1}"));
        format!("{:.1}; {factor} x", 100.0 * coverage)
    });
    let said: Vec<String> = cells.iter().map(Cell::said).collect();
    format!("| {} | {}, {} | {} | {headline} |", row.name, row.estimator.name(), row.trials, said.join(" | "))
}

fn plan(row: &Row) -> Plan {
    let loaded = match row.scenario.ends_with(".toml") {
        true => Plan::load(row.scenario),
        false => Plan::parse(row.name, row.scenario),
    };
    let mut plan = loaded.unwrap_or_else(|problems| panic!("{}: {problems:?}", row.name));
    plan.strategies.retain(|strategy| strategy.name == row.strategy);
    plan.study.thresholds.clear();
    plan.study.expectations.clear();
    (plan.study.baseline, plan.study.estimator) = (0, row.estimator);
    plan
}

/// Trials of the only strategy of a plan, by stratum.
struct Population {
    strata: Strata,
    trials: Vec<Outcome>,
    by_stratum: Vec<Vec<usize>>,
}

impl Population {
    fn simulated(plan: &Plan, trials: u64) -> Self {
        let model = Model::new(plan);
        let mut engine = Engine::new(&model);
        let strata = Strata::of(plan);
        let mut population =
            Self { by_stratum: vec![Vec::new(); strata.list().len()], strata, trials: Vec::new() };
        for trial in 0..trials {
            population.by_stratum[population.strata.place(trial).stratum].push(population.trials.len());
            population.trials.push(engine.run(0, trial, &mut Silent));
        }
        population
    }

    fn whole(&self) -> Outcomes {
        Outcomes { by_strategy: vec![self.trials.clone()] }
    }

    /// A study of so many trials, each one of its stratum.
    fn study(&self, trials: u64, seed: u64) -> Outcomes {
        let mut draws: Stream = Streams::new(seed, 0).stream(Purpose::Change, 1);
        let drawn = (0..trials).map(|trial| {
            let stratum = &self.by_stratum[self.strata.place(trial).stratum];
            self.trials[stratum[draws.below(stratum.len() as u64) as usize]].clone()
        });
        Outcomes { by_strategy: vec![drawn.collect()] }
    }
}

/// How often the intervals of one measure held.
#[derive(Clone, Default)]
struct Count {
    held: u64,
    bounded: u64,
    open: u64,
}

impl Count {
    fn coverage(&self) -> Option<f64> {
        (self.held + self.open > 0 || self.bounded > 0)
            .then(|| self.held as f64 / (self.bounded + self.open) as f64)
    }

    /// Whether most of its intervals have a `?`.
    fn is_open(&self) -> bool {
        self.open > self.bounded
    }
}

/// One statistic over all measures.
#[derive(Clone)]
struct Cell {
    truths: Vec<Option<f64>>,
    counts: Vec<Count>,
}

impl Cell {
    const fn new() -> Self {
        Self { truths: Vec::new(), counts: Vec::new() }
    }

    fn count(&mut self, study: &Summary, statistic: usize) {
        for ((metric, truth), count) in measures(study).zip(&self.truths).zip(&mut self.counts) {
            let (Some(truth), Some((_, interval))) = (*truth, estimate(metric, statistic)) else { continue };
            let slack = 1e-9 * truth.abs();
            let holds = interval.low.is_none_or(|low| low <= truth + slack)
                && interval.high.is_none_or(|high| truth <= high + slack);
            count.held += u64::from(holds);
            *(if interval.is_bounded() { &mut count.bounded } else { &mut count.open }) += 1;
        }
    }

    /// The mean coverage in percent, in brackets the rows without `?` that are under [`WANTED`], of how many, and the least.
    fn said(&self) -> String {
        let known: Vec<(f64, bool)> =
            self.counts.iter().filter_map(|count| Some((count.coverage()?, count.is_open()))).collect();
        if known.is_empty() {
            return "-".to_owned();
        }
        let closed: Vec<f64> =
            known.iter().filter(|(_, open)| !open).map(|(coverage, _)| *coverage).collect();
        let mean = known.iter().map(|(coverage, _)| coverage).sum::<f64>() / known.len() as f64;
        let under = closed.iter().filter(|coverage| **coverage < WANTED).count();
        let least = closed.iter().copied().fold(1.0, f64::min);
        let open = known.len() - closed.len();
        let mut said = format!("{:.1} ({under} of {}", 100.0 * mean, closed.len());
        if under > 0 {
            said += &format!(", least {:.1}", 100.0 * least);
        }
        if open > 0 {
            said += &format!("; {open} ?");
        }
        said + ")"
    }
}

fn measures(summary: &Summary) -> impl Iterator<Item = &MetricSummary> {
    summary.strategies[0].metrics.iter()
}

fn estimate(metric: &MetricSummary, statistic: usize) -> Option<(f64, Interval)> {
    let quantile = [metric.p50, metric.p90, metric.p99];
    let is_share = metric.metric.unit == Unit::YesNo;
    match statistic {
        0 => metric.mean.map(|mean| (mean.value, mean.interval)),
        1..=3 => quantile[statistic - 1].map(|quantile| (quantile.value, quantile.interval)),
        4 => metric.cvar99.map(|tail| (tail.value, tail.interval)),
        _ => metric.share.filter(|_| is_share).map(|share| (share.value, share.interval)),
    }
}
