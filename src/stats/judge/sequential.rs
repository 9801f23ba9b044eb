//! The sequential probability ratio test (Wald 1945, Annals of Mathematical Statistics 16): evidence is added up
//! until it is enough for one of two hypotheses. It may look after every trial and keeps its promise.
//!
//! The hypotheses are *healthy* and *ill*, both of which the caller states. If the truth lies between them the walk
//! takes longest and may end either way; that is what the gap between them is for.

use super::Counts;

/// What the evidence says so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Healthy.
    Accept,
    /// Ill.
    Reject,
    /// Not enough to tell.
    Continue,
}

/// Where the walk ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Boundaries {
    /// Healthy at or below this log-likelihood ratio; below 0.
    pub accept: f64,
    /// Ill at or above this one; above 0.
    pub reject: f64,
}

impl Boundaries {
    /// Wald's, from the probability `alpha` of rejecting what is healthy and `beta` of accepting what is ill; none
    /// unless both are above 0 and their sum is below 1.
    ///
    /// ln(β / (1 − α)) and ln((1 − β) / α). The real errors are not exactly these, because the walk jumps over its
    /// ends: α' ≤ α / (1 − β), β' ≤ β / (1 − α), and α' + β' ≤ α + β. All three hold without truncation, however
    /// many trials are added at a time.
    #[must_use]
    pub fn new(alpha: f64, beta: f64) -> Option<Self> {
        let sound = alpha > 0.0 && beta > 0.0 && alpha + beta < 1.0;
        sound.then(|| Self {
            accept: libm::log(beta) - libm::log1p(-alpha),
            reject: libm::log1p(-beta) - libm::log(alpha),
        })
    }

    /// Information that the walk takes on average, in the unit in which `drift` is the mean evidence of one: trials,
    /// or expected events. `reject` is the probability that it ends there. Wald's approximation, which ignores the
    /// jump over the end and so is somewhat short.
    #[must_use]
    pub fn mean_length(&self, drift: f64, reject: f64) -> f64 {
        (reject * self.reject + (1.0 - reject) * self.accept) / drift
    }
}

/// What was seen: by how much it speaks for illness, and how much there was to see.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence {
    /// Log of the likelihood if ill over the likelihood if healthy.
    pub log_ratio: f64,
    /// Information in the unit of the truncation.
    pub seen: f64,
}

/// Events among trials, if their probability is `healthy` or else `ill`, both between 0 and 1. Sees trials.
#[must_use]
pub fn bernoulli(counts: Counts, healthy: f64, ill: f64) -> Evidence {
    let quiet = counts.trials.saturating_sub(counts.events) as f64;
    let log_ratio = counts.events as f64 * (libm::log(ill) - libm::log(healthy))
        + quiet * (libm::log1p(-ill) - libm::log1p(-healthy));
    Evidence { log_ratio, seen: counts.trials as f64 }
}

/// Mean evidence of one trial whose event has probability `truth`: the drift of [`bernoulli`].
#[must_use]
pub fn bernoulli_drift(truth: f64, healthy: f64, ill: f64) -> f64 {
    truth * (libm::log(ill) - libm::log(healthy))
        + (1.0 - truth) * (libm::log1p(-ill) - libm::log1p(-healthy))
}

/// Events where `expected` are expected of a healthy canary, and `ratio` times as many of an ill one. Sees expected
/// events.
#[must_use]
pub fn poisson(events: u64, expected: f64, ratio: f64) -> Evidence {
    Evidence { log_ratio: events as f64 * libm::log(ratio) - expected * (ratio - 1.0), seen: expected }
}

/// Mean evidence of one expected event if the truth is `truth` times the expectation: the drift of [`poisson`].
#[must_use]
pub fn poisson_drift(truth: f64, ratio: f64) -> f64 {
    truth * libm::log(ratio) - (ratio - 1.0)
}

/// Events of a canary beside those of a baseline, if they come as often on both sides or else `ratio` times as often
/// on the canary, however often that is. Sees trials of the canary.
///
/// Of the events of both sides together the canary's are binomial, with its part of the trials if healthy. That
/// holds for Poisson counts, and nearly for shares of a few percent. For larger shares what is healthy is rejected no
/// more often: drawing without replacement spreads less (Hoeffding 1963, Journal of the American Statistical
/// Association 58). Trials may change from look to look.
#[must_use]
pub fn versus(canary: Counts, baseline: Counts, ratio: f64) -> Evidence {
    let (own, other) = (canary.trials as f64, baseline.trials as f64);
    let seen = own;
    // One side without trials gives no evidence by itself; two have no part of anything.
    if own + other == 0.0 {
        return Evidence { log_ratio: 0.0, seen };
    }
    let all = canary.events as f64 + baseline.events as f64;
    let log_ratio =
        canary.events as f64 * libm::log(ratio) - all * libm::log1p((ratio - 1.0) * own / (own + other));
    Evidence { log_ratio, seen }
}

/// A test under way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Walk {
    boundaries: Boundaries,
    most: Option<f64>,
    log_ratio: f64,
    seen: f64,
    decision: Decision,
}

impl Walk {
    /// Nothing seen yet. With `most` the test ends when so much was seen, in the unit of its [`Evidence`]: then what
    /// the evidence speaks for is taken, and healthy if it speaks for neither. That costs some of the promised
    /// errors, less the more there is to see.
    #[must_use]
    pub fn new(boundaries: Boundaries, most: Option<f64>) -> Self {
        Self { boundaries, most, log_ratio: 0.0, seen: 0.0, decision: Decision::Continue }
    }

    /// Adds evidence and says what it amounts to. A decision stands: what comes after it changes nothing.
    pub fn add(&mut self, evidence: Evidence) -> Decision {
        if self.decision != Decision::Continue {
            return self.decision;
        }
        self.log_ratio += evidence.log_ratio;
        self.seen += evidence.seen;
        self.decision = if self.log_ratio >= self.boundaries.reject {
            Decision::Reject
        } else if self.log_ratio <= self.boundaries.accept {
            Decision::Accept
        } else if self.most.is_none_or(|most| self.seen < most) {
            Decision::Continue
        } else if self.log_ratio > 0.0 {
            Decision::Reject
        } else {
            Decision::Accept
        };
        self.decision
    }

    /// What was decided.
    #[must_use]
    pub fn decision(&self) -> Decision {
        self.decision
    }

    /// Evidence so far: the log of the likelihood if ill over the likelihood if healthy.
    #[must_use]
    pub fn log_ratio(&self) -> f64 {
        self.log_ratio
    }

    /// How much was seen until the decision.
    #[must_use]
    pub fn seen(&self) -> f64 {
        self.seen
    }
}

#[cfg(test)]
mod tests {
    // Tests of the sequential test: Wald's own example, its errors by recursion and by simulation, and the truncation.

    use super::*;
    use crate::stats::test_uniforms::Uniforms;
    use Decision::{Accept, Continue, Reject};

    fn counts(events: u64, trials: u64) -> Counts {
        Counts { events, trials }
    }

    fn boundaries(alpha: f64, beta: f64) -> Boundaries {
        Boundaries::new(alpha, beta).unwrap()
    }

    #[test]
    fn walds_example_has_his_lines() {
        // Sampling inspection of lots with 10 % or 30 % defective, errors of 2 % and 3 % (Wald 1947, Sequential Analysis,
        // section 5.3): accept up to −2.583 + 0.18618 n defective ones of n, reject from 2.8755 + 0.18618 n on.
        let ends = boundaries(0.02, 0.03);
        let decide = |events, trials| Walk::new(ends, None).add(bernoulli(counts(events, trials), 0.1, 0.3));
        for trials in 1..200_u64 {
            let line = 0.186_18 * trials as f64;
            for events in 0..=trials {
                let wanted = match events as f64 - line {
                    above if above >= 2.8755 => Reject,
                    above if above <= -2.583 => Accept,
                    _ => Continue,
                };
                assert_eq!(decide(events, trials), wanted, "{events} of {trials}");
            }
        }
    }

    #[test]
    fn errors_that_make_no_sense_have_no_boundaries() {
        for (alpha, beta) in [(0.0, 0.1), (0.1, 0.0), (-0.1, 0.1), (0.5, 0.5), (0.9, 0.2), (f64::NAN, 0.1)] {
            assert_eq!(Boundaries::new(alpha, beta), None, "{alpha} {beta}");
        }
        let even = boundaries(0.05, 0.05);
        assert!((even.reject + even.accept).abs() < 1e-12 && (even.reject - libm::log(19.0)).abs() < 1e-12);
    }

    /// Probability of rejection and mean length of the walk with one trial at a time, by recursion over the number of
    /// events among trials that did not decide.
    fn exactly(ends: Boundaries, healthy: f64, ill: f64, truth: f64) -> (f64, f64) {
        let (up, down) = (libm::log(ill / healthy), libm::log((1.0 - ill) / (1.0 - healthy)));
        let mut undecided = vec![1.0_f64];
        let (mut rejected, mut length) = (0.0, 0.0);
        for trials in 1_u32.. {
            let left: f64 = undecided.iter().sum();
            if left < 1e-12 {
                break;
            }
            length += left;
            let mut next = vec![0.0; undecided.len() + 1];
            for (events, p) in undecided.iter().enumerate() {
                next[events] += p * (1.0 - truth);
                next[events + 1] += p * truth;
            }
            for (events, p) in next.iter_mut().enumerate() {
                let ratio = events as f64 * up + (f64::from(trials) - events as f64) * down;
                if ratio >= ends.reject {
                    rejected += *p;
                }
                if ratio >= ends.reject || ratio <= ends.accept {
                    *p = 0.0;
                }
            }
            undecided = next;
        }
        (rejected, length)
    }

    /// Runs of a walk over batches of `batch` trials with events of probability `truth`: rejections, and mean length.
    fn simulated(
        walk: Walk,
        batch: u64,
        truth: f64,
        runs: u32,
        seed: u64,
        evidence: impl Fn(Counts) -> Evidence,
    ) -> (u32, f64) {
        let mut uniforms = Uniforms(seed);
        let (mut rejected, mut length) = (0, 0.0);
        for _ in 0..runs {
            let mut walk = walk;
            while walk.decision() == Continue {
                let events = (0..batch).filter(|_| uniforms.next() < truth).count() as u64;
                walk.add(evidence(counts(events, batch)));
            }
            rejected += u32::from(walk.decision() == Reject);
            length += walk.seen();
        }
        (rejected, length / f64::from(runs))
    }

    #[test]
    fn errors_and_lengths_are_those_of_the_recursion() {
        for (alpha, beta, healthy, ill) in
            [(0.05, 0.1, 0.01, 0.05), (0.01, 0.2, 0.1, 0.3), (0.02, 0.02, 0.2, 0.25)]
        {
            let ends = boundaries(alpha, beta);
            let (wrong, when_healthy) = exactly(ends, healthy, ill, healthy);
            let (right, when_ill) = exactly(ends, healthy, ill, ill);
            let missed = 1.0 - right;
            println!(
                "{healthy} {ill}: alpha {wrong:.4} beta {missed:.4} lengths {when_healthy:.1} {when_ill:.1}"
            );
            assert!(wrong <= alpha / (1.0 - beta) && missed <= beta / (1.0 - alpha));
            assert!(wrong + missed <= alpha + beta && wrong > alpha / 3.0 && missed > beta / 3.0);
            // Wald's approximation ignores the jump over the end.
            for (truth, reject, exact) in [(healthy, wrong, when_healthy), (ill, right, when_ill)] {
                let wald = ends.mean_length(bernoulli_drift(truth, healthy, ill), reject);
                assert!(wald <= exact * 1.001 && wald > exact * 0.7, "{wald} {exact}");
            }
            let runs = 20_000;
            for (truth, p, length) in [(healthy, wrong, when_healthy), (ill, right, when_ill)] {
                let walk = Walk::new(ends, None);
                let (rejected, mean) =
                    simulated(walk, 1, truth, runs, 21, |seen| bernoulli(seen, healthy, ill));
                let error = libm::sqrt(p * (1.0 - p) / f64::from(runs));
                let z = (f64::from(rejected) / f64::from(runs) - p) / error;
                assert!(z.abs() <= 4.5, "{truth}: {z}");
                assert!((mean / length - 1.0).abs() < 0.05, "{truth}: {mean} for {length}");
            }
        }
    }

    #[test]
    fn the_promise_holds_for_trials_in_batches() {
        let (alpha, beta, runs) = (0.05, 0.1, 10_000);
        for batch in [10, 100, 1000] {
            let walk = Walk::new(boundaries(alpha, beta), None);
            let run =
                |truth| simulated(walk, batch, truth, runs, batch, |seen| bernoulli(seen, 0.01, 0.03)).0;
            let (wrong, missed) = (run(0.01), runs - run(0.03));
            let most = |bound: f64| {
                (bound + 4.5 * libm::sqrt(bound * (1.0 - bound) / f64::from(runs))) * f64::from(runs)
            };
            assert!(f64::from(wrong) < most(alpha / (1.0 - beta)), "{batch}: {wrong}");
            assert!(f64::from(missed) < most(beta / (1.0 - alpha)), "{batch}: {missed}");
            println!("batches of {batch}: {wrong} false, {missed} missed of {runs}");
        }
    }

    #[test]
    fn what_is_decided_stays_decided() {
        let mut walk = Walk::new(boundaries(0.05, 0.05), None);
        let one = |log_ratio| Evidence { log_ratio, seen: 1.0 };
        assert_eq!((walk.decision(), walk.add(one(2.0)), walk.add(one(0.9))), (Continue, Continue, Continue));
        assert_eq!(walk.add(one(0.1)), Reject);
        assert_eq!((walk.add(one(-90.0)), walk.decision()), (Reject, Reject));
        assert!(
            (walk.log_ratio() - 3.0).abs() < 1e-12 && walk.seen() == 3.0,
            "what came later is not counted"
        );
    }

    #[test]
    fn a_truncated_walk_takes_what_the_evidence_speaks_for() {
        let ends = boundaries(0.05, 0.05);
        for (log_ratio, last) in [(0.5, Reject), (0.0, Accept), (-0.5, Accept)] {
            let mut walk = Walk::new(ends, Some(10.0));
            assert_eq!(walk.add(Evidence { log_ratio: 0.0, seen: 9.0 }), Continue);
            assert_eq!(walk.add(Evidence { log_ratio, seen: 1.0 }), last, "{log_ratio}");
        }
        // Time is counted in trials, expected events and trials of the canary.
        assert_eq!(bernoulli(counts(3, 50), 0.1, 0.2).seen, 50.0);
        assert_eq!(poisson(3, 2.5, 2.0).seen, 2.5);
        assert_eq!(versus(counts(3, 50), counts(3, 70), 2.0).seen, 50.0);
        // The end of the walk goes before the end of the time.
        assert_eq!(Walk::new(ends, Some(1.0)).add(Evidence { log_ratio: -3.0, seen: 5.0 }), Accept);
        assert_eq!(Walk::new(ends, Some(1.0)).add(Evidence { log_ratio: 3.0, seen: 5.0 }), Reject);
    }

    #[test]
    fn truncation_costs_little_where_there_is_much_to_see() {
        let ends = boundaries(0.05, 0.1);
        let (_, length) = exactly(ends, 0.01, 0.05, 0.01);
        let (runs, mut found) = (20_000, Vec::new());
        for most in [0.5 * length, length, 4.0 * length] {
            let walk = Walk::new(ends, Some(most.round()));
            let (wrong, mean) = simulated(walk, 1, 0.01, runs, 22, |seen| bernoulli(seen, 0.01, 0.05));
            assert!(mean <= most.round());
            found.push(f64::from(wrong) / f64::from(runs));
        }
        println!("false rejections with half, one and four mean lengths: {found:?}");
        let (exact, _) = exactly(ends, 0.01, 0.05, 0.01);
        assert!(found[0] > found[1] && found[1] > found[2], "{found:?}");
        assert!((found[2] - exact).abs() < 0.01 && found[0] < 0.2, "{found:?} {exact}");
    }

    /// A Poisson count by its waiting times.
    fn arrivals(uniforms: &mut Uniforms, mean: f64) -> u64 {
        let mut time = -libm::log(uniforms.next());
        let mut events = 0;
        while time < mean {
            events += 1;
            time -= libm::log(uniforms.next());
        }
        events
    }

    #[test]
    fn counts_against_an_expectation_keep_the_promise() {
        // One expected event a look; an ill canary has twice as many.
        let (alpha, beta, runs) = (0.02, 0.1, 4000);
        let ends = boundaries(alpha, beta);
        let run = |truth: f64, seed| {
            let mut uniforms = Uniforms(seed);
            let (mut rejected, mut length) = (0, 0.0);
            for _ in 0..runs {
                let mut walk = Walk::new(ends, None);
                while walk.decision() == Continue {
                    walk.add(poisson(arrivals(&mut uniforms, truth), 1.0, 2.0));
                }
                rejected += u32::from(walk.decision() == Reject);
                length += walk.seen() / f64::from(runs);
            }
            (rejected, length)
        };
        let ((wrong, healthy), (right, ill)) = (run(1.0, 23), run(2.0, 24));
        let most = |bound: f64| {
            (bound + 4.5 * libm::sqrt(bound * (1.0 - bound) / f64::from(runs))) * f64::from(runs)
        };
        assert!(f64::from(wrong) < most(alpha / (1.0 - beta)), "{wrong}");
        assert!(f64::from(runs - right) < most(beta / (1.0 - alpha)), "{right}");
        println!(
            "poisson: {wrong} false, {} missed of {runs}; {healthy:.1} and {ill:.1} expected events",
            runs - right
        );
        for (truth, rejected, length) in [(1.0, wrong, healthy), (2.0, right, ill)] {
            let share = f64::from(rejected) / f64::from(runs);
            let wald = ends.mean_length(poisson_drift(truth, 2.0), share);
            assert!(wald <= length * 1.02 && wald > length * 0.6, "{wald} {length}");
        }
    }

    #[test]
    fn a_baseline_gives_the_evidence_of_a_binomial_split() {
        // ln of C(n, k) s₁^k (1 − s₁)^(n − k) over the same with s₀, by hand.
        for (canary, baseline, ratio) in [
            (counts(7, 100), counts(3, 100), 2.0),
            (counts(0, 50), counts(9, 200), 3.0),
            (counts(4, 10), counts(0, 90), 1.5),
        ] {
            let (own, other) = (canary.trials as f64, baseline.trials as f64);
            let (healthy, ill) = (own / (own + other), ratio * own / (ratio * own + other));
            let (k, rest) = (canary.events as f64, baseline.events as f64);
            let wanted = k * libm::log(ill / healthy) + rest * libm::log((1.0 - ill) / (1.0 - healthy));
            let found = versus(canary, baseline, ratio);
            assert!((found.log_ratio - wanted).abs() < 1e-12 && found.seen == own, "{found:?} {wanted}");
        }
        for (canary, baseline) in
            [(counts(0, 0), counts(5, 10)), (counts(5, 10), counts(0, 0)), (counts(0, 0), counts(0, 0))]
        {
            assert_eq!(versus(canary, baseline, 2.0).log_ratio, 0.0, "one side alone says nothing");
        }
    }

    #[test]
    fn beside_a_baseline_the_promise_holds_whatever_the_background() {
        let (alpha, beta, runs) = (0.05, 0.1, 2000);
        let most = |bound: f64| {
            (bound + 4.5 * libm::sqrt(bound * (1.0 - bound) / f64::from(runs))) * f64::from(runs)
        };
        for (background, share) in [(0.0005, 1.0), (0.005, 1.0), (0.02, 4.0), (0.3, 1.0)] {
            let run = |times: f64, seed| {
                let mut uniforms = Uniforms(seed);
                let mut decided = |_| {
                    let mut walk = Walk::new(boundaries(alpha, beta), None);
                    while walk.decision() == Continue {
                        let (own, other) = (200_u64, (200.0 * share) as u64);
                        let events = |uniforms: &mut Uniforms, trials: u64, p: f64| {
                            (0..trials).filter(|_| uniforms.next() < p).count() as u64
                        };
                        let canary = counts(events(&mut uniforms, own, times * background), own);
                        let baseline = counts(events(&mut uniforms, other, background), other);
                        walk.add(versus(canary, baseline, 3.0));
                    }
                    walk.decision() == Reject
                };
                (0..runs).filter(|run| decided(*run)).count() as u32
            };
            let (wrong, missed) = (run(1.0, 25), runs as u32 - run(3.0, 26));
            println!("background {background}, share {share}: {wrong} false, {missed} missed of {runs}");
            assert!(f64::from(wrong) < most(alpha / (1.0 - beta)), "{background}: {wrong}");
            assert!(f64::from(missed) < most(beta / (1.0 - alpha)), "{background}: {missed}");
        }
    }
}
