//! The resolved plan before anything is simulated: what goes where, when, and how.

use super::document::{Align, Block, DataTable, Document, elide};
use super::{customers, text};
use crate::ids::AlarmId;
use crate::plan::timeline::{Timetable, timetable};
use crate::plan::{
    Batching, CheckScore, Concurrency, Enough, FailureBudget, FailuresPer, FiringAtStart, GateChecks,
    GateKind, GateOpening, GateRisk, HostShare, OnAlarm, Plan, Procedure, Ratio, Remedy, RollbackScope, Sign,
    Strategy, Wave,
};
use crate::random::Distribution;
use serde_json::{Value, json};

/// Region names shown for a wave before the rest is counted.
const MOST_NAMES: usize = 2;
const NAME_WIDTH: usize = 24;
/// Alarms named for a check before the rest is counted.
const MOST_NAMES_OF_ALARMS: usize = 8;

/// The waves of every strategy: where and when, then how.
#[must_use]
pub fn document(plan: &Plan) -> Document {
    let mut report = Document::default();
    if plan.fleet.has_customers() {
        report.section("Customers", vec![Block::list(customers::of_plan(plan))]);
    }
    if let (Some(utilisation), Some(least)) = (plan.fleet.peak_utilisation, plan.fleet.scales_down_to) {
        let words = format!(
            "hosts are {} busy in their region's busiest hour; capacity follows its traffic, down to {} of what it is then",
            text::percent(utilisation),
            text::percent(least)
        );
        report.section("Capacity", vec![Block::list([words])]);
    }
    for index in 0..plan.strategies.len() {
        strategy(&mut report, plan, index);
    }
    report
}

fn strategy(report: &mut Document, plan: &Plan, index: usize) {
    let (strategy, times) = (&plan.strategies[index], timetable(plan, index));
    let about = [&strategy.description, &strategy.source].into_iter().filter(|line| !line.is_empty());
    let about = about.cloned().chain([response(plan, strategy)]).chain(people(plan, strategy));
    let about = about.chain(gates(plan, strategy)).chain(climb(strategy, &times)).chain(users(strategy));
    report.section(heading(plan, strategy, &times), vec![Block::list(about)]);
    report.section("Where and when", vec![Block::Table(where_and_when(plan, strategy, &times))]);
    report.section("How", vec![Block::Table(how(strategy))]);
    let note = footnote(strategy.deploy_time(&plan.change)) + &downtime(strategy.downtime_ms(&plan.change));
    report.push(Block::Note(note.into()));
}

fn heading(plan: &Plan, strategy: &Strategy, times: &Timetable) -> String {
    format!(
        "{}: {} over {} in {}, {} if undisturbed",
        strategy.name,
        text::counted(strategy.waves.len() as u64, "wave"),
        text::counted(plan.fleet.hosts(), "host"),
        text::counted(plan.fleet.regions.len() as u64, "region"),
        text::duration(times.end_ms() as f64)
    )
}

/// What an alarm does.
fn response(plan: &Plan, strategy: &Strategy) -> String {
    if !strategy.reacts() {
        return "listens to no alarm: nothing is ever rolled back".to_owned();
    }
    let after = text::duration(strategy.rollback.reaction_delay_ms as f64);
    let what = match strategy.response.on_alarm {
        OnAlarm::Rollback => format!("after {after} {}{}", goes_back(plan, strategy), broken(strategy)),
        OnAlarm::Withdraw => format!("after {after} stops and {}", withdraws(plan)),
        OnAlarm::Halt => format!("after {after} stops; everything stays as it is until people act"),
        OnAlarm::Freeze => format!("after {after} stops for good; nothing goes back"),
        OnAlarm::Page => "goes on until people act".to_owned(),
    };
    let mut causes = Vec::new();
    if !strategy.alarms.is_empty() {
        causes.push(format!("an alarm ({})", listened_to(plan, strategy)));
    }
    if let Some(FailureBudget { allowed: Some(allowed), per, .. }) = strategy.failures {
        let of = match per {
            FailuresPer::Batch => "a batch",
            FailuresPer::Zone => "a zone",
            FailuresPer::Region => "a region",
            FailuresPer::Wave => "a wave",
            FailuresPer::Rollout => "all",
        };
        let most = match allowed {
            HostShare::Count(most) => text::counted(u64::from(most), "host"),
            HostShare::Share(_) | HostShare::Rounded { .. } | HostShare::AllBut(_) => share(allowed),
        };
        causes.push(format!("more than {most} of {of} that fail"));
    }
    if let Some(deadline_ms) = strategy.progress_deadline_ms {
        causes.push(format!("no host that becomes ready for {}", text::duration(deadline_ms as f64)));
    }
    if strategy.has_gates() {
        causes.push("a gate that fails".to_owned());
    }
    format!("on {}: {what}{}", causes.join(", or "), at_start(plan, strategy))
}

/// The alarms, by wave where waves have some of their own.
fn listened_to(plan: &Plan, strategy: &Strategy) -> String {
    let listed = |alarms: &[AlarmId]| {
        let names: Vec<&str> = alarms.iter().map(|&alarm| plan.alarms[alarm].name.as_str()).collect();
        if names.is_empty() { "none".to_owned() } else { text::list(&names, 4) }
    };
    if strategy.waves.iter().all(|wave| wave.alarms.is_none()) {
        return listed(&strategy.alarms);
    }
    let of_wave = |wave: &Wave| format!("wave {}: {}", wave.name, listed(strategy.alarms_in(wave)));
    strategy.waves.iter().map(of_wave).collect::<Vec<String>>().join("; ")
}

/// What follows where an alarm fires already, if one can and the strategy does not merely wait.
fn at_start(plan: &Plan, strategy: &Strategy) -> &'static str {
    match (plan.fleet.background.ambient_alarms, strategy.response.firing_at_start) {
        (None, _) | (_, FiringAtStart::Wait) => "",
        (Some(_), FiringAtStart::Ignore) => {
            "; does not listen to one that fires already as a wave is to start"
        }
        (Some(_), FiringAtStart::Rollback) => {
            "; goes back at once where one fires already as a wave is to start"
        }
    }
}

fn goes_back(plan: &Plan, strategy: &Strategy) -> String {
    let scope = match strategy.rollback.scope {
        RollbackScope::Deployment => "the zones in flight under it",
        RollbackScope::Region => "the regions under it",
        RollbackScope::Wave => "the wave in progress",
        RollbackScope::Everything => "everything",
    };
    let batch = share(strategy.rollback.batch);
    let fails = match plan.change.rollback_failure_probability {
        0.0 => String::new(),
        fails => format!(", which fails on {} of them", text::percent(fails)),
    };
    let takes = time(&strategy.rollback_time(&plan.change));
    format!("rolls back {scope} in batches of {batch}, {takes} a host{fails}")
}

/// What wakes a dormant fault goes away again, in the longest time that a defect has for it.
fn withdraws(plan: &Plan) -> String {
    let times = plan.change.defects.iter().filter_map(|defect| defect.trigger?.withdrawal);
    let slowest = times.max_by_key(Distribution::median_ms);
    let takes = slowest.map_or(String::new(), |slowest| format!(", {} a region", time(&slowest)));
    format!("withdraws what wakes a dormant fault{takes}; the code stays")
}

/// How often the rollout's own rollback does not work.
fn broken(strategy: &Strategy) -> String {
    match strategy.rollback.broken {
        0.0 => String::new(),
        broken => format!(", unless its way back is broken ({} of rollouts)", text::percent(broken)),
    }
}

/// Which share of users each wave sends to the new version; none if it is by requests.
fn users(strategy: &Strategy) -> Option<String> {
    let of_wave =
        |wave: &Wave| Some(format!("{} in wave {}", text::percent(wave.users?.as_f64()), wave.name));
    let shares: Vec<String> = strategy.waves.iter().filter_map(of_wave).collect();
    let shares: Vec<&str> = shares.iter().map(String::as_str).collect();
    (!shares.is_empty()).then(|| {
        format!("users stay with the version that they met; on the new one {}", text::list(&shares, 4))
    })
}

/// What must hold behind waves beside their bakes; waves that follow each other are told together.
fn gates(plan: &Plan, strategy: &Strategy) -> Vec<String> {
    let mut told: Vec<(String, Vec<&str>)> = Vec::new();
    for wave in &strategy.waves {
        let Some(gates) = gates_of(plan, wave) else { continue };
        match told.last_mut().filter(|(last, _)| *last == gates) {
            Some((_, waves)) => waves.push(&wave.name),
            None => told.push((gates, vec![&wave.name])),
        }
    }
    let line = |(gates, waves): (String, Vec<&str>)| match waves[..] {
        [only] => format!("behind wave {only}: {gates}"),
        [first, .., last] => format!("behind each wave from {first} to {last}: {gates}"),
        [] => gates,
    };
    told.into_iter().map(line).collect()
}

/// What must hold behind a wave beside its bake; none if nothing must.
fn gates_of(plan: &Plan, wave: &Wave) -> Option<String> {
    let said = wave.gates.iter().map(|gate| {
        let within =
            gate.within_ms.map_or(String::new(), |ms| format!(" within {}", text::duration(ms as f64)));
        let what = match &gate.kind {
            GateKind::Approval(work) => format!("an approval, {} of work", time(&work.takes)),
            GateKind::Test(work) => format!("a test of {}", time(&work.takes)),
            GateKind::Checks(checks) => self::checks(plan, checks),
            GateKind::Opening(GateOpening { hours, next }) => {
                let hours = text::counted(hours.in_a_week(), "hour");
                let what = if *next { "the next opening" } else { "opening hours" };
                format!("{what}, {hours} of the week")
            }
            GateKind::Requests(requests) => format!("{} served", text::counted(*requests, "request")),
            GateKind::Risk(risk) => risk_of(risk),
        };
        what + &within
    });
    let said: Vec<String> = said.collect();
    (!said.is_empty()).then(|| said.join("; "))
}

/// Which checks a gate makes, and what fails it.
fn checks(plan: &Plan, checks: &GateChecks) -> String {
    let points = |alarm: AlarmId| {
        let scored = checks.scored.iter().flat_map(|scored| &scored.points);
        scored.filter(|(known, _)| *known == alarm).map(|(_, points)| format!(" ({points})")).next()
    };
    let named = |alarm: AlarmId| format!("{}{}", plan.alarms[alarm].name, points(alarm).unwrap_or_default());
    let alarms: Vec<String> = checks.alarms().map(named).collect();
    let number = u64::from(checks.passes.fewest());
    let pass = if number == 1 { "passes" } else { "pass" };
    let must = match checks.passes {
        Enough::Passed(_) => format!(" that {pass}"),
        Enough::InARow(_) => format!(" in a row that {pass}"),
        Enough::Made(_) => String::new(),
    };
    let at_most = checks.count.map_or(String::new(), |count| format!(", of at most {count}"));
    let from = checks.scored.as_ref().map_or(String::new(), |CheckScore { marginal, pass, .. }| {
        let share = |ratio: &Ratio| text::percent(ratio.as_f64());
        match marginal == pass {
            true => format!(", each from {} of the points on", share(pass)),
            false => {
                format!(", failed under {} of the points, good from {} on", share(marginal), share(pass))
            }
        }
    });
    let most = |(limit, what): (Option<u32>, &str)| limit.map(|limit| text::counted(u64::from(limit), what));
    let limits = [(Some(checks.failures), "failed check"), (checks.inconclusive, "inconclusive check")];
    let last = checks.ends_for_sure().then(|| "an inconclusive last one".to_owned());
    let missing = checks.missing.map(|number| format!("{number} without data in a row"));
    let fail: Vec<String> = limits.into_iter().filter_map(most).chain(missing).chain(last).collect();
    let made = text::counted(number, "check");
    format!(
        "{made} of {}{must}{at_most}{from} (the gate fails with {})",
        text::list(&alarms, MOST_NAMES_OF_ALARMS),
        fail.join(" or ")
    )
}

/// The steps that a good change is expected to climb where gates weigh risk; none where every wave is.
fn climb(strategy: &Strategy, times: &Timetable) -> Option<String> {
    let passed = times.waves.iter().filter(|wave| wave.passed_over).count();
    let held = times.waves.iter().position(|wave| wave.is_held);
    let held = held.map_or(String::new(), |wave| {
        let held = &strategy.waves[wave].name;
        format!("; it is not expected to get past the risk gate behind wave {held} in time")
    });
    (passed > 0 || !held.is_empty()).then(|| {
        let waves = times.waves.iter().filter(|wave| !wave.passed_over);
        let shares: Vec<String> = waves.map(|wave| text::percent(wave.traffic_share_after)).collect();
        let passed = text::counted(passed as u64, "wave");
        format!(
            "a good change is expected to pass {passed} over, and to have {} of the traffic{held}",
            shares.join(", ")
        )
    })
}

/// How much may be risked, and how that is asked.
fn risk_of(risk: &GateRisk) -> String {
    let fail = match risk.sign {
        Sign::Failure => "fail",
        Sign::Slowness => "are slow",
    };
    format!(
        "{} sure that at most {} of all requests {fail} for it, by what was seen so far, after each bake",
        text::percent(risk.confidence),
        text::percent(risk.budget)
    )
}

/// What people do, and when; none if nobody is called.
fn people(plan: &Plan, strategy: &Strategy) -> Option<String> {
    let people = strategy.operators.as_ref()?;
    if strategy.response.on_alarm == OnAlarm::Freeze || !strategy.reacts() {
        return None;
    }
    let first = &people.first;
    let steps = [("engage", people.engage), ("diagnose", first.diagnose), ("prepare", first.prepare)];
    let after = after(&steps);
    let hours = match people.hours.iter().all(|open| *open) {
        true => String::new(),
        false if people.wait_for_hours => " (outside of their hours when these begin)".to_owned(),
        false => format!(" (outside of their hours engage {})", time(&people.engage_off_hours)),
    };
    let typical_ms: u64 = steps.iter().map(|(_, step)| step.median_ms()).sum();
    let own = strategy.response.on_alarm == OnAlarm::Rollback;
    let faster = own && typical_ms < strategy.rollback.reaction_delay_ms;
    let faster =
        if faster { "; typically before the rollout's own reaction, which is void then" } else { "" };
    let next = people.attempts().zip(&people.then).map(|(tried, next)| {
        let when = tried.within_ms.map_or("when that is done".to_owned(), |within_ms| {
            format!("{} after its beginning", text::duration(within_ms as f64))
        });
        let after = self::after(&[("diagnose", next.diagnose), ("prepare", next.prepare)]);
        format!("; if somebody is still ill {when}, {after}: {}", what_they_do(plan, strategy, next.remedy))
    });
    let what = what_they_do(plan, strategy, first.remedy);
    Some(format!("people {after}{hours}: {what}{faster}{}", next.collect::<String>()))
}

/// When people are ready after steps of their work.
fn after(steps: &[(&str, Distribution)]) -> String {
    let said = steps.iter().filter(|(_, step)| step.median_ms() > 0);
    let said: Vec<String> = said.map(|(name, step)| format!("{name} {}", time(step))).collect();
    if said.is_empty() { "at once".to_owned() } else { format!("after {}", said.join(", ")) }
}

/// A remedy, as what people do.
fn what_they_do(plan: &Plan, strategy: &Strategy, remedy: Remedy) -> String {
    match remedy {
        Remedy::Rollback => goes_back(plan, strategy).replacen("rolls", "roll", 1),
        Remedy::Withdraw => withdraws(plan).replacen("withdraws", "withdraw", 1),
        Remedy::KillSwitch => "switch the faulty part off".to_owned(),
        Remedy::FixForward => "deploy a fixed version to impaired hosts".to_owned(),
        Remedy::Repair => "work on impaired hosts".to_owned(),
        Remedy::Halt => "stop the rollout; everything stays as it is".to_owned(),
    }
}

/// A time, or the middle of what it may be.
pub(super) fn time(time: &Distribution) -> String {
    let middle = text::duration(time.median_ms() as f64);
    if let Distribution::Fixed { .. } = time { middle } else { format!("typically {middle}") }
}

fn where_and_when(plan: &Plan, strategy: &Strategy, times: &Timetable) -> DataTable {
    let hosts = plan.fleet.hosts() as f64;
    let mut table = DataTable::new("wave")
        .column("regions", Align::Left)
        .column("zones", Align::Right)
        .column("hosts\nadded", Align::Right)
        .column("hosts\nafter", Align::Right)
        .column("traffic\nafter", Align::Right);
    if plan.fleet.has_customers() {
        table = table.column("customers\nafter", Align::Right);
    }
    table = table
        .column("typical\nstart", Align::Right)
        .column("\ndeployed", Align::Right)
        .column("\nend", Align::Right);
    let has_traffic = plan.fleet.requests_per_second() > 0.0;
    for (wave, time) in strategy.waves.iter().zip(&times.waves).filter(|(_, time)| !time.passed_over) {
        let names: Vec<&str> = wave.regions.iter().map(|&r| plan.fleet.regions[r].name.as_str()).collect();
        let mut row = vec![
            elide(&wave.name, NAME_WIDTH),
            text::list(&names, MOST_NAMES),
            text::count(time.zones),
            text::count(time.hosts_added),
            text::percent(time.hosts_after as f64 / hosts),
            if has_traffic { text::percent(time.traffic_share_after) } else { "-".to_owned() },
        ];
        row.extend(time.customers_share_after.map(text::percent));
        row.extend([time.start_ms, time.deployed_ms, time.end_ms].map(|ms| text::duration(ms as f64)));
        table.row(row);
    }
    table
}

fn how(strategy: &Strategy) -> DataTable {
    let mut table = DataTable::new("wave")
        .column("regions\nat once", Align::Right)
        .column("zones\nat once", Align::Right)
        .column("one-box", Align::Right)
        .column("one-box\nbake", Align::Right)
        .column("batch", Align::Right)
        .column("of hosts", Align::Right)
        .column("zone\nbake", Align::Right)
        .column("wave\nbake", Align::Right);
    for wave in &strategy.waves {
        let Procedure { one_box, zone_bake_ms, first_zone_bake_ms, zones_at_once, .. } = &wave.procedure;
        let zone_bakes = first_zone_bake_ms.iter().chain([zone_bake_ms]);
        let zone_bakes: Vec<String> = zone_bakes.map(|ms| text::duration(*ms as f64)).collect();
        table.row(vec![
            elide(&wave.name, NAME_WIDTH),
            at_once(wave.regions_at_once, Some(wave.regions.len())),
            at_once(*zones_at_once, None),
            one_box.as_ref().map_or("none".to_owned(), |one_box| share(one_box.hosts)),
            one_box.as_ref().map_or("-".to_owned(), |one_box| text::duration(one_box.bake_ms as f64)),
            batch(&wave.procedure),
            share(wave.hosts),
            zone_bakes.join(", then "),
            text::duration(wave.bake_ms as f64),
        ]);
    }
    table
}

fn at_once(limit: Concurrency, available: Option<usize>) -> String {
    match limit {
        Concurrency::AtMost(limit) if available.is_none_or(|all| (limit as usize) < all.max(2)) => {
            limit.to_string()
        }
        Concurrency::Share(of_all) => share(HostShare::Share(of_all)),
        Concurrency::Rounded(of_all, to) => share(HostShare::Rounded { share: of_all, to }),
        Concurrency::AtMost(_) | Concurrency::All => "all".to_owned(),
    }
}

/// The batch, and what follows it.
fn batch(procedure: &Procedure) -> String {
    let slides = if procedure.batching == Batching::Sliding { ", sliding" } else { "" };
    let bakes = match procedure.batch_bake_ms {
        0 => String::new(),
        ms => format!(", bakes {}", text::duration(ms as f64)),
    };
    format!("{}{slides}{bakes}", batch_size(procedure))
}

/// How many hosts a batch has, and what caps them if that is not plainly the larger.
fn batch_size(procedure: &Procedure) -> String {
    let (batch, cap) = (procedure.batch, procedure.max_unavailable);
    let firsts: Vec<String> = procedure.first_batches.iter().map(|size| share(*size)).collect();
    let sizes = match firsts[..] {
        [] => share(batch),
        _ => format!("{}, then {}", firsts.join(", "), share(batch)),
    };
    let plain = firsts.is_empty();
    if procedure.max_surge.is_none() && (cap == HostShare::ALL || plain && cap == batch) {
        return sizes;
    }
    let most = match procedure.max_surge {
        None => share(cap),
        Some(surge) if cap.is_none() => format!("{} beside", share(surge)),
        Some(surge) => format!("{} + {} beside", share(cap), share(surge)),
    };
    if procedure.max_surge.is_some() && plain && batch == HostShare::ALL {
        return most;
    }
    format!("{sizes}, at most {most}")
}

fn share(share: HostShare) -> String {
    match share {
        HostShare::Count(hosts) => text::counted(u64::from(hosts), "host"),
        HostShare::Share(ratio) => text::percent(ratio.as_f64()),
        HostShare::Rounded { .. } | HostShare::AllBut(_) => share.to_string(),
    }
}

/// How long a host is out of service, if that is not as long as it moves.
fn downtime(downtime_ms: Option<u64>) -> String {
    match downtime_ms {
        None => String::new(),
        Some(0) => " Hosts take the change while they serve.".to_owned(),
        Some(ms) => format!(" It is out of service for the last {} of it.", text::duration(ms as f64)),
    }
}

fn footnote(deploy_time: Distribution) -> String {
    let typical = text::duration(deploy_time.median_ms() as f64);
    if let Distribution::Fixed { .. } = deploy_time {
        return format!("Times hold if no alarm fires; every host takes {typical}.");
    }
    format!(
        "Typical: no alarm fires. A host takes {typical} at its median, and a batch waits for its slowest host."
    )
}

/// All strategies with their waves resolved, durations in milliseconds.
#[must_use]
pub fn json(plan: &Plan) -> Value {
    let strategies: Vec<Value> = plan
        .strategies
        .iter()
        .enumerate()
        .map(|(index, strategy)| {
            let times = timetable(plan, index);
            let waves: Vec<Value> =
                strategy.waves.iter().zip(&times.waves).map(|(w, t)| wave_json(plan, w, t)).collect();
            json!({
                "name": strategy.name,
                "description": strategy.description,
                "source": strategy.source,
                "is_baseline": index == plan.study.baseline,
                "alarms": strategy.alarms.iter().map(|&a| plan.alarms[a].name.as_str()).collect::<Vec<_>>(),
                "rollback": strategy.rollback,
                "typical_end_ms": times.end_ms(),
                "waves": waves,
            })
        })
        .collect();
    let mut value = json!({
        "schema_version": 1,
        "tool": env!("CARGO_PKG_NAME"),
        "tool_version": env!("CARGO_PKG_VERSION"),
        "model_version": crate::MODEL_VERSION,
        "scenario": plan.name,
        "plan_digest": plan.digest(),
        "fleet_hosts": plan.fleet.hosts(),
        "typical_host_ms": plan.change.deploy_time.median_ms(),
        "strategies": strategies,
    });
    if plan.fleet.has_customers() {
        value["fleet_customers"] = json!(plan.fleet.customers());
    }
    value
}

fn wave_json(plan: &Plan, wave: &Wave, times: &crate::plan::timeline::WaveSchedule) -> Value {
    let regions: Vec<&str> = wave.regions.iter().map(|&r| plan.fleet.regions[r].name.as_str()).collect();
    let mut value = json!({
        "name": wave.name,
        "regions": regions,
        "regions_at_once": wave.regions_at_once,
        "zones": times.zones,
        "hosts_added": times.hosts_added,
        "hosts_after": times.hosts_after,
        "hosts_share_after": times.hosts_after as f64 / plan.fleet.hosts() as f64,
        "traffic_share_after": times.traffic_share_after,
        "hosts": wave.hosts,
        "procedure": wave.procedure,
        "bake_ms": wave.bake_ms,
        "typical_start_ms": times.start_ms,
        "typical_deployed_ms": times.deployed_ms,
        "typical_end_ms": times.end_ms,
    });
    for (key, share) in [("region_zones", json!(wave.zones)), ("users", json!(wave.users))] {
        if !share.is_null() {
            value[key] = share;
        }
    }
    if let Some(share) = times.customers_share_after {
        value["customers_share_after"] = json!(share);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::document::{self, Terminal};
    use crate::report::sample;

    #[test]
    fn waves_say_where_when_and_how() {
        let mut report = Document::default();
        strategy(&mut report, &sample::plan(), 4);
        insta::assert_snapshot!(Terminal::plain(100).render(&report));
        let markdown = document::markdown(&report);
        assert!(markdown.contains("**How**\n\n| wave | regions at once |"), "{markdown}");
    }

    #[test]
    fn json_has_every_strategy_and_wave() {
        let plan = sample::plan();
        let value = json(&plan);
        assert_eq!(value["strategies"].as_array().unwrap().len(), 7);
        let waves = &value["strategies"][4]["waves"];
        assert_eq!(waves[3]["hosts_share_after"], 1.0);
        assert_eq!(waves[0]["regions"][0], "sa-east-1");
        assert_eq!(waves[1]["typical_start_ms"], waves[0]["typical_end_ms"]);
        assert_eq!(value["strategies"][4]["is_baseline"], true);
    }
}
