//! What the alarms of a strategy see of a defect before the rollout goes on to its second wave. It looks at bad
//! changes only; false alarms are in `false_alarms.rs`.

use super::first_wave::{Detector, Escape, escape, has_closed_form, shows_at_once, sign};
use super::rehearsal::Rehearsal;
use super::view::View;
use super::words::{percent, rate};
use crate::diagnostic::Diagnostic;
use crate::plan::{Alarm, Defect, Reads, Signal};
use crate::scenario::rules;

/// A defect that shows at once and more likely than not is still unseen when the second wave begins makes the first
/// one pointless.
const BLIND: f64 = 0.5;

/// Warns if a defect of the catalogue that shows at once is likely to pass the first wave unseen. Names the one that
/// passes most easily, and the alarm that is most likely to see it.
pub(super) fn blind_first_wave(view: &View<'_>, rehearsal: Option<&Rehearsal<'_>>) -> Option<Diagnostic> {
    if !has_closed_form(view) {
        return rehearsed(view, rehearsal);
    }
    let escapes: Vec<Escape> = view
        .plan
        .change
        .defects
        .ids()
        .filter(|&defect| shows_at_once(&view.plan.change.defects[defect]))
        .filter_map(|defect| escape(view, defect, BLIND))
        .collect();
    // The first of several that pass alike.
    let others = escapes.len().saturating_sub(1);
    let worst = escapes.into_iter().rev().max_by(|a, b| a.unseen.total_cmp(&b.unseen))?;
    let defect = &view.plan.change.defects[worst.defect];
    let Detector { alarm, power, instances, quietest, reached } = worst.best;
    let alarm_plan = &view.plan.alarms[alarm];
    let others = match others {
        0 => String::new(),
        1 => ", and so does 1 more defect".to_owned(),
        n => format!(", and so do {n} more defects"),
    };
    let signal = &alarm_plan.signal;
    let sees = if signal.kind().reads == Reads::Requests && signal.ratio_limit().is_some() {
        match instances {
            1 => format!("sees {} requests/s there and ", rate(quietest)),
            n => format!("sees {} requests/s in the quietest of {n} places and ", rate(quietest)),
        }
    } else {
        String::new()
    };
    let message = format!(
        "`{}`, which {} of requests at once, passes the first wave of strategy `{}` unseen with probability \
         {}{others}: `{}` {sees}fires in time with probability {}",
        defect.name,
        spoils(defect),
        view.strategy().name,
        percent(worst.unseen),
        alarm_plan.name,
        percent(power),
    );
    let warning = view.warning(&rules::BLIND_FIRST_WAVE, message);
    Some(
        warning
            .and(view.places.alarms[alarm], "sees it best")
            .help(advice(view, defect, alarm_plan, reached)),
    )
}

/// The same where there is no closed form, as of a judge's verdict: how rehearsed rollouts went.
fn rehearsed(view: &View<'_>, rehearsal: Option<&Rehearsal<'_>>) -> Option<Diagnostic> {
    let defects = view.plan.change.defects.ids();
    let passed =
        defects.filter(|&defect| shows_at_once(&view.plan.change.defects[defect])).filter_map(|defect| {
            let (unseen, all) = rehearsal?.past_first_wave(view.strategy, defect)?;
            (unseen as f64 > BLIND * all as f64).then_some((unseen, all, defect))
        });
    let (unseen, all, defect) = passed.max_by_key(|(unseen, ..)| *unseen)?;
    let defect = &view.plan.change.defects[defect];
    let message = format!(
        "`{}`, which {} of requests at once, passes the first wave of strategy `{}` unseen in {unseen} of {all} rehearsed \
         rollouts",
        defect.name,
        spoils(defect),
        view.strategy().name,
    );
    Some(view.warning(&rules::BLIND_FIRST_WAVE, message).help(MORE))
}

/// What a defect does to its requests: `fails 1 %`.
fn spoils(defect: &Defect) -> String {
    let symptom = &defect.symptom;
    if symptom.error_ratio > 0.0 {
        format!("fails {}", percent(symptom.error_ratio))
    } else {
        format!("slows down {}", percent(symptom.slow_ratio))
    }
}

/// What would let the alarm see the defect, of which `reached` of its scope has at most.
fn advice(view: &View<'_>, defect: &Defect, alarm: &Alarm, reached: f64) -> String {
    let (background, excess) = sign(view, defect, alarm);
    let Some(limit) = limit(alarm) else { return MORE.to_owned() };
    let (fails, sees) = (background + excess, background + reached * excess);
    if fails <= limit {
        return format!(
            "a host with it fails {} of requests, under the limit of {}: no bake is long enough; lower the limit where \
             there are requests enough, or listen to another alarm",
            percent(fails),
            percent(limit),
        );
    }
    if sees <= limit {
        return format!(
            "the first wave reaches {} of what `{}` looks at, so that it sees {}, under its limit of {}: no bake is long \
             enough; listen to an alarm with a narrower scope, or lower the limit",
            percent(reached),
            alarm.name,
            percent(sees),
            percent(limit),
        );
    }
    MORE.to_owned()
}

/// What helps where chance decides.
const MORE: &str =
    "begin where there is more traffic, put more hosts into the one-box, bake longer, or lengthen the period";

/// The limit of an alarm on a share of requests, probes or hosts, if it has one.
fn limit(alarm: &Alarm) -> Option<f64> {
    match alarm.signal {
        Signal::ImpairedHosts { threshold, .. } => Some(threshold.as_f64()),
        Signal::ErrorRatio { .. }
        | Signal::SlowRatio { .. }
        | Signal::ErrorCount { .. }
        | Signal::DamageCount { .. }
        | Signal::Synthetic { .. }
        | Signal::RateRatio(_)
        | Signal::Canary(_)
        | Signal::Absent { .. }
        | Signal::RequestDrop { .. }
        | Signal::AnyOf(_)
        | Signal::Quorum(_)
        | Signal::BreachProbability { .. }
        | Signal::DetectionDelay(_) => alarm.signal.ratio_limit().map(|(limit, ..)| limit.as_f64()),
    }
}
