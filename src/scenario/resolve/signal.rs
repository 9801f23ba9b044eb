//! Resolves the signal of an `[[alarm]]`: one table of the keys that name one, and how each is read.

use super::alert;
use super::bound::threshold;
use crate::plan::Signal;
use crate::scenario::problems::Problems;
use crate::scenario::reader::Written;
use crate::scenario::spec::AlarmSpec;
use crate::scenario::suggest;
use crate::scenario::table::Keys;
use crate::scenario::value::{Duration, IMMEDIATE};

/// What the reader of a key returns: the signal, and the time between its datapoints if that is not the period; none if it
/// was reported.
type SignalRead = Option<(Signal, Option<u64>)>;

/// Reads the signal of an alarm with this period.
type ReadSignal = fn(&AlarmSpec, Duration, &mut Problems) -> SignalRead;

/// Every kind of signal by its key, in the order in which messages list them.
const KINDS: [(&str, ReadSignal); 16] = [
    ("error-ratio", error_ratio),
    ("slow-ratio", slow_ratio),
    ("error-count", error_count),
    ("damage-count", damage_count),
    ("synthetic", synthetic),
    ("rate-ratio", |spec, period, problems| {
        scraped(alert::rate_ratio(spec.rate_ratio.get()?, period, problems))
    }),
    ("burn-rate", |spec, period, problems| {
        scraped(alert::burn_rate(spec.burn_rate.get()?, period, problems))
    }),
    ("canary", |spec, _, problems| each_period(alert::canary(spec.canary.get()?, &spec.scope, problems)?)),
    ("absent", |spec, _, _| {
        each_period(Signal::Absent { min_requests: spec.absent.value()?.min_requests.or(1) })
    }),
    ("request-drop", request_drop),
    ("impaired-hosts", impaired_hosts),
    ("breach-probability", breach_probability),
    ("detection-delay", |spec, _, _| each_period(Signal::DetectionDelay(spec.detection_delay.or(IMMEDIATE)))),
    // The alarms that it is made of are looked up once all are there.
    ("any-of", |_, _, _| each_period(Signal::AnyOf(Vec::new()))),
    ("all-of", |_, _, _| each_period(Signal::AnyOf(Vec::new()))),
    ("score", |_, _, _| each_period(Signal::AnyOf(Vec::new()))),
];

/// The signal and the time between its datapoints; none if it was reported.
pub(super) fn resolve(
    written: &Written<AlarmSpec>,
    period: Duration,
    problems: &mut Problems,
) -> Option<(Signal, u64)> {
    let spec = &written.value;
    let keys = KINDS.map(|(key, _)| key);
    match spec.written(&keys)[..] {
        [] if spec.is_any_broken(&keys) => None,
        [] => {
            let message = format!("alarm `{}` has no signal", spec.name.or_default());
            problems.missing_key(written.span, message, format!("add one of {}", suggest::list(&keys)));
            None
        }
        [(only, _)] => {
            let (_, read) = KINDS.into_iter().find(|(key, _)| *key == only)?;
            let (signal, between_ms) = read(spec, period, problems)?;
            Some((signal, between_ms.unwrap_or(period.ms)))
        }
        [(one, first), (other, second), ..] => {
            let message =
                format!("alarm `{}` has two signals, `{one}` and `{other}`", spec.name.or_default());
            let help = "keep one, and write the other as an alarm of its own";
            problems.conflict((second, first), message, help);
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
    each_period(Signal::ErrorRatio { threshold, comparison, min_requests: spec.min_requests.or(1) })
}

fn slow_ratio(spec: &AlarmSpec, _: Duration, problems: &mut Problems) -> SignalRead {
    let Written { value: spec, span } = spec.slow_ratio.get()?;
    let (threshold, comparison) = threshold(&spec.above, &spec.at_least, *span, problems)?;
    each_period(Signal::SlowRatio { threshold, comparison, min_requests: spec.min_requests.or(1) })
}

fn breach_probability(spec: &AlarmSpec, _: Duration, _: &mut Problems) -> SignalRead {
    let spec = spec.breach_probability.value()?;
    let (healthy, impaired) = (spec.healthy.or_default(), spec.impaired.or(1.0));
    each_period(Signal::BreachProbability { healthy, impaired })
}

fn error_count(spec: &AlarmSpec, _: Duration, _: &mut Problems) -> SignalRead {
    let spec = spec.error_count.value()?;
    each_period(Signal::ErrorCount { at_least: spec.at_least.or(1), seen: spec.seen.or(1.0) })
}

fn damage_count(spec: &AlarmSpec, _: Duration, _: &mut Problems) -> SignalRead {
    let spec = spec.damage_count.value()?;
    each_period(Signal::DamageCount { at_least: spec.at_least.or(1), seen: spec.seen.or(1.0) })
}

fn request_drop(spec: &AlarmSpec, _: Duration, problems: &mut Problems) -> SignalRead {
    let Written { value: below, span } = spec.request_drop.value()?.below.get()?;
    if below.is_zero() {
        let message = "no period has fewer requests than 0 % of those expected: the alarm never fires";
        problems.out_of_range(*span, message, "write more than \"0%\"");
        return None;
    }
    each_period(Signal::RequestDrop { below: below.0 })
}

fn synthetic(spec: &AlarmSpec, period: Duration, problems: &mut Problems) -> SignalRead {
    let Written { value: spec, span } = spec.synthetic.get()?;
    let (threshold, comparison) = threshold(&spec.above, &spec.at_least, *span, problems)?;
    let (probes, covers) = (spec.probes.or(1), spec.covers.or(1.0));
    let every = match spec.every.get() {
        None => 1,
        Some(every) => match every.value.ms.checked_div(period.ms) {
            Some(periods) if periods > 0 && every.value.ms.is_multiple_of(period.ms) => periods,
            Some(_) | None => {
                let message = format!("`every` must be a multiple of the alarm's period of {period}");
                problems.out_of_range(every.span, message, "leave it out for probes in every period");
                return None;
            }
        },
    };
    each_period(Signal::Synthetic { probes, every, covers, threshold, comparison })
}

fn impaired_hosts(spec: &AlarmSpec, _: Duration, problems: &mut Problems) -> SignalRead {
    let Written { value: spec, span } = spec.impaired_hosts.get()?;
    let (threshold, comparison) = threshold(&spec.above, &spec.at_least, *span, problems)?;
    each_period(Signal::ImpairedHosts { threshold, comparison })
}
