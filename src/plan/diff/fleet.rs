//! Differences between fleets.

use super::PlanValue;
use super::list::{Changes, count, names, number, parts, share, tables, text, word};
use super::pairs::{by_name, order};
use crate::plan::{Fleet, Region, Zone};

/// Zones whose hosts are said as one list; in a longer one nobody finds the number that differs.
const MOST_LISTED: usize = 8;

/// Compares the fleets.
pub(super) fn diff(changes: &mut Changes, before: &Fleet, after: &Fleet) {
    let pairs = by_name(&before.regions, &after.regions, |region| &region.name);
    let both: Vec<(&Region, &Region)> =
        pairs.iter().filter_map(|pair| Some((pair.before?.1, pair.after?.1))).collect();
    let same_day_everywhere = common_day(&both);
    let mut at = changes.at("fleet");
    at.key("background-error-ratio", &before.background_error_ratio, &after.background_error_ratio, share);
    at.key("background-slow-ratio", &before.background_slow_ratio, &after.background_slow_ratio, share);
    at.key("arrivals", &before.arrivals, &after.arrivals, word);
    tables(&mut at, "peak-utilisation", &before.peak_utilisation, &after.peak_utilisation);
    tables(&mut at, "cohorts", &before.cohorts, &after.cohorts);
    tables(&mut at, "background", &before.background, &after.background);
    if let Some((before, after)) = &same_day_everywhere {
        at.differs("diurnal", Some(before.clone()), Some(after.clone()));
    }
    if let Some((before, after)) = order(&pairs, |region| &region.name) {
        changes.at("regions").differs("order", Some(before), Some(after));
    }
    for pair in &pairs {
        match (pair.before, pair.after) {
            (Some((_, old)), Some((_, new))) => {
                zones(changes, &old.name, zones_of(before, old), zones_of(after, new));
                region(changes, old, new, same_day_everywhere.is_none());
            }
            (old, new) => {
                let name = old.or(new).map_or("", |(_, region)| &region.name);
                let old = old.map(|(_, region)| described(before, region));
                let new = new.map(|(_, region)| described(after, region));
                changes.whole(format!("region {name}"), old, new);
            }
        }
    }
}

fn described(fleet: &Fleet, region: &Region) -> PlanValue {
    let zones = zones_of(fleet, region);
    let hosts: u64 = zones.iter().map(|zone| u64::from(zone.hosts)).sum();
    parts([("zones", count(zones.len())), ("hosts", PlanValue::Number(hosts as f64))])
}

fn zones_of<'f>(fleet: &'f Fleet, region: &Region) -> &'f [Zone] {
    fleet.zones.get(region.zones.clone()).unwrap_or_default()
}

fn region(changes: &mut Changes, before: &Region, after: &Region, with_day: bool) {
    let mut at = changes.at(format!("region {}", before.name));
    at.key("requests-per-second", &before.requests_per_second, &after.requests_per_second, number);
    tables(&mut at, "cohorts", &before.cohort_shares, &after.cohort_shares);
    at.key("timezone", &before.timezone, &after.timezone, |zone| text(zone));
    if with_day && day_differs(before, after) {
        at.differs("diurnal", Some(day(before, true)), Some(day(after, true)));
    }
    at.key("labels", &before.labels, &after.labels, |labels| names(labels));
}

/// Zones and their hosts as the language writes them: `zones` and `hosts-per-zone`.
fn zones(changes: &mut Changes, region: &str, before: &[Zone], after: &[Zone]) {
    let place = format!("region {region}");
    let same_names = zone_names(before) == zone_names(after);
    let uniform = is_uniform(before) && is_uniform(after);
    if same_names && before.len() > MOST_LISTED && !uniform {
        for (old, new) in before.iter().zip(after) {
            let mut at = changes.at(format!("{place}, zone {}", new.name));
            at.key("hosts-per-zone", &old.hosts, &new.hosts, |hosts| count(*hosts as usize));
        }
        return;
    }
    let mut at = changes.at(place);
    let lettered = is_lettered(before) && is_lettered(after);
    // Two lists of hosts show how many zones there are, and the letters of zones follow from that.
    let shown_by_hosts = lettered && !is_uniform(before) && !is_uniform(after);
    if !same_names && lettered && !shown_by_hosts {
        at.differs("zones", Some(count(before.len())), Some(count(after.len())));
    } else if !same_names && !lettered {
        at.differs("zones", Some(names(&zone_names(before))), Some(names(&zone_names(after))));
    }
    at.key("hosts-per-zone", &hosts_per_zone(before), &hosts_per_zone(after), |hosts| text(hosts));
}

fn zone_names(zones: &[Zone]) -> Vec<&str> {
    zones.iter().map(|zone| zone.name.as_str()).collect()
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

fn day(region: &Region, with_peak: bool) -> PlanValue {
    let factors = &region.hourly_factor;
    let most = factors.iter().copied().fold(0.0, f64::max);
    let least = factors.iter().copied().fold(f64::INFINITY, f64::min);
    let peak = factors.iter().position(|factor| *factor == most).filter(|_| with_peak && least < most);
    PlanValue::Day { peak_utc_hour: peak.map(|hour| hour as u8), trough: least / most }
}

/// The day before and after if it differs in every region, and in the same way as far as one can say
/// without an hour: then it is the fleet's.
fn common_day(both: &[(&Region, &Region)]) -> Option<(PlanValue, PlanValue)> {
    let (first, rest) = both.split_first()?;
    let said = |(before, after): &(&Region, &Region)| (day(before, false), day(after, false));
    let common = !rest.is_empty()
        && both.iter().all(|(before, after)| day_differs(before, after))
        && rest.iter().all(|pair| said(pair) == said(first));
    common.then(|| said(first))
}
