//! Differences between changes and their defects.

use super::PlanValue;
use super::list::{Changes, distribution, hosts, parts, share, tables, word};
use super::pairs::{Pair, by_name, order};
use crate::plan::{Change, Defect};

/// Compares the changes.
pub(super) fn diff(changes: &mut Changes, before: &Change, after: &Change) {
    let mut at = changes.at("change");
    at.key("bad-probability", &before.bad_probability, &after.bad_probability, share);
    at.key("deploy-time", &before.deploy_time, &after.deploy_time, distribution);
    at.key("stragglers", &before.straggler_probability, &after.straggler_probability, share);
    at.key("straggler-time", &before.straggler_time, &after.straggler_time, distribution);
    at.key("rollback-time", &before.rollback_time, &after.rollback_time, distribution);
    let pairs = by_name(&before.defects, &after.defects, |defect| &defect.name);
    if let Some((before, after)) = order(&pairs, |defect| &defect.name) {
        changes.at("defects").differs("order", Some(before), Some(after));
    }
    let with_probability = !only_rescaled(&pairs);
    for pair in &pairs {
        match (pair.before, pair.after) {
            (Some((_, before)), Some((_, after))) => defect(changes, before, after, with_probability),
            (before, after) => {
                let name = before.or(after).map_or("", |(_, defect)| &defect.name);
                let described = |side: Option<(usize, &Defect)>| side.map(|(_, defect)| described(defect));
                changes.whole(format!("defect {name}"), described(before), described(after));
            }
        }
    }
}

fn defect(changes: &mut Changes, before: &Defect, after: &Defect, with_probability: bool) {
    let mut at = changes.at(format!("defect {}", before.name));
    if with_probability {
        at.key("probability", &before.probability, &after.probability, share);
    }
    at.key("clock", &before.clock, &after.clock, word);
    at.key("onset", &before.onset, &after.onset, distribution);
    at.key("reach", &before.reach, &after.reach, hosts);
    at.key("per-request", &before.per_request, &after.per_request, share);
    tables(&mut at, "cohort", &before.cohort, &after.cohort);
    tables(&mut at, "region-label", &before.regions, &after.regions);
    tables(&mut at, "while", &before.condition, &after.condition);
    tables(&mut at, "trigger", &before.trigger, &after.trigger);
    at.key("masked-for", &before.masked, &after.masked, distribution);
    tables(&mut at, "hurts", &before.hurts, &after.hurts);
    let (old, new) = (&before.symptom, &after.symptom);
    at.key("error-ratio", &old.error_ratio, &new.error_ratio, share);
    at.key("slow-ratio", &old.slow_ratio, &new.slow_ratio, share);
    tables(&mut at, "crash", &old.crash, &new.crash);
    at.key("damage-per-request", &old.damage_per_request, &new.damage_per_request, share);
    tables(&mut at, "damage-per-host-hour", &old.damage_per_host_hour, &new.damage_per_host_hour);
    tables(&mut at, "seen-by", &before.seen_by, &after.seen_by);
    tables(&mut at, "locks-out", &before.locks_out, &after.locks_out);
    tables(&mut at, "cure", &before.cure, &after.cure);
}

fn described(defect: &Defect) -> PlanValue {
    parts([
        ("probability", PlanValue::Share(defect.probability)),
        ("clock", word(&defect.clock)),
        ("onset", PlanValue::Distribution(defect.onset)),
    ])
}

/// Whether defects came or went and the others kept their weights: then their probabilities differ
/// only because the sum of the weights does, which needs no words.
fn only_rescaled(pairs: &[Pair<'_, Defect>]) -> bool {
    let mut scales = pairs
        .iter()
        .filter_map(|pair| Some((pair.before?.1.probability, pair.after?.1.probability)))
        .map(|(before, after)| after / before);
    let Some(scale) = scales.next() else { return true };
    let resized = pairs.iter().any(|pair| pair.before.is_none() || pair.after.is_none());
    resized && scales.all(|other| (other / scale - 1.0).abs() < 1e-9)
}
