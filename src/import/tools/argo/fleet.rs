//! How many replicas a Rollout of Argo has: those of an autoscaler, its own, or those of the workload that it refers to.

use crate::import::cursor::Cursor;
use crate::import::draft::Draft;
use crate::import::tools::kubernetes::workload::{PodCount, cluster, replicas_of, scaled};

/// Adds the cluster with a host for each replica of the rollout at `root`, and returns how many there are.
pub(super) fn replicas(root: &Cursor<'_>, spec: &Cursor<'_>, draft: &mut Draft) -> u64 {
    cluster(&of_rollout(root, spec), root.desk(), draft)
}

fn of_rollout<'d>(root: &Cursor<'d>, spec: &Cursor<'d>) -> PodCount<'d> {
    let name = root.peek(&["metadata", "name"]).unwrap_or_default();
    if let Some(by_autoscaler) = scaled(root, "Rollout", name) {
        spec.beside_the_point(&["replicas"]);
        return by_autoscaler;
    }
    if let Some(own) = spec.get("replicas") {
        return PodCount::Written(own);
    }
    let workload = spec.peek(&["workloadRef", "kind"]).zip(spec.peek(&["workloadRef", "name"]));
    if let Some(PodCount::Written(replicas)) =
        workload.and_then(|(kind, name)| replicas_of(root, kind, name)).filter(is_some)
    {
        replicas.approximated(
            "replicas are those of the workload that the Rollout refers to; Argo itself begins with 1 where the Rollout says none",
        );
        return PodCount::Written(replicas);
    }
    root.desk()
        .by_hand("hosts-per-zone", "how many replicas there are: the files say none, and Argo begins with 1");
    PodCount::AtFirst(1, "Argo's default, as no file says how many")
}

/// Whether there are pods: Argo takes them away from the workload that a Rollout refers to.
fn is_some(count: &PodCount<'_>) -> bool {
    matches!(count, PodCount::Written(replicas) if replicas.tree().text() != Some("0"))
}
