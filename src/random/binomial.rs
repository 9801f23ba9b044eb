//! Binomial variates: how many of independent things happen.

/// A binomial variate by inverse distribution function; beyond the reach of the sum its normal
/// approximation.
#[must_use]
pub fn binomial(n: u32, p: f64, u: f64) -> u32 {
    let mean = f64::from(n) * p;
    if mean > 600.0 || p >= 1.0 {
        let sd = (mean * (1.0 - p)).max(0.0).sqrt();
        let value = mean + sd * super::normal::quantile(u);
        return libm::round(value).clamp(0.0, f64::from(n)) as u32;
    }
    let mut pmf = libm::exp(f64::from(n) * libm::log1p(-p));
    let (mut count, mut sum) = (0, pmf);
    while sum < u && count < n {
        pmf *= f64::from(n - count) / f64::from(count + 1) * p / (1.0 - p);
        count += 1;
        sum += pmf;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::binomial;

    #[test]
    fn binomial_quantiles_are_those_of_the_distribution() {
        // By hand: (0.9^3, 3*0.1*0.81, ...) = 0.729, 0.972, 0.999, 1.
        for (u, count) in [(0.7, 0), (0.73, 1), (0.97, 1), (0.98, 2), (0.9995, 3)] {
            assert_eq!(binomial(3, 0.1, u), count, "{u}");
        }
        assert_eq!(binomial(50, 1.0, 0.5), 50);
        // Mean 1000, standard deviation 31.5: the median is the mean, the 97.5th percentile 1.96 above.
        assert_eq!(binomial(200_000, 0.005, 0.5), 1000);
        assert_eq!(binomial(200_000, 0.005, 0.975), 1062);
        // Of even chances the variance is half of the mean: 1.96 * 22.4 above.
        assert_eq!((binomial(2000, 0.5, 0.975), binomial(2000, 0.5, 0.025)), (1044, 956));
    }
}
