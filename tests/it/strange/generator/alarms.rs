//! Alarms of every kind of signal.

use super::{Checkable, Writer, table, text};
use toml::{Table, Value};

impl Writer {
    pub(super) fn alarms(&mut self) -> Vec<Value> {
        let count = self.pick(&[0, 1, 1, 2, 3]);
        let mut alarms: Vec<Value> = (0..count).map(|index| self.alarm(index)).collect();
        if count >= 2 && self.chance(0.2) {
            let parts = Value::Array(vec![text("a0"), text("a1")]);
            let key = self.pick(&["any-of", "any-of", "all-of", "score"]);
            let points = table([("a0", Some(Value::Integer(60))), ("a1", Some(Value::Integer(40)))]);
            let at_least = Some(Value::Integer(self.pick(&[1, 50, 100])));
            let of_parts = if key == "score" {
                table([("points", Some(points)), ("at-least", at_least)])
            } else {
                parts
            };
            let at_least = self.maybe(0.5, |w| Value::Integer(w.pick(&[1, 2]))).filter(|_| key == "any-of");
            alarms.push(table([("name", Some(text("any"))), (key, Some(of_parts)), ("at-least", at_least)]));
        }
        alarms
    }

    fn alarm(&mut self, index: usize) -> Value {
        let signal = self.pick(&[
            "error-ratio",
            "error-ratio",
            "slow-ratio",
            "error-count",
            "damage-count",
            "synthetic",
            "rate-ratio",
            "burn-rate",
            "canary",
            "absent",
            "request-drop",
            "impaired-hosts",
            "impaired-hosts",
            "breach-probability",
            "detection-delay",
        ]);
        let scope = match signal {
            "canary" => "one-box",
            _ => self.pick(&["one-box", "zone", "region", "service"]),
        };
        let by_rate = matches!(signal, "rate-ratio" | "burn-rate");
        let by_datapoints = !by_rate && signal != "canary" && signal != "detection-delay";
        let delays = signal == "detection-delay";
        let value = self.signal(signal);
        let window = [1_i64, 2, 3, 5, 64];
        let mut alarm = Table::new();
        let mut set = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                alarm.insert(key.to_owned(), value);
            }
        };
        set("name", Some(text(format!("a{index}"))));
        set("scope", Some(text(scope)));
        set(signal, Some(value));
        set(
            "period",
            self.maybe(0.6, |w| text(w.pick(&["10s", "1m", "5m", "1h"]))).filter(|_| !delays && !by_rate),
        );
        set(
            "datapoints",
            self.maybe(0.6, |w| {
                let n = w.pick(&window);
                let m = w.pick(&[1, n, (n + 1) / 2]);
                text(format!("{m} of {n}"))
            })
            .filter(|_| by_datapoints),
        );
        set("publish-delay", self.maybe(0.3, Self::short).filter(|_| !delays));
        set(
            "watch",
            self.maybe(0.7, |w| text(w.pick(&["deployment", "wave", "rollout"])))
                .filter(|_| scope != "one-box"),
        );
        set(
            "clock",
            self.maybe(0.4, |w| text(w.pick(&["wall", "deployment"]))).filter(|_| !delays && !by_rate),
        );
        let gaps = ["not-breaching", "breaching", "ignore", "missing"];
        let gaps = Some(self.pick(&gaps)).filter(|_| by_datapoints && signal != "absent" && self.chance(0.5));
        set("missing-data", gaps.map(text));
        set("broken", self.maybe(0.2, |w| text(w.pick(&["0%", "10%", "100%"]))));
        set("lost", self.maybe(0.2, |w| text(w.pick(&["0%", "10%", "100%"]))).filter(|_| !delays));
        set("grace", self.maybe(0.2, Self::short).filter(|_| !delays));
        set(
            "version",
            self.maybe(0.4, |w| text(w.pick(&["new", "any"])))
                .filter(|_| scope != "one-box" && signal != "damage-count"),
        );
        set("lost-with-service", self.maybe(0.2, Self::positive_percent).filter(|_| !delays));
        set(
            "internal",
            self.maybe(0.3, |_| Value::Boolean(true)).filter(|_| {
                !matches!(
                    signal,
                    "error-ratio"
                        | "rate-ratio"
                        | "burn-rate"
                        | "canary"
                        | "absent"
                        | "request-drop"
                        | "damage-count"
                )
            }),
        );
        if by_datapoints {
            let missing = alarm.get("missing-data").and_then(Value::as_str);
            self.checkable.push(Checkable {
                name: format!("a{index}"),
                period: alarm.get("period").cloned(),
                has_gaps: matches!(missing, Some("ignore" | "missing")),
            });
        }
        Value::Table(alarm)
    }

    fn limit(&mut self, shares: &[&str]) -> (&'static str, Option<Value>) {
        (self.pick(&["above", "at-least"]), Some(text(self.pick(shares))))
    }

    fn signal(&mut self, signal: &str) -> Value {
        match signal {
            "error-ratio" | "slow-ratio" => {
                let limit = self.limit(&["0.1%", "1%", "10%", "50%", "99%"]);
                let least = self.maybe(0.5, |w| Value::Integer(w.pick(&[1, 20, 1000])));
                table([limit, ("min-requests", least)])
            }
            "error-count" | "damage-count" => table([
                ("at-least", Some(Value::Integer(self.pick(&[1, 5, 1000])))),
                ("seen", self.maybe(0.4, Self::positive_percent)),
            ]),
            "synthetic" => {
                let limit = self.limit(&["1%", "34%", "50%", "99%"]);
                let probes = Some(Value::Integer(self.pick(&[1, 2, 6])));
                let every = self.maybe(0.2, |w| text(w.pick(&["1h", "2h"])));
                let covers = self.maybe(0.4, Self::positive_percent);
                table([limit, ("probes", probes), ("every", every), ("covers", covers)])
            }
            "rate-ratio" => {
                let limit = self.limit(&["0.1%", "1%", "50%"]);
                let [windows, scrape, wait, linger] = self.rule();
                table([limit, windows, scrape, wait, linger])
            }
            "burn-rate" => {
                let [windows, scrape, wait, linger] = self.rule();
                let factor = Some(Value::Float(self.pick(&[1.0, 6.0, 14.4])));
                table([("objective", Some(text("99.9%"))), ("factor", factor), windows, scrape, wait, linger])
            }
            "canary" => match self.pick(&["sequential", "z-score", "mann-whitney"]) {
                "sequential" => {
                    let ratio = self.maybe(0.5, |w| Value::Float(w.pick(&[1.1, 2.0, 10.0])));
                    table([
                        ("judge", Some(text("sequential"))),
                        ("ratio", ratio),
                        self.compared(),
                        self.inconclusive(),
                    ])
                }
                judge => {
                    let least = self.maybe(0.5, |w| Value::Float(w.pick(&[1.0, 2.0])));
                    table([
                        ("judge", Some(text(judge))),
                        ("least-ratio", least),
                        self.compared(),
                        self.inconclusive(),
                    ])
                }
            },
            "absent" => table([("min-requests", self.maybe(0.5, |w| Value::Integer(w.pick(&[1, 2, 100]))))]),
            "request-drop" => table([("below", Some(text(self.pick(&["1%", "70%", "100%"]))))]),
            "impaired-hosts" => {
                let limit = self.limit(&["0.1%", "2%", "10%", "50%", "99%"]);
                table([limit])
            }
            "breach-probability" => table([
                ("healthy", self.maybe(0.6, |w| text(w.pick(&["0%", "0.1%", "10%", "50%"])))),
                ("impaired", self.maybe(0.6, Self::percent)),
            ]),
            _ => self.distribution(),
        }
    }

    fn compared(&mut self) -> (&'static str, Option<Value>) {
        ("signal", self.maybe(0.4, |w| text(w.pick(&["errors", "slow"]))))
    }

    fn inconclusive(&mut self) -> (&'static str, Option<Value>) {
        ("inconclusive", self.maybe(0.4, |w| text(w.pick(&["pass", "fail"]))))
    }

    fn rule(&mut self) -> [(&'static str, Option<Value>); 4] {
        let windows = self.pick(&[vec!["5m"], vec!["2m"], vec!["30m", "5m"]]);
        let windows = Value::Array(windows.into_iter().map(text).collect());
        [
            ("windows", Some(windows)),
            ("scrape", self.maybe(0.5, |w| text(w.pick(&["30s", "1m"])))),
            ("for", self.maybe(0.5, |w| text(w.pick(&["0s", "1m", "10m"])))),
            ("keep-firing-for", self.maybe(0.3, |w| text(w.pick(&["0s", "5m"])))),
        ]
    }
}
