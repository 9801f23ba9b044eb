//! A play as a wave: its hosts, its batches and what may fail. It reads no tasks.

use super::expression::{self, KnownValue};
use super::{inventory, tasks};
use crate::import::cursor::Cursor;
use crate::import::draft::{
    Draft, DraftRegion, DraftTable, DraftValue, duration, percent, sound_name, text, whole,
};
use crate::import::provenance::Provenance;

/// Instances of a group whose number no inventory says.
const HOSTS_UNSAID: u64 = 10;

/// Hosts of the largest zone.
const MOST_HOSTS: u64 = 1_000_000_000;

/// Sizes of batches of one play.
const MOST_SIZES: usize = 1_000;

/// A play that runs on hosts of the fleet.
pub(super) struct Play<'d> {
    /// Where it is written.
    pub cursor: Cursor<'d>,
    /// The hosts, as a region.
    pub region: String,
    /// Whether it says its batches.
    pub has_serial: bool,
    /// How many may fail.
    pub failures: PlayFailures,
    /// The wave.
    pub wave: DraftTable,
}

/// How many hosts of a batch may fail before the play stops.
pub(super) enum PlayFailures {
    /// None.
    None(Provenance),
    /// A share in percent, as it is written.
    Share(String, Provenance),
    /// All but one.
    NotAll,
    /// All.
    Any,
}

impl PlayFailures {
    /// The share of a batch that may fail, in millionths of it.
    pub fn millionths(&self) -> u64 {
        match self {
            Self::None(_) => 0,
            Self::Share(share, _) => (share.parse::<f64>().unwrap_or(0.0) * 10_000.0) as u64,
            Self::NotAll => 999_999,
            Self::Any => 1_000_001,
        }
    }
}

/// A size of a batch.
#[derive(Debug, PartialEq, Eq)]
enum SerialSize {
    All,
    Hosts(u64),
    Percent(u64),
}

/// Keys that say nothing about a rollout.
const BESIDE: &[&str] = &[
    "name",
    "become",
    "become_user",
    "become_method",
    "become_flags",
    "become_exe",
    "gather_facts",
    "gather_subset",
    "gather_timeout",
    "vars_files",
    "vars_prompt",
    "environment",
    "tags",
    "remote_user",
    "user",
    "port",
    "connection",
    "collections",
    "module_defaults",
    "no_log",
    "check_mode",
    "diff",
    "debugger",
    "timeout",
    "fact_path",
    "force_handlers",
    "handlers",
    "run_once",
    "ignore_unreachable",
    "sudo",
    "sudo_user",
    "su",
    "su_user",
    "validate_argspec",
];

/// The wave of a play; none if it runs elsewhere, which is told, or cannot be read, which is reported.
pub(super) fn read<'d>(play: &Cursor<'d>, draft: &mut Draft) -> Option<Play<'d>> {
    let hosts = play.get("hosts");
    let pattern = hosts.as_ref().map(pattern)?;
    let is_local = ["localhost", "127.0.0.1", "::1"].contains(&pattern.as_str())
        || play.peek(&["connection"]) == Some("local");
    if is_local {
        play.dropped("it runs where the playbook is started, and on no host of the fleet");
        return None;
    }
    let has_serial = play.has("serial");
    let title = play.peek(&["name"]).unwrap_or(&pattern);
    let mut wave = DraftTable::default();
    wave.set("name", text(&sound_name(title)), Provenance::Plain);
    let region = sound_name(&pattern);
    let from = hosts.as_ref().map_or(Provenance::Plain, |hosts| hosts.provenance());
    wave.set("regions", crate::import::draft::texts([region.as_str()]), from);
    let sizes = sizes(play);
    let count = place(play, &pattern, &region, draft);
    batches(play, &sizes, count, &mut wave);
    let failures = failures(play);
    pace(play, &mut wave);
    if play.has("vars") {
        play.beside_the_point(&["vars"]);
    }
    play.beside_the_point(BESIDE);
    Some(Play { cursor: play.clone(), region, has_serial, failures, wave })
}

/// The hosts as they are written. An expression is a name like another: how many they are is to be given anyway.
fn pattern(hosts: &Cursor<'_>) -> String {
    let words: Vec<String> = hosts
        .items()
        .iter()
        .map(|item| match item.tree().text() {
            Some(word) if word.contains("{{") => {
                let name =
                    expression::variable(word).map(|variable| variable.default.unwrap_or(variable.name));
                hosts.approximated(
                    "which hosts these are is known when it runs: they are a region of this name",
                );
                name.unwrap_or("hosts").to_owned()
            }
            Some(_) => item.text().unwrap_or_default().to_owned(),
            None => {
                item.error("hosts are a name or a list of names");
                String::new()
            }
        })
        .collect();
    words.join(",")
}

/// The region of the hosts; returns how many an inventory says.
fn place(play: &Cursor<'_>, pattern: &str, region: &str, draft: &mut Draft) -> Option<u64> {
    let known = inventory::count(play.desk(), pattern);
    let mut table = DraftTable::default();
    match &known {
        Some((count, from)) => {
            table.set("hosts-per-zone", whole((*count).clamp(1, MOST_HOSTS)), from.clone())
        }
        None => {
            let from = Provenance::hand("how many hosts these are: give the inventory (YAML), too");
            table.set("hosts-per-zone", whole(HOSTS_UNSAID), from);
            play.desk().by_hand(
                "hosts-per-zone",
                "how many hosts a play has: a playbook names groups, an inventory has their hosts",
            );
        }
    }
    draft.region(DraftRegion { name: region.to_owned(), table });
    known.map(|(count, _)| count)
}

/// The sizes that `serial` says, each with where it is from.
fn sizes(play: &Cursor<'_>) -> Vec<(SerialSize, Provenance)> {
    let Some(serial) = play.get("serial") else { return Vec::new() };
    let all = serial.items();
    if all.len() > MOST_SIZES {
        serial.error(format!("a scenario has at most {MOST_SIZES} sizes of batches"));
        return Vec::new();
    }
    let mut sizes = Vec::new();
    for item in all {
        match expression::known(&item, play) {
            None => {}
            Some(KnownValue::Here(here)) => {
                for one in here.items() {
                    let size = one.read("a number of hosts or a whole percentage such as 20%", size);
                    sizes.extend(size.map(|size| (size, item.provenance().and(&one.provenance()))));
                }
            }
            Some(KnownValue::Text(text)) => match size(text) {
                Some(size) => sizes.push((size, item.provenance())),
                None => item.error(format!(
                    "`{}` is not a number of hosts or a whole percentage such as 20%",
                    crate::import::provenance::shortened(text)
                )),
            },
        }
    }
    sizes
}

/// A size as Ansible reads it: none and less are all hosts, and a percentage is a whole number.
fn size(text: &str) -> Option<SerialSize> {
    let text = text.trim();
    match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse().ok().map(SerialSize::Percent),
        None => text.parse().ok().map(|hosts: i64| match u64::try_from(hosts) {
            Ok(0) | Err(_) => SerialSize::All,
            Ok(hosts) => SerialSize::Hosts(hosts.min(MOST_HOSTS)),
        }),
    }
}

/// The hosts that Ansible makes of a percentage, whose arithmetic is that of floating-point numbers.
fn of_hosts(percent: u64, hosts: u64) -> u64 {
    ((percent as f64 / 100.0 * hosts as f64) as u64).max(1)
}

/// A size as a scenario says it; a count where Ansible's arithmetic differs from the exact one.
fn written(size: &SerialSize, hosts: Option<u64>) -> DraftValue {
    match size {
        SerialSize::All => percent("100"),
        SerialSize::Hosts(hosts) => whole(*hosts),
        SerialSize::Percent(0) => whole(1),
        SerialSize::Percent(share) if *share >= 100 => percent("100"),
        SerialSize::Percent(share) => match hosts.filter(|hosts| *hosts <= MOST_HOSTS) {
            Some(hosts) if of_hosts(*share, hosts) != (share * hosts / 100).max(1) => {
                whole(of_hosts(*share, hosts))
            }
            _ => percent(&share.to_string()),
        },
    }
}

fn batches(play: &Cursor<'_>, sizes: &[(SerialSize, Provenance)], hosts: Option<u64>, wave: &mut DraftTable) {
    match sizes {
        [] if play.has("serial") => {}
        [] => wave.set("batch", percent("100"), Provenance::implied("Ansible's default: all hosts at once")),
        [(size, from)] => wave.set("batch", written(size, hosts), from.clone()),
        several => {
            let list: Vec<String> =
                several.iter().map(|(size, _)| written(size, hosts).to_string()).collect();
            let from = several.iter().skip(1).fold(several[0].1.clone(), |from, (_, more)| from.and(more));
            wave.set("batch", DraftValue::Plain(format!("[{}]", list.join(", "))), from);
        }
    }
}

fn failures(play: &Cursor<'_>) -> PlayFailures {
    let fatal = play.get("any_errors_fatal");
    let truth = |cursor: &Cursor<'_>| match expression::known(cursor, play) {
        None => None,
        Some(KnownValue::Here(here)) => here.truth(),
        Some(KnownValue::Text(text)) => {
            Some(["true", "yes", "on"].contains(&text.to_ascii_lowercase().as_str()))
        }
    };
    if let Some(errors) = play.get("ignore_errors")
        && truth(&errors) == Some(true)
    {
        errors.approximated("hosts that fail go on, and no number of them stops the play");
        play.drop_keys(
            &["max_fail_percentage", "any_errors_fatal"],
            "`ignore_errors` lets hosts that fail go on",
        );
        return PlayFailures::Any;
    }
    if let Some(fatal) = fatal
        && truth(&fatal) == Some(true)
    {
        play.drop_keys(&["max_fail_percentage"], "`any_errors_fatal` stops the play sooner");
        return PlayFailures::None(fatal.provenance());
    }
    let Some(limit) = play.get("max_fail_percentage") else { return PlayFailures::NotAll };
    let what = "a percentage from 0 to 100";
    let share = match expression::known(&limit, play) {
        None => None,
        Some(KnownValue::Here(here)) => here.read(what, share),
        Some(KnownValue::Text(text)) => {
            let share = share(text);
            if share.is_none() {
                limit.error(format!("it is not {what}"));
            }
            share
        }
    };
    match share.as_deref() {
        Some("0") => PlayFailures::None(limit.provenance()),
        Some("100") => PlayFailures::Any,
        Some(share) => PlayFailures::Share(share.to_owned(), limit.provenance()),
        None => PlayFailures::NotAll,
    }
}

/// A percentage from 0 to 100 as a scenario writes it.
fn share(text: &str) -> Option<String> {
    let text = text.trim().trim_end_matches('%').trim();
    let number: f64 = text.parse().ok()?;
    let exact = format!("{number:.4}");
    (0.0..=100.0).contains(&number).then(|| exact.trim_end_matches('0').trim_end_matches('.').to_owned())
}

/// What else decides how fast a play goes, and how long its batches wait.
fn pace(play: &Cursor<'_>, wave: &mut DraftTable) {
    if let Some(strategy) = play.get("strategy") {
        match strategy.text().map(|name| name.trim_start_matches("ansible.builtin.")) {
            Some("linear" | "debug") | None => {}
            Some(_) => strategy.approximated(
                "hosts of a batch go through the tasks each at its own pace; the next batch waits for all of them",
            ),
        }
    }
    play.drop_keys(&["order"], "hosts of a scenario are alike: which of them come first changes nothing");
    play.drop_keys(
        &["throttle"],
        "hosts of a batch have the change together here; with a throttle a batch takes longer, which `deploy-time` can say",
    );
    play.drop_keys(&["when"], "whether it is run is decided when it runs: the scenario runs it");
    play.drop_keys(
        &["roles"],
        "tasks of roles are in other files: what makes a batch wait there is not in the scenario",
    );
    let wait = tasks::waits(play);
    if let Some((ms, from)) = wait {
        wave.set("batch-bake", duration(ms), from.clone());
        wave.set("bake", duration(ms), from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_ansible_reads_them() {
        assert_eq!(size("3"), Some(SerialSize::Hosts(3)));
        assert_eq!(size("20%"), Some(SerialSize::Percent(20)));
        assert_eq!([size("0"), size("-1")], [Some(SerialSize::All), Some(SerialSize::All)]);
        for wrong in ["2.5", "12.5%", "many", "", "-5%"] {
            assert_eq!(size(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_share_is_a_count_where_floating_point_rounds_otherwise() {
        let of = |share: u64, hosts: u64| written(&SerialSize::Percent(share), Some(hosts)).to_string();
        assert_eq!(of(29, 100), "28");
        assert_eq!(of(20, 100), "\"20%\"");
        assert_eq!(of(1, 10), "\"1%\"");
        assert_eq!([of(0, 10), of(150, 10)], ["1", "\"100%\""]);
    }
}
