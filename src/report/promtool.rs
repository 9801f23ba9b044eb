//! One trial as unit tests for `promtool test rules`: the counters that were scraped, the alarms as alerting rules, and
//! when we say that they fire and resolve. Whether Prometheus agrees is for Prometheus to say.
//!
//! Windows are written a millisecond short. Since version 3 a window does not hold the sample at its very start;
//! before, it did. A window that ends just after that sample is the same to both.

use crate::ids::{AlarmId, RegionId, ZoneId};
use crate::outlet::{file_names, line, yaml};
use crate::plan::{Alarm, Comparison, Plan, RateRule, Scope};
use crate::rollout::trace::Scraped;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A file to write: its name and its text.
pub type NamedFile = (String, String);

/// Two files for each rule that was scraped in the trial: `NAME.rules.yml` and `NAME.test.yml`.
#[must_use]
pub fn files(plan: &Plan, trial: u64, scraped: &[Scraped]) -> Vec<NamedFile> {
    let mut by_alarm: BTreeMap<AlarmId, BTreeMap<u32, Vec<Scraped>>> = BTreeMap::new();
    for one in scraped {
        by_alarm.entry(one.alarm).or_default().entry(one.entity).or_default().push(*one);
    }
    let mut files = Vec::new();
    let stems = file_names(by_alarm.keys().map(|alarm| plan.alarms[*alarm].name.as_str()));
    for ((alarm, scopes), stem) in by_alarm.iter().zip(stems) {
        let alarm = &plan.alarms[*alarm];
        let Some(rule) = alarm.rate_rule() else { continue };
        let export = Export { plan, alarm, rule };
        let rules = format!("{stem}.rules.yml");
        files.push((format!("{stem}.test.yml"), export.tests(trial, &stem, scopes)));
        files.push((rules, export.rules()));
    }
    files
}

struct Export<'p> {
    plan: &'p Plan,
    alarm: &'p Alarm,
    rule: &'p RateRule,
}

impl Export<'_> {
    /// Time between evaluations of the rule.
    fn evaluation_ms(&self) -> u64 {
        self.rule.scrapes_per_evaluation * self.alarm.period_ms
    }

    /// From the beginning of a test to the first evaluation that the pipeline listens to: room for what the windows
    /// look back on, the same in every test of the rule.
    fn lead_ms(&self) -> u64 {
        let back_ms = (self.rule.longest_ms().div_ceil(self.alarm.period_ms) + 1) * self.alarm.period_ms;
        (back_ms.div_ceil(self.evaluation_ms()) + 1) * self.evaluation_ms()
    }

    fn rules(&self) -> String {
        let RateRule { threshold, comparison, for_ms, keep_firing_for_ms, .. } = self.rule;
        let compared = match comparison {
            Comparison::Above => ">",
            Comparison::AtLeast => ">=",
        };
        let mut text = format!(
            "groups:\n  - name: wavetank\n    interval: {}ms\n    rules:\n      - alert: {}\n        expr: |\n",
            self.evaluation_ms(),
            yaml(&self.alarm.name)
        );
        for window_ms in &self.rule.windows_ms {
            let window = format!("{}ms", window_ms - 1);
            let _ = writeln!(
                text,
                "          rate(errors_total[{window}]) / rate(requests_total[{window}]) {compared} {threshold} and"
            );
        }
        // The pipeline knows nothing of what an alert did before it began to listen.
        let _ = writeln!(text, "          on() vector(time()) >= {}", self.lead_ms() as f64 / 1000.0);
        if *for_ms > 0 {
            let _ = writeln!(text, "        for: {for_ms}ms");
        }
        if *keep_firing_for_ms > 0 {
            let _ = writeln!(text, "        keep_firing_for: {keep_firing_for_ms}ms");
        }
        text
    }

    fn tests(&self, trial: u64, stem: &str, scopes: &BTreeMap<u32, Vec<Scraped>>) -> String {
        let mut text = format!(
            "# {}, trial {trial}: what the simulation says of `{}`.\n# Run: promtool test rules {}.test.yml\n\
             rule_files: [{}]\nevaluation_interval: {}ms\ntests:\n",
            line(&self.plan.name),
            line(&self.alarm.name),
            stem,
            yaml(&format!("{stem}.rules.yml")),
            self.evaluation_ms()
        );
        for (entity, scraped) in scopes {
            self.test(&mut text, *entity as usize, scraped);
        }
        text
    }

    /// One scope: its series and what is expected of the alert.
    fn test(&self, text: &mut String, entity: usize, scraped: &[Scraped]) {
        let Some(first) = scraped.iter().find(|one| one.firing.is_some()) else { return };
        let origin_ms = first.utc_ms - self.lead_ms() as i64;
        let scope = yaml(&self.scope(entity));
        // Within single quotes an apostrophe is two.
        let quoted_scope = scope.replace('\'', "''");
        let _ = writeln!(text, "  - interval: {}ms\n    input_series:", self.alarm.period_ms);
        for (metric, of) in [
            ("errors_total", (|(errors, _)| errors) as fn((u64, u64)) -> u64),
            ("requests_total", |(_, requests)| requests),
        ] {
            let values = self.values(origin_ms, scraped, of);
            let _ = writeln!(
                text,
                "      - series: '{metric}{{scope={quoted_scope}}}'\n        values: '{values}'"
            );
        }
        text.push_str("    alert_rule_test:\n");
        for (at_ms, fires) in told(scraped) {
            let _ = writeln!(
                text,
                "      - eval_time: {}ms\n        alertname: {}",
                at_ms - origin_ms,
                yaml(&self.alarm.name)
            );
            match fires {
                true => {
                    let _ =
                        writeln!(text, "        exp_alerts:\n          - exp_labels: {{ scope: {scope} }}");
                }
                false => text.push_str("        exp_alerts: []\n"),
            }
        }
    }

    /// A series from the beginning of the test, one value a scrape; `_` where there is none.
    fn values(&self, origin_ms: i64, scraped: &[Scraped], of: fn((u64, u64)) -> u64) -> String {
        let period_ms = self.alarm.period_ms as i64;
        let mut values: Vec<String> = Vec::with_capacity(scraped.len());
        for one in scraped {
            let index = ((one.utc_ms - origin_ms) / period_ms) as usize;
            values.resize(index.max(values.len()), "_".to_owned());
            values.push(one.counters.map_or("_".to_owned(), |counters| of(counters).to_string()));
        }
        values.join(" ")
    }

    fn scope(&self, index: usize) -> String {
        let fleet = &self.plan.fleet;
        match self.alarm.scope {
            Scope::OneBox => format!("one-box of {}", fleet.zone_name(ZoneId::new(index))),
            Scope::Zone => fleet.zone_name(ZoneId::new(index)),
            Scope::Region => fleet.regions[RegionId::new(index)].name.clone(),
            Scope::Service => "service".to_owned(),
        }
    }
}

/// Evaluations worth an assertion, with whether the alert fires at them: the first, the last, and both sides of every
/// change.
fn told(scraped: &[Scraped]) -> Vec<(i64, bool)> {
    let all: Vec<(i64, bool)> = scraped.iter().filter_map(|one| Some((one.utc_ms, one.firing?))).collect();
    let changes = |i: usize| i > 0 && all[i - 1].1 != all[i].1;
    let tells = |i: usize| i == 0 || i + 1 == all.len() || changes(i) || changes(i + 1);
    (0..all.len()).filter(|&i| tells(i)).map(|i| all[i]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_of_every_change_are_told() {
        let scraped: Vec<Scraped> = ".ff....f"
            .chars()
            .zip(0..)
            .map(|(state, i)| Scraped {
                alarm: AlarmId::new(0),
                entity: 0,
                utc_ms: i,
                counters: None,
                firing: Some(state == 'f'),
            })
            .collect();
        let expected = [(0, false), (1, true), (2, true), (3, false), (6, false), (7, true)];
        assert_eq!(told(&scraped), expected);
    }
}
