//! While what an awake fault hurts: the hour, traffic, exposure, mixed versions, coming and going, and
//! triggers from outside. Each changes at instants that are events of their own, and only defects that
//! look at them pay for them. Who is impaired while they hold is not known here.

use crate::ids::{IdVec, RegionId, ZoneId};
use crate::plan::fleet::hour_of_day;
use crate::plan::{Condition, Defect, HOUR_MS, Trigger, Within};
use crate::random::{Purpose, Stream};
use crate::rollout::context::Context;
use crate::rollout::deployment::Deployments;
use crate::rollout::event::FaultEvent;
use crate::rollout::trace::RolloutEvent;

/// What conditions look at.
#[derive(Debug, Default)]
pub struct Conditions {
    /// Regions that the trigger has reached.
    triggered: IdVec<RegionId, bool>,
    /// What was done against the fault, by zone.
    remedies: IdVec<ZoneId, ZoneRemedy>,
    /// An intermittent fault pauses.
    pauses: bool,
    /// Turns of an intermittent fault so far.
    turns: u64,
    /// The events of the clock and of an intermittent fault are under way.
    started: bool,
}

/// What was done against the fault in a zone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ZoneRemedy {
    /// Nothing: it wakes.
    #[default]
    None,
    /// Its hosts are looked after: it wakes on none anew, and may come back where it was.
    Mended,
    /// It is switched off: it never wakes again.
    SwitchedOff,
}

impl Conditions {
    /// Forgets everything, keeps the memory.
    pub fn reset(&mut self, zones: usize, regions: usize) {
        self.triggered.reset(regions, false);
        self.remedies.reset(zones, ZoneRemedy::None);
        self.pauses = false;
        self.turns = 0;
        self.started = false;
    }

    /// What was done against the fault in the zone.
    pub fn remedy(&self, zone: ZoneId) -> ZoneRemedy {
        self.remedies[zone]
    }

    /// Something is done against the fault in the zone; what is switched off remains so.
    pub fn set_remedy(&mut self, zone: ZoneId, remedy: ZoneRemedy) {
        if self.remedies[zone] != ZoneRemedy::SwitchedOff {
            self.remedies[zone] = remedy;
        }
    }

    /// Whether an awake fault hurts in the zone now.
    pub fn hold(&self, ctx: &Context, deployments: &Deployments, zone: ZoneId, defect: &Defect) -> bool {
        let condition = &defect.condition;
        let region = ctx.region_of(zone);
        if defect.trigger.is_some() && !self.triggered[region] || self.pauses {
            return false;
        }
        if condition.looks_at_the_clock() && !hour_holds(ctx, region, condition) {
            return false;
        }
        if let Some((share, within)) = condition.exposed_above {
            let limit = share.of(ctx.hosts_around(zone, within) as u32);
            if exposed_around(ctx, deployments, zone, within) <= u64::from(limit) {
                return false;
            }
        }
        condition.mixed.is_none_or(|within| {
            let exposed = exposed_around(ctx, deployments, zone, within);
            exposed > 0 && exposed < ctx.hosts_around(zone, within)
        })
    }

    /// The trigger reaches a region; schedules when it is over.
    pub fn trigger(&mut self, ctx: &mut Context, trigger: &Trigger, region: RegionId) {
        let now_ms = ctx.now_ms();
        self.triggered[region] = true;
        ctx.tell(now_ms, || RolloutEvent::Triggered { region: region.number() });
        if let Some(lasts) = trigger.lasts {
            let u = trigger_draws(ctx, trigger, region).uniform_at(1);
            ctx.schedule(now_ms + lasts.by_cdf(u).max(1), FaultEvent::TriggerEnds { region });
        }
    }

    /// Whether the trigger is in a region now.
    pub fn is_triggered(&self, region: RegionId) -> bool {
        self.triggered[region]
    }

    /// The trigger is over in a region.
    pub fn trigger_over(&mut self, region: RegionId) {
        self.triggered[region] = false;
    }

    /// The fault has woken somewhere: what comes and goes by itself begins.
    pub fn start(&mut self, ctx: &mut Context, condition: &Condition) {
        if std::mem::replace(&mut self.started, true) {
            return;
        }
        if condition.looks_at_the_clock() {
            schedule_hour(ctx);
        }
        if condition.intermittent.is_some() {
            self.schedule_turn(ctx, condition);
        }
    }

    fn schedule_turn(&mut self, ctx: &mut Context, condition: &Condition) {
        let Some((on, off)) = condition.intermittent else { return };
        let u = ctx.streams.stream(Purpose::Intermittent, 0).uniform_at(self.turns);
        let length_ms = if self.pauses { off } else { on }.by_cdf(u).max(1);
        self.turns += 1;
        ctx.schedule(ctx.now_ms() + length_ms, FaultEvent::Turns);
    }

    /// An intermittent fault pauses or comes back.
    pub fn turn(&mut self, ctx: &mut Context, condition: &Condition) {
        self.pauses = !self.pauses;
        self.schedule_turn(ctx, condition);
    }
}

/// Hosts around the zone on the old version, for a fault between two versions; else 0.
pub fn peers(ctx: &Context, deployments: &Deployments, zone: ZoneId, defect: &Defect) -> u64 {
    defect.condition.mixed.map_or(0, |within| {
        ctx.hosts_around(zone, within).saturating_sub(exposed_around(ctx, deployments, zone, within))
    })
}

fn exposed_around(ctx: &Context, deployments: &Deployments, zone: ZoneId, within: Within) -> u64 {
    ctx.zones_around(zone, within).map(|zone| u64::from(deployments.new_hosts(zone))).sum()
}

/// The part of the fleet around a zone in which the number of its exposed hosts matters.
pub fn widest_count(condition: &Condition) -> Within {
    let parts = condition.mixed.into_iter().chain(condition.exposed_above.map(|(_, within)| within));
    parts.max().unwrap_or(Within::Zone)
}

/// Whether the conditions on the hour hold in the region now.
fn hour_holds(ctx: &Context, region: RegionId, condition: &Condition) -> bool {
    let place = ctx.region(region);
    let utc_ms = ctx.utc_ms();
    let rate = place.rate_at(utc_ms);
    let hour = hour_of_day(utc_ms);
    let peak = place.requests_per_second * place.hourly_factor.iter().copied().fold(0.0, f64::max);
    condition.traffic_above.is_none_or(|limit| rate > limit)
        && condition.peak_share_above.is_none_or(|share| rate > share * peak)
        && condition.hours.as_ref().is_none_or(|hours| hours[region][hour])
}

/// Schedules the beginning of the next hour.
pub fn schedule_hour(ctx: &mut Context) {
    let at_ms = (ctx.utc_ms() / HOUR_MS + 1) * HOUR_MS - ctx.start_utc_ms;
    ctx.schedule(at_ms, FaultEvent::HourBegins);
}

fn trigger_draws(ctx: &Context, trigger: &Trigger, region: RegionId) -> Stream {
    let entity = match trigger.within {
        Within::Service => 0,
        Within::Region | Within::Zone => ctx.region(region).entity,
    };
    ctx.streams.stream(Purpose::Trigger, entity)
}

/// Schedules the trigger of a dormant fault: everywhere, or region by region as the strategy has it.
pub fn schedule_trigger(ctx: &mut Context, trigger: &Trigger) {
    let mut order: Vec<RegionId> = Vec::new();
    let strategy = ctx.strategy;
    for &region in strategy.waves.iter().flat_map(|wave| &wave.regions) {
        if !order.contains(&region) {
            order.push(region);
        }
    }
    for (position, region) in order.into_iter().enumerate() {
        let at_ms = trigger.at.by_cdf(trigger_draws(ctx, trigger, region).uniform_at(0));
        let at_ms = at_ms + position as u64 * strategy.trigger_step_ms;
        ctx.schedule(at_ms, FaultEvent::TriggerReaches { region });
    }
}
