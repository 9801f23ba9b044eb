//! What holds up a wave or a region that is ready: what a pipeline keeps closed, windows, an alarm that fires for another reason.

use crate::ids::{RegionId, WaveId};
use crate::plan::{Background, Episodes, FiringAtStart};
use crate::random::{Purpose, Stream};
use crate::rollout::context::Context;

/// When the wave may start that is ready now; none if never.
pub fn wave_opens_ms(ctx: &Context, wave: WaveId) -> Option<u64> {
    match ctx.launch {
        None => Some(ctx.now_ms()),
        Some(launch) => launch.openings.wave(wave, ctx.now_ms()),
    }
}

/// When the region of the wave may start that is ready now; none if never.
pub fn region_opens_ms(ctx: &Context, wave: WaveId, region: RegionId) -> Option<u64> {
    match ctx.launch {
        None => Some(ctx.now_ms()),
        Some(launch) => launch.openings.region(wave, region, ctx.now_ms()),
    }
}

/// How long a bake of `bake_ms` lasts that begins at `from_ms`: an urgent change waits less, and a bake may rest meanwhile.
pub fn bake_ms(ctx: &Context, from_ms: u64, bake_ms: u64) -> u64 {
    ctx.launch.map_or(bake_ms, |launch| launch.openings.bake(from_ms, launch.bakes.floor_of(bake_ms)))
}

/// How long the present wave bakes from now on, which would take `own_ms` by itself.
pub fn wave_bake_ms(ctx: &Context, wave: WaveId, own_ms: u64) -> u64 {
    let until_ms = ctx.launch.map_or(0, |launch| launch.openings.bakes_until(wave));
    bake_ms(ctx, ctx.now_ms(), own_ms).max(until_ms.saturating_sub(ctx.now_ms()))
}

/// When the alarm that fires for another reason is over, if it fires now and the strategy minds it.
pub fn ambient_alarm_until(ctx: &Context) -> Option<u64> {
    let Background { ambient_alarms, ambient_alarm, .. } = &ctx.plan.fleet.background;
    let episodes = ambient_alarms.as_ref()?;
    let alarms = &ctx.strategy.alarms;
    let is_heard = match (ambient_alarm, ctx.strategy.response.firing_at_start) {
        (Some(alarm), _) => {
            alarms.iter().any(|heard| heard == alarm || ctx.plan.parts_of(heard).contains(alarm))
        }
        // A pipeline that is held up may look at alarms that it does not listen to later.
        (None, FiringAtStart::Wait) => true,
        (None, FiringAtStart::Ignore | FiringAtStart::Rollback) => !alarms.is_empty(),
    };
    if !is_heard {
        return None;
    }
    let now_ms = ctx.now_ms();
    let (begin_ms, end_ms) = episode_at(episodes, ctx.streams.stream(Purpose::Background, 0), now_ms);
    // The first begins a millisecond after the start at the earliest: one that does was there before.
    (begin_ms <= now_ms.max(1)).then_some(end_ms)
}

/// The episode under way at `at_ms`, as (beginning, end), or the next one.
fn episode_at(episodes: &Episodes, mut draws: Stream, at_ms: u64) -> (u64, u64) {
    let mut end_ms = 0;
    loop {
        let begin_ms = end_ms + episodes.every.by_cdf(draws.uniform()).max(1);
        end_ms = begin_ms + episodes.lasts.by_cdf(draws.uniform()).max(1);
        if end_ms > at_ms {
            return (begin_ms, end_ms);
        }
    }
}
