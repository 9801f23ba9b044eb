//! Resolves `[[variant]]` and `[[claim]]`: reads the variants, and puts together what a scenario is to show of itself and of
//! them. It simulates nothing.

mod sentence;
mod shows;
mod variant;

use super::files::Files;
use super::problems::Problems;
use super::resolve::names;
use super::rules;
use super::setting::{NewValue, Setting};
use super::spec::{ClaimSpec, ScenarioSpec};
use super::value::Text;
use crate::plan::claim::{Claim, Claims};
use crate::plan::Plan;
use crate::scenario::reader::Written;
use std::path::Path;
pub(super) use variant::stem;
use variant::Known;

/// A scenario that was read from a path with these settings: its plan, as far as it has one.
pub(super) struct Ground<'g> {
    pub path: &'g Path,
    pub files: &'g Files<'g>,
    pub settings: &'g [Setting],
    pub spec: &'g ScenarioSpec,
    pub plan: &'g Plan,
}

/// What is claimed of the scenario, and which settings have found a place in a variant. Where something was reported the
/// rest is there all the same.
pub(super) fn resolve(ground: &Ground<'_>, problems: &mut Problems) -> (Claims, Vec<Option<String>>) {
    let written = ground.spec.variant.list();
    names::check_unique("variant", written.iter().map(|variant| &variant.value.name), problems);
    let known = variant::read_all(ground, problems);
    let list = ground.spec.claim.list().iter();
    let list = list.filter_map(|claim| claim_of(claim, ground, &known, problems)).collect();
    let (variants, set) = known.into_plans();
    (Claims { variants, list }, set)
}

fn claim_of(
    written: &Written<ClaimSpec>,
    ground: &Ground<'_>,
    known: &Known,
    problems: &mut Problems,
) -> Option<Claim> {
    let spec = &written.value;
    let all = spec.shows.list();
    names::check_unique("shows", all.iter().map(|shows| &shows.value.name), problems);
    let shows: Vec<_> = all.iter().map(|shows| shows::resolve(shows, ground.plan, known, problems)).collect();
    let shows: Option<Vec<_>> = shows.into_iter().collect();
    if all.is_empty() && !spec.shows.is_broken() && spec.unsupported.is_absent() {
        let message = "the claim shows nothing";
        let help = "add a `[[claim.shows]]`, or say in `unsupported` what would have to be true";
        problems.report(rules::CLAIM_WITHOUT_PROOF.at(written.span, message).help(help));
    }
    let carried_by = carried_by(spec.carried_by.list(), ground, problems);
    let shows = shows.filter(|_| !spec.shows.is_broken())?;
    let sentence = spec.sentence.get().and_then(|text| sentence::parse(text, &shows, problems))?;
    Some(Claim {
        sentence,
        source: spec.source.or_default(),
        unsupported: spec.unsupported.or_default(),
        carried_by,
        shows,
    })
}

/// The paths, each of which must lead to a value that can be halved and doubled.
fn carried_by(paths: &[Written<Text>], ground: &Ground<'_>, problems: &mut Problems) -> Vec<String> {
    let same = |path: &Written<Text>| Setting { path: path.value.0.clone(), value: NewValue::Times(1.0) };
    let settings: Vec<Setting> = paths.iter().map(same).collect();
    let found = variant::places(ground, &settings);
    for (path, found) in paths.iter().zip(found) {
        if found.is_none() {
            let message = format!("`{}` leads to no number, duration or percentage", path.value.0);
            problems.report(rules::NOTHING_AT_PATH.at(path.span, message).help(variant::PATH_HELP));
        }
    }
    paths.iter().map(|path| path.value.0.clone()).collect()
}
