//! Resolves `[[variant]]` and `[[claim]]`: reads the variants, and puts together what a scenario is to show of itself and of
//! them. It simulates nothing.

mod ground;
mod sentence;
mod shows;
mod variant;

use super::problems::Problems;
use super::resolve::names;
use super::rules;
use super::setting::{NewValue, ValueSetting};
use super::spec::ClaimSpec;
use super::value::Text;
use crate::plan::claim::{Claim, Claims};
use crate::scenario::reader::Written;
pub(super) use ground::Ground;
use variant::Known;
pub(super) use variant::stem;

/// Variants and claims of a file, at most: each variant is read as a scenario of its own.
const MOST: usize = 32;

/// What is claimed of the scenario, and which settings have found a place in a variant. Where something was reported the
/// rest is there all the same.
pub(super) fn resolve(ground: &Ground<'_>, problems: &mut Problems) -> (Claims, Vec<Option<String>>) {
    let (variants, claims) = (ground.spec.variant.list(), ground.spec.claim.list());
    let too_many = variants.get(MOST).map(|variant| ("variants", variant.span));
    if let Some((what, span)) = too_many.or(claims.get(MOST).map(|claim| ("claims", claim.span))) {
        let message = format!("a scenario has at most {MOST} {what}");
        problems.report(rules::TOO_LARGE.at(span, message).help("write another file for the others"));
        return (Claims { variants: Vec::new(), list: Vec::new() }, Vec::new());
    }
    names::check_unique("variant", variants.iter().map(|variant| &variant.value.name), problems);
    let known = variant::read_all(ground, problems);
    check_paths(claims, ground, problems);
    let list = claims.iter().filter_map(|claim| claim_of(claim, ground, &known, problems)).collect();
    let (variants, set) = known.into_plans();
    let claims = Claims { variants, list };
    check_used(&claims, ground, problems);
    (claims, set)
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
    let shows: Vec<_> = all.iter().map(|shows| shows::resolve(shows, ground, known, problems)).collect();
    let shows: Option<Vec<_>> = shows.into_iter().collect();
    if all.is_empty() && !spec.shows.is_broken() && spec.unsupported.is_absent() {
        let message = "the claim shows nothing";
        let help = "add a `[[claim.shows]]`, or say in `unsupported` what would have to be true";
        problems.report(rules::CLAIM_WITHOUT_PROOF.at(written.span, message).help(help));
    }
    let shows = shows.filter(|_| !spec.shows.is_broken())?;
    let sentence = spec.sentence.get().and_then(|text| sentence::parse(text, &shows, problems))?;
    Some(Claim {
        sentence,
        source: spec.source.or_default(),
        unsupported: spec.unsupported.or_default(),
        carried_by: spec.carried_by.list().iter().map(|path| path.value.0.clone()).collect(),
        shows,
    })
}

/// Reports paths that lead to nothing which can be halved and doubled.
fn check_paths(claims: &[Written<ClaimSpec>], ground: &Ground<'_>, problems: &mut Problems) {
    let paths: Vec<&Written<Text>> = claims.iter().flat_map(|claim| claim.value.carried_by.list()).collect();
    if paths.is_empty() {
        return;
    }
    let same =
        |path: &&Written<Text>| ValueSetting { path: path.value.0.clone(), value: NewValue::Times(1.0) };
    let settings: Vec<ValueSetting> = paths.iter().map(same).collect();
    for (path, found) in paths.iter().zip(variant::places(ground, &settings)) {
        if found.is_none() {
            let message = format!("`{}` leads to no number, duration or percentage", path.value.0);
            problems.report(rules::NOTHING_AT_PATH.at(path.span, message).help(variant::PATH_HELP));
        }
    }
}

/// Warns of variants that no claim is about, once all of them are known.
fn check_used(claims: &Claims, ground: &Ground<'_>, problems: &mut Problems) {
    let sides = claims.list.iter().flat_map(|claim| &claim.shows);
    let used: Vec<Option<usize>> = sides
        .flat_map(|shows| [Some(&shows.of), shows.said.other()])
        .map(|side| side.and_then(|side| side.variant))
        .collect();
    for (index, written) in ground.spec.variant.list().iter().enumerate() {
        let Some(name) = written.value.name.get().filter(|_| !used.contains(&Some(index))) else { continue };
        let message = format!("no claim is about the variant `{}`", name.value.0);
        let help = "name it in a side of a comparison, or remove it";
        problems.report(rules::UNUSED_VARIANT.at(name.span, message).help(help));
    }
}
