//! Resolves `[[alarm]]`.

use super::names::{self, check_listed_once, check_unique, find};
use super::signal;
use crate::diagnostic::Span;
use crate::ids::AlarmId;
use crate::plan::{self, EvaluationClock, Missing, Scope, Signal, Version, Watch};
use crate::random::stable_hash;
use crate::scenario::problems::Problems;
use crate::scenario::reader::{Field, Written};
use crate::scenario::spec::{AlarmSpec, FleetSpec};
use crate::scenario::table::Keys;
use crate::scenario::value::{Datapoints, Duration, Name};

const MINUTE_MS: u64 = 60_000;

/// The keys that name the alarms that another is made of.
const MADE_OF: [&str; 3] = ["any-of", "all-of", "score"];

/// Whether an alarm is made of others, be it in vain.
pub(super) fn is_made_of_others(spec: &AlarmSpec) -> bool {
    !spec.written(&MADE_OF).is_empty() || spec.is_any_broken(&MADE_OF)
}

/// An alarm and where it was written.
pub(super) struct ResolvedAlarm {
    /// The plan's alarm.
    pub plan: plan::Alarm,
    /// The place to point at: its name.
    pub span: Span,
    /// Whether every key of it could be used, so that checks against strategies mean something.
    pub sound: bool,
}

/// Resolves all alarms; those that are made of others are incomplete until `composite` has looked up their parts.
pub(super) fn resolve(field: &Field<Vec<Written<AlarmSpec>>>, problems: &mut Problems) -> Vec<ResolvedAlarm> {
    let alarms = field.list();
    check_unique("alarm", alarms.iter().map(|alarm| &alarm.value.name), problems);
    alarms.iter().map(|alarm| resolve_one(alarm, problems)).collect()
}

/// Alarms by name.
pub(super) fn alarm_indices(
    listed: &[Written<Name>],
    alarms: &[ResolvedAlarm],
    problems: &mut Problems,
) -> Vec<AlarmId> {
    check_listed_once(listed, problems);
    let known = alarms.iter().map(|alarm| alarm.plan.name.as_str());
    let index = |name| find(name, &names::ALARM, known.clone(), true, problems);
    listed.iter().filter_map(index).map(AlarmId::new).collect()
}

fn resolve_one(written: &Written<AlarmSpec>, problems: &mut Problems) -> ResolvedAlarm {
    let spec = &written.value;
    let period = Duration { ms: spec.period.or(MINUTE_MS) };
    let (signal, period_ms) = signal::resolve(written, period, problems)
        .map_or((None, period.ms), |(signal, ms)| (Some(signal), ms));
    check_combinations(spec, problems);
    let made_of_others = is_made_of_others(spec);
    if spec.scope.is_absent() && !made_of_others {
        let help = "add `scope = \"zone\"`, or another of one-box, region and service";
        problems.missing_key(
            written.span,
            format!("alarm `{}` has no `scope`", spec.name.or_default()),
            help,
        );
    }
    if let Some(Written { value: Duration { ms: 0 }, span }) = spec.period.get() {
        let help = "write \"1m\" to evaluate every minute";
        problems.out_of_range(*span, "`period` must be greater than 0", help);
    }
    let keys = ["scope", "period", "datapoints", "publish-delay", "watch"];
    let sound = signal.is_some() && !spec.is_any_broken(&keys);
    let alarm_name = spec.name.or_default();
    let scope = spec.scope.or(if made_of_others { Scope::Service } else { Scope::Zone });
    let datapoints = spec.datapoints.or(Datapoints { to_alarm: 1, window: 1 });
    ResolvedAlarm {
        span: spec.name.span().unwrap_or(written.span),
        sound,
        plan: plan::Alarm {
            entity: stable_hash(alarm_name.as_bytes()),
            name: alarm_name,
            scope,
            signal: signal.unwrap_or(Signal::BreachProbability { healthy: 0.0, impaired: 1.0 }),
            period_ms: period_ms.max(1),
            datapoints_to_alarm: datapoints.to_alarm,
            window: datapoints.window,
            publish_delay_ms: spec.publish_delay.or_default(),
            // The one-box stage belongs to the deployment; there is nothing longer to watch.
            watch: spec.watch.or(if scope == Scope::OneBox { Watch::Deployment } else { Watch::Wave }),
            clock: spec.clock.or(EvaluationClock::Wall),
            missing: spec.missing_data.or(Missing::NotBreaching),
            broken: spec.broken.or_default(),
            lost_with_service: spec.lost_with_service.value().map(|share| share.0),
            internal: spec.internal.or_default(),
            version: spec.version.or(Version::Any),
            lost: spec.lost.or_default(),
            grace_ms: spec.grace.or_default(),
        },
    }
}

/// The alarm that fires for a reason of its own, if it has a name.
pub(super) fn ambient(
    fleet: &Field<FleetSpec>,
    alarms: &[ResolvedAlarm],
    problems: &mut Problems,
) -> Option<AlarmId> {
    let name = fleet.value()?.background.value()?.ambient_alarms.value()?.alarm.get()?;
    alarm_indices(std::slice::from_ref(name), alarms, problems).first().copied()
}

/// Reports keys that mean nothing together.
fn check_combinations(spec: &AlarmSpec, problems: &mut Problems) {
    let mut conflict = |keys: &[&str], other: Span, reason: &str, help: &str| {
        for (key, span) in spec.written(keys) {
            problems.conflict((span, other), format!("`{key}` does not go with {reason}"), help);
        }
    };
    if let Some(delay) = spec.detection_delay.span() {
        let keys = ["period", "datapoints", "publish-delay", "clock", "missing-data", "lost", "grace"];
        let help = "remove it: a detection delay is the whole time from onset to alarm";
        conflict(&keys, delay, "`detection-delay`", help);
    }
    for (key, parts) in spec.written(&MADE_OF) {
        let timing = ["scope", "period", "datapoints", "publish-delay", "watch", "clock"];
        let state = ["missing-data", "broken", "lost-with-service", "lost", "grace", "version"];
        let keys = [&timing[..], &state].concat();
        conflict(&keys, parts, &format!("`{key}`"), "remove it: the alarms listed have their own");
    }
    let rule = spec.rate_ratio.span().or(spec.burn_rate.span());
    let canary = spec.canary.span();
    for (signal, reason) in [(rule, "a rule over rates"), (canary, "`canary`")] {
        let Some(signal) = signal else { continue };
        let help = "remove it: windows or the judge decide instead";
        conflict(&["datapoints", "missing-data"], signal, reason, help);
    }
    if let Some(signal) = rule {
        let help = "remove it: rules are evaluated on the wall clock";
        conflict(&["clock"], signal, "a rule over rates", help);
    }
    if let Some(absent) = spec.absent.span() {
        let help = "remove it: missing data are what `absent` looks for";
        conflict(&["missing-data"], absent, "`absent`", help);
    }
    let arrivals = spec.absent.span().or(spec.request_drop.span());
    let requests = spec.error_ratio.span().or(rule).or(canary).or(arrivals);
    if let Some(signal) = requests.filter(|_| spec.internal.or_default()) {
        let help = "remove it, or give `impaired-hosts`";
        conflict(&["internal"], signal, "a signal that customers' requests make", help);
    }
    if let Some(damage) = spec.damage_count.span() {
        if spec.internal.or_default() {
            let help = "remove it: a fault that a cache hides leaves nothing yet";
            conflict(&["internal"], damage, "`damage-count`", help);
        }
        if spec.version.value() == Some(&Version::New) {
            let help = "remove it: a bad item does not say which version left it";
            conflict(&["version"], damage, "`damage-count`", help);
        }
    }
    if let Some(Written { value: Scope::OneBox, span }) = spec.scope.get() {
        let help = "remove it: a one-box alarm watches the one-box stage";
        conflict(&["watch"], *span, "the scope \"one-box\"", help);
        if spec.version.value() == Some(&Version::New) {
            let help = "remove it: a one-box has the new version only";
            conflict(&["version"], *span, "the scope \"one-box\"", help);
        }
    }
}
