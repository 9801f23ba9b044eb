//! Ansible's `serial` and `max_fail_percentage`, as ansible-playbook ran them.

use super::{MINUTE, batches, number, numbers, plan, region, rows, stopped_ms, told, toml, trial};
use serde_json::Value;
use wavetank::rollout::{RolloutEvent, RolloutRecord};

/// A size of a batch: 0, -1 or nothing is all that are left, and 0 % is one host.
fn size(serial: &Value) -> String {
    match serial {
        Value::Null => "\"100%\"".to_owned(),
        Value::Number(hosts) if hosts.as_i64() <= Some(0) => "\"100%\"".to_owned(),
        Value::String(share) if share == "0%" => "1".to_owned(),
        Value::Array(sizes) => format!("[{}]", sizes.iter().map(size).collect::<Vec<_>>().join(", ")),
        _ => toml(serial),
    }
}

#[test]
fn serial_makes_the_published_batches() {
    for row in rows("ansible", "batches") {
        let text = format!(
            "{}[[strategy]]\nname = \"play\"\nbatch = {}\nwave = [{{ regions = \"all\" }}]\n",
            region(number(&row, "hosts")),
            size(&row["serial"])
        );
        assert_eq!(batches(&told(&plan(&text))), numbers(&row["batches"]), "{row}");
    }
}

/// Failed hosts of each batch that was started, where each takes a minute.
pub(crate) fn failed(records: &[RolloutRecord]) -> Vec<u32> {
    let mut failed = vec![0; batches(records).len()];
    for record in records {
        if let RolloutEvent::HostsFailed { hosts, .. } = record.event {
            failed[(record.at_ms / MINUTE) as usize - 1] += hosts;
        }
    }
    failed
}

#[test]
fn a_play_stops_where_more_hosts_of_a_batch_failed() {
    for row in rows("ansible", "failures") {
        let (hosts, serial) = (number(&row, "hosts"), number(&row, "serial"));
        // Without a limit a play stops when all hosts of a batch failed.
        let allowed = row["max_fail_percentage"].as_u64().unwrap_or(99);
        let failing = numbers(&row["failing"]);
        let text = format!(
            "{}[change]\ndeploy-time = \"1m\"\nfailing-hosts = {}\n[[strategy]]\nname = \"play\"\nbatch = {serial}\n\
             failures = {{ allowed = \"{allowed}%\" }}\nresponse = {{ on-alarm = \"freeze\" }}\nwave = [{{ regions = \"all\" }}]\n",
            region(hosts),
            failing.len()
        );
        let plan = plan(&text);
        let started = numbers(&row["batches"]);
        let in_batch = |batch: usize| failing.iter().filter(|host| **host / serial == batch as u32).count();
        let expected: Vec<u32> = (0..started.len()).map(|batch| in_batch(batch) as u32).collect();
        // Which hosts fail is left to chance: the trials in which it is those of the row.
        let alike = (0..400).map(|number| trial(&plan, number).0).filter(|told| failed(told) == expected);
        let mut seen = 0;
        for told in alike {
            seen += 1;
            assert_eq!(batches(&told), started, "{row}");
            assert_eq!(started.iter().sum::<u32>(), number(&row, "touched"));
            let halted = stopped_ms(&told).is_some();
            // Hosts of the batch with which a play stops do not come to its end.
            let through = if halted { started.len() - 1 } else { started.len() };
            let completed: u32 = (0..through).map(|batch| batches(&told)[batch] - failed(&told)[batch]).sum();
            assert_eq!(completed, number(&row, "completed"), "{row}");
        }
        assert!(seen > 0, "{row}: in no trial");
    }
}
