//! The limit of a signal on a ratio: `above` or `at-least`.

use crate::diagnostic::{Diagnostic, Span};
use crate::plan::{Comparison, Ratio};
use crate::scenario::problems::Problems;
use crate::scenario::reader::{Field, Written};
use crate::scenario::rules;
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
                let diagnostic = Diagnostic::new(&rules::OUT_OF_RANGE, message).at(*span, "");
                problems.report(diagnostic.help("write { above = \"0%\" }"));
                return None;
            }
            Some((limit.0, Comparison::AtLeast))
        }
        (Some(above), Some(at_least)) => {
            let message = "`above` and `at-least` exclude each other";
            let diagnostic = Diagnostic::new(&rules::CONFLICTING_KEYS, message).at(at_least.span, "");
            problems.report(diagnostic.and(above.span, "").help("keep one of them"));
            None
        }
        (None, None) if above.is_broken() || at_least.is_broken() => None,
        (None, None) => {
            let message = "the signal has no limit";
            let diagnostic = Diagnostic::new(&rules::MISSING_KEY, message).at(span, "");
            problems.report(diagnostic.help("add `above = \"1%\"` or `at-least = \"1%\"`"));
            None
        }
    }
}
