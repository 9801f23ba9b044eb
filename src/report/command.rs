//! Commands that a report tells its reader to run, quoted for a shell.

use crate::outlet::shell_word;
use crate::plan::Estimator;

/// The command that replays one trial. It names the estimator unless it is the usual one, because what a
/// trial is depends on it and the scenario may not say so.
#[must_use]
pub fn replay_command(file: &str, strategy: &str, seed: u64, trial: u64, estimator: &str) -> String {
    let (file, strategy) = (shell_word(file), shell_word(strategy));
    let command = format!("wavetank replay {file} --strategy {strategy} --seed {seed} --trial {trial}");
    if estimator == Estimator::default().name() {
        command
    } else {
        format!("{command} --estimator {estimator}")
    }
}
