//! The tools whose files are understood, one file or folder a tool, and which of them knows a document.

mod judged;
mod kubernetes;
mod prometheus;

use super::cursor::Cursor;
use super::desk::Desk;
use super::draft::Draft;
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
];

/// Documents that stand beside policies in the same files and say nothing about rollouts.
const BESIDE: [&str; 20] = [
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
];

/// Reads every document on the desk, each by the first format that knows it. Returns the files of those that some tool
/// knows with the tool's name; a document that none knows is reported.
pub(super) fn read(desk: &Desk<'_>, draft: &mut Draft) -> Vec<(String, &'static str)> {
    let mut recognised = Vec::new();
    for paper in desk.papers {
        let cursor = Cursor::root(desk, &paper.tree);
        let format = FORMATS.iter().copied().flatten().find(|format| (format.knows)(&cursor));
        if let Some(format) = format {
            (format.read)(&cursor, draft);
            recognised.push((desk.sources.name(paper.file).to_owned(), format.tool));
        } else if paper.tree.is_nothing() || is_beside(&cursor) {
            desk.take_all(&paper.tree);
        } else {
            report_unknown(&cursor, desk);
        }
    }
    // One document may take what another says, so the rest is known last.
    for paper in desk.papers {
        desk.lose_the_rest(&paper.tree);
    }
    if recognised.is_empty() && desk.is_clean() {
        nothing_known(desk);
    }
    recognised
}

fn is_beside(cursor: &Cursor<'_>) -> bool {
    cursor.peek(&["kind"]).is_some_and(|kind| BESIDE.contains(&kind)) && cursor.has("apiVersion")
}

fn report_unknown(cursor: &Cursor<'_>, desk: &Desk<'_>) {
    let kind = cursor.peek(&["kind"]);
    let what = kind.map_or_else(|| "this".to_owned(), |kind| format!("a `{kind}`"));
    let known = ["Rollout", "Canary", "Deployment", "StatefulSet", "DaemonSet", "PrometheusRule"];
    let near = kind.and_then(|kind| closest(kind, known.into_iter()));
    let help = near.map_or_else(
        || "docs/import.md lists what is understood; leave this document out if it is no policy".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    desk.report(
        rules::UNKNOWN_FORMAT.at(cursor.head(), format!("{what} is no policy that is understood")).help(help),
    );
    desk.take_all(cursor.tree());
}

fn nothing_known(desk: &Desk<'_>) {
    for paper in desk.papers {
        let cursor = Cursor::root(desk, &paper.tree);
        desk.report(
            rules::UNKNOWN_FORMAT
                .at(cursor.head(), "nothing here says how a change is rolled out")
                .help("give the file that does, or alerting rules; docs/import.md lists what is understood"),
        );
    }
}
