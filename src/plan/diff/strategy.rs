//! Differences between strategies: their alarms, rollback and waves.

use super::list::{Changes, at_once, count, duration, hosts, names, parts, tables, word};
use super::pairs::{Pair, by_name, order};
use super::{PlanChange, PlanValue};
use crate::plan::{OneBox, Plan, Strategy, Wave};
use std::collections::BTreeSet;

/// Keys of a wave that a strategy cannot set for all of them.
const ONLY_OF_WAVES: [&str; 3] = ["regions", "hosts", "bake"];

/// The plans being compared.
#[derive(Clone, Copy)]
struct Plans<'p> {
    before: &'p Plan,
    after: &'p Plan,
}

/// Compares the strategies.
pub(super) fn diff(changes: &mut Changes, before: &Plan, after: &Plan) {
    let plans = Plans { before, after };
    for pair in by_name(&in_use(before), &in_use(after), |strategy| &strategy.name) {
        match (pair.before, pair.after) {
            (Some((_, before)), Some((_, after))) => strategy(changes, plans, before, after),
            (before, after) => {
                let name = before.or(after).map_or("", |(_, strategy)| &strategy.name);
                let described =
                    |(_, strategy): (usize, &&Strategy)| parts([("waves", count(strategy.waves.len()))]);
                changes.whole(format!("strategy {name}"), before.map(described), after.map(described));
            }
        }
    }
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

fn strategy(changes: &mut Changes, plans: Plans<'_>, before: &Strategy, after: &Strategy) {
    let place = format!("strategy {}", before.name);
    let heard = (alarms(plans.before, before), alarms(plans.after, after));
    let mut at = changes.at(place.as_str());
    // Whoever listens to all alarms still does; which came or went is said there.
    if !(hears_all(plans.before, before) && hears_all(plans.after, after)) {
        at.key("alarms", &heard.0, &heard.1, |alarms| names(alarms));
    }
    let (old, new) = (&before.rollback, &after.rollback);
    at.key("rollback scope", &old.scope, &new.scope, word);
    at.key("rollback batch", &old.batch, &new.batch, hosts);
    at.key("rollback reaction-delay", &old.reaction_delay_ms, &new.reaction_delay_ms, duration);
    at.key("rollback to", &old.target, &new.target, word);
    tables(&mut at, "complete-at", &before.complete_at, &after.complete_at);
    tables(&mut at, "deploy-time", &before.deploy_time, &after.deploy_time);
    tables(&mut at, "rollback-time", &before.rollback_time, &after.rollback_time);
    tables(&mut at, "bypass", &before.bypass, &after.bypass);
    at.key("trigger-step", &before.trigger_step_ms, &after.trigger_step_ms, duration);
    tables(&mut at, "response", &before.response, &after.response);
    tables(&mut at, "operators", &before.operators, &after.operators);
    waves(changes, plans, &place, (&before.waves, &after.waves));
}

fn alarms<'p>(plan: &'p Plan, strategy: &Strategy) -> Vec<&'p str> {
    strategy.alarms.iter().filter_map(|&alarm| Some(plan.alarms.get(alarm)?.name.as_str())).collect()
}

fn hears_all(plan: &Plan, strategy: &Strategy) -> bool {
    strategy.alarms.iter().copied().eq(0..plan.alarms.len())
}

fn waves(changes: &mut Changes, plans: Plans<'_>, place: &str, (before, after): (&[Wave], &[Wave])) {
    let pairs = pair_waves(before, after);
    if let Some((before, after)) = order(&pairs, |wave| &wave.name) {
        changes.at(place).differs("wave order", Some(before), Some(after));
    }
    let mut found = Changes::default();
    for pair in &pairs {
        match (pair.before, pair.after) {
            (Some((_, before)), Some((index, after))) => {
                wave(&mut found, plans, (&wave_place(place, index, after), before, after));
            }
            (old, new) => {
                let place = old.or(new).map_or_else(String::new, |(i, wave)| wave_place(place, i, wave));
                let old = old.map(|(_, wave)| described(plans.before, wave));
                let new = new.map(|(_, wave)| described(plans.after, wave));
                found.whole(place, old, new);
            }
        }
    }
    for change in once_for_all(found.into_list(), place, &pairs) {
        changes.push(change);
    }
}

/// Matches waves by name; those left over at the same position are one wave under a new name. Where
/// names are not unique, by position alone.
fn pair_waves<'p>(before: &'p [Wave], after: &'p [Wave]) -> Vec<Pair<'p, Wave>> {
    if !(has_unique_names(before) && has_unique_names(after)) {
        let longest = before.len().max(after.len());
        let at = |waves: &'p [Wave], index: usize| waves.get(index).map(|wave| (index, wave));
        return (0..longest)
            .map(|index| Pair { before: at(before, index), after: at(after, index) })
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
    pairs.extend(came.into_iter().map(|wave| Pair { before: None, after: Some(wave) }));
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

fn regions<'p>(plan: &'p Plan, wave: &Wave) -> Vec<&'p str> {
    wave.regions.iter().filter_map(|&region| Some(plan.fleet.regions.get(region)?.name.as_str())).collect()
}

fn described(plan: &Plan, wave: &Wave) -> PlanValue {
    parts([("regions", names(&regions(plan, wave))), ("bake", PlanValue::DurationMs(wave.bake_ms))])
}

fn wave(changes: &mut Changes, plans: Plans<'_>, (place, before, after): (&str, &Wave, &Wave)) {
    let mut at = changes.at(place);
    at.key("regions", &regions(plans.before, before), &regions(plans.after, after), |all| names(all));
    at.key("hosts", &before.hosts, &after.hosts, hosts);
    at.key("bake", &before.bake_ms, &after.bake_ms, duration);
    at.key("regions-at-once", &before.regions_at_once, &after.regions_at_once, at_once);
    let (old, new) = (&before.procedure, &after.procedure);
    match (&old.one_box, &new.one_box) {
        (Some(old), Some(new)) => {
            at.key("one-box hosts", &old.hosts, &new.hosts, hosts);
            at.key("one-box bake", &old.bake_ms, &new.bake_ms, duration);
            tables(&mut at, "one-box covers", &old.covers, &new.covers);
        }
        (None, None) => {}
        (old, new) => at.differs("one-box", old.as_ref().map(one_box), new.as_ref().map(one_box)),
    }
    at.key("batch", &old.batch, &new.batch, hosts);
    at.key("max-unavailable", &old.max_unavailable, &new.max_unavailable, hosts);
    at.key("zone-bake", &old.zone_bake_ms, &new.zone_bake_ms, duration);
    at.key("zones-at-once", &old.zones_at_once, &new.zones_at_once, at_once);
}

fn one_box(stage: &OneBox) -> PlanValue {
    parts([("hosts", hosts(&stage.hosts)), ("bake", PlanValue::DurationMs(stage.bake_ms))])
}

/// Says what differs in every wave alike once, at the strategy: there it was written, or inherited from.
fn once_for_all(found: Vec<PlanChange>, strategy: &str, pairs: &[Pair<'_, Wave>]) -> Vec<PlanChange> {
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
