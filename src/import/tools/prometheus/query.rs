//! An expression of PromQL as a small tree of its own. This file alone knows the parser. It judges nothing.
//!
//! Parser and trees are recursive, and patterns of labels are compiled by the parser: what a stranger's text may cost is
//! limited before it is parsed, and patterns are handed over as plain texts.

use promql_parser::parser::{self, Expr, LabelModifier, Offset, VectorMatchCardinality};

/// The longest expression, in bytes.
const MOST_BYTES: usize = 64 * 1024;

/// Brackets of any kind that may be open at once.
const MOST_NESTED: usize = 200;

/// Operators of an expression. The tree is as deep as a chain of them is long.
const MOST_OPERATORS: usize = 1_000;

/// What marks a value that was a pattern. No label's value has it.
const PATTERN: char = '\u{1}';

/// An expression without its parentheses.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Promql {
    /// A number.
    Number(f64),
    /// A text, as some functions take.
    Text,
    /// Series.
    Series(PromSeries),
    /// A function of others.
    Call {
        /// Its name.
        name: String,
        /// What it is given.
        args: Vec<Self>,
    },
    /// An aggregation of series.
    Group {
        /// `sum`, `max`, `count`.
        op: String,
        /// What labels remain.
        labels: Labelled,
        /// The parameter, such as the number of `topk`.
        param: Option<Box<Self>>,
        /// What is aggregated.
        of: Box<Self>,
    },
    /// An operation on two.
    Binary {
        /// `+`, `and`, `>`.
        op: String,
        /// Whether series of one side meet several of the other.
        many: bool,
        /// Left of the operator.
        left: Box<Self>,
        /// Right of it.
        right: Box<Self>,
    },
    /// What an expression was over a time.
    Over {
        /// The expression.
        of: Box<Self>,
        /// The time in milliseconds.
        range_ms: u64,
    },
}

/// Which labels an aggregation keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Labelled {
    /// None.
    Nothing,
    /// Only these.
    By(Vec<String>),
    /// All but these.
    Without(Vec<String>),
}

/// Series of a metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PromSeries {
    /// The name of the metric; empty if only labels select it.
    pub metric: String,
    /// The labels that select them.
    pub matchers: Vec<LabelMatcher>,
    /// How much of the past is looked at, in milliseconds, if it is a range.
    pub range_ms: Option<u64>,
    /// Whether it is the past, and not now.
    pub is_past: bool,
}

/// A condition on a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LabelMatcher {
    /// The label.
    pub label: String,
    /// The value, or the pattern of values.
    pub value: String,
    /// Whether `value` is a pattern.
    pub is_pattern: bool,
    /// Whether the label must not be that.
    pub is_negated: bool,
}

/// Reads an expression.
///
/// # Errors
/// Why it cannot be read.
pub(super) fn parse(text: &str) -> Result<Promql, String> {
    let plain = within_limits(text)?;
    let expr = parser::parse(&plain).map_err(|error| {
        let error = error.replace(PATTERN, "");
        let first = error.lines().next().unwrap_or_default();
        format!("it is not PromQL: {}", first.chars().take(120).collect::<String>())
    })?;
    tree(&expr)
}

/// The text with patterns as plain texts, if it is not too much to parse.
fn within_limits(text: &str) -> Result<String, String> {
    if text.len() > MOST_BYTES {
        return Err(format!("an expression of more than {} kB is not read", MOST_BYTES / 1024));
    }
    let (mut plain, mut open, mut operators, mut pattern) =
        (String::with_capacity(text.len()), 0_usize, 0_usize, false);
    let mut chars = text.chars().peekable();
    let mut word = String::new();
    while let Some(c) = chars.next() {
        if c.is_alphanumeric() || c == '_' || c == ':' {
            word.push(c);
        } else {
            operators += usize::from(is_word_operator(&word));
            word.clear();
        }
        match c {
            '"' | '\'' | '`' => {
                plain.push(c);
                if std::mem::take(&mut pattern) {
                    plain.push(PATTERN);
                }
                while let Some(inner) = chars.next() {
                    plain.push(inner);
                    match inner {
                        '\\' if c != '`' => plain.extend(chars.next()),
                        _ if inner == c => break,
                        _ => {}
                    }
                }
                continue;
            }
            '#' => {
                // A comment, to the end of its line.
                while chars.next_if(|next| *next != '\n').is_some() {}
                plain.push(' ');
                continue;
            }
            '(' | '[' | '{' => open += 1,
            ')' | ']' | '}' => open = open.saturating_sub(1),
            '=' | '!' if chars.next_if_eq(&'~').is_some() => {
                pattern = true;
                plain.push_str(if c == '=' { "=" } else { "!=" });
                continue;
            }
            '+' | '-' | '*' | '/' | '%' | '^' | '<' | '>' | '=' | '!' => operators += 1,
            _ => {}
        }
        if open > MOST_NESTED || operators > MOST_OPERATORS {
            return Err("an expression nested so deep is not read".to_owned());
        }
        plain.push(c);
    }
    Ok(plain)
}

fn is_word_operator(word: &str) -> bool {
    ["and", "or", "unless", "atan2"].iter().any(|known| word.eq_ignore_ascii_case(known))
}

fn tree(expr: &Expr) -> Result<Promql, String> {
    match expr {
        Expr::NumberLiteral(number) => Ok(Promql::Number(number.val)),
        Expr::StringLiteral(_) => Ok(Promql::Text),
        Expr::Paren(paren) => tree(&paren.expr),
        Expr::Unary(unary) => Ok(match tree(&unary.expr)? {
            Promql::Number(number) => Promql::Number(-number),
            other => binary("*", false, Promql::Number(-1.0), other),
        }),
        Expr::VectorSelector(series) => Ok(Promql::Series(selected(series, None))),
        Expr::MatrixSelector(matrix) => Ok(Promql::Series(selected(&matrix.vs, Some(millis(matrix.range))))),
        Expr::Subquery(sub) => {
            Ok(Promql::Over { of: Box::new(tree(&sub.expr)?), range_ms: millis(sub.range) })
        }
        Expr::Call(call) => {
            let args = call.args.args.iter().map(|arg| tree(arg)).collect::<Result<_, _>>()?;
            Ok(Promql::Call { name: call.func.name.to_owned(), args })
        }
        Expr::Aggregate(group) => Ok(Promql::Group {
            op: group.op.to_string(),
            labels: match &group.modifier {
                None => Labelled::Nothing,
                Some(LabelModifier::Include(labels)) => Labelled::By(labels.labels.clone()),
                Some(LabelModifier::Exclude(labels)) => Labelled::Without(labels.labels.clone()),
            },
            param: group.param.as_ref().map(|param| tree(param)).transpose()?.map(Box::new),
            of: Box::new(tree(&group.expr)?),
        }),
        Expr::Binary(both) => {
            let card = both.modifier.as_ref().map(|modifier| &modifier.card);
            let many = matches!(
                card,
                Some(VectorMatchCardinality::ManyToOne(_) | VectorMatchCardinality::OneToMany(_))
            );
            Ok(binary(&both.op.to_string(), many, tree(&both.lhs)?, tree(&both.rhs)?))
        }
        Expr::Extension(_) => Err("it is not plain PromQL".to_owned()),
    }
}

/// An operation on two.
pub(super) fn binary(op: &str, many: bool, left: Promql, right: Promql) -> Promql {
    Promql::Binary { op: op.to_owned(), many, left: Box::new(left), right: Box::new(right) }
}

fn selected(series: &parser::VectorSelector, range_ms: Option<u64>) -> PromSeries {
    use promql_parser::label::MatchOp;
    let mut metric = series.name.clone().unwrap_or_default();
    let mut matchers = Vec::new();
    let all = series.matchers.matchers.iter().chain(series.matchers.or_matchers.iter().flatten());
    for matcher in all {
        let is_negated = match matcher.op {
            MatchOp::Equal | MatchOp::Re(_) => false,
            MatchOp::NotEqual | MatchOp::NotRe(_) => true,
        };
        let is_pattern = matcher.value.starts_with(PATTERN);
        let value = matcher.value.trim_start_matches(PATTERN).to_owned();
        if matcher.name == "__name__" {
            metric = value;
        } else {
            matchers.push(LabelMatcher { label: matcher.name.clone(), value, is_pattern, is_negated });
        }
    }
    let is_past = match &series.offset {
        Some(Offset::Pos(offset)) => !offset.is_zero(),
        Some(Offset::Neg(_)) | None => false,
    };
    PromSeries { metric, matchers, range_ms, is_past: is_past || series.at.is_some() }
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Promql {
    /// The parts of it, from left to right.
    pub(super) fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Number(_) | Self::Text | Self::Series(_) => Vec::new(),
            Self::Call { args, .. } => args.iter().collect(),
            Self::Group { param, of, .. } => param.iter().map(|param| &**param).chain([&**of]).collect(),
            Self::Binary { left, right, .. } => vec![left, right],
            Self::Over { of, .. } => vec![of],
        }
    }

    /// All series in it, from left to right.
    pub(super) fn series(&self) -> Vec<&PromSeries> {
        match self {
            Self::Series(series) => vec![series],
            Self::Number(_)
            | Self::Text
            | Self::Call { .. }
            | Self::Group { .. }
            | Self::Binary { .. }
            | Self::Over { .. } => self.parts().into_iter().flat_map(Self::series).collect(),
        }
    }

    /// Whether a function of one of these names is in it.
    pub(super) fn calls(&self, names: &[&str]) -> bool {
        let own = matches!(self, Self::Call { name, .. } if names.contains(&name.as_str()));
        own || self.parts().into_iter().any(|part| part.calls(names))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_a_tree_without_parentheses() {
        let Promql::Binary { op, left, right, .. } =
            parse("(sum by (job) (rate(x{code=~\"5..\"}[5m]))) > 0.5").unwrap()
        else {
            panic!("no comparison");
        };
        assert_eq!((op.as_str(), *right), (">", Promql::Number(0.5)));
        let Promql::Group { op, labels, of, .. } = *left else { panic!("no sum") };
        assert_eq!((op.as_str(), labels), ("sum", Labelled::By(vec!["job".to_owned()])));
        let series = of.series();
        assert_eq!((series[0].metric.as_str(), series[0].range_ms), ("x", Some(300_000)));
        assert!(series[0].matchers[0].is_pattern && !series[0].matchers[0].is_negated);
        assert_eq!(series[0].matchers[0].value, "5..");
    }

    #[test]
    fn what_a_text_may_cost_is_limited() {
        for deep in [
            format!("{}x{}", "(".repeat(300), ")".repeat(300)),
            "1+".repeat(20_000) + "1",
            "-".repeat(60_000) + "1",
            "a or ".repeat(12_000) + "a",
            "x".repeat(70_000),
        ] {
            assert!(parse(&deep).unwrap_err().contains("is not read"), "{}", &deep[..20]);
        }
        // A pattern is compiled by nobody.
        assert!(parse("a{b=~\"((x{1000}){1000}){1000}\"} + ".repeat(500).trim_end_matches("+ ")).is_ok());
        assert!(parse("sum(").unwrap_err().starts_with("it is not PromQL"));
    }
}
