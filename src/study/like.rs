//! A candidate as a gate judges it: like with like. What a change could choose for its own benefit is taken from what was
//! accepted: the seed and the estimator, limits that it loosens, names. Where it describes another world, with other
//! defects, traffic or hours, it is judged in both worlds. It simulates nothing.

use super::pairing::pairs;
use crate::ids::AlarmId;
use crate::outcome::measures::Subject;
use crate::plan::{Bound, Change, Level, Plan, Restriction, Threshold};
use serde::Serialize;

/// What a gate takes from what was accepted, although the candidate says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Held {
    /// The seed: both sides meet the same trials.
    Seed,
    /// How trials are drawn.
    Estimator,
    /// Limits that the candidate loosens, takes down to a warning, or drops.
    Limits,
    /// Defects, fleet and hours: the candidate is judged in the accepted world too, and the worse row counts.
    World,
    /// They could not be taken, because the candidate has other regions, zones or defects: nothing is shown.
    OtherWorld,
}

/// In which world a row was judged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum World {
    /// The candidate's own.
    #[default]
    Own,
    /// That of the accepted plan.
    Accepted,
}

impl World {
    /// Whether it is the candidate's own.
    #[must_use]
    pub fn is_own(&self) -> bool {
        match self {
            Self::Own => true,
            Self::Accepted => false,
        }
    }
}

/// The candidate as it is judged.
#[derive(Debug)]
pub(super) struct LikeWithLike {
    /// In its own world.
    pub plan: Plan,
    /// In the accepted one, where that is another.
    pub in_accepted_world: Option<Plan>,
    /// What was taken from what was accepted.
    pub held: Vec<Held>,
}

impl LikeWithLike {
    /// Judges trials of `subject` under `candidate` as those under `accepted` were.
    pub fn new(accepted: &Plan, candidate: &Plan, subject: Subject) -> Self {
        let mut held = Vec::new();
        let mut plan = candidate.clone();
        relabel(&mut plan, accepted);
        if plan.study.seed != accepted.study.seed {
            plan.study.seed = accepted.study.seed;
            held.push(Held::Seed);
        }
        if plan.study.estimator != accepted.study.estimator {
            let estimator = Some(accepted.study.estimator);
            // With too few trials for it the candidate's own is as good: the more thorough plan decides how many there are.
            if let Ok(drawn) = plan.restrict(&Restriction { estimator, ..Restriction::default() }) {
                plan = drawn;
                held.push(Held::Estimator);
            }
        }
        if keep_limits(&mut plan, accepted) {
            held.push(Held::Limits);
        }
        let mut in_accepted_world = None;
        if !same(&world(&plan), &world(accepted)) {
            match set_back(&plan, accepted, subject) {
                Some(set_back) => {
                    in_accepted_world = Some(set_back);
                    held.push(Held::World);
                }
                None => held.push(Held::OtherWorld),
            }
        }
        Self { plan, in_accepted_world, held }
    }
}

/// Gives parts that have a name of their own at a place where the accepted plan has another one the accepted name, under
/// which their draws are the accepted ones: a name is no content.
fn relabel(plan: &mut Plan, accepted: &Plan) {
    plan.fleet.name.clone_from(&accepted.fleet.name);
    take_names(
        plan.fleet.regions.iter_mut(),
        accepted.fleet.regions.iter(),
        |region| &region.name,
        |own, their| (own.name, own.entity) = (their.name.clone(), their.entity),
    );
    take_names(
        plan.alarms.iter_mut(),
        accepted.alarms.iter(),
        |alarm| &alarm.name,
        |own, their| (own.name, own.entity) = (their.name.clone(), their.entity),
    );
    take_names(
        plan.change.defects.iter_mut(),
        accepted.change.defects.iter(),
        |defect| &defect.name,
        |own, their| own.name.clone_from(&their.name),
    );
    if same(&layout(plan), &layout(accepted)) {
        for (own, their) in plan.fleet.zones.iter_mut().zip(accepted.fleet.zones.iter()) {
            (own.name, own.entity) = (their.name.clone(), their.entity);
        }
        plan.fleet.cohorts.clone_from(&accepted.fleet.cohorts);
    }
}

/// Has `take` give a part of `ours` the name of the one at its place in `theirs`, if both names are only on their side.
fn take_names<'a, T: 'a>(
    ours: impl Iterator<Item = &'a mut T>,
    theirs: impl Iterator<Item = &'a T>,
    name: fn(&T) -> &String,
    take: fn(&mut T, &T),
) {
    let (ours, theirs): (Vec<&mut T>, Vec<&T>) = (ours.collect(), theirs.collect());
    let before: Vec<String> = ours.iter().map(|own| name(own).clone()).collect();
    let after: Vec<String> = theirs.iter().map(|their| name(their).clone()).collect();
    if before.len() != after.len() {
        return;
    }
    for (index, (own, their)) in ours.into_iter().zip(theirs).enumerate() {
        if !after.contains(&before[index]) && !before.contains(&after[index]) {
            take(own, their);
        }
    }
}

/// Adds the limits of `accepted` that the plan does not hold itself to; says whether there are any.
fn keep_limits(plan: &mut Plan, accepted: &Plan) -> bool {
    let pairs = pairs(accepted, plan);
    let all = || 0..plan.strategies.len();
    let mut kept = Vec::new();
    for limit in &accepted.study.thresholds {
        let strategy = match limit.strategy {
            None => None,
            Some(old) => match pairs.iter().find(|pair| pair.0 == old) {
                Some(pair) => Some(pair.1),
                // That it is gone is a finding of its own.
                None => continue,
            },
        };
        let limited = all().filter(|index| strategy.is_none_or(|only| only == *index));
        let is_own = |index: usize| {
            plan.study.thresholds.iter().any(|own| own.is_about(index) && is_as_strict(own, limit))
        };
        if !limited.into_iter().all(is_own) {
            kept.push(Threshold { strategy, ..limit.clone() });
        }
    }
    let are_some = !kept.is_empty();
    plan.study.thresholds.extend(kept);
    are_some
}

/// Whether whoever holds `own` holds `limit` too.
fn is_as_strict(own: &Threshold, limit: &Threshold) -> bool {
    let bound = match (own.bound, limit.bound) {
        (Bound::Max(own), Bound::Max(limit)) => own <= limit,
        (Bound::Min(own), Bound::Min(limit)) => own >= limit,
        (Bound::Max(_), Bound::Min(_)) | (Bound::Min(_), Bound::Max(_)) => false,
    };
    let level = own.level == Level::Error || limit.level == Level::Warn;
    bound && level && own.metric == limit.metric && own.statistic == limit.statistic
}

/// The plan in the accepted world; none if what it says of its own does not fit there.
fn set_back(plan: &Plan, accepted: &Plan, subject: Subject) -> Option<Plan> {
    let mut back = plan.clone();
    let names = |change: &Change| -> Vec<String> { change.defects.iter().map(|d| d.name.clone()).collect() };
    // The stages of a pipeline say by defect what they catch.
    if !subject.is_rollout() && names(&plan.change) != names(&accepted.change) {
        return None;
    }
    if !same(&layout(plan), &layout(accepted)) {
        return None;
    }
    back.fleet = accepted.fleet.clone();
    back.change = accepted.change.clone();
    let index = |id: &AlarmId| {
        let name = &accepted.alarms[*id].name;
        plan.alarms.ids().find(|own| plan.alarms[*own].name == *name)
    };
    for defect in back.change.defects.iter_mut() {
        defect.seen_by = defect.seen_by.as_ref().map(|alarms| alarms.iter().filter_map(index).collect());
    }
    let (study, was) = (&mut back.study, &accepted.study);
    (study.start_utc_ms, study.start_spread_ms) = (was.start_utc_ms, was.start_spread_ms);
    study.observe_after_ms = was.observe_after_ms;
    // Its strata may need more trials than the candidate has.
    let fits = Restriction { estimator: Some(back.study.estimator), ..Restriction::default() };
    back.study.trials = back.study.trials.max(was.trials);
    back.study.max_trials = back.study.max_trials.max(was.max_trials);
    back.restrict(&fits).ok()
}

/// What is the same whoever deploys: changes, fleet and hours.
fn world(plan: &Plan) -> impl Serialize + '_ {
    let study = &plan.study;
    (&plan.change, &plan.fleet, study.start_utc_ms, study.start_spread_ms, study.observe_after_ms)
}

/// Where places are, by which strategies and defects name them.
fn layout(plan: &Plan) -> impl Serialize + '_ {
    let zones: Vec<_> = plan.fleet.zones.iter().map(|zone| zone.region).collect();
    let regions: Vec<&str> = plan.fleet.regions.iter().map(|region| region.name.as_str()).collect();
    (zones, regions, plan.fleet.cohorts.iter().count())
}

fn same(one: &impl Serialize, other: &impl Serialize) -> bool {
    serde_json::to_value(one).ok() == serde_json::to_value(other).ok()
}
