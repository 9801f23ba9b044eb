//! Resolves the signal of an `[[alarm]]`: one table of the keys that name one, and how each is read.

use super::alert;
use super::bound::threshold;
use super::read::{IMMEDIATE, distribution, name, ratio};
use crate::diagnostic::{Diagnostic, Span};
use crate::plan::Signal;
use crate::scenario::problems::Problems;
use crate::scenario::reader::{Field, Written};
use crate::scenario::rules;
use crate::scenario::spec::AlarmSpec;
use crate::scenario::suggest;
use crate::scenario::value::{Duration, Int};

/// Whether a key was written, and where.
struct Presence {
    span: Option<Span>,
    is_broken: bool,
}

/// What the reader of a key returns: the signal, and the time between its datapoints if that is not the period; none if it
/// was reported.
type SignalRead = Option<(Signal, Option<u64>)>;

/// A kind of signal in the language.
#[derive(Clone, Copy)]
struct SignalKey {
    /// Its key.
    key: &'static str,
    /// Whether an alarm has it.
    written: fn(&AlarmSpec) -> Presence,
    /// Reads it.
    read: fn(&AlarmSpec, Duration, &mut Problems) -> SignalRead,
}

fn key<T>(field: &Field<T>) -> Presence {
    Presence { span: field.span(), is_broken: field.is_broken() }
}

/// Every kind of signal, in the order in which messages list them.
const KINDS: [SignalKey; 11] = [
    SignalKey { key: "error-ratio", written: |spec| key(&spec.error_ratio), read: error_ratio },
    SignalKey { key: "slow-ratio", written: |spec| key(&spec.slow_ratio), read: slow_ratio },
    SignalKey { key: "error-count", written: |spec| key(&spec.error_count), read: error_count },
    SignalKey { key: "synthetic", written: |spec| key(&spec.synthetic), read: synthetic },
    SignalKey {
        key: "rate-ratio",
        written: |spec| key(&spec.rate_ratio),
        read: |spec, period, problems| scraped(alert::rate_ratio(spec.rate_ratio.get()?, period, problems)),
    },
    SignalKey {
        key: "burn-rate",
        written: |spec| key(&spec.burn_rate),
        read: |spec, period, problems| scraped(alert::burn_rate(spec.burn_rate.get()?, period, problems)),
    },
    SignalKey {
        key: "canary",
        written: |spec| key(&spec.canary),
        read: |spec, _, problems| each_period(alert::canary(spec.canary.get()?, &spec.scope, problems)?),
    },
    SignalKey { key: "impaired-hosts", written: |spec| key(&spec.impaired_hosts), read: impaired_hosts },
    SignalKey {
        key: "breach-probability",
        written: |spec| key(&spec.breach_probability),
        read: |spec, _, _| {
            let spec = spec.breach_probability.value()?;
            let (healthy, impaired) = (ratio(&spec.healthy, 0.0), ratio(&spec.impaired, 1.0));
            each_period(Signal::BreachProbability { healthy, impaired })
        },
    },
    SignalKey {
        key: "detection-delay",
        written: |spec| key(&spec.detection_delay),
        read: |spec, _, _| {
            each_period(Signal::DetectionDelay(distribution(&spec.detection_delay, IMMEDIATE)))
        },
    },
    // The alarms that it is made of are looked up once all are there.
    SignalKey {
        key: "any-of",
        written: |spec| key(&spec.any_of),
        read: |_, _, _| each_period(Signal::AnyOf(Vec::new())),
    },
];

/// The signal and the time between its datapoints; none if it was reported.
pub(super) fn resolve(
    written: &Written<AlarmSpec>,
    period: Duration,
    problems: &mut Problems,
) -> Option<(Signal, u64)> {
    let spec = &written.value;
    let given: Vec<(Span, &SignalKey)> =
        KINDS.iter().filter_map(|kind| Some(((kind.written)(spec).span?, kind))).collect();
    match given.as_slice() {
        [] if KINDS.iter().any(|kind| (kind.written)(spec).is_broken) => None,
        [] => {
            let message = format!("alarm `{}` has no signal", name(&spec.name));
            let diagnostic = Diagnostic::new(&rules::MISSING_KEY, message).at(written.span, "");
            let keys = KINDS.map(|kind| kind.key);
            problems.report(diagnostic.help(format!("add one of {}", suggest::list(&keys))));
            None
        }
        [(_, kind)] => {
            let (signal, between_ms) = (kind.read)(spec, period, problems)?;
            Some((signal, between_ms.unwrap_or(period.ms)))
        }
        [(first, one), (second, other), ..] => {
            let message =
                format!("alarm `{}` has two signals, `{}` and `{}`", name(&spec.name), one.key, other.key);
            let diagnostic =
                Diagnostic::new(&rules::CONFLICTING_KEYS, message).at(*second, "").and(*first, "");
            problems.report(diagnostic.help("keep one, and write the other as an alarm of its own"));
            None
        }
    }
}

/// A signal with a datapoint a period.
fn each_period(signal: Signal) -> SignalRead {
    Some((signal, None))
}

/// A signal with a datapoint a scrape.
fn scraped(rule: Option<(Signal, u64)>) -> SignalRead {
    rule.map(|(signal, scrape_ms)| (signal, Some(scrape_ms)))
}

fn error_ratio(spec: &AlarmSpec, _: Duration, problems: &mut Problems) -> SignalRead {
    let Written { value: spec, span } = spec.error_ratio.get()?;
    let (threshold, comparison) = threshold(&spec.above, &spec.at_least, *span, problems)?;
    each_period(Signal::ErrorRatio { threshold, comparison, min_requests: spec.min_requests.or(Int(1)).0 })
}

fn slow_ratio(spec: &AlarmSpec, _: Duration, problems: &mut Problems) -> SignalRead {
    let Written { value: spec, span } = spec.slow_ratio.get()?;
    let (threshold, comparison) = threshold(&spec.above, &spec.at_least, *span, problems)?;
    each_period(Signal::SlowRatio { threshold, comparison, min_requests: spec.min_requests.or(Int(1)).0 })
}

fn error_count(spec: &AlarmSpec, _: Duration, _: &mut Problems) -> SignalRead {
    let spec = spec.error_count.value()?;
    each_period(Signal::ErrorCount { at_least: spec.at_least.or(Int(1)).0, seen: ratio(&spec.seen, 1.0) })
}

fn synthetic(spec: &AlarmSpec, _: Duration, problems: &mut Problems) -> SignalRead {
    let Written { value: spec, span } = spec.synthetic.get()?;
    let (threshold, comparison) = threshold(&spec.above, &spec.at_least, *span, problems)?;
    let (probes, covers) = (spec.probes.or(Int(1)).0, ratio(&spec.covers, 1.0));
    each_period(Signal::Synthetic { probes, covers, threshold, comparison })
}

fn impaired_hosts(spec: &AlarmSpec, _: Duration, problems: &mut Problems) -> SignalRead {
    let Written { value: spec, span } = spec.impaired_hosts.get()?;
    let (threshold, comparison) = threshold(&spec.above, &spec.at_least, *span, problems)?;
    each_period(Signal::ImpairedHosts { threshold, comparison })
}
