//! Spinnaker's pipelines: stages in the order of what they wait for. Deployments are waves, waits bakes, judgments gates, and
//! an analysis of a canary is a one-box. What a single stage says is read in `spinnaker_stage`.

use super::kayenta;
use super::ladder::{Ladder, approval, stops, test};
use super::spinnaker_stage::{self as stage, StageDeployment};
use crate::import::cursor::Cursor;
use crate::import::draft::{
    Draft, DraftStrategy, DraftTable, DraftValue, Row, duration, inline, text, texts,
};
use crate::import::provenance::Provenance;
use crate::import::time::SECOND;
use crate::import::tree::{Marked, MarkedValue};
use std::collections::{BTreeMap, BTreeSet};

/// Waves of a pipeline at most.
const MOST_WAVES: usize = 500;

/// Keys of a pipeline that say nothing about the way of a change.
const BESIDE: [&str; 34] = [
    "application",
    "executionEngine",
    "keepWaitingPipelines",
    "lastModifiedBy",
    "limitConcurrent",
    "maxConcurrentExecutions",
    "name",
    "parallel",
    "id",
    "index",
    "triggers",
    "notifications",
    "parameterConfig",
    "expectedArtifacts",
    "updateTs",
    "appConfig",
    "description",
    "disabled",
    "roles",
    "serviceAccount",
    "spelEvaluator",
    "tags",
    "type",
    "schema",
    "template",
    "source",
    "lastUpdated",
    "excludeDefaults",
    "exclude",
    "metadata",
    "protect",
    "variables",
    "respectQuietPeriod",
    "locked",
];

/// Keys of a stage that say nothing about the way of a change.
const STAGE_BESIDE: [&str; 30] = [
    "name",
    "refId",
    "requisiteStageRefIds",
    "type",
    "user",
    "comments",
    "notifications",
    "sendNotifications",
    "expectedArtifacts",
    "judgmentInputs",
    "instructions",
    "propagateAuthenticationContext",
    "alias",
    "isNew",
    "showAdvancedOptions",
    "stageTimeoutMs",
    "selectedStageRoles",
    "requiredArtifacts",
    "requiredArtifactIds",
    "cloudProvider",
    "cloudProviderType",
    "credentials",
    "account",
    "overrideTimeout",
    "skipWaitText",
    "judgmentStatus",
    "application",
    "inputArtifacts",
    "moniker",
    "produces",
];

/// Types of stages that make or find something, before it is deployed or beside it.
const MAKES: [&str; 16] = [
    "bake",
    "bakeManifest",
    "findImage",
    "findImageFromTags",
    "findImageFromCluster",
    "findArtifactFromExecution",
    "findArtifactsFromResource",
    "evaluateVariables",
    "checkPreconditions",
    "tagImage",
    "upsertImageTags",
    "savePipelines",
    "resolveTargetReferences",
    "upsertLoadBalancer",
    "upsertLoadBalancers",
    "upsertSecurityGroup",
];

/// Types of stages that get what a judge looks at.
const GETS: [&str; 6] =
    ["atlasFetch", "prometheusFetch", "stackdriverFetch", "datadogFetch", "signalFxFetch", "metricSetMixer"];

/// Types of stages that run something that may fail.
const TESTS: [&str; 13] = [
    "jenkins",
    "script",
    "runJob",
    "runJobManifest",
    "webhook",
    "googleCloudBuild",
    "travis",
    "wercker",
    "concourse",
    "awsCodeBuild",
    "preconfiguredWebhook",
    "preconfiguredJob",
    "gremlin",
];

/// The body of a pipeline: of a template it is under `pipeline`.
fn body(tree: &Marked) -> &Marked {
    tree.get("pipeline").filter(|pipeline| pipeline.get("stages").is_some()).unwrap_or(tree)
}

fn stages_of(tree: &Marked) -> &[Marked] {
    match body(tree).get("stages").map(|stages| &stages.value) {
        Some(MarkedValue::List(items)) => items,
        _ => &[],
    }
}

pub(super) fn knows(cursor: &Cursor<'_>) -> bool {
    let stages = stages_of(cursor.tree());
    !stages.is_empty()
        && stages.iter().all(|stage| stage.get("type").is_some())
        && stages
            .iter()
            .any(|stage| stage.get("refId").is_some() || stage.get("requisiteStageRefIds").is_some())
}

/// Whether it is a canary configuration that a pipeline among the files asks for.
pub(super) fn asks_for(config: &Cursor<'_>) -> bool {
    let keys = [config.tree().get("name"), config.tree().get("id")];
    let names: Vec<&str> = keys.into_iter().flatten().filter_map(Marked::text).collect();
    let asks = |stage: &Marked| {
        let own = stage.get("canaryConfigId").or_else(|| stage.get("canaryConfig")?.get("canaryConfigId"));
        own.and_then(Marked::text).is_some_and(|id| names.contains(&id))
    };
    kayenta::knows(config) && config.desk().papers.iter().any(|paper| stages_of(&paper.tree).iter().any(asks))
}

pub(super) fn read(cursor: &Cursor<'_>, draft: &mut Draft) {
    let at = if std::ptr::eq(body(cursor.tree()), cursor.tree()) {
        cursor.clone()
    } else {
        cursor.get("pipeline").unwrap_or_else(|| cursor.clone())
    };
    let name = cursor.get("name").and_then(|name| name.text()).unwrap_or("pipeline").to_owned();
    cursor.beside_the_point(&BESIDE);
    at.beside_the_point(&BESIDE);
    let stages = super::parts(&at, "stages");
    let Some(order) = in_order(&at, &stages) else { return };
    let mut strategy = DraftStrategy::new(
        &name,
        format!("Spinnaker pipeline {name}"),
        Provenance::Written(vec![cursor.head()]),
    );
    strategy.table.set(
        "zones-at-once",
        text("all"),
        Provenance::implied("a server group starts in all of its zones"),
    );
    stage::settle(&stages, draft);
    let mut walk = StageWalk {
        ladder: Ladder::default(),
        waves: 0,
        goes_back: false,
        alarms: Vec::new(),
        analysed: None,
    };
    for index in order {
        walk.stage(&stages[index], draft);
    }
    if walk.ladder.is_empty() {
        walk.analysis_alone(&at);
    }
    if !walk.goes_back {
        stops(&mut strategy.table, "Spinnaker", at.desk());
    }
    strategy.alarms = walk.alarms;
    walk.ladder.write(&mut strategy.table);
    draft.strategy(strategy);
}

/// The stages in an order in which each comes after those that it waits for, as far as possible as they are written.
fn in_order(at: &Cursor<'_>, stages: &[Cursor<'_>]) -> Option<Vec<usize>> {
    let ids: BTreeMap<&str, usize> = stages
        .iter()
        .enumerate()
        .filter_map(|(index, stage)| Some((stage.peek(&["refId"])?, index)))
        .collect();
    let waits = |stage: &Cursor<'_>| -> Vec<usize> {
        let ids = stage
            .list("requisiteStageRefIds")
            .into_iter()
            .filter_map(|id| ids.get(id.tree().text()?).copied());
        ids.collect()
    };
    let mut open: Vec<usize> = Vec::with_capacity(stages.len());
    let mut behind: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, stage) in stages.iter().enumerate() {
        let before = waits(stage);
        open.push(before.len());
        for earlier in before {
            behind.entry(earlier).or_default().push(index);
        }
    }
    let mut ready: BTreeSet<usize> = (0..stages.len()).filter(|index| open[*index] == 0).collect();
    let (mut order, mut is_split) = (Vec::with_capacity(stages.len()), false);
    while let Some(next) = ready.pop_first() {
        is_split |= moves(&stages[next]) && ready.iter().any(|other| moves(&stages[*other]));
        order.push(next);
        for later in behind.remove(&next).unwrap_or_default() {
            open[later] -= 1;
            if open[later] == 0 {
                ready.insert(later);
            }
        }
    }
    if order.len() < stages.len() {
        at.error("stages wait for each other in a circle");
        return None;
    }
    if is_split {
        at.desk().by_hand(
            "branches of the pipeline",
            "branches that run side by side are one after the other here: put waves of one time together",
        );
    }
    Some(order)
}

/// Whether a stage has a place in the order of the waves.
fn moves(stage: &Cursor<'_>) -> bool {
    let kind = stage.peek(&["type"]).unwrap_or_default();
    !MAKES.contains(&kind) && !GETS.contains(&kind)
}

/// What the stages so far come to.
struct StageWalk {
    ladder: Ladder,
    waves: usize,
    /// Whether something takes a change back by itself.
    goes_back: bool,
    alarms: Vec<String>,
    /// An analysis of something that no stage deployed: its one-box.
    analysed: Option<(DraftValue, Provenance)>,
}

impl StageWalk {
    fn stage(&mut self, at: &Cursor<'_>, draft: &mut Draft) {
        let kind = at.peek(&["type"]).unwrap_or_default();
        let name = at.peek(&["name"]).or_else(|| at.peek(&["refId"])).unwrap_or(kind).to_owned();
        self.flags(at);
        match kind {
            "deploy" | "createServerGroup" | "cloneServerGroup" | "deployManifest" | "deployService" => {
                self.deploy(at, &name)
            }
            "wait" => self.wait(at),
            "manualJudgment" => self.judgment(at, &name),
            "kayentaCanary" => self.canary(at, &name, draft),
            "canaryJudge" => self.judge(at, &name, draft),
            kind if MAKES.contains(&kind) || GETS.contains(&kind) => at.desk().take_all(at.tree()),
            kind if TESTS.contains(&kind) => self.test(at, &name),
            _ => at.dropped("what such a stage does is not in the model: the scenario passes over it"),
        }
        at.beside_the_point(&STAGE_BESIDE);
    }

    /// What any stage may say: hours, conditions, and what becomes of its failure.
    fn flags(&mut self, at: &Cursor<'_>) {
        let goes_on = at.get("continuePipeline").and_then(|goes_on| goes_on.truth()) == Some(true);
        at.beside_the_point(&["failPipeline", "completeOtherBranchesThenFail", "failOnFailedExpressions"]);
        if goes_on && let Some(flag) = at.get("continuePipeline") {
            flag.approximated("the pipeline goes on when this stage fails: here it stops");
        }
        if let Some(enabled) = at.get("stageEnabled") {
            enabled.dropped("the stage may be passed over; in the scenario it always runs");
        }
        let is_restricted =
            at.get("restrictExecutionDuringTimeWindow").and_then(|is| is.truth()) == Some(true);
        let window = at.get("restrictedExecutionWindow");
        match window {
            Some(window) if is_restricted => match stage::opening(&window) {
                Some(opening) => {
                    let gate = Row { value: opening.to_string(), from: window.provenance() };
                    if !self.ladder.gate(gate) {
                        window.dropped("hours before anything is deployed only delay the beginning");
                    }
                }
                None => window.dropped("its hours are not understood: here the stage runs at any time"),
            },
            Some(window) => window.desk().take_all(window.tree()),
            None => {}
        }
    }

    fn push(&mut self, wave: DraftTable, place: &Cursor<'_>) {
        self.waves += 1;
        if self.waves == MOST_WAVES + 1 {
            place.error(format!("that makes more than {MOST_WAVES} waves, and a scenario holds no more"));
        }
        if self.waves <= MOST_WAVES {
            self.ladder.push(wave);
        }
    }

    fn deploy(&mut self, at: &Cursor<'_>, name: &str) {
        let Some(deployment) = stage::deployment(at, name) else {
            at.approximated("it starts the old version again, for a canary to be compared with: here a canary has that by itself");
            return;
        };
        self.goes_back |= deployment.goes_back;
        let StageDeployment { regions, hosts, steps, surges, pause, .. } = deployment;
        let wave = |title: String| {
            let mut wave = DraftTable::default();
            wave.set("name", text(&crate::import::draft::sound_name(&title)), Provenance::Plain);
            match regions.is_empty() {
                true => wave.set("regions", text("all"), Provenance::Plain),
                false => wave.set("regions", texts(regions.iter().map(String::as_str)), at.provenance()),
            }
            wave.set("regions-at-once", text("all"), Provenance::implied("clusters of a stage in parallel"));
            if let Some(from) = &surges {
                wave.set("max-surge", text("100%"), from.clone());
            }
            wave
        };
        let count = steps.len();
        for (index, (share, from)) in steps.into_iter().enumerate() {
            let mut step = wave(if count == 1 { name.to_owned() } else { format!("{name} {share}%") });
            match &hosts {
                Some((hosts, from)) => step.set("hosts", hosts.clone(), from.clone()),
                None if share < 100 => step.set("hosts", text(&format!("{share}%")), from),
                None => {}
            }
            self.push(step, at);
            if index + 1 < count
                && let Some((ms, from)) = &pause
            {
                self.ladder.wait(*ms, from);
            }
        }
    }

    fn wait(&mut self, at: &Cursor<'_>) {
        let Some(time) = at.get("waitTime") else { return at.error("a wait needs a `waitTime` in seconds") };
        let Some(ms) = time.duration_ms(SECOND) else { return };
        if !self.ladder.wait(ms, &time.provenance()) {
            time.dropped("a wait before anything is deployed only delays the beginning");
        }
    }

    fn judgment(&mut self, at: &Cursor<'_>, name: &str) {
        if self.ladder.gate(approval(name)) {
            at.desk().by_hand("approvals", "how long it takes until somebody decides");
        } else {
            at.dropped("an approval before anything is deployed only delays the beginning");
        }
    }

    fn test(&mut self, at: &Cursor<'_>, name: &str) {
        if self.ladder.gate(test(name)) {
            at.desk().by_hand(
                format!("stage {name}"),
                "it runs behind a deployment, so it is a test here: how long it takes and what it sees",
            );
        }
        // Before anything is deployed it says nothing about the way; either way nothing else in it does.
        at.desk().take_all(at.tree());
    }

    /// The analysis of a canary: the deployment before it, or one that it makes itself, is a one-box.
    fn canary(&mut self, at: &Cursor<'_>, name: &str, draft: &mut Draft) {
        let analysis = stage::analysis(at);
        let alarm = self.judged_by(at, analysis.config.as_ref(), &analysis.terms, name, draft);
        self.alarms.extend(alarm);
        let one_box = |hosts: DraftValue| inline([("hosts", hosts), ("bake", duration(analysis.lifetime.0))]);
        if let Some((regions, hosts, from)) = analysis.makes {
            self.goes_back = true;
            let mut wave = DraftTable::default();
            wave.set("name", text(&crate::import::draft::sound_name(name)), Provenance::Plain);
            match regions.is_empty() {
                true => wave.set("regions", text("all"), Provenance::Plain),
                false => wave.set("regions", texts(regions.iter().map(String::as_str)), at.provenance()),
            }
            wave.set("hosts", hosts.clone(), from);
            wave.set("one-box", one_box(hosts), analysis.lifetime.1);
            self.push(wave, at);
            return;
        }
        match self.ladder.last() {
            Some(wave) => {
                let hosts = DraftValue::Plain("1".to_owned());
                if !wave.has("hosts") {
                    wave.set("hosts", hosts.clone(), Provenance::hand("how many hosts the canary has"));
                    at.desk().by_hand("hosts", "how many hosts the canary has");
                }
                wave.set("one-box", one_box(hosts), analysis.lifetime.1);
            }
            None => self.analysed = Some((one_box(DraftValue::Plain("1".to_owned())), analysis.lifetime.1)),
        }
    }

    /// A verdict on what was measured before.
    fn judge(&mut self, at: &Cursor<'_>, name: &str, draft: &mut Draft) {
        let config = at.get("canaryConfigId");
        let terms = kayenta::Terms::default();
        let alarm = self.judged_by(at, config.as_ref(), &terms, name, draft);
        self.alarms.extend(alarm);
        at.desk().take_all(at.tree());
        let from = Provenance::hand("how many hosts are compared with the others, and for how long");
        self.analysed =
            Some((inline([("hosts", DraftValue::Plain("1".to_owned())), ("bake", text("1h"))]), from));
    }

    /// The alarm of a configuration that is among the files, or one of which nobody knows what it looks at.
    fn judged_by(
        &mut self,
        at: &Cursor<'_>,
        id: Option<&Cursor<'_>>,
        terms: &kayenta::Terms,
        name: &str,
        draft: &mut Draft,
    ) -> Option<String> {
        let wanted = id.and_then(|id| id.tree().text()).unwrap_or_default();
        let by = |key: &str| at.others(&[key], &[wanted]).into_iter().find(kayenta::knows);
        match by("name").or_else(|| by("id")) {
            Some(config) => kayenta::alarms(&config, terms, draft),
            None => Some(stage::unknown_analysis(at, id, terms, name, draft)),
        }
    }

    /// A pipeline that judges and deploys nothing.
    fn analysis_alone(&mut self, at: &Cursor<'_>) {
        let Some((one_box, from)) = self.analysed.take() else {
            at.error("no stage of it deploys anything, or judges what was deployed");
            return;
        };
        at.desk().by_hand("what is deployed", "the pipeline only judges: that a host gets the change first, is watched, and then all others, is a guess");
        let mut wave = DraftTable::default();
        wave.set("regions", text("all"), Provenance::hand("where the change goes after the verdict"));
        wave.set("one-box", one_box, from);
        self.push(wave, at);
    }
}
