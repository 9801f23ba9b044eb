//! What a strange scenario claims, and the variants that it is held against. Written last, so that all else is as it was.

use super::around::names;
use super::{Writer, table, text};
use toml::{Table, Value};

impl Writer {
    /// Adds a variant and a claim.
    pub(super) fn claim(&mut self, scenario: &mut Table) {
        let strategies = names(scenario, "strategy");
        let Some(trials) = scenario.get("study").and_then(|study| study.get("trials")).cloned() else {
            return;
        };
        let pipeline = scenario.get("pipeline").and_then(|pipeline| pipeline.get("stage")).is_some();
        let has_variant = self.chance(0.6);
        if has_variant {
            let stages: Vec<Value> =
                scenario["pipeline"]["stage"].as_array().into_iter().flatten().cloned().collect();
            let stage = stages.first().and_then(|stage| stage.get("name")).cloned();
            let without = stage.filter(|_| pipeline && self.chance(0.4)).map(|name| Value::Array(vec![name]));
            let mut set = Table::new();
            set.insert("study.trials".into(), trials);
            let variant = table([
                ("name", Some(text("other"))),
                ("set", (without.is_none() || self.chance(0.5)).then_some(Value::Table(set))),
                ("without", without),
            ]);
            scenario.insert("variant".into(), Value::Array(vec![variant]));
        }
        let shows = self.shows(&strategies, has_variant);
        let claim = table([
            ("sentence", Some(text("It is {it.of}"))),
            ("source", self.maybe(0.5, |_| text("a talk"))),
            ("unsupported", self.maybe(0.3, |_| text("It would have to be true"))),
            ("carried-by", self.maybe(0.5, |_| Value::Array(vec![text("study.trials")]))),
            ("shows", Some(Value::Array(vec![shows]))),
        ]);
        scenario.insert("claim".into(), Value::Array(vec![claim]));
    }

    fn shows(&mut self, strategies: &[String], has_variant: bool) -> Value {
        let (metric, statistic, end) = self.pick(&[
            ("impaired_host_ms", "mean", "5 host-hours"),
            ("duration_ms", "p50", "1h"),
            ("escaped", "mean", "10%"),
            ("detection_delay_ms", "p90", "20m"),
            ("failed_requests", "cvar99", "100"),
            ("lead_time_p50_ms", "mean", "3d"),
            ("change_fail_rate", "mean", "5%"),
        ]);
        let end = end.parse().map_or_else(|_| text(end), Value::Integer);
        let between = self.chance(0.3);
        let (low, high) = (self.chance(0.5), self.chance(0.5));
        table([
            ("name", Some(text("it"))),
            ("metric", Some(text(metric))),
            ("statistic", self.maybe(0.7, |_| text(statistic))),
            ("of", self.maybe(0.6, |w| w.side(strategies, has_variant, metric))),
            ("is", (!between).then(|| text(self.pick(&["less", "more"])))),
            ("than", (!between).then(|| self.side(strategies, has_variant, metric))),
            ("at-least", (between && (low || !high)).then(|| end.clone())),
            ("at-most", (between && high).then_some(end)),
            ("in-at-least", (!between && self.chance(0.4)).then(|| text(self.pick(&["0%", "50%", "100%"])))),
        ])
    }

    fn side(&mut self, strategies: &[String], has_variant: bool, metric: &str) -> Value {
        let strategy = text(self.pick(strategies));
        if self.chance(0.3) {
            return strategy;
        }
        table([
            ("strategy", self.maybe(0.7, |_| strategy)),
            ("variant", (has_variant && self.chance(0.7)).then(|| text("other"))),
            ("metric", self.maybe(0.3, |_| text(metric))),
            ("statistic", self.maybe(0.2, |_| text("mean"))),
        ])
    }
}
