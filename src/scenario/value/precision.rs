//! How precise an estimate must be: `p99 impaired_host_ms 5%`, as people say it.

use super::Percent;
use super::{schema, string_pattern};
use crate::plan::study::Statistic;
use crate::scenario::reader::{Node, Read, Reader};
use crate::scenario::rules;

const HELP: &str = "write a statistic, a metric and a half-width, as in \"p99 impaired_host_ms 5%\"";
const PATTERN: &str = r"^.+ .*[0-9]+(\.[0-9]+)?%$";

/// A statistic of a metric and the largest half-width of its interval, relative to the estimate. Whether
/// there is such a metric, the resolver says.
#[derive(Debug, Clone, PartialEq)]
pub struct PrecisionText {
    /// The statistic: the mean unless one is named.
    pub statistic: Statistic,
    /// The metric, in the user's words.
    pub metric: String,
    /// The half-width as a share, over 0.
    pub relative: f64,
}

impl PrecisionText {
    /// Reads the text form; none when it is not one. `p99 blast radius +-5%` and `p99 blast radius ±5 %`
    /// are two more.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().strip_suffix('%')?.trim_end();
        let (words, number) = text.rsplit_once(' ')?;
        let number = number.strip_prefix("+-").or(number.strip_prefix('±')).unwrap_or(number);
        let relative = Percent::parse(&format!("{number}%")).filter(|ratio| ratio.num > 0)?.as_f64();
        let words = words.trim().trim_end_matches(['±', '+', '-']).trim();
        let (first, rest) = words.split_once(' ').unwrap_or((words, ""));
        let (statistic, metric) = match statistic(first) {
            Some(statistic) => (statistic, rest.trim()),
            None if first == Statistic::Max.name() => return None,
            None => (Statistic::Mean, words),
        };
        (!metric.is_empty()).then(|| Self { statistic, metric: metric.to_owned(), relative })
    }
}

/// A statistic that can be made more precise; the largest value seen cannot.
fn statistic(word: &str) -> Option<Statistic> {
    const KNOWN: [Statistic; 6] =
        [Statistic::Mean, Statistic::P50, Statistic::P90, Statistic::P95, Statistic::P99, Statistic::Cvar99];
    let known = KNOWN.into_iter().find(|statistic| statistic.name() == word);
    known.or((word == "median").then_some(Statistic::P50))
}

impl Read for PrecisionText {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let text = reader.text(node, "a precision", HELP)?;
        let precision = Self::parse(text);
        if precision.is_none() {
            let message = format!("`{text}` does not say how precise an estimate must be");
            reader.report(rules::BAD_PRECISION.at(node.span, message).help(HELP));
        }
        precision
    }
}

schema! {
    PrecisionText, "Precision", by name:
    string_pattern(PATTERN, "How precise an estimate must be: \"p99 impaired_host_ms 5%\".")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(Statistic, String, f64)> {
        PrecisionText::parse(text).map(|p| (p.statistic, p.metric, p.relative))
    }

    #[test]
    fn people_say_it_in_several_ways() {
        let wanted = Some((Statistic::P99, "blast radius".to_owned(), 0.05));
        for text in [
            "p99 blast radius 5%",
            "p99 blast radius +-5%",
            "p99 blast radius ±5%",
            "p99 blast radius ± 5 %",
            " p99 blast radius +- 5% ",
        ] {
            assert_eq!(read(text), wanted, "{text}");
        }
        assert_eq!(read("impaired_host_ms 2.5%"), Some((Statistic::Mean, "impaired_host_ms".into(), 0.025)));
        assert_eq!(read("median duration 1%"), Some((Statistic::P50, "duration".into(), 0.01)));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "5%",
            "p99 5%",
            "p99 blast radius",
            "p99 blast radius 0%",
            "mean x -5%",
            "mean x 5",
            "max x 5%",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
