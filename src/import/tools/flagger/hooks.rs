//! The webhooks of a Canary: people who approve, tests, load that is made, and what only hears of it.

use super::CanaryTicks;
use crate::import::cursor::Cursor;
use crate::import::draft::{Draft, DraftAlarm, DraftValue, text};
use crate::import::provenance::Provenance;
use crate::import::tools::gates;
use crate::import::tools::judged::{Timing, opaque};

/// What webhooks do, by when they are asked.
#[derive(Default)]
pub(super) struct CanaryHooks {
    /// Gates before anybody gets the new version.
    pub before: Vec<DraftValue>,
    /// Gates before each larger weight.
    pub each: Vec<DraftValue>,
    /// Gates before the promotion.
    pub end: Vec<DraftValue>,
    /// Alarms of tests that are run at each tick.
    pub checks: Vec<String>,
}

/// The webhooks of an analysis.
pub(super) fn read(analysis: &Cursor<'_>, ticks: &CanaryTicks, draft: &mut Draft) -> CanaryHooks {
    let mut hooks = CanaryHooks::default();
    for hook in analysis.list("webhooks") {
        hook.beside_the_point(&["url", "timeout", "muteAlert", "retries", "disableTLS"]);
        let name = hook.get("name").and_then(|name| name.text()).unwrap_or("webhook");
        let kind = hook.get("type").and_then(|kind| kind.text()).unwrap_or("rollout");
        let by_hand = |what: &str, why: &str| hook.desk().by_hand(format!("{what} of {name}"), why);
        match kind {
            "confirm-rollout" => {
                by_hand(
                    "approval",
                    "how long people take to approve; here the new version has its pods meanwhile",
                );
                hooks.before.push(gates::approval());
            }
            "confirm-traffic-increase" => {
                by_hand("approval", "how long the service that is asked takes to let the weight grow");
                hooks.each.push(gates::approval());
            }
            "confirm-promotion" => {
                by_hand(
                    "approval",
                    "how long people take to approve; Flagger goes on with its checks meanwhile",
                );
                hooks.end.push(gates::approval());
            }
            "pre-rollout" => {
                by_hand(
                    "catches",
                    "how likely the test refuses a bad change, and whether good ones, too (`false-alarm`)",
                );
                hooks.before.push(gates::test());
            }
            "rollout" => hooks.checks.extend(at_each_tick(&hook, name, ticks, draft)),
            "post-rollout" | "event" => {}
            "rollback" => {
                hook.dropped("people may take it back at any tick: the scenario has nobody who does")
            }
            other => {
                hook.error(format!("`{other}` is no type of webhook of Flagger"));
            }
        }
        hook.desk().take_all(hook.tree());
    }
    hooks
}

/// The alarm of a test that is run at each tick; none of what only makes load.
fn at_each_tick(hook: &Cursor<'_>, name: &str, ticks: &CanaryTicks, draft: &mut Draft) -> Option<String> {
    let metadata = |key: &str| hook.peek(&["metadata", key]);
    // Flagger's own load tester says that a command was begun, and not how it went.
    let makes_load = metadata("type").is_none_or(|kind| kind == "cmd") && metadata("cmd").is_some();
    if makes_load {
        hook.dropped(
            "it makes requests to the new version and fails never: the scenario has those of customers alone, which its \
             checks may wait for longer",
        );
        return None;
    }
    let mut judged = opaque(Timing::each(ticks.interval_ms));
    let own = Provenance::implied("a test asks the new version itself");
    judged.table.set("version", text("new"), own.clone());
    judged.table.set("internal", DraftValue::Plain("true".to_owned()), own);
    hook.approximated("what the test finds is to be given as a probability");
    hook.desk().by_hand(
        format!("breach-probability of {name}"),
        "how likely the test fails while all is well, and while an instance is impaired",
    );
    Some(draft.alarm(DraftAlarm {
        name: name.to_owned(),
        table: judged.table,
        ailment: judged.ailment,
        calls_people: false,
        from: Provenance::Written(vec![hook.head()]),
    }))
}
