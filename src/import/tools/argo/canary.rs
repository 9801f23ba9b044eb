//! A canary of Argo Rollouts: its steps, with a router and without. A host is a replica.

use super::analysis::Analyst;
use super::ascent::{Ascent, Height};
use super::weights;
use crate::import::cursor::{Amount, Cursor};
use crate::import::draft::{Draft, DraftStrategy, DraftTable, duration, inline, percent, share, text, whole};
use crate::import::provenance::Provenance;
use crate::import::time::SECOND;
use crate::import::tools::gates;

/// Hosts that a scenario can count.
const MOST_HOSTS: u64 = 1_000_000_000;

/// Steps of a rollout that are read at most.
const MOST_STEPS: usize = 1_000;

/// What follows from the keys beside the steps.
struct Setting {
    replicas: u64,
    /// Whether a router sends requests to the canary apart from its replicas.
    is_routed: bool,
    /// Replicas that may come beside without a router.
    surge: u64,
    /// The weight of all requests.
    most_weight: u64,
    /// Replicas of a canary at least.
    least: u64,
}

/// The canary in the making.
struct Climb<'a> {
    setting: Setting,
    analyst: Analyst,
    ascent: Ascent,
    weight: u64,
    scale: Option<CanaryScale>,
    draft: &'a mut Draft,
    people: usize,
}

/// What `setCanaryScale` said last.
#[derive(Clone, Copy)]
enum CanaryScale {
    Replicas(u64),
    Weight(u64),
}

/// Reads the canary of a rollout with so many replicas into `strategy`.
pub(super) fn canary(cursor: &Cursor<'_>, replicas: u64, draft: &mut Draft, strategy: &mut DraftStrategy) {
    cursor.beside_the_point(&[
        "canaryService",
        "stableService",
        "canaryMetadata",
        "stableMetadata",
        "antiAffinity",
        "pingPong",
        "scaleDownDelayRevisionLimit",
    ]);
    let (setting, last_bake) = setting(cursor, replicas, &mut strategy.table);
    threshold(cursor, replicas, &mut strategy.table);
    let service = cursor.peek(&["canaryService"]);
    let background = cursor.get("analysis");
    let watched_from = background.as_ref().and_then(|analysis| analysis.get("startingStep"));
    let first = watched_from.as_ref().and_then(|step| step.whole()).unwrap_or(0);
    let ascent = Ascent::new(replicas, usize::try_from(first).unwrap_or(usize::MAX));
    let analyst = Analyst::new(service.map(str::to_owned));
    let mut climb = Climb { setting, analyst, ascent, weight: 0, scale: None, draft, people: 0 };
    if let Some(analysis) = &background {
        strategy.alarms.extend(climb.analyst.alarms(analysis, climb.draft));
    }
    let steps = cursor.list("steps");
    if let Some(beyond) = steps.get(MOST_STEPS) {
        beyond.error(format!("these are more than {MOST_STEPS} steps"));
        return;
    }
    for (number, step) in steps.iter().enumerate() {
        climb.step(step, number);
    }
    climb.climb_to_the_top(steps.len(), last_bake, cursor);
    if let Some(watched_from) = watched_from.filter(|_| climb.ascent.is_watched_early) {
        watched_from.approximated(
            "all of the step in which the analysis begins is watched, the start of its replicas too",
        );
    }
    for wave in climb.ascent.waves() {
        strategy.table.add("wave", wave);
    }
    if climb.people > 0 {
        cursor.desk().by_hand("takes of an approval", "how long until somebody promotes the rollout");
    }
}

/// Reads the keys beside the steps; returns also how long the stable replicas are kept at the end.
fn setting(
    cursor: &Cursor<'_>,
    replicas: u64,
    table: &mut DraftTable,
) -> (Setting, Option<(u64, Provenance)>) {
    let routing = cursor.get("trafficRouting");
    let mut most_weight = 100;
    if let Some(routing) = &routing {
        if let Some(most) = routing.get("maxWeight") {
            most_weight = most.whole().unwrap_or(100);
            if !(1..=u64::from(u32::MAX)).contains(&most_weight) {
                most.error("the weight of all requests is a number from 1 on");
                most_weight = 100;
            }
        }
        for (key, value) in routing.entries() {
            if key != "maxWeight" {
                cursor.desk().take_all(value.tree());
            }
        }
    }
    let is_routed = routing.is_some();
    let dynamic = cursor.get("dynamicStableScale").filter(|dynamic| dynamic.truth() == Some(true));
    if let Some(abort) = cursor.get("abortScaleDownDelaySeconds") {
        abort.dropped("how long canary replicas stay without requests after an abort harms nobody");
    }
    let least =
        cursor.get("minPodsPerReplicaSet").filter(|_| is_routed).and_then(|least| least.whole()).unwrap_or(0);
    let setting = Setting { replicas, is_routed, surge: 0, most_weight, least };
    if !is_routed {
        let surge = pace(cursor, replicas, table);
        let keys = ["minPodsPerReplicaSet", "dynamicStableScale", "scaleDownDelaySeconds"];
        cursor.drop_keys(
            &keys,
            "it is only for canaries with `trafficRouting`: Argo does not look at it either",
        );
        return (Setting { surge, ..setting }, None);
    }
    cursor.drop_keys(
        &["maxSurge", "maxUnavailable"],
        "with a router all replicas of a step start at once beside the stable ones",
    );
    match &dynamic {
        Some(dynamic) => shrinking(dynamic, table),
        None => {
            let from = Provenance::implied("the stable replicas stay: requests go back at once");
            table.set("max-surge", text("100%"), from);
        }
    }
    let delay = cursor.get("scaleDownDelaySeconds");
    let ms = delay.as_ref().map_or(Some(30 * SECOND), |delay| delay.duration_ms(SECOND)).unwrap_or(0);
    let from = delay.map_or_else(|| Provenance::implied("Argo's default"), |delay| delay.provenance());
    (setting, dynamic.is_none().then_some((ms, from)))
}

/// With how many replicas a step is done.
fn threshold(cursor: &Cursor<'_>, replicas: u64, table: &mut DraftTable) {
    let Some(threshold) = cursor.get("replicaProgressThreshold") else { return };
    let of_pods = threshold.get("type").as_ref().and_then(Cursor::text) == Some("Pods");
    let Some(value) = threshold.get("value") else { return };
    let number = value.read("a whole number", |text| text.trim().parse::<i64>().ok());
    let Some(number) = number else { return };
    let percent = if of_pods { 100.0 * number as f64 / replicas as f64 } else { number as f64 };
    if percent <= 0.0 || percent > 100.0 {
        threshold.dropped("it is out of range: a step waits for all of its replicas");
    } else if percent < 100.0 {
        table.set("complete-at", share(percent / 100.0), threshold.provenance());
    }
}

/// The stable replicas go as the canary's come, and have to come back first.
fn shrinking(dynamic: &Cursor<'_>, table: &mut DraftTable) {
    let back = inline([("switch-time", text("1m"))]);
    table.set(
        "rollback",
        back,
        Provenance::hand("requests go back as stable replicas start again: how long that takes"),
    );
    dynamic
        .desk()
        .by_hand("switch-time", "how long stable replicas take to start before requests go back to them");
    dynamic.approximated(
        "replicas are as many as before; where shares are rounded up Argo has one more of them for a while",
    );
}

/// How fast replicas are replaced without a router; returns how many may come beside.
fn pace(cursor: &Cursor<'_>, replicas: u64, table: &mut DraftTable) -> u64 {
    let mut limits = Vec::new();
    for (theirs, ours, rounds) in
        [("maxSurge", "max-surge", "up"), ("maxUnavailable", "max-unavailable", "down")]
    {
        let written = cursor.get(theirs);
        let amount = match &written {
            Some(written) => written.amount().unwrap_or(Amount::Count(0)),
            None => Amount::Percent("25".to_owned()),
        };
        let from =
            written.map_or_else(|| Provenance::implied("Argo's default"), |written| written.provenance());
        let (value, count) = match &amount {
            // More than all is all.
            Amount::Count(count) => (whole((*count).min(MOST_HOSTS)), (*count).min(replicas)),
            Amount::Percent(percent) => {
                let most = percent.parse::<f64>().is_ok_and(|share| share > 100.0);
                let percent = if most { "100" } else { percent.as_str() };
                // Shares are whole numbers in Kubernetes.
                let share: f64 = percent.parse().unwrap_or(0.0);
                let of = replicas as f64 * share / 100.0;
                let count = if rounds == "up" { of.ceil() } else { of.floor() };
                (text(&format!("{percent}% {rounds}")), (count as u64).min(replicas))
            }
        };
        limits.push(count);
        table.set(ours, value, from);
    }
    let [surge, unavailable] = limits[..] else { return 0 };
    if surge + unavailable == 0 {
        let from = Provenance::implied("Kubernetes takes one where both limits come to none");
        table.set("max-unavailable", whole(1), from);
    }
    table.set(
        "batches",
        text("sliding"),
        Provenance::implied("a replica begins as soon as another is ready"),
    );
    let at_once = (surge + unavailable).max(1);
    if at_once < replicas {
        let from = Provenance::implied("as many at once as on the way there");
        table.set("rollback", inline([("batch", whole(at_once))]), from);
    }
    surge
}

impl Climb<'_> {
    fn step(&mut self, step: &Cursor<'_>, number: usize) {
        let from = step.provenance();
        if let Some(weight) = step.get("setWeight") {
            let most = self.setting.most_weight;
            if let Some(number) = weight.whole() {
                if number > most {
                    weight.error(format!("a weight is from 0 to {most}"));
                }
                self.weight = number.min(most);
            }
            self.climb(&weight, number, from);
        } else if let Some(scale) = step.get("setCanaryScale") {
            self.scale(&scale, number, from);
        } else if let Some(pause) = step.get("pause") {
            self.pause(&pause, number, &from);
        } else if step.has("pause") {
            // Nothing behind the key is the same as `{}`.
            step.get("pause");
            self.approve(step, number, &from);
        } else if let Some(analysis) = step.get("analysis") {
            self.tell_side_by_side(&analysis);
            let gates = self.analyst.gates(&analysis, self.draft);
            if !self.ascent.check(&gates, number, &from) {
                analysis.dropped("nothing has the new version yet: the rollout begins when it is over");
            }
        } else if let Some(experiment) = step.get("experiment") {
            self.experiment(&experiment, number, &from);
        } else if let Some(header) = step.get("setHeaderRoute") {
            header.dropped(
                "requests with that header go to the canary whatever the weight: those customers meet the new version sooner than in the scenario",
            );
        } else if let Some(mirror) = step.get("setMirrorRoute") {
            mirror.dropped(
                "copies of requests hurt no customer; an analysis sees fewer requests in the scenario",
            );
        } else if let Some(plugin) = step.get("plugin") {
            self.plugin(&plugin, number, &from);
        } else {
            step.refused("no step of Argo Rollouts that is known");
        }
    }

    fn scale(&mut self, scale: &Cursor<'_>, number: usize, from: Provenance) {
        if !self.setting.is_routed {
            scale.dropped("it is only for canaries with `trafficRouting`: Argo does not look at it either");
            return;
        }
        if let Some(replicas) = scale.get("replicas") {
            self.scale = replicas.whole().map(CanaryScale::Replicas);
        } else if let Some(weight) = scale.get("weight") {
            self.scale = weight.whole().map(CanaryScale::Weight);
        }
        if scale.get("matchTrafficWeight").and_then(|does| does.truth()) == Some(true) {
            self.scale = None;
        }
        self.climb(scale, number, from);
    }

    /// Goes to the height that weight and scale say.
    fn climb(&mut self, place: &Cursor<'_>, number: usize, from: Provenance) {
        let Some(mut height) = self.height() else { return };
        if height.canary > self.setting.replicas {
            place.approximated("a canary has no more replicas than the stable version in the scenario");
            height = Height { canary: self.setting.replicas, hosts: "100%".to_owned(), ..height };
        }
        if let Some(before) = self.ascent.height().filter(|before| before.canary > height.canary) {
            place.approximated("replicas of the new version do not become fewer from step to step in the scenario: as many as before stay");
            if height.traffic.is_none() {
                return;
            }
            height = Height { canary: before.canary, hosts: before.hosts.clone(), ..height };
        }
        self.ascent.climb(height, number, from);
    }

    /// The height that weight and scale say; none where nobody has the new version.
    fn height(&self) -> Option<Height> {
        let Setting { replicas, most_weight, least, .. } = self.setting;
        if !self.setting.is_routed {
            return self.basic();
        }
        let exact = 100.0 * self.weight as f64 / most_weight as f64;
        let traffic = Some(share(exact / 100.0).to_string().trim_matches('"').to_owned());
        let plain = |canary: u64| Height { canary, hosts: canary.to_string(), traffic: traffic.clone() };
        let height = match self.scale {
            Some(CanaryScale::Replicas(canary)) => plain(canary),
            Some(CanaryScale::Weight(weight)) => plain(weights::with_router(replicas, weight, 100, least)),
            None => {
                let canary = weights::with_router(replicas, self.weight, most_weight, least);
                let by_share = weights::with_router(replicas, self.weight, most_weight, 0);
                let hosts = traffic.clone().filter(|_| canary == by_share && most_weight == 100);
                Height {
                    canary,
                    hosts: hosts.unwrap_or_else(|| canary.to_string()),
                    traffic: traffic.clone(),
                }
            }
        };
        (height.canary > 0).then_some(height)
    }

    /// The height of a weight without a router: replicas are the share of requests.
    fn basic(&self) -> Option<Height> {
        let (replicas, weight) = (self.setting.replicas, self.weight);
        if weight == 0 {
            return None;
        }
        let (canary, total) = weights::without_router(replicas, weight, self.setting.surge > 0);
        if total == replicas {
            let by_share = weights::nearest(replicas, weight) == canary;
            let hosts = if weight == 100 {
                "100%".to_owned()
            } else if by_share {
                format!("{weight}% nearest")
            } else {
                canary.to_string()
            };
            return Some(Height { canary, hosts, traffic: None });
        }
        let traffic = share(canary as f64 / total as f64).to_string();
        Some(Height {
            canary,
            hosts: canary.to_string(),
            traffic: Some(traffic.trim_matches('"').to_owned()),
        })
    }

    fn pause(&mut self, pause: &Cursor<'_>, number: usize, from: &Provenance) {
        let Some(length) = pause.get("duration") else {
            self.approve(pause, number, from);
            return;
        };
        let Some(ms) = length.duration_ms(SECOND) else { return };
        self.tell_side_by_side(pause);
        if !self.ascent.wait(ms, number, from) {
            pause.dropped("nothing has the new version yet: the rollout begins when it is over");
        }
    }

    fn approve(&mut self, place: &Cursor<'_>, number: usize, from: &Provenance) {
        if self.ascent.waits_already() {
            place.approximated(
                "what is waited for at one step is waited for side by side: count from its beginning",
            );
        }
        let approval = gates::approval();
        if self.ascent.await_gate(approval, number, from) {
            self.people += 1;
        } else {
            place.dropped("nothing has the new version yet: the rollout begins when somebody lets it");
        }
    }

    /// Says what comes of a wait behind one for somebody.
    fn tell_side_by_side(&self, place: &Cursor<'_>) {
        if self.ascent.waits_for_people() {
            place.approximated("it is waited for beside the approval, and not behind it");
        }
    }

    fn experiment(&mut self, experiment: &Cursor<'_>, number: usize, from: &Provenance) {
        let analyses = experiment.list("analyses");
        let gates: Vec<_> =
            analyses.iter().flat_map(|analysis| self.analyst.gates(analysis, self.draft)).collect();
        let length = experiment.get("duration").and_then(|length| length.duration_ms(SECOND));
        let templates = experiment.list("templates");
        for template in &templates {
            template.beside_the_point(&["name", "specRef", "service", "selector", "metadata"]);
            template.drop_keys(&["weight"], "requests of customers go to the canary by its weight alone");
        }
        let of_canary = |template: &&Cursor<'_>| template.peek(&["specRef"]) == Some("canary");
        let replicas = templates.iter().find(of_canary).map(|template| {
            template
                .get("replicas")
                .and_then(|replicas| replicas.whole())
                .unwrap_or(1)
                .clamp(1, self.setting.replicas)
        });
        let runs = replicas.is_some_and(|_| self.ascent.height().is_none());
        if let (true, Some(canary)) = (runs, replicas) {
            // Replicas of an experiment serve no customers.
            let traffic = Some("0%".to_owned());
            self.ascent.climb(Height { canary, hosts: canary.to_string(), traffic }, number, from.clone());
        }
        let waited = self.ascent.check(&gates, number, from)
            && length.is_none_or(|ms| {
                gates.iter().any(|gate| gate.length_ms >= ms) || self.ascent.wait(ms, number, from)
            });
        if !waited {
            experiment.dropped("nothing has the new version yet: the rollout begins when it is over");
        } else if runs {
            experiment
                .approximated("its replicas are the first of the new version, without requests of customers");
        } else {
            experiment.approximated("its analyses look at the replicas that have the new version at this step; it starts none of its own");
        }
    }

    fn plugin(&mut self, plugin: &Cursor<'_>, number: usize, from: &Provenance) {
        let test = inline([("test", inline([("takes", duration(60 * SECOND)), ("catches", percent("0"))]))]);
        if self.ascent.await_gate(test, number, from) {
            plugin.approximated("what a plugin does is not known: it is a test of which you say how long it takes and what it catches");
            plugin.desk().by_hand(
                "takes and catches of a test",
                "how long the plugin takes, and how likely it stops a bad change",
            );
        } else {
            plugin.dropped("nothing has the new version yet: the rollout begins when it is over");
        }
    }

    /// Past the last step all replicas have the new version, and all requests are sent to it.
    fn climb_to_the_top(&mut self, steps: usize, last_bake: Option<(u64, Provenance)>, place: &Cursor<'_>) {
        let Setting { replicas, is_routed, .. } = self.setting;
        if !self.ascent.is_at_the_top() {
            let traffic = is_routed.then(|| "100%".to_owned());
            let from = Provenance::implied("past the last step");
            self.ascent.climb(Height { canary: replicas, hosts: "100%".to_owned(), traffic }, steps, from);
        }
        let Some((ms, from)) = last_bake.filter(|(ms, _)| *ms > 0) else { return };
        self.ascent.wait(ms, steps, &from);
        if let Some(delay) = place.get("scaleDownDelaySeconds").filter(|_| place.has("analysis")) {
            delay
                .approximated("the analysis goes on while the old replicas are kept; in Argo it ends before");
        }
    }
}
