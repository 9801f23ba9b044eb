//! What must hold beside a bake before what follows a wave begins: the gates of the wave that bakes.
//!
//! Whatever is known when a gate opens is drawn then; checks hold a gate longer as they fail. What follows a gate that
//! fails is decided elsewhere.

use super::layout::Layout;
use super::routing::Routing;
use crate::ids::{AlarmId, GateId, RegionId, WaveId, ZoneId};
use crate::plan::{CheckedOver, Enough, Gate, GateChecks, GateKind, GateWork};
use crate::random::distribution::LONGEST_MS;
use crate::random::{Purpose, mix};
use crate::rollout::context::Context;
use crate::rollout::event::{FailedCheck, ResponseEvent};
use crate::rollout::trace::RolloutEvent;

/// The gates of the wave that bakes, and the failed checks of all.
#[derive(Debug, Default)]
pub(super) struct Promotion {
    gates: Vec<GateState>,
    /// Failed checks of the rollout, by alarm.
    failed_in_all: Vec<(AlarmId, u32)>,
}

/// How one gate stands.
#[derive(Debug, Clone, Copy)]
struct GateState {
    /// When it holds, as far as is known; none: never.
    holds_ms: Option<u64>,
    /// When it must.
    limit_ms: Option<u64>,
    /// When the last of as many checks as it has at most is made; none: there is no such number.
    last_ms: Option<u64>,
    /// Its failed checks.
    failed: u32,
    /// Checks without data that followed each other until now.
    missing: u32,
    /// The instant of the latest check that did not pass, and of the latest that counts: one in several places is one.
    held_ms: Option<u64>,
    counted_ms: Option<u64>,
}

impl GateState {
    /// A check of now did not pass. Says whether it is one more that failed.
    fn hold(&mut self, now_ms: u64, check: FailedCheck, checks: &GateChecks, period_ms: u64) -> bool {
        let before_ms = self.held_ms.replace(now_ms);
        let is_first = before_ms != Some(now_ms);
        match check {
            FailedCheck::HoldsOnly => {
                if is_first {
                    let follows = before_ms.is_some_and(|before_ms| before_ms + period_ms == now_ms)
                        && before_ms != self.counted_ms;
                    self.missing = if follows { self.missing + 1 } else { 1 };
                    self.shift(|at_ms| at_ms + period_ms);
                }
                false
            }
            FailedCheck::Counts => {
                if self.counted_ms.replace(now_ms) == Some(now_ms) {
                    return false;
                }
                if !is_first {
                    // It had no data elsewhere, but it is one that counts.
                    self.shift(|at_ms| at_ms - period_ms);
                }
                self.missing = 0;
                self.failed += 1;
                self.holds_ms = self.holds_ms.map(|holds_ms| match checks.passes {
                    Enough::Passed(_) => holds_ms + period_ms,
                    Enough::InARow(number) => now_ms + u64::from(number) * period_ms,
                    Enough::Made(_) => holds_ms,
                });
                true
            }
        }
    }

    /// Moves what comes after so many checks with data.
    fn shift(&mut self, by: impl Fn(u64) -> u64) {
        self.holds_ms = self.holds_ms.map(&by);
        self.last_ms = self.last_ms.map(&by);
    }

    /// Whether its time is over now, or it has made as many checks as it may.
    fn is_over(&self, now_ms: u64) -> bool {
        [self.limit_ms, self.last_ms].into_iter().flatten().any(|end_ms| end_ms <= now_ms)
    }

    /// Whether it does not hold at `at_ms`, as far as is known.
    fn is_shut_at(&self, at_ms: u64) -> bool {
        self.holds_ms.is_none_or(|holds_ms| holds_ms > at_ms)
    }
}

/// Draws of a gate.
const TIME: u64 = 0;
const VERDICT: u64 = 1;

impl Promotion {
    /// Before the first wave; keeps the memory.
    pub fn reset(&mut self) {
        self.gates.clear();
        self.failed_in_all.clear();
    }

    /// Opens the gates of a wave now.
    pub fn open(&mut self, ctx: &mut Context, (layout, routing): (&Layout, &Routing), wave: WaveId) {
        self.gates.clear();
        for (index, gate) in ctx.wave(wave).gates.iter().enumerate() {
            let limit_ms = gate.within_ms.map(|within_ms| ctx.now_ms().saturating_add(within_ms));
            let holds_ms = open(ctx, (layout, routing), (wave, GateId::new(index)), (gate, limit_ms));
            self.gates.push(GateState {
                holds_ms,
                limit_ms,
                last_ms: last_check_ms(ctx, &gate.kind),
                failed: 0,
                missing: 0,
                held_ms: None,
                counted_ms: None,
            });
        }
    }

    /// When all of them hold, as far as is known, but not before `from_ms`; none: never.
    #[inline]
    pub fn holds_ms(&self, from_ms: u64) -> Option<u64> {
        self.gates.iter().try_fold(from_ms, |latest, gate| gate.holds_ms.map(|holds_ms| latest.max(holds_ms)))
    }

    /// Whether a gate that was to fail now does; checks may have passed meanwhile, or come later than was known.
    pub fn fails(&mut self, ctx: &Context, gate: GateId) -> bool {
        let state = &self.gates[gate.index()];
        let due = state.holds_ms.is_none() || state.is_over(ctx.now_ms());
        due && self.gives_up(ctx, gate)
    }

    /// Whether a gate that fails with a check does; then it never holds.
    pub fn gives_up(&mut self, ctx: &Context, gate: GateId) -> bool {
        let state = &mut self.gates[gate.index()];
        let fails = state.is_shut_at(ctx.now_ms());
        if fails {
            state.holds_ms = None;
        }
        fails
    }

    /// A check of a gate failed: whether the gate fails with it. One that comes when the gate holds is none.
    pub fn check_fails(
        &mut self,
        ctx: &mut Context,
        (wave, gate): (WaveId, GateId),
        check: FailedCheck,
    ) -> bool {
        let now_ms = ctx.now_ms();
        let GateKind::Checks(checks) = &ctx.wave(wave).gates[gate.index()].kind else { return false };
        let state = &mut self.gates[gate.index()];
        if state.held_ms != Some(now_ms) && state.holds_ms.is_none_or(|holds_ms| now_ms > holds_ms) {
            return false;
        }
        let is_one_more = state.hold(now_ms, check, checks, ctx.alarm(checks.alarm).period_ms);
        let too_late = state.is_over(now_ms) && state.is_shut_at(now_ms)
            || checks.missing.is_some_and(|missing| state.missing >= missing);
        let last_ms = state.last_ms.filter(|last_ms| *last_ms > now_ms && state.is_shut_at(*last_ms));
        let failed = state.failed;
        if let Some(last_ms) = last_ms {
            ctx.schedule(last_ms, ResponseEvent::GateFails { wave, gate });
        }
        if !is_one_more {
            return too_late;
        }
        let in_all = self.count_in_all(checks.alarm);
        let failures = match checks.over {
            CheckedOver::Gate => failed,
            CheckedOver::Rollout => in_all,
        };
        let (told_wave, told_gate) = (wave.number(), gate.number());
        ctx.tell(now_ms, || RolloutEvent::CheckFailed { wave: told_wave, gate: told_gate, failures });
        let too_many = failures >= checks.failures;
        if too_many {
            // Though it were the last check, with which it would hold.
            self.gates[gate.index()].holds_ms = None;
        }
        too_many || too_late
    }

    /// The wave is done: tells when its checks had passed.
    pub fn tell_checked(&self, ctx: &mut Context, wave: WaveId) {
        let states = ctx.wave(wave).gates.iter().zip(&self.gates);
        for (number, (gate, state)) in (0..).zip(states) {
            if let (GateKind::Checks(_), Some(holds_ms)) = (&gate.kind, state.holds_ms) {
                ctx.tell(holds_ms, || RolloutEvent::GateHolds { wave: wave.number(), gate: number });
            }
        }
    }

    fn count_in_all(&mut self, alarm: AlarmId) -> u32 {
        if let Some((_, failed)) = self.failed_in_all.iter_mut().find(|(known, _)| *known == alarm) {
            *failed += 1;
            return *failed;
        }
        self.failed_in_all.push((alarm, 1));
        1
    }
}

/// Opens a gate now: says when it holds as far as is known, none if never; what will fail is scheduled.
fn open(
    ctx: &mut Context,
    around: (&Layout, &Routing),
    (wave, gate): (WaveId, GateId),
    (what, limit_ms): (&Gate, Option<u64>),
) -> Option<u64> {
    let now_ms = ctx.now_ms();
    let (done_ms, passes) = match &what.kind {
        GateKind::Approval(work) | GateKind::Test(work) => verdict(ctx, (wave, gate), work),
        GateKind::Checks(checks) => (now_ms + passing_ms(ctx, checks), true),
        GateKind::Requests(requests) => (served_ms(ctx, around, wave, *requests), true),
    };
    let in_time = limit_ms.is_none_or(|limit_ms| done_ms <= limit_ms);
    let holds = passes && in_time;
    // Checks that are in time so far may not be in the end.
    let waits = matches!(what.kind, GateKind::Checks(_));
    let fails_ms = if in_time && !waits { (!passes).then_some(done_ms) } else { limit_ms };
    if let Some(fails_ms) = fails_ms {
        ctx.schedule(fails_ms, ResponseEvent::GateFails { wave, gate });
    }
    if holds && !waits {
        ctx.tell(done_ms, || RolloutEvent::GateHolds { wave: wave.number(), gate: gate.number() });
    }
    holds.then_some(done_ms)
}

/// When somebody is done, and whether the change passes.
fn verdict(ctx: &Context, (wave, gate): (WaveId, GateId), work: &GateWork) -> (u64, bool) {
    let place = mix(&[u64::from(wave.number()), u64::from(gate.number())]);
    let mut draws = ctx.streams.stream(Purpose::Gate, place);
    let work_ms = work.takes.by_cdf(draws.uniform_at(TIME));
    let done_ms = work.done_ms(ctx.utc_ms(), work_ms) - ctx.start_utc_ms;
    let refusal = if ctx.is_bad() { work.catches } else { work.false_alarm };
    (done_ms, draws.uniform_at(VERDICT) >= refusal)
}

/// How long checks take of which none fails.
fn passing_ms(ctx: &Context, checks: &GateChecks) -> u64 {
    checks.of_ms(checks.passes.fewest().into(), ctx.alarm(checks.alarm))
}

/// When as many checks are made as a gate that opens now has at most, if it has so many at most.
fn last_check_ms(ctx: &Context, gate: &GateKind) -> Option<u64> {
    match gate {
        GateKind::Checks(checks) => {
            checks.count.map(|count| ctx.now_ms() + checks.of_ms(count.into(), ctx.alarm(checks.alarm)))
        }
        GateKind::Approval(_) | GateKind::Test(_) | GateKind::Requests(_) => None,
    }
}

/// When the new version has served, in the wave's regions, so many requests from now on, on average: the first
/// such millisecond.
fn served_ms(ctx: &Context, (layout, routing): (&Layout, &Routing), wave: WaveId, requests: u64) -> u64 {
    let shares: Vec<(RegionId, f64)> = ctx
        .wave(wave)
        .regions
        .iter()
        .map(|region| {
            let sent = |zone: ZoneId| match routing.weight(zone) {
                Some(weight) => weight * f64::from(ctx.zone(zone).hosts),
                None => f64::from(layout.zone(zone).done - layout.zone(zone).left_behind),
            };
            let hosts: f64 = ctx.zones_of(*region).map(sent).sum();
            (*region, hosts / ctx.model.region_hosts[*region] as f64)
        })
        .collect();
    let from_ms = ctx.utc_ms();
    let served = |after_ms: u64| -> f64 {
        let of = |(region, share): &(_, f64)| {
            share * ctx.model.requests_between(*region, from_ms, from_ms + after_ms)
        };
        shares.iter().map(of).sum()
    };
    let wanted = requests as f64;
    let (mut below, mut above) = (0, 1);
    while served(above) < wanted {
        if above >= LONGEST_MS {
            return ctx.now_ms() + LONGEST_MS;
        }
        (below, above) = (above, (above * 2).min(LONGEST_MS));
    }
    while above - below > 1 {
        let middle = below + (above - below) / 2;
        if served(middle) < wanted { below = middle } else { above = middle }
    }
    ctx.now_ms() + above
}
