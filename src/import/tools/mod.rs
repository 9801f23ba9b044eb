//! The tools whose files are understood, one file or folder a tool, and which of them knows a document.

mod ansible;
mod argo;
mod aws;
mod bosh;
mod bottlerocket;
mod coreos;
mod flagger;
mod fleets;
mod gates;
mod judged;
mod kruise;
mod kubernetes;
mod nomad;
mod prometheus;

use super::cursor::Cursor;
use super::desk::Desk;
use super::draft::Draft;
use super::loss::{Fate, Loss};
use crate::diagnostic::Diagnostic;
use crate::outlet::{line, shell_word};
use crate::scenario::{closest, rules};

/// A kind of document of a tool.
struct ToolFormat {
    /// The tool, for people.
    tool: &'static str,
    /// Whether the document, given at its root, is one. It takes nothing.
    knows: fn(&Cursor<'_>) -> bool,
    /// Reads it. What it does not take is told as dropped.
    read: fn(&Cursor<'_>, &mut Draft),
}

/// Every kind of document, in the order in which they are asked.
const FORMATS: &[&[ToolFormat]] = &[
    kubernetes::FORMATS,
    prometheus::FORMATS,
    argo::FORMATS,
    kruise::FORMATS,
    flagger::FORMATS,
    nomad::FORMATS,
    fleets::FORMATS,
    aws::FORMATS,
    ansible::FORMATS,
    bosh::FORMATS,
    bottlerocket::FORMATS,
    coreos::FORMATS,
];

/// Documents that stand beside policies in the same files and say nothing about rollouts.
const BESIDE: [&str; 28] = [
    "Service",
    "Ingress",
    "ConfigMap",
    "Secret",
    "Namespace",
    "ServiceAccount",
    "Role",
    "RoleBinding",
    "ClusterRole",
    "ClusterRoleBinding",
    "VirtualService",
    "DestinationRule",
    "Gateway",
    "HTTPRoute",
    "TrafficSplit",
    "NetworkPolicy",
    "PersistentVolumeClaim",
    "PodDisruptionBudget",
    "ServiceMonitor",
    "CustomResourceDefinition",
    "HorizontalPodAutoscaler",
    "ScaledObject",
    "ReplicaSet",
    "CronJob",
    "Job",
    "Pod",
    "PodMonitor",
    "Kustomization",
];

/// Reads every document on the desk, each by the first format that knows it. Returns the files of those that some tool
/// knows with the tool's name. A document that none knows is told as dropped, and reported where no document is known.
pub(super) fn read(desk: &Desk<'_>, draft: &mut Draft) -> Vec<(String, &'static str)> {
    let (mut recognised, mut unknown) = (Vec::new(), Vec::new());
    for paper in desk.papers {
        let cursor = Cursor::root(desk, &paper.tree);
        let format = FORMATS.iter().copied().flatten().find(|format| (format.knows)(&cursor));
        if let Some(format) = format {
            (format.read)(&cursor, draft);
            recognised.push((desk.sources.name(paper.file).to_owned(), format.tool));
        } else {
            desk.take_all(&paper.tree);
            if !paper.tree.is_nothing() && !is_beside(&cursor) {
                unknown.push(cursor);
            }
        }
    }
    // One document may take what another says, so the rest is known last.
    for paper in desk.papers {
        desk.lose_the_rest(&paper.tree);
    }
    for cursor in &unknown {
        match recognised.is_empty() {
            true => report_unknown(cursor),
            false => lose_unknown(cursor),
        }
    }
    let is_empty = draft.strategies.is_empty() && draft.alarms.is_empty();
    if is_empty && desk.is_clean() {
        nothing_known(desk);
    }
    recognised
}

fn is_beside(cursor: &Cursor<'_>) -> bool {
    let is_of_cluster = cursor.peek(&["kind"]).is_some_and(|kind| BESIDE.contains(&kind));
    let is_test_of_rules = cursor.has("rule_files") && cursor.has("tests");
    is_of_cluster && cursor.has("apiVersion") || is_test_of_rules
}

/// What a document is, by its own words.
fn named(cursor: &Cursor<'_>) -> String {
    cursor.peek(&["kind"]).map_or_else(|| "this document".to_owned(), |kind| format!("kind `{}`", line(kind)))
}

fn lose_unknown(cursor: &Cursor<'_>) {
    let why = "no policy that is understood: whatever it says of rollouts and alarms is not in the scenario";
    let loss =
        Loss { fate: Fate::Dropped, span: Some(cursor.head()), what: named(cursor), why: why.to_owned() };
    cursor.desk().lose(loss);
}

fn report_unknown(cursor: &Cursor<'_>) {
    let desk = cursor.desk();
    if cursor.has("strategy") && (cursor.has("fleet") || cursor.has("study") || cursor.has("include")) {
        let file = desk.sources.name(cursor.span().file);
        let problem = rules::UNKNOWN_FORMAT.at(cursor.head(), "this is a scenario already");
        desk.report(problem.help(format!("run it as it is: `wavetank run {}`", shell_word(file))));
        return;
    }
    let known = ["Rollout", "Canary", "Deployment", "StatefulSet", "DaemonSet", "PrometheusRule"].into_iter();
    let near = cursor.peek(&["kind"]).and_then(|kind| closest(kind, known.filter(|known| *known != kind)));
    let help = near.map_or_else(
        || "docs/import.md lists what is understood".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    let message = format!("{} is no policy that is understood", named(cursor));
    desk.report(rules::UNKNOWN_FORMAT.at(cursor.head(), message).help(help));
}

fn nothing_known(desk: &Desk<'_>) {
    let help = "give the file that does, or alerts that a rollout can set off; docs/import.md lists what is understood";
    let Some(paper) = desk.papers.first() else {
        let problem = Diagnostic::new(&rules::UNKNOWN_FORMAT, "the files say nothing");
        desk.report(problem.help(help));
        return;
    };
    let cursor = Cursor::root(desk, &paper.tree);
    let message = "nothing here says how a change is rolled out, or who notices what is wrong with it";
    desk.report(rules::UNKNOWN_FORMAT.at(cursor.head(), message).help(help));
}
