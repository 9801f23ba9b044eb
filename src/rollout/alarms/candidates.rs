//! Next-breach sampling: finds the datapoints that could breach without visiting the others.
//!
//! Every evaluation k of an alarm instance has a uniform U(k); it breaches if U(k) < p(k). Where p
//! stays below an envelope 2^-level, only the k with U(k) < 2^-level matter. They are a Bernoulli
//! process, so the gaps between them are geometric and are drawn directly. The process is cut into
//! blocks of evaluations that are keyed by position: any instant can be reached at once, and what
//! lies there does not depend on how one got there, nor on the strategy.

use crate::random::{Purpose, Streams, mix};

/// An evaluation that may breach, and its uniform.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BreachCandidate {
    /// Index of the evaluation on the alarm's lattice.
    pub k: u64,
    /// Its uniform, below the envelope.
    pub uniform: f64,
}

/// Smallest power-of-two envelope over `p`: the largest `level` with `p <= 2^-level`, 0 to 62.
pub fn level_of(p: f64) -> u32 {
    debug_assert!(p > 0.0 && p <= 1.0, "an envelope needs a probability, not {p}");
    // A float's exponent field is its binary order of magnitude; an exact power of two is its own envelope.
    let bits = p.to_bits();
    let exponent = 1023 - (bits >> 52) as i64;
    let exact = bits & ((1 << 52) - 1) == 0;
    (if exact { exponent } else { exponent - 1 }).clamp(0, 62) as u32
}

/// Evaluations per block: about four candidates each.
fn block_evaluations(level: u32) -> u64 {
    1 << (level + 2).clamp(6, 62)
}

/// The first candidate at or after evaluation `from`, at `level`, for the alarm instance `entity`.
/// None if there is none before the end of representable time.
pub fn next(streams: &Streams, entity: u64, level: u32, from: u64) -> Option<BreachCandidate> {
    if level == 0 {
        let uniform = streams.stream(Purpose::Datapoint, entity).uniform_at(from);
        return Some(BreachCandidate { k: from, uniform });
    }
    let envelope = 1.0 / (1_u64 << level) as f64;
    let log_miss = libm::log1p(-envelope);
    let size = block_evaluations(level);
    let mut block = from / size;
    loop {
        let mut stream = streams.stream(Purpose::Datapoint, mix(&[entity, u64::from(level), block]));
        let mut offset = 0_u64;
        loop {
            // Failures before the next success: floor(ln U / ln(1 - q)).
            let gap = libm::floor(libm::log(stream.uniform()) / log_miss);
            offset = offset.saturating_add(gap as u64);
            if offset >= size {
                break;
            }
            let uniform = stream.uniform() * envelope;
            let k = block * size + offset;
            if k >= from {
                return Some(BreachCandidate { k, uniform });
            }
            offset += 1;
        }
        block = block.checked_add(1).filter(|block| block.checked_mul(size).is_some())?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_is_the_tightest_power_of_two() {
        for (p, level) in
            [(1.0, 0), (0.6, 0), (0.5, 1), (0.3, 1), (0.25, 2), (0.1, 3), (1e-3, 9), (1e-19, 62), (2e-19, 62)]
        {
            assert_eq!(level_of(p), level, "{p}");
            assert!(p <= 1.0 / (1_u64 << level) as f64);
        }
    }

    #[test]
    fn any_start_finds_the_same_process() {
        let streams = Streams::new(5, 6);
        for level in [1, 3, 7] {
            let mut all = Vec::new();
            let mut from = 0;
            while from < 3_000 {
                let candidate = next(&streams, 77, level, from).unwrap();
                from = candidate.k + 1;
                all.push(candidate);
            }
            for start in (0..2_900).step_by(13) {
                let expected = all.iter().find(|candidate| candidate.k >= start).unwrap();
                assert_eq!(next(&streams, 77, level, start), Some(*expected), "level {level} from {start}");
            }
        }
    }

    #[test]
    fn the_process_has_a_golden_digest() {
        let streams = Streams::new(1, 1);
        let digests = [0, 1, 5, 12].map(|level| {
            let mut from = 0;
            let samples: Vec<u64> = (0..200)
                .flat_map(|_| {
                    let candidate = next(&streams, 9, level, from).unwrap();
                    from = candidate.k + 1;
                    [candidate.k, candidate.uniform.to_bits()]
                })
                .collect();
            format!("{:016x}", mix(&samples))
        });
        // Moves only with MODEL_VERSION.
        assert_eq!(digests, ["f0b8edb9d88d343f", "fa49dc0dd77e25e4", "7d8a8564415237b9", "f61d533325f3a488"]);
    }

    #[test]
    fn candidates_are_bernoulli_with_uniform_marks() {
        // 200,000 evaluations at 1/8: sd of the count is 148, of the mean mark 2.3e-4; limits at 5 sd.
        let streams = Streams::new(8, 9);
        let (mut count, mut marks, mut from) = (0.0, 0.0, 0);
        while let Some(candidate) = next(&streams, 3, 3, from).filter(|c| c.k < 200_000) {
            count += 1.0;
            marks += candidate.uniform;
            from = candidate.k + 1;
        }
        assert!((count - 25_000.0_f64).abs() < 740.0, "{count}");
        assert!((marks / count - 1.0 / 16.0).abs() < 1.2e-3, "{}", marks / count);
    }
}
