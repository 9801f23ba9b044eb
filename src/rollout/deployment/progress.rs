//! Whether a zone's deployment gets on: hosts become ready, one after the other, or none does for too long.
//!
//! Only while hosts are under way: nobody waits for a host that bakes. What follows is not known here.

use super::batch::{Batch, by_end};
use super::completion::{completion_ms, host_draws};
use crate::random::Distribution;
use crate::rollout::context::Context;
use crate::sim::budget::Owner;

/// When no host had become ready for `deadline_ms`, in batches from `from_ms` on; none if there was
/// always one in time. A host that is ready at the very instant is in time.
pub fn stalls_ms(ctx: &mut Context, batches: &[Batch], from_ms: u64, deadline_ms: u64) -> Option<u64> {
    let mut last_ms = from_ms;
    for batch in by_end(batches) {
        // Nobody waits for hosts that have not begun, as those before them bake.
        last_ms = last_ms.max(batch.start_ms);
        if batch.end_ms - last_ms <= deadline_ms {
            last_ms = if batch.hosts > 0 { batch.end_ms } else { last_ms };
            continue;
        }
        for ready_ms in ready_ms(ctx, batch) {
            if ready_ms - last_ms > deadline_ms {
                return Some(last_ms + deadline_ms);
            }
            last_ms = ready_ms;
        }
        if batch.end_ms - last_ms > deadline_ms {
            return Some(last_ms + deadline_ms);
        }
    }
    None
}

/// When the hosts of a batch become ready, in order of time.
fn ready_ms(ctx: &mut Context, batch: &Batch) -> Vec<u64> {
    ctx.looks_at_hosts(batch.hosts, Owner::Strategy, "progress-deadline");
    let mut draws = host_draws(ctx, batch.zone);
    let of_host = |host| match ctx.deploy.host {
        // A batch may last longer than its hosts, but for the one that is waited for.
        Distribution::Fixed { ms } if !batch.is_first(host) => batch.end_ms.min(batch.start_ms + ms),
        _ => completion_ms(ctx, batch, host, &mut draws),
    };
    let mut ready: Vec<u64> = batch.all_hosts().map(of_host).collect();
    ready.sort_unstable();
    ready
}
