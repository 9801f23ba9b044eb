//! Resolves `[change]`.

use crate::ids::{DefectId, IdVec};
use crate::plan::{Change, Defect, Fleet, HOUR_MS, HostShare};
use crate::random::Distribution;
use crate::scenario::problems::Problems;
use crate::scenario::reader::{Field, Written};
use crate::scenario::rules;
use crate::scenario::spec::{ChangeSpec, DefectSpec};
use crate::scenario::value::IMMEDIATE;

/// Resolves the change that carries one of `catalogue`, resolved from `defects`, to a fleet.
pub(super) fn resolve(
    spec: &ChangeSpec,
    fleet: &Fleet,
    catalogue: IdVec<DefectId, Defect>,
    defects: &Field<Vec<Written<DefectSpec>>>,
    problems: &mut Problems,
) -> Change {
    if let Some(Written { value: probability, span }) = spec.bad_probability.get()
        && !probability.is_zero()
        && catalogue.is_empty()
        && !defects.is_broken()
    {
        let message = "changes can be bad, but no defect says how";
        let help = "add a `[[defect]]`, include a file that has some, or write \"0%\"";
        problems.report_once(rules::NO_DEFECT.at(*span, message).help(help));
    }
    let deploy_time = spec.deploy_time.or(IMMEDIATE);
    // Where it fails in some region only, no host of the others does for sure.
    let fails_in_some = fleet.regions.iter().any(|region| region.failing_hosts.is_some());
    let elsewhere = fails_in_some.then_some(HostShare::Count(0));
    Change {
        bad_probability: spec.bad_probability.or(if catalogue.is_empty() { 0.0 } else { 1.0 }),
        deploy_time,
        rollback_time: spec.rollback_time.or(deploy_time),
        downtime_ms: spec.downtime.given(),
        straggler_probability: spec.stragglers.or_default(),
        straggler_time: spec.straggler_time.or(Distribution::Fixed { ms: HOUR_MS }),
        failing_hosts: spec.failing_hosts.given().or(elsewhere),
        failing_time: spec.failing_time.given(),
        failure_probability: spec.failure_probability.or_default(),
        rollback_failure_probability: spec.rollback_failure_probability.or_default(),
        defects: catalogue,
    }
}
