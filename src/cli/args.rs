//! The grammar of the command line. Each command's own arguments are in its file, those that several share are in
//! `options`; nothing is done here.

#[cfg(feature = "serve")]
use super::commands::serve;
use super::commands::{
    baseline, chart, check, claim, compare, completions, explain, gate, import, init, man, pipeline, plan,
    replay, report, run,
};
use super::exit::Exit;
use super::io::When;
use clap::{Parser, Subcommand};
use std::sync::LazyLock;

static SHORT_VERSION: LazyLock<String> =
    LazyLock::new(|| format!("{} (model {})", env!("CARGO_PKG_VERSION"), crate::MODEL_VERSION));

static LONG_VERSION: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{}\nmodel version: {} (same scenario, seed and model version: same bytes)",
        env!("CARGO_PKG_VERSION"),
        crate::MODEL_VERSION
    )
});

static AFTER_HELP: LazyLock<String> = LazyLock::new(|| {
    format!(
        "\
Examples:
  wavetank init                     write a commented scenario to wavetank.toml
  wavetank import rollout.yaml      make one of what you have
  wavetank check wavetank.toml      find every problem in it, without simulating
  wavetank plan wavetank.toml       show what each strategy will do, and when
  wavetank serve wavetank.toml      turn its values on a page, and see what moves
  wavetank run wavetank.toml        simulate and compare; results go to results/

A scenario is a file, `-` for standard input, or git:REV:PATH for a file of a git revision.
Data goes to standard output, everything else to standard error. `-` stands for a standard stream.
Colour follows --color, NO_COLOR and CLICOLOR_FORCE.

{}",
        Exit::table()
    )
});

/// Simulate staged deployments and compare wave strategies on speed and blast radius
#[derive(Debug, Parser)]
#[command(
    name = "wavetank",
    version = SHORT_VERSION.as_str(),
    long_version = LONG_VERSION.as_str(),
    after_help = AFTER_HELP.as_str(),
    arg_required_else_help = true,
    disable_help_subcommand = true
)]
pub struct Cli {
    /// Use colour in texts
    #[arg(
        long,
        value_name = "WHEN",
        global = true,
        value_enum,
        default_value_t,
        hide_possible_values = false
    )]
    pub color: When,
    /// Let scenarios name files outside of their folder and repository
    #[arg(long, global = true)]
    pub allow_outside: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a commented scenario to start from
    Init(init::Args),
    /// Make a scenario of the files of other tools
    Import(import::Args),
    /// Find every problem in scenario files, without simulating
    Check(check::Args),
    /// Show what each strategy will do and when, without chance
    Plan(plan::Args),
    /// Simulate every strategy, compare them and check the thresholds
    Run(run::Args),
    /// Simulate the whole pipeline over weeks, with many changes in flight
    Pipeline(pipeline::Args),
    /// Compare two scenarios, or the strategies of one, trial by trial
    Compare(compare::Args),
    /// Simulate what a scenario claims and say it in a sentence
    Claim(claim::Args),
    /// Fail if a scenario does worse than the accepted one
    Gate(gate::Args),
    /// Keep what was accepted, for `gate` to compare with
    Baseline(baseline::Args),
    /// Make one page of results, to carry a review
    Report(report::Args),
    /// Simulate one trial again and tell it event by event
    Replay(replay::Args),
    /// Draw one picture of a scenario, for a document or a slide
    Chart(chart::Args),
    /// Play with a scenario on a page of this machine
    #[cfg(feature = "serve")]
    Serve(serve::Args),
    /// Explain a rule of `check`, or list them all
    Explain(explain::Args),
    /// Print the JSON schema of scenario files, for editors
    Schema,
    /// Print a completion script for a shell
    Completions(completions::Args),
    /// Print the manual page, or write one for each command
    Man(man::Args),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn grammar_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_is_introduced_by_an_imperative_line_and_ends_with_examples() {
        for command in Cli::command().get_subcommands() {
            let about = command.get_about().expect("about").to_string();
            assert!(!about.ends_with('.') && !about.contains('\n'), "{about}");
            let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let needs_example = command.get_name() != "schema";
            assert!(
                !needs_example || after.starts_with("Examples:\n"),
                "{} has no examples",
                command.get_name()
            );
        }
    }
}
