//! When the source merges its changes, one after the other, and what each carries.
//!
//! A Poisson process with a stepwise rate is a unit process in operational time: the sum of unit
//! exponentials, mapped through the inverse of the integrated rate. It must not know stages.

use crate::ids::DefectId;
use crate::plan::pipeline::{ChangeSource, Line, Merges, RateStep};
use crate::random::{Purpose, Sequence, Streams};

/// Index of the draw whether a change is an emergency, after all others of its review.
const URGENT_INDEX: u64 = 8;
const MS_PER_HOUR: f64 = 3_600_000.0;

/// The instants of a source, in order.
#[derive(Debug)]
pub(super) struct Instants<'a> {
    merges: &'a Merges,
    sequence: Sequence,
    /// Merges so far.
    next: u64,
    /// Step of the rate, and the instant reached, in milliseconds with fractions.
    step: usize,
    reached: f64,
}

impl<'a> Instants<'a> {
    pub(super) fn new(source: &'a ChangeSource, streams: &Streams) -> Self {
        let sequence = streams.sequence(Purpose::Merge, 0);
        Self { merges: &source.merges, sequence, next: 0, step: 0, reached: 0.0 }
    }

    /// The next merge; none if there is none before `end`.
    pub(super) fn next_before(&mut self, end: u64) -> Option<u64> {
        let at = match self.merges {
            Merges::Recorded(instants) => *instants.get(self.next as usize)?,
            Merges::Every { first_ms, gap_ms, count } => {
                (self.next < *count).then(|| first_ms + gap_ms * self.next)?
            }
            Merges::Poisson(steps) => self.poisson(steps, end)?,
        };
        self.next += 1;
        (at < end).then_some(at)
    }

    fn poisson(&mut self, steps: &[RateStep], end: u64) -> Option<u64> {
        let mut hazard = -libm::log(self.sequence.uniform());
        while self.reached < end as f64 {
            let step = steps.get(self.step)?;
            let until = steps.get(self.step + 1).map_or(end, |next| next.from_ms.min(end)) as f64;
            let rate = step.per_hour / MS_PER_HOUR;
            let passed = rate * (until - self.reached);
            if passed > hazard {
                self.reached += hazard / rate;
                return Some(self.reached as u64);
            }
            hazard -= passed;
            self.reached = until;
            self.step += 1;
        }
        None
    }
}

/// What one change is, as drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Drawn {
    /// Class of the defect that it is merged with.
    pub(super) defect: Option<DefectId>,
    /// Time in review before the merge.
    pub(super) review_ms: u64,
    /// It cannot wait.
    pub(super) urgent: bool,
}

/// What the source's change number `key` is.
pub(super) fn draw(plan: &Line, streams: &Streams, key: u64) -> Drawn {
    let source = &plan.source;
    let mut stream = streams.stream(Purpose::Review, key);
    let lane = plan.emergency.as_ref().filter(|lane| stream.uniform_at(URGENT_INDEX) < lane.share);
    let (urgent, review) = (lane.is_some(), lane.and_then(|lane| lane.review).unwrap_or(source.review));
    stream.seek(0);
    let mut review_ms = review.by_cdf(stream.uniform());
    if source.defects.is_empty() {
        return Drawn { defect: None, review_ms, urgent };
    }
    let mut left = stream.uniform();
    let class = source.defects.find_id(|class| {
        left -= class.probability;
        left < 0.0
    });
    let catches = |class: DefectId| {
        lane.and_then(|lane| lane.review_catches).unwrap_or(source.defects[class].review_catches)
    };
    let seen = class.is_some_and(|class| stream.uniform() < catches(class));
    if seen {
        review_ms += review.by_cdf(stream.uniform());
    }
    Drawn { defect: class.filter(|_| !seen), review_ms, urgent }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::IdVec;
    use crate::plan::pipeline::{AfterRejection, DefectClass, EntryPolicy, RolloutsAtOnce};
    use crate::random::Distribution;

    const HOUR: u64 = 3_600_000;

    fn source(merges: Merges) -> ChangeSource {
        let class = |name: &str, probability, review_catches| DefectClass {
            name: name.to_owned(),
            probability,
            review_catches,
        };
        let defects = vec![class("logic", 0.2, 0.5), class("leak", 0.1, 0.0)];
        ChangeSource { merges, review: Distribution::Fixed { ms: 10 }, defects: defects.into() }
    }

    fn line(source: ChangeSource) -> Line {
        Line {
            source,
            stages: Vec::new(),
            calendars: IdVec::default(),
            two_phase: None,
            wave_windows: Vec::new(),
            bake_window: None,
            region_windows: Vec::new(),
            entry: EntryPolicy::Queued,
            rollouts: RolloutsAtOnce::Overlapping,
            after_rejection: AfterRejection::Leave,
            emergency: None,
            error_budget: None,
            watchers: 0.0,
            watch_hours: Vec::new(),
            rejection_work_ms: 0,
            length_ms: 1,
            warm_up_ms: 0,
        }
    }

    #[test]
    fn a_stepwise_rate_puts_merges_where_it_is_high_and_none_where_it_is_zero() {
        let steps = [(0, 100.0), (1000, 0.0), (2000, 300.0), (3000, 0.0)];
        let steps = steps.map(|(hour, per_hour)| RateStep { from_ms: hour * HOUR, per_hour });
        let source = source(Merges::Poisson(steps.to_vec()));
        let mut instants = Instants::new(&source, &Streams::new(3, 0));
        let mut counts = [0u64; 4];
        while let Some(at) = instants.next_before(4000 * HOUR) {
            counts[(at / (1000 * HOUR)) as usize] += 1;
        }
        assert_eq!([counts[1], counts[3]], [0, 0]);
        let z = |count: u64, mean: f64| (count as f64 - mean) / mean.sqrt();
        assert!(z(counts[0], 1e5).abs() <= 4.5 && z(counts[2], 3e5).abs() <= 4.5, "{counts:?}");
    }

    #[test]
    fn review_turns_some_defects_away_and_takes_another_round_for_it() {
        let line = line(source(Merges::Recorded(Vec::new())));
        let n = 100_000;
        let drawn: Vec<Drawn> = (0..n).map(|key| draw(&line, &Streams::new(4, 0), key)).collect();
        let share = |hit: &dyn Fn(&Drawn) -> bool, p: f64| {
            let count = drawn.iter().filter(|change| hit(change)).count() as f64;
            let z = (count - p * n as f64) / (p * (1.0 - p) * n as f64).sqrt();
            assert!(z.abs() <= 4.5, "{z}");
        };
        share(&|change| change.defect == Some(DefectId::new(0)), 0.1);
        share(&|change| change.defect == Some(DefectId::new(1)), 0.1);
        share(&|change| change.review_ms == 20, 0.1);
        assert!(drawn.iter().all(|change| change.review_ms == 10 || change.defect.is_none()));
    }
}
