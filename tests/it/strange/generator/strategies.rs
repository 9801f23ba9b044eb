//! Strategies: waves, one-boxes, batches, bakes, responses and people.

use super::{COHORTS, Writer, table, text};
use toml::Value;

impl Writer {
    pub(super) fn procedure(&mut self, probability: f64) -> Vec<(&'static str, Option<Value>)> {
        let at_once =
            |w: &mut Self| w.pick(&[text("all"), text("all"), text("34%"), 1.into(), 2.into(), 5.into()]);
        let one_box = |w: &mut Self| {
            table([
                ("hosts", w.maybe(0.6, Self::count_or_share)),
                ("bake", w.maybe(0.8, Self::duration)),
                ("covers", w.maybe(0.2, |_| Value::Array(vec![text(COHORTS[0])])).filter(|_| w.cohorts)),
            ])
        };
        vec![
            ("one-box", self.maybe(probability, one_box)),
            ("batch", self.maybe(probability, Self::batch_sizes)),
            ("max-unavailable", self.maybe(probability * 0.5, Self::count_or_share)),
            ("batches", self.maybe(probability * 0.4, |w| text(w.pick(&["barrier", "sliding"])))),
            ("batch-bake", self.maybe(probability * 0.3, Self::duration)),
            ("max-surge", self.maybe(probability * 0.3, Self::count_or_share)),
            ("zone-bake", self.maybe(probability, Self::duration)),
            ("first-zone-bake", self.maybe(probability * 0.3, Self::duration)),
            ("zones-at-once", self.maybe(probability, at_once)),
            ("regions-at-once", self.maybe(probability, at_once)),
        ]
    }

    pub(super) fn strategy(&mut self, index: usize, alarms: &[String]) -> Value {
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
        keys.push(("failures", self.maybe(0.25, Self::failures)));
        keys.push(("progress-deadline", self.maybe(0.2, |w| text(w.pick(&["2h", "1d", "10d"])))));
        keys.push(("downtime", self.maybe(0.15, Self::duration)));
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
                    ("switch-time", w.maybe(0.2, Self::short_distribution)),
                    ("broken", w.maybe(0.2, Self::percent)),
                    ("to", w.maybe(0.3, |w| text(w.pick(&["previous", "last-blessed"])))),
                ])
            }),
        ));
        keys.push(("wave", Some(self.waves(alarms))));
        let there = keys.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
        Value::Table(there.collect())
    }

    fn failures(&mut self) -> Value {
        let allowed = |w: &mut Self| w.pick(&[text("0%"), text("30%"), text("100%"), 0.into(), 1.into()]);
        table([
            ("allowed", self.maybe(0.8, allowed)),
            ("per", self.maybe(0.7, |w| text(w.pick(&["batch", "zone", "region", "wave", "rollout"])))),
            ("retries", self.maybe(0.5, |w| w.pick(&[0, 1, 3]).into())),
        ])
    }

    /// Waves that select every region once, or a ladder that selects all of them again and again.
    fn waves(&mut self, alarms: &[String]) -> Value {
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
            if self.routes && self.chance(0.6) {
                // Requests stay with the old version only where hosts of it are left; a one-box would get none.
                let traffic = self.pick(&["0%", "1%", "50%", "100%"]);
                keys.retain(|(key, _)| !["one-box", "max-surge"].contains(key));
                keys.push(("one-box", Some(text("none"))));
                keys.push(("max-surge", (traffic != "100%").then(|| text("100%"))));
                keys.push((self.pick(&["traffic", "traffic", "users"]), Some(text(traffic))));
            }
            keys.push(("regions", Some(regions)));
            keys.push(("hosts", share));
            keys.push(("zones", self.maybe(0.15, |w| w.pick(&[text("100%"), Value::Integer(3)]))));
            keys.push(("bake", self.maybe(0.7, Self::duration)));
            keys.push(("gates", self.maybe(0.15, Self::gates)));
            keys.push(("alarms", self.maybe(0.15, |w| w.some_of(alarms))));
            let there = keys.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
            let mut wave = there.collect();
            if !ladder {
                self.ladder(&mut wave);
            }
            waves.push(Value::Table(wave));
        }
        Value::Array(waves)
    }

    fn response(&mut self, alarms: &[String], operators: bool) -> Value {
        let alone = ["rollback", "withdraw", "freeze"];
        let on_alarm: &[&str] =
            if operators { &["rollback", "withdraw", "halt", "freeze", "page"] } else { &alone };
        table([
            ("on-alarm", self.maybe(0.7, |w| text(w.pick(on_alarm)))),
            ("suspect-for", self.maybe(0.4, Self::duration)),
            ("lost-verdicts", self.maybe(0.3, Self::percent)),
            ("losing", self.maybe(0.1, |w| w.some_of(alarms))),
            ("overrides", self.maybe(0.2, Self::percent)),
            ("firing-at-start", self.maybe(0.4, |w| text(w.pick(&["wait", "ignore", "rollback"])))),
            ("other-deployments", self.maybe(0.3, |w| Value::Float(w.pick(&[0.0, 0.5, 30.0, 2000.0])))),
        ])
    }

    fn remedies(&mut self) -> Value {
        let word =
            |w: &mut Self| w.pick(&["rollback", "kill-switch", "fix-forward", "withdraw", "repair", "halt"]);
        if self.chance(0.6) {
            return text(word(self));
        }
        let tries = self.pick(&[1, 2, 3]);
        let remedy = |w: &mut Self, is_last: bool| {
            let action = word(w);
            if w.chance(0.3) {
                return text(action);
            }
            table([
                ("action", Some(text(action))),
                ("within", w.maybe(0.5, Self::duration).filter(|_| !is_last)),
                ("diagnose", w.maybe(0.3, Self::distribution)),
                ("prepare", w.maybe(0.5, Self::distribution)),
                ("spread", w.maybe(0.5, Self::distribution).filter(|_| action == "kill-switch")),
            ])
        };
        Value::Array((1..=tries).map(|number| remedy(self, number == tries)).collect())
    }

    fn operators(&mut self) -> Value {
        table([
            ("engage", self.maybe(0.7, Self::distribution)),
            ("engage-off-hours", self.maybe(0.2, Self::distribution)),
            ("hours", self.maybe(0.3, Self::hours)),
            ("timezone", self.maybe(0.2, Self::time_zone)),
            ("diagnose", self.maybe(0.4, Self::distribution)),
            ("prepare", self.maybe(0.3, Self::distribution)),
            ("remedy", self.maybe(0.8, Self::remedies)),
            ("spread", self.maybe(0.2, Self::distribution)),
            ("restore", self.maybe(0.2, Self::distribution)),
            ("wrong-change", self.maybe(0.2, Self::percent)),
            ("wrong-change-costs", self.maybe(0.2, Self::duration)),
        ])
    }
}
