//! What goes wrong without any change: alarms with another cause, zones and regions that go dark.

use super::trace::Observer;
use super::trial::Trial;
use crate::plan::Episodes;
use crate::random::{Purpose, Stream};

/// The episode under way at `at_ms`, as (beginning, end), or the next one.
pub(super) fn episode_at(episodes: &Episodes, mut luck: Stream, at_ms: u64) -> (u64, u64) {
    let mut end_ms = 0;
    loop {
        let begin_ms = end_ms + episodes.every.by_cdf(luck.uniform()).max(1);
        end_ms = begin_ms + episodes.lasts.by_cdf(luck.uniform()).max(1);
        if end_ms > at_ms {
            return (begin_ms, end_ms);
        }
    }
}

impl<O: Observer> Trial<'_, O> {
    /// When the alarm that fires for another reason is over, if it holds up waves and fires now.
    pub(super) fn ambient_alarm_until(&self, now_ms: u64) -> Option<u64> {
        let episodes = self.plan.fleet.background.ambient_alarms.as_ref()?;
        if !self.strategy.response.firing_alarm_blocks {
            return None;
        }
        let luck = self.streams.stream(Purpose::Background, 0);
        let (begin_ms, end_ms) = episode_at(episodes, luck, now_ms);
        (begin_ms <= now_ms).then_some(end_ms)
    }
}
