//! The limit of a signal on a ratio: `above` or `at-least`.

use crate::diagnostic::Span;
use crate::plan::{Comparison, Ratio};
use crate::scenario::problems::Problems;
use crate::scenario::reader::{Field, Written};
use crate::scenario::value::Percent;

/// The limit of a ratio signal and its strictness; none if it was reported.
pub(super) fn threshold(
    above: &Field<Percent>,
    at_least: &Field<Percent>,
    span: Span,
    problems: &mut Problems,
) -> Option<(Ratio, Comparison)> {
    match (above.get(), at_least.get()) {
        (Some(above), None) => Some((above.value.0, Comparison::Above)),
        (None, Some(Written { value: limit, span })) => {
            if limit.is_zero() {
                let message = "`at-least` of 0 % breaches at every datapoint";
                problems.out_of_range(*span, message, "write { above = \"0%\" }");
                return None;
            }
            Some((limit.0, Comparison::AtLeast))
        }
        (Some(above), Some(at_least)) => {
            problems.exclude(("above", above.span), ("at-least", at_least.span));
            None
        }
        (None, None) if above.is_broken() || at_least.is_broken() => None,
        (None, None) => {
            let message = "the signal has no limit";
            problems.missing_key(span, message, "add `above = \"1%\"` or `at-least = \"1%\"`");
            None
        }
    }
}
