//! What must hold beside a bake before what follows a wave begins: the gates of the wave that bakes.
//!
//! Whatever is known when a gate opens is drawn then; checks hold a gate longer as they fail. What follows a gate that
//! fails is decided elsewhere.

use super::layout::Layout;
use super::routing::Routing;
use super::weighing::Weighing;
use crate::ids::{AlarmId, GateId, RegionId, WaveId, ZoneId};
use crate::plan::{CheckVerdict, CheckedOver, Enough, Gate, GateChecks, GateKind, GateWork, SeenSoFar, Wave};
use crate::random::distribution::LONGEST_MS;
use crate::random::{Purpose, mix};
use crate::rollout::context::Context;
use crate::rollout::event::{AlarmEvent, FailedCheck, ResponseEvent};
use crate::rollout::served::Served;
use crate::rollout::trace::RolloutEvent;

/// The gates of the wave that bakes, and the failed checks of all.
#[derive(Debug, Default)]
pub(super) struct Promotion {
    gates: Vec<GateState>,
    /// Failed checks of the rollout, each by the first gate that looked at the same alarms.
    failed_in_all: Vec<((WaveId, GateId), u32)>,
    /// What gates that weigh risk have seen of the new version.
    weighing: Weighing,
    /// How many waves the wave that bakes lets pass over; none if no gate has said so.
    passes_over: Option<usize>,
}

/// How one gate stands.
#[derive(Debug, Clone, Default)]
struct GateState {
    /// When it holds, as far as is known; none: never.
    holds_ms: Option<u64>,
    /// When it must.
    limit_ms: Option<u64>,
    /// When the last of as many checks as it has at most is made; none: there is no such number.
    last_ms: Option<u64>,
    /// Its failed checks.
    failed: u32,
    /// When it is asked next, if it weighs risk and does not hold.
    asks_ms: Option<u64>,
    /// Its inconclusive ones.
    inconclusive: u32,
    /// Checks without data that followed each other until now.
    missing: u32,
    /// The instant of the latest check that did not pass, and of the latest that counts: one in several places is one.
    held_ms: Option<u64>,
    counted_ms: Option<u64>,
    /// What is known of the latest check that does not simply pass, and its instant.
    seen: Vec<(AlarmId, FailedCheck)>,
    seen_ms: Option<u64>,
}

impl GateState {
    /// Whether a check of now is one of the gate's: it does not hold yet, and has not failed.
    fn is_checked(&self, now_ms: u64) -> bool {
        self.held_ms == Some(now_ms) || self.holds_ms.is_some_and(|holds_ms| now_ms <= holds_ms)
    }

    /// A part of a check of now failed, or has no data: says whether it is the first.
    fn see(&mut self, now_ms: u64, part: (AlarmId, FailedCheck)) -> bool {
        let is_new = self.seen_ms.replace(now_ms) != Some(now_ms);
        if is_new {
            self.seen.clear();
        }
        self.seen.push(part);
        is_new
    }

    /// What the check of now says by what is known of it.
    fn verdict(&self, checks: &GateChecks) -> CheckVerdict {
        let is = |alarm, check| self.seen.contains(&(alarm, check));
        checks.verdict(|alarm| is(alarm, FailedCheck::Counts), |alarm| is(alarm, FailedCheck::HoldsOnly))
    }

    /// A check of now had no data, as far as is known: what comes after so many checks with data comes a period later.
    fn hold(&mut self, now_ms: u64, period_ms: u64) {
        let before_ms = self.held_ms.replace(now_ms);
        if before_ms == Some(now_ms) {
            return;
        }
        let follows = before_ms.is_some_and(|before_ms| before_ms + period_ms == now_ms)
            && before_ms != self.counted_ms;
        self.missing = if follows { self.missing + 1 } else { 1 };
        self.shift(|at_ms| at_ms + period_ms);
    }

    /// A check of now has data and did not pass. Says whether it is one more.
    fn count(&mut self, now_ms: u64, passes: Enough, period_ms: u64) -> bool {
        let is_first = self.held_ms.replace(now_ms) != Some(now_ms);
        if self.counted_ms.replace(now_ms) == Some(now_ms) {
            return false;
        }
        if !is_first {
            // It had no data elsewhere, but it is one that counts.
            self.shift(|at_ms| at_ms - period_ms);
        }
        self.missing = 0;
        self.holds_ms = self.holds_ms.map(|holds_ms| match passes {
            Enough::Passed(_) => holds_ms + period_ms,
            Enough::InARow(number) => now_ms + u64::from(number) * period_ms,
            Enough::Made(_) => holds_ms,
        });
        true
    }

    /// Moves what comes after so many checks with data.
    fn shift(&mut self, by: impl Fn(u64) -> u64) {
        self.holds_ms = self.holds_ms.map(&by);
        self.last_ms = self.last_ms.map(&by);
    }

    /// A check of now is inconclusive: says whether the gate fails with it.
    fn doubt(&mut self, now_ms: u64, checks: &GateChecks) -> bool {
        self.inconclusive += 1;
        let is_last = || checks.ends_for_sure() && self.holds_ms == Some(now_ms);
        checks.inconclusive.map_or_else(is_last, |most| self.inconclusive >= most)
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
        self.weighing = Weighing::default();
        self.passes_over = None;
    }

    /// Opens the gates of a wave now.
    pub fn open(&mut self, ctx: &mut Context, (layout, routing): (&Layout, &Routing), wave: WaveId) {
        self.gates.clear();
        for (index, gate) in ctx.wave(wave).gates.iter().enumerate() {
            let limit_ms = gate.within_ms.map(|within_ms| ctx.now_ms().saturating_add(within_ms));
            let holds_ms = open(ctx, (layout, routing), (wave, GateId::new(index)), (gate, limit_ms));
            let last_ms = last_check_ms(ctx, &gate.kind);
            let asks_ms = holds_ms.filter(|_| matches!(gate.kind, GateKind::Risk(_)));
            self.gates.push(GateState { holds_ms, limit_ms, last_ms, asks_ms, ..GateState::default() });
        }
    }

    /// When all of them hold, as far as is known, or one of them is to be asked before, but not before `from_ms`; none: never.
    #[inline]
    pub fn holds_ms(&self, from_ms: u64) -> Option<u64> {
        let mut gates = self.gates.iter();
        let all_ms = gates.try_fold(from_ms, |latest, gate| gate.holds_ms.map(|ms| latest.max(ms)))?;
        Some(self.gates.iter().filter_map(|gate| gate.asks_ms).fold(all_ms, u64::min))
    }

    /// Asks the gates of the wave that bakes which are to be asked now: those hold by what the new version has served, or
    /// are asked again when the bake has passed once more. One that would hold too late never does.
    #[inline]
    pub fn weigh(&mut self, ctx: &mut Context, wave: WaveId, served: impl FnOnce(&Context) -> Served) {
        let now_ms = ctx.now_ms();
        if self.gates.iter().any(|gate| gate.asks_ms.is_some_and(|asks_ms| asks_ms <= now_ms)) {
            let served = served(ctx);
            self.ask(ctx, wave, served);
        }
    }

    fn ask(&mut self, ctx: &mut Context, wave: WaveId, served: Served) {
        let now_ms = ctx.now_ms();
        let Wave { gates, bake_ms, .. } = ctx.wave(wave);
        for (number, (gate, state)) in (0..).zip(gates.iter().zip(&mut self.gates)) {
            let (GateKind::Risk(risk), true) = (&gate.kind, state.asks_ms.is_some_and(|ms| ms <= now_ms))
            else {
                continue;
            };
            let seen = self.weighing.look(ctx, risk.sign, served);
            let furthest = risk.furthest(ctx.plan.fleet.background_of(risk.sign), seen);
            (state.holds_ms, state.asks_ms) = match furthest {
                Some(over) => {
                    self.passes_over = Some(self.passes_over.map_or(over, |before| before.min(over)));
                    (Some(now_ms), None)
                }
                None => {
                    let again_ms =
                        Some(now_ms + bake_ms).filter(|ms| state.limit_ms.is_none_or(|limit| *ms < limit));
                    (again_ms, again_ms)
                }
            };
            let next = furthest.map(|over| wave.number() + 1 + over as u32);
            let SeenSoFar { requests, failures } = seen;
            let wave = wave.number();
            ctx.tell(now_ms, || RolloutEvent::RiskWeighed { wave, gate: number, requests, failures, next });
        }
    }

    /// How many waves are passed over, once all gates hold. That is said once, as the next wave may have no gates to open.
    pub fn take_passes_over(&mut self) -> usize {
        self.passes_over.take().unwrap_or(0)
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
            (state.holds_ms, state.asks_ms) = (None, None);
        }
        fails
    }

    /// A check of a gate failed in one of its alarms: whether the gate fails with it. One that comes when the gate holds is
    /// none.
    pub fn check_fails(
        &mut self,
        ctx: &mut Context,
        (wave, gate): (WaveId, GateId),
        part: (AlarmId, FailedCheck),
    ) -> bool {
        let now_ms = ctx.now_ms();
        let Some(checks) = checks_of(ctx, (wave, gate)) else { return false };
        let state = &mut self.gates[gate.index()];
        if !state.is_checked(now_ms) {
            return false;
        }
        let is_first = state.see(now_ms, part);
        if !checks.needs_all() {
            return self.check_ends(ctx, (wave, gate));
        }
        if is_first {
            ctx.schedule(now_ms, AlarmEvent::CheckEnds { wave, gate });
        }
        false
    }

    /// The check of now is judged by what is known of it: whether the gate fails with it.
    pub fn check_ends(&mut self, ctx: &mut Context, (wave, gate): (WaveId, GateId)) -> bool {
        let now_ms = ctx.now_ms();
        let Some(checks) = checks_of(ctx, (wave, gate)) else { return false };
        let state = &mut self.gates[gate.index()];
        if !state.is_checked(now_ms) {
            return false;
        }
        let period_ms = ctx.alarm(checks.alarm).period_ms;
        let verdict = state.verdict(checks);
        let is_one_more = match verdict {
            CheckVerdict::Passed => return false,
            CheckVerdict::NoData => {
                state.hold(now_ms, period_ms);
                false
            }
            CheckVerdict::Inconclusive | CheckVerdict::Failed => {
                state.count(now_ms, checks.passes, period_ms)
            }
        };
        let too_late = state.is_over(now_ms) && state.is_shut_at(now_ms)
            || checks.missing.is_some_and(|missing| state.missing >= missing);
        let last_ms = state.last_ms.filter(|last_ms| *last_ms > now_ms && state.is_shut_at(*last_ms));
        if let Some(last_ms) = last_ms {
            ctx.schedule(last_ms, ResponseEvent::GateFails { wave, gate });
        }
        let too_many = is_one_more && self.counts(ctx, (wave, gate), (verdict, checks));
        if too_many {
            // Though it were the last check, with which it would hold.
            self.gates[gate.index()].holds_ms = None;
        }
        too_many || too_late
    }

    /// One more check of a gate did not pass: whether these are too many.
    fn counts(
        &mut self,
        ctx: &mut Context,
        (wave, gate): (WaveId, GateId),
        (verdict, checks): (CheckVerdict, &GateChecks),
    ) -> bool {
        let now_ms = ctx.now_ms();
        let (told_wave, told_gate) = (wave.number(), gate.number());
        let state = &mut self.gates[gate.index()];
        match verdict {
            CheckVerdict::Passed | CheckVerdict::NoData => false,
            CheckVerdict::Inconclusive => {
                let fails = state.doubt(now_ms, checks);
                let inconclusive = state.inconclusive;
                ctx.tell(now_ms, || RolloutEvent::CheckInconclusive {
                    wave: told_wave,
                    gate: told_gate,
                    inconclusive,
                });
                fails
            }
            CheckVerdict::Failed => {
                state.failed += 1;
                let failed = state.failed;
                let in_all = self.count_in_all(ctx, (wave, gate), checks);
                let failures = match checks.over {
                    CheckedOver::Gate => failed,
                    CheckedOver::Rollout => in_all,
                };
                ctx.tell(now_ms, || RolloutEvent::CheckFailed { wave: told_wave, gate: told_gate, failures });
                failures >= checks.failures
            }
        }
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

    /// Failed checks of the rollout over the same alarms, with one more of this gate.
    fn count_in_all(&mut self, ctx: &Context, place: (WaveId, GateId), checks: &GateChecks) -> u32 {
        let is_alike = |known| checks_of(ctx, known).is_some_and(|known| known.alarms().eq(checks.alarms()));
        if let Some((_, failed)) = self.failed_in_all.iter_mut().find(|(known, _)| is_alike(*known)) {
            *failed += 1;
            return *failed;
        }
        self.failed_in_all.push((place, 1));
        1
    }
}

/// The checks of a gate, if it is one of checks.
fn checks_of<'c>(ctx: &Context<'c>, (wave, gate): (WaveId, GateId)) -> Option<&'c GateChecks> {
    let GateKind::Checks(checks) = &ctx.strategy.waves[wave.index()].gates[gate.index()].kind else {
        return None;
    };
    Some(checks)
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
        GateKind::Opening(opening) => (opening.holds_ms(ctx.utc_ms()) - ctx.start_utc_ms, true),
        GateKind::Requests(requests) => (served_ms(ctx, around, wave, *requests), true),
        // It is asked for the first time when the bake has passed.
        GateKind::Risk(_) => (now_ms + ctx.wave(wave).bake_ms, true),
    };
    let in_time = limit_ms.is_none_or(|limit_ms| done_ms <= limit_ms);
    let holds = passes && in_time;
    // Checks that are in time so far may not be in the end, nor may what is asked again.
    let waits = match what.kind {
        GateKind::Checks(_) | GateKind::Risk(_) => true,
        GateKind::Approval(_) | GateKind::Test(_) | GateKind::Opening(_) | GateKind::Requests(_) => false,
    };
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
        GateKind::Approval(_)
        | GateKind::Test(_)
        | GateKind::Opening(_)
        | GateKind::Requests(_)
        | GateKind::Risk(_) => None,
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
