//! What a replay shows of a datapoint that breached. Decides nothing.

use super::sight::Sight;
use super::signal::Look;
use super::watch::WatchState;
use crate::plan::Arrivals;
use crate::random::{Purpose, mix};
use crate::rollout::context::Context;
use crate::rollout::model::breach::{BreachCounts, Sampler};
use crate::rollout::model::rule_of;
use crate::rollout::trace::{RolloutEvent, ShownDatapoint};

/// Draws after which a datapoint that does not breach is shown without its counts.
const MOST_DRAWS: usize = 64;

/// Shows datapoint `k` of the watch to whoever looks at its alarm. Its draws are its own: nothing depends on them.
pub fn show_datapoint(ctx: &mut Context, sight: Sight<'_>, watch: &WatchState, k: u64, breach: Option<bool>) {
    if watch.for_gate.is_some() || !ctx.shows(watch.alarm, watch.scope.number()) {
        return;
    }
    let at_ms = ctx.now_ms();
    let look = Look::new(ctx, sight);
    let hour = look.hour_at(at_ms);
    let counts = breach.and_then(|breach| {
        let rule = rule_of(&ctx.alarm(watch.alarm).signal)?;
        let (p, arrivals, mean) = reading(look, watch, hour);
        let mut stream = ctx.streams.stream(Purpose::ReplayCounts, mix(&[watch.stream_entity, k]));
        if breach {
            let counts = BreachCounts::given_breach(&rule, arrivals, mean, p, &mut stream)?;
            return Some((counts.requests, counts.errors));
        }
        let mut sampler = Sampler::default();
        let mut draws = (0..MOST_DRAWS).map(|_| sampler.draw(arrivals, mean, p, &mut stream));
        let (errors, requests) = draws.find(|(errors, requests)| !rule.breaches(*errors, *requests))?;
        Some((requests, errors))
    });
    let of_counts = |(requests, errors): (u64, u64)| errors as f64 / requests.max(1) as f64;
    let value = counts.map(of_counts).or_else(|| breach.and_then(|_| look.share_unwell(watch)));
    ctx.show(ShownDatapoint { at_ms, breach, counts, value });
}

/// How likely a request of the watch shows what its alarm looks for, how requests come, and how many in a period.
fn reading(look: Look, watch: &WatchState, hour: usize) -> (f64, Arrivals, f64) {
    let (arrivals, mean) = match look.alarm(watch).signal.probes() {
        Some(probes) => (Arrivals::Fixed, probes as f64),
        None => (look.ctx().plan.fleet.arrivals, look.requests(watch, hour)),
    };
    (look.sign_probability(watch, hour), arrivals, mean)
}

/// Tells that datapoint `k` of the watch breached, with counts where the alarm reads sampled traffic.
pub fn tell_breach(ctx: &mut Context, sight: Sight<'_>, watch: &WatchState, k: u64) {
    if !ctx.is_told() {
        return;
    }
    let now_ms = ctx.now_ms();
    let alarm = ctx.alarm(watch.alarm);
    let look = Look::new(ctx, sight);
    let hour = look.hour_at(now_ms);
    let (p, arrivals, mean) = reading(look, watch, hour);
    let mut stream = ctx.streams.stream(Purpose::ReplayCounts, mix(&[watch.stream_entity, k]));
    let counts = rule_of(&alarm.signal)
        .and_then(|rule| BreachCounts::given_breach(&rule, arrivals, mean, p, &mut stream));
    let few = look.requests_given_drop(watch, hour, stream.uniform());
    let (alarm, entity) = (watch.alarm.number(), watch.scope.number());
    ctx.tell(now_ms, || RolloutEvent::Breach {
        alarm,
        entity,
        requests: counts.map(|counts| counts.requests).or(few),
        errors: counts.map(|counts| counts.errors),
    });
}
