//! Differences between strategies: their alarms, rollback and waves.

use super::node::{KeyTree, compare};
use super::things::{Matched, Of, Words, by_name, things};
use super::value::{PlanChange, PlanValue};
use crate::plan::{Plan, Strategy, Wave};
use std::collections::BTreeSet;

/// Keys of a wave that a strategy cannot set for all of them.
const ONLY_OF_WAVES: [&str; 3] = ["regions", "hosts", "bake"];

/// Compares the strategies.
pub(super) fn diff(changes: &mut Vec<PlanChange>, before: &Plan, after: &Plan) {
    let words = Words {
        name: |strategy: &&Strategy| &strategy.name,
        place: &|_, strategy| format!("strategy {}", strategy.name),
        order: None,
        both: &|changes, place, (before, old), (after, new)| {
            strategy(changes, place, (before, old), (after, new))
        },
        short: &|_, _, strategy| {
            PlanValue::Parts(vec![("waves".to_owned(), PlanValue::Number(strategy.waves.len() as f64))])
        },
    };
    let (old, new) = (in_use(before), in_use(after));
    things(changes, &words, (before, after), &by_name(&old, &new, words.name));
}

/// The strategies of a plan by name, each once.
fn in_use(plan: &Plan) -> Vec<&Strategy> {
    let mut found: Vec<&Strategy> = Vec::new();
    for strategy in plan.strategies_in_use() {
        if found.iter().all(|other| other.name != strategy.name) {
            found.push(strategy);
        }
    }
    found
}

fn strategy(
    changes: &mut Vec<PlanChange>,
    place: &str,
    (before, old): Of<'_, &Strategy>,
    (after, new): Of<'_, &Strategy>,
) {
    // Whoever listens to all alarms still does; which came or went is said there.
    let alarms: &[&str] = if hears_all(before, old) && hears_all(after, new) { &["alarms"] } else { &[] };
    let own = |plan, strategy: &Strategy| {
        KeyTree::of(plan, strategy).without(&["name", "description", "source", "waves"]).without(alarms)
    };
    compare(changes, place, "", (&own(before, old), &own(after, new)));
    let pairs = pair_waves(&old.waves, &new.waves);
    let node = |plan: &Plan, wave: &Wave| KeyTree::of(plan, wave).without(&["name"]);
    let words = Words {
        name: |wave: &Wave| &wave.name,
        place: &|index, wave| wave_place(place, index, wave),
        order: Some((place, "wave order")),
        both: &|changes, place, (before, old), (after, new)| {
            compare(changes, place, "", (&node(before, old), &node(after, new)));
        },
        short: &|plan, _, wave| node(plan, wave).only(&["regions", "bake"]),
    };
    let mut found = Vec::new();
    things(&mut found, &words, (before, after), &pairs);
    changes.extend(once_for_all(found, place, &pairs));
}

fn hears_all(plan: &Plan, strategy: &Strategy) -> bool {
    strategy.alarms.iter().copied().eq(plan.alarms.ids())
}

/// Matches waves by name; those left over at the same position are one wave under a new name. Where
/// names are not unique, by position alone.
fn pair_waves<'p>(before: &'p [Wave], after: &'p [Wave]) -> Vec<Matched<'p, Wave>> {
    if !(has_unique_names(before) && has_unique_names(after)) {
        let longest = before.len().max(after.len());
        let at = |waves: &'p [Wave], index: usize| waves.get(index).map(|wave| (index, wave));
        return (0..longest)
            .map(|index| Matched { before: at(before, index), after: at(after, index) })
            .collect();
    }
    let mut pairs = by_name(before, after, |wave| &wave.name);
    let mut came: Vec<(usize, &Wave)> =
        pairs.iter().filter(|pair| pair.before.is_none()).filter_map(|pair| pair.after).collect();
    for pair in pairs.iter_mut().filter(|pair| pair.after.is_none()) {
        let Some((position, _)) = pair.before else { continue };
        if let Some(renamed) = came.iter().position(|(index, _)| *index == position) {
            pair.after = Some(came.remove(renamed));
        }
    }
    pairs.retain(|pair| pair.before.is_some());
    pairs.extend(came.into_iter().map(|wave| Matched { before: None, after: Some(wave) }));
    pairs
}

fn has_unique_names(waves: &[Wave]) -> bool {
    waves.iter().map(|wave| &wave.name).collect::<BTreeSet<_>>().len() == waves.len()
}

fn wave_place(strategy: &str, index: usize, wave: &Wave) -> String {
    let position = format!("wave {}", index + 1);
    if wave.name == position {
        format!("{strategy}, {position}")
    } else {
        format!("{strategy}, {position} ({})", wave.name)
    }
}

/// Says what differs in every wave alike once, at the strategy: there it was written, or inherited from.
fn once_for_all(found: Vec<PlanChange>, strategy: &str, pairs: &[Matched<'_, Wave>]) -> Vec<PlanChange> {
    let all_matched = pairs.iter().all(|pair| pair.before.is_some() && pair.after.is_some());
    if pairs.len() < 2 || !all_matched {
        return found;
    }
    let alike = |a: &PlanChange, b: &PlanChange| a.key == b.key && a.before == b.before && a.after == b.after;
    let everywhere =
        |change: &PlanChange| found.iter().filter(|other| alike(change, other)).count() == pairs.len();
    let (common, own): (Vec<PlanChange>, Vec<PlanChange>) = found.iter().cloned().partition(everywhere);
    let mut result: Vec<PlanChange> = Vec::new();
    for change in common {
        if !result.iter().any(|other| other.key == change.key) {
            let every = if ONLY_OF_WAVES.contains(&change.key.as_str()) { ", every wave" } else { "" };
            result.push(PlanChange { place: format!("{strategy}{every}"), ..change });
        }
    }
    result.extend(own);
    result
}
