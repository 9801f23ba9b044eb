//! A deployment as it takes shape: lines of a strategy, its waves, its fleet, and what it does when something is wrong. It
//! knows no service.

use crate::import::desk::Desk;
use crate::import::draft::{
    Draft, DraftRegion, DraftStrategy, DraftTable, DraftValue, duration, inline, sound_name, text, whole,
};
use crate::import::loss::{Fate, Loss};
use crate::import::provenance::Provenance;
use crate::import::time::MINUTE;
use crate::scenario::rules;

/// Hosts of a fleet of which no file says how many it has.
pub(super) const USUAL_HOSTS: u64 = 10;

/// Most hosts of a scenario.
pub(super) const MOST_HOSTS: u64 = 1_000_000_000;

/// A deployment.
#[derive(Debug, Clone)]
pub(super) struct AwsDeployment {
    /// Its name.
    pub name: String,
    /// One sentence.
    pub description: String,
    /// Lines of the strategy.
    pub table: DraftTable,
    /// Its waves, but for their regions.
    pub waves: Vec<DraftTable>,
    /// Alarms at which it stops.
    pub alarms: Vec<String>,
    /// Where it runs; empty where no file says it.
    pub regions: Vec<DraftRegion>,
    /// Where it is written.
    pub from: Provenance,
    hosts: u64,
}

/// What a deployment does by itself when something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WhenWrong {
    /// It goes back.
    RollsBack,
    /// It stops, and people do the rest.
    Stops,
    /// It stops, and what is new stays.
    Stays,
}

impl AwsDeployment {
    /// One without lines.
    pub fn new(name: impl Into<String>, description: impl Into<String>, from: Provenance) -> Self {
        Self {
            name: name.into(),
            description: description.into(),
            table: DraftTable::default(),
            waves: Vec::new(),
            alarms: Vec::new(),
            regions: Vec::new(),
            from,
            hosts: 0,
        }
    }

    /// Says what it does when something is wrong.
    pub fn reacts(&mut self, reaction: WhenWrong, from: Provenance, desk: &Desk<'_>) {
        let on_alarm = match reaction {
            WhenWrong::RollsBack => return,
            WhenWrong::Stops => "halt",
            WhenWrong::Stays => "freeze",
        };
        self.table.set("response", inline([("on-alarm", text(on_alarm))]), from);
        if reaction == WhenWrong::Stops {
            let operators = inline([("engage", duration(5 * MINUTE)), ("diagnose", duration(15 * MINUTE))]);
            let hand = "how fast your on-call is there, and takes it back";
            self.table.set("operators", operators, Provenance::hand(hand));
            desk.by_hand("operators", "how long people take from the stop to taking the change back");
        }
    }

    /// Its hosts, as far as files say them.
    pub fn hosts(&self) -> u64 {
        self.hosts
    }

    /// Has one region of so many hosts, whose zones are `zones`.
    pub fn runs_on(&mut self, name: &str, zones: (u64, Provenance), hosts: (u64, Provenance)) {
        let mut table = DraftTable::default();
        self.hosts = zones.0.saturating_mul(hosts.0);
        if zones.0 > 1 {
            table.set("zones", whole(zones.0), zones.1);
        }
        table.set("hosts-per-zone", whole(hosts.0), hosts.1);
        self.regions = vec![DraftRegion { name: name.to_owned(), table }];
    }
}

/// Reports what is wrong where `from` is written.
pub(super) fn error_at(from: &Provenance, desk: &Desk<'_>, message: &str) {
    if let Provenance::Written(spans) = from
        && let Some(span) = spans.last()
    {
        desk.report(rules::FOREIGN_VALUE.at(*span, message));
    }
}

/// Adds the deployments to the draft. A scenario has one fleet, so it is the largest of theirs. `quiet` is the most traffic
/// at which alarms that count failed requests do not fire while all is well.
pub(super) fn add_all(
    mut deployments: Vec<AwsDeployment>,
    quiet: Option<f64>,
    draft: &mut Draft,
    desk: &Desk<'_>,
) {
    let largest = deployments.iter().map(AwsDeployment::hosts).max().unwrap_or(0);
    let chosen = deployments.iter().position(|deployment| deployment.hosts() == largest && largest > 0);
    let chosen = chosen.or_else(|| deployments.iter().position(|deployment| !deployment.regions.is_empty()));
    if chosen.is_none() && quiet.is_some() && !deployments.is_empty() {
        let hosts = (USUAL_HOSTS, Provenance::hand("how many instances there are"));
        desk.by_hand("hosts-per-zone", "how many instances there are: no file says it");
        deployments[0].runs_on("home", (1, Provenance::Plain), hosts);
    }
    let chosen = chosen.unwrap_or(0);
    let fleet = deployments.get(chosen).map_or_else(Vec::new, |deployment| deployment.regions.clone());
    let of = names(&fleet).join(", ");
    for deployment in deployments
        .iter()
        .filter(|deployment| !deployment.regions.is_empty() && names(&deployment.regions) != names(&fleet))
    {
        let what = format!("the fleet of {}", deployment.name);
        let why = format!("a scenario has one fleet, here that of {of}: import its file alone for its own");
        desk.lose(Loss { fate: Fate::Approximated, span: None, what, why });
    }
    for mut region in fleet {
        if let Some(quiet) = quiet {
            let why = "yours; here so few that alarms on failed requests are quiet while all is well";
            region.table.set("requests-per-second", number(quiet), Provenance::hand(why));
        }
        draft.region(region);
    }
    for deployment in deployments {
        let mut strategy = DraftStrategy::new(deployment.name, deployment.description, deployment.from);
        strategy.table = deployment.table;
        strategy.alarms = deployment.alarms;
        let waves = if deployment.waves.is_empty() { vec![DraftTable::default()] } else { deployment.waves };
        for mut wave in waves {
            wave.put_first("regions", text("all"), Provenance::Plain);
            strategy.table.add("wave", wave);
        }
        draft.strategy(strategy);
    }
}

/// A number with two digits that count.
fn number(number: f64) -> DraftValue {
    let text = if number >= 10.0 { format!("{number:.0}") } else { format!("{number:.2}") };
    DraftValue::Plain(text.parse::<f64>().map_or(text, |number| number.to_string()))
}

fn names(regions: &[DraftRegion]) -> Vec<String> {
    regions.iter().map(|region| sound_name(&region.name)).collect()
}
