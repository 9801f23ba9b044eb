//! Writes a strange but valid scenario, as a seed or a fuzzer chooses.
//!
//! Values lean to their bounds: nothing, everything, the smallest step, instants that coincide. Sizes are bounded, so
//! that a scenario costs milliseconds: it is combinations that are tried here, not size.

mod alarms;
mod around;
mod choices;
mod claims;
mod defects;
mod gates;
mod pipeline;
mod strategies;

pub use choices::Choices;
use toml::{Table, Value};

/// The scenario of a seed: rollouts, with all that may be said of them.
pub fn scenario(seed: u64) -> Table {
    scenario_of(Choices::of_seed(seed))
}

/// The scenario of a seed, with a pipeline.
pub fn with_pipeline(seed: u64) -> Table {
    with_pipeline_of(Choices::of_seed(seed))
}

/// The scenario of these choices.
pub fn scenario_of(choices: Choices) -> Table {
    Writer::new(choices).whole()
}

/// The scenario of these choices, with a pipeline.
pub fn with_pipeline_of(choices: Choices) -> Table {
    let mut writer = Writer::new(choices);
    let mut scenario = writer.whole();
    let defects = around::names(&scenario, "defect");
    let pipeline = writer.pipeline(&defects, BESIDE);
    if pipeline.get("component").or(pipeline.get("other")).is_some() {
        around::add_beside(&mut scenario, BESIDE);
    }
    scenario.insert("pipeline".into(), pipeline);
    writer.own_hours(&mut scenario);
    writer.claim(&mut scenario);
    scenario
}

impl Writer {
    fn new(choices: Choices) -> Self {
        Self {
            choices,
            largest_zone: 1,
            regions: Vec::new(),
            cohorts: false,
            labels: Vec::new(),
            traffic: true,
            emergencies: false,
            checkable: Vec::new(),
            routes: false,
        }
    }

    fn whole(&mut self) -> Table {
        let mut scenario = self.scenario();
        self.surround(&mut scenario);
        scenario
    }
}

/// Cohorts and labels that a fleet may have.
const COHORTS: [&str; 2] = ["arm", "old-kernel"];
const LABELS: [&str; 2] = ["canary", "large"];

/// The strategy of components and of other pipelines.
const BESIDE: &str = "beside";

/// An alarm that gates can check: its name, its period, and whether a datapoint that is missing is no check.
#[derive(Debug, Clone)]
struct Checkable {
    name: String,
    period: Option<Value>,
    has_gaps: bool,
}

/// What was decided so far.
struct Writer {
    choices: Choices,
    largest_zone: i64,
    regions: Vec<String>,
    /// Whether some region has the cohorts.
    cohorts: bool,
    /// Whether every region has traffic.
    traffic: bool,
    /// Whether the pipeline has a lane for emergencies.
    emergencies: bool,
    /// Alarms that decide by single datapoints.
    checkable: Vec<Checkable>,
    /// Whether strategies may route traffic.
    routes: bool,
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
        self.choices.chance(probability)
    }

    fn below(&mut self, end: usize) -> usize {
        self.choices.below(end)
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
                let from = self.maybe(0.4, |w| text(w.pick(&["0s", "59s"])));
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

    /// One size, or several of which the last repeats.
    fn batch_sizes(&mut self) -> Value {
        if self.chance(0.7) {
            return self.count_or_share();
        }
        let sizes = self.pick(&[1, 2, 3]);
        Value::Array((0..sizes).map(|_| self.count_or_share()).collect())
    }

    fn count_or_share(&mut self) -> Value {
        if self.chance(0.5) {
            let plain = ["1%", "10%", "33%", "50%", "99%", "100%"];
            let rounded = ["1% up", "33% up", "50% nearest", "99% nearest", "100% down"];
            return text(if self.chance(0.8) { self.pick(&plain) } else { self.pick(&rounded) });
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
        self.routes = self.chance(0.3);
        let mut fleet = self.fleet();
        let alarms = self.alarms();
        let names = |tables: &[Value]| -> Vec<String> {
            tables.iter().filter_map(|t| Some(t.get("name")?.as_str()?.to_owned())).collect()
        };
        let alarm_names = names(&alarms);
        let ambient = fleet.get_mut("background").and_then(|background| background.get_mut("ambient-alarms"));
        if let (Some(Value::Table(ambient)), Some(name)) = (ambient, alarm_names.first())
            && self.chance(0.5)
        {
            ambient.insert("alarm".into(), text(name.as_str()));
        }
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
                ("downtime", w.maybe(0.2, Self::duration)),
                ("stragglers", w.maybe(0.2, Self::percent)),
                ("straggler-time", w.maybe(0.2, Self::distribution)),
                ("failing-hosts", w.maybe(0.15, Self::count_or_share)),
                ("failing-time", w.maybe(0.2, Self::short_distribution)),
                ("failure-probability", w.maybe(0.15, Self::percent)),
                ("rollback-failure-probability", w.maybe(0.15, Self::percent)),
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
        let utilisation = self.maybe(0.4, |w| text(w.pick(&["1%", "50%", "80%", "100%"])));
        let scaled = match utilisation {
            Some(_) => self.maybe(0.4, |w| text(w.pick(&["0%", "0.5%", "30%", "100%"]))),
            None => None,
        };
        table([
            ("region", Some(Value::Array(regions))),
            (
                "background-error-ratio",
                self.maybe(0.4, |w| text(w.pick(&["0%", "0.01%", "0.5%", "5%", "100%"]))),
            ),
            ("background-slow-ratio", self.maybe(0.2, |w| text(w.pick(&["0%", "0.5%", "100%"])))),
            ("arrivals", self.maybe(0.4, |w| text(w.pick(&["poisson", "fixed"])))),
            ("diurnal", self.maybe(0.3, Self::diurnal)),
            ("peak-utilisation", utilisation),
            ("scales-down-to", scaled),
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
        table([("curve", Some(Value::Array(if all_zero { vec![Value::Integer(1); 24] } else { curve })))])
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
            ("failing-hosts", self.maybe(0.05, |w| Value::Integer(w.pick(&[0, 1, 3])))),
            ("customers", self.maybe(0.3, Self::customers)),
        ])
    }

    fn customers(&mut self) -> Value {
        if self.chance(0.4) {
            return Value::Integer(self.pick(&[1, 20_000, 1_000_000_000_000]));
        }
        let shards = [Value::Integer(1), text("1%"), text("50%"), text("100%")];
        // Users who are sent to a version are on no shard of hosts.
        let of = if self.routes {
            Some(text("zones"))
        } else {
            self.maybe(0.6, |w| text(w.pick(&["hosts", "zones"])))
        };
        table([
            ("count", Some(Value::Integer(self.pick(&[1, 20_000])))),
            ("of", of),
            ("shard", self.maybe(0.7, |w| w.pick(&shards))),
            ("from", self.maybe(0.5, |w| w.pick(&shards))),
        ])
    }
}
