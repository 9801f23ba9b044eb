//! The comparison in one sentence that can be quoted, and what backs it up: of rollouts, and of strategies as production
//! of a pipeline.
//!
//! A strategy is called faster or safer than the baseline only if the interval of the paired
//! difference says so; where it does not, the sentence says that the two cannot be told apart. No strategy is named
//! that another one dominates, which the tables and the chart of the same run show.

use super::text;
use crate::outcome::measures::{self, Measure, Unit};
use crate::plan::Plan;
use crate::stats::{Interval, MeanRatio};
use crate::study::Summary;
use crate::study::contest::{Contest, Race, Standing};
use crate::study::difference::FEWEST_PAIRS;
use crate::study::summary::{BLAST_METRIC, SPEED_METRIC, StrategySummary};
use crate::study::verdict::MeasureChange;

/// Names listed before the rest is counted.
const MOST_NAMES: usize = 3;

/// The verdict: one plain sentence.
#[must_use]
pub fn headline(plan: &Plan, summary: &Summary) -> String {
    match &summary.strategies[..] {
        [] => "There is no strategy to judge.".to_owned(),
        [only] => alone(plan, only),
        several => {
            let contest = &summary.contest();
            let harm = text::harm(summary.harm);
            let counted = HarmWords { harm: &harm, unit: summary.harm.unit, no_harm: nothing_bad(plan) };
            let writer = VerdictWriter { contest, words: &OF_ROLLOUTS, counted };
            writer.sentence() + &in_hosts(summary, &writer.named()) + &refused(several, &writer.named())
        }
    }
}

/// How many hosts were impaired for how long, where harm is counted in what customers feel: of the strategies that the
/// sentence names.
fn in_hosts(summary: &Summary, named: &[usize]) -> String {
    if summary.harm == BLAST_METRIC || named.len() < 2 {
        return String::new();
    }
    let mean = |index: &usize| {
        let strategy = &summary.strategies[*index];
        let mean = strategy.metric(BLAST_METRIC).mean?;
        let mean = text::estimate(mean.value, " ", mean.interval, text::host_minutes);
        Some(format!("{mean} with {}", strategy.name))
    };
    let means: Vec<String> = named.iter().filter_map(mean).collect();
    format!(" In impaired host-minutes per bad change: {}.", means.join(", "))
}

/// That strategies differ in requests refused for want of capacity, which impaired hosts do not count.
fn refused(strategies: &[StrategySummary], named: &[usize]) -> String {
    let metrics = || strategies.iter().map(|strategy| strategy.metric(&measures::TURNED_AWAY_REQUESTS));
    let is_clear = |change: MeasureChange| match change {
        MeasureChange::Improved | MeasureChange::Regressed => true,
        MeasureChange::NoChange | MeasureChange::WithinTolerance | MeasureChange::Inconclusive => false,
    };
    if !metrics().any(|metric| metric.against_baseline.as_ref().is_some_and(|d| is_clear(d.verdict))) {
        return String::new();
    }
    let say = |x: f64| text::value(measures::TURNED_AWAY_REQUESTS.unit, x);
    let said = |index: &usize| {
        let strategy = &strategies[*index];
        let refused = strategy.metric(&measures::TURNED_AWAY_REQUESTS).mean?;
        Some(format!("{} with {}", text::estimate(refused.value, " ", refused.interval, say), strategy.name))
    };
    let by_name: Vec<String> = named.iter().filter_map(said).collect();
    let how_many = if by_name.len() > 1 {
        by_name.join(", ")
    } else {
        let means = || metrics().filter_map(|metric| metric.mean).map(|mean| mean.value);
        format!("{} to {}", say(means().fold(f64::INFINITY, f64::min)), say(means().fold(0.0, f64::max)))
    };
    format!(" Requests refused for want of capacity, per change: {how_many}.")
}

/// The verdict on several strategies as production of one pipeline.
#[must_use]
pub fn of_pipeline(contest: &Contest) -> String {
    let no_harm = "no trial says anything of harm, so it cannot be compared";
    let counted = HarmWords { harm: "impaired host-minutes a quarter", unit: Unit::HostMs, no_harm };
    VerdictWriter { contest, words: &OF_PIPELINES, counted }.sentence()
}

/// What a subject is said in.
struct Words {
    /// Before the time of a fast strategy.
    pace: &'static str,
    /// After the time that a safe one takes.
    way: &'static str,
    /// What means of harm come from.
    source: &'static str,
    /// Why speed cannot be compared where no strategy has one.
    no_speed: &'static str,
    /// Of what there are too few to compare speed, and to compare harm.
    few: [&'static str; 2],
    /// What the fastest one has.
    shortest: &'static str,
}

const OF_ROLLOUTS: Words = Words {
    pace: "reaching every host in",
    way: "to reach every host",
    source: "bad change",
    no_speed: "no rollout reached every host, so speed cannot be compared",
    few: ["changes reached every host under both", "changes were bad under both"],
    shortest: "the shortest median",
};

const OF_PIPELINES: Words = Words {
    pace: "with a median lead time of",
    way: "from merge to the end of the last wave",
    source: "trial",
    no_speed: "no trial merged a change, so speed cannot be compared",
    few: ["trials were simulated", "trials were simulated"],
    shortest: "the shortest lead time",
};

/// Finds the words for a contest.
struct VerdictWriter<'c> {
    contest: &'c Contest,
    words: &'c Words,
    counted: HarmWords<'c>,
}

/// What harm is said in.
struct HarmWords<'c> {
    /// What it is counted in.
    harm: &'c str,
    /// Its unit.
    unit: Unit,
    /// Why it cannot be compared where no strategy has any.
    no_harm: &'static str,
}

impl VerdictWriter<'_> {
    /// The baseline, and whom the sentence names beside it.
    fn named(&self) -> Vec<usize> {
        let named = [Some(self.contest.baseline), self.contest.fastest(), self.contest.safest()];
        let mut named: Vec<usize> = named.into_iter().flatten().collect();
        named.dedup();
        named
    }

    fn sentence(&self) -> String {
        let Contest { baseline, speed, harm, .. } = self.contest;
        let (fastest, safest) = (self.contest.fastest(), self.contest.safest());
        let rest = match (fastest, safest) {
            (Some(both), Some(other)) if both == other => format!(
                "{} is both {}, {} {}, and {}, at {}",
                self.name(both),
                self.role(speed, both, "fastest"),
                self.words.pace,
                self.times(both),
                self.role(harm, both, "safest"),
                self.harm(both),
            ),
            (None, None) => format!("{}, and {}", self.no_faster(), self.no_safer()),
            (Some(fast), None) => format!("{}, and {}", self.fast(fast), self.no_safer()),
            (None, Some(safe)) => format!("{}, and {}", self.safe(safe), self.no_faster()),
            (Some(fast), Some(safe)) => {
                // What the baseline does need not be said twice.
                let safe = match harm.change(fast) {
                    Some(MeasureChange::Improved | MeasureChange::Regressed) => self.safe_briefly(safe),
                    _ => self.safe(safe),
                };
                format!("{}; {safe}", self.fast(fast))
            }
        };
        let caution = self.caution(&self.named());
        format!("Compared with {}, the baseline, {rest}{caution}.", self.name(*baseline))
    }

    fn name(&self, strategy: usize) -> &str {
        &self.contest.names[strategy]
    }

    fn index(&self, name: &str) -> Option<usize> {
        self.contest.names.iter().position(|known| known == name)
    }

    /// What the means of the sentence may be that no trial has shown.
    fn caution(&self, named: &[usize]) -> String {
        let standings = &self.contest.harm.standings;
        let may_be =
            |standing: &Standing| standing.estimate.is_some_and(|mean| text::is_far(mean, standing.interval));
        if !named.iter().any(|index| may_be(&standings[*index])) {
            return String::new();
        }
        let source = text::counted(standings[self.contest.baseline].n, self.words.source);
        let factors = if named.iter().any(|index| !self.times_as_much(*index).is_empty()) {
            "; factors are of what was seen"
        } else {
            ""
        };
        format!(" (≤: nothing in {source} rules that out{factors})")
    }

    fn fast(&self, fast: usize) -> String {
        let role = self.role(&self.contest.speed, fast, "fastest");
        let gain = format!("{} is {role}, {} {}", self.name(fast), self.words.pace, self.times(fast));
        match self.contest.harm.change(fast) {
            None => gain,
            Some(MeasureChange::Regressed) => format!("{gain}, but costs {}", self.harm(fast)),
            Some(MeasureChange::Improved) => format!("{gain}, and does less harm, {}", self.harm(fast)),
            Some(MeasureChange::NoChange | MeasureChange::WithinTolerance | MeasureChange::Inconclusive) => {
                format!("{gain}, with a blast radius that cannot be told apart")
            }
        }
    }

    /// As [`VerdictWriter::safe`], where the baseline's speed and harm have been said.
    fn safe_briefly(&self, safe: usize) -> String {
        let gain = format!("{}, at {}{}", self.safest(safe), self.amount(safe), self.times_as_much(safe));
        let speed = &self.contest.speed;
        let time = speed.standings[safe].estimate.map(|_| amount(speed, safe, text::duration));
        match (self.contest.speed.change(safe), time) {
            (Some(MeasureChange::Regressed), Some(time)) => format!("{gain}, but takes {time}"),
            (Some(MeasureChange::Improved), Some(time)) => format!("{gain}, and takes only {time}"),
            (
                Some(MeasureChange::NoChange | MeasureChange::WithinTolerance | MeasureChange::Inconclusive),
                Some(_),
            ) => format!("{gain}, and not clearly slower or faster than the baseline"),
            (None, _) | (_, None) => gain,
        }
    }

    fn safe(&self, safe: usize) -> String {
        let gain = format!("{}, at {}", self.safest(safe), self.harm(safe));
        match self.contest.speed.change(safe) {
            None => gain,
            Some(MeasureChange::Regressed) => {
                format!("{gain}, but takes {} {}", self.times(safe), self.words.way)
            }
            Some(MeasureChange::Improved) => format!("{gain}, and takes only {}", self.times(safe)),
            Some(MeasureChange::NoChange | MeasureChange::WithinTolerance | MeasureChange::Inconclusive) => {
                format!("{gain}, and not clearly slower or faster")
            }
        }
    }

    fn safest(&self, safe: usize) -> String {
        format!("{} is {}", self.name(safe), self.role(&self.contest.harm, safe, "safest"))
    }

    /// "the fastest" if `strategy` leads and no other may be as good, else "among the fastest".
    fn role(&self, axis: &Race, strategy: usize, what: &str) -> String {
        let leads = axis.leader.as_ref().is_some_and(|leader| {
            leader.strategy == self.name(strategy) && leader.not_clearly_worse.is_empty()
        });
        if leads { format!("the {what}") } else { format!("among the {what}") }
    }

    /// "none is faster", or who may be.
    fn no_faster(&self) -> String {
        let [few, _] = self.words.few;
        self.lead(&self.contest.speed, "faster", self.words.shortest, few)
            .unwrap_or_else(|| self.words.no_speed.to_owned())
    }

    fn no_safer(&self) -> String {
        let [_, few] = self.words.few;
        self.lead(&self.contest.harm, "safer", "the least mean harm", few)
            .unwrap_or_else(|| self.counted.no_harm.to_owned())
    }

    /// No strategy is clearly better than the baseline: says whether it leads, or who does without proof. None if
    /// nobody leads.
    fn lead(&self, axis: &Race, better: &str, what: &str, few: &str) -> Option<String> {
        let leader = axis.leader.as_ref()?;
        if leader.strategy == self.name(self.contest.baseline) {
            let undominated =
                |name: &&String| !self.index(name).is_some_and(|index| self.contest.dominated[index]);
            let others: Vec<&String> = leader.not_clearly_worse.iter().filter(undominated).collect();
            return Some(match others.as_slice() {
                [] => format!("none is {better}"),
                others => format!(
                    "none is shown to be {better}, though {} cannot be told apart from it",
                    text::list(others, MOST_NAMES)
                ),
            });
        }
        let leading = self.index(&leader.strategy)?;
        let shown = |index: usize| axis.change(index) == Some(MeasureChange::Improved);
        if (0..axis.standings.len()).any(shown) {
            return Some(format!(
                "none that is shown to be {better} is as good as {}, which has {what} but cannot be told apart from it",
                leader.strategy
            ));
        }
        let in_common = axis.standings[leading].against_baseline.map_or(0, |(n, _)| n);
        Some(if in_common < FEWEST_PAIRS {
            format!("too few {few} to tell whether any strategy is {better}")
        } else {
            format!(
                "none is shown to be {better}: {} has {what} but cannot be told apart from it at {}",
                leader.strategy,
                text::counted(self.contest.trials, "trial")
            )
        })
    }

    /// "12m rather than 2d 9h".
    fn times(&self, strategy: usize) -> String {
        let time = |index| amount(&self.contest.speed, index, text::duration);
        format!("{} rather than {}", time(strategy), time(self.contest.baseline))
    }

    /// "4,610 rather than 15.5 impaired host-minutes per bad change".
    fn harm(&self, strategy: usize) -> String {
        let (own, baseline) = (self.amount(strategy), self.amount(self.contest.baseline));
        format!("{own} rather than {baseline} {}{}", self.counted.harm, self.times_as_much(strategy))
    }

    /// A strategy's harm.
    fn amount(&self, strategy: usize) -> String {
        amount(&self.contest.harm, strategy, |harm| text::value(self.counted.unit, harm))
    }

    /// " (97 times less [60, 150])", with the 95 % interval; nothing where there is no ratio to say.
    fn times_as_much(&self, strategy: usize) -> String {
        let Some(ratio) = self.contest.harm.standings[strategy].ratio else { return String::new() };
        if ratio.value <= 0.0 || !ratio.value.is_finite() {
            String::new()
        } else if ratio.value < 1.0 {
            format!(" ({})", times(inverse(ratio), "less"))
        } else {
            format!(" ({})", times(ratio, "as much"))
        }
    }
}

/// "97 times less [60, 150]".
pub(super) fn times(ratio: MeanRatio, than: &str) -> String {
    let interval = Interval {
        low: ratio.interval.low.filter(|end| *end > 0.0),
        high: ratio.interval.high.filter(|end| *end > 0.0),
    };
    let value = text::number(ratio.value);
    match text::bounds(interval, text::number) {
        same if same == format!("[{value}, {value}]") => format!("{value} times {than}"),
        bounds => format!("{value} times {than} {bounds}"),
    }
}

/// The estimate of a strategy in words, with its interval, or that it is not known.
fn amount(axis: &Race, strategy: usize, say: impl Fn(f64) -> String + Copy) -> String {
    let Standing { estimate, interval, .. } = axis.standings[strategy];
    estimate.map_or("?".to_owned(), |value| text::estimate(value, " ", interval, say))
}

fn nothing_bad(plan: &Plan) -> &'static str {
    if plan.change.defects.is_empty() || plan.change.bad_probability == 0.0 {
        "no change is ever bad in this scenario, so the blast radius is 0: add a [[defect]] to see some"
    } else {
        "no trial drew a bad change, so blast radius cannot be compared: run more trials"
    }
}

/// The sentence for a study of one strategy.
fn alone(plan: &Plan, strategy: &StrategySummary) -> String {
    let speed = strategy.metric(SPEED_METRIC).p50.map_or_else(
        || format!("{} never reached every host", strategy.name),
        |q| {
            let time = text::estimate(q.value, " ", q.interval, text::duration);
            format!("{} reaches every host in {time} (median)", strategy.name)
        },
    );
    let blast = strategy.metric(BLAST_METRIC);
    let Some(mean) = blast.mean.filter(|_| blast.n > 0) else {
        let reason = nothing_bad(plan).replace("be compared", "be told");
        return format!("{speed}; {reason}.");
    };
    let violated = strategy.metric(&measures::ISOLATION_VIOLATED).share.map_or(String::new(), |share| {
        format!(
            " and {} of all changes violate isolation",
            text::estimate(share.value, " ", share.interval, text::percent)
        )
    });
    let failed = strategy.metric(&measures::FAILED_REQUESTS).mean.filter(|mean| mean.value > 0.0);
    let failed = failed.map_or(String::new(), |mean| {
        let say = |requests| text::value(measures::FAILED_REQUESTS.unit, requests);
        format!("{} failed or refused requests and ", text::estimate(mean.value, " ", mean.interval, say))
    });
    let few = if blast.n < 2 { ", from one bad change only" } else { "" };
    format!(
        "{speed}, and a bad change costs {failed}{} impaired host-minutes on average{few}{violated}.",
        text::estimate(mean.value, " ", mean.interval, text::host_minutes)
    )
}

/// What backs the headline up, one sentence each: factors with intervals, and who cannot be told apart.
#[must_use]
pub fn details(summary: &Summary) -> Vec<String> {
    if summary.strategies.len() == 1 {
        return Vec::new();
    }
    let mut out = Vec::new();
    let leaders =
        [(&summary.fastest, "the shortest median to 100 %"), (&summary.safest, "the least mean harm")];
    for (leader, what) in leaders {
        let Some(leader) = leader else { continue };
        let rest = match leader.not_clearly_worse.as_slice() {
            [] => "clearly less than every other strategy".to_owned(),
            others => format!(
                "but {} cannot be told apart from it at {}",
                text::list(others, MOST_NAMES),
                text::counted(summary.trials, "trial")
            ),
        };
        out.push(format!("{} has {what}, {rest}.", leader.strategy));
    }
    out
}

/// "x 5.2 [4.8, 5.6]", "÷ 3 [2.9, 3.1]", "x 2,030 [120, ?]", "no clear diff.".
#[must_use]
pub fn factor(strategy: &StrategySummary, metric: &Measure) -> Option<String> {
    let difference = strategy.metric(metric).against_baseline.as_ref()?;
    if difference.n == 0 {
        return None;
    }
    Some(match (difference.verdict, difference.ratio) {
        (MeasureChange::NoChange | MeasureChange::WithinTolerance | MeasureChange::Inconclusive, _) => {
            "no clear diff.".to_owned()
        }
        (verdict, None) => verdict.between_strategies().to_owned(),
        (MeasureChange::Improved, Some(ratio)) if ratio.value > 0.0 => format!("÷ {}", ends(inverse(ratio))),
        (_, Some(ratio)) => format!("x {}", ends(ratio)),
    })
}

/// "5.2 [4.8, 5.6]". An end that the data do not bound is a question mark.
fn ends(ratio: MeanRatio) -> String {
    let known = |end: Option<f64>| end.filter(|v| *v > 0.0);
    let interval = Interval { low: known(ratio.interval.low), high: known(ratio.interval.high) };
    text::with_interval(text::compact(ratio.value), " ", interval, text::compact)
}

/// The ratio the other way round. A lower end of 0 has no finite inverse.
pub(super) fn inverse(ratio: MeanRatio) -> MeanRatio {
    let flip = |end: Option<f64>| end.filter(|v| *v > 0.0).map(|v| 1.0 / v);
    MeanRatio {
        value: 1.0 / ratio.value,
        interval: Interval { low: flip(ratio.interval.high), high: flip(ratio.interval.low) },
    }
}
