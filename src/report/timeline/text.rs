//! One rollout as lines with a time column: event by event if that is short, else as a story.

use super::history::RolloutHistory;
use super::names::{PlanNames, outcome as outcome_words};
use super::{events, story};
use crate::outcome::Outcome;
use crate::plan::Plan;
use crate::report::text::clock_ms;
use crate::rollout::RolloutRecord;

/// Longer replays are told as a story.
const MOST_LINES: usize = 70;

/// The rollout of strategy `strategy` as indented lines, and the outcome. A short one is told event by event; a long
/// one by waves, regions and the moments of its incident.
#[must_use]
pub fn text(plan: &Plan, strategy: usize, outcome: &Outcome, records: &[RolloutRecord]) -> String {
    let names = PlanNames { plan, strategy };
    let history = RolloutHistory::new(plan, outcome, records);
    let every_event = events::lines(&names, records, &history);
    let lines = if every_event.len() > MOST_LINES {
        story::lines(&names, outcome, records, &history)
    } else {
        every_event
    };
    let widest = lines.iter().map(|line| clock_ms(line.at_ms).len()).max().unwrap_or(0);
    let mut out = String::new();
    for line in lines {
        let indent = "  ".repeat(line.depth);
        out.push_str(&format!("{:>widest$}  {indent}{}\n", clock_ms(line.at_ms), line.words));
    }
    format!("{out}\n{}", outcome_words(outcome))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn rollout_reads_as_a_story() {
        let plan = sample::plan();
        let (outcome, records) = sample::rollout(&plan);
        insta::with_settings!({snapshot_path => "../snapshots"}, {
            insta::assert_snapshot!(text(&plan, 4, &outcome, &records));
        });
    }
}
