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
    let accept = options.accept.filter(|_| compared.verdict != Verdict::Pass);
    let accept = accept.map(|command| format!("to accept: {command}"));
    let held = words::held(compared).into_iter().map(str::to_owned);
    let verdict = std::iter::once(words::verdict(compared, options)).chain(held).chain(accept);
    let place = options.place("");
    let mut all = vec![annotation(verdict_level, title, verdict.collect(), place.clone())];
    all.extend(options.warnings.iter().map(|warning| {
        annotation(AnnotationLevel::Warning, "new warning".to_owned(), vec![warning.clone()], place.clone())
    }));
    if let Some(note) = words::not_compared(compared).filter(|_| !compared.removed_strategies.is_empty()) {
        all.push(annotation(
            AnnotationLevel::Warning,
            "strategies not compared".to_owned(),
            vec![note],
            place,
        ));
    }
    let rows = words::worst_first(&compared.rows).into_iter();
    let limits = compared.thresholds.iter();
    let limits = limits.map(|result| Finding::of_threshold(result, compared.trials, options));
    let gone = compared.unguarded_strategies.iter().map(|name| Finding::of_gone(name, options));
    let rows = rows.map(|row| Finding::of_row(row, compared, options));
    all.extend(gone.chain(rows).chain(limits).filter_map(annotation_of));
    log(&all, "the report has them all")
}

/// The comparison as Markdown for the summary of a step: less than 60,000 bytes, of the 1 MiB it may have.
#[must_use]
pub fn step_summary(compared: &Compared, options: &Options) -> String {
    markdown::comment(compared, options)
}

fn annotation(
    level: AnnotationLevel,
    title: String,
    lines: Vec<String>,
    place: Vec<(&'static str, String)>,
) -> Annotation {
    let properties = place.into_iter().chain([("title", title)]).collect();
    Annotation { level, properties, message: lines.join("\n") }
}

/// What is worth an annotation of a finding; nothing where nothing is wrong.
pub(super) fn annotation_of(finding: Finding) -> Option<Annotation> {
    let level = match finding.ending {
        FindingEnding::Passed => return None,
        FindingEnding::Warned | FindingEnding::Doubtful => AnnotationLevel::Warning,
        FindingEnding::Failed(_) => AnnotationLevel::Error,
    };
    let lines = std::iter::once(finding.message).chain(finding.commands).collect();
    Some(annotation(level, finding.title, lines, finding.place))
}
