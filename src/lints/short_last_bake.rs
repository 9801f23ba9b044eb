//! Whether the end of a rollout, where most of the traffic is, bakes far shorter than its beginning. It looks at no alarm.

use super::view::View;
use super::words::percent;
use crate::diagnostic::Diagnostic;
use crate::scenario::{Duration, rules};

/// The end of a rollout that has this share of the traffic should not be the least watched one.
const MOST: f64 = 0.6;

/// Bakes of the last waves shorter than this part of the longest one before them are short. Published practice keeps
/// exactly a quarter: 12 hours, then 3.
const SHORT: u64 = 4;

/// Warns if the last waves carry most of the traffic and bake far shorter than those before.
pub(super) fn short_last_bake(view: &View<'_>) -> Option<Diagnostic> {
    let waves = &view.strategy().waves;
    let bakes: Vec<u64> = waves.iter().map(|wave| wave.bake_ms + wave.procedure.zone_bake_ms).collect();
    let last = *bakes.last()?;
    let first = bakes.iter().rposition(|&bake| bake > last).map(|longer| longer + 1)?;
    let longest = *bakes[..first].iter().max()?;
    let shortest_before = *bakes[..first].iter().min()?;
    let carried = 1.0 - view.share_after_waves()[first - 1];
    if carried < MOST || last.saturating_mul(SHORT) >= longest || shortest_before <= last {
        return None;
    }
    let (which, carry) = match waves.len() - first {
        1 => ("last wave".to_owned(), "carries"),
        n => (format!("last {n} waves"), "carry"),
    };
    let message = format!(
        "the {which} of strategy `{}` {carry} {} of the {} with the shortest bake, {} after up to {} before",
        view.strategy().name,
        percent(carried),
        view.share_of_what(),
        Duration { ms: last },
        Duration { ms: longest },
    );
    let help = "what only shows at full load shows in these waves: bake them as long as a wave before them";
    Some(view.warning(&rules::SHORT_LAST_BAKE, message).help(help))
}
