//! Warnings that a scenario accepts. It takes them out of the problems and says which acceptance has nothing left to
//! accept; it never touches an error.

use super::problems::Problems;
use super::rules;
use crate::diagnostic::{Diagnostic, FileId, Rule, Span};

/// One accepted warning.
#[derive(Debug, Clone)]
pub struct Allow {
    /// Its rule.
    pub rule: &'static Rule,
    /// Places that it must point at, of a strategy or an alarm; none: anywhere.
    pub places: Vec<Span>,
    /// Why it is accepted.
    pub reason: String,
    /// Where that was written.
    pub span: Span,
}

impl Allow {
    fn is_about(&self, diagnostic: &Diagnostic) -> bool {
        diagnostic.rule == self.rule && self.places.iter().all(|&place| diagnostic.points_at(place))
    }
}

/// Sets aside what is accepted.
pub(super) fn apply(allows: &[Allow], problems: &mut Problems) {
    problems.allow(|diagnostic| {
        allows.iter().find(|allow| allow.is_about(diagnostic)).map(|allow| allow.reason.clone())
    });
}

/// A warning for each acceptance of the scenario itself that accepts nothing; a library may have some to spare.
pub(super) fn idle(allows: &[Allow], problems: &Problems) -> Vec<Diagnostic> {
    let idle = |allow: &&Allow| {
        allow.span.file == FileId::default()
            && !problems.allowed().iter().any(|diagnostic| allow.is_about(diagnostic))
    };
    let warn = |allow: &Allow| {
        let message = format!("nothing here draws `{}`, which is allowed", allow.rule.id);
        rules::IDLE_ALLOW.at(allow.span, message).help("remove it, so that the next one is seen")
    };
    allows.iter().filter(idle).map(warn).collect()
}
