//! Compares the things of two lists that are known by their names: regions, alarms, strategies, waves, stages.

use super::value::{PlanChange, PlanValue};
use crate::plan::Plan;
use std::collections::BTreeMap;

/// A thing of a plan.
pub(super) type Of<'p, T> = (&'p Plan, &'p T);

/// A thing of the list before and of the list after, each with its index; at least one is there.
pub(super) struct Matched<'p, T> {
    /// The thing before.
    pub before: Option<(usize, &'p T)>,
    /// The thing after.
    pub after: Option<(usize, &'p T)>,
}

impl<T> Matched<'_, T> {
    /// The indices of a thing that both lists have.
    fn both(&self) -> Option<(usize, usize)> {
        Some((self.before?.0, self.after?.0))
    }
}

/// Notes what differs in a thing that both lists have: at which place, before and after.
type Both<'w, T> = dyn Fn(&mut Vec<PlanChange>, &str, Of<'_, T>, Of<'_, T>) + 'w;

/// What there is to say about the things of a list.
pub(super) struct Words<'w, T> {
    /// The name of one.
    pub name: fn(&T) -> &str,
    /// Where one is reported, by its index and itself.
    pub place: &'w dyn Fn(usize, &T) -> String,
    /// Place and key under which another order is reported; none: it is reported elsewhere.
    pub order: Option<(&'w str, &'w str)>,
    /// Notes what differs in one that both lists have.
    pub both: &'w Both<'w, T>,
    /// One of them in short, with its index, for where it came or went.
    pub short: &'w dyn Fn(&Plan, usize, &T) -> PlanValue,
}

/// Notes which things came, went and changed places, and what differs in those that both lists have.
pub(super) fn things<T>(
    changes: &mut Vec<PlanChange>,
    words: &Words<'_, T>,
    (before, after): (&Plan, &Plan),
    pairs: &[Matched<'_, T>],
) {
    if let (Some((place, key)), Some(orders)) = (words.order, order(pairs, words.name)) {
        let (before, after) = (Some(PlanValue::Names(orders.0)), Some(PlanValue::Names(orders.1)));
        changes.push(PlanChange { place: place.to_owned(), key: key.to_owned(), before, after });
    }
    for pair in pairs {
        // A thing that is there stands where it stands now.
        let Some((index, thing)) = pair.after.or(pair.before) else { continue };
        let place = (words.place)(index, thing);
        match (pair.before, pair.after) {
            (Some((_, old)), Some((_, new))) => (words.both)(changes, &place, (before, old), (after, new)),
            (old, new) => {
                let old = old.map(|(index, thing)| (words.short)(before, index, thing));
                let new = new.map(|(index, thing)| (words.short)(after, index, thing));
                changes.push(whole(place, old, new));
            }
        }
    }
}

/// A place that came (`before` is absent) or went.
pub(super) fn whole(place: String, before: Option<PlanValue>, after: Option<PlanValue>) -> PlanChange {
    PlanChange { place, key: String::new(), before, after }
}

/// Matches by name: first the things of `before` in their order, then those that only `after` has.
/// Where a name occurs several times, the first goes with the first.
pub(super) fn by_name<'p, T>(before: &'p [T], after: &'p [T], name: fn(&T) -> &str) -> Vec<Matched<'p, T>> {
    // Reversed, so that the first of a name is taken first.
    let mut unmatched: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, thing) in after.iter().enumerate().rev() {
        unmatched.entry(name(thing)).or_default().push(index);
    }
    let mut pairs: Vec<Matched<'p, T>> = Vec::with_capacity(before.len());
    for (index, thing) in before.iter().enumerate() {
        let partner = unmatched.get_mut(name(thing)).and_then(Vec::pop);
        pairs.push(Matched {
            before: Some((index, thing)),
            after: partner.map(|partner| (partner, &after[partner])),
        });
    }
    let mut came: Vec<usize> = unmatched.into_values().flatten().collect();
    came.sort_unstable();
    pairs.extend(came.into_iter().map(|index| Matched { before: None, after: Some((index, &after[index])) }));
    pairs
}

/// The names of what both lists have, in both orders; none if the orders are the same.
pub(super) fn order<T>(pairs: &[Matched<'_, T>], name: fn(&T) -> &str) -> Option<(Vec<String>, Vec<String>)> {
    let mut common: Vec<(usize, &str)> =
        pairs.iter().filter_map(|pair| Some((pair.both()?.1, name(pair.before?.1)))).collect();
    if common.is_sorted_by_key(|(index, _)| *index) {
        return None;
    }
    let list = |common: &[(usize, &str)]| common.iter().map(|(_, name)| (*name).to_owned()).collect();
    let before = list(&common);
    common.sort_unstable();
    Some((before, list(&common)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_wherever_they_stand() {
        let pairs = by_name(&["a", "b", "a"], &["c", "a", "b"], |text| text);
        let found: Vec<_> =
            pairs.iter().map(|p| (p.before.map(|(i, _)| i), p.after.map(|(i, _)| i))).collect();
        assert_eq!(found, [(Some(0), Some(1)), (Some(1), Some(2)), (Some(2), None), (None, Some(0))]);
        assert_eq!(order(&pairs, |text| text), None);
    }

    #[test]
    fn order_is_that_of_what_both_have() {
        let pairs = by_name(&["a", "b", "c"], &["c", "new", "a"], |text| text);
        let names = |list: [&str; 2]| list.map(str::to_owned).to_vec();
        assert_eq!(order(&pairs, |text| text), Some((names(["a", "c"]), names(["c", "a"]))));
    }
}
