//! Resolves gates that wait for evidence of the new version: as many requests as a test of some power needs.

use super::alert::sign;
use super::scene::Scene;
use crate::diagnostic::Span;
use crate::random::normal;
use crate::scenario::problems::Problems;
use crate::scenario::reader::Written;
use crate::scenario::spec::PowerSpec;

/// The most requests that a gate can wait for.
const MOST_REQUESTS: f64 = 1e12;

/// Reports a gate that waits for requests where none come.
pub(super) fn check_traffic(place: Span, scene: &Scene, problems: &mut Problems) {
    let fleet = &scene.fleet;
    if fleet.sound && fleet.plan.regions.iter().all(|region| region.requests_per_second == 0.0) {
        let message = "a gate that waits for requests never opens: the fleet has no traffic";
        problems.out_of_range(place, message, "add `requests-per-second` to the regions");
    }
}

/// Requests that the new version must serve for a test of that power; none if it was reported.
pub(super) fn power(written: &Written<PowerSpec>, scene: &Scene, problems: &mut Problems) -> Option<u64> {
    let spec = &written.value;
    let (detects, place) = spec.detects.get().map(|detects| (detects.value.0.as_f64(), detects.span))?;
    let (alpha, beta) = (spec.false_positive.or(0.05), spec.false_negative.or(0.2));
    if alpha <= 0.0 || beta <= 0.0 || alpha + beta >= 1.0 {
        let errors = spec.false_positive.span().or(spec.false_negative.span()).unwrap_or(written.span);
        let help = "write errors above 0 %, together below 100 %, or leave them out";
        problems.out_of_range(errors, "no test has such errors", help);
        return None;
    }
    let background = scene.fleet.plan.background_of(sign(&spec.signal));
    if detects <= 0.0 || background + detects > 1.0 {
        let message = "no change can be worse than the background by that";
        let help =
            "write more than 0 %, and no more than what is left of 100 % beside the fleet's background";
        problems.out_of_range(place, message, help);
        return None;
    }
    check_traffic(written.span, scene, problems);
    let requests = sample_size(background, background + detects, (alpha, beta));
    if requests > MOST_REQUESTS {
        let message = "a test that detects so little needs more than 10^12 requests";
        problems.out_of_range(place, message, "let it detect more");
        return None;
    }
    Some(requests as u64)
}

/// Requests of either version for a one-sided z-test of two proportions, old and new, with these errors.
fn sample_size(old: f64, new: f64, (alpha, beta): (f64, f64)) -> f64 {
    let spread = |share: f64| share * (1.0 - share);
    let alike = normal::quantile(1.0 - alpha) * (2.0 * spread((old + new) / 2.0)).sqrt();
    let apart = normal::quantile(1.0 - beta) * (spread(old) + spread(new)).sqrt();
    let root = (alike + apart) / (new - old);
    libm::ceil(root * root).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sample_sizes_are_those_of_textbooks() {
        let errors = (0.025, 0.2);
        // Fleiss, Statistical Methods for Rates and Proportions: two-sided 5 %, power 80 %, without continuity correction.
        for (old, new, size) in [(0.5, 0.6, 388.0), (0.1, 0.2, 199.0), (0.1, 0.15, 686.0)] {
            assert_eq!(sample_size(old, new, errors), size, "{old} {new}");
        }
        assert!(sample_size(0.0, 1.0, (0.4, 0.4)) >= 1.0);
    }
}
