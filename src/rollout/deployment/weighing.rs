//! What gates that weigh risk have seen of the new version: requests on average, and failures drawn among them.
//!
//! Failures are drawn for all requests since the look before, so that what was seen stays seen. Whether it is enough is not
//! known here.

use crate::plan::{SeenSoFar, Sign};
use crate::random::Purpose;
use crate::rollout::context::Context;
use crate::rollout::model::breach::binomial_quantile;
use crate::rollout::served::Served;

/// What was seen, by what is counted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Weighing {
    failures: Looks,
    slow: Looks,
}

/// All looks for one sign so far.
#[derive(Debug, Clone, Copy, Default)]
struct Looks {
    seen: SeenSoFar,
    /// What had been served at the latest look.
    served: Served,
}

impl Weighing {
    /// Looks now at all that was `served`: requests are counted on average, and each of those since the look before shows the
    /// sign with the probability of the hosts that served it.
    pub fn look(&mut self, ctx: &Context, sign: Sign, served: Served) -> SeenSoFar {
        let (looks, number) = match sign {
            Sign::Failure => (&mut self.failures, 0),
            Sign::Slowness => (&mut self.slow, 1),
        };
        let all = libm::round(served.requests) as u64;
        let new = all.saturating_sub(looks.seen.requests);
        if new > 0 {
            let before = std::mem::replace(&mut looks.served, served);
            let met_fault = (served.met_fault - before.met_fault) / (served.requests - before.requests);
            let excess = ctx.excess(sign) * met_fault.clamp(0.0, 1.0);
            let p = (ctx.plan.fleet.background_of(sign) + excess).min(1.0);
            let uniform = ctx.streams.stream(Purpose::Evidence, number).uniform_at(ctx.utc_ms());
            looks.seen.failures += binomial_quantile(new, p, uniform);
            looks.seen.requests = all;
        }
        looks.seen
    }
}
