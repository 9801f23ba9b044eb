//! What a plan will do that its author may not expect, in numbers and before anything is simulated.
//!
//! Each lint reads a resolved plan, computes closed forms and returns warnings at the places that the scenario
//! language remembers. A lint never simulates, never fails and never changes the plan; docs/statistics.md has its
//! formulas. All numbers are of the undisturbed timetable, with median deploy times.

mod blind_first_wave;
mod diluted;
mod false_alarms;
mod late_class;
mod late_reaction;
mod left_behind;
mod short_last_bake;
mod together;
mod unstable_pipeline;
mod view;
mod window;
mod words;

use crate::diagnostic::Diagnostic;
use crate::plan::Plan;
use crate::scenario::{Loaded, Places};
use view::{Known, View};

/// Adds the warnings of every lint to a scenario that has a plan, and brings all problems into reading order.
#[must_use]
pub fn look_ahead(mut loaded: Loaded) -> Loaded {
    if let Some(plan) = &loaded.plan {
        loaded.problems.extend(warnings(plan, &loaded.places));
    }
    loaded
}

/// The warnings of every lint about every strategy.
#[must_use]
pub fn warnings(plan: &Plan, places: &Places) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let known = Known::default();
    for strategy in 0..plan.strategies.len() {
        let view = View::new(plan, strategy, places, &known);
        found.extend(blind_first_wave::blind_first_wave(&view));
        found.extend(late_reaction::late_reaction(&view));
        found.extend(diluted::diluted(&view));
        found.extend(false_alarms::false_alarms(&view));
        found.extend(together::together(&view));
        found.extend(short_last_bake::short_last_bake(&view));
        found.extend(late_class::late_class(&view));
        found.extend(left_behind::left_behind(&view));
    }
    found.extend(unstable_pipeline::unstable_pipeline(plan, places));
    found
}

#[cfg(test)]
mod tests {
    // Tests that the numbers of the lints are those of the simulation; that each speaks where its page says is tested with
    // the pages.

    use super::*;
    use crate::plan::timeline::timetable;
    use crate::scenario::load_str;

    fn looked_at(text: &str) -> Loaded {
        look_ahead(load_str("example.toml", text))
    }

    #[test]
    fn a_queue_for_production_is_found_too() {
        let text = |every: &str, entry: &str| {
            format!(
                "[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 4\n[[strategy]]\nname = \"s\"\nzone-bake = \"20h\"\n\
             wave = [{{ regions = \"all\" }}]\n[pipeline]\nentry = \"{entry}\"\nwave-calendar = \"office\"\n\
             source = {{ every = \"{every}\" }}\n[[pipeline.calendar]]\nname = \"office\"\nhours = \"09:00-17:00\"\n\
             [[pipeline.stage]]\nname = \"build\"\nphase = \"build\"\nduration = \"1h\"\n"
            )
        };
        let warned = |every: &str, entry: &str| {
            looked_at(&text(every, entry)).problems.list().iter().filter(|p| p.rule.id == "WT068").count()
        };
        // One rollout a working day: five a week.
        assert_eq!(warned("33h", "queued"), 1, "five and a bit a week");
        assert_eq!(warned("34h", "queued"), 0);
        assert_eq!(warned("33h", "superseded"), 0);
    }

    /// Two regions of one zone, one after the other; noisy alarms, or a defect that is hard to see.
    fn noisy(bad: &str) -> String {
        format!(
            r#"
[study]
start-spread = "24h"
[fleet]
background-error-ratio = "0.5%"
[fleet.diurnal]
peak-hour = 14
trough = "30%"
[[fleet.region]]
name = "one"
zones = 1
hosts-per-zone = 10
requests-per-second = 0.3
[[fleet.region]]
name = "two"
zones = 1
hosts-per-zone = 10
requests-per-second = 0.6
[change]
bad-probability = "{bad}"
deploy-time = "1m"
[[defect]]
name = "faint"
error-ratio = "1%"
[[alarm]]
name = "zone-errors"
scope = "zone"
error-ratio = {{ above = "1.5%" }}
period = "5m"
datapoints = "2 of 3"
clock = "deployment"
watch = "wave"
[[strategy]]
name = "careful"
wave = [{{ regions = ["one"], bake = "40m" }}, {{ regions = ["two"], bake = "6h" }}]
"#
        )
    }

    /// Share of trials for which `is` holds, and its standard error.
    fn simulated(plan: &Plan, is: impl Fn(&Plan, u64) -> bool) -> (f64, f64) {
        const TRIALS: u64 = 6_000;
        let hits = (0..TRIALS).filter(|&trial| is(plan, trial)).count() as f64;
        let share = hits / TRIALS as f64;
        (share, (share * (1.0 - share) / TRIALS as f64).sqrt())
    }

    fn view<'p>(plan: &'p Plan, places: &'p Places, known: &'p Known) -> View<'p> {
        View::new(plan, 0, places, known)
    }

    #[test]
    fn false_alarms_are_those_of_the_simulation() {
        let loaded = load_str("noisy.toml", &noisy("0%"));
        let plan = loaded.plan.as_ref().expect("a valid scenario");
        let model = crate::rollout::Model::new(plan);
        let mut engine = crate::rollout::Engine::new(&model);
        let engine = std::cell::RefCell::new(&mut engine);
        let (share, error) = simulated(plan, |_, trial| {
            let outcome = engine.borrow_mut().run(0, trial, &mut crate::sim::Silent);
            outcome.ending == crate::outcome::Ending::FalseRollback
        });
        let computed = false_alarms::share_of(&view(plan, &loaded.places, &Known::default()));
        assert!(share > 0.1, "too quiet to tell: {share}");
        // The rate is that of an alarm long at rest and its hours are averaged before the exponential: a twentieth.
        assert!(
            (computed - share).abs() < 0.05 * share + 4.5 * error,
            "{computed} instead of {share} ± {error}"
        );
    }

    #[test]
    fn what_the_first_wave_misses_is_missed_by_the_simulation() {
        let loaded = load_str("noisy.toml", &noisy("100%"));
        let plan = loaded.plan.as_ref().expect("a valid scenario");
        let model = crate::rollout::Model::new(plan);
        let mut engine = crate::rollout::Engine::new(&model);
        let engine = std::cell::RefCell::new(&mut engine);
        let second_ms = timetable(plan, 0).waves[1].start_ms;
        let (share, error) = simulated(plan, |_, trial| {
            let outcome = engine.borrow_mut().run(0, trial, &mut crate::sim::Silent);
            outcome.alarm_ms.is_none_or(|alarm| alarm > second_ms)
        });
        let computed = blind_first_wave::unseen(
            &view(plan, &loaded.places, &Known::default()),
            crate::ids::DefectId::new(0),
        )
        .expect("a chance");
        assert!((0.05..0.95).contains(&share), "too clear to tell: {share}");
        // The hour may change within the bake, which the closed form leaves out.
        assert!((computed - share).abs() < 0.02 + 4.5 * error, "{computed} instead of {share} ± {error}");
    }

    /// Section by section, the arithmetic of detection that is published or follows from it.
    #[test]
    fn the_arithmetic_of_practice_is_reproduced() {
        let at_least_one = |p: f64, requests: u64| 1.0 - window::power(1.0 - p, requests);
        assert_eq!(
            [0.05, 0.01, 0.001].map(|p| (at_least_one(p, 100) * 1_000.0).round()),
            [994.0, 634.0, 95.0]
        );
        let requests = |p: f64| (libm::log(0.05) / libm::log1p(-p)).ceil() as u64;
        assert_eq!([0.05, 0.01, 0.001].map(requests), [59, 299, 2_995]);
        // 30 stages: an alarm of one datapoint a stage.
        let stopped = [0.005, 0.01, 0.02].map(|p| (window::fires_within(p, 30, 1, 1) * 100.0).round());
        assert_eq!(stopped, [14.0, 26.0, 45.0]);
    }
}
