//! A page read strictly: every element closed, every attribute quoted, nothing that acts or leads out of it.

use std::collections::BTreeSet;

/// Elements without an end.
const VOID: [&str; 2] = ["meta", "br"];
/// Everything that a page is made of, pictures included.
const KNOWN: [&str; 54] = [
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "a",
    "header",
    "h1",
    "h2",
    "h3",
    "h4",
    "p",
    "nav",
    "ol",
    "ul",
    "li",
    "main",
    "section",
    "div",
    "span",
    "strong",
    "br",
    "table",
    "caption",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "figure",
    "figcaption",
    "details",
    "summary",
    "pre",
    "code",
    "dl",
    "dt",
    "dd",
    "footer",
    "script",
    "svg",
    "desc",
    "g",
    "rect",
    "path",
    "circle",
    "line",
    "polyline",
    "polygon",
    "text",
    "tspan",
    "defs",
    "pattern",
];

/// An element as it begins, and the text that is in it until the next element.
#[derive(Debug)]
struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    /// Number of the element that it is in.
    parent: usize,
}

/// A page.
#[derive(Debug)]
pub struct Markup {
    tags: Vec<Tag>,
}

impl Markup {
    /// Reads a page.
    pub fn read(html: &str) -> Result<Self, String> {
        let rest = html.strip_prefix("<!DOCTYPE html>\n").ok_or("no doctype")?;
        let mut markup = Self { tags: vec![] };
        let mut open: Vec<usize> = Vec::new();
        let mut rest = rest;
        while let Some(start) = rest.find('<') {
            let (text, tag) = rest.split_at(start);
            if let Some(&last) = open.last() {
                markup.tags[last].text.push_str(&words(text)?);
            }
            let end = tag.find('>').ok_or("a tag without an end")?;
            let inside = &tag[1..end];
            rest = &tag[end + 1..];
            if let Some(name) = inside.strip_prefix('/') {
                let last = open.pop().ok_or("nothing is open")?;
                if markup.tags[last].name != name {
                    return Err(format!("</{name}> ends <{}>", markup.tags[last].name));
                }
                continue;
            }
            let is_whole = inside.ends_with('/');
            let (name, attributes) = tag_of(inside.trim_end_matches('/'))?;
            let is_raw = matches!(name.as_str(), "script" | "style");
            let parent = open.last().copied().unwrap_or(0);
            markup.tags.push(Tag { name: name.clone(), attributes, text: String::new(), parent });
            let number = markup.tags.len() - 1;
            if is_raw {
                let close = format!("</{name}>");
                let until = rest.find(&close).ok_or("a script without an end")?;
                rest[..until].clone_into(&mut markup.tags[number].text);
                rest = &rest[until + close.len()..];
            } else if !is_whole && !VOID.contains(&name.as_str()) {
                open.push(number);
            }
        }
        if open.is_empty() { Ok(markup) } else { Err(format!("open: {open:?}")) }
    }

    /// The content of a script or style element: `script` is the one that acts.
    pub fn raw(&self, kind: &str) -> &str {
        let is_it = |tag: &&Tag| match kind {
            "style" => tag.name == "style",
            "script" => tag.name == "script" && tag.attributes.is_empty(),
            data => tag.name == "script" && tag.value("type") == Some(data),
        };
        let all: Vec<&Tag> = self.tags.iter().filter(is_it).collect();
        assert_eq!(all.len(), 1, "one {kind}");
        &all[0].text
    }

    /// The content policy.
    pub fn policy(&self) -> &str {
        let metas = self.tags.iter().filter(|tag| tag.value("http-equiv") == Some("Content-Security-Policy"));
        metas.filter_map(|tag| tag.value("content")).next().expect("a policy")
    }

    /// All ids.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.tags.iter().filter_map(|tag| tag.value("id"))
    }

    /// Ids of elements of a name.
    pub fn ids_of<'m>(&'m self, name: &'m str) -> impl Iterator<Item = &'m str> {
        self.tags.iter().filter(move |tag| tag.name == name).filter_map(|tag| tag.value("id"))
    }

    /// The words of the first element of a class.
    pub fn text_of_class(&self, class: &str) -> &str {
        let found = self.tags.iter().find(|tag| tag.value("class") == Some(class));
        &found.unwrap_or_else(|| panic!("no {class}")).text
    }

    /// Rows of strategies in the table with this id.
    pub fn rows_of(&self, id: &str) -> Vec<&str> {
        let table = self.tags.iter().position(|tag| tag.value("id") == Some(id)).expect("the table");
        let is_in = |tag: &&Tag| self.tags[tag.parent].parent == table;
        self.tags
            .iter()
            .filter(|tag| tag.name == "tr")
            .filter(is_in)
            .filter_map(|tag| tag.value("data-s"))
            .collect()
    }

    /// Ids are unique, anchors lead to one of them, and labels name one.
    pub fn names_each_id_once_and_leads_nowhere_else(&self) {
        let mut ids = BTreeSet::new();
        for id in self.ids() {
            assert!(ids.insert(id), "{id} twice");
        }
        for tag in &self.tags {
            if let Some(address) = tag.value("href") {
                let anchor = address.strip_prefix('#').unwrap_or_else(|| panic!("leads out: {address}"));
                assert!(ids.contains(anchor), "leads nowhere: {address}");
            }
            for label in tag.value("aria-labelledby").into_iter().flat_map(str::split_whitespace) {
                assert!(ids.contains(label), "no label {label}");
            }
        }
    }

    /// One title, headings that skip no level, tables with captions and cells that say what they head, pictures with words.
    pub fn has_headings_in_order_and_tables_that_say_what_they_are(&self) {
        let levels = self.tags.iter().filter_map(|tag| tag.name.strip_prefix('h')?.parse::<u8>().ok());
        let levels: Vec<u8> = levels.collect();
        assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1);
        assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{levels:?}");
        for (number, tag) in self.tags.iter().enumerate() {
            let has =
                |name: &str| self.tags.iter().any(|inside| inside.parent == number && inside.name == name);
            match tag.name.as_str() {
                "table" => {
                    assert!(has("thead") && has("tbody") && (has("caption") || tag.parent > 0), "{tag:?}")
                }
                "th" => assert!(tag.value("scope").is_some(), "{tag:?}"),
                "svg" => assert!(tag.value("role") == Some("img") && has("title"), "{:?}", tag.attributes),
                "figure" => assert!(has("svg") && has("figcaption"), "{:?}", tag.attributes),
                "details" => assert!(has("summary"), "{:?}", tag.attributes),
                "section" => assert!(tag.value("aria-labelledby").is_some(), "{:?}", tag.attributes),
                _ => {}
            }
        }
    }
}

impl Tag {
    fn value(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Name and attributes of a tag. Nothing in it may act.
fn tag_of(inside: &str) -> Result<(String, Vec<(String, String)>), String> {
    let (name, mut rest) = inside.split_once([' ', '\n']).unwrap_or((inside, ""));
    if !KNOWN.contains(&name) {
        return Err(format!("an element of its own: {inside}"));
    }
    let mut attributes = Vec::new();
    while !rest.trim_start().is_empty() {
        rest = rest.trim_start();
        let end = rest.find(['=', ' ']).unwrap_or(rest.len());
        let (attribute, after) = rest.split_at(end);
        let acts =
            attribute.starts_with("on") || matches!(attribute, "style" | "src" | "srcdoc" | "xlink:href");
        if acts || !attribute.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            return Err(format!("an attribute that acts: {inside}"));
        }
        let Some(value) = after.strip_prefix("=\"") else {
            if after.starts_with('=') {
                return Err(format!("an unquoted value: {inside}"));
            }
            attributes.push((attribute.to_owned(), String::new()));
            rest = after;
            continue;
        };
        let (value, after) = value.split_once('"').ok_or_else(|| format!("an open value: {inside}"))?;
        attributes.push((attribute.to_owned(), words(value)?));
        rest = after;
    }
    Ok((name.to_owned(), attributes))
}

/// Text without its escapes, all of which must be known.
fn words(text: &str) -> Result<String, String> {
    const KNOWN: [(&str, &str); 8] = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&#39;", "'"),
        ("&#9;", "\t"),
        ("&#10;", "\n"),
        ("&amp;", "&"),
    ];
    for (at, _) in text.match_indices('&') {
        if !KNOWN.iter().any(|(escape, _)| text[at..].starts_with(escape)) {
            return Err(format!("an unknown escape: {}", &text[at..]));
        }
    }
    Ok(KNOWN.iter().fold(text.to_owned(), |text, (escape, letter)| text.replace(escape, letter)))
}

#[test]
fn the_reader_refuses_what_acts() {
    let page = |body: &str| Markup::read(&format!("<!DOCTYPE html>\n<html><body>{body}</body></html>"));
    assert!(page("<p class=\"a\">x &lt; y</p>").is_ok());
    for body in [
        "<img src=\"x\">",
        "<p onclick=\"x\">y</p>",
        "<p style=\"x\">y</p>",
        "<p class=a>y</p>",
        "<p>",
        "<p></div>",
        "&nbsp;",
        "<p class=\"x>y</p>",
    ] {
        assert!(page(body).is_err(), "{body}");
    }
}
