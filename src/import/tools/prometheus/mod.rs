//! Prometheus: alerting rules, the objectives that become some, and what an expression of PromQL looks at.
//!
//! `query` parses an expression, `shape` finds what is held against which limit, `words` knows conventions of names,
//! `reading` says what is looked at, and `alarm` writes it as keys of the scenario.

mod alarm;
mod budget;
mod compare;
mod flow;
mod pyrra;
mod query;
mod ratio;
mod reading;
mod records;
mod rules;
mod shape;
mod sight;
mod sloth;
mod words;

use super::ToolFormat;
use super::judged::{Judged, Timing};
use crate::import::desk::Desk;
use alarm::Asker;
use records::Records;

pub(super) const FORMATS: &[ToolFormat] = &[
    ToolFormat { tool: "Prometheus rules", knows: rules::is_rules, read: rules::read },
    ToolFormat { tool: "Sloth", knows: sloth::is_spec, read: sloth::read_spec },
    ToolFormat { tool: "Sloth", knows: sloth::is_windows, read: sloth::read_windows },
    ToolFormat { tool: "Pyrra", knows: pyrra::is_objective, read: pyrra::read },
    ToolFormat { tool: "Loki rules", knows: rules::is_of_logs, read: rules::refuse_logs },
];

/// The alarm for a PromQL condition that is true while something is wrong, such as `a / b > 0.05`, as a tool asks for it with
/// each of its checks: what it looks at has a datapoint a period.
///
/// # Errors
/// Why there is nothing like it in the model.
pub(super) fn judge(desk: &Desk<'_>, condition: &str, timing: Timing) -> Result<Judged, String> {
    let spelled = Records::on(desk).spell(condition)?;
    let mut all = alarm::of_condition(&spelled.expr, timing, Asker::Check)?.into_iter();
    let Some(mut first) = all.next() else { return Err("it has no condition".to_owned()) };
    for unknown in spelled.unknown {
        let how = format!("`{unknown}` is recorded by a rule that is not here: its name says what it is");
        first.approximated.push(how);
    }
    if all.next().is_some() {
        first.approximated.push("only the first of its alternatives is asked".to_owned());
    }
    Ok(first)
}
