//! Ansible: its published rows through playbooks, and what a playbook says beside batches.

use super::{file, lost, of_files, of_files_given, plan_of, scenario_of};
use crate::language::published::ansible::failed;
use crate::language::published::{batches, number, numbers, rows, stopped_ms, told, trial};
use crate::support;
use serde_json::{Value, json};
use wavetank::import::Fate;

/// A playbook with one play of these keys, and an inventory of so many hosts.
fn files(hosts: u32, keys: &Value) -> [(&'static str, String); 2] {
    let mut play = json!({ "name": "p", "hosts": "web", "tasks": [] });
    play.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
    let inventory = format!("web:\n  hosts:\n    web[001:{hosts:03}].example.org:\n");
    [("site.yaml", json!([play]).to_string()), ("hosts.yaml", inventory)]
}

fn borrowed<'f>(files: &'f [(&'static str, String); 2]) -> [(&'static str, &'f str); 2] {
    [(files[0].0, &files[0].1), (files[1].0, &files[1].1)]
}

#[test]
fn serial_makes_the_published_batches() {
    let all = rows("ansible", "batches");
    assert_eq!(all.len(), 10);
    for row in &all {
        let keys = if row["serial"].is_null() { json!({}) } else { json!({ "serial": row["serial"] }) };
        let files = files(number(row, "hosts"), &keys);
        assert_eq!(batches(&told(&plan_of(&borrowed(&files)))), numbers(&row["batches"]), "{row}");
    }
}

#[test]
fn a_play_stops_where_more_hosts_of_a_batch_failed() {
    let all = rows("ansible", "failures");
    assert_eq!(all.len(), 5);
    for row in &all {
        let limit = &row["max_fail_percentage"];
        let mut keys = json!({ "serial": row["serial"] });
        if !limit.is_null() {
            keys["max_fail_percentage"] = limit.clone();
        }
        let files = files(number(row, "hosts"), &keys);
        let failing = numbers(&row["failing"]);
        let text = scenario_of(&borrowed(&files))
            .replace("[change]\n", &format!("[change]\nfailing-hosts = {}\n", failing.len()))
            .replace("bad-probability = \"5%\"", "bad-probability = \"0%\"");
        let plan = support::plan_of(&text);
        let (started, serial) = (numbers(&row["batches"]), number(row, "serial"));
        let in_batch = |batch: usize| failing.iter().filter(|host| **host / serial == batch as u32).count();
        let expected: Vec<u32> = (0..started.len()).map(|batch| in_batch(batch) as u32).collect();
        // Which hosts fail is left to chance: the trials in which it is those of the row.
        let alike = (0..400).map(|number| trial(&plan, number).0).filter(|told| failed(told) == expected);
        let mut seen = 0;
        for told in alike {
            seen += 1;
            assert_eq!(batches(&told), started, "{row}");
            let halted = stopped_ms(&told).is_some();
            // Hosts of the batch with which a play stops do not come to its end.
            let through = if halted { started.len() - 1 } else { started.len() };
            let completed: u32 = (0..through).map(|batch| started[batch] - expected[batch]).sum();
            assert_eq!(completed, number(row, "completed"), "{row}");
        }
        assert!(seen > 0, "{row}: in no trial");
    }
}

#[test]
fn plays_are_waves_over_their_hosts() {
    let (book, inventory) = (file("ansible-rolling.yaml"), file("ansible-inventory.yaml"));
    let files = [("site.yaml", book.as_str()), ("hosts.yaml", inventory.as_str())];
    let text = scenario_of(&files);
    for line in [
        "hosts-per-zone = 20 # hosts.yaml:3 web",
        "hosts-per-zone = 2 # hosts.yaml:6 db",
        "batch = [1, \"20%\", \"100%\"]",
        "batch-bake = \"5m30s\"",
        "failures = { allowed = 0 } # site.yaml:10 any_errors_fatal: true",
        "response = { on-alarm = \"freeze\" }",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert_eq!(batches(&told(&plan_of(&files))), [1, 1, 1, 1, 4, 15]);
    let imported = of_files(&files);
    let dropped = lost(&imported, Fate::Dropped);
    for what in ["[3]", "order: sorted", "roles", "wait_for"] {
        assert!(dropped.iter().any(|loss| loss.contains(what)), "{what}: {dropped:#?}");
    }
    let understood = dropped.iter().all(|loss| !loss.contains("not understood"));
    assert!(understood, "{dropped:#?}");
    let approximated = lost(&imported, Fate::Approximated);
    for what in ["strategy: free", "one limit for all waves", "pause"] {
        assert!(approximated.iter().any(|loss| loss.contains(what)), "{what}: {approximated:#?}");
    }
}

#[test]
fn variables_are_given_or_asked_for() {
    let book = |serial: &str| format!("- hosts: web\n  serial: \"{serial}\"\n  tasks: []\n");
    let shown = of_files(&[("site.yaml", &book("{{ step }}"))]).render(false);
    assert!(shown.contains("--set step=VALUE") && shown.contains("site.yaml:2:11"), "{shown}");
    let given = of_files_given(&[("site.yaml", &book("{{ step }}"))], &[("step", "3")]);
    assert!(given.scenario("x").contains("batch = 3 #"), "{}", given.render(false));
    let by_default = of_files(&[("site.yaml", &book("{{ step | default('30%') }}"))]);
    assert!(by_default.scenario("x").contains("batch = \"30%\" #"), "{}", by_default.render(false));
    assert!(lost(&by_default, Fate::Approximated)[0].contains("--set step=VALUE"));
    let shown = of_files(&[("site.yaml", &book("{{ groups['web'] | length // 3 }}"))]).render(false);
    assert!(shown.contains("known only when it is deployed"), "{shown}");
}

#[test]
fn what_is_no_batch_is_refused_with_its_place() {
    for (keys, problem) in [
        ("serial: 12.5%", "whole percentage"),
        ("serial: [1, many]", "`many`"),
        ("max_fail_percentage: 120", "from 0 to 100"),
        ("serial: {a: 1}", "mapping"),
    ] {
        let shown =
            of_files(&[("site.yaml", &format!("- hosts: web\n  {keys}\n  tasks: []\n"))]).render(false);
        assert!(shown.contains(problem) && shown.contains("site.yaml:2:"), "{shown}");
    }
    let alone = of_files(&[("hosts.yaml", &file("ansible-inventory.yaml"))]).render(false);
    assert!(alone.contains("give the playbook, too"), "{alone}");
}
