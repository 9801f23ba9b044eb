//! Open Cluster Management: which clusters are rolled out to next, given how the others fare. A cluster is a region, a group of
//! clusters a wave, and how long a cluster takes or fails is left to chance: wherever a trial comes by the state of a row,
//! what is under way in it must be what is published.

use super::{numbers, plan, rows, toml, trial};
use serde_json::Value;
use std::collections::BTreeSet;
use wavetank::plan::Plan;
use wavetank::rollout::{RolloutEvent, RolloutRecord};

/// Clusters by their states.
struct States {
    /// Those that were begun.
    begun: BTreeSet<u32>,
    /// Those that hold no place any more.
    over: BTreeSet<u32>,
    /// Those that failed, whether they timed out or not.
    failing: BTreeSet<u32>,
}

pub(crate) fn clusters(row: &Value) -> Vec<Vec<u32>> {
    row["groups"].as_array().unwrap().iter().map(numbers).collect()
}

fn seconds(text: &Value) -> Option<i64> {
    text.as_str().and_then(|text| text.strip_suffix('s')).map(|seconds| seconds.parse().unwrap())
}

fn states(row: &Value) -> States {
    let known: BTreeSet<u32> = clusters(row).concat().into_iter().collect();
    let (deadline, soak) = (seconds(&row["deadline"]), row["soak_s"].as_i64().unwrap_or(0));
    let by_group = row["type"] == "ProgressivePerGroup";
    let mut states = States { begun: BTreeSet::new(), over: BTreeSet::new(), failing: BTreeSet::new() };
    for state in row["state"].as_array().unwrap() {
        let cluster = state[0].as_u64().unwrap() as u32;
        let age = -state[2].as_i64().unwrap_or(0);
        let timed_out = deadline.is_some_and(|deadline| age >= deadline);
        if !known.contains(&cluster) {
            continue;
        }
        let (fails, is_over) = match state[1].as_str().unwrap() {
            "done" => (false, age >= soak),
            // A group does not wait for a cluster that has failed.
            "failed" => (true, timed_out || by_group),
            "applying" => (timed_out, timed_out),
            _ => (false, false),
        };
        states.begun.extend((state[1] != "waiting").then_some(cluster));
        states.failing.extend(fails.then_some(cluster));
        states.over.extend(is_over.then_some(cluster));
    }
    states
}

/// The strategy of a row over its clusters; those of `failing` fail.
fn text(row: &Value, failing: &BTreeSet<u32>, time: &str) -> String {
    let groups = clusters(row);
    let mut sorted = groups.concat();
    sorted.sort_unstable();
    let region = |cluster: &u32| {
        let fails = u32::from(failing.contains(cluster));
        format!("[[fleet.region]]\nname = \"c{cluster}\"\nhosts-per-zone = 1\nfailing-hosts = {fails}\n")
    };
    let named = |clusters: &[u32]| {
        let names: Vec<String> = clusters.iter().map(|cluster| format!("\"c{cluster}\"")).collect();
        format!("[{}]", names.join(", "))
    };
    // A share of the clusters is rounded up.
    let at_once = match row.get("max_concurrency") {
        Some(Value::String(share)) => format!("\"{share} up\""),
        Some(number) => toml(number),
        None => "\"all\"".to_owned(),
    };
    let allowed = row.get("max_failures").map_or("0".to_owned(), |value| match value.as_str() {
        Some(share) => format!("\"{share} up\""),
        None => value.to_string(),
    });
    let wave = |regions: &str, at_once: &str| {
        format!("[[strategy.wave]]\nregions = {regions}\nregions-at-once = {at_once}\n")
    };
    let (per, waves) = match row["type"].as_str().unwrap() {
        "ProgressivePerGroup" => {
            ("wave", groups.iter().map(|group| wave(&named(group), "\"all\"")).collect::<String>())
        }
        "Progressive" => {
            let first = row["mandatory"].as_u64().unwrap_or(0) as usize;
            let mandatory: String =
                groups[..first].iter().map(|group| wave(&named(group), &at_once)).collect();
            ("rollout", mandatory + &wave("\"rest\"", &at_once))
        }
        _ => ("rollout", wave("\"all\"", "\"all\"")),
    };
    // All at once minds no failure.
    let failures = match row["type"].as_str().unwrap() {
        "All" => String::new(),
        _ => format!("failures = {{ allowed = {allowed}, per = \"{per}\" }}\n"),
    };
    format!(
        "{}[change]\ndeploy-time = {time}\nfailing-time = {time}\n[[strategy]]\nname = \"rollout\"\nzone-bake = \"{}s\"\n{failures}\
         response = {{ on-alarm = \"freeze\" }}\n{waves}",
        sorted.iter().map(region).collect::<String>(),
        row["soak_s"].as_u64().unwrap_or(0)
    )
}

/// Clusters that were begun, those that hold no place any more, and whether the rollout was stopped, after all that happened at
/// an instant; one of each that differs.
fn moments(
    records: &[RolloutRecord],
    names: &[u32],
    soaks: bool,
) -> Vec<(BTreeSet<u32>, BTreeSet<u32>, bool)> {
    let (mut begun, mut over, mut stopped) = (BTreeSet::new(), BTreeSet::new(), false);
    let mut moments = Vec::new();
    for (index, record) in records.iter().enumerate() {
        match record.event {
            RolloutEvent::ZoneStarted { zone, .. } => _ = begun.insert(names[zone as usize]),
            RolloutEvent::ZoneDone { zone } | RolloutEvent::HostsFailed { zone, .. } => {
                over.insert(names[zone as usize]);
            }
            // A stop of the same instant comes before anybody hears that a cluster was done.
            RolloutEvent::BatchDone { zone, hosts_done: 1, .. } if !soaks => {
                over.insert(names[zone as usize]);
            }
            RolloutEvent::Halted { .. } => stopped = true,
            _ => {}
        }
        if records.get(index + 1).is_none_or(|next| next.at_ms > record.at_ms) {
            moments.push((begun.clone(), over.clone(), stopped));
        }
    }
    moments
}

/// Holds that the clusters which are next are the published ones in the plan of each row, with these clusters failing and
/// this time for each.
pub(crate) fn hold_decisions(plan_of: impl Fn(&Value, &BTreeSet<u32>, &str) -> Plan) {
    let mut said = 0;
    for row in rows("ocm", "decisions") {
        if row.get("joins").is_some() {
            // A cluster that comes in mid-rollout.
            continue;
        }
        said += 1;
        let States { begun: known, over, failing } = states(&row);
        let mut names = clusters(&row).concat();
        names.sort_unstable();
        let expected: BTreeSet<u32> = over.iter().copied().chain(numbers(&row["rolls"])).collect();
        let mut seen = 0;
        for time in ["{ exponential = { mean = \"10m\" } }", "\"10m\""] {
            let plan = plan_of(&row, &failing, time);
            for number in 0..300 {
                for (begun, finished, stopped) in
                    moments(&trial(&plan, number).0, &names, row.get("soak_s").is_some())
                {
                    if finished == over && begun.is_superset(&known) {
                        assert_eq!((&begun, stopped), (&expected, row["breach"] == true), "{row}");
                        seen += 1;
                    }
                }
            }
        }
        assert!(seen > 0, "{row}: in no trial");
        let timed_out: BTreeSet<u32> = numbers(&row["timed_out"]).into_iter().collect();
        assert!(timed_out.is_subset(&failing), "{row}");
    }
    assert_eq!(said, 17);
}

#[test]
fn the_clusters_that_are_next_are_the_published_ones() {
    hold_decisions(|row, failing, time| plan(&text(row, failing, time)));
}

#[test]
fn a_cluster_holds_its_place_as_long_as_published() {
    for row in rows("ocm", "one_cluster") {
        let since = -row["since_s"].as_i64().unwrap_or(0) as u64;
        let (soak, deadline) = (row["soak_s"].as_u64().unwrap_or(0), row["deadline_s"].as_u64().unwrap_or(1));
        let succeeds = row["status"] == "Succeeded";
        let text = format!(
            "[[fleet.region]]\nname = \"one\"\nhosts-per-zone = 1\nfailing-hosts = {}\n[[fleet.region]]\nname = \"next\"\n\
             hosts-per-zone = 1\n[change]\ndeploy-time = \"10s\"\nfailing-time = \"{deadline}s\"\n[[strategy]]\nname = \"s\"\n\
             zone-bake = \"{soak}s\"\nwave = [{{ regions = \"all\" }}]\n",
            u32::from(!succeeds)
        );
        let told = trial(&plan(&text), 0).0;
        let next_ms = super::zones_started(&told)[1].0;
        // Counted from the end of the work of a cluster that succeeds, and from the start of any other.
        let now_ms = (since + if succeeds { 10 } else { 0 }) * super::SECOND;
        assert_eq!(next_ms > now_ms, row["holds"] == true, "{row}");
        if row["timed_out"] == true {
            assert_eq!(next_ms, deadline * super::SECOND, "{row}");
        }
        if let Some(recheck) = row["recheck_s"].as_u64() {
            assert_eq!(next_ms - now_ms, recheck * super::SECOND, "{row}");
        }
    }
}

#[test]
fn shares_of_clusters_round_up() {
    // One of five, rounded up, may fail; where it is the whole share, none.
    let failing = BTreeSet::from([1]);
    for (allowed, stops) in [("10%", false), ("0%", true)] {
        let row = serde_json::json!({
            "type": "Progressive", "max_concurrency": "30%", "max_failures": allowed, "groups": [[1, 2, 3, 4, 5]],
            "state": [], "rolls": [],
        });
        let told = trial(&plan(&text(&row, &failing, "\"1m\"")), 0).0;
        let at_start = super::zones_started(&told).iter().filter(|(at_ms, _)| *at_ms == 0).count();
        assert_eq!(at_start, 2, "30 % of five");
        assert_eq!(moments(&told, &[1, 2, 3, 4, 5], false).last().unwrap().2, stops, "{allowed}");
    }
}
