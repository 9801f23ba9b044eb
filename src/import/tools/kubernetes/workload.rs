//! What the workloads of a cluster have in common, whoever rolls them out: how many pods there are, who leads them, and
//! how limits on pods are rounded.

use crate::import::cursor::{Amount, Cursor};
use crate::import::desk::Desk;
use crate::import::draft::{Draft, DraftRegion, DraftTable, DraftValue, percent, text, whole};
use crate::import::provenance::Provenance;

/// Pods of a workload that a scenario takes.
const MOST_PODS: u64 = 1_000_000;

/// Pods where no file says how many there are.
const SOME_PODS: u64 = 10;

/// Where the number of pods is from.
pub(in crate::import::tools) enum PodCount<'d> {
    /// It is written.
    Written(Cursor<'d>),
    /// The tool has so many by itself, and who says so.
    Implied(u64, &'static str),
    /// The tool begins with so many where no file says more; what is to be given.
    AtFirst(u64, &'static str),
    /// No file says it; what is to be given.
    Unknown(&'static str),
}

/// A whole number that a scenario can have of pods; more are reported.
pub(in crate::import::tools) fn count(cursor: &Cursor<'_>) -> Option<u64> {
    let count = cursor.whole()?;
    if count > MOST_PODS {
        cursor.error(format!("a scenario has at most {MOST_PODS} instances in a cluster"));
        return None;
    }
    Some(count)
}

/// The cluster, with a host for each pod. Returns how many there are: those of the first workload, where the files have several.
pub(in crate::import::tools) fn cluster(replicas: &PodCount<'_>, desk: &Desk<'_>, draft: &mut Draft) -> u64 {
    let hand = |what: &str| {
        desk.by_hand("hosts-per-zone", format!("{what}: no file says it"));
        (SOME_PODS, Provenance::hand(what))
    };
    let (pods, from) = match replicas {
        PodCount::Written(cursor) => match count(cursor) {
            Some(0) => {
                cursor.approximated("nothing is rolled out to no pods: the scenario has some, to be given");
                hand("how many pods there usually are")
            }
            Some(pods) => (pods, cursor.provenance()),
            None => (1, Provenance::Plain),
        },
        PodCount::Implied(pods, who) => (*pods, Provenance::implied(who)),
        PodCount::AtFirst(pods, what) => (*pods, Provenance::hand(what)),
        PodCount::Unknown(what) => hand(what),
    };
    let mut table = DraftTable::default();
    table.set("hosts-per-zone", whole(pods), from);
    if draft.region(DraftRegion { name: "cluster".to_owned(), table }) {
        return pods;
    }
    let first = draft.regions.iter().find(|region| region.name == "cluster");
    let first = first.and_then(|region| region.table.value("hosts-per-zone")?.to_string().parse().ok());
    let first = first.unwrap_or(pods);
    if let (PodCount::Written(cursor), true) = (replicas, first != pods) {
        cursor.approximated(format!(
            "the scenario has one cluster, of {first} instances as the first file says: import this one alone for its own"
        ));
    }
    first
}

/// The least that an autoscaler among the files has of the workload of that kind and name; none without one.
pub(in crate::import::tools) fn scaled<'d>(any: &Cursor<'d>, kind: &str, name: &str) -> Option<PodCount<'d>> {
    let scalers = any.others(&["kind"], &["HorizontalPodAutoscaler", "ScaledObject"]).into_iter();
    let scaler = scalers.into_iter().find(|scaler| {
        scaler.peek(&["spec", "scaleTargetRef", "name"]) == Some(name)
            && scaler.peek(&["spec", "scaleTargetRef", "kind"]).is_none_or(|scaled| scaled == kind)
    })?;
    let least = ["minReplicas", "minReplicaCount"].iter().find_map(|key| scaler.at(&["spec", key]));
    if let Some(least) = &least {
        least.approximated(
            "an autoscaler adds instances with the traffic: the scenario has the least of them all day",
        );
    }
    Some(least.map_or(PodCount::Implied(1, "an autoscaler's default"), PodCount::Written))
}

/// Replicas of the workload of that kind and name among the files, by its autoscaler or by itself.
pub(in crate::import::tools) fn replicas_of<'d>(
    any: &Cursor<'d>,
    kind: &str,
    name: &str,
) -> Option<PodCount<'d>> {
    scaled(any, kind, name).or_else(|| {
        let workloads = any.others(&["kind"], &[kind]).into_iter();
        let workload = workloads.into_iter().find(|other| other.peek(&["metadata", "name"]) == Some(name))?;
        let replicas = workload.at(&["spec", "replicas"]);
        Some(replicas.map_or(PodCount::Implied(1, "Kubernetes' default"), PodCount::Written))
    })
}

/// Whether a Canary or a Rollout among the files leads this workload, which is no strategy of its own then.
pub(in crate::import::tools) fn is_led(cursor: &Cursor<'_>) -> bool {
    let own = (cursor.peek(&["kind"]), cursor.peek(&["metadata", "name"]));
    let places: [&[&str]; 3] =
        [&["spec", "targetRef"], &["spec", "workloadRef"], &["spec", "objectRef", "workloadRef"]];
    cursor.others(&["kind"], &["Canary", "Rollout"]).iter().any(|leader| {
        let at = |place: &[&str], key| leader.peek(&[place, &[key]].concat());
        places.iter().any(|place| own.1.is_some() && (at(place, "kind"), at(place, "name")) == own)
    })
}

/// A limit on pods, with the word for how its share is rounded: `up`, `down`, or none for down but to one at least.
pub(in crate::import::tools) fn limit(amount: &Amount, rounds: &str) -> DraftValue {
    match amount {
        Amount::Count(count) => whole((*count).min(MOST_PODS)),
        Amount::Percent(share) if is_zero(amount) || rounds.is_empty() => {
            if is_zero(amount) {
                whole(0)
            } else {
                percent(at_most_all(share))
            }
        }
        Amount::Percent(share) => text(&format!("{}% {rounds}", at_most_all(share))),
    }
}

/// Whether it is nobody.
pub(in crate::import::tools) fn is_zero(amount: &Amount) -> bool {
    match amount {
        Amount::Count(count) => *count == 0,
        Amount::Percent(share) => share.parse::<f64>() == Ok(0.0),
    }
}

/// Pods of so many that the amount is, a share of them rounded up.
pub(in crate::import::tools) fn of_pods_up(amount: &Amount, pods: u64) -> u64 {
    match amount {
        Amount::Count(count) => (*count).min(pods),
        Amount::Percent(share) => {
            let share: f64 = share.parse().unwrap_or(0.0);
            // Within a thousandth of a pod of a whole number it is that: decimals of a share are no reason for one more.
            ((share * pods as f64 / 100.0 - 0.001).ceil().max(0.0) as u64).min(pods)
        }
    }
}

fn at_most_all(share: &str) -> &str {
    if share.parse::<f64>().is_ok_and(|share| share > 100.0) { "100" } else { share }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_say_how_they_are_rounded() {
        let share = |text: &str| Amount::Percent(text.to_owned());
        assert_eq!(limit(&share("25"), "up").to_string(), "\"25% up\"");
        assert_eq!(limit(&share("25"), "").to_string(), "\"25%\"");
        assert_eq!(limit(&share("250"), "up").to_string(), "\"100% up\"");
        assert_eq!(limit(&share("0"), "down").to_string(), "0");
        assert_eq!(limit(&Amount::Count(3), "down").to_string(), "3");
        assert_eq!([0, 1, 3, 10].map(|pods| of_pods_up(&share("33.3"), pods)), [0, 1, 1, 4]);
        assert_eq!(of_pods_up(&share("20"), 5), 1);
        assert_eq!(of_pods_up(&Amount::Count(7), 3), 3);
    }
}
