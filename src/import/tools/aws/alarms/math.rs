//! Metric math: a small grammar, and what an expression makes of numbers. It knows no metric.
//!
//! What an expression means is not read off its form: it is computed for some numbers of requests and of failed ones, and
//! what comes out tells. So `100 * e / r`, `(e / r) * 100` and `IF(r > 0, e / r, 0) * 100` are one.

/// How deep an expression may be nested.
const MOST_DEPTH: usize = 40;

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum MathFormula {
    Number(f64),
    /// A metric or another expression by its name.
    Name(String),
    Text(String),
    Array(Vec<MathFormula>),
    Minus(Box<MathFormula>),
    Pair(Box<MathFormula>, &'static str, Box<MathFormula>),
    Call(String, Vec<MathFormula>),
}

/// What comes out.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum MathAmounts {
    One(f64),
    Many(Vec<f64>),
}

/// The operators, those that bind loosely first.
const LEVELS: [&[&str]; 5] =
    [&["||", "OR"], &["&&", "AND"], &["<=", ">=", "==", "!=", "<", ">"], &["+", "-"], &["*", "/"]];

/// Letters of an expression.
const MOST_LETTERS: usize = 4_096;

/// Reads an expression; none where it is no metric math, too long or nested too deeply.
pub(super) fn parse(text: &str) -> Option<MathFormula> {
    if text.len() > MOST_LETTERS {
        return None;
    }
    let mut parser = FormulaParser { rest: text.trim(), depth: 0 };
    let formula = parser.level(0)?;
    parser.rest.trim().is_empty().then_some(formula)
}

struct FormulaParser<'t> {
    rest: &'t str,
    depth: usize,
}

impl FormulaParser<'_> {
    fn eat(&mut self, word: &str) -> bool {
        let trimmed = self.rest.trim_start();
        let Some(rest) = trimmed.strip_prefix(word) else { return false };
        let is_word = word.chars().all(char::is_alphabetic);
        if is_word && rest.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
            return false;
        }
        self.rest = rest;
        true
    }

    fn level(&mut self, level: usize) -> Option<MathFormula> {
        let Some(operators) = LEVELS.get(level) else { return self.power() };
        let mut left = self.level(level + 1)?;
        while let Some(operator) = operators.iter().find(|operator| self.eat(operator)) {
            let right = self.level(level + 1)?;
            left = MathFormula::Pair(Box::new(left), operator, Box::new(right));
        }
        Some(left)
    }

    fn power(&mut self) -> Option<MathFormula> {
        let base = self.unary()?;
        if !self.eat("^") {
            return Some(base);
        }
        Some(MathFormula::Pair(Box::new(base), "^", Box::new(self.unary()?)))
    }

    fn unary(&mut self) -> Option<MathFormula> {
        if self.depth >= MOST_DEPTH {
            return None;
        }
        self.depth += 1;
        let formula =
            if self.eat("-") { Some(MathFormula::Minus(Box::new(self.unary()?))) } else { self.atom() };
        self.depth -= 1;
        formula
    }

    fn atom(&mut self) -> Option<MathFormula> {
        if self.eat("(") {
            let inner = self.level(0)?;
            return self.eat(")").then_some(inner);
        }
        if self.eat("[") {
            return self.list("]").map(MathFormula::Array);
        }
        let trimmed = self.rest.trim_start();
        let quote = trimmed.chars().next().filter(|c| *c == '"' || *c == '\'');
        if let Some(quote) = quote {
            let (text, rest) = trimmed[1..].split_once(quote)?;
            self.rest = rest;
            return Some(MathFormula::Text(text.to_owned()));
        }
        let end = trimmed
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.'))
            .unwrap_or(trimmed.len());
        let (word, rest) = trimmed.split_at(end);
        self.rest = rest;
        if word.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            return word.parse().ok().map(MathFormula::Number);
        }
        if word.is_empty() {
            return None;
        }
        if self.eat("(") {
            return self.list(")").map(|arguments| MathFormula::Call(word.to_ascii_uppercase(), arguments));
        }
        Some(MathFormula::Name(word.to_owned()))
    }

    fn list(&mut self, end: &str) -> Option<Vec<MathFormula>> {
        let mut items = Vec::new();
        if self.eat(end) {
            return Some(items);
        }
        loop {
            items.push(self.level(0)?);
            if self.eat(end) {
                return Some(items);
            }
            if !self.eat(",") {
                return None;
            }
        }
    }
}

impl MathFormula {
    /// What comes out, where `of` says what a name stands for and `all` are all metrics, each with its name.
    pub fn value(&self, of: &dyn Fn(&str) -> Option<f64>, all: &[(String, f64)]) -> Option<MathAmounts> {
        let one = |formula: &Self| match formula.value(of, all)? {
            MathAmounts::One(number) => Some(number),
            MathAmounts::Many(_) => None,
        };
        let number = match self {
            Self::Number(number) => *number,
            Self::Text(_) => return None,
            Self::Name(name) => of(name)?,
            Self::Array(items) => return items.iter().map(one).collect::<Option<_>>().map(MathAmounts::Many),
            Self::Minus(inner) => -one(inner)?,
            Self::Pair(left, operator, right) => pair(one(left)?, operator, one(right)?)?,
            Self::Call(name, arguments) => return call(name, arguments, of, all),
        };
        Some(MathAmounts::One(number))
    }
}

fn pair(left: f64, operator: &str, right: f64) -> Option<f64> {
    let truth = |holds: bool| Some(f64::from(u8::from(holds)));
    match operator {
        "+" => Some(left + right),
        "-" => Some(left - right),
        "*" => Some(left * right),
        "/" => (right.abs() > 0.0).then(|| left / right),
        "<" => truth(left < right),
        ">" => truth(left > right),
        "<=" => truth(left <= right),
        ">=" => truth(left >= right),
        "==" => truth((left - right).abs() < 1e-12),
        "!=" => truth((left - right).abs() >= 1e-12),
        "&&" | "AND" => truth(left > 0.0 && right > 0.0),
        "||" | "OR" => truth(left > 0.0 || right > 0.0),
        _ => None,
    }
}

fn call(
    name: &str,
    arguments: &[MathFormula],
    of: &dyn Fn(&str) -> Option<f64>,
    all: &[(String, f64)],
) -> Option<MathAmounts> {
    let number = |at: usize| match arguments.get(at)?.value(of, all)? {
        MathAmounts::One(number) => Some(number),
        MathAmounts::Many(_) => None,
    };
    if name == "METRICS" {
        let part = match arguments.first() {
            None => "",
            Some(MathFormula::Text(text)) => text.as_str(),
            Some(_) => return None,
        };
        let chosen = all.iter().filter(|(id, _)| id.contains(part)).map(|(_, number)| *number);
        return Some(MathAmounts::Many(chosen.collect()));
    }
    let found = match name {
        // Missing data is not missing in the numbers that are asked.
        "FILL" => number(0)?,
        "IF" => {
            let chosen = if number(0)? > 0.0 { 1 } else { 2 };
            number(chosen)?
        }
        "ABS" => number(0)?.abs(),
        "SUM" | "AVG" | "MAX" | "MIN" => match arguments.first()?.value(of, all)? {
            MathAmounts::Many(numbers) if !numbers.is_empty() => match name {
                "SUM" => numbers.iter().sum(),
                "AVG" => numbers.iter().sum::<f64>() / numbers.len() as f64,
                "MAX" => numbers.iter().copied().fold(f64::MIN, f64::max),
                _ => numbers.iter().copied().fold(f64::MAX, f64::min),
            },
            MathAmounts::Many(_) => return None,
            // Of a single series it is one number over time.
            MathAmounts::One(_) => return None,
        },
        _ => return None,
    };
    Some(MathAmounts::One(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str, numbers: &[(&str, f64)]) -> Option<MathAmounts> {
        let all: Vec<(String, f64)> =
            numbers.iter().map(|(id, number)| ((*id).to_owned(), *number)).collect();
        let of = |name: &str| all.iter().find(|(id, _)| id == name).map(|(_, number)| *number);
        parse(text)?.value(&of, &all)
    }

    #[test]
    fn formulas_are_computed() {
        let numbers = [("e", 5.0), ("r", 200.0)];
        for text in
            ["100*e/r", "(e/r)*100", "IF(r>0, e/r*100, 0)", "100 - 100*((r-e)/r)", "FILL(e, 0) / r * 1e2"]
        {
            assert_eq!(value(text, &numbers), Some(MathAmounts::One(2.5)), "{text}");
        }
        assert_eq!(value("SUM([e, r])", &numbers), Some(MathAmounts::One(205.0)));
        assert_eq!(value("SUM(METRICS(\"e\"))", &numbers), Some(MathAmounts::One(5.0)));
        assert_eq!(value("-e + 2 * r", &numbers), Some(MathAmounts::One(395.0)));
        assert_eq!(value("e / x", &numbers), None);
        assert_eq!(parse("a b"), None);
        assert_eq!(parse(&"(".repeat(100_000)), None);
    }
}
