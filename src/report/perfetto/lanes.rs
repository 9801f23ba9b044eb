//! Spans of time on as few lanes as they need, so that none of a lane overlap.

/// The lane of each span, from 0. Spans come in order of their begin; each gets the first lane that is free again. That takes no
/// more lanes than there are spans at once.
pub(super) fn lanes(spans: impl Iterator<Item = (u64, u64)>) -> Vec<usize> {
    let mut free_from: Vec<u64> = Vec::new();
    spans
        .map(|(from, to)| {
            let lane = free_from.iter().position(|free| *free <= from).unwrap_or(free_from.len());
            match free_from.get_mut(lane) {
                Some(free) => *free = to,
                None => free_from.push(to),
            }
            lane
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_first_free_lane_is_taken() {
        let spans = [(0, 10), (0, 5), (5, 5), (5, 8), (9, 12), (10, 11)];
        assert_eq!(lanes(spans.into_iter()), [0, 1, 1, 1, 1, 0]);
    }

    proptest! {
        #![proptest_config(crate::properties::cases(200))]

        #[test]
        fn no_lane_overlaps_and_none_is_wasted(mut spans in prop::collection::vec((0u64..50, 0u64..20), 0..40)) {
            spans.iter_mut().for_each(|(from, to)| *to += *from);
            spans.sort_unstable();
            let lanes = lanes(spans.iter().copied());
            let of = |lane| spans.iter().zip(&lanes).filter(move |(_, l)| **l == lane).map(|(span, _)| *span);
            let count = lanes.iter().map(|lane| lane + 1).max().unwrap_or(0);
            for lane in 0..count {
                let spans: Vec<(u64, u64)> = of(lane).collect();
                prop_assert!(spans.windows(2).all(|pair| pair[0].1 <= pair[1].0));
            }
            let at_once = |at: u64| spans.iter().filter(|(from, to)| *from <= at && (at < *to || from == to && at == *from)).count();
            let most = (0..70).map(at_once).max().unwrap_or(0);
            prop_assert!(count <= most, "{count} lanes for {most} at once");
        }
    }
}
