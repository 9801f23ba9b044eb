//! What a replay shows of a datapoint that breached. Decides nothing.

use super::sight::Sight;
use super::signal::Look;
use super::watch::WatchState;
use crate::plan::Arrivals;
use crate::random::{Purpose, mix};
use crate::rollout::context::Context;
use crate::rollout::model::breach::BreachCounts;
use crate::rollout::model::rule_of;
use crate::rollout::trace::RolloutEvent;

/// Tells that datapoint `k` of the watch breached, with counts where the alarm reads sampled traffic.
pub fn tell_breach(ctx: &mut Context, sight: Sight<'_>, watch: &WatchState, k: u64) {
    if !ctx.is_told() {
        return;
    }
    let now_ms = ctx.now_ms();
    let alarm = ctx.alarm(watch.alarm);
    let look = Look::new(ctx, sight);
    let hour = look.hour_at(now_ms);
    let p = look.sign_probability(watch, hour);
    let mut stream = ctx.streams.stream(Purpose::ReplayCounts, mix(&[watch.stream_entity, k]));
    let counts = rule_of(&alarm.signal).and_then(|rule| {
        let (arrivals, mean) = match alarm.signal.probes() {
            Some(probes) => (Arrivals::Fixed, probes as f64),
            None => (ctx.plan.fleet.arrivals, look.requests(watch, hour)),
        };
        BreachCounts::given_breach(&rule, arrivals, mean, p, &mut stream)
    });
    let few = look.requests_given_drop(watch, hour, stream.uniform());
    let (alarm, entity) = (watch.alarm.number(), watch.scope.number());
    ctx.tell(now_ms, || RolloutEvent::Breach {
        alarm,
        entity,
        requests: counts.map(|counts| counts.requests).or(few),
        errors: counts.map(|counts| counts.errors),
    });
}
