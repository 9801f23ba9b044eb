//! Argo Rollouts: how many replicas a canary and the stable version have at a step.

use super::kubernetes::beside_and_away;
use super::{done_at, number, numbers, plan, region, rows, told, toml, trial, wave_starts, weights};
use serde_json::Value;
use wavetank::plan::Plan;

/// A canary of a share of the replicas, then all of them. Every replica is needed.
fn canary(replicas: u32, keys: &str, step: &str) -> String {
    format!(
        "[fleet]\npeak-utilisation = \"100%\"\n{}requests-per-second = 1000\n[change]\ndeploy-time = \"1m\"\n[[strategy]]\n\
         name = \"canary\"\n{keys}wave = [{{ regions = \"all\", {step}, bake = \"1h\" }}, {{ regions = \"all\" }}]\n",
        region(replicas)
    )
}

/// Replicas of the new version when the first step is done.
pub(crate) fn after_first_step(plan: &Plan) -> u32 {
    let told = told(plan);
    wave_starts(&told, 1).map_or_else(
        || done_at(&told, u64::MAX),
        |start_ms| if start_ms == 0 { 0 } else { done_at(&told, start_ms - 1) },
    )
}

/// Whether the row is the first decision of a rollout of which all replicas are available.
pub(crate) fn is_a_start(row: &Value) -> bool {
    let replicas = u64::from(number(row, "replicas"));
    let routed = row.get("traffic_routing").is_some() || row.get("promote_full").is_some();
    !routed
        && row["stable"] == serde_json::json!([replicas, replicas])
        && row["canary"] == serde_json::json!([0, 0])
}

#[test]
fn the_first_replicas_of_a_step_are_the_published_ones() {
    let mut said = 0;
    for row in rows("argo-canary", "counts") {
        let replicas = number(&row, "replicas");
        let [stable, new] = numbers(&row["expected"])[..] else { panic!("{row}") };
        if is_a_start(&row) {
            said += 1;
            let keys = format!(
                "max-surge = {}\nmax-unavailable = {}\n",
                toml(&row["max_surge"]),
                toml(&row["max_unavailable"])
            );
            let share = format!("hosts = \"{}% nearest\"", number(&row, "weight"));
            let text = canary(replicas, &keys, &share);
            // What both steps turn away is held against the first one, too.
            let (beside, away) = beside_and_away(&plan(&text), replicas);
            assert_eq!((replicas - away, beside), (stable, new), "{row}");
        } else if row["canary"] == serde_json::json!([replicas, replicas]) && row["weight"] == 100 {
            said += 1;
            let told = told(&plan(&canary(replicas, "", "hosts = \"50%\"")));
            let done = done_at(&told, u64::MAX);
            assert_eq!((replicas - done, done), (stable, new), "{row}");
        } else if let Some(least) = row["min_pods"].as_u64() {
            said += 1;
            // A canary beside all stable replicas, which go on serving the rest of the requests.
            let percent = number(&row, "weight");
            let hosts = u64::from(replicas * percent).div_ceil(100).max(least);
            let step = format!("hosts = {hosts}, traffic = \"{percent}%\"");
            let text = canary(replicas, "max-surge = \"100%\"\n", &step);
            assert_eq!((stable, after_first_step(&plan(&text))), (replicas, new), "{row}");
            assert!(serves_all(&text), "{row}");
        }
    }
    assert_eq!(said, 12);
}

/// Whether no request is turned away in the first step, once its replicas are there.
fn serves_all(text: &str) -> bool {
    let quick = text.replace("deploy-time = \"1m\"", "deploy-time = \"0s\"");
    let (records, outcome) = trial(&plan(&quick), 0);
    assert!(wave_starts(&records, 1).is_some());
    outcome.turned_away_requests == 0.0
}

/// The published rule where one replica may come beside: canary and stable replicas, of all or of one more, that are nearest
/// to the weight, and neither none nor all; the larger canary of two that are as near.
fn nearest(replicas: u32, percent: u32, surge: u32) -> (u32, u32) {
    let mut best: Option<(u32, (u32, u32))> = None;
    for total in replicas..=replicas + surge.min(1) {
        let range = if replicas + surge > 1 { 1..=total - 1 } else { 0..=total };
        for canary in range {
            // Distances from the weight, in hundredths of either total.
            let off = (100 * canary).abs_diff(percent * total) * (2 * replicas + 1 - total);
            let is_nearer =
                best.is_none_or(|(least, (most, _))| off < least || off == least && canary > most);
            if is_nearer {
                best = Some((off, (canary, total - canary)));
            }
        }
    }
    best.unwrap().1
}

#[test]
fn a_weight_becomes_the_published_replicas() {
    let mut said = 0;
    for row in rows("argo-canary", "weighted") {
        let [replicas, weight, surge, new, stable] =
            ["replicas", "weight", "max_surge", "canary", "stable"].map(|key| number(&row, key));
        if replicas == 0 || weight == 0 {
            // A zone has hosts, and a step that gives none of them the new version is none.
            continue;
        }
        said += 1;
        if surge == 0 || weight == 100 {
            let text = canary(replicas, "", &format!("hosts = \"{weight}% nearest\""));
            // A single replica of which half or less is to be new is no step: its bake goes by.
            let found = after_first_step(&plan(&text));
            assert_eq!((found, replicas - found), (new, stable), "{row}");
            continue;
        }
        let (canary_hosts, old) = nearest(replicas, weight, surge);
        let beside = canary_hosts + old - replicas;
        let percent = 100.0 * f64::from(canary_hosts) / f64::from(canary_hosts + old);
        let step = if beside > 0 {
            format!("hosts = {canary_hosts}, traffic = \"{percent:.6}%\"")
        } else {
            format!("hosts = {canary_hosts}")
        };
        let text = canary(replicas, &format!("max-surge = {surge}\n"), &step);
        assert_eq!((after_first_step(&plan(&text)), old), (new, stable), "{row}");
        if beside > 0 && canary_hosts < replicas {
            // All of these serve what they are sent; one stable replica less would not.
            assert!(serves_all(&text), "{row}");
            assert!(!serves_all(&text.replace(&format!("max-surge = {surge}\n"), "")), "{row}");
        }
    }
    assert_eq!(said, 22);
}

#[test]
fn replicas_follow_routed_traffic_as_published() {
    for row in rows("argo-canary", "traffic_weight") {
        // A weight of so many of so many; without any of them there is no step.
        let share = 100.0 * row["weight"].as_f64().unwrap() / row["maxWeight"].as_f64().unwrap();
        if share > 0.0 {
            let text = canary(number(&row, "replicas"), "", &format!("hosts = \"{share}%\""));
            // Nothing is left to do behind a step of all.
            let text = if share < 100.0 { text } else { text.replace(", { regions = \"all\" }", "") };
            assert_eq!(after_first_step(&plan(&text)), number(&row, "expected"), "{row}");
        }
    }
    for row in rows("argo-canary", "dynamic_stable") {
        if row["aborted"] == false {
            let (replicas, percent) = (number(&row, "replicas"), number(&row, "weight"));
            let text = canary(replicas, "", &format!("hosts = \"{percent}%\", traffic = \"{percent}%\""));
            let found = after_first_step(&plan(&text));
            assert_eq!((found, replicas - found), (number(&row, "canary"), number(&row, "stable")));
            assert!(serves_all(&text), "as many as are left serve the rest");
        }
    }
    for row in rows("argo-canary", "replicas_or_weight") {
        let weight = number(&row, "weight");
        let hosts = row["replicas"].as_u64().map_or(String::new(), |hosts| format!("hosts = {hosts}, "));
        let text = canary(10, "max-surge = \"100%\"\n", &format!("{hosts}traffic = \"{weight}%\""));
        // Nothing is left to do once it is promoted in full.
        let text = if weight == 100 { text.replace(", { regions = \"all\" }", "") } else { text };
        let told = told(&plan(&text));
        let at_first = weights(&told).iter().rev().find(|(at_ms, _)| *at_ms < 60 * super::MINUTE).unwrap().1;
        assert_eq!(at_first, f64::from(weight), "{row}");
        assert_eq!(after_first_step(&plan(&text)), row["replicas"].as_u64().unwrap_or(10) as u32, "{row}");
    }
    for row in rows("argo-canary", "scalars") {
        if let Some(steps) = row.get("steps") {
            let step = format!("traffic = \"{}%\"", numbers(steps)[0]);
            let told = told(&plan(&canary(10, "max-surge = \"100%\"\n", &step)));
            let sent: Vec<f64> = weights(&told).into_iter().map(|(_, weight)| weight).collect();
            assert!(sent.contains(&f64::from(number(&row, "weight"))), "{row}");
        } else {
            // Where there is no version before, there are no steps.
            let replicas = number(&row, "replicas");
            let text = format!(
                "{}[[strategy]]\nname = \"first\"\nwave = [{{ regions = \"all\" }}]\n",
                region(replicas)
            );
            let done = done_at(&told(&plan(&text)), 0);
            assert_eq!((done, replicas - done), (number(&row, "canary"), number(&row, "stable")), "{row}");
        }
    }
}

#[test]
fn a_step_is_done_with_as_many_replicas_as_published() {
    let mut said = 0;
    for row in rows("argo-canary", "progress_threshold") {
        let desired = number(&row, "desired");
        if desired == 0 {
            // A zone has hosts.
            continue;
        }
        said += 1;
        let percent = row["percent"].as_u64().unwrap_or(100);
        let text = |complete_at: u64| {
            format!(
                "{}[change]\ndeploy-time = \"1m\"\nstragglers = \"12%\"\nstraggler-time = \"1h\"\n[[strategy]]\nname = \"s\"\n\
                 complete-at = \"{complete_at}%\"\nwave = [{{ regions = \"all\" }}]\n",
                region(desired)
            )
        };
        let (asked, any) = (plan(&text(percent)), plan(&text(1)));
        let available = row["available"].as_u64().unwrap_or(0);
        if available == 0 {
            // Nobody is there yet.
            assert_eq!(done_at(&told(&asked), super::MINUTE - 1) > 0, row["met"] == true, "{row}");
            continue;
        }
        // Trials in which so many are there after a minute.
        let alike = |number: &u64| trial(&any, *number).1.left_behind_hosts == u64::from(desired) - available;
        let found: Vec<u64> = (0..200).filter(alike).take(5).collect();
        assert_eq!(found.len(), 5, "{row}");
        for number in found {
            let goes_on = trial(&asked, number).1.to_100_ms == Some(super::MINUTE);
            assert_eq!(goes_on, row["met"] == true, "{row}");
        }
    }
    assert_eq!(said, 4);
}
