//! Datapoints of an alarm as checks of a gate: instances of the alarm whose evaluations begin when the gate opens, and that
//! fire nothing. What a failed one does to the gate is decided elsewhere.

use super::opening::{instance, series_of};
use super::{Alarms, Seen, Sight};
use crate::ids::{AlarmId, GateId, WatchId, WaveId};
use crate::plan::{GateChecks, GateKind, Missing, Scope};
use crate::random::mix;
use crate::rollout::context::Context;
use crate::rollout::event::{AlarmEvent, FailedCheck};
use crate::rollout::place::WatchedScope;

impl Alarms {
    /// The gates of a wave open now: their checks begin.
    pub fn check(&mut self, ctx: &mut Context, sight: Sight<'_>, wave: WaveId) -> Seen {
        for (index, gate) in ctx.wave(wave).gates.iter().enumerate() {
            if let GateKind::Checks(checks) = &gate.kind {
                for alarm in checks.alarms() {
                    for scope in scopes(ctx, sight, wave, alarm) {
                        self.open_check(ctx, sight, (wave, GateId::new(index)), (alarm, checks), scope);
                    }
                }
            }
        }
        Seen::NOTHING
    }

    fn open_check(
        &mut self,
        ctx: &mut Context,
        sight: Sight<'_>,
        (wave, gate): (WaveId, GateId),
        (alarm, checks): (AlarmId, &GateChecks),
        scope: WatchedScope,
    ) {
        let series = series_of(ctx, sight, alarm, scope);
        let span = (ctx.now_ms() + checks.after_ms, None);
        let place = mix(&[u64::from(wave.number()), u64::from(gate.number())]);
        let state = instance(ctx, (alarm, None), (scope, series), span).for_gate(gate, place);
        let watch = self.keep(state);
        self.search_from_now(ctx, sight, watch);
    }

    /// The gate that a watch checks for, and its alarm.
    pub fn checked_by(&self, watch: WatchId) -> Option<(GateId, AlarmId)> {
        let watch = &self.watches[watch];
        watch.for_gate.map(|gate| (gate, watch.alarm))
    }
}

/// What a datapoint of a check says, none if it is missing: nothing if it passes.
pub(super) fn failed(breach: Option<bool>, missing: Missing) -> Option<FailedCheck> {
    match (breach, missing) {
        (Some(true), _) | (None, Missing::Breaching) => Some(FailedCheck::Counts),
        (Some(false), _) | (None, Missing::NotBreaching) => None,
        (None, Missing::Ignore | Missing::Missing) => Some(FailedCheck::HoldsOnly),
    }
}

/// Schedules that a check of a watch has failed now.
pub(super) fn tell_gate(ctx: &mut Context, watch: WatchId, check: FailedCheck) {
    ctx.schedule(ctx.now_ms(), AlarmEvent::CheckFails { watch, check });
}

/// What is checked after a wave: every part of its regions that an alarm can look at.
fn scopes(ctx: &Context, sight: Sight<'_>, wave: WaveId, alarm: AlarmId) -> Vec<WatchedScope> {
    let regions = || ctx.wave(wave).regions.iter().copied();
    let zones = || regions().flat_map(|region| ctx.zones_of(region));
    match ctx.alarm(alarm).scope {
        Scope::OneBox => {
            let boxed = zones().filter(|zone| sight.deployments.one_box(*zone) > 0);
            boxed.map(WatchedScope::OneBox).collect()
        }
        Scope::Zone => zones().map(WatchedScope::Zone).collect(),
        Scope::Region => regions().map(WatchedScope::Region).collect(),
        Scope::Service => vec![WatchedScope::Service],
    }
}
