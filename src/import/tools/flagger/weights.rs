//! The weights that Flagger gives a canary, tick by tick. It reads no file.

/// All requests.
const ALL: u64 = 100;

/// Weights of equal steps: until `most` is reached, which the last one may pass.
pub(super) fn even(step: u64, most: u64) -> Vec<u64> {
    let mut weights = Vec::new();
    while step > 0 && weights.last().is_none_or(|last| *last < most.min(ALL)) {
        weights.push((weights.last().unwrap_or(&0) + step).min(ALL));
    }
    weights
}

/// Weights of a list, each with its index in it; up to the last of the list.
///
/// # Errors
/// The weight from which Flagger gets no further, and its index.
pub(super) fn listed(list: &[u64]) -> Result<Vec<(u64, usize)>, (u64, usize)> {
    let most = list.last().map_or(0, |last| (*last).min(ALL));
    let mut weights: Vec<(u64, usize)> = Vec::new();
    loop {
        let (now, index) = weights.last().copied().unwrap_or((0, 0));
        if !weights.is_empty() && now >= most {
            return Ok(weights);
        }
        let next = match list.iter().position(|weight| *weight == now && now > 0) {
            None if weights.is_empty() => 0,
            Some(known) if known + 1 < list.len() => known + 1,
            Some(_) | None => return Err((now, index)),
        };
        let weight = list.get(next).map_or(0, |weight| (*weight).min(ALL));
        if weight <= now {
            return Err((now, next));
        }
        weights.push((weight, next));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_steps_pass_the_most() {
        assert_eq!(even(20, 50), [20, 40, 60]);
        assert_eq!(even(5, 10), [5, 10]);
        assert_eq!(even(60, 100), [60, 100]);
        assert_eq!(even(1, 100).len(), 100);
        assert!(even(0, 50).is_empty());
    }

    #[test]
    fn a_list_is_climbed_to_its_last() {
        let weights =
            |list: &[u64]| listed(list).map(|all| all.iter().map(|(weight, _)| *weight).collect::<Vec<_>>());
        assert_eq!(weights(&[1, 2, 10, 80]), Ok(vec![1, 2, 10, 80]));
        assert_eq!(weights(&[50, 120]), Ok(vec![50, 100]));
        // The weight of a repeated element is found at its first place, so it never changes again.
        assert_eq!(listed(&[10, 10, 20]), Err((10, 1)));
        assert_eq!(listed(&[0, 10]), Err((0, 0)));
        assert_eq!(listed(&[]), Err((0, 0)));
        // Where an element is the most already, the canary is promoted.
        assert_eq!(weights(&[30, 20]), Ok(vec![30]));
    }
}
