//! Commands that a report tells its reader to run, quoted for a shell. What was said on the command line of how a scenario
//! is read is said again, so that they find the same one.

use crate::outlet::shell_word;

/// A scenario as the user named it on the command line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GivenScenario<'a> {
    /// The file, `-` or `git:REV:PATH`.
    pub file: &'a str,
    /// How it draws trials where nothing else is said; none where the command line said it.
    pub estimator: Option<&'static str>,
    /// It may name files outside of its folder and repository.
    pub allow_outside: bool,
}

impl GivenScenario<'_> {
    /// The command that does `what` with it: `wavetank plan FILE`.
    #[must_use]
    pub fn command(&self, what: &str) -> String {
        let outside = if self.allow_outside { " --allow-outside" } else { "" };
        format!("wavetank {what} {}{outside}", shell_word(self.file))
    }

    /// The command that replays one trial, drawn by `estimator`, which it names unless the scenario draws so by itself: what
    /// a trial is depends on it.
    #[must_use]
    pub fn replay(&self, strategy: &str, seed: u64, trial: u64, estimator: &'static str) -> String {
        let command = self.replay_drawn(strategy, seed, trial);
        if self.estimator == Some(estimator) { command } else { format!("{command} --estimator {estimator}") }
    }

    /// The command that replays one trial of its pipeline; these are drawn in one way only.
    #[must_use]
    pub fn replay_pipeline(&self, strategy: &str, seed: u64, trial: u64) -> String {
        format!("{} --pipeline", self.replay_drawn(strategy, seed, trial))
    }

    fn replay_drawn(&self, strategy: &str, seed: u64, trial: u64) -> String {
        let (command, strategy) = (self.command("replay"), shell_word(strategy));
        format!("{command} --strategy {strategy} --seed {seed} --trial {trial}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_survive_a_shell_and_say_again_what_was_said() {
        let usual = GivenScenario { file: "a/b.toml", estimator: Some("by-defect"), allow_outside: false };
        let odd = GivenScenario { file: "it's.toml", estimator: None, allow_outside: true };
        for (command, expected) in [
            (usual.command("plan"), "wavetank plan a/b.toml"),
            (
                usual.replay("x", 7, 3, "by-defect"),
                "wavetank replay a/b.toml --strategy x --seed 7 --trial 3",
            ),
            (
                usual.replay("x", 7, 3, "plain"),
                "wavetank replay a/b.toml --strategy x --seed 7 --trial 3 --estimator plain",
            ),
            (
                odd.replay("five waves", 7, 3, "by-defect"),
                r"wavetank replay 'it'\''s.toml' --allow-outside --strategy 'five waves' --seed 7 --trial 3 --estimator by-defect",
            ),
            (
                odd.replay_pipeline("x", 7, 3),
                r"wavetank replay 'it'\''s.toml' --allow-outside --strategy x --seed 7 --trial 3 --pipeline",
            ),
        ] {
            assert_eq!(command, expected);
        }
    }
}
