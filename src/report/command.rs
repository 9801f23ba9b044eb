//! Commands that a report tells its reader to run, quoted for a shell. What was said on the command line of how a scenario
//! is read is said again, so that they find the same one.

use super::text;
use crate::outlet::shell_word;
use crate::plan::{Precision, Restriction, Trials};

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

    /// The command that simulates what was asked of it: `wavetank run FILE --trials 20000`.
    #[must_use]
    pub fn run(&self, asked: &Restriction) -> String {
        self.simulating("run", asked)
    }

    /// The command that draws one picture of what was asked of it: `wavetank chart trade-off FILE`.
    #[must_use]
    pub fn chart(&self, kind: &str, asked: &Restriction) -> String {
        self.simulating(&format!("chart {kind}"), asked)
    }

    fn simulating(&self, what: &str, asked: &Restriction) -> String {
        let mut command = self.command(what);
        let mut say = |option: &str, value: String| {
            command.push_str(&format!(" --{option} {}", shell_word(&value)));
        };
        match asked.trials {
            None => {}
            Some(Trials::Auto) => say("trials", "auto".to_owned()),
            Some(Trials::Exactly(trials)) => say("trials", trials.to_string()),
        }
        asked.precision.iter().for_each(|precision| say("precision", precision_words(precision)));
        asked.seed.iter().for_each(|seed| say("seed", seed.to_string()));
        asked.estimator.iter().for_each(|estimator| say("estimator", estimator.name().to_owned()));
        asked.max_trials.iter().for_each(|most| say("max-trials", most.to_string()));
        asked.strategies.iter().for_each(|name| say("strategy", name.clone()));
        asked.baseline.iter().for_each(|name| say("baseline", name.clone()));
        command
    }

    /// The command that simulates its pipeline, as it was asked for.
    #[must_use]
    pub fn pipeline(&self, asked: &Restriction, trials: Option<u64>) -> String {
        let asked = Restriction { trials: trials.map(Trials::Exactly), ..asked.clone() };
        self.simulating("pipeline", &asked)
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

/// As on the command line: `p99 impaired_host_ms 5%`.
fn precision_words(precision: &Precision) -> String {
    let share = text::percent_number(precision.relative);
    format!("{} {} {share}%", precision.statistic.name(), precision.metric)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::measures;
    use crate::plan::Estimator;
    use crate::plan::study::Statistic;

    #[test]
    fn commands_survive_a_shell_and_say_again_what_was_said() {
        let usual = GivenScenario { file: "a/b.toml", estimator: Some("by-defect"), allow_outside: false };
        let odd = GivenScenario { file: "it's.toml", estimator: None, allow_outside: true };
        let precision = Precision {
            metric: &measures::IMPAIRED_HOST_MS,
            statistic: Statistic::P99,
            strategy: None,
            relative: 0.05,
        };
        let asked = Restriction {
            strategies: vec!["a b".into(), "c".into()],
            baseline: Some("c".into()),
            trials: Some(Trials::Exactly(400)),
            max_trials: Some(900),
            estimator: Some(Estimator::Plain),
            precision: vec![precision],
            seed: Some(7),
            with_baseline: false,
        };
        for (command, expected) in [
            (usual.command("plan"), "wavetank plan a/b.toml"),
            (usual.run(&Restriction::default()), "wavetank run a/b.toml"),
            (
                odd.run(&asked),
                r"wavetank run 'it'\''s.toml' --allow-outside --trials 400 --precision 'p99 impaired_host_ms 5%' --seed 7 --estimator plain --max-trials 900 --strategy 'a b' --strategy c --baseline c",
            ),
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
