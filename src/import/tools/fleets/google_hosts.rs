//! Google's groups of instances and the traffic of Cloud Run's revisions. A host is an instance.

use super::ladder::{Ladder, approval};
use super::{is_of, name_of};
use crate::import::cursor::Cursor;
use crate::import::draft::{
    Draft, DraftRegion, DraftStrategy, DraftTable, DraftValue, duration, percent, sound_name, text, texts,
    whole,
};
use crate::import::provenance::Provenance;
use crate::import::time::SECOND;

/// Instances of a group at most.
const MOST_INSTANCES: u64 = 1_000_000;

/// Where the fields of a group are: at the top of an answer, or under `spec` of a document for Kubernetes.
fn body<'d>(cursor: &Cursor<'d>) -> Cursor<'d> {
    if cursor.has("apiVersion") {
        cursor.get("spec").unwrap_or_else(|| cursor.clone())
    } else {
        cursor.clone()
    }
}

pub(super) fn is_group(cursor: &Cursor<'_>) -> bool {
    let tree = cursor.tree();
    let policy = tree.get("updatePolicy").or_else(|| tree.get("spec")?.get("updatePolicy"));
    let words = ["maxSurge", "maxUnavailable", "minimalAction", "minReadySec", "type"];
    policy.is_some_and(|policy| words.iter().any(|word| policy.get(word).is_some()))
}

pub(super) fn group(cursor: &Cursor<'_>, draft: &mut Draft) {
    let at = body(cursor);
    let name = if cursor.has("apiVersion") {
        name_of(cursor, "group")
    } else {
        cursor.get("name").and_then(|name| name.text()).unwrap_or("group").to_owned()
    };
    cursor.beside_the_point(&["apiVersion", "kind", "metadata", "status"]);
    let mut strategy = DraftStrategy::new(
        &name,
        format!("Google instance group {name}"),
        Provenance::Written(vec![cursor.head()]),
    );
    let zones: Vec<String> = at
        .at(&["distributionPolicy", "zones"])
        .map_or_else(Vec::new, |zones| zones.items())
        .iter()
        .filter_map(|zone| zone.get("zone").unwrap_or_else(|| zone.clone()).text())
        .map(|zone| zone.rsplit('/').next().unwrap_or(zone).to_owned())
        .collect();
    let size = at.get("targetSize");
    if let Some(size) = size.as_ref().filter(|size| size.whole().is_some_and(|size| size > MOST_INSTANCES)) {
        size.error(format!("a group has at most {MOST_INSTANCES} instances here"));
    }
    region(&name, size.as_ref(), draft, &at);
    if let Some(policy) = at.get("updatePolicy") {
        pace(&policy, zones.len().max(1) as u64, &mut strategy.table);
    }
    versions(&at, &name, size.as_ref().and_then(Cursor::whole), &mut strategy.table);
    draft.strategy(strategy);
    super::take_all_but(&at, &["updatePolicy", "versions", "targetSize"]);
}

fn region(name: &str, size: Option<&Cursor<'_>>, draft: &mut Draft, at: &Cursor<'_>) {
    let mut table = DraftTable::default();
    match size.and_then(|size| Some((size.whole()?, size.provenance()))) {
        Some((size, from)) => table.set("hosts-per-zone", whole(size.clamp(1, MOST_INSTANCES)), from),
        None => {
            table.set("hosts-per-zone", whole(10), Provenance::hand("how many instances there are"));
            at.desk().by_hand("hosts-per-zone", "how many instances there are: no file says it");
        }
    }
    draft.region(DraftRegion { name: sound_name(name), table });
}

fn pace(policy: &Cursor<'_>, zones: u64, table: &mut DraftTable) {
    policy.beside_the_point(&[
        "minimalAction",
        "mostDisruptiveAllowedAction",
        "replacementMethod",
        "instanceRedistributionType",
    ]);
    if let Some(kind) = policy.get("type")
        && kind.text() == Some("OPPORTUNISTIC")
    {
        kind.approximated("instances change only when something else replaces them, so nobody knows when: here as if it were PROACTIVE");
    }
    table.set(
        "batches",
        text("sliding"),
        Provenance::implied("an instance begins as soon as another is ready"),
    );
    let default = || (whole(zones), Provenance::implied("Google's default: one for each zone"));
    for (theirs, ours, rounds) in
        [("maxSurge", "max-surge", "up"), ("maxUnavailable", "max-unavailable", "nearest")]
    {
        let (value, from) = match policy.get(theirs) {
            Some(written) => {
                let value = limit(&written, rounds);
                (value, written.provenance())
            }
            None => {
                let (value, from) = default();
                (Some(value), from)
            }
        };
        if let Some(value) = value {
            table.set(ours, value, from);
        }
    }
    if let Some(ready) = policy.get("minReadySec")
        && let Some(ms) = ready.duration_ms(SECOND)
    {
        table.set("batch-bake", duration(ms), ready.provenance());
    }
}

/// `{ fixed = 3 }`, `{ percent = 20 }`, with what Google makes of it under `calculated`.
fn limit(written: &Cursor<'_>, rounds: &str) -> Option<DraftValue> {
    let calculated = written.get("calculated").and_then(|count| count.whole());
    let fixed = written.get("fixed");
    let share = written.get("percent");
    match (fixed, share) {
        (Some(fixed), _) => fixed.whole().map(|count| whole(count.min(MOST_INSTANCES))),
        (None, Some(share)) => {
            let amount = share.whole()?;
            if amount > 100 {
                share.error("a percentage is at most 100");
                return None;
            }
            Some(calculated.map_or_else(|| text(&format!("{amount}% {rounds}")), whole))
        }
        (None, None) => {
            written.error("it is `fixed` or a `percent`");
            None
        }
    }
}

/// Two versions are a canary, which stays until somebody changes that.
fn versions(at: &Cursor<'_>, name: &str, size: Option<u64>, table: &mut DraftTable) {
    let versions = super::parts(at, "versions");
    let mut ladder = Ladder::default();
    let regions = || texts([sound_name(name).as_str()]);
    for version in &versions {
        version.beside_the_point(&["instanceTemplate", "instanceTemplateRef", "name"]);
        let Some(part) = version.get("targetSize") else { continue };
        let hosts = part
            .get("fixed")
            .and_then(|fixed| {
                fixed.whole().map(|count| whole(count.clamp(1, size.unwrap_or(MOST_INSTANCES).max(1))))
            })
            .or_else(|| {
                part.get("percent")
                    .and_then(|share| Some(text(&format!("{}% up", share.whole()?.clamp(1, 100)))))
            });
        part.beside_the_point(&["calculated"]);
        let Some(hosts) = hosts else { continue };
        let mut wave = DraftTable::default();
        wave.set("name", text("canary"), Provenance::Plain);
        wave.set("regions", regions(), Provenance::Plain);
        wave.set("hosts", hosts, part.provenance());
        ladder.push(wave);
        ladder.gate(approval("the canary becomes the version of all"));
        at.desk()
            .by_hand("approvals", "how long the canary stays until somebody makes it the version of all");
    }
    let mut wave = DraftTable::default();
    wave.set("regions", regions(), Provenance::Plain);
    ladder.push(wave);
    ladder.write(table);
}

pub(super) fn is_service(cursor: &Cursor<'_>) -> bool {
    let spec = cursor.tree().get("spec").and_then(|spec| spec.get("traffic"));
    is_of(cursor, "serving.knative.dev/") && cursor.peek(&["kind"]) == Some("Service") && spec.is_some()
}

/// A service whose newest revision has a part of the requests.
pub(super) fn service(cursor: &Cursor<'_>, draft: &mut Draft) {
    let name = name_of(cursor, "service");
    cursor.beside_the_point(&["apiVersion", "kind", "metadata", "status"]);
    let Some(spec) = cursor.get("spec") else { return };
    spec.beside_the_point(&["template"]);
    let mut parts: Vec<(Cursor<'_>, u64, bool)> = Vec::new();
    for part in spec.list("traffic") {
        part.beside_the_point(&["revisionName", "tag", "url"]);
        let is_latest = part.get("latestRevision").is_some_and(|latest| latest.truth() == Some(true));
        let Some(share) = part.get("percent") else { continue };
        if let Some(number) = share.whole() {
            if number > 100 {
                share.error("a percentage is at most 100");
            }
            parts.push((share, number.min(100), is_latest));
        }
    }
    let mut strategy = DraftStrategy::new(
        &name,
        format!("Google Cloud Run {name}"),
        Provenance::Written(vec![cursor.head()]),
    );
    strategy.table.set(
        "max-surge",
        text("100%"),
        Provenance::implied("each revision has instances of its own"),
    );
    let newest = parts
        .iter()
        .find(|(_, _, is_latest)| *is_latest)
        .or_else(|| parts.iter().filter(|(_, share, _)| *share > 0).min_by_key(|(_, share, _)| *share));
    let mut ladder = Ladder::default();
    if let Some((place, share, _)) = newest.filter(|(_, share, _)| *share < 100) {
        let mut wave = DraftTable::default();
        wave.set("name", text("canary"), Provenance::Plain);
        wave.set("regions", text("all"), Provenance::Plain);
        wave.set("traffic", percent(&share.to_string()), place.provenance());
        ladder.push(wave);
        ladder.gate(approval("the rest of the requests"));
        spec.desk()
            .by_hand("approvals", "how long it stays so until somebody sends the rest of the requests");
        if parts.len() > 2 {
            place
                .approximated("it has requests beside more than one revision; here there is one old version");
        }
    }
    let mut wave = DraftTable::default();
    wave.set("regions", text("all"), Provenance::Plain);
    wave.set("traffic", text("100%"), Provenance::Plain);
    ladder.push(wave);
    ladder.write(&mut strategy.table);
    draft.strategy(strategy);
}
