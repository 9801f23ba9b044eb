//! Values of a play that Jinja makes: a variable alone, with or without a default. It evaluates nothing else.

use crate::import::cursor::Cursor;

/// What a text stands for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct JinjaVariable<'t> {
    /// Its name.
    pub name: &'t str,
    /// What it is without a value.
    pub default: Option<&'t str>,
}

/// The variable of `{{ name }}` or `{{ name | default(5) }}`; none of anything else.
pub(super) fn variable(text: &str) -> Option<JinjaVariable<'_>> {
    let inner = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    if inner.contains("{{") {
        return None;
    }
    let mut parts = inner.split('|').map(str::trim);
    let name = parts.next()?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
    let mut default = None;
    for filter in parts {
        let called = ["default(", "d("].iter().find_map(|open| filter.strip_prefix(open)?.strip_suffix(')'));
        match called {
            // A second argument says when it is taken.
            Some(value) => default = Some(unquoted(value.split(',').next().unwrap_or(value).trim())),
            None if ["int", "string", "trim"].contains(&filter) => {}
            None => return None,
        }
    }
    is_name.then_some(JinjaVariable { name, default })
}

fn unquoted(text: &str) -> &str {
    let within = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    within('\'').or_else(|| within('"')).unwrap_or(text)
}

/// What a value is known to be: itself, or what its variable is by what the user gives, by the play's own `vars`, or by
/// its default. An expression that is nothing of these is reported.
pub(super) enum KnownValue<'d> {
    /// A value of the file.
    Here(Cursor<'d>),
    /// A text.
    Text(&'d str),
}

/// See [`KnownValue`].
pub(super) fn known<'d>(value: &Cursor<'d>, play: &Cursor<'d>) -> Option<KnownValue<'d>> {
    let Some(text) = value.tree().text().filter(|text| text.contains("{{")) else {
        return Some(KnownValue::Here(value.clone()));
    };
    let Some(JinjaVariable { name, default }) = variable(text) else {
        let whole = text.trim().trim_start_matches("{{").trim_end_matches("}}").trim();
        return value.desk().given(whole).map(KnownValue::Text).or_else(|| {
            value.unknowable(whole);
            None
        });
    };
    if let Some(given) = value.desk().given(name) {
        return Some(KnownValue::Text(given));
    }
    let own = play.tree().get("vars").is_some_and(|vars| vars.get(name).is_some());
    if own && let Some(written) = play.at(&["vars", name]) {
        let is_expression = written.tree().text().is_some_and(|text| text.contains("{{"));
        if !is_expression {
            return Some(KnownValue::Here(written));
        }
    }
    if let Some(default) = default {
        value.approximated(format!(
            "`{default}` is what it is unless `{name}` says otherwise: --set {name}=VALUE does"
        ));
        return Some(KnownValue::Text(default));
    }
    value.unknowable(name);
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_has_a_name_and_perhaps_a_default() {
        assert_eq!(variable("{{ n }}"), Some(JinjaVariable { name: "n", default: None }));
        assert_eq!(variable("{{n|default('30%')}}"), Some(JinjaVariable { name: "n", default: Some("30%") }));
        assert_eq!(
            variable("{{ a.b | d(1, true) | int }}"),
            Some(JinjaVariable { name: "a.b", default: Some("1") })
        );
        for other in
            ["5", "{{ n * 2 }}", "{{ n }}{{ m }}", "{{ groups['web'] | length }}", "{{ n | round }}", "{{}}"]
        {
            assert_eq!(variable(other), None, "{other}");
        }
    }
}
