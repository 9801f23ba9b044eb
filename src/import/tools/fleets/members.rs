//! Who there is in a fleet, and who is selected: clusters with labels, selectors as Kubernetes writes them, and those that
//! stand in for clusters which no file names. It knows no tool.

use crate::import::cursor::{Amount, Cursor};
use crate::import::draft::{Draft, DraftRegion, DraftTable, DraftValue, sound_name, text, texts, whole};
use crate::import::provenance::Provenance;
use crate::import::tree::MarkedValue;
use std::collections::BTreeMap;

/// Stand-ins that a user can ask for at most.
const MOST_STAND_INS: u64 = 2_000;

/// Letters of a label at most.
const MOST_LABEL: usize = 90;

/// A cluster, an application or a location.
#[derive(Debug, Clone)]
pub(super) struct FleetMember {
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its hosts, where a file says how many.
    pub hosts: Option<(u64, Provenance)>,
    /// Where it is written.
    pub from: Provenance,
}

/// What labels have to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct LabelSelector {
    requirements: Vec<Requirement>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Requirement {
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Exists(String),
    DoesNotExist(String),
}

impl Requirement {
    fn holds(&self, labels: &BTreeMap<String, String>) -> bool {
        match self {
            Self::In(key, values) => labels.get(key).is_some_and(|value| values.contains(value)),
            Self::NotIn(key, values) => labels.get(key).is_none_or(|value| !values.contains(value)),
            Self::Exists(key) => labels.contains_key(key),
            Self::DoesNotExist(key) => !labels.contains_key(key),
        }
    }

    fn words(&self) -> String {
        match self {
            Self::In(key, values) => format!("{key}={}", values.join("|")),
            Self::NotIn(key, values) => format!("{key} not {}", values.join("|")),
            Self::Exists(key) => key.clone(),
            Self::DoesNotExist(key) => format!("no {key}"),
        }
    }
}

impl LabelSelector {
    /// A selector that wants one label.
    pub fn of(key: &str, value: &str) -> Self {
        Self { requirements: vec![Requirement::In(key.to_owned(), vec![value.to_owned()])] }
    }

    /// Reads `matchLabels` and `matchExpressions`.
    pub fn read(cursor: &Cursor<'_>) -> Self {
        let mut requirements = Vec::new();
        for (key, value) in cursor.get("matchLabels").map_or_else(Vec::new, |labels| labels.entries()) {
            requirements
                .extend(value.text().map(|value| Requirement::In(key.to_owned(), vec![value.to_owned()])));
        }
        requirements.extend(cursor.list("matchExpressions").iter().filter_map(expression));
        Self { requirements }
    }

    /// Reads a bare list of expressions.
    pub fn of_expressions(expressions: &[Cursor<'_>]) -> Self {
        Self { requirements: expressions.iter().filter_map(expression).collect() }
    }

    /// Whether it wants nothing, and so selects all.
    pub fn is_everything(&self) -> bool {
        self.requirements.is_empty()
    }

    /// Whether it selects somebody with these labels.
    pub fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.requirements.iter().all(|requirement| requirement.holds(labels))
    }

    /// It as a label, for those who stand in for whom it selects: `env=prod`.
    pub fn words(&self) -> String {
        let words: Vec<String> = self.requirements.iter().map(Requirement::words).collect();
        sound_name(&words.join(",")).chars().take(MOST_LABEL).collect()
    }
}

fn expression(cursor: &Cursor<'_>) -> Option<Requirement> {
    let key = cursor.get("key").and_then(|key| key.text());
    let operator = cursor.get("operator");
    let values: Vec<String> =
        cursor.list("values").iter().filter_map(Cursor::text).map(str::to_owned).collect();
    let (Some(key), Some(operator)) = (key.map(str::to_owned), operator) else {
        cursor.error("a condition on labels needs a `key` and an `operator`");
        return None;
    };
    operator.read("In, NotIn, Exists or DoesNotExist", |word| match word {
        "In" => Some(Requirement::In(key.clone(), values.clone())),
        "NotIn" => Some(Requirement::NotIn(key.clone(), values.clone())),
        "Exists" => Some(Requirement::Exists(key.clone())),
        "DoesNotExist" => Some(Requirement::DoesNotExist(key.clone())),
        _ => None,
    })
}

/// Labels of a document's metadata.
pub(super) fn labels(cursor: &Cursor<'_>) -> BTreeMap<String, String> {
    let labels = cursor.at(&["metadata", "labels"]).map_or_else(Vec::new, |labels| labels.entries());
    labels.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value.text()?.to_owned()))).collect()
}

/// A member as a document with metadata.
pub(super) fn member(cursor: &Cursor<'_>) -> FleetMember {
    let name = cursor.at(&["metadata", "name"]);
    let from = name.as_ref().map_or(Provenance::Plain, Cursor::provenance);
    let name = name.and_then(|name| name.text()).unwrap_or("unnamed").to_owned();
    FleetMember { name: sound_name(&name), labels: labels(cursor), hosts: None, from }
}

/// Adds members as regions: a member is one host unless a file says how many it has.
pub(super) fn settle(members: &[FleetMember], place: &Cursor<'_>, draft: &mut Draft) {
    if members.len() > super::MOST_MEMBERS {
        return place.error(format!(
            "a fleet of {} is larger than the {} that a scenario takes",
            members.len(),
            super::MOST_MEMBERS
        ));
    }
    for member in members {
        let mut table = DraftTable::default();
        match &member.hosts {
            Some((hosts, from)) => table.set("hosts-per-zone", whole(*hosts), from.clone()),
            None => table.set("hosts-per-zone", whole(1), member.from.clone()),
        }
        let labels: Vec<String> =
            member.labels.iter().map(|(key, value)| sound_name(&format!("{key}={value}"))).collect();
        if !labels.is_empty() {
            table.set("labels", texts(labels.iter().map(String::as_str)), Provenance::Plain);
        }
        draft.region(DraftRegion { name: member.name.clone(), table });
    }
}

/// The selection of these members, by name.
pub(super) fn named<'m>(members: impl IntoIterator<Item = &'m FleetMember>) -> DraftValue {
    texts(members.into_iter().map(|member| member.name.as_str()))
}

/// Members that no file names: regions called `name-1`, with a label by which a wave selects them. There is one unless the
/// user gives more with `--set NAME=COUNT`, or `few` of them, where a tool tells numbers apart.
pub(super) fn stand_ins(
    place: &Cursor<'_>,
    name: &str,
    label: &str,
    few: u64,
    draft: &mut Draft,
) -> Vec<String> {
    let count = match place.desk().given(name) {
        None => few,
        Some(given) => match given.trim().parse().ok().filter(|count| (1..=MOST_STAND_INS).contains(count)) {
            Some(count) => count,
            None => {
                place.error(format!(
                    "`{name}` was given as `{given}`, and is a number from 1 to {MOST_STAND_INS}"
                ));
                1
            }
        },
    };
    let what = format!("its name, and its nodes: one of those of {name}");
    place.desk().by_hand(
        format!("who is in {name}"),
        format!(
            "no file names them, so a few stand in: put in your own, or say how many with --set {name}=COUNT"
        ),
    );
    let mut names = Vec::new();
    for number in 1..=count {
        let mut table = DraftTable::default();
        table.set("hosts-per-zone", whole(1), Provenance::hand(&what));
        if !label.is_empty() {
            table.set("labels", texts([label]), place.provenance());
        }
        let region = sound_name(&format!("{name}-{number}"));
        names.push(region.clone());
        draft.region(DraftRegion { name: region, table });
    }
    names
}

/// The selection of everybody with a label.
pub(super) fn labelled(label: &str) -> DraftValue {
    crate::import::draft::inline([("label", text(label))])
}

/// How many may be under way at once: a count from 1 on, or a share up to 100 %, whose `rounding` is `up`, or nothing for
/// down and one at least. None where it cannot be read, which was then reported.
pub(super) fn at_once(cursor: &Cursor<'_>, rounding: &str) -> Option<DraftValue> {
    let quoted = matches!(&cursor.tree().value, MarkedValue::Scalar { plain: false, .. });
    match cursor.amount()? {
        Amount::Count(_) if quoted && cursor.text().is_some_and(|text| !text.contains('%')) => {
            cursor.error("a count is written without quotes, and a share with `%`");
            None
        }
        Amount::Count(0) => {
            cursor.error("with 0 nobody ever begins; give at least 1");
            None
        }
        Amount::Count(count) => Some(whole(count.min(1_000_000))),
        Amount::Percent(percent) => {
            let share: f64 = percent.parse().unwrap_or(0.0);
            if !(share > 0.0 && share <= 100.0) {
                cursor.error("a share of them is over 0% and at most 100%");
                return None;
            }
            Some(text(format!("{percent}% {rounding}").trim_end()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn requirements_are_those_of_kubernetes() {
        let values = || vec!["a".to_owned(), "b".to_owned()];
        let (with, other, without) = (of(&[("k", "a")]), of(&[("k", "c")]), of(&[]));
        for (requirement, expected) in [
            (Requirement::In("k".into(), values()), [true, false, false]),
            (Requirement::NotIn("k".into(), values()), [false, true, true]),
            (Requirement::Exists("k".into()), [true, true, false]),
            (Requirement::DoesNotExist("k".into()), [false, false, true]),
        ] {
            let selector = LabelSelector { requirements: vec![requirement] };
            assert_eq!(
                [&with, &other, &without].map(|labels| selector.matches(labels)),
                expected,
                "{selector:?}"
            );
        }
        assert!(LabelSelector::default().is_everything() && LabelSelector::default().matches(&without));
    }

    #[test]
    fn a_selector_is_a_label_for_people() {
        assert_eq!(LabelSelector::of("env", "prod").words(), "env=prod");
        assert_eq!(LabelSelector::of("a.io/env", "prod").words(), "a.io-env=prod");
    }
}
