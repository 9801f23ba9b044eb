//! Resolves gates that wait for evidence of the new version: as many requests as a test of some power needs, and what may
//! come next within a budget.

use super::alert::sign;
use super::fleet::ResolvedFleet;
use super::scene::Scene;
use crate::diagnostic::Span;
use crate::plan::reach::shares_after;
use crate::plan::{GateKind, GateRisk, Wave};
use crate::random::normal;
use crate::scenario::problems::Problems;
use crate::scenario::reader::Written;
use crate::scenario::spec::{GateSpec, PowerSpec, RiskSpec, WaveSpec};
use crate::scenario::value::Percent;

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

/// What may be risked; which waves may come next is settled when all are known. None if it was reported.
pub(super) fn risk(
    written: &Written<RiskSpec>,
    gate: &Written<GateSpec>,
    scene: &Scene,
    problems: &mut Problems,
) -> Option<GateRisk> {
    let spec = &written.value;
    let budget = spec.budget.get()?;
    let confidence = spec.confidence.or(0.95);
    let zero = budget.value.is_zero().then_some((budget.span, "a budget of nothing lets nothing through"));
    let sure = spec.confidence.span().filter(|_| confidence <= 0.0 || confidence >= 1.0);
    let sure = sure.map(|span| (span, "`confidence` must be between 0 % and 100 %"));
    if let Some((span, message)) = zero.or(sure) {
        problems.out_of_range(span, message, "write more than 0 %, such as \"0.1%\" of \"95%\" confidence");
        return None;
    }
    if gate.value.within.is_absent() {
        let message = "a change that does harm within the budget may never go on";
        problems.missing_key(gate.span, message, "add `within = \"6h\"` to the gate");
        return None;
    }
    check_traffic(written.span, scene, problems);
    let Percent(budget) = budget.value;
    Some(GateRisk { budget: budget.as_f64(), confidence, sign: sign(&spec.signal), shares: Vec::new() })
}

/// Settles which waves may come next behind each gate that weighs risk: the next one, and in a ladder as far as all that is
/// passed over waits for the same gates. `written` and `ladders` have, for each wave, its text and the number of the last wave
/// of its ladder.
pub(super) fn settle(
    waves: &mut [Wave],
    written: &[WaveSpec],
    ladders: &[usize],
    fleet: &ResolvedFleet,
    problems: &mut Problems,
) {
    let weighs = |wave: &Wave| wave.gates.iter().any(|gate| matches!(gate.kind, GateKind::Risk(_)));
    if !fleet.sound || !waves.iter().any(weighs) {
        return;
    }
    let shares = shares_after(&fleet.plan, waves);
    let furthest = |waves: &[Wave], from: usize| {
        let mut next = from + 1;
        while next < ladders[from] && waves[next].gates == waves[from].gates {
            next += 1;
        }
        next
    };
    let ends: Vec<usize> = (0..waves.len()).map(|wave| furthest(waves, wave)).collect();
    for (index, wave) in waves.iter_mut().enumerate() {
        let bake_ms = wave.bake_ms;
        for (number, gate) in wave.gates.iter_mut().enumerate() {
            let GateKind::Risk(risk) = &mut gate.kind else { continue };
            let place = written[index].gates.list().get(number).map_or(Span::default(), |gate| gate.span);
            if shares.len() == index + 1 {
                let help = "remove the gate, or write it behind an earlier wave";
                problems.out_of_range(place, "no wave follows whose risk could be weighed", help);
            } else if bake_ms == 0 || gate.within_ms.is_some_and(|within_ms| within_ms <= bake_ms) {
                let message =
                    "this gate is never asked: it is each time that the bake has passed, before `within`";
                let help = "add a bake (of a ramp, `every`) above 0 and below `within`";
                problems.out_of_range(place, message, help);
            } else {
                risk.shares = most_on_the_way(&shares[index + 1..=ends[index]]);
            }
        }
    }
}

/// For each share the largest one until then: steps may send the new version less than those before.
fn most_on_the_way(shares: &[f64]) -> Vec<f64> {
    let mut most: f64 = 0.0;
    let after = |share: &f64| {
        most = most.max(*share);
        most
    };
    shares.iter().map(after).collect()
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
