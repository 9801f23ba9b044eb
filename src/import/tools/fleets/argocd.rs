//! Argo CD's ApplicationSet, whose applications are synced step by step. An application is a region; one that no step
//! matches stays on the old version.

use super::ladder::{Ladder, approval};
use super::members::{self, FleetMember, LabelSelector};
use super::{is_of, name_of};
use crate::import::cursor::Cursor;
use crate::import::draft::{Draft, DraftStrategy, DraftTable, sound_name, text};
use crate::import::provenance::Provenance;
use crate::import::tree::{Marked, MarkedValue};
use std::collections::{BTreeMap, BTreeSet};

/// Levels of a list's elements whose values a template can name.
const MOST_LEVELS: usize = 8;

pub(super) fn knows(cursor: &Cursor<'_>) -> bool {
    is_of(cursor, "argoproj.io/") && cursor.peek(&["kind"]) == Some("ApplicationSet")
}

pub(super) fn read(cursor: &Cursor<'_>, draft: &mut Draft) {
    let name = name_of(cursor, "applications");
    cursor.beside_the_point(&["apiVersion", "kind", "metadata", "status"]);
    let Some(spec) = cursor.get("spec") else { return };
    spec.beside_the_point(&[
        "goTemplate",
        "goTemplateOptions",
        "syncPolicy",
        "preservedFields",
        "ignoreApplicationDifferences",
        "applyNestedSelectors",
        "templatePatch",
    ]);
    let (known, is_whole) = applications(&spec);
    let strategy = spec.get("strategy");
    let kind = strategy.as_ref().and_then(|strategy| {
        strategy.beside_the_point(&["deletionOrder"]);
        strategy.get("type").and_then(|kind| kind.text())
    });
    let mut drafted = DraftStrategy::new(
        &name,
        format!("Argo CD ApplicationSet {name}"),
        Provenance::Written(vec![strategy.as_ref().unwrap_or(cursor).head()]),
    );
    let steps = strategy.as_ref().and_then(|strategy| strategy.get("rollingSync"));
    let steps = steps.as_ref().map_or_else(Vec::new, |rolling| super::parts(rolling, "steps"));
    if kind == Some("RollingSync") && !steps.is_empty() {
        let mut rolling =
            Rolling { known: &known, is_whole, ladder: Ladder::default(), seen: BTreeSet::new() };
        steps.iter().enumerate().for_each(|(index, step)| rolling.step(index, step, draft));
        // Those that no step has are no regions: every region of a scenario is some wave's.
        let own: Vec<FleetMember> =
            known.iter().filter(|member| rolling.seen.contains(&member.name)).cloned().collect();
        members::settle(&own, &spec, draft);
        rolling.tell_who_is_left(&spec);
        rolling.ladder.write(&mut drafted.table);
    } else {
        members::settle(&known, &spec, draft);
        if !is_whole {
            members::stand_ins(&spec, "applications", "", 3, draft);
        }
        let mut wave = DraftTable::default();
        wave.set("regions", text("all"), Provenance::Plain);
        wave.set("regions-at-once", text("all"), Provenance::implied("without RollingSync all at once"));
        drafted.table.add("wave", wave);
    }
    draft.strategy(drafted);
    spec.beside_the_point(&["template"]);
}

/// The steps so far.
struct Rolling<'m> {
    known: &'m [FleetMember],
    /// Whether `known` are all applications.
    is_whole: bool,
    ladder: Ladder,
    /// Names of those that some step has.
    seen: BTreeSet<String>,
}

impl Rolling<'_> {
    fn step(&mut self, index: usize, step: &Cursor<'_>, draft: &mut Draft) {
        let expressions = step.list("matchExpressions");
        let wants = LabelSelector::of_expressions(&expressions);
        let from = step
            .get("matchExpressions")
            .map_or_else(|| step.provenance(), |expressions| expressions.provenance());
        // Of two steps that match an application the first has it.
        let matching = self.known.iter().filter(|member| wants.matches(&member.labels));
        let own: Vec<&FleetMember> = matching.filter(|member| !self.seen.contains(&member.name)).collect();
        let mut names: Vec<String> = own.iter().map(|member| member.name.clone()).collect();
        if names.is_empty() && !self.is_whole {
            names = members::stand_ins(step, &format!("step-{}", index + 1), &wants.words(), 1, draft);
        }
        if names.is_empty() {
            return step.dropped("no application matches it, so Argo CD passes over it");
        }
        let mut wave = DraftTable::default();
        wave.set("name", text(&format!("step {}", index + 1)), Provenance::Plain);
        wave.set("regions", crate::import::draft::texts(names.iter().map(String::as_str)), from);
        self.seen.extend(names);
        match step.get("maxUpdate") {
            None => wave.set("regions-at-once", text("all"), Provenance::implied("Argo CD's default: 100%")),
            Some(most) if is_none(&most) => {
                wave.set("regions-at-once", text("all"), most.provenance());
                let what = format!("step {} waits for somebody who syncs", index + 1);
                if self.ladder.gate(approval(&what)) {
                    most.approximated(
                        "somebody syncs these applications by hand: here all at once, when that is approved",
                    );
                } else {
                    most.approximated(
                        "somebody begins by syncing these applications by hand: here that is the beginning",
                    );
                }
                step.desk()
                    .by_hand("approvals", "how long it takes until somebody syncs what Argo CD does not");
            }
            Some(most) => {
                if let Some(value) = members::at_once(&most, "") {
                    wave.set("regions-at-once", value, most.provenance());
                }
            }
        }
        self.ladder.push(wave);
    }

    fn tell_who_is_left(&self, spec: &Cursor<'_>) {
        let left: Vec<&str> = self
            .known
            .iter()
            .map(|member| member.name.as_str())
            .filter(|name| !self.seen.contains(*name))
            .collect();
        if !left.is_empty() {
            let who = crate::outlet::line(&left.iter().take(5).copied().collect::<Vec<_>>().join(", "));
            let why = format!(
                "no step matches {who}: Argo CD never syncs them by itself, and the scenario leaves them out"
            );
            spec.desk().by_hand(format!("{} applications", left.len()), why);
        }
    }
}

/// `0` or `0%`.
fn is_none(most: &Cursor<'_>) -> bool {
    match &most.tree().value {
        MarkedValue::Scalar { text, .. } => matches!(text.trim(), "0" | "0%"),
        MarkedValue::List(_) | MarkedValue::Map(_) => false,
    }
}

/// The applications that list generators make, and whether these are all.
fn applications(spec: &Cursor<'_>) -> (Vec<FleetMember>, bool) {
    let template = spec.get("template");
    let (mut known, mut is_whole) = (Vec::new(), true);
    for generator in spec.list("generators") {
        for (kind, body) in generator.entries() {
            match kind {
                "list" => {
                    known.extend(
                        super::bounded(&body, body.list("elements"), super::MOST_MEMBERS)
                            .iter()
                            .filter_map(|element| application(element, template.as_ref())),
                    );
                    is_whole &= !body.has("elementsYaml");
                    body.beside_the_point(&["elementsYaml", "template"]);
                }
                "selector" => body.dropped(
                    "it leaves out some of the applications of the generator, and they are all here",
                ),
                _ => {
                    is_whole = false;
                    body.desk().by_hand(
                        format!("applications of the generator `{kind}`"),
                        "it makes one for each that it finds, which no file says",
                    );
                    body.desk().take_all(body.tree());
                }
            }
        }
    }
    let is_whole = is_whole && !known.is_empty();
    (known, is_whole)
}

/// The application of an element: its name and labels by the template.
fn application(element: &Cursor<'_>, template: Option<&Cursor<'_>>) -> Option<FleetMember> {
    let mut values = BTreeMap::new();
    flatten(element.tree(), "", 0, &mut values);
    element.desk().take_all(element.tree());
    let meta = template.and_then(|template| template.get("metadata"));
    let name = meta.as_ref().and_then(|meta| meta.get("name"));
    let written = name.as_ref().and_then(|name| name.tree().text()).unwrap_or("application");
    let rendered = match rendered(written, &values) {
        Some(name) => name,
        None => {
            // The name says nothing about the rollout, so that anything which tells applications apart will do.
            values.values().next().cloned().unwrap_or_else(|| "application".to_owned())
        }
    };
    let labels = meta.and_then(|meta| meta.get("labels")).map_or_else(Vec::new, |labels| labels.entries());
    let mut own = BTreeMap::new();
    for (key, value) in labels {
        let written = value.tree().text().unwrap_or_default();
        match self::rendered(written, &values) {
            Some(text) => _ = own.insert(key.to_owned(), text),
            None => value.unknowable(key),
        }
    }
    Some(FleetMember { name: sound_name(&rendered), labels: own, hosts: None, from: element.provenance() })
}

/// Values of an element by their paths: `values.region`.
fn flatten(tree: &Marked, path: &str, level: usize, values: &mut BTreeMap<String, String>) {
    for entry in tree.entries() {
        let path = if path.is_empty() { entry.key.clone() } else { format!("{path}.{}", entry.key) };
        match entry.value.text() {
            Some(text) => _ = values.insert(path, text.to_owned()),
            None if level < MOST_LEVELS => flatten(&entry.value, &path, level + 1, values),
            None => {}
        }
    }
}

/// A text with `{{.env}}`, `{{ env }}` and `{{ index . "env" }}` replaced; none where something else stands there.
fn rendered(text: &str, values: &BTreeMap<String, String>) -> Option<String> {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("{{") {
        let (inner, behind) = after.split_once("}}")?;
        let inner = inner.trim_matches(|c: char| c == '-' || c.is_whitespace());
        let path = match inner.strip_prefix("index . ") {
            Some(quoted) => quoted.trim().trim_matches(['"', '`']),
            None => inner.trim_start_matches('.'),
        };
        out.push_str(before);
        out.push_str(values.get(path)?);
        rest = behind;
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_of_elements_are_rendered() {
        let values: BTreeMap<String, String> = [("env", "prod"), ("values.zone", "a")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into();
        let of = |text| rendered(text, &values);
        assert_eq!(of("{{.env}}-x").as_deref(), Some("prod-x"));
        assert_eq!(of("{{ env }}{{ .values.zone }}").as_deref(), Some("proda"));
        assert_eq!(of("{{ index . \"env\" }}").as_deref(), Some("prod"));
        assert_eq!(of("plain").as_deref(), Some("plain"));
        assert_eq!(of("{{ .env | upper }}"), None);
        assert_eq!(of("{{ .env"), None);
    }
}
