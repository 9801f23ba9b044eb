//! Defects: where, when, while what, whom, how, and what cures them.

use super::{COHORTS, Writer, table, text};
use toml::{Table, Value};

impl Writer {
    pub(super) fn defect(&mut self, index: usize, alarms: &[String], crash: bool) -> Value {
        let clock = self.pick(&["host", "host", "change", if self.routes { "host" } else { "requests" }]);
        let by_requests = clock == "requests";
        let in_cohort = self.cohorts && self.chance(0.15);
        let symptom_slow = self.chance(0.3);
        let damage = self.chance(0.2);
        let drops = self.chance(0.15);
        let mut defect = table([
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
                        ("withdrawal", w.maybe(0.5, Self::distribution)),
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
            ("drop-ratio", drops.then(|| self.percent())),
            ("crash", self.maybe(0.3, |_| Value::Boolean(true)).filter(|_| crash && !drops)),
            ("damage-per-request", damage.then(|| self.percent())),
            ("damage-per-host-hour", self.maybe(0.1, |w| Value::Float(w.pick(&[0.0, 3.0, 1e6])))),
            ("seen-by", self.maybe(0.15, |w| w.some_of(alarms))),
            ("locks-out", self.maybe(0.15, Self::distribution)),
            ("cure", self.maybe(0.4, Self::cure)),
        ]);
        if let Some(defect) = defect.as_table_mut()
            && !self.routes
            && self.chance(0.12)
        {
            self.of_the_old_version(defect);
        }
        defect
    }

    /// The fleet is sick with it before.
    fn of_the_old_version(&mut self, defect: &mut Table) {
        for key in ["clock", "onset", "per-request", "trigger", "masked-for", "crash", "cure"] {
            defect.remove(key);
        }
        if let Some(conditions) = defect.get_mut("while").and_then(Value::as_table_mut) {
            conditions.remove("mixed-in");
        }
        defect.insert("on".into(), text(self.pick(&["old-version", "old-version", "new-version"])));
    }

    pub(super) fn label(&mut self) -> Option<Value> {
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

    fn repair(&mut self, share: Option<Value>, label: Option<Value>) -> Value {
        table([
            ("share", share),
            ("region-label", label),
            ("per-host", Some(self.distribution())),
            ("at-once", self.maybe(0.5, |w| Value::Integer(w.pick(&[1, 2, 100])))),
            ("in", self.maybe(0.5, |w| text(w.pick(&["service", "region", "zone"])))),
        ])
    }

    fn cure(&mut self) -> Value {
        table([
            ("rollback", self.maybe(0.6, |w| text(w.pick(&["heals", "keeps", "worsens"])))),
            ("share", self.maybe(0.3, Self::percent)),
            (
                "repair",
                self.maybe(0.5, |w| {
                    let last = w.maybe(0.3, |w| text(w.pick(&["1%", "60%", "100%"])));
                    if w.chance(0.6) {
                        return w.repair(last, None);
                    }
                    let label = w.label().filter(|_| w.chance(0.5));
                    let share = Some(text(w.pick(&["0.1%", "40%"])));
                    let first = w.repair(share, label);
                    let last = w.repair(last.filter(|share| share.as_str() != Some("100%")), None);
                    Value::Array(vec![first, last])
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
}
