//! How strategies unfold: the plan of each before anything is simulated, and single rollouts told.

use super::parts;
use super::told::ToldTrial;
use crate::plan::Plan;
use crate::report::document::html;
use crate::report::html::{Html, commands, el, scrolling};
use crate::report::timeline::RolloutStory;
use crate::report::{Story, plan_view};
use crate::study::Summary;

/// Columns of a story, which has no diagram.
const WIDTH: usize = 120;

/// Who gets the change when, and what happens on an alarm: in words, for every strategy.
pub(super) fn plans(plan: &Plan) -> Html {
    let document = plan_view::document(plan);
    let words = el("summary").text("Every strategy in words: waves, bakes, gates, and what an alarm does");
    el("details").with(words).with(html::render(&document, 3)).into()
}

/// One trial: its picture, its story and its command. The first one is `open`.
pub(super) fn trial(plan: &Plan, summary: &Summary, told: &ToldTrial, open: bool) -> Html {
    let (outcome, records) = crate::replay(plan, told.strategy, told.trial);
    let story = RolloutStory::new(plan, told.strategy, told.trial, &outcome, &records);
    let picture = story.chart().renamed(told.figure() + "-picture");
    let name = &summary.strategies[told.strategy].name;
    let head = el("summary").with(el("strong").text(name)).text(&format!(", {}: {}", told.why, told.what));
    let words = el("details").with(el("summary").text("The same in words"));
    let words = words.with(html::render(&story.document(WIDTH), 4));
    let caption = format!("Trial {} of {name}, simulated again for this page.", told.trial);
    el("details")
        .id(&told.figure())
        .class("trial")
        .flag("open", open)
        .with(head)
        .with(parts::figure(&picture, &caption))
        .with(words)
        .with(commands(&[&told.replay]))
        .into()
}

/// Told trials as a table that leads to each.
pub(super) fn index(summary: &Summary, told: &[ToldTrial]) -> Html {
    let about = "Rollouts that are told on this page";
    let row = |one: &ToldTrial| {
        let link = el("a").attr("href", &format!("#{}", one.figure()));
        let link = link.text(&format!("{}, trial {}", summary.strategies[one.strategy].name, one.trial));
        el("tr")
            .with(el("th").attr("scope", "row").with(link))
            .with(el("td").class("words").text(&one.why))
            .with(el("td").class("words").text(&one.what))
            .with(el("td").class("words").with(el("code").text(&one.replay)))
    };
    let titles = ["rollout", "why", "what happened", "command"]
        .map(|t| el("th").attr("scope", "col").class("words").text(t));
    let head = el("thead").with(el("tr").all(titles));
    let table = el("table").with(el("caption").text(about)).with(head);
    scrolling(about, table.with(el("tbody").all(told.iter().map(row))))
}
