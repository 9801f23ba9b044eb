//! Where the result of a comparison goes: standard output in one form, files in others, and the summary
//! page of a workflow. Shared by the commands that compare.

use super::error::CliError;
use super::exit::Exit;
use super::io::Io;
use super::targets::Targets;
use crate::report::compare::{Options, github, junit, markdown, text, words};
use crate::report::document::Terminal;
use crate::report::json;
use crate::report::page;
use crate::study::compare::Compared;
use crate::study::verdict::Verdict;
use clap::ValueEnum;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The environment variable that names the file of a workflow's summary page.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// Forms of a comparison.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ReviewFormat {
    /// For people at a terminal
    #[default]
    Text,
    /// A comment for a pull request, with a hidden marker to update it by
    Markdown,
    /// Annotations in the log of a GitHub workflow, and its summary page
    Github,
    /// Test results for a CI system
    Junit,
    /// For programs
    Json,
    /// One page that is complete, for a browser
    Html,
}

/// How to print a comparison.
#[derive(Debug, Clone, clap::Args)]
pub struct ReviewArgs {
    /// Print in this form
    #[arg(long, value_enum, default_value_t)]
    format: ReviewFormat,
    /// Also write this form to a file, as in junit=gate.xml (repeatable)
    #[arg(long = "report", value_name = "FORMAT=FILE", value_parser = form_and_file::<ReviewFormat>)]
    reports: Vec<(ReviewFormat, PathBuf)>,
    /// Let through what the trials cannot decide
    #[arg(long)]
    allow_inconclusive: bool,
}

impl ReviewArgs {
    /// Whether what is printed is for people.
    #[must_use]
    pub fn is_text(&self) -> bool {
        self.format == ReviewFormat::Text
    }
}

/// `FORMAT=FILE` of the command line, with one of these forms.
pub(super) fn form_and_file<F: ValueEnum>(text: &str) -> Result<(F, PathBuf), String> {
    let forms: Vec<String> = F::value_variants()
        .iter()
        .filter_map(|form| Some(form.to_possible_value()?.get_name().to_owned()))
        .collect();
    let help = || format!("write FORMAT=FILE, with one of {}", forms.join(", "));
    let (form, path) = text.split_once('=').filter(|(_, path)| !path.is_empty()).ok_or_else(help)?;
    F::from_str(form, false).map(|form| (form, PathBuf::from(path))).map_err(|_| help())
}

/// Files opened before the first rollout, so that a folder that cannot be written to fails at once.
pub struct Review<'a> {
    args: &'a ReviewArgs,
    targets: Targets,
    /// The summary page of the running workflow, with its name.
    page: Option<(PathBuf, File)>,
}

impl<'a> Review<'a> {
    /// Opens the files.
    ///
    /// # Errors
    /// When one cannot be written.
    pub fn open(args: &'a ReviewArgs) -> Result<Self, CliError> {
        let paths = args.reports.iter().map(|(_, path)| path.clone()).collect();
        let targets = Targets::open(paths)?;
        let page = if args.format == ReviewFormat::Github { summary_page()? } else { None };
        Ok(Self { args, targets, page })
    }

    /// Writes and prints everything; says how a gate ends.
    ///
    /// # Errors
    /// When something cannot be written.
    pub fn publish(self, compared: &Compared, options: &Options, io: &mut Io) -> Result<Exit, CliError> {
        let Self { args, targets, page } = self;
        let allow_inconclusive = args.allow_inconclusive;
        let options = Options { allow_inconclusive, ..*options };
        let width = io.width;
        let report = |format, color| report(compared, format, &options, &Terminal { color, width });
        let contents: Vec<Vec<u8>> = args.reports.iter().map(|(format, _)| report(*format, false)).collect();
        let printed = report(args.format, io.stdout_color());
        targets.commit(&contents)?;
        for (_, path) in &args.reports {
            io.talk(format_args!("wrote {}", path.display()));
        }
        if let Some((path, mut page)) = page {
            let written = page.write_all(github::step_summary(compared, &options).as_bytes());
            written.map_err(|error| unwritable(&path, &error))?;
        }
        io.data(printed)?;
        if !io.stdout_is_terminal && compared.verdict == Verdict::Fail {
            io.say("error", words::verdict(compared, &options));
        }
        Ok(match compared.verdict {
            Verdict::Pass => Exit::Ok,
            Verdict::Fail => Exit::Failed,
            Verdict::Inconclusive if allow_inconclusive => Exit::Ok,
            Verdict::Inconclusive => Exit::Inconclusive,
        })
    }
}

/// A comparison in one form.
fn report(compared: &Compared, format: ReviewFormat, options: &Options, terminal: &Terminal) -> Vec<u8> {
    match format {
        ReviewFormat::Text => text::report(compared, options, terminal).into_bytes(),
        ReviewFormat::Markdown => markdown::comment(compared, options).into_bytes(),
        ReviewFormat::Github => github::annotations(compared, options).into_bytes(),
        ReviewFormat::Junit => junit::document(compared, options).into_bytes(),
        ReviewFormat::Json => json::pretty(compared),
        ReviewFormat::Html => page::comparison(compared, options).html.into_bytes(),
    }
}

/// The summary page of the running workflow, to append to, if there is one.
fn summary_page() -> Result<Option<(PathBuf, File)>, CliError> {
    let Some(path) = std::env::var_os(STEP_SUMMARY).filter(|path| !path.is_empty()).map(PathBuf::from) else {
        return Ok(None);
    };
    let page = OpenOptions::new().append(true).create(true).open(&path);
    page.map(|page| Some((path.clone(), page))).map_err(|error| unwritable(&path, &error))
}

fn unwritable(path: &Path, error: &io::Error) -> CliError {
    CliError::at_path("append to", path, error).hint(format!("{STEP_SUMMARY} names this file"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_name_a_form_and_a_file() {
        assert_eq!(
            form_and_file::<ReviewFormat>("junit=a=b.xml"),
            Ok((ReviewFormat::Junit, PathBuf::from("a=b.xml")))
        );
        for text in ["junit", "junit=", "pdf=x", "=x", ""] {
            let message = form_and_file::<ReviewFormat>(text).expect_err(text);
            assert!(message.contains("text, markdown, github, junit, json"), "{message}");
        }
    }
}
