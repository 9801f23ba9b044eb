//! Gates of waves, and ladders of steps.

use super::{Checkable, Writer, table, text};
use toml::{Table, Value};

impl Writer {
    /// Gates that hold in the end, or fail.
    pub(super) fn gates(&mut self) -> Value {
        let count = self.pick(&[1, 1, 2, 3]);
        Value::Array((0..count).map(|_| self.gate()).collect())
    }

    fn gate(&mut self) -> Value {
        let traffic = self.traffic;
        let checkable = self.checkable.clone();
        let within = self.maybe(0.3, Self::duration);
        let mut kinds = vec!["approval", "test", "opening"];
        kinds.extend(traffic.then_some("requests"));
        kinds.extend(traffic.then_some("power"));
        kinds.extend((!checkable.is_empty()).then_some("checks"));
        let kind = self.pick(&kinds);
        let what = match kind {
            "approval" => self.approval(),
            "opening" => self.opening(),
            "test" => table([
                ("takes", self.maybe(0.7, Self::short_distribution)),
                ("catches", self.maybe(0.4, Self::percent)),
                ("false-alarm", self.maybe(0.4, Self::percent)),
            ]),
            "requests" => Value::Integer(self.pick(&[1, 20])),
            "power" => table([
                ("detects", Some(text(self.pick(&["0.1%", "5%"])))),
                ("signal", self.maybe(0.3, |w| text(w.pick(&["errors", "slow"])))),
                ("false-positive", self.maybe(0.3, |w| text(w.pick(&["1%", "40%"])))),
                ("false-negative", self.maybe(0.3, |w| text(w.pick(&["5%", "50%"])))),
            ]),
            _ => {
                let first = self.pick(&checkable);
                let alike = |other: &&Checkable| other.period == first.period;
                let together: Vec<&Checkable> = checkable.iter().filter(alike).collect();
                let points = together.iter().map(|other| (other.name.clone(), Value::Integer(30)));
                let points =
                    Some(Value::Table(points.collect())).filter(|_| together.len() > 1 && self.chance(0.5));
                let has_gaps = match points {
                    Some(_) => together.iter().any(|other| other.has_gaps),
                    None => first.has_gaps,
                };
                let alarm = Some(text(first.name.as_str())).filter(|_| points.is_none());
                let passes = self.chance(0.6).then(|| self.pick(&[1_i64, 5, 30]));
                let failures = self.chance(0.6).then(|| self.pick(&[1_i64, 2, 10]));
                let row =
                    passes.is_some() && failures.is_some_and(|failures| failures > 1) && self.chance(0.4);
                let limits = |w: &mut Self| Value::Integer(w.pick(&[1, 2, 10]));
                let scored = points.is_some();
                table([
                    ("alarm", alarm),
                    ("points", points),
                    ("marginal", scored.then(|| text("40%"))),
                    ("pass", scored.then(|| text(self.pick(&["60%", "100%"])))),
                    ("inconclusive", self.maybe(0.4, limits).filter(|_| scored)),
                    ("passes", passes.map(Value::Integer)),
                    ("in-a-row", row.then_some(Value::Boolean(true))),
                    ("count", self.maybe(0.3, |w| Value::Integer(w.pick(&[30, 40])))),
                    ("missing", self.maybe(0.6, limits).filter(|_| has_gaps)),
                    ("failures", failures.map(Value::Integer)),
                    ("over", self.maybe(0.4, |w| text(w.pick(&["gate", "rollout"])))),
                    ("after", self.maybe(0.3, Self::short)),
                ])
            }
        };
        // A quiet region serves a request in a day: nothing else bounds how long a rollout waits.
        let endless = kind == "checks" || kind == "requests" || kind == "power";
        let within = within.or(endless.then(|| text("6h")));
        table([(kind, Some(what)), ("within", within)])
    }

    /// A gate that weighs risk, for a ladder whose bakes are shorter than a day.
    fn risk(&mut self) -> Value {
        let risk = table([
            ("budget", Some(text(self.pick(&["0.1%", "1%", "50%"])))),
            ("confidence", self.maybe(0.5, |w| text(w.pick(&["50%", "99.9%"])))),
            ("signal", self.maybe(0.3, |w| text(w.pick(&["errors", "slow"])))),
        ]);
        table([("risk", Some(risk)), ("within", Some(text("1d")))])
    }

    fn approval(&mut self) -> Value {
        let hours = self.maybe(0.4, Self::hours);
        let days = Value::Array(vec![text("mon"), text("sat")]);
        table([
            ("takes", self.maybe(0.7, Self::short_distribution)),
            ("timezone", self.maybe(0.3, Self::time_zone).filter(|_| hours.is_some())),
            ("days", self.maybe(0.3, |_| days)),
            ("hours", hours),
            ("catches", self.maybe(0.4, Self::percent)),
            ("false-alarm", self.maybe(0.4, Self::percent)),
        ])
    }

    fn opening(&mut self) -> Value {
        let days = Value::Array(vec![text("mon"), text("sat")]);
        table([
            ("hours", Some(text(self.pick(&["09:00-17:00", "22:00-06:00"])))),
            ("days", self.maybe(0.3, |_| days)),
            ("timezone", self.maybe(0.3, Self::time_zone)),
            ("next", self.maybe(0.5, |w| Value::Boolean(w.chance(0.5)))),
        ])
    }

    /// In place of what a wave deploys in one go, perhaps steps or a ramp.
    pub(super) fn ladder(&mut self, wave: &mut Table) {
        let kind = self.pick(&["", "", "", "steps", "add", "times"]);
        if kind.is_empty() {
            return;
        }
        let routed = ["traffic", "users"].into_iter().find(|key| wave.remove(*key).is_some());
        let grows = routed.unwrap_or_else(|| self.pick(&["hosts", "hosts", "hosts", "zones"]));
        wave.remove("zones");
        if routed.is_some() {
            // The old hosts stay for the rest of the requests.
            wave.insert("max-surge".into(), text("100%"));
        }
        let weighs = self.traffic && self.chance(0.3);
        let every = if weighs { text(self.pick(&["1m", "10m", "1h"])) } else { self.duration() };
        let mut gates = self.maybe(0.3, Self::gates);
        if weighs {
            let mut listed = gates.and_then(|gates| gates.as_array().cloned()).unwrap_or_default();
            listed.push(self.risk());
            gates = Some(Value::Array(listed));
        }
        if kind == "steps" {
            let step = |share: &str, gates: Option<Value>| {
                table([(grows, Some(text(share))), ("bake", Some(every.clone())), ("gates", gates)])
            };
            let steps = Value::Array(vec![step("10%", gates), step("100%", None)]);
            wave.remove("bake");
            wave.remove("gates");
            wave.insert("steps".into(), steps);
            return;
        }
        let by = if kind == "add" { text("30%") } else { Value::Float(3.0) };
        let of = Some(text(grows)).filter(|_| grows != "hosts" || self.chance(0.3));
        let from = Some(text("5%"));
        let ramp =
            table([("of", of), ("from", from), (kind, Some(by)), ("every", Some(every)), ("gates", gates)]);
        wave.insert("ramp".into(), ramp);
    }
}
