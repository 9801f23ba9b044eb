//! Pages: complete files that ask the network for nothing, whose parts lead to each other, and that are the same bytes whether
//! they are written by the run or read back from its folder.

pub mod markup;
mod reading;

use crate::cli::Bench;
use crate::support::project;
use base64::prelude::{BASE64_STANDARD, Engine};
use markup::Markup;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs;
use wavetank::Study;
use wavetank::plan::{Plan, Restriction};
use wavetank::report::command::GivenScenario;
use wavetank::report::page::StudyPage;
use wavetank::study::Nobody;
use wavetank::study::unfolding::unfolded;

/// More is no page to send around.
const MOST_BYTES: usize = 1_000_000;

fn page_of(plan: &Plan, trials: u64) -> String {
    let summary = Study::new(plan).trials(trials).run(&Nobody).unwrap();
    let unfolding = unfolded(plan, 20, &Nobody).unwrap();
    let page = StudyPage {
        plan,
        summary: &summary,
        file: GivenScenario { file: "s.toml", ..GivenScenario::default() },
        asked: &Restriction::default(),
        claims: None,
        allowed: &[],
        unfolding: Some(&unfolding),
    };
    page.render().html
}

/// What a page of any kind must hold.
fn sound(html: &str) -> Markup {
    let page = Markup::read(html).unwrap_or_else(|fault| panic!("{fault}"));
    page.names_each_id_once_and_leads_nowhere_else();
    page.has_headings_in_order_and_tables_that_say_what_they_are();
    assert!(html.len() < MOST_BYTES, "{} bytes", html.len());
    for (script, directive) in [("script", "script-src"), ("style", "style-src")] {
        let inlined = page.raw(script);
        let hash = BASE64_STANDARD.encode(Sha256::digest(inlined.as_bytes()));
        assert!(page.policy().contains(&format!("{directive} 'sha256-{hash}';")), "{}", page.policy());
    }
    assert!(page.policy().starts_with("default-src 'none'; "), "{}", page.policy());
    page
}

#[test]
fn a_page_of_the_largest_scenario_is_sound_and_below_a_megabyte() {
    let plan = crate::support::plan("scenarios/hands-off.toml", &[]);
    let plan = plan
        .restrict(&Restriction {
            estimator: Some(wavetank::plan::Estimator::Plain),
            ..Restriction::default()
        })
        .unwrap();
    let html = page_of(&plan, 24);
    let page = sound(&html);
    let data: serde_json::Value = serde_json::from_str(page.raw("application/json")).unwrap();
    let told = data["told"].as_array().unwrap();
    assert!(!told.is_empty());
    let ids: BTreeSet<&str> = page.ids().collect();
    for trial in told {
        assert!(ids.contains(trial["figure"].as_str().unwrap()), "{}", trial["figure"]);
    }
    for id in [
        "figure-trade-off",
        "figure-exceedance",
        "figure-duration",
        "figure-gantt",
        "figure-fan",
        "strategies",
    ] {
        assert!(ids.contains(id), "no {id}");
    }
    assert_eq!(page.rows_of("strategies").len(), plan.strategies.len());
}

#[test]
fn the_page_is_an_argument_and_its_verdict_is_that_of_the_report() {
    let bench = Bench::new();
    let ran = bench.wavetank(&["run", "s.toml", "--no-output", "--report", "html=r.html", "--threads", "1"]);
    assert_eq!(ran.code, 0, "{}", ran.talk);
    let html = fs::read_to_string(bench.path("r.html")).unwrap();
    let page = sound(&html);
    let sections: Vec<&str> = page.ids_of("section").collect();
    assert_eq!(
        sections,
        ["verdict", "trade-off", "numbers", "unfold", "tail", "hinges", "assumed", "reproduce"]
    );
    let printed: String = ran.output.split("\nVerdict\n").nth(1).unwrap().split_whitespace().collect();
    let verdict: String = page.text_of_class("verdict").split_whitespace().collect();
    assert_eq!(verdict, printed);
    // Another number of threads gives the same bytes.
    let again =
        bench.wavetank(&["run", "s.toml", "--no-output", "--report", "html=r2.html", "--threads", "2"]);
    assert_eq!(again.code, 0, "{}", again.talk);
    assert_eq!(fs::read_to_string(bench.path("r2.html")).unwrap(), html);
    // Pictures that the page says `chart` draws alone are kinds of it.
    let kinds = bench.wavetank(&["chart", "--help"]).output;
    let named: BTreeSet<&str> = html
        .split("<code>wavetank chart ")
        .skip(1)
        .filter_map(|rest| rest.split_whitespace().next())
        .collect();
    assert!(named.contains("trade-off"), "{named:?}");
    assert!(named.iter().all(|kind| kinds.contains(&format!("- {kind}"))), "{named:?}");
}

#[test]
fn an_incident_is_judged_by_what_was_published_first() {
    let plan = crate::support::plan("scenarios/incidents/openai-2024-12-11.toml", &[]);
    let page = page_of(&plan, 200);
    let page = sound(&page);
    let sections: Vec<&str> = page.ids_of("section").collect();
    assert_eq!(sections[..3], ["verdict", "published", "trade-off"]);
    assert!(page.ids().any(|id| id == "figure-counterfactual"));
}

/// The scenario with another first bake.
fn other_bake(text: &str) -> String {
    const KEY: &str = "bake = \"";
    let from = text.find(KEY).unwrap() + KEY.len();
    let to = from + text[from..].find('"').unwrap();
    format!("{}47m{}", &text[..from], &text[to..])
}

#[test]
fn comparisons_gates_and_pipelines_have_pages() {
    let bench = Bench::new();
    let text = fs::read_to_string(bench.path("s.toml")).unwrap();
    fs::write(bench.path("t.toml"), other_bake(&text)).unwrap();
    let ran = bench.wavetank(&["compare", "s.toml", "t.toml", "--trials", "60", "--report", "html=c.html"]);
    assert_eq!(ran.code, 0, "{}", ran.talk);
    let page = fs::read_to_string(bench.path("c.html")).unwrap();
    let sections: Vec<String> = sound(&page).ids_of("section").map(str::to_owned).collect();
    assert_eq!(sections[..3], ["verdict", "changed", "comparison"]);
    let file = project("scenarios/pipelines/start-small/3-one-box-and-bakes.toml");
    let file = file.to_str().unwrap();
    let pipeline = ["pipeline", file, "--trials", "2", "--output", "out", "--report", "html=p.html"];
    let ran = bench.wavetank(&pipeline);
    assert_eq!(ran.code, 0, "{}", ran.talk);
    let page = fs::read_to_string(bench.path("p.html")).unwrap();
    assert!(sound(&page).ids().any(|id| id == "figure-lead-time"));
    let read = bench.wavetank(&["report", "out"]);
    assert_eq!((read.code, read.talk.as_str()), (0, "wrote out/report.html\n"));
    assert_eq!(fs::read_to_string(bench.path("out/report.html")).unwrap(), page);
}
