//! What stages buy and cost: the clear differences in a sentence, all of them in a table.

use super::document::{Block, DataTable, Item};
use super::text;
use crate::outcome::measures;
use crate::study::pipeline_summary::{PipelineSummary, StrategyPipelines};
use crate::study::pipeline_without::{StrategyWithout, Without};

/// The comparison, strategy by strategy.
pub(super) fn section(summary: &PipelineSummary, without: &Without) -> Block {
    let stages = without.stages.join(" and ");
    let is_alone = summary.others.is_empty();
    let both = summary.strategies.iter().zip(&without.strategies);
    let items = both.map(|(with, without)| {
        Item::from(verdict(&stages, without)).over(Block::Table(table(&stages, with, without, is_alone)))
    });
    let title =
        format!("Without {stages}: differences on the same luck, with 95 % intervals (one in twenty misses)");
    Block::section(title, vec![Block::list(items)])
}

/// What is clear beyond chance.
fn verdict(stages: &str, strategy: &StrategyWithout) -> String {
    let clear = |rises: bool| {
        let chosen = strategy.measures.iter().filter_map(|compared| {
            let measure = compared.measure;
            let difference = compared.difference.filter(|difference| difference.is_clear())?;
            let amount = text::size(measure.unit, difference.value);
            ((difference.value > 0.0) == rises).then(|| format!("{} (by {amount})", measure.title))
        });
        chosen.collect::<Vec<String>>()
    };
    let say =
        |verb: &str, what: Vec<String>| (!what.is_empty()).then(|| format!("{verb} {}", what.join(", ")));
    let said: Vec<String> =
        [say("lowers", clear(false)), say("raises", clear(true))].into_iter().flatten().collect();
    let name = &strategy.name;
    if said.is_empty() {
        return format!("{name}: taking out {stages} changes nothing beyond chance; more --trials may tell");
    }
    format!("{name}: taking out {stages} {}", said.join("; it "))
}

fn table(stages: &str, with: &StrategyPipelines, without: &StrategyWithout, is_alone: bool) -> DataTable {
    let mut table =
        DataTable::new("measure").numbers([format!("with {stages}").as_str(), "without", "difference"]);
    for (with, without) in with.measures.iter().zip(&without.measures) {
        let measure = without.measure;
        if *measure == measures::COLLATERAL_ROLLBACKS_PER_QUARTER && is_alone {
            continue;
        }
        let value = |x: Option<f64>| x.map_or("-".to_owned(), |x| text::value(measure.unit, x));
        let difference = without.difference.map_or("-".to_owned(), |difference| {
            let say = |x| text::difference(measure.unit, x);
            text::with_interval(say(difference.value), " ", difference.interval, say)
        });
        let with = value(with.mean.map(|mean| mean.value));
        table.row([measure.title.to_owned(), with, value(without.without), difference]);
    }
    table
}
