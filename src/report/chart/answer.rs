//! What a study answers, in the words that charts are titled with. It claims what the verdict claims and no more: a
//! strategy is only called faster or safer if paired differences show it.

use crate::report::text;
use crate::report::verdict::{inverse, times};
use crate::study::Summary;
use crate::study::contest::{Contest, Race};
use crate::study::summary::{SPEED_METRIC, StrategySummary};
use crate::study::verdict::MeasureChange;

/// Which strategy is fast and which is safe, and what each costs.
pub fn trade_off(summary: &Summary) -> String {
    if let [only] = summary.strategies.as_slice() {
        return alone(summary, only);
    }
    let contest = summary.contest();
    let is_known = |race: &Race| race.standings.iter().any(|standing| standing.estimate.is_some());
    let answer = Answer { contest: &contest };
    match (is_known(&contest.speed), harmed(summary)) {
        (false, false) => "No rollout reached every host, and nothing was harmed".to_owned(),
        (false, true) => format!("No rollout reached every host; {}", answer.safer(false)),
        (true, false) => format!("Nothing was harmed in these trials; {}", answer.faster()),
        (true, true) => answer.both(),
    }
}

/// Whether any strategy did any harm.
pub fn harmed(summary: &Summary) -> bool {
    let is_hurt = |s: &StrategySummary| s.metric(summary.harm).max.is_some_and(|most| most > 0.0);
    summary.strategies.iter().any(is_hurt)
}

fn alone(summary: &Summary, only: &StrategySummary) -> String {
    let speed = only.metric(SPEED_METRIC).p50.map_or_else(
        || format!("{} never reached every host", only.name),
        |q| {
            format!(
                "{} reaches every host in {}",
                only.name,
                text::estimate(q.value, " ", q.interval, text::duration)
            )
        },
    );
    let say = |x| text::value(summary.harm.unit, x);
    match only.metric(summary.harm).mean {
        Some(mean) if harmed(summary) => {
            let harm = text::estimate(mean.value, " ", mean.interval, say);
            format!("{speed}; {harm} {}", text::harm(summary.harm))
        }
        _ => format!("{speed}; nothing was harmed in these trials"),
    }
}

/// Finds the words for a contest.
struct Answer<'c> {
    contest: &'c Contest,
}

/// What a race shows.
enum Shown {
    /// No strategy is better than this one, beyond doubt.
    Best(usize),
    /// This one is better than the baseline; others may be as good.
    Better(usize),
    /// None is shown to be better than the baseline.
    Nothing,
}

impl Answer<'_> {
    fn both(&self) -> String {
        let contest = self.contest;
        match (self.shown(&contest.speed, contest.fastest()), self.shown(&contest.harm, contest.safest())) {
            (Shown::Nothing, Shown::Nothing) => {
                format!("Nothing here is proved faster or safer than {}", self.name(contest.baseline))
            }
            (Shown::Best(one), Shown::Best(other)) if one == other => {
                format!("{} is the fastest, and does the least harm{}", self.name(one), self.ratio(one))
            }
            (_, Shown::Nothing) => format!("{}; {}", self.faster(), self.safer(true)),
            _ => format!("{}; {}", self.safer(true), self.faster()),
        }
    }

    fn name(&self, strategy: usize) -> &str {
        &self.contest.names[strategy]
    }

    /// What the trials show of a race of which `better` is the best of those that are better than the baseline.
    fn shown(&self, race: &Race, better: Option<usize>) -> Shown {
        let leader = race.leader.as_ref().filter(|leader| leader.not_clearly_worse.is_empty());
        let leader = leader.and_then(|leader| self.contest.names.iter().position(|n| *n == leader.strategy));
        match (leader, better) {
            (Some(leader), Some(better)) if leader == better => Shown::Best(leader),
            (Some(leader), None) if leader == self.contest.baseline => Shown::Best(leader),
            (_, Some(better)) => Shown::Better(better),
            (_, None) => Shown::Nothing,
        }
    }

    /// "azure-sdp does the least harm, 5.48 times less [3.24, 8.96] than amazon-five-waves, but takes 4d 21h".
    fn safer(&self, with_cost: bool) -> String {
        let contest = self.contest;
        let cost = |strategy| if with_cost { self.time_cost(strategy) } else { String::new() };
        match self.shown(&contest.harm, contest.safest()) {
            Shown::Best(one) => {
                format!("{} does the least harm{}{}", self.name(one), self.ratio(one), cost(one))
            }
            Shown::Better(one) => match self.ratio(one).strip_prefix(", ") {
                Some(ratio) => format!("{} does {}{}", self.name(one), with_noun(ratio), cost(one)),
                None => {
                    format!(
                        "{} does less harm than {}{}",
                        self.name(one),
                        self.name(contest.baseline),
                        cost(one)
                    )
                }
            },
            Shown::Nothing => {
                format!("nothing is proved to do less harm than {}", self.name(contest.baseline))
            }
        }
    }

    fn faster(&self) -> String {
        let contest = self.contest;
        match self.shown(&contest.speed, contest.fastest()) {
            Shown::Best(one) => format!("{} is the fastest{}", self.name(one), self.time(one)),
            Shown::Better(one) => {
                format!("{} is faster than {}{}", self.name(one), self.name(contest.baseline), self.time(one))
            }
            Shown::Nothing => format!("nothing is proved faster than {}", self.name(contest.baseline)),
        }
    }

    /// ", at 22m".
    fn time(&self, strategy: usize) -> String {
        let time = self.contest.speed.standings[strategy].estimate;
        time.map_or(String::new(), |time| format!(", at {}", text::duration(time)))
    }

    /// ", but takes 4d 21h".
    fn time_cost(&self, strategy: usize) -> String {
        let Some(time) = self.contest.speed.standings[strategy].estimate.map(text::duration) else {
            return String::new();
        };
        match self.contest.speed.change(strategy) {
            Some(MeasureChange::Regressed) => format!(", but takes {time}"),
            Some(MeasureChange::Improved) => format!(", and takes only {time}"),
            Some(MeasureChange::NoChange | MeasureChange::WithinTolerance | MeasureChange::Inconclusive)
            | None => String::new(),
        }
    }

    /// ", 5.48 times less [3.24, 8.96] than amazon-five-waves"; nothing where there is no ratio to say.
    fn ratio(&self, strategy: usize) -> String {
        let ratio = self.contest.harm.standings[strategy].ratio;
        match ratio.filter(|ratio| ratio.value > 0.0 && ratio.value < 1.0) {
            None => String::new(),
            Some(ratio) => {
                format!(", {} than {}", times(inverse(ratio), "less"), self.name(self.contest.baseline))
            }
        }
    }
}

/// "5.48 times less harm [3.24, 8.96] than ...".
fn with_noun(ratio: &str) -> String {
    ratio.replacen(" times less", " times less harm", 1)
}
