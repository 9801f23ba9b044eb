//! Files that are made to hurt, in every language that is read. Each ends in an error that says why, or in a scenario that
//! `check` accepts, within a moment; names and values act on nothing that shows them.

use super::{of_files, scenario_of};
use crate::cli::Bench;
use std::collections::BTreeMap;
use std::fs;
#[allow(clippy::disallowed_types, reason = "a test that hangs must end")]
use std::time::{Duration, Instant};
use wavetank::import::{Fate, ForeignFile, Imported, import};
use wavetank::outlet::{self, is_hidden};
use wavetank::report;
use wavetank::report::document::Terminal;
use wavetank::scenario::load_str;

/// Bytes that a file may have.
const MOST: usize = 4 << 20;

/// After so long a file hangs. How long each takes is measured elsewhere (docs/performance.md): tests run beside each other.
const SLOW: Duration = Duration::from_secs(60);

#[allow(clippy::disallowed_types, reason = "a test that hangs must end")]
fn now() -> Instant {
    Instant::now()
}

/// A Deployment with these lines in its `spec`.
fn deployment(name: &str, lines: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  replicas: 12\n{lines}"
    )
}

fn of_bytes(name: &str, bytes: impl Into<Vec<u8>>) -> Imported {
    import(&[ForeignFile { name: name.to_owned(), bytes: bytes.into() }], &BTreeMap::new(), Vec::new())
}

/// What is wrong with each of these files, or how long it took; empty if each ends as it should: refused in these words, or
/// with a scenario where there are none.
fn faults(files: Vec<(&str, &str, Vec<u8>, &str)>) -> Vec<String> {
    let mut faults = Vec::new();
    for (what, name, bytes, words) in files {
        assert!(bytes.len() <= MOST, "{what} is refused for its size alone");
        let begun = now();
        let imported = of_bytes(name, bytes);
        let shown = imported.render(false);
        if words.is_empty() {
            if !imported.is_sound() {
                faults.push(format!("{what}: refused: {shown:.200}"));
                continue;
            }
            let loaded = load_str("imported.toml", &imported.scenario("wavetank import"));
            if loaded.plan.is_none() {
                faults.push(format!("{what}: no scenario: {:.300}", loaded.problems.to_string()));
            }
        } else if !shown.contains(words) {
            faults.push(format!("{what}: not `{words}`: {shown:.300}"));
        }
        let _ = (report(&imported), report::imported::json(&imported, None));
        if begun.elapsed() > SLOW {
            faults.push(format!("{what}: {:?}", begun.elapsed()));
        }
    }
    faults
}

/// The report as a terminal shows it.
fn report(imported: &Imported) -> String {
    let terminal = Terminal { width: 120, color: false };
    outlet::terminal(&terminal.readable().render(&report::imported::document(imported)), false)
}

/// So many lines by their numbers.
fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect()
}

#[test]
fn what_is_nested_or_repeated_without_end_is_refused() {
    let row = |n: usize| vec![if n == 0 { "x".to_owned() } else { format!("*a{}", n - 1) }; 9].join(",");
    let bomb = lines(9, |n| format!("a{n}: &a{n} [{}]\n", row(n)));
    let inner = lines(9, |n| format!("  a{n}: &a{n} [{}]\n", row(n)));
    let deep = "inside each other";
    let text = |text: String| text.into_bytes();
    let faults = faults(vec![
        ("an alias bomb", "a.yaml", text(bomb), "more than 200000 values"),
        ("one in a policy", "a.yaml", text(deployment("x", &inner)), "more than 200000 values"),
        (
            "a chain of aliases",
            "a.yaml",
            text(lines(400, |n| match n {
                0 => "- &a0 [x]\n".to_owned(),
                n => format!("- &a{n} [*a{}]\n", n - 1),
            })),
            deep,
        ),
        ("brackets in YAML", "a.yaml", text("[".repeat(100_000)), deep),
        ("braces in YAML", "a.yaml", text("{".repeat(100_000)), deep),
        ("brackets in JSON", "a.json", text("[".repeat(100_000)), deep),
        ("objects in JSON", "a.json", text("{\"a\":".repeat(100_000)), deep),
        ("brackets in TOML", "a.toml", text(format!("a = {}", "[".repeat(100_000))), deep),
        ("dots in TOML", "a.toml", text(format!("{}a = 1", "a.".repeat(90_000))), deep),
        ("brackets in HCL", "a.hcl", text(format!("a = {}", "[".repeat(100_000))), deep),
        ("blocks in HCL", "a.hcl", text("a {\n".repeat(100_000)), deep),
        ("signs in HCL", "a.hcl", text(format!("a = {}x\n", "!".repeat(100_000))), deep),
        ("templates in HCL", "a.hcl", text(format!("a = \"{}\"\n", "${".repeat(50_000))), deep),
        ("dashes in YAML", "a.yaml", text(format!("{}x\n", "- ".repeat(100_000))), deep),
        ("question marks", "a.yaml", text(format!("{}x\n", "? ".repeat(100_000))), deep),
        ("blanks before keys", "a.yaml", text(lines(1_000, |n| format!("{}a:\n", " ".repeat(n)))), deep),
        (
            "an alias of itself",
            "a.yaml",
            text("a: &a {b: {c: [*a]}}\n".to_owned()),
            "inside of what it stands for",
        ),
        ("a cycle of two", "a.yaml", text("a: &a [*b]\nb: &b [*a]\n".to_owned()), "unknown anchor"),
        ("a merge of itself", "a.yaml", text("a: &a\n  <<: *a\n".to_owned()), "inside of what it stands for"),
        (
            "merges of merges",
            "a.yaml",
            text(lines(1_500, |n| match n {
                0 => "a0: &a0 {k: 1}\n".to_owned(),
                n => format!("a{n}: &a{n}\n  <<: *a{}\n  k{n}: 1\n", n - 1),
            })),
            "more than 200000 values",
        ),
        ("a key twice", "a.yaml", text("a: 1\nb: 2\na: 3\n".to_owned()), "written twice"),
        ("a key twice in JSON", "a.json", text("{\"a\": 1, \"a\": 2}".to_owned()), "written twice"),
        ("a key twice in TOML", "a.toml", text("a = 1\na = 2\n".to_owned()), "duplicate key"),
        ("a key twice in HCL", "a.hcl", text("a = 1\na = 2\n".to_owned()), "unique"),
    ]);
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn what_is_long_takes_a_moment() {
    let text = |text: String| text.into_bytes();
    let long = MOST - 300;
    let much = "more than 200000 values";
    let faults = faults(
        vec![
            ("a value of 4 MB", "a.yaml", text(deployment("x", &format!("  x: {}\n", "y".repeat(long)))), ""),
            (
                "escapes",
                "a.yaml",
                text(deployment("x", &format!("  x: \"{}\"\n", "\\n".repeat(long / 2)))),
                "",
            ),
            (
                "a text of lines",
                "a.yaml",
                text(deployment("x", &format!("  x: |\n{}", "   y\n".repeat(700_000)))),
                "",
            ),
            ("comments", "a.yaml", text(format!("{}{}", "# x\n".repeat(900_000), deployment("x", ""))), ""),
            ("one word", "a.yaml", text("x".repeat(MOST)), "no policy"),
            ("lines of words", "a.yaml", text("x\n".repeat(MOST / 2)), "no policy"),
            ("a value of JSON", "a.json", text(format!("{{\"x\": \"{}\"}}", "y".repeat(long))), "no policy"),
            ("a value of TOML", "a.toml", text(format!("x = \"{}\"", "y".repeat(long))), "no policy"),
            ("a value of HCL", "a.hcl", text(format!("x = \"{}\"\n", "y".repeat(long))), "no policy"),
            ("a heredoc", "a.hcl", text(format!("x = <<E\n{}", "x\n".repeat(900_000))), "no valid HCL"),
            ("keys", "a.yaml", text(deployment("x", &lines(190_000, |n| format!("  k{n}: 1\n")))), much),
            ("fewer keys", "a.yaml", text(deployment("x", &lines(40_000, |n| format!("  k{n}: 1\n")))), ""),
            (
                "long keys",
                "a.yaml",
                text(deployment("x", &lines(4_000, |n| format!("  {}{n}: 1\n", "k".repeat(1_000))))),
                "",
            ),
            ("keys of TOML", "a.toml", text(lines(300_000, |n| format!("k{n} = 1\n"))), much),
            ("tables of TOML", "a.toml", text("[[waves]]\n".repeat(400_000)), much),
            ("dotted keys", "a.toml", text(lines(200_000, |n| format!("a.b{n}.c = 1\n"))), much),
            ("keys of HCL", "a.hcl", text(lines(300_000, |n| format!("k{n} = 1\n"))), much),
            ("blocks of HCL", "a.hcl", text(lines(80_000, |n| format!("a{n} {{}}\n"))), "no policy"),
            ("blocks of one name", "a.hcl", text("a {}\n".repeat(90_000)), "no policy"),
            ("anchors", "a.yaml", text(lines(190_000, |n| format!("- &a{n} x\n"))), much),
            ("aliases", "a.yaml", text(format!("- &a x\n{}", "- *a\n".repeat(190_000))), much),
            ("a list", "a.yaml", text(deployment("x", &format!("  x: [{}]\n", "1,".repeat(180_000)))), ""),
            ("lists", "a.yaml", text(format!("[{}]", "[],".repeat(180_000))), "no policy"),
            ("documents", "a.yaml", text("---\nkind: X\n".repeat(10_000)), "more than 2000 documents"),
            ("documents of one name", "a.yaml", text(vec![deployment("x", ""); 2_000].join("---\n")), ""),
            ("documents without end", "a.yaml", text("---\n".repeat(1_000_000)), much),
            ("marks of anchors", "a.yaml", text("&".repeat(MOST)), ""),
            ("quotes", "a.yaml", text("\"".repeat(MOST)), "no valid YAML"),
            ("colons", "a.yaml", text(":".repeat(MOST)), "no valid YAML"),
            ("a tag", "a.yaml", text(format!("!{} y\n", "x".repeat(1_000_000))), "no policy"),
        ]
        .into_iter()
        .filter(|(what, ..)| *what != "marks of anchors")
        .collect(),
    );
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn numbers_that_nothing_has_are_refused_at_their_place() {
    for (replicas, words) in [
        ("99999999999999999999999", "is not a whole number"),
        ("-3", "is not a whole number"),
        ("1e999", "is not a whole number"),
        (".inf", "is not a whole number"),
        ("[1, 2]", "a list is not"),
        ("{a: 1}", "a mapping is not"),
    ] {
        let text = deployment("x", "").replace("12", replicas);
        let shown = of_files(&[("a.yaml", &text)]).render(false);
        assert!(shown.contains(words) && shown.contains("a.yaml:5:"), "{replicas}: {shown}");
    }
    let long = deployment("x", "").replace("12", &"9".repeat(100_000));
    let shown = of_files(&[("a.yaml", &long)]).render(false);
    assert!(shown.len() < 5_000, "{} bytes", shown.len());
}

#[test]
fn bytes_that_are_no_text_are_named() {
    let text = deployment("größe", "");
    let wide = |big: bool, mark: bool| -> Vec<u8> {
        let unit = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
        let marked = if mark { format!("\u{feff}{text}") } else { text.clone() };
        marked.encode_utf16().flat_map(unit).collect()
    };
    let latin: Vec<u8> = text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
    let noise: Vec<u8> = (0..100_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let empty = "there is no document in it";
    let faults = faults(vec![
        ("UTF-16", "a.yaml", wide(false, true), "seems to be UTF-16"),
        ("UTF-16 of another order", "a.yaml", wide(true, true), "seems to be UTF-16"),
        ("UTF-16 without a mark", "a.yaml", wide(false, false), "seems to be UTF-16"),
        ("Latin-1", "a.yaml", latin, "line 3 has a byte that begins no letter"),
        ("gzip", "a.yaml", [&b"\x1f\x8b\x08"[..], &noise].concat(), "compressed with gzip"),
        ("noise", "a.yaml", noise, "a.yaml is not"),
        ("nothing but zeros", "a.yaml", vec![0; MOST], "NUL byte in line 1"),
        ("a zero", "a.yaml", format!("{text}# \0\n").into_bytes(), "NUL byte in line 6"),
        ("a mark of byte order", "a.yaml", format!("\u{feff}{text}").into_bytes(), ""),
        ("one in the middle", "a.yaml", format!("{text}---\n\u{feff}{text}").into_bytes(), ""),
        ("lines of Windows", "a.yaml", text.replace('\n', "\r\n").into_bytes(), ""),
        (
            "tabs in JSON",
            "a.json",
            b"{\n\t\"apiVersion\":\t\"apps/v1\",\n\t\"kind\": \"Deployment\",\n\t\"spec\": {}\n}".to_vec(),
            "",
        ),
        (
            "tabs in YAML",
            "a.yaml",
            b"apiVersion: apps/v1\nkind: Deployment\nspec:\n\treplicas: 3\n".to_vec(),
            "tabs",
        ),
        ("nothing", "a.yaml", Vec::new(), empty),
        ("blanks", "a.yaml", b"\n\n # nothing\n".to_vec(), empty),
        ("null", "a.json", b"null".to_vec(), empty),
        ("no HCL", "a.hcl", Vec::new(), "no policy"),
        ("a word", "a.yaml", b"hello\n".to_vec(), "no policy"),
        ("a list of nothing", "a.yaml", b"[{}]\n".to_vec(), "no policy"),
        (
            "a template",
            "a.yaml",
            b"{{- if .Values.x }}\nkind: Deployment\n{{- end }}\n".to_vec(),
            "helm template",
        ),
    ]);
    assert!(faults.is_empty(), "{faults:#?}");
}

/// Names that break out of what repeats them, or act on what shows it.
const NAMES: [&str; 16] = [
    r#""x\n[study]\ntrials = 5""#,
    r#""x\r[study]\r\ntrials = 5""#,
    r#""a/b""#,
    r#""\u202Eabc\u2066""#,
    r#""\e[31mred\e]0;title\a""#,
    r#""a\"b\\""#,
    r#""''' \"\"\"""#,
    r#""   ""#,
    r##""# comment""##,
    r#""\u0001\u007f""#,
    r#""\u2028[study]""#,
    r#""::error::pwned""#,
    r###""##vso[task.setvariable]y""###,
    r#""-""#,
    "--force",
    "größe-東京",
];

#[test]
fn names_and_values_act_on_nothing() {
    let long = format!("\"{}\"", "n".repeat(10_000));
    for name in NAMES.iter().copied().chain([long.as_str()]) {
        // A key on the line of its value has at most 1,024 letters.
        let key = if name.len() < 1_000 { name } else { "k" };
        let lines = format!(
            "  minReadySeconds: 5 # {name}\n  unheardOf: {name}\n  {key}: {name}\n  ? |\n   a\n   [study]\n  : 1\n"
        );
        let text = deployment(name, &lines);
        let imported = of_files(&[("a\n[study]\u{1b}[2J.yaml", &text), ("b.yaml", &text)]);
        assert!(imported.is_sound(), "{name}: {}", imported.render(false));
        let scenario = imported.scenario("wavetank import \n[study]");
        let loaded = load_str("imported.toml", &scenario);
        assert!(loaded.plan.is_some(), "{name}: {}\n{scenario}", loaded.problems);
        assert_eq!(
            scenario.lines().filter(|line| line.trim_start().starts_with("[study]")).count(),
            1,
            "{scenario}"
        );
        let names = loaded.plan.unwrap().strategies;
        assert_eq!(names.len(), 2, "{name}");
        for told in [scenario, report(&imported), imported.render(false)] {
            let seen = |letter: char| !is_hidden(letter);
            assert!(told.chars().all(seen), "{name}: {told:?}");
            assert!(told.lines().all(|line| line.len() < 2_000), "{name}");
        }
    }
}

#[test]
fn what_is_lost_a_thousand_times_is_told_in_a_page() {
    let text = deployment("x", &lines(5_000, |n| format!("  k{n}: {{a: 1}}\n")));
    let imported = of_files(&[("a.yaml", &text)]);
    assert_eq!(imported.losses.iter().filter(|loss| loss.fate == Fate::Dropped).count(), 5_000);
    let report = report(&imported);
    assert!(report.lines().count() < 60 && report.contains("and 4988 more"), "{report}");
    assert!(scenario_of(&[("a.yaml", &text)]).lines().count() < 400);
    assert_eq!(
        report::imported::json(&imported, None)["losses"].as_array().unwrap().len(),
        imported.losses.len()
    );
}

#[test]
fn many_files_are_read_together_up_to_what_one_may_have() {
    let file = |number: usize, bytes: Vec<u8>| ForeignFile { name: format!("{number}.yaml"), bytes };
    let small: Vec<ForeignFile> = (0..1_000)
        .map(|number| file(number, deployment(&format!("web-{number}"), "").into_bytes()))
        .collect();
    let begun = now();
    let imported = import(&small, &BTreeMap::new(), Vec::new());
    assert_eq!(imported.strategies().count(), 1_000, "{}", imported.render(false));
    assert!(begun.elapsed() < SLOW, "{:?}", begun.elapsed());
    let large: Vec<ForeignFile> = (0..5).map(|number| file(number, vec![b'#'; MOST])).collect();
    let shown = import(&large, &BTreeMap::new(), Vec::new()).render(false);
    assert!(shown.contains("more than 16 MB together"), "{shown}");
    let keys = |number| file(number, lines(90_000, |n| format!("k{n}: 1\n")).into_bytes());
    let shown = import(&[keys(0), keys(1), keys(2)], &BTreeMap::new(), Vec::new()).render(false);
    assert!(shown.contains("more than 200000 values"), "{shown}");
}

#[test]
fn what_is_no_file_is_refused_with_its_reason() {
    let bench = Bench::new();
    fs::create_dir(bench.path("folder")).unwrap();
    fs::write(bench.path("empty.yaml"), "").unwrap();
    for (name, words) in [
        ("folder", "name the files: folder/*.yaml"),
        ("missing.yaml", "missing.yaml"),
        ("empty.yaml", "there is no document in it"),
    ] {
        let ran = bench.wavetank(&["import", name]);
        assert_eq!((ran.code, ran.output.as_str()), (2, ""), "{}", ran.talk);
        assert!(ran.talk.contains(words), "{}", ran.talk);
    }
}

/// What a file may cost in memory, held by the system: address space is what it counts, and it is more than what is used.
#[cfg(target_os = "linux")]
#[test]
fn files_that_hurt_take_little_memory() {
    let bench = Bench::new();
    let files = [
        ("keys.hcl", lines(300_000, |n| format!("k{n} = 1\n"))),
        ("dotted.toml", lines(200_000, |n| format!("a.b{n}.c = 1\n"))),
        ("lists.yaml", format!("[{}]", "[],".repeat(190_000))),
        ("lines.yaml", "x\n".repeat(MOST / 2)),
        ("aliases.yaml", format!("- &a {{k: v}}\n{}", "- *a\n".repeat(190_000))),
    ];
    // Nothing but zeros, and no end of them, as a file and as standard input.
    let endless = ["/dev/zero", "- < /dev/zero"];
    for (name, text) in &files {
        fs::write(bench.path(name), text).unwrap();
    }
    for name in files.iter().map(|(name, _)| *name).chain(endless) {
        let limited = format!("ulimit -v {LIMIT_KB}; exec \"$0\" import {name}");
        let ran = std::process::Command::new("sh")
            .args(["-c", &limited, env!("CARGO_BIN_EXE_wavetank")])
            .current_dir(bench.path("."))
            .output()
            .unwrap();
        assert_eq!(ran.status.code(), Some(2), "{name}: {}", String::from_utf8_lossy(&ran.stderr));
    }
}

/// Address space of a process that imports.
#[cfg(target_os = "linux")]
const LIMIT_KB: u32 = 320 << 10;

#[test]
fn expressions_without_end_are_no_end_of_it() {
    let bench = Bench::new();
    let rule = |expr: &str| format!("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: '{expr}'\n");
    let analysis = |condition: &str, query: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {{name: x}}\nspec:\n  replicas: 5\n  strategy:\n    canary:\n      \
             steps:\n      - setWeight: 20\n      - analysis: {{templates: [{{templateName: t}}]}}\n---\n\
             apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {{name: t}}\nspec:\n  metrics:\n  - name: m\n    \
             interval: 1m\n    successCondition: '{condition}'\n    provider: {{prometheus: {{address: a, query: '{query}'}}}}\n"
        )
    };
    let times = 100_000;
    let inside = |open: &str, inner: &str, close: &str| {
        format!("{}{inner}{}", open.repeat(times), close.repeat(times))
    };
    let after = |first: &str, next: &str| format!("{first}{}", next.repeat(times));
    let expressions = [
        inside("(", "up", ")"),
        inside("abs(", "up", ")"),
        inside("-", "up", ""),
        after("up", " + up"),
        after("up", "[1m:1m]"),
        after("up > 0", " and up > 0"),
    ];
    let conditions = [
        inside("(", "result[0] > 1", ")"),
        inside("!", "(result[0] > 1)", ""),
        after("result[0] > 1", " && result[0] > 1"),
        after("result[0]", " + result[0]"),
    ];
    let rules = expressions.iter().map(|expr| rule(expr));
    let queries = expressions.iter().map(|expr| analysis("result[0] > 1", expr));
    let judged = conditions.iter().map(|condition| analysis(condition, "up"));
    for (number, text) in rules.chain(queries).chain(judged).enumerate() {
        fs::write(bench.path("a.yaml"), text).unwrap();
        let begun = now();
        // In a process of its own: a stack that is used up ends it.
        let ran = bench.wavetank(&["import", "a.yaml"]);
        assert!(matches!(ran.code, 0 | 2), "{number}: {}\n{:.300}", ran.code, ran.talk);
        assert!(begun.elapsed() < SLOW, "{number}: {:?}", begun.elapsed());
    }
}
