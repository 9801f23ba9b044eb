//! Questions to a tree of PromQL: whether it is a rate, which of two flows is the failing one. It judges nothing.

use super::query::{PromSeries, Promql};
use super::shape;
use super::words::{self, Kin};

pub(super) fn quantile_label(series: &PromSeries) -> Option<f64> {
    let label = series.matchers.iter().find(|matcher| matcher.label == "quantile" && !matcher.is_negated)?;
    label.value.parse().ok()
}

pub(super) fn first_number(expr: &Promql, function: &str) -> Option<f64> {
    match expr {
        Promql::Call { name, args } if name == function => args.first().and_then(shape::constant),
        _ => expr.parts().into_iter().find_map(|part| first_number(part, function)),
    }
}

/// Without the aggregations around it, but for those that count.
pub(super) fn ungrouped(expr: &Promql) -> &Promql {
    match expr {
        Promql::Group { op, of, .. } if op != "count" && op != "count_values" => ungrouped(of),
        _ => expr,
    }
}

pub(super) fn has_group(expr: &Promql) -> bool {
    matches!(expr, Promql::Group { .. }) || expr.parts().into_iter().any(has_group)
}

/// Whether it is how much comes in a time: a rate, or sums and differences of rates.
pub(super) fn is_flow(expr: &Promql) -> bool {
    match expr {
        Promql::Call { name, args } => {
            let flows = ["rate", "irate", "increase", "delta", "idelta", "deriv", "changes", "resets"];
            flows.contains(&name.as_str()) || args.iter().any(is_flow)
        }
        Promql::Group { of, .. } | Promql::Over { of, .. } => is_flow(of),
        Promql::Binary { op, left, right, .. } => match op.as_str() {
            "+" | "-" | "*" | "or" | "and" | "unless" | ">" | ">=" => is_flow(left) || is_flow(right),
            _ => false,
        },
        Promql::Number(_) | Promql::Text | Promql::Series(_) => false,
    }
}

pub(super) fn metric_of(expr: &Promql) -> String {
    expr.series().first().map_or_else(String::new, |series| series.metric.clone())
}

/// A metric without what says its unit.
pub(super) fn stem(metric: &str) -> &str {
    metric.trim_end_matches("_total").trim_end_matches("_sum").trim_end_matches("_count")
}

/// Whether the flow above the line is what fails of the one below, or what does not.
pub(super) fn flow_kin(above: &Promql, below: &Promql) -> Kin {
    // `all - good` is what fails.
    if let Promql::Binary { op, right, .. } = ungrouped(above)
        && op == "-"
    {
        return match kin_of(right) {
            Kin::Bad => Kin::Good,
            Kin::Good | Kin::Either => Kin::Bad,
        };
    }
    match (kin_of(above), kin_of(below)) {
        (Kin::Bad, _) => Kin::Bad,
        (Kin::Good, _) => Kin::Good,
        (Kin::Either, _) => Kin::Either,
    }
}

pub(super) fn kin_of(expr: &Promql) -> Kin {
    let all = expr.series();
    let kins = || all.iter().map(|series| words::kin(series));
    if kins().any(|kin| kin == Kin::Bad) {
        Kin::Bad
    } else if kins().any(|kin| kin == Kin::Good) {
        Kin::Good
    } else {
        Kin::Either
    }
}
