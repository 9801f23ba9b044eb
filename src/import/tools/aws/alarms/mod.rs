//! CloudWatch alarms: each is read when a deployment names it, and the others at the end, as those call people.

mod composite;
mod math;
mod metric;
mod metrics;
mod naming;
mod rule;
mod signal;

use super::account::{ALARM, AROUND, AwsAccount, AwsResource, COMPOSITE};
use super::value::{AwsReference, AwsValue};
use crate::import::draft::{Draft, text};
use crate::import::provenance::Provenance;
use crate::import::time::MINUTE;
use crate::import::tools::judged::{Timing, opaque};
use naming::{AlarmContext, draft_alarm, plain_name, title};
use std::collections::BTreeMap;

/// Combinations that a composite alarm may come to.
const MOST_COMBINATIONS: usize = 32;

/// Requests that fail while all is well, as the scenario has it.
const USUAL_ERRORS: f64 = 0.000_5;

/// Keys of an alarm that say nothing about when it fires.
const ASIDE: [&str; 20] = [
    "AlarmName",
    "AlarmDescription",
    "ActionsEnabled",
    "AlarmActions",
    "OKActions",
    "InsufficientDataActions",
    "Tags",
    "tags_all",
    "AlarmArn",
    "StateValue",
    "StateReason",
    "StateReasonData",
    "StateUpdatedTimestamp",
    "StateTransitionedTimestamp",
    "AlarmConfigurationUpdatedTimestamp",
    "EvaluationState",
    "depends_on",
    "ActionsSuppressedBy",
    "ActionsSuppressedReason",
    "Name",
];

/// The alarms that were read.
#[derive(Default)]
pub(super) struct WatchedAlarms {
    read: BTreeMap<(usize, String), ReadAlarm>,
    /// Failed requests a second at which one that counts them is still quiet; the least of all.
    quiet: Option<f64>,
}

/// What became of an alarm.
#[derive(Clone, Default)]
struct ReadAlarm {
    /// Its names in the scenario: none if it was refused, several if it is a choice of combinations.
    names: Vec<String>,
    /// The combinations of plain alarms that it is.
    any_of: Vec<Vec<String>>,
    /// Milliseconds until it fires at the latest.
    longest_ms: u64,
}

impl WatchedAlarms {
    /// The names of the alarm that a value of a document names; one that is in none of the files is put in by hand.
    pub fn of(
        &mut self,
        value: &AwsValue<'_>,
        document: usize,
        hosts: u64,
        account: &AwsAccount<'_>,
        draft: &mut Draft,
    ) -> Vec<String> {
        if value.is_choice() {
            // Which alarms these are depends on a condition that nobody knows, which this reports.
            value.text();
            return Vec::new();
        }
        let Some(reference) = value.reference() else {
            return self.elsewhere(value, &value.said(), draft);
        };
        match account.find(document, &reference, &[ALARM, COMPOSITE]) {
            Some(resource) => {
                let names =
                    self.read(resource, &AlarmContext { account, hosts, calls_people: false }, draft, 0);
                if names.is_empty() {
                    value.dropped(
                        "this alarm is not in the scenario: the deployment stops less often than yours does",
                    );
                }
                names
            }
            None => {
                let (AwsReference::Resource(name) | AwsReference::Named(name)) = reference;
                self.elsewhere(value, &name, draft)
            }
        }
    }

    /// Reads those that no deployment names.
    pub fn rest(&mut self, account: &AwsAccount<'_>, hosts: u64, draft: &mut Draft) {
        let context = AlarmContext { account, hosts, calls_people: true };
        for kind in [COMPOSITE, ALARM] {
            for resource in account
                .of(kind)
                .filter(|resource| !self.read.contains_key(&key_of(resource)))
                .collect::<Vec<_>>()
            {
                if !scales(resource) && !is_off(resource) {
                    self.read(resource, &context, draft, 0);
                }
            }
        }
    }

    /// The most requests a second at which alarms that count failed ones are quiet while all is well; none if that is a lot.
    pub fn quiet_traffic(&self) -> Option<f64> {
        self.quiet.map(|failed| failed / USUAL_ERRORS).filter(|requests| *requests < 1_000.0)
    }

    /// Milliseconds that the slowest of these alarms takes.
    pub fn longest_ms(&self, names: &[String]) -> u64 {
        let named = self.read.values().filter(|alarm| alarm.names.iter().any(|name| names.contains(name)));
        named.map(|alarm| alarm.longest_ms).max().unwrap_or(0)
    }

    fn elsewhere(&mut self, value: &AwsValue<'_>, name: &str, draft: &mut Draft) -> Vec<String> {
        let key = (usize::MAX, name.to_owned());
        if let Some(known) = self.read.get(&key) {
            return known.names.clone();
        }
        value.approximated(
            "the alarm is in none of the files: one that fires in the minute in which an instance is hit",
        );
        value.desk().by_hand(
            format!("the alarm {}", plain_name(name)),
            "it is in none of the files: import it with this one, or put in what it looks at",
        );
        let mut judged = opaque(Timing::each(MINUTE));
        judged.table.set(
            "watch",
            text("rollout"),
            Provenance::implied("the deployment looks at it until its end"),
        );
        let alarm = draft_alarm(plain_name(name), judged, false, value.provenance());
        let names = vec![draft.alarm(alarm)];
        self.read
            .insert(key, ReadAlarm { names: names.clone(), any_of: vec![names.clone()], longest_ms: MINUTE });
        names
    }

    /// The names of an alarm, which is read if it was not.
    fn read(
        &mut self,
        resource: &AwsResource<'_>,
        context: &AlarmContext<'_, '_>,
        draft: &mut Draft,
        depth: usize,
    ) -> Vec<String> {
        let key = key_of(resource);
        if let Some(known) = self.read.get(&key) {
            return known.names.clone();
        }
        // One that refers to itself has no names while it is read.
        self.read.insert(key.clone(), ReadAlarm::default());
        resource.whole.beside_the_point(&AROUND);
        let read = if resource.kind == COMPOSITE {
            self.composite(resource, context, draft, depth)
        } else {
            self.metric(resource, context, draft)
        };
        resource.properties.beside_the_point(&ASIDE);
        let names = read.names.clone();
        self.read.insert(key, read);
        names
    }

    fn composite(
        &mut self,
        resource: &AwsResource<'_>,
        context: &AlarmContext<'_, '_>,
        draft: &mut Draft,
        depth: usize,
    ) -> ReadAlarm {
        let Some((rule, found)) = composite::rule_of(resource, depth) else { return ReadAlarm::default() };
        let mut any_of: Vec<Vec<String>> = Vec::new();
        for all in &found.any_of {
            any_of.extend(self.together(all, (&rule, resource), context, draft, depth));
        }
        if any_of.is_empty() || any_of.len() > MOST_COMBINATIONS {
            resource.whole.refused(if any_of.is_empty() {
                "none of the alarms that it is made of is in the scenario"
            } else {
                "its rule has too many combinations"
            });
            return ReadAlarm::default();
        }
        let everything: Vec<String> = any_of.iter().flatten().cloned().collect();
        let longest_ms = self.longest_ms(&everything).max(MINUTE);
        let names = composite::write(&any_of, resource, &rule, context, draft);
        ReadAlarm { names, any_of, longest_ms }
    }

    /// The combinations of the scenario's alarms that one combination of a rule comes to, as its parts may be composites;
    /// none where one of them is not there.
    fn together(
        &mut self,
        all: &[String],
        (rule, resource): (&AwsValue<'_>, &AwsResource<'_>),
        context: &AlarmContext<'_, '_>,
        draft: &mut Draft,
        depth: usize,
    ) -> Vec<Vec<String>> {
        let mut any_of: Vec<Vec<String>> = vec![Vec::new()];
        for word in all {
            let found =
                context.account.find(resource.document, &composite::reference(word), &[ALARM, COMPOSITE]);
            let choices = match found {
                Some(found) => {
                    // A part calls people only if it does so by itself, too.
                    let calls_people =
                        context.calls_people && !found.properties.list("AlarmActions").is_empty();
                    let own = AlarmContext { account: context.account, hosts: context.hosts, calls_people };
                    self.read(found, &own, draft, depth + 1);
                    self.read.get(&key_of(found)).map_or_else(Vec::new, |alarm| alarm.any_of.clone())
                }
                None => self.elsewhere(rule, word, draft).into_iter().map(|name| vec![name]).collect(),
            };
            if choices.is_empty() {
                rule.approximated(format!("without {}, which is not in the scenario", plain_name(word)));
            }
            any_of = any_of.iter().flat_map(|all| choices.iter().map(|choice| joined(all, choice))).collect();
            any_of.truncate(MOST_COMBINATIONS + 1);
        }
        any_of
    }

    fn metric(
        &mut self,
        resource: &AwsResource<'_>,
        context: &AlarmContext<'_, '_>,
        draft: &mut Draft,
    ) -> ReadAlarm {
        resource.properties.beside_the_point(&ASIDE);
        match metric::judge(&resource.properties, context.hosts) {
            Ok(metric::FoundAlarm { judged, longest_ms, counts }) => {
                if let Some((least, period_ms)) = counts {
                    // So few by chance that one in ten thousand periods or fewer has as many.
                    let (least, seconds) = (least as f64, period_ms as f64 / 1_000.0);
                    let failed = least * least / (100.0 + 4.0 * least) / seconds;
                    self.quiet = Some(self.quiet.map_or(failed, |quiet| quiet.min(failed)));
                }
                let place = resource.properties.get("Threshold").unwrap_or_else(|| resource.whole.clone());
                for how in &judged.approximated {
                    place.noted(how);
                }
                let alarm = draft_alarm(
                    plain_name(&title(resource)),
                    judged,
                    context.calls_people,
                    resource.whole.origin(),
                );
                let name = draft.alarm(alarm);
                ReadAlarm { names: vec![name.clone()], any_of: vec![vec![name]], longest_ms }
            }
            Err(Some(why)) => {
                resource.whole.refused(why);
                ReadAlarm::default()
            }
            // What is wrong was reported.
            Err(None) => ReadAlarm::default(),
        }
    }
}

/// Both together, each alarm once.
fn joined(all: &[String], more: &[String]) -> Vec<String> {
    let mut joined = all.to_vec();
    joined.extend(more.iter().filter(|name| !all.contains(name)).cloned());
    joined
}

fn key_of(resource: &AwsResource<'_>) -> (usize, String) {
    (resource.document, resource.id.clone())
}

/// Whether an alarm that nobody names calls nobody either.
fn is_off(resource: &AwsResource<'_>) -> bool {
    let enabled = resource.properties.get("ActionsEnabled");
    let off =
        enabled.is_some_and(|enabled| enabled.known().is_some_and(|word| word.eq_ignore_ascii_case("false")));
    if off {
        resource.whole.dropped("its actions are off: it calls nobody, and stops no rollout");
    }
    off
}

/// Whether all that an alarm does is to change the size of a fleet.
fn scales(resource: &AwsResource<'_>) -> bool {
    let actions = resource.properties.list("AlarmActions");
    let is_policy = |action: &AwsValue<'_>| {
        action.type_of_resource().is_some_and(|kind| kind.ends_with("ScalingPolicy"))
            || action
                .tree()
                .text()
                .is_some_and(|arn| arn.contains(":scalingPolicy:") || arn.contains("autoscaling_policy"))
    };
    let scales = !actions.is_empty() && actions.iter().all(is_policy);
    if scales {
        resource.whole.dropped("it changes the size of the fleet, and stops no rollout");
    }
    scales
}
