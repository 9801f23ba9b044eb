//! Inventories in YAML: how many hosts a group has. It reads no variables.

use crate::import::cursor::Cursor;
use crate::import::desk::Desk;
use crate::import::draft::Draft;
use crate::import::provenance::Provenance;
use crate::import::tree::{Marked, MarkedValue};
use std::collections::BTreeSet;

/// Hosts of one inventory that are counted at most.
const MOST_HOSTS: usize = 100_000;

/// Whether every part is a group: hosts, groups and variables.
pub(super) fn is_inventory(cursor: &Cursor<'_>) -> bool {
    let is_group = |group: &Marked| {
        let keys = group.entries();
        let has_places = keys.iter().any(|entry| {
            ["hosts", "children"].contains(&entry.key.as_str())
                && (matches!(entry.value.value, MarkedValue::Map(_)) || entry.value.is_nothing())
        });
        has_places && keys.iter().all(|entry| ["hosts", "children", "vars"].contains(&entry.key.as_str()))
    };
    let groups = cursor.tree().entries();
    !groups.is_empty()
        && groups.iter().all(|group| is_group(&group.value) || group.value.is_nothing())
        && groups.iter().any(|group| is_group(&group.value))
}

/// Takes what is in it; plays ask for it. Alone it says nothing of a rollout.
pub(super) fn read(cursor: &Cursor<'_>, _draft: &mut Draft) {
    cursor.desk().take_all(cursor.tree());
    let is_alone =
        cursor.desk().papers.iter().all(|paper| is_inventory(&Cursor::root(cursor.desk(), &paper.tree)));
    if is_alone {
        cursor.error(
            "an inventory says where hosts are, and not how a change is rolled out: give the playbook, too",
        );
    }
}

/// How many hosts a pattern of group names stands for by the inventories on the desk, and where they are; none if some name
/// is in none of them.
pub(super) fn count(desk: &Desk<'_>, pattern: &str) -> Option<(u64, Provenance)> {
    let names: Vec<&str> = pattern.split([':', ',']).map(str::trim).filter(|name| !name.is_empty()).collect();
    let mut hosts = BTreeSet::new();
    let mut from = Provenance::Plain;
    for name in &names {
        let mut found = false;
        for paper in desk.papers {
            let root = Cursor::root(desk, &paper.tree);
            if !is_inventory(&root) {
                continue;
            }
            if *name == "all" {
                collect(&paper.tree, &mut hosts);
                from = from.and(&Provenance::Written(vec![root.head()]));
                found = true;
            } else if let Some((group, span)) = group(&paper.tree, name) {
                collect_group(group, &mut hosts);
                from = from.and(&Provenance::Written(vec![span]));
                found = true;
            }
        }
        if !found {
            return None;
        }
    }
    let count = u64::try_from(hosts.len()).ok()?;
    (count > 0 && hosts.len() < MOST_HOSTS).then_some((count, from))
}

/// The first group of a name, wherever it is.
fn group<'t>(groups: &'t Marked, name: &str) -> Option<(&'t Marked, crate::diagnostic::Span)> {
    for entry in groups.entries() {
        if entry.key == name && !entry.value.is_nothing() {
            return Some((&entry.value, entry.key_span));
        }
        let below = entry.value.get("children").and_then(|children| group(children, name));
        if below.is_some() {
            return below;
        }
    }
    None
}

fn collect(groups: &Marked, hosts: &mut BTreeSet<String>) {
    for entry in groups.entries() {
        collect_group(&entry.value, hosts);
    }
}

fn collect_group(group: &Marked, hosts: &mut BTreeSet<String>) {
    for host in group.get("hosts").map_or(&[][..], Marked::entries) {
        expand(&host.key, hosts);
    }
    if let Some(children) = group.get("children") {
        collect(children, hosts);
    }
}

/// The hosts of `www[01:50].example.com`, or the one of a plain name.
fn expand(name: &str, hosts: &mut BTreeSet<String>) {
    if hosts.len() >= MOST_HOSTS {
        return;
    }
    let range = || {
        let (before, rest) = name.split_once('[')?;
        let (range, behind) = rest.split_once(']')?;
        let mut parts = range.split(':');
        let (from, to) = (parts.next()?, parts.next()?);
        let step: usize = parts.next().map_or(Some(1), |step| step.parse().ok()).filter(|step| *step > 0)?;
        let letter = |text: &str| text.parse::<char>().ok().filter(char::is_ascii_alphabetic).map(u64::from);
        let (first, last) = match (from.parse::<u64>(), to.parse::<u64>()) {
            (Ok(first), Ok(last)) => (first, last),
            _ => (letter(from)?, letter(to)?),
        };
        Some((before.to_owned(), behind.to_owned(), first, last, step))
    };
    match range() {
        None => drop(hosts.insert(name.to_owned())),
        Some((before, behind, first, last, step)) => {
            for number in (first..=last).step_by(step).take(MOST_HOSTS - hosts.len()) {
                // Another range may follow.
                if behind.contains('[') {
                    expand(&format!("{before}{number}{behind}"), hosts);
                } else {
                    hosts.insert(format!("{before}{number}{behind}"));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_expanded_and_bounded() {
        let of = |name: &str| {
            let mut hosts = BTreeSet::new();
            expand(name, &mut hosts);
            hosts.len()
        };
        assert_eq!(of("web1"), 1);
        assert_eq!(of("www[01:50].example.com"), 50);
        assert_eq!(of("db-[a:f]"), 6);
        assert_eq!(of("www[01:50:10]"), 5);
        assert_eq!(of("r[1:3]-h[1:4]"), 12);
        assert_eq!(of("x[5:1]"), 0);
        assert_eq!([of("x[a:"), of("x[1:2:0]"), of("x[]")], [1, 1, 1]);
    }
}
