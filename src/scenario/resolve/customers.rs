//! Resolves the `customers` of a region, and refuses shards that its places cannot make up.

use crate::diagnostic::Span;
use crate::ids::RegionId;
use crate::plan::{Customers, Fleet, HostShare, ShardPlace};
use crate::scenario::problems::Problems;
use crate::scenario::reader::Written;
use crate::scenario::spec::{CustomersSpec, RegionSpec, WrittenCustomers};

/// The customers of a region whose zones are known.
pub(super) fn resolve(
    region: &Written<RegionSpec>,
    fleet: &Fleet,
    index: RegionId,
    problems: &mut Problems,
) -> Option<Customers> {
    match region.value.customers.value()? {
        WrittenCustomers::Count(count) => Some(Customers {
            count: count.0,
            of: ShardPlace::Hosts,
            shard: HostShare::ALL,
            from: HostShare::Count(1),
        }),
        WrittenCustomers::Sharded(spec) => {
            let customers = Customers {
                count: spec.count.value().map_or(1, |count| count.0),
                of: spec.of.or(ShardPlace::Hosts),
                shard: spec.shard.or(HostShare::ALL),
                from: spec.from.or(HostShare::Count(1)),
            };
            check(&customers, spec, fleet.shard_places(index, customers.of), region, problems);
            Some(customers)
        }
    }
}

fn check(
    customers: &Customers,
    spec: &CustomersSpec,
    places: u32,
    region: &Written<RegionSpec>,
    problems: &mut Problems,
) {
    let shard = customers.shard_of(places);
    let (word, there) = match customers.of {
        ShardPlace::Hosts => ("hosts", region.value.hosts_per_zone.span()),
        ShardPlace::Zones => ("zones", region.value.zones.span()),
    };
    let there = there.unwrap_or(region.span);
    if let (HostShare::Count(wanted), Some(place)) = (customers.shard, spec.shard.span())
        && wanted > places
    {
        let message = format!("a customer cannot be on {wanted} of {places} {word}");
        let help = format!("write at most {places}, or \"100%\" for all of them");
        problems.conflict((place, there), message, help);
        return;
    }
    if shard > Customers::LARGEST_SHARD && shard < places {
        let message = format!("a shard of {shard} of {places} {word} is too large to reckon with");
        let help = format!("write at most {}, or \"100%\" for all of them", Customers::LARGEST_SHARD);
        problems.out_of_range(spec.shard.span().unwrap_or(region.span), message, help);
        return;
    }
    if let (HostShare::Count(wanted), Some(place)) = (customers.from, spec.from.span())
        && wanted > shard
    {
        never_impaired(place, spec.shard.span().unwrap_or(there), (wanted, shard, word), problems);
    }
}

fn never_impaired(place: Span, shard: Span, (wanted, on, word): (u32, u32, &str), problems: &mut Problems) {
    let message = format!("a customer on {on} {word} never has {wanted} that are impaired");
    let help = format!("write at most {on}, or \"100%\" for all of its shard");
    problems.conflict((place, shard), message, help);
}
