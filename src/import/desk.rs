//! Where the files lie while they are read: all papers, what was taken of them, what was lost, and what is wrong. It knows
//! no tool.
//!
//! Nothing that a policy says may get lost without a word. So the desk keeps book of every entry that somebody looked at;
//! what nobody did is told as dropped, whether or not somebody thought of it.

use super::loss::{Fate, Loss};
use super::provenance::shortened;
use super::tree::{Entry, Marked, MarkedValue};
use crate::diagnostic::{Diagnostic, FileId, Sources, Span};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Letters of a key in a path, and of a path: a stranger's are as long as they like.
const MOST_PATH: usize = 200;

/// The path of a key of the mapping at `path`: `spec.strategy`. Of a long one the end is kept.
pub(super) fn below(path: &str, key: &str) -> String {
    let key = shortened(key);
    let whole = if path.is_empty() { key } else { format!("{path}.{key}") };
    let letters = whole.chars().count();
    if letters <= MOST_PATH {
        return whole;
    }
    format!("...{}", whole.chars().skip(letters - MOST_PATH + 3).collect::<String>())
}

/// One document of a file.
#[derive(Debug)]
pub(super) struct Paper {
    /// The file.
    pub file: FileId,
    /// What it says.
    pub tree: Marked,
}

/// All papers and the book that is kept of them.
pub(super) struct Desk<'d> {
    /// The documents, in the order in which they were given.
    pub papers: &'d [Paper],
    /// The texts.
    pub sources: &'d Sources,
    /// What the user gives for parameters, by name.
    given: &'d BTreeMap<String, String>,
    /// Names of those that some file asks for.
    asked: RefCell<BTreeSet<String>>,
    taken: RefCell<Vec<bool>>,
    losses: RefCell<Vec<Loss>>,
    known_losses: RefCell<BTreeSet<Loss>>,
    problems: RefCell<Vec<Diagnostic>>,
    /// Where something is wrong, and what.
    known_problems: RefCell<BTreeSet<(Option<Span>, String)>>,
}

impl<'d> Desk<'d> {
    /// A desk with `papers` that have `entries` entries together.
    pub fn new(
        papers: &'d [Paper],
        sources: &'d Sources,
        given: &'d BTreeMap<String, String>,
        entries: usize,
    ) -> Self {
        Self {
            papers,
            sources,
            given,
            asked: RefCell::default(),
            taken: RefCell::new(vec![false; entries]),
            losses: RefCell::default(),
            known_losses: RefCell::default(),
            problems: RefCell::default(),
            known_problems: RefCell::default(),
        }
    }

    /// What the user gives for the parameter `name`.
    pub fn given(&self, name: &str) -> Option<&'d str> {
        let value = self.given.get(name)?;
        self.asked.borrow_mut().insert(name.to_owned());
        Some(value)
    }

    /// Marks an entry as taken, without what is in it.
    pub fn take(&self, entry: &Entry) {
        if let Some(taken) = self.taken.borrow_mut().get_mut(entry.number) {
            *taken = true;
        }
    }

    /// Marks everything in a value as taken.
    pub fn take_all(&self, tree: &Marked) {
        match &tree.value {
            MarkedValue::Scalar { .. } => {}
            MarkedValue::List(items) => items.iter().for_each(|item| self.take_all(item)),
            MarkedValue::Map(entries) => {
                for entry in entries {
                    self.take(entry);
                    self.take_all(&entry.value);
                }
            }
        }
    }

    /// Notes a loss, unless exactly it was noted before.
    pub fn lose(&self, loss: Loss) {
        if self.known_losses.borrow_mut().insert(loss.clone()) {
            self.losses.borrow_mut().push(loss);
        }
    }

    /// Notes what no file says and the user has to give.
    pub fn by_hand(&self, what: impl Into<String>, why: impl Into<String>) {
        self.lose(Loss { fate: Fate::ByHand, span: None, what: what.into(), why: why.into() });
    }

    /// Notes what makes an import impossible, unless exactly it was noted before.
    pub fn report(&self, problem: Diagnostic) {
        let known = (problem.primary_place(), problem.message.clone());
        if self.known_problems.borrow_mut().insert(known) {
            self.problems.borrow_mut().push(problem);
        }
    }

    /// Notes every entry of `tree` that nobody took, each with its path from the document's root.
    pub fn lose_the_rest(&self, tree: &Marked) {
        let mut left = Vec::new();
        self.left(tree, "", &mut left);
        for (path, span) in left {
            let why = "it is not understood, and the scenario does not have it".to_owned();
            self.lose(Loss { fate: Fate::Dropped, span: Some(span), what: path, why });
        }
    }

    /// The outermost entries of `tree` that nobody took.
    fn left(&self, tree: &Marked, path: &str, left: &mut Vec<(String, Span)>) {
        match &tree.value {
            MarkedValue::Scalar { .. } => {}
            MarkedValue::List(items) => items.iter().for_each(|item| self.left(item, path, left)),
            MarkedValue::Map(entries) => {
                for entry in entries {
                    let own = below(path, &entry.key);
                    if self.taken.borrow().get(entry.number) == Some(&true) {
                        self.left(&entry.value, &own, left);
                    } else {
                        left.push((own, entry.span()));
                    }
                }
            }
        }
    }

    /// Whether nothing is wrong so far.
    pub fn is_clean(&self) -> bool {
        self.problems.borrow().is_empty()
    }

    /// Names of what the user gives and no file asks for.
    pub fn idle(&self) -> Vec<String> {
        let asked = self.asked.borrow();
        self.given.keys().filter(|name| !asked.contains(*name)).cloned().collect()
    }

    /// What was lost and what is wrong.
    pub fn clear(self) -> (Vec<Loss>, Vec<Diagnostic>) {
        (self.losses.into_inner(), self.problems.into_inner())
    }
}
