//! What a wave that is to start does where an alarm fires already, for another reason.

use super::{DeploymentListener, Deployments, holdups};
use crate::ids::WaveId;
use crate::plan::FiringAtStart;
use crate::rollout::context::Context;
use crate::rollout::event::{DeploymentEvent, ResponseEvent};
use crate::rollout::trace::RolloutEvent;

impl Deployments {
    /// Whether the wave starts now: otherwise it waits until the alarm is over, or the rollout is to stop.
    pub(super) fn starts_while_firing(
        &mut self,
        ctx: &mut Context,
        wave: WaveId,
        listener: &mut impl DeploymentListener,
    ) -> bool {
        let Some(clear_ms) = holdups::ambient_alarm_until(ctx) else { return true };
        let (now_ms, number) = (ctx.now_ms(), wave.number());
        match ctx.strategy.response.firing_at_start {
            FiringAtStart::Wait => {
                self.blocked_since_ms = Some(now_ms);
                ctx.tell(now_ms, || RolloutEvent::WaveBlocked { wave: number });
                ctx.schedule(clear_ms, DeploymentEvent::WaveStarts { wave });
                false
            }
            FiringAtStart::Ignore => {
                ctx.tell(now_ms, || RolloutEvent::FiresAlready { wave: number, stops: false });
                let _told = listener.goes_on_without(ctx, ctx.plan.fleet.background.ambient_alarm);
                true
            }
            FiringAtStart::Rollback => {
                ctx.tell(now_ms, || RolloutEvent::FiresAlready { wave: number, stops: true });
                ctx.schedule(now_ms, ResponseEvent::FiresAlready);
                false
            }
        }
    }
}
