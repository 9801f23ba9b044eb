//! One function a medium: what a text becomes there.

use super::letters::{is_hidden, line, push_escape, shown};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Bytes of a file's name; folders and endings come on top, and systems allow 255.
const MOST_NAME_BYTES: usize = 180;

/// What a log of a build service takes for a command anywhere in a line.
const COMMANDS: [&str; 3] = ["##[", "##vso[", "##teamcity["];

/// Text for a terminal, or for the log that a terminal's text ends in: lines stay, colours if it has `colors` of ours.
/// Everything else that a terminal acts on is shown, and so is what begins a command of a workflow.
#[must_use]
pub fn terminal(text: &str, colors: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let start = line.len() - line.trim_start().len();
        let mut rest = line;
        // Three colons begin none, and the second file of a problem.
        if line[start..].starts_with("::") && !line[start..].starts_with(":::") {
            out.push_str(&line[..start]);
            push_escape(&mut out, ':');
            rest = &line[start + 1..];
        }
        while let Some(letter) = rest.chars().next() {
            let taken = if COMMANDS.iter().any(|command| rest.starts_with(command)) {
                push_escape(&mut out, letter);
                letter.len_utf8()
            } else {
                push_next(&mut out, rest, colors)
            };
            rest = &rest[taken..];
        }
    }
    out
}

/// Whatever goes to a stream that may be a terminal, in any format: lines stay, and colours as for [`terminal`].
#[must_use]
pub fn stream(text: &str, colors: bool) -> Cow<'_, str> {
    if !colors || !text.contains(is_hidden) {
        return shown(text);
    }
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while !rest.is_empty() {
        let taken = push_next(&mut out, rest, colors);
        rest = &rest[taken..];
    }
    Cow::Owned(out)
}

/// Adds the letter that `text` begins with, or a colour of ours, and returns its bytes.
fn push_next(out: &mut String, text: &str, colors: bool) -> usize {
    let color = if colors { style(text) } else { 0 };
    if color > 0 {
        out.push_str(&text[..color]);
        return color;
    }
    let Some(letter) = text.chars().next() else { return 0 };
    if is_hidden(letter) {
        push_escape(out, letter)
    } else {
        out.push(letter)
    }
    letter.len_utf8()
}

/// Bytes of the colour that `text` begins with: `ESC [`, numbers and semicolons, `m`.
fn style(text: &str) -> usize {
    let Some(codes) = text.strip_prefix("\u{1b}[") else { return 0 };
    let end = codes.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(codes.len());
    if codes[end..].starts_with('m') { "\u{1b}[".len() + end + 1 } else { 0 }
}

/// The message of a workflow's annotation. Percent first: the other escapes contain one.
#[must_use]
pub fn workflow_data(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    shown(&text).replace('%', "%25").replace('\n', "%0A")
}

/// A property of a workflow's annotation, such as its file.
#[must_use]
pub fn workflow_property(text: &str) -> String {
    workflow_data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Words on one line of Markdown, with nothing in it that Markdown or a service gives a meaning: a mention or an issue
/// number would notify people who have nothing to do with it.
#[must_use]
pub fn markdown(words: &str) -> String {
    let letters: Vec<char> = line(words).chars().collect();
    let mut out = String::with_capacity(letters.len() + 16);
    for (index, &letter) in letters.iter().enumerate() {
        let is_word =
            |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(|c| c.is_alphanumeric());
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' if index == 0 => out.push_str("&gt;"),
            '@' | '#' => out.push_str(&format!("{letter}&#8203;")),
            // A link to wherever a name leads.
            ':' if letters[index + 1..].starts_with(&['/', '/']) => out.push_str(":&#8203;"),
            // Within a word an underscore is only an underscore.
            '_' if is_word(index.checked_sub(1)) && is_word(Some(index + 1)) => out.push('_'),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => {
                out.push('\\');
                out.push(letter);
            }
            _ => out.push(letter),
        }
    }
    out
}

/// A cell with text, for comma-separated values; quoting is the writer's. A spreadsheet calculates what begins like a
/// formula, so that, and what begins with the apostrophe itself, gets an apostrophe in front. Numbers stay numbers.
#[must_use]
pub fn csv_cell(text: &str) -> Cow<'_, str> {
    let acts = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\'', '＝', '＋', '－', '＠']);
    let text = shown(text);
    if acts && text.parse::<f64>().is_err() { Cow::Owned(format!("'{text}")) } else { text }
}

/// Text for an attribute or an element of XML. Line breaks and tabs are references, because a parser turns them into blanks
/// in an attribute.
#[must_use]
pub fn xml(text: &str) -> String {
    let text = entities(text, "&apos;");
    text.chars().fold(String::with_capacity(text.len()), |mut out, letter| {
        match letter {
            '\t' | '\n' => out.push_str(&format!("&#{};", u32::from(letter))),
            _ => out.push(letter),
        }
        out
    })
}

/// Text for an element or an attribute of HTML in double quotes. Letters that nobody sees are shown; a reader's browser
/// would turn the text around them.
#[must_use]
pub fn html(text: &str) -> String {
    // A number, because HTML 4 knows no name for it.
    entities(text, "&#39;")
}

/// What is markup in XML and in HTML as entities, with this one for an apostrophe.
fn entities(text: &str, apostrophe: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for letter in shown(text).chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str(apostrophe),
            _ => out.push(letter),
        }
    }
    out
}

/// A JSON document as the content of a script element that holds data; it means the same. Without `<` nothing in it ends the
/// element, or begins a comment in which its end is not seen.
#[must_use]
pub fn json_in_html(document: &str) -> String {
    let mut out = String::with_capacity(document.len() + 16);
    for letter in document.chars() {
        let acts = matches!(letter, '<' | '>' | '&') || is_hidden(letter);
        if acts { push_escape(&mut out, letter) } else { out.push(letter) }
    }
    out
}

/// A JSON document whose strings show their hidden letters; it means the same.
#[must_use]
pub fn json(document: String) -> String {
    match shown(&document) {
        Cow::Borrowed(_) => document,
        Cow::Owned(shown) => shown,
    }
}

/// A string of YAML or PromQL in double quotes, which JSON's are.
#[must_use]
pub fn yaml(text: &str) -> String {
    json(serde_json::Value::from(text).to_string())
}

/// A word of a shell's command, in single quotes if it needs them.
#[must_use]
pub fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=+:,@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    let acts = |c: char| is_hidden(c) || matches!(c, '\n' | '\t');
    if !word.contains(acts) {
        return format!("'{}'", word.replace('\'', r"'\''"));
    }
    let letter = |c: char| match c {
        '\'' | '\\' => format!("\\{c}"),
        _ if acts(c) => format!("\\U{:08X}", u32::from(c)),
        _ => c.to_string(),
    };
    format!("$'{}'", word.chars().map(letter).collect::<String>())
}

/// A name as one harmless part of a path.
#[must_use]
pub fn file_name(name: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() && !is_hidden(c) || "-_.".contains(c) { c } else { '-' };
    let mut harmless: String = name.chars().map(safe).collect::<String>().trim_start_matches('.').to_owned();
    while harmless.len() > MOST_NAME_BYTES {
        harmless.pop();
    }
    if harmless.is_empty() { "scenario".to_owned() } else { harmless }
}

/// As [`file_name`], for names whose files are in one folder: no two are one, whatever case means there.
#[must_use]
pub fn file_names<'n>(names: impl IntoIterator<Item = &'n str>) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let free = |name: &str| {
        let plain = file_name(name);
        let numbered = (2..).map(|number| format!("{plain}-{number}"));
        let mut all = std::iter::once(plain.clone()).chain(numbered);
        let first = all.find(|name| taken.insert(name.to_lowercase()));
        first.expect("invariant: there are more numbers than names")
    };
    names.into_iter().map(free).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_of_a_log_are_shown_and_colours_of_ours_stay() {
        let text = "a::b\n  ::error::x\n##[group]y ##vso[z]\n\u{1b}[31mred\u{1b}[0m\u{1b}]0;t\u{7}";
        let expected = "a::b\n  \\u003A:error::x\n\\u0023#[group]y \\u0023#vso[z]\n\u{1b}[31mred\u{1b}[0m\\u001B]0;t\\u0007";
        assert_eq!(terminal(text, true), expected);
        assert_eq!(terminal("\u{1b}[1mx", false), "\\u001B[1mx");
    }

    #[test]
    fn annotations_cannot_end_early() {
        assert_eq!(workflow_data("5 %\r\n::error::no"), "5 %25%0A::error::no");
        assert_eq!(workflow_property("a:b,c%\r"), "a%3Ab%2Cc%25\\u000D");
    }

    #[test]
    fn cells_calculate_nothing_and_numbers_stay() {
        for (text, cell) in [
            ("=cmd|calc!A1", "'=cmd|calc!A1"),
            ("-5.5", "-5.5"),
            ("+1", "+1"),
            ("-5+1", "'-5+1"),
            ("'quoted", "''quoted"),
            ("@x", "'@x"),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(csv_cell(text), cell);
        }
    }

    #[test]
    fn links_mentions_and_quotes_are_words() {
        assert_eq!(
            markdown("> a_b *c* @d #1 https://e"),
            "&gt; a_b \\*c\\* @&#8203;d #&#8203;1 https:&#8203;//e"
        );
    }

    #[test]
    fn nothing_in_a_page_is_markup_and_data_mean_the_same() {
        assert_eq!(
            html("<a b='c' d=\"e\">&\u{202e}\n"),
            "&lt;a b=&#39;c&#39; d=&quot;e&quot;&gt;&amp;\\u202E\n"
        );
        let text = "</script><!-- & \u{2028}\u{7f}\u{202e} \\ \"";
        let document = serde_json::Value::from(text).to_string();
        let written = json_in_html(&document);
        assert_eq!(written, r#""\u003C/script\u003E\u003C!-- \u0026 \u2028\u007F\u202E \\ \"""#);
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
    }

    #[test]
    fn words_for_a_shell() {
        assert_eq!(shell_word("a b's"), r"'a b'\''s'");
        assert_eq!(shell_word("a\u{1b}'\n"), r"$'a\U0000001B\'\U0000000A'");
    }

    #[test]
    fn names_stay_inside_their_folder_and_apart() {
        for (name, folder) in [
            ("hands-off", "hands-off"),
            ("../../etc", "-..-etc"),
            ("..", "scenario"),
            ("a b/c", "a-b-c"),
            ("", "scenario"),
            ("\u{3164}x", "-x"),
        ] {
            assert_eq!(file_name(name), folder);
        }
        assert!(file_name(&"é".repeat(300)).len() <= MOST_NAME_BYTES);
        assert_eq!(file_names(["a b", "a-b", "A-B"]), ["a-b", "a-b-2", "A-B-3"]);
    }
}
