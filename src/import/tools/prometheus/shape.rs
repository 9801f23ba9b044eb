//! The shape of a condition: alternatives, each of comparisons that must hold together. It knows no metric.

use super::query::{Labelled, Promql, binary};

/// Alternatives, and comparisons of one, that are told apart at most.
const MOST_ALTERNATIVES: usize = 16;

/// Functions that leave what they are given as it is, as far as a limit is concerned.
const SAME: [&str; 16] = [
    "abs",
    "ceil",
    "clamp",
    "clamp_max",
    "clamp_min",
    "floor",
    "label_join",
    "label_replace",
    "round",
    "scalar",
    "sgn",
    "sort",
    "sort_by_label",
    "sort_desc",
    "vector",
    "last_over_time",
];

/// How a value is held against a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LimitTest {
    /// More than it.
    Above,
    /// It, or more.
    AtLeast,
    /// Less than it.
    Below,
    /// It, or less.
    AtMost,
    /// Exactly it.
    Is,
    /// Anything but it.
    IsNot,
}

/// A part of a condition.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum PromClause {
    /// A value held against a limit.
    LimitedValue(LimitedValue),
    /// There are no series; with how long there have been none, in milliseconds.
    Absent(Promql, u64),
    /// Series, whatever they say.
    Bare(Promql),
}

/// A value held against a limit.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LimitedValue {
    /// The value, without factors and summands.
    pub core: Promql,
    /// How it is held against the limit.
    pub against: LimitTest,
    /// The limit.
    pub limit: f64,
    /// Labels that aggregations of the comparison keep, the outermost first.
    pub kept: Vec<Labelled>,
}

/// One of several ways in which a condition may hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Alternative {
    /// What must hold together.
    pub clauses: Vec<PromClause>,
    /// Whether there are exceptions, at which it does not hold.
    pub has_exceptions: bool,
}

impl LimitTest {
    fn read(op: &str) -> Option<Self> {
        match op {
            ">" => Some(Self::Above),
            ">=" => Some(Self::AtLeast),
            "<" => Some(Self::Below),
            "<=" => Some(Self::AtMost),
            "==" => Some(Self::Is),
            "!=" => Some(Self::IsNot),
            _ => None,
        }
    }

    /// With both sides in each other's place.
    fn swapped(self) -> Self {
        match self {
            Self::Above => Self::Below,
            Self::AtLeast => Self::AtMost,
            Self::Below => Self::Above,
            Self::AtMost => Self::AtLeast,
            Self::Is | Self::IsNot => self,
        }
    }
}

/// The alternatives of a condition.
///
/// # Errors
/// Why they cannot be told.
pub(super) fn alternatives(expr: &Promql) -> Result<Vec<Alternative>, String> {
    match expr {
        Promql::Binary { op, left, right, .. } if op == "or" => {
            let mut all = alternatives(left)?;
            // `x or vector(0)` only fills gaps.
            if constant(right).is_none() {
                all.extend(alternatives(right)?);
            }
            limited(all)
        }
        Promql::Binary { op, left, right, .. } if op == "and" => {
            let (left, right) = (alternatives(left)?, alternatives(right)?);
            let both = left.iter().flat_map(|one| right.iter().map(|other| one.clone().and(other)));
            limited(both.collect())
        }
        Promql::Binary { op, left, .. } if op == "unless" => {
            let mut all = alternatives(left)?;
            all.iter_mut().for_each(|one| one.has_exceptions = true);
            Ok(all)
        }
        Promql::Binary { op, left, right, .. } => match LimitTest::read(op) {
            Some(against) => comparison(left, against, right),
            None if is_condition(left) && is_condition(right) => {
                let (left, right) = (alternatives(left)?, alternatives(right)?);
                let both = left.iter().flat_map(|one| right.iter().map(|other| one.clone().and(other)));
                limited(both.collect())
            }
            None if is_condition(left) => alternatives(left),
            None if is_condition(right) => alternatives(right),
            None => Ok(bare(expr)),
        },
        Promql::Group { labels, of, .. } if is_condition(of) => {
            let mut all = alternatives(of)?;
            for clause in all.iter_mut().flat_map(|one| &mut one.clauses) {
                if let PromClause::LimitedValue(compared) = clause {
                    compared.kept.insert(0, labels.clone());
                }
            }
            Ok(all)
        }
        Promql::Call { name, args } if name == "absent" || name == "absent_over_time" => {
            let of = args.first().cloned().unwrap_or(Promql::Text);
            let range_ms = of.series().first().and_then(|series| series.range_ms).unwrap_or(0);
            let clauses = vec![PromClause::Absent(of, range_ms)];
            Ok(vec![Alternative { clauses, has_exceptions: false }])
        }
        Promql::Call { args, .. } if args.iter().any(is_condition) => {
            args.iter().find(|arg| is_condition(arg)).map_or_else(|| Ok(bare(expr)), alternatives)
        }
        Promql::Over { of, .. } => alternatives(of),
        Promql::Number(_) | Promql::Text | Promql::Series(_) | Promql::Group { .. } | Promql::Call { .. } => {
            Ok(bare(expr))
        }
    }
}

impl Alternative {
    fn and(mut self, other: &Self) -> Self {
        self.clauses.extend(other.clauses.iter().cloned());
        self.has_exceptions |= other.has_exceptions;
        self
    }
}

fn limited(all: Vec<Alternative>) -> Result<Vec<Alternative>, String> {
    let clauses = all.iter().map(|one| one.clauses.len()).sum::<usize>();
    if all.len() > MOST_ALTERNATIVES || clauses > MOST_ALTERNATIVES * MOST_ALTERNATIVES {
        return Err(format!("it has more than {MOST_ALTERNATIVES} alternatives"));
    }
    Ok(all)
}

fn bare(expr: &Promql) -> Vec<Alternative> {
    vec![Alternative { clauses: vec![PromClause::Bare(expr.clone())], has_exceptions: false }]
}

/// Whether an expression is itself a condition, and not a value: only series at which it holds remain.
fn is_condition(expr: &Promql) -> bool {
    match expr {
        Promql::Binary { op, left, right, .. } => match op.as_str() {
            "and" | "unless" => true,
            "or" => is_condition(left),
            _ => LimitTest::read(op).is_some() || is_condition(left) || is_condition(right),
        },
        Promql::Group { op, of, .. } => op != "count" && is_condition(of),
        Promql::Call { name, args } => {
            name == "absent" || name == "absent_over_time" || args.iter().any(is_condition)
        }
        Promql::Over { of, .. } => is_condition(of),
        Promql::Number(_) | Promql::Text | Promql::Series(_) => false,
    }
}

fn comparison(left: &Promql, against: LimitTest, right: &Promql) -> Result<Vec<Alternative>, String> {
    match (constant(left), constant(right)) {
        (Some(_), Some(_)) => Err("it compares numbers: it always fires, or never".to_owned()),
        (Some(limit), None) => against_number(right, against.swapped(), limit),
        (None, Some(limit)) => against_number(left, against, limit),
        (None, None) => {
            // `a > b * 0.8` is `a / b > 0.8`.
            let (other, factor, summand) = linear(right);
            // Of a majority, `(count(a) + 1) / 2`, what is added does not matter.
            let counts = matches!(&other, Promql::Group { op, .. } if op == "count");
            if factor > 0.0 && (summand == 0.0 || counts) {
                against_number(&binary("/", false, left.clone(), other), against, factor)
            } else {
                against_number(&binary("/", false, left.clone(), right.clone()), against, 1.0)
            }
        }
    }
}

fn against_number(value: &Promql, against: LimitTest, limit: f64) -> Result<Vec<Alternative>, String> {
    let (core, factor, summand) = linear(value);
    let limit = (limit - summand) / factor;
    let against = if factor < 0.0 { against.swapped() } else { against };
    // `absent(x) == 1`, `(a > bool 3) == 1`, `count(up == 0) > 0`: a condition that holds at all.
    let holds = match against {
        LimitTest::Above => limit == 0.0,
        LimitTest::AtLeast | LimitTest::Is => limit == 1.0,
        LimitTest::IsNot => limit == 0.0,
        LimitTest::Below | LimitTest::AtMost => false,
    };
    let counted = match &core {
        Promql::Group { op, of, .. } if op == "count" && is_condition(of) => Some(of),
        _ => None,
    };
    if holds && (is_condition(&core) || counted.is_some()) {
        return alternatives(counted.map_or(&core, |of| of));
    }
    if is_condition(&core) {
        // A comparison among what is compared, such as `sum(x > 0) > 5`, only leaves some series out.
        let inner = without_filter(&core);
        let clauses =
            vec![PromClause::LimitedValue(LimitedValue { core: inner, against, limit, kept: Vec::new() })];
        return Ok(vec![Alternative { clauses, has_exceptions: true }]);
    }
    let clauses = vec![PromClause::LimitedValue(LimitedValue { core, against, limit, kept: Vec::new() })];
    Ok(vec![Alternative { clauses, has_exceptions: false }])
}

/// The value whose series a condition filters.
fn without_filter(expr: &Promql) -> Promql {
    match expr {
        Promql::Binary { op, left, .. }
            if matches!(op.as_str(), "and" | "unless" | "or") || LimitTest::read(op).is_some() =>
        {
            without_filter(left)
        }
        Promql::Binary { op, many, left, right } => {
            binary(op, *many, without_filter(left), without_filter(right))
        }
        Promql::Group { op, labels, param, of } => Promql::Group {
            op: op.clone(),
            labels: labels.clone(),
            param: param.clone(),
            of: Box::new(without_filter(of)),
        },
        Promql::Call { name, args } => {
            Promql::Call { name: name.clone(), args: args.iter().map(without_filter).collect() }
        }
        Promql::Over { of, range_ms } => {
            Promql::Over { of: Box::new(without_filter(of)), range_ms: *range_ms }
        }
        Promql::Number(_) | Promql::Text | Promql::Series(_) => expr.clone(),
    }
}

/// The number that an expression is, whatever the series say.
pub(super) fn constant(expr: &Promql) -> Option<f64> {
    match expr {
        Promql::Number(number) => Some(*number),
        Promql::Binary { op, left, right, .. } => {
            let (left, right) = (constant(left)?, constant(right)?);
            match op.as_str() {
                "+" => Some(left + right),
                "-" => Some(left - right),
                "*" => Some(left * right),
                "/" => Some(left / right),
                "^" => Some(libm::pow(left, right)),
                _ => None,
            }
        }
        Promql::Call { name, args } if name == "vector" || name == "scalar" => {
            args.first().and_then(constant)
        }
        Promql::Text
        | Promql::Series(_)
        | Promql::Call { .. }
        | Promql::Group { .. }
        | Promql::Over { .. } => None,
    }
}

/// What is left of a value without constant factors and summands, and these: value = factor * rest + summand.
fn linear(expr: &Promql) -> (Promql, f64, f64) {
    match expr {
        Promql::Binary { op, many, left, right } => match (op.as_str(), constant(left), constant(right)) {
            ("+", None, Some(number)) | ("+", Some(number), None) => {
                let (rest, factor, summand) = linear(if constant(left).is_some() { right } else { left });
                (rest, factor, summand + number)
            }
            ("-", None, Some(number)) => {
                let (rest, factor, summand) = linear(left);
                (rest, factor, summand - number)
            }
            ("-", Some(number), None) => {
                let (rest, factor, summand) = linear(right);
                (rest, -factor, number - summand)
            }
            ("*", None, Some(number)) | ("*", Some(number), None) if number != 0.0 => {
                let (rest, factor, summand) = linear(if constant(left).is_some() { right } else { left });
                (rest, factor * number, summand * number)
            }
            ("/", None, Some(number)) if number != 0.0 => {
                let (rest, factor, summand) = linear(left);
                (rest, factor / number, summand / number)
            }
            ("or", None, _) => linear(left),
            ("*", None, None) if *many || is_label_source(left) || is_label_source(right) => {
                linear(if is_label_source(left) && !is_label_source(right) { right } else { left })
            }
            ("/", None, None) => {
                // A factor above or below the line is one of the ratio.
                let ((above, a, b), (below, c, d)) = (linear(left), linear(right));
                if b == 0.0 && d == 0.0 && c != 0.0 {
                    (binary("/", *many, above, below), a / c, 0.0)
                } else {
                    (expr.clone(), 1.0, 0.0)
                }
            }
            _ => (expr.clone(), 1.0, 0.0),
        },
        Promql::Call { name, args }
            if SAME.contains(&name.as_str()) && args.first().is_some_and(is_vector) =>
        {
            args.first().map_or_else(|| (expr.clone(), 1.0, 0.0), linear)
        }
        Promql::Group { op, labels, param, of } => {
            let (rest, factor, summand) = linear(of);
            let group = |of: Promql| Promql::Group {
                op: op.clone(),
                labels: labels.clone(),
                param: param.clone(),
                of: Box::new(of),
            };
            match op.as_str() {
                "avg" | "max" | "min" | "topk" | "bottomk" => (group(rest), factor, summand),
                "sum" if summand == 0.0 => (group(rest), factor, 0.0),
                _ => (expr.clone(), 1.0, 0.0),
            }
        }
        Promql::Number(_) | Promql::Text | Promql::Series(_) | Promql::Call { .. } | Promql::Over { .. } => {
            (expr.clone(), 1.0, 0.0)
        }
    }
}

/// Whether it has series of now, and not a range of them.
fn is_vector(expr: &Promql) -> bool {
    !matches!(expr, Promql::Text | Promql::Number(_))
}

/// Whether an expression is there for its labels: `kube_pod_info`, which is 1.
fn is_label_source(expr: &Promql) -> bool {
    let series = expr.series();
    let ends =
        |metric: &str| ["_info", "_labels", "_owner", "_annotations"].iter().any(|end| metric.ends_with(end));
    !series.is_empty()
        && series.iter().all(|series| ends(&series.metric) || series.metric.contains(":relabel"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::tools::prometheus::query::parse;

    fn only(text: &str) -> LimitedValue {
        let all = alternatives(&parse(text).unwrap()).unwrap();
        match &all[..] {
            [Alternative { clauses, .. }] => match &clauses[..] {
                [PromClause::LimitedValue(compared)] => compared.clone(),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn factors_and_summands_are_in_the_limit() {
        for (text, against, limit) in [
            ("a / b * 100 > 5", LimitTest::Above, 0.05),
            ("100 - (a / b * 100) >= 90", LimitTest::AtMost, 0.1),
            ("1 - a / b < 0.99", LimitTest::Above, 0.01),
            ("0.2 < a", LimitTest::Above, 0.2),
            ("a > b * .8", LimitTest::Above, 0.8),
            ("a * 100 / b > 70", LimitTest::Above, 0.7),
            ("(1 - avg(a)) > 0.8", LimitTest::Below, 0.2),
            ("max(a > (14.4 * 0.001)) without (w)", LimitTest::Above, 0.0144),
            ("round(a) == 3", LimitTest::Is, 3.0),
            ("a * on(pod) group_left(node) kube_pod_info > 7", LimitTest::Above, 7.0),
        ] {
            let compared = only(text);
            assert_eq!(compared.against, against, "{text}");
            assert!((compared.limit - limit).abs() < 1e-9, "{text}: {}", compared.limit);
        }
    }

    #[test]
    fn alternatives_and_what_must_hold_together() {
        let count = |text: &str| -> Vec<usize> {
            let all = alternatives(&parse(text).unwrap()).unwrap();
            all.iter().map(|one| one.clauses.len()).collect()
        };
        assert_eq!(count("(a > 1 and b > 1) or (c > 1 and d < 1)"), [2, 2]);
        assert_eq!(count("(a > 1 or b > 1) and c > 1"), [2, 2]);
        assert_eq!(count("(a or vector(0)) > 1"), [1]);
        assert_eq!(count("count(up == 0) by (job) > 0"), [1]);
        assert_eq!(count("absent(up) == 1"), [1]);
        assert_eq!(count("max by (x) (a > 1 and b < 2)"), [2]);
        let many = vec!["a > 1"; 40].join(" or ");
        assert!(alternatives(&parse(&many).unwrap()).is_err());
        assert!(alternatives(&parse("1 > bool 0").unwrap()).is_err());
    }
}
