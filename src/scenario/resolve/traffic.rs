//! Checks of traffic that is routed apart from hosts: that somebody serves it, and that nothing looks at what it cannot see.

use super::fleet::ResolvedFleet;
use crate::ids::RegionId;
use crate::plan::{DefectClock, FaultyVersion, Ratio, ShardPlace, Wave};
use crate::scenario::problems::Problems;
use crate::scenario::reader::{Field, Written};
use crate::scenario::spec::{DefectSpec, WaveSpec, WrittenOneBox};

/// Reports a wave that leaves requests to an old version of which no host is left, a one-box without requests, and users who would
/// be sent to a version and to hosts.
pub(super) fn check(fleet: &ResolvedFleet, wave: &Wave, written: &WaveSpec, problems: &mut Problems) {
    if let (Some(traffic), Some(users)) = (written.traffic.span(), written.users.span()) {
        problems.exclude(("traffic", traffic), ("users", users));
        return;
    }
    let written_share = written.traffic.span().or(written.users.span());
    let (Some(share), Some(span)) = (wave.routed_share(), written_share) else { return };
    if let Some(Written { value: WrittenOneBox::Stage(_), span: one_box }) = written.one_box.get() {
        let message = "the one-box gets no requests: they are switched when all hosts of the wave are done";
        let help =
            "let a wave with few `hosts` stand for the one-box, and this one write `one-box = \"none\"`";
        problems.conflict((span, *one_box), message, help);
    }
    let keeps_old = |hosts: u32| {
        let new = wave.hosts.reach_of(hosts);
        new < hosts || wave.procedure.surge_of(hosts) > 0
    };
    let zones = wave.regions.iter().flat_map(|region| wave.zones_of(&fleet.plan, *region));
    let all_moved = zones.map(|zone| fleet.plan.zones[zone].hosts).any(|hosts| !keeps_old(hosts));
    if all_moved && share != Ratio::ONE {
        let message = "the rest of the traffic stays with the old version, and none of its hosts is left";
        let help = "keep them beside the new ones (`max-surge = \"100%\"`), or take fewer `hosts`";
        let other = written.hosts.span().or(written.regions.span()).unwrap_or(span);
        problems.conflict((span, other), message, help);
    }
    check_shards(fleet, wave, written, problems);
}

/// Reports users of a share whose customers are on some hosts of their region only.
fn check_shards(fleet: &ResolvedFleet, wave: &Wave, written: &WaveSpec, problems: &mut Problems) {
    let Some(users) = written.users.span() else { return };
    let on_some_hosts = |region: &&RegionId| {
        let places = fleet.plan.shard_places(**region, ShardPlace::Hosts);
        let customers = fleet.plan.regions[**region].customers;
        customers.is_some_and(|all| all.of == ShardPlace::Hosts && all.shard_of(places) < places)
    };
    if let Some(region) = wave.regions.iter().find(on_some_hosts) {
        let name = &fleet.plan.regions[*region].name;
        let message =
            format!("users are sent to a version, and customers of `{name}` to hosts of their shard");
        let help = "let shards be `of = \"zones\"`, or write `traffic` for a share of requests";
        problems.conflict((users, fleet.spans[region.index()]), message, help);
    }
}

/// Reports defects beside a strategy that routes requests that cannot be reckoned by hosts: those that wake by requests, and those
/// of the old version, which is sent the rest.
pub(super) fn check_clocks<'a>(
    defects: &Field<Vec<Written<DefectSpec>>>,
    mut waves: impl Iterator<Item = &'a WaveSpec>,
    problems: &mut Problems,
) {
    let Some(routed) = waves.find_map(|wave| wave.traffic.span().or(wave.users.span())) else { return };
    for defect in defects.list() {
        let clock = &defect.value.clock;
        if let (Some(DefectClock::Requests), Some(span)) = (clock.value(), clock.span()) {
            let message = "how many requests wake the fault is not known where `traffic` routes them";
            problems.conflict((span, routed), message, "give it an `onset` instead, by the clock \"host\"");
        }
        let on = &defect.value.on;
        if let (Some(FaultyVersion::OldVersion), Some(span)) = (on.value(), on.span()) {
            let message =
                "what a sick fleet suffers is reckoned by hosts, and not where `traffic` routes requests";
            problems.conflict(
                (span, routed),
                message,
                "remove `traffic` from the waves: requests follow the hosts then",
            );
        }
    }
}
