//! Exposure host by host, for rollouts in which some batch takes so long that its end says little of its hosts: windows in
//! which hosts update themselves, hosts that take the change past the waves.
//!
//! Says the same as `course::exposure` does of short batches; only its cost differs.

use super::completion::{completion_ms, host_draws};
use super::course::{Exposure, Span, regions_with};
use super::layout::Layout;
use super::way_back::WayBack;
use crate::rollout::context::Context;

/// Hosts that get, or leave, the new version at an instant.
type Move = (u64, i64);

/// How far the new version came, and when.
pub(super) fn exposure(ctx: &Context, layout: &Layout, way_back: &WayBack, span: Span) -> Exposure {
    let mut touched = vec![false; ctx.plan.fleet.zones.len()];
    let mut arrivals: Vec<Move> = Vec::new();
    for batch in layout.batches() {
        let before = arrivals.len();
        if batch.is_drawn_out() {
            let mut draws = host_draws(ctx, batch.zone);
            let times = batch.all_hosts().map(|host| completion_ms(ctx, batch, host, &mut draws));
            let done = times.filter(|at_ms| !span.stops.cut(batch.past_waves, *at_ms));
            arrivals.extend(done.map(|at_ms| (at_ms, 1)));
        } else if !span.stops.cut(false, batch.end_ms) {
            arrivals.push((batch.end_ms, i64::from(batch.hosts)));
        }
        touched[batch.zone.index()] |= arrivals.len() > before;
    }
    if let Some(stop_ms) = span.stops.waves_ms {
        // Hosts of a short batch that were done when a stop interrupted it count from then on.
        arrivals.push((stop_ms, way_back.interrupted() as i64));
        ctx.zones().filter(|zone| way_back.hosts(*zone) > 0).for_each(|zone| touched[zone.index()] = true);
    }
    arrivals.retain(|(_, hosts)| *hosts > 0);
    arrivals.sort_unstable();
    let departures = ctx.zones().flat_map(|zone| way_back.batches(zone));
    let departures = departures.map(|batch| (batch.end_ms, -i64::from(batch.hosts)));
    let mut moves: Vec<Move> = arrivals.iter().copied().chain(departures).collect();
    // At one instant hosts come before others go.
    moves.sort_unstable_by_key(|(at_ms, hosts)| (*at_ms, -hosts));
    let (mut hosts, mut peak_hosts, mut host_ms) = (0, 0, 0);
    for (at_ms, moved) in moves.into_iter().take_while(|(at_ms, _)| *at_ms <= span.end_ms) {
        hosts += moved;
        host_ms += moved * (span.end_ms - at_ms) as i64;
        peak_hosts = peak_hosts.max(hosts);
    }
    let total = ctx.plan.fleet.hosts();
    // Nobody stops who takes the change past the waves, also after the end.
    let arrived: i64 = arrivals.iter().map(|(_, hosts)| hosts).sum();
    Exposure {
        to_25_ms: reached_ms(&arrivals, total.div_ceil(4)),
        to_50_ms: reached_ms(&arrivals, total.div_ceil(2)),
        first_ms: arrivals.first().map(|(at_ms, _)| *at_ms),
        last_ms: arrivals.last().map(|(at_ms, _)| *at_ms),
        peak_hosts: peak_hosts as u64,
        at_alarm_hosts: hosts_at(&arrivals, span.alarm_ms),
        host_ms: host_ms as u64,
        left_hosts: arrived as u64 - way_back.hosts_back(),
        regions: regions_with(ctx, |zone| touched[zone.index()]),
    }
}

/// When so many hosts had arrived; none if they never had.
fn reached_ms(arrivals: &[Move], wanted: u64) -> Option<u64> {
    let mut hosts = 0;
    let found = arrivals.iter().find(|(_, arrived)| {
        hosts += *arrived as u64;
        hosts >= wanted
    });
    found.map(|(at_ms, _)| *at_ms)
}

/// Hosts that had arrived at an instant.
fn hosts_at(arrivals: &[Move], then_ms: u64) -> u64 {
    arrivals.iter().take_while(|(at_ms, _)| *at_ms <= then_ms).map(|(_, hosts)| *hosts as u64).sum()
}
