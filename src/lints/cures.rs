//! Whether what follows an alarm can make anybody well again, and takes time. It looks at no alarm.

use super::view::View;
use crate::diagnostic::Diagnostic;
use crate::ids::DefectId;
use crate::plan::pipeline::AfterRejection;
use crate::plan::{Defect, OnAlarm, Plan, Remedy, RollbackEffect, Strategy};
use crate::scenario::{Places, rules};

/// Warns of people who repair hosts, where nothing says how long a host takes them.
pub(super) fn repair_without_time(view: &View<'_>) -> Option<Diagnostic> {
    let strategy = view.strategy();
    let repairs = remedies(strategy).contains(&Remedy::Repair);
    // What a rollback heals by itself leaves the operators nothing to repair.
    let goes_back = strategy.response.on_alarm == OnAlarm::Rollback;
    let timeless = |defect: &DefectId| {
        let cure = &view.plan.change.defects[*defect].cure;
        let healed = goes_back && cure.rollback == RollbackEffect::Heals && cure.share >= 1.0;
        !healed && cure.repair.iter().all(|repair| repair.per_host.by_survival(1e-9) == 0)
    };
    let defect = view.plan.change.defects.ids().find(timeless).filter(|_| repairs)?;
    let message = format!(
        "the operators of strategy `{}` repair hosts, but nothing says how long a host with `{}` takes: all are well at once",
        strategy.name, view.plan.change.defects[defect].name,
    );
    let help = "add `cure = { repair = { per-host = \"15m\", at-once = 20 } }` to the defect";
    let problem = view.warning(&rules::REPAIR_WITHOUT_TIME, message);
    Some(problem.and(view.places.defects[defect], "this defect").help(help))
}

/// What the people of a strategy try; nothing without people.
fn remedies(strategy: &Strategy) -> Vec<Remedy> {
    let people = strategy.operators.iter();
    people.flat_map(|people| people.attempts().map(|attempt| attempt.remedy)).collect()
}

/// Whether a remedy makes hosts with a defect well.
fn can_mend(remedy: Remedy, defect: &Defect) -> bool {
    match remedy {
        Remedy::KillSwitch | Remedy::FixForward | Remedy::Repair => true,
        Remedy::Rollback => defect.cure.rollback == RollbackEffect::Heals || !defect.cure.repair.is_empty(),
        // Nothing wakes what nothing triggers.
        Remedy::Withdraw => defect.trigger.is_some(),
        Remedy::Halt => false,
    }
}

/// Warns of a strategy that stops a bad change and heals nobody.
pub(super) fn no_way_to_mend(view: &View<'_>) -> Option<Diagnostic> {
    let strategy = view.strategy();
    let remedies = remedies(strategy);
    let helpless = |defect: &Defect| {
        let mend = || remedies.iter().any(|remedy| can_mend(*remedy, defect));
        match strategy.response.on_alarm {
            // Nobody is called after a freeze.
            OnAlarm::Freeze => true,
            OnAlarm::Halt | OnAlarm::Page => !remedies.is_empty() && !mend(),
            OnAlarm::Rollback => !can_mend(Remedy::Rollback, defect) && !mend(),
            OnAlarm::Withdraw => !can_mend(Remedy::Withdraw, defect) && !mend(),
        }
    };
    let defects = &view.plan.change.defects;
    let defect = defects.ids().find(|&defect| helpless(&defects[defect]))?;
    let message = match strategy.response.on_alarm {
        OnAlarm::Freeze => format!("strategy `{}` freezes after an alarm, and nobody comes", strategy.name),
        OnAlarm::Halt | OnAlarm::Page if remedies.iter().all(|remedy| *remedy == Remedy::Halt) => {
            format!("the people of strategy `{}` stop it, and nobody does anything after that", strategy.name)
        }
        OnAlarm::Withdraw => format!(
            "nothing triggers `{}`, so a withdrawal does not heal it, and strategy `{}` has nothing else",
            defects[defect].name, strategy.name
        ),
        OnAlarm::Rollback | OnAlarm::Halt | OnAlarm::Page => format!(
            "going back does not heal `{}`, and strategy `{}` has nothing else",
            defects[defect].name, strategy.name
        ),
    };
    let help =
        "give it `operators` with a `remedy` such as \"fix-forward\", or the defect a `cure` with a `repair`";
    let problem = view.warning(&rules::NO_WAY_TO_MEND, message);
    Some(problem.and(view.places.defects[defect], "this defect").help(help))
}

/// Warns of a way back that may be broken, where nobody comes then.
pub(super) fn broken_way_back(view: &View<'_>) -> Option<Diagnostic> {
    let strategy = view.strategy();
    let broken = strategy.rollback.broken > 0.0 && strategy.response.on_alarm == OnAlarm::Rollback;
    if !broken || strategy.operators.is_some() || view.plan.change.bad_probability <= 0.0 {
        return None;
    }
    let message =
        format!("the way back of strategy `{}` may be broken, and nobody comes then", strategy.name);
    let help = "add `operators = { engage = \"10m\", diagnose = \"20m\" }`";
    Some(view.warning(&rules::NO_WAY_TO_MEND, message).help(help))
}

/// Warns of a pipeline in which a bad change stays in every later revision.
pub(super) fn never_taken_out(plan: &Plan, places: &Places) -> Option<Diagnostic> {
    let (pipeline, place) = (plan.pipeline.as_ref()?, places.pipeline?);
    let stays = match pipeline.line.after_rejection {
        AfterRejection::Leave | AfterRejection::Restart { .. } => true,
        AfterRejection::Revert(_) => false,
    };
    if !stays || plan.change.bad_probability <= 0.0 {
        return None;
    }
    let message = "nobody takes a bad change out of the pipeline: every later revision carries it";
    let help = "add `after-rejection = { revert = \"2h\" }`";
    Some(rules::NO_WAY_TO_MEND.at(place, message).help(help))
}
