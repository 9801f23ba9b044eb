//! AWS: CodeDeploy, SAM, AppConfig, ECS, Auto Scaling, stack sets and CloudWatch alarms; in templates of CloudFormation and
//! SAM, answers and inputs of the API, and Terraform.
//!
//! What belongs together may stand in several documents, so all of them are read with the first one.

mod account;
mod alarms;
mod appconfig;
mod autoscaling;
mod codedeploy;
mod deployment;
mod ecs;
mod fleet;
mod hosts;
mod intrinsic;
mod reading;
mod serverless;
mod stacksets;
mod traffic;
mod value;

use super::ToolFormat;
use crate::import::cursor::Cursor;
use crate::import::draft::Draft;
use crate::scenario::rules;
use account::{AwsAccount, is_known};
use deployment::USUAL_HOSTS;
use reading::AwsReading;
use std::collections::BTreeSet;

pub(super) const FORMATS: &[ToolFormat] = &[ToolFormat { tool: "AWS", knows, read }];

fn knows(cursor: &Cursor<'_>) -> bool {
    is_known(cursor.tree())
}

fn read(cursor: &Cursor<'_>, draft: &mut Draft) {
    let desk = cursor.desk();
    let known: Vec<Cursor<'_>> =
        desk.papers.iter().map(|paper| Cursor::root(desk, &paper.tree)).filter(knows).collect();
    if !known.first().is_some_and(|first| std::ptr::eq(first.tree(), cursor.tree())) {
        return;
    }
    let account = AwsAccount::new(&known);
    let mut reading = AwsReading::new(&account, draft, desk);
    let mut used = BTreeSet::new();
    let mut deployments = codedeploy::groups(&mut reading, &mut used);
    deployments.extend(serverless::read(&mut reading, &mut used));
    deployments.extend(codedeploy::configurations(&reading, &used));
    deployments.extend(appconfig::read(&mut reading));
    deployments.extend(ecs::read(&mut reading));
    deployments.extend(autoscaling::read(&mut reading));
    deployments.extend(stacksets::read(&mut reading));
    let has_alarms = account.of(account::ALARM).chain(account.of(account::COMPOSITE)).next().is_some();
    if deployments.is_empty() && !has_alarms && desk.is_clean() {
        desk.report(
            rules::UNKNOWN_FORMAT.at(cursor.head(), "nothing here says how a change is rolled out").help(
                "give the deployment group, its configuration, or the preferences of a refresh besides",
            ),
        );
    }
    let hosts = deployments.iter().map(deployment::AwsDeployment::hosts).find(|hosts| *hosts > 0);
    let AwsReading { mut alarms, draft, .. } = reading;
    alarms.rest(&account, hosts.unwrap_or(USUAL_HOSTS), draft);
    deployment::add_all(deployments, alarms.quiet_traffic(), draft, desk);
    for application in account.of(account::APPLICATION) {
        desk.take_all(application.whole.tree());
    }
    // What is left of the templates says nothing about rollouts.
    for template in &account.templates {
        template.beside_the_point(&[
            "AWSTemplateFormatVersion",
            "Description",
            "Metadata",
            "Parameters",
            "Mappings",
            "Conditions",
            "Rules",
            "Transform",
            "Outputs",
            "Globals",
        ]);
    }
}
