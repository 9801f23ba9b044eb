//! OpenKruise: its Rollout, which moves a workload in steps, and the workloads that it has itself.

mod workloads;

use super::kubernetes::{self, PodCount, cluster, is_zero, limit, of_pods_up, replicas_of};
use super::{ToolFormat, gates};
use crate::import::cursor::{Amount, Cursor};
use crate::import::draft::{
    Draft, DraftStrategy, DraftTable, DraftValue, Row, duration, inline, list, percent, share, text,
};
use crate::import::provenance::Provenance;
use crate::import::time::SECOND;

pub(super) const FORMATS: &[ToolFormat] = &[
    ToolFormat { tool: "OpenKruise", knows: is_rollout, read: rollout },
    ToolFormat { tool: "OpenKruise", knows: workloads::is_clone_set, read: workloads::clone_set },
    ToolFormat { tool: "OpenKruise", knows: workloads::is_stateful_set, read: workloads::stateful_set },
    ToolFormat { tool: "OpenKruise", knows: workloads::is_daemon_set, read: workloads::daemon_set },
];

/// Steps of a Rollout, as its definition says.
const MOST_STEPS: usize = 50;

/// What a strategy says besides its steps: how requests are routed, and how services are called.
const BESIDE: [&str; 5] = [
    "enableExtraWorkloadForCanary",
    "patchPodTemplateMetadata",
    "disableGenerateCanaryService",
    "trafficRoutings",
    "trafficRoutingRef",
];

/// How the new version comes to its pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KruiseStyle {
    /// In the place of old ones.
    Partition,
    /// Beside them, as a deployment of its own.
    Canary,
    /// Beside all of them.
    BlueGreen,
}

fn is_rollout(cursor: &Cursor<'_>) -> bool {
    cursor.peek(&["kind"]) == Some("Rollout")
        && cursor.peek(&["apiVersion"]).is_some_and(|version| version.starts_with("rollouts.kruise.io/"))
}

fn rollout(cursor: &Cursor<'_>, draft: &mut Draft) {
    let name = cursor.at(&["metadata", "name"]).and_then(|name| name.text()).unwrap_or("rollout");
    let by_annotation = cursor.peek(&["metadata", "annotations", "rollouts.kruise.io/rolling-style"]);
    cursor.beside_the_point(&["apiVersion", "kind", "metadata", "status"]);
    let Some(spec) = cursor.get("spec") else {
        cursor.error("it has no `spec`, which says how it is rolled out");
        return;
    };
    spec.beside_the_point(&["rolloutID"]);
    if let Some(disabled) = spec.get("disabled").filter(|disabled| disabled.truth() == Some(true)) {
        disabled.dropped("Kruise does nothing while it is disabled: the scenario has it enabled");
    }
    let Some(strategy) = spec.get("strategy") else {
        cursor.error("it has no `strategy`, which says its steps");
        return;
    };
    kubernetes::paused(&strategy);
    let kind =
        ["blueGreen", "canary"].into_iter().find_map(|key| strategy.get(key).map(|found| (key, found)));
    let Some((key, ways)) = kind else {
        strategy.error("it has neither `canary` nor `blueGreen`: Kruise leaves such a workload alone");
        return;
    };
    let is_old = cursor.peek(&["apiVersion"]).is_some_and(|version| version.ends_with("/v1alpha1"));
    let reference = spec.get("workloadRef").or_else(|| spec.at(&["objectRef", "workloadRef"]));
    let style = match key {
        "blueGreen" => KruiseStyle::BlueGreen,
        _ if !is_of_deployment(reference.as_ref()) => KruiseStyle::Partition,
        _ if is_old => match by_annotation {
            Some(style) if style.eq_ignore_ascii_case("partition") => KruiseStyle::Partition,
            Some(_) | None => KruiseStyle::Canary,
        },
        _ => match ways.get("enableExtraWorkloadForCanary").and_then(|extra| extra.truth()) {
            Some(true) => KruiseStyle::Canary,
            Some(false) | None => KruiseStyle::Partition,
        },
    };
    let mut out = DraftStrategy::new(name, format!("OpenKruise Rollout {name}"), cursor.provenance());
    let pods = workload(&spec, reference.as_ref(), style, &mut out.table, draft);
    let is_routed = ways.has("trafficRoutings") || ways.has("trafficRoutingRef");
    ways.beside_the_point(&BESIDE);
    tolerated(&ways, pods, &mut out.table);
    let mut ladder = KruiseLadder { style, is_routed, is_old, pods, rungs: Vec::new() };
    ladder.climb(&ways);
    let mut wave = gates::everywhere();
    wave.set(
        "steps",
        DraftValue::Rows(ladder.rungs.iter().map(KruiseStep::row).collect()),
        Provenance::Plain,
    );
    out.table.add("wave", wave);
    draft.strategy(out);
}

fn is_of_deployment(reference: Option<&Cursor<'_>>) -> bool {
    reference.and_then(|reference| reference.peek(&["kind"])).is_none_or(|kind| kind == "Deployment")
}

/// The pods of the workload, and how they are replaced. Returns how many there are.
fn workload(
    spec: &Cursor<'_>,
    reference: Option<&Cursor<'_>>,
    style: KruiseStyle,
    table: &mut DraftTable,
    draft: &mut Draft,
) -> u64 {
    let named = reference.and_then(|reference| {
        reference.beside_the_point(&["apiVersion", "kind", "name"]);
        Some((reference.peek(&["kind"])?, reference.peek(&["name"])?))
    });
    let replicas = named.and_then(|(kind, name)| replicas_of(spec, kind, name));
    let unknown = PodCount::Unknown("how many replicas the workload has");
    let pods = cluster(&replicas.unwrap_or(unknown), spec.desk(), draft);
    if style != KruiseStyle::Partition {
        let beside = Provenance::implied(
            "the new version comes beside the old pods, which stay until it is everywhere",
        );
        table.set("max-surge", text("100%"), beside);
        return pods;
    }
    let found = named.and_then(|(kind, name)| {
        let all = spec.others(&["kind"], &[kind]).into_iter();
        all.into_iter().find(|other| other.peek(&["metadata", "name"]) == Some(name))
    });
    if let Some(own) =
        found.filter(|found| found.peek(&["kind"]) == Some("Deployment")).and_then(|found| found.get("spec"))
    {
        kubernetes::pace(&own, table);
    }
    pods
}

/// So many pods may fail in a batch, and it goes on.
fn tolerated(ways: &Cursor<'_>, pods: u64, table: &mut DraftTable) {
    let Some(threshold) = ways.get("failureThreshold") else { return };
    let Some(amount) = threshold.amount().filter(|amount| !is_zero(amount)) else { return };
    threshold.approximated(
        "a step is done with so many pods missing, and nothing goes back: here all others have to be done",
    );
    let done = pods - of_pods_up(&amount, pods).min(pods - 1);
    table.set("complete-at", share(done as f64 / pods as f64), threshold.provenance());
}

/// Steps as they are read.
struct KruiseLadder {
    style: KruiseStyle,
    /// Whether requests are routed by weight, apart from pods.
    is_routed: bool,
    /// Whether it is the older form of the language.
    is_old: bool,
    pods: u64,
    rungs: Vec<KruiseStep>,
}

/// A step as the scenario has it.
struct KruiseStep {
    hosts: Amount,
    /// In percent, where requests are routed.
    traffic: Option<String>,
    bake_ms: u64,
    gates: Vec<DraftValue>,
    from: Provenance,
}

impl KruiseStep {
    fn row(&self) -> Row {
        let mut entries = vec![("hosts", limit(&self.hosts, "up"))];
        if let Some(share) = &self.traffic {
            entries.push(("traffic", percent(share)));
        }
        if self.bake_ms > 0 {
            entries.push(("bake", duration(self.bake_ms)));
        }
        if !self.gates.is_empty() {
            entries.push(("gates", list(&self.gates)));
        }
        let from = if self.gates.is_empty() {
            self.from.clone()
        } else {
            Provenance::hand("how long until somebody lets it go on")
        };
        Row { value: inline(entries).to_string(), from }
    }
}

impl KruiseLadder {
    fn climb(&mut self, ways: &Cursor<'_>) {
        let mut steps = ways.list("steps");
        if let Some(first_too_many) = steps.get(MOST_STEPS) {
            first_too_many.error(format!("Kruise takes at most {MOST_STEPS} steps"));
            steps.truncate(MOST_STEPS);
        }
        for (index, step) in steps.iter().enumerate() {
            step.beside_the_point(&["requestHeaderModifier", "name"]);
            let traffic = self.traffic(step);
            let Some(hosts) = self.hosts(step, traffic.as_deref()) else { continue };
            let is_all = of_pods_up(&hosts, self.pods) == self.pods;
            if is_all && !is_all_of(traffic.as_deref()) && self.style == KruiseStyle::Partition {
                step.error("no pod of the old version is left for the other requests");
                continue;
            }
            let before = self.rungs.last().map_or(0, |last| of_pods_up(&last.hosts, self.pods));
            if of_pods_up(&hosts, self.pods) < before {
                step.error("Kruise takes no step with fewer pods than the one before");
                continue;
            }
            let (bake_ms, gates) = pause(step, index + 1 == steps.len() && is_all);
            match self.rungs.last_mut().filter(|last| last.hosts == hosts && last.traffic == traffic) {
                // A step that changes nothing is a longer wait.
                Some(last) => {
                    last.bake_ms += bake_ms;
                    last.gates.extend(gates);
                }
                None => {
                    let from = Provenance::Written(vec![step.head()]);
                    self.rungs.push(KruiseStep { hosts, traffic, bake_ms, gates, from });
                }
            }
        }
        let is_done = self.rungs.last().is_some_and(|last| {
            of_pods_up(&last.hosts, self.pods) == self.pods && is_all_of(last.traffic.as_deref())
        });
        if !is_done {
            self.rungs.push(KruiseStep {
                hosts: Amount::Percent("100".to_owned()),
                traffic: self.is_routed.then(|| "100".to_owned()),
                bake_ms: 0,
                gates: Vec::new(),
                from: Provenance::implied("after the last step all pods follow"),
            });
        }
    }

    /// The share of requests that a step routes, in percent.
    fn traffic(&self, step: &Cursor<'_>) -> Option<String> {
        let weight = step.get(if self.is_old { "weight" } else { "traffic" });
        if let Some(matches) = step.get("matches") {
            matches.approximated("requests that match go to the new version: how many do is to be given");
            matches.desk().by_hand("traffic", "which share of requests matches the rules of a step");
            if let Some(weight) = weight {
                weight.dropped("Kruise looks at `matches` alone where a step has both");
            }
            return Some("10".to_owned());
        }
        let weight = weight?;
        let read = weight.read("a percentage", |text| {
            let digits = text.trim().trim_end_matches('%').trim();
            let number: f64 = digits.parse().ok()?;
            (0.0..=100.0).contains(&number).then(|| digits.to_owned())
        })?;
        if !self.is_routed && !self.is_old {
            weight.dropped("without `trafficRoutings` nobody routes by weight: requests follow the pods");
            return None;
        }
        self.is_routed.then_some(read)
    }

    /// Pods on the new version after a step, which may only say a weight.
    fn hosts(&self, step: &Cursor<'_>, traffic: Option<&str>) -> Option<Amount> {
        if let Some(replicas) = step.get("replicas") {
            let amount = replicas.amount()?;
            if is_zero(&amount) {
                replicas.error("a step of no pods is none: a scenario has one at least");
                return None;
            }
            return Some(amount);
        }
        let weight = step.get(if self.is_old { "weight" } else { "traffic" }).and_then(|weight| {
            let digits = weight.text()?.trim().trim_end_matches('%').trim();
            digits.parse::<f64>().is_ok_and(|number| number > 0.0).then(|| digits.to_owned())
        });
        match (weight, traffic) {
            (Some(share), _) => Some(Amount::Percent(share)),
            (None, Some(_)) => Some(Amount::Count(1)),
            (None, None) => {
                step.error("a step needs `replicas` or a weight");
                None
            }
        }
    }
}

/// Whether a share of requests, or all where none is said, is all of them.
fn is_all_of(traffic: Option<&str>) -> bool {
    traffic.is_none_or(|share| share.parse() == Ok(100.0))
}

/// How long a step waits, and for whom. Where `is_end`, Kruise waits for nobody.
fn pause(step: &Cursor<'_>, is_end: bool) -> (u64, Vec<DraftValue>) {
    let pause = step.get("pause");
    match pause.as_ref().and_then(|pause| pause.get("duration")) {
        Some(time) => (time.duration_ms(SECOND).unwrap_or(0), Vec::new()),
        None if is_end => (0, Vec::new()),
        None => {
            step.desk().by_hand("approval", "how long people take to let a step without a time go on");
            (0, vec![gates::approval()])
        }
    }
}
