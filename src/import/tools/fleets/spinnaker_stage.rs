//! What single stages of a Spinnaker pipeline say: who is deployed to and how, and how a canary is analysed. It knows no
//! pipeline.

use super::super::judged::{Timing, opaque};
use super::kayenta::{self, Terms};
use crate::import::cursor::Cursor;
use crate::import::draft::{
    Draft, DraftAlarm, DraftRegion, DraftTable, DraftValue, inline, sound_name, text, texts, whole,
};
use crate::import::provenance::Provenance;
use crate::import::time::{HOUR, MINUTE, SECOND};

/// Instances of a server group at most.
const MOST_INSTANCES: u64 = 1_000_000;

/// A server group, or the pods of a manifest.
struct Cluster {
    region: String,
    zones: Vec<String>,
    hosts: Option<(u64, Provenance)>,
    /// What it is by its name.
    part: ClusterPart,
}

/// The part that a cluster has in the way of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ClusterPart {
    Canary,
    Baseline,
    Whole,
}

/// A stage that deploys.
pub(super) struct StageDeployment {
    /// Its regions; none for all.
    pub regions: Vec<String>,
    /// Hosts, where it is a canary.
    pub hosts: Option<(DraftValue, Provenance)>,
    /// Percent of the hosts, step by step.
    pub steps: Vec<(u64, Provenance)>,
    /// The old version stays beside the new one meanwhile, and why.
    pub surges: Option<Provenance>,
    /// Between steps.
    pub pause: Option<(u64, Provenance)>,
    /// Whether a failure is taken back.
    pub goes_back: bool,
}

/// A stage that analyses a canary.
pub(super) struct Analysis<'d> {
    /// The configuration's id.
    pub config: Option<Cursor<'d>>,
    /// How it is judged.
    pub terms: Terms,
    /// How long it takes.
    pub lifetime: (u64, Provenance),
    /// What it deploys itself: regions, hosts, and where that is written.
    pub makes: Option<(Vec<String>, DraftValue, Provenance)>,
}

/// Adds the regions of all stages, each with the largest server group that it gets.
pub(super) fn settle(stages: &[Cursor<'_>], draft: &mut Draft) {
    let mut all: Vec<Cluster> = Vec::new();
    for stage in stages {
        match stage.peek(&["type"]) {
            Some("deploy" | "createServerGroup" | "cloneServerGroup" | "deployManifest") => {
                all.extend(clusters(stage))
            }
            Some("kayentaCanary") => all.extend(experiments(stage)),
            _ => {}
        }
    }
    let mut settled: Vec<Cluster> = Vec::new();
    for cluster in all {
        match settled.iter_mut().find(|known| known.region == cluster.region) {
            None => settled.push(cluster),
            Some(known) if cluster.rank() > known.rank() => *known = cluster,
            Some(_) => {}
        }
    }
    for cluster in settled.iter().filter(|cluster| !cluster.region.is_empty()) {
        draft.region(DraftRegion { name: cluster.region.clone(), table: cluster.table(stages) });
    }
}

impl Cluster {
    /// Of two clusters of a region the one of the higher rank says how large it is.
    fn rank(&self) -> (bool, u64) {
        (self.part == ClusterPart::Whole, self.hosts.as_ref().map_or(0, |(hosts, _)| *hosts))
    }

    fn table(&self, stages: &[Cursor<'_>]) -> DraftTable {
        let mut table = DraftTable::default();
        let zones = self.zones.len().max(1) as u64;
        if zones > 1 {
            table.set("zones", texts(self.zones.iter().map(String::as_str)), Provenance::Plain);
        }
        match self.hosts.clone().filter(|_| self.part == ClusterPart::Whole) {
            Some((hosts, from)) if zones > 1 => {
                let each: Vec<String> = (0..zones)
                    .map(|zone| (hosts / zones + u64::from(zone < hosts % zones)).max(1).to_string())
                    .collect();
                table.set("hosts-per-zone", DraftValue::Plain(format!("[{}]", each.join(", "))), from);
            }
            Some((hosts, from)) => table.set("hosts-per-zone", whole(hosts.max(1)), from),
            None => {
                table.set(
                    "hosts-per-zone",
                    whole(10),
                    Provenance::hand("how many instances there are in each zone"),
                );
                if let Some(stage) = stages.first() {
                    stage.desk().by_hand("hosts-per-zone", "how many instances there are: no file says it");
                }
            }
        }
        table
    }
}

/// The clusters of a stage, without those of a canary's analysis.
fn clusters(stage: &Cursor<'_>) -> Vec<Cluster> {
    if stage.peek(&["type"]) == Some("deployManifest") {
        return manifests(stage);
    }
    let clusters = super::parts(stage, "clusters");
    if clusters.is_empty() {
        vec![cluster(stage, stage)]
    } else {
        clusters.iter().map(|one| cluster(one, stage)).collect()
    }
}

fn cluster(at: &Cursor<'_>, stage: &Cursor<'_>) -> Cluster {
    let placed = at.get("availabilityZones").map_or_else(Vec::new, |zones| zones.entries());
    let region = placed.first().map(|(region, _)| (*region).to_owned());
    let other = ["region", "namespace", "account", "credentials"]
        .iter()
        .find_map(|key| at.peek(&[key]))
        .filter(|name| !name.contains('$'));
    let zones = placed.first().map_or_else(Vec::new, |(_, zones)| zones.items());
    let hosts =
        at.at(&["capacity", "desired"]).or_else(|| at.get("targetSize")).and_then(|hosts| count(&hosts));
    let words = [at.peek(&["freeFormDetails"]), at.peek(&["detail"]), stage.peek(&["name"])];
    Cluster {
        region: sound(&region.or_else(|| other.map(str::to_owned)).unwrap_or_default()),
        zones: zones.iter().filter_map(|zone| zone.tree().text().map(sound_name)).collect(),
        hosts,
        part: part(&words),
    }
}

fn sound(name: &str) -> String {
    if name.is_empty() { String::new() } else { sound_name(name) }
}

fn part(words: &[Option<&str>]) -> ClusterPart {
    let words = words.iter().flatten().map(|word| word.to_ascii_lowercase()).collect::<Vec<_>>().join(" ");
    if words.contains("baseline") {
        ClusterPart::Baseline
    } else if words.contains("canary") {
        ClusterPart::Canary
    } else {
        ClusterPart::Whole
    }
}

fn count(hosts: &Cursor<'_>) -> Option<(u64, Provenance)> {
    let number = hosts.whole()?;
    if number > MOST_INSTANCES {
        hosts.error(format!("a server group has at most {MOST_INSTANCES} instances here"));
    }
    Some((number.min(MOST_INSTANCES), hosts.provenance()))
}

/// Pods of the manifests of a stage.
fn manifests(stage: &Cursor<'_>) -> Vec<Cluster> {
    let replicas =
        stage.list("manifests").into_iter().find_map(|manifest| manifest.at(&["spec", "replicas"]));
    let hosts = replicas.and_then(|replicas| count(&replicas));
    let account = stage.peek(&["account"]).filter(|account| !account.contains('$')).unwrap_or_default();
    vec![Cluster { region: sound(account), zones: Vec::new(), hosts, part: part(&[stage.peek(&["name"])]) }]
}

/// The clusters that an analysis starts for its canary.
fn experiments(stage: &Cursor<'_>) -> Vec<Cluster> {
    let pairs = stage.at(&["deployments", "clusters"]).map_or_else(Vec::new, |pairs| pairs.items());
    let of = |pair: &Cursor<'_>| {
        Some(Cluster { part: ClusterPart::Canary, ..cluster(&pair.get("experiment")?, stage) })
    };
    pairs.iter().filter_map(of).collect()
}

/// What a stage deploys; none if it is the old version, for a canary to be compared with.
pub(super) fn deployment(stage: &Cursor<'_>, name: &str) -> Option<StageDeployment> {
    let clusters = clusters(stage);
    if clusters.iter().all(|cluster| cluster.part == ClusterPart::Baseline) {
        return None;
    }
    let canary = clusters
        .iter()
        .filter(|cluster| cluster.part != ClusterPart::Baseline)
        .all(|cluster| cluster.part == ClusterPart::Canary);
    let mut regions: Vec<String> =
        clusters.iter().map(|cluster| cluster.region.clone()).filter(|region| !region.is_empty()).collect();
    regions.dedup();
    let hosts = canary.then(|| {
        match clusters.iter().filter_map(|cluster| cluster.hosts.clone()).max_by_key(|(hosts, _)| *hosts) {
            Some((hosts, from)) => (whole(hosts.max(1)), from),
            None => (whole(1), Provenance::hand("how many hosts the canary has")),
        }
    });
    let mut deployment = StageDeployment {
        regions,
        hosts,
        steps: vec![(100, Provenance::Plain)],
        surges: None,
        pause: None,
        goes_back: false,
    };
    let written = stage.list("clusters");
    let bodies = if written.is_empty() { vec![stage.clone()] } else { written };
    for (index, body) in bodies.iter().enumerate() {
        strategy(body, index == 0, &mut deployment);
    }
    if stage.peek(&["type"]) == Some("deployManifest") {
        manifest_strategy(stage, name, &mut deployment);
    }
    take_the_rest(stage);
    Some(deployment)
}

/// How a server group takes the place of the one before it.
fn strategy(body: &Cursor<'_>, counts: bool, deployment: &mut StageDeployment) {
    let rolls_back = body.at(&["rollback", "onFailure"]).and_then(|on| on.truth()) == Some(true);
    deployment.goes_back |= rolls_back;
    let pause = body.get("delayBeforeDisableSec");
    let kept = ["delayBeforeScaleDownSec", "delayBeforeCleanup"];
    body.drop_keys(
        &kept,
        "the old server group is kept a while longer: here going back takes as long as going forward",
    );
    body.drop_keys(
        &["pipelineBeforeCleanup", "strategyPipeline", "strategyApplication"],
        "another pipeline that runs in between: it is not in the scenario",
    );
    if !counts {
        body.beside_the_point(&["targetPercentages", "strategy"]);
        return;
    }
    let strategy = body.get("strategy");
    let Some(strategy) = strategy else { return };
    let from = strategy.provenance();
    match strategy.text().map(str::to_ascii_lowercase).as_deref() {
        Some("rollingredblack") => {
            deployment.surges = Some(from.clone());
            let percentages = body.list("targetPercentages");
            let mut steps: Vec<(u64, Provenance)> = Vec::new();
            for percentage in &percentages {
                match percentage.whole() {
                    Some(share) if (1..=100).contains(&share) => steps.push((share, percentage.provenance())),
                    Some(_) => percentage.error("a percentage is from 1 to 100"),
                    None => {}
                }
            }
            if percentages.is_empty() {
                steps.push((50, Provenance::implied("Spinnaker's default: 50 and 100")));
            }
            if steps.last().is_none_or(|(share, _)| *share < 100) {
                steps.push((100, Provenance::implied("all of it in the end")));
            }
            deployment.steps = steps;
            deployment.pause = pause.and_then(|pause| Some((pause.duration_ms(SECOND)?, pause.provenance())));
        }
        Some("redblack" | "highlander") => {
            deployment.surges = Some(from);
            if let Some(pause) = pause {
                pause.dropped("both server groups serve a while before the old one is disabled: here the old one goes as soon as the new one is there");
            }
        }
        Some("" | "none") => {
            strategy.approximated(
                "the old server group stays beside the new one: here it goes as soon as the new one is there",
            );
            deployment.surges = Some(from);
        }
        Some(_) => strategy.approximated(
            "a strategy of your own: here the new server group takes the place of the old one at once",
        ),
        None => {}
    }
}

fn manifest_strategy(stage: &Cursor<'_>, name: &str, deployment: &mut StageDeployment) {
    let traffic = stage.get("trafficManagement");
    let is_on =
        traffic.as_ref().and_then(|traffic| traffic.get("enabled")).and_then(|is| is.truth()) == Some(true);
    let strategy = traffic.as_ref().and_then(|traffic| traffic.at(&["options", "strategy"]));
    if is_on && let Some(strategy) = strategy {
        match strategy.text() {
            Some("redblack" | "highlander" | "bluegreen") => deployment.surges = Some(strategy.provenance()),
            _ => strategy.approximated("here the new version takes the place of the old one at once"),
        }
    } else {
        let why = "how its pods are replaced stands in the manifest's own strategy, which is not in the scenario: import the manifest to have it";
        stage.desk().by_hand(format!("pods of {name}"), why);
    }
}

/// What is left of a stage that deploys: what is deployed.
fn take_the_rest(stage: &Cursor<'_>) {
    super::take_all_but(stage, &[]);
}

/// How a canary is analysed, and what is started for it.
pub(super) fn analysis<'d>(stage: &Cursor<'d>) -> Analysis<'d> {
    let config = stage.get("canaryConfig");
    let get = |key: &str| config.as_ref().and_then(|config| config.get(key));
    let hours = get("lifetimeHours").and_then(|hours| Some((hours.duration_ms(HOUR)?, hours.provenance())));
    let lifetime =
        get("lifetimeDuration").and_then(|time| Some((time.duration_ms(HOUR)?, time.provenance()))).or(hours);
    let (mut ms, mut from) = lifetime.unwrap_or((HOUR, Provenance::hand("how long the canary is watched")));
    if let Some(delay) = get("beginCanaryAnalysisAfterMins")
        && let Some(delay_ms) = delay.duration_ms(MINUTE)
        && delay_ms > 0
    {
        ms = ms.saturating_add(delay_ms);
        from = from.and(&delay.provenance());
    }
    let interval = get("canaryAnalysisIntervalMins")
        .and_then(|interval| Some((interval.duration_ms(MINUTE)?, interval)));
    if let Some((interval_ms, interval)) = &interval
        && *interval_ms < ms
    {
        interval.approximated("there is one verdict, at the end of the canary: Spinnaker ends it sooner where a verdict before is below `marginal`");
    }
    if let Some(config) = &config {
        config.beside_the_point(&["scopes", "metricsAccountName", "storageAccountName", "canaryConfigId"]);
        if let Some(lookback) = config.get("lookbackMins")
            && lookback.whole() != Some(0)
        {
            lookback.dropped("a verdict looks back only so far: here it looks at all of the canary's time");
        }
        config.drop_keys(
            &["successCriteria", "combinedCanaryResultStrategy"],
            "here the score of the whole canary decides",
        );
    }
    let thresholds = get("scoreThresholds");
    if let Some(thresholds) = &thresholds {
        thresholds.drop_keys(&["marginal"], "below it a canary is ended at the next verdict: here the verdict comes once, at the end of the canary");
    }
    let pass = thresholds
        .and_then(|thresholds| thresholds.get("pass"))
        .and_then(|pass| Some((kayenta::score(&pass)?, pass.provenance())));
    let made = experiments(stage);
    let makes = (!made.is_empty()).then(|| {
        let mut regions: Vec<String> =
            made.iter().map(|cluster| cluster.region.clone()).filter(|region| !region.is_empty()).collect();
        regions.dedup();
        let hosts = made.iter().filter_map(|cluster| cluster.hosts.clone()).max_by_key(|(hosts, _)| *hosts);
        let (hosts, from) = hosts.unwrap_or((1, Provenance::hand("how many hosts the canary has")));
        (regions, whole(hosts.max(1)), from)
    });
    for key in ["deployments", "analysisType", "isNew"] {
        stage.beside_the_point(&[key]);
    }
    Analysis {
        config: get("canaryConfigId"),
        terms: Terms { pass, interval_ms: interval.map(|(ms, _)| ms) },
        lifetime: (ms, from),
        makes,
    }
}

/// The alarm of an analysis whose configuration is in none of the files.
pub(super) fn unknown_analysis(
    stage: &Cursor<'_>,
    id: Option<&Cursor<'_>>,
    terms: &Terms,
    name: &str,
    draft: &mut Draft,
) -> String {
    let mut judged = opaque(Timing::each(terms.interval_ms.unwrap_or(HOUR).max(MINUTE)));
    judged.table.set("scope", text("one-box"), id.map_or(Provenance::Plain, Cursor::provenance));
    let what =
        id.map_or_else(|| "its configuration".to_owned(), |id| format!("the configuration {}", id.said()));
    stage.desk().by_hand(
        format!("analysis {name}"),
        format!("{what} is in none of the files: give it, too, or say how likely the canary fails"),
    );
    draft.alarm(DraftAlarm {
        name: sound_name(name),
        table: judged.table,
        ailment: judged.ailment,
        calls_people: false,
        from: id.map_or(Provenance::Plain, Cursor::provenance),
    })
}

/// A gate for the hours and days of a window.
pub(super) fn opening(window: &Cursor<'_>) -> Option<DraftValue> {
    const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    let mut keys = Vec::new();
    let ranges = window.list("whitelist");
    let clock = |range: &Cursor<'_>, hour: &str, minute: &str| {
        let hour = range.get(hour)?.whole()?;
        let minute = range.get(minute).map_or(Some(0), |minute| minute.whole())?;
        (hour < 24 && minute < 60).then_some((hour, minute))
    };
    if let Some(first) = ranges.first() {
        let ((from, begins), (to, ends)) =
            (clock(first, "startHour", "startMin")?, clock(first, "endHour", "endMin")?);
        // Whole hours, none of which is outside of the range.
        let from = if begins > 0 { from + 1 } else { from };
        if begins > 0 || ends > 0 {
            window.approximated(format!("hours are whole ones here: from {from}:00 to {to}:00"));
        }
        if from % 24 == to {
            return None;
        }
        keys.push(("hours", text(&format!("{:02}:00-{to:02}:00", from % 24))));
    }
    if ranges.len() > 1 {
        window.approximated("of its hours only the first range is kept");
    }
    let days: Vec<&str> = window
        .list("days")
        .iter()
        .filter_map(|day| {
            day.whole().and_then(|day| DAYS.get(usize::try_from(day).ok()?.checked_sub(1)?).copied())
        })
        .collect();
    if !days.is_empty() && days.len() < 7 {
        keys.push(("days", texts(days)));
    }
    window.beside_the_point(&["currentTime", "schedule"]);
    window.drop_keys(&["jitter"], "a stage begins some random seconds later: here as soon as it may");
    if keys.is_empty() {
        return None;
    }
    keys.push(("timezone", text("America/Los_Angeles")));
    Some(inline([("opening", inline(keys))]))
}
