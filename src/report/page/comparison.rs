//! The page of a comparison, and of a gate: the verdict, what changed, every row, and where to look.

use super::data::{
    AxisChoice, LimitWords, MeasureWords, PageData, PageKind, SaidValue, StrategyLook, StrategyValues,
    limit_words, measure_named, said_value,
};
use super::frame::{Page, PageMode, page};
use super::parts::{self, PageSection};
use crate::outcome::measures::{self, Measure};
use crate::outlet::shown;
use crate::plan::study::Statistic;
use crate::report::compare::{Options, text, words};
use crate::report::document::{Block, html};
use crate::report::html::{Html, el};
use crate::study::compare::{Compared, Estimate, Row};
use crate::study::summary::{HARMS, SPEED_METRIC};
use std::collections::BTreeMap;

/// What each part of a comparison's document is on the page: its title there, its anchor and its heading.
const PARTS: [(&str, &str, &str); 6] = [
    ("What changed", "changed", "What changed"),
    ("Comparison", "comparison", "Every statistic that is compared"),
    ("Comparison, worst first", "comparison", "Every statistic that is compared, the worst first"),
    ("Trials that got worse by most", "tail", "Where it got worse by most"),
    ("Thresholds", "hinges", "Limits of the candidate"),
    ("How to read this", "reproduce", "How to read it, and what it is made of"),
];

/// The comparison as one file.
#[must_use]
pub fn comparison(compared: &Compared, options: &Options) -> Page {
    let document = text::document(compared, options);
    let verdict = el("p").class("verdict").text(&words::verdict(compared, options));
    let question = el("p").class("question").text(&question(compared));
    let body = Html::from(question).then(verdict);
    let mut sections = vec![PageSection::new("verdict", "Question and verdict", body)];
    for block in &document.blocks {
        let Block::Section(title, inside) = block else { continue };
        let title = title.plain();
        let Some((_, id, heading)) = PARTS.into_iter().find(|(known, ..)| *known == title) else { continue };
        sections.push(PageSection::new(id, heading, html::blocks(inside, 3, heading)));
    }
    let data = data(compared, options);
    let title = &compared.candidate.scenario;
    let lede = words::provenance(compared).join("; ");
    let foot = format!("{} {}, model {}", compared.tool, compared.tool_version, compared.model_version);
    let body = parts::body(title, &format!("{lede}."), &sections, &foot);
    page(PageMode::Report, &format!("{title}: wavetank comparison"), &body, ("page-data", &data.json()))
}

fn question(compared: &Compared) -> String {
    match &compared.baseline_strategy {
        Some(baseline) => {
            format!("How do the strategies of {} stand beside {baseline}?", compared.candidate.source)
        }
        None => format!(
            "Is {} any worse than {}, over the same changes?",
            compared.candidate.source, compared.baseline.source
        ),
    }
}

/// Both sides of every strategy as strategies of their own, so that the script can put them beside each other.
fn data(compared: &Compared, options: &Options) -> PageData {
    let rows: Vec<&Row> = compared.rows.iter().filter(|row| row.world.is_own()).collect();
    let mut given: Vec<&'static Measure> = Vec::new();
    rows.iter().for_each(|row| {
        if !given.contains(&row.metric) {
            given.push(row.metric);
        }
    });
    let harm = HARMS.into_iter().find(|measure| given.contains(measure));
    let file = options.candidate_file.map_or("", |file| file.file);
    PageData {
        kind: PageKind::Comparison,
        scenario: shown(&compared.candidate.scenario).into_owned(),
        file: shown(file).into_owned(),
        seed: compared.candidate.seed.to_string(),
        model: compared.model_version,
        plan: compared.candidate.plan_digest.clone(),
        trials: compared.trials,
        estimator: compared.estimator.to_owned(),
        speed: AxisChoice { measure: SPEED_METRIC, statistic: Statistic::P50 },
        harm: AxisChoice { measure: harm.unwrap_or(&measures::IMPAIRED_HOST_MS), statistic: Statistic::Mean },
        measures: given.iter().map(|measure| measure_words(measure, &rows)).collect(),
        strategies: strategies(compared, &rows),
        limits: limits(compared),
        told: Vec::new(),
    }
}

fn limits(compared: &Compared) -> Vec<LimitWords> {
    compared.thresholds.iter().map(|limit| limit_words(limit, compared.trials)).collect()
}

fn measure_words(measure: &&'static Measure, rows: &[&Row]) -> MeasureWords {
    let mut statistics: Vec<Statistic> = Vec::new();
    for row in rows.iter().filter(|row| row.metric == *measure) {
        if !statistics.contains(&row.statistic) {
            statistics.push(row.statistic);
        }
    }
    measure_named(measure, statistics)
}

/// The baseline's side of each strategy before the candidate's. Strategies of one plan have one baseline in common.
fn strategies(compared: &Compared, rows: &[&Row]) -> Vec<StrategyValues> {
    let mut names: Vec<&str> = Vec::new();
    rows.iter().for_each(|row| {
        if !names.contains(&row.strategy.as_str()) {
            names.push(&row.strategy);
        }
    });
    let mut sides: Vec<(String, bool, &str)> = Vec::new();
    match &compared.baseline_strategy {
        Some(baseline) => {
            sides.extend(names.first().map(|first| (baseline.clone(), true, *first)));
            sides.extend(names.iter().map(|name| ((*name).to_owned(), false, *name)));
        }
        None => {
            for name in names {
                sides.push((format!("{name}, before"), true, name));
                sides.push((format!("{name}, after"), false, name));
            }
        }
    }
    let side = |(index, (name, is_baseline, of)): (usize, (String, bool, &str))| {
        let look = StrategyLook::of(index);
        StrategyValues {
            name: shown(&name).into_owned(),
            baseline: is_baseline,
            front: false,
            dominated_by: None,
            ink: look.ink,
            shape: look.shape,
            dash: look.dash,
            values: values(rows, of, is_baseline),
            exceedance: Vec::new(),
        }
    };
    sides.into_iter().enumerate().map(side).collect()
}

fn values(
    rows: &[&Row],
    strategy: &str,
    is_baseline: bool,
) -> BTreeMap<&'static str, BTreeMap<&'static str, SaidValue>> {
    let mut values: BTreeMap<&'static str, BTreeMap<&'static str, SaidValue>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.strategy == strategy) {
        let estimate = if is_baseline { row.baseline } else { row.candidate };
        let said = |Estimate { value, interval }| said_value(row.metric.unit, value, interval);
        if let Some(said) = estimate.and_then(said) {
            values.entry(row.metric.name).or_default().insert(row.statistic.name(), said);
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::compared::compared as sample;

    #[test]
    fn the_verdict_comes_first_and_every_part_of_the_document_is_there() {
        let compared = sample();
        let page = comparison(&compared, &Options::default()).html;
        let verdict = page.find("class=\"verdict\"").expect("the verdict");
        for id in ["changed", "comparison", "reproduce"] {
            let at = page.find(&format!("<section id=\"{id}\"")).unwrap_or_else(|| panic!("no {id}"));
            assert!(verdict < at, "{id}");
            assert!(page.contains(&format!("href=\"#{id}\"")));
        }
        let document = text::document(&compared, &Options::default());
        let known = |block: &Block| match block {
            Block::Section(title, _) => {
                PARTS.iter().any(|(known, ..)| *known == title.plain()) || title.plain() == "Verdict"
            }
            _ => false,
        };
        assert!(document.blocks.iter().filter(|block| !block.is_empty()).all(known));
    }

    #[test]
    fn both_sides_are_strategies_of_the_data() {
        let compared = sample();
        let data = data(&compared, &Options::default());
        let row = &compared.rows[0];
        let side = |end: &str| {
            let name = format!("{}, {end}", row.strategy);
            let strategy = data.strategies.iter().find(|one| one.name == name).expect("the side");
            strategy.values[row.metric.name][row.statistic.name()].0
        };
        assert_eq!(Some(side("before")), row.baseline.map(|estimate| estimate.value));
        assert_eq!(Some(side("after")), row.candidate.map(|estimate| estimate.value));
        assert_eq!(data.kind, PageKind::Comparison);
    }
}
