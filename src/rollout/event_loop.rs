//! The clock of a rollout: which component handles what happens, and who is told what follows.
//!
//! The only file that names all five components. It decides nothing: it hands events to verbs, facts to those who may not
//! miss them, and decisions to who carries them out.

use super::account::{
    Account, Booked, Capacity, CapacityListener, Service, announce_replacement, announce_rollback,
};
use super::alarms::{Alarms, Seen, Sight};
use super::compose;
use super::context::Context;
use super::deployment::{DeploymentListener, Deployments, GoingBack, Laid, RolloutPart};
use super::event::{
    AlarmEvent, CapacityEvent, DeploymentEvent, Event, FaultEvent, GoBackBy, ResponseEvent, RoutingEvent,
};
use super::fault::{AroundFault, Fault, FaultChange, Promise};
use super::launch::WaveTimes;
use super::place::WatchedScope;
use super::response::{IncidentResponse, OperatorAction, Reaction, ending};
use super::served::Served;
use super::trace::RolloutEvent;
use crate::ids::{AlarmId, WaveId};
use crate::outcome::{Notice, Outcome};

/// The five components of a rollout. They are kept from one rollout to the next, for their memory.
#[derive(Debug, Default)]
pub struct Components {
    deployments: Deployments,
    fault: Fault,
    account: Account,
    alarms: Alarms,
    response: IncidentResponse,
}

impl Components {
    /// Components whose alarms visit every evaluation.
    pub fn exhaustive() -> Self {
        Self { alarms: Alarms::exhaustive(), ..Self::default() }
    }

    fn reset(&mut self, zones: usize, regions: usize) {
        self.deployments.reset(zones, regions);
        self.fault.reset(zones, regions);
        self.account.reset(zones, regions);
        self.alarms.reset(zones, regions);
        self.response = IncidentResponse::default();
    }

    /// The waves of the latest rollout, in order; one that was cut off ends at `over_ms`.
    pub fn wave_times(&self, over_ms: u64) -> Vec<WaveTimes> {
        self.deployments.wave_times(over_ms)
    }

    /// Whether the latest rollout was stopped from outside before anything else did.
    pub fn stopped_outside(&self) -> bool {
        self.response.stopped_outside()
    }
}

/// Hosts were laid out or go back: they count, capacity is announced, the fault meets them, alarms open.
struct OfDeployments<'r> {
    fault: &'r mut Fault,
    account: &'r Account,
    alarms: &'r mut Alarms,
}

impl DeploymentListener for OfDeployments<'_> {
    type Told = Seen;

    #[inline]
    fn laid(&mut self, ctx: &mut Context, deployments: &Deployments, laid: Laid) -> Seen {
        let (new, span) = laid.split();
        deployments.announce_arrivals(ctx, &new);
        announce_replacement(ctx, deployments, &new);
        let exposed = self.fault.expose(ctx, deployments, new);
        let sight = Sight { deployments, fault: self.fault, capacity: self.account.capacity() };
        self.alarms.watch(ctx, sight, span, exposed)
    }

    fn goes_back(&mut self, ctx: &mut Context, deployments: &Deployments, going: GoingBack) -> Seen {
        deployments.announce_departures(ctx, going.zone);
        announce_rollback(ctx, deployments, going.zone);
        self.fault.send_back(ctx, deployments, going);
        Seen::NOTHING
    }

    fn checks(&mut self, ctx: &mut Context, deployments: &Deployments, wave: WaveId) -> Seen {
        let sight = Sight { deployments, fault: self.fault, capacity: self.account.capacity() };
        self.alarms.check(ctx, sight, wave)
    }

    fn served(&self, ctx: &Context) -> Served {
        self.account.served(ctx)
    }

    fn goes_on_without(&mut self, _ctx: &mut Context, alarm: Option<AlarmId>) -> Seen {
        self.alarms.ignore(alarm)
    }

    fn ends(&mut self, ctx: &mut Context, part: RolloutPart) -> Seen {
        self.alarms.part_ends(ctx, part)
    }
}

/// Who is impaired changed: the account books it, then the alarms look.
struct OfFault<'r> {
    deployments: &'r Deployments,
    account: &'r mut Account,
    alarms: &'r mut Alarms,
    response: &'r IncidentResponse,
}

impl AroundFault for OfFault<'_> {
    type Told = Seen;

    #[inline]
    fn deployments(&self) -> &Deployments {
        self.deployments
    }

    #[inline]
    fn changed(&mut self, ctx: &mut Context, fault: &Fault, change: FaultChange) -> Seen {
        let change = (change, self.response.mitigates());
        let booked = self.account.book(ctx, self.deployments, fault, change);
        let sight = Sight { deployments: self.deployments, fault, capacity: self.account.capacity() };
        let listens = self.response.listens(ctx, self.deployments);
        self.alarms.look_again(ctx, sight, booked, listens)
    }
}

/// Who is in service changed: it is booked already, so the alarms look.
struct OfCapacity<'r> {
    deployments: &'r Deployments,
    fault: &'r Fault,
    alarms: &'r mut Alarms,
    response: &'r IncidentResponse,
}

impl CapacityListener for OfCapacity<'_> {
    type Told = Seen;

    fn changed(&mut self, ctx: &mut Context, capacity: &Capacity, change: Booked) -> Seen {
        let sight = Sight { deployments: self.deployments, fault: self.fault, capacity };
        let listens = self.response.listens(ctx, self.deployments);
        self.alarms.look_again(ctx, sight, change, listens)
    }
}

/// One rollout in progress.
pub struct EventLoop<'a> {
    ctx: Context<'a>,
    parts: &'a mut Components,
}

impl<'a> EventLoop<'a> {
    /// A rollout that has not begun.
    pub fn new(ctx: Context<'a>, parts: &'a mut Components) -> Self {
        parts.reset(ctx.plan.fleet.zones.len(), ctx.plan.fleet.regions.len());
        Self { ctx, parts }
    }

    /// Runs to the end of the observation. It comes to one: the queue gives a rollout up that has too many events.
    pub fn run(mut self) -> Outcome {
        self.start();
        while let Some(event) = self.ctx.next(self.observation_end_ms()) {
            self.handle(event);
        }
        self.finish()
    }

    fn start(&mut self) {
        let defect = self.ctx.defect_id.map(crate::ids::DefectId::number);
        let start_utc_ms = self.ctx.start_utc_ms;
        self.ctx.tell(0, || RolloutEvent::RolloutStarted { defect, start_utc_ms });
        let Self { ctx, parts: Components { deployments, fault, account, alarms, response } } = self;
        account.capacity().schedule_background(ctx);
        fault.schedule_trigger(ctx);
        if ctx.is_sick() {
            let around = &mut OfFault { deployments, account, alarms, response };
            fault.fall_sick(ctx, around);
        }
        let listener = &mut OfDeployments { fault, account, alarms };
        deployments.start_past_waves(ctx, listener);
        response.expect_outside_stop(ctx);
        deployments.start_wave(ctx, WaveId::new(0), listener);
    }

    #[inline]
    fn observation_end_ms(&self) -> Option<u64> {
        let Components { deployments, fault, response, .. } = &*self.parts;
        response.observation_end_ms(&self.ctx, deployments, fault)
    }

    fn finish(self) -> Outcome {
        let Self { mut ctx, parts } = self;
        let Components { deployments, fault, account, alarms, response } = parts;
        let sight = Sight { deployments, fault, capacity: account.capacity() };
        alarms.follow_to_the_end(&mut ctx, sight);
        let end_ms = response.ended_ms(&ctx, deployments, fault);
        let end_ms = end_ms.expect("invariant: the queue runs dry only after the end");
        let observed_ms = response.observation_end_ms(&ctx, deployments, fault);
        let observed_ms = observed_ms.expect("invariant: the rollout has ended");
        let ending = ending(&ctx, deployments);
        ctx.tell(end_ms, || RolloutEvent::RolloutEnded { ending });
        let course = deployments.course(&ctx, response.summary().alarm_ms, end_ms);
        let blast = account.close(&ctx, fault, observed_ms);
        let customers = account.close_customers(&ctx, (deployments, fault), (end_ms, observed_ms));
        compose::outcome(&ctx, (end_ms, ending), course, fault, response, (blast, customers))
    }

    #[inline]
    fn handle(&mut self, event: Event) {
        match event {
            Event::Deployment(event) => self.handle_deployment(event),
            Event::Routing(event) => self.handle_routing(event),
            Event::Fault(event) => self.handle_fault(event),
            Event::Capacity(event) => self.handle_capacity(event),
            Event::Alarm(event) => self.handle_alarm(event),
            Event::Response(event) => self.handle_response(event),
        }
    }

    fn handle_deployment(&mut self, event: DeploymentEvent) {
        let Self { ctx, parts: Components { deployments, fault, account, alarms, response } } = self;
        let listener = &mut OfDeployments { fault, account, alarms };
        match event {
            DeploymentEvent::WaveStarts { wave } => deployments.start_wave(ctx, wave, listener),
            DeploymentEvent::RegionOpens { region } => deployments.region_opens(ctx, region, listener),
            DeploymentEvent::OneBoxBaked { zone } => deployments.one_box_baked(ctx, zone, listener),
            DeploymentEvent::ZoneDone { zone } => deployments.zone_done(ctx, zone, listener),
            DeploymentEvent::WaveDone => {
                if let Some(completed) = deployments.wave_done(ctx, listener) {
                    response.completed(ctx, completed);
                }
            }
            DeploymentEvent::PastWavesDone => {
                if let Some(completed) = deployments.past_waves_done(ctx) {
                    response.completed(ctx, completed);
                }
            }
            DeploymentEvent::HostsFailed { batch } => {
                if let Some(scope) = deployments.hosts_failed(ctx, batch) {
                    response.notice(ctx, deployments, Notice::FailedHosts, scope);
                }
            }
            DeploymentEvent::NoProgress { zone } => {
                response.notice(ctx, deployments, Notice::Deadline, WatchedScope::Zone(zone));
            }
        }
    }

    fn handle_routing(&mut self, event: RoutingEvent) {
        let Self { ctx, parts: Components { deployments, fault, account, alarms, response } } = self;
        let Some(change) = deployments.route(ctx, event) else { return };
        let zone = change.zone();
        fault.routes_change(ctx, &change, &mut OfFault { deployments, account, alarms, response });
        let listener = &mut OfCapacity { deployments, fault, alarms, response };
        account.routes_change(ctx, deployments, fault, change, listener);
        if ctx.newcomers {
            let sight = Sight { deployments, fault, capacity: account.capacity() };
            let listens = response.listens(ctx, deployments);
            alarms.hosts_moved(ctx, sight, zone, listens);
        }
    }

    fn handle_fault(&mut self, event: FaultEvent) {
        let Self { ctx, parts: Components { deployments, fault, account, alarms, response } } = self;
        let around = &mut OfFault { deployments, account, alarms, response };
        let mut promise = Promise::NOTHING;
        match event {
            FaultEvent::FirstExposure => fault.first_exposure(ctx),
            FaultEvent::LatentOnset => fault.latent_onset(ctx, deployments),
            FaultEvent::NextOnset { zone } => fault.next_onset(ctx, deployments, zone),
            FaultEvent::Wakes { host } => fault.wakes(ctx, host, around),
            FaultEvent::Unmasks { host } => fault.unmasks(ctx, host, around),
            FaultEvent::GoneBack { host } => {
                promise = fault.gone_back(ctx, host, around);
            }
            FaultEvent::Worsens { host } => fault.worsens(ctx, host, around),
            FaultEvent::Treated { host } => {
                promise = fault.treated(ctx, host, around);
            }
            FaultEvent::TakesCure { host } => fault.takes_cure(ctx, host, around),
            FaultEvent::OneBoxBegins { zone } => fault.one_box_begins(ctx, zone, around),
            FaultEvent::Repaired { host } => fault.healed(ctx, host, around),
            FaultEvent::Relapses { host } => fault.relapses(ctx, host, around),
            FaultEvent::TriggerReaches { region } => {
                fault.trigger_reaches(ctx, region, around);
            }
            FaultEvent::TriggerEnds { region } => fault.trigger_ends(ctx, region, around),
            FaultEvent::HourBegins => fault.hour_begins(ctx, around),
            FaultEvent::Turns => fault.turns(ctx, around),
            FaultEvent::SwitchedOff { zone } => {
                promise = fault.switched_off(ctx, zone, around);
            }
        }
        response.promised(promise);
    }

    fn handle_capacity(&mut self, event: CapacityEvent) {
        let Self { ctx, parts: Components { deployments, fault, account, alarms, response } } = self;
        let listener = &mut OfCapacity { deployments, fault, alarms, response };
        match event {
            CapacityEvent::BatchBegins { batch, hosts } => {
                account.batch_moves(ctx, deployments, fault, (batch, hosts, Service::Leaves), listener);
            }
            CapacityEvent::BatchEnds { batch, hosts } => {
                account.batch_moves(ctx, deployments, fault, (batch, hosts, Service::Returns), listener);
            }
            CapacityEvent::RollbackBegins { zone, hosts } => {
                account.hosts_return(ctx, deployments, fault, (zone, hosts, Service::Leaves), listener);
            }
            CapacityEvent::RollbackEnds { zone, hosts } => {
                account.hosts_return(ctx, deployments, fault, (zone, hosts, Service::Returns), listener);
            }
            CapacityEvent::GoesDark { place } => {
                account.goes_dark(ctx, deployments, fault, place, listener);
            }
            CapacityEvent::IsBack { place } => account.is_back(ctx, deployments, fault, place, listener),
        }
    }

    fn handle_alarm(&mut self, event: AlarmEvent) {
        let Self { ctx, parts: Components { deployments, fault, account, alarms, response } } = self;
        let sight = Sight { deployments, fault, capacity: account.capacity() };
        let listens = response.listens(ctx, deployments);
        match event {
            AlarmEvent::LooksAgain { watch } => alarms.resample(ctx, sight, watch, listens),
            AlarmEvent::Evaluates { watch, generation } => {
                alarms.evaluate(ctx, sight, (watch, generation), listens);
            }
            AlarmEvent::DelayOver { watch } => alarms.delay_over(ctx, watch),
            AlarmEvent::Fires { watch } => {
                let Some(firing) = alarms.fires(ctx, watch) else { return };
                if let Some(ignored) = response.hear(ctx, deployments, firing) {
                    alarms.mute(ignored);
                }
            }
            AlarmEvent::CheckFails { watch, check } => {
                let Some((gate, alarm)) = alarms.checked_by(watch) else { return };
                if let Some(wave) = deployments.check_fails(ctx, gate, (alarm, check)) {
                    response.notice(ctx, deployments, Notice::Gate { wave, gate }, WatchedScope::Service);
                }
            }
            AlarmEvent::CheckEnds { wave, gate } => {
                if deployments.check_ends(ctx, wave, gate) {
                    response.notice(ctx, deployments, Notice::Gate { wave, gate }, WatchedScope::Service);
                }
            }
        }
    }

    fn handle_response(&mut self, event: ResponseEvent) {
        let Self { ctx, parts: Components { deployments, fault, response, .. } } = self;
        match event {
            ResponseEvent::Reacts => {
                let Some(reaction) = response.react(ctx, deployments) else { return };
                deployments.stop(ctx);
                match reaction {
                    Reaction::GoBack => self.go_back_by_itself(),
                    Reaction::Withdraw => {
                        let promise = fault.withdraw(ctx);
                        response.promised(promise);
                    }
                    Reaction::Stay { notice } => {
                        ctx.tell(ctx.now_ms(), || RolloutEvent::Halted { notice });
                        fault.left_alone(ctx);
                    }
                }
            }
            ResponseEvent::FiresAlready => {
                if response.fires_already(ctx, deployments) {
                    deployments.stop(ctx);
                    self.go_back_by_itself();
                }
            }
            ResponseEvent::OperatorsReady => response.operators_ready(ctx, deployments, fault),
            ResponseEvent::OperatorsAct => self.operators_act(),
            ResponseEvent::RemedyJudged => response.remedy_judged(ctx, fault),
            ResponseEvent::OutsideStop => {
                let Some(stop) = response.outside_stop(ctx, deployments) else { return };
                deployments.stop(ctx);
                if stop.roll_back {
                    self.go_back(GoBackBy::Hand);
                }
            }
            ResponseEvent::GateFails { wave, gate } => {
                if deployments.gate_fails(ctx, wave, gate) {
                    response.notice(ctx, deployments, Notice::Gate { wave, gate }, WatchedScope::Service);
                }
            }
            ResponseEvent::TurnToGoBack { by } => {
                if response.turn_to_go_back(ctx) {
                    self.roll_back(by);
                }
            }
        }
    }

    fn operators_act(&mut self) {
        let Self { ctx, parts: Components { deployments, fault, account, alarms, response } } = self;
        deployments.stop(ctx);
        let Some(action) = response.operators_act(ctx) else { return };
        fault.remedy_begins();
        let (strategy, change) = (ctx.strategy, &ctx.plan.change);
        let promise = match action {
            OperatorAction::GoBack => {
                self.go_back(GoBackBy::Hand);
                self.parts.response.operators_acted(&mut self.ctx);
                return;
            }
            OperatorAction::GoBackAgain => fault.treat_in_batches(ctx, &strategy.rollback_time(change), true),
            OperatorAction::FixForward => fault.treat_in_batches(ctx, &strategy.deploy_time(change), false),
            OperatorAction::TurnSwitch { spread } => fault.switch_spreads(ctx, &spread),
            OperatorAction::Withdraw => fault.withdraw(ctx),
            OperatorAction::Halt => {
                fault.left_alone(ctx);
                Promise::NOTHING
            }
            OperatorAction::Repair => {
                let around = &mut OfFault { deployments, account, alarms, response };
                let mut promise = Promise::NOTHING;
                for zone in ctx.zones() {
                    promise = promise.and(fault.mended(ctx, zone, around));
                }
                promise
            }
        };
        response.promised(promise);
        response.operators_acted(ctx);
    }

    /// The rollout takes its hosts back, unless its way back is broken.
    fn go_back_by_itself(&mut self) {
        let Self { ctx, parts: Components { fault, response, .. } } = self;
        if response.is_rollback_broken(ctx) {
            ctx.tell(ctx.now_ms(), || RolloutEvent::RollbackBroken);
            fault.left_alone(ctx);
        } else {
            self.go_back(GoBackBy::Reaction);
        }
    }

    /// Hosts go back as soon as it is this rollout's turn.
    fn go_back(&mut self, by: GoBackBy) {
        if self.parts.response.may_go_back(&mut self.ctx, by) {
            self.roll_back(by);
        }
    }

    fn roll_back(&mut self, by: GoBackBy) {
        let Self { ctx, parts: Components { deployments, fault, account, alarms, response } } = self;
        let listener = &mut OfDeployments { fault, account, alarms };
        let rolled_back = deployments.roll_back(ctx, response.cause(), by, listener);
        response.went_back(ctx, deployments, rolled_back);
    }
}
