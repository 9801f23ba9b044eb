//! The one table of rules: what a scenario can get wrong, why it matters, and how it should look.
//!
//! `docs/diagnostics.md` and `wavetank explain` are printed from it. Identifiers are never reused.

mod expect;
mod lints;
mod mechanism;
mod names;
mod pipeline;
mod sense;
mod shape;

pub use expect::*;
pub use lints::*;
pub use mechanism::*;
pub use names::*;
pub use pipeline::*;
pub use sense::*;
pub use shape::*;

use crate::diagnostic::{Rule, Severity};
use std::fmt::Write;

/// Defines rules as statics and a list of them.
macro_rules! rules {
    (
        $(#[$list_doc:meta])* $list:ident:
        $($rule:ident = $id:literal $name:literal $severity:ident {
            summary: $summary:literal,
            why: $why:literal,
            bad: $bad:literal,
            good: $good:literal,
        })*
    ) => {
        $(
            #[doc = $summary]
            pub static $rule: $crate::diagnostic::Rule = $crate::diagnostic::Rule {
                id: $id,
                name: $name,
                severity: $crate::diagnostic::Severity::$severity,
                summary: $summary,
                why: $why,
                example_bad: $bad,
                example_good: $good,
            };
        )*
        $(#[$list_doc])*
        pub static $list: &[&$crate::diagnostic::Rule] = &[$(&$rule),*];
    };
}
use rules;

/// Every rule, by identifier.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    [SHAPE, NAMES, SENSE, FORESIGHT, MECHANISM, EXPECT, PIPELINE].into_iter().flatten().copied()
}

/// The rule with this identifier (`WT002`, in any case) or name (`unknown-key`).
#[must_use]
pub fn explain(id: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.id.eq_ignore_ascii_case(id) || rule.name.eq_ignore_ascii_case(id))
}

/// One rule as Markdown, as `wavetank explain` prints it.
#[must_use]
pub fn markdown(rule: &Rule) -> String {
    format!(
        "## {} {}\n\n{}: {}\n\n{}\n\nNot so:\n\n```toml\n{}\n```\n\nbut so:\n\n```toml\n{}\n```\n",
        rule.id,
        rule.name,
        match rule.severity {
            Severity::Error => "Error",
            Severity::Warning => "Warning",
        },
        rule.summary,
        rule.why,
        rule.example_bad.trim_matches('\n'),
        rule.example_good.trim_matches('\n'),
    )
}

/// The documentation of all rules, for `docs/diagnostics.md`.
#[must_use]
pub fn document() -> String {
    let mut text = String::from(
        "# Diagnostics\n\n\
         Every problem that `wavetank check` finds has the identifier of a rule. Errors make a scenario\n\
         unusable; warnings do not. `wavetank explain WT002` prints one rule. The examples show only the\n\
         part of a scenario that matters.\n\n\
         This page is generated from `src/scenario/rules`; do not edit it.\n\n\
         | rule | name | severity | says |\n|---|---|---|---|\n",
    );
    for rule in all() {
        let anchor = format!("{}-{}", rule.id.to_lowercase(), rule.name);
        let severity = rule.severity.name();
        writeln!(text, "| [{}](#{anchor}) | {} | {severity} | {} |", rule.id, rule.name, rule.summary)
            .expect("invariant: writing to a string cannot fail");
    }
    for rule in all() {
        text.push('\n');
        text.push_str(&markdown(rule));
    }
    text
}

#[cfg(test)]
mod tests;
