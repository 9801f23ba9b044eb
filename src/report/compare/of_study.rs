//! A study for the places where people review: a comment, annotations of a workflow, test results. Its findings are its
//! limits; what is compared with something accepted is a gate's.

use super::findings::Finding;
use super::options::Options;
use super::{github, junit};
use crate::diagnostic::github::{Annotation, AnnotationLevel, log};
use crate::diagnostic::portable;
use crate::plan::{Level, Plan};
use crate::report::command::GivenScenario;
use crate::report::document::{self, Block, Document};
use crate::report::{limits, terminal, verdict};
use crate::study::Summary;

/// The study as Markdown: the verdict and the limits first, the whole report folded away.
#[must_use]
pub fn markdown(plan: &Plan, summary: &Summary, file: GivenScenario) -> String {
    let mut report = Document::default();
    report.push(Block::Title(title(summary).into()));
    report.push(Block::Paragraph(verdict::headline(plan, summary).into()));
    report.section("Thresholds", limits::blocks(&summary.thresholds, summary.trials));
    report.section(terminal::COMPARISON, vec![Block::Table(terminal::comparison(summary))]);
    let whole = terminal::document(plan, summary, true, file).blocks;
    report.push(Block::Details(vec![Block::section("the whole report", whole)]));
    document::markdown(&report)
}

/// An annotation for the verdict, an error if a limit is broken, and one for each limit that is not held, at the scenario.
#[must_use]
pub fn annotations(plan: &Plan, summary: &Summary, file: GivenScenario) -> String {
    let level = if summary.breaks(Level::Error) { AnnotationLevel::Error } else { AnnotationLevel::Notice };
    let properties = vec![("file", portable(file.file)), ("title", title(summary))];
    let mut all = vec![Annotation { level, properties, message: verdict::headline(plan, summary) }];
    let options = Options { candidate_file: Some(file), ..Options::default() };
    all.extend(findings(summary, &options).into_iter().filter_map(github::annotation_of));
    log(&all, "the report has them all")
}

/// A suite for each strategy with limits, a case for each limit.
#[must_use]
pub fn junit(summary: &Summary) -> String {
    let mut facts = vec![("plan_digest", summary.plan_digest.clone()), ("seed", summary.seed.to_string())];
    let Summary { trials, estimator, confidence, model_version, .. } = *summary;
    let version = (model_version, &*summary.tool_version);
    facts.extend(junit::simulated(trials, estimator.name(), confidence, version));
    junit::suites(&findings(summary, &Options::default()), &summary.scenario, &facts)
}

/// Every limit. One that the trials do not decide fails no study.
fn findings(summary: &Summary, options: &Options) -> Vec<Finding> {
    let options = Options { allow_inconclusive: true, ..*options };
    let limits = summary.thresholds.iter();
    limits.map(|result| Finding::of_threshold(result, summary.trials, &options)).collect()
}

fn title(summary: &Summary) -> String {
    let ending = if summary.thresholds.is_empty() {
        ""
    } else if summary.breaks(Level::Error) {
        ": a limit is broken"
    } else {
        ": no limit is broken"
    };
    format!("Rollout study of {}{ending}", summary.scenario)
}
