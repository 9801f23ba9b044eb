//! People: how long they take. Every step of their work has one draw, the same for every strategy.

use crate::plan::fleet::hour_of_day;
use crate::plan::{Attempt, HOUR_MS, Operators};
use crate::random::distribution::LONGEST_MS;
use crate::random::{Purpose, Stream};
use crate::rollout::context::Context;

/// Steps of the people's work, one draw each.
#[derive(Clone, Copy)]
enum OperatorStep {
    Engage,
    Diagnose,
    WrongChange,
    WrongChangeCosts,
    Prepare,
    LockedOut,
    Restore,
}

/// The draws of their work for remedy `number`.
fn draws(ctx: &Context, number: usize) -> Stream {
    ctx.streams.stream(Purpose::Operators, number as u64)
}

/// From the page of now to readiness to act, in milliseconds, and whether they take back another change first.
pub fn time_to_act(ctx: &Context, people: &Operators) -> (u64, bool) {
    let mut draws = draws(ctx, 0);
    let waits_ms = if people.wait_for_hours { until_hours_ms(people, ctx.utc_ms()) } else { 0 };
    let on_duty = people.wait_for_hours || people.hours[hour_of_day(ctx.utc_ms())];
    let engage = if on_duty { people.engage } else { people.engage_off_hours };
    let mut draw = |step: OperatorStep| draws.uniform_at(step as u64);
    let wrong = draw(OperatorStep::WrongChange) < people.wrong_change;
    let mut time_ms = waits_ms + engage.by_cdf(draw(OperatorStep::Engage));
    time_ms += people.first.diagnose.by_cdf(draw(OperatorStep::Diagnose));
    if wrong {
        time_ms += people.wrong_change_costs.by_cdf(draw(OperatorStep::WrongChangeCosts));
    }
    (time_ms + people.first.prepare.by_cdf(draw(OperatorStep::Prepare)), wrong)
}

/// From now to readiness for remedy `number`, in milliseconds, where the ones before did not help.
pub fn time_to_next(ctx: &Context, attempt: &Attempt, number: usize) -> u64 {
    let mut draws = draws(ctx, number);
    let mut draw = |step: OperatorStep| draws.uniform_at(step as u64);
    attempt.diagnose.by_cdf(draw(OperatorStep::Diagnose))
        + attempt.prepare.by_cdf(draw(OperatorStep::Prepare))
}

/// How long until the hours begin at which somebody is at work; 0 within them.
fn until_hours_ms(people: &Operators, utc_ms: u64) -> u64 {
    let ahead = (0..24).find(|ahead| people.hours[hour_of_day(utc_ms + ahead * HOUR_MS)]);
    match ahead {
        None | Some(0) => 0,
        Some(ahead) => (utc_ms / HOUR_MS + ahead) * HOUR_MS - utc_ms,
    }
}

/// How long the defect keeps them from remedy `number`, in milliseconds, if it is there.
pub fn locked_out_ms(ctx: &Context, number: usize) -> u64 {
    let locked = ctx.defect.and_then(|defect| defect.locks_out);
    locked.map_or(0, |time| time.by_cdf(draws(ctx, number).uniform_at(OperatorStep::LockedOut as u64)))
}

/// When everything was as before, once nobody was impaired from `mitigated_ms` on and so many bad items were left;
/// `acted` if there was a remedy.
pub fn restored_ms(ctx: &Context, acted: bool, mitigated_ms: u64, damaged_items: f64) -> u64 {
    let people = ctx.strategy.operators.as_ref().filter(|_| acted);
    let restore_ms = people
        .map_or(0, |people| people.restore.by_cdf(draws(ctx, 0).uniform_at(OperatorStep::Restore as u64)));
    let rate = ctx.defect.and_then(|defect| defect.cure.items_per_hour);
    let repair_ms = rate.map_or(0.0, |rate| damaged_items / rate * HOUR_MS as f64);
    // However slow the pace, a hundred years stand for never.
    mitigated_ms + restore_ms.max(libm::ceil(repair_ms.min(LONGEST_MS as f64)) as u64)
}
