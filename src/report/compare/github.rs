//! A comparison in a GitHub workflow: annotations for the log, Markdown for the summary of the step.

use super::options::Options;
use super::{markdown, words};
use crate::diagnostic::github::{Annotation, AnnotationLevel, log};
use crate::plan;
use crate::report::limits;
use crate::study::compare::{Compared, Row};
use crate::study::threshold::ThresholdResult;
use crate::study::verdict::{MeasureChange, Verdict};

/// One annotation for each row and threshold that somebody should see, an error if it fails the gate,
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
    for row in words::worst_first(&compared.rows) {
        all.extend(of_row(row, compared, options));
    }
    for result in &compared.thresholds {
        all.extend(of_threshold(result, compared.trials, options));
    }
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

fn open(options: &Options) -> AnnotationLevel {
    if options.allow_inconclusive { AnnotationLevel::Warning } else { AnnotationLevel::Error }
}

fn of_row(row: &Row, compared: &Compared, options: &Options) -> Option<Annotation> {
    let level = match row.change {
        MeasureChange::Regressed => AnnotationLevel::Error,
        MeasureChange::Inconclusive => open(options),
        MeasureChange::NoChange | MeasureChange::Improved | MeasureChange::WithinTolerance => return None,
    };
    let mut lines = vec![words::sentence(row)];
    lines.extend(
        row.most_worse_trial
            .into_iter()
            .flat_map(|trial| words::commands(compared, options, &row.strategy, trial)),
    );
    Some(annotation(level, format!("{} {}", row.strategy, row.change.word()), lines.join("\n")))
}

fn of_threshold(result: &ThresholdResult, trials: u64, options: &Options) -> Option<Annotation> {
    let (level, word) = match (result.verdict, result.level) {
        (Verdict::Pass, _) => return None,
        (Verdict::Fail, plan::Level::Error) => (AnnotationLevel::Error, "broken"),
        (Verdict::Fail, plan::Level::Warn) => (AnnotationLevel::Warning, "broken"),
        (Verdict::Inconclusive, plan::Level::Error) => (open(options), "inconclusive"),
        (Verdict::Inconclusive, plan::Level::Warn) => (AnnotationLevel::Warning, "inconclusive"),
    };
    let title = format!("{} threshold {word}", result.strategy);
    Some(annotation(level, title, limits::sentence(result, trials)))
}
