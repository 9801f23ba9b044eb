//! The rule of a composite alarm: which alarms have to be in alarm together. It knows no alarm.

/// Combinations that a rule may come to.
const MOST_COMBINATIONS: usize = 32;

/// How deep a rule may be nested.
const MOST_DEPTH: usize = 40;

/// Letters of a rule.
const MOST_LETTERS: usize = 20_480;

/// When a composite alarm is in alarm: any of these combinations, each of alarms that are all in alarm.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct RuleCombinations {
    /// Names, ARNs or `${references}` of alarms.
    pub any_of: Vec<Vec<String>>,
    /// Alarms that must not be in alarm beside.
    pub unless: Vec<String>,
}

/// Reads a rule.
///
/// # Errors
/// Why it cannot be said as combinations.
pub(super) fn combinations(text: &str) -> Result<RuleCombinations, &'static str> {
    if text.len() > MOST_LETTERS {
        return Err("its rule is longer than CloudWatch allows");
    }
    let mut parser = RuleParser { rest: text, depth: 0, unless: Vec::new() };
    let any_of = parser.any()?;
    if !parser.rest.trim().is_empty() {
        return Err(NO_RULE);
    }
    if any_of.iter().all(Vec::is_empty) {
        return Err("its rule does not depend on any alarm being in alarm");
    }
    Ok(RuleCombinations {
        any_of: any_of.into_iter().filter(|all| !all.is_empty()).collect(),
        unless: parser.unless,
    })
}

const NO_RULE: &str = "its rule is not understood";

struct RuleParser<'t> {
    rest: &'t str,
    depth: usize,
    unless: Vec<String>,
}

impl<'t> RuleParser<'t> {
    fn eat(&mut self, word: &str) -> bool {
        let trimmed = self.rest.trim_start();
        let Some(rest) =
            trimmed.get(word.len()..).filter(|_| trimmed[..word.len()].eq_ignore_ascii_case(word))
        else {
            return false;
        };
        if word.len() > 1 && rest.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
            return false;
        }
        self.rest = rest;
        true
    }

    fn any(&mut self) -> Result<Vec<Vec<String>>, &'static str> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err("its rule is nested too deeply");
        }
        let mut any_of = self.all()?;
        while self.eat("OR") {
            any_of.extend(self.all()?);
        }
        self.depth -= 1;
        if any_of.len() > MOST_COMBINATIONS { Err("its rule has too many combinations") } else { Ok(any_of) }
    }

    fn all(&mut self) -> Result<Vec<Vec<String>>, &'static str> {
        let mut any_of = self.one()?;
        while self.eat("AND") {
            let other = self.one()?;
            let both = |left: &Vec<String>| {
                other
                    .iter()
                    .map(|right| left.iter().chain(right).cloned().collect())
                    .collect::<Vec<Vec<String>>>()
            };
            any_of = any_of.iter().flat_map(both).collect();
            if any_of.len() > MOST_COMBINATIONS {
                return Err("its rule has too many combinations");
            }
        }
        Ok(any_of)
    }

    fn one(&mut self) -> Result<Vec<Vec<String>>, &'static str> {
        if self.eat("NOT") {
            // What suppresses an alarm is taken to be quiet.
            let inner = self.one()?;
            self.unless.extend(inner.into_iter().flatten());
            return Ok(vec![Vec::new()]);
        }
        if self.eat("TRUE") {
            return Ok(vec![Vec::new()]);
        }
        if self.eat("FALSE") {
            return Ok(Vec::new());
        }
        if self.eat("ALARM") {
            return Ok(vec![vec![self.name()?]]);
        }
        if self.eat("OK") || self.eat("INSUFFICIENT_DATA") {
            let name = self.name()?;
            self.unless.push(name);
            return Ok(vec![Vec::new()]);
        }
        if self.eat("(") {
            let inner = self.any()?;
            return if self.eat(")") { Ok(inner) } else { Err(NO_RULE) };
        }
        Err(NO_RULE)
    }

    /// A name in parentheses, with or without quotes.
    fn name(&mut self) -> Result<String, &'static str> {
        if !self.eat("(") {
            return Err(NO_RULE);
        }
        let trimmed = self.rest.trim_start();
        for quote in ['"', '\''] {
            if let Some((name, rest)) = trimmed.strip_prefix(quote).and_then(|rest| rest.split_once(quote)) {
                self.rest = rest;
                return if self.eat(")") { Ok(name.to_owned()) } else { Err(NO_RULE) };
            }
        }
        let (name, rest) = trimmed.split_once(')').ok_or(NO_RULE)?;
        self.rest = rest;
        Ok(name.trim().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Vec<String>>, &'static str> {
        combinations(text).map(|found| found.any_of)
    }

    #[test]
    fn rules_become_combinations() {
        assert_eq!(read("ALARM(a) OR ALARM(\"b c\")").unwrap(), [["a"], ["b c"]]);
        assert_eq!(read("ALARM(a) AND ALARM('b')").unwrap(), [["a", "b"]]);
        assert_eq!(read("(ALARM(a) OR ALARM(b)) AND ALARM(c)").unwrap(), [["a", "c"], ["b", "c"]]);
        let quiet = combinations("ALARM(a) AND NOT ALARM(deploying)").unwrap();
        assert_eq!((quiet.any_of, quiet.unless), (vec![vec!["a".to_owned()]], vec!["deploying".to_owned()]));
        assert!(read("TRUE").is_err());
        assert!(read("ALARM(a").is_err());
        assert!(read(&"(".repeat(10_000)).is_err());
        let many = ["(ALARM(a) OR ALARM(b))"; 12].join(" AND ");
        assert!(read(&many).unwrap_err().contains("too many"));
    }
}
