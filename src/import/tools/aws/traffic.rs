//! How requests move to a new version: at once, by a canary, or step by step, with tests around it. CodeDeploy, SAM and ECS
//! mean the same and spell it otherwise.

use super::value::AwsValue;
use crate::import::desk::Desk;
use crate::import::draft::{DraftTable, DraftValue, Row, duration, inline, list, percent, text};
use crate::import::provenance::Provenance;
use crate::import::time::MINUTE;
use crate::import::tools::gates;

/// How requests move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TrafficShift {
    /// All of them.
    Whole,
    /// A share, and after a time the rest.
    Canary {
        /// Percent, as written.
        percent: String,
        /// Milliseconds until the rest.
        bake_ms: u64,
    },
    /// So many more each time.
    Linear {
        /// Percent, as written.
        percent: String,
        /// Milliseconds from step to step.
        every_ms: u64,
    },
}

/// What stands around the shift.
#[derive(Debug, Clone, Default)]
pub(super) struct AroundShift {
    /// A test before any request of a customer goes to the new version.
    pub test_before: Option<Provenance>,
    /// Somebody who has to let requests go there, and the milliseconds that they have.
    pub approval: Option<(u64, Provenance)>,
    /// A test when all have moved.
    pub test_after: Option<Provenance>,
    /// Milliseconds for which the old version is kept once all have moved.
    pub bake: Option<(u64, Provenance)>,
}

/// The shift that a predefined name says: `Canary10Percent5Minutes`, `Linear10PercentEvery1Minute`, `AllAtOnce`.
pub(super) fn named(name: &str) -> Option<TrafficShift> {
    if name == "AllAtOnce" {
        return Some(TrafficShift::Whole);
    }
    let minutes = |text: &str| {
        let number = text.strip_suffix("Minutes").or_else(|| text.strip_suffix("Minute"))?;
        number.parse::<u64>().ok().filter(|minutes| *minutes <= 2880).map(|minutes| minutes * MINUTE)
    };
    if let Some((share, rest)) = name.strip_prefix("Canary").and_then(|rest| rest.split_once("Percent")) {
        return Some(TrafficShift::Canary { percent: share_of(share)?, bake_ms: minutes(rest)? });
    }
    let (share, rest) = name.strip_prefix("Linear")?.split_once("PercentEvery")?;
    Some(TrafficShift::Linear { percent: share_of(share)?, every_ms: minutes(rest)? })
}

fn share_of(text: &str) -> Option<String> {
    text.parse::<u64>().ok().filter(|share| (1..100).contains(share)).map(|share| share.to_string())
}

/// The shift of a `TrafficRoutingConfig`; none where it cannot be read, which was then reported.
pub(super) fn routing(config: &AwsValue<'_>) -> Option<TrafficShift> {
    let kind = config.want("Type")?;
    match kind.text()? {
        "AllAtOnce" => Some(TrafficShift::Whole),
        "TimeBasedCanary" => {
            let (percent, bake_ms) =
                parts(&config.want("TimeBasedCanary")?, "CanaryPercentage", "CanaryInterval")?;
            Some(TrafficShift::Canary { percent, bake_ms })
        }
        "TimeBasedLinear" => {
            let (percent, every_ms) =
                parts(&config.want("TimeBasedLinear")?, "LinearPercentage", "LinearInterval")?;
            Some(TrafficShift::Linear { percent, every_ms })
        }
        _ => {
            kind.error("this is not `AllAtOnce`, `TimeBasedCanary` or `TimeBasedLinear`");
            None
        }
    }
}

/// The share and the milliseconds of a canary or a step, as templates, hooks of stacks and Terraform call them.
fn parts(config: &AwsValue<'_>, share: &str, interval: &str) -> Option<(String, u64)> {
    let first = |keys: [&str; 3]| keys.into_iter().find_map(|key| config.get(key));
    let share = first([share, "StepPercentage", "Percentage"]);
    let interval = first([interval, "BakeTimeMins", "Interval"]);
    let (Some(share), Some(interval)) = (share, interval) else {
        config.error("a percentage and an interval are wanted here");
        return None;
    };
    Some((traffic_share(&share)?, interval.duration_ms(MINUTE)?))
}

/// A share of requests in percent, as written.
pub(super) fn traffic_share(share: &AwsValue<'_>) -> Option<String> {
    share.read("a percentage over 0, up to 100", |text| {
        let text = text.trim();
        let number: f64 = text.parse().ok()?;
        (number > 0.0 && number <= 100.0).then(|| text.to_owned())
    })
}

/// The waves of a shift.
pub(super) fn waves(
    shift: &TrafficShift,
    from: &Provenance,
    around: &AroundShift,
    desk: &Desk<'_>,
) -> Vec<DraftTable> {
    let mut waves: Vec<DraftTable> = before(around, desk).into_iter().collect();
    let mut wave = DraftTable::default();
    let (bake, gates) = (around.bake.clone(), around.test_after.as_ref().map(|from| test(from, desk)));
    let whole_share = || ("traffic", text("100%"));
    if let TrafficShift::Canary { percent: share, bake_ms } = shift {
        let canary = inline([("traffic", percent(share)), ("bake", duration(*bake_ms))]);
        let mut last = vec![whole_share()];
        let mut last_from = Provenance::Plain;
        if let Some((bake_ms, bake_from)) = bake {
            last.push(("bake", duration(bake_ms)));
            last_from = bake_from;
        }
        if let Some((gates, gate_from)) = gates {
            last.push(("gates", gates));
            last_from = last_from.and(&gate_from);
        }
        let rows = [(canary, from.clone()), (inline(last), last_from)];
        let row = |(value, from): (DraftValue, Provenance)| Row { value: value.to_string(), from };
        wave.set("steps", DraftValue::Rows(rows.map(row).into()), Provenance::Plain);
        waves.push(wave);
        return waves;
    }
    match shift {
        TrafficShift::Linear { percent: share, every_ms } => {
            let ramp = [("of", text("traffic")), ("add", percent(share)), ("every", duration(*every_ms))];
            wave.set("ramp", inline(ramp), from.clone());
        }
        TrafficShift::Whole | TrafficShift::Canary { .. } => {
            wave.set("traffic", whole_share().1, from.clone())
        }
    }
    if let Some((bake_ms, from)) = bake {
        wave.set("bake", duration(bake_ms), from);
    }
    if let Some((gates, from)) = gates {
        wave.set("gates", gates, from);
    }
    waves.push(wave);
    waves
}

/// The new version is there and gets no requests, until a test has passed and somebody has let it.
fn before(around: &AroundShift, desk: &Desk<'_>) -> Option<DraftTable> {
    let mut needed = Vec::new();
    let mut from = Provenance::Plain;
    if let Some(test_from) = &around.test_before {
        needed.push(gate(desk));
        from = test_from.clone();
    }
    if let Some((within_ms, approval_from)) = &around.approval {
        needed.push(inline([("approval", gates::approval_time()), ("within", duration(*within_ms))]));
        desk.by_hand("approval", "how long somebody takes to let requests go to the new version: 1h here");
        from = from.and(approval_from);
    }
    if needed.is_empty() {
        return None;
    }
    let mut wave = DraftTable::default();
    wave.set("traffic", text("0%"), Provenance::implied("nobody is sent there yet"));
    wave.set("gates", list(&needed), from);
    Some(wave)
}

/// The gates with a test that was written there.
fn test(from: &Provenance, desk: &Desk<'_>) -> (DraftValue, Provenance) {
    (list(&[gate(desk)]), from.clone())
}

fn gate(desk: &Desk<'_>) -> DraftValue {
    desk.by_hand(
        "test",
        "how long the hook's test takes, and how likely it finds what is wrong: 1m and 50% here",
    );
    inline([("test", inline([("takes", text("1m")), ("catches", text("50%"))]))])
}

/// So many more hosts may come beside those that are there, as the old ones stay until the end.
pub(super) fn keeps_the_old(table: &mut DraftTable, at_once: bool) {
    table.set(
        "max-surge",
        text("100%"),
        Provenance::implied("the old version stays until the new one has all requests"),
    );
    if at_once {
        table.set("deploy-time", text("0s"), Provenance::implied("a version of a function is ready at once"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predefined_names_say_what_they_do() {
        let canary = |percent: &str, minutes| TrafficShift::Canary {
            percent: percent.to_owned(),
            bake_ms: minutes * MINUTE,
        };
        let linear = |percent: &str, minutes| TrafficShift::Linear {
            percent: percent.to_owned(),
            every_ms: minutes * MINUTE,
        };
        assert_eq!(named("Canary10Percent5Minutes"), Some(canary("10", 5)));
        assert_eq!(named("Linear10PercentEvery1Minute"), Some(linear("10", 1)));
        assert_eq!(named("Linear10PercentEvery10Minutes"), Some(linear("10", 10)));
        assert_eq!(named("AllAtOnce"), Some(TrafficShift::Whole));
        for wrong in [
            "Canary0Percent5Minutes",
            "Canary10Percent",
            "HalfAtATime",
            "Linear10PercentEvery1Hour",
            "Canary10Percent99999999999999Minutes",
        ] {
            assert_eq!(named(wrong), None, "{wrong}");
        }
    }
}
