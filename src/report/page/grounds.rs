//! What an answer stands on: limits and precision that were asked for, claims, warnings that are accepted, what is assumed,
//! and what is not modelled.

use super::parts;
use crate::diagnostic::Diagnostic;
use crate::plan::claim::Piece;
use crate::plan::defect::DefectClock;
use crate::plan::{Claims, Plan};
use crate::report::command::GivenScenario;
use crate::report::document::{Block, DataTable, html};
use crate::report::html::{Html, commands, el, paragraph, scrolling};
use crate::report::plan_view::time;
use crate::report::text;

/// What docs/model.md says is left out, a line for each of its items; a test holds them together.
const NOT_MODELLED: [(&str, &str); 13] = [
    (
        "Load",
        "A region's hosts share its load evenly at once; refused requests are not retried, and nothing collapses.",
    ),
    (
        "Calendars",
        "A single rollout knows no weekends, holidays or freezes: that flatters the speed of long strategies.",
    ),
    ("Other symptoms", "Nothing saturates slowly, and no change has two defects."),
    ("Conditions", "Those of one defect must all hold, and a relapse does not look at them anew."),
    (
        "People",
        "They try the remedies that are written down, in that order; nobody watches without an alarm.",
    ),
    ("Alarms", "The first alarm that is heard decides; datapoints are single, baselines cost nothing."),
    (
        "Noise that hangs together",
        "Background errors are independent; real ones come in bursts, so real false alarms are more frequent.",
    ),
    (
        "Many changes",
        "One change at a time; queues, batches and the stages before production are in the pipeline.",
    ),
    ("Customers", "All customers of a region are alike and belong to it alone."),
    (
        "Ramps",
        "Risk is weighed by requests of the whole service, and no autoscaler sees hosts that are missing.",
    ),
    (
        "Gates",
        "Each interval of an analysis is judged by its own datapoints; alarms of one check are independent.",
    ),
    (
        "Failing hosts",
        "They are in service with the old version before and after, and given up in the usual time.",
    ),
    ("Stragglers", "When several of a batch are waited for, one draw says how long."),
];

/// Limits, precision, claims and accepted warnings, each under its heading.
pub(super) fn hinges(
    (limits, precisions): (Vec<Block>, Vec<Block>),
    claims: Option<&Claims>,
    allowed: &[Diagnostic],
    file: GivenScenario,
) -> Html {
    let parts = [Block::section("Limits", limits), Block::section("Precision", precisions)];
    let mut body = html::blocks(&parts, 3, "");
    if let Some(claims) = claims.filter(|claims| !claims.list.is_empty()) {
        body.push(el("h3").text("Claims"));
        body.push(paragraph(
            "What the scenario is to show. Judged, with numbers in place of their names, by",
        ));
        body.push(commands(&[file.command("claim")]));
        let sentence =
            |claim: &crate::plan::claim::Claim| -> String { claim.sentence.iter().map(piece).collect() };
        body.push(parts::list(&claims.list.iter().map(sentence).collect::<Vec<String>>()));
    }
    if !allowed.is_empty() {
        body.push(el("h3").text("Warnings that are accepted"));
        let item = |found: &Diagnostic| {
            let reason = found.allowed.as_deref().unwrap_or_default();
            format!("{}: {}. Accepted: {reason}", found.rule.id, found.message)
        };
        body.push(parts::list(&allowed.iter().map(item).collect::<Vec<String>>()));
    }
    if body.is_empty() {
        body = paragraph(
            "The scenario sets no limit, expects no published number and accepts no warning: the answer rests on the \
             assumptions below alone. A [[threshold]] makes a limit of what must hold.",
        );
    }
    body
}

fn piece(piece: &Piece) -> String {
    match piece {
        Piece::Words(words) => words.clone(),
        Piece::Number(_, figure) => format!("<{}>", figure.word()),
    }
}

/// What the scenario assumes, and what the model leaves out.
pub(super) fn assumed(plan: &Plan) -> Html {
    let mut body = parts::list(&of_scenario(plan));
    if !plan.change.defects.is_empty() {
        let about = "What a bad change may carry";
        body.push(scrolling(about, html::table(&defects(plan), about)));
    }
    body.push(el("h3").text("Not modelled"));
    body.push(paragraph("Most omissions flatter some strategy. docs/model.md says more of each."));
    let item =
        |(what, words): &(&str, &str)| el("li").with(el("strong").text(what)).text(&format!(": {words}"));
    body.push(el("ul").all(NOT_MODELLED.iter().map(item)));
    body
}

fn of_scenario(plan: &Plan) -> Vec<String> {
    let mut lines = vec![format!(
        "The fleet {}: {} in {} of {}.",
        plan.fleet.name,
        text::counted(plan.fleet.hosts(), "host"),
        text::counted(plan.fleet.zones.len() as u64, "zone"),
        text::counted(plan.fleet.regions.len() as u64, "region"),
    )];
    lines.push(match plan.fleet.requests_per_second() {
        0.0 => "No traffic is given, so harm is counted in hosts and minutes.".to_owned(),
        requests => format!(
            "It serves {} requests a second on average, and {} of them fail without any defect.",
            text::compact(requests),
            text::percent(plan.fleet.background_error_ratio)
        ),
    });
    lines.push(format!(
        "{} of changes are bad: that is what gets past review and tests.",
        text::percent(plan.change.bad_probability)
    ));
    lines.push(format!(
        "After a rollout that no alarm stopped, a defect is watched doing harm for {}.",
        text::duration(plan.study.observe_after_ms as f64)
    ));
    let sourced = plan.strategies.iter().filter(|strategy| !strategy.source.is_empty());
    lines.extend(sourced.map(|strategy| format!("{}, from: {}", strategy.name, strategy.source)));
    lines
}

fn defects(plan: &Plan) -> DataTable {
    let mut table = DataTable::new("defect").numbers(["of bad changes", "failing requests"]);
    table = table.column("shows itself", crate::report::document::Align::Left);
    for defect in plan.change.defects.iter() {
        let shows = match defect.clock {
            DefectClock::Host => {
                format!("on each host by itself, {} after it got the change", time(&defect.onset))
            }
            DefectClock::Change => {
                format!("everywhere at once, {} after the first host", time(&defect.onset))
            }
            DefectClock::Requests => "on a host, by one of its requests".to_owned(),
        };
        table.row([
            defect.name.clone(),
            text::percent(defect.probability),
            text::percent(defect.symptom.error_ratio),
            shows,
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_what_the_documentation_says() {
        let model = include_str!("../../../docs/model.md");
        let section = model.split("## What is not modelled yet").nth(1).expect("the section");
        let items: Vec<&str> = section
            .lines()
            .filter_map(|line| line.strip_prefix("- **")?.split(".**").next())
            .filter(|what| *what != "Daylight saving")
            .collect();
        assert_eq!(items, NOT_MODELLED.map(|(what, _)| what));
    }
}
