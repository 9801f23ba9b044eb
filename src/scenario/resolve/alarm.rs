//! Resolves `[[alarm]]`.

use super::alert;
use super::change::distribution;
use super::defect::alarm_indices;
use super::fleet::ratio;
use super::{check_unique, name};
use crate::diagnostic::{Diagnostic, Span};
use crate::plan::{self, Comparison, EvaluationClock, Missing, Ratio, Scope, Signal, Watch};
use crate::random::{Distribution, stable_hash};
use crate::scenario::problems::Problems;
use crate::scenario::reader::{Field, Written};
use crate::scenario::rules;
use crate::scenario::spec::AlarmSpec;
use crate::scenario::suggest;
use crate::scenario::value::{Datapoints, Duration, Int, Percent};

const SIGNALS: [&str; 11] = [
    "error-ratio",
    "slow-ratio",
    "error-count",
    "synthetic",
    "rate-ratio",
    "burn-rate",
    "canary",
    "impaired-hosts",
    "breach-probability",
    "detection-delay",
    "any-of",
];
const MINUTE: Duration = Duration { ms: 60_000 };

/// An alarm and where it was written.
pub(super) struct Alarm {
    /// The plan's alarm.
    pub plan: plan::Alarm,
    /// The place to point at: its name.
    pub span: Span,
    /// Whether every key of it could be used, so that checks against strategies mean something.
    pub sound: bool,
}

/// Resolves all alarms.
pub(super) fn resolve(field: &Field<Vec<Written<AlarmSpec>>>, problems: &mut Problems) -> Vec<Alarm> {
    let alarms = field.value().map_or(&[][..], Vec::as_slice);
    check_unique("alarm", alarms.iter().map(|alarm| &alarm.value.name), problems);
    let mut resolved: Vec<Alarm> = alarms.iter().map(|alarm| resolve_one(alarm, problems)).collect();
    resolve_parts(alarms, &mut resolved, problems);
    resolved
}

/// Resolves the names of the alarms that others are made of.
fn resolve_parts(written: &[Written<AlarmSpec>], resolved: &mut [Alarm], problems: &mut Problems) {
    for (index, alarm) in written.iter().enumerate() {
        let Some(parts) = alarm.value.any_of.get() else { continue };
        let indices = alarm_indices(&parts.value, resolved, problems);
        if parts.value.is_empty() {
            let diagnostic =
                Diagnostic::new(&rules::MISSING_KEY, "`any-of` names no alarm").at(parts.span, "");
            problems.report(diagnostic.help("list the alarms that it is made of"));
        }
        let composite = |&&part: &&usize| matches!(resolved[part].plan.signal, Signal::AnyOf(_));
        if let Some(part) = indices.iter().find(composite) {
            let message = format!("`{}` is itself made of alarms", resolved[*part].plan.name);
            let diagnostic = Diagnostic::new(&rules::CONFLICTING_KEYS, message).at(parts.span, "");
            problems.report(diagnostic.help("list the alarms that it is made of instead"));
        }
        resolved[index].plan.signal = Signal::AnyOf(indices);
    }
}

fn resolve_one(written: &Written<AlarmSpec>, problems: &mut Problems) -> Alarm {
    let spec = &written.value;
    let period = spec.period.or(MINUTE);
    let (signal, period_ms) = resolve_signal(written, period, problems)
        .map_or((None, period.ms), |(signal, ms)| (Some(signal), ms));
    check_combinations(spec, problems);
    let made_of_others = spec.any_of.span().is_some() || spec.any_of.is_broken();
    if spec.scope.is_absent() && !made_of_others {
        let message = format!("alarm `{}` has no `scope`", name(&spec.name));
        let diagnostic = Diagnostic::new(&rules::MISSING_KEY, message).at(written.span, "");
        problems.report(diagnostic.help("add `scope = \"zone\"`, or another of one-box, region and service"));
    }
    if let Some(Written { value: Duration { ms: 0 }, span }) = spec.period.get() {
        let diagnostic =
            Diagnostic::new(&rules::OUT_OF_RANGE, "`period` must be greater than 0").at(*span, "");
        problems.report(diagnostic.help("write \"1m\" to evaluate every minute"));
    }
    let sound = signal.is_some()
        && !spec.scope.is_broken()
        && !spec.period.is_broken()
        && !spec.datapoints.is_broken()
        && !spec.publish_delay.is_broken()
        && !spec.watch.is_broken();
    let alarm_name = name(&spec.name);
    let scope = spec.scope.or(if made_of_others { Scope::Service } else { Scope::Zone });
    let datapoints = spec.datapoints.or(Datapoints { to_alarm: 1, window: 1 });
    Alarm {
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
            publish_delay_ms: spec.publish_delay.or(Duration::ZERO).ms,
            // The one-box stage belongs to the deployment; there is nothing longer to watch.
            watch: spec.watch.or(if scope == Scope::OneBox { Watch::Deployment } else { Watch::Wave }),
            clock: spec.clock.or(EvaluationClock::Wall),
            missing: spec.missing_data.or(Missing::NotBreaching),
            broken: ratio(&spec.broken, 0.0),
            lost_with_service: spec.lost_with_service.value().map(|share| share.0),
            internal: spec.internal.or(false),
        },
    }
}

/// The signal and the time between its datapoints; none if it was reported.
fn resolve_signal(
    written: &Written<AlarmSpec>,
    period: Duration,
    problems: &mut Problems,
) -> Option<(Signal, u64)> {
    let spec = &written.value;
    let spans = [
        spec.error_ratio.span(),
        spec.slow_ratio.span(),
        spec.error_count.span(),
        spec.synthetic.span(),
        spec.rate_ratio.span(),
        spec.burn_rate.span(),
        spec.canary.span(),
        spec.impaired_hosts.span(),
        spec.breach_probability.span(),
        spec.detection_delay.span(),
        spec.any_of.span(),
    ];
    let given: Vec<(Span, &str)> =
        spans.into_iter().zip(SIGNALS).filter_map(|(span, key)| Some((span?, key))).collect();
    let broken = spec.error_ratio.is_broken()
        || spec.slow_ratio.is_broken()
        || spec.error_count.is_broken()
        || spec.synthetic.is_broken()
        || spec.rate_ratio.is_broken()
        || spec.burn_rate.is_broken()
        || spec.canary.is_broken()
        || spec.any_of.is_broken()
        || spec.impaired_hosts.is_broken()
        || spec.breach_probability.is_broken()
        || spec.detection_delay.is_broken();
    match given.as_slice() {
        [] if broken => return None,
        [] => {
            let message = format!("alarm `{}` has no signal", name(&spec.name));
            let diagnostic = Diagnostic::new(&rules::MISSING_KEY, message).at(written.span, "");
            problems.report(diagnostic.help(format!("add one of {}", suggest::list(&SIGNALS))));
            return None;
        }
        [_] => {}
        [(first, first_key), (second, second_key), ..] => {
            let message =
                format!("alarm `{}` has two signals, `{first_key}` and `{second_key}`", name(&spec.name));
            let diagnostic =
                Diagnostic::new(&rules::CONFLICTING_KEYS, message).at(*second, "").and(*first, "");
            problems.report(diagnostic.help("keep one, and write the other as an alarm of its own"));
            return None;
        }
    }
    if let Some(rule) = spec.rate_ratio.get() {
        return alert::rate_ratio(rule, period, problems);
    }
    if let Some(rule) = spec.burn_rate.get() {
        return alert::burn_rate(rule, period, problems);
    }
    if let Some(rule) = spec.canary.get() {
        return Some((alert::canary(rule, &spec.scope, problems)?, period.ms));
    }
    Some((signal_of(spec, problems)?, period.ms))
}

fn signal_of(spec: &AlarmSpec, problems: &mut Problems) -> Option<Signal> {
    if let Some(Written { value: signal, span }) = spec.error_ratio.get() {
        let (threshold, comparison) = threshold(&signal.above, &signal.at_least, *span, problems)?;
        let min_requests = signal.min_requests.or(Int(1)).0;
        return Some(Signal::ErrorRatio { threshold, comparison, min_requests });
    }
    if let Some(Written { value: signal, span }) = spec.slow_ratio.get() {
        let (threshold, comparison) = threshold(&signal.above, &signal.at_least, *span, problems)?;
        let min_requests = signal.min_requests.or(Int(1)).0;
        return Some(Signal::SlowRatio { threshold, comparison, min_requests });
    }
    if let Some(signal) = spec.error_count.value() {
        let at_least = signal.at_least.or(Int(1)).0;
        return Some(Signal::ErrorCount { at_least, seen: ratio(&signal.seen, 1.0) });
    }
    if let Some(Written { value: signal, span }) = spec.synthetic.get() {
        let (threshold, comparison) = threshold(&signal.above, &signal.at_least, *span, problems)?;
        let (probes, covers) = (signal.probes.or(Int(1)).0, ratio(&signal.covers, 1.0));
        return Some(Signal::Synthetic { probes, covers, threshold, comparison });
    }
    if spec.any_of.value().is_some() {
        return Some(Signal::AnyOf(Vec::new()));
    }
    if let Some(Written { value: signal, span }) = spec.impaired_hosts.get() {
        let (threshold, comparison) = threshold(&signal.above, &signal.at_least, *span, problems)?;
        return Some(Signal::ImpairedHosts { threshold, comparison });
    }
    if let Some(signal) = spec.breach_probability.value() {
        let (healthy, impaired) = (ratio(&signal.healthy, 0.0), ratio(&signal.impaired, 1.0));
        return Some(Signal::BreachProbability { healthy, impaired });
    }
    let immediately = Distribution::Fixed { ms: 0 };
    spec.detection_delay
        .value()
        .map(|_| Signal::DetectionDelay(distribution(&spec.detection_delay, immediately)))
}

/// The limit of a ratio signal and its strictness; none if it was reported.
pub(super) fn threshold(
    above: &Field<Percent>,
    at_least: &Field<Percent>,
    span: Span,
    problems: &mut Problems,
) -> Option<(Ratio, Comparison)> {
    match (above.get(), at_least.get()) {
        (Some(above), None) => Some((above.value.0, Comparison::Above)),
        (None, Some(Written { value: limit, span })) => {
            if limit.is_zero() {
                let message = "`at-least` of 0 % breaches at every datapoint";
                let diagnostic = Diagnostic::new(&rules::OUT_OF_RANGE, message).at(*span, "");
                problems.report(diagnostic.help("write { above = \"0%\" }"));
                return None;
            }
            Some((limit.0, Comparison::AtLeast))
        }
        (Some(above), Some(at_least)) => {
            let message = "`above` and `at-least` exclude each other";
            let diagnostic = Diagnostic::new(&rules::CONFLICTING_KEYS, message).at(at_least.span, "");
            problems.report(diagnostic.and(above.span, "").help("keep one of them"));
            None
        }
        (None, None) if above.is_broken() || at_least.is_broken() => None,
        (None, None) => {
            let message = "the signal has no limit";
            let diagnostic = Diagnostic::new(&rules::MISSING_KEY, message).at(span, "");
            problems.report(diagnostic.help("add `above = \"1%\"` or `at-least = \"1%\"`"));
            None
        }
    }
}

/// Reports keys that mean nothing together.
fn check_combinations(spec: &AlarmSpec, problems: &mut Problems) {
    let mut conflict = |span: Option<Span>, key: &str, other: Span, reason: &str, help: &str| {
        let Some(span) = span else { return };
        let message = format!("`{key}` does not go with {reason}");
        let diagnostic = Diagnostic::new(&rules::CONFLICTING_KEYS, message).at(span, "").and(other, "");
        problems.report(diagnostic.help(help.to_owned()));
    };
    if let Some(delay) = spec.detection_delay.span() {
        let keys = [
            (spec.period.span(), "period"),
            (spec.datapoints.span(), "datapoints"),
            (spec.publish_delay.span(), "publish-delay"),
            (spec.clock.span(), "clock"),
            (spec.missing_data.span(), "missing-data"),
        ];
        for (span, key) in keys {
            let help = "remove it: a detection delay is the whole time from onset to alarm";
            conflict(span, key, delay, "`detection-delay`", help);
        }
    }
    if let Some(parts) = spec.any_of.span() {
        let keys = [
            (spec.scope.span(), "scope"),
            (spec.period.span(), "period"),
            (spec.datapoints.span(), "datapoints"),
            (spec.publish_delay.span(), "publish-delay"),
            (spec.watch.span(), "watch"),
            (spec.clock.span(), "clock"),
            (spec.missing_data.span(), "missing-data"),
            (spec.broken.span(), "broken"),
            (spec.lost_with_service.span(), "lost-with-service"),
        ];
        for (span, key) in keys {
            conflict(span, key, parts, "`any-of`", "remove it: the alarms listed have their own");
        }
    }
    let rule = spec.rate_ratio.span().or(spec.burn_rate.span());
    let canary = spec.canary.span();
    for (signal, reason) in [(rule, "a rule over rates"), (canary, "`canary`")] {
        let Some(signal) = signal else { continue };
        let keys = [(spec.datapoints.span(), "datapoints"), (spec.missing_data.span(), "missing-data")];
        for (span, key) in keys {
            conflict(span, key, signal, reason, "remove it: windows or the judge decide instead");
        }
    }
    if let Some(signal) = rule {
        let help = "remove it: rules are evaluated on the wall clock";
        conflict(spec.clock.span(), "clock", signal, "a rule over rates", help);
    }
    let requests = spec.error_ratio.span().or(rule).or(canary);
    if let Some(signal) = requests.filter(|_| spec.internal.or(false)) {
        let help = "remove it, or give `impaired-hosts`";
        conflict(spec.internal.span(), "internal", signal, "a signal that customers' requests make", help);
    }
    if let Some(Written { value: Scope::OneBox, span }) = spec.scope.get() {
        let help = "remove it: a one-box alarm watches the one-box stage";
        conflict(spec.watch.span(), "watch", *span, "the scope \"one-box\"", help);
    }
}
