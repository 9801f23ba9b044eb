//! Argo Rollouts: canaries and blue/green with their analyses. A host is a replica.

mod analysis;
mod arguments;
mod ascent;
mod blue_green;
mod canary;
mod condition;
mod fleet;
mod metric;
mod weights;

use super::ToolFormat;
use crate::import::cursor::Cursor;
use crate::import::draft::{Draft, DraftStrategy, DraftTable, duration, text};
use crate::import::provenance::Provenance;
use crate::import::time::SECOND;
use crate::import::tree::{Marked, MarkedValue};

const TOOL: &str = "Argo Rollouts";

pub(super) const FORMATS: &[ToolFormat] = &[
    ToolFormat { tool: TOOL, knows: is_rollout, read: rollout },
    ToolFormat { tool: TOOL, knows: is_template, read: template },
    ToolFormat { tool: TOOL, knows: is_run, read: run },
    ToolFormat { tool: TOOL, knows: is_of_a_rollout, read: beside_a_rollout },
];

/// Documents among which rollouts and what they refer to are looked for.
const MOST_PAPERS: usize = 2_000;

/// Kinds of templates: of a namespace, and of the cluster.
const TEMPLATES: [&str; 2] = ["AnalysisTemplate", "ClusterAnalysisTemplate"];

/// Whether a document is one of Argo's, not of another tool with the same words.
fn is_argo(root: &Cursor<'_>) -> bool {
    root.peek(&["apiVersion"]).is_some_and(|version| version.starts_with("argoproj.io/"))
}

fn is_rollout(root: &Cursor<'_>) -> bool {
    is_argo(root) && root.peek(&["kind"]) == Some("Rollout")
}

fn is_template(root: &Cursor<'_>) -> bool {
    is_argo(root) && root.peek(&["kind"]).is_some_and(|kind| TEMPLATES.contains(&kind))
}

fn is_run(root: &Cursor<'_>) -> bool {
    is_argo(root) && matches!(root.peek(&["kind"]), Some("AnalysisRun" | "Experiment"))
}

/// Whether it is a workload or an autoscaler of a Rollout among the files, which says no policy of its own.
fn is_of_a_rollout(root: &Cursor<'_>) -> bool {
    let target = root.peek(&["spec", "scaleTargetRef", "kind"]) == Some("Rollout");
    let (kind, name) = (root.peek(&["kind"]), root.peek(&["metadata", "name"]));
    if target || is_argo(root) || name.is_none() || root.desk().papers.len() > MOST_PAPERS {
        return target;
    }
    let refers = |rollout: &Cursor<'_>| {
        let reference = |key| rollout.peek(&["spec", "workloadRef", key]);
        is_argo(rollout) && reference("name") == name && reference("kind") == kind
    };
    root.others(&["kind"], &["Rollout"]).iter().any(refers)
}

/// Whether there are too many documents to look through, which is reported.
fn is_too_much(root: &Cursor<'_>) -> bool {
    let is_too_much = root.desk().papers.len() > MOST_PAPERS;
    if is_too_much {
        let message = format!("these are more than {MOST_PAPERS} documents: give those of the rollout alone");
        root.desk().report(crate::scenario::rules::FOREIGN_VALUE.at(root.head(), message));
        root.desk().take_all(root.tree());
    }
    is_too_much
}

fn rollout(root: &Cursor<'_>, draft: &mut Draft) {
    if is_too_much(root) {
        return;
    }
    let name = root.at(&["metadata", "name"]).and_then(|name| name.text()).unwrap_or("rollout");
    root.beside_the_point(&["apiVersion", "kind", "metadata", "status"]);
    let Some(spec) = root.get("spec") else {
        root.error("this Rollout has no `spec`");
        return;
    };
    spec.beside_the_point(&["template", "selector", "workloadRef", "revisionHistoryLimit", "analysis"]);
    // What is wrong there was reported, and the rest is looked at all the same.
    let replicas = fleet::replicas(root, &spec, draft);
    around(&spec);
    let strategy = spec.get("strategy");
    let kinds = ["canary", "blueGreen"].map(|key| strategy.as_ref().and_then(|strategy| strategy.get(key)));
    let mut made = DraftStrategy::new(name, "", Provenance::Written(vec![root.span()]));
    let what = match &kinds {
        [Some(canary), _] => {
            canary::canary(canary, replicas, draft, &mut made);
            "canary"
        }
        [None, Some(blue_green)] => {
            blue_green::blue_green(blue_green, replicas, draft, &mut made);
            "blue/green"
        }
        // `canary: {}` without anything in it is a rolling update.
        [None, None] if strategy.as_ref().is_some_and(|strategy| strategy.has("canary")) => {
            rolling(&mut made.table);
            "canary"
        }
        [None, None] => {
            let place = strategy.unwrap_or(spec);
            place.error("a Rollout has a `strategy` of `canary` or `blueGreen`");
            return;
        }
    };
    made.description = format!("Argo Rollouts {what} {name}");
    pace(&spec, &mut made.table);
    draft.strategy(made);
}

/// A canary without a word.
fn rolling(table: &mut DraftTable) {
    let from = || Provenance::implied("Argo's default");
    table.set("max-surge", text("25% up"), from());
    table.set("max-unavailable", text("25% down"), from());
    table.set(
        "batches",
        text("sliding"),
        Provenance::implied("a replica begins as soon as another is ready"),
    );
    let mut wave = DraftTable::default();
    wave.set("regions", text("all"), Provenance::Plain);
    table.add("wave", wave);
}

/// Keys of the whole rollout.
fn pace(spec: &Cursor<'_>, table: &mut DraftTable) {
    if let Some(ready) = spec.get("minReadySeconds")
        && let Some(ms) = ready.duration_ms(SECOND).filter(|ms| *ms > 0)
    {
        table.set("batch-bake", duration(ms), ready.provenance());
        table.set("batches", text("sliding"), Provenance::implied("each replica by itself"));
    }
    let aborts = spec.get("progressDeadlineAbort").and_then(|aborts| aborts.truth()) == Some(true);
    let deadline = spec.get("progressDeadlineSeconds");
    if aborts {
        let ms = deadline.as_ref().map_or(Some(600 * SECOND), |deadline| deadline.duration_ms(SECOND));
        let from =
            deadline.map_or_else(|| Provenance::implied("Argo's default"), |deadline| deadline.provenance());
        if let Some(ms) = ms.filter(|ms| *ms > 0) {
            table.set("progress-deadline", duration(ms), from);
        }
    } else if let Some(deadline) = deadline {
        deadline.dropped("Argo only reports it without `progressDeadlineAbort`: nothing stops or goes back");
    }
}

/// What is beside the rollout of one change.
fn around(spec: &Cursor<'_>) {
    spec.drop_keys(
        &["rollbackWindow"],
        "the scenario rolls out a new version, and goes back to none that was there before",
    );
    spec.drop_keys(&["restartAt"], "restarts at a time of their own are no change");
    if let Some(paused) = spec.get("paused").filter(|paused| paused.truth() == Some(true)) {
        paused.dropped("the rollout is stopped until somebody lets it go on: the scenario begins then");
    }
}

fn template(root: &Cursor<'_>, draft: &mut Draft) {
    if is_too_much(root) {
        return;
    }
    root.beside_the_point(&["apiVersion", "kind", "metadata", "status"]);
    let name = root.peek(&["metadata", "name"]).unwrap_or_default();
    let users =
        root.others(&["kind"], &["Rollout", "Experiment", "AnalysisTemplate", "ClusterAnalysisTemplate"]);
    let users: Vec<&Cursor<'_>> = users.iter().filter(|user| is_argo(user)).collect();
    let is_used = users.iter().any(|user| names_template(user.tree(), name));
    let Some(spec) = root.get("spec") else { return };
    if is_used {
        return;
    }
    if users.iter().any(|user| is_rollout(user)) {
        spec.dropped(format!("no Rollout among the files uses the template `{name}`"));
        return;
    }
    analysis::alone(&spec, draft);
}

/// Whether somewhere in it a template of that name is named.
fn names_template(tree: &Marked, name: &str) -> bool {
    match &tree.value {
        MarkedValue::Scalar { .. } => false,
        MarkedValue::List(items) => items.iter().any(|item| names_template(item, name)),
        MarkedValue::Map(entries) => entries.iter().any(|entry| {
            entry.key == "templateName" && entry.value.text() == Some(name)
                || names_template(&entry.value, name)
        }),
    }
}

/// An analysis or an experiment that runs by itself, without a rollout.
fn run(root: &Cursor<'_>, draft: &mut Draft) {
    root.beside_the_point(&["apiVersion", "kind", "metadata", "status"]);
    let Some(spec) = root.get("spec") else { return };
    spec.beside_the_point(&["measurementRetention", "terminate", "scaleDownDelaySeconds"]);
    spec.drop_keys(
        &["templates", "duration", "progressDeadlineSeconds"],
        "an experiment rolls nothing out: only what its analyses look at is in the scenario",
    );
    if root.peek(&["kind"]) == Some("AnalysisRun") {
        analysis::alone(&spec, draft);
    } else {
        analysis::of_experiment(&spec, draft);
    }
}

/// What a Rollout reads where it needs it.
fn beside_a_rollout(root: &Cursor<'_>, _draft: &mut Draft) {
    root.desk().take_all(root.tree());
}
