//! What pages are put together from: sections with anchors, figures with captions, and how figures are made again.

use crate::report::chart::Picture;
use crate::report::html::{Html, el, scrolling};

/// A part of a page that the contents name.
#[derive(Debug)]
pub(super) struct PageSection {
    id: &'static str,
    heading: &'static str,
    body: Html,
}

impl PageSection {
    /// A part with its anchor. Without a body it is left out, of the contents too.
    pub fn new(id: &'static str, heading: &'static str, body: Html) -> Self {
        Self { id, heading, body }
    }
}

/// All that is seen of a page.
pub(super) fn body(title: &str, lede: &str, sections: &[PageSection], provenance: &str) -> String {
    let shown: Vec<&PageSection> = sections.iter().filter(|section| !section.body.is_empty()).collect();
    let link = |section: &&PageSection| {
        el("li").with(el("a").attr("href", &format!("#{}", section.id)).text(section.heading))
    };
    let part = |section: &&PageSection| {
        let heading = format!("{}-heading", section.id);
        let part = el("section").id(section.id).attr("aria-labelledby", &heading);
        part.with(el("h2").id(&heading).text(section.heading)).with(section.body.clone())
    };
    let skip = el("a").class("skip").attr("href", "#main").text("Skip to the report");
    let header = el("header").class("page").with(el("h1").text(title)).with(el("p").class("lede").text(lede));
    let contents = el("nav").class("contents").attr("aria-label", "Contents");
    let contents = contents.with(el("ol").all(shown.iter().map(link)));
    let main = el("main").id("main").all(shown.iter().map(part));
    let footer = el("footer").class("page").with(el("p").text(provenance));
    let all = Html::from(skip).then(header).then(contents).then(main).then(footer);
    all.to_string()
}

/// A picture with what it says. Its id becomes `figure-ID`.
pub(super) fn figure(picture: &Picture, caption: &str) -> Html {
    let id = format!("figure-{}", picture.id());
    el("figure").id(&id).with(Html::picture(picture)).with(el("figcaption").text(caption)).into()
}

/// Sentences, one an item.
pub(super) fn list<S: AsRef<str>>(items: &[S]) -> Html {
    el("ul").all(items.iter().map(|item| el("li").text(item.as_ref()))).into()
}

/// Terms and what they stand for.
pub(super) fn facts(facts: &[(&str, String)]) -> Html {
    let one = |(term, words): &(&str, String)| Html::from(el("dt").text(term)).then(el("dd").text(words));
    el("dl").class("facts").all(facts.iter().map(one)).into()
}

/// A table of figures (anchor, words, command), what all of them rest on, and the command that makes the page.
pub(super) fn reproduced(
    figures: &[(String, String, String)],
    all_rest_on: &[(&str, String)],
    page: &str,
) -> Html {
    let row = |(anchor, words, command): &(String, String, String)| {
        let link = el("a").attr("href", &format!("#{anchor}")).text(words);
        el("tr")
            .with(el("th").attr("scope", "row").with(link))
            .with(el("td").class("words").with(el("code").text(command)))
    };
    let title = |words: &str| el("th").attr("scope", "col").class("words").text(words);
    let head = el("thead").with(el("tr").with(title("what")).with(title("command")));
    let about = "Figures and the commands that make them again";
    let body = el("tbody").all(figures.iter().map(row));
    let table = el("table").with(el("caption").text(about)).with(head).with(body);
    let words = "The same scenario, seed and model version give the same bytes on any machine and any number of threads.";
    Html::from(el("p").text(words))
        .then(facts(all_rest_on))
        .then(scrolling(about, table))
        .then(el("p").text("This page:"))
        .then(crate::report::html::commands(&[page]))
}
