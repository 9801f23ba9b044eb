//! Google Cloud Deploy: a delivery pipeline with its targets and automations. A target is a region, a phase of it a wave:
//! somebody advances each, unless an automation does.

use super::ladder::{Ladder, approval, stops, test};
use super::{is_of, name_of};
use crate::import::cursor::Cursor;
use crate::import::draft::{
    Draft, DraftRegion, DraftStrategy, DraftTable, percent, sound_name, text, texts, whole,
};
use crate::import::provenance::Provenance;
use crate::import::time::SECOND;

const GROUP: &str = "deploy.cloud.google.com/";

/// A part of a target's way to the new version.
struct Phase<'d> {
    /// Its name, as automations know it.
    id: String,
    /// Percent, and where that is written.
    share: (String, Provenance),
    /// Whether it is verified, and where that is written.
    verify: Option<Cursor<'d>>,
}

/// What moves a rollout on without anybody, after a wait.
enum Mover<'d> {
    /// To the next phase.
    Advance { phases: Vec<String>, wait: Option<Cursor<'d>> },
    /// To the next target.
    Promote { wait: Option<Cursor<'d>> },
}

pub(super) fn is_pipeline(cursor: &Cursor<'_>) -> bool {
    cursor.peek(&["kind"]) == Some("DeliveryPipeline") && is_of(cursor, GROUP)
}

pub(super) fn pipeline(cursor: &Cursor<'_>, draft: &mut Draft) {
    let name = name_of(cursor, "delivery-pipeline");
    cursor.beside_the_point(&[
        "apiVersion",
        "kind",
        "metadata",
        "description",
        "status",
        "uid",
        "etag",
        "condition",
        "createTime",
        "updateTime",
        "labels",
        "annotations",
    ]);
    if let Some(suspended) = cursor.get("suspended")
        && suspended.truth() == Some(true)
    {
        suspended.dropped(
            "a pipeline that is suspended moves nothing; the scenario is what it does once it is resumed",
        );
    }
    let stages = cursor
        .at(&["serialPipeline", "stages"])
        .map_or_else(Vec::new, |stages| super::bounded(cursor, stages.items(), super::MOST_PARTS));
    if stages.is_empty() {
        cursor.error("a delivery pipeline needs `serialPipeline.stages`");
        return;
    }
    let mut strategy = DraftStrategy::new(
        &name,
        format!("Google Cloud Deploy {name}"),
        Provenance::Written(vec![cursor.head()]),
    );
    let (movers, goes_back) = automations(cursor, &name);
    if !goes_back {
        stops(&mut strategy.table, "Cloud Deploy", cursor.desk());
    }
    let mut way = DeliveryWay { movers, ladder: Ladder::default() };
    for (index, stage) in stages.iter().enumerate() {
        way.stage(stage, index + 1 == stages.len(), draft);
    }
    way.ladder.write(&mut strategy.table);
    draft.strategy(strategy);
}

/// What automations of the pipeline do, and whether one of them takes a failed rollout back.
fn automations<'d>(cursor: &Cursor<'d>, pipeline: &str) -> (Vec<(Vec<String>, Mover<'d>)>, bool) {
    let (mut movers, mut goes_back) = (Vec::new(), false);
    for automation in cursor.others(&["kind"], &["Automation"]).iter().filter(|one| is_of(one, GROUP)) {
        // Its name is `pipeline/name`.
        let name = automation.peek(&["metadata", "name"]).unwrap_or_default();
        if name.split_once('/').is_some_and(|(of, _)| of != pipeline) {
            continue;
        }
        if automation.get("suspended").is_some_and(|suspended| suspended.truth() == Some(true)) {
            automation.dropped("an automation that is suspended does nothing: somebody advances by hand");
            continue;
        }
        automation.beside_the_point(&["apiVersion", "kind", "metadata", "description", "serviceAccount"]);
        let targets = targets_of(automation);
        for (kind, rule) in automation.list("rules").iter().flat_map(Cursor::entries) {
            rule.beside_the_point(&["name", "id"]);
            let wait = rule.get("wait");
            match kind {
                "advanceRolloutRule" | "advanceRollout" => {
                    let phases = ["sourcePhases", "fromPhases"]
                        .iter()
                        .flat_map(|key| rule.list(key))
                        .collect::<Vec<_>>();
                    let phases = phases.iter().filter_map(|phase| phase.text().map(str::to_owned)).collect();
                    movers.push((targets.clone(), Mover::Advance { phases, wait }));
                }
                "promoteReleaseRule" | "promoteRelease" => {
                    rule.beside_the_point(&["destinationTargetId", "toTargetId", "destinationPhase"]);
                    movers.push((targets.clone(), Mover::Promote { wait }));
                }
                "repairRolloutRule" | "repairRollout" => goes_back |= repair(&rule),
                "timedPromoteReleaseRule" => {
                    rule.dropped("it promotes on a schedule of its own: here somebody promotes, and takes as long as you say");
                }
                _ => rule.dropped("such a rule is not known, and the scenario does not follow it"),
            }
        }
    }
    (movers, goes_back)
}

/// Whether a rule takes a failed rollout back.
fn repair(rule: &Cursor<'_>) -> bool {
    rule.beside_the_point(&["phases", "jobs", "sourcePhases"]);
    let steps = ["repairPhases", "repairModes"].iter().flat_map(|key| rule.list(key)).collect::<Vec<_>>();
    let mut goes_back = rule.has("rollback") || rule.has("rollbackToPrevious");
    rule.beside_the_point(&["rollback", "rollbackToPrevious"]);
    for step in steps {
        goes_back |= step.has("rollback");
        step.beside_the_point(&["rollback"]);
        step.drop_keys(&["retry"], "a failed job is tried again first: the scenario takes it back at once");
    }
    rule.drop_keys(&["retry"], "a failed job is tried again first: the scenario takes it back at once");
    goes_back
}

/// Ids of the targets that an automation is for; none for all.
fn targets_of(automation: &Cursor<'_>) -> Vec<String> {
    let Some(selector) = automation.get("selector") else { return Vec::new() };
    let lists = [selector.list("targets"), selector.items()].concat();
    let ids = lists.iter().filter_map(|one| one.get("target").unwrap_or_else(|| one.clone()).get("id"));
    let ids: Vec<String> = ids.filter_map(|id| id.text().map(str::to_owned)).collect();
    if ids.iter().any(|id| id == "*") { Vec::new() } else { ids }
}

/// The waves of a pipeline so far.
struct DeliveryWay<'d> {
    movers: Vec<(Vec<String>, Mover<'d>)>,
    ladder: Ladder,
}

impl<'d> DeliveryWay<'d> {
    fn stage(&mut self, stage: &Cursor<'d>, is_last: bool, draft: &mut Draft) {
        let Some(id) = stage.get("targetId") else { return stage.error("a stage needs a `targetId`") };
        stage.beside_the_point(&["profiles", "deployParameters"]);
        let Some(target) = id.text() else { return };
        let regions = self.place(&id, target, draft);
        let (phases, is_routed) = phases(stage);
        let count = phases.len();
        for (index, phase) in phases.into_iter().enumerate() {
            let mut wave = DraftTable::default();
            let title = if count == 1 { target.to_owned() } else { format!("{target}-{}", phase.id) };
            wave.set("name", text(&sound_name(&title)), Provenance::Plain);
            wave.set("regions", texts(regions.iter().map(String::as_str)), id.provenance());
            if regions.len() > 1 {
                wave.set(
                    "regions-at-once",
                    text("all"),
                    Provenance::implied("targets of a multi-target in parallel"),
                );
            }
            let (share, from) = &phase.share;
            if is_routed {
                let stays = Provenance::implied("the stable revision stays until the canary is over");
                wave.set("max-surge", text("100%"), stays);
                wave.set("traffic", percent(share), from.clone());
            }
            if share != "100" {
                wave.set("hosts", percent(share), from.clone());
            }
            self.ladder.push(wave);
            if let Some(verify) = &phase.verify {
                self.ladder.gate(test(&format!("verification of {title}")));
                verify
                    .desk()
                    .by_hand("verification", "how long it takes, and how often it sees that a change is bad");
            }
            if index + 1 < count {
                self.advance(target, &phase.id, &title);
            }
        }
        if !is_last {
            self.promote(target);
        }
    }

    /// What moves on to the next phase.
    fn advance(&mut self, target: &str, phase: &str, title: &str) {
        let found = self.movers.iter().find_map(|(targets, mover)| match mover {
            Mover::Advance { phases, wait } => {
                let is_it = (targets.is_empty() || targets.iter().any(|id| id == target))
                    && (phases.is_empty() || phases.iter().any(|id| id == phase));
                is_it.then(|| wait.clone())
            }
            Mover::Promote { .. } => None,
        });
        match found {
            Some(wait) => self.wait(wait.as_ref()),
            None => self.ask(&format!("{title} is advanced by hand")),
        }
    }

    /// What moves on to the next target.
    fn promote(&mut self, target: &str) {
        let found = self.movers.iter().find_map(|(targets, mover)| match mover {
            Mover::Promote { wait } => {
                (targets.is_empty() || targets.iter().any(|id| id == target)).then(|| wait.clone())
            }
            Mover::Advance { .. } => None,
        });
        match found {
            Some(wait) => self.wait(wait.as_ref()),
            None => self.ask(&format!("the release is promoted from {target} by hand")),
        }
    }

    fn wait(&mut self, wait: Option<&Cursor<'_>>) {
        if let Some(wait) = wait
            && let Some(ms) = wait.duration_ms(SECOND)
        {
            self.ladder.wait(ms, &wait.provenance());
        }
    }

    fn ask(&mut self, what: &str) {
        self.ladder.gate(approval(what));
    }

    /// The regions of a target, and its approval.
    fn place(&mut self, id: &Cursor<'d>, target: &str, draft: &mut Draft) -> Vec<String> {
        id.desk().by_hand("approvals", "how long it takes until somebody advances, promotes or approves");
        let all = id.others(&["kind"], &["Target"]);
        let known = all
            .iter()
            .filter(|one| is_of(one, GROUP))
            .find(|one| one.peek(&["metadata", "name"]) == Some(target));
        let mut names = vec![target.to_owned()];
        if let Some(known) = known {
            if let Some(needs) = known.get("requireApproval")
                && needs.truth() == Some(true)
                && !self.ladder.gate(approval(&format!("the rollout to {target}")))
            {
                needs.dropped("an approval before anything is rolled out only delays its beginning");
            }
            let children = known
                .at(&["multiTarget", "targetIds"])
                .map_or_else(Vec::new, |ids| super::bounded(known, ids.items(), super::MOST_PARTS));
            let children: Vec<String> =
                children.iter().filter_map(|id| id.text().map(str::to_owned)).collect();
            if !children.is_empty() {
                names = children;
            }
        }
        let region = |name: &String| {
            let mut table = DraftTable::default();
            table.set("hosts-per-zone", whole(10), Provenance::hand("how many instances the target has"));
            let name = sound_name(name);
            draft.region(DraftRegion { name: name.clone(), table });
            name
        };
        let regions = names.iter().map(region).collect();
        id.desk().by_hand("hosts-per-zone", "how many instances a target has: no file says it");
        regions
    }
}

/// The phases of a stage, and whether requests are routed in them.
fn phases<'d>(stage: &Cursor<'d>) -> (Vec<Phase<'d>>, bool) {
    let all = |verify| Phase {
        id: "stable".to_owned(),
        share: ("100".to_owned(), Provenance::implied("all of it")),
        verify,
    };
    let Some(strategy) = stage.get("strategy") else { return (vec![all(None)], false) };
    if let Some(standard) = strategy.get("standard") {
        hooks(&standard);
        return (vec![all(verified(&standard))], false);
    }
    let Some(canary) = strategy.get("canary") else { return (vec![all(None)], false) };
    let is_routed = routed(&canary);
    let mut phases = Vec::new();
    if let Some(deployment) = canary.get("canaryDeployment") {
        hooks(&deployment);
        let verify = verified(&deployment);
        for percentage in super::parts(&deployment, "percentages") {
            let Some(share) = share_of(&percentage) else { continue };
            let id = format!("canary-{share}");
            phases.push(Phase { id, share: (share, percentage.provenance()), verify: verify.clone() });
        }
        phases.push(all(verify));
    } else if let Some(custom) = canary.get("customCanaryDeployment") {
        for phase in super::parts(&custom, "phaseConfigs") {
            hooks(&phase);
            phase.beside_the_point(&["profiles"]);
            let id = phase.get("phaseId").and_then(|id| id.text()).unwrap_or("phase").to_owned();
            let Some(percentage) = phase.get("percentage") else {
                phase.error("a phase needs a `percentage`");
                continue;
            };
            let Some(share) = share_of(&percentage) else { continue };
            phases.push(Phase { id, share: (share, percentage.provenance()), verify: verified(&phase) });
        }
        if phases.last().is_none_or(|last| last.share.0 != "100") {
            custom.approximated("its last phase is below 100 %, which is followed by one of all here");
            phases.push(all(None));
        }
    } else {
        phases.push(all(None));
    }
    (phases, is_routed)
}

/// Whether the runtime routes requests by their share. Without a mesh the share of pods is that of requests.
fn routed(canary: &Cursor<'_>) -> bool {
    let Some(runtime) = canary.get("runtimeConfig") else { return false };
    let is_run = runtime.has("cloudRun");
    let mesh = runtime.at(&["kubernetes", "gatewayServiceMesh"]);
    if let Some(mesh) = &mesh {
        mesh.drop_keys(
            &["stableCutbackDuration"],
            "requests go back to the stable pods some time before the canary's are taken away: here both at once",
        );
    }
    runtime.beside_the_point(&["cloudRun", "kubernetes"]);
    is_run || mesh.is_some()
}

/// A percentage from 0 to 100 as it is written.
fn share_of(percentage: &Cursor<'_>) -> Option<String> {
    let number = percentage.whole()?;
    if number > 100 {
        percentage.error("a percentage is at most 100");
        return None;
    }
    Some(number.to_string())
}

fn verified<'d>(at: &Cursor<'d>) -> Option<Cursor<'d>> {
    at.get("verify").or_else(|| at.get("verifyConfig")).filter(|verify| {
        at.beside_the_point(&["verifyConfig"]);
        verify.tree().text().is_none() || verify.truth() == Some(true)
    })
}

/// Jobs before and after a deployment.
fn hooks(at: &Cursor<'_>) {
    at.drop_keys(
        &["predeploy", "postdeploy"],
        "what these jobs do is not known: put their time into `deploy-time`",
    );
    at.drop_keys(&["analysis"], "what it looks at is not known: add an alarm for it");
}
