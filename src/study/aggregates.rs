//! What a study keeps of its trials when there are too many to keep: counts of values, sums over pairs, and
//! the few trials that are worth a replay. Its size does not depend on the number of trials.
//!
//! It is a function of the outcomes in trial order: not of batches, rounds or threads.

use super::judgement;
use super::notable::{NumberedTrial, Shortlist};
use super::sampling::Sampling;
use super::statement_end::StatementEnd;
use super::summary::{HARMS, SPEED_METRIC};
use super::trials::{Endings, RolloutTrials, StudyTrials};
use crate::outcome::Outcome;
use crate::outcome::measures::{self, Measure, Subject};
use crate::plan::Plan;
use crate::stats::{Bin, BinnedValues, PairSums, Paired, Pairs, Sample};
use rayon::prelude::*;

/// Bins of one metric of one strategy, all strata together.
const BINS: usize = 1 << 15;
/// Bins of one stratum of these, at least.
const FEWEST_BINS: usize = 1 << 12;

/// The trials of a study, aggregated.
#[derive(Debug)]
pub struct Aggregates {
    /// Knows the stratum of a trial; its counts play no part.
    sampling: Sampling,
    trials: u64,
    strategies: Vec<StrategyAggregates>,
    contrasts: Vec<Contrast>,
    counters: Vec<Counter>,
}

#[derive(Debug, Default)]
struct StrategyAggregates {
    endings: Endings,
    shortlist: Shortlist,
    /// One per metric.
    columns: Vec<Column>,
}

/// The values of a metric by stratum.
#[derive(Debug)]
struct Column {
    metric: &'static Measure,
    by_stratum: Vec<BinnedValues>,
}

/// Two strategies compared by a metric.
#[derive(Debug)]
struct Contrast {
    metric: &'static Measure,
    a: usize,
    b: usize,
    by_stratum: Vec<PairSums>,
}

/// The values of a metric of a strategy that count for a statement about a percentile of it.
#[derive(Debug)]
struct Counter {
    metric: &'static Measure,
    strategy: usize,
    end: StatementEnd,
    /// Those that count, and the others.
    by_stratum: Vec<[u64; 2]>,
}

/// Outcomes of one strategy in trial order, in pieces.
pub(super) type Pieces<'o> = Vec<&'o [Outcome]>;

impl Aggregates {
    /// No trials yet.
    pub(super) fn new(plan: &Plan) -> Self {
        let sampling = Sampling::new(plan, 0);
        let strata = sampling.len();
        let most = FEWEST_BINS.max(BINS / strata);
        let column = |metric| Column { metric, by_stratum: vec![BinnedValues::new(most); strata] };
        let strategy = |_| StrategyAggregates {
            columns: measures::of_rollouts(plan.fleet.has_customers()).map(column).collect(),
            ..StrategyAggregates::default()
        };
        let count = plan.strategies.len();
        let mut contrasts = Vec::new();
        for metric in measures::of_rollouts(plan.fleet.has_customers()) {
            // The baseline is compared by everything; who leads is asked of all.
            let is_raced = metric == SPEED_METRIC || HARMS.contains(&metric);
            for (a, b) in (0..count).flat_map(|a| (0..count).map(move |b| (a, b))) {
                let baseline = plan.study.baseline;
                let is_asked = b == baseline && a != b || is_raced && a < b && a != baseline;
                if is_asked {
                    contrasts.push(Contrast { metric, a, b, by_stratum: vec![PairSums::default(); strata] });
                }
            }
        }
        let counters = judgement::percentile_statements(plan).map(|(metric, strategy, end)| Counter {
            metric,
            strategy,
            end,
            by_stratum: vec![[0; 2]; strata],
        });
        let counters = counters.collect();
        Self { sampling, trials: 0, strategies: (0..count).map(strategy).collect(), contrasts, counters }
    }

    /// Adds the next trials: as many of every strategy.
    pub(super) fn add(&mut self, rows: &[Pieces]) {
        let count = rows.first().map_or(0, |row| row.iter().map(|part| part.len() as u64).sum());
        let first = self.trials;
        self.trials += count;
        let strata: Vec<usize> = (first..self.trials).map(|trial| self.sampling.stratum(trial)).collect();
        self.strategies.par_iter_mut().zip(rows).for_each(|(strategy, row)| {
            let StrategyAggregates { endings, shortlist, columns } = strategy;
            let columns = || columns.par_iter_mut().for_each(|column| column.add(row, &strata));
            let others = || {
                for (trial, outcome) in (first..).zip(each(row)) {
                    endings.count(outcome.ending);
                    shortlist.look(trial, outcome);
                }
            };
            rayon::join(columns, others);
        });
        self.contrasts.par_iter_mut().for_each(|contrast| contrast.add(rows, &strata));
        self.counters.par_iter_mut().for_each(|counter| counter.add(rows, &strata));
    }

    /// Bytes held by what grows with values: for the test that it does not grow with trials.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let columns = self.strategies.iter().flat_map(|strategy| &strategy.columns);
        columns.flat_map(|column| &column.by_stratum).map(BinnedValues::bytes).sum()
    }

    /// The column of a measure; none for one that the plan has nothing to say of.
    fn column(&self, metric: &Measure, strategy: usize) -> Option<&Column> {
        self.strategies[strategy].columns.iter().find(|column| column.metric == metric)
    }
}

fn each<'o>(row: &'o Pieces) -> impl Iterator<Item = &'o Outcome> {
    row.iter().flat_map(|part| part.iter())
}

impl Column {
    fn add(&mut self, row: &Pieces, strata: &[usize]) {
        for (outcome, &stratum) in each(row).zip(strata) {
            if let Some(value) = self.metric.of(outcome) {
                self.by_stratum[stratum].push(value);
            }
        }
    }
}

impl Contrast {
    fn add(&mut self, rows: &[Pieces], strata: &[usize]) {
        let value = |outcome: &Outcome| self.metric.of(outcome);
        for ((a, b), &stratum) in each(&rows[self.a]).zip(each(&rows[self.b])).zip(strata) {
            if let (Some(a), Some(b)) = (value(a), value(b)) {
                self.by_stratum[stratum].push(a, b);
            }
        }
    }
}

impl Counter {
    fn add(&mut self, rows: &[Pieces], strata: &[usize]) {
        for (outcome, &stratum) in each(&rows[self.strategy]).zip(strata) {
            if let Some(value) = self.metric.of(outcome) {
                self.by_stratum[stratum][usize::from(!self.end.counts(value))] += 1;
            }
        }
    }

    /// A 1 for each that counts and a 0 for each other one.
    fn bins(&self) -> Vec<Vec<Bin>> {
        let of_stratum = |[counting, others]: &[u64; 2]| {
            let bins = [(1.0, *counting), (0.0, *others)].into_iter().filter(|(_, count)| *count > 0);
            bins.map(|(value, count)| Bin::many(value, count)).collect()
        };
        self.by_stratum.iter().map(of_stratum).collect()
    }
}

impl StudyTrials for Aggregates {
    fn subject(&self) -> Subject {
        Subject::Rollout
    }

    fn strategies(&self) -> usize {
        self.strategies.len()
    }

    fn trials(&self, _: usize) -> u64 {
        self.trials
    }

    fn values(&self, sampling: &Sampling, measure: &Measure, strategy: usize) -> Sample {
        // A version that says nothing of customers has no trial that does.
        let nothing = || vec![Vec::new(); sampling.len()];
        let bins = |column: &Column| column.by_stratum.iter().map(BinnedValues::bins).collect();
        sampling.sample(measure, strategy, self.column(measure, strategy).map_or_else(nothing, bins))
    }

    fn counted(
        &self,
        sampling: &Sampling,
        measure: &Measure,
        strategy: usize,
        end: StatementEnd,
    ) -> Option<Sample> {
        let is_it = |c: &&Counter| c.metric == measure && c.strategy == strategy && c.end == end;
        let counter = self.counters.iter().find(is_it)?;
        Some(sampling.sample(measure, strategy, counter.bins()))
    }

    fn pairs(&self, sampling: &Sampling, measure: &Measure, a: usize, b: usize) -> Paired {
        let of =
            |a: usize, b: usize| self.contrasts.iter().find(|c| c.metric == measure && (c.a, c.b) == (a, b));
        let summed = |sums: Vec<PairSums>| sampling.paired(sums.into_iter().map(Pairs::Summed));
        match of(a, b) {
            Some(contrast) => summed(contrast.by_stratum.clone()),
            None => {
                let turned = of(b, a).expect("invariant: every pair that is asked for is summed");
                summed(turned.by_stratum.iter().map(|pairs| pairs.reversed()).collect())
            }
        }
    }
}

impl RolloutTrials for Aggregates {
    fn endings(&self, strategy: usize) -> Endings {
        self.strategies[strategy].endings
    }

    fn shortlist(&self, strategy: usize) -> Vec<NumberedTrial<'_>> {
        self.strategies[strategy].shortlist.candidates()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::study::Statistic;
    use crate::plan::{Bound, Level, Threshold};
    use crate::report::sample;
    use crate::study::threshold::judge;

    #[test]
    fn a_limit_on_a_percentile_is_counted_value_by_value() {
        let (mut plan, outcomes) = sample::study(3000);
        let metric = &measures::IMPAIRED_HOST_MS;
        let limit = |bound| Threshold {
            metric,
            statistic: Statistic::P90,
            strategy: Some(4),
            bound,
            level: Level::Error,
        };
        plan.study.thresholds = vec![limit(Bound::Max(1.0))];
        let p90 = judge(&plan, &outcomes)[0].measured.unwrap();
        plan.study.thresholds = [0.5, 0.9, 0.999, 1.0, 1.3, 2.0]
            .into_iter()
            .flat_map(|times| [limit(Bound::Max(times * p90)), limit(Bound::Min(times * p90))])
            .collect();
        let mut aggregates = Aggregates::new(&plan);
        aggregates.add(&outcomes.by_strategy.iter().map(|row| vec![&row[..]]).collect::<Vec<_>>());
        let sampling = Sampling::new(&plan, 3000);
        for (measure, strategy, end) in judgement::percentile_statements(&plan) {
            let counted = aggregates.counted(&sampling, measure, strategy, end).unwrap();
            let of_values = outcomes.values(&sampling, measure, strategy).count_those(|x| end.counts(x));
            let ones = |sample: &Sample| {
                let bins = sample.strata().iter().flat_map(|stratum| &stratum.values);
                bins.map(Bin::total).sum::<f64>()
            };
            assert_eq!((ones(&counted), counted.len()), (ones(&of_values), of_values.len()));
        }
        let verdicts =
            |study: &dyn StudyTrials| judge(&plan, study).iter().map(|r| r.verdict).collect::<Vec<_>>();
        assert_eq!(verdicts(&aggregates), verdicts(&outcomes));
    }
}
