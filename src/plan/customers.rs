//! The customers of a region: how many, on which of its places each of them is, and how many are impaired when so many
//! places are. Closed forms; who is impaired when is not known here.

use super::share::HostShare;
use serde::Serialize;

/// What a customer's shard is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShardPlace {
    /// Hosts of the region.
    Hosts,
    /// Zones of the region, each of which is a cell: whoever is on one is on all of its hosts.
    Zones,
}

/// The customers of a region. Every shard is as likely as any other.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Customers {
    /// How many there are.
    pub count: u64,
    /// What their shards are made of.
    pub of: ShardPlace,
    /// Places that each customer is on.
    pub shard: HostShare,
    /// A customer is impaired while so many places of its shard are.
    pub from: HostShare,
}

impl Customers {
    /// Most places of a shard that is not all of them.
    pub const LARGEST_SHARD: u32 = 100;

    /// Places that each customer is on, of so many.
    #[must_use]
    pub fn shard_of(&self, places: u32) -> u32 {
        self.shard.of(places)
    }

    /// How many of these must be impaired for the customer to be.
    #[must_use]
    pub fn from_of(&self, places: u32) -> u32 {
        self.from.of(self.shard_of(places))
    }

    /// Share of the customers that are impaired while so many of the `places` are.
    #[must_use]
    pub fn impaired_share(&self, impaired: u32, places: u32) -> f64 {
        share_with(impaired, places, self.shard_of(places), self.from_of(places))
    }

    /// Share of the customers of whose shard any place is among so many of the `places`.
    #[must_use]
    pub fn met_share(&self, met: u32, places: u32) -> f64 {
        share_with(met, places, self.shard_of(places), 1)
    }
}

/// The mean over all users of what holds for those between each of the ascending `levels` and the one before it, given the level
/// and its index.
#[must_use]
pub fn by_level(levels: &[f64], of_level: impl Fn(f64, usize) -> f64) -> f64 {
    let below = [0.0].into_iter().chain(levels.iter().copied());
    let each = levels.iter().zip(below).enumerate();
    each.map(|(index, (level, below))| (level - below) * of_level(*level, index)).sum()
}

/// Probability that a random `shard` of `places` has `from` or more of `marked` places: a hypergeometric tail. Its places are
/// drawn one by one, so all terms are positive and nothing cancels.
fn share_with(marked: u32, places: u32, shard: u32, from: u32) -> f64 {
    if marked < from {
        return 0.0;
    }
    if marked.saturating_add(shard) >= places.saturating_add(from) {
        // Too few other places to make up a shard.
        return 1.0;
    }
    // By how many of those drawn so far are marked, as long as they are too few.
    let mut few = vec![0.0; from as usize];
    few[0] = 1.0;
    let mut enough = 0.0;
    for drawn in 0..shard {
        let left = f64::from(places - drawn);
        let mut comes = 0.0;
        for (so_far, likely) in few.iter_mut().enumerate() {
            let so_far = so_far as u32;
            // What has no probability may not be possible either.
            let marked_left = marked.saturating_sub(so_far);
            let other_left = (places - marked).saturating_sub(drawn.saturating_sub(so_far));
            let goes = *likely * (f64::from(marked_left) / left);
            *likely = *likely * (f64::from(other_left) / left) + comes;
            comes = goes;
        }
        enough += comes;
    }
    f64::min(enough, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By counting all shards of a few places one by one.
    fn counted(marked: u32, places: u32, shard: u32, from: u32) -> f64 {
        let shards = (0_u32..1 << places).filter(|set| set.count_ones() == shard);
        let (mut hit, mut all) = (0.0, 0.0);
        for set in shards {
            all += 1.0;
            hit += f64::from(u8::from((set & ((1 << marked) - 1)).count_ones() >= from));
        }
        hit / all
    }

    #[test]
    fn shares_are_those_of_all_shards_counted_one_by_one() {
        for places in 1..=9 {
            for (shard, marked) in (1..=places).flat_map(|shard| (0..=places).map(move |m| (shard, m))) {
                for from in 1..=shard {
                    let (found, right) =
                        (share_with(marked, places, shard, from), counted(marked, places, shard, from));
                    assert!(
                        (found - right).abs() < 1e-14,
                        "{from} of {shard} of {places}, {marked}: {found}, not {right}"
                    );
                }
            }
        }
    }

    #[test]
    fn two_of_eight_workers_are_one_shard_of_twenty_eight() {
        // AWS Builders' Library, Workload isolation using shuffle-sharding: 8 workers, shards of 2, 28 of them.
        let on_two = |from| Customers {
            count: 28,
            of: ShardPlace::Hosts,
            shard: HostShare::Count(2),
            from: HostShare::Count(from),
        };
        assert!((on_two(2).impaired_share(2, 8) - 1.0 / 28.0).abs() < 1e-16);
        assert!((on_two(1).impaired_share(2, 8) - 13.0 / 28.0).abs() < 1e-15);
        assert!((on_two(1).impaired_share(1, 8) - 0.25).abs() < 1e-16);
        // And so few that they cannot be counted.
        let deep = share_with(10, 1_000_000, 10, 10);
        let right: f64 = (0..10).map(|drawn| f64::from(10 - drawn) / f64::from(1_000_000 - drawn)).product();
        assert!((deep / right - 1.0).abs() < 1e-14, "{deep}");
    }

    #[test]
    fn all_places_are_one_shard() {
        let spread = |from| Customers { count: 1, of: ShardPlace::Hosts, shard: HostShare::ALL, from };
        let any = spread(HostShare::Count(1));
        assert_eq!((any.impaired_share(0, 1_000_000), any.impaired_share(1, 1_000_000)), (0.0, 1.0));
        let half = spread(HostShare::Share(crate::plan::Ratio { num: 1, den: 2 }));
        assert_eq!((half.impaired_share(4, 10), half.impaired_share(5, 10)), (0.0, 1.0));
    }
}
