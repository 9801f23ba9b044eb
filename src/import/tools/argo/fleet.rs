//! How many replicas a Rollout of Argo has: its own number, that of the Deployment it refers to, or of an autoscaler.

use super::is_argo;
use crate::import::cursor::Cursor;
use crate::import::draft::{Draft, DraftRegion, DraftTable, whole};
use crate::import::provenance::Provenance;

/// Replicas that a scenario can have in one cluster.
const MOST_REPLICAS: u64 = 1_000_000;

/// Adds the cluster with a host for each replica of the rollout at `root`, and returns how many there are.
pub(super) fn replicas(root: &Cursor<'_>, spec: &Cursor<'_>, draft: &mut Draft) -> Option<u64> {
    let (own, place, from) = own(root, spec)?;
    let place = place.as_ref().unwrap_or(spec);
    if own == 0 {
        place.error("a rollout of no replicas changes nothing: say how many there usually are");
        return None;
    }
    if own > MOST_REPLICAS {
        place.error(format!("a scenario has at most {MOST_REPLICAS} replicas in a cluster"));
        return None;
    }
    let mut table = DraftTable::default();
    table.set("hosts-per-zone", whole(own), from);
    if draft.region(DraftRegion { name: "cluster".to_owned(), table }) {
        return Some(own);
    }
    let known = draft.regions.iter().find(|region| region.name == "cluster");
    let known = known.and_then(|region| region.table.value("hosts-per-zone")?.to_string().parse().ok());
    let known: u64 = known.unwrap_or(own);
    if known != own {
        place.approximated(format!(
            "the scenario has one cluster, of {known} replicas as the first file says: import this one alone for its own"
        ));
    }
    Some(known)
}

/// What is written, where, and how a scenario says so.
type Replicas<'d> = (u64, Option<Cursor<'d>>, Provenance);

fn own<'d>(root: &Cursor<'d>, spec: &Cursor<'d>) -> Option<Replicas<'d>> {
    let name = root.peek(&["metadata", "name"]).unwrap_or_default();
    let written = spec.get("replicas");
    let workload = workload(spec);
    let scaler =
        root.others(&["kind"], &["HorizontalPodAutoscaler", "ScaledObject"]).into_iter().find(|scaler| {
            scaler.peek(&["spec", "scaleTargetRef", "kind"]) == Some("Rollout")
                && scaler.peek(&["spec", "scaleTargetRef", "name"]) == Some(name)
        });
    let (mut count, mut place) = match &written {
        Some(written) => (Some(written.whole()?), Some(written.clone())),
        None => (None, None),
    };
    if let (None, Some(replicas)) = (&count, workload) {
        replicas.approximated(
            "replicas are those of the Deployment that the Rollout refers to; Argo itself begins with 1 where the Rollout says none",
        );
        count = Some(replicas.whole()?);
        place = Some(replicas);
    }
    if let Some(scaler) = scaler {
        let limit = |keys: [&str; 2]| {
            let found = keys.iter().find_map(|key| scaler.at(&["spec", key]))?;
            found.whole().map(|number| (number, found))
        };
        let least = limit(["minReplicas", "minReplicaCount"]);
        let most = limit(["maxReplicas", "maxReplicaCount"]);
        let before = count;
        if let Some((least, found)) = least.filter(|(least, _)| count.is_none_or(|count| count < *least)) {
            (count, place) = (Some(least), Some(found));
        }
        if let Some((most, found)) = most.filter(|(most, _)| count.is_some_and(|count| count > *most)) {
            (count, place) = (Some(most), Some(found));
        }
        let target = scaler.at(&["spec", "scaleTargetRef"]).unwrap_or_else(|| scaler.clone());
        let count = count.map_or_else(|| "1".to_owned(), |count| count.to_string());
        let instead = if before.is_none() { "" } else { " in place of what the Rollout says" };
        target.approximated(format!(
            "an autoscaler changes the number of replicas: the scenario has {count} at any time{instead}"
        ));
    }
    let from = match &place {
        Some(place) => place.provenance(),
        None => {
            root.desk().by_hand(
                "hosts-per-zone",
                "how many replicas there are: the files say none, and Argo begins with 1",
            );
            Provenance::hand("Argo's default, as no file says how many")
        }
    };
    Some((count.unwrap_or(1), place, from))
}

/// `replicas` of the Deployment that the rollout refers to, if that is among the files and has any.
fn workload<'d>(spec: &Cursor<'d>) -> Option<Cursor<'d>> {
    let reference = spec.get("workloadRef")?;
    reference.beside_the_point(&["apiVersion", "kind", "name", "scaleDown"]);
    let (kind, name) = (reference.peek(&["kind"])?, reference.peek(&["name"])?);
    let all = spec.others(&["kind"], &[kind]);
    let root =
        all.into_iter().find(|root| !is_argo(root) && root.peek(&["metadata", "name"]) == Some(name))?;
    root.at(&["spec", "replicas"]).filter(|replicas| replicas.tree().text() != Some("0"))
}
