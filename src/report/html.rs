//! A small writer of HTML: what is given as words is words, whatever is in it, and what is markup was made here or is a
//! picture.
//!
//! It knows elements and attributes and nothing of reports. It writes no style attribute, no handler and no address: the
//! content policy of a page would not let them act.

use std::fmt;

/// Elements that stand on lines of their own, so that a reader of the source finds their way.
const ON_OWN_LINES: [&str; 28] = [
    "section",
    "h1",
    "h2",
    "h3",
    "h4",
    "p",
    "ul",
    "ol",
    "li",
    "table",
    "caption",
    "thead",
    "tbody",
    "tr",
    "figure",
    "figcaption",
    "details",
    "summary",
    "div",
    "nav",
    "main",
    "header",
    "footer",
    "pre",
    "dl",
    "dt",
    "dd",
    "noscript",
];

/// Markup that is complete: every element in it ends in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Html(String);

impl Html {
    /// Words.
    #[must_use]
    pub fn text(words: &str) -> Self {
        Self(crate::outlet::html(words))
    }

    /// Words of which a newline begins another line.
    #[must_use]
    pub fn lines(words: &str) -> Self {
        let lines: Vec<String> = words.split('\n').map(|line| crate::outlet::html(line.trim_end())).collect();
        Self(lines.join("<br>"))
    }

    /// A picture, as a part of the page.
    #[cfg(feature = "charts")]
    #[must_use]
    pub fn picture(picture: &super::chart::Picture) -> Self {
        Self(picture.inline())
    }

    /// Adds what comes after it.
    pub fn push(&mut self, more: impl Into<Self>) {
        self.0.push_str(&more.into().0);
    }

    /// The same with what comes after it.
    #[must_use]
    pub fn then(mut self, more: impl Into<Self>) -> Self {
        self.push(more);
        self
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Its bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromIterator<Html> for Html {
    fn from_iter<I: IntoIterator<Item = Html>>(parts: I) -> Self {
        Self(parts.into_iter().map(|part| part.0).collect())
    }
}

impl From<Element> for Html {
    fn from(element: Element) -> Self {
        let Element { name, attributes, content } = element;
        let end = if ON_OWN_LINES.contains(&name) { "\n" } else { "" };
        Self(format!("<{name}{attributes}>{content}</{name}>{end}"))
    }
}

/// An element that has an end, under construction.
#[derive(Debug, Clone)]
pub struct Element {
    name: &'static str,
    attributes: String,
    content: String,
}

/// An element without attributes and content.
#[must_use]
pub fn el(name: &'static str) -> Element {
    Element { name, attributes: String::new(), content: String::new() }
}

impl Element {
    /// With an attribute.
    ///
    /// # Panics
    /// If the attribute would act: a style, a handler or an address.
    #[must_use]
    pub fn attr(mut self, name: &str, value: &str) -> Self {
        let acts = name.starts_with("on") || matches!(name, "style" | "src" | "srcdoc" | "action");
        let is_address = name == "href" && !value.starts_with('#');
        assert!(!acts && !is_address, "invariant: nothing in a page acts or leads out of it: {name}");
        self.attributes.push_str(&format!(" {name}=\"{}\"", crate::outlet::html(value)));
        self
    }

    /// With an attribute that is there or not, such as `open`.
    #[must_use]
    pub fn flag(mut self, name: &'static str, is_set: bool) -> Self {
        if is_set {
            self.attributes.push_str(&format!(" {name}"));
        }
        self
    }

    /// With an id.
    #[must_use]
    pub fn id(self, id: &str) -> Self {
        self.attr("id", id)
    }

    /// With a class; none if it is empty.
    #[must_use]
    pub fn class(self, class: &str) -> Self {
        if class.is_empty() { self } else { self.attr("class", class) }
    }

    /// With words in it.
    #[must_use]
    pub fn text(self, words: &str) -> Self {
        self.with(Html::text(words))
    }

    /// With markup in it.
    #[must_use]
    pub fn with(mut self, inner: impl Into<Html>) -> Self {
        self.content.push_str(&inner.into().0);
        self
    }

    /// With several parts in it.
    #[must_use]
    pub fn all<T: Into<Html>>(self, parts: impl IntoIterator<Item = T>) -> Self {
        parts.into_iter().fold(self, Self::with)
    }
}

/// A paragraph.
#[must_use]
pub fn paragraph(words: &str) -> Html {
    el("p").text(words).into()
}

/// Commands to copy, one a line.
#[must_use]
pub fn commands<S: AsRef<str>>(lines: &[S]) -> Html {
    let lines: Vec<&str> = lines.iter().map(AsRef::as_ref).collect();
    el("pre").with(el("code").text(&lines.join("\n"))).into()
}

/// A wide table in a part of the page that scrolls by itself; `about` says what is in it, to those who reach it by keyboard.
#[must_use]
pub fn scrolling(about: &str, table: impl Into<Html>) -> Html {
    let part =
        el("div").class("scroll").attr("role", "region").attr("aria-label", about).attr("tabindex", "0");
    part.with(table).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_words_wherever_they_stand() {
        let hostile = "</p><img src=x onerror=\"alert(1)\">\u{202e}";
        let html = Html::from(el("p").attr("title", hostile).text(hostile)).to_string();
        assert_eq!(html.matches('<').count(), 2, "{html}");
        assert_eq!(html.matches('"').count(), 2, "{html}");
        assert!(html.contains("\\u202E"));
        assert_eq!(Html::lines("a<b \nc").to_string(), "a&lt;b<br>c");
    }

    #[test]
    fn elements_nest_and_have_their_flags() {
        let list = el("ul").all(["a", "b"].map(|word| el("li").text(word)));
        assert_eq!(Html::from(list).to_string(), "<ul><li>a</li>\n<li>b</li>\n</ul>\n");
        let open = el("details").flag("open", true).flag("hidden", false).class("");
        assert_eq!(Html::from(open).to_string(), "<details open></details>\n");
    }

    #[test]
    #[should_panic(expected = "nothing in a page acts")]
    fn handlers_are_refused() {
        let _ = el("p").attr("onclick", "x");
    }

    #[test]
    #[should_panic(expected = "nothing in a page acts")]
    fn addresses_are_refused() {
        let _ = el("a").attr("href", "javascript:x");
    }
}
