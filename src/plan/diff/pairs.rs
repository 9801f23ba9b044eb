//! Matches the things of two lists by name.

use super::PlanValue;
use super::list::names;
use std::collections::BTreeMap;

/// A thing of the list before and of the list after, each with its index; at least one is there.
pub(super) struct Pair<'p, T> {
    /// The thing before.
    pub before: Option<(usize, &'p T)>,
    /// The thing after.
    pub after: Option<(usize, &'p T)>,
}

/// Matches by name: first the things of `before` in their order, then those that only `after` has.
/// Where a name occurs several times, the first goes with the first.
pub(super) fn by_name<'p, T>(before: &'p [T], after: &'p [T], name: fn(&T) -> &str) -> Vec<Pair<'p, T>> {
    // Reversed, so that the first of a name is taken first.
    let mut unmatched: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, thing) in after.iter().enumerate().rev() {
        unmatched.entry(name(thing)).or_default().push(index);
    }
    let mut pairs: Vec<Pair<'p, T>> = Vec::with_capacity(before.len());
    for (index, thing) in before.iter().enumerate() {
        let partner = unmatched.get_mut(name(thing)).and_then(Vec::pop);
        pairs.push(Pair {
            before: Some((index, thing)),
            after: partner.map(|partner| (partner, &after[partner])),
        });
    }
    let mut came: Vec<usize> = unmatched.into_values().flatten().collect();
    came.sort_unstable();
    pairs.extend(came.into_iter().map(|index| Pair { before: None, after: Some((index, &after[index])) }));
    pairs
}

/// The names of what both lists have, in both orders; none if the orders are the same.
pub(super) fn order<T>(pairs: &[Pair<'_, T>], name: fn(&T) -> &str) -> Option<(PlanValue, PlanValue)> {
    let mut common: Vec<(usize, &str)> = pairs
        .iter()
        .filter_map(|pair| pair.before.and(pair.after))
        .map(|(index, thing)| (index, name(thing)))
        .collect();
    if common.is_sorted_by_key(|(index, _)| *index) {
        return None;
    }
    let list = |common: &[(usize, &str)]| {
        let all: Vec<&str> = common.iter().map(|(_, name)| *name).collect();
        names(&all)
    };
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
        assert_eq!(order(&pairs, |text| text), Some((names(&["a", "c"]), names(&["c", "a"]))));
    }
}
