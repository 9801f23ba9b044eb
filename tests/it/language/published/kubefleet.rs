//! KubeFleet's (and Azure's) maxConcurrency: clusters of a stage that are updated at once. A cluster is a region.

use super::{number, plan, refusal, rows, told, toml, zones_started};
use serde_json::Value;

/// So many clusters, and how many of them are updated at once; a percentage rounds down, and is one at least.
pub(super) fn text(clusters: u32, at_once: &Value) -> String {
    let regions: String = (1..=clusters)
        .map(|cluster| format!("[[fleet.region]]\nname = \"c{cluster}\"\nhosts-per-zone = 1\n"))
        .collect();
    format!(
        "{regions}[change]\ndeploy-time = \"1m\"\n[[strategy]]\nname = \"staged\"\nregions-at-once = {}\nwave = [{{ regions = \"all\" }}]\n",
        toml(at_once)
    )
}

#[test]
fn as_many_clusters_begin_at_once_as_is_published() {
    for row in rows("kubefleet", "max_concurrency") {
        let (clusters, at_once) = (number(&row, "clusters"), &row["maxConcurrency"]);
        if row["error"] == true {
            assert!(refusal(&text(2, at_once)).contains("regions-at-once"), "{row}");
            continue;
        }
        // A stage without clusters is none; here it is one with as many as there is room for.
        let expected = number(&row, "expected");
        let clusters = if clusters == 0 { expected + 2 } else { clusters };
        let told = told(&plan(&text(clusters, at_once)));
        let at_start = zones_started(&told).iter().filter(|(at_ms, _)| *at_ms == 0).count() as u32;
        assert_eq!(at_start, expected.min(clusters), "{row}");
    }
}
