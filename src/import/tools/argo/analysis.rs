//! The analyses that a rollout names: finds their templates among the files, and makes alarms and gates of their metrics.

use super::arguments::Arguments;
use super::metric::{AnalysisUse, Inquiry, MetricGate, metric};
use super::{TEMPLATES, is_argo};
use crate::import::cursor::Cursor;
use crate::import::draft::{Draft, DraftAlarm, text};
use crate::import::provenance::Provenance;
use crate::import::time::MINUTE;
use crate::import::tools::judged::{Timing, opaque};
use std::collections::BTreeSet;

/// Templates and metrics of all analyses of a rollout that are read at most.
const MOST_ASKED: usize = 2_000;

/// What came of a template with these arguments.
struct ReadTemplate {
    template: String,
    arguments: Arguments,
    alarms: Vec<String>,
    gates: Vec<MetricGate>,
}

/// Reads the analyses of one rollout; a template that is used again with the same arguments is the same alarms.
pub(super) struct Analyst {
    canary: Option<String>,
    known: Vec<ReadTemplate>,
    asked: usize,
}

impl Analyst {
    /// For a rollout whose canary has this service of its own.
    pub fn new(canary: Option<String>) -> Self {
        Self { canary, known: Vec::new(), asked: 0 }
    }

    /// The gates of an analysis that a step waits for.
    pub fn gates(&mut self, analysis: &Cursor<'_>, draft: &mut Draft) -> Vec<MetricGate> {
        self.all(analysis, AnalysisUse::Gate, draft).1
    }

    /// The alarms of an analysis that goes on beside the steps.
    pub fn alarms(&mut self, analysis: &Cursor<'_>, draft: &mut Draft) -> Vec<String> {
        // What a step checks has alarms of its own.
        let others = std::mem::take(&mut self.known);
        let alarms = self.all(analysis, AnalysisUse::Background, draft).0;
        self.known = others;
        alarms
    }

    fn all(
        &mut self,
        analysis: &Cursor<'_>,
        purpose: AnalysisUse,
        draft: &mut Draft,
    ) -> (Vec<String>, Vec<MetricGate>) {
        analysis.beside_the_point(&[
            "analysisRunMetadata",
            "measurementRetention",
            "name",
            "requiredForCompletion",
        ]);
        let arguments = Arguments::of(analysis);
        let dry = dry_metrics(analysis);
        let (mut alarms, mut gates) = (Vec::new(), Vec::new());
        let mut named = analysis.list("templates");
        named.extend(analysis.has("templateName").then(|| analysis.clone()));
        for named in named {
            let Some(template) = named.get("templateName") else { continue };
            let of_cluster = named.get("clusterScope").and_then(|scope| scope.truth()) == Some(true);
            let Some(name) = template.text() else { continue };
            if self.is_too_much(&template) {
                break;
            }
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
        purpose: AnalysisUse,
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
        if purpose == AnalysisUse::Background {
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
        let gate = (purpose == AnalysisUse::Gate).then(|| MetricGate::once(&alarm, MINUTE));
        let gates = gate.iter().cloned().collect();
        self.known.push(ReadTemplate {
            template: name.to_owned(),
            arguments: none,
            alarms: vec![alarm.clone()],
            gates,
        });
        (alarm, gate)
    }

    /// Counts a template or a metric that is asked for; whether these are too many, which is reported.
    fn is_too_much(&mut self, place: &Cursor<'_>) -> bool {
        self.asked += 1;
        if self.asked > MOST_ASKED {
            place.error(format!("these are more than {MOST_ASKED} templates and metrics for one rollout"));
        }
        self.asked > MOST_ASKED
    }

    fn template(
        &mut self,
        spec: &Cursor<'_>,
        (name, given, dry): (&str, &Arguments, &BTreeSet<&str>),
        purpose: AnalysisUse,
        draft: &mut Draft,
    ) -> (Vec<String>, Vec<MetricGate>) {
        let arguments = given.over(&Arguments::of(spec));
        let same = |known: &&ReadTemplate| known.template == name && known.arguments == arguments;
        if let Some(known) = self.known.iter().find(same) {
            return (known.alarms.clone(), known.gates.clone());
        }
        let canary = self.canary.clone();
        let inquiry = Inquiry { arguments: &arguments, canary: canary.as_deref(), purpose };
        let (mut alarms, mut gates) = (Vec::new(), Vec::new());
        for (measured, place) in metrics(spec) {
            if self.is_too_much(&place) {
                break;
            }
            if is_dry(dry, measured.as_deref()) {
                place.dropped("it is a dry run: it only measures");
                continue;
            }
            let (added, gate) = metric(&place, &inquiry, draft);
            alarms.extend(added);
            gates.extend(gate);
        }
        let known = ReadTemplate {
            template: name.to_owned(),
            arguments,
            alarms: alarms.clone(),
            gates: gates.clone(),
        };
        self.known.push(known);
        (alarms, gates)
    }
}

/// The metrics of a template and of the templates in it, each with its name.
fn metrics<'d>(spec: &Cursor<'d>) -> Vec<(Option<String>, Cursor<'d>)> {
    let (mut all, mut open, mut seen) = (Vec::new(), vec![spec.clone()], BTreeSet::new());
    while let Some(spec) = open.pop() {
        spec.beside_the_point(&["measurementRetention"]);
        for named in spec.list("templates") {
            let Some(template) = named.get("templateName") else { continue };
            let of_cluster = named.get("clusterScope").and_then(|scope| scope.truth()) == Some(true);
            let Some(name) = template.text() else { continue };
            // One that is named again, also by itself, is the same metrics.
            if seen.len() > MOST_ASKED || !seen.insert((name, of_cluster)) {
                continue;
            }
            match find(&template, name, of_cluster) {
                Some(found) => open.push(found),
                None => template.error("this template is in none of the files: import it with them"),
            }
        }
        let dry = dry_metrics(&spec);
        for metric in spec.list("metrics") {
            let name = metric.peek(&["name"]).map(str::to_owned);
            if is_dry(&dry, name.as_deref()) {
                metric.dropped("it is a dry run: it only measures");
            } else {
                all.push((name, metric));
            }
        }
    }
    all
}

/// Whether a metric of that name only measures.
fn is_dry(dry: &BTreeSet<&str>, name: Option<&str>) -> bool {
    dry.contains(".*") || name.is_some_and(|name| dry.contains(name))
}

/// Names of metrics that only measure.
fn dry_metrics<'d>(cursor: &Cursor<'d>) -> BTreeSet<&'d str> {
    let named = cursor.list("dryRun").into_iter().filter_map(|dry| dry.get("metricName"));
    named.filter_map(|name| name.text()).collect()
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
    let inquiry = Inquiry { arguments: &arguments, canary: None, purpose: AnalysisUse::Alone };
    let all = metrics(spec);
    if let Some((_, beyond)) = all.get(MOST_ASKED) {
        beyond.error(format!("these are more than {MOST_ASKED} metrics"));
        return;
    }
    for (_, place) in all {
        metric(&place, &inquiry, draft);
    }
}

/// Reads the analyses of an experiment without a rollout: their metrics as alarms.
pub(super) fn of_experiment(spec: &Cursor<'_>, draft: &mut Draft) {
    let mut analyst = Analyst::new(None);
    for analysis in spec.list("analyses") {
        analyst.all(&analysis, AnalysisUse::Alone, draft);
    }
}
