//! Resolves `[pipeline.two-phase]`, and keeps its defect to itself.

use super::names::{self, find};
use crate::ids::{DefectId, IdVec};
use crate::plan::Change;
use crate::plan::pipeline::{BakesFrom, DefectClass, TwoPhase};
use crate::scenario::problems::Problems;
use crate::scenario::reader::Field;
use crate::scenario::spec::TwoPhaseSpec;
use crate::scenario::value::IMMEDIATE;

/// The two-phase changes of a pipeline. Ordinary changes have the defect of unprepared hosts no more: what is left of
/// `defects` is as likely together as all of them were.
pub(super) fn resolve(
    field: &Field<TwoPhaseSpec>,
    change: &Change,
    defects: &mut IdVec<DefectId, DefectClass>,
    problems: &mut Problems,
) -> Option<TwoPhase> {
    let spec = field.value()?;
    let known = change.defects.iter().map(|defect| defect.name.as_str());
    let unprepared = DefectId::new(find(spec.unprepared.get()?, &names::DEFECT, known, true, problems)?);
    let others = 1.0 - change.defects[unprepared].probability;
    defects[unprepared].probability = 0.0;
    if others > 0.0 {
        defects.iter_mut().for_each(|class| class.probability /= others);
    }
    Some(TwoPhase {
        share: spec.share.or_default(),
        bake: spec.bake.or(IMMEDIATE),
        from: spec.from.or(BakesFrom::Delivery),
        unprepared,
    })
}
