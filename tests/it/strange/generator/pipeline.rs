//! Pipelines: sources, calendars, stages, repair, lanes, budgets, components and other pipelines on the fleet.

use super::{Writer, table, text};
use toml::Value;

/// Calendars of every pipeline here.
const CALENDARS: [&str; 2] = ["office", "nights"];

impl Writer {
    /// A pipeline; components and other pipelines are deployed by the strategy `beside`.
    pub(super) fn pipeline(&mut self, defects: &[String], beside: &str) -> Value {
        let windows = self.maybe(0.4, Self::calendars);
        let emergency = self.maybe(0.3, Self::emergency);
        self.emergencies = emergency.is_some();
        let stages = self.pick(&[1, 1, 2, 4]);
        let stages = (0..stages).map(|index| self.stage(index, defects)).collect();
        let other = self.maybe(0.25, |w| Value::Array(vec![w.other(beside, defects)]));
        // A class that the halves of two-phase changes have is nobody else's.
        let two_phase =
            self.maybe(0.3, |w| w.two_phase(defects)).filter(|_| other.is_none() && !defects.is_empty());
        let component = self.maybe(0.3, |w| w.components(beside, defects)).filter(|_| two_phase.is_none());
        table([
            ("start", self.maybe(0.4, |w| text(w.pick(&["2026-03-28", "2026-10-24", "2024-02-29"])))),
            ("length", Some(text(self.pick(&["8d", "8d", "15d"])))),
            ("warm-up", Some(text(self.pick(&["0s", "1ms", "1d", "7d"])))),
            ("trials", Some(Value::Integer(2))),
            ("entry", self.maybe(0.6, |w| text(w.pick(&["queued", "superseded", "restart"])))),
            ("rollouts", self.maybe(0.5, |w| text(w.pick(&["one-at-a-time", "overlapping"])))),
            ("wave-holds", self.maybe(0.3, |w| text(w.pick(&["start", "deployment", "whole-run"])))),
            (
                "wave-starts",
                self.maybe(0.6, |w| text(w.pick(&["when-open", "at-opening"]))).filter(|_| windows.is_some()),
            ),
            ("wave-calendar", windows),
            ("bake-calendar", self.maybe(0.2, Self::calendars)),
            ("watchers", self.maybe(0.3, Self::people)),
            ("source", Some(self.source())),
            ("stage", Some(Value::Array(stages))),
            ("component", component),
            ("two-phase", two_phase),
            ("calendar", Some(Value::Array(CALENDARS.map(|name| self.calendar(name)).to_vec()))),
            ("after-rejection", self.maybe(0.7, Self::after_rejection)),
            ("emergency", emergency),
            ("error-budget", self.maybe(0.25, Self::error_budget)),
            ("other", other),
            ("exclusive-regions", self.maybe(0.3, |w| Value::Boolean(w.chance(0.5)))),
            ("shared-alarms", self.maybe(0.3, |w| Value::Boolean(w.chance(0.5)))),
        ])
    }

    /// A calendar, or both.
    pub(super) fn calendars(&mut self) -> Value {
        if self.chance(0.2) { Value::Array(CALENDARS.map(text).to_vec()) } else { self.calendar_name() }
    }

    fn calendar_name(&mut self) -> Value {
        text(self.pick(&CALENDARS))
    }

    fn calendar(&mut self, name: &str) -> Value {
        let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let days = days.iter().map(|day| text(*day)).filter(|_| self.chance(0.7)).collect::<Vec<_>>();
        let days = Some(Value::Array(days)).filter(|days| days.as_array().is_some_and(|d| !d.is_empty()));
        let freeze = || table([("from", Some(text("2026-04-01"))), ("to", Some(text("2026-04-03")))]);
        table([
            ("name", Some(text(name))),
            ("time-zone", self.maybe(0.3, Self::time_zone)),
            ("days", days.filter(|_| self.chance(0.5))),
            ("hours", self.maybe(0.6, Self::hours)),
            ("holidays", self.maybe(0.3, |_| Value::Array(vec![text("2026-03-30"), text("2024-03-01")]))),
            ("freeze", self.maybe(0.2, |_| Value::Array(vec![freeze()]))),
        ])
    }

    fn source(&mut self) -> Value {
        let at_random = self.chance(0.6);
        table([
            ("per-day", at_random.then(|| Value::Float(self.pick(&[0.01, 0.5, 1.0, 6.0])))),
            ("every", (!at_random).then(|| text(self.pick(&["7h", "1d", "3d", "100d"])))),
            ("calendar", self.maybe(0.4, Self::calendar_name).filter(|_| at_random)),
            ("review", self.maybe(0.3, Self::distribution)),
            ("review-catches", self.maybe(0.3, Self::percent)),
        ])
    }

    fn stage(&mut self, index: usize, defects: &[String]) -> Value {
        let sees = |w: &mut Self| {
            let sees = |w: &mut Self, defect: &String| {
                table([("defect", Some(text(defect.as_str()))), ("probability", Some(w.percent()))])
            };
            Value::Array(defects.iter().map(|defect| sees(w, defect)).collect())
        };
        let calendar = self.maybe(0.3, Self::calendars);
        table([
            ("name", Some(text(format!("stage{index}")))),
            ("phase", Some(text(self.pick(&["build", "test", "approval", "deploy", "bake"])))),
            ("duration", Some(self.distribution())),
            ("people", self.maybe(0.4, Self::people)),
            ("mode", self.maybe(0.6, |w| text(w.pick(&["queued", "superseded", "parallel"])))),
            ("room", self.maybe(0.3, |w| Value::Integer(w.pick(&[0, 1, 1_000])))),
            ("flaky", self.maybe(0.2, |w| text(w.pick(&["0%", "30%", "99%"])))),
            ("retries", self.maybe(0.2, |w| Value::Integer(w.pick(&[0, 1, 100])))),
            ("flaky-wait", self.maybe(0.2, Self::distribution)),
            ("catches", self.maybe(0.4, Self::percent)),
            ("sees", self.maybe(0.2, sees)),
            ("false-alarm", self.maybe(0.2, Self::percent)),
            (
                "holds",
                self.maybe(0.6, |w| text(w.pick(&["start", "whole-run", "work"])))
                    .filter(|_| calendar.is_some()),
            ),
            ("calendar", calendar),
            ("until", self.maybe(0.15, Self::calendars)),
            ("fixes-pass-by", self.maybe(0.2, |_| Value::Boolean(true))),
            ("emergencies-pass-by", self.maybe(0.3, |_| Value::Boolean(true)).filter(|_| self.emergencies)),
        ])
    }

    fn after_rejection(&mut self) -> Value {
        if self.chance(0.3) {
            let restart = Some(text(self.pick(&["6h", "1d", "3d"])));
            return table([("restart", restart), ("work", self.maybe(0.3, Self::work))]);
        }
        table([
            ("revert", Some(self.distribution())),
            ("misattribution", self.maybe(0.4, Self::percent)),
            ("again", self.maybe(0.4, Self::distribution)),
            ("fast-track", self.maybe(0.4, |w| Value::Boolean(w.chance(0.7)))),
            ("work", self.maybe(0.3, Self::work)),
        ])
    }

    fn work(&mut self) -> Value {
        text(self.pick(&["0s", "1ms", "4h", "30d"]))
    }

    fn people(&mut self) -> Value {
        Value::Float(self.pick(&[0.0, 0.25, 1.0, 2.0, 1_000.0]))
    }

    fn emergency(&mut self) -> Value {
        table([
            ("share", Some(self.percent())),
            ("bakes", self.maybe(0.5, Self::percent)),
            ("review", self.maybe(0.3, Self::distribution)),
            ("review-catches", self.maybe(0.3, Self::percent)),
            ("ignores-windows", self.maybe(0.5, |w| Value::Boolean(w.chance(0.7)))),
            ("entry", self.maybe(0.5, |w| text(w.pick(&["queued", "superseded", "restart"])))),
        ])
    }

    fn error_budget(&mut self) -> Value {
        let objective = self.pick(&["50%", "99%", "99.95%", "99.9999%"]);
        let window = self.maybe(0.5, |w| text(w.pick(&["1h", "1d", "28d"])));
        table([("objective", Some(text(objective))), ("window", window)])
    }

    fn two_phase(&mut self, defects: &[String]) -> Value {
        table([
            ("share", Some(self.percent())),
            ("bake", Some(self.distribution())),
            ("from", self.maybe(0.5, |w| text(w.pick(&["delivery", "merge"])))),
            ("unprepared", defects.last().map(|defect| text(defect.as_str()))),
        ])
    }

    fn components(&mut self, beside: &str, defects: &[String]) -> Value {
        let before = table([
            ("name", Some(text("table"))),
            ("strategy", Some(text(beside))),
            ("defects", self.maybe(0.5, |_| Value::Array(vec![text("d0")])).filter(|_| !defects.is_empty())),
        ]);
        let own = table([
            ("name", Some(text("service"))),
            ("unprepared", self.maybe(0.4, |_| text("d1")).filter(|_| defects.len() > 1)),
        ]);
        Value::Array(if self.chance(0.7) { vec![before, own] } else { vec![own, before] })
    }

    fn other(&mut self, beside: &str, defects: &[String]) -> Value {
        let change = table([
            ("bad-probability", self.maybe(0.7, Self::percent).filter(|_| !defects.is_empty())),
            ("deploy-time", Some(self.short_distribution())),
        ]);
        table([
            ("name", Some(text("os-patches"))),
            ("strategy", Some(text(beside))),
            ("change", Some(change)),
            ("entry", self.maybe(0.5, |w| text(w.pick(&["queued", "superseded", "restart"])))),
            ("rollouts", self.maybe(0.5, |w| text(w.pick(&["one-at-a-time", "overlapping"])))),
            ("wave-calendar", self.maybe(0.3, Self::calendars)),
            ("source", Some(self.source())),
            ("stage", Some(Value::Array(vec![self.stage(0, defects)]))),
            ("after-rejection", self.maybe(0.5, Self::after_rejection)),
        ])
    }
}
