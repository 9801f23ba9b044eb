//! A value of a template or of an answer of the API: a cursor that knows what intrinsic functions stand for. It knows no
//! service.
//!
//! What follows from the file itself is looked up: a parameter's default, a map, a condition of them. What does not is left
//! as it is, and an error with its place where somebody needs to know it. Keys are found however a tool spells them:
//! `MinimumHealthyHosts` of templates, `minimumHealthyHosts` of answers, `minimum_healthy_hosts` of Terraform.

use super::intrinsic::{StackFunction, intrinsic, resource_in};
use crate::import::cursor::Cursor;
use crate::import::loss::{Fate, Loss};
use crate::import::provenance::Provenance;
use crate::import::tree::{Marked, MarkedValue};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Deref;
use std::rc::Rc;

/// A value with what it stands for.
#[derive(Clone)]
pub(super) struct AwsValue<'d> {
    cursor: Cursor<'d>,
    /// The document that it is in.
    root: Cursor<'d>,
    /// Where it is used, if it is written elsewhere.
    used: Option<Provenance>,
    /// What was found of the conditions of the document.
    conditions: KnownConditions,
}

/// Conditions by name, each with what is known of it; one that is being looked at is not known.
type KnownConditions = Rc<RefCell<BTreeMap<String, Option<bool>>>>;

/// What a name, an ARN or an identifier points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AwsReference {
    /// The resource of the same template with this logical name.
    Resource(String),
    /// What has this name, wherever it is.
    Named(String),
}

/// How often what a value stands for is itself looked up.
const MOST_HOPS: usize = 16;

impl<'d> Deref for AwsValue<'d> {
    type Target = Cursor<'d>;

    fn deref(&self) -> &Cursor<'d> {
        &self.cursor
    }
}

impl<'d> AwsValue<'d> {
    /// A document.
    pub fn root(root: &Cursor<'d>) -> Self {
        Self { cursor: root.clone(), root: root.clone(), used: None, conditions: KnownConditions::default() }
    }

    /// The value of `key` in any of its spellings, which is taken; none if it is not there, or nothing.
    pub fn get(&self, key: &str) -> Option<Self> {
        let found = self.cursor.get(self.spelled(key)?)?;
        // A block of Terraform is a list of one.
        let is_block = matches!(&found.tree().value, MarkedValue::List(items) if items.len() == 1 && !items[0].entries().is_empty());
        let inner = if is_block { found.items().remove(0) } else { found };
        self.with(inner).looked_up()
    }

    /// The value of `key`, which has to be there; reported where it is not.
    pub fn want(&self, key: &str) -> Option<Self> {
        let found = self.get(key);
        if found.is_none() {
            self.error(format!("`{key}` is wanted here"));
        }
        found
    }

    /// The value at the end of a chain of keys, which are all taken.
    pub fn at(&self, keys: &[&str]) -> Option<Self> {
        keys.iter().try_fold(self.clone(), |value, key| value.get(key))
    }

    /// Whether `key` is written in any of its spellings.
    pub fn has(&self, key: &str) -> bool {
        self.spelled(key).is_some()
    }

    /// The items of the list under `key`, those of conditions included that hold; a single value is a list of one.
    pub fn list(&self, key: &str) -> Vec<Self> {
        let Some(written) = self.spelled(key) else { return Vec::new() };
        let Some(list) = self.cursor.get(written) else { return Vec::new() };
        self.with(list).looked_up().map_or_else(Vec::new, |list| list.items())
    }

    /// The items of this list, likewise.
    pub fn items(&self) -> Vec<Self> {
        if intrinsic(self.tree()).is_some() {
            // A list that nobody knows, but perhaps a single value that refers to something.
            return vec![self.clone()];
        }
        let mut items = Vec::new();
        for item in self.cursor.items() {
            match self.with(item).looked_up() {
                Some(value)
                    if matches!(value.tree().value, MarkedValue::List(_))
                        && intrinsic(value.tree()).is_none() =>
                {
                    items.extend(
                        value.cursor.items().into_iter().filter_map(|item| value.with(item).looked_up()),
                    );
                }
                Some(value) => items.push(value),
                None => {}
            }
        }
        items
    }

    /// All entries, which are taken, each with its key.
    pub fn entries(&self) -> Vec<(&'d str, Self)> {
        let entries = self.cursor.entries().into_iter();
        entries.filter_map(|(key, value)| Some((key, self.with(value).looked_up()?))).collect()
    }

    /// Where it is from: where it is used, and where it is written.
    pub fn provenance(&self) -> Provenance {
        match &self.used {
            Some(used) => used.clone().and(&self.cursor.provenance()),
            None => self.cursor.provenance(),
        }
    }

    /// Entries of this mapping that say nothing about rollouts, in any of their spellings.
    pub fn beside_the_point(&self, keys: &[&str]) {
        for key in keys {
            if let Some(written) = self.spelled(key) {
                self.cursor.beside_the_point(&[written]);
            }
        }
    }

    /// Entries of this mapping that are not in the scenario, if they are written, in any of their spellings.
    pub fn drop_keys(&self, keys: &[&str], why: &str) {
        for key in keys {
            if let Some(written) = self.spelled(key) {
                self.cursor.drop_keys(&[written], why);
            }
        }
    }

    /// Where it is from, where that it is there is all that counts: everything in it is taken.
    pub fn whole_provenance(&self) -> Provenance {
        self.take();
        self.desk().take_all(self.tree());
        self.provenance()
    }

    /// Its first line, for what is said of all of it.
    pub fn origin(&self) -> Provenance {
        Provenance::Written(vec![self.head()])
    }

    /// It is in the scenario as something close to it; what is in it is still to be taken.
    pub fn noted(&self, how: impl Into<String>) {
        let what = self.path().to_owned();
        self.desk().lose(Loss { fate: Fate::Approximated, span: Some(self.head()), what, why: how.into() });
    }

    /// What it points to, where it is a name or refers to a resource; none where nobody can tell.
    pub fn reference(&self) -> Option<AwsReference> {
        self.take();
        if let Some(name) = resource_in(self.tree()) {
            let is_resource = self.root.tree().get("Resources").is_some_and(|all| all.get(&name).is_some());
            return Some(if is_resource { AwsReference::Resource(name) } else { AwsReference::Named(name) });
        }
        // `${Name}-errors` of two places is one name, whatever it stands for.
        let text = self.joined()?;
        Some(AwsReference::Named(name_in(&text).to_owned()))
    }

    /// The name under `key`: a text with or without places of other values in it, or a parameter's default. Nothing is taken.
    pub fn name_under(&self, key: &str) -> Option<String> {
        let tree = self.tree().get(self.spelled(key)?)?;
        match (intrinsic(tree), resource_in(tree)) {
            (None, _) => tree.text().map(str::to_owned),
            (Some(StackFunction::Text(text)), None) => Some(text.to_owned()),
            (Some(StackFunction::Ref(name)), _) => {
                let default = || self.root.tree().get("Parameters")?.get(name)?.get("Default")?.text();
                self.desk().given(name).or_else(default).map(str::to_owned)
            }
            _ => None,
        }
    }

    /// The text where it is known; nothing is reported where it is not.
    pub fn known(&self) -> Option<&'d str> {
        self.take();
        match intrinsic(self.tree()) {
            None => self.tree().text().filter(|text| !text.contains("${")),
            Some(StackFunction::Ref(name)) => self.desk().given(name),
            Some(_) => None,
        }
    }

    /// The type of the resource of the same template that it refers to.
    pub fn type_of_resource(&self) -> Option<&'d str> {
        let name = resource_in(self.tree())?;
        self.root.tree().get("Resources")?.get(&name)?.get("Type")?.text()
    }

    /// Whether it is one of two values, and nobody knows which.
    pub fn is_choice(&self) -> bool {
        matches!(intrinsic(self.tree()), Some(StackFunction::If(_)))
    }

    /// Texts that are joined, with `${name}` for what a name stands for; none of anything else.
    pub fn joined(&self) -> Option<String> {
        self.take();
        match intrinsic(self.tree()) {
            None => self.tree().text().map(str::to_owned),
            Some(StackFunction::Text(text)) => Some(text.to_owned()),
            Some(StackFunction::Join(items)) => {
                let [between, list] = items else { return None };
                let MarkedValue::List(parts) = &list.value else { return None };
                let part = |part: &Marked| match resource_in(part) {
                    Some(name) => Some(format!("${{{name}}}")),
                    None => text_of(part),
                };
                Some(parts.iter().map(part).collect::<Option<Vec<_>>>()?.join(between.text()?))
            }
            Some(_) => resource_in(self.tree()).map(|name| format!("${{{name}}}")),
        }
    }

    fn with(&self, cursor: Cursor<'d>) -> Self {
        Self { cursor, used: self.used.clone(), ..self.clone() }
    }

    /// The key as it is written here.
    fn spelled(&self, key: &str) -> Option<&'d str> {
        let entries = self.tree().entries();
        let exact = entries.iter().find(|entry| entry.key == key);
        exact
            .or_else(|| entries.iter().find(|entry| is_same(&entry.key, key)))
            .map(|entry| entry.key.as_str())
    }

    /// What it stands for; none for what stands for nothing.
    fn looked_up(self) -> Option<Self> {
        let mut value = self;
        for _ in 0..MOST_HOPS {
            if value.cursor.tree().is_nothing() {
                return None;
            }
            match value.one_hop() {
                LookUp::To(next) => value = *next,
                LookUp::Nothing => return None,
                LookUp::End => break,
            }
        }
        // Who wants to know what a function says finds it unknowable; nobody else looks into it.
        if intrinsic(value.tree()).is_some() {
            value.take();
            value.desk().take_all(value.tree());
        }
        Some(value)
    }

    fn one_hop(&self) -> LookUp<'d> {
        match intrinsic(self.tree()) {
            Some(StackFunction::Ref("AWS::NoValue")) => {
                self.desk().take_all(self.tree());
                LookUp::Nothing
            }
            Some(StackFunction::Ref(name)) if self.desk().given(name).is_none() => self.parameter(name),
            Some(StackFunction::If(items)) => self.branch(items),
            Some(StackFunction::Map(keys)) => self.mapped(keys),
            Some(
                StackFunction::Ref(_)
                | StackFunction::Attribute(_)
                | StackFunction::Text(_)
                | StackFunction::Join(_)
                | StackFunction::Other,
            )
            | None => LookUp::End,
        }
    }

    /// The default of a parameter, told as such.
    fn parameter(&self, name: &str) -> LookUp<'d> {
        let Some(default) = self.below_root(&["Parameters", name, "Default"]) else { return LookUp::End };
        self.approximated(format!(
            "the default of the parameter `{name}`, as the stack may set another: --set {name}=VALUE"
        ));
        LookUp::To(Box::new(Self { used: Some(self.provenance()), ..default }))
    }

    /// The branch of a condition that is known.
    fn branch(&self, items: &'d [Marked]) -> LookUp<'d> {
        let [condition, ..] = items else { return LookUp::End };
        let Some(name) = condition.text() else { return LookUp::End };
        let Some(holds) = self.condition(name, 0) else { return LookUp::End };
        let list = if self.tree().entries().is_empty() {
            self.cursor.clone()
        } else {
            self.cursor.entries().remove(0).1
        };
        let mut branches = list.items();
        let at = if holds { 1 } else { 2 };
        if branches.len() <= at {
            return LookUp::End;
        }
        self.take();
        self.desk().take_all(self.tree());
        LookUp::To(Box::new(self.with(branches.swap_remove(at))))
    }

    /// Whether a condition holds, as the user says or the parameters' defaults do.
    fn condition(&self, name: &str, depth: usize) -> Option<bool> {
        if let Some(given) = self.desk().given(name) {
            return given.parse().ok();
        }
        let known = self.conditions.borrow().get(name).copied();
        let holds = match known {
            Some(known) => known,
            None => {
                self.conditions.borrow_mut().insert(name.to_owned(), None);
                let holds = self.below_root(&["Conditions", name])?.holds(depth);
                self.conditions.borrow_mut().insert(name.to_owned(), holds);
                holds
            }
        };
        if holds.is_some() && depth == 0 {
            let word = if holds == Some(true) { "holds" } else { "does not hold" };
            self.approximated(format!(
                "as the condition `{name}` {word} with the parameters' defaults: --set {name}=true or false"
            ));
        }
        holds
    }

    fn holds(&self, depth: usize) -> Option<bool> {
        if depth > MOST_HOPS {
            return None;
        }
        let (word, argument) = match (self.tree().tag.as_deref(), self.tree().entries()) {
            (Some(tag), _) => (tag.to_owned(), self.cursor.clone()),
            (None, [only]) => (only.key.trim_start_matches("Fn::").to_owned(), self.cursor.get(&only.key)?),
            (None, _) => return None,
        };
        let items = || argument.items().into_iter().map(|item| self.with(item));
        let truths: Vec<Option<bool>> = match word.as_str() {
            "And" | "Or" | "Not" => items().map(|item| item.holds(depth + 1)).collect(),
            _ => Vec::new(),
        };
        match word.as_str() {
            "Condition" => self.condition(argument.tree().text()?, depth + 1),
            "Equals" => {
                let texts: Vec<Option<&str>> =
                    items().map(|item| item.looked_up_quietly().and_then(|value| value.known())).collect();
                match texts.as_slice() {
                    [Some(one), Some(other)] => Some(one == other),
                    _ => None,
                }
            }
            "Not" => truths.first().copied().flatten().map(|truth| !truth),
            "And" if truths.contains(&Some(false)) => Some(false),
            "And" => truths.into_iter().all(|truth| truth.is_some()).then_some(true),
            "Or" if truths.contains(&Some(true)) => Some(true),
            "Or" => truths.into_iter().all(|truth| truth.is_some()).then_some(false),
            _ => None,
        }
    }

    /// What a parameter stands for in a condition, whose default is told of the condition.
    fn looked_up_quietly(&self) -> Option<Self> {
        match intrinsic(self.tree()) {
            Some(StackFunction::Ref(name)) if self.desk().given(name).is_none() => {
                self.below_root(&["Parameters", name, "Default"])
            }
            Some(StackFunction::Map(_)) => self.clone().looked_up(),
            _ => Some(self.clone()),
        }
    }

    /// The value of a map whose keys are known.
    fn mapped(&self, keys: &'d [Marked]) -> LookUp<'d> {
        let list = if self.tree().entries().is_empty() {
            self.cursor.clone()
        } else {
            self.cursor.entries().remove(0).1
        };
        let items = list.items();
        let mut path = vec!["Mappings"];
        for item in items.into_iter().take(keys.len()) {
            let Some(key) = self.with(item).looked_up().and_then(|key| key.known()) else {
                return LookUp::End;
            };
            path.push(key);
        }
        match self.below_root(&path) {
            Some(value) if path.len() == 4 => {
                self.take();
                self.desk().take_all(self.tree());
                LookUp::To(Box::new(Self { used: Some(self.provenance()), ..value }))
            }
            _ => LookUp::End,
        }
    }

    fn below_root(&self, path: &[&str]) -> Option<Self> {
        let cursor = self.root.at(path)?;
        Some(Self { cursor, used: None, ..self.clone() })
    }
}

/// A text, with or without places of other values in it.
fn text_of(tree: &Marked) -> Option<String> {
    match intrinsic(tree) {
        None => tree.text().map(str::to_owned),
        Some(StackFunction::Text(text)) => Some(text.to_owned()),
        Some(_) => None,
    }
}

enum LookUp<'d> {
    To(Box<AwsValue<'d>>),
    Nothing,
    End,
}

/// Whether two keys are one in the spellings of tools.
fn is_same(one: &str, other: &str) -> bool {
    let letters =
        |key: &str| key.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect::<String>();
    one.len().abs_diff(other.len()) <= 12 && letters(one) == letters(other)
}

/// The name at the end of an ARN, or the name itself.
fn name_in(text: &str) -> &str {
    if !text.starts_with("arn:") {
        return text;
    }
    let last = text.rsplit(':').next().unwrap_or(text);
    last.rsplit('/').next().unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_in_every_spelling() {
        assert!(is_same("minimumHealthyHosts", "MinimumHealthyHosts"));
        assert!(is_same("minimum_healthy_hosts", "MinimumHealthyHosts"));
        assert!(!is_same("minimum_healthy", "MinimumHealthyHosts"));
    }

    #[test]
    fn an_arn_has_a_name_at_its_end() {
        assert_eq!(name_in("arn:aws:cloudwatch:eu-west-1:1:alarm:errors"), "errors");
        assert_eq!(name_in("errors-${Stage}"), "errors-${Stage}");
    }
}
