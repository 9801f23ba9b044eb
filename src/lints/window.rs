//! How likely M of the last N datapoints breach somewhere in a stretch of evaluations, in closed form. It knows
//! no alarm and no traffic, only the probability that one datapoint breaches.

/// Windows up to this are followed state by state; longer ones are bounded.
const EXACT: u32 = 12;

/// Rates below this are left at their upper bound: ten years of minutes would not show the difference.
const IMMATERIAL: f64 = 1e-9;

/// Changes of the hazard below this share end the walk: from there on it is constant.
const SETTLED: f64 = 1e-12;

/// Probability that an alarm fires within `evaluations`, each of which breaches with probability `p` by itself;
/// before them nothing breached. `m` of the last `n` datapoints are needed, `1 <= m <= n`.
///
/// Exact for `n <= 12` and for `m == n` (a Markov chain over the last datapoints, stopped at the first alarm). For other
/// windows it is a lower bound: the windows that do not overlap, which are independent.
#[must_use]
pub fn fires_within(p: f64, evaluations: u64, m: u32, n: u32) -> f64 {
    if p <= 0.0 || evaluations < u64::from(m) {
        return 0.0;
    }
    match Chain::new(m, n) {
        Some(chain) => chain.walk(p, Some(evaluations)).fired,
        None => 1.0 - power(1.0 - at_least(p, m, n), evaluations / u64::from(n)),
    }
}

/// [`fires_within`] for 0, 1, 2 and so many evaluations; none where there is no exact form.
#[must_use]
pub fn fires_by(p: f64, evaluations: usize, m: u32, n: u32) -> Option<Vec<f64>> {
    let mut chain = Chain::new(m, n)?;
    let mut survival = 1.0;
    let mut fired = vec![0.0];
    for _ in 0..evaluations {
        survival *= 1.0 - chain.step(p);
        fired.push(1.0 - survival);
    }
    Some(fired)
}

/// Probability that an alarm that has not fired for long fires at the next evaluation: the rate of false alarms an
/// evaluation. Exact where [`fires_within`] is; elsewhere an upper bound: the datapoint breaches, and just `m - 1`
/// of the `n - 1` before it.
#[must_use]
pub fn fire_rate(p: f64, m: u32, n: u32) -> f64 {
    if p <= 0.0 {
        return 0.0;
    }
    // Where breaches are rare, each that completes M of N is a new alarm. Where they are not, most of these would have come
    // while it was firing already, and M of N somewhere is what there is.
    let rare = p * f64::from(n) < 0.5;
    let bound = if rare { p * exactly(p, m - 1, n - 1) } else { at_least(p, m, n) };
    match Chain::new(m, n) {
        Some(chain) if bound > IMMATERIAL => chain.walk(p, None).hazard,
        _ => bound,
    }
}

/// How often an alarm fires whose every datapoint breaches with the same chance: at first, before its memory is full, and
/// from then on.
#[derive(Debug)]
pub struct FireRates {
    /// Probability that it has fired by each of the first evaluations; of none before is the first entry.
    first: Vec<f64>,
    /// Expected number at each evaluation behind those.
    pub later: f64,
}

impl FireRates {
    /// The rates where each datapoint breaches with probability `p` and `m` of the last `n` are needed.
    #[must_use]
    pub fn new(p: f64, m: u32, n: u32) -> Self {
        // Without an exact form only what is certain: too few datapoints fire nothing.
        let first = fires_by(p, 2 * n as usize, m, n).unwrap_or_else(|| vec![0.0; m as usize]);
        Self { first, later: expected_of(fire_rate(p, m, n)) }
    }

    /// Evaluations until the memory is full.
    #[must_use]
    pub fn memory(&self) -> f64 {
        (self.first.len() - 1) as f64
    }

    /// Expected number in so many first evaluations: where they fall in their periods is chance, so they may be a
    /// fraction.
    #[must_use]
    pub fn in_first(&self, evaluations: f64) -> f64 {
        let evaluations = evaluations.min(self.memory());
        let (whole, part) = (evaluations as usize, evaluations - libm::floor(evaluations));
        let next = self.first[(whole + 1).min(self.first.len() - 1)];
        expected_of(self.first[whole] + part * (next - self.first[whole]))
    }
}

/// The expected number of events of which at least one happens with this chance, if their number is Poisson; of certainty
/// there is no finite one.
fn expected_of(chance: f64) -> f64 {
    -libm::log1p(-chance.min(CERTAIN))
}

/// A chance that is as good as certain.
const CERTAIN: f64 = 1.0 - 1e-12;

/// `base^exponent` for `0 <= base <= 1`.
#[must_use]
pub fn power(base: f64, exponent: u64) -> f64 {
    match exponent {
        0 => 1.0,
        _ if base <= 0.0 => 0.0,
        _ => libm::exp(exponent as f64 * libm::log(base)),
    }
}

/// Probability of exactly `k` successes in `n` draws of probability `p`.
fn exactly(p: f64, k: u32, n: u32) -> f64 {
    let mut ways = 1.0;
    for i in 0..k {
        ways *= f64::from(n - i) / f64::from(i + 1);
    }
    ways * power(p, u64::from(k)) * power(1.0 - p, u64::from(n - k))
}

/// Probability of at least `k` successes in `n` draws of probability `p`.
fn at_least(p: f64, k: u32, n: u32) -> f64 {
    (k..=n).map(|k| exactly(p, k, n)).sum::<f64>().min(1.0)
}

/// Chance of each state of the memory while the alarm has not fired. A state is the mask of the breaches among the
/// last `n - 1` datapoints; for `m == n` the length of the present run says as much.
struct Chain {
    m: u32,
    runs: bool,
    chances: Vec<f64>,
    next: Vec<f64>,
}

/// Where a walk has come to.
struct Walked {
    fired: f64,
    hazard: f64,
}

impl Chain {
    fn new(m: u32, n: u32) -> Option<Self> {
        let runs = m == n;
        if !runs && n > EXACT {
            return None;
        }
        let states = if runs { m as usize } else { 1 << (n - 1) };
        let mut chances = vec![0.0; states];
        chances[0] = 1.0;
        Some(Self { m, runs, next: vec![0.0; states], chances })
    }

    /// So many evaluations; none: until the hazard has settled.
    fn walk(mut self, p: f64, evaluations: Option<u64>) -> Walked {
        let (mut survival, mut hazard, mut steady) = (1.0, 0.0_f64, 0);
        // Nothing has changed for as long as the memory reaches back: it is settled.
        let states = self.chances.len();
        let memory = if self.runs { states as u32 } else { states.trailing_zeros() } + 2;
        for step in (0..).take_while(|&step| evaluations.is_none_or(|all| step < all)) {
            let fired = self.step(p);
            steady = if (fired - hazard).abs() <= SETTLED * fired && fired > 0.0 { steady + 1 } else { 0 };
            hazard = fired;
            survival *= 1.0 - fired;
            if survival < 1e-15 || steady > memory {
                survival *= evaluations.map_or(0.0, |all| power(1.0 - hazard, all - step - 1));
                break;
            }
        }
        Walked { fired: 1.0 - survival, hazard }
    }

    /// One datapoint; the chance that it fires, given that none did before. The chances are scaled to 1 again.
    fn step(&mut self, p: f64) -> f64 {
        self.next.fill(0.0);
        let mut fired = 0.0;
        for (state, &chance) in self.chances.iter().enumerate().filter(|(_, chance)| **chance > 0.0) {
            let breaches = if self.runs { state as u32 } else { state.count_ones() };
            let quiet = if self.runs { 0 } else { (state << 1) % self.chances.len() };
            self.next[quiet] += chance * (1.0 - p);
            if breaches + 1 >= self.m {
                fired += chance * p;
            } else if self.runs {
                self.next[state + 1] += chance * p;
            } else {
                self.next[((state << 1) | 1) % self.chances.len()] += chance * p;
            }
        }
        let left: f64 = self.next.iter().sum();
        if left > 0.0 {
            self.next.iter_mut().for_each(|chance| *chance /= left);
        }
        std::mem::swap(&mut self.chances, &mut self.next);
        fired.min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_close(actual: f64, expected: f64) {
        assert!((actual - expected).abs() <= 1e-9 * expected.max(1e-3), "{actual} instead of {expected}");
    }

    /// By trying every sequence of datapoints.
    fn brute(p: f64, evaluations: u32, m: u32, n: u32) -> f64 {
        let mut fired = 0.0;
        for points in 0..1_u32 << evaluations {
            let fires = (0..evaluations).any(|end| {
                let first = (end + 1).saturating_sub(n);
                (first..=end).filter(|k| points >> k & 1 == 1).count() as u32 >= m
            });
            if fires {
                let breaches = u64::from(points.count_ones());
                fired += power(p, breaches) * power(1.0 - p, u64::from(evaluations) - breaches);
            }
        }
        fired
    }

    #[test]
    fn the_chain_is_every_sequence_of_datapoints() {
        for (m, n) in [(1, 1), (3, 3), (3, 5), (2, 4), (1, 3), (5, 6)] {
            for p in [0.01, 0.3, 0.8] {
                assert_close(fires_within(p, 12, m, n), brute(p, 12, m, n));
            }
        }
    }

    #[test]
    fn what_has_fired_by_each_evaluation() {
        for (m, n) in [(1, 1), (3, 3), (3, 5)] {
            let fired = fires_by(0.3, 9, m, n).unwrap();
            (0..10).for_each(|k| assert_close(fired[k], fires_within(0.3, k as u64, m, n)));
        }
        assert_eq!(fires_by(0.3, 9, 3, EXACT + 1), None);
    }

    #[test]
    fn a_coin_that_falls_often_enough() {
        // Recipe 4 of docs/scenario.md: 12 evaluations of 5 %.
        assert_close(1.0 - fires_within(0.05, 12, 1, 1), 0.540_360_087_662_636_4);
        assert_close(fires_within(1.0, 3, 3, 3), 1.0);
        assert_close(fires_within(1.0, 2, 3, 3), 0.0);
        assert_close(fires_within(0.5, 0, 1, 1), 0.0);
    }

    #[test]
    fn a_long_stretch_goes_by_the_rate() {
        for (p, m, n) in [(0.02, 3, 3), (0.05, 3, 5), (0.001, 1, 1)] {
            let long = fires_within(p, 20_000, m, n);
            let rate = fire_rate(p, m, n);
            assert!((long - (1.0 - libm::exp(-rate * 20_000.0))).abs() < 0.01 * long, "{long} {rate}");
        }
    }

    #[test]
    fn bounds_of_long_windows_are_on_their_side() {
        // A window of 12 is exact; treated as a long one it must not claim more power or fewer false alarms.
        let (p, m, n) = (0.2, 6, 12);
        let exact = fires_within(p, 60, m, n);
        let bound = 1.0 - power(1.0 - at_least(p, m, n), 5);
        assert!(bound <= exact && bound > 0.2 * exact, "{bound} {exact}");
        assert!(p * exactly(p, m - 1, n - 1) >= fire_rate(p, m, n));
        assert!(fires_within(0.2, 60, 6, 20) > exact, "a longer window of as many breaches fires sooner");
    }
}
