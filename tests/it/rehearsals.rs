//! Stages that are fleets of their own: timetables by hand, what traffic there buys, the same luck before every strategy.

use crate::pipeline::delivered;
use crate::pipeline_oracles::{HOUR, MINUTE};
use crate::support::project;
use std::path::{Path, PathBuf};
use wavetank::outcome::pipeline::PipelineOutcome;
use wavetank::pipeline::{self, Rollouts};
use wavetank::plan::Plan;
use wavetank::plan::pipeline::Line;
use wavetank::plan::pipeline::{AfterRejection, Merges};
use wavetank::rollout::Model;
use wavetank::scenario;

const GAMMA: &str = "[[fleet.region]]\nname = \"gamma\"\nhosts-per-zone = 2\n[[defect]]\nname = \"other\"\n\
     [[defect]]\nname = \"bad\"\n[change]\ndeploy-time = \"10m\"\n[[alarm]]\nname = \"a\"\nscope = \"zone\"\ndetection-delay = \"5m\"\n\
     [[strategy]]\nname = \"all\"\nbatch = 2\nmax-unavailable = 2\nzone-bake = \"20m\"\nwave = [{ regions = \"all\" }]\n";

/// A pipeline whose changes carry the only defect with this probability, with a gamma fleet and then production.
fn with_gamma(bad: &str, gamma: &str) -> Plan {
    let text = format!(
        "[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 2\n[[defect]]\nname = \"bad\"\n\
         [change]\nbad-probability = \"{bad}\"\ndeploy-time = \"1h\"\n[[strategy]]\nname = \"s\"\nbatch = 2\nmax-unavailable = 2\n\
         wave = [{{ regions = \"all\" }}]\n[pipeline]\nlength = \"20d\"\nwarm-up = \"0s\"\nsource = {{ every = \"30d\" }}\n\
         [[pipeline.stage]]\nname = \"gamma\"\nphase = \"test\"\nscenario = \"gamma.toml\"\n"
    );
    let texts = [(PathBuf::from("p.toml"), text), (PathBuf::from("gamma.toml"), gamma.to_owned())];
    let loaded = scenario::load_texts(Path::new("p.toml"), &texts);
    loaded.plan.unwrap_or_else(|| panic!("{}", loaded.problems))
}

fn pipeline(plan: &Plan, strategy: usize) -> Line {
    plan.pipeline.as_ref().unwrap().with_waves(plan, &plan.strategies[strategy])
}

fn run(plan: &Plan, pipeline: &Line, strategy: usize, trial: u64) -> PipelineOutcome {
    let model = Model::new(plan);
    pipeline::run(pipeline, &mut Rollouts::new(&model, strategy, trial, 0), 1, trial)
}

#[test]
fn a_rehearsal_takes_as_long_as_its_rollout_and_rejects_what_its_alarms_see() {
    let plan = with_gamma("0%", GAMMA);
    assert_eq!(delivered(&run(&plan, &pipeline(&plan, 0), 0, 0)), [Some(30 + 60)]);
    let plan = with_gamma("100%", GAMMA);
    let outcome = run(&plan, &pipeline(&plan, 0), 0, 0);
    // Deployed at 10, seen at 15, back at 25: it never comes to production.
    assert_eq!((outcome.stages[0].rejections, outcome.deployments), (1, 0));
    assert_eq!(outcome.stages[0].stays_ms, 25 * MINUTE);
}

#[test]
fn a_rehearsal_is_blind_to_what_it_does_not_know() {
    let blind = GAMMA.replace("name = \"bad\"", "name = \"bad\"\nseen-by = []");
    let plan = with_gamma("100%", &blind);
    assert_eq!(delivered(&run(&plan, &pipeline(&plan, 0), 0, 0)), [Some(30 + 60)]);
}

#[test]
fn every_attempt_of_a_rehearsal_has_its_own_luck() {
    // An alarm that fires for nothing in about half of all rehearsals: 20 datapoints, each in 3 of 100.
    let fickle = GAMMA.replace(
        "detection-delay = \"5m\"",
        "breach-probability = { healthy = \"3%\", impaired = \"3%\" }\nclock = \"deployment\"",
    );
    let plan = with_gamma("0%", &fickle);
    let mut pipeline = pipeline(&plan, 0);
    pipeline.after_rejection =
        AfterRejection::Restart { after: wavetank::random::Distribution::Fixed { ms: MINUTE } };
    let outcomes: Vec<_> = (0..20).map(|trial| run(&plan, &pipeline, 0, trial)).collect();
    assert!(outcomes.iter().all(|outcome| outcome.changes[0].delivered_ms.is_some()), "none fails for ever");
    let rejections: u64 = outcomes.iter().map(|outcome| outcome.stages[0].rejections).sum();
    assert!((4..80).contains(&rejections), "{rejections}");
}

/// The shipped pipeline with another traffic in its gamma.
fn shipped(traffic: u64) -> Plan {
    let read = |path: &Path| {
        let text = std::fs::read_to_string(project("scenarios").join(path))?;
        let traffic = format!("requests-per-second = {traffic} # was 45");
        Ok(text.replace("requests-per-second = 45", &traffic).into_bytes())
    };
    scenario::load_with(Path::new("pipelines/gamma.toml"), &read).plan.expect("a valid scenario")
}

/// Rollouts with a defect that production had to take back, in a trial. A request a second is less than any alarm wants.
fn bad_rollouts(plan: &Plan) -> f64 {
    let pipeline = pipeline(plan, 0);
    let trials = 4;
    let rejected = (0..trials).map(|trial| run(plan, &pipeline, 0, trial).needed_rollbacks);
    rejected.sum::<u64>() as f64 / trials as f64
}

#[test]
fn traffic_in_gamma_is_what_lets_it_see() {
    let [none, some] = [1, 45].map(|traffic| bad_rollouts(&shipped(traffic)));
    assert!(some < 0.7 * none, "a request a second: {none}, enough: {some}");
}

#[test]
fn every_strategy_has_the_same_rehearsals() {
    let plan = shipped(45);
    let stages = |strategy: usize| {
        let mut pipeline = pipeline(&plan, strategy);
        // Nothing that production does comes back to the stages.
        pipeline.after_rejection = AfterRejection::Leave;
        pipeline.source.merges = Merges::Every { first_ms: 0, gap_ms: 2 * HOUR, count: 200 };
        // Nor does the build keep anything: what it rejects stays in the line, and it would see it again.
        pipeline.stages[0].catches.fill(0.0);
        pipeline.source.defects.iter_mut().for_each(|class| class.probability *= 0.1);
        (pipeline.length_ms, pipeline.warm_up_ms) = (20 * 24 * HOUR, 0);
        let outcome = run(&plan, &pipeline, strategy, 3);
        (outcome.stages, outcome.waves)
    };
    let (careful, hasty) = (stages(0), stages(1));
    assert_eq!(careful.0, hasty.0);
    assert!(careful.0[1].rejections > 5, "{:?}", careful.0[1]);
    assert_ne!(careful.1, hasty.1, "production differs");
}
