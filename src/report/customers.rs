//! How customers are told: where they are before anything is simulated, and what they met of a rollout.

use super::text;
use crate::outcome::CustomerHarm;
use crate::outcome::measures::Unit;
use crate::plan::{Customers, Plan, ShardPlace};

/// Region names shown before the rest is counted.
const MOST_NAMES: usize = 4;

/// How many customers there are and where; regions that have the same are told together.
pub(super) fn of_plan(plan: &Plan) -> Vec<String> {
    let mut told: Vec<(String, Vec<&str>)> = Vec::new();
    for (id, all) in plan.fleet.with_customers() {
        let (words, name) = (words(&all, plan.fleet.shard_places(id, all.of)), &plan.fleet.regions[id].name);
        match told.iter_mut().find(|(known, _)| *known == words) {
            Some((_, regions)) => regions.push(name),
            None => told.push((words, vec![name])),
        }
    }
    told.iter().map(|(words, regions)| format!("{}: {words}", text::list(regions, MOST_NAMES))).collect()
}

/// `20,000 customers, each on 2 of 8 zones at random; 25 % impaired with 1 impaired zone, 46.4 % with 2`.
fn words(all: &Customers, places: u32) -> String {
    let (shard, from) = (all.shard_of(places), all.from_of(places));
    let word = match all.of {
        ShardPlace::Hosts => "host",
        ShardPlace::Zones => "zone",
    };
    let places_in_words = text::counted(u64::from(places), word);
    let on = match shard {
        shard if shard == places && places > 1 => format!("all {places_in_words}"),
        _ if places == 1 => places_in_words,
        some => format!("{some} of {places_in_words} at random"),
    };
    let hurt = |impaired: u32| text::percent(all.impaired_share(impaired, places));
    let first = format!(
        "{} impaired with {}",
        hurt(from),
        text::counted(u64::from(from), &format!("impaired {word}"))
    );
    let next = if from < places && shard < places {
        format!(", {} with {}", hurt(from + 1), from + 1)
    } else {
        String::new()
    };
    format!("{}, each on {on}; {first}{next}", text::counted(all.count, "customer"))
}

/// What customers met of a rollout.
pub(super) fn of_outcome(met: CustomerHarm) -> String {
    let CustomerHarm { peak_impaired, impaired_ms, ever_impaired, ever_exposed } = met;
    let exposed = format!("{} met the new version", text::customers(ever_exposed));
    if ever_impaired <= 0.0 {
        return exposed;
    }
    format!(
        "{exposed}, {} impaired at some time, at most {} at once, {}",
        text::compact(ever_impaired),
        text::compact(peak_impaired),
        text::value_with_unit(Unit::CustomerMs, impaired_ms)
    )
}
