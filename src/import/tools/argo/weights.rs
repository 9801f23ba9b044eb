//! Argo's arithmetic of replicas: how many a canary has at a weight. It reads no document.

/// Replicas of the canary, and of both versions together, without a router: of all replicas or, where one more may come
/// (`surges`), of one more, those whose share is nearest to `percent`. With two replicas or more neither version has none
/// between 0 and 100 %; of two shares that are as near the one with all replicas and the larger canary stays.
pub(super) fn without_router(replicas: u64, percent: u64, surges: bool) -> (u64, u64) {
    let (up, down) = ((replicas * percent).div_ceil(100), replicas * percent / 100);
    let may_be_none = percent == 0 || percent == 100 || replicas == 1 && !surges;
    let lower = |total: u64| total * percent % 100 != 50 && (down != 0 || may_be_none);
    let choices = [
        (up, replicas, up < replicas || may_be_none),
        (down, replicas, lower(replicas)),
        (up, replicas + 1, surges),
        (down, replicas + 1, surges && lower(replicas + 1)),
    ];
    // Distances from the weight: hundredths of the total, held against each other over both totals.
    let off = |canary: u64, total: u64| (100 * canary).abs_diff(percent * total);
    let mut best: Option<(u64, u64)> = None;
    for (canary, total, may_be) in choices {
        let is_nearer = |(known, of): (u64, u64)| off(canary, total) * of < off(known, of) * total;
        if may_be && best.is_none_or(is_nearer) {
            best = Some((canary, total));
        }
    }
    // Half a replica below all of them, as 75 % of two, leaves no choice: Argo promises one of each version.
    best.unwrap_or((nearest(replicas, percent), replicas))
}

/// Replicas of the canary beside all others with a router: the share of `weight` of `most`, rounded up; where there are
/// any, `least` at least.
pub(super) fn with_router(replicas: u64, weight: u64, most: u64, least: u64) -> u64 {
    let share = u128::from(replicas) * u128::from(weight);
    let canary = u64::try_from(share.div_ceil(u128::from(most.max(1)))).unwrap_or(u64::MAX);
    if canary == 0 { 0 } else { canary.max(least) }
}

/// The nearest whole number of a share of the replicas, halves up, but neither none nor all of two or more: what a scenario
/// makes of `"20% nearest"`.
pub(super) fn nearest(replicas: u64, percent: u64) -> u64 {
    let near = (2 * replicas * percent + 100) / 200;
    if replicas < 2 || percent == 0 || percent >= 100 { near } else { near.clamp(1, replicas - 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_version_is_without_replicas_between_the_ends() {
        for replicas in 2..40 {
            for percent in 1..100 {
                let (canary, total) = without_router(replicas, percent, false);
                assert!(canary > 0 && canary < total && total == replicas, "{percent}% of {replicas}");
                assert_eq!(canary, nearest(replicas, percent), "{percent}% of {replicas}");
                let (canary, total) = without_router(replicas, percent, true);
                assert!(canary > 0 && canary < total && total <= replicas + 1, "{percent}% of {replicas}");
            }
        }
    }

    #[test]
    fn one_more_replica_comes_where_the_share_is_nearer_then() {
        assert_eq!(without_router(10, 19, true), (2, 11));
        assert_eq!(without_router(10, 23, true), (2, 10));
        assert_eq!(without_router(10, 25, true), (3, 11));
        assert_eq!(without_router(1, 49, false), (0, 1));
        assert_eq!(without_router(1, 49, true), (1, 2));
    }

    #[test]
    fn routed_weights_are_rounded_up() {
        assert_eq!(with_router(10, 25, 100, 0), 3);
        assert_eq!(with_router(10, 5, 100, 2), 2);
        assert_eq!(with_router(10, 0, 100, 2), 0);
        assert_eq!(with_router(23, 100_000_000, 100_000_000, 0), 23);
    }
}
