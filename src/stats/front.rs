//! The Pareto front of points where less is better on both axes.

/// For every point, the index of one that dominates it (no worse on both axes, better on one);
/// none for the members of the front. Points with a missing coordinate are on no front and
/// dominate nothing; they get no index either.
#[must_use]
pub fn dominators(points: &[Option<(f64, f64)>]) -> Vec<Option<usize>> {
    points
        .iter()
        .map(|point| {
            let (x, y) = (*point)?;
            // Among several dominators take a front member, so that the advice is the best there is.
            points
                .iter()
                .enumerate()
                .filter_map(|(index, other)| other.map(|other| (index, other)))
                .filter(|(_, (ox, oy))| *ox <= x && *oy <= y && (*ox < x || *oy < y))
                .min_by(|(_, a), (_, b)| a.1.total_cmp(&b.1).then(a.0.total_cmp(&b.0)))
                .map(|(index, _)| index)
        })
        .collect()
}

/// Whether each point is on the front. Equal points are members together.
#[must_use]
pub fn front(points: &[Option<(f64, f64)>]) -> Vec<bool> {
    points.iter().zip(dominators(points)).map(|(point, by)| point.is_some() && by.is_none()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_those_nothing_beats() {
        let points =
            [Some((1.0, 9.0)), Some((2.0, 4.0)), Some((3.0, 5.0)), Some((2.0, 4.0)), None, Some((1.0, 10.0))];
        assert_eq!(front(&points), [true, true, false, true, false, false]);
        assert_eq!(dominators(&points), [None, None, Some(1), None, None, Some(0)]);
        assert!(front(&[]).is_empty());
    }

    #[test]
    fn dominator_is_itself_on_the_front() {
        let points = [Some((5.0, 5.0)), Some((4.0, 4.0)), Some((1.0, 1.0))];
        assert_eq!(dominators(&points)[0], Some(2));
    }
}
