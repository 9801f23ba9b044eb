//! Tools that roll a change out over a fleet of clusters, applications or locations, and pipelines that do so stage by stage.
//! A cluster, an application or a location is a region; a stage or a group of them is a wave. One file a tool; what they
//! share is in `members` (who there is, and who is selected) and `ladder` (waves, with waits and gates between them).

mod argocd;
mod arm;
mod azure;
mod azure_fleet;
mod azure_hosts;
mod azure_pipelines;
mod clouddeploy;
mod google_hosts;
mod kayenta;
mod kubefleet;
mod ladder;
mod members;
mod ocm;
mod rancher;
mod rollout_plan;
mod spinnaker;
mod spinnaker_stage;

use super::ToolFormat;
use crate::import::cursor::Cursor;
use crate::import::draft::Draft;

pub(super) const FORMATS: &[ToolFormat] = &[
    ToolFormat { tool: "KubeFleet", knows: kubefleet::is_strategy, read: kubefleet::strategy },
    ToolFormat { tool: "KubeFleet", knows: kubefleet::is_run, read: kubefleet::run },
    ToolFormat { tool: "KubeFleet", knows: kubefleet::is_placement, read: kubefleet::placement },
    ToolFormat { tool: "KubeFleet", knows: kubefleet::is_member, read: kubefleet::member },
    ToolFormat { tool: "Azure Kubernetes Fleet", knows: azure_fleet::knows, read: azure_fleet::read },
    ToolFormat { tool: "Open Cluster Management", knows: ocm::is_policy, read: ocm::policy },
    ToolFormat { tool: "Open Cluster Management", knows: ocm::is_cluster, read: ocm::cluster },
    ToolFormat { tool: "Rancher Fleet", knows: rancher::is_policy, read: rancher::policy },
    ToolFormat { tool: "Rancher Fleet", knows: rancher::is_cluster, read: rancher::cluster },
    ToolFormat { tool: "Argo CD ApplicationSet", knows: argocd::knows, read: argocd::read },
    ToolFormat { tool: "Google Cloud Deploy", knows: clouddeploy::is_pipeline, read: clouddeploy::pipeline },
    ToolFormat { tool: "Google rollout plan", knows: rollout_plan::is_plan, read: rollout_plan::plan },
    ToolFormat {
        tool: "Google App Lifecycle Manager",
        knows: rollout_plan::is_kind,
        read: rollout_plan::kind,
    },
    ToolFormat {
        tool: "GKE rollout sequencing",
        knows: rollout_plan::is_sequence,
        read: rollout_plan::sequence,
    },
    ToolFormat { tool: "Google instance group", knows: google_hosts::is_group, read: google_hosts::group },
    ToolFormat { tool: "Google Cloud Run", knows: google_hosts::is_service, read: google_hosts::service },
    ToolFormat { tool: "Azure", knows: azure::knows, read: azure::read },
    ToolFormat { tool: "Azure Pipelines", knows: azure_pipelines::knows, read: azure_pipelines::read },
    ToolFormat { tool: "Spinnaker", knows: spinnaker::knows, read: spinnaker::read },
    ToolFormat { tool: "Kayenta", knows: spinnaker::asks_for, read: read_elsewhere },
    ToolFormat { tool: "Kayenta", knows: kayenta::knows, read: kayenta::read },
    ToolFormat { tool: "beside a policy", knows: is_companion, read: companion },
];

/// Groups of documents that stand beside policies of these tools.
const GROUPS: [&str; 6] = [
    "placement.kubernetes-fleet.io/",
    "cluster.kubernetes-fleet.io/",
    ".open-cluster-management.io/",
    "fleet.cattle.io/",
    "argoproj.io/",
    "deploy.cloud.google.com/",
];

/// Kinds of them that say nothing about the way from one cluster to the next.
const COMPANIONS: [&str; 24] = [
    "AddOnDeploymentConfig",
    "AddOnTemplate",
    "AppProject",
    "Application",
    "Automation",
    "ClusterApprovalRequest",
    "ClusterGroup",
    "ClusterManagementAddOn",
    "ClusterRegistrationToken",
    "ClusterResourceOverride",
    "CustomTargetType",
    "DeployPolicy",
    "GitRepo",
    "GitRepoRestriction",
    "ManagedClusterSet",
    "ManagedClusterSetBinding",
    "ManifestWork",
    "Bundle",
    "Placement",
    "PlacementDecision",
    "ResourceOverride",
    "Target",
    "ApprovalRequest",
    "BundleNamespaceMapping",
];

fn is_companion(cursor: &Cursor<'_>) -> bool {
    cursor.peek(&["kind"]).is_some_and(|kind| COMPANIONS.contains(&kind))
        && GROUPS.iter().any(|group| is_of(cursor, group))
}

/// A document that the reader of another one reads.
fn read_elsewhere(_cursor: &Cursor<'_>, _draft: &mut Draft) {}

fn companion(cursor: &Cursor<'_>, _draft: &mut Draft) {
    // What a policy needs of it the policy's reader has taken; the rest says nothing about rollouts.
    cursor.desk().take_all(cursor.tree());
}

/// Whether the document is of a group: `fleet.cattle.io/`, or any below one that begins with a dot.
fn is_of(cursor: &Cursor<'_>, group: &str) -> bool {
    cursor.peek(&["apiVersion"]).is_some_and(|version| {
        if group.starts_with('.') { version.contains(group) } else { version.starts_with(group) }
    })
}

/// The name in the metadata of a document, or what to call it without.
fn name_of(cursor: &Cursor<'_>, otherwise: &str) -> String {
    cursor.at(&["metadata", "name"]).and_then(|name| name.text()).unwrap_or(otherwise).to_owned()
}

/// Takes all entries of a mapping but these: they say nothing about rollouts.
fn take_all_but(cursor: &Cursor<'_>, but: &[&str]) {
    let keys = cursor.tree().entries().iter().map(|entry| entry.key.as_str());
    cursor.beside_the_point(&keys.filter(|key| !but.contains(key)).collect::<Vec<_>>());
}

/// Steps, stages or parts of a policy at most. A tool's own limits are far below.
const MOST_PARTS: usize = 1_000;

/// Members of a fleet at most.
const MOST_MEMBERS: usize = 5_000;

/// The list under a key; one that is longer than anybody writes is reported, and none of it is read.
fn parts<'d>(at: &Cursor<'d>, key: &str) -> Vec<Cursor<'d>> {
    bounded(at, at.list(key), MOST_PARTS)
}

/// A list, or nothing of it where it is longer than `most`, which is reported.
fn bounded<'d>(at: &Cursor<'d>, list: Vec<Cursor<'d>>, most: usize) -> Vec<Cursor<'d>> {
    if list.len() <= most {
        return list;
    }
    at.error(format!("a list of {} is longer than the {most} that a scenario takes", list.len()));
    Vec::new()
}
