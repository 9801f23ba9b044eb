//! Gates of the present wave that fail, and checks that do: what the event loop asks before somebody reacts.

use super::Deployments;
use crate::ids::{AlarmId, GateId, WaveId};
use crate::rollout::context::Context;
use crate::rollout::event::FailedCheck;

impl Deployments {
    /// Whether a gate of a wave that was to fail now does.
    #[must_use = "somebody is to react"]
    pub fn gate_fails(&mut self, ctx: &Context, wave: WaveId, gate: GateId) -> bool {
        self.is_baking(wave) && self.promotion.fails(ctx, gate)
    }

    /// A check of a gate of the present wave failed in one of its alarms: says of which wave, if the gate fails with it.
    #[must_use = "somebody is to react"]
    pub fn check_fails(
        &mut self,
        ctx: &mut Context,
        gate: GateId,
        check: (AlarmId, FailedCheck),
    ) -> Option<WaveId> {
        let wave = self.waves.id();
        let fails = self.is_baking(wave) && self.promotion.check_fails(ctx, (wave, gate), check);
        (fails && self.promotion.gives_up(ctx, gate)).then_some(wave)
    }

    /// All is known of a check of a gate of a wave: whether the gate fails with it.
    #[must_use = "somebody is to react"]
    pub fn check_ends(&mut self, ctx: &mut Context, wave: WaveId, gate: GateId) -> bool {
        let fails = self.is_baking(wave) && self.promotion.check_ends(ctx, (wave, gate));
        fails && self.promotion.gives_up(ctx, gate)
    }

    /// Whether a wave is the present one and the rollout goes on.
    fn is_baking(&self, wave: WaveId) -> bool {
        self.stops.waves_ms.is_none() && self.completed_ms.is_none() && self.waves.id() == wave
    }
}
