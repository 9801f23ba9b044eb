//! Blue/green of Argo Rollouts: a preview without customers, and one switch of all requests. A host is a replica.

use super::analysis::Analyst;
use super::ascent::{Ascent, Height};
use crate::import::cursor::Cursor;
use crate::import::draft::{Draft, DraftStrategy, text};
use crate::import::provenance::Provenance;
use crate::import::time::SECOND;
use crate::import::tools::gates;

/// Reads the blue/green update of a rollout with so many replicas into `strategy`.
pub(super) fn blue_green(
    cursor: &Cursor<'_>,
    replicas: u64,
    draft: &mut Draft,
    strategy: &mut DraftStrategy,
) {
    cursor.beside_the_point(&[
        "activeService",
        "previewService",
        "activeMetadata",
        "previewMetadata",
        "antiAffinity",
        "scaleDownDelayRevisionLimit",
    ]);
    cursor.drop_keys(&["maxUnavailable"], "all new replicas start beside the old ones");
    cursor.drop_keys(
        &["abortScaleDownDelaySeconds"],
        "how long new replicas stay without requests after an abort harms nobody",
    );
    let from = Provenance::implied("the old replicas stay: requests go back at once");
    strategy.table.set("max-surge", text("100%"), from);
    let mut ascent = Ascent::new(replicas, 0);
    let service = cursor.peek(&["previewService"]).map(str::to_owned);
    preview(cursor, replicas, &mut ascent, &mut Analyst::new(service), draft);
    switch(cursor, replicas, &mut ascent, draft);
    for wave in ascent.waves() {
        strategy.table.add("wave", wave);
    }
}

/// The new replicas before they serve customers, if something is waited for then.
fn preview(
    cursor: &Cursor<'_>,
    replicas: u64,
    ascent: &mut Ascent,
    analyst: &mut Analyst,
    draft: &mut Draft,
) {
    let count = cursor.get("previewReplicaCount");
    let canary = count.as_ref().and_then(|count| count.whole()).unwrap_or(replicas).clamp(1, replicas.max(1));
    let hosts = if canary == replicas { "100%".to_owned() } else { canary.to_string() };
    let from =
        count.as_ref().map_or_else(|| Provenance::implied("a preview without customers"), Cursor::provenance);
    let height = Height { canary, hosts, traffic: Some("0%".to_owned()) };
    let analysis = cursor.get("prePromotionAnalysis");
    let seconds = cursor.get("autoPromotionSeconds");
    let enabled = cursor.get("autoPromotionEnabled");
    let is_manual = enabled.as_ref().and_then(|enabled| enabled.truth()) == Some(false);
    let pause_ms = seconds.as_ref().and_then(|seconds| seconds.duration_ms(SECOND)).unwrap_or(0);
    if analysis.is_none() && pause_ms == 0 && !is_manual {
        if let Some(count) = count.filter(|_| canary < replicas) {
            ascent.climb(height, 0, count.provenance());
        }
        return;
    }
    ascent.climb(height, 0, from);
    if let Some(analysis) = &analysis {
        let gates = analyst.gates(analysis, draft);
        ascent.check(&gates, 0, &analysis.provenance());
    }
    match (seconds, enabled) {
        (Some(seconds), _) if pause_ms > 0 => {
            ascent.wait(pause_ms, 0, &seconds.provenance());
            if is_manual {
                seconds.approximated("nobody promotes it sooner in the scenario");
            }
        }
        (_, Some(enabled)) if is_manual => {
            let approval = gates::approval();
            if ascent.waits_already() {
                enabled.approximated("somebody promotes it beside the analysis: count from its beginning");
            }
            ascent.await_gate(approval, 0, &enabled.provenance());
            cursor.desk().by_hand("takes of an approval", "how long until somebody promotes the rollout");
        }
        _ => {}
    }
}

/// All requests at once, and the old replicas for a while.
fn switch(cursor: &Cursor<'_>, replicas: u64, ascent: &mut Ascent, draft: &mut Draft) {
    let all = Height { canary: replicas, hosts: "100%".to_owned(), traffic: Some("100%".to_owned()) };
    ascent.climb(all, 1, Provenance::implied("all requests at once"));
    if let Some(analysis) = cursor.get("postPromotionAnalysis") {
        let service = cursor.peek(&["activeService"]).map(str::to_owned);
        let gates = Analyst::new(service).gates(&analysis, draft);
        ascent.check(&gates, 1, &analysis.provenance());
    }
    let delay = cursor.get("scaleDownDelaySeconds");
    let ms = delay.as_ref().map_or(Some(30 * SECOND), |delay| delay.duration_ms(SECOND)).unwrap_or(0);
    let from = delay.map_or_else(|| Provenance::implied("Argo's default"), |delay| delay.provenance());
    if ms > 0 {
        ascent.wait(ms, 1, &from);
    }
}
