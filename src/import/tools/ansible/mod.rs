//! Ansible: playbooks. Plays are waves over the hosts that they name, and `serial` makes their batches. Nothing in tasks is
//! followed but what makes a batch wait.

mod expression;
mod inventory;
mod play;
mod tasks;

use super::ToolFormat;
use crate::import::cursor::Cursor;
use crate::import::draft::{Draft, DraftStrategy, inline, percent, text, whole};
use crate::import::provenance::Provenance;
use crate::import::tree::{Marked, MarkedValue};
use play::{Play, PlayFailures};
use std::collections::BTreeMap;

pub(super) const FORMATS: &[ToolFormat] = &[
    ToolFormat { tool: "Ansible", knows: is_playbook, read: playbook },
    ToolFormat { tool: "Ansible inventory", knows: inventory::is_inventory, read: inventory::read },
];

/// Plays of a playbook.
const MOST_PLAYS: usize = 100;

/// Keys of which a play has at least one beside its hosts.
const OF_PLAYS: [&str; 10] = [
    "tasks",
    "roles",
    "pre_tasks",
    "post_tasks",
    "serial",
    "gather_facts",
    "become",
    "vars",
    "handlers",
    "strategy",
];

fn is_playbook(cursor: &Cursor<'_>) -> bool {
    cursor.tree().items().iter().any(is_play)
}

fn is_play(item: &Marked) -> bool {
    let is_import =
        ["import_playbook", "ansible.builtin.import_playbook"].iter().any(|key| item.get(key).is_some());
    is_import || item.get("hosts").is_some() && OF_PLAYS.iter().any(|key| item.get(key).is_some())
}

fn playbook(cursor: &Cursor<'_>, draft: &mut Draft) {
    let mut plays: Vec<Play<'_>> = Vec::new();
    let items = cursor.items();
    if items.len() > MOST_PLAYS {
        cursor.error(format!("more than {MOST_PLAYS} plays are no rollout: give those that deploy"));
        return;
    }
    for item in items {
        if !matches!(item.tree().value, MarkedValue::Map(_)) {
            item.error("a play is a mapping");
            continue;
        }
        if ["import_playbook", "ansible.builtin.import_playbook"].iter().any(|key| item.has(key)) {
            item.dropped("another playbook is run here: give that file, too; it is a strategy of its own");
            continue;
        }
        plays.extend(play::read(&item, draft));
    }
    let plays = those_that_deploy(plays);
    if plays.is_empty() {
        if cursor.desk().is_clean() {
            cursor.error("no play here runs on hosts of a fleet");
        }
        return;
    }
    let name = cursor.desk().sources.name(cursor.span().file);
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let stem = file.split('.').next().filter(|stem| !stem.is_empty()).unwrap_or("playbook");
    let mut strategy = DraftStrategy::new(
        stem,
        format!("Ansible playbook {file}"),
        Provenance::Written(vec![cursor.span()]),
    );
    failures(&plays, &mut strategy);
    strategy.table.set(
        "response",
        inline([("on-alarm", text("freeze"))]),
        Provenance::implied("Ansible stops, and nothing goes back"),
    );
    for play in plays {
        strategy.table.add("wave", play.wave);
    }
    draft.strategy(strategy);
}

/// Of several plays on the same hosts the one with `serial`, or the first.
fn those_that_deploy(plays: Vec<Play<'_>>) -> Vec<Play<'_>> {
    let mut by_hosts: BTreeMap<String, usize> = BTreeMap::new();
    for (number, play) in plays.iter().enumerate() {
        let chosen = by_hosts.entry(play.region.clone()).or_insert(number);
        if play.has_serial && !plays[*chosen].has_serial {
            *chosen = number;
        }
    }
    let mut deploying = Vec::new();
    for (number, play) in plays.into_iter().enumerate() {
        if by_hosts.get(&play.region) == Some(&number) {
            deploying.push(play);
        } else {
            play.cursor.dropped(
                "another play has these hosts, and the change is taken to come with the one that has `serial`, or else with \
                 the first: import this one alone if it brings the change",
            );
        }
    }
    deploying
}

/// How many hosts of a batch may fail: what the strictest play says.
fn failures(plays: &[Play<'_>], strategy: &mut DraftStrategy) {
    let Some(strictest) =
        plays.iter().map(|play| &play.failures).min_by_key(|failures| failures.millionths())
    else {
        return;
    };
    for play in plays.iter().filter(|play| play.failures.millionths() != strictest.millionths()) {
        play.cursor.desk().lose(crate::import::Loss {
            fate: crate::import::Fate::Approximated,
            span: Some(play.cursor.head()),
            what: format!("failures of {}", play.region),
            why: "a scenario has one limit for all waves, that of the strictest play".to_owned(),
        });
    }
    let (allowed, from) = match strictest {
        PlayFailures::None(from) => (whole(0), from.clone()),
        PlayFailures::Share(share, from) => (percent(share), from.clone()),
        PlayFailures::NotAll => {
            (percent("99.9999"), Provenance::implied("a play stops when all hosts of a batch failed"))
        }
        PlayFailures::Any => return,
    };
    strategy.table.set("failures", inline([("allowed", allowed)]), from);
}
