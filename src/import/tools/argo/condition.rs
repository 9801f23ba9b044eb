//! Conditions on what a query gave, as in `successCondition: result[0] >= 0.95 || isNaN(result[0])`. It knows neither the
//! query nor the document.

/// Parentheses within each other at most.
const MOST_DEPTH: usize = 32;

/// Comparisons of a condition at most, as each asks for the query again.
const MOST_TERMS: usize = 32;

/// What a condition asks of the one number that a query gives.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ResultTest {
    /// Whether it compares so with a number, as PromQL writes comparisons.
    Compared(&'static str, String),
    /// Whether it is not a number, as 0 of 0 is not.
    NoNumber,
    /// Whether it is a number.
    Number,
    /// Nothing: it is so or it is not, as there is one number.
    Plain(bool),
    /// All of these.
    All(Box<ResultTest>, Box<ResultTest>),
    /// One of these.
    Any(Box<ResultTest>, Box<ResultTest>),
}

/// Comparisons: as written, their opposite, and the one with its sides exchanged.
const COMPARISONS: [(&str, &str, &str); 6] = [
    ("<=", ">", ">="),
    (">=", "<", "<="),
    ("==", "!=", "=="),
    ("!=", "==", "!="),
    ("<", ">=", ">"),
    (">", "<=", "<"),
];

impl ResultTest {
    /// Its opposite, for numbers.
    pub fn negated(&self) -> Self {
        match self {
            Self::Compared(how, limit) => {
                let opposite = COMPARISONS.iter().find(|(known, ..)| known == how).map_or(*how, |row| row.1);
                Self::Compared(opposite, limit.clone())
            }
            Self::NoNumber => Self::Number,
            Self::Number => Self::NoNumber,
            Self::Plain(truth) => Self::Plain(!truth),
            Self::All(a, b) => Self::Any(Box::new(a.negated()), Box::new(b.negated())),
            Self::Any(a, b) => Self::All(Box::new(a.negated()), Box::new(b.negated())),
        }
    }

    /// Whether it is so of what is not a number.
    pub fn of_no_number(&self) -> bool {
        match self {
            Self::Compared(how, _) => *how == "!=",
            Self::NoNumber => true,
            Self::Number => false,
            Self::Plain(truth) => *truth,
            Self::All(a, b) => a.of_no_number() && b.of_no_number(),
            Self::Any(a, b) => a.of_no_number() || b.of_no_number(),
        }
    }

    /// Whether it asks about what is not a number.
    pub fn minds_no_number(&self) -> bool {
        match self {
            Self::NoNumber | Self::Number => true,
            Self::Compared(..) | Self::Plain(_) => false,
            Self::All(a, b) | Self::Any(a, b) => a.minds_no_number() || b.minds_no_number(),
        }
    }

    /// The condition on `query` in PromQL; none if it does not ask for the number.
    pub fn in_promql(&self, query: &str) -> Option<String> {
        match self.plain() {
            Self::Compared(how, limit) => Some(format!("({query}) {how} {limit}")),
            Self::All(a, b) => Some(format!("({}) and ({})", a.in_promql(query)?, b.in_promql(query)?)),
            Self::Any(a, b) => Some(format!("({}) or ({})", a.in_promql(query)?, b.in_promql(query)?)),
            Self::NoNumber | Self::Number | Self::Plain(_) => None,
        }
    }

    /// The same without what is known as there is a number.
    fn plain(&self) -> Self {
        match self {
            Self::NoNumber => Self::Plain(false),
            Self::Number => Self::Plain(true),
            Self::Compared(..) | Self::Plain(_) => self.clone(),
            Self::All(a, b) => match (a.plain(), b.plain()) {
                (Self::Plain(true), other) | (other, Self::Plain(true)) => other,
                (Self::Plain(false), _) | (_, Self::Plain(false)) => Self::Plain(false),
                (a, b) => Self::All(Box::new(a), Box::new(b)),
            },
            Self::Any(a, b) => match (a.plain(), b.plain()) {
                (Self::Plain(false), other) | (other, Self::Plain(false)) => other,
                (Self::Plain(true), _) | (_, Self::Plain(true)) => Self::Plain(true),
                (a, b) => Self::Any(Box::new(a), Box::new(b)),
            },
        }
    }
}

/// Reads a condition.
///
/// # Errors
/// What of it is not understood.
pub(super) fn parse(text: &str) -> Result<ResultTest, String> {
    let mut reader = ConditionReader { rest: text, depth: 0, terms: 0 };
    let asked = reader.any()?;
    if reader.rest.trim().is_empty() { Ok(asked) } else { Err(reader.lost()) }
}

/// One side of a comparison.
enum Operand {
    /// The number that the query gave.
    Result,
    /// How many results there are: one.
    Count,
    /// A number as written.
    Number(String),
}

struct ConditionReader<'t> {
    rest: &'t str,
    depth: usize,
    terms: usize,
}

impl ConditionReader<'_> {
    fn any(&mut self) -> Result<ResultTest, String> {
        let mut asked = self.all()?;
        while self.eat("||") || self.eat_word("or") {
            asked = ResultTest::Any(Box::new(asked), Box::new(self.all()?));
        }
        Ok(asked)
    }

    fn all(&mut self) -> Result<ResultTest, String> {
        let mut asked = self.one()?;
        while self.eat("&&") || self.eat_word("and") {
            asked = ResultTest::All(Box::new(asked), Box::new(self.one()?));
        }
        Ok(asked)
    }

    fn one(&mut self) -> Result<ResultTest, String> {
        self.terms += 1;
        if self.terms > MOST_TERMS {
            return Err(format!("more than {MOST_TERMS} comparisons"));
        }
        self.depth += 1;
        let asked =
            if self.depth > MOST_DEPTH { Err("it is nested too deeply".to_owned()) } else { self.single() };
        self.depth -= 1;
        asked
    }

    fn single(&mut self) -> Result<ResultTest, String> {
        if !self.rest.trim_start().starts_with("!=") && (self.eat("!") || self.eat_word("not")) {
            return Ok(self.one()?.negated());
        }
        if self.eat_word("true") {
            return Ok(ResultTest::Plain(true));
        }
        if self.eat_word("false") {
            return Ok(ResultTest::Plain(false));
        }
        if self.eat_word("isNaN") {
            self.in_parentheses(Self::result)?;
            return Ok(ResultTest::NoNumber);
        }
        if self.eat_word("isInf") {
            self.in_parentheses(Self::result)?;
            return Ok(ResultTest::Plain(false));
        }
        // A condition on each of the results, of which there is one.
        if self.eat_word("all") || self.eat_word("any") || self.eat_word("one") {
            return self.in_parentheses(Self::each);
        }
        if self.eat_word("none") {
            return Ok(self.in_parentheses(Self::each)?.negated());
        }
        if self.rest.trim_start().starts_with('(') {
            let before = (self.rest, self.depth);
            if let Ok(asked) = self.in_parentheses(Self::any) {
                return Ok(asked);
            }
            (self.rest, self.depth) = before;
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Result<ResultTest, String> {
        let left = self.side()?;
        let row = COMPARISONS.iter().find(|(how, ..)| self.eat(how));
        let Some((how, _, exchanged)) = row else { return Err(self.lost()) };
        let right = self.side()?;
        let known = |a: f64, b: f64| match *how {
            "<" => a < b,
            "<=" => a <= b,
            ">" => a > b,
            ">=" => a >= b,
            "==" => a == b,
            _ => a != b,
        };
        let value = |number: &str| number.parse().unwrap_or(f64::NAN);
        match (left, right) {
            (Operand::Result, Operand::Number(limit)) => Ok(ResultTest::Compared(how, limit)),
            (Operand::Number(limit), Operand::Result) => Ok(ResultTest::Compared(exchanged, limit)),
            (Operand::Count, Operand::Number(limit)) => Ok(ResultTest::Plain(known(1.0, value(&limit)))),
            (Operand::Number(limit), Operand::Count) => Ok(ResultTest::Plain(known(value(&limit), 1.0))),
            (Operand::Number(a), Operand::Number(b)) => Ok(ResultTest::Plain(known(value(&a), value(&b)))),
            _ => Err("it compares results with each other".to_owned()),
        }
    }

    fn side(&mut self) -> Result<Operand, String> {
        if self.eat_word("len") {
            self.in_parentheses(Self::result)?;
            return Ok(Operand::Count);
        }
        for call in ["asFloat", "asInt", "float", "int"] {
            if self.eat_word(call) {
                return self.in_parentheses(Self::side);
            }
        }
        if self.eat_word("default") {
            let of = self.in_parentheses(|reader| {
                let of = reader.side()?;
                if !reader.eat(",") {
                    return Err(reader.lost());
                }
                reader.side().map(|_| of)
            })?;
            return Ok(of);
        }
        if self.rest.trim_start().starts_with('(') {
            return self.in_parentheses(Self::side);
        }
        if self.rest.trim_start().starts_with(['r', '#']) {
            return self.result().map(|()| Operand::Result);
        }
        self.number().map(Operand::Number)
    }

    /// `result`, `result[0]`, or `#` within a condition on each.
    fn result(&mut self) -> Result<(), String> {
        if self.eat("#") {
            return Ok(());
        }
        if !self.eat_word("result") {
            return Err(self.lost());
        }
        if self.eat("[") && !(self.eat("0") && self.eat("]")) {
            return Err("it asks for another result than the first".to_owned());
        }
        if self.rest.starts_with('.') { Err(self.lost()) } else { Ok(()) }
    }

    fn each(&mut self) -> Result<ResultTest, String> {
        self.result()?;
        if !self.eat(",") {
            return Err(self.lost());
        }
        let in_braces = self.eat("{");
        let asked = self.any()?;
        if in_braces && !self.eat("}") { Err(self.lost()) } else { Ok(asked) }
    }

    fn in_parentheses<T>(&mut self, read: impl Fn(&mut Self) -> Result<T, String>) -> Result<T, String> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err("it is nested too deeply".to_owned());
        }
        if !self.eat("(") {
            return Err(self.lost());
        }
        let value = read(self)?;
        self.depth -= 1;
        if self.eat(")") { Ok(value) } else { Err(self.lost()) }
    }

    fn number(&mut self) -> Result<String, String> {
        let text = self.rest.trim_start();
        let ends = |(at, c): (usize, char)| {
            let in_exponent = at > 0 && matches!(text.as_bytes()[at - 1], b'e' | b'E');
            let goes_on =
                c.is_ascii_alphanumeric() || c == '.' || (c == '-' || c == '+') && (at == 0 || in_exponent);
            (!goes_on).then_some(at)
        };
        let end = text.char_indices().find_map(ends).unwrap_or(text.len());
        let (number, rest) = text.split_at(end);
        let is_finite = number.parse::<f64>().is_ok_and(f64::is_finite);
        if !is_finite {
            return Err(self.lost());
        }
        self.rest = rest;
        Ok(number.trim_start_matches('+').to_owned())
    }

    fn eat(&mut self, sign: &str) -> bool {
        let rest = self.rest.trim_start().strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let rest = self.rest.trim_start().strip_prefix(word);
        let rest = rest.filter(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'));
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn lost(&self) -> String {
        let rest: String = self.rest.trim().chars().take(30).collect();
        if rest.is_empty() { "it ends too soon".to_owned() } else { format!("`{rest}` is not understood") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_without_end_is_no_condition() {
        let most = vec!["result[0] > 1"; MOST_TERMS].join(" && ");
        assert!(parse(&most).is_ok());
        assert!(parse(&format!("{most} && result[0] > 1")).is_err());
        assert!(parse(&"result[0] > 1 && ".repeat(100_000)).is_err());
    }

    fn fails(success: &str) -> Option<String> {
        parse(success).unwrap().negated().in_promql("q")
    }

    #[test]
    fn what_fails_is_the_opposite_of_success() {
        for (success, failing) in [
            ("result[0] >= 0.95", "(q) < 0.95"),
            ("result[0] <= 0.05 || isNaN(result[0])", "(q) > 0.05"),
            ("isNaN(result[0]) || result[0] < 5", "(q) >= 5"),
            ("len(result) == 0 || result[0] >= 0.99", "(q) < 0.99"),
            ("len(result) > 0 && result[0] == 1", "(q) != 1"),
            ("!isNaN(result[0]) && result[0] < 1", "(q) >= 1"),
            ("result < 1e-2", "(q) >= 1e-2"),
            ("0.95 <= result[0]", "(q) < 0.95"),
            ("result[0] > 1 && result[0] < 5", "((q) <= 1) or ((q) >= 5)"),
            ("all(result, {# < 0.1})", "(q) >= 0.1"),
            ("all(result, # < 0.1)", "(q) >= 0.1"),
            ("none(result, # > 0.1)", "(q) > 0.1"),
            ("!(result[0] > 3)", "(q) > 3"),
            ("default(result[0], 0) <= 3", "(q) > 3"),
            ("asFloat(result[0]) > -0.5", "(q) <= -0.5"),
            ("(result[0]) <= (0.05)", "(q) > 0.05"),
        ] {
            assert_eq!(fails(success).as_deref(), Some(failing), "{success}");
        }
        assert_eq!(fails("true"), None);
    }

    #[test]
    fn what_is_no_number_passes_only_where_it_is_asked_for() {
        for (text, of_none) in [
            ("result[0] >= 0.95", false),
            ("isNaN(result[0]) || result[0] >= 0.95", true),
            ("!isNaN(result[0]) && result[0] < 1", false),
            ("result[0] != 3", true),
        ] {
            assert_eq!(parse(text).unwrap().of_no_number(), of_none, "{text}");
        }
        assert!(parse("isNaN(result) || result > 1").unwrap().minds_no_number());
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for text in [
            "",
            "result[1] > 3",
            "result.ok",
            "result == 'ok'",
            "result[0] >",
            "(((",
            "result > 1 )",
            "result[0] < result[0]",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&"(".repeat(100_000)).is_err());
        assert!(parse(&"!".repeat(100_000)).is_err());
    }
}
