//! Resolves what a strategy does about hosts that fail, or take too long.

use crate::plan::{FailureBudget, FailuresPer};
use crate::random::Distribution;
use crate::scenario::problems::Problems;
use crate::scenario::spec::{ChangeSpec, FailuresSpec, StrategySpec};

/// Faster than this no host in a thousand million is.
const QUICKEST: f64 = 1e-9;

/// How many hosts may fail.
pub(super) fn budget(spec: &FailuresSpec) -> FailureBudget {
    FailureBudget {
        allowed: spec.allowed.given(),
        per: spec.per.or(FailuresPer::Batch),
        retries: spec.retries.or(0) as u32,
    }
}

/// Reports a deadline that no host can keep, where each takes `time` and `change` is written.
pub(super) fn check(spec: &StrategySpec, time: &Distribution, change: &ChangeSpec, problems: &mut Problems) {
    let Some(deadline) = spec.progress_deadline.get() else { return };
    let time_span = spec.deploy_time.span().or(change.deploy_time.span()).unwrap_or(deadline.span);
    if deadline.value.ms == 0 {
        let message = "`progress-deadline` of 0 leaves no host any time";
        problems.out_of_range(deadline.span, message, "write \"10m\", as is usual");
    } else if time.by_cdf(QUICKEST) > deadline.value.ms {
        let message = "`progress-deadline` is shorter than a host needs: every rollout would miss it";
        problems.conflict((deadline.span, time_span), message, "make it longer than `deploy-time`");
    }
}
