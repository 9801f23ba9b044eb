//! Resolves `[[defect]]`.

use super::alarm::alarm_indices;
use super::fleet::ResolvedFleet;
use super::names::{self, check_unique, find, unknown};
use super::scene::Scene;
use crate::diagnostic::Span;
use crate::ids::{CohortId, DefectId, IdVec, RegionId};
use crate::plan::{
    Condition, Cure, Defect, DefectClock, FaultyVersion, HostRepair, HostShare, Hurts, Relapse,
    RollbackEffect, Symptom, Trigger, Within,
};
use crate::scenario::problems::Problems;
use crate::scenario::reader::{Field, Written};
use crate::scenario::rules;
use crate::scenario::spec::{CureSpec, DefectSpec, HurtsSpec, RepairSpec, TriggerSpec, WhileSpec};
use crate::scenario::table::Keys;
use crate::scenario::value::{HoursText, IMMEDIATE, Name};

/// Sums of shares are this exact.
const EXACT: f64 = 1e-9;

/// Resolves the catalogue.
pub(super) fn resolve(
    defects: &Field<Vec<Written<DefectSpec>>>,
    scene: &Scene,
    problems: &mut Problems,
) -> Vec<Defect> {
    let defects = defects.list();
    check_unique("defect", defects.iter().map(|defect| &defect.value.name), problems);
    // In order of definition: the same file gives the same bits everywhere.
    let total: f64 = defects.iter().map(|defect| defect.value.weight.or(1.0)).sum();
    defects.iter().map(|defect| resolve_one(defect, total, scene, problems)).collect()
}

/// Where each was written: its name.
pub(super) fn places(defects: &Field<Vec<Written<DefectSpec>>>) -> IdVec<DefectId, Span> {
    defects.list().iter().map(|defect| defect.value.name.span().unwrap_or(defect.span)).collect()
}

fn resolve_one(written: &Written<DefectSpec>, total: f64, scene: &Scene, problems: &mut Problems) -> Defect {
    let Scene { fleet, alarms, .. } = scene;
    let spec = &written.value;
    check_clock(written, problems);
    check_version(spec, problems);
    let on = spec.on.or(FaultyVersion::NewVersion);
    let cohort = spec.cohort.get().and_then(|cohort| self::cohort(cohort, fleet, problems));
    if let (Some(cohort), Some(reach)) = (spec.cohort.span(), spec.reach.span()) {
        let message = "`reach` does not go with `cohort`, which says how many hosts there are";
        problems.conflict((reach, cohort), message, "keep one of them");
    }
    if let (true, Some(span), None) =
        (spec.crash.or_default(), spec.crash.span(), fleet.plan.peak_utilisation)
    {
        let message = "a crash moves load to other hosts, but the fleet has no `peak-utilisation`";
        let help = "add `peak-utilisation = \"60%\"` to `[fleet]`, or remove `crash`";
        problems.report(rules::NO_CAPACITY.at(span, message).help(help));
    }
    if let (true, Some(crash), Some(drop)) =
        (spec.crash.or_default(), spec.crash.span(), spec.drop_ratio.span())
    {
        let message = "`drop-ratio` does not go with `crash`: the load of a crashed host goes to others, and none of it is lost";
        problems.conflict((drop, crash), message, "keep one of them");
    }
    Defect {
        name: spec.name.or_default(),
        probability: spec.weight.or(1.0) / total,
        on,
        // A sick fleet is sick as one, before the first host is exposed to anything.
        clock: spec.clock.or(match on {
            FaultyVersion::NewVersion => DefectClock::Host,
            FaultyVersion::OldVersion => DefectClock::Change,
        }),
        onset: spec.onset.or(IMMEDIATE),
        per_request: spec.per_request.or_default(),
        reach: spec.reach.or(HostShare::ALL),
        cohort,
        regions: spec.region_label.get().map(|label| labelled(label, fleet, problems)),
        condition: condition(&spec.r#while, fleet, problems),
        trigger: spec.trigger.value().map(trigger),
        masked: spec.masked_for.or(IMMEDIATE),
        hurts: spec.hurts.value().map_or(Hurts::Host, hurts),
        symptom: symptom(spec),
        seen_by: spec.seen_by.value().map(|listed| alarm_indices(listed, alarms, problems)),
        locks_out: spec.locks_out.given(),
        cure: spec.cure.value().map_or_else(Cure::default, |spec| cure(spec, fleet, problems)),
    }
}

fn symptom(spec: &DefectSpec) -> Symptom {
    let damage_per_request = spec.damage_per_request.or_default();
    let damage_per_host_hour = spec.damage_per_host_hour.or_default();
    let slow_ratio = spec.slow_ratio.or_default();
    let drop_ratio = spec.drop_ratio.or_default();
    let damages = damage_per_request > 0.0 || damage_per_host_hour > 0.0;
    let other_symptom = damages || slow_ratio > 0.0 || drop_ratio > 0.0;
    Symptom {
        error_ratio: spec.error_ratio.or(if other_symptom { 0.0 } else { 1.0 }),
        slow_ratio,
        drop_ratio,
        crash: spec.crash.or_default(),
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
            let help = "give `per-request`, the probability that one request wakes the fault";
            problems.conflict((onset, span), "`onset` does not go with the clock \"requests\"", help);
        }
        (true, None, None) if !spec.per_request.is_broken() => {
            let message = "the clock \"requests\" needs `per-request`";
            problems.missing_key(span, message, "write for example `per-request = \"0.0001%\"`");
        }
        (true, None, Some(Written { value, span })) if value.is_zero() => {
            let message = "`per-request` of 0 % never wakes the fault";
            problems.out_of_range(*span, message, "write more than \"0%\"");
        }
        (false, _, Some(per_request)) => {
            let message = "`per-request` needs the clock \"requests\"";
            let help = "write `clock = \"requests\"`, or give `onset`";
            problems.conflict((per_request.span, span), message, help);
        }
        _ => {}
    }
}

/// Keys of what a change brings, which say nothing of what is there from the start on all hosts alike and goes with it.
const OF_THE_NEW_VERSION: [&str; 7] =
    ["clock", "onset", "per-request", "trigger", "masked-for", "crash", "cure"];

fn check_version(spec: &DefectSpec, problems: &mut Problems) {
    let Some(on) = spec.on.get().filter(|on| on.value == FaultyVersion::OldVersion) else { return };
    let message = |key: &str| {
        format!("`{key}` does not go with a fault of the old version, which is there from the start")
    };
    for (key, span) in spec.written(&OF_THE_NEW_VERSION) {
        problems.conflict((span, on.span), message(key), "keep one of them");
    }
    let mixed = spec.r#while.value().and_then(|conditions| conditions.mixed_in.span());
    if let Some(span) = mixed {
        problems.conflict((span, on.span), message("mixed-in"), "keep one of them");
    }
}

/// A cohort of the fleet.
pub(super) fn cohort(
    written: &Written<Name>,
    fleet: &ResolvedFleet,
    problems: &mut Problems,
) -> Option<CohortId> {
    let cohorts = fleet.plan.cohorts.iter().map(String::as_str);
    find(written, &names::COHORT, cohorts, fleet.names_known, problems).map(CohortId::new)
}

/// Regions with a label.
fn labelled(label: &Written<Name>, fleet: &ResolvedFleet, problems: &mut Problems) -> Vec<RegionId> {
    let wanted = &label.value.0;
    let regions = &fleet.plan.regions;
    let with_label: Vec<RegionId> =
        regions.ids().filter(|&region| regions[region].labels.contains(wanted)).collect();
    if with_label.is_empty() && fleet.names_known {
        let labels = regions.iter().flat_map(|region| &region.labels).map(String::as_str);
        unknown(&names::LABEL, wanted, label.span, labels, problems);
    }
    with_label
}

fn condition(field: &Field<WhileSpec>, fleet: &ResolvedFleet, problems: &mut Problems) -> Condition {
    let Some(Written { value: spec, span }) = field.get() else { return Condition::default() };
    let intermittent = match (spec.on_for.given(), spec.off_for.given()) {
        (None, None) => None,
        (Some(on), Some(off)) => Some((on, off)),
        _ if spec.on_for.is_broken() || spec.off_for.is_broken() => None,
        _ => {
            let message = "`on-for` and `off-for` belong together";
            problems.missing_key(*span, message, "give both, as in { on-for = \"5m\", off-for = \"5m\" }");
            None
        }
    };
    if let (Some(of), true) = (spec.of.span(), spec.exposed_above.is_absent()) {
        let help = "add `exposed-above`, or remove it";
        problems.missing_key(of, "`of` says where `exposed-above` counts", help);
    }
    Condition {
        traffic_above: spec.traffic_above.given(),
        peak_share_above: spec.peak_share_above.given(),
        hours: spec.hours.value().map(|hours| hours_by_region(*hours, fleet)),
        exposed_above: spec.exposed_above.given().map(|share| (share, spec.of.or(Within::Service))),
        mixed: spec.mixed_in.given(),
        intermittent,
    }
}

fn hours_by_region(hours: HoursText, fleet: &ResolvedFleet) -> IdVec<RegionId, [bool; 24]> {
    fleet.plan.regions.iter().map(|region| hours.utc(region.utc_offset_hours)).collect()
}

fn trigger(spec: &TriggerSpec) -> Trigger {
    Trigger {
        at: spec.at.or(IMMEDIATE),
        within: spec.r#in.or(Within::Service),
        lasts: spec.lasts.given(),
        withdrawal: spec.withdrawal.given().filter(|time| *time != IMMEDIATE),
    }
}

fn hurts(spec: &HurtsSpec) -> Hurts {
    let from = spec.from.or(HostShare::Count(1));
    Hurts::Everyone(from, spec.everyone_in.or(Within::Zone))
}

fn cure(spec: &CureSpec, fleet: &ResolvedFleet, problems: &mut Problems) -> Cure {
    let written = spec.repair.value().map_or(&[][..], |several| &several.0);
    let repair: Vec<HostRepair> =
        written.iter().map(|one| self::repair(&one.value, fleet, problems)).collect();
    check_repairs(written, &repair, fleet, problems);
    Cure {
        rollback: spec.rollback.or(RollbackEffect::Heals),
        share: spec.share.or(1.0),
        repair,
        relapse: spec.relapse.value().map(|relapse| Relapse {
            probability: relapse.probability.or_default(),
            after: relapse.after.or(IMMEDIATE),
            lasts: relapse.lasts.or(IMMEDIATE),
        }),
        items_per_hour: spec.items_per_hour.given(),
    }
}

fn repair(spec: &RepairSpec, fleet: &ResolvedFleet, problems: &mut Problems) -> HostRepair {
    HostRepair {
        // All hosts are those that others leave.
        share: spec.share.given().filter(|share| *share < 1.0),
        regions: spec.region_label.get().map(|label| labelled(label, fleet, problems)),
        per_host: spec.per_host.or(IMMEDIATE),
        at_once: spec.at_once.given().map(|count| count as u32),
        within: spec.r#in.or(Within::Service),
    }
}

/// Reports kinds of work that no host needs, and shares that are together more than all hosts.
fn check_repairs(
    written: &[Written<RepairSpec>],
    repairs: &[HostRepair],
    fleet: &ResolvedFleet,
    problems: &mut Problems,
) {
    // What was reported says nothing of who is left.
    if repairs.iter().any(|repair| repair.regions.as_ref().is_some_and(Vec::is_empty)) || !fleet.sound {
        return;
    }
    for (index, (spec, repair)) in written.iter().zip(repairs).enumerate() {
        let span = spec.value.share.span().unwrap_or(spec.span);
        if repair.share == Some(0.0) {
            problems.out_of_range(span, "`share` of 0 % is no host", "write more than \"0%\"");
            continue;
        }
        let share_before = |region: RegionId| {
            let before = repairs[..index].iter().filter(|before| before.is_in(region));
            before.map(|before| before.share.unwrap_or(1.0)).sum::<f64>()
        };
        let places = fleet.plan.regions.ids().filter(|region| repair.is_in(*region));
        // Where those before it take all hosts it has no say.
        let before: Vec<f64> = places.map(share_before).filter(|share| *share < 1.0 - EXACT).collect();
        let earlier = || written[..index].last().map_or(spec.span, |before| before.span);
        if before.is_empty() {
            let message = "no host needs this repair: those before it take all hosts";
            problems.conflict(
                (spec.span, earlier()),
                message,
                "give an earlier one a `share`, or remove this one",
            );
        } else if before.iter().any(|share| share + repair.share.unwrap_or(0.0) > 1.0 + EXACT) {
            let message = "the shares of these repairs are together more than 100 %";
            problems.conflict((span, earlier()), message, "make one smaller, or leave out the last `share`");
        }
    }
}
