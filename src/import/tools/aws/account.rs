//! What is on the desk of AWS: the resources of templates, answers and inputs of the API, and Terraform, in one form. It
//! reads none of them.

use super::value::{AwsReference, AwsValue};
use crate::import::cursor::Cursor;
use crate::import::tree::{Marked, MarkedValue};
use std::collections::BTreeMap;

pub(super) const DEPLOYMENT_CONFIG: &str = "AWS::CodeDeploy::DeploymentConfig";
pub(super) const DEPLOYMENT_GROUP: &str = "AWS::CodeDeploy::DeploymentGroup";
pub(super) const APPLICATION: &str = "AWS::CodeDeploy::Application";
pub(super) const BLUE_GREEN: &str = "AWS::CodeDeploy::BlueGreen";
pub(super) const FUNCTION: &str = "AWS::Serverless::Function";
pub(super) const ALIAS: &str = "AWS::Lambda::Alias";
pub(super) const APPCONFIG_STRATEGY: &str = "AWS::AppConfig::DeploymentStrategy";
pub(super) const APPCONFIG_DEPLOYMENT: &str = "AWS::AppConfig::Deployment";
pub(super) const APPCONFIG_ENVIRONMENT: &str = "AWS::AppConfig::Environment";
pub(super) const SERVICE: &str = "AWS::ECS::Service";
pub(super) const GROUP: &str = "AWS::AutoScaling::AutoScalingGroup";
pub(super) const REFRESH: &str = "instance refresh";
pub(super) const STACK_SET: &str = "AWS::CloudFormation::StackSet";
pub(super) const ALARM: &str = "AWS::CloudWatch::Alarm";
pub(super) const COMPOSITE: &str = "AWS::CloudWatch::CompositeAlarm";

/// Keys of a resource that say nothing about rollouts.
pub(super) const AROUND: [&str; 11] = [
    "Connectors",
    "IgnoreGlobals",
    "Type",
    "DependsOn",
    "Metadata",
    "DeletionPolicy",
    "UpdateReplacePolicy",
    "Condition",
    "count",
    "for_each",
    "lifecycle",
];

/// Kinds of resources that say how a change is rolled out or who notices, with Terraform's names.
const KINDS: [(&str, &str); 14] = [
    (DEPLOYMENT_CONFIG, "aws_codedeploy_deployment_config"),
    (DEPLOYMENT_GROUP, "aws_codedeploy_deployment_group"),
    (APPLICATION, "aws_codedeploy_app"),
    (BLUE_GREEN, ""),
    (FUNCTION, ""),
    (ALIAS, "aws_lambda_alias"),
    (APPCONFIG_STRATEGY, "aws_appconfig_deployment_strategy"),
    (APPCONFIG_DEPLOYMENT, "aws_appconfig_deployment"),
    (APPCONFIG_ENVIRONMENT, "aws_appconfig_environment"),
    (SERVICE, "aws_ecs_service"),
    (GROUP, "aws_autoscaling_group"),
    (STACK_SET, "aws_cloudformation_stack_set"),
    (ALARM, "aws_cloudwatch_metric_alarm"),
    (COMPOSITE, "aws_cloudwatch_composite_alarm"),
];

/// Kinds that alone make a document worth reading.
const DECISIVE: [&str; 9] = [
    DEPLOYMENT_CONFIG,
    DEPLOYMENT_GROUP,
    BLUE_GREEN,
    APPCONFIG_STRATEGY,
    APPCONFIG_DEPLOYMENT,
    SERVICE,
    STACK_SET,
    ALARM,
    COMPOSITE,
];

/// Keys of an answer or an input of the API, all of which make it one of a kind. The resource is below the first key of the
/// third part, each item of it if it is a list, or the document itself.
const SHAPES: [(&[&str], &str, &[&str]); 26] = [
    (&["deploymentConfigInfo"], DEPLOYMENT_CONFIG, &["deploymentConfigInfo"]),
    (&["deploymentGroupInfo"], DEPLOYMENT_GROUP, &["deploymentGroupInfo"]),
    (&["deploymentGroupsInfo"], DEPLOYMENT_GROUP, &["deploymentGroupsInfo"]),
    (&["deploymentConfigName", "minimumHealthyHosts"], DEPLOYMENT_CONFIG, &[]),
    (&["deploymentConfigName", "trafficRoutingConfig"], DEPLOYMENT_CONFIG, &[]),
    (&["applicationName", "deploymentGroupName"], DEPLOYMENT_GROUP, &[]),
    (&["applicationName", "currentDeploymentGroupName"], DEPLOYMENT_GROUP, &[]),
    (&["GrowthFactor", "DeploymentDurationInMinutes"], APPCONFIG_STRATEGY, &[]),
    (&["ApplicationId", "Monitors"], APPCONFIG_ENVIRONMENT, &[]),
    (&["serviceName", "deploymentConfiguration"], SERVICE, &[]),
    (&["service", "deploymentConfiguration"], SERVICE, &[]),
    (&["service"], SERVICE, &["service"]),
    (&["services"], SERVICE, &["services"]),
    (&["AutoScalingGroupName", "Preferences"], REFRESH, &[]),
    (&["InstanceRefreshes"], REFRESH, &["InstanceRefreshes"]),
    (&["Preferences"], REFRESH, &[]),
    (&["MinHealthyPercentage"], REFRESH, &[]),
    (&["CheckpointPercentages"], REFRESH, &[]),
    (&["AutoScalingGroups"], GROUP, &["AutoScalingGroups"]),
    (&["StackSetOperation"], STACK_SET, &["StackSetOperation"]),
    (&["OperationPreferences"], STACK_SET, &[]),
    (&["MetricAlarms"], ALARM, &["MetricAlarms"]),
    (&["CompositeAlarms"], COMPOSITE, &["CompositeAlarms"]),
    (&["AlarmName", "ComparisonOperator"], ALARM, &[]),
    (&["AlarmName", "AlarmRule"], COMPOSITE, &[]),
    (&["Items"], APPCONFIG_STRATEGY, &["Items"]),
];

/// Keys of a stack set's preferences, any of which alone makes a document one.
const PREFERENCES: [&str; 5] = [
    "FailureToleranceCount",
    "FailureTolerancePercentage",
    "MaxConcurrentCount",
    "MaxConcurrentPercentage",
    "RegionConcurrencyType",
];

/// A resource.
pub(super) struct AwsResource<'d> {
    /// Its kind, as CloudFormation names it.
    pub kind: &'static str,
    /// Its logical name, or where there is none its place.
    pub id: String,
    /// The name under which others know it, if it is written; it need not be known.
    pub name: Option<String>,
    /// The document that it is in, by number.
    pub document: usize,
    /// All of it: its update policy stands beside its properties.
    pub whole: AwsValue<'d>,
    /// Its properties.
    pub properties: AwsValue<'d>,
}

/// All documents together.
pub(super) struct AwsAccount<'d> {
    /// What they hold, in their order.
    pub resources: Vec<AwsResource<'d>>,
    /// Documents that are templates.
    pub templates: Vec<AwsValue<'d>>,
    /// Places of the resources by document and logical name, and by name.
    by_id: BTreeMap<(usize, String), Vec<usize>>,
    by_name: BTreeMap<String, Vec<usize>>,
}

impl<'d> AwsAccount<'d> {
    /// The resources of `documents`.
    pub fn new(documents: &[Cursor<'d>]) -> Self {
        let mut account = Self {
            resources: Vec::new(),
            templates: Vec::new(),
            by_id: BTreeMap::new(),
            by_name: BTreeMap::new(),
        };
        for (number, document) in documents.iter().enumerate() {
            let root = AwsValue::root(document);
            if document.tree().get("Resources").is_some() {
                account.template(&root, number);
            } else if document.tree().get("resource").is_some() {
                account.terraform(&root, number);
            } else {
                account.answer(&root, number);
            }
        }
        account
    }

    /// Those of a kind.
    pub fn of(&self, kind: &str) -> impl Iterator<Item = &AwsResource<'d>> {
        self.resources.iter().filter(move |resource| resource.kind == kind)
    }

    /// The resource of one of `kinds` that a value in the document `document` points to.
    pub fn find(
        &self,
        document: usize,
        reference: &AwsReference,
        kinds: &[&str],
    ) -> Option<&AwsResource<'d>> {
        let places = match reference {
            AwsReference::Resource(id) => self.by_id.get(&(document, id.clone())),
            AwsReference::Named(name) => {
                self.by_name.get(name).or_else(|| self.by_id.get(&(document, name.clone())))
            }
        };
        let mut found = places?.iter().filter_map(|place| self.resources.get(*place));
        found.find(|resource| kinds.contains(&resource.kind))
    }

    fn add(
        &mut self,
        kind: &'static str,
        id: String,
        document: usize,
        whole: AwsValue<'d>,
        properties: AwsValue<'d>,
    ) {
        let name = [name_key(kind), "Name"].into_iter().find_map(|key| properties.name_under(key));
        let place = self.resources.len();
        self.by_id.entry((document, id.clone())).or_default().push(place);
        if let Some(name) = &name {
            self.by_name.entry(name.clone()).or_default().push(place);
        }
        self.resources.push(AwsResource { kind, id, name, document, whole, properties });
    }

    fn template(&mut self, root: &AwsValue<'d>, document: usize) {
        for (section, key) in [("Resources", "Properties"), ("Hooks", "Properties")] {
            let Some(all) = (*root).clone().get(section) else { continue };
            for (id, whole) in all.entries() {
                let kind = whole.peek(&["Type"]).and_then(known_kind);
                let Some(kind) = kind else {
                    root.desk().take_all(whole.tree());
                    continue;
                };
                let properties = whole.get(key).unwrap_or_else(|| whole.clone());
                self.add(kind, id.to_owned(), document, whole, properties);
            }
        }
        self.templates.push(root.clone());
    }

    fn terraform(&mut self, root: &AwsValue<'d>, document: usize) {
        for (section, value) in (**root).entries() {
            if section != "resource" {
                root.desk().take_all(value.tree());
                continue;
            }
            for block in root.list("resource") {
                let tag = block.tag().unwrap_or_default().to_owned();
                match terraform_kind(&tag) {
                    Some(kind) => self.add(kind, tag, document, block.clone(), block),
                    None => root.desk().take_all(block.tree()),
                }
            }
        }
    }

    fn answer(&mut self, root: &AwsValue<'d>, document: usize) {
        let mut add = |kind, whole: AwsValue<'d>| {
            let id = format!("{document}:{}", whole.path());
            self.add(kind, id, document, whole.clone(), whole);
        };
        root.beside_the_point(&["failures", "NextToken", "ResponseMetadata", "errorMessage"]);
        // `describe-alarms` answers with both kinds of alarms.
        let shapes: Vec<_> = shapes(root.tree()).collect();
        for (_, kind, below) in shapes {
            match below.first() {
                None => {
                    add(kind, root.clone());
                    return;
                }
                Some(key) => root.list(key).into_iter().for_each(|item| add(item_kind(kind, &item), item)),
            }
        }
        if shape_is_preferences(root.tree()) {
            add(STACK_SET, root.clone());
        }
    }
}

/// The key of a resource's name.
fn name_key(kind: &str) -> &'static str {
    match kind {
        DEPLOYMENT_CONFIG => "DeploymentConfigName",
        DEPLOYMENT_GROUP => "DeploymentGroupName",
        APPLICATION => "ApplicationName",
        FUNCTION => "FunctionName",
        SERVICE => "ServiceName",
        GROUP | REFRESH => "AutoScalingGroupName",
        STACK_SET => "StackSetName",
        ALARM | COMPOSITE => "AlarmName",
        _ => "Name",
    }
}

impl AwsResource<'_> {
    /// What people call it: its name if that is known, or its logical name.
    pub fn title(&self) -> String {
        match &self.name {
            Some(name) if !name.contains("${") => name.clone(),
            _ if self.id.contains(':') => self.kind.rsplit("::").next().unwrap_or(self.kind).to_owned(),
            _ => self.id.rsplit('.').next().unwrap_or(&self.id).to_owned(),
        }
    }
}

/// Whether a document is one of those read here. It takes nothing.
pub(super) fn is_known(root: &Marked) -> bool {
    if root.get("apiVersion").is_some() {
        return false;
    }
    if let Some(resources) = root.get("Resources") {
        let all = resources.entries().iter().chain(root.get("Hooks").map_or(&[][..], Marked::entries));
        let general = ["Globals", "Function", "DeploymentPreference"];
        let general = general.iter().try_fold(root, |tree, key| tree.get(key)).is_some();
        return general || all.map(|entry| &entry.value).any(is_decisive);
    }
    if let Some(MarkedValue::List(blocks)) = root.get("resource").map(|blocks| &blocks.value) {
        return blocks.iter().any(|block| block.tag.as_deref().and_then(terraform_kind).is_some());
    }
    shapes(root).next().is_some() || shape_is_preferences(root)
}

/// Whether a resource of a template says something by itself.
fn is_decisive(resource: &Marked) -> bool {
    match resource.get("Type").and_then(Marked::text).unwrap_or_default() {
        FUNCTION => resource
            .get("Properties")
            .is_some_and(|properties| properties.get("DeploymentPreference").is_some()),
        GROUP | ALIAS => resource.get("UpdatePolicy").is_some(),
        kind => DECISIVE.contains(&kind),
    }
}

fn shapes(
    root: &Marked,
) -> impl Iterator<Item = &'static (&'static [&'static str], &'static str, &'static [&'static str])> + '_ {
    let has = |key: &&str| root.get(key).is_some();
    let is_one = move |(keys, kind, below): &&'static (&[&str], &str, &[&str])| {
        keys.iter().all(has)
            && match (*kind, below.first().and_then(|key| root.get(key))) {
                (SERVICE, Some(services)) => {
                    any(services, |service| service.get("deploymentConfiguration").is_some())
                }
                (APPCONFIG_STRATEGY, Some(items)) => {
                    any(items, |item| item.get("GrowthFactor").is_some() || item.get("Monitors").is_some())
                }
                (REFRESH, None) if keys == &["Preferences"] => {
                    root.get("Preferences").is_some_and(|preferences| !preferences.entries().is_empty())
                }
                _ => true,
            }
    };
    SHAPES.iter().filter(is_one)
}

fn any(tree: &Marked, holds: impl Fn(&Marked) -> bool) -> bool {
    match &tree.value {
        MarkedValue::List(items) => items.iter().any(holds),
        MarkedValue::Scalar { .. } | MarkedValue::Map(_) => holds(tree),
    }
}

fn shape_is_preferences(root: &Marked) -> bool {
    PREFERENCES.iter().any(|key| root.get(key).is_some())
}

fn item_kind(kind: &'static str, item: &AwsValue<'_>) -> &'static str {
    if kind == APPCONFIG_STRATEGY && item.has("Monitors") { APPCONFIG_ENVIRONMENT } else { kind }
}

fn known_kind(kind: &str) -> Option<&'static str> {
    KINDS.iter().map(|(known, _)| *known).find(|known| *known == kind)
}

fn terraform_kind(tag: &str) -> Option<&'static str> {
    let kind = tag.split('.').next()?;
    KINDS.iter().find(|(_, known)| !known.is_empty() && *known == kind).map(|(known, _)| *known)
}
