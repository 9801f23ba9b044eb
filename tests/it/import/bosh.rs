//! BOSH: canaries in the first zone, then zone by zone, as the director goes.

use super::{file, lost, of_files, of_files_given, plan_of, scenario_of};
use crate::language::published::{batches, started, told};
use wavetank::import::Fate;

#[test]
fn groups_are_waves_and_canaries_come_first() {
    let text = file("bosh-deployment.yml");
    let files = [("shop.yml", text.as_str())];
    let scenario = scenario_of(&files);
    for line in [
        "hosts-per-zone = [4, 3] # shop.yml:24 instances: 7",
        "hosts-per-zone = 1 # shop.yml:15 instances: 1",
        "regions = [\"api\", \"worker\"]",
        "failures = { allowed = 0 }",
    ] {
        assert!(scenario.contains(line), "{line}\n{scenario}");
    }
    let plan = plan_of(&files);
    let names: Vec<&str> = plan.strategies[0].waves.iter().map(|wave| wave.name.as_str()).collect();
    assert_eq!(names.len(), 3, "{names:?}");
    let told = told(&plan);
    // The database, a canary of each of the two others, and then one at a time of each: 40 % of four are one.
    assert_eq!(batches(&told).iter().sum::<u32>(), 15);
    assert!(started(&told).iter().all(|(_, hosts)| *hosts == 1), "{:?}", started(&told));
    let canaries = started(&told).iter().filter(|(at_ms, _)| *at_ms == started(&told)[1].0).count();
    assert_eq!(canaries, 2);
    // A minute for the database and 30 s of watching it; then the two canaries, and five in a row in the first zone.
    assert_eq!(started(&told)[1].0, 90_000);
    assert_eq!(started(&told)[3].0, 180_000);
    assert_eq!(told.last().map(|record| record.at_ms), Some(180_000 + 6 * 65_000));
}

#[test]
fn what_is_watched_and_left_out_is_told() {
    let imported = of_files(&[("shop.yml", &file("bosh-deployment.yml"))]);
    let approximated = lost(&imported, Fate::Approximated);
    assert_eq!(approximated.len(), 2, "{approximated:#?}");
    assert_eq!(lost(&imported, Fate::Dropped), Vec::<String>::new());
}

#[test]
fn variables_of_the_director_are_given_or_asked_for() {
    let text = file("bosh-deployment.yml").replace("instances: 7", "instances: ((size))");
    let shown = of_files(&[("shop.yml", &text)]).render(false);
    assert!(shown.contains("--set size=VALUE") && shown.contains("shop.yml:24:"), "{shown}");
    let given = of_files_given(&[("shop.yml", &text)], &[("size", "4")]);
    assert!(given.scenario("x").contains("hosts-per-zone = 2 #"), "{}", given.render(false));
}

#[test]
fn wrong_numbers_are_refused_all_at_once() {
    let text = file("bosh-deployment.yml")
        .replace("30000-1200000", "9-5")
        .replace("max_in_flight: 40%", "max_in_flight: some")
        .replace("instances: 7", "instances: 99999999999");
    let shown = of_files(&[("shop.yml", &text)]).render(false);
    for problem in
        ["`9-5` is not milliseconds", "`some` is not a number", "`99999999999` is not a number of instances"]
    {
        assert!(shown.contains(problem), "{problem}\n{shown}");
    }
}
