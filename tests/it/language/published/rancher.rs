//! Rancher Fleet: clusters in partitions, and how many of a partition may be unavailable. A partition is a wave.

use super::{number, numbers, plan, rows, told, toml, zones_started};
use serde_json::Value;

/// Clusters of a partition: a share rounds down.
fn partition_size(row: &Value, clusters: u32) -> u32 {
    let threshold = row.get("auto_partition_threshold").map_or(200, |value| value.as_u64().unwrap() as u32);
    if threshold == 0 || clusters < threshold {
        return clusters;
    }
    match row.get("auto_partition_size") {
        Some(Value::Number(size)) => size.as_u64().unwrap() as u32,
        Some(share) => clusters * share.as_str().unwrap().trim_end_matches('%').parse::<u32>().unwrap() / 100,
        None => clusters / 4,
    }
}

fn text(row: &Value) -> String {
    let clusters = number(row, "clusters");
    let size = partition_size(row, clusters);
    let regions: String = (1..=clusters)
        .map(|cluster| format!("[[fleet.region]]\nname = \"c{cluster}\"\nhosts-per-zone = 1\n"))
        .collect();
    let unavailable = row.get("max_unavailable").map_or("\"100%\"".to_owned(), toml);
    let wave =
        format!("[[strategy.wave]]\nregions = {{ count = {size} }}\nregions-at-once = {unavailable}\n");
    let rest = format!("[[strategy.wave]]\nregions = \"rest\"\nregions-at-once = {unavailable}\n");
    let waves = wave.repeat((clusters.div_ceil(size) - 1) as usize) + &rest;
    format!("{regions}[change]\ndeploy-time = \"1m\"\n[[strategy]]\nname = \"partitions\"\n{waves}")
}

#[test]
fn partitions_follow_each_other_as_published() {
    for row in rows("rancher", "partitions") {
        let told = told(&plan(&text(&row)));
        let started = zones_started(&told);
        let mut first = 0;
        for partition in row["partitions"].as_array().unwrap() {
            let [clusters, at_once] = numbers(partition)[..] else { panic!("{row}") };
            let wave = &started[first..first + clusters as usize];
            let begins_ms = wave[0].0;
            assert_eq!(wave.iter().filter(|(at_ms, _)| *at_ms == begins_ms).count() as u32, at_once, "{row}");
            assert!(wave.iter().all(|(at_ms, _)| *at_ms >= begins_ms));
            assert!(first == 0 || started[first - 1].0 < begins_ms, "{row}: one partition at a time");
            first += clusters as usize;
        }
        assert_eq!(first, started.len(), "{row}");
    }
}

#[test]
fn as_many_are_unavailable_as_is_published() {
    for row in rows("rancher", "limit") {
        let clusters = number(&row, "count").max(1);
        // The first limit that is given; below nothing it is one, and above all it is all.
        let limit = match row["val"].as_array().unwrap().first() {
            None => "\"100%\"".to_owned(),
            Some(Value::String(share)) if share.starts_with('-') => "1".to_owned(),
            Some(Value::String(share)) if share == "150%" => "\"100%\"".to_owned(),
            Some(limit) => toml(limit),
        };
        let text = format!(
            "{}[change]\ndeploy-time = \"1m\"\n[[strategy]]\nname = \"s\"\nmax-unavailable = {limit}\nwave = [{{ regions = \"all\" }}]\n",
            super::region(clusters)
        );
        assert_eq!(super::batches(&told(&plan(&text)))[0], number(&row, "want"), "{row}");
    }
}
