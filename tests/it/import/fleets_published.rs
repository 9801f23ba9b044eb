//! What tools for fleets of clusters publish of their own arithmetic, through `import`: a row is a file of the tool with as
//! many clusters, and what comes out of the simulator is held against the row. The rows that the language cannot say are
//! those of `language::published`.

use super::{of_files, plan_of, plan_of_text, scenario_of};
use crate::language::published::ocm::{clusters, hold_decisions};
use crate::language::published::{number, numbers, rows, told, zones_started};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write;
use wavetank::plan::Plan;

/// How many regions begin at once in the first strategy.
fn at_start(plan: &Plan) -> u32 {
    zones_started(&told(plan)).iter().filter(|(at_ms, _)| *at_ms == 0).count() as u32
}

fn kubefleet(clusters: u32, at_once: &Value) -> String {
    let members: String = (1..=clusters)
        .map(|number| {
            format!(
                "---\napiVersion: cluster.kubernetes-fleet.io/v1\nkind: MemberCluster\nmetadata: {{name: c{number:02}, labels: {{env: prod}}}}\n"
            )
        })
        .collect();
    format!(
        "apiVersion: placement.kubernetes-fleet.io/v1beta1\nkind: ClusterStagedUpdateStrategy\nmetadata: {{name: staged}}\nspec:\n  \
         stages:\n  - name: prod\n    labelSelector: {{matchLabels: {{env: prod}}}}\n    maxConcurrency: {at_once}\n{members}"
    )
}

#[test]
fn kubefleets_clusters_begin_at_once_as_published() {
    let (mut equal, mut refused) = (0, 0);
    for row in rows("kubefleet", "max_concurrency") {
        let (clusters, expected) = (number(&row, "clusters"), number(&row, "expected"));
        if row["error"] == true {
            let imported = of_files(&[("staged.yaml", &kubefleet(2, &row["maxConcurrency"]))]);
            assert!(imported.render(false).contains("maxConcurrency: \"50\""), "{}", imported.render(false));
            refused += 1;
            continue;
        }
        // A stage without clusters is none; here it has as many as there is room for.
        let clusters = if clusters == 0 { expected + 2 } else { clusters };
        let plan = plan_of(&[("staged.yaml", &kubefleet(clusters, &row["maxConcurrency"]))]);
        assert_eq!(at_start(&plan), expected.min(clusters), "{row}");
        equal += 1;
    }
    assert_eq!((equal, refused), (5, 1));
}

/// A file with this strategy for so many clusters.
fn rancher(clusters: u32, strategy: &str) -> String {
    let mut text = format!(
        "apiVersion: fleet.cattle.io/v1alpha1\nkind: Bundle\nmetadata: {{name: web}}\nspec:\n  rolloutStrategy: {strategy}\n"
    );
    for number in 1..=clusters {
        let _ = write!(
            text,
            "---\napiVersion: fleet.cattle.io/v1alpha1\nkind: Cluster\nmetadata: {{name: c{number:04}, labels: {{env: prod}}}}\n"
        );
    }
    text
}

#[test]
fn ranchers_partitions_are_the_published_ones() {
    let mut said = 0;
    for row in rows("rancher", "partitions") {
        let keys = [
            ("auto_partition_size", "autoPartitionSize"),
            ("auto_partition_threshold", "autoPartitionThreshold"),
            ("max_unavailable", "maxUnavailable"),
        ];
        let keys: Vec<String> =
            keys.iter().filter_map(|(ours, theirs)| Some(format!("{theirs}: {}", row.get(ours)?))).collect();
        let strategy = format!("{{{}}}", keys.join(", "));
        let started =
            zones_started(&told(&plan_of(&[("bundle.yaml", &rancher(number(&row, "clusters"), &strategy))])));
        let mut first = 0;
        for partition in row["partitions"].as_array().unwrap() {
            let [clusters, at_once] = numbers(partition)[..] else { panic!("{row}") };
            let wave = &started[first..first + clusters as usize];
            let begins_ms = wave[0].0;
            assert_eq!(wave.iter().filter(|(at_ms, _)| *at_ms == begins_ms).count() as u32, at_once, "{row}");
            assert!(first == 0 || started[first - 1].0 < begins_ms, "{row}: one partition at a time");
            first += clusters as usize;
        }
        assert_eq!(first, started.len(), "{row}");
        said += 1;
    }
    assert_eq!(said, 5);
}

#[test]
fn as_many_of_ranchers_clusters_are_unavailable_as_published() {
    let mut said = 0;
    for row in rows("rancher", "limit") {
        let clusters = number(&row, "count").max(1);
        // The first limit is that of a partition, the second that of all.
        let limits = row["val"].as_array().unwrap();
        let key = |index: usize| {
            limits.get(index).map_or(String::new(), |limit| format!("maxUnavailable: {limit}, "))
        };
        let strategy = format!("{{{}partitions: [{{{}name: all, clusterSelector: {{}}}}]}}", key(1), key(0));
        let plan = plan_of(&[("bundle.yaml", &rancher(clusters, &strategy))]);
        assert_eq!(at_start(&plan), number(&row, "want").min(clusters), "{row}");
        said += 1;
    }
    assert_eq!(said, 7);
}

/// The files of a row of Open Cluster Management: the strategy, and the groups that its placement decided on.
fn ocm(row: &Value) -> String {
    let mut rules: Vec<String> = Vec::new();
    let keys = [
        ("max_concurrency", "maxConcurrency"),
        ("max_failures", "maxFailures"),
        ("deadline", "progressDeadline"),
    ];
    for (ours, theirs) in keys {
        rules
            .extend(row.get(ours).filter(|value| !value.is_null()).map(|value| format!("{theirs}: {value}")));
    }
    rules.extend(row.get("soak_s").map(|soak| format!("minSuccessTime: {soak}s")));
    if let Some(mandatory) = row.get("mandatory").and_then(Value::as_u64) {
        let groups: Vec<String> = (0..mandatory).map(|index| format!("{{groupIndex: {index}}}")).collect();
        rules.push(format!("mandatoryDecisionGroups: [{}]", groups.join(", ")));
    }
    let kind = row["type"].as_str().unwrap();
    let key = format!("{}{}", kind[..1].to_lowercase(), &kind[1..]);
    let mut text = format!(
        "apiVersion: work.open-cluster-management.io/v1alpha1\nkind: ManifestWorkReplicaSet\nmetadata: {{name: work}}\nspec:\n  \
         placementRefs:\n  - name: all\n    rolloutStrategy: {{type: {kind}, {key}: {{{}}}}}\n",
        rules.join(", ")
    );
    for (index, group) in clusters(row).iter().enumerate() {
        let names: Vec<String> =
            group.iter().map(|cluster| format!("{{clusterName: c{cluster:02}}}")).collect();
        let _ = write!(
            text,
            "---\napiVersion: cluster.open-cluster-management.io/v1beta1\nkind: PlacementDecision\nmetadata:\n  name: all-{index}\n  \
             labels: {{cluster.open-cluster-management.io/placement: all, \
             cluster.open-cluster-management.io/decision-group-index: \"{index}\"}}\nstatus: {{decisions: [{}]}}\n",
            names.join(", ")
        );
    }
    text
}

/// The imported scenario with this time for each cluster; those of `failing` fail.
fn with_fates(files: &str, failing: &BTreeSet<u32>, time: &str) -> Plan {
    let imported = scenario_of(&[("work.yaml", files)]);
    let mut text = String::new();
    for line in imported.lines().filter(|line| !line.starts_with("failing-time")) {
        if line.starts_with("deploy-time") {
            let _ = writeln!(text, "deploy-time = {time}\nfailing-time = {time}");
            continue;
        }
        let _ = writeln!(text, "{line}");
        let failing = failing.iter().any(|cluster| line.starts_with(&format!("name = \"c{cluster:02}\"")));
        if failing {
            text.push_str("failing-hosts = 1\n");
        }
    }
    plan_of_text(&text)
}

#[test]
fn the_clusters_that_are_next_are_the_published_ones() {
    hold_decisions(|row, failing, time| with_fates(&ocm(row), failing, time));
}

#[test]
fn a_cluster_holds_its_place_as_long_as_published() {
    let mut said = 0;
    for row in rows("ocm", "one_cluster") {
        let since = -row["since_s"].as_i64().unwrap_or(0) as u64;
        let (soak, deadline) = (row["soak_s"].as_u64().unwrap_or(0), row["deadline_s"].as_u64().unwrap_or(1));
        let succeeds = row["status"] == "Succeeded";
        let files = ocm(&serde_json::json!({
            "type": "Progressive", "max_concurrency": 1, "max_failures": 2, "soak_s": soak,
            "deadline": format!("{deadline}s"), "groups": [[1, 2]],
        }));
        let mut text = scenario_of(&[("work.yaml", &files)]);
        if !succeeds {
            text = text.replace(
                "[[fleet.region]]\nname = \"c01\"",
                "[[fleet.region]]\nfailing-hosts = 1\nname = \"c01\"",
            );
        }
        let text = text.replace("deploy-time = \"1m\"", "deploy-time = \"10s\"");
        let next_ms = zones_started(&told(&plan_of_text(&text)))[1].0;
        // Counted from the end of the work of a cluster that succeeds, and from the start of any other.
        let now_ms = (since + if succeeds { 10 } else { 0 }) * 1_000;
        assert_eq!(next_ms > now_ms, row["holds"] == true, "{row}");
        if let Some(recheck) = row["recheck_s"].as_u64() {
            assert_eq!(next_ms - now_ms, recheck * 1_000, "{row}");
        }
        said += 1;
    }
    assert_eq!(said, 6);
}

#[test]
fn sizes_and_deadlines_are_read_as_published() {
    let group: Vec<u32> = (1..=100).collect();
    let mut said = 0;
    for row in rows("ocm", "size") {
        let files = ocm(&serde_json::json!({
            "type": "Progressive", "max_concurrency": row["max_concurrency"], "groups": [group],
        }));
        if row["error"] == true {
            assert!(
                of_files(&[("work.yaml", &files)]).render(false).contains("`invalid` is not a count"),
                "{row}"
            );
        } else {
            assert_eq!(at_start(&plan_of(&[("work.yaml", &files)])), number(&row, "expected"), "{row}");
        }
        said += 1;
    }
    for row in rows("ocm", "timeout") {
        let mut strategy = serde_json::json!({ "type": "Progressive", "groups": [[1, 2]] });
        if row["text"] != "" {
            strategy["deadline"] = row["text"].clone();
        }
        let imported = of_files(&[("work.yaml", &ocm(&strategy))]);
        assert_eq!(imported.is_sound(), row["error"] == false, "{row}");
        if let Some(seconds) = row["seconds"].as_u64() {
            let text = imported.scenario("wavetank import");
            let wanted =
                if seconds % 3_600 == 0 { format!("{}h", seconds / 3_600) } else { format!("{seconds}s") };
            assert!(text.contains(&format!("failing-time = \"{wanted}\" # work.yaml:7")), "{row}\n{text}");
        }
        said += 1;
    }
    assert_eq!(said, 8);
}
