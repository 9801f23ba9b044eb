//! Exceedance curves: the share of values at least as large as x, thinned for drawing.

/// Points `(x, share of values >= x)` of the step curve of values sorted by [`super::sort`], x and
/// share strictly monotone. At most about `points` are kept: evenly spaced in the logarithm of the
/// share, so the tail keeps its detail; the first and the last value are always there.
#[must_use]
pub fn exceedance(sorted: &[f64], points: usize) -> Vec<(f64, f64)> {
    let n = sorted.len();
    let step = libm::log(n.max(2) as f64) / points.max(2) as f64;
    let mut curve: Vec<(f64, f64)> = Vec::new();
    let mut next_allowed = f64::INFINITY;
    for (index, &x) in sorted.iter().enumerate() {
        if index > 0 && sorted[index - 1] == x {
            continue;
        }
        let share = (n - index) as f64 / n as f64;
        let is_largest = sorted[n - 1] == x;
        if libm::log(share) <= next_allowed || is_largest {
            curve.push((x, share));
            next_allowed = libm::log(share) - step;
        }
    }
    curve
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_distinct_value_counts_itself() {
        assert_eq!(exceedance(&[0.0, 0.0, 3.0, 8.0], 100), [(0.0, 1.0), (3.0, 0.5), (8.0, 0.25)]);
        assert!(exceedance(&[], 10).is_empty());
    }

    #[test]
    fn thinning_keeps_the_ends_and_the_tail() {
        let values: Vec<f64> = (1..=100_000).map(f64::from).collect();
        let curve = exceedance(&values, 60);
        assert!(curve.len() <= 62, "{}", curve.len());
        assert_eq!(curve[0], (1.0, 1.0));
        assert_eq!(*curve.last().unwrap(), (100_000.0, 1e-5));
        assert!(curve.windows(2).all(|w| w[0].0 < w[1].0 && w[0].1 > w[1].1));
        assert!(curve.iter().filter(|p| p.1 < 1e-3).count() > 15);
    }
}
