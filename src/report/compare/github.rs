//! A comparison in a GitHub workflow: annotations for the log, Markdown for the summary of the step.

use super::findings::{Finding, FindingEnding};
use super::options::Options;
use super::{markdown, words};
use crate::diagnostic::github::{Annotation, AnnotationLevel, log};
use crate::study::compare::Compared;
use crate::study::verdict::Verdict;

/// One annotation for each finding that somebody should see, an error if it fails the gate,
/// and one for the verdict; more than ten of a level are counted in the tenth.
#[must_use]
pub fn annotations(compared: &Compared, options: &Options) -> String {
    let verdict_level = match compared.verdict {
        Verdict::Pass => AnnotationLevel::Notice,
        Verdict::Inconclusive if options.allow_inconclusive => AnnotationLevel::Warning,
        Verdict::Fail | Verdict::Inconclusive => AnnotationLevel::Error,
    };
    let title = words::gate(compared, "rollout", "pipeline");
    let mut all = vec![annotation(verdict_level, title, words::verdict(compared, options))];
    if let Some(note) = words::not_compared(compared).filter(|_| !compared.removed_strategies.is_empty()) {
        all.push(annotation(AnnotationLevel::Warning, "strategies not compared".to_owned(), note));
    }
    let rows = words::worst_first(&compared.rows).into_iter();
    let limits = compared.thresholds.iter();
    let limits = limits.map(|result| Finding::of_threshold(result, compared.trials, options));
    all.extend(
        rows.map(|row| Finding::of_row(row, compared, options)).chain(limits).filter_map(annotation_of),
    );
    log(&all, "the report has them all")
}

/// The comparison as Markdown for the summary of a step: less than 60,000 bytes, of the 1 MiB it may have.
#[must_use]
pub fn step_summary(compared: &Compared, options: &Options) -> String {
    markdown::comment(compared, options)
}

fn annotation(level: AnnotationLevel, title: String, message: String) -> Annotation {
    Annotation { level, properties: vec![("title", title)], message }
}

fn annotation_of(finding: Finding) -> Option<Annotation> {
    let level = match finding.ending {
        FindingEnding::Passed => return None,
        FindingEnding::Warned | FindingEnding::Doubtful => AnnotationLevel::Warning,
        FindingEnding::Failed(_) => AnnotationLevel::Error,
    };
    let lines: Vec<String> = std::iter::once(finding.message).chain(finding.commands).collect();
    Some(annotation(level, finding.title, lines.join("\n")))
}
