//! Every measure of a rollout: speed, blast radius, isolation, response. A new one is one entry here.

use super::measure::Population::{All, Bad, Complete, Detected, Good, Impaired, Mitigated};
use super::measure::Unit::{
    Alarms, CustomerMs, Customers, Deployments, DurationMs, HostMs, Hosts, Items, LeadMs, Ppm, Regions,
    Requests, YesNo, Zones,
};
use super::measure::{Measure, Population, ReadFrom, Unit};
use crate::outcome::{CustomerHarm, Ending, Outcome};

const fn of(
    name: &'static str,
    title: &'static str,
    unit: Unit,
    population: Population,
    value: fn(&Outcome) -> Option<f64>,
    help: &'static str,
) -> Measure {
    Measure::new([name, title, help], unit, population, ReadFrom::Rollout(value))
}

fn complete(outcome: &Outcome, value: Option<u64>) -> Option<f64> {
    if outcome.is_complete() { value.map(|v| v as f64) } else { None }
}

fn bad(outcome: &Outcome, value: f64) -> Option<f64> {
    outcome.is_bad().then_some(value)
}

/// Harm, which hosts suffer from a defect of either version.
fn harm(outcome: &Outcome, value: f64) -> Option<f64> {
    outcome.has_defect().then_some(value)
}

/// Harm to customers, where the fleet says something of them.
fn of_customers(outcome: &Outcome, value: fn(&CustomerHarm) -> f64) -> Option<f64> {
    harm(outcome, value(outcome.customers.as_ref()?))
}

fn yes(value: bool) -> f64 {
    f64::from(u8::from(value))
}

/// Delay between two instants of a bad change, where both happened in that order.
fn delay(outcome: &Outcome, from: Option<u64>, to: Option<u64>) -> Option<f64> {
    lead(outcome, from, to).filter(|ms| *ms >= 0.0)
}

/// Time from one instant of a bad change to another, negative if the other came first.
fn lead(outcome: &Outcome, from: Option<u64>, to: Option<u64>) -> Option<f64> {
    if !outcome.is_bad() {
        return None;
    }
    Some(to? as f64 - from? as f64)
}

measures! {
    /// Every measure of a rollout, in report order: speed, blast radius, isolation, response.
    ROLLOUT;
    TIME_TO_25_MS = of("time_to_25_ms", "time to 25 %", DurationMs, Complete,
        |o| complete(o, o.to_25_ms),
        "time until a quarter of all hosts ran the new version, in rollouts that reached every host");
    TIME_TO_50_MS = of("time_to_50_ms", "time to 50 %", DurationMs, Complete,
        |o| complete(o, o.to_50_ms),
        "time until half of all hosts ran the new version, in rollouts that reached every host");
    TIME_TO_100_MS = of("time_to_100_ms", "time to 100 %", DurationMs, Complete,
        |o| complete(o, o.to_100_ms),
        "time until every host ran the new version, in rollouts that reached every host");
    DURATION_MS = of("duration_ms", "rollout duration", DurationMs, Complete,
        |o| complete(o, o.completed_ms.or(Some(o.end_ms))),
        "time until the last bake ended, in rollouts that reached every host");
    BAKE_MS = of("bake_ms", "bake time", DurationMs, Complete,
        |o| complete(o, o.bake_ms),
        "part of the duration spent baking on the critical path, in rollouts that reached every host");
    IMPAIRED_HOST_MS = of("impaired_host_ms", "impaired host-time", HostMs, Bad,
        |o| harm(o, o.impaired_host_ms as f64),
        "impaired hosts integrated over time, per bad change").at_most(|most| most.impaired_host_ms);
    PEAK_IMPAIRED_HOSTS = of("peak_impaired_hosts", "peak impaired hosts", Hosts, Bad,
        |o| harm(o, o.peak_impaired_hosts as f64),
        "most hosts impaired at once, per bad change");
    PEAK_IMPAIRED_TRAFFIC_PPM = of("peak_impaired_traffic_ppm", "peak impaired traffic", Ppm, Bad,
        |o| harm(o, f64::from(o.peak_impaired_traffic_ppm)),
        "largest share of the fleet's mean traffic served by impaired hosts at once, per bad change");
    PEAK_IMPAIRED_ZONES = of("peak_impaired_zones", "peak impaired zones", Zones, Bad,
        |o| harm(o, f64::from(o.peak_impaired_zones)),
        "most zones with an impaired host at once, per bad change");
    PEAK_IMPAIRED_REGIONS = of("peak_impaired_regions", "peak impaired regions", Regions, Bad,
        |o| harm(o, f64::from(o.peak_impaired_regions)),
        "most regions with an impaired host at once, per bad change");
    FAILED_REQUESTS = of("failed_requests", "failed requests", Requests, Bad,
        |o| harm(o, o.failed_requests),
        "expected requests failed by the defect or turned away for want of capacity, per bad change").at_most(|most| most.failed_requests);
    TURNED_AWAY_REQUESTS = of("turned_away_requests", "requests turned away", Requests, All,
        |o| Some(o.turned_away_requests),
        "expected requests turned away while too few hosts were in service, per change").at_most(|most| most.turned_away_requests);
    DAMAGED_ITEMS = of("damaged_items", "damaged items", Items, Bad,
        |o| harm(o, o.damaged_items),
        "expected bad items that the defect left, per bad change").at_most(|most| most.damaged_items);
    EXPOSED_HOST_MS = of("exposed_host_ms", "exposed host-time", HostMs, Bad,
        |o| bad(o, o.exposed_host_ms as f64),
        "hosts on the new version integrated over time until the rollout ended, per bad change").at_most(|most| most.exposed_host_ms);
    PEAK_EXPOSED_HOSTS = of("peak_exposed_hosts", "peak exposed hosts", Hosts, Bad,
        |o| bad(o, o.peak_exposed_hosts as f64),
        "most hosts on the new version at once, per bad change");
    REGIONS_TOUCHED = of("regions_touched", "regions touched", Regions, Bad,
        |o| bad(o, f64::from(o.regions_touched)),
        "regions that ever had a host on the new version, per bad change");
    TWO_REGIONS_IMPAIRED = of("two_regions_impaired", "two regions impaired", YesNo, All,
        |o| Some(yes(o.two_regions_impaired)),
        "isolation violation: two regions were impaired at once, per change").zero_if_good();
    TWO_ZONES_IMPAIRED = of("two_zones_impaired", "two zones of a region impaired", YesNo, All,
        |o| Some(yes(o.two_zones_impaired)),
        "isolation violation: two zones of one region were impaired at once, per change").zero_if_good();
    ISOLATION_VIOLATED = of("isolation_violated", "isolation violated", YesNo, All,
        |o| Some(yes(o.two_regions_impaired || o.two_zones_impaired)),
        "two regions, or two zones of one region, were impaired at once, per change").zero_if_good();
    ESCAPED = of("escaped", "escaped", YesNo, Bad,
        |o| bad(o, yes(o.ending == Ending::Escaped)),
        "the defect reached every host and no alarm stopped it, per bad change");
    FALSE_ROLLBACK = of("false_rollback", "false rollback", YesNo, Good,
        |o| (!o.is_bad()).then(|| yes(o.ending == Ending::FalseRollback)),
        "a false alarm rolled the change back, per good change");
    EXPOSED_AT_ALARM_HOSTS = of("exposed_at_alarm_hosts", "exposed at alarm", Hosts, Detected,
        |o| delay(o, o.onset_ms, o.alarm_ms).and(o.exposed_at_alarm_hosts).map(|hosts| hosts as f64),
        "hosts on the new version when the alarm fired, per detected bad change");
    DETECTION_DELAY_MS = of("detection_delay_ms", "onset to alarm", DurationMs, Detected,
        |o| delay(o, o.onset_ms, o.alarm_ms),
        "from the first impaired host to the alarm, per detected bad change");
    ONSET_MS = of("onset_ms", "start to onset", DurationMs, Impaired,
        |o| delay(o, Some(0), o.onset_ms),
        "from the rollout's start to the first impaired host, per bad change that impaired some");
    FIRST_FAILURE_MS = of("first_failure_ms", "start to first failure", DurationMs, Bad,
        |o| delay(o, Some(0), o.first_failure_ms),
        "from the rollout's start to the first failed request, on an impaired host or turned away, per bad change where one failed");
    ALARM_MS = of("alarm_ms", "start to alarm", DurationMs, Detected,
        |o| delay(o, Some(0), o.alarm_ms),
        "from the rollout's start to the alarm that was acted on, per bad change with one");
    RESPONSE_MS = of("response_ms", "start to response", DurationMs, Detected,
        |o| delay(o, Some(0), o.mitigation_ms),
        "from the rollout's start to the beginning of a rollback or another remedy, per bad change with one");
    MITIGATED_MS = of("mitigated_ms", "start to mitigation", DurationMs, Mitigated,
        |o| delay(o, Some(0), o.mitigated_ms),
        "from the rollout's start to the last impaired host healed, per mitigated bad change");
    ACTIVATION_DELAY_MS = of("activation_delay_ms", "introduction to activation", DurationMs, Impaired,
        |o| o.onset_ms.and(delay(o, o.introduced_ms, o.activated_ms)),
        "from the first batch on the new version to the fault being awake, seen or not, per bad change that impaired some host");
    ALARM_LEAD_MS = of("alarm_lead_ms", "onset to alarm, signed", LeadMs, Detected,
        |o| lead(o, o.onset_ms, o.alarm_ms),
        "from the first impaired host to the alarm, negative if the alarm came first, per bad change with both");
    RESPONSE_DELAY_MS = of("response_delay_ms", "onset to response", LeadMs, Detected,
        |o| lead(o, o.onset_ms, o.mitigation_ms),
        "from the first impaired host to the beginning of a rollback or another remedy, negative if that came first, per bad change with both");
    FIRST_RECOVERY_DELAY_MS = of("first_recovery_delay_ms", "onset to first recovery", DurationMs, Mitigated,
        |o| delay(o, o.onset_ms, o.first_recovery_ms),
        "from the first impaired host to the first impaired region without one, once a remedy had begun, per bad change where that happened");
    HALF_RECOVERY_DELAY_MS = of("half_recovery_delay_ms", "onset to half recovery", DurationMs, Mitigated,
        |o| delay(o, o.onset_ms, o.half_recovered_ms),
        "from the first impaired host to at most half of the peak being impaired, for good, per bad change where that happened");
    RESTORATION_DELAY_MS = of("restoration_delay_ms", "onset to restoration", DurationMs, Mitigated,
        |o| delay(o, o.onset_ms, o.restored_ms),
        "from the first impaired host to everything being as before, bad data and switched-off features included, per mitigated bad change");
    COLLATERAL_ROLLBACKS = of("collateral_rollbacks", "collateral rollbacks", Deployments, All,
        |o| Some(o.collateral_rollbacks as f64),
        "other deployments of the team that were rolled back together with this one, per change").at_most(|most| Some(most.collateral_rollbacks));
    IGNORED_ALARMS = of("ignored_alarms", "ignored alarms", Alarms, All,
        |o| Some(f64::from(o.ignored_alarms)),
        "alarms that fired and whose verdict was lost or overridden, per change").at_most(|most| Some(most.ignored_alarms));
    WRONG_CHANGE = of("wrong_change", "wrong change taken back", YesNo, All,
        |o| Some(yes(o.wrong_change)),
        "people first took another change back, in vain, per change");
    BLOCKED_MS = of("blocked_ms", "blocked", DurationMs, All,
        |o| Some(o.blocked_ms as f64),
        "time that waves waited for an alarm that fired for another reason, per change").at_most(|most| Some(most.blocked_ms));
    LEFT_BEHIND_HOSTS = of("left_behind_hosts", "hosts left behind", Hosts, Complete,
        |o| complete(o, Some(o.left_behind_hosts)),
        "stragglers that never took the change, in rollouts that reached every other host");
    LEFT_EXPOSED_HOSTS = of("left_exposed_hosts", "hosts left exposed", Hosts, All,
        |o| Some(o.left_exposed_hosts as f64),
        "hosts outside of the rollback's scope that kept the new version after it, per change");
    MITIGATION_DELAY_MS = of("mitigation_delay_ms", "onset to mitigation", DurationMs, Mitigated,
        |o| delay(o, o.onset_ms, o.mitigated_ms),
        "from the first impaired host to the last one healed, per mitigated bad change");
}

measures! {
    /// Measures of a rollout over a fleet that says something of its customers, after those of [`ROLLOUT`].
    CUSTOMERS;
    PEAK_IMPAIRED_CUSTOMERS = of("peak_impaired_customers", "peak impaired customers", Customers, Bad,
        |o| of_customers(o, |customers| customers.peak_impaired),
        "most customers impaired at once, expected over the shards they may be on, per bad change");
    IMPAIRED_CUSTOMER_MS = of("impaired_customer_ms", "impaired customer-time", CustomerMs, Bad,
        |o| of_customers(o, |customers| customers.impaired_ms),
        "impaired customers integrated over time, per bad change").at_most(|most| most.impaired_customer_ms);
    EVER_IMPAIRED_CUSTOMERS = of("ever_impaired_customers", "customers ever impaired", Customers, Bad,
        |o| of_customers(o, |customers| customers.ever_impaired),
        "customers that were impaired at some time, per bad change");
    EVER_EXPOSED_CUSTOMERS = of("ever_exposed_customers", "customers ever exposed", Customers, Bad,
        |o| bad(o, o.customers?.ever_exposed),
        "customers that met the new version at some time, per bad change");
}
