//! Resolves `[[strategy]]`: waves, alarms and rollback of each strategy that is not a template.

use super::alarm::{ResolvedAlarm, alarm_indices};
use super::calendar::Calendars;
use super::checks;
use super::evidence;
use super::failures;
use super::gate;
use super::ladder;
use super::names::{self, check_unique, unknown};
use super::procedure;
use super::response;
use super::scene::Scene;
use super::select::Selection;
use super::traffic;
use crate::diagnostic::{FileId, Span};
use crate::ids::{AlarmId, RegionId};
use crate::plan::{
    self, Bypass, Concurrency, HostShare, Ratio, Rollback, RollbackScope, RollbackTarget, Wave,
};
use crate::scenario::extend::Extended;
use crate::scenario::problems::Problems;
use crate::scenario::reader::Written;
use crate::scenario::rules;
use crate::scenario::spec::{BypassSpec, RollbackSpec, StrategySpec, WaveSpec};
use crate::scenario::value::{IMMEDIATE, Name};

/// A strategy of the plan with what the later checks need of its text.
pub(super) struct Draft {
    /// The plan's strategy; without waves for a template.
    pub plan: plan::Strategy,
    /// Everything written for it, inherited keys included.
    pub spec: StrategySpec,
    /// Where it was written.
    pub span: Span,
    /// Each wave with the keys that it takes over from the strategy.
    pub procedures: Vec<WaveSpec>,
    /// Only to be extended.
    pub template: bool,
    /// True if the waves or a parent were reported: what is missing then says nothing.
    pub broken: bool,
    /// False if, beyond that, the fleet or a selection was reported.
    pub sound: bool,
}

/// The names of strategies, for references to them.
pub(super) struct Names<'a> {
    /// All strategies.
    pub drafts: &'a [Draft],
    /// Whether all could be read; a reference to a missing one then is an error.
    pub complete: bool,
}

impl Names<'_> {
    /// Index of a strategy; reports unknown names.
    pub fn find(&self, written: &Written<Name>, problems: &mut Problems) -> Option<usize> {
        let names_known = self.complete && self.drafts.iter().all(|draft| !draft.spec.name.is_broken());
        let index = self.drafts.iter().position(|draft| draft.plan.name == written.value.0);
        if index.is_none() && names_known {
            let runnable = self.drafts.iter().filter(|draft| !draft.template);
            let names = runnable.map(|draft| draft.plan.name.as_str());
            unknown(&names::STRATEGY, &written.value.0, written.span, names, problems);
        }
        index
    }

    /// Index of a strategy that can run; reports unknown names and templates.
    pub fn find_runnable(&self, written: &Written<Name>, problems: &mut Problems) -> Option<usize> {
        let index = self.find(written, problems)?;
        let draft = &self.drafts[index];
        if draft.template && !draft.spec.template.is_broken() {
            let message = format!("`{}` is a template, which is never run", written.value.0);
            let help = "remove `template = true` from it, or name a strategy that extends it";
            problems.report(rules::NOT_COMPARED.at(written.span, message).help(help));
            return None;
        }
        Some(index)
    }
}

/// Resolves all strategies.
pub(super) fn resolve(
    extended: Vec<Extended>,
    scene: &Scene,
    calendars: &mut Calendars,
    problems: &mut Problems,
) -> Vec<Draft> {
    check_templates(&extended, problems);
    extended.into_iter().map(|strategy| resolve_one(strategy, scene, calendars, problems)).collect()
}

/// Warns of templates of the scenario itself that nothing extends; a library may have some to spare.
fn check_templates(extended: &[Extended], problems: &mut Problems) {
    let is_template = |strategy: &Extended| strategy.spec.template.or_default();
    if extended.iter().all(is_template) {
        // That there is nothing to run is an error of its own.
        return;
    }
    for template in
        extended.iter().filter(|strategy| is_template(strategy) && strategy.header.file == FileId::default())
    {
        let name = template.spec.name.get();
        let used =
            extended.iter().any(|strategy| strategy.spec.extends.value() == name.map(|name| &name.value));
        if let (Some(name), false) = (name, used) {
            let message = format!("no strategy extends the template `{}`", name.value.0);
            let help = "remove it, or remove `template = true` to run it";
            problems.report(rules::UNUSED_TEMPLATE.at(name.span, message).help(help));
        }
    }
}

fn resolve_one(
    extended: Extended,
    scene: &Scene,
    calendars: &mut Calendars,
    problems: &mut Problems,
) -> Draft {
    let Scene { fleet, alarms, .. } = scene;
    let Extended { spec, header, broken } = extended;
    let template = spec.template.or_default() || spec.template.is_broken();
    let listened_to = match spec.alarms.value() {
        Some(listed) => alarm_indices(listed, alarms, problems),
        None => not_checked(&spec, alarms),
    };
    let back_as_forth = spec.deploy_time.given().filter(|_| !scene.change_has_rollback_time);
    let mut draft = Draft {
        plan: plan::Strategy {
            name: spec.name.or_default(),
            description: spec.description.or_default(),
            source: spec.source.or_default(),
            waves: Vec::new(),
            alarms: listened_to,
            complete_at: spec.complete_at.value().map_or(Ratio::ONE, |share| share.0),
            deploy_time: spec.deploy_time.given(),
            // The way back takes as long as the way there only where nothing says how long it takes.
            rollback_time: spec.rollback_time.given().or(back_as_forth),
            downtime_ms: spec.downtime.given(),
            bypass: spec.bypass.value().map(bypass),
            trigger_step_ms: spec.trigger_step.or_default(),
            failures: spec.failures.value().map(failures::budget),
            progress_deadline_ms: spec.progress_deadline.given(),
            response: response::response(&spec.response, alarms, problems),
            operators: response::operators(&spec.operators, problems),
            rollback: rollback(spec.rollback.value()),
        },
        span: spec.name.span().unwrap_or(header),
        procedures: Vec::new(),
        template,
        broken: broken || spec.wave.is_broken(),
        sound: !broken && !spec.wave.is_broken() && fleet.sound,
        spec,
    };
    if !template {
        resolve_waves(&mut draft, scene, calendars, problems);
    }
    draft
}

/// All alarms but those that a gate of the strategy checks.
fn not_checked(spec: &StrategySpec, alarms: &[ResolvedAlarm]) -> Vec<AlarmId> {
    let waves = spec.wave.list().iter();
    let gates = waves.flat_map(|wave| gate::written(&wave.value)).filter_map(|gate| gate.checks.value());
    let checked: Vec<&Name> = gates.flat_map(checks::named).collect();
    let is_checked = |name: &str| checked.iter().any(|checked| checked.0 == name);
    let ids = (0..alarms.len()).filter(|index| !is_checked(&alarms[*index].plan.name));
    ids.map(AlarmId::new).collect()
}

fn bypass(spec: &BypassSpec) -> Bypass {
    Bypass { hosts: spec.hosts.or(HostShare::ALL), time: spec.time.or(IMMEDIATE) }
}

fn rollback(spec: Option<&RollbackSpec>) -> Rollback {
    let absent = RollbackSpec::default();
    let spec = spec.unwrap_or(&absent);
    Rollback {
        scope: spec.scope.or(RollbackScope::Everything),
        batch: spec.batch.or(HostShare::ALL),
        reaction_delay_ms: spec.reaction_delay.or_default(),
        target: spec.to.or(RollbackTarget::Previous),
        switch_time: spec.switch_time.given(),
        broken: spec.broken.or_default(),
    }
}

fn resolve_waves(draft: &mut Draft, scene: &Scene, calendars: &mut Calendars, problems: &mut Problems) {
    let Scene { fleet, alarms, .. } = scene;
    let waves = draft.spec.wave.value().cloned().unwrap_or_default();
    if waves.is_empty() {
        if !draft.broken {
            let message = format!("strategy `{}` has no wave", draft.plan.name);
            let help = "add a `[[strategy.wave]]` with `regions = \"all\"`, or extend a strategy";
            problems.report(rules::NO_WAVE.at(draft.span, message).help(help));
        }
        draft.sound = false;
        return;
    }
    check_unique("wave", waves.iter().map(|wave| &wave.value.name), problems);
    let mut selection = Selection::new(fleet);
    // Numbers of the last waves of their ladders.
    let mut ladders: Vec<usize> = Vec::new();
    for wave in &waves {
        let mut climbs: Option<Vec<RegionId>> = None;
        for rung in ladder::rungs(wave, problems) {
            let spec = procedure::written(&draft.spec, &rung.value);
            let regions = match climbs {
                None => selection.select(&spec, rung.span, problems),
                Some(regions) => selection.climb(regions, &spec, rung.span, problems),
            };
            climbs = Some(regions.clone());
            draft.plan.waves.push(Wave {
                name: spec.name.or_default(),
                regions,
                hosts: spec.hosts.or(HostShare::ALL),
                zones: spec.zones.value().map(|zones| zones.0).filter(|zones| !zones.is_whole()),
                traffic: spec.traffic.value().map(|share| share.0),
                users: spec.users.value().map(|share| share.0),
                regions_at_once: spec.regions_at_once.or(Concurrency::ONE),
                bake_ms: spec.bake.or_default(),
                alarms: spec.alarms.value().map(|listed| alarm_indices(listed, alarms, problems)),
                gates: gate::resolve(&spec.gates, scene, problems),
                procedure: procedure::resolve(&spec, fleet, problems),
                calendar: calendars.of_waves(&spec.calendar, problems),
            });
            if let (Some(wave), true) = (draft.plan.waves.last(), fleet.sound) {
                traffic::check(fleet, wave, &spec, problems);
                procedure::check(wave, &spec, &fleet.plan, problems);
            }
            draft.procedures.push(spec);
        }
        ladders.resize(draft.plan.waves.len(), draft.plan.waves.len() - 1);
    }
    evidence::settle(&mut draft.plan.waves, &draft.procedures, &ladders, fleet, problems);
    listen_by_wave(&mut draft.plan);
    if let Some(last) = waves.last() {
        selection.finish(last, problems);
    }
    draft.sound &= selection.sound;
    response::check(&draft.spec, problems);
}

/// If one wave has alarms of its own, every wave has a list; the strategy's is then that of all of them.
fn listen_by_wave(strategy: &mut plan::Strategy) {
    if strategy.waves.iter().all(|wave| wave.alarms.is_none()) {
        return;
    }
    let usual = std::mem::take(&mut strategy.alarms);
    for wave in &mut strategy.waves {
        let heard = wave.alarms.get_or_insert_with(|| usual.clone());
        for alarm in heard {
            if !strategy.alarms.contains(alarm) {
                strategy.alarms.push(*alarm);
            }
        }
    }
}
