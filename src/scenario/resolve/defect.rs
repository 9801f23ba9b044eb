//! Resolves `[[defect]]`.

use super::alarm::{ResolvedAlarm, alarm_indices};
use super::fleet::ResolvedFleet;
use super::names::{check_unique, unknown};
use super::read::{IMMEDIATE, distribution, given, name, ratio, share};
use crate::diagnostic::{Diagnostic, Span};
use crate::plan::{
    Condition, Cure, Defect, DefectClock, HostRepair, HostShare, Hurts, Relapse, RollbackEffect, Symptom,
    Trigger, Within,
};
use crate::scenario::problems::Problems;
use crate::scenario::reader::{Field, Written};
use crate::scenario::rules;
use crate::scenario::spec::{CureSpec, DefectSpec, HurtsSpec, TriggerSpec, WhileSpec};
use crate::scenario::value::{HostCount, HoursText, Int, Name, NonNegative, Positive};

/// Resolves the catalogue.
pub(super) fn resolve(
    defects: &Field<Vec<Written<DefectSpec>>>,
    fleet: &ResolvedFleet,
    alarms: &[ResolvedAlarm],
    problems: &mut Problems,
) -> Vec<Defect> {
    let defects = defects.value().map_or(&[][..], Vec::as_slice);
    check_unique("defect", defects.iter().map(|defect| &defect.value.name), problems);
    // In order of definition: the same file gives the same bits everywhere.
    let total: f64 = defects.iter().map(|defect| weight(&defect.value)).sum();
    defects.iter().map(|defect| resolve_one(defect, total, fleet, alarms, problems)).collect()
}

fn weight(spec: &DefectSpec) -> f64 {
    spec.weight.value().map_or(1.0, |Positive(weight)| *weight)
}

fn resolve_one(
    written: &Written<DefectSpec>,
    total: f64,
    fleet: &ResolvedFleet,
    alarms: &[ResolvedAlarm],
    problems: &mut Problems,
) -> Defect {
    let spec = &written.value;
    check_clock(written, problems);
    let cohort = cohort(&spec.cohort, fleet, problems);
    if let (Some(cohort), Some(reach)) = (spec.cohort.span(), spec.reach.span()) {
        conflict("`reach` does not go with `cohort`, which says how many hosts there are", reach, cohort)
            .help("keep one of them")
            .report_to(problems);
    }
    if let (true, Some(span), None) = (spec.crash.or(false), spec.crash.span(), fleet.plan.peak_utilisation) {
        let message = "a crash moves load to other hosts, but the fleet has no `peak-utilisation`";
        let diagnostic = Diagnostic::new(&rules::NO_CAPACITY, message).at(span, "");
        problems.report(diagnostic.help("add `peak-utilisation = \"60%\"` to `[fleet]`, or remove `crash`"));
    }
    Defect {
        name: name(&spec.name),
        probability: weight(spec) / total,
        clock: spec.clock.or(DefectClock::Host),
        onset: distribution(&spec.onset, IMMEDIATE),
        per_request: ratio(&spec.per_request, 0.0),
        reach: share(&spec.reach, HostShare::ALL),
        cohort,
        regions: spec.region_label.get().map(|label| labelled(label, fleet, problems)),
        condition: condition(&spec.r#while, fleet, problems),
        trigger: spec.trigger.value().map(trigger),
        masked: distribution(&spec.masked_for, IMMEDIATE),
        hurts: spec.hurts.value().map_or(Hurts::Host, hurts),
        symptom: symptom(spec),
        seen_by: spec.seen_by.value().map(|listed| alarm_indices(listed, alarms, problems)),
        locks_out: given(&spec.locks_out),
        cure: spec.cure.value().map_or_else(Cure::default, cure),
    }
}

fn symptom(spec: &DefectSpec) -> Symptom {
    let damage_per_request = ratio(&spec.damage_per_request, 0.0);
    let damage_per_host_hour = spec.damage_per_host_hour.value().map_or(0.0, |NonNegative(rate)| *rate);
    let slow_ratio = ratio(&spec.slow_ratio, 0.0);
    let other_symptom = damage_per_request > 0.0 || damage_per_host_hour > 0.0 || slow_ratio > 0.0;
    Symptom {
        error_ratio: ratio(&spec.error_ratio, if other_symptom { 0.0 } else { 1.0 }),
        slow_ratio,
        crash: spec.crash.or(false),
        damage_per_request,
        damage_per_host_hour,
    }
}

fn check_clock(written: &Written<DefectSpec>, problems: &mut Problems) {
    let spec = &written.value;
    let by_requests = spec.clock.or(DefectClock::Host) == DefectClock::Requests;
    let span = spec.clock.span().unwrap_or(written.span);
    match (by_requests, spec.onset.span(), spec.per_request.get()) {
        (true, Some(onset), _) => {
            conflict("`onset` does not go with the clock \"requests\"", onset, span)
                .help("give `per-request`, the probability that one request wakes the fault")
                .report_to(problems);
        }
        (true, None, None) if !spec.per_request.is_broken() => {
            let message = "the clock \"requests\" needs `per-request`";
            let diagnostic = Diagnostic::new(&rules::MISSING_KEY, message).at(span, "");
            problems.report(diagnostic.help("write for example `per-request = \"0.0001%\"`"));
        }
        (true, None, Some(Written { value, span })) if value.is_zero() => {
            let message = "`per-request` of 0 % never wakes the fault";
            let diagnostic = Diagnostic::new(&rules::OUT_OF_RANGE, message).at(*span, "");
            problems.report(diagnostic.help("write more than \"0%\""));
        }
        (false, _, Some(per_request)) => {
            conflict("`per-request` needs the clock \"requests\"", per_request.span, span)
                .help("write `clock = \"requests\"`, or give `onset`")
                .report_to(problems);
        }
        _ => {}
    }
}

/// Index of a cohort of the fleet.
pub(super) fn cohort(field: &Field<Name>, fleet: &ResolvedFleet, problems: &mut Problems) -> Option<usize> {
    let Written { value: Name(wanted), span } = field.get()?;
    let cohorts = &fleet.plan.cohorts;
    let index = cohorts.iter().position(|cohort| cohort == wanted);
    if index.is_none() && fleet.names_known {
        let names = cohorts.iter().map(String::as_str);
        unknown(&rules::UNKNOWN_COHORT, "cohort", wanted, *span, names, problems);
    }
    index
}

/// Regions with a label, as indices.
fn labelled(label: &Written<Name>, fleet: &ResolvedFleet, problems: &mut Problems) -> Vec<usize> {
    let wanted = &label.value.0;
    let regions = &fleet.plan.regions;
    let with_label: Vec<usize> =
        (0..regions.len()).filter(|&region| regions[region].labels.contains(wanted)).collect();
    if with_label.is_empty() && fleet.names_known {
        let labels = regions.iter().flat_map(|region| &region.labels).map(String::as_str);
        unknown(&rules::UNKNOWN_LABEL, "label", wanted, label.span, labels, problems);
    }
    with_label
}

fn condition(field: &Field<WhileSpec>, fleet: &ResolvedFleet, problems: &mut Problems) -> Condition {
    let Some(Written { value: spec, span }) = field.get() else { return Condition::default() };
    let both =
        |on: &Field<_>, off: &Field<_>| Some((distribution(on, IMMEDIATE), distribution(off, IMMEDIATE)));
    let intermittent = match (spec.on_for.get(), spec.off_for.get()) {
        (None, None) => None,
        (Some(_), Some(_)) => both(&spec.on_for, &spec.off_for),
        _ if spec.on_for.is_broken() || spec.off_for.is_broken() => None,
        _ => {
            let message = "`on-for` and `off-for` belong together";
            let diagnostic = Diagnostic::new(&rules::MISSING_KEY, message).at(*span, "");
            problems.report(diagnostic.help("give both, as in { on-for = \"5m\", off-for = \"5m\" }"));
            None
        }
    };
    if let (Some(of), true) = (spec.of.span(), spec.exposed_above.is_absent()) {
        let diagnostic = Diagnostic::new(&rules::MISSING_KEY, "`of` says where `exposed-above` counts");
        problems.report(diagnostic.at(of, "").help("add `exposed-above`, or remove it"));
    }
    Condition {
        traffic_above: spec.traffic_above.value().map(|NonNegative(rate)| *rate),
        peak_share_above: spec.peak_share_above.value().map(|share| share.0.as_f64()),
        hours: spec.hours.value().map(|hours| hours_by_region(*hours, fleet)),
        exposed_above: spec
            .exposed_above
            .value()
            .map(|HostCount(share)| (*share, spec.of.or(Within::Service))),
        mixed: spec.mixed_in.value().copied(),
        intermittent,
    }
}

fn hours_by_region(hours: HoursText, fleet: &ResolvedFleet) -> Vec<[bool; 24]> {
    fleet.plan.regions.iter().map(|region| hours.utc(region.utc_offset_hours)).collect()
}

fn trigger(spec: &TriggerSpec) -> Trigger {
    Trigger {
        at: distribution(&spec.at, IMMEDIATE),
        within: spec.r#in.or(Within::Service),
        lasts: given(&spec.lasts),
    }
}

fn hurts(spec: &HurtsSpec) -> Hurts {
    let from = share(&spec.from, HostShare::Count(1));
    Hurts::Everyone(from, spec.everyone_in.or(Within::Zone))
}

fn cure(spec: &CureSpec) -> Cure {
    Cure {
        rollback: spec.rollback.or(RollbackEffect::Heals),
        share: ratio(&spec.share, 1.0),
        repair: spec.repair.value().map(|repair| HostRepair {
            per_host: distribution(&repair.per_host, IMMEDIATE),
            at_once: repair.at_once.value().map(|Int(count)| *count as u32),
            within: repair.r#in.or(Within::Service),
        }),
        relapse: spec.relapse.value().map(|relapse| Relapse {
            probability: ratio(&relapse.probability, 0.0),
            after: distribution(&relapse.after, IMMEDIATE),
            lasts: distribution(&relapse.lasts, IMMEDIATE),
        }),
        items_per_hour: spec.items_per_hour.value().map(|Positive(rate)| *rate),
    }
}

/// Two keys that exclude each other.
struct Conflict(Diagnostic);

fn conflict(message: &str, key: Span, other: Span) -> Conflict {
    Conflict(Diagnostic::new(&rules::CONFLICTING_KEYS, message).at(key, "").and(other, ""))
}

impl Conflict {
    fn help(self, help: &str) -> Self {
        Self(self.0.help(help))
    }

    fn report_to(self, problems: &mut Problems) {
        problems.report(self.0);
    }
}
