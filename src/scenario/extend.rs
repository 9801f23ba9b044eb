//! Strategies that extend others: inheritance and patches on what was written, spans kept, so that a
//! problem in an inherited value points at the place where it was written.

use super::problems::Problems;
use super::reader::{Field, Written};
use super::rules;
use super::spec::{Inherit, OneBox, PatchSpec, RollbackSpec, StrategySpec, WaveSpec};
use super::suggest;
use super::value::Name;
use crate::diagnostic::{Diagnostic, Span};

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
        extend(index, strategies, &mut done, &mut Vec::new(), problems);
    }
    done.into_iter().flatten().collect()
}

/// Extends one strategy, its parents first. `open` are the strategies whose parents are being looked
/// up; meeting one again is a cycle.
fn extend(
    index: usize,
    strategies: &[Written<StrategySpec>],
    done: &mut Vec<Option<Extended>>,
    open: &mut Vec<usize>,
    problems: &mut Problems,
) {
    if done[index].is_some() {
        return;
    }
    let Written { value, span: header } = &strategies[index];
    let mut extended = Extended { spec: value.clone(), header: *header, broken: value.extends.is_broken() };
    open.push(index);
    if let Some(Written { value: Name(name), span }) = value.extends.get() {
        match strategies.iter().position(|other| other.value.name.value().is_some_and(|n| n.0 == *name)) {
            None => {
                unknown_parent(name, *span, strategies, problems);
                extended.broken = true;
            }
            Some(parent) if open.contains(&parent) => {
                report_cycle(parent, *span, strategies, open, problems);
                extended.broken = true;
            }
            Some(parent) => {
                extend(parent, strategies, done, open, problems);
                let parent = done[parent].as_ref().expect("invariant: extended above");
                extended.broken |= parent.broken;
                inherit(&mut extended.spec, &parent.spec);
            }
        }
    }
    open.pop();
    name_waves(&mut extended.spec);
    apply_patches(&mut extended, problems);
    done[index] = Some(extended);
}

fn unknown_parent(name: &str, span: Span, strategies: &[Written<StrategySpec>], problems: &mut Problems) {
    let names = strategies.iter().filter_map(|other| other.value.name.value()).map(|name| name.0.as_str());
    let message = format!("there is no strategy `{name}` to extend");
    let help = suggest::help(name, names, "strategies");
    problems.report(Diagnostic::new(&rules::UNKNOWN_STRATEGY, message).at(span, "").help(help));
}

/// Reports a cycle that ends at `parent`, which is still open, once for all its members.
fn report_cycle(
    parent: usize,
    span: Span,
    strategies: &[Written<StrategySpec>],
    open: &[usize],
    problems: &mut Problems,
) {
    let start = open.iter().position(|&index| index == parent).unwrap_or(0);
    let names: Vec<&str> = open[start..]
        .iter()
        .chain([&parent])
        .filter_map(|&index| strategies[index].value.name.value())
        .map(|name| name.0.as_str())
        .collect();
    let message = format!("strategies extend each other in a circle: {}", names.join(" -> "));
    let diagnostic = Diagnostic::new(&rules::EXTENDS_CYCLE, message).at(span, "");
    problems.report_once(diagnostic.help("let one of them stand on its own"));
}

/// Takes over everything but what makes a strategy itself.
fn inherit(child: &mut StrategySpec, parent: &StrategySpec) {
    let (template, patch) = (child.template.clone(), child.patch.clone());
    merge_one_box(&mut child.one_box, &parent.one_box);
    merge_rollback(&mut child.rollback, &parent.rollback);
    child.inherit_from(parent);
    child.template = template;
    child.patch = patch;
}

/// A one-box under one it is based on: two tables merge key by key.
pub(super) fn merge_one_box(child: &mut Field<OneBox>, parent: &Field<OneBox>) {
    let base = parent.value();
    if let (Field::Given(Written { value: OneBox::Stage(stage), .. }), Some(OneBox::Stage(base))) =
        (&mut *child, base)
    {
        stage.inherit_from(base);
    }
    child.inherit(parent);
}

fn merge_rollback(child: &mut Field<RollbackSpec>, parent: &Field<RollbackSpec>) {
    if let (Field::Given(rollback), Some(base)) = (&mut *child, parent.value()) {
        rollback.value.inherit_from(base);
    }
    child.inherit(parent);
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
    for Written { value: patch, .. } in patches.value().into_iter().flatten() {
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
        problems.report(Diagnostic::new(&rules::UNKNOWN_WAVE, message).at(*span, "").help(help));
    }
}

fn apply_patch(wave: &mut WaveSpec, patch: &PatchSpec) {
    let mut patched = WaveSpec {
        name: wave.name.clone(),
        regions: patch.regions.clone(),
        hosts: patch.hosts.clone(),
        bake: patch.bake.clone(),
        one_box: patch.one_box.clone(),
        batch: patch.batch.clone(),
        max_unavailable: patch.max_unavailable.clone(),
        zone_bake: patch.zone_bake.clone(),
        zones_at_once: patch.zones_at_once.clone(),
        regions_at_once: patch.regions_at_once.clone(),
    };
    merge_one_box(&mut patched.one_box, &wave.one_box);
    patched.inherit_from(wave);
    *wave = patched;
}
