//! An import that is added to a scenario that is there: its text stays as it is, strategies and alarms follow at its end.

use super::Imported;
use super::draft::text;
use crate::scenario::listed_strategies;

impl Imported {
    /// `existing` with the strategies and alarms of this import behind it. Where the scenario lists the strategies that it
    /// compares the new ones are put there, too. Regions and changes are those of the scenario.
    #[must_use]
    pub fn added_to(&self, existing: &str, command: &str) -> String {
        let names: Vec<&str> = self.strategies().collect();
        let mut whole = with_listed(existing, &names);
        if !whole.ends_with('\n') {
            whole.push('\n');
        }
        whole.push_str(&self.addition(command));
        whole
    }
}

/// The text with `names` at the end of the list of strategies to compare, if it has one.
fn with_listed(existing: &str, names: &[&str]) -> String {
    let Some(last) = listed_strategies(existing).filter(|_| !names.is_empty()) else {
        return existing.to_owned();
    };
    let names: Vec<String> = names.iter().map(|name| text(name).to_string()).collect();
    let (before, rest) = existing.split_at(last.end);
    format!("{before}, {}{rest}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_grows_behind_its_last_name() {
        let plain = "[study]\nstrategies = [\"a\"]\n";
        assert_eq!(with_listed(plain, &["b"]), "[study]\nstrategies = [\"a\", \"b\"]\n");
        let broken = "[study]\nstrategies = [\n  \"a\", # first\n  \"b\", # ] last\n]\n";
        let grown = with_listed(broken, &["c"]);
        assert_eq!(grown, "[study]\nstrategies = [\n  \"a\", # first\n  \"b\", \"c\", # ] last\n]\n");
        assert_eq!(with_listed("[study]\ntrials = 3\n", &["c"]), "[study]\ntrials = 3\n");
    }
}
