//! Resolves `[change]` and `[[defect]]`.

use super::fleet::ratio;
use super::{check_unique, name};
use crate::diagnostic::Diagnostic;
use crate::plan::{Change, Defect, DefectClock, HostShare};
use crate::random::Distribution;
use crate::scenario::problems::Problems;
use crate::scenario::reader::{Field, Written};
use crate::scenario::rules;
use crate::scenario::spec::{ChangeSpec, DefectSpec};
use crate::scenario::value::{DistributionText, HostCount, Positive};

const IMMEDIATE: Distribution = Distribution::Fixed { ms: 0 };

/// Resolves the change and its defects.
pub(super) fn resolve(
    change: &Field<ChangeSpec>,
    defects: &Field<Vec<Written<DefectSpec>>>,
    problems: &mut Problems,
) -> Change {
    let absent = ChangeSpec::default();
    let spec = change.value().unwrap_or(&absent);
    let catalogue = resolve_defects(defects.value().map_or(&[][..], Vec::as_slice), problems);
    if let Some(Written { value: probability, span }) = spec.bad_probability.get()
        && !probability.is_zero()
        && catalogue.is_empty()
        && !defects.is_broken()
    {
        let message = "changes can be bad, but no defect says how";
        let diagnostic = Diagnostic::new(&rules::NO_DEFECT, message).at(*span, "");
        problems.report(diagnostic.help("add a `[[defect]]`, include a file that has some, or write \"0%\""));
    }
    let deploy_time = distribution(&spec.deploy_time, IMMEDIATE);
    Change {
        bad_probability: ratio(&spec.bad_probability, if catalogue.is_empty() { 0.0 } else { 1.0 }),
        deploy_time,
        rollback_time: distribution(&spec.rollback_time, deploy_time),
        defects: catalogue,
    }
}

/// A distribution, or `default` where it was left out.
pub(super) fn distribution(field: &Field<DistributionText>, default: Distribution) -> Distribution {
    field.value().map_or(default, |DistributionText(distribution)| *distribution)
}

fn resolve_defects(defects: &[Written<DefectSpec>], problems: &mut Problems) -> Vec<Defect> {
    check_unique("defect", defects.iter().map(|defect| &defect.value.name), problems);
    let weight = |spec: &DefectSpec| spec.weight.value().map_or(1.0, |Positive(weight)| *weight);
    // In order of definition: the same file gives the same bits everywhere.
    let total: f64 = defects.iter().map(|defect| weight(&defect.value)).sum();
    let resolve = |Written { value: spec, .. }: &Written<DefectSpec>| Defect {
        name: name(&spec.name),
        probability: weight(spec) / total,
        clock: spec.clock.or(DefectClock::Host),
        onset: distribution(&spec.onset, IMMEDIATE),
        reach: spec.reach.value().map_or(HostShare::ALL, |HostCount(share)| *share),
        error_ratio: ratio(&spec.error_ratio, 1.0),
    };
    defects.iter().map(resolve).collect()
}
