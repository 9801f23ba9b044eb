//! Burn rates of an error budget: alarms as SLO tools make them of an objective. It knows none of these tools.

use super::alarm;
use crate::import::cursor::Cursor;
use crate::import::draft::{Ailment, Draft, DraftTable, DraftValue, duration, inline, text};
use crate::import::provenance::Provenance;
use crate::import::time::SECOND;
use crate::import::tools::judged::{Judged, Timing};

/// How fast the budget of an objective burns, over two windows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct BudgetBurn {
    /// How often as fast as it may.
    pub factor: f64,
    /// The long window in milliseconds.
    pub long_ms: u64,
    /// The short window in milliseconds.
    pub short_ms: u64,
    /// How often it is looked at, and how long it must hold.
    pub timing: Timing,
}

impl BudgetBurn {
    /// The burn at which this share of the budget of `period_ms` is gone within the long window.
    pub fn of_budget(percent: f64, period_ms: u64, long_ms: u64, short_ms: u64, timing: Timing) -> Self {
        let factor = percent / 100.0 * period_ms as f64 / long_ms.max(1) as f64;
        Self { factor, long_ms, short_ms, timing }
    }

    /// The alarm for an objective in percent, which is from `from`.
    ///
    /// # Errors
    /// Why the model has no such alarm.
    pub fn alarm(&self, objective: f64, from: &Provenance) -> Result<Judged, String> {
        let limit = self.factor * (100.0 - objective) / 100.0;
        if !(0.0..100.0).contains(&objective) || objective == 0.0 {
            return Err(format!("an objective of {objective} % leaves no budget that could burn"));
        }
        if !(limit > 0.0 && limit < 1.0) {
            let percent = 100.0 * limit;
            return Err(format!(
                "it fires when more than {percent:.0} % of the requests fail, which never is"
            ));
        }
        let shortest = self.long_ms.min(self.short_ms);
        let Some(scrape) = alarm::scrape(shortest, self.timing.period_ms) else {
            return Err("its short window has no room for two scrapes".to_owned());
        };
        let mut table = DraftTable::default();
        table.set("scope", text("service"), Provenance::Plain);
        let mut keys = vec![
            ("objective", text(&format!("{}%", plain(objective)))),
            ("factor", DraftValue::Plain(plain(self.factor))),
            ("windows", alarm::written_windows(&[self.long_ms, self.short_ms])),
            ("scrape", duration(scrape)),
        ];
        alarm::rule_times(&mut keys, self.timing);
        table.set("burn-rate", inline(keys), from.clone());
        table.set("period", duration(self.timing.period_ms), Provenance::Plain);
        Ok(Judged { table, ailment: Ailment::Errors, approximated: Vec::new() })
    }
}

/// A number without the noise of its last bits.
fn plain(number: f64) -> String {
    let text = format!("{number:.9}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Alarms that are made of objectives at most.
const MOST_ALARMS: usize = 1_000;

/// Whether there are so many alarms that an objective is refused.
pub(super) fn is_full(objective: &Cursor<'_>, draft: &Draft) -> bool {
    let full = draft.alarms.len() >= MOST_ALARMS;
    if full {
        objective.refused(format!("there are more than {MOST_ALARMS} alarms already"));
    }
    full
}

/// Asked for every minute, as rules are where nothing else is said.
pub(super) fn each_minute() -> Timing {
    Timing::each(60 * SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_are_those_of_the_budget() {
        let hour = 3_600_000;
        for (percent, days, hours, factor) in
            [(2.0, 30, 1, "14.4"), (5.0, 28, 6, "5.6"), (12.5, 7, 6, "3.5"), (10.0, 28, 72, "0.933333333")]
        {
            let burn =
                BudgetBurn::of_budget(percent, days * 24 * hour, hours * hour, hour / 12, each_minute());
            assert_eq!(plain(burn.factor), factor);
        }
    }

    #[test]
    fn what_cannot_burn_is_refused() {
        let burn =
            |factor| BudgetBurn { factor, long_ms: 3_600_000, short_ms: 300_000, timing: each_minute() };
        assert!(burn(14.4).alarm(100.0, &Provenance::Plain).is_err());
        assert!(burn(14.4).alarm(50.0, &Provenance::Plain).is_err());
        assert!(burn(14.4).alarm(99.9, &Provenance::Plain).is_ok());
    }
}
