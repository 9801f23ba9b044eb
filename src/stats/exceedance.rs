//! Exceedance curves: the share of values at least as large as x, thinned for drawing.

use super::quantile::Sorted;

/// Points `(x, share of values >= x)` of the step curve, x and share strictly monotone. At most about
/// `points` are kept: evenly spaced in the logarithm of the share, so the tail keeps its detail; the first
/// and the last value are always there.
#[must_use]
pub fn exceedance(sorted: &Sorted, points: usize) -> Vec<(f64, f64)> {
    let values = sorted.merged();
    let Some(&largest) = values.last() else { return Vec::new() };
    let share_from = |x: f64| 1.0 - sorted.below(x).value();
    let step = -libm::log(share_from(largest).max(f64::MIN_POSITIVE)) / points.max(2) as f64;
    let mut curve: Vec<(f64, f64)> = Vec::new();
    let mut next_allowed = f64::INFINITY;
    for (index, &x) in values.iter().enumerate() {
        if index > 0 && values[index - 1] == x {
            continue;
        }
        let share = share_from(x);
        if libm::log(share) <= next_allowed || x == largest {
            curve.push((x, share));
            next_allowed = libm::log(share) - step;
        }
    }
    curve
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Bin, Sample, StratumValues};

    fn plain(values: Vec<f64>) -> Sorted {
        Sorted::new(&Sample::plain(values))
    }

    #[test]
    fn every_distinct_value_counts_itself() {
        let curve = exceedance(&plain(vec![0.0, 0.0, 3.0, 8.0]), 100);
        assert_eq!(curve, [(0.0, 1.0), (3.0, 0.5), (8.0, 0.25)]);
        assert!(exceedance(&plain(vec![]), 10).is_empty());
    }

    #[test]
    fn thinning_keeps_the_ends_and_the_tail() {
        let curve = exceedance(&plain((1..=100_000).map(f64::from).collect()), 60);
        assert!(curve.len() <= 62, "{}", curve.len());
        assert_eq!(curve[0], (1.0, 1.0));
        let (x, share) = *curve.last().unwrap();
        assert!(x == 100_000.0 && (share - 1e-5).abs() < 1e-12);
        assert!(curve.windows(2).all(|w| w[0].0 < w[1].0 && w[0].1 > w[1].1));
        assert!(curve.iter().filter(|p| p.1 < 1e-3).count() > 15);
    }

    #[test]
    fn strata_are_weighed() {
        let common = StratumValues {
            weight: 0.999,
            trials: 2,
            values: Bin::each(vec![1.0, 2.0]),
            settled: false,
            group: 0,
        };
        let rare = StratumValues {
            weight: 0.001,
            trials: 2,
            values: Bin::each(vec![2.0, 9.0]),
            settled: false,
            group: 0,
        };
        let curve = exceedance(&Sorted::new(&Sample::new(vec![common, rare])), 100);
        assert_eq!(curve.len(), 3);
        assert!((curve[1].1 - 0.5005).abs() < 1e-12 && (curve[2].1 - 0.0005).abs() < 1e-12, "{curve:?}");
    }
}
