//! The outcome, composed once from what each component says of a rollout that is over. Keeps nothing, and moves nothing.

use super::account::BlastRadius;
use super::context::Context;
use super::deployment::Course;
use super::fault::Fault;
use super::response::{IncidentResponse, ResponseSummary};
use crate::outcome::{CustomerHarm, Ending, Outcome};

/// The outcome of a rollout that ended at `end_ms`.
pub fn outcome(
    ctx: &Context,
    (end_ms, ending): (u64, Ending),
    course: Course,
    fault: &Fault,
    response: &IncidentResponse,
    (blast, customers): (BlastRadius, Option<CustomerHarm>),
) -> Outcome {
    let restored = |at_ms| response.restored_ms(ctx, at_ms, blast.damaged_items);
    let restored_ms = blast.mitigated_ms.map(restored);
    let ResponseSummary {
        alarm_ms,
        notice,
        mitigation_ms,
        ignored_alarms,
        collateral_rollbacks,
        wrong_change,
    } = response.summary();
    Outcome {
        ending,
        defect: ctx.defect_id,
        end_ms,
        completed_ms: course.completed_ms,
        to_25_ms: course.to_25_ms,
        to_50_ms: course.to_50_ms,
        to_100_ms: course.to_100_ms,
        bake_ms: course.bake_ms,
        introduced_ms: course.introduced_ms,
        activated_ms: fault.activated_ms(),
        onset_ms: blast.onset_ms,
        first_failure_ms: blast.first_failure_ms,
        alarm_ms,
        notice,
        rollback_ms: course.stopped_ms,
        mitigation_ms,
        first_recovery_ms: blast.first_recovery_ms,
        half_recovered_ms: blast.half_recovered_ms,
        mitigated_ms: blast.mitigated_ms,
        restored_ms,
        ignored_alarms,
        blocked_ms: course.blocked_ms,
        collateral_rollbacks,
        wrong_change,
        left_behind_hosts: course.left_behind_hosts,
        peak_exposed_hosts: course.peak_exposed_hosts,
        exposed_at_alarm_hosts: course.exposed_at_alarm_hosts,
        exposed_host_ms: course.exposed_host_ms,
        regions_touched: course.regions_touched,
        left_exposed_hosts: course.left_exposed_hosts,
        peak_impaired_hosts: blast.peak_hosts,
        peak_impaired_zones: blast.peak_zones,
        peak_impaired_regions: blast.peak_regions,
        peak_impaired_traffic_ppm: blast.peak_traffic_ppm,
        impaired_host_ms: blast.impaired_host_ms,
        failed_requests: blast.failed_requests,
        turned_away_requests: blast.turned_away_requests,
        damaged_items: blast.damaged_items,
        two_regions_impaired: blast.two_regions,
        two_zones_impaired: blast.two_zones,
        first_violation_ms: blast.first_violation_ms,
        customers,
    }
}
