//! `wavetank explain`: what a rule of `check` means, why it exists, and how to satisfy it.

use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::io::Io;
use crate::cli::names;
use crate::diagnostic::Rule;
use crate::scenario::rules;

const EXAMPLES: &str = "\
Examples:
  wavetank explain          list every rule
  wavetank explain WT002    explain one, by id or by name";

/// Arguments of `wavetank explain`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Rule to explain, by id or by name; lists all rules when absent
    rule: Option<String>,
}

/// Prints one rule or the list.
///
/// # Errors
/// When the rule is unknown.
pub fn run(args: &Args, io: &mut Io) -> Result<Exit, CliError> {
    let text = match &args.rule {
        None => list(&rules::all().collect::<Vec<_>>()),
        Some(wanted) => rules::find(wanted).ok_or_else(|| unknown(wanted))?.page.to_owned(),
    };
    io.data(text)?;
    io.next(if args.rule.is_some() { "wavetank check FILE" } else { "wavetank explain RULE" });
    Ok(Exit::Ok)
}

fn unknown(wanted: &str) -> CliError {
    let known: Vec<&str> = rules::all().flat_map(|rule| [rule.id, rule.name]).collect();
    names::unknown("rule", wanted, &known).hint("list all rules with `wavetank explain`")
}

fn list(rules: &[&Rule]) -> String {
    let width = rules.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    let line = |rule: &&Rule| {
        format!("{}  {:<7}  {:<width$}  {}\n", rule.id, rule.severity.name(), rule.name, rule.summary())
    };
    rules.iter().map(line).collect()
}
