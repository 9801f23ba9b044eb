//! Changes a file of another tool as its authors would not: values, keys, lines, how deep they stand, bytes; and makes
//! files of the keys of others. Each choice is a byte of a script, so that a fuzzer or a seed can write one. Knows nothing
//! of what a text means.

use crate::mutate;

/// Values that are at some bound of some key, or beyond all of them.
const VALUES: [&str; 44] = [
    "0",
    "1",
    "-1",
    "2",
    "7",
    "100",
    "101",
    "1000000",
    "99999999999",
    "18446744073709551616",
    "0.5",
    "1e308",
    ".nan",
    ".inf",
    "0%",
    "1%",
    "33%",
    "99.9%",
    "100%",
    "250%",
    "\"5\"",
    "\"25%\"",
    "0s",
    "1ms",
    "30s",
    "10m",
    "1h30m",
    "PT5M",
    "99999h",
    "5 days",
    "2024-01-01T00:00:00Z",
    "true",
    "false",
    "null",
    "~",
    "[]",
    "{}",
    "[1, 2]",
    "{a: 1}",
    "\"\"",
    "\"{{ x }}\"",
    "${x}",
    "!Ref x",
    "\"\\u202e\\e[2J\\n[study]\"",
];

/// Bytes that a text has seldom.
const BYTES: [&str; 10] = ["\"", ":", "[", "\u{0}", "\u{feff}", "{", "\n", "&a ", "*a", "- "];

/// The text after every mutation of the script, which is read four bytes at a time. `other` is a text that lines are
/// taken from.
pub fn mutate(text: &str, other: &str, script: &[u8]) -> String {
    mutate::each(text, other, script, change)
}

fn change(lines: &mut Vec<String>, others: &[&str], (kind, at, what): mutate::Step) {
    let line = at % lines.len();
    match kind % 14 {
        0..=4 => lines[line] = with_value(&lines[line], VALUES[what % VALUES.len()]),
        5..=7 => mutate::rearrange(lines, others, (kind % 14, at, what)),
        8 if !others.is_empty() => mutate::rearrange(lines, others, (8, at, what)),
        // As deep as the line before.
        9 if !others.is_empty() => {
            let other = others[(what * 31 + at) % others.len()].trim_start();
            let indent = lines[line].len() - lines[line].trim_start().len();
            lines.insert(line + 1, format!("{}{other}", " ".repeat(indent)));
        }
        10 => mutate::put_in(&mut lines[line], what, &BYTES),
        11 => mutate::cut(&mut lines[line], what),
        12 => lines[line].insert_str(0, "  "),
        _ => {
            let shorter = lines[line].strip_prefix("  ").unwrap_or(&lines[line]).to_owned();
            lines[line] = shorter;
        }
    }
}

/// The line with another value: what stands behind its first colon or equals sign, up to a comma or a bracket.
fn with_value(line: &str, value: &str) -> String {
    let from = line.find([':', '=']).map(|at| at + 1);
    from.map_or_else(|| line.to_owned(), |from| mutate::with_value_at(line, from, value))
}

/// A file that begins as `text` does and goes on with keys of `words`, each below a key of `text` that has keys below it,
/// as the script says.
pub fn grown(text: &str, words: &[(String, String)], script: &[u8]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for step in script.chunks_exact(5) {
        let parents: Vec<usize> =
            (0..lines.len()).filter(|at| lines[*at].trim_end().ends_with(':')).collect();
        if parents.is_empty() || words.is_empty() {
            break;
        }
        let parent = parents[usize::from(step[0]) % parents.len()];
        let indent = lines[parent].len() - lines[parent].trim_start_matches([' ', '-']).len();
        let (key, known) = &words[usize::from(u16::from_le_bytes([step[1], step[2]])) % words.len()];
        let value =
            if step[3] % 2 == 0 { known.as_str() } else { VALUES[usize::from(step[4]) % VALUES.len()] };
        let mark = if step[3] % 7 == 0 { "- " } else { "" };
        lines.insert(parent + 1, format!("{}{mark}{key}: {value}", " ".repeat(indent + 2)));
    }
    lines.join("\n")
}

/// The keys of texts that have a value on their line, each with it.
pub fn words(texts: &[String]) -> Vec<(String, String)> {
    let all = texts.iter().flat_map(|text| text.lines()).filter_map(|line| {
        let (key, value) = line.trim_start_matches([' ', '-']).split_once(": ")?;
        let plain = !key.starts_with('#') && key.len() < 60 && value.len() < 60;
        plain.then(|| (key.to_owned(), value.to_owned()))
    });
    let mut all: Vec<(String, String)> = all.collect();
    all.sort();
    all.dedup();
    all
}
