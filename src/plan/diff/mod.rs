//! What differs between two plans, in the words of the scenario language.
//!
//! It must not format durations or shares for people: reports do that, so a value keeps its unit.
//! Indices never show: everything is matched and named by name.

#[cfg(test)]
#[path = "tests/edits.rs"]
mod edits;
mod fleet;
mod node;
mod parts;
mod pipeline;
mod promise;
mod strategy;
mod things;
mod value;

pub use value::{PlanChange, PlanValue};

use super::whole::Plan;

/// What differs between `before` and `after`; empty if and only if both describe the same study with
/// the same thresholds, guards and expectations. What is only said to people is no difference: the names of the scenario, the
/// fleet and the waves, descriptions, sources.
#[must_use]
pub fn diff(before: &Plan, after: &Plan) -> Vec<PlanChange> {
    let mut changes = simulated(before, after);
    promise::diff(&mut changes, before, after);
    changes
}

/// Whether both plans lead to the same numbers: they differ in nothing but thresholds, guards and
/// expectations, which judge numbers and decide none, and in what is only said to people.
#[must_use]
pub fn same_study(before: &Plan, after: &Plan) -> bool {
    simulated(before, after).is_empty()
}

/// Differences in everything but thresholds, guards and expectations.
fn simulated(before: &Plan, after: &Plan) -> Vec<PlanChange> {
    let mut changes = Vec::new();
    fleet::diff(&mut changes, before, after);
    parts::change(&mut changes, before, after);
    parts::alarms(&mut changes, before, after);
    strategy::diff(&mut changes, before, after);
    parts::study(&mut changes, before, after);
    pipeline::diff(&mut changes, before, after, simulated);
    changes
}

#[cfg(test)]
mod tests {
    // Every field of a plan is compared, and what differs is said in the words of the language.

    use super::edits::{self as mechanisms, Edit};
    use super::*;
    use crate::ids::{AlarmId, DefectId, RegionId, ZoneId};
    use crate::outcome::measures;
    use crate::plan::study::Statistic;
    use crate::plan::{
        Alarm, Arrivals, Bound, Comparison, Concurrency, DefectClock, Estimator, EvaluationClock,
        Expectation, Guard, HostShare, Level, OneBox, Precision, Ratio, RollbackScope, Scope, Signal,
        Tolerance, Watch,
    };
    use crate::random::Distribution;
    use crate::report::sample;
    use serde_json::Value;
    use std::collections::BTreeSet;

    const HOUR: u64 = 3_600_000;

    /// The sample with every kind of signal, distribution and share in it.
    fn plan() -> Plan {
        let mut plan = sample::plan();
        let half = Ratio { num: 1, den: 2 };
        let signals = [
            ("hosts", Signal::ImpairedHosts { threshold: half, comparison: Comparison::AtLeast }),
            ("coin", Signal::BreachProbability { healthy: 0.0, impaired: 0.5 }),
            ("late", Signal::DetectionDelay(Distribution::Weibull { scale_ms: 4e6, shape: 0.7 })),
        ];
        for (name, signal) in signals {
            plan.alarms.push(Alarm { name: name.to_owned(), signal, ..plan.alarms[AlarmId::new(0)].clone() });
        }
        let mut defect = plan.change.defects[DefectId::new(0)].clone();
        defect.name = "crash".to_owned();
        plan.change.defects.push(defect);
        for defect in &mut plan.change.defects {
            defect.probability = 0.5;
        }
        for strategy in &mut plan.strategies {
            strategy.alarms = plan.alarms.ids().collect();
        }
        plan.fleet.regions[RegionId::new(2)].labels = vec!["large".to_owned()];
        let (metric, statistic, strategy) = (&measures::IMPAIRED_HOST_MS, Statistic::P99, Some(4));
        plan.study.precision = vec![Precision { metric, statistic, strategy, relative: 0.5 }];
        plan.study.guards = vec![Guard { metric, statistic, strategy, tolerance: 0.05 }];
        plan.pipeline = Some(mechanisms::a_pipeline());
        plan.study.expectations = vec![Expectation {
            metric,
            statistic,
            strategy: 4,
            value: 60_000.0,
            tolerance: Tolerance::Relative(0.15),
            source: "status page".into(),
            level: Level::Warn,
        }];
        plan
    }

    fn in_words(before: &Plan, after: &Plan) -> Vec<String> {
        let words = |value: &Option<PlanValue>| match value {
            None => "-".to_owned(),
            Some(PlanValue::DurationMs(ms)) => format!("{ms}ms"),
            Some(PlanValue::Share(share)) => format!("{}%", share * 100.0),
            Some(PlanValue::Number(number)) => number.to_string(),
            Some(PlanValue::Text(text)) => text.clone(),
            Some(PlanValue::Names(names)) => names.join(" "),
            Some(other) => format!("{other:?}"),
        };
        let line = |change: &PlanChange| {
            let values = format!("{} -> {}", words(&change.before), words(&change.after));
            format!("{}: {} {values}", change.place, change.key)
        };
        diff(before, after).iter().map(line).collect()
    }

    fn edited(edit: impl FnOnce(&mut Plan)) -> Vec<String> {
        let (before, mut after) = (plan(), plan());
        edit(&mut after);
        in_words(&before, &after)
    }

    /// One edit for every field of a plan, and the place and key that it is reported under.
    fn edits() -> Vec<Edit> {
        let mechanisms = [mechanisms::edits_of_defects(), mechanisms::edits_of_responses()].concat();
        let study = [edits_of_study(), edits_of_expectations()].concat();
        let pipeline = mechanisms::edits_of_pipelines();
        [edits_of_inputs(), edits_of_alarms(), edits_of_strategies(), study, mechanisms, pipeline].concat()
    }

    fn edits_of_inputs() -> Vec<Edit> {
        vec![
            ("fleet: background-error-ratio", |p| p.fleet.background_error_ratio = 0.1),
            ("fleet: arrivals", |p| p.fleet.arrivals = Arrivals::Fixed),
            ("region us-west-2: ", |p| p.fleet.regions[RegionId::new(1)].name = "elsewhere".into()),
            ("region us-west-2: requests-per-second", |p| {
                p.fleet.regions[RegionId::new(1)].requests_per_second = 1.0
            }),
            ("region us-west-2: timezone", |p| {
                p.fleet.regions[RegionId::new(1)].timezone = "Asia/Tokyo".into()
            }),
            ("region us-west-2: diurnal", |p| p.fleet.regions[RegionId::new(1)].hourly_factor[3] = 2.0),
            ("region eu-west-1: labels", |p| p.fleet.regions[RegionId::new(2)].labels.clear()),
            ("region us-west-2: zones", |p| p.fleet.zones[ZoneId::new(4)].name = "blue".into()),
            ("region us-west-2: hosts-per-zone", |p| p.fleet.zones[ZoneId::new(4)].hosts = 7),
            ("change: bad-probability", |p| p.change.bad_probability = 0.3),
            ("change: deploy-time", |p| {
                p.change.deploy_time = Distribution::Lognormal { median_ms: 7.0, sigma: 0.3 };
            }),
            ("change: deploy-time", |p| {
                p.change.deploy_time = Distribution::Lognormal { median_ms: 240_000.0, sigma: 0.4 };
            }),
            ("change: rollback-time", |p| p.change.rollback_time = Distribution::Fixed { ms: 1 }),
            ("defect memory-leak: ", |p| p.change.defects[DefectId::new(0)].name = "other".into()),
            ("defect memory-leak: probability", |p| p.change.defects[DefectId::new(0)].probability = 0.4),
            ("defect crash: clock", |p| p.change.defects[DefectId::new(1)].clock = DefectClock::Change),
            ("defect crash: onset", |p| {
                p.change.defects[DefectId::new(1)].onset = Distribution::Fixed { ms: 9 }
            }),
            ("defect crash: reach", |p| p.change.defects[DefectId::new(1)].reach = HostShare::Count(1)),
            ("defect crash: error-ratio", |p| p.change.defects[DefectId::new(1)].symptom.error_ratio = 1.0),
        ]
    }

    fn edits_of_alarms() -> Vec<Edit> {
        vec![
            ("alarm zone-errors: ", |p| p.alarms[AlarmId::new(0)].name = "other".into()),
            ("alarm zone-errors: scope", |p| p.alarms[AlarmId::new(0)].scope = Scope::Region),
            ("alarm zone-errors: error-ratio above", |p| {
                set_threshold(&mut p.alarms[AlarmId::new(0)], 3, 100)
            }),
            ("alarm zone-errors: error-ratio above", |p| {
                set_threshold(&mut p.alarms[AlarmId::new(0)], 1, 99)
            }),
            ("alarm zone-errors: signal", |p| {
                p.alarms[AlarmId::new(0)].signal = p.alarms[AlarmId::new(1)].signal.clone()
            }),
            ("alarm zone-errors: error-ratio", |p| {
                let threshold = Ratio { num: 1, den: 100 };
                let comparison = Comparison::AtLeast;
                p.alarms[AlarmId::new(0)].signal =
                    Signal::ErrorRatio { threshold, comparison, min_requests: 20 };
            }),
            ("alarm zone-errors: error-ratio min-requests", |p| {
                let threshold = Ratio { num: 1, den: 100 };
                let comparison = Comparison::Above;
                p.alarms[AlarmId::new(0)].signal =
                    Signal::ErrorRatio { threshold, comparison, min_requests: 21 };
            }),
            ("alarm hosts: impaired-hosts at-least", |p| set_threshold(&mut p.alarms[AlarmId::new(1)], 2, 2)),
            ("alarm hosts: impaired-hosts at-least", |p| set_threshold(&mut p.alarms[AlarmId::new(1)], 1, 3)),
            ("alarm hosts: impaired-hosts", |p| {
                let threshold = Ratio { num: 1, den: 2 };
                p.alarms[AlarmId::new(1)].signal =
                    Signal::ImpairedHosts { threshold, comparison: Comparison::Above };
            }),
            ("alarm coin: breach-probability healthy", |p| {
                p.alarms[AlarmId::new(2)].signal = Signal::BreachProbability { healthy: 0.1, impaired: 0.5 };
            }),
            ("alarm coin: breach-probability impaired", |p| {
                p.alarms[AlarmId::new(2)].signal = Signal::BreachProbability { healthy: 0.0, impaired: 0.6 };
            }),
            ("alarm late: detection-delay", |p| {
                p.alarms[AlarmId::new(3)].signal =
                    Signal::DetectionDelay(Distribution::Weibull { scale_ms: 5e6, shape: 0.7 });
            }),
            ("alarm late: detection-delay", |p| {
                p.alarms[AlarmId::new(3)].signal =
                    Signal::DetectionDelay(Distribution::Weibull { scale_ms: 4e6, shape: 0.8 });
            }),
            ("alarm zone-errors: period", |p| p.alarms[AlarmId::new(0)].period_ms = 1),
            ("alarm zone-errors: datapoints", |p| p.alarms[AlarmId::new(0)].datapoints_to_alarm = 2),
            ("alarm zone-errors: datapoints", |p| p.alarms[AlarmId::new(0)].window = 6),
            ("alarm zone-errors: publish-delay", |p| p.alarms[AlarmId::new(0)].publish_delay_ms = 1),
            ("alarm zone-errors: watch", |p| p.alarms[AlarmId::new(0)].watch = Watch::Rollout),
            ("alarm zone-errors: internal", |p| p.alarms[AlarmId::new(0)].internal = true),
            ("alarm zone-errors: clock", |p| p.alarms[AlarmId::new(0)].clock = EvaluationClock::Deployment),
        ]
    }

    fn edits_of_strategies() -> Vec<Edit> {
        vec![
            ("strategy slow-and-uneven: ", |p| p.strategies[5].name = "other".into()),
            ("strategy slow-and-uneven: alarms", |p| p.strategies[5].alarms = vec![AlarmId::new(1)]),
            ("strategy slow-and-uneven: rollback scope", |p| {
                p.strategies[5].rollback.scope = RollbackScope::Wave;
            }),
            ("strategy slow-and-uneven: rollback batch", |p| {
                p.strategies[5].rollback.batch = HostShare::Share(Ratio { num: 2, den: 5 });
            }),
            ("strategy slow-and-uneven: rollback batch", |p| {
                p.strategies[5].rollback.batch = HostShare::Count(4);
            }),
            ("strategy slow-and-uneven: rollback reaction-delay", |p| {
                p.strategies[5].rollback.reaction_delay_ms = 1;
            }),
            ("strategy slow-and-uneven, wave 2 (second): regions", |p| {
                p.strategies[5].waves[1].regions = vec![RegionId::new(5)];
            }),
            ("strategy slow-and-uneven, wave 2 (second): hosts", |p| {
                p.strategies[5].waves[1].hosts = HostShare::Share(Ratio { num: 2, den: 3 });
            }),
            ("strategy slow-and-uneven, wave 2 (second): bake", |p| p.strategies[5].waves[1].bake_ms = 1),
            ("strategy slow-and-uneven, wave 2 (second): regions-at-once", |p| {
                p.strategies[5].waves[1].regions_at_once = Concurrency::AtMost(9);
            }),
            ("strategy slow-and-uneven, wave 2 (second): one-box", |p| {
                p.strategies[5].waves[1].procedure.one_box = None;
            }),
            ("strategy slow-and-uneven, wave 2 (second): one-box hosts", |p| {
                one_box(p).hosts = HostShare::Count(3);
            }),
            ("strategy slow-and-uneven, wave 2 (second): one-box bake", |p| one_box(p).bake_ms = 1),
            ("strategy slow-and-uneven, wave 2 (second): batch", |p| {
                p.strategies[5].waves[1].procedure.batch = HostShare::Share(Ratio { num: 2, den: 5 });
            }),
            ("strategy slow-and-uneven, wave 2 (second): max-unavailable", |p| {
                p.strategies[5].waves[1].procedure.max_unavailable =
                    HostShare::Share(Ratio { num: 2, den: 5 });
            }),
            ("strategy slow-and-uneven, wave 2 (second): zone-bake", |p| {
                p.strategies[5].waves[1].procedure.zone_bake_ms = 1;
            }),
            ("strategy slow-and-uneven, wave 2 (second): zones-at-once", |p| {
                p.strategies[5].waves[1].procedure.zones_at_once = Concurrency::AtMost(7);
            }),
        ]
    }

    fn edits_of_study() -> Vec<Edit> {
        vec![
            ("study: trials", |p| p.study.trials = 9),
            ("study: estimator", |p| p.study.estimator = Estimator::ByDefectAndLatency),
            ("study: precision", |p| p.study.precision[0].metric = &measures::DURATION_MS),
            ("study: precision", |p| p.study.precision[0].statistic = Statistic::Mean),
            ("study: precision", |p| p.study.precision[0].strategy = None),
            ("study: precision", |p| p.study.precision[0].relative = 0.25),
            ("study: max-trials", |p| p.study.max_trials = 9),
            ("study: seed", |p| p.study.seed = 9),
            ("study: baseline", |p| p.study.baseline = 0),
            ("study: start", |p| p.study.start_utc_ms = 9 * HOUR),
            ("study: start-spread", |p| p.study.start_spread_ms = 1),
            ("study: observe-after", |p| p.study.observe_after_ms = 1),
            ("threshold mean of escaped, strategy amazon-five-waves: ", |p| {
                p.study.thresholds[2].metric = &measures::FALSE_ROLLBACK;
            }),
            ("threshold mean of escaped, strategy amazon-five-waves: ", |p| {
                p.study.thresholds[2].statistic = Statistic::Max;
            }),
            ("threshold mean of escaped, strategy amazon-five-waves: ", |p| {
                p.study.thresholds[2].strategy = None;
            }),
            ("threshold mean of escaped, strategy amazon-five-waves: max", |p| {
                p.study.thresholds[2].bound = Bound::Max(0.1);
            }),
            ("threshold mean of escaped, strategy amazon-five-waves: level", |p| {
                p.study.thresholds[2].level = Level::Warn;
            }),
            ("guard p99 of impaired_host_ms, strategy amazon-five-waves: ", |p| {
                p.study.guards[0].metric = &measures::DURATION_MS;
            }),
            ("guard p99 of impaired_host_ms, strategy amazon-five-waves: ", |p| {
                p.study.guards[0].statistic = Statistic::P90;
            }),
            ("guard p99 of impaired_host_ms, strategy amazon-five-waves: ", |p| {
                p.study.guards[0].strategy = Some(1);
            }),
            ("guard p99 of impaired_host_ms, strategy amazon-five-waves: tolerance", |p| {
                p.study.guards[0].tolerance = 0.1;
            }),
        ]
    }

    fn edits_of_expectations() -> Vec<Edit> {
        vec![
            ("expectation p99 of impaired_host_ms, strategy amazon-five-waves: ", |p| {
                p.study.expectations[0].metric = &measures::DURATION_MS;
            }),
            ("expectation p99 of impaired_host_ms, strategy amazon-five-waves: ", |p| {
                p.study.expectations[0].statistic = Statistic::P90;
            }),
            ("expectation p99 of impaired_host_ms, strategy amazon-five-waves: ", |p| {
                p.study.expectations[0].strategy = 1;
            }),
            ("expectation p99 of impaired_host_ms, strategy amazon-five-waves: value", |p| {
                p.study.expectations[0].value = -1.0;
            }),
            ("expectation p99 of impaired_host_ms, strategy amazon-five-waves: tolerance 15%", |p| {
                p.study.expectations[0].tolerance = Tolerance::Relative(0.2);
            }),
            ("expectation p99 of impaired_host_ms, strategy amazon-five-waves: tolerance 15%", |p| {
                p.study.expectations[0].tolerance = Tolerance::Within(9.0);
            }),
            ("expectation p99 of impaired_host_ms, strategy amazon-five-waves: level", |p| {
                p.study.expectations[0].level = Level::Error;
            }),
        ]
    }

    fn set_threshold(alarm: &mut Alarm, num: u64, den: u64) {
        match &mut alarm.signal {
            Signal::ErrorRatio { threshold, .. } | Signal::ImpairedHosts { threshold, .. } => {
                *threshold = Ratio { num, den };
            }
            other => panic!("{other:?} has no threshold"),
        }
    }

    fn one_box(plan: &mut Plan) -> &mut OneBox {
        plan.strategies[5].waves[1].procedure.one_box.as_mut().expect("the sample has a one-box")
    }

    /// Paths of the leaves that differ, every index as `0`.
    fn leaves(before: &Value, after: &Value, path: &str, found: &mut BTreeSet<String>) {
        match (before, after) {
            (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => {
                a.iter().for_each(|(key, value)| leaves(value, &b[key], &format!("{path}/{key}"), found));
            }
            (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
                a.iter().zip(b).for_each(|(a, b)| leaves(a, b, &format!("{path}/0"), found));
            }
            _ if before == after => {}
            _ => {
                found.insert(path.to_owned());
            }
        }
    }

    fn json(plan: &Plan) -> Value {
        serde_json::to_value(plan).unwrap()
    }

    /// Every leaf of a plan's JSON, every index as `0`.
    fn all_leaves(value: &Value, path: &str, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(map) => {
                map.iter().for_each(|(key, value)| all_leaves(value, &format!("{path}/{key}"), found));
            }
            Value::Array(list) => list.iter().for_each(|v| all_leaves(v, &format!("{path}/0"), found)),
            _ => {
                found.insert(path.to_owned());
            }
        }
    }

    #[test]
    fn equal_plans_do_not_differ() {
        assert_eq!(diff(&plan(), &plan()), []);
        assert!(same_study(&plan(), &plan()));
    }

    #[test]
    fn each_field_is_reported_where_the_language_has_it() {
        for (expected, edit) in edits() {
            let said = edited(edit);
            let found = said.iter().any(|line| line.starts_with(&format!("{expected} ")));
            assert!(found, "expected {expected}, found {said:#?}");
            let renamed = expected.ends_with(": ");
            assert!(renamed || said.len() == 1, "{expected}: one edit, one difference: {said:#?}");
        }
    }

    #[test]
    fn the_edits_reach_every_field_that_decides_a_result() {
        let before = json(&plan());
        let mut reached = BTreeSet::new();
        for (_, edit) in edits() {
            let mut after = plan();
            edit(&mut after);
            leaves(&before, &json(&after), "", &mut reached);
        }
        let mut all = BTreeSet::new();
        all_leaves(&before, "", &mut all);
        // Said to people only, derived from names and positions, or another variant of what is edited.
        let known = [
            "/name",
            "/description",
            "/fleet/name",
            "/strategies/0/description",
            "/strategies/0/source",
            "/study/expectations/0/source",
            "/strategies/0/waves/0/name",
            "/alarms/0/entity",
            "/fleet/regions/0/entity",
            "/fleet/regions/0/utc_offset_hours",
            "/fleet/zones/0/entity",
            "/fleet/zones/0/region",
            "/fleet/regions/0/zones/start",
            "/fleet/regions/0/zones/end",
        ];
        // Putting one variant in another's place reaches all of it; but every key of a signal counts.
        let below = |leaf: &String, edited: &String| {
            !edited.ends_with("/signal") && leaf.starts_with(&format!("{edited}/"))
        };
        let covered = |leaf: &String| {
            known.contains(&leaf.as_str())
                || reached.iter().any(|edited| leaf == edited || below(leaf, edited))
        };
        let missed: Vec<&String> = all.iter().filter(|leaf| !covered(leaf)).collect();
        assert_eq!(missed, Vec::<&String>::new(), "no edit reaches these: extend the diff and this test");
    }

    #[test]
    fn thresholds_and_names_decide_no_number() {
        let mut after = plan();
        after.study.thresholds.clear();
        after.name = "other".into();
        after.description = "other".into();
        after.fleet.name = "other".into();
        after.strategies[0].source = "other".into();
        after.strategies[0].waves[1].name = "other".into();
        assert!(same_study(&plan(), &after));
        assert_eq!(diff(&plan(), &after).len(), 3, "three thresholds went");
        after.study.thresholds = plan().study.thresholds;
        after.study.expectations[0].source = "another".into();
        assert_eq!(diff(&plan(), &after), []);
        after.study.expectations.clear();
        assert!(same_study(&plan(), &after));
        assert_eq!(diff(&plan(), &after).len(), 1, "an expectation went");
        after.study.expectations = plan().study.expectations;
        after.study.seed = 1;
        assert!(!same_study(&plan(), &after));
    }

    #[test]
    fn two_sources_that_disagree_are_told_apart() {
        let two = |first: f64, second: f64| {
            let mut plan = plan();
            let mut other = plan.study.expectations[0].clone();
            (other.source, other.value) = ("postmortem".into(), second);
            plan.study.expectations[0].value = first;
            plan.study.expectations.push(other);
            plan
        };
        let said = in_words(&two(1.0, 2.0), &two(3.0, 2.0));
        assert_eq!(said.len(), 1, "{said:#?}");
        let mut swapped = two(1.0, 2.0);
        swapped.study.expectations.reverse();
        assert_eq!(diff(&two(1.0, 2.0), &swapped), []);
        swapped.study.expectations[0].value = 5.0;
        let said = in_words(&two(1.0, 2.0), &swapped);
        assert!(said.len() == 1 && said[0].contains("max: 2.0") && said[0].contains("max: 5.0"), "{said:#?}");
    }

    #[test]
    fn what_has_no_words_is_not_passed_over() {
        // No scenario leads to this: the identity of a region follows from its name.
        let mut after = plan();
        after.fleet.regions[RegionId::new(0)].entity += 1;
        let found = diff(&plan(), &after);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].place.as_str(), found[0].key.as_str()), ("region us-east-1", "entity"));
        assert!(!same_study(&plan(), &after));
        // Nor does a difference in thresholds hide it.
        after.study.thresholds.clear();
        assert!(!same_study(&plan(), &after));
    }

    #[test]
    fn what_differs_in_every_wave_is_said_once() {
        let said = edited(|plan| {
            for wave in &mut plan.strategies[2].waves {
                wave.procedure.zone_bake_ms = 5;
                wave.hosts = HostShare::Count(2);
            }
            plan.strategies[2].waves[0].procedure.zones_at_once = Concurrency::All;
        });
        assert_eq!(
            said,
            [
                "strategy region-by-region, every wave: hosts 100% -> 2",
                "strategy region-by-region: zone-bake 1800000ms -> 5ms",
                "strategy region-by-region, wave 1 (first): zones-at-once 1 -> all",
            ]
        );
    }

    #[test]
    fn waves_match_by_name_and_renamed_ones_by_position() {
        let said = edited(|plan| {
            let waves = &mut plan.strategies[0].waves;
            waves.remove(0);
            waves[1].name = "another name".into();
            waves[1].bake_ms = 0;
        });
        assert_eq!(said.len(), 3, "{said:#?}");
        assert!(said[0].starts_with("strategy all-at-once, wave 1 (first):  "), "{said:#?}");
        let said = edited(|plan| {
            plan.strategies[0].waves[1].name = "another name".into();
            plan.strategies[0].waves[1].bake_ms = 0;
        });
        assert_eq!(said, ["strategy all-at-once, wave 2 (another name): bake 43200000ms -> 0ms"]);
        let said = edited(|plan| plan.strategies[0].waves.swap(1, 2));
        let order = "first second third rest -> first third second rest";
        assert_eq!(said, [format!("strategy all-at-once: wave order {order}")]);
    }

    #[test]
    fn positions_do_not_matter_but_orders_do() {
        let said = edited(|plan| {
            plan.strategies.swap(0, 4);
            plan.study.baseline = 0;
            for threshold in &mut plan.study.thresholds {
                threshold.strategy = threshold.strategy.map(|index| 4 - index);
            }
            plan.study.guards[0].strategy = Some(0);
            plan.study.precision[0].strategy = Some(0);
            plan.study.expectations[0].strategy = 0;
        });
        assert_eq!(said.len(), 1, "{said:#?}");
        assert!(said[0].starts_with("study: strategies all-at-once canary-then-all"), "{said:#?}");
        let said = edited(|plan| plan.change.defects.reverse());
        assert_eq!(said, ["defects: order memory-leak crash -> crash memory-leak"]);
    }

    #[test]
    fn what_follows_from_another_difference_is_not_said_again() {
        // A defect more, with the weight of the others.
        let said = edited(|plan| {
            let mut third = plan.change.defects[DefectId::new(0)].clone();
            third.name = "third".into();
            plan.change.defects.push(third);
            plan.change.defects.iter_mut().for_each(|defect| defect.probability = 1.0 / 3.0);
        });
        assert_eq!(said.len(), 1, "{said:#?}");
        assert!(said[0].starts_with("defect third:  - -> "), "{said:#?}");
        // A time zone moves the day.
        let (mut before, mut after) = (plan(), plan());
        before.fleet.regions[RegionId::new(0)].hourly_factor[14] = 2.0;
        after.fleet.regions[RegionId::new(0)].hourly_factor[19] = 2.0;
        after.fleet.regions[RegionId::new(0)].timezone = "America/New_York".into();
        assert_eq!(in_words(&before, &after), ["region us-east-1: timezone UTC -> America/New_York"]);
        // A day that is the fleet's.
        let said = edited(|plan| plan.fleet.regions.iter_mut().for_each(|r| r.hourly_factor[3] = 2.0));
        assert_eq!(said.len(), 1, "{said:#?}");
        assert!(said[0].starts_with("fleet: diurnal"), "{said:#?}");
    }

    #[test]
    fn a_zone_less_shows_in_the_list_of_hosts() {
        let mut before = plan();
        for (zone, hosts) in [14, 12, 10].into_iter().enumerate() {
            before.fleet.zones[ZoneId::new(21 + zone)].hosts = hosts;
        }
        let mut after = before.clone();
        after.fleet.regions[RegionId::new(7)].zones.next_back();
        assert_eq!(in_words(&before, &after), ["region sa-east-1: hosts-per-zone 14, 12, 10 -> 14, 12"]);
    }

    #[test]
    fn a_warning_before_the_error_stays_one() {
        let mut before = plan();
        let mut warning = before.study.thresholds[2].clone();
        (warning.level, warning.bound) = (Level::Warn, Bound::Max(0.001));
        before.study.thresholds.insert(0, warning);
        let mut after = before.clone();
        after.study.thresholds.reverse();
        assert_eq!(diff(&before, &after), [], "their order decides nothing");
        let warnings = after.study.thresholds.iter_mut().filter(|t| t.level == Level::Warn);
        warnings.for_each(|warning| warning.bound = Bound::Max(0.002));
        let found = diff(&before, &after);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].key, "max");
    }
}
