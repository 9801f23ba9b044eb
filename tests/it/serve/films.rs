//! What the fleet of the live page shows is what the outcome counts, on shipped scenarios: the same impaired host-time, and
//! in the end the same hosts on the new version.

use crate::support::project;
use wavetank::plan::Plan;
use wavetank::report::fleet_film::FleetFilm;
use wavetank::{Outcome, replay};

/// The film of each of some trials, with its outcome.
fn each_film(file: &str, trials: u64, mut look: impl FnMut(&Plan, usize, u64, &Outcome, FleetFilm)) {
    let plan = Plan::load(project(file)).unwrap();
    for strategy in 0..plan.strategies.len() {
        for trial in 0..trials {
            let (outcome, records) = replay(&plan, strategy, trial);
            let film = FleetFilm::new(&plan, strategy, &outcome, &records);
            look(&plan, strategy, trial, &outcome, film);
        }
    }
}

/// Impaired hosts over time, to the end of the film.
fn impaired_host_ms(film: &FleetFilm) -> u64 {
    let mut now = vec![(0, 0); film.zones.len()];
    let mut sum = 0;
    for change in &film.changes {
        let (since, hosts) = now[change.zone];
        sum += hosts * (change.at_ms - since);
        now[change.zone] = (change.at_ms, u64::from(change.now.impaired));
    }
    sum + now.iter().map(|(since, hosts)| hosts * (film.end_ms - since)).sum::<u64>()
}

const FILES: [(&str, u64); 5] = [
    ("scenarios/small.toml", 60),
    ("scenarios/r1.toml", 30),
    ("scenarios/hands-off.toml", 6),
    ("scenarios/incidents/cloudflare-2022-06-21.toml", 10),
    ("scenarios/incidents/datadog-2023-03-08.toml", 10),
];

#[test]
fn the_film_shows_the_harm_that_is_counted() {
    let mut harmed = 0;
    for (file, trials) in FILES {
        each_film(file, trials, |plan, strategy, trial, outcome, film| {
            assert_eq!(impaired_host_ms(&film), outcome.impaired_host_ms, "{file} {strategy} {trial}");
            harmed += u64::from(outcome.impaired_host_ms > 0);
            // Who stays impaired is looked at for as long as the study observes.
            if film.state_at(film.end_ms).iter().any(|zone| zone.impaired > 0) {
                let observed_ms = outcome.end_ms + plan.study.observe_after_ms;
                assert_eq!(film.end_ms, observed_ms, "{file} {strategy} {trial}");
            }
        });
    }
    assert!(harmed > 100, "{harmed}");
}

#[test]
fn in_the_end_the_film_has_who_has_the_new_version() {
    let mut complete = 0;
    for (file, trials) in FILES {
        each_film(file, trials, |plan, strategy, trial, outcome, film| {
            let mut last = vec![0; film.zones.len()];
            film.changes.iter().for_each(|change| last[change.zone] = u64::from(change.now.updated));
            let hosts: u64 = last.iter().sum();
            if outcome.rollback_ms.is_none() {
                assert_eq!(
                    hosts,
                    plan.fleet.hosts() - outcome.left_behind_hosts,
                    "{file} {strategy} {trial}"
                );
                complete += 1;
            } else {
                // Hosts of an interrupted batch that nobody takes back are in no record.
                assert!(hosts <= outcome.left_exposed_hosts, "{file} {strategy} {trial}");
            }
        });
    }
    assert!(complete > 100, "{complete}");
}

#[test]
fn a_thinned_film_is_short_and_ends_alike() {
    each_film("scenarios/small.toml", 5, |_, _, _, _, film| {
        let thinned = film.clone().thinned(10);
        assert!(thinned.changes.len() <= 10 + film.zones.len(), "{}", thinned.changes.len());
        assert_eq!(thinned.state_at(film.end_ms), film.state_at(film.end_ms));
    });
}
