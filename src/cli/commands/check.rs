//! `wavetank check`: every problem of every file at once, nothing simulated. Problems are the data
//! asked for, so they go to standard output.

use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::input::{self, STDIN_NAME, counted};
use crate::cli::io::{Io, STDIN};
use crate::cli::options::FailOn;
use crate::diagnostic::{self, Diagnostic, Sources, github};
use crate::scenario::{Loaded, Problems};
use clap::ValueEnum;
use serde_json::{Value, json};

const EXAMPLES: &str = "\
Examples:
  wavetank check wavetank.toml
  wavetank check scenarios/*.toml --fail-on warning
  wavetank check wavetank.toml --format json | jq '.files[].problems[].message'
  wavetank check scenarios/*.toml --format sarif > wavetank.sarif

With --format sarif problems do not fail the command: the step that uploads them must run.";

/// Arguments of `wavetank check`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Scenario files, `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Print for people, for programs, or for a service that annotates code
    #[arg(long, value_enum, default_value_t)]
    format: CheckFormat,
    /// Fail on warnings too, with exit code 3
    #[arg(long, value_name = "SEVERITY", value_enum, default_value_t)]
    fail_on: FailOn,
}

/// Text for people or a format for programs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum CheckFormat {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
    /// SARIF 2.1.0 for code scanning; exits 0 even if there are problems
    Sarif,
    /// Annotations in the log of a GitHub workflow, ten a severity at most
    Github,
}

/// Checks the files.
///
/// # Errors
/// When standard input cannot be read or is named twice, or standard output cannot be written.
pub fn run(args: &Args, io: &mut Io) -> Result<Exit, CliError> {
    if args.files.iter().filter(|file| *file == STDIN).count() > 1 {
        return Err(CliError::invalid("standard input can be read only once").hint("give `-` once"));
    }
    let mut checked: Vec<(&str, Loaded)> = Vec::with_capacity(args.files.len());
    for file in &args.files {
        checked.push((file, input::load(file, io)?));
    }
    let errors = checked.iter().map(|(_, loaded)| loaded.problems.errors()).sum();
    let warnings = checked.iter().map(|(_, loaded)| loaded.problems.warnings()).sum();
    match args.format {
        CheckFormat::Text => {
            let problems: String =
                checked.iter().map(|(_, loaded)| loaded.problems.render(io.stdout_color())).collect();
            io.data(format!("{problems}{}\n", tally(checked.len(), errors, warnings)))?;
            io.next(next(&checked, io));
        }
        CheckFormat::Json => io.data(format!("{:#}\n", document(&checked, errors, warnings)))?,
        CheckFormat::Sarif => {
            // Services show what a file accepts as suppressed, with its reason.
            let all = |problems: &Problems| [problems.list(), problems.allowed()].concat();
            let all: Vec<Vec<Diagnostic>> = checked.iter().map(|(_, loaded)| all(&loaded.problems)).collect();
            let named = problems(&checked).into_iter().zip(&all);
            let with_allowed: Vec<_> =
                named.map(|((file, _, sources), all)| (file, all.as_slice(), sources)).collect();
            io.data(diagnostic::to_sarif(&with_allowed))?;
        }
        CheckFormat::Github => {
            let rest = "`wavetank check` without --format lists them all";
            let annotations = github::log(&github::annotations(&problems(&checked)), rest);
            io.data(format!("{annotations}{}\n", tally(checked.len(), errors, warnings)))?;
        }
    }
    Ok(match (errors, warnings) {
        _ if args.format == CheckFormat::Sarif => Exit::Ok,
        (1.., _) => Exit::Invalid,
        (0, 1..) if args.fail_on == FailOn::Warning => Exit::Warnings,
        _ => Exit::Ok,
    })
}

/// What one would do after a check: read about the first rule that speaks, or look at the plan.
fn next(checked: &[(&str, Loaded)], io: &Io) -> String {
    let worst = |loaded: &Loaded| {
        loaded.problems.list().iter().min_by_key(|problem| problem.severity).map(|p| p.rule.id)
    };
    match checked.iter().find_map(|(_, loaded)| worst(loaded)) {
        Some(rule) => format!("wavetank explain {rule}"),
        None => io.named(checked.first().map_or("FILE", |(file, _)| file)).command("plan"),
    }
}

/// What was found in each scenario, by its name.
fn problems<'c>(checked: &'c [(&str, Loaded)]) -> Vec<(&'c str, &'c [Diagnostic], &'c Sources)> {
    let named = |file: &'c str| if file == STDIN { STDIN_NAME } else { file };
    let found = checked.iter().map(|(file, loaded)| (named(file), &loaded.problems));
    found.map(|(file, problems)| (file, problems.list(), problems.sources())).collect()
}

/// The closing line; it says how much was read, so that silence is never mistaken for success.
fn tally(files: usize, errors: usize, warnings: usize) -> String {
    let found = match (errors, warnings) {
        (0, 0) => "no problems".to_owned(),
        (_, 0) => counted(errors, "error"),
        (0, _) => counted(warnings, "warning"),
        _ => format!("{}, {}", counted(errors, "error"), counted(warnings, "warning")),
    };
    format!("checked {}: {found}", counted(files, "scenario"))
}

fn document(checked: &[(&str, Loaded)], errors: usize, warnings: usize) -> Value {
    let files: Vec<Value> = checked
        .iter()
        .map(|(file, loaded)| {
            let Loaded { plan, problems, .. } = loaded;
            json!({
                "file": file,
                "valid": plan.is_some(),
                "problems": problems.to_json(),
                "allowed": problems.allowed_to_json(),
            })
        })
        .collect();
    json!({ "schema_version": 1, "errors": errors, "warnings": warnings, "files": files })
}

#[cfg(test)]
mod tests {
    use super::tally;

    #[test]
    fn the_closing_line_counts() {
        assert_eq!(tally(1, 0, 0), "checked 1 scenario: no problems");
        assert_eq!(tally(3, 1, 2), "checked 3 scenarios: 1 error, 2 warnings");
        assert_eq!(tally(2, 0, 1), "checked 2 scenarios: 1 warning");
    }
}
