//! Whether the pipeline stops before the next wave begins. It compares times alone: how likely an alarm fires is in
//! `blind_first_wave.rs`.

use super::view::View;
use crate::diagnostic::Diagnostic;
use crate::ids::AlarmId;
use crate::plan::{Scope, Watch};
use crate::scenario::{Duration, rules};

/// Warns if the quickest alarm over zones, regions or the service fires within the bake of a wave, but the pipeline
/// only stops when the next wave has begun.
pub(super) fn late_reaction(view: &View<'_>) -> Option<Diagnostic> {
    let strategy = view.strategy();
    let reaction = strategy.rollback.reaction_delay_ms;
    let wide = view.listened_to().into_iter().filter(|&alarm| view.plan.alarms[alarm].scope != Scope::OneBox);
    let takes = |alarm: AlarmId| view.plan.alarms[alarm].usual_ms();
    let quickest = wide.min_by_key(|&alarm| takes(alarm))?;
    let fires_ms = takes(quickest);
    // What is not listened to any longer does not come late: it does not come.
    let lasts = view.plan.alarms[quickest].watch == Watch::Rollout;
    let (_, followed) = strategy.waves.split_last()?;
    let wave = followed.iter().find(|wave| {
        let time = wave.procedure.zone_bake_ms + wave.bake_ms;
        (lasts || fires_ms <= time) && time < fires_ms + reaction
    })?;
    let message = format!(
        "after an alarm late in wave `{}` strategy `{}` only stops when the next wave has begun: its bake is {}, \
         `{}` takes {} and the reaction {}",
        wave.name,
        strategy.name,
        Duration { ms: wave.procedure.zone_bake_ms + wave.bake_ms },
        view.plan.alarms[quickest].name,
        Duration { ms: fires_ms },
        Duration { ms: reaction },
    );
    let help = format!("bake for at least {}", Duration { ms: fires_ms + reaction });
    let quick = view.places.alarms[quickest];
    Some(view.warning(&rules::LATE_REACTION, message).and(quick, "the quickest alarm").help(help))
}
