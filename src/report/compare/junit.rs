//! A comparison as a JUnit report, which CI services show without being asked: a suite for each strategy,
//! a case for each row and threshold.
//!
//! No times: nothing here was measured with a clock, and equal inputs give equal bytes.

use super::options::Options;
use super::words;
use crate::plan::Level;
use crate::report::limits;
use crate::study::compare::{Compared, Row};
use crate::study::threshold::ThresholdResult;
use crate::study::verdict::{MeasureChange, Verdict};

/// The comparison as XML.
#[must_use]
pub fn document(compared: &Compared, options: &Options) -> String {
    let suites: Vec<(&str, Vec<Case>)> =
        strategies(compared).into_iter().map(|name| (name, cases(name, compared, options))).collect();
    let counts = counts(suites.iter().flat_map(|(_, cases)| cases));
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str(&format!("<testsuites name=\"wavetank\" {counts}>\n"));
    for (name, cases) in &suites {
        let attributes = format!("name=\"{}\" {}", escape(name), self::counts(cases.iter()));
        out.push_str(&format!("  <testsuite {attributes}>\n"));
        out.push_str(&properties(compared));
        let class = escape(&format!("{}.{name}", compared.candidate.scenario));
        cases.iter().for_each(|case| out.push_str(&case.xml(&class)));
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// Strategies in the order in which they are first judged.
fn strategies(compared: &Compared) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    let rows = compared.rows.iter().map(|row| row.strategy.as_str());
    let limits = compared.thresholds.iter().map(|result| result.strategy.as_str());
    let gone = compared.unguarded_strategies.iter().map(String::as_str);
    for name in rows.chain(limits).chain(gone) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn cases(strategy: &str, compared: &Compared, options: &Options) -> Vec<Case> {
    let rows = compared.rows.iter().filter(|row| row.strategy == strategy);
    let thresholds = compared.thresholds.iter().filter(|result| result.strategy == strategy);
    rows.map(|row| of_row(row, compared, options))
        .chain(thresholds.map(|result| of_threshold(result, compared.trials, options)))
        .chain(compared.unguarded_strategies.iter().filter(|gone| *gone == strategy).map(of_gone))
        .collect()
}

/// A judgement as test runners know them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CaseEnding {
    Passed,
    Failed(&'static str),
    Skipped,
}

struct Case {
    name: String,
    ending: CaseEnding,
    /// What was found, in one line.
    message: String,
    /// Commands that show it.
    commands: Vec<String>,
}

impl Case {
    fn xml(&self, class: &str) -> String {
        let open =
            format!("    <testcase classname=\"{class}\" name=\"{}\" time=\"0\">\n", escape(&self.name));
        let message = escape(&self.message);
        let inside = match self.ending {
            CaseEnding::Passed => format!("<system-out>{message}</system-out>"),
            CaseEnding::Skipped => format!("<skipped message=\"{message}\"/>"),
            CaseEnding::Failed(kind) => {
                let body: Vec<String> =
                    std::iter::once(&self.message).chain(&self.commands).cloned().collect();
                // Text, where lines may be lines.
                let body: Vec<String> = body.iter().map(|line| escape(line)).collect();
                format!("<failure type=\"{kind}\" message=\"{message}\">{}</failure>", body.join("\n"))
            }
        };
        format!("{open}      {inside}\n    </testcase>\n")
    }
}

fn open(options: &Options) -> CaseEnding {
    if options.allow_inconclusive { CaseEnding::Skipped } else { CaseEnding::Failed("inconclusive") }
}

/// A strategy that a guard names and the candidate lacks.
fn of_gone(strategy: &String) -> Case {
    Case {
        name: "guarded strategy".to_owned(),
        ending: CaseEnding::Failed("gone"),
        message: words::gone(std::slice::from_ref(strategy)),
        commands: Vec::new(),
    }
}

fn of_row(row: &Row, compared: &Compared, options: &Options) -> Case {
    let ending = match row.change {
        MeasureChange::Regressed => CaseEnding::Failed("regressed"),
        MeasureChange::Inconclusive => open(options),
        MeasureChange::NoChange | MeasureChange::Improved | MeasureChange::WithinTolerance => {
            CaseEnding::Passed
        }
    };
    let trial = row.most_worse_trial.into_iter();
    Case {
        name: words::measure(row),
        ending,
        message: words::sentence(row),
        commands: trial.flat_map(|trial| words::commands(compared, options, &row.strategy, trial)).collect(),
    }
}

/// A threshold of level warn fails nothing; its sentence says what is wrong.
fn of_threshold(result: &ThresholdResult, trials: u64, options: &Options) -> Case {
    let ending = match (result.verdict, result.level) {
        (Verdict::Fail, Level::Error) => CaseEnding::Failed("threshold"),
        (Verdict::Inconclusive, Level::Error) => open(options),
        (Verdict::Inconclusive, Level::Warn) => CaseEnding::Skipped,
        (Verdict::Pass, _) | (Verdict::Fail, Level::Warn) => CaseEnding::Passed,
    };
    // The limit tells two thresholds on one statistic apart.
    let name =
        format!("threshold: {} of {} {}", result.statistic.name(), result.metric, limits::allowed(result));
    Case { name, ending, message: limits::sentence(result, trials), commands: Vec::new() }
}

fn counts<'c>(cases: impl Iterator<Item = &'c Case>) -> String {
    let (mut tests, mut failures, mut skipped) = (0, 0, 0);
    for case in cases {
        tests += 1;
        match case.ending {
            CaseEnding::Passed => {}
            CaseEnding::Failed(_) => failures += 1,
            CaseEnding::Skipped => skipped += 1,
        }
    }
    format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\" time=\"0\"")
}

/// Where the numbers come from. Suites have properties and the whole has none, in every dialect.
fn properties(compared: &Compared) -> String {
    let (baseline, candidate) = (&compared.baseline, &compared.candidate);
    let facts = [
        ("baseline_source", baseline.source.clone()),
        ("baseline_plan_digest", baseline.plan_digest.clone()),
        ("baseline_seed", baseline.seed.to_string()),
        ("candidate_source", candidate.source.clone()),
        ("candidate_plan_digest", candidate.plan_digest.clone()),
        ("candidate_seed", candidate.seed.to_string()),
        ("trials", compared.trials.to_string()),
        ("estimator", compared.estimator.to_owned()),
        ("confidence", compared.confidence.to_string()),
        ("model_version", compared.model_version.to_string()),
        ("tool_version", compared.tool_version.to_owned()),
    ];
    let lines: String = facts
        .iter()
        .map(|(name, value)| format!("      <property name=\"{name}\" value=\"{}\"/>\n", escape(value)))
        .collect();
    format!("    <properties>\n{lines}    </properties>\n")
}

/// Text for attributes and elements. What XML 1.0 cannot say at all is left out; line breaks and tabs
/// are written as references, because a parser turns them into blanks in an attribute.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\t' | '\n' | '\r' => out.push_str(&format!("&#{};", u32::from(letter))),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            _ => out.push(letter),
        }
    }
    out
}
