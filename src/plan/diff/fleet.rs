//! Differences between fleets.

use super::node::{KeyTree, compare};
use super::things::{Words, by_name, things};
use super::value::{PlanChange, PlanValue};
use crate::plan::{Fleet, Plan, Region, Zone};

/// Zones whose hosts are said as one list; in a longer one nobody finds the number that differs.
const MOST_LISTED: usize = 8;

/// Compares the fleets.
pub(super) fn diff(changes: &mut Vec<PlanChange>, before: &Plan, after: &Plan) {
    let pairs = by_name(&before.fleet.regions, &after.fleet.regions, |region| &region.name);
    let both: Vec<(&Region, &Region)> =
        pairs.iter().filter_map(|pair| Some((pair.before?.1, pair.after?.1))).collect();
    let same_day_everywhere = common_day(&both);
    let own = |plan| KeyTree::of(plan, &plan.fleet).without(&["name", "regions", "zones"]);
    let (mut old, mut new) = (own(before), own(after));
    if let Some(days) = same_day_everywhere.clone() {
        (old, new) = (old.with("diurnal", days.0), new.with("diurnal", days.1));
    }
    compare(changes, "fleet", "", (&old, &new));
    let with_day = same_day_everywhere.is_none();
    let words = Words {
        name: |region: &Region| &region.name,
        place: &|_, region| format!("region {}", region.name),
        order: Some(("regions", "order")),
        both: &|changes, place, (before, old), (after, new)| {
            let zones = zones(changes, place, zones_of(&before.fleet, old), zones_of(&after.fleet, new));
            let days = (with_day && day_differs(old, new)).then(|| (day(old, true), day(new, true)));
            let (old_day, new_day) = days.unzip();
            let old = region(before, old, zones.0, old_day);
            compare(changes, place, "", (&old, &region(after, new, zones.1, new_day)));
        },
        short: &|plan, _, region| {
            let zones = zones_of(&plan.fleet, region);
            let hosts: u64 = zones.iter().map(|zone| u64::from(zone.hosts)).sum();
            let number = |number: f64| PlanValue::Number(number);
            PlanValue::Parts(vec![
                ("zones".to_owned(), number(zones.len() as f64)),
                ("hosts".to_owned(), number(hosts as f64)),
            ])
        },
    };
    things(changes, &words, (before, after), &pairs);
}

/// A region but for what follows from its time zone, with what is said of its zones and of its day.
fn region(plan: &Plan, region: &Region, zones: Vec<(&str, PlanValue)>, day: Option<KeyTree>) -> KeyTree {
    let unsaid = ["name", "zones", "hourly-factor", "utc-offset-hours"];
    let node = KeyTree::of(plan, region).without(&unsaid).with("diurnal", day.unwrap_or(KeyTree::Nothing));
    zones.into_iter().fold(node, |node, (key, said)| node.with(key, KeyTree::said_as(said)))
}

fn zones_of<'f>(fleet: &'f Fleet, region: &Region) -> &'f [Zone] {
    &fleet.zones[region.zones.clone()]
}

/// What is said of the zones of a region before and after, under its keys.
type Said = (Vec<(&'static str, PlanValue)>, Vec<(&'static str, PlanValue)>);

/// Zones and their hosts as the language writes them: `zones` and `hosts-per-zone`. Notes zone by zone which hosts
/// differ where a list would be too long.
fn zones(changes: &mut Vec<PlanChange>, place: &str, before: &[Zone], after: &[Zone]) -> Said {
    let same_names = zone_names(before) == zone_names(after);
    let uniform = is_uniform(before) && is_uniform(after);
    if same_names && before.len() > MOST_LISTED && !uniform {
        let hosts = |zone: &Zone| KeyTree::said_as(PlanValue::Number(f64::from(zone.hosts)));
        for (old, new) in before.iter().zip(after) {
            let place = format!("{place}, zone {}", new.name);
            compare(changes, &place, "hosts-per-zone", (&hosts(old), &hosts(new)));
        }
        return Said::default();
    }
    let lettered = is_lettered(before) && is_lettered(after);
    // Two lists of hosts show how many zones there are, and the letters of zones follow from that.
    let shown_by_hosts = lettered && !is_uniform(before) && !is_uniform(after);
    let said = |zones: &[Zone]| {
        let mut said = vec![("hosts-per-zone", PlanValue::Text(hosts_per_zone(zones)))];
        if !lettered {
            said.push(("zones", PlanValue::Names(zone_names(zones))));
        } else if !shown_by_hosts {
            said.push(("zones", PlanValue::Number(zones.len() as f64)));
        }
        said
    };
    (said(before), said(after))
}

fn zone_names(zones: &[Zone]) -> Vec<String> {
    zones.iter().map(|zone| zone.name.clone()).collect()
}

/// Whether the zones are named as a mere number of them would be: a, b, c, …
fn is_lettered(zones: &[Zone]) -> bool {
    zones.len() <= 26 && zones.iter().zip('a'..='z').all(|(zone, letter)| zone.name.chars().eq([letter]))
}

fn is_uniform(zones: &[Zone]) -> bool {
    zones.windows(2).all(|pair| pair[0].hosts == pair[1].hosts)
}

/// One number if it is that of every zone, else one for each.
fn hosts_per_zone(zones: &[Zone]) -> String {
    let listed = if is_uniform(zones) { 1 } else { zones.len() };
    let hosts: Vec<String> = zones.iter().take(listed).map(|zone| zone.hosts.to_string()).collect();
    hosts.join(", ")
}

/// Whether the traffic over the day differs by more than a change of time zone explains.
fn day_differs(before: &Region, after: &Region) -> bool {
    let rotated = |hours: usize| {
        let mut factors = before.hourly_factor;
        factors.rotate_left(hours);
        factors == after.hourly_factor
    };
    before.hourly_factor != after.hourly_factor
        && !(before.timezone != after.timezone && (1..24).any(rotated))
}

fn day(region: &Region, with_peak: bool) -> KeyTree {
    let factors = &region.hourly_factor;
    let most = factors.iter().copied().fold(0.0, f64::max);
    let least = factors.iter().copied().fold(f64::INFINITY, f64::min);
    let peak = factors.iter().position(|factor| *factor == most).filter(|_| with_peak && least < most);
    let said = PlanValue::Day { peak_utc_hour: peak.map(|hour| hour as u8), trough: least / most };
    KeyTree::leaf(said, factors)
}

/// The day before and after if it differs in every region, and in the same way as far as one can say
/// without an hour: then it is the fleet's.
fn common_day(both: &[(&Region, &Region)]) -> Option<(KeyTree, KeyTree)> {
    let ((first, rest), all) = (both.split_first()?, both);
    let days = |(before, after): &(&Region, &Region)| (day(before, false), day(after, false));
    let (old, new) = days(first);
    let common = !rest.is_empty()
        && all.iter().all(|(before, after)| day_differs(before, after))
        && rest.iter().map(days).all(|other| other.0.said() == old.said() && other.1.said() == new.said());
    common.then_some((old, new))
}
