//! Special functions behind the intervals: incomplete beta and its inverse, binomial, the normal distribution,
//! Student and gamma quantiles. Accuracy is about 1e-10 relative, far below any sampling error.

/// The one normal quantile of the crate; also a sampler's.
pub use crate::random::normal::quantile as normal_quantile;

/// `P(Z <= z)` for Z standard normal, to full relative precision on either side.
#[must_use]
pub fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z * std::f64::consts::FRAC_1_SQRT_2)
}

/// Steps of a bisection: enough to reach neighbouring floats from any bracket inside (0, 1).
const BISECTIONS: usize = 200;

/// Where both parameters of a beta distribution are beyond this, the continued fraction takes too many steps and the
/// log-gammas leave too few digits; the Cornish-Fisher expansion to the first order is then one part in 10^8 off.
const LARGE_BETA: f64 = 1e8;

/// Regularised incomplete beta function `I_x(a, b)` for `a, b > 0`, by the continued fraction of
/// DiDonato and Morris evaluated with Lentz's method on the side where it converges fast.
#[must_use]
pub fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    if a.min(b) > LARGE_BETA {
        return nearly_normal_beta(a, b, x);
    }
    let ln_front =
        libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b) + a * libm::log(x) + b * libm::log1p(-x);
    let front = libm::exp(ln_front);
    if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(a, b, x) / a
    } else {
        1.0 - front * beta_fraction(b, a, 1.0 - x) / b
    }
}

/// The incomplete beta function of large parameters: a normal distribution function, put right for the skewness.
fn nearly_normal_beta(a: f64, b: f64, x: f64) -> f64 {
    /// Beyond so many deviations it is 0 or 1, and the expansion bends back.
    const FAR: f64 = 40.0;
    let (mean, all) = (a / (a + b), a + b);
    let deviation = libm::sqrt(mean * (b / all) / (all + 1.0));
    let skewness = 2.0 * (b - a) / (all + 2.0) * libm::sqrt((all + 1.0) / a / b);
    let z = ((x - mean) / deviation).clamp(-FAR, FAR);
    normal_cdf(z - (z * z - 1.0) * skewness / 6.0)
}

/// The continued fraction of the incomplete beta function.
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    const ENOUGH: f64 = 1e-15;
    let keep_off_zero = |v: f64| if v.abs() < TINY { TINY } else { v };
    let mut c = 1.0;
    let mut d = 1.0 / keep_off_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for step in 1..100_000_u32 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / keep_off_zero(1.0 + even * d);
        c = keep_off_zero(1.0 + even / c);
        value *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / keep_off_zero(1.0 + odd * d);
        c = keep_off_zero(1.0 + odd / c);
        let change = d * c;
        value *= change;
        if (change - 1.0).abs() < ENOUGH {
            break;
        }
    }
    value
}

/// The `x` with `I_x(a, b) = p`, by bisection.
#[must_use]
pub fn incomplete_beta_inverse(a: f64, b: f64, p: f64) -> f64 {
    bisect_beta(a, b, p, (0.0, 1.0))
}

/// As [`incomplete_beta_inverse`], from a bracket that holds the answer.
fn bisect_beta(a: f64, b: f64, p: f64, (mut low, mut high): (f64, f64)) -> f64 {
    for _ in 0..BISECTIONS {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if incomplete_beta(a, b, middle) < p { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// `P(X <= k)` for X binomial with `n` draws of probability `p`.
#[must_use]
pub fn binomial_cdf(k: u64, n: u64, p: f64) -> f64 {
    if k >= n {
        return 1.0;
    }
    1.0 - incomplete_beta(k as f64 + 1.0, (n - k) as f64, p)
}

/// Student quantile with `freedom > 0` degrees of freedom, `0 < p < 1`.
#[must_use]
pub fn student_quantile(p: f64, freedom: f64) -> f64 {
    let outside = 2.0 * p.min(1.0 - p);
    if outside >= 1.0 {
        return 0.0;
    }
    // y = t^2 / (freedom + t^2) is Beta(1/2, freedom/2); small y keeps full precision.
    let (half, inside) = (0.5 * freedom, 1.0 - outside);
    // With much freedom a series around the normal quantile z is nearly there.
    let z = normal_quantile(0.5 * outside).abs();
    let guess = z + (z * z + 1.0) * z / (4.0 * freedom);
    let y_of = |t: f64| t * t / (freedom + t * t);
    let near = (y_of(guess * 0.999), y_of(guess * 1.001));
    let is_inside =
        incomplete_beta(0.5, half, near.0) < inside && incomplete_beta(0.5, half, near.1) >= inside;
    let y = bisect_beta(0.5, half, inside, if is_inside { near } else { (0.0, 1.0) });
    let size = libm::sqrt(freedom * y / (1.0 - y));
    if p < 0.5 { -size } else { size }
}

/// Beyond this shape a gamma quantile is that of its Cornish-Fisher expansion to the first order: one part in 10^6 off.
const LARGE_SHAPE: f64 = 4e6;

/// The `x` with `P(X <= x) = p` for X gamma with this `shape > 0` and scale 1, `0 < p < 1`: Newton's method on the
/// distribution function from Wilson and Hilferty's cube, kept inside a bracket.
#[must_use]
pub fn gamma_quantile(shape: f64, p: f64) -> f64 {
    let z = normal_quantile(p);
    let root = libm::sqrt(shape);
    if shape > LARGE_SHAPE {
        return shape + root * z + (z * z - 1.0) / 3.0;
    }
    let cube_root = 1.0 - 1.0 / (9.0 * shape) + z / (3.0 * root);
    let (mut low, mut high) = (0.0, shape + (10.0 + z.abs()) * root + 50.0 - 3.0 * libm::log1p(-p));
    let mut x = (shape * cube_root * cube_root * cube_root).clamp(1e-3 * shape, high);
    for _ in 0..BISECTIONS {
        let excess = incomplete_gamma(shape, x) - p;
        if excess < 0.0 {
            low = x
        } else {
            high = x
        }
        let density = libm::exp((shape - 1.0) * libm::log(x) - x - libm::lgamma(shape));
        let newton = x - excess / density;
        let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
        if (next - x).abs() <= 1e-14 * x {
            return next;
        }
        x = next;
    }
    x
}

/// Regularised lower incomplete gamma function `P(shape, x)`: its series below the mean, Lentz's continued fraction of
/// the complement above.
#[must_use]
pub fn incomplete_gamma(shape: f64, x: f64) -> f64 {
    const ENOUGH: f64 = 1e-16;
    const STEPS: u32 = 200_000;
    if x <= 0.0 {
        return 0.0;
    }
    let front = libm::exp(shape * libm::log(x) - x - libm::lgamma(shape));
    if x < shape + 1.0 {
        let (mut term, mut sum) = (1.0 / shape, 1.0 / shape);
        for step in 1..STEPS {
            term *= x / (shape + f64::from(step));
            sum += term;
            if term < ENOUGH * sum {
                break;
            }
        }
        return front * sum;
    }
    let mut b = x + 1.0 - shape;
    let (mut c, mut d) = (1e300, 1.0 / b);
    let mut value = d;
    for step in 1..STEPS {
        let a = -f64::from(step) * (f64::from(step) - shape);
        b += 2.0;
        d = 1.0 / (a * d + b);
        c = b + a / c;
        value *= d * c;
        if (d * c - 1.0).abs() < ENOUGH {
            break;
        }
    }
    1.0 - front * value
}

#[cfg(test)]
mod tests {
    use super::*;

    // Constants computed with mpmath 1.3.0 at 30 digits: betainc(regularized=True), and roots of it
    // and of erfc found by findroot.

    fn close(got: f64, want: f64) {
        assert!((got - want).abs() <= 1e-9 * want.abs().max(1e-3), "{got} is not {want}");
    }

    #[test]
    fn incomplete_beta_matches_mpmath() {
        close(incomplete_beta(2.0, 3.0, 0.4), 0.5248);
        close(incomplete_beta(0.5, 0.5, 0.1), 0.204_832_764_699_133_45);
        close(incomplete_beta(10.0, 1000.0, 0.02), 0.995_792_270_487_281_3);
        close(incomplete_beta(0.5, 50_000.0, 1e-5), 0.682_689_492_143_135_2);
        close(incomplete_beta(300.0, 700.0, 0.3), 0.503_671_182_860_768);
        close(incomplete_beta(1.0, 5.0, 0.2), 0.672_32);
        assert_eq!(incomplete_beta(2.0, 2.0, 0.0), 0.0);
        assert_eq!(incomplete_beta(2.0, 2.0, 1.0), 1.0);
    }

    #[test]
    fn inverse_undoes_incomplete_beta() {
        for (a, b, p) in [(0.5, 0.5, 0.025), (1.0, 1000.0, 0.975), (51.0, 950.0, 0.975), (3.0, 2.0, 0.5)] {
            close(incomplete_beta(a, b, incomplete_beta_inverse(a, b, p)), p);
        }
    }

    /// Of equal large parameters the beta distribution is normal; the expansion takes over where the fraction ends.
    #[test]
    fn large_parameters_go_on_where_the_fraction_ends() {
        for n in [1e9, 1e12, 1e16] {
            let high = incomplete_beta_inverse(n, n, 0.975);
            let deviation = 0.5 / libm::sqrt(2.0 * n + 1.0);
            assert!(
                (high - 0.5 - 1.959_963_984_540_054 * deviation).abs() < 1e-6 * deviation + 2e-16,
                "{n}: {high}"
            );
        }
        for (share, z) in [(1.0, -1.5), (3.0, 0.2), (10.0, 2.5)] {
            let (a, b) = (LARGE_BETA, share * LARGE_BETA);
            let x = a / (a + b) * (1.0 + z / libm::sqrt(a));
            let (fraction, expansion) = (incomplete_beta(a, b, x), incomplete_beta(a + 1e-3, b + 1e-3, x));
            assert!((fraction - expansion).abs() < 1e-5, "{share} {z}: {fraction} {expansion}");
        }
        assert_eq!((incomplete_beta(1e20, 1e20, 0.4), incomplete_beta(1e20, 3e20, 0.4)), (0.0, 1.0));
    }

    #[test]
    fn normal_quantile_matches_mpmath() {
        close(normal_quantile(0.975), 1.959_963_984_540_054_2);
        close(normal_quantile(0.995), 2.575_829_303_548_901);
        close(normal_quantile(0.6), 0.253_347_103_135_799_8);
        close(normal_quantile(1e-4), -3.719_016_485_455_680_6);
        close(normal_quantile(1e-12), -7.034_483_825_301_132);
        assert_eq!(normal_quantile(0.5), 0.0);
    }

    #[test]
    fn normal_cdf_matches_mpmath_and_undoes_the_quantile() {
        close(normal_cdf(1.0), 0.841_344_746_068_542_9);
        close(normal_cdf(-4.5), 3.397_673_124_730_060_4e-6);
        for p in [1e-12, 0.01, 0.5, 0.98] {
            assert!((normal_cdf(normal_quantile(p)) / p - 1.0).abs() < 1e-9, "{p}");
        }
    }

    #[test]
    fn student_quantile_matches_mpmath() {
        close(student_quantile(0.975, 1.0), 12.706_204_736_174_705);
        close(student_quantile(0.975, 2.0), 4.302_652_729_749_464);
        close(student_quantile(0.975, 9.0), 2.262_157_162_798_205_5);
        close(student_quantile(0.975, 29.0), 2.045_229_642_132_703);
        close(student_quantile(0.975, 999.0), 1.962_341_461_133_45);
        close(student_quantile(0.05, 5.0), -2.015_048_373_333_024);
        assert_eq!(student_quantile(0.5, 5.0), 0.0);
    }

    #[test]
    fn gamma_quantile_matches_mpmath() {
        for (shape, x) in
            [(1.0, 3.688_879_45), (2.0, 5.571_643_39), (5.5, 10.960_024_6), (40.0, 53.314_283_9)]
        {
            assert!(
                (gamma_quantile(shape, 0.975) - x).abs() < 1e-7,
                "{shape}: {}",
                gamma_quantile(shape, 0.975)
            );
        }
        for (shape, p) in [(0.03, 0.975), (0.5, 0.9975), (3.0, 0.02), (900.0, 0.99), (250_000.0, 0.975)] {
            close(incomplete_gamma(shape, gamma_quantile(shape, p)), p);
        }
        // The expansion for large shapes continues the quantile.
        let (below, above) = (gamma_quantile(LARGE_SHAPE, 0.975), gamma_quantile(LARGE_SHAPE + 1.0, 0.975));
        assert!((above - below - 1.0).abs() < 0.01, "{below} {above}");
    }

    #[test]
    fn binomial_cdf_matches_sums() {
        close(binomial_cdf(0, 3, 0.5), 0.125);
        close(binomial_cdf(1, 3, 0.5), 0.5);
        close(binomial_cdf(2, 4, 0.3), 0.9163);
        assert_eq!(binomial_cdf(4, 4, 0.3), 1.0);
    }
}
