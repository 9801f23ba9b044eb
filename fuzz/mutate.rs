//! Changes a scenario's text as its authors would not: numbers, units, keys, words, lines, bytes. Each mutation is four
//! bytes of a script, so that a fuzzer or a seed can write one. Knows nothing of what the text means.

/// Values that are at some bound of some key, or beyond all of them.
const VALUES: [&str; 32] = [
    "0",
    "1",
    "-1",
    "2",
    "1000",
    "1000000",
    "99999999999",
    "18446744073709551615",
    "-9223372036854775808",
    "0.5",
    "1e308",
    "nan",
    "inf",
    "\"0s\"",
    "\"1ms\"",
    "\"30w\"",
    "\"90d\"",
    "\"100%\"",
    "\"0%\"",
    "\"0.0001%\"",
    "\"101%\"",
    "\"immediate\"",
    "\"all\"",
    "\"rest\"",
    "\"none\"",
    "\"local\"",
    "\"\"",
    "true",
    "[]",
    "{}",
    "\"\\u202e\\u200b\"",
    "\"1 of 64\"",
];

/// Bytes that a text has seldom.
const BYTES: [&str; 8] = ["\"", "=", "[", "\u{0}", "\u{feff}", "\u{1b}[31m", "{", "\n"];

/// The text after every mutation of the script, which is read four bytes at a time. `other` is a text that lines are
/// taken from.
pub fn apply(text: &str, other: &str, script: &[u8]) -> String {
    each(text, other, script, mutate)
}

/// One step of a script: the kind of change, a place, and which of several values.
pub type Step = (u8, usize, usize);

/// The text after `change` with each step of the script.
pub fn each(
    text: &str,
    other: &str,
    script: &[u8],
    change: impl Fn(&mut Vec<String>, &[&str], Step),
) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let others: Vec<&str> = other.lines().collect();
    for step in script.chunks_exact(4) {
        if lines.is_empty() {
            break;
        }
        let at = usize::from(u16::from_le_bytes([step[1], step[2]]));
        change(&mut lines, &others, (step[0], at, usize::from(step[3])));
    }
    lines.join("\n")
}

fn mutate(lines: &mut Vec<String>, others: &[&str], (kind, at, what): Step) {
    let line = at % lines.len();
    match kind % 12 {
        0..=4 => lines[line] = with_value(&lines[line], what, VALUES[at / lines.len() % VALUES.len()]),
        5..=7 => rearrange(lines, others, (kind % 12, at, what)),
        8 if !others.is_empty() => rearrange(lines, others, (8, at, what)),
        9 => put_in(&mut lines[line], what, &BYTES),
        10 => cut(&mut lines[line], what),
        _ => {
            lines[line] =
                lines[line].replacen(['s', 'm', 'h', 'd', '%'], ["ms", "w", "", "%", "h"][what % 5], 1)
        }
    }
}

/// Removes a line (5), repeats it (6), swaps it with another (7), or puts one of `others` before it (8).
pub fn rearrange(lines: &mut Vec<String>, others: &[&str], (kind, at, what): Step) {
    let line = at % lines.len();
    match kind {
        5 => drop(lines.remove(line)),
        6 => {
            let again = lines[line].clone();
            lines.insert(line, again);
        }
        7 => {
            let there = what % lines.len();
            lines.swap(line, there);
        }
        _ => lines.insert(line, others[(what * 31 + at) % others.len()].to_owned()),
    }
}

/// Puts one of `bytes` into the line.
pub fn put_in(line: &mut String, what: usize, bytes: &[&str]) {
    let place = boundary(line, what);
    line.insert_str(place, bytes[what % bytes.len()]);
}

/// Cuts the line off.
pub fn cut(line: &mut String, what: usize) {
    let place = boundary(line, what);
    line.truncate(place);
}

/// The line with what stands from byte `from` on, up to the next separator, replaced.
pub fn with_value_at(line: &str, from: usize, value: &str) -> String {
    let to = line[from..].find([',', '}', ']']).map_or(line.len(), |at| from + at);
    format!("{} {value}{}", &line[..from], &line[to..])
}

/// The line with its value number `what` replaced: what stands behind an equals sign, up to the next separator.
fn with_value(line: &str, what: usize, value: &str) -> String {
    let signs: Vec<usize> = line.match_indices('=').map(|(at, _)| at + 1).collect();
    let from = signs.get(what % signs.len().max(1));
    from.map_or_else(|| line.to_owned(), |from| with_value_at(line, *from, value))
}

fn boundary(line: &str, at: usize) -> usize {
    (0..=at % (line.len() + 1)).rev().find(|at| line.is_char_boundary(*at)).unwrap_or(0)
}
