//! Checks of alarms against the strategies that listen to them: whether an alarm has anything to see,
//! and time to say so. It changes nothing.

use super::alarm::ResolvedAlarm;
use super::fleet::ResolvedFleet;
use super::names::some;
use super::scene::Scene;
use super::strategy::Draft;
use crate::diagnostic::{FileId, Span};
use crate::ids::{AlarmId, RegionId};
use crate::plan::{Reads, Scope, Signal, Watch, Wave};
use crate::scenario::problems::Problems;
use crate::scenario::reader::Written;
use crate::scenario::rules;
use crate::scenario::spec::{WaveSpec, WrittenOneBox};
use crate::scenario::value::Duration;
use std::collections::BTreeSet;

/// Runs every check on strategies that could be resolved.
pub(super) fn check(scene: &Scene, drafts: &[Draft], problems: &mut Problems) {
    let Scene { fleet, alarms, .. } = scene;
    let running: Vec<&Draft> = drafts.iter().filter(|draft| !draft.template).collect();
    check_unused(alarms, &running, problems);
    let heard = |index: AlarmId| running.iter().any(|draft| draft.plan.alarms.contains(&index));
    for (index, alarm) in alarms.iter().enumerate() {
        let index = AlarmId::new(index);
        if heard(index) && fleet.sound {
            check_traffic(fleet, index, alarm, &running, problems);
        }
        check_any_one_box(index, alarm, &running, problems);
    }
    for draft in running.into_iter().filter(|draft| draft.sound) {
        for (wave, written) in draft.plan.waves.iter().zip(&draft.procedures) {
            check_capped(fleet, wave, written, problems);
        }
        for &index in &draft.plan.alarms {
            let alarm = &alarms[index.index()];
            if alarm.sound && alarm.plan.scope == Scope::OneBox {
                check_one_box_alarm(fleet, (index, alarm), draft, problems);
            }
        }
        check_watch(alarms, draft, problems);
    }
}

/// Warns of alarms of the scenario itself that nobody listens to; a library may have some to spare.
fn check_unused(alarms: &[ResolvedAlarm], running: &[&Draft], problems: &mut Problems) {
    if running.is_empty() || running.iter().any(|draft| draft.spec.alarms.is_broken()) {
        return;
    }
    for (index, alarm) in alarms.iter().enumerate() {
        let index = AlarmId::new(index);
        let part_of = |other: AlarmId| {
            alarms[other.index()].plan.signal.parts().is_some_and(|parts| parts.contains(&index))
        };
        let hears = |alarm: &AlarmId| *alarm == index || part_of(*alarm);
        let heard = running.iter().any(|draft| {
            draft.plan.alarms.iter().any(hears) || draft.plan.checked_alarms().any(|checked| checked == index)
        });
        if !heard && alarm.span.file == FileId::default() {
            let message = format!("no strategy listens to the alarm `{}`", alarm.plan.name);
            let help = "add it to the `alarms` of a strategy, or remove it";
            problems.report(rules::UNUSED_ALARM.at(alarm.span, message).help(help));
        }
    }
}

/// Warns of an alarm over customers' requests where there are none, in every region in which a strategy lets it look. One
/// region without traffic is merely blind.
fn check_traffic(
    fleet: &ResolvedFleet,
    index: AlarmId,
    alarm: &ResolvedAlarm,
    running: &[&Draft],
    problems: &mut Problems,
) {
    if alarm.plan.signal.kind().reads != Reads::Requests || !alarm.sound {
        return;
    }
    let looks = |wave: &&Wave| alarm.plan.scope != Scope::OneBox || bakes_one_box(wave);
    let waves = running.iter().filter(|draft| draft.sound).flat_map(|draft| {
        let hears = |wave: &&Wave| draft.plan.alarms_in(wave).contains(&index);
        draft.plan.waves.iter().filter(looks).filter(hears)
    });
    let looked_at: BTreeSet<RegionId> = waves.flat_map(|wave| wave.regions.iter().copied()).collect();
    let silent = |region: &RegionId| fleet.plan.regions[*region].requests_per_second <= 0.0;
    // A service is all regions, whichever of them are deployed to.
    let all_silent = || fleet.plan.regions.ids().all(|region| silent(&region));
    if !looked_at.iter().all(silent) || (alarm.plan.scope == Scope::Service && !all_silent()) {
        return;
    }
    let Some(&first) = looked_at.first() else { return };
    let names: Vec<&str> = looked_at.iter().map(|&region| fleet.plan.regions[region].name.as_str()).collect();
    let message = format!(
        "alarm `{}` looks at customers' requests, but there is no traffic in {}",
        alarm.plan.name,
        some(&names)
    );
    let problem = rules::NO_TRAFFIC.at(alarm.span, message);
    let problem = problem.and(fleet.spans[first.index()], "no `requests-per-second` here");
    problems.report(
        problem.help("give the regions `requests-per-second`, or use `impaired-hosts` or `synthetic`"),
    );
}

/// Warns if no strategy has a one-box for a one-box alarm that all of them merely listen to by default.
fn check_any_one_box(index: AlarmId, alarm: &ResolvedAlarm, running: &[&Draft], problems: &mut Problems) {
    let listeners = || running.iter().filter(|draft| draft.plan.alarms.contains(&index));
    let by_default = listeners().all(|draft| draft.spec.alarms.is_absent());
    let sound = alarm.sound && listeners().all(|draft| draft.sound);
    let seen = listeners().any(|draft| draft.plan.waves.iter().any(bakes_one_box));
    if alarm.plan.scope == Scope::OneBox && sound && listeners().count() > 0 && by_default && !seen {
        let message =
            format!("alarm `{}` never sees a one-box: no strategy has one that bakes", alarm.plan.name);
        problems.report(rules::NO_ONE_BOX.at(alarm.span, message).help(ONE_BOX_HELP));
    }
}

const ONE_BOX_HELP: &str =
    "give the strategy `one-box = { hosts = 1, bake = \"1h\" }`, or do not let it listen to the alarm";

fn bakes_one_box(wave: &Wave) -> bool {
    wave.procedure.one_box.as_ref().is_some_and(|one_box| one_box.bake_ms > 0)
}

fn check_one_box_alarm(
    fleet: &ResolvedFleet,
    (index, alarm): (AlarmId, &ResolvedAlarm),
    draft: &Draft,
    problems: &mut Problems,
) {
    let listed = draft.spec.alarms.get().and_then(|alarms| {
        alarms.value.iter().find(|name| name.value.0 == alarm.plan.name).map(|name| name.span)
    });
    if let (Some(span), false) = (listed, draft.plan.waves.iter().any(bakes_one_box)) {
        let message = format!("alarm `{}` never sees a one-box that bakes in this strategy", alarm.plan.name);
        problems.report_once(rules::NO_ONE_BOX.at(span, message).help(ONE_BOX_HELP));
    }
    let waves = draft.plan.waves.iter().zip(&draft.procedures);
    for (wave, written) in waves.filter(|(wave, _)| draft.plan.alarms_in(wave).contains(&index)) {
        check_one_box_time(alarm, wave, written, problems);
        check_requests(fleet, alarm, wave, written, problems);
    }
}

fn check_one_box_time(alarm: &ResolvedAlarm, wave: &Wave, written: &WaveSpec, problems: &mut Problems) {
    let Some(one_box) = wave.procedure.one_box.as_ref().filter(|one_box| one_box.bake_ms > 0) else { return };
    let least = alarm.plan.least_ms();
    let enough = alarm.plan.enough_ms();
    let (rule, how) = if one_box.bake_ms < least {
        (&rules::ONE_BOX_TOO_SHORT, "can never fire within the one-box bake")
    } else if one_box.bake_ms < enough {
        (&rules::ONE_BOX_TIGHT, "fires within the one-box bake only by luck")
    } else {
        return;
    };
    let message = format!("alarm `{}` {how}", alarm.plan.name);
    let bake = Duration { ms: one_box.bake_ms };
    let help = format!("bake the one-box for at least {} instead of {bake}", Duration { ms: enough });
    let problem = rule.at(one_box_bake_span(written), message);
    problems.report_once(problem.and(alarm.span, time_text(alarm)).help(help));
}

/// Where the one-box bake was written.
fn one_box_bake_span(written: &WaveSpec) -> Span {
    let stage = written.one_box.get();
    let bake = stage.and_then(|stage| match &stage.value {
        WrittenOneBox::Stage(stage) => stage.bake.span(),
        WrittenOneBox::None => None,
    });
    bake.or(stage.map(|stage| stage.span)).unwrap_or_default()
}

/// How the time comes about, for a label.
fn time_text(alarm: &ResolvedAlarm) -> String {
    let plan = &alarm.plan;
    if let Signal::DetectionDelay(_) = plan.signal {
        return format!("this alarm takes {}", Duration { ms: alarm.plan.least_ms() });
    }
    if let Signal::RateRatio(rule) = &plan.signal {
        let longest = Duration { ms: rule.longest_ms() };
        let waits = Duration { ms: rule.for_ms };
        let takes = Duration { ms: alarm.plan.enough_ms() };
        return format!(
            "this rule takes {takes} if everything fails: {:.3} of its window of {longest}, `for` {waits}, and the time to \
             scrape, evaluate and publish",
            rule.threshold
        );
    }
    let period = Duration { ms: plan.period_ms };
    let mut text = format!(
        "this alarm takes {}: {} x {period}",
        Duration { ms: alarm.plan.enough_ms() },
        plan.datapoints_to_alarm
    );
    if plan.publish_delay_ms > 0 {
        text.push_str(&format!(" and {} to publish", Duration { ms: plan.publish_delay_ms }));
    }
    text
}

/// Warns of regions whose one-box has too few requests in a period, even in the busiest hour.
fn check_requests(
    fleet: &ResolvedFleet,
    alarm: &ResolvedAlarm,
    wave: &Wave,
    written: &WaveSpec,
    problems: &mut Problems,
) {
    let (Signal::ErrorRatio { min_requests, .. }, Some(one_box)) =
        (&alarm.plan.signal, &wave.procedure.one_box)
    else {
        return;
    };
    let most_requests = |region: RegionId| {
        let plan = &fleet.plan.regions[region];
        let peak = plan.hourly_factor.iter().copied().fold(0.0, f64::max);
        let per_host = plan.requests_per_second * peak / fleet.plan.region_hosts(region) as f64;
        // The one-box that is deployed: never more than may be unavailable, or than the wave wants.
        let deployed = |hosts: u32| {
            let limit = wave.procedure.together_of(hosts).min(wave.hosts.reach_of(hosts));
            one_box.hosts.of(hosts).min(limit)
        };
        let zones = wave.zones_of(&fleet.plan, region).map(|zone| deployed(fleet.plan.zones[zone].hosts));
        per_host * f64::from(zones.max().unwrap_or(0)) * alarm.plan.period_ms as f64 / 1_000.0
    };
    let quiet: Vec<&str> = wave
        .regions
        .iter()
        .filter(|&&region| fleet.plan.regions[region].requests_per_second > 0.0)
        .filter(|&&region| most_requests(region) < *min_requests as f64)
        .map(|&region| fleet.plan.regions[region].name.as_str())
        .collect();
    if quiet.is_empty() {
        return;
    }
    let message = format!(
        "the one-box expects fewer than the {min_requests} requests in {} that alarm `{}` needs, even at the peak, in {}",
        Duration { ms: alarm.plan.period_ms },
        alarm.plan.name,
        some(&quiet)
    );
    let place = written.one_box.span().unwrap_or(alarm.span);
    let help = "use more one-box hosts, a longer `period` or a smaller `min-requests`";
    problems.report_once(rules::FEW_REQUESTS.at(place, message).and(alarm.span, "").help(help));
}

/// Warns of sizes that `max-unavailable` cuts down in some zone.
fn check_capped(fleet: &ResolvedFleet, wave: &Wave, written: &WaveSpec, problems: &mut Problems) {
    let Some(Written { span: limit_span, .. }) = written.max_unavailable.get() else { return };
    let limit = |hosts| wave.procedure.together_of(hosts);
    let hosts: BTreeSet<u32> = wave
        .regions
        .iter()
        .flat_map(|&region| fleet.plan.regions[region].zones.clone())
        .map(|zone| fleet.plan.zones[zone].hosts)
        .collect();
    let one_box = wave.procedure.one_box.as_ref().map(|one_box| one_box.hosts);
    let sizes = [
        ("batch", written.batch.span(), Some(wave.procedure.batch)),
        ("one-box", written.one_box.span(), one_box),
    ];
    for (what, span, size) in sizes {
        let (Some(span), Some(size)) = (span, size) else { continue };
        let Some(&zone) = hosts.iter().rev().find(|&&hosts| size.of(hosts) > limit(hosts)) else {
            continue;
        };
        let message = format!(
            "the {what} of {} hosts is cut down to {} in a zone of {zone}",
            size.of(zone),
            limit(zone)
        );
        let help = format!("make the {what} smaller or `max-unavailable` larger");
        problems.report_once(rules::CAPPED.at(span, message).and(*limit_span, "the limit").help(help));
    }
}

/// Warns once a strategy if zone or region alarms have too little time after the last zone of a wave.
fn check_watch(alarms: &[ResolvedAlarm], draft: &Draft, problems: &mut Problems) {
    for wave in &draft.plan.waves {
        let slow: Vec<&ResolvedAlarm> = draft
            .plan
            .alarms_in(wave)
            .iter()
            .map(|index| &alarms[index.index()])
            .filter(|alarm| too_slow(alarm, wave))
            .collect();
        let Some(slowest) = slow.iter().max_by_key(|alarm| alarm.plan.enough_ms()) else { continue };
        let names: Vec<&str> = slow.iter().map(|alarm| alarm.plan.name.as_str()).collect();
        let message = format!(
            "wave `{}` of strategy `{}` ends before {} can be relied on to fire",
            wave.name,
            draft.plan.name,
            some(&names)
        );
        let help = format!(
            "after the last zone of a wave bake for at least {}, or let the alarm `watch = \"rollout\"`",
            Duration { ms: slowest.plan.enough_ms() }
        );
        let problem = rules::SHORT_WATCH.at(draft.span, message);
        problems.report_once(problem.and(slowest.span, time_text(slowest)).help(help));
        return;
    }
}

fn too_slow(alarm: &ResolvedAlarm, wave: &Wave) -> bool {
    let local = matches!(alarm.plan.scope, Scope::Zone | Scope::Region);
    let time = match alarm.plan.watch {
        Watch::Deployment => wave.procedure.zone_bake_ms,
        Watch::Wave => wave.procedure.zone_bake_ms + wave.bake_ms,
        Watch::Rollout => return false,
    };
    alarm.sound && local && time < alarm.plan.enough_ms()
}
