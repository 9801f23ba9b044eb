//! One list of names that act on what shows them, over every format there is. `check` refuses most of them in a scenario;
//! file names, unknown keys and arguments are not checked by anybody, so no format relies on that.

use crate::page::markup::Markup;
use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Output};
use tempfile::TempDir;
use wavetank::ids::{DefectId, RegionId, ZoneId};
use wavetank::outlet::{self, csv_cell, is_hidden, shown};
use wavetank::plan::{Plan, Restriction, diff};
use wavetank::report::command::GivenScenario;
use wavetank::report::compare::{self, Options, StrategyPlace};
use wavetank::report::document::{Terminal, markdown};
use wavetank::report::page::{self, PipelinePage, StudyPage};
use wavetank::report::terminal::{self, Style};
use wavetank::report::timeline::RolloutStory;
use wavetank::report::trains::journey::Journey;
use wavetank::report::{Story, chart, csv, json, pipeline, pipeline_csv, plan_diff, plan_view, promtool};
use wavetank::rollout::{Engine, Model};
use wavetank::scenario::load_str;
use wavetank::study::compare::{Question, compare};
use wavetank::study::unfolding::unfolded;
use wavetank::study::{self, Nobody, PipelineStudy, Summary, summarise};

const NAMES: [&str; 22] = [
    "\u{1b}[31mred\u{1b}]0;title\u{7}",
    "\u{9b}31mred\u{90}x\u{9c}",
    "a\n::error::pwned",
    "::error file=a,line=1::pwned%0A::warning::x",
    "  ::set-output name=a::b",
    "##[error]x ##vso[task.setvariable]y ##teamcity[z]",
    "a\u{fffe}\u{ffff}b",
    "\u{202e}lmot\u{2066}x\u{2069}\u{61c}",
    "a\u{200b}b\u{200d}c\u{feff}d\u{e0041}",
    "lone\rreturn\r\nboth",
    "=cmd|' /C calc'!A1",
    "+1+cmd",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=tab",
    "'quoted' \"twice\" $(id) `id`",
    "a|b\\|c",
    "</text><script>alert(1)</script><!--",
    "]]>&amp;&#0;",
    "@user #1 https://evil.example [l](u) **b** ```",
    "> - # 1. {{x}} %{y} \\u0041",
    "x: [y, {z: 'w'}] # no",
];

const SCENARIO: &str = r#"
[study]
trials = 12
seed = 3
estimator = "plain"
observe-after = "2h"
[fleet]
background-error-ratio = "0.1%"
[[fleet.region]]
name = "r"
zones = 2
hosts-per-zone = 4
requests-per-second = 100
[change]
bad-probability = "90%"
deploy-time = "2m"
[[defect]]
name = "d"
error-ratio = "50%"
[[alarm]]
name = "a"
scope = "zone"
rate-ratio = { above = "1%", windows = ["5m"] }
period = "1m"
watch = "rollout"
[[strategy]]
name = "s"
description = "t"
source = "t"
zone-bake = "10m"
wave = [{ name = "w", regions = "all", bake = "10m" }]
[[strategy]]
name = "s2"
zone-bake = "20m"
wave = [{ regions = "all", bake = "10m" }]
[[threshold]]
metric = "escaped"
statistic = "mean"
max = "1%"
[[guard]]
metric = "escaped"
statistic = "mean"
tolerance = "1%"
[pipeline]
length = "20d"
warm-up = "1d"
trials = 2
source = { per-day = 3 }
after-rejection = { revert = "2h" }
[[pipeline.stage]]
name = "p"
phase = "test"
duration = "5m"
catches = "10%"
"#;

/// A plan in which everything that has a name is called `name`.
fn named(file: &str) -> GivenScenario<'_> {
    GivenScenario { file, ..GivenScenario::default() }
}

fn plan(name: &str) -> Plan {
    let loaded = load_str("s.toml", SCENARIO);
    let problems = loaded.problems.to_string();
    let mut plan = loaded.plan.unwrap_or_else(|| panic!("{problems}"));
    plan.name = name.to_owned();
    plan.description = name.to_owned();
    plan.fleet.regions[RegionId::new(0)].name = name.to_owned();
    plan.fleet.zones[ZoneId::new(0)].name = name.to_owned();
    plan.change.defects[DefectId::new(0)].name = name.to_owned();
    plan.alarms.iter_mut().for_each(|alarm| alarm.name = name.to_owned());
    let first = &mut plan.strategies[0];
    (first.name, first.description, first.source) = (name.to_owned(), name.to_owned(), name.to_owned());
    first.waves[0].name = name.to_owned();
    plan.pipeline.as_mut().unwrap().line.stages[0].name = name.to_owned();
    plan
}

/// Every format of every report, by its name. The ending says which medium it is.
fn reports(name: &str) -> BTreeMap<&'static str, String> {
    let plan = plan(name);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let mut all = BTreeMap::new();
    let outcomes = study::run(&plan, &Nobody).unwrap();
    let summary = summarise(&plan, &outcomes);
    let style = Style { color: false, width: 80, details: true, file: named(name) };
    all.insert("run.txt", terminal::run_report(&plan, &summary, &style));
    all.insert("run.md", compare::of_study::markdown(&plan, &summary, named(name)));
    all.insert("run.log", compare::of_study::annotations(&plan, &summary, named(name)));
    all.insert("run.xml", compare::of_study::junit(&summary));
    all.insert("summary.json", text(json::pretty(&summary)));
    all.insert("run.html", study_page(&plan, &summary, name));
    all.insert("trials.csv", text(csv::trials(&plan, &outcomes)));
    all.insert("speed.svg", chart::trade_off::picture(&summary).svg(chart::Theme::Auto));
    all.insert("exceedance.svg", chart::exceedance::picture(&summary).svg(chart::Theme::Auto));
    all.insert("duration.svg", chart::duration::picture(&summary).svg(chart::Theme::Auto));
    all.insert("plan.txt", Terminal::plain(80).render(&plan_view::document(&plan)));
    all.insert("plan.json", outlet::json(format!("{:#}\n", plan_view::json(&plan))));
    let (outcome, records) = wavetank::replay(&plan, 0, 1);
    let story = RolloutStory::new(&plan, 0, 1, &outcome, &records);
    all.insert("replay.txt", Terminal::plain(80).render(&story.document(80)));
    all.insert("replay.md", markdown(&story.document(80)));
    all.insert("replay.jsonl", text(story.json_lines()));
    all.insert("timeline.svg", story.chart().svg(chart::Theme::Auto));
    let scraped = Engine::new(&Model::new(&plan)).scrapes(0, 1);
    let exported = promtool::files(&plan, 1, &scraped);
    assert_eq!(exported.len(), 2);
    for ((file, content), kind) in exported.into_iter().zip(["test.yml", "rules.yml"]) {
        assert!(file.len() < 255 && !file.contains(['/', '\0']) && !file.contains(is_hidden), "{file:?}");
        all.insert(kind, content);
    }
    let result = PipelineStudy::new(&plan).unwrap().trials(2).run(&Nobody).unwrap();
    let line = plan.pipeline.as_ref().unwrap();
    let page = PipelinePage {
        plan: &plan,
        pipeline: line,
        summary: &result.summary,
        file: named(name),
        asked: &Restriction::default(),
        trials: None,
        claims: None,
        allowed: &[],
    };
    all.insert("pipeline.html", page.render().html);
    all.insert("pipeline.txt", pipeline::text(&result.summary, 80));
    all.insert("pipeline.md", markdown(&pipeline::document(&result.summary)));
    all.insert("pipeline.json", text(json::pretty(&result.summary)));
    all.insert("pipeline.csv", text(pipeline_csv::trials(&plan, &result.trials)));
    all.insert("pipeline.svg", chart::lead_time::picture(&result.summary).svg(chart::Theme::Auto));
    let (_, records) = study::pipeline::replay(&plan, line, 0, 1).unwrap();
    let journey = Journey::new(&plan, line, 0, 1, records);
    all.insert("trains.txt", Terminal::plain(80).render(&journey.document(80)));
    all.insert("trains.jsonl", text(journey.json_lines()));
    all.insert("trains.svg", journey.chart().svg(chart::Theme::Auto));
    let mut changed = plan.clone();
    changed.strategies[0].waves[0].bake_ms += 60_000;
    changed.change.rollback_time = plan.change.deploy_time;
    let changes = diff::diff(&plan, &changed);
    all.insert("diff.txt", outlet::terminal(&plan_diff::lines(&changes).join("\n"), false));
    reviews(&plan, &changed, name, &mut all);
    all
}

fn study_page(plan: &Plan, summary: &Summary, name: &str) -> String {
    let unfolding = unfolded(plan, 4, &Nobody).unwrap();
    let asked = Restriction { strategies: vec![name.to_owned()], ..Restriction::default() };
    let (file, unfolding) = (named(name), Some(&unfolding));
    let page = StudyPage { plan, summary, file, asked: &asked, claims: None, allowed: &[], unfolding };
    page.render().html
}

fn reviews(plan: &Plan, changed: &Plan, name: &str, all: &mut BTreeMap<&'static str, String>) {
    let question = Question::by_name(plan, changed, [name.to_owned(), name.to_owned()]);
    let compared = compare(&question, &Nobody).unwrap();
    let warnings = [format!("false alarms of `{name}`")];
    let places = [StrategyPlace { strategy: name.to_owned(), file: name.to_owned(), line: 1 }];
    let options = Options {
        baseline_file: Some(named(name)),
        candidate_file: Some(named(name)),
        accept: Some("wavetank baseline accept"),
        warnings: &warnings,
        places: &places,
        allow_inconclusive: false,
    };
    all.insert("review.html", page::comparison(&compared, &options).html);
    all.insert("review.txt", compare::text::report(&compared, &options, &Terminal::plain(80)));
    all.insert("review.md", compare::markdown::comment(&compared, &options));
    all.insert("review.log", compare::github::annotations(&compared, &options));
    all.insert("review.xml", compare::junit::document(&compared, &options));
    all.insert("review.json", String::from_utf8(json::pretty(&compared)).unwrap());
}

#[test]
fn no_name_acts_in_any_format() {
    let long = "very long name ".repeat(40);
    for name in NAMES.into_iter().chain([long.as_str()]) {
        for (report, text) in reports(name) {
            let told = || format!("{report} of {name:?}:\n{text}");
            assert!(!text.contains(is_hidden), "{}", told());
            let medium = report.rsplit('.').next().unwrap();
            let read = if medium == "md" { without_code(&text) } else { text.clone() };
            assert!(!matches!(medium, "md" | "svg" | "xml") || !read.contains("<script"), "{}", told());
            match medium {
                "txt" => starts_no_command(&text, &told),
                "log" => {
                    let is_ours = |line: &str| {
                        ["::error", "::warning", "::notice"].iter().any(|level| line.starts_with(level))
                    };
                    assert!(text.lines().all(is_ours), "{}", told());
                    // What a message says is after the second pair of colons, on the same line.
                    assert!(text.lines().all(|line| !line.contains("::set-output name=a") || is_ours(line)));
                }
                "md" => assert!(!read.contains("@user") && !read.contains("https://evil"), "{}", told()),
                "csv" => calculates_nothing(&text, name, &told),
                "json" => drop(
                    serde_json::from_str::<serde_json::Value>(&text).unwrap_or_else(|_| panic!("{}", told())),
                ),
                "jsonl" => {
                    for line in text.lines() {
                        serde_json::from_str::<serde_json::Value>(line)
                            .unwrap_or_else(|_| panic!("{}", told()));
                    }
                }
                "html" => drop(Markup::read(&text).unwrap_or_else(|fault| panic!("{fault}: {}", told()))),
                "svg" | "xml" => assert_eq!(well_formed(&text), Ok(()), "{}", told()),
                "yml" => assert!(text.lines().all(even_quotes), "{}", told()),
                other => panic!("no medium: {other}"),
            }
        }
    }
}

/// Markdown without its fences, in which nothing has a meaning.
fn without_code(text: &str) -> String {
    let mut fence: Option<String> = None;
    let mut read = String::new();
    for line in text.lines() {
        let ticks: String = line.trim_start().chars().take_while(|letter| *letter == '`').collect();
        match &fence {
            Some(open) if *open == line.trim() => fence = None,
            Some(_) => {}
            None if ticks.len() >= 3 => fence = Some(ticks),
            None => read.push_str(&format!("{line}\n")),
        }
    }
    read
}

/// Whether a workflow might take a line for a command. One that begins with three colons has no name that it knows.
fn is_command(line: &str) -> bool {
    line.trim_start().starts_with("::") && !line.trim_start().starts_with(":::")
}

fn starts_no_command(text: &str, told: &dyn Fn() -> String) {
    assert!(!text.lines().any(is_command), "{}", told());
    assert!(["##[", "##vso[", "##teamcity["].iter().all(|command| !text.contains(command)), "{}", told());
}

/// Cells with text begin like no formula, and whoever undoes that reads the name.
fn calculates_nothing(text: &str, name: &str, told: &dyn Fn() -> String) {
    let mut rows = ::csv::Reader::from_reader(text.as_bytes());
    let mut names = 0;
    for row in rows.records() {
        for cell in &row.unwrap() {
            let is_number = cell.is_empty() || cell.parse::<f64>().is_ok();
            assert!(is_number || !cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{}", told());
            names += usize::from(cell.strip_prefix('\'').unwrap_or(cell) == shown(name));
        }
    }
    assert!(names > 0, "{}", told());
}

/// Whether quotes of YAML are closed on the line they are opened on: those within others are escaped.
fn even_quotes(line: &str) -> bool {
    let mut open = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match (open, letter) {
            (None, '#') => return true,
            (None, '\'' | '"') => open = Some(letter),
            (Some('"'), '\\') => drop(letters.next()),
            (Some(quote), letter) if quote == letter => open = None,
            _ => {}
        }
    }
    open.is_none()
}

/// Whether every element is closed, every attribute quoted and every entity known.
fn well_formed(xml: &str) -> Result<(), String> {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = xml;
    while let Some(start) = rest.find('<') {
        let (text, tag) = rest.split_at(start);
        entities(text)?;
        let end = tag.find('>').ok_or("an open tag")?;
        let inside = &tag[1..end];
        rest = &tag[end + 1..];
        entities(inside)?;
        if inside.starts_with(['?', '!']) {
            continue;
        }
        if inside.matches('"').count() % 2 != 0 || inside.contains('<') {
            return Err(format!("a broken tag: {inside}"));
        }
        let name = inside.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap_or_default();
        match (inside.starts_with('/'), inside.ends_with('/')) {
            (true, _) if open.pop() != Some(name) => return Err(format!("{name} closes another")),
            (false, false) => open.push(name),
            _ => {}
        }
    }
    entities(rest)?;
    if open.is_empty() { Ok(()) } else { Err(format!("open: {open:?}")) }
}

fn entities(text: &str) -> Result<(), String> {
    let known = ["amp;", "lt;", "gt;", "quot;", "apos;", "#9;", "#10;"];
    let is_known = |rest: &str| known.iter().any(|entity| rest.starts_with(entity));
    match text.split('&').skip(1).find(|rest| !is_known(rest)) {
        None if text.contains("]]>") => Err("]]>".to_owned()),
        None => Ok(()),
        Some(rest) => Err(format!("&{rest}")),
    }
}

#[test]
fn numbers_in_cells_stay_numbers() {
    for number in ["0", "-1", "-0.5", "1e-3", "+7"] {
        assert_eq!(csv_cell(number), number);
    }
}

/// Runs wavetank and returns all that it says.
fn said(folder: &TempDir, arguments: &[&str]) -> String {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("wavetank"));
    command.current_dir(folder.path()).args(arguments).env_remove("CLICOLOR_FORCE");
    let Output { stdout, stderr, .. } = command.output().expect("wavetank runs");
    String::from_utf8([stdout, stderr].concat()).expect("UTF-8")
}

#[test]
fn keys_values_files_and_arguments_do_not_act_either() {
    let folder = TempDir::new().unwrap();
    for name in NAMES {
        let quoted = serde_json::Value::from(name).to_string().replace('\u{7f}', "\\u007f");
        let text = format!(
            "include = [{quoted}]\n{quoted} = 1\n[study]\nstart = {quoted}\nstrategies = [{quoted}]\n\
             precision = [{quoted}]\nestimator = {quoted}\n[change]\n{quoted} = 1\ndeploy-time = {quoted}\n\
             [[threshold]]\nmetric = {quoted}\nstatistic = {quoted}\nmax = {quoted}\n[[fleet.region]]\nname = {quoted}\n"
        );
        fs::write(folder.path().join("s.toml"), &text).unwrap();
        let file = format!("{}.toml", name.replace('/', "-"));
        fs::write(folder.path().join(&file), "x = 1\n").unwrap();
        let file = format!("./{file}");
        for (arguments, is_log) in [
            (vec!["check", "s.toml", &file], false),
            (vec!["check", "s.toml", &file, "--format", "json"], false),
            (vec!["check", "s.toml", &file, "--format", "sarif"], false),
            (vec!["check", "s.toml", &file, "--format", "github"], true),
            (vec!["run", &file, "--no-output"], false),
            (vec!["run", name], false),
            (vec!["explain", name], false),
            (vec!["replay", "s.toml", "--trial", name, "--strategy", name], false),
        ] {
            let said = said(&folder, &arguments);
            assert!(!said.contains(is_hidden), "{arguments:?}: {said:?}");
            let is_ours = |line: &str| {
                let begins = ["::error file=", "::error::and ", "::warning file="];
                is_log && begins.iter().any(|begin| line.starts_with(begin))
            };
            assert!(said.lines().all(|line| is_ours(line) || !is_command(line)), "{arguments:?}: {said}");
        }
    }
}

#[test]
fn names_that_nobody_can_tell_apart_are_refused() {
    for hidden in [
        "\u{200b}",
        "\u{202e}",
        "\u{2066}",
        "\u{ad}",
        "\u{feff}",
        "\u{fe0f}",
        "\u{a0}",
        "\u{3000}",
        "\u{fffe}",
        "\u{e0061}",
    ] {
        let name = serde_json::Value::from(format!("all{hidden}b")).to_string();
        let name = name
            .replace(hidden, &hidden.chars().map(|c| format!("\\U{:08X}", u32::from(c))).collect::<String>());
        let loaded = load_str("s.toml", &SCENARIO.replace("name = \"s2\"", &format!("name = {name}")));
        let rules: Vec<&str> = loaded.problems.list().iter().map(|problem| problem.rule.id).collect();
        assert_eq!(rules, ["WT018"], "{hidden:?}: {}", loaded.problems);
    }
    for alike in ["w\u{430}ve", "wave-\u{430}", "\u{ff57}ave"] {
        let name = format!("name = \"{alike}\"");
        let loaded = load_str("s.toml", &SCENARIO.replace("name = \"s2\"", &name));
        let rules: Vec<&str> = loaded.problems.list().iter().map(|problem| problem.rule.id).collect();
        assert_eq!(rules, ["WT019"], "{alike}: {}", loaded.problems);
    }
    // Of one script each, and of one look: "coco" in Cyrillic and in Latin.
    let regions = |name: &str| format!("[[fleet.region]]\nname = \"{name}\"\nhosts-per-zone = 1\n");
    let both = |one: &str, other: &str| {
        let waves = "[[strategy]]\nname = \"s\"\nwave = [{ regions = \"all\" }]\n";
        load_str("s.toml", &format!("{}{}{waves}", regions(one), regions(other)))
    };
    let loaded = both("\u{441}\u{43e}\u{441}\u{43e}", "coco");
    let rules: Vec<&str> = loaded.problems.list().iter().map(|problem| problem.rule.id).collect();
    assert_eq!(rules, ["WT019"], "{}", loaded.problems);
    assert!(
        both("\u{441}\u{435}\u{440}\u{432}\u{438}\u{441}-api", "api").plan.is_some(),
        "two scripts, two words"
    );
    let text = "description = \"des \u{1f469}\u{200d}\u{1f4bb} \u{2708}\u{fe0f}\"\n";
    assert!(
        load_str("s.toml", &format!("{text}{SCENARIO}")).plan.is_some(),
        "pictures are made of several letters"
    );
}
