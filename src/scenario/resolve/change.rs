//! Resolves `[change]`.

use super::read::{IMMEDIATE, distribution, ratio};
use crate::plan::{Change, Defect, HOUR_MS};
use crate::random::Distribution;
use crate::scenario::problems::Problems;
use crate::scenario::reader::{Field, Written};
use crate::scenario::rules;
use crate::scenario::spec::{ChangeSpec, DefectSpec};

/// Resolves the change that carries one of `catalogue`, resolved from `defects`.
pub(super) fn resolve(
    spec: &ChangeSpec,
    catalogue: Vec<Defect>,
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
    let deploy_time = distribution(&spec.deploy_time, IMMEDIATE);
    Change {
        bad_probability: ratio(&spec.bad_probability, if catalogue.is_empty() { 0.0 } else { 1.0 }),
        deploy_time,
        rollback_time: distribution(&spec.rollback_time, deploy_time),
        straggler_probability: ratio(&spec.stragglers, 0.0),
        straggler_time: distribution(&spec.straggler_time, Distribution::Fixed { ms: HOUR_MS }),
        defects: catalogue,
    }
}
