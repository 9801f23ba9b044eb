//! What is written around the parts of a rollout: texts, limits, expectations, templates, selections, details of
//! judges. Only keys that the other files leave out.

use super::{Writer, table, text};
use toml::{Table, Value};

impl Writer {
    /// Adds to a scenario what is around its parts.
    pub(super) fn surround(&mut self, scenario: &mut Table) {
        let [strategies, alarms] = ["strategy", "alarm"].map(|key| names(scenario, key));
        scenario.insert("name".into(), text("strange"));
        for (key, value) in [
            ("description", self.maybe(0.3, |_| text("No author thought of it"))),
            ("threshold", self.maybe(0.4, |w| Value::Array(vec![w.threshold(&strategies)]))),
            ("guard", self.maybe(0.3, |w| Value::Array(vec![w.guard(&strategies)]))),
            ("expect", self.maybe(0.3, |w| Value::Array(vec![w.expect(&strategies)]))),
            ("allow", self.maybe(0.3, |w| Value::Array(vec![w.allow(&strategies, &alarms)]))),
        ] {
            if let Some(value) = value {
                scenario.insert(key.into(), value);
            }
        }
        if let Some(Value::Table(fleet)) = scenario.get_mut("fleet").filter(|_| self.chance(0.3)) {
            fleet.insert("name".into(), text("service"));
        }
        self.study(scenario, &strategies);
        self.canaries(scenario);
        self.conditions_of(scenario);
        self.strategies_of(scenario);
    }

    fn one_of(&mut self, names: &[String]) -> Option<Value> {
        (!names.is_empty() && self.chance(0.6)).then(|| text(self.pick(names)))
    }

    fn threshold(&mut self, strategies: &[String]) -> Value {
        let (metric, statistic, key, limit) = self.pick(&[
            ("impaired_host_ms", "mean", "max", "5000 host-minutes"),
            ("duration_ms", "p99", "max", "2d"),
            ("escaped", "mean", "max", "10%"),
            ("peak_impaired_hosts", "max", "max", "12"),
            ("duration_ms", "p50", "min", "1ms"),
        ]);
        let limit = limit.parse().map_or_else(|_| text(limit), Value::Integer);
        table([
            ("metric", Some(text(metric))),
            ("statistic", Some(text(statistic))),
            ("strategy", self.one_of(strategies)),
            (key, Some(limit)),
            ("level", self.maybe(0.5, |w| text(w.pick(&["warn", "error"])))),
        ])
    }

    fn guard(&mut self, strategies: &[String]) -> Value {
        table([
            ("metric", Some(text(self.pick(&["impaired_host_ms", "duration_ms"])))),
            ("statistic", Some(text(self.pick(&["mean", "p50", "p99"])))),
            ("strategy", self.one_of(strategies)),
            ("tolerance", self.maybe(0.5, |w| text(w.pick(&["0%", "5%", "100%"])))),
        ])
    }

    fn expect(&mut self, strategies: &[String]) -> Value {
        let within = self.chance(0.5);
        table([
            ("metric", Some(text("duration_ms"))),
            ("statistic", self.maybe(0.5, |w| text(w.pick(&["mean", "p50", "p95"])))),
            ("strategy", strategies.first().map(|name| text(name.as_str()))),
            ("value", Some(text(self.pick(&["1ms", "3h", "20d"])))),
            ("tolerance", (!within).then(|| text(self.pick(&["1%", "15%"])))),
            ("within", within.then(|| text(self.pick(&["1ms", "1h"])))),
            ("source", self.maybe(0.5, |_| text("a post-mortem"))),
            ("level", self.maybe(0.5, |w| text(w.pick(&["warn", "error"])))),
        ])
    }

    fn allow(&mut self, strategies: &[String], alarms: &[String]) -> Value {
        let by_strategy = self.chance(0.5);
        table([
            ("rule", Some(text(self.pick(&["WT063", "together", "WT041"])))),
            ("reason", Some(text("it is meant"))),
            ("strategy", by_strategy.then(|| strategies.first().map(|name| text(name.as_str()))).flatten()),
            ("alarm", alarms.first().map(|name| text(name.as_str())).filter(|_| !by_strategy)),
        ])
    }

    fn study(&mut self, scenario: &mut Table, strategies: &[String]) {
        let baseline = self.one_of(strategies);
        let listed = strategies.iter().map(|name| text(name.as_str())).collect::<Vec<_>>();
        let listed = self.maybe(0.3, |_| Value::Array(listed));
        let precision = self.maybe(0.2, |_| Value::Array(vec![text("mean impaired_host_ms 10%")]));
        let most = self.maybe(0.3, |w| Value::Integer(w.pick(&[200, 1_000])));
        let Some(study) = scenario.get_mut("study").and_then(Value::as_table_mut) else { return };
        for (key, value) in
            [("baseline", baseline), ("strategies", listed), ("precision", precision), ("max-trials", most)]
        {
            study.extend(value.map(|value| (key.to_owned(), value)));
        }
    }

    /// The errors that a judge may make, for the alarms that have one.
    fn canaries(&mut self, scenario: &mut Table) {
        for alarm in tables(scenario, "alarm") {
            let Some(canary) = alarm.get_mut("canary").and_then(Value::as_table_mut) else { continue };
            let sequential = canary.get("judge").and_then(Value::as_str) == Some("sequential");
            let keys: &[&str] = match canary.get("judge").and_then(Value::as_str) {
                Some("sequential") => &["false-positive", "false-negative"],
                Some("z-score") => &["confidence"],
                _ => &[],
            };
            for key in keys {
                let value = if sequential { &["0.1%", "5%", "20%"] } else { &["80%", "95%", "99.9%"] };
                canary
                    .extend(self.maybe(0.4, |w| text(w.pick(value))).map(|value| ((*key).to_owned(), value)));
            }
        }
    }

    fn conditions_of(&mut self, scenario: &mut Table) {
        for defect in tables(scenario, "defect") {
            let Some(condition) = defect.get_mut("while").and_then(Value::as_table_mut) else { continue };
            if condition.contains_key("exposed-above") && self.chance(0.6) {
                condition.insert("of".into(), text(self.pick(&["zone", "region", "service"])));
            }
        }
    }

    /// Templates and patches, what people wait for, selections of regions, texts.
    fn strategies_of(&mut self, scenario: &mut Table) {
        for strategy in tables(scenario, "strategy") {
            strategy
                .extend(self.maybe(0.2, |_| text("As others do")).map(|it| ("description".to_owned(), it)));
            strategy.extend(self.maybe(0.2, |_| text("a handbook")).map(|it| ("source".to_owned(), it)));
            if let Some(people) = strategy.get_mut("operators").and_then(Value::as_table_mut)
                && people.contains_key("hours")
                && !people.contains_key("engage-off-hours")
                && self.chance(0.5)
            {
                people.insert("wait-for-hours".into(), Value::Boolean(true));
            }
            let waves = strategy.get_mut("wave").and_then(Value::as_array_mut);
            if let Some(waves) = waves
                && waves.iter().all(|wave| wave.get("hosts").is_none())
                && self.chance(0.4)
            {
                self.select(waves);
            }
        }
        if self.chance(0.2)
            && let Some(Value::Array(strategies)) = scenario.get_mut("strategy")
            && let Some(Value::Table(first)) = strategies.first().cloned()
        {
            self.extend_template(strategies, first);
        }
    }

    /// The first wave selects among regions, and the last takes the rest.
    fn select(&mut self, waves: &mut [Value]) {
        let last = waves.len() - 1;
        let orders = ["listed", "low-traffic-first", "high-traffic-first"];
        let by_count = self.chance(0.5);
        let selected = table([
            ("order", self.maybe(0.7, |w| text(w.pick(&orders)))),
            ("label", self.label().filter(|_| self.chance(0.2))),
            ("count", (by_count && last > 0).then_some(Value::Integer(1))),
            ("percent", (!by_count && last > 0).then(|| text(self.pick(&["1%", "50%"])))),
        ]);
        if let Some(Value::Table(first)) = waves.first_mut() {
            first.insert("regions".into(), selected);
        }
    }

    /// Waves, and patches of them, that keep hours of their own.
    pub(super) fn own_hours(&mut self, scenario: &mut Table) {
        for strategy in tables(scenario, "strategy") {
            for key in ["wave", "patch"] {
                let waves = strategy.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten();
                for wave in waves.filter_map(Value::as_table_mut) {
                    wave.extend(self.maybe(0.15, Self::calendars).map(|it| ("calendar".to_owned(), it)));
                }
            }
        }
    }

    /// The first strategy becomes what a template says, with a patch of its first wave.
    fn extend_template(&mut self, strategies: &mut Vec<Value>, mut template: Table) {
        let Some(Value::String(name)) = template.insert("name".into(), text("template")) else { return };
        template.insert("template".into(), Value::Boolean(true));
        if let Some(Value::Table(wave)) =
            template.get_mut("wave").and_then(Value::as_array_mut).and_then(|waves| waves.first_mut())
        {
            wave.insert("name".into(), text("first"));
        }
        let mut keys = self.procedure(0.4);
        if self.routes {
            keys.retain(|(key, _)| *key != "one-box");
            keys.push(("one-box", Some(text("none"))));
            keys.push((self.pick(&["traffic", "users"]), Some(text("100%"))));
        }
        keys.push(("wave", Some(text("first"))));
        keys.push(("bake", self.maybe(0.5, Self::duration)));
        keys.push(("gates", self.maybe(0.2, Self::gates)));
        keys.push(("alarms", self.maybe(0.2, |_| Value::Array(Vec::new()))));
        keys.push(("regions", self.maybe(0.2, |_| text("all"))));
        keys.push(("hosts", self.maybe(0.2, |w| text(w.pick(&["1%", "50%", "100%"])))));
        keys.push(("zones", self.maybe(0.2, |w| w.pick(&[text("100%"), Value::Integer(3)]))));
        let keys = keys.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
        let mut patch: Table = keys.collect();
        if !patch.contains_key("hosts") && !self.routes {
            self.ladder(&mut patch);
        }
        let patch = Value::Table(patch);
        strategies[0] = table([
            ("name", Some(text(name))),
            ("extends", Some(text("template"))),
            ("patch", self.maybe(0.7, |_| Value::Array(vec![patch]))),
        ]);
        strategies.push(Value::Table(template));
    }
}

/// Adds a strategy of this name that is like the first one, with as many waves.
pub(super) fn add_beside(scenario: &mut Table, name: &str) {
    if let Some(Value::Array(strategies)) = scenario.get_mut("strategy")
        && let Some(Value::Table(mut like)) = strategies.first().cloned()
    {
        like.insert("name".into(), text(name));
        strategies.push(Value::Table(like));
    }
}

/// The names of a list of parts.
pub(super) fn names(scenario: &Table, key: &str) -> Vec<String> {
    let parts = scenario.get(key).and_then(Value::as_array).into_iter().flatten();
    parts.filter_map(|part| Some(part.get("name")?.as_str()?.to_owned())).collect()
}

fn tables<'t>(scenario: &'t mut Table, key: &str) -> impl Iterator<Item = &'t mut Table> {
    scenario.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_table_mut)
}
