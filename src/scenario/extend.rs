//! Strategies that extend others: inheritance and patches on what was written, spans kept, so that a
//! problem in an inherited value points at the place where it was written.

use super::problems::Problems;
use super::reader::{Field, Written};
use super::rules;
use super::spec::{PatchSpec, StrategySpec, WaveSpec};
use super::suggest;
use super::table::Inherit;
use super::value::Name;
use crate::diagnostic::Span;

/// A strategy with everything it inherits.
#[derive(Debug, Clone)]
pub(super) struct Extended {
    /// All keys, inherited ones included.
    pub spec: StrategySpec,
    /// Its own header.
    pub header: Span,
    /// Whether something it extends was reported, so that what it lacks says nothing.
    pub broken: bool,
}

/// Applies `extends` and `patch` to every strategy, in order of definition.
pub(super) fn extend_all(strategies: &[Written<StrategySpec>], problems: &mut Problems) -> Vec<Extended> {
    let mut done: Vec<Option<Extended>> = vec![None; strategies.len()];
    for index in 0..strategies.len() {
        // From the strategy to the last ancestor that is not extended yet; a loop and no recursion,
        // because files can be long.
        let mut chain = vec![index];
        let mut cut = None;
        while let Some(parent) = chain.last().and_then(|&last| parent_of(last, strategies)) {
            if done[parent].is_some() {
                break;
            }
            if chain.contains(&parent) {
                report_cycle(parent, &chain, strategies, problems);
                cut = chain.last().copied();
                break;
            }
            chain.push(parent);
        }
        for &member in chain.iter().rev() {
            if done[member].is_none() {
                done[member] = Some(extend(member, strategies, &done, cut == Some(member), problems));
            }
        }
    }
    done.into_iter().flatten().collect()
}

/// Index of the strategy that another extends.
fn parent_of(index: usize, strategies: &[Written<StrategySpec>]) -> Option<usize> {
    let parent = strategies[index].value.extends.value()?;
    strategies.iter().position(|other| other.value.name.value() == Some(parent))
}

/// Extends one strategy whose parent is done; `cut` breaks a cycle here.
fn extend(
    index: usize,
    strategies: &[Written<StrategySpec>],
    done: &[Option<Extended>],
    cut: bool,
    problems: &mut Problems,
) -> Extended {
    let Written { value, span: header } = &strategies[index];
    let mut extended =
        Extended { spec: value.clone(), header: *header, broken: cut || value.extends.is_broken() };
    if let (Some(Written { value: Name(name), span }), false) = (value.extends.get(), cut) {
        if let Some(parent) = parent_of(index, strategies) {
            let parent = done[parent].as_ref().expect("invariant: parents are extended first");
            extended.broken |= parent.broken;
            extended.spec.inherit_from(&parent.spec);
        } else {
            unknown_parent(name, *span, strategies, problems);
            extended.broken = true;
        }
    }
    name_waves(&mut extended.spec);
    apply_patches(&mut extended, problems);
    extended
}

fn unknown_parent(name: &str, span: Span, strategies: &[Written<StrategySpec>], problems: &mut Problems) {
    let names = strategies.iter().filter_map(|other| other.value.name.value()).map(|name| name.0.as_str());
    let message = format!("there is no strategy `{name}` to extend");
    let help = suggest::help(name, names, "strategies");
    problems.report(rules::UNKNOWN_STRATEGY.at(span, message).help(help));
}

/// Reports that the last of `chain` extends `parent`, which comes earlier in it.
fn report_cycle(
    parent: usize,
    chain: &[usize],
    strategies: &[Written<StrategySpec>],
    problems: &mut Problems,
) {
    let start = chain.iter().position(|&index| index == parent).unwrap_or(0);
    let members = chain[start..].iter().chain([&parent]);
    let names = members.filter_map(|&index| strategies[index].value.name.value()).map(|name| name.0.as_str());
    let names: Vec<&str> = names.collect();
    let last = chain.last().map(|&index| &strategies[index]);
    let span = last.and_then(|last| last.value.extends.span()).unwrap_or_default();
    let message = format!("strategies extend each other in a circle: {}", names.join(" -> "));
    problems.report(rules::EXTENDS_CYCLE.at(span, message).help("let one of them stand on its own"));
}

/// Gives waves without a name their number, so that patches find them.
fn name_waves(spec: &mut StrategySpec) {
    let Field::Given(waves) = &mut spec.wave else { return };
    for (index, Written { value: wave, span }) in waves.value.iter_mut().enumerate() {
        if wave.name.is_absent() {
            wave.name = Field::Given(Written { value: Name(format!("wave {}", index + 1)), span: *span });
        }
    }
}

fn apply_patches(extended: &mut Extended, problems: &mut Problems) {
    let patches = std::mem::take(&mut extended.spec.patch);
    for Written { value: patch, .. } in patches.list() {
        let Some(Written { value: name, span }) = patch.wave.get() else { continue };
        let waves = match &mut extended.spec.wave {
            Field::Given(waves) => waves.value.as_mut_slice(),
            Field::Absent if !extended.broken => &mut [],
            Field::Absent | Field::Broken => continue,
        };
        let wave = waves.iter_mut().find(|wave| wave.value.name.value() == Some(name));
        if let Some(wave) = wave {
            apply_patch(&mut wave.value, patch);
            continue;
        }
        let names = waves.iter().filter_map(|wave| wave.value.name.value()).map(|name| name.0.as_str());
        let message = format!("there is no wave `{}` to patch", name.0);
        let help = suggest::help(&name.0, names, "waves");
        problems.report(rules::UNKNOWN_WAVE.at(*span, message).help(help));
    }
}

fn apply_patch(wave: &mut WaveSpec, patch: &PatchSpec) {
    let mut patched = WaveSpec {
        name: wave.name.clone(),
        regions: patch.regions.clone(),
        hosts: patch.hosts.clone(),
        zones: patch.zones.clone(),
        bake: patch.bake.clone(),
        gates: patch.gates.clone(),
        steps: patch.steps.clone(),
        ramp: patch.ramp.clone(),
        alarms: patch.alarms.clone(),
        one_box: patch.one_box.clone(),
        batch: patch.batch.clone(),
        traffic: patch.traffic.clone(),
        users: patch.users.clone(),
        max_unavailable: patch.max_unavailable.clone(),
        max_surge: patch.max_surge.clone(),
        batches: patch.batches.clone(),
        batch_bake: patch.batch_bake.clone(),
        zone_bake: patch.zone_bake.clone(),
        first_zone_bake: patch.first_zone_bake.clone(),
        zones_at_once: patch.zones_at_once.clone(),
        regions_at_once: patch.regions_at_once.clone(),
        calendar: patch.calendar.clone(),
    };
    // Requests are routed in one way.
    if !patch.traffic.is_absent() {
        wave.users = Field::Absent;
    }
    if !patch.users.is_absent() {
        wave.traffic = Field::Absent;
    }
    patched.inherit_from(wave);
    *wave = patched;
}
