//! Composite alarms: any of several alarms, or several together.

use super::naming::{AlarmContext, draft_alarm, plain_name, title};
use super::rule::{RuleCombinations, combinations};
use crate::import::draft::{Ailment, Draft, DraftTable, texts};
use crate::import::tools::aws::account::AwsResource;
use crate::import::tools::aws::value::{AwsReference, AwsValue};
use crate::import::tools::judged::Judged;

/// Composites that are made of composites.
const MOST_DEPTH: usize = 8;

/// The rule of a composite alarm that is in `depth` others; none where it cannot be said, which is then told.
pub(super) fn rule_of<'d>(
    resource: &AwsResource<'d>,
    depth: usize,
) -> Option<(AwsValue<'d>, RuleCombinations)> {
    let properties = &resource.properties;
    properties.drop_keys(
        &["ActionsSuppressor", "ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod"],
        "nothing suppresses an alarm here: it may stop a rollout that yours lets go on",
    );
    let Some(rule) = properties.get("AlarmRule") else {
        resource.whole.refused("it has no rule");
        return None;
    };
    let text = rule.joined().ok_or("its rule is known only when it is deployed");
    let found = if depth < MOST_DEPTH { text } else { Err("composites are in each other too deeply") };
    match found.and_then(|text| combinations(&text)) {
        Ok(found) => {
            if !found.unless.is_empty() {
                let unless: Vec<String> = found.unless.iter().map(|name| plain_name(name)).collect();
                rule.approximated(format!("as if {} were never in alarm", unless.join(", ")));
            }
            Some((rule, found))
        }
        Err(why) => {
            resource.whole.refused(why);
            None
        }
    }
}

/// What a word of a rule refers to.
pub(super) fn reference(word: &str) -> AwsReference {
    let inner = word.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    match inner {
        Some(inner) => {
            AwsReference::Resource(inner.split_once('.').map_or(inner, |(name, _)| name).to_owned())
        }
        None => AwsReference::Named(word.rsplit(":alarm:").next().unwrap_or(word).to_owned()),
    }
}

/// Writes alarms for the combinations, each of names of the scenario's alarms, and returns their names.
pub(super) fn write(
    parts: &[Vec<String>],
    resource: &AwsResource<'_>,
    rule: &AwsValue<'_>,
    context: &AlarmContext<'_, '_>,
    draft: &mut Draft,
) -> Vec<String> {
    let name = plain_name(&title(resource));
    let singles: Vec<&str> = parts.iter().filter(|all| all.len() == 1).map(|all| all[0].as_str()).collect();
    let mut names = Vec::new();
    let add = |key: &str, of: &[&str], draft: &mut Draft| {
        let mut table = DraftTable::default();
        table.set(key, texts(of.iter().copied()), rule.provenance());
        let ailment =
            draft.alarms.iter().find(|alarm| of.contains(&alarm.name.as_str())).map(|alarm| alarm.ailment);
        let judged = Judged { table, ailment: ailment.unwrap_or(Ailment::Errors), approximated: Vec::new() };
        draft.alarm(draft_alarm(name.clone(), judged, context.calls_people, resource.whole.origin()))
    };
    match singles.as_slice() {
        [] => {}
        // It is another name of that alarm.
        [one] => {
            let own = draft.alarms.iter_mut().find(|alarm| alarm.name == *one);
            if let Some(own) = own.filter(|_| context.calls_people) {
                own.calls_people = true;
            }
            names.push((*one).to_owned());
        }
        _ => names.push(add("any-of", &singles, draft)),
    }
    for all in parts.iter().filter(|all| all.len() > 1) {
        let of: Vec<&str> = all.iter().map(String::as_str).collect();
        names.push(add("all-of", &of, draft));
    }
    if names.len() > 1 {
        rule.approximated(format!(
            "its combinations are {} alarms, any of which stops the rollout",
            names.len()
        ));
    }
    names
}
