//! Which part of all possible changes each trial is drawn from, and what that part weighs.
//!
//! A study of careful strategies lives on rare events: a bad change of the slow kind with a long fuse.
//! Left to chance, most trials are good changes that harm nobody. So all possible changes are split into
//! strata (good ones; those with each defect; slices of a defect's latency) whose probabilities are known
//! exactly, every stratum gets its share of the trials, and estimates weigh the strata by their
//! probabilities. The split knows nothing of strategies: all of them meet the same trials.
//!
//! Trial `t` is number `index` of its stratum, a function of `t` alone, so a study of more trials only
//! adds to one of fewer, and any trial can be replayed.

use super::change::Change;
use super::defect::{Defect, DefectClock};
use super::study::Estimator;
use super::whole::Plan;
use crate::ids::DefectId;
use crate::random::{Distribution, mix, stable_hash};

/// What a trial of a stratum is allowed to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ChangeKind {
    /// Whatever chance makes it.
    Any,
    /// A good change.
    Good,
    /// A change with this defect. If it has a latent clock, the survival probability of its onset is
    /// uniform between `rarer` and `commoner`: 0 to 1 for all, near 0 for the longest latencies.
    Bad {
        /// The defect.
        defect: DefectId,
        /// Lower end of the slice.
        rarer: f64,
        /// Upper end of the slice.
        commoner: f64,
    },
}

/// One part of all possible changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Stratum {
    /// Its changes.
    pub kind: ChangeKind,
    /// Probability that a change is one of them; all strata together make 1.
    pub weight: f64,
    /// Identity for random streams, from names: other strata may come and go around it.
    pub entity: u64,
    /// Share of the trials that it should get, and of those at the beginning of a cycle.
    share: f64,
    first_share: f64,
}

/// The split, and the order in which trials visit its parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Strata {
    strata: Vec<Stratum>,
    /// Stratum of each trial of a cycle; after it the next cycle begins.
    cycle: Vec<u32>,
    /// How many trials of the cycle before this one visit the same stratum.
    earlier: Vec<u32>,
    /// Trials of each stratum in a cycle.
    per_cycle: Vec<u32>,
}

/// Where a trial belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrialPlace {
    /// Index of the stratum.
    pub stratum: usize,
    /// Number of the trial among those of the stratum, from 0.
    pub index: u64,
}

/// Trials of a cycle, at least.
const SHORTEST_CYCLE: usize = 64;
/// Trials of a cycle for each stratum, at least on average: leaves room for unequal shares.
const PER_STRATUM: usize = 4;
/// Fewer trials than this in a stratum say nothing about how much its values vary.
const FEWEST_IN_STRATUM: usize = 2;
/// Ends of the latency slices: half, a quarter, then half-decades of survival down to 1e-8.
const SLICES: [f64; 20] = [
    1.0,
    0.75,
    0.5,
    0.25,
    1e-1,
    3.162_277_660_168_379e-2,
    1e-2,
    3.162_277_660_168_379e-3,
    1e-3,
    3.162_277_660_168_379e-4,
    1e-4,
    3.162_277_660_168_379e-5,
    1e-5,
    3.162_277_660_168_379e-6,
    1e-6,
    3.162_277_660_168_379e-7,
    1e-7,
    3.162_277_660_168_379e-8,
    1e-8,
    0.0,
];

impl Strata {
    /// The strata of `plan`, by its estimator.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        Self::new(&plan.change, plan.study.estimator)
    }

    /// One stratum: every trial is whatever chance makes it.
    #[must_use]
    pub fn single() -> Self {
        Self::new(&Change::default(), Estimator::Plain)
    }

    fn new(change: &Change, estimator: Estimator) -> Self {
        let mut strata = match estimator {
            Estimator::Plain => {
                vec![Stratum { kind: ChangeKind::Any, weight: 1.0, entity: 0, share: 1.0, first_share: 1.0 }]
            }
            Estimator::ByDefect | Estimator::ByDefectAndLatency => split(change, estimator),
        };
        strata.retain(|stratum| stratum.weight > 0.0);
        let [all, first] = [|stratum: &Stratum| stratum.share, |stratum: &Stratum| stratum.first_share]
            .map(|share| strata.iter().map(share).sum::<f64>());
        strata.iter_mut().for_each(|stratum| {
            stratum.share /= all;
            stratum.first_share /= first;
        });
        let first = slots(&strata);
        let more = more_slots(&strata, &first);
        let cycle = [interleaved(&first), interleaved(&more)].concat();
        let per_cycle = first.iter().zip(&more).map(|(first, more)| first + more).collect();
        let mut seen = vec![0; strata.len()];
        let earlier = cycle
            .iter()
            .map(|&stratum| {
                seen[stratum as usize] += 1;
                seen[stratum as usize] - 1
            })
            .collect();
        Self { strata, cycle, earlier, per_cycle }
    }

    /// The strata, in a fixed order; slices of one defect stand together, from short to long latency.
    #[must_use]
    pub fn list(&self) -> &[Stratum] {
        &self.strata
    }

    /// Whether all trials are drawn from one stratum, so that weights play no part.
    #[must_use]
    pub fn is_single(&self) -> bool {
        self.strata.len() == 1
    }

    /// Where trial number `trial` belongs.
    #[must_use]
    pub fn place(&self, trial: u64) -> TrialPlace {
        let length = self.cycle.len() as u64;
        let (round, slot) = (trial / length, (trial % length) as usize);
        let stratum = self.cycle[slot] as usize;
        let index = round * u64::from(self.per_cycle[stratum]) + u64::from(self.earlier[slot]);
        TrialPlace { stratum, index }
    }

    /// The trial that is number `index` of `stratum`: undoes [`Strata::place`].
    #[must_use]
    pub fn trial(&self, TrialPlace { stratum, index }: TrialPlace) -> u64 {
        let per_cycle = u64::from(self.per_cycle[stratum]);
        let (round, rank) = (index / per_cycle, index % per_cycle);
        let is_it =
            |slot: &usize| self.cycle[*slot] as usize == stratum && u64::from(self.earlier[*slot]) == rank;
        let slot = (0..self.cycle.len()).find(is_it).expect("invariant: every rank has a slot");
        round * self.cycle.len() as u64 + slot as u64
    }

    /// Trials of each stratum among the first `trials` trials.
    #[must_use]
    pub fn counts(&self, trials: u64) -> Vec<u64> {
        let length = self.cycle.len() as u64;
        let mut counts: Vec<u64> =
            self.per_cycle.iter().map(|&slots| trials / length * u64::from(slots)).collect();
        for &stratum in &self.cycle[..(trials % length) as usize] {
            counts[stratum as usize] += 1;
        }
        counts
    }

    /// Fewest trials with which every stratum can be weighed.
    #[must_use]
    pub fn fewest_trials(&self) -> u64 {
        if self.is_single() {
            return 1;
        }
        let enough = |trials: &u64| self.counts(*trials).iter().all(|&n| n >= FEWEST_IN_STRATUM as u64);
        (1..).find(enough).expect("invariant: two cycles are enough")
    }
}

/// Share of the trials that good changes get beside bad ones. They are about speed and false alarms
/// only; who looks for rare harm needs fewer of them.
fn good_share(estimator: Estimator) -> f64 {
    match estimator {
        Estimator::Plain | Estimator::ByDefect => 0.5,
        Estimator::ByDefectAndLatency => 0.25,
    }
}

/// Good changes, then every defect, sliced or whole.
fn split(change: &Change, estimator: Estimator) -> Vec<Stratum> {
    let bad = if change.defects.is_empty() { 0.0 } else { change.bad_probability };
    let good_share = if bad > 0.0 && bad < 1.0 { good_share(estimator) } else { 1.0 };
    let good = Stratum {
        kind: ChangeKind::Good,
        weight: 1.0 - bad,
        entity: stable_hash(b"good"),
        share: good_share,
        first_share: good_share,
    };
    let bad_share = if bad < 1.0 { 1.0 - good_share } else { 1.0 };
    let mut strata = vec![good];
    let kinds = change.defects.len() as f64;
    let cells: f64 = change.defects.iter().map(|defect| (edges(defect).len() - 1) as f64).sum();
    for (id, defect) in change.defects.enumerate() {
        let weight = bad * defect.probability;
        let entity = mix(&[stable_hash(b"defect"), stable_hash(defect.name.as_bytes())]);
        let whole = ChangeKind::Bad { defect: id, rarer: 0.0, commoner: 1.0 };
        if estimator == Estimator::ByDefectAndLatency {
            // Half evenly over all cells, since nobody knows beforehand where the rare event lives; half evenly over the
            // defects, so that a frequent one that cannot be sliced is not a single cell among dozens. At first all cells
            // count alike, so that few trials are enough to have some of each.
            let edges = edges(defect);
            let of_defect = (edges.len() - 1) as f64;
            let share = bad_share * (0.5 / cells + 0.5 / (kinds * of_defect));
            strata.extend(edges.windows(2).enumerate().map(|(slice, ends)| Stratum {
                kind: ChangeKind::Bad { defect: id, rarer: ends[1], commoner: ends[0] },
                weight: weight * (ends[0] - ends[1]),
                entity: mix(&[entity, slice as u64 + 1]),
                share,
                first_share: bad_share / cells,
            }));
        } else {
            // Half by frequency, which is best for what is common, half evenly, which is best for what
            // only the rare kinds do: at worst twice the variance of the better choice.
            let share = bad_share * (0.5 * defect.probability + 0.5 / kinds);
            strata.push(Stratum { kind: whole, weight, entity, share, first_share: share });
        }
    }
    strata
}

/// Ends of the slices of a defect, one more than there are slices.
fn edges(defect: &Defect) -> &'static [f64] {
    if is_sliced(defect) { &SLICES } else { &[1.0, 0.0] }
}

/// Only a latency that the whole change shares can be sliced.
fn is_sliced(defect: &Defect) -> bool {
    defect.clock == DefectClock::Change && !matches!(defect.onset, Distribution::Fixed { .. })
}

/// Trials of each stratum at the beginning of a cycle: the shares by largest remainder, but one at least.
fn slots(strata: &[Stratum]) -> Vec<u32> {
    if strata.len() == 1 {
        return vec![1];
    }
    let length = SHORTEST_CYCLE.max(PER_STRATUM * strata.len()).next_multiple_of(2);
    let spare = (length - strata.len()) as f64;
    let wanted: Vec<f64> = strata.iter().map(|stratum| stratum.first_share * spare).collect();
    let mut slots: Vec<u32> = wanted.iter().map(|wanted| 1 + *wanted as u32).collect();
    let mut order: Vec<usize> = (0..strata.len()).collect();
    let rest = |index: &usize| wanted[*index] - libm::floor(wanted[*index]);
    order.sort_by(|a, b| rest(b).total_cmp(&rest(a)).then(a.cmp(b)));
    let given: u32 = slots.iter().sum();
    for &index in order.iter().cycle().take(length - given as usize) {
        slots[index] += 1;
    }
    slots
}

/// Trials of each stratum in the rest of a cycle: as many as make its share of all of it, as nearly as may be.
fn more_slots(strata: &[Stratum], first: &[u32]) -> Vec<u32> {
    if strata.iter().all(|stratum| stratum.share == stratum.first_share) {
        return vec![0; strata.len()];
    }
    let with = || strata.iter().zip(first);
    let length = with().map(|(stratum, first)| f64::from(*first) / stratum.share).fold(0.0, f64::max);
    with()
        .map(|(stratum, first)| (libm::round(length * stratum.share) as u32).saturating_sub(*first))
        .collect()
}

/// A cycle in which the trials of every stratum are spread evenly, so that every beginning of it is
/// about a fair sample.
fn interleaved(per_cycle: &[u32]) -> Vec<u32> {
    let mut visits: Vec<(u64, u32)> = Vec::new();
    let scale = 1_u64 << 32;
    for (stratum, &count) in per_cycle.iter().enumerate() {
        for visit in 0..u64::from(count) {
            visits.push((scale * (2 * visit + 1) / (2 * u64::from(count)), stratum as u32));
        }
    }
    visits.sort_unstable();
    visits.into_iter().map(|(_, stratum)| stratum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defect(name: &str, probability: f64, clock: DefectClock) -> Defect {
        Defect {
            name: name.into(),
            probability,
            clock,
            onset: Distribution::Exponential { mean_ms: 6e5 },
            ..Defect::default()
        }
    }

    fn change(bad_probability: f64) -> Change {
        let defects =
            vec![defect("fast", 0.97, DefectClock::Host), defect("slow", 0.03, DefectClock::Change)];
        Change { bad_probability, defects: defects.into(), ..Change::default() }
    }

    const ALL: [Estimator; 3] = [Estimator::Plain, Estimator::ByDefect, Estimator::ByDefectAndLatency];

    #[test]
    fn weights_are_the_probabilities_of_a_partition() {
        for estimator in ALL {
            for bad in [0.0, 0.03, 1.0] {
                let strata = Strata::new(&change(bad), estimator);
                let total: f64 = strata.list().iter().map(|s| s.weight).sum();
                assert!((total - 1.0).abs() < 1e-12, "{estimator:?} {bad}");
            }
        }
        let strata = Strata::new(&change(0.1), Estimator::ByDefect);
        let weights: Vec<f64> = strata.list().iter().map(|s| s.weight).collect();
        assert!((weights[0] - 0.9).abs() < 1e-15 && (weights[1] - 0.097).abs() < 1e-15);
        let sliced = Strata::new(&change(0.1), Estimator::ByDefectAndLatency);
        assert_eq!(sliced.list().len(), 2 + SLICES.len() - 1, "only the change clock is sliced");
    }

    #[test]
    fn without_bad_changes_or_without_good_ones_their_strata_are_left_out() {
        let kinds_of = |bad| {
            let strata = Strata::new(&change(bad), Estimator::ByDefect);
            strata.list().iter().map(|s| s.kind == ChangeKind::Good).collect::<Vec<_>>()
        };
        assert_eq!(kinds_of(0.0), [true]);
        assert_eq!(kinds_of(1.0), [false, false]);
        assert_eq!(kinds_of(0.5), [true, false, false]);
        let mut none = change(0.5);
        none.defects.clear();
        assert!(Strata::new(&none, Estimator::ByDefect).is_single());
    }

    #[test]
    fn places_count_up_in_every_stratum_and_can_be_undone() {
        for estimator in ALL {
            let strata = Strata::new(&change(0.03), estimator);
            let mut next = vec![0; strata.list().len()];
            for trial in 0..1000 {
                assert_eq!(strata.counts(trial), next);
                let place = strata.place(trial);
                assert_eq!(place.index, next[place.stratum]);
                assert_eq!(strata.trial(place), trial);
                next[place.stratum] += 1;
            }
        }
    }

    #[test]
    fn shares_are_half_for_good_changes_and_fair_to_rare_defects() {
        let strata = Strata::new(&change(0.03), Estimator::ByDefect);
        let counts = strata.counts(6400);
        assert!((3000..=3400).contains(&counts[0]), "{counts:?}");
        // 3 % by frequency and an even half: about a quarter of the bad ones.
        assert!((750..=950).contains(&counts[2]), "{counts:?}");
        let fewest = strata.fewest_trials();
        assert!(strata.counts(fewest).iter().all(|&n| n >= 2));
        assert!(strata.counts(fewest - 1).iter().any(|&n| n < 2));
        assert_eq!(Strata::new(&change(0.03), Estimator::Plain).fewest_trials(), 1);
    }

    #[test]
    fn every_beginning_has_some_of_each_and_whole_cycles_have_their_shares() {
        let strata = Strata::new(&change(0.03), Estimator::ByDefectAndLatency);
        // The first trials are spread evenly over good ones, the defect that is not sliced and 19 slices.
        let first = strata.counts(84);
        assert!(first[1..].iter().all(|&n| (2..=4).contains(&n)), "{first:?}");
        assert!(strata.fewest_trials() <= 60, "{}", strata.fewest_trials());
        // Half of the bad ones are even over 20 cells, half over two defects.
        let all = strata.counts(840_000);
        let share = |n: u64| n as f64 / 840_000.0;
        assert!((share(all[0]) - 0.25).abs() < 0.03, "{all:?}");
        assert!((share(all[1]) - 0.75 * (0.5 / 20.0 + 0.5 / 2.0)).abs() < 0.03, "{all:?}");
        assert!((share(all[2]) - 0.75 * (0.5 / 20.0 + 0.5 / 38.0)).abs() < 0.01, "{all:?}");
    }

    #[test]
    fn a_new_defect_leaves_the_streams_of_the_others_alone() {
        let before = Strata::new(&change(0.03), Estimator::ByDefect);
        let mut more = change(0.03);
        let new = [defect("new", 0.5, DefectClock::Host)];
        more.defects = new.into_iter().chain(more.defects.iter().cloned()).collect();
        let after = Strata::new(&more, Estimator::ByDefect);
        let entities = |strata: &Strata| strata.list().iter().map(|s| s.entity).collect::<Vec<_>>();
        let (before, after) = (entities(&before), entities(&after));
        assert!(before.iter().all(|entity| after.contains(entity)));
        assert_eq!(after.len(), before.len() + 1);
    }
}
