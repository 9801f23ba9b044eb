//! The analyses that a rollout names: finds their templates among the files, and makes alarms and gates of their metrics.

use super::arguments::Arguments;
use super::metric::{Asker, MetricGate, Purpose, metric};
use super::{TEMPLATES, is_argo};
use crate::import::cursor::Cursor;
use crate::import::draft::{Draft, DraftAlarm, text};
use crate::import::provenance::Provenance;
use crate::import::tools::judged::{Timing, opaque};

const MINUTE: u64 = 60_000;

/// Metrics of all analyses of a rollout that are read at most.
const MOST_METRICS: usize = 500;

/// Templates within each other at most.
const MOST_DEPTH: usize = 8;

/// What came of a template with these arguments.
struct Known {
    template: String,
    arguments: Arguments,
    alarms: Vec<String>,
    gates: Vec<MetricGate>,
}

/// Reads the analyses of one rollout; a template that is used again with the same arguments is the same alarms.
pub(super) struct Analyst {
    canary: Option<String>,
    known: Vec<Known>,
    metrics: usize,
}

impl Analyst {
    /// For a rollout whose canary has this service of its own.
    pub fn new(canary: Option<String>) -> Self {
        Self { canary, known: Vec::new(), metrics: 0 }
    }

    /// The gates of an analysis that a step waits for.
    pub fn gates(&mut self, analysis: &Cursor<'_>, draft: &mut Draft) -> Vec<MetricGate> {
        self.all(analysis, Purpose::Gate, draft).1
    }

    /// The alarms of an analysis that goes on beside the steps.
    pub fn alarms(&mut self, analysis: &Cursor<'_>, draft: &mut Draft) -> Vec<String> {
        // What a step checks has alarms of its own.
        let others = std::mem::take(&mut self.known);
        let alarms = self.all(analysis, Purpose::Background, draft).0;
        self.known = others;
        alarms
    }

    fn all(
        &mut self,
        analysis: &Cursor<'_>,
        purpose: Purpose,
        draft: &mut Draft,
    ) -> (Vec<String>, Vec<MetricGate>) {
        analysis.beside_the_point(&[
            "analysisRunMetadata",
            "measurementRetention",
            "name",
            "requiredForCompletion",
        ]);
        let arguments = Arguments::of(analysis);
        let dry: Vec<String> = dry_metrics(analysis);
        let (mut alarms, mut gates) = (Vec::new(), Vec::new());
        let mut named = analysis.list("templates");
        named.extend(analysis.has("templateName").then(|| analysis.clone()));
        for named in named {
            let Some(template) = named.get("templateName") else { continue };
            let of_cluster = named.get("clusterScope").and_then(|scope| scope.truth()) == Some(true);
            let Some(name) = template.text() else { continue };
            let found = find(&template, name, of_cluster);
            let Some(found) = found else {
                let known = self.absent(&template, name, of_cluster, purpose, draft);
                alarms.push(known.0);
                gates.extend(known.1);
                continue;
            };
            let known = self.template(&found, (name, &arguments, &dry), purpose, draft);
            alarms.extend(known.0);
            gates.extend(known.1);
        }
        (alarms, gates)
    }

    /// A template that is in no file: a check by chance.
    fn absent(
        &mut self,
        place: &Cursor<'_>,
        name: &str,
        of_cluster: bool,
        purpose: Purpose,
        draft: &mut Draft,
    ) -> (String, Option<MetricGate>) {
        let kind = if of_cluster { "ClusterAnalysisTemplate" } else { "AnalysisTemplate" };
        let why = format!("{kind} `{name}` is in none of the files: import it with them");
        place.approximated(format!("{why}; until then it is a check that you say the chances of"));
        place.desk().by_hand(
            format!("the file with {kind} {name}"),
            "what the analysis looks at, how often, and how many failures it allows",
        );
        let none = Arguments::default();
        if let Some(known) = self.known.iter().find(|known| known.template == name && known.arguments == none)
        {
            return (known.alarms[0].clone(), known.gates.first().cloned());
        }
        let mut judged = opaque(Timing::each(MINUTE));
        if purpose == Purpose::Background {
            judged.table.set("watch", text("rollout"), Provenance::implied("as long as the rollout"));
        }
        let alarm = DraftAlarm {
            name: name.to_owned(),
            table: judged.table,
            ailment: judged.ailment,
            calls_people: false,
            from: place.provenance(),
        };
        let alarm = draft.alarm(alarm);
        let gate = (purpose == Purpose::Gate).then(|| MetricGate::once(&alarm, MINUTE));
        let gates = gate.iter().cloned().collect();
        self.known.push(Known {
            template: name.to_owned(),
            arguments: none,
            alarms: vec![alarm.clone()],
            gates,
        });
        (alarm, gate)
    }

    fn template(
        &mut self,
        spec: &Cursor<'_>,
        (name, given, dry): (&str, &Arguments, &[String]),
        purpose: Purpose,
        draft: &mut Draft,
    ) -> (Vec<String>, Vec<MetricGate>) {
        let arguments = given.over(&Arguments::of(spec));
        let same = |known: &&Known| known.template == name && known.arguments == arguments;
        if let Some(known) = self.known.iter().find(same) {
            return (known.alarms.clone(), known.gates.clone());
        }
        let asker = Asker { arguments: &arguments, canary: self.canary.as_deref(), purpose };
        let (mut alarms, mut gates) = (Vec::new(), Vec::new());
        for (measured, place) in metrics(spec, MOST_DEPTH) {
            self.metrics += 1;
            if self.metrics > MOST_METRICS {
                place.error(format!("these are more than {MOST_METRICS} metrics for one rollout"));
                break;
            }
            if dry.iter().any(|pattern| pattern == ".*" || Some(pattern.as_str()) == measured.as_deref()) {
                place.dropped("it is a dry run: it only measures");
                continue;
            }
            let (added, gate) = metric(&place, &asker, draft);
            alarms.extend(added);
            gates.extend(gate);
        }
        let known =
            Known { template: name.to_owned(), arguments, alarms: alarms.clone(), gates: gates.clone() };
        self.known.push(known);
        (alarms, gates)
    }
}

/// The metrics of a template, those of templates in it first, each with its name.
fn metrics<'d>(spec: &Cursor<'d>, depth: usize) -> Vec<(Option<String>, Cursor<'d>)> {
    spec.beside_the_point(&["measurementRetention"]);
    let dry = dry_metrics(spec);
    let mut all = Vec::new();
    for named in spec.list("templates") {
        let Some(template) = named.get("templateName") else { continue };
        let of_cluster = named.get("clusterScope").and_then(|scope| scope.truth()) == Some(true);
        match template.tree().text().and_then(|name| find(&template, name, of_cluster)) {
            Some(found) if depth > 0 => all.extend(metrics(&found, depth - 1)),
            Some(_) => template.error("these templates are nested too deeply"),
            None => template.error("this template is in none of the files: import it with them"),
        }
        if all.len() > MOST_METRICS {
            break;
        }
    }
    for metric in spec.list("metrics") {
        let name = metric.peek(&["name"]).map(str::to_owned);
        if dry.iter().any(|pattern| pattern == ".*" || Some(pattern) == name.as_ref()) {
            metric.dropped("it is a dry run: it only measures");
        } else {
            all.push((name, metric));
        }
    }
    all
}

/// Names of metrics that only measure.
fn dry_metrics(cursor: &Cursor<'_>) -> Vec<String> {
    let named = cursor.list("dryRun").into_iter().filter_map(|dry| dry.get("metricName"));
    named.filter_map(|name| name.tree().text().map(str::to_owned)).collect()
}

/// The `spec` of a template among the files.
fn find<'d>(cursor: &Cursor<'d>, name: &str, of_cluster: bool) -> Option<Cursor<'d>> {
    let kind = TEMPLATES[usize::from(of_cluster)];
    let all = cursor.others(&["kind"], &[kind]);
    let mut named =
        all.into_iter().filter(|root| is_argo(root) && root.peek(&["metadata", "name"]) == Some(name));
    named.find_map(|root| root.get("spec"))
}

/// Reads a template that no rollout among the files uses: its metrics as alarms.
pub(super) fn alone(spec: &Cursor<'_>, draft: &mut Draft) {
    let arguments = Arguments::of(spec);
    let asker = Asker { arguments: &arguments, canary: None, purpose: Purpose::Alone };
    let all = metrics(spec, MOST_DEPTH);
    if let Some((_, beyond)) = all.get(MOST_METRICS) {
        beyond.error(format!("these are more than {MOST_METRICS} metrics"));
        return;
    }
    for (_, place) in all {
        metric(&place, &asker, draft);
    }
}

/// Reads the analyses of an experiment without a rollout: their metrics as alarms.
pub(super) fn of_experiment(spec: &Cursor<'_>, draft: &mut Draft) {
    let mut analyst = Analyst::new(None);
    for analysis in spec.list("analyses") {
        analyst.all(&analysis, Purpose::Alone, draft);
    }
}
