//! The ladder that a wave climbs: `steps` and `ramp` become waves over the same regions, one a step.

use crate::diagnostic::Span;
use crate::plan::{HostShare, Ratio};
use crate::scenario::problems::Problems;
use crate::scenario::reader::{Field, Written};
use crate::scenario::spec::{RampOf, RampSpec, StepSpec, WaveSpec};
use crate::scenario::table::Keys;
use crate::scenario::value::{HostCount, Name, Percent};

/// The finest share that can be written: billionths of a percent.
const WHOLE: u64 = 100_000_000_000;
/// Steps that a ramp can have.
const MOST_STEPS: usize = 1_000;

/// The waves that a wave stands for, in order: itself, unless it has a ladder.
pub(super) fn rungs(wave: &Written<WaveSpec>, problems: &mut Problems) -> Vec<Written<WaveSpec>> {
    let spec = &wave.value;
    check_alone(spec, problems);
    let rungs: Vec<(Span, WaveSpec)> = if let Some(steps) = spec.steps.value() {
        steps.iter().map(|step| (step.span, of_step(spec, &step.value))).collect()
    } else if let Some(ramp) = spec.ramp.get() {
        of_ramp(spec, ramp, problems).into_iter().map(|rung| (ramp.span, rung)).collect()
    } else {
        Vec::new()
    };
    if rungs.is_empty() {
        if let Some(steps) = spec.steps.get() {
            problems.out_of_range(
                steps.span,
                "a ladder without a step",
                "add `{ hosts = \"10%\", bake = \"1h\" }`",
            );
        }
        return vec![wave.clone()];
    }
    let named = |number: usize, rung: WaveSpec| match rung.name.get() {
        Some(Written { value: Name(name), span }) => {
            let name = Written { value: Name(format!("{name}, step {number}")), span: *span };
            WaveSpec { name: Field::Given(name), ..rung }
        }
        None => rung,
    };
    let rungs = rungs.into_iter().enumerate();
    rungs.map(|(index, (span, rung))| Written { value: named(index + 1, rung), span }).collect()
}

/// Reports what a ladder says in place of the wave.
fn check_alone(spec: &WaveSpec, problems: &mut Problems) {
    let written = |keys: &[&'static str]| spec.written(keys);
    for ladder in written(&["steps", "ramp"]) {
        let of = spec.ramp.value().map_or(RampOf::Hosts, |ramp| ramp.of.or(RampOf::Hosts));
        let others: &[&str] = match (ladder.0, of) {
            ("steps", _) => &["ramp", "hosts", "zones", "traffic", "users", "bake", "gates"],
            (_, RampOf::Hosts) => &["hosts", "traffic", "users"],
            (_, RampOf::Zones) => &["zones"],
            (_, RampOf::Traffic | RampOf::Users) => &["traffic", "users"],
        };
        for other in written(others) {
            problems.exclude(ladder, other);
        }
    }
}

fn of_step(wave: &WaveSpec, step: &StepSpec) -> WaveSpec {
    WaveSpec {
        hosts: step.hosts.clone(),
        zones: step.zones.clone(),
        traffic: step.traffic.clone(),
        users: step.users.clone(),
        bake: step.bake.clone(),
        gates: step.gates.clone(),
        ..WaveSpec { steps: Field::Absent, ..wave.clone() }
    }
}

fn of_ramp(wave: &WaveSpec, ramp: &Written<RampSpec>, problems: &mut Problems) -> Vec<WaveSpec> {
    let Written { value: spec, span } = ramp;
    let Some(shares) = shares(spec, *span, problems) else { return Vec::new() };
    let place = spec.from.span().or(spec.add.span()).unwrap_or(*span);
    let rung = |share: Ratio| {
        let wave = WaveSpec { ramp: Field::Absent, ..wave.clone() };
        let count = || Field::Given(Written { value: HostCount(HostShare::Share(share)), span: place });
        let percent = || Field::Given(Written { value: Percent(share), span: place });
        match spec.of.or(RampOf::Hosts) {
            RampOf::Hosts => WaveSpec { hosts: count(), ..wave },
            RampOf::Zones => WaveSpec { zones: count(), ..wave },
            RampOf::Traffic => WaveSpec { traffic: percent(), ..wave },
            RampOf::Users => WaveSpec { users: percent(), ..wave },
        }
    };
    let mut rungs: Vec<WaveSpec> = shares.into_iter().map(rung).collect();
    if let Some((_, climbing)) = rungs.split_last_mut() {
        for rung in climbing {
            rung.bake = spec.every.clone();
            rung.gates = spec.gates.clone();
        }
    }
    rungs
}

/// Shares of the steps of a ramp, up to the whole; none if it was reported.
fn shares(spec: &RampSpec, span: Span, problems: &mut Problems) -> Option<Vec<Ratio>> {
    if spec.is_broken() {
        return None;
    }
    let units = |share: Ratio| (u128::from(share.num) * u128::from(WHOLE) / u128::from(share.den)) as u64;
    let first = spec.from.value().or(spec.add.value()).map(|share| units(share.0));
    let next: Box<dyn Fn(u64) -> u64> = match (spec.add.get(), spec.times.get()) {
        (Some(add), None) => {
            let add = units(add.value.0);
            Box::new(move |share| share + add)
        }
        (None, Some(times)) => {
            let factor = times.value.0;
            if factor <= 1.0 {
                problems.out_of_range(times.span, "`times` must be above 1", "write 2 to double each time");
                return None;
            }
            Box::new(move |share| libm::ceil(share as f64 * factor).min(WHOLE as f64) as u64)
        }
        (Some(add), Some(times)) => {
            problems.exclude(("add", add.span), ("times", times.span));
            return None;
        }
        (None, None) => {
            problems.missing_key(span, "a ramp needs `add` or `times`", "add `add = \"10%\"`");
            return None;
        }
    };
    let Some(first) = first else {
        problems.missing_key(span, "a ramp that multiplies needs `from`", "add `from = \"1%\"`");
        return None;
    };
    let mut shares = Vec::new();
    let mut share = first;
    while share > 0 && share < WHOLE && shares.len() < MOST_STEPS {
        shares.push(Ratio { num: share, den: WHOLE });
        share = next(share);
    }
    if share < WHOLE {
        let message = format!("this ramp takes more than {MOST_STEPS} steps");
        let place = spec.add.span().or(spec.from.span()).unwrap_or(span);
        problems.out_of_range(place, message, "write larger steps");
        return None;
    }
    shares.push(Ratio::ONE);
    Some(shares)
}
