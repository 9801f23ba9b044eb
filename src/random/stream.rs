//! Keyed streams: every draw is addressed by (seed, stratum, trial, purpose, entity, index).
//!
//! The address is packed into ChaCha8's key, stream and position without hashing, so two different
//! addresses never share a value. A stream must never be keyed by a strategy: common random numbers
//! are what makes strategies comparable.
//!
//! A [`Stream`] is made for a handful of draws, a [`Sequence`] for many in a row; both give the same bits, and both are
//! generators in the sense of the crate `rand`, so that any of its distributions can be used on them.

use super::chacha::{DRAWS, LANES, block, first_blocks};
use rand::{Rng, SeedableRng, TryRng};
use rand_chacha::ChaCha8Rng;
use std::convert::Infallible;

macro_rules! purposes {
    ($($(#[$doc:meta])* $name:ident = $number:literal,)*) => {
        /// What a stream is for. Numbers are part of every result: append, never renumber or reuse.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u64)]
        pub enum Purpose {
            $($(#[$doc])* $name = $number,)*
        }

        /// Every purpose, so that no test of all of them forgets one.
        #[cfg(test)]
        const ALL: &[Purpose] = &[$(Purpose::$name),*];
    };
}

purposes! {
    /// Start instant, whether the change is bad, which defect, the change's latent onset.
    Change = 1,
    /// Slowest host of each deployment batch, by zone.
    DeployBatch = 2,
    /// Other hosts of a deployment batch, by zone.
    DeployHost = 3,
    /// Slowest host of each rollback batch, by zone.
    RollbackBatch = 4,
    /// Other hosts of a rollback batch, by zone.
    RollbackHost = 5,
    /// Onset delays and the hosts they strike, by zone.
    Onset = 6,
    /// Noise of an alarm's datapoints, by alarm, scope entity and envelope level.
    Datapoint = 7,
    /// Delay of a fixed-delay alarm, by alarm and scope entity.
    DetectionDelay = 8,
    /// Request and error counts shown in replays; they decide nothing.
    ReplayCounts = 9,
    /// How long an awake fault stays hidden, by zone and host.
    Mask = 10,
    /// When a dormant fault's trigger comes and how long it lasts, by region or 0.
    Trigger = 11,
    /// How long an intermittent fault hurts and does not, in turn.
    Intermittent = 12,
    /// Whether the old version heals a host, by zone and host.
    Cure = 13,
    /// Work on a host, by zone and host.
    Repair = 14,
    /// Whether, when and for how long a healed host becomes impaired again, by zone and host.
    Relapse = 15,
    /// Whether an alarm's verdict is lost or overridden, by alarm and scope entity.
    Verdict = 16,
    /// How long people take, one draw a step.
    Operators = 17,
    /// When a kill switch reaches a zone.
    Spread = 18,
    /// Other deployments in flight, by region.
    Collateral = 19,
    /// Hosts past the waves, by zone.
    Bypass = 20,
    /// Hosts that need a hand, and for how long, by zone.
    Straggler = 21,
    /// What goes wrong without any change, by zone, region or 0.
    Background = 22,
    /// Batches that get another version as a remedy, by zone.
    Fix = 23,
    /// Datapoints of alarms for which missing data matters, by alarm, scope entity and period.
    Sampled = 24,
    /// Whether a monitor is broken, by alarm.
    Broken = 25,
    /// What counters grow by from scrape to scrape, by scope and scrape.
    Scrape = 26,
    /// Requests and failures of a canary and of its baseline, by alarm, zone and period.
    Canary = 27,
    /// How long the work of a gate takes and what it says, by wave and gate.
    Gate = 28,
    /// How long it takes until requests are switched back, by zone.
    Switch = 30,
    /// Places of the hosts on which a deployment always fails, by zone.
    FailingHosts = 32,
    /// How many others fail, by zone and batch.
    Failure = 33,
    /// How long hosts are tried on which it fails, by zone and batch.
    FailingTime = 34,
    /// Whether a datapoint of an alarm, or a scrape, is lost, by alarm, scope entity and period.
    Lost = 36,
    /// When changes are merged, in turn.
    Merge = 40,
    /// What a change carries and how its review goes, by change.
    Review = 41,
    /// How long a stage's runs take, by revision and stage.
    StageTime = 42,
    /// What a stage sees: of a defect, by change and stage; false alarms and flaky runs, by revision
    /// and stage.
    StageVerdict = 43,
    /// Which change is blamed for a rejection, by revision.
    Attribution = 44,
    /// How long it takes until a blamed change is out, by revision, or in again, by change.
    Repaired = 45,
    /// Whether a change is the first half of a two-phase one, and how long it bakes, by change.
    TwoPhase = 46,
    /// Which work a host needs, by zone and host.
    RepairKind = 50,
    /// Whether the way back fails: of a rollout, or on a host, by zone, try and host.
    WayBackFails = 51,
    /// When a withdrawal reaches a region.
    Withdrawal = 52,
    /// Failures of the new version that a gate weighs, by what is counted and instant of the wall clock.
    Evidence = 53,
}

/// Last part of a key where trials are not drawn from strata.
const UNSTRATIFIED: u64 = u64::from_le_bytes(*b"wavetank");

/// The streams of one trial.
#[derive(Debug, Clone, Copy)]
pub struct Streams {
    seed: u64,
    stratum: u64,
    trial: u64,
}

impl Streams {
    /// The streams of trial `trial` under `seed`.
    #[must_use]
    pub fn new(seed: u64, trial: u64) -> Self {
        Self::in_stratum(seed, UNSTRATIFIED, trial)
    }

    /// The streams of number `index` of the stratum called `stratum` under `seed`.
    #[must_use]
    pub fn in_stratum(seed: u64, stratum: u64, index: u64) -> Self {
        Self { seed, stratum, trial: index }
    }

    /// The stream for one purpose of one entity.
    #[must_use]
    pub fn stream(&self, purpose: Purpose, entity: u64) -> Stream {
        Stream { key: self.key(purpose), entity, next: 0, block: None, draws: [0; DRAWS] }
    }

    /// The same draws as those of [`Streams::stream`], for whoever takes many of them in a row.
    #[must_use]
    pub fn sequence(&self, purpose: Purpose, entity: u64) -> Sequence {
        let mut seed = [0; 32];
        for (bytes, word) in seed.chunks_exact_mut(4).zip(self.key(purpose)) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        let mut generator = ChaCha8Rng::from_seed(seed);
        generator.set_stream(entity);
        Sequence(generator)
    }

    /// The streams for one purpose of four entities, at little more than the cost of one.
    #[must_use]
    pub fn four(&self, purpose: Purpose, entities: [u64; LANES]) -> [Stream; LANES] {
        let key = self.key(purpose);
        let blocks = first_blocks(&key, entities);
        std::array::from_fn(|lane| Stream {
            key,
            entity: entities[lane],
            next: 0,
            block: Some(0),
            draws: blocks[lane],
        })
    }

    fn key(&self, purpose: Purpose) -> [u32; 8] {
        let word = |part: u64| [part as u32, (part >> 32) as u32];
        let [[a, b], [c, d], [e, f], [g, h]] =
            [self.seed, self.trial, purpose as u64, self.stratum].map(word);
        [a, b, c, d, e, f, g, h]
    }
}

/// The number in the open interval (0, 1), on a grid of 2^-52, that 64 random bits stand for.
#[inline]
fn unit(word: u64) -> f64 {
    ((word >> 12) as f64 + 0.5) * (1.0 / (1u64 << 52) as f64)
}

/// Fills `bytes` from whole draws, so that a draw is never shared and positions keep their meaning.
fn fill(bytes: &mut [u8], mut word: impl FnMut() -> u64) {
    for chunk in bytes.chunks_mut(8) {
        chunk.copy_from_slice(&word().to_le_bytes()[..chunk.len()]);
    }
}

/// One stream of uniforms, whose draws can be read in any order. Opening one costs nothing; its draws are computed eight
/// at a time.
///
/// It is a generator of the crate `rand`, whose draw number n is the word behind uniform number n:
///
/// ```
/// use wavetank::random::{Purpose, Streams};
/// use rand::RngExt;
///
/// let mut stream = Streams::new(42, 0).stream(Purpose::Review, 7);
/// let die = stream.random_range(1..=6);
/// assert!((1..=6).contains(&die));
/// ```
#[derive(Debug, Clone)]
pub struct Stream {
    key: [u32; 8],
    entity: u64,
    /// Number of the next draw.
    next: u64,
    /// Which block `draws` is; none: no block yet.
    block: Option<u64>,
    draws: [u64; DRAWS],
}

impl Stream {
    /// The next uniform in the open interval (0, 1), on a grid of 2^-52.
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        unit(self.word())
    }

    #[inline]
    fn word(&mut self) -> u64 {
        let (number, place) = (self.next / DRAWS as u64, self.next % DRAWS as u64);
        if self.block != Some(number) {
            self.draws = block(&self.key, self.entity, number);
            self.block = Some(number);
        }
        self.next += 1;
        self.draws[place as usize]
    }

    /// The uniform at `index` of the stream, whatever was drawn before.
    pub fn uniform_at(&mut self, index: u64) -> f64 {
        self.seek(index);
        self.uniform()
    }

    /// Moves to draw number `index`.
    pub fn seek(&mut self, index: u64) {
        self.next = index;
    }

    /// A uniform integer in `[0, n)`, `n > 0`, from one uniform. The bias is below `n * 2^-52`.
    pub fn below(&mut self, n: u64) -> u64 {
        ((self.uniform() * n as f64) as u64).min(n - 1)
    }
}

impl TryRng for Stream {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.word() as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.word())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        fill(bytes, || self.word());
        Ok(())
    }
}

/// A stream that is read from its beginning to wherever its reader stops: after the first dozen draws three times as fast
/// as a [`Stream`], and dearer to open.
#[derive(Debug, Clone)]
pub struct Sequence(ChaCha8Rng);

impl Sequence {
    /// The next uniform in the open interval (0, 1), on a grid of 2^-52.
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        unit(self.0.next_u64())
    }
}

impl TryRng for Sequence {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.0.next_u64() as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.next_u64())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        fill(bytes, || self.0.next_u64());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_draws_what_the_stream_draws() {
        let streams = Streams::in_stratum(3, 1 << 40, u64::MAX);
        let mut sequence = streams.sequence(Purpose::Merge, u64::MAX - 1);
        let mut stream = streams.stream(Purpose::Merge, u64::MAX - 1);
        for _ in 0..100 {
            assert_eq!(sequence.uniform(), stream.uniform());
        }
        assert_eq!(sequence.next_u32(), stream.next_u32());
        let (mut one, mut other) = ([0; 20], [0; 20]);
        sequence.fill_bytes(&mut one);
        stream.fill_bytes(&mut other);
        assert_eq!(one, other);
        assert_eq!(sequence.uniform(), stream.uniform());
    }

    #[test]
    fn purposes_keep_their_numbers() {
        let numbers: Vec<u64> = ALL.iter().map(|purpose| *purpose as u64).collect();
        let own = [28, 30, 32, 33, 34, 36];
        assert_eq!(numbers, (1..=27).chain(own).chain(40..=46).chain(50..=53).collect::<Vec<u64>>());
    }

    #[test]
    fn first_words_of_every_stream_are_golden() {
        let streams = Streams::new(42, 7);
        let first: Vec<String> =
            ALL.iter().map(|p| format!("{:016x}", streams.stream(*p, 5).word())).collect();
        // Moves only with MODEL_VERSION.
        assert_eq!(
            first,
            [
                "eabc08ac86c9bc6e",
                "622c4e235af93c4e",
                "4b7819765797ae16",
                "1fad768c9bbf8c64",
                "b971ec825cf6d339",
                "afa5ffd37edaeaa9",
                "cc5bb28598a1559f",
                "d1000bac4ceaa5df",
                "1f60b0b09248daae",
                "995beea46e301bd6",
                "a90780acea0ac609",
                "9746d44dfd51e62d",
                "0bd15e96d3aec230",
                "110c225b3d7a197f",
                "b0eafc7f4ec8c848",
                "86b4e54754a0eb98",
                "79ed55591bfa1e18",
                "67db15bd8af7cc99",
                "d92392da5d7e259e",
                "4b6276add3f5171c",
                "f54ad1b3b8ed97d0",
                "685c677a4fed5c6d",
                "c5d29e25cb8e0a69",
                "0d8bbfd43e81140c",
                "c7f31868e0d81eb0",
                "7c55a53b7acb585e",
                "c5e791e3a6ff53e1",
                "ddbf9bd3058c70f9",
                "26f95ddff6ea3d65",
                "611b8e49fe3d3bdd",
                "c2904b0282f5a273",
                "66ff81c8b25465fa",
                "6d3d2fcc06739caa",
                "4b31fd9e62dfb760",
                "ccd52e92b60d91b2",
                "9be4769a1284c023",
                "c3396698773b35d7",
                "d3a5de7b4142219e",
                "093c5b20aafb90d7",
                "64afd5007589245c",
                "966c0e701a098d2c",
                "01a2b3716008e832",
                "1a00607922426781",
                "781dc9ddc3ce33cb",
            ]
        );
    }

    #[test]
    fn integers_have_a_golden_digest_and_stay_in_range() {
        let mut stream = Streams::new(1, 1).stream(Purpose::Onset, 1);
        let samples: Vec<u64> = (1..=1000).map(|n| stream.below(n)).collect();
        assert!(samples.iter().zip(1..).all(|(sample, n)| *sample < n));
        // Moves only with MODEL_VERSION.
        assert_eq!(format!("{:016x}", crate::random::mix(&samples)), "442ebffeedd0dc2c");
    }

    #[test]
    fn a_position_can_be_read_in_any_order() {
        let mut ordered = Streams::new(1, 2).stream(Purpose::Onset, 3);
        let sequence: Vec<f64> = (0..40).map(|_| ordered.uniform()).collect();
        let mut random = Streams::new(1, 2).stream(Purpose::Onset, 3);
        for index in (0..40).rev() {
            assert_eq!(random.uniform_at(index), sequence[index as usize]);
        }
    }

    #[test]
    fn purposes_and_neighbours_are_uncorrelated() {
        // 20,000 trials: a correlation of 5 standard errors (5/sqrt(n) = 0.035) fails a right
        // generator with probability 6e-7 a pair.
        let draws: Vec<Vec<f64>> = ALL
            .iter()
            .map(|p| (0..20_000).map(|t| Streams::new(9, t).stream(*p, 1).uniform() - 0.5).collect())
            .collect();
        for a in 0..draws.len() {
            for b in 0..a {
                let sum: f64 = draws[a].iter().zip(&draws[b]).map(|(x, y)| x * y).sum();
                assert!((sum / 20_000.0 * 12.0).abs() < 0.035, "purposes {a} and {b}");
            }
        }
    }
}
