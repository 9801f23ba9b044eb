//! A comparison as a comment on a pull request: the verdict first, at most ten rows, the rest folded away.
//!
//! Services refuse comments beyond 65,536 characters, so every part has a budget and counts what does
//! not fit. Names are the users' own: nothing in them is read as Markdown, a mention or a reference.

use super::{Options, words};
use crate::report::{limits, plan_diff, text};
use crate::study::compare::{Compared, Row};
use crate::study::verdict::Change;

/// Changed inputs listed before the rest is counted.
const MOST_INPUTS: usize = 10;
/// Rows outside of the details.
const MOST_ROWS: usize = 10;
/// Characters of a line before escaping, which takes up to eight bytes a character.
const LINE: usize = 300;
/// As [`LINE`], for the verdict, which lists names.
const VERDICT: usize = 800;
/// As [`LINE`], for the scenario's name.
const NAME: usize = 100;

/// Bytes of each part. Together with the fixed texts they stay under 60,000.
const INPUT_BYTES: usize = 8_000;
const ROW_BYTES: usize = 10_000;
const MORE_ROW_BYTES: usize = 9_000;
const THRESHOLD_BYTES: usize = 7_000;
const REPLAY_BYTES: usize = 5_000;
const PROVENANCE_BYTES: usize = 6_000;

const TABLE_HEAD: &str =
    "| comparison | baseline | candidate | difference | verdict |\n|---|--:|--:|--:|---|\n";

/// The first line of a comment on `scenario`, by which a script finds the comment to replace.
#[must_use]
pub fn marker(scenario: &str) -> String {
    let mut name = String::new();
    for letter in text::elide(scenario, NAME).chars() {
        // Two hyphens would end the HTML comment.
        if letter.is_alphanumeric() || "._/ ".contains(letter) || letter == '-' && !name.ends_with('-') {
            name.push(letter);
        } else {
            name.push_str(&format!("%{:X}", u32::from(letter)));
        }
    }
    format!("<!-- wavetank:gate {name} -->")
}

/// The comparison as a comment of less than 60,000 bytes, whatever is in it.
#[must_use]
pub fn comment(compared: &Compared, options: &Options) -> String {
    let scenario = &compared.candidate.scenario;
    let mut out = format!(
        "{}\n### Rollout gate {}: {}\n\n{}\n\n",
        marker(scenario),
        words::ending(compared.verdict),
        escape(scenario, NAME),
        escape(&words::verdict(compared, options), VERDICT)
    );
    out.push_str(&inputs(compared));
    let sorted = words::changed(compared);
    let shown = sorted.len().min(MOST_ROWS);
    if shown > 0 {
        out.push_str(&format!("{}\n", table(&sorted[..shown], ROW_BYTES)));
    }
    if let Some(line) = words::unchanged(compared) {
        out.push_str(&format!("{}.\n\n", capitalised(&escape(&line, LINE))));
    }
    out.push_str(&details(compared, options, &sorted[shown..]));
    out
}

fn inputs(compared: &Compared) -> String {
    let mut lines: Vec<String> =
        plan_diff::lines(&compared.inputs).iter().map(|line| format!("- {}\n", escape(line, LINE))).collect();
    if lines.is_empty() {
        lines.push(format!("- {}\n", escape(&words::same_inputs(compared), LINE)));
    }
    let hidden = lines.split_off(MOST_INPUTS.min(lines.len())).len();
    let list = capped(&lines, INPUT_BYTES, hidden, |rest| format!("- and {rest} more\n"));
    let note =
        words::not_compared(compared).map_or(String::new(), |note| format!("{}\n\n", escape(&note, LINE)));
    format!("**What changed**\n\n{list}\n{note}")
}

/// Rows as a table.
fn table(rows: &[&Row], budget: usize) -> String {
    let lines: Vec<String> = rows.iter().map(|row| line(row)).collect();
    let body = capped(&lines, budget, 0, |rest| format!("| and {rest} more, in the JSON | | | | |\n"));
    let head = TABLE_HEAD.replace(
        "difference",
        &format!("difference, {} interval", text::percent(rows.first().map_or(0.0, |row| row.confidence))),
    );
    format!("{head}{body}")
}

fn line(row: &Row) -> String {
    let unit = words::unit(row);
    let value = |x: Option<f64>| x.map_or("-".to_owned(), |x| text::value_with_unit(unit, x));
    let difference = row.difference.map_or("-".to_owned(), |difference| {
        format!(
            "{} {}",
            text::difference(unit, difference.value),
            text::difference_interval(unit, difference.interval)
        )
    });
    let verdict = match row.change {
        Change::NoChange => words::no_change(row),
        Change::Inconclusive => format!("inconclusive: {}", words::advice(row)),
        Change::Regressed => format!("**regressed**, tolerance {}", text::percent(row.tolerance)),
        Change::WithinTolerance => format!("within tolerance of {}", text::percent(row.tolerance)),
        Change::Improved => "improved".to_owned(),
    };
    format!(
        "| {} | {} | {} | {} | {verdict} |\n",
        escape(&words::name(row), LINE),
        value(row.baseline.map(|estimate| estimate.value)),
        value(row.candidate.map(|estimate| estimate.value)),
        escape(&difference, LINE),
    )
}

/// Everything that only some readers want.
fn details(compared: &Compared, options: &Options, rows: &[&Row]) -> String {
    let mut parts: Vec<(String, String)> = Vec::new();
    if !rows.is_empty() {
        let title = text::counted(rows.len() as u64, "more comparison");
        parts.push((title, table(rows, MORE_ROW_BYTES)));
    }
    if !compared.thresholds.is_empty() {
        parts.push((text::counted(compared.thresholds.len() as u64, "threshold"), thresholds(compared)));
    }
    let replays = replays(compared, options);
    if !replays.is_empty() {
        parts.push(("replay commands".to_owned(), replays));
    }
    let facts: Vec<String> =
        words::provenance(compared).iter().map(|fact| format!("- {}\n", escape(fact, LINE))).collect();
    parts.push(("provenance".to_owned(), capped(&facts, PROVENANCE_BYTES, 0, |_| String::new())));
    let titles: Vec<&str> = parts.iter().map(|(title, _)| title.as_str()).collect();
    let mut out = format!("<details><summary>{}</summary>\n", titles.join(", "));
    for (title, body) in &parts {
        out.push_str(&format!("\n**{}**\n\n{body}", capitalised(title)));
    }
    out.push_str("\n</details>\n");
    out
}

fn thresholds(compared: &Compared) -> String {
    let line = |result| {
        let (sign, word, _) = limits::mark(result);
        format!("- {sign} {word}: {}\n", escape(&limits::sentence(result, compared.trials), LINE))
    };
    // Those that do not hold first: the others are less news.
    let mut lines: Vec<(u8, String)> = compared
        .thresholds
        .iter()
        .map(|result| (u8::from(limits::mark(result).1 == "pass"), line(result)))
        .collect();
    lines.sort_by_key(|(order, _)| *order);
    let lines: Vec<String> = lines.into_iter().map(|(_, line)| line).collect();
    capped(&lines, THRESHOLD_BYTES, 0, |rest| format!("- and {rest} more\n"))
}

/// The replay commands in a code fence that no command can close; empty without commands.
fn replays(compared: &Compared, options: &Options) -> String {
    let blocks: Vec<String> = words::replays(compared, options)
        .iter()
        .map(|replay| format!("# {}\n{}\n", one_line(&replay.title), replay.commands.join("\n")))
        .collect();
    if blocks.is_empty() {
        return String::new();
    }
    let code = capped(&blocks, REPLAY_BYTES, 0, |rest| format!("# and {rest} more, in the JSON\n"));
    let fence = "`".repeat((longest_run(&code, '`') + 1).max(3));
    format!("{fence}sh\n{code}{fence}\n")
}

fn longest_run(text: &str, wanted: char) -> usize {
    text.split(|c| c != wanted).map(str::len).max().unwrap_or(0)
}

/// The lines that fit into `budget` bytes, and a last one if some do not or `hidden` ones were left out
/// before.
fn capped(lines: &[String], budget: usize, hidden: usize, rest: impl Fn(usize) -> String) -> String {
    let mut out = String::new();
    let mut shown = 0;
    for line in lines {
        if out.len() + line.len() > budget {
            break;
        }
        out.push_str(line);
        shown += 1;
    }
    match lines.len() - shown + hidden {
        0 => out,
        left => out + &rest(left),
    }
}

fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// `text` on one line of at most `width` characters, with nothing in it that Markdown or GitHub gives a
/// meaning: a mention or an issue number would notify people who have nothing to do with it.
fn escape(text: &str, width: usize) -> String {
    let letters: Vec<char> = one_line(&text::elide(text, width)).trim().chars().collect();
    let mut out = String::with_capacity(letters.len() + 16);
    for (index, &letter) in letters.iter().enumerate() {
        let is_word =
            |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(|c| c.is_alphanumeric());
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '@' | '#' => out.push_str(&format!("{letter}&#8203;")),
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

fn capitalised(title: &str) -> String {
    let mut letters = title.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
