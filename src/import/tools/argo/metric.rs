//! One metric of an analysis: what it looks at as an alarm, and how many of its measurements may fail. It knows no rollout.

use super::arguments::Arguments;
use super::condition::{self, ResultTest};
use crate::import::cursor::Cursor;
use crate::import::draft::{Draft, DraftAlarm, DraftValue, duration, inline, text, whole};
use crate::import::provenance::{Provenance, shortened};
use crate::import::time;
use crate::import::time::{MINUTE, SECOND};
use crate::import::tools::judged::{Judged, Timing, opaque};
use crate::import::tools::prometheus::judge;

/// A limit of failures that nothing reaches.
const NO_LIMIT: u64 = 1_000_000;

/// Datapoints that an alarm can remember.
const MOST_REMEMBERED: u64 = 64;

/// Keys of an alarm that say what it looks at.
const SIGNALS: [&str; 6] =
    ["error-ratio", "slow-ratio", "error-count", "rate-ratio", "burn-rate", "impaired-hosts"];

/// What an analysis is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AnalysisUse {
    /// A step waits for its end.
    Gate,
    /// It goes on beside the steps.
    Background,
    /// No rollout says it.
    Alone,
}

/// Who asks: the arguments that are given, and the service of the canary.
pub(super) struct Inquiry<'a> {
    /// The arguments, those of the template beneath them.
    pub arguments: &'a Arguments,
    /// The canary's service, if there is one of its own.
    pub canary: Option<&'a str>,
    /// What for.
    pub purpose: AnalysisUse,
}

/// How often it measures, and what may come of that.
struct Limits {
    period_ms: u64,
    is_repeated: bool,
    delay_ms: u64,
    count: Option<u64>,
    failures: u64,
    passes: Option<u64>,
    errors: u64,
    inconclusive: u64,
    /// Where the interval, the delay and the limit of failures are written.
    places: [Option<Provenance>; 3],
}

/// A gate of checks that a step waits for.
#[derive(Debug, Clone)]
pub(super) struct MetricGate {
    checks: Vec<(&'static str, DraftValue)>,
    after_ms: u64,
    /// How long it takes if nothing fails.
    pub length_ms: u64,
}

impl MetricGate {
    /// One check of that alarm.
    pub fn once(alarm: &str, period_ms: u64) -> Self {
        let checks = vec![("alarm", text(alarm)), ("count", whole(1)), ("failures", whole(1))];
        Self { checks, after_ms: 0, length_ms: period_ms }
    }

    /// As a scenario writes it, so much after the gate opens.
    pub fn later(&self, wait_ms: u64) -> DraftValue {
        let mut checks = self.checks.clone();
        if self.after_ms + wait_ms > 0 {
            checks.push(("after", duration(self.after_ms + wait_ms)));
        }
        inline([("checks", inline(checks))])
    }
}

/// What is measured: what fails, and what is less than success where both are said.
struct MetricSignals {
    failing: Judged,
    doubtful: Option<Judged>,
}

/// Reads a metric: adds its alarm to the draft, and returns the names of the alarms and the gate that checks them.
pub(super) fn metric(
    cursor: &Cursor<'_>,
    inquiry: &Inquiry<'_>,
    draft: &mut Draft,
) -> (Vec<String>, Option<MetricGate>) {
    let name = cursor.get("name");
    let wanted = name.as_ref().and_then(Cursor::text).unwrap_or("metric");
    let from = name.as_ref().map_or_else(|| cursor.provenance(), Cursor::provenance);
    let Some(limits) = limits(cursor, inquiry) else { return (Vec::new(), None) };
    if inquiry.purpose != AnalysisUse::Gate && limits.failures == NO_LIMIT {
        cursor.dropped("its failureLimit lets any number of measurements fail: it stops nothing");
        return (Vec::new(), None);
    }
    let Some(measured) = measured(cursor, inquiry, &limits, wanted) else { return (Vec::new(), None) };
    let mut add = |name: &str, mut judged: Judged| {
        attend(&mut judged, &limits, inquiry);
        let (table, ailment) = (judged.table, judged.ailment);
        draft.alarm(DraftAlarm {
            name: name.to_owned(),
            table,
            ailment,
            calls_people: false,
            from: from.clone(),
        })
    };
    // A missing datapoint that counts as something is a check as others are.
    let has_gaps = measured.failing.has_datapoints() && !measured.failing.table.has("missing-data");
    let failing = add(wanted, measured.failing);
    let doubtful = measured.doubtful.map(|judged| add(&format!("{wanted}-doubtful"), judged));
    let gate =
        (inquiry.purpose == AnalysisUse::Gate).then(|| limits.gate(&failing, doubtful.as_deref(), has_gaps));
    let names = [Some(failing), doubtful].into_iter().flatten().collect();
    (names, gate)
}

fn limits(cursor: &Cursor<'_>, inquiry: &Inquiry<'_>) -> Option<Limits> {
    let arguments = inquiry.arguments;
    let time = |key: &str| {
        let cursor = cursor.get(key)?;
        Some(arguments.read(&cursor, "a duration such as 10m", |text| time::read(text, SECOND)))
    };
    let number = |key: &str| {
        let cursor = cursor.get(key)?;
        Some(
            arguments
                .read(&cursor, "a whole number", |text| text.parse::<i64>().ok().filter(|n| *n < 1 << 31)),
        )
    };
    let interval = time("interval");
    let delay = time("initialDelay");
    let [count, failures, passes, errors, inconclusive] =
        ["count", "failureLimit", "consecutiveSuccessLimit", "consecutiveErrorLimit", "inconclusiveLimit"]
            .map(number);
    // What is written and cannot be read was reported.
    let missing = |value: &Option<Option<i64>>| *value == Some(None);
    if [&count, &failures, &passes, &errors, &inconclusive].into_iter().any(missing)
        || interval == Some(None)
        || delay == Some(None)
    {
        return None;
    }
    let positive =
        |value: Option<Option<i64>>| value.flatten().and_then(|n| u64::try_from(n).ok()).filter(|n| *n > 0);
    let over = |value: Option<Option<i64>>, default: i64| {
        u64::try_from(value.flatten().unwrap_or(default)).map_or(NO_LIMIT, |most| (most + 1).min(NO_LIMIT))
    };
    let (count, passes) = (positive(count), positive(passes));
    let interval = interval.flatten().filter(|ms| *ms > 0);
    if inquiry.purpose == AnalysisUse::Gate && interval.is_some() && count.is_none() && passes.is_none() {
        cursor.error("a step waits for the end of this metric, and it has none: give `count`");
        return None;
    }
    Some(Limits {
        period_ms: interval.unwrap_or(MINUTE),
        is_repeated: interval.is_some(),
        delay_ms: delay.flatten().unwrap_or(0),
        count,
        failures: over(failures, 0),
        passes,
        errors: over(errors, 4),
        inconclusive: over(inconclusive, 0),
        places: ["interval", "initialDelay", "failureLimit"]
            .map(|key| cursor.get(key).map(|place| place.provenance())),
    })
}

impl Limits {
    /// The gate that checks these alarms so often.
    fn gate(&self, failing: &str, doubtful: Option<&str>, has_gaps: bool) -> MetricGate {
        let key = |name: &str| text(name).to_string();
        let mut checks = match doubtful {
            None => vec![("alarm", text(failing))],
            // Whatever fails costs nearly all points, and what is merely no success hardly any.
            Some(doubtful) => {
                let points = format!("{{ {} = 99, {} = 1 }}", key(failing), key(doubtful));
                vec![("points", DraftValue::Plain(points)), ("marginal", text("50%"))]
            }
        };
        if let Some(passes) = self.passes {
            checks.push(("passes", whole(passes)));
            checks.push(("in-a-row", DraftValue::Plain("true".to_owned())));
        }
        match self.count {
            Some(count) => checks.push(("count", whole(count))),
            None if self.passes.is_none() => checks.push(("count", whole(1))),
            None => {}
        }
        checks.push(("failures", whole(self.failures)));
        if doubtful.is_some() {
            checks.push(("inconclusive", whole(self.inconclusive)));
        }
        if has_gaps {
            checks.push(("missing", whole(self.errors)));
        }
        let after_ms = self.delay_ms.saturating_sub(self.period_ms);
        let measurements = self.passes.or(self.count).unwrap_or(1);
        let length_ms = after_ms.saturating_add(measurements.saturating_mul(self.period_ms));
        MetricGate { checks, after_ms, length_ms }
    }
}

/// What is the alarm's own besides what it looks at.
fn attend(judged: &mut Judged, limits: &Limits, inquiry: &Inquiry<'_>) {
    let by_datapoints = judged.has_datapoints();
    let table = &mut judged.table;
    let [interval, delay, limit] = limits.places.clone();
    if let (Some(from), Some(period)) = (interval, table.value("period").cloned()) {
        table.set("period", period, from);
    }
    if by_datapoints && !table.has("missing-data") {
        let from = Provenance::implied("a measurement without data is an error, and no failure");
        table.set("missing-data", text("ignore"), from);
    }
    if inquiry.purpose == AnalysisUse::Gate {
        return;
    }
    table.set("watch", text("rollout"), Provenance::implied("as long as the rollout"));
    if !by_datapoints {
        return;
    }
    table.set("clock", text("deployment"), Provenance::Plain);
    let after_ms = limits.delay_ms.saturating_sub(limits.period_ms);
    if after_ms > 0 {
        table.set("grace", duration(after_ms), delay.unwrap_or(Provenance::Plain));
    }
    if limits.failures > 1 && inquiry.purpose == AnalysisUse::Background {
        let failures = limits.failures.min(MOST_REMEMBERED);
        let of = limits.count.unwrap_or(MOST_REMEMBERED).clamp(failures, MOST_REMEMBERED);
        table.set("datapoints", text(&format!("{failures} of {of}")), limit.unwrap_or(Provenance::Plain));
    }
}

/// What the metric looks at; none if that cannot be known, which was reported.
fn measured(
    cursor: &Cursor<'_>,
    inquiry: &Inquiry<'_>,
    limits: &Limits,
    name: &str,
) -> Option<MetricSignals> {
    tell_limits(cursor, inquiry, limits);
    let in_a_row =
        if inquiry.purpose == AnalysisUse::Background { limits.failures.min(MOST_REMEMBERED) - 1 } else { 0 };
    let timing =
        Timing { for_ms: in_a_row.saturating_mul(limits.period_ms), ..Timing::each(limits.period_ms) };
    let provider = cursor.get("provider");
    let prometheus = provider.as_ref().and_then(|provider| provider.get("prometheus"));
    let (success, failure) = (cursor.get("successCondition"), cursor.get("failureCondition"));
    let Some(prometheus) = prometheus else {
        let kind = provider.as_ref().and_then(|provider| provider.entries().first().map(|(key, _)| *key));
        let why = format!("what a check by `{}` looks at is not known", kind.unwrap_or("nobody"));
        for cursor in [provider, success, failure].into_iter().flatten() {
            cursor.approximated(format!("{why}: it is a check that you say the chances of"));
        }
        return Some(MetricSignals { failing: by_chance(cursor, timing, name), doubtful: None });
    };
    prometheus.beside_the_point(&["address", "authentication", "insecure", "headers", "timeout"]);
    let query_place = prometheus.get("query");
    let query = query_place.as_ref().map(|query| inquiry.arguments.query(query));
    if let Some(range) = prometheus.get("rangeQuery") {
        range.approximated("the last value counts, as of a query of an instant");
    }
    let Some(query) = query else {
        prometheus.error("there is no `query`");
        return None;
    };
    let conditions =
        [&success, &failure].map(|written| written.as_ref().map(|cursor| asked(cursor, inquiry)));
    let query = query?;
    // What cannot be known was reported.
    let [success, failure] = conditions;
    let (success, failure) = (success.if_known()?, failure.if_known()?);
    let look = |asked: Result<ResultTest, String>| look(cursor, inquiry, &query, asked, timing, name);
    match (success, failure) {
        (Some(success), Some(failure)) => {
            let doubtful = look(success.map(|asked| asked.negated()));
            let doubtful = (inquiry.purpose == AnalysisUse::Gate).then_some(doubtful);
            Some(MetricSignals { failing: look(failure), doubtful })
        }
        (Some(success), None) => {
            Some(MetricSignals { failing: look(success.map(|asked| asked.negated())), doubtful: None })
        }
        (None, Some(failure)) => Some(MetricSignals { failing: look(failure), doubtful: None }),
        (None, None) => {
            cursor.dropped("it has no condition, so it never fails: it only measures");
            None
        }
    }
}

/// What was written, which may not be known.
trait IfKnown<T> {
    fn if_known(self) -> Option<Option<T>>;
}

impl<T> IfKnown<T> for Option<Option<T>> {
    fn if_known(self) -> Option<Option<T>> {
        match self {
            None => Some(None),
            Some(known) => known.map(Some),
        }
    }
}

/// A condition; none if it is not known, which was reported.
fn asked(cursor: &Cursor<'_>, inquiry: &Inquiry<'_>) -> Option<Result<ResultTest, String>> {
    let text = inquiry.arguments.text(cursor)?;
    Some(condition::parse(&text).map_err(|why| format!("of the condition `{}` {why}", shortened(&text))))
}

/// The alarm that fires while `asked` is so of the query; by chance where it cannot be said.
fn look(
    cursor: &Cursor<'_>,
    inquiry: &Inquiry<'_>,
    query: &str,
    asked: Result<ResultTest, String>,
    timing: Timing,
    name: &str,
) -> Judged {
    let judged = asked.and_then(|asked| {
        let condition = asked.in_promql(query).ok_or("the condition does not ask for the number")?;
        let mut judged = judge(cursor.desk(), &condition, timing)?;
        if inquiry.purpose == AnalysisUse::Gate && !judged.has_datapoints() {
            return Err("it is no check by single datapoints".to_owned());
        }
        if judged.has_datapoints() && asked.minds_no_number() {
            let counts_as = if asked.of_no_number() { "breaching" } else { "not-breaching" };
            judged.table.set(
                "missing-data",
                text(counts_as),
                Provenance::implied("by `isNaN` of the condition"),
            );
        }
        Ok(judged)
    });
    let place = cursor.at(&["provider", "prometheus", "query"]).unwrap_or_else(|| cursor.clone());
    match judged {
        Ok(mut judged) => {
            for how in judged.approximated.drain(..) {
                place.approximated(how);
            }
            let conditions =
                ["successCondition", "failureCondition"].iter().filter_map(|key| cursor.get(key));
            let from = conditions.fold(Provenance::Plain, |from, place| from.and(&place.provenance()));
            for signal in SIGNALS {
                if let Some(value) = judged.table.value(signal).cloned() {
                    judged.table.set(signal, value, from.clone());
                }
            }
            if inquiry.arguments.name_canary(query, inquiry.canary) && !judged.table.has("any-of") {
                let from = Provenance::implied("the query asks for the canary alone");
                judged.table.set("version", text("new"), from);
            }
            judged
        }
        Err(why) => {
            place.approximated(format!("{why}: it is a check that you say the chances of"));
            by_chance(cursor, timing, name)
        }
    }
}

/// A check of which the user says how likely it fails.
fn by_chance(cursor: &Cursor<'_>, timing: Timing, name: &str) -> Judged {
    cursor.desk().by_hand(
        format!("breach-probability of {name}"),
        "how likely the check fails while all is well, and while an instance is impaired",
    );
    opaque(timing)
}

/// Says in what the limits are not as in Argo.
fn tell_limits(cursor: &Cursor<'_>, inquiry: &Inquiry<'_>, limits: &Limits) {
    let tell = |key: &str, how: &str| {
        if let Some(cursor) = cursor.get(key) {
            cursor.approximated(how);
        }
    };
    match inquiry.purpose {
        AnalysisUse::Gate => {
            if limits.is_repeated && limits.delay_ms < limits.period_ms {
                tell(
                    "interval",
                    "a check comes at the end of its interval; Argo measures at its beginning, and ends one interval sooner",
                );
            }
            if limits.inconclusive < NO_LIMIT {
                tell(
                    "inconclusiveLimit",
                    "too many inconclusive measurements take the change back; Argo waits for somebody",
                );
            }
        }
        AnalysisUse::Background => {
            tell("count", "the alarm goes on to the end of the rollout; Argo stops measuring after so many");
            tell(
                "consecutiveSuccessLimit",
                "the alarm goes on to the end of the rollout; Argo stops measuring after so many successes",
            );
            tell(
                "consecutiveErrorLimit",
                "measurements without data do not end the rollout; in Argo so many in a row do",
            );
            tell(
                "inconclusiveLimit",
                "there are no inconclusive measurements; Argo waits for somebody after so many",
            );
            if limits.failures > 1 {
                tell(
                    "failureLimit",
                    "failures count among the last 64 measurements; Argo counts those of the whole run",
                );
            }
        }
        AnalysisUse::Alone => {
            let how = "count and limits belong to the rollout that uses the template: import them together";
            for key in [
                "count",
                "failureLimit",
                "consecutiveSuccessLimit",
                "consecutiveErrorLimit",
                "inconclusiveLimit",
            ] {
                tell(key, how);
            }
        }
    }
}
