//! Whether alarms of the service, and those that are listened to for the whole rollout, have time to fire at all. Alarms
//! of zones and regions are held to each wave where the scenario is read.

use super::view::View;
use crate::diagnostic::Diagnostic;
use crate::ids::AlarmId;
use crate::plan::timeline::WaveSchedule;
use crate::plan::{Scope, Watch};
use crate::scenario::{Duration, rules};

/// Warns of the slowest alarm that cannot be relied on to fire before the pipeline stops listening to it.
pub(super) fn slow_alarm(view: &View<'_>) -> Option<Diagnostic> {
    let strategy = view.strategy();
    let takes = |alarm: AlarmId| view.plan.alarms[alarm].usual_ms();
    let slow = view.listened_to().into_iter().filter(|&alarm| {
        let plan = &view.plan.alarms[alarm];
        let whole = plan.scope == Scope::Service || plan.watch == Watch::Rollout;
        plan.scope != Scope::OneBox && whole && longest_ms(view, alarm) < takes(alarm)
    });
    let slowest = slow.max_by_key(|&alarm| takes(alarm))?;
    let message = format!(
        "strategy `{}` stops listening before `{}` can be relied on to fire: it takes {}, and from the first host on there \
         are {}",
        strategy.name,
        view.plan.alarms[slowest].name,
        Duration { ms: takes(slowest) },
        Duration { ms: longest_ms(view, slowest) },
    );
    let help = "bake longer, let an alarm with `watch = \"rollout\"` count for longer by `response = { suspect-for = \"1d\" }`, or \
                listen to a quicker one";
    let place = view.places.alarms[slowest];
    Some(view.warning(&rules::SHORT_WATCH, message).and(place, "this alarm").help(help))
}

/// How long the alarm is listened to at most once a host has the new version, in milliseconds.
fn longest_ms(view: &View<'_>, alarm: AlarmId) -> u64 {
    let host_ms = view.strategy().deploy_time(&view.plan.change).median_ms();
    let suspect_ms = view.strategy().response.suspect_for_ms;
    let whole_ms = match view.plan.alarms[alarm].watch {
        Watch::Rollout => view.times.end_ms() + suspect_ms,
        Watch::Wave => view.times.waves.iter().map(|wave| wave.end_ms - wave.start_ms).max().unwrap_or(0),
        Watch::Deployment => {
            let last = |wave: &WaveSchedule| {
                let end_ms = wave.deployments.iter().map(|deployment| deployment.end_ms).max();
                end_ms.map_or(0, |end_ms| end_ms - wave.start_ms)
            };
            view.times.waves.iter().map(last).max().unwrap_or(0)
        }
    };
    whole_ms.saturating_sub(host_ms)
}
