//! `wavetank claim`: simulates what a scenario claims and prints it as a sentence with its intervals; and how far it holds
//! when the values that it rests on are halved and doubled.

use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::input::{self, ScenarioSource};
use crate::cli::io::Io;
use crate::cli::numbers;
use crate::cli::progress::Bar;
use crate::cli::threads::Threads;
use crate::plan::{Claims, Plan};
use crate::report::claims::{Claimed, Judged, Tried, Varied, page, sentences};
use crate::report::document::Terminal;
use crate::report::json;
use crate::scenario::{Loaded, NewValue, ValueSetting};
use crate::study::claims::{ClaimResult, judge};
use crate::study::verdict::Verdict;
use crate::study::{Progress, Stopped};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

const EXAMPLES: &str = "\
Examples:
  wavetank claim scenarios/claims/bakes-pay.toml
  wavetank claim scenarios/claims/*.toml
  wavetank claim scenarios/claims/bakes-pay.toml --vary
  wavetank claim scenarios/claims/bakes-pay.toml --seed 7 --trials 10000
  wavetank claim scenarios/claims/*.toml --format json | jq '.[].claims[].sentence'

Exits with 1 if the trials refute a claim, and with 4 if they do not decide one. docs/claims.md has the shipped ones.";

/// How often a value is halved and doubled at most.
const STEPS: usize = 3;

/// Arguments of `wavetank claim`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Scenario files with claims, `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Halve and double each value that a claim rests on, until it stops to hold
    #[arg(long)]
    vary: bool,
    /// Simulate this many trials of each side [default: the scenario's]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(2..=10_000_000))]
    trials: Option<u64>,
    /// Draw from this seed: a number, hex, or a commit [default: the scenario's]
    #[arg(long, allow_hyphen_values = true, value_parser = numbers::seed)]
    seed: Option<u64>,
    /// Use this many threads; changes no result [default: one a core]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = numbers::threads)]
    threads: Option<usize>,
    /// Print sentences, a page of a document, or the numbers for programs
    #[arg(long, value_enum, default_value_t)]
    format: ClaimFormat,
}

/// How claims are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum ClaimFormat {
    /// Sentences
    #[default]
    Text,
    /// A page with the commands, for a document or a pull request
    Markdown,
    /// Numbers, for programs
    Json,
}

/// Judges the claims of every file and prints them.
///
/// # Errors
/// When a scenario is invalid or claims nothing, or the user interrupts.
pub fn run(args: &Args, io: &mut Io) -> Result<Exit, CliError> {
    let mut opened = Vec::new();
    for file in &args.files {
        let source = ScenarioSource::open(file, io)?;
        let (plan, claims) = input::claims(&source, io)?;
        opened.push((file, source, plan, claims));
    }
    let threads = Threads::start(args.threads)?;
    io.interrupt.arm();
    let bar = Bar::new(io);
    let done = Cell::new(0);
    let claimed = opened.into_iter().map(|(file, source, plan, claims)| {
        let asked = Asked { args, source: &source, threads: &threads, bar: &bar, done: &done };
        asked.claimed(file, plan, claims)
    });
    let all = claimed.collect::<Result<Vec<Claimed>, Stopped>>();
    drop(bar);
    let all = all.map_err(CliError::from)?;
    match args.format {
        ClaimFormat::Text => {
            let terminal = Terminal { width: io.width, color: io.stdout_color() };
            io.data(terminal.readable().render(&sentences(&all)))?;
            if let ([file], false) = (&args.files[..], args.vary) {
                io.next(format!("{} --vary", io.named(file).command("claim")));
            }
        }
        ClaimFormat::Markdown => io.data(page(&all))?,
        ClaimFormat::Json => io.data(json::pretty(&all))?,
    }
    let verdicts: Vec<Verdict> =
        all.iter().flat_map(|one| &one.claims).filter_map(|claim| claim.result.verdict).collect();
    Ok(match Verdict::of_all(verdicts) {
        Verdict::Pass => Exit::Ok,
        Verdict::Fail => Exit::Failed,
        Verdict::Inconclusive => Exit::Inconclusive,
    })
}

/// What is asked of one scenario.
struct Asked<'a> {
    args: &'a Args,
    source: &'a ScenarioSource<'a>,
    threads: &'a Threads,
    bar: &'a Bar,
    /// Trials that are done.
    done: &'a Cell<u64>,
}

/// One of several simulations that a bar shows: what was done before counts as well.
struct PartialBar<'b> {
    bar: &'b Bar,
    before: u64,
    done: AtomicU64,
}

impl Progress for PartialBar<'_> {
    fn planned(&self, trials: u64) {
        self.bar.planned(self.before + trials);
    }

    fn done(&self, trials: u64) {
        self.done.fetch_add(trials, Ordering::Relaxed);
        self.bar.done(trials);
    }

    fn is_cancelled(&self) -> bool {
        self.bar.is_cancelled()
    }
}

impl Asked<'_> {
    fn claimed(&self, file: &str, mut plan: Plan, mut claims: Claims) -> Result<Claimed, Stopped> {
        let results = self.judged(&mut plan, &mut claims)?;
        let mut judged: Vec<Judged> =
            claims.list.iter().zip(results).map(|(claim, result)| Judged::new(claim, result)).collect();
        if self.args.vary {
            for (index, claim) in claims.list.iter().enumerate() {
                let varied = claim.carried_by.iter().map(|path| self.varied(path, index));
                judged[index].varied = varied.collect::<Result<_, _>>()?;
            }
        }
        Ok(Claimed {
            file: file.to_owned(),
            scenario: plan.name,
            description: plan.description,
            seed: plan.study.seed,
            model_version: crate::MODEL_VERSION,
            claims: judged,
        })
    }

    fn judged(&self, plan: &mut Plan, claims: &mut Claims) -> Result<Vec<ClaimResult>, Stopped> {
        if let Some(seed) = self.args.seed {
            plan.study.seed = seed;
            claims.variants.iter_mut().for_each(|variant| variant.plan.study.seed = seed);
        }
        let part = PartialBar { bar: self.bar, before: self.done.get(), done: AtomicU64::new(0) };
        let results = self.threads.run(|| judge(plan, claims, self.args.trials, &part));
        self.done.set(part.before + part.done.into_inner());
        results
    }

    /// How far the claim with this index holds when the value at `path` is another one.
    fn varied(&self, path: &str, claim: usize) -> Result<Varied, Stopped> {
        let (written, _) = self.at(path, 1.0);
        Ok(Varied {
            path: path.to_owned(),
            less: self.until_it_stops(path, claim, &written, 0.5)?,
            more: self.until_it_stops(path, claim, &written, 2.0)?,
            written,
        })
    }

    /// Multiplies the value at `path`, again and again, until the claim does not hold, the value is as far as it goes, or is
    /// no value any more.
    fn until_it_stops(
        &self,
        path: &str,
        claim: usize,
        written: &str,
        factor: f64,
    ) -> Result<Vec<Tried>, Stopped> {
        let mut tried: Vec<Tried> = Vec::new();
        let (mut before, mut times) = (written.to_owned(), factor);
        while tried.len() < STEPS {
            let (value, loaded) = self.at(path, times);
            if value == before {
                break;
            }
            let verdict = match (loaded.plan, loaded.claims) {
                (Some(mut plan), Some(mut claims)) => self.judged(&mut plan, &mut claims)?[claim].verdict,
                _ => None,
            };
            tried.push(Tried { value: value.clone(), verdict });
            if verdict != Some(Verdict::Pass) {
                break;
            }
            (before, times) = (value, times * factor);
        }
        Ok(tried)
    }

    /// So many times the value at `path`, and the scenario with it.
    fn at(&self, path: &str, times: f64) -> (String, Loaded) {
        let setting = ValueSetting { path: path.to_owned(), value: NewValue::Times(times) };
        let loaded = self.source.load(&[setting]);
        let value = loaded.set.first().cloned().flatten().unwrap_or_default();
        (value.trim_matches('"').to_owned(), loaded)
    }
}
