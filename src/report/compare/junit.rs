//! A comparison as a JUnit report, which CI services show without being asked: a suite for each strategy,
//! a case for each finding.
//!
//! No times: nothing here was measured with a clock, and equal inputs give equal bytes.

use super::findings::{Finding, FindingEnding};
use super::options::Options;
use crate::outlet::xml;
use crate::study::compare::Compared;

/// The comparison as XML.
#[must_use]
pub fn document(compared: &Compared, options: &Options) -> String {
    let rows = compared.rows.iter().map(|row| Finding::of_row(row, compared, options));
    let limits = compared.thresholds.iter();
    let limits = limits.map(|result| Finding::of_threshold(result, compared.trials, options));
    let gone = compared.unguarded_strategies.iter().map(|name| Finding::of_gone(name, options));
    let all: Vec<Finding> = rows.chain(limits).chain(gone).collect();
    suites(&all, &compared.candidate.scenario, &facts(compared))
}

/// Findings about a scenario as XML, with `facts` as the properties of every suite.
pub(super) fn suites(all: &[Finding], scenario: &str, facts: &[Fact]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str(&format!("<testsuites name=\"wavetank\" {}>\n", counts(all.iter())));
    // In the order in which strategies are first judged.
    let mut names: Vec<&str> = Vec::new();
    for finding in all {
        if names.contains(&finding.strategy.as_str()) {
            continue;
        }
        names.push(&finding.strategy);
        let own = || all.iter().filter(|other| other.strategy == finding.strategy);
        let name = xml(&finding.strategy);
        out.push_str(&format!("  <testsuite name=\"{name}\" {}>\n", counts(own())));
        out.push_str(&properties(facts));
        let class = xml(&format!("{scenario}.{}", finding.strategy));
        own().for_each(|finding| out.push_str(&case(finding, &class)));
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// A finding as test runners know it. A warning is no failure of theirs.
fn case(finding: &Finding, class: &str) -> String {
    let message = xml(&finding.message);
    let inside = match finding.ending {
        FindingEnding::Passed | FindingEnding::Warned => format!("<system-out>{message}</system-out>"),
        FindingEnding::Doubtful => format!("<skipped message=\"{message}\"/>"),
        FindingEnding::Failed(kind) => {
            // Text, where lines may be lines.
            let body = std::iter::once(&finding.message).chain(&finding.commands).map(|line| xml(line));
            let body = body.collect::<Vec<String>>().join("\n");
            format!("<failure type=\"{kind}\" message=\"{message}\">{body}</failure>")
        }
    };
    let name = xml(&finding.name);
    format!(
        "    <testcase classname=\"{class}\" name=\"{name}\" time=\"0\">\n      {inside}\n    </testcase>\n"
    )
}

fn counts<'f>(findings: impl Iterator<Item = &'f Finding>) -> String {
    let (mut tests, mut failures, mut skipped) = (0, 0, 0);
    for finding in findings {
        tests += 1;
        match finding.ending {
            FindingEnding::Passed | FindingEnding::Warned => {}
            FindingEnding::Doubtful => skipped += 1,
            FindingEnding::Failed(_) => failures += 1,
        }
    }
    format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\" time=\"0\"")
}

/// Where the numbers come from.
fn facts(compared: &Compared) -> Vec<Fact> {
    let (baseline, candidate) = (&compared.baseline, &compared.candidate);
    let mut facts = vec![
        ("baseline_source", baseline.source.clone()),
        ("baseline_plan_digest", baseline.plan_digest.clone()),
        ("baseline_seed", baseline.seed.to_string()),
        ("candidate_source", candidate.source.clone()),
        ("candidate_plan_digest", candidate.plan_digest.clone()),
        ("candidate_seed", candidate.seed.to_string()),
    ];
    let Compared { trials, estimator, confidence, model_version, tool_version, .. } = *compared;
    facts.extend(simulated(trials, estimator, confidence, (model_version, tool_version)));
    facts
}

/// A property of a suite: its name and value.
pub(super) type Fact = (&'static str, String);

/// How trials were simulated, and by which model and tool.
pub(super) fn simulated(
    trials: u64,
    estimator: &str,
    confidence: f64,
    (model_version, tool_version): (u32, &str),
) -> [Fact; 5] {
    [
        ("trials", trials.to_string()),
        ("estimator", estimator.to_owned()),
        ("confidence", confidence.to_string()),
        ("model_version", model_version.to_string()),
        ("tool_version", tool_version.to_owned()),
    ]
}

/// Suites have properties and the whole has none, in every dialect.
fn properties(facts: &[Fact]) -> String {
    let lines: String = facts
        .iter()
        .map(|(name, value)| format!("      <property name=\"{name}\" value=\"{}\"/>\n", xml(value)))
        .collect();
    format!("    <properties>\n{lines}    </properties>\n")
}
