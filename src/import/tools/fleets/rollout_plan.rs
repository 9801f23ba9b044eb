//! Google's plans over locations and fleets: rollout plans of Compute Engine in waves, rollout kinds of App Lifecycle
//! Manager, and sequences of GKE's upgrades. A location or a fleet is a region.

use super::ladder::{Ladder, approval, stops};
use super::members;
use crate::import::cursor::Cursor;
use crate::import::draft::{
    Draft, DraftRegion, DraftStrategy, DraftTable, duration, inline, sound_name, text, texts, whole,
};
use crate::import::provenance::Provenance;
use crate::import::time::{DAY, SECOND};
use crate::import::tree::{Marked, MarkedValue};

/// How long a fleet of GKE soaks where nobody says it.
const SOAK_MS: u64 = 7 * DAY;

fn items<'t>(tree: &'t Marked, key: &str) -> &'t [Marked] {
    match tree.get(key).map(|list| &list.value) {
        Some(MarkedValue::List(items)) => items,
        _ => &[],
    }
}

pub(super) fn is_plan(cursor: &Cursor<'_>) -> bool {
    let waves = items(cursor.tree(), "waves");
    !waves.is_empty()
        && waves.iter().all(|wave| wave.get("selectors").is_some() || wave.get("validation").is_some())
}

pub(super) fn is_kind(cursor: &Cursor<'_>) -> bool {
    cursor.has("rolloutOrchestrationStrategy")
}

pub(super) fn is_sequence(cursor: &Cursor<'_>) -> bool {
    let stages = items(cursor.tree(), "stages");
    let is_stage =
        |stage: &Marked| stage.get("fleetProjects").is_some() || stage.get("soakDuration").is_some();
    !stages.is_empty() && stages.iter().all(is_stage)
}

fn last_part(cursor: &Cursor<'_>, otherwise: &str) -> String {
    let name = cursor.get("name").and_then(|name| name.text()).unwrap_or(otherwise);
    name.rsplit('/').next().unwrap_or(otherwise).to_owned()
}

/// A plan of Compute Engine.
pub(super) fn plan(cursor: &Cursor<'_>, draft: &mut Draft) {
    cursor.beside_the_point(&[
        "kind",
        "id",
        "creationTimestamp",
        "description",
        "selfLink",
        "selfLinkWithId",
        "locationScope",
        "etag",
    ]);
    let name = last_part(cursor, "rollout-plan");
    let mut strategy = DraftStrategy::new(
        &name,
        format!("Google rollout plan {name}"),
        Provenance::Written(vec![cursor.head()]),
    );
    stops(&mut strategy.table, "the plan", cursor.desk());
    let mut ladder = Ladder::default();
    for (index, wave) in super::parts(cursor, "waves").iter().enumerate() {
        one_wave(wave, index, &mut ladder, draft);
    }
    ladder.write(&mut strategy.table);
    draft.strategy(strategy);
}

fn one_wave(wave: &Cursor<'_>, index: usize, ladder: &mut Ladder, draft: &mut Draft) {
    wave.beside_the_point(&["number"]);
    let named = wave.get("displayName");
    let name =
        named.as_ref().and_then(Cursor::text).map_or_else(|| format!("wave {}", index + 1), str::to_owned);
    let mut regions: Vec<String> = Vec::new();
    let mut from = wave.provenance();
    for selector in wave.list("selectors") {
        let locations = selector.at(&["locationSelector", "includedLocations"]);
        if let Some(locations) = &locations {
            from = locations.provenance();
            for location in super::bounded(locations, locations.items(), super::MOST_PARTS) {
                regions.extend(location.text().map(sound_name));
            }
        }
        if let Some(hierarchy) = selector.get("resourceHierarchySelector") {
            hierarchy.approximated("projects, folders and organisations are no places here: all hosts of the wave's locations take part");
        }
    }
    if regions.is_empty() {
        let label = sound_name(&format!("wave={name}"));
        regions = members::stand_ins(wave, &name, &label, 1, draft);
    } else {
        for region in &regions {
            let mut table = DraftTable::default();
            table.set(
                "hosts-per-zone",
                whole(10),
                Provenance::hand("how many instances there are in this location"),
            );
            draft.region(DraftRegion { name: region.clone(), table });
        }
        wave.desk().by_hand("hosts-per-zone", "how many instances a location has: no file says it");
    }
    let mut table = DraftTable::default();
    table.set("name", text(&sound_name(&name)), named.map_or(Provenance::Plain, |named| named.provenance()));
    table.set("regions", texts(regions.iter().map(String::as_str)), from);
    orchestration(wave, &mut table);
    ladder.push(table);
    validation(wave, &name, ladder);
}

fn orchestration(wave: &Cursor<'_>, table: &mut DraftTable) {
    let options = wave.get("orchestrationOptions");
    match options.as_ref().and_then(|options| options.get("maxConcurrentLocations")) {
        Some(most) => match most.whole() {
            Some(0) => most.error("with 0 no location ever begins; give at least 1"),
            Some(count) => table.set("regions-at-once", whole(count.min(1_000_000)), most.provenance()),
            None => {}
        },
        None => table.set("regions-at-once", text("all"), Provenance::implied("no limit on locations")),
    }
    let Some(options) = options else { return };
    if let Some(most) = options.get("maxConcurrentResourcesPerLocation") {
        match most.whole() {
            Some(0) => most.error("with 0 nothing ever begins; give at least 1"),
            Some(count) => table.set("batch", whole(count.min(1_000_000)), most.provenance()),
            None => {}
        }
    }
    for delay in options.list("delays") {
        let (kind, delimiter) = (delay.peek(&["type"]), delay.peek(&["delimiter"]));
        let is_batch = delimiter.is_some_and(|delimiter| delimiter.to_ascii_uppercase().contains("BATCH"));
        let key = if is_batch { "batch-bake" } else { "zone-bake" };
        if let Some(time) = delay.get("duration")
            && let Some(ms) = time.duration_ms(SECOND)
        {
            table.set(key, duration(ms), time.provenance());
        }
        let kind = kind.unwrap_or("this type").to_owned();
        delay.approximated(format!(
            "a wait after each {}; how `{kind}` counts it otherwise is not said",
            if is_batch { "batch" } else { "location" }
        ));
    }
}

fn validation(wave: &Cursor<'_>, name: &str, ladder: &mut Ladder) {
    let Some(validation) = wave.get("validation") else { return };
    let kind = validation.get("type");
    match kind.as_ref().and_then(Cursor::text).map(str::to_ascii_lowercase).as_deref() {
        Some("manual") => {
            ladder.gate(approval(&format!("validation of {name}")));
            validation.desk().by_hand("approvals", "how long it takes until somebody has validated a wave");
        }
        Some("time") => {
            let wait = validation.at(&["timeBasedValidationMetadata", "waitDuration"]);
            match wait {
                Some(wait) => {
                    if let Some(ms) = wait.duration_ms(SECOND) {
                        ladder.wait(ms, &wait.provenance());
                    }
                }
                None => {
                    validation.error("a validation by time needs `timeBasedValidationMetadata.waitDuration`")
                }
            }
        }
        Some(_) => {
            if let Some(kind) = kind {
                kind.error("a validation is `manual` or by `time`");
            }
        }
        None => {}
    }
}

/// A rollout kind of App Lifecycle Manager.
pub(super) fn kind(cursor: &Cursor<'_>, draft: &mut Draft) {
    cursor.beside_the_point(&[
        "labels",
        "annotations",
        "uid",
        "etag",
        "createTime",
        "updateTime",
        "unitKind",
        "updateUnitKindStrategy",
    ]);
    let name = last_part(cursor, "rollout-kind");
    let mut strategy = DraftStrategy::new(
        &name,
        format!("Google App Lifecycle Manager {name}"),
        Provenance::Written(vec![cursor.head()]),
    );
    stops(&mut strategy.table, "it", cursor.desk());
    let how = cursor.get("rolloutOrchestrationStrategy");
    let mut wave = DraftTable::default();
    wave.set("regions", text("all"), Provenance::Plain);
    if let Some(how) = &how {
        match how.text() {
            Some(word) if word.ends_with("AllAtOnce") => wave.set("regions-at-once", text("all"), how.provenance()),
            Some(word) if word.ends_with("OneLocationAtATime") => wave.set("regions-at-once", whole(1), how.provenance()),
            Some(_) => how.error("the strategies that are known are Google.Cloud.Simple.AllAtOnce and Google.Cloud.Simple.OneLocationAtATime"),
            None => {}
        }
    }
    if let Some(budget) = cursor.get("errorBudget") {
        let count =
            budget.get("allowedCount").and_then(|count| Some((whole(count.whole()?), count.provenance())));
        let share = budget
            .get("allowedPercentage")
            .and_then(|share| Some((text(&format!("{}%", share.whole()?.min(100))), share.provenance())));
        if let Some((allowed, from)) = count.clone().or(share.clone()) {
            strategy.table.set("failures", inline([("allowed", allowed), ("per", text("region"))]), from);
        }
        if count.is_some() && share.is_some() {
            budget.approximated("of the count and the share that may fail only the count is kept");
        }
    }
    cursor.drop_keys(&["unitFilter"], "which units it is for: here all");
    members::stand_ins(cursor, "locations", "", 3, draft);
    strategy.table.add("wave", wave);
    draft.strategy(strategy);
}

/// A sequence of fleets that are upgraded one after the other, with a soak between them.
pub(super) fn sequence(cursor: &Cursor<'_>, draft: &mut Draft) {
    cursor.beside_the_point(&[
        "displayName",
        "labels",
        "uid",
        "etag",
        "createTime",
        "updateTime",
        "deleteTime",
        "ignoredClustersSelector",
    ]);
    let name = last_part(cursor, "rollout-sequence");
    let mut strategy = DraftStrategy::new(
        &name,
        format!("GKE rollout sequence {name}"),
        Provenance::Written(vec![cursor.head()]),
    );
    let mut ladder = Ladder::default();
    for (index, stage) in super::parts(cursor, "stages").iter().enumerate() {
        let projects: Vec<String> = super::parts(stage, "fleetProjects")
            .iter()
            .filter_map(|project| project.text().map(str::to_owned))
            .collect();
        let label = stage
            .get("clusterSelector")
            .and_then(|selector| selector.get("labelSelector"))
            .map(|selector| selector.said());
        stage.beside_the_point(&["clusterSelector"]);
        let title = projects.first().map_or_else(
            || format!("stage-{}", index + 1),
            |project| project.rsplit('/').next().unwrap_or_default().to_owned(),
        );
        let title = if label.is_some() { format!("{title}-{}", index + 1) } else { title };
        let regions = members::stand_ins(stage, &title, "", projects.len().max(1) as u64, draft);
        let mut wave = DraftTable::default();
        wave.set("name", text(&sound_name(&format!("stage {}", index + 1))), Provenance::Plain);
        wave.set("regions", texts(regions.iter().map(String::as_str)), stage.provenance());
        wave.set(
            "regions-at-once",
            text("all"),
            Provenance::implied("GKE upgrades a stage's clusters in an order of its own"),
        );
        ladder.push(wave);
        match stage.get("soakDuration") {
            Some(soak) => {
                if let Some(ms) = soak.duration_ms(SECOND) {
                    ladder.wait(ms, &soak.provenance());
                }
            }
            None => _ = ladder.wait(SOAK_MS, &Provenance::implied("GKE's default: seven days")),
        }
    }
    ladder.write(&mut strategy.table);
    draft.strategy(strategy);
}
