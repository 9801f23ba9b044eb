//! Flagger: weights tick by tick, and how long an analysis takes.

use super::{MINUTE, number, numbers, plan, region, rows, told, weights};
use serde_json::Value;
use wavetank::rollout::RolloutRecord;

/// Weights until the promotion: so much more at each tick, until that reaches the most.
fn steps(row: &Value) -> Vec<u32> {
    if let Some(listed) = row.get("stepWeights") {
        return numbers(listed);
    }
    let (step, most) = (number(row, "stepWeight"), number(row, "maxWeight"));
    (1..=most.div_ceil(step)).map(|tick| step * tick).collect()
}

/// An analysis with an interval of a minute: at the first tick there is only a canary, then come the weights, then all.
fn canary(steps: &[u32]) -> String {
    let step = |weight: &u32| format!("{{ traffic = \"{weight}%\", bake = \"1m\" }}");
    let weights: Vec<String> = [0].iter().chain(steps).map(step).collect();
    let promotion = if steps.last() == Some(&100) { "" } else { ", { traffic = \"100%\" }" };
    format!(
        "{}[[strategy]]\nname = \"canary\"\nmax-surge = \"100%\"\n[[strategy.wave]]\nregions = \"all\"\nsteps = [{}{promotion}]\n",
        region(2),
        weights.join(", ")
    )
}

/// The weight of the new version at each tick.
fn at_ticks(records: &[RolloutRecord], ticks: usize) -> Vec<f64> {
    let switched = weights(records);
    let at = |tick: usize| {
        let before = switched.iter().rev().find(|(at_ms, _)| *at_ms <= tick as u64 * MINUTE);
        before.map_or(0.0, |(_, weight)| *weight)
    };
    (0..ticks).map(at).collect()
}

#[test]
fn weights_step_as_published() {
    for row in rows("flagger", "stepping") {
        let told = told(&plan(&canary(&steps(&row))));
        let primary = numbers(&row["primary"]);
        let expected: Vec<f64> = primary.iter().map(|weight| f64::from(100 - weight)).collect();
        assert_eq!(at_ticks(&told, primary.len()), expected, "{row}");
        assert_eq!(at_ticks(&told, primary.len() + 1).last(), Some(&100.0), "promoted a tick later");
    }
    for row in rows("flagger", "documented") {
        let expected = numbers(&row);
        let told = told(&plan(&canary(&expected)));
        let found = at_ticks(&told, expected.len() + 1);
        assert_eq!(found[1..], expected.iter().map(|weight| f64::from(*weight)).collect::<Vec<_>>());
    }
}

#[test]
fn once_promoted_everybody_has_the_new_version() {
    for row in rows("flagger", "phases") {
        if let Some(canary_weights) = row.get("canary").filter(|weights| weights.is_array()) {
            let expected = numbers(canary_weights);
            let promotes_at = number(&row, "promotes_at") as usize;
            let found = at_ticks(&told(&plan(&canary(&[number(&row, "step_weight")]))), expected.len());
            // From the promotion on the primary has the new version as well, whatever goes to which.
            let new = |tick: usize| if tick < promotes_at { expected[tick] } else { 100 };
            assert_eq!(
                found,
                (0..expected.len()).map(|tick| f64::from(new(tick))).collect::<Vec<_>>(),
                "{row}"
            );
        } else if let Some(primary) = row.get("primary") {
            // Mirrored requests reach the new version, and no customer.
            let found = at_ticks(&told(&plan(&canary(&[10]))), 1);
            assert_eq!(found, [100.0 - primary.as_f64().unwrap()], "{row}");
        }
    }
}

#[test]
fn an_analysis_takes_as_long_as_the_manual_says() {
    for row in rows("flagger", "durations") {
        assert_eq!(number(&row, "interval_s"), 60);
        let minutes = u64::from(number(&row, "minutes"));
        let text = match row.get("iterations") {
            None => {
                let (step, most) = (number(&row, "step_weight"), number(&row, "max_weight"));
                canary(&(1..=most / step).map(|tick| step * tick).collect::<Vec<_>>())
            }
            Some(iterations) => format!(
                "{}[[alarm]]\nname = \"checks\"\nscope = \"service\"\nbreach-probability = {{}}\n[[strategy]]\nname = \"blue-green\"\n\
                 max-surge = \"100%\"\nwave = [{{ regions = \"all\", traffic = \"0%\", gates = [{{ checks = {{ alarm = \"checks\", \
                 passes = {iterations} }} }}] }}, {{ regions = \"all\", traffic = \"100%\" }}]\n",
                region(2)
            ),
        };
        let switched = weights(&told(&plan(&text)));
        let first_ms = switched.iter().find(|(_, weight)| *weight > 0.0).unwrap().0;
        let from_ms = if row.get("iterations").is_some() { 0 } else { first_ms };
        assert_eq!(switched.last().unwrap(), &(from_ms + minutes * MINUTE, 100.0), "{row}");
    }
}
