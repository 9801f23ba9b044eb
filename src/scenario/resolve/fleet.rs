//! Resolves `[fleet]`: regions, zones, hosts, and traffic by hour of the UTC day.

use super::customers;
use super::names::{check_unique, unknown_time_zone};
use crate::diagnostic::Span;
use crate::ids::{IdVec, RegionId};
use crate::plan::{self, Arrivals, Background, Episodes, Ratio};
use crate::random::stable_hash;
use crate::scenario::problems::Problems;
use crate::scenario::reader::{Field, Written};
use crate::scenario::rules;
use crate::scenario::spec::{
    BackgroundSpec, DiurnalSpec, EpisodesSpec, FleetSpec, HostsPerZone, RegionSpec, Zones,
};
use crate::scenario::table::Keys;
use crate::scenario::timezone;
use crate::scenario::value::{IMMEDIATE, Int, MAX_HOSTS, Name, NonNegative, Percent, Text};

/// The fleet and whether all of it could be resolved.
pub(super) struct ResolvedFleet {
    /// The plan's fleet.
    pub plan: plan::Fleet,
    /// Where each region was written.
    pub spans: Vec<Span>,
    /// False if a region, a name or a label was reported: what is missing then says nothing.
    pub names_known: bool,
    /// False if, beyond that, the zones or hosts of a region were reported.
    pub sound: bool,
}

/// Resolves the fleet.
pub(super) fn resolve(field: &Field<FleetSpec>, problems: &mut Problems) -> ResolvedFleet {
    let absent = FleetSpec::default();
    let spec = field.value().unwrap_or(&absent);
    let regions = spec.region.list();
    if regions.is_empty() && !spec.region.is_broken() && !field.is_broken() {
        let place = spec.region.span().or(field.span()).unwrap_or_default();
        let help = "add a `[[fleet.region]]` or include a file that has some";
        problems.report(rules::NO_REGION.at(place, "the fleet has no region").help(help));
    }
    check_unique("region", regions.iter().map(|region| &region.value.name), problems);
    let mut fleet = ResolvedFleet {
        plan: plan::Fleet {
            name: spec.name.given().unwrap_or_else(|| "fleet".to_owned()),
            regions: IdVec::default(),
            zones: IdVec::default(),
            background_error_ratio: spec.background_error_ratio.or_default(),
            background_slow_ratio: spec.background_slow_ratio.or_default(),
            arrivals: spec.arrivals.or(Arrivals::Poisson),
            peak_utilisation: spec.peak_utilisation.given(),
            scales_down_to: scales_down_to(spec, problems),
            cohorts: cohorts(regions).into(),
            background: spec.background.value().map_or_else(Background::default, background),
        },
        spans: Vec::new(),
        names_known: !regions.is_empty(),
        sound: !regions.is_empty(),
    };
    let usual_day = day(&spec.diurnal, problems);
    for region in regions {
        add_region(&mut fleet, region, usual_day, problems);
    }
    check_size(&fleet, problems);
    fleet
}

/// How far capacity follows the traffic; none: not at all.
fn scales_down_to(spec: &FleetSpec, problems: &mut Problems) -> Option<f64> {
    if let (Some(span), true) = (spec.scales_down_to.span(), spec.peak_utilisation.is_absent()) {
        let message =
            "`scales-down-to` says how capacity follows the traffic, but the fleet has no `peak-utilisation`";
        let help = "add `peak-utilisation = \"60%\"`, the load of a host that is scaled for, or remove `scales-down-to`";
        problems.missing_key(span, message, help);
    }
    spec.scales_down_to.given().filter(|least: &f64| *least < 1.0)
}

/// Every cohort that some region has, by name.
fn cohorts(regions: &[Written<RegionSpec>]) -> Vec<String> {
    let shares = regions.iter().filter_map(|region| region.value.cohorts.value());
    let mut names: Vec<String> = shares.flat_map(|shares| &shares.0).map(|(name, _)| name.clone()).collect();
    names.sort();
    names.dedup();
    names
}

fn cohort_share(region: &RegionSpec, cohort: &str) -> Ratio {
    let shares = region.cohorts.value().into_iter().flat_map(|shares| &shares.0);
    let mut found = shares.filter(|(name, _)| name == cohort).map(|(_, share)| share.value.0);
    found.next().unwrap_or(Ratio { num: 0, den: 1 })
}

fn background(spec: &BackgroundSpec) -> Background {
    let episodes = |field: &Field<EpisodesSpec>| {
        field
            .value()
            .map(|spec| Episodes { every: spec.every.or(IMMEDIATE), lasts: spec.lasts.or(IMMEDIATE) })
    };
    Background {
        zone_failures: episodes(&spec.zone_failures),
        region_failures: episodes(&spec.region_failures),
        ambient_alarms: spec
            .ambient_alarms
            .value()
            .map(|spec| Episodes { every: spec.every.or(IMMEDIATE), lasts: spec.lasts.or(IMMEDIATE) }),
        // Alarms are looked up once all are there.
        ambient_alarm: None,
    }
}

fn check_size(fleet: &ResolvedFleet, problems: &mut Problems) {
    let mut total: u64 = 0;
    for (region, span) in fleet.plan.regions.ids().zip(&fleet.spans) {
        total += fleet.plan.region_hosts(region);
        if total > MAX_HOSTS {
            let message = format!("the fleet has {total} hosts up to this region");
            let help = "simulate at most 1000000000 hosts, for example one service at a time";
            problems.report(rules::TOO_LARGE.at(*span, message).help(help));
            return;
        }
    }
}

fn add_region(
    fleet: &mut ResolvedFleet,
    written: &Written<RegionSpec>,
    usual: [f64; 24],
    problems: &mut Problems,
) {
    let spec = &written.value;
    let region_name = spec.name.or_default();
    let zones = zones(spec, problems);
    fleet.names_known &= !spec.name.is_broken() && !spec.labels.is_broken();
    fleet.sound &= fleet.names_known && zones.is_some() && !spec.requests_per_second.is_broken();
    let zones = zones.unwrap_or_else(|| vec![("a".to_owned(), 1)]);
    let first = fleet.plan.zones.len();
    let index = RegionId::new(fleet.plan.regions.len());
    fleet.plan.zones.extend(zones.into_iter().map(|(zone, hosts)| plan::Zone {
        entity: stable_hash(format!("{region_name}/{zone}").as_bytes()),
        name: zone,
        region: index,
        hosts,
    }));
    let local = if spec.diurnal.is_absent() { usual } else { day(&spec.diurnal, problems) };
    let (timezone, offset) = timezone(&spec.timezone, problems);
    fleet.spans.push(written.span);
    fleet.plan.regions.push(plan::Region {
        entity: stable_hash(region_name.as_bytes()),
        name: region_name,
        zones: (first..fleet.plan.zones.len()).into(),
        requests_per_second: spec.requests_per_second.or_default(),
        timezone,
        hourly_factor: timezone::to_utc(local, offset),
        labels: spec.labels.list().iter().map(|label| label.value.0.clone()).collect(),
        cohort_shares: fleet.plan.cohorts.iter().map(|cohort| cohort_share(spec, cohort)).collect(),
        utc_offset_hours: offset,
        failing_hosts: spec.failing_hosts.given(),
        customers: None,
    });
    let customers = customers::resolve(written, &fleet.plan, index, problems);
    fleet.plan.regions[index].customers = customers;
}

/// Zones with their hosts; none if one of the keys was reported.
fn zones(spec: &RegionSpec, problems: &mut Problems) -> Option<Vec<(String, u32)>> {
    let names: Vec<String> = match spec.zones.value() {
        _ if spec.zones.is_broken() => return None,
        None => vec!["a".to_owned()],
        Some(Zones::Count(count)) => (0..*count).map(zone_letter).collect(),
        Some(Zones::Names(names)) => {
            let fields: Vec<Field<Name>> = names.iter().cloned().map(Field::Given).collect();
            check_unique("zone", fields.iter(), problems);
            names.iter().map(|zone| zone.value.0.clone()).collect()
        }
    };
    let hosts = spec.hosts_per_zone.get()?;
    match &hosts.value {
        HostsPerZone::Same(count) => Some(names.into_iter().map(|zone| (zone, host_count(*count))).collect()),
        HostsPerZone::Each(counts) if counts.len() == names.len() => {
            let counts = counts.iter().map(|count| host_count(count.value.0));
            Some(names.into_iter().zip(counts).collect())
        }
        HostsPerZone::Each(counts) => {
            let message = format!("`hosts-per-zone` has {} numbers for {} zones", counts.len(), names.len());
            let help = "give one number for each zone, or a single number for all";
            let problem = rules::ZONE_COUNT.at(hosts.span, message).and(spec.zones.span(), "the zones");
            problems.report(problem.help(help));
            None
        }
    }
}

fn host_count(count: u64) -> u32 {
    u32::try_from(count).expect("invariant: the reader allows at most 10^9")
}

/// a to z, then aa, ab and so on.
fn zone_letter(index: u64) -> String {
    let last = char::from(b'a' + (index % 26) as u8);
    match index / 26 {
        0 => last.to_string(),
        rest => format!("{}{last}", zone_letter(rest - 1)),
    }
}

pub(super) fn timezone(field: &Field<Text>, problems: &mut Problems) -> (String, i64) {
    let Some(written) = field.get() else { return ("UTC".to_owned(), 0) };
    let Text(name) = &written.value;
    let offset = timezone::offset_hours(name).unwrap_or_else(|| {
        unknown_time_zone(written, None, problems);
        0
    });
    (name.clone(), offset)
}

/// Traffic by local hour, with mean 1; flat where it was left out or reported.
fn day(field: &Field<DiurnalSpec>, problems: &mut Problems) -> [f64; 24] {
    let Some(Written { value: spec, span }) = field.get() else { return timezone::FLAT };
    let cosine_span = spec.peak_hour.span().or(spec.trough.span());
    if let (Some(curve), Some(other)) = (spec.curve.span(), cosine_span) {
        let message = "`curve` excludes `peak-hour` and `trough`";
        problems.conflict((curve, other), message, "keep the curve or the peak");
        return timezone::FLAT;
    }
    if let Some(curve) = spec.curve.get() {
        return curve_day(curve, problems);
    }
    if let (Some(Int(peak)), Some(Percent(trough))) = (spec.peak_hour.value(), spec.trough.value()) {
        return timezone::normalised(timezone::cosine(*peak, trough.as_f64()));
    }
    if !spec.is_broken() {
        let missing = if spec.peak_hour.is_absent() { "peak-hour" } else { "trough" };
        let message = format!("`diurnal` has no `{missing}`");
        problems.missing_key(*span, message, "give `peak-hour` and `trough`, or a `curve` of 24 numbers");
    }
    timezone::FLAT
}

fn curve_day(curve: &Written<Vec<Written<NonNegative>>>, problems: &mut Problems) -> [f64; 24] {
    let values: Vec<f64> = curve.value.iter().map(|value| value.value.0).collect();
    let message = match <[f64; 24]>::try_from(values.as_slice()) {
        Ok(local) if local.iter().sum::<f64>() > 0.0 => return timezone::normalised(local),
        Ok(_) => "`curve` is 0 at every hour".to_owned(),
        Err(_) => format!("`curve` has {} numbers instead of 24", values.len()),
    };
    let help = "give one relative rate for each local hour, from midnight on";
    problems.report(rules::BAD_CURVE.at(curve.span, message).help(help));
    timezone::FLAT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_lettered_like_spreadsheet_columns() {
        let letters: Vec<String> = [0, 1, 25, 26, 27, 701, 702].into_iter().map(zone_letter).collect();
        assert_eq!(letters, ["a", "b", "z", "aa", "ab", "zz", "aaa"]);
    }
}
