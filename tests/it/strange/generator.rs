//! Writes a strange but valid scenario for a seed.
//!
//! Values lean to their bounds: nothing, everything, the smallest step, instants that coincide. Sizes are bounded, so
//! that a scenario costs milliseconds: it is combinations that are tried here, not size.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use toml::{Table, Value};

/// The scenario of a seed.
pub fn scenario(seed: u64) -> Table {
    let mut writer = Writer {
        rng: ChaCha8Rng::seed_from_u64(seed),
        largest_zone: 1,
        regions: Vec::new(),
        cohorts: false,
        labels: Vec::new(),
        traffic: true,
    };
    writer.scenario()
}

/// Cohorts and labels that a fleet may have.
const COHORTS: [&str; 2] = ["arm", "old-kernel"];
const LABELS: [&str; 2] = ["canary", "large"];

/// What was decided so far.
struct Writer {
    rng: ChaCha8Rng,
    largest_zone: i64,
    regions: Vec<String>,
    /// Whether some region has the cohorts.
    cohorts: bool,
    /// Whether every region has traffic.
    traffic: bool,
    /// Labels that some region has.
    labels: Vec<String>,
}

/// A table of the keys that are there.
fn table<const N: usize>(entries: [(&str, Option<Value>); N]) -> Value {
    let there = entries.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Value::Table(there.collect())
}

fn text(text: impl Into<String>) -> Value {
    Value::String(text.into())
}

impl Writer {
    // Choices.

    fn chance(&mut self, probability: f64) -> bool {
        self.rng.random_bool(probability)
    }

    fn below(&mut self, end: usize) -> usize {
        self.rng.random_range(0..end)
    }

    fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }

    fn maybe(&mut self, probability: f64, value: impl FnOnce(&mut Self) -> Value) -> Option<Value> {
        self.chance(probability).then(|| value(self))
    }

    fn some_of(&mut self, names: &[String]) -> Value {
        let mut some: Vec<Value> = Vec::new();
        for name in names {
            if self.chance(0.6) {
                some.push(text(name.as_str()));
            }
        }
        Value::Array(some)
    }

    // Values.

    fn duration(&mut self) -> Value {
        text(self.pick(&[
            "0s", "0s", "1ms", "1s", "30s", "1m", "1m", "90s", "5m", "10m", "59m59s", "1h", "6h", "1d",
        ]))
    }

    fn short(&mut self) -> Value {
        text(self.pick(&["0s", "1s", "10s", "1m", "1m", "2m", "7m", "10m", "30m"]))
    }

    fn distribution(&mut self) -> Value {
        let one = |key: &str, value: Value| table([(key, Some(value))]);
        match self.below(9) {
            0 => text("immediate"),
            1 => one("exponential", table([("mean", Some(text(self.pick(&["1s", "10m", "1h"]))))])),
            2 => {
                let sigma = Value::Float(self.pick(&[0.1, 0.5, 1.0, 2.0]));
                let median = text(self.pick(&["1s", "4m", "40m"]));
                one("lognormal", table([("median", Some(median)), ("sigma", Some(sigma))]))
            }
            3 => {
                let shape = Value::Float(self.pick(&[0.5, 1.0, 3.0]));
                one(
                    "weibull",
                    table([("scale", Some(text(self.pick(&["1m", "1h"])))), ("shape", Some(shape))]),
                )
            }
            4 => {
                let from = self.maybe(0.4, |w| text(w.pick(&["0s", "1m"])));
                one("uniform", table([("from", from), ("to", Some(text(self.pick(&["1m", "10m", "2h"]))))]))
            }
            5 => one("fixed", self.duration()),
            _ => self.duration(),
        }
    }

    fn short_distribution(&mut self) -> Value {
        if self.chance(0.5) {
            return self.short();
        }
        match self.below(2) {
            0 => table([("uniform", Some(table([("to", Some(text(self.pick(&["1m", "20m"]))))])))]),
            _ => table([("exponential", Some(table([("mean", Some(text(self.pick(&["10s", "5m"]))))])))]),
        }
    }

    fn percent(&mut self) -> Value {
        text(self.pick(&["0%", "0.01%", "1%", "5%", "10%", "25%", "50%", "75%", "99%", "100%", "100%"]))
    }

    fn positive_percent(&mut self) -> Value {
        text(self.pick(&["0.01%", "1%", "5%", "10%", "33%", "50%", "99%", "100%", "100%"]))
    }

    fn count_or_share(&mut self) -> Value {
        if self.chance(0.5) {
            return text(self.pick(&["1%", "10%", "33%", "50%", "99%", "100%"]));
        }
        let largest = self.largest_zone;
        Value::Integer(self.pick(&[1, 1, 2, (largest / 2).max(1), largest, largest + 3]))
    }

    fn hours(&mut self) -> Value {
        text(self.pick(&["09:00-17:00", "22:00-06:00", "00:00-01:00", "12:00-13:00"]))
    }

    fn time_zone(&mut self) -> Value {
        text(self.pick(&["UTC", "Europe/Berlin", "Asia/Kolkata", "America/Los_Angeles"]))
    }

    // Parts.

    fn scenario(&mut self) -> Table {
        self.traffic = self.chance(0.8);
        let fleet = self.fleet();
        let alarms = self.alarms();
        let names = |tables: &[Value]| -> Vec<String> {
            tables.iter().filter_map(|t| Some(t.get("name")?.as_str()?.to_owned())).collect()
        };
        let alarm_names = names(&alarms);
        let crash = fleet.get("peak-utilisation").is_some();
        let defects: Vec<Value> = {
            let count = self.pick(&[0, 1, 1, 1, 2, 3]);
            (0..count).map(|index| self.defect(index, &alarm_names, crash)).collect()
        };
        let strategies: Vec<Value> = {
            let count = self.pick(&[1, 1, 2]);
            (0..count).map(|index| self.strategy(index, &alarm_names)).collect()
        };
        let change = self.maybe(0.8, |w| {
            table([
                ("bad-probability", w.maybe(0.7, Self::percent).filter(|_| !defects.is_empty())),
                ("deploy-time", w.maybe(0.8, Self::short_distribution)),
                ("rollback-time", w.maybe(0.5, Self::short_distribution)),
                ("stragglers", w.maybe(0.2, Self::percent)),
                ("straggler-time", w.maybe(0.2, Self::distribution)),
            ])
        });
        let study = table([
            ("trials", Some(Value::Integer(100))),
            ("seed", Some(Value::Integer(self.below(1000) as i64))),
            (
                "estimator",
                self.maybe(0.3, |w| text(w.pick(&["by-defect", "by-defect-and-latency", "plain"]))),
            ),
            ("start", self.maybe(0.3, |w| text(w.pick(&["00:00", "23:59", "12:30"])))),
            ("start-spread", self.maybe(0.4, Self::duration)),
            ("observe-after", self.maybe(0.6, |w| text(w.pick(&["0s", "1ms", "10m", "1h", "1d", "3d"])))),
        ]);
        let mut scenario = Table::new();
        scenario.insert("fleet".into(), fleet);
        if let Some(change) = change {
            scenario.insert("change".into(), change);
        }
        scenario.insert("study".into(), study);
        for (key, tables) in [("alarm", alarms), ("defect", defects), ("strategy", strategies)] {
            if !tables.is_empty() {
                scenario.insert(key.into(), Value::Array(tables));
            }
        }
        scenario
    }

    fn fleet(&mut self) -> Value {
        let count = self.pick(&[1, 1, 2, 3, 4]);
        let regions: Vec<Value> = (0..count).map(|index| self.region(index)).collect();
        let background = self.maybe(0.25, |w| {
            let episodes = |w: &mut Self| {
                let every = w.pick(&["1h", "10m", "1d"]);
                let every = if w.chance(0.5) {
                    text(every)
                } else {
                    table([("exponential", Some(table([("mean", Some(text(every)))])))])
                };
                table([("every", Some(every)), ("lasts", Some(w.duration()))])
            };
            table([
                ("zone-failures", w.maybe(0.5, episodes)),
                ("region-failures", w.maybe(0.4, episodes)),
                ("ambient-alarms", w.maybe(0.4, episodes)),
            ])
        });
        table([
            ("region", Some(Value::Array(regions))),
            (
                "background-error-ratio",
                self.maybe(0.4, |w| text(w.pick(&["0%", "0.01%", "0.5%", "5%", "100%"]))),
            ),
            ("background-slow-ratio", self.maybe(0.2, |w| text(w.pick(&["0%", "0.5%", "100%"])))),
            ("arrivals", self.maybe(0.4, |w| text(w.pick(&["poisson", "fixed"])))),
            ("diurnal", self.maybe(0.3, Self::diurnal)),
            ("peak-utilisation", self.maybe(0.4, |w| text(w.pick(&["1%", "50%", "80%", "100%"])))),
            ("background", background),
        ])
    }

    fn diurnal(&mut self) -> Value {
        if self.chance(0.6) {
            let hour = Value::Integer(self.pick(&[0, 12, 20, 23]));
            return table([
                ("peak-hour", Some(hour)),
                ("trough", Some(text(self.pick(&["1%", "40%", "100%"])))),
            ]);
        }
        let curve = (0..24).map(|_| Value::Integer(self.pick(&[0, 1, 1, 5]))).collect::<Vec<_>>();
        let all_zero = curve.iter().all(|value| value.as_integer() == Some(0));
        if all_zero { self.diurnal() } else { table([("curve", Some(Value::Array(curve)))]) }
    }

    fn region(&mut self, index: usize) -> Value {
        let name = format!("r{index}");
        let zones = self.pick(&[1_i64, 1, 2, 3]);
        let size = |w: &mut Self| {
            let hosts = w.pick(&[1_i64, 2, 3, 5, 10, 20]);
            w.largest_zone = w.largest_zone.max(hosts);
            Value::Integer(hosts)
        };
        let hosts = if self.chance(0.7) {
            size(self)
        } else {
            Value::Array((0..zones).map(|_| size(self)).collect())
        };
        self.regions.push(name.clone());
        let cohorts = self.maybe(0.4, |w| {
            w.cohorts = true;
            table([
                (COHORTS[0], Some(text(w.pick(&["1%", "25%", "50%"])))),
                (COHORTS[1], w.maybe(0.5, |w| text(w.pick(&["10%", "50%"])))),
            ])
        });
        let rates: &[f64] = if self.traffic { &[0.001, 1.0, 10.0, 1000.0, 1e5] } else { &[0.0, 10.0] };
        let requests = Some(Value::Float(self.pick(rates))).filter(|_| self.traffic || self.chance(0.5));
        let labels = self.maybe(0.5, |w| {
            let label = w.pick(&LABELS);
            w.labels.push(label.to_owned());
            Value::Array(vec![text(label)])
        });
        table([
            ("name", Some(text(name))),
            ("zones", Some(Value::Integer(zones))),
            ("hosts-per-zone", Some(hosts)),
            ("requests-per-second", requests),
            ("timezone", self.maybe(0.3, Self::time_zone)),
            ("labels", labels),
            ("cohorts", cohorts),
            ("diurnal", self.maybe(0.2, Self::diurnal)),
        ])
    }

    fn defect(&mut self, index: usize, alarms: &[String], crash: bool) -> Value {
        let clock = self.pick(&["host", "host", "change", "requests"]);
        let by_requests = clock == "requests";
        let in_cohort = self.cohorts && self.chance(0.15);
        let symptom_slow = self.chance(0.3);
        let damage = self.chance(0.2);
        table([
            ("name", Some(text(format!("d{index}")))),
            ("weight", self.maybe(0.3, |w| Value::Float(w.pick(&[0.001, 1.0, 3.0])))),
            ("clock", Some(text(clock))),
            ("reach", self.maybe(0.3, Self::count_or_share).filter(|_| !in_cohort)),
            ("cohort", in_cohort.then(|| text(COHORTS[0]))),
            ("region-label", self.label().filter(|_| self.chance(0.2))),
            ("onset", self.maybe(0.6, Self::distribution).filter(|_| !by_requests)),
            ("per-request", by_requests.then(|| text(self.pick(&["0.00001%", "0.01%", "100%"])))),
            (
                "trigger",
                self.maybe(0.2, |w| {
                    table([
                        ("at", Some(w.distribution())),
                        ("in", w.maybe(0.5, |w| text(w.pick(&["service", "region"])))),
                        ("lasts", w.maybe(0.5, Self::distribution)),
                    ])
                }),
            ),
            ("masked-for", self.maybe(0.3, Self::distribution)),
            ("while", self.maybe(0.4, Self::conditions)),
            (
                "hurts",
                self.maybe(0.2, |w| {
                    table([
                        ("everyone-in", Some(text(w.pick(&["zone", "region", "service"])))),
                        ("from", w.maybe(0.5, Self::count_or_share)),
                    ])
                }),
            ),
            ("error-ratio", self.maybe(0.5, Self::percent)),
            ("slow-ratio", symptom_slow.then(|| self.percent())),
            ("crash", self.maybe(0.3, |_| Value::Boolean(true)).filter(|_| crash)),
            ("damage-per-request", damage.then(|| self.percent())),
            ("damage-per-host-hour", self.maybe(0.1, |w| Value::Float(w.pick(&[0.0, 3.0, 1e6])))),
            ("seen-by", self.maybe(0.15, |w| w.some_of(alarms))),
            ("locks-out", self.maybe(0.15, Self::distribution)),
            ("cure", self.maybe(0.4, Self::cure)),
        ])
    }

    fn label(&mut self) -> Option<Value> {
        (!self.labels.is_empty()).then(|| text(self.pick(&self.labels.clone())))
    }

    fn conditions(&mut self) -> Value {
        let comes_and_goes = self.chance(0.3);
        let phase = |w: &mut Self| text(w.pick(&["10s", "10m", "1h"]));
        table([
            ("traffic-above", self.maybe(0.2, |w| Value::Float(w.pick(&[0.0, 5.0, 1000.0])))),
            ("peak-share-above", self.maybe(0.2, Self::percent)),
            ("hours", self.maybe(0.2, Self::hours)),
            ("exposed-above", self.maybe(0.25, Self::count_or_share)),
            ("mixed-in", self.maybe(0.25, |w| text(w.pick(&["zone", "region", "service"])))),
            ("on-for", comes_and_goes.then(|| phase(self))),
            ("off-for", comes_and_goes.then(|| phase(self))),
        ])
    }

    fn cure(&mut self) -> Value {
        table([
            ("rollback", self.maybe(0.6, |w| text(w.pick(&["heals", "keeps", "worsens"])))),
            ("share", self.maybe(0.3, Self::percent)),
            (
                "repair",
                self.maybe(0.5, |w| {
                    table([
                        ("per-host", Some(w.distribution())),
                        ("at-once", w.maybe(0.5, |w| Value::Integer(w.pick(&[1, 2, 100])))),
                        ("in", w.maybe(0.5, |w| text(w.pick(&["service", "region", "zone"])))),
                    ])
                }),
            ),
            (
                "relapse",
                self.maybe(0.4, |w| {
                    table([
                        ("probability", Some(text(w.pick(&["10%", "50%", "90%"])))),
                        ("after", w.maybe(0.7, Self::distribution)),
                        ("lasts", Some(w.distribution())),
                    ])
                }),
            ),
            ("items-per-hour", self.maybe(0.2, |w| Value::Float(w.pick(&[1.0, 1000.0])))),
        ])
    }

    fn alarms(&mut self) -> Vec<Value> {
        let count = self.pick(&[0, 1, 1, 2, 3]);
        let mut alarms: Vec<Value> = (0..count).map(|index| self.alarm(index)).collect();
        if count >= 2 && self.chance(0.2) {
            let parts = Value::Array(vec![text("a0"), text("a1")]);
            alarms.push(table([("name", Some(text("any"))), ("any-of", Some(parts))]));
        }
        alarms
    }

    fn alarm(&mut self, index: usize) -> Value {
        let signal = self.pick(&[
            "error-ratio",
            "error-ratio",
            "slow-ratio",
            "error-count",
            "synthetic",
            "rate-ratio",
            "burn-rate",
            "canary",
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
        set("missing-data", self.maybe(0.5, |w| text(w.pick(&gaps))).filter(|_| by_datapoints));
        set("broken", self.maybe(0.2, |w| text(w.pick(&["0%", "10%", "100%"]))));
        set("lost-with-service", self.maybe(0.2, Self::positive_percent).filter(|_| !delays));
        set(
            "internal",
            self.maybe(0.3, |_| Value::Boolean(true))
                .filter(|_| !matches!(signal, "error-ratio" | "rate-ratio" | "burn-rate" | "canary")),
        );
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
            "error-count" => table([
                ("at-least", Some(Value::Integer(self.pick(&[1, 5, 1000])))),
                ("seen", self.maybe(0.4, Self::positive_percent)),
            ]),
            "synthetic" => {
                let limit = self.limit(&["1%", "34%", "50%", "99%"]);
                let probes = Some(Value::Integer(self.pick(&[1, 2, 6])));
                table([limit, ("probes", probes), ("covers", self.maybe(0.4, Self::positive_percent))])
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
                    table([("judge", Some(text("sequential"))), ("ratio", ratio), self.inconclusive()])
                }
                judge => {
                    let least = self.maybe(0.5, |w| Value::Float(w.pick(&[1.0, 2.0])));
                    table([("judge", Some(text(judge))), ("least-ratio", least), self.inconclusive()])
                }
            },
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

    fn procedure(&mut self, probability: f64) -> Vec<(&'static str, Option<Value>)> {
        let at_once =
            |w: &mut Self| if w.chance(0.4) { text("all") } else { Value::Integer(w.pick(&[1, 2, 5])) };
        let one_box = |w: &mut Self| {
            table([
                ("hosts", w.maybe(0.6, Self::count_or_share)),
                ("bake", w.maybe(0.8, Self::duration)),
                ("covers", w.maybe(0.2, |_| Value::Array(vec![text(COHORTS[0])])).filter(|_| w.cohorts)),
            ])
        };
        vec![
            ("one-box", self.maybe(probability, one_box)),
            ("batch", self.maybe(probability, Self::count_or_share)),
            ("max-unavailable", self.maybe(probability * 0.5, Self::count_or_share)),
            ("zone-bake", self.maybe(probability, Self::duration)),
            ("zones-at-once", self.maybe(probability, at_once)),
            ("regions-at-once", self.maybe(probability, at_once)),
        ]
    }

    fn strategy(&mut self, index: usize, alarms: &[String]) -> Value {
        let mut keys = self.procedure(0.6);
        keys.push(("name", Some(text(format!("s{index}")))));
        keys.push(("alarms", self.maybe(0.2, |w| w.some_of(alarms))));
        keys.push(("complete-at", self.maybe(0.15, Self::positive_percent)));
        keys.push(("deploy-time", self.maybe(0.2, Self::short_distribution)));
        keys.push(("rollback-time", self.maybe(0.2, Self::short_distribution)));
        keys.push((
            "bypass",
            self.maybe(0.15, |w| {
                table([("hosts", Some(w.count_or_share())), ("time", Some(w.distribution()))])
            }),
        ));
        let operators = self.maybe(0.4, Self::operators);
        keys.push(("trigger-step", self.maybe(0.1, Self::duration)));
        keys.push(("response", self.maybe(0.5, |w| w.response(alarms, operators.is_some()))));
        keys.push(("operators", operators));
        keys.push((
            "rollback",
            self.maybe(0.6, |w| {
                table([
                    (
                        "scope",
                        w.maybe(0.7, |w| text(w.pick(&["deployment", "region", "wave", "everything"]))),
                    ),
                    ("batch", w.maybe(0.5, Self::count_or_share)),
                    ("reaction-delay", w.maybe(0.5, Self::duration)),
                    ("to", w.maybe(0.3, |w| text(w.pick(&["previous", "last-blessed"])))),
                ])
            }),
        ));
        keys.push(("wave", Some(self.waves())));
        let there = keys.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
        Value::Table(there.collect())
    }

    /// Waves that select every region once, or a ladder that selects all of them again and again.
    fn waves(&mut self) -> Value {
        let ladder = self.chance(0.3);
        let hosts: Vec<Option<Value>> = if ladder {
            let steps = self.pick(&[vec!["10%", "50%"], vec!["1%"], vec!["33%", "34%", "99%"]]);
            steps.into_iter().map(|share| Some(text(share))).chain([None]).collect()
        } else {
            let first = self.regions.len() > 1 && self.chance(0.6);
            vec![None; if first { 2 } else { 1 }]
        };
        let last = hosts.len() - 1;
        let mut waves = Vec::new();
        for (number, share) in hosts.into_iter().enumerate() {
            let regions = match (ladder, number == last) {
                (true, _) => text("all"),
                (false, false) => {
                    let first = self.pick(&self.regions.clone());
                    Value::Array(vec![text(first)])
                }
                (false, true) => text("rest"),
            };
            let mut keys = self.procedure(0.15);
            keys.push(("regions", Some(regions)));
            keys.push(("hosts", share));
            keys.push(("bake", self.maybe(0.7, Self::duration)));
            let there = keys.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
            waves.push(Value::Table(there.collect()));
        }
        Value::Array(waves)
    }

    fn response(&mut self, alarms: &[String], operators: bool) -> Value {
        let alone = ["rollback", "freeze"];
        let on_alarm: &[&str] = if operators { &["rollback", "halt", "freeze", "page"] } else { &alone };
        table([
            ("on-alarm", self.maybe(0.7, |w| text(w.pick(on_alarm)))),
            ("suspect-for", self.maybe(0.4, Self::duration)),
            ("lost-verdicts", self.maybe(0.3, Self::percent)),
            ("losing", self.maybe(0.1, |w| w.some_of(alarms))),
            ("overrides", self.maybe(0.2, Self::percent)),
            ("firing-alarm-blocks", self.maybe(0.2, |w| Value::Boolean(w.chance(0.5)))),
            ("other-deployments", self.maybe(0.3, |w| Value::Float(w.pick(&[0.0, 0.5, 30.0, 2000.0])))),
        ])
    }

    fn operators(&mut self) -> Value {
        table([
            ("engage", self.maybe(0.7, Self::distribution)),
            ("engage-off-hours", self.maybe(0.2, Self::distribution)),
            ("hours", self.maybe(0.3, Self::hours)),
            ("timezone", self.maybe(0.2, Self::time_zone)),
            ("diagnose", self.maybe(0.4, Self::distribution)),
            ("prepare", self.maybe(0.3, Self::distribution)),
            (
                "remedy",
                self.maybe(0.8, |w| text(w.pick(&["rollback", "kill-switch", "fix-forward", "repair"]))),
            ),
            ("spread", self.maybe(0.2, Self::distribution)),
            ("restore", self.maybe(0.2, Self::distribution)),
            ("wrong-change", self.maybe(0.2, Self::percent)),
            ("wrong-change-costs", self.maybe(0.2, Self::duration)),
        ])
    }
}
