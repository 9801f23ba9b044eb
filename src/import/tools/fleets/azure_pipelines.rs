//! Azure Pipelines: deployment jobs of stages, once, rolling over machines, or as a canary in increments. An environment is a
//! region.

use super::ladder::{Ladder, approval, stops, test};
use crate::import::cursor::{Amount, Cursor};
use crate::import::draft::{Draft, DraftRegion, DraftStrategy, DraftTable, sound_name, text, texts, whole};
use crate::import::provenance::Provenance;
use crate::import::tree::{Marked, MarkedValue};

/// Waves of a pipeline at most.
const MOST_WAVES: usize = 500;

/// Keys of jobs and stages that say nothing about the way of a change.
const BESIDE: [&str; 18] = [
    "displayName",
    "pool",
    "variables",
    "workspace",
    "container",
    "services",
    "continueOnError",
    "timeoutInMinutes",
    "cancelTimeoutInMinutes",
    "uses",
    "templateContext",
    "lockBehavior",
    "trigger",
    "isSkippable",
    "steps",
    "job",
    "stage",
    "deployment",
];

fn list(tree: &Marked) -> &[Marked] {
    match &tree.value {
        MarkedValue::List(items) => items,
        MarkedValue::Scalar { .. } | MarkedValue::Map(_) => &[],
    }
}

pub(super) fn knows(cursor: &Cursor<'_>) -> bool {
    let root = cursor.tree();
    let has_deployment = |tree: &Marked| {
        tree.get("jobs").is_some_and(|jobs| list(jobs).iter().any(|job| job.get("deployment").is_some()))
    };
    has_deployment(root) || root.get("stages").is_some_and(|stages| list(stages).iter().any(has_deployment))
}

pub(super) fn read(cursor: &Cursor<'_>, draft: &mut Draft) {
    cursor.beside_the_point(&[
        "trigger",
        "pr",
        "schedules",
        "pool",
        "variables",
        "resources",
        "parameters",
        "name",
        "extends",
        "appendCommitMessageToRunName",
        "lockBehavior",
    ]);
    let mut strategy =
        DraftStrategy::new("pipeline", "Azure Pipelines", Provenance::Written(vec![cursor.head()]));
    let mut way = JobWay { ladder: Ladder::default(), waves: 0, reacts: None };
    let stages = cursor.list("stages");
    if stages.is_empty() {
        way.jobs(cursor, draft);
    }
    let mut before: Option<String> = None;
    for stage in &stages {
        let name = stage.peek(&["stage"]).unwrap_or("a stage").to_owned();
        after(stage, before.as_deref());
        stage.beside_the_point(&BESIDE);
        if let Some(template) = stage.get("template") {
            template.dropped("it is in another file: give the pipeline with its templates expanded");
            stage.beside_the_point(&["parameters"]);
        }
        way.jobs(stage, draft);
        before = Some(name);
    }
    match way.reacts.take() {
        Some(span) => {
            span.approximated(
                "what the steps on failure do is not known: here everything goes back to the old version",
            );
        }
        None => stops(&mut strategy.table, "the pipeline", cursor.desk()),
    }
    cursor.desk().by_hand(
        "checks of environments",
        "approvals, hours and queries that an environment asks for are not in the file: add them as gates",
    );
    way.ladder.write(&mut strategy.table);
    draft.strategy(strategy);
}

/// What a stage or a job waits for: here always for what is written before it.
fn after(at: &Cursor<'_>, before: Option<&str>) {
    if let Some(depends) = at.get("dependsOn") {
        let names: Vec<&str> = depends.items().iter().filter_map(|name| name.tree().text()).collect();
        let is_plain = names.len() == 1 && before.is_none_or(|before| names == [before]);
        if !is_plain && before.is_some() {
            depends.approximated("here everything waits for what is written before it");
        } else {
            at.beside_the_point(&["dependsOn"]);
        }
    }
    if at.peek(&["condition"]).is_some_and(|text| matches!(text.trim(), "succeeded()" | "true")) {
        at.beside_the_point(&["condition"]);
    } else if let Some(condition) = at.get("condition") {
        condition.dropped("it may be passed over; in the scenario it always runs");
    }
}

struct JobWay<'d> {
    ladder: Ladder,
    waves: usize,
    /// Steps for a failure, the first that there are.
    reacts: Option<Cursor<'d>>,
}

impl<'d> JobWay<'d> {
    fn jobs(&mut self, at: &Cursor<'d>, draft: &mut Draft) {
        let mut before: Option<String> = None;
        for job in at.list("jobs") {
            let name = job.peek(&["deployment"]).or_else(|| job.peek(&["job"])).unwrap_or("job").to_owned();
            after(&job, before.as_deref());
            job.beside_the_point(&BESIDE);
            if job.has("deployment") {
                self.deployment(&job, &name, draft);
            } else if let Some(template) = job.get("template") {
                template.dropped("it is in another file: give the pipeline with its templates expanded");
                job.beside_the_point(&["parameters"]);
            } else {
                self.other(&job, &name);
            }
            before = Some(name);
        }
    }

    /// A job that deploys nothing.
    fn other(&mut self, job: &Cursor<'d>, name: &str) {
        job.beside_the_point(&["strategy"]);
        let asks = ["ManualValidation", "ManualIntervention"];
        let steps = job.tree().get("steps").map_or(&[][..], list);
        let is_manual = steps.iter().any(|step| {
            let task = step.get("task").and_then(Marked::text).unwrap_or_default();
            asks.iter().any(|ask| task.starts_with(ask))
        });
        if self.ladder.is_empty() {
            // What runs before anything is deployed says nothing about the way.
            return;
        }
        if is_manual {
            self.ladder.gate(approval(name));
            job.desk().by_hand("approvals", "how long it takes until somebody approves");
        } else {
            self.ladder.gate(test(&format!("job {name}")));
            job.desk().by_hand(
                format!("job {name}"),
                "it runs behind a deployment, so it is a test here: how long it takes and what it sees",
            );
        }
    }

    fn deployment(&mut self, job: &Cursor<'d>, name: &str, draft: &mut Draft) {
        if self.waves > MOST_WAVES {
            return;
        }
        let region = environment(job, name);
        let mut table = DraftTable::default();
        table.set("hosts-per-zone", whole(10), Provenance::hand("how many instances the environment has"));
        draft.region(DraftRegion { name: region.clone(), table });
        job.desk().by_hand("hosts-per-zone", "how many instances an environment has: no file says it");
        let wave = |title: &str, from: Provenance| {
            let mut wave = DraftTable::default();
            wave.set("name", text(&sound_name(title)), Provenance::Plain);
            wave.set("regions", texts([region.as_str()]), from);
            wave
        };
        let strategy = job.get("strategy");
        let from =
            job.get("environment").map_or_else(|| job.provenance(), |environment| environment.provenance());
        for (kind, body) in strategy.iter().flat_map(Cursor::entries) {
            self.hooks(&body);
            match kind {
                "canary" => {
                    for increment in body.list("increments") {
                        let Some(share) = increment.whole().filter(|share| (1..=100).contains(share)) else {
                            increment.error("an increment is a percentage from 1 to 100");
                            continue;
                        };
                        if share == 100 {
                            continue;
                        }
                        let mut canary = wave(&format!("{name} {share}%"), from.clone());
                        canary.set("hosts", text(&format!("{share}%")), increment.provenance());
                        self.push(canary, &increment);
                    }
                    self.push(wave(name, from.clone()), &body);
                }
                "rolling" => {
                    let mut rolling = wave(name, from.clone());
                    if let Some(most) = body.get("maxParallel") {
                        let batch = most.amount().map(|amount| match amount {
                            Amount::Count(count) => whole(count.clamp(1, 1_000_000)),
                            Amount::Percent(share) => text(&format!("{share}%")),
                        });
                        if let Some(batch) = batch {
                            rolling.set("batch", batch, most.provenance());
                        }
                    }
                    self.push(rolling, &body);
                }
                "runOnce" => self.push(wave(name, from.clone()), &body),
                _ => body.error("a deployment runs once, rolling, or as a canary"),
            }
        }
        if strategy.is_none() {
            self.push(wave(name, from), job);
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

    /// Steps around a deployment.
    fn hooks(&mut self, body: &Cursor<'d>) {
        body.beside_the_point(&["deploy"]);
        let why = "what these steps look at is not known, and the scenario has no check for it: add a gate or an alarm";
        body.drop_keys(&["preDeploy", "routeTraffic", "postRouteTraffic"], why);
        if let Some(on) = body.get("on") {
            on.beside_the_point(&["success"]);
            if let Some(failure) = on.get("failure") {
                failure.desk().take_all(failure.tree());
                self.reacts.get_or_insert(failure);
            }
        }
    }
}

/// The name of the environment, or of the job where that is known only when it runs.
fn environment(job: &Cursor<'_>, name: &str) -> String {
    let Some(environment) = job.get("environment") else { return sound_name(name) };
    job.beside_the_point(&["environment"]);
    let named = environment.get("name").unwrap_or_else(|| environment.clone());
    environment.beside_the_point(&["resourceName", "resourceType", "tags", "resourceId"]);
    let said = named.tree().text().filter(|said| !said.contains('$'));
    sound_name(said.unwrap_or(name))
}
