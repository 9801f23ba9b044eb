//! Recording rules on the desk: what a name stands for, put in its place.

use super::query::{self, PromSeries, Promql};
use super::words;
use crate::import::cursor::Cursor;
use crate::import::desk::Desk;
use crate::import::tree::Marked;
use std::collections::BTreeMap;

/// How many recordings may be made of each other.
const MOST_DEPTH: usize = 5;

/// Documents in which recording rules are looked for.
const MOST_PAPERS: usize = 1_000;

/// Series that an expression may have once all are put in.
const MOST_SERIES: usize = 200;

/// Recording rules by their name.
pub(super) struct Records<'d> {
    rules: BTreeMap<&'d str, Vec<&'d Marked>>,
}

/// An expression with recordings in their places.
pub(super) struct Spelled {
    /// The expression.
    pub expr: Promql,
    /// Recordings that are on no desk, so that their names have to say what they are.
    pub unknown: Vec<String>,
}

impl<'d> Records<'d> {
    /// Those of all files.
    pub fn on(desk: &'d Desk<'d>) -> Self {
        let mut rules: BTreeMap<&str, Vec<&Marked>> = BTreeMap::new();
        for paper in desk.papers.iter().take(MOST_PAPERS) {
            let root = Cursor::root(desk, &paper.tree);
            for rule in all_rules(&root) {
                if let Some(name) = rule.get("record").and_then(Marked::text) {
                    rules.entry(name).or_default().push(rule);
                }
            }
        }
        Self { rules }
    }

    /// The expression of a text.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn spell(&self, text: &str) -> Result<Spelled, String> {
        let mut spelled = Spelled { expr: Promql::Text, unknown: Vec::new() };
        let mut series = 0;
        spelled.expr = self.put_in(query::parse(text)?, MOST_DEPTH, &mut series, &mut spelled.unknown)?;
        Ok(spelled)
    }

    fn put_in(
        &self,
        expr: Promql,
        depth: usize,
        count: &mut usize,
        unknown: &mut Vec<String>,
    ) -> Result<Promql, String> {
        let mut inner = |expr: Box<Promql>| self.put_in(*expr, depth, count, unknown).map(Box::new);
        Ok(match expr {
            Promql::Number(_) | Promql::Text => expr,
            Promql::Series(series) => self.series(series, depth, count, unknown)?,
            Promql::Call { name, args } => {
                let args = args.into_iter().map(|arg| self.put_in(arg, depth, count, unknown));
                Promql::Call { name, args: args.collect::<Result<_, _>>()? }
            }
            Promql::Group { op, labels, param, of } => {
                let param = param.map(&mut inner).transpose()?;
                Promql::Group { op, labels, param, of: inner(of)? }
            }
            Promql::Binary { op, many, left, right } => {
                Promql::Binary { op, many, left: inner(left)?, right: inner(right)? }
            }
            Promql::Over { of, range_ms } => Promql::Over { of: inner(of)?, range_ms },
        })
    }

    fn series(
        &self,
        series: PromSeries,
        depth: usize,
        count: &mut usize,
        unknown: &mut Vec<String>,
    ) -> Result<Promql, String> {
        *count += 1;
        if *count > MOST_SERIES {
            return Err(format!("with its recording rules it has more than {MOST_SERIES} series"));
        }
        let recorded = self.rules.get(series.metric.as_str());
        // A ratio of errors is known by its name, and its expression may be anything.
        if words::recorded_window(&series.metric).is_some() || depth == 0 {
            if recorded.is_none() && !unknown.contains(&series.metric) {
                unknown.push(series.metric.clone());
            }
            return Ok(Promql::Series(series));
        }
        let rule = recorded.and_then(|rules| rules.iter().find(|rule| fits(rule, &series)));
        match rule.and_then(|rule| rule.get("expr")).and_then(Marked::text) {
            Some(text) => {
                let of = self.put_in(query::parse(text)?, depth - 1, count, unknown)?;
                Ok(match series.range_ms {
                    Some(range_ms) => Promql::Over { of: Box::new(of), range_ms },
                    None => of,
                })
            }
            None => {
                if series.metric.contains(':') && !unknown.contains(&series.metric) {
                    unknown.push(series.metric.clone());
                }
                Ok(Promql::Series(series))
            }
        }
    }
}

/// All rules of a document, which are not taken.
pub(super) fn all_rules<'d>(root: &Cursor<'d>) -> impl Iterator<Item = &'d Marked> + use<'d> {
    let tree = root.tree();
    let groups = tree.get("groups").or_else(|| tree.get("spec").and_then(|spec| spec.get("groups")));
    let rules = groups.into_iter().flat_map(Marked::list_items).filter_map(|group| group.get("rules"));
    let rules = rules.flat_map(Marked::list_items);
    rules.filter(|rule| rule.get("alert").is_some() || rule.get("record").is_some())
}

/// Whether no label that a rule writes is another than the one that is asked for.
fn fits(rule: &Marked, series: &PromSeries) -> bool {
    series.matchers.iter().filter(|matcher| !matcher.is_pattern && !matcher.is_negated).all(|matcher| {
        let written = rule.get("labels").and_then(|labels| labels.get(&matcher.label)).and_then(Marked::text);
        written.is_none_or(|value| value == matcher.value)
    })
}
